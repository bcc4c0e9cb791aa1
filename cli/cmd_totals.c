/* The books: debits and credits per currency, account and member. */
#include "commands.h"
#include "connect.h"
#include "show.h"

#include "tl/books.h"

static const struct tl_opt options[] = {
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"}, TL_OPT_END};

static const struct tl_column columns[] = {
    {"currency", "currency", TL_COLUMN_NUMBER},  {"member", "member", TL_COLUMN_TEXT},
    {"account", "account", TL_COLUMN_TEXT},      {"debit_minor", "debit", TL_COLUMN_MONEY},
    {"credit_minor", "credit", TL_COLUMN_MONEY}, TL_COLUMN_END};

static struct tl_json *row_of(const struct tl_account *account, const struct tl_genesis *genesis)
{
    struct tl_json *row = tl_json_object();
    const char *name = tl_name_of(&tl_account_names, account->account);

    tl_json_set_int(row, "currency", account->currency);
    tl_json_set(row, "member", tl_show_member(genesis, account->member));
    tl_json_set_str(row, "account", name != NULL ? name : "?");
    tl_json_set_int(row, "debit_minor", (int64_t)account->debit_lo);
    tl_json_set_int(row, "credit_minor", (int64_t)account->credit_lo);
    return row;
}

static void add_up(struct tl_json *rows)
{
    int64_t debit = 0;
    int64_t credit = 0;
    struct tl_json *sum = tl_json_object();

    for (size_t i = 0; i < tl_json_count(rows); i++) {
        int64_t value = 0;

        if (tl_json_number(tl_json_get(tl_json_at(rows, i), "debit_minor"), &value))
            debit += value;
        if (tl_json_number(tl_json_get(tl_json_at(rows, i), "credit_minor"), &value))
            credit += value;
    }
    tl_json_set_str(sum, "account", debit == credit ? "sum, in balance" : "SUM, NOT IN BALANCE");
    tl_json_set_int(sum, "debit_minor", debit);
    tl_json_set_int(sum, "credit_minor", credit);
    tl_json_add(rows, sum);
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

        while (tl_list_next(&list.pairs, &tl_pair_record, &pair))
            if (tl_record_decode(&tl_account_record, &account, pair.value) == TL_OK)
                tl_json_add(rows, row_of(&account, &connection.genesis.genesis));
        if (call->out.format == TL_OUT_TABLE)
            add_up(rows);
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
