/* snapshot_load.h -- a certified state to begin a replay at.
 *
 * The directory of a stopped node, or of an auditor's replica, holds the state after
 * its last block.  It is believed as little as a stranger's snapshot (snapshot.h):
 * the block's certificate, the whole state and the log's right edge are held to each
 * other before anything is replayed on top of them. */
#ifndef TL_SNAPSHOT_LOAD_H
#define TL_SNAPSHOT_LOAD_H

#include "genesis_file.h"

#include "tl/store.h"

/* tl_snapshot_load fills an empty store with the ledger as of the last block in
 * `dir`, of which *height is set. */
TL_MUST_USE enum tl_status tl_snapshot_load(struct tl_store *scratch, const char *dir,
                                            const struct tl_genesis_file *genesis, uint64_t *height,
                                            struct tl_why *why);

#endif
