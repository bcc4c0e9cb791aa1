/* Reading values out of a YAML tree, with a reason when they are not there. */
#include "tl/yaml.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const kind_words[] = {"a single value", "a list", "a map"};

enum tl_status tl_yaml_fail(const struct tl_yaml *doc, const struct tl_yaml_node *node,
                            enum tl_status status, struct tl_why *why, const char *format, ...)
{
    char text[TL_WHY_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return tl_why_set(why, status, "%s:%" PRIu32 ":%" PRIu32 ": %s", doc->name,
                      node == NULL ? 1 : node->line, node == NULL ? 1 : node->column, text);
}

/* What to call a node in a message: its key, or that it is an element. */
static const char *label(const struct tl_yaml_node *node)
{
    return node->key.ptr == NULL ? "list element" : (const char *)node->key.ptr;
}

const struct tl_yaml_node *tl_yaml_get(const struct tl_yaml_node *map, const char *key)
{
    const struct tl_bytes wanted = tl_bytes_str(key);
    const struct tl_yaml_node *child;

    if (map == NULL || map->kind != TL_YAML_MAP)
        return NULL;
    for (child = map->first; child != NULL; child = child->next) {
        if (tl_bytes_eq(child->key, wanted))
            return child;
    }
    return NULL;
}

enum tl_status tl_yaml_kind_is(const struct tl_yaml *doc, const struct tl_yaml_node *node,
                               enum tl_yaml_kind kind, struct tl_why *why)
{
    if (node->kind == kind)
        return TL_OK;
    return tl_yaml_fail(doc, node, TL_ERR_ENCODING, why, "\"%s\" must be %s, not %s", label(node),
                        kind_words[kind], kind_words[node->kind]);
}

enum tl_status tl_yaml_need(const struct tl_yaml *doc, const struct tl_yaml_node *map,
                            const char *key, const struct tl_yaml_node **out, struct tl_why *why)
{
    enum tl_status status = tl_yaml_kind_is(doc, map, TL_YAML_MAP, why);

    *out = NULL;
    if (status != TL_OK)
        return status;
    *out = tl_yaml_get(map, key);
    if (*out != NULL)
        return TL_OK;
    return tl_yaml_fail(doc, map, TL_ERR_ENCODING, why, "key \"%s\" is missing here; add it", key);
}

static void list_keys(const char *const keys[], char *out, size_t cap)
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; keys[i] != NULL && len < cap; i++) {
        const int wrote = snprintf(out + len, cap - len, "%s%s", i == 0 ? "" : ", ", keys[i]);
        len += wrote < 0 ? 0 : (size_t)wrote;
    }
}

enum tl_status tl_yaml_only(const struct tl_yaml *doc, const struct tl_yaml_node *map,
                            const char *const keys[], struct tl_why *why)
{
    const struct tl_yaml_node *child;
    enum tl_status status = tl_yaml_kind_is(doc, map, TL_YAML_MAP, why);

    for (child = map->first; status == TL_OK && child != NULL; child = child->next) {
        char allowed[TL_WHY_MAX / 2];
        size_t i = 0;
        while (keys[i] != NULL && !tl_bytes_eq(child->key, tl_bytes_str(keys[i])))
            i++;
        if (keys[i] != NULL)
            continue;
        list_keys(keys, allowed, sizeof allowed);
        status = tl_why_set(
            why, TL_ERR_ENCODING,
            "%s:%" PRIu32 ":%" PRIu32 ": key \"%.64s\" means nothing here; known: %s", doc->name,
            child->key_line, child->key_column, (const char *)child->key.ptr, allowed);
    }
    return status;
}

enum tl_status tl_yaml_str(const struct tl_yaml *doc, const struct tl_yaml_node *node, size_t max,
                           struct tl_bytes *out, struct tl_why *why)
{
    enum tl_status status = tl_yaml_kind_is(doc, node, TL_YAML_SCALAR, why);

    *out = TL_BYTES_NONE;
    if (status != TL_OK)
        return status;
    if (node->text.len == 0)
        return tl_yaml_fail(doc, node, TL_ERR_RANGE, why, "\"%s\" is empty; give it a value",
                            label(node));
    if (node->text.len > max)
        return tl_yaml_fail(doc, node, TL_ERR_RANGE, why,
                            "\"%s\" is %zu bytes long, at most %zu are allowed", label(node),
                            node->text.len, max);
    *out = node->text;
    return TL_OK;
}

enum tl_status tl_yaml_bool(const struct tl_yaml *doc, const struct tl_yaml_node *node, bool *out,
                            struct tl_why *why)
{
    struct tl_bytes text;
    enum tl_status status = tl_yaml_str(doc, node, TL_WHY_MAX, &text, why);

    *out = false;
    if (status != TL_OK)
        return status;
    *out = tl_bytes_eq(text, tl_bytes_str("true"));
    if (*out || tl_bytes_eq(text, tl_bytes_str("false")))
        return TL_OK;
    return tl_yaml_fail(doc, node, TL_ERR_ENCODING, why,
                        "\"%s\" must be true or false, not \"%.40s\"", label(node),
                        (const char *)text.ptr);
}

/* Decimal digits with an optional minus and single underscores between digits
 * (12_500), so that large amounts can be read.  False: not that, or beyond
 * int64. */
static bool parse_int(const char *at, int64_t *out)
{
    const bool negative = *at == '-';
    int64_t value = 0; /* kept negative: int64 has one more on that side */

    if (negative)
        at++;
    if (*at < '0' || *at > '9' || (at[0] == '0' && at[1] != '\0'))
        return false;
    for (; *at != '\0'; at++) {
        if (*at == '_' && at[1] >= '0' && at[1] <= '9')
            continue;
        if (*at < '0' || *at > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, *at - '0', &value))
            return false;
    }
    if (!negative && value == INT64_MIN)
        return false;
    *out = negative ? value : -value;
    return true;
}

enum tl_status tl_yaml_int(const struct tl_yaml *doc, const struct tl_yaml_node *node, int64_t min,
                           int64_t max, int64_t *out, struct tl_why *why)
{
    struct tl_bytes text;
    enum tl_status status = tl_yaml_str(doc, node, TL_WHY_MAX, &text, why);
    int64_t value = 0;

    *out = 0;
    if (status != TL_OK || text.ptr == NULL)
        return status;
    if (strlen((const char *)text.ptr) != text.len || !parse_int((const char *)text.ptr, &value))
        return tl_yaml_fail(doc, node, TL_ERR_ENCODING, why,
                            "\"%s\" must be a whole number, not \"%.40s\"", label(node),
                            (const char *)text.ptr);
    if (value < min || value > max)
        return tl_yaml_fail(doc, node, TL_ERR_RANGE, why,
                            "\"%s\" is %" PRId64 ", it must be from %" PRId64 " to %" PRId64,
                            label(node), value, min, max);
    *out = value;
    return TL_OK;
}
