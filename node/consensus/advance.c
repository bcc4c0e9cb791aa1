/* After every event: whatever the window now allows, in one pass. */
#include "core.h"

void tl_core_advance(struct tl_bft *core, struct tl_bft_effects *out)
{
    core->more = false;
    tl_core_finalize_blocks(core, out);
    if (core->ended) {
        tl_core_timers_rest(core);
        out->more = core->more;
        return;
    }
    tl_core_check_blocks(core, out);
    tl_core_notarize_try(core, out);
    tl_core_finalize_votes(core, out);
    tl_core_nullify_try(core, out);
    tl_core_timers_follow(core);
    tl_core_propose_try(core, out);
    tl_core_fetch_missing(core, out);
    tl_core_standstill_go_on(core, out);
    tl_core_timer_set(core, out);
    out->more = core->more;
}

void tl_core_enter(struct tl_bft *core, uint64_t view, struct tl_bft_effects *out)
{
    /* PROTOCOL R1-1: A member MUST enter view v only from a lower one. */
    if (view <= core->view)
        return;
    core->view = view;
    core->entered++;
    core->active_since = TL_BFT_NEVER;
    core->view_at = TL_BFT_NEVER;
    (void)tl_core_slot_open(core, view);
    tl_core_effect_trace(out, TL_BFT_TRACE_ENTERED, view, core->entered, tl_bft_leader(core, view));
    if (!tl_core_window_has(core, view) && !core->window_alarm &&
        core->far_view <= core->final_view && core->certified_final == core->final_view) {
        core->window_alarm = true;
        tl_core_effect_alarm(core, out, TL_BFT_ALARM_WINDOW, view);
    }
}
