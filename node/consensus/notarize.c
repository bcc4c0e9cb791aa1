/* R4: one NOTARIZE per view, for a block that replays. */
#include "core.h"

static bool too_early(const struct tl_bft *core, const struct tl_bft_block *block)
{
    return core->unix_ms != 0 && block->time_ms > core->unix_ms &&
           block->time_ms - core->unix_ms > core->config.drift_ms;
}

void tl_core_notarize_try(struct tl_bft *core, struct tl_bft_effects *out)
{
    /* PROTOCOL R4-1: A member MUST sign NOTARIZE for a block only in the block's view, with every
     * ancestor down to the last final block held and replay giving the same roots. */
    struct slot *slot = tl_core_slot_find(core, core->view);

    if (slot == NULL || slot->record.has_notarized || slot->record.nullified)
        return;
    for (size_t i = 0; i < TL_BFT_BLOCKS_PER_VIEW; i++) {
        struct held_block *block = &slot->block[i];

        if (block->state != BLOCK_VALID || !tl_core_block_extends_tip(core, &block->meta))
            continue;
        /* PROTOCOL R4-3: A member MUST NOT sign NOTARIZE while the block's time_ms is more than
         * the drift bound ahead of its own clock. */
        if (too_early(core, &block->meta))
            continue;
        if (tl_core_sign(core, slot, TL_VOTE_NOTARIZE, &block->meta.hash, out))
            return;
    }
}
