/* What is about to fall due: the policies' timers, promises, deals, and the
 * day after which an account is no longer reported. */
#include "report.h"

#include "tl/facets.h"
#include "tl/fcra.h"
#include "tl/law.h"

#include "mem.h"

#include <stdlib.h>
#include <string.h>

struct timer {
    int32_t due_on;
    struct tl_id case_id;
    const char *what;
    const char *citation; /* "" for an agreement's own day */
};

struct timers {
    struct timer *item;
    size_t count;
    size_t cap;
    int32_t last_on;
};

static void timer_add(struct timers *timers, const struct tl_case *c, int32_t due_on,
                      const char *what, const char *citation)
{
    if (due_on == TL_DATE_NONE || due_on > timers->last_on)
        return;
    timers->item =
        tl_mem_grow(timers->item, &timers->cap, timers->count + 1u, sizeof *timers->item);
    timers->item[timers->count++] = (struct timer){due_on, c->id, what, citation};
}

/* 15 USC 1681c(a)(4), (c)(1). */
static void obsolescence(struct timers *timers, const struct tl_case *c)
{
    static const struct tl_obsolete_policy law = {30, 180, 7};
    struct tl_obsolete found;

    if (c->commenced_on != TL_DATE_NONE && c->reporting != TL_REPORTING_NONE &&
        tl_obsolete_of(&found, &law, c->commenced_on) == TL_OK)
        timer_add(timers, c, found.gone_on, "no longer reported", "15 USC 1681c(c)(1)");
}

/* Terms of the law that run in the case, as the contract counts them. */
static void law_terms(struct timers *timers, const struct tl_policy *policy,
                      const struct tl_case *c)
{
    struct tl_facets *facets = tl_mem_new(1, sizeof *facets);

    tl_facets_read(facets, c->facets);
    for (uint32_t law = 0; law < TL_LAW_COUNT; law++) {
        const struct tl_law_rule *rule = tl_law_rule((enum tl_law)law);

        timer_add(timers, c, tl_law_due((enum tl_law)law, policy, c, facets), rule->id,
                  rule->citation);
    }
    tl_mem_free(facets);
}

static void case_timers(struct timers *timers, const struct tl_facts *facts,
                        const struct tl_case *c)
{
    const struct tl_policy *policy = tl_facts_policy(facts, &c->policy);

    for (uint32_t i = 0; policy != NULL && i < policy->rule_count; i++)
        timer_add(timers, c, tl_rule_due(policy, i, c), policy->rule[i].id,
                  policy->rule[i].citation);
    if (policy != NULL && policy->law_count > 0)
        law_terms(timers, policy, c);
    timer_add(timers, c, c->promise_on, "promise to pay", "");
    timer_add(timers, c, c->deal_next_on, "settlement or instalment", "");
    if (c->deal == TL_DEAL_SETTLEMENT_OFFERED || c->deal == TL_DEAL_PLAN_OFFERED)
        timer_add(timers, c, c->deal_expires_on, "offer expires", "");
    if (c->legal == TL_LEGAL_RELEASED)
        timer_add(timers, c, c->sue_until_on, "last day for a suit", "");
    obsolescence(timers, c);
}

static int by_day(const void *a, const void *b)
{
    const struct timer *x = a;
    const struct timer *y = b;
    int order;

    if (x->due_on != y->due_on)
        return x->due_on < y->due_on ? -1 : 1;
    order = memcmp(x->case_id.b, y->case_id.b, TL_ID_BYTES);
    return order != 0 ? order : strcmp(x->what, y->what);
}

static enum tl_status make(struct tl_report_call *call)
{
    const struct tl_facts *facts = call->facts;
    struct timers timers = {.last_on = TL_DATE_MAX};

    if (call->within_days < TL_DATE_MAX - facts->point.closed_on)
        timers.last_on = facts->point.closed_on + (int32_t)call->within_days;
    for (size_t i = 0; i < facts->cases; i++) {
        struct tl_case c = tl_facts_case(facts, i);

        case_timers(&timers, facts, &c);
    }
    if (timers.count > 1)
        qsort(timers.item, timers.count, sizeof *timers.item, by_day);
    for (size_t i = 0; i < timers.count; i++) {
        const struct timer *timer = &timers.item[i];
        struct tl_json *row = tl_json_object();

        tl_report_date(row, "due_on", timer->due_on);
        tl_json_set_int(row, "in_days", (int64_t)timer->due_on - facts->point.closed_on);
        tl_json_set(row, "case", tl_json_hex(tl_bytes(timer->case_id.b, TL_ID_BYTES)));
        tl_json_set_str(row, "what", timer->what);
        tl_json_set_str(row, "citation", timer->citation);
        tl_json_add(call->rows, row);
    }
    tl_mem_free(timers.item);
    return TL_OK;
}

static const struct tl_column columns[] = {
    {"due_on", "due on", TL_COLUMN_TEXT},       {"in_days", "in days", TL_COLUMN_NUMBER},
    {"case", "case", TL_COLUMN_TEXT},           {"what", "what", TL_COLUMN_TEXT},
    {"citation", "because of", TL_COLUMN_TEXT}, TL_COLUMN_END};

const struct tl_report tl_report_timers = {
    "timers", "what falls due in the next days, case by case", columns, make};
