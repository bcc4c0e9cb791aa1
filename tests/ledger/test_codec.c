/* The canonical MessagePack profile (docs/FORMAT.md): one spelling per value,
 * every other one refused.  msgpack-c is the oracle for what we write. */
#include "tl/codec.h"
#include "tl/limits.h"

#include "gen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <msgpack.h>

#define BYTES(text) tl_bytes(text, sizeof(text) - 1)

static bool is_value(struct tl_bytes bytes)
{
    struct tl_reader r = tl_reader(bytes);

    (void)tl_read_value(&r, SIZE_MAX);
    return tl_read_done(&r);
}

static void assert_refused(struct tl_bytes bytes, const char *what)
{
    if (is_value(bytes))
        fail_msg("accepted: %s", what);
}

static void test_integers_have_one_spelling(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *what;
    } wrong[] = {
        {"\xcc\x7f", 2, "127 in two bytes"},
        {"\xcd\x00\xff", 3, "255 in three bytes"},
        {"\xce\x00\x00\xff\xff", 5, "65535 in five bytes"},
        {"\xcf\x00\x00\x00\x00\xff\xff\xff\xff", 9, "2^32-1 in nine bytes"},
        {"\xd0\x05", 2, "5 as a signed byte"},
        {"\xd0\xe0", 2, "-32 in two bytes"},
        {"\xd1\xff\x80", 3, "-128 in three bytes"},
        {"\xd1\x00\x80", 3, "128 as signed"},
        {"\xd2\xff\xff\x80\x00", 5, "-32768 in five bytes"},
        {"\xd3\xff\xff\xff\xff\x80\x00\x00\x00", 9, "-2^31 in nine bytes"},
        {"\xd3\x00\x00\x00\x00\x00\x00\x00\x01", 9, "1 in nine bytes"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_refused(tl_bytes(wrong[i].bytes, wrong[i].len), wrong[i].what);
}

static void test_lengths_have_one_spelling(void **state)
{
    (void)state;
    assert_refused(BYTES("\xd9\x01"
                         "a"),
                   "str8 for one byte");
    assert_refused(BYTES("\xda\x00\x01"
                         "a"),
                   "str16 for one byte");
    assert_refused(BYTES("\xdb\x00\x00\x00\x01"
                         "a"),
                   "str32 for one byte");
    assert_refused(BYTES("\xc5\x00\x01"
                         "a"),
                   "bin16 for one byte");
    assert_refused(BYTES("\xc6\x00\x00\x00\x01"
                         "a"),
                   "bin32 for one byte");
    assert_refused(BYTES("\xdc\x00\x01\x00"), "array16 for one element");
    assert_refused(BYTES("\xdd\x00\x00\x00\x01\x00"), "array32 for one element");
    assert_true(is_value(BYTES("\xc4\x00")));
    assert_true(is_value(BYTES("\xa0")));
    assert_true(is_value(BYTES("\x90")));
}

static void test_foreign_kinds_are_refused(void **state)
{
    static const uint8_t tags[] = {0xc0, 0xc1, 0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xd4, 0xd5,
                                   0xd6, 0xd7, 0xd8, 0xde, 0xdf, 0x80, 0x81, 0x8f};

    (void)state;
    for (size_t i = 0; i < sizeof tags; i++) {
        uint8_t bytes[32] = {tags[i]};
        struct tl_reader r = tl_reader(tl_bytes(bytes, sizeof bytes));

        assert_int_equal(tl_read_peek(&r), TL_KIND_NONE);
        assert_int_equal(tl_read_value(&r, SIZE_MAX).len, 0);
        assert_true(r.bad);
    }
}

static void test_text_is_clean_utf8(void **state)
{
    static const char *const wrong[] = {
        "\xa1\x80",             /* a continuation byte alone */
        "\xa1\xc3",             /* half a character */
        "\xa2\xc0\xaf",         /* overlong '/' */
        "\xa3\xe0\x80\xaf",     /* overlong again */
        "\xa3\xed\xa0\x80",     /* a surrogate */
        "\xa4\xf4\x90\x80\x80", /* beyond U+10FFFF */
        "\xa4\xf5\x80\x80\x80", /* no such lead byte */
        "\xa1\x1f",             /* a control character */
        "\xa1\n",               /* a line feed */
        "\xa1\x7f",             /* delete */
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (is_value(tl_bytes_str(wrong[i])))
            fail_msg("case %zu", i);
    }
    assert_refused(BYTES("\xa1\0"), "a zero byte");
    assert_true(is_value(BYTES("\xa2\xc3\xa4")));
    assert_true(is_value(BYTES("\xa4\xf4\x8f\xbf\xbf")));
}

static void test_depth_is_bounded(void **state)
{
    uint8_t bytes[TL_DEPTH_MAX + 2];

    (void)state;
    memset(bytes, 0x91, sizeof bytes);
    bytes[TL_DEPTH_MAX] = 0x01;
    assert_true(is_value(tl_bytes(bytes, TL_DEPTH_MAX + 1)));
    bytes[TL_DEPTH_MAX] = 0x91;
    bytes[TL_DEPTH_MAX + 1] = 0x01;
    assert_false(is_value(tl_bytes(bytes, TL_DEPTH_MAX + 2)));
}

/* A count or length beyond the bytes at hand is refused before it is believed. */
static void test_claims_beyond_the_bytes(void **state)
{
    struct tl_reader r = tl_reader(BYTES("\xdd\xff\xff\xff\xff"));

    (void)state;
    assert_int_equal(tl_read_array(&r, UINT32_MAX), 0);
    assert_true(r.bad);
    assert_refused(BYTES("\xdd\xff\xff\xff\xff"), "four thousand million elements");
    assert_refused(BYTES("\xc6\xff\xff\xff\xff"), "four gigabytes");
    assert_refused(BYTES("\xdb\xff\xff\xff\xff"), "four gigabytes of text");
    assert_refused(BYTES("\x92\x01"), "an element is missing");
    assert_refused(BYTES("\x01\x02"), "a second value");
    assert_refused(BYTES(""), "nothing");
    assert_refused(BYTES("\xcd\x01"), "half a number");
}

static void test_ranges_are_enforced(void **state)
{
    struct tl_reader r = tl_reader(BYTES("\x64"));

    (void)state;
    assert_int_equal(tl_read_uint(&r, 99), 0);
    assert_true(r.bad);
    r = tl_reader(BYTES("\x64"));
    assert_int_equal(tl_read_uint(&r, 100), 100);
    assert_true(tl_read_done(&r));
    r = tl_reader(BYTES("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"));
    assert_int_equal(tl_read_int(&r, INT64_MIN, INT64_MAX), 0);
    assert_true(r.bad);
    r = tl_reader(BYTES("\xff"));
    assert_int_equal(tl_read_uint(&r, UINT64_MAX), 0);
    assert_true(r.bad);
    r = tl_reader(BYTES("\x93\x01\x02\x03"));
    assert_int_equal(tl_read_array(&r, 2), 0);
    assert_true(r.bad);
    r = tl_reader(BYTES("\xa3"
                        "abc"));
    assert_int_equal(tl_read_str(&r, 2).len, 0);
    assert_true(r.bad);
}

/* Once failed, a reader gives zeros and never comes back. */
static void test_a_failed_reader_stays_failed(void **state)
{
    uint8_t fixed[4] = {1, 2, 3, 4};
    struct tl_reader r = tl_reader(BYTES("\xc0\x01\xc3\xa1"
                                         "a"));

    (void)state;
    assert_int_equal(tl_read_uint(&r, 9), 0);
    assert_int_equal(tl_read_uint(&r, 9), 0);
    assert_false(tl_read_bool(&r));
    assert_int_equal(tl_read_str(&r, 9).len, 0);
    tl_read_fixed(&r, fixed, sizeof fixed);
    assert_int_equal(fixed[0], 0);
    assert_false(tl_read_done(&r));
}

/* ---- what we write ---- */

static uint64_t oracle_uint(struct tl_bytes bytes)
{
    msgpack_unpacked unpacked;
    size_t off = 0;
    uint64_t value;

    msgpack_unpacked_init(&unpacked);
    assert_int_equal(msgpack_unpack_next(&unpacked, (const char *)bytes.ptr, bytes.len, &off),
                     MSGPACK_UNPACK_SUCCESS);
    assert_int_equal(off, bytes.len);
    assert_true(unpacked.data.type == MSGPACK_OBJECT_POSITIVE_INTEGER ||
                unpacked.data.type == MSGPACK_OBJECT_NEGATIVE_INTEGER);
    value = unpacked.data.via.u64;
    msgpack_unpacked_destroy(&unpacked);
    return value;
}

static void assert_uint(uint64_t value)
{
    uint8_t bytes[16];
    struct tl_buf out = tl_buf(bytes, sizeof bytes);
    struct tl_reader r;

    tl_write_uint(&out, value);
    r = tl_reader(tl_buf_bytes(&out));
    assert_true(tl_read_uint(&r, UINT64_MAX) == value);
    assert_true(tl_read_done(&r));
    assert_true(oracle_uint(tl_buf_bytes(&out)) == value);
}

static void assert_int(int64_t value)
{
    uint8_t bytes[16];
    struct tl_buf out = tl_buf(bytes, sizeof bytes);
    struct tl_reader r;

    tl_write_int(&out, value);
    r = tl_reader(tl_buf_bytes(&out));
    assert_true(tl_read_int(&r, INT64_MIN, INT64_MAX) == value);
    assert_true(tl_read_done(&r));
    assert_true((int64_t)oracle_uint(tl_buf_bytes(&out)) == value);
}

static void test_integers_round_trip(void **state)
{
    struct gen gen = gen_seed(1);

    (void)state;
    for (uint32_t bit = 0; bit < 64; bit++) {
        for (uint64_t off = 0; off < 4; off++) {
            uint64_t value = ((uint64_t)1 << bit) + off - 2;

            assert_uint(value);
            assert_int((int64_t)value);
            assert_int((int64_t)(0 - value));
        }
    }
    for (int i = 0; i < 20000; i++) {
        uint64_t value = gen_u64(&gen) >> gen_below(&gen, 64);

        assert_uint(value);
        assert_int((int64_t)value);
        assert_int((int64_t)(0 - value));
    }
}

static void test_lengths_round_trip(void **state)
{
    static const size_t lens[] = {0, 1, 15, 16, 31, 32, 255, 256, 65535, 65536};
    static uint8_t body[65536];
    static uint8_t bytes[140000];

    (void)state;
    memset(body, 'x', sizeof body);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        struct tl_bytes in = tl_bytes(body, lens[i]);
        struct tl_buf out = tl_buf(bytes, sizeof bytes);
        struct tl_reader r;

        tl_write_str(&out, in);
        tl_write_bin(&out, in);
        assert_false(out.full);
        r = tl_reader(tl_buf_bytes(&out));
        assert_int_equal(tl_read_peek(&r), TL_KIND_STR);
        assert_true(tl_bytes_eq(tl_read_str(&r, SIZE_MAX), in));
        assert_int_equal(tl_read_peek(&r), TL_KIND_BIN);
        assert_true(tl_bytes_eq(tl_read_bin(&r, SIZE_MAX), in));
        assert_true(tl_read_done(&r));
    }
}

static void test_a_full_buffer_stays_full(void **state)
{
    uint8_t bytes[4];
    struct tl_buf out = tl_buf(bytes, sizeof bytes);

    (void)state;
    tl_write_uint(&out, 1);
    tl_write_bin(&out, BYTES("too long"));
    assert_true(out.full);
    tl_write_uint(&out, 2);
    assert_true(out.full);
    assert_true(out.len <= sizeof bytes);
}

/* Whatever is a value of the profile is one to msgpack-c, of the same length. */
static void test_random_bytes_against_the_oracle(void **state)
{
    struct gen gen = gen_seed(2);
    uint32_t accepted = 0;

    (void)state;
    for (int i = 0; i < 100000; i++) {
        uint8_t bytes[8];
        msgpack_unpacked unpacked;
        struct tl_reader r;
        size_t off = 0;
        size_t len;

        gen_bytes(&gen, bytes, sizeof bytes);
        bytes[0] = (uint8_t)(i % 3 == 0 ? 0x90 | (bytes[0] & 3) : bytes[0]);
        r = tl_reader(tl_bytes(bytes, sizeof bytes));
        len = tl_read_value(&r, SIZE_MAX).len;
        if (len == 0)
            continue;
        accepted++;
        msgpack_unpacked_init(&unpacked);
        assert_int_equal(msgpack_unpack_next(&unpacked, (const char *)bytes, sizeof bytes, &off),
                         MSGPACK_UNPACK_SUCCESS);
        assert_int_equal(off, len);
        msgpack_unpacked_destroy(&unpacked);
    }
    assert_true(accepted > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers_have_one_spelling),
        cmocka_unit_test(test_lengths_have_one_spelling),
        cmocka_unit_test(test_foreign_kinds_are_refused),
        cmocka_unit_test(test_text_is_clean_utf8),
        cmocka_unit_test(test_depth_is_bounded),
        cmocka_unit_test(test_claims_beyond_the_bytes),
        cmocka_unit_test(test_ranges_are_enforced),
        cmocka_unit_test(test_a_failed_reader_stays_failed),
        cmocka_unit_test(test_integers_round_trip),
        cmocka_unit_test(test_lengths_round_trip),
        cmocka_unit_test(test_a_full_buffer_stays_full),
        cmocka_unit_test(test_random_bytes_against_the_oracle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
