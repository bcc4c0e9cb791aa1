/* From the mempool to a block: whatever waits now is the next block. */
#include "node.h"

#include "tl/check.h"
#include "tl/clock.h"
#include "tl/logline.h"

/* What a header, its signature and the frame of a block add to its parts. */
#define BLOCK_OVERHEAD 2048u

struct choosing {
    struct tl_node *node;
    struct tl_overlay *state;
    struct tl_buf buf;
    struct tl_list envelopes;
    size_t room;
    uint32_t entries;
    struct tl_hash *id; /* of each, for the one that is refused */
};

static uint64_t next_sequence(void *host, const struct tl_pubkey *author)
{
    struct choosing *c = host;
    uint64_t sequence;

    if (tl_author_sequence(c->state, author, &sequence) != TL_OK)
        return 0;
    return sequence + 1;
}

static bool take(void *host, const struct tl_waiting *w)
{
    struct choosing *c = host;
    struct tl_envelope_bytes item = {.bytes = w->bytes};

    if (c->envelopes.count >= TL_BLOCK_ENVELOPES_MAX ||
        c->entries + w->entries > TL_BLOCK_ENTRIES_MAX ||
        c->envelopes.raw.len + w->bytes.len + 8 > c->room)
        return false;
    c->id[c->envelopes.count] = w->id;
    c->entries += w->entries;
    tl_list_add(&c->envelopes, &c->buf, &tl_envelope_bytes_record, &item);
    return !c->buf.full;
}

/* The parent's certificate and that of every view skipped since. */
static bool justify(struct tl_node *node, const struct tl_bft_effect *effect, struct tl_buf *out)
{
    struct tl_justification just = {0};
    struct tl_buf list = tl_buf(node->scratch, node->scratch_bytes);
    const struct tl_cert *cert;

    if (effect->parent_view > 0) {
        cert = tl_bft_parent_cert(node->core, effect->parent_view);
        if (cert == NULL)
            return false;
        tl_list_add(&just.parent, &list, &tl_cert_record, cert);
    }
    for (uint64_t view = effect->parent_view + 1; view < effect->view; view++) {
        cert = tl_bft_cert(node->core, TL_VOTE_NULLIFY, view);
        if (cert == NULL)
            return false;
        tl_list_add(&just.skips, &list, &tl_cert_record, cert);
    }
    tl_record_write(&tl_justification_record, &just, out);
    return !list.full && !out->full;
}

static void not_built(struct tl_node *node, uint64_t view)
{
    struct tl_bft_event event = {.kind = TL_BFT_NOT_BUILT, .from = TL_BFT_NOBODY, .view = view};

    tl_agree_own(node, &event, NULL);
}

static void built(struct tl_node *node, const struct tl_hash *hash)
{
    struct tl_bft_event event = {.kind = TL_BFT_BUILT, .from = TL_BFT_NOBODY};
    const struct tl_header *header;
    struct tl_sig unsigned_yet = {{0}};
    struct tl_bft_block block;

    TL_CHECK(tl_chain_find(node->chain, hash, &header));
    tl_bft_block_of(&block, hash, header, &unsigned_yet);
    if (tl_body_add(node, &block, TL_BYTES_NONE, false) == NULL) {
        tl_node_fail(node, TL_ERR_NO_MEMORY, "keeping a block");
        return;
    }
    node->count.blocks_proposed++;
    tl_agree_own(node, &event, &block);
}

/* Some envelope turned out not to be admissible: it must not come back. */
static void drop_refused(struct tl_node *node, const struct choosing *c,
                         const struct tl_built *result)
{
    if (result->refused == TL_OK || result->taken >= c->envelopes.count)
        return;
    tl_log(TL_LOG_ODD, "envelope-dropped", tl_log_hash("envelope", &c->id[result->taken]),
           tl_log_str("reason", tl_status_text(result->refused)));
    tl_mempool_drop(node->mempool, &c->id[result->taken]);
}

static void build(struct tl_node *node, const struct tl_bft_effect *effect, struct choosing *c,
                  struct tl_bytes justification)
{
    struct tl_proposal proposal = {.parent_hash = effect->hash,
                                   .view = effect->view,
                                   .time_ms = tl_clock_wall_ms(),
                                   .leader = (uint8_t)node->self,
                                   .justification = justification,
                                   .envelopes = c->envelopes};
    struct tl_built result;
    enum tl_status st = tl_chain_build(node->chain, &proposal, &result);

    if (st == TL_OK) {
        drop_refused(node, c, &result);
        built(node, &result.hash);
        return;
    }
    tl_log(st == TL_ERR_FULL ? TL_LOG_DEBUG : TL_LOG_ODD, "block-not-built",
           tl_log_uint("view", effect->view), tl_log_str("reason", tl_status_text(st)));
    if (st == TL_ERR_STORE || st == TL_ERR_CORRUPT)
        tl_node_fail(node, st, "building a block");
    not_built(node, effect->view);
}

void tl_propose(struct tl_node *node, const struct tl_bft_effect *effect)
{
    struct choosing chosen = {.node = node, .id = node->chosen_ids};
    struct tl_buf just = tl_buf(node->scratch2, node->scratch_bytes);
    struct tl_mempool_choice choice = {next_sequence, take, &chosen};
    bool empty = effect->n[0] != 0;

    chosen.state = tl_chain_state_of(node->chain, &effect->hash);
    if (chosen.state == NULL || !justify(node, effect, &just)) {
        not_built(node, effect->view);
        return;
    }
    /* The justification lies in scratch2 from here on, envelopes in scratch. */
    chosen.buf = tl_buf(node->scratch, node->scratch_bytes);
    chosen.room = node->genesis.block_bytes - BLOCK_OVERHEAD;
    tl_mempool_select(node->mempool, &choice);
    if (chosen.envelopes.count == 0 && !empty)
        not_built(node, effect->view);
    else
        build(node, effect, &chosen, tl_buf_bytes(&just));
}
