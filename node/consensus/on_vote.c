/* A vote has arrived and its signature is good; or it is our own. */
#include "core.h"

static enum tl_status vote_shape(const struct tl_bft *core, const struct tl_vote *vote)
{
    if (vote->kind < TL_VOTE_NOTARIZE || vote->kind > TL_VOTE_FINALIZE || vote->view == 0 ||
        vote->member >= core->config.members || (core->config.silent >> vote->member & 1u) != 0 ||
        (vote->kind == TL_VOTE_NULLIFY) != tl_hash_is_zero(&vote->hash))
        return TL_ERR_RANGE;
    return vote->epoch == core->config.epoch ? TL_OK : TL_ERR_WRONG_CHAIN;
}

enum tl_status tl_core_vote_fit(const struct tl_bft *core, const struct tl_vote *vote)
{
    enum tl_status status = vote_shape(core, vote);

    if (status != TL_OK)
        return status;
    if (vote->member == core->config.self)
        return TL_ERR_DUPLICATE;
    /* PROTOCOL A.5-3: Votes MUST be admitted only for views from last_final - R to view + 1, and
     * one vote of each kind per member and view. */
    if (vote->view < tl_core_window_low(core))
        return TL_ERR_STALE;
    if (vote->view > core->view + 1 || !tl_core_window_has(core, vote->view))
        return TL_ERR_EARLY;
    return TL_OK;
}

static void count_votes(struct tl_bft *core, struct slot *slot, const struct tl_vote *vote,
                        struct tl_bft_effects *out)
{
    enum tl_vote_kind kind = (enum tl_vote_kind)vote->kind;
    uint32_t count = 0;

    for (uint32_t member = 0; member < core->config.members; member++)
        if (tl_core_slot_voted(slot, kind, member) &&
            tl_hash_eq(&tl_core_slot_seat(core, slot, kind, member)->hash, &vote->hash))
            count++;
    /* PROTOCOL A.2-4: A member forms a certificate as soon as it holds q votes of one kind for one
     * view and hash. */
    if (count >= core->config.quorum)
        tl_core_certificate_form(core, slot, kind, &vote->hash, out);
}

static void seat_vote(const struct tl_bft *core, struct slot *slot, const struct tl_vote *vote)
{
    struct seat *seat = tl_core_slot_seat(core, slot, (enum tl_vote_kind)vote->kind, vote->member);

    slot->voted[vote->kind - 1] |= 1u << vote->member;
    seat->hash = vote->hash;
    seat->sig = vote->sig;
}

enum tl_status tl_core_on_vote(struct tl_bft *core, const struct tl_vote *vote,
                               struct tl_bft_effects *out)
{
    enum tl_vote_kind kind = (enum tl_vote_kind)vote->kind;
    enum tl_status status = tl_core_vote_fit(core, vote);
    struct slot *slot;

    if (status != TL_OK)
        return status;
    slot = tl_core_slot_open(core, vote->view);
    tl_core_evidence_of_vote(core, slot, vote, out);
    if (tl_core_slot_voted(slot, kind, vote->member))
        return out->count != 0 ? TL_OK : TL_ERR_DUPLICATE;
    seat_vote(core, slot, vote);
    if (vote->view > core->final_view)
        count_votes(core, slot, vote, out);
    return TL_OK;
}

/* The journal speaks for us: what it holds, we signed. */
static enum tl_status restore_vote(struct tl_bft *core, const struct tl_vote *vote)
{
    const struct tl_sign_floor floor = {core->config.epoch, 0};
    struct tl_sign_record next;
    struct slot *slot;

    if (vote->view <= core->final_view)
        return TL_ERR_STALE;
    if (!tl_core_window_has(core, vote->view))
        return TL_ERR_EARLY;
    slot = tl_core_slot_open(core, vote->view);
    /* NOTARIZE before NULLIFY is legal; in the other order of telling it is
     * the same record. */
    if (vote->kind == TL_VOTE_NOTARIZE && !slot->record.has_notarized) {
        slot->record.has_notarized = true;
        slot->record.notarized = vote->hash;
    } else if (tl_sign_guard(&slot->record, &floor, vote, &next) == TL_OK) {
        slot->record = next;
    } else {
        return TL_ERR_CONFLICT;
    }
    core->top_signed = tl_core_max_u64(core->top_signed, vote->view);
    seat_vote(core, slot, vote);
    return TL_OK;
}

enum tl_status tl_core_on_signed(struct tl_bft *core, const struct tl_vote *vote,
                                 struct tl_bft_effects *out)
{
    struct tl_bft_effect *effect;
    struct slot *slot;

    if (vote_shape(core, vote) != TL_OK || vote->member != core->config.self)
        return TL_ERR_USAGE;
    if (!core->started)
        return restore_vote(core, vote);
    slot = tl_core_slot_find(core, vote->view);
    if (slot == NULL)
        return TL_ERR_STALE;
    /* PROTOCOL A.7-2: A vote MUST NOT leave the machine, nor count, before its record is durable
     * in the journal. */
    seat_vote(core, slot, vote);
    effect = tl_core_effect_add(out, TL_BFT_BROADCAST_VOTE);
    effect->vote = *vote;
    effect->view = vote->view;
    effect->hash = vote->hash;
    effect->vote_kind = (enum tl_vote_kind)vote->kind;
    if (vote->view > core->final_view)
        count_votes(core, slot, vote, out);
    return TL_OK;
}

enum tl_status tl_core_on_refused(struct tl_bft *core, const struct tl_vote *vote,
                                  struct tl_bft_effects *out)
{
    /* The view became final while its record was on the way to the disk, and the
     * journal's floor with it: nobody waits for the vote any more. */
    if (vote->view <= core->final_view)
        return TL_OK;
    if (!core->halted)
        tl_core_effect_alarm(core, out, TL_BFT_ALARM_JOURNAL, vote->view);
    return TL_OK;
}
