/* Day counts, exact interest and accruals: the golden rows, then properties. */
#include "gen.h"
#include "tl/bytes.h"
#include "tl/entry.h"
#include "tl/interest.h"
#include "vector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

__extension__ typedef unsigned __int128 wide;

static enum tl_daycount convention_of(const char *word)
{
    uint8_t value;

    assert_true(tl_name_find(&tl_daycount_names, tl_bytes_str(word), &value));
    return (enum tl_daycount)value;
}

/* whole + part / TL_EXACT_DEN == "num/den", both sides multiplied out. */
static bool is_fraction(struct tl_exact value, const char *text)
{
    char *slash;
    wide num = (wide)strtoull(text, &slash, 10);
    wide den = (wide)strtoull(slash + 1, NULL, 10);

    return ((wide)value.whole * TL_EXACT_DEN + (wide)value.part) * den == num * TL_EXACT_DEN;
}

static int64_t rounded(struct tl_exact value, enum tl_rounding mode)
{
    int64_t out;

    assert_int_equal(tl_exact_round(&out, value, mode), TL_OK);
    return out;
}

static void simple_rows(void **state)
{
    struct vector_csv csv;

    (void)state;
    vector_csv_open(&csv, "interest_simple.csv");
    while (vector_csv_next(&csv)) {
        enum tl_daycount convention = convention_of(csv.column[2]);
        int32_t from = vector_date(csv.column[3]);
        int32_t to = vector_date(csv.column[4]);
        struct tl_exact value;
        int32_t days;

        assert_int_equal(tl_daycount_days(convention, from, to, &days), TL_OK);
        assert_int_equal(days, vector_number(csv.column[5]));
        assert_int_equal(tl_interest_simple(&value, vector_number(csv.column[0]),
                                            (uint32_t)vector_number(csv.column[1]), convention,
                                            from, to),
                         TL_OK);
        if (!is_fraction(value, csv.column[6]))
            fail_msg("row %d: not %s", csv.row, csv.column[6]);
        assert_int_equal(rounded(value, TL_ROUND_DOWN), vector_number(csv.column[7]));
        assert_int_equal(rounded(value, TL_ROUND_HALF_AWAY), vector_number(csv.column[8]));
        assert_int_equal(rounded(value, TL_ROUND_HALF_EVEN), vector_number(csv.column[9]));
    }
    assert_int_equal(csv.row, 71);
    vector_csv_close(&csv);
}

static void carry_rows(void **state)
{
    struct vector_csv csv;

    (void)state;
    vector_csv_open(&csv, "interest_daily_carry.csv");
    while (vector_csv_next(&csv)) {
        int64_t principal = vector_number(csv.column[0]);
        uint32_t rate = (uint32_t)vector_number(csv.column[1]);
        int32_t days = (int32_t)vector_number(csv.column[2]);
        struct tl_accrual accrual;
        struct tl_exact one_day;
        int64_t total = 0;
        int64_t carry;

        assert_int_equal(tl_accrual_init(&accrual, principal, rate, TL_DAYCOUNT_ACT_365F, 0),
                         TL_OK);
        for (int32_t day = 1; day <= days; day++) {
            int64_t amount;

            assert_int_equal(tl_accrual_to(&accrual, day, &amount), TL_OK);
            total += amount;
        }
        assert_int_equal(total, vector_number(csv.column[3]));
        assert_int_equal(tl_accrual_carry(&accrual, &carry), TL_OK);
        assert_int_equal(carry, vector_number(csv.column[4]) *
                                    (TL_EXACT_DEN / vector_number(csv.column[5])));
        assert_int_equal(tl_interest_simple(&one_day, principal, rate, TL_DAYCOUNT_ACT_365F, 0, 1),
                         TL_OK);
        assert_int_equal(rounded(one_day, TL_ROUND_HALF_AWAY) * days, vector_number(csv.column[6]));
    }
    vector_csv_close(&csv);
}

/* However a span is cut, every convention accrues the same. */
static void splits_add_up(void **state)
{
    struct gen gen = gen_seed(44);

    (void)state;
    for (int round = 0; round < 20000; round++) {
        enum tl_daycount convention = (enum tl_daycount)gen_below(&gen, 5);
        int64_t principal = (int64_t)gen_below(&gen, 100000000000u);
        uint32_t rate = (uint32_t)gen_below(&gen, 100000);
        int32_t from = (int32_t)gen_below(&gen, 40000);
        int32_t to = from;
        struct tl_accrual accrual;
        struct tl_exact whole;
        int64_t total = 0;
        int64_t amount;

        assert_int_equal(tl_accrual_init(&accrual, principal, rate, convention, from), TL_OK);
        for (uint64_t cuts = 1 + gen_below(&gen, 12); cuts > 0; cuts--) {
            to += (int32_t)gen_below(&gen, 200);
            assert_int_equal(tl_accrual_to(&accrual, to, &amount), TL_OK);
            total += amount;
        }
        assert_int_equal(tl_interest_simple(&whole, principal, rate, convention, from, to), TL_OK);
        assert_int_equal(total, whole.whole);
        assert_int_equal(tl_accrual_carry(&accrual, &amount), TL_OK);
        assert_int_equal(amount, whole.part);
    }
}

/* Turning a segment carries the fraction: under conventions whose days add up,
 * cutting one segment into many changes nothing. */
static void turns_carry(void **state)
{
    struct gen gen = gen_seed(44);

    (void)state;
    for (int round = 0; round < 5000; round++) {
        enum tl_daycount convention = (enum tl_daycount)gen_below(&gen, 3);
        int64_t principal = (int64_t)gen_below(&gen, 1000000);
        struct tl_accrual accrual;
        struct tl_exact whole;
        int64_t total = 0;
        int64_t amount;
        int32_t to = 18000;

        assert_int_equal(tl_accrual_init(&accrual, principal, 1899, convention, to), TL_OK);
        for (int cuts = 0; cuts < 10; cuts++) {
            to += (int32_t)gen_below(&gen, 60);
            assert_int_equal(tl_accrual_to(&accrual, to, &amount), TL_OK);
            total += amount;
            assert_int_equal(tl_accrual_turn(&accrual, principal, 1899), TL_OK);
        }
        assert_int_equal(tl_interest_simple(&whole, principal, 1899, convention, 18000, to), TL_OK);
        assert_int_equal(total, whole.whole);
        assert_int_equal(accrual.carried, whole.part);
    }
}

/* No convention ever counts fewer days to a later date. */
static void days_never_fall(void **state)
{
    (void)state;
    for (int c = 0; c < 5; c++) {
        for (int32_t from = 18250; from < 18250 + 1500; from++) {
            int64_t before = 0;

            for (int32_t to = from; to < from + 500; to++) {
                int64_t parts;

                assert_int_equal(tl_daycount_parts((enum tl_daycount)c, from, to, &parts), TL_OK);
                assert_true(parts >= before);
                before = parts;
            }
        }
    }
}

static void refused(void **state)
{
    struct tl_exact value;
    struct tl_accrual accrual;
    int64_t out;
    int32_t days;

    (void)state;
    assert_int_equal(tl_interest_simple(&value, -1, 1, TL_DAYCOUNT_ACT_360, 0, 1), TL_ERR_RANGE);
    assert_int_equal(tl_interest_simple(&value, 1, TL_RATE_BP_MAX + 1, TL_DAYCOUNT_ACT_360, 0, 1),
                     TL_ERR_RANGE);
    assert_int_equal(tl_interest_simple(&value, 1, 1, TL_DAYCOUNT_ACT_360, 2, 1), TL_ERR_RANGE);
    assert_int_equal(tl_daycount_days(TL_DAYCOUNT_30E_360, TL_DATE_NONE, 1, &days), TL_ERR_RANGE);
    assert_int_equal(tl_interest_simple(&value, INT64_MAX, 10000, TL_DAYCOUNT_ACT_365F, 0, 365),
                     TL_OK);
    assert_int_equal(value.whole, INT64_MAX);
    assert_int_equal(tl_interest_simple(&value, INT64_MAX, 10000, TL_DAYCOUNT_ACT_365F, 0, 366),
                     TL_ERR_RANGE);
    assert_int_equal(value.whole, 0);
    assert_int_equal(tl_interest_simple(&value, INT64_MAX, TL_RATE_BP_MAX, TL_DAYCOUNT_ACT_360, 0,
                                        TL_SPAN_DAYS_MAX),
                     TL_ERR_RANGE);
    assert_int_equal(
        tl_exact_round(&out, (struct tl_exact){INT64_MAX, TL_EXACT_DEN - 1}, TL_ROUND_UP),
        TL_ERR_RANGE);
    assert_int_equal(tl_exact_add(&value, (struct tl_exact){INT64_MAX, TL_EXACT_DEN - 1},
                                  (struct tl_exact){0, 1}),
                     TL_ERR_RANGE);
    assert_int_equal(tl_accrual_init(&accrual, 100, 100, TL_DAYCOUNT_ACT_360, 10), TL_OK);
    assert_int_equal(tl_accrual_to(&accrual, 9, &out), TL_ERR_RANGE);
    assert_int_equal(tl_accrual_turn(&accrual, -1, 100), TL_ERR_RANGE);
    assert_int_equal(accrual.principal_minor, 100);
}

/* The last value inside each bound. */
static void bounds(void **state)
{
    const int32_t day_max = 1 << 28;
    struct tl_exact value;
    int64_t out;
    int32_t days;

    (void)state;
    assert_int_equal(tl_interest_simple(&value, 1, TL_RATE_BP_MAX, TL_DAYCOUNT_ACT_365F, 0, 365),
                     TL_OK);
    assert_int_equal(value.whole, TL_RATE_BP_MAX / 10000);
    assert_int_equal(tl_exact_round(&out, (struct tl_exact){0, TL_EXACT_DEN - 1}, TL_ROUND_DOWN),
                     TL_OK);
    assert_int_equal(tl_exact_round(&out, (struct tl_exact){0, TL_EXACT_DEN}, TL_ROUND_DOWN),
                     TL_ERR_RANGE);
    assert_int_equal(tl_daycount_days(TL_DAYCOUNT_ACT_360, 0, TL_SPAN_DAYS_MAX, &days), TL_OK);
    assert_int_equal(tl_daycount_days(TL_DAYCOUNT_ACT_360, 0, TL_SPAN_DAYS_MAX + 1, &days),
                     TL_ERR_RANGE);
    assert_int_equal(tl_daycount_days(TL_DAYCOUNT_ACT_360, -day_max, -day_max, &days), TL_OK);
    assert_int_equal(tl_daycount_days(TL_DAYCOUNT_ACT_360, day_max, day_max, &days), TL_OK);
    /* A 31st is a 30th only after a 30th: the 30th itself, the end of February. */
    assert_int_equal(tl_daycount_days(TL_DAYCOUNT_30_360_US, vector_date("2025-01-30"),
                                      vector_date("2025-03-31"), &days),
                     TL_OK);
    assert_int_equal(days, 60);
    assert_int_equal(tl_daycount_days(TL_DAYCOUNT_30_360_US, vector_date("2025-01-29"),
                                      vector_date("2025-03-31"), &days),
                     TL_OK);
    assert_int_equal(days, 62);
    assert_int_equal(tl_daycount_days(TL_DAYCOUNT_30_360_US, vector_date("2025-02-28"),
                                      vector_date("2025-03-31"), &days),
                     TL_OK);
    assert_int_equal(days, 30);
}

/* Halves, and what is next to them. */
static void halves(void **state)
{
    const struct {
        int64_t whole, part;
        int64_t down, away, even, up;
    } rows[] = {
        {1, 0, 1, 1, 1, 1},
        {1, TL_EXACT_DEN / 2 - 1, 1, 1, 1, 2},
        {1, TL_EXACT_DEN / 2, 1, 2, 2, 2},
        {2, TL_EXACT_DEN / 2, 2, 3, 2, 3},
        {2, TL_EXACT_DEN / 2 + 1, 2, 3, 3, 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tl_exact value = {rows[i].whole, rows[i].part};

        assert_int_equal(rounded(value, TL_ROUND_DOWN), rows[i].down);
        assert_int_equal(rounded(value, TL_ROUND_HALF_AWAY), rows[i].away);
        assert_int_equal(rounded(value, TL_ROUND_HALF_EVEN), rows[i].even);
        assert_int_equal(rounded(value, TL_ROUND_UP), rows[i].up);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simple_rows),     cmocka_unit_test(carry_rows),
        cmocka_unit_test(splits_add_up),   cmocka_unit_test(turns_carry),
        cmocka_unit_test(days_never_fall), cmocka_unit_test(refused),
        cmocka_unit_test(halves),          cmocka_unit_test(bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
