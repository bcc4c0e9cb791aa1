/* Evidence for one leaf: fetched from a node, checked without one. */
#include "commands.h"
#include "connect.h"
#include "show.h"

#include "tl/note.h"
#include "tl/receipt.h"

#include "mem.h"

#include <string.h>

static const struct tl_opt get_options[] = {
    {"out", "FILE", "where to write the receipt (default: LEAF.receipt)"},
    {"tlog-proof", "FILE", "also write a C2SP tlog-proof there, and the leaf to FILE.leaf"},
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"},
    TL_OPT_END};

static enum tl_status leaf_number(const char *word, uint64_t *leaf)
{
    uint64_t value = 0;

    for (const char *at = word; *at != '\0'; at++) {
        if (*at < '0' || *at > '9' || value > UINT64_MAX / 10u - 1u) {
            (void)tl_fail(TL_ERR_USAGE, "leaf numbers are in: tally case history",
                          "'%s' is no leaf", word);
            return TL_ERR_USAGE;
        }
        value = value * 10u + (uint64_t)(*at - '0');
    }
    *leaf = value;
    return TL_OK;
}

static struct tl_json *facts_json(const struct tl_receipt_facts *facts, struct tl_bytes leaf,
                                  const struct tl_genesis *genesis)
{
    struct tl_json *row = tl_show_leaf(genesis, facts->index, leaf);
    struct tl_json *signers = tl_json_array();
    char words[512] = "";
    size_t at = 0;

    if (row == NULL)
        row = tl_json_object();
    for (uint32_t i = 0; i < genesis->members.count; i++) {
        struct tl_member member;

        if ((facts->signers >> i & 1u) == 0 || !tl_genesis_member(genesis, i, &member))
            continue;
        tl_json_add(signers, tl_json_text(member.id));
        at += (size_t)snprintf(words + at, sizeof words - at, "%s%.*s", at > 0 ? " " : "",
                               (int)member.id.len, (const char *)member.id.ptr);
        if (at >= sizeof words)
            break;
    }
    tl_json_set(row, "signers", signers);
    tl_json_set_str(row, "signed_by", words);
    tl_json_set_int(row, "height", (int64_t)facts->header.height);
    tl_json_set(row, "block", tl_json_hex(tl_bytes(facts->header_hash.b, TL_HASH_BYTES)));
    if (facts->is_entry)
        tl_json_set(row, "author", tl_show_member(genesis, facts->author_role.member));
    tl_json_set_str(row, "verdict", "valid");
    return row;
}

static const struct tl_column verdict_columns[] = {{"verdict", "receipt", TL_COLUMN_TEXT},
                                                   {"leaf", "leaf", TL_COLUMN_NUMBER},
                                                   {"kind", "kind", TL_COLUMN_TEXT},
                                                   {"type", "type", TL_COLUMN_TEXT},
                                                   {"date", "date", TL_COLUMN_TEXT},
                                                   {"case", "case", TL_COLUMN_TEXT},
                                                   {"ref", "reference", TL_COLUMN_TEXT},
                                                   {"author", "author", TL_COLUMN_TEXT},
                                                   {"rule", "rule", TL_COLUMN_TEXT},
                                                   {"citation", "citation", TL_COLUMN_TEXT},
                                                   {"height", "final at height", TL_COLUMN_NUMBER},
                                                   {"block", "block", TL_COLUMN_TEXT},
                                                   {"signed_by", "signed by", TL_COLUMN_TEXT},
                                                   {"file", "file", TL_COLUMN_TEXT},
                                                   TL_COLUMN_END};

/* Verifies and prints; says why on failure. */
static enum tl_status verify(const struct tl_call *call, const struct tl_genesis_file *genesis,
                             struct tl_bytes bytes, const char *file)
{
    struct tl_receipt_facts facts;
    struct tl_receipt receipt;
    const char *why = "";
    struct tl_json *row;
    enum tl_status status =
        tl_receipt_verify(&facts, bytes, &genesis->genesis, &genesis->chain_id, &why);

    if (status == TL_OK)
        status = tl_record_decode(&tl_receipt_record, &receipt, bytes);
    if (status != TL_OK) {
        (void)tl_fail(status, NULL, "receipt '%s' is not valid: %s", file, why);
        return status;
    }
    row = facts_json(&facts, receipt.leaf, &genesis->genesis);
    tl_json_set_str(row, "file", file);
    tl_out_one(&call->out, verdict_columns, row);
    tl_json_free(row);
    return TL_OK;
}

/* ---- the same for tools of others ---- */

static enum tl_status write_proof(const char *path, const struct tl_tlog_proof *proof,
                                  struct tl_bytes leaf)
{
    char leaf_path[TL_PATH_MAX];
    void *memory = tl_mem_new(TL_TLOG_PROOF_MAX, 1);
    struct tl_buf buf = tl_buf(memory, TL_TLOG_PROOF_MAX);
    struct tl_why why = {""};
    enum tl_status status = TL_ERR_LIMIT;

    tl_tlog_proof_write(&buf, proof);
    if (snprintf(leaf_path, sizeof leaf_path, "%s.leaf", path) < (int)sizeof leaf_path)
        status = tl_file_write(leaf_path, leaf, TL_FILE_PUBLIC, &why);
    if (status == TL_OK)
        status = tl_file_write(path, tl_buf_bytes(&buf), TL_FILE_PUBLIC, &why);
    if (status != TL_OK)
        (void)tl_fail(status, NULL, "cannot write proof '%s': %s", path, why.text);
    tl_mem_free(memory);
    return status;
}

/* The receipt's path leads to the log of its header: the proof is the same path
 * when the node's checkpoint is of that very log. */
static enum tl_status get_proof(struct tl_connection *connection, const struct tl_receipt *receipt,
                                const char *path)
{
    struct tl_tlog_proof proof = {.index = receipt->index};
    struct tl_checkpoint checkpoint;
    struct tl_hash leaf;
    struct tl_blob blob;
    struct tl_exchange exchange = {TL_METHOD_CHECKPOINT, NULL, NULL, &tl_blob_record, &blob};
    enum tl_status status = tl_ask(connection->client, "get the checkpoint", &exchange);

    if (status != TL_OK)
        return status;
    proof.checkpoint = blob.bytes;
    proof.proof.count = (uint32_t)(receipt->path.len / TL_HASH_BYTES);
    if (receipt->path.len != 0)
        memcpy(proof.proof.hash, receipt->path.ptr, receipt->path.len);
    tl_merkle_leaf(&leaf, receipt->leaf);
    status = tl_tlog_proof_check(&proof, &leaf, &checkpoint);
    if (status == TL_OK)
        return write_proof(path, &proof, receipt->leaf);
    (void)tl_fail(TL_ERR_TIMEOUT, "run it again",
                  "cannot make proof '%s': the ledger grew meanwhile", path);
    return TL_ERR_TIMEOUT;
}

/* The receipt lies in memory the next question to the node reuses. */
static enum tl_status save_proof(const struct tl_call *call, struct tl_connection *connection,
                                 struct tl_bytes bytes)
{
    const char *path = tl_opt_value(&call->args, "tlog-proof");
    struct tl_receipt receipt;
    char *copy;
    enum tl_status status;

    if (path == NULL)
        return TL_OK;
    copy = tl_mem_copy((const char *)bytes.ptr, bytes.len);
    status = tl_record_decode(&tl_receipt_record, &receipt, tl_bytes(copy, bytes.len));
    if (status == TL_OK)
        status = get_proof(connection, &receipt, path);
    tl_mem_free(copy);
    return status;
}

static enum tl_status get(const struct tl_call *call, struct tl_connection *connection,
                          uint64_t leaf)
{
    struct tl_leaf_query query = {leaf};
    struct tl_blob blob;
    struct tl_exchange exchange = {TL_METHOD_RECEIPT, &tl_leaf_query_record, &query,
                                   &tl_blob_record, &blob};
    char name[64];
    const char *path = tl_opt_value(&call->args, "out");
    struct tl_why why = {""};
    char what[64];
    enum tl_status status;

    (void)snprintf(what, sizeof what, "get the receipt of leaf '%llu'", (unsigned long long)leaf);
    status = tl_ask(connection->client, what, &exchange);
    (void)snprintf(name, sizeof name, "%llu.receipt", (unsigned long long)leaf);
    path = path != NULL ? path : name;
    if (status != TL_OK)
        return status;
    status = verify(call, &connection->genesis, blob.bytes, path);
    if (status == TL_OK &&
        (status = tl_file_write(path, blob.bytes, TL_FILE_PUBLIC, &why)) != TL_OK)
        (void)tl_fail(status, NULL, "cannot write receipt '%s': %s", path, why.text);
    return status == TL_OK ? save_proof(call, connection, blob.bytes) : status;
}

static int run_get(struct tl_call *call)
{
    struct tl_connection connection;
    uint64_t leaf = 0;
    enum tl_status status = tl_cmd_words(call, 1, 1, "the leaf's number");

    if (status == TL_OK)
        status = leaf_number(call->args.word[0], &leaf);
    if (status == TL_OK)
        status = tl_connect(&connection, &call->args);
    if (status != TL_OK)
        return tl_status_exit(status);
    status = get(call, &connection, leaf);
    tl_disconnect(&connection);
    return tl_status_exit(status);
}

static int run_verify(struct tl_call *call)
{
    struct tl_genesis_file genesis;
    struct tl_file_bytes bytes;
    struct tl_why why = {""};
    enum tl_status status = tl_cmd_words(call, 1, 1, "the receipt's file");

    if (status == TL_OK)
        status = tl_genesis_file_load(&genesis, tl_opt_value(&call->args, "genesis"));
    if (status != TL_OK)
        return tl_status_exit(status);
    status = tl_file_read(call->args.word[0], TL_RECEIPT_BYTES_MAX, &bytes, &why);
    if (status != TL_OK) {
        (void)tl_fail(status, NULL, "cannot read receipt '%s': %s", call->args.word[0], why.text);
    } else {
        status = verify(call, &genesis, tl_bytes(bytes.text, bytes.len), call->args.word[0]);
        tl_file_bytes_free(&bytes);
    }
    tl_genesis_file_free(&genesis);
    return tl_status_exit(status);
}

static int run_checkpoint(struct tl_call *call)
{
    static const struct tl_column columns[] = {{"note", "checkpoint", TL_COLUMN_TEXT},
                                               TL_COLUMN_END};
    struct tl_connection connection;
    struct tl_blob blob;
    struct tl_exchange exchange = {TL_METHOD_CHECKPOINT, NULL, NULL, &tl_blob_record, &blob};
    enum tl_status status = tl_cmd_words(call, 0, 0, "");

    if (status == TL_OK)
        status = tl_connect(&connection, &call->args);
    if (status != TL_OK)
        return tl_status_exit(status);
    status = tl_ask(connection.client, "get the checkpoint", &exchange);
    if (status == TL_OK && call->out.format == TL_OUT_TABLE) {
        (void)fwrite(blob.bytes.ptr, 1, blob.bytes.len, stdout);
    } else if (status == TL_OK) {
        struct tl_json *row = tl_json_object();

        tl_json_set(row, "note", tl_json_text(blob.bytes));
        tl_out_one(&call->out, columns, row);
        tl_json_free(row);
    }
    tl_disconnect(&connection);
    return tl_status_exit(status);
}

const struct tl_cmd tl_cmd_receipt_get = {
    .name = "receipt get",
    .usage = "LEAF [--out FILE] [--tlog-proof FILE]",
    .summary = "fetch the receipt of a leaf, check it, write it to a file",
    .options = get_options,
    .run = run_get};

const struct tl_cmd tl_cmd_receipt_verify = {
    .name = "receipt verify",
    .usage = "FILE --genesis FILE",
    .summary = "check a receipt with nothing but the genesis file",
    .run = run_verify};

const struct tl_cmd tl_cmd_checkpoint = {
    .name = "checkpoint",
    .usage = "",
    .summary = "print a node's signed checkpoint",
    .more = "A C2SP signed note: origin, size and root of the log, and the member's signature.",
    .options = get_options + 2,
    .run = run_checkpoint};
