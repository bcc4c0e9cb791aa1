/* Envelopes from clients and from members: into the mempool, on to the others,
 * and an answer once the ledger has them. */
#include "node.h"

#include "tl/check.h"
#include "tl/clock.h"
#include "tl/inclusion.h"
#include "tl/logline.h"

#include <stdio.h>
#include <string.h>

#define BLOCK_OVERHEAD 2048u
/* Blocks an inclusion promise leaves after its deadline: so many of our own turns
 * to lead, so that others who do not hear us are no breach of ours. */
#define PROMISE_TURNS 4u

void tl_answer(struct tl_node *node, uint64_t conversation, const struct tl_reply *reply)
{
    struct tl_buf buf = tl_buf(node->scratch, TL_API_BYTES_MAX);

    tl_reply_write(&buf, reply);
    if (reply->status != TL_OK)
        node->count.requests_refused++;
    tl_api_answer(node->api, conversation, tl_buf_bytes(&buf));
}

static struct tl_bytes encode_submitted(uint8_t *bytes, size_t cap, const struct tl_hash *id,
                                        const struct tl_place *place, struct tl_bytes promise)
{
    struct tl_submitted body = {.envelope = *id, .promise = promise};
    struct tl_buf buf = tl_buf(bytes, cap);

    if (place != NULL) {
        body.final = true;
        body.height = place->height;
        body.first_leaf = place->first_leaf;
        body.leaves = place->leaves;
    }
    tl_record_write(&tl_submitted_record, &body, &buf);
    TL_CHECK(!buf.full);
    return tl_buf_bytes(&buf);
}

void tl_answer_place(struct tl_node *node, uint64_t conversation, uint64_t nonce,
                     const struct tl_place *place)
{
    struct tl_reply reply = {.nonce = nonce, .status = TL_OK};
    uint8_t bytes[128];

    reply.body = encode_submitted(bytes, sizeof bytes, &place->envelope, place, TL_BYTES_NONE);
    tl_answer(node, conversation, &reply);
}

static enum tl_status put(struct tl_node *node, const struct tl_verify_job *check,
                          uint64_t *recorded)
{
    struct tl_waiting w = {.id = check->id,
                           .author = check->envelope.author,
                           .sequence = check->envelope.sequence,
                           .entries = check->envelope.entries.count,
                           .bytes = check->envelope_bytes};
    struct tl_author author;
    enum tl_status st;

    *recorded = 0;
    st = tl_access_author(node, &w.author, &author);
    if (st != TL_OK)
        return st;
    if (w.bytes.len + BLOCK_OVERHEAD + 16 > node->epoch.genesis.block_bytes)
        return TL_ERR_LIMIT;
    w.member = author.member;
    st = tl_author_sequence(tl_chain_state(node->chain), &w.author, recorded);
    if (st == TL_OK)
        st = tl_mempool_put(node->mempool, &w, *recorded);
    if (st == TL_OK)
        node->count.envelopes_admitted++;
    else if (st != TL_ERR_DUPLICATE)
        node->count.envelopes_refused++;
    return st;
}

void tl_submit_gossip(struct tl_node *node, struct tl_verify_job *check, enum tl_status status)
{
    uint64_t recorded;

    if (status == TL_OK) {
        if (put(node, check, &recorded) == TL_OK)
            tl_agree_pending(node);
        return;
    }
    node->count.frames_refused++;
    if (tl_status_fault(status) == TL_FAULT_PEER)
        tl_net_fault(node->net, check->mail->from, 25, tl_status_text(status));
}

static struct tl_bytes reason(char *text, size_t cap, struct tl_node *node,
                              const struct tl_verify_job *check, enum tl_status st,
                              uint64_t recorded)
{
    uint64_t sequence = check->envelope.sequence;
    int len;

    if (st == TL_ERR_SEQUENCE && sequence <= recorded)
        len = snprintf(text, cap,
                       "sequence %llu of this key is recorded already; the next one is %llu",
                       (unsigned long long)sequence, (unsigned long long)recorded + 1);
    else if (st == TL_ERR_SEQUENCE)
        len = snprintf(text, cap, "sequence %llu is too far ahead; the last one recorded is %llu",
                       (unsigned long long)sequence, (unsigned long long)recorded);
    else if (st == TL_ERR_CONFLICT)
        len = snprintf(text, cap, "another envelope with sequence %llu of this key waits already",
                       (unsigned long long)sequence);
    else if (st == TL_ERR_FULL)
        len = snprintf(text, cap, "%u envelopes wait for a block; try again shortly",
                       (unsigned)tl_mempool_count(node->mempool));
    else if (st == TL_ERR_LIMIT)
        len = snprintf(text, cap, "envelope of %zu bytes does not fit into a block of %u",
                       check->envelope_bytes.len, (unsigned)node->epoch.genesis.block_bytes);
    else if (st == TL_ERR_DENIED || st == TL_ERR_REFUSED || st == TL_ERR_RANGE)
        len = snprintf(text, cap, "entry %u of the envelope: %s", (unsigned)check->position,
                       tl_status_text(st));
    else
        len = snprintf(text, cap, "envelope refused: %s", tl_status_text(st));
    return tl_bytes(text, len > 0 && (size_t)len < cap ? (size_t)len : 0);
}

static bool wait_for(struct tl_node *node, const struct tl_verify_job *check)
{
    if (node->waiters == TL_NODE_WAITERS)
        return false;
    node->waiter[node->waiters++] =
        (struct tl_waiter){.conversation = check->mail->number,
                           .nonce = check->request.nonce,
                           .envelope = check->id,
                           .deadline_ms = tl_clock_mono_ms() + check->submit.timeout_ms};
    return true;
}

/* Our word that the envelope will be recorded.  None while one before it is
 * missing here: that one may never come. */
static struct tl_bytes promise(struct tl_node *node, const struct tl_verify_job *check,
                               uint64_t recorded, uint8_t bytes[TL_PROMISE_BYTES_MAX])
{
    const struct tl_envelope *envelope = &check->envelope;
    struct tl_buf buf = tl_buf(bytes, TL_PROMISE_BYTES_MAX);
    struct tl_inclusion_promise word = {.format = TL_PROMISE_FORMAT,
                                        .chain_id = node->chain_id,
                                        .member = node->log_key.pub,
                                        .author = envelope->author,
                                        .sequence = envelope->sequence,
                                        .envelope = check->id,
                                        .made_ms = tl_clock_wall_ms(),
                                        .blocks = PROMISE_TURNS * node->voters.count};

    if (tl_mempool_pending(node->mempool, &envelope->author, recorded) < envelope->sequence)
        return TL_BYTES_NONE;
    word.by_ms = word.made_ms + node->config.promise_time_ms;
    tl_promise_seal(&word, &node->log_key.sec);
    tl_record_write(&tl_inclusion_promise_record, &word, &buf);
    TL_CHECK(!buf.full);
    return tl_buf_bytes(&buf);
}

/* Waits here already, or was recorded before: the same answer as for the first. */
static void answer_admitted(struct tl_node *node, struct tl_verify_job *check,
                            struct tl_reply *reply, uint64_t recorded)
{
    uint8_t word[TL_PROMISE_BYTES_MAX];
    uint8_t bytes[128 + TL_PROMISE_BYTES_MAX];

    if (check->submit.wait == TL_WAIT_FINAL && wait_for(node, check))
        return;
    reply->body = encode_submitted(bytes, sizeof bytes, &check->id, NULL,
                                   promise(node, check, recorded, word));
    tl_answer(node, check->mail->number, reply);
}

void tl_submit_request(struct tl_node *node, struct tl_verify_job *check, struct tl_reply *reply)
{
    enum tl_status st = check->envelope_status;
    const struct tl_place *place = NULL;
    uint64_t recorded = 0;
    char text[TL_API_REASON_MAX];

    if (st == TL_OK) {
        place = tl_place_find(node, &check->id);
        if (place != NULL) {
            tl_answer_place(node, check->mail->number, reply->nonce, place);
            return;
        }
        st = put(node, check, &recorded);
    }
    if (st == TL_OK || st == TL_ERR_DUPLICATE) {
        answer_admitted(node, check, reply, recorded);
        if (st == TL_OK) {
            tl_net_broadcast(node->net, TL_MSG_ENVELOPE, check->envelope_bytes);
            tl_agree_pending(node);
        }
        return;
    }
    reply->status = (uint8_t)st;
    reply->retry_ms = st == TL_ERR_FULL ? TL_API_RETRY_MS : 0;
    reply->reason = reason(text, sizeof text, node, check, st, recorded);
    tl_answer(node, check->mail->number, reply);
}
