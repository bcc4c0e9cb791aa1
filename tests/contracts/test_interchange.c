/* Fixed-width records: the places of their fields are those of the shared table,
 * and what is written reads back. */
#include "tl/interchange.h"

#include "shared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { COLUMNS = 7 };

/* One row of the table; a field of more commas belongs to the last column. */
static uint32_t columns_of(char *line, char *column[COLUMNS])
{
    uint32_t count = 0;

    while (count < COLUMNS) {
        char *comma = strchr(line, ',');

        column[count++] = line;
        if (comma == NULL || count == COLUMNS)
            break;
        *comma = '\0';
        line = comma + 1;
    }
    return count;
}

static const struct tl_interchange_field *need(const struct tl_interchange_record *record,
                                               const char *name)
{
    int at = tl_interchange_index(record, name);

    if (at < 0)
        fail_msg("%s %s has no field %s", record->family, record->code, name);
    return &record->field[at];
}

static void place_is(const struct tl_interchange_record *record, const char *name, long start,
                     long end)
{
    const struct tl_interchange_field *field = need(record, name);

    if (field->start != start || field->end != end)
        fail_msg("%s %s %s is at %u-%u, not %ld-%ld", record->family, record->code, name,
                 field->start, field->end, start, end);
}

/* "56-63 received_date; 64-75 current_balance": places in a note. */
static uint32_t places_in(const struct tl_interchange_record *record, const char *note)
{
    uint32_t seen = 0;

    for (const char *at = note; at != NULL && *at != '\0';) {
        long start;
        long end;
        char name[64];
        int used = 0;

        if (sscanf(at, " %ld-%ld %63[A-Za-z0-9_]%n", &start, &end, name, &used) == 3 && used > 0 &&
            tl_interchange_index(record, name) >= 0) {
            place_is(record, name, start, end);
            seen++;
        } else if (sscanf(at, " %ld %63[A-Z_]", &start, name) == 2 &&
                   tl_interchange_index(record, name) >= 0) {
            place_is(record, name, start, start); /* "153 FREQUENCY" */
            seen++;
        }
        at = strpbrk(at, "; ");
        while (at != NULL && (*at == ';' || *at == ' '))
            at++;
    }
    return seen;
}

/* "7 x D12": so many fields of the same width, by their names' last number. */
static uint32_t row_of_fields(const struct tl_interchange_record *record, const char *name,
                              long start, long end)
{
    static const char *const nine[] = {"principal", "interest", "other3", "other4", "other5",
                                       "other6",    "other7",   "other8", "other9"};
    uint32_t first = strncmp(name, "other3", 6) == 0 ? 2 : 0;

    for (uint32_t i = first; i < 9; i++)
        place_is(record, nine[i], start + 12 * (long)(i - first),
                 start + 12 * (long)(i - first) + 11);
    assert_int_equal(end, start + 12 * (long)(9 - first) - 1);
    return 9 - first;
}

static uint32_t check_row(const struct tl_interchange_record *record, char *column[COLUMNS])
{
    long start = strtol(column[2], NULL, 10);
    long end = strtol(column[3], NULL, 10);
    uint32_t seen = 0;

    if (strncmp(column[5], "payment_amount_bucket1", 22) == 0)
        place_is(record, "payment_amount_bucket1", start, start + 11);
    else if (strstr(column[4], " x D12") != NULL)
        seen = row_of_fields(record, column[5], start, end);
    else if (column[5][0] != '\0')
        place_is(record, column[5], start, end);
    return seen + (column[5][0] != '\0') + places_in(record, column[6]);
}

/* The codes a row is about: "CPEN / CFIN", "09 / 39 notes", "ABKP (bankruptcy)". */
static uint32_t check_codes(char *column[COLUMNS])
{
    char codes[128];
    uint32_t seen = 0;

    (void)snprintf(codes, sizeof codes, "%s", column[1]);
    for (char *word = strtok(codes, " /;("); word != NULL; word = strtok(NULL, " /;(")) {
        const struct tl_interchange_record *record =
            tl_interchange_find(column[0], tl_bytes_str(word));

        if (record != NULL)
            seen += check_row(record, column);
    }
    return seen;
}

static void fields_are_where_the_table_says(void **state)
{
    char path[1024];
    uint32_t rows = 0;
    uint32_t seen = 0;
    size_t len;
    char *text;

    (void)state;
    if (!test_shared_path(path, sizeof path, "vectors/domain/interchange_layouts.csv"))
        skip();
    text = test_read_file(path, &len);
    assert_non_null(text);
    for (char *line = strtok(text, "\n"), *next; line != NULL; line = next, rows++) {
        char *column[COLUMNS];
        static char row[4096];

        next = line + strlen(line) + 1 < text + len ? line + strlen(line) + 1 : NULL;
        if (next != NULL && strchr(next, '\n') != NULL)
            *strchr(next, '\n') = '\0';
        (void)snprintf(row, sizeof row, "%s", line);
        if (rows == 0 || columns_of(row, column) < COLUMNS)
            continue;
        seen += check_codes(column);
    }
    free(text);
    assert_true(rows > 35);
    assert_true(seen > 90); /* places compared */
}

/* No two fields of a record share a column, none leaves the line. */
static void fields_do_not_overlap(void **state)
{
    const struct tl_interchange_record *record;

    (void)state;
    for (size_t n = 0; (record = tl_interchange_at(n)) != NULL; n++) {
        assert_true(record->fields <= TL_INTERCHANGE_FIELDS_MAX);
        for (uint32_t i = 0; i < record->fields; i++) {
            assert_true(record->field[i].end <= record->length);
            assert_true(record->field[i].start <= record->field[i].end);
            assert_true(i == 0 || record->field[i].start > record->field[i - 1].end);
        }
        assert_ptr_equal(tl_interchange_find(record->family, tl_bytes_str(record->code)), record);
    }
    assert_null(tl_interchange_find("AIM", tl_bytes_str("XXXX")));
    assert_null(tl_interchange_find("YGC", tl_bytes_str("CACT")));
}

static void what_is_written_reads_back(void **state)
{
    const struct tl_interchange_record *record;

    (void)state;
    for (size_t n = 0; (record = tl_interchange_at(n)) != NULL; n++) {
        struct tl_interchange_value in[TL_INTERCHANGE_FIELDS_MAX];
        struct tl_interchange_value out[TL_INTERCHANGE_FIELDS_MAX];
        uint8_t bytes[4096];
        struct tl_buf buf = tl_buf(bytes, sizeof bytes);
        uint32_t wrong;

        for (uint32_t i = 0; i < record->fields; i++) {
            in[i] = (struct tl_interchange_value){tl_bytes_str("x"), 7};
            if (record->field[i].kind == TL_INTERCHANGE_MONEY)
                in[i].number = i % 2 == 0 ? 123456 + (int64_t)i : -5;
            else if (record->field[i].kind == TL_INTERCHANGE_DATE)
                in[i].number = i % 2 == 0 ? 20000 + (int64_t)i : TL_DATE_NONE;
        }
        assert_int_equal(tl_interchange_write(&buf, record, in, &wrong), TL_OK);
        assert_int_equal(buf.len, record->length);
        assert_int_equal(tl_interchange_read(record, tl_buf_bytes(&buf), out, &wrong), TL_OK);
        for (uint32_t i = 1; i < record->fields; i++) {
            if (record->field[i].kind == TL_INTERCHANGE_TEXT)
                assert_true(tl_bytes_eq(out[i].text, in[i].text));
            else
                assert_int_equal(out[i].number, in[i].number);
        }
    }
}

static enum tl_status read_apay(const char *line, struct tl_interchange_value *value,
                                uint32_t *wrong)
{
    return tl_interchange_read(tl_interchange_find("AIM", tl_bytes_str("APAY")), tl_bytes_str(line),
                               value, wrong);
}

static void lines_are_read_strictly(void **state)
{
    struct tl_interchange_value value[TL_INTERCHANGE_FIELDS_MAX];
    char line[128];
    uint32_t wrong;

    (void)state;
    (void)snprintf(line, sizeof line, "APAY%09d%-30s%s%s%-3s%-30s", 42, "acc 7", "000000012.34",
                   "20260302", "PA", "P1");
    assert_int_equal(read_apay(line, value, &wrong), TL_OK);
    assert_int_equal(value[1].number, 42);
    assert_true(tl_bytes_eq(value[2].text, tl_bytes_str("acc 7")));
    assert_int_equal(value[3].number, 1234);
    assert_int_equal(value[8].number, 0); /* the line ends before its buckets */
    line[0] = 'X';
    assert_int_equal(read_apay(line, value, &wrong), TL_ERR_ENCODING);
    assert_int_equal(read_apay("APA", value, &wrong), TL_ERR_ENCODING);
    line[0] = 'A';
    line[53 - 1] = '3'; /* the decimal point */
    assert_int_equal(read_apay(line, value, &wrong), TL_ERR_ENCODING);
    assert_int_equal(wrong, 3);
    line[53 - 1] = '.';
    line[46] = 'x';
    assert_int_equal(read_apay(line, value, &wrong), TL_ERR_ENCODING);
    line[46] = '0';
    memcpy(line + 55, "20260230", 8); /* no such day */
    assert_int_equal(read_apay(line, value, &wrong), TL_ERR_ENCODING);
    assert_int_equal(wrong, 4);
    memcpy(line + 55, "19000101", 8);
    assert_int_equal(read_apay(line, value, &wrong), TL_OK);
    assert_int_equal(value[4].number, TL_DATE_NONE);
    memcpy(line + 55, "        ", 8);
    assert_int_equal(read_apay(line, value, &wrong), TL_OK);
    assert_int_equal(value[4].number, TL_DATE_NONE);
    memcpy(line + 55, " 2026030", 8);
    assert_int_equal(read_apay(line, value, &wrong), TL_ERR_ENCODING);
    line[5] = '-';
    assert_int_equal(read_apay(line, value, &wrong), TL_ERR_ENCODING);
    assert_int_equal(wrong, 1);
}

static void what_does_not_fit_is_refused(void **state)
{
    const struct tl_interchange_record *record = tl_interchange_find("AIM", tl_bytes_str("APAY"));
    struct tl_interchange_value value[TL_INTERCHANGE_FIELDS_MAX];
    uint8_t bytes[300];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);
    uint32_t cut;
    static const struct {
        uint32_t field;
        int64_t number;
        const char *text;
        bool fits;
    } cases[] = {
        {1, 999999999, "", true},
        {1, 1000000000, "", false},
        {1, -1, "", false},
        {3, 99999999999, "", true},
        {3, 100000000000, "", false},
        {3, -9999999999, "", true},
        {3, -10000000000, "", false},
        {4, TL_DATE_MAX, "", true},
        {4, TL_DATE_MAX + 1, "", false},
        {4, TL_DATE_MIN - 1, "", false},
        {5, 0, "PAR", true},
        {5, 0, "PARA", false},
        {5, 0, "P\n", false},
        {5, 0, "P\x7f", false},
        {5, 0, "~", true},
        {5, 0, " A", true},
    };

    (void)state;
    for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t wrong;

        for (uint32_t f = 0; f < record->fields; f++)
            value[f] = (struct tl_interchange_value){TL_BYTES_NONE, 0};
        value[cases[i].field] =
            (struct tl_interchange_value){tl_bytes_str(cases[i].text), cases[i].number};
        buf.len = 0;
        assert_int_equal(tl_interchange_write(&buf, record, value, &wrong),
                         cases[i].fits ? TL_OK : TL_ERR_RANGE);
        assert_int_equal(wrong, cases[i].fits ? 0 : cases[i].field);
    }
    buf = tl_buf(bytes, record->length - 1u);
    assert_int_equal(tl_interchange_write(&buf, record, value, &cut), TL_ERR_RANGE);
    buf = tl_buf(bytes, record->length);
    assert_int_equal(tl_interchange_write(&buf, record, value, &cut), TL_OK);
}

/* Trap 29: a reversal in the same file as its payment. */
static void a_reversal_is_not_in_its_payments_file(void **state)
{
    const struct tl_interchange_payment file[] = {{tl_bytes_str("a"), false},
                                                  {tl_bytes_str("b"), true},
                                                  {tl_bytes_str("c"), false},
                                                  {tl_bytes_str("c"), false},
                                                  {tl_bytes_str("a"), true}};

    (void)state;
    assert_int_equal(tl_interchange_pair(file, 0), 0);
    assert_int_equal(tl_interchange_pair(file, 4), 4);
    assert_int_equal(tl_interchange_pair(file, 5), 4);
    assert_int_equal(tl_interchange_pair(file + 1, 4), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_where_the_table_says),
        cmocka_unit_test(fields_do_not_overlap),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(lines_are_read_strictly),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(a_reversal_is_not_in_its_payments_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
