/* Finding and reading test files. */
#include "shared.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

bool test_shared_path(char *out, size_t cap, const char *path)
{
    const char *shared = getenv("TALLY_SHARED");
    const char *source = getenv("TALLY_SOURCE");
    int len;

    if (shared != NULL)
        len = snprintf(out, cap, "%s/%s", shared, path);
    else
        len = snprintf(out, cap, "%s/../shared/%s", source == NULL ? "." : source, path);
    return len > 0 && (size_t)len < cap && access(out, R_OK) == 0;
}

char *test_read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    long size;

    *len = 0;
    if (file == NULL)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0) {
        rewind(file);
        text = malloc((size_t)size + 1);
        if (text != NULL) {
            *len = fread(text, 1, (size_t)size, file);
            text[*len] = '\0';
        }
    }
    (void)fclose(file);
    return text;
}

char *test_read_shared(const char *path, size_t *len)
{
    char full[4096];

    *len = 0;
    return test_shared_path(full, sizeof full, path) ? test_read_file(full, len) : NULL;
}
