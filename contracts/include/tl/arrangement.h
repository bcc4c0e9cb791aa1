/* tl/arrangement.h -- settlements and payment plans.
 *
 * A settlement ends a debt for less: a share of the balance in basis points,
 * rounded up to a minor unit, in equal parts of which the first are one larger.
 * What is forgiven may have to be told to the tax authority (26 USC 6050P, Form
 * 1099-C); from what amount on is the policy's number.
 *
 * A plan repays a principal in n equal parts, with interest for each period
 * rounded half away from zero.  The level payment is
 *
 *     ceil(P * i / (1 - (1 + i)^-n)),  i = rate_bp / (10000 * periods a year)
 *
 * worked out exactly, in whole numbers as long as it takes; the last part is
 * what is left.  A schedule is walked row by row; nothing is stored.
 *
 * Amounts are minor units of one currency.  Pure, thread safe; the caller owns
 * every object.  Failures: TL_ERR_RANGE. */
#ifndef TL_ARRANGEMENT_H
#define TL_ARRANGEMENT_H

#include "tl/status.h"

#include <stdbool.h>
#include <stdint.h>

#define TL_PLAN_PARTS_MAX   600u
#define TL_PLAN_RATE_BP_MAX 1000000u /* ten thousand per cent a year */
#define TL_PLAN_PERIODS_MAX 366u     /* a year */

struct tl_settlement {
    int64_t amount_minor;   /* what is to be paid */
    int64_t forgiven_minor; /* balance less that */
    bool reportable;        /* forgiven at least the policy's amount */
};

/* tl_settlement_of: ceil(balance * share_bp / 10000).  `report_from_minor`: see
 * above.  TL_ERR_RANGE: a negative balance or a share over 10000. */
TL_MUST_USE enum tl_status tl_settlement_of(struct tl_settlement *out, int64_t balance_minor,
                                            uint32_t share_bp, int64_t report_from_minor);
/* Parts of a settlement: tl_equal_part (tl/allocation.h). */

/* tl_settlement_restored is the balance again when a part is late: what was owed
 * less what was paid, never below zero. */
int64_t tl_settlement_restored(int64_t balance_minor, int64_t paid_minor);

/* A plan and how far its schedule was walked; set nothing in it. */
struct tl_plan {
    int64_t principal_minor;
    int64_t level_minor;
    int64_t balance_minor; /* after the rows given so far */
    uint32_t rate_bp;
    uint16_t periods; /* a year: 12 months, 26 fortnights, 52 weeks */
    uint16_t parts;
    uint16_t given;
};

struct tl_plan_row {
    uint32_t number; /* from 1 */
    int64_t interest_minor;
    int64_t principal_minor;
    int64_t payment_minor; /* interest and principal */
    int64_t balance_minor; /* after it */
};

/* tl_plan_init works out the level payment.  TL_ERR_RANGE: a number out of the
 * bounds above, no parts, or a payment over int64. */
TL_MUST_USE enum tl_status tl_plan_init(struct tl_plan *plan, int64_t principal_minor,
                                        uint32_t rate_bp, uint32_t periods, uint32_t parts);
/* tl_plan_next gives the next row; false: the schedule is at its end.  Rounding
 * up may repay a small debt early: the rows after that are zero. */
TL_MUST_USE bool tl_plan_next(struct tl_plan *plan, struct tl_plan_row *row);
/* tl_plan_due_on is the due date of part `index` (from 0).  Periods of 12, 6, 4,
 * 3, 2 or 1 a year are months: the first due date's day of the month, or the
 * month's last if it has no such day, so a plan that begins on 31 January is
 * due on 28 February and 31 March.  52 and 26 are weeks and fortnights.
 * TL_ERR_RANGE: other periods, or a day out of the ledger's calendar. */
TL_MUST_USE enum tl_status tl_plan_due_on(int32_t *out, int32_t first_on, uint32_t periods,
                                          uint32_t index);
/* tl_plan_interest is the whole schedule's interest. */
int64_t tl_plan_interest(const struct tl_plan *plan);

#endif
