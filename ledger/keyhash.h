/* keyhash.h -- a quick mixing of keys for tables in memory.
 *
 * Nothing that leaves the process may depend on it: it reads words in the
 * machine's byte order. */
#ifndef TL_KEYHASH_H
#define TL_KEYHASH_H

#include "tl/bytes.h"

#include <string.h>

static inline uint64_t tl_key_mix(struct tl_bytes key)
{
    uint64_t h = (uint64_t)key.len * 0x9e3779b97f4a7c15u;
    size_t at = 0;

    while (at < key.len) {
        uint64_t word = 0;
        size_t take = key.len - at < sizeof word ? key.len - at : sizeof word;

        memcpy(&word, key.ptr + at, take);
        h = (h ^ word) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
        at += take;
    }
    return h;
}

/* Height of a skip list tower: 1 with probability 3/4, 2 with 3/16 ... */
static inline uint32_t tl_tower_height(uint64_t mixed, uint32_t max)
{
    uint32_t height = 1;

    for (uint64_t bits = mixed >> 20; height < max && (bits & 3u) == 0; bits >>= 2)
        height++;
    return height;
}

#endif
