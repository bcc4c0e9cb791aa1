/* The consensus core: events in, effects carried out in their order.  What
 * carrying out finds (a block built, a block checked) is told as a further event
 * once the step's effects are done. */
#include "node.h"

#include "tl/check.h"
#include "tl/clock.h"
#include "tl/logline.h"

#include <stdlib.h>
#include <string.h>

static struct tl_own_event *append(struct tl_node *node, const struct tl_bft_event *event)
{
    struct tl_own_event *own = calloc(1, sizeof *own);

    if (own == NULL) {
        tl_node_fail(node, TL_ERR_NO_MEMORY, "telling the consensus core");
        return NULL;
    }
    own->event = *event;
    *node->own_last = own;
    node->own_last = &own->next;
    return own;
}

void tl_agree_own(struct tl_node *node, const struct tl_bft_event *event,
                  const struct tl_bft_block *block)
{
    struct tl_own_event *own = append(node, event);

    if (own != NULL && block != NULL) {
        own->block = *block;
        own->event.block = &own->block;
    }
}

void tl_agree_own_vote(struct tl_node *node, const struct tl_bft_event *event,
                       const struct tl_vote *vote)
{
    struct tl_own_event *own = append(node, event);

    if (own != NULL) {
        own->vote = *vote;
        own->event.vote = &own->vote;
    }
}

/* ---- effects ---- */

static void store_block(struct tl_node *node, const struct tl_bft_effect *effect)
{
    const struct tl_held *body = tl_body_find(node, &effect->hash);

    if (body != NULL)
        tl_body_store(node, body);
}

static struct tl_bytes encode(struct tl_node *node, const struct tl_record *record,
                              const void *value)
{
    struct tl_buf buf = tl_buf(node->scratch, node->scratch_bytes);

    tl_record_write(record, value, &buf);
    TL_CHECK(!buf.full);
    return tl_buf_bytes(&buf);
}

static struct tl_bytes cert_key(uint8_t key[10], uint8_t kind, uint64_t view)
{
    key[0] = TL_KEY_HELD_CERT;
    key[1] = kind;
    tl_put_u64be(key + 2, view);
    return tl_bytes(key, 10);
}

static void store_cert(struct tl_node *node, const struct tl_cert *cert)
{
    uint8_t key[10];

    if (tl_store_put(node->store, cert_key(key, cert->kind, cert->view),
                     encode(node, &tl_cert_record, cert)) != TL_OK)
        tl_node_fail(node, TL_ERR_STORE, "keeping a certificate");
    tl_durable_store(node);
}

/* The parent may have made room for others in the chain: lay it in again. */
/* NOLINTNEXTLINE(misc-no-recursion): no deeper than `depth`, which counts down */
static enum tl_status execute(struct tl_node *node, const struct tl_hash *hash, uint32_t depth,
                              const char **why)
{
    const struct tl_held *body = tl_body_find(node, hash);
    enum tl_status st;

    if (body == NULL)
        return TL_ERR_NOT_FOUND;
    st = tl_chain_check(node->chain, body->bytes, why);
    if (st != TL_ERR_NOT_FOUND || depth == 0)
        return st;
    /* NOLINTNEXTLINE(misc-no-recursion): at most as deep as the chain has slots */
    st = execute(node, &body->block.parent_hash, depth - 1, why);
    return st == TL_OK ? tl_chain_check(node->chain, body->bytes, why) : st;
}

enum tl_status tl_agree_execute(struct tl_node *node, const struct tl_hash *hash, const char **why)
{
    return execute(node, hash, TL_CHAIN_SLOTS_MAX, why);
}

/* True: the verdict is in *event.  False: there is none, now or ever. */
static bool judge(struct tl_node *node, struct tl_held *body, struct tl_bft_event *event)
{
    const char *why = "";
    enum tl_status st = tl_agree_execute(node, &body->block.hash, &why);

    /* The chain has room again when what is final has reached the disk. */
    body->unchecked = st == TL_ERR_FULL;
    if (tl_status_fault(st) == TL_FAULT_ENV && st != TL_ERR_FULL)
        tl_node_fail(node, st, "executing a block");
    if (tl_status_fault(st) == TL_FAULT_ENV || st == TL_ERR_NOT_FOUND || st == TL_ERR_STALE) {
        tl_log(TL_LOG_DEBUG, "block-not-checked", tl_log_hash("block", &body->block.hash),
               tl_log_str("reason", tl_status_text(st)));
        return false;
    }
    *event = (struct tl_bft_event){.kind = TL_BFT_CHECKED,
                                   .from = TL_BFT_OURSELVES,
                                   .hash = body->block.hash,
                                   .view = body->block.view,
                                   .verdict = st == TL_OK ? TL_BFT_VALID : TL_BFT_INVALID};
    if (st != TL_OK) {
        node->count.blocks_refused++;
        tl_log(TL_LOG_ODD, "block-refused", tl_log_hash("block", &body->block.hash),
               tl_log_uint("view", body->block.view), tl_log_str("status", tl_status_name(st)),
               tl_log_str("reason", why));
    }
    return true;
}

static void check_block(struct tl_node *node, const struct tl_bft_effect *effect)
{
    struct tl_held *body = tl_body_find(node, &effect->hash);
    struct tl_bft_event event;

    if (body != NULL && judge(node, body, &event))
        tl_agree_own(node, &event, NULL);
}

void tl_agree_recheck(struct tl_node *node)
{
    struct tl_held *body;
    struct tl_bft_event event;

    /* Lowest view first: its children stand on it.  Telling the core may change
     * the list, so each round begins anew; a block is looked at once a round. */
    for (;;) {
        struct tl_held *lowest = NULL;

        for (body = node->bodies; body != NULL; body = body->next) {
            if (body->unchecked && (lowest == NULL || body->block.view < lowest->block.view))
                lowest = body;
        }
        if (lowest == NULL || node->failed != TL_OK)
            return;
        if (judge(node, lowest, &event))
            tl_agree(node, &event);
        else if (lowest->unchecked)
            return;
    }
}

static void ask_view(struct tl_node *node, const struct tl_bft_effect *effect,
                     enum tl_message number)
{
    struct tl_ask_view ask = {
        .kind = (uint8_t)effect->vote_kind, .view = effect->view, .epoch = node->voters.epoch};

    if (number == TL_MSG_ASK_TIP)
        ask.kind = TL_VOTE_FINALIZE;
    tl_out(node, number == TL_MSG_ASK_TIP ? TL_BFT_EVERYBODY : effect->to, number,
           encode(node, &tl_ask_view_record, &ask));
}

static void fetch_block(struct tl_node *node, const struct tl_bft_effect *effect)
{
    struct tl_ask_block ask = {.hash = effect->hash, .view = effect->view};
    struct tl_bft_status bft;

    /* What others have made final comes faster by height, many at a time, and
     * needs no more room in the chain than a block or two. */
    tl_bft_status(node->core, &bft);
    if (bft.certified_final_view > bft.final_view)
        tl_catchup_start(node, effect->to);
    tl_out(node, effect->to, TL_MSG_ASK_BLOCK, encode(node, &tl_ask_block_record, &ask));
}

static const char *alarm_text(enum tl_bft_alarm alarm)
{
    switch (alarm) {
    case TL_BFT_ALARM_DIVERGED:
        return "a quorum certified a block that our execution refutes; stop and compare versions";
    case TL_BFT_ALARM_FORK:
        return "two certificates exclude each other; keep this node's data as evidence";
    case TL_BFT_ALARM_WINDOW:
        return "no finality for a whole window of views; check the other members";
    case TL_BFT_ALARM_JOURNAL:
        return "the signer's journal knows of votes the core does not; do not restore old data";
    }
    return "unknown alarm";
}

static void trace(struct tl_node *node, const struct tl_bft_effect *effect)
{
    if (effect->trace == TL_BFT_TRACE_TIMEOUT)
        node->count.views_timed_out++;
    tl_log(TL_LOG_DEBUG, "consensus", tl_log_uint("what", (uint64_t)effect->trace),
           tl_log_uint("a", effect->n[0]), tl_log_uint("b", effect->n[1]),
           tl_log_uint("c", effect->n[2]));
}

static void broadcast_cert(struct tl_node *node, const struct tl_cert *cert)
{
    struct tl_bytes bytes = encode(node, &tl_cert_record, cert);

    if (cert->kind == TL_VOTE_NULLIFY)
        tl_out(node, TL_BFT_EVERYBODY, TL_MSG_CERT, bytes);
    else
        tl_late_cert(node, cert, bytes);
}

/* Effects that make something durable or leave the machine. */
static void carry_out_outside(struct tl_node *node, const struct tl_bft_effect *effect)
{
    switch ((int)effect->kind) {
    case TL_BFT_STORE_BLOCK:
        store_block(node, effect);
        break;
    case TL_BFT_STORE_CERT:
        store_cert(node, effect->cert);
        break;
    case TL_BFT_SIGN_VOTE:
        tl_durable_vote(node, &effect->vote);
        break;
    case TL_BFT_BROADCAST_VOTE:
        tl_out_vote(node, encode(node, &tl_vote_record, &effect->vote));
        break;
    case TL_BFT_BROADCAST_CERT:
        broadcast_cert(node, effect->cert);
        break;
    case TL_BFT_SEND_CERT:
        tl_out(node, effect->to, TL_MSG_CERT, encode(node, &tl_cert_record, effect->cert));
        break;
    case TL_BFT_BROADCAST_PROPOSAL:
        tl_out_proposal(node, &effect->hash);
        break;
    case TL_BFT_ASK_TIP:
        ask_view(node, effect, TL_MSG_ASK_TIP);
        break;
    case TL_BFT_FETCH_CERT:
        ask_view(node, effect, TL_MSG_ASK_CERT);
        break;
    case TL_BFT_FETCH_BLOCK:
        fetch_block(node, effect);
        break;
    }
}

static void carry_out(struct tl_node *node, const struct tl_bft_effect *effect)
{
    switch (effect->kind) {
    case TL_BFT_STORE_BLOCK:
    case TL_BFT_STORE_CERT:
    case TL_BFT_SIGN_VOTE:
    case TL_BFT_BROADCAST_VOTE:
    case TL_BFT_BROADCAST_CERT:
    case TL_BFT_BROADCAST_PROPOSAL:
    case TL_BFT_SEND_CERT:
    case TL_BFT_ASK_TIP:
    case TL_BFT_FETCH_BLOCK:
    case TL_BFT_FETCH_CERT:
        carry_out_outside(node, effect);
        break;
    case TL_BFT_CATCH_UP:
        tl_catchup_start(node, effect->to);
        break;
    case TL_BFT_BUILD:
        tl_propose(node, effect);
        break;
    case TL_BFT_CHECK:
        check_block(node, effect);
        break;
    case TL_BFT_SET_TIMER:
        node->timer_ms = effect->at_ms;
        break;
    case TL_BFT_FINALIZE:
        tl_final_block(node, &effect->hash, effect->cert, TL_BYTES_NONE);
        break;
    case TL_BFT_EVIDENCE:
        node->count.evidence++;
        tl_log(TL_LOG_BROKEN, "double-vote", tl_log_uint("member", effect->evidence->member),
               tl_log_uint("view", effect->evidence->view));
        break;
    case TL_BFT_ALARM:
        tl_log(TL_LOG_BROKEN, "alarm", tl_log_str("reason", alarm_text(effect->alarm)),
               tl_log_uint("view", effect->view));
        break;
    case TL_BFT_TRACE:
        trace(node, effect);
        break;
    }
}

/* ---- steps ---- */

static void step(struct tl_node *node, struct tl_bft_event *event)
{
    enum tl_status st;

    event->unix_ms = tl_clock_wall_ms();
    st = tl_bft_step(node->core, event, tl_clock_mono_ms(), &node->effects);
    if (tl_status_fault(st) == TL_FAULT_PEER && event->from < node->voters.count) {
        node->count.frames_refused++;
        tl_net_fault(node->net, event->from, 10, tl_status_text(st));
    }
    for (uint32_t i = 0; i < node->effects.count && node->failed == TL_OK; i++)
        carry_out(node, &node->effects.at[i]);
}

static void step_whole(struct tl_node *node, struct tl_bft_event *event)
{
    struct tl_bft_event more = {.kind = TL_BFT_CONTINUE, .from = TL_BFT_OURSELVES};

    step(node, event);
    while (node->effects.more && node->failed == TL_OK)
        step(node, &more);
}

void tl_agree(struct tl_node *node, struct tl_bft_event *event)
{
    struct tl_own_event *own;
    struct tl_bft_status bft;

    TL_CHECK(!node->stepping);
    node->stepping = true;
    step_whole(node, event);
    while ((own = node->own_first) != NULL) {
        node->own_first = own->next;
        if (node->own_first == NULL)
            node->own_last = &node->own_first;
        if (node->failed == TL_OK)
            step_whole(node, &own->event);
        free(own);
    }
    node->stepping = false;
    tl_bft_status(node->core, &bft);
    node->turn_due = bft.ended;
}

void tl_agree_pending(struct tl_node *node)
{
    struct tl_bft_event event = {.kind = TL_BFT_PENDING,
                                 .from = TL_BFT_OURSELVES,
                                 .pending = tl_mempool_count(node->mempool) > 0};

    tl_agree(node, &event);
}

/* ---- blocks from members ---- */

static void tell_cert(struct tl_node *node, uint32_t from, const struct tl_cert *cert)
{
    struct tl_bft_event event = {.kind = TL_BFT_CERT, .from = from, .cert = cert};

    if (tl_bft_wants_cert(node->core, cert))
        tl_agree(node, &event);
}

/* Highest view first: the skips stand in ascending order, the parent below. */
static void tell_justification(struct tl_node *node, uint32_t from,
                               const struct tl_justification *just)
{
    struct tl_cert cert;

    for (uint32_t left = just->skips.count; left > 0; left--) {
        struct tl_list skips = just->skips;

        for (uint32_t i = 0; i < left; i++)
            (void)!tl_list_next(&skips, &tl_cert_record, &cert);
        tell_cert(node, from, &cert);
    }
    if (just->parent.count > 0) {
        struct tl_list parent = just->parent;

        if (tl_list_next(&parent, &tl_cert_record, &cert))
            tell_cert(node, from, &cert);
    }
}

void tl_agree_block(struct tl_node *node, const struct tl_verify_job *check)
{
    struct tl_bft_event event = {.kind = TL_BFT_PROPOSAL, .from = check->mail->from};
    struct tl_bft_block block;

    tl_bft_block_of(&block, &check->parts.hash, &check->parts.header,
                    &check->parts.block.leader_sig);
    tell_justification(node, check->mail->from, &check->parts.just);
    if (!tl_bft_wants_block(node->core, &block))
        return;
    if (tl_body_add(node, &block, tl_bytes(check->mail->bytes, check->mail->len), true) == NULL) {
        tl_node_fail(node, TL_ERR_NO_MEMORY, "keeping a block");
        return;
    }
    event.block = &block;
    tl_agree(node, &event);
}

/* ---- restart ---- */

struct restore {
    struct tl_node *node;
    enum tl_status status;
};

/* Our own block is kept before it is signed.  If the journal has our vote for it
 * the same signature can be made again; if not, nobody has ever seen the block. */
static bool seal_again(struct tl_node *node, struct tl_block_parts *parts, struct tl_bytes *bytes)
{
    static const struct tl_sig unsigned_yet;
    struct tl_buf out = tl_buf(node->scratch, node->scratch_bytes);

    if (parts->header.leader != node->self ||
        memcmp(parts->block.leader_sig.b, unsigned_yet.b, sizeof unsigned_yet.b) != 0)
        return true;
    if (tl_signer_propose(node->signer, parts->header.epoch, parts->header.view, &parts->hash,
                          &parts->block.leader_sig) != TL_OK)
        return false;
    tl_record_write(&tl_block_record, &parts->block, &out);
    *bytes = tl_buf_bytes(&out);
    return !out.full;
}

static bool restore_block(void *context, struct tl_bytes key, struct tl_bytes value)
{
    struct restore *r = context;
    struct tl_bft_event event = {.kind = TL_BFT_HELD, .from = TL_BFT_OURSELVES};
    struct tl_block_parts parts;
    struct tl_bft_block block;

    (void)key;
    r->status = tl_block_decode(&parts, value);
    if (r->status != TL_OK)
        return false;
    if (!seal_again(r->node, &parts, &value))
        return true;
    tl_bft_block_of(&block, &parts.hash, &parts.header, &parts.block.leader_sig);
    if (block.height <= tl_chain_tip(r->node->chain)->height ||
        block.epoch != r->node->voters.epoch)
        return true;
    if (tl_body_add(r->node, &block, value, true) == NULL) {
        r->status = TL_ERR_NO_MEMORY;
        return false;
    }
    event.block = &block;
    tl_agree(r->node, &event);
    return true;
}

static bool restore_cert(void *context, struct tl_bytes key, struct tl_bytes value)
{
    struct restore *r = context;
    struct tl_bft_event event = {.kind = TL_BFT_CERT, .from = TL_BFT_OURSELVES};
    struct tl_cert cert;

    (void)key;
    r->status = tl_record_decode(&tl_cert_record, &cert, value);
    if (r->status != TL_OK)
        return false;
    event.cert = &cert;
    if (cert.epoch == r->node->voters.epoch && cert.view >= tl_chain_tip_view(r->node->chain))
        tl_agree(r->node, &event);
    return true;
}

static enum tl_status restore_tip(struct tl_node *node)
{
    const struct tl_tip *tip = tl_chain_tip(node->chain);
    struct tl_bft_event event = {.kind = TL_BFT_TIP, .from = TL_BFT_OURSELVES};
    struct tl_block_parts parts;
    struct tl_bft_block block;
    struct tl_bytes bytes;
    struct tl_cert cert;
    uint64_t at;
    enum tl_status st;

    if (tl_chain_tip_view(node->chain) == 0)
        return TL_OK;
    st = tl_chain_block(node->chain, tip->height, &bytes);
    if (st == TL_OK)
        st = tl_block_decode(&parts, bytes);
    if (st != TL_OK)
        return st;
    tl_bft_block_of(&block, &parts.hash, &parts.header, &parts.block.leader_sig);
    st = tl_chain_cert(node->chain, tip->height, &at, &bytes);
    if (st == TL_OK)
        st = tl_record_decode(&tl_cert_record, &cert, bytes);
    if (st != TL_OK)
        return st;
    event.block = &block;
    event.cert = &cert;
    tl_agree(node, &event);
    return TL_OK;
}

static enum tl_status scan_class(struct tl_node *node, uint8_t class_byte, tl_store_visit *visit)
{
    struct restore r = {node, TL_OK};
    uint8_t from = class_byte;
    uint8_t to = (uint8_t)(class_byte + 1u);
    enum tl_status st = tl_store_scan(node->store, tl_bytes(&from, 1), tl_bytes(&to, 1), visit, &r);

    return st == TL_OK ? r.status : st;
}

static void restore_vote(void *host, const struct tl_vote *vote)
{
    struct tl_node *node = host;
    struct tl_bft_event event = {.kind = TL_BFT_SIGNED, .from = TL_BFT_OURSELVES, .vote = vote};

    if (vote->epoch == node->voters.epoch && vote->view > tl_chain_tip_view(node->chain))
        tl_agree(node, &event);
}

enum tl_status tl_agree_restore(struct tl_node *node, struct tl_why *why)
{
    struct tl_bft_event start = {.kind = TL_BFT_START, .from = TL_BFT_OURSELVES};
    enum tl_status st = restore_tip(node);

    if (st == TL_OK)
        st = scan_class(node, TL_KEY_HELD_BLOCK, restore_block);
    if (st == TL_OK) {
        tl_signer_votes(node->signer, restore_vote, node);
        st = scan_class(node, TL_KEY_HELD_CERT, restore_cert);
    }
    if (st != TL_OK)
        return tl_why_set(why, st, "cannot restore the state of consensus from \"%s\": %s",
                          node->config.data.text, tl_status_text(st));
    tl_agree(node, &start);
    return node->failed;
}
