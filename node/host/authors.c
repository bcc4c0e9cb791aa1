/* A hash table that is filled once; the first of two equal keys wins, as in
 * tl_epoch_author. */
#include "tl/authors.h"

#include "tl/check.h"

#include <stdlib.h>
#include <string.h>

struct slot {
    bool used;
    struct tl_pubkey key;
    struct tl_author author;
};

struct tl_authors {
    size_t mask;
    struct slot slots[];
};

static size_t count_keys(const struct tl_genesis *genesis)
{
    struct tl_list members = genesis->members;
    struct tl_member member;
    size_t count = 0;

    while (tl_list_next(&members, &tl_member_record, &member))
        count += member.keys.count;
    return count;
}

/* The slot that holds the key, or the empty one where it belongs. */
static size_t place_of(const struct tl_authors *authors, const struct tl_pubkey *key)
{
    size_t at = tl_get_u32be(key->b) & authors->mask;

    while (authors->slots[at].used && memcmp(authors->slots[at].key.b, key->b, sizeof key->b) != 0)
        at = (at + 1) & authors->mask;
    return at;
}

static void add_member(struct tl_authors *authors, const struct tl_member *member, uint32_t index,
                       uint16_t rights)
{
    struct tl_list keys = member->keys;
    struct tl_member_key own;

    while (tl_list_next(&keys, &tl_member_key_record, &own)) {
        struct slot *slot = &authors->slots[place_of(authors, &own.key)];

        if (!slot->used)
            *slot = (struct slot){
                true, own.key, {index, member->roles, own.rights & rights, own.expires_ms}};
    }
}

/* Who is suspended may still look; who is removed may not. */
struct tl_authors *tl_authors_new(const struct tl_epoch *epoch)
{
    const struct tl_genesis *genesis = &epoch->genesis;
    struct tl_list members = genesis->members;
    struct tl_authors *authors;
    struct tl_member member;
    size_t slots = 16;

    /* Half of them stay empty, so that every search ends. */
    while (slots < 2 * count_keys(genesis))
        slots *= 2;
    authors = calloc(1, sizeof *authors + slots * sizeof authors->slots[0]);
    if (authors == NULL)
        return NULL;
    authors->mask = slots - 1;
    for (uint32_t i = 0; tl_list_next(&members, &tl_member_record, &member); i++) {
        if ((epoch->removed >> i & 1u) == 0)
            add_member(authors, &member, i,
                       (epoch->suspended >> i & 1u) != 0 ? TL_RIGHT_READ : TL_RIGHT_ALL);
    }
    return authors;
}

void tl_authors_free(struct tl_authors *authors)
{
    free(authors);
}

bool tl_authors_find(const struct tl_authors *authors, const struct tl_pubkey *key,
                     struct tl_author *out)
{
    const struct slot *slot = &authors->slots[place_of(authors, key)];

    *out = slot->used ? slot->author : (struct tl_author){0};
    return slot->used;
}
