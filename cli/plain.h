/* plain.h -- conditions of a policy in the words one says them with.
 *
 * "paid (12.00) is less than principal charged (36.00)", and what would have been
 * otherwise: "if paid had been 36.00 or more".  Amounts get their decimals, dates
 * are dates.  Pure. */
#ifndef TL_PLAIN_H
#define TL_PLAIN_H

#include "tl/policy.h"

#define TL_PLAIN_MAX 512u

/* tl_plain_feature writes a feature's value; "not known" without one. */
void tl_plain_feature(char out[64], enum tl_feature feature, const struct tl_case *c, int32_t on,
                      uint32_t exponent);
/* tl_plain_holds says what a clause finds; tl_plain_otherwise what would turn it. */
void tl_plain_holds(char out[TL_PLAIN_MAX], const struct tl_clause *clause, const struct tl_case *c,
                    int32_t on, uint32_t exponent);
void tl_plain_otherwise(char out[TL_PLAIN_MAX], const struct tl_clause *clause,
                        const struct tl_case *c, int32_t on, uint32_t exponent);
/* tl_plain_rule says when a rule is looked at. */
void tl_plain_rule(char out[TL_PLAIN_MAX], const struct tl_rule *rule, const struct tl_case *c);
/* tl_plain_stages lists the stages of a set, tl_plain_stays the holds that would
 * keep the rule back. */
void tl_plain_stages(char out[TL_PLAIN_MAX], uint32_t stages);
void tl_plain_stays(char out[TL_PLAIN_MAX], const struct tl_policy *policy,
                    const struct tl_rule *rule);

#endif
