/* A machine's disk: a store with a page cache, and the journal's two files.
 *
 * The store keeps RocksDB's promise (store_rocksdb.h): a crash loses a suffix of
 * whole batches, never more than what was not synced.  Files keep POSIX's: what
 * was written since the last sync survives as any prefix. */
#include "sim.h"

#include "tl/check.h"
#include "tl/store_mem.h"
#include "tl/store_rocksdb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STORE_BYTES ((size_t)48 << 20)
#define FD_BASE     1000

static struct sim_disk *disk_of(struct tl_store *store)
{
    return (struct sim_disk *)store;
}

static bool fault(struct sim_disk *disk)
{
    struct sim *sim = disk->host->sim;

    if (disk->off || sim->healed || !permille(sim, sim->options.disk_permille))
        return false;
    sim->result.disk_faults++;
    return true;
}

/* Counts down to the power cut.  False: it is off. */
static bool power(struct sim_disk *disk)
{
    if (disk->left != UINT32_MAX && disk->left-- == 0) {
        disk->left = UINT32_MAX;
        disk->off = true;
    }
    return !disk->off;
}

/* ---- the store ---- */

static enum tl_status get(struct tl_store *store, struct tl_bytes key, struct tl_bytes *value)
{
    struct sim_disk *disk = disk_of(store);

    /* One read in a hundred that may fail: most come from the block cache. */
    if (chance(disk->host->sim, 100) == 0 && fault(disk)) {
        *value = TL_BYTES_NONE;
        return TL_ERR_STORE;
    }
    return tl_store_get(disk->live, key, value);
}

static enum tl_status scan(struct tl_store *store, struct tl_bytes from, struct tl_bytes to,
                           tl_store_visit *visit, void *context)
{
    if (flaw == FLAW_VOTES_FORGOTTEN && from.len == 1 && from.ptr[0] == TL_KEY_HELD_CERT)
        return TL_OK;
    return tl_store_scan(disk_of(store)->live, from, to, visit, context);
}

static void gather(struct sim_disk *disk, bool del, struct tl_bytes key, struct tl_bytes value)
{
    struct sim_op *op = malloc(sizeof *op + key.len + value.len);

    TL_CHECK(op != NULL);
    *op = (struct sim_op){.del = del, .key_len = key.len, .value_len = value.len};
    memcpy(op->bytes, key.ptr, key.len);
    if (value.len > 0)
        memcpy(op->bytes + key.len, value.ptr, value.len);
    *disk->gathered_last = op;
    disk->gathered_last = &op->next;
}

static enum tl_status put(struct tl_store *store, struct tl_bytes key, struct tl_bytes value)
{
    struct sim_disk *disk = disk_of(store);

    gather(disk, false, key, value);
    return tl_store_put(disk->live, key, value);
}

static enum tl_status del(struct tl_store *store, struct tl_bytes key)
{
    struct sim_disk *disk = disk_of(store);

    gather(disk, true, key, TL_BYTES_NONE);
    return tl_store_del(disk->live, key);
}

static void free_ops(struct sim_op *op)
{
    while (op != NULL) {
        struct sim_op *next = op->next;

        free(op);
        op = next;
    }
}

static void forget_gathered(struct sim_disk *disk)
{
    free_ops(disk->gathered);
    disk->gathered = NULL;
    disk->gathered_last = &disk->gathered;
}

static void abandon(struct tl_store *store)
{
    struct sim_disk *disk = disk_of(store);

    forget_gathered(disk);
    tl_store_abandon(disk->live);
}

static void apply_first(struct sim_disk *disk)
{
    struct sim_batch *batch = disk->unsynced;

    for (const struct sim_op *op = batch->first; op != NULL; op = op->next) {
        struct tl_bytes key = tl_bytes(op->bytes, op->key_len);
        struct tl_bytes value = tl_bytes(op->bytes + op->key_len, op->value_len);

        TL_CHECK((op->del ? tl_store_del(disk->safe, key) : tl_store_put(disk->safe, key, value)) ==
                 TL_OK);
    }
    TL_CHECK(tl_store_commit(disk->safe, true) == TL_OK);
    disk->unsynced = batch->next;
    if (disk->unsynced == NULL)
        disk->unsynced_last = &disk->unsynced;
    free_ops(batch->first);
    free(batch);
}

static enum tl_status commit(struct tl_store *store, bool sync)
{
    struct sim_disk *disk = disk_of(store);
    struct sim_batch *batch;

    if (disk->off || disk->full || fault(disk)) {
        abandon(store);
        return disk->off ? TL_OK : TL_ERR_STORE;
    }
    TL_CHECK(tl_store_commit(disk->live, false) == TL_OK);
    batch = grab(1, sizeof *batch);
    batch->first = disk->gathered;
    disk->gathered = NULL;
    disk->gathered_last = &disk->gathered;
    *disk->unsynced_last = batch;
    disk->unsynced_last = &batch->next;
    return sync ? tl_store_rocksdb_sync(store, NULL) : TL_OK;
}

static const struct tl_store_ops ops = {get, scan, put, del, commit, abandon};

enum tl_status tl_store_rocksdb_sync(struct tl_store *store, struct tl_why *why)
{
    struct sim_disk *disk = disk_of(store);

    (void)why;
    if (!power(disk) || fault(disk))
        return TL_ERR_STORE;
    if (flaw == FLAW_STORE_UNSYNCED)
        return TL_OK;
    while (disk->unsynced != NULL)
        apply_first(disk);
    return TL_OK;
}

enum tl_status tl_store_rocksdb_open(struct tl_store **out, const char *path,
                                     enum tl_store_mode mode, struct tl_why *why)
{
    (void)path;
    (void)mode;
    (void)why;
    *out = &machine()->disk.door;
    return TL_OK;
}

void tl_store_rocksdb_close(struct tl_store *store)
{
    if (store != NULL)
        abandon(store);
}

const char *tl_store_rocksdb_fault(const struct tl_store *store)
{
    (void)store;
    return "a simulated disk";
}

/* ---- the journal's files ---- */

static struct sim_file *file_at(const char *path)
{
    return &machine()->disk.file[strstr(path, "journal-b") != NULL ? 1 : 0];
}

static struct sim_file *file_of(int fd, struct sim_disk **disk)
{
    uint32_t number = (uint32_t)(fd - FD_BASE);

    *disk = &machine()->sim->host[number / FILES].disk;
    return &(*disk)->file[number % FILES];
}

static void file_room(struct sim_file *file, size_t len)
{
    size_t cap = file->cap;

    while (cap < len)
        cap = cap * 2 + 4096;
    if (cap == file->cap)
        return;
    file->live = realloc(file->live, cap);
    file->safe = realloc(file->safe, cap);
    TL_CHECK(file->live != NULL && file->safe != NULL);
    memset(file->live + file->cap, 0, cap - file->cap);
    memset(file->safe + file->cap, 0, cap - file->cap);
    file->cap = cap;
}

static void file_dirty(struct sim_file *file, size_t from, size_t to)
{
    if (file->dirty_from == file->dirty_to) {
        file->dirty_from = from;
        file->dirty_to = to;
        return;
    }
    file->dirty_from = from < file->dirty_from ? from : file->dirty_from;
    file->dirty_to = to > file->dirty_to ? to : file->dirty_to;
}

/* The first `count` bytes of what was written since the last sync are safe. */
static void file_settle(struct sim_file *file, size_t count)
{
    size_t end = file->dirty_from + count;

    if (count > 0)
        memcpy(file->safe + file->dirty_from, file->live + file->dirty_from, count);
    if (end >= file->dirty_to)
        file->safe_len = file->live_len;
    else if (end > file->safe_len)
        file->safe_len = end;
    file->dirty_from = file->dirty_to = 0;
}

int sim_open(const char *path, int flags, ...);
int sim_open(const char *path, int flags, ...)
{
    struct sim_file *file = file_at(path);
    struct host *host = machine();

    (void)flags;
    if (!file->exists) {
        errno = ENOENT;
        return -1;
    }
    file->at = 0;
    return FD_BASE + (int)(host->index * FILES + (uint32_t)(file - host->disk.file));
}

int sim_fstat(int fd, struct stat *st);
int sim_fstat(int fd, struct stat *st)
{
    memset(st, 0, sizeof *st);
    st->st_ino = (ino_t)fd;
    return 0;
}

int sim_close(int fd);
int sim_close(int fd)
{
    (void)fd;
    return 0;
}

ssize_t sim_read(int fd, void *out, size_t len);
ssize_t sim_read(int fd, void *out, size_t len)
{
    struct sim_disk *disk;
    struct sim_file *file = file_of(fd, &disk);
    size_t have = file->live_len - file->at;

    if (have > len)
        have = len;
    if (fault(disk)) {
        errno = EIO;
        return -1;
    }
    if (have > 0)
        memcpy(out, file->live + file->at, have);
    file->at += have;
    return (ssize_t)have;
}

ssize_t sim_pwrite(int fd, const void *bytes, size_t len, off_t offset);
ssize_t sim_pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    struct sim_disk *disk;
    struct sim_file *file = file_of(fd, &disk);
    size_t at = (size_t)offset;

    if (!power(disk) || disk->full || fault(disk)) {
        errno = disk->full ? ENOSPC : EIO;
        return -1;
    }
    file_room(file, at + len);
    memcpy(file->live + at, bytes, len);
    if (at + len > file->live_len)
        file->live_len = at + len;
    file_dirty(file, at, at + len);
    return (ssize_t)len;
}

int sim_fdatasync(int fd);
int sim_fdatasync(int fd)
{
    struct sim_disk *disk;
    struct sim_file *file = file_of(fd, &disk);

    if (!power(disk) || fault(disk)) {
        errno = EIO;
        return -1;
    }
    if (flaw != FLAW_JOURNAL_UNSYNCED)
        file_settle(file, file->dirty_to - file->dirty_from);
    return 0;
}

int sim_fsync(int fd);
int sim_fsync(int fd)
{
    return sim_fdatasync(fd);
}

int sim_ftruncate(int fd, off_t len);
int sim_ftruncate(int fd, off_t len)
{
    struct sim_disk *disk;
    struct sim_file *file = file_of(fd, &disk);
    size_t to = (size_t)len;

    if (!power(disk) || fault(disk)) {
        errno = EIO;
        return -1;
    }
    file_room(file, to);
    if (to < file->live_len)
        memset(file->live + to, 0, file->live_len - to);
    file_dirty(file, to < file->live_len ? to : file->live_len,
               to > file->live_len ? to : file->live_len);
    file->live_len = to;
    return 0;
}

bool tl_file_exists(const char *path)
{
    if (strstr(path, "never-voted") != NULL)
        return !machine()->voted;
    if (strstr(path, "fencing") != NULL)
        return machine()->fencing;
    if (strstr(path, "rejoin") != NULL)
        return machine()->rejoins;
    return strstr(path, "journal") != NULL && file_at(path)->exists;
}

enum tl_status tl_file_create(const char *path, struct tl_bytes bytes, enum tl_file_privacy privacy,
                              struct tl_why *why)
{
    struct sim_file *file = file_at(path);
    struct sim_disk *disk = &machine()->disk;

    (void)privacy;
    if (file->exists)
        return tl_why_set(why, TL_ERR_CONFLICT, "\"%s\" is there already", path);
    if (!power(disk) || disk->full || fault(disk))
        return tl_why_set(why, TL_ERR_IO, "cannot write \"%s\"", path);
    file_room(file, bytes.len);
    memcpy(file->live, bytes.ptr, bytes.len);
    memcpy(file->safe, bytes.ptr, bytes.len);
    file->live_len = file->safe_len = bytes.len;
    file->exists = true;
    return TL_OK;
}

enum tl_status tl_file_remove(const char *path, struct tl_why *why)
{
    (void)why;
    if (strstr(path, "never-voted") != NULL)
        machine()->voted = true;
    else if (strstr(path, "fencing") != NULL)
        machine()->fencing = false;
    else
        machine()->rejoins = false;
    return TL_OK;
}

enum tl_status tl_file_write(const char *path, struct tl_bytes bytes, enum tl_file_privacy privacy,
                             struct tl_why *why)
{
    (void)path;
    (void)bytes;
    (void)privacy;
    (void)why;
    machine()->fencing = true;
    return TL_OK;
}

static void lose_file(struct sim_file *file)
{
    file_settle(file, file->dirty_to - file->dirty_from);
    if (file->cap > 0) {
        memset(file->live, 0, file->cap);
        memset(file->safe, 0, file->cap);
    }
    file->live_len = file->safe_len = 0;
    file->exists = false;
}

void disk_lose_journal(struct sim_disk *disk)
{
    for (uint32_t i = 0; i < FILES; i++)
        lose_file(&disk->file[i]);
}

enum tl_status tl_signer_set_aside(const char *dir_a, const char *dir_b, struct tl_why *why)
{
    (void)dir_a;
    (void)dir_b;
    (void)why;
    disk_lose_journal(&machine()->disk);
    return TL_OK;
}

/* ---- crashes ---- */

static bool copy_pair(void *context, struct tl_bytes key, struct tl_bytes value)
{
    return tl_store_put(context, key, value) == TL_OK;
}

static void restore_live(struct sim_disk *disk)
{
    disk->live = tl_store_mem_init(disk->live_memory, STORE_BYTES);
    TL_CHECK(disk->live != NULL);
    TL_CHECK(tl_store_scan(disk->safe, TL_BYTES_NONE, TL_BYTES_NONE, copy_pair, disk->live) ==
             TL_OK);
    TL_CHECK(tl_store_commit(disk->live, true) == TL_OK);
}

/* How much of what was under way got through: usually all or nothing. */
static size_t survivors(struct sim *sim, size_t all)
{
    size_t part = all > 512 && chance(sim, 2) == 0 ? 512 : all;

    if (all == 0 || chance(sim, 3) == 0)
        return 0;
    return chance(sim, 3) == 0 ? all : (size_t)chance(sim, part + 1);
}

static void crash_file(struct sim *sim, struct sim_file *file)
{
    size_t dirty = file->dirty_to - file->dirty_from;
    size_t kept = survivors(sim, dirty);

    if (kept > 0 && kept < dirty)
        sim->result.torn++;
    file_settle(file, kept);
    if (flaw == FLAW_JOURNAL_FORGOTTEN && file->safe_len > TL_SIGNER_RECORD_BYTES) {
        memset(file->safe + TL_SIGNER_RECORD_BYTES, 0, file->cap - TL_SIGNER_RECORD_BYTES);
        file->safe_len = TL_SIGNER_RECORD_BYTES;
    }
    if (file->cap > 0)
        memcpy(file->live, file->safe, file->cap);
    file->live_len = file->safe_len;
}

void disk_crash(struct sim_disk *disk)
{
    struct sim *sim = disk->host->sim;

    disk->off = true;
    forget_gathered(disk);
    while (disk->unsynced != NULL && chance(sim, 3) != 0)
        apply_first(disk);
    while (disk->unsynced != NULL) {
        struct sim_batch *batch = disk->unsynced;

        disk->unsynced = batch->next;
        free_ops(batch->first);
        free(batch);
    }
    disk->unsynced_last = &disk->unsynced;
    for (uint32_t i = 0; i < FILES; i++)
        crash_file(sim, &disk->file[i]);
    restore_live(disk);
}

void disk_power(struct sim_disk *disk)
{
    disk->off = false;
    disk->left = UINT32_MAX;
}

void disk_init(struct sim_disk *disk, struct host *host)
{
    disk->door.ops = &ops;
    disk->host = host;
    disk->left = UINT32_MAX;
    disk->gathered_last = &disk->gathered;
    disk->unsynced_last = &disk->unsynced;
    disk->live_memory = malloc(STORE_BYTES);
    disk->safe_memory = malloc(STORE_BYTES);
    TL_CHECK(disk->live_memory != NULL && disk->safe_memory != NULL);
    disk->safe = tl_store_mem_init(disk->safe_memory, STORE_BYTES);
    TL_CHECK(disk->safe != NULL);
    restore_live(disk);
}

void disk_fini(struct sim_disk *disk)
{
    forget_gathered(disk);
    while (disk->unsynced != NULL)
        apply_first(disk);
    for (uint32_t i = 0; i < FILES; i++) {
        free(disk->file[i].live);
        free(disk->file[i].safe);
    }
    free(disk->live_memory);
    free(disk->safe_memory);
}

/* ---- snapshots: these machines give and take none ---- */

enum tl_status tl_store_rocksdb_view(struct tl_store **out, struct tl_store *store)
{
    (void)store;
    *out = NULL;
    return TL_ERR_LIMIT;
}

void tl_store_rocksdb_view_close(struct tl_store *view)
{
    TL_CHECK(view == NULL);
}

enum tl_status tl_snapshot_file_make(struct tl_snapshot_file **out, struct tl_store *view,
                                     uint32_t chunk_bits, const char *beside)
{
    (void)view;
    (void)chunk_bits;
    (void)beside;
    *out = NULL;
    return TL_ERR_LIMIT;
}

enum tl_status tl_snapshot_file_read(const struct tl_snapshot_file *file, uint32_t chunk,
                                     struct tl_list *pairs, struct tl_buf *out)
{
    (void)file;
    (void)chunk;
    (void)pairs;
    (void)out;
    return TL_ERR_LIMIT;
}

void tl_snapshot_file_free(struct tl_snapshot_file *file)
{
    TL_CHECK(file == NULL);
}

enum tl_status tl_replace_path(const struct tl_node *node, const char *ending,
                               char out[TL_PATH_MAX])
{
    (void)node;
    (void)ending;
    out[0] = '\0';
    return TL_ERR_LIMIT;
}

enum tl_status tl_replace_ready(const struct tl_node *node, struct tl_why *why)
{
    (void)node;
    (void)why;
    return TL_ERR_LIMIT;
}

enum tl_status tl_replace_settle(const struct tl_node *node, struct tl_why *why)
{
    (void)node;
    (void)why;
    return TL_OK;
}
