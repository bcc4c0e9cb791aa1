/* Is this a policy the engine can follow? */
#include "rules.h"

#include "tl/codec.h"
#include "tl/law.h"

#include <string.h>

#define BIT(name) (uint16_t)(1u << TL_CLASS_##name)
#define COLLECT   (uint16_t)(BIT(ESCALATE) | BIT(PLACE) | BIT(SUE) | BIT(SELL))

/* domain.md 2.1; what no line names is left to the consortium. */
static const uint16_t usual_masks[TL_HOLDS] = {
    [TL_HOLD_CEASE] = BIT(CONTACT),
    [TL_HOLD_DISPUTE_VALIDATION] = BIT(CONTACT) | COLLECT | BIT(FURNISH) | BIT(ERASE),
    [TL_HOLD_DISPUTE_FCRA] = BIT(FURNISH) | BIT(ERASE),
    [TL_HOLD_DISPUTE_FCBA] = COLLECT | BIT(FURNISH) | BIT(INTEREST) | BIT(FEE) | BIT(ERASE),
    [TL_HOLD_BANKRUPTCY_STAY] = BIT(CONTACT) | COLLECT | BIT(INTEREST) | BIT(FEE) | BIT(ERASE),
    [TL_HOLD_DISCHARGED] = BIT(CONTACT) | COLLECT | BIT(FURNISH) | BIT(INTEREST) | BIT(FEE),
    [TL_HOLD_DECEASED] = BIT(CONTACT) | BIT(PLACE) | BIT(SUE),
    [TL_HOLD_SCRA] = BIT(SUE) | BIT(INTEREST),
    [TL_HOLD_IDTHEFT_BLOCK] = BIT(CONTACT) | COLLECT | BIT(FURNISH) | BIT(ERASE),
    [TL_HOLD_TRAFFICKING_BLOCK] = BIT(FURNISH),
    [TL_HOLD_ATTORNEY] = BIT(CONTACT),
    [TL_HOLD_HARDSHIP] = BIT(ESCALATE) | BIT(PLACE) | BIT(SUE) | BIT(FEE),
    [TL_HOLD_LITIGATION] = BIT(CONTACT) | BIT(SELL) | BIT(ERASE),
    [TL_HOLD_TIMEBARRED] = BIT(SUE),
    [TL_HOLD_OBSOLETE] = BIT(FURNISH),
    [TL_HOLD_FRAUD_INVESTIGATION] =
        BIT(CONTACT) | COLLECT | BIT(FURNISH) | BIT(CHARGE_OFF) | BIT(ERASE),
    [TL_HOLD_REGULATOR] = BIT(CONTACT) | COLLECT | BIT(FURNISH) | BIT(ERASE),
    [TL_HOLD_DISASTER] = BIT(ESCALATE) | BIT(FURNISH) | BIT(FEE),
    [TL_HOLD_MORATORIUM_UK] = BIT(CONTACT) | COLLECT | BIT(INTEREST) | BIT(FEE),
    [TL_HOLD_MANUAL] = BIT(CONTACT) | COLLECT | BIT(FURNISH) | BIT(CHARGE_OFF) | BIT(ERASE),
    [TL_HOLD_DISPUTE] = COLLECT | BIT(FURNISH) | BIT(ERASE),
};

static const uint8_t usual_regimes[TL_REGIME_APPEAL + 1] = {
    [TL_REGIME_CONTRACT] = TL_HOLD_DISPUTE,         [TL_REGIME_FDCPA] = TL_HOLD_DISPUTE_VALIDATION,
    [TL_REGIME_FCRA_DIRECT] = TL_HOLD_DISPUTE_FCRA, [TL_REGIME_FCRA_ACDV] = TL_HOLD_DISPUTE_FCRA,
    [TL_REGIME_FCBA] = TL_HOLD_DISPUTE_FCBA,        [TL_REGIME_COMMERCIAL] = TL_HOLD_DISPUTE,
    [TL_REGIME_APPEAL] = TL_HOLD_DISPUTE,
};

void tl_policy_init(struct tl_policy *policy)
{
    static const uint8_t order[TL_BUCKETS] = {TL_BUCKET_COST, TL_BUCKET_FEE, TL_BUCKET_TAX,
                                              TL_BUCKET_INTEREST, TL_BUCKET_PRINCIPAL};

    memset(policy, 0, sizeof *policy);
    policy->version = 1;
    policy->scra_cap_bp = TL_CAP_NONE;
    memcpy(policy->allocation, order, sizeof order);
    memcpy(policy->hold_masks, usual_masks, sizeof usual_masks);
    memcpy(policy->regime_holds, usual_regimes, sizeof usual_regimes);
}

void tl_rule_init(struct tl_rule *rule, enum tl_action action)
{
    static const uint8_t classes[] = {
        [TL_ACTION_SET_STAGE] = TL_CLASS_ESCALATE,
        [TL_ACTION_ASSESS_FEE] = TL_CLASS_FEE,
        [TL_ACTION_ACTION_DUE] = TL_CLASS_CONTACT,
        [TL_ACTION_OFFER_PLACEMENT] = TL_CLASS_PLACE,
        [TL_ACTION_RECALL_PLACEMENT] = TL_CLASS_NONE,
        [TL_ACTION_FURNISH_ELIGIBLE] = TL_CLASS_FURNISH,
        [TL_ACTION_CHARGE_OFF] = TL_CLASS_CHARGE_OFF,
        [TL_ACTION_ALERT] = TL_CLASS_NONE,
        [TL_ACTION_PERMIT_SUIT] = TL_CLASS_SUE,
        [TL_ACTION_PERMIT_SETTLEMENT] = TL_CLASS_NONE,
        [TL_ACTION_PERMIT_PLAN] = TL_CLASS_NONE,
        [TL_ACTION_PERMIT_ERASURE] = TL_CLASS_ERASE,
        [TL_ACTION_SCORE] = TL_CLASS_NONE,
    };

    memset(rule, 0, sizeof *rule);
    rule->from_stages = TL_STAGES_OPEN;
    rule->times = 1;
    rule->action = (uint8_t)action;
    rule->action_class = classes[action];
    rule->bucket = TL_BUCKET_FEE;
}

static bool text_ok(const char *text, size_t size)
{
    const char *end = memchr(text, 0, size);

    return end != NULL && end != text && tl_utf8_ok(tl_bytes(text, (size_t)(end - text)));
}

static bool wrong(struct tl_policy_fault *fault, const char *subject, const char *why)
{
    fault->subject = subject;
    fault->why = why;
    return false;
}

static bool clause_ok(const struct tl_clause *clause)
{
    if (clause->left_count > TL_TERMS_MAX || clause->right_count > TL_TERMS_MAX ||
        clause->op > TL_OP_GT)
        return false;
    for (uint32_t i = 0; i < clause->left_count; i++) {
        if (clause->left[i] >= TL_FEATURE_COUNT)
            return false;
    }
    for (uint32_t i = 0; i < clause->right_count; i++) {
        if (clause->right[i] >= TL_FEATURE_COUNT)
            return false;
    }
    return true;
}

static bool anchor_ok(const struct tl_rule *rule)
{
    if (rule->trigger == TL_TRIGGER_FACTS || rule->trigger == TL_TRIGGER_ASKED)
        return rule->anchor == TL_FEATURE_NONE;
    return rule->anchor < TL_FEATURE_COUNT && rule->anchor != TL_FEATURE_TODAY &&
           tl_feature_kind((enum tl_feature)rule->anchor) == TL_FEATURE_IS_DATE;
}

static bool is_timer(const struct tl_rule *rule)
{
    return rule->trigger == TL_TRIGGER_TIMER || rule->trigger == TL_TRIGGER_BOTH;
}

static bool when_ok(const struct tl_rule *rule, struct tl_policy_fault *fault)
{
    if (!text_ok(rule->id, sizeof rule->id))
        return wrong(fault, "id", "a rule needs a name");
    if (!text_ok(rule->citation, sizeof rule->citation))
        return wrong(fault, "citation", "a rule needs the clause it carries out");
    if (rule->from_stages == 0 || rule->from_stages > TL_STAGES_ALL)
        return wrong(fault, "from_stages", "a rule needs stages to start from");
    if (rule->trigger > TL_TRIGGER_ASKED || !anchor_ok(rule))
        return wrong(fault, "anchor", "a timer counts from a date, other rules from none");
    if (rule->days < -36500 || rule->days > 36500)
        return wrong(fault, "days", "more than a hundred years");
    if (is_timer(rule) && rule->times > TL_RULE_FIRES_MAX)
        return wrong(fault, "times", "a timer fires at most 100 times");
    if (rule->every_days != 0 && rule->times == 0)
        return wrong(fault, "times", "a rule that repeats needs a bound of at most 100");
    if (rule->action_class > TL_CLASS_ERASE)
        return wrong(fault, "action_class", "no such kind of action");
    if (rule->guard_count > TL_CLAUSES_MAX)
        return wrong(fault, "guard", "too many clauses");
    for (uint32_t i = 0; i < rule->guard_count; i++) {
        if (!clause_ok(&rule->guard[i]))
            return wrong(fault, "guard", "a clause compares something that does not exist");
    }
    return true;
}

static bool stage_action_ok(const struct tl_rule *rule)
{
    for (uint32_t stage = 0; stage <= TL_STAGE_UNCOLLECTIBLE; stage++) {
        if ((rule->from_stages & tl_stage_bit((enum tl_stage)stage)) != 0 &&
            !tl_stage_edge_ok((enum tl_stage)stage, (enum tl_stage)rule->stage))
            return false;
    }
    return true;
}

/* domain.md 2.2: after the demand, and not from a dispute. */
static bool suit_stages_ok(const struct tl_rule *rule)
{
    const uint32_t from = tl_stage_bit(TL_STAGE_INTERNAL) | tl_stage_bit(TL_STAGE_PLACED) |
                          tl_stage_bit(TL_STAGE_CHARGED_OFF) | tl_stage_bit(TL_STAGE_REACTIVATED);

    return (rule->from_stages & ~from) == 0;
}

static bool fee_action_ok(const struct tl_policy *policy, const struct tl_rule *rule)
{
    if (rule->fee > TL_FEE_TARIFF || rule->bucket > TL_BUCKET_TAX ||
        rule->basis >= TL_FEATURE_COUNT || rule->amount_minor < 0 || rule->cap_minor < 0 ||
        rule->amount_minor > TL_AMOUNT_MAX || rule->rate_bp > 1000000u)
        return false;
    if (rule->fee == TL_FEE_FLAT)
        return rule->amount_minor > 0;
    if (tl_feature_kind((enum tl_feature)rule->basis) != TL_FEATURE_IS_MONEY)
        return false;
    return rule->fee != TL_FEE_TARIFF || rule->tariff < policy->tariff_count;
}

static bool what_ok(const struct tl_policy *policy, const struct tl_rule *rule,
                    struct tl_policy_fault *fault)
{
    bool asked = rule->action >= TL_ACTION_PERMIT_SUIT && rule->action <= TL_ACTION_PERMIT_ERASURE;

    if (rule->action > TL_ACTION_SCORE)
        return wrong(fault, "action", "no such action");
    if ((rule->trigger == TL_TRIGGER_ASKED) != asked)
        return wrong(fault, "when", "leave is given when asked for, and nothing else is");
    if (rule->action == TL_ACTION_PERMIT_SUIT && !suit_stages_ok(rule))
        return wrong(fault, "stages", "a suit starts from internal, placed, charged off or later");
    if (rule->action == TL_ACTION_SET_STAGE && !stage_action_ok(rule))
        return wrong(fault, "stage", "a rule may not make this change of stage");
    if (rule->action == TL_ACTION_ASSESS_FEE && !fee_action_ok(policy, rule))
        return wrong(fault, "fee", "the fee cannot be worked out from what is given");
    if (rule->action == TL_ACTION_ACTION_DUE && rule->kind > TL_DUE_DISPUTE_ANSWER)
        return wrong(fault, "kind", "no such action due");
    if (rule->action == TL_ACTION_OFFER_PLACEMENT && policy->agency_count == 0)
        return wrong(fault, "agencies", "nobody to offer to");
    return true;
}

static bool tariffs_ok(const struct tl_policy *policy)
{
    if (policy->tariff_count > TL_TARIFFS_MAX)
        return false;
    for (uint32_t t = 0; t < policy->tariff_count; t++) {
        const struct tl_tariff *tariff = &policy->tariff[t];

        if (!text_ok(tariff->name, sizeof tariff->name) || tariff->rows > TL_TARIFF_ROWS_MAX ||
            tariff->default_bp > 1000000u)
            return false;
        for (uint32_t i = 0; i < tariff->rows; i++) {
            const struct tl_tariff_row *row = &tariff->row[i];

            if (row->basis_minor < 0 || row->total_minor < row->basis_minor ||
                row->total_minor > TL_AMOUNT_MAX ||
                (i > 0 && row->basis_minor <= tariff->row[i - 1].basis_minor))
                return false;
        }
    }
    return true;
}

static bool agencies_ok(const struct tl_policy *policy)
{
    if (policy->agency_count > TL_POLICY_AGENCIES_MAX)
        return false;
    for (uint32_t i = 0; i < policy->agency_count; i++) {
        const struct tl_policy_agency *agency = &policy->agency[i];

        if (!text_ok(agency->id, sizeof agency->id) || agency->weight == 0 ||
            agency->weight > 10000u)
            return false;
    }
    return true;
}

/* Steps that rise, of rates up to the whole; the last has no end. */
static bool commission_ok(const struct tl_commission_terms *terms)
{
    if (!text_ok(terms->name, sizeof terms->name) || terms->kind > TL_COMMISSION_BRACKETS ||
        terms->mode > TL_REMIT_COMBINED || terms->steps == 0 ||
        terms->steps > TL_COMMISSION_STEPS_MAX ||
        (terms->kind == TL_COMMISSION_FLAT && terms->steps != 1))
        return false;
    for (uint32_t i = 0; i < terms->steps; i++) {
        bool last = i + 1 == terms->steps;

        if (terms->rate_bp[i] > 10000u || (last ? terms->up_to[i] != 0 : terms->up_to[i] <= 0) ||
            (terms->kind == TL_COMMISSION_TIERS && terms->up_to[i] > TL_SPAN_DAYS_MAX) ||
            (i > 0 && !last && terms->up_to[i] <= terms->up_to[i - 1]))
            return false;
    }
    return true;
}

static bool commissions_ok(const struct tl_policy *policy)
{
    if (policy->commission_count > TL_COMMISSIONS_MAX || policy->scra_cap_bp > TL_CAP_NONE)
        return false;
    for (uint32_t i = 0; i < policy->commission_count; i++) {
        if (!commission_ok(&policy->commission[i]))
            return false;
    }
    for (uint32_t i = 0; i < policy->agency_count; i++) {
        if (policy->agency[i].commission > policy->commission_count)
            return false;
    }
    return true;
}

/* Each bucket exactly once. */
static bool allocation_ok(const struct tl_policy *policy)
{
    uint32_t seen = 0;

    for (uint32_t i = 0; i < TL_BUCKETS; i++) {
        if (policy->allocation[i] >= TL_BUCKETS)
            return false;
        seen |= 1u << policy->allocation[i];
    }
    return seen == (1u << TL_BUCKETS) - 1u;
}

static bool holds_ok(const struct tl_policy *policy)
{
    /* 15 USC 1681m(f), 1681s-2(a)(6): no policy may lift these. */
    const uint16_t absolute = BIT(PLACE) | BIT(SELL) | BIT(FURNISH);

    for (uint32_t i = 0; i < TL_HOLDS; i++) {
        if (policy->hold_masks[i] >= 1u << TL_CLASSES ||
            (policy->hold_masks[i] >> TL_CLASS_NONE & 1u) != 0)
            return false;
    }
    if ((policy->hold_masks[TL_HOLD_IDTHEFT_BLOCK] & absolute) != absolute)
        return false;
    for (uint32_t i = 0; i <= TL_REGIME_APPEAL; i++) {
        if (policy->regime_holds[i] >= TL_HOLDS)
            return false;
    }
    return true;
}

static bool same_id_before(const struct tl_policy *policy, uint32_t rule)
{
    for (uint32_t i = 0; i < rule; i++) {
        if (strcmp(policy->rule[i].id, policy->rule[rule].id) == 0)
            return true;
    }
    return false;
}

static bool fires_ok(const struct tl_policy *policy)
{
    uint32_t fires = 0;

    for (uint32_t i = 0; i < policy->rule_count; i++) {
        uint32_t times = policy->rule[i].times == 0 ? TL_RULE_FIRES_MAX : policy->rule[i].times;

        fires += is_timer(&policy->rule[i]) ? times : 0u;
    }
    return fires <= TL_POLICY_FIRES_MAX;
}

/* A row's numbers are small and none stands where the rule has no name for it. */
static bool law_row_ok(const struct tl_law_row *row)
{
    if (row->rule >= TL_LAW_COUNT || !text_ok(row->area, sizeof row->area) ||
        row->from_on < TL_DATE_MIN || row->from_on > TL_DATE_MAX ||
        (row->until_on != TL_DATE_NONE &&
         (row->until_on < row->from_on || row->until_on > TL_DATE_MAX)))
        return false;
    for (uint32_t i = 0; i < TL_LAW_NUMBERS_MAX; i++) {
        bool named = tl_law_rule((enum tl_law)row->rule)->number[i] != NULL;

        if (row->number[i] < 0 || row->number[i] > 1000000 || (!named && row->number[i] != 0))
            return false;
    }
    return memchr(row->reviewed, 0, sizeof row->reviewed) != NULL;
}

/* By rule, then place, then day; no two of them are the same. */
static int law_order(const struct tl_law_row *a, const struct tl_law_row *b)
{
    int by_area = strcmp(a->area, b->area);

    if (a->rule != b->rule)
        return a->rule < b->rule ? -1 : 1;
    if (by_area != 0)
        return by_area;
    return a->from_on < b->from_on ? -1 : a->from_on > b->from_on;
}

static bool law_ok(const struct tl_policy *policy)
{
    if (policy->law_count > TL_LAW_ROWS_MAX || policy->holiday_count > TL_HOLIDAYS_MAX)
        return false;
    for (uint32_t i = 0; i < policy->law_count; i++) {
        if (!law_row_ok(&policy->law[i]) ||
            (i > 0 && law_order(&policy->law[i - 1], &policy->law[i]) >= 0))
            return false;
    }
    for (uint32_t i = 0; i < policy->holiday_count; i++) {
        const struct tl_holiday *day = &policy->holiday[i];

        if (day->month < 1 || day->month > 12 || day->day > 31 || day->weekday > 6 ||
            day->nth > 5 || (day->day == 0) == (day->nth == 0))
            return false;
    }
    return true;
}

static bool head_ok(const struct tl_policy *policy, struct tl_policy_fault *fault)
{
    if (!text_ok(policy->name, sizeof policy->name))
        return wrong(fault, "name", "a policy needs a name");
    if (!text_ok(policy->title, sizeof policy->title))
        return wrong(fault, "title", "a policy needs a title");
    if (policy->version == 0)
        return wrong(fault, "version", "versions count from 1");
    if (!allocation_ok(policy))
        return wrong(fault, "allocation", "every bucket must be named once");
    if (!holds_ok(policy))
        return wrong(
            fault, "holds",
            "no such hold or kind of action, or a block of stolen identity that lets through");
    if (!agencies_ok(policy))
        return wrong(fault, "agencies", "an agency needs a name and a weight of 1 to 10000");
    if (!commissions_ok(policy))
        return wrong(fault, "commissions",
                     "terms need a name, rates up to 10000, steps that rise and a last one "
                     "without end; agencies name terms that are there");
    if (!tariffs_ok(policy))
        return wrong(fault, "tariffs", "rows must rise, totals not fall below their basis");
    if (policy->rule_count > TL_RULES_MAX)
        return wrong(fault, "rules", "too many rules");
    if (!law_ok(policy))
        return wrong(fault, "law",
                     "a row needs a place, days in order, numbers its rule names, and rows of a "
                     "rule and place must not begin on one day");
    return true;
}

bool tl_policy_check(const struct tl_policy *policy, struct tl_policy_fault *fault)
{
    *fault = (struct tl_policy_fault){.rule = UINT32_MAX};
    if (!head_ok(policy, fault))
        return false;
    for (uint32_t i = 0; i < policy->rule_count; i++) {
        fault->rule = i;
        if (!when_ok(&policy->rule[i], fault) || !what_ok(policy, &policy->rule[i], fault))
            return false;
        if (same_id_before(policy, i))
            return wrong(fault, "id", "two rules have the same name");
    }
    fault->rule = UINT32_MAX;
    if (!fires_ok(policy))
        return wrong(fault, "times", "the timers together fire more than 512 times");
    return true;
}
