/* What must not be: books that are wrong are found wrong, a machine that fails
 * or lies is believed nothing, and what an entry may not do is refused. */
#include "rig.h"

#include "tl/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { START = 10000 };

static const struct tl_body_answer plain;

static void open_case(struct rig *rig)
{
    rig_open(rig, 0, 1);
    rig_fines(rig, false);
    rig_agreement(rig, 1, START, 3600);
}

/* ---- books ------------------------------------------------------------- */

static void verdict_is(struct rig *rig, enum tl_status status, const char *text)
{
    static struct tl_books books;
    const char *why;

    assert_int_equal(tl_books_check(&books, rig->state, &why), status);
    assert_non_null(why);
    assert_string_equal(why, text);
}

static void put_account(struct rig *rig, uint16_t currency, enum tl_account_no account,
                        uint64_t debit, uint64_t credit)
{
    struct tl_state_key key = tl_key_account(currency, (uint8_t)account, CITY);
    struct tl_account at = {.currency = currency, .account = (uint8_t)account, .member = CITY};
    struct tl_bytes value;
    uint8_t bytes[256];
    struct tl_buf out = tl_buf(bytes, sizeof bytes);

    if (tl_overlay_get(rig->state, tl_state_key_bytes(&key), &value) == TL_OK)
        assert_int_equal(tl_record_decode(&tl_account_record, &at, value), TL_OK);
    at.debit_lo += debit;
    at.credit_lo += credit;
    tl_record_write(&tl_account_record, &at, &out);
    assert_int_equal(tl_overlay_put(rig->state, tl_state_key_bytes(&key), tl_buf_bytes(&out)),
                     TL_OK);
}

static void books_that_are_wrong_are_found(void **state)
{
    static const struct {
        enum tl_account_no debit, credit;
        const char *text;
    } wrong[] = {
        {TL_ACCOUNT_RECEIVABLE, TL_ACCOUNT_PRINCIPAL, "receivables are not what the cases owe"},
        {TL_ACCOUNT_MEMO, TL_ACCOUNT_MEMO_CONTRA,
         "the memo account is not what charged-off cases owe"},
        {TL_ACCOUNT_CASH, TL_ACCOUNT_UNAPPLIED, "unapplied money is not what the cases hold"},
    };

    (void)state;
    for (uint32_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct rig rig;

        open_case(&rig);
        rig_books(&rig);
        put_account(&rig, 978, wrong[i].debit, 1, 0);
        verdict_is(&rig, TL_ERR_CORRUPT, "debits and credits of a currency differ");
        put_account(&rig, 978, wrong[i].credit, 0, 1);
        verdict_is(&rig, TL_ERR_CORRUPT, wrong[i].text);
        rig_close(&rig);
    }
}

static void garbage_in_the_books_is_found(void **state)
{
    static const uint8_t garbage[] = {0xc1};
    struct tl_id id = rig_id(1);
    struct tl_state_key key = tl_key_account(978, TL_ACCOUNT_CASH, CITY);
    struct rig rig;

    (void)state;
    open_case(&rig);
    assert_int_equal(tl_overlay_put(rig.state, tl_state_key_bytes(&key), tl_bytes(garbage, 1)),
                     TL_OK);
    verdict_is(&rig, TL_ERR_CORRUPT, "an account total is not in canonical form");
    rig_close(&rig);
    open_case(&rig);
    key = tl_key_case(&id);
    assert_int_equal(tl_overlay_put(rig.state, tl_state_key_bytes(&key), tl_bytes(garbage, 1)),
                     TL_OK);
    verdict_is(&rig, TL_ERR_CORRUPT, "a case is not in canonical form");
    rig_close(&rig);
    open_case(&rig);
    for (uint16_t currency = 1; currency <= TL_AUDIT_CURRENCIES_MAX; currency++)
        put_account(&rig, currency, TL_ACCOUNT_CASH, 0, 0);
    verdict_is(&rig, TL_ERR_LIMIT, "more currencies than an audit can follow");
    rig_close(&rig);
}

static void put_case(struct rig *rig, const struct tl_case *c)
{
    static uint8_t bytes[TL_CASE_BYTES_MAX];
    struct tl_buf out = tl_buf(bytes, sizeof bytes);
    struct tl_state_key key = tl_key_case(&c->id);

    tl_record_write(&tl_case_record, c, &out);
    assert_int_equal(tl_overlay_put(rig->state, tl_state_key_bytes(&key), tl_buf_bytes(&out)),
                     TL_OK);
}

static void a_case_that_contradicts_itself_is_found(void **state)
{
    const char *custody = "custody of a case is not with exactly one party";
    const char *sums = "a case's balance is not what was charged less what was paid";
    const char *terms = "a case's instalments, interest or commission contradict themselves";
    const char *holds = "the holds of a case are not the union of their causes";
    const char *ended = "a case that has ended is still placed or in a deal";
    struct tl_case good;
    struct tl_case c;
    struct rig rig;

    (void)state;
    open_case(&rig);
    good = rig_case(&rig, 1);
    assert_null(tl_case_fault(&good));
#define IS(text, change) (c = good, (change), assert_string_equal(tl_case_fault(&c), text))
    IS(custody, c.holder = NORTH);
    IS(custody, c.placement = TL_PLACEMENT_PLACED);
    IS(custody, (c.placement = TL_PLACEMENT_PLACED, c.agency = NORTH));
    IS(sums, c.principal_minor++);
    IS(sums, c.paid_minor++);
    IS(sums, c.unapplied_minor--);
    IS(sums, (c.principal_minor -= 3601, c.adjusted_minor -= 3601));
    IS(sums, (c.tax_minor -= 1, c.adjusted_minor -= 1));
    IS(sums, (c.cost_minor -= 1, c.adjusted_minor -= 1));
    IS(sums, (c.fee_minor -= 1, c.adjusted_minor -= 1));
    IS(sums, (c.interest_minor -= 1, c.adjusted_minor -= 1));
    IS(sums, (c.unapplied_minor -= 1, c.paid_minor -= 1));
    IS(terms, c.instalments_due = 1);
    IS(terms, c.instalments = 1);
    IS(terms, c.instalment_on = START);
    IS(terms, c.advance_minor = -1);
    IS(terms, c.collected_minor = -1);
    IS(terms, c.advanced_minor = -1);
    IS(terms, c.segments.count = 1);
    IS(holds, c.holds = 1);
    IS(holds, c.manual_holds = 1);
    IS(ended, (c.stage = TL_STAGE_CANCELLED, c.placement = TL_PLACEMENT_OFFERED));
    IS(ended, (c.stage = TL_STAGE_CANCELLED, c.deal = TL_DEAL_PLAN_OFFERED));
    IS("a case is in resolution with nothing to resolve", c.stage = TL_STAGE_RESOLUTION);
    IS("a paid case owes something", c.stage = TL_STAGE_PAID);
#undef IS
    c = good;
    c.principal_minor++;
    put_case(&rig, &c);
    verdict_is(&rig, TL_ERR_CORRUPT, sums);
    rig_close(&rig);
}

static void totals_compare_by_their_high_words(void **state)
{
    const struct tl_u128 small = {1, 9};
    const struct tl_u128 large = {2, 3};

    (void)state;
    assert_true(tl_u128_cmp(small, large) < 0);
    assert_true(tl_u128_cmp(large, small) > 0);
    assert_int_equal(tl_u128_cmp(large, large), 0);
    assert_true(tl_u128_cmp((struct tl_u128){1, 8}, small) < 0);
    assert_true(tl_u128_cmp(small, (struct tl_u128){1, 8}) > 0);
    assert_int_equal(tl_u128_add((struct tl_u128){1, UINT64_MAX}, (struct tl_u128){0, 1}).hi, 2);
    assert_int_equal(tl_u128_add((struct tl_u128){1, UINT64_MAX}, (struct tl_u128){0, 0}).hi, 1);
}

/* More accounts in one block than are gathered at once. */
static void a_block_of_many_currencies_balances(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig, 0, 1);
    rig_fines(&rig, false);
    rig.per_block = 1000;
    for (uint16_t i = 0; i < 300; i++) {
        struct tl_body_agreement body = {.currency = (uint16_t)(i + 1),
                                         .policy = tl_bytes_str("fines"),
                                         .opened_on = START,
                                         .due_on = START,
                                         .principal_minor = 100 + i};

        rig_send(&rig, CITY, TL_ENTRY_AGREEMENT, i, START, NULL, &body);
    }
    rig_pay(&rig, 0, START, "a", 60);
    rig_flush(&rig);
    assert_int_equal(rig.last, TL_OK);
    for (uint16_t i = 0; i < 300; i++) {
        struct tl_state_key key = tl_key_account((uint16_t)(i + 1), TL_ACCOUNT_RECEIVABLE, CITY);
        struct tl_bytes value;
        struct tl_account at;

        assert_int_equal(tl_overlay_get(rig.state, tl_state_key_bytes(&key), &value), TL_OK);
        assert_int_equal(tl_record_decode(&tl_account_record, &at, value), TL_OK);
        assert_int_equal(at.debit_lo, 100 + i);
        assert_int_equal(at.credit_lo, i == 0 ? 60 : 0);
    }
    rig_close(&rig);
}

/* ---- a machine that fails ---------------------------------------------- */

/* The state of a sound ledger, until the read that fails or lies. */
struct faulty {
    struct tl_store store;
    struct tl_overlay *sound;
    uint32_t left;
    bool lies;
    bool failed;
};

static bool fails_now(struct faulty *faulty)
{
    if (faulty->left > 0) {
        faulty->left--;
        return false;
    }
    return !faulty->failed;
}

static enum tl_status faulty_get(struct tl_store *store, struct tl_bytes key,
                                 struct tl_bytes *value)
{
    static const uint8_t garbage[] = {0xc1};
    struct faulty *faulty = (struct faulty *)store;

    if (!fails_now(faulty))
        return tl_overlay_get(faulty->sound, key, value);
    faulty->failed = true;
    *value = tl_bytes(garbage, sizeof garbage);
    return faulty->lies ? TL_OK : TL_ERR_STORE;
}

static enum tl_status faulty_scan(struct tl_store *store, struct tl_bytes from, struct tl_bytes to,
                                  tl_store_visit *visit, void *context)
{
    struct faulty *faulty = (struct faulty *)store;

    if (!faulty->lies && fails_now(faulty)) {
        faulty->failed = true;
        return TL_ERR_STORE;
    }
    return tl_overlay_scan(faulty->sound, from, to, visit, context);
}

static const struct tl_store_ops faulty_ops = {.get = faulty_get, .scan = faulty_scan};

static void schedule_of(struct rig *rig, uint32_t no)
{
    static uint8_t bytes[256];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);
    struct tl_body_schedule body = {{TL_BYTES_NONE, 0}};
    struct tl_schedule_row row = {START + 30, 3600, 10, 0};

    tl_list_add(&body.rows, &buf, &tl_schedule_row_record, &row);
    rig_send(rig, CITY, TL_ENTRY_SCHEDULE, no, START, NULL, &body);
}

/* Something of everything that is kept in state. */
static void sound_history(struct rig *rig)
{
    struct tl_body_sale sale = {tl_bytes_str("buyer"), TL_BYTES_NONE, false};
    struct tl_body_payment money = {tl_bytes_str("n"), 100, 0};

    rig_open(rig, 0, 1);
    rig_fines(rig, false);
    for (uint32_t no = 1; no < 7; no++)
        rig_agreement(rig, no, START, 3600);
    schedule_of(rig, 2);
    rig_pay(rig, 3, START, "a", 500);
    rig_send(rig, NORTH, TL_ENTRY_PAYMENT, 3, START, "n", &money);
    rig_send(rig, CITY, TL_ENTRY_DEBT_SALE, 4, START, NULL, &sale);
    rig_send(rig, BUYER, TL_ENTRY_DEBT_SALE_ACCEPT, 4, START, NULL, &plain);
    rig_notice(rig, 5, START, TL_NOTICE_SERVED);
    rig_day(rig, START + 20);
}

/* One block that reads all of it. */
static void reading_block(struct rig *rig)
{
    struct tl_body_reversal back = {tl_bytes_str("a"), TL_REVERSAL_BOUNCED, 0};
    struct tl_body_offer offer = {tl_bytes_str("agency-a"), TL_BYTES_NONE};
    struct tl_body_standing standing = {.accepts = false};
    struct tl_body_payment money = {tl_bytes_str("m"), 100, 0};
    struct tl_body_remittance remit = {
        .creditor = tl_bytes_str("city"), .currency = 978, .period = 199704};
    struct tl_body_agreement bought = {.debt_id = rig_id(4),
                                       .currency = 978,
                                       .policy = tl_bytes_str("fines"),
                                       .opened_on = START,
                                       .due_on = START,
                                       .principal_minor = 3600};

    rig_pay(rig, 2, START + 21, "b", 400);
    rig_send(rig, CITY, TL_ENTRY_PAYMENT_REVERSAL, 3, START + 21, NULL, &back);
    rig_send(rig, NORTH, TL_ENTRY_PAYMENT, 3, START + 21, "m", &money);
    rig_send(rig, CITY, TL_ENTRY_PLACEMENT_OFFER, 6, START + 21, NULL, &offer);
    rig_send(rig, NORTH, TL_ENTRY_PLACEMENT_STANDING, 0, START + 21, NULL, &standing);
    rig_send(rig, NORTH, TL_ENTRY_REMITTANCE, 0, START + 21, NULL, &remit);
    rig_send(rig, BUYER, TL_ENTRY_AGREEMENT, 7, START + 21, NULL, &bought);
    rig_day(rig, START + 90);
    rig_fines(rig, true);
}

/* True: the block came through. */
static bool survives(struct rig *rig, uint32_t at, bool lies)
{
    struct faulty faulty = {{&faulty_ops}, rig->state, at, lies, false};
    struct rig copy = *rig;
    struct tl_contract_config config = {.genesis = &rig->genesis};
    void *memory = malloc(tl_contract_bytes());
    void *room = malloc((size_t)8 << 20);
    struct tl_arena arena;
    bool whole;

    assert_non_null(memory);
    assert_non_null(room);
    tl_arena_init(&arena, room, (size_t)8 << 20);
    copy.contract = tl_contract_init(memory, &config);
    copy.state = tl_overlay_new(&arena, NULL, &faulty.store);
    copy.per_block = 1000;
    reading_block(&copy);
    rig_flush(&copy);
    whole = copy.last == TL_OK;
    if (!whole)
        assert_true(copy.last == TL_ERR_STORE || copy.last == TL_ERR_CORRUPT);
    assert_true(whole || faulty.failed);
    if (whole && faulty.failed) /* never overlooked */
        fail_msg("read %u of the block %s, and nobody noticed", (unsigned)at,
                 lies ? "gave garbage" : "failed");
    whole = whole && !faulty.failed;
    free(memory);
    free(room);
    return whole;
}

static void a_store_that_fails_or_lies_ends_the_block(void **state)
{
    struct rig rig;

    (void)state;
    sound_history(&rig);
    for (uint32_t lies = 0; lies < 2; lies++) {
        uint32_t at = 0;

        while (!survives(&rig, at, lies != 0))
            at++;
        assert_true(at > 25); /* so many reads there are to fail */
    }
    rig_close(&rig);
}

/* ---- refusals ---------------------------------------------------------- */

static uint32_t ledger_denials(const struct rig *rig)
{
    static const struct tl_id none;
    uint32_t count = 0;

    for (uint32_t i = 0; i < rig->decisions; i++)
        count += rig->decision[i].type == TL_DECISION_DENIED &&
                 memcmp(rig->decision[i].case_id.b, none.b, sizeof none.b) == 0;
    return count;
}

static void what_makes_no_sense_is_denied(void **state)
{
    struct tl_body_offer offer = {tl_bytes_str("nobody"), TL_BYTES_NONE};
    struct tl_body_hold hold = {TL_HOLD_MANUAL, TL_BYTES_NONE};
    struct tl_body_agreement strange = {
        .currency = 978, .policy = tl_bytes_str("unheard"), .opened_on = START, .due_on = START};
    struct rig rig;

    (void)state;
    rig_open(&rig, 0, 1);
    rig_fines(&rig, false);
    rig_send(&rig, CITY, TL_ENTRY_AGREEMENT, 9, START, NULL, &strange);
    assert_int_equal(ledger_denials(&rig), 1);
    rig_agreement(&rig, 1, START, 3600);
    rig_send(&rig, CITY, TL_ENTRY_AGREEMENT, 1, START, NULL, &strange); /* exists already */
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 1);
    rig_send(&rig, CITY, TL_ENTRY_PLACEMENT_OFFER, 1, START, NULL, &offer);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 2);
    offer.agency = tl_bytes_str("bureau"); /* a member, no agency */
    rig_send(&rig, CITY, TL_ENTRY_PLACEMENT_OFFER, 1, START, NULL, &offer);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 3);
    assert_int_equal(rig_case(&rig, 1).placement, TL_PLACEMENT_NONE);
    rig_close(&rig);

    /* Offered by word of mouth; a hold comes between offer and answer. */
    rig_open(&rig, 0, 1);
    {
        struct tl_policy *policy = malloc(sizeof *policy);

        tl_policy_init(policy);
        (void)snprintf(policy->name, sizeof policy->name, "fines");
        (void)snprintf(policy->title, sizeof policy->title, "no standing acceptance");
        rig_publish(&rig, policy);
        free(policy);
    }
    rig_agreement(&rig, 1, START, 3600);
    offer.agency = tl_bytes_str("agency-b");
    rig_send(&rig, CITY, TL_ENTRY_PLACEMENT_OFFER, 1, START, NULL, &offer);
    rig_send(&rig, CITY, TL_ENTRY_HOLD_SET, 1, START, NULL, &hold);
    rig_send(&rig, SOUTH, TL_ENTRY_PLACEMENT_ACCEPT, 1, START, NULL, &plain);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 1);
    assert_int_equal(rig_case(&rig, 1).holder, CITY);
    rig_day(&rig, START + 5);
    rig_day(&rig, START + 4); /* over already */
    assert_int_equal(ledger_denials(&rig), 1);
    rig_day(&rig, START + 5); /* again: goes on with its work */
    assert_int_equal(ledger_denials(&rig), 1);
    rig_close(&rig);
}

static void a_charge_says_when_the_debt_is_due(void **state)
{
    struct tl_body_charge more = {TL_BUCKET_PRINCIPAL, 500, START + 200, TL_AUTHORITY_COURT,
                                  TL_BYTES_NONE};
    static const struct tl_body_cancel cancel;
    struct rig rig;

    (void)state;
    open_case(&rig);
    rig_send(&rig, CITY, TL_ENTRY_CHARGE, 1, START, NULL, &more);
    assert_int_equal(rig_case(&rig, 1).due_on, START + 60); /* the oldest demand counts */
    rig_pay(&rig, 1, START, "a", 4100);
    assert_int_equal(rig_case(&rig, 1).stage, TL_STAGE_PAID);
    rig_send(&rig, CITY, TL_ENTRY_CHARGE, 1, START, NULL, &more);
    assert_int_equal(rig_case(&rig, 1).due_on, START + 200); /* the only one */
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 0);
    rig_send(&rig, CITY, TL_ENTRY_CANCEL_DEBT, 1, START, NULL, &cancel);
    rig_send(&rig, CITY, TL_ENTRY_CHARGE, 1, START, NULL, &more);
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 1);
    rig_close(&rig);
}

/* Gates have no day of their own, nor have rules that watch facts. */
static void only_timers_have_a_day(void **state)
{
    struct tl_policy *policy = malloc(sizeof *policy);
    struct tl_rule *rule;
    struct rig rig;

    (void)state;
    rig_open(&rig, 0, 1);
    tl_policy_init(policy);
    (void)snprintf(policy->name, sizeof policy->name, "fines");
    (void)snprintf(policy->title, sizeof policy->title, "no timers");
    rig_rule(policy, "gate", TL_ACTION_PERMIT_PLAN)->trigger = TL_TRIGGER_ASKED;
    rule = rig_rule(policy, "watch", TL_ACTION_ALERT);
    rule->trigger = TL_TRIGGER_FACTS;
    rule->times = 2;
    rig_clause(rule, TL_FEATURE_PAYMENTS, TL_OP_NE, TL_FEATURE_NONE, 0);
    rig_publish(&rig, policy);
    free(policy);
    rig_agreement(&rig, 1, START, 3600);
    rig_day(&rig, START + 500);
    assert_int_equal(rig_case(&rig, 1).next_due, TL_DATE_NONE);
    assert_int_equal(rig_count(&rig, TL_DECISION_ALERT, 1), 0);
    for (uint32_t i = 0; i < 3; i++) {
        char name[4] = {'p', (char)('0' + i), '\0', '\0'};

        rig_pay(&rig, 1, START + 501, name, 1);
    }
    assert_int_equal(rig_count(&rig, TL_DECISION_ALERT, 1), 2); /* as often as it may */
    rig_close(&rig);
}

/* Seventeen disputes: each is counted, sixteen are followed. */
static void more_disputes_than_can_be_followed(void **state)
{
    struct rig rig;

    (void)state;
    open_case(&rig);
    for (uint32_t i = 0; i < TL_CASE_DISPUTES_MAX + 1; i++) {
        char name[8];
        struct tl_body_dispute body = {.dispute = tl_bytes_str(name)};

        (void)snprintf(name, sizeof name, "d%u", (unsigned)i);
        body.dispute = tl_bytes_str(name);
        rig_send(&rig, CITY, TL_ENTRY_DISPUTE_OPENED, 1, START, NULL, &body);
        assert_int_equal(rig_count(&rig, TL_DECISION_ALERT, 1), i == TL_CASE_DISPUTES_MAX);
    }
    assert_int_equal(rig_case(&rig, 1).disputes.count, TL_CASE_DISPUTES_MAX);
    assert_int_equal(rig_case(&rig, 1).disputes_opened, TL_CASE_DISPUTES_MAX + 1);
    rig_close(&rig);
}

/* Amounts no total can hold are evidence, and are not posted. */
static void a_case_is_full_before_its_totals_overflow(void **state)
{
    struct tl_body_charge most = {TL_BUCKET_PRINCIPAL, TL_AMOUNT_MAX, START, TL_AUTHORITY_COURT,
                                  TL_BYTES_NONE};
    struct rig rig;

    (void)state;
    open_case(&rig);
    rig.per_block = 500;
    for (uint32_t i = 0; i < 100000; i++) {
        rig_send(&rig, CITY, TL_ENTRY_CHARGE, 1, START, NULL, &most);
        if (i % 20000 == 0)
            rig.decisions = 0;
    }
    rig_flush(&rig);
    assert_int_equal(rig_case(&rig, 1).principal_minor, 100000 * TL_AMOUNT_MAX + 3600);
    rig_send(&rig, CITY, TL_ENTRY_CHARGE, 1, START, NULL, &most);
    rig_flush(&rig);
    assert_int_equal(rig_case(&rig, 1).violations, 1);
    assert_int_equal(rig_case(&rig, 1).principal_minor, 100000 * TL_AMOUNT_MAX + 3600);
    rig_books(&rig);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(books_that_are_wrong_are_found),
        cmocka_unit_test(garbage_in_the_books_is_found),
        cmocka_unit_test(a_case_that_contradicts_itself_is_found),
        cmocka_unit_test(totals_compare_by_their_high_words),
        cmocka_unit_test(a_block_of_many_currencies_balances),
        cmocka_unit_test(a_charge_says_when_the_debt_is_due),
        cmocka_unit_test(only_timers_have_a_day),
        cmocka_unit_test(a_store_that_fails_or_lies_ends_the_block),
        cmocka_unit_test(what_makes_no_sense_is_denied),
        cmocka_unit_test(more_disputes_than_can_be_followed),
        cmocka_unit_test(a_case_is_full_before_its_totals_overflow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
