/* Asking for what a certificate or a child proves to exist. */
#include "core.h"

/* Peers take turns: no randomness in here, and none is needed. */
uint32_t tl_core_pick_peer(struct tl_bft *core, uint32_t among)
{
    for (uint32_t i = 0; i < core->config.members; i++) {
        uint32_t member = core->turn++ % core->config.members;

        if (member != core->config.self && (among & ~core->config.silent) >> member & 1u)
            return member;
    }
    return TL_BFT_NOBODY;
}

bool tl_core_far_behind(const struct tl_bft *core)
{
    return tl_core_max_u64(core->certified_final, core->far_view) >
           core->final_view + TL_BFT_CATCH_UP_VIEWS;
}

void tl_core_catch_up(struct tl_bft *core, const struct tl_cert *cert, struct tl_bft_effects *out)
{
    /* PROTOCOL A.11-1: A member far behind a FINALIZE certificate fetches final blocks by height;
     * it MUST verify each against its certificate and by replay. */
    if (core->now_ms < core->catch_up_at)
        return;
    core->catch_up_at = core->now_ms + tl_core_retry_first_ms(core);
    tl_core_effect_cert(out, TL_BFT_CATCH_UP, cert, tl_core_pick_peer(core, cert->signers));
}

/* Asks for one block, not before delta passed (a proposal is on its way as a
 * rule) and not more often than every Tretry. */
static void fetch_block(struct tl_bft *core, uint64_t view, const struct tl_hash *hash,
                        struct tl_bft_effects *out)
{
    struct slot *slot = tl_core_slot_open(core, view);
    const struct tl_cert *cert = tl_bft_parent_cert(core, view);
    struct tl_bft_effect *effect;

    if (slot->fetch_at == 0)
        slot->fetch_at = core->now_ms + core->config.delta_ms;
    if (core->now_ms >= slot->fetch_at) {
        /* PROTOCOL R10-5: A member asks one peer at a time for a missing block, in turns, at least
         * Tretry apart. */
        slot->fetch_at = core->now_ms + tl_core_retry_first_ms(core);
        effect = tl_core_effect_add(out, TL_BFT_FETCH_BLOCK);
        effect->view = view;
        effect->hash = *hash;
        effect->to = tl_core_pick_peer(core, cert == NULL ? UINT32_MAX : cert->signers);
    }
    core->fetch_next_at = tl_core_min_u64(core->fetch_next_at, slot->fetch_at);
}

static void fetch_of_slot(struct tl_bft *core, struct slot *slot, struct tl_bft_effects *out)
{
    const struct tl_cert *cert = tl_bft_parent_cert(core, slot->view);

    /* PROTOCOL R5-3: A member that holds a NOTARIZE or FINALIZE certificate without its block MUST
     * fetch the block. */
    if (cert != NULL && tl_core_block_find(core, &cert->hash, slot->view) == NULL)
        fetch_block(core, slot->view, &cert->hash, out);
    for (size_t i = 0; i < TL_BFT_BLOCKS_PER_VIEW; i++) {
        const struct tl_bft_block *block = &slot->block[i].meta;

        /* PROTOCOL R3-3: A member that holds a block without its parent, above the last final one,
         * MUST fetch the parent. */
        if (slot->block[i].state == BLOCK_HELD && block->parent_view > core->final_view &&
            tl_core_block_find(core, &block->parent_hash, block->parent_view) == NULL)
            fetch_block(core, block->parent_view, &block->parent_hash, out);
    }
}

void tl_core_fetch_missing(struct tl_bft *core, struct tl_bft_effects *out)
{
    const struct tl_cert *cert = tl_bft_cert(core, TL_VOTE_FINALIZE, core->certified_final);
    uint64_t top = tl_core_max_u64(core->top_block,
                                   tl_core_max_u64(core->top_notarized, core->certified_final));

    core->fetch_next_at = TL_BFT_NEVER;
    if (tl_core_far_behind(core)) {
        if (cert != NULL && core->certified_final > core->final_view)
            tl_core_catch_up(core, cert, out);
        core->fetch_next_at = core->catch_up_at;
        return;
    }
    for (uint64_t view = core->final_view + 1; view <= top; view++) {
        struct slot *slot = tl_core_slot_find(core, view);

        if (slot == NULL)
            continue;
        if (!tl_core_effects_have_room(core, out))
            return;
        fetch_of_slot(core, slot, out);
    }
}
