/* decimal.h -- amounts as people write them, without ever being approximate.
 *
 * "12.50", "-3", "1.234,56", "2.00E+05": each is read digit by digit into an
 * integer and a power of ten; what does not come out as a whole number of minor
 * units, or does not fit, is refused.  No floating point.  Pure. */
#ifndef TL_DECIMAL_H
#define TL_DECIMAL_H

#include "tl/bytes.h"
#include "tl/status.h"

struct tl_decimal_style {
    char point;        /* usually '.' */
    char group;        /* thousands separator, 0 for none */
    uint32_t exponent; /* minor units are 10^-exponent of what is written */
};

/* TL_ERR_ENCODING: no number.  TL_ERR_RANGE: not whole minor units, or more
 * than fits. */
TL_MUST_USE enum tl_status tl_decimal_parse(struct tl_bytes text,
                                            const struct tl_decimal_style *style, int64_t *out);

/* tl_decimal_print writes minor units with `exponent` decimals. */
#define TL_DECIMAL_TEXT 64u
void tl_decimal_print(char out[TL_DECIMAL_TEXT], int64_t minor, uint32_t exponent);
/* tl_decimal_whole writes all digits of hi * 2^64 + lo. */
void tl_decimal_whole(char out[TL_DECIMAL_TEXT], uint64_t hi, uint64_t lo);
/* tl_decimal_point copies `digits` (fewer than 48, no sign) with `exponent` (at
 * most 8) of them behind the point. */
void tl_decimal_point(char out[TL_DECIMAL_TEXT], const char *digits, uint32_t exponent);

#endif
