/* judge.h -- what a rule's judge sees, and where the judges are (private). */
#ifndef TL_JUDGE_H
#define TL_JUDGE_H

#include "tl/fcra.h"
#include "tl/law.h"

/* One act before one rule, by one of its rows. */
struct law_view {
    const struct tl_policy *policy;
    const struct tl_case *c;
    const struct tl_facets *facets;
    const struct tl_facet *f;
    const struct tl_debtor_facts *debtor; /* whom the act is about */
    const struct tl_debtor *d;
    const struct tl_act *act;
    const struct tl_law_row *row; /* NULL: the rule needs none */
    uint32_t holds;               /* that count for this debtor */
    enum tl_law rule;
};

static inline bool law_held(const struct law_view *v, enum tl_hold hold)
{
    return (v->holds >> hold & 1u) != 0;
}
static inline bool law_marked(const struct law_view *v, enum tl_mark mark)
{
    return (v->act->plan.marks & mark) != 0;
}
static inline bool law_consents(const struct law_view *v, enum tl_consent_scope scope)
{
    return (v->d->consents >> scope & 1u) != 0 &&
           (v->d->consent_until_on == TL_DATE_NONE || v->act->on <= v->d->consent_until_on);
}
/* Days from `since` to the act; huge when the date is not known. */
static inline int64_t law_days_since(const struct law_view *v, int32_t since)
{
    return since == TL_DATE_NONE ? INT64_MAX : (int64_t)v->act->on - since;
}
/* 12 CFR 1006.6(b)(2)(i): the attorney had time enough to answer. */
static inline bool law_attorney_silent(const struct law_view *v)
{
    return v->d->attorney_asked_on != TL_DATE_NONE &&
           law_days_since(v, v->d->attorney_asked_on) >
               tl_law_number(v->policy, v->c, TL_LAW_RF_08, 0, v->act->on);
}
static inline bool law_collects(const struct law_view *v)
{
    return v->act->plan.purpose == TL_PURPOSE_COLLECT;
}

/* True: the act breaks the rule.  One function each, named in law_rules.def. */
#define LAW_JUDGES(J)                                                                              \
    J(held_by_policy)                                                                              \
    J(no_leave)                                                                                    \
    J(too_many_calls)                                                                              \
    J(too_soon_after_talk)                                                                         \
    J(burst_of_calls)                                                                              \
    J(outside_hours)                                                                               \
    J(inconvenient_time)                                                                           \
    J(has_attorney)                                                                                \
    J(at_work)                                                                                     \
    J(after_cease)                                                                                 \
    J(third_party)                                                                                 \
    J(unsafe_address)                                                                              \
    J(no_opt_out_offered)                                                                          \
    J(refused_medium)                                                                              \
    J(not_disclosed)                                                                               \
    J(not_owed)                                                                                    \
    J(postdated_early)                                                                             \
    J(in_public)                                                                                   \
    J(time_barred)                                                                                 \
    J(furnished_unannounced)                                                                       \
    J(over_already)                                                                                \
    J(paid_to_disputed)                                                                            \
    J(wrong_venue)                                                                                 \
    J(no_validation)                                                                               \
    J(itemised_wrongly)                                                                            \
    J(overshadows)                                                                                 \
    J(not_verified)                                                                                \
    J(notice_unreachable)                                                                          \
    J(still_evidence)                                                                              \
    J(dispute_untold)                                                                              \
    J(is_deceased)                                                                                 \
    J(known_wrong)                                                                                 \
    J(closure_untold)                                                                              \
    J(commencement_unknown)                                                                        \
    J(identity_stolen)                                                                             \
    J(negative_untold)                                                                             \
    J(direct_dispute_late)                                                                         \
    J(bureau_dispute_late)                                                                         \
    J(obsolete)                                                                                    \
    J(trafficked)                                                                                  \
    J(medical)                                                                                     \
    J(reaged_too_soon)                                                                             \
    J(interest_waived)                                                                             \
    J(billing_error)                                                                               \
    J(autodialled)                                                                                 \
    J(debit_unauthorised)                                                                          \
    J(stayed)                                                                                      \
    J(serving)                                                                                     \
    J(unlicensed)                                                                                  \
    J(electronic_unasked)                                                                          \
    J(returned_too_often)

#define J(name) bool law_##name(const struct law_view *v);
LAW_JUDGES(J)
#undef J

/* The first open dispute under a regime; TL_DATE_NONE: none. */
int32_t law_disputed_on(const struct tl_case *c, enum tl_regime regime);

#endif
