/* RFC 6962 trees without recursion: a node is (level, index), and the walk from
 * any node to the root is two numbers shifted right together. */
#include "tl/merkle.h"

#include "tl/check.h"
#include "tl/hash.h"

#include <string.h>

#define NODE_BYTES (1u + 2u * TL_HASH_BYTES)

static const uint8_t leaf_tag = 0x00;
static const uint8_t node_tag = 0x01;

void tl_merkle_empty(struct tl_hash *out)
{
    tl_hash_plain(out, TL_BYTES_NONE);
}

void tl_merkle_leaf(struct tl_hash *out, struct tl_bytes entry)
{
    struct tl_hasher hasher;

    tl_hasher_init(&hasher);
    tl_hasher_put(&hasher, tl_bytes(&leaf_tag, 1));
    tl_hasher_put(&hasher, entry);
    tl_hasher_done(&hasher, out);
}

void tl_merkle_node(struct tl_hash *out, const struct tl_hash *left, const struct tl_hash *right)
{
    uint8_t bytes[NODE_BYTES];

    bytes[0] = node_tag;
    memcpy(bytes + 1, left->b, TL_HASH_BYTES);
    memcpy(bytes + 1 + TL_HASH_BYTES, right->b, TL_HASH_BYTES);
    tl_hash_plain(out, tl_bytes(bytes, sizeof bytes));
}

void tl_frontier_init(struct tl_frontier *frontier)
{
    memset(frontier, 0, sizeof *frontier);
}

/* Adding a leaf is adding one to a binary number: each set low bit is a peak
 * that pairs with the carry. */
void tl_frontier_add(struct tl_frontier *frontier, const struct tl_hash *leaf_hash)
{
    struct tl_hash carry = *leaf_hash;
    uint32_t level = 0;

    TL_CHECK(frontier->size < UINT64_MAX);
    for (uint64_t bits = frontier->size; (bits & 1) != 0; bits >>= 1) {
        tl_merkle_node(&carry, &frontier->peak[level], &carry);
        level++;
    }
    frontier->peak[level] = carry;
    frontier->size++;
}

void tl_frontier_root(const struct tl_frontier *frontier, struct tl_hash *out)
{
    bool started = false;
    uint32_t level = 0;

    if (frontier->size == 0) {
        tl_merkle_empty(out);
        return;
    }
    for (uint64_t bits = frontier->size; bits != 0; bits >>= 1, level++) {
        if ((bits & 1) == 0)
            continue;
        if (started)
            tl_merkle_node(out, &frontier->peak[level], out);
        else
            *out = frontier->peak[level];
        started = true;
    }
}

/* A node on its way up, beside the last node of its level. */
struct climb {
    uint64_t index;
    uint64_t last;
};

static void climb_up(struct climb *at)
{
    at->index >>= 1;
    at->last >>= 1;
}

/* Whether the next hash of a proof stands left of us.  A last node without a
 * right sibling is carried up until it is a right child (RFC 9162, 2.1.3.2). */
static bool climb_to_sibling(struct climb *at)
{
    bool left = (at->index & 1) != 0 || at->index == at->last;

    while ((at->index & 1) == 0 && at->index == at->last && at->index != 0)
        climb_up(at);
    return left;
}

enum tl_status tl_inclusion_verify(const struct tl_hash *leaf_hash, uint64_t index, uint64_t size,
                                   const struct tl_proof *proof, const struct tl_hash *root)
{
    struct climb at = {index, size - 1};
    struct tl_hash hash = *leaf_hash;

    if (index >= size || proof->count > TL_PROOF_HASHES_MAX)
        return TL_ERR_PROOF;
    for (uint32_t i = 0; i < proof->count; i++) {
        if (at.last == 0)
            return TL_ERR_PROOF;
        if (climb_to_sibling(&at))
            tl_merkle_node(&hash, &proof->hash[i], &hash);
        else
            tl_merkle_node(&hash, &hash, &proof->hash[i]);
        climb_up(&at);
    }
    return at.last == 0 && tl_hash_eq(&hash, root) ? TL_OK : TL_ERR_PROOF;
}

/* Both roots are rebuilt from the last node of the old tree that is complete in
 * both: a left sibling belongs to old and new, a right one only to the new. */
static bool roots_grow(struct climb at, const struct tl_hash *hashes, uint32_t count,
                       struct tl_hash *old_root, struct tl_hash *new_root)
{
    for (uint32_t i = 0; i < count; i++) {
        if (at.last == 0)
            return false;
        if (climb_to_sibling(&at)) {
            tl_merkle_node(old_root, &hashes[i], old_root);
            tl_merkle_node(new_root, &hashes[i], new_root);
        } else {
            tl_merkle_node(new_root, new_root, &hashes[i]);
        }
        climb_up(&at);
    }
    return at.last == 0;
}

static bool is_power_of_two(uint64_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

/* How many levels up the last complete subtree of a tree of `size` stands. */
static uint32_t last_subtree_level(uint64_t size)
{
    uint32_t level = 0;

    TL_CHECK(size != 0);
    while (((size >> level) & 1) == 0)
        level++;
    return level;
}

enum tl_status tl_consistency_verify(uint64_t size1, uint64_t size2, const struct tl_proof *proof,
                                     const struct tl_hash *root1, const struct tl_hash *root2)
{
    struct tl_hash old_root;
    struct tl_hash new_root;
    uint32_t level;
    uint32_t skip;

    if (size1 == 0 || size1 > size2 || proof->count > TL_PROOF_HASHES_MAX)
        return TL_ERR_PROOF;
    if (size1 == size2)
        return proof->count == 0 && tl_hash_eq(root1, root2) ? TL_OK : TL_ERR_PROOF;
    if (proof->count == 0)
        return TL_ERR_PROOF;
    /* A complete old tree is its own starting node and is not sent. */
    skip = is_power_of_two(size1) ? 0 : 1;
    old_root = skip == 0 ? *root1 : proof->hash[0];
    new_root = old_root;
    level = last_subtree_level(size1);
    if (!roots_grow((struct climb){(size1 - 1) >> level, (size2 - 1) >> level}, proof->hash + skip,
                    proof->count - skip, &old_root, &new_root))
        return TL_ERR_PROOF;
    return tl_hash_eq(&old_root, root1) && tl_hash_eq(&new_root, root2) ? TL_OK : TL_ERR_PROOF;
}

/* The root of the incomplete subtree at the right edge: leaves from the last
 * multiple of 2^level up to `size`, of which there is at least one. */
static enum tl_status edge_root(const struct tl_node_source *source, uint64_t size, uint32_t level,
                                struct tl_hash *out)
{
    bool started = false;
    struct tl_hash peak;
    enum tl_status status;

    for (uint32_t bit = 0; bit < level; bit++) {
        if (((size >> bit) & 1) == 0)
            continue;
        status = source->node(source->host, bit, (size >> bit) - 1, &peak);
        if (status != TL_OK)
            return status;
        if (started)
            tl_merkle_node(out, &peak, out);
        else
            *out = peak;
        started = true;
    }
    TL_CHECK(started);
    return TL_OK;
}

static enum tl_status proof_push(struct tl_proof *proof, const struct tl_node_source *source,
                                 uint64_t size, uint32_t level, uint64_t index)
{
    struct tl_hash *out = &proof->hash[proof->count];
    bool complete = index < size >> level;
    enum tl_status status;

    if (proof->count == TL_PROOF_HASHES_MAX)
        return TL_ERR_LIMIT;
    status = complete ? source->node(source->host, level, index, out)
                      : edge_root(source, size, level, out);
    if (status == TL_OK)
        proof->count++;
    return status;
}

/* Adds the siblings of the node (level, index) up to the root. */
static enum tl_status proof_climb(struct tl_proof *proof, const struct tl_node_source *source,
                                  uint64_t size, uint32_t level, uint64_t index)
{
    struct climb at = {index, (size - 1) >> level};
    enum tl_status status = TL_OK;

    for (; at.last != 0 && status == TL_OK; level++) {
        if ((at.index ^ 1) <= at.last)
            status = proof_push(proof, source, size, level, at.index ^ 1);
        climb_up(&at);
    }
    if (status != TL_OK)
        proof->count = 0;
    return status;
}

enum tl_status tl_inclusion_prove(const struct tl_node_source *source, uint64_t index,
                                  uint64_t size, struct tl_proof *proof)
{
    proof->count = 0;
    if (index >= size)
        return TL_ERR_RANGE;
    return proof_climb(proof, source, size, 0, index);
}

enum tl_status tl_consistency_prove(const struct tl_node_source *source, uint64_t size1,
                                    uint64_t size2, struct tl_proof *proof)
{
    enum tl_status status = TL_OK;
    uint32_t level;

    proof->count = 0;
    if (size1 == 0 || size1 > size2)
        return TL_ERR_RANGE;
    if (size1 == size2)
        return TL_OK;
    level = last_subtree_level(size1);
    if (!is_power_of_two(size1))
        status = proof_push(proof, source, size2, level, (size1 - 1) >> level);
    if (status != TL_OK)
        return status;
    return proof_climb(proof, source, size2, level, (size1 - 1) >> level);
}
