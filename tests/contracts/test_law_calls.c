/* Call frequency: the commentary's examples, then a naive count beside ours. */
#include "gen.h"
#include "tl/bytes.h"
#include "tl/entry.h"
#include "tl/reg_f.h"
#include "vector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct tl_phone_policy sevens = {7, 7, 7, 7};

#define EVENTS_MAX 64

struct history {
    struct tl_phone_event event[EVENTS_MAX];
    uint32_t count;
};

static uint32_t add(struct history *h, int32_t on, enum tl_phone_kind kind)
{
    assert_true(h->count < EVENTS_MAX);
    h->event[h->count] = (struct tl_phone_event){on, (uint8_t)kind, 1, TL_DATE_NONE, TL_DATE_NONE};
    return h->count++;
}

static int32_t day_of(const char *text)
{
    if (strcmp(text, "MON") == 0)
        return 20003;
    return strcmp(text, "WED") == 0 ? 20005 : vector_date(text);
}

/* A word of the vectors as events; gives the one to be judged. */
static uint32_t add_word(struct history *h, const char *date, const char *word)
{
    static const struct {
        const char *word;
        enum tl_phone_kind kind;
    } words[] = {{"lcm", TL_PHONE_UNANSWERED},
                 {"no_answer", TL_PHONE_UNANSWERED},
                 {"voicemail_full_connected", TL_PHONE_UNANSWERED},
                 {"conversation", TL_PHONE_CONVERSATION},
                 {"EMAIL_CONSENT", TL_PHONE_CONSENT},
                 {"busy_signal", TL_PHONE_UNCONNECTED},
                 {"not_in_service", TL_PHONE_UNCONNECTED},
                 {"wrong_number_later_learned", TL_PHONE_MISDIRECTED}};
    const char *plus = strchr(word, '+');
    size_t len = plus == NULL ? strlen(word) : (size_t)(plus - word);

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        uint32_t at;

        if (strlen(words[i].word) != len || strncmp(words[i].word, word, len) != 0)
            continue;
        at = add(h, day_of(date), words[i].kind);
        if (plus != NULL) {
            const char *back = strchr(plus, ':');
            uint32_t consent = add(h, day_of(date), TL_PHONE_CONSENT);

            if (back != NULL)
                h->event[consent].from_on = h->event[consent].until_on = vector_date(back + 1);
        }
        return at;
    }
    fail_msg("no event '%s'", word);
    return 0;
}

static void expect(const struct tl_phone_finding *finding, const char *word)
{
    bool violation = strcmp(word, "presumed_violation") == 0;
    bool excluded = strstr(word, "excluded") != NULL || strcmp(word, "consent") == 0;

    if (violation)
        assert_true(finding->verdict >= TL_PHONE_TOO_MANY);
    else if (excluded)
        assert_int_equal(finding->verdict, TL_PHONE_EXCLUDED);
    else
        assert_int_equal(finding->verdict, TL_PHONE_OK);
    if (strcmp(word, "counts(1 in 7-day window)") == 0)
        assert_int_equal(finding->counted, 1);
}

static void example(const json_t *row)
{
    json_t *calls = json_object_get(row, "calls");
    json_t *expected = json_object_get(row, "expect");
    const char *inbound = json_string_value(json_object_get(row, "inbound_conversation"));
    struct history h = {.count = 0};
    uint32_t at[EVENTS_MAX];
    struct tl_phone_finding finding;

    if (inbound != NULL)
        (void)add(&h, vector_date(inbound), TL_PHONE_INBOUND);
    for (size_t i = 0; i < json_array_size(calls); i++) {
        json_t *call = json_array_get(calls, i);

        at[i] = add_word(&h, json_string_value(json_array_get(call, 0)),
                         json_string_value(json_array_get(call, 1)));
    }
    for (size_t i = 0; i < json_array_size(calls); i++) {
        assert_int_equal(tl_phone_judge(&finding, &sevens, h.event, h.count, 0, at[i]), TL_OK);
        if (json_is_array(expected))
            expect(&finding, json_string_value(json_array_get(expected, i)));
        else
            assert_int_equal(finding.counted, 0); /* "0 calls counted ..." */
    }
}

/* Comment 14(b)(4)-2.i: each call is attributed to one debt of the three. */
static void three_debts(const json_t *row)
{
    struct history h = {.count = 0};
    struct tl_phone_finding finding;

    assert_int_equal(json_array_size(json_object_get(row, "debts")), 3);
    assert_string_equal(vector_str(row, "expect"), "all presumed compliant");
    for (int32_t day = 0; day < 7; day++) {
        for (uint32_t debt = 0; debt < 3; debt++)
            h.event[add(&h, 20000 + day, TL_PHONE_UNANSWERED)].debts = 1u << debt;
    }
    for (uint32_t i = 0; i < h.count; i++) {
        assert_int_equal(tl_phone_judge(&finding, &sevens, h.event, h.count, i % 3, i), TL_OK);
        assert_int_equal(finding.verdict, TL_PHONE_OK);
    }
    for (uint32_t debt = 0; debt < 3; debt++) {
        assert_int_equal(tl_phone_permit(&finding, &sevens, h.event, h.count, debt, 20006), TL_OK);
        assert_int_equal(finding.verdict, TL_PHONE_TOO_MANY);
        assert_int_equal(finding.free_on, 20007);
    }
}

static void examples(void **state)
{
    json_t *rows = vector_json("regf_call_frequency.json");
    size_t i;
    json_t *row;

    (void)state;
    assert_int_equal(json_array_size(rows), 11);
    json_array_foreach(rows, i, row)
    {
        if (json_object_get(row, "calls") != NULL)
            example(row);
        else
            three_debts(row);
    }
    json_decref(rows);
}

/* ---- against a naive count --------------------------------------------- */

/* Day by day and event by event, straight from the rule's words. */
static bool naive_excluded(const struct history *h, uint32_t at, int32_t on)
{
    for (uint32_t i = at; i > 0; i--) {
        const struct tl_phone_event *e = &h->event[i - 1];

        if (e->kind == TL_PHONE_CONVERSATION || e->kind == TL_PHONE_INBOUND ||
            e->kind == TL_PHONE_REVOKED)
            return false;
        if (e->kind == TL_PHONE_CONSENT)
            return on - e->on <= 6;
    }
    return false;
}

static enum tl_phone_verdict naive(const struct history *h, int32_t on)
{
    uint32_t calls = 1;

    if (naive_excluded(h, h->count, on))
        return TL_PHONE_EXCLUDED;
    for (uint32_t i = 0; i < h->count; i++) {
        bool talk = h->event[i].kind == TL_PHONE_CONVERSATION;

        if ((talk || h->event[i].kind == TL_PHONE_INBOUND) && on - h->event[i].on <= 6)
            return TL_PHONE_TOO_SOON;
        if ((talk || h->event[i].kind == TL_PHONE_UNANSWERED) && on - h->event[i].on <= 6 &&
            !naive_excluded(h, i, h->event[i].on))
            calls++;
    }
    return calls > 7 ? TL_PHONE_TOO_MANY : TL_PHONE_OK;
}

static void random_histories(void **state)
{
    struct gen gen = gen_seed(4431);
    uint32_t seen[4] = {0};

    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct history h = {.count = 0};
        struct tl_phone_finding finding;
        int32_t on = 20000;
        uint64_t events = gen_below(&gen, 30);

        for (uint64_t i = 0; i < events; i++) {
            on += (int32_t)gen_below(&gen, 3);
            (void)add(&h, on,
                      gen_below(&gen, 3) != 0 ? TL_PHONE_UNANSWERED
                                              : (enum tl_phone_kind)gen_below(&gen, 7));
        }
        assert_int_equal(tl_phone_permit(&finding, &sevens, h.event, h.count, 0, on), TL_OK);
        assert_int_equal(finding.verdict, naive(&h, on));
        seen[finding.verdict]++;
        for (int32_t day = on; day < finding.free_on; day++)
            assert_true(naive(&h, day) >= TL_PHONE_TOO_MANY);
        assert_true(naive(&h, finding.free_on) <= TL_PHONE_EXCLUDED);
    }
    for (int i = 0; i < 4; i++)
        assert_true(seen[i] > 100);
}

static void edges(void **state)
{
    struct history h = {.count = 0};
    struct tl_phone_finding finding;

    (void)state;
    assert_int_equal(tl_phone_permit(&finding, &sevens, h.event, 0, 0, 20000), TL_OK);
    assert_int_equal(finding.verdict, TL_PHONE_OK);
    assert_int_equal(finding.counted, 1);
    assert_int_equal(finding.free_on, 20000);
    (void)add(&h, 20000, TL_PHONE_INBOUND);
    (void)add(&h, 20001, TL_PHONE_CONSENT);
    (void)add(&h, 20002, TL_PHONE_REVOKED);
    assert_int_equal(tl_phone_permit(&finding, &sevens, h.event, 2, 0, 20002), TL_OK);
    assert_int_equal(finding.verdict, TL_PHONE_EXCLUDED);
    assert_int_equal(tl_phone_permit(&finding, &sevens, h.event, 3, 0, 20002), TL_OK);
    assert_int_equal(finding.verdict, TL_PHONE_TOO_SOON);
    assert_int_equal(finding.free_on, 20007);
    assert_int_equal(tl_phone_permit(&finding, &sevens, h.event, 3, 1, 20002), TL_OK);
    assert_int_equal(finding.verdict, TL_PHONE_OK); /* another debt */
    assert_int_equal(tl_phone_judge(&finding, &sevens, h.event, 3, 0, 0), TL_OK);
    assert_int_equal(finding.verdict, TL_PHONE_EXCLUDED); /* their call, not ours */
    assert_int_equal(finding.counted, 0);
}

/* "Call me on Monday" is no leave to call on Sunday, nor for a month. */
static void call_back(void **state)
{
    struct history h = {.count = 0};
    struct tl_phone_finding finding;
    uint32_t consent;

    (void)state;
    (void)add(&h, 20000, TL_PHONE_CONVERSATION);
    consent = add(&h, 20000, TL_PHONE_CONSENT);
    h.event[consent].from_on = 20003;
    h.event[consent].until_on = 20004;
    for (int32_t day = 20000; day <= 20007; day++) {
        assert_int_equal(tl_phone_permit(&finding, &sevens, h.event, 2, 0, day), TL_OK);
        assert_int_equal(finding.verdict, day == 20003 || day == 20004 ? TL_PHONE_EXCLUDED
                                          : day < 20007                ? TL_PHONE_TOO_SOON
                                                                       : TL_PHONE_OK);
    }
    h.event[consent].from_on = TL_DATE_NONE;
    h.event[consent].until_on = 20030;
    assert_int_equal(tl_phone_permit(&finding, &sevens, h.event, 2, 0, 20006), TL_OK);
    assert_int_equal(finding.verdict, TL_PHONE_EXCLUDED);
    assert_int_equal(tl_phone_permit(&finding, &sevens, h.event, 2, 0, 20007), TL_OK);
    assert_int_equal(finding.verdict, TL_PHONE_OK);
    /* Consent reaches forward only: the day before it was given stays counted. */
    h = (struct history){.count = 0};
    (void)add(&h, 20000, TL_PHONE_UNANSWERED);
    (void)add(&h, 20001, TL_PHONE_CONSENT);
    (void)add(&h, 20001, TL_PHONE_UNANSWERED);
    assert_int_equal(tl_phone_permit(&finding, &sevens, h.event, 3, 0, 20002), TL_OK);
    assert_int_equal(finding.counted, 1);
}

static void refused(void **state)
{
    const struct tl_phone_policy none = {0, 7, 7, 7};
    struct history h = {.count = 0};
    struct tl_phone_finding finding;

    (void)state;
    (void)add(&h, 20001, TL_PHONE_UNANSWERED);
    (void)add(&h, 20000, TL_PHONE_UNANSWERED);
    assert_int_equal(tl_phone_permit(&finding, &sevens, h.event, 2, 0, 20002), TL_ERR_RANGE);
    assert_int_equal(tl_phone_permit(&finding, &sevens, h.event, 1, 0, 20000), TL_ERR_RANGE);
    assert_int_equal(tl_phone_permit(&finding, &sevens, h.event, 1, 32, 20002), TL_ERR_RANGE);
    assert_int_equal(tl_phone_permit(&finding, &none, h.event, 1, 0, 20002), TL_ERR_RANGE);
    assert_int_equal(tl_phone_permit(&finding, &sevens, h.event, 1, 0, TL_DATE_NONE), TL_ERR_RANGE);
    assert_int_equal(tl_phone_judge(&finding, &sevens, h.event, 1, 0, 1), TL_ERR_RANGE);
    h.event[1].on = 20001;
    assert_int_equal(tl_phone_judge(&finding, &sevens, h.event, 1, 0, 1), TL_ERR_RANGE);
    assert_int_equal(tl_phone_permit(&finding, &sevens, NULL, 0, 31, TL_DATE_MIN), TL_OK);
    assert_int_equal(tl_phone_permit(&finding, &sevens, NULL, 0, 31, TL_DATE_MAX), TL_OK);
    assert_int_equal(tl_phone_permit(&finding, &sevens, NULL, 0, 0, TL_DATE_MAX + 1), TL_ERR_RANGE);
    h.event[0].kind = TL_PHONE_REVOKED + 1;
    assert_int_equal(tl_phone_judge(&finding, &sevens, h.event, 1, 0, 0), TL_ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples),  cmocka_unit_test(random_histories), cmocka_unit_test(edges),
        cmocka_unit_test(call_back), cmocka_unit_test(refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
