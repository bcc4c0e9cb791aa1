/* Business days, and the validation period counted in them. */
#include "tl/reg_f.h"

#include "tl/check.h"
#include "tl/entry.h"

enum { SATURDAY = 5, SUNDAY = 6 };

uint8_t tl_weekday(int32_t date)
{
    int64_t day = ((int64_t)date + 3) % 7; /* 1970-01-01 was a Thursday */

    return (uint8_t)(day < 0 ? day + 7 : day);
}

static bool is_nth(const struct tl_holiday *holiday, struct tl_civil civil, int32_t date)
{
    if (tl_weekday(date) != holiday->weekday)
        return false;
    if (holiday->nth == 5) /* the last: a week on it is another month */
        return tl_date_to_civil(date + 7).month != civil.month;
    return (civil.day - 1) / 7 + 1 == holiday->nth;
}

static bool falls_on(const struct tl_holiday *holiday, int32_t date)
{
    struct tl_civil civil = tl_date_to_civil(date);

    if (civil.month != holiday->month || civil.year < holiday->since_year)
        return false;
    return holiday->day != 0 ? civil.day == holiday->day : is_nth(holiday, civil, date);
}

static bool any_on(const struct tl_holiday *holiday, uint32_t count, int32_t date)
{
    for (uint32_t i = 0; i < count; i++) {
        if (falls_on(&holiday[i], date))
            return true;
    }
    return false;
}

bool tl_holiday_on(const struct tl_holiday *holiday, uint32_t count, int32_t date, bool observed)
{
    uint8_t weekday;

    if (date < TL_DATE_MIN || date > TL_DATE_MAX)
        return false;
    if (any_on(holiday, count, date))
        return true;
    weekday = tl_weekday(date);
    /* Friday for a Saturday's holiday, Monday for a Sunday's. */
    return observed && ((weekday == SATURDAY - 1 && any_on(holiday, count, date + 1)) ||
                        (weekday == 0 && any_on(holiday, count, date - 1)));
}

static bool business_day(const struct tl_business_days *list, int32_t date)
{
    return tl_weekday(date) < SATURDAY &&
           !tl_holiday_on(list->holiday, list->holidays, date, list->observed);
}

enum tl_status tl_business_day_from(int32_t *out, const struct tl_business_days *list, int32_t date)
{
    int32_t last;

    *out = TL_DATE_NONE;
    if (date < TL_DATE_MIN || date > TL_DATE_MAX)
        return TL_ERR_RANGE;
    last = date > TL_DATE_MAX - 366 ? TL_DATE_MAX : date + 366;
    for (; date <= last; date++) {
        if (business_day(list, date)) {
            *out = date;
            return TL_OK;
        }
    }
    return TL_ERR_RANGE;
}

enum tl_status tl_business_days_after(int32_t *out, const struct tl_business_days *list,
                                      int32_t date, uint32_t days)
{
    enum tl_status status = TL_OK;

    *out = TL_DATE_NONE;
    if (date < TL_DATE_MIN || date > TL_DATE_MAX)
        return TL_ERR_RANGE;
    for (; days > 0 && status == TL_OK; days--)
        status = tl_business_day_from(&date, list, date + 1);
    if (status == TL_OK)
        *out = date;
    return status;
}

enum tl_status tl_validation_of(struct tl_validation *out,
                                const struct tl_validation_policy *policy, int32_t sent_on)
{
    int32_t receipt_on;

    *out = (struct tl_validation){TL_DATE_NONE, TL_DATE_NONE};
    if (tl_business_days_after(&receipt_on, &policy->business, sent_on, policy->receipt_days) !=
            TL_OK ||
        receipt_on > TL_DATE_MAX - policy->period_days)
        return TL_ERR_RANGE;
    out->receipt_on = receipt_on;
    out->end_on = receipt_on + policy->period_days;
    return TL_OK;
}
