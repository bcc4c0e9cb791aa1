#include "entry_text.h"

#include "decimal.h"

#include <string.h>

enum tl_status tl_entry_text_init(struct tl_entry_text *text, const char *type, struct tl_why *why)
{
    *text = (struct tl_entry_text){.type = tl_type_named(tl_bytes_str(type))};
    if (text->type == NULL || text->type->derived)
        return tl_why_set(why, TL_ERR_USAGE, "there is no entry type \"%s\"", type);
    text->entry.type = text->type->code;
    text->entry.value_date = TL_DATE_NONE;
    tl_arena_init(&text->arena, text->memory, sizeof text->memory);
    for (size_t i = 0; i < text->type->body->count; i++) {
        const struct tl_field *field = &text->type->body->fields[i];

        if (field->kind == TL_FIELD_I32)
            *(int32_t *)(void *)((uint8_t *)&text->body + field->offset) = TL_DATE_NONE;
    }
    return TL_OK;
}

static bool set_hex(struct tl_entry_text *text, const struct tl_field *field, void *at,
                    struct tl_bytes value)
{
    char hex[2u * 4096u + 1u];
    size_t len = value.len / 2u;
    struct tl_bytes bytes;
    uint8_t out[4096];

    if (value.len % 2u != 0 || value.len >= sizeof hex)
        return false;
    (void)memcpy(hex, value.ptr, value.len);
    hex[value.len] = '\0';
    if (!tl_unhex(out, len, hex))
        return false;
    if (field->kind == TL_FIELD_BIN)
        return len <= field->max && tl_arena_copy(&text->arena, tl_bytes(out, len), &bytes) &&
               (memcpy(at, &bytes, sizeof bytes), true);
    if (len != (field->kind == TL_FIELD_ID ? TL_ID_BYTES : TL_HASH_BYTES))
        return false;
    (void)memcpy(at, out, len);
    return true;
}

static bool set_number(const struct tl_field *field, void *at, struct tl_bytes value)
{
    static const struct tl_decimal_style whole = {'.', 0, 0};
    int64_t number;

    if (tl_decimal_parse(value, &whole, &number) != TL_OK)
        return false;
    if (field->kind == TL_FIELD_I64) {
        *(int64_t *)at = number;
        return true;
    }
    if (number < 0 || (uint64_t)number > field->max)
        return false;
    if (field->kind == TL_FIELD_U8)
        *(uint8_t *)at = (uint8_t)number;
    else if (field->kind == TL_FIELD_U16)
        *(uint16_t *)at = (uint16_t)number;
    else if (field->kind == TL_FIELD_U32)
        *(uint32_t *)at = (uint32_t)number;
    else
        *(uint64_t *)at = (uint64_t)number;
    return true;
}

static bool set_truth(void *at, struct tl_bytes value)
{
    bool yes = tl_bytes_eq(value, tl_bytes_str("true"));

    *(bool *)at = yes;
    return yes || tl_bytes_eq(value, tl_bytes_str("false"));
}

static bool set(struct tl_entry_text *text, const struct tl_field *field, struct tl_bytes value)
{
    void *at = (uint8_t *)&text->body + field->offset;

    switch (field->kind) {
    case TL_FIELD_U8:
    case TL_FIELD_U16:
    case TL_FIELD_U32:
    case TL_FIELD_U64:
    case TL_FIELD_I64:
        return set_number(field, at, value);
    case TL_FIELD_I32:
        return tl_date_parse(value, at);
    case TL_FIELD_ENUM:
        return tl_name_find(field->aux, value, at);
    case TL_FIELD_BOOL:
        return set_truth(at, value);
    case TL_FIELD_STR:
        *(struct tl_bytes *)at = value;
        return value.len <= field->max && tl_utf8_ok(value);
    case TL_FIELD_ID:
    case TL_FIELD_HASH:
    case TL_FIELD_BIN:
        return set_hex(text, field, at, value);
    case TL_FIELD_KEY:
    case TL_FIELD_SIG:
    case TL_FIELD_RAW:
    case TL_FIELD_LIST:
        break;
    }
    return false;
}

enum tl_status tl_entry_text_set(struct tl_entry_text *text, struct tl_bytes name,
                                 struct tl_bytes value, struct tl_why *why)
{
    const struct tl_field *field = tl_record_field(text->type->body, name);

    if (field == NULL)
        return tl_why_set(why, TL_ERR_USAGE, "%s has no field \"%.*s\"", text->type->name,
                          (int)name.len, (const char *)name.ptr);
    if (!set(text, field, value))
        return tl_why_set(why, TL_ERR_USAGE, "\"%.*s\" is no value for field \"%s\"",
                          (int)value.len, value.len > 0 ? (const char *)value.ptr : "",
                          field->name);
    return TL_OK;
}

enum tl_status tl_entry_text_write(struct tl_entry_text *text, struct tl_buf *out,
                                   struct tl_why *why)
{
    enum tl_status status;

    if (!tl_entry_encode(out, &text->entry, &text->body))
        return tl_why_set(why, TL_ERR_LIMIT, "the entry is too long");
    status = tl_entry_decode(&text->entry, NULL, NULL, tl_buf_bytes(out));
    if (status != TL_OK)
        return tl_why_set(why, status,
                          "a date, amount or case of the %s is missing or out of range",
                          text->type->name);
    return TL_OK;
}
