/* A hash table of values, and a ring of them in order of use. */
#include "store_warm.h"

#include "tl/check.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS ((size_t)1 << 16)
/* What an allocation costs beside what is in it. */
#define OVERHEAD 16u
/* A state bucket grows by a pair at a time. */
#define GRAIN 128u

/* A place in the ring; first in an item, alone in the cache. */
struct ring {
    struct ring *newer;
    struct ring *older;
};

struct item {
    struct ring ring;
    struct item *chain;
    uint64_t mixed;
    uint32_t key_len;
    uint32_t value_len;
    uint32_t room;   /* for key and value */
    uint8_t bytes[]; /* the key, then the value */
};

struct tl_warm {
    size_t limit;
    size_t used;
    struct ring ring; /* newer: the least recently used; older: the most */
    struct item *bucket[BUCKETS];
};

static uint64_t mix(struct tl_bytes key)
{
    uint64_t h = (uint64_t)key.len * 0x9e3779b97f4a7c15u;

    for (size_t at = 0; at < key.len; at += sizeof h) {
        uint64_t word = 0;

        memcpy(&word, key.ptr + at, key.len - at < sizeof word ? key.len - at : sizeof word);
        h = (h ^ word) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    return h;
}

struct tl_warm *tl_warm_new(size_t bytes)
{
    struct tl_warm *warm = calloc(1, sizeof *warm);

    if (warm == NULL)
        return NULL;
    warm->limit = bytes;
    warm->ring.newer = warm->ring.older = &warm->ring;
    return warm;
}

static size_t cost(const struct item *item)
{
    return sizeof *item + item->room + OVERHEAD;
}

static void ring_out(struct item *item)
{
    item->ring.newer->older = item->ring.older;
    item->ring.older->newer = item->ring.newer;
}

static void ring_in(struct tl_warm *warm, struct item *item)
{
    item->ring.newer = &warm->ring;
    item->ring.older = warm->ring.older;
    item->ring.older->newer = &item->ring;
    warm->ring.older = &item->ring;
}

/* The link that points at a key's item, or at the end of its chain. */
static struct item **find(struct tl_warm *warm, uint64_t mixed, struct tl_bytes key)
{
    struct item **at = &warm->bucket[mixed % BUCKETS];

    while (*at != NULL && ((*at)->mixed != mixed || (*at)->key_len != key.len ||
                           memcmp((*at)->bytes, key.ptr, key.len) != 0))
        at = &(*at)->chain;
    return at;
}

static void remove_at(struct tl_warm *warm, struct item **at)
{
    struct item *item = *at;

    TL_CHECK(item != NULL);
    *at = item->chain;
    ring_out(item);
    TL_CHECK(warm->used >= cost(item));
    warm->used -= cost(item);
    free(item);
}

bool tl_warm_get(struct tl_warm *warm, struct tl_bytes key, struct tl_bytes *value)
{
    struct item *item = *find(warm, mix(key), key);

    if (item == NULL)
        return false;
    ring_out(item);
    ring_in(warm, item);
    *value = tl_bytes(item->bytes + item->key_len, item->value_len);
    return true;
}

static void make_room(struct tl_warm *warm, size_t bytes)
{
    while (warm->used + bytes > warm->limit && warm->ring.newer != &warm->ring) {
        const struct item *oldest = (const struct item *)warm->ring.newer;

        remove_at(warm, find(warm, oldest->mixed, tl_bytes(oldest->bytes, oldest->key_len)));
    }
}

static struct item *new_item(struct tl_warm *warm, uint64_t mixed, struct tl_bytes key,
                             size_t value_len)
{
    size_t room = (key.len + value_len + GRAIN - 1) / GRAIN * GRAIN;
    struct item *item;

    if (sizeof *item + room + OVERHEAD > warm->limit / 16)
        return NULL;
    make_room(warm, sizeof *item + room + OVERHEAD);
    item = malloc(sizeof *item + room);
    if (item == NULL)
        return NULL;
    *item = (struct item){.mixed = mixed, .key_len = (uint32_t)key.len, .room = (uint32_t)room};
    memcpy(item->bytes, key.ptr, key.len);
    item->chain = warm->bucket[mixed % BUCKETS];
    warm->bucket[mixed % BUCKETS] = item;
    ring_in(warm, item);
    warm->used += cost(item);
    return item;
}

void tl_warm_put(struct tl_warm *warm, struct tl_bytes key, struct tl_bytes value)
{
    uint64_t mixed = mix(key);
    struct item **at = find(warm, mixed, key);
    struct item *item = *at;

    if (item != NULL && key.len + value.len > item->room) {
        remove_at(warm, at);
        item = NULL;
    }
    if (item == NULL)
        item = new_item(warm, mixed, key, value.len);
    if (item == NULL)
        return;
    if (value.len != 0)
        memcpy(item->bytes + item->key_len, value.ptr, value.len);
    item->value_len = (uint32_t)value.len;
    ring_out(item);
    ring_in(warm, item);
}

void tl_warm_drop(struct tl_warm *warm, struct tl_bytes key)
{
    struct item **at = find(warm, mix(key), key);

    if (*at != NULL)
        remove_at(warm, at);
}

void tl_warm_clear(struct tl_warm *warm)
{
    make_room(warm, warm->limit + 1);
    TL_CHECK(warm->used == 0);
}

void tl_warm_free(struct tl_warm *warm)
{
    if (warm == NULL)
        return;
    tl_warm_clear(warm);
    free(warm);
}
