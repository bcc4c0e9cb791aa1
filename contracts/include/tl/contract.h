/* tl/contract.h -- the executor: envelopes in, consequences out.
 *
 * tl_contract_init prepares a caller's memory; the table it gives hangs into
 * tl_block_apply (replay.h).  What is kept between blocks are caches of things
 * that cannot change: the members of an epoch, and policies, by their hash.  So
 * one contract may execute any block on any overlay in any order.
 *
 * Facts and acts.  A well-formed entry of an author with the right is always
 * recorded.  An act the rules refuse is followed by a DENIED decision and has
 * no other effect; a fact that breaks a rule is followed by a VIOLATION.  An
 * envelope that is not well-formed, or whose author may not write such entries,
 * or out of sequence makes its block invalid: honest members ask
 * tl_contract_admit before they pass one on or propose it.
 *
 * Time.  DAY_CLOSE(d) says day d is over: the facts of day d come before it,
 * timers due on d run after it.  An envelope that closes a day pays for at most
 * `slice_steps` cases; while some are left every other envelope pays for four of
 * them with each of its entries, before their leaves.  (The budget belongs to the envelope, so
 * that an envelope's leaves are bounded and do not depend on its block.)  A
 * case's own due timers always run before an entry touches it.  Closing the same
 * day again just goes on with its work.  With block time, the days before the
 * block's own (UTC) are over.
 *
 * Bounds.  What an envelope causes fits into a block: once it has caused half a
 * block of leaves the rest of its entries are recorded, followed by DEFERRED and
 * without any effect, also on repeats; they are to be sent again.
 *
 * Whole or not at all.  An entry's effects are never partly kept: what a rule
 * refuses is refused before anything is written, and a failure of the machine in
 * the middle ends the block, whose overlay the caller then drops.
 *
 * Pure; one thread per contract.  No function here allocates. */
#ifndef TL_CONTRACT_H
#define TL_CONTRACT_H

#include "tl/books.h"
#include "tl/law.h"
#include "tl/policy.h"
#include "tl/replay.h"
#include "tl/store.h"

struct tl_contract;

/* Who explains decisions may look on while a block runs: at a case whose rule is
 * about to act, its guard holding, and at a case as it is put away after an entry
 * or a slice of the day.  A watcher changes nothing; what it is shown lives until
 * it returns. */
struct tl_contract_watch {
    void (*rule)(void *host, const struct tl_case *c, uint32_t rule, int32_t on);
    void (*stored)(void *host, const struct tl_case *c);
    void *host;
};

struct tl_contract_config {
    const struct tl_genesis *genesis;      /* borrowed for the life of the contract */
    uint32_t slice_steps;                  /* 0: TL_DAY_SLICE_STEPS; part of contract_hash */
    const struct tl_contract_watch *watch; /* or NULL; either function may be NULL */
};

size_t tl_contract_bytes(void);
/* tl_contract_init takes tl_contract_bytes() bytes aligned for any object. */
struct tl_contract *tl_contract_init(void *memory, const struct tl_contract_config *config);
struct tl_executor tl_contract_executor(struct tl_contract *contract);

/* tl_contract_admit checks what needs no state: every entry decodes, and the
 * author may write entries of its type.  TL_ERR_DENIED, TL_ERR_ENCODING,
 * TL_ERR_RANGE, TL_ERR_REFUSED (DAY_CLOSE where blocks tell the time); then
 * *position is the first entry at fault.  The envelope's signature is the
 * caller's to check. */
TL_MUST_USE enum tl_status tl_contract_admit(const struct tl_contract *contract,
                                             const struct tl_envelope *envelope,
                                             uint32_t *position);

/* tl_contract_turn makes tl_contract_admit one of another epoch's (epoch.h).  What
 * executes blocks reads the epoch from the state and needs no telling.  Nobody may
 * be in tl_contract_admit meanwhile. */
struct tl_epoch;
void tl_contract_turn(struct tl_contract *contract, const struct tl_epoch *epoch);

/* tl_contract_permit judges a plan by the rules of law (law.h), as of the state
 * given: a PERMIT_REQUEST entry that is not put on record, asked by a member's
 * key.  It changes nothing.  TL_ERR_NOT_FOUND: no such case. */
struct tl_permit_plan {
    const struct tl_entry *entry;
    const struct tl_body_act *plan;
    uint32_t member;
};
TL_MUST_USE enum tl_status tl_contract_permit(struct tl_contract *contract,
                                              struct tl_overlay *state,
                                              const struct tl_permit_plan *asked,
                                              struct tl_act *act, struct tl_judgment *judgment);

/* tl_rules_in_force is the version of the contract's rules a block of that height is
 * executed by: what governance put on record, else the program's own.  A block by a
 * version the program does not know is TL_ERR_REFUSED. */
TL_MUST_USE enum tl_status tl_rules_in_force(uint32_t *version, struct tl_overlay *state,
                                             uint64_t height);

/* tl_author_sequence reads the last sequence recorded for a key (0: none). */
TL_MUST_USE enum tl_status tl_author_sequence(struct tl_overlay *state,
                                              const struct tl_pubkey *author, uint64_t *sequence);
/* tl_clock_load reads the calendar; before the first block that of genesis. */
TL_MUST_USE enum tl_status tl_clock_load(struct tl_clock *clock, struct tl_overlay *state,
                                         const struct tl_genesis *genesis);
/* tl_contract_index gathers the index entries execution needs for one key and value
 * of the state; done for all of them it makes the due index anew.  TL_ERR_ENCODING:
 * the value is none of the contract's.  (The history of a case is of the leaves,
 * not of the state.) */
TL_MUST_USE enum tl_status tl_contract_index(struct tl_bytes key, struct tl_bytes value,
                                             const struct tl_store_sink *sink);
/* tl_policy_load finds a published policy by hash. */
TL_MUST_USE enum tl_status tl_policy_load(struct tl_policy *policy, struct tl_overlay *state,
                                          const struct tl_hash *hash);

#endif
