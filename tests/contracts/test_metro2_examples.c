/* Metro 2 from values: the example file written out of its fields, byte for
 * byte, and samples read against what their twins say is in them. */
#include "metro2_rig.h"
#include "vector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

static enum tl_metro2_field field_named(enum tl_metro2_kind kind, const char *name)
{
    for (uint32_t f = tl_metro2_first(kind); f < (uint32_t)tl_metro2_end(kind); f++)
        if (strcasecmp(tl_metro2_place((enum tl_metro2_field)f)->name, name) == 0)
            return (enum tl_metro2_field)f;
    return TL_METRO2_FIELD_COUNT;
}

static enum tl_metro2_kind kind_named(const char *name)
{
    for (uint32_t k = 0; k < TL_METRO2_KINDS; k++)
        if (strcasecmp(tl_name_of(&tl_metro2_kind_names, k), name) == 0)
            return (enum tl_metro2_kind)k;
    fail_msg("no segment %s", name);
    return TL_METRO2_BASE;
}

/* ---- written ----------------------------------------------------------- */

static void fill(uint8_t *segment, enum tl_metro2_kind kind, const json_t *fields)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)fields, name, value)
    {
        enum tl_metro2_field field = field_named(kind, name);

        assert_int_not_equal(field, TL_METRO2_FIELD_COUNT);
        if (json_is_integer(value))
            assert_true(tl_metro2_set_number(segment, field, (uint64_t)json_integer_value(value)));
        else if (json_is_string(value))
            assert_true(tl_metro2_set_text(segment, field, tl_bytes_str(json_string_value(value))));
    }
}

static void write_one(struct tl_buf *out, struct tl_metro2_totals *totals,
                      struct tl_metro2_record *record)
{
    tl_metro2_seal(record, TL_METRO2_LINES);
    tl_metro2_count(totals, record);
    tl_metro2_write(out, record, TL_METRO2_LINES);
}

static void write_case(struct tl_buf *out, struct tl_metro2_totals *totals, const json_t *made)
{
    static uint8_t behind[8][256];
    struct tl_metro2_record record;
    const json_t *segments = json_object_get(made, "segments");

    tl_metro2_begin(&record, TL_METRO2_BASE);
    fill(record.first, TL_METRO2_BASE, json_object_get(made, "fields"));
    for (size_t i = 0; i < json_array_size(segments); i++) {
        const json_t *pair = json_array_get(segments, i);
        enum tl_metro2_kind kind = kind_named(json_string_value(json_array_get(pair, 0)));

        tl_metro2_blank(behind[i], kind);
        fill(behind[i], kind, json_array_get(pair, 1));
        assert_true(tl_metro2_append(&record, kind, behind[i]));
    }
    write_one(out, totals, &record);
}

static void example_is_written_byte_for_byte(void **state)
{
    static uint8_t bytes[1u << 16];
    struct tl_bytes wanted = sample("vectors/domain/metro2_example_variable.txt");
    json_t *made = vector_json("metro2_example_variable.json");
    const json_t *cases = json_object_get(made, "cases");
    struct tl_metro2_totals totals = {{0}};
    struct tl_metro2_record record;
    struct tl_buf out = tl_buf(bytes, sizeof bytes);

    (void)state;
    tl_metro2_begin(&record, TL_METRO2_HEADER);
    fill(record.first, TL_METRO2_HEADER, json_object_get(made, "header"));
    write_one(&out, &totals, &record);
    for (size_t i = 0; i < json_array_size(cases); i++)
        write_case(&out, &totals, json_array_get(cases, i));
    tl_metro2_trailer(&record, &totals, TL_METRO2_LINES);
    tl_metro2_write(&out, &record, TL_METRO2_LINES);
    assert_int_equal(out.len, wanted.len);
    assert_memory_equal(bytes, wanted.ptr, wanted.len);
    json_decref(made);
    free((void *)(uintptr_t)wanted.ptr);
}

/* ---- read -------------------------------------------------------------- */

static void compare_date(const uint8_t *segment, enum tl_metro2_field field, const char *text)
{
    int32_t wanted;
    int32_t found;

    assert_true(tl_date_parse(tl_bytes(text, 10), &wanted));
    assert_true(tl_metro2_date(segment, field, &found));
    assert_int_equal(found, wanted);
}

static void compare_value(const uint8_t *segment, enum tl_metro2_field field, const json_t *value)
{
    enum tl_metro2_type type = tl_metro2_place(field)->type;
    struct tl_bytes text = tl_metro2_trimmed(segment, field);
    uint64_t number;

    if (json_is_integer(value)) {
        assert_true(tl_metro2_number(segment, field, &number));
        assert_int_equal(number, json_integer_value(value));
    } else if (type == TL_METRO2_DATE || type == TL_METRO2_TIME)
        compare_date(segment, field, json_string_value(value));
    else
        assert_true(tl_bytes_eq(text, tl_bytes_str(json_string_value(value))));
}

static void compare(const uint8_t *segment, enum tl_metro2_kind kind, const json_t *fields)
{
    const char *name;
    json_t *value;

    assert_non_null(fields);
    json_object_foreach((json_t *)(uintptr_t)fields, name, value)
    {
        enum tl_metro2_field field = field_named(kind, name);

        if (strcmp(name, "blockDescriptorWord") == 0)
            continue;
        assert_int_not_equal(field, TL_METRO2_FIELD_COUNT);
        compare_value(segment, field, value);
    }
}

/* Segments that may stand more than once are arrays. */
static void compare_behind(const struct tl_metro2_record *record, const json_t *data)
{
    uint32_t same = 0;

    for (uint32_t i = 0; i < record->count; i++) {
        enum tl_metro2_kind kind = record->behind[i].kind;
        char name[3] = {0};
        const json_t *twin;

        same = i > 0 && kind == record->behind[i - 1].kind ? same + 1 : 0;
        memcpy(name, tl_name_of(&tl_metro2_kind_names, kind), 2);
        name[0] = (char)(name[0] | 0x20);
        twin = json_object_get(data, name);
        compare(record->behind[i].ptr, kind,
                json_is_array(twin) ? json_array_get(twin, same) : twin);
    }
}

static void compare_file(const char *file_name, const char *twin_name)
{
    struct tl_bytes file = sample(file_name);
    json_t *twin = vector_json(twin_name);
    struct tl_metro2_reader reader = {0};
    struct tl_metro2_record record;
    struct tl_bytes rest = file;
    size_t bases = 0;
    size_t used;

    while (tl_metro2_read(&reader, rest, true, &used, &record) == TL_OK) {
        const json_t *data = json_array_get(json_object_get(twin, "data"), bases);

        if (record.kind == TL_METRO2_BASE) {
            compare(record.first, record.kind, json_object_get(data, "base"));
            compare_behind(&record, data);
            bases++;
        } else if (record.kind == TL_METRO2_TRAILER)
            compare(record.first, record.kind, json_object_get(twin, "trailer"));
        rest = tl_bytes(rest.ptr + used, rest.len - used);
    }
    assert_int_equal(bases, json_array_size(json_object_get(twin, "data")));
    assert_int_equal(reader.number, bases + 2);
    json_decref(twin);
    free((void *)(uintptr_t)file.ptr);
}

static void samples_hold_what_their_twins_say(void **state)
{
    (void)state;
    compare_file("vectors/metro2/moov-io/packed_file.dat",
                 "vectors/metro2/moov-io/packed_file.json");
    compare_file("vectors/metro2/moov-io/unpacked_fixed_file.dat",
                 "vectors/metro2/moov-io/unpacked_fixed_file.json");
    compare_file("vectors/metro2/moov-io/unpacked_variable_file.dat",
                 "vectors/metro2/moov-io/unpacked_variable_file.json");
}

/* The same record, packed and unpacked again, is the same record. */
static void packing_loses_nothing(void **state)
{
    static uint8_t bytes[1u << 16];
    struct tl_bytes file = sample("vectors/domain/metro2_example_variable.txt");
    struct tl_metro2_reader reader = {0};
    struct tl_metro2_record record;
    struct tl_metro2_record back;
    struct tl_bytes rest = file;
    size_t used;

    (void)state;
    while (tl_metro2_read(&reader, rest, true, &used, &record) == TL_OK) {
        struct tl_metro2_reader packed = {0};
        struct tl_buf out = tl_buf(bytes, sizeof bytes);
        size_t taken;

        tl_metro2_seal(&record, TL_METRO2_PACKED);
        tl_metro2_write(&out, &record, TL_METRO2_PACKED);
        assert_int_equal(out.len, record.length);
        assert_int_equal(tl_metro2_read(&packed, tl_buf_bytes(&out), true, &taken, &back), TL_OK);
        assert_int_equal(back.count, record.count);
        assert_memory_equal(back.first + 4, record.first + 4, sizeof back.first - 4);
        rest = tl_bytes(rest.ptr + used, rest.len - used);
    }
    assert_int_equal(reader.number, 10);
    free((void *)(uintptr_t)file.ptr);
}

static void lateness_is_the_table(void **state)
{
    struct vector_csv csv;
    int rows = 0;

    (void)state;
    vector_csv_open(&csv, "dpd_to_metro2.csv");
    while (vector_csv_next(&csv)) {
        struct tl_metro2_lateness lateness = tl_metro2_lateness(vector_number(csv.column[0]));

        assert_string_equal(lateness.status, csv.column[1]);
        assert_int_equal(lateness.code, csv.column[2][0]);
        rows++;
    }
    assert_int_equal(rows, 16);
    vector_csv_close(&csv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(example_is_written_byte_for_byte),
        cmocka_unit_test(samples_hold_what_their_twins_say),
        cmocka_unit_test(packing_loses_nothing),
        cmocka_unit_test(lateness_is_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
