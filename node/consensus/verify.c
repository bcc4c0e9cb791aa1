/* What must hold of the whole core before and after every event.  Built into
 * tests, simulators and fuzzers; a release has the single checks only. */
#include "core.h"

#ifdef TL_VERIFY

static uint32_t members_mask(const struct tl_bft *core)
{
    return core->config.members == 32 ? UINT32_MAX : (1u << core->config.members) - 1u;
}

static void verify_certs(const struct tl_bft *core, const struct slot *slot)
{
    for (uint32_t i = 0; i < VOTE_KINDS; i++) {
        const struct tl_cert *cert = &slot->cert[i];
        uint32_t signers = (uint32_t)__builtin_popcount(cert->signers);

        TL_INVARIANT((slot->voted[i] & ~members_mask(core)) == 0);
        if (cert->kind == 0)
            continue;
        TL_INVARIANT(cert->kind == i + 1 && cert->view == slot->view);
        TL_INVARIANT(cert->epoch == core->config.epoch);
        TL_INVARIANT((cert->kind == TL_VOTE_NULLIFY) == tl_hash_is_zero(&cert->hash));
        TL_INVARIANT(signers >= core->config.quorum && signers <= core->config.members);
        TL_INVARIANT(cert->sigs.len == (size_t)signers * TL_SIG_BYTES);
        TL_INVARIANT((cert->signers & ~slot->voted[i]) == 0);
        TL_INVARIANT(slot->view <= core->top_cert);
    }
    TL_INVARIANT(core->halted || tl_core_slot_cert(slot, TL_VOTE_NULLIFY) == NULL ||
                 tl_core_slot_cert(slot, TL_VOTE_FINALIZE) == NULL || !core->started);
}

static void verify_blocks(const struct tl_bft *core, const struct slot *slot)
{
    for (uint32_t i = 0; i < TL_BFT_BLOCKS_PER_VIEW; i++) {
        const struct held_block *block = &slot->block[i];

        if (block->state == BLOCK_NONE)
            continue;
        TL_INVARIANT(block->meta.view == slot->view && block->meta.parent_view < slot->view);
        TL_INVARIANT(block->meta.epoch == core->config.epoch);
        TL_INVARIANT(block->meta.leader == tl_bft_leader(core, slot->view));
        TL_INVARIANT(slot->view <= core->top_block);
        TL_INVARIANT(i == 0 || slot->block[0].state == BLOCK_NONE ||
                     !tl_hash_eq(&slot->block[0].meta.hash, &block->meta.hash));
    }
}

/* What was signed the guard has judged; our seat says nothing else. */
static void verify_record(const struct tl_bft *core, const struct slot *slot)
{
    const struct tl_sign_record *r = &slot->record;
    uint32_t self = core->config.self;
    bool knows_all = self != TL_BFT_NOBODY && !core->halted && core->foreign_view == 0 &&
                     slot->view > core->final_view && slot->view >= core->config.journal_from;

    TL_INVARIANT(r->view == slot->view && r->epoch == core->config.epoch);
    if (!knows_all)
        return;
    TL_INVARIANT(!tl_core_slot_voted(slot, TL_VOTE_NOTARIZE, self) || r->has_notarized);
    TL_INVARIANT(!tl_core_slot_voted(slot, TL_VOTE_NULLIFY, self) || r->nullified);
    TL_INVARIANT(!tl_core_slot_voted(slot, TL_VOTE_FINALIZE, self) || r->has_finalized);
}

void tl_core_verify(const struct tl_bft *core)
{
    uint64_t top = tl_core_max_u64(tl_core_max_u64(core->view, core->top_cert), core->top_block);

    TL_INVARIANT(core->started ? core->view > core->final_view : core->view == 0);
    TL_INVARIANT(core->certified_final >= core->final_view);
    TL_INVARIANT(core->final_height >= core->config.genesis_height);
    TL_INVARIANT(core->top_notarized <= core->top_cert || core->top_notarized == 0);
    TL_INVARIANT(!core->forked || core->halted);
    TL_INVARIANT(!core->started || tl_core_slot_find(core, core->view) != NULL);
    for (uint64_t view = tl_core_window_low(core); view <= top + 1; view++) {
        const struct slot *slot = tl_core_slot_find(core, view);

        if (slot == NULL)
            continue;
        verify_certs(core, slot);
        verify_blocks(core, slot);
        verify_record(core, slot);
    }
}

#else

/* Nothing to prove in a release. */
void tl_core_verify(const struct tl_bft *core)
{
    (void)core;
}

#endif
