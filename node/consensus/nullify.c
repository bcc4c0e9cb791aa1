/* R7: giving up on a view. */
#include "core.h"

void tl_core_nullify(struct tl_bft *core, struct tl_bft_effects *out)
{
    struct slot *slot = tl_core_slot_find(core, core->view);

    if (slot != NULL && !slot->record.nullified)
        (void)tl_core_sign(core, slot, TL_VOTE_NULLIFY, NULL, out);
}

static bool leader_is_wrong(const struct slot *slot)
{
    for (size_t i = 0; i < TL_BFT_BLOCKS_PER_VIEW; i++)
        if (slot->block[i].state == BLOCK_INVALID)
            return true;
    return false;
}

void tl_core_nullify_try(struct tl_bft *core, struct tl_bft_effects *out)
{
    const struct slot *slot = tl_core_slot_find(core, core->view);
    uint32_t enough = tl_core_voters(core) - core->config.quorum + 1u;
    uint32_t voted;

    if (slot == NULL)
        return;
    /* PROTOCOL R7-1: A member MUST sign NULLIFY for its current view, if the gate A.7-6 allows,
     * when the view's timer fires, when n-q+1 members nullified it, when its leader did, or when
     * its leader proposed an invalid block. */
    voted = slot->voted[TL_VOTE_NULLIFY - 1];
    if ((uint32_t)__builtin_popcount(voted) >= enough ||
        tl_core_slot_voted(slot, TL_VOTE_NULLIFY, tl_bft_leader(core, core->view)) ||
        leader_is_wrong(slot))
        tl_core_nullify(core, out);
}
