/* A simulated host: its disk, its signer, its network, its restarts. */
#include "cluster_world.h"

#include <string.h>

/* --- a node -------------------------------------------------------------- */

static void carry_out(struct world *w, struct node *node);

static struct happening *in_node(struct world *w, const struct node *node, enum happening_kind kind,
                                 uint64_t in_ms)
{
    struct happening *h = happen(w, kind, in_ms);

    h->node = (uint32_t)(node - w->node);
    h->life = node->life;
    return h;
}

enum tl_status tell(struct world *w, struct node *node, struct tl_bft_event event)
{
    enum tl_status status;

    event.unix_ms = EPOCH_UNIX + w->now_ms + node->skew_ms;
    status = tl_bft_step(node->core, &event, w->now_ms, &node->effects);
    carry_out(w, node);
    while (status == TL_OK && node->effects.more) {
        event.kind = TL_BFT_CONTINUE;
        status = tl_bft_step(node->core, &event, w->now_ms, &node->effects);
        carry_out(w, node);
    }
    return status;
}

/* Appends to the disk's queue; says how long until it is durable. */
static uint64_t disk_delay(struct world *w, struct node *node)
{
    uint64_t at_ms = w->now_ms > node->disk_at_ms ? w->now_ms : node->disk_at_ms;

    node->disk_at_ms = at_ms + chance(w, 4);
    return node->disk_at_ms - w->now_ms;
}

static uint64_t sync_wait(const struct world *w, const struct node *node)
{
    return node->disk_at_ms > w->now_ms ? node->disk_at_ms - w->now_ms : 0;
}

struct happening *post(struct world *w, struct node *node, enum happening_kind inner, uint32_t to)
{
    struct happening *h = in_node(w, node, IN_NODE_SEND, sync_wait(w, node));

    h->inner = inner;
    h->to = to;
    h->from = node->member;
    return h;
}

static void deliver(struct world *w, const struct happening *out, uint32_t to)
{
    const struct node *src = &w->node[out->node];
    const struct node *dst = &w->node[to];
    struct happening *h;
    uint64_t delay_ms = 1 + chance(w, 20);

    if (dst->member == src->member)
        return;
    if (!w->healed && (src->group != dst->group || chance(w, 1000) < w->config.loss_permille))
        return;
    if (!w->healed && chance(w, 10) == 0)
        delay_ms += chance(w, 1500);
    h = happen(w, out->inner, delay_ms);
    h->node = to;
    h->from = out->from;
    h->block = out->block;
    h->view = out->view;
    h->vote = out->vote;
    h->cert = out->cert;
}

void do_send(struct world *w, const struct happening *h)
{
    for (uint32_t i = 0; i < w->node_count; i++) {
        if (h->to != TL_BFT_EVERYBODY && w->node[i].member != h->to)
            continue;
        deliver(w, h, i);
        if (!w->healed && chance(w, 20) == 0)
            deliver(w, h, i); /* doubled */
    }
}

static void sign_vote(struct world *w, struct node *node, const struct tl_vote *wanted)
{
    const struct tl_sign_floor floor = {0, 0};
    struct tl_sign_record *record = &node->journal[wanted->view].signs;
    struct tl_sign_record next;
    struct tl_vote vote = *wanted;
    bool early = w->config.flaw == FLAW_SIGN_BEFORE_PERSIST;
    struct happening *h;

    TL_CHECK(vote.view < VIEWS_MAX);
    if (tl_sign_guard(record, &floor, &vote, &next) != TL_OK) {
        w->result.diverged = true;
        return;
    }
    *record = next;
    memset(vote.sig.b, vote.kind, sizeof vote.sig.b);
    vote.sig.b[1] = vote.member;
    memcpy(vote.sig.b + 2, vote.hash.b, 32);
    h = in_node(w, node, IN_NODE_DISK_VOTE, disk_delay(w, node) + (early ? 150 : 0));
    h->vote = vote;
    if (early) {
        h = in_node(w, node, IN_NODE_DISK_VOTE, 0);
        h->vote = vote;
        h->block = 1; /* signed only */
        node->disk_at_ms = w->now_ms;
    }
}

static uint64_t fresh_entries(const struct world *w, const struct node *node, uint32_t parent)
{
    return node->mempool & ~w->block[parent].all;
}

static void build(struct world *w, struct node *node, const struct tl_bft_effect *effect)
{
    uint32_t parent = effect->parent_view == 0 ? 0 : block_by_hash(w, &effect->hash);
    uint64_t entries = fresh_entries(w, node, parent);
    struct sim_block *b = &w->block[w->block_count];
    uint64_t unix_ms = EPOCH_UNIX + w->now_ms + node->skew_ms;
    struct happening *h;

    if (entries == 0 && effect->n[0] == 0) {
        h = in_node(w, node, IN_NODE_NOT_BUILT, 1);
        h->view = effect->view;
        return;
    }
    TL_CHECK(w->block_count < BLOCKS_MAX);
    b->meta =
        (struct tl_bft_block){.parent_hash = effect->hash,
                              .view = effect->view,
                              .parent_view = effect->parent_view,
                              .height = effect->height + 1,
                              .time_ms = unix_ms > effect->at_ms ? unix_ms : effect->at_ms + 1,
                              .leader = (uint8_t)node->member};
    memset(b->meta.hash.b, 0xb0, sizeof b->meta.hash.b);
    tl_put_u32be(b->meta.hash.b, w->block_count);
    b->entries = entries;
    b->all = entries | w->block[parent].all;
    if (effect->parent_view != 0)
        cert_copy(&b->parent, tl_bft_parent_cert(node->core, effect->parent_view));
    b->skip_count = (uint32_t)(effect->view - effect->parent_view - 1);
    b->skips = grab(b->skip_count + 1, sizeof(struct sim_cert));
    for (uint32_t i = 0; i < b->skip_count; i++)
        cert_copy(&b->skips[i],
                  tl_bft_cert(node->core, TL_VOTE_NULLIFY, effect->parent_view + 1 + i));
    h = in_node(w, node, IN_NODE_BUILT, 1 + chance(w, 3));
    h->block = w->block_count++;
}

void say_pending(struct world *w, struct node *node)
{
    (void)tell(w, node,
               (struct tl_bft_event){.kind = TL_BFT_PENDING, .pending = node->mempool != 0});
}

/* A block is final here, by certificate or by catch-up. */
void apply(struct world *w, struct node *node, uint32_t block)
{
    note_final(w, node, block);
    node->tip = block;
    node->done |= w->block[block].all;
    node->mempool &= ~node->done;
}

void write_tip(struct world *w, struct node *node, uint32_t block, const struct tl_cert *cert)
{
    struct happening *h = in_node(w, node, IN_NODE_DISK_TIP, disk_delay(w, node));

    TL_CHECK(cert != NULL);
    h->block = block;
    cert_copy(&h->cert, cert);
}

static void finalize(struct world *w, struct node *node, const struct tl_bft_effect *effect)
{
    uint32_t block = block_by_hash(w, &effect->hash);

    apply(w, node, block);
    write_tip(w, node, block, tl_bft_parent_cert(node->core, effect->view));
}

static void send_cert(struct world *w, struct node *node, const struct tl_bft_effect *effect)
{
    cert_copy(&post(w, node, AT_NODE_CERT, effect->to)->cert, effect->cert);
}

static void carry_out_one(struct world *w, struct node *node, const struct tl_bft_effect *effect)
{
    struct happening *h;

    switch (effect->kind) {
    case TL_BFT_STORE_BLOCK:
        h = in_node(w, node, IN_NODE_DISK_BLOCK, disk_delay(w, node));
        h->block = block_by_hash(w, &effect->hash);
        return;
    case TL_BFT_STORE_CERT:
        if (effect->cert->kind == TL_VOTE_FINALIZE)
            note_final_cert(w, effect->cert);
        h = in_node(w, node, IN_NODE_DISK_CERT, disk_delay(w, node));
        cert_copy(&h->cert, effect->cert);
        return;
    case TL_BFT_SIGN_VOTE:
        sign_vote(w, node, &effect->vote);
        return;
    case TL_BFT_BROADCAST_VOTE:
        post(w, node, AT_NODE_VOTE, TL_BFT_EVERYBODY)->vote = effect->vote;
        return;
    case TL_BFT_BROADCAST_CERT:
    case TL_BFT_SEND_CERT:
        send_cert(w, node, effect);
        return;
    case TL_BFT_BROADCAST_PROPOSAL:
        post(w, node, AT_NODE_BLOCK, TL_BFT_EVERYBODY)->block = block_by_hash(w, &effect->hash);
        return;
    case TL_BFT_ASK_TIP:
        post(w, node, AT_NODE_ASK_TIP, effect->to)->view = effect->view;
        return;
    case TL_BFT_FETCH_BLOCK:
        post(w, node, AT_NODE_ASK_BLOCK, effect->to)->block = block_by_hash(w, &effect->hash);
        return;
    case TL_BFT_FETCH_CERT:
        post(w, node, AT_NODE_ASK_CERT, effect->to)->view = effect->view;
        return;
    case TL_BFT_CATCH_UP:
        (void)post(w, node, AT_NODE_ASK_TIP_BLOCK, effect->to);
        return;
    case TL_BFT_BUILD:
        build(w, node, effect);
        return;
    case TL_BFT_CHECK:
        h = in_node(w, node, IN_NODE_CHECKED, 1 + chance(w, 4));
        h->block = block_by_hash(w, &effect->hash);
        return;
    case TL_BFT_SET_TIMER:
        (void)in_node(w, node, IN_NODE_TICK,
                      effect->at_ms > w->now_ms ? effect->at_ms - w->now_ms : 0);
        return;
    case TL_BFT_FINALIZE:
        finalize(w, node, effect);
        return;
    case TL_BFT_EVIDENCE:
        judge_evidence(w, node, effect->evidence);
        return;
    case TL_BFT_ALARM:
        w->result.diverged |= !node->twin && effect->alarm != TL_BFT_ALARM_WINDOW;
        return;
    case TL_BFT_TRACE:
        return;
    }
}

static void carry_out(struct world *w, struct node *node)
{
    uint32_t tip = node->tip;

    for (uint32_t i = 0; i < node->effects.count; i++)
        carry_out_one(w, node, &node->effects.at[i]);
    if (tip != node->tip && !node->effects.more)
        say_pending(w, node);
}

void tell_cert(struct world *w, struct node *node, struct sim_cert *cert, uint32_t from)
{
    if (tl_bft_wants_cert(node->core, cert_of(cert)))
        (void)tell(w, node,
                   (struct tl_bft_event){.kind = TL_BFT_CERT, .from = from, .cert = cert_of(cert)});
}

void tell_block(struct world *w, struct node *node, uint32_t block, uint32_t from)
{
    struct sim_block *b = &w->block[block];

    for (uint32_t i = b->skip_count; i > 0; i--)
        tell_cert(w, node, &b->skips[i - 1], from);
    if (b->meta.parent_view != 0)
        tell_cert(w, node, &b->parent, from);
    if (tell(w, node,
             (struct tl_bft_event){.kind = TL_BFT_PROPOSAL, .from = from, .block = &b->meta}) ==
        TL_OK)
        node->held[block] = 1;
}

/* --- crash and restart ---------------------------------------------------- */

static void start_core(struct world *w, struct node *node)
{
    struct tl_bft_config config = {.members = w->config.members,
                                   .quorum = w->config.quorum,
                                   .self = node->member,
                                   .window = w->config.window == 0 ? WINDOW : w->config.window,
                                   .delta_ms = DELTA_MS,
                                   .drift_ms = 1000,
                                   /* two machines with one key must not find that out */
                                   .journal_from = node->twin ? TL_BFT_NEVER : 0};

    memset(config.epoch_genesis.b, 0x6e, sizeof config.epoch_genesis.b);
    node->core = tl_bft_init(node->memory, &config);
    TL_CHECK(node->core != NULL);
    node->life++;
    node->up = true;
    node->disk_at_ms = w->now_ms;
}

static void restore_votes(struct world *w, struct node *node)
{
    for (uint64_t view = 1; view < VIEWS_MAX; view++) {
        const struct tl_sign_record *r = &node->journal[view].signs;
        struct tl_vote vote = {.view = view, .member = (uint8_t)node->member};
        struct tl_bft_event event = {.kind = TL_BFT_SIGNED, .vote = &vote};

        if (r->has_finalized) {
            vote.kind = TL_VOTE_FINALIZE;
            vote.hash = r->finalized;
            (void)tell(w, node, event);
        }
        if (r->has_notarized) {
            vote.kind = TL_VOTE_NOTARIZE;
            vote.hash = r->notarized;
            (void)tell(w, node, event);
        }
        if (r->nullified) {
            vote.kind = TL_VOTE_NULLIFY;
            memset(&vote.hash, 0, sizeof vote.hash);
            (void)tell(w, node, event);
        }
    }
}

static void restore(struct world *w, struct node *node)
{
    struct tl_bft_event event = {.kind = TL_BFT_TIP};

    if (node->disk.tip != 0) {
        event.block = &w->block[node->disk.tip].meta;
        event.cert = cert_of(&node->disk.tip_cert);
        TL_CHECK(tell(w, node, event) == TL_OK);
    }
    event.kind = TL_BFT_HELD;
    for (uint32_t i = 1; i < w->block_count; i++) {
        event.block = &w->block[i].meta;
        if (node->disk.block[i] != 0)
            (void)tell(w, node, event);
    }
    restore_votes(w, node);
    event.kind = TL_BFT_CERT;
    for (size_t i = 0; i < 3u * VIEWS_MAX; i++) {
        event.cert = cert_of(&node->disk.cert[i]);
        if (event.cert->kind != 0)
            (void)tell(w, node, event);
    }
}

void boot(struct world *w, struct node *node)
{
    start_core(w, node);
    memcpy(node->journal, node->disk.journal, VIEWS_MAX * sizeof *node->journal);
    memcpy(node->held, node->disk.block, BLOCKS_MAX);
    node->tip = node->disk.tip;
    node->done = w->block[node->tip].all;
    restore(w, node);
    TL_CHECK(tell(w, node, (struct tl_bft_event){.kind = TL_BFT_START}) == TL_OK);
    say_pending(w, node);
}

void crash(struct world *w, struct node *node)
{
    if (!node->up)
        return;
    node->up = false;
    node->mempool |= node->done & ~w->block[node->disk.tip].all; /* clients ask again */
    if (w->config.flaw == FLAW_FORGET_JOURNAL)
        memset(node->disk.journal, 0, VIEWS_MAX * sizeof *node->disk.journal);
    if (w->config.flaw == FLAW_FORGET_CERTS)
        memset(node->disk.cert, 0, 3u * VIEWS_MAX * sizeof *node->disk.cert);
    happen(w, TO_WORLD_RESTART, 1 + chance(w, 800))->node = (uint32_t)(node - w->node);
}
