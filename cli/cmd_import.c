#include "commands.h"
#include "connect.h"
#include "import.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct tl_opt options[] = {
    {"map", "FILE", "mapping that says what rows mean (docs/MAPPING.md)"},
    {"quarantine", "FILE",
     "where refused rows go (default: NAME.quarantine.csv in the current directory)"},
    {"envelope", "N", "entries per envelope, 1 to 4096 (default 1024)"},
    {"until", "DATE", "last day to close, instead of the mapping's"},
    {"promises", "DIR", "keep the member's signed promises of inclusion there"},
    {"check-map", NULL,
     "only hold the mapping to its rules, and the file's values where one is named"},
    {"dry-run", NULL, "read and map, but send nothing"},
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"},
    TL_OPT_END};

static const struct tl_column columns[] = {
    {"rows", "rows read", TL_COLUMN_NUMBER},
    {"mapped", "  made into entries", TL_COLUMN_NUMBER},
    {"skipped", "  skipped by the mapping", TL_COLUMN_NUMBER},
    {"rejected", "  rejected", TL_COLUMN_NUMBER},
    {"quarantine", "  see", TL_COLUMN_TEXT},
    {"entries", "entries made", TL_COLUMN_NUMBER},
    {"known", "  on the ledger before", TL_COLUMN_NUMBER},
    {"repeated", "  repeated in the file", TL_COLUMN_NUMBER},
    {"sent", "  recorded now", TL_COLUMN_NUMBER},
    {"deferred", "  deferred, sent again", TL_COLUMN_NUMBER},
    {"people", "people in the vault", TL_COLUMN_NUMBER},
    {"days_closed", "days closed", TL_COLUMN_NUMBER},
    {"business_date", "days are closed until", TL_COLUMN_TEXT},
    {"height", "height", TL_COLUMN_NUMBER},
    {"time_ms", "milliseconds", TL_COLUMN_NUMBER},
    TL_COLUMN_END};

static struct tl_json *answer(const struct tl_batch *batch, const struct tl_import_result *result,
                              bool sent)
{
    struct tl_json *row = tl_json_object();
    char date[11];

    tl_json_set_int(row, "rows", (int64_t)batch->rows);
    tl_json_set_int(row, "mapped", (int64_t)batch->mapped);
    tl_json_set_int(row, "skipped", (int64_t)batch->skipped);
    tl_json_set_int(row, "rejected", (int64_t)batch->rejected);
    if (batch->rejected > 0)
        tl_json_set_str(row, "quarantine", batch->quarantine_path);
    tl_json_set_int(row, "entries", (int64_t)batch->count);
    tl_json_set_int(row, "repeated", (int64_t)batch->repeated);
    /* What the ledger has already, nobody has asked it. */
    if (!sent)
        return row;
    tl_json_set_int(row, "known", (int64_t)batch->known);
    tl_date_text(date, result->closed_on);
    tl_json_set_int(row, "sent", (int64_t)result->sent);
    if (result->deferred > 0)
        tl_json_set_int(row, "deferred", (int64_t)result->deferred);
    if (result->people > 0)
        tl_json_set_int(row, "people", (int64_t)result->people);
    tl_json_set_int(row, "days_closed", (int64_t)result->days);
    tl_json_set_str(row, "business_date", date);
    if (result->submitted.envelopes > 0)
        tl_json_set_int(row, "height", (int64_t)result->submitted.height);
    tl_json_set_int(row, "time_ms", (int64_t)result->time_ms);
    return row;
}

static enum tl_status plan_read(struct tl_import_plan *plan, const struct tl_map *map,
                                const struct tl_args *args)
{
    int64_t batch = 1024;
    bool given = false;
    int32_t until = 0;
    enum tl_status status = tl_opt_between(
        args, "envelope", (struct tl_bounds){1, TL_ENVELOPE_ENTRIES_MAX}, 1024, &batch);

    if (status == TL_OK)
        status = tl_opt_date(args, "until", &given, &until);
    *plan = (struct tl_import_plan){.batch = (uint32_t)batch,
                                    .close_days = map->close_days,
                                    .has_until = given || map->has_until,
                                    .until = given ? until : map->until,
                                    .promises = tl_opt_value(args, "promises")};
    return status;
}

static int send_batch(struct tl_call *call, struct tl_import_plan plan, struct tl_batch *batch,
                      const char *file)
{
    struct tl_connection connection;
    struct tl_import_result result = {0};
    struct tl_why why = {""};
    struct tl_json *row;
    enum tl_status status = tl_connect(&connection, &call->args);

    if (status != TL_OK)
        return tl_status_exit(status);
    plan.client = connection.client;
    status = tl_import_run(&result, batch, &plan, &why);
    tl_disconnect(&connection);
    if (status != TL_OK)
        return tl_fail(status, "what is recorded stays; the same command goes on from there",
                       "cannot import '%s': %s (%" PRIu64 " entries are final)", file, why.text,
                       result.submitted.entries);
    row = answer(batch, &result, true);
    tl_out_one(&call->out, columns, row);
    tl_json_free(row);
    return tl_status_exit(batch->rejected > 0 ? TL_ERR_PARTIAL : TL_OK);
}

static size_t without(const char *name, size_t len, const char *ending)
{
    size_t end = strlen(ending);

    return len > end && memcmp(name + len - end, ending, end) == 0 ? len - end : len;
}

/* fines.csv.gz and fines.csv give fines.quarantine.csv, in the current directory. */
static void quarantine_name(char *out, size_t cap, const char *file)
{
    const char *base = strrchr(file, '/');
    size_t len;

    base = base != NULL ? base + 1 : file;
    len = without(base, strlen(base), ".gz");
    len = without(base, len, ".csv");
    (void)snprintf(out, cap, "%.*s.quarantine.csv", (int)len, base);
}

static int run_mapped(struct tl_call *call, struct tl_map *map, const struct tl_import_plan *plan,
                      const char *file)
{
    const char *quarantine = tl_opt_value(&call->args, "quarantine");
    char name[512];
    struct tl_batch batch;
    struct tl_why why = {""};
    int code;
    enum tl_status status;

    quarantine_name(name, sizeof name, file);
    status = tl_batch_read(&batch, map, file, quarantine != NULL ? quarantine : name, &why);
    if (status != TL_OK)
        return tl_fail(status, NULL, "cannot import '%s': %s", file, why.text);
    if (tl_opt_given(&call->args, "dry-run") || tl_opt_given(&call->args, "check-map")) {
        struct tl_json *row = answer(&batch, NULL, false);

        tl_out_one(&call->out, columns, row);
        tl_json_free(row);
        code = tl_status_exit(batch.rejected > 0 ? TL_ERR_PARTIAL : TL_OK);
    } else {
        code = send_batch(call, *plan, &batch, file);
    }
    tl_batch_free(&batch);
    return code;
}

static int run(struct tl_call *call)
{
    const char *path = tl_opt_value(&call->args, "map");
    struct tl_map map;
    struct tl_import_plan plan;
    struct tl_why why = {""};
    int code;
    bool check = tl_opt_given(&call->args, "check-map");
    enum tl_status status = tl_cmd_words(call, check ? 0 : 1, 1, "the file to import");

    if (status != TL_OK)
        return tl_status_exit(status);
    if (path == NULL)
        return tl_fail(TL_ERR_USAGE, "see docs/MAPPING.md and docs/examples/maps",
                       "missing: --map");
    status = tl_map_load(&map, path, &why);
    if (status != TL_OK)
        return tl_fail(status, "see docs/MAPPING.md", "cannot use the mapping: %s", why.text);
    if (check && call->args.words == 0) {
        tl_note("the mapping keeps its rules; name a file to look at its values too");
        tl_map_free(&map);
        return 0;
    }
    status = plan_read(&plan, &map, &call->args);
    code = status == TL_OK ? run_mapped(call, &map, &plan, call->args.word[0])
                           : tl_status_exit(status);
    tl_map_free(&map);
    return code;
}

const struct tl_cmd tl_cmd_import = {
    .name = "import",
    .usage = "FILE --map MAP [options]",
    .summary = "turn the rows of a CSV file into entries",
    .more = "FILE may be gzip.  Rows that cannot be read go to the quarantine file with line,\n"
            "column, reason and the row as it stood; everything else is recorded.  If any row\n"
            "was refused the exit code is 8.  A second import of the same file adds nothing.",
    .options = options,
    .run = run};
