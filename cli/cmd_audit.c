/* Is a ledger what it claims to be?  Answered from files alone. */
#include "audit_run.h"
#include "commands.h"
#include "genesis_make.h"

#include <inttypes.h>

static const struct tl_opt options[] = {
    {"memory", "MIB", "room for the state that is built up again (default: 1024)"}, TL_OPT_END};

static const struct tl_column columns[] = {{"verdict", "verdict", TL_COLUMN_TEXT},
                                           {"ledger", "ledger", TL_COLUMN_TEXT},
                                           {"chain_id", "chain id", TL_COLUMN_TEXT},
                                           {"height", "height", TL_COLUMN_NUMBER},
                                           {"blocks", "blocks", TL_COLUMN_NUMBER},
                                           {"envelopes", "envelopes", TL_COLUMN_NUMBER},
                                           {"entries", "entries", TL_COLUMN_NUMBER},
                                           {"decisions", "decisions", TL_COLUMN_NUMBER},
                                           {"leaves", "leaves", TL_COLUMN_NUMBER},
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
    tl_json_set_int(row, "certificates", (int64_t)report->counts.certificates);
    tl_json_set_int(row, "signatures", (int64_t)report->counts.signatures);
    tl_json_set(row, "log_root", tl_json_hex(tl_bytes(report->tip.log_root.b, TL_HASH_BYTES)));
    tl_json_set(row, "state_root", tl_json_hex(tl_bytes(report->tip.state_root.b, TL_HASH_BYTES)));
    tl_json_set_int(row, "time_ms", (int64_t)outcome->time_ms);
    tl_json_set(row, "tolerance", tl_genesis_tolerance(outcome->members, outcome->quorum));
    return row;
}

static int run(struct tl_call *call)
{
    const char *path;
    struct tl_audit_outcome outcome;
    struct tl_why why = {""};
    struct tl_json *row;
    int64_t memory_mib = 1024;
    enum tl_status status = tl_cmd_words(call, 1, 1, "an export or a stopped node's directory");

    if (status == TL_OK)
        status = tl_opt_between(&call->args, "memory", (struct tl_bounds){1, 1 << 20}, 1024,
                                &memory_mib);
    if (status != TL_OK)
        return tl_status_exit(status);
    path = call->args.word[0];
    status = tl_audit_path(&outcome, path, tl_opt_value(&call->args, "genesis"),
                           (size_t)memory_mib << 20, &why);
    if (status != TL_OK)
        return tl_fail(status,
                       status == TL_ERR_CONFLICT
                           ? "or write an export while it runs, and audit that: tally export FILE"
                           : NULL,
                       "audit of '%s' failed: %s", path, why.text);
    row = tl_audit_json(&outcome);
    tl_out_one(&call->out, columns, row);
    tl_json_free(row);
    if (call->out.format == TL_OUT_TABLE) {
        (void)putchar('\n');
        tl_genesis_tolerance_print(outcome.members, outcome.quorum);
    }
    return 0;
}

const struct tl_cmd tl_cmd_audit = {
    .name = "audit",
    .usage = "PATH [--genesis FILE]",
    .summary = "check a whole ledger: signatures, chain, roots, decisions, books",
    .more = "PATH is an export or the directory of a stopped node.  Every entry is executed again\n"
            "and every decision compared.  With --genesis the ledger must be that one; without,\n"
            "compare the chain id printed with the one you trust.  On failure the first thing\n"
            "that is wrong is named.",
    .options = options,
    .run = run};
