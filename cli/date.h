/* date.h -- civil dates, as days since 1970-01-01 in the Gregorian calendar.
 *
 * Formats are a small strict subset of strftime: %Y %m %d %b (English month
 * names) %y (1970..2069) %H %M %S %z and literal characters; %* skips the rest
 * of the text.  Digits are taken exactly: %m is two digits, %-m one or two.
 * strptime is not used: it depends on the locale and forgives.  Pure. */
#ifndef TL_DATE_H
#define TL_DATE_H

#include "tl/bytes.h"
#include "tl/status.h"

struct tl_civil {
    int32_t year;
    int32_t month; /* 1..12 */
    int32_t day;   /* 1..31 */
};

int32_t tl_date_days(struct tl_civil date);
struct tl_civil tl_date_civil(int32_t days);
bool tl_date_valid(struct tl_civil date);

/* TL_ERR_ENCODING: not of this format.  TL_ERR_RANGE: no such day. */
TL_MUST_USE enum tl_status tl_date_parse(struct tl_bytes text, const char *format, int32_t *days);

#define TL_DATE_TEXT 16u
void tl_date_print(char out[TL_DATE_TEXT], int32_t days); /* 2009-03-30 */

#endif
