/* tl/policy.h -- the rules of a consortium, as data.
 *
 * A policy says what follows from time and facts: when a reminder is due, what
 * a penalty costs, when an agency gets the case, when a bureau may be told.
 * The engine knows how to do these things, never when.  Every rule names the
 * clause it carries out, and every decision quotes it.
 *
 * A rule reads:
 *   while the case is in one of `from_stages`
 *   and `days` days have passed since the date `anchor`      (trigger timer)
 *   or whenever a fact is recorded                           (trigger facts)
 *   or somebody asks leave for an act                        (trigger asked)
 *   if all clauses of `guard` hold
 *   and no active hold blocks actions of this kind
 *   then do `action`, at most `times` times.
 *
 * A timer whose guard does not hold on its day is reviewed again every
 * `every_days` (a thousand times at most), never if that is 0; it starts anew
 * when its anchor date moves.
 * A timer that is held back (hold, other stage) stays due and runs when the
 * obstacle goes.  Trigger BOTH: a timer, and once it is due, on facts too.
 *
 * A rule that is asked is a gate: an act that needs leave (a suit) is let
 * through if one gate for it has a stage and guard that hold and no hold blocks
 * its kind.  A policy without a gate for an act never permits it.
 *
 * struct tl_policy is a plain value without pointers: fill it in, ask
 * tl_policy_check, encode it.  Its canonical bytes are what is published; their
 * domain-separated hash names the policy for ever.  Cases keep the policy
 * they were opened under.
 *
 * Pure. */
#ifndef TL_POLICY_H
#define TL_POLICY_H

#include "tl/case.h"

#define TL_CLAUSES_MAX         8u
#define TL_TERMS_MAX           6u
#define TL_TARIFFS_MAX         4u
#define TL_TARIFF_ROWS_MAX     512u
#define TL_POLICY_AGENCIES_MAX 16u
/* Timers of a policy together fire at most so often in the life of a case: what
 * one case can cause at once has a bound. */
#define TL_POLICY_FIRES_MAX 512u
/* One timer; without a bound of its own it rests after so many, facts still
 * fire it. */
#define TL_RULE_FIRES_MAX 100u

/* Kinds of action a hold can block: bit numbers. */
enum tl_class {
    TL_CLASS_CONTACT = 0,
    TL_CLASS_ESCALATE = 1,
    TL_CLASS_PLACE = 2,
    TL_CLASS_SELL = 3,
    TL_CLASS_SUE = 4,
    TL_CLASS_FURNISH = 5,
    TL_CLASS_INTEREST = 6,
    TL_CLASS_CHARGE_OFF = 7,
    TL_CLASS_FEE = 8,
    TL_CLASS_NONE = 9,  /* no hold blocks it, e.g. a recall */
    TL_CLASS_ERASE = 10 /* a hold that blocks it is a legal hold */
};
#define TL_CLASSES 11u

enum tl_trigger {
    TL_TRIGGER_TIMER = 0,
    TL_TRIGGER_FACTS = 1,
    TL_TRIGGER_BOTH = 2,
    TL_TRIGGER_ASKED = 3
};
enum tl_op { TL_OP_LT = 0, TL_OP_LE = 1, TL_OP_EQ = 2, TL_OP_NE = 3, TL_OP_GE = 4, TL_OP_GT = 5 };
enum tl_action {
    TL_ACTION_SET_STAGE = 0,       /* stage */
    TL_ACTION_ASSESS_FEE = 1,      /* fee, bucket, basis ... */
    TL_ACTION_ACTION_DUE = 2,      /* kind */
    TL_ACTION_OFFER_PLACEMENT = 3, /* the policy's agencies */
    TL_ACTION_RECALL_PLACEMENT = 4,
    TL_ACTION_FURNISH_ELIGIBLE = 5,
    TL_ACTION_CHARGE_OFF = 6,
    TL_ACTION_ALERT = 7,
    /* asked */
    TL_ACTION_PERMIT_SUIT = 8,
    TL_ACTION_PERMIT_SETTLEMENT = 9, /* what a holder who is not the owner may offer */
    TL_ACTION_PERMIT_PLAN = 10,
    TL_ACTION_PERMIT_ERASURE = 11, /* of the person's data, once retention is over */
    /* done */
    TL_ACTION_SCORE = 12 /* by the cards adopted for the policy; scorecard.h */
};
/* FLAT: amount_minor.  PERCENT: basis * rate_bp / 10000, rounded half away from
 * zero.  TARIFF: the table's total for the basis, less the basis; a basis that
 * is not in the table costs basis * default_bp / 10000 less the basis. */
enum tl_fee { TL_FEE_FLAT = 0, TL_FEE_PERCENT = 1, TL_FEE_TARIFF = 2 };

extern const struct tl_names tl_class_names;
extern const struct tl_names tl_trigger_names;
extern const struct tl_names tl_op_names; /* "<" "<=" "=" "!=" ">=" ">" */
extern const struct tl_names tl_action_names;
extern const struct tl_names tl_fee_names;

/* sum(left) op sum(right) + constant; an empty side is 0. */
struct tl_clause {
    uint8_t left[TL_TERMS_MAX]; /* enum tl_feature */
    uint8_t left_count;
    uint8_t right[TL_TERMS_MAX];
    uint8_t right_count;
    uint8_t op; /* enum tl_op */
    int64_t constant;
};

struct tl_rule {
    char id[TL_RULE_ID_MAX + 1];
    char citation[TL_CITATION_MAX + 1];
    uint32_t from_stages; /* bits by tl_stage_bit; TL_STAGES_ALL, TL_STAGES_OPEN */
    uint8_t trigger;      /* enum tl_trigger */
    uint8_t anchor;       /* a DATE feature; NONE for trigger facts */
    int32_t days;         /* may be negative: before the anchor */
    uint16_t every_days;  /* review again, 0: no */
    uint16_t times;       /* fire at most so often; 0: no bound */
    uint8_t action_class; /* enum tl_class */
    struct tl_clause guard[TL_CLAUSES_MAX];
    uint8_t guard_count;

    uint8_t action;       /* enum tl_action */
    uint8_t stage;        /* SET_STAGE: enum tl_stage; 0 otherwise */
    uint8_t kind;         /* ACTION_DUE: enum tl_action_kind */
    uint8_t bucket;       /* ASSESS_FEE: enum tl_bucket */
    uint8_t fee;          /* ASSESS_FEE: enum tl_fee */
    uint8_t basis;        /* PERCENT, TARIFF: a MONEY feature */
    uint8_t tariff;       /* TARIFF: index */
    uint32_t rate_bp;     /* PERCENT */
    int64_t amount_minor; /* FLAT */
    int64_t cap_minor;    /* at most, 0: no cap */
};

struct tl_tariff_row {
    int64_t basis_minor;
    int64_t total_minor;
};
struct tl_tariff {
    char name[33];
    uint32_t default_bp; /* 20000: twice the basis */
    uint32_t rows;       /* ascending by basis_minor */
    struct tl_tariff_row row[TL_TARIFF_ROWS_MAX];
};

/* ---- figures of the law -------------------------------------------------- */

#define TL_LAW_NUMBERS_MAX 4u
#define TL_LAW_ROWS_MAX    160u
#define TL_HOLIDAYS_MAX    24u

/* One rule's figures in one place, for a span of days (tl/law.h).  Rows are in
 * order of rule, area, from_on. */
struct tl_law_row {
    uint8_t rule;      /* enum tl_law */
    char area[9];      /* "US", "US-NY"; as a case's jurisdiction */
    int32_t from_on;   /* first day in force */
    int32_t until_on;  /* last day, TL_DATE_NONE: not known yet */
    char reviewed[97]; /* by whom, and when; empty: nobody, and the rule denies */
    int64_t number[TL_LAW_NUMBERS_MAX];
};

struct tl_policy_agency {
    char id[TL_MEMBER_ID_MAX + 1]; /* member id */
    uint32_t weight;               /* share of the cases, 1..10000 */
    uint8_t commission;            /* its terms, from 1; 0: none */
};

/* What an agency earns (tl/commission.h): one rate, rates by days since
 * placement, or marginal rates by what it has collected of the case. */
enum tl_commission_kind {
    TL_COMMISSION_FLAT = 0,
    TL_COMMISSION_TIERS = 1,
    TL_COMMISSION_BRACKETS = 2
};
extern const struct tl_names tl_commission_kind_names;
#define TL_COMMISSIONS_MAX      8u
#define TL_COMMISSION_STEPS_MAX 12u
struct tl_commission_terms {
    char name[33];
    uint8_t kind;                           /* enum tl_commission_kind */
    uint8_t mode;                           /* enum tl_remit_mode */
    uint16_t tail_days;                     /* after a recall payments still earn */
    bool costs_first;                       /* costs it advanced are recovered first */
    uint8_t steps;                          /* 1 for FLAT */
    int64_t up_to[TL_COMMISSION_STEPS_MAX]; /* days or minor units; the last: no end */
    uint32_t rate_bp[TL_COMMISSION_STEPS_MAX];
};

struct tl_policy {
    char name[TL_POLICY_NAME_MAX + 1];
    char title[129];
    uint32_t version;
    uint8_t allocation[TL_BUCKETS];             /* enum tl_bucket, first paid first */
    uint16_t hold_masks[TL_HOLDS];              /* bits by tl_class: what each hold blocks */
    uint8_t regime_holds[TL_REGIME_APPEAL + 1]; /* enum tl_hold a dispute sets */
    uint8_t agency_count;
    uint8_t tariff_count;
    uint8_t rule_count;
    uint8_t law_count;
    uint8_t holiday_count;
    struct tl_policy_agency agency[TL_POLICY_AGENCIES_MAX];
    struct tl_tariff tariff[TL_TARIFFS_MAX];
    struct tl_rule rule[TL_RULES_MAX]; /* order decides among rules due on a day */
    uint32_t scra_cap_bp; /* interest under hold SCRA; TL_CAP_NONE: what its mask says */
    uint8_t commission_count;
    struct tl_commission_terms commission[TL_COMMISSIONS_MAX];
    struct tl_law_row law[TL_LAW_ROWS_MAX];
    struct tl_holiday holiday[TL_HOLIDAYS_MAX]; /* for business days */
};

/* Stages as bits. */
#define TL_STAGES 18u
uint32_t tl_stage_bit(enum tl_stage stage);
#define TL_STAGES_ALL  ((1u << TL_STAGES) - 1u)
#define TL_STAGES_OPEN ((1u << 12) - 1u) /* all that have not ended */

/* tl_policy_init gives an empty policy with the usual allocation (cost, fee,
 * tax, interest, principal) and the hold masks of domain.md 2.1. */
void tl_policy_init(struct tl_policy *policy);
/* tl_rule_init: all open stages, timer, once, no guard, class by action. */
void tl_rule_init(struct tl_rule *rule, enum tl_action action);

/* Where a policy is wrong first. */
struct tl_policy_fault {
    const char *why;     /* static text, NULL: nothing is wrong */
    uint32_t rule;       /* index, or UINT32_MAX: not in a rule */
    const char *subject; /* the field, static text */
};
TL_MUST_USE bool tl_policy_check(const struct tl_policy *policy, struct tl_policy_fault *fault);

/* tl_policy_encode writes the canonical bytes; false: `out` overflowed. */
TL_MUST_USE bool tl_policy_encode(const struct tl_policy *policy, struct tl_buf *out);
/* tl_policy_decode reads and checks.  TL_ERR_ENCODING, TL_ERR_RANGE. */
TL_MUST_USE enum tl_status tl_policy_decode(struct tl_policy *policy, struct tl_bytes bytes);
/* SHA-256("tallystick/policy/v1\0" ‖ bytes). */
void tl_policy_hash(struct tl_hash *out, struct tl_bytes bytes);

/* tl_clause_holds: false also when a feature in it is unknown. */
bool tl_clause_holds(const struct tl_clause *clause, const struct tl_case *c, int32_t today);
/* tl_policy_blocked: some hold of the case blocks this class of action. */
bool tl_policy_blocked(const struct tl_policy *policy, const struct tl_case *c,
                       enum tl_class action_class);
/* tl_policy_permit finds the gate that lets an act through today; NULL: none
 * does, or a hold blocks it. */
const struct tl_rule *tl_policy_permit(const struct tl_policy *policy, enum tl_action action,
                                       const struct tl_case *c, int32_t today);
/* tl_rule_due is the day a timer is next to run, TL_DATE_NONE: none in sight. */
int32_t tl_rule_due(const struct tl_policy *policy, uint32_t rule, const struct tl_case *c);
/* tl_fee_amount: what the rule's fee comes to for the case. */
int64_t tl_fee_amount(const struct tl_policy *policy, const struct tl_rule *rule,
                      const struct tl_case *c, int32_t today);

/* tl_explain writes, in lines of text, what the rule waits for in this case:
 * stage, day, each clause with its numbers and whether it holds, holds that
 * block it, how often it fired.  `rule` counts from 0. */
void tl_explain(struct tl_buf *out, const struct tl_policy *policy, uint32_t rule,
                const struct tl_case *c, int32_t today);

#endif
