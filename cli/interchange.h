/* interchange.h -- fixed records of other systems, field by field.
 *
 * Files of Latitude AIM and YGC become rows a mapping can read (docs/MAPPING.md):
 * one table says where each field stands (interchange.def).  Nothing is guessed: a
 * record of an unknown kind, a day that is none, a number with other than digits
 * is refused with its line.  Pure but for the caller's memory. */
#ifndef TL_INTERCHANGE_H
#define TL_INTERCHANGE_H

#include "tl/bytes.h"
#include "tl/status.h"

enum tl_interchange_format { TL_INTERCHANGE_AIM, TL_INTERCHANGE_YGC };
enum tl_interchange_type {
    TL_INTERCHANGE_TEXT,
    TL_INTERCHANGE_NUMBER,
    TL_INTERCHANGE_MONEY,
    TL_INTERCHANGE_DAY,
    TL_INTERCHANGE_DATE
};

struct tl_interchange_field {
    enum tl_interchange_format format;
    const char *record; /* as it stands in the file */
    const char *name;
    uint32_t start; /* from 1 */
    uint32_t end;
    enum tl_interchange_type type;
};

/* The whole table, a record's fields together; NULL past the end. */
const struct tl_interchange_field *tl_interchange_at(size_t index);
/* tl_interchange_record finds the first field of the record a line is; NULL: none
 * that is known. */
const struct tl_interchange_field *tl_interchange_record(struct tl_bytes line);
/* True when both fields stand in one record. */
bool tl_interchange_same(const struct tl_interchange_field *a,
                         const struct tl_interchange_field *b);

#define TL_INTERCHANGE_TEXT_MAX 1100u
/* tl_interchange_value gives a field of a line as text: without blanks around it,
 * days as YYYY-MM-DD, no day and what the line is too short for empty.
 * TL_ERR_ENCODING: it is not what its type says. */
TL_MUST_USE enum tl_status tl_interchange_value(char out[TL_INTERCHANGE_TEXT_MAX],
                                                const struct tl_interchange_field *field,
                                                struct tl_bytes line);

#endif
