/* commands.c -- every command, in the order --help lists them. */
#include "commands.h"

#include <stddef.h>

const struct tl_cmd *const tl_commands[] = {
    &tl_cmd_keygen, &tl_cmd_genesis_create, &tl_cmd_genesis_show, &tl_cmd_version, NULL,
};
