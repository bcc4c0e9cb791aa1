/* Guards: one comparison of sums. */
#include "compile.h"

#include "tl/entry.h"

#include <stdio.h>
#include <string.h>

/* A clause while it is read.  Terms and constants are gathered on the side they
 * stand on; a term with a minus changes sides. */
struct parse {
    const struct compile *c;
    const struct tl_yaml_node *node;
    const char *at;
    struct tl_clause *clause;
    bool right;
    int64_t constant; /* of the right side less the left */
};

static enum tl_status bad(const struct parse *p, const char *what)
{
    return tl_yaml_fail(p->c->doc, p->node, TL_ERR_ENCODING, p->c->why,
                        "guard \"%.80s\": %s; write it like \"paid < principal_charged + 500\"",
                        (const char *)p->node->text.ptr, what);
}

static void skip_blanks(struct parse *p)
{
    p->at += strspn(p->at, " ");
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static enum tl_status add_constant(struct parse *p, int64_t value, bool minus)
{
    /* Standing on the left it counts against the right, and a minus turns it. */
    const bool subtract = p->right ? minus : !minus;
    const bool over = subtract ? __builtin_sub_overflow(p->constant, value, &p->constant)
                               : __builtin_add_overflow(p->constant, value, &p->constant);

    return over ? bad(p, "the numbers are too large") : TL_OK;
}

static enum tl_status read_number(struct parse *p, bool minus)
{
    enum { DATE_CHARACTERS = 10 };
    const size_t len = strspn(p->at, "0123456789_-");
    int64_t value = 0;
    int32_t days;

    if (len == DATE_CHARACTERS && p->at[4] == '-') {
        if (!tl_date_parse(tl_bytes(p->at, len), &days))
            return bad(p, "no such date");
        p->at += len;
        return add_constant(p, days, minus);
    }
    for (; is_digit(*p->at) || *p->at == '_'; p->at++) {
        if (*p->at != '_' && (__builtin_mul_overflow(value, 10, &value) ||
                              __builtin_add_overflow(value, *p->at - '0', &value)))
            return bad(p, "the numbers are too large");
    }
    return add_constant(p, value, minus);
}

static enum tl_status read_feature(struct parse *p, bool minus)
{
    struct tl_clause *clause = p->clause;
    const bool right = p->right != minus;
    uint8_t *count = right ? &clause->right_count : &clause->left_count;
    uint8_t *terms = right ? clause->right : clause->left;
    struct tl_bytes word = tl_bytes(p->at, 0);
    uint8_t feature;

    while (is_word(p->at[word.len]))
        word.len++;
    if (!tl_name_find(&tl_feature_names, word, &feature) || feature == TL_FEATURE_NONE)
        return tl_yaml_fail(p->c->doc, p->node, TL_ERR_ENCODING, p->c->why,
                            "guard \"%.80s\": there is no feature \"%.*s\"; docs/POLICY.md lists "
                            "them",
                            (const char *)p->node->text.ptr, (int)word.len, p->at);
    if (*count == TL_TERMS_MAX)
        return bad(p, "too many terms");
    terms[(*count)++] = feature;
    p->at += word.len;
    return TL_OK;
}

/* term (+ term | - term)*, up to a comparison or the end. */
static enum tl_status read_sum(struct parse *p)
{
    for (;;) {
        bool minus = false;
        enum tl_status status;
        skip_blanks(p);
        if (*p->at == '-' || *p->at == '+')
            minus = *p->at++ == '-';
        skip_blanks(p);
        if (is_digit(*p->at))
            status = read_number(p, minus);
        else if (is_word(*p->at))
            status = read_feature(p, minus);
        else
            return bad(p, "a feature or a number is missing");
        if (status != TL_OK)
            return status;
        skip_blanks(p);
        if (*p->at != '-' && *p->at != '+')
            return TL_OK;
    }
}

static enum tl_status read_op(struct parse *p)
{
    struct tl_bytes word = tl_bytes(p->at, strspn(p->at, "<>=!"));

    if (!tl_name_find(&tl_op_names, word, &p->clause->op))
        return bad(p, "one of < <= = != >= > is missing");
    p->at += word.len;
    p->right = true;
    return TL_OK;
}

enum tl_status compile_clause(const struct compile *c, const struct tl_yaml_node *node,
                              struct tl_clause *clause)
{
    struct parse p = {.c = c, .node = node, .clause = clause};
    struct tl_bytes text;
    enum tl_status status = tl_yaml_str(c->doc, node, TL_WHY_MAX, &text, c->why);

    *clause = (struct tl_clause){.op = TL_OP_EQ};
    if (status != TL_OK)
        return status;
    p.at = (const char *)text.ptr;
    status = read_sum(&p);
    if (status == TL_OK)
        status = read_op(&p);
    if (status == TL_OK)
        status = read_sum(&p);
    if (status == TL_OK && *p.at != '\0')
        return bad(&p, "something follows the comparison");
    clause->constant = p.constant;
    return status;
}
