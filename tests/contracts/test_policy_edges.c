/* Each bound of a policy from both sides: what is just allowed, what just not. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct tl_policy policy;
static struct tl_policy *const p = &policy;

enum { STAGE_RULE, FEE_RULE, DUE_RULE, FACT_RULE, SUIT_RULE, OFFER_RULE, TARIFF_RULE };

/* A sound policy with something of everything. */
static void full(void)
{
    struct tl_rule *rule;

    tl_policy_init(p);
    (void)snprintf(p->name, sizeof p->name, "edges");
    (void)snprintf(p->title, sizeof p->title, "a policy to break");
    p->agency_count = 2;
    p->agency[0] = (struct tl_policy_agency){.id = "agency-a", .weight = 1, .commission = 2};
    p->agency[1] = (struct tl_policy_agency){.id = "agency-b", .weight = 10000};
    p->commission_count = 2;
    p->commission[0] = (struct tl_commission_terms){
        .name = "flat", .kind = TL_COMMISSION_FLAT, .steps = 1, .rate_bp = {2500}};
    p->commission[1] = (struct tl_commission_terms){.name = "age",
                                                    .kind = TL_COMMISSION_TIERS,
                                                    .mode = TL_REMIT_COMBINED,
                                                    .steps = 3,
                                                    .up_to = {30, 60, 0},
                                                    .rate_bp = {1000, 2000, 3000}};
    p->tariff_count = 1;
    p->tariff[0] = (struct tl_tariff){.name = "t", .default_bp = 20000, .rows = 2};
    p->tariff[0].row[0] = (struct tl_tariff_row){100, 200};
    p->tariff[0].row[1] = (struct tl_tariff_row){300, 300};
    rule = rig_rule(p, "stage", TL_ACTION_SET_STAGE);
    rule->anchor = TL_FEATURE_DUE_ON;
    rule->from_stages = tl_stage_bit(TL_STAGE_CURRENT);
    rule->stage = TL_STAGE_OVERDUE;
    rule = rig_rule(p, "fee", TL_ACTION_ASSESS_FEE);
    rule->anchor = TL_FEATURE_DUE_ON;
    rule->amount_minor = 500;
    rule->bucket = TL_BUCKET_FEE;
    rig_clause(rule, TL_FEATURE_BALANCE, TL_OP_GT, TL_FEATURE_PAID, 0);
    rule = rig_rule(p, "due", TL_ACTION_ACTION_DUE);
    rule->anchor = TL_FEATURE_DUE_ON;
    rule->every_days = 5;
    rule->times = 3;
    rule = rig_rule(p, "fact", TL_ACTION_ALERT);
    rule->trigger = TL_TRIGGER_FACTS;
    rule = rig_rule(p, "suit", TL_ACTION_PERMIT_SUIT);
    rule->trigger = TL_TRIGGER_ASKED;
    rule->from_stages = tl_stage_bit(TL_STAGE_INTERNAL);
    rule = rig_rule(p, "offer", TL_ACTION_OFFER_PLACEMENT);
    rule->anchor = TL_FEATURE_STAGE_ON;
    rule = rig_rule(p, "tariff", TL_ACTION_ASSESS_FEE);
    rule->anchor = TL_FEATURE_DUE_ON;
    rule->fee = TL_FEE_TARIFF;
    rule->basis = TL_FEATURE_PRINCIPAL;
}

static void takes(const char *what)
{
    struct tl_policy_fault fault;

    if (!tl_policy_check(p, &fault))
        fail_msg("%s: %s, %s", what, fault.subject, fault.why);
}

static void refuses(const char *subject, const char *what)
{
    struct tl_policy_fault fault;

    if (tl_policy_check(p, &fault))
        fail_msg("%s is taken", what);
    if (strcmp(fault.subject, subject) != 0)
        fail_msg("%s: the fault is in %s, not %s", what, fault.subject, subject);
}

#define TAKES(change)            (full(), (change), takes(#change))
#define REFUSES(subject, change) (full(), (change), refuses(subject, #change))
#define RULE(which)              p->rule[which##_RULE]

static void heads(void **state)
{
    (void)state;
    full();
    takes("nothing changed");
    REFUSES("title", p->title[0] = '\0');
    REFUSES("name", memset(p->name, 'x', sizeof p->name));
    TAKES(p->hold_masks[TL_HOLD_DISASTER] = 0);
    REFUSES("holds", p->hold_masks[TL_HOLD_IDTHEFT_BLOCK] = 1u << TL_CLASS_PLACE);
    REFUSES("holds", p->hold_masks[0] = 1u << TL_CLASS_NONE);
    TAKES(p->regime_holds[0] = TL_HOLDS - 1);
    REFUSES("holds", p->regime_holds[0] = TL_HOLDS);
    REFUSES("holds", p->regime_holds[TL_REGIME_APPEAL] = TL_HOLDS);
    REFUSES("allocation", p->allocation[4] = TL_BUCKETS);
    REFUSES("allocation", p->allocation[0] = p->allocation[4]);
    full();
    for (uint32_t i = 2; i < TL_POLICY_AGENCIES_MAX; i++)
        p->agency[i] = p->agency[1];
    p->agency_count = TL_POLICY_AGENCIES_MAX;
    takes("as many agencies as there may be");
    REFUSES("agencies", p->agency_count = TL_POLICY_AGENCIES_MAX + 1);
    REFUSES("agencies", p->agency[1].weight = 0);
    REFUSES("agencies", p->agency[1].weight = 10001);
    REFUSES("agencies", p->agency[1].id[0] = '\0');
    REFUSES("rules", p->rule_count = TL_RULES_MAX + 1);
}

static void commissions(void **state)
{
    (void)state;
    TAKES(p->scra_cap_bp = TL_CAP_NONE);
    REFUSES("commissions", p->scra_cap_bp = TL_CAP_NONE + 1);
    full();
    for (uint32_t i = 2; i < TL_COMMISSIONS_MAX; i++)
        p->commission[i] = p->commission[1];
    p->commission_count = TL_COMMISSIONS_MAX;
    takes("as many terms as there may be");
    full();
    for (uint32_t i = 0; i < TL_COMMISSION_STEPS_MAX; i++)
        p->commission[1].up_to[i] = i + 1 == TL_COMMISSION_STEPS_MAX ? 0 : (int64_t)i + 1;
    p->commission[1].steps = TL_COMMISSION_STEPS_MAX;
    takes("as many steps as there may be");
    REFUSES("commissions", p->commission_count = TL_COMMISSIONS_MAX + 1);
    TAKES(p->agency[1].commission = 2);
    REFUSES("commissions", p->agency[1].commission = 3);
    REFUSES("commissions", p->commission[0].name[0] = '\0');
    REFUSES("commissions", p->commission[1].kind = TL_COMMISSION_BRACKETS + 1);
    REFUSES("commissions", p->commission[1].mode = TL_REMIT_COMBINED + 1);
    REFUSES("commissions", p->commission[1].steps = 0);
    REFUSES("commissions", p->commission[1].steps = TL_COMMISSION_STEPS_MAX + 1);
    REFUSES("commissions", p->commission[0].steps = 2);
    REFUSES("commissions", p->commission[1].kind = TL_COMMISSION_FLAT);
    TAKES(p->commission[1].rate_bp[2] = 10000);
    REFUSES("commissions", p->commission[1].rate_bp[2] = 10001);
    REFUSES("commissions", p->commission[1].up_to[2] = 90); /* the last has no end */
    TAKES(p->commission[1].up_to[0] = 1);
    REFUSES("commissions", p->commission[1].up_to[0] = 0);
    TAKES(p->commission[1].up_to[1] = 31);
    REFUSES("commissions", p->commission[1].up_to[1] = 30);
    TAKES(p->commission[1].up_to[1] = TL_SPAN_DAYS_MAX);
    REFUSES("commissions", p->commission[1].up_to[1] = TL_SPAN_DAYS_MAX + 1);
    TAKES((p->commission[1].kind = TL_COMMISSION_BRACKETS,
           p->commission[1].up_to[1] = TL_SPAN_DAYS_MAX + 1));
}

static void tariffs(void **state)
{
    (void)state;
    full();
    for (uint32_t i = 1; i < TL_TARIFFS_MAX; i++)
        p->tariff[i] = p->tariff[0];
    p->tariff_count = TL_TARIFFS_MAX;
    takes("as many tariffs as there may be");
    TAKES(p->tariff[0].rows = 0);
    full();
    for (uint32_t i = 2; i < TL_TARIFF_ROWS_MAX; i++)
        p->tariff[0].row[i] = (struct tl_tariff_row){300 + i, 300 + i};
    p->tariff[0].rows = TL_TARIFF_ROWS_MAX;
    takes("as many rows as there may be");
    REFUSES("tariffs", p->tariff_count = TL_TARIFFS_MAX + 1);
    REFUSES("tariffs", p->tariff[0].name[0] = '\0');
    REFUSES("tariffs", p->tariff[0].rows = TL_TARIFF_ROWS_MAX + 1);
    TAKES(p->tariff[0].default_bp = 1000000);
    REFUSES("tariffs", p->tariff[0].default_bp = 1000001);
    TAKES(p->tariff[0].row[0].basis_minor = 0);
    REFUSES("tariffs", p->tariff[0].row[0].basis_minor = -1);
    REFUSES("tariffs", p->tariff[0].row[1].total_minor = 299);
    TAKES(p->tariff[0].row[1].total_minor = TL_AMOUNT_MAX);
    REFUSES("tariffs", p->tariff[0].row[1].total_minor = TL_AMOUNT_MAX + 1);
    TAKES(p->tariff[0].row[1].basis_minor = 101);
    REFUSES("tariffs", p->tariff[0].row[1].basis_minor = 100);
}

static void whens(void **state)
{
    (void)state;
    REFUSES("id", RULE(STAGE).id[0] = '\0');
    REFUSES("id", memcpy(RULE(FEE).id, "stage", 6));
    REFUSES("citation", RULE(STAGE).citation[0] = '\0');
    REFUSES("from_stages", RULE(FEE).from_stages = 0);
    TAKES(RULE(FEE).from_stages = TL_STAGES_ALL);
    REFUSES("from_stages", RULE(FEE).from_stages = TL_STAGES_ALL + 1);
    REFUSES("anchor", RULE(FEE).trigger = TL_TRIGGER_ASKED + 1);
    REFUSES("anchor", RULE(FEE).anchor = TL_FEATURE_NONE);
    REFUSES("anchor", RULE(FEE).anchor = TL_FEATURE_TODAY);
    REFUSES("anchor", RULE(FEE).anchor = TL_FEATURE_BALANCE);
    REFUSES("anchor", RULE(FEE).anchor = TL_FEATURE_COUNT);
    REFUSES("anchor", RULE(FACT).anchor = TL_FEATURE_DUE_ON);
    REFUSES("anchor", RULE(SUIT).anchor = TL_FEATURE_DUE_ON);
    TAKES(RULE(FEE).days = -36500);
    REFUSES("days", RULE(FEE).days = -36501);
    TAKES(RULE(FEE).days = 36500);
    REFUSES("days", RULE(FEE).days = 36501);
    TAKES(RULE(DUE).times = TL_RULE_FIRES_MAX);
    REFUSES("times", RULE(DUE).times = TL_RULE_FIRES_MAX + 1);
    TAKES(RULE(FACT).times = TL_RULE_FIRES_MAX + 1); /* facts have no such bound */
    REFUSES("times", RULE(DUE).times = 0);
    REFUSES("action_class", RULE(FEE).action_class = TL_CLASSES + 1);
    TAKES(RULE(FEE).action_class = TL_CLASS_NONE);
    REFUSES("guard", RULE(FEE).guard_count = TL_CLAUSES_MAX + 1);
    TAKES(RULE(FEE).guard_count = TL_CLAUSES_MAX);
    TAKES(RULE(FEE).guard[0].left_count = TL_TERMS_MAX);
    TAKES(RULE(FEE).guard[0].right_count = TL_TERMS_MAX);
    TAKES(RULE(FEE).guard[0].left[0] = TL_FEATURE_COUNT - 1);
    TAKES(RULE(FEE).guard[0].op = TL_OP_GT);
    TAKES(RULE(FEE).guard[0].op = TL_OP_LT);
    REFUSES("guard", RULE(FEE).guard[0].left_count = TL_TERMS_MAX + 1);
    REFUSES("guard", RULE(FEE).guard[0].right_count = TL_TERMS_MAX + 1);
    REFUSES("guard", RULE(FEE).guard[0].op = TL_OP_GT + 1);
    REFUSES("guard", RULE(FEE).guard[0].left[0] = TL_FEATURE_COUNT);
    REFUSES("guard", RULE(FEE).guard[0].right[0] = TL_FEATURE_COUNT);
    TAKES(RULE(FEE).guard[0].right[0] = TL_FEATURE_COUNT - 1);
}

static void whats(void **state)
{
    (void)state;
    REFUSES("action", RULE(FACT).action = UINT8_MAX);
    REFUSES("when", RULE(FACT).action = TL_ACTION_PERMIT_PLAN);
    REFUSES("when", RULE(SUIT).action = TL_ACTION_ALERT);
    TAKES(RULE(SUIT).from_stages = tl_stage_bit(TL_STAGE_REACTIVATED) |
                                   tl_stage_bit(TL_STAGE_CHARGED_OFF) |
                                   tl_stage_bit(TL_STAGE_PLACED));
    REFUSES("stages", RULE(SUIT).from_stages |= tl_stage_bit(TL_STAGE_DEMAND));
    REFUSES("stage", RULE(STAGE).stage = TL_STAGE_RESOLUTION);
    REFUSES("stage", RULE(STAGE).stage = TL_STAGE_PLACED);
    REFUSES("stage", RULE(STAGE).stage = TL_STAGE_LEGAL);
    REFUSES("stage", RULE(STAGE).stage = TL_STAGE_CHARGED_OFF);
    REFUSES("stage", RULE(STAGE).stage = TL_STAGE_PAID);
    REFUSES("stage", RULE(STAGE).stage = TL_STAGE_UNCOLLECTIBLE);
    REFUSES("stage", RULE(STAGE).stage = TL_STAGE_REACTIVATED);
    REFUSES("stage", RULE(STAGE).from_stages |= tl_stage_bit(TL_STAGE_DEMAND)); /* not back */
    REFUSES("stage", RULE(STAGE).from_stages |= tl_stage_bit(TL_STAGE_PAID));
    REFUSES("stage", RULE(STAGE).from_stages |= tl_stage_bit(TL_STAGE_PLACED));
    REFUSES("stage", RULE(STAGE).from_stages |= tl_stage_bit(TL_STAGE_RESOLUTION));
    REFUSES("stage", RULE(STAGE).from_stages |= tl_stage_bit(TL_STAGE_CHARGED_OFF));
    TAKES((RULE(STAGE).from_stages = tl_stage_bit(TL_STAGE_DEMAND),
           RULE(STAGE).stage = TL_STAGE_CURRENT));
    TAKES((RULE(STAGE).from_stages = tl_stage_bit(TL_STAGE_CHARGED_OFF),
           RULE(STAGE).stage = TL_STAGE_REACTIVATED));
    TAKES((RULE(STAGE).from_stages = tl_stage_bit(TL_STAGE_CHARGED_OFF),
           RULE(STAGE).stage = TL_STAGE_UNCOLLECTIBLE));
    TAKES(RULE(DUE).kind = TL_DUE_DISPUTE_ANSWER);
    REFUSES("kind", RULE(DUE).kind = TL_DUE_DISPUTE_ANSWER + 1);
    REFUSES("agencies", p->agency_count = 0);
}

static void fees(void **state)
{
    (void)state;
    REFUSES("fee", RULE(FEE).fee = TL_FEE_TARIFF + 1);
    TAKES(RULE(FEE).bucket = TL_BUCKET_TAX);
    REFUSES("fee", RULE(FEE).bucket = TL_BUCKET_TAX + 1);
    REFUSES("fee", RULE(FEE).basis = TL_FEATURE_COUNT);
    REFUSES("fee", RULE(FEE).amount_minor = 0);
    TAKES(RULE(FEE).amount_minor = 1);
    REFUSES("fee", RULE(TARIFF).amount_minor = -1);
    TAKES(RULE(FEE).amount_minor = TL_AMOUNT_MAX);
    REFUSES("fee", RULE(FEE).amount_minor = TL_AMOUNT_MAX + 1);
    REFUSES("fee", RULE(FEE).cap_minor = -1);
    TAKES(RULE(FEE).rate_bp = 1000000);
    REFUSES("fee", RULE(FEE).rate_bp = 1000001);
    REFUSES("fee", RULE(TARIFF).basis = TL_FEATURE_PAYMENTS);
    REFUSES("fee", RULE(TARIFF).tariff = 1);
    TAKES((RULE(TARIFF).tariff = 1, RULE(TARIFF).fee = TL_FEE_PERCENT));
}

/* All timers together: 512 times in the life of a case. */
static void firings(void **state)
{
    (void)state;
    full();
    for (uint32_t i = 0; i < 4; i++) {
        struct tl_rule *rule = rig_rule(p, "more", TL_ACTION_ACTION_DUE);

        rule->id[4] = (char)('0' + (int)i);
        rule->id[5] = '\0';
        rule->anchor = TL_FEATURE_DUE_ON;
        rule->every_days = 1;
        rule->times = 100;
    }
    /* 1 + 1 + 3 + 1 + 1 of full(), 400 here. */
    p->rule[DUE_RULE].times = 100;
    takes("504");
    p->rule[FEE_RULE].times = 9;
    takes("512");
    p->rule[FEE_RULE].times = 10;
    refuses("times", "513");
    p->rule[FEE_RULE].times = 0; /* rests after a hundred */
    refuses("times", "a rule without a bound");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads),   cmocka_unit_test(commissions), cmocka_unit_test(tariffs),
        cmocka_unit_test(whens),   cmocka_unit_test(whats),       cmocka_unit_test(fees),
        cmocka_unit_test(firings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
