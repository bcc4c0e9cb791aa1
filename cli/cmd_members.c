/* Changes of members, keys and limits: proposing, approving, and the chain of
 * epochs that an outsider verifies with the genesis file alone. */
#include "commands.h"
#include "connect.h"
#include "import.h"
#include "mem.h"
#include "outcome.h"
#include "plan_make.h"

#include "tl/case.h"
#include "tl/epoch.h"
#include "tl/memberdir.h"
#include "tl/note.h"

#include <stdio.h>
#include <string.h>

#define CHAIN_BYTES_MAX (16u << 20)

static const struct tl_opt propose_options[] = {
    TL_PLAN_OPTIONS,
    {"out", "FILE", "also keep the plan: a newcomer's node finds the others by it"},
    {"dry-run", NULL, "make the plan and propose nothing"},
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"},
    TL_OPT_END};
static const struct tl_opt options[] = {
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"}, TL_OPT_END};
static const struct tl_opt history_options[] = {
    {"out", "FILE", "keep the epoch file: what an outsider needs beside the genesis file"},
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"},
    TL_OPT_END};
static const struct tl_opt verify_options[] = {
    {"checkpoint", "FILE", "a signed note: must bear a quorum of the newest epoch's members"},
    TL_OPT_END};

static const struct tl_column epoch_columns[] = {{"epoch", "epoch", TL_COLUMN_NUMBER},
                                                 {"from", "from height", TL_COLUMN_NUMBER},
                                                 {"voters", "voters", TL_COLUMN_NUMBER},
                                                 {"quorum", "quorum", TL_COLUMN_NUMBER},
                                                 {"members", "members", TL_COLUMN_TEXT},
                                                 {"plan", "plan", TL_COLUMN_TEXT},
                                                 TL_COLUMN_END};

/* ---- epochs as rows ---- */

static struct tl_json *members_text(const struct tl_epoch *epoch)
{
    char text[TL_MEMBERS_MAX * (TL_MEMBER_ID_MAX + 16u)];
    struct tl_member member;
    size_t len = 0;

    text[0] = '\0';
    for (uint32_t i = 0; tl_genesis_member(&epoch->genesis, i, &member); i++) {
        const char *standing = (epoch->removed >> i & 1u) != 0     ? " (removed)"
                               : (epoch->suspended >> i & 1u) != 0 ? " (suspended)"
                                                                   : "";

        len += (size_t)snprintf(text + len, sizeof text - len, "%s%.*s%s", i == 0 ? "" : ", ",
                                (int)member.id.len, (const char *)member.id.ptr, standing);
    }
    return tl_json_text(tl_bytes_str(text));
}

static struct tl_json *epoch_row(const struct tl_epoch *epoch, uint64_t from)
{
    struct tl_json *row = tl_json_object();
    uint32_t silent = tl_popcount32(tl_epoch_silent(epoch));

    tl_json_set_int(row, "epoch", (int64_t)epoch->number);
    tl_json_set_int(row, "from", (int64_t)from);
    tl_json_set_int(row, "voters", epoch->genesis.members.count - silent);
    tl_json_set_int(row, "quorum", epoch->genesis.quorum);
    tl_json_set(row, "members", members_text(epoch));
    tl_json_set(row, "plan", tl_json_hex(tl_bytes(epoch->members_hash.b, TL_HASH_BYTES)));
    return row;
}

/* Walks a chain of epochs from the genesis file.  `rows` may be NULL. */
static enum tl_status walk(struct tl_epoch *epoch, struct tl_bytes file,
                           const struct tl_genesis_file *genesis, struct tl_json *rows,
                           struct tl_why *why)
{
    struct tl_epoch_chain chain;
    struct tl_epoch_link link;
    struct tl_header header;
    const char *rule = "";
    enum tl_status status = tl_record_decode(&tl_epoch_chain_record, &chain, file);

    if (status != TL_OK)
        return tl_why_set(why, status, "it is not one canonical epoch file");
    if (!tl_hash_eq(&chain.chain_id, &genesis->chain_id))
        return tl_why_set(why, TL_ERR_WRONG_CHAIN, "it is of another ledger");
    tl_epoch_first(epoch, &genesis->genesis);
    if (rows != NULL)
        tl_json_add(rows, epoch_row(epoch, 1));
    while (tl_list_next(&chain.links, &tl_epoch_link_record, &link)) {
        status = tl_epoch_step(epoch, &link, &genesis->chain_id, &rule);
        if (status != TL_OK)
            return tl_why_set(why, status, "after epoch %llu: %s",
                              (unsigned long long)epoch->number, rule);
        if (rows != NULL && tl_header_decode(&header, link.header) == TL_OK)
            tl_json_add(rows, epoch_row(epoch, header.height + 1));
    }
    return TL_OK;
}

/* ---- asking a node ---- */

/* The bytes live until the next call to the node. */
static enum tl_status ask_chain(struct tl_connection *connection, struct tl_bytes *chain)
{
    struct tl_blob blob;
    struct tl_exchange exchange = {TL_METHOD_EPOCHS, NULL, NULL, &tl_blob_record, &blob};
    enum tl_status status = tl_ask(connection->client, "ask for the epochs", &exchange);

    *chain = status == TL_OK ? blob.bytes : TL_BYTES_NONE;
    return status;
}

/* What a node says of its epochs is believed only as far as it is proven. */
static enum tl_status present_epoch(struct tl_connection *connection, struct tl_epoch *epoch,
                                    struct tl_buf *memory, struct tl_json *rows)
{
    struct tl_bytes chain;
    struct tl_why why = {""};
    enum tl_status status = ask_chain(connection, &chain);

    if (status != TL_OK)
        return status;
    memory->len = 0;
    tl_buf_put(memory, chain.ptr, chain.len);
    status = memory->full ? tl_why_set(&why, TL_ERR_LIMIT, "there are too many of them")
                          : walk(epoch, tl_buf_bytes(memory), &connection->genesis, rows, &why);
    if (status != TL_OK)
        (void)tl_fail(status, NULL, "cannot verify the epochs: %s", why.text);
    return status;
}

static enum tl_status send(struct tl_connection *connection, enum tl_type type, const void *body)
{
    uint8_t *memory = tl_mem_new(TL_ENTRY_BYTES_MAX, 1);
    struct tl_buf bytes = tl_buf(memory, TL_ENTRY_BYTES_MAX);
    struct tl_entry entry = {.type = (uint16_t)type};
    struct tl_submitted_counts counts = {0};
    struct tl_why why = {""};
    int32_t closed_on = 0;
    enum tl_status status = tl_business_date(connection->client, &closed_on, &why);

    entry.value_date = closed_on + 1;
    if (status == TL_OK && !tl_entry_encode(&bytes, &entry, body))
        status = tl_why_set(&why, TL_ERR_LIMIT, "the plan is too long for an entry");
    if (status == TL_OK)
        status = tl_submit_one(connection->client, tl_buf_bytes(&bytes), NULL, &counts, &why);
    if (status == TL_OK)
        status = tl_outcome_denied(connection->client, &counts, &why);
    if (status != TL_OK)
        (void)tl_fail(status, "see: tally members changes", "cannot %s the change: %s",
                      type == TL_ENTRY_CHANGE_PROPOSE ? "propose" : "approve", why.text);
    tl_mem_free(memory);
    return status;
}

/* ---- commands ---- */

static enum tl_status propose(struct tl_call *call, struct tl_connection *connection,
                              struct tl_buf *plan)
{
    const char *path = tl_opt_value(&call->args, "out");
    struct tl_body_propose body = {tl_buf_bytes(plan)};
    struct tl_epoch next;
    struct tl_why why = {""};
    struct tl_json *row;
    const char *rule;
    enum tl_status status = TL_OK;

    if (path != NULL && (status = tl_file_write(path, body.plan, TL_FILE_PUBLIC, &why)) != TL_OK)
        (void)tl_fail(status, NULL, "cannot write plan '%s': %s", path, why.text);
    if (status == TL_OK && !tl_opt_given(&call->args, "dry-run"))
        status = send(connection, TL_ENTRY_CHANGE_PROPOSE, &body);
    if (status == TL_OK)
        status = tl_epoch_decode(&next, body.plan, &rule);
    if (status != TL_OK)
        return status;
    row = epoch_row(&next, next.from_height);
    tl_out_one(&call->out, epoch_columns, row);
    tl_json_free(row);
    return TL_OK;
}

static int run_propose(struct tl_call *call)
{
    struct tl_connection connection;
    uint8_t *memory = tl_mem_new(CHAIN_BYTES_MAX + TL_EPOCH_PLAN_MAX, 1);
    struct tl_buf chain = tl_buf(memory, CHAIN_BYTES_MAX);
    struct tl_buf plan = tl_buf(memory + CHAIN_BYTES_MAX, TL_EPOCH_PLAN_MAX);
    struct tl_epoch now;
    struct tl_why why = {""};
    enum tl_status status = tl_cmd_words(call, 0, 0, "");

    if (status == TL_OK)
        status = tl_connect(&connection, &call->args);
    if (status == TL_OK) {
        status = present_epoch(&connection, &now, &chain, NULL);
        if (status == TL_OK && (status = tl_plan_make(&plan, &now, &call->args, &why)) != TL_OK)
            (void)tl_fail(status, NULL, "cannot make a plan: %s", why.text);
        if (status == TL_OK)
            status = propose(call, &connection, &plan);
        tl_disconnect(&connection);
    }
    tl_mem_free(memory);
    return tl_status_exit(status);
}

static int run_approve(struct tl_call *call)
{
    struct tl_connection connection;
    struct tl_body_approve body;
    enum tl_status status = tl_cmd_words(call, 1, 1, "the plan's hash");

    if (status != TL_OK)
        return tl_status_exit(status);
    if (!tl_unhex(body.plan.b, sizeof body.plan.b, call->args.word[0]))
        return tl_fail(TL_ERR_USAGE, "see: tally members changes",
                       "'%s' is not a plan's hash: 64 hex digits", call->args.word[0]);
    status = tl_connect(&connection, &call->args);
    if (status == TL_OK) {
        status = send(&connection, TL_ENTRY_CHANGE_APPROVE, &body);
        tl_disconnect(&connection);
    }
    return tl_status_exit(status);
}

static void add_motion(struct tl_json *rows, const struct tl_pair *pair)
{
    struct tl_motion motion;
    struct tl_epoch epoch;
    struct tl_json *row;
    const char *why;

    if (tl_record_decode(&tl_motion_record, &motion, pair->value) != TL_OK ||
        tl_epoch_decode(&epoch, motion.plan, &why) != TL_OK)
        return;
    row = epoch_row(&epoch, epoch.from_height);
    tl_json_set_int(row, "approvals", tl_popcount32(motion.approvals));
    tl_json_add(rows, row);
}

static int run_changes(struct tl_call *call)
{
    static const struct tl_column columns[] = {{"epoch", "epoch", TL_COLUMN_NUMBER},
                                               {"from", "from height", TL_COLUMN_NUMBER},
                                               {"approvals", "approvals", TL_COLUMN_NUMBER},
                                               {"quorum", "quorum", TL_COLUMN_NUMBER},
                                               {"members", "members", TL_COLUMN_TEXT},
                                               {"plan", "plan", TL_COLUMN_TEXT},
                                               TL_COLUMN_END};
    struct tl_connection connection;
    struct tl_pair_list list;
    struct tl_exchange exchange = {TL_METHOD_MOTIONS, NULL, NULL, &tl_pair_list_record, &list};
    struct tl_pair pair;
    enum tl_status status = tl_cmd_words(call, 0, 0, "");

    if (status == TL_OK)
        status = tl_connect(&connection, &call->args);
    if (status != TL_OK)
        return tl_status_exit(status);
    status = tl_ask(connection.client, "ask for open changes", &exchange);
    if (status == TL_OK) {
        struct tl_json *rows = tl_json_array();

        while (tl_list_next(&list.pairs, &tl_pair_record, &pair))
            add_motion(rows, &pair);
        tl_out_rows(&call->out, columns, rows);
        tl_json_free(rows);
    }
    tl_disconnect(&connection);
    return tl_status_exit(status);
}

static int run_history(struct tl_call *call)
{
    const char *path = tl_opt_value(&call->args, "out");
    struct tl_connection connection;
    uint8_t *memory = tl_mem_new(CHAIN_BYTES_MAX, 1);
    struct tl_buf chain = tl_buf(memory, CHAIN_BYTES_MAX);
    struct tl_json *rows = tl_json_array();
    struct tl_epoch epoch;
    struct tl_why why = {""};
    enum tl_status status = tl_cmd_words(call, 0, 0, "");

    if (status == TL_OK)
        status = tl_connect(&connection, &call->args);
    if (status == TL_OK) {
        status = present_epoch(&connection, &epoch, &chain, rows);
        if (status == TL_OK && path != NULL &&
            (status = tl_file_write(path, tl_buf_bytes(&chain), TL_FILE_PUBLIC, &why)) != TL_OK)
            (void)tl_fail(status, NULL, "cannot write epoch file '%s': %s", path, why.text);
        if (status == TL_OK)
            tl_out_rows(&call->out, epoch_columns, rows);
        tl_disconnect(&connection);
    }
    tl_json_free(rows);
    tl_mem_free(memory);
    return tl_status_exit(status);
}

/* ---- offline ---- */

/* How many members that vote signed the note as the log. */
static uint32_t signers_of(const struct tl_note *note, const struct tl_epoch *epoch)
{
    struct tl_member member;
    uint32_t signers = 0;

    for (uint32_t i = 0; tl_genesis_member(&epoch->genesis, i, &member); i++) {
        struct tl_note_key key;
        uint64_t time_s;

        if ((tl_epoch_silent(epoch) >> i & 1u) == 0 &&
            tl_note_key_set(&key, epoch->genesis.name, TL_NOTE_ED25519, &member.log_key) == TL_OK &&
            tl_note_verify(note, &key, &time_s) == TL_OK)
            signers++;
    }
    return signers;
}

static enum tl_status check_note(const char *path, const struct tl_epoch *epoch)
{
    struct tl_file_bytes file = {0};
    struct tl_why why = {""};
    struct tl_note note = {.text = TL_BYTES_NONE};
    uint32_t signers = 0;
    enum tl_status status = tl_file_read(path, 1u << 20, &file, &why);

    if (status == TL_OK)
        status = tl_note_parse(&note, tl_bytes(file.text, file.len));
    if (status == TL_OK) {
        signers = signers_of(&note, epoch);
        if (signers < epoch->genesis.quorum)
            status = tl_why_set(&why, TL_ERR_SIGNATURE,
                                "%u members of epoch %llu signed it where %u are needed", signers,
                                (unsigned long long)epoch->number, epoch->genesis.quorum);
    }
    if (status != TL_OK)
        (void)tl_fail(status, NULL, "checkpoint '%s' does not hold: %s", path,
                      why.text[0] != '\0' ? why.text : tl_status_text(status));
    else
        tl_note("checkpoint '%s' is signed by %u members of epoch %llu", path, signers,
                (unsigned long long)epoch->number);
    tl_file_bytes_free(&file);
    return status;
}

static int run_verify(struct tl_call *call)
{
    const char *note = tl_opt_value(&call->args, "checkpoint");
    struct tl_genesis_file genesis;
    struct tl_file_bytes file = {0};
    struct tl_json *rows = tl_json_array();
    struct tl_epoch epoch = {.number = 0};
    struct tl_why why = {""};
    enum tl_status status = tl_cmd_words(call, 1, 1, "the epoch file");

    if (status == TL_OK)
        status = tl_genesis_file_load(&genesis, tl_opt_value(&call->args, "genesis"));
    if (status == TL_OK) {
        status = tl_file_read(call->args.word[0], CHAIN_BYTES_MAX, &file, &why);
        if (status == TL_OK)
            status = walk(&epoch, tl_bytes(file.text, file.len), &genesis, rows, &why);
        if (status != TL_OK)
            (void)tl_fail(status, NULL, "epoch file '%s' does not hold: %s", call->args.word[0],
                          why.text);
        if (status == TL_OK && note != NULL)
            status = check_note(note, &epoch);
        if (status == TL_OK)
            tl_out_rows(&call->out, epoch_columns, rows);
        tl_file_bytes_free(&file);
        tl_genesis_file_free(&genesis);
    }
    tl_json_free(rows);
    return tl_status_exit(status);
}

const struct tl_cmd tl_cmd_members_propose = {
    .name = "members propose",
    .usage = "[--add MEMBER] [--replace MEMBER] [--remove ID] [options]",
    .summary = "propose a change of members, keys or limits",
    .more = "Everything given is one change: the plan of the next epoch.  It is in force when\n"
            "as many members as the quorum have approved it by its hash.  To propose is to\n"
            "approve.  A newcomer starts its node with the plan as \"peers\" in tallyd.conf.",
    .options = propose_options,
    .run = run_propose};
const struct tl_cmd tl_cmd_members_approve = {.name = "members approve",
                                              .usage = "PLAN",
                                              .summary = "approve a change that is proposed",
                                              .options = options,
                                              .run = run_approve};
const struct tl_cmd tl_cmd_members_changes = {.name = "members changes",
                                              .usage = "",
                                              .summary = "print changes that are proposed",
                                              .options = options,
                                              .run = run_changes};
const struct tl_cmd tl_cmd_members_history = {
    .name = "members history",
    .usage = "[--out FILE]",
    .summary = "print the epochs, each proven by the one before it",
    .options = history_options,
    .run = run_history};
const struct tl_cmd tl_cmd_members_verify = {
    .name = "members verify",
    .usage = "FILE [--checkpoint NOTE]",
    .summary = "verify an epoch file, and a checkpoint by it, with the genesis file alone",
    .options = verify_options,
    .run = run_verify};
