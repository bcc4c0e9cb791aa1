/* run.h -- what the parts of the engine share while a block runs (private).
 *
 * struct run is one block's execution; struct work is the case under its hands.
 * Machine failures (store, memory) are sticky in run->status: the parts go on in
 * a straight line and the executor asks once per entry. */
#ifndef TL_RUN_H
#define TL_RUN_H

#include "rules.h"
#include "tl/contract.h"
#include "tl/epoch.h"
#include "tl/scorecard.h"

#define RUN_ACCOUNTS_MAX 512u
#define POLICY_SLOTS     16u
#define AUTHOR_SLOTS     8192u /* twice the keys a genesis file can hold */

struct member {
    struct tl_bytes id;
    uint16_t roles;
};

struct author_slot {
    struct tl_pubkey key;
    struct tl_author author;
    bool used;
};

struct policy_slot {
    struct tl_hash hash;
    uint64_t used; /* larger: more recently; 0: empty */
    struct tl_policy policy;
};

/* One case while it is worked on.  The views in `c` borrow `bytes`. */
struct work {
    struct tl_case c;
    struct tl_open_dispute dispute[TL_CASE_DISPUTES_MAX];
    struct tl_rule_use use[TL_RULES_MAX];
    struct tl_facets facets;
    const struct tl_policy *policy;
    int32_t indexed_due; /* what the timer index says */
    int32_t on;          /* the day money moves on now: of the fact, of the timer */
    bool fresh;          /* not in state yet */
    uint8_t bytes[TL_CASE_BYTES_MAX];
    uint8_t refs[TL_CASE_ENTRIES_MAX * TL_CASE_REF_BYTES];
    uint8_t lists[8192]; /* disputes and uses, encoded */
    uint8_t segments[TL_SEGMENTS_MAX * 32u];
    uint8_t facet[8192];                          /* facets, encoded, and their lists */
    uint8_t disputed[TL_CASE_DISPUTES_MAX * 64u]; /* open disputes, encoded */
    uint8_t credits[TL_CREDITS_MAX * 16u];
    uint8_t out[TL_CASE_BYTES_MAX];
};

struct tl_contract {
    const struct tl_genesis *genesis;
    const struct tl_contract_watch *watch; /* or NULL */
    uint32_t slice_steps;
    /* the epoch of the block at hand: governance.c; kept until another is met */
    struct tl_hash epoch_hash; /* zero: epoch 0 */
    struct tl_epoch epoch;
    uint32_t member_count;
    struct member member[TL_MEMBERS_MAX];
    struct author_slot author[AUTHOR_SLOTS];
    struct author_slot admitted[AUTHOR_SLOTS]; /* of tl_contract_admit alone */
    uint8_t epoch_plan[TL_EPOCH_PLAN_MAX];     /* what `epoch` borrows */
    uint64_t policy_clock;
    struct policy_slot policy[POLICY_SLOTS];
    /* scratch, valid within one run */
    struct tl_account account[RUN_ACCOUNTS_MAX];
    struct work work;
    struct tl_policy published;
    struct tl_scorecard card; /* the one at hand, and its hash */
    struct tl_hash card_hash;
    struct tl_id due[TL_DAY_SLICE_STEPS];
    int32_t due_on[TL_DAY_SLICE_STEPS];
    uint8_t decision[2048];
    uint8_t leaf[TL_LEAF_BYTES_MAX];
    uint8_t value[2048];
    struct tl_epoch proposed;
    uint8_t motion[TL_EPOCH_PLAN_MAX + 128u]; /* a tl_motion, encoded */
    uint8_t plan[TL_EPOCH_PLAN_MAX];
    struct tl_schedule_row row[TL_SCHEDULE_ROWS_MAX];
    uint8_t schedule[TL_SCHEDULE_ROWS_MAX * 40u];
};

/* While a day's work is left each entry carries that many due cases along: facts
 * keep flowing, and what a block costs stays in proportion to what is in it. */
#define SLICE_STEPS_PER_ENTRY 4u
/* How much one envelope can cause.  A slice of the day ends at SLICE_; past
 * ENVELOPE_ what is left of the envelope is recorded and deferred; one entry,
 * with what time does to its case, stays below ENTRY_.  So every envelope fits
 * into a block of its own. */
#define FIRE_LEAVES_MAX      8u  /* of one rule firing once */
#define EFFECT_LEAVES_MAX    64u /* of an entry itself */
#define SLICE_LEAVES_MAX     (TL_BLOCK_LEAVES_MAX / 4u)
#define SLICE_REVIEWS_MAX    (4u * TL_DAY_SLICE_STEPS)
#define ENVELOPE_LEAVES_MAX  (TL_BLOCK_LEAVES_MAX / 2u)
#define ENVELOPE_REVIEWS_MAX (1u << 18)
#define DEAL_LEAVES_MAX      (TL_DEAL_PARTS_MAX + 8u)       /* a plan kept to its end, a promise */
#define PART_LEAVES_MAX      8u                             /* of one instalment that falls due */
#define TERM_LEAVES_MAX      (TL_MISSED_MAX + TL_TIMED_MAX) /* terms of law that pass */
#define CASE_LEAVES_MAX                                                                            \
    (TL_POLICY_FIRES_MAX * FIRE_LEAVES_MAX + DEAL_LEAVES_MAX + TERM_LEAVES_MAX +                   \
     TL_SCHEDULE_ROWS_MAX * PART_LEAVES_MAX)
#define ENTRY_LEAVES_MAX (CASE_LEAVES_MAX + TL_RULES_MAX * FIRE_LEAVES_MAX + EFFECT_LEAVES_MAX)
_Static_assert(AUTHOR_SLOTS >= 2u * TL_MEMBERS_MAX * TL_MEMBER_KEYS_MAX,
               "a search for an author always meets an empty slot");
_Static_assert(SLICE_LEAVES_MAX + CASE_LEAVES_MAX < ENVELOPE_LEAVES_MAX,
               "a slice alone never makes its envelope's entries wait");
_Static_assert(ENVELOPE_LEAVES_MAX + ENTRY_LEAVES_MAX + 2u * TL_ENVELOPE_ENTRIES_MAX <=
                   TL_BLOCK_LEAVES_MAX,
               "an envelope, its last full entry and the deferred rest fit into a block");

/* Raised whenever the same entries would lead to other consequences; what an older
 * version did stays, behind run->version, for as long as it can be replayed. */
#define RULES_VERSION 10u
#define RULES_OLDEST  10u

struct run {
    uint32_t version; /* of the rules in force for this block */
    struct tl_contract *k;
    const struct tl_exec_block *block;
    struct tl_overlay *state;
    const struct tl_leaf_sink *sink;
    enum tl_status status; /* the first failure of the machine */
    struct tl_clock clock;
    bool clock_dirty;
    struct tl_epoch_mark mark;
    bool mark_dirty;
    uint32_t accounts;
    uint64_t next_leaf;
    /* the envelope and entry at hand */
    struct tl_author author;
    const char *author_fault; /* why nothing of the envelope takes effect; NULL: it does */
    struct tl_hash envelope;
    uint32_t budget;        /* due cases this envelope may still run in slices */
    bool day_paid;          /* this envelope has closed a day */
    uint64_t envelope_leaf; /* the next leaf when the envelope began */
    uint32_t reviews;       /* of timers, caused by this envelope */
    uint64_t entry_leaf;
    struct tl_hash entry_hash; /* of that leaf, as in the log's tree */
    uint32_t decisions;        /* of the present cause */
};

/* Why something is decided: day, rule, clause and the leaves it follows from. */
struct why {
    int32_t date;
    const char *rule;
    const char *citation;
    uint64_t input[4];
    uint32_t inputs;
};

/* Whole-object proofs (TL_INVARIANT): the case between two effects, and the run
 * between two entries.  work.c, executor.c */
bool work_ok(const struct work *w);
bool run_ok(const struct run *r);

/* versions.c */
enum tl_status version_start(struct run *r);

/* decide.c */
void fail(struct run *r, enum tl_status status);
void emit_entry(struct run *r, struct work *w, uint32_t position, struct tl_bytes bytes);
/* The index the decision got. */
uint64_t decide(struct run *r, struct work *w, enum tl_type type, const struct why *why,
                const void *body);
void note_leaf(struct run *r, struct work *w, uint64_t leaf, const struct tl_hash *hash);
void why_add(struct why *why, uint64_t leaf);
struct why why_entry(const struct run *r, int32_t date, const char *rule, const char *citation);
void finding(struct run *r, struct work *w, enum tl_type type, uint16_t about, const char *text);

/* work.c */
void work_load(struct run *r, struct work *w, const struct tl_id *id, bool *found);
void work_store(struct run *r, struct work *w);
void work_add_ref(struct work *w, const uint8_t ref[TL_CASE_REF_BYTES]);
const struct tl_policy *policy_cached(struct run *r, const struct tl_hash *hash);
void put_record(struct run *r, const struct tl_state_key *key, const struct tl_record *record,
                const void *value);

/* double_entry.c */
struct side {
    enum tl_account_no account;
    uint8_t member;
};
void post(struct run *r, uint16_t currency, struct side debit, struct side credit, int64_t amount);
void accounts_flush(struct run *r);

/* accrual.c */
/* interest_principal: from w->on on the principal was that much more. */
void interest_principal(struct work *w, int64_t change);
/* credit_note: money that was over has paid principal on w->on; credit_back takes
 * up to `wanted` of the latest such back and gives how much, and its day. */
void credit_note(struct work *w, int64_t principal);
int64_t credit_back(struct work *w, int64_t wanted, int32_t *on);
/* interest_book books what interest comes to by a day; interest_correct what a
 * late fact changed; interest_follow puts in force what holds now say. */
void interest_book(struct run *r, struct work *w, int32_t to, const struct why *why);
void interest_correct(struct run *r, struct work *w, const struct why *why);
void interest_follow(struct work *w);
void interest_judged(struct work *w, int32_t on, uint32_t rate_bp);
void apply_terms(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b);

/* schedule.c */
void apply_schedule(struct run *r, struct work *w, const struct tl_entry *e,
                    const struct tl_body_schedule *b);
void schedule_due(struct run *r, struct work *w, const struct why *why);
/* The due date of the oldest part that is not paid. */
void schedule_follow(struct run *r, struct work *w);

/* statements.c */
/* The terms an offer to an agency names, or the policy's for it; 0: none. */
uint8_t commission_terms(const struct run *r, const struct work *w, uint32_t agency,
                         struct tl_bytes name);
void commission_begin(struct work *w);
void commission_advance(const struct run *r, struct work *w, int64_t amount);
/* A payment of `amount`, and its undoing: who holds it, what it earned. */
void commission_earn(struct run *r, struct work *w, struct tl_paid *paid, int64_t amount,
                     const struct why *why);
void commission_back(struct run *r, struct work *w, const struct tl_paid *paid, int64_t amount,
                     const struct why *why);
void apply_remittance(struct run *r, const struct tl_entry *e, const struct tl_body_remittance *b);

/* money.c */
bool brimful(const struct tl_case *c);
/* uncharge takes a charge back, out of what was paid on it if need be; gives
 * how much it could. */
int64_t uncharge(struct run *r, struct work *w, enum tl_bucket bucket, int64_t amount);
void apply_refund(struct run *r, struct work *w, const struct tl_entry *e,
                  const struct tl_body_refund *b);
void charge(struct run *r, struct work *w, enum tl_bucket bucket, int64_t amount);
void credit_apply(struct run *r, struct work *w, const struct why *why);
/* reopen takes an end back: the case is where it was. */
void reopen(struct run *r, struct work *w, const struct why *why);
void settle(struct run *r, struct work *w, const struct why *why);
void cancel(struct run *r, struct work *w, const struct why *why);
bool charge_off(struct run *r, struct work *w, const struct why *why);
void apply_charge(struct run *r, struct work *w, const struct tl_entry *e,
                  const struct tl_body_charge *b);
void apply_adjustment(struct run *r, struct work *w, const struct tl_entry *e,
                      const struct tl_body_adjustment *b);
void apply_payment(struct run *r, struct work *w, const struct tl_entry *e,
                   const struct tl_body_payment *b);
void apply_reversal(struct run *r, struct work *w, const struct tl_entry *e,
                    const struct tl_body_reversal *b);
/* adjust_down lowers what is owed by up to `amount`, in the order of
 * allocation, and gives what it lowered it by. */
int64_t adjust_down(struct run *r, struct work *w, int64_t amount);
/* forgive writes off what is left of a settled debt, by bucket, and unforgive
 * takes exactly that back; both give the sum. */
int64_t forgive(struct run *r, struct work *w);
int64_t unforgive(struct run *r, struct work *w);
/* sell_off takes what is owed out of the owner's books. */
void sell_off(struct run *r, struct work *w);
/* restate moves what is owed in a bucket to what a court found. */
void restate(struct run *r, struct work *w, enum tl_bucket bucket, int64_t amount);
int64_t *owed_at(struct tl_case *c, enum tl_bucket bucket);

/* lifecycle.c */
void stage_set(struct run *r, struct work *w, enum tl_stage to, const struct why *why);
void dispute_open(struct run *r, struct work *w, const struct tl_entry *e,
                  const struct tl_body_dispute *b);
void dispute_resolve(struct run *r, struct work *w, const struct tl_entry *e,
                     const struct tl_body_resolution *b);
void holds_gather(struct work *w);
void resume(struct run *r, struct work *w, const struct why *why);
void hold_change(struct run *r, struct work *w, const struct tl_body_hold *b, bool set);
void notice(struct run *r, struct work *w, const struct tl_entry *e,
            const struct tl_body_notice *b);
void furnished(struct run *r, struct work *w, const struct tl_entry *e,
               const struct tl_body_furnished *b);

/* placement.c */
bool placement_possible(const struct work *w);
/* `terms`: the policy's terms of commission by name; the agency's own if empty. */
bool placement_offer(struct run *r, struct work *w, uint32_t agency, struct tl_bytes terms,
                     struct why *why);
void placement_end(struct run *r, struct work *w, const struct why *why);
bool placement_choose(const struct run *r, const struct work *w, uint32_t *agency);
bool member_find(const struct tl_contract *k, struct tl_bytes id, uint32_t *index);
void apply_placement(struct run *r, struct work *w, const struct tl_entry *e,
                     const union tl_body *b);
void apply_standing(struct run *r, const struct tl_entry *e, const struct tl_body_standing *b);

/* backdate.c */
#define VALUES 6u
_Static_assert(VALUES <= TL_CHANGES_MAX, "a restatement has room for every value");
struct values {
    int64_t at[VALUES];
};
void values_take(const struct run *r, const struct work *w, struct values *values);
void backdate_note(struct run *r, struct work *w, const struct tl_entry *e,
                   const struct values *before);

/* person.c */
void apply_person(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b);
bool person_event(uint16_t type);

void contact(struct run *r, struct work *w, const struct tl_entry *e,
             const struct tl_body_contact *b);

/* sale.c */
void apply_sale(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b);
/* debt_inherit gives a new case what an earlier case of the debt knew; text when
 * the debt is not this member's to open. */
const char *debt_inherit(struct run *r, struct work *w);

/* deals.c */
void apply_deal(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b);
bool deal_entry(uint16_t type);
/* The day the next promise or part of a deal is judged; TL_DATE_NONE: none. */
int32_t deals_due(const struct tl_case *c);
void deals_judge(struct run *r, struct work *w, int32_t day);
/* After money moved: is the settlement fulfilled, or broken again? */
void deals_settle(struct run *r, struct work *w, const struct why *why);
void deals_clear(struct work *w);

/* vault.c: entitlement to personal data; no effect on a case that has none. */
bool vault_entry(uint16_t type);
void apply_vault(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b);
void vault_grant(struct run *r, struct work *w, uint32_t member, const struct why *cause);
void vault_revoke(struct run *r, struct work *w, uint32_t member, const struct why *cause);
void vault_furnished(struct run *r, struct work *w);

/* authors.c, executor.c: the keys of genesis; false: not one of them. */
bool author_find(const struct author_slot table[AUTHOR_SLOTS], const struct tl_pubkey *key,
                 struct tl_author *author);
void apply_key(struct run *r, const struct tl_entry *e, const union tl_body *b);

/* legal.c */
void apply_legal(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b);

/* governance.c */
/* Reads which epoch the block is of, and who its members are. */
void epoch_start(struct run *r);
/* After the last envelope of a block: the epoch ends if that is agreed. */
void epoch_finish(struct run *r);
/* Whom an entry may name: the members of k->epoch. */
void members_load(struct tl_contract *k);
void change_propose(struct run *r, const struct tl_body_propose *body);
void change_approve(struct run *r, const struct tl_body_approve *body);
/* guilt.c */
void evidence_take(struct run *r, const struct tl_body_evidence *body);

/* executor.c: who may write in an epoch. */
void authors_load(struct author_slot table[AUTHOR_SLOTS], const struct tl_epoch *epoch);

/* score.c */
void apply_scorecard(struct run *r, const struct tl_entry *e, const struct tl_body_scorecard *b);
bool act_score(struct run *r, struct work *w, const struct why *why);

/* timers.c */
/* Shows a rule that is about to act, or a gate that lets an act through, to who looks on. */
void rule_watched(const struct run *r, const struct tl_case *c, uint32_t rule, int32_t on);
void timers_run(struct run *r, struct work *w);
void timers_facts(struct run *r, struct work *w);
int32_t timers_next(const struct work *w);
void slice_run(struct run *r);

/* apply.c */
void apply_entry(struct run *r, struct work *w, const struct tl_entry *e,
                 const union tl_body *body);

#endif
