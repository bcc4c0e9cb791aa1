/* Traps of the trade that need more than one rule to fall into; docs/RULES.md lists
 * where each is tested. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct tl_body_answer plain;

/* Case 1 of 1,000.00, due on 10060, overdue from 10061. */
static void open_overdue(struct rig *rig)
{
    struct tl_policy *policy = malloc(sizeof *policy);
    struct tl_rule *rule;

    tl_policy_init(policy);
    strcpy(policy->name, "fines");
    strcpy(policy->title, "traps");
    rule = rig_rule(policy, "overdue", TL_ACTION_SET_STAGE);
    rule->anchor = TL_FEATURE_DUE_ON;
    rule->days = 1;
    rule->from_stages = tl_stage_bit(TL_STAGE_CURRENT);
    rule->stage = TL_STAGE_OVERDUE;
    rule = rig_rule(policy, "eligible", TL_ACTION_FURNISH_ELIGIBLE);
    rule->anchor = TL_FEATURE_DUE_ON;
    rule->days = 30;
    rig_open(rig, 0, 1);
    rig_publish(rig, policy);
    free(policy);
    rig_agreement(rig, 1, 10000, 100000);
    rig_day(rig, 10100);
}

static void place(struct rig *rig, int32_t date)
{
    struct tl_body_offer offer = {.agency = tl_bytes_str("agency-a")};

    rig_send(rig, CITY, TL_ENTRY_PLACEMENT_OFFER, 1, date, NULL, &offer);
    rig_send(rig, NORTH, TL_ENTRY_PLACEMENT_ACCEPT, 1, date, NULL, &plain);
    assert_int_equal(rig_case(rig, 1).holder, NORTH);
}

/* Trap 1: neither payment, placement, recall nor re-ageing moves the date. */
static void the_delinquency_never_moves(void **state)
{
    struct tl_body_reage anew = {10200};
    struct rig rig;

    (void)state;
    open_overdue(&rig);
    assert_int_equal(rig_case(&rig, 1).commenced_on, 10060);
    rig_pay(&rig, 1, 10101, "p", 10000);
    place(&rig, 10102);
    rig_send(&rig, CITY, TL_ENTRY_PLACEMENT_RECALL, 1, 10103, NULL, &plain);
    rig_send(&rig, CITY, TL_ENTRY_REAGE, 1, 10104, NULL, &anew);
    rig_day(&rig, 10230);
    assert_int_equal(rig_case(&rig, 1).due_on, 10200);
    assert_int_equal(rig_case(&rig, 1).commenced_on, 10060);
    rig_close(&rig);
}

/* Trap 4: two furnishers of one balance; an agency that loses the case deletes. */
static void one_furnishes_at_a_time(void **state)
{
    struct tl_body_furnished told = {200001, 93, 100000, false, false};
    struct tl_body_furnish_delete gone = {TL_DELETE_TRANSFERRED};
    struct rig rig;

    (void)state;
    open_overdue(&rig);
    place(&rig, 10101);
    rig_send(&rig, NORTH, TL_ENTRY_FURNISHED, 1, 10102, NULL, &told);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 0);
    rig_send(&rig, CITY, TL_ENTRY_FURNISHED, 1, 10103, NULL, &told);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 1);
    rig_send(&rig, NORTH, TL_ENTRY_FURNISHED, 1, 10104, NULL, &told);
    rig_send(&rig, CITY, TL_ENTRY_PLACEMENT_RECALL, 1, 10105, NULL, &plain);
    assert_int_equal(rig_count(&rig, TL_DECISION_ALERT, 1), 1);
    rig_send(&rig, NORTH, TL_ENTRY_FURNISH_DELETE, 1, 10106, NULL, &gone);
    assert_int_equal(rig_case(&rig, 1).reporting, TL_REPORTING_NONE);
    rig_close(&rig);
}

/* Trap 16: interest above the cap since service began is forgiven, for good. */
static void service_forgives_and_does_not_defer(void **state)
{
    struct tl_body_charge interest = {TL_BUCKET_INTEREST, 5000, 10101, TL_AUTHORITY_CONTRACT,
                                      tl_bytes_str("section 2")};
    struct tl_body_service serves = {0, 10050, TL_DATE_NONE, 3000};
    struct tl_body_person over = {.debtor = 0};
    struct tl_case c;
    struct rig rig;

    (void)state;
    open_overdue(&rig);
    rig_send(&rig, CITY, TL_ENTRY_CHARGE, 1, 10101, NULL, &interest);
    rig_send(&rig, CITY, TL_ENTRY_SCRA_ACTIVE, 1, 10102, NULL, &serves);
    c = rig_case(&rig, 1);
    assert_int_equal(c.interest_minor, 2000);
    assert_int_equal(c.adjusted_minor, -3000);
    assert_true((c.holds >> TL_HOLD_SCRA & 1u) != 0);
    rig_send(&rig, CITY, TL_ENTRY_SCRA_ENDED, 1, 10200, NULL, &over);
    c = rig_case(&rig, 1);
    assert_int_equal(c.interest_minor, 2000);
    assert_int_equal(c.holds, 0);
    serves.excess_minor = 9000; /* more than is owed */
    rig_send(&rig, CITY, TL_ENTRY_SCRA_ACTIVE, 1, 10201, NULL, &serves);
    assert_int_equal(rig_case(&rig, 1).interest_minor, 0);
    rig_books(&rig);
    rig_close(&rig);
}

/* Trap 17: a debt is held when all who owe it are. */
static void joint_debtors_one_by_one(void **state)
{
    struct tl_body_joint other = {.ecoa = 2};
    struct tl_body_bankruptcy filed = {7, TL_BYTES_NONE, 1};
    struct tl_body_discharge freed = {true, 1};
    struct rig rig;

    (void)state;
    open_overdue(&rig);
    rig_send(&rig, CITY, TL_ENTRY_JOINT_DEBTOR, 1, 10100, NULL, &other);
    place(&rig, 10101);
    rig_send(&rig, BUREAU, TL_ENTRY_BANKRUPTCY_FILED, 1, 10102, NULL, &filed);
    assert_int_equal(rig_case(&rig, 1).holds, 0);
    assert_int_equal(rig_case(&rig, 1).holder, NORTH);
    rig_send(&rig, BUREAU, TL_ENTRY_BANKRUPTCY_DISCHARGED, 1, 10103, NULL, &freed);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_PLACED);
    filed.debtor = freed.debtor = 0;
    rig_send(&rig, BUREAU, TL_ENTRY_BANKRUPTCY_FILED, 1, 10104, NULL, &filed);
    assert_int_equal(rig_case(&rig, 1).holder, CITY);
    rig_send(&rig, BUREAU, TL_ENTRY_BANKRUPTCY_DISCHARGED, 1, 10105, NULL, &freed);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_DISCHARGED);
    rig_close(&rig);
}

/* Trap 23: agency and creditor both report one bank transfer. */
static void one_transfer_reported_twice(void **state)
{
    struct tl_body_payment same = {tl_bytes_str("bank-77"), 10000, TL_PAY_TRANSFER};
    struct tl_case c;
    struct rig rig;

    (void)state;
    open_overdue(&rig);
    place(&rig, 10101);
    rig_send(&rig, NORTH, TL_ENTRY_PAYMENT, 1, 10102, NULL, &same);
    rig_send(&rig, CITY, TL_ENTRY_PAYMENT, 1, 10103, NULL, &same);
    c = rig_case(&rig, 1);
    assert_int_equal(c.paid_minor, 10000);
    assert_int_equal(rig_count(&rig, TL_DECISION_ALLOCATION, 1), 1);
    rig_books(&rig);
    rig_close(&rig);
}

/* Trap 24: nothing to pay is a debt all the same, and ends by nobody's payment. */
static void a_debt_of_nothing(void **state)
{
    struct rig rig;

    (void)state;
    open_overdue(&rig);
    rig_agreement(&rig, 2, 10101, 0);
    rig_day(&rig, 10300);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 2), 0);
    rig_books(&rig);
    rig_close(&rig);
}

/* Trap 29: a reversal in the same envelope as its payment. */
static void reversed_at_once(void **state)
{
    struct tl_body_payment paid = {tl_bytes_str("p"), 10000, TL_PAY_CHECK};
    struct tl_body_reversal back = {tl_bytes_str("p"), TL_REVERSAL_BOUNCED, 0};
    struct tl_case c;
    struct rig rig;

    (void)state;
    open_overdue(&rig);
    rig_bundle(&rig);
    rig_send(&rig, CITY, TL_ENTRY_PAYMENT, 1, 10101, NULL, &paid);
    rig_send(&rig, CITY, TL_ENTRY_PAYMENT_REVERSAL, 1, 10101, NULL, &back);
    rig_seal(&rig, CITY);
    c = rig_case(&rig, 1);
    assert_int_equal(tl_case_balance(&c), 100000);
    assert_int_equal(c.paid_minor, 0);
    assert_int_equal(c.reversals, 1);
    rig_books(&rig);
    rig_close(&rig);
}

/* ---- entries that open and close ---------------------------------------- */

/* A hold with an end goes on that day's close, by itself. */
static void a_moratorium_ends(void **state)
{
    struct tl_body_span span = {TL_BYTES_NONE, 10101, 10160};
    struct tl_body_hardship hard = {TL_HARDSHIP_ILLNESS, 10101, TL_DATE_NONE};
    struct rig rig;

    (void)state;
    open_overdue(&rig);
    rig_send(&rig, CITY, TL_ENTRY_MORATORIUM, 1, 10101, NULL, &span);
    rig_send(&rig, CITY, TL_ENTRY_HARDSHIP, 1, 10101, NULL, &hard);
    rig_day(&rig, 10159);
    assert_true((rig_case(&rig, 1).holds >> TL_HOLD_MORATORIUM_UK & 1u) != 0);
    rig_day(&rig, 10160);
    assert_int_equal(rig_case(&rig, 1).holds, 1u << TL_HOLD_HARDSHIP);
    rig_send(&rig, CITY, TL_ENTRY_FORBEARANCE_ENDED, 1, 10161, NULL, &plain);
    assert_int_equal(rig_case(&rig, 1).holds, 0);
    rig_close(&rig);
}

static void a_recall_is_announced_and_objected_to(void **state)
{
    struct rig rig;

    (void)state;
    open_overdue(&rig);
    rig_send(&rig, CITY, TL_ENTRY_RECALL_NOTICE, 1, 10101, NULL, &plain);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 1);
    place(&rig, 10101);
    rig_send(&rig, NORTH, TL_ENTRY_RECALL_OBJECTION, 1, 10102, NULL, &plain);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 2);
    rig_send(&rig, CITY, TL_ENTRY_RECALL_NOTICE, 1, 10103, NULL, &plain);
    assert_int_equal(rig_case(&rig, 1).recall_notice_on, 10103);
    rig_send(&rig, NORTH, TL_ENTRY_RECALL_OBJECTION, 1, 10104, NULL, &plain);
    assert_int_equal(rig_case(&rig, 1).recall_notice_on, TL_DATE_NONE);
    assert_int_equal(rig_case(&rig, 1).holder, NORTH);
    rig_close(&rig);
}

static void after_charge_off(void **state)
{
    struct tl_body_charge_off off = {TL_CHARGE_OFF_AGE};
    struct rig rig;

    (void)state;
    open_overdue(&rig);
    rig_send(&rig, CITY, TL_ENTRY_REACTIVATE, 1, 10101, NULL, &plain);
    rig_send(&rig, CITY, TL_ENTRY_UNCOLLECTIBLE, 1, 10101, NULL, &plain);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 2);
    rig_send(&rig, CITY, TL_ENTRY_CHARGE_OFF, 1, 10102, NULL, &off);
    rig_send(&rig, CITY, TL_ENTRY_REACTIVATION_STOP, 1, 10103, NULL, &plain);
    rig_send(&rig, CITY, TL_ENTRY_REACTIVATE, 1, 10104, NULL, &plain);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 3);
    rig_send(&rig, CITY, TL_ENTRY_UNCOLLECTIBLE, 1, 10105, NULL, &plain);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_UNCOLLECTIBLE);
    rig_books(&rig);
    rig_close(&rig);
}

/* ---- versions ----------------------------------------------------------- */

static void put_version(struct rig *rig, uint64_t from_height, uint32_t version)
{
    const struct tl_version one = {from_height, version};
    struct tl_versions versions = {{TL_BYTES_NONE, 0}};
    struct tl_state_key key = tl_key_versions();
    uint8_t bytes[2][64];
    struct tl_buf list = tl_buf(bytes[0], sizeof bytes[0]);
    struct tl_buf out = tl_buf(bytes[1], sizeof bytes[1]);

    tl_list_add(&versions.versions, &list, &tl_version_record, &one);
    tl_record_write(&tl_versions_record, &versions, &out);
    assert_int_equal(tl_overlay_put(rig->state, tl_state_key_bytes(&key), tl_buf_bytes(&out)),
                     TL_OK);
}

/* A version is in force from its block on; one nobody knows stops the member. */
static void versions_begin_at_a_height(void **state)
{
    uint32_t own;
    uint32_t version;
    struct rig rig;

    (void)state;
    open_overdue(&rig);
    assert_int_equal(tl_rules_in_force(&own, rig.state, 1), TL_OK);
    put_version(&rig, rig.height + 2, own + 1);
    assert_int_equal(tl_rules_in_force(&version, rig.state, rig.height + 1), TL_OK);
    assert_int_equal(version, own);
    rig_flush(&rig);
    assert_int_equal(rig.last, TL_OK);
    rig_flush(&rig);
    assert_int_equal(rig.last, TL_ERR_REFUSED);
    put_version(&rig, rig.height, own);
    rig_flush(&rig);
    assert_int_equal(rig.last, TL_OK);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_delinquency_never_moves),
        cmocka_unit_test(one_furnishes_at_a_time),
        cmocka_unit_test(service_forgives_and_does_not_defer),
        cmocka_unit_test(joint_debtors_one_by_one),
        cmocka_unit_test(one_transfer_reported_twice),
        cmocka_unit_test(a_debt_of_nothing),
        cmocka_unit_test(reversed_at_once),
        cmocka_unit_test(a_moratorium_ends),
        cmocka_unit_test(a_recall_is_announced_and_objected_to),
        cmocka_unit_test(after_charge_off),
        cmocka_unit_test(versions_begin_at_a_height),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
