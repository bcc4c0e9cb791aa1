/* Day-count conventions: how long a span is, and what part of a year. */
#include "tl/interest.h"

#include "tl/check.h"
#include "tl/entry.h"

_Static_assert(TL_YEAR_PARTS % 365 == 0 && TL_YEAR_PARTS % 360 == 0 && TL_YEAR_PARTS % 366 == 0,
               "one denominator holds every convention");

static bool leap(int32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool february_ends(struct tl_civil day)
{
    return day.month == 2 && day.day == (leap(day.year) ? 29 : 28);
}

static int32_t months_of_30(struct tl_civil a, struct tl_civil b)
{
    return 360 * (b.year - a.year) + 30 * (b.month - a.month) + (b.day - a.day);
}

/* NASD: the last of February is a 30th (the second date only if the first is
 * one too); a 31st after a 30th is a 30th. */
static int32_t days_30_us(struct tl_civil a, struct tl_civil b)
{
    if (february_ends(a)) {
        if (february_ends(b))
            b.day = 30;
        a.day = 30;
    }
    if (b.day == 31 && a.day >= 30)
        b.day = 30;
    if (a.day == 31)
        a.day = 30;
    return months_of_30(a, b);
}

static int32_t days_30e(struct tl_civil a, struct tl_civil b)
{
    if (a.day == 31)
        a.day = 30;
    if (b.day == 31)
        b.day = 30;
    return months_of_30(a, b);
}

/* Some 700,000 years to either side: the civil calendar of years next to these
 * still fits 32 bits, and a date that is not set does not pass for one. */
#define DAY_MAX (1 << 28)

static bool span_ok(int32_t from, int32_t to)
{
    return -DAY_MAX <= from && from <= to && to <= DAY_MAX && to - from <= TL_SPAN_DAYS_MAX;
}

static int32_t days_of(enum tl_daycount convention, int32_t from, int32_t to)
{
    switch (convention) {
    case TL_DAYCOUNT_ACT_365F:
    case TL_DAYCOUNT_ACT_360:
    case TL_DAYCOUNT_ACT_ACT_ISDA:
        return to - from;
    case TL_DAYCOUNT_30_360_US:
        return days_30_us(tl_date_to_civil(from), tl_date_to_civil(to));
    case TL_DAYCOUNT_30E_360:
        return days_30e(tl_date_to_civil(from), tl_date_to_civil(to));
    }
    TL_UNREACHABLE();
}

enum tl_status tl_daycount_days(enum tl_daycount convention, int32_t from, int32_t to,
                                int32_t *days)
{
    *days = 0;
    if (!span_ok(from, to))
        return TL_ERR_RANGE;
    *days = days_of(convention, from, to);
    return TL_OK;
}

/* Each day of a leap year is a 366th, each other day a 365th; the span is cut
 * at every New Year, whole years between counting one each. */
static int64_t parts_isda(int32_t from, int32_t to)
{
    int32_t first = tl_date_to_civil(from).year;
    int32_t last = tl_date_to_civil(to).year;
    int64_t first_day = TL_YEAR_PARTS / (leap(first) ? 366 : 365);
    int64_t last_day = TL_YEAR_PARTS / (leap(last) ? 366 : 365);

    if (first == last)
        return (to - from) * first_day;
    return (tl_date_from_civil((struct tl_civil){first + 1, 1, 1}) - from) * first_day +
           (last - first - 1) * TL_YEAR_PARTS +
           (to - tl_date_from_civil((struct tl_civil){last, 1, 1})) * last_day;
}

enum tl_status tl_daycount_parts(enum tl_daycount convention, int32_t from, int32_t to,
                                 int64_t *parts)
{
    *parts = 0;
    if (!span_ok(from, to))
        return TL_ERR_RANGE;
    if (convention == TL_DAYCOUNT_ACT_ACT_ISDA)
        *parts = parts_isda(from, to);
    else
        *parts = days_of(convention, from, to) *
                 (TL_YEAR_PARTS / (convention == TL_DAYCOUNT_ACT_365F ? 365 : 360));
    TL_CHECK(*parts >= 0);
    return TL_OK;
}
