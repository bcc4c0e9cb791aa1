/* Scores on the ledger: cards, shadows, arms, and what rules make of them. */
#include "rig.h"

#include "tl/scorecard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DEBT 100000

/* Late days cost points, payments bring some; two bands. */
static void card_make(struct tl_scorecard *card, uint32_t version)
{
    memset(card, 0, sizeof *card);
    strcpy(card->name, "simple");
    card->version = version;
    card->base = 600;
    card->features = 2;
    strcpy(card->feature[0].name, "days_past_due");
    card->feature[0].bins = 3;
    card->feature[0].upper[0] = 0;
    card->feature[0].upper[1] = 29;
    card->feature[0].points[1] = -40;
    card->feature[0].points[2] = -90;
    strcpy(card->feature[1].name, "paid_permille");
    card->feature[1].bins = 2;
    card->feature[1].upper[0] = 99;
    card->feature[1].points[1] = 50;
    card->bands = 2;
    card->band[0].rate_ppm = 100000;
    card->band[1].from = 560;
    card->band[1].rate_ppm = 800000;
}

static void card_publish(struct rig *rig, const struct tl_scorecard *card, bool shadow)
{
    static uint8_t bytes[TL_SCORE_BYTES_MAX];
    struct tl_buf out = tl_buf(bytes, sizeof bytes);
    struct tl_body_scorecard body = {.policy = tl_bytes_str("fines"), .shadow = shadow};
    struct tl_entry entry = {.type = TL_ENTRY_SCORECARD_PUBLISH, .value_date = 10000};

    assert_true(tl_scorecard_check(card));
    assert_true(tl_scorecard_encode(card, &out));
    body.card = tl_buf_bytes(&out);
    rig_put(rig, CITY, &entry, &body);
}

/* Scored 10 and 40 days after the due date; who scores low and is a challenger
 * (arm below 50) is called, the rest reminded. */
static void open_ledger(struct rig *rig)
{
    struct tl_policy *policy = malloc(sizeof *policy);
    struct tl_rule *rule;

    rig_open(rig, 0, 1);
    tl_policy_init(policy);
    strcpy(policy->name, "fines");
    strcpy(policy->title, "scored");
    for (int i = 0; i < 2; i++) {
        rule = rig_rule(policy, i == 0 ? "score-10" : "score-40", TL_ACTION_SCORE);
        rule->anchor = TL_FEATURE_DUE_ON;
        rule->days = i == 0 ? 10 : 40;
    }
    rule = rig_rule(policy, "challenger", TL_ACTION_ACTION_DUE);
    rule->anchor = TL_FEATURE_SCORED_ON;
    rule->days = 1;
    rule->kind = TL_DUE_CALL;
    rig_clause(rule, TL_FEATURE_BAND, TL_OP_EQ, TL_FEATURE_NONE, 0);
    rig_clause(rule, TL_FEATURE_ARM, TL_OP_LT, TL_FEATURE_NONE, 50);
    rule = rig_rule(policy, "champion", TL_ACTION_ACTION_DUE);
    rule->anchor = TL_FEATURE_SCORED_ON;
    rule->days = 1;
    rule->kind = TL_DUE_REMINDER;
    rig_clause(rule, TL_FEATURE_BAND, TL_OP_EQ, TL_FEATURE_NONE, 0);
    rig_clause(rule, TL_FEATURE_ARM, TL_OP_GE, TL_FEATURE_NONE, 50);
    rig_publish(rig, policy);
    free(policy);
}

static void a_card_scores_by_the_facts(void **state)
{
    struct tl_scorecard *card = malloc(sizeof *card);
    struct tl_case c;
    struct rig rig;
    int32_t due;

    (void)state;
    open_ledger(&rig);
    card_make(card, 1);
    card_publish(&rig, card, false);
    rig_agreement(&rig, 1, 10000, DEBT);
    c = rig_case(&rig, 1);
    assert_int_equal(c.band, UINT8_MAX);
    assert_int_equal(c.scored_on, TL_DATE_NONE);
    due = c.due_on;
    rig_day(&rig, due + 9);
    assert_int_equal(rig_count(&rig, TL_DECISION_SCORED, 1), 0);
    rig_day(&rig, due + 10);
    c = rig_case(&rig, 1);
    assert_int_equal(c.score, 600 - 40);
    assert_int_equal(c.band, 1);
    assert_int_equal(c.scored_on, due + 10);
    rig_day(&rig, due + 40);
    c = rig_case(&rig, 1);
    assert_int_equal(c.score, 600 - 90);
    assert_int_equal(c.band, 0);
    assert_int_equal(rig_count(&rig, TL_DECISION_SCORED, 1), 2);
    assert_string_equal(rig_find(&rig, TL_DECISION_SCORED, 1)->rule, "score-40");
    rig_close(&rig);
    free(card);
}

/* Money in time: the share paid brings points, and 99 per mille is not 100. */
static void what_was_paid_counts(void **state)
{
    struct tl_scorecard *card = malloc(sizeof *card);
    struct rig rig;
    int32_t due;

    (void)state;
    open_ledger(&rig);
    card_make(card, 1);
    card_publish(&rig, card, false);
    rig_agreement(&rig, 1, 10000, DEBT);
    rig_agreement(&rig, 2, 10000, DEBT);
    due = rig_case(&rig, 1).due_on;
    rig_pay(&rig, 1, 10001, "a", DEBT / 10 - 1);
    rig_pay(&rig, 2, 10001, "b", DEBT / 10);
    rig_day(&rig, due + 10);
    assert_int_equal(rig_case(&rig, 1).score, 560);
    assert_int_equal(rig_case(&rig, 2).score, 610);
    rig_close(&rig);
    free(card);
}

static void a_shadow_changes_nothing(void **state)
{
    struct tl_scorecard *card = malloc(sizeof *card);
    struct rig rig;
    int32_t due;

    (void)state;
    open_ledger(&rig);
    card_make(card, 1);
    card->base = 900;
    card_publish(&rig, card, true);
    rig_agreement(&rig, 1, 10000, DEBT);
    due = rig_case(&rig, 1).due_on;
    rig_day(&rig, due + 10);
    assert_int_equal(rig_count(&rig, TL_DECISION_SCORED, 1), 1);
    assert_int_equal(rig_case(&rig, 1).scored_on, TL_DATE_NONE);
    assert_int_equal(rig_case(&rig, 1).score, 0);
    card->base = 600;
    card_publish(&rig, card, false);
    rig_day(&rig, due + 40);
    assert_int_equal(rig_count(&rig, TL_DECISION_SCORED, 1), 3); /* both cards this time */
    assert_int_equal(rig_case(&rig, 1).score, 510);
    rig_close(&rig);
    free(card);
}

static uint32_t denied(const struct rig *rig)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < rig->decisions; i++)
        count += rig->decision[i].type == TL_DECISION_DENIED;
    return count;
}

static void cards_that_do_not_fit_are_denied(void **state)
{
    struct tl_scorecard *card = malloc(sizeof *card);
    struct tl_body_scorecard body = {tl_bytes_str("fines"), tl_bytes_str("no card"), false};
    struct tl_entry entry = {.type = TL_ENTRY_SCORECARD_PUBLISH, .value_date = 10000};
    struct rig rig;

    (void)state;
    open_ledger(&rig);
    rig_put(&rig, CITY, &entry, &body);
    assert_int_equal(denied(&rig), 1);
    card_make(card, 1);
    strcpy(card->feature[0].name, "paid_on"); /* a day is no quantity */
    card_publish(&rig, card, false);
    assert_int_equal(denied(&rig), 2);
    strcpy(card->feature[0].name, "sex"); /* no fact of the ledger, 12 CFR 1002.5(b) */
    card_publish(&rig, card, false);
    assert_int_equal(denied(&rig), 3);
    card_make(card, 1);
    card_publish(&rig, card, false);
    assert_int_equal(denied(&rig), 3);
    card_publish(&rig, card, false); /* as new as what there is */
    assert_int_equal(denied(&rig), 4);
    card_publish(&rig, card, true); /* shadows are counted by themselves */
    card_make(card, 2);
    card_publish(&rig, card, false);
    assert_int_equal(denied(&rig), 4);
    rig_close(&rig);
    free(card);
}

/* Champion and challenger: every case is in one arm, about half in each, and what
 * is due follows from it. */
static void arms_divide_the_cases(void **state)
{
    struct tl_scorecard *card = malloc(sizeof *card);
    uint32_t challengers = 0;
    struct rig rig;
    int32_t due;

    (void)state;
    open_ledger(&rig);
    card_make(card, 1);
    card_publish(&rig, card, false);
    for (uint32_t i = 1; i <= 60; i++)
        rig_agreement(&rig, i, 10000, DEBT);
    due = rig_case(&rig, 1).due_on;
    rig_day(&rig, due + 41);
    for (uint32_t i = 1; i <= 60; i++) {
        struct tl_case c = rig_case(&rig, i);
        int64_t arm;

        assert_true(tl_case_feature(&c, TL_FEATURE_ARM, due, &arm));
        assert_in_range(arm, 0, 99);
        challengers += arm < 50;
        assert_int_equal(rig_count(&rig, TL_DECISION_ACTION_DUE, i), 1);
        assert_string_equal(rig_find(&rig, TL_DECISION_ACTION_DUE, i)->rule,
                            arm < 50 ? "challenger" : "champion");
    }
    assert_in_range(challengers, 15, 45);
    rig_books(&rig);
    rig_close(&rig);
    free(card);
}

/* Anchored to the day it was scored, a case is scored again and again. */
static void scoring_repeats(void **state)
{
    struct tl_scorecard *card = malloc(sizeof *card);
    struct tl_policy *policy = malloc(sizeof *policy);
    struct tl_rule *rule;
    struct rig rig;
    int32_t due;

    (void)state;
    rig_open(&rig, 0, 1);
    tl_policy_init(policy);
    strcpy(policy->name, "fines");
    strcpy(policy->title, "scored again");
    rule = rig_rule(policy, "score", TL_ACTION_SCORE);
    rule->anchor = TL_FEATURE_DUE_ON;
    rule->days = -14;
    rule = rig_rule(policy, "again", TL_ACTION_SCORE);
    rule->anchor = TL_FEATURE_SCORED_ON;
    rule->days = 30;
    rule->times = 3;
    rig_publish(&rig, policy);
    card_make(card, 1);
    card_publish(&rig, card, false);
    rig_agreement(&rig, 1, 10000, DEBT);
    due = rig_case(&rig, 1).due_on;
    rig_day(&rig, due + 200);
    assert_int_equal(rig_count(&rig, TL_DECISION_SCORED, 1), 4);
    assert_int_equal(rig_case(&rig, 1).scored_on, due - 14 + 90);
    rig_close(&rig);
    free(policy);
    free(card);
}

static void response_looks_back_sixty_days(void **state)
{
    struct tl_case c;
    int64_t value;

    (void)state;
    memset(&c, 0, sizeof c);
    c.opened_on = 10000;
    c.paid_on = c.talked_on = TL_DATE_NONE;
    assert_true(tl_case_feature(&c, TL_FEATURE_RESPONSE, 10100, &value) && value == 0);
    assert_true(tl_case_feature(&c, TL_FEATURE_DAYS_SINCE_PAID, 10100, &value) && value == 100);
    c.paid_on = 10040;
    assert_true(tl_case_feature(&c, TL_FEATURE_RESPONSE, 10100, &value) && value == 1);
    assert_true(tl_case_feature(&c, TL_FEATURE_RESPONSE, 10101, &value) && value == 0);
    assert_true(tl_case_feature(&c, TL_FEATURE_DAYS_SINCE_PAID, 10100, &value) && value == 60);
    c.talked_on = 10099;
    assert_true(tl_case_feature(&c, TL_FEATURE_RESPONSE, 10100, &value) && value == 2);
    c.principal_charged_minor = 3;
    c.paid_minor = 2;
    assert_true(tl_case_feature(&c, TL_FEATURE_PAID_PERMILLE, 0, &value) && value == 666);
    c.paid_minor = -1;
    assert_true(tl_case_feature(&c, TL_FEATURE_PAID_PERMILLE, 0, &value) && value == 0);
    c.paid_minor = INT64_C(9300000000000000); /* times 1000 is no int64 */
    c.principal_charged_minor = c.paid_minor;
    assert_true(tl_case_feature(&c, TL_FEATURE_PAID_PERMILLE, 0, &value) && value == 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_scores_by_the_facts),
        cmocka_unit_test(what_was_paid_counts),
        cmocka_unit_test(a_shadow_changes_nothing),
        cmocka_unit_test(cards_that_do_not_fit_are_denied),
        cmocka_unit_test(arms_divide_the_cases),
        cmocka_unit_test(scoring_repeats),
        cmocka_unit_test(response_looks_back_sixty_days),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
