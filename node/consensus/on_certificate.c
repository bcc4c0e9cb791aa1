/* R5, R8, R9: a certificate has arrived, or our own votes make one. */
#include "core.h"

#include <string.h>

static enum tl_status shape_fit(const struct tl_bft *core, const struct tl_cert *cert)
{
    uint32_t signers = (uint32_t)__builtin_popcount(cert->signers);

    if (cert->kind < TL_VOTE_NOTARIZE || cert->kind > TL_VOTE_FINALIZE || cert->view == 0 ||
        (cert->kind == TL_VOTE_NULLIFY) != tl_hash_is_zero(&cert->hash))
        return TL_ERR_RANGE;
    if ((uint64_t)cert->signers >> core->config.members != 0 ||
        (cert->signers & core->config.silent) != 0)
        return TL_ERR_RANGE;
    /* PROTOCOL A.2-3: A certificate MUST carry valid signatures of at least q distinct members of
     * its epoch. */
    if (signers < core->config.quorum || cert->sigs.len != (size_t)signers * TL_SIG_BYTES)
        return TL_ERR_CERTIFICATE;
    return TL_OK;
}

enum tl_status tl_core_cert_fit(const struct tl_bft *core, const struct tl_cert *cert)
{
    enum tl_status status = shape_fit(core, cert);
    const struct tl_cert *held;

    if (status != TL_OK)
        return status;
    if (cert->epoch != core->config.epoch)
        return TL_ERR_WRONG_CHAIN;
    /* PROTOCOL A.5-4: Certificates MUST be admitted for any view from last_final - R upward, one
     * of each kind per view. */
    if (cert->view < tl_core_window_low(core))
        return TL_ERR_STALE;
    if (!tl_core_window_has(core, cert->view))
        return TL_ERR_EARLY;
    held = tl_bft_cert(core, (enum tl_vote_kind)cert->kind, cert->view);
    if (held != NULL && tl_hash_eq(&held->hash, &cert->hash))
        return TL_ERR_DUPLICATE;
    return TL_OK;
}

/* What a certificate says we signed, and our journal does not say. */
static bool is_foreign(const struct tl_bft *core, const struct slot *slot,
                       const struct tl_vote *vote)
{
    const struct tl_sign_record *r = &slot->record;

    if (vote->member != core->config.self || vote->view <= core->final_view ||
        vote->view < core->config.journal_from)
        return false;
    switch ((enum tl_vote_kind)vote->kind) {
    case TL_VOTE_NOTARIZE:
        return !r->has_notarized || !tl_hash_eq(&r->notarized, &vote->hash);
    case TL_VOTE_NULLIFY:
        return !r->nullified;
    case TL_VOTE_FINALIZE:
        return !r->has_finalized || !tl_hash_eq(&r->finalized, &vote->hash);
    }
    return false;
}

/* PROTOCOL A.8-2: A member that finds its own signature on a vote its journal does not hold MUST
 * stop voting and raise an alarm. */
static void note_foreign(struct tl_bft *core, const struct tl_vote *vote,
                         struct tl_bft_effects *out)
{
    if (!core->started)
        core->foreign_view = tl_core_max_u64(core->foreign_view, vote->view);
    else if (!core->halted)
        tl_core_effect_alarm(core, out, TL_BFT_ALARM_JOURNAL, vote->view);
}

static void take_seat(struct tl_bft *core, struct slot *slot, const struct tl_vote *vote,
                      struct tl_bft_effects *out)
{
    enum tl_vote_kind kind = (enum tl_vote_kind)vote->kind;
    struct seat *seat = tl_core_slot_seat(core, slot, kind, vote->member);

    if (is_foreign(core, slot, vote))
        note_foreign(core, vote, out);
    else if (core->started)
        tl_core_evidence_of_vote(core, slot, vote, out);
    if (tl_core_slot_voted(slot, kind, vote->member))
        return;
    slot->voted[kind - 1] |= 1u << vote->member;
    seat->hash = vote->hash;
    seat->sig = vote->sig;
}

/* The votes in a certificate are votes: they may contradict what the same
 * members told us, and they count for what we still collect. */
static void take_votes(struct tl_bft *core, struct slot *slot, const struct tl_cert *cert,
                       struct tl_bft_effects *out)
{
    struct tl_vote vote = {
        .kind = cert->kind, .epoch = cert->epoch, .view = cert->view, .hash = cert->hash};
    const uint8_t *sig = cert->sigs.ptr;

    for (uint32_t member = 0; member < core->config.members; member++) {
        if ((cert->signers >> member & 1u) == 0)
            continue;
        vote.member = (uint8_t)member;
        memcpy(vote.sig.b, sig, TL_SIG_BYTES);
        sig += TL_SIG_BYTES;
        take_seat(core, slot, &vote, out);
    }
}

static void note_tops(struct tl_bft *core, const struct tl_cert *cert)
{
    core->top_cert = tl_core_max_u64(core->top_cert, cert->view);
    if (cert->kind == TL_VOTE_NOTARIZE)
        core->top_notarized = tl_core_max_u64(core->top_notarized, cert->view);
    if (cert->kind == TL_VOTE_FINALIZE)
        core->certified_final = tl_core_max_u64(core->certified_final, cert->view);
}

void tl_core_certificate_keep(struct tl_bft *core, struct slot *slot, const struct tl_cert *cert,
                              struct tl_bft_effects *out)
{
    struct tl_cert *held = &slot->cert[cert->kind - 1];
    uint8_t *sigs = slot->sigs + (size_t)(cert->kind - 1u) * core->config.members * TL_SIG_BYTES;

    TL_CHECK(cert->sigs.len <= (size_t)core->config.members * TL_SIG_BYTES);
    memcpy(sigs, cert->sigs.ptr, cert->sigs.len);
    *held = *cert;
    held->sigs = tl_bytes(sigs, cert->sigs.len);
    note_tops(core, held);
    take_votes(core, slot, held, out);
}

/* Two certificates that no set of members can both sign within the fault bound. */
static bool excludes(const struct tl_bft *core, const struct slot *slot, const struct tl_cert *cert)
{
    const struct tl_cert *same = tl_core_slot_cert(slot, (enum tl_vote_kind)cert->kind);

    if (same != NULL)
        return true; /* of another hash: cert_fit refused the same */
    if (cert->kind == TL_VOTE_NULLIFY)
        return tl_core_slot_cert(slot, TL_VOTE_FINALIZE) != NULL;
    if (cert->kind == TL_VOTE_FINALIZE)
        return tl_core_slot_cert(slot, TL_VOTE_NULLIFY) != NULL ||
               (cert->view == core->final_view && !tl_hash_eq(&cert->hash, &core->final_hash));
    return false;
}

/* What every new certificate does, whoever formed it. */
static void accept(struct tl_bft *core, struct slot *slot, const struct tl_cert *cert,
                   struct tl_bft_effects *out)
{
    const struct held_block *block = tl_core_block_find(core, &cert->hash, cert->view);

    if (cert->view < core->final_view)
        return;
    /* PROTOCOL R5-1: A member MUST store a certificate before it acts on it, and broadcast it once:
     * a NULLIFY certificate at once, any other within a twentieth of the delta, unless a FINALIZE
     * certificate of a later view, or for NOTARIZE of the same view, has made it needless by
     * then. */
    tl_core_effect_cert(out, TL_BFT_STORE_CERT, cert, TL_BFT_NOBODY);
    tl_core_effect_cert(out, TL_BFT_BROADCAST_CERT, cert, TL_BFT_EVERYBODY);
    if (block != NULL && block->state == BLOCK_INVALID && !core->halted)
        tl_core_effect_alarm(core, out, TL_BFT_ALARM_DIVERGED, cert->view);
    /* PROTOCOL R5-2: A NOTARIZE, NULLIFY or FINALIZE certificate of view v makes a member in view
     * v or below enter v+1. */
    if (slot->view >= core->view)
        tl_core_enter(core, slot->view + 1, out);
}

static enum tl_status far_ahead(struct tl_bft *core, const struct tl_cert *cert,
                                struct tl_bft_effects *out)
{
    if (cert->kind != TL_VOTE_FINALIZE || !core->started)
        return TL_ERR_EARLY;
    core->far_view = tl_core_max_u64(core->far_view, cert->view);
    tl_core_catch_up(core, cert, out);
    return TL_OK;
}

enum tl_status tl_core_on_certificate(struct tl_bft *core, const struct tl_bft_event *event,
                                      struct tl_bft_effects *out)
{
    const struct tl_cert *cert = event->cert;
    enum tl_status status = tl_core_cert_fit(core, cert);
    struct slot *slot;

    if (status == TL_ERR_EARLY)
        return far_ahead(core, cert, out);
    if (status != TL_OK)
        return status;
    slot = tl_core_slot_open(core, cert->view);
    if (excludes(core, slot, cert)) {
        if (!core->started)
            return TL_ERR_CONFLICT;
        /* PROTOCOL R11-3: A member that sees two certificates that exclude each other MUST keep
         * both, stop voting and raise an alarm: they name the traitors (A.9). */
        tl_core_effect_cert(out, TL_BFT_STORE_CERT, cert, TL_BFT_NOBODY);
        if (!core->halted)
            tl_core_effect_alarm(core, out, TL_BFT_ALARM_FORK, cert->view);
        take_votes(core, slot, cert, out);
        return TL_OK;
    }
    tl_core_certificate_keep(core, slot, cert, out);
    if (core->started)
        accept(core, slot, &slot->cert[cert->kind - 1], out);
    return TL_OK;
}

/* Fills the slot's certificate from the seats that agree. */
static void gather(struct tl_bft *core, struct slot *slot, struct tl_cert *cert)
{
    enum tl_vote_kind kind = (enum tl_vote_kind)cert->kind;
    uint8_t *sigs = slot->sigs + (size_t)(kind - 1u) * core->config.members * TL_SIG_BYTES;
    size_t len = 0;

    for (uint32_t member = 0; member < core->config.members; member++) {
        const struct seat *seat = tl_core_slot_seat(core, slot, kind, member);

        if (!tl_core_slot_voted(slot, kind, member) || !tl_hash_eq(&seat->hash, &cert->hash))
            continue;
        cert->signers |= 1u << member;
        memcpy(sigs + len, seat->sig.b, TL_SIG_BYTES);
        len += TL_SIG_BYTES;
    }
    cert->sigs = tl_bytes(sigs, len);
}

void tl_core_certificate_form(struct tl_bft *core, struct slot *slot, enum tl_vote_kind kind,
                              const struct tl_hash *hash, struct tl_bft_effects *out)
{
    struct tl_cert *cert = &slot->cert[kind - 1];

    if (cert->kind == kind)
        return;
    *cert = (struct tl_cert){
        .kind = (uint8_t)kind, .epoch = core->config.epoch, .view = slot->view, .hash = *hash};
    gather(core, slot, cert);
    TL_CHECK((uint32_t)__builtin_popcount(cert->signers) >= core->config.quorum);
    tl_core_effect_trace(out, TL_BFT_TRACE_FORMED, kind, slot->view, cert->signers);
    /* A contradiction of two kinds can come out of votes as well. */
    if (!core->halted && kind != TL_VOTE_NOTARIZE &&
        tl_core_slot_cert(slot, TL_VOTE_NULLIFY) != NULL &&
        tl_core_slot_cert(slot, TL_VOTE_FINALIZE) != NULL)
        tl_core_effect_alarm(core, out, TL_BFT_ALARM_FORK, slot->view);
    note_tops(core, cert);
    accept(core, slot, cert, out);
}
