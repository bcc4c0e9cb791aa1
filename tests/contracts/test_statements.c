/* Between members: money in trust, commissions, statements, buy-backs. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { START = 10000 }; /* 1997-05-19 */

static const struct tl_body_answer plain;

static struct tl_commission_terms *add_terms(struct tl_policy *policy, const char *name,
                                             enum tl_commission_kind kind)
{
    struct tl_commission_terms *terms = &policy->commission[policy->commission_count++];

    (void)snprintf(terms->name, sizeof terms->name, "%s", name);
    terms->kind = (uint8_t)kind;
    return terms;
}

/* 25 % kept from what is handed over; by age 10, 20, 50 %; by size 50, 20 %. */
static void publish(struct rig *rig)
{
    struct tl_policy *policy = malloc(sizeof *policy);
    struct tl_commission_terms *terms;

    tl_policy_init(policy);
    (void)snprintf(policy->name, sizeof policy->name, "fines");
    (void)snprintf(policy->title, sizeof policy->title, "commissions");
    terms = add_terms(policy, "flat", TL_COMMISSION_FLAT);
    terms->rate_bp[0] = 2500;
    terms->steps = 1;
    terms->tail_days = 10;
    terms = add_terms(policy, "age", TL_COMMISSION_TIERS);
    *terms = (struct tl_commission_terms){.name = "age",
                                          .kind = TL_COMMISSION_TIERS,
                                          .mode = TL_REMIT_GROSS,
                                          .steps = 3,
                                          .up_to = {30, 60, 0},
                                          .rate_bp = {1000, 2000, 5000}};
    terms = add_terms(policy, "size", TL_COMMISSION_BRACKETS);
    *terms = (struct tl_commission_terms){.name = "size",
                                          .kind = TL_COMMISSION_BRACKETS,
                                          .mode = TL_REMIT_COMBINED,
                                          .costs_first = true,
                                          .steps = 2,
                                          .up_to = {10000, 0},
                                          .rate_bp = {5000, 2000}};
    policy->agency_count = 1;
    policy->agency[0] = (struct tl_policy_agency){.id = "agency-a", .weight = 1, .commission = 1};
    rig_publish(rig, policy);
    free(policy);
}

/* Case 1 of 100000 in agency-a's hands since START. */
static void place(struct rig *rig, const char *terms)
{
    struct tl_body_offer offer = {tl_bytes_str("agency-a"), tl_bytes_str(terms)};

    rig_open(rig, 0, 1);
    publish(rig);
    rig_agreement(rig, 1, START, 100000);
    rig_send(rig, CITY, TL_ENTRY_PLACEMENT_OFFER, 1, START, NULL, &offer);
    rig_send(rig, NORTH, TL_ENTRY_PLACEMENT_ACCEPT, 1, START, NULL, &plain);
    assert_int_equal(rig_case(rig, 1).placement, TL_PLACEMENT_PLACED);
}

static void pay_to(struct rig *rig, uint32_t member, int32_t date, const char *name, int64_t minor)
{
    struct tl_body_payment body = {tl_bytes_str(name), minor, TL_PAY_TRANSFER};

    rig_send(rig, member, TL_ENTRY_PAYMENT, 1, date, name, &body);
}

static void reverse(struct rig *rig, int32_t date, const char *name)
{
    struct tl_body_reversal back = {tl_bytes_str(name), TL_REVERSAL_BOUNCED, 0};

    rig_send(rig, CITY, TL_ENTRY_PAYMENT_REVERSAL, 1, date, NULL, &back);
}

static int64_t last_commission(struct rig *rig)
{
    return rig_find(rig, TL_DECISION_COMMISSION_DUE, 1)->amount_minor;
}

/* ---- trust ------------------------------------------------------------- */

static void money_of_another_is_held_in_trust(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig, 0, 1);
    publish(&rig);
    rig_agreement(&rig, 1, START, 100000);
    pay_to(&rig, NORTH, START, "a", 3000); /* not placed: nothing is earned */
    assert_int_equal(rig_count(&rig, TL_DECISION_COMMISSION_DUE, 1), 0);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_CASH, NORTH), 3000);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_TRUST, NORTH), -3000);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_DUE_FROM, CITY), 3000);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_CASH, CITY), 0);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_RECEIVABLE, CITY), 97000);
    pay_to(&rig, CITY, START, "b", 1000);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_CASH, CITY), 1000);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_DUE_FROM, CITY), 3000);
    reverse(&rig, START, "a");
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_CASH, NORTH), 0);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_TRUST, NORTH), 0);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_DUE_FROM, CITY), 0);
    rig_books(&rig);
    rig_close(&rig);
}

static void what_is_over_goes_back(void **state)
{
    struct tl_body_refund back = {1500};
    struct rig rig;

    (void)state;
    rig_open(&rig, 0, 1);
    publish(&rig);
    rig_agreement(&rig, 1, START, 1000);
    pay_to(&rig, NORTH, START, "a", 3000);
    assert_int_equal(rig_case(&rig, 1).unapplied_minor, 2000);
    rig_send(&rig, NORTH, TL_ENTRY_REFUND_PAID, 1, START, NULL, &back);
    assert_int_equal(rig_case(&rig, 1).unapplied_minor, 500);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_TRUST, NORTH), -1500);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_CASH, NORTH), 1500);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 0);
    back.amount_minor = 501;
    rig_send(&rig, CITY, TL_ENTRY_REFUND_PAID, 1, START, NULL, &back);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 1);
    assert_int_equal(rig_case(&rig, 1).unapplied_minor, 0);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_CASH, CITY), -500);
    assert_int_equal(rig_case(&rig, 1).paid_minor, 1000);
    rig_books(&rig);
    rig_close(&rig);
}

/* ---- earning ----------------------------------------------------------- */

static void one_rate_earns_while_placed_and_in_the_tail(void **state)
{
    struct rig rig;

    (void)state;
    place(&rig, "");
    pay_to(&rig, NORTH, START, "a", 10002);
    assert_int_equal(last_commission(&rig), 2501); /* half away from zero */
    pay_to(&rig, CITY, START, "b", 10001);         /* direct: earns as well */
    assert_int_equal(last_commission(&rig), 2500);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_PAYABLE, CITY), -5001);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_COMMISSION_EXPENSE, CITY), 5001);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_AGENCY_DUE, NORTH), 5001);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_COMMISSION_INCOME, NORTH), -5001);
    reverse(&rig, START, "a");
    assert_int_equal(last_commission(&rig), -2501);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_PAYABLE, CITY), -2500);
    assert_int_equal(rig_case(&rig, 1).collected_minor, 10001);
    rig_day(&rig, START + 4);
    rig_send(&rig, CITY, TL_ENTRY_PLACEMENT_RECALL, 1, START + 5, NULL, &plain);
    rig_day(&rig, START + 40);
    pay_to(&rig, CITY, START + 15, "c", 4000); /* the tail's last day */
    assert_int_equal(rig_count(&rig, TL_DECISION_COMMISSION_DUE, 1), 4);
    pay_to(&rig, CITY, START + 16, "d", 4000);
    assert_int_equal(rig_count(&rig, TL_DECISION_COMMISSION_DUE, 1), 4);
    rig_books(&rig);
    rig_close(&rig);
}

/* Terms nobody published are no terms: the agency's own count. */
static void unknown_terms_are_the_agencys_own(void **state)
{
    struct rig rig;

    (void)state;
    place(&rig, "no such terms");
    pay_to(&rig, NORTH, START, "a", 4000);
    assert_int_equal(last_commission(&rig), 1000);
    rig_close(&rig);
}

static bool has_statement(struct rig *rig, uint8_t receiver)
{
    struct tl_state_key key = tl_key_statement(978, receiver, CITY, TL_REMIT_NET, 199705);
    struct tl_bytes value;

    return tl_overlay_get(rig->state, tl_state_key_bytes(&key), &value) == TL_OK;
}

/* A payment that earns nobody anything is a line of its receiver, and of nobody else. */
static void what_earns_nothing_is_one_line(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig, 0, 1);
    publish(&rig);
    rig_agreement(&rig, 1, START, 100000);
    pay_to(&rig, CITY, START, "a", 1000);
    assert_false(has_statement(&rig, CITY));
    pay_to(&rig, NORTH, START, "b", 1000);
    assert_true(has_statement(&rig, NORTH));
    assert_false(has_statement(&rig, CITY));
    rig_close(&rig);
}

static void what_is_over_earns_nothing(void **state)
{
    struct rig rig;

    (void)state;
    place(&rig, "");
    pay_to(&rig, NORTH, START, "a", 140000);
    assert_int_equal(last_commission(&rig), 25000);
    rig_books(&rig);
    rig_close(&rig);
}

static void rates_follow_the_age_of_the_placement(void **state)
{
    static const struct {
        int32_t days;
        int64_t earned;
    } steps[] = {{0, 100}, {30, 100}, {31, 200}, {60, 200}, {61, 500}};
    struct rig rig;

    (void)state;
    place(&rig, "age");
    rig_day(&rig, START + 100);
    for (uint32_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        char name[8];

        (void)snprintf(name, sizeof name, "p%u", (unsigned)i);
        pay_to(&rig, NORTH, START + steps[i].days, name, 1000);
        assert_int_equal(last_commission(&rig), steps[i].earned);
    }
    rig_close(&rig);
}

/* Marginal rates on what was collected, after the agency's own costs. */
static void brackets_and_costs_first(void **state)
{
    struct tl_body_charge cost = {TL_BUCKET_COST, 600, START, TL_AUTHORITY_COURT, TL_BYTES_NONE};
    struct rig rig;

    (void)state;
    place(&rig, "size");
    rig_send(&rig, CITY, TL_ENTRY_CHARGE, 1, START, NULL, &cost); /* not the agency's */
    assert_int_equal(rig_case(&rig, 1).advanced_minor, 0);
    rig_close(&rig);
    place(&rig, "size");
    rig_send(&rig, NORTH, TL_ENTRY_CHARGE, 1, START, NULL, &cost);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 0);
    assert_int_equal(rig_case(&rig, 1).advanced_minor, 600);
    pay_to(&rig, NORTH, START, "a", 400); /* all of it costs */
    assert_int_equal(last_commission(&rig), 0);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_ADVANCED, NORTH), -400);
    pay_to(&rig, NORTH, START, "b", 8200); /* 200 costs, 8000 at half */
    assert_int_equal(last_commission(&rig), 4000);
    pay_to(&rig, NORTH, START, "c", 5000); /* 2000 at half, 3000 at a fifth */
    assert_int_equal(last_commission(&rig), 1600);
    reverse(&rig, START, "b");
    assert_int_equal(last_commission(&rig), -4000); /* at its own rate */
    assert_int_equal(rig_case(&rig, 1).advanced_minor, 200);
    assert_int_equal(rig_case(&rig, 1).collected_minor, 5000);
    rig_books(&rig);
    rig_close(&rig);
}

/* ---- statements -------------------------------------------------------- */

static void remit(struct rig *rig, int32_t date, uint32_t period, enum tl_remit_mode mode,
                  const int64_t sums[4])
{
    struct tl_body_remittance body = {.creditor = tl_bytes_str("city"),
                                      .currency = 978,
                                      .period = period,
                                      .mode = (uint8_t)mode,
                                      .collected_minor = sums[0],
                                      .commission_minor = sums[1],
                                      .costs_minor = sums[2],
                                      .remitted_minor = sums[3]};

    rig_send(rig, NORTH, TL_ENTRY_REMITTANCE, 0, date, NULL, &body);
}

/* Decisions about the ledger bear no case. */
static uint32_t ledger_count(const struct rig *rig, enum tl_type type)
{
    static const struct tl_id none;
    uint32_t count = 0;

    for (uint32_t i = 0; i < rig->decisions; i++)
        count += rig->decision[i].type == (uint16_t)type &&
                 memcmp(rig->decision[i].case_id.b, none.b, sizeof none.b) == 0;
    return count;
}

/* The shared vector's month, as far as one case has it: net, gross, combined. */
static void a_month_is_settled_as_it_stands(void **state)
{
    static const struct {
        const char *terms;
        enum tl_remit_mode mode;
        int64_t sums[4];
        int64_t payable; /* what the creditor still owes */
    } ways[] = {
        {"flat", TL_REMIT_NET, {20000, 7500, 0, 12500}, 0},
        {"age", TL_REMIT_GROSS, {20000, 3000, 0, 20000}, -3000},
        /* 15000 and 5000 + 10000: half of 10000 and a fifth of 20000 */
        {"size", TL_REMIT_COMBINED, {20000, 9000, 0, 13000}, -2000},
    };

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        struct rig rig;
        int64_t wrong[4];

        place(&rig, ways[i].terms);
        pay_to(&rig, NORTH, START, "a", 15000);
        pay_to(&rig, NORTH, START, "b", 5000);
        pay_to(&rig, CITY, START, "c", 10000);
        remit(&rig, START, 199705, ways[i].mode, ways[i].sums); /* May is not over */
        assert_int_equal(ledger_count(&rig, TL_DECISION_DENIED), 1);
        rig_day(&rig, START + 12); /* 31 May */
        memcpy(wrong, ways[i].sums, sizeof wrong);
        for (uint32_t at = 0; at < 4; at++) {
            wrong[at]++;
            remit(&rig, START + 13, 199705, ways[i].mode, wrong);
            wrong[at]--;
            assert_int_equal(ledger_count(&rig, TL_DECISION_DENIED), 2 + at);
        }
        remit(&rig, START + 13, 199704, ways[i].mode, ways[i].sums); /* no such month */
        assert_int_equal(ledger_count(&rig, TL_DECISION_DENIED), 6);
        assert_int_equal(ledger_count(&rig, TL_DECISION_REMITTANCE_SETTLED), 0);
        remit(&rig, START + 13, 199705, ways[i].mode, ways[i].sums);
        assert_int_equal(ledger_count(&rig, TL_DECISION_REMITTANCE_SETTLED), 1);
        assert_int_equal(rig_account(&rig, TL_ACCOUNT_TRUST, NORTH), 0);
        assert_int_equal(rig_account(&rig, TL_ACCOUNT_DUE_FROM, CITY), 0);
        assert_int_equal(rig_account(&rig, TL_ACCOUNT_CASH, CITY), 10000 + ways[i].sums[3]);
        assert_int_equal(rig_account(&rig, TL_ACCOUNT_CASH, NORTH), 20000 - ways[i].sums[3]);
        assert_int_equal(rig_account(&rig, TL_ACCOUNT_PAYABLE, CITY), ways[i].payable);
        assert_int_equal(rig_account(&rig, TL_ACCOUNT_AGENCY_DUE, NORTH), -ways[i].payable);
        remit(&rig, START + 13, 199705, ways[i].mode, ways[i].sums); /* once */
        assert_int_equal(ledger_count(&rig, TL_DECISION_DENIED), 7);
        rig_books(&rig);
        rig_close(&rig);
    }
}

/* Trap 13: a payment that bounces after its month was settled is clawed back in
 * the next, at its own rate. */
static void a_bounce_after_the_remittance_is_next_months(void **state)
{
    static const int64_t may[4] = {20000, 5000, 0, 15000};
    static const int64_t june[4] = {-20000, -5000, 0, 0};
    struct rig rig;

    (void)state;
    place(&rig, "flat");
    pay_to(&rig, NORTH, START, "a", 20000);
    rig_day(&rig, START + 12);
    remit(&rig, START + 13, 199705, TL_REMIT_NET, may);
    reverse(&rig, START + 13, "a");
    rig_day(&rig, START + 42); /* 30 June */
    remit(&rig, START + 43, 199706, TL_REMIT_NET, june);
    assert_int_equal(ledger_count(&rig, TL_DECISION_REMITTANCE_SETTLED), 2);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_TRUST, NORTH), 0);
    /* The creditor owes the agency what it was handed for nothing. */
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_AGENCY_DUE, NORTH), 15000);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_PAYABLE, CITY), -15000);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_COMMISSION_INCOME, NORTH), 0);
    rig_books(&rig);
    rig_close(&rig);
}

static void nobody_remits_to_a_stranger(void **state)
{
    struct tl_body_remittance body = {.creditor = tl_bytes_str("nobody"), .period = 199701};
    struct rig rig;

    (void)state;
    place(&rig, "flat");
    rig_send(&rig, NORTH, TL_ENTRY_REMITTANCE, 0, START, NULL, &body);
    assert_int_equal(ledger_count(&rig, TL_DECISION_DENIED), 1);
    rig_close(&rig);
}

/* ---- charge-off -------------------------------------------------------- */

static void charge_off_takes_income_back(void **state)
{
    struct tl_body_charge fee = {TL_BUCKET_FEE, 700, START, TL_AUTHORITY_CONTRACT,
                                 tl_bytes_str("art. 7")};
    struct tl_body_charge cost = {TL_BUCKET_COST, 40, START, TL_AUTHORITY_COURT, TL_BYTES_NONE};
    static const struct tl_body_charge_off off;
    struct rig rig;

    (void)state;
    place(&rig, "flat");
    rig_terms(&rig, 1, START, 3650);
    rig_send(&rig, CITY, TL_ENTRY_CHARGE, 1, START, NULL, &fee);
    rig_send(&rig, CITY, TL_ENTRY_CHARGE, 1, START, NULL, &cost);
    rig_day(&rig, START + 9);
    rig_send(&rig, CITY, TL_ENTRY_CHARGE_OFF, 1, START + 10, NULL, &off);
    assert_int_equal(rig_find(&rig, TL_DECISION_CHARGED_OFF, 1)->amount_minor, 101740);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_RECEIVABLE, CITY), 0);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_LOSS, CITY), 100040);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_INTEREST, CITY), 0);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_FEE, CITY), 0);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_MEMO, CITY), 101740);
    rig_books(&rig);
    /* What comes in later is a recovery and earns its commission. */
    pay_to(&rig, NORTH, START + 10, "a", 1740);
    assert_int_equal(rig_find(&rig, TL_DECISION_RECOVERY_POSTED, 1)->amount_minor, 1740);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_RECOVERY, CITY), -1740);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_MEMO, CITY), 100000);
    assert_int_equal(last_commission(&rig), 435);
    reverse(&rig, START + 10, "a");
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_RECOVERY, CITY), 0);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_MEMO, CITY), 101740);
    assert_int_equal(rig_case(&rig, 1).recovered_minor, 0);
    rig_books(&rig);
    rig_close(&rig);
}

/* Interest of charged-off debts is only remembered; taking some back as well. */
static void interest_after_charge_off_is_a_memo(void **state)
{
    static const struct tl_body_charge_off off;
    struct tl_body_hold hold = {TL_HOLD_MORATORIUM_UK, TL_BYTES_NONE};
    struct rig rig;

    (void)state;
    place(&rig, "flat");
    rig_send(&rig, CITY, TL_ENTRY_PLACEMENT_RECALL, 1, START, NULL, &plain);
    rig_terms(&rig, 1, START, 3650);
    rig_send(&rig, CITY, TL_ENTRY_CHARGE_OFF, 1, START, NULL, &off);
    rig_day(&rig, START + 39);
    pay_to(&rig, CITY, START + 40, "a", 3000);
    assert_int_equal(rig_case(&rig, 1).interest_minor, 1000);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_INTEREST, CITY), 0);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_RECOVERY, CITY), -3000);
    rig_send(&rig, CITY, TL_ENTRY_HOLD_SET, 1, START + 10, NULL, &hold);
    /* Only 1000 had run: what was paid beyond went to principal. */
    assert_int_equal(rig_case(&rig, 1).interest_charged_minor, 1000);
    assert_int_equal(rig_case(&rig, 1).principal_minor, 98000);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_MEMO, CITY), 98000);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_RECOVERY, CITY), -3000);
    rig_books(&rig);
    rig_close(&rig);
}

/* ---- buy-back ---------------------------------------------------------- */

static void sell_case(struct rig *rig)
{
    struct tl_body_sale sale = {tl_bytes_str("buyer"), TL_BYTES_NONE, true};
    struct tl_body_agreement bought = {.debt_id = rig_id(1),
                                       .currency = 978,
                                       .policy = tl_bytes_str("fines"),
                                       .opened_on = START,
                                       .due_on = START,
                                       .principal_minor = 100000};

    rig_open(rig, 0, 1);
    publish(rig);
    rig_agreement(rig, 1, START, 100000);
    rig_send(rig, CITY, TL_ENTRY_DEBT_SALE, 1, START, NULL, &sale);
    rig_send(rig, BUYER, TL_ENTRY_DEBT_SALE_ACCEPT, 1, START, NULL, &plain);
    rig_send(rig, BUYER, TL_ENTRY_AGREEMENT, 2, START, NULL, &bought);
    assert_int_equal(rig_case(rig, 2).owner, BUYER);
}

static void a_debt_goes_back_whatever_holds_it(void **state)
{
    static const struct tl_body_buyback fraud = {TL_BUYBACK_FRAUD};
    struct tl_body_sale sale = {tl_bytes_str("city"), TL_BYTES_NONE, false};
    struct tl_body_agreement again = {.debt_id = rig_id(1),
                                      .currency = 978,
                                      .policy = tl_bytes_str("fines"),
                                      .opened_on = START,
                                      .due_on = START,
                                      .principal_minor = 100000};
    struct rig rig;

    (void)state;
    sell_case(&rig);
    rig_send(&rig, BUREAU, TL_ENTRY_IDTHEFT_BLOCK, 2, START, NULL,
             &(struct tl_body_person){.debtor = 0});
    rig_send(&rig, BUYER, TL_ENTRY_DEBT_SALE, 2, START, NULL, &sale);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 2), 1); /* not sold, though */
    rig_send(&rig, CITY, TL_ENTRY_DEBT_BUYBACK_ACCEPT, 2, START, NULL, &plain);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 2), 2); /* nobody asked */
    rig_send(&rig, BUYER, TL_ENTRY_DEBT_BUYBACK, 2, START, NULL, &fraud);
    rig_send(&rig, CITY, TL_ENTRY_DEBT_SALE_ACCEPT, 2, START, NULL, &plain);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 2), 3); /* that is not a sale */
    rig_send(&rig, BUYER, TL_ENTRY_DEBT_BUYBACK_ACCEPT, 2, START, NULL, &plain);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 2), 4); /* nor is the buyer the seller */
    rig_send(&rig, CITY, TL_ENTRY_DEBT_BUYBACK_ACCEPT, 2, START, NULL, &plain);
    assert_int_equal(rig_case(&rig, 2).stage, TL_STAGE_SOLD);
    assert_int_equal(rig_account(&rig, TL_ACCOUNT_RECEIVABLE, BUYER), 0);
    rig_send(&rig, CITY, TL_ENTRY_AGREEMENT, 3, START, NULL, &again);
    assert_int_equal(rig_case(&rig, 3).owner, CITY);
    rig_books(&rig);
    rig_close(&rig);
}

static void what_was_never_sold_does_not_go_back(void **state)
{
    static const struct tl_body_buyback reason;
    struct rig rig;

    (void)state;
    rig_open(&rig, 0, 1);
    publish(&rig);
    rig_agreement(&rig, 1, START, 100000);
    rig_send(&rig, CITY, TL_ENTRY_DEBT_BUYBACK, 1, START, NULL, &reason);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 1);
    rig_close(&rig);
    sell_case(&rig);
    rig_send(&rig, CITY, TL_ENTRY_DEBT_BUYBACK, 1, START, NULL, &reason); /* sold already */
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 1);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(money_of_another_is_held_in_trust),
        cmocka_unit_test(what_is_over_goes_back),
        cmocka_unit_test(one_rate_earns_while_placed_and_in_the_tail),
        cmocka_unit_test(unknown_terms_are_the_agencys_own),
        cmocka_unit_test(what_earns_nothing_is_one_line),
        cmocka_unit_test(what_is_over_earns_nothing),
        cmocka_unit_test(rates_follow_the_age_of_the_placement),
        cmocka_unit_test(brackets_and_costs_first),
        cmocka_unit_test(a_month_is_settled_as_it_stands),
        cmocka_unit_test(a_bounce_after_the_remittance_is_next_months),
        cmocka_unit_test(nobody_remits_to_a_stranger),
        cmocka_unit_test(charge_off_takes_income_back),
        cmocka_unit_test(interest_after_charge_off_is_a_memo),
        cmocka_unit_test(a_debt_goes_back_whatever_holds_it),
        cmocka_unit_test(what_was_never_sold_does_not_go_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
