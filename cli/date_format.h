/* date_format.h -- dates in the formats other systems write.
 *
 * Formats are a small strict subset of strftime: %Y %m %d %b (English month
 * names) %y (1970..2069) %H %M %S %z and literal characters; %* skips the rest
 * of the text.  Digits are taken exactly: %m is two digits, %-m one or two.
 * strptime is not used: it depends on the locale and forgives.  Pure. */
#ifndef TL_DATE_FORMAT_H
#define TL_DATE_FORMAT_H

#include "tl/entry.h"

/* TL_ERR_ENCODING: not of this format.  TL_ERR_RANGE: no such day. */
TL_MUST_USE enum tl_status tl_date_read(struct tl_bytes text, const char *format, int32_t *days);

#define TL_DATE_TEXT 11u /* of tl_date_text */

#endif
