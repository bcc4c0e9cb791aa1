/* case_why.h -- one decision, explained: facts, rule, policy line, and what would
 * have had to be otherwise.
 *
 * The ledger is walked and audited (past.h); while the decision is worked out
 * again, the case is seen exactly as the rule saw it (contract.h).  So the numbers
 * are those of the day of the decision, not of today. */
#ifndef TL_CASE_WHY_H
#define TL_CASE_WHY_H

#include "cmd.h"

#include "tl/bytes.h"

/* tl_case_why explains the decision at a leaf of the case; says why on failure. */
TL_MUST_USE enum tl_status tl_case_why(const struct tl_call *call, const struct tl_id *id,
                                       const char *leaf);

#endif
