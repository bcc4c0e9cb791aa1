/* The adapter to RocksDB (its C API): the store door over a disk. */
#include "tl/store_rocksdb.h"

#include "store_gathered.h"
#include "store_warm.h"
#include "tl/check.h"
#include "tl/file.h"
#include "tl/keys.h"
#include "tl/statemap.h"

#include <fcntl.h>
#include <rocksdb/c.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIB         ((size_t)1 << 20)
#define CACHE_BYTES (32 * MIB)

enum { FAULT_TEXT_MAX = 256 };

struct rocks {
    struct tl_store store; /* first: the door */
    rocksdb_t *db;
    rocksdb_options_t *options;
    rocksdb_cache_t *cache;
    rocksdb_readoptions_t *read;
    rocksdb_writeoptions_t *write_sync;
    rocksdb_writeoptions_t *write_fast;
    struct tl_gathered gathered;
    struct tl_warm *warm; /* newest values of state and buckets */
    rocksdb_writebatch_t *batch;
    const rocksdb_snapshot_t *at;    /* of a view */
    rocksdb_pinnableslice_t *pinned; /* what the last get lent out */
    bool read_only;
    bool filling;
    /* A write or a sync failed.  RocksDB is asked nothing more that touches its log:
     * it would stop the process. */
    atomic_bool wounded;
    char fault[FAULT_TEXT_MAX];
};

static struct rocks *rocks_of(struct tl_store *store)
{
    return (struct rocks *)store;
}

/* Keeps RocksDB's words and gives its memory back. */
static enum tl_status store_fault(struct rocks *r, char *error)
{
    (void)snprintf(r->fault, sizeof r->fault, "%s", error);
    rocksdb_free(error);
    return TL_ERR_STORE;
}

static void drop_pinned(struct rocks *r)
{
    if (r->pinned != NULL)
        rocksdb_pinnableslice_destroy(r->pinned);
    r->pinned = NULL;
}

/* ---- the operations ---- */

/* State and its buckets: what execution reads over and over. */
static bool is_warm(struct tl_bytes key)
{
    return key.len != 0 && (key.ptr[0] < TL_STATE_KEY_PLAIN || key.ptr[0] == TL_KEY_BUCKET);
}

static enum tl_status rocks_get(struct tl_store *store, struct tl_bytes key, struct tl_bytes *value)
{
    struct rocks *r = rocks_of(store);
    bool warm = r->warm != NULL && is_warm(key);
    char *error = NULL;
    size_t len = 0;
    const char *bytes;

    *value = TL_BYTES_NONE;
    drop_pinned(r);
    if (warm && tl_warm_get(r->warm, key, value))
        return TL_OK;
    r->pinned = rocksdb_get_pinned(r->db, r->read, (const char *)key.ptr, key.len, &error);
    if (error != NULL)
        return store_fault(r, error);
    if (r->pinned == NULL)
        return TL_ERR_NOT_FOUND;
    bytes = rocksdb_pinnableslice_value(r->pinned, &len);
    *value = tl_bytes(bytes, len);
    if (warm)
        tl_warm_put(r->warm, key, *value);
    return TL_OK;
}

static void visit_all(rocksdb_iterator_t *it, struct tl_bytes to, tl_store_visit *visit,
                      void *context)
{
    for (; rocksdb_iter_valid(it); rocksdb_iter_next(it)) {
        struct tl_bytes key;
        struct tl_bytes value;
        size_t len;
        key.ptr = (const uint8_t *)rocksdb_iter_key(it, &len);
        key.len = len;
        if (to.len > 0 && tl_bytes_cmp(key, to) >= 0)
            return;
        value.ptr = (const uint8_t *)rocksdb_iter_value(it, &len);
        value.len = len;
        if (!visit(context, key, value))
            return;
    }
}

static enum tl_status rocks_scan(struct tl_store *store, struct tl_bytes from, struct tl_bytes to,
                                 tl_store_visit *visit, void *context)
{
    struct rocks *r = rocks_of(store);
    rocksdb_iterator_t *it = rocksdb_create_iterator(r->db, r->read);
    char *error = NULL;

    if (from.len == 0)
        rocksdb_iter_seek_to_first(it);
    else
        rocksdb_iter_seek(it, (const char *)from.ptr, from.len);
    visit_all(it, to, visit, context);
    rocksdb_iter_get_error(it, &error);
    rocksdb_iter_destroy(it);
    return error == NULL ? TL_OK : store_fault(r, error);
}

static enum tl_status refuse_write(struct rocks *r)
{
    (void)snprintf(r->fault, sizeof r->fault, "the store was opened to read only");
    return TL_ERR_STORE;
}

static enum tl_status gather(struct rocks *r, struct tl_bytes key, struct tl_bytes value,
                             bool deletes)
{
    return r->read_only ? refuse_write(r) : tl_gathered_add(&r->gathered, key, value, deletes);
}

static enum tl_status rocks_put(struct tl_store *store, struct tl_bytes key, struct tl_bytes value)
{
    return gather(rocks_of(store), key, value, false);
}

static enum tl_status rocks_del(struct tl_store *store, struct tl_bytes key)
{
    return gather(rocks_of(store), key, TL_BYTES_NONE, true);
}

static void fill_batch(struct rocks *r)
{
    tl_gathered_sort(&r->gathered);
    for (size_t i = 0; i < r->gathered.count; i++) {
        const struct tl_gathered_write *w = &r->gathered.write[i];

        if (w->deletes)
            rocksdb_writebatch_delete(r->batch, (const char *)w->key.ptr, w->key.len);
        else
            rocksdb_writebatch_put(r->batch, (const char *)w->key.ptr, w->key.len,
                                   (const char *)w->value.ptr, w->value.len);
    }
}

/* What was committed is what the next reads want. */
static void keep_warm(struct rocks *r)
{
    if (r->filling)
        return;
    for (size_t i = 0; i < r->gathered.count; i++) {
        const struct tl_gathered_write *w = &r->gathered.write[i];

        if (!is_warm(w->key))
            continue;
        if (w->deletes)
            tl_warm_drop(r->warm, w->key);
        else
            tl_warm_put(r->warm, w->key, w->value);
    }
}

/* Without a log ahead it is the files that are durable. */
static void make_files(struct rocks *r, char **error)
{
    rocksdb_flushoptions_t *options = rocksdb_flushoptions_create();

    rocksdb_flushoptions_set_wait(options, 1);
    rocksdb_flush(r->db, options, error);
    rocksdb_flushoptions_destroy(options);
}

static enum tl_status rocks_commit(struct tl_store *store, bool sync)
{
    struct rocks *r = rocks_of(store);
    char *error = NULL;

    if (r->read_only)
        return refuse_write(r);
    if (atomic_load(&r->wounded))
        return TL_ERR_STORE;
    fill_batch(r);
    rocksdb_write(r->db, sync ? r->write_sync : r->write_fast, r->batch, &error);
    if (error == NULL && sync && r->filling)
        make_files(r, &error);
    if (error == NULL)
        keep_warm(r);
    else
        tl_warm_clear(r->warm);
    if (error != NULL)
        atomic_store(&r->wounded, true);
    rocksdb_writebatch_clear(r->batch);
    tl_gathered_clear(&r->gathered);
    return error == NULL ? TL_OK : store_fault(r, error);
}

static void rocks_abandon(struct tl_store *store)
{
    tl_gathered_clear(&rocks_of(store)->gathered);
}

static const struct tl_store_ops rocks_ops = {
    .get = rocks_get,
    .scan = rocks_scan,
    .put = rocks_put,
    .del = rocks_del,
    .commit = rocks_commit,
    .abandon = rocks_abandon,
};

enum tl_status tl_store_rocksdb_sync(struct tl_store *store, struct tl_why *why)
{
    struct rocks *r = rocks_of(store);
    char *error = NULL;
    enum tl_status status;

    /* Only the database handle is touched: it is what RocksDB lets two threads
     * share, and the owner may be gathering its next batch meanwhile. */
    if (atomic_load(&r->wounded))
        return tl_why_set(why, TL_ERR_STORE, "the store failed before");
    rocksdb_flush_wal(r->db, 1, &error);
    if (error == NULL)
        return TL_OK;
    atomic_store(&r->wounded, true);
    status = tl_why_set(why, TL_ERR_STORE, "cannot make the store durable: %s", error);
    rocksdb_free(error);
    return status;
}

const char *tl_store_rocksdb_fault(const struct tl_store *store)
{
    return ((const struct rocks *)store)->fault;
}

/* ---- views ---- */

/* What a view does not use stays zero: it has no batch, no cache, no options. */
enum tl_status tl_store_rocksdb_view(struct tl_store **out, struct tl_store *store)
{
    struct rocks *r = rocks_of(store);
    struct rocks *view = calloc(1, sizeof *view);

    *out = NULL;
    if (view == NULL)
        return TL_ERR_NO_MEMORY;
    view->store.ops = &rocks_ops;
    view->read_only = true;
    view->db = r->db;
    view->at = rocksdb_create_snapshot(r->db);
    view->read = rocksdb_readoptions_create();
    rocksdb_readoptions_set_snapshot(view->read, view->at);
    rocksdb_readoptions_set_fill_cache(view->read, 0);
    *out = &view->store;
    return TL_OK;
}

void tl_store_rocksdb_view_close(struct tl_store *store)
{
    struct rocks *view = rocks_of(store);

    if (view == NULL)
        return;
    drop_pinned(view);
    rocksdb_readoptions_destroy(view->read);
    rocksdb_release_snapshot(view->db, view->at);
    free(view);
}

/* ---- opening ---- */

/* 64 MiB of cache holds blocks, indexes and filters; three write buffers of
 * 16 MiB gather what is new.  A bloom filter makes the many reads of keys that
 * are not there (a new case, a new author) cheap. */
static void tune_table(struct rocks *r)
{
    rocksdb_block_based_table_options_t *table = rocksdb_block_based_options_create();

    r->cache = rocksdb_cache_create_lru(64 * MIB);
    rocksdb_block_based_options_set_block_cache(table, r->cache);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1);
    rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(table, 1);
    rocksdb_block_based_options_set_filter_policy(table, rocksdb_filterpolicy_create_bloom(10));
    rocksdb_block_based_options_set_block_size(table, (size_t)16 << 10);
    rocksdb_options_set_block_based_table_factory(r->options, table);
    rocksdb_block_based_options_destroy(table);
}

/* What is written lies in memory as it came and is sorted when it becomes a file. */
static void tune_to_fill(struct rocks *r)
{
    rocksdb_options_set_memtable_vector_rep(r->options);
    rocksdb_options_set_allow_concurrent_memtable_write(r->options, 0);
    rocksdb_options_set_memtable_prefix_bloom_size_ratio(r->options, 0);
    rocksdb_options_set_disable_auto_compactions(r->options, 1);
    rocksdb_options_set_write_buffer_size(r->options, 32 * MIB);
    rocksdb_options_set_db_write_buffer_size(r->options, 96 * MIB);
    rocksdb_options_set_level0_slowdown_writes_trigger(r->options, 1 << 20);
    rocksdb_options_set_level0_stop_writes_trigger(r->options, 1 << 20);
    rocksdb_writeoptions_disable_WAL(r->write_fast, 1);
    rocksdb_writeoptions_set_sync(r->write_sync, 0);
    rocksdb_writeoptions_disable_WAL(r->write_sync, 1);
}

static void tune(struct rocks *r, enum tl_store_mode mode)
{
    r->options = rocksdb_options_create();
    rocksdb_options_set_create_if_missing(r->options,
                                          mode == TL_STORE_CREATE || mode == TL_STORE_FILL);
    rocksdb_options_set_write_buffer_size(r->options, 16 * MIB);
    rocksdb_options_set_max_write_buffer_number(r->options, 3);
    rocksdb_options_set_db_write_buffer_size(r->options, 48 * MIB);
    /* Three tables of memory are asked for every key that is not there. */
    rocksdb_options_set_memtable_prefix_bloom_size_ratio(r->options, 0.05);
    rocksdb_options_set_memtable_whole_key_filtering(r->options, 1);
    rocksdb_options_set_max_total_wal_size(r->options, 128 * MIB);
    rocksdb_options_set_max_open_files(r->options, 256);
    rocksdb_options_set_max_background_jobs(r->options, 2);
    rocksdb_options_set_bytes_per_sync(r->options, MIB);
    rocksdb_options_set_level_compaction_dynamic_level_bytes(r->options, 1);
    /* Hashes and signatures do not shrink. */
    rocksdb_options_set_compression(r->options, rocksdb_no_compression);
    rocksdb_options_set_keep_log_file_num(r->options, 4);
    /* Nothing: what fails is told to us anyway, and with a full disk Debian's RocksDB
     * stops the process over its own log of it. */
    rocksdb_options_set_info_log_level(r->options, 4);
    rocksdb_options_set_wal_recovery_mode(r->options,
                                          rocksdb_tolerate_corrupted_tail_records_recovery);
    tune_table(r);
    r->read = rocksdb_readoptions_create();
    r->write_fast = rocksdb_writeoptions_create();
    r->write_sync = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(r->write_sync, 1);
    r->batch = rocksdb_writebatch_create();
    if (mode == TL_STORE_FILL)
        tune_to_fill(r);
}

void tl_store_rocksdb_close(struct tl_store *store)
{
    struct rocks *r = rocks_of(store);

    if (r == NULL)
        return;
    drop_pinned(r);
    if (atomic_load(&r->wounded))
        return;
    if (r->db != NULL)
        rocksdb_close(r->db);
    rocksdb_writebatch_destroy(r->batch);
    rocksdb_writeoptions_destroy(r->write_sync);
    rocksdb_writeoptions_destroy(r->write_fast);
    rocksdb_readoptions_destroy(r->read);
    rocksdb_options_destroy(r->options);
    rocksdb_cache_destroy(r->cache);
    tl_gathered_free(&r->gathered);
    tl_warm_free(r->warm);
    free(r);
}

static enum tl_status in_use(const char *path, struct tl_why *why)
{
    return tl_why_set(why, TL_ERR_CONFLICT,
                      "store \"%s\" is in use by a running node; stop it first", path);
}

/* Opening to read takes no lock, so ask whether a node holds the one RocksDB
 * puts on LOCK: a moving store must not be audited. */
static bool is_locked(const char *path)
{
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    char name[TL_PATH_MAX];
    bool locked;
    int fd;

    if (!tl_path_join(name, sizeof name, path, "LOCK"))
        return false;
    fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    locked = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    (void)close(fd);
    return locked;
}

static enum tl_status check_place(const char *path, enum tl_store_mode mode, struct tl_why *why)
{
    char current[TL_PATH_MAX];

    if (!tl_path_join(current, sizeof current, path, "CURRENT"))
        return tl_why_set(why, TL_ERR_LIMIT, "path \"%s\" is too long", path);
    if (mode == TL_STORE_CREATE || mode == TL_STORE_FILL)
        return tl_dir_make(path, TL_FILE_SECRET, why);
    if (!tl_file_exists(current))
        return tl_why_set(why, TL_ERR_NOT_FOUND, "there is no ledger store in \"%s\"", path);
    return mode == TL_STORE_READ_ONLY && is_locked(path) ? in_use(path, why) : TL_OK;
}

static enum tl_status open_failed(char *error, const char *path, struct tl_why *why)
{
    enum tl_status status;

    if (strstr(error, "lock file") != NULL || strstr(error, "lock hold") != NULL)
        status = in_use(path, why);
    else if (strncmp(error, "Corruption", 10) == 0)
        status = tl_why_set(why, TL_ERR_CORRUPT,
                            "store \"%s\" is damaged: %s; restore this member from its peers", path,
                            error);
    else
        status = tl_why_set(why, TL_ERR_STORE, "cannot open store \"%s\": %s", path, error);
    rocksdb_free(error);
    return status;
}

enum tl_status tl_store_rocksdb_open(struct tl_store **out, const char *path,
                                     enum tl_store_mode mode, struct tl_why *why)
{
    enum tl_status status = check_place(path, mode, why);
    struct rocks *r;
    char *error = NULL;

    *out = NULL;
    if (status != TL_OK)
        return status;
    r = calloc(1, sizeof *r);
    if (r == NULL)
        return tl_why_set(why, TL_ERR_NO_MEMORY, "no memory to open store \"%s\"", path);
    r->warm = tl_warm_new(CACHE_BYTES);
    if (r->warm == NULL) {
        free(r);
        return tl_why_set(why, TL_ERR_NO_MEMORY, "no memory to open store \"%s\"", path);
    }
    r->store.ops = &rocks_ops;
    r->read_only = mode == TL_STORE_READ_ONLY;
    r->filling = mode == TL_STORE_FILL;
    tune(r, mode);
    if (r->read_only)
        r->db = rocksdb_open_for_read_only(r->options, path, 0, &error);
    else
        r->db = rocksdb_open(r->options, path, &error);
    if (error != NULL) {
        tl_store_rocksdb_close(&r->store);
        return open_failed(error, path, why);
    }
    *out = &r->store;
    return TL_OK;
}
