/* Civil dates as days since 1970-01-01, by whole 400-year eras whose year
 * begins in March, so that the leap day comes last. */
#include "tl/entry.h"

#include <string.h>

int32_t tl_date_from_civil(struct tl_civil civil)
{
    int32_t year = civil.month <= 2 ? civil.year - 1 : civil.year;
    int32_t era = (year >= 0 ? year : year - 399) / 400;
    int32_t year_of_era = year - era * 400;
    int32_t day_of_year =
        (153 * (civil.month + (civil.month > 2 ? -3 : 9)) + 2) / 5 + civil.day - 1;
    int32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

struct tl_civil tl_date_to_civil(int32_t date)
{
    int64_t z = (int64_t)date + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int32_t day_of_era = (int32_t)(z - era * 146097);
    int32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int32_t shifted = (5 * day_of_year + 2) / 153;
    struct tl_civil civil;

    civil.day = day_of_year - (153 * shifted + 2) / 5 + 1;
    civil.month = shifted < 10 ? shifted + 3 : shifted - 9;
    civil.year = (int32_t)(year_of_era + era * 400) + (civil.month <= 2 ? 1 : 0);
    return civil;
}

/* Reads `count` digits; -1: something else is there. */
static int32_t digits(const uint8_t *at, size_t count)
{
    int32_t value = 0;

    for (size_t i = 0; i < count; i++) {
        if (at[i] < '0' || at[i] > '9')
            return -1;
        value = value * 10 + (at[i] - '0');
    }
    return value;
}

bool tl_date_parse(struct tl_bytes text, int32_t *date)
{
    struct tl_civil civil;
    struct tl_civil back;

    if (text.len != 10 || text.ptr[4] != '-' || text.ptr[7] != '-')
        return false;
    civil.year = digits(text.ptr, 4);
    civil.month = digits(text.ptr + 5, 2);
    civil.day = digits(text.ptr + 8, 2);
    if (civil.year < 0 || civil.month < 1 || civil.month > 12 || civil.day < 1)
        return false;
    *date = tl_date_from_civil(civil);
    back = tl_date_to_civil(*date);
    return back.year == civil.year && back.month == civil.month && back.day == civil.day;
}

void tl_date_text(char out[11], int32_t date)
{
    static const char form[] = "0000-00-00";
    struct tl_civil civil = tl_date_to_civil(date);
    int32_t year = civil.year;

    memcpy(out, form, sizeof form);
    if (date == TL_DATE_NONE || year < 0 || year > 9999) {
        memcpy(out, "none", 5);
        return;
    }
    for (int i = 3; i >= 0; i--, year /= 10)
        out[i] = (char)('0' + year % 10);
    out[5] = (char)('0' + civil.month / 10);
    out[6] = (char)('0' + civil.month % 10);
    out[8] = (char)('0' + civil.day / 10);
    out[9] = (char)('0' + civil.day % 10);
}
