/* How many plain words a command was given. */
#include "cmd.h"

enum tl_status tl_cmd_words(const struct tl_call *call, size_t least, size_t most, const char *what)
{
    if (call->args.words >= least && call->args.words <= most)
        return TL_OK;
    if (call->args.words < least)
        (void)tl_fail(TL_ERR_USAGE, "see the command's --help", "missing: %s", what);
    else
        (void)tl_fail(TL_ERR_USAGE, "see the command's --help", "there is no place for '%s'",
                      call->args.word[most]);
    return TL_ERR_USAGE;
}
