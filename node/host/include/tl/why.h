/* tl/why.h -- the sentence that goes with a failure.
 *
 * A tl_status tells a program what kind of thing went wrong; a tl_why tells the
 * person: what failed, its subject in quotes, how to mend it, in lower case and
 * without a full stop.  Functions of the host rooms that can fail on something
 * a person can mend take a `why` they fill on failure only; NULL is allowed
 * where nobody will read it.
 *
 * No allocation; a text that is too long is cut.  Never holds a secret: callers
 * put names of files and keys into it, not their contents. */
#ifndef TL_WHY_H
#define TL_WHY_H

#include "tl/status.h"

#include <stddef.h>

#define TL_WHY_MAX 512u

struct tl_why {
    char text[TL_WHY_MAX];
};

/* tl_why_set writes the sentence and returns `status`, so that a failure is one
 * line: return tl_why_set(why, TL_ERR_IO, "cannot open \"%s\": %s", ...). */
enum tl_status tl_why_set(struct tl_why *why, enum tl_status status, const char *format, ...)
    TL_PRINTF(3, 4);

/* tl_why_errno is tl_why_set with ": <what errno says>" behind the sentence. */
enum tl_status tl_why_errno(struct tl_why *why, enum tl_status status, const char *format, ...)
    TL_PRINTF(3, 4);

#endif
