/* The words of cases, policies and books, and their records. */
#include "tl/books.h"
#include "tl/policy.h"

#define WORDS(name, ...)                                                                           \
    static const char *const name##_words[] = {__VA_ARGS__};                                       \
    const struct tl_names name##_names = {name##_words,                                            \
                                          sizeof name##_words / sizeof name##_words[0]};

WORDS(tl_placement, "none", "offered", "placed")
WORDS(tl_deal, "none", "settlement_offered", "plan_offered", "settlement", "plan")
WORDS(tl_legal, "none", "released", "filed", "judged", "satisfied", "dismissed")
WORDS(tl_reporting, "none", "eligible", "furnished")
WORDS(tl_class, "contact", "escalate", "place", "sell", "sue", "furnish", "interest", "charge_off",
      "fee", "none", "erase")
WORDS(tl_trigger, "timer", "facts", "both", "asked")
WORDS(tl_op, "<", "<=", "=", "!=", ">=", ">")
WORDS(tl_action, "set_stage", "assess_fee", "action_due", "offer_placement", "recall_placement",
      "furnish_eligible", "charge_off", "alert", "permit_suit", "permit_settlement", "permit_plan",
      "permit_erasure", "score")
WORDS(tl_fee, "flat", "percent", "tariff")
WORDS(tl_commission_kind, "flat", "tiers", "brackets")
WORDS(tl_account, NULL, "receivable", "cash", "unapplied", "principal", "interest", "fee", "cost",
      "tax", "adjustment", "loss", "recovery", "memo", "memo_contra", "sold", "due_from", "trust",
      "commission_expense", "payable", "agency_due", "commission_income", "advanced")

#define X(code, word, kind) word,
WORDS(tl_feature, TL_FEATURE_TABLE(X))
#undef X

TL_DEFINE_RECORD(tl_segment, TL_SEGMENT_FIELDS)
TL_DEFINE_RECORD(tl_credit, TL_CREDIT_FIELDS)
TL_DEFINE_RECORD(tl_statement, TL_STATEMENT_FIELDS)
TL_DEFINE_RECORD(tl_open_dispute, TL_OPEN_DISPUTE_FIELDS)
TL_DEFINE_RECORD(tl_rule_use, TL_RULE_USE_FIELDS)
TL_DEFINE_RECORD(tl_case, TL_CASE_FIELDS)
TL_DEFINE_RECORD(tl_clock, TL_CLOCK_FIELDS)
TL_DEFINE_RECORD(tl_paid, TL_PAID_FIELDS)
TL_DEFINE_RECORD(tl_debt, TL_DEBT_FIELDS)
TL_DEFINE_RECORD(tl_span, TL_SPAN_FIELDS)
TL_DEFINE_RECORD(tl_standing, TL_STANDING_FIELDS)
TL_DEFINE_RECORD(tl_account, TL_ACCOUNT_FIELDS)
TL_DEFINE_RECORD(tl_licence, TL_LICENCE_FIELDS)
TL_DEFINE_RECORD(tl_licences, TL_LICENCES_FIELDS)
TL_DEFINE_RECORD(tl_version, TL_VERSION_FIELDS)
TL_DEFINE_RECORD(tl_versions, TL_VERSIONS_FIELDS)
