/* R10: saying again what may have been lost. */
#include "core.h"

static void resend_votes(const struct tl_bft *core, const struct slot *slot,
                         struct tl_bft_effects *out)
{
    static const enum tl_vote_kind kinds[VOTE_KINDS] = {TL_VOTE_NOTARIZE, TL_VOTE_NULLIFY,
                                                        TL_VOTE_FINALIZE};
    uint32_t self = core->config.self;

    for (size_t i = 0; i < VOTE_KINDS; i++) {
        struct tl_bft_effect *effect;
        const struct seat *seat;

        if (self == TL_BFT_NOBODY || !tl_core_slot_voted(slot, kinds[i], self))
            continue;
        seat = tl_core_slot_seat(core, slot, kinds[i], self);
        effect = tl_core_effect_add(out, TL_BFT_BROADCAST_VOTE);
        effect->vote = (struct tl_vote){.kind = (uint8_t)kinds[i],
                                        .epoch = core->config.epoch,
                                        .view = slot->view,
                                        .hash = seat->hash,
                                        .member = (uint8_t)self,
                                        .sig = seat->sig};
        effect->view = slot->view;
        effect->hash = seat->hash;
        effect->vote_kind = kinds[i];
    }
}

static void resend_certs(const struct slot *slot, struct tl_bft_effects *out)
{
    for (size_t i = 0; i < VOTE_KINDS; i++)
        if (slot->cert[i].kind != 0)
            tl_core_effect_cert(out, TL_BFT_BROADCAST_CERT, &slot->cert[i], TL_BFT_EVERYBODY);
}

static void resend_proposal(const struct tl_bft *core, const struct slot *slot,
                            struct tl_bft_effects *out)
{
    struct tl_bft_effect *effect;

    /* PROTOCOL R10-3: Only the leader resends its proposal, and only while the view lasts. */
    if (slot->view != core->view || tl_bft_leader(core, slot->view) != core->config.self)
        return;
    for (size_t i = 0; i < TL_BFT_BLOCKS_PER_VIEW; i++) {
        if (slot->block[i].state != BLOCK_VALID || !slot->record.has_notarized ||
            !tl_hash_eq(&slot->record.notarized, &slot->block[i].meta.hash))
            continue;
        effect = tl_core_effect_add(out, TL_BFT_BROADCAST_PROPOSAL);
        effect->hash = slot->block[i].meta.hash;
        effect->view = slot->view;
    }
}

void tl_core_standstill_go_on(struct tl_bft *core, struct tl_bft_effects *out)
{
    /* PROTOCOL R10-2: A standstill round MUST send the highest FINALIZE certificate, the
     * certificates and own votes of the views above it, and the current proposal. */
    while (core->standstill_next != 0) {
        const struct slot *slot = tl_core_slot_find(core, core->standstill_next);

        if (!tl_core_effects_have_room(core, out))
            return;
        if (core->standstill_next == core->final_view + 1 && core->final_view != 0) {
            const struct tl_cert *cert = tl_bft_cert(core, TL_VOTE_FINALIZE, core->final_view);

            if (cert != NULL)
                tl_core_effect_cert(out, TL_BFT_BROADCAST_CERT, cert, TL_BFT_EVERYBODY);
        }
        if (slot != NULL) {
            resend_certs(slot, out);
            resend_votes(core, slot, out);
            resend_proposal(core, slot, out);
        }
        core->standstill_next = core->standstill_next < core->view ? core->standstill_next + 1 : 0;
    }
}
