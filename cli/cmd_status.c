/* How a node is: its own words, and its peers. */
#include "commands.h"
#include "connect.h"
#include "show.h"

#include "tl/memberdir.h"

static const struct tl_opt options[] = {
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"}, TL_OPT_END};

static const struct tl_column member_columns[] = {
    {"id", "member", TL_COLUMN_TEXT},       {"roles", "roles", TL_COLUMN_TEXT},
    {"address", "address", TL_COLUMN_TEXT}, {"up", "up", TL_COLUMN_TEXT},
    {"height", "height", TL_COLUMN_NUMBER}, {"dropped", "dropped", TL_COLUMN_NUMBER},
    {"faults", "faults", TL_COLUMN_NUMBER}, TL_COLUMN_END};

static struct tl_json *peers(struct tl_list list)
{
    struct tl_json *rows = tl_json_array();
    struct tl_peer peer;

    while (tl_list_next(&list, &tl_peer_record, &peer)) {
        struct tl_json *row = tl_show_record(&tl_peer_record, &peer);
        char words[256];

        tl_words_print(&tl_role_words, peer.roles, words, sizeof words);
        tl_json_set_str(row, "roles", words);
        tl_json_add(rows, row);
    }
    return rows;
}

static struct tl_json *counters(struct tl_list list)
{
    struct tl_json *object = tl_json_object();
    struct tl_counter counter;

    while (tl_list_next(&list, &tl_counter_record, &counter)) {
        char name[64];

        (void)snprintf(name, sizeof name, "%.*s", (int)counter.name.len,
                       (const char *)counter.name.ptr);
        tl_json_set_int(object, name, (int64_t)counter.value);
    }
    return object;
}

static int run_status(struct tl_call *call)
{
    static const struct tl_column columns[] = {
        {"ledger", "ledger", TL_COLUMN_TEXT},
        {"member", "member", TL_COLUMN_TEXT},
        {"version", "version", TL_COLUMN_TEXT},
        {"height", "height", TL_COLUMN_NUMBER},
        {"view", "view", TL_COLUMN_NUMBER},
        {"log_size", "leaves", TL_COLUMN_NUMBER},
        {"log_root", "log root", TL_COLUMN_TEXT},
        {"state_root", "state root", TL_COLUMN_TEXT},
        {"business_date", "days are closed until", TL_COLUMN_TEXT},
        {"final_age_ms", "last block, ms ago", TL_COLUMN_NUMBER},
        {"uptime_ms", "up for, ms", TL_COLUMN_NUMBER},
        {"waiting_for", "waiting for", TL_COLUMN_TEXT},
        TL_COLUMN_END};
    struct tl_connection connection;
    struct tl_node_status status;
    struct tl_exchange exchange = {TL_METHOD_STATUS, NULL, NULL, &tl_node_status_record, &status};
    enum tl_status result = tl_cmd_words(call, 0, 0, "");

    if (result == TL_OK)
        result = tl_connect(&connection, &call->args);
    if (result != TL_OK)
        return tl_status_exit(result);
    result = tl_ask(connection.client, "ask for the status", &exchange);
    if (result == TL_OK) {
        struct tl_json *row = tl_show_record(&tl_node_status_record, &status);

        tl_json_set(row, "members", peers(status.members));
        tl_json_set(row, "counters", counters(status.counters));
        tl_out_one(&call->out, columns, row);
        if (call->out.format == TL_OUT_TABLE) {
            (void)putchar('\n');
            tl_out_rows(&call->out, member_columns, tl_json_get(row, "members"));
        }
        tl_json_free(row);
    }
    tl_disconnect(&connection);
    return tl_status_exit(result);
}

static int run_members(struct tl_call *call)
{
    struct tl_connection connection;
    struct tl_member_list list;
    struct tl_exchange exchange = {TL_METHOD_MEMBERS, NULL, NULL, &tl_member_list_record, &list};
    enum tl_status status = tl_cmd_words(call, 0, 0, "");

    if (status == TL_OK)
        status = tl_connect(&connection, &call->args);
    if (status != TL_OK)
        return tl_status_exit(status);
    status = tl_ask(connection.client, "ask for the members", &exchange);
    if (status == TL_OK) {
        struct tl_json *rows = peers(list.members);

        tl_out_rows(&call->out, member_columns, rows);
        tl_json_free(rows);
    }
    tl_disconnect(&connection);
    return tl_status_exit(status);
}

const struct tl_cmd tl_cmd_status = {.name = "status",
                                     .usage = "",
                                     .summary = "print where a node stands and what it waits for",
                                     .options = options,
                                     .run = run_status};

const struct tl_cmd tl_cmd_members = {.name = "members",
                                      .usage = "",
                                      .summary = "print the members as a node sees them",
                                      .options = options,
                                      .run = run_members};
