/* The log as static files: whoever serves them needs no node and no program. */
#include "commands.h"
#include "publish.h"

static const struct tl_opt options[] = {
    {"checkpoint", "FILE", "publish this signed checkpoint (default: the node's)"},
    {"dir", "DIR", "read a stopped node's directory; needs --checkpoint"},
    {"memory", "MIB", "room for the ledger while it is put together (default: 2048)"},
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"},
    TL_OPT_END};

static void show(const struct tl_call *call, const char *dir, const struct tl_published *done)
{
    static const struct tl_column columns[] = {{"dir", "directory", TL_COLUMN_TEXT},
                                               {"leaves", "leaves", TL_COLUMN_NUMBER},
                                               {"tiles", "tiles", TL_COLUMN_NUMBER},
                                               TL_COLUMN_END};
    struct tl_json *row = tl_json_object();

    tl_json_set_str(row, "dir", dir);
    tl_json_set_int(row, "leaves", (int64_t)done->leaves);
    tl_json_set_int(row, "tiles", (int64_t)done->tiles);
    tl_json_set_int(row, "files", (int64_t)done->files);
    tl_out_one(&call->out, columns, row);
    tl_json_free(row);
}

int tl_publish_command(const struct tl_call *call, const char *out, bool archive)
{
    struct tl_publish_plan plan = {.out = out,
                                   .dir = tl_opt_value(&call->args, "dir"),
                                   .checkpoint = tl_opt_value(&call->args, "checkpoint"),
                                   .archive = archive};
    struct tl_published done;
    struct tl_why why = {""};
    int64_t memory_mib = 2048;
    enum tl_status status =
        tl_opt_between(&call->args, "memory", (struct tl_bounds){1, 1 << 20}, 2048, &memory_mib);

    if (status != TL_OK)
        return tl_status_exit(status);
    plan.memory = (size_t)memory_mib << 20;
    status = tl_publish(call, &plan, &done, &why);
    if (status == TL_OK)
        show(call, out, &done);
    else if (why.text[0] != '\0')
        return tl_fail(
            status, status == TL_ERR_CERTIFICATE ? "ask another member's node: --to MEMBER" : NULL,
            "cannot write %s '%s': %s", archive ? "archive" : "tiles to", out, why.text);
    return tl_status_exit(status);
}

static int run(struct tl_call *call)
{
    enum tl_status status = tl_cmd_words(call, 1, 1, "the directory to write");

    return status == TL_OK ? tl_publish_command(call, call->args.word[0], false)
                           : tl_status_exit(status);
}

const struct tl_cmd tl_cmd_tiles = {
    .name = "tiles",
    .usage = "DIR",
    .summary = "write the log as static files any web server can serve",
    .more =
        "DIR gets checkpoint, tile/ and policy in the formats of C2SP (tlog-tiles, tlog-policy),\n"
        "and the genesis file; tools of others verify them. Run it again to bring DIR up to date:\n"
        "full tiles never change.",
    .options = options,
    .run = run};
