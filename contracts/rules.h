/* rules.h -- rules judged against a case (private). */
#ifndef TL_RULES_H
#define TL_RULES_H

#include "tl/policy.h"

/* What sets, masks and small integers have room for. */
_Static_assert(TL_HOLDS <= 32, "holds are bits of u32");
_Static_assert(TL_STAGES <= 32, "stages are bits of u32");
_Static_assert(TL_CLASSES <= 16, "a hold's mask is u16");
_Static_assert(TL_FEATURE_COUNT <= 256, "a term is one byte");
_Static_assert(TL_RULES_MAX <= 256, "a rule's index is one byte");
_Static_assert(TL_RULE_REVIEWS_MAX < UINT16_MAX, "reviews are counted in u16");
_Static_assert(TL_RULE_FIRES_MAX <= TL_POLICY_FIRES_MAX, "one timer may be all of a policy");
_Static_assert(TL_CASE_BYTES_MAX <= TL_STATE_VALUE_MAX, "a case fits into one state value");
_Static_assert(TL_POLICY_BYTES_MAX <= TL_ENTRY_BYTES_MAX, "a policy fits into one entry");
_Static_assert(TL_AMOUNT_MAX < INT64_MAX / 10000 / 100, "a percentage of an amount is an int64");
_Static_assert(TL_AMOUNT_MAX < INT64_MAX / TL_DEAL_PARTS_MAX, "so is the sum of a plan");

/* As tl_rule_due, with the rule's use at hand. */
int32_t tl_rule_due_with(const struct tl_policy *policy, const struct tl_rule *rule,
                         const struct tl_case *c, const struct tl_rule_use *use);
/* The use of a rule recorded in the case; all zero: never used. */
struct tl_rule_use tl_rule_use_of(const struct tl_case *c, uint32_t rule);
bool tl_rule_guard_holds(const struct tl_rule *rule, const struct tl_case *c, int32_t today);
/* Spent: it fired as often as it may. */
bool tl_rule_spent(const struct tl_rule *rule, const struct tl_rule_use *use);
/* tl_case_fault, with what the open disputes hold already worked out. */
const char *tl_case_fault_with(const struct tl_case *c, uint32_t disputed);
bool tl_stage_edge_ok(enum tl_stage from, enum tl_stage to);

#endif
