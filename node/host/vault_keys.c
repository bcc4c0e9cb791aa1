/* Two files of slots and an index of them.  See tl/vault_keys.h. */
#include "tl/vault_keys.h"

#include "tl/check.h"
#include "tl/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLOT_BYTES 128u
#define SUM_AT     (SLOT_BYTES - 4u)
#define NO_SLOT    UINT32_MAX
#define FIRST_ROOM 256u
#define COPIES     2u
#define FILE_NAME  "vault-keys"

enum slot_state { SLOT_NONE = 0, SLOT_LIVE = 1, SLOT_DESTROYED = 2 };

/* Where each part of a slot lies. */
enum { AT_STATE = 4, AT_ACKED = 8, AT_CASE = 12, AT_MARK = 28, AT_SEALED = 44 };
_Static_assert(AT_SEALED + TL_VAULT_SEALED_BYTES == SUM_AT, "a slot is full");

struct entry {
    struct tl_vault_slot slot;
    uint32_t generation;
    uint32_t next; /* of the same bucket, or of the free ones */
    uint8_t state;
};

struct tl_vault_keys {
    int fd[COPIES];
    pthread_mutex_t lock; /* of all that follows */
    struct entry *entry;
    uint32_t *bucket;
    uint32_t count; /* slots in the file */
    uint32_t room;  /* and buckets: a power of two */
    uint32_t live;
    uint32_t free;
};

/* ---- one slot ---- */

static void sum(uint8_t out[4], const uint8_t bytes[SLOT_BYTES])
{
    struct tl_hash hash;

    tl_hash_domain(&hash, "tallystick/vault-slot/v1", tl_bytes(bytes, SUM_AT));
    memcpy(out, hash.b, 4);
}

static void pack(uint8_t out[SLOT_BYTES], const struct entry *entry, const uint8_t *sealed)
{
    memset(out, 0, SLOT_BYTES);
    tl_put_u32be(out, entry->generation);
    out[AT_STATE] = entry->state;
    tl_put_u32be(out + AT_ACKED, entry->slot.acked);
    memcpy(out + AT_CASE, entry->slot.case_id.b, TL_ID_BYTES);
    memcpy(out + AT_MARK, entry->slot.mark, TL_VAULT_MARK_BYTES);
    if (sealed != NULL)
        memcpy(out + AT_SEALED, sealed, TL_VAULT_SEALED_BYTES);
    sum(out + SUM_AT, out);
}

/* False: torn, or never written. */
static bool unpack(struct entry *entry, const uint8_t in[SLOT_BYTES])
{
    uint8_t check[4];

    memset(entry, 0, sizeof *entry);
    sum(check, in);
    if (memcmp(check, in + SUM_AT, sizeof check) != 0 || in[AT_STATE] == SLOT_NONE ||
        in[AT_STATE] > SLOT_DESTROYED)
        return false;
    entry->generation = tl_get_u32be(in);
    entry->state = in[AT_STATE];
    entry->slot.acked = tl_get_u32be(in + AT_ACKED);
    memcpy(entry->slot.case_id.b, in + AT_CASE, TL_ID_BYTES);
    memcpy(entry->slot.mark, in + AT_MARK, TL_VAULT_MARK_BYTES);
    return true;
}

static bool read_slot(int fd, uint32_t at, uint8_t out[SLOT_BYTES])
{
    return pread(fd, out, SLOT_BYTES, (off_t)at * SLOT_BYTES) == (ssize_t)SLOT_BYTES;
}

static bool write_slot(int fd, uint32_t at, const uint8_t bytes[SLOT_BYTES])
{
    return pwrite(fd, bytes, SLOT_BYTES, (off_t)at * SLOT_BYTES) == (ssize_t)SLOT_BYTES;
}

static enum tl_status write_both(struct tl_vault_keys *k, uint32_t at,
                                 const uint8_t bytes[SLOT_BYTES])
{
    for (uint32_t i = 0; i < COPIES; i++) {
        if (!write_slot(k->fd[i], at, bytes))
            return TL_ERR_IO;
    }
    return TL_OK;
}

/* ---- the index ---- */

static uint32_t *bucket_of(struct tl_vault_keys *k, const struct tl_id *id)
{
    struct tl_hash hash;

    /* Case ids come from outside: a bucket must not be theirs to choose. */
    tl_hash_domain(&hash, "tallystick/vault-bucket/v1", tl_bytes(id->b, sizeof id->b));
    return &k->bucket[tl_get_u32be(hash.b) & (k->room - 1u)];
}

static void link_slot(struct tl_vault_keys *k, uint32_t at)
{
    uint32_t *head =
        k->entry[at].state == SLOT_LIVE ? bucket_of(k, &k->entry[at].slot.case_id) : &k->free;

    k->entry[at].next = *head;
    *head = at;
    k->live += k->entry[at].state == SLOT_LIVE;
}

static void unlink_slot(struct tl_vault_keys *k, uint32_t at)
{
    uint32_t *link = bucket_of(k, &k->entry[at].slot.case_id);

    while (*link != at)
        link = &k->entry[*link].next;
    *link = k->entry[at].next;
    k->live--;
}

static enum tl_status grow(struct tl_vault_keys *k)
{
    uint32_t room = k->room == 0 ? FIRST_ROOM : k->room * 2u;
    struct entry *entry = realloc(k->entry, room * sizeof *entry);
    uint32_t *bucket;

    if (entry == NULL)
        return TL_ERR_NO_MEMORY;
    k->entry = entry;
    bucket = realloc(k->bucket, room * sizeof *bucket);
    if (bucket == NULL)
        return TL_ERR_NO_MEMORY;
    k->bucket = bucket;
    k->room = room;
    memset(bucket, 0xff, room * sizeof *bucket);
    k->live = 0;
    k->free = NO_SLOT;
    for (uint32_t at = 0; at < k->count; at++)
        link_slot(k, at);
    return TL_OK;
}

static uint32_t find(struct tl_vault_keys *k, const struct tl_id *id,
                     const uint8_t mark[TL_VAULT_MARK_BYTES])
{
    uint32_t at = k->room == 0 ? NO_SLOT : *bucket_of(k, id);

    while (at != NO_SLOT && (memcmp(k->entry[at].slot.case_id.b, id->b, TL_ID_BYTES) != 0 ||
                             memcmp(k->entry[at].slot.mark, mark, TL_VAULT_MARK_BYTES) != 0))
        at = k->entry[at].next;
    return at;
}

/* ---- opening ---- */

static enum tl_status open_copy(int *fd, const char *dir, struct tl_why *why)
{
    char path[TL_PATH_MAX];
    enum tl_status st = tl_dir_make(dir, TL_FILE_SECRET, why);

    if (st != TL_OK)
        return st;
    if (!tl_path_join(path, sizeof path, dir, FILE_NAME))
        return tl_why_set(why, TL_ERR_LIMIT, "path \"%s\" is too long", dir);
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd < 0)
        return tl_why_set(why, TL_ERR_IO,
                          "cannot open the vault's keys \"%s\": %s; is its disk there?", path,
                          strerror(errno));
    return tl_dir_sync(dir, why);
}

static uint32_t slots_in(int fd)
{
    struct stat info;

    if (fstat(fd, &info) != 0)
        return 0;
    return (uint32_t)((info.st_size + (off_t)SLOT_BYTES - 1) / (off_t)SLOT_BYTES);
}

/* Takes the newer of both copies of a slot and makes the other like it. */
static enum tl_status heal(struct tl_vault_keys *k, uint32_t at, struct entry *out)
{
    uint8_t bytes[COPIES][SLOT_BYTES] = {{0}};
    struct entry seen[COPIES];
    bool good[COPIES];
    uint32_t best;

    for (uint32_t i = 0; i < COPIES; i++)
        good[i] = read_slot(k->fd[i], at, bytes[i]) && unpack(&seen[i], bytes[i]);
    if (!good[0] && !good[1]) {
        *out = (struct entry){.state = SLOT_NONE};
        return TL_OK;
    }
    best = !good[0] || (good[1] && seen[1].generation > seen[0].generation) ? 1 : 0;
    *out = seen[best];
    if (memcmp(bytes[0], bytes[1], SLOT_BYTES) == 0)
        return TL_OK;
    return write_slot(k->fd[1 - best], at, bytes[best]) ? TL_OK : TL_ERR_IO;
}

static enum tl_status load(struct tl_vault_keys *k)
{
    uint32_t a = slots_in(k->fd[0]);
    uint32_t b = slots_in(k->fd[1]);
    uint32_t count = a > b ? a : b;
    enum tl_status st = grow(k);

    for (uint32_t at = 0; st == TL_OK && at < count; at++) {
        if (k->count == k->room)
            st = grow(k);
        if (st == TL_OK)
            st = heal(k, at, &k->entry[at]);
        if (st == TL_OK) {
            k->count++;
            link_slot(k, at);
        }
    }
    return st == TL_OK ? tl_vault_keys_sync(k) : st;
}

enum tl_status tl_vault_keys_open(struct tl_vault_keys **out, const char *dir_a, const char *dir_b,
                                  struct tl_why *why)
{
    struct tl_vault_keys *k = calloc(1, sizeof *k);
    enum tl_status st;

    if (k == NULL)
        return tl_why_set(why, TL_ERR_NO_MEMORY, "no memory for the vault's keys");
    k->fd[0] = k->fd[1] = -1;
    k->free = NO_SLOT;
    TL_CHECK(pthread_mutex_init(&k->lock, NULL) == 0);
    st = open_copy(&k->fd[0], dir_a, why);
    if (st == TL_OK)
        st = open_copy(&k->fd[1], dir_b, why);
    if (st == TL_OK && (st = load(k)) != TL_OK)
        st = tl_why_set(why, st, "cannot read the vault's keys in \"%s\" and \"%s\"", dir_a, dir_b);
    if (st != TL_OK) {
        tl_vault_keys_close(k);
        return st;
    }
    *out = k;
    return TL_OK;
}

void tl_vault_keys_close(struct tl_vault_keys *k)
{
    if (k == NULL)
        return;
    for (uint32_t i = 0; i < COPIES; i++) {
        if (k->fd[i] >= 0)
            (void)close(k->fd[i]);
    }
    (void)pthread_mutex_destroy(&k->lock);
    free(k->entry);
    free(k->bucket);
    free(k);
}

/* ---- changes ---- */

/* A slot that is free, or one more. */
static enum tl_status take_slot(struct tl_vault_keys *k, uint32_t *at)
{
    enum tl_status st = TL_OK;

    if (k->free != NO_SLOT) {
        *at = k->free;
        k->free = k->entry[*at].next;
        return TL_OK;
    }
    if (k->count == UINT32_MAX / 2)
        return TL_ERR_LIMIT;
    if (k->count == k->room)
        st = grow(k);
    if (st == TL_OK) {
        *at = k->count++;
        k->entry[*at] = (struct entry){.state = SLOT_NONE};
    }
    return st;
}

static enum tl_status put(struct tl_vault_keys *k, const struct tl_vault_slot *slot,
                          const uint8_t sealed[TL_VAULT_SEALED_BYTES])
{
    uint32_t at = find(k, &slot->case_id, slot->mark);
    uint8_t bytes[SLOT_BYTES];
    enum tl_status st = TL_OK;

    if (at != NO_SLOT)
        unlink_slot(k, at);
    else
        st = take_slot(k, &at);
    if (st != TL_OK)
        return st;
    k->entry[at].slot = *slot;
    k->entry[at].state = SLOT_LIVE;
    k->entry[at].generation++;
    pack(bytes, &k->entry[at], sealed);
    link_slot(k, at);
    return write_both(k, at, bytes);
}

enum tl_status tl_vault_keys_put(struct tl_vault_keys *k, const struct tl_vault_slot *slot,
                                 const uint8_t sealed[TL_VAULT_SEALED_BYTES])
{
    enum tl_status st;

    (void)pthread_mutex_lock(&k->lock);
    st = put(k, slot, sealed);
    (void)pthread_mutex_unlock(&k->lock);
    return st;
}

enum tl_status tl_vault_keys_get(struct tl_vault_keys *k, const struct tl_id *id,
                                 const uint8_t mark[TL_VAULT_MARK_BYTES],
                                 uint8_t sealed[TL_VAULT_SEALED_BYTES])
{
    uint32_t at = find(k, id, mark);
    uint8_t bytes[SLOT_BYTES];
    struct entry entry;

    if (at == NO_SLOT)
        return TL_ERR_NOT_FOUND;
    for (uint32_t i = 0; i < COPIES; i++) {
        if (read_slot(k->fd[i], at, bytes) && unpack(&entry, bytes) &&
            entry.generation == k->entry[at].generation) {
            memcpy(sealed, bytes + AT_SEALED, TL_VAULT_SEALED_BYTES);
            return TL_OK;
        }
    }
    return TL_ERR_CORRUPT;
}

enum tl_status tl_vault_keys_ack(struct tl_vault_keys *k, const struct tl_id *id,
                                 const uint8_t mark[TL_VAULT_MARK_BYTES], uint32_t member)
{
    uint8_t sealed[TL_VAULT_SEALED_BYTES];
    struct tl_vault_slot slot;
    enum tl_status st = tl_vault_keys_get(k, id, mark, sealed);

    if (st != TL_OK)
        return st;
    slot = k->entry[find(k, id, mark)].slot;
    slot.acked |= 1u << member;
    return tl_vault_keys_put(k, &slot, sealed);
}

/* Both copies say that the key is gone. */
static enum tl_status check_destroyed(struct tl_vault_keys *k, uint32_t at)
{
    static const uint8_t zero[TL_VAULT_SEALED_BYTES];
    uint8_t bytes[SLOT_BYTES];
    struct entry entry;

    for (uint32_t i = 0; i < COPIES; i++) {
        if (!read_slot(k->fd[i], at, bytes) || !unpack(&entry, bytes) ||
            entry.state != SLOT_DESTROYED || memcmp(bytes + AT_SEALED, zero, sizeof zero) != 0)
            return TL_ERR_IO;
    }
    return TL_OK;
}

enum tl_status tl_vault_keys_destroy(struct tl_vault_keys *k, const struct tl_id *id,
                                     const uint8_t mark[TL_VAULT_MARK_BYTES])
{
    uint32_t at = find(k, id, mark);
    uint8_t bytes[SLOT_BYTES];
    struct entry gone;
    enum tl_status st;

    if (at == NO_SLOT)
        return TL_ERR_NOT_FOUND;
    gone = k->entry[at];
    gone.state = SLOT_DESTROYED;
    gone.generation++;
    pack(bytes, &gone, NULL);
    st = write_both(k, at, bytes);
    if (st == TL_OK)
        st = tl_vault_keys_sync(k);
    if (st == TL_OK)
        st = check_destroyed(k, at);
    if (st != TL_OK)
        return st; /* still listed: it is tried again */
    (void)pthread_mutex_lock(&k->lock);
    unlink_slot(k, at);
    k->entry[at].state = SLOT_DESTROYED;
    k->entry[at].generation = gone.generation;
    link_slot(k, at);
    (void)pthread_mutex_unlock(&k->lock);
    return TL_OK;
}

enum tl_status tl_vault_keys_sync(struct tl_vault_keys *k)
{
    for (uint32_t i = 0; i < COPIES; i++) {
        if (fdatasync(k->fd[i]) != 0)
            return TL_ERR_IO;
    }
    return TL_OK;
}

/* ---- questions ---- */

bool tl_vault_keys_find(struct tl_vault_keys *k, const struct tl_id *id, uint32_t nth,
                        struct tl_vault_slot *out)
{
    uint32_t at = k->room == 0 ? NO_SLOT : *bucket_of(k, id);

    for (; at != NO_SLOT; at = k->entry[at].next) {
        if (memcmp(k->entry[at].slot.case_id.b, id->b, TL_ID_BYTES) != 0 || nth-- != 0)
            continue;
        *out = k->entry[at].slot;
        return true;
    }
    return false;
}

bool tl_vault_keys_at(struct tl_vault_keys *k, uint32_t *at, struct tl_vault_slot *out)
{
    bool found = false;

    (void)pthread_mutex_lock(&k->lock);
    while (!found && *at < k->count) {
        found = k->entry[*at].state == SLOT_LIVE;
        if (found)
            *out = k->entry[*at].slot;
        ++*at;
    }
    (void)pthread_mutex_unlock(&k->lock);
    return found;
}

size_t tl_vault_keys_count(struct tl_vault_keys *k)
{
    size_t live;

    (void)pthread_mutex_lock(&k->lock);
    live = k->live;
    (void)pthread_mutex_unlock(&k->lock);
    return live;
}
