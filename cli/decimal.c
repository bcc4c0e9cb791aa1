#include "decimal.h"

#include <inttypes.h>
#include <stdio.h>

/* A number as read: digits · 10^scale. */
struct number {
    bool negative;
    bool overflow;
    int64_t digits;
    int32_t scale;
};

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static void digit_push(struct number *n, uint8_t c)
{
    int64_t digit = c - '0';

    if (n->digits > (INT64_MAX - digit) / 10)
        n->overflow = true;
    else
        n->digits = n->digits * 10 + digit;
}

static bool sign_read(struct tl_bytes *text)
{
    bool negative = text->len > 0 && text->ptr[0] == '-';

    if (text->len > 0 && (text->ptr[0] == '-' || text->ptr[0] == '+'))
        *text = tl_bytes(text->ptr + 1, text->len - 1);
    return negative;
}

/* A group separator stands only between digits, before the point, and with
 * exactly three digits between it and the next or the point. */
/* NOLINTNEXTLINE(readability-function-cognitive-complexity): one loop, one grammar */
static bool mantissa_read(struct number *n, struct tl_bytes *text,
                          const struct tl_decimal_style *style)
{
    size_t seen = 0;
    size_t run = 0;
    bool grouped = false;
    bool point = false;
    size_t i = 0;

    for (; i < text->len; i++) {
        uint8_t c = text->ptr[i];

        if (is_digit(c)) {
            digit_push(n, c);
            seen++;
            run++;
            n->scale -= point ? 1 : 0;
        } else if (c == (uint8_t)style->point && !point) {
            if (grouped && run != 3)
                return false;
            point = true;
        } else if (style->group != 0 && c == (uint8_t)style->group && !point) {
            if (run == 0 || run > 3 || (grouped && run != 3))
                return false;
            grouped = true;
            run = 0;
        } else {
            break;
        }
    }
    if (grouped && !point && run != 3)
        return false;
    *text = tl_bytes(text->ptr + i, text->len - i);
    return seen > 0;
}

static bool exponent_read(struct number *n, struct tl_bytes text)
{
    int32_t value = 0;
    bool negative;

    if (text.len == 0)
        return true;
    if (text.ptr[0] != 'e' && text.ptr[0] != 'E')
        return false;
    text = tl_bytes(text.ptr + 1, text.len - 1);
    negative = sign_read(&text);
    if (text.len == 0 || text.len > 3)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_digit(text.ptr[i]))
            return false;
        value = value * 10 + (text.ptr[i] - '0');
    }
    n->scale += negative ? -value : value;
    return true;
}

static struct tl_bytes trimmed(struct tl_bytes text)
{
    while (text.len > 0 && text.ptr[0] == ' ')
        text = tl_bytes(text.ptr + 1, text.len - 1);
    while (text.len > 0 && text.ptr[text.len - 1] == ' ')
        text.len--;
    return text;
}

enum tl_status tl_decimal_parse(struct tl_bytes text, const struct tl_decimal_style *style,
                                int64_t *out)
{
    struct number n = {0};

    *out = 0;
    text = trimmed(text);
    n.negative = sign_read(&text);
    if (!mantissa_read(&n, &text, style) || !exponent_read(&n, text))
        return TL_ERR_ENCODING;
    if (n.overflow)
        return TL_ERR_RANGE;
    n.scale += (int32_t)style->exponent;
    for (; n.scale > 0 && n.digits != 0; n.scale--) {
        if (n.digits > INT64_MAX / 10)
            return TL_ERR_RANGE;
        n.digits *= 10;
    }
    for (; n.scale < 0 && n.digits != 0; n.scale++) {
        if (n.digits % 10 != 0)
            return TL_ERR_RANGE;
        n.digits /= 10;
    }
    *out = n.negative ? -n.digits : n.digits;
    return TL_OK;
}

void tl_decimal_print(char out[TL_DECIMAL_TEXT], int64_t minor, uint32_t exponent)
{
    uint64_t value = minor < 0 ? 0u - (uint64_t)minor : (uint64_t)minor;
    const char *sign = minor < 0 ? "-" : "";
    uint64_t unit = 1;

    for (uint32_t i = 0; i < exponent && i < 18; i++)
        unit *= 10u;
    if (exponent == 0)
        (void)snprintf(out, TL_DECIMAL_TEXT, "%s%" PRIu64, sign, value);
    else
        (void)snprintf(out, TL_DECIMAL_TEXT, "%s%" PRIu64 ".%0*" PRIu64, sign, value / unit,
                       (int)exponent, value % unit);
}
