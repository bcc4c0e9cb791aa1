#include "breach.h"

#include "mem.h"

#include "tl/case.h"
#include "tl/contract.h"

#include <string.h>
#include <time.h>

#define PAGE  32u
#define TRIES 50u /* of 100 ms: a tip that has no certificate of its own soon has a next one */

struct search {
    struct tl_client *client;
    const struct tl_genesis_file *genesis;
    struct tl_inclusion_promise promise;
    uint8_t *receipt; /* state receipt of the author's sequence */
    size_t receipt_len;
    uint64_t recorded;
    uint64_t height; /* of its header */
    uint64_t late;   /* height of a final block after the deadline; UINT64_MAX: none */
    uint8_t late_bytes[2048 + TL_CERT_BYTES_MAX];
    uint64_t late_epoch;
    struct tl_final final;
};

/* ---- the author's sequence ---- */

static enum tl_status read_receipt(struct search *s, struct tl_bytes receipt, struct tl_why *why)
{
    struct tl_receipt_facts facts;
    const char *reason = "";
    enum tl_status status = tl_state_receipt_verify(&facts, receipt, &s->genesis->genesis,
                                                    &s->genesis->chain_id, &reason);

    if (status == TL_OK && facts.value.len != 0 && facts.value.len != 8) {
        status = TL_ERR_PROOF;
        reason = "it shows no sequence";
    }
    if (status != TL_OK)
        return tl_why_set(why, status, "the node's receipt: %s", reason);
    memcpy(s->receipt, receipt.ptr, receipt.len);
    s->receipt_len = receipt.len;
    s->recorded = facts.value.len == 0 ? 0 : tl_get_u64be(facts.value.ptr);
    s->height = facts.header.height;
    return TL_OK;
}

static enum tl_status fetch_sequence(struct search *s, struct tl_why *why)
{
    const struct timespec pause = {.tv_nsec = 100000000};
    struct tl_sequence_query query = {s->promise.author, true};
    struct tl_sequence_reply reply;
    struct tl_exchange exchange = {TL_METHOD_SEQUENCE, &tl_sequence_query_record, &query,
                                   &tl_sequence_reply_record, &reply};
    enum tl_status status = TL_ERR_NOT_FOUND;

    for (uint32_t i = 0; i < TRIES && status == TL_ERR_NOT_FOUND; i++) {
        if (i > 0)
            (void)nanosleep(&pause, NULL);
        status = tl_client_call(s->client, &exchange, why);
    }
    return status == TL_OK ? read_receipt(s, reply.receipt, why) : status;
}

/* ---- a block after the deadline ---- */

/* Keeps a copy of what makes this block final. */
static bool keep_late(struct search *s, const struct tl_block *block,
                      const struct tl_header *header, struct tl_bytes cert)
{
    struct tl_buf room = tl_buf(s->late_bytes, sizeof s->late_bytes);

    tl_buf_put(&room, block->header.ptr, block->header.len);
    tl_buf_put(&room, cert.ptr, cert.len);
    if (room.full)
        return false;
    s->final = (struct tl_final){.header = tl_bytes(s->late_bytes, block->header.len),
                                 .leader_sig = block->leader_sig,
                                 .cert = tl_bytes(s->late_bytes + block->header.len, cert.len)};
    s->late = header->height;
    s->late_epoch = header->epoch;
    return true;
}

/* The receipt's own header is later, so the epochs that lead to it begin with those
 * that lead to the late one. */
static enum tl_status take_epochs(struct search *s, struct tl_bytes receipt)
{
    struct tl_state_receipt read;
    struct tl_final last;
    struct tl_list left;
    struct tl_epoch_link link;

    if (tl_record_decode(&tl_state_receipt_record, &read, receipt) != TL_OK ||
        !tl_list_next(&read.final, &tl_final_record, &last) || last.epochs.count < s->late_epoch)
        return TL_ERR_ENCODING;
    left = last.epochs;
    for (uint64_t i = 0; i < s->late_epoch; i++)
        if (!tl_list_next(&left, &tl_epoch_link_record, &link))
            return TL_ERR_ENCODING;
    s->final.epochs = (struct tl_list){
        tl_bytes(last.epochs.raw.ptr, last.epochs.raw.len - left.raw.len), (uint32_t)s->late_epoch};
    return TL_OK;
}

/* Takes the page's first block that will do; *before: all of it is too early. */
static enum tl_status look_through(struct search *s, struct tl_list page, uint64_t limit,
                                   bool *before, struct tl_why *why)
{
    struct tl_block_item item;

    *before = true;
    while (s->late == UINT64_MAX && tl_list_next(&page, &tl_block_item_record, &item)) {
        struct tl_block block;
        struct tl_header header;

        if (tl_record_decode(&tl_block_record, &block, item.block) != TL_OK ||
            tl_header_decode(&header, block.header) != TL_OK)
            return tl_why_set(why, TL_ERR_ENCODING, "the node sent a malformed block");
        if (header.height > limit || header.time_ms < s->promise.by_ms)
            continue;
        *before = false;
        if (item.cert.len != 0 && !keep_late(s, &block, &header, item.cert))
            return tl_why_set(why, TL_ERR_ENCODING, "the node sent a malformed block");
    }
    return TL_OK;
}

/* From the highest block that leaves enough above it downwards, since not every
 * final block has a certificate of its own. */
static enum tl_status fetch_late(struct search *s, struct tl_why *why)
{
    uint64_t limit = s->height - s->promise.blocks;
    uint64_t from = limit;
    bool before = false;
    enum tl_status status = TL_OK;

    while (status == TL_OK && !before && s->late == UINT64_MAX && from > 0) {
        struct tl_block_query query;
        struct tl_block_page page;
        struct tl_exchange exchange = {TL_METHOD_BLOCK, &tl_block_query_record, &query,
                                       &tl_block_page_record, &page};

        query.limit = PAGE;
        query.height = from > PAGE ? from - PAGE + 1 : 1;
        status = tl_client_call(s->client, &exchange, why);
        if (status == TL_OK)
            status = look_through(s, page.blocks, limit, &before, why);
        from = query.height - 1;
    }
    return status;
}

static enum tl_status search(struct search *s, struct tl_bytes promise, struct tl_buf *out,
                             enum tl_promise_state *state, struct tl_why *why)
{
    struct tl_breach_facts facts;
    const char *reason = "";
    enum tl_status status = fetch_sequence(s, why);

    if (status == TL_OK && s->height > s->promise.blocks && s->recorded < s->promise.sequence)
        status = fetch_late(s, why);
    if (status != TL_OK)
        return status;
    *state = tl_promise_judge(&s->promise, s->recorded, s->height, s->late);
    if (*state != TL_PROMISE_BROKEN)
        return TL_OK;
    status = take_epochs(s, tl_bytes(s->receipt, s->receipt_len));
    if (status != TL_OK)
        return tl_why_set(why, status, "the node's receipt leads through no epochs");
    tl_breach_write(out, promise, &s->final, tl_bytes(s->receipt, s->receipt_len));
    if (out->full)
        return tl_why_set(why, TL_ERR_LIMIT, "the proof is too long");
    status = tl_breach_verify(&facts, tl_buf_bytes(out), &s->genesis->genesis,
                              &s->genesis->chain_id, &reason);
    return status == TL_OK ? TL_OK : tl_why_set(why, status, "the node's proof: %s", reason);
}

enum tl_status tl_breach_fetch(struct tl_client *client, struct tl_bytes promise,
                               struct tl_buf *out, enum tl_promise_state *state, struct tl_why *why)
{
    struct search *s = tl_mem_new(1, sizeof *s);
    const char *reason = "";
    uint32_t member;
    enum tl_status status;

    *state = TL_PROMISE_OPEN;
    s->client = client;
    s->genesis = tl_client_config(client)->genesis;
    s->late = UINT64_MAX;
    s->receipt = tl_mem_new(TL_STATE_RECEIPT_BYTES_MAX, 1);
    status = tl_promise_verify(&s->promise, &member, promise, &s->genesis->genesis,
                               &s->genesis->chain_id, &reason);
    status = status == TL_OK ? search(s, promise, out, state, why)
                             : tl_why_set(why, status, "%s", reason);
    tl_mem_free(s->receipt);
    tl_mem_free(s);
    return status;
}

/* ---- by a replica ---- */

static enum tl_status read_header(struct tl_chain *chain, uint64_t height, struct tl_block *block,
                                  struct tl_header *header)
{
    struct tl_bytes bytes;
    enum tl_status status = tl_chain_block(chain, height, &bytes);

    if (status == TL_OK)
        status = tl_record_decode(&tl_block_record, block, bytes);
    return status == TL_OK ? tl_header_decode(header, block->header) : status;
}

/* The first height at or after the deadline, tip + 1 when there is none: block
 * times ascend. */
static enum tl_status first_late(struct tl_chain *chain, uint64_t by_ms, uint64_t *height)
{
    uint64_t low = 1;
    uint64_t high = tl_chain_tip(chain)->height + 1;
    enum tl_status status = TL_OK;

    while (low < high && status == TL_OK) {
        uint64_t middle = low + (high - low) / 2;
        struct tl_block block;
        struct tl_header header;

        status = read_header(chain, middle, &block, &header);
        if (status == TL_OK && header.time_ms >= by_ms)
            high = middle;
        else
            low = middle + 1;
    }
    *height = low;
    return status;
}

/* The first final header after the deadline that has its own certificate. */
static enum tl_status late_of(struct search *s, struct tl_chain *chain)
{
    uint8_t cert[TL_CERT_BYTES_MAX];
    struct tl_bytes bytes;
    struct tl_block block;
    struct tl_header header;
    uint64_t height;
    enum tl_status status = first_late(chain, s->promise.by_ms, &height);

    if (status != TL_OK || height > s->height)
        return status;
    status = tl_chain_cert(chain, height, &height, &bytes);
    if (status != TL_OK || bytes.len > sizeof cert)
        return status == TL_OK ? TL_ERR_CORRUPT : status;
    memcpy(cert, bytes.ptr, bytes.len);
    status = read_header(chain, height, &block, &header);
    if (status == TL_OK && !keep_late(s, &block, &header, tl_bytes(cert, bytes.len)))
        status = TL_ERR_CORRUPT;
    return status;
}

static enum tl_status replayed(struct search *s, struct tl_chain *chain, struct tl_bytes promise,
                               struct tl_buf *out, enum tl_promise_state *state)
{
    struct tl_buf room = tl_buf(s->receipt, 2u * TL_STATE_RECEIPT_BYTES_MAX);
    const struct tl_state_key key = tl_key_author(&s->promise.author);
    enum tl_status status =
        tl_author_sequence(tl_chain_state(chain), &s->promise.author, &s->recorded);

    s->height = tl_chain_tip(chain)->height;
    if (status == TL_OK && s->recorded < s->promise.sequence)
        status = late_of(s, chain);
    if (status != TL_OK)
        return status;
    *state = tl_promise_judge(&s->promise, s->recorded, s->height, s->late);
    if (*state != TL_PROMISE_BROKEN)
        return TL_OK;
    status = tl_state_receipt_make(chain, tl_state_key_bytes(&key), NULL, &room);
    if (status == TL_OK)
        status = take_epochs(s, tl_buf_bytes(&room));
    if (status != TL_OK)
        return status;
    tl_breach_write(out, promise, &s->final, tl_buf_bytes(&room));
    return out->full ? TL_ERR_LIMIT : TL_OK;
}

enum tl_status tl_breach_replayed(struct tl_chain *chain, struct tl_bytes promise,
                                  struct tl_buf *out, enum tl_promise_state *state,
                                  struct tl_why *why)
{
    struct search *s = tl_mem_new(1, sizeof *s);
    struct tl_hash chain_id;
    const struct tl_genesis *genesis = tl_chain_genesis(chain, &chain_id);
    const char *reason = NULL;
    uint32_t member;
    enum tl_status status =
        tl_promise_verify(&s->promise, &member, promise, genesis, &chain_id, &reason);

    *state = TL_PROMISE_OPEN;
    s->late = UINT64_MAX;
    s->receipt = tl_mem_new(2u * TL_STATE_RECEIPT_BYTES_MAX, 1);
    if (status == TL_OK)
        status = replayed(s, chain, promise, out, state);
    if (status != TL_OK)
        (void)tl_why_set(why, status, "%s", reason != NULL ? reason : tl_status_text(status));
    tl_mem_free(s->receipt);
    tl_mem_free(s);
    return status;
}
