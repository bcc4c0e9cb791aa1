/* What the entries of tl/law_entries.h do, by type. */
#include "law_run.h"

#include "tl/check.h"
#include "tl/genesis_schema.h"

/* ---- disputes by other names -------------------------------------------- */

#define ORIGINAL_CREDITOR "original creditor"

static void open_as(struct run *r, struct work *w, const struct tl_entry *e, struct tl_bytes name,
                    enum tl_regime regime)
{
    const struct tl_body_dispute body = {name, (uint8_t)regime, TL_DISPUTE_OTHER, 0, true};

    dispute_open(r, w, e, &body);
}

static void close_as(struct run *r, struct work *w, const struct tl_entry *e, struct tl_bytes name)
{
    const struct tl_body_resolution body = {name, TL_OUTCOME_REJECTED, 0};

    if (dispute_find(w, name) == NULL)
        finding(r, w, TL_DECISION_ALERT, e->type, "no dispute of that name is open");
    else
        dispute_resolve(r, w, e, &body);
}

static void creditor_request(struct run *r, struct work *w, const struct tl_entry *e,
                             const union tl_body *b)
{
    (void)b;
    if (w->c.validation_until_on == TL_DATE_NONE || e->value_date > w->c.validation_until_on)
        finding(r, w, TL_DECISION_ALERT, e->type, "asked for when the validation period was over");
    else
        open_as(r, w, e, tl_bytes_str(ORIGINAL_CREDITOR), TL_REGIME_FDCPA);
}

static void creditor_response(struct run *r, struct work *w, const struct tl_entry *e,
                              const union tl_body *b)
{
    (void)b;
    close_as(r, w, e, tl_bytes_str(ORIGINAL_CREDITOR));
}

static void verification(struct run *r, struct work *w, const struct tl_entry *e,
                         const union tl_body *b)
{
    close_as(r, w, e, b->dispute_ref.dispute);
}

/* 12 CFR 1022.43(f)(2): so many business days after the decision's dispute came. */
static void called_frivolous(struct run *r, struct work *w, const struct tl_entry *e,
                             const union tl_body *b)
{
    const struct tl_open_dispute *dispute = dispute_find(w, b->dispute_ref.dispute);
    struct tl_business_days week = tl_law_business(w->policy, false);
    int64_t days = tl_law_number(w->policy, &w->c, TL_LAW_FC_08, 1, e->value_date);
    const struct tl_law_rule *law = tl_law_rule(TL_LAW_FC_08);
    struct why why = why_entry(r, w->c.floor_on, law->id, law->citation);
    struct tl_body_finding body = {e->type, tl_bytes_str(law->says)};
    int32_t last;

    if (dispute != NULL && dispute->regime == TL_REGIME_FCRA_DIRECT && days > 0 &&
        tl_business_days_after(&last, &week, dispute->opened_on, (uint32_t)days) == TL_OK &&
        e->value_date > last) {
        w->c.violations++;
        decide(r, w, TL_DECISION_VIOLATION, &why, &body);
    }
    close_as(r, w, e, b->dispute_ref.dispute);
}

static void acdv_request(struct run *r, struct work *w, const struct tl_entry *e,
                         const union tl_body *b)
{
    open_as(r, w, e, b->acdv.control, TL_REGIME_FCRA_ACDV);
}

static void unfurnish(struct work *w)
{
    w->c.reporting = TL_REPORTING_NONE;
    facets_of(w)->f.furnisher = UINT8_MAX;
    w->facets.f.stale_on = TL_DATE_NONE;
}

static void acdv_response(struct run *r, struct work *w, const struct tl_entry *e,
                          const union tl_body *b)
{
    const struct tl_body_acdv_answer *answer = &b->acdv_answer;
    const struct tl_body_resolution body = {
        answer->control,
        answer->outcome == TL_ACDV_MODIFIED ? TL_OUTCOME_UPHELD_PART : TL_OUTCOME_REJECTED,
        answer->outcome == TL_ACDV_MODIFIED ? answer->corrected_minor : 0};

    if (dispute_find(w, answer->control) == NULL) {
        finding(r, w, TL_DECISION_ALERT, e->type, "the bureau asked no such thing");
        return;
    }
    dispute_resolve(r, w, e, &body);
    if (answer->outcome >= TL_ACDV_DELETE)
        unfurnish(w);
}

/* ---- holds -------------------------------------------------------------- */

static void hardship(struct run *r, struct work *w, const struct tl_entry *e,
                     const union tl_body *b)
{
    (void)e;
    hold_until(r, w, TL_HOLD_HARDSHIP, b->hardship.until_on);
}

static void forbearance_ended(struct run *r, struct work *w, const struct tl_entry *e,
                              const union tl_body *b)
{
    (void)b;
    if ((w->c.fact_holds >> TL_HOLD_HARDSHIP & 1u) == 0)
        finding(r, w, TL_DECISION_ALERT, e->type, "nothing of the kind was on record");
    hold_over(w, TL_HOLD_HARDSHIP);
}

static void span(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b)
{
    enum tl_hold hold = TL_HOLD_MORATORIUM_UK;

    if (e->type == TL_ENTRY_DISASTER)
        hold = TL_HOLD_DISASTER;
    else if (e->type == TL_ENTRY_REGULATOR_HOLD)
        hold = TL_HOLD_REGULATOR;
    hold_until(r, w, hold, b->span.until_on);
}

static void scra_active(struct run *r, struct work *w, const struct tl_entry *e,
                        const union tl_body *b)
{
    service(r, w, e, &b->service);
}

static void re_aged(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b)
{
    reage(r, w, e, &b->reage);
}

/* ---- ways to pay -------------------------------------------------------- */

static void postdated(struct run *r, struct work *w, const struct tl_entry *e,
                      const union tl_body *b)
{
    struct tl_facet *f = &facets_of(w)->f;

    (void)r;
    f->postdated_item = item_hash(b->postdated.payment);
    f->postdated_on = b->postdated.deposit_on;
    f->postdated_taken_on = e->value_date;
    f->deposit_notice_on = TL_DATE_NONE;
}

static void autopay(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b)
{
    struct tl_facet *f = &facets_of(w)->f;

    (void)r;
    f->autopay = e->type == TL_ENTRY_AUTOPAY_AUTHORISE;
    f->autopay_revoked_on = f->autopay ? TL_DATE_NONE : e->value_date;
    if (!f->autopay)
        return;
    f->autopay_varies = b->autopay.varies;
    f->autopay_minor = b->autopay.amount_minor;
}

/* ---- letters, reach ----------------------------------------------------- */

static void demand_letter(struct run *r, struct work *w, const struct tl_entry *e,
                          const union tl_body *b)
{
    struct why why =
        why_entry(r, w->c.floor_on, "engine.demand", "a formal demand with a deadline");

    w->c.notices++;
    w->c.demanded_on = e->value_date;
    w->c.demand_until_on = b->demand.deadline_on;
    if (w->c.stage >= TL_STAGE_CONTACT && w->c.stage < TL_STAGE_DEMAND)
        stage_set(r, w, TL_STAGE_DEMAND, &why);
}

static void validation(struct run *r, struct work *w, const struct tl_entry *e,
                       const union tl_body *b)
{
    (void)b;
    validation_notice(r, w, e);
}

static void delivered(struct run *r, struct work *w, const struct tl_entry *e,
                      const union tl_body *b)
{
    delivery(r, w, e, &b->delivery);
}

static void joint(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b)
{
    joint_debtor(r, w, e, &b->joint);
}

static void prefers(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b)
{
    (void)r;
    (void)e;
    preferences(w, &b->preferences);
}

static void consents(struct run *r, struct work *w, const struct tl_entry *e,
                     const union tl_body *b)
{
    consent(r, w, e, &b->consent, e->type == TL_ENTRY_CONSENT);
}

static void opts_out(struct run *r, struct work *w, const struct tl_entry *e,
                     const union tl_body *b)
{
    (void)r;
    (void)e;
    opt_out(w, &b->opt_out);
}

static void addressed(struct run *r, struct work *w, const struct tl_entry *e,
                      const union tl_body *b)
{
    (void)r;
    address(w, e, &b->address);
}

static void account_closed(struct run *r, struct work *w, const struct tl_entry *e,
                           const union tl_body *b)
{
    (void)r;
    (void)b;
    facets_of(w)->f.closed_on = e->value_date;
}

static void permit(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b)
{
    permit_request(r, w, e, &b->act);
}

/* ---- courts, recall, the end -------------------------------------------- */

static void in_court(struct run *r, struct work *w, const struct tl_entry *e,
                     const union tl_body *b)
{
    struct tl_facet *f = &facets_of(w)->f;
    bool judged = w->c.legal == TL_LEGAL_JUDGED;

    if (e->type == TL_ENTRY_GARNISHMENT ? !judged : w->c.legal != TL_LEGAL_FILED) {
        finding(r, w, TL_DECISION_VIOLATION, e->type, "no suit is at that step");
        return;
    }
    if (e->type == TL_ENTRY_SERVED)
        f->served = true;
    else if (e->type == TL_ENTRY_ANSWERED)
        f->answered = true;
    else
        f->garnished_minor += b->amount.amount_minor;
    w->c.legal_leaf = r->entry_leaf;
}

/* The suit is pending again, and owed is what the court says now. */
static void vacated(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b)
{
    struct why why = why_entry(r, w->c.floor_on, "engine.vacated", "a judgment was vacated");
    const struct tl_body_judgment *j = &b->judgment;
    const int64_t owed[TL_BUCKETS] = {j->principal_minor, j->interest_minor, j->fee_minor,
                                      j->cost_minor, j->tax_minor};

    if (w->c.legal != TL_LEGAL_JUDGED || brimful(&w->c)) {
        finding(r, w, TL_DECISION_VIOLATION, e->type, "there is no judgment to vacate");
        return;
    }
    why_add(&why, w->c.legal_leaf);
    w->c.legal = TL_LEGAL_FILED;
    w->c.legal_leaf = r->entry_leaf;
    w->c.judged_on = TL_DATE_NONE;
    w->c.judgment_rate_bp = 0;
    for (uint32_t i = 0; i < TL_BUCKETS; i++)
        restate(r, w, (enum tl_bucket)i, owed[i]);
    settle(r, w, &why);
}

/* Notice, a window for the agency to object, then the recall by the policy's
 * timer or the owner's word. */
static void recall_notice(struct run *r, struct work *w, const struct tl_entry *e,
                          const union tl_body *b)
{
    (void)b;
    if (w->c.placement != TL_PLACEMENT_PLACED)
        finding(r, w, TL_DECISION_DENIED, e->type, "the case is not placed");
    else
        w->c.recall_notice_on = e->value_date;
}

static void recall_objection(struct run *r, struct work *w, const struct tl_entry *e,
                             const union tl_body *b)
{
    (void)b;
    if (w->c.recall_notice_on == TL_DATE_NONE) {
        finding(r, w, TL_DECISION_DENIED, e->type, "no recall was announced");
        return;
    }
    w->c.recall_notice_on = TL_DATE_NONE;
    facets_of(w)->f.recall_objected = true;
}

static void ends(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b)
{
    struct why why = why_entry(r, w->c.floor_on, "engine.reactivate", "the owner's word");
    enum tl_stage to =
        e->type == TL_ENTRY_REACTIVATE ? TL_STAGE_REACTIVATED : TL_STAGE_UNCOLLECTIBLE;

    (void)b;
    if (e->type == TL_ENTRY_REACTIVATION_STOP)
        facets_of(w)->f.reactivation_stopped = true;
    else if (to == TL_STAGE_REACTIVATED && w->facets.f.reactivation_stopped)
        finding(r, w, TL_DECISION_DENIED, e->type, "reactivation was stopped");
    else if (!tl_stage_edge_ok((enum tl_stage)w->c.stage, to))
        finding(r, w, TL_DECISION_DENIED, e->type, "not charged off, or ended already");
    else
        stage_set(r, w, to, &why);
}

static void counter_offer(struct run *r, struct work *w, const struct tl_entry *e,
                          const union tl_body *b)
{
    struct why why = why_entry(r, w->c.floor_on, "engine.counter", "the debtor offers");
    struct tl_body_action body = {TL_DUE_REVIEW, b->settlement.amount_minor};

    if (tl_case_ended(&w->c))
        finding(r, w, TL_DECISION_ALERT, e->type, "the debt has ended already");
    else
        decide(r, w, TL_DECISION_ACTION_DUE, &why, &body);
}

static void nothing_more(struct run *r, struct work *w, const struct tl_entry *e,
                         const union tl_body *b)
{
    (void)r;
    (void)w;
    (void)e;
    (void)b;
}

/* ---- bureaus ------------------------------------------------------------ */

static void corrected(struct run *r, struct work *w, const struct tl_entry *e,
                      const union tl_body *b)
{
    furnished(r, w, e, &b->furnished);
}

static void deleted(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b)
{
    (void)b;
    if (w->c.reporting != TL_REPORTING_FURNISHED ||
        w->facets.f.furnisher != (uint8_t)r->author.member)
        finding(r, w, TL_DECISION_ALERT, e->type, "this member had not furnished it");
    else
        unfurnish(w);
}

static void bureau(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b)
{
    struct tl_facet *f = &facets_of(w)->f;

    (void)b;
    f->bureau_on = e->value_date;
    if (e->type == TL_ENTRY_BUREAU_ACK)
        return;
    f->rejects++;
    finding(r, w, TL_DECISION_ALERT, e->type, "a bureau rejected what was furnished");
}

/* ---- the table ---------------------------------------------------------- */

struct effect {
    uint16_t type;
    void (*apply)(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b);
};

static const struct effect effects[] = {
    {TL_ENTRY_JOINT_DEBTOR, joint},
    {TL_ENTRY_ACCOUNT_CLOSED, account_closed},
    {TL_ENTRY_POSTDATED, postdated},
    {TL_ENTRY_AUTOPAY_AUTHORISE, autopay},
    {TL_ENTRY_AUTOPAY_REVOKE, autopay},
    {TL_ENTRY_PERMIT_REQUEST, permit},
    {TL_ENTRY_DELIVERY_RESULT, delivered},
    {TL_ENTRY_PREFERENCES, prefers},
    {TL_ENTRY_CONSENT, consents},
    {TL_ENTRY_CONSENT_REVOKE, consents},
    {TL_ENTRY_OPT_OUT, opts_out},
    {TL_ENTRY_ADDRESS, addressed},
    {TL_ENTRY_DEMAND_LETTER, demand_letter},
    {TL_ENTRY_VALIDATION_NOTICE, validation},
    {TL_ENTRY_CREDITOR_REQUEST, creditor_request},
    {TL_ENTRY_CREDITOR_RESPONSE, creditor_response},
    {TL_ENTRY_VERIFICATION_SENT, verification},
    {TL_ENTRY_DISPUTE_FRIVOLOUS, called_frivolous},
    {TL_ENTRY_DISPUTE_DUPLICATIVE, verification},
    {TL_ENTRY_ACDV_REQUEST, acdv_request},
    {TL_ENTRY_ACDV_RESPONSE, acdv_response},
    {TL_ENTRY_SETTLEMENT_COUNTER, counter_offer},
    {TL_ENTRY_HARDSHIP, hardship},
    {TL_ENTRY_FORBEARANCE_ENDED, forbearance_ended},
    {TL_ENTRY_REAGE, re_aged},
    {TL_ENTRY_RECALL_NOTICE, recall_notice},
    {TL_ENTRY_RECALL_OBJECTION, recall_objection},
    {TL_ENTRY_SERVED, in_court},
    {TL_ENTRY_ANSWERED, in_court},
    {TL_ENTRY_VACATED, vacated},
    {TL_ENTRY_GARNISHMENT, in_court},
    {TL_ENTRY_FURNISH_CORRECT, corrected},
    {TL_ENTRY_FURNISH_DELETE, deleted},
    {TL_ENTRY_BUREAU_ACK, bureau},
    {TL_ENTRY_BUREAU_REJECT, bureau},
    {TL_ENTRY_REACTIVATE, ends},
    {TL_ENTRY_REACTIVATION_STOP, ends},
    {TL_ENTRY_UNCOLLECTIBLE, ends},
    {TL_ENTRY_POC_FILED, nothing_more},
    {TL_ENTRY_SCRA_ACTIVE, scra_active},
    {TL_ENTRY_DISASTER, span},
    {TL_ENTRY_REGULATOR_HOLD, span},
    {TL_ENTRY_MORATORIUM, span},
};

static const struct effect *effect_of(uint16_t type)
{
    for (uint32_t i = 0; i < sizeof effects / sizeof effects[0]; i++) {
        if (effects[i].type == type)
            return &effects[i];
    }
    return NULL;
}

bool law_entry(uint16_t type)
{
    return effect_of(type) != NULL;
}

void apply_law(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b)
{
    const struct effect *effect = effect_of(e->type);

    TL_CHECK(effect != NULL);
    effect->apply(r, w, e, b);
    TL_INVARIANT(work_ok(w));
}

/* ---- after every entry -------------------------------------------------- */

/* FC-02: since when what was furnished is no longer so. */
static void note_stale(struct work *w, const struct tl_entry *e)
{
    bool stale =
        w->c.reporting == TL_REPORTING_FURNISHED && w->c.furnished_minor != tl_case_balance(&w->c);

    if (stale == (w->facets.f.stale_on != TL_DATE_NONE))
        return;
    facets_of(w)->f.stale_on = stale ? e->value_date : TL_DATE_NONE;
}

static int64_t forgiven_by(const struct work *w, const struct tl_entry *e, const union tl_body *b,
                           const struct law_before *before)
{
    const struct tl_case *c = &w->c;
    bool forgiven = e->type == TL_ENTRY_BANKRUPTCY_DISCHARGED ||
                    (e->type == TL_ENTRY_CANCEL_DEBT && b->cancel.reason >= TL_CANCEL_FORGIVEN);

    if (c->stage == before->stage)
        return 0;
    if (c->stage == TL_STAGE_SETTLED)
        return c->principal_forgiven_minor + c->interest_forgiven_minor + c->fee_forgiven_minor +
               c->cost_forgiven_minor + c->tax_forgiven_minor;
    if (c->stage == TL_STAGE_UNCOLLECTIBLE)
        return tl_case_balance(c);
    return forgiven ? before->balance_minor - tl_case_balance(c) : 0;
}

/* US-09: the revenue wants to know. */
static void note_forgiven(struct run *r, struct work *w, int64_t forgiven_minor)
{
    const struct tl_law_rule *law = tl_law_rule(TL_LAW_US_09);
    struct why why = why_entry(r, w->c.floor_on, law->id, law->citation);
    struct tl_body_finding body = {0, tl_bytes_str(law->says)};
    int64_t least = tl_law_number(w->policy, &w->c, TL_LAW_US_09, 0, w->c.floor_on);

    if (forgiven_minor > 0 && least > 0 && forgiven_minor >= least &&
        tl_law_binds(TL_LAW_US_09, &w->c, TL_ROLE_ALL))
        decide(r, w, TL_DECISION_ALERT, &why, &body);
}

/* US-13: returned one after the other. */
static void note_bounces(struct work *w, const struct tl_entry *e, const union tl_body *b)
{
    if (e->type == TL_ENTRY_PAYMENT_REVERSAL && b->reversal.reason == TL_REVERSAL_BOUNCED &&
        w->facets.f.bounces < UINT8_MAX)
        facets_of(w)->f.bounces++;
}

void law_after(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b,
               const struct law_before *before)
{
    note_stale(w, e);
    note_bounces(w, e, b);
    note_forgiven(r, w, forgiven_by(w, e, b, before));
}
