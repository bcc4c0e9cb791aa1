/* decisions.h -- every decision of a ledger, in log order, from a node.
 *
 * A decision's own place in the log is not told: its cause stands among its
 * inputs, and `tally case history` shows it in its place. */
#ifndef TL_DECISIONS_H
#define TL_DECISIONS_H

#include "tl/entry.h"
#include "tl/replay.h"
#include "tl/why.h"

#include "client.h"

/* `decision` borrows the answer it came in; it lives for the call.  `height` is
 * that of its block.  False ends the walk. */
typedef bool tl_decision_visit(void *context, uint64_t height, const struct tl_decision *decision);
TL_MUST_USE enum tl_status tl_decisions_walk(struct tl_client *client, tl_decision_visit *visit,
                                             void *context, struct tl_why *why);

#endif
