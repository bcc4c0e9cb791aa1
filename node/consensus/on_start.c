/* Coming back: the final tip, and the start after everything is restored. */
#include "core.h"

void tl_core_tip_moved(struct tl_bft *core, const struct tl_bft_block *block)
{
    TL_CHECK(block->view > core->final_view);
    core->final_view = block->view;
    core->final_hash = block->hash;
    core->final_height = block->height;
    core->final_time_ms = block->time_ms;
    core->ended |= block->ends;
    core->certified_final = tl_core_max_u64(core->certified_final, block->view);
    /* PROTOCOL R1-3: The exponent k MUST be reset only by a finalization. */
    core->entered = 1;
    core->retry_round = 0;
    core->window_alarm = false;
    core->retry_ms = tl_core_retry_first_ms(core);
    core->retry_at = TL_BFT_NEVER;
    if (core->config.heartbeat_ms != 0)
        core->heartbeat_at = core->now_ms + core->config.heartbeat_ms;
}

/* The block's own certificate, or a FINALIZE certificate of a descendant. */
static bool proves_tip(const struct tl_bft *core, const struct tl_bft_block *block,
                       const struct tl_cert *cert)
{
    if (block->epoch != core->config.epoch || cert->epoch != core->config.epoch)
        return false;
    if (cert->view == block->view)
        return (cert->kind == TL_VOTE_NOTARIZE || cert->kind == TL_VOTE_FINALIZE) &&
               tl_hash_eq(&cert->hash, &block->hash);
    return cert->kind == TL_VOTE_FINALIZE && cert->view > block->view;
}

enum tl_status tl_core_on_tip(struct tl_bft *core, const struct tl_bft_event *event,
                              struct tl_bft_effects *out)
{
    const struct tl_bft_block *block = event->block;
    const struct tl_cert *cert = event->cert;
    struct slot *slot;

    if (!proves_tip(core, block, cert))
        return TL_ERR_USAGE;
    if (block->view <= core->final_view)
        return TL_ERR_STALE;
    tl_core_tip_moved(core, block);
    if (tl_core_window_has(core, cert->view)) {
        slot = tl_core_slot_open(core, cert->view);
        if (tl_core_slot_cert(slot, (enum tl_vote_kind)cert->kind) == NULL)
            tl_core_certificate_keep(core, slot, cert, out);
    }
    if (core->started)
        tl_core_enter(core, tl_core_max_u64(block->view, core->certified_final) + 1, out);
    return TL_OK;
}

enum tl_status tl_core_on_start(struct tl_bft *core, struct tl_bft_effects *out)
{
    uint64_t view =
        tl_core_max_u64(tl_core_max_u64(core->top_cert, core->final_view) + 1, core->top_signed);

    core->started = true;
    core->catch_up_at = core->now_ms;
    if (core->config.heartbeat_ms != 0)
        core->heartbeat_at = core->now_ms + core->config.heartbeat_ms;
    /* PROTOCOL A.3-3: On restart a member MUST enter the higher of the highest certified view + 1
     * and the highest view in its signer journal, and run its retained certificates through
     * R5 to R9 again. */
    tl_core_enter(core, view, out);
    /* PROTOCOL R10-4: A member that starts, or meets a peer again, MUST ask for a higher FINALIZE
     * certificate than its own. */
    tl_core_effect_ask_tip(core, out, TL_BFT_EVERYBODY);
    if (core->foreign_view > core->final_view)
        tl_core_effect_alarm(core, out, TL_BFT_ALARM_JOURNAL, core->foreign_view);
    return TL_OK;
}
