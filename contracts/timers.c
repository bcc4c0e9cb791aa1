/* Time: rules that fall due (a penalty so many days after a notice), rules that
 * watch facts, the day in slices.  Which day a rule falls due on is counted in
 * rules.c (tl_rule_due_with); from what, and how many days, is the policy's.
 *
 * A case's timers run in order of day, then of the policy.  They always run
 * before an entry touches the case, and again after it (an entry may lift what
 * held a rule back): a case that was touched has nothing due when the entry is
 * done.  A case nobody touches may have something due after a day was closed,
 * until a slice comes to it; that is what clock.work_left says. */
#include "law_run.h"

#include "tl/check.h"

/* The leaf that set the date a rule counts from. */
static uint64_t anchor_leaf(const struct tl_case *c, enum tl_feature anchor)
{
    if (anchor == TL_FEATURE_NOTIFIED_ON)
        return c->notified_leaf;
    if (anchor == TL_FEATURE_PAID_ON)
        return c->paid_leaf;
    if (anchor == TL_FEATURE_DISPUTED_ON)
        return c->disputed_leaf;
    if (anchor == TL_FEATURE_PENALTY_ON)
        return c->penalty_leaf;
    if (anchor == TL_FEATURE_PLACED_ON)
        return c->placed_leaf;
    return c->opened_leaf;
}

static bool act_stage(struct run *r, struct work *w, const struct tl_rule *rule, struct why *why)
{
    if (!tl_stage_edge_ok((enum tl_stage)w->c.stage, (enum tl_stage)rule->stage) ||
        (rule->stage == TL_STAGE_REACTIVATED && w->facets.f.reactivation_stopped))
        return false;
    stage_set(r, w, (enum tl_stage)rule->stage, why);
    return true;
}

static bool act_fee(struct run *r, struct work *w, const struct tl_rule *rule, struct why *why)
{
    int64_t amount = tl_fee_amount(w->policy, rule, &w->c, why->date);
    struct tl_body_fee body = {rule->bucket, amount};

    if (brimful(&w->c))
        return false;
    /* A fee of nothing (a fine of 0) is still a step that was taken. */
    charge(r, w, (enum tl_bucket)rule->bucket, amount);
    w->c.fees++;
    w->c.penalty_on = why->date; /* of any fee a rule assesses, not of penalties alone */
    w->c.penalty_leaf = decide(r, w, TL_DECISION_FEE_ASSESSED, why, &body);
    settle(r, w, why);
    return true;
}

static bool act_due(struct run *r, struct work *w, const struct tl_rule *rule, struct why *why)
{
    struct tl_body_action body = {rule->kind, tl_case_balance(&w->c)};

    decide(r, w, TL_DECISION_ACTION_DUE, why, &body);
    return true;
}

static bool act_offer(struct run *r, struct work *w, struct why *why)
{
    uint32_t agency;

    return placement_possible(w) && placement_choose(r, w, &agency) &&
           law_lets(r, w, TL_ACT_PLACE, (uint8_t)agency) &&
           placement_offer(r, w, agency, TL_BYTES_NONE, why);
}

static bool act_recall(struct run *r, struct work *w, struct why *why)
{
    if (w->c.placement == TL_PLACEMENT_NONE)
        return false;
    placement_end(r, w, why);
    return true;
}

static bool act_eligible(struct run *r, struct work *w, struct why *why)
{
    struct tl_body_eligible body = {w->c.commenced_on, tl_case_balance(&w->c)};

    if (w->c.reporting != TL_REPORTING_NONE || w->c.commenced_on == TL_DATE_NONE ||
        !law_lets(r, w, TL_ACT_FURNISH, w->c.holder))
        return false;
    w->c.reporting = TL_REPORTING_ELIGIBLE;
    w->c.eligible_on = why->date;
    decide(r, w, TL_DECISION_FURNISH_ELIGIBLE, why, &body);
    return true;
}

static bool act_alert(struct run *r, struct work *w, struct why *why)
{
    struct tl_body_finding body = {0, tl_bytes_str(why->citation)};

    decide(r, w, TL_DECISION_ALERT, why, &body);
    return true;
}

/* True: something was done. */
static bool act(struct run *r, struct work *w, const struct tl_rule *rule, struct why *why)
{
    switch ((enum tl_action)rule->action) {
    case TL_ACTION_SET_STAGE:
        return act_stage(r, w, rule, why);
    case TL_ACTION_ASSESS_FEE:
        return act_fee(r, w, rule, why);
    case TL_ACTION_ACTION_DUE:
        return act_due(r, w, rule, why);
    case TL_ACTION_OFFER_PLACEMENT:
        return act_offer(r, w, why);
    case TL_ACTION_RECALL_PLACEMENT:
        return act_recall(r, w, why);
    case TL_ACTION_FURNISH_ELIGIBLE:
        return act_eligible(r, w, why);
    case TL_ACTION_CHARGE_OFF:
        return charge_off(r, w, why);
    case TL_ACTION_ALERT:
        return act_alert(r, w, why);
    case TL_ACTION_SCORE:
        return act_score(r, w, why);
    case TL_ACTION_PERMIT_SUIT:
    case TL_ACTION_PERMIT_SETTLEMENT:
    case TL_ACTION_PERMIT_PLAN:
    case TL_ACTION_PERMIT_ERASURE:
        return false; /* asked, never done by itself */
    }
    return false;
}

static void count_up(uint16_t *count)
{
    *count = (uint16_t)(*count + (*count < UINT16_MAX));
}

void rule_watched(const struct run *r, const struct tl_case *c, uint32_t rule, int32_t on)
{
    const struct tl_contract_watch *watch = r->k->watch;

    if (watch != NULL && watch->rule != NULL)
        watch->rule(watch->host, c, rule, on);
}

static void rule_fire(struct run *r, struct work *w, uint32_t index, struct why *why)
{
    const struct tl_rule *rule = &w->policy->rule[index];
    uint64_t before = r->next_leaf;

    why->rule = rule->id;
    why->citation = rule->citation;
    if (!tl_rule_guard_holds(rule, &w->c, why->date))
        return;
    rule_watched(r, &w->c, index, why->date);
    w->on = why->date;
    if (rule->action != TL_ACTION_SET_STAGE && rule->action != TL_ACTION_ALERT &&
        rule->action != TL_ACTION_SCORE)
        interest_book(r, w, w->on, why);
    if (!act(r, w, rule, why))
        return;
    interest_follow(w);
    count_up(&w->use[index].fires);
    w->use[index].fired_on = why->date;
    TL_CHECK(r->next_leaf - before <= FIRE_LEAVES_MAX);
    TL_INVARIANT(work_ok(w));
}

/* The rule due first; false: none up to `until`. */
static bool first_due(const struct work *w, int32_t until, uint32_t *index, int32_t *due)
{
    bool found = false;

    for (uint32_t i = 0; i < w->policy->rule_count; i++) {
        int32_t date = tl_rule_due_with(w->policy, &w->policy->rule[i], &w->c, &w->use[i]);

        if (date == TL_DATE_NONE || date > until || (found && date >= *due))
            continue;
        found = true;
        *index = i;
        *due = date;
    }
    return found;
}

static void rule_review(struct run *r, struct work *w, uint32_t index, int32_t due)
{
    const struct tl_rule *rule = &w->policy->rule[index];
    struct tl_rule_use *use = &w->use[index];
    struct why why = {.date = due};
    int64_t anchor = TL_DATE_NONE;
    bool known = tl_case_feature(&w->c, (enum tl_feature)rule->anchor, 0, &anchor);

    TL_CHECK(known && due <= r->clock.closed_on);
    if (use->anchor != anchor)
        use->reviews = 0;
    use->anchor = (int32_t)anchor;
    count_up(&use->reviews);
    r->reviews++;
    /* What was held back until now happens now, not on the day it was due. */
    if (w->c.floor_on != TL_DATE_NONE && due < w->c.floor_on)
        why.date = w->c.floor_on;
    why_add(&why, anchor_leaf(&w->c, (enum tl_feature)rule->anchor));
    why_add(&why, r->clock.leaf);
    rule_fire(r, w, index, &why);
}

void timers_run(struct run *r, struct work *w)
{
    int32_t closed_on = r->clock.closed_on;

    TL_INVARIANT(work_ok(w));
    while (r->status == TL_OK) {
        uint32_t index = 0;
        int32_t due = TL_DATE_NONE;
        int32_t deal = deals_due(&w->c);
        bool found = first_due(w, closed_on, &index, &due);
        int32_t term = terms_due(w);

        if (term != TL_DATE_NONE && term <= closed_on && (!found || term < due) &&
            (deal == TL_DATE_NONE || term < deal))
            terms_judge(r, w, term);
        else if (deal != TL_DATE_NONE && deal <= closed_on && (!found || deal <= due))
            deals_judge(r, w, deal);
        else if (found)
            rule_review(r, w, index, due);
        else
            return;
    }
}

/* Trigger FACTS watches from the start, BOTH once its timer has been. */
void timers_facts(struct run *r, struct work *w)
{
    for (uint32_t i = 0; i < w->policy->rule_count; i++) {
        const struct tl_rule *rule = &w->policy->rule[i];
        struct why why = why_entry(r, w->c.floor_on, rule->id, rule->citation);
        bool armed = rule->trigger == TL_TRIGGER_FACTS ||
                     (rule->trigger == TL_TRIGGER_BOTH && w->use[i].reviews != 0);

        if (!armed || tl_rule_spent(rule, &w->use[i]) ||
            (rule->from_stages & tl_stage_bit((enum tl_stage)w->c.stage)) == 0 ||
            tl_policy_blocked(w->policy, &w->c, (enum tl_class)rule->action_class))
            continue;
        rule_fire(r, w, i, &why);
    }
}

static int32_t sooner(int32_t a, int32_t b)
{
    if (a == TL_DATE_NONE || b == TL_DATE_NONE)
        return a == TL_DATE_NONE ? b : a;
    return a < b ? a : b;
}

int32_t timers_next(const struct work *w)
{
    uint32_t index;
    int32_t due = TL_DATE_NONE;
    if (!first_due(w, TL_DATE_MAX, &index, &due))
        due = TL_DATE_NONE;
    return sooner(sooner(due, deals_due(&w->c)), terms_due(w));
}

/* ---- the day in slices ------------------------------------------------- */

struct gather {
    struct tl_id *out;
    int32_t *on;
    uint32_t count;
    uint32_t room;
};

static bool gather_one(void *context, struct tl_bytes key, struct tl_bytes value)
{
    struct gather *gather = context;

    (void)value;
    gather->on[gather->count] = tl_key_due_case(&gather->out[gather->count], key);
    gather->count++;
    /* Asked after the case was taken, so room is at least one: slice_run makes
     * sure.  The scan ends with the last place filled, not with a case too many. */
    return gather->count < gather->room;
}

/* Not from the beginning of time: what has run has left gravestones there.  No
 * case comes to be due behind the place a slice has reached, because a case that
 * was touched has nothing due on days that are over. */
static struct tl_state_key slice_start(const struct run *r)
{
    const struct tl_id low = {{0}};

    if (r->clock.slice_on > r->clock.worked_on)
        return tl_key_due(r->clock.slice_on, &r->clock.slice_case);
    return tl_key_due(r->clock.worked_on + 1, &low);
}

void slice_run(struct run *r)
{
    const struct tl_id low = {{0}};
    struct tl_state_key from = slice_start(r);
    struct tl_state_key to = tl_key_due(r->clock.closed_on + 1, &low);
    struct gather gather = {r->k->due, r->k->due_on, 0, r->budget};
    struct work *w = &r->k->work;
    uint32_t done = 0;
    bool found;

    if (!r->clock.work_left || r->budget == 0)
        return;
    fail(r, tl_overlay_scan(r->state, tl_state_key_bytes(&from), tl_state_key_bytes(&to),
                            gather_one, &gather));
    for (; done < gather.count && r->status == TL_OK; done++) {
        if (r->next_leaf - r->envelope_leaf > SLICE_LEAVES_MAX || r->reviews > SLICE_REVIEWS_MAX)
            break;
        work_load(r, w, &r->k->due[done], &found);
        r->clock.slice_on = r->k->due_on[done];
        r->clock.slice_case = r->k->due[done];
        if (!found)
            continue;
        timers_run(r, w);
        if (r->status == TL_OK)
            work_store(r, w);
    }
    r->clock.work_left = done == r->budget || done < gather.count;
    if (!r->clock.work_left)
        r->clock.worked_on = r->clock.closed_on;
    r->clock_dirty = true;
    r->budget -= done;
    TL_INVARIANT(r->status != TL_OK || run_ok(r));
}
