/* Evidence for one thing: fetched from a node or made from an export, checked
 * with neither. */
#include "case_name.h"
#include "commands.h"
#include "connect.h"
#include "mem.h"
#include "receipt_check.h"
#include "rewind.h"

#include "tl/base64.h"
#include "tl/case_receipt.h"
#include "tl/note.h"

#include <inttypes.h>
#include <string.h>

#define SCRATCH_BYTES ((size_t)32 << 20)
#define MIB           ((size_t)1 << 20)

static const struct tl_opt get_options[] = {
    {"case", "CASE", "a receipt about this case instead of a leaf: its state"},
    {"custody", NULL, "with --case: who held it"},
    {"absence", "TYPE", "with --case: that no entry of this type was recorded"},
    {"height", "N", "with --case: as of this block (default: the last; else blocks are replayed)"},
    {"ledger", "FILE", "with --case: make it from an export, without a node"},
    {"memory", "MIB", "room for the replayed state (default: 512)"},
    {"map", "FILE", "derive the case's id from the source's own number with this mapping"},
    {"out", "FILE", "where to write the receipt (default: LEAF.receipt, CASE.receipt)"},
    {"tlog-proof", "FILE", "also write a C2SP tlog-proof there, and the leaf to FILE.leaf"},
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"},
    TL_OPT_END};

static const struct tl_opt verify_options[] = {
    {"policy", "FILE", "hold a tlog-proof to this tlog-policy"},
    {"leaf", "FILE", "the leaf, when the tlog-proof does not carry it"},
    {"strict", NULL, "with --policy: refuse signatures by keys it does not name"},
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

/* Prints what the receipt proves; says why when it proves nothing. */
static enum tl_status show(const struct tl_call *call, enum tl_status status, struct tl_json *row,
                           const char *file, const struct tl_why *why)
{
    if (status != TL_OK) {
        (void)tl_fail(status, NULL, "receipt '%s' is not valid: %s", file, why->text);
        return status;
    }
    tl_json_set_str(row, "file", file);
    tl_out_one(&call->out, tl_receipt_columns, row);
    tl_json_free(row);
    return TL_OK;
}

/* A receipt is kept only after it has convinced us. */
static enum tl_status keep(const struct tl_call *call, const struct tl_genesis_file *genesis,
                           struct tl_bytes bytes, const char *unless)
{
    const char *path = tl_opt_value(&call->args, "out");
    struct tl_why why = {""};
    struct tl_json *row;
    enum tl_status status;

    path = path != NULL ? path : unless;
    status = tl_receipt_check_genesis(&row, bytes, genesis, &why);
    status = show(call, status, row, path, &why);
    if (status == TL_OK && (status = tl_file_write(path, bytes, TL_FILE_PUBLIC, &why)) != TL_OK)
        (void)tl_fail(status, NULL, "cannot write receipt '%s': %s", path, why.text);
    return status;
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
 * when the node's checkpoint is of that very log.  The extra line has the leaf. */
static enum tl_status get_proof(struct tl_connection *connection, const struct tl_receipt *receipt,
                                const char *path)
{
    struct tl_tlog_proof proof = {.index = receipt->index};
    struct tl_checkpoint checkpoint;
    struct tl_hash leaf;
    struct tl_blob blob;
    struct tl_exchange exchange = {TL_METHOD_CHECKPOINT, NULL, NULL, &tl_blob_record, &blob};
    size_t room = 4u * (receipt->leaf.len / 3u + 1u);
    struct tl_buf extra = tl_buf(tl_mem_new(room, 1), room);
    enum tl_status status = tl_ask(connection->client, "get the checkpoint", &exchange);

    if (status == TL_OK) {
        proof.checkpoint = blob.bytes;
        proof.proof.count = (uint32_t)(receipt->path.len / TL_HASH_BYTES);
        if (receipt->path.len != 0)
            memcpy(proof.proof.hash, receipt->path.ptr, receipt->path.len);
        tl_base64_write(&extra, receipt->leaf);
        proof.extra = tl_buf_bytes(&extra);
        tl_merkle_leaf(&leaf, receipt->leaf);
        status = tl_tlog_proof_check(&proof, &leaf, &checkpoint);
        if (status == TL_OK)
            status = write_proof(path, &proof, receipt->leaf);
        else
            (void)tl_fail(status = TL_ERR_TIMEOUT, "run it again",
                          "cannot make proof '%s': the ledger grew meanwhile", path);
    }
    tl_mem_free(extra.ptr);
    return status;
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

static enum tl_status get_leaf(const struct tl_call *call, struct tl_connection *connection,
                               uint64_t leaf)
{
    struct tl_leaf_query query = {leaf};
    struct tl_blob blob;
    struct tl_exchange exchange = {TL_METHOD_RECEIPT, &tl_leaf_query_record, &query,
                                   &tl_blob_record, &blob};
    char name[64];
    char what[64];
    enum tl_status status;

    (void)snprintf(what, sizeof what, "get the receipt of leaf '%" PRIu64 "'", leaf);
    (void)snprintf(name, sizeof name, "%" PRIu64 ".receipt", leaf);
    status = tl_ask(connection->client, what, &exchange);
    if (status == TL_OK)
        status = keep(call, &connection->genesis, blob.bytes, name);
    return status == TL_OK ? save_proof(call, connection, blob.bytes) : status;
}

/* ---- about a case ---- */

struct wanted {
    struct tl_case_question question;
    int64_t height; /* 0: the last */
    int64_t memory; /* MiB */
    char name[48];  /* of the receipt's file, unless --out */
};

static enum tl_status read_absence(const struct tl_args *args, struct tl_case_question *question)
{
    const char *word = tl_opt_value(args, "absence");
    const struct tl_type_info *info = word == NULL ? NULL : tl_type_named(tl_bytes_str(word));

    if (word == NULL)
        return TL_OK;
    if (info == NULL || info->derived || !info->about_case) {
        (void)tl_fail(TL_ERR_USAGE, "types are in: tally submit --help",
                      "'%s' is no type of entry about a case", word);
        return TL_ERR_USAGE;
    }
    question->claim = TL_CLAIM_ABSENCE;
    question->absent = info->code;
    return TL_OK;
}

static enum tl_status read_wanted(struct wanted *wanted, const struct tl_args *args)
{
    const char *word = tl_opt_value(args, "case");
    struct tl_case_question *question = &wanted->question;
    struct tl_why why = {""};
    char id[2u * TL_ID_BYTES + 1u];
    enum tl_status status =
        tl_case_named(&question->case_id, word, tl_opt_value(args, "map"), &why);

    if (status != TL_OK)
        (void)tl_fail(status, NULL, "cannot tell which case is meant: %s", why.text);
    question->claim = tl_opt_given(args, "custody") ? TL_CLAIM_CUSTODY : TL_CLAIM_STATE;
    if (status == TL_OK)
        status = read_absence(args, question);
    if (status == TL_OK)
        status =
            tl_opt_between(args, "height", (struct tl_bounds){0, INT64_MAX}, 0, &wanted->height);
    if (status == TL_OK)
        status =
            tl_opt_between(args, "memory", (struct tl_bounds){64, 1 << 20}, 512, &wanted->memory);
    tl_hex(id, tl_bytes(question->case_id.b, TL_ID_BYTES));
    (void)snprintf(wanted->name, sizeof wanted->name, "%s.receipt", id);
    return status;
}

static enum tl_status cannot_make(enum tl_status status, const struct wanted *wanted,
                                  const struct tl_why *why)
{
    const char *reason = why->text[0] != '\0' ? why->text : tl_status_text(status);

    if (status == TL_ERR_CONFLICT)
        reason = "there is such an entry";
    (void)tl_fail(status, NULL, "cannot make receipt '%s': %s", wanted->name, reason);
    return status;
}

static enum tl_status get_case_now(const struct tl_call *call, struct tl_connection *connection,
                                   const struct wanted *wanted)
{
    struct tl_case_claim_query query = {wanted->question.case_id, (uint8_t)wanted->question.claim,
                                        wanted->question.absent};
    struct tl_blob blob;
    struct tl_exchange exchange = {TL_METHOD_CASE_RECEIPT, &tl_case_claim_query_record, &query,
                                   &tl_blob_record, &blob};
    struct tl_why why = {""};
    enum tl_status status = tl_client_call(connection->client, &exchange, &why);

    if (status != TL_OK)
        return cannot_make(status, wanted, &why);
    return keep(call, &connection->genesis, blob.bytes, wanted->name);
}

/* From a ledger that has been played up to the height. */
static enum tl_status make_case(const struct tl_call *call, struct tl_rewind *rewind,
                                const struct tl_genesis_file *genesis, const struct wanted *wanted)
{
    struct tl_case_question question = wanted->question;
    struct tl_buf scratch = tl_buf(tl_mem_new(SCRATCH_BYTES, 1), SCRATCH_BYTES);
    struct tl_buf out = tl_buf(tl_mem_new(TL_CASE_RECEIPT_BYTES_MAX, 1), TL_CASE_RECEIPT_BYTES_MAX);
    struct tl_why why = {""};
    enum tl_status status;

    question.descent = &rewind->descent;
    status = tl_case_receipt_make(rewind->replica.chain, &question, &scratch, &out);
    if (status == TL_OK)
        status = keep(call, genesis, tl_buf_bytes(&out), wanted->name);
    else
        (void)cannot_make(status, wanted, &why);
    tl_mem_free(out.ptr);
    tl_mem_free(scratch.ptr);
    return status;
}

static enum tl_status get_case_then(const struct tl_call *call, struct tl_connection *connection,
                                    const struct wanted *wanted)
{
    struct tl_why why = {""};
    struct tl_rewind rewind;
    enum tl_status status = tl_rewind_node(&rewind, connection->client, (uint64_t)wanted->height,
                                           (size_t)wanted->memory * MIB, &why);

    if (status != TL_OK)
        return cannot_make(status, wanted, &why);
    status = make_case(call, &rewind, &connection->genesis, wanted);
    tl_rewind_close(&rewind);
    return status;
}

static enum tl_status get_case_from_export(const struct tl_call *call, const char *path,
                                           const struct wanted *wanted)
{
    struct tl_genesis_file genesis;
    struct tl_why why = {""};
    struct tl_rewind rewind;
    enum tl_status status;

    if (wanted->height == 0) {
        (void)tl_fail(TL_ERR_USAGE, "its last height is in: tally audit FILE",
                      "say with --height as of which block of '%s'", path);
        return TL_ERR_USAGE;
    }
    status = tl_genesis_file_load(&genesis, tl_opt_value(&call->args, "genesis"));
    if (status != TL_OK)
        return status;
    status = tl_rewind_export(&rewind, path, &genesis, (uint64_t)wanted->height,
                              (size_t)wanted->memory * MIB, &why);
    if (status == TL_OK) {
        status = make_case(call, &rewind, &genesis, wanted);
        tl_rewind_close(&rewind);
    } else {
        (void)cannot_make(status, wanted, &why);
    }
    tl_genesis_file_free(&genesis);
    return status;
}

static enum tl_status get_case(const struct tl_call *call)
{
    const char *ledger = tl_opt_value(&call->args, "ledger");
    struct tl_connection connection;
    struct wanted wanted = {.height = 0};
    enum tl_status status = tl_cmd_words(call, 0, 0, "");

    if (status == TL_OK)
        status = read_wanted(&wanted, &call->args);
    if (status == TL_OK && ledger != NULL)
        return get_case_from_export(call, ledger, &wanted);
    if (status == TL_OK)
        status = tl_connect(&connection, &call->args);
    if (status != TL_OK)
        return status;
    if (wanted.height == 0)
        status = get_case_now(call, &connection, &wanted);
    else
        status = get_case_then(call, &connection, &wanted);
    tl_disconnect(&connection);
    return status;
}

static int run_get(struct tl_call *call)
{
    struct tl_connection connection;
    uint64_t leaf = 0;
    enum tl_status status;

    if (tl_opt_given(&call->args, "case"))
        return tl_status_exit(get_case(call));
    status = tl_cmd_words(call, 1, 1, "the leaf's number");
    if (status == TL_OK)
        status = leaf_number(call->args.word[0], &leaf);
    if (status == TL_OK)
        status = tl_connect(&connection, &call->args);
    if (status != TL_OK)
        return tl_status_exit(status);
    status = get_leaf(call, &connection, leaf);
    tl_disconnect(&connection);
    return tl_status_exit(status);
}

/* ---- verifying ---- */

/* An option's file; empty when it is not given. */
static enum tl_status read_option(const struct tl_args *args, const char *name, size_t max,
                                  struct tl_file_bytes *out)
{
    const char *path = tl_opt_value(args, name);
    struct tl_why why = {""};
    enum tl_status status;

    *out = (struct tl_file_bytes){0};
    if (path == NULL)
        return TL_OK;
    status = tl_file_read(path, max, out, &why);
    if (status != TL_OK)
        (void)tl_fail(status, NULL, "cannot read '%s': %s", path, why.text);
    return status;
}

static enum tl_status verify_by_policy(const struct tl_call *call, struct tl_bytes receipt)
{
    struct tl_file_bytes policy;
    struct tl_file_bytes leaf = {0};
    struct tl_proof_trust trust = {.strict = tl_opt_given(&call->args, "strict")};
    struct tl_why why = {""};
    struct tl_json *row;
    enum tl_status status = read_option(&call->args, "policy", TL_TLOG_PROOF_MAX, &policy);

    if (status == TL_OK)
        status = read_option(&call->args, "leaf", TL_LEAF_BYTES_MAX, &leaf);
    if (status == TL_OK) {
        trust.policy = tl_bytes(policy.text, policy.len);
        trust.leaf = tl_bytes(leaf.text, leaf.len);
        status = tl_receipt_check_policy(&row, receipt, &trust, &why);
        status = show(call, status, row, call->args.word[0], &why);
    }
    tl_file_bytes_free(&leaf);
    tl_file_bytes_free(&policy);
    return status;
}

static enum tl_status verify_by_genesis(const struct tl_call *call, struct tl_bytes receipt)
{
    struct tl_genesis_file genesis;
    struct tl_why why = {""};
    struct tl_json *row;
    enum tl_status status = tl_genesis_file_load(&genesis, tl_opt_value(&call->args, "genesis"));

    if (status != TL_OK)
        return status;
    status = tl_receipt_check_genesis(&row, receipt, &genesis, &why);
    status = show(call, status, row, call->args.word[0], &why);
    tl_genesis_file_free(&genesis);
    return status;
}

static int run_verify(struct tl_call *call)
{
    struct tl_file_bytes bytes;
    struct tl_why why = {""};
    enum tl_status status = tl_cmd_words(call, 1, 1, "the receipt's file");

    if (status != TL_OK)
        return tl_status_exit(status);
    status = tl_file_read(call->args.word[0], TL_CASE_RECEIPT_BYTES_MAX, &bytes, &why);
    if (status != TL_OK)
        return tl_fail(status, NULL, "cannot read receipt '%s': %s", call->args.word[0], why.text);
    if (tl_opt_given(&call->args, "policy"))
        status = verify_by_policy(call, tl_bytes(bytes.text, bytes.len));
    else
        status = verify_by_genesis(call, tl_bytes(bytes.text, bytes.len));
    tl_file_bytes_free(&bytes);
    return tl_status_exit(status);
}

const struct tl_cmd tl_cmd_receipt_get = {
    .name = "receipt get",
    .usage = "LEAF | --case CASE [--custody | --absence TYPE] [--height N]",
    .summary = "fetch the receipt of a leaf or about a case, check it, write it to a file",
    .more =
        "Of a leaf: that it is in the log, and who wrote it.  Of a case: its state, who held it, "
        "or that there is no entry of a type.  A node proves the state after its last block; "
        "with --height its blocks, or those of an export, are replayed up to that one.",
    .options = get_options,
    .run = run_get};

const struct tl_cmd tl_cmd_receipt_verify = {
    .name = "receipt verify",
    .usage = "FILE --genesis FILE | FILE --policy FILE",
    .summary = "check a receipt with nothing but the genesis file or a policy",
    .options = verify_options,
    .run = run_verify};
