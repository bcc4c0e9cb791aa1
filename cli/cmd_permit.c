/* May this be done?  Asked before an act. */
#include "case_name.h"
#include "commands.h"
#include "connect.h"
#include "entry_text.h"
#include "import.h"
#include "mem.h"

#include "tl/law.h"

#include <stdio.h>
#include <string.h>

static const struct tl_opt options[] = {
    {"act", "ACT", "contact, placement, suit, sale, furnish, charge, debit, notice, reage, erase"},
    {"date", "DATE", "the day of the act (default: the first day that is not closed)"},
    {"time", "SECONDS", "the moment of a contact, seconds since 1970 UTC"},
    {"set", "FIELD=VALUE",
     "more of the plan: channel, person, purpose, place, debtor, marks, "
     "amount_minor, bucket, clause, venue"},
    {"map", "FILE", "derive the case's id from the source's own number with this mapping"},
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"},
    TL_OPT_END};

static const struct tl_column columns[] = {
    {"answer", "answer", TL_COLUMN_TEXT},         {"rules", "rules", TL_COLUMN_TEXT},
    {"height", "as of height", TL_COLUMN_NUMBER}, {"state_root", "state root", TL_COLUMN_TEXT},
    {"proof", "proof", TL_COLUMN_TEXT},           TL_COLUMN_END};

/* FIELD=VALUE, as often as it was given. */
static enum tl_status set_fields(struct tl_entry_text *text, const struct tl_args *args,
                                 struct tl_why *why)
{
    enum tl_status status = TL_OK;
    const char *pair;

    for (size_t n = 0; status == TL_OK && (pair = tl_opt_nth(args, "set", n)) != NULL; n++) {
        const char *eq = strchr(pair, '=');

        if (eq == NULL)
            return tl_why_set(why, TL_ERR_USAGE, "\"%s\" is not FIELD=VALUE", pair);
        status =
            tl_entry_text_set(text, tl_bytes(pair, (size_t)(eq - pair)), tl_bytes_str(eq + 1), why);
    }
    return status;
}

static enum tl_status plan(struct tl_entry_text *text, const struct tl_call *call,
                           const struct tl_id *id, int32_t date, struct tl_why *why)
{
    const char *act = tl_opt_value(&call->args, "act");
    int64_t time_s = 0;
    enum tl_status status = tl_entry_text_init(text, "PERMIT_REQUEST", why);

    if (status == TL_OK && act == NULL)
        return tl_why_set(why, TL_ERR_USAGE, "say which act with --act");
    if (status == TL_OK)
        status = tl_entry_text_set(text, tl_bytes_str("act"), tl_bytes_str(act), why);
    if (status == TL_OK)
        status = set_fields(text, &call->args, why);
    if (status == TL_OK)
        status = tl_opt_number(&call->args, "time", 0, &time_s);
    text->entry.case_id = *id;
    text->entry.value_date = date;
    text->entry.event_time_s = time_s;
    return status;
}

static enum tl_status date_of(struct tl_call *call, struct tl_client *client, int32_t *date,
                              struct tl_why *why)
{
    bool given;
    enum tl_status status = tl_opt_date(&call->args, "date", &given, date);

    if (status != TL_OK || given)
        return status;
    status = tl_business_date(client, date, why);
    ++*date;
    return status;
}

/* One line a rule: talk, for people; the ids are data. */
static void say_rules(const struct tl_permit_reply *reply, char *ids, size_t cap)
{
    struct tl_list rules = reply->rules;
    struct tl_broken_rule rule;
    size_t len = 0;

    ids[0] = '\0';
    while (tl_list_next(&rules, &tl_broken_rule_record, &rule)) {
        const char *why = tl_name_of(&tl_broken_names, rule.why);
        int wrote = snprintf(ids + len, cap - len, "%s%.*s", len == 0 ? "" : " ",
                             (int)rule.rule.len, (const char *)rule.rule.ptr);

        len += wrote < 0 || (size_t)wrote >= cap - len ? 0 : (size_t)wrote;
        tl_note("%.*s (%.*s), %s: %.*s", (int)rule.rule.len, (const char *)rule.rule.ptr,
                (int)rule.citation.len, (const char *)rule.citation.ptr, why, (int)rule.says.len,
                (const char *)rule.says.ptr);
    }
}

static void show(const struct tl_call *call, const struct tl_permit_reply *reply)
{
    struct tl_json *row = tl_json_object();
    char hex[2 * TL_HASH_BYTES + 1];
    char ids[256];

    say_rules(reply, ids, sizeof ids);
    tl_json_set_str(row, "answer", reply->allowed ? "ALLOW" : "DENY");
    tl_json_set_str(row, "rules", ids);
    tl_json_set_int(row, "height", (int64_t)reply->height);
    tl_hex(hex, tl_bytes(reply->state_root.b, TL_HASH_BYTES));
    tl_json_set_str(row, "state_root", hex);
    tl_hex(hex, tl_bytes(reply->proof.b, TL_HASH_BYTES));
    tl_json_set_str(row, "proof", hex);
    tl_out_one(&call->out, columns, row);
    tl_json_free(row);
}

static enum tl_status ask(struct tl_call *call, struct tl_client *client, const struct tl_id *id,
                          bool *allowed)
{
    struct tl_entry_text *text = tl_mem_new(1, sizeof *text);
    uint8_t bytes[1024];
    struct tl_buf entry = tl_buf(bytes, sizeof bytes);
    struct tl_why why = {""};
    struct tl_permit_query query;
    struct tl_permit_reply reply;
    struct tl_exchange exchange = {TL_METHOD_PERMIT, &tl_permit_query_record, &query,
                                   &tl_permit_reply_record, &reply};
    int32_t date = 0;
    enum tl_status status = date_of(call, client, &date, &why);

    if (status == TL_OK)
        status = plan(text, call, id, date, &why);
    if (status == TL_OK)
        status = tl_entry_text_write(text, &entry, &why);
    if (status != TL_OK) {
        (void)tl_fail(status == TL_ERR_RANGE ? TL_ERR_USAGE : status,
                      "fields and words are in docs/FORMAT.md, tl_body_act",
                      "cannot ask for leave: %s", why.text);
    } else {
        query.entry = tl_buf_bytes(&entry);
        status = tl_ask(client, "ask for leave", &exchange);
    }
    if (status == TL_OK) {
        show(call, &reply);
        *allowed = reply.allowed;
    }
    tl_mem_free(text);
    return status;
}

static int run(struct tl_call *call)
{
    struct tl_connection connection;
    struct tl_why why = {""};
    struct tl_id id;
    bool allowed = false;
    enum tl_status status = tl_cmd_words(call, 1, 1, "the case");

    if (status != TL_OK)
        return tl_status_exit(status);
    status = tl_case_named(&id, call->args.word[0], tl_opt_value(&call->args, "map"), &why);
    if (status != TL_OK)
        return tl_fail(status, NULL, "cannot tell which case is meant: %s", why.text);
    status = tl_connect(&connection, &call->args);
    if (status != TL_OK)
        return tl_status_exit(status);
    status = ask(call, connection.client, &id, &allowed);
    tl_disconnect(&connection);
    if (status == TL_OK && !allowed)
        status = TL_ERR_REFUSED;
    return tl_status_exit(status);
}

const struct tl_cmd tl_cmd_permit = {
    .name = "permit",
    .usage = "CASE --act ACT [--date DATE] [--time SECONDS] [--set FIELD=VALUE]...",
    .summary = "ask whether the rules of law allow an act on a case",
    .more = "Answers ALLOW or DENY with the ids of the rules that forbid it (docs/RULES.md) and a\n"
            "hash that proves the answer as of a block.  Nothing is recorded: submit a\n"
            "PERMIT_REQUEST to have the question and the answer on the ledger.  The act itself is\n"
            "judged again when it is recorded.  Ends with the exit code of a denial on DENY.",
    .options = options,
    .run = run};
