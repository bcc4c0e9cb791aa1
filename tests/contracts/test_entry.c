/* Entries: the table of types, strict reading, bounds of every field. */
#include "tl/entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint8_t room[8192];

static struct tl_entry payment_entry(void)
{
    struct tl_entry entry = {.type = TL_ENTRY_PAYMENT, .value_date = 15000};

    entry.case_id.b[0] = 1;
    entry.ext_ref = tl_bytes_str("row 7");
    return entry;
}

static enum tl_status code(const struct tl_entry *entry, const void *body)
{
    struct tl_buf out = tl_buf(room, sizeof room);
    struct tl_entry back;

    assert_true(tl_entry_encode(&out, entry, body));
    return tl_entry_decode(&back, NULL, NULL, tl_buf_bytes(&out));
}

static void every_type_is_found(void **state)
{
    const struct tl_type_info *info;
    uint16_t before = 0;

    (void)state;
    for (size_t i = 0; (info = tl_type_at(i)) != NULL; i++) {
        assert_true(info->code > before);
        assert_ptr_equal(tl_type_find(info->code), info);
        assert_ptr_equal(tl_type_named(tl_bytes_str(info->name)), info);
        assert_true(info->derived == (info->roles == 0));
        before = info->code;
    }
    assert_null(tl_type_find(1));
    assert_null(tl_type_named(tl_bytes_str("payment")));
}

static void a_payment_round_trips(void **state)
{
    struct tl_body_payment body = {tl_bytes_str("p"), 12345, 0};
    struct tl_entry entry = payment_entry();
    struct tl_buf out = tl_buf(room, sizeof room);
    const struct tl_type_info *info;
    union tl_body back;

    (void)state;
    assert_true(tl_entry_encode(&out, &entry, &body));
    assert_int_equal(tl_entry_decode(&entry, &back, &info, tl_buf_bytes(&out)), TL_OK);
    assert_int_equal(back.payment.amount_minor, 12345);
    assert_string_equal(info->name, "PAYMENT");
    for (size_t cut = 0; cut < out.len; cut++)
        assert_int_equal(tl_entry_decode(&entry, NULL, NULL, tl_bytes(room, cut)), TL_ERR_ENCODING);
}

static void bounds(void **state)
{
    struct tl_body_payment body = {TL_BYTES_NONE, TL_AMOUNT_MAX, 0};
    struct tl_body_adjustment off = {0, 0, -TL_AMOUNT_MAX, TL_BYTES_NONE};
    struct tl_entry entry = payment_entry();

    (void)state;
    assert_int_equal(code(&entry, &body), TL_OK);
    body.amount_minor++;
    assert_int_equal(code(&entry, &body), TL_ERR_RANGE);
    body.amount_minor = -1;
    assert_int_equal(code(&entry, &body), TL_ERR_RANGE);
    body.amount_minor = 0;
    entry.value_date = TL_DATE_MAX + 1;
    assert_int_equal(code(&entry, &body), TL_ERR_RANGE);
    entry = payment_entry(), entry.tz_offset_min = 1441;
    assert_int_equal(code(&entry, &body), TL_ERR_RANGE);
    entry = payment_entry(), entry.doc_hash = tl_bytes_str("short");
    assert_int_equal(code(&entry, &body), TL_ERR_RANGE);
    entry = payment_entry(), entry.case_id.b[0] = 0;
    assert_int_equal(code(&entry, &body), TL_ERR_RANGE);
    entry = payment_entry(), entry.type = TL_ENTRY_ADJUSTMENT;
    assert_int_equal(code(&entry, &off), TL_OK);
}

static void strangers_are_refused(void **state)
{
    struct tl_body_stage stage = {0, TL_STAGE_OVERDUE};
    struct tl_body_day day = {TL_DATE_NONE};
    struct tl_entry entry = payment_entry();

    (void)state;
    entry.type = TL_DECISION_STAGE_CHANGED; /* nobody may write a decision */
    assert_int_equal(code(&entry, &stage), TL_ERR_RANGE);
    entry.type = TL_ENTRY_DAY_CLOSE; /* is not about a case */
    assert_int_equal(code(&entry, &day), TL_ERR_RANGE);
    memset(&entry.case_id, 0, sizeof entry.case_id);
    assert_int_equal(code(&entry, &day), TL_ERR_RANGE); /* a day that is none */
    day.date = 15000;
    assert_int_equal(code(&entry, &day), TL_OK);
    entry.type = 9999;
    assert_false(tl_entry_encode(&(struct tl_buf){room, sizeof room, 0, false}, &entry, &day));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_found),
        cmocka_unit_test(a_payment_round_trips),
        cmocka_unit_test(bounds),
        cmocka_unit_test(strangers_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
