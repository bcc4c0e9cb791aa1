#include "snapshot_load.h"

#include "mem.h"
#include "replica.h"

#include "tl/contract.h"
#include "tl/log.h"
#include "tl/memberdir.h"
#include "tl/snapshot.h"
#include "tl/store_rocksdb.h"

#include <stdlib.h>
#include <string.h>

#define HEAD_BYTES (TL_FRAME_BYTES_MAX + (1u << 20))

/* One pair of the state, in memory of its own. */
struct row {
    uint32_t chunk;
    size_t number; /* in the order of the keys */
    size_t key_len;
    size_t value_len;
    uint8_t *bytes; /* key, then value */
};

struct loading {
    struct tl_store *scratch;
    const struct tl_genesis_file *genesis;
    struct tl_snapshot *snapshot;
    uint8_t *head;
    struct row *row;
    size_t count;
    size_t cap;
};

/* ---- the head ---- */

struct pieces {
    uint8_t *block;
    size_t block_len;
    uint8_t cert[TL_CERT_BYTES_MAX];
    size_t cert_len;
    struct tl_hash *tree;
    uint8_t *edge;
};

static enum tl_status take_pieces(struct pieces *p, struct tl_chain *chain, struct tl_buf *edge)
{
    const struct tl_tip *tip = tl_chain_tip(chain);
    struct tl_bytes bytes;
    uint64_t at = 0;
    enum tl_status status = tl_chain_block(chain, tip->height, &bytes);

    if (status != TL_OK)
        return status;
    p->block = (uint8_t *)tl_mem_copy((const char *)bytes.ptr, bytes.len);
    p->block_len = bytes.len;
    status = tl_chain_cert(chain, tip->height, &at, &bytes);
    if (status == TL_OK && (at != tip->height || bytes.len > sizeof p->cert))
        status = TL_ERR_NOT_FOUND;
    if (status != TL_OK)
        return status;
    memcpy(p->cert, bytes.ptr, bytes.len);
    p->cert_len = bytes.len;
    return tl_log_edge_read(tl_chain_state(chain), tip->log_size, edge);
}

/* The ends of all epochs that are over. */
static enum tl_status take_links(struct tl_chain *chain, struct tl_list *links, struct tl_buf *list)
{
    uint8_t *room = tl_mem_new(TL_EPOCH_PLAN_MAX + TL_CERT_BYTES_MAX + 2048u, 1);
    enum tl_status status = TL_OK;

    for (uint64_t number = 0; status == TL_OK; number++) {
        struct tl_buf one = tl_buf(room, TL_EPOCH_PLAN_MAX + TL_CERT_BYTES_MAX + 2048u);
        struct tl_epoch_link link;

        status = tl_chain_epoch_link(chain, number, &one);
        if (status == TL_OK)
            status = tl_record_decode(&tl_epoch_link_record, &link, tl_buf_bytes(&one));
        if (status == TL_OK)
            tl_list_add(links, list, &tl_epoch_link_record, &link);
    }
    tl_mem_free(room);
    if (status == TL_ERR_NOT_FOUND)
        status = TL_OK;
    return list->full ? TL_ERR_LIMIT : status;
}

static enum tl_status write_head(struct loading *l, struct tl_chain *chain, struct tl_buf *out)
{
    uint32_t bits = tl_snapshot_bits(l->genesis->genesis.state_bits);
    struct pieces p = {.tree = tl_mem_new((size_t)1 << bits, sizeof *p.tree),
                       .edge = tl_mem_new(TL_LOG_EDGE_MAX, 1)};
    struct tl_buf edge = tl_buf(p.edge, TL_LOG_EDGE_MAX);
    uint8_t *links = tl_mem_new(TL_FRAME_BYTES_MAX, 1);
    struct tl_buf list = tl_buf(links, TL_FRAME_BYTES_MAX);
    struct tl_list all = {TL_BYTES_NONE, 0};
    enum tl_status status = take_pieces(&p, chain, &edge);

    if (status == TL_OK)
        status = take_links(chain, &all, &list);

    if (status == TL_OK) {
        struct tl_snapshot_head head = {.block = tl_bytes(p.block, p.block_len),
                                        .cert = tl_bytes(p.cert, p.cert_len),
                                        .tree =
                                            tl_bytes(p.tree, ((size_t)1 << bits) * sizeof *p.tree),
                                        .edge = tl_buf_bytes(&edge),
                                        .links = all};

        tl_statemap_level(tl_chain_map(chain), bits, p.tree);
        tl_record_write(&tl_snapshot_head_record, &head, out);
        status = out->full ? TL_ERR_LIMIT : TL_OK;
    }
    tl_mem_free(p.block);
    tl_mem_free(p.tree);
    tl_mem_free(p.edge);
    tl_mem_free(links);
    return status;
}

static enum tl_status open_head(struct loading *l, struct tl_chain *chain, struct tl_why *why)
{
    struct tl_buf out = tl_buf(l->head, HEAD_BYTES);
    enum tl_status status = write_head(l, chain, &out);

    if (status != TL_OK)
        return tl_why_set(why, status, "its last block or the certificate of it is missing: %s",
                          tl_status_text(status));
    status = tl_snapshot_open(l->snapshot, tl_buf_bytes(&out), &l->genesis->genesis,
                              &l->genesis->chain_id);
    return status == TL_OK ? TL_OK
                           : tl_why_set(why, status, "its last block does not hold: %s",
                                        tl_status_text(status));
}

/* ---- the state ---- */

static bool take_pair(void *context, struct tl_bytes key, struct tl_bytes value)
{
    struct loading *l = context;
    struct row *row;

    l->row = tl_mem_grow(l->row, &l->cap, l->count + 1, sizeof *l->row);
    row = &l->row[l->count];
    *row = (struct row){tl_snapshot_chunk_of(key, l->snapshot->chunk_bits), l->count, key.len,
                        value.len, tl_mem_new(key.len + value.len, 1)};
    memcpy(row->bytes, key.ptr, key.len);
    if (value.len != 0)
        memcpy(row->bytes + key.len, value.ptr, value.len);
    l->count++;
    return true;
}

static int by_chunk(const void *a, const void *b)
{
    const struct row *x = a;
    const struct row *y = b;

    if (x->chunk != y->chunk)
        return x->chunk < y->chunk ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static enum tl_status load_chunk(struct loading *l, uint32_t number, const struct row *row,
                                 size_t count)
{
    const struct tl_store_sink sink = tl_store_sink(l->scratch);
    size_t scratch_bytes = tl_snapshot_scratch((uint32_t)count);
    uint8_t *bytes = tl_mem_new(TL_SNAPSHOT_CHUNK_BYTES_MAX, 1);
    void *memory = tl_mem_new(scratch_bytes, 1);
    struct tl_buf buf = tl_buf(bytes, TL_SNAPSHOT_CHUNK_BYTES_MAX);
    struct tl_list pairs = {0};
    struct tl_arena scratch;
    enum tl_status status = TL_OK;

    for (size_t i = 0; i < count && status == TL_OK; i++) {
        struct tl_state_pair pair = {tl_bytes(row[i].bytes, row[i].key_len),
                                     tl_bytes(row[i].bytes + row[i].key_len, row[i].value_len)};

        tl_list_add(&pairs, &buf, &tl_state_pair_record, &pair);
        status = tl_contract_index(pair.key, pair.value, &sink);
    }
    tl_arena_init(&scratch, memory, scratch_bytes);
    if (status == TL_OK)
        status =
            buf.full ? TL_ERR_LIMIT : tl_snapshot_take(l->snapshot, number, pairs, &scratch, &sink);
    if (status == TL_OK)
        status = tl_store_commit(l->scratch, false);
    tl_mem_free(memory);
    tl_mem_free(bytes);
    return status;
}

static enum tl_status load_state(struct loading *l, struct tl_store *store, struct tl_why *why)
{
    static const uint8_t end = TL_STATE_KEY_PLAIN;
    const struct tl_store_sink sink = tl_store_sink(l->scratch);
    enum tl_status status = tl_store_scan(store, TL_BYTES_NONE, tl_bytes(&end, 1), take_pair, l);
    size_t at = 0;

    if (l->count != 0)
        qsort(l->row, l->count, sizeof *l->row, by_chunk);
    for (uint32_t chunk = 0; status == TL_OK && chunk < 1u << l->snapshot->chunk_bits; chunk++) {
        size_t first = at;

        while (at < l->count && l->row[at].chunk == chunk)
            at++;
        status = load_chunk(l, chunk, l->row + first, at - first);
    }
    if (status == TL_OK)
        status = tl_snapshot_settle(l->snapshot, &sink);
    if (status == TL_OK)
        status = tl_store_commit(l->scratch, false);
    return status == TL_OK ? TL_OK
                           : tl_why_set(why, status,
                                        "its state is not what its last block is certified for: %s",
                                        tl_status_text(status));
}

static enum tl_status load(struct loading *l, struct tl_store *store, struct tl_why *why)
{
    struct tl_replica replica = {0};
    enum tl_status status = tl_replica_open(&replica, l->genesis, store, why);

    if (status == TL_OK)
        status = open_head(l, replica.chain, why);
    tl_replica_close(&replica);
    return status == TL_OK ? load_state(l, store, why) : status;
}

enum tl_status tl_snapshot_load(struct tl_store *scratch, const char *dir,
                                const struct tl_genesis_file *genesis, uint64_t *height,
                                struct tl_why *why)
{
    struct loading l = {.scratch = scratch,
                        .genesis = genesis,
                        .snapshot = tl_mem_new(1, sizeof *l.snapshot),
                        .head = tl_mem_new(HEAD_BYTES, 1)};
    char path[TL_PATH_MAX];
    struct tl_store *store = NULL;
    enum tl_status status = TL_ERR_LIMIT;

    *height = 0;
    if (tl_memberdir_path(path, sizeof path, dir, TL_MEMBERDIR_DATA))
        status = tl_store_rocksdb_open(&store, path, TL_STORE_READ_ONLY, why);
    if (status == TL_OK)
        status = load(&l, store, why);
    if (status == TL_OK)
        *height = l.snapshot->parts.header.height;
    tl_store_rocksdb_close(store);
    for (size_t i = 0; i < l.count; i++)
        tl_mem_free(l.row[i].bytes);
    tl_mem_free(l.row);
    tl_mem_free(l.snapshot);
    tl_mem_free(l.head);
    return status;
}
