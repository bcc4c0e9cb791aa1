/* Frames on their way out, in order, each behind the write it promises: a vote that
 * left before it was on disk could be contradicted after a crash. */
#include "node.h"

#include "tl/logline.h"

#include <stdlib.h>
#include <string.h>

static uint64_t open_ticket(const struct tl_node *node)
{
    return node->gathering.dirty ? node->ticket_given + 1 : node->ticket_given;
}

static void transmit(struct tl_node *node, uint32_t to, enum tl_message number,
                     struct tl_bytes body)
{
    if (to == TL_BFT_EVERYBODY)
        tl_net_broadcast(node->net, number, body);
    else
        tl_net_send(node->net, to, number, body);
}

static struct tl_outgoing *queue(struct tl_node *node, uint32_t to, enum tl_message number,
                                 struct tl_bytes body)
{
    struct tl_outgoing *out = calloc(1, sizeof *out + body.len);

    if (out == NULL) {
        tl_node_fail(node, TL_ERR_NO_MEMORY, "queueing a frame");
        return NULL;
    }
    out->ticket = open_ticket(node);
    out->to = to;
    out->number = number;
    out->len = body.len;
    if (body.len > 0)
        memcpy(out->bytes, body.ptr, body.len);
    *node->out_last = out;
    node->out_last = &out->next;
    return out;
}

void tl_out_vote(struct tl_node *node, struct tl_bytes body)
{
    transmit(node, TL_BFT_EVERYBODY, TL_MSG_VOTE, body);
}

void tl_out(struct tl_node *node, uint32_t to, enum tl_message number, struct tl_bytes body)
{
    node->gathering.urgent = node->gathering.urgent || node->gathering.dirty;
    tl_out_calm(node, to, number, body);
}

void tl_out_calm(struct tl_node *node, uint32_t to, enum tl_message number, struct tl_bytes body)
{
    if (node->out_first == NULL && open_ticket(node) <= node->ticket_durable)
        transmit(node, to, number, body);
    else
        (void)queue(node, to, number, body);
}

/* Our NOTARIZE of this block is in the journal, on disk: now the block may be
 * signed as its leader's, once, and sent.  A body that is gone was pruned: its
 * view is over and nobody waits for it. */
static void release_proposal(struct tl_node *node, const struct tl_hash *hash)
{
    struct tl_held *body = tl_body_find(node, hash);
    struct tl_bytes bytes;
    struct tl_sig sig;
    enum tl_status st = TL_OK;

    if (body == NULL)
        return;
    if (!body->sealed) {
        st = tl_signer_propose(node->signer, body->block.epoch, body->block.view, hash, &sig);
        if (st == TL_OK)
            st = tl_chain_seal(node->chain, hash, &sig, &bytes);
        if (st == TL_OK && !tl_body_replace(body, bytes))
            st = TL_ERR_NO_MEMORY;
        if (st != TL_OK) {
            tl_log(TL_LOG_ODD, "proposal-not-sealed", tl_log_str("reason", tl_status_text(st)),
                   tl_log_hash("block", hash));
            return;
        }
        body->sealed = true;
        body->block.leader_sig = sig;
    }
    transmit(node, TL_BFT_EVERYBODY, TL_MSG_BLOCK, body->bytes);
}

void tl_out_proposal(struct tl_node *node, const struct tl_hash *hash)
{
    struct tl_outgoing *out;

    /* Said again, with nothing on its way to the disk: whatever waits in the queue
     * waits for a write, and without one it would wait for ever. */
    if (node->out_first == NULL && open_ticket(node) <= node->ticket_durable) {
        release_proposal(node, hash);
        return;
    }
    out = queue(node, TL_BFT_EVERYBODY, TL_MSG_BLOCK, TL_BYTES_NONE);
    node->gathering.urgent = node->gathering.urgent || node->gathering.dirty;
    if (out == NULL)
        return;
    out->proposal = true;
    out->hash = *hash;
}

/* What may leave is taken out whole before any of it is sent, so that the queue is
 * in order whatever sealing a proposal leads to. */
void tl_outbox_release(struct tl_node *node)
{
    struct tl_outgoing *ready = NULL;
    struct tl_outgoing **last = &ready;
    struct tl_outgoing *next;

    while (node->out_first != NULL && node->out_first->ticket <= node->ticket_durable) {
        *last = node->out_first;
        last = &node->out_first->next;
        node->out_first = node->out_first->next;
        *last = NULL;
    }
    if (node->out_first == NULL)
        node->out_last = &node->out_first;
    for (struct tl_outgoing *out = ready; out != NULL; out = next) {
        next = out->next;
        if (out->proposal)
            release_proposal(node, &out->hash);
        else
            transmit(node, out->to, out->number, tl_bytes(out->bytes, out->len));
        free(out);
    }
}

void tl_outbox_drop_proposals(struct tl_node *node)
{
    struct tl_outgoing **at = &node->out_first;

    while (*at != NULL) {
        struct tl_outgoing *out = *at;

        if (!out->proposal) {
            at = &out->next;
            continue;
        }
        *at = out->next;
        free(out);
    }
    node->out_last = at;
}

void tl_outbox_free(struct tl_node *node)
{
    struct tl_outgoing *next;

    for (struct tl_outgoing *out = node->out_first; out != NULL; out = next) {
        next = out->next;
        free(out);
    }
    node->out_first = NULL;
    node->out_last = &node->out_first;
}
