/* How much one envelope can cause, and facts that come late. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BUSY_CASES 80u

/* Five rules that each fire a hundred times: 500 leaves a case. */
static void publish_busy(struct rig *rig, uint16_t times, bool guarded)
{
    struct tl_policy *policy = malloc(sizeof *policy);
    char id[16];

    tl_policy_init(policy);
    strcpy(policy->name, "fines");
    strcpy(policy->title, "busy");
    for (uint32_t i = 0; i < 5; i++) {
        struct tl_rule *rule;

        (void)snprintf(id, sizeof id, "busy%u", i);
        rule = rig_rule(policy, id, TL_ACTION_ACTION_DUE);
        rule->anchor = TL_FEATURE_DUE_ON;
        rule->every_days = 1;
        rule->times = times;
        if (guarded)
            rig_clause(rule, TL_FEATURE_BALANCE, TL_OP_LT, TL_FEATURE_NONE, 0);
    }
    rig_publish(rig, policy);
    free(policy);
}

static void an_envelope_fits_into_a_block(void **state)
{
    uint32_t deferred = 0;
    uint64_t leaves;
    struct rig rig;
    char name[16];

    (void)state;
    rig_open(&rig, 1, 1); /* a slice is one case: touching does the work */
    publish_busy(&rig, 100, false);
    for (uint32_t i = 0; i < BUSY_CASES; i++)
        rig_agreement(&rig, i, 10000, 1000);
    rig_day(&rig, 10300);
    leaves = rig.leaves;
    rig_bundle(&rig);
    for (uint32_t i = 0; i < BUSY_CASES; i++) {
        (void)snprintf(name, sizeof name, "p%u", i);
        rig_pay(&rig, i, 10300, name, 10);
    }
    rig_seal(&rig, CITY);
    assert_true(rig.leaves - leaves <= TL_BLOCK_LEAVES_MAX);
    for (uint32_t i = 0; i < rig.decisions; i++)
        deferred += rig.decision[i].type == TL_DECISION_DEFERRED;
    assert_true(deferred > 5 && deferred < 30);
    assert_int_equal(rig_case(&rig, BUSY_CASES - 1).paid_minor, 0);
    /* What was deferred is no repeat when it comes again. */
    rig_pay(&rig, BUSY_CASES - 1, 10300, name, 10);
    assert_int_equal(rig_case(&rig, BUSY_CASES - 1).paid_minor, 10);
    assert_int_equal(rig_count(&rig, TL_DECISION_DUPLICATE, BUSY_CASES - 1), 0);
    rig_books(&rig);
    rig_close(&rig);
}

static void a_policy_cannot_fire_without_end(void **state)
{
    struct rig rig;
    uint32_t denied = 0;

    (void)state;
    rig_open(&rig, 0, 1);
    publish_busy(&rig, 0, false);
    for (uint32_t i = 0; i < rig.decisions; i++)
        denied += rig.decision[i].type == TL_DECISION_DENIED;
    assert_int_equal(denied, 1);
    rig_close(&rig);
}

/* Nobody looks every day for ever: a thousand reviews, then the timer rests. */
static void reviews_come_to_an_end(void **state)
{
    struct tl_rule_use use;
    struct tl_case c;
    struct rig rig;

    (void)state;
    rig_open(&rig, 0, 1);
    publish_busy(&rig, 100, true);
    rig_agreement(&rig, 1, -20000, 1000); /* in 1915 */
    rig_day(&rig, 10300);
    c = rig_case(&rig, 1);
    assert_true(tl_list_next(&c.rules, &tl_rule_use_record, &use));
    assert_int_equal(use.reviews, TL_RULE_REVIEWS_MAX);
    assert_int_equal(use.fires, 0);
    assert_int_equal(c.next_due, TL_DATE_NONE);
    rig_close(&rig);
}

static void open_fine(struct rig *rig)
{
    rig_open(rig, 0, 1);
    rig_fines(rig, true);
    rig_agreement(rig, 1, 10000, 3600); /* due on 10060 */
    rig_notice(rig, 1, 10010, TL_NOTICE_SERVED);
}

/* A payment of day 10050 arrives when the penalty of day 10070 is assessed. */
static void a_late_fact_is_restated(void **state)
{
    const struct rig_decision *restated;
    struct rig rig;

    (void)state;
    open_fine(&rig);
    rig_day(&rig, 10080);
    assert_int_equal(rig_count(&rig, TL_DECISION_FEE_ASSESSED, 1), 1);
    rig_pay(&rig, 1, 10081, "today", 100);
    assert_int_equal(rig_count(&rig, TL_DECISION_RESTATEMENT, 1), 0);
    rig_pay(&rig, 1, 10050, "late", 100);
    restated = rig_find(&rig, TL_DECISION_RESTATEMENT, 1);
    assert_non_null(restated);
    assert_int_equal(restated->changes, 1); /* the balance */
    assert_int_equal(restated->unaware, 2); /* overdue, penalty */
    assert_int_equal(restated->date, 10081);
    rig_pay(&rig, 1, 10065, "all", 10000);
    restated = rig_find(&rig, TL_DECISION_RESTATEMENT, 1);
    assert_int_equal(restated->changes, 4); /* balance, days past due, stage, unapplied */
    assert_int_equal(restated->unaware, 1); /* penalty */
    rig_books(&rig);
    rig_close(&rig);
}

/* A fact that comes late may set a timer in the past: it runs at once. */
static void a_late_fact_leaves_nothing_due(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig, 0, 1);
    rig_fines(&rig, false);
    rig_agreement(&rig, 1, 10000, 3600);
    rig_day(&rig, 10200);
    assert_int_equal(rig_count(&rig, TL_DECISION_FEE_ASSESSED, 1), 0);
    rig_notice(&rig, 1, 10010, TL_NOTICE_SERVED);
    assert_int_equal(rig_find(&rig, TL_DECISION_FEE_ASSESSED, 1)->date, 10070);
    assert_int_equal(rig_case(&rig, 1).next_due, 10280);
    rig_day(&rig, 10280);
    assert_int_equal(rig_case(&rig, 1).placed_on, 10280);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_envelope_fits_into_a_block),
        cmocka_unit_test(a_policy_cannot_fire_without_end),
        cmocka_unit_test(reviews_come_to_an_end),
        cmocka_unit_test(a_late_fact_is_restated),
        cmocka_unit_test(a_late_fact_leaves_nothing_due),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
