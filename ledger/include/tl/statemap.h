/* tl/statemap.h -- the authenticated map behind state_root.
 *
 * Every state key hashes into one of 2^bits buckets (bits: genesis).  A bucket
 * is the list of (key hash, value hash) of its keys in ascending order; its
 * hash is a leaf of a perfect binary tree, whose root is the state root:
 *
 *   key hash    = SHA-256("tallystick/skey/v1\0" ‖ key)
 *   value hash  = SHA-256("tallystick/sval/v1\0" ‖ value)
 *   bucket no.  = the first `bits` bits of the key hash
 *   bucket hash = zero when empty, else SHA-256("tallystick/bkt/v1\0" ‖ pairs)
 *   node        = SHA-256("tallystick/snode/v1\0" ‖ left ‖ right),
 *                 zero when both are
 *
 * A proof is the bucket and its path of siblings; it shows that a key has a
 * value, or that a key has none, equally well.  With 2^16 buckets a ledger of a
 * million keys has some 15 pairs in a bucket and proofs of about 1.5 KiB.
 * Runs of buckets verify one by one against the root: that is what a snapshot
 * (snapshot.h) is made of.
 *
 * Why not a deep sparse tree: two levels need no rebalancing, no rotation and
 * no per-node storage; the upper tree is a flat array in memory.
 *
 * Which keys are authenticated: those whose first byte is below
 * TL_STATE_KEY_PLAIN; the rest (indexes) can be derived from them.
 *
 * Memory: the caller gives tl_statemap_bytes(bits); 4 MiB for 16 bits.  Buckets are stored through
 * the overlay under keys the map owns.  Pure. */
#ifndef TL_STATEMAP_H
#define TL_STATEMAP_H

#include "tl/merkle.h"
#include "tl/overlay.h"

#define TL_STATE_KEY_PLAIN 0x80u

struct tl_statemap;

size_t tl_statemap_bytes(uint32_t bits);
struct tl_statemap *tl_statemap_init(void *memory, uint32_t bits);
/* tl_statemap_load rebuilds the upper tree from the buckets in the store. */
TL_MUST_USE enum tl_status tl_statemap_load(struct tl_statemap *map, struct tl_store *store);

/* tl_statemap_root folds what `overlay` changed into buckets and upper nodes
 * (kept in the overlay until it is final) and gives the root after it.  Called
 * once per overlay, when its block has been executed. */
TL_MUST_USE enum tl_status tl_statemap_root(struct tl_statemap *map, struct tl_overlay *overlay,
                                            struct tl_hash *root);
/* tl_statemap_commit adopts the nodes of an overlay that became final.  Its
 * values and buckets are among the overlay's writes (tl_overlay_flush). */
void tl_statemap_commit(struct tl_statemap *map, struct tl_overlay *overlay);
/* The hashes of the committed tree at a depth, 2^depth of them; 0 is the root. */
void tl_statemap_level(const struct tl_statemap *map, uint32_t depth, struct tl_hash *out);
/* The root of what is committed. */
void tl_statemap_committed_root(const struct tl_statemap *map, struct tl_hash *root);

struct tl_state_proof {
    uint32_t bits;
    struct tl_bytes bucket;                 /* pairs of 64 bytes; borrowed */
    struct tl_hash path[TL_STATE_BITS_MAX]; /* sibling of the bucket first */
};
/* tl_statemap_prove proves a key's presence or absence in committed state.
 * `state` is the way to the stored buckets: an overlay that has written nothing
 * and whose parent, if any, is committed.  proof->bucket borrows like
 * tl_overlay_get.  TL_OK for a present and for an absent key; TL_ERR_STORE or
 * TL_ERR_CORRUPT when the bucket cannot be read. */
TL_MUST_USE enum tl_status tl_statemap_prove(struct tl_statemap *map, struct tl_overlay *state,
                                             struct tl_bytes key, struct tl_state_proof *proof);
/* tl_statemap_verify: an empty `value` claims absence.  TL_OK or TL_ERR_PROOF.  The
 * proof may come from anybody. */
TL_MUST_USE enum tl_status tl_statemap_verify(const struct tl_state_proof *proof,
                                              struct tl_bytes key, struct tl_bytes value,
                                              const struct tl_hash *root);

#endif
