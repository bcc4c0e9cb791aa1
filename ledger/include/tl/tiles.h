/* tl/tiles.h -- the log as files any web server can serve.
 *
 * C2SP tlog-tiles v1: a log of n leaves is
 *
 *   tile/<level>/<number>            256 hashes of 32 bytes; hash i of tile N at
 *                                    level L is the root of the 256^L leaves that
 *                                    begin at (N*256 + i) * 256^L
 *   tile/entries/<number>            256 leaves, each behind a u16be length
 *   ...<number>.p/<width>            the rightmost one, while it is not full
 *
 * and a checkpoint beside them.  A number is written in groups of three digits,
 * all but the last with an x in front: 1234067 is x001/x234/067.  Full tiles
 * never change; a partial one of an older size is a prefix of today's, so the
 * files of any size up to the log's can be cut from the store.
 *
 * Our store keeps the hashes in this very shape (log.h) and the leaves one by
 * one; this header names the files and makes their bytes.  Pure. */
#ifndef TL_TILES_H
#define TL_TILES_H

#include "tl/log.h"

/* The level of a bundle of leaves, in place of a level of hashes. */
#define TL_TILE_ENTRIES     UINT32_MAX
#define TL_TILE_PATH_MAX    64u
#define TL_TILE_BYTES_MAX   (TL_TILE_WIDTH * TL_HASH_BYTES)
#define TL_BUNDLE_BYTES_MAX (TL_TILE_WIDTH * (2u + TL_LEAF_BYTES_MAX))

struct tl_tile {
    uint32_t level; /* or TL_TILE_ENTRIES */
    uint64_t number;
    uint32_t width; /* hashes or leaves in it, 1 to 256 */
};

/* tl_tile_path writes the tile's path, terminated. */
void tl_tile_path(char out[TL_TILE_PATH_MAX], const struct tl_tile *tile);

/* A walk over every tile of a log of `size` leaves, bundles included; begin with
 * {.size = size}. */
struct tl_tile_walk {
    uint64_t size;
    uint32_t step; /* 0: bundles, else level + 1 */
    uint64_t number;
};
/* tl_tile_next gives the next tile.  False: that was all. */
TL_MUST_USE bool tl_tile_next(struct tl_tile_walk *walk, struct tl_tile *tile);

/* tl_tile_read writes a tile's bytes as they stand in its file; room for
 * TL_TILE_BYTES_MAX, or TL_BUNDLE_BYTES_MAX for leaves, always suffices.
 * TL_ERR_NOT_FOUND: the log is shorter; TL_ERR_NO_MEMORY: no room;
 * TL_ERR_STORE, TL_ERR_CORRUPT. */
TL_MUST_USE enum tl_status tl_tile_read(struct tl_overlay *state, const struct tl_tile *tile,
                                        struct tl_buf *out);
/* tl_bundle_next takes the next leaf out of a bundle.  False: none is left, or
 * what is left is cut short; *bundle is empty in the first case only. */
TL_MUST_USE bool tl_bundle_next(struct tl_bytes *bundle, struct tl_bytes *leaf);

#endif
