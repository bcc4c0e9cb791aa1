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
    struct tl_bft_event event = {.kind = TL_BFT_NOT_BUILT, .from = TL_BFT_OURSELVES, .view = view};

    tl_agree_own(node, &event, NULL);
}

/* The block as it will be, but for its leader's signature: that is made when the
 * journal holds our vote for it, and what waits for the journal is on disk by
 * then.  After a crash the signature is made again (agree.c). */
static struct tl_bytes encode_unsigned(struct tl_node *node, const struct tl_header *header,
                                       struct tl_bytes justification, struct tl_list envelopes)
{
    uint8_t header_bytes[1024];
    struct tl_buf head = tl_buf(header_bytes, sizeof header_bytes);
    struct tl_buf out = tl_buf(node->answer, TL_API_BYTES_MAX);
    struct tl_block block = {.justification = justification, .envelopes = envelopes};

    tl_header_encode(&head, header);
    block.header = tl_buf_bytes(&head);
    tl_record_write(&tl_block_record, &block, &out);
    TL_CHECK(!head.full && !out.full);
    return tl_buf_bytes(&out);
}

/* The first `count` elements of a list. */
static struct tl_list first_of(struct tl_list list, uint32_t count)
{
    struct tl_list rest = list;
    struct tl_envelope_bytes item;

    for (uint32_t i = 0; i < count; i++)
        TL_CHECK(tl_list_next(&rest, &tl_envelope_bytes_record, &item));
    list.raw.len -= rest.raw.len;
    list.count = count;
    return list;
}

static void built(struct tl_node *node, const struct tl_built *result, struct tl_bytes just,
                  struct tl_list envelopes)
{
    struct tl_bft_event event = {.kind = TL_BFT_BUILT, .from = TL_BFT_OURSELVES};
    const struct tl_header *header;
    struct tl_sig unsigned_yet = {{0}};
    struct tl_bft_block block;
    struct tl_bytes bytes;

    TL_CHECK(tl_chain_find(node->chain, &result->hash, &header));
    tl_bft_block_of(&block, &result->hash, header, &unsigned_yet);
    bytes = encode_unsigned(node, header, just, first_of(envelopes, result->taken));
    if (tl_body_add(node, &block, bytes, false) == NULL) {
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
                                   .epoch = node->voters.epoch,
                                   .view = effect->view,
                                   .time_ms = tl_clock_wall_ms(),
                                   .leader = (uint8_t)node->self,
                                   .justification = justification,
                                   .envelopes = c->envelopes};
    struct tl_built result;
    enum tl_status st = tl_chain_build(node->chain, &proposal, &result);

    if (st == TL_OK) {
        drop_refused(node, c, &result);
        built(node, &result, justification, c->envelopes);
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
    chosen.room = node->epoch.genesis.block_bytes - BLOCK_OVERHEAD;
    tl_mempool_select(node->mempool, &choice);
    if (chosen.envelopes.count == 0 && !empty)
        not_built(node, effect->view);
    else
        build(node, effect, &chosen, tl_buf_bytes(&just));
}
