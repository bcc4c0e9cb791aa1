/* Taking a snapshot apart and believing nothing of it. */
#include "tl/snapshot.h"

#include "statemap_private.h"
#include "tl/check.h"
#include "tl/keys.h"

#include <string.h>

TL_DEFINE_RECORD(tl_state_pair, TL_STATE_PAIR_FIELDS)
TL_DEFINE_RECORD(tl_snapshot_head, TL_SNAPSHOT_HEAD_FIELDS)

/* Buckets below one chunk, at most. */
#define BUCKETS_MAX (1u << (TL_STATE_BITS_MAX - TL_SNAPSHOT_BITS))

struct pair {
    struct tl_hash key_hash;
    struct tl_hash value_hash;
    struct tl_bytes key;
    struct tl_bytes value;
};

/* A chunk taken apart; `pair` in the order of the key hashes. */
struct chunk {
    const struct tl_snapshot *snapshot;
    uint32_t number;
    uint32_t count;
    struct pair *pair;
    struct pair **order;
    uint8_t *bucket; /* hashes of all pairs, in that order */
};

uint32_t tl_snapshot_bits(uint32_t state_bits)
{
    return state_bits < TL_SNAPSHOT_BITS ? state_bits : TL_SNAPSHOT_BITS;
}

uint32_t tl_snapshot_chunk_of(struct tl_bytes key, uint32_t chunk_bits)
{
    struct tl_hash hash;

    tl_state_key_hash(&hash, key);
    return tl_state_bucket_of(&hash, chunk_bits);
}

/* ---- head ---- */

/* The root over 2^bits hashes, folded in `room`. */
static void fold_tree(struct tl_hash *room, uint32_t bits, struct tl_hash *root)
{
    for (size_t count = (size_t)1 << bits; count > 1; count /= 2) {
        for (size_t i = 0; i < count / 2; i++) {
            struct tl_hash parent;

            tl_state_node_hash(&parent, &room[2 * i], &room[2 * i + 1]);
            room[i] = parent;
        }
    }
    *root = room[0];
}

static enum tl_status check_tree(const struct tl_snapshot *snapshot)
{
    struct tl_hash room[TL_SNAPSHOT_CHUNKS_MAX / 16];
    struct tl_hash top[16];
    uint32_t bits = snapshot->chunk_bits < 4 ? 0 : snapshot->chunk_bits - 4;
    size_t part = (size_t)1 << bits;
    struct tl_hash root;

    if (snapshot->head.tree.len != part * 16 * TL_HASH_BYTES)
        return TL_ERR_PROOF;
    for (size_t i = 0; i < 16; i++) {
        memcpy(room, snapshot->head.tree.ptr + i * part * TL_HASH_BYTES, part * TL_HASH_BYTES);
        fold_tree(room, bits, &top[i]);
    }
    fold_tree(top, 4, &root);
    return tl_hash_eq(&root, &snapshot->parts.header.state_root) ? TL_OK : TL_ERR_PROOF;
}

_Static_assert(TL_STATE_BITS_MIN >= 4, "a tree has at least 16 chunks");

static enum tl_status check_cert(const struct tl_snapshot *snapshot, const struct tl_voters *voters)
{
    struct tl_cert cert;
    enum tl_status status = tl_record_decode(&tl_cert_record, &cert, snapshot->head.cert);

    if (status != TL_OK)
        return status;
    if (cert.kind != TL_VOTE_FINALIZE || !tl_hash_eq(&cert.hash, &snapshot->parts.hash))
        return TL_ERR_CERTIFICATE;
    return tl_cert_verify(&cert, voters);
}

/* The one thing in a block that its hash does not cover. */
static enum tl_status check_leader(const struct tl_snapshot *snapshot,
                                   const struct tl_voters *voters)
{
    uint32_t leader = snapshot->parts.header.leader;

    if (leader >= voters->count)
        return TL_ERR_RANGE;
    return tl_proposal_verify(&snapshot->parts.block.leader_sig, &snapshot->parts.hash,
                              &voters->key[leader]);
}

static enum tl_status check_edge(struct tl_snapshot *snapshot)
{
    struct tl_hash root;
    enum tl_status status = tl_log_edge_frontier(
        snapshot->head.edge, snapshot->parts.header.log_size, &snapshot->frontier);

    if (status != TL_OK)
        return status;
    tl_frontier_root(&snapshot->frontier, &root);
    return tl_hash_eq(&root, &snapshot->parts.header.log_root) ? TL_OK : TL_ERR_PROOF;
}

/* From the genesis file to the keys of the block's epoch. */
static enum tl_status find_voters(const struct tl_snapshot *snapshot,
                                  const struct tl_genesis *genesis, const struct tl_hash *chain_id,
                                  struct tl_voters *voters)
{
    struct tl_list links = snapshot->head.links;
    struct tl_epoch_link link;
    struct tl_epoch epoch;
    const char *why = "";

    tl_epoch_first(&epoch, genesis);
    while (tl_list_next(&links, &tl_epoch_link_record, &link)) {
        enum tl_status status = tl_epoch_step(&epoch, &link, chain_id, &why);

        if (status != TL_OK)
            return status;
    }
    if (epoch.number != snapshot->parts.header.epoch)
        return TL_ERR_BROKEN_LINK;
    tl_epoch_voters(voters, &epoch, chain_id);
    return TL_OK;
}

enum tl_status tl_snapshot_open(struct tl_snapshot *snapshot, struct tl_bytes bytes,
                                const struct tl_genesis *genesis, const struct tl_hash *chain_id)
{
    struct tl_voters voters;
    enum tl_status status;

    memset(snapshot, 0, sizeof *snapshot);
    status = tl_record_decode(&tl_snapshot_head_record, &snapshot->head, bytes);
    if (status == TL_OK)
        status = tl_block_decode(&snapshot->parts, snapshot->head.block);
    if (status != TL_OK)
        return status;
    if (!tl_hash_eq(&snapshot->parts.header.chain_id, chain_id))
        return TL_ERR_WRONG_CHAIN;
    snapshot->state_bits = genesis->state_bits;
    snapshot->chunk_bits = tl_snapshot_bits(genesis->state_bits);
    status = find_voters(snapshot, genesis, chain_id, &voters);
    if (status == TL_OK)
        status = check_cert(snapshot, &voters);
    if (status == TL_OK)
        status = check_leader(snapshot, &voters);
    if (status == TL_OK)
        status = check_tree(snapshot);
    return status == TL_OK ? check_edge(snapshot) : status;
}

/* ---- settling ---- */

static enum tl_status put(const struct tl_store_sink *sink, struct tl_key key,
                          struct tl_bytes value)
{
    return sink->put(sink->host, tl_key_bytes(&key), value);
}

static enum tl_status put_record(const struct tl_store_sink *sink, uint8_t class_byte,
                                 const struct tl_record *record, const void *value)
{
    uint8_t bytes[256];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);

    tl_record_write(record, value, &buf);
    TL_CHECK(!buf.full);
    return put(sink, tl_key_single(class_byte), tl_buf_bytes(&buf));
}

static enum tl_status put_block(const struct tl_snapshot *snapshot,
                                const struct tl_store_sink *sink)
{
    const struct tl_header *header = &snapshot->parts.header;
    uint8_t height[8];
    enum tl_status status;

    tl_put_u64be(height, header->height);
    status = put(sink, tl_key_number(TL_KEY_BLOCK, header->height), snapshot->head.block);
    if (status == TL_OK)
        status = put(sink, tl_key_number(TL_KEY_CERT, header->height), snapshot->head.cert);
    if (status == TL_OK)
        status = put(sink, tl_key_hash(&snapshot->parts.hash), tl_bytes(height, sizeof height));
    if (status == TL_OK)
        status =
            put(sink, tl_key_single(TL_KEY_CHAIN), tl_bytes(header->chain_id.b, TL_HASH_BYTES));
    return status;
}

/* So that the way from the genesis file to today's keys can still be shown. */
static enum tl_status put_links(const struct tl_snapshot *snapshot,
                                const struct tl_store_sink *sink)
{
    struct tl_list links = snapshot->head.links;
    enum tl_status status = TL_OK;

    for (uint64_t number = 0; links.count != 0 && status == TL_OK; number++) {
        const uint8_t *begin = links.raw.ptr;
        struct tl_epoch_link link;

        if (!tl_list_next(&links, &tl_epoch_link_record, &link))
            break;
        status = put(sink, tl_key_number(TL_KEY_LINK, number),
                     tl_bytes(begin, (size_t)(links.raw.ptr - begin)));
    }
    return status;
}

enum tl_status tl_snapshot_settle(const struct tl_snapshot *snapshot,
                                  const struct tl_store_sink *sink)
{
    const struct tl_header *header = &snapshot->parts.header;
    struct tl_tip tip = {.height = header->height,
                         .hash = snapshot->parts.hash,
                         .view = header->view,
                         .time_ms = header->time_ms,
                         .log_size = header->log_size,
                         .log_root = header->log_root,
                         .state_root = header->state_root};
    struct tl_kept kept = {.height = header->height, .leaf = header->log_size};
    enum tl_status status = put_block(snapshot, sink);

    if (status == TL_OK)
        status = put_links(snapshot, sink);
    if (status == TL_OK)
        status = tl_log_edge_write(snapshot->head.edge, header->log_size, sink);
    if (status == TL_OK)
        status = put_record(sink, TL_KEY_TIP, &tl_tip_record, &tip);
    if (status == TL_OK)
        status = put_record(sink, TL_KEY_KEPT, &tl_kept_record, &kept);
    return status;
}

/* ---- chunks ---- */

static bool is_before(const struct pair *a, const struct pair *b)
{
    return memcmp(a->key_hash.b, b->key_hash.b, TL_HASH_BYTES) < 0;
}

/* The heap at `at`, whose halves are heaps. */
static void sift_down(struct pair **heap, size_t at, size_t count)
{
    struct pair *sunk = heap[at];

    for (size_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && is_before(heap[child], heap[child + 1]))
            child++;
        if (!is_before(sunk, heap[child]))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = sunk;
}

static void sort_pairs(struct pair **order, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sift_down(order, i, count);
    while (count > 1) {
        struct pair *largest = order[0];

        order[0] = order[--count];
        order[count] = largest;
        sift_down(order, 0, count);
    }
}

/* Each key once, in order, authenticated, of this chunk, and with a value. */
static enum tl_status read_pairs(struct chunk *chunk, struct tl_list pairs)
{
    struct tl_bytes before = TL_BYTES_NONE;
    struct tl_state_pair item;

    while (tl_list_next(&pairs, &tl_state_pair_record, &item)) {
        struct pair *pair = &chunk->pair[chunk->count];

        if (item.key.len == 0 || item.value.len == 0 || item.key.ptr[0] >= TL_STATE_KEY_PLAIN)
            return TL_ERR_RANGE;
        if (before.len != 0 && tl_bytes_cmp(before, item.key) >= 0)
            return TL_ERR_ENCODING;
        before = item.key;
        tl_state_key_hash(&pair->key_hash, item.key);
        tl_state_value_hash(&pair->value_hash, item.value);
        if (tl_state_bucket_of(&pair->key_hash, chunk->snapshot->chunk_bits) != chunk->number)
            return TL_ERR_PROOF;
        pair->key = item.key;
        pair->value = item.value;
        chunk->order[chunk->count++] = pair;
    }
    return TL_OK;
}

/* The run of pairs from `first` on that lie in one bucket. */
static uint32_t bucket_end(const struct chunk *chunk, uint32_t first, uint32_t bucket)
{
    uint32_t end = first;

    while (end < chunk->count &&
           tl_state_bucket_of(&chunk->order[end]->key_hash, chunk->snapshot->state_bits) == bucket)
        end++;
    return end;
}

static struct tl_bytes bucket_bytes(const struct chunk *chunk, uint32_t first, uint32_t end)
{
    return tl_bytes(chunk->bucket + (size_t)first * TL_STATE_PAIR_BYTES,
                    (size_t)(end - first) * TL_STATE_PAIR_BYTES);
}

static uint32_t buckets_in(const struct chunk *chunk)
{
    return 1u << (chunk->snapshot->state_bits - chunk->snapshot->chunk_bits);
}

static enum tl_status check_chunk(const struct chunk *chunk)
{
    struct tl_hash hash[BUCKETS_MAX];
    struct tl_hash root;
    uint32_t buckets = buckets_in(chunk);
    uint32_t first = 0;

    for (uint32_t i = 0; i < chunk->count; i++) {
        uint8_t *at = chunk->bucket + (size_t)i * TL_STATE_PAIR_BYTES;

        memcpy(at, chunk->order[i]->key_hash.b, TL_HASH_BYTES);
        memcpy(at + TL_HASH_BYTES, chunk->order[i]->value_hash.b, TL_HASH_BYTES);
    }
    for (uint32_t i = 0; i < buckets; i++) {
        uint32_t end = bucket_end(chunk, first, chunk->number * buckets + i);

        tl_state_bucket_hash(&hash[i], bucket_bytes(chunk, first, end));
        first = end;
    }
    TL_INVARIANT(first == chunk->count);
    fold_tree(hash, chunk->snapshot->state_bits - chunk->snapshot->chunk_bits, &root);
    if (memcmp(root.b, chunk->snapshot->head.tree.ptr + (size_t)chunk->number * TL_HASH_BYTES,
               TL_HASH_BYTES) != 0)
        return TL_ERR_PROOF;
    return TL_OK;
}

static enum tl_status gather(const struct chunk *chunk, const struct tl_store_sink *sink)
{
    enum tl_status status = TL_OK;
    uint32_t buckets = buckets_in(chunk);
    uint32_t first = 0;

    for (uint32_t i = 0; i < chunk->count && status == TL_OK; i++)
        status = sink->put(sink->host, chunk->pair[i].key, chunk->pair[i].value);
    for (uint32_t i = 0; i < buckets && status == TL_OK; i++) {
        uint32_t bucket = chunk->number * buckets + i;
        uint32_t end = bucket_end(chunk, first, bucket);

        if (end != first)
            status = put(sink, tl_key_bucket(bucket), bucket_bytes(chunk, first, end));
        first = end;
    }
    return status;
}

size_t tl_snapshot_scratch(uint32_t pairs)
{
    return (size_t)pairs * (sizeof(struct pair) + sizeof(struct pair *) + TL_STATE_PAIR_BYTES) +
           256u;
}

enum tl_status tl_snapshot_take(const struct tl_snapshot *snapshot, uint32_t number,
                                struct tl_list pairs, struct tl_arena *scratch,
                                const struct tl_store_sink *sink)
{
    struct chunk chunk = {.snapshot = snapshot, .number = number};
    enum tl_status status;

    TL_CHECK(number >> snapshot->chunk_bits == 0);
    tl_arena_reset(scratch);
    if (scratch->size < tl_snapshot_scratch(pairs.count))
        return TL_ERR_NO_MEMORY;
    chunk.pair = tl_arena_take(scratch, pairs.count * sizeof *chunk.pair);
    chunk.order = tl_arena_take(scratch, pairs.count * sizeof(struct pair *));
    chunk.bucket = tl_arena_take(scratch, (size_t)pairs.count * TL_STATE_PAIR_BYTES);
    if (chunk.pair == NULL || chunk.order == NULL || chunk.bucket == NULL)
        return TL_ERR_NO_MEMORY;
    status = read_pairs(&chunk, pairs);
    if (status != TL_OK)
        return status;
    sort_pairs(chunk.order, chunk.count);
    status = check_chunk(&chunk);
    return status == TL_OK ? gather(&chunk, sink) : status;
}
