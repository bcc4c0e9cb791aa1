/* tl/epoch.h -- who decides from when on, and how an outsider can tell.
 *
 * An epoch is a stretch of the chain with one set of members, keys and limits.
 * Epoch 0 is that of the genesis file.  Every later one has a plan, on which a
 * quorum of the members before it has agreed by entries (contracts/governance.c).
 * A plan carries a whole configuration in the form of a genesis file, so that
 * whatever reads a genesis reads an epoch, and says which of its members have no
 * vote:
 *
 *   suspended   may come back by a later plan
 *   removed     never; the place stays taken, for custody, accounts and votes
 *               name members by their place
 *
 * Neither may write.  Name, creation, business calendar and the size of the state
 * are the ledger's for ever; ids keep their places; new members come last.
 *
 *   members hash of epoch 0     tl_genesis_members_hash
 *   members hash of epoch e     SHA-256("tallystick/epoch/v1\0" ‖ plan), which holds e
 *
 * Each header carries the members hash of its own epoch and of the one after
 * it; where the two differ the epoch ends.  So the header and FINALIZE
 * certificate of each end, with the plan, form the epoch chain: whoever trusts
 * the genesis file walks it, link by link, to the keys of any epoch
 * (docs/PROTOCOL.md, A.10).
 *
 * State keys (authenticated): 'e' -> tl_epoch_mark, 'e' ‖ number u64be -> plan.
 *
 * Pure.  Decoded views borrow the plan's bytes. */
#ifndef TL_EPOCH_H
#define TL_EPOCH_H

#include "tl/block.h"
#include "tl/genesis.h"
#include "tl/overlay.h"

/* A plan travels inside one entry. */
#define TL_EPOCH_PLAN_MAX 60000u

#define TL_EPOCH_PLAN_FIELDS(FIELD, T)                                                             \
    FIELD(T, U64, number, UINT64_MAX, NULL)      /* of the epoch it starts */                      \
    FIELD(T, U64, from_height, UINT64_MAX, NULL) /* the epoch before lasts at least that long */   \
    FIELD(T, U32, suspended, UINT32_MAX, NULL)   /* bitmap of members */                           \
    FIELD(T, U32, removed, UINT32_MAX, NULL)                                                       \
    FIELD(T, BIN, config, TL_EPOCH_PLAN_MAX, NULL) /* tl_genesis */

/* Where the ledger stands: the epoch of the next block, and whether the plan of
 * the one after it is agreed on.  members_hash and block_bytes are zero in epoch
 * 0, where the genesis file says them. */
#define TL_EPOCH_MARK_FIELDS(FIELD, T)                                                             \
    FIELD(T, U64, number, UINT64_MAX, NULL)                                                        \
    FIELD(T, U64, first_height, UINT64_MAX, NULL)                                                  \
    FIELD(T, HASH, members_hash, 0, NULL)                                                          \
    FIELD(T, U32, block_bytes, TL_BLOCK_BYTES_MAX, NULL)                                           \
    FIELD(T, HASH, genesis, 0, NULL) /* what the epoch stands on; zero before its first block */   \
    FIELD(T, U64, genesis_time_ms, UINT64_MAX, NULL)                                               \
    FIELD(T, BOOL, scheduled, 0, NULL)                                                             \
    FIELD(T, U64, scheduled_from, UINT64_MAX, NULL)

/* One link of the epoch chain: `header` is that of the epoch's last block or of
 * a REPROPOSE of it, `cert` its own FINALIZE certificate, `plan` the next epoch's. */
#define TL_EPOCH_LINK_FIELDS(FIELD, T)                                                             \
    FIELD(T, BIN, header, 1024, NULL)                                                              \
    FIELD(T, RAW, cert, TL_CERT_BYTES_MAX, NULL)                                                   \
    FIELD(T, BIN, plan, TL_EPOCH_PLAN_MAX, NULL)

/* The links of every epoch that is over, from 0 on: an epoch file. */
#define TL_EPOCH_CHAIN_FIELDS(FIELD, T)                                                            \
    FIELD(T, HASH, chain_id, 0, NULL)                                                              \
    FIELD(T, LIST, links, 65535, &tl_epoch_link_record)

TL_DECLARE_RECORD(tl_epoch_plan, TL_EPOCH_PLAN_FIELDS)
TL_DECLARE_RECORD(tl_epoch_mark, TL_EPOCH_MARK_FIELDS)
TL_DECLARE_RECORD(tl_epoch_link, TL_EPOCH_LINK_FIELDS)
TL_DECLARE_RECORD(tl_epoch_chain, TL_EPOCH_CHAIN_FIELDS)

/* An epoch as its plan (or the genesis file) describes it. */
struct tl_epoch {
    uint64_t number;
    struct tl_hash members_hash;
    uint32_t suspended;
    uint32_t removed;
    uint64_t from_height;
    struct tl_genesis genesis; /* members, keys and limits in force */
};

/* tl_epoch_first is epoch 0 of a decoded genesis file. */
void tl_epoch_first(struct tl_epoch *out, const struct tl_genesis *genesis);
/* tl_epoch_decode reads a plan and holds its configuration to every rule of a
 * genesis file, the quorum being one of the members that vote.  TL_ERR_ENCODING,
 * TL_ERR_RANGE; *why names the first rule broken.  Some 140 KiB of stack. */
TL_MUST_USE enum tl_status tl_epoch_decode(struct tl_epoch *out, struct tl_bytes plan,
                                           const char **why);
/* tl_epoch_follows says what `next` may not change about `now`, or NULL. */
const char *tl_epoch_follows(const struct tl_epoch *next, const struct tl_epoch *now);
void tl_epoch_plan_hash(struct tl_hash *out, struct tl_bytes plan);

/* Members without a vote, as a bitmap. */
uint32_t tl_epoch_silent(const struct tl_epoch *epoch);
/* tl_epoch_voters fills the voting set. */
void tl_epoch_voters(struct tl_voters *out, const struct tl_epoch *epoch,
                     const struct tl_hash *chain_id);
/* tl_epoch_author is tl_genesis_author among the members that may write. */
TL_MUST_USE bool tl_epoch_author(const struct tl_epoch *epoch, const struct tl_pubkey *key,
                                 struct tl_author *out);

/* tl_epoch_mark_load reads where the ledger stands; before any plan epoch 0. */
TL_MUST_USE enum tl_status tl_epoch_mark_load(struct tl_epoch_mark *mark, struct tl_overlay *state);
TL_MUST_USE enum tl_status tl_epoch_mark_put(struct tl_overlay *state,
                                             const struct tl_epoch_mark *mark);
/* The plan of an epoch above 0, agreed on or in force.  The view lives until the
 * next call on the overlay.  TL_ERR_NOT_FOUND. */
TL_MUST_USE enum tl_status tl_epoch_plan_load(struct tl_overlay *state, uint64_t number,
                                              struct tl_bytes *plan);
TL_MUST_USE enum tl_status tl_epoch_plan_put(struct tl_overlay *state, uint64_t number,
                                             struct tl_bytes plan);

/* tl_epoch_step walks one link: the header is of `epoch`, ends it, is final by
 * its members' quorum and names the plan, which may follow.  *epoch is the next one
 * then and borrows the link's plan.  Links may come from anybody.  TL_ERR_ENCODING,
 * TL_ERR_WRONG_CHAIN, TL_ERR_CERTIFICATE, TL_ERR_BROKEN_LINK, TL_ERR_RANGE; *why
 * (static text) says what is wrong. */
TL_MUST_USE enum tl_status tl_epoch_step(struct tl_epoch *epoch, const struct tl_epoch_link *link,
                                         const struct tl_hash *chain_id, const char **why);

#endif
