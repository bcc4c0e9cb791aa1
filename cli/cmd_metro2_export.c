/* A cycle's credit reporting file out of a certified ledger. */
#include "case_name.h"
#include "commands.h"
#include "connect.h"
#include "csv_rows.h"
#include "mem.h"
#include "metro2_export.h"
#include "submit.h"

#include "tl/file.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const struct tl_opt options[] = {
    {"profile", "FILE", "who reports, header and fixed fields (docs/METRO2.md)"},
    {"side", "FILE", "CSV of what no ledger knows: people, account numbers, K, L and N segments"},
    {"map", "FILE", "the side file names cases by the source's number, as this mapping does"},
    {"previous", "FILE", "the file sent last: history and first delinquency go on from it"},
    {"packed", NULL, "write packed records of 366 bytes instead of lines of 426"},
    {"blocks", NULL, "write records one behind the other, without line ends"},
    {"created", "DATE", "when the file is made (default: the last closed day)"},
    {"record", NULL, "write a FURNISHED entry for each tradeline onto the ledger"},
    {"only", "CASE", "this case alone, by id or the source's number (may be given several times)"},
    {"aud", NULL, "records that replace what was sent; --record writes corrections and deletions"},
    TL_PAST_OPTIONS,
    TL_OPT_END};

static const struct tl_column columns[] = {
    {"record", "record", TL_COLUMN_NUMBER},
    {"case", "case", TL_COLUMN_TEXT},
    {"account", "account", TL_COLUMN_TEXT},
    {"status", "status", TL_COLUMN_TEXT},
    {"balance", "balance", TL_COLUMN_NUMBER},
    {"first_delinquency", "first delinquency", TL_COLUMN_TEXT},
    {"history", "history", TL_COLUMN_TEXT},
    {"leaves", "leaves", TL_COLUMN_NUMBER},
    {"left_out", "left out because", TL_COLUMN_TEXT},
    TL_COLUMN_END};

/* ---- what was said last ------------------------------------------------ */

static enum tl_status previous_read(struct tl_metro2_index *index, const char *path)
{
    struct tl_metro2_record *record = tl_mem_new(1, sizeof *record);
    struct tl_metro2_summary summary;
    struct tl_metro2_file file;
    enum tl_status status = tl_metro2_file_open(&file, path);

    index->by_next = true;
    if (status == TL_OK) {
        while ((status = tl_metro2_file_next(&file, record)) == TL_OK)
            if (tl_metro2_summarize(record, &summary))
                (void)tl_metro2_index_add(index, &summary);
        if (status == TL_ERR_PARTIAL)
            (void)tl_fail(status, "see: tally metro2 check", "a record of '%s' cannot be read",
                          path);
        tl_metro2_file_close(&file);
    }
    tl_mem_free(record);
    return status == TL_ERR_NOT_FOUND ? TL_OK : status;
}

/* ---- files ------------------------------------------------------------- */

static enum tl_status put_file(void *host, struct tl_bytes bytes)
{
    return fwrite(bytes.ptr, 1, bytes.len, host) == bytes.len ? TL_OK : TL_ERR_IO;
}

static enum tl_status file_write(struct tl_metro2_export *export, const char *path,
                                 struct tl_why *why)
{
    FILE *file = fopen(path, "wbx");
    const struct tl_metro2_sink sink = {put_file, file};
    enum tl_status status;

    if (file == NULL)
        return tl_why_set(why, TL_ERR_IO, "cannot create '%s': %s", path, strerror(errno));
    status = tl_metro2_export_write(export, &sink, why);
    if (fclose(file) != 0 && status == TL_OK)
        status = tl_why_set(why, TL_ERR_IO, "cannot write '%s'", path);
    if (status != TL_OK)
        (void)remove(path);
    return status;
}

static void hex_of(char *out, const uint8_t *bytes, size_t len)
{
    tl_hex(out, tl_bytes(bytes, len));
}

static void source_line(FILE *file, const struct tl_metro2_line *line,
                        const struct tl_metro2_leaf *leaf)
{
    const struct tl_type_info *info = tl_type_find(leaf->type);
    char id[2u * TL_ID_BYTES + 1u];
    char hash[2u * TL_HASH_BYTES + 1u];
    char record[2u * TL_HASH_BYTES + 1u];
    char date[11];

    hex_of(id, line->case_id.b, TL_ID_BYTES);
    hex_of(hash, leaf->hash.b, TL_HASH_BYTES);
    hex_of(record, line->record_hash.b, TL_HASH_BYTES);
    tl_date_text(date, leaf->date);
    (void)fprintf(file, "%" PRIu64 ",%s,%s,%" PRIu64 ",%s,%s,%s,%s\n", line->number, id, record,
                  leaf->index, leaf->decided ? "decision" : "entry",
                  info != NULL ? info->name : "?", date, hash);
}

/* The leaves each record rests on, and the point of the log they lie below. */
static enum tl_status sources_write(const struct tl_metro2_export *export, const char *path,
                                    struct tl_why *why)
{
    FILE *file = fopen(path, "wx");
    char root[2u * TL_HASH_BYTES + 1u];
    char salt[2u * TL_HASH_BYTES + 1u];

    if (file == NULL)
        return tl_why_set(why, TL_ERR_IO, "cannot create '%s': %s", path, strerror(errno));
    hex_of(root, export->point.log_root.b, TL_HASH_BYTES);
    hex_of(salt, export->salt, TL_HASH_BYTES);
    (void)fprintf(file, "# height %" PRIu64 ", log size %" PRIu64 ", log root %s, salt %s\n",
                  export->point.height, export->point.log_size, root, salt);
    (void)fputs("record,case,record_hash,leaf,kind,type,date,leaf_hash\n", file);
    for (size_t i = 0; i < export->lines; i++) {
        const struct tl_metro2_line *line = &export->line[i];
        size_t count;
        const struct tl_metro2_leaf *leaf = tl_metro2_export_leaves(export, &line->case_id, &count);

        for (size_t j = 0; j < count && line->left_out == NULL; j++)
            source_line(file, line, &leaf[j]);
    }
    if (fclose(file) != 0) {
        (void)remove(path);
        return tl_why_set(why, TL_ERR_IO, "cannot write '%s'", path);
    }
    return TL_OK;
}

/* ---- onto the ledger --------------------------------------------------- */

static uint32_t cycle_of(const struct tl_metro2_export *export)
{
    struct tl_civil month = tl_date_to_civil(export->point.closed_on);

    return (uint32_t)(month.year * 100 + month.month);
}

static bool flagged(const struct tl_metro2_line *line)
{
    return tl_metro2_trimmed(line->base, TL_METRO2_BASE_COMPLIANCE_CONDITION_CODE).len > 0;
}

/* A deletion says why; the code says whether it was fraud. */
static bool deletion_encode(struct tl_buf *out, struct tl_entry *entry, struct tl_bytes status)
{
    const struct tl_body_furnish_delete body = {.reason = status.ptr[1] == 'F' ? TL_DELETE_FRAUD
                                                                               : TL_DELETE_ERROR};

    entry->type = TL_ENTRY_FURNISH_DELETE;
    return tl_entry_encode(out, entry, &body);
}

static enum tl_status furnished_add(struct tl_submitter *submitter,
                                    const struct tl_metro2_export *export,
                                    const struct tl_metro2_line *line, struct tl_why *why)
{
    uint8_t memory[512];
    struct tl_buf out = tl_buf(memory, sizeof memory);
    struct tl_bytes status = tl_metro2_text(line->base, TL_METRO2_BASE_ACCOUNT_STATUS);
    bool deleted = status.ptr[0] == 'D';
    char ref[32];
    struct tl_body_furnished body = {.cycle = cycle_of(export),
                                     .balance_minor = line->balance_minor,
                                     .flagged_disputed = flagged(line)};
    struct tl_entry entry = {.type =
                                 export->correction ? TL_ENTRY_FURNISH_CORRECT : TL_ENTRY_FURNISHED,
                             .case_id = line->case_id,
                             .value_date = export->point.closed_on,
                             .doc_hash = tl_bytes(line->record_hash.b, TL_HASH_BYTES)};

    if (!deleted)
        body.account_status = (uint8_t)((status.ptr[0] - '0') * 10 + (status.ptr[1] - '0'));
    (void)snprintf(ref, sizeof ref, "%s %06u", export->correction ? "aud" : "metro2", body.cycle);
    entry.ext_ref = tl_bytes_str(ref);
    if (deleted ? !deletion_encode(&out, &entry, status) : !tl_entry_encode(&out, &entry, &body))
        return tl_why_set(why, TL_ERR_RANGE, "an entry does not fit");
    return tl_submitter_add(submitter, tl_buf_bytes(&out), why);
}

static enum tl_status furnished_write(const struct tl_metro2_export *export,
                                      const struct tl_args *args)
{
    struct tl_connection connection;
    struct tl_submitter *submitter = NULL;
    struct tl_why why = {""};
    enum tl_status status = tl_connect(&connection, args);

    if (status != TL_OK)
        return status;
    status = tl_submitter_open(&submitter, connection.client, 256, &why);
    for (size_t i = 0; i < export->lines && status == TL_OK; i++)
        if (export->line[i].left_out == NULL)
            status = furnished_add(submitter, export, &export->line[i], &why);
    if (status == TL_OK)
        status = tl_submitter_flush(submitter, &why);
    if (status == TL_OK)
        tl_note("%" PRIu64 " FURNISHED entries are final", tl_submitter_counts(submitter)->entries);
    else
        (void)tl_fail(status, "the file stands; the same command with --record writes the rest",
                      "cannot record what was furnished: %s", why.text);
    if (submitter != NULL)
        tl_submitter_close(submitter);
    tl_disconnect(&connection);
    return status;
}

/* ---- the answer -------------------------------------------------------- */

static struct tl_json *text_of(const struct tl_metro2_line *line, enum tl_metro2_field field)
{
    return tl_json_text(tl_metro2_trimmed(line->base, field));
}

static struct tl_json *row_of(const struct tl_metro2_export *export,
                              const struct tl_metro2_line *line)
{
    struct tl_json *row = tl_json_object();
    uint64_t balance = 0;
    size_t leaves;
    int32_t dofd;
    char date[11];

    (void)tl_metro2_export_leaves(export, &line->case_id, &leaves);
    tl_json_set(row, "case", tl_json_hex(tl_bytes(line->case_id.b, TL_ID_BYTES)));
    if (line->left_out != NULL) {
        tl_json_set_str(row, "left_out", line->left_out);
        return row;
    }
    tl_json_set_int(row, "record", (int64_t)line->number);
    tl_json_set(row, "account", text_of(line, TL_METRO2_BASE_CONSUMER_ACCOUNT_NUMBER));
    tl_json_set(row, "status", text_of(line, TL_METRO2_BASE_ACCOUNT_STATUS));
    if (tl_metro2_number(line->base, TL_METRO2_BASE_CURRENT_BALANCE, &balance))
        tl_json_set_int(row, "balance", (int64_t)balance);
    if (tl_metro2_date(line->base, TL_METRO2_BASE_DATE_FIRST_DELINQUENCY, &dofd) &&
        dofd != TL_DATE_NONE) {
        tl_date_text(date, dofd);
        tl_json_set_str(row, "first_delinquency", date);
    }
    tl_json_set(row, "history", text_of(line, TL_METRO2_BASE_PAYMENT_HISTORY_PROFILE));
    tl_json_set_int(row, "leaves", (int64_t)leaves);
    return row;
}

static enum tl_status answer(const struct tl_call *call, const struct tl_metro2_export *export)
{
    struct tl_json *rows = tl_json_array();
    size_t left_out = 0;

    for (size_t i = 0; i < export->lines; i++) {
        tl_json_add(rows, row_of(export, &export->line[i]));
        left_out += export->line[i].left_out != NULL;
    }
    tl_out_rows(&call->out, columns, rows);
    tl_json_free(rows);
    tl_note("as of height %" PRIu64 ": %zu tradelines, %zu left out", export->point.height,
            export->lines - left_out, left_out);
    return left_out > 0 ? TL_ERR_PARTIAL : TL_OK;
}

static enum tl_status export_all(const struct tl_call *call, struct tl_metro2_export *export)
{
    const char *file = call->args.word[0];
    char sources[TL_PATH_MAX];
    struct tl_why why = {""};
    enum tl_status status = tl_metro2_export_walk(export, &call->args);

    if (status != TL_OK)
        return status;
    (void)snprintf(sources, sizeof sources, "%s.sources.csv", file);
    status = file_write(export, file, &why);
    if (status == TL_OK && (status = sources_write(export, sources, &why)) != TL_OK)
        (void)remove(file);
    if (status != TL_OK) {
        (void)tl_fail(status, NULL, "cannot export to '%s': %s", file, why.text);
        return status;
    }
    if (tl_opt_given(&call->args, "record"))
        status = furnished_write(export, &call->args);
    return status == TL_OK ? answer(call, export) : status;
}

static enum tl_status inputs_read(const struct tl_call *call,
                                  struct tl_metro2_profile_file *profile,
                                  struct tl_metro2_side *side, struct tl_metro2_index *before)
{
    const char *path = tl_opt_value(&call->args, "profile");
    const char *people = tl_opt_value(&call->args, "side");
    const char *previous = tl_opt_value(&call->args, "previous");
    struct tl_why why = {""};
    enum tl_status status = TL_ERR_USAGE;

    if (path == NULL || people == NULL) {
        (void)tl_fail(status, "see docs/METRO2.md", "missing: --%s",
                      path == NULL ? "profile" : "side");
        return status;
    }
    status = tl_metro2_profile_load(profile, path, &why);
    if (status != TL_OK)
        (void)tl_fail(status, "see docs/METRO2.md", "cannot use the profile: %s", why.text);
    if (status == TL_OK) {
        status = tl_metro2_side_load(side, people, tl_opt_value(&call->args, "map"), &why);
        if (status != TL_OK)
            (void)tl_fail(status, "see docs/METRO2.md", "cannot use side file '%s': %s", people,
                          why.text);
    }
    return status == TL_OK && previous != NULL ? previous_read(before, previous) : status;
}

/* The cases named by --only; NULL with a count of 0: all. */
static enum tl_status only_read(const struct tl_args *args, struct tl_id **ids, size_t *count)
{
    size_t cap = 0;
    const char *word;

    for (; (word = tl_opt_nth(args, "only", *count)) != NULL; ++*count) {
        struct tl_why why = {""};
        enum tl_status status;

        *ids = tl_mem_grow(*ids, &cap, *count + 1u, sizeof **ids);
        /* an id is an id; anything else is the source's number */
        status = tl_case_named(&(*ids)[*count], word, NULL, &why);
        if (status != TL_OK && tl_opt_value(args, "map") != NULL)
            status = tl_case_named(&(*ids)[*count], word, tl_opt_value(args, "map"), &why);
        if (status != TL_OK) {
            (void)tl_fail(status, NULL, "cannot tell which case is meant: %s", why.text);
            return status;
        }
    }
    return TL_OK;
}

static int run(struct tl_call *call)
{
    struct tl_metro2_profile_file profile = {0};
    struct tl_metro2_side side = {0};
    struct tl_metro2_index before = {0};
    struct tl_metro2_export export = {
        .profile = &profile, .side = &side, .before = &before, .form = TL_METRO2_LINES};
    struct tl_id *only = NULL;
    enum tl_status status = tl_cmd_words(call, 1, 1, "the file to write");

    export.correction = tl_opt_given(&call->args, "aud");
    if (status == TL_OK)
        status = tl_opt_date(&call->args, "created", &export.has_created, &export.created_on);
    if (status != TL_OK)
        return tl_status_exit(status);
    if (tl_opt_given(&call->args, "packed"))
        export.form = TL_METRO2_PACKED;
    else if (tl_opt_given(&call->args, "blocks"))
        export.form = TL_METRO2_BLOCKS;
    if (tl_file_exists(call->args.word[0]))
        return tl_fail(TL_ERR_IO, "give another name, or remove it first",
                       "cannot export to '%s': there is such a file already", call->args.word[0]);
    tl_random(export.salt, sizeof export.salt);
    status = only_read(&call->args, &only, &export.only_count);
    export.only = only;
    if (status == TL_OK)
        status = inputs_read(call, &profile, &side, &before);
    if (status == TL_OK)
        status = export_all(call, &export);
    tl_metro2_export_free(&export);
    tl_mem_free(only);
    tl_metro2_index_free(&before);
    tl_metro2_side_free(&side);
    tl_metro2_profile_free(&profile);
    return tl_status_exit(status);
}

const struct tl_cmd tl_cmd_metro2_export = {
    .name = "metro2 export",
    .usage = "FILE --profile FILE --side FILE [--previous FILE] [--height N]",
    .summary = "write a cycle's credit reporting file from the certified ledger",
    .more =
        "The ledger is audited up to its end, then each case the profile's reporter may report\n"
        "becomes a tradeline as of --height.  People, account numbers and further segments come\n"
        "from the side file, never from the ledger.  With --previous the payment history and\n"
        "the date of first delinquency go on from the file sent last.  FILE.sources.csv names\n"
        "the ledger's leaves each record rests on, with their hashes (tally receipt get).\n"
        "Exit code 8: some accounts were left out; the list says why.",
    .options = options,
    .run = run};
