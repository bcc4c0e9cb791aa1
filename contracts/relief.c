/* Holds that end by a day, terms of law that pass, relief a debtor is given. */
#include "law_run.h"

#include "tl/check.h"

#include <string.h>

/* ---- holds with an end -------------------------------------------------- */

static void timed_drop(struct tl_facets *facets, uint32_t at)
{
    facets->f.timed.count--;
    memmove(&facets->timed[at], &facets->timed[at + 1],
            (facets->f.timed.count - at) * sizeof facets->timed[0]);
}

void hold_over(struct work *w, enum tl_hold hold)
{
    for (uint32_t i = w->facets.f.timed.count; i-- > 0;) {
        if (w->facets.timed[i].hold == (uint8_t)hold)
            timed_drop(&w->facets, i);
    }
    w->c.fact_holds &= ~(1u << hold);
    holds_gather(w);
}

/* Without an end it lasts until a fact lifts it; said again, it lasts anew. */
void hold_until(struct run *r, struct work *w, enum tl_hold hold, int32_t until_on)
{
    struct tl_facets *facets = facets_of(w);

    hold_over(w, hold);
    if (until_on != TL_DATE_NONE && until_on <= r->clock.closed_on)
        return; /* over already */
    if (until_on != TL_DATE_NONE && facets->f.timed.count < TL_TIMED_MAX)
        facets->timed[facets->f.timed.count++] = (struct tl_timed){(uint8_t)hold, until_on};
    w->c.fact_holds |= 1u << hold;
    holds_gather(w);
}

static bool timed_first(const struct work *w, uint32_t *at)
{
    bool found = false;

    for (uint32_t i = 0; i < w->facets.f.timed.count; i++) {
        if (!found || w->facets.timed[i].until_on < w->facets.timed[*at].until_on)
            *at = i;
        found = true;
    }
    return found;
}

/* ---- terms -------------------------------------------------------------- */

/* A term is over when its last day is. */
int32_t terms_due(const struct work *w)
{
    int32_t due = TL_DATE_NONE;
    enum tl_law rule;
    uint32_t at = 0;

    if (!tl_law_next(w->policy, &w->c, &w->facets, &rule, &due))
        due = TL_DATE_NONE;
    if (timed_first(w, &at) && (due == TL_DATE_NONE || w->facets.timed[at].until_on < due))
        due = w->facets.timed[at].until_on;
    return due;
}

static void term_missed(struct run *r, struct work *w, enum tl_law rule, int32_t due_on)
{
    const struct tl_law_rule *law = tl_law_rule(rule);
    struct tl_facets *facets = facets_of(w);
    struct why why = {due_on, law->id, law->citation, {r->clock.leaf}, 0};
    struct tl_body_finding body = {0, tl_bytes_str(law->says)};
    uint32_t at = 0;

    if (w->c.floor_on != TL_DATE_NONE && due_on < w->c.floor_on)
        why.date = w->c.floor_on;
    why_add(&why, r->clock.leaf);
    why_add(&why, w->c.opened_leaf);
    while (at < facets->f.missed.count && facets->missed[at].rule != (uint8_t)rule)
        at++;
    TL_CHECK(at < TL_MISSED_MAX); /* one for each rule with a term */
    facets->missed[at] = (struct tl_missed){(uint8_t)rule, due_on};
    if (at == facets->f.missed.count)
        facets->f.missed.count++;
    w->c.violations++;
    decide(r, w, TL_DECISION_VIOLATION, &why, &body);
}

static void timed_over(struct run *r, struct work *w, uint32_t at)
{
    enum tl_hold hold = (enum tl_hold)w->facets.timed[at].hold;
    struct why why = {w->facets.timed[at].until_on, "engine.hold_over", "", {0}, 0};
    struct tl_body_finding body = {0, tl_bytes_str("a hold has reached its last day")};

    why_add(&why, r->clock.leaf);
    if (w->c.floor_on != TL_DATE_NONE && why.date < w->c.floor_on)
        why.date = w->c.floor_on;
    hold_over(w, hold);
    decide(r, w, TL_DECISION_ALERT, &why, &body);
}

void terms_judge(struct run *r, struct work *w, int32_t day)
{
    enum tl_law rule = TL_LAW_JU_01;
    int32_t due = TL_DATE_NONE;
    uint32_t at = 0;

    if (timed_first(w, &at) && w->facets.timed[at].until_on <= day)
        timed_over(r, w, at);
    else if (tl_law_next(w->policy, &w->c, &w->facets, &rule, &due) && due <= day)
        term_missed(r, w, rule, due);
    else
        TL_UNREACHABLE();
}

/* ---- relief ------------------------------------------------------------- */

/* The days past due begin anew; when the delinquency began does not move. */
void reage(struct run *r, struct work *w, const struct tl_entry *e, const struct tl_body_reage *b)
{
    struct why why = why_entry(r, w->c.floor_on, "engine.reage", "65 FR 36903");
    struct tl_facets *facets = facets_of(w);

    if (b->due_on == TL_DATE_NONE || tl_case_ended(&w->c) || w->c.charged_off) {
        finding(r, w, TL_DECISION_DENIED, e->type,
                "ended, charged off, or no day is named to count from");
        return;
    }
    facets->f.reaged_before_on = facets->f.reaged_on;
    facets->f.reaged_on = e->value_date;
    w->c.due_on = b->due_on;
    if (w->c.stage > TL_STAGE_CURRENT && w->c.stage < TL_STAGE_RESOLUTION &&
        b->due_on > r->clock.closed_on)
        stage_set(r, w, TL_STAGE_CURRENT, &why);
}

/* 50 USC 3937: what was charged above the rate since service began is forgiven,
 * not deferred. */
void service(struct run *r, struct work *w, const struct tl_entry *e,
             const struct tl_body_service *b)
{
    struct why why = why_entry(r, w->c.floor_on, "engine.service", "50 USC 3937(a)(2)");
    struct tl_facets *facets = facets_of(w);
    int64_t less = b->excess_minor;

    facets->f.service_from_on = b->from_on;
    facets->f.service_until_on = b->until_on;
    debtor_of(w, b->debtor)->d.holds |= 1u << TL_HOLD_SCRA;
    personal_gather(w);
    if (less > w->c.interest_minor) {
        finding(r, w, TL_DECISION_ALERT, e->type, "more interest is forgiven than is owed");
        less = w->c.interest_minor;
    }
    if (less == 0 || brimful(&w->c))
        return;
    restate(r, w, TL_BUCKET_INTEREST, w->c.interest_minor - less);
    settle(r, w, &why);
}
