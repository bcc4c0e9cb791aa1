/* Leaves and tiles of the log over an overlay. */
#include "tl/log.h"

#include "tl/check.h"
#include "tl/keys.h"

#include <string.h>

#define TILE_BITS  8u
#define TILE_BYTES (TL_TILE_WIDTH * TL_HASH_BYTES)

_Static_assert(TL_TILE_WIDTH == 1u << TILE_BITS, "a tile is eight levels high");
_Static_assert(TL_LOG_LEVELS *TILE_BITS >= 64, "every u64 size has its tiles");

void tl_log_writer_init(struct tl_log_writer *writer, struct tl_overlay *state,
                        struct tl_arena *arena, struct tl_frontier *frontier)
{
    *writer = (struct tl_log_writer){.state = state, .arena = arena, .frontier = frontier};
}

/* Loads the partial tile the position `at` of a level falls into. */
static enum tl_status load_edge(struct tl_log_writer *writer, uint32_t level, uint64_t at)
{
    size_t bytes = (size_t)(at % TL_TILE_WIDTH) * TL_HASH_BYTES;
    struct tl_hash *edge = tl_arena_take(writer->arena, TILE_BYTES);
    struct tl_bytes tile;
    enum tl_status status;

    if (edge == NULL)
        return TL_ERR_NO_MEMORY;
    if (bytes != 0) {
        status = tl_log_tile(writer->state, level, at / TL_TILE_WIDTH, &tile);
        if (status == TL_ERR_NOT_FOUND || (status == TL_OK && tile.len < bytes))
            return TL_ERR_CORRUPT;
        if (status != TL_OK)
            return status;
        memcpy(edge, tile.ptr, bytes);
    }
    writer->edge[level] = edge;
    return TL_OK;
}

static enum tl_status put_tile(struct tl_log_writer *writer, uint32_t level, uint64_t number,
                               size_t width)
{
    struct tl_key key = tl_key_tile(level, number);

    return tl_overlay_put(writer->state, tl_key_bytes(&key),
                          tl_bytes(writer->edge[level], width * TL_HASH_BYTES));
}

/* The root of `count` hashes, a power of two, folded in place. */
static void fold(struct tl_hash *hashes, size_t count)
{
    for (; count > 1; count /= 2) {
        for (size_t i = 0; i < count / 2; i++) {
            struct tl_hash parent;

            tl_merkle_node(&parent, &hashes[2 * i], &hashes[2 * i + 1]);
            hashes[i] = parent;
        }
    }
}

/* Puts a hash at the right edge of a tile level. */
static enum tl_status push(struct tl_log_writer *writer, uint32_t level, const struct tl_hash *hash)
{
    uint64_t at = writer->frontier->size >> (TILE_BITS * level);
    size_t slot = (size_t)(at % TL_TILE_WIDTH);
    enum tl_status status = TL_OK;

    if (writer->edge[level] == NULL)
        status = load_edge(writer, level, at);
    if (status != TL_OK)
        return status;
    writer->edge[level][slot] = *hash;
    writer->dirty |= 1u << level;
    if (slot != TL_TILE_WIDTH - 1)
        return TL_OK;
    writer->dirty &= ~(1u << level);
    return put_tile(writer, level, at / TL_TILE_WIDTH, TL_TILE_WIDTH);
}

/* Carries a leaf's hash up the frontier as tl_frontier_add does, and leaves what
 * it meets at each tile level there. */
static enum tl_status grow(struct tl_log_writer *writer, const struct tl_hash *leaf_hash)
{
    struct tl_frontier *frontier = writer->frontier;
    struct tl_hash carry = *leaf_hash;
    uint32_t level = 0;
    enum tl_status status = push(writer, 0, &carry);

    for (; (frontier->size >> level & 1u) != 0 && status == TL_OK; level++) {
        struct tl_hash right = carry;

        tl_merkle_node(&carry, &frontier->peak[level], &right);
        if ((level + 1) % TILE_BITS == 0)
            status = push(writer, (level + 1) / TILE_BITS, &carry);
    }
    if (status != TL_OK)
        return status;
    frontier->peak[level] = carry;
    frontier->size++;
    return TL_OK;
}

enum tl_status tl_log_writer_add(struct tl_log_writer *writer, struct tl_bytes leaf,
                                 const struct tl_hash *leaf_hash)
{
    struct tl_key key = tl_key_number(TL_KEY_LEAF, writer->frontier->size);
    enum tl_status status = tl_overlay_put(writer->state, tl_key_bytes(&key), leaf);

    TL_CHECK(writer->frontier->size < INT64_MAX);
    return status == TL_OK ? grow(writer, leaf_hash) : status;
}

enum tl_status tl_log_writer_done(struct tl_log_writer *writer)
{
    enum tl_status status = TL_OK;

    for (uint32_t level = 0; level < TL_LOG_LEVELS && status == TL_OK; level++) {
        uint64_t at = writer->frontier->size >> (TILE_BITS * level);

        if ((writer->dirty >> level & 1u) != 0)
            status = put_tile(writer, level, at / TL_TILE_WIDTH, (size_t)(at % TL_TILE_WIDTH));
    }
    writer->dirty = 0;
    return status;
}

enum tl_status tl_log_leaf(struct tl_overlay *state, uint64_t index, struct tl_bytes *leaf)
{
    struct tl_key key = tl_key_number(TL_KEY_LEAF, index);

    return tl_overlay_get(state, tl_key_bytes(&key), leaf);
}

enum tl_status tl_log_tile(struct tl_overlay *state, uint32_t level, uint64_t number,
                           struct tl_bytes *hashes)
{
    struct tl_key key = tl_key_tile(level, number);
    enum tl_status status = tl_overlay_get(state, tl_key_bytes(&key), hashes);

    if (status == TL_OK && (hashes->len % TL_HASH_BYTES != 0 || hashes->len > TILE_BYTES)) {
        *hashes = TL_BYTES_NONE;
        return TL_ERR_CORRUPT;
    }
    return status;
}

/* A node between two tile levels is the fold of a run of one tile. */
static enum tl_status node(void *host, uint32_t level, uint64_t index, struct tl_hash *out)
{
    struct tl_hash run[TL_TILE_WIDTH / 2];
    size_t count = (size_t)1 << (level % TILE_BITS);
    uint64_t first = index << (level % TILE_BITS);
    size_t from = (size_t)(first % TL_TILE_WIDTH) * TL_HASH_BYTES;
    struct tl_bytes tile;
    enum tl_status status = tl_log_tile(host, level / TILE_BITS, first / TL_TILE_WIDTH, &tile);

    memset(out, 0, sizeof *out);
    if (status != TL_OK)
        return status;
    if (tile.len < from + count * TL_HASH_BYTES)
        return TL_ERR_NOT_FOUND;
    memcpy(run, tile.ptr + from, count * TL_HASH_BYTES);
    fold(run, count);
    *out = run[0];
    return TL_OK;
}

struct tl_node_source tl_log_nodes(struct tl_overlay *state)
{
    return (struct tl_node_source){node, state};
}

/* ---- the right edge ---- */

/* Hashes in the partial tile of a level. */
static size_t edge_width(uint64_t size, uint32_t level)
{
    return (size_t)((size >> (TILE_BITS * level)) % TL_TILE_WIDTH);
}

static size_t edge_bytes(uint64_t size)
{
    size_t bytes = 0;

    for (uint32_t level = 0; level < TL_LOG_LEVELS; level++)
        bytes += edge_width(size, level) * TL_HASH_BYTES;
    return bytes;
}

enum tl_status tl_log_edge_read(struct tl_overlay *state, uint64_t size, struct tl_buf *out)
{
    for (uint32_t level = 0; level < TL_LOG_LEVELS; level++) {
        size_t bytes = edge_width(size, level) * TL_HASH_BYTES;
        struct tl_bytes tile;
        enum tl_status status;

        if (bytes == 0)
            continue;
        status = tl_log_tile(state, level, (size >> (TILE_BITS * level)) / TL_TILE_WIDTH, &tile);
        if (status == TL_ERR_NOT_FOUND || (status == TL_OK && tile.len < bytes))
            return TL_ERR_CORRUPT;
        if (status != TL_OK)
            return status;
        tl_buf_put(out, tile.ptr, bytes);
    }
    return out->full ? TL_ERR_NO_MEMORY : TL_OK;
}

/* The peaks of one tile level are the folds of the runs its width is made of. */
static void edge_peaks(struct tl_frontier *frontier, uint64_t size, uint32_t level,
                       const uint8_t *hashes)
{
    for (uint32_t bit = TILE_BITS; bit-- > 0;) {
        struct tl_hash run[TL_TILE_WIDTH / 2];
        size_t count = (size_t)1 << bit;

        if ((size >> (TILE_BITS * level + bit) & 1u) == 0)
            continue;
        memcpy(run, hashes, count * TL_HASH_BYTES);
        fold(run, count);
        frontier->peak[TILE_BITS * level + bit] = run[0];
        hashes += count * TL_HASH_BYTES;
    }
}

enum tl_status tl_log_edge_frontier(struct tl_bytes edge, uint64_t size,
                                    struct tl_frontier *frontier)
{
    size_t at = 0;

    tl_frontier_init(frontier);
    if (edge.len != edge_bytes(size))
        return TL_ERR_PROOF;
    for (uint32_t level = 0; level < TL_LOG_LEVELS; level++) {
        size_t width = edge_width(size, level);

        if (width != 0)
            edge_peaks(frontier, size, level, edge.ptr + at);
        at += width * TL_HASH_BYTES;
    }
    frontier->size = size;
    return TL_OK;
}

enum tl_status tl_log_edge_write(struct tl_bytes edge, uint64_t size,
                                 const struct tl_store_sink *sink)
{
    enum tl_status status = TL_OK;
    size_t at = 0;

    TL_CHECK(edge.len == edge_bytes(size));
    for (uint32_t level = 0; level < TL_LOG_LEVELS && status == TL_OK; level++) {
        size_t bytes = edge_width(size, level) * TL_HASH_BYTES;
        struct tl_key key = tl_key_tile(level, (size >> (TILE_BITS * level)) / TL_TILE_WIDTH);

        if (bytes != 0)
            status = sink->put(sink->host, tl_key_bytes(&key), tl_bytes(edge.ptr + at, bytes));
        at += bytes;
    }
    return status;
}
