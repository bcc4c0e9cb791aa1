/* tl/store.h -- the only door between the ledger and a disk.
 *
 * A store is an ordered map from bytes to bytes with atomic batches.  It is a
 * table of operations, so the pure rooms can be linked without any disk:
 * ledger/store_mem.c keeps everything in an arena (simulator, tests, replay),
 * node/host/store_rocksdb.c is the real one.
 *
 * One thread owns a store and its batches.  Every view it hands out is borrowed
 * until the next call on the same store.  Key layout: keys.h. */
#ifndef TL_STORE_H
#define TL_STORE_H

#include "tl/bytes.h"
#include "tl/status.h"

struct tl_store;

/* Called for each pair in ascending key order; false ends the scan. */
typedef bool tl_store_visit(void *context, struct tl_bytes key, struct tl_bytes value);

struct tl_store_ops {
    enum tl_status (*get)(struct tl_store *store, struct tl_bytes key, struct tl_bytes *value);
    enum tl_status (*scan)(struct tl_store *store, struct tl_bytes from, struct tl_bytes to,
                           tl_store_visit *visit, void *context);
    /* A store gathers puts and deletes until commit or abandon. */
    enum tl_status (*put)(struct tl_store *store, struct tl_bytes key, struct tl_bytes value);
    enum tl_status (*del)(struct tl_store *store, struct tl_bytes key);
    enum tl_status (*commit)(struct tl_store *store, bool sync);
    void (*abandon)(struct tl_store *store);
};

/* Where a batch is gathered: a store's own (tl_store_sink), or one of the host's
 * that a disk thread commits later.  Both calls copy what they are given. */
struct tl_store_sink {
    enum tl_status (*put)(void *host, struct tl_bytes key, struct tl_bytes value);
    enum tl_status (*del)(void *host, struct tl_bytes key);
    void *host;
};

/* The first member of every implementation. */
struct tl_store {
    const struct tl_store_ops *ops;
};

/* tl_store_get looks up `key`.  TL_OK: *value borrows the stored bytes.
 * TL_ERR_NOT_FOUND, TL_ERR_STORE: *value is empty.  Gathered writes are not
 * seen before they are committed. */
TL_MUST_USE enum tl_status tl_store_get(struct tl_store *store, struct tl_bytes key,
                                        struct tl_bytes *value);
/* tl_store_scan visits from <= key < to; an empty `to` means to the end. */
TL_MUST_USE enum tl_status tl_store_scan(struct tl_store *store, struct tl_bytes from,
                                         struct tl_bytes to, tl_store_visit *visit, void *context);
TL_MUST_USE enum tl_status tl_store_put(struct tl_store *store, struct tl_bytes key,
                                        struct tl_bytes value);
TL_MUST_USE enum tl_status tl_store_del(struct tl_store *store, struct tl_bytes key);
/* tl_store_commit makes everything gathered durable at once, or none of it.
 * With `sync`, TL_OK means the bytes have reached the disk: a promise that
 * depends on them may be made. */
TL_MUST_USE enum tl_status tl_store_commit(struct tl_store *store, bool sync);
void tl_store_abandon(struct tl_store *store);
/* tl_store_sink gathers on the store itself. */
struct tl_store_sink tl_store_sink(struct tl_store *store);

#endif
