/* Scorecards: checked, published for a policy's cases, tried in shadow. */
#include "commands.h"
#include "connect.h"
#include "import.h"
#include "mem.h"
#include "outcome.h"
#include "scorecard_file.h"
#include "submit.h"

#include "tl/entry.h"

#include <stdio.h>

static const struct tl_opt options[] = {
    {"policy", "NAME", "the policy whose cases it is for"},
    {"shadow", NULL, "score beside the card in force; nothing follows from it"},
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"},
    TL_OPT_END};

static const struct tl_column columns[] = {{"name", "scorecard", TL_COLUMN_TEXT},
                                           {"version", "version", TL_COLUMN_NUMBER},
                                           {"base", "base", TL_COLUMN_NUMBER},
                                           {"features", "features", TL_COLUMN_NUMBER},
                                           {"bands", "bands", TL_COLUMN_NUMBER},
                                           {"hash", "hash", TL_COLUMN_TEXT},
                                           {"leaf", "leaf", TL_COLUMN_NUMBER},
                                           {"height", "final at height", TL_COLUMN_NUMBER},
                                           TL_COLUMN_END};
static const struct tl_column points[] = {{"feature", "feature", TL_COLUMN_TEXT},
                                          {"up_to", "up to", TL_COLUMN_NUMBER},
                                          {"points", "points", TL_COLUMN_NUMBER},
                                          TL_COLUMN_END};

static struct tl_json *card_json(const struct tl_scorecard *card, struct tl_bytes bytes)
{
    struct tl_json *row = tl_json_object();
    struct tl_json *list = tl_json_array();
    struct tl_hash hash;

    tl_scorecard_hash(&hash, bytes);
    tl_json_set_str(row, "name", card->name);
    tl_json_set_int(row, "version", card->version);
    tl_json_set_int(row, "base", card->base);
    tl_json_set_int(row, "features", card->features);
    tl_json_set_int(row, "bands", card->bands);
    tl_json_set(row, "hash", tl_json_hex(tl_bytes(hash.b, TL_HASH_BYTES)));
    for (uint32_t f = 0; f < card->features; f++)
        for (uint32_t b = 0; b < card->feature[f].bins; b++) {
            struct tl_json *bin = tl_json_object();

            tl_json_set_str(bin, "feature", card->feature[f].name);
            if (b + 1u < card->feature[f].bins)
                tl_json_set_int(bin, "up_to", card->feature[f].upper[b]);
            tl_json_set_int(bin, "points", card->feature[f].points[b]);
            tl_json_add(list, bin);
        }
    tl_json_set(row, "point_list", list);
    return row;
}

static enum tl_status publish(const struct tl_call *call, struct tl_bytes card,
                              struct tl_submitted_counts *done)
{
    struct tl_body_scorecard body = {.card = card, .shadow = tl_opt_given(&call->args, "shadow")};
    struct tl_entry entry = {.type = TL_ENTRY_SCORECARD_PUBLISH};
    uint8_t *memory = tl_mem_new(TL_ENTRY_BYTES_MAX, 1);
    struct tl_buf out = tl_buf(memory, TL_ENTRY_BYTES_MAX);
    struct tl_connection connection;
    struct tl_why why = {""};
    enum tl_status status = tl_connect(&connection, &call->args);

    if (status == TL_OK) {
        body.policy = tl_bytes_str(tl_opt_value(&call->args, "policy"));
        status = tl_business_date(connection.client, &entry.value_date, &why);
        entry.value_date++;
        if (status == TL_OK && !tl_entry_encode(&out, &entry, &body))
            status = tl_why_set(&why, TL_ERR_LIMIT, "the policy's name is too long");
        if (status == TL_OK)
            status = tl_submit_one(connection.client, tl_buf_bytes(&out), NULL, done, &why);
        if (status == TL_OK)
            status = tl_outcome_denied(connection.client, done, &why);
        tl_disconnect(&connection);
        if (status != TL_OK)
            (void)tl_fail(status, NULL, "cannot publish '%s': %s", call->args.word[0], why.text);
    }
    tl_mem_free(memory);
    return status;
}

static int run(struct tl_call *call, bool publishing)
{
    struct tl_scorecard *card;
    uint8_t memory[TL_SCORE_BYTES_MAX];
    struct tl_buf bytes = tl_buf(memory, sizeof memory);
    struct tl_submitted_counts done = {0};
    struct tl_why why = {""};
    struct tl_json *row;
    enum tl_status status = tl_cmd_words(call, 1, 1, "the scorecard's file");

    if (status != TL_OK)
        return tl_status_exit(status);
    if (publishing && tl_opt_value(&call->args, "policy") == NULL)
        return tl_fail(TL_ERR_USAGE, NULL, "missing: --policy");
    card = tl_mem_new(1, sizeof *card);
    status = tl_scorecard_load(card, call->args.word[0], &why);
    if (status == TL_OK && !tl_scorecard_encode(card, &bytes))
        status =
            tl_why_set(&why, TL_ERR_LIMIT, "a scorecard has at most %u bytes", TL_SCORE_BYTES_MAX);
    if (status != TL_OK)
        (void)tl_fail(status, "see docs/POLICY.md", "cannot use the scorecard: %s", why.text);
    else if (publishing)
        status = publish(call, tl_buf_bytes(&bytes), &done);
    if (status == TL_OK) {
        row = card_json(card, tl_buf_bytes(&bytes));
        if (publishing) {
            tl_json_set_int(row, "leaf", (int64_t)done.first_leaf);
            tl_json_set_int(row, "height", (int64_t)done.height);
        }
        tl_out_one(&call->out, columns, row);
        if (call->out.format == TL_OUT_TABLE && !publishing) {
            (void)putchar('\n');
            tl_out_rows(&call->out, points, tl_json_get(row, "point_list"));
        }
        tl_json_free(row);
    }
    tl_mem_free(card);
    return tl_status_exit(status);
}

static int run_check(struct tl_call *call)
{
    return run(call, false);
}

static int run_publish(struct tl_call *call)
{
    return run(call, true);
}

const struct tl_cmd tl_cmd_scorecard_check = {.name = "scorecard check",
                                              .usage = "FILE",
                                              .summary =
                                                  "check a scorecard and print its hash and points",
                                              .run = run_check};

const struct tl_cmd tl_cmd_scorecard_publish = {
    .name = "scorecard publish",
    .usage = "FILE --policy NAME [--shadow]",
    .summary = "put a scorecard on the ledger, for the cases of a policy",
    .more = "From then on `do: score` of that policy's rules scores by it.  With --shadow it is "
            "scored\n"
            "beside the card in force, and what it says is only recorded.",
    .options = options,
    .run = run_publish};
