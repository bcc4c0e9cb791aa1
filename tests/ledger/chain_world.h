/* chain_world.h -- a consortium of four in memory, for tests of the ledger.
 *
 * Its contract is a toy: it counts entries by their first letter, keeps authors'
 * sequences, and decides "capital" about every entry that begins with one. */
#ifndef TL_TEST_CHAIN_WORLD_H
#define TL_TEST_CHAIN_WORLD_H

#include "tl/chain.h"
#include "tl/sign.h"

#define MEMBERS 4u
#define QUORUM  3u

struct world {
    uint8_t genesis_bytes[8192];
    struct tl_bytes genesis_file;
    struct tl_genesis genesis;
    struct tl_hash chain_id;
    struct tl_voters voters;
    struct tl_seckey consensus[MEMBERS];
    struct tl_seckey writer[MEMBERS];
    struct tl_pubkey writer_pub[MEMBERS];
    struct tl_executor executor;
};

/* A node: a store in memory and the chain on it. */
struct node {
    struct world *world;
    size_t slot_bytes;
    void *store_memory;
    void *chain_memory;
    struct tl_store *store;
    struct tl_chain *chain;
};

void world_init(struct world *world);
void node_init(struct node *node, struct world *world);
/* A node whose blocks may write so much. */
void node_init_slots(struct node *node, struct world *world, size_t slot_bytes);
/* Forgets all memory, keeps the store: a crash and a restart. */
void node_restart(struct node *node);
void node_fini(struct node *node);

/* An envelope of entries, one for each word of `text`. */
void envelope_add(struct world *world, struct tl_list *list, struct tl_buf *buf, uint32_t member,
                  uint64_t sequence, const char *text);
/* A certificate by the first QUORUM members. */
void cert_make(const struct world *world, struct tl_buf *out, enum tl_vote_kind kind, uint64_t view,
               const struct tl_hash *hash);
/* What a leader proposes; `just` takes the justification. */
struct tl_proposal proposal_make(const struct world *world, struct tl_buf *just,
                                 const struct tl_hash *parent, uint64_t parent_view, uint64_t view,
                                 struct tl_list envelopes);
/* Builds and seals a block on `parent` at `view`; the bytes live in `node`. */
struct tl_bytes block_make(struct node *node, const struct tl_hash *parent, uint64_t parent_view,
                           uint64_t view, struct tl_list envelopes, struct tl_hash *hash);
/* block_make with one envelope of member 0 on the final tip, not final yet. */
struct tl_bytes next_block(struct node *node, uint64_t sequence, const char *text,
                           struct tl_hash *hash);
/* Finalizes with a certificate and commits; durable is not told. */
void block_final(struct node *node, const struct tl_hash *hash);
uint32_t leader_of(const struct world *world, uint64_t view);

#endif
