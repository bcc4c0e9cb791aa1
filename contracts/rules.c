/* Judging a rule: is it due, does its guard hold, what does it cost. */
#include "rules.h"

#include "tl/check.h"

static const uint8_t stage_order[TL_STAGES] = {
    TL_STAGE_CURRENT,   TL_STAGE_PREDUE,        TL_STAGE_OVERDUE,     TL_STAGE_REMINDING,
    TL_STAGE_CONTACT,   TL_STAGE_DEMAND,        TL_STAGE_RESOLUTION,  TL_STAGE_INTERNAL,
    TL_STAGE_PLACED,    TL_STAGE_LEGAL,         TL_STAGE_CHARGED_OFF, TL_STAGE_REACTIVATED,
    TL_STAGE_PAID,      TL_STAGE_SETTLED,       TL_STAGE_SOLD,        TL_STAGE_DISCHARGED,
    TL_STAGE_CANCELLED, TL_STAGE_UNCOLLECTIBLE,
};

uint32_t tl_stage_bit(enum tl_stage stage)
{
    for (uint32_t i = 0; i < TL_STAGES; i++) {
        if (stage_order[i] == (uint8_t)stage)
            return 1u << i;
    }
    return 0;
}

/* What a rule may do to the stage by itself: go forward, or back to CURRENT.
 * Other machines own the rest: disputes RESOLUTION, placement PLACED, a human
 * release LEGAL, charge-off CHARGED_OFF, and facts the end. */
bool tl_stage_edge_ok(enum tl_stage from, enum tl_stage to)
{
    if (from >= TL_STAGE_PAID || from == TL_STAGE_RESOLUTION || from == TL_STAGE_PLACED)
        return false;
    if (to == TL_STAGE_UNCOLLECTIBLE)
        return from >= TL_STAGE_CHARGED_OFF;
    if (to == TL_STAGE_RESOLUTION || to == TL_STAGE_PLACED || to == TL_STAGE_LEGAL ||
        to == TL_STAGE_CHARGED_OFF || to >= TL_STAGE_PAID)
        return false;
    if (to == TL_STAGE_REACTIVATED)
        return from == TL_STAGE_CHARGED_OFF;
    if (from >= TL_STAGE_CHARGED_OFF)
        return false;
    return to > from || to == TL_STAGE_CURRENT;
}

/* False: a term is unknown. */
static bool sum(const uint8_t *terms, uint32_t count, const struct tl_case *c, int32_t today,
                int64_t *total)
{
    *total = 0;
    for (uint32_t i = 0; i < count && i < TL_TERMS_MAX; i++) {
        int64_t value;

        if (!tl_case_feature(c, (enum tl_feature)terms[i], today, &value) ||
            __builtin_add_overflow(*total, value, total))
            return false;
    }
    return true;
}

static bool compare(enum tl_op op, int64_t left, int64_t right)
{
    switch (op) {
    case TL_OP_LT:
        return left < right;
    case TL_OP_LE:
        return left <= right;
    case TL_OP_EQ:
        return left == right;
    case TL_OP_NE:
        return left != right;
    case TL_OP_GE:
        return left >= right;
    case TL_OP_GT:
        return left > right;
    }
    return false;
}

bool tl_clause_holds(const struct tl_clause *clause, const struct tl_case *c, int32_t today)
{
    int64_t left;
    int64_t right;

    if (!sum(clause->left, clause->left_count, c, today, &left) ||
        !sum(clause->right, clause->right_count, c, today, &right) ||
        __builtin_add_overflow(right, clause->constant, &right))
        return false;
    return compare((enum tl_op)clause->op, left, right);
}

bool tl_rule_guard_holds(const struct tl_rule *rule, const struct tl_case *c, int32_t today)
{
    for (uint32_t i = 0; i < rule->guard_count; i++) {
        if (!tl_clause_holds(&rule->guard[i], c, today))
            return false;
    }
    return true;
}

bool tl_policy_blocked(const struct tl_policy *policy, const struct tl_case *c,
                       enum tl_class action_class)
{
    if (action_class == TL_CLASS_NONE)
        return false;
    for (uint32_t hold = 0; hold < TL_HOLDS; hold++) {
        if ((c->holds >> hold & 1u) != 0 && (policy->hold_masks[hold] >> action_class & 1u) != 0)
            return true;
    }
    return false;
}

const struct tl_rule *tl_policy_permit(const struct tl_policy *policy, enum tl_action action,
                                       const struct tl_case *c, int32_t today)
{
    for (uint32_t i = 0; i < policy->rule_count; i++) {
        const struct tl_rule *rule = &policy->rule[i];

        if (rule->action == (uint8_t)action && rule->trigger == TL_TRIGGER_ASKED &&
            (rule->from_stages & tl_stage_bit((enum tl_stage)c->stage)) != 0 &&
            !tl_policy_blocked(policy, c, (enum tl_class)rule->action_class) &&
            tl_rule_guard_holds(rule, c, today))
            return rule;
    }
    return NULL;
}

struct tl_rule_use tl_rule_use_of(const struct tl_case *c, uint32_t rule)
{
    struct tl_list list = c->rules;
    struct tl_rule_use use;

    while (tl_list_next(&list, &tl_rule_use_record, &use)) {
        if (use.rule == rule)
            return use;
    }
    return (struct tl_rule_use){.rule = (uint8_t)rule, .anchor = TL_DATE_NONE};
}

bool tl_rule_spent(const struct tl_rule *rule, const struct tl_rule_use *use)
{
    return rule->times != 0 && use->fires >= rule->times;
}

int32_t tl_rule_due_with(const struct tl_policy *policy, const struct tl_rule *rule,
                         const struct tl_case *c, const struct tl_rule_use *use)
{
    int64_t anchor;
    int64_t due;
    bool reviewed;

    if (rule->trigger == TL_TRIGGER_FACTS || rule->trigger == TL_TRIGGER_ASKED ||
        tl_rule_spent(rule, use) || use->fires >= TL_RULE_FIRES_MAX)
        return TL_DATE_NONE;
    if ((rule->from_stages & tl_stage_bit((enum tl_stage)c->stage)) == 0)
        return TL_DATE_NONE;
    if (!tl_case_feature(c, (enum tl_feature)rule->anchor, 0, &anchor))
        return TL_DATE_NONE;
    reviewed = use->reviews != 0 && use->anchor == anchor;
    if (reviewed && (rule->every_days == 0 || use->reviews >= TL_RULE_REVIEWS_MAX))
        return TL_DATE_NONE;
    if (tl_policy_blocked(policy, c, (enum tl_class)rule->action_class))
        return TL_DATE_NONE;
    due = anchor + rule->days + (reviewed ? (int64_t)use->reviews * rule->every_days : 0);
    return due > TL_DATE_MAX ? TL_DATE_NONE : (int32_t)due;
}

int32_t tl_rule_due(const struct tl_policy *policy, uint32_t rule, const struct tl_case *c)
{
    struct tl_rule_use use = tl_rule_use_of(c, rule);

    TL_CHECK(rule < policy->rule_count);
    return tl_rule_due_with(policy, &policy->rule[rule], c, &use);
}

/* value * bp / 10000, half away from zero; values are far below 2^63 / 10^5. */
static int64_t percent(int64_t value, uint32_t bp)
{
    int64_t product;

    if (value < 0 || __builtin_mul_overflow(value, (int64_t)bp, &product))
        return 0;
    return product / 10000 + (product % 10000 >= 5000 ? 1 : 0);
}

static int64_t tariff_total(const struct tl_tariff *tariff, int64_t basis)
{
    for (uint32_t i = 0; i < tariff->rows; i++) {
        if (tariff->row[i].basis_minor == basis)
            return tariff->row[i].total_minor;
    }
    return percent(basis, tariff->default_bp);
}

int64_t tl_fee_amount(const struct tl_policy *policy, const struct tl_rule *rule,
                      const struct tl_case *c, int32_t today)
{
    int64_t basis = 0;
    int64_t amount = rule->amount_minor;

    if (!tl_case_feature(c, (enum tl_feature)rule->basis, today, &basis))
        return 0;
    if (rule->fee == TL_FEE_PERCENT)
        amount = percent(basis, rule->rate_bp);
    else if (rule->fee == TL_FEE_TARIFF)
        amount = tariff_total(&policy->tariff[rule->tariff], basis) - basis;
    if (rule->cap_minor != 0 && amount > rule->cap_minor)
        amount = rule->cap_minor;
    return amount < 0 ? 0 : amount > TL_AMOUNT_MAX ? TL_AMOUNT_MAX : amount;
}
