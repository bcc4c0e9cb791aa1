/* Policies: the rules of a consortium, as data. */
#include "commands.h"
#include "connect.h"
#include "mem.h"
#include "policy_send.h"

#include "tl/policy_yaml.h"

static const struct tl_opt options[] = {
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"}, TL_OPT_END};

static const struct tl_column columns[] = {
    {"name", "policy", TL_COLUMN_TEXT}, {"version", "version", TL_COLUMN_NUMBER},
    {"title", "title", TL_COLUMN_TEXT}, {"rules", "rules", TL_COLUMN_NUMBER},
    {"hash", "hash", TL_COLUMN_TEXT},   TL_COLUMN_END};

static const struct tl_column rule_columns[] = {{"id", "rule", TL_COLUMN_TEXT},
                                                {"action", "does", TL_COLUMN_TEXT},
                                                {"anchor", "counted from", TL_COLUMN_TEXT},
                                                {"days", "days", TL_COLUMN_NUMBER},
                                                {"citation", "because of", TL_COLUMN_TEXT},
                                                TL_COLUMN_END};

static struct tl_json *rule_json(const struct tl_rule *rule)
{
    struct tl_json *row = tl_json_object();
    const char *action = tl_name_of(&tl_action_names, rule->action);
    const char *anchor = tl_name_of(&tl_feature_names, rule->anchor);

    tl_json_set_str(row, "id", rule->id);
    tl_json_set_str(row, "action", action != NULL ? action : "?");
    tl_json_set_str(row, "anchor", anchor != NULL ? anchor : "");
    tl_json_set_int(row, "days", rule->days);
    tl_json_set_str(row, "citation", rule->citation);
    return row;
}

static struct tl_json *policy_json(const struct tl_policy *policy, const struct tl_hash *hash)
{
    struct tl_json *row = tl_json_object();
    struct tl_json *rules = tl_json_array();

    for (uint32_t i = 0; i < policy->rule_count; i++)
        tl_json_add(rules, rule_json(&policy->rule[i]));
    tl_json_set_str(row, "name", policy->name);
    tl_json_set_int(row, "version", policy->version);
    tl_json_set_str(row, "title", policy->title);
    tl_json_set_int(row, "rules", policy->rule_count);
    tl_json_set(row, "hash", tl_json_hex(tl_bytes(hash->b, TL_HASH_BYTES)));
    tl_json_set(row, "rule_list", rules);
    return row;
}

static void print_policy(const struct tl_call *call, const struct tl_policy *policy,
                         struct tl_bytes bytes)
{
    struct tl_hash hash;
    struct tl_json *row;

    tl_policy_hash(&hash, bytes);
    row = policy_json(policy, &hash);
    tl_out_one(&call->out, columns, row);
    if (call->out.format == TL_OUT_TABLE) {
        (void)putchar('\n');
        tl_out_rows(&call->out, rule_columns, tl_json_get(row, "rule_list"));
    }
    tl_json_free(row);
}

static int run_check(struct tl_call *call)
{
    struct tl_policy *policy;
    uint8_t *memory;
    struct tl_buf bytes;
    struct tl_why why = {""};
    enum tl_status status = tl_cmd_words(call, 1, 1, "the policy's file");

    if (status != TL_OK)
        return tl_status_exit(status);
    policy = tl_mem_new(1, sizeof *policy);
    memory = tl_mem_new(TL_POLICY_BYTES_MAX, 1);
    bytes = tl_buf(memory, TL_POLICY_BYTES_MAX);
    status = tl_policy_file_encode(call->args.word[0], policy, &bytes, &why);
    if (status == TL_OK)
        print_policy(call, policy, tl_buf_bytes(&bytes));
    tl_mem_free(memory);
    tl_mem_free(policy);
    return status == TL_OK
               ? 0
               : tl_fail(status, "see docs/POLICY.md", "cannot use the policy: %s", why.text);
}

static enum tl_status show_all(struct tl_call *call, struct tl_client *client)
{
    struct tl_pair_list list;
    struct tl_pair pair;
    struct tl_policy *policy = tl_mem_new(1, sizeof *policy);
    struct tl_json *rows = tl_json_array();
    struct tl_exchange exchange = {TL_METHOD_POLICIES, NULL, NULL, &tl_pair_list_record, &list};
    enum tl_status status = tl_ask(client, "ask for the policies", &exchange);

    while (status == TL_OK && tl_list_next(&list.pairs, &tl_pair_record, &pair)) {
        struct tl_hash hash;

        if (tl_policy_decode(policy, pair.value) != TL_OK)
            continue;
        tl_policy_hash(&hash, pair.value);
        tl_json_add(rows, policy_json(policy, &hash));
    }
    if (status == TL_OK)
        tl_out_rows(&call->out, columns, rows);
    tl_json_free(rows);
    tl_mem_free(policy);
    return status;
}

static int run_show(struct tl_call *call)
{
    struct tl_connection connection;
    enum tl_status status = tl_cmd_words(call, 0, 0, "");

    if (status == TL_OK)
        status = tl_connect(&connection, &call->args);
    if (status != TL_OK)
        return tl_status_exit(status);
    status = show_all(call, connection.client);
    tl_disconnect(&connection);
    return tl_status_exit(status);
}

static int run_publish(struct tl_call *call)
{
    static const struct tl_column done_columns[] = {{"file", "published", TL_COLUMN_TEXT},
                                                    {"leaf", "leaf", TL_COLUMN_NUMBER},
                                                    {"height", "final at height", TL_COLUMN_NUMBER},
                                                    TL_COLUMN_END};
    struct tl_connection connection;
    struct tl_submitted_counts done = {0};
    struct tl_why why = {""};
    struct tl_json *row;
    enum tl_status status = tl_cmd_words(call, 1, 1, "the policy's file");

    if (status == TL_OK)
        status = tl_connect(&connection, &call->args);
    if (status != TL_OK)
        return tl_status_exit(status);
    status = tl_policy_publish(connection.client, call->args.word[0], &done, &why);
    tl_disconnect(&connection);
    if (status != TL_OK)
        return tl_fail(status, NULL, "cannot publish policy '%s': %s", call->args.word[0],
                       why.text);
    row = tl_json_object();
    tl_json_set_str(row, "file", call->args.word[0]);
    tl_json_set_int(row, "leaf", (int64_t)done.first_leaf);
    tl_json_set_int(row, "height", (int64_t)done.height);
    tl_out_one(&call->out, done_columns, row);
    tl_json_free(row);
    return 0;
}

const struct tl_cmd tl_cmd_policy_check = {
    .name = "policy check",
    .usage = "FILE",
    .summary = "check a policy document and print its hash and rules",
    .run = run_check};

const struct tl_cmd tl_cmd_policy_show = {.name = "policy show",
                                          .usage = "",
                                          .summary = "list the policies on a ledger, all versions",
                                          .options = options,
                                          .run = run_show};

const struct tl_cmd tl_cmd_policy_publish = {
    .name = "policy publish",
    .usage = "FILE",
    .summary = "put a policy on the ledger",
    .more = "New cases of that policy's name follow the latest version; cases keep the one they\n"
            "were opened under.",
    .options = options,
    .run = run_publish};
