/* Personal data is split off, or the mapping or row that would not is refused. */
#include "batch.h"
#include "map_lint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define HEAD                                                                                       \
    "format: 1\n"                                                                                  \
    "case: {column: id, salt: pepper}\n"                                                           \
    "date: {column: day, format: \"%Y-%m-%d\"}\n"                                                  \
    "event: {column: what}\n"

static char directory[] = "/tmp/test_lint_XXXXXX";

static const char *file_of(const char *name, const char *text)
{
    static char path[4][128];
    static int next;
    char *out = path[next++ % 4];
    FILE *file;

    (void)snprintf(out, 128, "%s/%s", directory, name);
    file = fopen(out, "w");
    assert_non_null(file);
    assert_int_equal(fputs(text, file) < 0, 0);
    assert_int_equal(fclose(file), 0);
    return out;
}

static void columns_that_sound_personal(void **state)
{
    static const char *const personal[] = {
        "name",           "last_name",   "lastName",    "LAST-NAME",    "Customer Name",
        "debtor",         "email",       "e_mail",      "homeEmail",    "SSN",
        "ssn_last4",      "phone2",      "cell-phone",  "zip",          "ZipCode",
        "street address", "dob",         "birthDate",   "iban",         "account_no",
        "comment",        "agent notes", "numberPlate", "codiceFiscale"};
    static const char *const plain[] = {
        "case_id",    "seq",      "amount_cents", "activity", "date",   "product", "currency",
        "tournament", "mailing_", "status",       "due_date", "planet", "discard", "excellent"};

    (void)state;
    for (size_t i = 0; i < sizeof personal / sizeof personal[0]; i++) {
        if (tl_lint_column(tl_bytes_str(personal[i])) == NULL)
            fail_msg("column \"%s\" passes", personal[i]);
    }
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        if (tl_lint_column(tl_bytes_str(plain[i])) != NULL)
            fail_msg("column \"%s\" does not pass", plain[i]);
    }
}

static void values_that_look_personal(void **state)
{
    static const char *const personal[] = {"maria.rossi@example.org",
                                           "write to m@x.it please",
                                           "078-05-1120",
                                           "ssn 078 05 1120",
                                           "+39 06 6982",
                                           "+12025550147",
                                           "(202) 555-0147",
                                           "202-555-0147",
                                           "Maria Rossi",
                                           "ROSSI, Maria Luisa",
                                           "17 Quenelle Crescent, Wexcombe"};
    static const char *const plain[] = {"A10007/3",
                                        "2012-05-30",
                                        "fines",
                                        "Payment",
                                        "12345678901",
                                        "1234-5678",
                                        "card",
                                        "county court",
                                        "D00109-5",
                                        "2.00E+05",
                                        "new total",
                                        "10.50",
                                        "Send Fine by post",
                                        ""};

    (void)state;
    for (size_t i = 0; i < sizeof personal / sizeof personal[0]; i++) {
        if (tl_lint_value(tl_bytes_str(personal[i])) == NULL)
            fail_msg("value \"%s\" passes", personal[i]);
    }
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        if (tl_lint_value(tl_bytes_str(plain[i])) != NULL)
            fail_msg("value \"%s\" does not pass: %s", plain[i],
                     tl_lint_value(tl_bytes_str(plain[i])));
    }
}

static void a_mapping_that_would_publish_people_is_refused(void **state)
{
    static const struct {
        const char *text;
        const char *word;
    } bad[] = {
        {HEAD "ref: \"{id}/{ssn}\"\nevents:\n  x:\n    - entry: SATISFIED\n", "\"ssn\""},
        {HEAD "ref: \"{id}\"\nevents:\n  x:\n    - entry: PAYMENT\n      ref: \"{email}\"\n",
         "an e-mail address"},
        {HEAD "ref: \"{id}\"\nevents:\n  x:\n    - entry: PAYMENT\n      body: {payment: "
              "\"{lastName}\"}\n",
         "a name"},
        {HEAD "ref: \"{id}\"\nevents:\n  x:\n    - entry: PAYMENT\n      body: {amount_minor: "
              "{column: phone}}\n",
         "a phone number"},
    };
    struct tl_map map;
    struct tl_why why = {""};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(tl_map_load(&map, file_of("map.yaml", bad[i].text), &why),
                         TL_ERR_ENCODING);
        if (strstr(why.text, bad[i].word) == NULL || strstr(why.text, "vault") == NULL)
            fail_msg("mapping %zu is refused with: %s", i, why.text);
    }
    /* A commitment is salted, and a column may be known to be harmless. */
    assert_int_equal(
        tl_map_load(&map,
                    file_of("map.yaml", HEAD "not_personal: [name]\nref: \"{id}/{name}\"\nevents:\n"
                                             "  x:\n    - entry: AGREEMENT\n      body: {subject: "
                                             "{column: ssn}}\n"),
                    &why),
        TL_OK);
    tl_map_free(&map);
}

static const char split[] = HEAD "ref: \"{id}/{n}\"\n"
                                 "vault:\n"
                                 "  name: \"{first} {last}\"\n"
                                 "  phone: {column: phone}\n"
                                 "events:\n"
                                 "  row:\n"
                                 "    - entry: RECORD\n"
                                 "      body: {act: call, note: {column: said}}\n"
                                 "    - entry: PAYMENT\n"
                                 "      body: {payment: {column: pay}, amount_minor: \"1\"}\n";

static bool has_text(const struct tl_people *people, const char *text)
{
    size_t len = strlen(text);

    for (size_t i = 0; i + len <= people->used; i++) {
        if (memcmp(people->bytes + i, text, len) == 0)
            return true;
    }
    return false;
}

static bool on_ledger(const struct tl_batch *batch, const char *text)
{
    size_t len = strlen(text);

    for (size_t i = 0; i + len <= batch->used; i++) {
        if (memcmp(batch->bytes + i, text, len) == 0)
            return true;
    }
    return false;
}

static void rows_are_split(void **state)
{
    struct tl_map map;
    struct tl_batch batch;
    struct tl_why why = {""};

    (void)state;
    assert_int_equal(tl_map_load(&map, file_of("map.yaml", split), &why), TL_OK);
    assert_int_equal(
        tl_batch_read(&batch, &map,
                      file_of("rows.csv", "id,n,what,day,first,last,phone,said,pay\n"
                                          "A,1,row,2020-01-02,Maria,Rossi,202 555 0147,she moved "
                                          "in with Ugo,p-1\n"
                                          "A,2,row,2020-01-03,Maria,Bianchi,,,p-2\n"
                                          "B,1,row,2020-01-03,Ugo,Verdi,,,ugo@example.org\n"),
                      file_of("quarantine.csv", ""), &why),
        TL_OK);
    assert_int_equal(batch.rows, 3);
    assert_int_equal(batch.rejected, 1); /* a payment's name that is an e-mail address */
    assert_int_equal(batch.count, 4);
    assert_int_equal(batch.people.count, 4); /* name, phone, said; name */
    assert_true(has_text(&batch.people, "Maria Rossi"));
    assert_true(has_text(&batch.people, "she moved in with Ugo"));
    assert_true(has_text(&batch.people, "RECORD.note"));
    assert_false(has_text(&batch.people, "Verdi")); /* a row is refused whole */
    assert_false(on_ledger(&batch, "Maria"));
    assert_false(on_ledger(&batch, "moved"));
    assert_false(on_ledger(&batch, "555"));
    assert_true(on_ledger(&batch, "p-2"));
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
    static const char *const names[] = {"map.yaml", "rows.csv", "quarantine.csv"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];

        (void)snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        (void)unlink(path);
    }
    return rmdir(directory);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_that_sound_personal),
        cmocka_unit_test(values_that_look_personal),
        cmocka_unit_test(a_mapping_that_would_publish_people_is_refused),
        cmocka_unit_test(rows_are_split),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
