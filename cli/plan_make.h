/* plan_make.h -- the plan of a next epoch (epoch.h) out of the present one and
 * what is to change. */
#ifndef TL_PLAN_MAKE_H
#define TL_PLAN_MAKE_H

#include "opt.h"

#include "tl/epoch.h"
#include "tl/why.h"

/* What may be changed; for a command's table of options. */
#define TL_PLAN_OPTIONS                                                                            \
    {"add", "MEMBER", "a newcomer's directory or member.txt; comes last"},                         \
        {"replace", "MEMBER", "a member's directory or member.txt, with its new keys"},            \
        {"suspend", "ID", "takes a member's vote and its right to write"},                         \
        {"resume", "ID", "gives them back"}, {"remove", "ID", "takes them for ever"},              \
        {"quorum", "Q",                                                                            \
         "signatures that make a block final (default: 2n/3+1 of those that vote)"},               \
        {"block-bytes", "N", "largest block"}, {"delta-ms", "N", "network delay timers assume"},   \
        {"heartbeat-ms", "N", "an empty block after so long; 0: never"},                           \
        {"drift-ms", "N", "how far a block's time may run ahead"},                                 \
        {"accept-weak-quorum", NULL, "allow a quorum that one traitor can split"},                 \
    {                                                                                              \
        "from-height", "H", "the present epoch lasts at least that long"                           \
    }

/* tl_plan_make writes the plan into `out` (TL_EPOCH_PLAN_MAX) and has checked that
 * it may follow `now`.  Each option may be given several times. */
TL_MUST_USE enum tl_status tl_plan_make(struct tl_buf *out, const struct tl_epoch *now,
                                        const struct tl_args *args, struct tl_why *why);

#endif
