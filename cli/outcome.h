/* outcome.h -- what the contract made of an envelope that is final.
 *
 * Final is not accepted: an act may be DENIED, and what comes after an envelope
 * has caused half a block is recorded and DEFERRED, without effect, to be sent
 * again.  Both stand among the leaves of the envelope, which the node is asked
 * for.  A key that may not read is told nothing, and nothing is found. */
#ifndef TL_OUTCOME_H
#define TL_OUTCOME_H

#include "submit.h"

/* tl_outcome_denied: TL_ERR_REFUSED and the contract's reason when an entry of
 * the last envelope was denied, else TL_OK. */
TL_MUST_USE enum tl_status tl_outcome_denied(struct tl_client *client,
                                             const struct tl_submitted_counts *done,
                                             struct tl_why *why);
/* tl_outcome_deferred counts the entries at the end of an envelope of `entries`
 * that were deferred. */
uint64_t tl_outcome_deferred(struct tl_client *client, const struct tl_submitted *done,
                             uint32_t entries);

#endif
