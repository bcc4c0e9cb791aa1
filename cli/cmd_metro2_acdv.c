/* Disputes a bureau sends on, and what bureaus say of what they were sent. */
#include "case_name.h"
#include "commands.h"
#include "connect.h"
#include "csv_rows.h"
#include "entry_text.h"
#include "facts.h"
#include "map.h"
#include "mem.h"
#include "show.h"
#include "submit.h"

#include "tl/facets.h"
#include "tl/law.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* ---- open requests ----------------------------------------------------- */

static const struct tl_column open_columns[] = {{"control", "control", TL_COLUMN_TEXT},
                                                {"case", "case", TL_COLUMN_TEXT},
                                                {"reason", "reason", TL_COLUMN_TEXT},
                                                {"bureau", "bureau", TL_COLUMN_TEXT},
                                                {"received_on", "received", TL_COLUMN_TEXT},
                                                {"due_on", "answer by", TL_COLUMN_TEXT},
                                                {"days_left", "days left", TL_COLUMN_NUMBER},
                                                {"leaf", "leaf", TL_COLUMN_NUMBER},
                                                TL_COLUMN_END};

struct request {
    struct tl_id case_id;
    uint64_t leaf;
    bool answered;
    struct tl_json *row;
    char control[TL_EXT_REF_MAX + 1];
};

struct requests {
    struct request *item;
    size_t count;
    size_t cap;
    const struct tl_genesis *genesis;
};

static enum tl_status list_begin(void *host, const struct tl_genesis_file *genesis)
{
    ((struct requests *)host)->genesis = &genesis->genesis;
    return TL_OK;
}

static void request_add(struct requests *all, const struct tl_past_leaf *leaf)
{
    const char *reason = tl_name_of(&tl_dispute_reason_names, leaf->body.acdv.reason);
    struct request *request;
    char date[11];

    all->item = tl_mem_grow(all->item, &all->cap, all->count + 1u, sizeof *all->item);
    request = &all->item[all->count++];
    *request = (struct request){
        .case_id = leaf->entry.case_id, .leaf = leaf->index, .row = tl_json_object()};
    tl_facts_word(request->control, sizeof request->control, leaf->body.acdv.control);
    tl_date_text(date, leaf->entry.value_date);
    tl_json_set_str(request->row, "control", request->control);
    tl_json_set(request->row, "case", tl_json_hex(tl_bytes(request->case_id.b, TL_ID_BYTES)));
    tl_json_set_str(request->row, "reason", reason != NULL ? reason : "?");
    tl_json_set(request->row, "bureau", tl_show_member(all->genesis, leaf->member));
    tl_json_set_str(request->row, "received_on", date);
    tl_json_set_int(request->row, "leaf", (int64_t)leaf->index);
}

static void request_end(struct requests *all, const struct tl_id *id, struct tl_bytes control)
{
    for (size_t i = 0; i < all->count; i++)
        if (memcmp(all->item[i].case_id.b, id->b, TL_ID_BYTES) == 0 &&
            tl_bytes_eq(tl_bytes_str(all->item[i].control), control))
            all->item[i].answered = true;
}

static enum tl_status list_leaf(void *host, const struct tl_past_leaf *leaf)
{
    struct requests *all = host;

    if (leaf->leaf.kind == TL_LEAF_DECISION) {
        /* A repeat stands behind its first: it asks nothing new. */
        if (leaf->decision.type == TL_DECISION_DUPLICATE && all->count > 0 &&
            all->item[all->count - 1u].leaf + 1u == leaf->index)
            all->item[all->count - 1u].answered = true;
        return TL_OK;
    }
    if (leaf->entry.type == TL_ENTRY_ACDV_REQUEST)
        request_add(all, leaf);
    else if (leaf->entry.type == TL_ENTRY_ACDV_RESPONSE)
        request_end(all, &leaf->entry.case_id, leaf->body.acdv_answer.control);
    return TL_OK;
}

/* The last day to answer is the policy's figure, as the contract counts it. */
static void request_due(struct request *request, const struct tl_past_point *point,
                        struct tl_overlay *state, struct tl_policy *policy)
{
    struct tl_facets *facets = tl_mem_new(1, sizeof *facets);
    struct tl_case c;
    struct tl_hash hash;
    int32_t due = TL_DATE_NONE;
    char date[11];

    if (tl_case_load(&c, state, &request->case_id) == TL_OK) {
        hash = c.policy;
        if (tl_policy_load(policy, state, &hash) == TL_OK &&
            tl_case_load(&c, state, &request->case_id) == TL_OK) {
            tl_facets_read(facets, c.facets);
            due = tl_law_due(TL_LAW_FC_09, policy, &c, facets);
        }
    }
    if (due != TL_DATE_NONE) {
        tl_date_text(date, due);
        tl_json_set_str(request->row, "due_on", date);
        tl_json_set_int(request->row, "days_left", (int64_t)due - point->closed_on);
    }
    tl_mem_free(facets);
}

static enum tl_status list_arrive(void *host, const struct tl_past_point *point,
                                  struct tl_overlay *state)
{
    struct requests *all = host;
    struct tl_policy *policy = tl_mem_new(1, sizeof *policy);

    for (size_t i = 0; i < all->count; i++)
        if (!all->item[i].answered)
            request_due(&all->item[i], point, state, policy);
    tl_mem_free(policy);
    return TL_OK;
}

static int run_list(const struct tl_call *call)
{
    struct requests all = {0};
    const struct tl_past_visitor visitor = {list_begin, list_leaf, list_arrive, &all, NULL};
    struct tl_json *rows = tl_json_array();
    enum tl_status status = tl_past_walk(&call->args, &visitor);

    for (size_t i = 0; i < all.count; i++) {
        if (!all.item[i].answered)
            tl_json_add(rows, tl_json_keep(all.item[i].row));
        tl_json_free(all.item[i].row);
    }
    if (status == TL_OK)
        tl_out_rows(&call->out, open_columns, rows);
    tl_mem_free(all.item);
    tl_json_free(rows);
    return tl_status_exit(status);
}

/* ---- writing ----------------------------------------------------------- */

static const struct tl_opt acdv_options[] = {
    {"control", "NUMBER", "the bureau's control number"},
    {"reason", "WORD", "ask: not_mine, paid, amount, idtheft, bankruptcy, ... (default: other)"},
    {"outcome", "WORD", "answer: verified, modified, delete or delete_fraud"},
    {"corrected", "MINOR", "answer modified: how much less is owed, in minor units"},
    {"date", "DATE", "the day it was received or sent"},
    {"map", "FILE", "derive the case's id from the source's own number with this mapping"},
    TL_PAST_OPTIONS,
    TL_OPT_END};

static enum tl_status set(struct tl_entry_text *text, const char *field, const char *value,
                          struct tl_why *why)
{
    return value == NULL ? TL_OK
                         : tl_entry_text_set(text, tl_bytes_str(field), tl_bytes_str(value), why);
}

static enum tl_status entry_make(struct tl_entry_text *text, const struct tl_call *call, bool ask,
                                 struct tl_why *why)
{
    const struct tl_args *args = &call->args;
    const char *control = tl_opt_value(args, "control");
    const char *outcome = tl_opt_value(args, "outcome");
    bool given = false;
    enum tl_status status = tl_entry_text_init(text, ask ? "ACDV_REQUEST" : "ACDV_RESPONSE", why);

    if (control == NULL)
        return tl_why_set(why, TL_ERR_USAGE, "give the control number: --control NUMBER");
    if (!ask && outcome == NULL)
        return tl_why_set(why, TL_ERR_USAGE, "say what was found: --outcome WORD");
    if (status == TL_OK)
        status = tl_opt_date(args, "date", &given, &text->entry.value_date);
    if (status == TL_OK && !given)
        return tl_why_set(why, TL_ERR_USAGE, "say on which day: --date DATE");
    if (status == TL_OK)
        status = tl_case_named(&text->entry.case_id, args->word[1], tl_opt_value(args, "map"), why);
    if (status == TL_OK)
        status = set(text, "control", control, why);
    if (status == TL_OK && ask)
        status = set(text, "reason", tl_opt_value(args, "reason"), why);
    if (status == TL_OK && !ask)
        status = set(text, "outcome", outcome, why);
    if (status == TL_OK && !ask)
        status = set(text, "corrected_minor", tl_opt_value(args, "corrected"), why);
    text->entry.ext_ref = tl_bytes_str(control);
    return status;
}

static enum tl_status entry_send(const struct tl_call *call, struct tl_bytes entry)
{
    static const struct tl_column columns[] = {{"leaf", "leaf", TL_COLUMN_NUMBER},
                                               {"height", "final at height", TL_COLUMN_NUMBER},
                                               TL_COLUMN_END};
    struct tl_connection connection;
    struct tl_submitted_counts done = {0};
    struct tl_why why = {""};
    enum tl_status status = tl_connect(&connection, &call->args);

    if (status != TL_OK)
        return status;
    status = tl_submit_one(connection.client, entry, NULL, &done, &why);
    tl_disconnect(&connection);
    if (status != TL_OK) {
        (void)tl_fail(status, NULL, "cannot write it: %s", why.text);
    } else {
        struct tl_json *row = tl_json_object();

        tl_json_set_int(row, "leaf", (int64_t)done.first_leaf);
        tl_json_set_int(row, "height", (int64_t)done.height);
        tl_out_one(&call->out, columns, row);
        tl_json_free(row);
    }
    return status;
}

static int run_write(const struct tl_call *call, bool ask)
{
    struct tl_entry_text *text = tl_mem_new(1, sizeof *text);
    uint8_t memory[1024];
    struct tl_buf bytes = tl_buf(memory, sizeof memory);
    struct tl_why why = {""};
    enum tl_status status = entry_make(text, call, ask, &why);

    if (status == TL_OK)
        status = tl_entry_text_write(text, &bytes, &why);
    if (status != TL_OK)
        (void)tl_fail(status, "see: tally metro2 acdv --help", "this cannot be written: %s",
                      why.text);
    else
        status = entry_send(call, tl_buf_bytes(&bytes));
    tl_mem_free(text);
    return tl_status_exit(status);
}

static int run_acdv(struct tl_call *call)
{
    const char *word = call->args.words > 0 ? call->args.word[0] : "list";
    enum tl_status status = tl_cmd_words(call, 0, 2, "list, ask CASE or answer CASE");

    if (status != TL_OK)
        return tl_status_exit(status);
    if (strcmp(word, "list") == 0)
        return run_list(call);
    if (call->args.words == 2 && (strcmp(word, "ask") == 0 || strcmp(word, "answer") == 0))
        return run_write(call, strcmp(word, "ask") == 0);
    return tl_fail(TL_ERR_USAGE, "tally metro2 acdv --help", "list, ask CASE or answer CASE");
}

/* ---- what bureaus say of records --------------------------------------- */

static const struct tl_opt answers_options[] = {
    {"date", "DATE", "the day of the answers"},
    {"map", "FILE", "the file names cases by the source's number, as this mapping does"},
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"},
    TL_OPT_END};

struct answers {
    struct tl_submitter *submitter;
    const struct tl_map *map;
    int32_t date;
    int at[3]; /* columns case, cycle, code */
    uint64_t accepted;
    uint64_t rejected;
    struct tl_why *why;
};

static enum tl_status answers_head(struct answers *a, const struct tl_csv_row *row)
{
    static const char *const names[3] = {"case", "cycle", "code"};

    for (int n = 0; n < 3; n++)
        for (size_t i = 0; i < row->count; i++)
            if (tl_bytes_eq(row->field[i], tl_bytes_str(names[n])))
                a->at[n] = (int)i;
    return a->at[0] >= 0 && a->at[1] >= 0 && a->at[2] >= 0
               ? TL_OK
               : tl_why_set(a->why, TL_ERR_ENCODING,
                            "its first row does not name the columns case, cycle and code");
}

static enum tl_status answer_case(const struct answers *a, struct tl_bytes text, struct tl_id *id)
{
    char name[TL_EXT_REF_MAX + 1];

    if (a->map != NULL) {
        tl_map_case_id(id, a->map, text);
        return TL_OK;
    }
    tl_facts_word(name, sizeof name, text);
    return tl_case_named(id, name, NULL, a->why);
}

/* yyyymm; 0: it is not. */
static uint32_t cycle_read(struct tl_bytes text)
{
    uint32_t cycle = 0;

    if (text.len != 6)
        return 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return 0;
        cycle = cycle * 10u + (uint32_t)(text.ptr[i] - '0');
    }
    return cycle % 100u >= 1 && cycle % 100u <= 12 ? cycle : 0;
}

/* An empty code is an acknowledgement, any other the reason of a rejection. */
static enum tl_status answers_row(void *context, const struct tl_csv_row *row)
{
    struct answers *a = context;
    uint8_t memory[512];
    struct tl_buf out = tl_buf(memory, sizeof memory);
    struct tl_body_bureau body = {0};
    struct tl_entry entry = {.value_date = a->date};
    char ref[TL_EXT_REF_MAX + 1];
    enum tl_status status;

    if (a->at[0] < 0)
        return answers_head(a, row);
    if (row->count <= (size_t)a->at[0] || row->count <= (size_t)a->at[1] ||
        row->count <= (size_t)a->at[2])
        return tl_why_set(a->why, TL_ERR_ENCODING, "line %zu is too short", row->line);
    status = answer_case(a, row->field[a->at[0]], &entry.case_id);
    body.cycle = cycle_read(row->field[a->at[1]]);
    body.code = row->field[a->at[2]];
    entry.type = body.code.len == 0 ? TL_ENTRY_BUREAU_ACK : TL_ENTRY_BUREAU_REJECT;
    (void)snprintf(ref, sizeof ref, "metro2 %06u", body.cycle);
    entry.ext_ref = tl_bytes_str(ref);
    if (status == TL_OK && (body.cycle == 0 || !tl_entry_encode(&out, &entry, &body)))
        status = tl_why_set(a->why, TL_ERR_RANGE, "line %zu: no cycle yyyymm, or a code too long",
                            row->line);
    if (status == TL_OK)
        status = tl_submitter_add(a->submitter, tl_buf_bytes(&out), a->why);
    a->accepted += body.code.len == 0;
    a->rejected += body.code.len > 0;
    return status;
}

static enum tl_status answers_bad(void *context, const struct tl_csv_row *row, const char *reason)
{
    return tl_why_set(((struct answers *)context)->why, TL_ERR_ENCODING, "line %zu: %s", row->line,
                      reason);
}

static enum tl_status answers_send(struct answers *a, const char *path)
{
    const struct tl_csv_sink sink = {answers_row, answers_bad, a};
    struct tl_gz *gz;
    enum tl_status status = tl_gz_open(&gz, path);

    if (status != TL_OK)
        return tl_why_set(a->why, status, "%s", strerror(errno));
    status = tl_csv_read(gz, ',', &sink);
    (void)tl_gz_close(gz);
    return status == TL_OK ? tl_submitter_flush(a->submitter, a->why) : status;
}

static enum tl_status answers_run(struct tl_call *call, struct answers *a)
{
    const char *map = tl_opt_value(&call->args, "map");
    struct tl_connection connection;
    struct tl_map mapping;
    enum tl_status status = map != NULL ? tl_map_load(&mapping, map, a->why) : TL_OK;

    if (status != TL_OK)
        return status;
    a->map = map != NULL ? &mapping : NULL;
    status = tl_connect(&connection, &call->args);
    if (status == TL_OK) {
        status = tl_submitter_open(&a->submitter, connection.client, 256, a->why);
        if (status == TL_OK)
            status = answers_send(a, call->args.word[0]);
        if (a->submitter != NULL)
            tl_submitter_close(a->submitter);
        tl_disconnect(&connection);
    }
    a->map = NULL;
    if (map != NULL)
        tl_map_free(&mapping);
    return status;
}

static int run_answers(struct tl_call *call)
{
    static const struct tl_column columns[] = {{"accepted", "acknowledged", TL_COLUMN_NUMBER},
                                               {"rejected", "rejected", TL_COLUMN_NUMBER},
                                               TL_COLUMN_END};
    struct tl_why why = {""};
    struct answers a = {.at = {-1, -1, -1}, .why = &why};
    bool given = false;
    struct tl_json *row;
    enum tl_status status = tl_cmd_words(call, 1, 1, "the file of answers");

    if (status == TL_OK)
        status = tl_opt_date(&call->args, "date", &given, &a.date);
    if (status != TL_OK)
        return tl_status_exit(status);
    if (!given)
        return tl_fail(TL_ERR_USAGE, NULL, "say on which day: --date DATE");
    status = answers_run(call, &a);
    if (status != TL_OK)
        return why.text[0] == '\0'
                   ? tl_status_exit(status)
                   : tl_fail(status, NULL, "cannot record '%s': %s", call->args.word[0], why.text);
    row = tl_json_object();
    tl_json_set_int(row, "accepted", (int64_t)a.accepted);
    tl_json_set_int(row, "rejected", (int64_t)a.rejected);
    tl_out_one(&call->out, columns, row);
    tl_json_free(row);
    return 0;
}

const struct tl_cmd tl_cmd_metro2_acdv = {
    .name = "metro2 acdv",
    .usage = "[list | ask CASE | answer CASE] [--control NUMBER] [--date DATE]",
    .summary = "disputes a bureau sends on: what is open, asking, answering",
    .more = "list shows requests nobody has answered, with the last day to do so.  A bureau asks:\n"
            "that opens a dispute, flags what is furnished and starts the term of 15 USC\n"
            "1681s-2(b).  The furnisher answers: verified, modified (with --corrected), delete or\n"
            "delete_fraud.  The correction goes out with: tally metro2 export --aud --only CASE.",
    .options = acdv_options,
    .run = run_acdv};

const struct tl_cmd tl_cmd_metro2_answers = {
    .name = "metro2 answers",
    .usage = "FILE --date DATE [--map FILE]",
    .summary = "record what a bureau says of the records it was sent",
    .more =
        "FILE is CSV with the columns case, cycle (yyyymm) and code: an empty code acknowledges\n"
        "the record, any other rejects it.  Written with a bureau's key.",
    .options = answers_options,
    .run = run_answers};
