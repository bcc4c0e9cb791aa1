/* The books: debits and credits per currency, account and member. */
#include "commands.h"
#include "connect.h"
#include "decimal.h"
#include "show.h"

#include "tl/books.h"

static const struct tl_opt options[] = {
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"}, TL_OPT_END};

static const struct tl_column columns[] = {
    {"currency", "currency", TL_COLUMN_NUMBER},  {"member", "member", TL_COLUMN_TEXT},
    {"account", "account", TL_COLUMN_TEXT},      {"debit_minor", "debit", TL_COLUMN_MONEY},
    {"credit_minor", "credit", TL_COLUMN_MONEY}, TL_COLUMN_END};

/* One currency's sums, as long as they take. */
struct sum {
    uint16_t currency;
    struct tl_u128 debit;
    struct tl_u128 credit;
};

static struct tl_u128 u128(uint64_t hi, uint64_t lo)
{
    return (struct tl_u128){hi, lo};
}

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

static struct tl_json *row_of(const struct tl_account *account, const struct tl_genesis *genesis)
{
    struct tl_json *row = tl_json_object();
    const char *name = tl_name_of(&tl_account_names, account->account);

    tl_json_set_int(row, "currency", account->currency);
    tl_json_set(row, "member", tl_show_member(genesis, account->member));
    tl_json_set_str(row, "account", name != NULL ? name : "?");
    set_total(row, "debit_minor", u128(account->debit_hi, account->debit_lo));
    set_total(row, "credit_minor", u128(account->credit_hi, account->credit_lo));
    return row;
}

static struct tl_json *sum_row(const struct sum *sum)
{
    struct tl_json *row = tl_json_object();
    bool even = tl_u128_cmp(sum->debit, sum->credit) == 0;

    tl_json_set_int(row, "currency", sum->currency);
    tl_json_set_str(row, "account", even ? "sum, in balance" : "SUM, NOT IN BALANCE");
    set_total(row, "debit_minor", sum->debit);
    set_total(row, "credit_minor", sum->credit);
    return row;
}

/* Accounts come in order of currency; the table gets a sum behind each. */
static void add_account(struct tl_json *rows, struct sum *sum, const struct tl_account *account,
                        bool with_sums)
{
    if (with_sums && sum->currency != 0 && sum->currency != account->currency)
        tl_json_add(rows, sum_row(sum));
    if (sum->currency != account->currency)
        *sum = (struct sum){.currency = account->currency};
    sum->debit = tl_u128_add(sum->debit, u128(account->debit_hi, account->debit_lo));
    sum->credit = tl_u128_add(sum->credit, u128(account->credit_hi, account->credit_lo));
}

static int run(struct tl_call *call)
{
    struct tl_connection connection;
    struct tl_pair_list list;
    struct tl_pair pair;
    struct tl_account account;
    struct tl_exchange exchange = {TL_METHOD_TOTALS, NULL, NULL, &tl_pair_list_record, &list};
    enum tl_status status = tl_cmd_words(call, 0, 0, "");

    if (status == TL_OK)
        status = tl_connect(&connection, &call->args);
    if (status != TL_OK)
        return tl_status_exit(status);
    status = tl_ask(connection.client, "ask for the totals", &exchange);
    if (status == TL_OK) {
        struct tl_json *rows = tl_json_array();
        bool with_sums = call->out.format == TL_OUT_TABLE;
        struct sum sum = {0};

        while (tl_list_next(&list.pairs, &tl_pair_record, &pair))
            if (tl_record_decode(&tl_account_record, &account, pair.value) == TL_OK) {
                add_account(rows, &sum, &account, with_sums);
                tl_json_add(rows, row_of(&account, &connection.genesis.genesis));
            }
        if (with_sums && sum.currency != 0)
            tl_json_add(rows, sum_row(&sum));
        tl_out_rows(&call->out, columns, rows);
        tl_json_free(rows);
    }
    tl_disconnect(&connection);
    return tl_status_exit(status);
}

const struct tl_cmd tl_cmd_totals = {
    .name = "totals",
    .usage = "",
    .summary = "print the trial balance: debits and credits by account and member",
    .options = options,
    .run = run};
