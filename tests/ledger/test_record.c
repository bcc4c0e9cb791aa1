/* The record tables: lists, names, limits of each row. */
#include "tl/genesis.h"
#include "tl/record.h"
#include "tl/vote.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char *const color_words[] = {"red", NULL, "blue"};
static const struct tl_names color_names = {color_words, 3};

#define TEST_DOT_FIELDS(FIELD, T)                                                                  \
    FIELD(T, ENUM, color, 2, &color_names)                                                         \
    FIELD(T, U16, size, 1000, NULL)                                                                \
    FIELD(T, STR, label, 4, NULL)
TL_DECLARE_RECORD(test_dot, TEST_DOT_FIELDS)
TL_DEFINE_RECORD(test_dot, TEST_DOT_FIELDS)

#define TEST_PICTURE_FIELDS(FIELD, T)                                                              \
    FIELD(T, LIST, dots, 3, &test_dot_record)                                                      \
    FIELD(T, BOOL, framed, 0, NULL)
TL_DECLARE_RECORD(test_picture, TEST_PICTURE_FIELDS)
TL_DEFINE_RECORD(test_picture, TEST_PICTURE_FIELDS)

static uint8_t bytes[256];

static enum tl_status reread(const struct test_dot *dot)
{
    struct tl_buf out = tl_buf(bytes, sizeof bytes);
    struct test_dot back;
    enum tl_status status;

    tl_record_write(&test_dot_record, dot, &out);
    status = tl_record_decode(&test_dot_record, &back, tl_buf_bytes(&out));
    if (status != TL_OK) {
        assert_int_equal(back.size, 0);
        assert_int_equal(back.label.len, 0);
    }
    return status;
}

static void test_limits_of_rows(void **state)
{
    struct test_dot dot = {2, 1000, tl_bytes_str("four")};
    struct test_dot bad;

    (void)state;
    assert_int_equal(reread(&dot), TL_OK);
    bad = dot, bad.size = 1001;
    assert_int_equal(reread(&bad), TL_ERR_ENCODING);
    bad = dot, bad.color = 1; /* has no word */
    assert_int_equal(reread(&bad), TL_ERR_ENCODING);
    bad = dot, bad.color = 3;
    assert_int_equal(reread(&bad), TL_ERR_ENCODING);
    bad = dot, bad.label = tl_bytes_str("fives");
    assert_int_equal(reread(&bad), TL_ERR_ENCODING);
}

static enum tl_status picture_of(uint32_t count, struct test_picture *picture)
{
    static uint8_t list[128];
    struct tl_buf buf = tl_buf(list, sizeof list);
    struct tl_buf out = tl_buf(bytes, sizeof bytes);
    struct test_picture in = {.framed = true};

    for (uint32_t i = 0; i < count; i++) {
        struct test_dot dot = {0, (uint16_t)i, tl_bytes_str("x")};

        tl_list_add(&in.dots, &buf, &test_dot_record, &dot);
    }
    tl_record_write(&test_picture_record, &in, &out);
    return tl_record_decode(&test_picture_record, picture, tl_buf_bytes(&out));
}

static void test_lists(void **state)
{
    struct test_picture picture;
    struct test_dot dot;

    (void)state;
    for (uint32_t count = 0; count <= 3; count++) {
        assert_int_equal(picture_of(count, &picture), TL_OK);
        for (uint32_t i = 0; i < count; i++) {
            assert_true(tl_list_next(&picture.dots, &test_dot_record, &dot));
            assert_int_equal(dot.size, i);
        }
        assert_false(tl_list_next(&picture.dots, &test_dot_record, &dot));
    }
    assert_int_equal(picture_of(4, &picture), TL_ERR_ENCODING);
    assert_int_equal(picture.dots.count, 0);
}

static void test_a_field_more_or_less(void **state)
{
    static const uint8_t less[] = {0x92, 0x00, 0x01};
    static const uint8_t right[] = {0x93, 0x00, 0x01, 0xa0};
    static const uint8_t more[] = {0x94, 0x00, 0x01, 0xa0, 0x00};
    struct test_dot dot;

    (void)state;
    assert_int_equal(tl_record_decode(&test_dot_record, &dot, tl_bytes(right, sizeof right)),
                     TL_OK);
    assert_int_equal(tl_record_decode(&test_dot_record, &dot, tl_bytes(less, sizeof less)),
                     TL_ERR_ENCODING);
    assert_int_equal(tl_record_decode(&test_dot_record, &dot, tl_bytes(more, sizeof more)),
                     TL_ERR_ENCODING);
}

static void test_names(void **state)
{
    uint8_t value;

    (void)state;
    assert_string_equal(tl_name_of(&tl_vote_kind_names, TL_VOTE_NULLIFY), "nullify");
    assert_null(tl_name_of(&tl_vote_kind_names, 0));
    assert_null(tl_name_of(&tl_vote_kind_names, 4));
    assert_true(tl_name_find(&tl_time_source_names, tl_bytes_str("calendar"), &value));
    assert_int_equal(value, TL_TIME_CALENDAR);
    assert_false(tl_name_find(&tl_time_source_names, tl_bytes_str("calenda"), &value));
    assert_non_null(tl_record_field(&test_dot_record, tl_bytes_str("size")));
    assert_null(tl_record_field(&test_dot_record, tl_bytes_str("siz")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits_of_rows),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_a_field_more_or_less),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
