/* Whom one may reach, and how; and what was said.
 *
 * Facts about a debtor are kept with that debtor: a cease of one does not bind
 * what is said to another. */
#include "law_run.h"

#include "tl/check.h"
#include "tl/genesis_schema.h"
#include "tl/hash.h"

#include <string.h>

struct tl_facets *facets_of(struct work *w)
{
    w->facets.used = true;
    return &w->facets;
}

struct tl_debtor_facts *debtor_of(struct work *w, uint8_t number)
{
    TL_CHECK(number < TL_DEBTORS_MAX);
    return &facets_of(w)->debtor[number < tl_facets_debtors(&w->facets) ? number : 0];
}

uint64_t item_hash(struct tl_bytes name)
{
    struct tl_hash hash;

    tl_hash_domain(&hash, "tallystick/item/v1", name);
    return tl_get_u64be(hash.b);
}

bool is_collector(const struct run *r)
{
    return (r->author.roles & (TL_ROLE_AGENCY | TL_ROLE_LAW_FIRM | TL_ROLE_DEBT_BUYER)) != 0;
}

/* ---- who owes, and how they may be reached ------------------------------ */

void joint_debtor(struct run *r, struct work *w, const struct tl_entry *e,
                  const struct tl_body_joint *b)
{
    struct tl_facets *facets = facets_of(w);
    uint32_t next = tl_facets_debtors(facets);

    if (next == TL_DEBTORS_MAX) {
        finding(r, w, TL_DECISION_VIOLATION, e->type, "a case has four debtors at most");
        return;
    }
    facets->debtor[next].d.subject = b->subject;
    facets->debtor[next].d.ecoa = b->ecoa;
    facets->f.debtors.count = next + 1;
    personal_gather(w); /* what held everybody does not hold the new one */
}

void preferences(struct work *w, const struct tl_body_preferences *b)
{
    struct tl_debtor *d = &debtor_of(w, b->debtor)->d;

    d->zones = tl_bytes(b->zones.ptr, b->zones.len & ~(size_t)1);
    d->quiet_from_min = b->quiet_from_min;
    d->quiet_to_min = b->quiet_to_min;
    d->no_work = b->no_work;
    d->residence = b->residence;
    if (b->signed_in.len != 0)
        w->facets.f.signed_in = b->signed_in;
}

static bool channel_bit(enum tl_consent_scope scope, uint16_t *bit)
{
    *bit = (uint16_t)(1u << (scope == TL_CONSENT_EMAIL ? TL_CHANNEL_EMAIL : TL_CHANNEL_SMS));
    return scope == TL_CONSENT_EMAIL || scope == TL_CONSENT_SMS;
}

/* Whoever consents anew opens the way again. */
static void consent_given(struct tl_debtor *d, const struct tl_entry *e,
                          const struct tl_body_consent *b)
{
    uint16_t bit;

    d->consents = (uint8_t)(d->consents | 1u << b->scope);
    if (b->until_on != TL_DATE_NONE &&
        (d->consent_until_on == TL_DATE_NONE || b->until_on < d->consent_until_on))
        d->consent_until_on = b->until_on;
    if (b->scope == TL_CONSENT_SMS)
        d->sms_on = e->value_date;
    if (channel_bit((enum tl_consent_scope)b->scope, &bit)) {
        d->closed = (uint16_t)(d->closed & ~bit);
        d->confirmed = (uint16_t)(d->confirmed & ~bit);
    }
}

/* Events stay in order of their days: a late one finds its place. */
static void call_add(struct tl_debtor_facts *debtor, const struct tl_phoned *call)
{
    uint32_t count = debtor->d.calls.count;

    if (count == TL_CALLS_MAX) {
        memmove(&debtor->call[0], &debtor->call[1], (TL_CALLS_MAX - 1u) * sizeof debtor->call[0]);
        count--;
    }
    debtor->d.calls.count = count + 1;
    for (; count > 0 && debtor->call[count - 1].on > call->on; count--)
        debtor->call[count] = debtor->call[count - 1];
    debtor->call[count] = *call;
}

void consent(struct run *r, struct work *w, const struct tl_entry *e,
             const struct tl_body_consent *b, bool given)
{
    struct tl_debtor_facts *debtor = debtor_of(w, b->debtor);
    const struct tl_phoned call = {e->value_date, given ? TL_PHONE_CONSENT : TL_PHONE_REVOKED,
                                   (uint8_t)r->author.member, b->from_on, b->until_on};

    if (b->scope == TL_CONSENT_CALLS) /* counted with the calls it is about */
        call_add(debtor, &call);
    else if (given)
        consent_given(&debtor->d, e, b);
    else
        debtor->d.consents = (uint8_t)(debtor->d.consents & ~(1u << b->scope));
    if (b->scope == TL_CONSENT_AUTODIAL)
        debtor->d.revoked_on = given ? TL_DATE_NONE : e->value_date;
}

void opt_out(struct work *w, const struct tl_body_opt_out *b)
{
    struct tl_debtor *d = &debtor_of(w, b->debtor)->d;
    uint16_t bit = (uint16_t)(1u << b->channel);

    d->closed = (uint16_t)(d->closed | bit);
    d->confirmed = (uint16_t)(d->confirmed & ~bit);
}

void address(struct work *w, const struct tl_entry *e, const struct tl_body_address *b)
{
    struct tl_debtor *d = &debtor_of(w, b->debtor)->d;
    bool mail = b->channel == TL_CHANNEL_EMAIL;
    int32_t *on = mail ? &d->email_on : &d->sms_on;

    if (!mail && b->channel != TL_CHANNEL_SMS)
        return;
    if (b->basis == TL_ADDRESS_WRONG) {
        *on = TL_DATE_NONE;
        d->handed_over = (uint8_t)(d->handed_over & (mail ? ~1u : ~2u));
    } else if (b->basis == TL_ADDRESS_HANDED_OVER) {
        d->handed_over = (uint8_t)(d->handed_over | (mail ? 1u : 2u));
        d->handed_over_on = e->value_date;
    } else {
        *on = e->value_date;
    }
}

/* ---- what was said ------------------------------------------------------ */

static enum tl_phone_kind phone_kind(const struct tl_entry *e, const struct tl_body_contact *b)
{
    if (b->outcome == TL_CONTACT_CONVERSATION)
        return e->type == TL_ENTRY_CONTACT_INBOUND ? TL_PHONE_INBOUND : TL_PHONE_CONVERSATION;
    if (b->outcome == TL_CONTACT_BUSY || b->outcome == TL_CONTACT_NOT_IN_SERVICE)
        return TL_PHONE_UNCONNECTED;
    return b->outcome == TL_CONTACT_WRONG_PERSON ? TL_PHONE_MISDIRECTED : TL_PHONE_UNANSWERED;
}

/* Calls to the consumer; 12 CFR 1006.14(b)(3)(iii) leaves out the attorney, and
 * (b)(4) an unanswered one that was put down to another debt. */
static bool counted(const struct tl_entry *e, const struct tl_body_contact *b)
{
    bool phone = b->channel == TL_CHANNEL_CALL || b->channel == TL_CHANNEL_VOICE;
    bool consumer = b->person == TL_PERSON_DEBTOR || b->person == TL_PERSON_FAMILY;

    if (!phone || !consumer)
        return false;
    if (e->type == TL_ENTRY_CONTACT_INBOUND)
        return b->outcome == TL_CONTACT_CONVERSATION;
    return b->outcome != TL_CONTACT_NO_ANSWER || (b->marks & TL_MARK_OTHER_DEBT) == 0;
}

static bool reached(const struct tl_body_contact *b)
{
    return b->outcome == TL_CONTACT_CONVERSATION || b->outcome == TL_CONTACT_DELIVERED;
}

/* The consumer's own contact opens one reply, and shows that the address is his. */
static void inbound(struct tl_debtor *d, const struct tl_entry *e, const struct tl_body_contact *b)
{
    d->reply_channel = b->channel;
    if (b->channel == TL_CHANNEL_EMAIL)
        d->email_on = e->value_date;
    else if (b->channel == TL_CHANNEL_SMS)
        d->sms_on = e->value_date;
    if (b->person == TL_PERSON_ATTORNEY)
        d->attorney_asked_on = TL_DATE_NONE;
}

static void outbound(struct tl_debtor *d, const struct tl_entry *e, const struct tl_body_contact *b)
{
    uint16_t bit = (uint16_t)(1u << b->channel);

    if ((b->marks & TL_MARK_REPLY) != 0)
        d->reply_channel = UINT8_MAX;
    if ((b->marks & TL_MARK_CONFIRMS) != 0)
        d->confirmed = (uint16_t)(d->confirmed | bit);
    if (b->person == TL_PERSON_THIRD_PARTY && reached(b) && d->location_calls < UINT8_MAX)
        d->location_calls++;
    if (b->person != TL_PERSON_ATTORNEY)
        return;
    if (b->outcome == TL_CONTACT_CONVERSATION)
        d->attorney_asked_on = TL_DATE_NONE;
    else if (d->attorney_asked_on == TL_DATE_NONE)
        d->attorney_asked_on = e->value_date;
}

/* A collector's first communication starts the term for validation. */
static void communicated(struct run *r, struct work *w, const struct tl_entry *e,
                         const struct tl_body_contact *b)
{
    bool written = b->channel != TL_CHANNEL_CALL && b->channel != TL_CHANNEL_VOICE &&
                   b->channel != TL_CHANNEL_VISIT;

    if (!is_collector(r) || !reached(b) || b->person == TL_PERSON_THIRD_PARTY)
        return;
    if (w->facets.f.collector_on == TL_DATE_NONE)
        facets_of(w)->f.collector_on = e->value_date;
    letter_add(w, e, !written, false);
}

void contact_remember(struct run *r, struct work *w, const struct tl_entry *e,
                      const struct tl_body_contact *b)
{
    const struct tl_phoned call = {e->value_date, (uint8_t)phone_kind(e, b),
                                   (uint8_t)r->author.member, TL_DATE_NONE, TL_DATE_NONE};
    struct tl_debtor_facts *debtor = debtor_of(w, b->debtor);

    if (counted(e, b))
        call_add(debtor, &call);
    if (e->type == TL_ENTRY_CONTACT_INBOUND)
        inbound(&debtor->d, e, b);
    else
        outbound(&debtor->d, e, b);
    communicated(r, w, e, b);
}
