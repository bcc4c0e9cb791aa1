/* Policies: one encoding, the first fault named, guards at their edges. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct tl_policy *sample(void)
{
    struct tl_policy *policy = malloc(sizeof *policy);
    struct tl_rule *rule;

    tl_policy_init(policy);
    (void)snprintf(policy->name, sizeof policy->name, "sample");
    (void)snprintf(policy->title, sizeof policy->title, "a sample");
    policy->agency_count = 1;
    policy->agency[0] = (struct tl_policy_agency){.id = "agency-a", .weight = 1};
    rule = rig_rule(policy, "overdue", TL_ACTION_SET_STAGE);
    rule->from_stages = tl_stage_bit(TL_STAGE_CURRENT);
    rule->anchor = TL_FEATURE_DUE_ON;
    rule->days = 1;
    rule->stage = TL_STAGE_OVERDUE;
    rule = rig_rule(policy, "late-fee", TL_ACTION_ASSESS_FEE);
    rule->anchor = TL_FEATURE_DUE_ON;
    rule->days = 15;
    rule->fee = TL_FEE_PERCENT;
    rule->basis = TL_FEATURE_BALANCE;
    rule->rate_bp = 250;
    rule->cap_minor = 4000;
    rig_clause(rule, TL_FEATURE_BALANCE, TL_OP_GE, TL_FEATURE_PAID, 100);
    return policy;
}

static void one_encoding(void **state)
{
    static uint8_t bytes[TL_POLICY_BYTES_MAX];
    static uint8_t again[TL_POLICY_BYTES_MAX];
    struct tl_policy *policy = sample();
    struct tl_policy *back = malloc(sizeof *back);
    struct tl_buf out = tl_buf(bytes, sizeof bytes);
    struct tl_buf twice = tl_buf(again, sizeof again);

    (void)state;
    assert_true(tl_policy_encode(policy, &out));
    assert_int_equal(tl_policy_decode(back, tl_buf_bytes(&out)), TL_OK);
    assert_true(tl_policy_encode(back, &twice));
    assert_true(tl_bytes_eq(tl_buf_bytes(&out), tl_buf_bytes(&twice)));
    for (size_t cut = 0; cut < out.len; cut++)
        assert_int_not_equal(tl_policy_decode(back, tl_bytes(bytes, cut)), TL_OK);
    free(policy);
    free(back);
}

/* Each fault alone, and the field it is found in. */
static void expect(struct tl_policy *policy, const char *subject)
{
    struct tl_policy_fault fault;

    assert_false(tl_policy_check(policy, &fault));
    assert_non_null(fault.why);
    assert_string_equal(fault.subject, subject);
    free(policy);
}

static void first_fault_named(void **state)
{
    struct tl_policy *p = sample();
    struct tl_policy_fault fault;

    (void)state;
    assert_true(tl_policy_check(p, &fault));
    free(p);
    p = sample(), p->name[0] = '\0', expect(p, "name");
    p = sample(), p->version = 0, expect(p, "version");
    p = sample(), p->allocation[0] = p->allocation[1], expect(p, "allocation");
    p = sample(), p->hold_masks[0] = 0xffff, expect(p, "holds");
    p = sample(), p->agency[0].weight = 0, expect(p, "agencies");
    p = sample(), p->rule[0].citation[0] = '\0', expect(p, "citation");
    p = sample(), p->rule[0].anchor = TL_FEATURE_BALANCE, expect(p, "anchor");
    p = sample(), p->rule[0].stage = TL_STAGE_PAID, expect(p, "stage");
    p = sample(), p->rule[0].stage = TL_STAGE_PLACED, expect(p, "stage");
    p = sample(), p->rule[0].from_stages = TL_STAGES_ALL, expect(p, "stage");
    p = sample(), p->rule[0].every_days = 7, p->rule[0].times = 0, expect(p, "times");
    p = sample(), p->rule[0].times = 101, expect(p, "times");
    p = sample(), p->rule[1].basis = TL_FEATURE_DUE_ON, expect(p, "fee");
    p = sample(), p->rule[1].guard[0].left[0] = 255, expect(p, "guard");
    p = sample(), strcpy(p->rule[1].id, "overdue"), expect(p, "id");
}

static void guards_at_their_edges(void **state)
{
    struct tl_case c = {.principal_minor = 500, .paid_minor = 400, .due_on = TL_DATE_NONE};
    struct tl_clause clause = {.left = {TL_FEATURE_BALANCE},
                               .left_count = 1,
                               .right = {TL_FEATURE_PAID},
                               .right_count = 1,
                               .op = TL_OP_GE,
                               .constant = 100};

    (void)state;
    assert_true(tl_clause_holds(&clause, &c, 0));
    clause.constant = 101;
    assert_false(tl_clause_holds(&clause, &c, 0));
    clause.op = TL_OP_LT;
    assert_true(tl_clause_holds(&clause, &c, 0));
    clause.constant = INT64_MAX; /* overflows: does not hold */
    assert_false(tl_clause_holds(&clause, &c, 0));
    /* What is unknown makes neither a comparison nor its opposite true. */
    clause = (struct tl_clause){.left = {TL_FEATURE_DUE_ON}, .left_count = 1, .op = TL_OP_EQ};
    assert_false(tl_clause_holds(&clause, &c, 0));
    clause.op = TL_OP_NE;
    assert_false(tl_clause_holds(&clause, &c, 0));
}

static void fees_round_and_stop_at_the_cap(void **state)
{
    struct tl_policy *p = sample();
    struct tl_case c = {.principal_minor = 1020};

    (void)state;
    assert_int_equal(tl_fee_amount(p, &p->rule[1], &c, 0), 26); /* 25.5 */
    c.principal_minor = 1019;
    assert_int_equal(tl_fee_amount(p, &p->rule[1], &c, 0), 25);
    c.principal_minor = 1000000;
    assert_int_equal(tl_fee_amount(p, &p->rule[1], &c, 0), 4000);
    free(p);
}

static void an_explanation_reads(void **state)
{
    static uint8_t text[4096];
    struct tl_policy *p = sample();
    struct tl_buf out = tl_buf(text, sizeof text - 1);
    struct tl_case c = {.principal_minor = 500, .due_on = 10000, .holds = 1u << TL_HOLD_HARDSHIP};

    (void)state;
    tl_explain(&out, p, 1, &c, 10020);
    text[out.len] = '\0';
    assert_non_null(strstr((char *)text, "late-fee (test order, section late-fee): assess_fee"));
    assert_non_null(strstr((char *)text, "yes  the case is in stage current"));
    assert_non_null(strstr((char *)text, "counted from due_on (1997-05-19), 15 days: 1997-06-03"));
    assert_non_null(strstr((char *)text, "yes  balance (500) >= paid (0) + 100"));
    assert_non_null(strstr((char *)text, "held back by hardship"));
    assert_non_null(strstr((char *)text, "fired 0 times"));
    free(p);
}

static void features_have_names(void **state)
{
    struct tl_case c = {0};
    int64_t value;
    uint8_t feature;

    (void)state;
    assert_int_equal(tl_feature_names.count, TL_FEATURE_COUNT);
    assert_true(tl_name_find(&tl_feature_names, tl_bytes_str("fee_paid"), &feature));
    assert_int_equal(feature, TL_FEATURE_FEE_PAID);
    for (uint32_t i = 0; i < TL_FEATURE_COUNT; i++)
        assert_true(tl_case_feature(&c, (enum tl_feature)i, 0, &value));
    c = (struct tl_case){.due_on = 100, .principal_minor = 1};
    assert_true(tl_case_feature(&c, TL_FEATURE_DAYS_PAST_DUE, 103, &value));
    assert_int_equal(value, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_encoding),          cmocka_unit_test(first_fault_named),
        cmocka_unit_test(guards_at_their_edges), cmocka_unit_test(fees_round_and_stop_at_the_cap),
        cmocka_unit_test(an_explanation_reads),  cmocka_unit_test(features_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
