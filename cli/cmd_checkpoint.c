/* A node's signed checkpoint. */
#include "commands.h"
#include "connect.h"

static const struct tl_opt options[] = {
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"}, TL_OPT_END};

static int run_checkpoint(struct tl_call *call)
{
    static const struct tl_column columns[] = {{"note", "checkpoint", TL_COLUMN_TEXT},
                                               TL_COLUMN_END};
    struct tl_connection connection;
    struct tl_blob blob;
    struct tl_exchange exchange = {TL_METHOD_CHECKPOINT, NULL, NULL, &tl_blob_record, &blob};
    enum tl_status status = tl_cmd_words(call, 0, 0, "");

    if (status == TL_OK)
        status = tl_connect(&connection, &call->args);
    if (status != TL_OK)
        return tl_status_exit(status);
    status = tl_ask(connection.client, "get the checkpoint", &exchange);
    if (status == TL_OK && call->out.format == TL_OUT_TABLE) {
        (void)fwrite(blob.bytes.ptr, 1, blob.bytes.len, stdout);
    } else if (status == TL_OK) {
        struct tl_json *row = tl_json_object();

        tl_json_set(row, "note", tl_json_text(blob.bytes));
        tl_out_one(&call->out, columns, row);
        tl_json_free(row);
    }
    tl_disconnect(&connection);
    return tl_status_exit(status);
}

const struct tl_cmd tl_cmd_checkpoint = {
    .name = "checkpoint",
    .usage = "",
    .summary = "print a node's signed checkpoint",
    .more = "A C2SP signed note: origin, size and root of the log, and the member's signature.",
    .options = options,
    .run = run_checkpoint};
