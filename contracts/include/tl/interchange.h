/* tl/interchange.h -- fixed-width records agencies and law firms exchange.
 *
 * Two families are in wide use in the United States: the agency interface of a
 * collection system (AIM: placements, payments at either side, recalls,
 * objections, inventories) and the files creditors and law firms send each other
 * (YGC).  A record is a line of fields at fixed places; a table says for each
 * record which field is where, and reading and writing follow the table.
 *
 *   TEXT    left justified, padded with spaces
 *   NUMBER  digits, padded with zeros on the left
 *   MONEY   a decimal point before the last two digits, padded with zeros
 *   DATE    CCYYMMDD; 19000101 is no date
 *
 * A value that does not fit its field is refused, never cut; a field that does
 * not read back is refused with its name.  A record family that is not in the
 * table is unknown, not ignored.  In a payment file a reversal beside its own
 * payment is an error: whoever receives it could not tell which came first.
 *
 * Pure, thread safe.  Texts that were read borrow the line.  Failures:
 * TL_ERR_RANGE (a value does not fit), TL_ERR_ENCODING (a line is not such a
 * record), TL_ERR_NOT_FOUND (no such record).  Sources: the public help pages of
 * Latitude's AIM and of YGC. */
#ifndef TL_INTERCHANGE_H
#define TL_INTERCHANGE_H

#include "tl/entry.h"

#define TL_INTERCHANGE_FIELDS_MAX 24u

enum tl_interchange_kind {
    TL_INTERCHANGE_TEXT = 0,
    TL_INTERCHANGE_NUMBER = 1,
    TL_INTERCHANGE_MONEY = 2,
    TL_INTERCHANGE_DATE = 3
};

struct tl_interchange_field {
    const char *name;
    uint16_t start; /* columns count from 1 */
    uint16_t end;   /* inclusive */
    uint8_t kind;   /* enum tl_interchange_kind */
};

struct tl_interchange_record {
    const char *family; /* "AIM", "YGC" */
    const char *code;   /* what the line begins with */
    uint16_t length;    /* of the line */
    uint8_t fields;
    const struct tl_interchange_field *field; /* the first is the code */
};

/* One field's value: text, or a number, minor units, a day. */
struct tl_interchange_value {
    struct tl_bytes text;
    int64_t number;
};

/* tl_interchange_at enumerates the records; NULL past the end. */
const struct tl_interchange_record *tl_interchange_at(size_t index);
/* tl_interchange_find gives the record of a family and code, or NULL. */
const struct tl_interchange_record *tl_interchange_find(const char *family, struct tl_bytes code);
/* tl_interchange_field finds a field by name; its index, or -1. */
int tl_interchange_index(const struct tl_interchange_record *record, const char *name);

/* tl_interchange_write appends one line, without a line end; the code is written
 * by itself.  *wrong is the field at fault. */
TL_MUST_USE enum tl_status tl_interchange_write(struct tl_buf *out,
                                                const struct tl_interchange_record *record,
                                                const struct tl_interchange_value *value,
                                                uint32_t *wrong);
/* tl_interchange_read takes a line apart; it may be longer than the record is
 * said to be, and shorter if what is missing is blank.  *wrong as above. */
TL_MUST_USE enum tl_status tl_interchange_read(const struct tl_interchange_record *record,
                                               struct tl_bytes line,
                                               struct tl_interchange_value *value, uint32_t *wrong);

/* A payment file's lines, as far as they name each other. */
struct tl_interchange_payment {
    struct tl_bytes name; /* the payment's identifier */
    bool reversal;
};
/* tl_interchange_pair finds a reversal whose payment is in the same file; gives
 * its index, or `count`: there is none. */
uint32_t tl_interchange_pair(const struct tl_interchange_payment *payment, uint32_t count);

#endif
