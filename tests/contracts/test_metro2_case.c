/* What a case says to a bureau: statuses, dates, dollars. */
#include "tl/metro2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define F(name) TL_METRO2_BASE_##name

static int32_t day(const char *text)
{
    int32_t date;

    assert_true(tl_date_parse(tl_bytes_str(text), &date));
    return date;
}

/* A consumer debt of 1,234.56 dollars, due on 1 March 2026. */
static struct tl_case debt(void)
{
    struct tl_case c;

    memset(&c, 0, sizeof c);
    c.currency = 840;
    c.debt_class = TL_DEBT_CONSUMER;
    c.stage = TL_STAGE_CURRENT;
    c.opened_on = day("2026-02-01");
    c.due_on = day("2026-03-01");
    c.sent_on = c.notified_on = c.reminded_on = c.demanded_on = TL_DATE_NONE;
    c.stage_on = c.penalty_on = c.paid_on = c.disputed_on = c.resolved_on = TL_DATE_NONE;
    c.offered_on = c.placed_on = c.recalled_on = c.commenced_on = TL_DATE_NONE;
    c.eligible_on = c.furnished_on = c.charged_off_on = c.floor_on = TL_DATE_NONE;
    c.principal_minor = c.principal_charged_minor = 123456;
    return c;
}

static struct tl_case late_debt(void)
{
    struct tl_case c = debt();

    c.stage = TL_STAGE_OVERDUE;
    c.commenced_on = c.due_on;
    return c;
}

static struct tl_case placed_debt(void)
{
    struct tl_case c = late_debt();

    c.stage = TL_STAGE_PLACED;
    c.placement = TL_PLACEMENT_PLACED;
    c.placed_on = day("2026-05-01");
    c.placed_minor = 123456;
    c.placements = 1;
    return c;
}

static const struct tl_metro2_profile *profile(bool collector)
{
    static struct tl_metro2_profile p;

    p.identification = tl_bytes_str(collector ? "AGCY1" : "CRED1");
    p.account = tl_bytes_str("A-1");
    p.account_type = tl_bytes_str(collector ? "48" : "01");
    p.portfolio = tl_bytes_str(collector ? "O" : "I");
    return &p;
}

static uint8_t base[TL_METRO2_MAIN_BYTES];

static enum tl_status say(const struct tl_case *c, bool collector,
                          const struct tl_metro2_summary *before, const char *today)
{
    return tl_metro2_from_case(base, c, profile(collector), before, day(today));
}

static void holds_text(enum tl_metro2_field field, const char *text)
{
    struct tl_bytes found = tl_metro2_trimmed(base, field);

    if (!tl_bytes_eq(found, tl_bytes_str(text)))
        fail_msg("%s is '%.*s', not '%s'", tl_metro2_place(field)->name, (int)found.len,
                 (const char *)found.ptr, text);
}

/* The segment just made, as the next cycle sees it. */
static struct tl_metro2_summary said(void)
{
    struct tl_metro2_record record;
    struct tl_metro2_summary summary;

    tl_metro2_begin(&record, TL_METRO2_BASE);
    memcpy(record.first, base, sizeof base);
    assert_true(tl_metro2_summarize(&record, &summary));
    return summary;
}

static void lateness_at_its_edges(void **state)
{
    static const struct {
        const char *today, *status, *dofd;
    } rows[] = {
        {"2026-02-15", "11", "00000000"}, {"2026-03-30", "11", "00000000"},
        {"2026-03-31", "71", "03312026"}, {"2026-04-29", "71", "03312026"},
        {"2026-04-30", "78", "03312026"}, {"2026-05-30", "80", "03312026"},
        {"2026-06-29", "82", "03312026"}, {"2026-07-29", "83", "03312026"},
        {"2026-08-27", "83", "03312026"}, {"2026-08-28", "84", "03312026"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tl_case c = i == 0 ? debt() : late_debt();

        assert_int_equal(say(&c, false, NULL, rows[i].today), TL_OK);
        holds_text(F(ACCOUNT_STATUS), rows[i].status);
        holds_text(F(DATE_FIRST_DELINQUENCY), rows[i].dofd);
        holds_text(F(PAYMENT_RATING), "");
        holds_text(F(AMOUNT_PAST_DUE), i < 2 ? "000000000" : "000001234");
    }
}

/* Trap 3. */
static void dollars_are_cut(void **state)
{
    struct tl_case c = late_debt();

    (void)state;
    c.principal_minor = 199;
    assert_int_equal(say(&c, false, NULL, "2026-05-31"), TL_OK);
    holds_text(F(CURRENT_BALANCE), "000000001");
    holds_text(F(HIGHEST_CREDIT), "000001234");
    c.principal_minor = 99;
    assert_int_equal(say(&c, false, NULL, "2026-05-31"), TL_OK);
    holds_text(F(CURRENT_BALANCE), "000000000");
    c.principal_minor = -5000;
    assert_int_equal(say(&c, false, NULL, "2026-05-31"), TL_OK);
    holds_text(F(CURRENT_BALANCE), "000000000");
    c.principal_minor = INT64_C(99999999999);
    assert_int_equal(say(&c, false, NULL, "2026-05-31"), TL_OK);
    holds_text(F(CURRENT_BALANCE), "999999999");
    c.principal_minor = INT64_C(100000000000);
    assert_int_equal(say(&c, false, NULL, "2026-05-31"), TL_ERR_RANGE);
}

/* Traps 5 and 6: what it was decides how it is paid, and who gets a rating. */
static void paid_as_what_it_was(void **state)
{
    struct tl_case c = late_debt();

    (void)state;
    c.principal_minor = 0;
    c.stage = TL_STAGE_PAID;
    c.paid_on = day("2026-05-10"); /* 70 days late */
    assert_int_equal(say(&c, false, NULL, "2026-05-31"), TL_OK);
    holds_text(F(ACCOUNT_STATUS), "13");
    holds_text(F(PAYMENT_RATING), "2");
    holds_text(F(DATE_FIRST_DELINQUENCY), "03312026");
    holds_text(F(DATE_ACCOUNT_INFORMATION), "05102026");
    holds_text(F(DATE_CLOSED), "05102026");
    c.paid_on = day("2026-03-01");
    assert_int_equal(say(&c, false, NULL, "2026-05-31"), TL_OK);
    holds_text(F(PAYMENT_RATING), "0");
    holds_text(F(DATE_FIRST_DELINQUENCY), "00000000");
    c.placements = 1;
    assert_int_equal(say(&c, false, NULL, "2026-05-31"), TL_OK);
    holds_text(F(ACCOUNT_STATUS), "62");
    c.charged_off = true;
    c.charged_off_minor = 123456;
    c.stage = TL_STAGE_SETTLED;
    assert_int_equal(say(&c, false, NULL, "2026-05-31"), TL_OK);
    holds_text(F(ACCOUNT_STATUS), "64");
    holds_text(F(PAYMENT_RATING), "");
    holds_text(F(ORIGINAL_CHARGE_OFF_AMOUNT), "000001234");
    holds_text(F(SPECIAL_COMMENT), "AU");
}

static void charged_off_and_sold(void **state)
{
    struct tl_case c = late_debt();

    (void)state;
    c.charged_off = true;
    c.charged_off_minor = 123456;
    c.stage = TL_STAGE_CHARGED_OFF;
    assert_int_equal(say(&c, false, NULL, "2026-09-30"), TL_OK);
    holds_text(F(ACCOUNT_STATUS), "97");
    holds_text(F(ORIGINAL_CHARGE_OFF_AMOUNT), "000001234");
    c.stage = TL_STAGE_SOLD;
    assert_int_equal(say(&c, false, NULL, "2026-09-30"), TL_OK);
    holds_text(F(ACCOUNT_STATUS), "97");
    holds_text(F(CURRENT_BALANCE), "000000000");
    holds_text(F(SPECIAL_COMMENT), "AH");
    holds_text(F(DATE_FIRST_DELINQUENCY), "03312026");
}

/* Trap 4: one furnisher of the balance, deleted once, paid is never deleted. */
static void collectors(void **state)
{
    struct tl_case c = placed_debt();
    struct tl_metro2_summary before;

    (void)state;
    assert_int_equal(say(&c, true, NULL, "2026-05-31"), TL_OK);
    holds_text(F(ACCOUNT_STATUS), "93");
    holds_text(F(DATE_OPENED), "05012026");
    holds_text(F(DATE_FIRST_DELINQUENCY), "03312026");
    holds_text(F(PAYMENT_HISTORY_PROFILE), "");
    before = said();
    assert_int_equal(say(&c, false, NULL, "2026-05-31"), TL_OK);
    holds_text(F(ACCOUNT_STATUS), "93");
    c.placement = TL_PLACEMENT_NONE;
    c.stage = TL_STAGE_CONTACT;
    assert_int_equal(say(&c, true, NULL, "2026-06-30"), TL_ERR_REFUSED); /* nobody knew */
    assert_int_equal(say(&c, true, &before, "2026-06-30"), TL_OK);
    holds_text(F(ACCOUNT_STATUS), "DA");
    holds_text(F(CURRENT_BALANCE), "000000000");
    before = said();
    assert_int_equal(say(&c, true, &before, "2026-07-31"), TL_ERR_REFUSED);
    c.stage = TL_STAGE_PAID;
    c.principal_minor = 0;
    c.paid_on = day("2026-06-11");
    assert_int_equal(say(&c, true, NULL, "2026-06-30"), TL_OK);
    holds_text(F(ACCOUNT_STATUS), "62");
    c = placed_debt();
    c.placed_on = TL_DATE_NONE;
    assert_int_equal(say(&c, true, NULL, "2026-06-30"), TL_ERR_REFUSED);
}

/* Traps 1 and 7. */
/* A debt buyer collects what it owns: never placed, opened when it was bought. */
static void buyers_own_what_they_collect(void **state)
{
    struct tl_metro2_profile p = *profile(true);
    struct tl_case c = late_debt();

    (void)state;
    p.account_type = tl_bytes_str("0C");
    assert_int_equal(tl_metro2_from_case(base, &c, &p, NULL, day("2026-07-01")), TL_OK);
    assert_memory_equal(base + 123, "93", 2);
    assert_memory_equal(base + 75, "02012026", 8);
    assert_memory_equal(base + 92, "000001234", 9);
    c.stage = TL_STAGE_SOLD;
    assert_int_equal(tl_metro2_from_case(base, &c, &p, NULL, day("2026-07-01")), TL_ERR_REFUSED);
}

static void first_delinquency_stays(void **state)
{
    struct tl_case c = late_debt();
    struct tl_metro2_summary before;

    (void)state;
    assert_int_equal(tl_metro2_dofd(&c, NULL), day("2026-03-31"));
    assert_int_equal(say(&c, false, NULL, "2026-04-30"), TL_OK);
    before = said();
    c.commenced_on = c.due_on = day("2026-04-01"); /* a payment moved the oldest demand */
    assert_int_equal(tl_metro2_dofd(&c, &before), day("2026-03-31"));
    c.commenced_on = day("2026-02-15");
    assert_int_equal(tl_metro2_dofd(&c, &before), day("2026-03-17"));
    memcpy(before.status, "11", 2); /* it was current in between */
    before.dofd = TL_DATE_NONE;
    c.commenced_on = day("2026-03-01");
    c.due_on = day("2026-06-01");
    assert_int_equal(tl_metro2_dofd(&c, &before), day("2026-07-01"));
    c.commenced_on = TL_DATE_NONE;
    assert_int_equal(tl_metro2_dofd(&c, &before), TL_DATE_NONE);
}

/* Seven years and 180 days from where it commenced, not from the date shown. */
static void obsolete_debts_are_silent(void **state)
{
    struct tl_case c = late_debt(); /* 2026-03-01 + 180 days = 2026-08-28 */

    (void)state;
    assert_int_equal(say(&c, false, NULL, "2033-08-28"), TL_OK);
    assert_int_equal(say(&c, false, NULL, "2033-08-29"), TL_ERR_REFUSED);
}

/* Trap 2: the month reported last comes first. */
static void history_grows_by_what_was_said(void **state)
{
    struct tl_case c = late_debt();
    struct tl_metro2_summary before;

    (void)state;
    assert_int_equal(say(&c, false, NULL, "2026-03-30"), TL_OK);
    holds_text(F(PAYMENT_HISTORY_PROFILE), "BBBBBBBBBBBBBBBBBBBBBBBB");
    before = said();
    assert_int_equal(say(&c, false, &before, "2026-04-29"), TL_OK);
    holds_text(F(PAYMENT_HISTORY_PROFILE), "0BBBBBBBBBBBBBBBBBBBBBBB");
    before = said();
    assert_int_equal(say(&c, false, &before, "2026-05-29"), TL_OK);
    holds_text(F(PAYMENT_HISTORY_PROFILE), "10BBBBBBBBBBBBBBBBBBBBBB");
}

static void some_debts_are_not_reported(void **state)
{
    struct tl_case c = late_debt();
    struct tl_metro2_profile p = *profile(false);

    (void)state;
    c.currency = 978;
    assert_int_equal(say(&c, false, NULL, "2026-05-31"), TL_ERR_REFUSED);
    c = late_debt();
    c.debt_class = TL_DEBT_COMMERCIAL;
    assert_int_equal(say(&c, false, NULL, "2026-05-31"), TL_ERR_REFUSED);
    c = late_debt();
    c.holds = 1u << TL_HOLD_IDTHEFT_BLOCK;
    assert_int_equal(say(&c, false, NULL, "2026-05-31"), TL_ERR_REFUSED);
    c = late_debt();
    p.identification = tl_bytes_str("CRED");
    assert_int_equal(tl_metro2_from_case(base, &c, &p, NULL, day("2026-05-31")), TL_ERR_RANGE);
}

/* A dispute shows in the cycle it is open, and its end in the next. */
static void disputes_show(void **state)
{
    uint8_t bytes[256];
    struct tl_open_dispute open = {.regime = TL_REGIME_FCRA_DIRECT, .hold = TL_HOLD_DISPUTE_FCRA};
    struct tl_buf out = tl_buf(bytes, sizeof bytes);
    struct tl_case c = late_debt();
    struct tl_metro2_summary before;

    (void)state;
    open.opened_on = day("2026-05-02");
    tl_record_write(&tl_open_dispute_record, &open, &out);
    assert_false(out.full);
    c.disputes = (struct tl_list){.raw = tl_buf_bytes(&out), .count = 1};
    assert_int_equal(say(&c, false, NULL, "2026-05-31"), TL_OK);
    holds_text(F(COMPLIANCE_CONDITION_CODE), "XB");
    before = said();
    c.disputes = (struct tl_list){0};
    assert_int_equal(say(&c, false, &before, "2026-06-30"), TL_OK);
    holds_text(F(COMPLIANCE_CONDITION_CODE), "XH");
    before = said();
    assert_int_equal(say(&c, false, &before, "2026-07-31"), TL_OK);
    holds_text(F(COMPLIANCE_CONDITION_CODE), "");
}

/* Which regime shows how, and to whom. */
static void disputes_by_regime(void **state)
{
    static const struct {
        enum tl_regime regime;
        bool collector;
        const char *code;
    } rows[] = {
        {TL_REGIME_FCRA_ACDV, true, "XB"}, {TL_REGIME_FDCPA, true, "XB"},
        {TL_REGIME_FCBA, false, "XF"},     {TL_REGIME_FCBA, true, ""},
        {TL_REGIME_COMMERCIAL, false, ""},
    };
    uint8_t bytes[256];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tl_open_dispute open = {.regime = (uint8_t)rows[i].regime, .opened_on = 20000};
        struct tl_buf out = tl_buf(bytes, sizeof bytes);
        struct tl_case c = placed_debt();

        tl_record_write(&tl_open_dispute_record, &open, &out);
        assert_false(out.full);
        c.disputes = (struct tl_list){.raw = tl_buf_bytes(&out), .count = 1};
        assert_int_equal(say(&c, rows[i].collector, NULL, "2026-05-31"), TL_OK);
        holds_text(F(COMPLIANCE_CONDITION_CODE), rows[i].code);
    }
}

/* What stays a collector, and what it changes at the creditor. */
static void bankruptcy_and_death(void **state)
{
    static const enum tl_hold holds[] = {TL_HOLD_BANKRUPTCY_STAY, TL_HOLD_DISCHARGED,
                                         TL_HOLD_DECEASED};
    struct tl_case c = placed_debt();
    struct tl_metro2_summary before;

    (void)state;
    assert_int_equal(say(&c, true, NULL, "2026-05-31"), TL_OK);
    before = said();
    for (size_t i = 0; i < sizeof holds / sizeof holds[0]; i++) {
        c.holds = 1u << holds[i];
        assert_int_equal(say(&c, true, &before, "2026-06-30"), TL_OK);
        holds_text(F(ACCOUNT_STATUS), "DA");
        assert_int_equal(say(&c, false, NULL, "2026-06-30"), TL_OK);
        holds_text(F(ACCOUNT_STATUS), "93");
        holds_text(F(ECOA_CODE), holds[i] == TL_HOLD_DECEASED ? "X" : "1");
    }
    c.holds = 1u << TL_HOLD_OBSOLETE;
    assert_int_equal(say(&c, true, &before, "2026-06-30"), TL_ERR_REFUSED);
    c.holds = 1u << TL_HOLD_TRAFFICKING_BLOCK;
    assert_int_equal(say(&c, true, &before, "2026-06-30"), TL_ERR_REFUSED);
}

static void cancelled_is_deleted_where_it_was_known(void **state)
{
    struct tl_case c = late_debt();
    struct tl_metro2_summary before;

    (void)state;
    assert_int_equal(say(&c, false, NULL, "2026-05-31"), TL_OK);
    before = said();
    c.stage = TL_STAGE_CANCELLED;
    assert_int_equal(say(&c, false, NULL, "2026-06-30"), TL_ERR_REFUSED);
    assert_int_equal(say(&c, false, &before, "2026-06-30"), TL_OK);
    holds_text(F(ACCOUNT_STATUS), "DA");
    c.stage = TL_STAGE_UNCOLLECTIBLE;
    assert_int_equal(say(&c, false, &before, "2026-06-30"), TL_OK);
    holds_text(F(ACCOUNT_STATUS), "93");
}

/* A profile that does not fit is refused whole. */
static void profiles_must_fit(void **state)
{
    static const char wide[] = "0123456789012345678901234567890123456789";
    struct tl_case c = late_debt();
    struct tl_metro2_profile good = *profile(false);
    struct tl_metro2_profile p;

    (void)state;
    p = good, p.identification = tl_bytes(wide, 21);
    assert_int_equal(tl_metro2_from_case(base, &c, &p, NULL, 20600), TL_ERR_RANGE);
    p = good, p.account = tl_bytes(wide, 31);
    assert_int_equal(tl_metro2_from_case(base, &c, &p, NULL, 20600), TL_ERR_RANGE);
    p = good, p.account = TL_BYTES_NONE;
    assert_int_equal(tl_metro2_from_case(base, &c, &p, NULL, 20600), TL_ERR_RANGE);
    p = good, p.portfolio = tl_bytes(wide, 2);
    assert_int_equal(tl_metro2_from_case(base, &c, &p, NULL, 20600), TL_ERR_RANGE);
    p = good, p.account_type = tl_bytes(wide, 1);
    assert_int_equal(tl_metro2_from_case(base, &c, &p, NULL, 20600), TL_ERR_RANGE);
    p = good, p.terms = tl_bytes(wide, 4);
    assert_int_equal(tl_metro2_from_case(base, &c, &p, NULL, 20600), TL_ERR_RANGE);
    p = good, p.terms = tl_bytes(wide, 3);
    assert_int_equal(tl_metro2_from_case(base, &c, &p, NULL, 20600), TL_OK);
    holds_text(F(TERMS_DURATION), "012");
    c = placed_debt();
    p = *profile(true), p.fill_history = true;
    assert_int_equal(tl_metro2_from_case(base, &c, &p, NULL, 20600), TL_OK);
    holds_text(F(PAYMENT_HISTORY_PROFILE), "BBBBBBBBBBBBBBBBBBBBBBBB");
}

/* What the vault adds is all that is missing from a case's own segment. */
static void findings_are_the_vaults(void **state)
{
    struct tl_metro2_check check;
    struct tl_metro2_record record;
    struct tl_case c = late_debt();

    (void)state;
    assert_int_equal(say(&c, false, NULL, "2026-05-31"), TL_OK);
    tl_metro2_begin(&record, TL_METRO2_BASE);
    memcpy(record.first, base, sizeof base);
    tl_metro2_seal(&record, TL_METRO2_LINES);
    assert_true(tl_metro2_set_number(record.first, F(RECORD_DESCRIPTOR_WORD), 426));
    tl_metro2_check_init(&check, NULL, NULL);
    check.records = 1; /* a header came before */
    tl_metro2_check_record(&check, &record);
    /* surname, first name, address, city, state, zip; and who it is */
    assert_int_equal(check.findings, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lateness_at_its_edges),
        cmocka_unit_test(dollars_are_cut),
        cmocka_unit_test(paid_as_what_it_was),
        cmocka_unit_test(charged_off_and_sold),
        cmocka_unit_test(collectors),
        cmocka_unit_test(buyers_own_what_they_collect),
        cmocka_unit_test(first_delinquency_stays),
        cmocka_unit_test(obsolete_debts_are_silent),
        cmocka_unit_test(history_grows_by_what_was_said),
        cmocka_unit_test(some_debts_are_not_reported),
        cmocka_unit_test(disputes_show),
        cmocka_unit_test(disputes_by_regime),
        cmocka_unit_test(bankruptcy_and_death),
        cmocka_unit_test(cancelled_is_deleted_where_it_was_known),
        cmocka_unit_test(profiles_must_fit),
        cmocka_unit_test(findings_are_the_vaults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
