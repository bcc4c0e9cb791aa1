/* shadow.h -- what would have happened under another policy.
 *
 * A shadow run takes everything people wrote up to a height and lets the same
 * executor work it out again, in memory, with one policy put in place of
 * another.  Nothing is sent to anybody and no ledger is touched.
 *
 * Every entry travels alone in an envelope of its own: what the rules do to a
 * case does not depend on where envelopes and blocks were cut (contract.h), and
 * an entry that fits its own envelope is never deferred.  An entry that was
 * deferred when it was recorded had no effect then and is left out now; it stands
 * in the history again where it was sent again.  After the last entry the timers
 * of all closed days have run.
 *
 * A history holds its entries in memory; ownership: the _free functions. */
#ifndef TL_SHADOW_H
#define TL_SHADOW_H

#include "tl/policy.h"
#include "tl/why.h"

#include "past.h"

struct tl_shadow_item {
    uint64_t height;
    uint64_t time_ms;
    struct tl_pubkey author;
    uint16_t type;
    size_t at; /* in `bytes` of the history */
    size_t len;
};

struct tl_shadow_history {
    struct tl_genesis_file genesis;
    struct tl_shadow_item *item;
    size_t count;
    size_t cap;
    uint8_t *bytes;
    size_t used;
    size_t room;
    uint64_t last_leaf; /* of the last entry */
    uint64_t height;
    size_t memory_bytes; /* for a run */
};

/* tl_shadow_gather walks the ledger that the options name (past.h); it has said
 * why when it fails. */
TL_MUST_USE enum tl_status tl_shadow_gather(struct tl_shadow_history *history,
                                            const struct tl_args *args);
void tl_shadow_history_free(struct tl_shadow_history *history);
/* tl_shadow_published gives the bytes of the policy `name`, the newest version
 * or the one wanted (0: newest).  TL_ERR_NOT_FOUND. */
TL_MUST_USE enum tl_status tl_shadow_published(const struct tl_shadow_history *history,
                                               struct tl_bytes name, uint32_t version,
                                               struct tl_bytes *policy);

/* One decision of a run, and how a case ended up. */
struct tl_shadow_decision {
    struct tl_id case_id;
    uint64_t order;
    size_t at; /* its encoded tl_decision, in `bytes` of the run */
    size_t len;
};
struct tl_shadow_outcome {
    struct tl_id case_id;
    uint8_t stage;
    uint8_t placement;
    uint8_t holder;
    uint8_t reporting;
    bool charged_off;
    int64_t charged_minor; /* all that was ever charged */
    int64_t owed_minor;
};

struct tl_shadow_run {
    struct tl_shadow_decision *decision; /* by case, in order */
    size_t decisions;
    size_t decision_cap;
    struct tl_shadow_outcome *outcome; /* by case */
    size_t outcomes;
    size_t outcome_cap;
    uint8_t *bytes;
    size_t used;
    size_t room;
    uint64_t replaced; /* publications the policy took the place of */
    bool work_left;    /* timers of closed days are left: the clock is that of blocks */
};

/* What stood at the end of a day, seen while the history is played: its facts are
 * in, its timers have run.  On a ledger whose days end with its blocks the timers
 * run in the first block after it and are not in yet. */
struct tl_shadow_watch {
    int32_t on;
    enum tl_status (*see)(void *host, int32_t on, struct tl_overlay *state);
    void *host;
};

struct tl_shadow_plan {
    struct tl_bytes name;   /* whose publications are replaced; empty: none */
    struct tl_bytes policy; /* canonical bytes, under that very name */
    const struct tl_shadow_watch *watch;
    size_t watches; /* in order of day */
};

/* tl_shadow_play runs the history as the plan says.  TL_ERR_NOT_FOUND: it ends
 * before a day that is watched.  A watcher that fails has said why. */
TL_MUST_USE enum tl_status tl_shadow_play(struct tl_shadow_run *run,
                                          const struct tl_shadow_history *history,
                                          const struct tl_shadow_plan *plan, struct tl_why *why);
void tl_shadow_run_free(struct tl_shadow_run *run);

#endif
