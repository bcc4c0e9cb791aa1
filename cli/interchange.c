#include "interchange.h"

#include "interchange.def"

#include "tl/entry.h"

#include <stdio.h>
#include <string.h>

static const struct tl_interchange_field fields[] = {
#define X(format, record, name, start, end, type)                                                  \
    {TL_INTERCHANGE_##format, #record, #name, start, end, TL_INTERCHANGE_##type},
    TL_INTERCHANGE_TABLE(X)
#undef X
};
#define FIELDS (sizeof fields / sizeof fields[0])

const struct tl_interchange_field *tl_interchange_at(size_t index)
{
    return index < FIELDS ? &fields[index] : NULL;
}

bool tl_interchange_same(const struct tl_interchange_field *a, const struct tl_interchange_field *b)
{
    return a->format == b->format && strcmp(a->record, b->record) == 0;
}

const struct tl_interchange_field *tl_interchange_record(struct tl_bytes line)
{
    for (size_t i = 0; i < FIELDS; i++) {
        size_t len = strlen(fields[i].record);

        if (fields[i].start == 1 && line.len >= len && memcmp(line.ptr, fields[i].record, len) == 0)
            return &fields[i];
    }
    return NULL;
}

/* The field's bytes without blanks around them; what is missing is empty. */
static struct tl_bytes cut(const struct tl_interchange_field *field, struct tl_bytes line)
{
    size_t from = field->start - 1u;
    size_t to = line.len < field->end ? line.len : field->end;

    while (from < to && line.ptr[from] == ' ')
        from++;
    while (to > from && line.ptr[to - 1u] == ' ')
        to--;
    return from < to ? tl_bytes(line.ptr + from, to - from) : TL_BYTES_NONE;
}

static bool is_digits(struct tl_bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    return true;
}

/* Digits with a point before the last two, a minus sign before them or none. */
static bool is_money(struct tl_bytes text)
{
    size_t sign = text.len > 0 && text.ptr[0] == '-' ? 1u : 0u;

    return text.len >= sign + 4u && text.ptr[text.len - 3u] == '.' &&
           is_digits(tl_bytes(text.ptr + sign, text.len - 3u - sign)) &&
           is_digits(tl_bytes(text.ptr + text.len - 2u, 2));
}

static enum tl_status day_write(char out[TL_INTERCHANGE_TEXT_MAX], struct tl_bytes text)
{
    char iso[16];
    int32_t date;

    if (text.len != 8 || !is_digits(text))
        return TL_ERR_ENCODING;
    (void)snprintf(iso, sizeof iso, "%.4s-%.2s-%.2s", (const char *)text.ptr,
                   (const char *)text.ptr + 4, (const char *)text.ptr + 6);
    if (!tl_date_parse(tl_bytes_str(iso), &date))
        return TL_ERR_ENCODING;
    (void)snprintf(out, TL_INTERCHANGE_TEXT_MAX, "%s", strcmp(iso, "1900-01-01") == 0 ? "" : iso);
    return TL_OK;
}

enum tl_status tl_interchange_value(char out[TL_INTERCHANGE_TEXT_MAX],
                                    const struct tl_interchange_field *field, struct tl_bytes line)
{
    struct tl_bytes text = cut(field, line);

    out[0] = '\0';
    if (text.len == 0)
        return TL_OK;
    if (field->type == TL_INTERCHANGE_DAY)
        return day_write(out, text);
    if ((field->type == TL_INTERCHANGE_NUMBER || field->type == TL_INTERCHANGE_DATE) &&
        !is_digits(text))
        return TL_ERR_ENCODING;
    if (field->type == TL_INTERCHANGE_MONEY && !is_money(text))
        return TL_ERR_ENCODING;
    (void)snprintf(out, TL_INTERCHANGE_TEXT_MAX, "%.*s", (int)text.len, (const char *)text.ptr);
    return TL_OK;
}
