#include "json.h"

#include "mem.h"

#include <jansson.h>
#include <string.h>

/* struct tl_json is jansson's json_t under a name of ours. */
static struct tl_json *ours(json_t *value)
{
    if (value == NULL)
        tl_mem_out();
    return (struct tl_json *)(void *)value;
}

static json_t *theirs(struct tl_json *value)
{
    return (json_t *)(void *)value;
}

static const json_t *peek(const struct tl_json *value)
{
    return (const json_t *)(const void *)value;
}

struct tl_json *tl_json_object(void)
{
    return ours(json_object());
}

struct tl_json *tl_json_array(void)
{
    return ours(json_array());
}

struct tl_json *tl_json_str(const char *text)
{
    return tl_json_text(tl_bytes(text, strlen(text)));
}

struct tl_json *tl_json_text(struct tl_bytes text)
{
    json_t *value = json_stringn(text.len > 0 ? (const char *)text.ptr : "", text.len);

    /* Bytes from a foreign file need not be UTF-8; show them as hex then. */
    return value != NULL ? ours(value) : tl_json_hex(text);
}

struct tl_json *tl_json_int(int64_t value)
{
    return ours(json_integer(value));
}

struct tl_json *tl_json_bool(bool value)
{
    return ours(json_boolean(value));
}

struct tl_json *tl_json_hex(struct tl_bytes bytes)
{
    char *text = tl_mem_new(2u * bytes.len + 1u, 1);
    struct tl_json *value;

    tl_hex(text, bytes);
    value = ours(json_string(text));
    tl_mem_free(text);
    return value;
}

void tl_json_free(struct tl_json *value)
{
    json_decref(theirs(value));
}

struct tl_json *tl_json_keep(const struct tl_json *value)
{
    return ours(json_incref(theirs((struct tl_json *)(uintptr_t)value)));
}

void tl_json_set(struct tl_json *object, const char *key, struct tl_json *take)
{
    if (take != NULL && json_object_set_new(theirs(object), key, theirs(take)) != 0)
        tl_mem_out();
}

void tl_json_set_str(struct tl_json *object, const char *key, const char *text)
{
    tl_json_set(object, key, tl_json_str(text));
}

void tl_json_set_int(struct tl_json *object, const char *key, int64_t value)
{
    tl_json_set(object, key, tl_json_int(value));
}

void tl_json_add(struct tl_json *array, struct tl_json *take)
{
    if (json_array_append_new(theirs(array), theirs(take)) != 0)
        tl_mem_out();
}

const struct tl_json *tl_json_get(const struct tl_json *object, const char *key)
{
    return (const struct tl_json *)(const void *)json_object_get(peek(object), key);
}

const char *tl_json_chars(const struct tl_json *value)
{
    return json_string_value(peek(value));
}

bool tl_json_number(const struct tl_json *value, int64_t *out)
{
    if (!json_is_integer(peek(value)))
        return false;
    *out = json_integer_value(peek(value));
    return true;
}

bool tl_json_truth(const struct tl_json *value, bool *out)
{
    if (!json_is_boolean(peek(value)))
        return false;
    *out = json_is_true(peek(value));
    return true;
}

bool tl_json_is_object(const struct tl_json *value)
{
    return json_is_object(peek(value));
}

bool tl_json_is_array(const struct tl_json *value)
{
    return json_is_array(peek(value));
}

size_t tl_json_count(const struct tl_json *array)
{
    return json_array_size(peek(array));
}

const struct tl_json *tl_json_at(const struct tl_json *array, size_t index)
{
    return (const struct tl_json *)(const void *)json_array_get(peek(array), index);
}

void tl_json_each(const struct tl_json *object, tl_json_visit *visit, void *context)
{
    json_t *all = theirs((struct tl_json *)(uintptr_t)object);

    for (void *at = json_object_iter(all); at != NULL; at = json_object_iter_next(all, at))
        visit(context, json_object_iter_key(at), ours(json_object_iter_value(at)));
}

struct tl_json *tl_json_parse(struct tl_bytes text, char *why, size_t why_len)
{
    json_error_t error;
    json_t *value = json_loadb((const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES, &error);

    if (value == NULL) {
        (void)snprintf(why, why_len, "line %d, column %d: %s", error.line, error.column,
                       error.text);
        return NULL;
    }
    return ours(value);
}

void tl_json_print(const struct tl_json *value, FILE *to)
{
    (void)json_dumpf(peek(value), to, JSON_INDENT(2) | JSON_ENCODE_ANY);
    (void)fputc('\n', to);
}

void tl_json_print_line(const struct tl_json *value, FILE *to)
{
    (void)json_dumpf(peek(value), to, JSON_COMPACT | JSON_ENCODE_ANY);
    (void)fputc('\n', to);
}
