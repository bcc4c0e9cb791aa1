#include "case_why.h"

#include "mem.h"
#include "past.h"
#include "plain.h"
#include "show.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct asking {
    struct tl_id id;
    uint64_t leaf;
    uint32_t exponent;
    const struct tl_genesis *genesis;
    struct tl_json *facts; /* rows of every leaf a decision may follow from */
    /* the rule that acted last on the case */
    bool acted;
    struct tl_case before;
    uint32_t rule;
    int32_t on;
    /* the decision */
    bool found;
    bool by_rule; /* `before` is what its rule saw */
    struct tl_json *row;
    struct tl_hash policy;
    struct tl_json *answer;
};

/* ---- while it is worked out again -------------------------------------- */

static void on_rule(void *host, const struct tl_case *c, uint32_t rule, int32_t on)
{
    struct asking *asking = host;

    if (asking->found || memcmp(c->id.b, asking->id.b, TL_ID_BYTES) != 0)
        return;
    asking->acted = true;
    asking->before = *c;
    asking->rule = rule;
    asking->on = on;
}

static enum tl_status on_begin(void *host, const struct tl_genesis_file *genesis)
{
    ((struct asking *)host)->genesis = &genesis->genesis;
    return TL_OK;
}

static void keep_fact(struct asking *asking, const struct tl_past_leaf *leaf)
{
    struct tl_json *row = tl_show_leaf(asking->genesis, leaf->index, leaf->bytes);

    if (row == NULL)
        return;
    if (leaf->leaf.kind == TL_LEAF_ENTRY)
        tl_json_set(row, "author", tl_show_member(asking->genesis, leaf->member));
    tl_show_summary(row);
    tl_json_add(asking->facts, row);
}

static enum tl_status on_leaf(void *host, const struct tl_past_leaf *leaf)
{
    struct asking *asking = host;
    bool decided = leaf->leaf.kind == TL_LEAF_DECISION;
    const struct tl_id *id = decided ? &leaf->decision.case_id : &leaf->entry.case_id;

    if (asking->found)
        return TL_OK;
    if (memcmp(id->b, asking->id.b, TL_ID_BYTES) == 0 ||
        (!decided && tl_id_is_zero(id) && leaf->entry.type != TL_ENTRY_POLICY_PUBLISH))
        keep_fact(asking, leaf);
    if (leaf->index != asking->leaf || memcmp(id->b, asking->id.b, TL_ID_BYTES) != 0)
        return TL_OK;
    asking->found = true;
    asking->row = tl_json_keep(tl_json_at(asking->facts, tl_json_count(asking->facts) - 1u));
    if (decided) {
        asking->policy = leaf->decision.policy;
        asking->by_rule = asking->acted;
    }
    return TL_OK;
}

/* ---- the answer -------------------------------------------------------- */

static const struct tl_json *fact_at(const struct asking *asking, int64_t leaf)
{
    for (size_t i = tl_json_count(asking->facts); i-- > 0;) {
        const struct tl_json *row = tl_json_at(asking->facts, i);
        int64_t index;

        if (tl_json_number(tl_json_get(row, "leaf"), &index) && index == leaf)
            return row;
    }
    return NULL;
}

static struct tl_json *facts_of(const struct asking *asking)
{
    const struct tl_json *inputs = tl_json_get(asking->row, "inputs");
    struct tl_json *rows = tl_json_array();

    for (size_t i = 0; i < tl_json_count(inputs); i++) {
        int64_t leaf;
        const struct tl_json *row;

        if (!tl_json_number(tl_json_at(inputs, i), &leaf))
            continue;
        row = fact_at(asking, leaf);
        if (row != NULL)
            tl_json_add(rows, tl_json_keep(row));
    }
    return rows;
}

static void add_line(struct tl_json *lines, const char *text)
{
    tl_json_add(lines, tl_json_str(text));
}

/* What the rule found, and what would have kept it from acting. */
static void rule_lines(const struct asking *asking, const struct tl_policy *policy,
                       struct tl_json *found, struct tl_json *otherwise)
{
    const struct tl_rule *rule = &policy->rule[asking->rule];
    const struct tl_case *c = &asking->before;
    char text[TL_PLAIN_MAX];
    char line[TL_PLAIN_MAX + 160u];

    tl_plain_stages(text, rule->from_stages);
    (void)snprintf(line, sizeof line, "the case is in stage %s, one of: %s",
                   tl_name_of(&tl_stage_names, c->stage), text);
    add_line(found, line);
    tl_plain_rule(line, rule, c);
    add_line(found, line);
    for (uint32_t i = 0; i < rule->guard_count; i++) {
        tl_plain_holds(text, &rule->guard[i], c, asking->on, asking->exponent);
        add_line(found, text);
        tl_plain_otherwise(text, &rule->guard[i], c, asking->on, asking->exponent);
        add_line(otherwise, text);
    }
    if (rule->from_stages != TL_STAGES_ALL)
        add_line(otherwise, "if the case had been in another stage");
    tl_plain_stays(text, policy, rule);
    if (text[0] != '\0') {
        (void)snprintf(line, sizeof line, "as long as it had been held by one of: %s", text);
        add_line(otherwise, line);
    }
}

static void policy_set(struct tl_json *answer, const struct tl_policy *policy,
                       const struct tl_hash *hash)
{
    struct tl_json *row = tl_json_object();

    tl_json_set_str(row, "name", policy->name);
    tl_json_set_int(row, "version", policy->version);
    tl_json_set_str(row, "title", policy->title);
    tl_json_set(row, "hash", tl_json_hex(tl_bytes(hash->b, TL_HASH_BYTES)));
    tl_json_set(answer, "policy", row);
}

static void answer_make(struct asking *asking, const struct tl_policy *policy)
{
    struct tl_json *found = tl_json_array();
    struct tl_json *otherwise = tl_json_array();
    const char *rule = tl_json_chars(tl_json_get(asking->row, "rule"));
    bool of_policy = policy != NULL && asking->by_rule && rule != NULL &&
                     asking->rule < policy->rule_count &&
                     strcmp(policy->rule[asking->rule].id, rule) == 0;

    asking->answer = tl_json_object();
    tl_json_set(asking->answer, "decision", tl_json_keep(asking->row));
    tl_json_set(asking->answer, "facts", facts_of(asking));
    if (policy != NULL)
        policy_set(asking->answer, policy, &asking->policy);
    if (of_policy)
        rule_lines(asking, policy, found, otherwise);
    else if (rule != NULL)
        add_line(otherwise, "without the facts it follows from: the engine does this by itself");
    tl_json_set(asking->answer, "found", found);
    tl_json_set(asking->answer, "otherwise", otherwise);
}

static enum tl_status on_arrive(void *host, const struct tl_past_point *point,
                                struct tl_overlay *state)
{
    struct asking *asking = host;
    struct tl_policy *policy = tl_mem_new(1, sizeof *policy);
    enum tl_status status = TL_ERR_NOT_FOUND;

    if (asking->found && !tl_hash_is_zero(&asking->policy))
        status = tl_policy_load(policy, state, &asking->policy);
    if (asking->found)
        answer_make(asking, status == TL_OK ? policy : NULL);
    if (asking->answer != NULL)
        tl_json_set_int(asking->answer, "height", (int64_t)point->height);
    asking->genesis = NULL;
    tl_mem_free(policy);
    return TL_OK;
}

/* ---- in words ---------------------------------------------------------- */

static const char *chars(const struct tl_json *row, const char *key)
{
    const char *text = tl_json_chars(tl_json_get(row, key));

    return text != NULL ? text : "";
}

static void print_list(const char *heading, const struct tl_json *lines)
{
    if (tl_json_count(lines) == 0)
        return;
    (void)printf("\n%s\n", heading);
    for (size_t i = 0; i < tl_json_count(lines); i++)
        (void)printf("  - %s\n", tl_json_chars(tl_json_at(lines, i)));
}

static void print_words(const struct tl_json *answer)
{
    const struct tl_json *row = tl_json_get(answer, "decision");
    const struct tl_json *policy = tl_json_get(answer, "policy");
    const struct tl_json *facts = tl_json_get(answer, "facts");
    int64_t number = 0;

    (void)printf("%s on %s: %s\n", chars(row, "type"), chars(row, "date"), chars(row, "what"));
    if (chars(row, "citation")[0] != '\0')
        (void)printf("because of: %s\n", chars(row, "citation"));
    if (chars(row, "rule")[0] != '\0')
        (void)printf("rule: %s\n", chars(row, "rule"));
    if (policy != NULL && tl_json_number(tl_json_get(policy, "version"), &number))
        (void)printf("policy: %s, version %" PRId64 " (%s), %s\n", chars(policy, "name"), number,
                     chars(policy, "title"), chars(policy, "hash"));
    if (tl_json_count(facts) > 0)
        (void)puts("\nIt follows from");
    for (size_t i = 0; i < tl_json_count(facts); i++) {
        const struct tl_json *fact = tl_json_at(facts, i);
        const char *author = chars(fact, "author");

        (void)tl_json_number(tl_json_get(fact, "leaf"), &number);
        (void)printf("  - leaf %" PRId64 ", %s: %s%s%s%s%s\n", number, chars(fact, "date"),
                     chars(fact, "type"), author[0] != '\0' ? " by " : "", author,
                     chars(fact, "what")[0] != '\0' ? ", " : "", chars(fact, "what"));
    }
    print_list("The rule found", tl_json_get(answer, "found"));
    print_list("It would not have been decided", tl_json_get(answer, "otherwise"));
}

static enum tl_status leaf_read(const char *word, uint64_t *leaf)
{
    char *end;

    errno = 0;
    *leaf = strtoull(word, &end, 10);
    if (word[0] >= '0' && word[0] <= '9' && *end == '\0' && errno == 0)
        return TL_OK;
    (void)tl_fail(TL_ERR_USAGE, "it stands first in each row of: tally case history",
                  "a decision is named by its leaf, a whole number, not '%s'", word);
    return TL_ERR_USAGE;
}

enum tl_status tl_case_why(const struct tl_call *call, const struct tl_id *id, const char *leaf)
{
    struct asking asking = {.id = *id, .exponent = call->out.money_exponent};
    const struct tl_contract_watch watch = {on_rule, NULL, &asking};
    const struct tl_past_visitor visitor = {on_begin, on_leaf, on_arrive, &asking, &watch};
    enum tl_status status = leaf_read(leaf, &asking.leaf);

    if (status != TL_OK)
        return status;
    asking.facts = tl_json_array();
    status = tl_past_walk(&call->args, &visitor);
    if (status == TL_OK && !asking.found) {
        status = TL_ERR_NOT_FOUND;
        (void)tl_fail(status, "see: tally case history", "leaf %s is not of this case", leaf);
    } else if (status == TL_OK && call->out.format == TL_OUT_TABLE) {
        print_words(asking.answer);
    } else if (status == TL_OK) {
        tl_json_print(asking.answer, stdout);
    }
    tl_json_free(asking.answer);
    tl_json_free(asking.row);
    tl_json_free(asking.facts);
    return status;
}
