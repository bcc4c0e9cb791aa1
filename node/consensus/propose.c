/* R2: proposing, at most once per view. */
#include "core.h"

struct parent {
    const struct tl_hash *hash;
    uint64_t view;
    uint64_t height;
    uint64_t time_ms;
    bool ends;
};

static bool tip_as_parent(const struct tl_bft *core, struct parent *parent)
{
    const struct tl_cert *cert = tl_bft_parent_cert(core, core->final_view);

    if (core->final_view != 0 && (cert == NULL || !tl_hash_eq(&cert->hash, &core->final_hash)))
        return false;
    *parent = (struct parent){&core->final_hash, core->final_view, core->final_height,
                              core->final_time_ms, core->ended};
    return true;
}

/* PROTOCOL R2-1: The leader MUST extend the block of the highest p < v that has a NOTARIZE or
 * FINALIZE certificate and is held, with NULLIFY certificates held for every view between p
 * and v; while one is missing it asks for it and waits. */
/* False: *missing is the view without. */
static bool parent_find(const struct tl_bft *core, struct parent *parent, uint64_t *missing)
{
    for (uint64_t p = core->view - 1; p > core->final_view; p--) {
        struct slot *slot = tl_core_slot_find(core, p);
        struct held_block *block = slot == NULL ? NULL : tl_core_block_certified(slot);

        *missing = p;
        if (block != NULL && block->state == BLOCK_VALID &&
            tl_core_block_extends_tip(core, &block->meta)) {
            *parent = (struct parent){&block->meta.hash, p, block->meta.height, block->meta.time_ms,
                                      block->meta.ends};
            return true;
        }
        if (slot == NULL || tl_core_slot_cert(slot, TL_VOTE_NULLIFY) == NULL)
            return false;
    }
    *missing = core->final_view;
    return tip_as_parent(core, parent);
}

static void ask_for(struct tl_bft *core, uint64_t view, struct tl_bft_effects *out)
{
    struct tl_bft_effect *effect;

    if (core->now_ms < core->cert_fetch_at)
        return;
    core->cert_fetch_at = core->now_ms + tl_core_retry_first_ms(core);
    effect = tl_core_effect_add(out, TL_BFT_FETCH_CERT);
    effect->view = view;
    effect->vote_kind = TL_VOTE_NULLIFY;
    effect->to = tl_core_pick_peer(core, UINT32_MAX);
}

static bool may_propose(const struct tl_bft *core, const struct slot *slot)
{
    /* PROTOCOL R2-2: A leader MUST propose at most one block per epoch and view, and none in a
     * view it voted in. */
    return tl_bft_leader(core, core->view) == core->config.self && !core->halted &&
           core->view >= core->config.floor && !slot->building && !slot->built &&
           !slot->record.has_notarized && !slot->record.nullified && !slot->record.has_finalized;
}

void tl_core_propose_try(struct tl_bft *core, struct tl_bft_effects *out)
{
    struct slot *slot = tl_core_slot_find(core, core->view);
    struct tl_bft_effect *effect;
    struct parent parent;
    uint64_t missing = 0;
    bool empty;

    if (slot == NULL || !may_propose(core, slot))
        return;
    /* PROTOCOL R2-3: A leader with pending entries proposes at once; without, it proposes an empty
     * block only when the view has been active for one delta. */
    empty = tl_core_wants_empty_block(core);
    if (slot->declined || (!empty && !core->pending))
        return;
    if (!parent_find(core, &parent, &missing)) {
        ask_for(core, missing, out);
        return;
    }
    /* A block that ends the epoch is repeated only when its own certificate is late. */
    if (parent.ends && !empty)
        return;
    slot->building = true;
    effect = tl_core_effect_add(out, TL_BFT_BUILD);
    effect->view = core->view;
    effect->hash = *parent.hash;
    effect->parent_view = parent.view;
    effect->height = parent.height;
    effect->at_ms = parent.time_ms;
    effect->n[0] = empty ? 1 : 0;
}

enum tl_status tl_core_on_not_built(struct tl_bft *core, const struct tl_bft_event *event)
{
    struct slot *slot = tl_core_slot_find(core, event->view);

    if (slot == NULL || !slot->building)
        return TL_ERR_STALE;
    slot->building = false;
    slot->declined = true;
    return TL_OK;
}

static bool built_fits(const struct tl_bft *core, const struct tl_bft_block *block)
{
    return block->view == core->view && block->leader == core->config.self &&
           tl_core_block_fit(core, block) == TL_OK && tl_core_block_extends_tip(core, block);
}

enum tl_status tl_core_on_built(struct tl_bft *core, const struct tl_bft_event *event,
                                struct tl_bft_effects *out)
{
    const struct tl_bft_block *block = event->block;
    struct slot *slot = tl_core_slot_find(core, block->view);
    struct tl_bft_effect *effect;

    if (slot == NULL || !slot->building)
        return TL_ERR_STALE;
    slot->building = false;
    if (!built_fits(core, block) || slot->record.nullified || core->halted ||
        slot->block[0].state != BLOCK_NONE)
        return TL_ERR_STALE;
    slot->built = true;
    slot->block[0] = (struct held_block){BLOCK_VALID, false, *block};
    core->top_block = tl_core_max_u64(core->top_block, block->view);
    /* PROTOCOL R2-4: The leader MUST make the block and its own NOTARIZE record durable before it
     * broadcasts the proposal. */
    if (!tl_core_sign(core, slot, TL_VOTE_NOTARIZE, &block->hash, out))
        return TL_OK;
    effect = tl_core_effect_add(out, TL_BFT_BROADCAST_PROPOSAL);
    effect->hash = block->hash;
    effect->view = block->view;
    return TL_OK;
}
