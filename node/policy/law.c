/* The figures of the law in a policy document. */
#include "compile.h"

#include "tl/law.h"

#include <string.h>

enum { FIXED_KEYS = 5 }; /* rule, rules, area, from ... without the numbers */

static enum tl_status read_date(const struct compile *c, const struct tl_yaml_node *map,
                                const char *key, int32_t *out)
{
    const struct tl_yaml_node *node = tl_yaml_get(map, key);
    struct tl_bytes text;
    enum tl_status status = TL_OK;

    if (node == NULL)
        return TL_OK; /* the default stands */
    status = tl_yaml_str(c->doc, node, 10, &text, c->why);
    if (status == TL_OK && !tl_date_parse(text, out))
        return tl_yaml_fail(c->doc, node, TL_ERR_ENCODING, c->why,
                            "\"%s\" is not a date; write it like 2021-11-30",
                            (const char *)text.ptr);
    return status;
}

/* What a rule names must be there, and nothing else. */
static enum tl_status read_numbers(const struct compile *c, const struct tl_yaml_node *map,
                                   struct tl_law_row *row)
{
    const struct tl_law_rule *rule = tl_law_rule((enum tl_law)row->rule);
    const char *keys[FIXED_KEYS + TL_LAW_NUMBERS_MAX + 1] = {"rule", "area", "from", "until",
                                                             "reviewed"};
    size_t known = FIXED_KEYS;
    enum tl_status status = TL_OK;

    for (size_t i = 0; i < TL_LAW_NUMBERS_MAX && rule->number[i] != NULL; i++)
        keys[known++] = rule->number[i];
    status = tl_yaml_only(c->doc, map, keys, c->why);
    for (size_t i = 0; status == TL_OK && i < TL_LAW_NUMBERS_MAX && rule->number[i] != NULL; i++) {
        const struct tl_yaml_node *node;

        status = tl_yaml_need(c->doc, map, rule->number[i], &node, c->why);
        if (status == TL_OK)
            status = tl_yaml_int(c->doc, node, 0, 1000000, &row->number[i], c->why);
    }
    return status;
}

static enum tl_status read_rule(const struct compile *c, const struct tl_yaml_node *node,
                                struct tl_law_row *row)
{
    struct tl_bytes id;
    enum tl_status status = tl_yaml_str(c->doc, node, 8, &id, c->why);

    if (status == TL_OK && !tl_law_find(id, &row->rule))
        return tl_yaml_fail(c->doc, node, TL_ERR_ENCODING, c->why,
                            "there is no rule \"%s\"; docs/RULES.md lists them",
                            (const char *)id.ptr);
    return status;
}

/* Everything of a row but the rule and its numbers. */
static enum tl_status read_common(const struct compile *c, const struct tl_yaml_node *map,
                                  struct tl_law_row *row)
{
    const struct tl_yaml_node *area;
    const struct tl_yaml_node *from;
    const struct tl_yaml_node *reviewed = tl_yaml_get(map, "reviewed");
    enum tl_status status = tl_yaml_need(c->doc, map, "area", &area, c->why);

    row->until_on = TL_DATE_NONE;
    if (status == TL_OK)
        status = compile_text(c, area, row->area, sizeof row->area);
    if (status == TL_OK)
        status = tl_yaml_need(c->doc, map, "from", &from, c->why);
    if (status == TL_OK)
        status = read_date(c, map, "from", &row->from_on);
    if (status == TL_OK)
        status = read_date(c, map, "until", &row->until_on);
    if (status == TL_OK && reviewed != NULL)
        status = compile_text(c, reviewed, row->reviewed, sizeof row->reviewed);
    return status;
}

static bool comes_before(const struct tl_law_row *a, const struct tl_law_row *b)
{
    int by_area = strcmp(a->area, b->area);

    if (a->rule != b->rule)
        return a->rule < b->rule;
    return by_area != 0 ? by_area < 0 : a->from_on < b->from_on;
}

/* Rows stand in one order whatever the document's. */
static enum tl_status add_row(const struct compile *c, const struct tl_yaml_node *node,
                              const struct tl_law_row *row)
{
    struct tl_policy *policy = c->policy;
    uint32_t at = policy->law_count;

    if (at == TL_LAW_ROWS_MAX)
        return tl_yaml_fail(c->doc, node, TL_ERR_LIMIT, c->why,
                            "a policy has at most %u rows of law", TL_LAW_ROWS_MAX);
    for (; at > 0 && comes_before(row, &policy->law[at - 1]); at--)
        policy->law[at] = policy->law[at - 1];
    policy->law[at] = *row;
    policy->law_count++;
    return TL_OK;
}

/* rules: [ID, ...], one row each: rules that have no numbers. */
static enum tl_status read_many(const struct compile *c, const struct tl_yaml_node *map,
                                const struct tl_yaml_node *list)
{
    static const char *const keys[] = {"rules", "area", "from", "until", "reviewed", NULL};
    struct tl_law_row row = {0};
    enum tl_status status = tl_yaml_only(c->doc, map, keys, c->why);

    if (status == TL_OK)
        status = tl_yaml_kind_is(c->doc, list, TL_YAML_LIST, c->why);
    if (status == TL_OK)
        status = read_common(c, map, &row);
    for (const struct tl_yaml_node *at = list->first; status == TL_OK && at != NULL;
         at = at->next) {
        status = read_rule(c, at, &row);
        if (status == TL_OK && tl_law_rule((enum tl_law)row.rule)->number[0] != NULL)
            return tl_yaml_fail(c->doc, at, TL_ERR_ENCODING, c->why,
                                "\"%s\" has numbers; give it a row of its own",
                                tl_law_rule((enum tl_law)row.rule)->id);
        if (status == TL_OK)
            status = add_row(c, at, &row);
    }
    return status;
}

static enum tl_status read_one(const struct compile *c, const struct tl_yaml_node *map)
{
    const struct tl_yaml_node *id;
    struct tl_law_row row = {0};
    enum tl_status status = tl_yaml_need(c->doc, map, "rule", &id, c->why);

    if (status == TL_OK)
        status = read_rule(c, id, &row);
    if (status == TL_OK)
        status = read_common(c, map, &row);
    if (status == TL_OK)
        status = read_numbers(c, map, &row);
    return status == TL_OK ? add_row(c, map, &row) : status;
}

enum tl_status compile_law(const struct compile *c, const struct tl_yaml_node *node)
{
    const struct tl_yaml_node *element;
    enum tl_status status;

    if (node == NULL)
        return TL_OK;
    status = tl_yaml_kind_is(c->doc, node, TL_YAML_LIST, c->why);
    for (element = node->first; status == TL_OK && element != NULL; element = element->next) {
        const struct tl_yaml_node *many;

        status = tl_yaml_kind_is(c->doc, element, TL_YAML_MAP, c->why);
        if (status != TL_OK)
            return status;
        many = tl_yaml_get(element, "rules");
        status = many != NULL ? read_many(c, element, many) : read_one(c, element);
    }
    return status;
}

/* ---- holidays ----------------------------------------------------------- */

static enum tl_status read_holiday(const struct compile *c, const struct tl_yaml_node *map,
                                   struct tl_holiday *day)
{
    static const char *const keys[] = {"month", "day", "weekday", "nth", "since", NULL};
    static const int64_t most[] = {12, 31, 6, 5, 9999};
    int64_t value[5] = {0};
    enum tl_status status = tl_yaml_only(c->doc, map, keys, c->why);

    for (size_t i = 0; i < 5 && status == TL_OK; i++) {
        const struct tl_yaml_node *node = tl_yaml_get(map, keys[i]);

        if (node != NULL)
            status = tl_yaml_int(c->doc, node, 0, most[i], &value[i], c->why);
    }
    *day = (struct tl_holiday){(uint8_t)value[0], (uint8_t)value[1], (uint8_t)value[2],
                               (uint8_t)value[3], (int32_t)value[4]};
    return status;
}

enum tl_status compile_holidays(const struct compile *c, const struct tl_yaml_node *node)
{
    const struct tl_yaml_node *element;
    enum tl_status status;

    if (node == NULL)
        return TL_OK;
    status = tl_yaml_kind_is(c->doc, node, TL_YAML_LIST, c->why);
    for (element = node->first; status == TL_OK && element != NULL; element = element->next) {
        if (c->policy->holiday_count == TL_HOLIDAYS_MAX)
            return tl_yaml_fail(c->doc, element, TL_ERR_LIMIT, c->why,
                                "a policy has at most %u holidays", TL_HOLIDAYS_MAX);
        status = tl_yaml_kind_is(c->doc, element, TL_YAML_MAP, c->why);
        if (status == TL_OK)
            status = read_holiday(c, element, &c->policy->holiday[c->policy->holiday_count]);
        c->policy->holiday_count++;
    }
    return status;
}
