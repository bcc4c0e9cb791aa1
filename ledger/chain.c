/* The chain: slots of held blocks, one stack of overlays for each branch. */
#include "tl/chain.h"

#include "chain_private.h"
#include "tl/check.h"
#include "tl/keys.h"
#include "tl/log.h"

#include <string.h>

TL_DEFINE_RECORD(tl_tip, TL_TIP_FIELDS)
TL_DEFINE_RECORD(tl_seal, TL_SEAL_FIELDS)
TL_DEFINE_RECORD(tl_kept, TL_KEPT_FIELDS)

#define TIP_BYTES_MAX  256u
#define VIEW_BYTES_MIN (64u << 10)

size_t tl_chain_bytes(const struct tl_chain_config *config)
{
    size_t slot = sizeof(struct tl_chain_slot) + config->slot_bytes + 64u;

    TL_CHECK(config->slots >= 4 && config->slots <= TL_CHAIN_SLOTS_MAX);
    return sizeof(struct tl_chain) + tl_statemap_bytes(config->genesis->state_bits) +
           config->slots * slot + config->slot_bytes + VIEW_BYTES_MIN + 1024u;
}

/* ---- opening ---- */

static void genesis_tip(const struct tl_chain *chain, struct tl_tip *tip)
{
    memset(tip, 0, sizeof *tip);
    tip->hash = chain->config.chain_id;
    tip->time_ms = chain->config.genesis->created_ms;
    tl_merkle_empty(&tip->log_root);
}

/* The ledger at a store's tip; nothing stored means genesis. */
static enum tl_status load_tip(struct tl_chain *chain)
{
    struct tl_store *store = chain->config.store;
    struct tl_key tip_key = tl_key_single(TL_KEY_TIP);
    struct tl_key chain_key = tl_key_single(TL_KEY_CHAIN);
    struct tl_bytes bytes;
    enum tl_status status = tl_store_get(store, tl_key_bytes(&chain_key), &bytes);

    if (status == TL_ERR_NOT_FOUND) {
        genesis_tip(chain, &chain->tip);
        return TL_OK;
    }
    if (status != TL_OK)
        return status;
    if (!tl_bytes_eq(bytes, tl_bytes(chain->config.chain_id.b, TL_HASH_BYTES)))
        return TL_ERR_WRONG_CHAIN;
    status = tl_store_get(store, tl_key_bytes(&tip_key), &bytes);
    if (status == TL_OK)
        status = tl_record_decode(&tl_tip_record, &chain->tip, bytes);
    return status == TL_OK || status == TL_ERR_STORE ? status : TL_ERR_CORRUPT;
}

static enum tl_status load_kept(struct tl_chain *chain)
{
    struct tl_key key = tl_key_single(TL_KEY_KEPT);
    struct tl_bytes bytes;
    enum tl_status status = tl_store_get(chain->config.store, tl_key_bytes(&key), &bytes);

    chain->kept = (struct tl_kept){.height = 1, .leaf = 0};
    if (status == TL_ERR_NOT_FOUND)
        return TL_OK;
    if (status == TL_OK && tl_record_decode(&tl_kept_record, &chain->kept, bytes) != TL_OK)
        status = TL_ERR_CORRUPT;
    return status;
}

/* The right edge of the log is the set of its largest complete subtrees. */
static enum tl_status load_frontier(struct tl_chain *chain)
{
    struct tl_node_source nodes = tl_log_nodes(chain->view);
    uint64_t size = chain->tip.log_size;

    tl_frontier_init(&chain->frontier);
    for (uint32_t level = 0; level < 64; level++) {
        enum tl_status status = TL_OK;

        if ((size >> level & 1u) != 0)
            status =
                nodes.node(nodes.host, level, (size >> level) - 1, &chain->frontier.peak[level]);
        if (status == TL_ERR_NOT_FOUND)
            return TL_ERR_CORRUPT;
        if (status != TL_OK)
            return status;
    }
    chain->frontier.size = size;
    return TL_OK;
}

static enum tl_status load_all(struct tl_chain *chain)
{
    struct tl_hash root;
    enum tl_status status = load_tip(chain);

    if (status == TL_OK)
        status = load_kept(chain);
    if (status == TL_OK)
        status = load_frontier(chain);
    if (status == TL_OK)
        status = tl_statemap_load(chain->map, chain->config.store);
    if (status != TL_OK)
        return status;
    tl_frontier_root(&chain->frontier, &root);
    if (!tl_hash_eq(&root, &chain->tip.log_root))
        return TL_ERR_CORRUPT;
    tl_statemap_committed_root(chain->map, &root);
    if (!tl_hash_eq(&root, &chain->tip.state_root))
        return TL_ERR_CORRUPT;
    chain->durable = chain->tip.height;
    return TL_OK;
}

static void lay_out(struct tl_chain *chain, struct tl_arena *all)
{
    const struct tl_chain_config *config = &chain->config;
    void *map = tl_arena_take(all, tl_statemap_bytes(config->genesis->state_bits));
    void *view = tl_arena_take(all, VIEW_BYTES_MIN);

    TL_CHECK(map != NULL && view != NULL);
    chain->map = tl_statemap_init(map, config->genesis->state_bits);
    tl_arena_init(&chain->view_arena, view, VIEW_BYTES_MIN);
    chain->slots = tl_arena_take(all, config->slots * sizeof chain->slots[0]);
    TL_CHECK(chain->slots != NULL);
    for (uint32_t i = 0; i < config->slots; i++) {
        /* Not through the arena: it would touch every page at start. */
        TL_CHECK(all->size - all->used >= config->slot_bytes);
        tl_arena_init(&chain->slots[i].arena, all->base + all->used, config->slot_bytes);
        all->used += config->slot_bytes;
    }
}

enum tl_status tl_chain_open(struct tl_chain **out, void *memory,
                             const struct tl_chain_config *config)
{
    struct tl_arena all;
    struct tl_chain *chain;
    enum tl_status status;

    *out = NULL;
    tl_arena_init(&all, memory, tl_chain_bytes(config));
    chain = tl_arena_take(&all, sizeof *chain);
    TL_CHECK(chain != NULL);
    chain->config = *config;
    tl_genesis_members_hash(&chain->members_hash, config->genesis);
    lay_out(chain, &all);
    chain->view = tl_overlay_new(&chain->view_arena, NULL, config->store);
    TL_CHECK(chain->view != NULL);
    status = load_all(chain);
    if (status == TL_OK)
        *out = chain;
    return status;
}

/* ---- slots ---- */

struct tl_chain_slot *tl_chain_slot_find(const struct tl_chain *chain, const struct tl_hash *hash)
{
    for (uint32_t i = 0; i < chain->config.slots; i++) {
        struct tl_chain_slot *slot = &chain->slots[i];

        if (slot->stage == TL_SLOT_PENDING && tl_hash_eq(&slot->hash, hash))
            return slot;
    }
    return NULL;
}

void tl_chain_slot_free(struct tl_chain_slot *slot)
{
    struct tl_arena arena = slot->arena;

    tl_arena_reset(&arena);
    memset(slot, 0, sizeof *slot);
    slot->arena = arena;
}

static bool is_ancestor(const struct tl_chain_slot *slot, const struct tl_chain_slot *of)
{
    for (; of != NULL; of = of->parent) {
        if (of == slot)
            return true;
    }
    return false;
}

static bool has_child(const struct tl_chain *chain, const struct tl_chain_slot *slot)
{
    for (uint32_t i = 0; i < chain->config.slots; i++) {
        if (chain->slots[i].stage != TL_SLOT_FREE && chain->slots[i].parent == slot)
            return true;
    }
    return false;
}

/* Drops the childless unfinalized block of the lowest view that `keep` does not
 * stand on. */
static struct tl_chain_slot *evict(struct tl_chain *chain, const struct tl_chain_slot *keep)
{
    struct tl_chain_slot *worst = NULL;

    for (uint32_t i = 0; i < chain->config.slots; i++) {
        struct tl_chain_slot *slot = &chain->slots[i];

        if (slot->stage != TL_SLOT_PENDING || is_ancestor(slot, keep) || has_child(chain, slot))
            continue;
        if (worst == NULL || slot->header.view < worst->header.view)
            worst = slot;
    }
    if (worst != NULL)
        tl_chain_slot_free(worst);
    return worst;
}

/* A free slot for a child of `parent`, if need be somebody else's. */
struct tl_chain_slot *tl_chain_slot_take(struct tl_chain *chain, struct tl_chain_slot *parent,
                                         bool may_evict)
{
    for (uint32_t i = 0; i < chain->config.slots; i++) {
        if (chain->slots[i].stage == TL_SLOT_FREE)
            return &chain->slots[i];
    }
    return may_evict ? evict(chain, parent) : NULL;
}

bool tl_chain_find(const struct tl_chain *chain, const struct tl_hash *hash,
                   const struct tl_header **header)
{
    const struct tl_chain_slot *slot = tl_chain_slot_find(chain, hash);

    *header = slot == NULL ? NULL : &slot->header;
    return slot != NULL;
}

enum tl_status tl_chain_body(const struct tl_chain *chain, const struct tl_hash *hash,
                             struct tl_bytes *block)
{
    const struct tl_chain_slot *slot = tl_chain_slot_find(chain, hash);

    *block = TL_BYTES_NONE;
    if (slot == NULL || slot->block.len == 0)
        return TL_ERR_NOT_FOUND;
    *block = slot->block;
    return TL_OK;
}

void tl_chain_drop(struct tl_chain *chain, const struct tl_hash *hash)
{
    struct tl_chain_slot *slot = tl_chain_slot_find(chain, hash);

    if (slot != NULL && !has_child(chain, slot))
        tl_chain_slot_free(slot);
}

/* ---- finality ---- */

static enum tl_status put(struct tl_overlay *overlay, struct tl_key key, struct tl_bytes value)
{
    return tl_overlay_put(overlay, tl_key_bytes(&key), value);
}

static void slot_tip(const struct tl_chain_slot *slot, struct tl_tip *tip)
{
    const struct tl_header *header = &slot->header;

    *tip = (struct tl_tip){.height = header->height,
                           .hash = slot->hash,
                           .view = header->view,
                           .time_ms = header->time_ms,
                           .log_size = header->log_size,
                           .log_root = header->log_root,
                           .state_root = header->state_root};
}

/* Leaves before a block whose parent is pending or the tip. */
static uint64_t size_below(const struct tl_chain *chain, const struct tl_chain_slot *slot)
{
    return slot->parent == NULL ? chain->tip.log_size : slot->parent->header.log_size;
}

/* Adds to a final block's writes what makes it part of the ledger.  The block
 * itself goes straight to the batch and is read from the slot meanwhile. */
static enum tl_status seal_writes(struct tl_chain *chain, struct tl_chain_slot *slot,
                                  struct tl_bytes cert)
{
    uint8_t tip_bytes[TIP_BYTES_MAX];
    uint8_t height[8];
    struct tl_buf buf = tl_buf(tip_bytes, sizeof tip_bytes);
    struct tl_tip tip;
    enum tl_status status;

    slot_tip(slot, &tip);
    tl_record_write(&tl_tip_record, &tip, &buf);
    TL_CHECK(!buf.full);
    tl_put_u64be(height, tip.height);
    status = put(slot->state, tl_key_single(TL_KEY_TIP), tl_buf_bytes(&buf));
    if (status == TL_OK)
        status = put(slot->state, tl_key_hash(&slot->hash), tl_bytes(height, sizeof height));
    if (status == TL_OK && cert.len != 0)
        status = put(slot->state, tl_key_number(TL_KEY_CERT, tip.height), cert);
    if (status == TL_OK && tip.log_size > size_below(chain, slot))
        status = put(slot->state, tl_key_number(TL_KEY_SPAN, tip.log_size),
                     tl_bytes(height, sizeof height));
    if (status == TL_OK && tip.height == 1)
        status = put(slot->state, tl_key_single(TL_KEY_CHAIN),
                     tl_bytes(chain->config.chain_id.b, TL_HASH_BYTES));
    return status;
}

static enum tl_status flush(struct tl_chain_slot *slot, const struct tl_store_sink *sink)
{
    struct tl_key key = tl_key_number(TL_KEY_BLOCK, slot->header.height);
    enum tl_status status = sink->put(sink->host, tl_key_bytes(&key), slot->block);

    return status == TL_OK ? tl_overlay_flush(slot->state, sink) : status;
}

/* The path from the block after the tip up to `last`, oldest first. */
static uint32_t path_to(struct tl_chain_slot *last, struct tl_chain_slot *path[])
{
    uint32_t count = 0;
    struct tl_chain_slot *at = last;

    for (; at != NULL && at->stage == TL_SLOT_PENDING; at = at->parent)
        count++;
    at = last;
    for (uint32_t i = count; i-- > 0; at = at->parent)
        path[i] = at;
    return count;
}

/* Drops what does not stand on `last`; all of it when `last` ends its epoch: what
 * stands on it only repeats it. */
static void drop_others(struct tl_chain *chain, const struct tl_chain_slot *last)
{
    bool ends = !tl_hash_eq(&last->header.members_hash, &last->header.next_members_hash);
    uint32_t dropped = 1;

    while (dropped != 0) {
        dropped = 0;
        for (uint32_t i = 0; i < chain->config.slots; i++) {
            struct tl_chain_slot *slot = &chain->slots[i];

            if (slot->stage != TL_SLOT_PENDING || (!ends && is_ancestor(last, slot)) ||
                has_child(chain, slot))
                continue;
            tl_chain_slot_free(slot);
            dropped++;
        }
    }
}

static void adopt(struct tl_chain *chain, struct tl_chain_slot *slot)
{
    TL_CHECK(slot->header.height == chain->tip.height + 1);
    tl_statemap_commit(chain->map, slot->state);
    slot_tip(slot, &chain->tip);
    chain->frontier = slot->frontier;
    chain->last = slot;
    slot->stage = TL_SLOT_FINAL;
    tl_overlay_reparent(chain->view, slot->state);
}

/* All that can fail for want of memory comes first, on a block still pending. */
static enum tl_status seal_path(struct tl_chain *chain, struct tl_chain_slot *path[],
                                uint32_t count, struct tl_bytes cert)
{
    for (uint32_t i = 0; i < count; i++) {
        enum tl_status status = seal_writes(chain, path[i], i + 1 == count ? cert : TL_BYTES_NONE);

        if (status != TL_OK)
            return status;
    }
    return TL_OK;
}

/* Keeps the header whose certificate makes another block final. */
static enum tl_status seal_with(struct tl_chain_slot *target, const struct tl_chain_slot *repeat)
{
    uint8_t header[1024];
    uint8_t bytes[TL_SEAL_BYTES_MAX];
    struct tl_buf head = tl_buf(header, sizeof header);
    struct tl_buf out = tl_buf(bytes, sizeof bytes);
    struct tl_block block;
    struct tl_seal seal;

    if (repeat->block.len == 0 ||
        tl_record_decode(&tl_block_record, &block, repeat->block) != TL_OK)
        return TL_ERR_NOT_FOUND;
    tl_header_encode(&head, &repeat->header);
    seal = (struct tl_seal){tl_buf_bytes(&head), block.leader_sig};
    tl_record_write(&tl_seal_record, &seal, &out);
    TL_CHECK(!head.full && !out.full);
    return put(target->state, tl_key_number(TL_KEY_SEAL, target->header.height),
               tl_buf_bytes(&out));
}

/* A final REPROPOSE stands for what it repeats. */
static struct tl_chain_slot *repeated_by(struct tl_chain_slot *slot)
{
    while (slot->header.kind == TL_BLOCK_REPROPOSE) {
        slot = slot->parent;
        TL_CHECK(slot != NULL && slot->stage == TL_SLOT_PENDING);
    }
    return slot;
}

static enum tl_status finalize(struct tl_chain *chain, struct tl_chain_slot *last,
                               struct tl_bytes cert, const struct tl_store_sink *sink)
{
    struct tl_chain_slot *path[TL_CHAIN_SLOTS_MAX];
    uint32_t count = path_to(last, path);
    enum tl_status status;

    for (uint32_t i = 0; i < count; i++) {
        if (path[i]->block.len == 0)
            return TL_ERR_NOT_FOUND;
    }
    status = seal_path(chain, path, count, cert);
    for (uint32_t i = 0; i < count && status == TL_OK; i++) {
        adopt(chain, path[i]);
        status = flush(path[i], sink);
    }
    if (status == TL_OK)
        drop_others(chain, last);
    return status;
}

enum tl_status tl_chain_finalize(struct tl_chain *chain, const struct tl_hash *hash,
                                 struct tl_bytes cert, const struct tl_store_sink *sink)
{
    struct tl_chain_slot *given = tl_chain_slot_find(chain, hash);
    enum tl_status status = TL_OK;
    struct tl_chain_slot *last;
    uint64_t height;

    if (given == NULL)
        return tl_chain_height(chain, hash, &height);
    last = repeated_by(given);
    if (given != last)
        status = seal_with(last, given);
    return status == TL_OK ? finalize(chain, last, cert, sink) : status;
}

enum tl_status tl_chain_finalize_sealed(struct tl_chain *chain, const struct tl_hash *hash,
                                        struct tl_bytes cert, struct tl_bytes seal,
                                        const struct tl_store_sink *sink)
{
    struct tl_chain_slot *last = tl_chain_slot_find(chain, hash);
    uint64_t height;
    enum tl_status status;

    if (last == NULL)
        return tl_chain_height(chain, hash, &height);
    status = put(last->state, tl_key_number(TL_KEY_SEAL, last->header.height), seal);
    return status == TL_OK ? finalize(chain, last, cert, sink) : status;
}

/* A child of what reached the disk reads the store in its place. */
static void orphan(struct tl_chain *chain, const struct tl_chain_slot *slot)
{
    for (uint32_t i = 0; i < chain->config.slots; i++) {
        struct tl_chain_slot *child = &chain->slots[i];

        if (child->stage == TL_SLOT_FREE || child->parent != slot)
            continue;
        child->parent = NULL;
        tl_overlay_reparent(child->state, NULL);
    }
    if (chain->last == slot) {
        chain->last = NULL;
        tl_overlay_reparent(chain->view, NULL);
    }
}

void tl_chain_durable(struct tl_chain *chain, uint64_t height)
{
    TL_CHECK(height <= chain->tip.height);
    for (uint32_t i = 0; i < chain->config.slots; i++) {
        struct tl_chain_slot *slot = &chain->slots[i];

        if (slot->stage != TL_SLOT_FINAL || slot->header.height > height)
            continue;
        orphan(chain, slot);
        tl_chain_slot_free(slot);
    }
    if (height > chain->durable)
        chain->durable = height;
}
