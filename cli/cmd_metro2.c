/* Metro 2 files of any origin: what breaks a rule, and what they say. */
#include "commands.h"
#include "metro2_file.h"

#include "mem.h"

#include <inttypes.h>

/* Findings are counted to the end and listed up to here. */
#define LIST_MAX    10000u
#define RECORDS_MAX 100u

/* ---- check ------------------------------------------------------------- */

static const struct tl_opt check_options[] = {
    {"previous", "FILE", "the same furnisher's file of the month before, to compare with"},
    TL_OPT_END};

static const struct tl_column check_columns[] = {
    {"line", "line", TL_COLUMN_NUMBER},  {"segment", "segment", TL_COLUMN_TEXT},
    {"field", "field", TL_COLUMN_TEXT},  {"position", "position", TL_COLUMN_NUMBER},
    {"found", "found", TL_COLUMN_TEXT},  {"rule", "rule", TL_COLUMN_TEXT},
    {"text", "meaning", TL_COLUMN_TEXT}, TL_COLUMN_END};

struct checking {
    struct tl_metro2_check check;
    struct tl_metro2_index before;
    struct tl_metro2_index now;
    struct tl_metro2_record record;
    struct tl_json *rows;
};

/* Text of a file is any bytes; a terminal gets those that print. */
static struct tl_json *printable(struct tl_bytes bytes)
{
    char text[TL_METRO2_MAIN_BYTES + 1];
    size_t len = bytes.len < TL_METRO2_MAIN_BYTES ? bytes.len : TL_METRO2_MAIN_BYTES;

    for (size_t i = 0; i < len; i++)
        text[i] = (char)(bytes.ptr[i] >= ' ' && bytes.ptr[i] < 0x7f ? bytes.ptr[i] : '.');
    text[len] = '\0';
    return tl_json_str(text);
}

static void report(void *context, const struct tl_metro2_finding *finding)
{
    struct checking *checking = context;
    struct tl_json *row;

    if (tl_json_count(checking->rows) == LIST_MAX)
        return;
    row = tl_json_object();
    tl_json_set_int(row, "line", (int64_t)finding->number);
    tl_json_set_str(row, "segment", tl_name_of(&tl_metro2_kind_names, finding->segment));
    if (finding->field != TL_METRO2_FIELD_COUNT) {
        tl_json_set_str(row, "field", tl_metro2_place(finding->field)->name);
        tl_json_set_int(row, "position", tl_metro2_place(finding->field)->start);
    }
    if (finding->found.len > 0)
        tl_json_set(row, "found", printable(finding->found));
    tl_json_set_str(row, "rule", tl_metro2_rule_id(finding->rule));
    tl_json_set_str(row, "text", tl_metro2_rule_text(finding->rule));
    tl_json_add(checking->rows, row);
}

/* Lines that cannot be read are told when their own file is checked. */
static enum tl_status read_before(struct checking *checking, const char *path)
{
    struct tl_metro2_file file;
    struct tl_metro2_summary summary;
    enum tl_status status = tl_metro2_file_open(&file, path);

    if (status != TL_OK)
        return status;
    checking->before.by_next = true;
    while ((status = tl_metro2_file_next(&file, &checking->record)) == TL_OK ||
           status == TL_ERR_PARTIAL)
        if (status == TL_OK && tl_metro2_summarize(&checking->record, &summary))
            (void)tl_metro2_index_add(&checking->before, &summary);
    tl_metro2_file_close(&file);
    return status == TL_ERR_NOT_FOUND ? TL_OK : status;
}

static void check_account(struct checking *checking)
{
    const struct tl_metro2_summary *before;
    struct tl_metro2_summary now;

    if (!tl_metro2_summarize(&checking->record, &now))
        return;
    if (!tl_metro2_index_add(&checking->now, &now))
        tl_metro2_check_twice(&checking->check, &now);
    before = tl_metro2_index_find(&checking->before, now.key);
    if (before != NULL)
        tl_metro2_check_cycle(&checking->check, before, &now);
}

static enum tl_status check_file(struct checking *checking, const char *path)
{
    struct tl_metro2_file file;
    enum tl_status status = tl_metro2_file_open(&file, path);

    if (status != TL_OK)
        return status;
    while ((status = tl_metro2_file_next(&file, &checking->record)) == TL_OK ||
           status == TL_ERR_PARTIAL) {
        if (status == TL_ERR_PARTIAL) {
            tl_metro2_check_unreadable(&checking->check, checking->record.number);
            continue;
        }
        tl_metro2_check_record(&checking->check, &checking->record);
        check_account(checking);
    }
    tl_metro2_file_close(&file);
    if (status != TL_ERR_NOT_FOUND)
        return status;
    tl_metro2_check_end(&checking->check);
    return TL_OK;
}

static void tell(const struct tl_call *call, const struct checking *checking)
{
    uint64_t findings = checking->check.findings;

    if (findings > 0 || call->out.format != TL_OUT_TABLE)
        tl_out_rows(&call->out, check_columns, checking->rows);
    tl_note("%" PRIu64 " records, %" PRIu64 " findings", checking->check.records, findings);
    if (findings > LIST_MAX)
        tl_note("the first %u findings are listed", LIST_MAX);
}

static int run_check(struct tl_call *call)
{
    const char *previous = tl_opt_value(&call->args, "previous");
    struct checking *checking;
    enum tl_status status = tl_cmd_words(call, 1, 1, "a Metro 2 file");

    if (status != TL_OK)
        return tl_status_exit(status);
    checking = tl_mem_new(1, sizeof *checking);
    checking->rows = tl_json_array();
    tl_metro2_check_init(&checking->check, report, checking);
    if (previous != NULL)
        status = read_before(checking, previous);
    if (status == TL_OK)
        status = check_file(checking, call->args.word[0]);
    if (status == TL_OK) {
        tell(call, checking);
        status = checking->check.findings > 0 ? TL_ERR_PARTIAL : TL_OK;
    }
    tl_metro2_index_free(&checking->before);
    tl_metro2_index_free(&checking->now);
    tl_json_free(checking->rows);
    tl_mem_free(checking);
    return tl_status_exit(status);
}

/* ---- show -------------------------------------------------------------- */

static const struct tl_opt show_options[] = {
    {"line", "NUMBER", "only this record"},
    {"limit", "COUNT", "at most so many records (default: 100)"},
    {"all", NULL, "blank fields and zeros too"},
    TL_OPT_END};

static const struct tl_column show_columns[] = {
    {"line", "line", TL_COLUMN_NUMBER},         {"segment", "segment", TL_COLUMN_TEXT},
    {"position", "position", TL_COLUMN_NUMBER}, {"field", "field", TL_COLUMN_TEXT},
    {"value", "value", TL_COLUMN_TEXT},         TL_COLUMN_END};

struct showing {
    struct tl_json *rows;
    int64_t line;
    int64_t limit;
    bool all;
};

static bool says_something(struct tl_bytes value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] != '0' && value.ptr[i] != ' ')
            return true;
    return false;
}

static void show_segment(struct showing *showing, uint64_t number, enum tl_metro2_kind kind,
                         const uint8_t *segment)
{
    for (enum tl_metro2_field f = tl_metro2_first(kind); f < tl_metro2_end(kind); f++) {
        struct tl_bytes value = tl_metro2_trimmed(segment, f);
        struct tl_json *row;

        /* a text of zeros is a code; a number of zeros is nothing said */
        if (!showing->all && (value.len == 0 || (tl_metro2_place(f)->type != TL_METRO2_TEXT &&
                                                 !says_something(value))))
            continue;
        row = tl_json_object();
        tl_json_set_int(row, "line", (int64_t)number);
        tl_json_set_str(row, "segment", tl_name_of(&tl_metro2_kind_names, kind));
        tl_json_set_int(row, "position", tl_metro2_place(f)->start);
        tl_json_set_str(row, "field", tl_metro2_place(f)->name);
        tl_json_set(row, "value", printable(value));
        tl_json_add(showing->rows, row);
    }
}

static void show_record(struct showing *showing, const struct tl_metro2_record *record)
{
    if (showing->line != 0 && (uint64_t)showing->line != record->number)
        return;
    showing->limit--;
    show_segment(showing, record->number, record->kind, record->first);
    for (uint32_t i = 0; i < record->count; i++)
        show_segment(showing, record->number, record->behind[i].kind, record->behind[i].ptr);
}

static enum tl_status show_file(struct showing *showing, const char *path)
{
    struct tl_metro2_record *record;
    struct tl_metro2_file file;
    enum tl_status status = tl_metro2_file_open(&file, path);

    if (status != TL_OK)
        return status;
    record = tl_mem_new(1, sizeof *record);
    while (showing->limit > 0 &&
           ((status = tl_metro2_file_next(&file, record)) == TL_OK || status == TL_ERR_PARTIAL)) {
        if (status == TL_OK)
            show_record(showing, record);
        else
            tl_note("line %" PRIu64 " is left out: %s", record->number, file.reader.why);
    }
    tl_mem_free(record);
    tl_metro2_file_close(&file);
    return status == TL_ERR_NOT_FOUND || status == TL_ERR_PARTIAL ? TL_OK : status;
}

static int run_show(struct tl_call *call)
{
    struct showing showing = {.all = tl_opt_given(&call->args, "all")};
    enum tl_status status = tl_cmd_words(call, 1, 1, "a Metro 2 file");

    if (status == TL_OK)
        status = tl_opt_number(&call->args, "line", 0, &showing.line);
    if (status == TL_OK)
        status = tl_opt_number(&call->args, "limit", RECORDS_MAX, &showing.limit);
    if (status != TL_OK)
        return tl_status_exit(status);
    if (showing.line != 0)
        showing.limit = 1;
    showing.rows = tl_json_array();
    status = show_file(&showing, call->args.word[0]);
    if (status == TL_OK && showing.line != 0 && tl_json_count(showing.rows) == 0)
        status = TL_ERR_NOT_FOUND;
    if (status == TL_ERR_NOT_FOUND)
        (void)tl_fail(status, NULL, "'%s' has no readable record in line %lld", call->args.word[0],
                      (long long)showing.line);
    if (status == TL_OK)
        tl_out_rows(&call->out, show_columns, showing.rows);
    tl_json_free(showing.rows);
    return tl_status_exit(status);
}

const struct tl_cmd tl_cmd_metro2_check = {
    .name = "metro2 check",
    .usage = "FILE",
    .summary = "check a credit reporting file: line, field and rule of each finding",
    .more =
        "Reads one record per line, records by their descriptor words, and packed files;\n"
        "gzip too.  With --previous each account is compared with its last cycle: a date of\n"
        "first delinquency that moved, a history that did not move on by a month, a charge-off\n"
        "that became plain lateness.  docs/METRO2.md lists the rules.  Exit code 8: there are\n"
        "findings; 4: the file cannot be read.",
    .options = check_options,
    .run = run_check};

const struct tl_cmd tl_cmd_metro2_show = {.name = "metro2 show",
                                          .usage = "FILE",
                                          .summary =
                                              "print the fields of a credit reporting file by name",
                                          .options = show_options,
                                          .run = run_show};
