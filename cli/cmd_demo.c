/* A consortium from nothing to an audit, in one command. */
#include "audit_run.h"
#include "commands.h"
#include "demo.h"
#include "entry_text.h"
#include "examples.h"
#include "import.h"
#include "mem.h"
#include "policy_send.h"
#include "replica.h"

#include "tl/export.h"
#include "tl/receipt.h"
#include "tl/store_mem.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct tl_opt options[] = {
    {"data", "FILE", "a CSV to import (default: the portfolio shipped with the project)"},
    {"map", "MAP", "its mapping (default: that of the road-traffic-fines log)"},
    {"policy", "NAME", "conservative or strict, or a policy's file (default for fines: both)"},
    {"dir", "DIR", "where to put the consortium (default: a new temporary directory)"},
    {"keep", NULL, "leave the nodes running and the directory in place"},
    {"tallyd", "PATH", "the node program (default: beside tally)"},
    {"examples", "DIR", "where maps, policies and the portfolio are (TALLY_EXAMPLES)"},
    TL_OPT_END};

/* One run of the demo: a consortium under certain policies. */
struct run {
    const struct tl_call *call;
    const char *title;
    const char *policy[4]; /* files, NULL-ended */
    const char *data;
    const char *map;
    char dir[TL_PATH_MAX];
    struct tl_demo demo;
    struct tl_map mapping;
    struct tl_batch batch;
    struct tl_import_result imported;
    struct tl_demo_report report;
    struct tl_audit_outcome audited;
    struct tl_json *checkpoints;
    struct tl_why why;
};

static bool aloud(const struct run *run)
{
    return run->call->out.format != TL_OUT_JSON;
}

static void heading(const struct run *run, const char *text)
{
    if (aloud(run))
        (void)printf("\n== %s\n", text);
    (void)fflush(stdout);
}

/* ---- steps ---- */

static enum tl_status set_up(struct run *run, const char *tallyd)
{
    struct tl_demo *demo = &run->demo;
    int32_t first = run->batch.count > 0 ? run->batch.item[0].date - 1 : 0;
    enum tl_status status = tl_demo_create(demo, run->dir, tallyd, first, &run->why);

    demo->keep = tl_opt_given(&run->call->args, "keep");
    if (status == TL_OK)
        status = tl_demo_start(demo, &run->why);
    if (status != TL_OK || !aloud(run))
        return status;
    (void)printf("below %s\n", demo->dir);
    for (uint32_t i = 0; i < TL_DEMO_MEMBERS; i++)
        (void)printf("  %-10s tallyd, process %ld, 127.0.0.1:%u\n", demo->node[i].member,
                     (long)demo->node[i].pid, demo->node[i].port);
    return TL_OK;
}

/* The agencies say once that they take what is offered to them. */
static enum tl_status stand_by(struct run *run, uint32_t node)
{
    struct tl_connection connection;
    struct tl_entry_text *text = tl_mem_new(1, sizeof *text);
    uint8_t memory[512];
    struct tl_buf bytes = tl_buf(memory, sizeof memory);
    struct tl_submitted_counts done;
    enum tl_status status = tl_demo_connect(&run->demo, node, &connection, &run->why);

    if (status == TL_OK) {
        status = tl_entry_text_init(text, "PLACEMENT_STANDING", &run->why);
        text->entry.value_date = run->demo.genesis.genesis.first_date + 1;
        text->body.standing.accepts = true;
        text->body.standing.from_on = text->entry.value_date;
        if (status == TL_OK)
            status = tl_entry_text_write(text, &bytes, &run->why);
        if (status == TL_OK)
            status = tl_submit_one(connection.client, tl_buf_bytes(&bytes), NULL, &done, &run->why);
    }
    tl_demo_disconnect(&connection);
    tl_mem_free(text);
    return status;
}

static enum tl_status agree_on_rules(struct run *run, struct tl_client *client)
{
    struct tl_submitted_counts done;
    enum tl_status status = TL_OK;

    for (size_t i = 0; run->policy[i] != NULL && status == TL_OK; i++) {
        status = tl_policy_publish(client, run->policy[i], &done, &run->why);
        if (status == TL_OK && aloud(run))
            (void)printf("policy %s is leaf %" PRIu64 "\n", run->policy[i], done.first_leaf);
    }
    if (status == TL_OK)
        status = stand_by(run, 1);
    if (status == TL_OK)
        status = stand_by(run, 2);
    if (status == TL_OK && aloud(run))
        (void)printf("agency-a and agency-b accept what is offered to them\n");
    return status;
}

static enum tl_status import(struct run *run, struct tl_client *client)
{
    struct tl_import_plan plan = {.client = client,
                                  .batch = 1024,
                                  .close_days = run->mapping.close_days,
                                  .has_until = run->mapping.has_until,
                                  .until = run->mapping.until};
    enum tl_status status = tl_import_run(&run->imported, &run->batch, &plan, &run->why);
    uint64_t all = run->imported.sent + run->imported.days;
    uint64_t time_ms = run->imported.time_ms > 0 ? run->imported.time_ms : 1u;

    if (status != TL_OK || !aloud(run))
        return status;
    (void)printf("%" PRIu64 " rows: %" PRIu64 " recorded, %" PRIu64 " skipped, %" PRIu64
                 " in quarantine\n%" PRIu64 " entries and %" PRIu64 " closed days in %" PRIu64
                 " ms (%" PRIu64 " a second)\n",
                 run->batch.rows, run->batch.mapped, run->batch.skipped, run->batch.rejected,
                 run->imported.sent, run->imported.days, time_ms, all * 1000u / time_ms);
    return TL_OK;
}

static enum tl_status compare_nodes(struct run *run)
{
    static const struct tl_column columns[] = {{"member", "node", TL_COLUMN_TEXT},
                                               {"height", "height", TL_COLUMN_NUMBER},
                                               {"log_size", "leaves", TL_COLUMN_NUMBER},
                                               {"log_root", "log root", TL_COLUMN_TEXT},
                                               TL_COLUMN_END};
    enum tl_status status = tl_demo_agree(&run->demo, &run->checkpoints, &run->why);

    if (status == TL_OK && aloud(run))
        tl_out_rows(&run->call->out, columns, run->checkpoints);
    return status;
}

static enum tl_status receipt(struct run *run, struct tl_client *client)
{
    struct tl_leaf_query query = {(uint64_t)run->report.receipt_leaf};
    struct tl_blob blob;
    struct tl_receipt_facts facts;
    const char *rule = "";
    char path[TL_PATH_MAX];
    struct tl_exchange exchange = {TL_METHOD_RECEIPT, &tl_leaf_query_record, &query,
                                   &tl_blob_record, &blob};
    enum tl_status status;

    if (run->report.receipt_leaf < 0)
        query.index = 0;
    status = tl_client_call(client, &exchange, &run->why);
    if (status != TL_OK)
        return status;
    status = tl_receipt_verify(&facts, blob.bytes, &run->demo.genesis.genesis,
                               &run->demo.genesis.chain_id, &rule);
    if (status != TL_OK)
        return tl_why_set(&run->why, status, "the receipt is not valid: %s", rule);
    if (!tl_path_join(path, sizeof path, run->dir, "decision.receipt"))
        return tl_why_set(&run->why, TL_ERR_LIMIT, "path \"%s\" is too long", run->dir);
    status = tl_file_write(path, blob.bytes, TL_FILE_PUBLIC, &run->why);
    if (status == TL_OK && aloud(run))
        (void)printf("leaf %" PRIu64
                     " is proven by a %zu byte receipt and the genesis file alone\n",
                     facts.index, blob.bytes.len);
    return status;
}

static enum tl_status audit(struct run *run)
{
    int code = tl_demo_stop(&run->demo, 3);
    const struct tl_audit_plan plan = {.path = run->demo.node[3].dir,
                                       .genesis = run->demo.genesis_path,
                                       .memory = (size_t)2 << 30};
    enum tl_status status;

    if (code != 0)
        return tl_why_set(&run->why, TL_ERR_IO, "the bureau's node did not stop as asked (%d)",
                          code);
    status = tl_audit_path(&run->audited, &plan, &run->why);
    tl_audit_outcome_free(&run->audited);
    if (status != TL_OK || !aloud(run))
        return status;
    (void)printf("the bureau's node is stopped; its ledger of %" PRIu64 " blocks, %" PRIu64
                 " entries, %" PRIu64 " decisions\nwas executed again offline in %" PRIu64
                 " ms: every signature, root, decision and posting is right\n",
                 run->audited.report.counts.blocks, run->audited.report.counts.entries,
                 run->audited.report.counts.decisions, run->audited.time_ms);
    return TL_OK;
}

static void look_around(const struct run *run)
{
    const struct tl_demo *demo = &run->demo;

    if (!aloud(run))
        return;
    if (demo->keep)
        (void)printf("\nthe nodes keep running; to look around:\n"
                     "  export TALLY_NODE=ipc://%s/api.sock\n"
                     "  export TALLY_GENESIS=%s\n"
                     "  export TALLY_KEY=%s/keys/author-main.key\n"
                     "  tally status\n  tally query --stage placed --limit 10\n"
                     "  tally case why %s\nto stop them: kill %ld %ld %ld %ld\n",
                     demo->node[0].dir, demo->genesis_path, demo->node[0].dir, run->report.sample,
                     (long)demo->node[0].pid, (long)demo->node[1].pid, (long)demo->node[2].pid,
                     (long)demo->node[3].pid);
    else
        (void)printf("\nto look around, run it again with --keep\n");
}

static enum tl_status steps(struct run *run, struct tl_connection *connection)
{
    enum tl_status status;

    heading(run, "rules");
    status = agree_on_rules(run, connection->client);
    if (status == TL_OK) {
        heading(run, "import");
        status = import(run, connection->client);
    }
    if (status == TL_OK) {
        heading(run, "what the contract did");
        status = tl_demo_look(&run->report, connection, &run->batch, &run->why);
    }
    if (status == TL_OK && aloud(run))
        tl_demo_print(&run->report);
    if (status == TL_OK) {
        heading(run, "four nodes, one checkpoint");
        status = compare_nodes(run);
    }
    if (status == TL_OK) {
        heading(run, "evidence");
        status = receipt(run, connection->client);
    }
    return status == TL_OK ? audit(run) : status;
}

static enum tl_status rows_read(struct run *run, const char *quarantine)
{
    struct tl_why why = {""};
    enum tl_status status = tl_batch_read(&run->batch, &run->mapping, run->data, quarantine, &why);

    return status == TL_OK
               ? TL_OK
               : tl_why_set(&run->why, status, "cannot read \"%s\": %s", run->data, why.text);
}

/* Before any node has run there is nothing to look at. */
static bool left_logs(const struct run *run)
{
    char path[TL_PATH_MAX];

    return tl_path_join(path, sizeof path, run->dir, "creditor/tallyd.log") && tl_file_exists(path);
}

static enum tl_status run_in(struct run *run, const char *tallyd)
{
    char quarantine[TL_PATH_MAX];
    struct tl_connection connection;
    enum tl_status status;

    if (!tl_path_join(quarantine, sizeof quarantine, run->dir, "quarantine.csv"))
        return tl_why_set(&run->why, TL_ERR_LIMIT, "path \"%s\" is too long", run->dir);
    heading(run, run->title);
    status = tl_dir_make(run->dir, TL_FILE_SECRET, &run->why);
    if (status == TL_OK)
        status = tl_map_load(&run->mapping, run->map, &run->why);
    if (status == TL_OK)
        status = rows_read(run, quarantine);
    if (status == TL_OK)
        status = set_up(run, tallyd);
    if (status == TL_OK)
        status = tl_demo_connect(&run->demo, 0, &connection, &run->why);
    if (status == TL_OK) {
        status = steps(run, &connection);
        tl_demo_disconnect(&connection);
    }
    if (status == TL_OK && run->demo.keep)
        status = tl_demo_run(&run->demo, 3, &run->why);
    if (status == TL_OK)
        look_around(run);
    run->batch.quarantine_path = NULL;
    if (!run->demo.keep || status != TL_OK)
        tl_demo_end(&run->demo);
    return status;
}

/* ---- the answer for programs ---- */

static struct tl_json *matrix_json(const struct tl_demo_matrix *m)
{
    struct tl_json *row = tl_json_object();

    tl_json_set_int(row, "tp", m->tp);
    tl_json_set_int(row, "fp", m->fp);
    tl_json_set_int(row, "fn", m->fn);
    tl_json_set_int(row, "tn", m->tn);
    return row;
}

static struct tl_json *run_json(const struct run *run)
{
    const struct tl_demo_report *report = &run->report;
    struct tl_json *row = tl_json_object();

    tl_json_set_str(row, "dir", run->dir);
    tl_json_set_int(row, "rows", (int64_t)run->batch.rows);
    tl_json_set_int(row, "recorded", (int64_t)run->batch.mapped);
    tl_json_set_int(row, "quarantined", (int64_t)run->batch.rejected);
    tl_json_set_int(row, "skipped", (int64_t)run->batch.skipped);
    tl_json_set_int(row, "entries", (int64_t)run->imported.sent);
    tl_json_set_int(row, "import_ms", (int64_t)run->imported.time_ms);
    tl_json_set_int(row, "cases", report->cases);
    tl_json_set(row, "stages", tl_json_keep(report->stages));
    tl_json_set(row, "holders", tl_json_keep(report->holders));
    tl_json_set_int(row, "penalties", report->penalties);
    tl_json_set_int(row, "penalties_on_day_60", report->penalties_on_day_60);
    tl_json_set_int(row, "placements_offered", report->offered);
    tl_json_set_int(row, "placements_recalled", report->recalled);
    tl_json_set_int(row, "placements_standing", report->standing);
    tl_json_set_int(row, "furnishable", report->eligible);
    tl_json_set_int(row, "furnished", report->furnished);
    tl_json_set_int(row, "charged_off", report->charged_off);
    tl_json_set_int(row, "reactivated", report->walk.cases[TL_STAGE_REACTIVATED]);
    tl_json_set_int(row, "steps_walked", tl_demo_steps_walked(report));
    tl_json_set_int(row, "violations", report->violations);
    tl_json_set_int(row, "denials", report->denials);
    tl_json_set_int(row, "paid_minor", report->paid_minor);
    tl_json_set_int(row, "owed_minor", report->owed_minor);
    tl_json_set(row, "nodes", tl_json_keep(run->checkpoints));
    tl_json_set(row, "audit", tl_audit_json(&run->audited));
    return row;
}

static void run_free(struct run *run)
{
    tl_batch_free(&run->batch);
    tl_map_free(&run->mapping);
    tl_json_free(run->checkpoints);
    tl_demo_report_free(&run->report);
}

/* ---- what to run ---- */

static bool examples_path(char *out, const struct tl_args *args, const char *name)
{
    return tl_examples_path(out, tl_opt_value(args, "examples"), name);
}

/* tallyd lies beside tally, or in the build tree in the room next door. */
static const char *tallyd_path(const struct tl_args *args, char *out)
{
    static const char *const places[] = {"%s/tallyd", "%s/../node/tallyd"};
    const char *given = tl_opt_value(args, "tallyd");
    char self[TL_PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1u);
    char *slash;

    if (given != NULL)
        return given;
    self[len > 0 ? len : 0] = '\0';
    slash = strrchr(self, '/');
    if (slash != NULL)
        *slash = '\0';
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        (void)snprintf(out, TL_PATH_MAX, i == 0 ? "%.900s/tallyd" : "%.900s/../node/tallyd", self);
        if (access(out, X_OK) == 0)
            return out;
    }
    return "tallyd";
}

struct plan {
    char dir[TL_PATH_MAX];
    char data[TL_PATH_MAX];
    char map[TL_PATH_MAX];
    char policy[2][TL_PATH_MAX];
    char tallyd[TL_PATH_MAX];
    const char *program;
    bool spent; /* failed before there was anything to look at */
    struct tl_json *answer;
};

static enum tl_status dir_make(struct plan *plan, const struct tl_args *args)
{
    const char *given = tl_opt_value(args, "dir");
    const char *tmp = getenv("TMPDIR");

    if (given != NULL) {
        (void)snprintf(plan->dir, sizeof plan->dir, "%s", given);
        return TL_OK;
    }
    (void)snprintf(plan->dir, sizeof plan->dir, "%s/tally-demo-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(plan->dir) != NULL)
        return TL_OK;
    (void)tl_fail(TL_ERR_IO, "give --dir DIR", "cannot make a temporary directory: %s",
                  strerror(errno));
    return TL_ERR_IO;
}

static enum tl_status one(const struct tl_call *call, struct plan *plan, const char *name,
                          const char *const policies[4])
{
    struct run *run = tl_mem_new(1, sizeof *run);
    char title[128];
    enum tl_status status;

    (void)snprintf(title, sizeof title, "a consortium of four, policy %s", name);
    run->call = call;
    run->title = title;
    run->data = plan->data;
    run->map = plan->map;
    for (size_t i = 0; i < 3 && policies[i] != NULL; i++)
        run->policy[i] = policies[i];
    status = tl_path_join(run->dir, sizeof run->dir, plan->dir, name) ? TL_OK : TL_ERR_LIMIT;
    if (status == TL_OK)
        status = run_in(run, plan->program);
    if (status != TL_OK) {
        bool logs = left_logs(run);

        (void)tl_fail(status, logs ? "the nodes' logs are in tallyd.log of each directory" : NULL,
                      "demo in '%s' failed: %s", run->dir, run->why.text);
        plan->spent = !logs;
    } else if (call->out.format == TL_OUT_JSON) {
        struct tl_json *said = run_json(run);

        if (tl_json_count(plan->answer) == 0 && !tl_json_is_object(plan->answer)) {
            tl_json_free(plan->answer);
            plan->answer = said;
        } else {
            tl_json_free(said);
        }
        if (run->report.has_matrix)
            tl_json_set(plan->answer, name, matrix_json(&run->report.matrix));
    }
    run_free(run);
    tl_mem_free(run);
    return status;
}

static enum tl_status fines(const struct tl_call *call, struct plan *plan)
{
    const char *policy = tl_opt_value(&call->args, "policy");
    const char *map = tl_opt_value(&call->args, "map");
    static const char *const names[2] = {"conservative", "strict"};
    enum tl_status status = TL_OK;

    (void)snprintf(plan->data, sizeof plan->data, "%s", tl_opt_value(&call->args, "data"));
    if (map != NULL)
        (void)snprintf(plan->map, sizeof plan->map, "%s", map);
    else if (!examples_path(plan->map, &call->args, "maps/road-traffic-fines.yaml"))
        return TL_ERR_LIMIT;
    for (size_t i = 0; i < 2 && status == TL_OK; i++) {
        char file[64];
        const char *policies[4] = {plan->policy[i], NULL, NULL, NULL};

        if (policy != NULL && strcmp(policy, names[i]) != 0)
            continue;
        (void)snprintf(file, sizeof file, "policies/fines-%s.yaml", names[i]);
        if (!examples_path(plan->policy[i], &call->args, file))
            return TL_ERR_LIMIT;
        status = one(call, plan, names[i], policies);
    }
    if (policy != NULL && strcmp(policy, names[0]) != 0 && strcmp(policy, names[1]) != 0) {
        const char *policies[4] = {policy, NULL, NULL, NULL};

        status = one(call, plan, "given", policies);
    }
    if (status == TL_OK && call->out.format != TL_OUT_JSON && policy == NULL && map == NULL)
        (void)printf(
            "\nconservative hands over what nobody can object to: never a case that was appealed,\n"
            "dismissed, or paid at least the fine itself.  strict follows the letter: what was "
            "not\n"
            "fully paid by the day of the penalty is handed over unless an appeal is open.  What\n"
            "strict hands over beyond the records are mostly partly paid cases the town let go.\n"
            "Both assess the tariff's penalty; where the town charged another one (in the sample\n"
            "once, by 1.50), a case it had as paid to the cent stays open here.\n"
            "Each violation is a letter whose postage was charged after the fine had been "
            "dismissed;\n"
            "each denied act is a fine dismissed for the second time.\n");
    return status;
}

static enum tl_status portfolio(const struct tl_call *call, struct plan *plan)
{
    const char *policies[4] = {plan->policy[0], plan->policy[1], NULL, NULL};

    if (!examples_path(plan->data, &call->args, "portfolio.csv.gz") ||
        !examples_path(plan->map, &call->args, "maps/portfolio.yaml") ||
        !examples_path(plan->policy[0], &call->args, "policies/us-consumer.yaml") ||
        !examples_path(plan->policy[1], &call->args, "policies/us-commercial.yaml"))
        return TL_ERR_LIMIT;
    return one(call, plan, "portfolio", policies);
}

/* A name without a slash is searched for when it is run. */
static enum tl_status program_check(const char *program)
{
    if (strchr(program, '/') == NULL || access(program, X_OK) == 0)
        return TL_OK;
    (void)tl_fail(TL_ERR_NOT_FOUND, "give --tallyd PATH", "cannot run node program '%s': %s",
                  program, strerror(errno));
    return TL_ERR_NOT_FOUND;
}

static int run(struct tl_call *call)
{
    struct plan *plan;
    enum tl_status status = tl_cmd_words(call, 0, 0, "");

    if (status != TL_OK)
        return tl_status_exit(status);
    plan = tl_mem_new(1, sizeof *plan);
    plan->answer = tl_json_array();
    plan->program = tallyd_path(&call->args, plan->tallyd);
    status = program_check(plan->program);
    if (status == TL_OK)
        status = dir_make(plan, &call->args);
    if (status == TL_OK)
        status = tl_opt_given(&call->args, "data") ? fines(call, plan) : portfolio(call, plan);
    if (status == TL_OK && call->out.format == TL_OUT_JSON)
        tl_json_print(plan->answer, stdout);
    /* A directory of our own making goes, unless something is to be looked at. */
    if ((status == TL_OK ? !tl_opt_given(&call->args, "keep") : plan->spent) &&
        tl_opt_value(&call->args, "dir") == NULL)
        tl_demo_remove(plan->dir);
    tl_json_free(plan->answer);
    tl_mem_free(plan);
    return tl_status_exit(status);
}

const struct tl_cmd tl_cmd_demo = {
    .name = "demo",
    .usage = "[--data FILE [--map MAP] [--policy NAME]] [--keep]",
    .summary = "run a consortium of four on this machine, from keys to audit",
    .more =
        "Makes a creditor, two agencies and a bureau with keys and genesis, runs four nodes,\n"
        "publishes policies, imports, runs the calendar, prints what the contract did, checks a\n"
        "receipt, audits a node's ledger offline, and stops.  Without --data it imports the\n"
        "portfolio shipped with the project.",
    .options = options,
    .run = run};
