/* Views, fixed-width integers, hex, arenas and writers. */
#include "tl/bytes.h"

#include "tl/check.h"

#include <string.h>

struct tl_bytes tl_bytes_str(const char *text)
{
    return tl_bytes(text, strlen(text));
}

bool tl_bytes_eq(struct tl_bytes a, struct tl_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

int tl_bytes_cmp(struct tl_bytes a, struct tl_bytes b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common == 0 ? 0 : memcmp(a.ptr, b.ptr, common);

    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

bool tl_hash_eq(const struct tl_hash *a, const struct tl_hash *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

static bool all_zero(const uint8_t *ptr, size_t len)
{
    uint8_t any = 0;

    for (size_t i = 0; i < len; i++)
        any |= ptr[i];
    return any == 0;
}

bool tl_hash_is_zero(const struct tl_hash *hash)
{
    return all_zero(hash->b, sizeof hash->b);
}

bool tl_id_is_zero(const struct tl_id *id)
{
    return all_zero(id->b, sizeof id->b);
}

void tl_put_u16be(uint8_t out[2], uint16_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

void tl_put_u32be(uint8_t out[4], uint32_t value)
{
    tl_put_u16be(out, (uint16_t)(value >> 16));
    tl_put_u16be(out + 2, (uint16_t)value);
}

void tl_put_u64be(uint8_t out[8], uint64_t value)
{
    tl_put_u32be(out, (uint32_t)(value >> 32));
    tl_put_u32be(out + 4, (uint32_t)value);
}

uint16_t tl_get_u16be(const uint8_t in[2])
{
    return (uint16_t)((uint32_t)in[0] << 8 | in[1]);
}

uint32_t tl_get_u32be(const uint8_t in[4])
{
    return (uint32_t)tl_get_u16be(in) << 16 | tl_get_u16be(in + 2);
}

uint64_t tl_get_u64be(const uint8_t in[8])
{
    return (uint64_t)tl_get_u32be(in) << 32 | tl_get_u32be(in + 4);
}

void tl_hex(char *out, struct tl_bytes bytes)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.len; i++) {
        out[2 * i] = digits[bytes.ptr[i] >> 4];
        out[2 * i + 1] = digits[bytes.ptr[i] & 15];
    }
    out[2 * bytes.len] = '\0';
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool tl_unhex(uint8_t *out, size_t len, const char *text)
{
    for (size_t i = 0; i < len; i++) {
        int high = digit_value(text[2 * i]);
        int low = high < 0 ? -1 : digit_value(text[2 * i + 1]);

        if (low < 0) {
            memset(out, 0, len);
            return false;
        }
        out[i] = (uint8_t)(high * 16 + low);
    }
    return text[2 * len] == '\0';
}

void tl_arena_init(struct tl_arena *arena, void *memory, size_t size)
{
    *arena = (struct tl_arena){memory, size, 0};
}

void *tl_arena_take(struct tl_arena *arena, size_t len)
{
    size_t align = _Alignof(max_align_t);
    size_t at = (size_t)((uintptr_t)arena->base + arena->used);
    size_t pad = (align - at % align) % align;
    void *out;

    TL_CHECK(arena->used <= arena->size);
    if (pad > arena->size - arena->used || len > arena->size - arena->used - pad)
        return NULL;
    out = arena->base + arena->used + pad;
    arena->used += pad + len;
    return memset(out, 0, len);
}

bool tl_arena_copy(struct tl_arena *arena, struct tl_bytes in, struct tl_bytes *out)
{
    void *room = tl_arena_take(arena, in.len);

    *out = TL_BYTES_NONE;
    if (room == NULL)
        return false;
    if (in.len != 0)
        memcpy(room, in.ptr, in.len);
    *out = tl_bytes(room, in.len);
    return true;
}

void tl_arena_reset(struct tl_arena *arena)
{
    arena->used = 0;
}

void tl_buf_put(struct tl_buf *buf, const void *bytes, size_t len)
{
    TL_CHECK(buf->len <= buf->cap);
    if (buf->full || len > buf->cap - buf->len) {
        buf->full = true;
        return;
    }
    if (len != 0)
        memcpy(buf->ptr + buf->len, bytes, len);
    buf->len += len;
}

void tl_buf_byte(struct tl_buf *buf, uint8_t byte)
{
    tl_buf_put(buf, &byte, 1);
}
