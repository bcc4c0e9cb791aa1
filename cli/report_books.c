/* The trial balance: every account of every member, and what each currency sums to. */
#include "report.h"

#include "decimal.h"

#include <stdio.h>

/* A number where programs can hold one, else its digits as a text. */
static void set_total(struct tl_json *row, const char *key, struct tl_u128 total)
{
    char digits[TL_DECIMAL_TEXT];

    if (total.hi == 0 && total.lo <= INT64_MAX) {
        tl_json_set_int(row, key, (int64_t)total.lo);
        return;
    }
    tl_decimal_whole(digits, total.hi, total.lo);
    tl_json_set_str(row, key, digits);
}

static void add_row(struct tl_json *rows, uint16_t currency, const char *account,
                    const char *member, const struct tl_u128 sides[2])
{
    struct tl_json *row = tl_json_object();
    char code[8];

    (void)snprintf(code, sizeof code, "%03u", currency);
    tl_json_set_str(row, "currency", code);
    tl_json_set_str(row, "account", account);
    tl_json_set_str(row, "member", member);
    set_total(row, "debit_minor", sides[0]);
    set_total(row, "credit_minor", sides[1]);
    tl_json_add(rows, row);
}

static void add_sum(struct tl_json *rows, uint16_t currency, const struct tl_u128 sum[2])
{
    bool even = tl_u128_cmp(sum[0], sum[1]) == 0;

    if (currency != 0)
        add_row(rows, currency, even ? "sum, in balance" : "SUM, NOT IN BALANCE", "", sum);
}

static enum tl_status trial_balance(struct tl_report_call *call)
{
    struct tl_u128 sum[2] = {{0, 0}, {0, 0}};
    uint16_t currency = 0;

    for (size_t i = 0; i < call->facts->accounts; i++) {
        const struct tl_account *at = &call->facts->account[i];
        const struct tl_u128 sides[2] = {{at->debit_hi, at->debit_lo},
                                         {at->credit_hi, at->credit_lo}};
        char member[TL_MEMBER_ID_MAX + 1];

        if (at->currency != currency) {
            add_sum(call->rows, currency, sum);
            currency = at->currency;
            sum[0] = sum[1] = (struct tl_u128){0, 0};
        }
        sum[0] = tl_u128_add(sum[0], sides[0]);
        sum[1] = tl_u128_add(sum[1], sides[1]);
        tl_facts_member(call->facts, at->member, member);
        add_row(call->rows, currency, tl_name_of(&tl_account_names, at->account), member, sides);
    }
    add_sum(call->rows, currency, sum);
    return TL_OK;
}

static const struct tl_column columns[] = {
    {"currency", "currency", TL_COLUMN_TEXT},    {"account", "account", TL_COLUMN_TEXT},
    {"member", "member", TL_COLUMN_TEXT},        {"debit_minor", "debit", TL_COLUMN_MONEY},
    {"credit_minor", "credit", TL_COLUMN_MONEY}, TL_COLUMN_END};

const struct tl_report tl_report_trial_balance = {"trial-balance", "every account of every member",
                                                  columns, trial_balance};
