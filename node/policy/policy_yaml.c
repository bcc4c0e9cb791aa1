/* A whole policy document. */
#include "compile.h"

#include "tl/codec.h"

#include <stdio.h>
#include <string.h>

/* ---- words and texts ---- */

static void list_words(const struct tl_names *names, char *out, size_t cap)
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < names->count && len < cap; i++) {
        int wrote;
        if (names->at[i] == NULL)
            continue;
        wrote = snprintf(out + len, cap - len, "%s%s", len == 0 ? "" : ", ", names->at[i]);
        len += wrote < 0 ? 0 : (size_t)wrote;
    }
}

enum tl_status compile_word(const struct compile *c, const struct tl_yaml_node *node,
                            const struct tl_names *names, uint8_t *out)
{
    char known[TL_WHY_MAX / 2];
    struct tl_bytes word;
    const enum tl_status status = tl_yaml_str(c->doc, node, TL_WHY_MAX, &word, c->why);

    *out = 0;
    if (status != TL_OK || tl_name_find(names, word, out))
        return status;
    list_words(names, known, sizeof known);
    return tl_yaml_fail(c->doc, node, TL_ERR_ENCODING, c->why, "\"%.40s\" is not one of %s",
                        (const char *)word.ptr, known);
}

enum tl_status compile_text(const struct compile *c, const struct tl_yaml_node *node, char *out,
                            size_t cap)
{
    struct tl_bytes text;
    const enum tl_status status = tl_yaml_str(c->doc, node, cap - 1, &text, c->why);

    out[0] = '\0';
    if (status != TL_OK)
        return status;
    if (!tl_utf8_ok(text))
        return tl_yaml_fail(c->doc, node, TL_ERR_ENCODING, c->why,
                            "\"%s\" must be one line of plain text", (const char *)node->key.ptr);
    memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
    return TL_OK;
}

/* ---- the parts ---- */

static enum tl_status read_head(const struct compile *c, const struct tl_yaml_node *root)
{
    const struct tl_yaml_node *name;
    const struct tl_yaml_node *title;
    const struct tl_yaml_node *version;
    int64_t number = 0;
    enum tl_status status = tl_yaml_need(c->doc, root, "policy", &name, c->why);

    if (status == TL_OK)
        status = tl_yaml_need(c->doc, root, "title", &title, c->why);
    if (status == TL_OK)
        status = tl_yaml_need(c->doc, root, "version", &version, c->why);
    if (status == TL_OK)
        status = compile_text(c, name, c->policy->name, sizeof c->policy->name);
    if (status == TL_OK)
        status = compile_text(c, title, c->policy->title, sizeof c->policy->title);
    if (status == TL_OK)
        status = tl_yaml_int(c->doc, version, 1, UINT32_MAX, &number, c->why);
    c->policy->version = (uint32_t)number;
    return status;
}

/* allocation: [bucket, ...], each of them once. */
static enum tl_status read_allocation(const struct compile *c, const struct tl_yaml_node *node)
{
    const struct tl_yaml_node *element;
    enum tl_status status;
    size_t i = 0;

    if (node == NULL)
        return TL_OK;
    status = tl_yaml_kind_is(c->doc, node, TL_YAML_LIST, c->why);
    if (status == TL_OK && node->count != TL_BUCKETS)
        return tl_yaml_fail(c->doc, node, TL_ERR_ENCODING, c->why,
                            "\"allocation\" must name each of the %u buckets once", TL_BUCKETS);
    for (element = node->first; status == TL_OK && element != NULL; element = element->next)
        status = compile_word(c, element, &tl_bucket_names, &c->policy->allocation[i++]);
    return status;
}

static enum tl_status read_mask(const struct compile *c, const struct tl_yaml_node *list,
                                uint16_t *mask)
{
    const struct tl_yaml_node *element;
    enum tl_status status = tl_yaml_kind_is(c->doc, list, TL_YAML_LIST, c->why);

    *mask = 0;
    for (element = list->first; status == TL_OK && element != NULL; element = element->next) {
        uint8_t bit;
        status = compile_word(c, element, &tl_class_names, &bit);
        if (status == TL_OK && bit == TL_CLASS_NONE)
            return tl_yaml_fail(c->doc, element, TL_ERR_ENCODING, c->why,
                                "no hold blocks \"none\"; leave the list empty instead");
        if (status == TL_OK)
            *mask = (uint16_t)(*mask | 1u << bit);
    }
    return status;
}

/* The key of a map's child, out of a table. */
static enum tl_status key_word(const struct compile *c, const struct tl_yaml_node *child,
                               const struct tl_names *names, uint8_t *out)
{
    char known[TL_WHY_MAX / 2];

    if (tl_name_find(names, child->key, out))
        return TL_OK;
    list_words(names, known, sizeof known);
    return tl_yaml_fail(c->doc, child, TL_ERR_ENCODING, c->why, "key \"%.40s\" is not one of %s",
                        (const char *)child->key.ptr, known);
}

/* holds: {hold: [class, ...]}: what is not named keeps its usual mask. */
static enum tl_status read_holds(const struct compile *c, const struct tl_yaml_node *node)
{
    const struct tl_yaml_node *child;
    enum tl_status status;

    if (node == NULL)
        return TL_OK;
    status = tl_yaml_kind_is(c->doc, node, TL_YAML_MAP, c->why);
    for (child = node->first; status == TL_OK && child != NULL; child = child->next) {
        uint8_t hold = 0;
        status = key_word(c, child, &tl_hold_names, &hold);
        if (status == TL_OK)
            status = read_mask(c, child, &c->policy->hold_masks[hold]);
    }
    return status;
}

/* disputes: {regime: hold}: what a dispute under a regime sets. */
static enum tl_status read_disputes(const struct compile *c, const struct tl_yaml_node *node)
{
    const struct tl_yaml_node *child;
    enum tl_status status;

    if (node == NULL)
        return TL_OK;
    status = tl_yaml_kind_is(c->doc, node, TL_YAML_MAP, c->why);
    for (child = node->first; status == TL_OK && child != NULL; child = child->next) {
        uint8_t regime = 0;
        status = key_word(c, child, &tl_regime_names, &regime);
        if (status == TL_OK)
            status = compile_word(c, child, &tl_hold_names, &c->policy->regime_holds[regime]);
    }
    return status;
}

/* scra_cap_bp: what interest may be while the hold SCRA is set, 50 USC 3937. */
static enum tl_status read_cap(const struct compile *c, const struct tl_yaml_node *node)
{
    int64_t cap = TL_CAP_NONE;
    enum tl_status status = TL_OK;

    if (node != NULL)
        status = tl_yaml_int(c->doc, node, 0, TL_CAP_NONE - 1, &cap, c->why);
    c->policy->scra_cap_bp = (uint32_t)cap;
    return status;
}

/* agencies: {member id: weight or map} */
static enum tl_status read_agencies(const struct compile *c, const struct tl_yaml_node *node)
{
    const struct tl_yaml_node *child;
    enum tl_status status;

    if (node == NULL)
        return TL_OK;
    status = tl_yaml_kind_is(c->doc, node, TL_YAML_MAP, c->why);
    for (child = node->first; status == TL_OK && child != NULL; child = child->next) {
        struct tl_policy_agency *agency = &c->policy->agency[c->policy->agency_count];
        if (c->policy->agency_count == TL_POLICY_AGENCIES_MAX)
            return tl_yaml_fail(c->doc, child, TL_ERR_LIMIT, c->why,
                                "a policy has at most %u agencies", TL_POLICY_AGENCIES_MAX);
        if (child->key.len == 0 || child->key.len > TL_MEMBER_ID_MAX)
            return tl_yaml_fail(c->doc, child, TL_ERR_RANGE, c->why, "\"%.40s\" is not a member id",
                                (const char *)child->key.ptr);
        memcpy(agency->id, child->key.ptr, child->key.len);
        status = compile_agency(c, child, agency);
        c->policy->agency_count++;
    }
    return status;
}

/* A key is a text to YAML; read as a number it needs a node of its own. */
enum tl_status compile_key_int(const struct compile *c, const struct tl_yaml_node *child,
                               int64_t *out)
{
    struct tl_yaml_node key = {.kind = TL_YAML_SCALAR,
                               .line = child->key_line,
                               .column = child->key_column,
                               .key = child->key,
                               .text = child->key};

    return tl_yaml_int(c->doc, &key, 0, INT64_MAX, out, c->why);
}

static enum tl_status read_rows(const struct compile *c, const struct tl_yaml_node *node,
                                struct tl_tariff *tariff)
{
    const struct tl_yaml_node *child;
    enum tl_status status = tl_yaml_kind_is(c->doc, node, TL_YAML_MAP, c->why);

    for (child = node->first; status == TL_OK && child != NULL; child = child->next) {
        struct tl_tariff_row *row = &tariff->row[tariff->rows];
        if (tariff->rows == TL_TARIFF_ROWS_MAX)
            return tl_yaml_fail(c->doc, child, TL_ERR_LIMIT, c->why, "a tariff has at most %u rows",
                                TL_TARIFF_ROWS_MAX);
        status = compile_key_int(c, child, &row->basis_minor);
        if (status == TL_OK)
            status =
                tl_yaml_int(c->doc, child, row->basis_minor, INT64_MAX, &row->total_minor, c->why);
        if (status == TL_OK && tariff->rows > 0 && row->basis_minor <= row[-1].basis_minor)
            return tl_yaml_fail(c->doc, child, TL_ERR_ENCODING, c->why,
                                "the amounts of a tariff must rise from row to row");
        tariff->rows++;
    }
    return status;
}

static enum tl_status read_tariff(const struct compile *c, const struct tl_yaml_node *node,
                                  struct tl_tariff *tariff)
{
    static const char *const keys[] = {"name", "default_bp", "totals", NULL};
    const struct tl_yaml_node *name;
    const struct tl_yaml_node *other;
    const struct tl_yaml_node *totals = NULL;
    int64_t default_bp = 0;
    enum tl_status status = tl_yaml_only(c->doc, node, keys, c->why);

    if (status == TL_OK)
        status = tl_yaml_need(c->doc, node, "name", &name, c->why);
    if (status == TL_OK)
        status = tl_yaml_need(c->doc, node, "default_bp", &other, c->why);
    if (status == TL_OK)
        status = tl_yaml_need(c->doc, node, "totals", &totals, c->why);
    if (status == TL_OK)
        status = compile_text(c, name, tariff->name, sizeof tariff->name);
    if (status == TL_OK)
        status = tl_yaml_int(c->doc, other, 0, 1000000, &default_bp, c->why);
    tariff->default_bp = (uint32_t)default_bp;
    return status == TL_OK ? read_rows(c, totals, tariff) : status;
}

static enum tl_status read_tariffs(const struct compile *c, const struct tl_yaml_node *node)
{
    const struct tl_yaml_node *element;
    enum tl_status status;

    if (node == NULL)
        return TL_OK;
    status = tl_yaml_kind_is(c->doc, node, TL_YAML_LIST, c->why);
    for (element = node->first; status == TL_OK && element != NULL; element = element->next) {
        if (c->policy->tariff_count == TL_TARIFFS_MAX)
            return tl_yaml_fail(c->doc, element, TL_ERR_LIMIT, c->why,
                                "a policy has at most %u tariffs", TL_TARIFFS_MAX);
        status = read_tariff(c, element, &c->policy->tariff[c->policy->tariff_count]);
        c->policy->tariff_count++;
    }
    return status;
}

static enum tl_status read_rules(const struct compile *c, const struct tl_yaml_node *root)
{
    const struct tl_yaml_node *node;
    const struct tl_yaml_node *element;
    enum tl_status status = tl_yaml_need(c->doc, root, "rules", &node, c->why);

    if (status == TL_OK)
        status = tl_yaml_kind_is(c->doc, node, TL_YAML_LIST, c->why);
    if (status != TL_OK)
        return status;
    for (element = node->first; status == TL_OK && element != NULL; element = element->next) {
        if (c->policy->rule_count == TL_RULES_MAX)
            return tl_yaml_fail(c->doc, element, TL_ERR_LIMIT, c->why,
                                "a policy has at most %u rules", TL_RULES_MAX);
        status = compile_rule(c, element, &c->policy->rule[c->policy->rule_count]);
        c->policy->rule_count++;
    }
    return status;
}

/* Where in the document the fault of the whole lies. */
static const struct tl_yaml_node *fault_node(const struct compile *c,
                                             const struct tl_policy_fault *fault)
{
    const struct tl_yaml_node *rules = tl_yaml_get(c->doc->root, "rules");
    const struct tl_yaml_node *node = rules == NULL ? NULL : rules->first;

    if (fault->rule == UINT32_MAX)
        return fault->subject == NULL ? c->doc->root : tl_yaml_get(c->doc->root, fault->subject);
    for (uint32_t i = 0; i < fault->rule && node != NULL; i++)
        node = node->next;
    return node;
}

static enum tl_status check_whole(const struct compile *c)
{
    struct tl_policy_fault fault;

    if (tl_policy_check(c->policy, &fault))
        return TL_OK;
    return tl_yaml_fail(c->doc, fault_node(c, &fault), TL_ERR_RANGE, c->why, "\"%s\": %s",
                        fault.subject == NULL ? "policy" : fault.subject, fault.why);
}

static enum tl_status compile(const struct compile *c)
{
    static const char *const keys[] = {
        "policy",  "title", "version",     "allocation",  "holds", "disputes", "agencies",
        "tariffs", "rules", "commissions", "scra_cap_bp", "law",   "holidays", NULL};
    const struct tl_yaml_node *root = c->doc->root;
    enum tl_status status = tl_yaml_only(c->doc, root, keys, c->why);

    if (status == TL_OK)
        status = read_head(c, root);
    if (status == TL_OK)
        status = read_allocation(c, tl_yaml_get(root, "allocation"));
    if (status == TL_OK)
        status = read_holds(c, tl_yaml_get(root, "holds"));
    if (status == TL_OK)
        status = read_disputes(c, tl_yaml_get(root, "disputes"));
    if (status == TL_OK)
        status = read_cap(c, tl_yaml_get(root, "scra_cap_bp"));
    if (status == TL_OK)
        status = compile_commissions(c, tl_yaml_get(root, "commissions"));
    if (status == TL_OK)
        status = read_agencies(c, tl_yaml_get(root, "agencies"));
    if (status == TL_OK)
        status = read_tariffs(c, tl_yaml_get(root, "tariffs"));
    if (status == TL_OK)
        status = read_rules(c, root);
    if (status == TL_OK)
        status = compile_law(c, tl_yaml_get(root, "law"));
    if (status == TL_OK)
        status = compile_holidays(c, tl_yaml_get(root, "holidays"));
    return status == TL_OK ? check_whole(c) : status;
}

static enum tl_status finish(struct tl_policy *policy, struct tl_yaml *doc, struct tl_why *why)
{
    const struct compile c = {doc, policy, why};
    enum tl_status status;

    tl_policy_init(policy);
    status = compile(&c);
    tl_yaml_free(doc);
    if (status != TL_OK)
        tl_policy_init(policy);
    return status;
}

enum tl_status tl_policy_yaml_parse(struct tl_policy *policy, const char *name,
                                    struct tl_bytes text, struct tl_why *why)
{
    struct tl_yaml doc;
    const enum tl_status status = tl_yaml_parse(&doc, name, text, why);

    return status == TL_OK ? finish(policy, &doc, why) : status;
}

enum tl_status tl_policy_yaml_load(struct tl_policy *policy, const char *path, struct tl_why *why)
{
    struct tl_yaml doc;
    const enum tl_status status = tl_yaml_load(&doc, path, why);

    return status == TL_OK ? finish(policy, &doc, why) : status;
}
