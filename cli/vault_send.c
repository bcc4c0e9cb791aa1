#include "vault_send.h"

#include "tl/check.h"
#include "tl/file.h"

#include "mem.h"

#include <string.h>

#define BATCH_BYTES ((size_t)4 << 20)

void tl_vault_batch_init(struct tl_vault_batch *batch)
{
    *batch = (struct tl_vault_batch){{TL_BYTES_NONE, 0},
                                     tl_buf(tl_mem_new(BATCH_BYTES, 1), BATCH_BYTES)};
}

static void clear(struct tl_vault_batch *batch)
{
    tl_wipe(batch->buf.ptr, batch->buf.len);
    batch->buf.len = 0;
    batch->items = (struct tl_list){TL_BYTES_NONE, 0};
}

void tl_vault_batch_free(struct tl_vault_batch *batch)
{
    if (batch->buf.ptr == NULL)
        return;
    clear(batch);
    tl_mem_free(batch->buf.ptr);
    batch->buf.ptr = NULL;
}

bool tl_vault_batch_add(struct tl_vault_batch *batch, const struct tl_id *case_id,
                        struct tl_list fields)
{
    const struct tl_vault_item item = {*case_id, fields};

    if (batch->items.count == TL_VAULT_ITEMS_MAX ||
        batch->buf.cap - batch->buf.len < fields.raw.len + 64u)
        return false;
    tl_list_add(&batch->items, &batch->buf, &tl_vault_item_record, &item);
    TL_CHECK(!batch->buf.full);
    return true;
}

static enum tl_status state(const struct tl_vault_kept *kept, int32_t date,
                            const struct tl_vault_each *each, struct tl_why *why)
{
    const struct tl_body_vault body = {kept->version, kept->commitment};
    const struct tl_entry entry = {
        .type = TL_ENTRY_VAULT_PUT, .case_id = kept->case_id, .value_date = date};
    uint8_t room[256];
    struct tl_buf out = tl_buf(room, sizeof room);

    TL_CHECK(tl_entry_encode(&out, &entry, &body));
    return each->take(each->context, tl_buf_bytes(&out), why);
}

enum tl_status tl_vault_batch_send(struct tl_vault_batch *batch, struct tl_client *client,
                                   int32_t date, const struct tl_vault_each *each,
                                   struct tl_why *why)
{
    struct tl_vault_put question = {batch->items};
    struct tl_vault_kept_list answer;
    struct tl_exchange exchange = {TL_METHOD_VAULT_PUT, &tl_vault_put_record, &question,
                                   &tl_vault_kept_list_record, &answer};
    struct tl_vault_kept kept;
    struct tl_list list;
    uint8_t *copy;
    enum tl_status status;

    if (batch->items.count == 0)
        return TL_OK;
    status = tl_client_call(client, &exchange, why);
    if (status != TL_OK)
        return status;
    /* The answer lives until the client is asked again. */
    copy = (uint8_t *)tl_mem_copy((const char *)answer.kept.raw.ptr, answer.kept.raw.len);
    list = (struct tl_list){tl_bytes(copy, answer.kept.raw.len), answer.kept.count};
    while (status == TL_OK && tl_list_next(&list, &tl_vault_kept_record, &kept))
        status = state(&kept, date, each, why);
    tl_mem_free(copy);
    clear(batch);
    return status;
}
