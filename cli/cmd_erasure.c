/* Erasure: asked for, ordered by the contract, attested by every holder, proven. */
#include "case_name.h"
#include "commands.h"
#include "connect.h"
#include "import.h"
#include "mem.h"
#include "outcome.h"
#include "receipt_check.h"
#include "show.h"
#include "submit.h"

#include "tl/check.h"
#include "tl/file.h"
#include "tl/vault.h"

#include <inttypes.h>
#include <string.h>

static const struct tl_opt request_options[] = {
    {"ground", "WORD", "not_needed, consent, objection, unlawful, obligation or expired"},
    {"map", "FILE", "a mapping that says how the case's id is made of its number"},
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"},
    TL_OPT_END};
static const struct tl_opt attest_options[] = {
    {"all", NULL, "every case an attestation of this member is wanting for"},
    {"map", "FILE", "a mapping that says how the case's id is made of its number"},
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"},
    TL_OPT_END};
static const struct tl_opt receipt_options[] = {
    {"out", "FILE", "where to write the receipt (default: CASE.erased.receipt)"},
    {"map", "FILE", "a mapping that says how the case's id is made of its number"},
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"},
    TL_OPT_END};

static enum tl_status case_word(struct tl_call *call, struct tl_id *id)
{
    struct tl_why why = {""};
    enum tl_status status = tl_cmd_words(call, 1, 1, "the case");

    if (status == TL_OK &&
        (status = tl_case_named(id, call->args.word[0], tl_opt_value(&call->args, "map"), &why)) !=
            TL_OK)
        (void)tl_fail(status, NULL, "cannot tell which case is meant: %s", why.text);
    return status;
}

/* One entry about a case, dated today; what the contract said to it in *why. */
static enum tl_status state(struct tl_client *client, enum tl_type type, const struct tl_id *id,
                            const void *body, struct tl_why *why)
{
    struct tl_entry entry = {.type = (uint16_t)type, .case_id = *id};
    struct tl_submitted_counts counts;
    uint8_t room[256];
    struct tl_buf out = tl_buf(room, sizeof room);
    int32_t closed_on;
    enum tl_status status = tl_business_date(client, &closed_on, why);

    if (status != TL_OK)
        return status;
    entry.value_date = closed_on + 1;
    TL_CHECK(tl_entry_encode(&out, &entry, body));
    status = tl_submit_one(client, tl_buf_bytes(&out), NULL, &counts, why);
    return status == TL_OK ? tl_outcome_denied(client, &counts, why) : status;
}

/* ---- what stands ------------------------------------------------------- */

static struct tl_json *members_json(const struct tl_genesis *genesis, uint32_t bits, char *words,
                                    size_t cap)
{
    struct tl_json *array = tl_json_array();
    size_t at = 0;

    words[0] = '\0';
    for (uint32_t i = 0; i < genesis->members.count; i++) {
        struct tl_member member;

        if ((bits >> i & 1u) == 0 || !tl_genesis_member(genesis, i, &member))
            continue;
        tl_json_add(array, tl_json_text(member.id));
        if (at < cap)
            at += (size_t)snprintf(words + at, cap - at, "%s%.*s", at > 0 ? " " : "",
                                   (int)member.id.len, (const char *)member.id.ptr);
    }
    return array;
}

static struct tl_json *vault_json(const struct tl_genesis *genesis, const struct tl_vault *vault)
{
    struct tl_json *row = tl_json_object();
    char words[1200];
    char date[11];

    tl_date_text(date, vault->ordered_on);
    tl_json_set(row, "case", tl_json_hex(tl_bytes(vault->case_id.b, TL_ID_BYTES)));
    tl_json_set_str(row, "stage", tl_name_of(&tl_vault_stage_names, vault->stage));
    tl_json_set_int(row, "version", vault->version);
    tl_json_set_str(row, "ordered_on", vault->stage == TL_VAULT_OPEN ? "" : date);
    tl_json_set(row, "holders", members_json(genesis, vault->reached, words, sizeof words));
    tl_json_set(row, "missing",
                members_json(genesis, tl_vault_missing(vault), words, sizeof words));
    tl_json_set_str(row, "missing_words", words);
    if (vault->ordered_leaf != TL_LEAF_NONE)
        tl_json_set_int(row, "ordered_leaf", (int64_t)vault->ordered_leaf);
    if (vault->erased_leaf != TL_LEAF_NONE)
        tl_json_set_int(row, "erased_leaf", (int64_t)vault->erased_leaf);
    return row;
}

/* Visits open erasures page by page, or the one record of a case. */
static enum tl_status each_vault(struct tl_client *client, const struct tl_id *only,
                                 enum tl_status (*visit)(void *, const struct tl_vault *),
                                 void *context)
{
    struct tl_erasure_query query = {.limit = 256};
    struct tl_case_page page = {.more = true};
    struct tl_exchange exchange = {TL_METHOD_ERASURES, &tl_erasure_query_record, &query,
                                   &tl_case_page_record, &page};
    enum tl_status status = TL_OK;

    if (only != NULL)
        query.case_id = *only;
    while (status == TL_OK && page.more) {
        struct tl_case_item item;
        struct tl_vault vault;
        struct tl_list list;
        char *copy;

        status = tl_ask(client, "list erasures", &exchange);
        if (status != TL_OK)
            break;
        copy = tl_mem_copy((const char *)page.cases.raw.ptr, page.cases.raw.len);
        list = (struct tl_list){tl_bytes(copy, page.cases.raw.len), page.cases.count};
        while (status == TL_OK && tl_list_next(&list, &tl_case_item_record, &item)) {
            status = tl_record_decode(&tl_vault_record, &vault, item.value);
            if (status == TL_OK)
                status = visit(context, &vault);
            query.from = status == TL_OK ? vault.ordered_leaf + 1u : 0;
        }
        tl_mem_free(copy);
        page.more = page.more && only == NULL;
    }
    return status;
}

/* ---- request ----------------------------------------------------------- */

static int run_request(struct tl_call *call)
{
    static const struct tl_column columns[] = {
        {"case", "case", TL_COLUMN_TEXT}, {"stage", "erasure", TL_COLUMN_TEXT}, TL_COLUMN_END};
    const char *word = tl_opt_value(&call->args, "ground");
    struct tl_body_erasure body = {TL_ERASURE_NOT_NEEDED};
    struct tl_connection connection;
    struct tl_why why = {""};
    struct tl_json *row;
    struct tl_id id;
    enum tl_status status;

    if (word == NULL || !tl_name_find(&tl_erasure_ground_names, tl_bytes_str(word), &body.ground))
        return tl_fail(TL_ERR_USAGE,
                       "not_needed, consent, objection, unlawful, obligation or expired",
                       "an erasure needs a ground: --ground WORD");
    status = case_word(call, &id);
    if (status == TL_OK)
        status = tl_connect(&connection, &call->args);
    if (status != TL_OK)
        return tl_status_exit(status);
    status = state(connection.client, TL_ENTRY_ERASURE_REQUEST, &id, &body, &why);
    if (status != TL_OK) {
        (void)tl_fail(status, NULL, "cannot have case '%s' erased: %s", call->args.word[0],
                      why.text);
    } else {
        row = tl_json_object();
        tl_json_set(row, "case", tl_json_hex(tl_bytes(id.b, TL_ID_BYTES)));
        tl_json_set_str(row, "stage", "ordered");
        tl_out_one(&call->out, columns, row);
        tl_json_free(row);
    }
    tl_disconnect(&connection);
    return tl_status_exit(status);
}

/* ---- attest ------------------------------------------------------------ */

struct attesting {
    struct tl_client *client;
    struct tl_json *rows;
    uint32_t member;
};

static enum tl_status attest(struct attesting *a, const struct tl_id *id)
{
    struct tl_case_id query = {*id};
    struct tl_vault_destroyed gone;
    struct tl_exchange exchange = {TL_METHOD_VAULT_DESTROYED, &tl_case_id_record, &query,
                                   &tl_vault_destroyed_record, &gone};
    struct tl_body_attestation body;
    struct tl_why why = {""};
    struct tl_json *row;
    char hex[2 * TL_ID_BYTES + 1];
    enum tl_status status = tl_client_call(a->client, &exchange, &why);

    if (status == TL_OK) {
        body = (struct tl_body_attestation){gone.commitment, gone.destroyed_ms, gone.copies};
        status = state(a->client, TL_ENTRY_ERASURE_ATTESTED, id, &body, &why);
    }
    tl_hex(hex, tl_bytes(id->b, TL_ID_BYTES));
    if (status != TL_OK) {
        (void)tl_fail(status, NULL, "cannot attest the erasure of case '%s': %s", hex, why.text);
        return status;
    }
    row = tl_json_object();
    tl_json_set_str(row, "case", hex);
    tl_json_set_int(row, "copies", body.copies);
    tl_json_add(a->rows, row);
    return TL_OK;
}

static enum tl_status attest_wanting(void *context, const struct tl_vault *vault)
{
    struct attesting *a = context;

    return (tl_vault_missing(vault) >> a->member & 1u) != 0 ? attest(a, &vault->case_id) : TL_OK;
}

/* Whose key this is. */
static uint32_t member_of(const struct tl_connection *connection)
{
    struct tl_member member;

    for (uint32_t i = 0; tl_genesis_member(&connection->genesis.genesis, i, &member); i++) {
        if (tl_bytes_eq(member.id, tl_bytes_str(connection->key.member)))
            return i;
    }
    return TL_MEMBERS_MAX - 1u;
}

static int run_attest(struct tl_call *call)
{
    static const struct tl_column columns[] = {{"case", "attested", TL_COLUMN_TEXT},
                                               {"copies", "copies of the key", TL_COLUMN_NUMBER},
                                               TL_COLUMN_END};
    bool all = tl_opt_given(&call->args, "all");
    struct tl_connection connection;
    struct attesting a;
    struct tl_id id;
    enum tl_status status = all ? tl_cmd_words(call, 0, 0, "") : case_word(call, &id);

    if (status == TL_OK)
        status = tl_connect(&connection, &call->args);
    if (status != TL_OK)
        return tl_status_exit(status);
    a = (struct attesting){connection.client, tl_json_array(), member_of(&connection)};
    status = all ? each_vault(a.client, NULL, attest_wanting, &a) : attest(&a, &id);
    if (status == TL_OK)
        tl_out_rows(&call->out, columns, a.rows);
    tl_json_free(a.rows);
    tl_disconnect(&connection);
    return tl_status_exit(status);
}

/* ---- list -------------------------------------------------------------- */

struct listing {
    const struct tl_genesis *genesis;
    struct tl_json *rows;
};

static enum tl_status list_one(void *context, const struct tl_vault *vault)
{
    struct listing *listing = context;

    tl_json_add(listing->rows, vault_json(listing->genesis, vault));
    return TL_OK;
}

static int run_list(struct tl_call *call)
{
    static const struct tl_column columns[] = {{"case", "case", TL_COLUMN_TEXT},
                                               {"stage", "erasure", TL_COLUMN_TEXT},
                                               {"ordered_on", "ordered on", TL_COLUMN_TEXT},
                                               {"missing_words", "missing", TL_COLUMN_TEXT},
                                               TL_COLUMN_END};
    struct tl_connection connection;
    struct listing listing;
    struct tl_id id;
    bool one = call->args.words > 0;
    enum tl_status status = one ? case_word(call, &id) : TL_OK;

    if (status == TL_OK)
        status = tl_connect(&connection, &call->args);
    if (status != TL_OK)
        return tl_status_exit(status);
    listing = (struct listing){&connection.genesis.genesis, tl_json_array()};
    status = each_vault(connection.client, one ? &id : NULL, list_one, &listing);
    if (status == TL_OK)
        tl_out_rows(&call->out, columns, listing.rows);
    tl_json_free(listing.rows);
    tl_disconnect(&connection);
    return tl_status_exit(status);
}

/* ---- receipt ----------------------------------------------------------- */

static enum tl_status erased_leaf(void *context, const struct tl_vault *vault)
{
    *(uint64_t *)context = vault->erased_leaf;
    return TL_OK;
}

static enum tl_status save_receipt(const struct tl_call *call, struct tl_connection *connection,
                                   uint64_t leaf)
{
    const char *path = tl_opt_value(&call->args, "out");
    struct tl_leaf_query query = {leaf};
    struct tl_blob blob;
    struct tl_exchange exchange = {TL_METHOD_RECEIPT, &tl_leaf_query_record, &query,
                                   &tl_blob_record, &blob};
    struct tl_json *row = NULL;
    struct tl_why why = {""};
    char name[TL_PATH_MAX];
    enum tl_status status = tl_ask(connection->client, "get the receipt of erasure", &exchange);

    (void)snprintf(name, sizeof name, "%s.erased.receipt", call->args.word[0]);
    path = path != NULL ? path : name;
    if (status != TL_OK)
        return status;
    status = tl_receipt_check_genesis(&row, blob.bytes, &connection->genesis, &why);
    if (status == TL_OK)
        status = tl_file_write(path, blob.bytes, TL_FILE_PUBLIC, &why);
    if (status != TL_OK)
        (void)tl_fail(status, NULL, "cannot keep the receipt '%s': %s", path, why.text);
    else {
        tl_json_set_str(row, "file", path);
        tl_out_one(&call->out, tl_receipt_columns, row);
    }
    tl_json_free(row);
    return status;
}

static int run_receipt(struct tl_call *call)
{
    struct tl_connection connection;
    uint64_t leaf = TL_LEAF_NONE;
    struct tl_id id;
    enum tl_status status = case_word(call, &id);

    if (status == TL_OK)
        status = tl_connect(&connection, &call->args);
    if (status != TL_OK)
        return tl_status_exit(status);
    status = each_vault(connection.client, &id, erased_leaf, &leaf);
    if (status == TL_OK && leaf == TL_LEAF_NONE) {
        status = TL_ERR_NOT_FOUND;
        (void)tl_fail(status, "who has not attested: tally erasure list",
                      "case '%s' is not erased by every holder yet", call->args.word[0]);
    }
    if (status == TL_OK)
        status = save_receipt(call, &connection, leaf);
    tl_disconnect(&connection);
    return tl_status_exit(status);
}

const struct tl_cmd tl_cmd_erasure_request = {
    .name = "erasure request",
    .usage = "CASE --ground WORD",
    .summary = "ask that a person's data be destroyed by every holder",
    .more = "The contract looks for a legal hold and at the policy's term of retention.  If it\n"
            "orders the erasure, every node that ever had the data destroys key and blob.",
    .options = request_options,
    .run = run_request};

const struct tl_cmd tl_cmd_erasure_attest = {
    .name = "erasure attest",
    .usage = "CASE | --all",
    .summary = "sign that this member's key and blob are destroyed",
    .more = "The node looks first whether they are, in both copies of its keys.",
    .options = attest_options,
    .run = run_attest};

const struct tl_cmd tl_cmd_erasure_list = {
    .name = "erasure list",
    .usage = "[CASE]",
    .summary = "erasures that are ordered, and whose attestation is missing",
    .options = receipt_options + 1,
    .run = run_list};

const struct tl_cmd tl_cmd_erasure_receipt = {
    .name = "erasure receipt",
    .usage = "CASE [--out FILE]",
    .summary = "the receipt that every holder has attested the erasure",
    .more = "Check it with nothing but the genesis file: tally receipt verify FILE.",
    .options = receipt_options,
    .run = run_receipt};
