/* Packed segments: the same fields, binary. */
#include "packed.h"

#include "tl/check.h"

#include <string.h>

#define SIGN 's' /* what follows a packed date or time */

static bool blank(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != ' ')
            return false;
    return true;
}

/* Bytes that stay bytes.  Reserved areas differ in width and are blank. */
static bool move_text(uint8_t *to, size_t to_len, const uint8_t *from, size_t from_len)
{
    size_t both = to_len < from_len ? to_len : from_len;

    memcpy(to, from, both);
    memset(to + both, ' ', to_len - both);
    return blank(from + both, from_len - both);
}

static uint64_t binary(const uint8_t *bytes, size_t len)
{
    uint64_t value = 0;

    TL_CHECK(len <= 8);
    for (size_t i = 0; i < len; i++)
        value = value << 8 | bytes[i];
    return value;
}

static bool put_digits(uint8_t *to, size_t len, uint64_t value)
{
    for (size_t i = len; i > 0; i--) {
        to[i - 1] = (uint8_t)('0' + value % 10u);
        value /= 10u;
    }
    return value == 0;
}

/* A field that is blank stays blank, so that what was not said is not zero. */
static bool unpack_field(uint8_t *to, const struct tl_metro2_place *place, const uint8_t *from)
{
    size_t width = place->packed;

    if (place->type == TL_METRO2_WORD)
        return put_digits(to, place->length, binary(from, 2));
    if (place->type == TL_METRO2_TEXT || width == place->length)
        return move_text(to, place->length, from, width);
    if (blank(from, width)) {
        memset(to, ' ', place->length);
        return true;
    }
    if (place->type == TL_METRO2_NUMBER)
        return put_digits(to, place->length, binary(from, width));
    if (from[width - 1] != SIGN)
        return false;
    return put_digits(to, place->length, binary(from, width - 1));
}

bool tl_metro2_unpack(uint8_t segment[TL_METRO2_MAIN_BYTES], enum tl_metro2_kind kind,
                      const uint8_t packed[TL_METRO2_PACKED_BYTES])
{
    const uint8_t *at = packed;

    for (enum tl_metro2_field f = tl_metro2_first(kind); f < tl_metro2_end(kind); f++) {
        const struct tl_metro2_place *place = tl_metro2_place(f);

        if (!unpack_field(segment + place->start - 1, place, at))
            return false;
        at += place->packed;
    }
    TL_INVARIANT(at == packed + TL_METRO2_PACKED_BYTES);
    return true;
}

static void put_binary(uint8_t *to, size_t len, uint64_t value)
{
    for (size_t i = len; i > 0; i--) {
        to[i - 1] = (uint8_t)value;
        value >>= 8;
    }
}

static void pack_field(uint8_t *to, enum tl_metro2_field field, const uint8_t *segment)
{
    const struct tl_metro2_place *place = tl_metro2_place(field);
    const uint8_t *from = segment + place->start - 1;
    size_t width = place->packed;
    uint64_t value = 0;

    if (place->type == TL_METRO2_TEXT ||
        (place->type != TL_METRO2_WORD && width == place->length)) {
        (void)move_text(to, width, from, place->length);
        return;
    }
    if (blank(from, place->length)) {
        memset(to, ' ', width);
        return;
    }
    if (!tl_metro2_number(segment, field, &value))
        value = 0;
    memset(to, 0, width);
    if (place->type == TL_METRO2_WORD)
        put_binary(to, 2, value);
    else if (place->type == TL_METRO2_NUMBER)
        put_binary(to, width, value);
    else {
        put_binary(to, width - 1, value);
        to[width - 1] = SIGN;
    }
}

void tl_metro2_pack(uint8_t packed[TL_METRO2_PACKED_BYTES], enum tl_metro2_kind kind,
                    const uint8_t segment[TL_METRO2_MAIN_BYTES])
{
    uint8_t *at = packed;

    for (enum tl_metro2_field f = tl_metro2_first(kind); f < tl_metro2_end(kind); f++) {
        pack_field(at, f, segment);
        at += tl_metro2_place(f)->packed;
    }
    TL_INVARIANT(at == packed + TL_METRO2_PACKED_BYTES);
}
