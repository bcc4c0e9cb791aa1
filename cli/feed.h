/* feed.h -- a node's ledger as a live source for an audit (audit.h).
 *
 * Blocks are fetched page by page from the one after the replica's tip on.  Every
 * poll begins with the block at the tip itself: a node that shows another one
 * there, with a quorum's certificate, forked, and the feed ends with TL_ERR_FORK; a
 * node that has ended before what was final for longer than the patience was rolled
 * back, TL_ERR_ROLLBACK.  A node that does not answer is no alarm: it is asked
 * again.  What a node shows is only compared and passed on; the audit judges it.
 *
 * One thread; borrows all it is given. */
#ifndef TL_FEED_H
#define TL_FEED_H

#include "client.h"

#include "tl/audit.h"
#include "tl/position.h"
#include "tl/receipt.h"

/* A final header with its own memory. */
struct tl_feed_final {
    uint64_t height;
    uint32_t signers;
    uint8_t bytes[2048 + TL_CERT_BYTES_MAX]; /* encoded tl_final */
    size_t len;
};

struct tl_feed {
    struct tl_client *client;
    struct tl_store *store;               /* the replica's: what was found right */
    const struct tl_audit_report *report; /* of the audit that is fed */
    uint64_t floor;                       /* height that was final at the last run */
    uint32_t poll_ms;
    uint32_t patience_ms;
    bool once;             /* a node that does not answer is a failure */
    bool (*stopped)(void); /* somebody asked to end */

    struct tl_why why;
    /* After TL_ERR_FORK: what contradicts each other. */
    struct tl_feed_final ours;
    struct tl_feed_final theirs;

    bool started;
    bool polled;
    uint64_t next;      /* height to ask for; 0: begin a poll */
    uint64_t tip;       /* the node's */
    uint64_t behind_ms; /* when the node was first seen behind; 0: it is not */
    struct tl_list blocks;
    struct tl_block_item item;
    struct tl_bytes decisions; /* of the item, not yet given */
    bool cert_due;
};

struct tl_audit_source tl_feed_source(struct tl_feed *feed);

/* tl_feed_ours finds the first block at or above a height of the replica that has
 * its own certificate.  TL_ERR_NOT_FOUND: there is none. */
TL_MUST_USE enum tl_status tl_feed_ours(struct tl_store *store, uint64_t height, uint64_t tip,
                                        struct tl_feed_final *out);
/* tl_feed_hash gives the hash of the replica's block at a height. */
TL_MUST_USE enum tl_status tl_feed_hash(struct tl_store *store, uint64_t height,
                                        struct tl_hash *hash);

#endif
