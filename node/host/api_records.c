/* The tables of the API's records, and how a reply that is too long is cut. */
#include "tl/api.h"

static const char *const method_words[] = {
    NULL,        "STATUS",    "GENESIS",         "MEMBERS",  "SEQUENCE",
    "SUBMIT",    "CASE",      "HISTORY",         "SCAN",     "REFS",
    "LEAF",      "RECEIPT",   "CHECKPOINT",      "BLOCK",    "TOTALS",
    "POLICIES",  "STOP",      "CASE_RECEIPT",    "PERMIT",   "VAULT_PUT",
    "VAULT_GET", "VAULT_LOG", "VAULT_DESTROYED", "ERASURES", "EPOCHS",
    "MOTIONS"};
const struct tl_names tl_method_names = {method_words, sizeof method_words / sizeof *method_words};
_Static_assert(sizeof method_words / sizeof *method_words == TL_METHOD_MAX + 1u,
               "every method has a word");

static const char *const wait_words[] = {"ADMITTED", "FINAL"};
const struct tl_names tl_wait_names = {wait_words, sizeof wait_words / sizeof *wait_words};

TL_DEFINE_RECORD(tl_request, TL_REQUEST_FIELDS)
TL_DEFINE_RECORD(tl_request_frame, TL_REQUEST_FRAME_FIELDS)
TL_DEFINE_RECORD(tl_reply, TL_REPLY_FIELDS)
TL_DEFINE_RECORD(tl_blob, TL_BLOB_FIELDS)
TL_DEFINE_RECORD(tl_counter, TL_COUNTER_FIELDS)
TL_DEFINE_RECORD(tl_pair, TL_PAIR_FIELDS)
TL_DEFINE_RECORD(tl_pair_list, TL_PAIR_LIST_FIELDS)
TL_DEFINE_RECORD(tl_peer, TL_PEER_FIELDS)
TL_DEFINE_RECORD(tl_member_list, TL_MEMBER_LIST_FIELDS)
TL_DEFINE_RECORD(tl_node_status, TL_NODE_STATUS_FIELDS)
TL_DEFINE_RECORD(tl_sequence_query, TL_SEQUENCE_QUERY_FIELDS)
TL_DEFINE_RECORD(tl_sequence_reply, TL_SEQUENCE_REPLY_FIELDS)
TL_DEFINE_RECORD(tl_submit, TL_SUBMIT_FIELDS)
TL_DEFINE_RECORD(tl_submitted, TL_SUBMITTED_FIELDS)
TL_DEFINE_RECORD(tl_case_query, TL_CASE_QUERY_FIELDS)
TL_DEFINE_RECORD(tl_case_reply, TL_CASE_REPLY_FIELDS)
TL_DEFINE_RECORD(tl_permit_query, TL_PERMIT_QUERY_FIELDS)
TL_DEFINE_RECORD(tl_broken_rule, TL_BROKEN_RULE_FIELDS)
TL_DEFINE_RECORD(tl_permit_reply, TL_PERMIT_REPLY_FIELDS)
TL_DEFINE_RECORD(tl_case_claim_query, TL_CASE_CLAIM_QUERY_FIELDS)
TL_DEFINE_RECORD(tl_leaf_query, TL_LEAF_QUERY_FIELDS)
TL_DEFINE_RECORD(tl_growth_query, TL_GROWTH_QUERY_FIELDS)
TL_DEFINE_RECORD(tl_leaf_item, TL_LEAF_ITEM_FIELDS)
TL_DEFINE_RECORD(tl_history_query, TL_HISTORY_QUERY_FIELDS)
TL_DEFINE_RECORD(tl_leaf_page, TL_LEAF_PAGE_FIELDS)
TL_DEFINE_RECORD(tl_scan_query, TL_SCAN_QUERY_FIELDS)
TL_DEFINE_RECORD(tl_case_item, TL_CASE_ITEM_FIELDS)
TL_DEFINE_RECORD(tl_case_page, TL_CASE_PAGE_FIELDS)
TL_DEFINE_RECORD(tl_case_id, TL_CASE_ID_FIELDS)
TL_DEFINE_RECORD(tl_refs_query, TL_REFS_QUERY_FIELDS)
TL_DEFINE_RECORD(tl_case_refs, TL_CASE_REFS_FIELDS)
TL_DEFINE_RECORD(tl_refs_reply, TL_REFS_REPLY_FIELDS)
TL_DEFINE_RECORD(tl_block_query, TL_BLOCK_QUERY_FIELDS)
TL_DEFINE_RECORD(tl_block_item, TL_BLOCK_ITEM_FIELDS)
TL_DEFINE_RECORD(tl_block_page, TL_BLOCK_PAGE_FIELDS)

TL_DEFINE_RECORD(tl_vault_item, TL_VAULT_ITEM_FIELDS)
TL_DEFINE_RECORD(tl_vault_put, TL_VAULT_PUT_FIELDS)
TL_DEFINE_RECORD(tl_vault_kept, TL_VAULT_KEPT_FIELDS)
TL_DEFINE_RECORD(tl_vault_kept_list, TL_VAULT_KEPT_LIST_FIELDS)
TL_DEFINE_RECORD(tl_vault_query, TL_VAULT_QUERY_FIELDS)
TL_DEFINE_RECORD(tl_vault_log_query, TL_VAULT_LOG_QUERY_FIELDS)
TL_DEFINE_RECORD(tl_vault_log_page, TL_VAULT_LOG_PAGE_FIELDS)
TL_DEFINE_RECORD(tl_vault_destroyed, TL_VAULT_DESTROYED_FIELDS)
TL_DEFINE_RECORD(tl_erasure_query, TL_ERASURE_QUERY_FIELDS)

void tl_reply_write(struct tl_buf *out, const struct tl_reply *reply)
{
    struct tl_reply small = {.nonce = reply->nonce, .status = TL_ERR_LIMIT};
    size_t start = out->len;

    tl_record_write(&tl_reply_record, reply, out);
    if (!out->full)
        return;
    out->full = false;
    out->len = start;
    small.reason = tl_bytes_str("the answer is longer than a reply may be; ask for less");
    tl_record_write(&tl_reply_record, &small, out);
}
