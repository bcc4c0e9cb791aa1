/* wire.h -- the list of wire.def as a table. */
#ifndef TL_TEST_WIRE_H
#define TL_TEST_WIRE_H

#include "tl/record.h"

/* Either a part's title, or a record. */
struct wire_row {
    const char *part;
    const struct tl_record *record;
};
extern const struct wire_row wire_rows[];
extern const size_t wire_row_count;

#endif
