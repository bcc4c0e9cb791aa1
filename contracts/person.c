/* What befalls the person who owes, what the law makes of it at once, and who
 * spoke to whom.
 *
 * These holds come from facts of law.  HOLD_RELEASE, a member's own word, does
 * not lift them; only the fact that ends them does. */
#include "law_run.h"

#include "tl/check.h"
#include "tl/genesis_schema.h"

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
    {TL_ENTRY_REFUSAL_TO_PAY, true, false, BIT(CEASE), "engine.cease",
     "15 USC 1692c(c); 12 CFR 1006.6(c)"},
    {TL_ENTRY_ATTORNEY_REPRESENTED, true, false, BIT(ATTORNEY), "engine.attorney",
     "15 USC 1692c(a)(2); 12 CFR 1006.6(b)(2)"},
    {TL_ENTRY_ATTORNEY_ENDED, false, false, BIT(ATTORNEY), "engine.attorney", ""},
    {TL_ENTRY_BANKRUPTCY_FILED, true, true, BIT(BANKRUPTCY_STAY), "engine.stay", "11 USC 362(a)"},
    {TL_ENTRY_BANKRUPTCY_DISMISSED, false, false, BIT(BANKRUPTCY_STAY), "engine.stay",
     "11 USC 362(c)"},
    {TL_ENTRY_BANKRUPTCY_DISCHARGED, false, false, BIT(BANKRUPTCY_STAY), "engine.discharge",
     "11 USC 524(a)"},
    {TL_ENTRY_REAFFIRMED, false, false, BIT(BANKRUPTCY_STAY), "engine.reaffirmed", "11 USC 524(c)"},
    {TL_ENTRY_SCRA_ENDED, false, false, BIT(SCRA), "engine.service", "50 USC 3937"},
    {TL_ENTRY_TRAFFICKING_BLOCK, true, false, BIT(TRAFFICKING_BLOCK), "engine.trafficking",
     "12 CFR 1022.142"},
    {TL_ENTRY_TRAFFICKING_ENDED, false, false, BIT(TRAFFICKING_BLOCK), "engine.trafficking",
     "12 CFR 1022.142(g)"},
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

/* Which of the debtors it befell. */
static uint8_t whom(const struct tl_entry *e, const union tl_body *b)
{
    if (e->type == TL_ENTRY_CEASE_COMMUNICATION || e->type == TL_ENTRY_REFUSAL_TO_PAY)
        return b->cease.debtor;
    if (e->type == TL_ENTRY_BANKRUPTCY_FILED)
        return b->bankruptcy.debtor;
    if (e->type == TL_ENTRY_BANKRUPTCY_DISCHARGED)
        return b->discharge.debtor;
    return e->type == TL_ENTRY_DECEASED ? b->deceased.debtor : b->person.debtor;
}

/* What holds everybody who still owes it; or everybody, once nobody does. */
static uint32_t common_holds(const struct tl_facets *facets)
{
    uint32_t owing = TL_PERSONAL_HOLDS;
    uint32_t all = TL_PERSONAL_HOLDS;
    bool owed = false;

    for (uint32_t i = 0; i < tl_facets_debtors(facets); i++) {
        uint32_t holds = facets->debtor[i].d.holds;
        bool free = (holds & BIT(DISCHARGED)) != 0;

        all &= holds;
        owing &= free ? TL_PERSONAL_HOLDS : holds;
        owed = owed || !free;
    }
    return owed ? owing : all;
}

/* A hold of persons holds the debt when it holds all who owe it. */
void personal_gather(struct work *w)
{
    uint32_t all = common_holds(&w->facets);

    w->c.fact_holds = (w->c.fact_holds & ~TL_PERSONAL_HOLDS) | all;
    holds_gather(w);
}

/* False: there was nothing to lift. */
static bool befall(struct work *w, const struct event *event, uint8_t debtor)
{
    uint32_t *own = &debtor_of(w, debtor)->d.holds;
    bool was = ((*own | w->c.fact_holds) & event->holds) != 0;
    uint32_t of_case = event->holds & ~TL_PERSONAL_HOLDS;

    if (event->set) {
        *own |= event->holds & TL_PERSONAL_HOLDS;
        w->c.fact_holds |= of_case;
    } else {
        *own &= ~event->holds;
        w->c.fact_holds &= ~of_case;
    }
    personal_gather(w);
    return was || event->set;
}

/* What an event says beyond its hold. */
static void remember(const struct run *r, struct work *w, const struct tl_entry *e,
                     const union tl_body *b)
{
    struct tl_facet *f = &w->facets.f;

    if (e->type == TL_ENTRY_CEASE_COMMUNICATION || e->type == TL_ENTRY_REFUSAL_TO_PAY)
        w->c.ceased_on = e->value_date;
    else if (e->type == TL_ENTRY_IDTHEFT_REPORT || e->type == TL_ENTRY_IDTHEFT_BLOCK)
        w->c.idtheft_on = e->value_date;
    else if (e->type == TL_ENTRY_DECEASED)
        w->c.deceased_on =
            b->deceased.died_on == TL_DATE_NONE ? e->value_date : b->deceased.died_on;
    if (e->type == TL_ENTRY_IDTHEFT_REPORT && (r->author.roles & TL_ROLE_BUREAU) != 0)
        f->idtheft_reported_on = e->value_date; /* its term to block begins */
    else if (e->type == TL_ENTRY_IDTHEFT_BLOCK || e->type == TL_ENTRY_IDTHEFT_RESCIND)
        f->idtheft_reported_on = TL_DATE_NONE;
    else if (e->type == TL_ENTRY_REAFFIRMED)
        f->reaffirmed = true;
    if (e->type != TL_ENTRY_BANKRUPTCY_FILED)
        return;
    w->c.bankruptcy = b->bankruptcy.chapter;
    w->c.bankruptcy_on = e->value_date;
}

/* Nobody owes a discharged debt any more; its hold stays for ever. */
static void discharge(struct run *r, struct work *w, const struct tl_entry *e, uint8_t whom_of,
                      const struct why *why)
{
    debtor_of(w, whom_of)->d.holds |= BIT(DISCHARGED);
    personal_gather(w);
    if ((w->c.fact_holds & BIT(DISCHARGED)) == 0)
        return; /* others still owe it */
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
    if (event->rule == events[0].rule && !b->cease.written) {
        finding(r, w, TL_DECISION_ALERT, e->type, "not in writing: it binds nobody yet");
        return;
    }
    if (!befall(w, event, whom(e, b)))
        finding(r, w, TL_DECISION_ALERT, e->type, "nothing of the kind was on record");
    remember(r, w, e, b);
    if (event->recall && w->c.placement != TL_PLACEMENT_NONE &&
        (w->c.fact_holds & event->holds) == event->holds)
        placement_end(r, w, &why);
    if (e->type == TL_ENTRY_BANKRUPTCY_DISCHARGED && b->discharge.in_scope)
        discharge(r, w, e, b->discharge.debtor, &why);
}

/* ---- contacts ---------------------------------------------------------- */

void contact(struct run *r, struct work *w, const struct tl_entry *e,
             const struct tl_body_contact *b)
{
    contact_remember(r, w, e, b);
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
}
