/* tl/chargeoff.h -- when a loan is charged off, and what the books say.
 *
 * The FFIEC's Uniform Retail Credit Classification policy (65 FR 36903, 12 June
 * 2000) gives several clocks: days past due by kind of credit, days after notice
 * of a bankruptcy, days after a fraud is discovered; the earliest counts, and
 * the loss is booked by the end of the month in which it runs out.  The numbers
 * of days are the policy's.
 *
 * Charging off moves the principal against the allowance and takes interest and
 * fees that were never received back out of income.  The debtor owes as much as
 * before: that is kept as a memo.  Recoveries go back to the allowance, what the
 * agency kept is an expense, and a reversal is the same lines with the sides
 * exchanged.  Cancelling what is left is another event: it forgives.
 *
 * Amounts are minor units of one currency.  Pure, thread safe; journals are the
 * caller's.  Failures: TL_ERR_RANGE. */
#ifndef TL_CHARGEOFF_H
#define TL_CHARGEOFF_H

#include "tl/record.h"

#define TL_LOSS_LINES_MAX 6u

enum tl_loss_account {
    TL_LOSS_ALLOWANCE = 0,
    TL_LOSS_INTEREST_REVERSAL = 1,
    TL_LOSS_FEE_REVERSAL = 2,
    TL_LOSS_PRINCIPAL = 3,
    TL_LOSS_INTEREST_RECEIVABLE = 4,
    TL_LOSS_FEES_RECEIVABLE = 5,
    TL_LOSS_CASH = 6,
    TL_LOSS_EXPENSE = 7,
    TL_LOSS_RECOVERIES = 8
};
extern const struct tl_names tl_loss_account_names; /* "allowance_for_credit_losses" ... */

struct tl_loss_line {
    bool credit;
    uint8_t account; /* enum tl_loss_account */
    int64_t amount_minor;
};

/* Debits first; debits equal credits.  Lines of zero are left out. */
struct tl_loss_journal {
    uint8_t count;
    struct tl_loss_line line[TL_LOSS_LINES_MAX];
};

/* The memo beside the books of one charged-off loan. */
struct tl_loss_memo {
    int64_t balance_minor;  /* still owed by law */
    int64_t forgiven_minor; /* cancelled */
};

/* tl_loss_charge_off writes the journal and opens the memo. */
TL_MUST_USE enum tl_status tl_loss_charge_off(struct tl_loss_journal *journal,
                                              struct tl_loss_memo *memo, int64_t principal_minor,
                                              int64_t interest_minor, int64_t fees_minor);
/* tl_loss_recover: gross received, of which the agency kept its commission.
 * TL_ERR_RANGE also: more than the memo's balance, or commission over gross. */
TL_MUST_USE enum tl_status tl_loss_recover(struct tl_loss_journal *journal,
                                           struct tl_loss_memo *memo, int64_t gross_minor,
                                           int64_t commission_minor);
/* tl_loss_recover_back undoes exactly that recovery. */
TL_MUST_USE enum tl_status tl_loss_recover_back(struct tl_loss_journal *journal,
                                                struct tl_loss_memo *memo, int64_t gross_minor,
                                                int64_t commission_minor);
/* tl_loss_forgive cancels what is left and gives how much that was.  The books
 * have lost it already: no journal. */
int64_t tl_loss_forgive(struct tl_loss_memo *memo);

/* One clock: so many days after an event; `from_on` TL_DATE_NONE: not running. */
struct tl_loss_clock {
    int32_t from_on; /* oldest unpaid due date, notice, discovery */
    int32_t days;
};
/* tl_loss_reached is the day the earliest clock runs out, TL_DATE_NONE when
 * none is running. */
int32_t tl_loss_reached(const struct tl_loss_clock *clock, uint32_t count);
/* tl_month_end is the last day of the month of a date: book the loss by then.  A
 * date outside TL_DATE_MIN..TL_DATE_MAX comes back as it is. */
int32_t tl_month_end(int32_t date);

#endif
