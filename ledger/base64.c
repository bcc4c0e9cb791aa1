/* Strict base64.  See base64.h. */
#include "tl/base64.h"

#define NOT_A_DIGIT 64u

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static uint32_t digit_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint32_t)(c - 'a') + 26u;
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0') + 52u;
    if (c == '+')
        return 62u;
    return c == '/' ? 63u : NOT_A_DIGIT;
}

void tl_base64_write(struct tl_buf *out, struct tl_bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t bits = (uint32_t)bytes.ptr[i] << 16;

        if (left > 1)
            bits |= (uint32_t)bytes.ptr[i + 1] << 8;
        if (left > 2)
            bits |= bytes.ptr[i + 2];
        tl_buf_byte(out, (uint8_t)digits[bits >> 18]);
        tl_buf_byte(out, (uint8_t)digits[bits >> 12 & 63u]);
        tl_buf_byte(out, (uint8_t)(left > 1 ? digits[bits >> 6 & 63u] : '='));
        tl_buf_byte(out, (uint8_t)(left > 2 ? digits[bits & 63u] : '='));
    }
}

/* Four digits, of which the last two may be padding: gives the number of bytes
 * they hold, or 0 when they are not canonical. */
static size_t read_group(const uint8_t group[4], uint8_t out[3])
{
    size_t len = group[3] != '=' ? 3 : group[2] != '=' ? 2 : 1;
    uint32_t bits = 0;

    for (size_t i = 0; i < 4; i++) {
        uint32_t value = i <= len ? digit_value(group[i]) : 0;

        if (value == NOT_A_DIGIT)
            return 0;
        bits = bits << 6 | value;
    }
    out[0] = (uint8_t)(bits >> 16);
    out[1] = (uint8_t)(bits >> 8);
    out[2] = (uint8_t)bits;
    return (bits << (8 * len) & 0xffffffu) == 0 ? len : 0;
}

bool tl_base64_read(uint8_t *out, size_t cap, struct tl_bytes text, size_t *len)
{
    size_t have = 0;
    uint8_t bytes[3];

    *len = 0;
    if (text.len % 4 != 0)
        return false;
    for (size_t i = 0; i < text.len; i += 4) {
        size_t count = read_group(text.ptr + i, bytes);

        if (count == 0 || (count != 3 && i + 4 != text.len))
            return false;
        for (size_t j = 0; j < count; j++, have++) {
            if (have < cap)
                out[have] = bytes[j];
        }
    }
    *len = have;
    return true;
}
