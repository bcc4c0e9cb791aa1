/* Writing a ledger as files: tiles, and all that makes an archive of them. */
#include "publish.h"

#include "connect.h"
#include "fetch.h"
#include "mem.h"
#include "verify_source.h"

#include "tl/check.h"
#include "tl/export.h"
#include "tl/hash.h"
#include "tl/memberdir.h"
#include "tl/store_mem.h"
#include "tl/store_rocksdb.h"
#include "tl/tiles.h"
#include "tl/tlog_policy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define COSIGN_TRIES 50u /* of 100 ms: members cosign soon after finality, not at once */

#define README                                                                                     \
    "This is a whole ledger: \"%.*s\".\n"                                                          \
    "\n"                                                                                           \
    "chain id    %s\n"                                                                             \
    "leaves      %" PRIu64 "\n"                                                                    \
    "members     %u, of which %u must sign each block\n"                                           \
    "\n"                                                                                           \
    "Nothing here needs the organisations that wrote it, or their programs, to be there.\n"        \
    "\n"                                                                                           \
    "  genesis.tally   who the members are, with their keys; the chain id is its hash\n"           \
    "  ledger.export   every block with its signatures, and every decision of the rules\n"         \
    "  checkpoint      size and root of the log, signed by the members (C2SP tlog-checkpoint)\n"   \
    "  policy          whose signatures make a checkpoint worth believing (C2SP tlog-policy)\n"    \
    "  tile/           the log itself, 256 leaves or hashes to a file (C2SP tlog-tiles)\n"         \
    "  tally-verify.c, tally-verify-tiles.c\n"                                                     \
    "                  two programs, a file of C each, that check all of it but the rules\n"       \
    "  SHA256SUMS      a hash of every file above\n"                                               \
    "\n"                                                                                           \
    "First learn the chain id from somebody you trust and who did not give you this\n"             \
    "archive. If it is another one, stop. Then, on any computer with a C compiler and\n"           \
    "libsodium:\n"                                                                                 \
    "\n"                                                                                           \
    "  sha256sum -c SHA256SUMS\n"                                                                  \
    "  cc -O2 -o tally-verify tally-verify.c -lsodium\n"                                           \
    "  cc -O2 -o tally-verify-tiles tally-verify-tiles.c -lsodium\n"                               \
    "  ./tally-verify export ledger.export --genesis genesis.tally\n"                              \
    "  ./tally-verify checkpoint checkpoint --policy policy --strict\n"                            \
    "  ./tally-verify-tiles .\n"                                                                   \
    "\n"                                                                                           \
    "The sums find damage, not forgery; forgery is found by the three last commands, which\n"      \
    "verify every signature and the log. With Tallystick itself, `tally audit` on this\n"          \
    "directory also executes every entry again and compares every decision with what the\n"        \
    "rules give. Tools of others that know the C2SP formats read checkpoint, policy and\n"         \
    "tile/ as they are.\n"

struct publication {
    const struct tl_publish_plan *plan;
    const struct tl_call *call;
    struct tl_genesis_file *genesis;
    struct tl_tlog_policy policy;
    struct tl_buf policy_text;
    uint8_t note_bytes[TL_NOTE_BYTES_MAX];
    struct tl_bytes note;
    struct tl_checkpoint checkpoint;
    uint64_t tiles;
    uint64_t files;
    uint8_t *sums_memory;
    size_t sums_cap;
    struct tl_buf sums; /* SHA256SUMS so far */
};

/* ---- what is published ---- */

static enum tl_status make_policy(struct publication *t, struct tl_why *why)
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
static enum tl_status adopt_note(struct publication *t, struct tl_bytes note, struct tl_why *why)
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

static enum tl_status note_from_file(struct publication *t, const char *path, struct tl_why *why)
{
    struct tl_file_bytes bytes;
    enum tl_status status = tl_file_read(path, TL_NOTE_BYTES_MAX, &bytes, why);

    if (status != TL_OK)
        return status;
    status = adopt_note(t, tl_bytes(bytes.text, bytes.len), why);
    tl_file_bytes_free(&bytes);
    return status;
}

static enum tl_status note_from_node(struct publication *t, struct tl_client *client,
                                     struct tl_why *why)
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

/* "<64 hex digits>  <name>\n", as sha256sum writes it. */
static void put_sum(struct publication *t, const char *name, const struct tl_hash *sum)
{
    char hex[2u * TL_HASH_BYTES + 1u];
    size_t need = t->sums.len + sizeof hex + strlen(name) + 3;

    t->sums_memory = tl_mem_grow(t->sums_memory, &t->sums_cap, need, 1);
    t->sums.ptr = t->sums_memory;
    t->sums.cap = t->sums_cap;
    tl_hex(hex, tl_bytes(sum->b, sizeof sum->b));
    tl_buf_put(&t->sums, hex, strlen(hex));
    tl_buf_put(&t->sums, "  ", 2);
    tl_buf_put(&t->sums, name, strlen(name));
    tl_buf_put(&t->sums, "\n", 1);
    t->files++;
}

static void add_sum(struct publication *t, const char *name, struct tl_bytes bytes)
{
    struct tl_hash sum;

    tl_hash_plain(&sum, bytes);
    put_sum(t, name, &sum);
}

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
static enum tl_status place(struct publication *t, const struct tl_tile *tile,
                            char path[TL_PATH_MAX], struct tl_why *why)
{
    char name[TL_TILE_PATH_MAX];
    char *slash;
    enum tl_status status;

    tl_tile_path(name, tile);
    if (!tl_path_join(path, TL_PATH_MAX, t->plan->out, name))
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

static enum tl_status write_tile(struct publication *t, struct tl_chain *chain,
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
    if (status == TL_OK)
        add_sum(t, path + strlen(t->plan->out) + 1, tl_buf_bytes(room));
    room->len = 0;
    t->tiles++;
    return status;
}

static enum tl_status write_tiles(struct publication *t, struct tl_chain *chain, struct tl_why *why)
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

static enum tl_status write_named(struct publication *t, const char *name, struct tl_bytes bytes,
                                  struct tl_why *why)
{
    char path[TL_PATH_MAX];

    if (!tl_path_join(path, sizeof path, t->plan->out, name))
        return tl_why_set(why, TL_ERR_LIMIT, "the path is too long");
    add_sum(t, name, bytes);
    return tl_file_write(path, bytes, TL_FILE_PUBLIC, why);
}

static enum tl_status write_sums(struct publication *t, struct tl_why *why)
{
    char path[TL_PATH_MAX];

    if (!tl_path_join(path, sizeof path, t->plan->out, TL_PUBLISHED_SUMS))
        return tl_why_set(why, TL_ERR_LIMIT, "the path is too long");
    return tl_file_write(path, tl_buf_bytes(&t->sums), TL_FILE_PUBLIC, why);
}

/* ---- what makes it an archive ---- */

struct export_file {
    FILE *file;
    struct tl_hasher sum;
};

static enum tl_status write_piece(void *host, struct tl_bytes bytes)
{
    struct export_file *out = host;

    tl_hasher_put(&out->sum, bytes);
    return fwrite(bytes.ptr, 1, bytes.len, out->file) == bytes.len ? TL_OK : TL_ERR_IO;
}

static enum tl_status write_export(struct publication *t, struct tl_chain *chain,
                                   struct tl_why *why)
{
    const struct tl_file_bytes *genesis = &t->genesis->bytes;
    struct tl_buf scratch = tl_buf(tl_mem_new(TL_EXPORT_FRAME_MAX, 1), TL_EXPORT_FRAME_MAX);
    struct export_file out;
    struct tl_export_sink sink = {write_piece, &out};
    char path[TL_PATH_MAX];
    struct tl_hash sum;
    enum tl_status status = TL_ERR_IO;

    tl_hasher_init(&out.sum);
    out.file = tl_path_join(path, sizeof path, t->plan->out, TL_PUBLISHED_EXPORT)
                   ? fopen(path, "wb")
                   : NULL;
    if (out.file != NULL) {
        status = tl_export_write(chain, tl_bytes(genesis->text, genesis->len), &sink, &scratch);
        if (fclose(out.file) != 0 && status == TL_OK)
            status = TL_ERR_IO;
    }
    tl_mem_free(scratch.ptr);
    if (status != TL_OK)
        return tl_why_set(why, status, "cannot write '%s': %s", TL_PUBLISHED_EXPORT,
                          tl_status_text(status));
    tl_hasher_done(&out.sum, &sum);
    put_sum(t, TL_PUBLISHED_EXPORT, &sum);
    return TL_OK;
}

static enum tl_status write_readme(struct publication *t, struct tl_why *why)
{
    const struct tl_genesis *genesis = &t->genesis->genesis;
    char chain_id[2u * TL_HASH_BYTES + 1u];
    char text[8192];
    int len;

    tl_hex(chain_id, tl_bytes(t->genesis->chain_id.b, TL_HASH_BYTES));
    len = snprintf(text, sizeof text, README, (int)genesis->name.len,
                   (const char *)genesis->name.ptr, chain_id, t->checkpoint.size,
                   (unsigned)genesis->members.count, (unsigned)genesis->quorum);
    TL_CHECK(len > 0 && (size_t)len < sizeof text);
    return write_named(t, "README.txt", tl_bytes(text, (size_t)len), why);
}

static enum tl_status write_archive(struct publication *t, struct tl_chain *chain,
                                    struct tl_why *why)
{
    enum tl_status status = write_export(t, chain, why);

    if (status == TL_OK)
        status = write_named(t, "tally-verify.c",
                             tl_bytes(tally_verify_source, tally_verify_source_len), why);
    if (status == TL_OK)
        status =
            write_named(t, "tally-verify-tiles.c",
                        tl_bytes(tally_verify_tiles_source, tally_verify_tiles_source_len), why);
    return status == TL_OK ? write_readme(t, why) : status;
}

/* The checkpoint comes after the tiles it speaks of, the sums after everything. */
static enum tl_status publish(struct publication *t, struct tl_chain *chain, struct tl_why *why)
{
    const struct tl_file_bytes *genesis = &t->genesis->bytes;
    enum tl_status status = tl_dir_make(t->plan->out, TL_FILE_PUBLIC, why);

    if (status == TL_OK)
        status = write_tiles(t, chain, why);
    if (status == TL_OK)
        status = write_named(t, "genesis.tally", tl_bytes(genesis->text, genesis->len), why);
    if (status == TL_OK)
        status = write_named(t, "policy", tl_buf_bytes(&t->policy_text), why);
    if (status == TL_OK && t->plan->archive)
        status = write_archive(t, chain, why);
    if (status == TL_OK)
        status = write_named(t, "checkpoint", t->note, why);
    if (status == TL_OK)
        status = write_sums(t, why);
    return status;
}

/* ---- where the ledger comes from ---- */

static enum tl_status publish_replica(struct publication *t, struct tl_store *store,
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

static enum tl_status from_node(struct publication *t, struct tl_why *why)
{
    const char *file = t->plan->checkpoint;
    size_t memory_bytes = t->plan->memory;
    struct tl_connection connection;
    void *memory;
    enum tl_status status = tl_connect(&connection, &t->call->args);

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

static enum tl_status from_dir(struct publication *t, struct tl_why *why)
{
    const char *dir = t->plan->dir;
    const char *file = t->plan->checkpoint;
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

enum tl_status tl_publish(const struct tl_call *call, const struct tl_publish_plan *plan,
                          struct tl_published *done, struct tl_why *why)
{
    struct publication *t = tl_mem_new(1, sizeof *t);
    enum tl_status status = TL_OK;

    t->plan = plan;
    t->call = call;
    if (plan->archive && tl_published_is(plan->out))
        status = tl_why_set(why, TL_ERR_CONFLICT, "there is an archive already");
    if (status == TL_OK)
        status = plan->dir != NULL ? from_dir(t, why) : from_node(t, why);
    *done = (struct tl_published){t->checkpoint.size, t->tiles, t->files};
    tl_mem_free(t->sums_memory);
    tl_mem_free(t->policy_text.ptr);
    tl_mem_free(t);
    return status;
}
