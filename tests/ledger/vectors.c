/* Reading golden vectors. */
#include "vectors.h"

#include "shared.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Numbers of 19 digits and more, up to 2^64, go beyond the reader's integers and
 * would lose the whole vector: they become strings, which vector_uint takes too. */
static char *quote_large_numbers(const char *text, size_t len)
{
    char *out = malloc(2 * len + 1);
    size_t at = 0;

    for (size_t i = 0; out != NULL && i < len;) {
        size_t digits = strspn(text + i, "0123456789");
        bool large = digits >= 19 && i >= 2 && memcmp(text + i - 2, ": ", 2) == 0;

        digits = digits == 0 ? 1 : digits;
        if (large)
            out[at++] = '"';
        memcpy(out + at, text + i, digits);
        at += digits;
        i += digits;
        if (large)
            out[at++] = '"';
    }
    if (out != NULL)
        out[at] = '\0';
    return out;
}

json_t *vector_load(const char *path)
{
    size_t len;
    char *text = test_read_shared(path, &len);
    char *quoted = text == NULL ? NULL : quote_large_numbers(text, len);
    json_t *vector = quoted == NULL ? NULL : json_loads(quoted, JSON_REJECT_DUPLICATES, NULL);

    free(quoted);
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
    const json_t *value = json_object_get(vector, key);

    return json_is_string(value) ? strtoull(json_string_value(value), NULL, 10)
                                 : (uint64_t)json_integer_value(value);
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
