/* tl/api.h -- what a client asks a node, and what it answers.
 *
 * One exchange is one nng REQ/REP message each way, over ipc:// on the node's
 * own machine or tls+tcp:// from elsewhere.  A request is
 *
 *   tl_request_frame { tl_request bytes, signature }
 *   signature over "tallystick/api/v1\0" ‖ SHA-256(tl_request bytes)
 *
 * by a writing key of the genesis file; there is no unsigned method and no
 * method for strangers.  Chain id and `to` bind a request to one ledger and one
 * member; time_ms and nonce let that member refuse a replay.  A reply is
 *
 *   tl_reply { nonce of the request, status, reason, retry_ms, body }
 *
 * whose `body` is the record named beside the method below, and empty unless
 * the status is TL_OK.  `reason` is a sentence for a person.  Replies are not
 * signed: the channel is authenticated, and what must convince others (receipts,
 * checkpoints, blocks) carries its own signatures.
 *
 * Method      right      request body           reply body
 * STATUS      READ       none                   tl_node_status
 * GENESIS     any        none                   tl_blob (the genesis file)
 * MEMBERS     any        none                   tl_member_list
 * SEQUENCE    any        tl_sequence_query      tl_sequence_reply
 * SUBMIT      SUBMIT     tl_submit              tl_submitted
 * CASE        READ       tl_case_query          tl_case_reply
 * HISTORY     READ       tl_history_query       tl_leaf_page
 * SCAN        READ       tl_scan_query          tl_case_page
 * REFS        READ       tl_refs_query          tl_refs_reply
 * LEAF        READ       tl_leaf_query          tl_leaf_item
 * RECEIPT     READ       tl_leaf_query          tl_blob (receipt.h)
 * CHECKPOINT  READ       none                   tl_blob (a signed note, text)
 *                        tl_growth_query        tl_blob (add-checkpoint, witness.h)
 * BLOCK       AUDIT      tl_block_query         tl_block_page
 * TOTALS      READ       none                   tl_pair_list (account totals)
 * POLICIES    READ       none                   tl_pair_list (policy records)
 * PERMIT      READ       tl_permit_query        tl_permit_reply
 * STOP        OPERATE    none                   none
 * EPOCHS      any        none                   tl_blob (tl_epoch_chain, epoch.h)
 * MOTIONS     any        none                   tl_pair_list (tl_motion records)
 * CASE_RECEIPT READ      tl_case_claim_query    tl_blob (case_receipt.h)
 * VAULT_PUT   VAULT      tl_vault_put           tl_vault_kept_list
 * VAULT_GET   VAULT      tl_vault_query         tl_personal
 * VAULT_LOG   AUDIT      tl_vault_log_query     tl_vault_log_page
 * VAULT_DESTROYED VAULT  tl_case_id             tl_vault_destroyed
 * ERASURES    READ       tl_erasure_query       tl_case_page (of tl_vault)
 *
 * SUBMIT takes an envelope of any key of the member's own or of another member:
 * the envelope carries its own signature and the contract decides about it.  It
 * needs one of the writing rights (SUBMIT, CALENDAR, POLICY, GOVERN, KEYS).
 * Where READ is enough AUDIT is too; STATUS also takes OPERATE.  "any": each key
 * may ask that is neither revoked nor expired.
 *
 * READ shows what is no case's, and the cases its member is a party to
 * (node/access.h); AUDIT shows all.  The methods of the vault answer keys of the
 * node's own member only.
 *
 * Pure: nothing here opens a socket or reads a clock.  Decoded records borrow
 * the bytes they came from. */
#ifndef TL_API_H
#define TL_API_H

#include "tl/api_vault.h"
#include "tl/authors.h"
#include "tl/genesis.h"
#include "tl/receipt.h"

/* The longest request or reply either side accepts: a block of the largest kind
 * with all its decisions.  Pages of small things end at TL_API_PAGE_BYTES. */
#define TL_API_BYTES_MAX  (24u << 20)
#define TL_API_PAGE_BYTES (4u << 20)
/* How far the clocks of client and node may differ. */
#define TL_API_WINDOW_MS 60000u
/* Elements of one page of any list. */
#define TL_API_PAGE_MAX   4096u
#define TL_API_REASON_MAX 512u
/* The longest a SUBMIT may wait for finality. */
#define TL_API_WAIT_MS_MAX 600000u

enum tl_method {
    TL_METHOD_STATUS = 1,
    TL_METHOD_GENESIS = 2,
    TL_METHOD_MEMBERS = 3,
    TL_METHOD_SEQUENCE = 4,
    TL_METHOD_SUBMIT = 5,
    TL_METHOD_CASE = 6,
    TL_METHOD_HISTORY = 7,
    TL_METHOD_SCAN = 8,
    TL_METHOD_REFS = 9,
    TL_METHOD_LEAF = 10,
    TL_METHOD_RECEIPT = 11,
    TL_METHOD_CHECKPOINT = 12,
    TL_METHOD_BLOCK = 13,
    TL_METHOD_TOTALS = 14,
    TL_METHOD_POLICIES = 15,
    TL_METHOD_STOP = 16,
    TL_METHOD_CASE_RECEIPT = 17,
    TL_METHOD_PERMIT = 18,
    TL_METHOD_VAULT_PUT = 19,
    TL_METHOD_VAULT_GET = 20,
    TL_METHOD_VAULT_LOG = 21,
    TL_METHOD_VAULT_DESTROYED = 22,
    TL_METHOD_ERASURES = 23,
    TL_METHOD_EPOCHS = 24,
    TL_METHOD_MOTIONS = 25
};
#define TL_METHOD_MAX TL_METHOD_MOTIONS
extern const struct tl_names tl_method_names;

/* When SUBMIT answers: once the envelope waits for a block, or once it is in a
 * final one. */
enum tl_wait { TL_WAIT_ADMITTED = 0, TL_WAIT_FINAL = 1 };
extern const struct tl_names tl_wait_names;

#define TL_REQUEST_FIELDS(FIELD, T)                                                                \
    FIELD(T, HASH, chain_id, 0, NULL)                                                              \
    FIELD(T, STR, to, TL_MEMBER_ID_MAX, NULL) /* the member asked */                               \
    FIELD(T, KEY, key, 0, NULL)               /* who asks */                                       \
    FIELD(T, U64, time_ms, UINT64_MAX, NULL)  /* Unix time, the client's */                        \
    FIELD(T, U64, nonce, UINT64_MAX, NULL)    /* random */                                         \
    FIELD(T, ENUM, method, TL_METHOD_MAX, &tl_method_names)                                        \
    FIELD(T, BIN, body, TL_API_BYTES_MAX, NULL)

#define TL_REQUEST_FRAME_FIELDS(FIELD, T)                                                          \
    FIELD(T, BIN, request, TL_API_BYTES_MAX, NULL)                                                 \
    FIELD(T, SIG, sig, 0, NULL)

#define TL_REPLY_FIELDS(FIELD, T)                                                                  \
    FIELD(T, U64, nonce, UINT64_MAX, NULL)                                                         \
    FIELD(T, U8, status, TL_STATUS_COUNT - 1u, NULL) /* enum tl_status */                          \
    FIELD(T, STR, reason, TL_API_REASON_MAX, NULL)                                                 \
    FIELD(T, U32, retry_ms, UINT32_MAX, NULL) /* with ERR_FULL: ask again after */                 \
    FIELD(T, BIN, body, TL_API_BYTES_MAX, NULL)

TL_DECLARE_RECORD(tl_request, TL_REQUEST_FIELDS)
TL_DECLARE_RECORD(tl_request_frame, TL_REQUEST_FRAME_FIELDS)
TL_DECLARE_RECORD(tl_reply, TL_REPLY_FIELDS)

/* ---- bodies ---- */

#define TL_BLOB_FIELDS(FIELD, T) FIELD(T, BIN, bytes, TL_API_BYTES_MAX, NULL)

/* A number with a name, and a pair of the state with its value. */
#define TL_COUNTER_FIELDS(FIELD, T)                                                                \
    FIELD(T, STR, name, 48, NULL)                                                                  \
    FIELD(T, U64, value, UINT64_MAX, NULL)
#define TL_PAIR_FIELDS(FIELD, T)                                                                   \
    FIELD(T, BIN, key, TL_STATE_KEY_MAX, NULL)                                                     \
    FIELD(T, BIN, value, TL_STATE_VALUE_MAX, NULL)
#define TL_PAIR_LIST_FIELDS(FIELD, T) FIELD(T, LIST, pairs, TL_API_PAGE_MAX, &tl_pair_record)

/* A member as this node sees it.  `up`: frames came from it lately. */
#define TL_PEER_FIELDS(FIELD, T)                                                                   \
    FIELD(T, STR, id, TL_MEMBER_ID_MAX, NULL)                                                      \
    FIELD(T, STR, address, TL_ADDRESS_MAX, NULL)                                                   \
    FIELD(T, U16, roles, TL_ROLE_ALL, NULL)                                                        \
    FIELD(T, BOOL, self, 0, NULL)                                                                  \
    FIELD(T, BOOL, up, 0, NULL)                                                                    \
    FIELD(T, U64, height, UINT64_MAX, NULL)  /* highest final block it told of */                  \
    FIELD(T, U64, dropped, UINT64_MAX, NULL) /* frames not sent: its queue was full */             \
    FIELD(T, U64, faults, UINT64_MAX, NULL)  /* malformed or unsigned frames it sent */
#define TL_MEMBER_LIST_FIELDS(FIELD, T) FIELD(T, LIST, members, TL_MEMBERS_MAX, &tl_peer_record)

#define TL_NODE_STATUS_FIELDS(FIELD, T)                                                            \
    FIELD(T, STR, version, 64, NULL)                                                               \
    FIELD(T, STR, ledger, 64, NULL) /* genesis name */                                             \
    FIELD(T, STR, member, TL_MEMBER_ID_MAX, NULL)                                                  \
    FIELD(T, HASH, chain_id, 0, NULL)                                                              \
    FIELD(T, U64, height, UINT64_MAX, NULL) /* last final and durable block */                     \
    FIELD(T, HASH, block_hash, 0, NULL)                                                            \
    FIELD(T, U64, view, UINT64_MAX, NULL)                                                          \
    FIELD(T, U64, log_size, UINT64_MAX, NULL)                                                      \
    FIELD(T, HASH, log_root, 0, NULL)                                                              \
    FIELD(T, HASH, state_root, 0, NULL)                                                            \
    FIELD(T, I32, business_date, 0, NULL)         /* days since 1970-01-01 */                      \
    FIELD(T, U64, final_age_ms, UINT64_MAX, NULL) /* since the last final block */                 \
    FIELD(T, U64, uptime_ms, UINT64_MAX, NULL)                                                     \
    FIELD(T, STR, waiting_for, TL_API_REASON_MAX, NULL) /* why no progress; else empty */          \
    FIELD(T, LIST, members, TL_MEMBERS_MAX, &tl_peer_record)                                       \
    FIELD(T, LIST, counters, 128, &tl_counter_record)

/* The last sequence of `key` on the ledger, and the last one waiting here.  With
 * `proof` also a state receipt (receipt.h) that shows it. */
#define TL_SEQUENCE_QUERY_FIELDS(FIELD, T)                                                         \
    FIELD(T, KEY, key, 0, NULL)                                                                    \
    FIELD(T, BOOL, proof, 0, NULL)
#define TL_SEQUENCE_REPLY_FIELDS(FIELD, T)                                                         \
    FIELD(T, U64, recorded, UINT64_MAX, NULL)                                                      \
    FIELD(T, U64, pending, UINT64_MAX, NULL)                                                       \
    FIELD(T, BIN, receipt, TL_STATE_RECEIPT_BYTES_MAX, NULL)

#define TL_SUBMIT_FIELDS(FIELD, T)                                                                 \
    FIELD(T, BIN, envelope, TL_ENVELOPE_BYTES_MAX, NULL)                                           \
    FIELD(T, ENUM, wait, TL_WAIT_FINAL, &tl_wait_names)                                            \
    FIELD(T, U32, timeout_ms, TL_API_WAIT_MS_MAX, NULL)
/* Of an envelope that is only admitted, height, first_leaf and leaves are 0, and
 * `promise` is the member's word that it will be recorded (inclusion.h); empty
 * while an envelope before it is missing here.
 * An envelope recorded before answers TL_OK with its old place while the node
 * remembers it, and TL_ERR_SEQUENCE afterwards. */
#define TL_SUBMITTED_FIELDS(FIELD, T)                                                              \
    FIELD(T, HASH, envelope, 0, NULL)                                                              \
    FIELD(T, BOOL, final, 0, NULL)                                                                 \
    FIELD(T, U64, height, UINT64_MAX, NULL)                                                        \
    FIELD(T, U64, first_leaf, UINT64_MAX, NULL)                                                    \
    FIELD(T, U64, leaves, UINT64_MAX, NULL) /* its entries and their decisions */                  \
    FIELD(T, BIN, promise, TL_PROMISE_BYTES_MAX, NULL)

/* May the key's member do this?  `entry` is a PERMIT_REQUEST as it would be put on
 * record.  The answer holds as of `height`; `proof` is tl_permit_proof (law.h) of
 * it, so that whoever has the block can tell that it was given. */
#define TL_PERMIT_QUERY_FIELDS(FIELD, T) FIELD(T, BIN, entry, TL_ENTRY_BYTES_MAX, NULL)
#define TL_BROKEN_RULE_FIELDS(FIELD, T)                                                            \
    FIELD(T, STR, rule, 8, NULL)                                                                   \
    FIELD(T, U8, why, 2, NULL) /* enum tl_broken: 0 broken, 1 no row, 2 not reviewed */            \
    FIELD(T, STR, citation, 160, NULL)                                                             \
    FIELD(T, STR, says, 160, NULL)
#define TL_BROKEN_RULES_MAX 24u
#define TL_PERMIT_REPLY_FIELDS(FIELD, T)                                                           \
    FIELD(T, BOOL, allowed, 0, NULL)                                                               \
    FIELD(T, LIST, rules, TL_BROKEN_RULES_MAX, &tl_broken_rule_record)                             \
    FIELD(T, U64, height, UINT64_MAX, NULL)                                                        \
    FIELD(T, HASH, state_root, 0, NULL)                                                            \
    FIELD(T, HASH, proof, 0, NULL)

#define TL_CASE_QUERY_FIELDS(FIELD, T)                                                             \
    FIELD(T, ID, case_id, 0, NULL)                                                                 \
    FIELD(T, BOOL, proof, 0, NULL)
/* `value` is the case's state record, empty when there is no such case.  The
 * rest is empty unless a proof was asked for: the bucket and its path to
 * header.state_root, the final header and its FINALIZE certificate. */
#define TL_CASE_REPLY_FIELDS(FIELD, T)                                                             \
    FIELD(T, U64, height, UINT64_MAX, NULL)                                                        \
    FIELD(T, BIN, key, TL_STATE_KEY_MAX, NULL)                                                     \
    FIELD(T, BIN, value, TL_STATE_VALUE_MAX, NULL)                                                 \
    FIELD(T, U8, bits, TL_STATE_BITS_MAX, NULL)                                                    \
    FIELD(T, BIN, bucket, TL_API_BYTES_MAX, NULL)                                                  \
    FIELD(T, BIN, path, TL_STATE_BITS_MAX *TL_HASH_BYTES, NULL)                                    \
    FIELD(T, BIN, header, 1024, NULL)                                                              \
    FIELD(T, BIN, cert, TL_CERT_BYTES_MAX, NULL)

/* As of the last final block: `claim` is an enum tl_claim, `absent` a type of
 * entry (case_receipt.h). */
#define TL_CASE_CLAIM_QUERY_FIELDS(FIELD, T)                                                       \
    FIELD(T, ID, case_id, 0, NULL)                                                                 \
    FIELD(T, U8, claim, UINT8_MAX, NULL)                                                           \
    FIELD(T, U16, absent, UINT16_MAX, NULL)

#define TL_LEAF_QUERY_FIELDS(FIELD, T) FIELD(T, U64, index, UINT64_MAX, NULL)
#define TL_LEAF_ITEM_FIELDS(FIELD, T)                                                              \
    FIELD(T, U64, index, UINT64_MAX, NULL)                                                         \
    FIELD(T, BIN, leaf, TL_LEAF_BYTES_MAX, NULL)
/* A witness cosigned so many leaves last.  TL_ERR_EARLY: this log is shorter. */
#define TL_GROWTH_QUERY_FIELDS(FIELD, T) FIELD(T, U64, old, UINT64_MAX, NULL)
/* History runs backwards: newest leaf first.  `from` is the leaf to begin with
 * (UINT64_MAX: the newest); `next` the one to ask for after this page. */
#define TL_HISTORY_QUERY_FIELDS(FIELD, T)                                                          \
    FIELD(T, ID, case_id, 0, NULL)                                                                 \
    FIELD(T, U64, from, UINT64_MAX, NULL)                                                          \
    FIELD(T, U16, limit, TL_API_PAGE_MAX, NULL)
#define TL_LEAF_PAGE_FIELDS(FIELD, T)                                                              \
    FIELD(T, LIST, leaves, TL_API_PAGE_MAX, &tl_leaf_item_record)                                  \
    FIELD(T, BOOL, more, 0, NULL)                                                                  \
    FIELD(T, U64, next, UINT64_MAX, NULL)

/* Cases in ascending order of id.  A field of the filter that says "any" does
 * not select: stages 0, holder 255, INT64_MIN/MAX and INT32_MIN/MAX. */
#define TL_SCAN_QUERY_FIELDS(FIELD, T)                                                             \
    FIELD(T, ID, after, 0, NULL) /* the last id seen; zero: from the start */                      \
    FIELD(T, U16, limit, TL_API_PAGE_MAX, NULL)                                                    \
    FIELD(T, U32, stages, UINT32_MAX, NULL) /* bit per stage */                                    \
    FIELD(T, U8, holder, UINT8_MAX, NULL)   /* member index */                                     \
    FIELD(T, I64, owed_min, 0, NULL)                                                               \
    FIELD(T, I64, owed_max, 0, NULL)                                                               \
    FIELD(T, I32, past_due_min, 0, NULL) /* days */                                                \
    FIELD(T, I32, past_due_max, 0, NULL)                                                           \
    FIELD(T, I32, opened_from, 0, NULL) /* dates, days since 1970-01-01 */                         \
    FIELD(T, I32, opened_to, 0, NULL)
#define TL_CASE_ITEM_FIELDS(FIELD, T)                                                              \
    FIELD(T, ID, case_id, 0, NULL)                                                                 \
    FIELD(T, BIN, value, TL_STATE_VALUE_MAX, NULL)
#define TL_CASE_PAGE_FIELDS(FIELD, T)                                                              \
    FIELD(T, U64, height, UINT64_MAX, NULL)                                                        \
    FIELD(T, LIST, cases, TL_API_PAGE_MAX, &tl_case_item_record)                                   \
    FIELD(T, BOOL, more, 0, NULL)                                                                  \
    FIELD(T, ID, next, 0, NULL) /* `after` of the next page */

/* The references a case has seen, 8 bytes each, in the order of recording;
 * empty for an unknown case.  Answers stand in the order of the question; a
 * page that would be too long answers the first so many. */
#define TL_CASE_ID_FIELDS(FIELD, T)    FIELD(T, ID, case_id, 0, NULL)
#define TL_REFS_QUERY_FIELDS(FIELD, T) FIELD(T, LIST, cases, TL_API_PAGE_MAX, &tl_case_id_record)
#define TL_CASE_REFS_FIELDS(FIELD, T)                                                              \
    FIELD(T, ID, case_id, 0, NULL)                                                                 \
    FIELD(T, BIN, refs, TL_CASE_ENTRIES_MAX * 8u, NULL)
#define TL_REFS_REPLY_FIELDS(FIELD, T) FIELD(T, LIST, cases, TL_API_PAGE_MAX, &tl_case_refs_record)

/* Final blocks from `height` up, as many as fit, each with what an export
 * (export.h) needs of it: its FINALIZE certificate where it has one of its own,
 * and the decisions it caused, (length u32be ‖ leaf)*.  `tip` is the last final
 * height. */
#define TL_BLOCK_QUERY_FIELDS(FIELD, T)                                                            \
    FIELD(T, U64, height, UINT64_MAX, NULL)                                                        \
    FIELD(T, U16, limit, TL_API_PAGE_MAX, NULL)
#define TL_BLOCK_ITEM_FIELDS(FIELD, T)                                                             \
    FIELD(T, U64, height, UINT64_MAX, NULL)                                                        \
    FIELD(T, BIN, block, TL_API_BYTES_MAX, NULL)                                                   \
    FIELD(T, BIN, cert, TL_CERT_BYTES_MAX, NULL)                                                   \
    FIELD(T, BIN, decisions, TL_API_BYTES_MAX, NULL)
#define TL_BLOCK_PAGE_FIELDS(FIELD, T)                                                             \
    FIELD(T, U64, tip, UINT64_MAX, NULL)                                                           \
    FIELD(T, LIST, blocks, TL_API_PAGE_MAX, &tl_block_item_record)

TL_DECLARE_RECORD(tl_blob, TL_BLOB_FIELDS)
TL_DECLARE_RECORD(tl_counter, TL_COUNTER_FIELDS)
TL_DECLARE_RECORD(tl_pair, TL_PAIR_FIELDS)
TL_DECLARE_RECORD(tl_pair_list, TL_PAIR_LIST_FIELDS)
TL_DECLARE_RECORD(tl_peer, TL_PEER_FIELDS)
TL_DECLARE_RECORD(tl_member_list, TL_MEMBER_LIST_FIELDS)
TL_DECLARE_RECORD(tl_node_status, TL_NODE_STATUS_FIELDS)
TL_DECLARE_RECORD(tl_sequence_query, TL_SEQUENCE_QUERY_FIELDS)
TL_DECLARE_RECORD(tl_sequence_reply, TL_SEQUENCE_REPLY_FIELDS)
TL_DECLARE_RECORD(tl_submit, TL_SUBMIT_FIELDS)
TL_DECLARE_RECORD(tl_submitted, TL_SUBMITTED_FIELDS)
TL_DECLARE_RECORD(tl_case_query, TL_CASE_QUERY_FIELDS)
TL_DECLARE_RECORD(tl_case_reply, TL_CASE_REPLY_FIELDS)
TL_DECLARE_RECORD(tl_permit_query, TL_PERMIT_QUERY_FIELDS)
TL_DECLARE_RECORD(tl_broken_rule, TL_BROKEN_RULE_FIELDS)
TL_DECLARE_RECORD(tl_permit_reply, TL_PERMIT_REPLY_FIELDS)
TL_DECLARE_RECORD(tl_case_claim_query, TL_CASE_CLAIM_QUERY_FIELDS)
TL_DECLARE_RECORD(tl_leaf_query, TL_LEAF_QUERY_FIELDS)
TL_DECLARE_RECORD(tl_growth_query, TL_GROWTH_QUERY_FIELDS)
TL_DECLARE_RECORD(tl_leaf_item, TL_LEAF_ITEM_FIELDS)
TL_DECLARE_RECORD(tl_history_query, TL_HISTORY_QUERY_FIELDS)
TL_DECLARE_RECORD(tl_leaf_page, TL_LEAF_PAGE_FIELDS)
TL_DECLARE_RECORD(tl_scan_query, TL_SCAN_QUERY_FIELDS)
TL_DECLARE_RECORD(tl_case_item, TL_CASE_ITEM_FIELDS)
TL_DECLARE_RECORD(tl_case_page, TL_CASE_PAGE_FIELDS)
TL_DECLARE_RECORD(tl_case_id, TL_CASE_ID_FIELDS)
TL_DECLARE_RECORD(tl_refs_query, TL_REFS_QUERY_FIELDS)
TL_DECLARE_RECORD(tl_case_refs, TL_CASE_REFS_FIELDS)
TL_DECLARE_RECORD(tl_refs_reply, TL_REFS_REPLY_FIELDS)
TL_DECLARE_RECORD(tl_block_query, TL_BLOCK_QUERY_FIELDS)
TL_DECLARE_RECORD(tl_block_item, TL_BLOCK_ITEM_FIELDS)
TL_DECLARE_RECORD(tl_block_page, TL_BLOCK_PAGE_FIELDS)

/* ---- requests ---- */

/* tl_request_seal writes the signed frame of `request` to `out`.  `scratch` is
 * borrowed for the call and needs room for the encoded request (its body and
 * 256 bytes).  TL_ERR_LIMIT: either is too small. */
TL_MUST_USE enum tl_status tl_request_seal(struct tl_buf *out, struct tl_buf *scratch,
                                           const struct tl_request *request,
                                           const struct tl_seckey *key);

/* tl_request_open decodes a frame and checks its signature against the key it
 * names.  Whether that key may ask, and when, is tl_request_admit's to say.
 * TL_OK, TL_ERR_ENCODING or TL_ERR_SIGNATURE. */
TL_MUST_USE enum tl_status tl_request_open(struct tl_request *request, struct tl_bytes frame);

/* tl_request_admit checks an opened request against the ledger, the member that
 * was asked, the clock and the rights of its key.  On failure *why says which
 * (static text).  TL_OK: *author is who asks.  TL_ERR_WRONG_CHAIN,
 * TL_ERR_USAGE (another member), TL_ERR_STALE, TL_ERR_EARLY, TL_ERR_DENIED,
 * TL_ERR_REVOKED, TL_ERR_EXPIRED. */
struct tl_asked {
    const struct tl_authors *authors; /* genesis alone; unused with `standing` */
    const struct tl_hash *chain_id;
    struct tl_bytes member; /* the id of the member that is asked */
    uint64_t now_ms;        /* its clock */
    /* What a key may do now: TL_ERR_DENIED, TL_ERR_REVOKED, TL_ERR_EXPIRED.  NULL:
     * what genesis says. */
    enum tl_status (*standing)(void *host, const struct tl_pubkey *key, struct tl_author *author);
    void *host;
};
TL_MUST_USE enum tl_status tl_request_admit(const struct tl_request *request,
                                            const struct tl_asked *asked, struct tl_author *author,
                                            const char **why);

/* tl_method_rights: one of these rights is enough. */
uint16_t tl_method_rights(enum tl_method method);

/* tl_reply_write encodes a reply; a body that does not fit becomes
 * TL_ERR_LIMIT. */
void tl_reply_write(struct tl_buf *out, const struct tl_reply *reply);

#endif
