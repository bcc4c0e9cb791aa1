/* Metro 2 files on disk: streamed in windows, accounts found again. */
#include "metro2_file.h"

#include "shared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ACCOUNTS 5000u /* several windows */

static char path[64];

static void put_number(uint8_t *base, enum tl_metro2_field field, uint64_t value)
{
    assert_true(tl_metro2_set_number(base, field, value));
}

static void write_file(enum tl_metro2_form form, uint32_t accounts)
{
    uint8_t bytes[1024];
    struct tl_metro2_record record;
    FILE *to;
    int fd;

    (void)snprintf(path, sizeof path, "/tmp/test_metro2_XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    to = fdopen(fd, "wb");
    assert_non_null(to);
    for (uint32_t i = 0; i < accounts + 2; i++) {
        struct tl_buf out = tl_buf(bytes, sizeof bytes);

        tl_metro2_begin(&record, i == 0              ? TL_METRO2_HEADER
                                 : i == accounts + 1 ? TL_METRO2_TRAILER
                                                     : TL_METRO2_BASE);
        if (record.kind == TL_METRO2_BASE)
            put_number(record.first, TL_METRO2_BASE_CURRENT_BALANCE, i);
        tl_metro2_seal(&record, form);
        tl_metro2_write(&out, &record, form);
        assert_int_equal(fwrite(bytes, 1, out.len, to), out.len);
    }
    assert_int_equal(fclose(to), 0);
}

static void files_are_streamed(void **state)
{
    static const enum tl_metro2_form forms[] = {TL_METRO2_LINES, TL_METRO2_BLOCKS,
                                                TL_METRO2_PACKED};

    (void)state;
    for (size_t f = 0; f < 3; f++) {
        struct tl_metro2_file file;
        struct tl_metro2_record record;
        uint64_t bases = 0;
        uint64_t balance;
        enum tl_status status;

        write_file(forms[f], ACCOUNTS);
        assert_int_equal(tl_metro2_file_open(&file, path), TL_OK);
        while ((status = tl_metro2_file_next(&file, &record)) == TL_OK)
            if (record.kind == TL_METRO2_BASE) {
                bases++;
                assert_true(
                    tl_metro2_number(record.first, TL_METRO2_BASE_CURRENT_BALANCE, &balance));
                assert_int_equal(balance, bases);
            }
        assert_int_equal(status, TL_ERR_NOT_FOUND);
        assert_int_equal(bases, ACCOUNTS);
        assert_int_equal(file.reader.form, forms[f]);
        tl_metro2_file_close(&file);
        (void)unlink(path);
    }
}

static void what_is_no_file_is_said(void **state)
{
    struct tl_metro2_file file;
    struct tl_metro2_record record;

    (void)state;
    assert_int_equal(tl_metro2_file_open(&file, "/tmp/there/is/none"), TL_ERR_IO);
    assert_int_equal(tl_metro2_file_open(&file, "/dev/null"), TL_OK);
    assert_int_equal(tl_metro2_file_next(&file, &record), TL_ERR_ENCODING);
    tl_metro2_file_close(&file);
}

static struct tl_metro2_summary account(uint32_t number)
{
    struct tl_metro2_summary summary;

    memset(&summary, 0, sizeof summary);
    (void)snprintf((char *)summary.key, sizeof summary.key, "account %u", number);
    (void)snprintf((char *)summary.next, sizeof summary.next, "account %u", number + ACCOUNTS);
    summary.number = number;
    return summary;
}

static void accounts_are_found_again(void **state)
{
    struct tl_metro2_index index[2] = {{.by_next = false}, {.by_next = true}};

    (void)state;
    for (uint32_t which = 0; which < 2; which++) {
        struct tl_metro2_summary last;

        assert_null(tl_metro2_index_find(&index[which], account(0).key));
        for (uint32_t i = 0; i < ACCOUNTS; i++) {
            last = account(i);
            assert_true(tl_metro2_index_add(&index[which], &last));
        }
        assert_false(tl_metro2_index_add(&index[which], &last));
        for (uint32_t i = 0; i < 2 * ACCOUNTS; i++) {
            struct tl_metro2_summary wanted = account(i);
            const struct tl_metro2_summary *found = tl_metro2_index_find(&index[which], wanted.key);

            if ((which == 0) == (i < ACCOUNTS)) {
                assert_non_null(found);
                assert_int_equal(found->number, which == 0 ? i : i - ACCOUNTS);
            } else
                assert_null(found);
        }
        tl_metro2_index_free(&index[which]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_streamed),
        cmocka_unit_test(what_is_no_file_is_said),
        cmocka_unit_test(accounts_are_found_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
