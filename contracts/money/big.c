/* Whole numbers as long as a plan's powers need. */
#include "big.h"

#include "tl/check.h"

#include <string.h>

void big_set(struct big *n, uint32_t value)
{
    n->word[0] = value;
    n->words = value == 0 ? 0 : 1;
}

void big_mul(struct big *n, uint32_t by)
{
    uint64_t carry = 0;

    for (uint32_t i = 0; i < n->words; i++) {
        carry += (uint64_t)n->word[i] * by;
        n->word[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry != 0) {
        TL_CHECK(n->words < BIG_WORDS_MAX);
        n->word[n->words++] = (uint32_t)carry;
    }
    while (n->words > 0 && n->word[n->words - 1] == 0)
        n->words--;
}

/* out += n, `at` words higher up. */
static void add_at(struct big *out, const struct big *n, uint32_t at)
{
    uint64_t carry = 0;
    uint32_t i = 0;

    if (n->words == 0)
        return;
    TL_CHECK(n->words + at < BIG_WORDS_MAX);
    while (out->words < n->words + at + 1)
        out->word[out->words++] = 0;
    for (; i < n->words || carry != 0; i++) {
        carry += (uint64_t)out->word[at + i] + (i < n->words ? n->word[i] : 0);
        out->word[at + i] = (uint32_t)carry;
        carry >>= 32;
    }
    while (out->words > 0 && out->word[out->words - 1] == 0)
        out->words--;
}

void big_mul63(struct big *out, const struct big *n, int64_t by)
{
    struct big high;

    TL_CHECK(by >= 0);
    *out = *n;
    big_mul(out, (uint32_t)by);
    high = *n;
    big_mul(&high, (uint32_t)(by >> 32));
    add_at(out, &high, 1);
}

void big_power(struct big *n, uint32_t base, uint32_t exponent)
{
    big_set(n, 1);
    for (uint32_t i = 0; i < exponent; i++)
        big_mul(n, base);
}

void big_sub(struct big *a, const struct big *b)
{
    int64_t borrow = 0;

    TL_CHECK(!big_less(a, b));
    for (uint32_t i = 0; i < a->words; i++) {
        borrow += (int64_t)a->word[i] - (i < b->words ? (int64_t)b->word[i] : 0);
        a->word[i] = (uint32_t)borrow;
        borrow = borrow < 0 ? -1 : 0;
    }
    while (a->words > 0 && a->word[a->words - 1] == 0)
        a->words--;
}

bool big_less(const struct big *a, const struct big *b)
{
    if (a->words != b->words)
        return a->words < b->words;
    for (uint32_t i = a->words; i > 0; i--) {
        if (a->word[i - 1] != b->word[i - 1])
            return a->word[i - 1] < b->word[i - 1];
    }
    return false;
}
