/* out.h -- one answer, three renderings: table, CSV, JSON.
 *
 * A command builds its answer as JSON values and says which columns a person
 * wants to see; the rest follows.  Numbers stand right, money (a column of kind
 * MONEY) gets its decimals in tables only: JSON and CSV keep minor units, for
 * programs. */
#ifndef TL_OUT_H
#define TL_OUT_H

#include "json.h"

enum tl_out_format { TL_OUT_TABLE, TL_OUT_CSV, TL_OUT_JSON };

enum tl_column_kind { TL_COLUMN_TEXT, TL_COLUMN_NUMBER, TL_COLUMN_MONEY };

struct tl_column {
    const char *key;   /* member of each row */
    const char *title; /* heading of the table */
    enum tl_column_kind kind;
};
#define TL_COLUMN_END                                                                              \
    {                                                                                              \
        NULL, NULL, TL_COLUMN_TEXT                                                                 \
    }

/* How many decimals MONEY columns show; 2 unless set. */
struct tl_out {
    enum tl_out_format format;
    uint32_t money_exponent;
};

/* tl_out_rows prints an array of objects; tl_out_one one object, as pairs of
 * name and value in a table.  Both consume nothing. */
void tl_out_rows(const struct tl_out *out, const struct tl_column *columns,
                 const struct tl_json *rows);
void tl_out_one(const struct tl_out *out, const struct tl_column *columns,
                const struct tl_json *object);
/* tl_out_flush says whether all of stdout was taken. */
bool tl_out_flush(void);

#endif
