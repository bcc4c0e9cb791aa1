/* YAML as a tree that knows where it stood, and refuses what surprises. */
#include "tl/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum tl_status parse(struct tl_yaml *doc, const char *text, struct tl_why *why)
{
    why->text[0] = '\0';
    return tl_yaml_parse(doc, "f", tl_bytes_str(text), why);
}

static void nodes_know_their_place(void **state)
{
    const struct tl_yaml_node *list;
    const struct tl_yaml_node *map;
    struct tl_yaml doc;
    struct tl_why why;

    (void)state;
    assert_int_equal(parse(&doc, "a: 1\n\nlist:\n  - x\n  - {k: \"no\", e: }\n", &why), TL_OK);
    assert_int_equal(doc.root->kind, TL_YAML_MAP);
    assert_int_equal(doc.root->count, 2);
    list = tl_yaml_get(doc.root, "list");
    assert_non_null(list);
    assert_int_equal(list->key_line, 3);
    assert_int_equal(list->kind, TL_YAML_LIST);
    assert_int_equal(list->count, 2);
    assert_int_equal(list->first->line, 4);
    assert_int_equal(list->first->column, 5);
    assert_false(list->first->quoted);
    map = list->first->next;
    assert_string_equal((const char *)tl_yaml_get(map, "k")->text.ptr, "no");
    assert_true(tl_yaml_get(map, "k")->quoted);
    assert_int_equal(tl_yaml_get(map, "k")->key_column, 6);
    assert_int_equal(tl_yaml_get(map, "e")->text.len, 0);
    assert_null(tl_yaml_get(map, "none"));
    assert_null(tl_yaml_get(list, "k"));
    tl_yaml_free(&doc);
    assert_null(doc.root);
}

static void surprises_are_refused(void **state)
{
    static const struct {
        const char *text;
        const char *says;
    } bad[] = {
        {"", "f:1:1: nothing"},
        {"a: &x 1\n", "f:1:4: anchors"},
        {"a: 1\nb: *a\n", "f:2:4: aliases"},
        {"a: !!int 1\n", "f:1:4: tags"},
        {"a: 1\nb: 2\na: 3\n", "f:3:1: key \"a\" is there twice, first on line 1"},
        {"[a]: 1\n", "a key must be"},
        {"a: 1\n---\nb: 2\n", "a second document"},
        {"a: [1\n", "f:2:1: "},
        {"a: \"\xff\"\n", "f:"},
        {"\ta: 1\n", "f:1:1: "},
        {"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]\n", "nested too deeply"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct tl_yaml doc;
        struct tl_why why;
        assert_int_not_equal(parse(&doc, bad[i].text, &why), TL_OK);
        assert_null(doc.root);
        if (strstr(why.text, bad[i].says) == NULL)
            fail_msg("wanted \"%s\", got \"%s\"", bad[i].says, why.text);
    }
}

static void the_bounds_hold(void **state)
{
    char *text = malloc(TL_YAML_BYTES_MAX + 2);
    struct tl_yaml doc;
    struct tl_why why;

    (void)state;
    assert_non_null(text);
    memset(text, ' ', TL_YAML_BYTES_MAX + 1);
    text[TL_YAML_BYTES_MAX + 1] = '\0';
    assert_int_equal(parse(&doc, text, &why), TL_ERR_LIMIT);
    for (size_t i = 0; i < TL_YAML_NODES_MAX + 10; i++)
        memcpy(text + 4 * i, "- x\n", 5);
    assert_int_equal(parse(&doc, text, &why), TL_ERR_LIMIT);
    assert_non_null(strstr(why.text, "too many values"));
    free(text);
}

static void numbers_are_read_strictly(void **state)
{
    static const char *const bad[] = {"1.5", "1e3", "0x10", "007",  "+1", "one",
                                      "",    "--1", "1_",   "1__0", "_1", "9223372036854775808"};
    struct tl_yaml doc;
    struct tl_why why;
    int64_t value;
    bool flag;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "n: %s\n", bad[i]);
        assert_int_equal(parse(&doc, text, &why), TL_OK);
        assert_int_not_equal(tl_yaml_int(&doc, doc.root->first, INT64_MIN, INT64_MAX, &value, &why),
                             TL_OK);
        assert_ptr_equal(strstr(why.text, "f:1:"), why.text);
        tl_yaml_free(&doc);
    }
    assert_int_equal(parse(&doc, "[0, -1, 12_500, -9223372036854775808, yes, true]\n", &why),
                     TL_OK);
    {
        static const int64_t good[] = {0, -1, 12500, INT64_MIN};
        const struct tl_yaml_node *node = doc.root->first;
        for (size_t i = 0; i < 4; i++, node = node->next) {
            assert_int_equal(tl_yaml_int(&doc, node, INT64_MIN, INT64_MAX, &value, &why), TL_OK);
            assert_true(value == good[i]);
        }
        assert_int_equal(tl_yaml_bool(&doc, node, &flag, &why), TL_ERR_ENCODING);
        assert_int_equal(tl_yaml_bool(&doc, node->next, &flag, &why), TL_OK);
        assert_true(flag);
    }
    assert_int_equal(tl_yaml_int(&doc, doc.root->first, 1, 9, &value, &why), TL_ERR_RANGE);
    assert_string_equal(why.text, "f:1:2: \"list element\" is 0, it must be from 1 to 9");
    tl_yaml_free(&doc);
}

static void missing_and_unknown_keys_are_named(void **state)
{
    static const char *const keys[] = {"port", "host", NULL};
    const struct tl_yaml_node *node;
    struct tl_yaml doc;
    struct tl_why why;

    (void)state;
    assert_int_equal(parse(&doc, "port: 1\nhots: x\n", &why), TL_OK);
    assert_int_equal(tl_yaml_only(&doc, doc.root, keys, &why), TL_ERR_ENCODING);
    assert_string_equal(why.text, "f:2:1: key \"hots\" means nothing here; known: port, host");
    assert_int_equal(tl_yaml_need(&doc, doc.root, "host", &node, &why), TL_ERR_ENCODING);
    assert_string_equal(why.text, "f:1:1: key \"host\" is missing here; add it");
    assert_int_equal(tl_yaml_need(&doc, doc.root, "port", &node, &why), TL_OK);
    assert_int_equal(tl_yaml_kind_is(&doc, node, TL_YAML_LIST, &why), TL_ERR_ENCODING);
    assert_string_equal(why.text, "f:1:7: \"port\" must be a list, not a single value");
    tl_yaml_free(&doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_know_their_place),
        cmocka_unit_test(surprises_are_refused),
        cmocka_unit_test(the_bounds_hold),
        cmocka_unit_test(numbers_are_read_strictly),
        cmocka_unit_test(missing_and_unknown_keys_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
