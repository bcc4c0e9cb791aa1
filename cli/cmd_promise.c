/* Inclusion promises: what one says, whether it was kept, and proof when not. */
#include "breach.h"
#include "commands.h"
#include "connect.h"
#include "mem.h"
#include "show.h"

#include <inttypes.h>
#include <string.h>

static const struct tl_opt breach_options[] = {
    {"out", "FILE", "where to write the proof (default: PROMISE.breach)"},
    {"to", "MEMBER", "the member whose node is asked: not the one who promised"},
    TL_OPT_END};

static const struct tl_column columns[] = {{"verdict", "verdict", TL_COLUMN_TEXT},
                                           {"member", "promised by", TL_COLUMN_TEXT},
                                           {"author", "author", TL_COLUMN_TEXT},
                                           {"sequence", "sequence", TL_COLUMN_NUMBER},
                                           {"envelope", "envelope", TL_COLUMN_TEXT},
                                           {"made_ms", "made at (Unix ms)", TL_COLUMN_NUMBER},
                                           {"by_ms", "due at (Unix ms)", TL_COLUMN_NUMBER},
                                           {"blocks", "and blocks", TL_COLUMN_NUMBER},
                                           {"recorded", "author's last", TL_COLUMN_NUMBER},
                                           {"late_height", "late block", TL_COLUMN_NUMBER},
                                           {"height", "absent at height", TL_COLUMN_NUMBER},
                                           {"block", "block", TL_COLUMN_TEXT},
                                           {"file", "file", TL_COLUMN_TEXT},
                                           TL_COLUMN_END};

static struct tl_json *promise_json(const struct tl_genesis *genesis,
                                    const struct tl_inclusion_promise *promise, uint32_t member)
{
    struct tl_json *row = tl_json_object();
    struct tl_author author;

    tl_json_set(row, "member", tl_show_member(genesis, member));
    if (tl_genesis_author(genesis, &promise->author, &author))
        tl_json_set(row, "author", tl_show_member(genesis, author.member));
    tl_json_set(row, "author_key", tl_json_hex(tl_bytes(promise->author.b, TL_PUBKEY_BYTES)));
    tl_json_set_int(row, "sequence", (int64_t)promise->sequence);
    tl_json_set(row, "envelope", tl_json_hex(tl_bytes(promise->envelope.b, TL_HASH_BYTES)));
    tl_json_set_int(row, "made_ms", (int64_t)promise->made_ms);
    tl_json_set_int(row, "by_ms", (int64_t)promise->by_ms);
    tl_json_set_int(row, "blocks", (int64_t)promise->blocks);
    return row;
}

static struct tl_json *breach_json(const struct tl_genesis *genesis,
                                   const struct tl_breach_facts *facts)
{
    struct tl_json *row = promise_json(genesis, &facts->promise, facts->member);

    tl_json_set_int(row, "recorded", (int64_t)facts->recorded);
    tl_json_set_int(row, "late_height", (int64_t)facts->late.height);
    tl_json_set_int(row, "late_ms", (int64_t)facts->late.time_ms);
    tl_json_set_int(row, "height", (int64_t)facts->header.height);
    tl_json_set(row, "block", tl_json_hex(tl_bytes(facts->header_hash.b, TL_HASH_BYTES)));
    tl_json_set_str(row, "verdict", "broken");
    return row;
}

static void show(const struct tl_call *call, struct tl_json *row, const char *file)
{
    tl_json_set_str(row, "file", file);
    tl_out_one(&call->out, columns, row);
    tl_json_free(row);
}

/* ---- offline ---- */

/* A promise is short and a breach is not: which it is shows in its own bytes. */
static enum tl_status verify(const struct tl_call *call, const struct tl_genesis_file *genesis,
                             struct tl_bytes bytes, const char *file)
{
    struct tl_inclusion_promise promise;
    struct tl_breach_facts facts;
    const char *why = "";
    uint32_t member;
    enum tl_status status =
        tl_promise_verify(&promise, &member, bytes, &genesis->genesis, &genesis->chain_id, &why);

    if (status == TL_OK) {
        struct tl_json *row = promise_json(&genesis->genesis, &promise, member);

        tl_json_set_str(row, "verdict", "valid");
        show(call, row, file);
        return TL_OK;
    }
    if (status == TL_ERR_ENCODING) {
        status = tl_breach_verify(&facts, bytes, &genesis->genesis, &genesis->chain_id, &why);
        if (status == TL_OK)
            show(call, breach_json(&genesis->genesis, &facts), file);
    }
    if (status != TL_OK)
        (void)tl_fail(status, NULL, "promise '%s' is not valid: %s", file, why);
    return status;
}

static int run_verify(struct tl_call *call)
{
    struct tl_genesis_file genesis;
    struct tl_file_bytes bytes;
    struct tl_why why = {""};
    enum tl_status status = tl_cmd_words(call, 1, 1, "the file of a promise or of its breach");

    if (status == TL_OK)
        status = tl_genesis_file_load(&genesis, tl_opt_value(&call->args, "genesis"));
    if (status != TL_OK)
        return tl_status_exit(status);
    status = tl_file_read(call->args.word[0], TL_BREACH_BYTES_MAX, &bytes, &why);
    if (status != TL_OK) {
        (void)tl_fail(status, NULL, "cannot read promise '%s': %s", call->args.word[0], why.text);
    } else {
        status = verify(call, &genesis, tl_bytes(bytes.text, bytes.len), call->args.word[0]);
        tl_file_bytes_free(&bytes);
    }
    tl_genesis_file_free(&genesis);
    return tl_status_exit(status);
}

/* ---- against a node ---- */

static enum tl_status say_unbroken(enum tl_promise_state state, const char *file)
{
    switch (state) {
    case TL_PROMISE_KEPT:
        (void)tl_fail(TL_ERR_NOT_FOUND, NULL, "no breach of '%s': the promise was kept", file);
        return TL_ERR_NOT_FOUND;
    case TL_PROMISE_WAITING:
        (void)tl_fail(TL_ERR_NOT_FOUND, "look at the promise for that one",
                      "no breach of '%s': an envelope before it is missing", file);
        return TL_ERR_NOT_FOUND;
    case TL_PROMISE_OPEN:
        (void)tl_fail(TL_ERR_EARLY, "the ledger must go on for its blocks after the deadline",
                      "no breach of '%s' yet: its deadline has not passed", file);
        return TL_ERR_EARLY;
    case TL_PROMISE_BROKEN:
        break;
    }
    return TL_OK;
}

static enum tl_status save(const struct tl_call *call, const struct tl_genesis_file *genesis,
                           struct tl_bytes proof, const char *file)
{
    const char *out = tl_opt_value(&call->args, "out");
    char path[TL_PATH_MAX];
    struct tl_breach_facts facts;
    struct tl_why why = {""};
    const char *reason = "";
    enum tl_status status;

    (void)snprintf(path, sizeof path, "%s.breach", file);
    out = out != NULL ? out : path;
    status = tl_breach_verify(&facts, proof, &genesis->genesis, &genesis->chain_id, &reason);
    if (status == TL_OK)
        status = tl_file_write(out, proof, TL_FILE_PUBLIC, &why);
    if (status == TL_OK)
        show(call, breach_json(&genesis->genesis, &facts), out);
    else
        (void)tl_fail(status, NULL, "cannot write proof '%s': %s", out,
                      why.text[0] != '\0' ? why.text : reason);
    return status;
}

static enum tl_status breach(const struct tl_call *call, struct tl_connection *connection,
                             const char *file)
{
    struct tl_buf out = tl_buf(tl_mem_new(TL_BREACH_BYTES_MAX, 1), TL_BREACH_BYTES_MAX);
    enum tl_promise_state state = TL_PROMISE_OPEN;
    struct tl_file_bytes bytes = {0};
    struct tl_why why = {""};
    enum tl_status status = tl_file_read(file, TL_PROMISE_BYTES_MAX, &bytes, &why);

    if (status == TL_OK)
        status = tl_breach_fetch(connection->client, tl_bytes(bytes.text, bytes.len), &out, &state,
                                 &why);
    if (status != TL_OK)
        (void)tl_fail(status, NULL, "cannot look into promise '%s': %s", file, why.text);
    else
        status = state == TL_PROMISE_BROKEN
                     ? save(call, &connection->genesis, tl_buf_bytes(&out), file)
                     : say_unbroken(state, file);
    tl_file_bytes_free(&bytes);
    tl_mem_free(out.ptr);
    return status;
}

static int run_breach(struct tl_call *call)
{
    struct tl_connection connection;
    enum tl_status status = tl_cmd_words(call, 1, 1, "the promise's file");

    if (status == TL_OK)
        status = tl_connect(&connection, &call->args);
    if (status != TL_OK)
        return tl_status_exit(status);
    status = breach(call, &connection, call->args.word[0]);
    tl_disconnect(&connection);
    return tl_status_exit(status);
}

const struct tl_cmd tl_cmd_promise_verify = {
    .name = "promise verify",
    .usage = "FILE --genesis FILE",
    .summary = "check an inclusion promise, or the proof that one was broken",
    .more = "`tally submit --promises DIR` and `tally import --promises DIR` keep promises.  A\n"
            "member promises that an envelope is final before a moment and a number of blocks\n"
            "after it.",
    .run = run_verify};

const struct tl_cmd tl_cmd_promise_breach = {
    .name = "promise breach",
    .usage = "FILE [--out PROOF] [--to MEMBER]",
    .summary = "prove that an inclusion promise was broken",
    .more =
        "Asks a node for the author's sequence after the deadline, with proof.  PROOF verifies\n"
        "with nothing but the genesis file: tally promise verify PROOF.  Ends with 3 when the\n"
        "promise was kept and with 12 when it is not due yet.",
    .options = breach_options,
    .run = run_breach};
