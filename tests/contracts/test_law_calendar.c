/* Hours, business days, the validation period, furnishing, obsolescence. */
#include "tl/entry.h"
#include "tl/fcra.h"
#include "tl/reg_f.h"
#include "vector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MON, TUE, WED, THU, FRI, SAT, SUN };

/* 5 USC 6103(a). */
static const struct tl_holiday holidays[] = {
    {1, 1, 0, 0, 0},     {1, 0, MON, 3, 0},  {2, 0, MON, 3, 0}, {5, 0, MON, 5, 0},
    {6, 19, 0, 0, 2021}, {7, 4, 0, 0, 0},    {9, 0, MON, 1, 0}, {10, 0, MON, 2, 0},
    {11, 11, 0, 0, 0},   {11, 0, THU, 4, 0}, {12, 25, 0, 0, 0},
};
#define HOLIDAYS (uint32_t)(sizeof holidays / sizeof holidays[0])

static void holiday_rows(void **state)
{
    struct vector_csv csv;
    int32_t expected[512];
    int32_t observed[512];
    int rows = 0;

    (void)state;
    vector_csv_open(&csv, "us_legal_public_holidays_2024_2035.csv");
    while (vector_csv_next(&csv)) {
        assert_in_range(rows, 0, 511);
        expected[rows] = vector_date(csv.column[0]);
        observed[rows++] = vector_date(csv.column[2]);
    }
    vector_csv_close(&csv);
    /* Every day of those years: a holiday exactly if the table has it. */
    for (int32_t day = vector_date("2024-01-01"); day <= vector_date("2035-12-30"); day++) {
        bool is = false;
        bool seen = false;

        for (int i = 0; i < rows; i++) {
            is = is || expected[i] == day;
            seen = seen || expected[i] == day || observed[i] == day;
        }
        assert_int_equal(tl_holiday_on(holidays, HOLIDAYS, day, false), is);
        assert_int_equal(tl_holiday_on(holidays, HOLIDAYS, day, true), seen);
    }
}

static void validation_rows(void **state)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    const struct tl_validation_policy strict = {5, 30, {holidays, HOLIDAYS, false}};
    const struct tl_validation_policy cautious = {5, 30, {holidays, HOLIDAYS, true}};
    struct vector_csv csv;

    (void)state;
    vector_csv_open(&csv, "regf_validation_period.csv");
    while (vector_csv_next(&csv)) {
        int32_t sent = vector_date(csv.column[0]);
        struct tl_validation period;

        assert_string_equal(days[tl_weekday(sent)], csv.column[1]);
        assert_int_equal(tl_validation_of(&period, &strict, sent), TL_OK);
        assert_int_equal(period.receipt_on, vector_date(csv.column[2]));
        assert_int_equal(period.end_on, vector_date(csv.column[3]));
        assert_int_equal(tl_validation_of(&period, &cautious, sent), TL_OK);
        assert_int_equal(period.receipt_on, vector_date(csv.column[4]));
        assert_int_equal(period.end_on, vector_date(csv.column[5]));
    }
    vector_csv_close(&csv);
}

static void validation_limits(void **state)
{
    struct tl_validation_policy policy = {5, 30, {holidays, HOLIDAYS, false}};
    struct tl_validation period;

    (void)state;
    assert_int_equal(tl_validation_of(&period, &policy, TL_DATE_NONE), TL_ERR_RANGE);
    assert_int_equal(tl_validation_of(&period, &policy, TL_DATE_MAX), TL_ERR_RANGE);
    assert_int_equal(tl_validation_of(&period, &policy, TL_DATE_MAX - 20), TL_ERR_RANGE);
    policy.receipt_days = 0;
    assert_int_equal(tl_validation_of(&period, &policy, TL_DATE_MAX - 30), TL_OK);
    assert_int_equal(period.end_on, TL_DATE_MAX);
    assert_int_equal(tl_validation_of(&period, &policy, TL_DATE_MAX - 29), TL_ERR_RANGE);
    assert_int_equal(tl_validation_of(&period, &policy, 20000), TL_OK);
    assert_int_equal(period.receipt_on, 20000);
    assert_false(tl_holiday_on(holidays, HOLIDAYS, TL_DATE_NONE, true));
    assert_int_equal(tl_weekday(0), THU);
    assert_int_equal(tl_weekday(-4), SUN);
    assert_int_equal(tl_weekday(TL_DATE_MIN), MON);
}

/* A deadline on a weekend or a holiday moves on; counts begin the day after. */
static void business_days(void **state)
{
    const struct tl_business_days list = {holidays, HOLIDAYS, false};
    const struct {
        const char *date, *from, *after_1, *after_4;
    } rows[] = {
        {"2026-07-02", "2026-07-02", "2026-07-03", "2026-07-08"},
        {"2026-07-03", "2026-07-03", "2026-07-06", "2026-07-09"},
        {"2026-07-04", "2026-07-06", "2026-07-06", "2026-07-09"},
        {"2026-07-05", "2026-07-06", "2026-07-06", "2026-07-09"},
        {"2026-09-05", "2026-09-08", "2026-09-08", "2026-09-11"},
    };
    int32_t day;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int32_t date = vector_date(rows[i].date);

        assert_int_equal(tl_business_day_from(&day, &list, date), TL_OK);
        assert_int_equal(day, vector_date(rows[i].from));
        assert_int_equal(tl_business_days_after(&day, &list, date, 1), TL_OK);
        assert_int_equal(day, vector_date(rows[i].after_1));
        assert_int_equal(tl_business_days_after(&day, &list, date, 4), TL_OK);
        assert_int_equal(day, vector_date(rows[i].after_4));
        assert_int_equal(tl_business_days_after(&day, &list, date, 0), TL_OK);
        assert_int_equal(day, date);
    }
    assert_true(tl_holiday_on(holidays, HOLIDAYS, vector_date("2021-06-19"), false));
    assert_false(tl_holiday_on(holidays, HOLIDAYS, vector_date("2020-06-19"), false));
    assert_true(tl_holiday_on(holidays, HOLIDAYS, TL_DATE_MIN, false));
    assert_int_equal(tl_business_days_after(&day, &list, TL_DATE_MIN, 0), TL_OK);
    assert_int_equal(tl_business_days_after(&day, &list, TL_DATE_MAX, 0), TL_OK);
    assert_int_equal(tl_business_days_after(&day, &list, TL_DATE_MAX + 1, 0), TL_ERR_RANGE);
    assert_int_equal(tl_business_day_from(&day, &list, TL_DATE_MAX + 1), TL_ERR_RANGE);
    assert_int_equal(tl_business_day_from(&day, &list, TL_DATE_MAX), TL_OK); /* a Tuesday */
    assert_int_equal(tl_business_days_after(&day, &list, TL_DATE_MAX, 1), TL_ERR_RANGE);
    assert_int_equal(day, TL_DATE_NONE);
    assert_int_equal(tl_business_day_from(&day, &list, TL_DATE_MIN), TL_OK);
    assert_int_equal(day, TL_DATE_MIN + 1); /* New Year of 1900 */
}

/* A list that makes every weekday a holiday leaves nothing to wait for. */
static void no_business_days(void **state)
{
    struct tl_holiday all[12 * 5 * 5];
    struct tl_validation_policy policy = {1, 30, {all, 12 * 5 * 5, false}};
    struct tl_validation period;
    uint32_t at = 0;

    (void)state;
    for (uint8_t month = 1; month <= 12; month++) {
        for (uint8_t weekday = MON; weekday <= FRI; weekday++) {
            for (uint8_t nth = 1; nth <= 5; nth++)
                all[at++] = (struct tl_holiday){month, 0, weekday, nth, 0};
        }
    }
    assert_int_equal(tl_validation_of(&period, &policy, 20000), TL_ERR_RANGE);
    assert_int_equal(period.receipt_on, TL_DATE_NONE);
}

/* ---- hours ------------------------------------------------------------- */

static const struct tl_hours_policy day_hours = {8 * 3600, 21 * 3600};

static int32_t seconds_of(const char *text)
{
    int hours = (text[0] - '0') * 10 + text[1] - '0';
    int minutes = (text[3] - '0') * 10 + text[4] - '0';
    int seconds = strlen(text) == 8 ? (text[6] - '0') * 10 + text[7] - '0' : 0;

    return hours * 3600 + minutes * 60 + seconds;
}

static int16_t zone_of(const char *name)
{
    static const struct {
        const char *name;
        int16_t offset;
    } zones[] = {{"ET", -300}, {"CT", -360}, {"MT", -420}, {"PT", -480}};

    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        if (strncmp(zones[i].name, name, 2) == 0)
            return zones[i].offset;
    }
    fail_msg("no zone '%s'", name);
    return 0;
}

static bool convenient(int32_t local_s, int16_t zone, const int16_t *zones, uint32_t count)
{
    bool ok;

    assert_int_equal(tl_hours_ok(&ok, &day_hours,
                                 INT64_C(20000) * 86400 + local_s - (int64_t)zone * 60, zones,
                                 count),
                     TL_OK);
    return ok;
}

static void zone_set_row(const json_t *row)
{
    json_t *names = json_object_get(row, "zones");
    json_t *expected = json_object_get(row, "convenient_window_local_ET");
    int16_t zones[4];
    uint32_t count = (uint32_t)json_array_size(names);
    struct tl_hours_policy window;

    for (uint32_t i = 0; i < count; i++)
        zones[i] = zone_of(json_string_value(json_array_get(names, i)));
    assert_int_equal(tl_hours_window(&window, &day_hours, zones, count), TL_OK);
    assert_int_equal(window.from_s, seconds_of(json_string_value(json_array_get(expected, 0))));
    assert_int_equal(window.to_s, seconds_of(json_string_value(json_array_get(expected, 1))));
    for (int32_t s = 0; s < 86400; s += 60)
        assert_int_equal(convenient(s, zones[0], zones, count),
                         window.from_s <= s && s <= window.to_s);
}

static void hours_rows(void **state)
{
    json_t *rows = vector_json("regf_time_window.json");
    size_t i;
    json_t *row;

    (void)state;
    json_array_foreach(rows, i, row)
    {
        const int16_t zone = 540;
        size_t k;
        json_t *text;

        if (json_object_get(row, "zones") != NULL) {
            zone_set_row(row);
            continue;
        }
        json_array_foreach(json_object_get(row, "allow"), k, text)
        {
            assert_true(convenient(seconds_of(json_string_value(text)), zone, &zone, 1));
        }
        json_array_foreach(json_object_get(row, "deny"), k, text)
        {
            assert_false(convenient(seconds_of(json_string_value(text)), zone, &zone, 1));
        }
    }
    json_decref(rows);
}

static void hours_limits(void **state)
{
    const struct tl_hours_policy turned = {100, 99};
    const struct tl_hours_policy night = {0, 86400};
    const int16_t guam_puerto_rico[] = {600, -240};
    const int16_t opposite[] = {0, 720};
    const int16_t wrong = 27 * 60;
    const struct tl_hours_policy midnight = {0, 0};
    const int16_t widest[TL_ZONES_MAX] = {26 * 60, -26 * 60};
    const int16_t eleven[] = {660, 0, 659};
    struct tl_hours_policy window;
    bool ok = true;

    (void)state;
    assert_int_equal(tl_hours_ok(&ok, &day_hours, 0, NULL, 0), TL_OK);
    assert_false(ok); /* a place nobody knows is not a convenient one */
    assert_int_equal(tl_hours_ok(&ok, &turned, 0, NULL, 0), TL_ERR_RANGE);
    assert_int_equal(tl_hours_ok(&ok, &night, 0, NULL, 0), TL_ERR_RANGE);
    assert_int_equal(tl_hours_ok(&ok, &day_hours, 0, &wrong, 1), TL_ERR_RANGE);
    assert_int_equal(tl_hours_ok(&ok, &day_hours, 0, guam_puerto_rico, TL_ZONES_MAX + 1),
                     TL_ERR_RANGE);
    /* 08:00 to 11:00 in Guam is 18:00 to 21:00 the day before in San Juan. */
    assert_int_equal(tl_hours_window(&window, &day_hours, guam_puerto_rico, 2), TL_OK);
    assert_int_equal(window.from_s, 8 * 3600);
    assert_int_equal(window.to_s, 11 * 3600);
    assert_true(convenient(9 * 3600, 600, guam_puerto_rico, 2));
    assert_false(convenient(12 * 3600, 600, guam_puerto_rico, 2));
    assert_int_equal(tl_hours_window(&window, &day_hours, opposite, 2), TL_ERR_RANGE);
    assert_int_equal(tl_hours_window(&window, &day_hours, opposite, 0), TL_OK);
    assert_true(window.from_s > window.to_s);
    /* Midnight is the first second of a day, and one second is a window. */
    assert_int_equal(tl_hours_ok(&ok, &midnight, INT64_C(86400) * 9, opposite, 1), TL_OK);
    assert_true(ok);
    assert_int_equal(tl_hours_ok(&ok, &midnight, INT64_C(86400) * 9 + 1, opposite, 1), TL_OK);
    assert_false(ok);
    assert_int_equal(tl_hours_ok(&ok, &day_hours, 0, widest, TL_ZONES_MAX), TL_OK);
    /* Eleven hours apart two windows of thirteen would touch: 24 less 13. */
    assert_int_equal(tl_hours_window(&window, &day_hours, eleven, 2), TL_ERR_RANGE);
    assert_int_equal(tl_hours_window(&window, &day_hours, eleven + 1, 2), TL_OK);
    assert_int_equal(window.to_s - window.from_s, 2 * 3600 + 60);
    assert_int_equal(tl_hours_ok(&ok, &day_hours, -INT64_C(86400) * 3 + 12 * 3600, opposite, 1),
                     TL_OK);
    assert_true(ok);
}

/* ---- furnishing and obsolescence --------------------------------------- */

static void furnish_rows(void **state)
{
    const struct tl_furnish_policy examples = {14, 0};
    const struct tl_furnish_policy cautious = {14, 1};
    struct vector_csv csv;

    (void)state;
    vector_csv_open(&csv, "regf_furnish_wait.csv");
    while (vector_csv_next(&csv)) {
        struct tl_furnish_contact letter = {vector_date(csv.column[0]), false, TL_DATE_NONE};
        int32_t day;

        assert_int_equal(tl_furnish_earliest(&day, &examples, &letter, 1), TL_OK);
        assert_int_equal(day, vector_date(csv.column[1]));
        assert_int_equal(tl_furnish_earliest(&day, &cautious, &letter, 1), TL_OK);
        assert_int_equal(day, vector_date(csv.column[2]));
    }
    vector_csv_close(&csv);
}

/* Comment 30(a)(1)-3: returned within the wait it counts for nothing and the
 * next letter starts anew; returned later it changes nothing. */
static void furnish_resets(void **state)
{
    const struct tl_furnish_policy policy = {14, 0};
    struct tl_furnish_contact contact[3] = {
        {100, false, 109}, {110, false, TL_DATE_NONE}, {111, true, TL_DATE_NONE}};
    int32_t day;

    (void)state;
    assert_int_equal(tl_furnish_earliest(&day, &policy, contact, 0), TL_ERR_NOT_FOUND);
    assert_int_equal(tl_furnish_earliest(&day, &policy, contact, 1), TL_ERR_NOT_FOUND);
    assert_int_equal(day, TL_DATE_NONE);
    assert_int_equal(tl_furnish_earliest(&day, &policy, contact, 2), TL_OK);
    assert_int_equal(day, 124);
    assert_int_equal(tl_furnish_earliest(&day, &policy, contact, 3), TL_OK);
    assert_int_equal(day, 111);
    contact[0].returned_on = 113;
    assert_int_equal(tl_furnish_earliest(&day, &policy, contact, 1), TL_ERR_NOT_FOUND);
    contact[0].returned_on = 114;
    assert_int_equal(tl_furnish_earliest(&day, &policy, contact, 1), TL_OK);
    assert_int_equal(day, 114);
    contact[0] = (struct tl_furnish_contact){TL_DATE_MIN, true, TL_DATE_NONE};
    assert_int_equal(tl_furnish_earliest(&day, &policy, contact, 1), TL_OK);
    assert_int_equal(day, TL_DATE_MIN);
    contact[0].on = TL_DATE_MAX;
    assert_int_equal(tl_furnish_earliest(&day, &policy, contact, 1), TL_OK);
    assert_int_equal(day, TL_DATE_MAX);
    contact[0].spoken = false; /* the wait ends beyond the calendar */
    assert_int_equal(tl_furnish_earliest(&day, &policy, contact, 1), TL_ERR_NOT_FOUND);
    contact[0].on = TL_DATE_MAX + 1;
    assert_int_equal(tl_furnish_earliest(&day, &policy, contact, 1), TL_ERR_RANGE);
    contact[0].on = TL_DATE_NONE;
    assert_int_equal(tl_furnish_earliest(&day, &policy, contact, 1), TL_ERR_RANGE);
}

static void obsolescence_rows(void **state)
{
    const struct tl_obsolete_policy policy = {30, 180, 7};
    struct vector_csv csv;

    (void)state;
    vector_csv_open(&csv, "fcra_obsolescence.csv");
    while (vector_csv_next(&csv)) {
        struct tl_obsolete dates;

        assert_string_equal(csv.column[0], csv.column[1]);
        assert_int_equal(tl_obsolete_of(&dates, &policy, vector_date(csv.column[1])), TL_OK);
        assert_int_equal(dates.first_delinquency_on, vector_date(csv.column[2]));
        assert_int_equal(dates.clock_on, vector_date(csv.column[3]));
        assert_int_equal(dates.gone_on, vector_date(csv.column[4]));
        assert_int_equal(dates.cautious_on, vector_date(csv.column[5]));
    }
    vector_csv_close(&csv);
}

static void years_and_limits(void **state)
{
    const struct tl_obsolete_policy policy = {30, 180, 7};
    struct tl_obsolete dates;
    int32_t day;

    (void)state;
    assert_int_equal(tl_date_add_years(&day, vector_date("2024-02-29"), 7), TL_OK);
    assert_int_equal(day, vector_date("2031-02-28"));
    assert_int_equal(tl_date_add_years(&day, vector_date("2024-02-29"), 4), TL_OK);
    assert_int_equal(day, vector_date("2028-02-29"));
    assert_int_equal(tl_date_add_years(&day, TL_DATE_MAX, 1), TL_ERR_RANGE);
    assert_int_equal(tl_date_add_years(&day, 0, 1000), TL_ERR_RANGE);
    assert_int_equal(tl_date_add_years(&day, TL_DATE_MIN, 299), TL_OK);
    assert_int_equal(tl_date_add_years(&day, TL_DATE_MIN, 0), TL_OK);
    assert_int_equal(day, TL_DATE_MIN);
    assert_int_equal(tl_date_add_years(&day, TL_DATE_MAX, 0), TL_OK);
    assert_int_equal(day, TL_DATE_MAX);
    assert_int_equal(tl_days_past_due(TL_DATE_MIN, TL_DATE_MAX), TL_DATE_MAX - TL_DATE_MIN);
    assert_int_equal(tl_days_past_due(200, 100), 0);
    assert_int_equal(tl_obsolete_of(&dates, &policy, TL_DATE_NONE), TL_ERR_RANGE);
    assert_int_equal(tl_obsolete_of(&dates, &policy, TL_DATE_MAX), TL_ERR_RANGE);
    assert_int_equal(tl_days_past_due(TL_DATE_NONE, 100), 0);
    assert_int_equal(tl_days_past_due(100, 100), 0);
    assert_int_equal(tl_days_past_due(100, 130), 30);
}

static void late_band_rows(void **state)
{
    static const struct tl_late_band bands[] = {{0, 11, '0'},  {30, 71, '1'},  {60, 78, '2'},
                                                {90, 80, '3'}, {120, 82, '4'}, {150, 83, '5'},
                                                {180, 84, '6'}};
    struct tl_late_band most[TL_LATE_BANDS_MAX];
    static const struct tl_late_band unsorted[] = {{0, 11, '0'}, {0, 71, '1'}};
    struct vector_csv csv;
    struct tl_late_band band;

    (void)state;
    vector_csv_open(&csv, "dpd_to_metro2.csv");
    while (vector_csv_next(&csv)) {
        assert_int_equal(tl_late_band_of(&band, bands, 7, (int32_t)vector_number(csv.column[0])),
                         TL_OK);
        assert_int_equal(band.status, vector_number(csv.column[1]));
        assert_int_equal(band.code, csv.column[2][0]);
    }
    vector_csv_close(&csv);
    for (int32_t i = 0; i < (int32_t)TL_LATE_BANDS_MAX; i++)
        most[i] = (struct tl_late_band){i, (uint8_t)i, 'x'};
    assert_int_equal(tl_late_band_of(&band, most, TL_LATE_BANDS_MAX, 15), TL_OK);
    assert_int_equal(band.status, 15);
    assert_int_equal(tl_late_band_of(&band, most, TL_LATE_BANDS_MAX + 1, 15), TL_ERR_RANGE);
    assert_int_equal(tl_late_band_of(&band, bands, 7, -1), TL_ERR_RANGE);
    assert_int_equal(tl_late_band_of(&band, bands, 0, 1), TL_ERR_RANGE);
    assert_int_equal(tl_late_band_of(&band, bands + 1, 6, 40), TL_ERR_RANGE);
    assert_int_equal(tl_late_band_of(&band, unsorted, 2, 40), TL_ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holiday_rows),      cmocka_unit_test(validation_rows),
        cmocka_unit_test(validation_limits), cmocka_unit_test(no_business_days),
        cmocka_unit_test(business_days),     cmocka_unit_test(hours_rows),
        cmocka_unit_test(hours_limits),      cmocka_unit_test(furnish_rows),
        cmocka_unit_test(furnish_resets),    cmocka_unit_test(obsolescence_rows),
        cmocka_unit_test(years_and_limits),  cmocka_unit_test(late_band_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
