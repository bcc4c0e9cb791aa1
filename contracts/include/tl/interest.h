/* tl/interest.h -- day counts and simple interest, exact to the last fraction.
 *
 *     interest = principal * rate_bp / 10000 * fraction of a year
 *
 * The fraction depends on the convention the agreement names; `from` counts,
 * `to` does not.  Every convention here divides by 365, 360 or 366, so one
 * denominator holds every result without loss: TL_EXACT_DEN, the least common
 * multiple of those three times 10,000.  An amount is a whole number of minor
 * units and a numerator over it.  Nothing is rounded until somebody asks
 * (tl_exact_round): when a figure is billed, settled or reported.
 *
 * An accrual runs along a segment of constant principal, rate and convention.
 * It always measures from the segment's first day and carries what is less than
 * a minor unit, so any split of the segment into days, weeks or months gives the
 * same total; rounding day by day loses 84 cents a year on 1,234.57 at 18.99 %.
 * A payment, a change of rate, a cap (50 USC 3937) or a hold ends the segment
 * and begins the next; the remainder is carried over.
 *
 * Amounts are not negative here; rates are basis points a year.  What does not
 * fit 64 bits is refused, never wrapped: products are 128 bits wide.  No floats.
 * Pure, thread safe; the caller owns every object.  Failures: TL_ERR_RANGE.
 * Sources: the names are those of the agreements (ACT/ACT as ISDA splits it at
 * New Year, 30/360 US with NASD's February rule, 30E/360). */
#ifndef TL_INTEREST_H
#define TL_INTEREST_H

#include "tl/entry.h"

#define TL_SPAN_DAYS_MAX 4194304 /* over 11,000 years */

enum tl_rounding {
    TL_ROUND_DOWN = 0,      /* truncate: in favour of whoever owes */
    TL_ROUND_HALF_AWAY = 1, /* the usual */
    TL_ROUND_HALF_EVEN = 2,
    TL_ROUND_UP = 3
};
extern const struct tl_names tl_rounding_names;

/* lcm(360, 365, 366): every fraction of a year is a whole number of these. */
#define TL_YEAR_PARTS INT64_C(1603080)
#define TL_EXACT_DEN  (TL_YEAR_PARTS * 10000)

/* whole + part / TL_EXACT_DEN minor units; 0 <= part < TL_EXACT_DEN. */
struct tl_exact {
    int64_t whole;
    int64_t part;
};

/* tl_daycount_days counts the convention's days from one date to a later one;
 * its span in parts of a year is tl_daycount_parts (of TL_YEAR_PARTS).
 * TL_ERR_RANGE: `to` is before `from`, or the span is over TL_SPAN_DAYS_MAX. */
TL_MUST_USE enum tl_status tl_daycount_days(enum tl_daycount convention, int32_t from, int32_t to,
                                            int32_t *days);
TL_MUST_USE enum tl_status tl_daycount_parts(enum tl_daycount convention, int32_t from, int32_t to,
                                             int64_t *parts);

/* tl_interest_simple is the interest from `from` to `to`, to included.  TL_ERR_RANGE:
 * negative principal, a rate over TL_RATE_BP_MAX, dates as above, or a result
 * over int64. */
TL_MUST_USE enum tl_status tl_interest_simple(struct tl_exact *out, int64_t principal_minor,
                                              uint32_t rate_bp, enum tl_daycount convention,
                                              int32_t from, int32_t to);

/* tl_exact_add gives a + b.  TL_ERR_RANGE: over int64. */
TL_MUST_USE enum tl_status tl_exact_add(struct tl_exact *out, struct tl_exact a, struct tl_exact b);
/* tl_exact_round gives whole minor units.  TL_ERR_RANGE: rounding up leaves int64. */
TL_MUST_USE enum tl_status tl_exact_round(int64_t *out, struct tl_exact value,
                                          enum tl_rounding mode);

/* One debt's accrual.  Plain data: store it, copy it.  Read `carried`, the
 * fraction of a minor unit not accrued yet, and `through`; set nothing. */
struct tl_accrual {
    int64_t principal_minor;
    int64_t carried; /* of TL_EXACT_DEN, brought into this segment */
    int64_t accrued_minor;
    uint32_t rate_bp;
    uint8_t convention; /* enum tl_daycount */
    int32_t from;       /* first day of the segment */
    int32_t through;    /* accrued up to this day, this day not counted */
};

/* tl_accrual_init begins the first segment of a debt with nothing carried.
 * TL_ERR_RANGE: negative principal, or a rate over TL_RATE_BP_MAX. */
TL_MUST_USE enum tl_status tl_accrual_init(struct tl_accrual *accrual, int64_t principal_minor,
                                           uint32_t rate_bp, enum tl_daycount convention,
                                           int32_t from);
/* tl_accrual_to accrues up to `to` and gives the whole minor units that became
 * due since the last call.  TL_ERR_RANGE: `to` is before what is accrued, or
 * the sum leaves int64; the accrual is then as it was. */
TL_MUST_USE enum tl_status tl_accrual_to(struct tl_accrual *accrual, int32_t to,
                                         int64_t *amount_minor);
/* tl_accrual_turn ends the segment at `through` and begins another there with
 * these terms, carrying the fraction.  Call tl_accrual_to first.  A hold on
 * interest is a segment at rate 0.  Failures as tl_accrual_init. */
TL_MUST_USE enum tl_status tl_accrual_turn(struct tl_accrual *accrual, int64_t principal_minor,
                                           uint32_t rate_bp);
/* tl_accrual_carry is the fraction not accrued yet, of TL_EXACT_DEN. */
TL_MUST_USE enum tl_status tl_accrual_carry(const struct tl_accrual *accrual, int64_t *part);

#endif
