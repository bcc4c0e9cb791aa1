/* Rows of CSV files that people and programs really write. */
#include "csv_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Everything a reader said, as one text: "LINE:field|field;" and "LINE!why;". */
static char said[4096];

/* Appends what fits; a long file says more than a test wants to read. */
static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
    size_t at = strlen(said);
    va_list values;

    va_start(values, format);
    (void)vsnprintf(said + at, sizeof said - at, format, values);
    va_end(values);
}

static enum tl_status on_row(void *context, const struct tl_csv_row *row)
{
    (void)context;
    say("%zu:", row->line);
    for (size_t i = 0; i < row->count; i++)
        say("%s%.*s", i > 0 ? "|" : "", (int)row->field[i].len,
            row->field[i].len > 0 ? (const char *)row->field[i].ptr : "");
    say(";");
    return TL_OK;
}

static enum tl_status on_bad(void *context, const struct tl_csv_row *row, const char *why)
{
    (void)context;
    say("%zu!%s;", row->line, why);
    return TL_OK;
}

static enum tl_status read_back(const char *path)
{
    static const struct tl_csv_sink sink = {on_row, on_bad, NULL};
    struct tl_gz *gz;
    enum tl_status status;

    said[0] = '\0';
    assert_int_equal(tl_gz_open(&gz, path), TL_OK);
    status = tl_csv_read(gz, ',', &sink);
    (void)tl_gz_close(gz);
    return status;
}

static const char *rows_of(const char *text)
{
    char path[] = "/tmp/test_csv_XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
    assert_int_equal(read_back(path), TL_OK);
    (void)unlink(path);
    return said;
}

static void rows_with_their_lines(void **state)
{
    (void)state;
    assert_string_equal(rows_of("a,b\n1,2\n"), "1:a|b;2:1|2;");
    assert_string_equal(rows_of("a,b\r\n1,2\r\n"), "1:a|b;2:1|2;");
    assert_string_equal(rows_of("a,b\n\n\n1,2"), "1:a|b;4:1|2;");
    assert_string_equal(rows_of("a,,\n"), "1:a||;");
    assert_string_equal(rows_of(""), "");
}

static void quotes_and_line_ends_in_fields(void **state)
{
    (void)state;
    assert_string_equal(rows_of("\"a,b\",\"c \"\"d\"\"\"\n"), "1:a,b|c \"d\";");
    assert_string_equal(rows_of("\"two\nlines\",x\ny,z\n"), "1:two\nlines|x;3:y|z;");
}

static void one_bad_quote_costs_one_line(void **state)
{
    (void)state;
    assert_string_equal(rows_of("a,b\n1,x\"y\n3,4\n"), "1:a|b;2!quote where none may be;3:3|4;");
    assert_string_equal(rows_of("a,b\n1,\"open\n3,4\n5,6\n"),
                        "1:a|b;2!quote is never closed;3:3|4;4:5|6;");
}

static void too_many_fields(void **state)
{
    char text[2048];

    (void)state;
    (void)memset(text, ',', 600);
    (void)memcpy(text + 600, "\nx,y\n", 6);
    assert_string_equal(rows_of(text), "1!row has too many fields;2:x|y;");
}

static void a_quote_that_never_closes_in_a_long_file(void **state)
{
    size_t len = 200000;
    char *text = malloc(len + 1u);
    size_t at = (size_t)snprintf(text, len, "h\n\"open\n");
    char want[32];

    (void)state;
    while (at + 3 < len) {
        text[at++] = '7';
        text[at++] = '\n';
    }
    text[at] = '\0';
    said[0] = '\0';
    /* Only the beginning fits into `said`; that the right lines go on is enough. */
    (void)rows_of(text);
    (void)snprintf(want, sizeof want, "1:h;2!quote is never closed;3:7");
    assert_memory_equal(said, want, strlen(want));
    free(text);
}

static void gzip_is_read_as_if_plain_and_a_cut_one_refused(void **state)
{
    char path[64];
    struct tl_gz *gz;
    char text[4001]; /* with the last terminator */

    (void)state;
    (void)snprintf(path, sizeof path, "/tmp/test_csv_%d.gz", (int)getpid());
    assert_int_equal(tl_gz_create(&gz, path), TL_OK);
    for (int i = 0; i < 500; i++)
        (void)snprintf(text + 8 * i, 9, "%03d,%03d\n", i, (i * 7919) % 1000);
    assert_int_equal(tl_gz_write(gz, tl_bytes(text, 4000)), TL_OK);
    assert_int_equal(tl_gz_close(gz), TL_OK);
    assert_int_equal(read_back(path), TL_OK);
    assert_memory_equal(said, "1:000|000;2:001|919;", 20);
    assert_int_equal(truncate(path, 700), 0);
    assert_int_equal(read_back(path), TL_ERR_CORRUPT);
    (void)unlink(path);
}

static void fields_are_quoted_when_they_must(void **state)
{
    static const struct {
        const char *field;
        const char *want;
    } cases[] = {{"plain", "plain"}, {"a,b", "\"a,b\""}, {"a\"b", "\"a\"\"b\""},
                 {"", ""},           {" x", "\" x\""},   {"a\nb", "\"a\nb\""}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[64];
        struct tl_buf buf = tl_buf(out, sizeof out);

        tl_csv_quote(&buf, tl_bytes_str(cases[i].field));
        tl_buf_byte(&buf, 0);
        assert_string_equal(out, cases[i].want);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_with_their_lines),
        cmocka_unit_test(quotes_and_line_ends_in_fields),
        cmocka_unit_test(one_bad_quote_costs_one_line),
        cmocka_unit_test(too_many_fields),
        cmocka_unit_test(a_quote_that_never_closes_in_a_long_file),
        cmocka_unit_test(gzip_is_read_as_if_plain_and_a_cut_one_refused),
        cmocka_unit_test(fields_are_quoted_when_they_must),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
