/* Reading golden vectors. */
#include "vectors.h"

#include "shared.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

json_t *vector_load(const char *path)
{
    size_t len;
    char *text = test_read_shared(path, &len);
    json_t *vector = text == NULL ? NULL : json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);

    free(text);
    return vector;
}

static bool ends_with(const char *text, const char *end)
{
    size_t text_len = strlen(text);
    size_t end_len = strlen(end);

    return text_len >= end_len && strcmp(text + text_len - end_len, end) == 0;
}

static size_t visit_file(const char *path, vector_visit *visit)
{
    json_t *vector = vector_load(path);

    if (vector == NULL)
        return 0;
    visit(path, vector);
    json_decref(vector);
    return 1;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the folders are */
size_t vector_each(const char *folder, vector_visit *visit)
{
    char full[4096];
    char child[2048];
    DIR *dir = test_shared_path(full, sizeof full, folder) ? opendir(full) : NULL;
    size_t count = 0;

    for (struct dirent *e = dir == NULL ? NULL : readdir(dir); e != NULL; e = readdir(dir)) {
        if (e->d_name[0] == '.')
            continue;
        if (snprintf(child, sizeof child, "%s/%s", folder, e->d_name) >= (int)sizeof child)
            continue;
        if (ends_with(child, ".json"))
            count += visit_file(child, visit);
        else if (strchr(e->d_name, '.') == NULL)
            count += vector_each(child, visit);
    }
    if (dir != NULL)
        (void)closedir(dir);
    return count;
}

const char *vector_text(const json_t *vector, const char *key)
{
    const char *text = json_string_value(json_object_get(vector, key));

    return text == NULL ? "" : text;
}

uint64_t vector_uint(const json_t *vector, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(vector, key));
}

size_t vector_base64(uint8_t *out, size_t cap, const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    uint32_t held = 0;
    size_t len = 0;

    for (; *text != '\0' && *text != '='; text++) {
        const char *digit = strchr(digits, *text);

        if (digit == NULL || len == cap)
            break;
        bits = bits << 6 | (uint32_t)(digit - digits);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[len++] = (uint8_t)(bits >> held);
        }
    }
    return len;
}
