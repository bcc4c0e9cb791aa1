/* Clocks and the calendar. */
#include "tl/clock.h"

#include "tl/check.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static uint64_t clock_us(clockid_t which)
{
    struct timespec now;

    TL_CHECK(clock_gettime(which, &now) == 0);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

uint64_t tl_clock_mono_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

uint64_t tl_clock_mono_ms(void)
{
    return clock_us(CLOCK_MONOTONIC) / 1000u;
}

uint64_t tl_clock_wall_ms(void)
{
    return clock_us(CLOCK_REALTIME) / 1000u;
}

/* Years are counted from 1 March, so that the leap day is a year's last; eras
 * are the 400 years after which the calendar repeats (146,097 days).  1 March
 * of year 0 is day -719,468 of ours. */
enum { DAYS_PER_ERA = 146097, DAYS_TO_1970 = 719468 };

static bool is_leap(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static uint32_t month_days(int32_t year, uint32_t month)
{
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

bool tl_civil_days(struct tl_civil date, int32_t *days)
{
    int32_t year;
    int32_t era;
    int32_t year_of_era;
    int32_t day_of_year;

    *days = 0;
    if (date.year < 1 || date.year > 9999 || date.month < 1 || date.month > 12 || date.day < 1 ||
        date.day > month_days(date.year, date.month))
        return false;
    year = date.year - (date.month <= 2 ? 1 : 0);
    era = year / 400;
    year_of_era = year - era * 400;
    day_of_year = (153 * (int32_t)((date.month + 9) % 12) + 2) / 5 + (int32_t)date.day - 1;
    *days = era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
            day_of_year - DAYS_TO_1970;
    return true;
}

struct tl_civil tl_civil_from_days(int32_t days)
{
    const int64_t day = (int64_t)days + DAYS_TO_1970;
    const int64_t era = (day >= 0 ? day : day - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    const int64_t of_era = day - era * DAYS_PER_ERA;
    const int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t march_month = (5 * of_year + 2) / 153;
    const int64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
    const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);

    return (struct tl_civil){(int32_t)year, (uint32_t)month,
                             (uint32_t)(of_year - (153 * march_month + 2) / 5 + 1)};
}

static bool digits(const char *text, size_t len, uint32_t *out)
{
    *out = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *out = *out * 10u + (uint32_t)(text[i] - '0');
    }
    return true;
}

bool tl_date_parse(const char *text, int32_t *days)
{
    uint32_t year;
    uint32_t month;
    uint32_t day;

    *days = 0;
    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
        return false;
    if (!digits(text, 4, &year) || !digits(text + 5, 2, &month) || !digits(text + 8, 2, &day))
        return false;
    return tl_civil_days((struct tl_civil){(int32_t)year, month, day}, days);
}

void tl_date_print(int32_t days, char out[TL_DATE_TEXT_BYTES])
{
    const struct tl_civil date = tl_civil_from_days(days);
    char text[32];

    (void)snprintf(text, sizeof text, "%04d-%02u-%02u", (int)date.year, (unsigned)date.month,
                   (unsigned)date.day);
    memcpy(out, text, TL_DATE_TEXT_BYTES - 1);
    out[TL_DATE_TEXT_BYTES - 1] = '\0';
}
