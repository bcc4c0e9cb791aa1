#include "rewind.h"

#include "tl/export.h"
#include "tl/store_mem.h"

#include "mem.h"
#include "say.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LINKS_BYTES (TL_DESCENT_MAX * 512u)

static enum tl_status begin(struct tl_rewind *rewind, const struct tl_genesis_file *genesis,
                            uint64_t height, size_t memory, struct tl_why *why)
{
    *rewind = (struct tl_rewind){.height = height};
    rewind->store_memory = tl_mem_new(memory, 1);
    rewind->links = tl_buf(tl_mem_new(LINKS_BYTES, 1), LINKS_BYTES);
    rewind->cert = tl_buf(tl_mem_new(TL_CERT_BYTES_MAX, 1), TL_CERT_BYTES_MAX);
    return tl_replica_open(&rewind->replica, genesis,
                           tl_store_mem_init(rewind->store_memory, memory), why);
}

void tl_rewind_close(struct tl_rewind *rewind)
{
    tl_replica_close(&rewind->replica);
    tl_mem_free(rewind->store_memory);
    tl_mem_free(rewind->links.ptr);
    tl_mem_free(rewind->cert.ptr);
    tl_mem_free(rewind->waiting);
    tl_mem_free(rewind->seal);
    *rewind = (struct tl_rewind){0};
}

/* A block after the height: its header is a link on the way to a certificate. */
static enum tl_status add_link(struct tl_rewind *rewind, struct tl_bytes block, struct tl_why *why)
{
    struct tl_block parsed;

    if (tl_record_decode(&tl_block_record, &parsed, block) != TL_OK)
        return tl_why_set(why, TL_ERR_ENCODING, "a block is not in canonical form");
    if (rewind->descent.headers.count == TL_DESCENT_MAX)
        return tl_why_set(why, TL_ERR_LIMIT, "none of the next %u blocks has a certificate",
                          TL_DESCENT_MAX);
    tl_list_add(&rewind->descent.headers, &rewind->links, &tl_link_record,
                &(struct tl_link){parsed.header});
    return rewind->links.full ? tl_why_set(why, TL_ERR_LIMIT, "the headers are too long") : TL_OK;
}

/* The next block and its certificate, where it has one.  The replica must have
 * each block up to the height final and asks for no certificate's truth: where
 * there is none any bytes will do.  True ones it keeps, to prove its epochs. */
static enum tl_status take_block(struct tl_rewind *rewind, struct tl_bytes block,
                                 struct tl_bytes cert, struct tl_why *why)
{
    static const uint8_t none[1] = {0};
    const struct tl_bytes seal = tl_bytes(rewind->seal, rewind->seal_len);
    enum tl_status status;

    if (++rewind->taken <= rewind->height)
        status = tl_replica_feed_sealed(
            &rewind->replica, block, cert.len > 0 ? cert : tl_bytes(none, sizeof none), seal, why);
    else
        status = add_link(rewind, block, why);
    if (status != TL_OK || rewind->taken < rewind->height || cert.len == 0)
        return status;
    if (seal.len > 0)
        return tl_why_set(why, TL_ERR_NOT_FOUND,
                          "an epoch ended at height %" PRIu64 " through a repetition; a receipt is "
                          "made up to the certificate before it, or after it",
                          rewind->taken);
    tl_buf_put(&rewind->cert, cert.ptr, cert.len);
    rewind->descent.cert = tl_buf_bytes(&rewind->cert);
    rewind->done = true;
    return TL_OK;
}

static enum tl_status finish(struct tl_rewind *rewind, enum tl_status status, struct tl_why *why)
{
    if (status == TL_OK && !rewind->done)
        status = tl_why_set(why, TL_ERR_NOT_FOUND,
                            "the ledger has no certified block at or after height %" PRIu64,
                            rewind->height);
    if (status != TL_OK)
        tl_rewind_close(rewind);
    return status;
}

/* ---- from a node ---- */

static enum tl_status take_page(struct tl_rewind *rewind, struct tl_client *client, uint64_t *next,
                                uint64_t *tip, struct tl_why *why)
{
    struct tl_block_query query = {*next, 256};
    struct tl_block_page page;
    struct tl_block_item item;
    struct tl_exchange exchange = {TL_METHOD_BLOCK, &tl_block_query_record, &query,
                                   &tl_block_page_record, &page};
    enum tl_status status = tl_client_call(client, &exchange, why);

    if (status != TL_OK)
        return status;
    *tip = page.tip;
    if (page.blocks.count == 0 && *next <= page.tip)
        return tl_why_set(why, TL_ERR_ENCODING, "the node has no block %" PRIu64, *next);
    while (status == TL_OK && !rewind->done &&
           tl_list_next(&page.blocks, &tl_block_item_record, &item)) {
        status = take_block(rewind, item.block, item.cert, why);
        *next += 1;
    }
    return status;
}

enum tl_status tl_rewind_node(struct tl_rewind *rewind, struct tl_client *client, uint64_t height,
                              size_t memory, struct tl_why *why)
{
    struct tl_progress progress;
    uint64_t next = 1;
    uint64_t tip = UINT64_MAX;
    enum tl_status status = begin(rewind, tl_client_config(client)->genesis, height, memory, why);

    tl_progress_start(&progress, "replaying blocks", height);
    while (status == TL_OK && !rewind->done && next <= tip) {
        status = take_page(rewind, client, &next, &tip, why);
        tl_progress_step(&progress, next);
    }
    tl_progress_end(&progress);
    return finish(rewind, status, why);
}

/* ---- from an export ---- */

static enum tl_status read_piece(void *host, void *out, size_t cap, size_t *len)
{
    *len = fread(out, 1, cap, host);
    return ferror((FILE *)host) == 0 ? TL_OK : TL_ERR_IO;
}

/* A block waits for what follows it: its certificate, or not. */
static enum tl_status take_waiting(struct tl_rewind *rewind, struct tl_bytes cert,
                                   struct tl_why *why)
{
    enum tl_status status = TL_OK;

    if (rewind->waiting != NULL && !rewind->done)
        status = take_block(rewind, tl_bytes(rewind->waiting, rewind->waiting_len), cert, why);
    tl_mem_free(rewind->waiting);
    tl_mem_free(rewind->seal);
    rewind->waiting = rewind->seal = NULL;
    rewind->seal_len = 0;
    return status;
}

static enum tl_status take_item(struct tl_rewind *rewind, const struct tl_audit_item *item,
                                struct tl_why *why)
{
    enum tl_status status;

    switch (item->kind) {
    case TL_AUDIT_BLOCK:
        status = take_waiting(rewind, TL_BYTES_NONE, why);
        rewind->waiting = tl_mem_copy((const char *)item->bytes.ptr, item->bytes.len);
        rewind->waiting_len = item->bytes.len;
        return status;
    case TL_AUDIT_CERT:
        return take_waiting(rewind, item->bytes, why);
    case TL_AUDIT_SEAL:
        tl_mem_free(rewind->seal);
        rewind->seal = tl_mem_copy((const char *)item->bytes.ptr, item->bytes.len);
        rewind->seal_len = item->bytes.len;
        return TL_OK;
    case TL_AUDIT_GENESIS:
    case TL_AUDIT_DECISION:
    case TL_AUDIT_LEAF:
    case TL_AUDIT_PAUSE:
    case TL_AUDIT_END:
        break;
    }
    return TL_OK;
}

static enum tl_status take_export(struct tl_rewind *rewind, const struct tl_audit_source *source,
                                  struct tl_why *why)
{
    struct tl_audit_item item = {.kind = TL_AUDIT_GENESIS};
    const char *reason = "";
    enum tl_status status = TL_OK;

    while (status == TL_OK && !rewind->done && item.kind != TL_AUDIT_END) {
        status = source->next(source->host, &item, &reason);
        if (status != TL_OK)
            return tl_why_set(why, status, "%s", reason);
        status = take_item(rewind, &item, why);
    }
    return status;
}

enum tl_status tl_rewind_export(struct tl_rewind *rewind, const char *path,
                                const struct tl_genesis_file *genesis, uint64_t height,
                                size_t memory, struct tl_why *why)
{
    FILE *file = fopen(path, "rb");
    struct tl_export_source bytes = {read_piece, file};
    struct tl_export_reader reader;
    struct tl_audit_source source;
    void *frame;
    enum tl_status status;

    if (file == NULL)
        return tl_why_set(why, TL_ERR_IO, "it cannot be opened: %s", strerror(errno));
    frame = tl_mem_new(TL_EXPORT_FRAME_MAX, 1);
    tl_export_reader_init(&reader, &bytes, frame, TL_EXPORT_FRAME_MAX);
    source = tl_export_audit_source(&reader);
    status = begin(rewind, genesis, height, memory, why);
    if (status == TL_OK)
        status = take_export(rewind, &source, why);
    tl_mem_free(frame);
    (void)fclose(file);
    return finish(rewind, status, why);
}
