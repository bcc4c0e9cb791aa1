/* A.9: pairs of messages that one honest member cannot have signed. */
#include "core.h"

#include "tl/blame.h"

uint32_t tl_votes_conflict(uint8_t kind_a, const struct tl_hash *hash_a, uint8_t kind_b,
                           const struct tl_hash *hash_b)
{
    uint8_t low = kind_a < kind_b ? kind_a : kind_b;
    uint8_t high = kind_a < kind_b ? kind_b : kind_a;
    bool same = tl_hash_eq(hash_a, hash_b);

    /* PROTOCOL A.9-1: Two messages of one member, epoch and view conflict when they are NOTARIZE h
     * and NOTARIZE h', FINALIZE h and FINALIZE h', NOTARIZE h and FINALIZE h', NULLIFY and
     * FINALIZE, or PROPOSE h and PROPOSE h', h and h' being different; NOTARIZE and NULLIFY do not
     * conflict. */
    if (low == TL_VOTE_NULLIFY && high == TL_VOTE_FINALIZE)
        return TL_EVIDENCE_NULLIFY_FINALIZE;
    if (same || low == TL_VOTE_NULLIFY || high == TL_VOTE_NULLIFY)
        return 0;
    if (low == high)
        return low == 0                  ? TL_EVIDENCE_PROPOSE
               : low == TL_VOTE_NOTARIZE ? TL_EVIDENCE_NOTARIZE
                                         : TL_EVIDENCE_FINALIZE;
    return low == 0 ? 0 : TL_EVIDENCE_NOTARIZE_FINALIZE;
}

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
