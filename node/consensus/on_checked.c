/* Replaying blocks: asking for it in order, and what the answers mean. */
#include "core.h"

void tl_core_block_refuse(struct tl_bft *core, struct slot *slot, struct held_block *block,
                          struct tl_bft_effects *out)
{
    block->state = BLOCK_INVALID;
    /* PROTOCOL R11-1: A member that found a block invalid and holds a NOTARIZE or FINALIZE
     * certificate for it MUST stop voting, raise an alarm and keep serving. */
    if (tl_core_block_is_certified(slot, &block->meta.hash) && !core->halted)
        tl_core_effect_alarm(core, out, TL_BFT_ALARM_DIVERGED, block->meta.view);
}

enum parent_fit { PARENT_UNKNOWN, PARENT_FITS, PARENT_CONTRADICTS };

static enum parent_fit links_fit(const struct tl_bft_block *block, uint64_t height,
                                 uint64_t time_ms, bool ends)
{
    bool repeats = block->kind == TL_BLOCK_REPROPOSE;
    uint64_t step = repeats ? 0 : 1;

    /* PROTOCOL A.10-1: After a block B whose header names another hash of members for the next
     * epoch than for its own, any proposal on that branch MUST be a REPROPOSE: same height, log and
     * roots, no entries, `body_root` the hash of B. */
    if (repeats != ends || (ends && !block->ends))
        return PARENT_CONTRADICTS;
    /* PROTOCOL R4-2: A block whose time_ms is not above its parent's, or whose height does not
     * follow its parent's, MUST be treated as invalid. */
    return block->time_ms > time_ms && block->height == height + step ? PARENT_FITS
                                                                      : PARENT_CONTRADICTS;
}

static enum parent_fit parent_of(const struct tl_bft *core, const struct tl_bft_block *block)
{
    const struct held_block *parent;

    if (tl_core_parent_is_tip(core, block))
        return links_fit(block, core->final_height, core->final_time_ms, core->ended);
    if (block->parent_view <= core->final_view)
        return PARENT_UNKNOWN; /* a branch that lost */
    parent = tl_core_block_find(core, &block->parent_hash, block->parent_view);
    if (parent == NULL || parent->state != BLOCK_VALID)
        return PARENT_UNKNOWN;
    return links_fit(block, parent->meta.height, parent->meta.time_ms, parent->meta.ends);
}

static void check_block(struct tl_bft *core, struct slot *slot, struct held_block *block,
                        struct tl_bft_effects *out)
{
    struct tl_bft_effect *effect;

    switch (parent_of(core, &block->meta)) {
    case PARENT_UNKNOWN:
        return;
    case PARENT_CONTRADICTS:
        tl_core_block_refuse(core, slot, block, out);
        return;
    case PARENT_FITS:
        block->state = BLOCK_CHECKING;
        effect = tl_core_effect_add(out, TL_BFT_CHECK);
        effect->hash = block->meta.hash;
        effect->view = block->meta.view;
        return;
    }
}

void tl_core_check_blocks(struct tl_bft *core, struct tl_bft_effects *out)
{
    for (uint64_t view = core->final_view + 1; view <= core->top_block; view++) {
        struct slot *slot = tl_core_slot_find(core, view);

        if (slot == NULL)
            continue;
        if (!tl_core_effects_have_room(core, out))
            return;
        for (size_t i = 0; i < TL_BFT_BLOCKS_PER_VIEW; i++)
            if (slot->block[i].state == BLOCK_HELD)
                check_block(core, slot, &slot->block[i], out);
    }
}

enum tl_status tl_core_on_checked(struct tl_bft *core, const struct tl_bft_event *event,
                                  struct tl_bft_effects *out)
{
    struct held_block *block = tl_core_block_find(core, &event->hash, event->view);

    if (block == NULL || block->state != BLOCK_CHECKING)
        return TL_ERR_STALE;
    if (event->verdict == TL_BFT_VALID)
        block->state = BLOCK_VALID;
    else
        tl_core_block_refuse(core, tl_core_slot_find(core, event->view), block, out);
    return TL_OK;
}

void tl_core_check_again(struct tl_bft *core)
{
    for (uint64_t view = core->final_view + 1; view <= core->top_block; view++) {
        struct slot *slot = tl_core_slot_find(core, view);

        for (size_t i = 0; slot != NULL && i < TL_BFT_BLOCKS_PER_VIEW; i++)
            if (slot->block[i].state == BLOCK_CHECKING)
                slot->block[i].state = BLOCK_HELD;
    }
}
