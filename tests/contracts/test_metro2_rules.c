/* Every rule of a Metro 2 file: what breaks it, and the nearest that does not. */
#include "metro2_rig.h"

#include "shared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define F(name) TL_METRO2_BASE_##name

/* A file of one account in the making. */
struct draft {
    struct tl_metro2_record header;
    struct tl_metro2_record base;
    uint8_t k1[34];
};

static void put(uint8_t *segment, enum tl_metro2_field field, const char *text)
{
    assert_true(tl_metro2_set_text(segment, field, tl_bytes_str(text)));
}

/* An account in good order: an instalment loan, current. */
static void draft_open(struct draft *d)
{
    uint8_t *b = d->base.first;

    tl_metro2_begin(&d->header, TL_METRO2_HEADER);
    put(d->header.first, TL_METRO2_HEADER_ACTIVITY_DATE, "06302026");
    put(d->header.first, TL_METRO2_HEADER_DATE_CREATED, "07012026");
    put(d->header.first, TL_METRO2_HEADER_REPORTER_NAME, "EXAMPLE BANK");
    put(d->header.first, TL_METRO2_HEADER_REPORTER_ADDRESS, "1 TEST ST");
    tl_metro2_begin(&d->base, TL_METRO2_BASE);
    tl_metro2_blank(d->k1, TL_METRO2_K1);
    put(d->k1, TL_METRO2_K1_ORIGINAL_CREDITOR_NAME, "EXAMPLE BANK");
    put(b, F(IDENTIFICATION_NUMBER), "CRED1");
    put(b, F(CONSUMER_ACCOUNT_NUMBER), "LN1");
    put(b, F(PORTFOLIO_TYPE), "I");
    put(b, F(ACCOUNT_TYPE), "01");
    put(b, F(DATE_OPENED), "03152025");
    put(b, F(TERMS_DURATION), "036");
    put(b, F(ACCOUNT_STATUS), "11");
    put(b, F(PAYMENT_HISTORY_PROFILE), "0000000000000000BBBBBBBB");
    put(b, F(CURRENT_BALANCE), "000003120");
    put(b, F(DATE_ACCOUNT_INFORMATION), "06302026");
    put(b, F(SURNAME), "EXAMPLE");
    put(b, F(FIRST_NAME), "ALICE");
    put(b, F(SOCIAL_SECURITY_NUMBER), "900000001");
    put(b, F(DATE_BIRTH), "01151980");
    put(b, F(ECOA_CODE), "1");
    put(b, F(FIRST_LINE_ADDRESS), "1 TEST ST");
    put(b, F(CITY), "HOUSTON");
    put(b, F(STATE), "TX");
    put(b, F(ZIP_CODE), "77002");
}

static void write_one(struct tl_buf *out, struct tl_metro2_totals *totals,
                      struct tl_metro2_record *record)
{
    tl_metro2_seal(record, TL_METRO2_LINES);
    tl_metro2_count(totals, record);
    tl_metro2_write(out, record, TL_METRO2_LINES);
}

static struct seen judge(struct draft *d)
{
    static uint8_t bytes[8192];
    struct tl_buf out = tl_buf(bytes, sizeof bytes);
    struct tl_metro2_totals totals = {{0}};
    struct tl_metro2_record trailer;
    struct seen seen;

    write_one(&out, &totals, &d->header);
    write_one(&out, &totals, &d->base);
    tl_metro2_trailer(&trailer, &totals, TL_METRO2_LINES);
    tl_metro2_write(&out, &trailer, TL_METRO2_LINES);
    seen = see(tl_buf_bytes(&out), 0);
    assert_int_equal(seen.status, TL_OK);
    seen_free(&seen);
    return seen;
}

/* One change, and the one finding it makes; COUNT: none. */
static void expect(const struct draft *good, enum tl_metro2_field field, const char *text,
                   enum tl_metro2_rule rule, enum tl_metro2_field where)
{
    struct draft d = *good;
    struct seen seen;

    put(d.base.first, field, text);
    seen = judge(&d);
    if (rule == TL_METRO2_RULE_COUNT) {
        if (seen.count != 0)
            fail_msg("%s = '%s': %s", tl_metro2_place(field)->name, text,
                     tl_metro2_rule_id(seen.finding[0].rule));
        return;
    }
    if (!seen_has(&seen, 2, rule, where))
        fail_msg("%s = '%s' does not break %s", tl_metro2_place(field)->name, text,
                 tl_metro2_rule_id(rule));
    assert_int_equal(seen.of_rule[rule], 1);
}

#define BREAKS(d, field, text, rule) expect(d, F(field), text, TL_METRO2_RULE_##rule, F(field))
#define KEEPS(d, field, text)        expect(d, F(field), text, TL_METRO2_RULE_COUNT, F(field))

static void fields_alone(void **state)
{
    struct draft d;

    (void)state;
    draft_open(&d);
    assert_int_equal(judge(&d).count, 0);
    BREAKS(&d, SURNAME, "", REQUIRED);
    BREAKS(&d, CREDIT_LIMIT, "00000012X", NUMBER);
    KEEPS(&d, CREDIT_LIMIT, "");
    BREAKS(&d, DATE_OPENED, "02302025", DATE);
    BREAKS(&d, DATE_OPENED, "13012025", DATE);
    KEEPS(&d, DATE_OPENED, "02282025");
    BREAKS(&d, SPECIAL_COMMENT, "ZZ", CODE);
    KEEPS(&d, SPECIAL_COMMENT, "AC");
    BREAKS(&d, ECOA_CODE, "0", CODE);
    BREAKS(&d, ACCOUNT_STATUS, "12", STATUS);
    BREAKS(&d, IDENTIFICATION_NUMBER, "CRED", ACCOUNT);
    BREAKS(&d, IDENTIFICATION_NUMBER, "99999999", ACCOUNT);
    BREAKS(&d, IDENTIFICATION_NUMBER, "00000", ACCOUNT);
    KEEPS(&d, IDENTIFICATION_NUMBER, "00001");
    BREAKS(&d, DATE_ACCOUNT_INFORMATION, "07022026", FUTURE);
    KEEPS(&d, DATE_ACCOUNT_INFORMATION, "07012026");
}

/* A number filled with 0 or 9 identifies nobody; then the birthday must. */
static void somebody_is_meant(void **state)
{
    struct draft d;

    (void)state;
    draft_open(&d);
    KEEPS(&d, SOCIAL_SECURITY_NUMBER, "999999999");
    put(d.base.first, F(DATE_BIRTH), "00000000");
    assert_int_equal(judge(&d).count, 0);
    BREAKS(&d, SOCIAL_SECURITY_NUMBER, "999999999", IDENTITY);
    BREAKS(&d, SOCIAL_SECURITY_NUMBER, "000000000", IDENTITY);
    BREAKS(&d, SOCIAL_SECURITY_NUMBER, "", IDENTITY);
}

static void rating_belongs_to_some_statuses(void **state)
{
    struct draft d;

    (void)state;
    draft_open(&d);
    BREAKS(&d, PAYMENT_RATING, "0", RATING);
    put(d.base.first, F(ACCOUNT_STATUS), "13");
    put(d.base.first, F(CURRENT_BALANCE), "000000000");
    BREAKS(&d, PAYMENT_RATING, "", RATING);
    KEEPS(&d, PAYMENT_RATING, "0");
    put(d.base.first, F(PAYMENT_RATING), "0");
    BREAKS(&d, CURRENT_BALANCE, "000000001", BALANCE);
    put(d.base.first, F(PORTFOLIO_TYPE), "R");
    KEEPS(&d, CURRENT_BALANCE, "000000001"); /* a revolving account may be closed and owe */
}

static void history_has_its_letters(void **state)
{
    struct draft d;

    (void)state;
    draft_open(&d);
    BREAKS(&d, PAYMENT_HISTORY_PROFILE, "0000000000000000BBBBBBB0", PHP);
    BREAKS(&d, PAYMENT_HISTORY_PROFILE, "0000000000000000BBBBBBB", PHP);
    BREAKS(&d, PAYMENT_HISTORY_PROFILE, "700000000000000000000000", PHP);
    BREAKS(&d, PAYMENT_HISTORY_PROFILE, "", REQUIRED);
    KEEPS(&d, PAYMENT_HISTORY_PROFILE, "E10DGHJKL0123456BBBBBBBB");
}

/* Trap 7: the field holds the first delinquency, and only where there is one. */
static void delinquency_has_its_date(void **state)
{
    struct draft d;

    (void)state;
    draft_open(&d);
    BREAKS(&d, DATE_FIRST_DELINQUENCY, "05152026", DOFD_CURRENT);
    BREAKS(&d, AMOUNT_PAST_DUE, "000000001", PAST_DUE);
    put(d.base.first, F(CONSUMER_INFORMATION_INDICATOR), "D");
    KEEPS(&d, DATE_FIRST_DELINQUENCY, "05152026"); /* the petition's date */
    put(d.base.first, F(CONSUMER_INFORMATION_INDICATOR), "");
    expect(&d, F(ACCOUNT_STATUS), "71", TL_METRO2_RULE_DOFD_MISSING, F(DATE_FIRST_DELINQUENCY));
    put(d.base.first, F(ACCOUNT_STATUS), "71");
    expect(&d, F(DATE_FIRST_DELINQUENCY), "03142025", TL_METRO2_RULE_OPENED, F(DATE_OPENED));
    KEEPS(&d, DATE_FIRST_DELINQUENCY, "03152025");
    put(d.base.first, F(ACCOUNT_STATUS), "13");
    put(d.base.first, F(CURRENT_BALANCE), "000000000");
    expect(&d, F(PAYMENT_RATING), "1", TL_METRO2_RULE_DOFD_MISSING, F(DATE_FIRST_DELINQUENCY));
    KEEPS(&d, PAYMENT_RATING, "0");
}

/* Traps 3 and 5: charge-offs carry their amount, paid ones too. */
static void charge_off_has_its_amount(void **state)
{
    struct draft d;

    (void)state;
    draft_open(&d);
    BREAKS(&d, ORIGINAL_CHARGE_OFF_AMOUNT, "000000001", CHARGE_OFF);
    put(d.base.first, F(DATE_FIRST_DELINQUENCY), "11142025");
    expect(&d, F(ACCOUNT_STATUS), "97", TL_METRO2_RULE_CHARGE_OFF, F(ORIGINAL_CHARGE_OFF_AMOUNT));
    put(d.base.first, F(ACCOUNT_STATUS), "64");
    put(d.base.first, F(ORIGINAL_CHARGE_OFF_AMOUNT), "000003120");
    BREAKS(&d, CURRENT_BALANCE, "000000001", BALANCE);
    KEEPS(&d, CURRENT_BALANCE, "000000000");
}

static void collectors_name_the_creditor(void **state)
{
    struct draft d;

    (void)state;
    draft_open(&d);
    put(d.base.first, F(PORTFOLIO_TYPE), "O");
    put(d.base.first, F(ACCOUNT_STATUS), "93");
    put(d.base.first, F(DATE_FIRST_DELINQUENCY), "03152025");
    put(d.base.first, F(PAYMENT_HISTORY_PROFILE), "");
    BREAKS(&d, ACCOUNT_TYPE, "48", K1);
    BREAKS(&d, ACCOUNT_TYPE, "77", K1);
    assert_true(tl_metro2_append(&d.base, TL_METRO2_K1, d.k1));
    KEEPS(&d, ACCOUNT_TYPE, "48");
    put(d.base.first, F(ACCOUNT_TYPE), "48");
    /* a collector's account opens after delinquency began */
    expect(&d, F(DATE_FIRST_DELINQUENCY), "03162025", TL_METRO2_RULE_OPENED, F(DATE_OPENED));
    assert_true(tl_metro2_append(&d.base, TL_METRO2_K1, d.k1));
    assert_int_equal(judge(&d).of_rule[TL_METRO2_RULE_ORDER], 1);
}

static void lines_of_credit_have_their_types(void **state)
{
    struct draft d;

    (void)state;
    draft_open(&d);
    put(d.base.first, F(PORTFOLIO_TYPE), "C");
    expect(&d, F(ACCOUNT_TYPE), "01", TL_METRO2_RULE_PORTFOLIO, F(ACCOUNT_TYPE));
    KEEPS(&d, ACCOUNT_TYPE, "15");
    KEEPS(&d, ACCOUNT_TYPE, "9B");
}

/* Every published code is taken for one, in the field it is a code of. */
static void published_codes_are_codes(void **state)
{
    static const struct {
        const char *table;
        enum tl_metro2_field field;
    } tables[] = {
        {"ACCOUNT_STATUS", F(ACCOUNT_STATUS)},
        {"PAYMENT_RATING", F(PAYMENT_RATING)},
        {"SPECIAL_COMMENT_CODE", F(SPECIAL_COMMENT)},
        {"COMPLIANCE_CONDTION_CODE", F(COMPLIANCE_CONDITION_CODE)},
        {"PORTFOLIO_TYPE", F(PORTFOLIO_TYPE)},
        {"ECOA_CODE", F(ECOA_CODE)},
        {"ACCOUNT_TYPE", F(ACCOUNT_TYPE)},
        {"TERMS_FREQUENCY", F(TERMS_FREQUENCY)},
        {"CONSUMER_INFORMATION_INDICATOR", F(CONSUMER_INFORMATION_INDICATOR)},
        {"INTEREST_TYPE_INDICATOR", F(INTEREST_TYPE_INDICATOR)},
    };
    struct tl_bytes csv = sample("vectors/domain/metro2_codes.csv");
    char *rest = NULL;
    uint32_t tried = 0;

    (void)state;
    (void)strtok_r((char *)(uintptr_t)csv.ptr, "\r\n", &rest);
    for (char *line; (line = strtok_r(NULL, "\r\n", &rest)) != NULL;) {
        char *at = NULL;
        const char *table = strtok_r(line, ",", &at);
        const char *code = strtok_r(NULL, ",", &at);

        for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
            struct draft d;
            struct seen seen;

            if (strcmp(tables[i].table, table) != 0)
                continue;
            draft_open(&d);
            put(d.base.first, tables[i].field, code);
            seen = judge(&d);
            if (seen.of_rule[TL_METRO2_RULE_CODE] + seen.of_rule[TL_METRO2_RULE_STATUS] != 0)
                fail_msg("%s %s is no code", table, code);
            tried++;
        }
    }
    assert_int_equal(tried, 200);
    free((void *)(uintptr_t)csv.ptr);
}

/* A person's data breaks rules too, but is never shown. */
static bool shown;
static void look(void *context, const struct tl_metro2_finding *finding)
{
    (void)context;
    if (finding->field == F(SOCIAL_SECURITY_NUMBER))
        shown = finding->found.len > 0;
}

static void personal_data_stays_away(void **state)
{
    struct tl_metro2_check check;
    struct draft d;

    (void)state;
    draft_open(&d);
    put(d.base.first, F(SOCIAL_SECURITY_NUMBER), "12345678X");
    tl_metro2_check_init(&check, look, NULL);
    shown = true;
    tl_metro2_check_record(&check, &d.base);
    assert_true(check.findings > 0);
    assert_false(shown);
}

/* ---- cycles ------------------------------------------------------------ */

static uint64_t cycle_rule[TL_METRO2_RULE_COUNT];
static void count_rule(void *context, const struct tl_metro2_finding *finding)
{
    (void)context;
    cycle_rule[finding->rule]++;
}

/* What June's account looks like beside May's. */
static uint64_t cycle(const struct draft *may, const struct draft *june, enum tl_metro2_rule rule)
{
    struct tl_metro2_check check;
    struct tl_metro2_summary before;
    struct tl_metro2_summary now;

    memset(cycle_rule, 0, sizeof cycle_rule);
    tl_metro2_check_init(&check, count_rule, NULL);
    assert_true(tl_metro2_summarize(&may->base, &before));
    assert_true(tl_metro2_summarize(&june->base, &now));
    tl_metro2_check_cycle(&check, &before, &now);
    return rule == TL_METRO2_RULE_COUNT ? check.findings : cycle_rule[rule];
}

static struct draft in_may(const char *status, const char *dofd)
{
    struct draft d;

    draft_open(&d);
    put(d.base.first, F(DATE_ACCOUNT_INFORMATION), "05312026");
    put(d.base.first, F(PAYMENT_HISTORY_PROFILE), "000000000000000BBBBBBBBB");
    put(d.base.first, F(ACCOUNT_STATUS), status);
    put(d.base.first, F(DATE_FIRST_DELINQUENCY), dofd);
    return d;
}

static struct draft in_june(const char *status, const char *dofd, const char *php)
{
    struct draft d;

    draft_open(&d);
    put(d.base.first, F(PAYMENT_HISTORY_PROFILE), php);
    put(d.base.first, F(ACCOUNT_STATUS), status);
    put(d.base.first, F(DATE_FIRST_DELINQUENCY), dofd);
    return d;
}

/* Trap 1: after a sale, a payment or a recall the date stays. */
static void delinquency_never_moves_later(void **state)
{
    struct draft may = in_may("71", "04152026");
    struct draft june = in_june("78", "04152026", "1000000000000000BBBBBBBB");

    (void)state;
    assert_int_equal(cycle(&may, &june, TL_METRO2_RULE_COUNT), 0);
    june = in_june("78", "04162026", "1000000000000000BBBBBBBB");
    assert_int_equal(cycle(&may, &june, TL_METRO2_RULE_DOFD_LATER), 1);
    june = in_june("78", "04142026", "1000000000000000BBBBBBBB");
    assert_int_equal(cycle(&may, &june, TL_METRO2_RULE_COUNT), 0);
    june = in_june("78", "00000000", "1000000000000000BBBBBBBB");
    assert_int_equal(cycle(&may, &june, TL_METRO2_RULE_DOFD_LOST), 1);
    june = in_june("11", "00000000", "1000000000000000BBBBBBBB"); /* cured */
    assert_int_equal(cycle(&may, &june, TL_METRO2_RULE_COUNT), 0);
}

/* Trap 2: the first letter is last month's status. */
static void history_moves_by_one_month(void **state)
{
    struct draft may = in_may("71", "04152026");
    struct draft june = in_june("78", "04152026", "0100000000000000BBBBBBBB");

    (void)state;
    assert_int_equal(cycle(&may, &june, TL_METRO2_RULE_PHP_SHIFT), 1);
    june = in_june("78", "04152026", "2000000000000000BBBBBBBB"); /* this month's status */
    assert_int_equal(cycle(&may, &june, TL_METRO2_RULE_PHP_SHIFT), 1);
    june = in_june("78", "04152026", "100000000000000BBBBBBBBB"); /* did not move */
    assert_int_equal(cycle(&may, &june, TL_METRO2_RULE_PHP_SHIFT), 1);
    put(june.base.first, F(DATE_ACCOUNT_INFORMATION), "07312026"); /* a month is missing */
    assert_int_equal(cycle(&may, &june, TL_METRO2_RULE_PHP_SHIFT), 0);
}

/* Traps 4 and 5. */
static void status_remembers(void **state)
{
    static const struct {
        const char *before, *now;
        enum tl_metro2_rule rule;
    } rows[] = {
        {"97", "84", TL_METRO2_RULE_REVERTED},      {"97", "97", TL_METRO2_RULE_COUNT},
        {"97", "62", TL_METRO2_RULE_PAID_AS},       {"97", "64", TL_METRO2_RULE_COUNT},
        {"93", "64", TL_METRO2_RULE_PAID_AS},       {"93", "62", TL_METRO2_RULE_COUNT},
        {"96", "62", TL_METRO2_RULE_PAID_AS},       {"96", "63", TL_METRO2_RULE_COUNT},
        {"95", "63", TL_METRO2_RULE_PAID_AS},       {"95", "61", TL_METRO2_RULE_COUNT},
        {"DA", "93", TL_METRO2_RULE_DELETED_AGAIN}, {"DA", "DA", TL_METRO2_RULE_DELETED_AGAIN},
        {"62", "DA", TL_METRO2_RULE_DELETED_PAID},  {"93", "DA", TL_METRO2_RULE_COUNT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct draft may = in_may(rows[i].before, "04152025");
        struct draft june = in_june(rows[i].now, "04152025", "");
        uint64_t found = cycle(&may, &june, rows[i].rule);

        assert_int_equal(found, rows[i].rule == TL_METRO2_RULE_COUNT ? 0 : 1);
    }
}

/* Three files of two real accounts, a month apart. */
static void three_months_agree(void **state)
{
    static const char *const names[] = {"jan", "feb", "mar"};
    struct tl_metro2_summary before[2];
    struct tl_metro2_check check;
    char path[128];

    (void)state;
    memset(cycle_rule, 0, sizeof cycle_rule);
    tl_metro2_check_init(&check, count_rule, NULL);
    for (size_t i = 0; i < 3; i++) {
        struct tl_metro2_reader reader = {0};
        struct tl_metro2_record record;
        struct tl_bytes file;
        struct tl_bytes rest;
        size_t n = 0;
        size_t used;

        (void)snprintf(path, sizeof path, "vectors/metro2/cfpb/test_previous_records__%s-2018.txt",
                       names[i]);
        rest = file = sample(path);
        for (; tl_metro2_read(&reader, rest, true, &used, &record) == TL_OK;
             rest = tl_bytes(rest.ptr + used, rest.len - used)) {
            struct tl_metro2_summary now;

            if (!tl_metro2_summarize(&record, &now))
                continue;
            if (i > 0) {
                assert_memory_equal(before[n].next, now.key, sizeof now.key);
                tl_metro2_check_cycle(&check, &before[n], &now);
            }
            before[n++] = now;
        }
        assert_int_equal(n, 2);
        free((void *)(uintptr_t)file.ptr);
    }
    assert_int_equal(check.findings, 0);
}

/* ---- files ------------------------------------------------------------- */

/* One header first, one trailer last, totals that count what is between. */
static void files_have_a_shape(void **state)
{
    struct tl_metro2_record trailer;
    struct tl_metro2_totals totals = {{0}};
    struct tl_metro2_check check;
    struct draft d;

    (void)state;
    draft_open(&d);
    tl_metro2_seal(&d.header, TL_METRO2_LINES);
    tl_metro2_seal(&d.base, TL_METRO2_LINES);
    memset(cycle_rule, 0, sizeof cycle_rule);
    tl_metro2_check_init(&check, count_rule, NULL);
    tl_metro2_check_record(&check, &d.base); /* no header */
    assert_int_equal(cycle_rule[TL_METRO2_RULE_HEADER], 1);
    tl_metro2_check_record(&check, &d.header); /* too late */
    assert_int_equal(cycle_rule[TL_METRO2_RULE_HEADER], 2);
    tl_metro2_trailer(&trailer, &totals, TL_METRO2_LINES);
    /* of another file: bases, blocks, status 11, numbers and birthdays of all and of bases */
    tl_metro2_check_record(&check, &trailer);
    assert_int_equal(cycle_rule[TL_METRO2_RULE_TOTALS], 7);
    tl_metro2_check_end(&check);
    assert_int_equal(cycle_rule[TL_METRO2_RULE_TRAILER], 0);
    tl_metro2_check_record(&check, &d.base); /* behind the trailer */
    assert_int_equal(cycle_rule[TL_METRO2_RULE_TRAILER], 1);
    tl_metro2_check_init(&check, count_rule, NULL);
    tl_metro2_check_record(&check, &d.header);
    tl_metro2_check_end(&check); /* none at all */
    assert_int_equal(cycle_rule[TL_METRO2_RULE_TRAILER], 2);
}

static void an_account_stands_once(void **state)
{
    struct tl_metro2_summary summary;
    struct tl_metro2_check check;
    struct draft d;

    (void)state;
    draft_open(&d);
    memset(cycle_rule, 0, sizeof cycle_rule);
    tl_metro2_check_init(&check, count_rule, NULL);
    assert_true(tl_metro2_summarize(&d.base, &summary));
    tl_metro2_check_twice(&check, &summary);
    assert_int_equal(cycle_rule[TL_METRO2_RULE_TWICE], 1);
    assert_false(tl_metro2_summarize(&d.header, &summary));
}

/* From the next cycle on the account is known by the numbers L1 gives it. */
static void changed_numbers_are_followed(void **state)
{
    static const struct {
        const char *change, *next;
    } rows[] = {
        {"1", "CRED1               LN2                           "},
        {"2", "CRED2               LN1                           "},
        {"3", "CRED2               LN2                           "},
    };
    uint8_t l1[54];
    struct tl_metro2_summary summary;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct draft d;

        draft_open(&d);
        tl_metro2_blank(l1, TL_METRO2_L1);
        put(l1, TL_METRO2_L1_CHANGE_INDICATOR, rows[i].change);
        put(l1, TL_METRO2_L1_NEW_CONSUMER_ACCOUNT_NUMBER, "LN2");
        put(l1, TL_METRO2_L1_NEW_IDENTIFICATION_NUMBER, "CRED2");
        assert_true(tl_metro2_append(&d.base, TL_METRO2_L1, l1));
        assert_int_equal(judge(&d).count, 0);
        assert_true(tl_metro2_summarize(&d.base, &summary));
        assert_memory_equal(summary.key, "CRED1               LN1                           ", 50);
        assert_memory_equal(summary.next, rows[i].next, 50);
    }
}

/* ---- documentation ----------------------------------------------------- */

static void every_rule_is_documented(void **state)
{
    const char *source = getenv("TALLY_SOURCE");
    char path[512];
    char row[256];
    char *text;
    size_t len;

    (void)state;
    if (source == NULL)
        skip();
    (void)snprintf(path, sizeof path, "%s/docs/METRO2.md", source);
    text = test_read_file(path, &len);
    assert_non_null(text);
    for (uint32_t r = 0; r < TL_METRO2_RULE_COUNT; r++) {
        (void)snprintf(row, sizeof row, "| `%s` | %s |", tl_metro2_rule_id((enum tl_metro2_rule)r),
                       tl_metro2_rule_text((enum tl_metro2_rule)r));
        if (strstr(text, row) == NULL)
            fail_msg("docs/METRO2.md lacks %s", row);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_alone),
        cmocka_unit_test(somebody_is_meant),
        cmocka_unit_test(rating_belongs_to_some_statuses),
        cmocka_unit_test(history_has_its_letters),
        cmocka_unit_test(delinquency_has_its_date),
        cmocka_unit_test(charge_off_has_its_amount),
        cmocka_unit_test(collectors_name_the_creditor),
        cmocka_unit_test(lines_of_credit_have_their_types),
        cmocka_unit_test(published_codes_are_codes),
        cmocka_unit_test(personal_data_stays_away),
        cmocka_unit_test(delinquency_never_moves_later),
        cmocka_unit_test(history_moves_by_one_month),
        cmocka_unit_test(status_remembers),
        cmocka_unit_test(three_months_agree),
        cmocka_unit_test(files_have_a_shape),
        cmocka_unit_test(an_account_stands_once),
        cmocka_unit_test(changed_numbers_are_followed),
        cmocka_unit_test(every_rule_is_documented),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
