/* tl/signguard.h -- the last gate before the key: what may be signed in a view.
 *
 * It knows nothing of the core on purpose: were the core wrong, the key would
 * still not sign twice.  The host's signer keeps one record per (epoch, view) in
 * its journal, asks here, appends the changed record, syncs, and only then signs
 * (docs/PROTOCOL.md, A.7).  Votes below the floor, and votes in pruned views,
 * are never signable: the journal's owner raises the floor before it forgets.
 *
 * Pure; no memory of its own. */
#ifndef TL_SIGNGUARD_H
#define TL_SIGNGUARD_H

#include "tl/vote.h"

/* What was signed in one (epoch, view); all zero: nothing yet. */
struct tl_sign_record {
    uint64_t epoch;
    uint64_t view;
    bool has_notarized;
    bool nullified;
    bool has_finalized;
    struct tl_hash notarized;
    struct tl_hash finalized;
};

/* Nothing below is signable: an earlier epoch, or an earlier view of this one. */
struct tl_sign_floor {
    uint64_t epoch;
    uint64_t view;
};

/* tl_sign_below says whether (epoch, view) is below the floor: settled, never to
 * be signed again. */
TL_MUST_USE bool tl_sign_below(const struct tl_sign_floor *floor, uint64_t epoch, uint64_t view);

/* tl_sign_guard says whether the vote may be signed, given the record of its
 * (epoch, view), and if so what the record is afterwards (*next; equal to
 * *record when the same words are said again).  TL_OK, or
 * TL_ERR_WOULD_DOUBLE_SIGN, or TL_ERR_RANGE when the record is of another view
 * or the vote is malformed.  *next is set on TL_OK only. */
TL_MUST_USE enum tl_status tl_sign_guard(const struct tl_sign_record *record,
                                         const struct tl_sign_floor *floor,
                                         const struct tl_vote *vote, struct tl_sign_record *next);

#endif
