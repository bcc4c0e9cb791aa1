/* tl/store_rocksdb.h -- the store door (store.h) over RocksDB.
 *
 * One column family, write-ahead log on, bounded memory: a block cache of
 * 64 MiB that also holds index and filter blocks, write buffers of at most
 * 64 MiB together, and 32 MiB of the newest values of state and buckets, which
 * execution reads again and again; some 180 MiB with everything.  Keys with a
 * sequential prefix (leaves, blocks, log nodes) are what the options are tuned
 * for, and a batch is written in the order of its keys.
 *
 * Threads: the store belongs to one thread, as store.h says, with one exception
 * for group commit: the owner commits with sync=false, which is visible to its
 * next get at once, and the disk thread calls tl_store_rocksdb_sync, which makes
 * everything committed before the call durable.  A crash in between loses a
 * suffix of whole batches, never a part of one.
 *
 * Failure: TL_ERR_CONFLICT when another process has the directory,
 * TL_ERR_NOT_FOUND when it is not a store, TL_ERR_STORE with RocksDB's words
 * otherwise.  A write-ahead log that is damaged anywhere but in its
 * unfinished last record is refused: what was synced must all be there. */
#ifndef TL_STORE_ROCKSDB_H
#define TL_STORE_ROCKSDB_H

#include "tl/store.h"
#include "tl/why.h"

enum tl_store_mode {
    TL_STORE_CREATE,   /* open, or create when there is none */
    TL_STORE_OPEN,     /* open what is there */
    TL_STORE_FILL,     /* create, to write a great many keys and read none: no log ahead, so
                          that only a synced commit, which makes files of all that was
                          written, is durable */
    TL_STORE_READ_ONLY /* look at a stopped node's store; every put fails */
};

/* tl_store_rocksdb_open opens the store in directory `path`; *out is owned by
 * the caller until tl_store_rocksdb_close. */
TL_MUST_USE enum tl_status tl_store_rocksdb_open(struct tl_store **out, const char *path,
                                                 enum tl_store_mode mode, struct tl_why *why);
/* tl_store_rocksdb_close abandons what was gathered and closes; NULL is fine.  A
 * store whose disk failed stays as it is until the process ends, which is what is
 * left to do: what was synced is safe, and the next start reads it. */
void tl_store_rocksdb_close(struct tl_store *store);

/* tl_store_rocksdb_sync waits until every batch committed before this call is on
 * the disk.  May run on another thread than the store's own. */
TL_MUST_USE enum tl_status tl_store_rocksdb_sync(struct tl_store *store, struct tl_why *why);

/* tl_store_rocksdb_view is the store as it is now, whatever is committed later: to
 * get and to scan, on one other thread, without the owner's waiting for it.  It keeps
 * old values on the disk as long as it lives; *out is owned by the caller until
 * tl_store_rocksdb_view_close, before the store is closed. */
TL_MUST_USE enum tl_status tl_store_rocksdb_view(struct tl_store **out, struct tl_store *store);
void tl_store_rocksdb_view_close(struct tl_store *view);

/* tl_store_rocksdb_fault is what RocksDB said about the last failure, "" before
 * any; valid until the next call. */
const char *tl_store_rocksdb_fault(const struct tl_store *store);

#endif
