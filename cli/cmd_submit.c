/* One entry, out of flags or a JSON file. */
#include "case_name.h"
#include "commands.h"
#include "connect.h"
#include "entry_text.h"
#include "mem.h"
#include "show.h"
#include "submit.h"

#include <string.h>

static const struct tl_opt options[] = {
    {"case", "ID", "the case it is about: 32 hex digits, or with --map the source's number"},
    {"map", "FILE", "a mapping that says how the case's id is made of its number"},
    {"date", "DATE", "the day it happened"},
    {"ref", "TEXT", "your own reference: repeats of it are recognised"},
    {"set", "FIELD=VALUE", "a field of the body (may be given several times)"},
    {"promises", "DIR", "keep the member's signed promise of inclusion there"},
    {"file", "JSON", "{type, case, date, ref, body: {...}} instead of flags"},
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"},
    TL_OPT_END};

struct head {
    const char *id;
    const char *map; /* or NULL */
    const char *date;
    const char *ref;
};

static enum tl_status head_set(struct tl_entry_text *text, const struct head *head,
                               struct tl_why *why)
{
    const char *date = head->date;
    enum tl_status status =
        head->id == NULL ? TL_OK : tl_case_named(&text->entry.case_id, head->id, head->map, why);

    if (status != TL_OK)
        return status;
    if (text->type->about_case && head->id == NULL)
        return tl_why_set(why, TL_ERR_USAGE, "%s is about a case: give --case ID",
                          text->type->name);
    if (date == NULL || !tl_date_parse(tl_bytes_str(date), &text->entry.value_date))
        return tl_why_set(why, TL_ERR_USAGE, "an entry needs a date like 2012-05-30");
    if (head->ref != NULL)
        text->entry.ext_ref = tl_bytes_str(head->ref);
    return TL_OK;
}

static enum tl_status from_flags(struct tl_entry_text *text, const struct tl_args *args,
                                 struct tl_why *why)
{
    const char *pair;
    enum tl_status status = tl_entry_text_init(text, args->word[0], why);

    if (status == TL_OK)
        status = head_set(text,
                          &(struct head){tl_opt_value(args, "case"), tl_opt_value(args, "map"),
                                         tl_opt_value(args, "date"), tl_opt_value(args, "ref")},
                          why);
    for (size_t i = 0; status == TL_OK && (pair = tl_opt_nth(args, "set", i)) != NULL; i++) {
        const char *equals = strchr(pair, '=');

        if (equals == NULL)
            return tl_why_set(why, TL_ERR_USAGE, "\"%s\" is not FIELD=VALUE", pair);
        status = tl_entry_text_set(text, tl_bytes(pair, (size_t)(equals - pair)),
                                   tl_bytes_str(equals + 1), why);
    }
    return status;
}

#define DECISIONS_SHOWN 32u

static void fault_note(const struct tl_json *leaf, const char *type, enum tl_status *status)
{
    const char *why = tl_json_chars(tl_json_get(tl_json_get(leaf, "body"), "why"));

    if (strcmp(type, "DENIED") == 0)
        *status = TL_ERR_REFUSED;
    if (strcmp(type, "DENIED") == 0 || strcmp(type, "VIOLATION") == 0)
        tl_note("%s: %s", strcmp(type, "DENIED") == 0 ? "denied" : "recorded as a violation",
                why != NULL ? why : "");
}

struct body {
    struct tl_entry_text *text;
    struct tl_why *why;
    enum tl_status status;
};

static void body_member(void *context, const char *key, const struct tl_json *value)
{
    struct body *body = context;
    const char *chars = tl_json_chars(value);
    char *number;
    int64_t whole;
    bool truth;

    if (body->status != TL_OK)
        return;
    /* The entry borrows its texts; a number's must live until it is written. */
    if (chars == NULL && tl_json_number(value, &whole)) {
        number = tl_mem_new(24, 1);
        (void)snprintf(number, 24, "%lld", (long long)whole);
        chars = number;
    } else if (chars == NULL && tl_json_truth(value, &truth)) {
        chars = truth ? "true" : "false";
    }
    body->status =
        chars == NULL
            ? tl_why_set(body->why, TL_ERR_USAGE, "field \"%s\" is no text or number", key)
            : tl_entry_text_set(body->text, tl_bytes_str(key), tl_bytes_str(chars), body->why);
}

static enum tl_status from_json(struct tl_entry_text *text, const struct tl_args *args,
                                struct tl_json **document, struct tl_why *why)
{
    const char *path = tl_opt_value(args, "file");
    const char *map = tl_opt_value(args, "map");
    struct tl_file_bytes file;
    char reason[256] = "";
    struct body body = {text, why, TL_OK};
    const char *type;
    enum tl_status status = tl_file_read(path, 1u << 20, &file, why);

    if (status != TL_OK)
        return status;
    *document = tl_json_parse(tl_bytes(file.text, file.len), reason, sizeof reason);
    tl_file_bytes_free(&file);
    if (*document == NULL)
        return tl_why_set(why, TL_ERR_USAGE, "\"%s\" is no JSON: %s", path, reason);
    type = tl_json_chars(tl_json_get(*document, "type"));
    status = tl_entry_text_init(text, type != NULL ? type : "", why);
    if (status == TL_OK)
        status = head_set(text,
                          &(struct head){tl_json_chars(tl_json_get(*document, "case")), map,
                                         tl_json_chars(tl_json_get(*document, "date")),
                                         tl_json_chars(tl_json_get(*document, "ref"))},
                          why);
    if (status != TL_OK)
        return status;
    if (tl_json_is_object(tl_json_get(*document, "body")))
        tl_json_each(tl_json_get(*document, "body"), body_member, &body);
    return body.status;
}

/* What the contract made of it.  An act that was denied is recorded, and refused
 * all the same; a key that may not read is told nothing. */
static enum tl_status consequences(struct tl_client *client, const struct tl_submitted_counts *done,
                                   struct tl_json *row)
{
    struct tl_json *decisions = tl_json_array();
    char did[256] = "";
    enum tl_status status = TL_OK;

    for (uint64_t i = 1; i < done->leaves && i <= DECISIONS_SHOWN; i++) {
        struct tl_leaf_query query = {done->first_leaf + i};
        struct tl_leaf_item item;
        struct tl_exchange exchange = {TL_METHOD_LEAF, &tl_leaf_query_record, &query,
                                       &tl_leaf_item_record, &item};
        struct tl_why why = {""};
        struct tl_json *leaf = NULL;
        const char *type;
        size_t at = strlen(did);

        if (tl_client_call(client, &exchange, &why) == TL_OK)
            leaf = tl_show_leaf(&tl_client_config(client)->genesis->genesis, item.index, item.leaf);
        type = tl_json_chars(tl_json_get(leaf, "type"));
        if (type == NULL)
            continue;
        (void)snprintf(did + at, sizeof did - at, "%s%s", at > 0 ? ", " : "", type);
        fault_note(leaf, type, &status);
        tl_json_add(decisions, leaf);
    }
    if (did[0] != '\0')
        tl_json_set_str(row, "did", did);
    tl_json_set(row, "decisions", decisions);
    return status;
}

static int send(struct tl_call *call, struct tl_bytes entry)
{
    static const struct tl_column columns[] = {{"leaf", "leaf", TL_COLUMN_NUMBER},
                                               {"height", "final at height", TL_COLUMN_NUMBER},
                                               {"did", "decisions", TL_COLUMN_TEXT},
                                               {"leaves", "leaves", TL_COLUMN_NUMBER},
                                               TL_COLUMN_END};
    struct tl_connection connection;
    struct tl_submitted_counts done;
    struct tl_why why = {""};
    struct tl_json *row;
    enum tl_status status = tl_connect(&connection, &call->args);

    if (status != TL_OK)
        return tl_status_exit(status);
    status =
        tl_submit_one(connection.client, entry, tl_opt_value(&call->args, "promises"), &done, &why);
    if (status != TL_OK) {
        tl_disconnect(&connection);
        return tl_fail(status, NULL, "cannot submit the entry: %s", why.text);
    }
    row = tl_json_object();
    status = consequences(connection.client, &done, row);
    tl_disconnect(&connection);
    tl_json_set_int(row, "leaf", (int64_t)done.first_leaf);
    tl_json_set_int(row, "height", (int64_t)done.height);
    tl_json_set_int(row, "leaves", (int64_t)done.leaves);
    tl_out_one(&call->out, columns, row);
    tl_json_free(row);
    return tl_status_exit(status);
}

/* The fields the type has, or where the types are. */
static const char *fields_of(const struct tl_entry_text *text, char *out, size_t cap)
{
    size_t at = 0;

    if (text->type == NULL)
        return "types and their fields are listed in docs/FORMAT.md";
    for (size_t i = 0; i < text->type->body->count && at < cap; i++)
        at += (size_t)snprintf(out + at, cap - at, "%s%s", i == 0 ? "fields: " : ", ",
                               text->type->body->fields[i].name);
    return at > 0 ? out : NULL;
}

static int run(struct tl_call *call)
{
    const char *file = tl_opt_value(&call->args, "file");
    struct tl_entry_text *text = tl_mem_new(1, sizeof *text);
    uint8_t *memory = tl_mem_new(TL_ENTRY_BYTES_MAX, 1);
    struct tl_buf bytes = tl_buf(memory, TL_ENTRY_BYTES_MAX);
    struct tl_json *document = NULL;
    struct tl_why why = {""};
    char hint[512];
    int code;
    enum tl_status status =
        tl_cmd_words(call, file != NULL ? 0 : 1, file != NULL ? 0 : 1, "the type of entry");

    if (status != TL_OK) {
        code = tl_status_exit(status);
    } else {
        status = file != NULL ? from_json(text, &call->args, &document, &why)
                              : from_flags(text, &call->args, &why);
        if (status == TL_OK)
            status = tl_entry_text_write(text, &bytes, &why);
        if (status == TL_OK)
            code = send(call, tl_buf_bytes(&bytes));
        else
            code =
                tl_fail(status == TL_ERR_RANGE ? TL_ERR_USAGE : status,
                        fields_of(text, hint, sizeof hint), "cannot make the entry: %s", why.text);
    }
    tl_json_free(document);
    tl_mem_free(memory);
    tl_mem_free(text);
    return code;
}

const struct tl_cmd tl_cmd_submit = {
    .name = "submit",
    .usage = "TYPE --case ID --date DATE [--ref TEXT] [--set FIELD=VALUE]...",
    .summary = "write one entry and wait until it is final",
    .more = "TYPE is AGREEMENT, CHARGE, PAYMENT, NOTICE, DISPUTE_OPENED, ... (docs/FORMAT.md).",
    .options = options,
    .run = run};
