/* commands.c -- every command, in the order --help lists them. */
#include "commands.h"

#include <stddef.h>

/* clang-format off: one a line, so that a new one is one line. */
const struct tl_cmd *const tl_commands[] = {
    &tl_cmd_demo,
    &tl_cmd_keygen,
    &tl_cmd_genesis_create,
    &tl_cmd_genesis_show,
    &tl_cmd_policy_check,
    &tl_cmd_policy_show,
    &tl_cmd_policy_publish,
    &tl_cmd_policy_diff,
    &tl_cmd_import,
    &tl_cmd_submit,
    &tl_cmd_day_close,
    &tl_cmd_case_show,
    &tl_cmd_case_history,
    &tl_cmd_case_why,
    &tl_cmd_case_dossier,
    &tl_cmd_case_list,
    &tl_cmd_query,
    &tl_cmd_permit,
    &tl_cmd_decisions,
    &tl_cmd_totals,
    &tl_cmd_report,
    &tl_cmd_receipt_get,
    &tl_cmd_receipt_verify,
    &tl_cmd_promise_verify,
    &tl_cmd_promise_breach,
    &tl_cmd_checkpoint,
    &tl_cmd_export,
    &tl_cmd_tiles,
    &tl_cmd_audit,
    &tl_cmd_audit_replay,
    &tl_cmd_metro2_check,
    &tl_cmd_metro2_show,
    &tl_cmd_metro2_export,
    &tl_cmd_status,
    &tl_cmd_members,
    &tl_cmd_version,
    NULL,
};
/* clang-format on */
