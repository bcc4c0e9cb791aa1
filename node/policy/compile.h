/* compile.h -- what the parts of the policy reader share.  Private. */
#ifndef TL_POLICY_COMPILE_H
#define TL_POLICY_COMPILE_H

#include "tl/policy_yaml.h"
#include "tl/yaml.h"

struct compile {
    const struct tl_yaml *doc;
    struct tl_policy *policy;
    struct tl_why *why;
};

/* A word out of a table; the message lists the table. */
TL_MUST_USE enum tl_status compile_word(const struct compile *c, const struct tl_yaml_node *node,
                                        const struct tl_names *names, uint8_t *out);
/* A text into a C array of `cap` bytes. */
TL_MUST_USE enum tl_status compile_text(const struct compile *c, const struct tl_yaml_node *node,
                                        char *out, size_t cap);
/* "balance > 0", "paid - cost < principal_charged + 1000", "today >= 2012-05-30". */
TL_MUST_USE enum tl_status compile_clause(const struct compile *c, const struct tl_yaml_node *node,
                                          struct tl_clause *clause);
/* A map's key as a number. */
TL_MUST_USE enum tl_status compile_key_int(const struct compile *c,
                                           const struct tl_yaml_node *child, int64_t *out);
/* commission.c.  Terms come before the agencies that name them. */
TL_MUST_USE enum tl_status compile_commissions(const struct compile *c,
                                               const struct tl_yaml_node *node);
TL_MUST_USE enum tl_status compile_agency(const struct compile *c, const struct tl_yaml_node *node,
                                          struct tl_policy_agency *agency);
TL_MUST_USE enum tl_status compile_rule(const struct compile *c, const struct tl_yaml_node *node,
                                        struct tl_rule *rule);
/* law: [{rule, area, from ...}]; holidays: [{month, day ...}].  NULL: none. */
TL_MUST_USE enum tl_status compile_law(const struct compile *c, const struct tl_yaml_node *node);
TL_MUST_USE enum tl_status compile_holidays(const struct compile *c,
                                            const struct tl_yaml_node *node);

#endif
