/* One rule of a policy document. */
#include "compile.h"

#include <stdio.h>
#include <string.h>

/* A whole number that fits what it is stored in. */
static enum tl_status read_int(const struct compile *c, const struct tl_yaml_node *map,
                               const char *key, const int64_t range[2], int64_t *out)
{
    const struct tl_yaml_node *node = tl_yaml_get(map, key);

    if (node == NULL)
        return TL_OK; /* the default stands */
    return tl_yaml_int(c->doc, node, range[0], range[1], out, c->why);
}

static enum tl_status read_word(const struct compile *c, const struct tl_yaml_node *map,
                                const char *key, const struct tl_names *names, uint8_t *out)
{
    const struct tl_yaml_node *node = tl_yaml_get(map, key);

    return node == NULL ? TL_OK : compile_word(c, node, names, out);
}

/* stages: open, all, or a list of stage words. */
static enum tl_status read_stages(const struct compile *c, const struct tl_yaml_node *rule,
                                  uint32_t *stages)
{
    const struct tl_yaml_node *node = tl_yaml_get(rule, "stages");
    const struct tl_yaml_node *element;
    enum tl_status status = TL_OK;

    if (node == NULL)
        return TL_OK;
    if (node->kind == TL_YAML_SCALAR) {
        const bool all = tl_bytes_eq(node->text, tl_bytes_str("all"));
        if (!all && !tl_bytes_eq(node->text, tl_bytes_str("open")))
            return tl_yaml_fail(c->doc, node, TL_ERR_ENCODING, c->why,
                                "\"stages\" must be open, all or a list of stages, not \"%.40s\"",
                                (const char *)node->text.ptr);
        *stages = all ? TL_STAGES_ALL : TL_STAGES_OPEN;
        return TL_OK;
    }
    status = tl_yaml_kind_is(c->doc, node, TL_YAML_LIST, c->why);
    *stages = 0;
    for (element = node->first; status == TL_OK && element != NULL; element = element->next) {
        uint8_t stage;
        status = compile_word(c, element, &tl_stage_names, &stage);
        if (status == TL_OK)
            *stages |= tl_stage_bit((enum tl_stage)stage);
    }
    return status;
}

/* when: {since: DATE FEATURE, days: N, every: N, facts: true}, facts or asked. */
static enum tl_status read_when(const struct compile *c, const struct tl_yaml_node *rule,
                                struct tl_rule *out)
{
    static const char *const keys[] = {"since", "days", "every", "facts", NULL};
    const struct tl_yaml_node *node;
    const struct tl_yaml_node *facts;
    int64_t days = 0;
    int64_t every = 0;
    bool both = false;
    enum tl_status status = tl_yaml_need(c->doc, rule, "when", &node, c->why);

    if (status != TL_OK)
        return status;
    if (node->kind == TL_YAML_SCALAR && tl_bytes_eq(node->text, tl_bytes_str("facts"))) {
        out->trigger = TL_TRIGGER_FACTS;
        return TL_OK;
    }
    if (node->kind == TL_YAML_SCALAR && tl_bytes_eq(node->text, tl_bytes_str("asked"))) {
        out->trigger = TL_TRIGGER_ASKED;
        return TL_OK;
    }
    status = tl_yaml_only(c->doc, node, keys, c->why);
    if (status == TL_OK && tl_yaml_get(node, "since") == NULL)
        return tl_yaml_fail(
            c->doc, node, TL_ERR_ENCODING, c->why,
            "\"when\" must be facts or asked, or name the date it counts from as \"since\"");
    if (status == TL_OK)
        status = read_word(c, node, "since", &tl_feature_names, &out->anchor);
    if (status == TL_OK)
        status = read_int(c, node, "days", (const int64_t[]){-36500, 36500}, &days);
    if (status == TL_OK)
        status = read_int(c, node, "every", (const int64_t[]){0, 36500}, &every);
    facts = tl_yaml_get(node, "facts");
    if (status == TL_OK && facts != NULL)
        status = tl_yaml_bool(c->doc, facts, &both, c->why);
    out->trigger = both ? TL_TRIGGER_BOTH : TL_TRIGGER_TIMER;
    out->days = (int32_t)days;
    out->every_days = (uint16_t)every;
    return status;
}

static enum tl_status read_guard(const struct compile *c, const struct tl_yaml_node *rule,
                                 struct tl_rule *out)
{
    const struct tl_yaml_node *node = tl_yaml_get(rule, "if");
    const struct tl_yaml_node *element;
    enum tl_status status;

    if (node == NULL)
        return TL_OK;
    status = tl_yaml_kind_is(c->doc, node, TL_YAML_LIST, c->why);
    for (element = node->first; status == TL_OK && element != NULL; element = element->next) {
        if (out->guard_count == TL_CLAUSES_MAX)
            return tl_yaml_fail(c->doc, element, TL_ERR_LIMIT, c->why,
                                "a guard has at most %u comparisons", TL_CLAUSES_MAX);
        status = compile_clause(c, element, &out->guard[out->guard_count]);
        out->guard_count++;
    }
    return status;
}

static enum tl_status find_tariff(const struct compile *c, const struct tl_yaml_node *node,
                                  uint8_t *out)
{
    struct tl_bytes name;
    const enum tl_status status = tl_yaml_str(c->doc, node, 32, &name, c->why);

    if (status != TL_OK)
        return status;
    for (uint8_t i = 0; i < c->policy->tariff_count; i++) {
        if (tl_bytes_eq(name, tl_bytes_str(c->policy->tariff[i].name))) {
            *out = i;
            return TL_OK;
        }
    }
    return tl_yaml_fail(c->doc, node, TL_ERR_ENCODING, c->why,
                        "there is no tariff \"%s\"; name one of \"tariffs\"",
                        (const char *)name.ptr);
}

/* fee: {bucket, amount_minor | rate_bp+basis | tariff+basis, cap_minor} */
static enum tl_status read_fee(const struct compile *c, const struct tl_yaml_node *fee,
                               struct tl_rule *out)
{
    static const char *const keys[] = {"bucket", "amount_minor", "rate_bp", "tariff",
                                       "basis",  "cap_minor",    NULL};
    static const int64_t amounts[] = {0, INT64_MAX};
    const struct tl_yaml_node *tariff = tl_yaml_get(fee, "tariff");
    const bool percent = tl_yaml_get(fee, "rate_bp") != NULL;
    const bool flat = tl_yaml_get(fee, "amount_minor") != NULL;
    int64_t rate = 0;
    enum tl_status status = tl_yaml_only(c->doc, fee, keys, c->why);

    if (status == TL_OK && (tariff != NULL) + percent + flat != 1)
        return tl_yaml_fail(c->doc, fee, TL_ERR_ENCODING, c->why,
                            "a fee has exactly one of amount_minor, rate_bp and tariff");
    out->fee = flat ? TL_FEE_FLAT : percent ? TL_FEE_PERCENT : TL_FEE_TARIFF;
    if (status == TL_OK)
        status = read_word(c, fee, "bucket", &tl_bucket_names, &out->bucket);
    if (status == TL_OK)
        status = read_int(c, fee, "amount_minor", amounts, &out->amount_minor);
    if (status == TL_OK)
        status = read_int(c, fee, "rate_bp", (const int64_t[]){1, 1000000}, &rate);
    if (status == TL_OK)
        status = read_word(c, fee, "basis", &tl_feature_names, &out->basis);
    if (status == TL_OK)
        status = read_int(c, fee, "cap_minor", amounts, &out->cap_minor);
    if (status == TL_OK && tariff != NULL)
        status = find_tariff(c, tariff, &out->tariff);
    out->rate_bp = (uint32_t)rate;
    return status;
}

/* do: WORD, or one of stage, fee, due with what it needs. */
static enum tl_status read_do(const struct compile *c, const struct tl_yaml_node *node,
                              struct tl_rule *out)
{
    static const char *const keys[] = {"set_stage", "assess_fee", "action_due", NULL};
    uint8_t action = 0;
    enum tl_status status;

    if (node->kind == TL_YAML_SCALAR) {
        status = compile_word(c, node, &tl_action_names, &action);
        if (status == TL_OK && action <= TL_ACTION_ACTION_DUE)
            return tl_yaml_fail(c->doc, node, TL_ERR_ENCODING, c->why,
                                "\"%s\" needs a value; write \"do: {%s: ...}\"",
                                tl_action_names.at[action], tl_action_names.at[action]);
        tl_rule_init(out, (enum tl_action)action);
        return status;
    }
    status = tl_yaml_only(c->doc, node, keys, c->why);
    if (status == TL_OK && node->count != 1)
        return tl_yaml_fail(c->doc, node, TL_ERR_ENCODING, c->why, "a rule does one thing");
    if (status != TL_OK)
        return status;
    if (!tl_name_find(&tl_action_names, node->first->key, &action))
        return TL_ERR_ENCODING;
    tl_rule_init(out, (enum tl_action)action);
    if (action == TL_ACTION_SET_STAGE)
        return compile_word(c, node->first, &tl_stage_names, &out->stage);
    if (action == TL_ACTION_ACTION_DUE)
        return compile_word(c, node->first, &tl_action_kind_names, &out->kind);
    return read_fee(c, node->first, out);
}

static enum tl_status read_rest(const struct compile *c, const struct tl_yaml_node *node,
                                struct tl_rule *rule)
{
    int64_t times = rule->times;
    enum tl_status status = read_stages(c, node, &rule->from_stages);

    if (status == TL_OK)
        status = read_when(c, node, rule);
    if (status == TL_OK)
        status = read_int(c, node, "times", (const int64_t[]){0, UINT16_MAX}, &times);
    if (status == TL_OK)
        status = read_word(c, node, "class", &tl_class_names, &rule->action_class);
    if (status == TL_OK)
        status = read_guard(c, node, rule);
    rule->times = (uint16_t)times;
    return status;
}

enum tl_status compile_rule(const struct compile *c, const struct tl_yaml_node *node,
                            struct tl_rule *rule)
{
    static const char *const keys[] = {"id",    "citation", "stages", "when", "times",
                                       "class", "if",       "do",     NULL};
    const struct tl_yaml_node *id;
    const struct tl_yaml_node *citation;
    const struct tl_yaml_node *action;
    enum tl_status status = tl_yaml_only(c->doc, node, keys, c->why);

    if (status == TL_OK)
        status = tl_yaml_need(c->doc, node, "id", &id, c->why);
    if (status == TL_OK)
        status = tl_yaml_need(c->doc, node, "citation", &citation, c->why);
    if (status == TL_OK)
        status = tl_yaml_need(c->doc, node, "do", &action, c->why);
    if (status == TL_OK)
        status = read_do(c, action, rule);
    if (status == TL_OK)
        status = compile_text(c, id, rule->id, sizeof rule->id);
    if (status == TL_OK)
        status = compile_text(c, citation, rule->citation, sizeof rule->citation);
    return status == TL_OK ? read_rest(c, node, rule) : status;
}
