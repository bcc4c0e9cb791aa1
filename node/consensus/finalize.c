/* R6: voting to finalize.  R9: what a FINALIZE certificate makes final. */
#include "core.h"

void tl_core_finalize_votes(struct tl_bft *core, struct tl_bft_effects *out)
{
    uint64_t view = tl_core_max_u64(core->final_view, core->certified_final) + 1;

    for (; view <= core->top_notarized; view++) {
        struct slot *slot = tl_core_slot_find(core, view);
        const struct tl_cert *cert =
            slot == NULL ? NULL : tl_core_slot_cert(slot, TL_VOTE_NOTARIZE);
        struct held_block *block;

        if (cert == NULL || slot->record.has_finalized)
            continue;
        /* PROTOCOL R6-1: A member MUST sign FINALIZE(v,h) only when it holds a NOTARIZE certificate
         * for (v,h), holds the block and found it valid, v is above the last final view, and its
         * record of v passes the gate A.7-5; this MAY happen later than in the view. */
        block = tl_core_block_find(core, &cert->hash, view);
        if (block == NULL || block->state != BLOCK_VALID ||
            !tl_core_block_extends_tip(core, &block->meta))
            continue;
        if (!tl_core_effects_have_room(core, out))
            return;
        (void)tl_core_sign(core, slot, TL_VOTE_FINALIZE, &cert->hash, out);
    }
}

/* The lowest block above the tip on the way down from the certified one. */
static struct held_block *next_final(struct tl_bft *core, const struct tl_cert *cert,
                                     struct tl_bft_effects *out)
{
    struct held_block *at = tl_core_block_find(core, &cert->hash, cert->view);

    while (at != NULL && !tl_core_parent_is_tip(core, &at->meta)) {
        if (at->meta.parent_view <= core->final_view) {
            if (!core->halted)
                tl_core_effect_alarm(core, out, TL_BFT_ALARM_FORK, cert->view);
            return NULL;
        }
        at = tl_core_block_find(core, &at->meta.parent_hash, at->meta.parent_view);
    }
    return at != NULL && at->state == BLOCK_VALID ? at : NULL;
}

void tl_core_finalize_blocks(struct tl_bft *core, struct tl_bft_effects *out)
{
    const struct tl_cert *cert = tl_bft_cert(core, TL_VOTE_FINALIZE, core->certified_final);

    /* PROTOCOL R9-2: A FINALIZE certificate makes its block and all ancestors final; a member MUST
     * finalize them in order, each once. */
    while (!core->forked && cert != NULL && core->final_view < core->certified_final &&
           tl_core_effects_have_room(core, out)) {
        struct held_block *block = next_final(core, cert, out);
        struct tl_bft_effect *effect;

        if (block == NULL)
            return;
        effect = tl_core_effect_add(out, TL_BFT_FINALIZE);
        effect->hash = block->meta.hash;
        effect->view = block->meta.view;
        effect->height = block->meta.height;
        effect->cert = cert;
        tl_core_tip_moved(core, &block->meta);
    }
}
