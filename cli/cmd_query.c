/* Cases by stage, holder, delay, amount, date. */
#include "commands.h"
#include "connect.h"
#include "import.h"
#include "mem.h"
#include "scan.h"
#include "show.h"

#include "tl/policy.h"

#include <stdlib.h>
#include <string.h>

static const struct tl_opt options[] = {
    {"stage", "NAME", "cases in this stage (may be given several times)"},
    {"holder", "MEMBER", "cases in this member's custody"},
    {"past-due-min", "DAYS", "at least so many days past due"},
    {"past-due-max", "DAYS", "at most so many days past due"},
    {"owed-min", "MINOR", "at least so much owed, in minor units"},
    {"owed-max", "MINOR", "at most so much owed, in minor units"},
    {"opened-from", "DATE", "opened on or after"},
    {"opened-to", "DATE", "opened on or before"},
    {"sort", "KEY", "case, stage, owed, days or opened (default: case)"},
    {"reverse", NULL, "largest first"},
    {"limit", "N", "at most so many rows"},
    {"offset", "N", "leave out the first so many rows"},
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"},
    TL_OPT_END};

static const struct tl_column columns[] = {{"case", "case", TL_COLUMN_TEXT},
                                           {"stage", "stage", TL_COLUMN_TEXT},
                                           {"holder", "holder", TL_COLUMN_TEXT},
                                           {"opened_on", "opened", TL_COLUMN_TEXT},
                                           {"days_past_due", "days", TL_COLUMN_NUMBER},
                                           {"principal_minor", "principal", TL_COLUMN_MONEY},
                                           {"fee_minor", "fees", TL_COLUMN_MONEY},
                                           {"cost_minor", "costs", TL_COLUMN_MONEY},
                                           {"owed_minor", "owed", TL_COLUMN_MONEY},
                                           {"paid_minor", "paid", TL_COLUMN_MONEY},
                                           TL_COLUMN_END};

static enum tl_status stages_read(const struct tl_args *args, uint32_t *stages)
{
    const char *word;

    for (size_t i = 0; (word = tl_opt_nth(args, "stage", i)) != NULL; i++) {
        uint8_t stage;

        if (!tl_name_find(&tl_stage_names, tl_bytes_str(word), &stage)) {
            (void)tl_fail(TL_ERR_USAGE,
                          "stages: current predue overdue reminding contact demand "
                          "resolution internal placed legal charged_off ...",
                          "there is no stage '%s'", word);
            return TL_ERR_USAGE;
        }
        *stages |= tl_stage_bit((enum tl_stage)stage);
    }
    return TL_OK;
}

static enum tl_status holder_read(const struct tl_args *args, const struct tl_genesis *genesis,
                                  uint8_t *holder)
{
    const char *word = tl_opt_value(args, "holder");
    struct tl_member member;
    int index;

    if (word == NULL)
        return TL_OK;
    index = tl_genesis_find(genesis, tl_bytes_str(word), &member);
    if (index < 0) {
        (void)tl_fail(TL_ERR_USAGE, "see: tally members", "there is no member '%s'", word);
        return TL_ERR_USAGE;
    }
    *holder = (uint8_t)index;
    return TL_OK;
}

static enum tl_status days_read(const struct tl_args *args, const char *name, int32_t *out)
{
    int64_t value = *out;
    enum tl_status status = tl_opt_number(args, name, value, &value);

    *out = value < INT32_MIN ? INT32_MIN : value > INT32_MAX ? INT32_MAX : (int32_t)value;
    return status;
}

static enum tl_status date_read(const struct tl_args *args, const char *name, int32_t *out)
{
    bool given;
    int32_t date;
    enum tl_status status = tl_opt_date(args, name, &given, &date);

    if (given && status == TL_OK)
        *out = date;
    return status;
}

static enum tl_status filter_read(const struct tl_args *args, const struct tl_genesis *genesis,
                                  struct tl_scan_query *query)
{
    enum tl_status status = stages_read(args, &query->stages);

    if (status == TL_OK)
        status = holder_read(args, genesis, &query->holder);
    if (status == TL_OK)
        status = days_read(args, "past-due-min", &query->past_due_min);
    if (status == TL_OK)
        status = days_read(args, "past-due-max", &query->past_due_max);
    if (status == TL_OK)
        status = tl_opt_number(args, "owed-min", query->owed_min, &query->owed_min);
    if (status == TL_OK)
        status = tl_opt_number(args, "owed-max", query->owed_max, &query->owed_max);
    if (status == TL_OK)
        status = date_read(args, "opened-from", &query->opened_from);
    return status == TL_OK ? date_read(args, "opened-to", &query->opened_to) : status;
}

struct sortable {
    struct tl_json *row;
    const char *text;
    int64_t number;
};

static int by_text(const void *a, const void *b)
{
    const struct sortable *x = a;
    const struct sortable *y = b;

    return strcmp(x->text, y->text);
}

static int by_number(const void *a, const void *b)
{
    const struct sortable *x = a;
    const struct sortable *y = b;

    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return strcmp(x->text, y->text);
}

static const char *sort_key(const char *word)
{
    static const char *const keys[][2] = {{"case", "case"},
                                          {"stage", "stage"},
                                          {"owed", "owed_minor"},
                                          {"days", "days_past_due"},
                                          {"opened", "opened_on"}};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(word, keys[i][0]) == 0)
            return keys[i][1];
    return NULL;
}

/* Sorts by one key (ties by case), turns round, cuts the page out. */
static struct tl_json *page_of(struct tl_json *rows, const char *key, bool reverse,
                               const int64_t window[2])
{
    size_t n = tl_json_count(rows);
    struct sortable *all = tl_mem_new(n, sizeof *all);
    struct tl_json *page = tl_json_array();
    bool text = true;

    for (size_t i = 0; i < n; i++) {
        const struct tl_json *row = tl_json_at(rows, i);
        const struct tl_json *value = tl_json_get(row, key);

        all[i].row = tl_json_keep(row);
        all[i].text = tl_json_chars(value);
        if (tl_json_number(value, &all[i].number))
            text = false;
        if (all[i].text == NULL)
            all[i].text = tl_json_chars(tl_json_get(row, "case"));
    }
    qsort(all, n, sizeof *all, text ? by_text : by_number);
    for (size_t i = 0; i < n; i++) {
        struct tl_json *row = all[reverse ? n - 1u - i : i].row;

        if ((int64_t)i >= window[0] && (int64_t)i - window[0] < window[1])
            tl_json_add(page, row);
        else
            tl_json_free(row);
    }
    tl_mem_free(all);
    return page;
}

static void keep_row(void *context, struct tl_json *take)
{
    tl_json_add(context, take);
}

static enum tl_status query(struct tl_call *call, struct tl_connection *connection, const char *key)
{
    struct tl_scan_query filter;
    struct tl_json *rows;
    struct tl_json *page;
    int64_t window[2] = {0, INT64_MAX};
    enum tl_status status;

    tl_scan_any(&filter);
    status = filter_read(&call->args, &connection->genesis.genesis, &filter);
    if (status == TL_OK)
        status =
            tl_opt_between(&call->args, "offset", (struct tl_bounds){0, INT64_MAX}, 0, &window[0]);
    if (status == TL_OK)
        status = tl_opt_between(&call->args, "limit", (struct tl_bounds){0, INT64_MAX}, INT64_MAX,
                                &window[1]);
    if (status != TL_OK)
        return status;
    rows = tl_json_array();
    status = tl_scan_cases(connection, &filter, keep_row, rows);
    if (status == TL_OK) {
        page = page_of(rows, key, tl_opt_given(&call->args, "reverse"), window);
        tl_out_rows(&call->out, columns, page);
        if (call->out.format == TL_OUT_TABLE && tl_json_count(page) < tl_json_count(rows))
            tl_note("%zu of %zu cases shown; see --offset and --limit", tl_json_count(page),
                    tl_json_count(rows));
        tl_json_free(page);
    }
    tl_json_free(rows);
    return status;
}

static int run(struct tl_call *call)
{
    const char *sort = tl_opt_value(&call->args, "sort");
    const char *key = sort_key(sort != NULL ? sort : "case");
    struct tl_connection connection;
    enum tl_status status = tl_cmd_words(call, 0, 0, "");

    if (status != TL_OK)
        return tl_status_exit(status);
    if (key == NULL)
        return tl_fail(TL_ERR_USAGE, "sort by case, stage, owed, days or opened",
                       "cannot sort by '%s'", sort);
    status = tl_connect(&connection, &call->args);
    if (status != TL_OK)
        return tl_status_exit(status);
    status = query(call, &connection, key);
    tl_disconnect(&connection);
    return tl_status_exit(status);
}

const struct tl_cmd tl_cmd_query = {
    .name = "query",
    .usage = "[filters]",
    .summary = "list cases by stage, holder, days past due, amount, date",
    .more = "Filters are combined.  --json has every field of a case.",
    .options = options,
    .run = run};

const struct tl_cmd tl_cmd_case_list = {.name = "case list",
                                        .usage = "[filters]",
                                        .summary = "the same as `tally query`",
                                        .options = options,
                                        .run = run};
