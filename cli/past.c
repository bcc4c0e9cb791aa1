#include "past.h"

#include "tl/audit.h"
#include "tl/contract.h"
#include "tl/export.h"
#include "tl/memberdir.h"
#include "tl/store_mem.h"
#include "tl/store_rocksdb.h"

#include "connect.h"
#include "fetch.h"
#include "mem.h"
#include "replica.h"
#include "say.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define ARRIVAL_BYTES (1u << 20)

struct walk {
    const struct tl_past_visitor *visitor;
    const struct tl_genesis_file *genesis;
    size_t memory_bytes;
    uint64_t height; /* where to arrive; 0: at the end */
    bool arrived;
    bool said; /* a visitor failed, and has said why */
    struct tl_audit_report report;
    struct tl_executor rules;
    struct tl_progress progress;
    /* the block at hand */
    const struct tl_exec_block *block;
    const struct tl_leaf_sink *to;
    uint64_t at;              /* its height */
    struct tl_list envelopes; /* still to come */
    struct tl_pubkey author;
    uint32_t member;
};

/* ---- leaves ------------------------------------------------------------ */

/* Entries stand in the log as in their envelopes: the next first entry begins
 * the next envelope. */
static enum tl_status author_next(struct walk *walk)
{
    struct tl_envelope_bytes bytes;
    struct tl_envelope envelope;
    struct tl_author author;
    enum tl_status status;

    if (!tl_list_next(&walk->envelopes, &tl_envelope_bytes_record, &bytes))
        return TL_ERR_CORRUPT;
    status = tl_envelope_decode(&envelope, bytes.bytes);
    if (status != TL_OK)
        return status;
    walk->author = envelope.author;
    /* The audit knows who may write; a member that came later has no number here. */
    walk->member = tl_genesis_author(walk->block->genesis, &envelope.author, &author)
                       ? author.member
                       : TL_MEMBERS_MAX;
    return TL_OK;
}

static enum tl_status leaf_decode(struct walk *walk, struct tl_past_leaf *leaf)
{
    enum tl_status status = tl_record_decode(&tl_leaf_record, &leaf->leaf, leaf->bytes);

    if (status != TL_OK)
        return status;
    if (leaf->leaf.kind == TL_LEAF_DECISION)
        return tl_decision_decode(&leaf->decision, &leaf->body, &leaf->info, leaf->leaf.bytes);
    if (leaf->leaf.position == 0)
        status = author_next(walk);
    leaf->author = walk->author;
    leaf->member = walk->member;
    return status == TL_OK
               ? tl_entry_decode(&leaf->entry, &leaf->body, &leaf->info, leaf->leaf.bytes)
               : status;
}

static enum tl_status hear(void *host, uint64_t index, struct tl_bytes bytes)
{
    struct walk *walk = host;
    struct tl_past_leaf leaf = {.height = walk->block->height,
                                .time_ms = walk->block->time_ms,
                                .index = index,
                                .bytes = bytes};
    enum tl_status status = walk->to->leaf(walk->to->host, index, bytes);

    if (status != TL_OK || walk->visitor->leaf == NULL ||
        (walk->height != 0 && leaf.height > walk->height))
        return status;
    status = leaf_decode(walk, &leaf);
    if (status == TL_OK && (status = walk->visitor->leaf(walk->visitor->host, &leaf)) != TL_OK)
        walk->said = true;
    return status;
}

static enum tl_status execute(void *host, const struct tl_exec_block *block,
                              struct tl_overlay *state, const struct tl_leaf_sink *sink)
{
    struct walk *walk = host;
    const struct tl_leaf_sink ear = {hear, walk};
    enum tl_status status;

    walk->block = block;
    walk->at = block->height;
    walk->envelopes = block->envelopes;
    walk->to = sink;
    status = walk->rules.run(walk->rules.host, block, state, &ear);
    walk->block = NULL;
    return status;
}

/* ---- arriving ---------------------------------------------------------- */

static enum tl_status arrive(struct walk *walk, struct tl_overlay *state)
{
    const struct tl_tip *tip = &walk->report.tip;
    struct tl_past_point point = {.genesis = &walk->genesis->genesis,
                                  .chain_id = walk->genesis->chain_id,
                                  .height = tip->height,
                                  .time_ms = tip->time_ms,
                                  .log_size = tip->log_size,
                                  .block_hash = tip->hash,
                                  .log_root = tip->log_root,
                                  .state_root = tip->state_root};
    struct tl_clock clock;
    enum tl_status status = tl_clock_load(&clock, state, point.genesis);

    walk->arrived = true;
    if (status != TL_OK || walk->visitor->arrive == NULL)
        return status;
    point.closed_on = clock.closed_on;
    status = walk->visitor->arrive(walk->visitor->host, &point, state);
    walk->said = status != TL_OK;
    return status;
}

static enum tl_status after_block(void *host, struct tl_overlay *state, const char **why)
{
    struct walk *walk = host;

    *why = "it cannot be walked";
    tl_progress_step(&walk->progress, walk->at);
    return walk->at == walk->height ? arrive(walk, state) : TL_OK;
}

/* The end of the ledger: its state is all in the scratch store. */
static enum tl_status arrive_at_end(struct walk *walk, struct tl_store *store)
{
    void *memory = tl_mem_new(ARRIVAL_BYTES, 1);
    struct tl_arena arena;
    enum tl_status status;

    tl_arena_init(&arena, memory, ARRIVAL_BYTES);
    status = arrive(walk, tl_overlay_new(&arena, NULL, store));
    tl_mem_free(memory);
    return status;
}

static enum tl_status audited(struct walk *walk, const struct tl_audit_source *source,
                              struct tl_why *why)
{
    struct tl_contract_config rules = {.genesis = &walk->genesis->genesis,
                                       .watch = walk->visitor->watch};
    void *contract = tl_mem_new(1, tl_contract_bytes());
    void *scratch = tl_mem_new(walk->memory_bytes, 1);
    struct tl_audit_config config = {.executor = {execute, walk, {{0}}},
                                     .scratch = tl_store_mem_init(scratch, walk->memory_bytes),
                                     .books = after_block,
                                     .host = walk,
                                     .books_each_block = true,
                                     .block_bytes = TL_REPLICA_SLOT_BYTES};
    void *memory;
    enum tl_status status;

    walk->rules = tl_contract_executor(tl_contract_init(contract, &rules));
    config.executor.contract_hash = walk->rules.contract_hash;
    memory = tl_mem_new(1, tl_audit_bytes(&config));
    tl_progress_start(&walk->progress, "walking blocks", 0);
    status = tl_audit_run(&config, source, memory, &walk->report);
    tl_progress_end(&walk->progress);
    if (status != TL_OK)
        (void)tl_why_set(why, status, "%s", walk->report.text);
    else if (walk->height == 0)
        status = arrive_at_end(walk, config.scratch);
    tl_mem_free(memory);
    tl_mem_free(scratch);
    tl_mem_free(contract);
    if (status == TL_OK && !walk->arrived)
        status = tl_why_set(why, TL_ERR_NOT_FOUND, "it ends at height %" PRIu64,
                            walk->report.tip.height);
    return status;
}

/* ---- sources ----------------------------------------------------------- */

static enum tl_status begin(struct walk *walk, const struct tl_genesis_file *genesis)
{
    enum tl_status status = TL_OK;

    walk->genesis = genesis;
    if (walk->visitor->begin != NULL)
        status = walk->visitor->begin(walk->visitor->host, genesis);
    walk->said = status != TL_OK;
    return status;
}

static enum tl_status walk_store(struct walk *walk, const struct tl_genesis_file *genesis,
                                 struct tl_chain *chain, struct tl_why *why)
{
    struct tl_audit_store stored;
    struct tl_audit_source source;
    enum tl_status status =
        tl_audit_store_init(&stored, chain, tl_bytes(genesis->bytes.text, genesis->bytes.len));

    if (status != TL_OK)
        return tl_why_set(why, status, "no block of this ledger is final yet");
    source = tl_audit_store_source(&stored);
    status = begin(walk, genesis);
    if (status == TL_OK)
        status = audited(walk, &source, why);
    walk->genesis = NULL;
    return status;
}

static enum tl_status walk_node(struct walk *walk, const struct tl_args *args, struct tl_why *why)
{
    struct tl_connection connection;
    struct tl_replica replica = {0};
    void *memory;
    enum tl_status status = tl_connect(&connection, args);

    if (status != TL_OK) {
        walk->said = true;
        return status;
    }
    memory = tl_mem_new(walk->memory_bytes, 1);
    status = tl_replica_open(&replica, &connection.genesis,
                             tl_store_mem_init(memory, walk->memory_bytes), why);
    if (status == TL_OK)
        status = tl_fetch_all(&replica, connection.client, why);
    if (status == TL_OK)
        status = walk_store(walk, &connection.genesis, replica.chain, why);
    tl_replica_close(&replica);
    tl_mem_free(memory);
    tl_disconnect(&connection);
    return status;
}

static enum tl_status walk_dir(struct walk *walk, const char *dir, struct tl_why *why)
{
    char name[TL_PATH_MAX];
    struct tl_genesis_file genesis = {0};
    struct tl_store *store = NULL;
    struct tl_replica replica = {0};
    enum tl_status status;

    if (!tl_memberdir_path(name, sizeof name, dir, TL_MEMBERDIR_GENESIS))
        return tl_why_set(why, TL_ERR_LIMIT, "the path is too long");
    status = tl_genesis_file_load(&genesis, name);
    if (status != TL_OK) {
        walk->said = true;
        return status;
    }
    if (!tl_memberdir_path(name, sizeof name, dir, TL_MEMBERDIR_DATA))
        status = tl_why_set(why, TL_ERR_LIMIT, "the path is too long");
    if (status == TL_OK)
        status = tl_store_rocksdb_open(&store, name, TL_STORE_READ_ONLY, why);
    if (status == TL_OK)
        status = tl_replica_open(&replica, &genesis, store, why);
    if (status == TL_OK)
        status = walk_store(walk, &genesis, replica.chain, why);
    tl_replica_close(&replica);
    tl_store_rocksdb_close(store);
    tl_genesis_file_free(&genesis);
    return status;
}

static enum tl_status read_piece(void *host, void *out, size_t cap, size_t *len)
{
    *len = fread(out, 1, cap, host);
    return ferror((FILE *)host) == 0 ? TL_OK : TL_ERR_IO;
}

/* An export begins with its genesis, which the rules need before the audit
 * begins; the audit holds every byte of it to account. */
static enum tl_status genesis_peek(struct tl_genesis_file *genesis, FILE *file, struct tl_why *why)
{
    uint8_t head[TL_EXPORT_MAGIC_BYTES + 5u];
    const char *rule = "";
    uint32_t len;
    enum tl_status status;

    if (fread(head, 1, sizeof head, file) != sizeof head ||
        memcmp(head, TL_EXPORT_MAGIC, TL_EXPORT_MAGIC_BYTES) != 0 ||
        head[TL_EXPORT_MAGIC_BYTES] != TL_EXPORT_GENESIS)
        return tl_why_set(why, TL_ERR_ENCODING, "this is no export: it does not begin with %s",
                          TL_EXPORT_MAGIC);
    len = tl_get_u32be(head + TL_EXPORT_MAGIC_BYTES + 1u);
    if (len > TL_GENESIS_BYTES_MAX)
        return tl_why_set(why, TL_ERR_ENCODING, "its genesis frame is too long");
    genesis->bytes.text = tl_mem_new(len + 1u, 1);
    genesis->bytes.len = fread(genesis->bytes.text, 1, len, file);
    if (genesis->bytes.len != len)
        return tl_why_set(why, TL_ERR_ENCODING, "it ends inside its genesis frame");
    status = tl_genesis_decode(&genesis->genesis, tl_bytes(genesis->bytes.text, len), &rule);
    if (status != TL_OK)
        return tl_why_set(why, status, "genesis: %s", rule);
    tl_genesis_chain_id(&genesis->chain_id, tl_bytes(genesis->bytes.text, len));
    rewind(file);
    return TL_OK;
}

static enum tl_status walk_file(struct walk *walk, FILE *file, struct tl_why *why)
{
    struct tl_export_source bytes = {read_piece, file};
    struct tl_genesis_file genesis = {0};
    struct tl_export_reader reader;
    struct tl_audit_source source;
    void *frame;
    enum tl_status status = genesis_peek(&genesis, file, why);

    if (status == TL_OK)
        status = begin(walk, &genesis);
    if (status == TL_OK) {
        frame = tl_mem_new(TL_EXPORT_FRAME_MAX, 1);
        tl_export_reader_init(&reader, &bytes, frame, TL_EXPORT_FRAME_MAX);
        source = tl_export_audit_source(&reader);
        status = audited(walk, &source, why);
        tl_mem_free(frame);
    }
    walk->genesis = NULL;
    tl_mem_free(genesis.bytes.text);
    return status;
}

static enum tl_status walk_path(struct walk *walk, const char *path, struct tl_why *why)
{
    struct stat info;
    FILE *file;
    enum tl_status status;

    if (stat(path, &info) != 0)
        return tl_why_set(why, TL_ERR_IO, "%s", strerror(errno));
    if (S_ISDIR(info.st_mode))
        return walk_dir(walk, path, why);
    file = fopen(path, "rb");
    if (file == NULL)
        return tl_why_set(why, TL_ERR_IO, "%s", strerror(errno));
    status = walk_file(walk, file, why);
    (void)fclose(file);
    return status;
}

enum tl_status tl_past_walk(const struct tl_args *args, const struct tl_past_visitor *visitor)
{
    const char *path = tl_opt_value(args, "ledger");
    struct walk walk = {.visitor = visitor};
    struct tl_why why = {""};
    int64_t memory_mib = 2048;
    int64_t height = 0;
    enum tl_status status =
        tl_opt_between(args, "memory", (struct tl_bounds){1, 1 << 20}, 2048, &memory_mib);

    if (status == TL_OK && tl_opt_value(args, "height") != NULL)
        status = tl_opt_between(args, "height", (struct tl_bounds){1, INT64_MAX}, 1, &height);
    if (status != TL_OK)
        return status;
    walk.memory_bytes = (size_t)memory_mib << 20;
    walk.height = (uint64_t)height;
    status = path != NULL ? walk_path(&walk, path, &why) : walk_node(&walk, args, &why);
    if (status != TL_OK && !walk.said)
        (void)tl_fail(status, NULL, "cannot walk ledger '%s': %s", path != NULL ? path : "node",
                      why.text[0] != '\0' ? why.text : tl_status_text(status));
    return status;
}

/* ---- cases ------------------------------------------------------------- */

struct scan {
    tl_past_case_visit *visit;
    void *host;
    bool broken;
};

static bool scan_one(void *context, struct tl_bytes key, struct tl_bytes value)
{
    struct scan *scan = context;
    struct tl_case c;

    (void)key;
    scan->broken = tl_case_decode(&c, value) != TL_OK;
    return !scan->broken && scan->visit(scan->host, &c);
}

enum tl_status tl_past_cases(struct tl_overlay *state, tl_past_case_visit *visit, void *host)
{
    const uint8_t from = TL_STATE_CASE;
    const uint8_t to = TL_STATE_CASE + 1;
    struct scan scan = {visit, host, false};
    enum tl_status status =
        tl_overlay_scan(state, tl_bytes(&from, 1), tl_bytes(&to, 1), scan_one, &scan);

    if (status == TL_OK && scan.broken)
        status = TL_ERR_CORRUPT;
    if (status != TL_OK)
        (void)tl_fail(status, NULL, "cannot read the cases: %s", tl_status_text(status));
    return status;
}
