#include "date.h"

#include <stdio.h>
#include <string.h>

/* The era arithmetic counts years from March, so the leap day is the last one
 * of a year and every other month has a fixed place. */
int32_t tl_date_days(struct tl_civil date)
{
    int32_t year = date.month <= 2 ? date.year - 1 : date.year;
    int32_t era = (year >= 0 ? year : year - 399) / 400;
    int32_t of_era = year - era * 400;
    int32_t month = date.month > 2 ? date.month - 3 : date.month + 9;
    int32_t of_year = (153 * month + 2) / 5 + date.day - 1;
    int32_t day = of_era * 365 + of_era / 4 - of_era / 100 + of_year;

    return era * 146097 + day - 719468;
}

struct tl_civil tl_date_civil(int32_t days)
{
    int32_t z = days + 719468;
    int32_t era = (z >= 0 ? z : z - 146096) / 146097;
    int32_t day = z - era * 146097;
    int32_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int32_t of_year = day - (365 * year + year / 4 - year / 100);
    int32_t month = (5 * of_year + 2) / 153;
    struct tl_civil date = {year + era * 400, month < 10 ? month + 3 : month - 9,
                            of_year - (153 * month + 2) / 5 + 1};

    date.year += date.month <= 2 ? 1 : 0;
    return date;
}

bool tl_date_valid(struct tl_civil date)
{
    static const int32_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0);

    if (date.year < 1 || date.year > 9999 || date.month < 1 || date.month > 12 || date.day < 1)
        return false;
    return date.day <= days[date.month - 1] + (leap && date.month == 2 ? 1 : 0);
}

struct scan {
    struct tl_bytes text;
    struct tl_civil date;
    bool bad;
};

static int32_t scan_number(struct scan *s, size_t least, size_t most)
{
    int32_t value = 0;
    size_t n = 0;

    while (n < most && n < s->text.len && s->text.ptr[n] >= '0' && s->text.ptr[n] <= '9')
        value = value * 10 + (s->text.ptr[n++] - '0');
    if (n < least)
        s->bad = true;
    s->text = tl_bytes(s->text.ptr + n, s->text.len - n);
    return value;
}

static int32_t scan_month_name(struct scan *s)
{
    static const char names[12][4] = {"jan", "feb", "mar", "apr", "may", "jun",
                                      "jul", "aug", "sep", "oct", "nov", "dec"};
    char word[4] = {0};

    for (size_t i = 0; i < 3 && i < s->text.len; i++)
        word[i] = (char)(s->text.ptr[i] | 0x20);
    for (int32_t m = 0; m < 12; m++)
        if (strcmp(word, names[m]) == 0) {
            s->text = tl_bytes(s->text.ptr + 3, s->text.len - 3);
            return m + 1;
        }
    s->bad = true;
    return 0;
}

static void scan_zone(struct scan *s)
{
    if (s->text.len > 0 && s->text.ptr[0] == 'Z') {
        s->text = tl_bytes(s->text.ptr + 1, s->text.len - 1);
        return;
    }
    if (s->text.len == 0 || (s->text.ptr[0] != '+' && s->text.ptr[0] != '-')) {
        s->bad = true;
        return;
    }
    s->text = tl_bytes(s->text.ptr + 1, s->text.len - 1);
    (void)scan_number(s, 2, 2);
    if (s->text.len > 0 && s->text.ptr[0] == ':')
        s->text = tl_bytes(s->text.ptr + 1, s->text.len - 1);
    (void)scan_number(s, 2, 2);
}

static void scan_directive(struct scan *s, char what, bool loose)
{
    size_t least = loose ? 1 : 2;

    if (what == 'Y')
        s->date.year = scan_number(s, 4, 4);
    else if (what == 'm')
        s->date.month = scan_number(s, least, 2);
    else if (what == 'd')
        s->date.day = scan_number(s, least, 2);
    else if (what == 'b')
        s->date.month = scan_month_name(s);
    else if (what == 'y') {
        int32_t two = scan_number(s, 2, 2);

        s->date.year = two < 70 ? 2000 + two : 1900 + two;
    } else if (what == 'H' || what == 'M' || what == 'S')
        (void)scan_number(s, least, 2);
    else if (what == 'z')
        scan_zone(s);
    else if (what == '*')
        s->text.len = 0;
    else
        s->bad = true;
}

enum tl_status tl_date_parse(struct tl_bytes text, const char *format, int32_t *days)
{
    struct scan s = {.text = text};

    *days = 0;
    for (const char *f = format; *f != '\0' && !s.bad; f++) {
        if (*f == '%' && f[1] != '\0') {
            bool loose = f[1] == '-' && f[2] != '\0';

            f += loose ? 2 : 1;
            scan_directive(&s, *f, loose);
        } else if (s.text.len > 0 && s.text.ptr[0] == (uint8_t)*f) {
            s.text = tl_bytes(s.text.ptr + 1, s.text.len - 1);
        } else {
            s.bad = true;
        }
    }
    if (s.bad || s.text.len > 0)
        return TL_ERR_ENCODING;
    if (!tl_date_valid(s.date))
        return TL_ERR_RANGE;
    *days = tl_date_days(s.date);
    return TL_OK;
}

void tl_date_print(char out[TL_DATE_TEXT], int32_t days)
{
    struct tl_civil date = tl_date_civil(days);

    (void)snprintf(out, TL_DATE_TEXT, "%04d-%02d-%02d", (int)date.year % 10000,
                   (int)date.month % 100, (int)date.day % 100);
}
