/* tl/log.h -- the log of leaves, kept as tiles.
 *
 * A leaf is stored under its index.  The tree above is stored as in C2SP
 * tlog-tiles: tile N of level L holds up to 256 hashes, the i-th being the root
 * of the 256^L leaves that begin at (N*256 + i) * 256^L.  The rightmost tile of
 * each level is partial and is rewritten as it grows; what was in it stays a
 * prefix, so an old size is proven from today's tiles.  Nodes between two tile
 * levels are hashed again when asked for: at most 127 hashes each.
 *
 * Everything is read and written through an overlay, so an unfinalized block
 * has its leaves and tiles like any other.  Pure. */
#ifndef TL_LOG_H
#define TL_LOG_H

#include "tl/merkle.h"
#include "tl/overlay.h"
#include "tl/store.h"

#define TL_TILE_WIDTH 256u
#define TL_LOG_LEVELS 8u

/* Appends to the log whose right edge is `frontier`, which it moves on: a hash
 * that completes a subtree of 256^L leaves for the frontier is also the next one
 * of tile level L, so the tree is hashed once.  The tiles' right edge is held in
 * `arena`, 8 KiB for each level in use, until tl_log_writer_done. */
struct tl_log_writer {
    struct tl_overlay *state;
    struct tl_arena *arena;
    struct tl_frontier *frontier;
    uint32_t dirty;                      /* one bit per level with a changed partial tile */
    struct tl_hash *edge[TL_LOG_LEVELS]; /* NULL: not loaded */
};

void tl_log_writer_init(struct tl_log_writer *writer, struct tl_overlay *state,
                        struct tl_arena *arena, struct tl_frontier *frontier);
/* tl_log_writer_add stores the leaf and its hash (as of tl_merkle_leaf).  After a
 * failure neither frontier nor overlay are of use. */
TL_MUST_USE enum tl_status tl_log_writer_add(struct tl_log_writer *writer, struct tl_bytes leaf,
                                             const struct tl_hash *leaf_hash);
/* tl_log_writer_done stores the partial tiles. */
TL_MUST_USE enum tl_status tl_log_writer_done(struct tl_log_writer *writer);

/* The right edge of a log of `size` leaves: the partial tile of each level, lowest
 * first, which is all that appending needs.  At most TL_LOG_EDGE_MAX bytes.
 *
 * tl_log_edge_read takes it from the tiles (TL_ERR_CORRUPT: they do not go that
 * far), tl_log_edge_frontier gives the frontier it makes, whose root says whether
 * the edge is the log's (TL_ERR_PROOF: not even its length is right), and
 * tl_log_edge_write stores its tiles. */
#define TL_LOG_EDGE_MAX (TL_LOG_LEVELS * (TL_TILE_WIDTH - 1u) * TL_HASH_BYTES)
TL_MUST_USE enum tl_status tl_log_edge_read(struct tl_overlay *state, uint64_t size,
                                            struct tl_buf *out);
TL_MUST_USE enum tl_status tl_log_edge_frontier(struct tl_bytes edge, uint64_t size,
                                                struct tl_frontier *frontier);
TL_MUST_USE enum tl_status tl_log_edge_write(struct tl_bytes edge, uint64_t size,
                                             const struct tl_store_sink *sink);

/* tl_log_leaf gives a leaf's bytes.  TL_ERR_NOT_FOUND beyond the end. */
TL_MUST_USE enum tl_status tl_log_leaf(struct tl_overlay *state, uint64_t index,
                                       struct tl_bytes *leaf);
/* tl_log_nodes is a source for the proofs of merkle.h. */
struct tl_node_source tl_log_nodes(struct tl_overlay *state);
/* tl_log_tile gives a tile as stored: `width` hashes of 32 bytes.  Full tiles
 * never change.  TL_ERR_NOT_FOUND: no such tile. */
TL_MUST_USE enum tl_status tl_log_tile(struct tl_overlay *state, uint32_t level, uint64_t number,
                                       struct tl_bytes *hashes);

#endif
