#include "out.h"

#include "csv_rows.h"
#include "decimal.h"
#include "mem.h"

#include <inttypes.h>
#include <string.h>

#define CELL_MAX 4096u

/* The text of one cell, for a table or for CSV. */
static void cell_text(const struct tl_out *out, const struct tl_column *column,
                      const struct tl_json *row, char text[CELL_MAX])
{
    const struct tl_json *value = tl_json_get(row, column->key);
    const char *chars = tl_json_chars(value);
    int64_t number;
    bool truth;

    text[0] = '\0';
    if (chars != NULL && column->kind == TL_COLUMN_MONEY && out->format == TL_OUT_TABLE)
        tl_decimal_point(text, chars, out->money_exponent);
    else if (chars != NULL)
        (void)snprintf(text, CELL_MAX, "%s", chars);
    else if (tl_json_number(value, &number)) {
        if (column->kind == TL_COLUMN_MONEY && out->format == TL_OUT_TABLE)
            tl_decimal_print(text, number, out->money_exponent);
        else
            (void)snprintf(text, CELL_MAX, "%" PRId64, number);
    } else if (tl_json_truth(value, &truth)) {
        (void)snprintf(text, CELL_MAX, "%s", truth ? "yes" : "no");
    }
}

/* Characters, not bytes: continuation bytes of UTF-8 take no room. */
static size_t width_of(const char *text)
{
    size_t width = 0;

    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0u) != 0x80u ? 1u : 0u;
    return width;
}

static size_t column_count(const struct tl_column *columns)
{
    size_t n = 0;

    while (columns[n].key != NULL)
        n++;
    return n;
}

static void print_padded(const char *text, size_t width, bool right, bool last)
{
    size_t have = width_of(text);
    int pad = (int)(width > have ? width - have : 0);

    if (right)
        (void)printf("%*s%s%s", pad, "", text, last ? "" : "  ");
    else
        (void)printf("%s%*s%s", text, last ? 0 : pad, "", last ? "" : "  ");
}

static void print_heading(const struct tl_column *columns, size_t n, const size_t *width)
{
    for (size_t c = 0; c < n; c++)
        print_padded(columns[c].title, width[c], columns[c].kind != TL_COLUMN_TEXT, c + 1 == n);
    (void)putchar('\n');
}

static void table_rows(const struct tl_out *out, const struct tl_column *columns,
                       const struct tl_json *rows)
{
    size_t n = column_count(columns);
    size_t count = tl_json_count(rows);
    size_t *width = tl_mem_new(n, sizeof *width);
    char *text = tl_mem_new(CELL_MAX, 1);

    for (size_t c = 0; c < n; c++)
        width[c] = width_of(columns[c].title);
    for (size_t r = 0; r < count; r++)
        for (size_t c = 0; c < n; c++) {
            cell_text(out, &columns[c], tl_json_at(rows, r), text);
            if (width_of(text) > width[c])
                width[c] = width_of(text);
        }
    print_heading(columns, n, width);
    for (size_t r = 0; r < count; r++) {
        for (size_t c = 0; c < n; c++) {
            cell_text(out, &columns[c], tl_json_at(rows, r), text);
            print_padded(text, width[c], columns[c].kind != TL_COLUMN_TEXT, c + 1 == n);
        }
        (void)putchar('\n');
    }
    tl_mem_free(text);
    tl_mem_free(width);
}

static void csv_cell(const char *text, bool last)
{
    uint8_t bytes[2u * CELL_MAX + 2u];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);

    tl_csv_quote(&buf, tl_bytes(text, strlen(text)));
    (void)fwrite(buf.ptr, 1, buf.len, stdout);
    (void)fputs(last ? "\r\n" : ",", stdout);
}

static void csv_rows(const struct tl_out *out, const struct tl_column *columns,
                     const struct tl_json *rows)
{
    size_t n = column_count(columns);
    char *text = tl_mem_new(CELL_MAX, 1);

    for (size_t c = 0; c < n; c++)
        csv_cell(columns[c].key, c + 1 == n);
    for (size_t r = 0; r < tl_json_count(rows); r++)
        for (size_t c = 0; c < n; c++) {
            cell_text(out, &columns[c], tl_json_at(rows, r), text);
            csv_cell(text, c + 1 == n);
        }
    tl_mem_free(text);
}

void tl_out_rows(const struct tl_out *out, const struct tl_column *columns,
                 const struct tl_json *rows)
{
    switch (out->format) {
    case TL_OUT_TABLE:
        table_rows(out, columns, rows);
        break;
    case TL_OUT_CSV:
        csv_rows(out, columns, rows);
        break;
    case TL_OUT_JSON:
        tl_json_print(rows, stdout);
        break;
    }
}

static void table_one(const struct tl_out *out, const struct tl_column *columns,
                      const struct tl_json *object)
{
    char *text = tl_mem_new(CELL_MAX, 1);
    size_t width = 0;

    for (const struct tl_column *c = columns; c->key != NULL; c++)
        if (width_of(c->title) > width)
            width = width_of(c->title);
    for (const struct tl_column *c = columns; c->key != NULL; c++) {
        cell_text(out, c, object, text);
        if (text[0] == '\0')
            continue;
        print_padded(c->title, width, false, false);
        (void)printf("%s\n", text);
    }
    tl_mem_free(text);
}

void tl_out_one(const struct tl_out *out, const struct tl_column *columns,
                const struct tl_json *object)
{
    switch (out->format) {
    case TL_OUT_TABLE:
        table_one(out, columns, object);
        break;
    case TL_OUT_CSV: {
        struct tl_json *rows = tl_json_array();

        tl_json_add(rows, tl_json_keep(object));
        csv_rows(out, columns, rows);
        tl_json_free(rows);
        break;
    }
    case TL_OUT_JSON:
        tl_json_print(object, stdout);
        break;
    }
}

bool tl_out_flush(void)
{
    return fflush(stdout) == 0 && ferror(stdout) == 0;
}
