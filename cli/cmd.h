/* cmd.h -- a command of tally: a row in the table of commands.c.
 *
 * The table drives dispatch, `tally --help` and each command's --help, so none
 * of them can forget a command.  `run` gets parsed arguments and answers with
 * the exit code of a tl_status (status.def); it prints data to stdout through
 * out.h and talk to stderr through say.h. */
#ifndef TL_CMD_H
#define TL_CMD_H

#include "opt.h"
#include "out.h"
#include "say.h"

struct tl_call {
    struct tl_args args;
    struct tl_out out;
};

struct tl_cmd {
    const char *name;    /* one word or two: "case show" */
    const char *usage;   /* what follows the name */
    const char *summary; /* one line */
    const char *more;    /* paragraphs for --help, or NULL */
    const struct tl_opt *options;
    int (*run)(struct tl_call *call);
};

extern const struct tl_cmd *const tl_commands[]; /* NULL-ended */

/* tl_cmd_words checks how many plain words were given and says what is missing
 * otherwise. */
TL_MUST_USE enum tl_status tl_cmd_words(const struct tl_call *call, size_t least, size_t most,
                                        const char *what);

#define TL_OPTIONS_NONE ((const struct tl_opt *)NULL)

#endif
