/* tl/fcra.h -- how late an account is, and how long that may be told.
 *
 * Two dates are called the first delinquency, and neither ever moves later: the
 * delinquency commences on the unpaid due date (15 USC 1681s-2(a)(5)), and Metro
 * 2's field 25 says when the account became thirty days late.  The first is
 * stored; the second follows from it.
 *
 * A collection or charge-off may be reported for seven years after the end of
 * the 180 days that begin with the commencement (15 USC 1681c(a)(4), (c)(1)).
 * A cautious furnisher stops seven years after the Metro 2 date.
 *
 * The days and years, and which status stands for how many days, are the
 * policy's.  Dates are days since 1970-01-01.  Pure, thread safe.  Failures:
 * TL_ERR_RANGE. */
#ifndef TL_FCRA_H
#define TL_FCRA_H

#include "tl/status.h"

#include <stdbool.h>
#include <stdint.h>

struct tl_obsolete_policy {
    uint16_t late_days;  /* 30: due date to field 25 */
    uint16_t clock_days; /* 180: due date to the start of the clock */
    uint16_t years;      /* 7 */
};

struct tl_obsolete {
    int32_t first_delinquency_on; /* Metro 2 field 25 */
    int32_t clock_on;             /* the years are counted from here */
    int32_t gone_on;              /* first day it may not be reported */
    int32_t cautious_on;          /* first day a cautious furnisher does not */
};

/* tl_obsolete_of works from the first unpaid due date. */
TL_MUST_USE enum tl_status tl_obsolete_of(struct tl_obsolete *out,
                                          const struct tl_obsolete_policy *policy,
                                          int32_t commenced_on);
/* tl_date_add_years keeps month and day; 29 February becomes the 28th in a year
 * without one.  TL_ERR_RANGE: out of the ledger's calendar. */
TL_MUST_USE enum tl_status tl_date_add_years(int32_t *out, int32_t date, int32_t years);

/* tl_days_past_due: 0 when nothing is unpaid (TL_DATE_NONE) or nothing due yet. */
int32_t tl_days_past_due(int32_t oldest_unpaid_due_on, int32_t today);

#define TL_LATE_BANDS_MAX 16u

/* From so many days on, this Metro 2 account status and code of the payment
 * history (and payment rating). */
struct tl_late_band {
    int32_t from_days; /* ascending, the first 0 */
    uint8_t status;    /* 11, 71, 78 ... */
    char code;         /* '0'..'6' */
};
/* tl_late_band_of finds the band of a number of days.  TL_ERR_RANGE: negative
 * days, or bands out of order. */
TL_MUST_USE enum tl_status tl_late_band_of(struct tl_late_band *out,
                                           const struct tl_late_band *band, uint32_t count,
                                           int32_t days);

#endif
