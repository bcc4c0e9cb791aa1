/* Simple interest, exact; accruals that lose nothing. */
#include "tl/interest.h"

#include "wide.h"

static const char *const rounding_words[] = {"down", "half-away", "half-even", "up"};
const struct tl_names tl_rounding_names = {rounding_words,
                                           sizeof rounding_words / sizeof rounding_words[0]};

static bool terms_ok(int64_t principal_minor, uint32_t rate_bp)
{
    return principal_minor >= 0 && rate_bp <= TL_RATE_BP_MAX;
}

enum tl_status tl_interest_simple(struct tl_exact *out, int64_t principal_minor, uint32_t rate_bp,
                                  enum tl_daycount convention, int32_t from, int32_t to)
{
    int64_t parts;
    wide product;

    *out = (struct tl_exact){0, 0};
    if (!terms_ok(principal_minor, rate_bp) ||
        tl_daycount_parts(convention, from, to, &parts) != TL_OK)
        return TL_ERR_RANGE;
    /* 63 bits by 24, and a span of at most 35: 122 bits. */
    _Static_assert(TL_RATE_BP_MAX < (1u << 24), "rates have 24 bits");
    TL_CHECK(parts < INT64_C(1) << 35);
    product = wide_mul(principal_minor, (int64_t)rate_bp) * (wide)(uint64_t)parts;
    if (!wide_div(product, TL_EXACT_DEN, &out->whole))
        return TL_ERR_RANGE;
    out->part = wide_mod(product, TL_EXACT_DEN);
    return TL_OK;
}

enum tl_status tl_exact_add(struct tl_exact *out, struct tl_exact a, struct tl_exact b)
{
    int64_t part = a.part + b.part;
    int64_t whole;

    *out = (struct tl_exact){0, 0};
    if (!sum_fits(a.whole, b.whole, &whole) ||
        !sum_fits(whole, part >= TL_EXACT_DEN ? 1 : 0, &whole))
        return TL_ERR_RANGE;
    *out = (struct tl_exact){whole, part >= TL_EXACT_DEN ? part - TL_EXACT_DEN : part};
    return TL_OK;
}

static bool goes_up(struct tl_exact value, enum tl_rounding mode)
{
    switch (mode) {
    case TL_ROUND_DOWN:
        return false;
    case TL_ROUND_HALF_AWAY:
        return 2 * value.part >= TL_EXACT_DEN;
    case TL_ROUND_HALF_EVEN:
        return 2 * value.part > TL_EXACT_DEN ||
               (2 * value.part == TL_EXACT_DEN && value.whole % 2 != 0);
    case TL_ROUND_UP:
        return value.part > 0;
    }
    TL_UNREACHABLE();
}

enum tl_status tl_exact_round(int64_t *out, struct tl_exact value, enum tl_rounding mode)
{
    *out = 0;
    if (value.whole < 0 || value.part < 0 || value.part >= TL_EXACT_DEN)
        return TL_ERR_RANGE;
    return sum_fits(value.whole, goes_up(value, mode) ? 1 : 0, out) ? TL_OK : TL_ERR_RANGE;
}

/* ---- accrual ----------------------------------------------------------- */

enum tl_status tl_accrual_init(struct tl_accrual *accrual, int64_t principal_minor,
                               uint32_t rate_bp, enum tl_daycount convention, int32_t from)
{
    *accrual = (struct tl_accrual){0};
    if (!terms_ok(principal_minor, rate_bp))
        return TL_ERR_RANGE;
    accrual->principal_minor = principal_minor;
    accrual->rate_bp = rate_bp;
    accrual->convention = (uint8_t)convention;
    accrual->from = from;
    accrual->through = from;
    return TL_OK;
}

/* What the segment has earned from its first day to `to`, carried fraction
 * included.  Measured whole each time: a span of 30/360 is not the sum of its
 * days. */
static enum tl_status earned(const struct tl_accrual *a, int32_t to, struct tl_exact *out)
{
    enum tl_status status = tl_interest_simple(out, a->principal_minor, a->rate_bp,
                                               (enum tl_daycount)a->convention, a->from, to);

    if (status != TL_OK)
        return status;
    return tl_exact_add(out, *out, (struct tl_exact){0, a->carried});
}

enum tl_status tl_accrual_to(struct tl_accrual *accrual, int32_t to, int64_t *amount_minor)
{
    struct tl_exact total;

    *amount_minor = 0;
    if (to < accrual->through || earned(accrual, to, &total) != TL_OK ||
        total.whole < accrual->accrued_minor)
        return TL_ERR_RANGE;
    *amount_minor = total.whole - accrual->accrued_minor;
    accrual->accrued_minor = total.whole;
    accrual->through = to;
    return TL_OK;
}

enum tl_status tl_accrual_carry(const struct tl_accrual *accrual, int64_t *part)
{
    struct tl_exact total;
    enum tl_status status = earned(accrual, accrual->through, &total);

    *part = status == TL_OK ? total.part : 0;
    return status;
}

enum tl_status tl_accrual_turn(struct tl_accrual *accrual, int64_t principal_minor,
                               uint32_t rate_bp)
{
    int64_t part;

    if (!terms_ok(principal_minor, rate_bp) || tl_accrual_carry(accrual, &part) != TL_OK)
        return TL_ERR_RANGE;
    accrual->principal_minor = principal_minor;
    accrual->rate_bp = rate_bp;
    accrual->carried = part;
    accrual->accrued_minor = 0;
    accrual->from = accrual->through;
    return TL_OK;
}
