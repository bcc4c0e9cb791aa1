/* big.h -- whole numbers as long as a plan's powers need (private).
 *
 * (1 + i)^n has a numerator of n times 24 bits; 600 parts take 14,400 bits and
 * an amount in front of them 63 more.  Only what the level payment asks for is
 * here: multiply by a machine word, subtract, compare.  Little end first; the
 * words above `words` are not set. */
#ifndef TL_MONEY_BIG_H
#define TL_MONEY_BIG_H

#include <stdbool.h>
#include <stdint.h>

#define BIG_WORDS_MAX 456u

struct big {
    uint32_t words;
    uint32_t word[BIG_WORDS_MAX];
};

void big_set(struct big *n, uint32_t value);
void big_mul(struct big *n, uint32_t by);
/* By a number of up to 63 bits. */
void big_mul63(struct big *out, const struct big *n, int64_t by);
void big_power(struct big *n, uint32_t base, uint32_t exponent);
/* a -= b; a is not the smaller. */
void big_sub(struct big *a, const struct big *b);
bool big_less(const struct big *a, const struct big *b);

#endif
