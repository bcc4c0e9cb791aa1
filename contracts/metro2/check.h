/* check.h -- how a rule reports (private). */
#ifndef TL_METRO2_CHECK_H
#define TL_METRO2_CHECK_H

#include "codes.h"

/* One segment of one record, while it is checked. */
struct tl_metro2_at {
    struct tl_metro2_check *check;
    uint64_t number;
    enum tl_metro2_kind kind;
    const uint8_t *segment; /* NULL: nothing to show */
};
/* tl_metro2_find reports one finding; a person's data is not shown. */
void tl_metro2_find(const struct tl_metro2_at *at, enum tl_metro2_field field,
                    enum tl_metro2_rule rule);
/* The rules of one base record with what stands behind it. */
void tl_metro2_check_base(const struct tl_metro2_at *at, const struct tl_metro2_record *record);

#endif
