/* Debts that fall due part by part. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { START = 10000 };

/* Parts of 1000 with 100 interest and a fee of 10, thirty days apart. */
static void schedule(struct rig *rig, uint32_t parts, int64_t principal, int64_t interest)
{
    static uint8_t bytes[16384];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);
    struct tl_body_schedule body = {{TL_BYTES_NONE, 0}};

    for (uint32_t i = 0; i < parts; i++) {
        struct tl_schedule_row row = {START + 30 * (int32_t)(i + 1), principal, interest,
                                      interest / 10};

        tl_list_add(&body.rows, &buf, &tl_schedule_row_record, &row);
    }
    rig_send(rig, CITY, TL_ENTRY_SCHEDULE, 1, START, NULL, &body);
}

static void open_case(struct rig *rig)
{
    rig_open(rig, 0, 1);
    rig_fines(rig, false);
    rig_agreement(rig, 1, START, 4000);
}

static int64_t feature(struct rig *rig, enum tl_feature which, int32_t today)
{
    struct tl_case c = rig_case(rig, 1);
    int64_t value = -1;

    assert_true(tl_case_feature(&c, which, today, &value));
    return value;
}

static void parts_fall_due_on_their_days(void **state)
{
    struct rig rig;
    struct tl_case c;

    (void)state;
    open_case(&rig);
    schedule(&rig, 4, 1000, 100);
    c = rig_case(&rig, 1);
    assert_int_equal(c.due_on, START + 30);
    assert_int_equal(tl_case_past_due(&c), 0);
    rig_day(&rig, START + 29);
    assert_int_equal(rig_count(&rig, TL_DECISION_INSTALMENT_DUE, 1), 0);
    rig_day(&rig, START + 30);
    assert_int_equal(rig_count(&rig, TL_DECISION_INSTALMENT_DUE, 1), 1);
    c = rig_case(&rig, 1);
    assert_int_equal(tl_case_balance(&c), 4110);
    assert_int_equal(tl_case_past_due(&c), 1110);
    assert_int_equal(c.interest_minor, 100);
    assert_int_equal(c.fee_minor, 10);
    assert_int_equal(feature(&rig, TL_FEATURE_DAYS_PAST_DUE, START + 40), 10);
    assert_int_equal(feature(&rig, TL_FEATURE_INSTALMENTS_LEFT, START + 40), 3);
    /* Paid: the next part's day counts. */
    rig_pay(&rig, 1, START + 31, "a", 1110);
    assert_int_equal(rig_case(&rig, 1).due_on, START + 60);
    assert_int_equal(feature(&rig, TL_FEATURE_DAYS_PAST_DUE, START + 40), 0);
    rig_day(&rig, START + 200);
    c = rig_case(&rig, 1);
    assert_int_equal(c.instalments_due, 4);
    assert_int_equal(c.due_on, START + 60);
    assert_int_equal(tl_case_past_due(&c), 3330);
    rig_books(&rig);
    rig_close(&rig);
}

static void payments_pay_the_oldest_part(void **state)
{
    struct rig rig;

    (void)state;
    open_case(&rig);
    schedule(&rig, 4, 1000, 100);
    rig_day(&rig, START + 95); /* three parts are due: 3330 */
    assert_int_equal(rig_case(&rig, 1).due_on, START + 30);
    rig_pay(&rig, 1, START + 96, "a", 1109);
    assert_int_equal(rig_case(&rig, 1).due_on, START + 30);
    rig_pay(&rig, 1, START + 96, "b", 1);
    assert_int_equal(rig_case(&rig, 1).due_on, START + 60);
    rig_pay(&rig, 1, START + 96, "c", 1200);
    assert_int_equal(rig_case(&rig, 1).due_on, START + 90);
    /* Ahead of the last one: nothing is past due. */
    rig_pay(&rig, 1, START + 96, "d", 1500);
    assert_int_equal(rig_case(&rig, 1).due_on, START + 120);
    assert_int_equal(feature(&rig, TL_FEATURE_PAST_DUE, START + 96), 0);
    rig_day(&rig, START + 120);
    assert_int_equal(feature(&rig, TL_FEATURE_PAST_DUE, START + 120), 4440 - 1110 - 1200 - 1500);
    rig_pay(&rig, 1, START + 121, "e", 630);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_PAID);
    assert_int_equal(rig_case(&rig, 1).due_on, START + 120);
    rig_books(&rig);
    rig_close(&rig);
}

static void a_part_of_a_paid_debt_waits_until_it_is_owed_again(void **state)
{
    struct tl_body_reversal back = {tl_bytes_str("a"), TL_REVERSAL_BOUNCED, 0};
    struct rig rig;

    (void)state;
    open_case(&rig);
    schedule(&rig, 4, 1000, 100);
    rig_pay(&rig, 1, START + 1, "a", 4000);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_PAID);
    rig_day(&rig, START + 70);
    assert_int_equal(rig_count(&rig, TL_DECISION_INSTALMENT_DUE, 1), 0);
    rig_send(&rig, CITY, TL_ENTRY_PAYMENT_REVERSAL, 1, START + 71, NULL, &back);
    assert_int_equal(rig_count(&rig, TL_DECISION_INSTALMENT_DUE, 1), 2);
    assert_int_equal(rig_find(&rig, TL_DECISION_INSTALMENT_DUE, 1)->date, START + 71);
    assert_int_equal(rig_case(&rig, 1).due_on, START + 30);
    rig_books(&rig);
    rig_close(&rig);
}

static void a_schedule_states_what_is_owed(void **state)
{
    struct rig rig;
    uint32_t denied = 0;

    (void)state;
    open_case(&rig);
    schedule(&rig, 0, 0, 0);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), ++denied);
    schedule(&rig, 4, 999, 0);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), ++denied);
    schedule(&rig, 4, 1000, 100);
    rig_terms(&rig, 1, START, 1000); /* the schedule has the interest already */
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), ++denied);
    schedule(&rig, 2, 2000, 0); /* may be replaced */
    assert_int_equal(rig_case(&rig, 1).instalments, 2);
    rig_pay(&rig, 1, START + 1, "a", 4000);
    schedule(&rig, 4, 0, 0);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), ++denied);
    rig_close(&rig);

    open_case(&rig);
    rig_terms(&rig, 1, START, 1000);
    schedule(&rig, 4, 1000, 100);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 1);
    schedule(&rig, 4, 1000, 0); /* principal by parts, interest by the day */
    assert_int_equal(rig_case(&rig, 1).instalments, 4);
    rig_close(&rig);
}

static void holds_and_waivers_take_interest_out_of_a_part(void **state)
{
    struct tl_body_hold hold = {TL_HOLD_MORATORIUM_UK, TL_BYTES_NONE};
    struct tl_body_waiver waiver = {START + 60};
    struct rig rig;
    struct tl_case c;

    (void)state;
    open_case(&rig);
    schedule(&rig, 4, 1000, 100);
    rig_send(&rig, CITY, TL_ENTRY_HOLD_SET, 1, START, NULL, &hold);
    rig_day(&rig, START + 30);
    c = rig_case(&rig, 1);
    assert_int_equal(c.interest_minor, 0);
    assert_int_equal(c.fee_minor, 0);
    assert_int_equal(tl_case_past_due(&c), 1000);
    rig_send(&rig, CITY, TL_ENTRY_HOLD_RELEASE, 1, START + 31, NULL, &hold);
    rig_send(&rig, CITY, TL_ENTRY_INTEREST_WAIVED, 1, START + 31, NULL, &waiver);
    rig_day(&rig, START + 59);
    rig_day(&rig, START + 60);
    assert_int_equal(rig_case(&rig, 1).interest_minor, 0); /* waived from that very day */
    rig_books(&rig);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_fall_due_on_their_days),
        cmocka_unit_test(payments_pay_the_oldest_part),
        cmocka_unit_test(a_part_of_a_paid_debt_waits_until_it_is_owed_again),
        cmocka_unit_test(a_schedule_states_what_is_owed),
        cmocka_unit_test(holds_and_waivers_take_interest_out_of_a_part),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
