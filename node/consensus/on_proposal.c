/* A block has arrived: proposed, fetched, or found on disk. */
#include "core.h"

enum tl_status tl_core_block_fit(const struct tl_bft *core, const struct tl_bft_block *block)
{
    /* PROTOCOL A.5-2: Messages of another chain or epoch MUST be dropped. */
    if (block->epoch != core->config.epoch)
        return TL_ERR_WRONG_CHAIN;
    /* PROTOCOL R3-1: Before anything else a member MUST check that the header names the leader of
     * its view, and drop the block if it does not. */
    if (block->leader != tl_bft_leader(core, block->view))
        return TL_ERR_RANGE;
    /* PROTOCOL R3-2: parent_view MUST be less than view. */
    if (block->view == 0 || block->parent_view >= block->view)
        return TL_ERR_BROKEN_LINK;
    if (block->parent_view == 0 && !tl_hash_eq(&block->parent_hash, &core->config.epoch_genesis))
        return TL_ERR_BROKEN_LINK;
    if (block->view <= core->final_view)
        return TL_ERR_STALE;
    return tl_core_window_has(core, block->view) ? TL_OK : TL_ERR_EARLY;
}

static void accuse_leader(struct tl_bft *core, struct slot *slot, const struct tl_bft_block *block,
                          struct tl_bft_effects *out)
{
    const struct signed_word b = {0, &block->hash, &block->leader_sig};

    if (block->leader == core->config.self)
        return;
    for (size_t i = 0; i < TL_BFT_BLOCKS_PER_VIEW; i++) {
        const struct tl_bft_block *other = &slot->block[i].meta;
        const struct signed_word a = {0, &other->hash, &other->leader_sig};

        if (slot->block[i].state != BLOCK_NONE)
            tl_core_evidence_weigh(slot, core->config.epoch, block->leader, &a, &b, out);
    }
}

/* A place for one more block: a free one or, for a block a quorum saw, that of
 * one nobody needs.  A leader that says more than two things is not heard. */
static struct held_block *place_for(struct slot *slot, const struct tl_hash *hash)
{
    struct held_block *place = NULL;

    for (size_t i = 0; i < TL_BFT_BLOCKS_PER_VIEW; i++) {
        struct held_block *at = &slot->block[i];
        bool voted =
            slot->record.has_notarized && tl_hash_eq(&slot->record.notarized, &at->meta.hash);

        if (at->state == BLOCK_NONE)
            return at;
        if (!voted && !tl_core_block_is_certified(slot, &at->meta.hash))
            place = at;
    }
    return tl_core_block_is_certified(slot, hash) ? place : NULL;
}

enum tl_status tl_core_on_block(struct tl_bft *core, const struct tl_bft_event *event,
                                struct tl_bft_effects *out)
{
    const struct tl_bft_block *block = event->block;
    enum tl_status status = tl_core_block_fit(core, block);
    struct held_block *place;
    struct slot *slot;

    if (status != TL_OK)
        return status;
    /* PROTOCOL R3-4: The certificates of a block's justification MUST be taken in before the block;
     * they bring every member to the block's view, and a block above it is dropped. */
    if (core->started && block->view > core->view)
        return TL_ERR_EARLY;
    slot = tl_core_slot_open(core, block->view);
    if (tl_core_block_find(core, &block->hash, block->view) != NULL)
        return TL_ERR_DUPLICATE;
    place = place_for(slot, &block->hash);
    if (place == NULL)
        return TL_ERR_FULL;
    if (core->started)
        accuse_leader(core, slot, block, out);
    place->state = BLOCK_HELD;
    place->stored = event->kind == TL_BFT_HELD;
    place->meta = *block;
    core->top_block = tl_core_max_u64(core->top_block, block->view);
    return TL_OK;
}
