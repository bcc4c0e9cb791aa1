/* tl/replay.h -- one way to apply a block, for whoever does it.
 *
 * The proposer that builds a block, the voter that checks it and the auditor
 * that replays it ten years later all call tl_block_apply.  The contracts room
 * hangs in by a table of one function, so the ledger does not know the law.
 *
 * Order of leaves: each entry, and right after it the decisions it caused.  So
 * the place of a leaf does not depend on where blocks were cut.  Pure. */
#ifndef TL_REPLAY_H
#define TL_REPLAY_H

#include "tl/block.h"
#include "tl/genesis.h"
#include "tl/merkle.h"
#include "tl/overlay.h"
#include "tl/statemap.h"

/* A leaf of the log: an entry in its envelope, or a decision of the contract.
 * For a decision `envelope` is zero and `position` counts decisions of the same
 * cause from 0. */
enum tl_leaf_kind { TL_LEAF_ENTRY = 1, TL_LEAF_DECISION = 2 };
extern const struct tl_names tl_leaf_kind_names;

#define TL_LEAF_FIELDS(FIELD, T)                                                                   \
    FIELD(T, ENUM, kind, TL_LEAF_DECISION, &tl_leaf_kind_names)                                    \
    FIELD(T, HASH, envelope, 0, NULL)                                                              \
    FIELD(T, U32, position, UINT32_MAX, NULL)                                                      \
    FIELD(T, BIN, bytes, TL_ENTRY_BYTES_MAX, NULL)
TL_DECLARE_RECORD(tl_leaf, TL_LEAF_FIELDS)

/* Takes each leaf's encoded bytes in log order.  Anything but TL_OK stops. */
struct tl_leaf_sink {
    enum tl_status (*leaf)(void *host, uint64_t index, struct tl_bytes leaf);
    void *host;
};

/* What the contract is told about the block it runs in. */
struct tl_exec_block {
    const struct tl_genesis *genesis;
    const struct tl_hash *chain_id;
    uint64_t height;
    uint64_t time_ms;
    struct tl_hash parent_hash;
    uint64_t parent_time_ms;
    uint64_t first_leaf;      /* index the next leaf will get */
    bool partial;             /* a trial of some envelopes: what ends a block is left out */
    struct tl_list envelopes; /* of tl_envelope_bytes; signatures already good */
};

/* Runs all envelopes of a block on `state` and gives every leaf to `sink`.  An
 * envelope whose author, sequence or entries are not admissible makes the block
 * invalid: TL_ERR_SEQUENCE, TL_ERR_DENIED, TL_ERR_ENCODING ... */
struct tl_executor {
    enum tl_status (*run)(void *host, const struct tl_exec_block *block, struct tl_overlay *state,
                          const struct tl_leaf_sink *sink);
    void *host;
    struct tl_hash contract_hash; /* version of the rules, in every header */
};

/* The result of applying a block: everything its header must say. */
struct tl_applied {
    struct tl_frontier frontier;
    struct tl_hash log_root;
    struct tl_hash state_root;
};

/* Everything a block is applied to. */
struct tl_apply {
    const struct tl_executor *executor;
    struct tl_statemap *map;
    struct tl_overlay *state;         /* fresh, on top of the parent's */
    const struct tl_frontier *parent; /* the log after the parent */
    struct tl_arena *arena;           /* scratch that lives as long as `state` */
    bool keep_log;                    /* store leaves and tiles in `state` too */
    const struct tl_leaf_sink *watch; /* also wants to see each leaf, or NULL */
};

/* tl_block_apply executes `block`, hashes the leaves and computes both roots.
 * Statuses of the executor, TL_ERR_LIMIT (more than TL_BLOCK_LEAVES_MAX leaves),
 * TL_ERR_NO_MEMORY, TL_ERR_STORE, TL_ERR_CORRUPT. */
TL_MUST_USE enum tl_status tl_block_apply(const struct tl_apply *apply,
                                          const struct tl_exec_block *block,
                                          struct tl_applied *out);

#endif
