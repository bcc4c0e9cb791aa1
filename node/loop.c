/* The loop: mail in, work out, timers.  It takes all mail there is, handles each,
 * then hands one batch of writes to the disk thread; nothing in it blocks. */
#include "node.h"

#include "tl/clock.h"
#include "tl/hash.h"
#include "tl/logline.h"

#include <string.h>

/* Small clocks (waiters, checkpoints, catching up) are looked at this often. */
#define TICK_MS 50u

/* ---- frames ---- */

static void answer_block(struct tl_node *node, uint32_t from, struct tl_bytes body)
{
    struct tl_ask_block ask;
    struct tl_bytes bytes;

    if (tl_record_decode(&tl_ask_block_record, &ask, body) != TL_OK)
        tl_net_fault(node->net, from, 25, "malformed question for a block");
    else if (tl_body_bytes(node, &ask.hash, &bytes) == TL_OK)
        tl_out(node, from, TL_MSG_BLOCK, bytes);
}

static void answer_view(struct tl_node *node, uint32_t from, struct tl_bytes body,
                        enum tl_bft_event_kind kind)
{
    struct tl_bft_event event = {.kind = kind, .from = from};
    struct tl_ask_view ask;

    if (tl_record_decode(&tl_ask_view_record, &ask, body) != TL_OK) {
        tl_net_fault(node->net, from, 25, "malformed question");
        return;
    }
    /* Old certificates stay served: one ends each epoch, and leads to the next. */
    if (ask.epoch < node->voters.epoch) {
        tl_era_tell_end(node, from, ask.epoch);
        return;
    }
    if (ask.epoch > node->voters.epoch) {
        tl_catchup_start(node, from);
        return;
    }
    event.view = ask.view;
    event.vote_kind = (enum tl_vote_kind)ask.kind;
    tl_agree(node, &event);
}

static void on_page(struct tl_node *node, struct tl_mail *mail)
{
    if (!node->catchup.active || node->catchup.checking || mail->from != node->catchup.from) {
        tl_mail_free(mail);
        return;
    }
    node->catchup.checking = true;
    tl_verify_give(node, TL_VERIFY_PAGE, mail);
}

/* What members say to one that comes back: with a snapshot, or without its journal. */
static void on_return_frame(struct tl_node *node, uint32_t from, uint64_t number,
                            struct tl_bytes body)
{
    switch (number) {
    case TL_MSG_ASK_STATUS:
        tl_rejoin_asked(node, from, body);
        break;
    case TL_MSG_STATUS:
        tl_rejoin_heard(node, from, body);
        break;
    case TL_MSG_ASK_SNAPSHOT:
        tl_serve_asked(node, from);
        break;
    case TL_MSG_ASK_HEAD:
        tl_serve_head(node, from, body);
        break;
    case TL_MSG_ASK_CHUNKS:
        tl_serve_chunks(node, from, body);
        break;
    case TL_MSG_SNAPSHOT:
        tl_join_offer(node, from, body);
        break;
    case TL_MSG_HEAD:
        tl_join_head(node, from, body);
        break;
    default:
        node->count.frames_refused++;
        tl_net_fault(node->net, from, 25, "unknown message");
        break;
    }
}

/* Takes the mail. */
static void on_frame(struct tl_node *node, struct tl_mail *mail)
{
    struct tl_bytes body = tl_bytes(mail->bytes, mail->len);

    switch (mail->number) {
    case TL_MSG_ENVELOPE:
        tl_verify_give(node, TL_VERIFY_ENVELOPE, mail);
        return;
    case TL_MSG_VOTE:
        tl_verify_give(node, TL_VERIFY_VOTE, mail);
        return;
    case TL_MSG_CERT:
        tl_verify_give(node, TL_VERIFY_CERT, mail);
        return;
    case TL_MSG_BLOCK:
        tl_verify_give(node, TL_VERIFY_BLOCK, mail);
        return;
    case TL_MSG_BLOCKS:
        on_page(node, mail);
        return;
    case TL_MSG_ASK_TIP:
        answer_view(node, mail->from, body, TL_BFT_ASKED_TIP);
        break;
    case TL_MSG_ASK_CERT:
        answer_view(node, mail->from, body, TL_BFT_ASKED_CERT);
        break;
    case TL_MSG_ASK_BLOCK:
        answer_block(node, mail->from, body);
        break;
    case TL_MSG_ASK_BLOCKS:
        tl_catchup_answer(node, mail->from, body);
        break;
    case TL_MSG_CHUNKS:
        tl_join_chunks(node, mail);
        return;
    case TL_MSG_CHECKPOINT:
        tl_checkpoint_heard(node, mail->from, body);
        break;
    case TL_MSG_VAULT:
        tl_vaults_parcel(node, mail->from, body);
        break;
    case TL_MSG_VAULT_ACK:
        tl_vaults_acked(node, mail->from, body);
        break;
    case TL_MSG_HELLO:
        break;
    default:
        on_return_frame(node, mail->from, mail->number, body);
        break;
    }
    tl_mail_free(mail);
}

/* ---- requests ---- */

/* A nonce seen within the time window is a replay.  The table forgets, but only
 * by overwriting: at 4,096 requests a minute a replay may slip through, and what
 * it repeats is a question, or an envelope that is recorded once anyway. */
static bool is_replay(struct tl_node *node, const struct tl_request *request)
{
    struct tl_hasher hasher;
    struct tl_hash hash;
    uint64_t mark;
    uint64_t *slot;

    tl_hasher_init(&hasher);
    tl_hasher_put(&hasher, tl_bytes(request->key.b, sizeof request->key.b));
    tl_hasher_u64(&hasher, request->time_ms);
    tl_hasher_u64(&hasher, request->nonce);
    tl_hasher_done(&hasher, &hash);
    mark = tl_get_u64be(hash.b);
    slot = &node->nonce_seen[tl_get_u16be(hash.b + 8) % 4096u];
    if (*slot == mark)
        return true;
    *slot = mark;
    return false;
}

static enum tl_status admit(struct tl_node *node, const struct tl_verify_job *check,
                            enum tl_status opened, struct tl_author *author, const char **why)
{
    enum tl_status st = opened;

    *why = "request is malformed or its signature does not verify";
    if (st == TL_OK)
        st = tl_access_admit(node, &check->request, author, why);
    if (st == TL_OK && is_replay(node, &check->request)) {
        *why = "this very request was made before; use a new nonce";
        st = TL_ERR_DUPLICATE;
    }
    return st == TL_OK ? tl_access_ask(node, &check->request, author, why) : st;
}

static void on_request(struct tl_node *node, struct tl_verify_job *check, enum tl_status opened)
{
    struct tl_reply reply = {.nonce = check->request.nonce};
    struct tl_buf body = tl_buf(node->answer, TL_API_BYTES_MAX);
    const char *why = "";
    struct tl_author author;
    enum tl_status st = admit(node, check, opened, &author, &why);

    node->count.requests++;
    if (st == TL_OK && check->request.method == TL_METHOD_SUBMIT) {
        tl_submit_request(node, check, &reply);
        return;
    }
    if (st == TL_OK && tl_vault_method((enum tl_method)check->request.method)) {
        tl_vaults_request(node, check, &author);
        return;
    }
    if (st == TL_OK)
        st = tl_query(node, &(struct tl_asking){&check->request, &author}, &body, &why);
    reply.status = (uint8_t)st;
    if (st == TL_OK)
        reply.body = tl_buf_bytes(&body);
    else
        reply.reason = tl_bytes_str(why);
    tl_answer(node, check->mail->number, &reply);
}

/* ---- what the pool found ---- */

static bool is_fault(struct tl_node *node, const struct tl_verify_job *check, enum tl_status status)
{
    if (status == TL_OK)
        return false;
    if (tl_status_fault(status) == TL_FAULT_PEER) {
        node->count.signatures_refused++;
        tl_net_fault(node->net, check->mail->from, 25, tl_status_text(status));
        tl_log(TL_LOG_ODD, "frame-refused", tl_log_uint("from", check->mail->from),
               tl_log_uint("message", check->mail->number),
               tl_log_str("reason", tl_status_text(status)));
    }
    return true;
}

/* What was checked under the keys of an epoch that is over says nothing now;
 * envelopes and requests are of no epoch. */
static bool is_outdated(const struct tl_node *node, const struct tl_verify_job *check)
{
    return check->epoch != node->voters.epoch && check->kind != TL_VERIFY_REQUEST &&
           check->kind != TL_VERIFY_ENVELOPE;
}

void tl_checked(struct tl_node *node, struct tl_verify_job *check, enum tl_status status)
{
    struct tl_bft_event event = {.from = check->mail->from};

    if (is_outdated(node, check)) {
        tl_verify_free(check);
        return;
    }
    switch (check->kind) {
    case TL_VERIFY_REQUEST:
        on_request(node, check, status);
        break;
    case TL_VERIFY_ENVELOPE:
        tl_submit_gossip(node, check, status);
        break;
    case TL_VERIFY_PAGE:
        tl_catchup_page(node, check, status);
        break;
    case TL_VERIFY_VOTE:
        event.kind = TL_BFT_VOTE;
        event.vote = &check->vote;
        if (!is_fault(node, check, status))
            tl_agree(node, &event);
        break;
    case TL_VERIFY_CERT:
        event.kind = TL_BFT_CERT;
        event.cert = &check->cert;
        if (!is_fault(node, check, status))
            tl_agree(node, &event);
        break;
    case TL_VERIFY_BLOCK:
        if (status == TL_ERR_EARLY)
            tl_catchup_start(node, check->mail->from);
        if (!is_fault(node, check, status))
            tl_agree_block(node, check);
        break;
    }
    tl_verify_free(check);
}

/* ---- members ---- */

static bool send_waiting(void *host, const struct tl_waiting *w)
{
    struct tl_node *node = host;

    tl_net_send(node->net, node->greeting, TL_MSG_ENVELOPE, w->bytes);
    return true;
}

static void on_peer(struct tl_node *node, uint32_t member, bool up)
{
    struct tl_bft_status bft;
    struct tl_ask_view ask = {.kind = TL_VOTE_FINALIZE, .epoch = node->voters.epoch};
    struct tl_buf buf = tl_buf(node->scratch, node->scratch_bytes);
    struct tl_member m;

    if (tl_genesis_member(&node->net_genesis, member, &m))
        tl_log(TL_LOG_INFO, up ? "peer-up" : "peer-down", tl_log_text("peer", m.id));
    if (!up)
        return;
    /* PROTOCOL R10-4: A member that starts, or meets a peer again, MUST ask for a higher FINALIZE
     * certificate than its own. */
    /* And what waits here may never have reached it. */
    tl_bft_status(node->core, &bft);
    ask.view = bft.final_view;
    tl_record_write(&tl_ask_view_record, &ask, &buf);
    tl_net_send(node->net, member, TL_MSG_ASK_TIP, tl_buf_bytes(&buf));
    tl_catchup_met(node, member);
    tl_join_met(node, member);
    node->greeting = member;
    tl_mempool_each(node->mempool, send_waiting, node);
    node->cosigns.due = true;
    tl_vaults_peer_up(node, member);
}

/* ---- mail and time ---- */

/* Takes the mail. */
static void on_mail(struct tl_node *node, struct tl_mail *mail)
{
    if (tl_join_settling(node) && (mail->kind == TL_MAIL_FRAME || mail->kind == TL_MAIL_CHECKED)) {
        if (mail->kind == TL_MAIL_CHECKED)
            tl_verify_free(mail->work);
        tl_mail_free(mail);
        return;
    }
    switch (mail->kind) {
    case TL_MAIL_FRAME:
        on_frame(node, mail);
        return;
    case TL_MAIL_REQUEST:
        tl_verify_give(node, TL_VERIFY_REQUEST, mail);
        return;
    case TL_MAIL_CHECKED:
        tl_checked(node, mail->work, mail->status);
        break;
    case TL_MAIL_DURABLE:
        tl_durable_done(node, mail->work, mail->status);
        break;
    case TL_MAIL_TASK:
        ((struct tl_task *)mail->work)->done(node, mail->work, mail->status);
        break;
    case TL_MAIL_VAULT:
        tl_vaults_done(node, mail->work, mail->status);
        break;
    case TL_MAIL_PEER:
        on_peer(node, mail->from, mail->number == 1);
        break;
    case TL_MAIL_STOP:
        tl_log_event(TL_LOG_INFO, "stop-asked");
        node->stopping = true;
        break;
    }
    tl_mail_free(mail);
}

static void on_time(struct tl_node *node)
{
    struct tl_bft_event tick = {.kind = TL_BFT_TICK, .from = TL_BFT_OURSELVES};
    uint64_t now_ms = tl_clock_mono_ms();

    if (tl_join_settling(node))
        return;
    if (now_ms >= node->timer_ms) {
        node->timer_ms = TL_BFT_NEVER;
        tl_agree(node, &tick);
    }
    tl_late_tick(node, now_ms);
    if (now_ms < node->tick_ms)
        return;
    node->tick_ms = now_ms + TICK_MS;
    tl_waiters_expire(node, now_ms);
    tl_catchup_tick(node, now_ms);
    tl_join_tick(node, now_ms);
    tl_rejoin_tick(node, now_ms);
    tl_checkpoint_tick(node, now_ms);
    tl_vaults_tick(node, now_ms);
}

static uint64_t wait_ms(const struct tl_node *node)
{
    uint64_t now_ms = tl_clock_mono_ms();
    uint64_t next = node->timer_ms < node->tick_ms ? node->timer_ms : node->tick_ms;
    uint64_t due = tl_durable_due_ms(node);

    next = due < next ? due : next;
    due = tl_late_due_ms(node);
    next = due < next ? due : next;
    if (tl_join_settling(node))
        return TICK_MS;
    return next > now_ms ? next - now_ms : 0;
}

static void after_mail(struct tl_node *node)
{
    if (node->prune_due && !node->writing) {
        node->prune_due = false;
        tl_bodies_prune(node);
    }
    tl_durable_flush(node);
}

enum tl_status tl_node_run(struct tl_node *node)
{
    while (!node->stopping) {
        struct tl_mail *next;

        for (struct tl_mail *mail = tl_mailbox_take(node->mailbox, wait_ms(node)); mail != NULL;
             mail = next) {
            next = mail->next;
            node->mail_is_last = next == NULL;
            if (node->failed == TL_OK)
                on_mail(node, mail);
            else
                tl_mail_free(mail);
            if (node->turn_due && node->failed == TL_OK)
                tl_era_turn(node);
        }
        if (node->failed == TL_OK)
            on_time(node);
        if (node->turn_due && node->failed == TL_OK)
            tl_era_turn(node);
        after_mail(node);
    }
    return node->failed;
}
