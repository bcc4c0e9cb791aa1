/* What may be signed in one view; the whole double-sign gate. */
#include "tl/signguard.h"

#include "tl/check.h"

bool tl_sign_below(const struct tl_sign_floor *floor, uint64_t epoch, uint64_t view)
{
    if (epoch != floor->epoch)
        return epoch < floor->epoch;
    return view < floor->view;
}

static bool none_or(bool has, const struct tl_hash *held, const struct tl_hash *hash)
{
    return !has || tl_hash_eq(held, hash);
}

static bool fresh(const struct tl_sign_record *r)
{
    return !r->has_notarized && !r->nullified && !r->has_finalized;
}

static bool guard_notarize(struct tl_sign_record *r, const struct tl_hash *hash)
{
    /* PROTOCOL A.7-4: A member MUST sign NOTARIZE(v,h) only while its record of v has nullified
     * unset, notarized none or h, and finalized none or h. */
    if (r->nullified || !none_or(r->has_notarized, &r->notarized, hash) ||
        !none_or(r->has_finalized, &r->finalized, hash))
        return false;
    r->has_notarized = true;
    r->notarized = *hash;
    return true;
}

static bool guard_finalize(struct tl_sign_record *r, const struct tl_hash *hash)
{
    /* PROTOCOL A.7-5: A member MUST sign FINALIZE(v,h) only while its record of v has nullified
     * unset, notarized none or h, and finalized none or h; signing it records notarized=h too. */
    if (r->nullified || !none_or(r->has_notarized, &r->notarized, hash) ||
        !none_or(r->has_finalized, &r->finalized, hash))
        return false;
    r->has_notarized = r->has_finalized = true;
    r->notarized = r->finalized = *hash;
    return true;
}

static bool guard_nullify(struct tl_sign_record *r)
{
    /* PROTOCOL A.7-6: A member MUST sign NULLIFY(v) only while its record of v has finalized
     * none; NOTARIZE and NULLIFY of one view may both be signed, in this order only. */
    if (r->has_finalized)
        return false;
    r->nullified = true;
    return true;
}

static bool guard_kind(struct tl_sign_record *r, const struct tl_vote *vote)
{
    switch ((enum tl_vote_kind)vote->kind) {
    case TL_VOTE_NOTARIZE:
        return guard_notarize(r, &vote->hash);
    case TL_VOTE_NULLIFY:
        return guard_nullify(r);
    case TL_VOTE_FINALIZE:
        return guard_finalize(r, &vote->hash);
    }
    return false;
}

/* PROTOCOL A.7-7: A vote that the record already holds MAY be signed again at any time above the
 * floor; Ed25519 gives the same bytes. */
static bool said_before(const struct tl_sign_record *r, const struct tl_vote *vote)
{
    switch ((enum tl_vote_kind)vote->kind) {
    case TL_VOTE_NOTARIZE:
        return r->has_notarized && tl_hash_eq(&r->notarized, &vote->hash);
    case TL_VOTE_NULLIFY:
        return r->nullified;
    case TL_VOTE_FINALIZE:
        return r->has_finalized && tl_hash_eq(&r->finalized, &vote->hash);
    }
    return false;
}

static bool well_formed(const struct tl_vote *vote)
{
    if (vote->kind < TL_VOTE_NOTARIZE || vote->kind > TL_VOTE_FINALIZE || vote->view == 0)
        return false;
    return (vote->kind == TL_VOTE_NULLIFY) == tl_hash_is_zero(&vote->hash);
}

enum tl_status tl_sign_guard(const struct tl_sign_record *record, const struct tl_sign_floor *floor,
                             const struct tl_vote *vote, struct tl_sign_record *next)
{
    struct tl_sign_record r = *record;

    if (!well_formed(vote))
        return TL_ERR_RANGE;
    if (!fresh(record) && (record->epoch != vote->epoch || record->view != vote->view))
        return TL_ERR_RANGE;
    /* PROTOCOL A.7-3: A vote below the floor, and so any vote in a pruned view, MUST NOT be
     * signed. */
    if (tl_sign_below(floor, vote->epoch, vote->view))
        return TL_ERR_WOULD_DOUBLE_SIGN;
    r.epoch = vote->epoch;
    r.view = vote->view;
    if (!said_before(record, vote) && !guard_kind(&r, vote))
        return TL_ERR_WOULD_DOUBLE_SIGN;
    TL_CHECK(!(r.nullified && r.has_finalized));
    *next = r;
    return TL_OK;
}
