/* naive_money.h -- what a case must owe, worked out the long way.
 *
 * Interest is a sum over days: for each day what was owed of principal then, at
 * the rate of that day.  Written from domain.md 4, without a line of the
 * engine's; good for the money scripts of script.h. */
#ifndef TL_TEST_NAIVE_MONEY_H
#define TL_TEST_NAIVE_MONEY_H

#include "script.h"

struct naive_owed {
    int64_t owed[TL_BUCKETS];
    int64_t unapplied;
    int64_t interest_booked;
};

/* Follows one case of a script from its first day to its last. */
struct naive_owed naive_money(const struct script *script, uint32_t case_no);

#endif
