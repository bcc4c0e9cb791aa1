/* commands.h -- the commands, each defined in its cmd_*.c. */
#ifndef TL_COMMANDS_H
#define TL_COMMANDS_H

#include "cmd.h"

extern const struct tl_cmd tl_cmd_keygen;
extern const struct tl_cmd tl_cmd_genesis_create;
extern const struct tl_cmd tl_cmd_genesis_show;
extern const struct tl_cmd tl_cmd_version;

#endif
