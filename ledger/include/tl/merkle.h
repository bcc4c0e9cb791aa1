/* tl/merkle.h -- the RFC 6962 tree: roots, frontiers and proofs.
 *
 *   empty root SHA-256("")   leaf SHA-256(0x00 ‖ entry)   node SHA-256(0x01 ‖ L ‖ R)
 *
 * A tree of n leaves splits at the largest power of two below n.  Leaves and
 * inner nodes begin with different bytes; without that a node could be passed
 * off as an entry.  An odd node is carried up, not paired with itself: pairing
 * would give two lists of entries one root.  RFC 6962 section 2.1, RFC 9162.
 * Pure. */
#ifndef TL_MERKLE_H
#define TL_MERKLE_H

#include "tl/bytes.h"
#include "tl/status.h"

#define TL_PROOF_HASHES_MAX 64u

struct tl_proof {
    uint32_t count;
    struct tl_hash hash[TL_PROOF_HASHES_MAX]; /* leaf sibling first */
};

void tl_merkle_empty(struct tl_hash *out);
void tl_merkle_leaf(struct tl_hash *out, struct tl_bytes entry);
void tl_merkle_node(struct tl_hash *out, const struct tl_hash *left, const struct tl_hash *right);

/* The right edge of a tree: all that is needed to append and to know the root.
 * A plain value; copy it to branch.  peak[i] is meaningful iff bit i of size is
 * set and is the root of 2^i leaves. */
struct tl_frontier {
    uint64_t size;
    struct tl_hash peak[64];
};
void tl_frontier_init(struct tl_frontier *frontier);
void tl_frontier_add(struct tl_frontier *frontier, const struct tl_hash *leaf_hash);
void tl_frontier_root(const struct tl_frontier *frontier, struct tl_hash *out);

/* tl_inclusion_verify: exact proof length, index < size, or TL_ERR_PROOF. */
TL_MUST_USE enum tl_status tl_inclusion_verify(const struct tl_hash *leaf_hash, uint64_t index,
                                               uint64_t size, const struct tl_proof *proof,
                                               const struct tl_hash *root);
/* tl_consistency_verify: size 0 is an error; equal sizes need an empty proof
 * and equal roots. */
TL_MUST_USE enum tl_status tl_consistency_verify(uint64_t size1, uint64_t size2,
                                                 const struct tl_proof *proof,
                                                 const struct tl_hash *root1,
                                                 const struct tl_hash *root2);

/* tl_node_source answers the hash of the complete subtree over the leaves
 * [index << level, (index + 1) << level). */
struct tl_node_source {
    enum tl_status (*node)(void *host, uint32_t level, uint64_t index, struct tl_hash *out);
    void *host;
};
TL_MUST_USE enum tl_status tl_inclusion_prove(const struct tl_node_source *source, uint64_t index,
                                              uint64_t size, struct tl_proof *proof);
TL_MUST_USE enum tl_status tl_consistency_prove(const struct tl_node_source *source, uint64_t size1,
                                                uint64_t size2, struct tl_proof *proof);

#endif
