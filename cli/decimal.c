#include "decimal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

/* Long division by ten, 32 bits at a time. */
void tl_decimal_whole(char out[TL_DECIMAL_TEXT], uint64_t hi, uint64_t lo)
{
    uint32_t part[4] = {(uint32_t)(hi >> 32), (uint32_t)hi, (uint32_t)(lo >> 32), (uint32_t)lo};
    char backwards[TL_DECIMAL_TEXT];
    size_t len = 0;

    do {
        uint64_t rest = 0;

        for (size_t i = 0; i < 4; i++) {
            rest = rest << 32 | part[i];
            part[i] = (uint32_t)(rest / 10u);
            rest %= 10u;
        }
        backwards[len++] = (char)('0' + rest);
    } while ((part[0] | part[1] | part[2] | part[3]) != 0);
    for (size_t i = 0; i < len; i++)
        out[i] = backwards[len - 1u - i];
    out[len] = '\0';
}

void tl_decimal_point(char out[TL_DECIMAL_TEXT], const char *digits, uint32_t exponent)
{
    size_t len = strlen(digits);
    size_t whole = len > exponent ? len - exponent : 0;
    int zeros = (int)(len < exponent ? exponent - len : 0);

    if (exponent == 0)
        (void)snprintf(out, TL_DECIMAL_TEXT, "%.47s", digits);
    else
        (void)snprintf(out, TL_DECIMAL_TEXT, "%.*s%s.%.*s%.8s", (int)whole, digits,
                       whole == 0 ? "0" : "", zeros, "00000000", digits + whole);
}
