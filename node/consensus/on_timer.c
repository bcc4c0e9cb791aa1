/* R1: when the view's timer runs, and for how long. */
#include "core.h"

uint64_t tl_core_retry_first_ms(const struct tl_bft *core)
{
    return 4u * (uint64_t)core->config.delta_ms;
}

static uint64_t view_ms(const struct tl_bft *core)
{
    /* PROTOCOL R1-2: The timer of a view MUST be min(3*delta*1.5^k, Tmax), k being the views
     * entered since the last finalization, less one. */
    uint64_t time_ms = 3u * (uint64_t)core->config.delta_ms;

    for (uint64_t k = 1; k < core->entered && time_ms < TL_BFT_TIMER_MAX_MS; k++)
        time_ms += time_ms / 2;
    return tl_core_min_u64(time_ms, TL_BFT_TIMER_MAX_MS);
}

static bool is_unfinished(const struct tl_bft *core)
{
    return core->top_notarized > core->final_view || core->certified_final > core->final_view ||
           core->far_view > core->final_view;
}

static bool view_has_begun(const struct tl_bft *core)
{
    const struct slot *slot = tl_core_slot_find(core, core->view);

    if (slot == NULL)
        return false;
    return slot->voted[TL_VOTE_NULLIFY - 1] != 0 || slot->record.nullified ||
           slot->record.has_notarized || slot->block[0].state != BLOCK_NONE;
}

bool tl_core_is_active(const struct tl_bft *core)
{
    /* PROTOCOL R1-4: The timer runs only while entries are pending, the heartbeat is due, a
     * certified block is not yet final, or a PROPOSE or NULLIFY of the view was seen; otherwise
     * the chain rests and no timer runs. */
    return core->pending || core->now_ms >= core->heartbeat_at || is_unfinished(core) ||
           view_has_begun(core);
}

void tl_core_timers_rest(struct tl_bft *core)
{
    core->active_since = TL_BFT_NEVER;
    core->view_at = TL_BFT_NEVER;
    core->retry_at = TL_BFT_NEVER;
    core->retry_ms = tl_core_retry_first_ms(core);
    core->retry_round = 0;
    core->standstill_next = 0;
}

void tl_core_timers_follow(struct tl_bft *core)
{
    if (!tl_core_is_active(core)) {
        tl_core_timers_rest(core);
        return;
    }
    if (core->active_since == TL_BFT_NEVER) {
        core->active_since = core->now_ms;
        core->view_at = core->now_ms + view_ms(core);
    }
    if (core->retry_at == TL_BFT_NEVER)
        core->retry_at = core->now_ms + core->retry_ms;
}

bool tl_core_wants_empty_block(const struct tl_bft *core)
{
    return core->active_since != TL_BFT_NEVER &&
           core->now_ms - core->active_since >= core->config.delta_ms;
}

static uint64_t empty_block_at(const struct tl_bft *core)
{
    if (core->active_since == TL_BFT_NEVER || tl_core_wants_empty_block(core) ||
        tl_bft_leader(core, core->view) != core->config.self)
        return TL_BFT_NEVER;
    return core->active_since + core->config.delta_ms;
}

/* One timer serves all; the host's is only ever set earlier, or anew after it
 * fired.  One that fires for nothing costs a step and sets the right one. */
void tl_core_timer_set(struct tl_bft *core, struct tl_bft_effects *out)
{
    uint64_t at_ms = tl_core_min_u64(tl_core_min_u64(core->view_at, core->retry_at),
                                     tl_core_min_u64(core->fetch_next_at, empty_block_at(core)));
    struct tl_bft_effect *effect;

    if (core->heartbeat_at > core->now_ms)
        at_ms = tl_core_min_u64(at_ms, core->heartbeat_at);
    if (at_ms >= core->armed_at)
        return;
    core->armed_at = at_ms;
    effect = tl_core_effect_add(out, TL_BFT_SET_TIMER);
    effect->at_ms = at_ms;
}

void tl_core_on_tick(struct tl_bft *core, struct tl_bft_effects *out)
{
    struct slot *slot = tl_core_slot_find(core, core->view);

    core->armed_at = TL_BFT_NEVER;
    if (slot != NULL)
        slot->declined = false;
    if (core->now_ms >= core->view_at) {
        core->view_at = TL_BFT_NEVER;
        tl_core_effect_trace(out, TL_BFT_TRACE_TIMEOUT, core->view, core->entered, 0);
        tl_core_nullify(core, out);
    }
    if (core->now_ms >= core->retry_at) {
        /* PROTOCOL R10-1: While no finalization comes, a member MUST run a standstill round every
         * Tretry, each wait twice the one before, up to Tmax. */
        core->retry_ms = tl_core_min_u64(2 * core->retry_ms, TL_BFT_TIMER_MAX_MS);
        core->retry_at = core->now_ms + core->retry_ms;
        core->retry_round++;
        core->standstill_next =
            tl_core_max_u64(core->final_view + 1,
                            core->view > STANDSTILL_VIEWS ? core->view - STANDSTILL_VIEWS : 1);
        tl_core_effect_trace(out, TL_BFT_TRACE_STANDSTILL, core->final_view, core->view,
                             core->retry_round);
        tl_core_effect_ask_tip(core, out, TL_BFT_EVERYBODY);
        tl_core_check_again(core);
    }
}
