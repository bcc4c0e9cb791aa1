/* A.9: pairs of messages that one honest member cannot have signed. */
#include "core.h"

#include "tl/blame.h"

void tl_core_evidence_weigh(struct slot *slot, uint64_t epoch, uint32_t member,
                            const struct signed_word *a, const struct signed_word *b,
                            struct tl_bft_effects *out)
{
    uint32_t kind = tl_votes_conflict(a->kind, a->hash, b->kind, b->hash);
    struct tl_evidence *evidence;

    /* PROTOCOL A.9-2: Evidence is reported once per kind, epoch, view and member. */
    if (kind == 0 || (slot->accused[kind - 1] >> member & 1u) != 0 ||
        out->evidences >= EVIDENCE_PER_STEP)
        return;
    slot->accused[kind - 1] |= 1u << member;
    evidence = &out->evidence[out->evidences++];
    *evidence = (struct tl_evidence){.kind = (enum tl_evidence_kind)kind,
                                     .epoch = epoch,
                                     .view = slot->view,
                                     .member = member,
                                     .vote_kind = {a->kind, b->kind},
                                     .hash = {*a->hash, *b->hash},
                                     .sig = {*a->sig, *b->sig}};
    tl_core_effect_add(out, TL_BFT_EVIDENCE)->evidence = evidence;
}

void tl_core_evidence_of_vote(struct tl_bft *core, struct slot *slot, const struct tl_vote *vote,
                              struct tl_bft_effects *out)
{
    const struct signed_word b = {vote->kind, &vote->hash, &vote->sig};

    for (uint8_t kind = TL_VOTE_NOTARIZE; kind <= TL_VOTE_FINALIZE; kind++) {
        const struct seat *seat =
            tl_core_slot_seat(core, slot, (enum tl_vote_kind)kind, vote->member);
        const struct signed_word a = {kind, &seat->hash, &seat->sig};

        if (tl_core_slot_voted(slot, (enum tl_vote_kind)kind, vote->member))
            tl_core_evidence_weigh(slot, core->config.epoch, vote->member, &a, &b, out);
    }
}
