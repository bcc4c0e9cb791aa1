/* The life of single cases: each entry, each transition, each refusal. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A fine of 36.00 with 13.00 postage, served on day 10010. */
static void open_fine(struct rig *rig, uint32_t case_no)
{
    struct tl_body_charge postage = {TL_BUCKET_COST, 1300, 10060, TL_AUTHORITY_STATUTE,
                                     tl_bytes_str("201 CdS")};

    rig_agreement(rig, case_no, 10000, 3600);
    rig_send(rig, CITY, TL_ENTRY_CHARGE, case_no, 10005, "postage", &postage);
    rig_notice(rig, case_no, 10005, TL_NOTICE_SENT);
    rig_notice(rig, case_no, 10010, TL_NOTICE_SERVED);
}

static void fines_scenario(void **state)
{
    struct rig rig;
    struct tl_case c;

    (void)state;
    rig_open(&rig, 0, 1);
    rig_fines(&rig, false);
    open_fine(&rig, 1);
    rig_day(&rig, 10069);
    assert_int_equal(rig_count(&rig, TL_DECISION_FEE_ASSESSED, 1), 0);
    rig_day(&rig, 10070);
    assert_int_equal(rig_count(&rig, TL_DECISION_FEE_ASSESSED, 1), 1);
    assert_int_equal(rig_find(&rig, TL_DECISION_FEE_ASSESSED, 1)->date, 10070);
    assert_int_equal(rig_find(&rig, TL_DECISION_FEE_ASSESSED, 1)->amount_minor, 3800);
    assert_int_equal(rig_find(&rig, TL_DECISION_FEE_ASSESSED, 1)->inputs, 2);
    rig_day(&rig, 10279);
    assert_int_equal(rig_case(&rig, 1).placement, TL_PLACEMENT_NONE);
    rig_day(&rig, 10400); /* a calendar may jump; the rule's own day counts */
    c = rig_case(&rig, 1);
    assert_int_equal(c.placement, TL_PLACEMENT_PLACED);
    assert_int_equal(c.placed_on, 10280);
    assert_int_equal(c.stage, TL_STAGE_PLACED);
    assert_true(c.holder == NORTH || c.holder == SOUTH);
    assert_int_equal(tl_case_balance(&c), 8700);
    rig_pay(&rig, 1, 10401, "p1", 3600);
    c = rig_case(&rig, 1);
    assert_int_equal(c.placement, TL_PLACEMENT_NONE);
    assert_int_equal(c.holder, CITY);
    assert_int_equal(c.stage, TL_STAGE_INTERNAL);
    assert_string_equal(rig_find(&rig, TL_DECISION_PLACEMENT_RECALLED, 1)->rule, "recall_paid");
    rig_books(&rig);
    rig_close(&rig);
}

/* All leaves of a case, in order, lead to the hash in its record. */
static void history_covers_every_leaf(void **state)
{
    struct tl_body_reversal back = {tl_bytes_str("p1"), TL_REVERSAL_BOUNCED, 0};
    struct rig rig;
    struct tl_case c;

    (void)state;
    rig_open(&rig, 0, 3);
    rig.watched = rig_id(1);
    rig_fines(&rig, false);
    open_fine(&rig, 1);
    open_fine(&rig, 2);
    rig_day(&rig, 10070);
    rig_pay(&rig, 1, 10071, "p1", 1000);
    rig_pay(&rig, 1, 10072, "p1", 1000); /* a repeat is a leaf, too */
    rig_day(&rig, 10400);
    rig_send(&rig, CITY, TL_ENTRY_PAYMENT_REVERSAL, 1, 10401, "r1", &back);
    rig_flush(&rig);
    c = rig_case(&rig, 1);
    assert_true(c.leaves > 12);
    assert_int_equal(c.leaves, rig.watched_leaves);
    assert_true(tl_hash_eq(&c.history, &rig.watched_hash));
    rig_close(&rig);
}

static void payment_on_the_last_day_counts(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig, 0, 1);
    rig_fines(&rig, true);
    open_fine(&rig, 1);
    open_fine(&rig, 2);
    rig_day(&rig, 10069);
    rig_pay(&rig, 1, 10070, "p", 4900);
    rig_day(&rig, 10070);
    rig_pay(&rig, 2, 10071, "p", 4900);
    assert_int_equal(rig_count(&rig, TL_DECISION_FEE_ASSESSED, 1), 0);
    assert_int_equal(rig_count(&rig, TL_DECISION_FEE_ASSESSED, 2), 1);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_PAID);
    assert_int_not_equal(rig_case(&rig, 2).stage, TL_STAGE_PAID);
    rig_books(&rig);
    rig_close(&rig);
}

static void reversal_is_exact(void **state)
{
    struct tl_body_reversal back = {tl_bytes_str("p1"), TL_REVERSAL_BOUNCED, 0};
    struct rig rig;
    struct tl_case before;
    struct tl_case after;

    (void)state;
    rig_open(&rig, 0, 1);
    rig_fines(&rig, false);
    open_fine(&rig, 1);
    before = rig_case(&rig, 1);
    rig_pay(&rig, 1, 10020, "p1", 10000);
    after = rig_case(&rig, 1);
    assert_int_equal(after.stage, TL_STAGE_PAID);
    assert_int_equal(after.unapplied_minor, 5100);
    rig_send(&rig, CITY, TL_ENTRY_PAYMENT_REVERSAL, 1, 10021, "r1", &back);
    after = rig_case(&rig, 1);
    assert_int_equal(after.principal_minor, before.principal_minor);
    assert_int_equal(after.cost_minor, before.cost_minor);
    assert_int_equal(after.unapplied_minor, 0);
    assert_int_equal(after.paid_minor, 0);
    assert_int_equal(after.stage, before.stage);
    rig_send(&rig, CITY, TL_ENTRY_PAYMENT_REVERSAL, 1, 10022, "r2", &back);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 1);
    rig_books(&rig);
    rig_close(&rig);
}

/* An excess pays a later penalty; taking the payment back finds it there. */
static void reversal_after_credit_moved(void **state)
{
    struct tl_body_reversal back = {tl_bytes_str("p1"), TL_REVERSAL_BOUNCED, 0};
    struct rig rig;
    struct tl_case c;

    (void)state;
    rig_open(&rig, 0, 1);
    rig_fines(&rig, false);
    open_fine(&rig, 1);
    rig_pay(&rig, 1, 10020, "p1", 6000);
    rig_day(&rig, 10070);
    c = rig_case(&rig, 1);
    assert_int_equal(c.unapplied_minor, 0);
    assert_int_equal(c.fee_minor, 3800 - 1100);
    assert_int_not_equal(c.stage, TL_STAGE_PAID);
    rig_send(&rig, CITY, TL_ENTRY_PAYMENT_REVERSAL, 1, 10071, "r1", &back);
    c = rig_case(&rig, 1);
    assert_int_equal(tl_case_balance(&c), 8700);
    rig_books(&rig);
    rig_close(&rig);
}

static void dispute_holds_and_resumes(void **state)
{
    struct tl_body_dispute open = {tl_bytes_str("d"), TL_REGIME_APPEAL, 0, 0, true};
    struct tl_body_resolution closed = {tl_bytes_str("d"), TL_OUTCOME_REJECTED, 0};
    struct rig rig;

    (void)state;
    rig_open(&rig, 0, 1);
    rig_fines(&rig, false);
    open_fine(&rig, 1);
    rig_day(&rig, 10100);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_OVERDUE);
    rig_send(&rig, CITY, TL_ENTRY_DISPUTE_OPENED, 1, 10101, "a", &open);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_RESOLUTION);
    rig_day(&rig, 10400);
    assert_int_equal(rig_case(&rig, 1).placement, TL_PLACEMENT_NONE);
    rig_send(&rig, CITY, TL_ENTRY_DISPUTE_RESOLVED, 1, 10401, "b", &closed);
    /* Held back since 10280, it happens when the hold goes. */
    assert_int_equal(rig_case(&rig, 1).placement, TL_PLACEMENT_PLACED);
    assert_int_equal(rig_case(&rig, 1).placed_on, 10401);
    assert_int_equal(rig_case(&rig, 1).holds, 0);
    rig_close(&rig);
}

static void upheld_dispute_cancels_and_recalls(void **state)
{
    struct tl_body_dispute open = {tl_bytes_str(""), TL_REGIME_APPEAL, 0, 0, true};
    struct tl_body_resolution closed = {tl_bytes_str(""), TL_OUTCOME_UPHELD_FULL, 0};
    struct rig rig;

    (void)state;
    rig_open(&rig, 0, 1);
    rig_fines(&rig, false);
    open_fine(&rig, 1);
    rig_day(&rig, 10300);
    assert_int_equal(rig_case(&rig, 1).placement, TL_PLACEMENT_PLACED);
    rig_send(&rig, CITY, TL_ENTRY_DISPUTE_OPENED, 1, 10301, "a", &open);
    assert_int_equal(rig_case(&rig, 1).placement, TL_PLACEMENT_PLACED);
    rig_send(&rig, CITY, TL_ENTRY_DISPUTE_RESOLVED, 1, 10302, "b", &closed);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_CANCELLED);
    assert_int_equal(rig_case(&rig, 1).placement, TL_PLACEMENT_NONE);
    assert_int_equal(rig_case(&rig, 1).holder, CITY);
    rig_books(&rig);
    rig_close(&rig);
}

static void acts_are_denied_facts_are_not(void **state)
{
    struct tl_body_offer offer = {tl_bytes_str("agency-a"), TL_BYTES_NONE};
    struct tl_body_answer answer = {TL_BYTES_NONE};
    struct tl_body_furnished told = {201001, 93, 4900, false, false};
    struct tl_body_hold hold = {TL_HOLD_BANKRUPTCY_STAY, TL_BYTES_NONE};
    struct rig rig;

    (void)state;
    rig_open(&rig, 0, 1);
    rig_fines(&rig, false);
    open_fine(&rig, 1);
    rig_send(&rig, CITY, TL_ENTRY_PLACEMENT_RECALL, 1, 10011, NULL, &answer);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 1);
    rig_send(&rig, NORTH, TL_ENTRY_PLACEMENT_ACCEPT, 1, 10011, NULL, &answer);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 2);
    rig_send(&rig, CITY, TL_ENTRY_FURNISHED, 1, 10011, NULL, &told);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 1);
    assert_int_equal(rig_case(&rig, 1).reporting, TL_REPORTING_FURNISHED);
    rig_send(&rig, BUREAU, TL_ENTRY_HOLD_SET, 1, 10012, NULL, &hold);
    rig_send(&rig, CITY, TL_ENTRY_PLACEMENT_OFFER, 1, 10013, NULL, &offer);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 3);
    rig_send(&rig, CITY, TL_ENTRY_HOLD_RELEASE, 1, 10014, NULL, &hold);
    rig_send(&rig, CITY, TL_ENTRY_PLACEMENT_OFFER, 1, 10015, NULL, &offer);
    assert_int_equal(rig_case(&rig, 1).holder, NORTH);
    rig_pay(&rig, 99, 10016, "x", 5); /* no such case */
    assert_int_equal(rig_find(&rig, TL_DECISION_VIOLATION, 1)->type, TL_DECISION_VIOLATION);
    rig_agreement(&rig, 1, 10017, 100); /* the same reference again */
    assert_int_equal(rig_count(&rig, TL_DECISION_DUPLICATE, 1), 1);
    assert_int_equal(rig_case(&rig, 1).principal_charged_minor, 3600);
    rig_close(&rig);
}

static void placement_by_hand(void **state)
{
    struct tl_body_standing withdrawn = {.accepts = false, .from_on = 10000};
    struct tl_body_offer offer = {tl_bytes_str("agency-a"), TL_BYTES_NONE};
    struct tl_body_answer answer = {TL_BYTES_NONE};
    struct tl_body_return given_back = {TL_RETURN_SKIP};
    struct rig rig;

    (void)state;
    rig_open(&rig, 0, 1);
    rig_fines(&rig, false);
    open_fine(&rig, 1);
    rig_send(&rig, NORTH, TL_ENTRY_PLACEMENT_STANDING, 0, 10000, NULL, &withdrawn);
    rig_day(&rig, 10011);
    rig_send(&rig, CITY, TL_ENTRY_PLACEMENT_OFFER, 1, 10012, NULL, &offer);
    assert_int_equal(rig_case(&rig, 1).placement, TL_PLACEMENT_OFFERED);
    assert_int_equal(rig_case(&rig, 1).holder, CITY);
    rig_send(&rig, SOUTH, TL_ENTRY_PLACEMENT_ACCEPT, 1, 10012, NULL, &answer);
    assert_int_equal(rig_case(&rig, 1).placement, TL_PLACEMENT_OFFERED);
    rig_send(&rig, NORTH, TL_ENTRY_PLACEMENT_REJECT, 1, 10012, NULL, &answer);
    assert_int_equal(rig_case(&rig, 1).placement, TL_PLACEMENT_NONE);
    rig_send(&rig, CITY, TL_ENTRY_PLACEMENT_OFFER, 1, 10013, NULL, &offer);
    rig_send(&rig, NORTH, TL_ENTRY_PLACEMENT_ACCEPT, 1, 10014, NULL, &answer);
    assert_int_equal(rig_case(&rig, 1).holder, NORTH);
    rig_send(&rig, NORTH, TL_ENTRY_PLACEMENT_RETURN, 1, 10020, NULL, &given_back);
    assert_int_equal(rig_case(&rig, 1).holder, CITY);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_INTERNAL);
    assert_int_equal(rig_case(&rig, 1).recalls, 1);
    rig_close(&rig);
}

static void charge_off_and_recovery(void **state)
{
    struct tl_body_charge_off off = {TL_CHARGE_OFF_AGE};
    struct tl_body_reversal back = {tl_bytes_str("late"), TL_REVERSAL_BOUNCED, 0};
    struct tl_case c;
    struct rig rig;

    (void)state;
    rig_open(&rig, 0, 1);
    rig_fines(&rig, false);
    open_fine(&rig, 1);
    rig_pay(&rig, 1, 10020, "early", 900);
    rig_send(&rig, CITY, TL_ENTRY_CHARGE_OFF, 1, 10030, NULL, &off);
    c = rig_case(&rig, 1);
    assert_true(c.charged_off);
    assert_int_equal(c.charged_off_minor, 4000);
    assert_int_equal(c.stage, TL_STAGE_CHARGED_OFF);
    rig_books(&rig);
    rig_pay(&rig, 1, 10040, "late", 1500);
    assert_int_equal(rig_case(&rig, 1).recovered_minor, 1500);
    rig_books(&rig);
    rig_send(&rig, CITY, TL_ENTRY_PAYMENT_REVERSAL, 1, 10041, NULL, &back);
    back.payment = tl_bytes_str("early");
    rig_send(&rig, CITY, TL_ENTRY_PAYMENT_REVERSAL, 1, 10042, NULL, &back);
    c = rig_case(&rig, 1);
    assert_int_equal(c.recovered_minor, 0);
    assert_int_equal(tl_case_balance(&c), 4900);
    rig_send(&rig, CITY, TL_ENTRY_CHARGE_OFF, 1, 10043, NULL, &off);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 1);
    rig_books(&rig);
    rig_close(&rig);
}

static void inadmissible_envelopes(void **state)
{
    struct tl_body_day day = {10001};
    struct tl_body_adjustment off = {0, 0, -1, TL_BYTES_NONE};
    struct rig rig;

    (void)state;
    rig_open(&rig, 0, 2);
    rig_send(&rig, CITY, TL_ENTRY_DAY_CLOSE, 0, 10001, NULL, &day);
    rig.sequence[CITY] += 1;
    rig_flush(&rig);
    assert_int_equal(rig.last, TL_OK);
    rig.per_block = 9;
    rig_send(&rig, CITY, TL_ENTRY_DAY_CLOSE, 0, 10002, NULL, &day);
    rig_flush(&rig);
    assert_int_equal(rig.last, TL_ERR_SEQUENCE);
    rig_send(&rig, BUREAU, TL_ENTRY_ADJUSTMENT, 1, 10002, NULL, &off);
    rig_flush(&rig);
    assert_int_equal(rig.last, TL_ERR_DENIED);
    rig_close(&rig);
}

/* With block time the days before the block's own are over. */
static void blocks_tell_the_time(void **state)
{
    const uint64_t day_ms = 86400000;
    struct tl_body_day day = {10500};
    struct rig rig;

    (void)state;
    rig_open(&rig, 0, 1);
    rig.genesis.time_source = TL_TIME_BLOCK;
    rig.genesis.created_ms = rig.time_ms = 10000 * day_ms;
    rig_fines(&rig, false);
    open_fine(&rig, 1);
    rig.time_ms = 10070 * day_ms + day_ms - 1; /* the last millisecond of day 60 */
    rig_notice(&rig, 99, 10070, TL_NOTICE_SENT);
    assert_int_equal(rig_count(&rig, TL_DECISION_FEE_ASSESSED, 1), 0);
    rig.time_ms += 1;
    rig_notice(&rig, 99, 10071, TL_NOTICE_SENT);
    assert_int_equal(rig_find(&rig, TL_DECISION_FEE_ASSESSED, 1)->date, 10070);
    rig.per_block = 9;
    rig_send(&rig, CITY, TL_ENTRY_DAY_CLOSE, 0, 10500, NULL, &day);
    rig_flush(&rig);
    assert_int_equal(rig.last, TL_ERR_REFUSED);
    rig_close(&rig);
}

static void add_consumer_rules(struct tl_policy *policy)
{
    struct tl_rule *rule = rig_rule(policy, "overdue", TL_ACTION_SET_STAGE);

    rule->anchor = TL_FEATURE_DUE_ON;
    rule->days = 1;
    rule->from_stages = tl_stage_bit(TL_STAGE_CURRENT);
    rule->stage = TL_STAGE_OVERDUE;
    rule = rig_rule(policy, "reminder", TL_ACTION_ACTION_DUE);
    rule->anchor = TL_FEATURE_DUE_ON;
    rule->days = 3;
    rule->every_days = 7;
    rule->times = 3;
    rule = rig_rule(policy, "furnish", TL_ACTION_FURNISH_ELIGIBLE);
    rule->anchor = TL_FEATURE_COMMENCED_ON;
    rule->days = 30;
    rule = rig_rule(policy, "charge-off", TL_ACTION_CHARGE_OFF);
    rule->anchor = TL_FEATURE_COMMENCED_ON;
    rule->days = 120;
    rule = rig_rule(policy, "reactivate", TL_ACTION_SET_STAGE);
    rule->anchor = TL_FEATURE_CHARGED_OFF_ON;
    rule->days = 365;
    rule->from_stages = tl_stage_bit(TL_STAGE_CHARGED_OFF);
    rule->stage = TL_STAGE_REACTIVATED;
}

static void open_consumer(struct rig *rig)
{
    struct tl_policy *policy = malloc(sizeof *policy);

    tl_policy_init(policy);
    strcpy(policy->name, "fines");
    strcpy(policy->title, "consumer");
    add_consumer_rules(policy);
    rig_publish(rig, policy);
    free(policy);
    rig_agreement(rig, 1, 10000, 50000); /* due on 10060 */
}

static void every_kind_of_rule(void **state)
{
    struct tl_body_furnished told = {201001, 71, 50000, false, false};
    struct tl_case c;
    struct rig rig;

    (void)state;
    rig_open(&rig, 0, 1);
    open_consumer(&rig);
    rig_day(&rig, 10060);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_CURRENT);
    rig_day(&rig, 10061);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_OVERDUE);
    assert_int_equal(rig_case(&rig, 1).commenced_on, 10060);
    rig_day(&rig, 10090);
    assert_int_equal(rig_count(&rig, TL_DECISION_ACTION_DUE, 1), 3);
    assert_int_equal(rig_find(&rig, TL_DECISION_ACTION_DUE, 1)->date, 10077);
    assert_int_equal(rig_case(&rig, 1).reporting, TL_REPORTING_ELIGIBLE);
    rig_send(&rig, CITY, TL_ENTRY_FURNISHED, 1, 10091, NULL, &told);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 0);
    rig_day(&rig, 10180);
    c = rig_case(&rig, 1);
    assert_int_equal(c.stage, TL_STAGE_CHARGED_OFF);
    assert_int_equal(c.charged_off_on, 10180);
    assert_int_equal(c.commenced_on, 10060);
    rig_day(&rig, 10545);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_REACTIVATED);
    rig_books(&rig);
    rig_close(&rig);
}

static void a_policy_is_published_once(void **state)
{
    struct rig rig;
    uint32_t denied = 0;

    (void)state;
    rig_open(&rig, 0, 1);
    open_consumer(&rig);
    open_consumer(&rig); /* the same version again */
    for (uint32_t i = 0; i < rig.decisions; i++)
        denied += rig.decision[i].type == TL_DECISION_DENIED;
    assert_int_equal(denied, 1);
    assert_int_equal(rig_count(&rig, TL_DECISION_DUPLICATE, 1), 1);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fines_scenario),
        cmocka_unit_test(history_covers_every_leaf),
        cmocka_unit_test(payment_on_the_last_day_counts),
        cmocka_unit_test(reversal_is_exact),
        cmocka_unit_test(reversal_after_credit_moved),
        cmocka_unit_test(dispute_holds_and_resumes),
        cmocka_unit_test(upheld_dispute_cancels_and_recalls),
        cmocka_unit_test(acts_are_denied_facts_are_not),
        cmocka_unit_test(placement_by_hand),
        cmocka_unit_test(charge_off_and_recovery),
        cmocka_unit_test(inadmissible_envelopes),
        cmocka_unit_test(blocks_tell_the_time),
        cmocka_unit_test(every_kind_of_rule),
        cmocka_unit_test(a_policy_is_published_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
