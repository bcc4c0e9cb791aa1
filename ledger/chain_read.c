/* Reading the final ledger, whether it has reached the disk or not. */
#include "chain_private.h"
#include "tl/check.h"
#include "tl/keys.h"
#include "tl/log.h"
#include "tl/store.h"

const struct tl_tip *tl_chain_tip(const struct tl_chain *chain)
{
    return &chain->tip;
}

uint64_t tl_chain_durable_height(const struct tl_chain *chain)
{
    return chain->durable;
}

struct tl_overlay *tl_chain_state(struct tl_chain *chain)
{
    return chain->view;
}

struct tl_overlay *tl_chain_state_of(struct tl_chain *chain, const struct tl_hash *hash)
{
    struct tl_chain_slot *slot = tl_chain_slot_find(chain, hash);

    if (slot != NULL)
        return slot->state;
    return tl_hash_eq(hash, &chain->tip.hash) ? chain->view : NULL;
}

enum tl_status tl_chain_block(struct tl_chain *chain, uint64_t height, struct tl_bytes *block)
{
    struct tl_key key = tl_key_number(TL_KEY_BLOCK, height);

    *block = TL_BYTES_NONE;
    if (height == 0 || height > chain->tip.height)
        return TL_ERR_NOT_FOUND;
    for (uint32_t i = 0; i < chain->config.slots; i++) {
        const struct tl_chain_slot *slot = &chain->slots[i];

        if (slot->stage != TL_SLOT_FINAL || slot->header.height != height)
            continue;
        *block = slot->block;
        return TL_OK;
    }
    return tl_store_get(chain->config.store, tl_key_bytes(&key), block);
}

enum tl_status tl_chain_height(struct tl_chain *chain, const struct tl_hash *hash, uint64_t *height)
{
    struct tl_key key = tl_key_hash(hash);
    struct tl_bytes bytes;
    enum tl_status status;

    *height = 0;
    if (tl_hash_eq(hash, &chain->config.chain_id))
        return TL_OK;
    status = tl_overlay_get(chain->view, tl_key_bytes(&key), &bytes);
    if (status != TL_OK)
        return status;
    if (bytes.len != sizeof *height)
        return TL_ERR_CORRUPT;
    *height = tl_get_u64be(bytes.ptr);
    return TL_OK;
}

const struct tl_genesis *tl_chain_genesis(const struct tl_chain *chain, struct tl_hash *chain_id)
{
    *chain_id = chain->config.chain_id;
    return chain->config.genesis;
}

/* The number behind the class byte of the first key of a scan. */
static bool take_height(void *context, struct tl_bytes key, struct tl_bytes value)
{
    uint64_t *height = context;

    (void)value;
    *height = key.len == 9 ? tl_get_u64be(key.ptr + 1) : 0;
    return false;
}

enum tl_status tl_chain_cert(struct tl_chain *chain, uint64_t height, uint64_t *at,
                             struct tl_bytes *cert)
{
    static const uint8_t end = TL_KEY_CERT + 1;
    struct tl_key key = tl_key_number(TL_KEY_CERT, height);
    enum tl_status status;

    *at = 0;
    *cert = TL_BYTES_NONE;
    status = tl_overlay_scan(chain->view, tl_key_bytes(&key), tl_bytes(&end, 1), take_height, at);
    if (status != TL_OK)
        return status;
    if (*at == 0)
        return TL_ERR_NOT_FOUND;
    key = tl_key_number(TL_KEY_CERT, *at);
    return tl_overlay_get(chain->view, tl_key_bytes(&key), cert);
}

static bool take_value(void *context, struct tl_bytes key, struct tl_bytes value)
{
    uint64_t *height = context;

    (void)key;
    *height = value.len == 8 ? tl_get_u64be(value.ptr) : 0;
    return false;
}

enum tl_status tl_chain_height_of_leaf(struct tl_chain *chain, uint64_t index, uint64_t *height)
{
    static const uint8_t end = TL_KEY_SPAN + 1;
    struct tl_key key;
    enum tl_status status;

    *height = 0;
    if (index >= chain->tip.log_size)
        return TL_ERR_NOT_FOUND;
    key = tl_key_number(TL_KEY_SPAN, index + 1);
    status =
        tl_overlay_scan(chain->view, tl_key_bytes(&key), tl_bytes(&end, 1), take_value, height);
    return status == TL_OK && *height == 0 ? TL_ERR_CORRUPT : status;
}

enum tl_status tl_chain_last_cert(struct tl_chain *chain, uint64_t *height)
{
    enum tl_status status = TL_OK;
    struct tl_bytes cert;
    uint64_t at = 0;

    *height = 0;
    while (status == TL_OK && *height < chain->tip.height) {
        status = tl_chain_cert(chain, *height + 1, &at, &cert);
        if (status == TL_OK)
            *height = at;
    }
    if (status == TL_ERR_NOT_FOUND && *height != 0)
        return TL_OK;
    return status == TL_OK && *height == 0 ? TL_ERR_NOT_FOUND : status;
}

/* What is not there although the tip says so is damage, not absence. */
static enum tl_status damage(enum tl_status status)
{
    return status == TL_ERR_NOT_FOUND ? TL_ERR_CORRUPT : status;
}

enum tl_status tl_chain_prove_leaf(struct tl_chain *chain, uint64_t index, uint64_t size,
                                   struct tl_proof *proof)
{
    struct tl_node_source nodes = tl_log_nodes(chain->view);

    proof->count = 0;
    if (index >= size || size > chain->tip.log_size)
        return TL_ERR_NOT_FOUND;
    return damage(tl_inclusion_prove(&nodes, index, size, proof));
}

enum tl_status tl_chain_prove_growth(struct tl_chain *chain, uint64_t size1, uint64_t size2,
                                     struct tl_proof *proof)
{
    struct tl_node_source nodes = tl_log_nodes(chain->view);

    proof->count = 0;
    if (size1 == 0 || size1 > size2 || size2 > chain->tip.log_size)
        return TL_ERR_NOT_FOUND;
    return damage(tl_consistency_prove(&nodes, size1, size2, proof));
}

enum tl_status tl_chain_prove_state(struct tl_chain *chain, struct tl_bytes key,
                                    struct tl_state_proof *proof)
{
    return tl_statemap_prove(chain->map, chain->view, key, proof);
}
