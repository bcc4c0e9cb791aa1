/* How late, since when, and until when it may be told. */
#include "tl/fcra.h"

#include "tl/entry.h"

static bool day_ok(int64_t day)
{
    return day >= TL_DATE_MIN && day <= TL_DATE_MAX;
}

enum tl_status tl_date_add_years(int32_t *out, int32_t date, int32_t years)
{
    struct tl_civil civil = tl_date_to_civil(date);

    *out = TL_DATE_NONE;
    if (!day_ok(date) || years < -300 || years > 300)
        return TL_ERR_RANGE;
    civil.year += years;
    date = tl_date_from_civil(civil);
    /* A 29 February that does not exist comes out as 1 March. */
    if (tl_date_to_civil(date).month != civil.month)
        date--;
    if (!day_ok(date))
        return TL_ERR_RANGE;
    *out = date;
    return TL_OK;
}

enum tl_status tl_obsolete_of(struct tl_obsolete *out, const struct tl_obsolete_policy *policy,
                              int32_t commenced_on)
{
    struct tl_obsolete dates;

    *out = (struct tl_obsolete){TL_DATE_NONE, TL_DATE_NONE, TL_DATE_NONE, TL_DATE_NONE};
    if (!day_ok(commenced_on))
        return TL_ERR_RANGE;
    dates.first_delinquency_on = commenced_on + policy->late_days;
    dates.clock_on = commenced_on + policy->clock_days;
    if (tl_date_add_years(&dates.gone_on, dates.clock_on, policy->years) != TL_OK ||
        tl_date_add_years(&dates.cautious_on, dates.first_delinquency_on, policy->years) != TL_OK)
        return TL_ERR_RANGE;
    *out = dates;
    return TL_OK;
}

int32_t tl_days_past_due(int32_t oldest_unpaid_due_on, int32_t today)
{
    if (!day_ok(oldest_unpaid_due_on) || !day_ok(today) || today <= oldest_unpaid_due_on)
        return 0;
    return today - oldest_unpaid_due_on;
}

static bool bands_ok(const struct tl_late_band *band, uint32_t count)
{
    if (count == 0 || count > TL_LATE_BANDS_MAX || band[0].from_days != 0)
        return false;
    for (uint32_t i = 1; i < count; i++) {
        if (band[i].from_days <= band[i - 1].from_days)
            return false;
    }
    return true;
}

enum tl_status tl_late_band_of(struct tl_late_band *out, const struct tl_late_band *band,
                               uint32_t count, int32_t days)
{
    *out = (struct tl_late_band){0};
    if (days < 0 || !bands_ok(band, count))
        return TL_ERR_RANGE;
    while (count > 1 && band[count - 1].from_days > days)
        count--;
    *out = band[count - 1];
    return TL_OK;
}
