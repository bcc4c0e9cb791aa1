/* Whom one may reach, when, how often and how: Regulation F, TCPA. */
#include "judge.h"

#include "tl/check.h"

static bool by_phone(const struct law_view *v)
{
    return v->act->plan.channel == TL_CHANNEL_CALL || v->act->plan.channel == TL_CHANNEL_VOICE;
}

static bool electronic(const struct law_view *v)
{
    uint8_t channel = v->act->plan.channel;

    return channel == TL_CHANNEL_EMAIL || channel == TL_CHANNEL_SMS || channel == TL_CHANNEL_PUSH ||
           channel == TL_CHANNEL_SOCIAL;
}

/* Mail waits in the box for a good hour. */
static bool has_an_hour(const struct law_view *v)
{
    return v->act->plan.channel != TL_CHANNEL_LETTER && v->act->plan.channel != TL_CHANNEL_POSTCARD;
}

static bool to_consumer(const struct law_view *v)
{
    return v->act->plan.person == TL_PERSON_DEBTOR || v->act->plan.person == TL_PERSON_FAMILY;
}

/* ---- how often ---------------------------------------------------------- */

/* RF-03, RF-04: what did not connect, or was put down to another debt. */
static bool counts(const struct law_view *v)
{
    uint8_t outcome = v->act->outcome;

    if (!by_phone(v) || !to_consumer(v))
        return false;
    if (!v->act->done)
        return true;
    if (outcome == TL_CONTACT_BUSY || outcome == TL_CONTACT_NOT_IN_SERVICE ||
        outcome == TL_CONTACT_WRONG_PERSON)
        return false;
    return outcome != TL_CONTACT_NO_ANSWER || !law_marked(v, TL_MARK_OTHER_DEBT);
}

static enum tl_phone_verdict phone(const struct law_view *v, uint32_t calls, uint32_t quiet)
{
    struct tl_phone_event event[TL_CALLS_MAX];
    uint32_t count = 0;
    struct tl_phone_finding finding;
    struct tl_phone_policy policy = {
        (uint16_t)calls, (uint16_t)tl_law_number(v->policy, v->c, TL_LAW_RF_01, 1, v->act->on),
        (uint16_t)quiet, (uint16_t)tl_law_number(v->policy, v->c, TL_LAW_RF_03, 0, v->act->on)};

    /* The cap is each collector's own; a call recorded late is judged by its day. */
    for (uint32_t i = 0; i < v->d->calls.count; i++) {
        const struct tl_phoned *call = &v->debtor->call[i];

        if (call->by == v->act->member && call->on <= v->act->on)
            event[count++] =
                (struct tl_phone_event){call->on, call->kind, 1, call->from_on, call->until_on};
    }
    if (tl_phone_permit(&finding, &policy, event, count, 0, v->act->on) != TL_OK)
        return TL_PHONE_TOO_MANY;
    return (enum tl_phone_verdict)finding.verdict;
}

bool law_too_many_calls(const struct law_view *v)
{
    return counts(v) && phone(v, (uint32_t)v->row->number[0], 0) == TL_PHONE_TOO_MANY;
}

bool law_too_soon_after_talk(const struct law_view *v)
{
    return counts(v) && phone(v, UINT16_MAX, (uint32_t)v->row->number[0]) == TL_PHONE_TOO_SOON;
}

bool law_burst_of_calls(const struct law_view *v)
{
    uint32_t today = 1;

    for (uint32_t i = 0; i < v->d->calls.count; i++)
        today += v->debtor->call[i].by == v->act->member && v->debtor->call[i].on == v->act->on &&
                 v->debtor->call[i].kind <= TL_PHONE_CONVERSATION;
    return counts(v) && today > (uint64_t)v->row->number[0];
}

/* ---- when --------------------------------------------------------------- */

static uint32_t zones(const struct law_view *v, int16_t out[TL_BODY_ZONES_MAX])
{
    uint32_t count = (uint32_t)v->d->zones.len / 2;

    TL_CHECK(count <= TL_BODY_ZONES_MAX);
    for (uint32_t i = 0; i < count; i++)
        out[i] = (int16_t)((uint16_t)v->d->zones.ptr[2 * i] << 8 | v->d->zones.ptr[2 * i + 1]);
    return count;
}

bool law_outside_hours(const struct law_view *v)
{
    struct tl_hours_policy hours = {(int32_t)v->row->number[0] * 60,
                                    (int32_t)v->row->number[1] * 60};
    int16_t offset[TL_BODY_ZONES_MAX];
    uint32_t count = zones(v, offset);
    bool ok = false;

    if (!has_an_hour(v) || v->act->plan.person == TL_PERSON_ATTORNEY)
        return false;
    return v->act->time_s == 0 ||
           tl_hours_ok(&ok, &hours, v->act->time_s, offset, count) != TL_OK || !ok;
}

/* Quiet from the evening to the morning reaches over midnight. */
static bool quiet_at(const struct tl_debtor *d, int32_t minute)
{
    if (d->quiet_from_min <= d->quiet_to_min)
        return minute >= d->quiet_from_min && minute < d->quiet_to_min;
    return minute >= d->quiet_from_min || minute < d->quiet_to_min;
}

bool law_inconvenient_time(const struct law_view *v)
{
    int16_t offset[TL_BODY_ZONES_MAX];
    uint32_t count = zones(v, offset);
    bool quiet = false;

    if (!has_an_hour(v) || v->act->time_s == 0 || v->d->quiet_from_min == v->d->quiet_to_min)
        return false;
    if (law_marked(v, TL_MARK_REPLY) && v->d->reply_channel == v->act->plan.channel)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        int64_t minute = (v->act->time_s / 60 + offset[i]) % 1440;

        quiet = quiet || quiet_at(v->d, (int32_t)(minute < 0 ? minute + 1440 : minute));
    }
    return quiet;
}

/* ---- whom --------------------------------------------------------------- */

bool law_has_attorney(const struct law_view *v)
{
    return law_held(v, TL_HOLD_ATTORNEY) && v->act->plan.person != TL_PERSON_ATTORNEY &&
           !law_attorney_silent(v);
}

bool law_at_work(const struct law_view *v)
{
    bool own = v->d->email_on != TL_DATE_NONE || law_consents(v, TL_CONSENT_EMAIL);

    if (v->act->plan.place == TL_PLACE_WORK && v->d->no_work)
        return true;
    return v->act->plan.channel == TL_CHANNEL_EMAIL && law_marked(v, TL_MARK_EMPLOYER) && !own;
}

bool law_after_cease(const struct law_view *v)
{
    return law_held(v, TL_HOLD_CEASE) && law_collects(v);
}

bool law_third_party(const struct law_view *v)
{
    if (v->act->plan.person != TL_PERSON_THIRD_PARTY || law_consents(v, TL_CONSENT_THIRD_PARTY))
        return false;
    return law_marked(v, TL_MARK_DEBT_NAMED) ||
           (v->d->location_calls >= v->row->number[0] && !law_marked(v, TL_MARK_ASKED_BACK));
}

bool law_is_deceased(const struct law_view *v)
{
    return law_held(v, TL_HOLD_DECEASED) && (v->act->plan.person == TL_PERSON_DEBTOR ||
                                             v->act->plan.person == TL_PERSON_THIRD_PARTY);
}

/* ---- by what way -------------------------------------------------------- */

/* The creditor's announcement, once the time to opt out has passed. */
static bool handed_over(const struct law_view *v, uint8_t channel_bit)
{
    return (v->d->handed_over & channel_bit) != 0 &&
           law_days_since(v, v->d->handed_over_on) >= v->row->number[0];
}

bool law_unsafe_address(const struct law_view *v)
{
    if (v->act->plan.channel == TL_CHANNEL_EMAIL)
        return v->d->email_on == TL_DATE_NONE && !law_consents(v, TL_CONSENT_EMAIL) &&
               !handed_over(v, 1);
    if (v->act->plan.channel != TL_CHANNEL_SMS)
        return false;
    if (law_days_since(v, v->d->sms_on) > v->row->number[1] || v->d->sms_on == TL_DATE_NONE)
        return true;
    return false;
}

bool law_no_opt_out_offered(const struct law_view *v)
{
    return electronic(v) && !law_marked(v, TL_MARK_OPT_OUT);
}

bool law_refused_medium(const struct law_view *v)
{
    uint32_t bit = 1u << v->act->plan.channel;

    if ((v->d->closed & bit) == 0)
        return false;
    return !law_marked(v, TL_MARK_CONFIRMS) || (v->d->confirmed & bit) != 0;
}

bool law_not_disclosed(const struct law_view *v)
{
    bool told =
        v->act->outcome == TL_CONTACT_CONVERSATION || v->act->outcome == TL_CONTACT_DELIVERED;

    return told && v->act->plan.person != TL_PERSON_THIRD_PARTY &&
           !law_marked(v, TL_MARK_DISCLOSED);
}

bool law_in_public(const struct law_view *v)
{
    return v->act->plan.channel == TL_CHANNEL_POSTCARD || law_marked(v, TL_MARK_PUBLIC);
}

bool law_autodialled(const struct law_view *v)
{
    int32_t last = TL_DATE_NONE;
    struct tl_business_days week = tl_law_business(v->policy, false);

    if (!law_marked(v, TL_MARK_AUTODIALLED) && v->act->plan.channel != TL_CHANNEL_VOICE)
        return false;
    if (law_consents(v, TL_CONSENT_AUTODIAL))
        return false;
    if (v->d->revoked_on == TL_DATE_NONE ||
        tl_business_days_after(&last, &week, v->d->revoked_on, (uint32_t)v->row->number[0]) !=
            TL_OK)
        return true;
    return v->act->on > last;
}

/* ---- validation --------------------------------------------------------- */

bool law_no_validation(const struct law_view *v)
{
    return v->f->validation_on == TL_DATE_NONE && v->f->collector_on != TL_DATE_NONE &&
           law_days_since(v, v->f->collector_on) > v->row->number[0];
}

bool law_overshadows(const struct law_view *v)
{
    bool presses = law_marked(v, TL_MARK_THREATENS) || law_marked(v, TL_MARK_DEADLINE);

    return presses && v->c->validation_until_on != TL_DATE_NONE &&
           v->act->on <= v->c->validation_until_on;
}

bool law_itemised_wrongly(const struct law_view *v)
{
    const struct tl_body_validation *b = v->act->validation;

    if (b == NULL)
        return false;
    return b->itemised_on == TL_DATE_NONE || b->itemised_on > v->act->on ||
           b->itemised_minor + b->interest_minor + b->fees_minor - b->paid_minor -
                   b->credits_minor !=
               b->now_minor;
}

bool law_notice_unreachable(const struct law_view *v)
{
    return (v->d->closed >> v->act->plan.channel & 1u) != 0;
}

bool law_electronic_unasked(const struct law_view *v)
{
    return (electronic(v) || law_marked(v, TL_MARK_ELECTRONIC)) &&
           !law_consents(v, TL_CONSENT_ESIGN);
}
