/* A CSV date becomes a day. */
#include "map_date.h"
#include "map.h"

#include <string.h>

/* A day exists when the calendar gives it back. */
static bool exists(struct tl_civil date)
{
    struct tl_civil back;

    if (date.year < 1 || date.month < 1 || date.month > 12 || date.day < 1 || date.day > 31)
        return false;
    back = tl_date_to_civil(tl_date_from_civil(date));
    return back.month == date.month && back.day == date.day;
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

enum tl_status tl_date_read(struct tl_bytes text, const char *format, int32_t *days)
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
    if (!exists(s.date))
        return TL_ERR_RANGE;
    *days = tl_date_from_civil(s.date);
    return TL_OK;
}

enum tl_status tl_map_date(const struct tl_map_value *value, struct tl_bytes text, bool constant,
                           int32_t *days, const char **reason)
{
    enum tl_status status = TL_OK;

    *days = TL_DATE_NONE;
    *reason = NULL;
    if (tl_bytes_eq(text, tl_bytes_str("none")))
        return TL_OK;
    if (!constant || !tl_date_parse(text, days))
        status = tl_date_read(text, value->date, days);
    if (status != TL_OK) {
        *reason = status == TL_ERR_RANGE ? "there is no such day" : "not a date of this format";
        return status;
    }
    *days += value->plus_days;
    if (*days >= TL_DATE_MIN && *days <= TL_DATE_MAX)
        return TL_OK;
    *reason = "date is outside 1900 to 2199";
    return TL_ERR_RANGE;
}
