/* Promises, settlements, plans: made, kept, broken; disputes: open and answered. */
#include "report.h"

#include "mem.h"

#include <stdio.h>
#include <string.h>

/* ---- promises ---------------------------------------------------------- */

enum { DEAL_MADE, DEAL_TAKEN, DEAL_KEPT, DEAL_BROKEN, DEAL_OPEN, DEAL_AMOUNT };

/* Whose offer or promise a case's latest one is, by kind: 0 promise, 1
 * settlement, 2 plan. */
struct deals {
    const struct tl_facts *facts;
    struct tl_sheet sheet;
    uint8_t *by[3]; /* member, by case */
    /* By case: what is left to be paid of the promise; INT64_MAX: none. */
    int64_t *promised;
};
static const char *const deal_words[3] = {"promise", "settlement", "plan"};

struct deal_event {
    uint16_t type;
    uint8_t kind;
    uint8_t sum;
    bool begins;
};

static const struct deal_event deal_events[] = {
    {TL_ENTRY_PROMISE_TO_PAY, 0, DEAL_MADE, true},
    {TL_DECISION_PROMISE_KEPT, 0, DEAL_KEPT, false},
    {TL_DECISION_PROMISE_BROKEN, 0, DEAL_BROKEN, false},
    {TL_ENTRY_SETTLEMENT_OFFER, 1, DEAL_MADE, true},
    {TL_ENTRY_SETTLEMENT_ACCEPT, 1, DEAL_TAKEN, false},
    {TL_DECISION_SETTLEMENT_COMPLETED, 1, DEAL_KEPT, false},
    {TL_DECISION_SETTLEMENT_VOID, 1, DEAL_BROKEN, false},
    {TL_ENTRY_PLAN_OFFER, 2, DEAL_MADE, true},
    {TL_ENTRY_PLAN_ACCEPT, 2, DEAL_TAKEN, false},
    {TL_DECISION_PLAN_COMPLETED, 2, DEAL_KEPT, false},
    {TL_DECISION_PLAN_BROKEN, 2, DEAL_BROKEN, false},
};

static int64_t *deal_row(struct deals *d, uint8_t kind, size_t at)
{
    char member[TL_MEMBER_ID_MAX + 1];

    tl_facts_member(d->facts, d->by[kind][at], member);
    return tl_sheet_at(&d->sheet, (const char *const[TL_SHEET_WORDS]){deal_words[kind], member});
}

/* A debt that was paid before the day of the promise ends with it: the contract
 * has no promise left to judge then, and it was kept. */
static void promise_watch(struct deals *d, const struct tl_report_call *call,
                          const struct tl_fact *fact)
{
    size_t at = tl_facts_find(d->facts, &fact->case_id);

    if (at == SIZE_MAX)
        return;
    if (fact->type == TL_ENTRY_PROMISE_TO_PAY)
        d->promised[at] = fact->amount_minor;
    else if (fact->type == TL_DECISION_PROMISE_KEPT || fact->type == TL_DECISION_PROMISE_BROKEN)
        d->promised[at] = INT64_MAX;
    else if (fact->type == TL_DECISION_ALLOCATION && d->promised[at] != INT64_MAX)
        d->promised[at] -= fact->amount_minor;
    else if (fact->type == TL_DECISION_STAGE_CHANGED && fact->kind >= TL_STAGE_PAID) {
        if (d->promised[at] <= 0 && tl_report_day(call, fact->date))
            deal_row(d, 0, at)[DEAL_KEPT]++;
        d->promised[at] = INT64_MAX;
    }
}

static void deal_see(struct deals *d, const struct tl_report_call *call, const struct tl_fact *fact)
{
    for (size_t i = 0; i < sizeof deal_events / sizeof deal_events[0]; i++) {
        const struct deal_event *event = &deal_events[i];
        size_t at;

        if (fact->type != event->type)
            continue;
        at = tl_facts_find(d->facts, &fact->case_id);
        if (at == SIZE_MAX)
            return;
        if (event->begins)
            d->by[event->kind][at] = fact->member;
        if (!tl_report_day(call, fact->date))
            return;
        deal_row(d, event->kind, at)[event->sum]++;
        if (event->begins)
            deal_row(d, event->kind, at)[DEAL_AMOUNT] += fact->amount_minor;
        return;
    }
}

/* What is still open stands in the case. */
static void deals_open(struct deals *d)
{
    for (size_t i = 0; i < d->facts->cases; i++) {
        struct tl_case c = tl_facts_case(d->facts, i);

        if (c.promise_on != TL_DATE_NONE)
            deal_row(d, 0, i)[DEAL_OPEN]++;
        if (c.deal == TL_DEAL_SETTLEMENT || c.deal == TL_DEAL_SETTLEMENT_OFFERED)
            deal_row(d, 1, i)[DEAL_OPEN]++;
        if (c.deal == TL_DEAL_PLAN || c.deal == TL_DEAL_PLAN_OFFERED)
            deal_row(d, 2, i)[DEAL_OPEN]++;
    }
}

static enum tl_status promises(struct tl_report_call *call)
{
    static const struct tl_report_names names = {
        {"kind", "party", NULL, NULL},
        {"made", "accepted", "kept", "broken", "open", "amount_minor"}};
    const struct tl_facts *facts = call->facts;
    struct deals d = {.facts = facts,
                      .promised = tl_mem_new(facts->cases + 1u, sizeof *d.promised)};

    for (int kind = 0; kind < 3; kind++)
        d.by[kind] = tl_mem_new(facts->cases + 1u, 1);
    for (size_t i = 0; i < facts->cases; i++)
        d.promised[i] = INT64_MAX;
    for (size_t i = 0; i < facts->facts; i++)
        if (!facts->fact[i].is_void) {
            deal_see(&d, call, &facts->fact[i]);
            promise_watch(&d, call, &facts->fact[i]);
        }
    deals_open(&d);
    tl_report_rows(call->rows, &d.sheet, &names);
    for (size_t i = 0; i < d.sheet.rows; i++) {
        const int64_t *sum = d.sheet.row[i].sum;
        struct tl_json *row = tl_json_keep(tl_json_at(call->rows, i));

        tl_json_set_int(row, "kept_bp",
                        tl_basis_points(sum[DEAL_KEPT], sum[DEAL_KEPT] + sum[DEAL_BROKEN]));
        tl_json_free(row);
    }
    tl_sheet_free(&d.sheet);
    for (int kind = 0; kind < 3; kind++)
        tl_mem_free(d.by[kind]);
    tl_mem_free(d.promised);
    return TL_OK;
}

static const struct tl_column promises_columns[] = {
    {"kind", "kind", TL_COLUMN_TEXT},
    {"party", "taken or offered by", TL_COLUMN_TEXT},
    {"made", "made", TL_COLUMN_NUMBER},
    {"accepted", "accepted", TL_COLUMN_NUMBER},
    {"kept", "kept", TL_COLUMN_NUMBER},
    {"broken", "broken", TL_COLUMN_NUMBER},
    {"open", "open", TL_COLUMN_NUMBER},
    {"kept_bp", "kept, bp", TL_COLUMN_NUMBER},
    {"amount_minor", "amount", TL_COLUMN_MONEY},
    TL_COLUMN_END};

const struct tl_report tl_report_promises = {
    "promises", "promises, settlements and plans: made, kept, broken", promises_columns, promises};

/* ---- disputes ---------------------------------------------------------- */

enum {
    DISPUTE_OPENED,
    DISPUTE_OPEN,
    DISPUTE_7,
    DISPUTE_30,
    DISPUTE_OVER,
    DISPUTE_OLDEST,
    DISPUTE_ANSWERED, /* the four outcomes follow */
    DISPUTE_REJECTED,
    DISPUTE_PART,
    DISPUTE_FULL,
    DISPUTE_WITHDRAWN,
    DISPUTE_DAYS
};

struct disputes {
    const struct tl_report_call *call;
    struct tl_sheet sheet;
    size_t *open; /* facts that opened one not answered yet, in order */
    size_t count;
    size_t cap;
};

static int64_t *dispute_row(struct disputes *d, uint8_t regime, uint8_t reason)
{
    const char *regime_word = tl_name_of(&tl_regime_names, regime);
    const char *reason_word = tl_name_of(&tl_dispute_reason_names, reason);

    return tl_sheet_at(&d->sheet, (const char *const[TL_SHEET_WORDS]){regime_word, reason_word});
}

static void dispute_opened(struct disputes *d, size_t index)
{
    const struct tl_fact *fact = &d->call->facts->fact[index];

    d->open = tl_mem_grow(d->open, &d->cap, d->count + 1u, sizeof *d->open);
    d->open[d->count++] = index;
    if (tl_report_day(d->call, fact->date))
        dispute_row(d, fact->kind, fact->outcome)[DISPUTE_OPENED]++;
}

/* The open one of that name, else the case's oldest: as the contract has it. */
static size_t dispute_find(const struct disputes *d, const struct tl_fact *answer)
{
    size_t oldest = SIZE_MAX;

    for (size_t i = 0; i < d->count; i++) {
        const struct tl_fact *fact = &d->call->facts->fact[d->open[i]];

        if (memcmp(fact->case_id.b, answer->case_id.b, TL_ID_BYTES) != 0)
            continue;
        if (fact->name == answer->name)
            return i;
        if (oldest == SIZE_MAX)
            oldest = i;
    }
    return oldest;
}

static void dispute_answered(struct disputes *d, const struct tl_fact *answer)
{
    size_t at = dispute_find(d, answer);
    const struct tl_fact *opened;
    int64_t *sum;

    if (at == SIZE_MAX || d->open == NULL)
        return;
    opened = &d->call->facts->fact[d->open[at]];
    memmove(&d->open[at], &d->open[at + 1u], (--d->count - at) * sizeof *d->open);
    if (!tl_report_day(d->call, answer->date))
        return;
    sum = dispute_row(d, opened->kind, opened->outcome);
    sum[DISPUTE_ANSWERED]++;
    sum[DISPUTE_REJECTED + answer->outcome]++;
    sum[DISPUTE_DAYS] += answer->date - opened->date;
}

/* What a case has open stands in it: an end of the case may have closed some. */
static void disputes_open(struct disputes *d)
{
    const struct tl_facts *facts = d->call->facts;

    for (size_t i = 0; i < facts->cases; i++) {
        struct tl_case c = tl_facts_case(facts, i);
        struct tl_open_dispute dispute;

        while (tl_list_next(&c.disputes, &tl_open_dispute_record, &dispute)) {
            int64_t *sum = dispute_row(d, dispute.regime, dispute.reason);
            int64_t days = (int64_t)facts->point.closed_on - dispute.opened_on;

            sum[DISPUTE_OPEN]++;
            sum[days <= 7 ? DISPUTE_7 : days <= 30 ? DISPUTE_30 : DISPUTE_OVER]++;
            if (days > sum[DISPUTE_OLDEST])
                sum[DISPUTE_OLDEST] = days;
        }
    }
}

static enum tl_status disputes(struct tl_report_call *call)
{
    static const struct tl_report_names names = {
        {"regime", "reason", NULL, NULL},
        {"opened", "open", "open_7", "open_30", "open_over_30", "oldest_days", "answered",
         "rejected", "upheld_part", "upheld_full", "withdrawn", NULL}};
    struct disputes d = {.call = call};

    for (size_t i = 0; i < call->facts->facts; i++) {
        const struct tl_fact *fact = &call->facts->fact[i];

        if (fact->is_void || fact->decided)
            continue;
        if (fact->type == TL_ENTRY_DISPUTE_OPENED)
            dispute_opened(&d, i);
        else if (fact->type == TL_ENTRY_DISPUTE_RESOLVED)
            dispute_answered(&d, fact);
    }
    disputes_open(&d);
    tl_report_rows(call->rows, &d.sheet, &names);
    for (size_t i = 0; i < d.sheet.rows; i++) {
        const int64_t *sum = d.sheet.row[i].sum;
        struct tl_json *row = tl_json_keep(tl_json_at(call->rows, i));

        tl_json_set_int(row, "average_days",
                        sum[DISPUTE_ANSWERED] > 0 ? sum[DISPUTE_DAYS] / sum[DISPUTE_ANSWERED] : 0);
        tl_json_free(row);
    }
    tl_sheet_free(&d.sheet);
    tl_mem_free(d.open);
    return TL_OK;
}

static const struct tl_column disputes_columns[] = {
    {"regime", "regime", TL_COLUMN_TEXT},
    {"reason", "reason", TL_COLUMN_TEXT},
    {"opened", "opened", TL_COLUMN_NUMBER},
    {"open", "open", TL_COLUMN_NUMBER},
    {"open_7", "to 7 days", TL_COLUMN_NUMBER},
    {"open_30", "to 30", TL_COLUMN_NUMBER},
    {"open_over_30", "over 30", TL_COLUMN_NUMBER},
    {"oldest_days", "oldest, days", TL_COLUMN_NUMBER},
    {"answered", "answered", TL_COLUMN_NUMBER},
    {"rejected", "rejected", TL_COLUMN_NUMBER},
    {"upheld_part", "in part", TL_COLUMN_NUMBER},
    {"upheld_full", "upheld", TL_COLUMN_NUMBER},
    {"withdrawn", "withdrawn", TL_COLUMN_NUMBER},
    {"average_days", "days to answer", TL_COLUMN_NUMBER},
    TL_COLUMN_END};

const struct tl_report tl_report_disputes = {
    "disputes", "disputes open, by age, and how they were answered", disputes_columns, disputes};
