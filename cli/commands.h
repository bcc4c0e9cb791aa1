/* commands.h -- the commands, each defined in its cmd_*.c. */
#ifndef TL_COMMANDS_H
#define TL_COMMANDS_H

#include "cmd.h"

extern const struct tl_cmd tl_cmd_demo;
extern const struct tl_cmd tl_cmd_keygen;
extern const struct tl_cmd tl_cmd_genesis_create;
extern const struct tl_cmd tl_cmd_genesis_show;
extern const struct tl_cmd tl_cmd_policy_check;
extern const struct tl_cmd tl_cmd_policy_show;
extern const struct tl_cmd tl_cmd_policy_publish;
extern const struct tl_cmd tl_cmd_policy_diff;
extern const struct tl_cmd tl_cmd_scorecard_check;
extern const struct tl_cmd tl_cmd_scorecard_publish;
extern const struct tl_cmd tl_cmd_import;
extern const struct tl_cmd tl_cmd_interchange;
extern const struct tl_cmd tl_cmd_submit;
extern const struct tl_cmd tl_cmd_day_close;
extern const struct tl_cmd tl_cmd_key_grant;
extern const struct tl_cmd tl_cmd_key_revoke;
extern const struct tl_cmd tl_cmd_vault_put;
extern const struct tl_cmd tl_cmd_vault_get;
extern const struct tl_cmd tl_cmd_vault_log;
extern const struct tl_cmd tl_cmd_erasure_request;
extern const struct tl_cmd tl_cmd_erasure_attest;
extern const struct tl_cmd tl_cmd_erasure_list;
extern const struct tl_cmd tl_cmd_erasure_receipt;
extern const struct tl_cmd tl_cmd_case_show;
extern const struct tl_cmd tl_cmd_case_history;
extern const struct tl_cmd tl_cmd_case_why;
extern const struct tl_cmd tl_cmd_case_dossier;
extern const struct tl_cmd tl_cmd_case_statement;
extern const struct tl_cmd tl_cmd_case_list;
extern const struct tl_cmd tl_cmd_query;
extern const struct tl_cmd tl_cmd_permit;
extern const struct tl_cmd tl_cmd_decisions;
extern const struct tl_cmd tl_cmd_totals;
extern const struct tl_cmd tl_cmd_report;
extern const struct tl_cmd tl_cmd_receipt_get;
extern const struct tl_cmd tl_cmd_receipt_verify;
extern const struct tl_cmd tl_cmd_promise_verify;
extern const struct tl_cmd tl_cmd_promise_breach;
extern const struct tl_cmd tl_cmd_checkpoint;
extern const struct tl_cmd tl_cmd_witness_serve;
extern const struct tl_cmd tl_cmd_witness_ask;
extern const struct tl_cmd tl_cmd_export;
extern const struct tl_cmd tl_cmd_tiles;
extern const struct tl_cmd tl_cmd_audit;
extern const struct tl_cmd tl_cmd_audit_replay;
extern const struct tl_cmd tl_cmd_audit_blame;
extern const struct tl_cmd tl_cmd_metro2_check;
extern const struct tl_cmd tl_cmd_metro2_show;
extern const struct tl_cmd tl_cmd_metro2_export;
extern const struct tl_cmd tl_cmd_metro2_acdv;
extern const struct tl_cmd tl_cmd_metro2_answers;
extern const struct tl_cmd tl_cmd_backup;
extern const struct tl_cmd tl_cmd_restore;
extern const struct tl_cmd tl_cmd_rejoin;
extern const struct tl_cmd tl_cmd_status;
extern const struct tl_cmd tl_cmd_members;
extern const struct tl_cmd tl_cmd_members_propose;
extern const struct tl_cmd tl_cmd_members_approve;
extern const struct tl_cmd tl_cmd_members_changes;
extern const struct tl_cmd tl_cmd_members_history;
extern const struct tl_cmd tl_cmd_members_verify;
extern const struct tl_cmd tl_cmd_version;

#endif
