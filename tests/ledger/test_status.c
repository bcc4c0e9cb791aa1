/* The words a person reads when something ends badly, and the exit codes. */
#include "tl/status.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static enum tl_status status_at(unsigned int i)
{
    return (enum tl_status)i;
}

static void test_texts_are_of_one_kind(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < TL_STATUS_COUNT; i++) {
        const char *text = tl_status_text(status_at(i));
        size_t len = strlen(text);

        assert_true(len > 0 && len <= 72);
        assert_true(islower((unsigned char)text[0]));
        assert_null(strchr("., !", text[len - 1]));
        for (size_t c = 0; c < len; c++)
            assert_false(isupper((unsigned char)text[c]));
    }
}

static void test_names_and_texts_differ(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < TL_STATUS_COUNT; i++) {
        for (unsigned int j = 0; j < i; j++) {
            assert_string_not_equal(tl_status_name(status_at(i)), tl_status_name(status_at(j)));
            assert_string_not_equal(tl_status_text(status_at(i)), tl_status_text(status_at(j)));
        }
    }
}

/* Only success ends a command with 0. */
static void test_exit_codes(void **state)
{
    (void)state;
    assert_int_equal(TL_OK, 0);
    for (unsigned int i = 0; i < TL_STATUS_COUNT; i++) {
        int code = tl_status_exit(status_at(i));

        assert_true(code >= 0 && code < 64);
        assert_int_equal(code == 0, status_at(i) == TL_OK);
    }
    assert_string_equal(tl_status_name(TL_ERR_SIGNATURE), "ERR_SIGNATURE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_are_of_one_kind),
        cmocka_unit_test(test_names_and_texts_differ),
        cmocka_unit_test(test_exit_codes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
