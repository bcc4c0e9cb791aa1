/* Suits.
 *
 *   NONE --release--> RELEASED --filed--> FILED --judgment--> JUDGED --> SATISFIED
 *                        \------------------\--------dismissed-------> DISMISSED
 *
 * Only a person's release, through a gate of the policy, lets a suit be brought.
 * What a court does are facts: a suit without a release is recorded as it was,
 * and as a violation. */
#include "run.h"

#include "tl/check.h"

static bool suit_open(const struct tl_case *c)
{
    return c->legal == TL_LEGAL_FILED || c->legal == TL_LEGAL_JUDGED;
}

/* The suit is where the case is, whoever has custody. */
static void enter(struct run *r, struct work *w, const struct why *why)
{
    if (w->c.stage == TL_STAGE_RESOLUTION)
        w->c.resume_stage = TL_STAGE_LEGAL;
    else if (!tl_case_ended(&w->c))
        stage_set(r, w, TL_STAGE_LEGAL, why);
}

static void leave(struct run *r, struct work *w, const struct why *why)
{
    enum tl_stage back = w->c.charged_off ? TL_STAGE_CHARGED_OFF : TL_STAGE_INTERNAL;

    if (w->c.placement == TL_PLACEMENT_PLACED)
        back = TL_STAGE_PLACED;
    if (w->c.stage == TL_STAGE_RESOLUTION && w->c.resume_stage == TL_STAGE_LEGAL)
        w->c.resume_stage = (uint8_t)back;
    else if (w->c.stage == TL_STAGE_LEGAL)
        stage_set(r, w, back, why);
}

static void step(struct run *r, struct work *w, enum tl_legal to)
{
    TL_CHECK(to != TL_LEGAL_NONE);
    w->c.legal = (uint8_t)to;
    w->c.legal_leaf = r->entry_leaf;
}

/* ---- release ----------------------------------------------------------- */

static const char *release_fault(const struct work *w, const struct tl_body_release *b)
{
    if (b->approver.len == 0)
        return "no person is named who approves the suit";
    if (w->c.legal == TL_LEGAL_RELEASED || suit_open(&w->c))
        return "a suit is released or pending already";
    if (w->c.suit_barred)
        return "a court dismissed the suit with prejudice";
    if (tl_policy_blocked(w->policy, &w->c, TL_CLASS_SUE))
        return "a hold forbids suit";
    return NULL;
}

static void release(struct run *r, struct work *w, const struct tl_entry *e,
                    const struct tl_body_release *b)
{
    struct why why = why_entry(r, w->c.floor_on, "engine.release", "");
    const char *fault = release_fault(w, b);
    struct tl_case asked = w->c;
    const struct tl_rule *gate;

    asked.sue_until_on = b->sue_until_on;
    gate = tl_policy_permit(w->policy, TL_ACTION_PERMIT_SUIT, &asked, r->clock.closed_on + 1);
    if (fault == NULL && gate == NULL)
        fault = "no gate of the policy lets this suit through";
    if (fault != NULL) {
        finding(r, w, TL_DECISION_DENIED, e->type, fault);
        return;
    }
    rule_watched(r, &asked, (uint32_t)(gate - w->policy->rule), r->clock.closed_on + 1);
    step(r, w, TL_LEGAL_RELEASED);
    w->c.sue_until_on = b->sue_until_on;
    w->c.released_on = why.date;
    why.rule = gate->id;
    why.citation = gate->citation;
    enter(r, w, &why);
}

/* ---- what courts do ---------------------------------------------------- */

static const char *suit_fault(const struct work *w, const struct tl_entry *e)
{
    if (w->c.legal != TL_LEGAL_RELEASED)
        return "a suit without a person's release";
    if (e->value_date < w->c.released_on)
        return "the suit was filed before it was released";
    if (w->c.sue_until_on != TL_DATE_NONE && e->value_date > w->c.sue_until_on)
        return "the debt is time-barred (12 CFR 1006.26(b))";
    return NULL;
}

static void filed(struct run *r, struct work *w, const struct tl_entry *e)
{
    struct why why = why_entry(r, w->c.floor_on, "engine.suit", "a suit is pending");
    const char *fault = suit_fault(w, e);

    why_add(&why, w->c.legal_leaf);
    if (fault != NULL)
        finding(r, w, TL_DECISION_VIOLATION, e->type, fault);
    step(r, w, TL_LEGAL_FILED);
    w->c.filed_on = e->value_date;
    enter(r, w, &why);
}

/* The court's figures take the place of the parties'. */
static void judgment(struct run *r, struct work *w, const struct tl_entry *e,
                     const struct tl_body_judgment *b)
{
    const int64_t found[TL_BUCKETS] = {b->principal_minor, b->interest_minor, b->fee_minor,
                                       b->cost_minor, b->tax_minor};
    struct why why = why_entry(r, w->c.floor_on, "engine.judgment", "what a court finds is owed");

    if (w->c.legal != TL_LEGAL_FILED || e->value_date < w->c.filed_on) {
        finding(r, w, TL_DECISION_VIOLATION, e->type, "a judgment without a suit before it");
        return;
    }
    if (brimful(&w->c)) {
        finding(r, w, TL_DECISION_VIOLATION, e->type, "the case's amounts are out of range");
        return;
    }
    why_add(&why, w->c.legal_leaf);
    step(r, w, TL_LEGAL_JUDGED);
    w->c.judged_on = e->value_date;
    w->c.judgment_rate_bp = b->rate_bp;
    for (uint32_t i = 0; i < TL_BUCKETS; i++)
        restate(r, w, (enum tl_bucket)i, found[i]);
    interest_judged(w, w->on, b->rate_bp);
    settle(r, w, &why);
}

static void satisfied(struct run *r, struct work *w, const struct tl_entry *e)
{
    if (w->c.legal != TL_LEGAL_JUDGED) {
        finding(r, w, TL_DECISION_VIOLATION, e->type, "there is no judgment to satisfy");
        return;
    }
    step(r, w, TL_LEGAL_SATISFIED);
    if (tl_case_balance(&w->c) > 0)
        finding(r, w, TL_DECISION_ALERT, e->type, "satisfied, but the ledger shows a balance");
}

/* Also a judgment that is vacated. */
static void dismissed(struct run *r, struct work *w, const struct tl_entry *e,
                      const struct tl_body_dismissal *b)
{
    struct why why = why_entry(r, w->c.floor_on, "engine.dismissal", "the suit is over");

    if (!suit_open(&w->c)) {
        finding(r, w, TL_DECISION_VIOLATION, e->type, "there is no suit to dismiss");
        return;
    }
    why_add(&why, w->c.legal_leaf);
    step(r, w, TL_LEGAL_DISMISSED);
    w->c.suit_barred = w->c.suit_barred || b->with_prejudice;
    leave(r, w, &why);
}

static void scra_check(struct run *r, struct work *w, const struct tl_entry *e,
                       const struct tl_body_scra *b)
{
    const struct tl_body_hold duty = {TL_HOLD_SCRA, TL_BYTES_NONE};

    if (b->result == TL_SCRA_NOT_ON_DUTY)
        w->c.scra_checked_on = e->value_date;
    else if (b->result == TL_SCRA_ON_DUTY)
        hold_change(r, w, &duty, true);
}

void apply_legal(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b)
{
    if (e->type == TL_ENTRY_LEGAL_RELEASE)
        release(r, w, e, &b->release);
    else if (e->type == TL_ENTRY_SUIT_FILED)
        filed(r, w, e);
    else if (e->type == TL_ENTRY_JUDGMENT)
        judgment(r, w, e, &b->judgment);
    else if (e->type == TL_ENTRY_SATISFIED)
        satisfied(r, w, e);
    else if (e->type == TL_ENTRY_DISMISSED)
        dismissed(r, w, e, &b->dismissal);
    else
        scra_check(r, w, e, &b->scra);
}
