/* scratch.h -- a directory of a test's own, gone when the test is. */
#ifndef TL_TEST_SCRATCH_H
#define TL_TEST_SCRATCH_H

#include <stddef.h>

/* cmocka set-up and tear-down: makes and removes a directory below $TMPDIR;
 * *state is its path. */
int scratch_setup(void **state);
int scratch_teardown(void **state);
/* A path in it; the text is good until the eighth call from here. */
const char *scratch_path(void **state, const char *name);

#endif
