/* Reading line-based formats. */
#include "lines.h"

#include "tl/base64.h"

#include <string.h>

bool tl_line_take(struct tl_bytes *rest, struct tl_bytes *line)
{
    const uint8_t *end = rest->len == 0 ? NULL : memchr(rest->ptr, '\n', rest->len);
    size_t len;

    if (end == NULL)
        return false;
    len = (size_t)(end - rest->ptr);
    *line = tl_bytes(rest->ptr, len);
    *rest = tl_bytes(end + 1, rest->len - len - 1);
    return true;
}

bool tl_word_take(struct tl_bytes *line, const char *word)
{
    size_t len = strlen(word);

    if (line->len < len || memcmp(line->ptr, word, len) != 0)
        return false;
    *line = tl_bytes(line->ptr + len, line->len - len);
    return true;
}

bool tl_line_u64(struct tl_bytes line, uint64_t *value)
{
    uint64_t sum = 0;

    *value = 0;
    if (line.len == 0 || (line.len > 1 && line.ptr[0] == '0'))
        return false;
    for (size_t i = 0; i < line.len; i++) {
        uint8_t digit = (uint8_t)(line.ptr[i] - '0');

        if (digit > 9 || sum > (UINT64_MAX - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *value = sum;
    return true;
}

bool tl_line_hash(struct tl_bytes line, struct tl_hash *hash)
{
    size_t len;

    return tl_base64_read(hash->b, sizeof hash->b, line, &len) && len == sizeof hash->b;
}

void tl_put_text(struct tl_buf *out, const char *text)
{
    tl_buf_put(out, text, strlen(text));
}

void tl_put_decimal(struct tl_buf *out, uint64_t value)
{
    uint8_t digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (uint8_t)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    tl_buf_put(out, digits + at, sizeof digits - at);
}
