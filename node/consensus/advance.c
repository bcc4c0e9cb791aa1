/* After every event: whatever the window now allows, in one pass. */
#include "core.h"

void core_advance(struct tl_bft *core, struct tl_bft_effects *out)
{
    core->more = false;
    finalize_blocks(core, out);
    check_blocks(core, out);
    notarize_try(core, out);
    finalize_votes(core, out);
    nullify_try(core, out);
    timers_follow(core);
    propose_try(core, out);
    fetch_missing(core, out);
    standstill_go_on(core, out);
    timer_set(core, out);
    out->more = core->more;
}

void core_enter(struct tl_bft *core, uint64_t view, struct tl_bft_effects *out)
{
    /* PROTOCOL R1-1: A member MUST enter view v only from a lower one. */
    if (view <= core->view)
        return;
    core->view = view;
    core->entered++;
    core->active_since = TL_BFT_NEVER;
    core->view_at = TL_BFT_NEVER;
    (void)slot_open(core, view);
    effect_trace(out, TL_BFT_TRACE_ENTERED, view, core->entered, tl_bft_leader(core, view));
    if (!window_has(core, view) && !core->window_alarm && core->far_view <= core->final_view &&
        core->certified_final == core->final_view) {
        core->window_alarm = true;
        effect_alarm(core, out, TL_BFT_ALARM_WINDOW, view);
    }
}
