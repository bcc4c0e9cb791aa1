/* Who told two stories of one ledger, from files alone. */
#include "blame.h"
#include "commands.h"

static const char *const kinds[] = {
    [TL_EVIDENCE_NOTARIZE] = "NOTARIZE, NOTARIZE",
    [TL_EVIDENCE_FINALIZE] = "FINALIZE, FINALIZE",
    [TL_EVIDENCE_NOTARIZE_FINALIZE] = "NOTARIZE, FINALIZE",
    [TL_EVIDENCE_NULLIFY_FINALIZE] = "NULLIFY, FINALIZE",
    [TL_EVIDENCE_PROPOSE] = "PROPOSE, PROPOSE",
};

static const struct tl_column columns[] = {{"member", "member", TL_COLUMN_TEXT},
                                           {"signed", "signed both", TL_COLUMN_TEXT},
                                           {"epoch", "epoch", TL_COLUMN_NUMBER},
                                           {"view", "view", TL_COLUMN_NUMBER},
                                           {"hash_a", "one", TL_COLUMN_TEXT},
                                           {"sig_a", "its signature", TL_COLUMN_TEXT},
                                           {"hash_b", "the other", TL_COLUMN_TEXT},
                                           {"sig_b", "its signature", TL_COLUMN_TEXT},
                                           TL_COLUMN_END};

static struct tl_json *row_of(const struct tl_blame_verdict *verdict, uint32_t i)
{
    const struct tl_evidence *e = &verdict->evidence[i];
    struct tl_json *row = tl_json_object();

    tl_json_set_str(row, "member", verdict->member[i]);
    tl_json_set_str(row, "signed", kinds[e->kind]);
    tl_json_set_int(row, "epoch", (int64_t)e->epoch);
    tl_json_set_int(row, "view", (int64_t)e->view);
    tl_json_set(row, "hash_a", tl_json_hex(tl_bytes(e->hash[0].b, TL_HASH_BYTES)));
    tl_json_set(row, "sig_a", tl_json_hex(tl_bytes(e->sig[0].b, TL_SIG_BYTES)));
    tl_json_set(row, "hash_b", tl_json_hex(tl_bytes(e->hash[1].b, TL_HASH_BYTES)));
    tl_json_set(row, "sig_b", tl_json_hex(tl_bytes(e->sig[1].b, TL_SIG_BYTES)));
    return row;
}

static void show(const struct tl_call *call, const struct tl_blame_verdict *verdict)
{
    struct tl_json *rows = tl_json_array();

    for (uint32_t i = 0; i < verdict->count; i++)
        tl_json_add(rows, row_of(verdict, i));
    tl_out_rows(&call->out, columns, rows);
    tl_json_free(rows);
    tl_note("the stories part at height %llu; %u members signed both",
            (unsigned long long)verdict->height, verdict->count);
}

static int run(struct tl_call *call)
{
    struct tl_blame_verdict verdict;
    struct tl_genesis_file genesis;
    struct tl_why why = {""};
    enum tl_status status = tl_cmd_words(call, 2, 2, "two exports, or two receipts");

    if (status == TL_OK)
        status = tl_genesis_file_load(&genesis, tl_opt_value(&call->args, "genesis"));
    if (status != TL_OK)
        return tl_status_exit(status);
    status = tl_blame_files(&verdict, &genesis, call->args.word[0], call->args.word[1], &why);
    if (status == TL_OK)
        show(call, &verdict);
    else
        (void)tl_fail(status, NULL, "cannot blame anybody by '%s' and '%s': %s", call->args.word[0],
                      call->args.word[1], why.text);
    tl_genesis_file_free(&genesis);
    return tl_status_exit(status);
}

const struct tl_cmd tl_cmd_audit_blame = {
    .name = "audit blame",
    .usage = "A B",
    .summary = "name who signed two contradictory exports or receipts",
    .more = "Works offline, with the genesis file alone.  Every signature in both files is\n"
            "verified; then each member that signed what an honest one never signs is printed\n"
            "with the pair of signatures.  Two receipts suffice if their certificates are of\n"
            "one view.",
    .options = TL_OPTIONS_NONE,
    .run = run};
