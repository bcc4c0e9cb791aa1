/* mem.h -- heap memory for a program that runs one command and ends.
 *
 * Running out is not a case a command can mend: it says so and ends with the
 * exit code of TL_ERR_NO_MEMORY, so callers need no path for it. */
#ifndef TL_MEM_H
#define TL_MEM_H

#include "tl/attributes.h"

#include <stddef.h>

/* tl_mem_new gives `count` zeroed objects of `size` bytes; tl_mem_free it. */
void *tl_mem_new(size_t count, size_t size);
/* tl_mem_grow makes room for at least `need` objects, doubling *cap. */
void *tl_mem_grow(void *memory, size_t *cap, size_t need, size_t size);
char *tl_mem_copy(const char *text, size_t len); /* with a terminator */
void tl_mem_free(void *memory);
TL_NORETURN void tl_mem_out(void);

#endif
