/* Facts that come late: dated on a day that is over already.
 *
 * They count from now on; nothing decided is undone by itself.  What they change
 * about days that are over is restated: each derived value as it stood at the
 * end of the last closed day without the fact and with it, and the rules that
 * fired on or after the fact's day and so did not know it.  A person judges
 * what follows for those. */
#include "law_run.h"

#include "tl/check.h"

static const uint8_t watched[VALUES] = {
    TL_FEATURE_BALANCE, TL_FEATURE_DAYS_PAST_DUE, TL_FEATURE_STAGE,
    TL_FEATURE_HOLDS,   TL_FEATURE_DISPUTES_OPEN, TL_FEATURE_UNAPPLIED,
};

void values_take(const struct run *r, const struct work *w, struct values *values)
{
    for (uint32_t i = 0; i < VALUES; i++) {
        bool known =
            tl_case_feature(&w->c, (enum tl_feature)watched[i], r->clock.closed_on, &values->at[i]);

        TL_CHECK(known); /* none of them is a date */
    }
}

static void put_changes(struct tl_body_restatement *body, struct tl_buf *buf,
                        const struct values *before, const struct values *after)
{
    for (uint32_t i = 0; i < VALUES; i++) {
        const struct tl_change change = {tl_bytes_str(tl_name_of(&tl_feature_names, watched[i])),
                                         before->at[i], after->at[i]};

        if (change.before != change.after)
            tl_list_add(&body->changes, buf, &tl_change_record, &change);
    }
}

static void put_unaware(struct tl_body_restatement *body, struct tl_buf *buf, const struct work *w)
{
    for (uint32_t i = 0; i < w->policy->rule_count; i++) {
        const struct tl_unaware unaware = {tl_bytes_str(w->policy->rule[i].id), w->use[i].fired_on};

        if (w->use[i].fires == 0 || unaware.fired_on < body->from_on)
            continue;
        body->unaware_count++;
        if (body->unaware.count < TL_UNAWARE_MAX)
            tl_list_add(&body->unaware, buf, &tl_unaware_record, &unaware);
    }
}

void backdate_note(struct run *r, struct work *w, const struct tl_entry *e,
                   const struct values *before)
{
    struct why why = why_entry(r, w->c.floor_on, "engine.restatement",
                               "a fact of a day that was over; its values are stated anew");
    struct tl_body_restatement body = {.from_on = e->value_date, .through_on = r->clock.closed_on};
    struct tl_buf buf = tl_buf(r->k->value, sizeof r->k->value);
    struct values after;

    if (e->value_date > r->clock.closed_on)
        return;
    values_take(r, w, &after);
    put_changes(&body, &buf, before, &after);
    if (body.changes.count == 0)
        return;
    put_unaware(&body, &buf, w);
    TL_CHECK(!buf.full);
    decide(r, w, TL_DECISION_RESTATEMENT, &why, &body);
    if (w->c.reporting == TL_REPORTING_FURNISHED) /* FC-01: let it settle before it is told */
        facets_of(w)->f.restated_on = r->clock.closed_on + 1;
}
