/* The simulated network, its disks and its checkers. */
#include "cluster.h"

#include "tl/bft.h"
#include "tl/blame.h"
#include "tl/check.h"
#include "tl/hash.h"
#include "tl/signguard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODES_MAX  16u
#define BLOCKS_MAX 2048u
#define VIEWS_MAX  1024u
#define ENTRIES    40u
#define FINALS_MAX 2048u
#define DELTA_MS   100u
#define HEAL_MS    8000u
#define GIVE_UP_MS 240000u
#define EPOCH_UNIX 1700000000000u
#define WINDOW     256u

struct sim_cert {
    struct tl_cert cert;
    uint8_t sigs[8 * TL_SIG_BYTES];
};

struct sim_block {
    struct tl_bft_block meta;
    struct sim_cert parent;
    struct sim_cert *skips; /* ascending */
    uint32_t skip_count;
    uint64_t entries; /* bitmap */
    uint64_t all;     /* entries of it and its ancestors */
};

enum happening_kind {
    AT_NODE_VOTE,
    AT_NODE_CERT,
    AT_NODE_BLOCK,
    AT_NODE_ASK_TIP,
    AT_NODE_ASK_CERT,
    AT_NODE_ASK_BLOCK,
    AT_NODE_ASK_TIP_BLOCK, /* catch-up request */
    AT_NODE_TIP_BLOCK,     /* its answer */
    IN_NODE_CHECKED,
    IN_NODE_BUILT,
    IN_NODE_NOT_BUILT,
    IN_NODE_TICK,
    IN_NODE_DISK_VOTE,
    IN_NODE_DISK_CERT,
    IN_NODE_DISK_BLOCK,
    IN_NODE_DISK_TIP,
    IN_NODE_SEND,
    TO_WORLD_ENTRY,
    TO_WORLD_CHAOS,
    TO_WORLD_RESTART,
    TO_WORLD_HEAL
};

/* Something that happens at a time, to a node unless to the world. */
struct happening {
    uint64_t at_ms;
    uint64_t seq;
    enum happening_kind kind;
    enum happening_kind inner; /* IN_NODE_SEND: what is sent */
    uint32_t node;
    uint32_t life; /* of the node, 0: any */
    uint32_t from;
    uint32_t to; /* IN_NODE_SEND */
    uint32_t block;
    uint64_t view;
    struct tl_vote vote;
    struct sim_cert cert;
};

struct sim_record {
    struct tl_sign_record signs;
};

/* What survives a crash. */
struct disk {
    struct sim_record *journal; /* by view */
    struct sim_cert *cert;      /* 3 x view */
    uint8_t *block;             /* by block: stored */
    uint32_t tip;               /* block, 0: genesis */
    struct sim_cert tip_cert;
};

struct node {
    uint32_t member;
    uint32_t life;
    bool up;
    bool twin;
    void *memory;
    struct tl_bft *core;
    struct disk disk;
    struct sim_record *journal; /* the signer's image, ahead of the disk */
    uint8_t *held;              /* by block */
    uint64_t disk_at_ms;        /* when all written so far is durable */
    uint64_t mempool;           /* entries known */
    uint64_t done;              /* entries final here */
    uint32_t tip;
    uint32_t group; /* of the partition */
    uint64_t skew_ms;
    struct tl_bft_effects effects;
};

struct signed_by {
    struct tl_hash notarized;
    struct tl_hash finalized;
    bool has_notarized, nullified, has_finalized;
};

struct world {
    struct cluster_config config;
    struct cluster_result result;
    uint64_t random;
    uint64_t now_ms;
    uint64_t seq;
    bool healed;
    uint64_t entries_told;
    struct happening **heap;
    size_t heap_len, heap_cap;
    struct sim_block *block;
    uint32_t block_count;
    struct node node[NODES_MAX];
    uint32_t node_count;
    struct sim_cert *final_cert[FINALS_MAX];
    uint32_t final_count;
    struct tl_hash *final_at; /* by height: what the first honest node said */
    struct signed_by *oracle; /* member x view */
};

static uint64_t chance(struct world *w, uint64_t below)
{
    uint64_t z = (w->random += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % below;
}

static void *grab(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    TL_CHECK(memory != NULL);
    return memory;
}

/* --- the heap of what is to happen ------------------------------------- */

static bool before(const struct happening *a, const struct happening *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->seq < b->seq;
}

static struct happening *happen(struct world *w, enum happening_kind kind, uint64_t in_ms)
{
    struct happening *h = grab(1, sizeof *h);
    size_t i = w->heap_len++;

    h->kind = kind;
    h->at_ms = w->now_ms + in_ms;
    h->seq = w->seq++;
    if (w->heap_len > w->heap_cap) {
        w->heap_cap = w->heap_cap * 2 + 64;
        w->heap = realloc(w->heap, w->heap_cap * sizeof(struct happening *));
        TL_CHECK(w->heap != NULL);
    }
    for (; i > 0 && before(h, w->heap[(i - 1) / 2]); i = (i - 1) / 2)
        w->heap[i] = w->heap[(i - 1) / 2];
    w->heap[i] = h;
    return h;
}

static struct happening *next_happening(struct world *w)
{
    struct happening *first = w->heap[0];
    struct happening *last = w->heap[--w->heap_len];
    size_t i = 0;

    for (;;) {
        size_t child = 2 * i + 1;

        if (child >= w->heap_len)
            break;
        if (child + 1 < w->heap_len && before(w->heap[child + 1], w->heap[child]))
            child++;
        if (!before(w->heap[child], last))
            break;
        w->heap[i] = w->heap[child];
        i = child;
    }
    w->heap[i] = last;
    return first;
}

static void cert_copy(struct sim_cert *to, const struct tl_cert *from)
{
    TL_CHECK(from->sigs.len <= sizeof to->sigs);
    to->cert = *from;
    memcpy(to->sigs, from->sigs.ptr, from->sigs.len);
    to->cert.sigs = tl_bytes(to->sigs, from->sigs.len);
}

static const struct tl_cert *cert_of(struct sim_cert *cert)
{
    cert->cert.sigs.ptr = cert->sigs;
    return &cert->cert;
}

/* --- checkers ------------------------------------------------------------ */

static bool honest(const struct world *w, uint32_t member)
{
    return (w->config.twins >> member & 1u) == 0;
}

/* Every vote an honest member lets out is held against all it said before. */
static void oracle_hears(struct world *w, const struct tl_vote *vote)
{
    struct signed_by *s = &w->oracle[(size_t)vote->member * VIEWS_MAX + vote->view];
    bool bad = false;

    if (!honest(w, vote->member))
        return;
    if (vote->kind == TL_VOTE_NOTARIZE) {
        bad = (s->has_notarized && !tl_hash_eq(&s->notarized, &vote->hash)) ||
              (s->has_finalized && !tl_hash_eq(&s->finalized, &vote->hash));
        s->has_notarized = true;
        s->notarized = vote->hash;
    } else if (vote->kind == TL_VOTE_FINALIZE) {
        bad = s->nullified || (s->has_finalized && !tl_hash_eq(&s->finalized, &vote->hash)) ||
              (s->has_notarized && !tl_hash_eq(&s->notarized, &vote->hash));
        s->has_finalized = true;
        s->finalized = vote->hash;
    } else {
        bad = s->has_finalized;
        s->nullified = true;
    }
    w->result.honest_conflict |= bad;
}

static uint32_t block_by_hash(const struct world *w, const struct tl_hash *hash)
{
    uint32_t index = tl_get_u32be(hash->b); /* the first bytes of a simulated hash */

    TL_CHECK(index < w->block_count && tl_hash_eq(&w->block[index].meta.hash, hash));
    return index;
}

static void note_final_cert(struct world *w, const struct tl_cert *cert)
{
    for (uint32_t i = 0; i < w->final_count; i++)
        if (w->final_cert[i]->cert.view == cert->view &&
            tl_hash_eq(&w->final_cert[i]->cert.hash, &cert->hash))
            return;
    if (w->final_count == FINALS_MAX)
        return;
    w->final_cert[w->final_count] = grab(1, sizeof(struct sim_cert));
    cert_copy(w->final_cert[w->final_count++], cert);
}

/* An honest node calls a block final: all others must mean the same one. */
static void note_final(struct world *w, const struct node *node, uint32_t block)
{
    const struct tl_bft_block *meta = &w->block[block].meta;
    struct tl_hash *at = &w->final_at[meta->height];

    if (node->twin)
        return;
    if (tl_hash_is_zero(at))
        *at = meta->hash;
    if (!tl_hash_eq(at, &meta->hash))
        w->result.forked = true;
    if (meta->height > w->result.final_height)
        w->result.final_height = meta->height;
}

static uint32_t ancestry(struct world *w, uint32_t block, struct tl_ancestor *chain)
{
    uint32_t count = 0;

    for (; block != 0; count++) {
        struct sim_block *b = &w->block[block];
        struct tl_cert *skips = grab(b->skip_count + 1, sizeof(struct tl_cert));

        for (uint32_t i = 0; i < b->skip_count; i++)
            skips[i] = *cert_of(&b->skips[i]);
        chain[count] =
            (struct tl_ancestor){.view = b->meta.view,
                                 .hash = b->meta.hash,
                                 .parent_view = b->meta.parent_view,
                                 .parent_hash = b->meta.parent_hash,
                                 .parent = b->meta.parent_view == 0 ? NULL : cert_of(&b->parent),
                                 .skips = skips,
                                 .skip_count = b->skip_count};
        block = b->meta.parent_view == 0 ? 0 : block_by_hash(w, &b->meta.parent_hash);
    }
    return count;
}

static void blame_pair(struct world *w, struct sim_cert *x, struct sim_cert *y)
{
    struct tl_ancestor *chain = grab(BLOCKS_MAX, sizeof *chain);
    struct tl_final a = {x->cert.view, x->cert.hash, *cert_of(x)};
    struct tl_final b = {y->cert.view, y->cert.hash, *cert_of(y)};
    uint32_t count = ancestry(w, block_by_hash(w, &b.hash), chain);
    uint32_t culprits = 0;
    const struct tl_cert *c1;
    const struct tl_cert *c2;
    enum tl_status status = tl_blame(&a, &b, chain, count, &culprits, &c1, &c2);

    if (status != TL_ERR_NOT_FOUND) {
        uint32_t named = (uint32_t)__builtin_popcount(culprits);

        w->result.forked = true;
        w->result.blame_failed |=
            status != TL_OK || named < 2 * w->config.quorum - w->config.members;
        if (w->result.culprits_min == 0 || named < w->result.culprits_min)
            w->result.culprits_min = named;
        for (uint32_t m = 0; m < w->config.members; m++) {
            struct tl_evidence evidence;

            if ((culprits >> m & 1u) == 0)
                continue;
            w->result.framed |= honest(w, m);
            w->result.blame_failed |= tl_blame_evidence(c1, c2, m, &evidence) != TL_OK;
        }
    }
    for (uint32_t i = 0; i < count; i++)
        free((void *)(uintptr_t)chain[i].skips);
    free(chain);
}

static void check_finals(struct world *w)
{
    uint32_t pairs = 0;

    for (uint32_t i = 0; i < w->final_count && pairs < 400; i++)
        for (uint32_t j = 0; j < w->final_count && pairs < 400; j++) {
            struct sim_cert *a = w->final_cert[i];
            struct sim_cert *b = w->final_cert[j];

            if (i == j || a->cert.view > b->cert.view || b->cert.view - a->cert.view > 8)
                continue;
            blame_pair(w, a, b);
            pairs++;
        }
}

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

static enum tl_status tell(struct world *w, struct node *node, struct tl_bft_event event)
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

static struct happening *send(struct world *w, struct node *node, enum happening_kind inner,
                              uint32_t to)
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

static void do_send(struct world *w, const struct happening *h)
{
    for (uint32_t i = 0; i < w->node_count; i++) {
        if (h->to != TL_BFT_NOBODY && w->node[i].member != h->to)
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

static void say_pending(struct world *w, struct node *node)
{
    (void)tell(w, node,
               (struct tl_bft_event){.kind = TL_BFT_PENDING, .pending = node->mempool != 0});
}

/* A block is final here, by certificate or by catch-up. */
static void apply(struct world *w, struct node *node, uint32_t block)
{
    note_final(w, node, block);
    node->tip = block;
    node->done |= w->block[block].all;
    node->mempool &= ~node->done;
}

static void write_tip(struct world *w, struct node *node, uint32_t block,
                      const struct tl_cert *cert)
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
    cert_copy(&send(w, node, AT_NODE_CERT, effect->to)->cert, effect->cert);
}

static void judge_evidence(struct world *w, const struct node *node,
                           const struct tl_evidence *evidence)
{
    if (node->twin)
        return;
    if (honest(w, evidence->member))
        w->result.accused_honest = true;
    else
        w->result.evidence++;
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
        send(w, node, AT_NODE_VOTE, TL_BFT_NOBODY)->vote = effect->vote;
        return;
    case TL_BFT_BROADCAST_CERT:
    case TL_BFT_SEND_CERT:
        send_cert(w, node, effect);
        return;
    case TL_BFT_BROADCAST_PROPOSAL:
        send(w, node, AT_NODE_BLOCK, TL_BFT_NOBODY)->block = block_by_hash(w, &effect->hash);
        return;
    case TL_BFT_ASK_TIP:
        send(w, node, AT_NODE_ASK_TIP, effect->to)->view = effect->view;
        return;
    case TL_BFT_FETCH_BLOCK:
        send(w, node, AT_NODE_ASK_BLOCK, effect->to)->block = block_by_hash(w, &effect->hash);
        return;
    case TL_BFT_FETCH_CERT:
        send(w, node, AT_NODE_ASK_CERT, effect->to)->view = effect->view;
        return;
    case TL_BFT_CATCH_UP:
        (void)send(w, node, AT_NODE_ASK_TIP_BLOCK, effect->to);
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
        w->result.diverged |= !node->twin;
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

static void tell_cert(struct world *w, struct node *node, struct sim_cert *cert, uint32_t from)
{
    if (tl_bft_wants_cert(node->core, cert_of(cert)))
        (void)tell(w, node,
                   (struct tl_bft_event){.kind = TL_BFT_CERT, .from = from, .cert = cert_of(cert)});
}

static void tell_block(struct world *w, struct node *node, uint32_t block, uint32_t from)
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
                                   .window = WINDOW,
                                   .delta_ms = DELTA_MS,
                                   .drift_ms = 1000};

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

static void boot(struct world *w, struct node *node)
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

static void crash(struct world *w, struct node *node)
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

/* --- what happens ----------------------------------------------------------- */

static void chaos(struct world *w)
{
    if (w->healed)
        return;
    for (uint32_t i = 0; i < w->node_count; i++)
        w->node[i].group = chance(w, 2) == 0 ? 0 : (uint32_t)chance(w, 2);
    if (w->config.crashes)
        crash(w, &w->node[chance(w, w->node_count)]);
    (void)happen(w, TO_WORLD_CHAOS, 200 + chance(w, 1500));
}

static void heal(struct world *w)
{
    w->healed = true;
    for (uint32_t i = 0; i < w->node_count; i++)
        for (uint32_t m = 0; w->node[i].up && m < w->config.members; m++)
            if (m != w->node[i].member)
                (void)tell(w, &w->node[i], (struct tl_bft_event){.kind = TL_BFT_MET, .from = m});
}

/* A client submits; gossip reaches most nodes, one honest node for certain. */
static void new_entry(struct world *w)
{
    uint64_t bit = 1ull << w->entries_told++;
    uint32_t sure = (uint32_t)chance(w, w->node_count);

    while (w->node[sure].twin)
        sure = (sure + 1) % w->node_count;
    for (uint32_t i = 0; i < w->node_count; i++) {
        struct node *node = &w->node[i];

        if ((i != sure && chance(w, 5) == 0) || (node->done & bit) != 0)
            continue;
        node->mempool |= bit;
        if (node->up)
            say_pending(w, node);
    }
}

static void disk_writes(struct world *w, struct node *node, struct happening *h)
{
    if (h->kind == IN_NODE_DISK_BLOCK)
        node->disk.block[h->block] = 1;
    if (h->kind == IN_NODE_DISK_CERT)
        cert_copy(&node->disk.cert[3 * h->cert.cert.view + h->cert.cert.kind - 1u],
                  cert_of(&h->cert));
    if (h->kind == IN_NODE_DISK_TIP) {
        node->disk.tip = h->block;
        cert_copy(&node->disk.tip_cert, cert_of(&h->cert));
    }
    if (h->kind != IN_NODE_DISK_VOTE)
        return;
    if (h->block == 0) {
        const struct tl_sign_floor floor = {0, 0};
        struct tl_sign_record *record = &node->disk.journal[h->vote.view].signs;

        TL_CHECK(tl_sign_guard(record, &floor, &h->vote, record) == TL_OK ||
                 w->config.flaw != FLAW_NONE);
    }
    if (h->block == 1 || w->config.flaw != FLAW_SIGN_BEFORE_PERSIST) {
        oracle_hears(w, &h->vote);
        (void)tell(w, node, (struct tl_bft_event){.kind = TL_BFT_SIGNED, .vote = &h->vote});
    }
}

static void catch_up_answer(struct world *w, struct node *node, const struct happening *h)
{
    const struct tl_cert *cert =
        tl_bft_cert(node->core, TL_VOTE_FINALIZE, w->block[node->tip].meta.view);
    struct happening *answer;

    if (node->tip == 0 || cert == NULL)
        return;
    answer = send(w, node, AT_NODE_TIP_BLOCK, h->from);
    answer->block = node->tip;
    cert_copy(&answer->cert, cert);
}

static void caught_up(struct world *w, struct node *node, struct happening *h)
{
    const struct tl_bft_event event = {
        .kind = TL_BFT_TIP, .block = &w->block[h->block].meta, .cert = cert_of(&h->cert)};
    struct tl_bft_status status;
    uint32_t at = h->block;

    tl_bft_status(node->core, &status);
    if (event.block->view <= status.final_view)
        return;
    while (at != 0 && w->block[at].meta.view > status.final_view) {
        note_final(w, node, at);
        node->held[at] = 1;
        at = w->block[at].meta.parent_view == 0 ? 0
                                                : block_by_hash(w, &w->block[at].meta.parent_hash);
    }
    apply(w, node, h->block);
    write_tip(w, node, h->block, cert_of(&h->cert));
    (void)tell(w, node, event);
    say_pending(w, node);
}

static void message(struct world *w, struct node *node, struct happening *h)
{
    struct tl_bft_event event = {.from = h->from, .view = h->view};

    if (h->kind == AT_NODE_VOTE && tl_bft_wants_vote(node->core, &h->vote)) {
        event.kind = TL_BFT_VOTE;
        event.vote = &h->vote;
        (void)tell(w, node, event);
    } else if (h->kind == AT_NODE_CERT) {
        tell_cert(w, node, &h->cert, h->from);
    } else if (h->kind == AT_NODE_BLOCK) {
        tell_block(w, node, h->block, h->from);
    } else if (h->kind == AT_NODE_ASK_TIP || h->kind == AT_NODE_ASK_CERT) {
        event.kind = h->kind == AT_NODE_ASK_TIP ? TL_BFT_ASKED_TIP : TL_BFT_ASKED_CERT;
        (void)tell(w, node, event);
    } else if (h->kind == AT_NODE_ASK_BLOCK && node->held[h->block] != 0) {
        send(w, node, AT_NODE_BLOCK, h->from)->block = h->block;
    } else if (h->kind == AT_NODE_ASK_TIP_BLOCK) {
        catch_up_answer(w, node, h);
    } else if (h->kind == AT_NODE_TIP_BLOCK) {
        caught_up(w, node, h);
    }
}

static void inside(struct world *w, struct node *node, struct happening *h)
{
    struct tl_bft_event event = {.view = h->view};

    if (h->kind == IN_NODE_CHECKED) {
        event.kind = TL_BFT_CHECKED;
        event.hash = w->block[h->block].meta.hash;
        event.view = w->block[h->block].meta.view;
        event.verdict = TL_BFT_VALID;
        (void)tell(w, node, event);
    } else if (h->kind == IN_NODE_BUILT) {
        event.kind = TL_BFT_BUILT;
        event.block = &w->block[h->block].meta;
        node->held[h->block] = 1;
        (void)tell(w, node, event);
    } else if (h->kind == IN_NODE_NOT_BUILT) {
        event.kind = TL_BFT_NOT_BUILT;
        (void)tell(w, node, event);
    } else if (h->kind == IN_NODE_TICK) {
        event.kind = TL_BFT_TICK;
        (void)tell(w, node, event);
    } else if (h->kind == IN_NODE_SEND) {
        do_send(w, h);
    } else {
        disk_writes(w, node, h);
    }
}

static void take_place(struct world *w, struct happening *h)
{
    struct node *node = &w->node[h->node];

    if (h->kind == TO_WORLD_ENTRY) {
        new_entry(w);
    } else if (h->kind == TO_WORLD_CHAOS) {
        chaos(w);
    } else if (h->kind == TO_WORLD_HEAL) {
        heal(w);
    } else if (h->kind == TO_WORLD_RESTART) {
        boot(w, node);
        for (uint32_t m = 0; w->healed && m < w->config.members; m++)
            if (m != node->member)
                (void)tell(w, node, (struct tl_bft_event){.kind = TL_BFT_MET, .from = m});
    } else if (!node->up || (h->life != 0 && h->life != node->life)) {
        return;
    } else if (h->kind <= AT_NODE_TIP_BLOCK) {
        message(w, node, h);
    } else {
        inside(w, node, h);
    }
}

static bool all_done(const struct world *w)
{
    uint64_t all = (1ull << ENTRIES) - 1u;
    uint32_t tip = 0;
    bool first = true;

    if (w->entries_told < ENTRIES)
        return false;
    for (uint32_t i = 0; i < w->node_count; i++) {
        const struct node *node = &w->node[i];

        if (node->twin)
            continue;
        if (!node->up || node->done != all || (!first && node->tip != tip))
            return false;
        tip = node->tip;
        first = false;
    }
    return true;
}

static void world_open(struct world *w, const struct cluster_config *config)
{
    w->config = *config;
    w->random = config->seed * 0x9e3779b97f4a7c15u + 1;
    w->block = grab(BLOCKS_MAX, sizeof *w->block);
    w->block_count = 1; /* 0 is genesis */
    w->final_at = grab(BLOCKS_MAX, sizeof *w->final_at);
    w->oracle = grab((size_t)config->members * VIEWS_MAX, sizeof *w->oracle);
    for (uint32_t i = 0; i < 2 * config->members; i++) {
        uint32_t member = i % config->members;
        struct node *node = &w->node[w->node_count];

        if (i >= config->members && honest(w, member))
            continue;
        w->node_count++;
        node->member = member;
        node->twin = !honest(w, member);
        node->skew_ms = chance(w, 200);
        node->memory = grab(1, tl_bft_bytes(config->members, WINDOW));
        node->disk.journal = grab(VIEWS_MAX, sizeof *node->disk.journal);
        node->disk.cert = grab(3u * VIEWS_MAX, sizeof *node->disk.cert);
        node->disk.block = grab(BLOCKS_MAX, 1);
        node->journal = grab(VIEWS_MAX, sizeof *node->journal);
        node->held = grab(BLOCKS_MAX, 1);
        boot(w, node);
    }
    for (uint32_t i = 0; i < ENTRIES; i++)
        (void)happen(w, TO_WORLD_ENTRY, chance(w, HEAL_MS + 3000));
    (void)happen(w, TO_WORLD_CHAOS, chance(w, 1000));
    (void)happen(w, TO_WORLD_HEAL, HEAL_MS);
}

static void world_close(struct world *w)
{
    for (uint32_t i = 0; i < w->node_count; i++) {
        struct node *node = &w->node[i];

        free(node->memory);
        free(node->disk.journal);
        free(node->disk.cert);
        free(node->disk.block);
        free(node->journal);
        free(node->held);
    }
    for (uint32_t i = 0; i < w->block_count; i++)
        free(w->block[i].skips);
    for (uint32_t i = 0; i < w->final_count; i++)
        free(w->final_cert[i]);
    while (w->heap_len > 0)
        free(next_happening(w));
    free(w->heap);
    free(w->block);
    free(w->final_at);
    free(w->oracle);
}

struct cluster_result cluster_run(const struct cluster_config *config)
{
    struct world *w = grab(1, sizeof *w);
    struct cluster_result result;

    world_open(w, config);
    while (w->heap_len > 0 && w->heap[0]->at_ms < GIVE_UP_MS) {
        struct happening *h = next_happening(w);

        w->now_ms = h->at_ms;
        take_place(w, h);
        free(h);
        w->result.events++;
        /* Two machines with one key may never fall silent; honest ones must. */
        if (config->twins != 0 && w->healed && all_done(w))
            break;
    }
    check_finals(w);
    w->result.silent_ms = w->now_ms;
    w->result.blocks = w->block_count - 1;
    w->result.stuck = !all_done(w) || (config->twins == 0 && w->heap_len > 0);
    result = w->result;
    world_close(w);
    free(w);
    return result;
}
