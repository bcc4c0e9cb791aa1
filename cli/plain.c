#include "plain.h"

#include "decimal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void add(char out[TL_PLAIN_MAX], const char *text)
{
    size_t at = strlen(out);

    (void)snprintf(out + at, TL_PLAIN_MAX - at, "%s", text);
}

/* principal_charged: principal charged. */
static void add_word(char out[TL_PLAIN_MAX], const char *word)
{
    size_t at = strlen(out);

    add(out, word != NULL ? word : "?");
    for (; out[at] != '\0'; at++)
        if (out[at] == '_')
            out[at] = ' ';
}

static void value_text(char out[64], enum tl_feature_kind kind, int64_t value, uint32_t exponent)
{
    char money[TL_DECIMAL_TEXT];

    switch (kind) {
    case TL_FEATURE_IS_MONEY:
        tl_decimal_print(money, value, exponent);
        (void)snprintf(out, 64, "%.60s", money);
        return;
    case TL_FEATURE_IS_DATE:
        if (value >= TL_DATE_MIN && value <= TL_DATE_MAX)
            tl_date_text(out, (int32_t)value);
        else
            (void)snprintf(out, 64, "%" PRId64, value);
        return;
    case TL_FEATURE_IS_COUNT:
    case TL_FEATURE_IS_FLAG:
    case TL_FEATURE_IS_DAYS:
        (void)snprintf(out, 64, "%" PRId64, value);
        return;
    }
    out[0] = '\0';
}

void tl_plain_feature(char out[64], enum tl_feature feature, const struct tl_case *c, int32_t on,
                      uint32_t exponent)
{
    int64_t value;

    if (!tl_case_feature(c, feature, on, &value))
        (void)snprintf(out, 64, "not known");
    else
        value_text(out, tl_feature_kind(feature), value, exponent);
}

/* What the numbers of a clause are: those of its first feature. */
static enum tl_feature_kind kind_of(const struct tl_clause *clause)
{
    if (clause->left_count > 0)
        return tl_feature_kind((enum tl_feature)clause->left[0]);
    if (clause->right_count > 0)
        return tl_feature_kind((enum tl_feature)clause->right[0]);
    return TL_FEATURE_IS_COUNT;
}

static void add_side(char out[TL_PLAIN_MAX], const uint8_t *term, uint32_t count,
                     const struct tl_case *c, int32_t on, uint32_t exponent)
{
    char value[64];

    for (uint32_t i = 0; i < count; i++) {
        add(out, i == 0 ? "" : " and ");
        add_word(out, tl_name_of(&tl_feature_names, term[i]));
        tl_plain_feature(value, (enum tl_feature)term[i], c, on, exponent);
        add(out, " (");
        add(out, value);
        add(out, ")");
    }
}

/* The sum of the right side; false: something in it is not known. */
static bool right_sum(const struct tl_clause *clause, const struct tl_case *c, int32_t on,
                      int64_t *sum)
{
    *sum = clause->constant;
    for (uint32_t i = 0; i < clause->right_count; i++) {
        int64_t value;

        if (!tl_case_feature(c, (enum tl_feature)clause->right[i], on, &value) ||
            __builtin_add_overflow(*sum, value, sum))
            return false;
    }
    return true;
}

static const char *const op_words[] = {" is less than ", " is at most ",  " is ",
                                       " is not ",       " is at least ", " is more than "};

static void add_right(char out[TL_PLAIN_MAX], const struct tl_clause *clause,
                      const struct tl_case *c, int32_t on, uint32_t exponent)
{
    char value[64];

    add_side(out, clause->right, clause->right_count, c, on, exponent);
    if (clause->right_count > 0 && clause->constant == 0)
        return;
    /* Beside a date a constant is days. */
    value_text(value,
               clause->right_count > 0 && kind_of(clause) == TL_FEATURE_IS_DATE ? TL_FEATURE_IS_DAYS
                                                                                : kind_of(clause),
               clause->constant, exponent);
    add(out, clause->right_count > 0 ? " and " : "");
    add(out, value);
    if (clause->right_count > 0 && kind_of(clause) == TL_FEATURE_IS_DATE)
        add(out, " days");
}

void tl_plain_holds(char out[TL_PLAIN_MAX], const struct tl_clause *clause, const struct tl_case *c,
                    int32_t on, uint32_t exponent)
{
    out[0] = '\0';
    add_side(out, clause->left, clause->left_count, c, on, exponent);
    if (clause->left_count == 0)
        add(out, "nothing");
    add(out, op_words[clause->op]);
    add_right(out, clause, c, on, exponent);
}

void tl_plain_otherwise(char out[TL_PLAIN_MAX], const struct tl_clause *clause,
                        const struct tl_case *c, int32_t on, uint32_t exponent)
{
    /* The opposite of each operator, before and behind the number. */
    static const char *const before[] = {"", "more than ", "anything but ", "", "less than ", ""};
    static const char *const behind[] = {" or more", "", "", "", "", " or less"};
    int64_t sum;
    char value[64];

    out[0] = '\0';
    add(out, "if ");
    for (uint32_t i = 0; i < clause->left_count; i++) {
        add(out, i == 0 ? "" : " and ");
        add_word(out, tl_name_of(&tl_feature_names, clause->left[i]));
    }
    add(out, clause->left_count > 1 ? " together had been " : " had been ");
    if (!right_sum(clause, c, on, &sum)) {
        add(out, "otherwise");
        return;
    }
    value_text(value, kind_of(clause), sum, exponent);
    add(out, before[clause->op]);
    add(out, value);
    add(out, behind[clause->op]);
}

void tl_plain_rule(char out[TL_PLAIN_MAX], const struct tl_rule *rule, const struct tl_case *c)
{
    int64_t anchor;
    char text[64];
    char date[11];

    out[0] = '\0';
    if (rule->trigger == TL_TRIGGER_FACTS || rule->trigger == TL_TRIGGER_ASKED) {
        add(out, rule->trigger == TL_TRIGGER_FACTS ? "looked at whenever a fact is recorded"
                                                   : "looked at when somebody asks leave");
        return;
    }
    (void)snprintf(text, sizeof text, "%d days after ", (int)rule->days);
    add(out, text);
    add_word(out, tl_name_of(&tl_feature_names, rule->anchor));
    if (tl_case_feature(c, (enum tl_feature)rule->anchor, 0, &anchor)) {
        tl_date_text(date, (int32_t)anchor);
        add(out, " (");
        add(out, date);
        add(out, "), that is from ");
        tl_date_text(date, (int32_t)(anchor + rule->days));
        add(out, date);
        add(out, " on");
    }
    if (rule->trigger == TL_TRIGGER_BOTH)
        add(out, ", and then whenever a fact is recorded");
}

static void add_listed(char out[TL_PLAIN_MAX], const char *word)
{
    if (out[0] != '\0')
        add(out, ", ");
    add_word(out, word);
}

void tl_plain_stages(char out[TL_PLAIN_MAX], uint32_t stages)
{
    out[0] = '\0';
    if ((stages & TL_STAGES_ALL) == TL_STAGES_ALL || stages == TL_STAGES_OPEN) {
        add(out, stages == TL_STAGES_OPEN ? "any that has not ended" : "any");
        return;
    }
    for (uint32_t stage = 0; stage <= TL_STAGE_UNCOLLECTIBLE; stage++)
        if (tl_name_of(&tl_stage_names, stage) != NULL &&
            (tl_stage_bit((enum tl_stage)stage) & stages) != 0)
            add_listed(out, tl_name_of(&tl_stage_names, stage));
}

void tl_plain_stays(char out[TL_PLAIN_MAX], const struct tl_policy *policy,
                    const struct tl_rule *rule)
{
    out[0] = '\0';
    for (uint32_t hold = 0; hold < TL_HOLDS && rule->action_class != TL_CLASS_NONE; hold++)
        if ((policy->hold_masks[hold] >> rule->action_class & 1u) != 0)
            add_listed(out, tl_name_of(&tl_hold_names, hold));
}
