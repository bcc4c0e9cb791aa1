/* A total in parts that add up to it. */
#include "tl/allocation.h"

#include "wide.h"

#include <string.h>

static bool total_weight(const int64_t *weight, uint32_t count, int64_t *sum)
{
    *sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (weight[i] < 0 || !sum_fits(*sum, weight[i], sum))
            return false;
    }
    return *sum > 0;
}

static uint32_t largest(const int64_t *rest, uint32_t count)
{
    uint32_t best = 0;

    for (uint32_t i = 1; i < count; i++) {
        if (rest[i] > rest[best])
            best = i;
    }
    return best;
}

enum tl_status tl_prorate(int64_t total, const int64_t *weight, uint32_t count, int64_t *part)
{
    int64_t rest[TL_SHARES_MAX];
    int64_t sum;
    int64_t left = total;

    if (count > TL_SHARES_MAX)
        return TL_ERR_LIMIT;
    if (count != 0)
        memset(part, 0, count * sizeof part[0]);
    if (total < 0 || !total_weight(weight, count, &sum))
        return TL_ERR_RANGE;
    for (uint32_t i = 0; i < count; i++) {
        wide product = wide_mul(total, weight[i]);
        /* weight <= sum, so a share is at most the total. */
        bool fits = wide_div(product, sum, &part[i]);

        TL_CHECK(fits);
        rest[i] = wide_mod(product, sum);
        left -= part[i];
    }
    /* The remainders add up to `left` times the sum, each below one sum: more
     * than `left` of them are not zero, or exactly as many. */
    TL_CHECK(left >= 0 && left < (int64_t)count);
    for (; left > 0; left--) {
        uint32_t at = largest(rest, count);

        part[at]++;
        rest[at] = 0;
    }
    return TL_OK;
}

int64_t tl_equal_part(int64_t total, uint32_t count, uint32_t index)
{
    TL_CHECK(count > 0 && index < count && total >= 0);
    return total / count + (index < total % count ? 1 : 0);
}
