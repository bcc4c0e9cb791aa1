/* chain_private.h -- the inside of a chain, shared by its three sources. */
#ifndef TL_CHAIN_PRIVATE_H
#define TL_CHAIN_PRIVATE_H

#include "tl/chain.h"

enum tl_slot_stage {
    TL_SLOT_FREE,
    TL_SLOT_PENDING, /* executed, not final */
    TL_SLOT_FINAL    /* final, not known to be on disk */
};

struct tl_chain_slot {
    enum tl_slot_stage stage;
    struct tl_hash hash;
    struct tl_header header;
    struct tl_chain_slot *parent; /* NULL: the tip as it is in the store */
    struct tl_arena arena;
    struct tl_overlay *state;
    struct tl_frontier frontier;
    struct tl_bytes block;    /* empty: built, not sealed yet */
    struct tl_block unsealed; /* what a built block is encoded from */
};

struct tl_chain {
    struct tl_chain_config config;
    struct tl_hash members_hash;
    struct tl_tip tip;
    struct tl_kept kept;
    uint64_t durable;
    struct tl_frontier frontier;
    struct tl_statemap *map;
    struct tl_chain_slot *slots;
    struct tl_chain_slot *last; /* of the tip; NULL when it is in the store */
    struct tl_overlay *view;    /* reads the tip; never written */
    struct tl_arena view_arena;
};

/* Whether the state a block leads to is that of the next epoch. */
TL_MUST_USE bool tl_chain_ends(const struct tl_epoch_mark *mark, uint64_t height);

struct tl_chain_slot *tl_chain_slot_find(const struct tl_chain *chain, const struct tl_hash *hash);
struct tl_chain_slot *tl_chain_slot_take(struct tl_chain *chain, struct tl_chain_slot *parent,
                                         bool may_evict);
void tl_chain_slot_free(struct tl_chain_slot *slot);
/* What a header says that the execution of its block refutes, or NULL. */
const char *tl_chain_result_fault(const struct tl_header *header, const struct tl_applied *applied);

#endif
