#include "mem.h"

#include "say.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void tl_mem_out(void)
{
    exit(tl_fail(TL_ERR_NO_MEMORY, NULL, "cannot go on: out of memory"));
}

void *tl_mem_new(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1u, size);

    if (memory == NULL)
        tl_mem_out();
    return memory;
}

void *tl_mem_grow(void *memory, size_t *cap, size_t need, size_t size)
{
    size_t more = *cap < 64u ? 64u : *cap;

    if (need <= *cap)
        return memory;
    while (more < need)
        more *= 2u;
    if (more > SIZE_MAX / size)
        tl_mem_out();
    memory = realloc(memory, more * size);
    if (memory == NULL)
        tl_mem_out();
    *cap = more;
    return memory;
}

char *tl_mem_copy(const char *text, size_t len)
{
    char *copy = tl_mem_new(len + 1u, 1);

    if (len > 0)
        (void)memcpy(copy, text, len);
    return copy;
}

void tl_mem_free(void *memory)
{
    free(memory);
}
