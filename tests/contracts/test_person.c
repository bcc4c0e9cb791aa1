/* What befalls the person who owes: stays, deaths, stolen identities. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct tl_body_person whom = {.debtor = 0};

static void open_placed(struct rig *rig)
{
    rig_open(rig, 0, 1);
    rig_fines(rig, false);
    rig_agreement(rig, 1, 10000, 3600);
    rig_notice(rig, 1, 10010, TL_NOTICE_SERVED);
    rig_day(rig, 10300);
    assert_int_equal(rig_case(rig, 1).placement, TL_PLACEMENT_PLACED);
}

static void bankruptcy_stays_and_recalls(void **state)
{
    struct tl_body_bankruptcy filed = {13, TL_BYTES_NONE, 0};
    struct tl_body_hold stay = {TL_HOLD_BANKRUPTCY_STAY, TL_BYTES_NONE};
    struct tl_body_offer offer = {tl_bytes_str("agency-a"), TL_BYTES_NONE};
    struct rig rig;

    (void)state;
    open_placed(&rig);
    rig_send(&rig, NORTH, TL_ENTRY_BANKRUPTCY_FILED, 1, 10301, NULL, &filed);
    assert_int_equal(rig_case(&rig, 1).holder, CITY);
    assert_int_equal(rig_case(&rig, 1).holds, 1u << TL_HOLD_BANKRUPTCY_STAY);
    assert_int_equal(rig_case(&rig, 1).bankruptcy, 13);
    assert_string_equal(rig_find(&rig, TL_DECISION_PLACEMENT_RECALLED, 1)->rule, "engine.stay");
    /* A member's own word does not lift it. */
    rig_send(&rig, CITY, TL_ENTRY_HOLD_RELEASE, 1, 10302, NULL, &stay);
    assert_int_equal(rig_case(&rig, 1).holds, 1u << TL_HOLD_BANKRUPTCY_STAY);
    rig_send(&rig, CITY, TL_ENTRY_PLACEMENT_OFFER, 1, 10302, NULL, &offer);
    rig_notice(&rig, 1, 10302, TL_NOTICE_DEMAND);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 1);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 1);
    rig_send(&rig, CITY, TL_ENTRY_BANKRUPTCY_DISMISSED, 1, 10303, NULL, &whom);
    assert_int_equal(rig_case(&rig, 1).holds, 0);
    rig_send(&rig, CITY, TL_ENTRY_BANKRUPTCY_DISMISSED, 1, 10303, NULL, &whom);
    assert_int_equal(rig_count(&rig, TL_DECISION_ALERT, 1), 2); /* the release, the second */
    rig_books(&rig);
    rig_close(&rig);
}

static void discharge_ends_the_debt(void **state)
{
    struct tl_body_bankruptcy filed = {7, TL_BYTES_NONE, 0};
    struct tl_body_discharge apart = {false, 0};
    struct tl_body_discharge within = {true, 0};
    struct tl_case c;
    struct rig rig;

    (void)state;
    open_placed(&rig);
    rig_send(&rig, CITY, TL_ENTRY_BANKRUPTCY_FILED, 1, 10301, NULL, &filed);
    rig_send(&rig, CITY, TL_ENTRY_BANKRUPTCY_DISCHARGED, 1, 10400, NULL, &apart);
    assert_int_not_equal(rig_case(&rig, 1).stage, TL_STAGE_DISCHARGED);
    rig_send(&rig, CITY, TL_ENTRY_BANKRUPTCY_FILED, 1, 10401, NULL, &filed);
    rig_send(&rig, CITY, TL_ENTRY_BANKRUPTCY_DISCHARGED, 1, 10500, NULL, &within);
    c = rig_case(&rig, 1);
    assert_int_equal(c.stage, TL_STAGE_DISCHARGED);
    assert_int_equal(tl_case_balance(&c), 0);
    assert_int_equal(c.holds, 1u << TL_HOLD_DISCHARGED);
    assert_int_equal(c.commenced_on, 10060);
    rig_books(&rig);
    rig_close(&rig);
}

static void a_block_is_absolute(void **state)
{
    struct tl_body_furnished told = {201001, 93, 4900, false, false};
    struct tl_policy_fault fault;
    static struct tl_policy policy;
    struct rig rig;

    (void)state;
    open_placed(&rig);
    rig_send(&rig, BUREAU, TL_ENTRY_IDTHEFT_REPORT, 1, 10301, NULL, &whom);
    assert_int_equal(rig_case(&rig, 1).holds, 1u << TL_HOLD_FRAUD_INVESTIGATION);
    assert_int_equal(rig_case(&rig, 1).placement, TL_PLACEMENT_PLACED);
    rig_send(&rig, BUREAU, TL_ENTRY_IDTHEFT_BLOCK, 1, 10302, NULL, &whom);
    assert_int_equal(rig_case(&rig, 1).placement, TL_PLACEMENT_NONE);
    rig_send(&rig, CITY, TL_ENTRY_FURNISHED, 1, 10303, NULL, &told);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 2); /* not eligible, and blocked */
    rig_send(&rig, BUREAU, TL_ENTRY_IDTHEFT_RESCIND, 1, 10304, NULL, &whom);
    assert_int_equal(rig_case(&rig, 1).holds, 0);
    rig_close(&rig);
    tl_policy_init(&policy);
    strcpy(policy.name, "p");
    strcpy(policy.title, "p");
    assert_true(tl_policy_check(&policy, &fault));
    policy.hold_masks[TL_HOLD_IDTHEFT_BLOCK] &= (uint16_t) ~(1u << TL_CLASS_SELL);
    assert_false(tl_policy_check(&policy, &fault));
    assert_string_equal(fault.subject, "holds");
}

static void cease_attorney_death(void **state)
{
    struct tl_body_cease said = {false, tl_bytes_str("phone"), 0};
    struct tl_body_cease wrote = {true, tl_bytes_str("letter"), 0};
    struct tl_body_deceased dead = {10290, 0};
    struct rig rig;

    (void)state;
    open_placed(&rig);
    rig_send(&rig, NORTH, TL_ENTRY_CEASE_COMMUNICATION, 1, 10301, NULL, &said);
    assert_int_equal(rig_case(&rig, 1).holds, 0);
    rig_notice(&rig, 1, 10301, TL_NOTICE_REMINDER);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 0);
    rig_send(&rig, NORTH, TL_ENTRY_CEASE_COMMUNICATION, 1, 10302, NULL, &wrote);
    rig_notice(&rig, 1, 10302, TL_NOTICE_REMINDER);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 1);
    assert_int_equal(rig_case(&rig, 1).ceased_on, 10302);
    rig_send(&rig, NORTH, TL_ENTRY_ATTORNEY_REPRESENTED, 1, 10303, NULL, &whom);
    assert_int_equal(rig_case(&rig, 1).holds, 1u << TL_HOLD_CEASE | 1u << TL_HOLD_ATTORNEY);
    rig_send(&rig, NORTH, TL_ENTRY_ATTORNEY_ENDED, 1, 10304, NULL, &whom);
    rig_send(&rig, BUREAU, TL_ENTRY_DECEASED, 1, 10305, NULL, &dead);
    assert_int_equal(rig_case(&rig, 1).holds, 1u << TL_HOLD_CEASE | 1u << TL_HOLD_DECEASED);
    assert_int_equal(rig_case(&rig, 1).deceased_on, 10290);
    assert_int_equal(rig_case(&rig, 1).placement, TL_PLACEMENT_PLACED);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bankruptcy_stays_and_recalls),
        cmocka_unit_test(discharge_ends_the_debt),
        cmocka_unit_test(a_block_is_absolute),
        cmocka_unit_test(cease_attorney_death),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
