/* submit.h -- entries onto the ledger, many envelopes under way at once.
 *
 * Entries are gathered into envelopes, signed in sequence, and sent without
 * waiting for the ones before; answers are taken in order.  An envelope the
 * node could not take yet (queue full, connection lost, the one before it still
 * missing) is sent again as it stands: its sequence makes recording it twice
 * impossible.  After an interruption the sequence goes on where ledger and
 * queue stand.
 *
 * One submitter per key at a time: two would use the same numbers, and the
 * second is refused with TL_ERR_SEQUENCE.  One thread. */
#ifndef TL_SUBMIT_H
#define TL_SUBMIT_H

#include "client.h"

struct tl_submitter;

/* What is final so far. */
struct tl_submitted_counts {
    uint64_t envelopes;
    uint64_t entries;
    uint64_t height;     /* of the last envelope's block */
    uint64_t first_leaf; /* of the last envelope */
    uint64_t leaves;
    uint64_t deferred; /* entries without effect, to be sent again; outcome.h */
    uint64_t promises; /* that were kept */
};

/* tl_submitter_open asks for the key's sequence.  `batch`: entries per envelope,
 * 1 to TL_ENVELOPE_ENTRIES_MAX.  Waits for envelopes of an earlier run that are
 * still on their way. */
TL_MUST_USE enum tl_status tl_submitter_open(struct tl_submitter **out, struct tl_client *client,
                                             uint32_t batch, struct tl_why *why);
/* tl_submitter_add takes a copy of an encoded entry; it may wait for answers. */
TL_MUST_USE enum tl_status tl_submitter_add(struct tl_submitter *submitter, struct tl_bytes entry,
                                            struct tl_why *why);
/* tl_submitter_flush sends what is gathered and waits until all is final. */
TL_MUST_USE enum tl_status tl_submitter_flush(struct tl_submitter *submitter, struct tl_why *why);
/* tl_submitter_promises makes the submitter ask for each envelope's inclusion
 * promise before it waits for finality, and keep it in `dir` (promises.h), which
 * outlives it.  Costs one more exchange an envelope. */
void tl_submitter_promises(struct tl_submitter *submitter, const char *dir);
const struct tl_submitted_counts *tl_submitter_counts(const struct tl_submitter *submitter);
void tl_submitter_close(struct tl_submitter *submitter);

/* tl_submit_one writes one entry and waits until it is final; with a promise kept
 * in `promises` when that is not NULL. */
TL_MUST_USE enum tl_status tl_submit_one(struct tl_client *client, struct tl_bytes entry,
                                         const char *promises, struct tl_submitted_counts *counts,
                                         struct tl_why *why);

#endif
