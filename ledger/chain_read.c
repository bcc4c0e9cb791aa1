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

const struct tl_kept *tl_chain_kept(const struct tl_chain *chain)
{
    return &chain->kept;
}

const struct tl_statemap *tl_chain_map(const struct tl_chain *chain)
{
    return chain->map;
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

enum tl_status tl_chain_seal_of(struct tl_chain *chain, uint64_t height, struct tl_bytes *seal)
{
    struct tl_key key = tl_key_number(TL_KEY_SEAL, height);

    *seal = TL_BYTES_NONE;
    return tl_overlay_get(chain->view, tl_key_bytes(&key), seal);
}

enum tl_status tl_seal_check(struct tl_bytes bytes, const struct tl_cert *cert,
                             const struct tl_header *block, const struct tl_hash *block_hash)
{
    struct tl_header header;
    struct tl_seal seal;
    struct tl_hash hash;

    if (tl_record_decode(&tl_seal_record, &seal, bytes) != TL_OK ||
        tl_header_decode(&header, seal.header) != TL_OK)
        return TL_ERR_ENCODING;
    tl_header_hash(&hash, seal.header);
    if (!tl_hash_eq(&hash, &cert->hash) || header.kind != TL_BLOCK_REPROPOSE ||
        !tl_hash_eq(&header.body_root, block_hash) || header.height != block->height ||
        header.epoch != block->epoch || header.log_size != block->log_size ||
        !tl_hash_eq(&header.log_root, &block->log_root) ||
        !tl_hash_eq(&header.state_root, &block->state_root) ||
        !tl_hash_eq(&header.members_hash, &block->members_hash) ||
        !tl_hash_eq(&header.next_members_hash, &block->next_members_hash))
        return TL_ERR_CERTIFICATE;
    return TL_OK;
}

bool tl_chain_ends(const struct tl_epoch_mark *mark, uint64_t height)
{
    return mark->number != 0 && mark->first_height == height + 1;
}

/* The header of a final block, and its hash. */
static enum tl_status header_at(struct tl_chain *chain, uint64_t height, struct tl_header *header,
                                struct tl_hash *hash)
{
    struct tl_bytes bytes;
    struct tl_block block;
    enum tl_status status = tl_chain_block(chain, height, &bytes);

    if (status != TL_OK)
        return status == TL_ERR_NOT_FOUND ? TL_ERR_CORRUPT : status;
    if (tl_record_decode(&tl_block_record, &block, bytes) != TL_OK ||
        tl_header_decode(header, block.header) != TL_OK)
        return TL_ERR_CORRUPT;
    tl_header_hash(hash, block.header);
    return TL_OK;
}

enum tl_status tl_chain_epoch(struct tl_chain *chain, struct tl_chain_epoch *out)
{
    struct tl_epoch_mark mark;
    enum tl_status status = tl_epoch_mark_load(&mark, chain->view);

    *out = (struct tl_chain_epoch){.genesis = chain->config.chain_id,
                                   .genesis_time_ms = chain->config.genesis->created_ms};
    if (status != TL_OK || mark.number == 0)
        return status;
    *out = (struct tl_chain_epoch){.number = mark.number,
                                   .genesis_height = mark.first_height - 1,
                                   .genesis = mark.genesis,
                                   .genesis_time_ms = mark.genesis_time_ms};
    if (tl_chain_ends(&mark, chain->tip.height)) {
        out->genesis = chain->tip.hash;
        out->genesis_time_ms = chain->tip.time_ms;
    }
    return TL_OK;
}

uint64_t tl_chain_tip_view(struct tl_chain *chain)
{
    struct tl_epoch_mark mark;

    if (tl_epoch_mark_load(&mark, chain->view) != TL_OK)
        return chain->tip.view;
    return tl_chain_ends(&mark, chain->tip.height) ? 0 : chain->tip.view;
}

enum tl_status tl_chain_plan(struct tl_chain *chain, uint64_t number, struct tl_bytes *plan)
{
    struct tl_epoch_mark mark;
    enum tl_status status = tl_epoch_mark_load(&mark, chain->view);

    *plan = TL_BYTES_NONE;
    if (status == TL_OK && number > mark.number)
        return TL_ERR_NOT_FOUND;
    return status == TL_OK ? tl_epoch_plan_load(chain->view, number, plan) : status;
}

/* What a certificate at a height is for: the seal if there is one, else the
 * block.  Copied into `header`. */
static enum tl_status certified_header(struct tl_chain *chain, uint64_t height,
                                       struct tl_buf *header)
{
    struct tl_bytes bytes;
    struct tl_block block;
    struct tl_seal seal;
    enum tl_status status = tl_chain_seal_of(chain, height, &bytes);

    if (status == TL_OK && tl_record_decode(&tl_seal_record, &seal, bytes) == TL_OK) {
        tl_buf_put(header, seal.header.ptr, seal.header.len);
        return TL_OK;
    }
    if (status != TL_ERR_NOT_FOUND)
        return status == TL_OK ? TL_ERR_CORRUPT : status;
    status = tl_chain_block(chain, height, &bytes);
    if (status != TL_OK || tl_record_decode(&tl_block_record, &block, bytes) != TL_OK)
        return status == TL_ERR_STORE ? status : TL_ERR_CORRUPT;
    tl_buf_put(header, block.header.ptr, block.header.len);
    return TL_OK;
}

/* The height of an epoch's last block: found by its successor's first header.
 * Epochs are few and blocks many, so this halves the chain. */
static enum tl_status last_height_of(struct tl_chain *chain, uint64_t number, uint64_t *height)
{
    uint64_t low = 1; /* some block at or below `high` is of a later epoch or the tip */
    uint64_t high = chain->tip.height;
    struct tl_header header;
    struct tl_hash hash;

    while (low < high) {
        uint64_t mid = low + (high - low) / 2;
        enum tl_status status = header_at(chain, mid, &header, &hash);

        if (status != TL_OK)
            return status;
        if (header.epoch > number || (header.epoch == number &&
                                      !tl_hash_eq(&header.members_hash, &header.next_members_hash)))
            high = mid;
        else
            low = mid + 1;
    }
    *height = low;
    return chain->tip.height == 0 ? TL_ERR_NOT_FOUND : TL_OK;
}

/* A ledger that came as a snapshot has the links and not the blocks. */
static enum tl_status kept_link(struct tl_chain *chain, uint64_t number, struct tl_buf *out)
{
    struct tl_key key = tl_key_number(TL_KEY_LINK, number);
    struct tl_bytes bytes;
    enum tl_status status = tl_overlay_get(chain->view, tl_key_bytes(&key), &bytes);

    if (status == TL_OK)
        tl_buf_put(out, bytes.ptr, bytes.len);
    return status;
}

enum tl_status tl_chain_epoch_link(struct tl_chain *chain, uint64_t number, struct tl_buf *out)
{
    uint8_t header_bytes[1024];
    uint8_t cert_bytes[TL_CERT_BYTES_MAX];
    struct tl_buf header = tl_buf(header_bytes, sizeof header_bytes);
    struct tl_buf cert_buf = tl_buf(cert_bytes, sizeof cert_bytes);
    struct tl_epoch_link link = {0};
    struct tl_bytes cert;
    uint64_t height = 0;
    uint64_t at = 0;
    enum tl_status status = kept_link(chain, number, out);

    if (status != TL_ERR_NOT_FOUND)
        return status;
    status = tl_chain_plan(chain, number + 1, &link.plan);

    if (status == TL_OK)
        status = last_height_of(chain, number, &height);
    if (status == TL_OK)
        status = certified_header(chain, height, &header);
    if (status == TL_OK)
        status = tl_chain_cert(chain, height, &at, &cert);
    if (status != TL_OK)
        return status;
    if (at != height)
        return TL_ERR_CORRUPT;
    tl_buf_put(&cert_buf, cert.ptr, cert.len);
    link.header = tl_buf_bytes(&header);
    link.cert = tl_buf_bytes(&cert_buf);
    status = tl_chain_plan(chain, number + 1, &link.plan);
    tl_record_write(&tl_epoch_link_record, &link, out);
    TL_CHECK(!header.full && !cert_buf.full);
    return out->full ? TL_ERR_LIMIT : status;
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
    if (index >= chain->tip.log_size || index < chain->kept.leaf)
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

/* What is not there although the tip says so is damage, not absence, unless the
 * past before some block was never here. */
static enum tl_status damage(const struct tl_chain *chain, enum tl_status status)
{
    return status == TL_ERR_NOT_FOUND && chain->kept.leaf == 0 ? TL_ERR_CORRUPT : status;
}

enum tl_status tl_chain_prove_leaf(struct tl_chain *chain, uint64_t index, uint64_t size,
                                   struct tl_proof *proof)
{
    struct tl_node_source nodes = tl_log_nodes(chain->view);

    proof->count = 0;
    if (index >= size || size > chain->tip.log_size)
        return TL_ERR_NOT_FOUND;
    return damage(chain, tl_inclusion_prove(&nodes, index, size, proof));
}

enum tl_status tl_chain_prove_growth(struct tl_chain *chain, uint64_t size1, uint64_t size2,
                                     struct tl_proof *proof)
{
    struct tl_node_source nodes = tl_log_nodes(chain->view);

    proof->count = 0;
    if (size1 == 0 || size1 > size2 || size2 > chain->tip.log_size)
        return TL_ERR_NOT_FOUND;
    return damage(chain, tl_consistency_prove(&nodes, size1, size2, proof));
}

enum tl_status tl_chain_prove_state(struct tl_chain *chain, struct tl_bytes key,
                                    struct tl_state_proof *proof)
{
    return tl_statemap_prove(chain->map, chain->view, key, proof);
}
