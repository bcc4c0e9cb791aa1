/* The only door to SIGN_VOTE. */
#include "core.h"

static void store_block(struct slot *slot, const struct tl_hash *hash, struct tl_bft_effects *out)
{
    for (size_t i = 0; i < TL_BFT_BLOCKS_PER_VIEW; i++) {
        struct held_block *block = &slot->block[i];
        struct tl_bft_effect *effect;

        if (block->state == BLOCK_NONE || block->stored || !tl_hash_eq(&block->meta.hash, hash))
            continue;
        block->stored = true;
        effect = tl_core_effect_add(out, TL_BFT_STORE_BLOCK);
        effect->hash = *hash;
        effect->view = slot->view;
    }
}

bool tl_core_sign(struct tl_bft *core, struct slot *slot, enum tl_vote_kind kind,
                  const struct tl_hash *hash, struct tl_bft_effects *out)
{
    struct tl_sign_floor floor = {core->config.epoch,
                                  tl_core_max_u64(core->config.floor, core->final_view + 1)};
    struct tl_vote vote = {0};
    struct tl_sign_record next;
    struct tl_bft_effect *effect;

    /* PROTOCOL R11-2: A halted member MUST NOT vote or propose. */
    if (core->halted || core->config.self == TL_BFT_NOBODY)
        return false;
    /* PROTOCOL A.10-2: Epoch e+1 starts at view 1 with B as its genesis, and no vote of e may be
     * signed any more. */
    if (core->ended)
        return false;
    vote.kind = (uint8_t)kind;
    vote.epoch = core->config.epoch;
    vote.view = slot->view;
    vote.member = (uint8_t)core->config.self;
    if (hash != NULL)
        vote.hash = *hash;
    if (tl_sign_guard(&slot->record, &floor, &vote, &next) != TL_OK)
        return false;
    slot->record = next;
    core->top_signed = tl_core_max_u64(core->top_signed, slot->view);
    /* PROTOCOL A.3-1: A member MUST store every block before it votes for it. */
    if (hash != NULL)
        store_block(slot, hash, out);
    effect = tl_core_effect_add(out, TL_BFT_SIGN_VOTE);
    effect->vote = vote;
    effect->vote_kind = kind;
    effect->view = slot->view;
    effect->hash = vote.hash;
    return true;
}
