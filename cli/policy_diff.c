#include "policy_diff.h"

#include "mem.h"
#include "show.h"

#include <string.h>

static const char *const aspect_words[] = {"placement", "agency",    "stage",      "charged",
                                           "owed",      "reporting", "charge-off", "decisions"};
const struct tl_names tl_diff_aspect_names = {aspect_words,
                                              sizeof aspect_words / sizeof aspect_words[0]};

/* A case in both runs; NULL where a run has no such case. */
struct pair {
    const struct tl_shadow_outcome *a;
    const struct tl_shadow_outcome *b;
    size_t from_a, to_a; /* its decisions */
    size_t from_b, to_b;
};

/* ---- decisions --------------------------------------------------------- */

static struct tl_decision decision_of(const struct tl_shadow_run *run, size_t index)
{
    struct tl_decision decision = {0};

    /* It was read when it was kept. */
    (void)!tl_record_decode(
        &tl_decision_record, &decision,
        tl_bytes(run->bytes + run->decision[index].at, run->decision[index].len));
    return decision;
}

static bool same_decision(const struct tl_decision *x, const struct tl_decision *y)
{
    return x->type == y->type && x->date == y->date && tl_bytes_eq(x->body, y->body);
}

static bool about(enum tl_diff_aspect aspect, uint16_t type)
{
    switch (aspect) {
    case TL_DIFF_PLACEMENT:
    case TL_DIFF_AGENCY:
        return type == TL_DECISION_PLACEMENT_OFFERED || type == TL_DECISION_PLACEMENT_ACCEPTED ||
               type == TL_DECISION_PLACEMENT_RECALLED;
    case TL_DIFF_STAGE:
        return type == TL_DECISION_STAGE_CHANGED;
    case TL_DIFF_CHARGED:
        return type == TL_DECISION_FEE_ASSESSED;
    case TL_DIFF_OWED:
        return type == TL_DECISION_FEE_ASSESSED || type == TL_DECISION_ALLOCATION ||
               type == TL_DECISION_SETTLEMENT_COMPLETED || type == TL_DECISION_SETTLEMENT_VOID;
    case TL_DIFF_REPORTING:
        return type == TL_DECISION_FURNISH_ELIGIBLE;
    case TL_DIFF_CHARGE_OFF:
        return type == TL_DECISION_CHARGED_OFF;
    case TL_DIFF_DECISIONS:
        return true;
    }
    return true;
}

/* Marks the decisions of one run that the other has too, each once. */
static void match(const struct tl_policy_diff *diff, const struct pair *pair, uint8_t *in_a,
                  uint8_t *in_b)
{
    for (size_t i = pair->from_a; i < pair->to_a; i++) {
        struct tl_decision x = decision_of(diff->a, i);

        for (size_t j = pair->from_b; j < pair->to_b; j++) {
            struct tl_decision y;

            if (in_b[j - pair->from_b] != 0)
                continue;
            y = decision_of(diff->b, j);
            if (!same_decision(&x, &y))
                continue;
            in_a[i - pair->from_a] = in_b[j - pair->from_b] = 1;
            break;
        }
    }
}

/* ---- outcomes ---------------------------------------------------------- */

static int64_t value_of(const struct tl_shadow_outcome *outcome, enum tl_diff_aspect aspect)
{
    if (outcome == NULL)
        return -1;
    switch (aspect) {
    case TL_DIFF_PLACEMENT:
        return outcome->placement;
    case TL_DIFF_AGENCY:
        return outcome->holder;
    case TL_DIFF_STAGE:
        return outcome->stage;
    case TL_DIFF_CHARGED:
        return outcome->charged_minor;
    case TL_DIFF_OWED:
        return outcome->owed_minor;
    case TL_DIFF_REPORTING:
        return outcome->reporting;
    case TL_DIFF_CHARGE_OFF:
        return outcome->charged_off ? 1 : 0;
    case TL_DIFF_DECISIONS:
        return 0;
    }
    return 0;
}

static struct tl_json *words_or_none(const struct tl_names *names, int64_t value)
{
    const char *word = tl_name_of(names, (uint64_t)value);

    return tl_json_str(word != NULL ? word : "?");
}

static struct tl_json *value_shown(const struct tl_policy_diff *diff,
                                   const struct tl_shadow_outcome *outcome,
                                   enum tl_diff_aspect aspect)
{
    int64_t value = value_of(outcome, aspect);

    if (outcome == NULL)
        return tl_json_str("no case");
    switch (aspect) {
    case TL_DIFF_PLACEMENT:
        return words_or_none(&tl_placement_names, value);
    case TL_DIFF_AGENCY:
        return tl_show_member(diff->genesis, (uint32_t)value);
    case TL_DIFF_STAGE:
    case TL_DIFF_DECISIONS:
        return words_or_none(&tl_stage_names, outcome->stage);
    case TL_DIFF_REPORTING:
        return words_or_none(&tl_reporting_names, value);
    case TL_DIFF_CHARGE_OFF:
        return tl_json_str(value != 0 ? "charged off" : "not charged off");
    case TL_DIFF_CHARGED:
    case TL_DIFF_OWED:
        return tl_json_int(value);
    }
    return NULL;
}

/* ---- rows -------------------------------------------------------------- */

static struct tl_json *row_new(const struct tl_policy_diff *diff, const struct pair *pair,
                               enum tl_diff_aspect aspect)
{
    const struct tl_shadow_outcome *any = pair->a != NULL ? pair->a : pair->b;
    struct tl_json *row = tl_json_object();

    tl_json_set(row, "case", tl_json_hex(tl_bytes(any->case_id.b, TL_ID_BYTES)));
    tl_json_set(row, "under_a", value_shown(diff, pair->a, aspect));
    tl_json_set(row, "under_b", value_shown(diff, pair->b, aspect));
    return row;
}

static void row_decide(const struct tl_policy_diff *diff, struct tl_json *row,
                       const struct tl_decision *decision)
{
    static const char *const copied[] = {"date", "type", "body", "what", "rule", "citation"};
    struct tl_json *shown = tl_show_decision(diff->genesis, 0, decision);

    for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++) {
        const struct tl_json *value = tl_json_get(shown, copied[i]);

        if (value != NULL)
            tl_json_set(row, copied[i], tl_json_keep(value));
    }
    tl_json_free(shown);
}

/* Rows of one run's own decisions; how many there were. */
static size_t side_rows(const struct tl_policy_diff *diff, const struct pair *pair,
                        enum tl_diff_aspect aspect, bool second, const uint8_t *known,
                        struct tl_json *rows)
{
    const struct tl_shadow_run *run = second ? diff->b : diff->a;
    size_t from = second ? pair->from_b : pair->from_a;
    size_t to = second ? pair->to_b : pair->to_a;
    size_t count = 0;

    for (size_t i = from; i < to; i++) {
        struct tl_decision decision = decision_of(run, i);
        struct tl_json *row;

        if (known[i - from] != 0 || !about(aspect, decision.type))
            continue;
        row = row_new(diff, pair, aspect);
        tl_json_set_str(row, "only", second ? "b" : "a");
        row_decide(diff, row, &decision);
        tl_json_add(rows, row);
        count++;
    }
    return count;
}

static uint64_t unknown(const uint8_t *known, size_t count)
{
    uint64_t n = 0;

    for (size_t i = 0; i < count; i++)
        n += known[i] == 0;
    return n;
}

static void pair_rows(struct tl_policy_diff *diff, const struct pair *pair,
                      enum tl_diff_aspect aspect, struct tl_json *rows)
{
    size_t count_a = pair->to_a - pair->from_a;
    size_t count_b = pair->to_b - pair->from_b;
    uint8_t *known_a = tl_mem_new(count_a + count_b + 1u, 1);
    uint8_t *known_b = known_a + count_a;
    uint64_t only_a;
    uint64_t only_b;
    bool differs;

    match(diff, pair, known_a, known_b);
    only_a = unknown(known_a, count_a);
    only_b = unknown(known_b, count_b);
    diff->decisions_a += only_a;
    diff->decisions_b += only_b;
    for (unsigned i = 0; i < TL_DIFF_DECISIONS; i++)
        diff->cases[i] +=
            value_of(pair->a, (enum tl_diff_aspect)i) != value_of(pair->b, (enum tl_diff_aspect)i);
    diff->cases[TL_DIFF_DECISIONS] += only_a + only_b > 0;
    differs = aspect == TL_DIFF_DECISIONS ? only_a + only_b > 0
                                          : value_of(pair->a, aspect) != value_of(pair->b, aspect);
    if (differs && side_rows(diff, pair, aspect, false, known_a, rows) +
                           side_rows(diff, pair, aspect, true, known_b, rows) ==
                       0)
        tl_json_add(rows, row_new(diff, pair, aspect));
    tl_mem_free(known_a);
}

/* The decisions of a case, from *at on: runs keep them in order of case. */
static void decisions_of(const struct tl_shadow_run *run, const struct tl_id *id, size_t *at,
                         size_t *from, size_t *to)
{
    while (*at < run->decisions && memcmp(run->decision[*at].case_id.b, id->b, TL_ID_BYTES) < 0)
        ++*at;
    *from = *at;
    while (*at < run->decisions && memcmp(run->decision[*at].case_id.b, id->b, TL_ID_BYTES) == 0)
        ++*at;
    *to = *at;
}

void tl_policy_diff_rows(struct tl_policy_diff *diff, enum tl_diff_aspect aspect,
                         struct tl_json *rows)
{
    size_t i = 0;
    size_t j = 0;
    size_t at_a = 0;
    size_t at_b = 0;

    while (i < diff->a->outcomes || j < diff->b->outcomes) {
        const struct tl_shadow_outcome *a = i < diff->a->outcomes ? &diff->a->outcome[i] : NULL;
        const struct tl_shadow_outcome *b = j < diff->b->outcomes ? &diff->b->outcome[j] : NULL;
        int order = a == NULL   ? 1
                    : b == NULL ? -1
                                : memcmp(a->case_id.b, b->case_id.b, TL_ID_BYTES);
        struct pair pair = {order <= 0 ? a : NULL, order >= 0 ? b : NULL, 0, 0, 0, 0};
        const struct tl_id *id = order <= 0 ? &a->case_id : &b->case_id;

        if (a == NULL && b == NULL)
            return;
        decisions_of(diff->a, id, &at_a, &pair.from_a, &pair.to_a);
        decisions_of(diff->b, id, &at_b, &pair.from_b, &pair.to_b);
        pair_rows(diff, &pair, aspect, rows);
        i += order <= 0;
        j += order >= 0;
    }
}
