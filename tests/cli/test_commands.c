/* The command line as a person and a script meet it: help, exit codes, shapes. */
#include "commands.h"
#include "exit_codes.h"

#include "tl/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "shared.h"

struct said {
    int code;
    char text[65536]; /* standard output and error together */
};

static void tally(struct said *said, const char *words)
{
    const char *build = getenv("TALLY_BUILD");
    char line[1024];
    FILE *pipe;
    size_t len;
    int code;

    if (build == NULL)
        skip();
    (void)snprintf(line, sizeof line,
                   "env -u TALLY_NODE -u TALLY_KEY -u TALLY_GENESIS %s/cli/tally %s 2>&1", build,
                   words);
    pipe = popen(line, "r");
    assert_non_null(pipe);
    len = fread(said->text, 1, sizeof said->text - 1u, pipe);
    said->text[len] = '\0';
    code = pclose(pipe);
    said->code = WIFEXITED(code) ? WEXITSTATUS(code) : -1;
}

static void every_command_has_help(void **state)
{
    static struct said all;
    static struct said one;

    (void)state;
    tally(&all, "--help");
    assert_int_equal(all.code, 0);
    for (size_t i = 0; tl_commands[i] != NULL; i++) {
        char words[128];

        assert_non_null(strstr(all.text, tl_commands[i]->name));
        (void)snprintf(words, sizeof words, "%s --help", tl_commands[i]->name);
        tally(&one, words);
        assert_int_equal(one.code, 0);
        assert_non_null(strstr(one.text, tl_commands[i]->summary));
        assert_non_null(strstr(one.text, "exit codes"));
    }
}

static void exit_codes_are_those_of_the_statuses(void **state)
{
    static struct said said;

    (void)state;
    tally(&said, "version --help");
    for (size_t i = 0; i < tl_exit_code_count; i++) {
        bool used = false;
        char line[128];

        for (int s = 0; s < TL_STATUS_COUNT; s++)
            used |= tl_status_exit((enum tl_status)s) == tl_exit_codes[i].code;
        assert_true(used);
        assert_true(i == 0 || tl_exit_codes[i].code > tl_exit_codes[i - 1u].code);
        (void)snprintf(line, sizeof line, "\n  %-4d %s\n", tl_exit_codes[i].code,
                       tl_exit_codes[i].meaning);
        assert_non_null(strstr(said.text, line));
    }
    for (int s = 0; s < TL_STATUS_COUNT; s++) {
        bool told = false;

        for (size_t i = 0; i < tl_exit_code_count; i++)
            told |= tl_exit_codes[i].code == tl_status_exit((enum tl_status)s);
        assert_true(told);
    }
}

/* docs/OPERATING.md lists these codes, so meant, in this order, and no others. */
static void the_manual_lists_the_exit_codes(void **state)
{
    const char *source = getenv("TALLY_SOURCE");
    char path[512];
    size_t len = 0;
    char *text;
    const char *at;

    (void)state;
    if (source == NULL)
        skip();
    (void)snprintf(path, sizeof path, "%s/docs/OPERATING.md", source);
    text = test_read_file(path, &len);
    assert_non_null(text);
    at = strstr(text, "| code | meaning | who acts |\n|---|---|---|\n");
    assert_non_null(at);
    at = strstr(at, "|\n|---|---|---|\n") + strlen("|\n|---|---|---|\n");
    for (size_t i = 0; i < tl_exit_code_count; i++) {
        char row[128];

        (void)snprintf(row, sizeof row, "| %d | %s |", tl_exit_codes[i].code,
                       tl_exit_codes[i].meaning);
        if (strncmp(at, row, strlen(row)) != 0)
            fail_msg("docs/OPERATING.md should say: %s", row);
        at = strchr(at, '\n') + 1;
    }
    assert_true(*at != '|');
    free(text);
}

static void wrong_usage_ends_with_two(void **state)
{
    static const char *const words[] = {"",
                                        "nonsense",
                                        "case",
                                        "case nonsense",
                                        "import",
                                        "import x.csv",
                                        "version --nonsense",
                                        "version extra --json --",
                                        "status",
                                        "status --timeout",
                                        "query --stage nowhere --node ipc:///x",
                                        "submit PAYMENT",
                                        "submit NONSENSE --date 2020-01-01",
                                        "day close --until yesterday",
                                        "case show xyz",
                                        "receipt get abc",
                                        "query --limit -5 --node ipc:///x",
                                        "status --timeout 0",
                                        "day close --until 9999-12-31",
                                        "decisions --type NONSENSE",
                                        "submit PAYMENT --date 2020-01-01",
                                        "submit PAYMENT --case 12 --date 2020-01-01",
                                        "keygen /tmp/never --member a"};
    static struct said said;

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        tally(&said, words[i]);
        if (said.code != 2 && strncmp(words[i], "version extra", 13) != 0)
            fail_msg("tally %s ended with %d: %s", words[i], said.code, said.text);
    }
}

static void errors_keep_the_shape_of_json(void **state)
{
    static struct said said;

    (void)state;
    tally(&said, "genesis show /nowhere/genesis --json");
    assert_int_not_equal(said.code, 0);
    assert_non_null(strstr(said.text, "\"error\""));
    assert_non_null(strstr(said.text, "\"code\""));
    tally(&said, "nonsense --json");
    assert_non_null(strstr(said.text, "\"error\""));
    tally(&said, "genesis show /nowhere/genesis");
    assert_memory_equal(said.text, "tally: ", 7);
    assert_non_null(strstr(said.text, "'/nowhere/genesis'"));
}

static void an_answer_in_three_shapes(void **state)
{
    static struct said said;

    (void)state;
    tally(&said, "version");
    assert_int_equal(said.code, 0);
    tally(&said, "version --json");
    assert_memory_equal(said.text, "{", 1);
    tally(&said, "version --csv");
    assert_memory_equal(said.text, "tally\r\n", 7);
}

static void a_full_disk_is_noticed(void **state)
{
    static struct said said;

    (void)state;
    tally(&said, "version >/dev/full");
    assert_int_equal(said.code, 13);
}

/* What failed first, its name in quotes, how to mend it. */
static void errors_name_their_subject(void **state)
{
    static const struct {
        const char *words;
        int code;
        const char *text;
    } rows[] = {
        {"import /nowhere --envelope 0 --map " TL_TEST_EXAMPLES "/maps/portfolio.yaml", 2,
         "envelope"},
        {"import / --map " TL_TEST_EXAMPLES "/maps/portfolio.yaml", 13, "cannot import '/'"},
        {"import /nowhere --map " TL_TEST_EXAMPLES "/maps/portfolio.yaml", 13, "'/nowhere'"},
        {"import /dev/null --map " TL_TEST_EXAMPLES "/maps/portfolio.yaml", 4, "the file is empty"},
        {"import /dev/null --map /nowhere", 3, "\"/nowhere\""},
        {"submit PAYMENT --date 2020-01-01", 2, "fields: payment, amount_minor, method"},
        {"demo --tallyd /nowhere/tallyd", 3, "give --tallyd PATH"},
        {"demo --data /nowhere", 13, "cannot read \"/nowhere\""},
        {"export /dev/null", 13, "there is such a file already"},
    };
    static struct said said;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tally(&said, rows[i].words);
        if (said.code != rows[i].code || strstr(said.text, rows[i].text) == NULL)
            fail_msg("tally %s ended with %d: %s", rows[i].words, said.code, said.text);
    }
}

/* Nobody was asked what is on the ledger, so nothing is said about it. */
static void a_dry_run_says_what_it_knows(void **state)
{
    static struct said said;

    (void)state;
    tally(&said, "import " TL_TEST_EXAMPLES "/portfolio.csv.gz --dry-run --map " TL_TEST_EXAMPLES
                 "/maps/portfolio.yaml");
    assert_int_equal(said.code, 0);
    assert_non_null(strstr(said.text, "entries made"));
    assert_null(strstr(said.text, "on the ledger before"));
}

static void an_audit_of_nothing_fails(void **state)
{
    static struct said said;

    (void)state;
    tally(&said, "audit /dev/null");
    assert_int_equal(said.code, 4);
    tally(&said, "audit /nowhere");
    assert_int_equal(said.code, 13);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_has_help),
        cmocka_unit_test(exit_codes_are_those_of_the_statuses),
        cmocka_unit_test(the_manual_lists_the_exit_codes),
        cmocka_unit_test(wrong_usage_ends_with_two),
        cmocka_unit_test(errors_keep_the_shape_of_json),
        cmocka_unit_test(an_answer_in_three_shapes),
        cmocka_unit_test(a_full_disk_is_noticed),
        cmocka_unit_test(errors_name_their_subject),
        cmocka_unit_test(a_dry_run_says_what_it_knows),
        cmocka_unit_test(an_audit_of_nothing_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
