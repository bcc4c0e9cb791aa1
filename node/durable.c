/* Tickets: each group of writes has a number, each frame that may not leave
 * before some write is on disk carries that write's number.  Writes are gathered
 * while the group before is on its way; a flush commits them to the store
 * (unsynced, readable from then on) and gives them to the disk thread, which
 * writes the signer's journal and syncs both. */
#include "node.h"

#include "tl/check.h"
#include "tl/logline.h"
#include "tl/store_rocksdb.h"

#include <stdlib.h>
#include <string.h>

/* A group on the disk thread. */
struct write_job {
    struct tl_job job;
    struct tl_node *node;
    uint64_t ticket;
    struct tl_sync_group gathered;
    bool has_group;
    enum tl_status journal;
    struct tl_signer_group group;
};

void tl_node_fail(struct tl_node *node, enum tl_status status, const char *what)
{
    if (node->failed != TL_OK)
        return;
    node->failed = status;
    node->stopping = true;
    tl_log(TL_LOG_BROKEN, "machine-failed", tl_log_str("while", what),
           tl_log_str("reason", tl_status_text(status)),
           tl_log_str("store", tl_store_rocksdb_fault(node->store)));
}

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

void tl_out(struct tl_node *node, uint32_t to, enum tl_message number, struct tl_bytes body)
{
    if (node->out_first == NULL && open_ticket(node) <= node->ticket_durable)
        transmit(node, to, number, body);
    else
        (void)queue(node, to, number, body);
}

/* The journal holds our NOTARIZE of this block: now it may be signed as its
 * leader's and sent. */
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
    if (out == NULL)
        return;
    out->proposal = true;
    out->hash = *hash;
}

/* Takes out what may leave first: releasing a proposal appends to the queue. */
static void release(struct tl_node *node)
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

void tl_durable_vote(struct tl_node *node, const struct tl_vote *vote)
{
    struct tl_bft_event refused = {.kind = TL_BFT_REFUSED, .from = TL_BFT_OURSELVES};
    struct tl_sync_group *group = &node->gathering;
    enum tl_status st =
        group->votes < TL_SYNC_GROUP_VOTES ? tl_signer_stage(node->signer, vote) : TL_ERR_FULL;

    if (st == TL_OK) {
        group->vote[group->votes++] = *vote;
        group->dirty = true;
        return;
    }
    tl_log(TL_LOG_BROKEN, "vote-refused", tl_log_uint("view", vote->view),
           tl_log_str("kind", tl_name_of(&tl_vote_kind_names, vote->kind)),
           tl_log_str("reason", tl_status_text(st)));
    tl_agree_own_vote(node, &refused, vote);
}

/* On the disk thread. */
static enum tl_status run(struct tl_job *job)
{
    struct write_job *w = (struct write_job *)job;
    enum tl_status st = TL_OK;

    if (w->has_group)
        st = w->journal = tl_signer_write(w->node->signer, &w->group);
    return st == TL_OK ? tl_store_rocksdb_sync(w->node->store, NULL) : st;
}

/* One group is on its way at a time; what gathers meanwhile is the next.  So the
 * slower the disk, the larger the group, and nothing waits for a timer. */
void tl_durable_flush(struct tl_node *node)
{
    struct write_job *w;

    if (!node->gathering.dirty || node->writing || node->failed != TL_OK)
        return;
    if (tl_store_commit(node->store, false) != TL_OK) {
        tl_node_fail(node, TL_ERR_STORE, "writing a group");
        return;
    }
    w = calloc(1, sizeof *w);
    if (w == NULL) {
        tl_node_fail(node, TL_ERR_NO_MEMORY, "writing a group");
        return;
    }
    w->job.run = run;
    w->node = node;
    w->gathered = node->gathering;
    w->has_group = tl_signer_cut(node->signer, &w->group);
    w->ticket = ++node->ticket_given;
    memset(&node->gathering, 0, sizeof node->gathering);
    node->writing = tl_workers_give(node->disk, &w->job);
    if (!node->writing) {
        free(w);
        tl_node_fail(node, TL_ERR_NO_MEMORY, "writing a group");
    }
}

/* A view that became final while its vote was on the way: nobody needs it now. */
static bool is_past(struct tl_node *node, const struct tl_vote *vote)
{
    struct tl_bft_status bft;

    tl_bft_status(node->core, &bft);
    return vote->view <= bft.final_view;
}

static void tell_signed(struct tl_node *node, const struct tl_sync_group *group)
{
    for (uint32_t i = 0; i < group->votes && node->failed == TL_OK; i++) {
        struct tl_vote vote = group->vote[i];
        struct tl_bft_event event = {
            .kind = TL_BFT_SIGNED, .from = TL_BFT_OURSELVES, .vote = &vote};

        if (tl_signer_sign(node->signer, &vote) != TL_OK) {
            if (is_past(node, &vote))
                continue;
            event.kind = TL_BFT_REFUSED;
        }
        tl_agree(node, &event);
    }
}

void tl_durable_done(struct tl_node *node, struct tl_job *job, enum tl_status status)
{
    struct write_job *w = (struct write_job *)job;

    node->writing = false;
    if (w->has_group)
        tl_signer_written(node->signer, &w->group, w->journal);
    if (status != TL_OK) {
        tl_node_fail(node, status, "syncing the journal and the store");
        free(w);
        return;
    }
    TL_CHECK(w->ticket == node->ticket_durable + 1);
    node->ticket_durable = w->ticket;
    node->count.syncs++;
    release(node);
    tell_signed(node, &w->gathered);
    if (w->gathered.final_height > 0)
        tl_final_durable(node, w->gathered.final_height);
    free(w);
}

void tl_durable_free(struct tl_node *node)
{
    struct tl_outgoing *next;

    for (struct tl_outgoing *out = node->out_first; out != NULL; out = next) {
        next = out->next;
        free(out);
    }
    node->out_first = NULL;
    node->out_last = &node->out_first;
}
