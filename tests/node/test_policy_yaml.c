/* Policies as documents: what is shipped compiles and keeps its hash, what is
 * wrong is refused with the place where it is. */
#include "tl/policy_yaml.h"

#include "shared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct tl_policy policy;
static struct tl_policy again;
static uint8_t bytes[TL_POLICY_BYTES_MAX];

/* The documents and the hash of their canonical bytes.  A change here changes
 * what members agree on: it is meant to be seen in review. */
static const struct {
    const char *file;
    const char *hash;
} shipped[] = {
#include "policies.lock"
};

static void path_of(char *out, size_t cap, const char *file)
{
    const char *source = getenv("TALLY_SOURCE");

    (void)snprintf(out, cap, "%s/docs/examples/policies/%s", source == NULL ? "." : source, file);
}

static void hash_text(char out[65], const struct tl_policy *of)
{
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);
    struct tl_hash hash;

    assert_true(tl_policy_encode(of, &buf));
    tl_policy_hash(&hash, tl_buf_bytes(&buf));
    tl_hex(out, tl_bytes(hash.b, sizeof hash.b));
}

static void shipped_policies_compile_and_keep_their_hash(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
        char path[1024];
        char hash[65];
        struct tl_why why = {""};
        path_of(path, sizeof path, shipped[i].file);
        if (tl_policy_yaml_load(&policy, path, &why) != TL_OK)
            fail_msg("%s", why.text);
        hash_text(hash, &policy);
        if (strcmp(hash, shipped[i].hash) != 0)
            fail_msg("%s now has the hash %s", shipped[i].file, hash);
    }
}

static void shipped_policies_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
        struct tl_buf buf = tl_buf(bytes, sizeof bytes);
        char path[1024];
        path_of(path, sizeof path, shipped[i].file);
        assert_int_equal(tl_policy_yaml_load(&policy, path, NULL), TL_OK);
        assert_true(tl_policy_encode(&policy, &buf));
        assert_int_equal(tl_policy_decode(&again, tl_buf_bytes(&buf)), TL_OK);
        assert_memory_equal(&policy, &again, sizeof policy);
    }
}

#define HEAD "policy: p\ntitle: t\nversion: 1\n"
#define RULE "rules:\n  - id: r\n    citation: c\n    when: facts\n"

static enum tl_status parse(const char *text, struct tl_why *why)
{
    why->text[0] = '\0';
    return tl_policy_yaml_parse(&policy, "p.yaml", tl_bytes_str(text), why);
}

static void guards_read_as_they_are_said(void **state)
{
    const struct tl_clause *clause = policy.rule[0].guard;
    struct tl_why why;

    (void)state;
    assert_int_equal(parse(HEAD RULE "    do: alert\n"
                                     "    if:\n"
                                     "      - paid - 1_000 < principal_charged + cost\n"
                                     "      - balance - fee >= 5 + 7 - 2\n"
                                     "      - 3 = payments\n"
                                     "      - today > 2012-05-30\n",
                           &why),
                     TL_OK);
    assert_int_equal(policy.rule[0].guard_count, 4);
    assert_int_equal(clause[0].left[0], TL_FEATURE_PAID);
    assert_int_equal(clause[0].right[0], TL_FEATURE_PRINCIPAL_CHARGED);
    assert_int_equal(clause[0].right[1], TL_FEATURE_COST);
    assert_int_equal(clause[0].op, TL_OP_LT);
    assert_int_equal(clause[0].constant, 1000);
    assert_int_equal(clause[1].left_count, 1);
    assert_int_equal(clause[1].right[0], TL_FEATURE_FEE);
    assert_int_equal(clause[1].constant, 10);
    assert_int_equal(clause[2].left_count, 0);
    assert_int_equal(clause[2].right[0], TL_FEATURE_PAYMENTS);
    assert_int_equal(clause[2].constant, -3);
    assert_int_equal(clause[3].constant, 15490);
}

static void comments_and_order_do_not_reach_the_bytes(void **state)
{
    char one[65];
    char two[65];
    struct tl_why why;

    (void)state;
    assert_int_equal(parse(HEAD RULE "    do: alert\n    if: [paid < 1000]\n", &why), TL_OK);
    hash_text(one, &policy);
    assert_int_equal(parse("# a comment\nversion: 1\n" RULE
                           "    if:\n      - paid  <  1_000   # ten\n"
                           "    do: \"alert\"\ntitle: 't'\npolicy: p\n",
                           &why),
                     TL_OK);
    hash_text(two, &policy);
    assert_string_equal(one, two);
}

static void wrong_documents_are_refused_with_their_place(void **state)
{
    static const struct {
        const char *text;
        const char *place;
        const char *word;
    } wrong[] = {
        {"policy: p\nversion: 1\nrules: []\n", "p.yaml:1:1: ", "\"title\" is missing"},
        {HEAD "rules: []\npolcy: x\n", "p.yaml:5:1: ", "\"polcy\" means nothing here"},
        {HEAD "version: 2\nrules: []\n", "p.yaml:4:1: ", "twice, first on line 3"},
        {"policy: p\ntitle: t\nversion: one\nrules: []\n", "p.yaml:3:10: ", "whole number"},
        {"policy: p\ntitle: t\nversion: 0\nrules: []\n", "p.yaml:3:10: ", "from 1 to"},
        {HEAD "allocation: [fee]\nrules: []\n", "p.yaml:4:13: ", "each of the 5 buckets"},
        {HEAD "allocation: [fee, fee, tax, cost, interest]\nrules: []\n",
         "p.yaml:4:13: ", "every bucket"},
        {HEAD "holds: {nap: [place]}\nrules: []\n", "p.yaml:4:", "key \"nap\" is not one of"},
        {HEAD "holds: {dispute: [plaice]}\nrules: []\n", "p.yaml:4:", "\"plaice\" is not one of"},
        {HEAD "scra_cap_bp: -1\nrules: []\n", "p.yaml:4:14: ", "from 0 to"},
        {HEAD "commissions: [{name: a}]\nrules: []\n", "p.yaml:4:15: ", "one of \"rate_bp\""},
        {HEAD "commissions: [{name: a, tiers: {9: 1}}]\nrules: []\n", "p.yaml:4:", "\"rest\""},
        {HEAD "commissions: [{name: a, tiers: {9: 1, 8: 1, rest: 1}}]\nrules: []\n",
         "p.yaml:4:14: ", "steps that rise"},
        {HEAD "commissions: [{name: a, rate_bp: 10001}]\nrules: []\n", "p.yaml:4:", "to 10000"},
        {HEAD "commissions: [{name: a, rate_bp: 1, remit: never}]\nrules: []\n",
         "p.yaml:4:", "\"never\" is not one of"},
        {HEAD "agencies: {x: {weight: 1, commission: b}}\nrules: []\n",
         "p.yaml:4:", "\"b\" is not the name"},
        {HEAD "agencies: {x: {commission: b}}\nrules: []\n", "p.yaml:4:", "\"weight\" is missing"},
        {HEAD RULE "    do: sing\n", "p.yaml:8:9: ", "\"sing\" is not one of"},
        {HEAD RULE "    do: offer_placement\n", "p.yaml:", "nobody to offer to"},
        {HEAD RULE "    do: {action_due: reminder, set_stage: paid}\n",
         "p.yaml:8:9: ", "one thing"},
        {HEAD RULE "    do: alert\n    if: [payed > 0]\n", "p.yaml:9:10: ", "no feature \"payed\""},
        {HEAD RULE "    do: alert\n    if: [paid >]\n", "p.yaml:9:10: ", "is missing"},
        {HEAD RULE "    do: alert\n    if: [paid 5]\n", "p.yaml:9:10: ", "one of < <="},
        {HEAD RULE "    do: alert\n    if: [paid > 5 > 3]\n", "p.yaml:9:10: ", "follows"},
        {HEAD RULE "    do: alert\n    if: [today > 2012-02-30]\n",
         "p.yaml:9:10: ", "no such date"},
        {HEAD RULE "    do: alert\n    if: [paid > 99999999999999999999]\n",
         "p.yaml:9:10: ", "too large"},
        {HEAD RULE "    do: {assess_fee: {bucket: fee}}\n", "p.yaml:8:", "exactly one of"},
        {HEAD RULE "    do: {assess_fee: {tariff: x, basis: paid}}\n",
         "p.yaml:8:", "no tariff \"x\""},
        {HEAD "rules:\n  - id: r\n    citation: c\n    when: {days: 3}\n    do: alert\n",
         "p.yaml:7:11: ", "\"since\""},
        {HEAD "rules:\n  - id: r\n    citation: c\n    when: {since: paid, days: 3}\n"
              "    do: alert\n",
         "p.yaml:5:", "a timer counts from a date"},
        {HEAD "tariffs:\n  - name: t\n    default_bp: 1\n    totals: {10: 20, 5: 20}\n"
              "rules: []\n",
         "p.yaml:7:", "must rise"},
        {HEAD "rules: &a []\n", "p.yaml:4:8: ", "anchors"},
        {HEAD "rules: [\n", "p.yaml:5:1: ", "did not find"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct tl_why why;
        assert_int_not_equal(parse(wrong[i].text, &why), TL_OK);
        if (strncmp(why.text, wrong[i].place, strlen(wrong[i].place)) != 0 ||
            strstr(why.text, wrong[i].word) == NULL)
            fail_msg("wanted %s...%s..., got %s", wrong[i].place, wrong[i].word, why.text);
    }
}

/* Cutting a good document anywhere gives a policy or a reason, never neither. */
static void a_cut_document_is_refused_or_whole(void **state)
{
    char path[1024];
    char *text;
    size_t len;

    (void)state;
    path_of(path, sizeof path, "us-commercial.yaml");
    text = test_read_file(path, &len);
    assert_non_null(text);
    for (size_t cut = 0; cut < len; cut += 7) {
        struct tl_why why = {""};
        if (tl_policy_yaml_parse(&policy, "cut", tl_bytes(text, cut), &why) != TL_OK)
            assert_int_not_equal(why.text[0], '\0');
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shipped_policies_compile_and_keep_their_hash),
        cmocka_unit_test(shipped_policies_round_trip),
        cmocka_unit_test(guards_read_as_they_are_said),
        cmocka_unit_test(comments_and_order_do_not_reach_the_bytes),
        cmocka_unit_test(wrong_documents_are_refused_with_their_place),
        cmocka_unit_test(a_cut_document_is_refused_or_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
