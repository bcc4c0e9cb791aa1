/* vector.h -- golden rows of law and money, read where they lie.  A test whose
 * vectors are absent skips itself and says so. */
#ifndef TL_TEST_VECTOR_H
#define TL_TEST_VECTOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define VECTOR_COLUMNS_MAX 16

/* One table: a line of names, then rows of text without quotes. */
struct vector_csv {
    char *text;
    char *next;
    char *column[VECTOR_COLUMNS_MAX];
    int columns;
    int row; /* counts from 1 */
};

/* Opens vectors/domain/NAME (or another path below the shared folder if it has
 * a slash) and skips the test if it is absent. */
void vector_csv_open(struct vector_csv *csv, const char *name);
/* The same, for a reader that takes the rows out of `next` by itself. */
void vector_csv_open_raw(struct vector_csv *csv, const char *name);
bool vector_csv_next(struct vector_csv *csv);
void vector_csv_close(struct vector_csv *csv);

/* The whole file; json_decref() it. */
json_t *vector_json(const char *name);
int64_t vector_int(const json_t *object, const char *name);
const char *vector_str(const json_t *object, const char *name);

int64_t vector_number(const char *text);
int32_t vector_date(const char *text);
/* Numbers with bars between them. */
int vector_list(const char *text, int64_t *out, int cap);

#endif
