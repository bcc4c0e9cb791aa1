/* Where an audit may come from beside an export: a stopped node's store; and two
 * stores held against each other. */
#include "tl/audit.h"

#include "tl/check.h"
#include "tl/keys.h"
#include "tl/log.h"

#include <string.h>

/* ---- a stopped node's store as a source ---- */

enum tl_status tl_audit_store_init(struct tl_audit_store *store, struct tl_chain *chain,
                                   struct tl_bytes genesis)
{
    memset(store, 0, sizeof *store);
    store->chain = chain;
    store->genesis = genesis;
    store->certified = store->sealed = true;
    return tl_chain_last_cert(chain, &store->last);
}

/* What a walk by the ledger's own counts does not find is damaged. */
static enum tl_status damage(enum tl_status status)
{
    return status == TL_ERR_NOT_FOUND ? TL_ERR_CORRUPT : status;
}

static enum tl_status next_block(struct tl_audit_store *store, struct tl_audit_item *item,
                                 const char **why)
{
    struct tl_block_parts parts;
    enum tl_status status;

    *why = "a stored block cannot be read";
    item->kind = TL_AUDIT_BLOCK;
    status = tl_chain_block(store->chain, store->header.height + 1, &item->bytes);
    if (status == TL_OK)
        status = tl_block_decode(&parts, item->bytes);
    if (status != TL_OK)
        return damage(status);
    /* A block that names another height must not lead this walk astray. */
    parts.header.height = store->header.height + 1;
    store->leaf = store->header.log_size;
    store->header = parts.header;
    tl_header_hash(&store->hash, parts.block.header);
    store->certified = store->sealed = false;
    return TL_OK;
}

static enum tl_status next_leaf(struct tl_audit_store *store, struct tl_audit_item *item,
                                const char **why)
{
    enum tl_status status = tl_log_leaf(tl_chain_state(store->chain), store->leaf, &item->bytes);

    *why = "a stored leaf cannot be read";
    item->kind = TL_AUDIT_LEAF;
    item->index = store->leaf++;
    return damage(status);
}

static void give_end(const struct tl_audit_store *store, struct tl_audit_item *item)
{
    item->kind = TL_AUDIT_END;
    item->totals =
        (struct tl_audit_totals){store->header.height, store->hash, store->header.log_size,
                                 store->header.log_root, store->header.state_root};
}

static enum tl_status store_next(void *host, struct tl_audit_item *item, const char **why)
{
    struct tl_audit_store *store = host;
    struct tl_key key = tl_key_number(TL_KEY_CERT, store->header.height);
    enum tl_status status;

    if (!store->started) {
        store->started = true;
        item->kind = TL_AUDIT_GENESIS;
        item->bytes = store->genesis;
        return TL_OK;
    }
    if (store->leaf < store->header.log_size)
        return next_leaf(store, item, why);
    if (!store->certified && !store->sealed) {
        store->sealed = true;
        item->kind = TL_AUDIT_SEAL;
        status = tl_chain_seal_of(store->chain, store->header.height, &item->bytes);
        if (status != TL_ERR_NOT_FOUND)
            return status;
    }
    if (!store->certified) {
        store->certified = true;
        item->kind = TL_AUDIT_CERT;
        status = tl_overlay_get(tl_chain_state(store->chain), tl_key_bytes(&key), &item->bytes);
        if (status != TL_ERR_NOT_FOUND)
            return status;
    }
    if (store->header.height < store->last)
        return next_block(store, item, why);
    give_end(store, item);
    return TL_OK;
}

struct tl_audit_source tl_audit_store_source(struct tl_audit_store *store)
{
    return (struct tl_audit_source){store_next, store};
}

/* ---- two stores, key by key ---- */

struct comparison {
    struct tl_store *other;
    struct tl_audit_difference *first;
    enum tl_status status;
    bool found;
};

/* Keeps the smaller of two keys that differ. */
static void differ(struct comparison *comparison, struct tl_bytes key)
{
    struct tl_audit_difference *first = comparison->first;

    if (comparison->found && tl_bytes_cmp(tl_bytes(first->key, first->key_len), key) <= 0)
        return;
    comparison->found = true;
    TL_CHECK(key.len <= sizeof first->key);
    memcpy(first->key, key.ptr, key.len);
    first->key_len = key.len;
}

static bool compare_pair(void *context, struct tl_bytes key, struct tl_bytes value)
{
    struct comparison *comparison = context;
    struct tl_bytes other;

    comparison->status = tl_store_get(comparison->other, key, &other);
    if (comparison->status == TL_ERR_NOT_FOUND ||
        (comparison->status == TL_OK && !tl_bytes_eq(value, other))) {
        differ(comparison, key);
        comparison->status = TL_OK;
        return false;
    }
    return comparison->status == TL_OK;
}

enum tl_status tl_audit_compare(struct tl_store *a, struct tl_store *b, struct tl_bytes from,
                                struct tl_bytes to, struct tl_audit_difference *first)
{
    struct comparison comparison = {.first = first};
    enum tl_status status = TL_OK;

    memset(first, 0, sizeof *first);
    for (uint32_t side = 0; side < 2 && status == TL_OK; side++) {
        comparison.other = side == 0 ? b : a;
        comparison.status = TL_OK;
        status = tl_store_scan(side == 0 ? a : b, from, to, compare_pair, &comparison);
        if (status == TL_OK)
            status = comparison.status;
    }
    if (status != TL_OK)
        return status;
    return comparison.found ? TL_ERR_DIVERGED : TL_OK;
}
