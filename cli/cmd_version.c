#include "commands.h"

static int run(struct tl_call *call)
{
    static const struct tl_column columns[] = {{"tally", "tally", TL_COLUMN_TEXT}, TL_COLUMN_END};
    struct tl_json *answer = tl_json_object();

    tl_json_set_str(answer, "tally", TL_VERSION);
    tl_out_one(&call->out, columns, answer);
    tl_json_free(answer);
    return 0;
}

const struct tl_cmd tl_cmd_version = {
    .name = "version", .usage = "", .summary = "say which version this is", .run = run};
