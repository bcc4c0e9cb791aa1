/* Is a ledger what it claims to be?  Answered from files alone. */
#include "audit_run.h"
#include "commands.h"
#include "follow.h"
#include "genesis_make.h"

#include <inttypes.h>

static const struct tl_opt options[] = {
    {"memory", "MIB", "room for the state that is built up again (default: 1024)"},
    {"follow", NULL, "keep a replica of a node's ledger in the directory PATH, and watch it"},
    {"once", NULL, "with --follow: end when the node has no more"},
    {"promises", "DIR", "with --follow: watch these inclusion promises too"},
    {"poll", "MS", "with --follow: how often to ask, 10 to 3600000 (default: 1000)"},
    {"patience", "SECONDS", "with --follow: how long a node may be behind its past (default: 60)"},
    {"to", "MEMBER", "with --follow: the member whose node is asked (default: the key's own)"},
    TL_OPT_END};

static const struct tl_column columns[] = {{"verdict", "verdict", TL_COLUMN_TEXT},
                                           {"ledger", "ledger", TL_COLUMN_TEXT},
                                           {"chain_id", "chain id", TL_COLUMN_TEXT},
                                           {"height", "height", TL_COLUMN_NUMBER},
                                           {"blocks", "blocks", TL_COLUMN_NUMBER},
                                           {"envelopes", "envelopes", TL_COLUMN_NUMBER},
                                           {"entries", "entries", TL_COLUMN_NUMBER},
                                           {"decisions", "decisions", TL_COLUMN_NUMBER},
                                           {"leaves", "leaves", TL_COLUMN_NUMBER},
                                           {"tiles", "tiles", TL_COLUMN_NUMBER},
                                           {"files", "files", TL_COLUMN_NUMBER},
                                           {"certificates", "certificates", TL_COLUMN_NUMBER},
                                           {"signatures", "signatures", TL_COLUMN_NUMBER},
                                           {"log_root", "log root", TL_COLUMN_TEXT},
                                           {"state_root", "state root", TL_COLUMN_TEXT},
                                           {"time_ms", "milliseconds", TL_COLUMN_NUMBER},
                                           TL_COLUMN_END};

struct tl_json *tl_audit_json(const struct tl_audit_outcome *outcome)
{
    const struct tl_audit_report *report = &outcome->report;
    struct tl_json *row = tl_json_object();

    tl_json_set_str(row, "verdict", report->status == TL_OK ? "every check passed" : report->text);
    tl_json_set_str(row, "ledger", outcome->name);
    tl_json_set(row, "chain_id", tl_json_hex(tl_bytes(report->chain_id.b, TL_HASH_BYTES)));
    tl_json_set_int(row, "height", (int64_t)report->tip.height);
    tl_json_set_int(row, "blocks", (int64_t)report->counts.blocks);
    tl_json_set_int(row, "envelopes", (int64_t)report->counts.envelopes);
    tl_json_set_int(row, "entries", (int64_t)report->counts.entries);
    tl_json_set_int(row, "decisions", (int64_t)report->counts.decisions);
    tl_json_set_int(row, "leaves", (int64_t)report->counts.leaves);
    if (outcome->files != 0) {
        tl_json_set_int(row, "tiles", (int64_t)outcome->tiles);
        tl_json_set_int(row, "files", (int64_t)outcome->files);
    }
    tl_json_set_int(row, "certificates", (int64_t)report->counts.certificates);
    tl_json_set_int(row, "signatures", (int64_t)report->counts.signatures);
    tl_json_set(row, "log_root", tl_json_hex(tl_bytes(report->tip.log_root.b, TL_HASH_BYTES)));
    tl_json_set(row, "state_root", tl_json_hex(tl_bytes(report->tip.state_root.b, TL_HASH_BYTES)));
    tl_json_set_int(row, "time_ms", (int64_t)outcome->time_ms);
    tl_json_set(row, "tolerance", tl_genesis_tolerance(outcome->members, outcome->quorum));
    return row;
}

static void show(const struct tl_call *call, const struct tl_audit_outcome *outcome)
{
    static const struct tl_column of_tiles[] = {
        {"verdict", "verdict", TL_COLUMN_TEXT},   {"ledger", "ledger", TL_COLUMN_TEXT},
        {"chain_id", "chain id", TL_COLUMN_TEXT}, {"leaves", "leaves", TL_COLUMN_NUMBER},
        {"tiles", "tiles", TL_COLUMN_NUMBER},     {"files", "files", TL_COLUMN_NUMBER},
        {"log_root", "log root", TL_COLUMN_TEXT}, TL_COLUMN_END};
    struct tl_json *row = tl_audit_json(outcome);

    tl_out_one(&call->out, outcome->only_tiles ? of_tiles : columns, row);
    tl_json_free(row);
    if (call->out.format != TL_OUT_TABLE)
        return;
    (void)putchar('\n');
    tl_genesis_tolerance_print(outcome->members, outcome->quorum);
}

/* ---- a ledger that grows ---- */

static enum tl_status plan_read(struct tl_follow_plan *plan, const struct tl_call *call)
{
    const struct tl_args *args = &call->args;
    int64_t poll = 1000;
    int64_t patience = 60;
    enum tl_status status =
        tl_opt_between(args, "poll", (struct tl_bounds){10, 3600000}, 1000, &poll);

    if (status == TL_OK)
        status = tl_opt_between(args, "patience", (struct tl_bounds){0, 86400}, 60, &patience);
    *plan = (struct tl_follow_plan){.dir = args->word[0],
                                    .promises = tl_opt_value(args, "promises"),
                                    .once = tl_opt_given(args, "once"),
                                    .poll_ms = (uint32_t)poll,
                                    .patience_ms = (uint32_t)patience * 1000u};
    return status;
}

static int follow(struct tl_call *call)
{
    struct tl_connection connection;
    struct tl_audit_outcome outcome;
    struct tl_follow_plan plan;
    struct tl_why why = {""};
    enum tl_status status = plan_read(&plan, call);

    if (status == TL_OK)
        status = tl_connect(&connection, &call->args);
    if (status != TL_OK)
        return tl_status_exit(status);
    status = tl_follow_run(&plan, &connection, &outcome, &why);
    tl_disconnect(&connection);
    if (status != TL_OK)
        return tl_fail(status, NULL, "%s: %s",
                       tl_status_exit(status) >= 20 ? "alarm" : "following failed", why.text);
    show(call, &outcome);
    return 0;
}

/* ---- files ---- */

static int run(struct tl_call *call)
{
    struct tl_audit_plan plan = {.genesis = tl_opt_value(&call->args, "genesis")};
    struct tl_audit_outcome outcome;
    struct tl_why why = {""};
    int64_t memory_mib = 1024;
    enum tl_status status = tl_cmd_words(call, 1, 1, "an export or a stopped node's directory");

    if (status == TL_OK)
        status = tl_opt_between(&call->args, "memory", (struct tl_bounds){1, 1 << 20}, 1024,
                                &memory_mib);
    if (status != TL_OK)
        return tl_status_exit(status);
    if (tl_opt_given(&call->args, "follow"))
        return follow(call);
    plan.path = call->args.word[0];
    plan.memory = (size_t)memory_mib << 20;
    status = tl_audit_path(&outcome, &plan, &why);
    tl_audit_outcome_free(&outcome);
    if (status != TL_OK)
        return tl_fail(status,
                       status == TL_ERR_CONFLICT
                           ? "or write an export while it runs, and audit that: tally export FILE"
                           : NULL,
                       "audit of '%s' failed: %s", plan.path, why.text);
    show(call, &outcome);
    return 0;
}

const struct tl_cmd tl_cmd_audit = {
    .name = "audit",
    .usage = "PATH [--genesis FILE] | DIR --follow",
    .summary = "check a whole ledger: signatures, chain, roots, decisions, books",
    .more =
        "PATH is an export, the directory of a stopped node, or tiles or an archive.  Every entry "
        "is executed again\n"
        "and every decision compared.  With --genesis the ledger must be that one; without,\n"
        "compare the chain id printed with the one you trust.  On failure the first thing\n"
        "that is wrong is named.\n"
        "\n"
        "With --follow DIR is an auditor's replica: blocks are fetched from a node and replayed\n"
        "as they become final, from where the last run ended.  It ends with 20 when the node was\n"
        "rolled back, 21 when it forked, 22 when its results are not those of the rules, 23 when\n"
        "a promise of --promises was broken; the evidence is in DIR/alarms.",
    .options = options,
    .run = run};
