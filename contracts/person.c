/* What befalls the person who owes, what the law makes of it at once, and who
 * spoke to whom.
 *
 * These holds come from facts of law.  HOLD_RELEASE, a member's own word, does
 * not lift them; only the fact that ends them does. */
#include "run.h"

#include "tl/check.h"

#define BIT(name) (1u << TL_HOLD_##name)

struct event {
    uint16_t type;
    bool set;    /* or lifted */
    bool recall; /* no agency may go on */
    uint32_t holds;
    const char *rule;
    const char *citation;
};

static const struct event events[] = {
    {TL_ENTRY_CEASE_COMMUNICATION, true, false, BIT(CEASE), "engine.cease",
     "15 USC 1692c(c); 12 CFR 1006.6(c)"},
    {TL_ENTRY_ATTORNEY_REPRESENTED, true, false, BIT(ATTORNEY), "engine.attorney",
     "15 USC 1692c(a)(2); 12 CFR 1006.6(b)(2)"},
    {TL_ENTRY_ATTORNEY_ENDED, false, false, BIT(ATTORNEY), "engine.attorney", ""},
    {TL_ENTRY_BANKRUPTCY_FILED, true, true, BIT(BANKRUPTCY_STAY), "engine.stay", "11 USC 362(a)"},
    {TL_ENTRY_BANKRUPTCY_DISMISSED, false, false, BIT(BANKRUPTCY_STAY), "engine.stay",
     "11 USC 362(c)"},
    {TL_ENTRY_BANKRUPTCY_DISCHARGED, false, false, BIT(BANKRUPTCY_STAY), "engine.discharge",
     "11 USC 524(a)"},
    {TL_ENTRY_DECEASED, true, false, BIT(DECEASED), "engine.deceased", "12 CFR 1006.6(a)(4)"},
    {TL_ENTRY_IDTHEFT_REPORT, true, false, BIT(FRAUD_INVESTIGATION), "engine.idtheft",
     "15 USC 1681s-2(a)(6)(B)"},
    {TL_ENTRY_IDTHEFT_BLOCK, true, true, BIT(IDTHEFT_BLOCK), "engine.idtheft", "15 USC 1681m(f)"},
    {TL_ENTRY_IDTHEFT_RESCIND, false, false, BIT(IDTHEFT_BLOCK) | BIT(FRAUD_INVESTIGATION),
     "engine.idtheft", "15 USC 1681c-2(c)"},
};

static const struct event *event_of(uint16_t type)
{
    for (uint32_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        if (events[i].type == type)
            return &events[i];
    }
    return NULL;
}

bool person_event(uint16_t type)
{
    return event_of(type) != NULL;
}

/* What an event says beyond its hold. */
static void remember(struct work *w, const struct tl_entry *e, const union tl_body *b)
{
    if (e->type == TL_ENTRY_CEASE_COMMUNICATION)
        w->c.ceased_on = e->value_date;
    else if (e->type == TL_ENTRY_IDTHEFT_REPORT || e->type == TL_ENTRY_IDTHEFT_BLOCK)
        w->c.idtheft_on = e->value_date;
    else if (e->type == TL_ENTRY_DECEASED)
        w->c.deceased_on =
            b->deceased.died_on == TL_DATE_NONE ? e->value_date : b->deceased.died_on;
    if (e->type != TL_ENTRY_BANKRUPTCY_FILED)
        return;
    w->c.bankruptcy = b->bankruptcy.chapter;
    w->c.bankruptcy_on = e->value_date;
}

/* Nobody owes a discharged debt any more; its hold stays for ever. */
static void discharge(struct run *r, struct work *w, const struct tl_entry *e,
                      const struct why *why)
{
    w->c.fact_holds |= BIT(DISCHARGED);
    holds_gather(w);
    if (tl_case_ended(&w->c)) {
        finding(r, w, TL_DECISION_ALERT, e->type, "the debt had ended before it was discharged");
        return;
    }
    (void)adjust_down(r, w, tl_case_balance(&w->c));
    TL_CHECK(tl_case_balance(&w->c) == 0);
    stage_set(r, w, TL_STAGE_DISCHARGED, why);
}

void apply_person(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b)
{
    const struct event *event = event_of(e->type);
    struct why why = why_entry(r, w->c.floor_on, event->rule, event->citation);

    TL_CHECK(event->holds != 0 && (event->holds >> TL_HOLDS) == 0);
    if (e->type == TL_ENTRY_CEASE_COMMUNICATION && !b->cease.written) {
        finding(r, w, TL_DECISION_ALERT, e->type, "not in writing: it binds nobody yet");
        return;
    }
    if (!event->set && (w->c.fact_holds & event->holds) == 0)
        finding(r, w, TL_DECISION_ALERT, e->type, "nothing of the kind was on record");
    if (event->set)
        w->c.fact_holds |= event->holds;
    else
        w->c.fact_holds &= ~event->holds;
    holds_gather(w);
    remember(w, e, b);
    if (event->recall && w->c.placement != TL_PLACEMENT_NONE)
        placement_end(r, w, &why);
    if (e->type == TL_ENTRY_BANKRUPTCY_DISCHARGED && b->discharge.in_scope)
        discharge(r, w, e, &why);
}

/* ---- contacts ---------------------------------------------------------- */

/* Holds that do not stand in the way of this contact: with an attorney one
 * speaks to the attorney, after a death to the estate. */
static uint32_t holds_passed(const struct tl_body_contact *b)
{
    uint32_t passed = 0;

    if (b->person == TL_PERSON_ATTORNEY)
        passed |= BIT(ATTORNEY);
    if (b->person == TL_PERSON_ESTATE)
        passed |= BIT(DECEASED);
    if (b->purpose != TL_PURPOSE_COLLECT)
        passed |= BIT(CEASE);
    return passed;
}

void contact(struct run *r, struct work *w, const struct tl_entry *e,
             const struct tl_body_contact *b)
{
    struct tl_case asked = w->c;

    if (b->outcome == TL_CONTACT_CONVERSATION) {
        w->c.conversations++;
        w->c.talked_on = e->value_date;
    }
    if (e->type == TL_ENTRY_CONTACT_INBOUND) {
        w->c.inbound++;
        return;
    }
    w->c.contacts++;
    w->c.contacted_on = e->value_date;
    asked.holds &= ~holds_passed(b);
    if (tl_policy_blocked(w->policy, &asked, TL_CLASS_CONTACT))
        finding(r, w, TL_DECISION_VIOLATION, e->type, "a hold forbids contact");
}
