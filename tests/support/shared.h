/* shared.h -- files tests read: golden vectors outside the project, examples in
 * it.  A test whose shared file is absent skips itself and says so. */
#ifndef TL_TEST_SHARED_H
#define TL_TEST_SHARED_H

#include <stdbool.h>
#include <stddef.h>

/* A whole file in memory with a terminating zero; free() it.  NULL: absent. */
char *test_read_file(const char *path, size_t *len);
/* The same below $TALLY_SHARED (default: shared beside the source tree). */
char *test_read_shared(const char *path, size_t *len);
/* Writes the full name of a shared file; false: absent. */
bool test_shared_path(char *out, size_t cap, const char *path);

#endif
