/* The places of fields in files of others are those of the published lists. */
#include "interchange.h"
#include "vector.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int checked;

static const struct tl_interchange_field *field_of(const char *format, const char *record,
                                                   const char *name)
{
    const struct tl_interchange_field *field;

    for (size_t i = 0; (field = tl_interchange_at(i)) != NULL; i++)
        if (strcmp(field->record, record) == 0 && strcmp(field->name, name) == 0 &&
            (field->format == TL_INTERCHANGE_AIM) == (strcmp(format, "AIM") == 0))
            return field;
    return NULL;
}

static void check(const char *format, const char *record, const char *name, long start, long end)
{
    const struct tl_interchange_field *field = field_of(format, record, name);

    if (field == NULL)
        fail_msg("%s %s has no field %s", format, record, name);
    if ((long)field->start != start || (end != 0 && (long)field->end != end))
        fail_msg("%s %s %s stands at %u-%u, not at %ld-%ld", format, record, name, field->start,
                 field->end, start, end);
    checked++;
}

/* "56-63 received_date; 64-75 current_balance": places told in a note, behind
 * that of the row; smaller numbers are codes. */
static void check_note(const char *format, const char *record, const char *note, long behind)
{
    for (const char *at = note; *at != '\0';) {
        char name[40] = "";
        long start = 0;
        long end = 0;
        int used = 0;

        if (isdigit((unsigned char)*at) &&
            sscanf(at, "%ld-%ld %39[A-Za-z_0-9]%n", &start, &end, name, &used) == 3 &&
            isalpha((unsigned char)name[0])) {
            if (start > behind)
                check(format, record, name, start, end);
            at += used;
        } else {
            while (isalnum((unsigned char)*at))
                at++;
            at += *at != '\0';
        }
    }
}

/* A row about one field, or about several of one width. */
static void check_row(struct vector_csv *csv, const char *record)
{
    const char *format = csv->column[0];
    long start = strtol(csv->column[2], NULL, 10);
    char *rest = NULL;
    long end = strtol(csv->column[3], &rest, 10);
    const char *name = csv->column[5];

    if (strcmp(csv->column[3], "..") == 0) {
        check(format, record, "payment_amount_bucket1", start, 0);
    } else if (strchr(name, ' ') == NULL && strchr(name, '.') == NULL) {
        check(format, record, name, start, end);
    } else { /* principal interest other3..9: twelve characters each, without a gap */
        bool money = strncmp(name, "principal", 9) == 0;
        char other[16];

        if (money) {
            check(format, record, "principal", start, start + 11);
            check(format, record, "interest", start + 12, start + 23);
            start += 24;
        }
        for (int i = 3; i <= 9; i++, start += 12) {
            (void)snprintf(other, sizeof other, "other%d", i);
            check(format, record, other, start, start + 11);
        }
        assert_int_equal(start, end + 1);
    }
    if (csv->columns > 6)
        check_note(format, record, csv->column[6], strtol(csv->column[2], NULL, 10));
}

static void places_are_the_published_ones(void **state)
{
    struct vector_csv csv;
    int rows = 0;

    (void)state;
    vector_csv_open(&csv, "interchange_layouts.csv");
    while (vector_csv_next(&csv)) {
        char first[16] = "";
        char second[16] = "";

        rows++;
        if (csv.column[2][0] == '\0')
            continue; /* families told without places */
        if (sscanf(csv.column[1], "%15[A-Z0-9] / %15[A-Z0-9]", first, second) == 2)
            check_row(&csv, second);
        check_row(&csv, first);
    }
    vector_csv_close(&csv);
    assert_int_equal(rows, 41);
    assert_in_range(checked, 90, 200);
    print_message("%d places checked\n", checked);
}

/* The one family whose places stand in the note of a row without any. */
static void requests_stand_where_the_note_says(void **state)
{
    (void)state;
    check_note("AIM", "ARAR", "14-18 request_code 19-23 response_code 24-32 request_id 33-532 text",
               1);
    check("YGC", "43", "FREQUENCY", 153, 153);
}

static void value_is(const char *line, const char *name, const char *wanted)
{
    const struct tl_interchange_field *first = tl_interchange_record(tl_bytes_str(line));
    char text[TL_INTERCHANGE_TEXT_MAX];
    enum tl_status status;

    assert_non_null(first);
    status = tl_interchange_value(text, field_of("AIM", first->record, name), tl_bytes_str(line));
    assert_int_equal(status, wanted != NULL ? TL_OK : TL_ERR_ENCODING);
    if (wanted != NULL)
        assert_string_equal(text, wanted);
}

static void values_are_what_their_places_hold(void **state)
{
    static const char good[] = "APAY000000042ACC-7                               125.5020240229PA "
                               "P-1                           ";
    char bad[sizeof good];

    (void)state;
    value_is(good, "file_number", "000000042");
    value_is(good, "account", "ACC-7");
    value_is(good, "payment_amount", "125.50");
    value_is(good, "payment_date", "2024-02-29");
    value_is(good, "payment_type", "PA");
    value_is(good, "payment_identifier", "P-1");
    value_is(good, "payment_amount_bucket9", ""); /* the line ends before */
    memcpy(bad, good, sizeof bad);
    memcpy(bad + 55, "20230229", 8);
    value_is(bad, "payment_date", NULL);
    memcpy(bad + 55, "19000101", 8);
    value_is(bad, "payment_date", "");
    memcpy(bad + 43, "      125,50", 12);
    value_is(bad, "payment_amount", NULL);
    memcpy(bad + 43, "      -25.50", 12);
    value_is(bad, "payment_amount", "-25.50");
    memcpy(bad + 4, "00000004x", 9);
    value_is(bad, "file_number", NULL);
    assert_null(tl_interchange_record(tl_bytes_str("XXXX")));
    assert_null(tl_interchange_record(tl_bytes_str("AP")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_the_published_ones),
        cmocka_unit_test(requests_stand_where_the_note_says),
        cmocka_unit_test(values_are_what_their_places_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
