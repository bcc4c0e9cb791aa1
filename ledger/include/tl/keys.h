/* tl/keys.h -- where everything lies in the store.
 *
 * The first byte of a key is its class.  The contract's keys are stored as they
 * are; below them the ledger's own classes and the host's follow:
 *
 *   00 .. 7f  authenticated state (statemap.h)
 *   80 .. bf  the contract's indexes, derivable from state and log
 *   c0        height u64be              -> block bytes
 *   c1        height u64be              -> FINALIZE certificate of that block,
 *                                          where it has one of its own
 *   c2        leaf index u64be          -> leaf bytes
 *   c3        level u8 ‖ number u64be   -> tile: up to 256 hashes
 *   c4        bucket u32be              -> pairs of the state map
 *   c5        block hash                -> height u64be
 *   c6                                  -> tl_tip record: what is applied
 *   c7                                  -> chain id
 *   c8        log size u64be            -> height u64be of the block that made
 *                                          the log this long
 *   c9        height u64be              -> tl_seal: the REPROPOSE that made an
 *                                          epoch's last block final, where it was one
 *   ca                                  -> tl_kept record: what of the past is here;
 *                                          absent: all of it
 *   cb        epoch u64be               -> tl_epoch_link that ended it, where its
 *                                          last block may not be here
 *   e0 .. ff  the host's own (bodies waiting for a vote, certificates)
 *
 * Whatever grows with every entry is numbered, not hashed: sequential keys are
 * four times as fast in an LSM tree as random ones.  Pure. */
#ifndef TL_KEYS_H
#define TL_KEYS_H

#include "tl/bytes.h"

#define TL_KEY_BLOCK  0xc0u
#define TL_KEY_CERT   0xc1u
#define TL_KEY_LEAF   0xc2u
#define TL_KEY_TILE   0xc3u
#define TL_KEY_BUCKET 0xc4u
#define TL_KEY_HASH   0xc5u
#define TL_KEY_TIP    0xc6u
#define TL_KEY_CHAIN  0xc7u
#define TL_KEY_SPAN   0xc8u
#define TL_KEY_SEAL   0xc9u
#define TL_KEY_KEPT   0xcau
#define TL_KEY_LINK   0xcbu
#define TL_KEY_HOST   0xe0u

/* A key of the ledger's own classes, by value. */
struct tl_key {
    uint8_t b[40];
    size_t len;
};

static inline struct tl_bytes tl_key_bytes(const struct tl_key *key)
{
    return tl_bytes(key->b, key->len);
}

/* A class followed by a number: blocks, certificates, leaves. */
static inline struct tl_key tl_key_number(uint8_t class_byte, uint64_t number)
{
    struct tl_key key = {{class_byte}, 9};

    tl_put_u64be(key.b + 1, number);
    return key;
}

static inline struct tl_key tl_key_tile(uint32_t level, uint64_t number)
{
    struct tl_key key = {{TL_KEY_TILE, (uint8_t)level}, 10};

    tl_put_u64be(key.b + 2, number);
    return key;
}

static inline struct tl_key tl_key_bucket(uint32_t bucket)
{
    struct tl_key key = {{TL_KEY_BUCKET}, 5};

    tl_put_u32be(key.b + 1, bucket);
    return key;
}

static inline struct tl_key tl_key_hash(const struct tl_hash *hash)
{
    struct tl_key key = {{TL_KEY_HASH}, 1 + TL_HASH_BYTES};

    for (size_t i = 0; i < TL_HASH_BYTES; i++)
        key.b[1 + i] = hash->b[i];
    return key;
}

/* A key that is its class alone: tip, chain id. */
static inline struct tl_key tl_key_single(uint8_t class_byte)
{
    return (struct tl_key){{class_byte}, 1};
}

#endif
