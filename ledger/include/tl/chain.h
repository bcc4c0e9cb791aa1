/* tl/chain.h -- the ledger as a node holds it.
 *
 * A chain is the final tip and a small tree of blocks above it that are not
 * final yet.  Each of them has been executed: it carries its own overlay of
 * writes on top of its parent's, so several may grow side by side and all but
 * one be dropped.
 *
 *   build      execute envelopes on a parent, get the header to sign
 *   check      execute a peer's block, compare what it says with what we got
 *   finalize   a block and its ancestors are final: gather one batch
 *   durable    that batch has reached the disk
 *
 * What a batch holds: block bytes, the certificate, leaves, tiles, state,
 * buckets, indexes and the applied tip.  All of it is also readable through
 * tl_chain_state at once, while the batch is still on its way: the overlays of
 * final blocks stay in the stack until tl_chain_durable lets go of them.  So the
 * loop never waits for a sync, and after a crash the disk holds the ledger as
 * of some batch, whole.  Batches must be committed in the order they were
 * gathered.
 *
 * Genesis is height 0 and has no block: its hash is the chain id, its log empty,
 * its state root all zero, its time genesis.created_ms.  The first block has
 * height 1, parent_view 0 and the chain id for parent_hash.  log_size, log_root
 * and state_root in a header are those after the block.
 *
 * Not every final block has a certificate of its own: finality of a block is
 * finality of its ancestors.  tl_chain_cert finds the next one that speaks for a
 * height.
 *
 * Epochs (epoch.h).  A block whose execution ends its epoch says so in its header.
 * Until it is final only a REPROPOSE may stand on it: a block that repeats its
 * height, roots and members hashes, carries nothing, and names it in body_root.
 * A final REPROPOSE makes the block it repeats final; it is no block of the
 * ledger itself, but its header and signature are kept as a tl_seal beside the
 * certificate.  The next epoch's first block stands on the repeated block, with
 * parent_view 0.
 *
 * Signatures (leader, justification, envelopes) are not checked here: a node
 * checks them once, on arrival, with its pool.  The auditor (audit.h) checks
 * them all.
 *
 * Memory: tl_chain_bytes says how much a configuration needs; the caller gives
 * it once.  One thread.  Pure. */
#ifndef TL_CHAIN_H
#define TL_CHAIN_H

#include "tl/epoch.h"
#include "tl/replay.h"
#include "tl/store.h"

/* What is applied, stored with every batch. */
#define TL_TIP_FIELDS(FIELD, T)                                                                    \
    FIELD(T, U64, height, UINT64_MAX, NULL)                                                        \
    FIELD(T, HASH, hash, 0, NULL)                                                                  \
    FIELD(T, U64, view, UINT64_MAX, NULL)                                                          \
    FIELD(T, U64, time_ms, UINT64_MAX, NULL)                                                       \
    FIELD(T, U64, log_size, UINT64_MAX, NULL)                                                      \
    FIELD(T, HASH, log_root, 0, NULL)                                                              \
    FIELD(T, HASH, state_root, 0, NULL)
TL_DECLARE_RECORD(tl_tip, TL_TIP_FIELDS)

/* The header of a REPROPOSE whose certificate made the block of this height final. */
#define TL_SEAL_FIELDS(FIELD, T)                                                                   \
    FIELD(T, BIN, header, 1024, NULL)                                                              \
    FIELD(T, SIG, leader_sig, 0, NULL)
TL_DECLARE_RECORD(tl_seal, TL_SEAL_FIELDS)
#define TL_SEAL_BYTES_MAX 1200u
/* What of the past is here: bodies of the blocks from `height` on, and leaves from
 * `leaf` on.  All of it, height 1 and leaf 0, unless the ledger came as a snapshot
 * or was pruned. */
#define TL_KEPT_FIELDS(FIELD, T)                                                                   \
    FIELD(T, U64, height, UINT64_MAX, NULL)                                                        \
    FIELD(T, U64, leaf, UINT64_MAX, NULL)
TL_DECLARE_RECORD(tl_kept, TL_KEPT_FIELDS)

/* Unfinalized and not yet durable blocks held at once, at most. */
#define TL_CHAIN_SLOTS_MAX 64u

struct tl_chain;

struct tl_chain_config {
    const struct tl_genesis *genesis; /* outlives the chain */
    struct tl_hash chain_id;
    struct tl_store *store;
    struct tl_executor executor;
    uint32_t slots; /* blocks held at once; at least 4, or nothing can be in flight */
    size_t
        slot_bytes; /* what one block may write: body, leaves, state; 24 MiB serves 1 MiB blocks */
};

size_t tl_chain_bytes(const struct tl_chain_config *config);
/* tl_chain_open loads the tip and the state tree from the store into `memory`
 * (tl_chain_bytes, aligned like malloc's).  An empty store is a ledger at
 * genesis.  TL_ERR_WRONG_CHAIN: the store belongs to another genesis.
 * TL_ERR_CORRUPT: stored roots and stored data differ. */
TL_MUST_USE enum tl_status tl_chain_open(struct tl_chain **chain, void *memory,
                                         const struct tl_chain_config *config);

/* The final tip in memory: what is finalized, durable or not. */
const struct tl_tip *tl_chain_tip(const struct tl_chain *chain);
/* What of the past can be read. */
const struct tl_kept *tl_chain_kept(const struct tl_chain *chain);
/* The committed tree of the state, of the same block as tl_chain_tip. */
const struct tl_statemap *tl_chain_map(const struct tl_chain *chain);
/* Height of the last batch known to be on disk. */
uint64_t tl_chain_durable_height(const struct tl_chain *chain);
/* tl_chain_find gives the header of a held block that is not final.  False: not
 * held.  The header lives until the block is dropped or durable. */
TL_MUST_USE bool tl_chain_find(const struct tl_chain *chain, const struct tl_hash *hash,
                               const struct tl_header **header);

struct tl_proposal {
    struct tl_hash parent_hash; /* the final tip's or that of a held block */
    uint64_t epoch;
    uint64_t view;
    uint64_t time_ms; /* raised to the parent's + 1 when not above it */
    uint8_t leader;
    struct tl_bytes justification; /* encoded tl_justification */
    struct tl_list envelopes;      /* of tl_envelope_bytes; all fit block_bytes */
};

/* tl_chain_build executes a proposal and holds the block.  *hash is what the
 * leader signs.
 *
 * An envelope that is not admissible (wrong sequence, no right) ends the block
 * before it: *taken says how many went in, *refused why the next one did not
 * (TL_OK when all went in).  Drop that envelope; the rest go into the next block.
 * Envelopes that are too much together for one block are no fault of theirs:
 * fewer go in, *refused is TL_OK, and the rest wait.
 * TL_ERR_NOT_FOUND: the parent is not held.  TL_ERR_FULL: all slots are in use,
 * wait for tl_chain_durable.  TL_ERR_LIMIT: too large.  ENV statuses. */
struct tl_built {
    struct tl_hash hash;
    uint32_t taken;
    enum tl_status refused;
};
TL_MUST_USE enum tl_status tl_chain_build(struct tl_chain *chain,
                                          const struct tl_proposal *proposal,
                                          struct tl_built *built);
/* tl_chain_seal adds the leader's signature and gives the block's bytes, which
 * live as long as the block is held. */
TL_MUST_USE enum tl_status tl_chain_seal(struct tl_chain *chain, const struct tl_hash *hash,
                                         const struct tl_sig *sig, struct tl_bytes *block);

/* tl_chain_check executes a block and holds it when it is right.  The bytes are
 * copied.  TL_OK also when it is held already.
 *
 *   PEER and CALLER statuses   provably invalid; *why says what (static text)
 *   TL_ERR_DIVERGED            well formed, but our execution gives other roots
 *   TL_ERR_NOT_FOUND           the parent is not held: check that one first
 *   TL_ERR_STALE               at or below the final height
 *   TL_ERR_LIMIT               among them: it writes more than slot_bytes, which
 *                              must therefore be the same on all members
 *   TL_ERR_FULL                all slots hold final blocks on their way to the
 *                              disk: check again after tl_chain_durable
 *   other ENV statuses         our trouble; says nothing about the block
 *
 * When all slots are in use, the unfinalized block of the lowest view that is
 * no ancestor of this one is dropped for it. */
TL_MUST_USE enum tl_status tl_chain_check(struct tl_chain *chain, struct tl_bytes block,
                                          const char **why);

/* tl_chain_body gives a held block's bytes (sealed or checked, not final). */
TL_MUST_USE enum tl_status tl_chain_body(const struct tl_chain *chain, const struct tl_hash *hash,
                                         struct tl_bytes *block);

/* tl_chain_finalize makes a held block and its ancestors final, drops what does
 * not descend from it, and gathers one batch in `sink`.  `cert` is the encoded
 * FINALIZE certificate of `hash`.  TL_OK at once when it is final already.
 * TL_ERR_NOT_FOUND: not held (check it and its ancestors first).  When the sink
 * fails the chain must not be used further: memory is ahead of the disk. */
TL_MUST_USE enum tl_status tl_chain_finalize(struct tl_chain *chain, const struct tl_hash *hash,
                                             struct tl_bytes cert,
                                             const struct tl_store_sink *sink);
/* tl_chain_finalize_sealed is for whoever has the seal but not the REPROPOSE it is
 * the header of: `cert` is the seal's (both were checked by the caller). */
TL_MUST_USE enum tl_status tl_chain_finalize_sealed(struct tl_chain *chain,
                                                    const struct tl_hash *hash,
                                                    struct tl_bytes cert, struct tl_bytes seal,
                                                    const struct tl_store_sink *sink);
/* tl_chain_durable: every batch up to this height is in the store now. */
void tl_chain_durable(struct tl_chain *chain, uint64_t height);
/* tl_chain_drop lets go of an unfinalized block nobody builds on. */
void tl_chain_drop(struct tl_chain *chain, const struct tl_hash *hash);

/* Reading the final ledger, durable or not.  tl_chain_state is an overlay to
 * get and scan, never to put: state, indexes, leaves (log.h). */
struct tl_overlay *tl_chain_state(struct tl_chain *chain);
/* tl_chain_state_of is the state after a held block or the final tip, for whoever
 * chooses what goes into the next one.  NULL: neither. */
struct tl_overlay *tl_chain_state_of(struct tl_chain *chain, const struct tl_hash *hash);
TL_MUST_USE enum tl_status tl_chain_block(struct tl_chain *chain, uint64_t height,
                                          struct tl_bytes *block);
/* tl_chain_height finds a final block by its hash. */
TL_MUST_USE enum tl_status tl_chain_height(struct tl_chain *chain, const struct tl_hash *hash,
                                           uint64_t *height);
/* tl_chain_height_of_leaf finds the final block a leaf belongs to. */
TL_MUST_USE enum tl_status tl_chain_height_of_leaf(struct tl_chain *chain, uint64_t index,
                                                   uint64_t *height);
/* tl_chain_genesis is the genesis the chain was opened with. */
const struct tl_genesis *tl_chain_genesis(const struct tl_chain *chain, struct tl_hash *chain_id);
/* tl_chain_cert finds the first certificate at or above a height; *at is the
 * height it is for.  The bytes live until the next call that changes the chain. */
TL_MUST_USE enum tl_status tl_chain_cert(struct tl_chain *chain, uint64_t height, uint64_t *at,
                                         struct tl_bytes *cert);
/* tl_seal_check holds a seal to the block it is to make final and to the
 * certificate, whose signatures are checked elsewhere.  TL_ERR_ENCODING,
 * TL_ERR_CERTIFICATE. */
TL_MUST_USE enum tl_status tl_seal_check(struct tl_bytes seal, const struct tl_cert *cert,
                                         const struct tl_header *block,
                                         const struct tl_hash *block_hash);
/* tl_chain_seal_of reads the seal at a height: what that height's certificate is
 * for when it is not for the block.  TL_ERR_NOT_FOUND: it is for the block.  The
 * view lives as that of tl_chain_cert. */
TL_MUST_USE enum tl_status tl_chain_seal_of(struct tl_chain *chain, uint64_t height,
                                            struct tl_bytes *seal);

/* The epoch the next block will be of. */
struct tl_chain_epoch {
    uint64_t number;
    uint64_t genesis_height; /* of the block it stands on; 0 in epoch 0 */
    struct tl_hash genesis;  /* its hash; the chain id in epoch 0 */
    uint64_t genesis_time_ms;
};
TL_MUST_USE enum tl_status tl_chain_epoch(struct tl_chain *chain, struct tl_chain_epoch *out);
/* tl_chain_plan is the plan of an epoch above 0 that has begun.  The view lives as
 * that of tl_chain_cert. */
TL_MUST_USE enum tl_status tl_chain_plan(struct tl_chain *chain, uint64_t number,
                                         struct tl_bytes *plan);
/* The view of the final tip in that epoch; 0: the tip is what it stands on. */
uint64_t tl_chain_tip_view(struct tl_chain *chain);
/* tl_chain_epoch_link writes the link (epoch.h) that ends `number`, an epoch that
 * is over, into `out`.  TL_ERR_NOT_FOUND. */
TL_MUST_USE enum tl_status tl_chain_epoch_link(struct tl_chain *chain, uint64_t number,
                                               struct tl_buf *out);

/* tl_chain_last_cert finds the highest block with a certificate of its own; it
 * walks over all of them.  TL_ERR_NOT_FOUND: there is none. */
TL_MUST_USE enum tl_status tl_chain_last_cert(struct tl_chain *chain, uint64_t *height);
/* Proofs against the final tip (state) or against any size up to it (log). */
TL_MUST_USE enum tl_status tl_chain_prove_leaf(struct tl_chain *chain, uint64_t index,
                                               uint64_t size, struct tl_proof *proof);
TL_MUST_USE enum tl_status tl_chain_prove_growth(struct tl_chain *chain, uint64_t size1,
                                                 uint64_t size2, struct tl_proof *proof);
TL_MUST_USE enum tl_status tl_chain_prove_state(struct tl_chain *chain, struct tl_bytes key,
                                                struct tl_state_proof *proof);

#endif
