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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout_is_the_published_one),
        cmocka_unit_test(fields_fill_segments),
        cmocka_unit_test(samples_come_back_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
