/* tl/law.h -- the rules of law, and leave to act.
 *
 * Each rule of the table tl/law_rules.def is an object: id, citation, what it
 * says, what acts it is about, whom it binds, which kind of debt, in which
 * country, which facts it reads and how it works (deny, flag, term, hold ...).
 * Of a rule the program knows how to judge it, never its figures: those stand in
 * the policy, in rows with a place, the days they are in force and who reviewed
 * them.
 *
 *   policy row {rule, area, from, until, reviewed, numbers[4]}
 *
 * A rule is judged by every row of the case's place or of the country it lies
 * in that is in force on the day of the act; if one of them is broken the rule
 * is: so the most restrictive wins.  A rule that has no row at all for the
 * place, or one nobody reviewed, denies: what nobody looked up is not allowed.
 * A rule whose rows are not in force on that day says nothing: a rule that was
 * vacated is switched off by its date.
 *
 * Leave is asked for before an act, of a node (PERMIT of tl/api.h, a read) or on
 * the record (PERMIT_REQUEST).  When the act is recorded it is judged again, by
 * the same function and the facts as they then are: what is forbidden is DENIED
 * if it is an act of this ledger, and recorded with a VIOLATION for each rule if
 * it has happened elsewhere.
 *
 * Pure. */
#ifndef TL_LAW_H
#define TL_LAW_H

#include "tl/policy.h"

enum tl_law {
#define X(code, id, cite, says, modes, acts, who, classes, area, n0, n1, n2, n3, facts, judge)     \
    TL_LAW_##code,
#include "tl/law_rules.def"
#undef X
    TL_LAW_COUNT
};

/* How a rule works: bits. */
enum tl_law_mode {
    TL_LAW_DENY = 1u << 0,   /* no leave, and a violation when done all the same */
    TL_LAW_FLAG = 1u << 1,   /* only a violation: what it needs is known afterwards */
    TL_LAW_TERM = 1u << 2,   /* something is due by a day */
    TL_LAW_HOLD = 1u << 3,   /* set by a fact, until another lifts it */
    TL_LAW_SETS = 1u << 4,   /* says how the others are counted or worded */
    TL_LAW_REVIEW = 1u << 5, /* kept by people; its row says who looked, and when */
    TL_LAW_STATE = 1u << 6,  /* needs a row of the case's own place */
    TL_LAW_CHOICE = 1u << 7, /* binds only where a policy has a row of it */
    TL_LAW_OWN = 1u << 8     /* the engine's own: no row is needed */
};

struct tl_law_rule {
    const char *id;
    const char *citation;
    const char *says;
    uint16_t modes;
    uint16_t acts;    /* bits by tl_act_kind */
    uint16_t who;     /* roles of the actor, any of */
    uint8_t classes;  /* bits by tl_debt_class */
    const char *area; /* country, or empty: any */
    const char *number[TL_LAW_NUMBERS_MAX];
    const char *facts; /* what it reads, for people */
};
/* Static lifetime. */
const struct tl_law_rule *tl_law_rule(enum tl_law rule);
TL_MUST_USE bool tl_law_find(struct tl_bytes id, uint8_t *rule);

/* An act, planned or done. */
struct tl_act {
    uint8_t kind; /* enum tl_act_kind */
    uint8_t member;
    uint16_t roles; /* of the member */
    int32_t on;
    int64_t time_s; /* UTC; 0: not known */
    struct tl_body_act plan;
    bool done;             /* recorded, so FLAG rules are judged too */
    uint8_t outcome;       /* of a contact that is done */
    bool flagged_disputed; /* furnished so */
    bool flagged_closed;
    bool licensed;                               /* the actor is, in the case's place */
    const struct tl_body_validation *validation; /* or NULL */
};

enum tl_broken { TL_BROKEN = 0, TL_BROKEN_MISSING = 1, TL_BROKEN_UNREVIEWED = 2 };
extern const struct tl_names tl_broken_names;

#define TL_JUDGMENT_MAX 24u
struct tl_judgment {
    bool allowed;
    uint8_t count; /* the first TL_JUDGMENT_MAX are kept */
    struct {
        uint8_t rule; /* enum tl_law */
        uint8_t why;  /* enum tl_broken */
    } broken[TL_JUDGMENT_MAX];
};

/* tl_law_judge judges one act on one case by all rules. */
void tl_law_judge(struct tl_judgment *out, const struct tl_policy *policy, const struct tl_case *c,
                  const struct tl_facets *facets, const struct tl_act *act);
/* tl_law_number is the number of a rule in force for the case on a day; 0 when
 * there is none.  `at` counts from 0. */
int64_t tl_law_number(const struct tl_policy *policy, const struct tl_case *c, enum tl_law rule,
                      uint32_t at, int32_t on);
/* tl_law_in_force: some reviewed row of the rule holds for the case that day. */
bool tl_law_in_force(const struct tl_policy *policy, const struct tl_case *c, enum tl_law rule,
                     int32_t on);
/* tl_law_binds: the rule is about this kind of debt, place and party. */
bool tl_law_binds(enum tl_law rule, const struct tl_case *c, uint16_t roles);

/* tl_law_due is the last day of a term of the rule, TL_DATE_NONE: none runs. */
int32_t tl_law_due(enum tl_law rule, const struct tl_policy *policy, const struct tl_case *c,
                   const struct tl_facets *facets);
/* tl_law_next finds the term that ends first and was not yet said to be missed. */
TL_MUST_USE bool tl_law_next(const struct tl_policy *policy, const struct tl_case *c,
                             const struct tl_facets *facets, enum tl_law *rule, int32_t *due_on);

/* tl_law_business gives the policy's holidays as a list of business days. */
struct tl_business_days tl_law_business(const struct tl_policy *policy, bool observed);

/* Holds that count for one debtor: those of the case, and those of his own. */
uint32_t tl_law_holds(const struct tl_case *c, const struct tl_facets *facets, uint32_t debtor);
/* Holds that concern a person, not the debt. */
#define TL_PERSONAL_HOLDS                                                                          \
    (1u << TL_HOLD_CEASE | 1u << TL_HOLD_BANKRUPTCY_STAY | 1u << TL_HOLD_DISCHARGED |              \
     1u << TL_HOLD_DECEASED | 1u << TL_HOLD_SCRA | 1u << TL_HOLD_ATTORNEY)

/* The hash that stands for an answer: SHA-256("tallystick/permit/v1\0" ‖ chain id
 * ‖ height u64be ‖ state root ‖ case id ‖ member ‖ day ‖ time ‖ the plan's record
 * ‖ allowed u8 ‖ for each rule its id with a zero byte). */
struct tl_permit_at {
    struct tl_hash chain_id;
    uint64_t height;
    struct tl_hash state_root;
};
void tl_permit_proof(struct tl_hash *out, const struct tl_permit_at *at,
                     const struct tl_id *case_id, const struct tl_act *act,
                     const struct tl_judgment *judgment);

#endif
