/* A whole ledger as one file: from a node, or from a stopped node's directory. */
#include "commands.h"
#include "connect.h"
#include "fetch.h"
#include "mem.h"
#include "publish.h"
#include "replica.h"

#include "tl/export.h"
#include "tl/memberdir.h"
#include "tl/store_mem.h"
#include "tl/store_rocksdb.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const struct tl_opt options[] = {
    {"tiles", "OUT", "write static tiles any web server can serve, as `tally tiles` does"},
    {"archive", "OUT", "write an archive: all that is needed to verify for ever, with no node"},
    {"checkpoint", "FILE", "of tiles and archives: this signed one (default: the node's)"},
    {"dir", "DIR", "read a stopped node's directory instead of asking a node"},
    {"memory", "MIB", "room for the ledger while it is put together (default: 2048)"},
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"},
    TL_OPT_END};

static enum tl_status write_piece(void *host, struct tl_bytes bytes)
{
    return fwrite(bytes.ptr, 1, bytes.len, host) == bytes.len ? TL_OK : TL_ERR_IO;
}

static enum tl_status write_file(struct tl_replica *replica, struct tl_bytes genesis,
                                 const char *path, struct tl_why *why)
{
    FILE *file = fopen(path, "wbx");
    struct tl_export_sink sink = {write_piece, file};
    void *memory;
    struct tl_buf scratch;
    enum tl_status status;

    if (file == NULL)
        return tl_why_set(why, TL_ERR_IO, "cannot create it: %s", strerror(errno));
    memory = tl_mem_new(TL_EXPORT_FRAME_MAX, 1);
    scratch = tl_buf(memory, TL_EXPORT_FRAME_MAX);
    status = tl_export_write(replica->chain, genesis, &sink, &scratch);
    if (fclose(file) != 0 && status == TL_OK)
        status = TL_ERR_IO;
    tl_mem_free(memory);
    if (status != TL_OK) {
        (void)remove(path);
        return tl_why_set(why, status, "%s", tl_status_text(status));
    }
    return TL_OK;
}

static enum tl_status from_node(struct tl_call *call, const char *path, size_t memory_bytes,
                                struct tl_tip *tip, struct tl_why *why)
{
    struct tl_connection connection;
    struct tl_replica replica = {0};
    void *memory;
    struct tl_store *store;
    enum tl_status status = tl_connect(&connection, &call->args);

    if (status != TL_OK)
        return status;
    memory = tl_mem_new(memory_bytes, 1);
    store = tl_store_mem_init(memory, memory_bytes);
    status = tl_replica_open(&replica, &connection.genesis, store, why);
    if (status == TL_OK)
        status = tl_fetch_all(&replica, connection.client, why);
    if (status == TL_OK)
        status = write_file(&replica,
                            tl_bytes(connection.genesis.bytes.text, connection.genesis.bytes.len),
                            path, why);
    if (status == TL_OK)
        *tip = *tl_chain_tip(replica.chain);
    tl_replica_close(&replica);
    tl_mem_free(memory);
    tl_disconnect(&connection);
    return status;
}

static enum tl_status from_dir(const char *dir, const char *path, struct tl_tip *tip,
                               struct tl_why *why)
{
    char name[TL_PATH_MAX];
    struct tl_genesis_file genesis;
    struct tl_store *store = NULL;
    struct tl_replica replica = {0};
    enum tl_status status;

    if (!tl_memberdir_path(name, sizeof name, dir, TL_MEMBERDIR_GENESIS))
        return tl_why_set(why, TL_ERR_LIMIT, "the path is too long");
    status = tl_genesis_file_load(&genesis, name);
    if (status != TL_OK)
        return status;
    if (!tl_memberdir_path(name, sizeof name, dir, TL_MEMBERDIR_DATA))
        status = tl_why_set(why, TL_ERR_LIMIT, "the path is too long");
    if (status == TL_OK)
        status = tl_store_rocksdb_open(&store, name, TL_STORE_READ_ONLY, why);
    if (status == TL_OK)
        status = tl_replica_open(&replica, &genesis, store, why);
    if (status == TL_OK)
        status = write_file(&replica, tl_bytes(genesis.bytes.text, genesis.bytes.len), path, why);
    if (status == TL_OK)
        *tip = *tl_chain_tip(replica.chain);
    tl_replica_close(&replica);
    tl_store_rocksdb_close(store);
    tl_genesis_file_free(&genesis);
    return status;
}

/* Not one file but a directory; -1: neither was asked for. */
static int run_published(struct tl_call *call)
{
    const char *archive = tl_opt_value(&call->args, "archive");
    const char *tiles = tl_opt_value(&call->args, "tiles");
    enum tl_status status;

    if (archive == NULL && tiles == NULL)
        return -1;
    status = tl_cmd_words(call, 0, 0, "no file beside --tiles or --archive");
    if (status == TL_OK && archive != NULL && tiles != NULL)
        return tl_fail(TL_ERR_USAGE, NULL, "an archive has tiles in it: give '--archive' alone");
    if (status != TL_OK)
        return tl_status_exit(status);
    return tl_publish_command(call, archive != NULL ? archive : tiles, archive != NULL);
}

static int run(struct tl_call *call)
{
    static const struct tl_column columns[] = {{"file", "file", TL_COLUMN_TEXT},
                                               {"height", "height", TL_COLUMN_NUMBER},
                                               {"leaves", "leaves", TL_COLUMN_NUMBER},
                                               TL_COLUMN_END};
    const char *dir = tl_opt_value(&call->args, "dir");
    struct tl_why why = {""};
    struct tl_tip tip = {0};
    struct tl_json *row;
    int64_t memory_mib = 2048;
    int published = run_published(call);
    enum tl_status status;

    if (published >= 0)
        return published;
    status = tl_cmd_words(call, 1, 1, "the file to write");
    if (status == TL_OK)
        status = tl_opt_between(&call->args, "memory", (struct tl_bounds){1, 1 << 20}, 2048,
                                &memory_mib);
    if (status != TL_OK)
        return tl_status_exit(status);
    if (tl_file_exists(call->args.word[0]))
        return tl_fail(TL_ERR_IO, "give another name, or remove it first",
                       "cannot export to '%s': there is such a file already", call->args.word[0]);
    status = dir != NULL
                 ? from_dir(dir, call->args.word[0], &tip, &why)
                 : from_node(call, call->args.word[0], (size_t)memory_mib << 20, &tip, &why);
    if (status != TL_OK)
        return why.text[0] == '\0' ? tl_status_exit(status)
                                   : tl_fail(status, NULL, "cannot export to '%s': %s",
                                             call->args.word[0], why.text);
    row = tl_json_object();
    tl_json_set_str(row, "file", call->args.word[0]);
    tl_json_set_int(row, "height", (int64_t)tip.height);
    tl_json_set_int(row, "leaves", (int64_t)tip.log_size);
    tl_out_one(&call->out, columns, row);
    tl_json_free(row);
    return 0;
}

const struct tl_cmd tl_cmd_export = {
    .name = "export",
    .usage = "FILE | --tiles OUT | --archive OUT",
    .summary = "write a whole ledger into one file anybody can audit",
    .more =
        "Blocks come from a node and are executed again here; with --dir they come from a\n"
        "stopped node's directory.  FILE is never overwritten.  An archive is a directory with\n"
        "the export, tiles, a cosigned checkpoint, policy, the source of a verifier and a README\n"
        "for a stranger; `tally audit OUT` reads all of it back.",
    .options = options,
    .run = run};
