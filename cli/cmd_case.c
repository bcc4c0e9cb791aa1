/* One case: what it is, what happened, why. */
#include "case_name.h"
#include "case_why.h"
#include "commands.h"
#include "connect.h"
#include "show.h"

#include "tl/policy.h"

#include "import.h"
#include "mem.h"
#include "past.h"

#include <string.h>

static const struct tl_opt options[] = {
    {"map", "FILE", "derive the case's id from the source's own number with this mapping"},
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"},
    TL_OPT_END};

static const struct tl_opt why_options[] = {
    {"map", "FILE", "derive the case's id from the source's own number with this mapping"},
    TL_PAST_OPTIONS,
    TL_OPT_END};

static enum tl_status case_open(struct tl_call *call, struct tl_id *id,
                                struct tl_connection *connection)
{
    struct tl_why why = {""};
    enum tl_status status = tl_cmd_words(call, 1, 1, "the case");

    if (status != TL_OK)
        return status;
    status = tl_case_named(id, call->args.word[0], tl_opt_value(&call->args, "map"), &why);
    if (status == TL_OK)
        return tl_connect(connection, &call->args);
    (void)tl_fail(status, NULL, "cannot tell which case is meant: %s", why.text);
    return status;
}

static enum tl_status today_of(struct tl_client *client, int32_t *today)
{
    struct tl_why why = {""};
    enum tl_status status = tl_business_date(client, today, &why);

    if (status != TL_OK)
        (void)tl_fail(status, NULL, "cannot ask for the business date: %s", why.text);
    return status;
}

/* `word`: what the person called it. */
static enum tl_status case_ask(struct tl_client *client, const struct tl_id *id, const char *word,
                               struct tl_case_reply *reply)
{
    char what[160];
    struct tl_case_query query = {.case_id = *id};
    struct tl_exchange exchange = {TL_METHOD_CASE, &tl_case_query_record, &query,
                                   &tl_case_reply_record, reply};

    (void)snprintf(what, sizeof what, "show case '%.100s'", word);
    return tl_ask(client, what, &exchange);
}

static const struct tl_column case_columns[] = {
    {"case", "case", TL_COLUMN_TEXT},
    {"stage", "stage", TL_COLUMN_TEXT},
    {"stage_on", "  since", TL_COLUMN_TEXT},
    {"owner", "owner", TL_COLUMN_TEXT},
    {"holder", "holder", TL_COLUMN_TEXT},
    {"placement", "placement", TL_COLUMN_TEXT},
    {"placed_on", "  since", TL_COLUMN_TEXT},
    {"reporting", "reporting", TL_COLUMN_TEXT},
    {"debt_class", "debt class", TL_COLUMN_TEXT},
    {"product", "product", TL_COLUMN_TEXT},
    {"policy_name", "policy", TL_COLUMN_TEXT},
    {"opened_on", "opened on", TL_COLUMN_TEXT},
    {"due_on", "due on", TL_COLUMN_TEXT},
    {"notified_on", "notified on", TL_COLUMN_TEXT},
    {"penalty_on", "penalty on", TL_COLUMN_TEXT},
    {"paid_on", "last payment on", TL_COLUMN_TEXT},
    {"days_past_due", "days past due", TL_COLUMN_NUMBER},
    {"owed_minor", "owed", TL_COLUMN_MONEY},
    {"principal_minor", "  principal", TL_COLUMN_MONEY},
    {"interest_minor", "  interest", TL_COLUMN_MONEY},
    {"fee_minor", "  fees", TL_COLUMN_MONEY},
    {"cost_minor", "  costs", TL_COLUMN_MONEY},
    {"tax_minor", "  tax", TL_COLUMN_MONEY},
    {"paid_minor", "paid", TL_COLUMN_MONEY},
    {"unapplied_minor", "unapplied", TL_COLUMN_MONEY},
    {"disputes_opened", "disputes opened", TL_COLUMN_NUMBER},
    {"violations", "violations", TL_COLUMN_NUMBER},
    {"entries", "entries", TL_COLUMN_NUMBER},
    {"next_due", "next timer", TL_COLUMN_TEXT},
    {"height", "as of height", TL_COLUMN_NUMBER},
    TL_COLUMN_END};

static int run_show(struct tl_call *call)
{
    struct tl_connection connection;
    struct tl_case_reply reply;
    struct tl_id id;
    int32_t today;
    struct tl_json *row = NULL;
    enum tl_status status = case_open(call, &id, &connection);

    if (status != TL_OK)
        return tl_status_exit(status);
    status = today_of(connection.client, &today);
    if (status == TL_OK)
        status = case_ask(connection.client, &id, call->args.word[0], &reply);
    if (status == TL_OK) {
        row = tl_show_case(&connection.genesis.genesis, reply.value, today);
        if (row == NULL) {
            status = TL_ERR_ENCODING;
            (void)tl_fail(status, NULL, "the node's answer makes no sense");
        } else {
            tl_json_set_int(row, "height", (int64_t)reply.height);
            tl_out_one(&call->out, case_columns, row);
            tl_json_free(row);
        }
    }
    tl_disconnect(&connection);
    return tl_status_exit(status);
}

/* ---- history ---- */

static enum tl_status history_page(struct tl_client *client, const struct tl_id *id, uint64_t *from,
                                   bool *more, struct tl_json *rows)
{
    struct tl_history_query query = {.case_id = *id, .from = *from, .limit = 512};
    struct tl_leaf_page page;
    struct tl_leaf_item item;
    struct tl_exchange exchange = {TL_METHOD_HISTORY, &tl_history_query_record, &query,
                                   &tl_leaf_page_record, &page};
    enum tl_status status = tl_ask(client, "ask for the history of the case", &exchange);

    *more = false;
    if (status != TL_OK)
        return status;
    while (tl_list_next(&page.leaves, &tl_leaf_item_record, &item)) {
        struct tl_json *row =
            tl_show_leaf(&tl_client_config(client)->genesis->genesis, item.index, item.leaf);

        if (row == NULL)
            continue;
        tl_show_summary(row);
        tl_json_add(rows, row);
    }
    *more = page.more;
    *from = page.next;
    return TL_OK;
}

/* The node gives newest first; people read from the beginning. */
static struct tl_json *oldest_first(const struct tl_json *rows)
{
    struct tl_json *turned = tl_json_array();

    for (size_t i = tl_json_count(rows); i-- > 0;)
        tl_json_add(turned, tl_json_keep(tl_json_at(rows, i)));
    return turned;
}

static enum tl_status history_all(struct tl_client *client, const struct tl_id *id,
                                  struct tl_json **out)
{
    struct tl_json *rows = tl_json_array();
    uint64_t from = UINT64_MAX;
    bool more = true;
    enum tl_status status = TL_OK;

    while (more && status == TL_OK)
        status = history_page(client, id, &from, &more, rows);
    *out = status == TL_OK ? oldest_first(rows) : NULL;
    tl_json_free(rows);
    return status;
}

static int run_history(struct tl_call *call)
{
    static const struct tl_column columns[] = {
        {"leaf", "leaf", TL_COLUMN_NUMBER}, {"date", "date", TL_COLUMN_TEXT},
        {"kind", "kind", TL_COLUMN_TEXT},   {"type", "type", TL_COLUMN_TEXT},
        {"what", "what", TL_COLUMN_TEXT},   TL_COLUMN_END};
    struct tl_connection connection;
    struct tl_id id;
    struct tl_json *rows = NULL;
    enum tl_status status = case_open(call, &id, &connection);

    if (status != TL_OK)
        return tl_status_exit(status);
    status = history_all(connection.client, &id, &rows);
    if (status == TL_OK && tl_json_count(rows) == 0) {
        status = TL_ERR_NOT_FOUND;
        (void)tl_fail(status, NULL, "there is no case '%s' on this ledger", call->args.word[0]);
    } else if (status == TL_OK) {
        tl_out_rows(&call->out, columns, rows);
    }
    tl_json_free(rows);
    tl_disconnect(&connection);
    return tl_status_exit(status);
}

/* ---- why ---- */

static enum tl_status policy_find(struct tl_client *client, const struct tl_hash *hash,
                                  struct tl_policy *policy)
{
    struct tl_pair_list list;
    struct tl_pair pair;
    struct tl_exchange exchange = {TL_METHOD_POLICIES, NULL, NULL, &tl_pair_list_record, &list};
    enum tl_status status = tl_ask(client, "ask for the policies", &exchange);

    if (status != TL_OK)
        return status;
    while (tl_list_next(&list.pairs, &tl_pair_record, &pair)) {
        struct tl_hash found;

        tl_policy_hash(&found, pair.value);
        if (tl_hash_eq(&found, hash))
            return tl_policy_decode(policy, pair.value);
    }
    (void)tl_fail(TL_ERR_NOT_FOUND, NULL, "the case's policy is not on this ledger");
    return TL_ERR_NOT_FOUND;
}

/* What has been done, with its rule; then what each rule waits for. */
static struct tl_json *done_rows(const struct tl_json *history)
{
    struct tl_json *rows = tl_json_array();

    for (size_t i = 0; i < tl_json_count(history); i++) {
        const struct tl_json *row = tl_json_at(history, i);

        if (tl_json_get(row, "rule") != NULL)
            tl_json_add(rows, tl_json_keep(row));
    }
    return rows;
}

static struct tl_json *waiting_rows(const struct tl_policy *policy, const struct tl_case *c,
                                    int32_t today)
{
    struct tl_json *rows = tl_json_array();
    char *memory = tl_mem_new(8192, 1);

    for (uint32_t i = 0; i < policy->rule_count; i++) {
        struct tl_buf text = tl_buf(memory, 8192);
        struct tl_json *row = tl_json_object();

        tl_explain(&text, policy, i, c, today);
        tl_json_set_str(row, "rule", policy->rule[i].id);
        tl_json_set_str(row, "citation", policy->rule[i].citation);
        tl_json_set(row, "explanation", tl_json_text(tl_buf_bytes(&text)));
        tl_json_add(rows, row);
    }
    tl_mem_free(memory);
    return rows;
}

static void print_why(const struct tl_call *call, struct tl_json *done, struct tl_json *waiting)
{
    static const struct tl_column columns[] = {
        {"leaf", "leaf", TL_COLUMN_NUMBER},         {"date", "date", TL_COLUMN_TEXT},
        {"type", "type", TL_COLUMN_TEXT},           {"what", "what", TL_COLUMN_TEXT},
        {"citation", "because of", TL_COLUMN_TEXT}, TL_COLUMN_END};
    struct tl_json *all;

    if (call->out.format == TL_OUT_JSON) {
        all = tl_json_object();
        tl_json_set(all, "decisions", tl_json_keep(done));
        tl_json_set(all, "rules", tl_json_keep(waiting));
        tl_json_print(all, stdout);
        tl_json_free(all);
        return;
    }
    tl_out_rows(&call->out, columns, done);
    if (call->out.format == TL_OUT_CSV)
        return;
    for (size_t i = 0; i < tl_json_count(waiting); i++)
        (void)printf("\n%s", tl_json_chars(tl_json_get(tl_json_at(waiting, i), "explanation")));
    (void)putchar('\n');
}

/* One decision, explained from the ledger itself. */
static int run_why_one(struct tl_call *call)
{
    struct tl_why why = {""};
    struct tl_id id;
    enum tl_status status =
        tl_case_named(&id, call->args.word[0], tl_opt_value(&call->args, "map"), &why);

    if (status != TL_OK)
        return tl_fail(status, NULL, "cannot tell which case is meant: %s", why.text);
    return tl_status_exit(tl_case_why(call, &id, call->args.word[1]));
}

static int run_why_all(struct tl_call *call)
{
    struct tl_connection connection;
    struct tl_case_reply reply;
    struct tl_case c;
    struct tl_id id;
    uint8_t *value = NULL;
    int32_t today;
    struct tl_policy *policy = tl_mem_new(1, sizeof *policy);
    struct tl_json *history = NULL;
    enum tl_status status = case_open(call, &id, &connection);

    if (status != TL_OK) {
        tl_mem_free(policy);
        return tl_status_exit(status);
    }
    status = today_of(connection.client, &today);
    if (status == TL_OK)
        status = history_all(connection.client, &id, &history);
    if (status == TL_OK)
        status = case_ask(connection.client, &id, call->args.word[0], &reply);
    if (status == TL_OK) {
        value = (uint8_t *)tl_mem_copy((const char *)reply.value.ptr, reply.value.len);
        status = tl_case_decode(&c, tl_bytes(value, reply.value.len));
    }
    if (status == TL_OK)
        status = policy_find(connection.client, &c.policy, policy);
    if (status == TL_OK) {
        struct tl_json *done = done_rows(history);
        struct tl_json *waiting = waiting_rows(policy, &c, today);

        print_why(call, done, waiting);
        tl_json_free(done);
        tl_json_free(waiting);
    }
    tl_json_free(history);
    tl_mem_free(value);
    tl_mem_free(policy);
    tl_disconnect(&connection);
    return tl_status_exit(status);
}

static int run_why(struct tl_call *call)
{
    return call->args.words == 2 ? run_why_one(call) : run_why_all(call);
}

const struct tl_cmd tl_cmd_case_show = {
    .name = "case show",
    .usage = "CASE [--map FILE]",
    .summary = "print a case: stage, holder, money, dates",
    .more = "CASE is the 32 hex digits of its id or, with --map, the number the source has for it.",
    .options = options,
    .run = run_show};

const struct tl_cmd tl_cmd_case_history = {
    .name = "case history",
    .usage = "CASE [--map FILE]",
    .summary = "print every entry and decision of a case, oldest first",
    .options = options,
    .run = run_history};

const struct tl_cmd tl_cmd_case_why = {
    .name = "case why",
    .usage = "CASE [LEAF] [--map FILE]",
    .summary = "print what the rules did to a case and why, or explain one decision",
    .more =
        "With LEAF, the number of a decision in `tally case history`, that decision is explained\n"
        "in words: the facts it follows from, the rule, its citation and the policy's version,\n"
        "what the rule found on that day, and what would have had to be otherwise.  For that\n"
        "the whole ledger is worked out again: of a node, or of an export with --ledger.",
    .options = why_options,
    .run = run_why};
