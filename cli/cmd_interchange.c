/* Files of agency and law firm systems, as rows a mapping can read. */
#include "commands.h"
#include "gz.h"
#include "interchange.h"
#include "mem.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define FILE_MAX (512u << 20)

static const struct tl_opt options[] = {
    {"record", "KIND", "records of this kind, e.g. CPAY or 30 (default: that of the first line)"},
    TL_OPT_END};

static enum tl_status row_add(struct tl_json *rows, const struct tl_interchange_field *first,
                              struct tl_bytes line, uint64_t number)
{
    struct tl_json *row = tl_json_object();
    enum tl_status status = TL_OK;

    tl_json_set_int(row, "line", (int64_t)number);
    for (const struct tl_interchange_field *field = first;
         field != NULL && tl_interchange_same(field, first) && status == TL_OK;
         field = tl_interchange_at((size_t)(field - tl_interchange_at(0)) + 1u)) {
        char text[TL_INTERCHANGE_TEXT_MAX];

        status = tl_interchange_value(text, field, line);
        if (status != TL_OK)
            (void)tl_fail(status, NULL, "line %" PRIu64 ": %s is not what it should be", number,
                          field->name);
        tl_json_set_str(row, field->name, text);
    }
    tl_json_add(rows, row);
    return status;
}

static size_t columns_of(const struct tl_interchange_field *first, struct tl_column *columns)
{
    size_t count = 0;

    columns[count++] = (struct tl_column){"line", "line", TL_COLUMN_NUMBER};
    for (const struct tl_interchange_field *field = first;
         field != NULL && tl_interchange_same(field, first);
         field = tl_interchange_at((size_t)(field - tl_interchange_at(0)) + 1u))
        columns[count++] = (struct tl_column){field->name, field->name, TL_COLUMN_TEXT};
    columns[count] = (struct tl_column)TL_COLUMN_END;
    return count;
}

/* Lines of other kinds are counted; one of no known kind ends the reading. */
static enum tl_status lines_read(struct tl_bytes rest, const char *kind, struct tl_json *rows,
                                 const struct tl_interchange_field **of, uint64_t *others)
{
    enum tl_status status = TL_OK;

    for (uint64_t number = 1; rest.len > 0 && status == TL_OK; number++) {
        const uint8_t *end = memchr(rest.ptr, '\n', rest.len);
        size_t len = end != NULL ? (size_t)(end - rest.ptr) : rest.len;
        struct tl_bytes line = tl_bytes(rest.ptr, len);
        const struct tl_interchange_field *found;

        rest = tl_bytes(rest.ptr + len + (end != NULL), rest.len - len - (end != NULL));
        if (line.len > 0 && line.ptr[line.len - 1u] == '\r')
            line.len--;
        if (line.len == 0)
            continue;
        found = tl_interchange_record(line);
        if (found == NULL) {
            (void)tl_fail(TL_ERR_ENCODING, NULL, "line %" PRIu64 " is no record that is known",
                          number);
            return TL_ERR_ENCODING;
        }
        if (kind == NULL)
            kind = found->record;
        if (strcmp(kind, found->record) != 0)
            ++*others;
        else
            status = row_add(rows, *of = found, line, number);
    }
    return status;
}

static int run(struct tl_call *call)
{
    const struct tl_interchange_field *of = NULL;
    struct tl_column columns[64];
    struct tl_json *rows;
    uint8_t *data = NULL;
    size_t len = 0;
    uint64_t others = 0;
    enum tl_status status = tl_cmd_words(call, 1, 1, "the file");

    if (status != TL_OK)
        return tl_status_exit(status);
    status = tl_gz_slurp(call->args.word[0], FILE_MAX, &data, &len);
    if (status != TL_OK)
        return tl_fail(status, NULL, "cannot read '%s': %s", call->args.word[0],
                       status == TL_ERR_IO ? strerror(errno) : tl_status_text(status));
    rows = tl_json_array();
    status =
        lines_read(tl_bytes(data, len), tl_opt_value(&call->args, "record"), rows, &of, &others);
    if (status == TL_OK && of != NULL) {
        (void)columns_of(of, columns);
        tl_out_rows(&call->out, columns, rows);
        tl_note("%zu records %s, %" PRIu64 " of other kinds", tl_json_count(rows), of->record,
                others);
    } else if (status == TL_OK) {
        status = TL_ERR_NOT_FOUND;
        (void)tl_fail(status, NULL, "'%s' has no such record", call->args.word[0]);
    }
    tl_json_free(rows);
    tl_mem_free(data);
    return tl_status_exit(status);
}

const struct tl_cmd tl_cmd_interchange = {
    .name = "interchange",
    .usage = "FILE [--record KIND] [--csv]",
    .summary = "turn records of Latitude AIM or YGC into rows a mapping can read",
    .more =
        "FILE has fixed records, one a line.  With --csv the rows go into a file for\n"
        "`tally import`; days are YYYY-MM-DD, amounts as they stand.  A line that is no record,\n"
        "or a field that is not what its place wants, ends the reading with its line.",
    .options = options,
    .run = run};
