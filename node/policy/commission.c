/* Terms of commission, and which agency works under which.
 *
 *   commissions:
 *     - {name: usual, rate_bp: 2500}
 *     - {name: by-age, remit: gross, tail_days: 90, tiers: {90: 2500, 180: 3500, rest: 5000}}
 *     - {name: by-size, costs_first: true, brackets: {30000: 5000, rest: 2000}} */
#include "compile.h"

#include <string.h>

static bool key_is(const struct tl_yaml_node *node, const char *word)
{
    return tl_bytes_eq(node->key, tl_bytes_str(word));
}

/* {up to: rate, ..., rest: rate}; `rest` comes last and has no end. */
static enum tl_status read_steps(const struct compile *c, const struct tl_yaml_node *node,
                                 struct tl_commission_terms *terms)
{
    const struct tl_yaml_node *child;
    enum tl_status status = tl_yaml_kind_is(c->doc, node, TL_YAML_MAP, c->why);

    for (child = node->first; status == TL_OK && child != NULL; child = child->next) {
        int64_t rate = 0;
        if (terms->steps == TL_COMMISSION_STEPS_MAX)
            return tl_yaml_fail(c->doc, child, TL_ERR_LIMIT, c->why, "terms have at most %u steps",
                                TL_COMMISSION_STEPS_MAX);
        if (key_is(child, "rest") != (child->next == NULL))
            return tl_yaml_fail(c->doc, child, TL_ERR_ENCODING, c->why,
                                "the last step, and no other, is called \"rest\"");
        if (child->next != NULL)
            status = compile_key_int(c, child, &terms->up_to[terms->steps]);
        if (status == TL_OK)
            status = tl_yaml_int(c->doc, child, 0, 10000, &rate, c->why);
        terms->rate_bp[terms->steps++] = (uint32_t)rate;
    }
    return status;
}

static enum tl_status read_rates(const struct compile *c, const struct tl_yaml_node *node,
                                 struct tl_commission_terms *terms)
{
    const struct tl_yaml_node *flat = tl_yaml_get(node, "rate_bp");
    const struct tl_yaml_node *tiers = tl_yaml_get(node, "tiers");
    const struct tl_yaml_node *brackets = tl_yaml_get(node, "brackets");
    int64_t rate = 0;
    enum tl_status status;

    if ((flat != NULL) + (tiers != NULL) + (brackets != NULL) != 1)
        return tl_yaml_fail(c->doc, node, TL_ERR_ENCODING, c->why,
                            "terms have one of \"rate_bp\", \"tiers\" and \"brackets\"");
    if (flat == NULL) {
        terms->kind = tiers != NULL ? TL_COMMISSION_TIERS : TL_COMMISSION_BRACKETS;
        return read_steps(c, tiers != NULL ? tiers : brackets, terms);
    }
    status = tl_yaml_int(c->doc, flat, 0, 10000, &rate, c->why);
    terms->rate_bp[0] = (uint32_t)rate;
    terms->steps = 1;
    return status;
}

static enum tl_status read_terms(const struct compile *c, const struct tl_yaml_node *node,
                                 struct tl_commission_terms *terms)
{
    static const char *const keys[] = {"name",  "rate_bp",   "tiers",       "brackets",
                                       "remit", "tail_days", "costs_first", NULL};
    const struct tl_yaml_node *name = NULL;
    const struct tl_yaml_node *remit;
    const struct tl_yaml_node *tail;
    const struct tl_yaml_node *costs;
    int64_t days = 0;
    enum tl_status status = tl_yaml_only(c->doc, node, keys, c->why);

    if (status == TL_OK)
        status = tl_yaml_need(c->doc, node, "name", &name, c->why);
    if (status == TL_OK)
        status = compile_text(c, name, terms->name, sizeof terms->name);
    if (status == TL_OK)
        status = read_rates(c, node, terms);
    remit = tl_yaml_get(node, "remit");
    if (status == TL_OK && remit != NULL)
        status = compile_word(c, remit, &tl_remit_mode_names, &terms->mode);
    tail = tl_yaml_get(node, "tail_days");
    if (status == TL_OK && tail != NULL)
        status = tl_yaml_int(c->doc, tail, 0, UINT16_MAX, &days, c->why);
    terms->tail_days = (uint16_t)days;
    costs = tl_yaml_get(node, "costs_first");
    if (status == TL_OK && costs != NULL)
        status = tl_yaml_bool(c->doc, costs, &terms->costs_first, c->why);
    return status;
}

enum tl_status compile_commissions(const struct compile *c, const struct tl_yaml_node *node)
{
    const struct tl_yaml_node *element;
    enum tl_status status;

    if (node == NULL)
        return TL_OK;
    status = tl_yaml_kind_is(c->doc, node, TL_YAML_LIST, c->why);
    for (element = node->first; status == TL_OK && element != NULL; element = element->next) {
        if (c->policy->commission_count == TL_COMMISSIONS_MAX)
            return tl_yaml_fail(c->doc, element, TL_ERR_LIMIT, c->why,
                                "a policy has at most %u terms of commission", TL_COMMISSIONS_MAX);
        status = read_terms(c, element, &c->policy->commission[c->policy->commission_count]);
        c->policy->commission_count++;
    }
    return status;
}

static enum tl_status terms_find(const struct compile *c, const struct tl_yaml_node *node,
                                 uint8_t *out)
{
    struct tl_bytes name;
    enum tl_status status = tl_yaml_str(c->doc, node, 32, &name, c->why);

    for (uint32_t i = 0; status == TL_OK && i < c->policy->commission_count; i++) {
        if (tl_bytes_eq(tl_bytes_str(c->policy->commission[i].name), name)) {
            *out = (uint8_t)(i + 1);
            return TL_OK;
        }
    }
    if (status != TL_OK)
        return status;
    return tl_yaml_fail(c->doc, node, TL_ERR_ENCODING, c->why,
                        "\"%.32s\" is not the name of one of \"commissions\"",
                        (const char *)name.ptr);
}

/* A weight, or {weight: 1, commission: name}. */
enum tl_status compile_agency(const struct compile *c, const struct tl_yaml_node *node,
                              struct tl_policy_agency *agency)
{
    static const char *const keys[] = {"weight", "commission", NULL};
    const struct tl_yaml_node *weight = node;
    const struct tl_yaml_node *terms = NULL;
    int64_t number = 0;
    enum tl_status status = TL_OK;

    if (node->kind == TL_YAML_MAP) {
        status = tl_yaml_only(c->doc, node, keys, c->why);
        if (status == TL_OK)
            status = tl_yaml_need(c->doc, node, "weight", &weight, c->why);
        terms = tl_yaml_get(node, "commission");
    }
    if (status == TL_OK)
        status = tl_yaml_int(c->doc, weight, 1, 10000, &number, c->why);
    agency->weight = (uint32_t)number;
    if (status == TL_OK && terms != NULL)
        status = terms_find(c, terms, &agency->commission);
    return status;
}
