/* Views, hexadecimal, big-endian numbers, arenas and buffers. */
#include "tl/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_order_is_that_of_memcmp(void **state)
{
    (void)state;
    assert_int_equal(tl_bytes_cmp(TL_BYTES_NONE, TL_BYTES_NONE), 0);
    assert_true(tl_bytes_cmp(TL_BYTES_NONE, tl_bytes_str("a")) < 0);
    assert_true(tl_bytes_cmp(tl_bytes_str("a"), tl_bytes_str("ab")) < 0);
    assert_true(tl_bytes_cmp(tl_bytes_str("b"), tl_bytes_str("ab")) > 0);
    assert_true(tl_bytes_cmp(tl_bytes_str("\xff"), tl_bytes_str("a")) > 0);
    assert_true(tl_bytes_eq(TL_BYTES_NONE, tl_bytes_str("")));
    assert_false(tl_bytes_eq(tl_bytes_str("a"), tl_bytes_str("ab")));
}

static void test_hex(void **state)
{
    static const uint8_t bytes[] = {0x00, 0x9f, 0xa0, 0xff};
    char text[9];
    uint8_t back[4];

    (void)state;
    tl_hex(text, tl_bytes(bytes, sizeof bytes));
    assert_string_equal(text, "009fa0ff");
    assert_true(tl_unhex(back, sizeof back, text));
    assert_memory_equal(back, bytes, sizeof bytes);
    assert_true(tl_unhex(back, sizeof back, "009FA0Ff"));
    assert_memory_equal(back, bytes, sizeof bytes);
    assert_false(tl_unhex(back, sizeof back, "009fa0f"));
    assert_false(tl_unhex(back, sizeof back, "009fa0fff"));
    assert_false(tl_unhex(back, sizeof back, "009fa0fg"));
    assert_false(tl_unhex(back, sizeof back, ""));
}

static void test_big_endian(void **state)
{
    uint8_t out[8];

    (void)state;
    tl_put_u64be(out, UINT64_C(0x0102030405060708));
    for (uint8_t i = 0; i < 8; i++)
        assert_int_equal(out[i], i + 1);
    assert_true(tl_get_u64be(out) == UINT64_C(0x0102030405060708));
    tl_put_u32be(out, UINT32_MAX - 1);
    assert_int_equal(tl_get_u32be(out), UINT32_MAX - 1);
    tl_put_u16be(out, 0xff00);
    assert_int_equal(out[0], 0xff);
    assert_int_equal(tl_get_u16be(out), 0xff00);
}

static void test_arena_runs_out_cleanly(void **state)
{
    static _Alignas(16) uint8_t memory[256];
    struct tl_arena arena;
    struct tl_bytes copy;
    uint8_t *first;

    (void)state;
    memset(memory, 0xee, sizeof memory);
    tl_arena_init(&arena, memory, sizeof memory);
    first = tl_arena_take(&arena, 10);
    assert_non_null(first);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(first[i], 0);
    assert_int_equal((uintptr_t)tl_arena_take(&arena, 8) % 16, 0);
    assert_null(tl_arena_take(&arena, 256));
    assert_null(tl_arena_take(&arena, SIZE_MAX));
    assert_non_null(tl_arena_take(&arena, 8));
    assert_true(tl_arena_copy(&arena, tl_bytes_str("kept"), &copy));
    assert_true(tl_bytes_eq(copy, tl_bytes_str("kept")));
    tl_arena_reset(&arena);
    assert_ptr_equal(tl_arena_take(&arena, 1), first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_is_that_of_memcmp),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_big_endian),
        cmocka_unit_test(test_arena_runs_out_cleanly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
