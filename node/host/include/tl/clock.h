/* tl/clock.h -- what time it is.
 *
 * Only the host asks; the pure rooms are told.  Timers use the monotonic clock,
 * which no one can set; block times and log lines use the wall clock.  The
 * calendar of business dates is the ledger's (entry.h).
 * No state, thread safe. */
#ifndef TL_CLOCK_H
#define TL_CLOCK_H

#include "tl/attributes.h"

#include <stdint.h>

uint64_t tl_clock_mono_ms(void);
uint64_t tl_clock_mono_us(void);
uint64_t tl_clock_wall_ms(void); /* Unix time */
/* tl_clock_sleep_ms: the calling thread does nothing for about so long. */
void tl_clock_sleep_ms(uint32_t time_ms);

#endif
