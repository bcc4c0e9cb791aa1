/* Suits: the gate, what courts do, what nobody released. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Suits of 1,000.00 at least, in time, the register asked in the last 30 days. */
static void add_gate(struct tl_policy *policy)
{
    struct tl_rule *rule = rig_rule(policy, "release", TL_ACTION_PERMIT_SUIT);

    rule->trigger = TL_TRIGGER_ASKED;
    rule->from_stages = tl_stage_bit(TL_STAGE_INTERNAL) | tl_stage_bit(TL_STAGE_PLACED) |
                        tl_stage_bit(TL_STAGE_CHARGED_OFF);
    rig_clause(rule, TL_FEATURE_BALANCE, TL_OP_GE, TL_FEATURE_NONE, 100000);
    rig_clause(rule, TL_FEATURE_TODAY, TL_OP_LE, TL_FEATURE_SUE_UNTIL_ON, 0);
    rig_clause(rule, TL_FEATURE_TODAY, TL_OP_LE, TL_FEATURE_SCRA_CHECKED_ON, 30);
}

/* Case 1 of 1,500.00 is in internal collections on day 10101. */
static void open_suit(struct rig *rig, int64_t principal_minor)
{
    struct tl_policy *policy = malloc(sizeof *policy);
    struct tl_rule *rule;

    tl_policy_init(policy);
    strcpy(policy->name, "fines");
    strcpy(policy->title, "suits");
    rule = rig_rule(policy, "internal", TL_ACTION_SET_STAGE);
    rule->anchor = TL_FEATURE_DUE_ON;
    rule->days = 30;
    rule->from_stages = tl_stage_bit(TL_STAGE_CURRENT);
    rule->stage = TL_STAGE_INTERNAL;
    add_gate(policy);
    rig_open(rig, 0, 1);
    rig_publish(rig, policy);
    free(policy);
    rig_agreement(rig, 1, 10000, principal_minor); /* due on 10060 */
    rig_day(rig, 10100);
}

static void scra(struct rig *rig, int32_t date, enum tl_scra_result result)
{
    struct tl_body_scra body = {(uint8_t)result};

    rig_send(rig, CITY, TL_ENTRY_SCRA_CHECK, 1, date, NULL, &body);
}

static void release(struct rig *rig, int32_t date, int32_t until)
{
    struct tl_body_release body = {tl_bytes_str("J. Doe, Esq."), tl_bytes_str("Kings"), until};

    rig_send(rig, CITY, TL_ENTRY_LEGAL_RELEASE, 1, date, NULL, &body);
}

static void file_suit(struct rig *rig, int32_t date)
{
    struct tl_body_suit body = {tl_bytes_str("Kings"), 150000};

    rig_send(rig, CITY, TL_ENTRY_SUIT_FILED, 1, date, NULL, &body);
}

static void judge(struct rig *rig, int32_t date)
{
    struct tl_body_judgment body = {120000, 5000, 0, 9000, 0, 900};

    rig_send(rig, CITY, TL_ENTRY_JUDGMENT, 1, date, NULL, &body);
}

static void a_suit_from_release_to_satisfaction(void **state)
{
    struct tl_body_answer done = {TL_BYTES_NONE};
    struct tl_case c;
    struct rig rig;

    (void)state;
    open_suit(&rig, 150000);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_INTERNAL);
    scra(&rig, 10101, TL_SCRA_NOT_ON_DUTY);
    release(&rig, 10101, 11000);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_LEGAL);
    assert_string_equal(rig_find(&rig, TL_DECISION_STAGE_CHANGED, 1)->rule, "release");
    release(&rig, 10101, 11000);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 1);
    file_suit(&rig, 10102);
    judge(&rig, 10150);
    c = rig_case(&rig, 1);
    assert_int_equal(c.legal, TL_LEGAL_JUDGED);
    assert_int_equal(c.principal_minor, 120000);
    assert_int_equal(c.interest_minor, 5000);
    assert_int_equal(c.cost_minor, 9000);
    assert_int_equal(c.adjusted_minor, -30000);
    assert_int_equal(c.judgment_rate_bp, 900);
    rig_books(&rig);
    rig_pay(&rig, 1, 10160, "p", 134000);
    rig_send(&rig, CITY, TL_ENTRY_SATISFIED, 1, 10161, NULL, &done);
    c = rig_case(&rig, 1);
    assert_int_equal(c.legal, TL_LEGAL_SATISFIED);
    assert_int_equal(c.stage, TL_STAGE_PAID);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 0);
    assert_int_equal(rig_count(&rig, TL_DECISION_ALERT, 1), 0);
    rig_books(&rig);
    rig_close(&rig);
}

/* The gate opens at 1,000.00, on the last day, thirty days after the check. */
static void the_gate_has_edges(void **state)
{
    struct tl_body_release nobody = {TL_BYTES_NONE, TL_BYTES_NONE, 11000};
    struct rig rig;

    (void)state;
    open_suit(&rig, 100000);
    release(&rig, 10101, 11000); /* nobody has looked into the register */
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 1);
    scra(&rig, 10071, TL_SCRA_NOT_ON_DUTY);
    release(&rig, 10101, TL_DATE_NONE);
    release(&rig, 10101, 10100);
    rig_send(&rig, CITY, TL_ENTRY_LEGAL_RELEASE, 1, 10101, NULL, &nobody);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 4);
    release(&rig, 10101, 10101);
    assert_int_equal(rig_case(&rig, 1).legal, TL_LEGAL_RELEASED);
    rig_close(&rig);
    open_suit(&rig, 99999);
    scra(&rig, 10101, TL_SCRA_NOT_ON_DUTY);
    release(&rig, 10101, 11000);
    assert_int_equal(rig_case(&rig, 1).legal, TL_LEGAL_NONE);
    rig_close(&rig);
    open_suit(&rig, 100000);
    scra(&rig, 10070, TL_SCRA_NOT_ON_DUTY);
    release(&rig, 10101, 11000);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 1);
    rig_close(&rig);
}

static void holds_forbid_suits(void **state)
{
    struct tl_body_hold duty = {TL_HOLD_SCRA, TL_BYTES_NONE};
    struct tl_body_dispute open = {tl_bytes_str("d"), TL_REGIME_FDCPA, 0, 0, true};
    struct rig rig;

    (void)state;
    open_suit(&rig, 150000);
    scra(&rig, 10101, TL_SCRA_NOT_ON_DUTY);
    scra(&rig, 10101, TL_SCRA_ON_DUTY);
    release(&rig, 10101, 11000);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 1);
    rig_send(&rig, CITY, TL_ENTRY_HOLD_RELEASE, 1, 10101, NULL, &duty);
    release(&rig, 10101, 11000);
    assert_int_equal(rig_case(&rig, 1).legal, TL_LEGAL_RELEASED);
    rig_send(&rig, BUREAU, TL_ENTRY_DISPUTE_OPENED, 1, 10102, NULL, &open);
    file_suit(&rig, 10103);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 1);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_RESOLUTION);
    assert_int_equal(rig_case(&rig, 1).resume_stage, TL_STAGE_LEGAL);
    rig_close(&rig);
}

static void what_nobody_released(void **state)
{
    struct tl_body_answer done = {TL_BYTES_NONE};
    struct tl_body_dismissal over = {true};
    struct tl_case c;
    struct rig rig;

    (void)state;
    open_suit(&rig, 150000);
    rig_send(&rig, CITY, TL_ENTRY_SATISFIED, 1, 10101, NULL, &done);
    rig_send(&rig, CITY, TL_ENTRY_DISMISSED, 1, 10101, NULL, &over);
    judge(&rig, 10101);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 3);
    c = rig_case(&rig, 1);
    assert_int_equal(tl_case_balance(&c), 150000);
    file_suit(&rig, 10102);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 4);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_LEGAL);
    rig_send(&rig, CITY, TL_ENTRY_DISMISSED, 1, 10103, NULL, &over);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_INTERNAL);
    scra(&rig, 10103, TL_SCRA_NOT_ON_DUTY);
    release(&rig, 10103, 11000); /* barred */
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 1);
    rig_close(&rig);
}

static void too_early_and_too_late(void **state)
{
    struct rig rig;

    (void)state;
    open_suit(&rig, 150000);
    scra(&rig, 10101, TL_SCRA_NOT_ON_DUTY);
    release(&rig, 10101, 10110);
    file_suit(&rig, 10111);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 1);
    rig_close(&rig);
    open_suit(&rig, 150000);
    scra(&rig, 10101, TL_SCRA_NOT_ON_DUTY);
    release(&rig, 10101, 10110);
    file_suit(&rig, 10100);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 1);
    rig_close(&rig);
}

/* A suit and custody are two things: the agency keeps the case it sues on, and
 * what is charged off stays so. */
static void a_suit_beside_custody(void **state)
{
    struct tl_body_offer offer = {tl_bytes_str("agency-a"), TL_BYTES_NONE};
    struct tl_body_answer answer = {TL_BYTES_NONE};
    struct tl_body_charge_off off = {TL_CHARGE_OFF_AGE};
    struct tl_body_dismissal over = {false};
    struct rig rig;

    (void)state;
    open_suit(&rig, 150000);
    rig_send(&rig, CITY, TL_ENTRY_PLACEMENT_OFFER, 1, 10101, NULL, &offer);
    rig_send(&rig, NORTH, TL_ENTRY_PLACEMENT_ACCEPT, 1, 10101, NULL, &answer);
    scra(&rig, 10101, TL_SCRA_NOT_ON_DUTY);
    release(&rig, 10101, 11000);
    assert_int_equal(rig_case(&rig, 1).holder, NORTH);
    file_suit(&rig, 10102);
    rig_send(&rig, CITY, TL_ENTRY_DISMISSED, 1, 10103, NULL, &over);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_PLACED);
    release(&rig, 10103, 11000);
    rig_send(&rig, CITY, TL_ENTRY_PLACEMENT_RECALL, 1, 10104, NULL, &answer);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_LEGAL);
    rig_send(&rig, CITY, TL_ENTRY_CHARGE_OFF, 1, 10105, NULL, &off);
    file_suit(&rig, 10106);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_LEGAL);
    judge(&rig, 10107);
    rig_books(&rig);
    rig_send(&rig, CITY, TL_ENTRY_DISMISSED, 1, 10108, NULL, &over);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_CHARGED_OFF);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 0);
    rig_books(&rig);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_suit_from_release_to_satisfaction),
        cmocka_unit_test(the_gate_has_edges),
        cmocka_unit_test(holds_forbid_suits),
        cmocka_unit_test(what_nobody_released),
        cmocka_unit_test(too_early_and_too_late),
        cmocka_unit_test(a_suit_beside_custody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
