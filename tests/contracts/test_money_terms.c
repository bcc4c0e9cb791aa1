/* Settlements, plans, commissions, remittances, charge-off. */
#include "gen.h"
#include "tl/allocation.h"
#include "tl/arrangement.h"
#include "tl/chargeoff.h"
#include "tl/commission.h"
#include "tl/entry.h"
#include "vector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define REPORT_FROM 60000 /* 26 CFR 1.6050P-1: 600 dollars */

static void settlement_rows(void **state)
{
    struct vector_csv csv;

    (void)state;
    vector_csv_open(&csv, "settlement.csv");
    while (vector_csv_next(&csv)) {
        struct tl_settlement settlement;
        uint32_t parts = (uint32_t)vector_number(csv.column[4]);
        int64_t expected[16];

        assert_int_equal(tl_settlement_of(&settlement, vector_number(csv.column[0]),
                                          (uint32_t)vector_number(csv.column[1]), REPORT_FROM),
                         TL_OK);
        assert_int_equal(settlement.amount_minor, vector_number(csv.column[2]));
        assert_int_equal(settlement.forgiven_minor, vector_number(csv.column[3]));
        assert_int_equal(settlement.reportable, vector_number(csv.column[6]));
        assert_int_equal(vector_list(csv.column[5], expected, 16), parts);
        for (uint32_t i = 0; i < parts; i++)
            assert_int_equal(tl_equal_part(settlement.amount_minor, parts, i), expected[i]);
    }
    vector_csv_close(&csv);
}

static void settlement_bounds(void **state)
{
    struct tl_settlement settlement;

    (void)state;
    assert_int_equal(tl_settlement_of(&settlement, 0, 5000, 0), TL_OK);
    assert_false(settlement.reportable); /* nothing is forgiven */
    assert_int_equal(tl_settlement_of(&settlement, 120000, 5000, REPORT_FROM), TL_OK);
    assert_true(settlement.reportable);
    assert_int_equal(tl_settlement_of(&settlement, 119998, 5000, REPORT_FROM), TL_OK);
    assert_false(settlement.reportable);
    assert_int_equal(tl_settlement_of(&settlement, INT64_MAX, 9999, REPORT_FROM), TL_OK);
    assert_int_equal(settlement.amount_minor + settlement.forgiven_minor, INT64_MAX);
    assert_int_equal(tl_settlement_of(&settlement, -1, 5000, 0), TL_ERR_RANGE);
    assert_int_equal(tl_settlement_of(&settlement, 1, 10001, 0), TL_ERR_RANGE);
}

static void plan_row(struct tl_plan *plan, const json_t *expected)
{
    struct tl_plan_row row;

    assert_true(tl_plan_next(plan, &row));
    assert_int_equal(row.number, json_integer_value(json_array_get(expected, 0)));
    assert_int_equal(row.interest_minor, json_integer_value(json_array_get(expected, 1)));
    assert_int_equal(row.principal_minor, json_integer_value(json_array_get(expected, 2)));
    assert_int_equal(row.payment_minor, json_integer_value(json_array_get(expected, 3)));
    assert_int_equal(row.balance_minor, json_integer_value(json_array_get(expected, 4)));
}

static void plan_rows(void **state)
{
    json_t *plans = vector_json("payment_plan.json");
    size_t i;
    json_t *given;

    (void)state;
    assert_int_equal(json_array_size(plans), 5);
    json_array_foreach(plans, i, given)
    {
        json_t *rows = json_object_get(given, "schedule[k,interest,principal,payment,balance]");
        struct tl_plan plan;
        struct tl_plan_row none;
        size_t k;
        json_t *row;

        assert_int_equal(tl_plan_init(&plan, vector_int(given, "principal_cents"),
                                      (uint32_t)vector_int(given, "annual_rate_bp"), 12,
                                      (uint32_t)vector_int(given, "n")),
                         TL_OK);
        assert_int_equal(plan.level_minor, vector_int(given, "level_payment_cents"));
        assert_int_equal(tl_plan_interest(&plan), vector_int(given, "total_interest_cents"));
        assert_int_equal(json_array_size(rows), plan.parts);
        json_array_foreach(rows, k, row)
        {
            plan_row(&plan, row);
        }
        assert_false(tl_plan_next(&plan, &none));
        assert_int_equal(tl_plan_interest(&plan), vector_int(given, "total_interest_cents"));
    }
    json_decref(plans);
}

/* Any plan repays its principal; balances only fall; only the last part may be
 * over level. */
static void plans_repay(void **state)
{
    struct gen gen = gen_seed(4421);

    (void)state;
    for (int round = 0; round < 400; round++) {
        int64_t principal = (int64_t)gen_below(&gen, 10000000);
        uint32_t parts = 1 + (uint32_t)gen_below(&gen, 120);
        struct tl_plan plan;
        struct tl_plan_row row;
        int64_t repaid = 0;

        assert_int_equal(tl_plan_init(&plan, principal, (uint32_t)gen_below(&gen, 3600), 12, parts),
                         TL_OK);
        while (tl_plan_next(&plan, &row)) {
            repaid += row.principal_minor;
            assert_true(row.principal_minor >= 0 && row.balance_minor >= 0);
            assert_true(row.number == parts || row.payment_minor <= plan.level_minor);
        }
        assert_int_equal(repaid, principal);
        assert_int_equal(row.number, 0);
    }
}

static int64_t level_of(int64_t principal, uint32_t rate_bp, uint32_t periods, uint32_t parts)
{
    struct tl_plan plan;

    assert_int_equal(tl_plan_init(&plan, principal, rate_bp, periods, parts), TL_OK);
    return plan.level_minor;
}

/* With i = b/d a principal of d * ((d+b)^n - d^n) has the whole number b * (d+b)^n
 * for its level payment; one minor unit more needs more. */
static void levels_are_exact(void **state)
{
    const struct {
        int64_t d, b;
        uint32_t rate_bp, periods, longest;
    } rows[] = {{2, 1, 5000, 1, 35}, {100, 1, 1200, 12, 8}, {3, 1, 40000, 12, 27}};

    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        int64_t grown = 1;
        int64_t flat = 1;

        for (uint32_t n = 1; n <= rows[r].longest; n++) {
            int64_t principal;
            int64_t level;

            grown *= rows[r].d + rows[r].b;
            flat *= rows[r].d;
            principal = rows[r].d * (grown - flat);
            level = rows[r].b * grown;
            assert_int_equal(level_of(principal, rows[r].rate_bp, rows[r].periods, n), level);
            assert_int_equal(level_of(principal - 1, rows[r].rate_bp, rows[r].periods, n),
                             n == 1 ? level - 1 : level);
            assert_true(level_of(principal + 1, rows[r].rate_bp, rows[r].periods, n) > level);
        }
    }
}

static void plan_limits(void **state)
{
    struct tl_plan plan;
    struct tl_plan_row row;

    (void)state;
    assert_int_equal(tl_plan_init(&plan, -1, 100, 12, 12), TL_ERR_RANGE);
    assert_int_equal(tl_plan_init(&plan, 1, TL_PLAN_RATE_BP_MAX + 1, 12, 12), TL_ERR_RANGE);
    assert_int_equal(tl_plan_init(&plan, 1, 100, 0, 12), TL_ERR_RANGE);
    assert_int_equal(tl_plan_init(&plan, 1, 100, TL_PLAN_PERIODS_MAX + 1, 12), TL_ERR_RANGE);
    assert_int_equal(tl_plan_init(&plan, 1, 100, 12, 0), TL_ERR_RANGE);
    assert_int_equal(tl_plan_init(&plan, 1, 100, 12, TL_PLAN_PARTS_MAX + 1), TL_ERR_RANGE);
    assert_int_equal(tl_plan_init(&plan, INT64_MAX, TL_PLAN_RATE_BP_MAX, 1, 2), TL_ERR_RANGE);
    assert_int_equal(tl_plan_init(&plan, INT64_MAX / 4, 1, TL_PLAN_PERIODS_MAX, TL_PLAN_PARTS_MAX),
                     TL_OK);
    while (tl_plan_next(&plan, &row))
        ;
    assert_int_equal(plan.balance_minor, 0);
    assert_int_equal(tl_plan_init(&plan, 5000000000, TL_PLAN_RATE_BP_MAX, TL_PLAN_PERIODS_MAX,
                                  TL_PLAN_PARTS_MAX),
                     TL_OK);
    while (tl_plan_next(&plan, &row))
        ;
    assert_int_equal(plan.balance_minor, 0);
    assert_int_equal(tl_plan_init(&plan, 1, 0, 12, 12), TL_OK);
    assert_true(tl_plan_next(&plan, &row));
    assert_int_equal(row.payment_minor, 1);
    assert_true(tl_plan_next(&plan, &row));
    assert_int_equal(row.payment_minor, 0);
    assert_int_equal(tl_settlement_restored(1000, 300), 700);
    assert_int_equal(tl_settlement_restored(1000, 1300), 0);
}

static void due_dates(void **state)
{
    static const struct {
        const char *first;
        uint32_t periods, index;
        const char *due;
    } rows[] = {
        {"2026-01-31", 12, 0, "2026-01-31"},  {"2026-01-31", 12, 1, "2026-02-28"},
        {"2026-01-31", 12, 2, "2026-03-31"},  {"2026-01-31", 12, 3, "2026-04-30"},
        {"2027-12-31", 12, 2, "2028-02-29"},  {"2024-02-29", 1, 1, "2025-02-28"},
        {"2024-02-29", 1, 4, "2028-02-29"},   {"2026-01-30", 12, 1, "2026-02-28"},
        {"2026-11-15", 4, 1, "2027-02-15"},   {"2026-08-31", 2, 1, "2027-02-28"},
        {"2026-12-31", 12, 12, "2027-12-31"}, {"2026-02-25", 52, 1, "2026-03-04"},
        {"2026-02-25", 26, 2, "2026-03-25"},
    };
    int32_t day;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(
            tl_plan_due_on(&day, vector_date(rows[i].first), rows[i].periods, rows[i].index),
            TL_OK);
        assert_int_equal(day, vector_date(rows[i].due));
    }
    assert_int_equal(tl_plan_due_on(&day, TL_DATE_MIN, 52, 0), TL_OK);
    assert_int_equal(day, TL_DATE_MIN);
    assert_int_equal(tl_plan_due_on(&day, TL_DATE_MAX, 52, 0), TL_OK);
    assert_int_equal(day, TL_DATE_MAX);
    assert_int_equal(tl_plan_due_on(&day, 20000, 0, 1), TL_ERR_RANGE);
    assert_int_equal(tl_plan_due_on(&day, 20000, 13, 1), TL_ERR_RANGE);
    assert_int_equal(tl_plan_due_on(&day, TL_DATE_NONE, 12, 1), TL_ERR_RANGE);
    assert_int_equal(tl_plan_due_on(&day, 20000, 12, TL_PLAN_PARTS_MAX), TL_ERR_RANGE);
    assert_int_equal(tl_plan_due_on(&day, TL_DATE_MAX, 52, 1), TL_ERR_RANGE);
    assert_int_equal(day, TL_DATE_NONE);
}

/* ---- commission -------------------------------------------------------- */

static void single_row(const json_t *row)
{
    enum tl_collector collector = strcmp(vector_str(row, "collected_by"), "creditor") == 0
                                      ? TL_COLLECTED_BY_CREDITOR
                                      : TL_COLLECTED_BY_AGENCY;
    bool gross = strstr(vector_str(row, "name"), "gross") != NULL;
    int64_t amount = vector_int(row, "payment_cents");
    int64_t commission;
    int64_t to_creditor;
    int64_t to_agency;

    assert_int_equal(tl_commission_of(&commission, amount, (uint32_t)vector_int(row, "rate_bp")),
                     TL_OK);
    assert_int_equal(commission, vector_int(row, "commission_cents"));
    assert_int_equal(tl_remittance_split(collector, gross ? TL_REMIT_GROSS : TL_REMIT_NET, amount,
                                         commission, &to_creditor, &to_agency),
                     TL_OK);
    assert_int_equal(to_creditor, vector_int(row, "due_creditor_cents"));
    assert_int_equal(to_agency, vector_int(row, "due_agency_cents"));
}

static void tier_row(const json_t *row)
{
    struct tl_commission_tier tier[8];
    json_t *tiers = json_object_get(row, "tiers");
    uint32_t count = (uint32_t)json_array_size(tiers);
    size_t i;
    json_t *example;

    for (i = 0; i < count; i++) {
        json_t *days = json_object_get(json_array_get(tiers, i), "max_days");

        tier[i].max_days = json_is_null(days) ? INT32_MAX : (int32_t)json_integer_value(days);
        tier[i].rate_bp = (uint32_t)vector_int(json_array_get(tiers, i), "rate_bp");
    }
    json_array_foreach(json_object_get(row, "examples"), i, example)
    {
        uint32_t rate;
        int64_t commission;

        assert_int_equal(
            tl_commission_tier_rate(&rate, tier, count, (int32_t)vector_int(example, "days")),
            TL_OK);
        assert_int_equal(tl_commission_of(&commission, vector_int(example, "payment_cents"), rate),
                         TL_OK);
        assert_int_equal(commission, vector_int(example, "commission_cents"));
    }
}

static const struct tl_commission_bracket brackets[] = {
    {30000, 5000}, {200000, 2800}, {INT64_MAX, 2000}};

static void bracket_row(const json_t *row)
{
    int64_t before = 0;
    int64_t sum = 0;
    size_t i;
    json_t *example;

    assert_non_null(strstr(vector_str(row, "name"), "50%/28%/20% at 300/2000"));
    json_array_foreach(json_object_get(row, "examples"), i, example)
    {
        int64_t collected = vector_int(example, "cumulative_collected_cents");
        int64_t at;
        int64_t step;

        assert_int_equal(tl_commission_at(&at, brackets, 3, collected), TL_OK);
        assert_int_equal(at, vector_int(example, "commission_cents"));
        assert_int_equal(tl_commission_step(&step, brackets, 3, before, collected - before), TL_OK);
        sum += step;
        assert_int_equal(sum, at);
        before = collected;
    }
}

static void commission_rows(void **state)
{
    json_t *rows = vector_json("commission.json");
    size_t i;
    json_t *row;

    (void)state;
    assert_int_equal(json_array_size(rows), 8);
    json_array_foreach(rows, i, row)
    {
        if (json_object_get(row, "tiers") != NULL)
            tier_row(row);
        else if (json_object_get(row, "examples") != NULL)
            bracket_row(row);
        else
            single_row(row);
    }
    json_decref(rows);
}

/* Payments and their reversals in any order come to nothing under brackets. */
static void brackets_unwind(void **state)
{
    struct gen gen = gen_seed(4422);

    (void)state;
    for (int round = 0; round < 5000; round++) {
        int64_t amount[8];
        int64_t collected = 0;
        int64_t commission = 0;

        for (int i = 0; i < 16; i++) {
            int64_t step;
            int64_t paid;

            if (i < 8)
                amount[i] = (int64_t)gen_below(&gen, 90000);
            paid = i < 8 ? amount[i] : -amount[i - 8];
            assert_int_equal(tl_commission_step(&step, brackets, 3, collected, paid), TL_OK);
            assert_true(i < 8 ? step >= 0 : step <= 0);
            collected += paid;
            commission += step;
        }
        assert_int_equal(collected, 0);
        assert_int_equal(commission, 0);
    }
}

static void commission_limits(void **state)
{
    const struct tl_commission_bracket unsorted[] = {{200, 100}, {200, 100}};
    const struct tl_commission_tier falling[] = {{30, 100}, {20, 100}};
    int64_t out;
    int64_t earning;
    uint32_t rate;

    (void)state;
    assert_int_equal(tl_commission_of(&out, INT64_MIN, 1), TL_ERR_RANGE);
    assert_int_equal(tl_commission_of(&out, 1, 10001), TL_ERR_RANGE);
    assert_int_equal(tl_commission_of(&out, INT64_MAX, 10000), TL_OK);
    assert_int_equal(out, INT64_MAX);
    assert_int_equal(tl_commission_of(&out, -INT64_MAX, 10000), TL_OK);
    assert_int_equal(out, -INT64_MAX);
    assert_int_equal(tl_commission_at(&out, unsorted, 2, 10), TL_ERR_RANGE);
    assert_int_equal(tl_commission_at(&out, brackets, 3, -1), TL_ERR_RANGE);
    assert_int_equal(tl_commission_at(&out, brackets, 0, 1), TL_ERR_RANGE);
    assert_int_equal(tl_commission_step(&out, brackets, 3, 100, -101), TL_ERR_RANGE);
    assert_int_equal(tl_commission_step(&out, brackets, 3, INT64_MAX, 1), TL_ERR_RANGE);
    assert_int_equal(tl_commission_tier_rate(&rate, falling, 2, 10), TL_ERR_RANGE);
    assert_int_equal(tl_commission_tier_rate(&rate, falling, 0, 10), TL_ERR_RANGE);
    assert_int_equal(tl_commission_costs_first(1000, 300, &out, &earning), TL_OK);
    assert_int_equal(out, 300);
    assert_int_equal(earning, 700);
    assert_int_equal(tl_commission_costs_first(200, 300, &out, &earning), TL_OK);
    assert_int_equal(earning, 0);
    assert_int_equal(tl_commission_costs_first(-1, 300, &out, &earning), TL_ERR_RANGE);
    assert_int_equal(tl_commission_costs_first(0, 0, &out, &earning), TL_OK);
    assert_true(tl_commission_earns(100, TL_DATE_NONE, 0, 100));
    assert_false(tl_commission_earns(100, TL_DATE_NONE, 0, 99));
    assert_true(tl_commission_earns(100, 200, 30, 230));
    assert_false(tl_commission_earns(100, 200, 30, 231));
}

/* The longest tables and the highest rates. */
static void commission_bounds(void **state)
{
    struct tl_commission_tier tier[TL_COMMISSION_ROWS_MAX];
    struct tl_commission_bracket bracket[TL_COMMISSION_ROWS_MAX];
    int64_t out;
    uint32_t rate;

    (void)state;
    for (uint32_t i = 0; i < TL_COMMISSION_ROWS_MAX; i++) {
        tier[i] = (struct tl_commission_tier){(int32_t)i * 10, 10000 - i};
        bracket[i] = (struct tl_commission_bracket){(int64_t)i * 10, 10000};
    }
    assert_int_equal(tl_commission_tier_rate(&rate, tier, TL_COMMISSION_ROWS_MAX, 0), TL_OK);
    assert_int_equal(rate, 10000);
    assert_int_equal(tl_commission_tier_rate(&rate, tier, TL_COMMISSION_ROWS_MAX, 10), TL_OK);
    assert_int_equal(rate, 9999);
    assert_int_equal(tl_commission_tier_rate(&rate, tier, TL_COMMISSION_ROWS_MAX, 100000), TL_OK);
    assert_int_equal(rate, 10000 - TL_COMMISSION_ROWS_MAX + 1);
    assert_int_equal(tl_commission_tier_rate(&rate, tier, TL_COMMISSION_ROWS_MAX + 1, 0),
                     TL_ERR_RANGE);
    tier[1].max_days = 0;
    assert_int_equal(tl_commission_tier_rate(&rate, tier, 2, 0), TL_ERR_RANGE);
    tier[0].rate_bp = 10001;
    assert_int_equal(tl_commission_tier_rate(&rate, tier, 1, 0), TL_ERR_RANGE);
    assert_int_equal(tl_commission_at(&out, bracket, TL_COMMISSION_ROWS_MAX, 12345), TL_OK);
    assert_int_equal(out, 12345);
    assert_int_equal(tl_commission_at(&out, bracket, TL_COMMISSION_ROWS_MAX + 1, 1), TL_ERR_RANGE);
    bracket[0].rate_bp = 10001;
    assert_int_equal(tl_commission_at(&out, bracket, 1, 1), TL_ERR_RANGE);
    bracket[0] = (struct tl_commission_bracket){-1, 1};
    assert_int_equal(tl_commission_at(&out, bracket, 1, 1), TL_ERR_RANGE);
    assert_int_equal(tl_commission_of(&out, 10001, 10000), TL_OK);
    assert_int_equal(out, 10001);
    assert_int_equal(tl_commission_of(&out, 0, 10000), TL_OK);
    assert_int_equal(out, 0);
}

static void statement_of(struct tl_remittance *statement, const json_t *given)
{
    size_t i;
    json_t *payment;

    json_array_foreach(json_object_get(given, "payments"), i, payment)
    {
        bool agency = strcmp(vector_str(payment, "by"), "agency") == 0;
        int64_t amount = vector_int(payment, "amount_cents");
        int64_t commission;

        assert_int_equal(
            tl_commission_of(&commission, amount, (uint32_t)vector_int(payment, "rate_bp")), TL_OK);
        assert_int_equal(commission, vector_int(payment, "commission_cents"));
        assert_int_equal(
            tl_remittance_add(statement, agency ? TL_COLLECTED_BY_AGENCY : TL_COLLECTED_BY_CREDITOR,
                              amount, commission, 0),
            TL_OK);
    }
}

static void remittance_vector(void **state)
{
    json_t *given = vector_json("remittance_statement.json");
    struct tl_remittance statement = {0};
    struct tl_remittance_due due;

    (void)state;
    statement_of(&statement, given);
    assert_int_equal(statement.held_minor, vector_int(given, "agency_held_cents"));
    assert_int_equal(tl_remittance_close(&due, &statement, TL_REMIT_NET), TL_OK);
    assert_int_equal(due.commission_minor, vector_int(given, "commission_total_cents"));
    assert_int_equal(due.remit_minor, vector_int(given, "net_remit_to_creditor_cents"));
    assert_int_equal(due.invoice_minor, 0);
    assert_int_equal(tl_remittance_close(&due, &statement, TL_REMIT_GROSS), TL_OK);
    assert_int_equal(due.remit_minor, vector_int(given, "gross_remit_cents"));
    assert_int_equal(due.invoice_minor, vector_int(given, "gross_invoice_cents"));
    assert_int_equal(tl_remittance_close(&due, &statement, TL_REMIT_COMBINED), TL_OK);
    assert_int_equal(due.remit_minor, 110001 - (38331 - 2500));
    assert_int_equal(due.invoice_minor, 2500);
    json_decref(given);
}

/* Whatever the mode, the agency ends with its commission and costs; what is
 * owed is never negative. */
static void modes_agree(void **state)
{
    struct gen gen = gen_seed(4423);

    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct tl_remittance statement = {0};
        struct tl_remittance_due due;

        for (int i = 0; i < 6; i++) {
            int64_t amount = (int64_t)gen_below(&gen, 20000) - 10000;

            assert_int_equal(tl_remittance_add(&statement, (enum tl_collector)gen_below(&gen, 2),
                                               amount, amount / 4, amount / 10),
                             TL_OK);
        }
        for (int mode = TL_REMIT_NET; mode <= TL_REMIT_COMBINED; mode++) {
            assert_int_equal(tl_remittance_close(&due, &statement, (enum tl_remit_mode)mode),
                             TL_OK);
            assert_true(due.remit_minor >= 0 && due.invoice_minor >= 0);
            assert_int_equal(statement.held_minor - due.remit_minor + due.invoice_minor,
                             due.commission_minor + statement.costs_minor);
        }
    }
}

static void remittance_limits(void **state)
{
    struct tl_remittance statement = {.held_minor = INT64_MAX};
    struct tl_remittance_due due;
    int64_t a;
    int64_t b;

    (void)state;
    assert_int_equal(tl_remittance_add(&statement, TL_COLLECTED_BY_AGENCY, 1, 0, 0), TL_ERR_RANGE);
    assert_int_equal(statement.payments, 0);
    statement.held_commission_minor = -1;
    assert_int_equal(tl_remittance_close(&due, &statement, TL_REMIT_NET), TL_ERR_RANGE);
    statement = (struct tl_remittance){.held_minor = INT64_MIN};
    assert_int_equal(tl_remittance_close(&due, &statement, TL_REMIT_GROSS), TL_ERR_RANGE);
    assert_int_equal(
        tl_remittance_split(TL_COLLECTED_BY_AGENCY, TL_REMIT_NET, INT64_MIN, 1, &a, &b),
        TL_ERR_RANGE);
}

/* ---- charge-off -------------------------------------------------------- */

static void deadline_rows(void **state)
{
    struct vector_csv csv;

    (void)state;
    vector_csv_open(&csv, "chargeoff_deadline.csv");
    while (vector_csv_next(&csv)) {
        struct tl_loss_clock clocks[3] = {
            {vector_date(csv.column[1]), (int32_t)vector_number(csv.column[2])},
            {TL_DATE_NONE, 60},
            {vector_date(csv.column[1]), 400}};
        int32_t reached = tl_loss_reached(clocks, 3);

        assert_int_equal(reached, vector_date(csv.column[3]));
        assert_int_equal(tl_month_end(reached), vector_date(csv.column[4]));
        clocks[1].from_on = clocks[0].from_on; /* notice of a bankruptcy */
        assert_int_equal(tl_loss_reached(clocks, 3), clocks[1].from_on + 60);
    }
    assert_int_equal(tl_loss_reached(NULL, 0), TL_DATE_NONE);
    assert_int_equal(tl_month_end(TL_DATE_NONE), TL_DATE_NONE);
    vector_csv_close(&csv);
}

static void same_journal(const struct tl_loss_journal *journal, const json_t *row)
{
    json_t *lines = json_object_get(row, "journal");

    assert_int_equal(journal->count, json_array_size(lines));
    for (uint32_t i = 0; i < journal->count; i++) {
        const struct tl_loss_line *line = &journal->line[i];
        json_t *expected = json_array_get(lines, i);

        assert_string_equal(line->credit ? "CR" : "DR",
                            json_string_value(json_array_get(expected, 0)));
        assert_string_equal(tl_name_of(&tl_loss_account_names, line->account),
                            json_string_value(json_array_get(expected, 1)));
        assert_int_equal(line->amount_minor, json_integer_value(json_array_get(expected, 2)));
    }
}

static void journal_rows(void **state)
{
    json_t *rows = vector_json("chargeoff_journal.json");
    json_t *row[4];
    struct tl_loss_journal journal;
    struct tl_loss_memo memo;

    (void)state;
    for (size_t i = 0; i < 4; i++)
        row[i] = json_array_get(rows, i);
    assert_int_equal(tl_loss_charge_off(&journal, &memo, vector_int(row[0], "principal"),
                                        vector_int(row[0], "interest_accrued"),
                                        vector_int(row[0], "fees")),
                     TL_OK);
    same_journal(&journal, row[0]);
    assert_int_equal(memo.balance_minor, vector_int(row[0], "memo_balance_cents"));
    assert_int_equal(tl_loss_recover(&journal, &memo, 40000, 10000), TL_OK);
    same_journal(&journal, row[1]);
    assert_int_equal(memo.balance_minor, vector_int(row[1], "memo_balance_cents"));
    assert_int_equal(tl_loss_recover_back(&journal, &memo, 40000, 10000), TL_OK);
    same_journal(&journal, row[2]);
    assert_int_equal(memo.balance_minor, vector_int(row[2], "memo_balance_cents"));
    assert_int_equal(tl_loss_recover(&journal, &memo, 70000, 0), TL_OK);
    same_journal(&journal, row[3]);
    assert_int_equal(tl_loss_forgive(&memo), vector_int(row[3], "forgiven_cents"));
    assert_int_equal(memo.balance_minor, 0);
    assert_int_equal(tl_loss_recover(&journal, &memo, 1, 0), TL_ERR_RANGE);
    assert_int_equal(tl_loss_charge_off(&journal, &memo, -1, 0, 0), TL_ERR_RANGE);
    assert_int_equal(tl_loss_charge_off(&journal, &memo, INT64_MAX, 1, 0), TL_ERR_RANGE);
    assert_int_equal(tl_loss_recover_back(&journal, &memo, 1, 2), TL_ERR_RANGE);
    json_decref(rows);
}

static void loss_bounds(void **state)
{
    const struct tl_loss_clock overflow = {INT32_MAX, 1};
    struct tl_loss_journal journal;
    struct tl_loss_memo memo;

    (void)state;
    assert_int_equal(tl_loss_charge_off(&journal, &memo, 0, 0, 0), TL_OK);
    assert_int_equal(journal.count, 0);
    assert_int_equal(tl_loss_charge_off(&journal, &memo, 500, 0, 0), TL_OK);
    assert_int_equal(journal.count, 2);
    assert_int_equal(tl_loss_recover(&journal, &memo, 501, 0), TL_ERR_RANGE);
    assert_int_equal(tl_loss_recover(&journal, &memo, 500, 501), TL_ERR_RANGE);
    assert_int_equal(tl_loss_recover(&journal, &memo, 500, 500), TL_OK);
    assert_int_equal(journal.count, 2); /* all of it was the agency's */
    assert_int_equal(memo.balance_minor, 0);
    assert_int_equal(tl_month_end(TL_DATE_MAX), TL_DATE_MAX);
    assert_int_equal(tl_month_end(TL_DATE_MIN), TL_DATE_MIN + 30);
    assert_int_equal(tl_month_end(vector_date("2028-02-01")), vector_date("2028-02-29"));
    assert_int_equal(tl_month_end(vector_date("2028-12-31")), vector_date("2028-12-31"));
    assert_int_equal(tl_loss_reached(&overflow, 1), TL_DATE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settlement_rows),   cmocka_unit_test(settlement_bounds),
        cmocka_unit_test(plan_rows),         cmocka_unit_test(plans_repay),
        cmocka_unit_test(levels_are_exact),  cmocka_unit_test(plan_limits),
        cmocka_unit_test(due_dates),         cmocka_unit_test(commission_rows),
        cmocka_unit_test(brackets_unwind),   cmocka_unit_test(commission_limits),
        cmocka_unit_test(commission_bounds), cmocka_unit_test(remittance_vector),
        cmocka_unit_test(modes_agree),       cmocka_unit_test(remittance_limits),
        cmocka_unit_test(deadline_rows),     cmocka_unit_test(journal_rows),
        cmocka_unit_test(loss_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
