/* Indexes that follow from the state: what a snapshot does not bring. */
#include "tl/case.h"
#include "tl/check.h"
#include "tl/contract.h"
#include "tl/vault.h"

/* Erasures that are ordered and not complete. */
static enum tl_status index_vault(struct tl_bytes value, const struct tl_store_sink *sink)
{
    struct tl_state_key key;
    struct tl_vault vault;
    enum tl_status status = tl_record_decode(&tl_vault_record, &vault, value);

    if (status != TL_OK || vault.stage != TL_VAULT_ORDERED)
        return status;
    key = tl_key_erasure(vault.ordered_leaf);
    return sink->put(sink->host, tl_state_key_bytes(&key),
                     tl_bytes(vault.case_id.b, sizeof vault.case_id.b));
}

enum tl_status tl_contract_index(struct tl_bytes key, struct tl_bytes value,
                                 const struct tl_store_sink *sink)
{
    static const uint8_t mark = 1;
    struct tl_state_key due;
    struct tl_case c;
    enum tl_status status;

    TL_CHECK(key.len != 0);
    if (key.ptr[0] == TL_STATE_VAULT)
        return index_vault(value, sink);
    if (key.ptr[0] != TL_STATE_CASE)
        return TL_OK;
    status = tl_case_decode(&c, value);
    if (status != TL_OK || c.next_due == TL_DATE_NONE)
        return status;
    due = tl_key_due(c.next_due, &c.id);
    return sink->put(sink->host, tl_state_key_bytes(&due), tl_bytes(&mark, 1));
}
