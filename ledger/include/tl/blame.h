/* tl/blame.h -- who broke the promise, from what was signed alone.
 *
 * Accountability theorem (docs/PROTOCOL.md, A.9): from two finalization
 * certificates that contradict each other and the justified ancestry of the
 * later block, at least 2q-n members can be named, for any number of traitors,
 * and no honest member with an intact journal ever is.
 *
 * Pure; verifies no signatures: feed it verified certificates and blocks whose
 * justification tl_just_verify accepted. */
#ifndef TL_BLAME_H
#define TL_BLAME_H

#include "tl/vote.h"

/* Two messages of one member that an honest one never signs (A.9).  A message
 * is (kind, hash, sig); kind 0 is a proposal. */
enum tl_evidence_kind {
    TL_EVIDENCE_NOTARIZE = 1,          /* NOTARIZE h, NOTARIZE h' */
    TL_EVIDENCE_FINALIZE = 2,          /* FINALIZE h, FINALIZE h' */
    TL_EVIDENCE_NOTARIZE_FINALIZE = 3, /* NOTARIZE h, FINALIZE h' */
    TL_EVIDENCE_NULLIFY_FINALIZE = 4,  /* NULLIFY, FINALIZE h */
    TL_EVIDENCE_PROPOSE = 5            /* PROPOSE h, PROPOSE h' */
};
#define TL_EVIDENCE_KINDS 5u

struct tl_evidence {
    enum tl_evidence_kind kind;
    uint64_t epoch;
    uint64_t view;
    uint32_t member;
    uint8_t vote_kind[2]; /* enum tl_vote_kind, or 0: PROPOSE */
    struct tl_hash hash[2];
    struct tl_sig sig[2];
};

/* One finalized block. */
struct tl_blame_final {
    uint64_t view;
    struct tl_hash hash;
    struct tl_cert cert; /* FINALIZE of (view, hash) */
};

/* One step of ancestry: a block and the certificates it carries. */
struct tl_ancestor {
    uint64_t view;
    struct tl_hash hash;
    uint64_t parent_view;
    struct tl_hash parent_hash;
    const struct tl_cert *parent; /* NULL when parent_view is 0 */
    const struct tl_cert *skips;  /* parent_view < u < view */
    uint32_t skip_count;
};

/* tl_blame names the members that signed a pair an honest one never signs.
 * `earlier.view` <= `later.view`; `chain` runs from the later block back towards
 * genesis, chain[0] being the later block itself (unused when the views are the
 * same).  *culprits is a bitmap of members; *a and *b are the two certificates
 * whose common signers they are.
 *
 * TL_OK; TL_ERR_NOT_FOUND: they do not contradict each other; TL_ERR_BROKEN_LINK:
 * the chain given is not the later block's ancestry down to the earlier view. */
TL_MUST_USE enum tl_status tl_blame(const struct tl_blame_final *earlier,
                                    const struct tl_blame_final *later,
                                    const struct tl_ancestor *chain, uint32_t chain_count,
                                    uint32_t *culprits, const struct tl_cert **a,
                                    const struct tl_cert **b);

/* tl_blame_evidence takes one culprit's two signatures out of the two
 * certificates.  TL_OK, or TL_ERR_NOT_FOUND: the member did not sign both, or the two do not
 * contradict each other. */
TL_MUST_USE enum tl_status tl_blame_evidence(const struct tl_cert *a, const struct tl_cert *b,
                                             uint32_t member, struct tl_evidence *out);

/* tl_votes_conflict says whether one honest member could not have signed both
 * messages of one view; kind 0 is a proposal.  0: it could have. */
TL_MUST_USE uint32_t tl_votes_conflict(uint8_t kind_a, const struct tl_hash *hash_a, uint8_t kind_b,
                                       const struct tl_hash *hash_b);

#endif
