/* scorecard_file.h -- scorecards as people write them.
 *
 * YAML: `scorecard` (its name), `version`, `base`, `validation` (the hash of the
 * document that justifies it, or nothing), `features`, a list of a case's numbers
 * with bins in ascending order, each with its inclusive upper bound but the last,
 * and `bands` from low scores to high, each with the share expected to be paid.
 *
 *   features:
 *     - name: days_past_due
 *       bins: [{up_to: 0, points: 20}, {up_to: 29, points: -10}, {points: -60}]
 *   bands: [{rate_ppm: 100_000}, {from: 560, rate_ppm: 800_000}]
 *
 * Whether the features are a case's is asked when it is published; here whether it
 * is a card at all.  Failure: a sentence with file, line and column. */
#ifndef TL_SCORECARD_FILE_H
#define TL_SCORECARD_FILE_H

#include "tl/scorecard.h"
#include "tl/why.h"

TL_MUST_USE enum tl_status tl_scorecard_load(struct tl_scorecard *card, const char *path,
                                             struct tl_why *why);

#endif
