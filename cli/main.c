/* main.c -- finds the command, parses its arguments, runs it. */
#include "cmd.h"
#include "exit_codes.h"

#include "tl/sign.h"

#include <stdio.h>
#include <string.h>

static void help_options(const char *heading, const struct tl_opt *options)
{
    if (options == NULL || options->name == NULL)
        return;
    (void)printf("\n%s\n", heading);
    for (; options->name != NULL; options++) {
        char left[48];

        (void)snprintf(left, sizeof left, "--%s%s%s", options->name,
                       options->value != NULL ? " " : "",
                       options->value != NULL ? options->value : "");
        (void)printf("  %-22s %s\n", left, options->help);
    }
}

static void help_command(const struct tl_cmd *cmd)
{
    (void)printf("usage: tally %s%s%s\n\n%s\n", cmd->name, cmd->usage[0] != '\0' ? " " : "",
                 cmd->usage, cmd->summary);
    if (cmd->more != NULL)
        (void)printf("\n%s\n", cmd->more);
    help_options("options", cmd->options);
    help_options("common options", tl_opt_common);
    tl_exit_codes_print(stdout);
}

static bool has_prefix(const char *name, const char *group)
{
    size_t len = strlen(group);

    return strncmp(name, group, len) == 0 && name[len] == ' ';
}

/* Lists all commands, or those of one group ("case"). */
static void help_list(const char *group)
{
    (void)printf("usage: tally %s%s[options]\n\n", group != NULL ? group : "COMMAND",
                 group != NULL ? " COMMAND " : " ");
    if (group == NULL)
        (void)puts("What a person types to a Tallystick ledger: entries in, cases, receipts and\n"
                   "audits out.\n");
    for (size_t i = 0; tl_commands[i] != NULL; i++)
        if (group == NULL || has_prefix(tl_commands[i]->name, group))
            (void)printf("  %-16s %s\n", tl_commands[i]->name, tl_commands[i]->summary);
    (void)puts("\n`tally COMMAND --help` says more about each.");
}

/* Finds the command that argv begins with; *used counts its words. */
static const struct tl_cmd *find(int argc, char *const *argv, int *used)
{
    char two[64];

    if (argc > 1) {
        (void)snprintf(two, sizeof two, "%.30s %.30s", argv[0], argv[1]);
        *used = 2;
        for (size_t i = 0; tl_commands[i] != NULL; i++)
            if (strcmp(tl_commands[i]->name, two) == 0)
                return tl_commands[i];
    }
    *used = 1;
    for (size_t i = 0; tl_commands[i] != NULL; i++)
        if (strcmp(tl_commands[i]->name, argv[0]) == 0)
            return tl_commands[i];
    return NULL;
}

static bool is_group(const char *word)
{
    for (size_t i = 0; tl_commands[i] != NULL; i++)
        if (has_prefix(tl_commands[i]->name, word))
            return true;
    return false;
}

static int no_command(int argc, char *const *argv)
{
    bool group = is_group(argv[0]);

    if (group && (argc == 1 || strcmp(argv[1], "--help") == 0)) {
        help_list(argv[0]);
        return argc == 1 ? tl_status_exit(TL_ERR_USAGE) : 0;
    }
    if (group)
        return tl_fail(TL_ERR_USAGE, "see: tally --help", "there is no command '%s %s'", argv[0],
                       argv[1]);
    return tl_fail(TL_ERR_USAGE, "see: tally --help", "there is no command '%s'", argv[0]);
}

static int run(const struct tl_cmd *cmd, int argc, char *const *argv)
{
    struct tl_call call = {.out = {TL_OUT_TABLE, 2}};
    int code;

    if (tl_opt_parse(&call.args, cmd->options, argc, argv) != TL_OK)
        return tl_status_exit(TL_ERR_USAGE);
    if (tl_opt_given(&call.args, "help")) {
        help_command(cmd);
        return tl_out_flush() ? 0 : tl_status_exit(TL_ERR_IO);
    }
    /* What a signature library lets pass is what an audit lets pass. */
    if (!tl_sign_selftest())
        return tl_fail(TL_ERR_SIGNATURE, "install libsodium 1.0.18 or later from the distribution",
                       "the signature library fails its self test");
    tl_say_quiet(tl_opt_given(&call.args, "quiet"));
    if (tl_opt_given(&call.args, "csv"))
        call.out.format = TL_OUT_CSV;
    if (tl_opt_given(&call.args, "json"))
        call.out.format = TL_OUT_JSON;
    code = cmd->run(&call);
    if (!tl_out_flush() && code == 0)
        code = tl_fail(TL_ERR_IO, NULL, "cannot write the answer: standard output failed");
    return code;
}

int main(int argc, char **argv)
{
    const struct tl_cmd *cmd;
    int used = 0;

    if (argc < 2) {
        help_list(NULL);
        return tl_status_exit(TL_ERR_USAGE);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        help_list(NULL);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0)
        argv[1] += 2;
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--json") == 0)
            tl_say_json(true);
    cmd = find(argc - 1, argv + 1, &used);
    if (cmd == NULL)
        return no_command(argc - 1, argv + 1);
    return run(cmd, argc - 1 - used, argv + 1 + used);
}
