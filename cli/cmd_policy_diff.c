/* What another policy would have decided: a shadow run beside a shadow run. */
#include "commands.h"
#include "examples.h"
#include "mem.h"
#include "policy_diff.h"
#include "policy_send.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct tl_opt options[] = {
    {"about", "ASPECT",
     "placement (default), agency, stage, charged, owed, reporting, charge-off, decisions"},
    TL_PAST_OPTIONS,
    TL_OPT_END};

/* One of the two policies: its bytes, under the name of the first. */
struct side {
    const char *word;
    struct tl_policy *policy;
    uint8_t *memory;
    struct tl_bytes bytes;
    struct tl_shadow_run run;
};

/* NAME or NAME@VERSION as published on this ledger. */
static enum tl_status from_ledger(struct side *side, const struct tl_shadow_history *history)
{
    const char *at = strchr(side->word, '@');
    struct tl_bytes name =
        tl_bytes(side->word, at != NULL ? (size_t)(at - side->word) : strlen(side->word));
    char *end = NULL;
    unsigned long version = at != NULL ? strtoul(at + 1, &end, 10) : 0;

    if (at != NULL && (at[1] == '\0' || *end != '\0' || version == 0 || version > UINT32_MAX))
        return TL_ERR_NOT_FOUND;
    return tl_shadow_published(history, name, (uint32_t)version, &side->bytes);
}

static enum tl_status side_load(struct side *side, const struct tl_shadow_history *history)
{
    struct tl_buf bytes = tl_buf(side->memory, TL_POLICY_BYTES_MAX);
    char path[TL_PATH_MAX];
    struct tl_why why = {""};
    bool file = tl_file_exists(side->word);
    enum tl_status status = file ? TL_ERR_NOT_FOUND : from_ledger(side, history);

    if (status == TL_OK)
        return tl_policy_decode(side->policy, side->bytes);
    if (!file && !tl_examples_policy(path, side->word)) {
        (void)tl_fail(TL_ERR_NOT_FOUND, "see: tally policy show",
                      "there is no file, no policy on the ledger and no shipped policy '%s'",
                      side->word);
        return TL_ERR_NOT_FOUND;
    }
    status = tl_policy_file_encode(file ? side->word : path, side->policy, &bytes, &why);
    if (status != TL_OK)
        (void)tl_fail(status, "see docs/POLICY.md", "cannot use the policy: %s", why.text);
    side->bytes = tl_buf_bytes(&bytes);
    return status;
}

/* The second policy is tried on the cases of the first: under its name. */
static enum tl_status side_rename(struct side *side, const char *name)
{
    struct tl_buf bytes = tl_buf(side->memory, TL_POLICY_BYTES_MAX);

    if (strcmp(side->policy->name, name) == 0)
        return TL_OK;
    (void)snprintf(side->policy->name, sizeof side->policy->name, "%s", name);
    if (!tl_policy_encode(side->policy, &bytes)) {
        (void)tl_fail(TL_ERR_LIMIT, NULL, "policy '%s' is too long", side->word);
        return TL_ERR_LIMIT;
    }
    side->bytes = tl_buf_bytes(&bytes);
    return TL_OK;
}

static enum tl_status side_play(struct side *side, const struct tl_shadow_history *history,
                                const char *name)
{
    struct tl_why why = {""};
    const struct tl_shadow_plan plan = {.name = tl_bytes_str(name), .policy = side->bytes};
    enum tl_status status = tl_shadow_play(&side->run, history, &plan, &why);

    if (status != TL_OK)
        (void)tl_fail(status, status == TL_ERR_STORE ? "give it more room: --memory MIB" : NULL,
                      "cannot play the history under '%s': %s", side->word, why.text);
    else if (side->run.replaced == 0) {
        status = TL_ERR_NOT_FOUND;
        (void)tl_fail(status, "see: tally policy show",
                      "no policy named '%s' was published on this ledger, so no case follows it",
                      name);
    }
    return status;
}

static enum tl_status aspect_read(const struct tl_args *args, enum tl_diff_aspect *aspect)
{
    const char *word = tl_opt_value(args, "about");
    uint8_t value = TL_DIFF_PLACEMENT;

    if (word != NULL && !tl_name_find(&tl_diff_aspect_names, tl_bytes_str(word), &value)) {
        (void)tl_fail(TL_ERR_USAGE, options[0].help, "a difference cannot be about '%s'", word);
        return TL_ERR_USAGE;
    }
    *aspect = (enum tl_diff_aspect)value;
    return TL_OK;
}

static void print(const struct tl_call *call, struct tl_policy_diff *diff,
                  enum tl_diff_aspect aspect)
{
    static const struct tl_column columns[] = {{"case", "case", TL_COLUMN_TEXT},
                                               {"under_a", "under A", TL_COLUMN_TEXT},
                                               {"under_b", "under B", TL_COLUMN_TEXT},
                                               {"only", "only", TL_COLUMN_TEXT},
                                               {"date", "date", TL_COLUMN_TEXT},
                                               {"type", "type", TL_COLUMN_TEXT},
                                               {"what", "what", TL_COLUMN_TEXT},
                                               {"citation", "because of", TL_COLUMN_TEXT},
                                               TL_COLUMN_END};
    struct tl_json *rows = tl_json_array();

    tl_policy_diff_rows(diff, aspect, rows);
    tl_out_rows(&call->out, columns, rows);
    tl_json_free(rows);
    for (unsigned i = 0; i <= TL_DIFF_DECISIONS; i++)
        tl_note("%8" PRIu64 " cases differ in %s%s", diff->cases[i], tl_diff_aspect_names.at[i],
                i == (unsigned)aspect ? ", listed" : "");
    tl_note("%8" PRIu64 " decisions only under A, %" PRIu64 " only under B", diff->decisions_a,
            diff->decisions_b);
    if (diff->a->work_left || diff->b->work_left)
        tl_note("timers of the last day have not all run: this ledger's days end with its blocks");
}

static enum tl_status compare(struct side side[2], const struct tl_call *call,
                              enum tl_diff_aspect aspect)
{
    struct tl_shadow_history history;
    char name[TL_POLICY_NAME_MAX + 1];
    enum tl_status status = tl_shadow_gather(&history, &call->args);

    if (status != TL_OK)
        return status;
    status = side_load(&side[0], &history);
    if (status == TL_OK)
        status = side_load(&side[1], &history);
    if (status == TL_OK) {
        memcpy(name, side[0].policy->name, sizeof name);
        status = side_rename(&side[1], name);
    }
    for (int i = 0; i < 2 && status == TL_OK; i++)
        status = side_play(&side[i], &history, name);
    if (status == TL_OK) {
        struct tl_policy_diff diff = {
            .genesis = &history.genesis.genesis, .a = &side[0].run, .b = &side[1].run};

        print(call, &diff, aspect);
    }
    tl_shadow_history_free(&history);
    return status;
}

static int run(struct tl_call *call)
{
    struct side side[2] = {{0}};
    enum tl_diff_aspect aspect = TL_DIFF_PLACEMENT;
    enum tl_status status = tl_cmd_words(call, 2, 2, "two policies");

    if (status == TL_OK)
        status = aspect_read(&call->args, &aspect);
    if (status != TL_OK)
        return tl_status_exit(status);
    for (int i = 0; i < 2; i++) {
        side[i].word = call->args.word[i];
        side[i].policy = tl_mem_new(1, sizeof *side[i].policy);
        side[i].memory = tl_mem_new(TL_POLICY_BYTES_MAX, 1);
    }
    status = compare(side, call, aspect);
    for (int i = 0; i < 2; i++) {
        tl_shadow_run_free(&side[i].run);
        tl_mem_free(side[i].memory);
        tl_mem_free(side[i].policy);
    }
    return tl_status_exit(status);
}

const struct tl_cmd tl_cmd_policy_diff = {
    .name = "policy diff",
    .usage = "A B [--about ASPECT] [--ledger PATH] [--height N]",
    .summary = "list the decisions that would change under another policy",
    .more =
        "A and B are files, NAME or NAME@VERSION of policies on the ledger, or shipped policies\n"
        "(us-consumer, us-commercial, conservative, strict).  The whole history is played\n"
        "twice by the same rules the members run, here and in memory: nothing is sent, the\n"
        "ledger is not touched.  Cases of A's name follow A in one run and B in the other.\n"
        "Listed are the cases that end differently in ASPECT, each with the decisions of it\n"
        "that only one run has; how many differ otherwise is told on standard error.",
    .options = options,
    .run = run};
