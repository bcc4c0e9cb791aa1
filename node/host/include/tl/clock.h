/* tl/clock.h -- what time it is, and the calendar.
 *
 * Only the host asks; the pure rooms are told.  Timers use the monotonic clock,
 * which no one can set; block times and log lines use the wall clock.  Business
 * dates are day numbers from 1970-01-01 in the proleptic Gregorian calendar.
 * No state, thread safe. */
#ifndef TL_CLOCK_H
#define TL_CLOCK_H

#include "tl/attributes.h"

#include <stdbool.h>
#include <stdint.h>

uint64_t tl_clock_mono_ms(void);
uint64_t tl_clock_mono_us(void);
uint64_t tl_clock_wall_ms(void); /* Unix time */

struct tl_civil {
    int32_t year;
    uint32_t month; /* 1..12 */
    uint32_t day;   /* 1..31 */
};

/* Day number of a date; false when there is no such date (years 1 to 9999). */
TL_MUST_USE bool tl_civil_days(struct tl_civil date, int32_t *days);
struct tl_civil tl_civil_from_days(int32_t days);
/* "YYYY-MM-DD", exactly ten characters. */
TL_MUST_USE bool tl_date_parse(const char *text, int32_t *days);
#define TL_DATE_TEXT_BYTES 11u
void tl_date_print(int32_t days, char out[TL_DATE_TEXT_BYTES]);

#endif
