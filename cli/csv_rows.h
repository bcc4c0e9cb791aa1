/* csv_rows.h -- rows of a CSV file (RFC 4180), each with the line it began on.
 *
 * The only door to libcsv.  Quotes are read strictly: a row that breaks them is
 * handed to `bad` with its text, and reading goes on at the line after the one
 * where the row began, so one stray quote never swallows the rest of a file.
 * Nothing is dropped: every line belongs to a row, a bad row, or is blank.
 * Rows and fields are borrowed for the call.  One thread per reader. */
#ifndef TL_CSV_ROWS_H
#define TL_CSV_ROWS_H

#include "gz.h"

/* A row longer than this is malformed: most likely a quote never closed. */
#define TL_CSV_ROW_MAX    65536u
#define TL_CSV_FIELDS_MAX 512u

struct tl_csv_row {
    size_t line; /* where it begins, from 1 */
    size_t count;
    const struct tl_bytes *field;
    struct tl_bytes raw; /* as in the file, without its line end */
};

struct tl_csv_sink {
    enum tl_status (*row)(void *context, const struct tl_csv_row *row);
    enum tl_status (*bad)(void *context, const struct tl_csv_row *row, const char *why);
    void *context;
};

/* tl_csv_read feeds every row to the sink until it answers other than TL_OK. */
TL_MUST_USE enum tl_status tl_csv_read(struct tl_gz *file, char delimiter,
                                       const struct tl_csv_sink *sink);

/* tl_csv_quote appends one field to `out` (quoted when it must be). */
void tl_csv_quote(struct tl_buf *out, struct tl_bytes field);

#endif
