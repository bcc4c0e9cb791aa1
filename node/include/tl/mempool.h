/* tl/mempool.h -- envelopes that wait for a block.
 *
 * Bounded: in bytes and in envelopes, in all and per member, so one member's
 * import cannot push another's envelopes out.  What does not fit is refused
 * with TL_ERR_FULL and the client asks again.
 *
 * Ordered: the envelopes of one author are taken in the order of their
 * sequence without a gap.  One that came ahead of its predecessor waits; only
 * so many may wait ahead.
 *
 * Fair: a proposal takes one envelope of each member in turn, beginning with
 * the member after the one it began with last time.
 *
 * Each envelope once: known by its id until it is final, and by its sequence
 * afterwards.  The pool does not check signatures or authority; what is put in
 * has passed both.
 *
 * Ownership: the pool keeps its own copy of the bytes.  One thread.  */
#ifndef TL_MEMPOOL_H
#define TL_MEMPOOL_H

#include "tl/envelope.h"

struct tl_mempool;

struct tl_mempool_limits {
    size_t bytes;       /* in all */
    uint32_t envelopes; /* in all */
    uint32_t members;   /* that share them */
    uint32_t ahead;     /* envelopes of one author */
};

struct tl_mempool *tl_mempool_new(const struct tl_mempool_limits *limits);
/* tl_mempool_members: so many share it from now on, no fewer than before. */
void tl_mempool_members(struct tl_mempool *pool, uint32_t members);
void tl_mempool_free(struct tl_mempool *pool);

/* tl_mempool_put copies a checked envelope in.  `recorded` is the author's last
 * sequence on the ledger.  TL_OK; TL_ERR_DUPLICATE (this very envelope waits);
 * TL_ERR_SEQUENCE (recorded already, or too far ahead); TL_ERR_CONFLICT
 * (another envelope waits under this sequence); TL_ERR_FULL; TL_ERR_NO_MEMORY. */
struct tl_waiting {
    struct tl_hash id;
    struct tl_pubkey author;
    uint32_t member;
    uint64_t sequence;
    uint32_t entries;
    struct tl_bytes bytes;
};
TL_MUST_USE enum tl_status tl_mempool_put(struct tl_mempool *pool,
                                          const struct tl_waiting *envelope, uint64_t recorded);

/* tl_mempool_find gives the waiting envelope of an id; false: none. */
TL_MUST_USE bool tl_mempool_find(struct tl_mempool *pool, const struct tl_hash *id,
                                 struct tl_waiting *out);

/* tl_mempool_select walks the envelopes a block may take, fair and in order.
 * `next` answers the sequence an author must continue with in the block's
 * parent; `take` gets each envelope and says whether it fits: false ends the
 * walk.  Nothing is removed. */
struct tl_mempool_choice {
    uint64_t (*next)(void *host, const struct tl_pubkey *author);
    bool (*take)(void *host, const struct tl_waiting *envelope);
    void *host;
};
void tl_mempool_select(struct tl_mempool *pool, const struct tl_mempool_choice *choice);

/* tl_mempool_final drops what a final block settled: everything of the author
 * up to `sequence`. */
void tl_mempool_final(struct tl_mempool *pool, const struct tl_pubkey *author, uint64_t sequence);
/* tl_mempool_drop removes one envelope that turned out not to be admissible,
 * and whatever of its author came after it. */
void tl_mempool_drop(struct tl_mempool *pool, const struct tl_hash *id);

/* The highest waiting sequence of an author without a gap after `recorded`. */
uint64_t tl_mempool_pending(struct tl_mempool *pool, const struct tl_pubkey *author,
                            uint64_t recorded);
/* tl_mempool_each visits everything that waits (to send it again). */
void tl_mempool_each(struct tl_mempool *pool, bool (*visit)(void *host, const struct tl_waiting *w),
                     void *host);

uint32_t tl_mempool_count(const struct tl_mempool *pool);
size_t tl_mempool_bytes(const struct tl_mempool *pool);

#endif
