/* replica.h -- a ledger held by tally itself: to export one, to audit one.
 *
 * A replica is a chain with the contract's rules over a store: in memory, or
 * that of a stopped node, opened for reading.  Blocks that are fed to it are
 * executed again, so an export made of them says what the rules say and not
 * what a node says.  One thread.  Ownership: tl_replica_close. */
#ifndef TL_REPLICA_H
#define TL_REPLICA_H

#include "tl/chain.h"
#include "tl/contract.h"
#include "tl/why.h"

#include "genesis_file.h"

#define TL_REPLICA_SLOTS      64u
#define TL_REPLICA_SLOT_BYTES (24u << 20)

struct tl_replica {
    struct tl_store *store; /* borrowed */
    void *contract_memory;
    void *chain_memory;
    struct tl_contract *contract;
    struct tl_chain *chain;
};

TL_MUST_USE enum tl_status tl_replica_open(struct tl_replica *replica,
                                           const struct tl_genesis_file *genesis,
                                           struct tl_store *store, struct tl_why *why);
void tl_replica_close(struct tl_replica *replica);
/* tl_replica_feed takes the next block and its FINALIZE certificate (empty when
 * it has none of its own). */
TL_MUST_USE enum tl_status tl_replica_feed(struct tl_replica *replica, struct tl_bytes block,
                                           struct tl_bytes cert, struct tl_why *why);
/* tl_replica_feed_sealed takes the last block of an epoch whose certificate is for
 * its repetition: `seal` (tl_seal) is what that is the header of. */
TL_MUST_USE enum tl_status tl_replica_feed_sealed(struct tl_replica *replica, struct tl_bytes block,
                                                  struct tl_bytes cert, struct tl_bytes seal,
                                                  struct tl_why *why);

#endif
