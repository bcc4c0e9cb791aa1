/* What is due by a day: the terms of the law. */
#include "judge.h"

#include "tl/check.h"
#include "tl/genesis_schema.h"

/* The end of a term of so many days; none without a start or a figure. */
static int32_t after(int32_t start, int64_t days)
{
    int64_t end = (int64_t)start + days;

    return start == TL_DATE_NONE || days <= 0 || end > TL_DATE_MAX ? TL_DATE_NONE : (int32_t)end;
}

struct term {
    const struct tl_policy *policy;
    const struct tl_case *c;
    const struct tl_facet *f;
    int32_t on; /* the day its figures are looked up for */
};

static int64_t figure(const struct term *t, enum tl_law rule, uint32_t at, int32_t start)
{
    return start == TL_DATE_NONE ? 0 : tl_law_number(t->policy, t->c, rule, at, start);
}

static int32_t validation_due(const struct term *t)
{
    if (t->f->validation_on != TL_DATE_NONE || tl_case_ended(t->c))
        return TL_DATE_NONE;
    return after(t->f->collector_on, figure(t, TL_LAW_RF_24, 0, t->f->collector_on));
}

static int32_t correction_due(const struct term *t)
{
    return after(t->f->stale_on, figure(t, TL_LAW_FC_02, 0, t->f->stale_on));
}

static int32_t negative_due(const struct term *t)
{
    if (t->f->negative_notice_on != TL_DATE_NONE)
        return TL_DATE_NONE;
    return after(t->f->first_furnished_on, figure(t, TL_LAW_FC_07, 0, t->f->first_furnished_on));
}

static int32_t answer_due(const struct term *t, enum tl_law rule, enum tl_regime regime)
{
    int32_t opened = law_disputed_on(t->c, regime);

    return after(opened, figure(t, rule, 0, opened));
}

static int32_t block_due(const struct term *t)
{
    struct tl_business_days week = tl_law_business(t->policy, false);
    int64_t days = figure(t, TL_LAW_FC_12, 0, t->f->idtheft_reported_on);
    int32_t due;

    if (days <= 0 ||
        tl_business_days_after(&due, &week, t->f->idtheft_reported_on, (uint32_t)days) != TL_OK)
        return TL_DATE_NONE;
    return due;
}

static int32_t charge_off_due(const struct term *t)
{
    if (t->c->charged_off || tl_case_ended(t->c) || tl_case_balance(t->c) <= 0)
        return TL_DATE_NONE;
    return after(t->c->due_on, figure(t, TL_LAW_US_01, 0, t->c->due_on));
}

int32_t tl_law_due(enum tl_law rule, const struct tl_policy *policy, const struct tl_case *c,
                   const struct tl_facets *facets)
{
    const struct term t = {policy, c, &facets->f, TL_DATE_NONE};

    if (!tl_law_binds(rule, c, TL_ROLE_ALL))
        return TL_DATE_NONE;
    if (rule == TL_LAW_RF_24)
        return validation_due(&t);
    if (rule == TL_LAW_FC_02)
        return correction_due(&t);
    if (rule == TL_LAW_FC_07)
        return negative_due(&t);
    if (rule == TL_LAW_FC_08)
        return answer_due(&t, rule, TL_REGIME_FCRA_DIRECT);
    if (rule == TL_LAW_FC_09)
        return answer_due(&t, rule, TL_REGIME_FCRA_ACDV);
    if (rule == TL_LAW_FC_12)
        return block_due(&t);
    if (rule == TL_LAW_US_01)
        return charge_off_due(&t);
    if (rule == TL_LAW_US_03)
        return answer_due(&t, rule, TL_REGIME_FCBA);
    return TL_DATE_NONE;
}

static bool said(const struct tl_facets *facets, enum tl_law rule, int32_t due_on)
{
    for (uint32_t i = 0; i < facets->f.missed.count; i++) {
        if (facets->missed[i].rule == (uint8_t)rule && facets->missed[i].due_on >= due_on)
            return true;
    }
    return false;
}

bool tl_law_next(const struct tl_policy *policy, const struct tl_case *c,
                 const struct tl_facets *facets, enum tl_law *rule, int32_t *due_on)
{
    static const enum tl_law terms[] = {TL_LAW_RF_24, TL_LAW_FC_02, TL_LAW_FC_07, TL_LAW_FC_08,
                                        TL_LAW_FC_09, TL_LAW_FC_12, TL_LAW_US_01, TL_LAW_US_03};
    bool found = false;

    if (policy->law_count == 0)
        return false;
    for (uint32_t i = 0; i < sizeof terms / sizeof terms[0]; i++) {
        int32_t due = tl_law_due(terms[i], policy, c, facets);

        if (due == TL_DATE_NONE || (found && due >= *due_on) || said(facets, terms[i], due))
            continue;
        found = true;
        *rule = terms[i];
        *due_on = due;
    }
    return found;
}
