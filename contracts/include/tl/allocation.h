/* tl/allocation.h -- where a payment goes, and how it comes back.
 *
 * Three questions, asked one after the other:
 *   1. one payment, several debts: which debts?  (tl_allocate_debts)
 *   2. one debt, several instalments: which instalments and which parts of
 *      them?  (tl_allocate_instalments)
 *   3. one balance in parts: which part first?  (tl_allocate_parts)
 * Each fills `applied` beside `owed` and changes nothing else.  What was applied
 * is what a reversal gives back, to the minor unit: keep it (tl_allocate_back).
 * What nothing took is left unapplied: a credit balance, to be refunded.
 *
 * The order is a list the policy or the agreement gives: "cost, fee, interest,
 * principal" is usual for agencies, "principal first" is the law of some states.
 * A part that is not in the order is not paid.
 *
 * A payment is never applied to a disputed debt, whatever the consumer directed
 * (12 CFR 1006.30(c)(1), 15 USC 1692h); otherwise the consumer's direction
 * comes first (12 CFR 1006.30(c)(2)).
 *
 * Amounts are minor units of one currency and not negative.  Pure, thread
 * safe; arrays are the caller's.  Failures: TL_ERR_RANGE (a negative amount, a
 * list that names a part twice), TL_ERR_LIMIT (too many elements). */
#ifndef TL_ALLOCATION_H
#define TL_ALLOCATION_H

#include "tl/status.h"

#include <stdbool.h>
#include <stdint.h>

#define TL_PARTS_MAX       8u    /* kinds of money within a balance */
#define TL_INSTALMENTS_MAX 1200u /* a century of months */
#define TL_SHARES_MAX      256u  /* debts of one payment, shares of one total */
#define TL_STEPS_MAX       (3u * TL_PARTS_MAX)

/* An order of parts, first paid first. */
struct tl_part_order {
    uint8_t count;
    uint8_t part[TL_PARTS_MAX]; /* indices into the balance */
};

/* tl_allocate_parts fills one balance of TL_PARTS_MAX parts (those not in use
 * are zero) and gives what is left over. */
TL_MUST_USE enum tl_status tl_allocate_parts(const struct tl_part_order *order, int64_t amount,
                                             const int64_t owed[TL_PARTS_MAX],
                                             int64_t applied[TL_PARTS_MAX], int64_t *unapplied);
/* tl_allocate_back gives back what a payment was applied to: owed += applied.
 * TL_ERR_RANGE: a sum leaves int64; nothing is changed then. */
TL_MUST_USE enum tl_status tl_allocate_back(int64_t owed[TL_PARTS_MAX],
                                            const int64_t applied[TL_PARTS_MAX]);

/* ---- instalments ------------------------------------------------------- */

enum tl_due_when {
    TL_DUE_PAST = 0,   /* due before today */
    TL_DUE_TODAY = 1,  /* due today */
    TL_DUE_ADVANCE = 2 /* due later */
};

struct tl_instalment {
    int32_t due_on;
    int64_t owed[TL_PARTS_MAX];
    int64_t applied[TL_PARTS_MAX]; /* out */
};

/* One step: this part of instalments that are past due, due or in advance. */
struct tl_allocation_step {
    uint8_t when; /* enum tl_due_when */
    uint8_t part;
};

/* The twelve-way orders of loan systems.  By instalment: take instalments one by
 * one, oldest first, each through the steps that suit it.  By step: take the
 * steps one by one, each through all instalments, oldest first. */
struct tl_allocation_order {
    bool by_step;
    uint8_t count;
    struct tl_allocation_step step[TL_STEPS_MAX];
};

/* tl_allocation_order_of makes the order that pays past due, due and advance
 * instalments alike, by instalment. */
TL_MUST_USE enum tl_status tl_allocation_order_of(struct tl_allocation_order *out,
                                                  const struct tl_part_order *parts);
/* tl_allocate_instalments: `list` is in any order; instalments due on one day
 * are paid in the order given. */
TL_MUST_USE enum tl_status tl_allocate_instalments(const struct tl_allocation_order *order,
                                                   int64_t amount, int32_t today,
                                                   struct tl_instalment *list, uint32_t count,
                                                   int64_t *unapplied);

/* ---- debts ------------------------------------------------------------- */

struct tl_debt_share {
    int64_t balance_minor;
    int32_t since_on; /* oldest first; equal: the order given */
    bool disputed;
    int64_t applied_minor; /* out */
};

/* The consumer's word for one debt, in the order given. */
struct tl_direction {
    uint32_t debt;        /* index */
    int64_t amount_minor; /* 0: up to the balance */
};

struct tl_debt_outcome {
    int64_t held_minor;      /* directed to a disputed debt: kept until it is settled */
    int64_t unapplied_minor; /* nothing left to pay */
    bool refused;            /* some direction named a disputed debt */
};

/* tl_allocate_debts: directed debts first, then the undisputed, oldest first.
 * Money directed to a disputed debt is held, not turned to another.
 * TL_ERR_RANGE also: a direction names no debt, or two name the same. */
TL_MUST_USE enum tl_status tl_allocate_debts(int64_t amount, struct tl_debt_share *debt,
                                             uint32_t debts, const struct tl_direction *direction,
                                             uint32_t directions, struct tl_debt_outcome *out);

/* ---- shares ------------------------------------------------------------ */

/* tl_prorate splits a total by weights: each gets its share rounded down, and
 * the minor units left go to the largest remainders, ties to the lowest index.
 * The parts add up to the total.  TL_ERR_RANGE: a negative number, or no weight
 * at all; TL_ERR_LIMIT: over TL_SHARES_MAX. */
TL_MUST_USE enum tl_status tl_prorate(int64_t total, const int64_t *weight, uint32_t count,
                                      int64_t *part);
/* tl_equal_part is part `index` of `count` equal ones: the first are one larger.
 * Count at least 1, index below it. */
int64_t tl_equal_part(int64_t total, uint32_t count, uint32_t index);

#endif
