/* tl/commission.h -- what an agency earns, and what it hands over.
 *
 * A rate is fixed when the payment is received: one rate, a rate by the age of
 * the placement (tiers), or marginal rates on what was collected so far
 * (brackets).  A commission is rounded half away from zero, once per payment;
 * under brackets it is the difference of two cumulative figures, so the sum
 * never drifts.  A reversal takes back what the payment earned, at the
 * payment's own rate: the same amount with the other sign (clawback).
 *
 * Payments made to the creditor earn commission too while the case is placed,
 * and for a tail of days after it is called back.  Costs the agency advanced
 * come first, if that was agreed, and earn nothing.
 *
 * A remittance closes a period.  Three ways to settle it:
 *   net       the agency keeps all commission out of what it holds
 *   gross     it hands over all it holds and invoices all commission
 *   combined  it keeps commission on what it collected, and invoices the
 *             commission on what was paid to the creditor
 * What the agency holds is the creditor's money.  A period in which reversals
 * outweigh the rest leaves something to invoice and nothing to hand over.
 *
 * Amounts are minor units of one currency, negative for reversals; rates are
 * basis points the placement's terms give.  Pure, thread safe; arrays are the
 * caller's.  Failures: TL_ERR_RANGE (a rate over 10000, a sum over int64, a
 * table out of order). */
#ifndef TL_COMMISSION_H
#define TL_COMMISSION_H

#include "tl/entry.h"

#define TL_COMMISSION_ROWS_MAX 32u

/* tl_commission_of: amount * rate_bp / 10000, half away from zero. */
TL_MUST_USE enum tl_status tl_commission_of(int64_t *out, int64_t amount_minor, uint32_t rate_bp);

/* Up to and including `max_days` since placement; the last row is for ever. */
struct tl_commission_tier {
    int32_t max_days; /* ascending */
    uint32_t rate_bp;
};
TL_MUST_USE enum tl_status tl_commission_tier_rate(uint32_t *rate_bp,
                                                   const struct tl_commission_tier *tier,
                                                   uint32_t count, int32_t days);

/* The rate on what is collected up to `up_to_minor`; the last row has no end. */
struct tl_commission_bracket {
    int64_t up_to_minor; /* ascending */
    uint32_t rate_bp;
};
/* tl_commission_at is the commission on all that was collected. */
TL_MUST_USE enum tl_status tl_commission_at(int64_t *out,
                                            const struct tl_commission_bracket *bracket,
                                            uint32_t count, int64_t collected_minor);
/* tl_commission_step is that of one payment (or reversal, negative) after
 * `collected_minor` before it. */
TL_MUST_USE enum tl_status tl_commission_step(int64_t *out,
                                              const struct tl_commission_bracket *bracket,
                                              uint32_t count, int64_t collected_minor,
                                              int64_t amount_minor);

/* tl_commission_earns: a payment of this day earns commission.  `recalled_on`
 * is TL_DATE_NONE while the case is placed; the tail counts from it, its last
 * day included. */
bool tl_commission_earns(int32_t placed_on, int32_t recalled_on, int32_t tail_days,
                         int32_t paid_on);

/* tl_commission_costs_first splits a payment: costs still to be recovered, then
 * what earns commission.  Neither is negative. */
TL_MUST_USE enum tl_status tl_commission_costs_first(int64_t amount_minor, int64_t costs_minor,
                                                     int64_t *to_costs, int64_t *earning);

/* ---- remittance -------------------------------------------------------- */

enum tl_collector { TL_COLLECTED_BY_AGENCY = 0, TL_COLLECTED_BY_CREDITOR = 1 };
extern const struct tl_names tl_collector_names;

/* A statement in the making.  Start from all zero. */
struct tl_remittance {
    int64_t held_minor;              /* collected by the agency */
    int64_t direct_minor;            /* collected by the creditor */
    int64_t held_commission_minor;   /* on the former */
    int64_t direct_commission_minor; /* on the latter */
    int64_t costs_minor;             /* recovered for the agency */
    uint32_t payments;
};
/* tl_remittance_add: one payment or reversal of the period with its commission
 * and the costs recovered out of it, each with the payment's sign.  The
 * statement is as it was when this fails. */
TL_MUST_USE enum tl_status tl_remittance_add(struct tl_remittance *statement,
                                             enum tl_collector collector, int64_t amount_minor,
                                             int64_t commission_minor, int64_t costs_minor);

/* Who owes whom at the end of the period.  Neither amount is negative. */
struct tl_remittance_due {
    int64_t commission_minor; /* all of the period */
    int64_t remit_minor;      /* agency to creditor */
    int64_t invoice_minor;    /* creditor to agency */
};
TL_MUST_USE enum tl_status tl_remittance_close(struct tl_remittance_due *out,
                                               const struct tl_remittance *statement,
                                               enum tl_remit_mode mode);
/* tl_remittance_split is what one payment alone makes due, with its sign: to the
 * creditor, and to the agency. */
TL_MUST_USE enum tl_status tl_remittance_split(enum tl_collector collector, enum tl_remit_mode mode,
                                               int64_t amount_minor, int64_t commission_minor,
                                               int64_t *to_creditor, int64_t *to_agency);

#endif
