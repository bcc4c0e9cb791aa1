/* breach.h -- turning a promise that was not kept into proof (inclusion.h).
 *
 * What is needed is asked of any node but that of who promised: the author's
 * sequence with its state receipt, and a final header after the deadline.
 * Nothing the node says is believed: what comes out verifies by itself.  An auditor
 * who replays the ledger has both already. */
#ifndef TL_BREACH_H
#define TL_BREACH_H

#include "client.h"

#include "tl/inclusion.h"

/* tl_breach_fetch says how a verified promise stands by that node's ledger, and
 * when it is broken writes the proof to `out` (TL_BREACH_BYTES_MAX). */
TL_MUST_USE enum tl_status tl_breach_fetch(struct tl_client *client, struct tl_bytes promise,
                                           struct tl_buf *out, enum tl_promise_state *state,
                                           struct tl_why *why);
/* tl_breach_replayed is the same by a replica whose tip has a certificate of its
 * own (audit.h, live). */
TL_MUST_USE enum tl_status tl_breach_replayed(struct tl_chain *chain, struct tl_bytes promise,
                                              struct tl_buf *out, enum tl_promise_state *state,
                                              struct tl_why *why);

#endif
