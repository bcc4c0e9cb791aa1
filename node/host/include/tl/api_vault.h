/* tl/api_vault.h -- bodies of the API's methods about personal data.
 *
 * These are the only replies of a node that hold personal data, and only
 * VAULT_PUT and VAULT_GET carry any.  Part of tl/api.h; tables as everywhere. */
#ifndef TL_API_VAULT_H
#define TL_API_VAULT_H

#include "tl/access_log.h"
#include "tl/vault_record.h"

#define TL_VAULT_ITEMS_MAX 1024u

/* Fields to keep, by case.  Answers stand in the order of the question; each is
 * then stated on the ledger by a VAULT_PUT of that version and commitment. */
#define TL_VAULT_ITEM_FIELDS(FIELD, T)                                                             \
    FIELD(T, ID, case_id, 0, NULL)                                                                 \
    FIELD(T, LIST, fields, TL_VAULT_FIELDS_MAX, &tl_vault_text_record)
#define TL_VAULT_PUT_FIELDS(FIELD, T)                                                              \
    FIELD(T, LIST, items, TL_VAULT_ITEMS_MAX, &tl_vault_item_record)
#define TL_VAULT_KEPT_FIELDS(FIELD, T)                                                             \
    FIELD(T, ID, case_id, 0, NULL)                                                                 \
    FIELD(T, U32, version, UINT32_MAX, NULL)                                                       \
    FIELD(T, HASH, commitment, 0, NULL)
#define TL_VAULT_KEPT_LIST_FIELDS(FIELD, T)                                                        \
    FIELD(T, LIST, kept, TL_VAULT_ITEMS_MAX, &tl_vault_kept_record)

/* VAULT_GET answers tl_personal; `purpose` is a word (access_log.h). */
#define TL_VAULT_QUERY_FIELDS(FIELD, T)                                                            \
    FIELD(T, ID, case_id, 0, NULL)                                                                 \
    FIELD(T, STR, purpose, TL_ACCESS_PURPOSE_MAX, NULL)

/* Records from byte `from` of the read log; a case of zero: all. */
#define TL_VAULT_LOG_QUERY_FIELDS(FIELD, T)                                                        \
    FIELD(T, ID, case_id, 0, NULL)                                                                 \
    FIELD(T, U64, from, UINT64_MAX, NULL)                                                          \
    FIELD(T, U16, limit, 4096, NULL)
#define TL_VAULT_LOG_PAGE_FIELDS(FIELD, T)                                                         \
    FIELD(T, LIST, reads, 4096, &tl_access_record)                                                 \
    FIELD(T, BOOL, more, 0, NULL)                                                                  \
    FIELD(T, U64, next, UINT64_MAX, NULL)

/* VAULT_DESTROYED: what there is to attest.  TL_ERR_REFUSED: nothing is ordered;
 * TL_ERR_CONFLICT: a key is still there. */
#define TL_VAULT_DESTROYED_FIELDS(FIELD, T)                                                        \
    FIELD(T, HASH, commitment, 0, NULL)                                                            \
    FIELD(T, U64, destroyed_ms, UINT64_MAX, NULL)                                                  \
    FIELD(T, U8, copies, UINT8_MAX, NULL)

/* ERASURES: tl_vault records, of one case or (zero) of all whose erasure is
 * ordered and not complete, from the one ordered at leaf `from` on. */
#define TL_ERASURE_QUERY_FIELDS(FIELD, T)                                                          \
    FIELD(T, ID, case_id, 0, NULL)                                                                 \
    FIELD(T, U64, from, UINT64_MAX, NULL)                                                          \
    FIELD(T, U16, limit, 4096, NULL)

TL_DECLARE_RECORD(tl_vault_item, TL_VAULT_ITEM_FIELDS)
TL_DECLARE_RECORD(tl_vault_put, TL_VAULT_PUT_FIELDS)
TL_DECLARE_RECORD(tl_vault_kept, TL_VAULT_KEPT_FIELDS)
TL_DECLARE_RECORD(tl_vault_kept_list, TL_VAULT_KEPT_LIST_FIELDS)
TL_DECLARE_RECORD(tl_vault_query, TL_VAULT_QUERY_FIELDS)
TL_DECLARE_RECORD(tl_vault_log_query, TL_VAULT_LOG_QUERY_FIELDS)
TL_DECLARE_RECORD(tl_vault_log_page, TL_VAULT_LOG_PAGE_FIELDS)
TL_DECLARE_RECORD(tl_vault_destroyed, TL_VAULT_DESTROYED_FIELDS)
TL_DECLARE_RECORD(tl_erasure_query, TL_ERASURE_QUERY_FIELDS)

#endif
