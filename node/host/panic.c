/* How a program of ours ends when it contradicts itself: one line that says
 * where, then abort, so that a core dump can be had.  No state is saved on
 * purpose; what is on disk was right before this instruction. */
#include "tl/check.h"

#include <stdio.h>
#include <stdlib.h>

void tl_panic(const char *file, int line, const char *what)
{
    (void)fprintf(stderr, "%s:%d: check failed, please report this: %s\n", file, line, what);
    abort();
}
