/* A gathered batch: bytes in one place, their order in another. */
#include "store_gathered.h"

#include <stdlib.h>
#include <string.h>

/* What is kept between batches. */
#define KEPT_BYTES ((size_t)8 << 20)

/* Makes room for `more` items of `unit` bytes behind the first `used`. */
static bool grow(void **memory, size_t *room, size_t used, size_t more, size_t unit)
{
    size_t want = *room == 0 ? 1024 : *room;
    void *bigger;

    if (*room - used >= more)
        return true;
    while (want - used < more) {
        if (want > SIZE_MAX / 2 / unit)
            return false;
        want *= 2;
    }
    bigger = realloc(*memory, want * unit);
    if (bigger == NULL)
        return false;
    *memory = bigger;
    *room = want;
    return true;
}

static uint64_t prefix_of(struct tl_bytes key)
{
    uint8_t first[8] = {0};

    if (key.len != 0)
        memcpy(first, key.ptr, key.len < sizeof first ? key.len : sizeof first);
    return tl_get_u64be(first);
}

enum tl_status tl_gathered_add(struct tl_gathered *all, struct tl_bytes key, struct tl_bytes value,
                               bool deletes)
{
    struct tl_gathered_write *write;
    void *bytes = all->bytes;
    void *writes = all->write;
    bool fits = grow(&bytes, &all->size, all->used, key.len + value.len, 1) &&
                grow(&writes, &all->room, all->count, 1, sizeof *all->write);

    all->bytes = bytes;
    if (!fits)
        return TL_ERR_NO_MEMORY;
    all->write = writes;
    write = &all->write[all->count];
    *write = (struct tl_gathered_write){
        prefix_of(key), all->used, {NULL, key.len}, {NULL, value.len}, deletes};
    if (key.len != 0)
        memcpy(all->bytes + all->used, key.ptr, key.len);
    if (value.len != 0)
        memcpy(all->bytes + all->used + key.len, value.ptr, value.len);
    all->used += key.len + value.len;
    all->count++;
    return TL_OK;
}

/* By key, then by age. */
static int compare(const void *left, const void *right)
{
    const struct tl_gathered_write *a = left;
    const struct tl_gathered_write *b = right;
    int order;

    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    order = tl_bytes_cmp(a->key, b->key);
    if (order != 0)
        return order;
    return a->at < b->at ? -1 : a->at > b->at;
}

/* The bytes may have moved while they were gathered. */
static void point_at_bytes(struct tl_gathered *all)
{
    for (size_t i = 0; i < all->count; i++) {
        struct tl_gathered_write *write = &all->write[i];

        write->key.ptr = all->bytes + write->at;
        write->value.ptr = write->key.ptr + write->key.len;
    }
}

void tl_gathered_sort(struct tl_gathered *all)
{
    size_t kept = 0;

    if (all->count == 0)
        return;
    point_at_bytes(all);
    qsort(all->write, all->count, sizeof all->write[0], compare);
    for (size_t i = 0; i < all->count; i++) {
        if (i + 1 < all->count && tl_bytes_eq(all->write[i].key, all->write[i + 1].key))
            continue;
        all->write[kept++] = all->write[i];
    }
    all->count = kept;
}

void tl_gathered_clear(struct tl_gathered *all)
{
    all->used = 0;
    all->count = 0;
    if (all->size > KEPT_BYTES)
        tl_gathered_free(all);
}

void tl_gathered_free(struct tl_gathered *all)
{
    free(all->bytes);
    free(all->write);
    memset(all, 0, sizeof *all);
}
