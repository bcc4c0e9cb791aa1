/* How late the portfolio is, and how it moved between two days. */
#include "report.h"

#include "mem.h"
#include "say.h"
#include "shadow.h"

#include <stdio.h>
#include <string.h>

/* A key that sorts currencies, then bands in their own order. */
static void band_key(char out[8], enum tl_band band)
{
    (void)snprintf(out, 8, "%02u", (unsigned)band);
}

static enum tl_band band_of_key(const char *key)
{
    return (enum tl_band)((key[0] - '0') * 10 + (key[1] - '0'));
}

/* ---- ageing ------------------------------------------------------------ */

enum { AGE_CASES, AGE_OWED, AGE_PRINCIPAL, AGE_CHARGED_OFF, AGE_CHARGED_OFF_OWED };

static enum tl_status ageing(struct tl_report_call *call)
{
    static const struct tl_report_names names = {
        {"currency", NULL, NULL, NULL},
        {"cases", "owed_minor", "principal_minor", "charged_off", "charged_off_minor"}};
    struct tl_sheet sheet = {0};

    for (size_t i = 0; i < call->facts->cases; i++) {
        struct tl_case c = tl_facts_case(call->facts, i);
        int64_t days = 0;
        char currency[8];
        char band[8];
        int64_t *sum;

        if (tl_case_ended(&c) || tl_case_balance(&c) <= 0)
            continue;
        if (!tl_case_feature(&c, TL_FEATURE_DAYS_PAST_DUE, call->facts->point.closed_on, &days))
            days = 0;
        (void)snprintf(currency, sizeof currency, "%03u", c.currency);
        band_key(band, tl_band_late(days));
        sum = tl_sheet_at(&sheet, (const char *const[TL_SHEET_WORDS]){currency, band});
        sum[AGE_CASES]++;
        sum[AGE_OWED] += tl_case_balance(&c);
        sum[AGE_PRINCIPAL] += c.principal_minor;
        sum[AGE_CHARGED_OFF] += c.charged_off;
        sum[AGE_CHARGED_OFF_OWED] += c.charged_off ? tl_case_balance(&c) : 0;
    }
    tl_report_rows(call->rows, &sheet, &names);
    for (size_t i = 0; i < sheet.rows; i++) {
        struct tl_json *row = tl_json_keep(tl_json_at(call->rows, i));

        tl_json_set_str(row, "band", tl_band_words[band_of_key(sheet.row[i].word[1])]);
        tl_json_free(row);
    }
    tl_sheet_free(&sheet);
    return TL_OK;
}

static const struct tl_column ageing_columns[] = {
    {"currency", "currency", TL_COLUMN_TEXT},
    {"band", "days past due", TL_COLUMN_TEXT},
    {"cases", "cases", TL_COLUMN_NUMBER},
    {"owed_minor", "owed", TL_COLUMN_MONEY},
    {"principal_minor", "principal", TL_COLUMN_MONEY},
    {"charged_off", "charged off", TL_COLUMN_NUMBER},
    {"charged_off_minor", "owed of these", TL_COLUMN_MONEY},
    TL_COLUMN_END};

const struct tl_report tl_report_ageing = {"ageing", "what is owed, by days past due",
                                           ageing_columns, ageing};

/* ---- two days ---------------------------------------------------------- */

struct stood {
    struct tl_id id;
    uint16_t currency;
    uint8_t band;
    int64_t owed_minor;
};

struct snapshot {
    int32_t on;
    struct stood *item;
    size_t count;
    size_t cap;
};

static bool snapshot_case(void *host, const struct tl_case *c)
{
    struct snapshot *snapshot = host;

    snapshot->item =
        tl_mem_grow(snapshot->item, &snapshot->cap, snapshot->count + 1u, sizeof *snapshot->item);
    snapshot->item[snapshot->count++] = (struct stood){
        c->id, c->currency, (uint8_t)tl_band_of(c, snapshot->on), tl_case_balance(c)};
    return true;
}

static enum tl_status snapshot_see(void *host, int32_t on, struct tl_overlay *state)
{
    ((struct snapshot *)host)->on = on;
    return tl_past_cases(state, snapshot_case, host);
}

/* The same day of the month before, or its last. */
static int32_t month_before(int32_t on)
{
    struct tl_civil day = tl_date_to_civil(on);
    struct tl_civil first = {day.year, day.month, 1};
    struct tl_civil before = tl_date_to_civil(tl_date_from_civil(first) - 1);

    if (day.day < before.day && tl_date_to_civil(on + 1).day != 1)
        before.day = day.day;
    return tl_date_from_civil(before);
}

static enum tl_status play(struct tl_report_call *call, struct snapshot stood[2])
{
    struct tl_shadow_watch watch[2] = {{call->since, snapshot_see, &stood[0]},
                                       {call->until, snapshot_see, &stood[1]}};
    const struct tl_shadow_plan plan = {.watch = watch, .watches = 2};
    struct tl_shadow_history history;
    struct tl_shadow_run run = {0};
    struct tl_why why = {""};
    enum tl_status status = tl_shadow_gather(&history, call->args);

    if (status != TL_OK)
        return status;
    status = tl_shadow_play(&run, &history, &plan, &why);
    if (status == TL_ERR_NOT_FOUND)
        (void)tl_fail(status, NULL, "the ledger's calendar ends before --until");
    else if (status != TL_OK)
        (void)tl_fail(status, NULL, "cannot play the history: %s", why.text);
    tl_shadow_run_free(&run);
    tl_shadow_history_free(&history);
    return status;
}

static enum tl_status two_days(struct tl_report_call *call, struct snapshot stood[2])
{
    if (!call->has_until)
        call->until = call->facts->point.closed_on;
    if (!call->has_since)
        call->since = month_before(call->until);
    if (call->since >= call->until) {
        (void)tl_fail(TL_ERR_USAGE, NULL, "--since must be before --until");
        return TL_ERR_USAGE;
    }
    return play(call, stood);
}

/* Visits each case of the first day with what became of it. */
static void pairs(const struct snapshot stood[2],
                  void (*visit)(struct tl_sheet *sheet, const struct stood *was,
                                const struct stood *is),
                  struct tl_sheet *sheet)
{
    size_t j = 0;

    for (size_t i = 0; i < stood[0].count; i++) {
        while (j < stood[1].count &&
               memcmp(stood[1].item[j].id.b, stood[0].item[i].id.b, TL_ID_BYTES) < 0)
            j++;
        if (j < stood[1].count &&
            memcmp(stood[1].item[j].id.b, stood[0].item[i].id.b, TL_ID_BYTES) == 0)
            visit(sheet, &stood[0].item[i], &stood[1].item[j]);
    }
}

static void days_set(struct tl_json *row, const struct tl_report_call *call)
{
    tl_report_date(row, "since", call->since);
    tl_report_date(row, "until", call->until);
}

/* ---- roll rates -------------------------------------------------------- */

static void roll_visit(struct tl_sheet *sheet, const struct stood *was, const struct stood *is)
{
    char currency[8];
    char from[8];
    char to[8];
    int64_t *sum;

    (void)snprintf(currency, sizeof currency, "%03u", was->currency);
    band_key(from, (enum tl_band)was->band);
    band_key(to, (enum tl_band)is->band);
    sum = tl_sheet_at(sheet, (const char *const[TL_SHEET_WORDS]){currency, from, to});
    sum[0]++;
    sum[1] += was->owed_minor;
}

/* Cases and amount of all rows that begin as this one does. */
static void roll_whole(const struct tl_sheet *sheet, const struct tl_sheet_row *of,
                       int64_t whole[2])
{
    whole[0] = whole[1] = 0;
    for (size_t i = 0; i < sheet->rows; i++)
        if (strcmp(sheet->row[i].word[0], of->word[0]) == 0 &&
            strcmp(sheet->row[i].word[1], of->word[1]) == 0) {
            whole[0] += sheet->row[i].sum[0];
            whole[1] += sheet->row[i].sum[1];
        }
}

static enum tl_status roll_rates(struct tl_report_call *call)
{
    struct snapshot stood[2] = {{0}};
    struct tl_sheet sheet = {0};
    enum tl_status status = two_days(call, stood);

    if (status == TL_OK)
        pairs(stood, roll_visit, &sheet);
    tl_sheet_sort(&sheet);
    for (size_t i = 0; i < sheet.rows && status == TL_OK; i++) {
        const struct tl_sheet_row *at = &sheet.row[i];
        struct tl_json *row = tl_json_object();
        int64_t whole[2];

        roll_whole(&sheet, at, whole);
        days_set(row, call);
        tl_json_set_str(row, "currency", at->word[0]);
        tl_json_set_str(row, "from", tl_band_words[band_of_key(at->word[1])]);
        tl_json_set_str(row, "to", tl_band_words[band_of_key(at->word[2])]);
        tl_json_set_int(row, "cases", at->sum[0]);
        tl_json_set_int(row, "cases_bp", tl_basis_points(at->sum[0], whole[0]));
        tl_json_set_int(row, "owed_minor", at->sum[1]);
        tl_json_set_int(row, "owed_bp", tl_basis_points(at->sum[1], whole[1]));
        tl_json_add(call->rows, row);
    }
    tl_sheet_free(&sheet);
    tl_mem_free(stood[0].item);
    tl_mem_free(stood[1].item);
    return status;
}

static const struct tl_column roll_columns[] = {{"since", "on", TL_COLUMN_TEXT},
                                                {"until", "then on", TL_COLUMN_TEXT},
                                                {"currency", "currency", TL_COLUMN_TEXT},
                                                {"from", "from", TL_COLUMN_TEXT},
                                                {"to", "to", TL_COLUMN_TEXT},
                                                {"cases", "cases", TL_COLUMN_NUMBER},
                                                {"cases_bp", "of from, bp", TL_COLUMN_NUMBER},
                                                {"owed_minor", "owed then", TL_COLUMN_MONEY},
                                                {"owed_bp", "of from, bp", TL_COLUMN_NUMBER},
                                                TL_COLUMN_END};

const struct tl_report tl_report_roll_rates = {
    "roll-rates", "from which band into which the cases moved between two days", roll_columns,
    roll_rates};

/* ---- cure -------------------------------------------------------------- */

enum {
    CURE_CASES,
    CURE_CURRENT,
    CURE_PAID,
    CURE_BETTER,
    CURE_SAME,
    CURE_WORSE,
    CURE_OWED,
    CURE_LEFT
};

static void cure_visit(struct tl_sheet *sheet, const struct stood *was, const struct stood *is)
{
    char currency[8];
    char from[8];
    int64_t *sum;

    if (was->band == TL_BAND_CURRENT || was->band > TL_BAND_CHARGED_OFF)
        return;
    (void)snprintf(currency, sizeof currency, "%03u", was->currency);
    band_key(from, (enum tl_band)was->band);
    sum = tl_sheet_at(sheet, (const char *const[TL_SHEET_WORDS]){currency, from});
    sum[CURE_CASES]++;
    sum[CURE_CURRENT] += is->band == TL_BAND_CURRENT;
    sum[CURE_PAID] += is->band == TL_BAND_PAID || is->band == TL_BAND_SETTLED;
    sum[CURE_BETTER] += is->band > TL_BAND_CURRENT && is->band < was->band;
    sum[CURE_SAME] += is->band == was->band;
    sum[CURE_WORSE] += is->band > was->band && is->band <= TL_BAND_CHARGED_OFF;
    sum[CURE_OWED] += was->owed_minor;
    sum[CURE_LEFT] += is->owed_minor;
}

static enum tl_status cure(struct tl_report_call *call)
{
    static const struct tl_report_names names = {
        {"currency", NULL, NULL, NULL},
        {"cases", "current", "paid", "better", "same", "worse", "owed_minor", "left_minor"}};
    struct snapshot stood[2] = {{0}};
    struct tl_sheet sheet = {0};
    enum tl_status status = two_days(call, stood);

    if (status == TL_OK) {
        pairs(stood, cure_visit, &sheet);
        tl_report_rows(call->rows, &sheet, &names);
    }
    for (size_t i = 0; i < sheet.rows && status == TL_OK; i++) {
        const int64_t *sum = sheet.row[i].sum;
        struct tl_json *row = tl_json_keep(tl_json_at(call->rows, i));

        days_set(row, call);
        tl_json_set_str(row, "from", tl_band_words[band_of_key(sheet.row[i].word[1])]);
        tl_json_set_int(row, "cure_bp",
                        tl_basis_points(sum[CURE_CURRENT] + sum[CURE_PAID], sum[CURE_CASES]));
        tl_json_free(row);
    }
    tl_sheet_free(&sheet);
    tl_mem_free(stood[0].item);
    tl_mem_free(stood[1].item);
    return status;
}

static const struct tl_column cure_columns[] = {{"since", "on", TL_COLUMN_TEXT},
                                                {"until", "then on", TL_COLUMN_TEXT},
                                                {"currency", "currency", TL_COLUMN_TEXT},
                                                {"from", "late by", TL_COLUMN_TEXT},
                                                {"cases", "cases", TL_COLUMN_NUMBER},
                                                {"current", "current", TL_COLUMN_NUMBER},
                                                {"paid", "paid", TL_COLUMN_NUMBER},
                                                {"better", "better", TL_COLUMN_NUMBER},
                                                {"same", "same", TL_COLUMN_NUMBER},
                                                {"worse", "worse", TL_COLUMN_NUMBER},
                                                {"cure_bp", "cured, bp", TL_COLUMN_NUMBER},
                                                {"owed_minor", "owed then", TL_COLUMN_MONEY},
                                                {"left_minor", "owed now", TL_COLUMN_MONEY},
                                                TL_COLUMN_END};

const struct tl_report tl_report_cure = {
    "cure", "late cases of one day that are current or paid on another", cure_columns, cure};
