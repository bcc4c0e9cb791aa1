/* What was sent and what came back; the validation period. */
#include "law_run.h"

#include <string.h>

static bool period_of(const struct work *w, int32_t sent_on, struct tl_validation *period)
{
    const struct tl_policy *p = w->policy;
    bool observed = tl_law_number(p, &w->c, TL_LAW_RF_26, 2, sent_on) != 0;
    struct tl_validation_policy policy = {
        (uint16_t)tl_law_number(p, &w->c, TL_LAW_RF_26, 0, sent_on),
        (uint16_t)tl_law_number(p, &w->c, TL_LAW_RF_26, 1, sent_on), tl_law_business(p, observed)};

    return tl_law_in_force(p, &w->c, TL_LAW_RF_26, sent_on) &&
           tl_validation_of(period, &policy, sent_on) == TL_OK;
}

/* The oldest gives way: what came back after so many others changes nothing. */
void letter_add(struct work *w, const struct tl_entry *e, bool spoken, bool validation)
{
    struct tl_facets *facets = facets_of(w);
    uint32_t at = facets->f.letters.count;

    if (at == TL_LETTERS_MAX) {
        at--;
        memmove(&facets->letter[0], &facets->letter[1], at * sizeof facets->letter[0]);
    }
    facets->letter[at] =
        (struct tl_letter){item_hash(e->ext_ref), e->value_date, TL_DATE_NONE, spoken, validation};
    facets->f.letters.count = at + 1;
}

void validation_notice(struct run *r, struct work *w, const struct tl_entry *e)
{
    struct tl_facets *facets = facets_of(w);
    struct tl_validation period;

    w->c.notices++;
    facets->f.validation_on = e->value_date;
    if (period_of(w, e->value_date, &period))
        w->c.validation_until_on = period.end_on;
    if (is_collector(r) && facets->f.collector_on == TL_DATE_NONE)
        facets->f.collector_on = e->value_date;
    letter_add(w, e, false, true);
    if (w->c.notified_on == TL_DATE_NONE) {
        w->c.notified_on = e->value_date;
        w->c.notified_leaf = r->entry_leaf;
    }
}

/* What comes back was not sent: 12 CFR 1006.42(a), comment 34(b)(5)-1. */
void delivery(struct run *r, struct work *w, const struct tl_entry *e,
              const struct tl_body_delivery *b)
{
    struct tl_facets *facets = &w->facets;
    uint64_t item = item_hash(b->item);

    for (uint32_t i = 0; i < facets->f.letters.count; i++) {
        struct tl_letter *letter = &facets->letter[i];

        if (letter->item != item)
            continue;
        if (b->delivered)
            return;
        letter->returned_on = e->value_date;
        if (letter->validation && letter->sent_on == facets->f.validation_on) {
            facets->f.validation_on = TL_DATE_NONE;
            w->c.validation_until_on = TL_DATE_NONE;
        }
        return;
    }
    finding(r, w, TL_DECISION_ALERT, e->type, "nothing of that name was sent");
}

void collector_changes(struct work *w)
{
    if (!w->facets.used)
        return;
    w->facets.f.letters.count = 0;
    w->facets.f.collector_on = TL_DATE_NONE;
    w->facets.f.validation_on = TL_DATE_NONE;
    w->c.validation_until_on = TL_DATE_NONE;
}
