/* The strict reader of the canonical profile.  See codec.h. */
#include "tl/codec.h"

#include "tl/check.h"

#include <string.h>

struct tl_reader tl_reader(struct tl_bytes bytes)
{
    /* C defines no arithmetic on NULL, which is what an empty view points to. */
    static const uint8_t nothing = 0;
    const uint8_t *at = bytes.len == 0 ? &nothing : bytes.ptr;

    return (struct tl_reader){at, at + bytes.len, false};
}

void tl_read_fail(struct tl_reader *r)
{
    r->bad = true;
    r->at = r->end;
}

bool tl_read_done(const struct tl_reader *r)
{
    return !r->bad && r->at == r->end;
}

/* The next `len` raw bytes, or NULL and a failed reader. */
static const uint8_t *take(struct tl_reader *r, size_t len)
{
    const uint8_t *at = r->at;

    if (r->bad || len > (size_t)(r->end - r->at)) {
        tl_read_fail(r);
        return NULL;
    }
    r->at += len;
    return at;
}

static uint8_t take_byte(struct tl_reader *r)
{
    const uint8_t *at = take(r, 1);

    return at == NULL ? 0 : *at;
}

/* A big-endian number of 1, 2, 4 or 8 bytes. */
static uint64_t take_be(struct tl_reader *r, size_t width)
{
    const uint8_t *at = take(r, width);
    uint64_t value = 0;

    for (size_t i = 0; at != NULL && i < width; i++)
        value = value << 8 | at[i];
    return value;
}

/* A number of `width` bytes that would not have fitted into half as many: the
 * canonical integer check.  `floor` is the first value that needs the width. */
static uint64_t take_shortest(struct tl_reader *r, size_t width, uint64_t floor)
{
    uint64_t value = take_be(r, width);

    if (value < floor)
        tl_read_fail(r);
    return r->bad ? 0 : value;
}

static uint64_t uint_after(struct tl_reader *r, uint8_t tag)
{
    if (tag <= 0x7f)
        return tag;
    switch (tag) {
    case 0xcc:
        return take_shortest(r, 1, 0x80);
    case 0xcd:
        return take_shortest(r, 2, 0x100);
    case 0xce:
        return take_shortest(r, 4, 0x10000);
    case 0xcf:
        return take_shortest(r, 8, 0x100000000u);
    default:
        tl_read_fail(r);
        return 0;
    }
}

uint64_t tl_read_uint(struct tl_reader *r, uint64_t max)
{
    uint64_t value = uint_after(r, take_byte(r));

    if (value > max)
        tl_read_fail(r);
    return r->bad ? 0 : value;
}

/* A negative number of `width` bytes; `ceiling` is the largest (closest to
 * zero) that still needs the width. */
static int64_t take_negative(struct tl_reader *r, size_t width, int64_t ceiling)
{
    uint64_t raw = take_be(r, width);
    uint64_t sign = (uint64_t)1 << (8 * width - 1);
    int64_t value = (int64_t)((raw ^ sign) - sign);

    if (value > ceiling)
        tl_read_fail(r);
    return r->bad ? 0 : value;
}

static int64_t negative_after(struct tl_reader *r, uint8_t tag)
{
    if (tag >= 0xe0)
        return (int64_t)tag - 0x100;
    switch (tag) {
    case 0xd0:
        return take_negative(r, 1, -33);
    case 0xd1:
        return take_negative(r, 2, INT8_MIN - 1);
    case 0xd2:
        return take_negative(r, 4, INT16_MIN - 1);
    case 0xd3:
        return take_negative(r, 8, (int64_t)INT32_MIN - 1);
    default:
        tl_read_fail(r);
        return 0;
    }
}

static bool is_uint_tag(uint8_t tag)
{
    return tag <= 0x7f || (tag >= 0xcc && tag <= 0xcf);
}

static bool is_int_tag(uint8_t tag)
{
    return is_uint_tag(tag) || tag >= 0xe0 || (tag >= 0xd0 && tag <= 0xd3);
}

int64_t tl_read_int(struct tl_reader *r, int64_t min, int64_t max)
{
    uint8_t tag = take_byte(r);
    int64_t value;

    if (is_uint_tag(tag)) {
        uint64_t wide = uint_after(r, tag);

        if (wide > INT64_MAX)
            tl_read_fail(r);
        value = r->bad ? 0 : (int64_t)wide;
    } else {
        value = negative_after(r, tag);
    }
    if (value < min || value > max)
        tl_read_fail(r);
    return r->bad ? 0 : value;
}

bool tl_read_bool(struct tl_reader *r)
{
    uint8_t tag = take_byte(r);

    if (tag != 0xc2 && tag != 0xc3)
        tl_read_fail(r);
    return !r->bad && tag == 0xc3;
}

static uint32_t array_after(struct tl_reader *r, uint8_t tag)
{
    if (tag >= 0x90 && tag <= 0x9f)
        return tag & 15u;
    if (tag == 0xdc)
        return (uint32_t)take_shortest(r, 2, 16);
    if (tag == 0xdd)
        return (uint32_t)take_shortest(r, 4, 0x10000);
    tl_read_fail(r);
    return 0;
}

uint32_t tl_read_array(struct tl_reader *r, uint32_t max)
{
    uint32_t count = array_after(r, take_byte(r));

    /* Every element is at least one byte: a count beyond that is a lie. */
    if (count > max || count > (size_t)(r->end - r->at))
        tl_read_fail(r);
    return r->bad ? 0 : count;
}

static size_t str_len_after(struct tl_reader *r, uint8_t tag)
{
    if (tag >= 0xa0 && tag <= 0xbf)
        return tag & 31u;
    if (tag == 0xd9)
        return (size_t)take_shortest(r, 1, 32);
    if (tag == 0xda)
        return (size_t)take_shortest(r, 2, 0x100);
    if (tag == 0xdb)
        return (size_t)take_shortest(r, 4, 0x10000);
    tl_read_fail(r);
    return 0;
}

static size_t bin_len_after(struct tl_reader *r, uint8_t tag)
{
    if (tag == 0xc4)
        return (size_t)take_be(r, 1);
    if (tag == 0xc5)
        return (size_t)take_shortest(r, 2, 0x100);
    if (tag == 0xc6)
        return (size_t)take_shortest(r, 4, 0x10000);
    tl_read_fail(r);
    return 0;
}

static struct tl_bytes take_view(struct tl_reader *r, size_t len, size_t max)
{
    const uint8_t *at;

    if (len > max)
        tl_read_fail(r);
    at = take(r, len);
    return at == NULL ? TL_BYTES_NONE : tl_bytes(at, len);
}

struct tl_bytes tl_read_str(struct tl_reader *r, size_t max)
{
    struct tl_bytes text = take_view(r, str_len_after(r, take_byte(r)), max);

    if (!tl_utf8_ok(text))
        tl_read_fail(r);
    return r->bad ? TL_BYTES_NONE : text;
}

struct tl_bytes tl_read_bin(struct tl_reader *r, size_t max)
{
    return take_view(r, bin_len_after(r, take_byte(r)), max);
}

void tl_read_fixed(struct tl_reader *r, void *out, size_t len)
{
    struct tl_bytes bytes = tl_read_bin(r, len);

    if (bytes.ptr == NULL || bytes.len != len)
        tl_read_fail(r);
    if (r->bad)
        memset(out, 0, len);
    else
        memcpy(out, bytes.ptr, len);
}

enum tl_kind tl_read_peek(const struct tl_reader *r)
{
    uint8_t tag;

    if (r->bad || r->at == r->end)
        return TL_KIND_NONE;
    tag = *r->at;
    if (is_int_tag(tag))
        return TL_KIND_INT;
    if (tag == 0xc2 || tag == 0xc3)
        return TL_KIND_BOOL;
    if ((tag >= 0xa0 && tag <= 0xbf) || (tag >= 0xd9 && tag <= 0xdb))
        return TL_KIND_STR;
    if (tag >= 0xc4 && tag <= 0xc6)
        return TL_KIND_BIN;
    if ((tag >= 0x90 && tag <= 0x9f) || tag == 0xdc || tag == 0xdd)
        return TL_KIND_ARRAY;
    return TL_KIND_NONE;
}

/* Steps over one value that is not an array. */
static void skip_scalar(struct tl_reader *r, enum tl_kind kind)
{
    if (kind == TL_KIND_INT && is_uint_tag(*r->at))
        (void)tl_read_uint(r, UINT64_MAX);
    else if (kind == TL_KIND_INT)
        (void)tl_read_int(r, INT64_MIN, INT64_MAX);
    else if (kind == TL_KIND_BOOL)
        (void)tl_read_bool(r);
    else if (kind == TL_KIND_STR)
        (void)tl_read_str(r, SIZE_MAX);
    else if (kind == TL_KIND_BIN)
        (void)tl_read_bin(r, SIZE_MAX);
    else
        tl_read_fail(r);
}

/* Walks nested arrays with a stack of open counts, so that depth is a number
 * we bound and not the machine's stack. */
struct tl_bytes tl_read_value(struct tl_reader *r, size_t max)
{
    uint32_t open[TL_DEPTH_MAX];
    size_t depth = 0;
    const uint8_t *start = r->at;

    do {
        enum tl_kind kind = tl_read_peek(r);

        if (kind != TL_KIND_ARRAY) {
            skip_scalar(r, kind);
        } else if (depth == TL_DEPTH_MAX) {
            tl_read_fail(r);
        } else {
            open[depth] = tl_read_array(r, UINT32_MAX) + 1;
            depth++;
        }
        while (depth > 0 && --open[depth - 1] == 0)
            depth--;
    } while (depth > 0 && !r->bad);
    if (r->bad || (size_t)(r->at - start) > max) {
        tl_read_fail(r);
        return TL_BYTES_NONE;
    }
    return tl_bytes(start, (size_t)(r->at - start));
}
