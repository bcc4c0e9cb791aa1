/* Small worlds, whole: every schedule of a few real cores over two views.
 *
 * The network is the adversary's: whatever was said may reach anybody, in any
 * order, or nobody, and a liar says all it can.  Which messages matter is known:
 *
 *   blocks         with their justification
 *   certificates   as soon as enough members have said it for one to exist; votes
 *                  short of one change nothing but who is accused of what
 *   NULLIFY votes  one by one, since fewer than a quorum of them have an effect
 *   time           a view's timer may fire whenever it runs
 *
 * A core's state follows from its own state and one message alone.  So each state
 * of one core is kept once (by hash, clocks left out), each step is made once on
 * the real core, and the world is walked as tuples of such states, breadth first.
 *
 * In each state: no two certificates may be possible that exclude each other, no
 * honest core may raise an alarm, and where nothing can happen any more, every
 * honest core has passed the last view.
 *
 * Usage: exhaustive [STATES]   at most so many states of each world */
#include "core.h"

#include "tl/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VIEWS    2u
#define NODES    4u
#define BLOCKS   24u
#define WINDOW   TL_BFT_WINDOW_MIN
#define KEPT     5u /* slots of views 0 .. VIEWS + 2 */
#define LOCALS   65535u
#define NOBODY   99u
#define DELTA_MS 100u
#define FORKED   12000u /* states are enough to see a world fork that may */
#define NOT_MADE (-1)

/* Messages, numbered: blocks, NOTARIZE and FINALIZE by block, NULLIFY
 * certificates by view, NULLIFY votes by member and view, time. */
enum {
    IN_BLOCK = 0,
    IN_NOTARIZED = BLOCKS,
    IN_FINALIZED = 2 * BLOCKS,
    IN_NULLIFIED = 3 * BLOCKS,
    IN_NULLIFY = IN_NULLIFIED + VIEWS + 1,
    IN_TIME = IN_NULLIFY + NODES * (VIEWS + 1),
    INPUTS
};

/* What others can know of a core's state; 0: no block. */
struct summary {
    uint8_t view;
    uint8_t notarized[VIEWS + 1];
    uint8_t finalized[VIEWS + 1];
    uint8_t built[VIEWS + 1];
    bool nullified[VIEWS + 1];
    bool alarmed;
};

struct local {
    struct tl_hash hash;
    struct summary summary;
    uint8_t *image;
    int32_t next[INPUTS];
};

struct core_box {
    struct tl_bft *core;
    void *memory;
    struct local local[LOCALS];
    uint32_t locals;
    bool alarmed;
};

struct block {
    uint32_t view;
    uint32_t parent; /* 0: genesis */
    uint32_t variant;
    struct tl_bft_block meta;
};

struct world {
    const char *name;
    uint32_t members;
    uint32_t quorum;
    uint32_t liar; /* or NOBODY */
    struct core_box *box[NODES];
    struct block block[BLOCKS];
    uint32_t blocks;
    uint64_t *seen; /* open addressing; tuples as numbers, plus one */
    size_t seen_cap;
    uint64_t *queue;
    size_t states;
    uint64_t forks;
    uint64_t stuck;
    uint64_t alarms;
    uint64_t finals;
    bool whole;
};

/* ---- blocks ---- */

static uint32_t block_id(struct world *w, uint32_t view, uint32_t parent, uint32_t variant)
{
    struct block *b;

    for (uint32_t i = 1; i < w->blocks; i++) {
        b = &w->block[i];
        if (b->view == view && b->parent == parent && b->variant == variant)
            return i;
    }
    TL_CHECK(w->blocks < BLOCKS);
    b = &w->block[w->blocks];
    *b = (struct block){.view = view, .parent = parent, .variant = variant};
    memset(b->meta.hash.b, (int)(0x40 + w->blocks), sizeof b->meta.hash.b);
    b->meta.parent_hash = w->block[parent].meta.hash;
    b->meta.parent_view = w->block[parent].view;
    b->meta.view = view;
    b->meta.height = w->block[parent].meta.height + 1;
    b->meta.time_ms = 1000 + view;
    b->meta.leader = (uint8_t)tl_bft_leader(w->box[w->liar == 0 ? 1 : 0]->core, view);
    return w->blocks++;
}

static uint32_t block_of(const struct world *w, const struct tl_hash *hash)
{
    for (uint32_t i = 0; i < w->blocks; i++) {
        if (tl_hash_eq(&w->block[i].meta.hash, hash))
            return i;
    }
    TL_UNREACHABLE();
}

/* ---- one core ---- */

static void tell(struct world *w, uint32_t node, struct tl_bft_event event);

static void sign(struct world *w, uint32_t node, const struct tl_vote *vote)
{
    tell(w, node, (struct tl_bft_event){.kind = TL_BFT_SIGNED, .vote = vote});
}

static void build(struct world *w, uint32_t node, const struct tl_bft_effect *effect)
{
    uint32_t parent = effect->parent_view == 0 ? 0 : block_of(w, &effect->hash);

    if (effect->view <= VIEWS)
        tell(w, node,
             (struct tl_bft_event){
                 .kind = TL_BFT_BUILT,
                 .block = &w->block[block_id(w, (uint32_t)effect->view, parent, 0)].meta});
}

/* Signing, building and checking take no time and never fail here. */
static void carry_out(struct world *w, uint32_t node, const struct tl_bft_effect *effect)
{
    if (effect->kind == TL_BFT_SIGN_VOTE)
        sign(w, node, &effect->vote);
    else if (effect->kind == TL_BFT_BUILD)
        build(w, node, effect);
    else if (effect->kind == TL_BFT_CHECK)
        tell(w, node,
             (struct tl_bft_event){.kind = TL_BFT_CHECKED,
                                   .hash = effect->hash,
                                   .view = effect->view,
                                   .verdict = TL_BFT_VALID});
    else if (effect->kind == TL_BFT_ALARM)
        w->box[node]->alarmed = true;
}

/* NOLINTNEXTLINE(misc-no-recursion): a step's own answers, a few deep */
static void tell(struct world *w, uint32_t node, struct tl_bft_event event)
{
    struct tl_bft *core = w->box[node]->core;
    struct tl_bft_effects *effects = malloc(sizeof *effects);
    enum tl_status st;

    TL_CHECK(effects != NULL);
    event.unix_ms = 5000;
    st = tl_bft_step(core, &event, core->now_ms, effects);
    for (uint32_t i = 0; i < effects->count; i++)
        carry_out(w, node, &effects->at[i]);
    if (st == TL_OK && effects->more)
        tell(w, node, (struct tl_bft_event){.kind = TL_BFT_CONTINUE});
    free(effects);
}

static bool signed_by(const struct tl_bft *core, enum tl_vote_kind kind, uint32_t view,
                      const struct tl_hash *hash)
{
    const struct slot *slot = tl_core_slot_find(core, view);

    if (slot == NULL)
        return false;
    if (kind == TL_VOTE_NULLIFY)
        return slot->record.nullified;
    if (kind == TL_VOTE_FINALIZE)
        return slot->record.has_finalized && tl_hash_eq(&slot->record.finalized, hash);
    return slot->record.has_notarized && tl_hash_eq(&slot->record.notarized, hash);
}

/* Signed by all others, and by the hearer if it did: who signed decides nothing,
 * only that enough did, and that is the walk's to know. */
static void tell_cert(struct world *w, uint32_t node, enum tl_vote_kind kind, uint32_t view,
                      const struct tl_hash *hash)
{
    static const uint8_t sigs[NODES * TL_SIG_BYTES];
    const struct tl_bft *core = w->box[node]->core;
    struct tl_cert cert = {.kind = (uint8_t)kind, .view = view};

    if (hash != NULL)
        cert.hash = *hash;
    cert.signers = ((1u << w->members) - 1u) & ~(1u << node);
    if (signed_by(core, kind, view, &cert.hash))
        cert.signers |= 1u << node;
    cert.sigs = tl_bytes(sigs, (size_t)__builtin_popcount(cert.signers) * TL_SIG_BYTES);
    if (tl_bft_wants_cert(core, &cert))
        tell(w, node, (struct tl_bft_event){.kind = TL_BFT_CERT, .cert = &cert});
}

static void tell_block(struct world *w, uint32_t node, uint32_t id)
{
    const struct block *b = &w->block[id];

    for (uint32_t v = b->view - 1; v > w->block[b->parent].view; v--)
        tell_cert(w, node, TL_VOTE_NULLIFY, v, NULL);
    if (b->parent != 0)
        tell_cert(w, node, TL_VOTE_NOTARIZE, w->block[b->parent].view,
                  &w->block[b->parent].meta.hash);
    tell(w, node, (struct tl_bft_event){.kind = TL_BFT_PROPOSAL, .block = &b->meta});
}

static void tell_nullify(struct world *w, uint32_t node, uint32_t member, uint32_t view)
{
    const struct tl_vote vote = {.kind = TL_VOTE_NULLIFY, .view = view, .member = (uint8_t)member};

    tell(w, node, (struct tl_bft_event){.kind = TL_BFT_VOTE, .from = member, .vote = &vote});
}

static void tell_input(struct world *w, uint32_t node, uint32_t input)
{
    struct tl_bft *core = w->box[node]->core;

    if (input < IN_NOTARIZED) {
        tell_block(w, node, input);
    } else if (input < IN_NULLIFIED) {
        bool final = input >= IN_FINALIZED;
        const struct block *b = &w->block[input - (final ? IN_FINALIZED : IN_NOTARIZED)];

        tell_cert(w, node, final ? TL_VOTE_FINALIZE : TL_VOTE_NOTARIZE, b->view, &b->meta.hash);
    } else if (input < IN_NULLIFY) {
        tell_cert(w, node, TL_VOTE_NULLIFY, input - IN_NULLIFIED, NULL);
    } else if (input < IN_TIME) {
        tell_nullify(w, node, (input - IN_NULLIFY) / (VIEWS + 1),
                     (input - IN_NULLIFY) % (VIEWS + 1));
    } else if (core->view_at != TL_BFT_NEVER) {
        core->now_ms = core->view_at;
        tell(w, node, (struct tl_bft_event){.kind = TL_BFT_TICK});
    }
}

/* ---- states of one core ---- */

static size_t head_bytes(void)
{
    return (sizeof(struct tl_bft) + 15u) / 16u * 16u + KEPT * sizeof(struct slot);
}

static uint8_t *tail_of(const struct core_box *box)
{
    return (uint8_t *)box->core->slots[0].seat;
}

static size_t tail_bytes(const struct core_box *box)
{
    return (size_t)((uint8_t *)box->core->slots[KEPT].seat - tail_of(box));
}

/* Clocks, turns and accusations steer nothing that is explored here. */
static void strip(struct tl_bft *core, struct slot *slots)
{
    core->now_ms = core->unix_ms = core->active_since = core->view_at = core->retry_at = 0;
    core->retry_ms = core->retry_round = core->heartbeat_at = core->catch_up_at = 0;
    core->cert_fetch_at = core->fetch_next_at = core->armed_at = core->standstill_next = 0;
    core->turn = 0;
    for (uint32_t i = 0; i < KEPT; i++) {
        slots[i].fetch_at = slots[i].fetch_round = 0;
        memset(slots[i].accused, 0, sizeof slots[i].accused);
    }
}

static struct tl_hash hash_of(const struct core_box *box)
{
    size_t head = head_bytes();
    uint8_t *copy = malloc(head + tail_bytes(box));
    struct tl_hash hash;

    TL_CHECK(copy != NULL);
    memcpy(copy, box->memory, head);
    memcpy(copy + head, tail_of(box), tail_bytes(box));
    strip((struct tl_bft *)(void *)copy,
          (struct slot *)(void *)(copy + head - KEPT * sizeof(struct slot)));
    tl_hash_plain(&hash, tl_bytes(copy, head + tail_bytes(box)));
    free(copy);
    return hash;
}

static struct summary sum_up(const struct world *w, const struct core_box *box)
{
    struct summary s = {.view = (uint8_t)box->core->view, .alarmed = box->alarmed};

    for (uint32_t v = 1; v <= VIEWS; v++) {
        const struct slot *slot = tl_core_slot_find(box->core, v);

        if (slot == NULL)
            continue;
        if (slot->record.has_notarized)
            s.notarized[v] = (uint8_t)block_of(w, &slot->record.notarized);
        if (slot->record.has_finalized)
            s.finalized[v] = (uint8_t)block_of(w, &slot->record.finalized);
        if (slot->built)
            s.built[v] = s.notarized[v];
        s.nullified[v] = slot->record.nullified;
    }
    return s;
}

/* The number of the state the core is in, kept when it is new. */
static int32_t keep(const struct world *w, struct core_box *box)
{
    struct tl_hash hash = hash_of(box);
    size_t head = head_bytes();
    struct local *l;

    for (uint32_t i = 0; i < box->locals; i++) {
        if (tl_hash_eq(&box->local[i].hash, &hash))
            return (int32_t)i;
    }
    TL_CHECK(box->locals < LOCALS);
    l = &box->local[box->locals];
    l->hash = hash;
    l->summary = sum_up(w, box);
    l->image = malloc(head + tail_bytes(box));
    TL_CHECK(l->image != NULL);
    memcpy(l->image, box->memory, head);
    memcpy(l->image + head, tail_of(box), tail_bytes(box));
    for (uint32_t i = 0; i < INPUTS; i++)
        l->next[i] = NOT_MADE;
    return (int32_t)box->locals++;
}

static int32_t step(struct world *w, uint32_t node, uint32_t from, uint32_t input)
{
    struct core_box *box = w->box[node];
    struct local *l = &box->local[from];

    if (l->next[input] == NOT_MADE) {
        memcpy(box->memory, l->image, head_bytes());
        memcpy(tail_of(box), l->image + head_bytes(), tail_bytes(box));
        box->alarmed = l->summary.alarmed;
        tell_input(w, node, input);
        l->next[input] = keep(w, box);
    }
    return l->next[input];
}

/* ---- the world ---- */

static uint32_t local_at(uint64_t state, uint32_t node)
{
    return (uint32_t)(state >> (16 * node)) & 0xffffu;
}

static const struct summary *summary_of(const struct world *w, uint64_t state, uint32_t node)
{
    return &w->box[node]->local[local_at(state, node)].summary;
}

static bool possible(const struct world *w, uint64_t state, enum tl_vote_kind kind, uint32_t view,
                     uint32_t block)
{
    uint32_t count = w->liar == NOBODY ? 0 : 1;

    for (uint32_t n = 0; n < w->members; n++) {
        const struct summary *s;

        if (n == w->liar)
            continue;
        s = summary_of(w, state, n);
        count += (kind == TL_VOTE_NULLIFY && s->nullified[view]) ||
                 (kind == TL_VOTE_NOTARIZE && s->notarized[view] == block) ||
                 (kind == TL_VOTE_FINALIZE && s->finalized[view] == block);
    }
    return count >= w->quorum;
}

static bool justified(const struct world *w, uint64_t state, const struct block *b)
{
    for (uint32_t v = w->block[b->parent].view + 1; v < b->view; v++) {
        if (!possible(w, state, TL_VOTE_NULLIFY, v, 0))
            return false;
    }
    return b->parent == 0 ||
           possible(w, state, TL_VOTE_NOTARIZE, w->block[b->parent].view, b->parent);
}

static bool proposed(const struct world *w, uint64_t state, uint32_t id)
{
    const struct block *b = &w->block[id];

    if (b->meta.leader == w->liar)
        return justified(w, state, b);
    return b->variant == 0 && summary_of(w, state, b->meta.leader)->built[b->view] == id;
}

/* Whether the message can reach the node in this state. */
static bool enabled(const struct world *w, uint64_t state, uint32_t node, uint32_t input)
{
    const struct summary *s = summary_of(w, state, node);
    uint32_t id = input % BLOCKS;

    if (input < IN_NULLIFIED && (id == 0 || id >= w->blocks))
        return false;
    if (input < IN_NOTARIZED)
        return proposed(w, state, id);
    if (input < IN_FINALIZED)
        return possible(w, state, TL_VOTE_NOTARIZE, w->block[id].view, id);
    if (input < IN_NULLIFIED)
        return possible(w, state, TL_VOTE_FINALIZE, w->block[id].view, id);
    if (input < IN_NULLIFY)
        return input > IN_NULLIFIED && possible(w, state, TL_VOTE_NULLIFY, input - IN_NULLIFIED, 0);
    if (input < IN_TIME) {
        uint32_t member = (input - IN_NULLIFY) / (VIEWS + 1);
        uint32_t view = (input - IN_NULLIFY) % (VIEWS + 1);

        return view > 0 && member < w->members && member != node &&
               (member == w->liar || summary_of(w, state, member)->nullified[view]);
    }
    return s->view <= VIEWS && !s->nullified[s->view];
}

static bool extends(const struct world *w, uint32_t id, uint32_t ancestor)
{
    while (id != ancestor && id != 0)
        id = w->block[id].parent;
    return id == ancestor;
}

/* Two certificates of one view that exclude each other, or two final blocks that
 * are not of one chain. */
static bool is_forked(const struct world *w, uint64_t state)
{
    uint32_t final[BLOCKS];
    uint32_t finals = 0;

    for (uint32_t b = 1; b < w->blocks; b++) {
        if (!possible(w, state, TL_VOTE_FINALIZE, w->block[b].view, b))
            continue;
        if (w->quorum * 2 > w->members + (w->liar != NOBODY) &&
            possible(w, state, TL_VOTE_NULLIFY, w->block[b].view, 0))
            return true;
        for (uint32_t i = 0; i < finals; i++) {
            if (!extends(w, b, final[i]) && !extends(w, final[i], b))
                return true;
        }
        final[finals++] = b;
    }
    return false;
}

static bool see(struct world *w, uint64_t state)
{
    size_t at = (size_t)((state * UINT64_C(0x9e3779b97f4a7c15)) >> 20) % w->seen_cap;

    for (; w->seen[at] != 0; at = (at + 1) % w->seen_cap) {
        if (w->seen[at] == state + 1)
            return false;
    }
    w->seen[at] = state + 1;
    w->queue[w->states++] = state;
    return true;
}

static void judge(struct world *w, uint64_t state, bool moved)
{
    bool late = false;

    w->forks += is_forked(w, state);
    for (uint32_t n = 0; n < w->members; n++) {
        if (n == w->liar)
            continue;
        w->alarms += summary_of(w, state, n)->alarmed;
        late |= summary_of(w, state, n)->view <= VIEWS;
    }
    w->stuck += !moved && late;
    for (uint32_t b = 1; b < w->blocks; b++)
        w->finals += possible(w, state, TL_VOTE_FINALIZE, w->block[b].view, b);
}

static void expand(struct world *w, uint64_t state, size_t limit)
{
    bool moved = false;

    for (uint32_t n = 0; n < w->members; n++) {
        for (uint32_t input = 0; n != w->liar && input < INPUTS; input++) {
            uint32_t from = local_at(state, n);
            uint32_t to;

            if (!enabled(w, state, n, input))
                continue;
            to = (uint32_t)step(w, n, from, input);
            moved |= to != from;
            if (to == from)
                continue;
            if (w->states >= limit)
                w->whole = false;
            else
                (void)see(w, (state & ~(UINT64_C(0xffff) << (16 * n))) | (uint64_t)to << (16 * n));
        }
    }
    judge(w, state, moved);
}

static void open_core(struct world *w, uint32_t node)
{
    struct core_box *box = calloc(1, sizeof *box);
    struct tl_bft_config config = {.members = w->members,
                                   .quorum = w->quorum,
                                   .self = node,
                                   .window = WINDOW,
                                   .delta_ms = DELTA_MS,
                                   .drift_ms = 1000000};

    TL_CHECK(box != NULL);
    box->memory = calloc(1, tl_bft_bytes(w->members, WINDOW));
    TL_CHECK(box->memory != NULL);
    config.epoch_genesis = w->block[0].meta.hash;
    box->core = tl_bft_init(box->memory, &config);
    TL_CHECK(box->core != NULL);
    w->box[node] = box;
}

static void close_world(struct world *w)
{
    for (uint32_t n = 0; n < w->members; n++) {
        for (uint32_t i = 0; i < w->box[n]->locals; i++)
            free(w->box[n]->local[i].image);
        free(w->box[n]->memory);
        free(w->box[n]);
    }
    free(w->seen);
    free(w->queue);
}

/* Every block a liar might propose, made beforehand: two of each kind. */
static void open_blocks(struct world *w)
{
    for (uint32_t variant = 0; variant < 2; variant++) {
        (void)block_id(w, 1, 0, variant);
        (void)block_id(w, 2, 0, variant);
    }
    for (uint32_t variant = 0; variant < 2; variant++) {
        (void)block_id(w, 2, block_id(w, 1, 0, 0), variant);
        (void)block_id(w, 2, block_id(w, 1, 0, 1), variant);
    }
}

static uint64_t open_world(struct world *w, size_t limit)
{
    uint64_t start = 0;

    w->blocks = 1;
    memset(w->block[0].meta.hash.b, 0x40, sizeof w->block[0].meta.hash.b);
    w->seen_cap = limit * 2 + 64;
    w->seen = calloc(w->seen_cap, sizeof *w->seen);
    w->queue = calloc(limit + 64, sizeof *w->queue);
    TL_CHECK(w->seen != NULL && w->queue != NULL);
    for (uint32_t n = 0; n < w->members; n++)
        open_core(w, n);
    open_blocks(w);
    for (uint32_t n = 0; n < w->members; n++) {
        tell(w, n, (struct tl_bft_event){.kind = TL_BFT_PENDING, .pending = true});
        tell(w, n, (struct tl_bft_event){.kind = TL_BFT_START});
        start |= (uint64_t)(uint16_t)keep(w, w->box[n]) << (16 * n);
    }
    return start;
}

/* Walks the world; `sound` worlds must hold, the others must be seen to break. */
static bool explore(struct world world, bool sound, size_t limit)
{
    struct world *w = &world;
    uint64_t start = open_world(w, limit);
    uint32_t locals = 0;
    uint32_t depth = 0;
    size_t level_end = 1;
    bool well;

    w->whole = true;
    (void)see(w, start);
    for (size_t at = 0; at < w->states; at++) {
        if (at == level_end) {
            depth += w->whole;
            level_end = w->states;
        }
        expand(w, w->queue[at], limit);
    }
    for (uint32_t n = 0; n < w->members; n++)
        locals += w->box[n]->locals;
    well = sound ? w->forks + w->stuck + w->alarms == 0 : w->forks > 0;
    (void)printf("%-32s %9zu states, %s %u messages, of %u core states: %llu forks, %llu stuck, "
                 "%llu alarms, %llu final blocks\n",
                 w->name, w->states, w->whole ? "all, at most" : "all up to", depth, locals,
                 (unsigned long long)w->forks, (unsigned long long)w->stuck,
                 (unsigned long long)w->alarms, (unsigned long long)w->finals);
    (void)fflush(stdout);
    close_world(w);
    return well;
}

int main(int argc, char **argv)
{
    size_t limit = argc > 1 ? (size_t)strtoull(argv[1], NULL, 10) : 200000;
    bool well = true;

    well &= explore((struct world){.name = "n=3 q=2", .members = 3, .quorum = 2, .liar = NOBODY},
                    true, limit);
    well &= explore((struct world){.name = "n=4 q=3", .members = 4, .quorum = 3, .liar = NOBODY},
                    true, limit);
    for (uint32_t liar = 0; liar < 4; liar++) {
        char name[64];

        (void)snprintf(name, sizeof name, "n=4 q=3, member %u lies", liar);
        well &= explore((struct world){.name = name, .members = 4, .quorum = 3, .liar = liar}, true,
                        limit);
    }
    for (uint32_t liar = 0; liar < 3; liar++) {
        char name[64];

        (void)snprintf(name, sizeof name, "n=3 q=2, member %u lies (fork)", liar);
        well &= explore((struct world){.name = name, .members = 3, .quorum = 2, .liar = liar},
                        false, limit < FORKED ? limit : FORKED);
    }
    return well ? 0 : 3;
}
