#include "audit_run.h"

#include "tl/books.h"
#include "tl/export.h"
#include "tl/memberdir.h"
#include "tl/store_mem.h"
#include "tl/store_rocksdb.h"

#include "mem.h"
#include "publish.h"
#include "replica.h"
#include "say.h"
#include "show.h"
#include "snapshot_load.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define BLOCK_MEMORY TL_REPLICA_SLOT_BYTES

/* Everything an audit needs beside its source. */
struct auditor {
    struct tl_audit_config config;
    struct tl_books books;
    struct tl_progress progress;
    struct tl_hash trusted;
    void *scratch_memory;
    void *memory;
    void *contract_memory;
    const struct tl_checkpoint *checkpoint; /* that the log must have gone through, or NULL */
    bool went_through;
};

static bool on_block(void *host, const struct tl_audit_report *report)
{
    struct auditor *a = host;

    tl_progress_step(&a->progress, report->counts.blocks);
    if (a->checkpoint != NULL && report->tip.log_size == a->checkpoint->size)
        a->went_through = tl_hash_eq(&report->tip.log_root, &a->checkpoint->root);
    return true;
}

static enum tl_status on_books(void *host, struct tl_overlay *state, const char **why)
{
    return tl_books_check(&((struct auditor *)host)->books, state, why);
}

static void auditor_init(struct auditor *a, const struct tl_genesis_file *genesis,
                         const struct tl_audit_plan *plan)
{
    struct tl_contract_config rules = {.genesis = &genesis->genesis};

    *a = (struct auditor){0};
    a->contract_memory = tl_mem_new(1, tl_contract_bytes());
    a->scratch_memory = tl_mem_new(plan->memory, 1);
    a->config = (struct tl_audit_config){
        .executor = tl_contract_executor(tl_contract_init(a->contract_memory, &rules)),
        .scratch = tl_store_mem_init(a->scratch_memory, plan->memory),
        .progress = on_block,
        .books = on_books,
        .host = a,
        .resume = plan->from != NULL,
        .block_bytes = BLOCK_MEMORY};
    a->memory = tl_mem_new(1, tl_audit_bytes(&a->config));
    tl_progress_start(&a->progress, "auditing blocks", 0);
}

static void auditor_fini(struct auditor *a)
{
    tl_progress_end(&a->progress);
    tl_mem_free(a->memory);
    tl_mem_free(a->scratch_memory);
    tl_mem_free(a->contract_memory);
}

static struct tl_json *leaf_json(const struct tl_genesis *genesis, uint64_t index,
                                 struct tl_bytes leaf)
{
    struct tl_json *row = leaf.len == 0 ? NULL : tl_show_leaf(genesis, index, leaf);

    if (row == NULL && leaf.len != 0) {
        row = tl_json_object();
        tl_json_set(row, "bytes", tl_json_hex(leaf));
    }
    if (row != NULL)
        tl_show_summary(row);
    return row;
}

static enum tl_status audit(struct auditor *a, const struct tl_audit_source *source,
                            const struct tl_genesis *genesis, struct tl_audit_outcome *outcome,
                            struct tl_why *why)
{
    const struct tl_audit_report *report = &outcome->report;
    uint64_t start_ms = tl_monotonic_ms();
    enum tl_status status = tl_audit_run(&a->config, source, a->memory, &outcome->report);

    outcome->time_ms = tl_monotonic_ms() - start_ms;
    if (status == TL_OK)
        return TL_OK;
    outcome->derived = leaf_json(genesis, report->leaf, report->derived);
    outcome->recorded = leaf_json(genesis, report->leaf, report->recorded);
    return tl_why_set(why, status, "%s", report->text);
}

static enum tl_status begin_at(struct auditor *a, const struct tl_audit_plan *plan,
                               const struct tl_genesis_file *genesis, struct tl_why *why)
{
    struct tl_why reason = {""};
    uint64_t height;
    enum tl_status status = TL_OK;

    if (plan->from != NULL)
        status = tl_snapshot_load(a->config.scratch, plan->from, genesis, &height, &reason);
    return status == TL_OK
               ? TL_OK
               : tl_why_set(why, status, "cannot begin at '%s': %s", plan->from, reason.text);
}

void tl_audit_outcome_free(struct tl_audit_outcome *outcome)
{
    tl_json_free(outcome->derived);
    tl_json_free(outcome->recorded);
    outcome->derived = outcome->recorded = NULL;
}

static void outcome_name(struct tl_audit_outcome *outcome, const struct tl_genesis *genesis)
{
    (void)snprintf(outcome->name, sizeof outcome->name, "%.*s", (int)genesis->name.len,
                   (const char *)genesis->name.ptr);
    outcome->members = genesis->members.count;
    outcome->quorum = genesis->quorum;
}

/* ---- an export ---- */

static enum tl_status read_piece(void *host, void *out, size_t cap, size_t *len)
{
    *len = fread(out, 1, cap, host);
    return ferror((FILE *)host) == 0 ? TL_OK : TL_ERR_IO;
}

/* The genesis stands first in an export; the rules need it before the audit
 * begins, which then holds every byte of it to account. */
static enum tl_status genesis_peek(struct tl_genesis_file *genesis, FILE *file, struct tl_why *why)
{
    uint8_t head[TL_EXPORT_MAGIC_BYTES + 5u];
    const char *rule = "";
    uint32_t len;
    enum tl_status status;

    *genesis = (struct tl_genesis_file){0};
    if (fread(head, 1, sizeof head, file) != sizeof head ||
        memcmp(head, TL_EXPORT_MAGIC, TL_EXPORT_MAGIC_BYTES) != 0)
        return tl_why_set(why, TL_ERR_ENCODING, "this is no export: it does not begin with %s",
                          TL_EXPORT_MAGIC);
    len = tl_get_u32be(head + TL_EXPORT_MAGIC_BYTES + 1u);
    if (head[TL_EXPORT_MAGIC_BYTES] != TL_EXPORT_GENESIS || len > TL_GENESIS_BYTES_MAX)
        return tl_why_set(why, TL_ERR_ENCODING, "the first frame is not a genesis file");
    genesis->bytes.text = tl_mem_new(len + 1u, 1);
    genesis->bytes.len = fread(genesis->bytes.text, 1, len, file);
    if (genesis->bytes.len != len)
        return tl_why_set(why, TL_ERR_ENCODING, "the file ends inside its genesis frame");
    status = tl_genesis_decode(&genesis->genesis, tl_bytes(genesis->bytes.text, len), &rule);
    if (status != TL_OK)
        return tl_why_set(why, status, "genesis: %s", rule);
    rewind(file);
    return TL_OK;
}

static enum tl_status audit_export(struct tl_audit_outcome *outcome, FILE *file,
                                   const struct tl_hash *trusted,
                                   const struct tl_checkpoint *checkpoint,
                                   const struct tl_audit_plan *plan, struct tl_why *why)
{
    struct tl_export_source source = {read_piece, file};
    struct tl_export_reader reader;
    struct tl_audit_source pieces;
    struct tl_genesis_file genesis;
    struct auditor a;
    void *frame;
    enum tl_status status = genesis_peek(&genesis, file, why);

    if (status == TL_OK) {
        tl_genesis_chain_id(&genesis.chain_id, tl_bytes(genesis.bytes.text, genesis.bytes.len));
        auditor_init(&a, &genesis, plan);
        a.config.chain_id = trusted;
        a.checkpoint = checkpoint;
        frame = tl_mem_new(TL_EXPORT_FRAME_MAX, 1);
        tl_export_reader_init(&reader, &source, frame, TL_EXPORT_FRAME_MAX);
        pieces = tl_export_audit_source(&reader);
        status = begin_at(&a, plan, &genesis, why);
        if (status == TL_OK)
            status = audit(&a, &pieces, &genesis.genesis, outcome, why);
        if (status == TL_OK && checkpoint != NULL && !a.went_through)
            status = tl_why_set(why, TL_ERR_PROOF, "the checkpoint is of another log");
        outcome_name(outcome, &genesis.genesis);
        tl_mem_free(frame);
        auditor_fini(&a);
    }
    tl_mem_free(genesis.bytes.text);
    return status;
}

/* ---- a stopped node's directory ---- */

/* What a node has stored must be what the replay built; of an audit that began at
 * a snapshot only the state, since indexes of what came before are not in it. */
static enum tl_status compare_stores(const struct auditor *a, struct tl_store *store,
                                     struct tl_why *why)
{
    static const uint8_t contract_end = 0xc0;
    static const uint8_t state_end = TL_STATE_KEY_PLAIN;
    const uint8_t *end = a->config.resume ? &state_end : &contract_end;
    struct tl_audit_difference first;
    char hex[2u * TL_STORE_KEY_MAX + 1u] = "";
    enum tl_status status =
        tl_audit_compare(a->config.scratch, store, TL_BYTES_NONE, tl_bytes(end, 1), &first);

    if (status == TL_OK)
        return TL_OK;
    tl_hex(hex, tl_bytes(first.key, first.key_len));
    return tl_why_set(why, status, "the stored state differs from the one derived, first at key %s",
                      hex);
}

static enum tl_status audit_store(struct tl_audit_outcome *outcome, struct tl_store *store,
                                  const struct tl_genesis_file *genesis,
                                  const struct tl_audit_plan *plan, struct tl_why *why)
{
    struct tl_audit_store state;
    struct tl_audit_source pieces;
    struct tl_replica replica;
    struct auditor a;
    enum tl_status status = tl_replica_open(&replica, genesis, store, why);

    if (status != TL_OK)
        return status;
    status = tl_audit_store_init(&state, replica.chain,
                                 tl_bytes(genesis->bytes.text, genesis->bytes.len));
    if (status != TL_OK) {
        tl_replica_close(&replica);
        return tl_why_set(why, status, "no block of this ledger is final yet");
    }
    auditor_init(&a, genesis, plan);
    pieces = tl_audit_store_source(&state);
    status = begin_at(&a, plan, genesis, why);
    if (status == TL_OK)
        status = audit(&a, &pieces, &genesis->genesis, outcome, why);
    if (status == TL_OK && outcome->report.tip.height == tl_chain_tip(replica.chain)->height)
        status = compare_stores(&a, store, why);
    outcome_name(outcome, &genesis->genesis);
    auditor_fini(&a);
    tl_replica_close(&replica);
    return status;
}

/* ---- a directory: whose genesis comes with it ---- */

static enum tl_status genesis_of(struct tl_genesis_file *genesis, const struct tl_hash *trusted,
                                 const char *dir, struct tl_why *why)
{
    char name[TL_PATH_MAX];
    const char *rule = "";
    enum tl_status status;

    if (!tl_memberdir_path(name, sizeof name, dir, TL_MEMBERDIR_GENESIS))
        return tl_why_set(why, TL_ERR_LIMIT, "the path is too long");
    status = tl_file_read(name, TL_GENESIS_BYTES_MAX, &genesis->bytes, why);
    if (status != TL_OK)
        return status;
    status = tl_genesis_decode(&genesis->genesis, tl_bytes(genesis->bytes.text, genesis->bytes.len),
                               &rule);
    if (status != TL_OK)
        return tl_why_set(why, status, "genesis: %s", rule);
    tl_genesis_chain_id(&genesis->chain_id, tl_bytes(genesis->bytes.text, genesis->bytes.len));
    return trusted == NULL || tl_hash_eq(trusted, &genesis->chain_id)
               ? TL_OK
               : tl_why_set(why, TL_ERR_WRONG_CHAIN, "this is another ledger than --genesis says");
}

static enum tl_status audit_node(struct tl_audit_outcome *outcome,
                                 const struct tl_genesis_file *genesis,
                                 const struct tl_audit_plan *plan, struct tl_why *why)
{
    char name[TL_PATH_MAX];
    struct tl_store *store = NULL;
    enum tl_status status = TL_ERR_LIMIT;

    if (tl_memberdir_path(name, sizeof name, plan->path, TL_MEMBERDIR_DATA))
        status = tl_store_rocksdb_open(&store, name, TL_STORE_READ_ONLY, why);
    if (status == TL_OK)
        status = audit_store(outcome, store, genesis, plan, why);
    tl_store_rocksdb_close(store);
    return status;
}

/* Tiles and checkpoint first; an archive's export must be of the same log. */
static enum tl_status audit_published(struct tl_audit_outcome *outcome,
                                      const struct tl_genesis_file *genesis,
                                      const struct tl_audit_plan *plan, struct tl_why *why)
{
    char name[TL_PATH_MAX];
    struct tl_checkpoint checkpoint;
    struct tl_published found;
    FILE *file = NULL;
    enum tl_status status = tl_published_audit(plan->path, genesis, &checkpoint, &found, why);

    if (status != TL_OK)
        return status;
    if (tl_path_join(name, sizeof name, plan->path, TL_PUBLISHED_EXPORT))
        file = fopen(name, "rb");
    outcome->only_tiles = file == NULL;
    outcome->report.chain_id = genesis->chain_id;
    outcome->report.tip.log_root = checkpoint.root;
    outcome->report.counts.leaves = checkpoint.size;
    outcome_name(outcome, &genesis->genesis);
    if (file != NULL) {
        status = audit_export(outcome, file, &genesis->chain_id, &checkpoint, plan, why);
        (void)fclose(file);
    }
    outcome->tiles = found.tiles;
    outcome->files = found.files;
    return status;
}

static enum tl_status audit_dir(struct tl_audit_outcome *outcome, const struct tl_hash *trusted,
                                const struct tl_audit_plan *plan, struct tl_why *why)
{
    struct tl_genesis_file genesis = {0};
    enum tl_status status = genesis_of(&genesis, trusted, plan->path, why);

    if (status == TL_OK)
        status = tl_published_is(plan->path) ? audit_published(outcome, &genesis, plan, why)
                                             : audit_node(outcome, &genesis, plan, why);
    tl_file_bytes_free(&genesis.bytes);
    return status;
}

enum tl_status tl_audit_path(struct tl_audit_outcome *outcome, const struct tl_audit_plan *plan,
                             struct tl_why *why)
{
    struct tl_genesis_file trusted = {0};
    const struct tl_hash *chain_id = plan->genesis != NULL ? &trusted.chain_id : NULL;
    struct stat info;
    FILE *file;
    enum tl_status status = TL_OK;

    *outcome = (struct tl_audit_outcome){0};
    if (stat(plan->path, &info) != 0)
        return tl_why_set(why, TL_ERR_IO, "%s", strerror(errno));
    if (plan->genesis != NULL && tl_genesis_file_load(&trusted, plan->genesis) != TL_OK)
        return tl_why_set(why, TL_ERR_USAGE, "there is no genesis to compare with");
    if (S_ISDIR(info.st_mode)) {
        status = audit_dir(outcome, chain_id, plan, why);
    } else if ((file = fopen(plan->path, "rb")) == NULL) {
        status = tl_why_set(why, TL_ERR_IO, "%s", strerror(errno));
    } else {
        status = audit_export(outcome, file, chain_id, NULL, plan, why);
        (void)fclose(file);
    }
    tl_genesis_file_free(&trusted);
    return status;
}
