/* opt.h -- a command's arguments, described once.
 *
 * The table of options gives the parser and the text of --help.  Options stand
 * anywhere, `--name VALUE` or `--name=VALUE`; `--` ends them.  An option may be
 * given several times; opt_at asks for the n-th. */
#ifndef TL_OPT_H
#define TL_OPT_H

#include "tl/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tl_opt {
    const char *name;  /* without dashes */
    const char *value; /* what to call its value; NULL: a switch */
    const char *help;
};
#define TL_OPT_END                                                                                 \
    {                                                                                              \
        NULL, NULL, NULL                                                                           \
    }

#define TL_ARGS_MAX 64u

struct tl_args {
    const struct tl_opt *own; /* of the command; the common ones come on top */
    size_t count;
    const struct tl_opt *opt[TL_ARGS_MAX];
    const char *value[TL_ARGS_MAX];
    size_t words;
    const char *word[TL_ARGS_MAX];
};

/* Options every command takes. */
extern const struct tl_opt tl_opt_common[];

/* tl_opt_parse reads argv; on failure it has said why. */
TL_MUST_USE enum tl_status tl_opt_parse(struct tl_args *args, const struct tl_opt *own, int argc,
                                        char *const *argv);
bool tl_opt_given(const struct tl_args *args, const char *name);
/* The last value given, else the environment variable TALLY_<NAME>, else NULL. */
const char *tl_opt_value(const struct tl_args *args, const char *name);
/* The n-th value given, or NULL. */
const char *tl_opt_nth(const struct tl_args *args, const char *name, size_t n);
/* tl_opt_number reads a whole number; says why on failure.  Absent: `unless`. */
TL_MUST_USE enum tl_status tl_opt_number(const struct tl_args *args, const char *name,
                                         int64_t unless, int64_t *out);
/* tl_opt_between reads one from `least` to `most`. */
struct tl_bounds {
    int64_t least;
    int64_t most;
};
TL_MUST_USE enum tl_status tl_opt_between(const struct tl_args *args, const char *name,
                                          struct tl_bounds bounds, int64_t unless, int64_t *out);
/* tl_opt_date reads YYYY-MM-DD.  Absent: *given false. */
TL_MUST_USE enum tl_status tl_opt_date(const struct tl_args *args, const char *name, bool *given,
                                       int32_t *days);

#endif
