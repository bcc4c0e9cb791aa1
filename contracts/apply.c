/* What each entry does. */
#include "law_run.h"

#include "tl/check.h"

#include <string.h>

/* May this member do this to this case? */
static bool related(const struct run *r, const struct work *w, enum tl_relation relation)
{
    uint32_t member = r->author.member;

    TL_CHECK(member < r->k->member_count);
    switch (relation) {
    case TL_OF_ANY:
        return true;
    case TL_OF_OWNER:
        return member == w->c.owner;
    case TL_OF_AGENCY:
        return member == w->c.agency && w->c.placement != TL_PLACEMENT_NONE;
    case TL_OF_OWNER_OR_HOLDER:
        return member == w->c.owner || member == w->c.holder;
    }
    return false;
}

static int32_t later(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* Nothing derived from here on is dated before the facts it follows from; a
 * date in the future counts as today. */
static void floor_raise(const struct run *r, struct work *w, int32_t value_date)
{
    int32_t today = r->clock.closed_on + 1;

    w->c.floor_on = later(w->c.floor_on, value_date < today ? value_date : today);
}

/* ---- agreements -------------------------------------------------------- */

static bool policy_named(struct run *r, struct tl_bytes name, struct tl_hash *hash)
{
    struct tl_state_key key = tl_key_policy_name(name);
    struct tl_bytes value;
    enum tl_status status = tl_overlay_get(r->state, tl_state_key_bytes(&key), &value);

    if (status == TL_OK && value.len == sizeof hash->b) {
        memcpy(hash->b, value.ptr, sizeof hash->b);
        return true;
    }
    if (status != TL_ERR_NOT_FOUND)
        fail(r, status == TL_OK ? TL_ERR_CORRUPT : status);
    return false;
}

static void case_init(const struct run *r, struct work *w, const struct tl_entry *e,
                      const struct tl_body_agreement *b)
{
    struct tl_case *c = &w->c;

    memset(c, 0, sizeof *c);
    memset(w->use, 0, sizeof w->use);
    c->id = e->case_id;
    c->debt_id = tl_id_is_zero(&b->debt_id) ? e->case_id : b->debt_id;
    c->owner = c->holder = c->agency = (uint8_t)r->author.member;
    c->debt_class = b->debt_class;
    c->product = b->product;
    c->jurisdiction = b->jurisdiction;
    c->currency = b->currency;
    c->policy_name = b->policy;
    c->opened_on = b->opened_on == TL_DATE_NONE ? e->value_date : b->opened_on;
    c->due_on = b->due_on;
    c->stage_on = c->opened_on;
    c->sent_on = c->notified_on = c->reminded_on = c->demanded_on = TL_DATE_NONE;
    c->penalty_on = c->paid_on = c->disputed_on = c->resolved_on = TL_DATE_NONE;
    c->offered_on = c->placed_on = c->recalled_on = c->commenced_on = TL_DATE_NONE;
    c->eligible_on = c->furnished_on = c->charged_off_on = c->floor_on = TL_DATE_NONE;
    c->next_due = w->indexed_due = TL_DATE_NONE;
    c->bankruptcy_on = c->deceased_on = c->idtheft_on = c->ceased_on = TL_DATE_NONE;
    c->deal_due_on = c->deal_expires_on = c->deal_next_on = c->promise_on = TL_DATE_NONE;
    c->contacted_on = c->talked_on = c->sold_on = TL_DATE_NONE;
    c->accrued_on = c->waived_on = TL_DATE_NONE;
    c->instalment_on = c->forgiven_on = TL_DATE_NONE;
    c->terms_leaf = TL_LEAF_NONE;
    c->deal_leaf = c->promise_leaf = TL_LEAF_NONE;
    c->released_on = c->filed_on = c->judged_on = TL_DATE_NONE;
    c->scra_checked_on = c->sue_until_on = TL_DATE_NONE;
    c->demand_until_on = c->recall_notice_on = c->validation_until_on = TL_DATE_NONE;
    c->band = UINT8_MAX; /* never scored */
    c->scored_on = TL_DATE_NONE;
    tl_facets_init(&w->facets);
    c->legal_leaf = TL_LEAF_NONE;
    c->notified_leaf = c->paid_leaf = c->disputed_leaf = TL_LEAF_NONE;
    c->penalty_leaf = c->placed_leaf = c->last_leaf = TL_LEAF_NONE;
    c->opened_leaf = r->entry_leaf;
    w->fresh = true;
}

/* The entry's leaf is out already: the case's history begins with it. */
static bool open_case(struct run *r, struct work *w, const struct tl_entry *e,
                      const struct tl_body_agreement *b)
{
    struct tl_hash policy;
    const char *fault;

    if (!policy_named(r, b->policy, &policy)) {
        finding(r, NULL, TL_DECISION_DENIED, e->type, "no policy of that name is published");
        return false;
    }
    case_init(r, w, e, b);
    fault = debt_inherit(r, w);
    if (fault != NULL) {
        finding(r, NULL, TL_DECISION_DENIED, e->type, fault);
        return false;
    }
    w->c.policy = policy;
    w->policy = policy_cached(r, &policy);
    if (w->policy == NULL)
        return false;
    note_leaf(r, w, r->entry_leaf, &r->entry_hash);
    r->clock.cases++;
    r->clock_dirty = true;
    charge(r, w, TL_BUCKET_PRINCIPAL, b->principal_minor);
    return true;
}

/* ---- dispatch ---------------------------------------------------------- */

static void apply_charge_off(struct run *r, struct work *w, const struct tl_entry *e)
{
    struct why why = why_entry(r, w->c.floor_on, "engine.charge_off", "the owner's charge-off");

    if (tl_policy_blocked(w->policy, &w->c, TL_CLASS_CHARGE_OFF))
        finding(r, w, TL_DECISION_DENIED, e->type, "a hold forbids charge-off");
    else if (!charge_off(r, w, &why))
        finding(r, w, TL_DECISION_DENIED, e->type,
                "charged off already, ended, or nothing is owed");
}

static void apply_cancel(struct run *r, struct work *w, const struct tl_entry *e)
{
    struct why why = why_entry(r, w->c.floor_on, "engine.cancel", "the owner's cancellation");

    if (tl_case_ended(&w->c) && w->c.stage != TL_STAGE_PAID)
        finding(r, w, TL_DECISION_DENIED, e->type, "the debt has ended already");
    else
        cancel(r, w, &why);
}

static bool moves_money(uint16_t type)
{
    return type == TL_ENTRY_CHARGE || type == TL_ENTRY_ADJUSTMENT || type == TL_ENTRY_PAYMENT ||
           type == TL_ENTRY_PAYMENT_REVERSAL || type == TL_ENTRY_REFUND_PAID;
}

static bool states_terms(uint16_t type)
{
    return type == TL_ENTRY_AGREEMENT_AMEND || type == TL_ENTRY_RATE_CHANGE ||
           type == TL_ENTRY_INTEREST_WAIVED;
}

/* Entries that look at what is owed: interest is booked first. */
static bool needs_balance(uint16_t type)
{
    return moves_money(type) || states_terms(type) ||
           (type >= TL_ENTRY_DISPUTE_RESOLVED && type <= TL_ENTRY_PLAN_ACCEPT) ||
           (type >= TL_ENTRY_PLACEMENT_OFFER && type <= TL_ENTRY_PLACEMENT_RETURN) ||
           (type >= TL_ENTRY_SUIT_FILED && type <= TL_ENTRY_DISMISSED) ||
           type == TL_ENTRY_SCHEDULE || type == TL_ENTRY_CHARGE_OFF ||
           type == TL_ENTRY_CANCEL_DEBT ||
           (type >= TL_ENTRY_DEBT_SALE && type <= TL_ENTRY_DEBT_BUYBACK_ACCEPT) ||
           type == TL_ENTRY_BANKRUPTCY_FILED || type == TL_ENTRY_BANKRUPTCY_DISCHARGED;
}

static void apply_money(struct run *r, struct work *w, const struct tl_entry *e,
                        const union tl_body *b)
{
    if (brimful(&w->c))
        finding(r, w, TL_DECISION_VIOLATION, e->type, "the case's amounts are out of range");
    else if (e->type == TL_ENTRY_CHARGE)
        apply_charge(r, w, e, &b->charge);
    else if (e->type == TL_ENTRY_ADJUSTMENT)
        apply_adjustment(r, w, e, &b->adjustment);
    else if (e->type == TL_ENTRY_PAYMENT)
        apply_payment(r, w, e, &b->payment);
    else if (e->type == TL_ENTRY_REFUND_PAID)
        apply_refund(r, w, e, &b->refund);
    else
        apply_reversal(r, w, e, &b->reversal);
}

/* Types that are handled by themselves; false: the entry is of a family. */
static bool apply_single(struct run *r, struct work *w, const struct tl_entry *e,
                         const union tl_body *b)
{
    switch (e->type) {
    case TL_ENTRY_NOTICE:
        notice(r, w, e, &b->notice);
        return true;
    case TL_ENTRY_DISPUTE_OPENED:
        dispute_open(r, w, e, &b->dispute);
        return true;
    case TL_ENTRY_DISPUTE_RESOLVED:
        dispute_resolve(r, w, e, &b->resolution);
        return true;
    case TL_ENTRY_HOLD_SET:
    case TL_ENTRY_HOLD_RELEASE:
        hold_change(r, w, &b->hold, e->type == TL_ENTRY_HOLD_SET);
        return true;
    case TL_ENTRY_FURNISHED:
        furnished(r, w, e, &b->furnished);
        return true;
    case TL_ENTRY_CHARGE_OFF:
        apply_charge_off(r, w, e);
        return true;
    case TL_ENTRY_CANCEL_DEBT:
        apply_cancel(r, w, e);
        return true;
    case TL_ENTRY_CONTACT_ATTEMPT:
    case TL_ENTRY_CONTACT_INBOUND:
        contact(r, w, e, &b->contact);
        return true;
    case TL_ENTRY_SCHEDULE:
        apply_schedule(r, w, e, &b->schedule);
        return true;
    case TL_ENTRY_RECORD:
        w->c.records++;
        return true;
    }
    return false;
}

static bool legal_entry(uint16_t type)
{
    return (type >= TL_ENTRY_LEGAL_RELEASE && type <= TL_ENTRY_DISMISSED) ||
           type == TL_ENTRY_SCRA_CHECK;
}

static bool sale_entry(uint16_t type)
{
    return type >= TL_ENTRY_DEBT_SALE && type <= TL_ENTRY_DEBT_BUYBACK_ACCEPT;
}

static bool placement_entry(uint16_t type)
{
    return type >= TL_ENTRY_PLACEMENT_OFFER && type <= TL_ENTRY_PLACEMENT_RETURN &&
           type != TL_ENTRY_RECALL_NOTICE && type != TL_ENTRY_RECALL_OBJECTION;
}

/* Families of types, each with its file; the first that knows the type has it. */
static const struct family {
    bool (*has)(uint16_t type);
    void (*apply)(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b);
} families[] = {
    {moves_money, apply_money},  {legal_entry, apply_legal}, {person_event, apply_person},
    {states_terms, apply_terms}, {sale_entry, apply_sale},   {deal_entry, apply_deal},
    {law_entry, apply_law},      {vault_entry, apply_vault}, {placement_entry, apply_placement},
};

static void dispatch(struct run *r, struct work *w, const struct tl_entry *e,
                     const union tl_body *b)
{
    if (apply_single(r, w, e, b))
        return;
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        if (families[i].has(e->type)) {
            families[i].apply(r, w, e, b);
            return;
        }
    }
}

/* Interest runs up to the fact's day before it, and as the fact has it after. */
static void carry_out(struct run *r, struct work *w, const struct tl_entry *e,
                      const union tl_body *b)
{
    struct why why = why_entry(r, w->c.floor_on, "engine.interest", "");
    int32_t today = r->clock.closed_on + 1;
    struct law_before before;

    w->on = e->value_date < today ? e->value_date : today;
    if (needs_balance(e->type))
        interest_book(r, w, w->on, &why);
    before = (struct law_before){tl_case_balance(&w->c), w->c.stage};
    if (law_admits(r, w, e, b))
        dispatch(r, w, e, b);
    law_after(r, w, e, b, &before);
    interest_follow(w);
    if (w->c.segments.count != 0)
        interest_correct(r, w, &why);
}

/* False: the entry is a repeat and says nothing new. */
static bool remember(struct run *r, struct work *w, const struct tl_entry *e)
{
    uint8_t ref[TL_CASE_REF_BYTES];

    if (e->ext_ref.len == 0)
        return true;
    tl_case_ref(ref, r->author.member, e->type, e->ext_ref);
    if (tl_case_has_ref(&w->c, ref)) {
        finding(r, w, TL_DECISION_DUPLICATE, e->type, "an entry with this reference is recorded");
        return false;
    }
    work_add_ref(w, ref);
    return true;
}

static bool permitted(struct run *r, struct work *w, const struct tl_entry *e)
{
    const struct tl_type_info *info = tl_type_find(e->type);

    if (e->type == TL_ENTRY_AGREEMENT && !w->fresh) {
        finding(r, w, TL_DECISION_DENIED, e->type, "the case exists already");
        return false;
    }
    if (related(r, w, info->relation))
        return true;
    finding(r, w, info->act ? TL_DECISION_DENIED : TL_DECISION_VIOLATION, e->type,
            "the case is not this member's to act on");
    return false;
}

void apply_entry(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *body)
{
    bool known;
    bool may;

    if (w == NULL && e->type != TL_ENTRY_AGREEMENT) {
        finding(r, NULL, TL_DECISION_VIOLATION, e->type, "there is no such case");
        return;
    }
    if (w == NULL) {
        w = &r->k->work;
        if (!open_case(r, w, e, &body->agreement))
            return;
    }
    w->c.entries++;
    known = !remember(r, w, e);
    may = !known && permitted(r, w, e);
    if (!known && !may && !tl_type_find(e->type)->act)
        (void)law_admits(r, w, e, body); /* what it broke besides */
    if (may) {
        struct values before;

        if (!vault_entry(e->type)) /* keeping records is no collection activity */
            floor_raise(r, w, e->value_date);
        values_take(r, w, &before);
        if (e->type != TL_ENTRY_AGREEMENT)
            carry_out(r, w, e, body);
        TL_INVARIANT(work_ok(w));
        if (!tl_type_find(e->type)->act)
            backdate_note(r, w, e, &before);
        timers_facts(r, w);
    }
    timers_run(r, w);
    TL_INVARIANT(work_ok(w));
    if (r->status == TL_OK)
        work_store(r, w);
}
