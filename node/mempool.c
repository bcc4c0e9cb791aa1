/* Authors hang off their member, envelopes off their author in the order of
 * their sequence, and off a table by id. */
#include "tl/mempool.h"

#include "tl/check.h"

#include <stdlib.h>
#include <string.h>

#define ID_BUCKETS     4096u
#define AUTHOR_BUCKETS 256u

struct item {
    struct item *next;    /* of the author, ascending sequence */
    struct item *next_id; /* of the bucket */
    struct tl_waiting waiting;
};

struct author {
    struct author *next_key; /* of the bucket */
    struct author *next;     /* of the member */
    struct tl_pubkey key;
    uint32_t member;
    uint32_t count;
    struct item *first;
    struct item *cursor; /* during a selection */
};

struct member {
    struct author *authors;
    size_t bytes;
    uint32_t count;
};

struct tl_mempool {
    struct tl_mempool_limits limits;
    size_t bytes;
    uint32_t count;
    uint32_t turn; /* the member a selection begins with */
    struct member member[TL_MEMBERS_MAX];
    struct author *by_key[AUTHOR_BUCKETS];
    struct item *by_id[ID_BUCKETS];
};

struct tl_mempool *tl_mempool_new(const struct tl_mempool_limits *limits)
{
    struct tl_mempool *pool = calloc(1, sizeof *pool);

    TL_CHECK(limits->members > 0 && limits->members <= TL_MEMBERS_MAX);
    if (pool != NULL)
        pool->limits = *limits;
    return pool;
}

void tl_mempool_members(struct tl_mempool *pool, uint32_t members)
{
    TL_CHECK(members >= pool->limits.members && members <= TL_MEMBERS_MAX);
    pool->limits.members = members;
}

static void free_author(struct author *author)
{
    struct item *next;

    for (struct item *item = author->first; item != NULL; item = next) {
        next = item->next;
        free(item);
    }
    free(author);
}

void tl_mempool_free(struct tl_mempool *pool)
{
    struct author *next;

    if (pool == NULL)
        return;
    for (uint32_t m = 0; m < pool->limits.members; m++) {
        for (struct author *author = pool->member[m].authors; author != NULL; author = next) {
            next = author->next;
            free_author(author);
        }
    }
    free(pool);
}

static size_t key_bucket(const struct tl_pubkey *key)
{
    return tl_get_u32be(key->b) % AUTHOR_BUCKETS;
}

static struct item **id_bucket(struct tl_mempool *pool, const struct tl_hash *id)
{
    return &pool->by_id[tl_get_u32be(id->b) % ID_BUCKETS];
}

static struct author *find_author(struct tl_mempool *pool, const struct tl_pubkey *key)
{
    struct author *author = pool->by_key[key_bucket(key)];

    while (author != NULL && memcmp(author->key.b, key->b, sizeof key->b) != 0)
        author = author->next_key;
    return author;
}

/* Authors are keys of the genesis file, so there are only so many for ever. */
static struct author *need_author(struct tl_mempool *pool, const struct tl_waiting *w)
{
    struct author *author = find_author(pool, &w->author);
    struct author **bucket = &pool->by_key[key_bucket(&w->author)];

    if (author != NULL)
        return author;
    author = calloc(1, sizeof *author);
    if (author == NULL)
        return NULL;
    author->key = w->author;
    author->member = w->member;
    author->next_key = *bucket;
    *bucket = author;
    author->next = pool->member[w->member].authors;
    pool->member[w->member].authors = author;
    return author;
}

static struct item *find_item(struct tl_mempool *pool, const struct tl_hash *id)
{
    struct item *item = *id_bucket(pool, id);

    while (item != NULL && !tl_hash_eq(&item->waiting.id, id))
        item = item->next_id;
    return item;
}

static bool has_room(const struct tl_mempool *pool, const struct tl_waiting *w)
{
    const struct member *member = &pool->member[w->member];
    const struct tl_mempool_limits *limits = &pool->limits;

    if (pool->count >= limits->envelopes || pool->bytes + w->bytes.len > limits->bytes)
        return false;
    return member->count < limits->envelopes / limits->members &&
           member->bytes + w->bytes.len <= limits->bytes / limits->members;
}

static enum tl_status may_put(struct tl_mempool *pool, const struct tl_waiting *w,
                              uint64_t recorded)
{
    const struct author *author;

    if (find_item(pool, &w->id) != NULL)
        return TL_ERR_DUPLICATE;
    if (w->sequence <= recorded || w->sequence - recorded > pool->limits.ahead)
        return TL_ERR_SEQUENCE;
    author = find_author(pool, &w->author);
    for (const struct item *i = author == NULL ? NULL : author->first; i != NULL; i = i->next) {
        if (i->waiting.sequence == w->sequence)
            return TL_ERR_CONFLICT;
    }
    return has_room(pool, w) ? TL_OK : TL_ERR_FULL;
}

static struct item *copy_item(const struct tl_waiting *w)
{
    struct item *item = malloc(sizeof *item + w->bytes.len);
    uint8_t *bytes = (uint8_t *)(item + 1);

    if (item == NULL)
        return NULL;
    memset(item, 0, sizeof *item);
    item->waiting = *w;
    memcpy(bytes, w->bytes.ptr, w->bytes.len);
    item->waiting.bytes = tl_bytes(bytes, w->bytes.len);
    return item;
}

enum tl_status tl_mempool_put(struct tl_mempool *pool, const struct tl_waiting *w,
                              uint64_t recorded)
{
    enum tl_status st = may_put(pool, w, recorded);
    struct author *author;
    struct item *item;
    struct item **at;

    TL_CHECK(w->member < pool->limits.members);
    if (st != TL_OK)
        return st;
    author = need_author(pool, w);
    item = author == NULL ? NULL : copy_item(w);
    if (item == NULL)
        return TL_ERR_NO_MEMORY;
    for (at = &author->first; *at != NULL && (*at)->waiting.sequence < w->sequence;)
        at = &(*at)->next;
    item->next = *at;
    *at = item;
    item->next_id = *id_bucket(pool, &w->id);
    *id_bucket(pool, &w->id) = item;
    author->count++;
    pool->member[w->member].count++;
    pool->member[w->member].bytes += w->bytes.len;
    pool->count++;
    pool->bytes += w->bytes.len;
    return TL_OK;
}

bool tl_mempool_find(struct tl_mempool *pool, const struct tl_hash *id, struct tl_waiting *out)
{
    const struct item *item = find_item(pool, id);

    if (item == NULL)
        return false;
    *out = item->waiting;
    return true;
}

/* Points every author's cursor at the envelope that continues its sequence. */
static void place_cursors(struct tl_mempool *pool, const struct tl_mempool_choice *choice)
{
    for (uint32_t m = 0; m < pool->limits.members; m++) {
        for (struct author *a = pool->member[m].authors; a != NULL; a = a->next) {
            uint64_t next = a->first == NULL ? 0 : choice->next(choice->host, &a->key);

            a->cursor = a->first;
            while (a->cursor != NULL && a->cursor->waiting.sequence < next)
                a->cursor = a->cursor->next;
            if (a->cursor != NULL && a->cursor->waiting.sequence != next)
                a->cursor = NULL;
        }
    }
}

static void advance(struct author *author)
{
    struct item *at = author->cursor;
    struct item *next = at->next;

    if (next != NULL && next->waiting.sequence != at->waiting.sequence + 1)
        next = NULL;
    author->cursor = next;
}

static struct author *ready_author(const struct member *member)
{
    struct author *author = member->authors;

    while (author != NULL && author->cursor == NULL)
        author = author->next;
    return author;
}

void tl_mempool_select(struct tl_mempool *pool, const struct tl_mempool_choice *choice)
{
    uint32_t members = pool->limits.members;
    uint32_t idle = 0;

    place_cursors(pool, choice);
    pool->turn = (pool->turn + 1) % members;
    for (uint32_t m = pool->turn; idle < members; m = (m + 1) % members) {
        struct author *author = ready_author(&pool->member[m]);

        idle = author == NULL ? idle + 1 : 0;
        if (author == NULL)
            continue;
        if (!choice->take(choice->host, &author->cursor->waiting))
            return;
        advance(author);
    }
}

static void forget_id(struct tl_mempool *pool, const struct item *item)
{
    struct item **at = id_bucket(pool, &item->waiting.id);

    while (*at != item)
        at = &(*at)->next_id;
    *at = item->next_id;
}

/* Takes the item behind `at` out of everything. */
static void remove_at(struct tl_mempool *pool, struct author *author, struct item **at)
{
    struct item *item = *at;
    struct member *member = &pool->member[author->member];

    *at = item->next;
    forget_id(pool, item);
    author->count--;
    member->count--;
    member->bytes -= item->waiting.bytes.len;
    pool->count--;
    pool->bytes -= item->waiting.bytes.len;
    author->cursor = NULL;
    free(item);
}

void tl_mempool_final(struct tl_mempool *pool, const struct tl_pubkey *key, uint64_t sequence)
{
    struct author *author = find_author(pool, key);

    while (author != NULL && author->first != NULL && author->first->waiting.sequence <= sequence)
        remove_at(pool, author, &author->first);
}

void tl_mempool_drop(struct tl_mempool *pool, const struct tl_hash *id)
{
    const struct item *item = find_item(pool, id);
    struct author *author = item == NULL ? NULL : find_author(pool, &item->waiting.author);
    struct item **at;

    if (author == NULL)
        return;
    for (at = &author->first; *at != item;)
        at = &(*at)->next;
    while (*at != NULL)
        remove_at(pool, author, at);
}

uint64_t tl_mempool_pending(struct tl_mempool *pool, const struct tl_pubkey *key, uint64_t recorded)
{
    const struct author *author = find_author(pool, key);
    uint64_t last = recorded;

    for (const struct item *i = author == NULL ? NULL : author->first; i != NULL; i = i->next) {
        if (i->waiting.sequence == last + 1)
            last++;
    }
    return last;
}

void tl_mempool_each(struct tl_mempool *pool, bool (*visit)(void *host, const struct tl_waiting *w),
                     void *host)
{
    for (uint32_t m = 0; m < pool->limits.members; m++) {
        for (const struct author *a = pool->member[m].authors; a != NULL; a = a->next) {
            for (const struct item *i = a->first; i != NULL; i = i->next) {
                if (!visit(host, &i->waiting))
                    return;
            }
        }
    }
}

uint32_t tl_mempool_count(const struct tl_mempool *pool)
{
    return pool->count;
}

size_t tl_mempool_bytes(const struct tl_mempool *pool)
{
    return pool->bytes;
}
