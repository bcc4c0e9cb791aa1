/* Dossiers: no byte of a page is free, nothing on it is not in its evidence, and
 * nothing in it is about another case. */
#include "case_world.h"
#include "dossier.h"

#include "tl/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MEMORY ((size_t)4 << 20)
#define CASES  30u
#define OURS   7u

static struct case_world world;
static struct tl_genesis_file genesis;
static struct tl_buf evidence;
static struct tl_dossier dossier;

static int open_world(void **state)
{
    struct tl_case_question question = {TL_CLAIM_DOSSIER, 0, case_world_id(OURS), NULL};
    struct tl_buf scratch = tl_buf(malloc(MEMORY), MEMORY);
    const char *why = "";

    (void)state;
    case_world_init(&world, 8, (size_t)32 << 20);
    for (uint32_t i = 1; i <= CASES; i++)
        case_world_life(&world, i);
    genesis = (struct tl_genesis_file){.genesis = world.consortium.genesis,
                                       .chain_id = world.consortium.chain_id};
    evidence = tl_buf(malloc(MEMORY), MEMORY);
    assert_int_equal(tl_case_receipt_make(world.chain, &question, &scratch, &evidence), TL_OK);
    assert_int_equal(tl_dossier_make(&dossier, tl_buf_bytes(&evidence), &genesis, &why), TL_OK);
    free(scratch.ptr);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    tl_dossier_free(&dossier);
    free(evidence.ptr);
    case_world_fini(&world);
    return 0;
}

static enum tl_status check(const char *page, size_t len, const char **why)
{
    struct tl_dossier again;
    enum tl_status status = tl_dossier_check(&again, tl_bytes(page, len), &genesis, why);

    tl_dossier_free(&again);
    return status;
}

static int64_t number(const char *key)
{
    int64_t value = -1;

    (void)tl_json_number(tl_json_get(tl_json_get(dossier.model, "statement"), key), &value);
    return value;
}

static void the_statement_is_the_ledgers(void **state)
{
    const struct tl_json *postings =
        tl_json_get(tl_json_get(dossier.model, "statement"), "postings");
    const char *why = "";

    (void)state;
    assert_int_equal(number("owed_minor"), 27300);
    assert_int_equal(number("received_minor"), 10000);
    assert_int_equal(number("not_itemised_minor"), 0);
    assert_int_equal(tl_json_count(postings), 3);
    assert_int_equal(check(dossier.page.text, dossier.page.len, &why), TL_OK);
    assert_non_null(strstr(dossier.page.text, "273.00"));
    assert_null(strstr(dossier.page.text, "<script"));
    assert_null(strstr(dossier.page.text, "http://"));
    assert_null(strstr(dossier.page.text, "https://"));
}

static void no_byte_of_a_page_is_free(void **state)
{
    char *page = malloc(dossier.page.len);
    const char *why = "";

    (void)state;
    memcpy(page, dossier.page.text, dossier.page.len);
    for (size_t i = 0; i < dossier.page.len; i++) {
        page[i] ^= (char)(1u << i % 7);
        if (check(page, dossier.page.len, &why) == TL_OK)
            fail_msg("byte %zu of %zu may be changed", i, dossier.page.len);
        page[i] ^= (char)(1u << i % 7);
    }
    for (size_t cut = 0; cut < dossier.page.len; cut += 997)
        assert_int_not_equal(check(page, cut, &why), TL_OK);
    free(page);
}

/* A page that says something else, sealed again as a forger would. */
static void a_forged_page_is_found(void **state)
{
    size_t body = dossier.page.len - TL_DOSSIER_SEAL_BYTES;
    char *page = malloc(dossier.page.len + 1u);
    const char *why = "";
    size_t forged = 0;

    (void)state;
    for (size_t i = 0; i < body; i += 211) {
        struct tl_hash hash;

        memcpy(page, dossier.page.text, dossier.page.len);
        page[i] = page[i] == '7' ? '8' : '7';
        tl_hash_plain(&hash, tl_bytes(page, body));
        tl_dossier_seal(page + body, &hash);
        assert_int_not_equal(check(page, dossier.page.len, &why), TL_OK);
        forged += strcmp(why, "the page is not the one that its evidence makes") == 0;
    }
    assert_true(forged > 20);
    free(page);
}

static bool has(struct tl_bytes where, const void *what, size_t len)
{
    for (size_t i = 0; i + len <= where.len; i++)
        if (memcmp(where.ptr + i, what, len) == 0)
            return true;
    return false;
}

static void no_other_case_is_in_it(void **state)
{
    struct tl_bytes page = tl_bytes(dossier.page.text, dossier.page.len);
    struct tl_bytes json = tl_bytes(dossier.json.text, dossier.json.len);

    (void)state;
    for (uint32_t i = 1; i <= CASES; i++) {
        struct tl_id id = case_world_id(i);
        char hex[2u * TL_ID_BYTES + 1u];

        tl_hex(hex, tl_bytes(id.b, sizeof id.b));
        assert_int_equal(has(tl_buf_bytes(&evidence), id.b, sizeof id.b), i == OURS);
        assert_int_equal(has(page, hex, strlen(hex)), i == OURS);
        assert_int_equal(has(json, hex, strlen(hex)), i == OURS);
    }
}

static void text_of_the_ledger_is_no_markup(void **state)
{
    struct tl_json *model = tl_json_object();
    struct tl_page page;

    (void)state;
    tl_json_set_str(model, "ledger", "<b onload=\"x\">&amp;");
    page = tl_dossier_page(model, tl_bytes("e", 1));
    assert_null(strstr(page.text, "<b onload"));
    assert_non_null(strstr(page.text, "&lt;b onload=&quot;x&quot;&gt;&amp;amp;"));
    free(page.text);
    tl_json_free(model);
}

static void amounts_read_well(void **state)
{
    static const struct {
        int64_t minor;
        uint32_t decimals;
        const char *text;
    } rows[] = {{0, 2, "0.00"},
                {5, 2, "0.05"},
                {-5, 2, "-0.05"},
                {99999, 2, "999.99"},
                {100000, 2, "1,000.00"},
                {-123456789, 2, "-1,234,567.89"},
                {1234567, 0, "1,234,567"},
                {INT64_MIN, 2, "-92,233,720,368,547,758.08"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[40];

        tl_dossier_amount(text, sizeof text, rows[i].minor, rows[i].decimals);
        assert_string_equal(text, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_statement_is_the_ledgers),
        cmocka_unit_test(no_byte_of_a_page_is_free),
        cmocka_unit_test(a_forged_page_is_found),
        cmocka_unit_test(no_other_case_is_in_it),
        cmocka_unit_test(text_of_the_ledger_is_no_markup),
        cmocka_unit_test(amounts_read_well),
    };

    return cmocka_run_group_tests(tests, open_world, close_world);
}
