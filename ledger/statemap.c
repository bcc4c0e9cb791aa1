/* The authenticated map: buckets of pairs under a flat binary tree.
 *
 * map->node holds the committed tree: the root at 1, the children of i at 2i and
 * 2i+1, bucket b at 2^bits + b.  A block's changed nodes lie beside its overlay,
 * one ascending list for each depth. */
#include "tl/statemap.h"

#include "overlay_private.h"
#include "statemap_private.h"
#include "tl/check.h"
#include "tl/hash.h"
#include "tl/keys.h"
#include "tl/store.h"

#include <string.h>

struct tl_statemap {
    uint32_t bits;
    struct tl_hash node[];
};

struct changed_node {
    uint32_t index; /* within its depth */
    struct tl_hash hash;
};

struct changed_level {
    struct changed_node *at;
    uint32_t count;
};

/* Depth 0 is the root, depth `bits` the buckets. */
struct tl_state_nodes {
    struct changed_level level[TL_STATE_BITS_MAX + 1];
};

/* One key the block wrote. */
struct change {
    struct tl_hash key;
    struct tl_hash value;
    bool deleted;
};

/* What is sorted in its place. */
struct change_ref {
    uint64_t prefix;
    struct change *change;
};

struct change_list {
    struct change_ref *at;
    size_t count;
};

static const struct tl_hash zero_hash;

size_t tl_statemap_bytes(uint32_t bits)
{
    TL_CHECK(bits >= TL_STATE_BITS_MIN && bits <= TL_STATE_BITS_MAX);
    return sizeof(struct tl_statemap) + ((size_t)2 << bits) * sizeof(struct tl_hash);
}

struct tl_statemap *tl_statemap_init(void *memory, uint32_t bits)
{
    struct tl_statemap *map = memory;

    memset(map, 0, tl_statemap_bytes(bits));
    map->bits = bits;
    return map;
}

uint32_t tl_state_bucket_of(const struct tl_hash *key_hash, uint32_t bits)
{
    return tl_get_u32be(key_hash->b) >> (32u - bits);
}

void tl_state_bucket_hash(struct tl_hash *out, struct tl_bytes pairs)
{
    if (pairs.len == 0)
        *out = zero_hash;
    else
        tl_hash_domain(out, "tallystick/bkt/v1", pairs);
}

void tl_state_node_hash(struct tl_hash *out, const struct tl_hash *left,
                        const struct tl_hash *right)
{
    static const char domain[] = "tallystick/snode/v1";
    uint8_t input[sizeof domain + 2 * TL_HASH_BYTES];

    if (tl_hash_is_zero(left) && tl_hash_is_zero(right)) {
        *out = zero_hash;
        return;
    }
    memcpy(input, domain, sizeof domain);
    memcpy(input + sizeof domain, left->b, TL_HASH_BYTES);
    memcpy(input + sizeof domain + TL_HASH_BYTES, right->b, TL_HASH_BYTES);
    tl_hash_plain(out, tl_bytes(input, sizeof input));
}

void tl_state_key_hash(struct tl_hash *out, struct tl_bytes key)
{
    tl_hash_domain(out, "tallystick/skey/v1", key);
}

void tl_state_value_hash(struct tl_hash *out, struct tl_bytes value)
{
    tl_hash_domain(out, "tallystick/sval/v1", value);
}

/* ---- loading ---- */

struct loading {
    struct tl_statemap *map;
    bool corrupt;
};

static bool load_bucket(void *context, struct tl_bytes key, struct tl_bytes pairs)
{
    struct loading *loading = context;
    struct tl_statemap *map = loading->map;
    uint32_t bucket = key.len == 5 ? tl_get_u32be(key.ptr + 1) : UINT32_MAX;

    if (bucket >> map->bits != 0 || pairs.len == 0 || pairs.len % TL_STATE_PAIR_BYTES != 0)
        loading->corrupt = true;
    else
        tl_state_bucket_hash(&map->node[((size_t)1 << map->bits) + bucket], pairs);
    return !loading->corrupt;
}

enum tl_status tl_statemap_load(struct tl_statemap *map, struct tl_store *store)
{
    static const uint8_t from = TL_KEY_BUCKET;
    static const uint8_t to = TL_KEY_BUCKET + 1;
    struct loading loading = {map, false};
    enum tl_status status;

    (void)tl_statemap_init(map, map->bits);
    status = tl_store_scan(store, tl_bytes(&from, 1), tl_bytes(&to, 1), load_bucket, &loading);
    if (status != TL_OK)
        return status;
    if (loading.corrupt)
        return TL_ERR_CORRUPT;
    for (size_t i = ((size_t)1 << map->bits) - 1; i > 0; i--)
        tl_state_node_hash(&map->node[i], &map->node[2 * i], &map->node[2 * i + 1]);
    return TL_OK;
}

void tl_statemap_level(const struct tl_statemap *map, uint32_t depth, struct tl_hash *out)
{
    TL_CHECK(depth <= map->bits);
    memcpy(out, &map->node[(size_t)1 << depth], ((size_t)1 << depth) * sizeof *out);
}

void tl_statemap_committed_root(const struct tl_statemap *map, struct tl_hash *root)
{
    *root = map->node[1];
}

/* ---- what a block changed ---- */

static bool collect(void *context, struct tl_bytes key, struct tl_bytes value)
{
    struct change_list *list = context;
    struct change_ref *ref = &list->at[list->count];

    if (key.ptr[0] >= TL_STATE_KEY_PLAIN)
        return true;
    tl_state_key_hash(&ref->change->key, key);
    ref->change->deleted = value.len == 0;
    if (value.len != 0)
        tl_state_value_hash(&ref->change->value, value);
    ref->prefix = tl_get_u64be(ref->change->key.b);
    list->count++;
    return true;
}

static bool count_authenticated(void *context, struct tl_bytes key, struct tl_bytes value)
{
    size_t *count = context;

    (void)value;
    *count += key.ptr[0] < TL_STATE_KEY_PLAIN;
    return true;
}

static bool ref_before(const struct change_ref *a, const struct change_ref *b)
{
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix;
    return memcmp(a->change->key.b, b->change->key.b, TL_HASH_BYTES) < 0;
}

/* Merges the sorted runs [low, mid) and [mid, high) of `from` into `to`. */
static void merge_runs(struct change_ref *to, const struct change_ref *from, size_t low, size_t mid,
                       size_t high)
{
    size_t a = low;
    size_t b = mid;

    for (size_t i = low; i < high; i++) {
        bool take_b = a == mid || (b < high && ref_before(&from[b], &from[a]));

        to[i] = take_b ? from[b++] : from[a++];
    }
}

static void sort_changes(struct change_list *list, struct change_ref *spare)
{
    size_t n = list->count;

    for (size_t width = 1; width < n; width *= 2) {
        struct change_ref *swap = list->at;

        for (size_t low = 0; low < n; low += 2 * width) {
            size_t mid = low + width < n ? low + width : n;
            size_t high = low + 2 * width < n ? low + 2 * width : n;

            merge_runs(spare, list->at, low, mid, high);
        }
        list->at = spare;
        spare = swap;
    }
}

/* The authenticated writes of an overlay by key hash, in scratch memory. */
static enum tl_status list_changes(struct tl_overlay *overlay, struct change_list *list)
{
    struct tl_arena *arena = tl_overlay_arena(overlay);
    size_t count = 0;
    struct change_ref *refs;
    struct change_ref *spare;
    struct change *changes;

    tl_overlay_each(overlay, count_authenticated, &count);
    refs = tl_arena_take(arena, (count + 1) * sizeof *refs);
    spare = tl_arena_take(arena, (count + 1) * sizeof *spare);
    changes = tl_arena_take(arena, (count + 1) * sizeof *changes);
    if (refs == NULL || spare == NULL || changes == NULL)
        return TL_ERR_NO_MEMORY;
    for (size_t i = 0; i <= count; i++)
        refs[i].change = &changes[i];
    *list = (struct change_list){refs, 0};
    tl_overlay_each(overlay, collect, list);
    TL_CHECK(list->count == count);
    sort_changes(list, spare);
    return TL_OK;
}

/* ---- buckets ---- */

static uint8_t *put_pair(uint8_t *out, const uint8_t *key, const uint8_t *value)
{
    memcpy(out, key, TL_HASH_BYTES);
    memcpy(out + TL_HASH_BYTES, value, TL_HASH_BYTES);
    return out + TL_STATE_PAIR_BYTES;
}

/* Merges old pairs with changes; gives the end of what was written. */
static uint8_t *merge_bucket(uint8_t *out, struct tl_bytes old, const struct change_ref *changes,
                             size_t count)
{
    const uint8_t *pair = old.ptr;
    const uint8_t *end = old.len == 0 ? pair : pair + old.len;
    size_t i = 0;

    while (pair != end || i < count) {
        int order = pair == end  ? 1
                    : i == count ? -1
                                 : memcmp(pair, changes[i].change->key.b, TL_HASH_BYTES);

        if (order < 0) {
            out = put_pair(out, pair, pair + TL_HASH_BYTES);
        } else {
            const struct change *change = changes[i++].change;

            if (!change->deleted)
                out = put_pair(out, change->key.b, change->value.b);
        }
        if (order <= 0)
            pair += TL_STATE_PAIR_BYTES;
    }
    return out;
}

static enum tl_status update_bucket(struct tl_overlay *overlay, uint32_t bucket,
                                    const struct change_ref *changes, size_t count,
                                    struct tl_hash *hash)
{
    struct tl_key key = tl_key_bucket(bucket);
    struct tl_bytes old;
    enum tl_status status = tl_overlay_get(overlay, tl_key_bytes(&key), &old);
    uint8_t *room;
    size_t len;

    if (status != TL_OK && status != TL_ERR_NOT_FOUND)
        return status;
    if (old.len % TL_STATE_PAIR_BYTES != 0)
        return TL_ERR_CORRUPT;
    room = tl_overlay_put_room(overlay, tl_key_bytes(&key), old.len + count * TL_STATE_PAIR_BYTES);
    if (room == NULL)
        return TL_ERR_NO_MEMORY;
    len = (size_t)(merge_bucket(room, old, changes, count) - room);
    tl_overlay_trim(overlay, len);
    tl_state_bucket_hash(hash, tl_bytes(room, len));
    return TL_OK;
}

static enum tl_status update_buckets(struct tl_statemap *map, struct tl_overlay *overlay,
                                     const struct change_list *list, struct changed_level *out)
{
    size_t i = 0;

    out->at = tl_arena_take(tl_overlay_arena(overlay), (list->count + 1) * sizeof *out->at);
    if (out->at == NULL)
        return TL_ERR_NO_MEMORY;
    while (i < list->count) {
        struct changed_node *node = &out->at[out->count++];
        size_t first = i;
        enum tl_status status;

        node->index = tl_state_bucket_of(&list->at[i].change->key, map->bits);
        while (i < list->count &&
               tl_state_bucket_of(&list->at[i].change->key, map->bits) == node->index)
            i++;
        status = update_bucket(overlay, node->index, &list->at[first], i - first, &node->hash);
        if (status != TL_OK)
            return status;
    }
    return TL_OK;
}

/* ---- upper nodes ---- */

static const struct tl_hash *find_changed(const struct changed_level *level, uint32_t index)
{
    uint32_t low = 0;
    uint32_t high = level->count;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;

        if (level->at[mid].index == index)
            return &level->at[mid].hash;
        if (level->at[mid].index < index)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

/* A node as it is below an overlay: changed by an ancestor, or committed. */
static const struct tl_hash *node_below(const struct tl_statemap *map,
                                        const struct tl_overlay *overlay, uint32_t depth,
                                        uint32_t index)
{
    const struct tl_overlay *at = tl_overlay_parent(overlay);

    for (; at != NULL; at = tl_overlay_parent(at)) {
        const struct tl_state_nodes *nodes = tl_overlay_nodes(at);
        const struct tl_hash *hash =
            nodes == NULL ? NULL : find_changed(&nodes->level[depth], index);

        if (hash != NULL)
            return hash;
    }
    return &map->node[((size_t)1 << depth) + index];
}

static enum tl_status update_level(struct tl_statemap *map, struct tl_overlay *overlay,
                                   struct tl_state_nodes *nodes, uint32_t depth)
{
    const struct changed_level *below = &nodes->level[depth + 1];
    struct changed_level *level = &nodes->level[depth];
    uint32_t i = 0;

    level->at = tl_arena_take(tl_overlay_arena(overlay), below->count * sizeof *level->at);
    if (level->at == NULL)
        return TL_ERR_NO_MEMORY;
    while (i < below->count) {
        const struct changed_node *child = &below->at[i++];
        struct changed_node *node = &level->at[level->count++];
        const struct tl_hash *sibling;

        if (i < below->count && below->at[i].index == (child->index ^ 1u))
            sibling = &below->at[i++].hash;
        else
            sibling = node_below(map, overlay, depth + 1, child->index ^ 1u);
        node->index = child->index / 2;
        if ((child->index & 1u) == 0)
            tl_state_node_hash(&node->hash, &child->hash, sibling);
        else
            tl_state_node_hash(&node->hash, sibling, &child->hash);
    }
    return TL_OK;
}

enum tl_status tl_statemap_root(struct tl_statemap *map, struct tl_overlay *overlay,
                                struct tl_hash *root)
{
    struct tl_state_nodes *nodes = tl_arena_take(tl_overlay_arena(overlay), sizeof *nodes);
    struct change_list list;
    enum tl_status status;

    TL_CHECK(tl_overlay_nodes(overlay) == NULL);
    *root = zero_hash;
    if (nodes == NULL)
        return TL_ERR_NO_MEMORY;
    status = list_changes(overlay, &list);
    if (status == TL_OK)
        status = update_buckets(map, overlay, &list, &nodes->level[map->bits]);
    for (uint32_t depth = map->bits; depth-- > 0 && status == TL_OK;)
        status = update_level(map, overlay, nodes, depth);
    if (status != TL_OK)
        return status;
    tl_overlay_set_nodes(overlay, nodes);
    *root =
        nodes->level[0].count != 0 ? nodes->level[0].at[0].hash : *node_below(map, overlay, 0, 0);
    return TL_OK;
}

/* map->node starts at 1: depth 0, index 0 is node[1]. */
void tl_statemap_commit(struct tl_statemap *map, struct tl_overlay *overlay)
{
    const struct tl_state_nodes *nodes = tl_overlay_nodes(overlay);

    TL_CHECK(nodes != NULL);
    for (uint32_t depth = 0; depth <= map->bits; depth++) {
        const struct changed_level *level = &nodes->level[depth];

        for (uint32_t i = 0; i < level->count; i++)
            map->node[((size_t)1 << depth) + level->at[i].index] = level->at[i].hash;
    }
}

/* ---- proofs ---- */

enum tl_status tl_statemap_prove(struct tl_statemap *map, struct tl_overlay *state,
                                 struct tl_bytes key, struct tl_state_proof *proof)
{
    struct tl_hash key_hash;
    struct tl_key bucket_key;
    enum tl_status status;
    size_t node;

    memset(proof, 0, sizeof *proof);
    TL_CHECK(key.len > 0 && key.ptr[0] < TL_STATE_KEY_PLAIN);
    tl_state_key_hash(&key_hash, key);
    bucket_key = tl_key_bucket(tl_state_bucket_of(&key_hash, map->bits));
    status = tl_overlay_get(state, tl_key_bytes(&bucket_key), &proof->bucket);
    if (status != TL_OK && status != TL_ERR_NOT_FOUND)
        return status;
    proof->bits = map->bits;
    node = ((size_t)1 << map->bits) + tl_state_bucket_of(&key_hash, map->bits);
    for (uint32_t i = 0; i < map->bits; i++, node /= 2)
        proof->path[i] = map->node[node ^ 1u];
    return TL_OK;
}

/* Pairs must ascend and lie in this bucket; *found is the key's value hash. */
static bool read_bucket(const struct tl_state_proof *proof, const struct tl_hash *key,
                        const uint8_t **found)
{
    const uint8_t *before = NULL;

    *found = NULL;
    for (size_t at = 0; at < proof->bucket.len; at += TL_STATE_PAIR_BYTES) {
        const uint8_t *pair = proof->bucket.ptr + at;
        struct tl_hash pair_key;

        memcpy(pair_key.b, pair, TL_HASH_BYTES);
        if (before != NULL && memcmp(before, pair, TL_HASH_BYTES) >= 0)
            return false;
        if (tl_state_bucket_of(&pair_key, proof->bits) != tl_state_bucket_of(key, proof->bits))
            return false;
        if (tl_hash_eq(&pair_key, key))
            *found = pair + TL_HASH_BYTES;
        before = pair;
    }
    return true;
}

static void proof_root(const struct tl_state_proof *proof, uint32_t bucket, struct tl_hash *root)
{
    tl_state_bucket_hash(root, proof->bucket);
    for (uint32_t i = 0; i < proof->bits; i++) {
        struct tl_hash child = *root;

        if ((bucket >> i & 1u) == 0)
            tl_state_node_hash(root, &child, &proof->path[i]);
        else
            tl_state_node_hash(root, &proof->path[i], &child);
    }
}

enum tl_status tl_statemap_verify(const struct tl_state_proof *proof, struct tl_bytes key,
                                  struct tl_bytes value, const struct tl_hash *root)
{
    struct tl_hash key_hash;
    struct tl_hash value_hash;
    struct tl_hash got;
    const uint8_t *found;

    if (proof->bits < TL_STATE_BITS_MIN || proof->bits > TL_STATE_BITS_MAX)
        return TL_ERR_PROOF;
    if (key.len == 0 || key.ptr[0] >= TL_STATE_KEY_PLAIN ||
        proof->bucket.len % TL_STATE_PAIR_BYTES != 0)
        return TL_ERR_PROOF;
    tl_state_key_hash(&key_hash, key);
    tl_state_value_hash(&value_hash, value);
    if (!read_bucket(proof, &key_hash, &found))
        return TL_ERR_PROOF;
    if ((value.len == 0) != (found == NULL))
        return TL_ERR_PROOF;
    if (found != NULL && memcmp(found, value_hash.b, TL_HASH_BYTES) != 0)
        return TL_ERR_PROOF;
    proof_root(proof, tl_state_bucket_of(&key_hash, proof->bits), &got);
    return tl_hash_eq(&got, root) ? TL_OK : TL_ERR_PROOF;
}
