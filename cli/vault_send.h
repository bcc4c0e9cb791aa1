/* vault_send.h -- personal data to one's own node, and its commitment to the
 * ledger.
 *
 * First the node keeps the data, then the ledger is told under which commitment:
 * an entry that speaks of data nobody has would be worse than data nobody speaks
 * of, which the node forgets. */
#ifndef TL_VAULT_SEND_H
#define TL_VAULT_SEND_H

#include "submit.h"

#include "tl/entry.h"

/* Data on its way: items (tl_vault_item) of one request. */
struct tl_vault_batch {
    struct tl_list items;
    struct tl_buf buf; /* owned; personal data: wiped when freed */
};

void tl_vault_batch_init(struct tl_vault_batch *batch);
void tl_vault_batch_free(struct tl_vault_batch *batch);
/* tl_vault_batch_add appends a case's fields (tl_vault_text).  False: full, send
 * what is there first. */
TL_MUST_USE bool tl_vault_batch_add(struct tl_vault_batch *batch, const struct tl_id *case_id,
                                    struct tl_list fields);
/* tl_vault_batch_send has the node keep the batch and calls `each` with the encoded
 * VAULT_PUT entry of every case, dated `date`.  The batch is empty then. */
struct tl_vault_each {
    enum tl_status (*take)(void *context, struct tl_bytes entry, struct tl_why *why);
    void *context;
};
TL_MUST_USE enum tl_status tl_vault_batch_send(struct tl_vault_batch *batch,
                                               struct tl_client *client, int32_t date,
                                               const struct tl_vault_each *each,
                                               struct tl_why *why);

#endif
