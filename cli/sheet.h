/* sheet.h -- sums by key: what a report is made of.
 *
 * A row has up to four words that name it and up to sixteen whole numbers.  Rows
 * come into being when they are first asked for, with all sums zero, and are
 * given out in order of their words.  One thread.  Ownership: tl_sheet_free. */
#ifndef TL_SHEET_H
#define TL_SHEET_H

#include <stddef.h>
#include <stdint.h>

#define TL_SHEET_WORDS 4u
#define TL_SHEET_SUMS  16u
#define TL_SHEET_WORD  192u

struct tl_sheet_row {
    char word[TL_SHEET_WORDS][TL_SHEET_WORD];
    int64_t sum[TL_SHEET_SUMS];
};

struct tl_sheet {
    struct tl_sheet_row *row;
    size_t rows;
    size_t cap;
    uint32_t *slot; /* row number + 1 */
    size_t slots;
};

/* tl_sheet_at gives the sums of a row; NULL words are empty.  Valid until the
 * next new row. */
int64_t *tl_sheet_at(struct tl_sheet *sheet, const char *const word[TL_SHEET_WORDS]);
/* tl_sheet_sort puts rows in order of their words; no row can be added then. */
void tl_sheet_sort(struct tl_sheet *sheet);
void tl_sheet_free(struct tl_sheet *sheet);

/* part * 10000 / whole, cut towards zero; 0 of nothing.  Exact for all amounts. */
int64_t tl_basis_points(int64_t part, int64_t whole);

#endif
