/* Charge-off: its clocks, its journal, what comes back. */
#include "tl/chargeoff.h"

#include "tl/entry.h"
#include "wide.h"

static const char *const account_words[] = {"allowance_for_credit_losses",
                                            "interest_income_reversal",
                                            "fee_income_reversal",
                                            "loan_principal",
                                            "accrued_interest_receivable",
                                            "fees_receivable",
                                            "cash",
                                            "collection_expense",
                                            "recoveries_to_allowance"};
const struct tl_names tl_loss_account_names = {account_words,
                                               sizeof account_words / sizeof account_words[0]};

static void put(struct tl_loss_journal *journal, bool credit, enum tl_loss_account account,
                int64_t amount)
{
    if (amount == 0)
        return;
    TL_CHECK(amount > 0 && journal->count < TL_LOSS_LINES_MAX);
    journal->line[journal->count++] = (struct tl_loss_line){credit, (uint8_t)account, amount};
}

static void debit(struct tl_loss_journal *journal, enum tl_loss_account account, int64_t amount)
{
    put(journal, false, account, amount);
}

static void credit(struct tl_loss_journal *journal, enum tl_loss_account account, int64_t amount)
{
    put(journal, true, account, amount);
}

enum tl_status tl_loss_charge_off(struct tl_loss_journal *journal, struct tl_loss_memo *memo,
                                  int64_t principal_minor, int64_t interest_minor,
                                  int64_t fees_minor)
{
    int64_t owed;

    *journal = (struct tl_loss_journal){0};
    *memo = (struct tl_loss_memo){0};
    if (principal_minor < 0 || interest_minor < 0 || fees_minor < 0 ||
        !sum_fits(principal_minor, interest_minor, &owed) || !sum_fits(owed, fees_minor, &owed))
        return TL_ERR_RANGE;
    debit(journal, TL_LOSS_ALLOWANCE, principal_minor);
    debit(journal, TL_LOSS_INTEREST_REVERSAL, interest_minor);
    debit(journal, TL_LOSS_FEE_REVERSAL, fees_minor);
    credit(journal, TL_LOSS_PRINCIPAL, principal_minor);
    credit(journal, TL_LOSS_INTEREST_RECEIVABLE, interest_minor);
    credit(journal, TL_LOSS_FEES_RECEIVABLE, fees_minor);
    memo->balance_minor = owed;
    return TL_OK;
}

static bool recovery_ok(int64_t gross_minor, int64_t commission_minor)
{
    return commission_minor >= 0 && commission_minor <= gross_minor;
}

enum tl_status tl_loss_recover(struct tl_loss_journal *journal, struct tl_loss_memo *memo,
                               int64_t gross_minor, int64_t commission_minor)
{
    *journal = (struct tl_loss_journal){0};
    if (!recovery_ok(gross_minor, commission_minor) || gross_minor > memo->balance_minor)
        return TL_ERR_RANGE;
    debit(journal, TL_LOSS_CASH, gross_minor - commission_minor);
    debit(journal, TL_LOSS_EXPENSE, commission_minor);
    credit(journal, TL_LOSS_RECOVERIES, gross_minor);
    memo->balance_minor -= gross_minor;
    return TL_OK;
}

enum tl_status tl_loss_recover_back(struct tl_loss_journal *journal, struct tl_loss_memo *memo,
                                    int64_t gross_minor, int64_t commission_minor)
{
    int64_t owed;

    *journal = (struct tl_loss_journal){0};
    if (!recovery_ok(gross_minor, commission_minor) ||
        !sum_fits(memo->balance_minor, gross_minor, &owed))
        return TL_ERR_RANGE;
    debit(journal, TL_LOSS_RECOVERIES, gross_minor);
    credit(journal, TL_LOSS_CASH, gross_minor - commission_minor);
    credit(journal, TL_LOSS_EXPENSE, commission_minor);
    memo->balance_minor = owed;
    return TL_OK;
}

int64_t tl_loss_forgive(struct tl_loss_memo *memo)
{
    int64_t rest = memo->balance_minor;
    bool fits = sum_fits(memo->forgiven_minor, rest, &memo->forgiven_minor);

    TL_CHECK(rest >= 0 && fits);
    memo->balance_minor = 0;
    return rest;
}

int32_t tl_loss_reached(const struct tl_loss_clock *clock, uint32_t count)
{
    int32_t reached = TL_DATE_NONE;

    for (uint32_t i = 0; i < count; i++) {
        int32_t day;

        if (clock[i].from_on == TL_DATE_NONE ||
            __builtin_add_overflow(clock[i].from_on, clock[i].days, &day))
            continue;
        if (reached == TL_DATE_NONE || day < reached)
            reached = day;
    }
    return reached;
}

int32_t tl_month_end(int32_t date)
{
    struct tl_civil civil = tl_date_to_civil(date);

    if (date < TL_DATE_MIN || date > TL_DATE_MAX)
        return date;
    civil.day = 1;
    if (civil.month == 12) {
        civil.month = 1;
        civil.year++;
    } else {
        civil.month++;
    }
    return tl_date_from_civil(civil) - 1;
}
