/* Tickets: each group of writes has a number, each frame that may not leave
 * before some write is on disk carries that write's number.  Writes are gathered
 * while the group before is on its way; a flush commits them to the store
 * (unsynced, readable from then on) and gives them to the disk thread, which
 * writes the signer's journal and syncs both. */
#include "node.h"

#include "tl/check.h"
#include "tl/clock.h"
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

/* One copy of the journal, for the thread that syncs it. */
struct copy_call {
    const struct write_job *job;
    size_t copy;
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

void tl_durable_vote(struct tl_node *node, const struct tl_vote *vote)
{
    struct tl_bft_event refused = {.kind = TL_BFT_REFUSED, .from = TL_BFT_OURSELVES};
    struct tl_sync_group *group = &node->gathering;
    enum tl_status st =
        group->votes < TL_SYNC_GROUP_VOTES ? tl_signer_stage(node->signer, vote) : TL_ERR_FULL;

    if (st == TL_OK) {
        group->vote[group->votes++] = *vote;
        group->dirty = true;
        group->urgent = true;
        return;
    }
    tl_log(TL_LOG_BROKEN, "vote-refused", tl_log_uint("view", vote->view),
           tl_log_str("kind", tl_name_of(&tl_vote_kind_names, vote->kind)),
           tl_log_str("reason", tl_status_text(st)));
    tl_agree_own_vote(node, &refused, vote);
}

static enum tl_status sync_copy(void *arg)
{
    const struct copy_call *c = arg;

    return tl_signer_write_copy(c->job->node->signer, &c->job->group, c->copy);
}

static enum tl_status sync_store(void *arg)
{
    return tl_store_rocksdb_sync(arg, NULL);
}

/* On the disk thread.  Journal and store need no order between them: nothing of
 * the group is signed, counted or sent before all of it is durable (PROTOCOL
 * A.3-1, A.3-4, A.7-2), and a restart takes either without the other: a vote
 * whose block is missing is fetched for, a block without a vote was never seen.
 * A group that put nothing into the store has nothing in the store's log that an
 * earlier ticket has not synced. */
static enum tl_status run(struct tl_job *job)
{
    struct write_job *w = (struct write_job *)job;
    struct copy_call copy[2] = {{w, 0}, {w, 1}};
    struct tl_call call[3];
    size_t count = 0;

    if (w->gathered.stored)
        call[count++] = (struct tl_call){sync_store, w->node->store, TL_OK};
    for (size_t i = 0; i < 2 && w->has_group; i++)
        call[count++] = (struct tl_call){sync_copy, &copy[i], TL_OK};
    tl_together_run(w->node->together, call, count);
    if (w->has_group)
        w->journal =
            call[count - 1].status != TL_OK ? call[count - 1].status : call[count - 2].status;
    for (size_t i = 0; i < count; i++) {
        if (call[i].status != TL_OK)
            return call[i].status;
    }
    return TL_OK;
}

void tl_durable_store(struct tl_node *node)
{
    node->gathering.dirty = true;
    node->gathering.stored = true;
}

uint64_t tl_durable_due_ms(const struct tl_node *node)
{
    if (!node->gathering.dirty || node->writing || node->gathering.since_ms == 0)
        return TL_BFT_NEVER;
    return node->gathering.since_ms + TL_SYNC_GROUP_CALM_MS;
}

/* Not yet: a block that became final has been durable on a quorum's disks since
 * before its certificate, so our own copy of it can go with the next vote. */
static bool may_wait(struct tl_node *node)
{
    uint64_t now_ms = tl_clock_mono_ms();

    if (node->gathering.urgent)
        return false;
    if (node->gathering.since_ms == 0)
        node->gathering.since_ms = now_ms;
    return now_ms < node->gathering.since_ms + TL_SYNC_GROUP_CALM_MS;
}

/* One group is on its way at a time; what gathers meanwhile is the next.  So the
 * slower the disk, the larger the group, and nothing anybody waits for waits for
 * a timer. */
void tl_durable_flush(struct tl_node *node)
{
    struct write_job *w;

    if (!node->gathering.dirty || node->writing || node->failed != TL_OK || may_wait(node))
        return;
    if (node->gathering.stored && tl_store_commit(node->store, false) != TL_OK) {
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
    return vote->epoch < node->voters.epoch || vote->view <= bft.final_view;
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
        } else {
            tl_vote_proven(&vote, &node->voters);
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
    tl_outbox_release(node);
    tell_signed(node, &w->gathered);
    if (w->gathered.final_height > 0)
        tl_final_durable(node, w->gathered.final_height);
    free(w);
}
