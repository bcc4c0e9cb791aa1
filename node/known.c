/* A table of sets of four, each forgetting its oldest. */
#include "tl/known.h"

#include "tl/check.h"

#include <pthread.h>
#include <stdlib.h>

#define WAYS 4u

struct tl_known {
    pthread_mutex_t lock;
    uint32_t sets;
    uint8_t *turn; /* of each set: the next to be forgotten */
    struct tl_hash *hash;
};

struct tl_known *tl_known_new(uint32_t count)
{
    struct tl_known *known = calloc(1, sizeof *known);

    TL_CHECK(count >= WAYS && (count & (count - 1)) == 0);
    if (known == NULL)
        return NULL;
    known->sets = count / WAYS;
    known->turn = calloc(known->sets, 1);
    known->hash = calloc(count, sizeof *known->hash);
    TL_CHECK(pthread_mutex_init(&known->lock, NULL) == 0);
    if (known->turn == NULL || known->hash == NULL) {
        tl_known_free(known);
        return NULL;
    }
    return known;
}

void tl_known_free(struct tl_known *known)
{
    if (known == NULL)
        return;
    (void)pthread_mutex_destroy(&known->lock);
    free(known->turn);
    free(known->hash);
    free(known);
}

static uint32_t set_of(const struct tl_known *known, const struct tl_hash *hash)
{
    return tl_get_u32be(hash->b) % known->sets;
}

static bool holds(const struct tl_known *known, const struct tl_hash *hash)
{
    const struct tl_hash *set = &known->hash[set_of(known, hash) * WAYS];

    for (uint32_t i = 0; i < WAYS; i++) {
        if (tl_hash_eq(&set[i], hash))
            return true;
    }
    return false;
}

bool tl_known_has(struct tl_known *known, const struct tl_hash *hash)
{
    bool has;

    (void)pthread_mutex_lock(&known->lock);
    has = holds(known, hash);
    (void)pthread_mutex_unlock(&known->lock);
    return has;
}

void tl_known_add(struct tl_known *known, const struct tl_hash *hash)
{
    uint32_t set = set_of(known, hash);

    (void)pthread_mutex_lock(&known->lock);
    if (!holds(known, hash)) {
        known->hash[set * WAYS + known->turn[set]] = *hash;
        known->turn[set] = (uint8_t)((known->turn[set] + 1u) % WAYS);
    }
    (void)pthread_mutex_unlock(&known->lock);
}
