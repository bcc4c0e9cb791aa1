/* What ends a debt for less. */
#include "tl/arrangement.h"

#include "wide.h"

enum tl_status tl_settlement_of(struct tl_settlement *out, int64_t balance_minor, uint32_t share_bp,
                                int64_t report_from_minor)
{
    int64_t amount = 0;
    bool fits;

    *out = (struct tl_settlement){0};
    if (balance_minor < 0 || share_bp > 10000)
        return TL_ERR_RANGE;
    /* Rounded up; a share of at most the whole is at most the balance. */
    fits = wide_div(wide_mul(balance_minor, (int64_t)share_bp) + 9999, 10000, &amount);
    TL_CHECK(fits && amount <= balance_minor);
    out->amount_minor = amount;
    out->forgiven_minor = balance_minor - amount;
    out->reportable = out->forgiven_minor > 0 && out->forgiven_minor >= report_from_minor;
    return TL_OK;
}

int64_t tl_settlement_restored(int64_t balance_minor, int64_t paid_minor)
{
    TL_CHECK(balance_minor >= 0 && paid_minor >= 0);
    return paid_minor < balance_minor ? balance_minor - paid_minor : 0;
}
