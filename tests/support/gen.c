/* Seeded random values. */
#include "gen.h"

#include "tl/check.h"

#include <string.h>

#define LIST_MAX 3u
#define VIEW_MAX 300u
#define SCRATCH  65536u

struct gen gen_seed(uint64_t seed)
{
    return (struct gen){seed, false};
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
uint64_t gen_u64(struct gen *gen)
{
    uint64_t z = gen->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint64_t gen_below(struct gen *gen, uint64_t bound)
{
    return gen_u64(gen) % bound;
}

void gen_bytes(struct gen *gen, void *out, size_t len)
{
    uint8_t *at = out;

    for (size_t i = 0; i < len; i++)
        at[i] = (uint8_t)gen_u64(gen);
}

/* Of any width up to 64 bits, so that every length form comes up. */
static uint64_t some_width(struct gen *gen)
{
    uint64_t value = gen_u64(gen);

    return gen->small ? value >> 50 : value >> gen_below(gen, 64);
}

static uint64_t some_uint(struct gen *gen, uint64_t max)
{
    uint64_t value = some_width(gen);

    if (gen_below(gen, 16) == 0)
        return max;
    return max == UINT64_MAX ? value : value % (max + 1);
}

static int64_t some_int(struct gen *gen, bool narrow)
{
    uint64_t value = some_width(gen);
    int64_t number = (int64_t)(narrow ? value >> 33 : value >> 1);

    if (gen->small)
        return (int64_t)value;

    return gen_below(gen, 2) == 0 ? number : -number - 1;
}

static size_t some_len(struct gen *gen, uint64_t max)
{
    uint64_t bound = max < VIEW_MAX ? max : VIEW_MAX;
    uint64_t len = gen_below(gen, bound + 1);

    return (size_t)(gen_below(gen, 3) == 0 ? len : len % 24);
}

static struct tl_bytes some_bin(struct gen *gen, uint64_t max, struct tl_arena *arena)
{
    size_t len = some_len(gen, max);
    uint8_t *at = len == 0 ? NULL : tl_arena_take(arena, len);

    TL_CHECK(len == 0 || at != NULL);
    gen_bytes(gen, at, len);
    return tl_bytes(at, len);
}

static struct tl_bytes some_str(struct gen *gen, uint64_t max, struct tl_arena *arena)
{
    static const char *const letters[] = {
        "a", "0", " ", "~", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x93\x9c"};
    size_t len = some_len(gen, max);
    struct tl_buf buf = tl_buf(len == 0 ? NULL : tl_arena_take(arena, len), len);

    while (!buf.full && len != 0) {
        const char *letter = letters[gen_below(gen, sizeof letters / sizeof letters[0])];

        tl_buf_put(&buf, letter, strlen(letter));
    }
    return buf.len == 0 ? TL_BYTES_NONE : tl_buf_bytes(&buf);
}

static struct tl_bytes some_raw(struct gen *gen, struct tl_arena *arena)
{
    uint8_t *at = tl_arena_take(arena, 64);
    struct tl_buf buf = tl_buf(at, 64);
    uint32_t count = (uint32_t)gen_below(gen, 4);

    TL_CHECK(at != NULL);
    tl_write_array(&buf, count);
    for (uint32_t i = 0; i < count; i++)
        tl_write_int(&buf, some_int(gen, false));
    return tl_buf_bytes(&buf);
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as records nest */
static struct tl_list some_list(struct gen *gen, const struct tl_field *field,
                                struct tl_arena *arena)
{
    const struct tl_record *record = field->aux;
    uint64_t max = field->max < LIST_MAX ? field->max : LIST_MAX;
    uint64_t count = gen_below(gen, max + 1);
    void *element = tl_arena_take(arena, record->size);
    void *room = count == 0 ? NULL : tl_arena_take(arena, SCRATCH);
    struct tl_buf buf = tl_buf(room, count == 0 ? 0 : SCRATCH);
    struct tl_list list = {TL_BYTES_NONE, 0};

    TL_CHECK(element != NULL && (count == 0 || room != NULL));
    for (uint64_t i = 0; i < count; i++) {
        gen_record(gen, record, element, arena);
        tl_list_add(&list, &buf, record, element);
    }
    TL_CHECK(!buf.full);
    return list;
}

static uint64_t type_max(enum tl_field_kind kind, uint64_t max)
{
    uint64_t limit = UINT64_MAX;

    if (kind == TL_FIELD_U8 || kind == TL_FIELD_ENUM)
        limit = UINT8_MAX;
    else if (kind == TL_FIELD_U16)
        limit = UINT16_MAX;
    else if (kind == TL_FIELD_U32)
        limit = UINT32_MAX;
    return max < limit ? max : limit;
}

static uint8_t some_enum(struct gen *gen, const struct tl_field *field)
{
    uint64_t bound = type_max(TL_FIELD_ENUM, field->max) + 1;
    uint64_t value = gen_below(gen, bound);

    while (field->aux != NULL && tl_name_of(field->aux, value) == NULL)
        value = (value + 1) % bound;
    return (uint8_t)value;
}

static void some_number(struct gen *gen, const struct tl_field *field, void *at)
{
    uint64_t u64 = some_uint(gen, type_max(field->kind, field->max));
    uint32_t u32 = (uint32_t)u64;
    uint16_t u16 = (uint16_t)u64;

    if (field->kind == TL_FIELD_U8)
        *(uint8_t *)at = (uint8_t)u64;
    else if (field->kind == TL_FIELD_U16)
        memcpy(at, &u16, sizeof u16);
    else if (field->kind == TL_FIELD_U32)
        memcpy(at, &u32, sizeof u32);
    else
        memcpy(at, &u64, sizeof u64);
}

static void some_view(struct gen *gen, const struct tl_field *field, void *at,
                      struct tl_arena *arena)
{
    struct tl_bytes view;

    if (field->kind == TL_FIELD_STR)
        view = some_str(gen, field->max, arena);
    else if (field->kind == TL_FIELD_BIN)
        view = some_bin(gen, field->max, arena);
    else
        view = some_raw(gen, arena);
    memcpy(at, &view, sizeof view);
}

static void some_signed(struct gen *gen, const struct tl_field *field, void *at)
{
    int64_t wide = some_int(gen, field->kind == TL_FIELD_I32);
    int32_t narrow = (int32_t)wide;

    if (field->kind == TL_FIELD_I32)
        memcpy(at, &narrow, sizeof narrow);
    else
        memcpy(at, &wide, sizeof wide);
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as records nest */
static void some_field(struct gen *gen, const struct tl_field *field, void *at,
                       struct tl_arena *arena)
{
    struct tl_list list;

    switch (field->kind) {
    case TL_FIELD_U8:
    case TL_FIELD_U16:
    case TL_FIELD_U32:
    case TL_FIELD_U64:
        some_number(gen, field, at);
        break;
    case TL_FIELD_I32:
    case TL_FIELD_I64:
        some_signed(gen, field, at);
        break;
    case TL_FIELD_ENUM:
        *(uint8_t *)at = some_enum(gen, field);
        break;
    case TL_FIELD_BOOL:
        *(bool *)at = gen_below(gen, 2) == 1;
        break;
    case TL_FIELD_ID:
        gen_bytes(gen, at, TL_ID_BYTES);
        break;
    case TL_FIELD_HASH:
    case TL_FIELD_KEY:
        gen_bytes(gen, at, TL_HASH_BYTES);
        break;
    case TL_FIELD_SIG:
        gen_bytes(gen, at, TL_SIG_BYTES);
        break;
    case TL_FIELD_STR:
    case TL_FIELD_BIN:
    case TL_FIELD_RAW:
        some_view(gen, field, at, arena);
        break;
    case TL_FIELD_LIST:
        list = some_list(gen, field, arena);
        memcpy(at, &list, sizeof list);
        break;
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as records nest */
void gen_record(struct gen *gen, const struct tl_record *record, void *out, struct tl_arena *arena)
{
    memset(out, 0, record->size);
    for (size_t i = 0; i < record->count; i++)
        some_field(gen, &record->fields[i], (uint8_t *)out + record->fields[i].offset, arena);
}
