/* UTF-8 as RFC 3629 has it, without control characters. */
#include "tl/codec.h"

/* How many bytes the sequence that starts with `lead` has; 0: none does. */
static size_t sequence_len(uint8_t lead)
{
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        return 2;
    if (lead >= 0xe0 && lead <= 0xef)
        return 3;
    if (lead >= 0xf0 && lead <= 0xf4)
        return 4;
    return 0;
}

/* The second byte closes the gaps the lead byte leaves open: overlong forms,
 * surrogates and what lies beyond U+10FFFF. */
static bool second_ok(uint8_t lead, uint8_t second)
{
    if (lead == 0xe0)
        return second >= 0xa0;
    if (lead == 0xed)
        return second <= 0x9f;
    if (lead == 0xf0)
        return second >= 0x90;
    if (lead == 0xf4)
        return second <= 0x8f;
    return true;
}

static bool sequence_ok(const uint8_t *at, size_t len)
{
    if (len == 1)
        return at[0] >= 0x20 && at[0] != 0x7f;
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return false;
    }
    return second_ok(at[0], at[1]);
}

bool tl_utf8_ok(struct tl_bytes text)
{
    size_t i = 0;

    while (i < text.len) {
        size_t len = sequence_len(text.ptr[i]);

        if (len == 0 || len > text.len - i || !sequence_ok(text.ptr + i, len))
            return false;
        i += len;
    }
    return true;
}
