/* How a test program ends when the code under test contradicts itself. */
#include "tl/check.h"

#include <stdio.h>
#include <stdlib.h>

void tl_panic(const char *file, int line, const char *what)
{
    (void)fprintf(stderr, "%s:%d: check failed: %s\n", file, line, what);
    abort();
}
