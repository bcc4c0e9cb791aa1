/* A.9: naming who broke the promise. */
#include "tl/blame.h"

#include "tl/check.h"

#include <string.h>

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

static const struct tl_cert *skip_of(const struct tl_ancestor *at, uint64_t view)
{
    for (uint32_t i = 0; i < at->skip_count; i++)
        if (at->skips[i].kind == TL_VOTE_NULLIFY && at->skips[i].view == view)
            return &at->skips[i];
    return NULL;
}

/* The lowest ancestor whose view is above `view`; NULL: the chain is broken. */
static const struct tl_ancestor *first_above(const struct tl_blame_final *later,
                                             const struct tl_ancestor *chain, uint32_t count,
                                             uint64_t view)
{
    const struct tl_hash *hash = &later->hash;
    uint64_t expected = later->view;

    for (uint32_t i = 0; i < count; i++) {
        const struct tl_ancestor *at = &chain[i];

        if (at->view != expected || !tl_hash_eq(&at->hash, hash) || at->parent_view >= at->view)
            return NULL;
        if (at->parent_view <= view)
            return at;
        hash = &at->parent_hash;
        expected = at->parent_view;
    }
    return NULL;
}

static enum tl_status against_ancestor(const struct tl_blame_final *earlier,
                                       const struct tl_ancestor *at, const struct tl_cert **other)
{
    if (at->parent_view == earlier->view) {
        if (tl_hash_eq(&at->parent_hash, &earlier->hash))
            return TL_ERR_NOT_FOUND; /* it extends the earlier block: no fork */
        *other = at->parent;
    } else {
        *other = skip_of(at, earlier->view);
    }
    return *other == NULL ? TL_ERR_BROKEN_LINK : TL_OK;
}

/* NOLINTNEXTLINE(readability-function-size): two stories in, culprits and both proofs out */
enum tl_status tl_blame(const struct tl_blame_final *earlier, const struct tl_blame_final *later,
                        const struct tl_ancestor *chain, uint32_t chain_count, uint32_t *culprits,
                        const struct tl_cert **a, const struct tl_cert **b)
{
    const struct tl_ancestor *at;
    enum tl_status status;

    *culprits = 0;
    *a = &earlier->cert;
    *b = &later->cert;
    if (earlier->view > later->view)
        return TL_ERR_RANGE;
    /* PROTOCOL A.9-3: Of two conflicting FINALIZE certificates of one view, the culprits are the
     * members that signed both. */
    if (earlier->view == later->view) {
        if (tl_hash_eq(&earlier->hash, &later->hash))
            return TL_ERR_NOT_FOUND;
        *culprits = earlier->cert.signers & later->cert.signers;
        return TL_OK;
    }
    /* PROTOCOL A.9-4: Of FINALIZE(v,h) and a later final block that does not extend h, take that
     * block's lowest ancestor above v; the culprits are the members that signed FINALIZE(v,h) and
     * also the ancestor's parent certificate, if that is of view v, or else its NULLIFY
     * certificate of v. */
    at = first_above(later, chain, chain_count, earlier->view);
    if (at == NULL)
        return TL_ERR_BROKEN_LINK;
    status = against_ancestor(earlier, at, b);
    if (status == TL_OK)
        *culprits = earlier->cert.signers & (*b)->signers;
    return status;
}

static bool signature_of(const struct tl_cert *cert, uint32_t member, struct tl_sig *sig)
{
    uint32_t before = cert->signers & ((1u << member) - 1u);
    size_t at = (size_t)(uint32_t)__builtin_popcount(before) * TL_SIG_BYTES;

    if ((cert->signers >> member & 1u) == 0 || cert->sigs.len < at + TL_SIG_BYTES)
        return false;
    memcpy(sig->b, cert->sigs.ptr + at, TL_SIG_BYTES);
    return true;
}

enum tl_status tl_blame_evidence(const struct tl_cert *a, const struct tl_cert *b, uint32_t member,
                                 struct tl_evidence *out)
{
    struct tl_evidence evidence = {.epoch = a->epoch,
                                   .view = a->view,
                                   .member = member,
                                   .vote_kind = {a->kind, b->kind},
                                   .hash = {a->hash, b->hash}};
    uint32_t kind = tl_votes_conflict(a->kind, &a->hash, b->kind, &b->hash);

    if (member >= TL_MEMBERS_MAX || kind == 0 || a->epoch != b->epoch || a->view != b->view ||
        !signature_of(a, member, &evidence.sig[0]) || !signature_of(b, member, &evidence.sig[1]))
        return TL_ERR_NOT_FOUND;
    evidence.kind = (enum tl_evidence_kind)kind;
    *out = evidence;
    return TL_OK;
}
