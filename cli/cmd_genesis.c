#include "commands.h"
#include "genesis_file.h"
#include "genesis_make.h"

#include "tl/memberdir.h"

#include "map_date.h"

static const struct tl_opt create_options[] = {
    {"out", "FILE", "genesis file to write (never overwritten)"},
    {"config", "YAML", "name, quorum, time, first_date, state_bits, ..."},
    {"name", "NAME", "name of the ledger, also the origin of its checkpoints"},
    {"quorum", "Q", "signatures that make a block final (default: 2n/3+1)"},
    {"first-date", "DATE", "business date before the first close"},
    {"accept-weak-quorum", NULL, "allow a quorum that one traitor can split"},
    TL_OPT_END};

static enum tl_status plan_read(struct tl_genesis_plan *plan, const struct tl_args *args)
{
    const char *config = tl_opt_value(args, "config");
    struct tl_why why = {""};
    int64_t quorum = 0;
    int32_t date = 0;
    bool dated = false;
    enum tl_status status = TL_OK;

    tl_genesis_plan_init(plan);
    if (config != NULL)
        status = tl_genesis_plan_load(plan, config, &why);
    if (status != TL_OK) {
        (void)tl_fail(status, NULL, "cannot read the plan: %s", why.text);
        return status;
    }
    if (tl_opt_value(args, "name") != NULL)
        plan->name = tl_opt_value(args, "name");
    status = tl_opt_number(args, "quorum", plan->quorum, &quorum);
    plan->quorum = quorum >= 0 && quorum <= (int64_t)TL_MEMBERS_MAX ? (uint32_t)quorum : UINT8_MAX;
    if (status == TL_OK)
        status = tl_opt_date(args, "first-date", &dated, &date);
    if (dated)
        plan->first_date = date;
    if (tl_opt_given(args, "accept-weak-quorum"))
        plan->accept_weak_quorum = true;
    return status;
}

static struct tl_json *member_row(const struct tl_member *member, uint32_t index)
{
    struct tl_json *row = tl_json_object();
    char words[256];

    tl_json_set_int(row, "index", index);
    tl_json_set(row, "id", tl_json_text(member->id));
    tl_words_print(&tl_role_words, member->roles, words, sizeof words);
    tl_json_set_str(row, "roles", words);
    tl_json_set(row, "address", tl_json_text(member->address));
    tl_json_set_int(row, "keys", member->keys.count);
    tl_json_set(row, "consensus_key",
                tl_json_hex(tl_bytes(member->consensus_key.b, TL_PUBKEY_BYTES)));
    return row;
}

static struct tl_json *genesis_json(const struct tl_genesis_file *file)
{
    const struct tl_genesis *g = &file->genesis;
    struct tl_json *all = tl_json_object();
    struct tl_json *members = tl_json_array();
    struct tl_member member;
    char date[TL_DATE_TEXT];

    for (uint32_t i = 0; tl_genesis_member(g, i, &member); i++)
        tl_json_add(members, member_row(&member, i));
    tl_date_text(date, g->first_date);
    tl_json_set(all, "name", tl_json_text(g->name));
    tl_json_set(all, "chain_id", tl_json_hex(tl_bytes(file->chain_id.b, TL_HASH_BYTES)));
    tl_json_set_str(all, "time", tl_name_of(&tl_time_source_names, g->time_source));
    tl_json_set_str(all, "first_date", date);
    tl_json_set_int(all, "state_bits", g->state_bits);
    tl_json_set_int(all, "block_bytes", g->block_bytes);
    tl_json_set(all, "tolerance", tl_genesis_tolerance(g->members.count, g->quorum));
    tl_json_set(all, "members", members);
    return all;
}

static int show(const struct tl_call *call, const char *path)
{
    static const struct tl_column facts[] = {{"name", "ledger", TL_COLUMN_TEXT},
                                             {"chain_id", "chain id", TL_COLUMN_TEXT},
                                             {"time", "time from", TL_COLUMN_TEXT},
                                             {"first_date", "first date", TL_COLUMN_TEXT},
                                             TL_COLUMN_END};
    static const struct tl_column members[] = {
        {"index", "#", TL_COLUMN_NUMBER},   {"id", "member", TL_COLUMN_TEXT},
        {"roles", "roles", TL_COLUMN_TEXT}, {"address", "address", TL_COLUMN_TEXT},
        {"keys", "keys", TL_COLUMN_NUMBER}, TL_COLUMN_END};
    struct tl_genesis_file file;
    struct tl_json *all;
    enum tl_status status = tl_genesis_file_load(&file, path);

    if (status != TL_OK)
        return tl_status_exit(status);
    all = genesis_json(&file);
    if (call->out.format == TL_OUT_TABLE) {
        tl_out_one(&call->out, facts, all);
        (void)putchar('\n');
        tl_genesis_tolerance_print(file.genesis.members.count, file.genesis.quorum);
        (void)putchar('\n');
        tl_out_rows(&call->out, members, tl_json_get(all, "members"));
    } else if (call->out.format == TL_OUT_CSV) {
        tl_out_rows(&call->out, members, tl_json_get(all, "members"));
    } else {
        tl_json_print(all, stdout);
    }
    tl_json_free(all);
    tl_genesis_file_free(&file);
    return 0;
}

static int run_create(struct tl_call *call)
{
    const char *out = tl_opt_value(&call->args, "out");
    struct tl_genesis_plan plan;
    struct tl_why why = {""};
    enum tl_status status = tl_cmd_words(call, 1, TL_MEMBERS_MAX, "the members' directories");

    if (status == TL_OK)
        status = plan_read(&plan, &call->args);
    if (status != TL_OK)
        return tl_status_exit(status);
    if (out == NULL)
        return tl_fail(TL_ERR_USAGE, "see: tally genesis create --help", "missing: --out");
    status = tl_genesis_make(&plan, call->args.word, call->args.words, out, &why);
    if (status != TL_OK)
        return tl_fail(status, NULL, "cannot create genesis file '%s': %s", out, why.text);
    return show(call, out);
}

static int run_show(struct tl_call *call)
{
    enum tl_status status = tl_cmd_words(call, 0, 1, "the genesis file");

    if (status != TL_OK)
        return tl_status_exit(status);
    return show(call,
                call->args.words > 0 ? call->args.word[0] : tl_opt_value(&call->args, "genesis"));
}

const struct tl_cmd tl_cmd_genesis_create = {
    .name = "genesis create",
    .usage = "--out FILE [--config YAML] MEMBER...",
    .summary = "gather members' public files into a genesis file",
    .more = "MEMBER is a member's directory or its member.txt.  Members are numbered in the order\n"
            "given.  The plan (YAML) may set name, quorum, accept_weak_quorum, time (block or\n"
            "calendar), first_date, state_bits, block_bytes, delta_ms, heartbeat_ms, drift_ms.",
    .options = create_options,
    .run = run_create};

const struct tl_cmd tl_cmd_genesis_show = {
    .name = "genesis show",
    .usage = "[FILE]",
    .summary = "print a genesis file: members, quorum, what it tolerates",
    .run = run_show};
