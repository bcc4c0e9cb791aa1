/* Why a rule did, or did not, or not yet: in lines of text. */
#include "rules.h"

#include "tl/check.h"

static void put(struct tl_buf *out, const char *text)
{
    struct tl_bytes view = tl_bytes_str(text);

    tl_buf_put(out, view.ptr, view.len);
}

static void put_int(struct tl_buf *out, int64_t value)
{
    char digits[21];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    digits[--at] = '\0';
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (value < 0)
        put(out, "-");
    put(out, digits + at);
}

static void put_date(struct tl_buf *out, int64_t date)
{
    char text[11];

    tl_date_text(text, (int32_t)date);
    put(out, text);
}

static void put_feature(struct tl_buf *out, enum tl_feature feature, const struct tl_case *c,
                        int32_t today)
{
    int64_t value;

    put(out, tl_name_of(&tl_feature_names, feature));
    put(out, " (");
    if (!tl_case_feature(c, feature, today, &value))
        put(out, "unknown");
    else if (tl_feature_kind(feature) == TL_FEATURE_IS_DATE)
        put_date(out, value);
    else
        put_int(out, value);
    put(out, ")");
}

static void put_side(struct tl_buf *out, const uint8_t *terms, uint32_t count,
                     const struct tl_case *c, int32_t today)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            put(out, " + ");
        put_feature(out, (enum tl_feature)terms[i], c, today);
    }
}

static void put_clause(struct tl_buf *out, const struct tl_clause *clause, const struct tl_case *c,
                       int32_t today)
{
    put(out, tl_clause_holds(clause, c, today) ? "  yes  " : "  no   ");
    put_side(out, clause->left, clause->left_count, c, today);
    if (clause->left_count == 0)
        put(out, "0");
    put(out, " ");
    put(out, tl_name_of(&tl_op_names, clause->op));
    put(out, " ");
    put_side(out, clause->right, clause->right_count, c, today);
    if (clause->right_count != 0 && clause->constant != 0)
        put(out, " + ");
    if (clause->right_count == 0 || clause->constant != 0)
        put_int(out, clause->constant);
    put(out, "\n");
}

static void put_when(struct tl_buf *out, const struct tl_policy *policy, const struct tl_rule *rule,
                     const struct tl_case *c, const struct tl_rule_use *use)
{
    int32_t due = tl_rule_due_with(policy, rule, c, use);
    int64_t anchor;

    if (rule->trigger == TL_TRIGGER_ASKED) {
        put(out, "  looked at when somebody asks leave\n");
        return;
    }
    if (rule->trigger == TL_TRIGGER_FACTS) {
        put(out, "  looked at whenever a fact is recorded\n");
        return;
    }
    put(out, "  counted from ");
    put_feature(out, (enum tl_feature)rule->anchor, c, 0);
    put(out, ", ");
    put_int(out, rule->days);
    put(out, " days");
    if (tl_case_feature(c, (enum tl_feature)rule->anchor, 0, &anchor)) {
        put(out, ": ");
        put_date(out, anchor + rule->days);
    }
    put(out, due == TL_DATE_NONE ? "; nothing is pending\n" : "; pending for ");
    if (due != TL_DATE_NONE) {
        put_date(out, due);
        put(out, "\n");
    }
}

static void put_holds(struct tl_buf *out, const struct tl_policy *policy,
                      const struct tl_rule *rule, const struct tl_case *c)
{
    for (uint32_t hold = 0; hold < TL_HOLDS; hold++) {
        if ((c->holds >> hold & 1u) == 0 || rule->action_class == TL_CLASS_NONE ||
            (policy->hold_masks[hold] >> rule->action_class & 1u) == 0)
            continue;
        put(out, "  no   held back by ");
        put(out, tl_name_of(&tl_hold_names, hold));
        put(out, "\n");
    }
}

void tl_explain(struct tl_buf *out, const struct tl_policy *policy, uint32_t rule,
                const struct tl_case *c, int32_t today)
{
    const struct tl_rule *r = &policy->rule[rule];
    struct tl_rule_use use = tl_rule_use_of(c, rule);

    TL_CHECK(rule < policy->rule_count);
    put(out, r->id);
    put(out, " (");
    put(out, r->citation);
    put(out, "): ");
    put(out, tl_name_of(&tl_action_names, r->action));
    put(out, "\n");
    put(out, (r->from_stages & tl_stage_bit((enum tl_stage)c->stage)) != 0 ? "  yes  " : "  no   ");
    put(out, "the case is in stage ");
    put(out, tl_name_of(&tl_stage_names, c->stage));
    put(out, "\n");
    put_when(out, policy, r, c, &use);
    for (uint32_t i = 0; i < r->guard_count; i++)
        put_clause(out, &r->guard[i], c, today);
    put_holds(out, policy, r, c);
    put(out, "  fired ");
    put_int(out, use.fires);
    put(out, r->times == 0 ? " times" : tl_rule_spent(r, &use) ? " times, spent" : " times");
    if (use.fires != 0) {
        put(out, ", last on ");
        put_date(out, use.fired_on);
    }
    put(out, "\n");
}
