/* store_warm.h -- the newest values of keys that are read again and again.
 *
 * The contract reads a case before it writes it and the state map a bucket; both
 * were written a moment ago as a rule.  RocksDB finds them in three tables of
 * memory and some files, one comparison of bytes after another; here it is one
 * look-up.  What is held is bounded in bytes; whatever was used longest ago goes.
 *
 * A value lent out lives until the next call with the same cache.  One thread.
 * Private to this room. */
#ifndef TL_STORE_WARM_H
#define TL_STORE_WARM_H

#include "tl/bytes.h"

#include <stdbool.h>

struct tl_warm;

/* tl_warm_new: at most `bytes` of keys and values; NULL without memory. */
struct tl_warm *tl_warm_new(size_t bytes);
void tl_warm_free(struct tl_warm *warm);
TL_MUST_USE bool tl_warm_get(struct tl_warm *warm, struct tl_bytes key, struct tl_bytes *value);
/* tl_warm_put holds a value, or nothing of the key when there is no memory. */
void tl_warm_put(struct tl_warm *warm, struct tl_bytes key, struct tl_bytes value);
void tl_warm_drop(struct tl_warm *warm, struct tl_bytes key);
void tl_warm_clear(struct tl_warm *warm);

#endif
