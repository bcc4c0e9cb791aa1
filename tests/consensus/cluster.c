/* The simulated world: chance, the order of what happens, and who it happens to. */
#include "cluster_world.h"

#include <stdlib.h>
#include <string.h>

uint64_t chance(struct world *w, uint64_t below)
{
    uint64_t z = (w->random += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % below;
}

void *grab(size_t count, size_t size)
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

struct happening *happen(struct world *w, enum happening_kind kind, uint64_t in_ms)
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

void cert_copy(struct sim_cert *to, const struct tl_cert *from)
{
    TL_CHECK(from->sigs.len <= sizeof to->sigs);
    to->cert = *from;
    memcpy(to->sigs, from->sigs.ptr, from->sigs.len);
    to->cert.sigs = tl_bytes(to->sigs, from->sigs.len);
}

const struct tl_cert *cert_of(struct sim_cert *cert)
{
    cert->cert.sigs.ptr = cert->sigs;
    return &cert->cert;
}

uint32_t block_by_hash(const struct world *w, const struct tl_hash *hash)
{
    uint32_t index = tl_get_u32be(hash->b); /* the first bytes of a simulated hash */

    TL_CHECK(index < w->block_count && tl_hash_eq(&w->block[index].meta.hash, hash));
    return index;
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
    if (w->config.away)
        boot(w, &w->node[w->config.members - 1]);
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
    answer = post(w, node, AT_NODE_TIP_BLOCK, h->from);
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
    w->result.caught_up++;
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
        post(w, node, AT_NODE_BLOCK, h->from)->block = h->block;
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
    if (config->away)
        w->node[config->members - 1].up = false;
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
