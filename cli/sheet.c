#include "sheet.h"

#include "mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void words_copy(struct tl_sheet_row *row, const char *const word[TL_SHEET_WORDS])
{
    for (size_t i = 0; i < TL_SHEET_WORDS; i++)
        (void)snprintf(row->word[i], TL_SHEET_WORD, "%s", word[i] != NULL ? word[i] : "");
}

/* FNV-1a over all words: reports have few rows, nobody gains by collisions. */
static size_t slot_of(const struct tl_sheet *sheet, const struct tl_sheet_row *row)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    size_t at;

    for (size_t i = 0; i < TL_SHEET_WORDS; i++)
        for (const char *c = row->word[i];; c++) {
            hash = (hash ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
            if (*c == '\0')
                break;
        }
    at = (size_t)(hash ^ hash >> 32) & (sheet->slots - 1u);
    while (sheet->slot[at] != 0 &&
           memcmp(sheet->row[sheet->slot[at] - 1u].word, row->word, sizeof row->word) != 0)
        at = (at + 1u) & (sheet->slots - 1u);
    return at;
}

static void slots_grow(struct tl_sheet *sheet)
{
    sheet->slots = sheet->slots == 0 ? 256 : sheet->slots * 2u;
    tl_mem_free(sheet->slot);
    sheet->slot = tl_mem_new(sheet->slots, sizeof *sheet->slot);
    for (size_t i = 0; i < sheet->rows; i++)
        sheet->slot[slot_of(sheet, &sheet->row[i])] = (uint32_t)(i + 1u);
}

int64_t *tl_sheet_at(struct tl_sheet *sheet, const char *const word[TL_SHEET_WORDS])
{
    struct tl_sheet_row row;
    size_t at;

    memset(&row, 0, sizeof row);
    words_copy(&row, word);
    if (sheet->slots < 2u * (sheet->rows + 1u))
        slots_grow(sheet);
    at = slot_of(sheet, &row);
    if (sheet->slot[at] == 0) {
        sheet->row = tl_mem_grow(sheet->row, &sheet->cap, sheet->rows + 1u, sizeof *sheet->row);
        sheet->row[sheet->rows++] = row;
        sheet->slot[at] = (uint32_t)sheet->rows;
    }
    return sheet->row[sheet->slot[at] - 1u].sum;
}

static int by_words(const void *a, const void *b)
{
    const struct tl_sheet_row *x = a;
    const struct tl_sheet_row *y = b;
    int order = 0;

    for (size_t i = 0; i < TL_SHEET_WORDS && order == 0; i++)
        order = strcmp(x->word[i], y->word[i]);
    return order;
}

void tl_sheet_sort(struct tl_sheet *sheet)
{
    tl_mem_free(sheet->slot);
    sheet->slot = NULL;
    sheet->slots = 0;
    if (sheet->rows > 1)
        qsort(sheet->row, sheet->rows, sizeof *sheet->row, by_words);
}

void tl_sheet_free(struct tl_sheet *sheet)
{
    tl_mem_free(sheet->row);
    tl_mem_free(sheet->slot);
    *sheet = (struct tl_sheet){0};
}

int64_t tl_basis_points(int64_t part, int64_t whole)
{
    /* Whole basis points first, so that no product leaves int64. */
    int64_t sign = (part < 0) != (whole < 0) ? -1 : 1;
    uint64_t rest = part < 0 ? 0 - (uint64_t)part : (uint64_t)part;
    uint64_t of = whole < 0 ? 0 - (uint64_t)whole : (uint64_t)whole;
    uint64_t result;

    if (of == 0)
        return 0;
    result = rest / of;
    rest %= of;
    for (int digit = 0; digit < 4; digit++) {
        uint64_t next = 0;

        result *= 10u;
        for (int i = 0; i < 10; i++) {
            next += rest;
            if (next >= of) {
                next -= of;
                result++;
            }
        }
        rest = next;
    }
    return result > INT64_MAX ? sign * INT64_MAX : sign * (int64_t)result;
}
