/* The log as static files: whoever serves them needs no node and no program. */
#include "commands.h"
#include "connect.h"
#include "fetch.h"
#include "mem.h"

#include "tl/memberdir.h"
#include "tl/store_mem.h"
#include "tl/store_rocksdb.h"
#include "tl/tiles.h"
#include "tl/tlog_policy.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define COSIGN_TRIES 50u /* of 100 ms: members cosign soon after finality, not at once */

static const struct tl_opt options[] = {
    {"checkpoint", "FILE", "publish this signed checkpoint (default: the node's)"},
    {"dir", "DIR", "read a stopped node's directory; needs --checkpoint"},
    {"memory", "MIB", "room for the ledger while it is put together (default: 2048)"},
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"},
    TL_OPT_END};

struct tiles {
    const char *out;
    struct tl_genesis_file *genesis;
    struct tl_tlog_policy policy;
    struct tl_buf policy_text;
    uint8_t note_bytes[TL_NOTE_BYTES_MAX];
    struct tl_bytes note;
    struct tl_checkpoint checkpoint;
    uint64_t files;
};

/* ---- what is published ---- */

static enum tl_status make_policy(struct tiles *t, struct tl_why *why)
{
    uint32_t line;
    const char *reason = "";
    enum tl_status status;

    t->policy_text = tl_buf(tl_mem_new(TL_TLOG_POLICY_MAX, 1), TL_TLOG_POLICY_MAX);
    tl_tlog_policy_write(&t->policy_text, &t->genesis->genesis);
    status = tl_tlog_policy_parse(&t->policy, tl_buf_bytes(&t->policy_text), &line, &reason);
    return status == TL_OK ? TL_OK : tl_why_set(why, status, "the policy: %s", reason);
}

/* Holds the note to the consortium's own policy before anything is written. */
static enum tl_status adopt_note(struct tiles *t, struct tl_bytes note, struct tl_why *why)
{
    struct tl_tlog_verdict verdict;
    enum tl_status status = TL_ERR_RANGE;

    if (note.len <= sizeof t->note_bytes) {
        memcpy(t->note_bytes, note.ptr, note.len);
        t->note = tl_bytes(t->note_bytes, note.len);
        status = tl_tlog_policy_check(&t->policy, t->note, &verdict);
    }
    if (status != TL_OK)
        return tl_why_set(why, status, "the checkpoint is not cosigned by a quorum of this ledger");
    t->checkpoint = verdict.checkpoint;
    return TL_OK;
}

static enum tl_status note_from_file(struct tiles *t, const char *path, struct tl_why *why)
{
    struct tl_file_bytes bytes;
    enum tl_status status = tl_file_read(path, TL_NOTE_BYTES_MAX, &bytes, why);

    if (status != TL_OK)
        return status;
    status = adopt_note(t, tl_bytes(bytes.text, bytes.len), why);
    tl_file_bytes_free(&bytes);
    return status;
}

static enum tl_status note_from_node(struct tiles *t, struct tl_client *client, struct tl_why *why)
{
    const struct timespec pause = {.tv_nsec = 100000000};
    struct tl_blob blob;
    struct tl_exchange exchange = {TL_METHOD_CHECKPOINT, NULL, NULL, &tl_blob_record, &blob};
    enum tl_status status = TL_ERR_CERTIFICATE;

    for (uint32_t i = 0; i < COSIGN_TRIES && status == TL_ERR_CERTIFICATE; i++) {
        if (i > 0)
            (void)nanosleep(&pause, NULL);
        status = tl_client_call(client, &exchange, why);
        if (status == TL_OK)
            status = adopt_note(t, blob.bytes, why);
    }
    return status;
}

/* ---- writing ---- */

static enum tl_status write_bytes(const char *path, struct tl_bytes bytes, struct tl_why *why)
{
    FILE *file = fopen(path, "wb");
    bool good;

    if (file == NULL)
        return tl_why_set(why, TL_ERR_IO, "cannot create '%s': %s", path, strerror(errno));
    good = fwrite(bytes.ptr, 1, bytes.len, file) == bytes.len;
    if (fclose(file) != 0 || !good)
        return tl_why_set(why, TL_ERR_IO, "cannot write '%s': %s", path, strerror(errno));
    return TL_OK;
}

/* A tile's path below `out`, its directory made. */
static enum tl_status place(struct tiles *t, const struct tl_tile *tile, char path[TL_PATH_MAX],
                            struct tl_why *why)
{
    char name[TL_TILE_PATH_MAX];
    char *slash;
    enum tl_status status;

    tl_tile_path(name, tile);
    if (!tl_path_join(path, TL_PATH_MAX, t->out, name))
        return tl_why_set(why, TL_ERR_LIMIT, "the path is too long");
    slash = strrchr(path, '/');
    *slash = '\0';
    status = tl_dir_make(path, TL_FILE_PUBLIC, why);
    *slash = '/';
    return status;
}

/* The log the leaves make must be the one that was signed. */
static bool count_leaves(struct tl_frontier *log, struct tl_bytes bundle)
{
    struct tl_bytes leaf;

    while (tl_bundle_next(&bundle, &leaf)) {
        struct tl_hash hash;

        tl_merkle_leaf(&hash, leaf);
        tl_frontier_add(log, &hash);
    }
    return bundle.len == 0;
}

static enum tl_status write_tile(struct tiles *t, struct tl_chain *chain,
                                 const struct tl_tile *tile, struct tl_buf *room,
                                 struct tl_frontier *log, struct tl_why *why)
{
    char path[TL_PATH_MAX];
    enum tl_status status = tl_tile_read(tl_chain_state(chain), tile, room);

    if (status == TL_OK && tile->level == TL_TILE_ENTRIES && !count_leaves(log, tl_buf_bytes(room)))
        status = TL_ERR_CORRUPT;
    if (status != TL_OK)
        return tl_why_set(why, status, "the ledger is shorter than its checkpoint, or damaged: %s",
                          tl_status_text(status));
    status = place(t, tile, path, why);
    if (status == TL_OK)
        status = write_bytes(path, tl_buf_bytes(room), why);
    room->len = 0;
    t->files++;
    return status;
}

static enum tl_status write_tiles(struct tiles *t, struct tl_chain *chain, struct tl_why *why)
{
    struct tl_tile_walk walk = {.size = t->checkpoint.size};
    struct tl_buf room = tl_buf(tl_mem_new(TL_BUNDLE_BYTES_MAX, 1), TL_BUNDLE_BYTES_MAX);
    struct tl_frontier log;
    struct tl_tile tile;
    struct tl_hash root;
    enum tl_status status = TL_OK;

    tl_frontier_init(&log);
    while (status == TL_OK && tl_tile_next(&walk, &tile))
        status = write_tile(t, chain, &tile, &room, &log, why);
    tl_mem_free(room.ptr);
    tl_frontier_root(&log, &root);
    if (status == TL_OK && !tl_hash_eq(&root, &t->checkpoint.root))
        return tl_why_set(why, TL_ERR_PROOF, "the checkpoint is of another log than this ledger's");
    return status;
}

static enum tl_status write_named(struct tiles *t, const char *name, struct tl_bytes bytes,
                                  struct tl_why *why)
{
    char path[TL_PATH_MAX];

    if (!tl_path_join(path, sizeof path, t->out, name))
        return tl_why_set(why, TL_ERR_LIMIT, "the path is too long");
    return tl_file_write(path, bytes, TL_FILE_PUBLIC, why);
}

/* The checkpoint comes last: whoever reads it finds the tiles it speaks of. */
static enum tl_status publish(struct tiles *t, struct tl_chain *chain, struct tl_why *why)
{
    const struct tl_file_bytes *genesis = &t->genesis->bytes;
    enum tl_status status = tl_dir_make(t->out, TL_FILE_PUBLIC, why);

    if (status == TL_OK)
        status = write_tiles(t, chain, why);
    if (status == TL_OK)
        status = write_named(t, "genesis.tally", tl_bytes(genesis->text, genesis->len), why);
    if (status == TL_OK)
        status = write_named(t, "policy", tl_buf_bytes(&t->policy_text), why);
    return status == TL_OK ? write_named(t, "checkpoint", t->note, why) : status;
}

/* ---- where the ledger comes from ---- */

static enum tl_status publish_replica(struct tiles *t, struct tl_store *store,
                                      struct tl_client *client, struct tl_why *why)
{
    struct tl_replica replica = {0};
    enum tl_status status = tl_replica_open(&replica, t->genesis, store, why);

    if (status == TL_OK && client != NULL)
        status = tl_fetch_all(&replica, client, why);
    if (status == TL_OK)
        status = publish(t, replica.chain, why);
    tl_replica_close(&replica);
    return status;
}

static enum tl_status from_node(struct tl_call *call, struct tiles *t, size_t memory_bytes,
                                struct tl_why *why)
{
    const char *file = tl_opt_value(&call->args, "checkpoint");
    struct tl_connection connection;
    void *memory;
    enum tl_status status = tl_connect(&connection, &call->args);

    if (status != TL_OK)
        return status;
    t->genesis = &connection.genesis;
    memory = tl_mem_new(memory_bytes, 1);
    status = make_policy(t, why);
    if (status == TL_OK)
        status =
            file != NULL ? note_from_file(t, file, why) : note_from_node(t, connection.client, why);
    if (status == TL_OK)
        status =
            publish_replica(t, tl_store_mem_init(memory, memory_bytes), connection.client, why);
    tl_mem_free(memory);
    tl_disconnect(&connection);
    return status;
}

static enum tl_status from_dir(struct tiles *t, const char *dir, const char *file,
                               struct tl_why *why)
{
    char name[TL_PATH_MAX];
    struct tl_genesis_file genesis;
    struct tl_store *store = NULL;
    enum tl_status status;

    if (file == NULL)
        return tl_why_set(why, TL_ERR_USAGE,
                          "a stopped node signs no checkpoint: give --checkpoint");
    if (!tl_memberdir_path(name, sizeof name, dir, TL_MEMBERDIR_GENESIS))
        return tl_why_set(why, TL_ERR_LIMIT, "the path is too long");
    status = tl_genesis_file_load(&genesis, name);
    if (status != TL_OK)
        return status;
    t->genesis = &genesis;
    status = make_policy(t, why);
    if (status == TL_OK)
        status = note_from_file(t, file, why);
    if (status == TL_OK && !tl_memberdir_path(name, sizeof name, dir, TL_MEMBERDIR_DATA))
        status = tl_why_set(why, TL_ERR_LIMIT, "the path is too long");
    if (status == TL_OK)
        status = tl_store_rocksdb_open(&store, name, TL_STORE_READ_ONLY, why);
    if (status == TL_OK)
        status = publish_replica(t, store, NULL, why);
    tl_store_rocksdb_close(store);
    tl_genesis_file_free(&genesis);
    return status;
}

/* ---- the command ---- */

static void show(const struct tl_call *call, const struct tiles *t)
{
    static const struct tl_column columns[] = {{"dir", "directory", TL_COLUMN_TEXT},
                                               {"leaves", "leaves", TL_COLUMN_NUMBER},
                                               {"tiles", "tiles", TL_COLUMN_NUMBER},
                                               TL_COLUMN_END};
    struct tl_json *row = tl_json_object();

    tl_json_set_str(row, "dir", t->out);
    tl_json_set_int(row, "leaves", (int64_t)t->checkpoint.size);
    tl_json_set_int(row, "tiles", (int64_t)t->files);
    tl_out_one(&call->out, columns, row);
    tl_json_free(row);
}

static int run(struct tl_call *call)
{
    const char *dir = tl_opt_value(&call->args, "dir");
    struct tiles *t = tl_mem_new(1, sizeof *t);
    struct tl_why why = {""};
    int64_t memory_mib = 2048;
    enum tl_status status = tl_cmd_words(call, 1, 1, "the directory to write");
    int code;

    if (status == TL_OK)
        status = tl_opt_number(&call->args, "memory", 2048, &memory_mib);
    if (status == TL_OK) {
        t->out = call->args.word[0];
        status = dir != NULL
                     ? from_dir(t, dir, tl_opt_value(&call->args, "checkpoint"), &why)
                     : from_node(call, t, (size_t)(memory_mib > 0 ? memory_mib : 2048) << 20, &why);
    }
    code = tl_status_exit(status);
    if (status == TL_OK)
        show(call, t);
    else if (why.text[0] != '\0')
        code = tl_fail(
            status, status == TL_ERR_CERTIFICATE ? "ask another member's node: --to MEMBER" : NULL,
            "cannot write tiles to '%s': %s", t->out, why.text);
    tl_mem_free(t->policy_text.ptr);
    tl_mem_free(t);
    return code;
}

const struct tl_cmd tl_cmd_tiles = {
    .name = "tiles",
    .usage = "DIR",
    .summary = "write the log as static files any web server can serve",
    .more =
        "DIR gets checkpoint, tile/ and policy in the formats of C2SP (tlog-tiles, tlog-policy),\n"
        "and the genesis file; tools of others verify them. Run it again to bring DIR up to date:\n"
        "full tiles never change.",
    .options = options,
    .run = run};
