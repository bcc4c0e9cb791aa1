/* Amounts and dates as people write them. */
#include "decimal.h"
#include "map_date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct tl_decimal_style major = {'.', ',', 2};
static const struct tl_decimal_style minor = {'.', 0, 0};
static const struct tl_decimal_style comma = {',', '.', 2};

static enum tl_status money(const char *text, const struct tl_decimal_style *style, int64_t *out)
{
    return tl_decimal_parse(tl_bytes_str(text), style, out);
}

static void money_is_exact(void **state)
{
    static const struct {
        const char *text;
        const struct tl_decimal_style *style;
        int64_t want;
    } good[] = {{"12.50", &major, 1250},
                {"-3", &major, -300},
                {"+0.01", &major, 1},
                {".5", &major, 50},
                {"1,234,567.89", &major, 123456789},
                {"1.234,56", &comma, 123456},
                {"2.00E+05", &major, 20000000},
                {"2.00e5", &major, 20000000},
                {"1.5E-1", &major, 15},
                {"100.000", &major, 10000},
                {"3500", &minor, 3500},
                {"9223372036854775807", &minor, INT64_MAX},
                {" 7 ", &minor, 7},
                {"0e99", &major, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t got = -1;

        assert_int_equal(money(good[i].text, good[i].style, &got), TL_OK);
        assert_true(got == good[i].want);
    }
}

static void money_that_is_none(void **state)
{
    static const char *const bad[] = {"",       "-",    "abc",  "1.2.3", "1,23", "12,34.5",
                                      "1e",     "1e+",  "0x10", "1 2",   "--1",  "1e1000",
                                      "1,,000", ",100", "NaN",  "inf",   "."};
    static const char *const range[] = {"0.001", "1.005", "9223372036854775807", "1e30", "1E-3"};
    int64_t got;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(money(bad[i], &major, &got), TL_ERR_ENCODING);
    for (size_t i = 0; i < sizeof range / sizeof range[0]; i++)
        assert_int_equal(money(range[i], &major, &got), TL_ERR_RANGE);
    assert_int_equal(money("9223372036854775808", &minor, &got), TL_ERR_RANGE);
}

static void money_prints_back(void **state)
{
    char text[TL_DECIMAL_TEXT];

    (void)state;
    tl_decimal_print(text, -5, 2);
    assert_string_equal(text, "-0.05");
    tl_decimal_print(text, 123456, 2);
    assert_string_equal(text, "1234.56");
    tl_decimal_print(text, INT64_MIN, 0);
    assert_string_equal(text, "-9223372036854775808");
}

static void totals_print_whole(void **state)
{
    static const struct {
        uint64_t hi;
        uint64_t lo;
        const char *digits;
        const char *money;
    } rows[] = {{0, 0, "0", "0.00"},
                {0, 7, "7", "0.07"},
                {0, 123456, "123456", "1234.56"},
                {0, UINT64_MAX, "18446744073709551615", "184467440737095516.15"},
                {1, 0, "18446744073709551616", "184467440737095516.16"},
                {UINT64_MAX, UINT64_MAX, "340282366920938463463374607431768211455",
                 "3402823669209384634633746074317682114.55"}};
    char digits[TL_DECIMAL_TEXT];
    char money[TL_DECIMAL_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tl_decimal_whole(digits, rows[i].hi, rows[i].lo);
        assert_string_equal(digits, rows[i].digits);
        tl_decimal_point(money, digits, 2);
        assert_string_equal(money, rows[i].money);
        tl_decimal_point(money, digits, 0);
        assert_string_equal(money, rows[i].digits);
    }
}

static void dates_by_format(void **state)
{
    static const struct {
        const char *text;
        const char *format;
        const char *want;
    } good[] = {{"2006-07-24", "%Y-%m-%d", "2006-07-24"},
                {"24/07/2006", "%d/%m/%Y", "2006-07-24"},
                {"7/4/06", "%-m/%-d/%y", "2006-07-04"},
                {"24-JUL-99", "%d-%b-%y", "1999-07-24"},
                {"2006-07-24T00:00:00.000+02:00", "%Y-%m-%d%*", "2006-07-24"},
                {"2006-07-24 10:11:12Z", "%Y-%m-%d %H:%M:%S%z", "2006-07-24"},
                {"20000229", "%Y%m%d", "2000-02-29"}};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char text[TL_DATE_TEXT];
        int32_t days = 0;

        assert_int_equal(tl_date_read(tl_bytes_str(good[i].text), good[i].format, &days), TL_OK);
        tl_date_text(text, days);
        assert_string_equal(text, good[i].want);
    }
}

static void dates_that_are_none(void **state)
{
    int32_t days;

    (void)state;
    assert_int_equal(tl_date_read(tl_bytes_str("2006-7-24"), "%Y-%m-%d", &days), TL_ERR_ENCODING);
    assert_int_equal(tl_date_read(tl_bytes_str("2006-07-24 "), "%Y-%m-%d", &days), TL_ERR_ENCODING);
    assert_int_equal(tl_date_read(tl_bytes_str(""), "%Y-%m-%d", &days), TL_ERR_ENCODING);
    assert_int_equal(tl_date_read(tl_bytes_str("2001-02-29"), "%Y-%m-%d", &days), TL_ERR_RANGE);
    assert_int_equal(tl_date_read(tl_bytes_str("2001-13-01"), "%Y-%m-%d", &days), TL_ERR_RANGE);
    assert_int_equal(tl_date_read(tl_bytes_str("2001-00-01"), "%Y-%m-%d", &days), TL_ERR_RANGE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(money_is_exact),    cmocka_unit_test(money_that_is_none),
        cmocka_unit_test(money_prints_back), cmocka_unit_test(totals_print_whole),
        cmocka_unit_test(dates_by_format),   cmocka_unit_test(dates_that_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
