/* follow.h -- an auditor's non-voting replica that verifies as it goes.
 *
 *   DIR/genesis.tally   the ledger it follows
 *   DIR/data/           the whole ledger as replayed here: blocks, certificates,
 *                       leaves, state; as a stopped node's, so that `tally audit`,
 *                       `tally export --dir` and `tally tiles --dir` take it
 *   DIR/cosign.key      the auditor's own key, made at the first start
 *   DIR/position        the last certified block replayed, signed (position.h)
 *   DIR/checkpoint      the same as a cosigned checkpoint for tools of others
 *   DIR/alarms/         evidence: both sides of a fork or rollback, broken promises
 *
 * Alarms end it: TL_ERR_ROLLBACK, TL_ERR_FORK, TL_ERR_DIVERGED and
 * TL_ERR_BROKEN_PROMISE, each with its exit code; anything else that does not
 * verify ends it as the audit of a file would.  A node that does not answer is
 * waited for.  Started again it goes on at its position, and holds the node to it. */
#ifndef TL_FOLLOW_H
#define TL_FOLLOW_H

#include "audit_run.h"
#include "connect.h"

struct tl_follow_plan {
    const char *dir;
    const char *promises; /* directory of inclusion promises to watch, or NULL */
    bool once;            /* end when the node has no more */
    uint32_t poll_ms;
    uint32_t patience_ms; /* how long a node may be behind its own past */
};

/* tl_follow_run follows until it is stopped by a signal, has caught up (once), or
 * raises an alarm, which *why tells. */
TL_MUST_USE enum tl_status tl_follow_run(const struct tl_follow_plan *plan,
                                         struct tl_connection *connection,
                                         struct tl_audit_outcome *outcome, struct tl_why *why);

#endif
