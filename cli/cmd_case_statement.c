/* An account statement a court could read. */
#include "case_name.h"
#include "case_statement.h"
#include "commands.h"

#include <inttypes.h>
#include <stdio.h>

static const struct tl_opt options[] = {
    {"map", "FILE", "derive the case's id from the source's own number with this mapping"},
    {"since", "DATE", "postings from this day on, the balance before it brought forward"},
    TL_PAST_OPTIONS,
    TL_OPT_END};

static const struct tl_column postings[] = {{"date", "date", TL_COLUMN_TEXT},
                                            {"leaf", "leaf", TL_COLUMN_NUMBER},
                                            {"type", "posting", TL_COLUMN_TEXT},
                                            {"by", "by", TL_COLUMN_TEXT},
                                            {"principal_minor", "principal", TL_COLUMN_MONEY},
                                            {"interest_minor", "interest", TL_COLUMN_MONEY},
                                            {"fee_minor", "fees", TL_COLUMN_MONEY},
                                            {"cost_minor", "costs", TL_COLUMN_MONEY},
                                            {"tax_minor", "tax", TL_COLUMN_MONEY},
                                            {"unapplied_minor", "unapplied", TL_COLUMN_MONEY},
                                            {"balance_minor", "balance", TL_COLUMN_MONEY},
                                            {"citation", "because of", TL_COLUMN_TEXT},
                                            {"what", "what", TL_COLUMN_TEXT},
                                            TL_COLUMN_END};
static const struct tl_column events[] = {
    {"date", "date", TL_COLUMN_TEXT},  {"leaf", "leaf", TL_COLUMN_NUMBER},
    {"type", "event", TL_COLUMN_TEXT}, {"by", "by", TL_COLUMN_TEXT},
    {"what", "what", TL_COLUMN_TEXT},  TL_COLUMN_END};
static const struct tl_column head[] = {{"ledger", "ledger", TL_COLUMN_TEXT},
                                        {"chain_id", "chain id", TL_COLUMN_TEXT},
                                        {"as_of", "as of the end of", TL_COLUMN_TEXT},
                                        {"height", "final at height", TL_COLUMN_NUMBER},
                                        {"block", "  block", TL_COLUMN_TEXT},
                                        {"log_size", "  checkpoint: leaves", TL_COLUMN_NUMBER},
                                        {"log_root", "  checkpoint: root", TL_COLUMN_TEXT},
                                        {"state_root", "  state root", TL_COLUMN_TEXT},
                                        {"case", "case", TL_COLUMN_TEXT},
                                        {"debt_id", "debt", TL_COLUMN_TEXT},
                                        {"debtor", "debtor (commitment)", TL_COLUMN_TEXT},
                                        {"opened_by", "opened by", TL_COLUMN_TEXT},
                                        {"owner", "creditor now", TL_COLUMN_TEXT},
                                        {"holder", "in the hands of", TL_COLUMN_TEXT},
                                        {"debt_class", "debt class", TL_COLUMN_TEXT},
                                        {"product", "product", TL_COLUMN_TEXT},
                                        {"jurisdiction", "jurisdiction", TL_COLUMN_TEXT},
                                        {"currency", "currency (ISO 4217)", TL_COLUMN_NUMBER},
                                        {"policy_name", "policy", TL_COLUMN_TEXT},
                                        {"policy", "  its hash", TL_COLUMN_TEXT},
                                        {"opened_on", "opened on", TL_COLUMN_TEXT},
                                        {"due_on", "oldest demand due on", TL_COLUMN_TEXT},
                                        {"charged_off_on", "charged off on", TL_COLUMN_TEXT},
                                        {"judged_on", "judgment of", TL_COLUMN_TEXT},
                                        {"waived_on", "no interest from", TL_COLUMN_TEXT},
                                        {"stage", "stage", TL_COLUMN_TEXT},
                                        TL_COLUMN_END};
static const struct tl_column interest[] = {{"from_on", "interest from", TL_COLUMN_TEXT},
                                            {"principal_minor", "on", TL_COLUMN_MONEY},
                                            {"rate_bp", "basis points a year", TL_COLUMN_NUMBER},
                                            {"daycount", "days counted", TL_COLUMN_TEXT},
                                            TL_COLUMN_END};

static void interest_print(const struct tl_call *call, const struct tl_case_statement *statement)
{
    const struct tl_json *rows = tl_json_get(statement->head, "interest");

    if (tl_json_count(rows) == 0) {
        (void)puts("\nNo interest runs by agreement.");
        return;
    }
    for (size_t i = 0; i < tl_json_count(rows); i++) {
        struct tl_json *row = tl_json_keep(tl_json_at(rows, i));
        const struct tl_json *daycount = tl_json_get(statement->head, "daycount");

        if (daycount != NULL)
            tl_json_set(row, "daycount", tl_json_keep(daycount));
        tl_json_free(row);
    }
    (void)putchar('\n');
    tl_out_rows(&call->out, interest, rows);
}

static void print_document(const struct tl_call *call, const struct tl_case_statement *statement,
                           const struct tl_json *rows, const struct tl_json *others)
{
    (void)puts("ACCOUNT STATEMENT\n");
    tl_out_one(&call->out, head, statement->head);
    interest_print(call, statement);
    (void)puts("\nPOSTINGS, in the order of the ledger\n");
    tl_out_rows(&call->out, postings, rows);
    if (tl_json_count(others) > 0) {
        (void)puts("\nOTHER EVENTS\n");
        tl_out_rows(&call->out, events, others);
    }
    (void)puts(
        "\nWhat is owed is the sum of the postings; it is the balance the members' agreed state "
        "holds.\nEach line is a leaf of the log under the checkpoint above: tally receipt get "
        "LEAF proves it.");
}

static enum tl_status print(const struct tl_call *call, const struct tl_case_statement *statement)
{
    struct tl_json *rows = tl_json_array();
    struct tl_json *others = tl_json_array();
    bool given = false;
    int32_t since = TL_DATE_MIN;
    enum tl_status status = tl_opt_date(&call->args, "since", &given, &since);

    if (!given)
        since = TL_DATE_MIN;
    tl_case_statement_rows(statement, since, rows);
    tl_case_statement_events(statement, since, others);
    if (status == TL_OK && call->out.format == TL_OUT_JSON) {
        struct tl_json *all = tl_json_keep(statement->head);

        tl_json_set(all, "postings", tl_json_keep(rows));
        tl_json_set(all, "events", tl_json_keep(others));
        tl_json_print(all, stdout);
        tl_json_free(all);
    } else if (status == TL_OK && call->out.format == TL_OUT_CSV) {
        tl_out_rows(&call->out, postings, rows);
    } else if (status == TL_OK) {
        print_document(call, statement, rows, others);
    }
    tl_json_free(rows);
    tl_json_free(others);
    return status;
}

static int run(struct tl_call *call)
{
    struct tl_case_statement statement;
    struct tl_why why = {""};
    struct tl_id id;
    enum tl_status status = tl_cmd_words(call, 1, 1, "the case");

    if (status != TL_OK)
        return tl_status_exit(status);
    status = tl_case_named(&id, call->args.word[0], tl_opt_value(&call->args, "map"), &why);
    if (status != TL_OK)
        return tl_fail(status, NULL, "cannot tell which case is meant: %s", why.text);
    status = tl_case_statement_make(&statement, &id, &call->args);
    if (status == TL_OK) {
        status = print(call, &statement);
        tl_case_statement_free(&statement);
    }
    return tl_status_exit(status);
}

const struct tl_cmd tl_cmd_case_statement = {
    .name = "case statement",
    .usage = "CASE [--since DATE] [--ledger PATH] [--height N]",
    .summary = "print a case's account: every posting, by bucket, with the running balance",
    .more =
        "Parties, terms and interest; each posting with its day, leaf, author or rule and clause,\n"
        "what it moved in each bucket, and the balance after it; other events; the height and\n"
        "checkpoint all of it stands under.  The ledger is audited first, and the postings must\n"
        "add up to the balances of the agreed state.  --csv gives the postings alone.",
    .options = options,
    .run = run};
