/* Where payments go and how they come back; totals split by weight. */
#include "gen.h"
#include "tl/allocation.h"
#include "vector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *const balance_words[] = {"costs", "fees", "interest", "principal", NULL};
static const char *const instalment_words[] = {"penalty", "fee", "interest", "principal", NULL};

static uint8_t part_of(const char *const *words, const char *word)
{
    for (uint8_t i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], word) == 0)
            return i;
    }
    fail_msg("no part '%s'", word);
    return 0;
}

static struct tl_part_order order_of(const json_t *row, const char *const *words)
{
    struct tl_part_order order = {0};
    size_t i;
    json_t *word;

    json_array_foreach(json_object_get(row, "order"), i, word)
    {
        order.part[order.count++] = part_of(words, json_string_value(word));
    }
    return order;
}

static void amounts_of(const json_t *object, const char *const *words, int64_t out[TL_PARTS_MAX])
{
    memset(out, 0, TL_PARTS_MAX * sizeof out[0]);
    for (int i = 0; words[i] != NULL; i++)
        out[i] = vector_int(object, words[i]);
}

static void same_amounts(const int64_t a[TL_PARTS_MAX], const int64_t b[TL_PARTS_MAX])
{
    for (int i = 0; i < (int)TL_PARTS_MAX; i++)
        assert_int_equal(a[i], b[i]);
}

static void balance_row(const json_t *row)
{
    struct tl_part_order order = order_of(row, balance_words);
    int64_t owed[TL_PARTS_MAX];
    int64_t expected[TL_PARTS_MAX];
    int64_t after[TL_PARTS_MAX];
    int64_t applied[TL_PARTS_MAX];
    int64_t unapplied;

    amounts_of(json_object_get(row, "before"), balance_words, owed);
    amounts_of(json_object_get(row, "applied"), balance_words, expected);
    amounts_of(json_object_get(row, "after"), balance_words, after);
    assert_int_equal(
        tl_allocate_parts(&order, vector_int(row, "payment_cents"), owed, applied, &unapplied),
        TL_OK);
    same_amounts(applied, expected);
    assert_int_equal(unapplied, vector_int(row, "unapplied_cents"));
    assert_int_equal(tl_allocate_back(after, applied), TL_OK);
    same_amounts(after, owed);
}

static void instalment_row(const json_t *row)
{
    struct tl_part_order parts = order_of(row, instalment_words);
    struct tl_allocation_order order;
    struct tl_instalment list[8];
    json_t *given = json_object_get(row, "instalments");
    json_t *expected = json_object_get(row, "applied");
    uint32_t count = (uint32_t)json_array_size(given);
    int64_t unapplied;

    for (uint32_t i = 0; i < count; i++) {
        list[i].due_on = vector_date(vector_str(json_array_get(given, i), "due"));
        amounts_of(json_array_get(given, i), instalment_words, list[i].owed);
    }
    assert_int_equal(tl_allocation_order_of(&order, &parts), TL_OK);
    assert_int_equal(tl_allocate_instalments(&order, vector_int(row, "payment_cents"),
                                             vector_date("2026-02-15"), list, count, &unapplied),
                     TL_OK);
    for (uint32_t i = 0; i < count; i++) {
        int64_t amounts[TL_PARTS_MAX];

        amounts_of(json_array_get(expected, i), instalment_words, amounts);
        same_amounts(list[i].applied, amounts);
    }
    assert_int_equal(unapplied, vector_int(row, "unapplied_cents"));
}

static uint32_t debt_index(const json_t *debts, const char *name)
{
    for (uint32_t i = 0; i < json_array_size(debts); i++) {
        if (strcmp(vector_str(json_array_get(debts, i), "debt"), name) == 0)
            return i;
    }
    fail_msg("no debt '%s'", name);
    return 0;
}

static void debts_row(const json_t *row)
{
    json_t *debts = json_object_get(row, "debts");
    json_t *directed = json_object_get(row, "direction");
    json_t *applied = json_object_get(row, "applied");
    struct tl_debt_share share[8];
    struct tl_direction direction[8];
    struct tl_debt_outcome outcome;
    uint32_t count = (uint32_t)json_array_size(debts);
    uint32_t directions = (uint32_t)json_array_size(directed);

    for (uint32_t i = 0; i < count; i++) {
        json_t *debt = json_array_get(debts, i);

        share[i] =
            (struct tl_debt_share){vector_int(debt, "balance"), (int32_t)vector_int(debt, "oldest"),
                                   json_is_true(json_object_get(debt, "disputed")), 0};
    }
    for (uint32_t i = 0; i < directions; i++) {
        const char *name = json_string_value(json_array_get(directed, i));

        direction[i] = (struct tl_direction){debt_index(debts, name), 0};
    }
    assert_int_equal(tl_allocate_debts(vector_int(row, "payment_cents"), share, count, direction,
                                       directions, &outcome),
                     TL_OK);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(share[i].applied_minor,
                         vector_int(applied, vector_str(json_array_get(debts, i), "debt")));
    assert_int_equal(outcome.refused, json_object_get(row, "expected") != NULL);
    if (json_object_get(row, "unapplied_cents") != NULL)
        assert_int_equal(outcome.held_minor + outcome.unapplied_minor,
                         vector_int(row, "unapplied_cents"));
}

static void allocation_rows(void **state)
{
    json_t *rows = vector_json("payment_allocation.json");
    size_t i;
    json_t *row;

    (void)state;
    assert_int_equal(json_array_size(rows), 10);
    json_array_foreach(rows, i, row)
    {
        if (json_object_get(row, "debts") != NULL)
            debts_row(row);
        else if (json_object_get(row, "instalments") != NULL)
            instalment_row(row);
        else
            balance_row(row);
    }
    json_decref(rows);
}

static void prorata_rows(void **state)
{
    struct vector_csv csv;

    (void)state;
    vector_csv_open(&csv, "prorata_largest_remainder.csv");
    while (vector_csv_next(&csv)) {
        int64_t weight[16];
        int64_t expected[16];
        int64_t part[16];
        int count = vector_list(csv.column[1], weight, 16);

        assert_int_equal(vector_list(csv.column[2], expected, 16), count);
        assert_int_equal(tl_prorate(vector_number(csv.column[0]), weight, (uint32_t)count, part),
                         TL_OK);
        for (int i = 0; i < count; i++)
            assert_int_equal(part[i], expected[i]);
    }
    vector_csv_close(&csv);
}

/* Shares add up, each within one of its due, more weight never less. */
static void shares_add_up(void **state)
{
    struct gen gen = gen_seed(4411);

    (void)state;
    for (int round = 0; round < 20000; round++) {
        uint32_t count = 1 + (uint32_t)gen_below(&gen, 40);
        int64_t total = (int64_t)gen_below(&gen, (uint64_t)INT64_MAX);
        int64_t weight[40];
        int64_t part[40];
        int64_t sum = 0;

        total >>= gen_below(&gen, 60);
        for (uint32_t i = 0; i < count; i++)
            weight[i] = (int64_t)gen_below(&gen, 1000);
        weight[gen_below(&gen, count)] = 1 + (int64_t)gen_below(&gen, (uint64_t)INT64_MAX / 2);
        assert_int_equal(tl_prorate(total, weight, count, part), TL_OK);
        for (uint32_t i = 0; i < count; i++) {
            assert_true(part[i] >= 0);
            sum += part[i];
            for (uint32_t k = 0; k < i; k++)
                assert_true(weight[k] < weight[i] ? part[k] <= part[i]
                                                  : weight[k] == weight[i] || part[k] >= part[i]);
        }
        assert_int_equal(sum, total);
    }
}

static void equal_parts_add_up(void **state)
{
    (void)state;
    for (int64_t total = 0; total < 200; total++) {
        for (uint32_t count = 1; count < 20; count++) {
            int64_t sum = 0;

            for (uint32_t i = 0; i < count; i++)
                sum += tl_equal_part(total, count, i);
            assert_int_equal(sum, total);
        }
    }
}

static struct tl_part_order shuffled(struct gen *gen)
{
    struct tl_part_order order = {TL_PARTS_MAX, {0, 1, 2, 3, 4, 5, 6, 7}};

    for (uint32_t i = TL_PARTS_MAX - 1; i > 0; i--) {
        uint32_t k = (uint32_t)gen_below(gen, i + 1);
        uint8_t kept = order.part[i];

        order.part[i] = order.part[k];
        order.part[k] = kept;
    }
    order.count = (uint8_t)(1 + gen_below(gen, TL_PARTS_MAX));
    return order;
}

/* Payments in any order of parts, taken back from the last to the first, leave
 * the balance as it was; nothing is lost or made on the way. */
static void reversals_return(void **state)
{
    struct gen gen = gen_seed(4412);

    (void)state;
    for (int round = 0; round < 10000; round++) {
        int64_t start[TL_PARTS_MAX];
        int64_t owed[TL_PARTS_MAX];
        int64_t applied[6][TL_PARTS_MAX];

        for (uint32_t i = 0; i < TL_PARTS_MAX; i++)
            start[i] = (int64_t)gen_below(&gen, 5000);
        memcpy(owed, start, sizeof owed);
        for (int p = 0; p < 6; p++) {
            struct tl_part_order order = shuffled(&gen);
            int64_t amount = (int64_t)gen_below(&gen, 9000);
            int64_t left;

            assert_int_equal(tl_allocate_parts(&order, amount, owed, applied[p], &left), TL_OK);
            for (uint32_t i = 0; i < TL_PARTS_MAX; i++) {
                owed[i] -= applied[p][i];
                amount -= applied[p][i];
                assert_true(owed[i] >= 0);
            }
            assert_int_equal(amount, left);
        }
        for (int p = 5; p >= 0; p--)
            assert_int_equal(tl_allocate_back(owed, applied[p]), TL_OK);
        same_amounts(owed, start);
    }
}

/* By instalment and by step, past due, due and in advance. */
static void twelve_ways(void **state)
{
    const struct tl_allocation_order past_first = {
        false, 3, {{TL_DUE_PAST, 0}, {TL_DUE_PAST, 1}, {TL_DUE_TODAY, 1}}};
    const struct tl_allocation_order fees_first = {
        true, 4, {{TL_DUE_PAST, 0}, {TL_DUE_ADVANCE, 0}, {TL_DUE_PAST, 1}, {TL_DUE_ADVANCE, 1}}};
    struct tl_instalment list[3] = {{30, {5, 100}, {0}}, {10, {7, 100}, {0}}, {20, {9, 100}, {0}}};
    int64_t left;

    (void)state;
    assert_int_equal(tl_allocate_instalments(&past_first, 500, 20, list, 3, &left), TL_OK);
    assert_int_equal(list[1].applied[0], 7);
    assert_int_equal(list[1].applied[1], 100);
    assert_int_equal(list[2].applied[0], 0); /* due today: fees are not in the order */
    assert_int_equal(list[2].applied[1], 100);
    assert_int_equal(list[0].applied[1], 0); /* nothing in advance */
    assert_int_equal(left, 293);
    assert_int_equal(tl_allocate_instalments(&fees_first, 150, 25, list, 3, &left), TL_OK);
    assert_int_equal(list[1].applied[0], 7);
    assert_int_equal(list[2].applied[0], 9);
    assert_int_equal(list[0].applied[0], 5);
    assert_int_equal(list[1].applied[1], 100);
    assert_int_equal(list[2].applied[1], 29);
    assert_int_equal(left, 0);
}

/* A disputed debt gets nothing, whatever the rest of the payment does. */
static void disputes_get_nothing(void **state)
{
    struct gen gen = gen_seed(4413);

    (void)state;
    for (int round = 0; round < 10000; round++) {
        struct tl_debt_share debt[6];
        struct tl_direction direction[2];
        struct tl_debt_outcome out;
        int64_t amount = (int64_t)gen_below(&gen, 3000);
        int64_t sum;

        for (int i = 0; i < 6; i++)
            debt[i] =
                (struct tl_debt_share){(int64_t)gen_below(&gen, 600), (int32_t)gen_below(&gen, 4),
                                       gen_below(&gen, 2) == 1, 0};
        direction[0] = (struct tl_direction){(uint32_t)gen_below(&gen, 3), 0};
        direction[1] =
            (struct tl_direction){3 + (uint32_t)gen_below(&gen, 3), (int64_t)gen_below(&gen, 900)};
        assert_int_equal(tl_allocate_debts(amount, debt, 6, direction, 2, &out), TL_OK);
        sum = out.held_minor + out.unapplied_minor;
        for (int i = 0; i < 6; i++) {
            assert_true(debt[i].applied_minor <= debt[i].balance_minor);
            assert_true(!debt[i].disputed || debt[i].applied_minor == 0);
            /* Money is left only when every debt it may pay is paid. */
            assert_true(out.unapplied_minor == 0 || debt[i].disputed ||
                        debt[i].applied_minor == debt[i].balance_minor);
            sum += debt[i].applied_minor;
        }
        assert_int_equal(sum, amount);
    }
}

static void refused(void **state)
{
    static struct tl_instalment list[TL_INSTALMENTS_MAX + 1];
    const struct tl_part_order twice = {2, {1, 1}};
    const struct tl_part_order beyond = {1, {TL_PARTS_MAX}};
    const struct tl_part_order fine = {2, {1, 0}};
    struct tl_allocation_order order;
    struct tl_debt_share debt = {10, 0, false, 0};
    struct tl_direction same[2] = {{0, 1}, {0, 1}};
    struct tl_debt_outcome out;
    int64_t owed[TL_PARTS_MAX] = {1, 2};
    int64_t applied[TL_PARTS_MAX];
    int64_t weight[2] = {0, 0};
    int64_t part[2];
    int64_t left;

    (void)state;
    assert_int_equal(tl_allocate_parts(&twice, 1, owed, applied, &left), TL_ERR_RANGE);
    assert_int_equal(tl_allocate_parts(&beyond, 1, owed, applied, &left), TL_ERR_RANGE);
    assert_int_equal(tl_allocate_parts(&fine, -1, owed, applied, &left), TL_ERR_RANGE);
    assert_int_equal(tl_allocation_order_of(&order, &twice), TL_ERR_RANGE);
    assert_int_equal(tl_allocation_order_of(&order, &fine), TL_OK);
    assert_int_equal(tl_allocate_instalments(&order, 1, 0, list, TL_INSTALMENTS_MAX + 1, &left),
                     TL_ERR_LIMIT);
    assert_int_equal(tl_allocate_instalments(&order, -1, 0, list, 1, &left), TL_ERR_RANGE);
    order.step[1] = order.step[0];
    assert_int_equal(tl_allocate_instalments(&order, 1, 0, list, 1, &left), TL_ERR_RANGE);
    owed[0] = -1;
    assert_int_equal(tl_allocate_parts(&fine, 1, owed, applied, &left), TL_ERR_RANGE);
    owed[0] = INT64_MAX;
    memset(applied, 0, sizeof applied);
    applied[0] = 1;
    assert_int_equal(tl_allocate_back(owed, applied), TL_ERR_RANGE);
    assert_int_equal(tl_allocate_debts(5, &debt, 1, same, 2, &out), TL_ERR_RANGE);
    same[0].debt = 1;
    assert_int_equal(tl_allocate_debts(5, &debt, 1, same, 1, &out), TL_ERR_RANGE);
    debt.balance_minor = -1;
    assert_int_equal(tl_allocate_debts(5, &debt, 1, NULL, 0, &out), TL_ERR_RANGE);
    assert_int_equal(tl_allocate_debts(5, &debt, TL_SHARES_MAX + 1, NULL, 0, &out), TL_ERR_LIMIT);
    assert_int_equal(tl_prorate(10, weight, 2, part), TL_ERR_RANGE);
    weight[0] = INT64_MAX;
    weight[1] = 1;
    assert_int_equal(tl_prorate(10, weight, 2, part), TL_ERR_RANGE);
    assert_int_equal(tl_prorate(10, weight, TL_SHARES_MAX + 1, part), TL_ERR_LIMIT);
    weight[1] = 0;
    assert_int_equal(tl_prorate(-1, weight, 2, part), TL_ERR_RANGE);
    assert_int_equal(tl_prorate(INT64_MAX, weight, 2, part), TL_OK);
    assert_int_equal(part[0], INT64_MAX);
}

/* The last value inside each bound, and what decides between equals. */
static void bounds(void **state)
{
    static struct tl_instalment list[TL_INSTALMENTS_MAX];
    static struct tl_debt_share debt[TL_SHARES_MAX];
    static struct tl_direction direction[TL_SHARES_MAX];
    static int64_t weight[TL_SHARES_MAX];
    static int64_t part[TL_SHARES_MAX];
    const struct tl_part_order all = {TL_PARTS_MAX, {0, 1, 2, 3, 4, 5, 6, 7}};
    struct tl_allocation_order order;
    struct tl_debt_outcome out;
    int64_t left;

    (void)state;
    assert_int_equal(tl_allocation_order_of(&order, &all), TL_OK);
    assert_int_equal(order.count, TL_STEPS_MAX);
    for (uint32_t i = 0; i < TL_INSTALMENTS_MAX; i++) {
        list[i].due_on = 100 - (int32_t)i % 3;
        list[i].owed[7] = 10;
    }
    assert_int_equal(tl_allocate_instalments(&order, 4010, 99, list, TL_INSTALMENTS_MAX, &left),
                     TL_OK);
    assert_int_equal(left, 0);
    for (uint32_t i = 0; i < TL_INSTALMENTS_MAX; i++) /* 98, then 99 but for none of 100 */
        assert_int_equal(list[i].applied[7], i % 3 == 2 ? 10 : i == 1 ? 10 : 0);
    assert_int_equal(tl_allocate_instalments(&order, 0, 99, list, 1, &left), TL_OK);
    assert_int_equal(tl_allocate_instalments(&order, 15, 0, list, 2, &left), TL_OK);
    assert_int_equal(list[1].applied[7], 10); /* in advance too, oldest first */
    assert_int_equal(list[0].applied[7], 5);
    order.step[0].part = TL_PARTS_MAX;
    assert_int_equal(tl_allocate_instalments(&order, 1, 0, list, 1, &left), TL_ERR_RANGE);

    for (uint32_t i = 0; i < TL_SHARES_MAX; i++) {
        debt[i] = (struct tl_debt_share){10, 7, false, 0};
        direction[i] = (struct tl_direction){i, 1};
        weight[i] = 1;
    }
    assert_int_equal(tl_allocate_debts(261, debt, TL_SHARES_MAX, direction, TL_SHARES_MAX, &out),
                     TL_OK);
    assert_int_equal(debt[0].applied_minor, 6); /* equal age: the first */
    assert_int_equal(debt[1].applied_minor, 1);
    assert_int_equal(tl_prorate(257, weight, TL_SHARES_MAX, part), TL_OK);
    assert_int_equal(part[0], 2);
    assert_int_equal(part[1], 1);
    assert_int_equal(tl_prorate(-1, weight, TL_SHARES_MAX, part), TL_ERR_RANGE);
    assert_int_equal(part[0], 0); /* nothing is left there on failure */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocation_rows),
        cmocka_unit_test(prorata_rows),
        cmocka_unit_test(shares_add_up),
        cmocka_unit_test(equal_parts_add_up),
        cmocka_unit_test(reversals_return),
        cmocka_unit_test(twelve_ways),
        cmocka_unit_test(disputes_get_nothing),
        cmocka_unit_test(refused),
        cmocka_unit_test(bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
