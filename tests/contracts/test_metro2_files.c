/* Metro 2 files of any origin: read, written again the same, refused when they
 * cannot be read.  The samples are judged as the notes beside them say. */
#include "metro2_rig.h"

#include "shared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

static void forget(struct tl_bytes bytes)
{
    free((void *)(uintptr_t)bytes.ptr);
}

/* ---- the table --------------------------------------------------------- */

static const struct tl_metro2_place *find_place(const char *kind, const char *name)
{
    for (uint32_t f = 0; f < TL_METRO2_FIELD_COUNT; f++) {
        const struct tl_metro2_place *place = tl_metro2_place((enum tl_metro2_field)f);
        const char *word = tl_name_of(&tl_metro2_kind_names, place->kind);

        if (strcasecmp(word, kind) == 0 && strcmp(place->name, name) == 0)
            return place;
    }
    return NULL;
}

static void layout_is_the_published_one(void **state)
{
    struct tl_bytes csv = sample("vectors/domain/metro2_layout.csv");
    char *rest = NULL;
    uint32_t rows = 0;

    (void)state;
    (void)strtok_r((char *)(uintptr_t)csv.ptr, "\r\n", &rest); /* the heading */
    for (char *line; (line = strtok_r(NULL, "\r\n", &rest)) != NULL;) {
        char *column[7];
        char *at = NULL;
        const struct tl_metro2_place *place;

        for (uint32_t i = 0; i < 7; i++)
            column[i] = strtok_r(i == 0 ? line : NULL, ",", &at);
        assert_non_null(column[6]);
        place = find_place(column[0], column[4]);
        assert_non_null(place);
        assert_int_equal(place->start, strtol(column[1], NULL, 10));
        assert_int_equal(place->length, strtol(column[3], NULL, 10));
        assert_int_equal(place->required, column[6][0] == 'R');
        rows++;
    }
    assert_int_equal(rows, TL_METRO2_FIELD_COUNT);
    forget(csv);
}

/* Fields fill their segments without gaps, in both widths. */
static void fields_fill_segments(void **state)
{
    static const uint32_t lengths[] = {426, 426, 100, 200, 34, 34, 40, 30, 54, 146, 426};

    (void)state;
    for (uint32_t k = 0; k < TL_METRO2_KINDS; k++) {
        enum tl_metro2_kind kind = (enum tl_metro2_kind)k;
        uint32_t at = 1;
        uint32_t packed = 0;

        for (uint32_t f = tl_metro2_first(kind); f < (uint32_t)tl_metro2_end(kind); f++) {
            const struct tl_metro2_place *place = tl_metro2_place((enum tl_metro2_field)f);

            assert_int_equal(place->kind, kind);
            assert_int_equal(place->start, at);
            at += place->length;
            packed += place->packed;
        }
        assert_int_equal(at - 1, lengths[k]);
        assert_int_equal(tl_metro2_length(kind), lengths[k]);
        assert_int_equal(packed, lengths[k] == 426 ? 366 : lengths[k]);
    }
}

/* ---- whole files ------------------------------------------------------- */

static const struct {
    const char *path;
    uint32_t records;
    uint32_t unreadable;
} files[] = {
    {"domain/metro2_example_variable.txt", 10, 0},
    {"metro2/moov-io/unpacked_fixed_file.dat", 3, 0},
    {"metro2/moov-io/unpacked_fixed_request.dat", 3, 0},
    {"metro2/moov-io/unpacked_variable_file.dat", 3, 0},
    {"metro2/moov-io/packed_file.dat", 3, 0},
    {"metro2/moov-io/packed_header_record.dat", 1, 0},
    {"metro2/moov-io/packed_base_segment.dat", 1, 0},
    {"metro2/moov-io/packed_trailer_record.dat", 1, 0},
    {"metro2/cfpb/m2_file_small.txt", 5, 0},
    {"metro2/cfpb/m2_file_small_no_header.txt", 3, 0},
    {"metro2/cfpb/m2_extra_extra_segments.txt", 5, 0},
    {"metro2/cfpb/m2_file_small_with_error.txt", 4, 1},
    {"metro2/cfpb/test_local_data__file_without_extension", 5, 0},
    {"metro2/cfpb/test_local_data__m2_file_small.txt", 5, 0},
    {"metro2/cfpb/test_local_data__m2_file_small_with_error.txt", 4, 1},
    {"metro2/cfpb/test_normalize_format__small_after_normalization.txt", 5, 0},
    {"metro2/cfpb/test_previous_records__jan-2018.txt", 3, 0},
    {"metro2/cfpb/test_previous_records__feb-2018.txt", 3, 0},
    {"metro2/cfpb/test_previous_records__mar-2018.txt", 3, 0},
    {"metro2/cfpb/base_segment_1.txt", 1, 0},
};

/* With nothing left out, what was read is written back byte for byte, however
 * the bytes arrive. */
static void samples_come_back_the_same(void **state)
{
    static const size_t steps[] = {0, 1, 500, 4096};
    char path[160];

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct tl_bytes file;

        (void)snprintf(path, sizeof path, "vectors/%s", files[i].path);
        file = sample(path);
        for (size_t j = 0; j < sizeof steps / sizeof steps[0]; j++) {
            struct seen seen;

            seen = see(file, steps[j]);
            if (seen.status != TL_OK || seen.records != files[i].records)
                print_message("%s: status %d, %llu records\n", path, (int)seen.status,
                              (unsigned long long)seen.records);
            assert_int_equal(seen.status, TL_OK);
            assert_int_equal(seen.records, files[i].records);
            assert_int_equal(seen.unreadable, files[i].unreadable);
            if (files[i].unreadable == 0) {
                if (seen.back_len != file.len || memcmp(seen.back, file.ptr, file.len) != 0)
                    print_message("%s differs\n", path);
                assert_int_equal(seen.back_len, file.len);
                assert_memory_equal(seen.back, file.ptr, file.len);
            }
            seen_free(&seen);
        }
        forget(file);
    }
}

/* ---- judged ------------------------------------------------------------ */

static const struct {
    const char *path;
    uint64_t number;
    enum tl_metro2_rule rule;
    enum tl_metro2_field field;
} judged[] = {
    {"cfpb/m2_file_small_with_error.txt", 4, TL_METRO2_RULE_UNREADABLE, TL_METRO2_FIELD_COUNT},
    {"cfpb/m2_file_small_no_header.txt", 1, TL_METRO2_RULE_HEADER, TL_METRO2_FIELD_COUNT},
    {"cfpb/m2_file_small_no_header.txt", 3, TL_METRO2_RULE_TRAILER, TL_METRO2_FIELD_COUNT},
    {"cfpb/m2_file_bad_header.txt", 1, TL_METRO2_RULE_DATE, TL_METRO2_HEADER_ACTIVITY_DATE},
    {"cfpb/m2_file_bad_header.txt", 1, TL_METRO2_RULE_DATE, TL_METRO2_HEADER_DATE_CREATED},
    {"cfpb/m2_file_small.txt", 2, TL_METRO2_RULE_LENGTH, TL_METRO2_BASE_RECORD_DESCRIPTOR_WORD},
    {"cfpb/m2_file_small.txt", 2, TL_METRO2_RULE_RATING, TL_METRO2_BASE_PAYMENT_RATING},
    {"cfpb/m2_file_small.txt", 3, TL_METRO2_RULE_CHARGE_OFF,
     TL_METRO2_BASE_ORIGINAL_CHARGE_OFF_AMOUNT},
    {"cfpb/m2_file_small.txt", 4, TL_METRO2_RULE_ORDER, TL_METRO2_FIELD_COUNT},
    {"cfpb/m2_file_small.txt", 5, TL_METRO2_RULE_TOTALS, TL_METRO2_TRAILER_TOTAL_BASE_RECORDS},
    {"cfpb/m2_extra_extra_segments.txt", 2, TL_METRO2_RULE_REQUIRED, TL_METRO2_J1_SURNAME},
    {"moov-io/unpacked_fixed_file.dat", 2, TL_METRO2_RULE_K1, TL_METRO2_BASE_ACCOUNT_TYPE},
    {"moov-io/packed_file.dat", 2, TL_METRO2_RULE_BALANCE, TL_METRO2_BASE_CURRENT_BALANCE},
};

static void samples_are_judged(void **state)
{
    char path[160];

    (void)state;
    for (size_t i = 0; i < sizeof judged / sizeof judged[0]; i++) {
        struct tl_bytes file;
        struct seen seen;

        (void)snprintf(path, sizeof path, "vectors/metro2/%s", judged[i].path);
        file = sample(path);
        seen = see(file, 0);
        assert_int_equal(seen.status, TL_OK);
        if (!seen_has(&seen, judged[i].number, judged[i].rule, judged[i].field))
            fail_msg("%s: line %llu, %s", path, (unsigned long long)judged[i].number,
                     tl_metro2_rule_id(judged[i].rule));
        seen_free(&seen);
        forget(file);
    }
}

/* Our own example breaks no rule; a good file of others has right totals. */
static void good_files_have_no_findings(void **state)
{
    struct tl_bytes file = sample("vectors/domain/metro2_example_variable.txt");
    struct seen seen = see(file, 0);

    (void)state;
    assert_int_equal(seen.count, 0);
    seen_free(&seen);
    forget(file);
    file = sample("vectors/metro2/moov-io/packed_file.dat");
    seen = see(file, 0);
    assert_int_equal(seen.of_rule[TL_METRO2_RULE_TOTALS], 0);
    assert_int_equal(seen.of_rule[TL_METRO2_RULE_LENGTH], 0);
    seen_free(&seen);
    forget(file);
}

/* Single segments wrapped in lines of 80 or 100: unwrapped they are records. */
static void wrapped_records_are_read(void **state)
{
    static const char *const names[] = {"base_segment.dat", "header_record.dat",
                                        "trailer_record.dat"};
    char path[160];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct tl_bytes file;
        struct seen seen;
        char *flat;
        size_t len = 0;

        (void)snprintf(path, sizeof path, "vectors/metro2/moov-io/%s", names[i]);
        file = sample(path);
        flat = malloc(file.len);
        for (size_t at = 0; at < file.len; at++)
            if (file.ptr[at] != '\n')
                flat[len++] = (char)file.ptr[at];
        seen = see(tl_bytes(flat, len), 0);
        assert_int_equal(seen.status, TL_OK);
        assert_int_equal(seen.records, 1);
        assert_int_equal(seen.back_len, len);
        assert_memory_equal(seen.back, flat, len);
        seen_free(&seen);
        free(flat);
        forget(file);
    }
}

/* ---- refused ----------------------------------------------------------- */

static void crashers_are_refused(void **state)
{
    static const char *const names[] = {"FuzzJSON_1b557a3a811c2d1b",
                                        "FuzzReader_0b50fec11361504c",
                                        "FuzzReader_1b557a3a811c2d1b",
                                        "crashers_095fc33da8989029f8de95581227c9408d15eed6",
                                        "crashers_0a80c2ffa71f7b3655f5f50f3e72ff28e4ef092f",
                                        "crashers_10c935414cdc13f9358b71f97c819e455cc01ace",
                                        "crashers_616e90a06df85c12530b6d9f48b83562b3ff9fe8"};
    char path[160];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct tl_bytes file;
        struct seen seen;

        (void)snprintf(path, sizeof path, "vectors/metro2/moov-io/crashers/%s", names[i]);
        file = sample(path);
        seen = see(file, 0);
        assert_int_equal(seen.status, TL_ERR_ENCODING);
        seen_free(&seen);
        forget(file);
    }
}

/* A packed file cut anywhere has no end; it is never read as a shorter one. */
static void cut_files_are_refused(void **state)
{
    struct tl_bytes file = sample("vectors/metro2/moov-io/packed_file.dat");

    (void)state;
    for (size_t cut = 0; cut < file.len; cut++) {
        struct seen seen = see(tl_bytes(file.ptr, cut), 0);

        if (seen.status == TL_OK) /* between two records: the trailer is missed */
            assert_true(seen.of_rule[TL_METRO2_RULE_TRAILER] > 0);
        else
            assert_int_equal(seen.status, TL_ERR_ENCODING);
        seen_free(&seen);
    }
    forget(file);
}

/* Where nothing but a word frames a record, one wrong word ends the reading. */
static void damaged_words_are_refused(void **state)
{
    static const struct {
        const char *path;
        size_t at;
        const char *bytes;
        size_t len;
    } rows[] = {
        {"packed_file.dat", 0x172, "\0\2\0\0", 4},   /* a block shorter than its word */
        {"packed_file.dat", 0x172, "\3\360\1\0", 4}, /* a block word with more in it */
        {"packed_file.dat", 0x172, "\0\20\0\0", 4},  /* a record longer than its block */
        {"packed_file.dat", 0x176, "\0\3\0\0", 4},   /* a record shorter than its word */
        {"packed_file.dat", 0x176, "\60\0\0\0", 4},  /* longer than any */
        {"packed_file.dat", 0x176, "\0\100\0\0", 4}, /* shorter than its segment */
        {"packed_file.dat", 0x182, "x", 1},          /* an unsigned time stamp */
        {"packed_file.dat", 0x1bb, "\377", 1},       /* a date beyond eight digits */
        {"packed_file.dat", 0x2e4, "X9", 2},         /* no such segment */
        {"unpacked_fixed_file.dat", 470, "0426", 4}, /* cuts the record's tail off */
        {"unpacked_fixed_file.dat", 470, "99X9", 4}, /* no word */
        {"unpacked_fixed_file.dat", 440, "X", 1},    /* something behind the header */
    };
    char path[160];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tl_bytes file;
        struct seen seen;

        (void)snprintf(path, sizeof path, "vectors/metro2/moov-io/%s", rows[i].path);
        file = sample(path);
        memcpy((uint8_t *)(uintptr_t)file.ptr + rows[i].at, rows[i].bytes, rows[i].len);
        seen = see(file, 0);
        if (seen.status != TL_ERR_ENCODING)
            fail_msg("row %zu is read", i);
        seen_free(&seen);
        forget(file);
    }
}

/* A line longer than any record, more segments than a record has, half a record. */
static void damaged_lines(void **state)
{
    struct tl_bytes file = sample("vectors/domain/metro2_example_variable.txt");
    size_t line = 427;
    char *text = malloc(file.len + 32768u);
    struct seen seen;

    (void)state;
    memcpy(text, file.ptr, 2 * line);
    memset(text + 2 * line, '0', 12000);
    text[2 * line + 12000] = '\n';
    seen = see(tl_bytes(text, 2 * line + 12001), 0);
    assert_int_equal(seen.status, TL_ERR_ENCODING);
    assert_int_equal(seen.records, 2);
    seen_free(&seen);
    for (uint32_t i = 0; i < TL_METRO2_SEGMENTS_MAX + 1; i++)
        tl_metro2_blank((uint8_t *)text + 2 * line - 1 + i * 30u, TL_METRO2_K4);
    seen = see(tl_bytes(text, 2 * line - 1 + TL_METRO2_SEGMENTS_MAX * 30u), 0);
    assert_int_equal(seen.unreadable, 0);
    seen_free(&seen);
    seen = see(tl_bytes(text, 2 * line - 1 + (TL_METRO2_SEGMENTS_MAX + 1) * 30u), 0);
    assert_int_equal(seen.unreadable, 1);
    seen_free(&seen);
    seen = see(tl_bytes(text, line + 425), 0);
    assert_int_equal(seen.unreadable, 1);
    seen_free(&seen);
    seen = see(tl_bytes(text, 269), 0); /* a header cut too short */
    assert_int_equal(seen.status, TL_ERR_ENCODING);
    seen_free(&seen);
    free(text);
    forget(file);
}

static void setters_refuse_what_does_not_fit(void **state)
{
    uint8_t base[TL_METRO2_MAIN_BYTES];
    uint64_t number;
    int32_t date;

    (void)state;
    tl_metro2_blank(base, TL_METRO2_BASE);
    assert_false(tl_metro2_set_text(base, TL_METRO2_BASE_STATE, tl_bytes_str("TEX")));
    assert_false(tl_metro2_set_number(base, TL_METRO2_BASE_CURRENT_BALANCE, 1000000000u));
    assert_false(tl_metro2_set_date(base, TL_METRO2_BASE_DATE_OPENED, TL_DATE_MAX + 1));
    assert_false(tl_metro2_set_date(base, TL_METRO2_BASE_DATE_OPENED, TL_DATE_MIN - 1));
    assert_true(tl_metro2_set_date(base, TL_METRO2_BASE_DATE_OPENED, TL_DATE_NONE));
    assert_true(tl_metro2_date(base, TL_METRO2_BASE_DATE_OPENED, &date));
    assert_int_equal(date, TL_DATE_NONE);
    assert_true(tl_metro2_set_date(base, TL_METRO2_BASE_DATE_OPENED, TL_DATE_MIN));
    assert_true(tl_metro2_date(base, TL_METRO2_BASE_DATE_OPENED, &date));
    assert_int_equal(date, TL_DATE_MIN);
    assert_true(tl_metro2_set_text(base, TL_METRO2_BASE_DATE_OPENED, tl_bytes_str("12319999")));
    assert_false(tl_metro2_date(base, TL_METRO2_BASE_DATE_OPENED, &date));
    assert_true(tl_metro2_set_text(base, TL_METRO2_BASE_CREDIT_LIMIT, tl_bytes_str("1")));
    assert_false(tl_metro2_number(base, TL_METRO2_BASE_CREDIT_LIMIT, &number));
}

/* Lines that end in CR LF, blank lines and an old end mark are no trouble. */
static void line_ends_vary(void **state)
{
    struct tl_bytes file = sample("vectors/domain/metro2_example_variable.txt");
    char *text = malloc(file.len + 64);
    struct seen seen;
    size_t len = 0;

    (void)state;
    for (size_t at = 0; at < file.len; at++) {
        if (file.ptr[at] == '\n')
            text[len++] = '\r';
        text[len++] = (char)file.ptr[at];
    }
    seen = see(tl_bytes(text, len), 0);
    assert_int_equal(seen.count, 0);
    assert_int_equal(seen.back_len, len);
    assert_memory_equal(seen.back, text, len);
    seen_free(&seen);
    seen = see(tl_bytes(text, len - 1), 0); /* cut in the middle of the last line end */
    assert_int_equal(seen.back_len, len - 1);
    assert_memory_equal(seen.back, text, len - 1);
    seen_free(&seen);
    memcpy(text + len, "\r\n\x1a", 3);
    seen = see(tl_bytes(text, len + 3), 0);
    assert_int_equal(seen.status, TL_OK);
    assert_int_equal(seen.count, 0);
    seen_free(&seen);
    free(text);
    forget(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout_is_the_published_one),
        cmocka_unit_test(fields_fill_segments),
        cmocka_unit_test(samples_come_back_the_same),
        cmocka_unit_test(samples_are_judged),
        cmocka_unit_test(good_files_have_no_findings),
        cmocka_unit_test(wrapped_records_are_read),
        cmocka_unit_test(crashers_are_refused),
        cmocka_unit_test(cut_files_are_refused),
        cmocka_unit_test(damaged_words_are_refused),
        cmocka_unit_test(damaged_lines),
        cmocka_unit_test(setters_refuse_what_does_not_fit),
        cmocka_unit_test(line_ends_vary),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
