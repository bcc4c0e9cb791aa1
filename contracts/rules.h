/* rules.h -- rules judged against a case (private). */
#ifndef TL_RULES_H
#define TL_RULES_H

#include "tl/policy.h"

/* As tl_rule_due, with the rule's use at hand. */
int32_t tl_rule_due_with(const struct tl_policy *policy, const struct tl_rule *rule,
                         const struct tl_case *c, const struct tl_rule_use *use);
/* The use of a rule recorded in the case; all zero: never used. */
struct tl_rule_use tl_rule_use_of(const struct tl_case *c, uint32_t rule);
bool tl_rule_guard_holds(const struct tl_rule *rule, const struct tl_case *c, int32_t today);
/* Spent: it fired as often as it may. */
bool tl_rule_spent(const struct tl_rule *rule, const struct tl_rule_use *use);
bool tl_stage_edge_ok(enum tl_stage from, enum tl_stage to);

#endif
