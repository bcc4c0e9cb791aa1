/* map_date.h -- dates in the formats other systems write.
 *
 * Formats are a small strict subset of strftime: %Y %m %d %b (English month
 * names) %y (1970..2069) %H %M %S %z and literal characters; %* skips the rest
 * of the text.  Digits are taken exactly: %m is two digits, %-m one or two.
 * strptime is not used: it depends on the locale and forgives.  Pure. */
#ifndef TL_MAP_DATE_H
#define TL_MAP_DATE_H

#include "tl/entry.h"

/* TL_ERR_ENCODING: not of this format.  TL_ERR_RANGE: no such day. */
TL_MUST_USE enum tl_status tl_date_read(struct tl_bytes text, const char *format, int32_t *days);

/* tl_map_date reads the date of a mapping's value; "none" is no date.  What a row
 * says is read by the declared format and no other: 2013-05-06 may be the fifth
 * of June.  A constant of the mapping may be written like every date in it,
 * 2013-12-31.  Then the value's days are added.  *reason says why not. */
struct tl_map_value;
TL_MUST_USE enum tl_status tl_map_date(const struct tl_map_value *value, struct tl_bytes text,
                                       bool constant, int32_t *days, const char **reason);

#define TL_DATE_TEXT 11u /* of tl_date_text */

#endif
