/* statemap_private.h -- the hashes of the state map, for whoever checks parts of it. */
#ifndef TL_STATEMAP_PRIVATE_H
#define TL_STATEMAP_PRIVATE_H

#include "tl/statemap.h"

/* A key's hash and its value's, in a bucket. */
#define TL_STATE_PAIR_BYTES (2u * TL_HASH_BYTES)

uint32_t tl_state_bucket_of(const struct tl_hash *key_hash, uint32_t bits);
void tl_state_key_hash(struct tl_hash *out, struct tl_bytes key);
void tl_state_value_hash(struct tl_hash *out, struct tl_bytes value);
void tl_state_bucket_hash(struct tl_hash *out, struct tl_bytes pairs);
void tl_state_node_hash(struct tl_hash *out, const struct tl_hash *left,
                        const struct tl_hash *right);

#endif
