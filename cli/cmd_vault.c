/* Personal data: kept by one's own node, stated on the ledger, read with a reason. */
#include "case_name.h"
#include "commands.h"
#include "connect.h"
#include "import.h"
#include "mem.h"
#include "outcome.h"
#include "vault_send.h"

#include "tl/file.h"
#include "tl/vault.h"

#include "show.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

static const struct tl_opt put_options[] = {
    {"field", "NAME=VALUE", "a field of the person's data (may be given several times)"},
    {"file", "JSON", "an object of fields instead: {\"name\": \"...\", \"phone\": \"...\"}"},
    {"add", NULL, "keep the fields that are there and are not named now"},
    {"map", "FILE", "a mapping that says how the case's id is made of its number"},
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"},
    TL_OPT_END};
static const struct tl_opt get_options[] = {
    {"purpose", "WORD", "what it is read for: a word of a-z 0-9 - _, kept in the read log"},
    {"map", "FILE", "a mapping that says how the case's id is made of its number"},
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"},
    TL_OPT_END};
static const struct tl_opt log_options[] = {
    {"map", "FILE", "a mapping that says how the case's id is made of its number"},
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"},
    TL_OPT_END};

static enum tl_status open_case(struct tl_call *call, struct tl_connection *connection,
                                struct tl_id *id)
{
    struct tl_why why = {""};
    enum tl_status status = tl_cmd_words(call, 1, 1, "the case");

    if (status == TL_OK &&
        (status = tl_case_named(id, call->args.word[0], tl_opt_value(&call->args, "map"), &why)) !=
            TL_OK)
        (void)tl_fail(status, NULL, "cannot tell which case is meant: %s", why.text);
    return status == TL_OK ? tl_connect(connection, &call->args) : status;
}

/* ---- put --------------------------------------------------------------- */

struct gathering {
    struct tl_list fields;
    struct tl_buf buf; /* wiped by who owns it */
    struct tl_why *why;
    enum tl_status status;
};

static bool has_field(struct tl_list fields, struct tl_bytes name)
{
    struct tl_vault_text text;

    while (tl_list_next(&fields, &tl_vault_text_record, &text)) {
        if (tl_bytes_eq(text.name, name))
            return true;
    }
    return false;
}

static void gather(struct gathering *g, struct tl_bytes name, struct tl_bytes value)
{
    const struct tl_vault_text text = {name, value};

    if (g->status != TL_OK)
        return;
    if (name.len == 0 || name.len > TL_VAULT_NAME_MAX || value.len > TL_VAULT_VALUE_MAX ||
        !tl_utf8_ok(name) || !tl_utf8_ok(value) || g->fields.count == TL_VAULT_FIELDS_MAX)
        g->status = tl_why_set(g->why, TL_ERR_USAGE,
                               "a person has at most %u fields: a name of %u bytes, a value of "
                               "%u, printable UTF-8",
                               TL_VAULT_FIELDS_MAX, TL_VAULT_NAME_MAX, TL_VAULT_VALUE_MAX);
    else if (has_field(g->fields, name))
        g->status = tl_why_set(g->why, TL_ERR_USAGE, "field \"%.*s\" is given twice", (int)name.len,
                               (const char *)name.ptr);
    else
        tl_list_add(&g->fields, &g->buf, &tl_vault_text_record, &text);
}

static void gather_member(void *context, const char *key, const struct tl_json *value)
{
    struct gathering *g = context;
    const char *chars = tl_json_chars(value);

    if (chars == NULL && g->status == TL_OK)
        g->status = tl_why_set(g->why, TL_ERR_USAGE, "field \"%s\" is no text", key);
    else if (chars != NULL)
        gather(g, tl_bytes_str(key), tl_bytes_str(chars));
}

static void gather_file(struct gathering *g, const char *path)
{
    struct tl_json *document = NULL;
    struct tl_file_bytes file;
    char reason[256] = "";

    g->status = tl_file_read(path, 1u << 20, &file, g->why);
    if (g->status != TL_OK)
        return;
    document = tl_json_parse(tl_bytes(file.text, file.len), reason, sizeof reason);
    tl_wipe(file.text, file.len);
    tl_file_bytes_free(&file);
    if (document == NULL || !tl_json_is_object(document))
        g->status = tl_why_set(g->why, TL_ERR_USAGE, "\"%s\" is no JSON object: %s", path, reason);
    else
        tl_json_each(document, gather_member, g);
    tl_json_free(document);
}

static void gather_flags(struct gathering *g, const struct tl_args *args)
{
    const char *pair;

    for (size_t i = 0; (pair = tl_opt_nth(args, "field", i)) != NULL; i++) {
        const char *equals = strchr(pair, '=');

        if (equals == NULL) {
            g->status = tl_why_set(g->why, TL_ERR_USAGE, "\"%s\" is not NAME=VALUE", pair);
            return;
        }
        gather(g, tl_bytes(pair, (size_t)(equals - pair)), tl_bytes_str(equals + 1));
    }
}

static enum tl_status fetch(struct tl_client *client, const struct tl_id *id, const char *purpose,
                            struct tl_personal *out, struct tl_why *why)
{
    struct tl_vault_query query = {*id, tl_bytes_str(purpose)};
    struct tl_exchange exchange = {TL_METHOD_VAULT_GET, &tl_vault_query_record, &query,
                                   &tl_personal_record, out};

    return tl_client_call(client, &exchange, why);
}

/* Fields that are there and were not named now. */
static void gather_kept(struct gathering *g, struct tl_client *client, const struct tl_id *id)
{
    struct tl_personal now;
    struct tl_personal_field field;

    if (g->status != TL_OK)
        return;
    g->status = fetch(client, id, "update", &now, g->why);
    while (g->status == TL_OK && tl_list_next(&now.fields, &tl_personal_field_record, &field)) {
        if (!has_field(g->fields, field.name))
            gather(g, field.name, field.value);
    }
}

struct sent {
    struct tl_client *client;
    struct tl_submitted_counts counts;
};

static enum tl_status submit_each(void *context, struct tl_bytes entry, struct tl_why *why)
{
    struct sent *sent = context;
    enum tl_status status = tl_submit_one(sent->client, entry, NULL, &sent->counts, why);

    return status == TL_OK ? tl_outcome_denied(sent->client, &sent->counts, why) : status;
}

static enum tl_status put(struct tl_connection *connection, const struct tl_id *id,
                          const struct gathering *g, struct sent *sent, struct tl_why *why)
{
    const struct tl_vault_each each = {submit_each, sent};
    struct tl_vault_batch batch;
    int32_t closed_on;
    enum tl_status status = tl_business_date(connection->client, &closed_on, why);

    if (status != TL_OK)
        return status;
    tl_vault_batch_init(&batch);
    if (!tl_vault_batch_add(&batch, id, g->fields))
        status = tl_why_set(why, TL_ERR_LIMIT, "the data is too long");
    if (status == TL_OK)
        status = tl_vault_batch_send(&batch, connection->client, closed_on + 1, &each, why);
    tl_vault_batch_free(&batch);
    return status;
}

static int run_put(struct tl_call *call)
{
    static const struct tl_column columns[] = {{"fields", "fields", TL_COLUMN_NUMBER},
                                               {"leaf", "leaf", TL_COLUMN_NUMBER},
                                               {"height", "final at height", TL_COLUMN_NUMBER},
                                               TL_COLUMN_END};
    const char *file = tl_opt_value(&call->args, "file");
    struct tl_connection connection;
    struct tl_why why = {""};
    uint8_t *memory = tl_mem_new(TL_VAULT_RECORD_BYTES, 1);
    struct gathering g = {.buf = tl_buf(memory, TL_VAULT_RECORD_BYTES), .why = &why};
    struct sent sent = {0};
    struct tl_id id;
    enum tl_status status = open_case(call, &connection, &id);

    if (status != TL_OK) {
        tl_mem_free(memory);
        return tl_status_exit(status);
    }
    sent.client = connection.client;
    if (file != NULL)
        gather_file(&g, file);
    if (g.status == TL_OK)
        gather_flags(&g, &call->args);
    if (tl_opt_given(&call->args, "add"))
        gather_kept(&g, connection.client, &id);
    if (g.status == TL_OK && g.fields.count == 0)
        g.status = tl_why_set(&why, TL_ERR_USAGE, "no field is given: --field NAME=VALUE");
    status = g.status == TL_OK ? put(&connection, &id, &g, &sent, &why) : g.status;
    if (status == TL_OK) {
        struct tl_json *row = tl_json_object();

        tl_json_set_int(row, "fields", g.fields.count);
        tl_json_set_int(row, "leaf", (int64_t)sent.counts.first_leaf);
        tl_json_set_int(row, "height", (int64_t)sent.counts.height);
        tl_out_one(&call->out, columns, row);
        tl_json_free(row);
    } else {
        (void)tl_fail(status, NULL, "cannot keep the data of case '%s': %s", call->args.word[0],
                      why.text);
    }
    tl_disconnect(&connection);
    tl_wipe(memory, g.buf.len);
    tl_mem_free(memory);
    return tl_status_exit(status);
}

/* ---- get --------------------------------------------------------------- */

static int run_get(struct tl_call *call)
{
    static const struct tl_column columns[] = {
        {"name", "field", TL_COLUMN_TEXT}, {"value", "value", TL_COLUMN_TEXT}, TL_COLUMN_END};
    const char *purpose = tl_opt_value(&call->args, "purpose");
    struct tl_connection connection;
    struct tl_personal_field field;
    struct tl_personal data;
    struct tl_why why = {""};
    struct tl_json *rows;
    struct tl_id id;
    enum tl_status status;

    if (purpose == NULL || !tl_access_purpose_ok(tl_bytes_str(purpose)))
        return tl_fail(TL_ERR_USAGE, "say what it is read for, e.g. --purpose right-party-call",
                       "a read of personal data needs a purpose: one word of a-z 0-9 - _");
    status = open_case(call, &connection, &id);
    if (status != TL_OK)
        return tl_status_exit(status);
    status = fetch(connection.client, &id, purpose, &data, &why);
    if (status != TL_OK) {
        (void)tl_fail(status, NULL, "cannot read the data of case '%s': %s", call->args.word[0],
                      why.text);
    } else {
        rows = tl_json_array();
        while (tl_list_next(&data.fields, &tl_personal_field_record, &field)) {
            struct tl_json *row = tl_json_object();

            tl_json_set(row, "name", tl_json_text(field.name));
            tl_json_set(row, "value", tl_json_text(field.value));
            tl_json_set(row, "salt", tl_json_hex(tl_bytes(field.salt.b, TL_HASH_BYTES)));
            tl_json_add(rows, row);
        }
        tl_out_rows(&call->out, columns, rows);
        tl_json_free(rows);
    }
    tl_disconnect(&connection);
    return tl_status_exit(status);
}

/* ---- log --------------------------------------------------------------- */

static struct tl_json *read_json(const struct tl_genesis *genesis, const struct tl_access *access)
{
    struct tl_json *row = tl_json_object();
    const char *method = tl_name_of(&tl_method_names, access->method);
    time_t seconds = (time_t)(access->time_ms / 1000u);
    struct tm parts;
    char when[32] = "";

    if (gmtime_r(&seconds, &parts) != NULL)
        (void)strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &parts);
    tl_json_set_str(row, "time", when);
    tl_json_set_int(row, "time_ms", (int64_t)access->time_ms);
    tl_json_set(row, "member",
                access->member == TL_ACCESS_NOBODY ? tl_json_str("")
                                                   : tl_show_member(genesis, access->member));
    tl_json_set(row, "key", tl_json_hex(tl_bytes(access->key.b, TL_PUBKEY_BYTES)));
    tl_json_set_str(row, "method", method != NULL ? method : "");
    tl_json_set(row, "case", tl_json_hex(tl_bytes(access->case_id.b, TL_ID_BYTES)));
    tl_json_set(row, "purpose", tl_json_text(access->purpose));
    tl_json_set_str(row, "outcome", tl_status_text((enum tl_status)access->status));
    tl_json_set(row, "refused", tl_json_bool(access->status != TL_OK));
    return row;
}

static enum tl_status read_log(struct tl_connection *connection, const struct tl_id *id,
                               struct tl_json *rows)
{
    struct tl_vault_log_query query = {.case_id = *id, .limit = 4096};
    struct tl_vault_log_page page = {.more = true};
    struct tl_exchange exchange = {TL_METHOD_VAULT_LOG, &tl_vault_log_query_record, &query,
                                   &tl_vault_log_page_record, &page};
    enum tl_status status = TL_OK;

    while (status == TL_OK && page.more) {
        struct tl_access access;

        status = tl_ask(connection->client, "read the read log", &exchange);
        while (status == TL_OK && tl_list_next(&page.reads, &tl_access_record, &access))
            tl_json_add(rows, read_json(&connection->genesis.genesis, &access));
        query.from = page.next;
    }
    return status;
}

static int run_log(struct tl_call *call)
{
    static const struct tl_column columns[] = {{"time", "time", TL_COLUMN_TEXT},
                                               {"member", "member", TL_COLUMN_TEXT},
                                               {"method", "asked", TL_COLUMN_TEXT},
                                               {"case", "case", TL_COLUMN_TEXT},
                                               {"purpose", "purpose", TL_COLUMN_TEXT},
                                               {"outcome", "outcome", TL_COLUMN_TEXT},
                                               TL_COLUMN_END};
    struct tl_connection connection;
    struct tl_id id = {{0}};
    struct tl_json *rows;
    enum tl_status status;

    if (call->args.words > 0)
        status = open_case(call, &connection, &id);
    else
        status = tl_connect(&connection, &call->args);
    if (status != TL_OK)
        return tl_status_exit(status);
    rows = tl_json_array();
    status = read_log(&connection, &id, rows);
    if (status == TL_OK)
        tl_out_rows(&call->out, columns, rows);
    tl_json_free(rows);
    tl_disconnect(&connection);
    return tl_status_exit(status);
}

const struct tl_cmd tl_cmd_vault_put = {
    .name = "vault put",
    .usage = "CASE --field NAME=VALUE... | --file JSON [--add]",
    .summary = "keep a person's data in the vault, and state it on the ledger",
    .more = "The data goes to your own node, which keeps it encrypted and delivers it to the\n"
            "members that have custody; the ledger gets a salted commitment.  A put replaces\n"
            "all fields; with --add only those named.",
    .options = put_options,
    .run = run_put};

const struct tl_cmd tl_cmd_vault_get = {.name = "vault get",
                                        .usage = "CASE --purpose WORD",
                                        .summary = "read a person's data; the read is logged",
                                        .options = get_options,
                                        .run = run_get};

const struct tl_cmd tl_cmd_vault_log = {.name = "vault log",
                                        .usage = "[CASE]",
                                        .summary =
                                            "who read what of this node, and who was refused",
                                        .options = log_options,
                                        .run = run_log};
