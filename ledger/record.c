/* One decoder and one encoder for every record, driven by its field table. */
#include "tl/record.h"

#include "tl/check.h"

#include <string.h>

/* Stores an unsigned field of one, two, four or eight bytes. */
static void store_uint(const struct tl_field *field, void *at, uint64_t value)
{
    uint8_t u8 = (uint8_t)value;
    uint16_t u16 = (uint16_t)value;
    uint32_t u32 = (uint32_t)value;

    if (field->kind == TL_FIELD_U8 || field->kind == TL_FIELD_ENUM)
        memcpy(at, &u8, sizeof u8);
    else if (field->kind == TL_FIELD_U16)
        memcpy(at, &u16, sizeof u16);
    else if (field->kind == TL_FIELD_U32)
        memcpy(at, &u32, sizeof u32);
    else
        memcpy(at, &value, sizeof value);
}

static uint64_t load_uint(const struct tl_field *field, const void *at)
{
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;

    if (field->kind == TL_FIELD_U8 || field->kind == TL_FIELD_ENUM)
        return *(const uint8_t *)at;
    if (field->kind == TL_FIELD_U16)
        return memcpy(&u16, at, sizeof u16), u16;
    if (field->kind == TL_FIELD_U32)
        return memcpy(&u32, at, sizeof u32), u32;
    return memcpy(&u64, at, sizeof u64), u64;
}

/* The largest value both the row and the C type allow. */
static uint64_t uint_max(const struct tl_field *field)
{
    uint64_t type_max = UINT64_MAX;

    if (field->kind == TL_FIELD_U8 || field->kind == TL_FIELD_ENUM)
        type_max = UINT8_MAX;
    else if (field->kind == TL_FIELD_U16)
        type_max = UINT16_MAX;
    else if (field->kind == TL_FIELD_U32)
        type_max = UINT32_MAX;
    return field->max < type_max ? field->max : type_max;
}

static void read_enum(const struct tl_field *field, void *at, struct tl_reader *r)
{
    uint64_t value = tl_read_uint(r, uint_max(field));

    if (field->aux != NULL && tl_name_of(field->aux, value) == NULL)
        tl_read_fail(r);
    store_uint(field, at, r->bad ? 0 : value);
}

static void read_view(const struct tl_field *field, void *at, struct tl_reader *r)
{
    struct tl_bytes view;

    if (field->kind == TL_FIELD_STR)
        view = tl_read_str(r, (size_t)field->max);
    else if (field->kind == TL_FIELD_BIN)
        view = tl_read_bin(r, (size_t)field->max);
    else
        view = tl_read_value(r, (size_t)field->max);
    memcpy(at, &view, sizeof view);
}

/* Lists nest (a record in a list may hold a list), so each element is checked
 * by decoding it into a scratch struct that is thrown away.  The depth is that of
 * the field tables, which is fixed when we compile. */
/* NOLINTNEXTLINE(misc-no-recursion): as above */
static void read_list(const struct tl_field *field, void *at, struct tl_reader *r)
{
    struct tl_list list = {TL_BYTES_NONE, tl_read_array(r, (uint32_t)field->max)};
    const uint8_t *start = r->at;

    for (uint32_t i = 0; i < list.count && !r->bad; i++)
        tl_record_read(field->aux, NULL, r);
    if (r->bad)
        list = (struct tl_list){TL_BYTES_NONE, 0};
    else
        list.raw = tl_bytes(start, (size_t)(r->at - start));
    memcpy(at, &list, sizeof list);
}

static void read_signed(const struct tl_field *field, void *at, struct tl_reader *r)
{
    if (field->kind == TL_FIELD_I32) {
        int32_t value = (int32_t)tl_read_int(r, INT32_MIN, INT32_MAX);

        memcpy(at, &value, sizeof value);
    } else {
        int64_t value = tl_read_int(r, INT64_MIN, INT64_MAX);

        memcpy(at, &value, sizeof value);
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): as read_list */
static void read_field(const struct tl_field *field, void *at, struct tl_reader *r)
{
    bool flag;

    switch (field->kind) {
    case TL_FIELD_U8:
    case TL_FIELD_U16:
    case TL_FIELD_U32:
    case TL_FIELD_U64:
        store_uint(field, at, tl_read_uint(r, uint_max(field)));
        break;
    case TL_FIELD_ENUM:
        read_enum(field, at, r);
        break;
    case TL_FIELD_I32:
    case TL_FIELD_I64:
        read_signed(field, at, r);
        break;
    case TL_FIELD_BOOL:
        flag = tl_read_bool(r);
        memcpy(at, &flag, sizeof flag);
        break;
    case TL_FIELD_ID:
        tl_read_fixed(r, at, TL_ID_BYTES);
        break;
    case TL_FIELD_HASH:
    case TL_FIELD_KEY:
        tl_read_fixed(r, at, TL_HASH_BYTES);
        break;
    case TL_FIELD_SIG:
        tl_read_fixed(r, at, TL_SIG_BYTES);
        break;
    case TL_FIELD_STR:
    case TL_FIELD_BIN:
    case TL_FIELD_RAW:
        read_view(field, at, r);
        break;
    case TL_FIELD_LIST:
        read_list(field, at, r);
        break;
    }
}

/* The widest C type a single field has: where values go that nobody wants. */
union scratch {
    struct tl_sig sig;
    struct tl_list list;
    struct tl_bytes view;
    uint64_t u64;
};

/* NOLINTNEXTLINE(misc-no-recursion): as read_list */
void tl_record_read(const struct tl_record *record, void *out, struct tl_reader *r)
{
    union scratch nowhere;

    if (tl_read_array(r, (uint32_t)record->count) != record->count)
        tl_read_fail(r);
    for (size_t i = 0; i < record->count; i++) {
        const struct tl_field *field = &record->fields[i];
        void *at = out == NULL ? (void *)&nowhere : (void *)((uint8_t *)out + field->offset);

        read_field(field, at, r);
    }
}

enum tl_status tl_record_decode(const struct tl_record *record, void *out, struct tl_bytes bytes)
{
    struct tl_reader r = tl_reader(bytes);

    memset(out, 0, record->size);
    tl_record_read(record, out, &r);
    if (tl_read_done(&r))
        return TL_OK;
    memset(out, 0, record->size);
    return TL_ERR_ENCODING;
}

static void write_list(const struct tl_list *list, struct tl_buf *out)
{
    tl_write_array(out, list->count);
    tl_buf_put(out, list->raw.ptr, list->raw.len);
}

static void write_view(const struct tl_field *field, const void *at, struct tl_buf *out)
{
    struct tl_bytes view;

    memcpy(&view, at, sizeof view);
    if (field->kind == TL_FIELD_STR)
        tl_write_str(out, view);
    else if (field->kind == TL_FIELD_BIN)
        tl_write_bin(out, view);
    else
        tl_buf_put(out, view.ptr, view.len);
}

static void write_signed(const struct tl_field *field, const void *at, struct tl_buf *out)
{
    int32_t narrow;
    int64_t wide;

    if (field->kind == TL_FIELD_I32) {
        memcpy(&narrow, at, sizeof narrow);
        wide = narrow;
    } else {
        memcpy(&wide, at, sizeof wide);
    }
    tl_write_int(out, wide);
}

static void write_field(const struct tl_field *field, const void *at, struct tl_buf *out)
{
    switch (field->kind) {
    case TL_FIELD_U8:
    case TL_FIELD_U16:
    case TL_FIELD_U32:
    case TL_FIELD_U64:
    case TL_FIELD_ENUM:
        tl_write_uint(out, load_uint(field, at));
        break;
    case TL_FIELD_I32:
    case TL_FIELD_I64:
        write_signed(field, at, out);
        break;
    case TL_FIELD_BOOL:
        tl_write_bool(out, *(const bool *)at);
        break;
    case TL_FIELD_ID:
        tl_write_bin(out, tl_bytes(at, TL_ID_BYTES));
        break;
    case TL_FIELD_HASH:
    case TL_FIELD_KEY:
        tl_write_bin(out, tl_bytes(at, TL_HASH_BYTES));
        break;
    case TL_FIELD_SIG:
        tl_write_bin(out, tl_bytes(at, TL_SIG_BYTES));
        break;
    case TL_FIELD_STR:
    case TL_FIELD_BIN:
    case TL_FIELD_RAW:
        write_view(field, at, out);
        break;
    case TL_FIELD_LIST:
        write_list(at, out);
        break;
    }
}

void tl_record_write(const struct tl_record *record, const void *in, struct tl_buf *out)
{
    tl_write_array(out, (uint32_t)record->count);
    for (size_t i = 0; i < record->count; i++)
        write_field(&record->fields[i], (const uint8_t *)in + record->fields[i].offset, out);
}

bool tl_list_next(struct tl_list *list, const struct tl_record *record, void *out)
{
    struct tl_reader r = tl_reader(list->raw);

    if (list->count == 0)
        return false;
    memset(out, 0, record->size);
    tl_record_read(record, out, &r);
    TL_CHECK(!r.bad);
    list->raw = tl_bytes(r.at, (size_t)(r.end - r.at));
    list->count--;
    return true;
}

void tl_list_add(struct tl_list *list, struct tl_buf *buf, const struct tl_record *record,
                 const void *element)
{
    if (list->count == 0)
        list->raw = tl_bytes(buf->ptr + buf->len, 0);
    tl_record_write(record, element, buf);
    list->raw.len = (size_t)(buf->ptr + buf->len - list->raw.ptr);
    list->count++;
}

const struct tl_field *tl_record_field(const struct tl_record *record, struct tl_bytes name)
{
    for (size_t i = 0; i < record->count; i++) {
        if (tl_bytes_eq(tl_bytes_str(record->fields[i].name), name))
            return &record->fields[i];
    }
    return NULL;
}

const char *tl_name_of(const struct tl_names *names, uint64_t value)
{
    return value < names->count ? names->at[value] : NULL;
}

bool tl_name_find(const struct tl_names *names, struct tl_bytes word, uint8_t *value)
{
    TL_CHECK(names->count <= UINT8_MAX + 1u);
    for (size_t i = 0; i < names->count; i++) {
        if (names->at[i] != NULL && tl_bytes_eq(tl_bytes_str(names->at[i]), word)) {
            *value = (uint8_t)i;
            return true;
        }
    }
    return false;
}
