/* What happens when a block is final, and when its finality is on our disk.
 *
 * Clients are answered when it is final.  It is durable on a quorum's disks then:
 * every member that signed FINALIZE had stored the block and its certificate
 * (PROTOCOL A.3-1, A.3-4) and journalled the vote (A.7-2), so after any crash the
 * same certificate is made again.  Our own disk follows with the next batch. */
#include "node.h"

#include "tl/check.h"
#include "tl/clock.h"
#include "tl/log.h"
#include "tl/logline.h"

#include <string.h>

/* Votes on their way to the disk may be of views that became final meanwhile;
 * the journal's floor follows at a distance, so that they are still signed. */
#define FLOOR_LAG_VIEWS 64u

static uint32_t *bucket_of(const struct tl_node *node, const struct tl_hash *envelope)
{
    return &node->place_head[tl_get_u32be(envelope->b) % TL_NODE_PLACES];
}

/* Takes the oldest place out of its bucket; its slot in the ring is next. */
static void forget_place(struct tl_node *node, uint32_t slot)
{
    uint32_t *at = bucket_of(node, &node->place[slot].envelope);

    while (*at != 0 && *at != slot + 1)
        at = &node->place[*at - 1].next;
    if (*at != 0)
        *at = node->place[slot].next;
}

static struct tl_place *add_place(struct tl_node *node, const struct tl_hash *id)
{
    uint32_t slot = (uint32_t)(node->places % TL_NODE_PLACES);
    struct tl_place *place = &node->place[slot];

    if (node->places >= TL_NODE_PLACES)
        forget_place(node, slot);
    node->places++;
    *place = (struct tl_place){.envelope = *id, .next = *bucket_of(node, id)};
    *bucket_of(node, id) = slot + 1;
    return place;
}

const struct tl_place *tl_place_find(const struct tl_node *node, const struct tl_hash *envelope)
{
    for (uint32_t at = *bucket_of(node, envelope); at != 0; at = node->place[at - 1].next) {
        if (tl_hash_eq(&node->place[at - 1].envelope, envelope))
            return &node->place[at - 1];
    }
    return NULL;
}

/* Walks the block's leaves once and notes where each envelope's begin and end. */
static void place_leaves(struct tl_node *node, uint64_t first_place, uint64_t from, uint64_t to)
{
    struct tl_overlay *state = tl_chain_state(node->chain);
    struct tl_place *at = NULL;

    for (uint64_t index = from; index < to; index++) {
        struct tl_bytes bytes;
        struct tl_leaf leaf;

        if (tl_log_leaf(state, index, &bytes) != TL_OK ||
            tl_record_decode(&tl_leaf_record, &leaf, bytes) != TL_OK)
            return;
        if (leaf.kind == TL_LEAF_ENTRY && leaf.position == 0 && first_place < node->places) {
            at = &node->place[first_place++ % TL_NODE_PLACES];
            at->first_leaf = index;
        }
        if (at != NULL)
            at->leaves = index + 1 - at->first_leaf;
    }
}

/* Everything the node itself remembers of a block that is final now. */
static void settle_envelopes(struct tl_node *node, const struct tl_block_parts *parts)
{
    struct tl_list envelopes = parts->block.envelopes;
    uint64_t first_place = node->places;
    struct tl_envelope_bytes item;
    struct tl_envelope envelope;
    struct tl_hash id;

    while (tl_list_next(&envelopes, &tl_envelope_bytes_record, &item)) {
        if (tl_record_decode(&tl_envelope_record, &envelope, item.bytes) != TL_OK)
            continue;
        tl_envelope_id(&id, &envelope, &node->chain_id);
        add_place(node, &id)->height = parts->header.height;
        tl_mempool_final(node->mempool, &envelope.author, envelope.sequence);
        node->count.envelopes_final++;
    }
    if (node->places > first_place)
        place_leaves(node, first_place, node->log_size, parts->header.log_size);
    node->log_size = parts->header.log_size;
    node->count.blocks_final++;
}

static void settle_through(struct tl_node *node, uint64_t from, uint64_t to)
{
    for (uint64_t height = from; height <= to; height++) {
        struct tl_block_parts parts;
        struct tl_bytes bytes;

        if (tl_chain_block(node->chain, height, &bytes) != TL_OK ||
            tl_block_decode(&parts, bytes) != TL_OK) {
            tl_node_fail(node, TL_ERR_CORRUPT, "reading a block that is final");
            return;
        }
        settle_envelopes(node, &parts);
    }
}

/* Certificates below the final view prove nothing that the chain does not. */
static void prune_certs(struct tl_node *node, uint64_t below)
{
    for (uint64_t view = node->certs_from_view; view < below; view++) {
        for (uint8_t kind = TL_VOTE_NOTARIZE; kind <= TL_VOTE_FINALIZE; kind++) {
            uint8_t key[10] = {TL_KEY_HELD_CERT, kind};

            tl_put_u64be(key + 2, view);
            if (tl_store_del(node->store, tl_bytes(key, sizeof key)) != TL_OK)
                tl_node_fail(node, TL_ERR_STORE, "deleting a certificate");
        }
    }
    if (below > node->certs_from_view)
        node->certs_from_view = below;
}

/* The chain may have dropped the block for others before it became final.  When
 * all its room is on the way to the disk there is nothing better to do than wait. */
static enum tl_status execute_again(struct tl_node *node, const struct tl_hash *hash)
{
    const char *why = "";
    enum tl_status st = tl_agree_execute(node, hash, &why);

    if (st != TL_ERR_FULL)
        return st;
    if (tl_store_commit(node->store, true) != TL_OK)
        return TL_ERR_STORE;
    tl_chain_durable(node->chain, tl_chain_tip(node->chain)->height);
    return tl_agree_execute(node, hash, &why);
}

/* Takes a waiter out; the last one takes its seat. */
static struct tl_waiter stop_waiting(struct tl_node *node, size_t seat)
{
    struct tl_waiter w = node->waiter[seat];

    TL_CHECK(seat < node->waiters);
    node->waiter[seat] = node->waiter[--node->waiters];
    return w;
}

static void answer_waiters(struct tl_node *node)
{
    for (size_t i = node->waiters; i > 0; i--) {
        const struct tl_place *place = tl_place_find(node, &node->waiter[i - 1].envelope);
        struct tl_waiter w;

        if (place == NULL)
            continue;
        w = stop_waiting(node, i - 1);
        tl_answer_place(node, w.conversation, w.nonce, place);
    }
}

/* A journal is rotated when it is opened: once it is twice as long as it should be, the
 * node stops in order and is opened anew. */
static void open_anew_when_long(struct tl_node *node)
{
    if (!tl_signer_is_long(node->signer) || node->stopping || tl_join_active(node))
        return;
    tl_log_event(TL_LOG_INFO, "journal-long");
    node->again = true;
    node->stopping = true;
}

void tl_final_block(struct tl_node *node, const struct tl_hash *hash, const struct tl_cert *cert,
                    struct tl_bytes seal)
{
    uint64_t before = tl_chain_tip(node->chain)->height;
    struct tl_store_sink sink = tl_store_sink(node->store);
    uint8_t bytes[TL_CERT_BYTES_MAX];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);
    const struct tl_tip *tip;
    enum tl_status st;

    /* An ancestor: the block its certificate is for follows and brings it in. */
    if (!tl_hash_eq(&cert->hash, hash) && seal.len == 0)
        return;
    tl_record_write(&tl_cert_record, cert, &buf);
    TL_CHECK(!buf.full);
    if (seal.len != 0)
        st = tl_chain_finalize_sealed(node->chain, hash, tl_buf_bytes(&buf), seal, &sink);
    else
        st = tl_chain_finalize(node->chain, hash, tl_buf_bytes(&buf), &sink);
    if (st == TL_ERR_NOT_FOUND && execute_again(node, hash) == TL_OK)
        st = tl_chain_finalize(node->chain, hash, tl_buf_bytes(&buf), &sink);
    if (st != TL_OK) {
        tl_node_fail(node, st, "applying a final block");
        return;
    }
    tip = tl_chain_tip(node->chain);
    if (tip->height == before)
        return;
    tl_durable_store(node);
    node->gathering.final_height = tip->height;
    node->final_ms = tl_clock_mono_ms();
    settle_through(node, before + 1, tip->height);
    answer_waiters(node);
    prune_certs(node, tip->view);
    if (tip->view > FLOOR_LAG_VIEWS)
        tl_signer_raise_floor(node->signer, node->voters.epoch, tip->view - FLOOR_LAG_VIEWS);
    node->prune_due = true;
    open_anew_when_long(node);
    tl_serve_final(node);
    tl_log(TL_LOG_DEBUG, "block-final", tl_log_uint("height", tip->height),
           tl_log_uint("leaves", tip->log_size), tl_log_hash("block", &tip->hash));
}

void tl_final_durable(struct tl_node *node, uint64_t height)
{
    tl_chain_durable(node->chain, height);
    node->cosigns.due = true;
    tl_agree_recheck(node);
    tl_agree_pending(node);
}

void tl_waiters_expire(struct tl_node *node, uint64_t now_ms)
{
    for (size_t i = node->waiters; i > 0; i--) {
        struct tl_reply reply = {.status = TL_ERR_TIMEOUT};
        struct tl_waiter w;

        if (node->waiter[i - 1].deadline_ms > now_ms)
            continue;
        w = stop_waiting(node, i - 1);
        reply.nonce = w.nonce;
        reply.reason = tl_bytes_str("the envelope waits for a block but is not final yet; "
                                    "ask for its sequence later");
        tl_answer(node, w.conversation, &reply);
    }
}
