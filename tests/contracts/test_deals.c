/* Settlements, plans, promises. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct tl_body_answer plain; /* no reason given */

/* 1,000.00, overdue since day 10061; agencies may settle for half and more. */
static void open_debt(struct rig *rig)
{
    struct tl_policy *policy = malloc(sizeof *policy);
    struct tl_rule *rule;

    rig_open(rig, 0, 1);
    tl_policy_init(policy);
    strcpy(policy->name, "fines");
    strcpy(policy->title, "deals");
    rule = rig_rule(policy, "overdue", TL_ACTION_SET_STAGE);
    rule->anchor = TL_FEATURE_DUE_ON;
    rule->days = 1;
    rule->from_stages = tl_stage_bit(TL_STAGE_CURRENT);
    rule->stage = TL_STAGE_OVERDUE;
    rule = rig_rule(policy, "half", TL_ACTION_PERMIT_SETTLEMENT);
    rule->trigger = TL_TRIGGER_ASKED;
    rig_clause(rule, TL_FEATURE_DEAL_AMOUNT, TL_OP_GE, TL_FEATURE_BALANCE, 0);
    rule->guard[0].left[1] = TL_FEATURE_DEAL_AMOUNT;
    rule->guard[0].left_count = 2;
    rig_publish(rig, policy);
    free(policy);
    rig_agreement(rig, 1, 10000, 100000);
    rig_day(rig, 10100);
    assert_int_equal(rig_case(rig, 1).stage, TL_STAGE_OVERDUE);
}

static void offer(struct rig *rig, uint32_t member, int32_t date, int64_t minor)
{
    struct tl_body_settlement body = {minor, 10130, 10110};

    rig_send(rig, member, TL_ENTRY_SETTLEMENT_OFFER, 1, date, NULL, &body);
}

static void accept(struct rig *rig, enum tl_type type, int32_t date)
{
    rig_send(rig, CITY, type, 1, date, NULL, &plain);
}

static void a_settlement_is_kept_and_undone(void **state)
{
    struct tl_body_reversal back = {tl_bytes_str("b"), TL_REVERSAL_BOUNCED, 0};
    struct tl_case c;
    struct rig rig;

    (void)state;
    open_debt(&rig);
    offer(&rig, CITY, 10101, 60000);
    accept(&rig, TL_ENTRY_SETTLEMENT_ACCEPT, 10110); /* the last day of the offer */
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_RESOLUTION);
    rig_pay(&rig, 1, 10120, "a", 20000);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_RESOLUTION);
    rig_day(&rig, 10129);
    rig_pay(&rig, 1, 10130, "b", 40000); /* the last day to pay */
    c = rig_case(&rig, 1);
    assert_int_equal(c.stage, TL_STAGE_SETTLED);
    assert_int_equal(tl_case_balance(&c), 0);
    assert_int_equal(c.adjusted_minor, -40000);
    assert_int_equal(c.principal_forgiven_minor, 40000);
    rig_books(&rig);
    rig_send(&rig, CITY, TL_ENTRY_PAYMENT_REVERSAL, 1, 10131, "r", &back);
    c = rig_case(&rig, 1);
    assert_int_equal(c.stage, TL_STAGE_OVERDUE);
    assert_int_equal(tl_case_balance(&c), 80000);
    assert_int_equal(c.adjusted_minor, 0);
    assert_int_equal(c.commenced_on, 10060);
    assert_int_equal(rig_count(&rig, TL_DECISION_SETTLEMENT_VOID, 1), 1);
    rig_books(&rig);
    rig_close(&rig);
}

static void a_settlement_lapses(void **state)
{
    struct tl_case c;
    struct rig rig;

    (void)state;
    open_debt(&rig);
    offer(&rig, CITY, 10101, 60000);
    accept(&rig, TL_ENTRY_SETTLEMENT_ACCEPT, 10111); /* a day too late */
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 1);
    accept(&rig, TL_ENTRY_SETTLEMENT_ACCEPT, 10105);
    rig_pay(&rig, 1, 10120, "a", 59999);
    rig_day(&rig, 10130);
    c = rig_case(&rig, 1);
    assert_int_equal(c.stage, TL_STAGE_OVERDUE);
    assert_int_equal(tl_case_balance(&c), 40001);
    assert_int_equal(c.deals_broken, 1);
    assert_int_equal(rig_find(&rig, TL_DECISION_SETTLEMENT_VOID, 1)->date, 10130);
    rig_books(&rig);
    rig_close(&rig);
}

static void offers_have_bounds(void **state)
{
    struct tl_body_offer placed = {tl_bytes_str("agency-a"), TL_BYTES_NONE};
    struct rig rig;

    (void)state;
    open_debt(&rig);
    accept(&rig, TL_ENTRY_SETTLEMENT_ACCEPT, 10101); /* nothing is offered */
    offer(&rig, CITY, 10101, 100000);                /* not less than is owed */
    offer(&rig, CITY, 10101, 0);
    offer(&rig, NORTH, 10101, 60000); /* not the holder */
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 4);
    rig_send(&rig, CITY, TL_ENTRY_PLACEMENT_OFFER, 1, 10101, NULL, &placed);
    rig_send(&rig, NORTH, TL_ENTRY_PLACEMENT_ACCEPT, 1, 10101, NULL, &plain);
    offer(&rig, NORTH, 10101, 49999);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 5);
    offer(&rig, NORTH, 10101, 50000);
    assert_int_equal(rig_case(&rig, 1).deal, TL_DEAL_SETTLEMENT_OFFERED);
    accept(&rig, TL_ENTRY_SETTLEMENT_ACCEPT, 10102);
    offer(&rig, CITY, 10103, 60000); /* one is running */
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 6);
    rig_pay(&rig, 1, 10104, "all", 100000); /* more than was agreed: paid, not settled */
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_PAID);
    assert_int_equal(rig_case(&rig, 1).holder, CITY);
    rig_books(&rig);
    rig_close(&rig);
}

/* 31 January 1998 is day 10257: parts fall on 28 February and 31 March. */
static void a_plan_by_months(void **state)
{
    struct tl_body_plan plan = {10000, 3, TL_STEP_MONTH, 2, 10257, TL_DATE_NONE};
    struct tl_case c;
    struct rig rig;

    (void)state;
    open_debt(&rig);
    rig_send(&rig, CITY, TL_ENTRY_PLAN_OFFER, 1, 10101, NULL, &plan);
    accept(&rig, TL_ENTRY_PLAN_ACCEPT, 10102);
    assert_int_equal(rig_case(&rig, 1).next_due, 10259); /* two days of grace */
    rig_pay(&rig, 1, 10200, "ahead", 15000);
    rig_day(&rig, 10259);
    assert_int_equal(rig_count(&rig, TL_DECISION_INSTALMENT_KEPT, 1), 1);
    assert_int_equal(rig_case(&rig, 1).next_due, 10285 + 2);
    rig_pay(&rig, 1, 10287, "second", 5000);
    rig_day(&rig, 10287);
    assert_int_equal(rig_case(&rig, 1).next_due, 10316 + 2);
    rig_day(&rig, 10317);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_RESOLUTION);
    rig_day(&rig, 10318);
    c = rig_case(&rig, 1);
    assert_int_equal(rig_count(&rig, TL_DECISION_INSTALMENT_MISSED, 1), 1);
    assert_int_equal(rig_count(&rig, TL_DECISION_PLAN_BROKEN, 1), 1);
    assert_int_equal(c.stage, TL_STAGE_OVERDUE);
    assert_int_equal(c.deals_broken, 1);
    rig_close(&rig);
}

static void a_plan_is_completed(void **state)
{
    struct tl_body_plan plan = {50000, 2, TL_STEP_WEEK, 0, 10110, TL_DATE_NONE};
    struct tl_body_dispute open = {tl_bytes_str("d"), TL_REGIME_CONTRACT, 0, 0, true};
    struct tl_body_resolution closed = {tl_bytes_str("d"), TL_OUTCOME_REJECTED, 0};
    struct rig rig;

    (void)state;
    open_debt(&rig);
    rig_send(&rig, CITY, TL_ENTRY_PLAN_OFFER, 1, 10101, NULL, &plan);
    accept(&rig, TL_ENTRY_PLAN_ACCEPT, 10102);
    /* A dispute beside the plan: answered, the plan still keeps the case. */
    rig_send(&rig, CITY, TL_ENTRY_DISPUTE_OPENED, 1, 10103, NULL, &open);
    rig_send(&rig, CITY, TL_ENTRY_DISPUTE_RESOLVED, 1, 10104, NULL, &closed);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_RESOLUTION);
    rig_pay(&rig, 1, 10110, "a", 50000);
    rig_day(&rig, 10110);
    rig_pay(&rig, 1, 10117, "b", 50000);
    assert_int_equal(rig_count(&rig, TL_DECISION_PLAN_COMPLETED, 1), 1);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_PAID);
    rig_day(&rig, 10200);
    assert_int_equal(rig_count(&rig, TL_DECISION_PLAN_BROKEN, 1), 0);
    rig_books(&rig);
    rig_close(&rig);
}

static void promises_are_counted(void **state)
{
    struct tl_body_promise first = {1000, 10110};
    struct tl_body_promise second = {1000, 10120};
    struct tl_body_promise empty = {0, 10120};
    struct tl_case c;
    struct rig rig;

    (void)state;
    open_debt(&rig);
    rig_send(&rig, CITY, TL_ENTRY_PROMISE_TO_PAY, 1, 10101, NULL, &first);
    rig_pay(&rig, 1, 10110, "a", 1000);
    rig_day(&rig, 10110);
    rig_send(&rig, CITY, TL_ENTRY_PROMISE_TO_PAY, 1, 10111, NULL, &second);
    rig_pay(&rig, 1, 10112, "b", 999);
    rig_day(&rig, 10120);
    rig_send(&rig, CITY, TL_ENTRY_PROMISE_TO_PAY, 1, 10121, NULL, &empty);
    c = rig_case(&rig, 1);
    assert_int_equal(c.promises, 2);
    assert_int_equal(c.promises_kept, 1);
    assert_int_equal(c.promises_broken, 1);
    assert_int_equal(rig_find(&rig, TL_DECISION_PROMISE_BROKEN, 1)->date, 10120);
    assert_int_equal(rig_count(&rig, TL_DECISION_ALERT, 1), 1);
    assert_int_equal(c.stage, TL_STAGE_OVERDUE);
    rig_close(&rig);
}

static void an_offer_may_be_taken_back_until_it_is_accepted(void **state)
{
    struct tl_body_plan plan = {10000, 3, TL_STEP_MONTH, 0, 10120, TL_DATE_NONE};
    struct rig rig;

    (void)state;
    open_debt(&rig);
    accept(&rig, TL_ENTRY_SETTLEMENT_WITHDRAW, 10101); /* nothing is offered */
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 1);
    offer(&rig, CITY, 10101, 60000);
    accept(&rig, TL_ENTRY_SETTLEMENT_WITHDRAW, 10101);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 1);
    assert_int_equal(rig_case(&rig, 1).deal, TL_DEAL_NONE);
    accept(&rig, TL_ENTRY_SETTLEMENT_ACCEPT, 10101);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 2);
    rig_send(&rig, CITY, TL_ENTRY_PLAN_OFFER, 1, 10101, NULL, &plan);
    accept(&rig, TL_ENTRY_SETTLEMENT_WITHDRAW, 10101);
    assert_int_equal(rig_case(&rig, 1).deal, TL_DEAL_NONE);
    offer(&rig, CITY, 10101, 60000);
    accept(&rig, TL_ENTRY_SETTLEMENT_ACCEPT, 10101);
    accept(&rig, TL_ENTRY_SETTLEMENT_WITHDRAW, 10101); /* what was agreed stands */
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 3);
    assert_int_equal(rig_case(&rig, 1).deal, TL_DEAL_SETTLEMENT);
    rig_day(&rig, 10131);
    assert_string_equal(rig_find(&rig, TL_DECISION_SETTLEMENT_VOID, 1)->rule, "engine.settlement");
    rig_send(&rig, CITY, TL_ENTRY_PLAN_OFFER, 1, 10132, NULL, &plan);
    accept(&rig, TL_ENTRY_PLAN_ACCEPT, 10132);
    rig_day(&rig, 10140);
    assert_string_equal(rig_find(&rig, TL_DECISION_PLAN_BROKEN, 1)->rule, "engine.plan");
    rig_close(&rig);
}

/* The owner, or whoever holds the case, writes down that the debtor agreed. */
static void a_stranger_accepts_nothing(void **state)
{
    struct tl_body_offer place = {tl_bytes_str("agency-a"), TL_BYTES_NONE};
    struct rig rig;

    (void)state;
    open_debt(&rig);
    rig_send(&rig, CITY, TL_ENTRY_PLACEMENT_OFFER, 1, 10101, NULL, &place);
    rig_send(&rig, NORTH, TL_ENTRY_PLACEMENT_ACCEPT, 1, 10101, NULL, &plain);
    offer(&rig, NORTH, 10101, 60000);
    rig_send(&rig, SOUTH, TL_ENTRY_SETTLEMENT_ACCEPT, 1, 10101, NULL, &plain);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 1);
    assert_int_equal(rig_case(&rig, 1).deal, TL_DEAL_SETTLEMENT_OFFERED);
    rig_send(&rig, NORTH, TL_ENTRY_SETTLEMENT_ACCEPT, 1, 10101, NULL, &plain);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 1);
    assert_int_equal(rig_case(&rig, 1).deal, TL_DEAL_SETTLEMENT);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_settlement_is_kept_and_undone),
        cmocka_unit_test(a_settlement_lapses),
        cmocka_unit_test(offers_have_bounds),
        cmocka_unit_test(a_plan_by_months),
        cmocka_unit_test(a_plan_is_completed),
        cmocka_unit_test(promises_are_counted),
        cmocka_unit_test(an_offer_may_be_taken_back_until_it_is_accepted),
        cmocka_unit_test(a_stranger_accepts_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
