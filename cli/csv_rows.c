#include "csv_rows.h"

#include "mem.h"

#include <csv.h>
#include <string.h>

#define READ_BYTES 131072u

/* Lines go to libcsv one at a time: only so do we know where a row began, and
 * can start over at the right line when one is malformed. */
struct reader {
    struct csv_parser parser;
    const struct tl_csv_sink *sink;
    enum tl_status status; /* of the sink */
    size_t line;           /* of the next line */
    size_t row_line;       /* where the row in `raw` began */
    uint8_t raw[TL_CSV_ROW_MAX];
    size_t raw_len;
    uint8_t cell[TL_CSV_ROW_MAX + TL_CSV_FIELDS_MAX];
    size_t cell_len;
    size_t end[TL_CSV_FIELDS_MAX]; /* of each field in `cell` */
    size_t count;
    bool ended; /* the row is complete */
    bool wide;  /* more fields than we hold */
};

static void on_field(void *text, size_t len, void *context)
{
    struct reader *r = context;

    if (r->count == TL_CSV_FIELDS_MAX || len > sizeof r->cell - r->cell_len) {
        r->wide = true;
        return;
    }
    if (len > 0)
        (void)memcpy(r->cell + r->cell_len, text, len);
    r->cell_len += len;
    r->end[r->count++] = r->cell_len;
}

static void on_row(int end, void *context)
{
    (void)end;
    ((struct reader *)context)->ended = true;
}

static bool parser_start(struct reader *r, unsigned char delimiter)
{
    bool ok = csv_init(&r->parser, CSV_STRICT | CSV_STRICT_FINI) == 0;

    csv_set_delim(&r->parser, delimiter);
    return ok;
}

static void row_start(struct reader *r)
{
    r->raw_len = 0;
    r->cell_len = 0;
    r->count = 0;
    r->ended = false;
    r->wide = false;
}

static struct tl_bytes without_line_end(const uint8_t *text, size_t len)
{
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    return tl_bytes(text, len);
}

static void row_done(struct reader *r)
{
    struct tl_bytes field[TL_CSV_FIELDS_MAX];
    struct tl_csv_row row = {r->row_line, r->count, field, without_line_end(r->raw, r->raw_len)};
    size_t from = 0;

    for (size_t i = 0; i < r->count; i++) {
        field[i] = tl_bytes(r->cell + from, r->end[i] - from);
        from = r->end[i];
    }
    r->status = r->wide ? r->sink->bad(r->sink->context, &row, "row has too many fields")
                        : r->sink->row(r->sink->context, &row);
    row_start(r);
}

static bool blank(const uint8_t *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (strchr(" \t\r\n", text[i]) == NULL || text[i] == '\0')
            return false;
    return true;
}

static void take_line(struct reader *r, const uint8_t *text, size_t len);

/* Gives up the first line of the row in hand and reads the others again. */
/* NOLINTNEXTLINE(misc-no-recursion): see take_line */
static void row_bad(struct reader *r, const char *why)
{
    uint8_t *rest = tl_mem_new(r->raw_len, 1);
    size_t len = r->raw_len;
    const uint8_t *cut = memchr(r->raw, '\n', len);
    size_t first = cut != NULL ? (size_t)(cut - r->raw) + 1u : len;
    struct tl_csv_row row = {r->row_line, 0, NULL, without_line_end(r->raw, first)};
    unsigned char delimiter = csv_get_delim(&r->parser);

    (void)memcpy(rest, r->raw, len);
    r->status = r->sink->bad(r->sink->context, &row, why);
    csv_free(&r->parser);
    if (!parser_start(r, delimiter))
        tl_mem_out();
    r->line = r->row_line + 1u;
    row_start(r);
    for (size_t at = first; at < len && r->status == TL_OK;) {
        const uint8_t *end = memchr(rest + at, '\n', len - at);
        size_t next = end != NULL ? (size_t)(end - rest) + 1u : len;

        take_line(r, rest + at, next - at);
        at = next;
    }
    tl_mem_free(rest);
}

/* row_bad re-reads at most one row, and each time one line less of it. */
/* NOLINTNEXTLINE(misc-no-recursion): bounded, see above */
static void take_line(struct reader *r, const uint8_t *text, size_t len)
{
    if (r->raw_len == 0) {
        r->row_line = r->line;
        if (blank(text, len)) {
            r->line++;
            return;
        }
    }
    r->line++;
    if (len > sizeof r->raw - r->raw_len) {
        if (r->raw_len == 0) {
            (void)memcpy(r->raw, text, sizeof r->raw);
            r->raw_len = sizeof r->raw;
            row_bad(r, "row is too long");
            return;
        }
        row_bad(r, "quote is never closed");
        take_line(r, text, len);
        return;
    }
    (void)memcpy(r->raw + r->raw_len, text, len);
    r->raw_len += len;
    if (csv_parse(&r->parser, text, len, on_field, on_row, r) != len)
        row_bad(r, "quote where none may be");
    else if (r->ended)
        row_done(r);
}

static void take_end(struct reader *r)
{
    while (r->raw_len > 0 && r->status == TL_OK) {
        if (csv_fini(&r->parser, on_field, on_row, r) == 0) {
            row_done(r);
            return;
        }
        row_bad(r, "quote is never closed");
    }
}

/* Hands over whole lines of data[0, len); gives how much of it was used. */
static size_t take_lines(struct reader *r, const uint8_t *data, size_t len, bool last)
{
    size_t at = 0;

    while (at < len && r->status == TL_OK) {
        const uint8_t *end = memchr(data + at, '\n', len - at);
        size_t next = end != NULL ? (size_t)(end - data) + 1u : len;

        if (end == NULL && !last && at > 0)
            break;
        take_line(r, data + at, next - at);
        at = next;
    }
    return at;
}

enum tl_status tl_csv_read(struct tl_gz *file, char delimiter, const struct tl_csv_sink *sink)
{
    struct reader *r = tl_mem_new(1, sizeof *r);
    uint8_t *data = tl_mem_new(2u * READ_BYTES, 1);
    size_t held = 0;
    size_t got = 1;
    enum tl_status status = TL_OK;

    r->sink = sink;
    r->line = 1;
    if (!parser_start(r, (unsigned char)delimiter))
        tl_mem_out();
    while (got > 0 && status == TL_OK && r->status == TL_OK) {
        got = READ_BYTES;
        status = tl_gz_read(file, data + held, &got);
        held += got;
        if (status == TL_OK) {
            size_t used = take_lines(r, data, held, got == 0);

            (void)memmove(data, data + used, held - used);
            held -= used;
        }
    }
    if (status == TL_OK && r->status == TL_OK)
        take_end(r);
    if (status == TL_OK)
        status = r->status;
    csv_free(&r->parser);
    tl_mem_free(data);
    tl_mem_free(r);
    return status;
}

void tl_csv_quote(struct tl_buf *out, struct tl_bytes field)
{
    bool plain = true;

    for (size_t i = 0; i < field.len && plain; i++)
        plain = strchr(",\"\r\n", field.ptr[i]) == NULL && field.ptr[i] != '\0';
    if (field.len > 0 && (field.ptr[0] == ' ' || field.ptr[field.len - 1] == ' '))
        plain = false;
    if (plain) {
        tl_buf_put(out, field.ptr, field.len);
        return;
    }
    tl_buf_byte(out, '"');
    for (size_t i = 0; i < field.len; i++) {
        if (field.ptr[i] == '"')
            tl_buf_byte(out, '"');
        tl_buf_byte(out, field.ptr[i]);
    }
    tl_buf_byte(out, '"');
}
