/* What came in: after placement, and how long after it was due. */
#include "report.h"

#include "mem.h"
#include "say.h"

#include <stdio.h>

/* ---- vintage recovery -------------------------------------------------- */

enum {
    VINTAGE_CASES,
    VINTAGE_PLACED,
    VINTAGE_30,
    VINTAGE_60,
    VINTAGE_90,
    VINTAGE_180,
    VINTAGE_COLLECTED,
    VINTAGE_RECALLED,
    VINTAGE_PAYING /* cases that paid at all */
};

/* Where a payment counted, for a reversal to go back there. */
struct counted {
    struct tl_placed placed;
    bool is;
};

struct vintages {
    const struct tl_facts *facts;
    struct tl_sheet sheet;
    struct tl_placed *placed; /* by case */
    struct counted *counted;  /* by leaf of the payment */
    uint8_t *paid;            /* by case: since it was placed */
};

static int64_t *vintage_row(struct vintages *v, size_t at, const struct tl_placed *placed)
{
    struct tl_civil month = tl_date_to_civil(placed->on);
    struct tl_case c = tl_facts_case(v->facts, at);
    char agency[TL_MEMBER_ID_MAX + 1];
    char currency[8];
    char text[16];

    tl_facts_member(v->facts, placed->agency, agency);
    (void)snprintf(currency, sizeof currency, "%03u", c.currency);
    (void)snprintf(text, sizeof text, "%04d-%02d", (int)month.year, (int)month.month);
    return tl_sheet_at(&v->sheet, (const char *const[TL_SHEET_WORDS]){text, agency, currency});
}

static void vintage_money(struct vintages *v, size_t at, const struct tl_placed *placed,
                          const struct tl_fact *fact)
{
    int64_t *sum = vintage_row(v, at, placed);
    int32_t days = fact->date - placed->on;

    sum[VINTAGE_COLLECTED] += fact->amount_minor;
    sum[VINTAGE_30] += days <= 30 ? fact->amount_minor : 0;
    sum[VINTAGE_60] += days <= 60 ? fact->amount_minor : 0;
    sum[VINTAGE_90] += days <= 90 ? fact->amount_minor : 0;
    sum[VINTAGE_180] += days <= 180 ? fact->amount_minor : 0;
    if (fact->amount_minor > 0 && v->paid[at] == 0) {
        v->paid[at] = 1;
        sum[VINTAGE_PAYING]++;
    }
}

/* A payment counts for who has the case; a reversal where its payment did. */
static void vintage_allocation(struct vintages *v, size_t at, const struct tl_fact *fact)
{
    struct counted *counted;

    if (fact->amount_minor >= 0) {
        if (!v->placed[at].is || fact->cause >= v->facts->facts)
            return;
        counted = &v->counted[fact->cause];
        *counted = (struct counted){v->placed[at], true};
        vintage_money(v, at, &v->placed[at], fact);
    } else if (fact->also < v->facts->facts && v->counted[fact->also].is) {
        vintage_money(v, at, &v->counted[fact->also].placed, fact);
    }
}

static void vintage_event(struct vintages *v, const struct tl_fact *fact)
{
    size_t at = tl_facts_find(v->facts, &fact->case_id);
    int64_t *sum;

    if (at == SIZE_MAX)
        return;
    if (fact->type == TL_DECISION_PLACEMENT_ACCEPTED) {
        v->placed[at] = (struct tl_placed){true, fact->kind, fact->date, fact->amount_minor};
        v->paid[at] = 0;
        sum = vintage_row(v, at, &v->placed[at]);
        sum[VINTAGE_CASES]++;
        sum[VINTAGE_PLACED] += fact->amount_minor;
    } else if (fact->type == TL_DECISION_PLACEMENT_RECALLED && v->placed[at].is) {
        vintage_row(v, at, &v->placed[at])[VINTAGE_RECALLED]++;
        v->placed[at].is = false;
    } else if (fact->type == TL_DECISION_ALLOCATION) {
        vintage_allocation(v, at, fact);
    }
}

static enum tl_status vintage(struct tl_report_call *call)
{
    static const struct tl_report_names names = {
        {"month", "agency", "currency", NULL},
        {"cases", "placed_minor", "within_30_minor", "within_60_minor", "within_90_minor",
         "within_180_minor", "collected_minor", "recalled", "paying"}};
    const struct tl_facts *facts = call->facts;
    struct vintages v = {.facts = facts,
                         .placed = tl_mem_new(facts->cases + 1u, sizeof *v.placed),
                         .counted = tl_mem_new(facts->facts + 1u, sizeof *v.counted),
                         .paid = tl_mem_new(facts->cases + 1u, 1)};

    for (size_t i = 0; i < facts->facts; i++)
        if (facts->fact[i].decided)
            vintage_event(&v, &facts->fact[i]);
    tl_report_rows(call->rows, &v.sheet, &names);
    for (size_t i = 0; i < v.sheet.rows; i++) {
        struct tl_json *row = tl_json_keep(tl_json_at(call->rows, i));

        tl_json_set_int(row, "recovery_bp",
                        tl_basis_points(v.sheet.row[i].sum[VINTAGE_COLLECTED],
                                        v.sheet.row[i].sum[VINTAGE_PLACED]));
        tl_json_free(row);
    }
    tl_sheet_free(&v.sheet);
    tl_mem_free(v.placed);
    tl_mem_free(v.counted);
    tl_mem_free(v.paid);
    return TL_OK;
}

static const struct tl_column vintage_columns[] = {
    {"month", "placed in", TL_COLUMN_TEXT},
    {"agency", "agency", TL_COLUMN_TEXT},
    {"currency", "currency", TL_COLUMN_TEXT},
    {"cases", "cases", TL_COLUMN_NUMBER},
    {"paying", "that paid", TL_COLUMN_NUMBER},
    {"recalled", "recalled", TL_COLUMN_NUMBER},
    {"placed_minor", "placed", TL_COLUMN_MONEY},
    {"within_30_minor", "in 30 days", TL_COLUMN_MONEY},
    {"within_60_minor", "in 60", TL_COLUMN_MONEY},
    {"within_90_minor", "in 90", TL_COLUMN_MONEY},
    {"within_180_minor", "in 180", TL_COLUMN_MONEY},
    {"collected_minor", "collected", TL_COLUMN_MONEY},
    {"recovery_bp", "recovery, bp", TL_COLUMN_NUMBER},
    TL_COLUMN_END};

const struct tl_report tl_report_vintage = {
    "vintage", "what agencies recovered, by month of placement", vintage_columns, vintage};

/* ---- average collection time ------------------------------------------- */

enum { TIME_PAYMENTS, TIME_AMOUNT, TIME_WEIGHTED, TIME_CASES, TIME_FIRST };

struct times {
    const struct tl_facts *facts;
    struct tl_sheet sheet;
    int32_t *due_on; /* by case, of the first demand */
    uint8_t *paid;   /* by case */
    bool overflow;
};

/* The day a case's first demand was due: what average collection time counts
 * from (a later demand does not make an old debt young). */
static void times_due(struct times *t)
{
    for (size_t i = 0; i < t->facts->facts; i++) {
        const struct tl_fact *fact = &t->facts->fact[i];
        size_t at;

        if (fact->decided || fact->is_void || fact->due_on == TL_DATE_NONE ||
            (fact->type != TL_ENTRY_AGREEMENT && fact->type != TL_ENTRY_CHARGE))
            continue;
        at = tl_facts_find(t->facts, &fact->case_id);
        if (at != SIZE_MAX && (t->due_on[at] == TL_DATE_NONE || fact->due_on < t->due_on[at]))
            t->due_on[at] = fact->due_on;
    }
}

static void times_money(struct times *t, const struct tl_report_call *call,
                        const struct tl_fact *fact)
{
    size_t at = tl_facts_find(t->facts, &fact->case_id);
    /* A reversal takes back what its payment brought, at the payment's days. */
    uint64_t payment = fact->amount_minor < 0 ? fact->also : fact->cause;
    struct tl_case c;
    char currency[8];
    char class_word[16];
    char product[33];
    int64_t *sum;
    int64_t weighted;
    int64_t days;

    if (at == SIZE_MAX || payment >= t->facts->facts || t->due_on[at] == TL_DATE_NONE ||
        !tl_report_day(call, fact->date))
        return;
    c = tl_facts_case(t->facts, at);
    (void)snprintf(currency, sizeof currency, "%03u", c.currency);
    (void)snprintf(class_word, sizeof class_word, "%s",
                   tl_name_of(&tl_debt_class_names, c.debt_class));
    tl_facts_word(product, sizeof product, c.product);
    sum =
        tl_sheet_at(&t->sheet, (const char *const[TL_SHEET_WORDS]){class_word, product, currency});
    days = (int64_t)t->facts->fact[payment].date - t->due_on[at];
    t->overflow = t->overflow || __builtin_mul_overflow(days, fact->amount_minor, &weighted) ||
                  __builtin_add_overflow(sum[TIME_WEIGHTED], weighted, &sum[TIME_WEIGHTED]);
    sum[TIME_PAYMENTS] += fact->amount_minor < 0 ? -1 : 1;
    sum[TIME_AMOUNT] += fact->amount_minor;
    if (fact->amount_minor > 0 && t->paid[at] == 0) {
        t->paid[at] = 1;
        sum[TIME_CASES]++;
        sum[TIME_FIRST] += days;
    }
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return b == 0 ? 0 : a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static enum tl_status times_rows(struct tl_report_call *call, struct times *t)
{
    static const struct tl_report_names names = {
        {"debt_class", "product", "currency", NULL},
        {"payments", "collected_minor", NULL, "paying_cases", NULL}};

    if (t->overflow) {
        (void)tl_fail(TL_ERR_RANGE, "narrow it: --since and --until",
                      "days times amounts do not fit 64 bits");
        return TL_ERR_RANGE;
    }
    tl_report_rows(call->rows, &t->sheet, &names);
    for (size_t i = 0; i < t->sheet.rows; i++) {
        const int64_t *sum = t->sheet.row[i].sum;
        struct tl_json *row = tl_json_keep(tl_json_at(call->rows, i));

        tl_json_set_int(row, "average_days", floor_div(sum[TIME_WEIGHTED], sum[TIME_AMOUNT]));
        tl_json_set_int(row, "first_payment_days", floor_div(sum[TIME_FIRST], sum[TIME_CASES]));
        tl_json_free(row);
    }
    return TL_OK;
}

static enum tl_status collection_time(struct tl_report_call *call)
{
    const struct tl_facts *facts = call->facts;
    struct times t = {.facts = facts,
                      .due_on = tl_mem_new(facts->cases + 1u, sizeof *t.due_on),
                      .paid = tl_mem_new(facts->cases + 1u, 1)};
    enum tl_status status;

    for (size_t i = 0; i < facts->cases; i++)
        t.due_on[i] = TL_DATE_NONE;
    times_due(&t);
    for (size_t i = 0; i < facts->facts; i++)
        if (facts->fact[i].decided && facts->fact[i].type == TL_DECISION_ALLOCATION &&
            facts->fact[i].amount_minor != 0)
            times_money(&t, call, &facts->fact[i]);
    status = times_rows(call, &t);
    tl_sheet_free(&t.sheet);
    tl_mem_free(t.due_on);
    tl_mem_free(t.paid);
    return status;
}

static const struct tl_column times_columns[] = {
    {"debt_class", "debt class", TL_COLUMN_TEXT},
    {"product", "product", TL_COLUMN_TEXT},
    {"currency", "currency", TL_COLUMN_TEXT},
    {"payments", "payments", TL_COLUMN_NUMBER},
    {"collected_minor", "collected", TL_COLUMN_MONEY},
    {"average_days", "days after due, by amount", TL_COLUMN_NUMBER},
    {"paying_cases", "paying cases", TL_COLUMN_NUMBER},
    {"first_payment_days", "days to first payment", TL_COLUMN_NUMBER},
    TL_COLUMN_END};

const struct tl_report tl_report_collection_time = {
    "collection-time", "days from due to paid, weighted by amount", times_columns, collection_time};
