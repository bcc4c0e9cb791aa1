/* Deals: settlements, plans, promises.
 *
 *   NONE --offer--> OFFERED --accept--> SETTLEMENT --paid in time--> (case SETTLED)
 *                                            \--day passed--> NONE, void
 *                              PLAN --each part kept--> NONE, completed
 *                                 \--a part missed--> NONE, broken
 *
 * While a deal runs a late case rests in RESOLUTION.  A part counts as kept when
 * all that was paid since acceptance covers the parts due so far: whoever pays
 * ahead is not late.  A promise stands beside and holds nothing back. */
#include "run.h"

#include "tl/arrangement.h"
#include "tl/check.h"

bool deal_entry(uint16_t type)
{
    return type == TL_ENTRY_SETTLEMENT_OFFER || type == TL_ENTRY_SETTLEMENT_ACCEPT ||
           type == TL_ENTRY_PLAN_OFFER || type == TL_ENTRY_PLAN_ACCEPT ||
           type == TL_ENTRY_PROMISE_TO_PAY || type == TL_ENTRY_SETTLEMENT_WITHDRAW;
}

static bool running(const struct tl_case *c)
{
    return c->deal >= TL_DEAL_SETTLEMENT;
}

void deals_clear(struct work *w)
{
    w->c.deal = TL_DEAL_NONE;
    w->c.deal_next_on = TL_DATE_NONE;
    w->c.promise_on = TL_DATE_NONE;
}

static int32_t sooner(int32_t a, int32_t b)
{
    if (a == TL_DATE_NONE || b == TL_DATE_NONE)
        return a == TL_DATE_NONE ? b : a;
    return a < b ? a : b;
}

int32_t deals_due(const struct tl_case *c)
{
    if (tl_case_ended(c))
        return TL_DATE_NONE;
    return sooner(sooner(c->deal_next_on, c->promise_on), c->instalment_on);
}

/* ---- days -------------------------------------------------------------- */

static int32_t part_due_on(const struct tl_case *c, uint32_t part)
{
    static const uint32_t periods[] = {
        [TL_STEP_WEEK] = 52, [TL_STEP_FORTNIGHT] = 26, [TL_STEP_MONTH] = 12};
    int32_t due_on;

    TL_CHECK(part < TL_DEAL_PARTS_MAX);
    /* A day past the calendar's end never comes. */
    if (tl_plan_due_on(&due_on, c->deal_due_on, periods[c->deal_step], part) != TL_OK)
        return TL_DATE_MAX;
    return due_on;
}

/* ---- entries ----------------------------------------------------------- */

static const char *offer_fault(const struct run *r, const struct work *w, int64_t amount,
                               int32_t due_on, enum tl_action gate)
{
    struct tl_case asked = w->c;

    if (tl_case_ended(&w->c) || running(&w->c))
        return "the debt has ended, or a deal is running";
    if (amount <= 0 || due_on == TL_DATE_NONE)
        return "an offer needs an amount and a day";
    asked.deal_minor = amount;
    asked.deal_due_on = due_on;
    if (r->author.member != w->c.owner &&
        tl_policy_permit(w->policy, gate, &asked, r->clock.closed_on + 1) == NULL)
        return "no gate of the policy lets the holder offer this";
    return NULL;
}

static void offer_keep(struct run *r, struct work *w, enum tl_deal deal, int64_t amount)
{
    w->c.deal = (uint8_t)deal;
    w->c.deal_minor = amount;
    w->c.deal_done = 0;
    w->c.deal_leaf = r->entry_leaf;
}

static void settlement_offer(struct run *r, struct work *w, const struct tl_entry *e,
                             const struct tl_body_settlement *b)
{
    const char *fault =
        offer_fault(r, w, b->amount_minor, b->pay_by_on, TL_ACTION_PERMIT_SETTLEMENT);

    if (fault == NULL && b->amount_minor >= tl_case_balance(&w->c))
        fault = "a settlement is for less than is owed";
    if (fault != NULL) {
        finding(r, w, TL_DECISION_DENIED, e->type, fault);
        return;
    }
    offer_keep(r, w, TL_DEAL_SETTLEMENT_OFFERED, b->amount_minor);
    w->c.deal_due_on = b->pay_by_on;
    w->c.deal_expires_on = b->expires_on;
    w->c.deal_parts = 1;
}

static void plan_offer(struct run *r, struct work *w, const struct tl_entry *e,
                       const struct tl_body_plan *b)
{
    const char *fault = offer_fault(r, w, b->amount_minor, b->first_on, TL_ACTION_PERMIT_PLAN);

    if (fault == NULL && b->parts == 0)
        fault = "a plan has at least one part";
    if (fault != NULL) {
        finding(r, w, TL_DECISION_DENIED, e->type, fault);
        return;
    }
    offer_keep(r, w, TL_DEAL_PLAN_OFFERED, b->amount_minor);
    w->c.deal_due_on = b->first_on;
    w->c.deal_expires_on = b->expires_on;
    w->c.deal_parts = b->parts;
    w->c.deal_step = b->step;
    w->c.deal_grace_days = b->grace_days;
}

static const char *accept_fault(const struct run *r, const struct work *w, const struct tl_entry *e,
                                enum tl_deal offered)
{
    uint32_t member = r->author.member;

    if (member != w->c.owner && member != w->c.holder && (r->author.roles & TL_ROLE_GATEWAY) == 0)
        return "the case is not this member's to act on";
    if (w->c.deal != (uint8_t)offered)
        return "nothing of the kind is offered";
    if (w->c.deal_expires_on != TL_DATE_NONE && e->value_date > w->c.deal_expires_on)
        return "the offer has expired";
    if (tl_case_ended(&w->c))
        return "the debt has ended";
    return NULL;
}

static void accept(struct run *r, struct work *w, const struct tl_entry *e, enum tl_deal offered)
{
    struct why why =
        why_entry(r, w->c.floor_on, "engine.deal", "collection rests while a deal runs");
    const char *fault = accept_fault(r, w, e, offered);

    if (fault != NULL) {
        finding(r, w, TL_DECISION_DENIED, e->type, fault);
        return;
    }
    why_add(&why, w->c.deal_leaf);
    w->c.deal = offered == TL_DEAL_PLAN_OFFERED ? TL_DEAL_PLAN : TL_DEAL_SETTLEMENT;
    w->c.deal_leaf = r->entry_leaf;
    w->c.deal_base_minor = w->c.paid_minor;
    w->c.deal_next_on = w->c.deal_due_on;
    if (w->c.deal == TL_DEAL_PLAN)
        w->c.deal_next_on += w->c.deal_grace_days;
    if (w->c.stage >= TL_STAGE_OVERDUE && w->c.stage != TL_STAGE_RESOLUTION) {
        w->c.resume_stage = w->c.stage;
        stage_set(r, w, TL_STAGE_RESOLUTION, &why);
    }
}

/* The latest promise counts. */
static void promise(struct run *r, struct work *w, const struct tl_entry *e,
                    const struct tl_body_promise *b)
{
    if (tl_case_ended(&w->c) || b->amount_minor <= 0 || b->pay_by_on == TL_DATE_NONE) {
        finding(r, w, TL_DECISION_ALERT, e->type, "nothing is promised: no debt, amount or day");
        return;
    }
    w->c.promises++;
    w->c.promise_minor = b->amount_minor;
    w->c.promise_on = b->pay_by_on;
    w->c.promise_base_minor = w->c.paid_minor;
    w->c.promise_leaf = r->entry_leaf;
}

/* What was agreed stands. */
static void withdraw(struct run *r, struct work *w, const struct tl_entry *e)
{
    if (w->c.deal != TL_DEAL_SETTLEMENT_OFFERED && w->c.deal != TL_DEAL_PLAN_OFFERED)
        finding(r, w, TL_DECISION_DENIED, e->type, "no offer is open");
    else
        w->c.deal = TL_DEAL_NONE;
}

void apply_deal(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b)
{
    if (e->type == TL_ENTRY_SETTLEMENT_OFFER)
        settlement_offer(r, w, e, &b->settlement);
    else if (e->type == TL_ENTRY_PLAN_OFFER)
        plan_offer(r, w, e, &b->plan);
    else if (e->type == TL_ENTRY_SETTLEMENT_ACCEPT)
        accept(r, w, e, TL_DEAL_SETTLEMENT_OFFERED);
    else if (e->type == TL_ENTRY_PLAN_ACCEPT)
        accept(r, w, e, TL_DEAL_PLAN_OFFERED);
    else if (e->type == TL_ENTRY_SETTLEMENT_WITHDRAW)
        withdraw(r, w, e);
    else
        promise(r, w, e, &b->promise);
}

/* ---- judging ----------------------------------------------------------- */

static int64_t paid_since(const struct tl_case *c)
{
    return c->paid_minor - c->deal_base_minor;
}

static void deal_end(struct run *r, struct work *w, enum tl_type type, const struct why *why)
{
    const struct tl_body_deal_end body = {w->c.deal_minor, paid_since(&w->c), 0};

    w->c.deals_broken += type == TL_DECISION_SETTLEMENT_VOID || type == TL_DECISION_PLAN_BROKEN;
    w->c.deal = TL_DEAL_NONE;
    w->c.deal_next_on = TL_DATE_NONE;
    decide(r, w, type, why, &body);
    resume(r, w, why);
}

static void part_judge(struct run *r, struct work *w, const struct why *why)
{
    int64_t due = w->c.deal_minor * ((int64_t)w->c.deal_done + 1);
    struct tl_body_instalment body = {(uint16_t)(w->c.deal_done + 1u),
                                      part_due_on(&w->c, w->c.deal_done), w->c.deal_minor,
                                      paid_since(&w->c)};
    bool kept = body.paid_minor >= due;

    decide(r, w, kept ? TL_DECISION_INSTALMENT_KEPT : TL_DECISION_INSTALMENT_MISSED, why, &body);
    w->c.deal_done++;
    if (!kept)
        deal_end(r, w, TL_DECISION_PLAN_BROKEN, why);
    else if (w->c.deal_done == w->c.deal_parts)
        deal_end(r, w, TL_DECISION_PLAN_COMPLETED, why);
    else
        w->c.deal_next_on = part_due_on(&w->c, w->c.deal_done) + w->c.deal_grace_days;
}

static void promise_judge(struct run *r, struct work *w, const struct why *why)
{
    struct tl_body_deal_end body = {w->c.promise_minor, w->c.paid_minor - w->c.promise_base_minor,
                                    0};
    bool kept = body.paid_minor >= body.amount_minor;

    w->c.promises_kept += kept;
    w->c.promises_broken += !kept;
    w->c.promise_on = TL_DATE_NONE;
    decide(r, w, kept ? TL_DECISION_PROMISE_KEPT : TL_DECISION_PROMISE_BROKEN, why, &body);
}

void deals_judge(struct run *r, struct work *w, int32_t day)
{
    struct why why = {.date = day > w->c.floor_on ? day : w->c.floor_on, .citation = ""};

    TL_CHECK(day == deals_due(&w->c) && !tl_case_ended(&w->c));
    w->on = why.date;
    if (w->c.instalment_on == day) {
        why.rule = "engine.instalment";
        why.citation = "the schedule agreed on";
        why_add(&why, w->c.terms_leaf);
        why_add(&why, r->clock.leaf);
        schedule_due(r, w, &why);
        return;
    }
    why_add(&why, w->c.promise_on == day ? w->c.promise_leaf : w->c.deal_leaf);
    why_add(&why, r->clock.leaf);
    if (w->c.promise_on == day) {
        why.rule = "engine.promise";
        promise_judge(r, w, &why);
        return;
    }
    why.rule = w->c.deal == TL_DEAL_PLAN ? "engine.plan" : "engine.settlement";
    if (w->c.deal == TL_DEAL_PLAN)
        part_judge(r, w, &why);
    else
        deal_end(r, w, TL_DECISION_SETTLEMENT_VOID, &why);
}

static void settlement_complete(struct run *r, struct work *w, struct why *why)
{
    struct tl_body_deal_end body = {w->c.deal_minor, paid_since(&w->c), 0};

    w->c.reopen_stage = w->c.stage;
    body.forgiven_minor = forgive(r, w);
    decide(r, w, TL_DECISION_SETTLEMENT_COMPLETED, why, &body);
    stage_set(r, w, TL_STAGE_SETTLED, why);
}

/* A payment that settled the debt was taken back: so is what was forgiven. */
static void settlement_undo(struct run *r, struct work *w, struct why *why)
{
    const struct tl_body_deal_end body = {w->c.deal_minor, paid_since(&w->c), 0};

    (void)unforgive(r, w);
    w->c.deals_broken++;
    decide(r, w, TL_DECISION_SETTLEMENT_VOID, why, &body);
    reopen(r, w, why);
}

void deals_settle(struct run *r, struct work *w, const struct why *why)
{
    struct why reason = *why;
    bool enough = paid_since(&w->c) >= w->c.deal_minor && w->c.paid_on <= w->c.deal_due_on;

    reason.rule = "engine.settlement";
    reason.citation = "paid as agreed, the rest is forgiven";
    why_add(&reason, w->c.deal_leaf);
    if (w->c.deal == TL_DEAL_SETTLEMENT && enough && tl_case_balance(&w->c) > 0) {
        settlement_complete(r, w, &reason);
    } else if (w->c.deal == TL_DEAL_PLAN && tl_case_balance(&w->c) == 0) {
        reason.rule = "engine.plan";
        reason.citation = "all is paid";
        deal_end(r, w, TL_DECISION_PLAN_COMPLETED, &reason);
    } else if (w->c.stage == TL_STAGE_SETTLED && paid_since(&w->c) < w->c.deal_minor) {
        reason.citation = "a settlement is undone with its payment";
        settlement_undo(r, w, &reason);
    }
}
