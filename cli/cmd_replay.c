/* Every decision once more, from the rules: which leaf is not what they give? */
#include "audit_run.h"
#include "commands.h"

#include <string.h>

static const struct tl_opt options[] = {
    {"from", "DIR", "begin after the last block of this stopped node or replica"},
    {"memory", "MIB", "room for the state that is built up again (default: 1024)"},
    TL_OPT_END};

static const struct tl_column columns[] = {{"verdict", "verdict", TL_COLUMN_TEXT},
                                           {"ledger", "ledger", TL_COLUMN_TEXT},
                                           {"from_height", "began after block", TL_COLUMN_NUMBER},
                                           {"height", "height", TL_COLUMN_NUMBER},
                                           {"entries", "entries replayed", TL_COLUMN_NUMBER},
                                           {"decisions", "decisions derived", TL_COLUMN_NUMBER},
                                           {"state_root", "state root", TL_COLUMN_TEXT},
                                           {"time_ms", "milliseconds", TL_COLUMN_NUMBER},
                                           TL_COLUMN_END};

static const struct tl_column wrong_columns[] = {
    {"which", "", TL_COLUMN_TEXT},      {"leaf", "leaf", TL_COLUMN_NUMBER},
    {"date", "date", TL_COLUMN_TEXT},   {"type", "type", TL_COLUMN_TEXT},
    {"what", "what", TL_COLUMN_TEXT},   {"rule", "rule", TL_COLUMN_TEXT},
    {"bytes", "bytes", TL_COLUMN_TEXT}, TL_COLUMN_END};

static void show(const struct tl_call *call, const struct tl_audit_outcome *outcome)
{
    const struct tl_audit_report *report = &outcome->report;
    struct tl_json *row = tl_json_object();

    tl_json_set_str(row, "verdict", "every decision is what the rules give");
    tl_json_set_str(row, "ledger", outcome->name);
    tl_json_set_int(row, "from_height", (int64_t)report->began.height);
    tl_json_set_int(row, "height", (int64_t)report->tip.height);
    tl_json_set_int(row, "blocks", (int64_t)report->counts.blocks);
    tl_json_set_int(row, "entries", (int64_t)report->counts.entries);
    tl_json_set_int(row, "decisions", (int64_t)report->counts.decisions);
    tl_json_set(row, "state_root", tl_json_hex(tl_bytes(report->tip.state_root.b, TL_HASH_BYTES)));
    tl_json_set_int(row, "time_ms", (int64_t)outcome->time_ms);
    tl_out_one(&call->out, columns, row);
    tl_json_free(row);
}

/* Takes the leaf over. */
static void add_side(struct tl_json *rows, const char *which, struct tl_json **leaf)
{
    if (*leaf == NULL)
        return;
    tl_json_set_str(*leaf, "which", which);
    tl_json_add(rows, *leaf);
    *leaf = NULL;
}

/* A program gets one object; a person both versions of the leaf, then the words. */
static int show_wrong(const struct tl_call *call, struct tl_audit_outcome *outcome,
                      enum tl_status status, const char *why)
{
    const struct tl_audit_report *report = &outcome->report;
    struct tl_json *rows = tl_json_array();
    struct tl_json *row;

    add_side(rows, "recorded", &outcome->recorded);
    add_side(rows, "derived", &outcome->derived);
    if (call->out.format != TL_OUT_JSON) {
        if (tl_json_count(rows) != 0)
            tl_out_rows(&call->out, wrong_columns, rows);
        tl_json_free(rows);
        return tl_fail(status, NULL, "replay of '%s' failed: %s", call->args.word[0], why);
    }
    row = tl_json_object();
    tl_json_set_str(row, "verdict", why);
    tl_json_set_str(row, "error", tl_status_name(status));
    tl_json_set_int(row, "height", (int64_t)report->height);
    if (report->leaf != UINT64_MAX)
        tl_json_set_int(row, "leaf", (int64_t)report->leaf);
    tl_json_set(row, "leaves", rows);
    tl_out_one(&call->out, columns, row);
    tl_json_free(row);
    return tl_status_exit(status);
}

static int run(struct tl_call *call)
{
    struct tl_audit_outcome outcome;
    struct tl_audit_plan plan = {.genesis = tl_opt_value(&call->args, "genesis"),
                                 .from = tl_opt_value(&call->args, "from")};
    struct tl_why why = {""};
    int64_t memory_mib = 1024;
    int code = 0;
    enum tl_status status = tl_cmd_words(call, 1, 1, "an export or a stopped node's directory");

    if (status == TL_OK)
        status = tl_opt_between(&call->args, "memory", (struct tl_bounds){1, 1 << 20}, 1024,
                                &memory_mib);
    if (status != TL_OK)
        return tl_status_exit(status);
    plan.path = call->args.word[0];
    plan.memory = (size_t)memory_mib << 20;
    status = tl_audit_path(&outcome, &plan, &why);
    if (status == TL_OK)
        show(call, &outcome);
    else
        code = show_wrong(call, &outcome, status, why.text);
    tl_audit_outcome_free(&outcome);
    return code;
}

const struct tl_cmd tl_cmd_audit_replay = {
    .name = "audit replay",
    .usage = "PATH [--from DIR] [--genesis FILE]",
    .summary = "derive every decision again, and show the first leaf that differs",
    .more =
        "PATH is an export or the directory of a stopped node.  A decision that is recorded\n"
        "otherwise than the rules give it is shown in both versions, with its leaf; the exit\n"
        "code is 22.  With --from the replay begins after the last block in DIR, whose state is\n"
        "first held to that block's certificate: what was decided before is not derived again.",
    .options = options,
    .run = run};
