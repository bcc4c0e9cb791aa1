/* Suing, placing, selling, furnishing, charging and debiting. */
#include "judge.h"

#include <string.h>

static bool product_is(const struct law_view *v, const char *word)
{
    struct tl_bytes prefix = tl_bytes_str(word);

    return v->c->product.len >= prefix.len &&
           memcmp(v->c->product.ptr, prefix.ptr, prefix.len) == 0;
}

/* ---- holds and leave ---------------------------------------------------- */

/* Who says that a debt is disputed is not stopped by the dispute. */
#define DISPUTED                                                                                   \
    (1u << TL_HOLD_DISPUTE_VALIDATION | 1u << TL_HOLD_DISPUTE_FCRA | 1u << TL_HOLD_DISPUTE_FCBA |  \
     1u << TL_HOLD_DISPUTE)

/* With an attorney one speaks to the attorney, after a death to the estate, and
 * the last three purposes stay lawful after a cease: 12 CFR 1006.6. */
static uint32_t holds_passed(const struct law_view *v)
{
    uint32_t passed = 0;

    if (v->act->plan.person == TL_PERSON_ATTORNEY || law_attorney_silent(v))
        passed |= 1u << TL_HOLD_ATTORNEY;
    if (v->act->plan.person == TL_PERSON_ESTATE)
        passed |= 1u << TL_HOLD_DECEASED;
    if (v->act->kind == TL_ACT_CONTACT && !law_collects(v))
        passed |= 1u << TL_HOLD_CEASE;
    if (v->act->kind == TL_ACT_FURNISH &&
        (v->act->flagged_disputed || law_marked(v, TL_MARK_DISPUTED)))
        passed |= DISPUTED;
    return passed;
}

bool law_held_by_policy(const struct law_view *v)
{
    static const uint8_t class_of[TL_ACTS] = {
        TL_CLASS_CONTACT, TL_CLASS_PLACE, TL_CLASS_SUE,  TL_CLASS_SELL, TL_CLASS_FURNISH,
        TL_CLASS_NONE,    TL_CLASS_NONE,  TL_CLASS_NONE, TL_CLASS_NONE, TL_CLASS_NONE};
    struct tl_case asked = *v->c;

    asked.holds = v->holds & ~holds_passed(v);
    return tl_policy_blocked(v->policy, &asked, (enum tl_class)class_of[v->act->kind]);
}

bool law_no_leave(const struct law_view *v)
{
    for (uint32_t i = 0; i < v->f->leaves.count; i++) {
        const struct tl_leave *leave = &v->facets->leave[i];

        if (leave->act == v->act->kind && leave->debtor == v->act->plan.debtor &&
            leave->member == v->act->member && leave->allowed && v->act->on <= leave->until_on)
            return false;
    }
    return true;
}

/* ---- is it owed --------------------------------------------------------- */

bool law_not_owed(const struct law_view *v)
{
    if (v->act->kind == TL_ACT_CHARGE)
        return v->act->plan.bucket != TL_BUCKET_PRINCIPAL && v->act->plan.clause.len == 0;
    return law_collects(v) && (tl_case_ended(v->c) || tl_case_balance(v->c) <= 0);
}

bool law_over_already(const struct law_view *v)
{
    bool over = tl_case_ended(v->c) && v->c->stage != TL_STAGE_SOLD &&
                v->c->stage != TL_STAGE_UNCOLLECTIBLE;

    return (over || tl_case_balance(v->c) <= 0) && !law_marked(v, TL_MARK_RETURNS);
}

bool law_interest_waived(const struct law_view *v)
{
    if (v->c->waived_on == TL_DATE_NONE || v->act->on < v->c->waived_on)
        return false;
    return v->act->plan.bucket == TL_BUCKET_INTEREST || v->act->plan.bucket == TL_BUCKET_FEE;
}

/* ---- suing -------------------------------------------------------------- */

bool law_time_barred(const struct law_view *v)
{
    int32_t from = v->c->commenced_on == TL_DATE_NONE ? v->c->due_on : v->c->commenced_on;
    int32_t last;

    if (law_marked(v, TL_MARK_PROOF_CLAIM))
        return false;
    if (v->row->number[1] != 0 && v->c->paid_on != TL_DATE_NONE && v->c->paid_on > from)
        from = v->c->paid_on;
    if (from == TL_DATE_NONE || tl_date_add_years(&last, from, (int32_t)v->row->number[0]) != TL_OK)
        return true;
    if (v->c->sue_until_on != TL_DATE_NONE && v->c->sue_until_on < last)
        last = v->c->sue_until_on;
    return v->act->on > last;
}

bool law_wrong_venue(const struct law_view *v)
{
    struct tl_bytes venue = v->act->plan.venue;

    if (v->act->kind != TL_ACT_SUE || law_marked(v, TL_MARK_PROPERTY))
        return false;
    return venue.len == 0 ||
           (!tl_bytes_eq(venue, v->d->residence) && !tl_bytes_eq(venue, v->f->signed_in));
}

bool law_serving(const struct law_view *v)
{
    return law_held(v, TL_HOLD_SCRA) || v->c->scra_checked_on == TL_DATE_NONE ||
           law_days_since(v, v->c->scra_checked_on) > v->row->number[0];
}

bool law_unlicensed(const struct law_view *v)
{
    return v->row->number[0] != 0 && !v->act->licensed;
}

/* ---- disputes and holds of law ------------------------------------------ */

bool law_not_verified(const struct law_view *v)
{
    return law_held(v, TL_HOLD_DISPUTE_VALIDATION) &&
           (v->act->kind != TL_ACT_CONTACT || law_collects(v));
}

bool law_stayed(const struct law_view *v)
{
    if (v->f->reaffirmed)
        return false;
    if (v->act->kind == TL_ACT_CONTACT && v->act->plan.person == TL_PERSON_ATTORNEY)
        return false;
    return law_held(v, TL_HOLD_BANKRUPTCY_STAY) || law_held(v, TL_HOLD_DISCHARGED);
}

bool law_identity_stolen(const struct law_view *v)
{
    return law_held(v, TL_HOLD_IDTHEFT_BLOCK);
}

bool law_trafficked(const struct law_view *v)
{
    return law_held(v, TL_HOLD_TRAFFICKING_BLOCK);
}

bool law_billing_error(const struct law_view *v)
{
    return law_held(v, TL_HOLD_DISPUTE_FCBA);
}

/* ---- furnishing --------------------------------------------------------- */

bool law_furnished_unannounced(const struct law_view *v)
{
    struct tl_furnish_policy wait = {(uint16_t)v->row->number[0], (uint16_t)v->row->number[1]};
    struct tl_furnish_contact contact[TL_LETTERS_MAX];
    int32_t earliest;

    for (uint32_t i = 0; i < v->f->letters.count; i++)
        contact[i] =
            (struct tl_furnish_contact){v->facets->letter[i].sent_on, v->facets->letter[i].spoken,
                                        v->facets->letter[i].returned_on};
    return tl_furnish_earliest(&earliest, &wait, contact, v->f->letters.count) != TL_OK ||
           v->act->on < earliest;
}

bool law_dispute_untold(const struct law_view *v)
{
    return v->c->disputes.count > 0 && !v->act->flagged_disputed &&
           !law_marked(v, TL_MARK_DISPUTED);
}

bool law_closure_untold(const struct law_view *v)
{
    return v->f->closed_on != TL_DATE_NONE && !v->act->flagged_closed;
}

bool law_known_wrong(const struct law_view *v)
{
    bool stated = v->act->done || v->act->plan.amount_minor != 0;

    if (stated && v->act->plan.amount_minor != tl_case_balance(v->c))
        return true;
    return law_held(v, TL_HOLD_FRAUD_INVESTIGATION) ||
           (v->f->restated_on != TL_DATE_NONE &&
            law_days_since(v, v->f->restated_on) < v->row->number[0]);
}

bool law_commencement_unknown(const struct law_view *v)
{
    return v->c->commenced_on == TL_DATE_NONE &&
           (v->c->charged_off || v->act->member != v->c->owner);
}

bool law_negative_untold(const struct law_view *v)
{
    return v->f->negative_notice_on == TL_DATE_NONE && v->f->first_furnished_on != TL_DATE_NONE &&
           law_days_since(v, v->f->first_furnished_on) > v->row->number[0];
}

int32_t law_disputed_on(const struct tl_case *c, enum tl_regime regime)
{
    struct tl_list list = c->disputes;
    struct tl_open_dispute dispute;

    while (tl_list_next(&list, &tl_open_dispute_record, &dispute)) {
        if (dispute.regime == (uint8_t)regime)
            return dispute.opened_on;
    }
    return TL_DATE_NONE;
}

static bool dispute_late(const struct law_view *v, enum tl_regime regime)
{
    int32_t opened = law_disputed_on(v->c, regime);

    return opened != TL_DATE_NONE && law_days_since(v, opened) > v->row->number[0];
}

bool law_direct_dispute_late(const struct law_view *v)
{
    return dispute_late(v, TL_REGIME_FCRA_DIRECT);
}

bool law_bureau_dispute_late(const struct law_view *v)
{
    return dispute_late(v, TL_REGIME_FCRA_ACDV);
}

bool law_obsolete(const struct law_view *v)
{
    struct tl_obsolete_policy policy = {(uint16_t)v->row->number[0], (uint16_t)v->row->number[1],
                                        (uint16_t)v->row->number[2]};
    struct tl_obsolete dates;

    if (v->c->commenced_on == TL_DATE_NONE)
        return false;
    return tl_obsolete_of(&dates, &policy, v->c->commenced_on) != TL_OK ||
           v->act->on >= dates.gone_on;
}

bool law_medical(const struct law_view *v)
{
    int64_t charged = v->c->principal_charged_minor;

    if (!product_is(v, "medical"))
        return false;
    return tl_case_balance(v->c) <= 0 || charged < v->row->number[0] ||
           v->c->due_on == TL_DATE_NONE || law_days_since(v, v->c->due_on) < v->row->number[1];
}

/* ---- payments ----------------------------------------------------------- */

bool law_postdated_early(const struct law_view *v)
{
    struct tl_business_days week = tl_law_business(v->policy, false);
    int32_t first = TL_DATE_NONE;
    int32_t last = TL_DATE_NONE;

    if (v->f->postdated_on == TL_DATE_NONE)
        return false;
    if (v->act->on < v->f->postdated_on)
        return true;
    if (v->f->postdated_on - v->f->postdated_taken_on <= v->row->number[0])
        return false;
    if (v->f->deposit_notice_on == TL_DATE_NONE ||
        tl_business_days_after(&first, &week, v->f->deposit_notice_on,
                               (uint32_t)v->row->number[1]) != TL_OK ||
        tl_business_days_after(&last, &week, v->f->deposit_notice_on,
                               (uint32_t)v->row->number[2]) != TL_OK)
        return true;
    return v->act->on < first || v->act->on > last;
}

/* A share of a payment the consumer did not direct. */
bool law_paid_to_disputed(const struct law_view *v)
{
    return law_marked(v, TL_MARK_OTHER_DEBT) && v->c->disputes.count > 0;
}

bool law_debit_unauthorised(const struct law_view *v)
{
    struct tl_business_days week = tl_law_business(v->policy, false);
    int32_t stops = TL_DATE_NONE;

    if (!v->f->autopay)
        return v->f->autopay_revoked_on == TL_DATE_NONE ||
               tl_business_days_after(&stops, &week, v->f->autopay_revoked_on,
                                      (uint32_t)v->row->number[1]) != TL_OK ||
               v->act->on >= stops;
    return v->f->autopay_varies && v->act->plan.amount_minor != v->f->autopay_minor &&
           (v->f->deposit_notice_on == TL_DATE_NONE ||
            law_days_since(v, v->f->deposit_notice_on) < v->row->number[0]);
}

bool law_returned_too_often(const struct law_view *v)
{
    return v->f->bounces > v->row->number[0];
}

/* ---- re-ageing and keeping ---------------------------------------------- */

bool law_reaged_too_soon(const struct law_view *v)
{
    enum { FIVE_YEARS = 1826 };

    if (law_days_since(v, v->c->opened_on) < v->row->number[1] ||
        v->c->payments < (uint64_t)v->row->number[3])
        return true;
    return law_days_since(v, v->f->reaged_on) < v->row->number[2] ||
           law_days_since(v, v->f->reaged_before_on) < FIVE_YEARS;
}

bool law_still_evidence(const struct law_view *v)
{
    int32_t until;

    if (law_held(v, TL_HOLD_LITIGATION) || v->c->legal == TL_LEGAL_FILED ||
        v->c->legal == TL_LEGAL_JUDGED)
        return true;
    return v->c->floor_on != TL_DATE_NONE &&
           (tl_date_add_years(&until, v->c->floor_on, (int32_t)v->row->number[0]) != TL_OK ||
            v->act->on <= until);
}
