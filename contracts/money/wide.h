/* wide.h -- products of two 64-bit numbers, and what comes back (private).
 *
 * A product of an amount, a rate and a span needs up to 122 bits.  Division of
 * such a number is the compiler's own routine, integers only. */
#ifndef TL_MONEY_WIDE_H
#define TL_MONEY_WIDE_H

#include "tl/check.h"
#include "tl/status.h"

#include <stdbool.h>
#include <stdint.h>

__extension__ typedef unsigned __int128 wide;

static inline wide wide_mul(int64_t a, int64_t b)
{
    TL_CHECK(a >= 0 && b >= 0);
    return (wide)(uint64_t)a * (uint64_t)b;
}

static inline bool wide_fits(wide value)
{
    return value <= (wide)INT64_MAX;
}

/* The quotient, rounded down; false: it does not fit. */
static inline bool wide_div(wide value, int64_t by, int64_t *out)
{
    wide quotient;

    TL_CHECK(by > 0);
    quotient = value / (wide)(uint64_t)by;
    if (!wide_fits(quotient))
        return false;
    *out = (int64_t)quotient;
    return true;
}

static inline int64_t wide_mod(wide value, int64_t by)
{
    TL_CHECK(by > 0);
    return (int64_t)(value % (wide)(uint64_t)by);
}

static inline bool sum_fits(int64_t a, int64_t b, int64_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

static inline int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

#endif
