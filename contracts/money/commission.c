/* Rates and commissions. */
#include "tl/commission.h"

#include "tl/entry.h"
#include "wide.h"

#define BP_ONE 10000

enum tl_status tl_commission_of(int64_t *out, int64_t amount_minor, uint32_t rate_bp)
{
    int64_t size;
    bool fits;

    *out = 0;
    if (rate_bp > BP_ONE || amount_minor == INT64_MIN)
        return TL_ERR_RANGE;
    size = amount_minor < 0 ? -amount_minor : amount_minor;
    fits = wide_div(wide_mul(size, (int64_t)rate_bp) + BP_ONE / 2, BP_ONE, out);
    TL_CHECK(fits && *out <= size);
    if (amount_minor < 0)
        *out = -*out;
    return TL_OK;
}

enum tl_status tl_commission_tier_rate(uint32_t *rate_bp, const struct tl_commission_tier *tier,
                                       uint32_t count, int32_t days)
{
    *rate_bp = 0;
    if (count == 0 || count > TL_COMMISSION_ROWS_MAX)
        return TL_ERR_RANGE;
    for (uint32_t i = 0; i < count; i++) {
        if (tier[i].rate_bp > BP_ONE || (i > 0 && tier[i].max_days <= tier[i - 1].max_days))
            return TL_ERR_RANGE;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (days <= tier[i].max_days || i == count - 1) {
            *rate_bp = tier[i].rate_bp;
            break;
        }
    }
    return TL_OK;
}

static bool brackets_ok(const struct tl_commission_bracket *bracket, uint32_t count)
{
    if (count == 0 || count > TL_COMMISSION_ROWS_MAX)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (bracket[i].rate_bp > BP_ONE || bracket[i].up_to_minor < 0 ||
            (i > 0 && bracket[i].up_to_minor <= bracket[i - 1].up_to_minor))
            return false;
    }
    return true;
}

enum tl_status tl_commission_at(int64_t *out, const struct tl_commission_bracket *bracket,
                                uint32_t count, int64_t collected_minor)
{
    wide sum = BP_ONE / 2; /* rounds the whole, not each bracket */
    int64_t from = 0;
    bool fits;

    *out = 0;
    if (collected_minor < 0 || !brackets_ok(bracket, count))
        return TL_ERR_RANGE;
    for (uint32_t i = 0; i < count && from < collected_minor; i++) {
        int64_t to =
            i == count - 1 ? collected_minor : lesser(collected_minor, bracket[i].up_to_minor);

        sum += wide_mul(to - from, (int64_t)bracket[i].rate_bp);
        from = to;
    }
    fits = wide_div(sum, BP_ONE, out);
    TL_CHECK(fits && *out <= collected_minor);
    return TL_OK;
}

enum tl_status tl_commission_step(int64_t *out, const struct tl_commission_bracket *bracket,
                                  uint32_t count, int64_t collected_minor, int64_t amount_minor)
{
    int64_t after_minor;
    int64_t before = 0;
    int64_t after = 0;

    *out = 0;
    if (!sum_fits(collected_minor, amount_minor, &after_minor) ||
        tl_commission_at(&before, bracket, count, collected_minor) != TL_OK ||
        tl_commission_at(&after, bracket, count, after_minor) != TL_OK)
        return TL_ERR_RANGE;
    *out = after - before;
    return TL_OK;
}

bool tl_commission_earns(int32_t placed_on, int32_t recalled_on, int32_t tail_days, int32_t paid_on)
{
    if (paid_on < placed_on)
        return false;
    return recalled_on == TL_DATE_NONE || paid_on <= (int64_t)recalled_on + tail_days;
}

enum tl_status tl_commission_costs_first(int64_t amount_minor, int64_t costs_minor,
                                         int64_t *to_costs, int64_t *earning)
{
    *to_costs = 0;
    *earning = 0;
    if (amount_minor < 0 || costs_minor < 0)
        return TL_ERR_RANGE;
    *to_costs = lesser(amount_minor, costs_minor);
    *earning = amount_minor - *to_costs;
    return TL_OK;
}
