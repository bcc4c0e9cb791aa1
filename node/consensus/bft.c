/* The door of the core: making one, stepping it, looking into it. */
#include "core.h"

#include "tl/hash.h"

#include <string.h>

#define ALIGN 16u

static size_t aligned(size_t size)
{
    return (size + ALIGN - 1u) / ALIGN * ALIGN;
}

static size_t seats_bytes(uint32_t members)
{
    return aligned((size_t)VOTE_KINDS * members * sizeof(struct seat));
}

static size_t sigs_bytes(uint32_t members)
{
    return aligned((size_t)VOTE_KINDS * members * TL_SIG_BYTES);
}

size_t tl_bft_bytes(uint32_t members, uint32_t window)
{
    size_t per_view = aligned(sizeof(struct slot)) + seats_bytes(members) + sigs_bytes(members);

    if (members == 0 || members > TL_MEMBERS_MAX || window < TL_BFT_WINDOW_MIN ||
        window > TL_BFT_WINDOW)
        return 0;
    return aligned(sizeof(struct tl_bft)) + per_view * window;
}

static uint32_t voters_of(const struct tl_bft_config *config)
{
    return config->members - tl_popcount32(config->silent);
}

static bool config_ok(const struct tl_bft_config *config)
{
    if ((uint64_t)config->silent >> config->members != 0 ||
        (config->self < config->members && (config->silent >> config->self & 1u) != 0))
        return false;
    /* PROTOCOL A.1-1: The quorum q MUST satisfy 2q > n and q <= n. */
    return tl_bft_bytes(config->members, config->window) != 0 &&
           config->quorum <= voters_of(config) && 2u * config->quorum > voters_of(config) &&
           (config->self < config->members || config->self == TL_BFT_NOBODY) &&
           config->delta_ms > 0;
}

uint32_t tl_core_voters(const struct tl_bft *core)
{
    return voters_of(&core->config);
}

static void slots_lay_out(struct tl_bft *core, uint8_t *memory)
{
    uint32_t members = core->config.members;
    uint8_t *rest = memory + aligned(sizeof(struct slot) * core->config.window);

    core->slots = (struct slot *)(void *)memory;
    for (uint32_t i = 0; i < core->config.window; i++) {
        struct slot *slot = &core->slots[i];

        memset(slot, 0, sizeof *slot);
        slot->seat = (struct seat *)(void *)rest;
        slot->sigs = rest + seats_bytes(members);
        rest += seats_bytes(members) + sigs_bytes(members);
    }
}

struct tl_bft *tl_bft_init(void *memory, const struct tl_bft_config *config)
{
    struct tl_bft *core = memory;

    if (!config_ok(config))
        return NULL;
    memset(core, 0, sizeof *core);
    core->config = *config;
    tl_hash_plain(&core->leader_seed, tl_bytes(config->epoch_genesis.b, TL_HASH_BYTES));
    core->final_hash = config->epoch_genesis;
    core->final_height = config->genesis_height;
    core->final_time_ms = config->genesis_time_ms;
    core->heartbeat_at = TL_BFT_NEVER;
    core->armed_at = TL_BFT_NEVER;
    tl_core_timers_rest(core);
    slots_lay_out(core, (uint8_t *)memory + aligned(sizeof *core));
    return core;
}

static enum tl_status on_pending(struct tl_bft *core, bool pending)
{
    struct slot *slot = tl_core_slot_find(core, core->view);

    core->pending = pending;
    if (slot != NULL)
        slot->declined = false;
    return TL_OK;
}

/* Some events carry a pointer; one that lacks it is the host's mistake. */
static bool event_complete(const struct tl_bft *core, const struct tl_bft_event *event)
{
    switch (event->kind) {
    case TL_BFT_TIP:
        return event->block != NULL && event->cert != NULL;
    case TL_BFT_HELD:
        return event->block != NULL && !core->started;
    case TL_BFT_START:
        return !core->started;
    case TL_BFT_PROPOSAL:
    case TL_BFT_BUILT:
        return event->block != NULL && core->started;
    case TL_BFT_VOTE:
    case TL_BFT_REFUSED:
        return event->vote != NULL && core->started;
    case TL_BFT_SIGNED:
        return event->vote != NULL;
    case TL_BFT_CERT:
        return event->cert != NULL;
    case TL_BFT_PENDING:
        return true;
    case TL_BFT_CHECKED:
    case TL_BFT_NOT_BUILT:
    case TL_BFT_TICK:
    case TL_BFT_MET:
    case TL_BFT_ASKED_TIP:
    case TL_BFT_ASKED_CERT:
    case TL_BFT_CONTINUE:
        return core->started;
    }
    return false;
}

static enum tl_status dispatch(struct tl_bft *core, const struct tl_bft_event *event,
                               struct tl_bft_effects *out)
{
    switch (event->kind) {
    case TL_BFT_TIP:
        return tl_core_on_tip(core, event, out);
    case TL_BFT_HELD:
    case TL_BFT_PROPOSAL:
        return tl_core_on_block(core, event, out);
    case TL_BFT_START:
        return tl_core_on_start(core, out);
    case TL_BFT_VOTE:
        return tl_core_on_vote(core, event->vote, out);
    case TL_BFT_CERT:
        return tl_core_on_certificate(core, event, out);
    case TL_BFT_CHECKED:
        return tl_core_on_checked(core, event, out);
    case TL_BFT_BUILT:
        return tl_core_on_built(core, event, out);
    case TL_BFT_NOT_BUILT:
        return tl_core_on_not_built(core, event);
    case TL_BFT_SIGNED:
        return tl_core_on_signed(core, event->vote, out);
    case TL_BFT_REFUSED:
        return tl_core_on_refused(core, event->vote, out);
    case TL_BFT_PENDING:
        return on_pending(core, event->pending);
    case TL_BFT_TICK:
        tl_core_on_tick(core, out);
        return TL_OK;
    case TL_BFT_MET:
    case TL_BFT_ASKED_TIP:
    case TL_BFT_ASKED_CERT:
        return tl_core_on_request(core, event, out);
    case TL_BFT_CONTINUE:
        return TL_OK;
    }
    return TL_ERR_USAGE;
}

enum tl_status tl_bft_step(struct tl_bft *core, const struct tl_bft_event *event, uint64_t now_ms,
                           struct tl_bft_effects *effects)
{
    const uint64_t view = core->view;
    const uint64_t final_view = core->final_view;
    enum tl_status status;

    tl_core_verify(core);
    effects->count = 0;
    effects->evidences = 0;
    effects->more = false;
    if (!event_complete(core, event))
        return TL_ERR_USAGE;
    core->now_ms = tl_core_max_u64(core->now_ms, now_ms);
    if (event->unix_ms != 0)
        core->unix_ms = event->unix_ms;
    status = dispatch(core, event, effects);
    if (status == TL_OK && core->started)
        tl_core_advance(core, effects);
    TL_CHECK(status == TL_OK || effects->count == 0);
    TL_CHECK(core->started || effects->count == 0);
    TL_CHECK(core->view >= view && core->final_view >= final_view);
    TL_INVARIANT(status == TL_OK || (core->view == view && core->final_view == final_view));
    tl_core_verify(core);
    return status;
}

void tl_bft_block_of(struct tl_bft_block *out, const struct tl_hash *hash,
                     const struct tl_header *header, const struct tl_sig *leader_sig)
{
    memset(out, 0, sizeof *out);
    out->hash = *hash;
    out->parent_hash = header->parent_hash;
    out->epoch = header->epoch;
    out->view = header->view;
    out->parent_view = header->parent_view;
    out->height = header->height;
    out->time_ms = header->time_ms;
    out->kind = header->kind;
    out->ends = !tl_hash_eq(&header->members_hash, &header->next_members_hash);
    out->leader = header->leader;
    if (leader_sig != NULL)
        out->leader_sig = *leader_sig;
}

const struct tl_cert *tl_bft_cert(const struct tl_bft *core, enum tl_vote_kind kind, uint64_t view)
{
    const struct slot *slot = tl_core_slot_find(core, view);

    return slot == NULL ? NULL : tl_core_slot_cert(slot, kind);
}

const struct tl_cert *tl_bft_parent_cert(const struct tl_bft *core, uint64_t view)
{
    const struct tl_cert *cert = tl_bft_cert(core, TL_VOTE_FINALIZE, view);

    return cert != NULL ? cert : tl_bft_cert(core, TL_VOTE_NOTARIZE, view);
}

bool tl_bft_wants_vote(const struct tl_bft *core, const struct tl_vote *vote)
{
    const struct slot *slot;

    if (tl_core_vote_fit(core, vote) != TL_OK)
        return false;
    slot = tl_core_slot_find(core, vote->view);
    return slot == NULL || !tl_core_slot_voted(slot, (enum tl_vote_kind)vote->kind, vote->member) ||
           !tl_hash_eq(
               &tl_core_slot_seat(core, slot, (enum tl_vote_kind)vote->kind, vote->member)->hash,
               &vote->hash);
}

bool tl_bft_wants_cert(const struct tl_bft *core, const struct tl_cert *cert)
{
    enum tl_status status = tl_core_cert_fit(core, cert);

    if (status == TL_ERR_EARLY)
        return cert->kind == TL_VOTE_FINALIZE &&
               (cert->view > core->far_view || core->now_ms >= core->catch_up_at);
    return status == TL_OK;
}

bool tl_bft_wants_block(const struct tl_bft *core, const struct tl_bft_block *block)
{
    return tl_core_block_fit(core, block) == TL_OK &&
           tl_core_block_find(core, &block->hash, block->view) == NULL;
}

bool tl_bft_holds_block(const struct tl_bft *core, const struct tl_hash *hash, uint64_t view)
{
    return view >= core->final_view && tl_core_block_find(core, hash, view) != NULL;
}

uint32_t tl_bft_leader(const struct tl_bft *core, uint64_t view)
{
    /* PROTOCOL A.3-2: The leader of view v in epoch e MUST be member (v + first8(SHA-256(
     * epoch_genesis))) mod n. */
    uint64_t nth = (view + tl_get_u64be(core->leader_seed.b)) % tl_core_voters(core);

    return tl_nth_voter(core->config.silent, (uint32_t)nth);
}

void tl_bft_status(const struct tl_bft *core, struct tl_bft_status *out)
{
    out->view = core->view;
    out->final_view = core->final_view;
    out->final_height = core->final_height;
    out->final_hash = core->final_hash;
    out->certified_final_view = core->certified_final;
    out->leader = tl_bft_leader(core, core->view);
    out->idle = !tl_core_is_active(core);
    out->halted = core->halted;
    out->ended = core->ended;
    out->timer_ms = core->armed_at;
}

const struct tl_cert *tl_bft_top_cert(const struct tl_bft *core, uint64_t *view)
{
    const struct tl_cert *cert = NULL;

    *view = tl_core_max_u64(core->top_cert, core->certified_final);
    for (uint32_t kind = TL_VOTE_NOTARIZE; kind <= TL_VOTE_FINALIZE && cert == NULL; kind++)
        cert = tl_bft_cert(core, (enum tl_vote_kind)kind, *view);
    return cert;
}
