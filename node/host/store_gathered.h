/* store_gathered.h -- the writes a store gathers between two commits, in the order of
 * their keys.
 *
 * A skip list finds the place of a key next to the last one at once and that of
 * any other by walking down from its top, so a batch in key order goes into
 * RocksDB's memory in half the time of the same batch in the order it was made.
 * Of several writes of one key only the last is kept: a group of blocks writes
 * the same accounts and buckets again and again.
 *
 * Memory on the heap grows with the largest batch and is given back when that
 * was much larger than usual.  One thread.  Private to this room. */
#ifndef TL_STORE_GATHERED_H
#define TL_STORE_GATHERED_H

#include "tl/bytes.h"
#include "tl/status.h"

#include <stdbool.h>

struct tl_gathered_write {
    uint64_t prefix; /* of the key, as a number */
    size_t at;       /* of key and value in the batch's bytes */
    struct tl_bytes key;
    struct tl_bytes value;
    bool deletes;
};

struct tl_gathered {
    uint8_t *bytes;
    size_t used;
    size_t size;
    struct tl_gathered_write *write;
    size_t count;
    size_t room;
};

/* tl_gathered_add copies a write.  TL_ERR_NO_MEMORY: it is not in the batch. */
TL_MUST_USE enum tl_status tl_gathered_add(struct tl_gathered *all, struct tl_bytes key,
                                           struct tl_bytes value, bool deletes);
/* tl_gathered_sort orders what was gathered by key, and keeps the last write of each;
 * `write` may be read from then until something is added. */
void tl_gathered_sort(struct tl_gathered *all);
void tl_gathered_clear(struct tl_gathered *all);
void tl_gathered_free(struct tl_gathered *all);

#endif
