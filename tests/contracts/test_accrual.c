/* Interest in the life of a case: exact however often it is looked at, and right
 * again whatever is learnt late. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { START = 10000 };

static const struct tl_body_answer plain;
static uint8_t signature[TL_HASH_BYTES] = {1};

/* A case of that principal with interest from its first day. */
static void open_case(struct rig *rig, int64_t principal, uint32_t rate_bp)
{
    rig_open(rig, 0, 1);
    rig_fines(rig, false);
    rig_agreement(rig, 1, START, principal);
    if (rate_bp != 0)
        rig_terms(rig, 1, START, rate_bp);
}

/* Entries that only make the case look at what it owes. */
static void look(struct rig *rig, int32_t date)
{
    static const struct tl_body_adjustment nothing;

    rig_send(rig, CITY, TL_ENTRY_ADJUSTMENT, 1, date, NULL, &nothing);
}

static void change_rate(struct rig *rig, int32_t date, int32_t from, uint32_t rate_bp, bool noticed)
{
    struct tl_body_rate body = {rate_bp, from,
                                noticed ? tl_bytes(signature, sizeof signature) : TL_BYTES_NONE};

    rig_send(rig, CITY, TL_ENTRY_RATE_CHANGE, 1, date, NULL, &body);
}

static void hold(struct rig *rig, int32_t date, enum tl_hold which, bool set)
{
    struct tl_body_hold body = {(uint8_t)which, TL_BYTES_NONE};

    rig_send(rig, CITY, set ? TL_ENTRY_HOLD_SET : TL_ENTRY_HOLD_RELEASE, 1, date, NULL, &body);
}

static int64_t interest_after(int64_t principal, uint32_t rate_bp, int32_t days)
{
    struct tl_exact exact;

    assert_int_equal(tl_interest_simple(&exact, principal, rate_bp, TL_DAYCOUNT_ACT_365F, 0, days),
                     TL_OK);
    return exact.whole;
}

/* ---- exactness --------------------------------------------------------- */

static void a_year_is_the_same_however_often_it_is_looked_at(void **state)
{
    int64_t first = -1;

    (void)state;
    for (int32_t every = 1; every <= 365; every = every == 1 ? 30 : every * 4) {
        struct rig rig;
        struct tl_case c;

        open_case(&rig, 123457, 1899);
        for (int32_t day = every; day < 365; day += every) {
            rig_day(&rig, START + day - 1);
            look(&rig, START + day);
        }
        rig_day(&rig, START + 364);
        look(&rig, START + 365);
        c = rig_case(&rig, 1);
        assert_int_equal(c.interest_minor, 23444); /* interest_daily_carry.csv */
        assert_int_equal(c.interest_booked_minor, 23444);
        assert_int_equal(c.accrued_on, START + 365);
        assert_int_equal(rig_account(&rig, TL_ACCOUNT_INTEREST, CITY), -23444);
        assert_true(first < 0 || rig_account(&rig, TL_ACCOUNT_RECEIVABLE, CITY) == first);
        first = rig_account(&rig, TL_ACCOUNT_RECEIVABLE, CITY);
        rig_books(&rig);
        rig_close(&rig);
    }
}

static void what_is_not_booked_counts_in_features(void **state)
{
    struct rig rig;
    struct tl_case c;
    int64_t value;

    (void)state;
    open_case(&rig, 100000, 3650);
    c = rig_case(&rig, 1);
    assert_int_equal(tl_case_balance(&c), 100000);
    assert_true(tl_case_feature(&c, TL_FEATURE_BALANCE, START + 10, &value));
    assert_int_equal(value, 101000);
    assert_true(tl_case_feature(&c, TL_FEATURE_INTEREST, START + 10, &value));
    assert_int_equal(value, 1000);
    assert_true(tl_case_feature(&c, TL_FEATURE_INTEREST_CHARGED, START + 10, &value));
    assert_int_equal(value, 1000);
    assert_true(tl_case_feature(&c, TL_FEATURE_CHARGED, START + 10, &value));
    assert_int_equal(value, 101000);
    assert_true(tl_case_feature(&c, TL_FEATURE_PAST_DUE, START + 10, &value));
    assert_int_equal(value, 101000);
    assert_true(tl_case_feature(&c, TL_FEATURE_RATE, START + 10, &value));
    assert_int_equal(value, 3650);
    /* Never before the terms, never twice. */
    assert_true(tl_case_feature(&c, TL_FEATURE_INTEREST, START - 10, &value));
    assert_int_equal(value, 0);
    rig_close(&rig);
}

/* A rule that waits for an amount sees interest grow, and books it when it acts. */
static void rules_see_interest_grow(void **state)
{
    struct tl_policy *policy = malloc(sizeof *policy);
    const struct rig_decision *found;
    struct tl_rule *rule;
    struct rig rig;
    struct tl_case c;

    (void)state;
    rig_open(&rig, 0, 1);
    tl_policy_init(policy);
    (void)snprintf(policy->name, sizeof policy->name, "fines");
    (void)snprintf(policy->title, sizeof policy->title, "interest");
    rule = rig_rule(policy, "grown", TL_ACTION_ACTION_DUE);
    rule->anchor = TL_FEATURE_OPENED_ON;
    rule->days = 1;
    rule->every_days = 1;
    rule->times = 1;
    rule->kind = TL_DUE_REVIEW;
    rig_clause(rule, TL_FEATURE_INTEREST, TL_OP_GE, TL_FEATURE_NONE, 1000);
    rig_publish(&rig, policy);
    free(policy);
    rig_agreement(&rig, 1, START, 100000);
    rig_terms(&rig, 1, START, 3650);
    rig_day(&rig, START + 50);
    found = rig_find(&rig, TL_DECISION_ACTION_DUE, 1);
    assert_non_null(found);
    assert_int_equal(found->date, START + 10);
    c = rig_case(&rig, 1);
    assert_int_equal(c.accrued_on, START + 10);
    assert_int_equal(c.interest_minor, 1000);
    rig_close(&rig);
}

/* ---- late facts -------------------------------------------------------- */

static void a_late_payment_counts_from_its_day(void **state)
{
    struct rig rig;
    struct tl_case late;
    struct tl_case early;

    (void)state;
    open_case(&rig, 100000, 3650);
    rig_day(&rig, START + 9);
    rig_pay(&rig, 1, START + 10, "a", 51000); /* 1000 interest, 50000 principal */
    rig_day(&rig, START + 29);
    look(&rig, START + 30);
    early = rig_case(&rig, 1);
    assert_int_equal(early.principal_minor, 50000);
    assert_int_equal(early.interest_minor, 1000);
    rig_close(&rig);

    open_case(&rig, 100000, 3650);
    rig_day(&rig, START + 29);
    look(&rig, START + 30); /* 3000 booked */
    rig_pay(&rig, 1, START + 10, "a", 51000);
    late = rig_case(&rig, 1);
    /* 3000 were booked and paid first, so it paid too much of interest; what comes
     * back has paid principal since day 10 as well: interest is 1000 + 20 days of
     * what is left, 49000 + interest, which is 2020. */
    assert_int_equal(late.interest_charged_minor, 2020);
    assert_int_equal(late.interest_minor, 0);
    assert_int_equal(late.principal_minor, 51020);
    assert_int_equal(late.unapplied_minor, 0);
    assert_int_equal(rig_count(&rig, TL_DECISION_RESTATEMENT, 1), 1);
    rig_books(&rig);
    rig_close(&rig);
}

static void a_payment_taken_back_was_never_paid(void **state)
{
    struct tl_body_reversal back = {tl_bytes_str("a"), TL_REVERSAL_BOUNCED, 0};
    struct rig rig;
    struct tl_case c;

    (void)state;
    open_case(&rig, 100000, 3650);
    rig_day(&rig, START + 9);
    rig_pay(&rig, 1, START + 10, "a", 61000);
    rig_day(&rig, START + 39);
    look(&rig, START + 40);
    c = rig_case(&rig, 1);
    assert_int_equal(c.interest_minor, 40000 * 30 / 1000);
    rig_send(&rig, CITY, TL_ENTRY_PAYMENT_REVERSAL, 1, START + 40, NULL, &back);
    c = rig_case(&rig, 1);
    assert_int_equal(c.principal_minor, 100000);
    assert_int_equal(c.interest_minor, 4000);
    assert_int_equal(c.interest_charged_minor, 4000);
    assert_int_equal(c.interest_paid_minor, 0);
    assert_int_equal(c.segments.count, 1); /* no trace of it */
    rig_books(&rig);
    rig_close(&rig);
}

static void a_case_that_was_paid_owes_interest_again_with_its_payment(void **state)
{
    struct tl_body_reversal back = {tl_bytes_str("a"), TL_REVERSAL_BOUNCED, 0};
    struct rig rig;
    struct tl_case c;

    (void)state;
    open_case(&rig, 100000, 3650);
    rig_day(&rig, START + 9);
    rig_pay(&rig, 1, START + 10, "a", 101000);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_PAID);
    rig_day(&rig, START + 29);
    rig_send(&rig, CITY, TL_ENTRY_PAYMENT_REVERSAL, 1, START + 30, NULL, &back);
    c = rig_case(&rig, 1);
    assert_int_not_equal(c.stage, TL_STAGE_PAID);
    assert_int_equal(c.interest_minor, 3000);
    rig_books(&rig);
    rig_close(&rig);
}

static void a_charge_of_principal_earns_from_its_day(void **state)
{
    struct tl_body_charge more = {TL_BUCKET_PRINCIPAL, 50000, START + 60, TL_AUTHORITY_CONTRACT,
                                  TL_BYTES_NONE};
    struct rig rig;

    (void)state;
    open_case(&rig, 100000, 3650);
    rig_day(&rig, START + 29);
    look(&rig, START + 30);
    rig_send(&rig, CITY, TL_ENTRY_CHARGE, 1, START + 20, NULL, &more);
    assert_int_equal(rig_case(&rig, 1).interest_minor, 3000 + 500);
    rig_close(&rig);
}

/* ---- rates, holds, waivers --------------------------------------------- */

static void a_rate_changes_from_its_day(void **state)
{
    struct rig rig;

    (void)state;
    open_case(&rig, 100000, 3650);
    rig_day(&rig, START + 9);
    change_rate(&rig, START + 10, START + 10, 7300, false);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 1); /* a rise needs a notice */
    change_rate(&rig, START + 10, START + 10, 7300, true);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 1);
    rig_day(&rig, START + 19);
    change_rate(&rig, START + 20, START + 5, 3650, true); /* before the last change */
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 2);
    change_rate(&rig, START + 20, START + 20, 7300, false); /* no rise, no notice */
    change_rate(&rig, START + 20, START + 20, 0, false);
    rig_day(&rig, START + 99);
    look(&rig, START + 100);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 2);
    assert_int_equal(rig_case(&rig, 1).interest_minor, 1000 + 2000);
    rig_close(&rig);
}

static void terms_have_conditions(void **state)
{
    struct tl_body_terms terms = {1000, TL_DAYCOUNT_ACT_365F, START - 1, TL_BYTES_NONE};
    struct rig rig;
    uint32_t denied = 0;

    (void)state;
    open_case(&rig, 100000, 0);
    change_rate(&rig, START, START, 100, true); /* nothing to change */
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), ++denied);
    rig_send(&rig, CITY, TL_ENTRY_AGREEMENT_AMEND, 1, START, NULL, &terms);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), ++denied);
    terms.from_on = TL_DATE_NONE;
    rig_send(&rig, CITY, TL_ENTRY_AGREEMENT_AMEND, 1, START, NULL, &terms);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), ++denied);
    rig_pay(&rig, 1, START + 1, "a", 5000);
    terms.from_on = START;
    rig_send(&rig, CITY, TL_ENTRY_AGREEMENT_AMEND, 1, START, NULL, &terms);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), ++denied);
    terms.from_on = START + 1; /* the day of the payment will do */
    rig_send(&rig, CITY, TL_ENTRY_AGREEMENT_AMEND, 1, START, NULL, &terms);
    assert_int_equal(rig_case(&rig, 1).segments.count, 1);
    terms.daycount = TL_DAYCOUNT_30E_360;
    rig_send(&rig, CITY, TL_ENTRY_AGREEMENT_AMEND, 1, START, NULL, &terms);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), ++denied);
    terms = (struct tl_body_terms){2000, TL_DAYCOUNT_ACT_365F, START + 5, TL_BYTES_NONE};
    rig_send(&rig, CITY, TL_ENTRY_AGREEMENT_AMEND, 1, START, NULL, &terms);
    assert_int_equal(rig_case(&rig, 1).segments.count, 2);
    terms.from_on = START + 4;
    rig_send(&rig, CITY, TL_ENTRY_AGREEMENT_AMEND, 1, START, NULL, &terms);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), ++denied);
    rig_pay(&rig, 1, START + 1, "b", 95000);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_PAID);
    terms.from_on = START + 9;
    rig_send(&rig, CITY, TL_ENTRY_AGREEMENT_AMEND, 1, START, NULL, &terms);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), ++denied);
    rig_close(&rig);
}

static void a_hold_on_interest_stops_it_from_its_day(void **state)
{
    struct rig rig;

    (void)state;
    open_case(&rig, 100000, 3650);
    rig_day(&rig, START + 29);
    look(&rig, START + 30);
    hold(&rig, START + 10, TL_HOLD_MORATORIUM_UK, true); /* learnt late */
    assert_int_equal(rig_case(&rig, 1).interest_minor, 1000);
    rig_day(&rig, START + 49);
    hold(&rig, START + 40, TL_HOLD_MORATORIUM_UK, false); /* and so is its end */
    look(&rig, START + 50);
    assert_int_equal(rig_case(&rig, 1).interest_minor, 2000);
    hold(&rig, START + 50, TL_HOLD_MANUAL, true); /* this one does not stop interest */
    rig_day(&rig, START + 59);
    look(&rig, START + 60);
    assert_int_equal(rig_case(&rig, 1).interest_minor, 3000);
    rig_close(&rig);
}

static void publish_cap(struct rig *rig, uint32_t cap_bp)
{
    struct tl_policy *policy = malloc(sizeof *policy);

    tl_policy_init(policy);
    (void)snprintf(policy->name, sizeof policy->name, "fines");
    (void)snprintf(policy->title, sizeof policy->title, "capped");
    policy->scra_cap_bp = cap_bp;
    rig_publish(rig, policy);
    free(policy);
}

/* Trap 16: what ran above 6 % since the first day of duty is forgiven, not put off. */
static void service_caps_interest_from_its_first_day(void **state)
{
    struct rig rig;
    struct tl_case c;

    (void)state;
    rig_open(&rig, 0, 1);
    publish_cap(&rig, 600);
    rig_agreement(&rig, 1, START, 365000);
    rig_terms(&rig, 1, START, 2000);
    rig_day(&rig, START + 99);
    look(&rig, START + 100);
    assert_int_equal(rig_case(&rig, 1).interest_minor, 20000);
    hold(&rig, START + 50, TL_HOLD_SCRA, true);
    c = rig_case(&rig, 1);
    assert_int_equal(c.interest_minor, 10000 + 3000);
    rig_day(&rig, START + 149);
    hold(&rig, START + 150, TL_HOLD_SCRA, false);
    rig_day(&rig, START + 199);
    look(&rig, START + 200);
    assert_int_equal(rig_case(&rig, 1).interest_minor, 10000 + 6000 + 10000);
    rig_close(&rig);

    /* A rate below the cap is not raised to it. */
    rig_open(&rig, 0, 1);
    publish_cap(&rig, 600);
    rig_agreement(&rig, 1, START, 365000);
    rig_terms(&rig, 1, START, 300);
    hold(&rig, START, TL_HOLD_SCRA, true);
    rig_day(&rig, START + 99);
    look(&rig, START + 100);
    assert_int_equal(rig_case(&rig, 1).interest_minor, 3000);
    rig_close(&rig);
}

static void waived_interest_never_runs_again(void **state)
{
    struct tl_body_waiver waiver = {START + 10};
    struct tl_body_charge late = {TL_BUCKET_INTEREST, 100, START + 60, TL_AUTHORITY_CONTRACT,
                                  tl_bytes_str("art. 7")};
    struct tl_body_sale sale = {tl_bytes_str("buyer"), TL_BYTES_NONE, false};
    struct tl_body_agreement bought = {.debt_id = rig_id(1),
                                       .currency = 978,
                                       .policy = tl_bytes_str("fines"),
                                       .opened_on = START + 70,
                                       .due_on = START + 70,
                                       .principal_minor = 100000};
    struct tl_body_terms terms = {1000, TL_DAYCOUNT_ACT_365F, START + 70, TL_BYTES_NONE};
    struct rig rig;

    (void)state;
    open_case(&rig, 100000, 3650);
    rig_day(&rig, START + 29);
    rig_send(&rig, CITY, TL_ENTRY_INTEREST_WAIVED, 1, START + 30, NULL, &waiver);
    rig_send(&rig, CITY, TL_ENTRY_INTEREST_WAIVED, 1, START + 30, NULL, &waiver);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 1);
    change_rate(&rig, START + 30, START + 30, 100, true);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 2);
    look(&rig, START + 30);
    assert_int_equal(rig_case(&rig, 1).interest_minor, 1000);
    rig_send(&rig, CITY, TL_ENTRY_CHARGE, 1, START + 9, NULL, &late);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 0);
    rig_send(&rig, CITY, TL_ENTRY_CHARGE, 1, START + 10, NULL, &late);
    late.bucket = TL_BUCKET_FEE;
    rig_send(&rig, CITY, TL_ENTRY_CHARGE, 1, START + 30, NULL, &late);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 2);
    late.bucket = TL_BUCKET_COST;
    rig_send(&rig, CITY, TL_ENTRY_CHARGE, 1, START + 30, NULL, &late);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 2);
    /* 12 CFR 1026.5(b)(2)(i) binds who buys the debt, too. */
    rig_day(&rig, START + 69);
    rig_send(&rig, CITY, TL_ENTRY_DEBT_SALE, 1, START + 70, NULL, &sale);
    rig_send(&rig, BUYER, TL_ENTRY_DEBT_SALE_ACCEPT, 1, START + 70, NULL, &plain);
    rig_send(&rig, BUYER, TL_ENTRY_AGREEMENT, 2, START + 70, NULL, &bought);
    rig_send(&rig, BUYER, TL_ENTRY_AGREEMENT_AMEND, 2, START + 70, NULL, &terms);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 2), 1);
    assert_int_equal(rig_case(&rig, 2).segments.count, 0);
    rig_books(&rig);
    rig_close(&rig);
}

static void a_judgment_starts_anew(void **state)
{
    struct tl_body_suit suit = {TL_BYTES_NONE, 100000};
    struct tl_body_judgment judged = {90000, 500, 0, 200, 0, 730};
    struct rig rig;
    struct tl_case c;

    (void)state;
    open_case(&rig, 100000, 3650);
    rig_day(&rig, START + 29);
    rig_send(&rig, CITY, TL_ENTRY_SUIT_FILED, 1, START + 30, NULL, &suit);
    rig_day(&rig, START + 39);
    rig_send(&rig, CITY, TL_ENTRY_JUDGMENT, 1, START + 40, NULL, &judged);
    c = rig_case(&rig, 1);
    assert_int_equal(c.interest_minor, 500);
    assert_int_equal(c.principal_minor, 90000);
    rig_day(&rig, START + 139);
    look(&rig, START + 140);
    assert_int_equal(rig_case(&rig, 1).interest_minor, 500 + interest_after(90000, 730, 100));
    rig_books(&rig);
    rig_close(&rig);
}

static void a_debt_that_ended_earns_nothing(void **state)
{
    struct tl_body_discharge discharge = {true, 0};
    struct rig rig;
    struct tl_case c;
    int64_t value;

    (void)state;
    open_case(&rig, 100000, 3650);
    rig_day(&rig, START + 9);
    rig_send(&rig, BUREAU, TL_ENTRY_BANKRUPTCY_DISCHARGED, 1, START + 10, NULL, &discharge);
    c = rig_case(&rig, 1);
    assert_true(tl_case_ended(&c));
    assert_true(tl_case_feature(&c, TL_FEATURE_RATE, START + 50, &value));
    assert_int_equal(value, 0);
    assert_int_equal(tl_case_pending(&c, START + 50), 0);
    rig_books(&rig);
    rig_close(&rig);
}

/* ---- money that was over ----------------------------------------------- */

static void charge_principal(struct rig *rig, int32_t date, int64_t amount)
{
    struct tl_body_charge more = {TL_BUCKET_PRINCIPAL, amount, date, TL_AUTHORITY_CONTRACT,
                                  TL_BYTES_NONE};

    rig_send(rig, CITY, TL_ENTRY_CHARGE, 1, date, NULL, &more);
}

static void bounce(struct rig *rig, int32_t date, const char *name)
{
    struct tl_body_reversal back = {tl_bytes_str(name), TL_REVERSAL_BOUNCED, 0};

    rig_send(rig, CITY, TL_ENTRY_PAYMENT_REVERSAL, 1, date, NULL, &back);
}

/* An excess pays what is charged later; taken back, each charge has been owed
 * since its own day. */
static void an_excess_comes_back_to_its_days(void **state)
{
    struct rig rig;
    struct tl_case c;

    (void)state;
    open_case(&rig, 100000, 3650);
    rig_pay(&rig, 1, START, "a", 200000);
    rig_day(&rig, START + 9);
    charge_principal(&rig, START + 10, 30000);
    rig_day(&rig, START + 19);
    charge_principal(&rig, START + 20, 20000);
    c = rig_case(&rig, 1);
    assert_int_equal(c.credits.count, 2);
    assert_int_equal(c.principal_credited_minor, 50000);
    assert_int_equal(c.unapplied_minor, 50000);
    assert_int_equal(c.stage, TL_STAGE_PAID);
    rig_day(&rig, START + 39);
    bounce(&rig, START + 40, "a");
    c = rig_case(&rig, 1);
    assert_int_equal(c.principal_minor, 150000);
    assert_int_equal(c.interest_minor, 4000 + 900 + 400);
    assert_int_equal(c.credits.count, 0);
    assert_int_equal(c.principal_credited_minor, 0);
    rig_books(&rig);
    rig_close(&rig);
}

/* A smaller payment's excess takes only its part of the last of them. */
static void part_of_an_excess_comes_back(void **state)
{
    struct rig rig;
    struct tl_case c;

    (void)state;
    open_case(&rig, 1000, 3650);
    rig_pay(&rig, 1, START, "a", 1000);
    rig_pay(&rig, 1, START, "b", 40000);
    rig_pay(&rig, 1, START, "c", 5000);
    rig_day(&rig, START + 9);
    charge_principal(&rig, START + 10, 45000); /* all of both */
    rig_day(&rig, START + 19);
    bounce(&rig, START + 20, "c");
    c = rig_case(&rig, 1);
    assert_int_equal(c.principal_minor, 5000);
    assert_int_equal(c.interest_minor, 50);
    assert_int_equal(c.credits.count, 1);
    bounce(&rig, START + 20, "b");
    c = rig_case(&rig, 1);
    assert_int_equal(c.principal_minor, 45000);
    assert_int_equal(c.interest_minor, 450);
    assert_int_equal(c.credits.count, 0);
    rig_books(&rig);
    rig_close(&rig);
}

/* More credits than are remembered one by one: the oldest count as one. */
static void old_credits_count_as_one(void **state)
{
    struct rig rig;
    struct tl_case c;

    (void)state;
    open_case(&rig, 100000, 3650);
    rig_pay(&rig, 1, START, "a", 1000000);
    for (int32_t day = 1; day <= 18; day++) {
        rig_day(&rig, START + day - 1);
        charge_principal(&rig, START + day, 1000);
        assert_int_equal(rig_case(&rig, 1).credits.count,
                         day < (int32_t)TL_CREDITS_MAX ? day : (int32_t)TL_CREDITS_MAX);
    }
    rig_day(&rig, START + 29);
    bounce(&rig, START + 30, "a");
    c = rig_case(&rig, 1);
    assert_int_equal(c.principal_minor, 118000);
    /* Days 1 to 3 as if all on day 3; 4 to 18 each on its own. */
    assert_int_equal(c.interest_minor, 3000 + 3 * 27 + 285);
    rig_books(&rig);
    rig_close(&rig);
}

static void a_settlement_undone_owes_interest_as_before(void **state)
{
    struct tl_body_settlement less = {50000, START + 10, START + 10};
    struct rig rig;
    struct tl_case c;

    (void)state;
    open_case(&rig, 100000, 3650);
    rig_send(&rig, CITY, TL_ENTRY_SETTLEMENT_OFFER, 1, START, NULL, &less);
    rig_send(&rig, CITY, TL_ENTRY_SETTLEMENT_ACCEPT, 1, START, NULL, &plain);
    rig_day(&rig, START + 9);
    rig_pay(&rig, 1, START + 10, "a", 50000);
    c = rig_case(&rig, 1);
    assert_int_equal(c.stage, TL_STAGE_SETTLED);
    assert_int_equal(c.principal_forgiven_minor + c.interest_forgiven_minor, 51000);
    assert_int_equal(tl_case_pending(&c, START + 40), 0);
    rig_day(&rig, START + 39);
    bounce(&rig, START + 40, "a");
    c = rig_case(&rig, 1);
    assert_int_equal(c.principal_minor, 100000);
    assert_int_equal(c.interest_minor, 4000);
    rig_books(&rig);
    rig_close(&rig);
}

/* ---- what a decision says ---------------------------------------------- */

static struct tl_body_accrual seen;

static void see_accrual(void *host, const struct tl_decision *d, const union tl_body *b)
{
    (void)host;
    if (d->type == TL_DECISION_INTEREST_ACCRUED)
        seen = b->accrual;
}

static void a_booking_says_what_it_is_for(void **state)
{
    struct rig rig;

    (void)state;
    open_case(&rig, 123457, 1899);
    rig.watch.decision = see_accrual;
    rig_day(&rig, START + 29);
    look(&rig, START + 30);
    assert_int_equal(seen.from_on, START);
    assert_int_equal(seen.to_on, START + 30);
    assert_int_equal(seen.principal_minor, 123457);
    assert_int_equal(seen.rate_bp, 1899);
    assert_int_equal(seen.amount_minor, 1926); /* interest_daily_carry.csv, with its remainder */
    assert_int_equal(seen.part, INT64_C(3445290) * TL_EXACT_DEN / 3650000);
    rig_day(&rig, START + 59);
    look(&rig, START + 60);
    assert_int_equal(seen.from_on, START + 30);
    hold(&rig, START + 45, TL_HOLD_MORATORIUM_UK, true);
    assert_int_equal(seen.from_on, START + 45); /* from where it is other than booked */
    assert_int_equal(seen.to_on, START + 60);
    assert_int_equal(seen.rate_bp, 0);
    assert_true(seen.amount_minor < 0);
    rig_close(&rig);
}

static void holds_together_bar_what_the_strictest_bars(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig, 0, 1);
    publish_cap(&rig, 600);
    rig_agreement(&rig, 1, START, 365000);
    rig_terms(&rig, 1, START, 2000);
    hold(&rig, START, TL_HOLD_MORATORIUM_UK, true);
    hold(&rig, START, TL_HOLD_SCRA, true);
    rig_day(&rig, START + 99);
    look(&rig, START + 100);
    assert_int_equal(rig_case(&rig, 1).interest_minor, 0);
    hold(&rig, START + 100, TL_HOLD_MORATORIUM_UK, false);
    rig_day(&rig, START + 199);
    look(&rig, START + 200);
    assert_int_equal(rig_case(&rig, 1).interest_minor, 6000);
    rig_close(&rig);
    /* Without a cap in the policy the hold bars interest altogether. */
    open_case(&rig, 365000, 2000);
    hold(&rig, START, TL_HOLD_SCRA, true);
    rig_day(&rig, START + 99);
    look(&rig, START + 100);
    assert_int_equal(rig_case(&rig, 1).interest_minor, 0);
    rig_close(&rig);
}

static void a_court_may_be_the_first_to_give_interest(void **state)
{
    struct tl_body_suit suit = {TL_BYTES_NONE, 100000};
    struct tl_body_judgment judged = {100000, 0, 0, 0, 0, 3650};
    struct rig rig;

    (void)state;
    for (uint32_t rate = 0; rate < 2; rate++) {
        judged.rate_bp = rate * 3650;
        open_case(&rig, 100000, 0);
        rig_send(&rig, CITY, TL_ENTRY_SUIT_FILED, 1, START, NULL, &suit);
        rig_send(&rig, CITY, TL_ENTRY_JUDGMENT, 1, START, NULL, &judged);
        assert_int_equal(rig_case(&rig, 1).segments.count, rate);
        rig_day(&rig, START + 9);
        look(&rig, START + 10);
        assert_int_equal(rig_case(&rig, 1).interest_minor, rate * 1000);
        rig_close(&rig);
    }
    judged.rate_bp = 0; /* and may take away what the agreement gave */
    open_case(&rig, 100000, 3650);
    rig_send(&rig, CITY, TL_ENTRY_SUIT_FILED, 1, START, NULL, &suit);
    rig_send(&rig, CITY, TL_ENTRY_JUDGMENT, 1, START, NULL, &judged);
    rig_day(&rig, START + 9);
    look(&rig, START + 10);
    assert_int_equal(rig_case(&rig, 1).interest_minor, 0);
    rig_close(&rig);
}

/* A sale, a cancellation and an offer to an agency take in what has run. */
static void interest_is_booked_before_what_looks_at_it(void **state)
{
    struct tl_body_sale sale = {tl_bytes_str("buyer"), TL_BYTES_NONE, false};
    struct tl_body_offer offer = {tl_bytes_str("agency-a"), TL_BYTES_NONE};
    struct rig rig;

    (void)state;
    open_case(&rig, 100000, 3650);
    rig_day(&rig, START + 9);
    rig_send(&rig, CITY, TL_ENTRY_PLACEMENT_OFFER, 1, START + 10, NULL, &offer);
    assert_int_equal(rig_case(&rig, 1).placed_minor, 101000);
    rig_day(&rig, START + 19);
    rig_send(&rig, CITY, TL_ENTRY_DEBT_SALE, 1, START + 20, NULL, &sale);
    rig_day(&rig, START + 29);
    rig_send(&rig, BUYER, TL_ENTRY_DEBT_SALE_ACCEPT, 1, START + 30, NULL, &plain);
    assert_int_equal(rig_case(&rig, 1).sold_minor, 103000);
    rig_books(&rig);
    rig_close(&rig);
}

/* ---- bounds ------------------------------------------------------------ */

/* More changes than a case has room for: the oldest become a sum. */
static void old_segments_become_a_sum(void **state)
{
    struct tl_exact sum = {0, 0};
    struct tl_exact part;
    struct rig rig;
    struct tl_case c;

    (void)state;
    open_case(&rig, 777777, 1000);
    for (int32_t i = 0; i < 100; i++) {
        uint32_t rate = i % 2 == 0 ? 1000 : 700;

        assert_int_equal(
            tl_interest_simple(&part, 777777, rate, TL_DAYCOUNT_ACT_365F, i * 3, i * 3 + 3), TL_OK);
        assert_int_equal(tl_exact_add(&sum, sum, part), TL_OK);
        rig_day(&rig, START + i * 3 + 2);
        change_rate(&rig, START + i * 3 + 3, START + i * 3 + 3, i % 2 == 0 ? 700 : 1000, true);
    }
    look(&rig, START + 300);
    c = rig_case(&rig, 1);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 0);
    assert_int_equal(c.segments.count, TL_SEGMENTS_MAX);
    assert_true(c.folded_minor > 0);
    assert_int_equal(c.interest_minor, sum.whole);
    rig_books(&rig);
    rig_close(&rig);
}

static void no_interest_leaves_the_range(void **state)
{
    struct rig rig;
    struct tl_case c;

    (void)state;
    open_case(&rig, TL_AMOUNT_MAX, TL_RATE_BP_MAX);
    rig_day(&rig, 80000);
    for (uint32_t i = 0; i < 5; i++)
        look(&rig, 80001);
    c = rig_case(&rig, 1);
    /* A booking is no more than an entry may be; the rest waits. */
    assert_int_equal(c.interest_minor % TL_AMOUNT_MAX, 0);
    assert_in_range(c.interest_minor, 5 * TL_AMOUNT_MAX, 50 * TL_AMOUNT_MAX);
    assert_int_equal(tl_case_pending(&c, 80001), TL_AMOUNT_MAX);
    rig_books(&rig);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_year_is_the_same_however_often_it_is_looked_at),
        cmocka_unit_test(what_is_not_booked_counts_in_features),
        cmocka_unit_test(rules_see_interest_grow),
        cmocka_unit_test(a_late_payment_counts_from_its_day),
        cmocka_unit_test(a_payment_taken_back_was_never_paid),
        cmocka_unit_test(a_case_that_was_paid_owes_interest_again_with_its_payment),
        cmocka_unit_test(a_charge_of_principal_earns_from_its_day),
        cmocka_unit_test(a_rate_changes_from_its_day),
        cmocka_unit_test(terms_have_conditions),
        cmocka_unit_test(a_hold_on_interest_stops_it_from_its_day),
        cmocka_unit_test(service_caps_interest_from_its_first_day),
        cmocka_unit_test(waived_interest_never_runs_again),
        cmocka_unit_test(a_judgment_starts_anew),
        cmocka_unit_test(a_debt_that_ended_earns_nothing),
        cmocka_unit_test(an_excess_comes_back_to_its_days),
        cmocka_unit_test(part_of_an_excess_comes_back),
        cmocka_unit_test(old_credits_count_as_one),
        cmocka_unit_test(a_settlement_undone_owes_interest_as_before),
        cmocka_unit_test(a_booking_says_what_it_is_for),
        cmocka_unit_test(holds_together_bar_what_the_strictest_bars),
        cmocka_unit_test(a_court_may_be_the_first_to_give_interest),
        cmocka_unit_test(interest_is_booked_before_what_looks_at_it),
        cmocka_unit_test(old_segments_become_a_sum),
        cmocka_unit_test(no_interest_leaves_the_range),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
