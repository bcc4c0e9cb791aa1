/* rewind.h -- a ledger played again up to a height, to prove what stood there.
 *
 * A node keeps the state of its last block alone, so it proves nothing about the
 * state of earlier ones.  Whoever has the blocks can: they are executed again up
 * to the height asked for, and the headers after it are kept up to the first that
 * has a certificate (docs/adr/0020).  Blocks come from a node or from an export.
 *
 * Nothing is taken on trust, or checked here: what is proven from a rewound
 * ledger carries its own signatures and is verified like any receipt. */
#ifndef TL_REWIND_H
#define TL_REWIND_H

#include "tl/receipt.h"

#include "client.h"
#include "replica.h"

struct tl_rewind {
    struct tl_replica replica; /* its tip is the height asked for */
    struct tl_descent descent;
    /* its own */
    uint64_t height;
    uint64_t taken; /* blocks so far */
    bool done;
    char *waiting; /* a block whose certificate may follow */
    size_t waiting_len;
    char *seal; /* what its certificate is for, if not for the block */
    size_t seal_len;
    void *store_memory;
    struct tl_buf links;
    struct tl_buf cert;
};

/* tl_rewind_node and tl_rewind_export play up to `height` (at least 1).  `memory`
 * is room for the state, in bytes.  TL_ERR_NOT_FOUND: the ledger ends before, or
 * nothing after that height is certified.  On failure nothing is left open. */
TL_MUST_USE enum tl_status tl_rewind_node(struct tl_rewind *rewind, struct tl_client *client,
                                          uint64_t height, size_t memory, struct tl_why *why);
TL_MUST_USE enum tl_status tl_rewind_export(struct tl_rewind *rewind, const char *path,
                                            const struct tl_genesis_file *genesis, uint64_t height,
                                            size_t memory, struct tl_why *why);
void tl_rewind_close(struct tl_rewind *rewind);

#endif
