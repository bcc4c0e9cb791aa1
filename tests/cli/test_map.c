/* Mappings: what they make of rows, and what they say about their own mistakes. */
#include "batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "shared.h"

#define HEAD                                                                                       \
    "format: 1\n"                                                                                  \
    "case: {column: id, salt: pepper}\n"                                                           \
    "date: {column: day, format: \"%d/%m/%Y\"}\n"                                                  \
    "ref: \"{id}/{n}\"\n"                                                                          \
    "event: {column: what}\n"                                                                      \
    "money: major\n"

static const char good[] = HEAD "calendar: close\n"
                                "until: 2013-12-31\n"
                                "words:\n"
                                "  how: {cheque: check, wire: transfer}\n"
                                "events:\n"
                                "  paid:\n"
                                "    - entry: PAYMENT\n"
                                "      body:\n"
                                "        payment: \"{id}-{n}\"\n"
                                "        amount_minor: {column: sum}\n"
                                "        method: {column: how, map: how, otherwise: other}\n"
                                "    - entry: NOTICE\n"
                                "      when: {sum: {above: 100}, how: {not: [cheque]}}\n"
                                "      ref: \"{id}/{n}/n\"\n"
                                "      body: {kind: sent}\n"
                                "  noise: skip\n";

static char directory[] = "/tmp/test_map_XXXXXX";

static const char *path_of(const char *name)
{
    static char path[4][128];
    static int next;
    char *out = path[next++ % 4];

    (void)snprintf(out, 128, "%s/%s", directory, name);
    return out;
}

static const char *file_of(const char *name, const char *text)
{
    const char *path = path_of(name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fputs(text, file) < 0, 0);
    assert_int_equal(fclose(file), 0);
    return path;
}

static void batch_of(struct tl_batch *batch, struct tl_map *map, const char *csv)
{
    struct tl_why why = {""};

    assert_int_equal(tl_map_load(map, file_of("map.yaml", good), &why), TL_OK);
    assert_int_equal(
        tl_batch_read(batch, map, file_of("rows.csv", csv), path_of("quarantine.csv"), &why),
        TL_OK);
    assert_true(batch->rows == batch->mapped + batch->skipped + batch->rejected);
}

static void rows_become_entries_by_date(void **state)
{
    struct tl_map map;
    struct tl_batch batch;
    struct tl_entry entry;
    union tl_body body;

    (void)state;
    batch_of(&batch, &map,
             "id,n,what,day,sum,how\n"
             "A,1,paid,02/01/2010,12.50,cheque\n"
             "B,1,paid,01/01/2010,200,wire\n"
             "A,2,noise,03/01/2010,,\n"
             "A,3,paid,03/01/2010,2.00E+02,barter\n");
    assert_true(batch.rows == 4 && batch.mapped == 3 && batch.skipped == 1);
    assert_true(batch.count == 4 || batch.count == 5);
    assert_int_equal(tl_entry_decode(&entry, &body, NULL, tl_batch_entry(&batch, 0)), TL_OK);
    assert_int_equal(entry.type, TL_ENTRY_PAYMENT);
    assert_true(body.payment.amount_minor == 20000);
    assert_int_equal(body.payment.method, TL_PAY_TRANSFER);
    assert_int_equal(batch.item[1].type, TL_ENTRY_NOTICE);
    assert_int_equal(tl_entry_decode(&entry, &body, NULL, tl_batch_entry(&batch, 2)), TL_OK);
    assert_true(body.payment.amount_minor == 1250);
    assert_int_equal(body.payment.method, TL_PAY_CHECK);
    assert_memory_equal(entry.ext_ref.ptr, "A/1", 3);
    assert_memory_equal(batch.item[2].case_id.b, batch.item[3].case_id.b, TL_ID_BYTES);
    assert_memory_not_equal(batch.item[0].case_id.b, batch.item[2].case_id.b, TL_ID_BYTES);
    tl_batch_free(&batch);
    tl_map_free(&map);
}

static void refused_rows_are_kept_with_line_column_reason(void **state)
{
    static const char want[] =
        "line,column,reason,row\r\n"
        "2,sum,\"not a whole number of units, or too large: \"\"1.005\"\"\","
        "\"A,1,paid,02/01/2010,1.005,wire\"\r\n"
        "3,day,\"there is no such day: \"\"31/02/2010\"\"\",\"A,2,paid,31/02/2010,5,wire\"\r\n"
        "4,what,\"no event of the mapping for: \"\"lost\"\"\",\"A,3,lost,01/02/2010,5,wire\"\r\n"
        "5,,row has 3 fields instead of 6,\"A,4,paid\"\r\n"
        "6,,quote where none may be,\"A,5,pa\"\"id,01/02/2010,5,wire\"\r\n";
    struct tl_map map;
    struct tl_batch batch;
    size_t len = 0;
    char *text;

    (void)state;
    batch_of(&batch, &map,
             "id,n,what,day,sum,how\n"
             "A,1,paid,02/01/2010,1.005,wire\n"
             "A,2,paid,31/02/2010,5,wire\n"
             "A,3,lost,01/02/2010,5,wire\n"
             "A,4,paid\n"
             "A,5,pa\"id,01/02/2010,5,wire\n"
             "A,6,paid,01/02/2010,5,wire\n");
    assert_true(batch.rows == 6 && batch.rejected == 5 && batch.mapped == 1);
    text = test_read_file(path_of("quarantine.csv"), &len);
    assert_non_null(text);
    assert_string_equal(text, want);
    free(text);
    tl_batch_free(&batch);
    tl_map_free(&map);
}

/* ISO is for what stands in the mapping: a column is read as declared. */
static void a_declared_date_format_is_the_only_one(void **state)
{
    static const char swapped[] = "format: 1\n"
                                  "case: {column: id, salt: pepper}\n"
                                  "date: {column: day, format: \"%Y-%d-%m\"}\n"
                                  "ref: \"{id}\"\n"
                                  "event: {column: what}\n"
                                  "events:\n"
                                  "  noted:\n"
                                  "    - entry: NOTICE\n"
                                  "      body: {kind: sent}\n"
                                  "  fixed:\n"
                                  "    - entry: NOTICE\n"
                                  "      date: 2013-12-31\n"
                                  "      body: {kind: sent}\n";
    struct tl_map map;
    struct tl_batch batch;
    struct tl_why why = {""};

    (void)state;
    assert_int_equal(tl_map_load(&map, file_of("map.yaml", swapped), &why), TL_OK);
    assert_int_equal(tl_batch_read(&batch, &map,
                                   file_of("rows.csv", "id,what,day\n"
                                                       "A,noted,2013-05-31\n"
                                                       "B,noted,2013-05-06\n"
                                                       "C,fixed,\n"),
                                   path_of("quarantine.csv"), &why),
                     TL_OK);
    assert_true(batch.rows == 3 && batch.rejected == 1 && batch.count == 2);
    assert_int_equal(batch.item[0].date, tl_date_from_civil((struct tl_civil){2013, 6, 5}));
    assert_int_equal(batch.item[1].date, tl_date_from_civil((struct tl_civil){2013, 12, 31}));
    tl_batch_free(&batch);
    tl_map_free(&map);
}

static void one_reference_counts_once(void **state)
{
    struct tl_map map;
    struct tl_batch batch;

    (void)state;
    batch_of(&batch, &map,
             "id,n,what,day,sum,how\n"
             "A,1,paid,02/01/2010,5,wire\n"
             "A,1,paid,01/01/2010,5,wire\n");
    assert_true(batch.count == 2 && batch.repeated == 1);
    assert_int_equal(batch.item[0].known, 0);
    assert_int_equal(batch.item[1].known, 1);
    tl_batch_free(&batch);
    tl_map_free(&map);
}

static void mistakes_of_a_mapping_name_their_line(void **state)
{
    static const struct {
        const char *text;
        const char *line;
    } bad[] = {
        {HEAD "events:\n  paid:\n    - entry: PAYMNT\n", ":9:"},
        {HEAD "events:\n  paid:\n    - entry: PAYMENT\n      body: {sum: 1}\n", ":10:"},
        {HEAD "events:\n  paid: skipp\n", ":8:"},
        {HEAD "calendar: open\nevents: {a: skip}\n", ":7:"},
        {HEAD "evnts: {}\n", ":7:"},
        {"format: 1\ncase: {column: id}\n", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct tl_map map;
        struct tl_why why = {""};

        assert_int_not_equal(tl_map_load(&map, file_of("bad.yaml", bad[i].text), &why), TL_OK);
        assert_non_null(strstr(why.text, bad[i].line));
        assert_true(strlen(why.text) > 10);
    }
}

static void a_column_that_is_not_there_is_said(void **state)
{
    struct tl_map map;
    struct tl_batch batch;
    struct tl_why why = {""};

    (void)state;
    assert_int_equal(tl_map_load(&map, file_of("map.yaml", good), &why), TL_OK);
    assert_int_not_equal(tl_batch_read(&batch, &map,
                                       file_of("rows.csv", "id,n,what,day,how\nA,1,paid,x,y\n"),
                                       path_of("quarantine.csv"), &why),
                         TL_OK);
    assert_non_null(strstr(why.text, "no column \"sum\""));
    tl_map_free(&map);
}

static void shipped_mappings_are_right(void **state)
{
    static const char *const names[] = {"road-traffic-fines", "portfolio"};
    const char *source = getenv("TALLY_SOURCE");

    (void)state;
    if (source == NULL)
        skip();
    for (size_t i = 0; i < 2; i++) {
        struct tl_map map;
        struct tl_why why = {""};
        char path[512];

        (void)snprintf(path, sizeof path, "%s/docs/examples/maps/%s.yaml", source, names[i]);
        assert_int_equal(tl_map_load(&map, path, &why), TL_OK);
        tl_map_free(&map);
    }
}

static void the_shipped_portfolio_is_read_whole(void **state)
{
    const char *source = getenv("TALLY_SOURCE");
    struct tl_map map;
    struct tl_batch batch;
    struct tl_why why = {""};
    char path[512];

    (void)state;
    if (source == NULL)
        skip();
    (void)snprintf(path, sizeof path, "%s/docs/examples/maps/portfolio.yaml", source);
    assert_int_equal(tl_map_load(&map, path, &why), TL_OK);
    (void)snprintf(path, sizeof path, "%s/docs/examples/portfolio.csv.gz", source);
    assert_int_equal(tl_batch_read(&batch, &map, path, path_of("quarantine.csv"), &why), TL_OK);
    assert_true(batch.rows > 5000 && batch.mapped == batch.rows && batch.repeated == 0);
    tl_batch_free(&batch);
    tl_map_free(&map);
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(directory) != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"map.yaml", "bad.yaml", "rows.csv", "quarantine.csv"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)unlink(path_of(names[i]));
    return rmdir(directory);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_become_entries_by_date),
        cmocka_unit_test(refused_rows_are_kept_with_line_column_reason),
        cmocka_unit_test(a_declared_date_format_is_the_only_one),
        cmocka_unit_test(one_reference_counts_once),
        cmocka_unit_test(mistakes_of_a_mapping_name_their_line),
        cmocka_unit_test(a_column_that_is_not_there_is_said),
        cmocka_unit_test(shipped_mappings_are_right),
        cmocka_unit_test(the_shipped_portfolio_is_read_whole),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
