#include "opt.h"

#include "map_date.h"
#include "say.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct tl_opt tl_opt_common[] = {
    {"help", NULL, "say what the command does and end"},
    {"json", NULL, "answer in JSON, errors too"},
    {"csv", NULL, "answer tables in CSV"},
    {"quiet", NULL, "no notes, no progress"},
    {"node", "ADDRESS", "node to ask: ipc:///path or tls+tcp://host:port (TALLY_NODE)"},
    {"genesis", "FILE", "genesis file of the ledger (TALLY_GENESIS)"},
    {"key", "FILE", "key file that signs requests and entries (TALLY_KEY)"},
    {"timeout", "SECONDS", "how long to wait for an answer (TALLY_TIMEOUT, default 30)"},
    TL_OPT_END};

static const struct tl_opt *find_in(const struct tl_opt *table, const char *name, size_t len)
{
    for (; table != NULL && table->name != NULL; table++)
        if (strlen(table->name) == len && strncmp(table->name, name, len) == 0)
            return table;
    return NULL;
}

static const struct tl_opt *find(const struct tl_args *args, const char *name, size_t len)
{
    const struct tl_opt *own = find_in(args->own, name, len);

    return own != NULL ? own : find_in(tl_opt_common, name, len);
}

static enum tl_status usage(const char *format, const char *subject)
{
    /* The format is one of the literals below. */
    char text[256];

    (void)snprintf(text, sizeof text, "%s", format);
    (void)tl_fail(TL_ERR_USAGE, "see the command's --help", "%s '%s'", text, subject);
    return TL_ERR_USAGE;
}

/* Takes one option beginning at argv[at]; gives how many words it used. */
static int take(struct tl_args *args, int argc, char *const *argv, int at)
{
    const char *name = argv[at] + 2;
    const char *equals = strchr(name, '=');
    size_t len = equals != NULL ? (size_t)(equals - name) : strlen(name);
    const struct tl_opt *opt = find(args, name, len);
    int used = 1;

    if (opt == NULL || args->count == TL_ARGS_MAX) {
        (void)usage(opt == NULL ? "there is no option" : "too many options at", argv[at]);
        return 0;
    }
    args->opt[args->count] = opt;
    args->value[args->count] = equals != NULL ? equals + 1 : NULL;
    if (opt->value != NULL && equals == NULL) {
        if (at + 1 == argc) {
            (void)usage("a value is missing after", argv[at]);
            return 0;
        }
        args->value[args->count] = argv[at + 1];
        used = 2;
    } else if (opt->value == NULL && equals != NULL) {
        (void)usage("no value belongs to the switch", argv[at]);
        return 0;
    }
    args->count++;
    return used;
}

enum tl_status tl_opt_parse(struct tl_args *args, const struct tl_opt *own, int argc,
                            char *const *argv)
{
    bool only_words = false;

    *args = (struct tl_args){.own = own};
    for (int i = 0; i < argc;) {
        if (!only_words && strcmp(argv[i], "--") == 0) {
            only_words = true;
            i++;
        } else if (!only_words && strncmp(argv[i], "--", 2) == 0) {
            int used = take(args, argc, argv, i);

            if (used == 0)
                return TL_ERR_USAGE;
            i += used;
        } else if (!only_words && argv[i][0] == '-' && argv[i][1] != '\0') {
            return usage("options begin with two dashes, unlike", argv[i]);
        } else if (args->words == TL_ARGS_MAX) {
            return usage("too many arguments at", argv[i]);
        } else {
            args->word[args->words++] = argv[i++];
        }
    }
    return TL_OK;
}

bool tl_opt_given(const struct tl_args *args, const char *name)
{
    for (size_t i = 0; i < args->count; i++)
        if (strcmp(args->opt[i]->name, name) == 0)
            return true;
    return false;
}

const char *tl_opt_nth(const struct tl_args *args, const char *name, size_t n)
{
    for (size_t i = 0; i < args->count; i++)
        if (strcmp(args->opt[i]->name, name) == 0 && n-- == 0)
            return args->value[i];
    return NULL;
}

const char *tl_opt_value(const struct tl_args *args, const char *name)
{
    char variable[64] = "TALLY_";
    size_t at = strlen(variable);

    for (size_t i = args->count; i-- > 0;)
        if (strcmp(args->opt[i]->name, name) == 0)
            return args->value[i];
    for (; *name != '\0' && at + 1 < sizeof variable; name++)
        variable[at++] = *name == '-' ? '_' : (char)toupper((unsigned char)*name);
    return getenv(variable);
}

enum tl_status tl_opt_number(const struct tl_args *args, const char *name, int64_t unless,
                             int64_t *out)
{
    const char *text = tl_opt_value(args, name);
    char *end = NULL;

    *out = unless;
    if (text == NULL)
        return TL_OK;
    errno = 0;
    *out = strtoll(text, &end, 10);
    if (errno == 0 && end != text && *end == '\0')
        return TL_OK;
    *out = unless;
    (void)tl_fail(TL_ERR_USAGE, NULL, "cannot read --%s '%s': not a whole number", name, text);
    return TL_ERR_USAGE;
}

enum tl_status tl_opt_between(const struct tl_args *args, const char *name, struct tl_bounds bounds,
                              int64_t unless, int64_t *out)
{
    enum tl_status status = tl_opt_number(args, name, unless, out);

    if (status != TL_OK || (*out >= bounds.least && *out <= bounds.most))
        return status;
    (void)tl_fail(TL_ERR_USAGE, NULL,
                  "cannot use --%s '%" PRId64 "': it takes %" PRId64 " to %" PRId64, name, *out,
                  bounds.least, bounds.most);
    *out = unless;
    return TL_ERR_USAGE;
}

enum tl_status tl_opt_date(const struct tl_args *args, const char *name, bool *given, int32_t *days)
{
    const char *text = tl_opt_value(args, name);

    *days = 0;
    *given = text != NULL;
    if (text == NULL || tl_date_read(tl_bytes_str(text), "%Y-%m-%d", days) == TL_OK)
        return TL_OK;
    (void)tl_fail(TL_ERR_USAGE, NULL, "cannot read --%s '%s': not a date like 2012-05-30", name,
                  text);
    return TL_ERR_USAGE;
}
