#include "feed.h"

#include "say.h"

#include "tl/check.h"
#include "tl/keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define PAGE_BLOCKS 256u

/* ---- the replica's own blocks ---- */

static enum tl_status header_of(struct tl_bytes block, struct tl_block *parsed,
                                struct tl_header *header, struct tl_hash *hash)
{
    enum tl_status status = tl_record_decode(&tl_block_record, parsed, block);

    if (status == TL_OK)
        status = tl_header_decode(header, parsed->header);
    if (status == TL_OK)
        tl_header_hash(hash, parsed->header);
    return status;
}

static enum tl_status our_block(struct tl_store *store, uint64_t height, struct tl_block *block,
                                struct tl_header *header, struct tl_hash *hash)
{
    struct tl_key key = tl_key_number(TL_KEY_BLOCK, height);
    struct tl_bytes bytes;
    enum tl_status status = tl_store_get(store, tl_key_bytes(&key), &bytes);

    return status == TL_OK ? header_of(bytes, block, header, hash) : status;
}

enum tl_status tl_feed_hash(struct tl_store *store, uint64_t height, struct tl_hash *hash)
{
    struct tl_block block;
    struct tl_header header;

    return our_block(store, height, &block, &header, hash);
}

/* Header and certificate become one record with memory of its own. */
static enum tl_status final_set(struct tl_feed_final *out, struct tl_bytes header,
                                const struct tl_sig *leader_sig, struct tl_bytes cert)
{
    struct tl_final final = {.header = header, .leader_sig = *leader_sig, .cert = cert};
    struct tl_buf buf = tl_buf(out->bytes, sizeof out->bytes);
    struct tl_cert parsed;

    if (tl_record_decode(&tl_cert_record, &parsed, cert) != TL_OK)
        return TL_ERR_ENCODING;
    tl_record_write(&tl_final_record, &final, &buf);
    out->len = buf.len;
    out->signers = parsed.signers;
    return buf.full ? TL_ERR_LIMIT : TL_OK;
}

enum tl_status tl_feed_ours(struct tl_store *store, uint64_t height, uint64_t tip,
                            struct tl_feed_final *out)
{
    enum tl_status status = TL_ERR_NOT_FOUND;

    for (; height <= tip && status == TL_ERR_NOT_FOUND; height++) {
        struct tl_key key = tl_key_number(TL_KEY_CERT, height);
        uint8_t cert[TL_CERT_BYTES_MAX];
        struct tl_bytes bytes;
        struct tl_block block;
        struct tl_header header;
        struct tl_hash hash;

        status = tl_store_get(store, tl_key_bytes(&key), &bytes);
        if (status != TL_OK)
            continue;
        if (bytes.len > sizeof cert)
            return TL_ERR_CORRUPT;
        memcpy(cert, bytes.ptr, bytes.len);
        status = our_block(store, height, &block, &header, &hash);
        if (status == TL_OK)
            status = final_set(out, block.header, &block.leader_sig, tl_bytes(cert, bytes.len));
        out->height = height;
    }
    return status;
}

/* ---- asking ---- */

static void rest(const struct tl_feed *feed)
{
    struct timespec pause = {feed->poll_ms / 1000u, (long)(feed->poll_ms % 1000u) * 1000000L};

    if (!feed->stopped())
        (void)nanosleep(&pause, NULL);
}

static bool no_answer(enum tl_status status)
{
    return status == TL_ERR_UNREACHABLE || status == TL_ERR_TIMEOUT || status == TL_ERR_FULL;
}

/* Asks until there is an answer, an error that time does not mend, or an end. */
static enum tl_status ask(struct tl_feed *feed, uint64_t height, uint16_t limit)
{
    struct tl_block_query query = {height, limit};
    struct tl_block_page page;
    struct tl_exchange exchange = {TL_METHOD_BLOCK, &tl_block_query_record, &query,
                                   &tl_block_page_record, &page};
    bool said = false;

    for (;;) {
        enum tl_status status = tl_client_call(feed->client, &exchange, &feed->why);

        if (status == TL_OK) {
            feed->blocks = page.blocks;
            feed->tip = page.tip;
            return TL_OK;
        }
        if (feed->once || feed->stopped() || !no_answer(status))
            return status;
        if (!said)
            tl_note("the node does not answer; asking again: %s", feed->why.text);
        said = true;
        rest(feed);
    }
}

/* ---- what a node shows in place of what we have ---- */

/* Members whose FINALIZE votes stand under both. */
static void name_signers(const struct tl_feed *feed, char *out, size_t cap)
{
    const struct tl_genesis *genesis = &tl_client_config(feed->client)->genesis->genesis;
    uint32_t both = feed->ours.signers & feed->theirs.signers;
    size_t at = 0;

    out[0] = '\0';
    for (uint32_t i = 0; i < TL_MEMBERS_MAX; i++) {
        struct tl_member member;
        int len;

        if ((both >> i & 1u) == 0 || !tl_genesis_member(genesis, i, &member))
            continue;
        len = snprintf(out + at, cap - at, "%s%.*s", at > 0 ? ", " : "", (int)member.id.len,
                       (const char *)member.id.ptr);
        if (len < 0 || (size_t)len >= cap - at)
            return;
        at += (size_t)len;
    }
}

static enum tl_status refuse_block(struct tl_feed *feed, uint64_t height)
{
    return tl_why_set(&feed->why, TL_ERR_CERTIFICATE,
                      "the node shows another block %" PRIu64
                      " than the one that is final, and no quorum's certificate for it",
                      height);
}

/* Follows the page from a block that is not ours to one with a certificate. */
static enum tl_status certified_fork(struct tl_feed *feed, const struct tl_block_item *first,
                                     struct tl_list rest_of_page)
{
    const struct tl_genesis_file *genesis = tl_client_config(feed->client)->genesis;
    struct tl_block_item item = *first;
    struct tl_receipt_facts facts;
    struct tl_block block;
    struct tl_header header;
    struct tl_hash hash;
    struct tl_hash parent;
    const char *why = "";

    if (header_of(item.block, &block, &header, &hash) != TL_OK)
        return TL_ERR_ENCODING;
    while (item.cert.len == 0) {
        parent = hash;
        if (!tl_list_next(&rest_of_page, &tl_block_item_record, &item) ||
            header_of(item.block, &block, &header, &hash) != TL_OK ||
            !tl_hash_eq(&header.parent_hash, &parent))
            return TL_ERR_CERTIFICATE;
    }
    if (final_set(&feed->theirs, block.header, &block.leader_sig, item.cert) != TL_OK)
        return TL_ERR_CERTIFICATE;
    feed->theirs.height = header.height;
    return tl_final_check(&facts,
                          (struct tl_list){tl_bytes(feed->theirs.bytes, feed->theirs.len), 1},
                          &genesis->genesis, &genesis->chain_id, &why);
}

static enum tl_status other_block(struct tl_feed *feed, uint64_t height,
                                  const struct tl_block_item *item, struct tl_list rest_of_page)
{
    char names[TL_WHY_MAX / 2];

    if (certified_fork(feed, item, rest_of_page) != TL_OK)
        return refuse_block(feed, height);
    if (tl_feed_ours(feed->store, height, feed->report->tip.height, &feed->ours) != TL_OK)
        return tl_why_set(&feed->why, TL_ERR_CORRUPT,
                          "the replica has no certificate for its own block %" PRIu64, height);
    name_signers(feed, names, sizeof names);
    return tl_why_set(&feed->why, TL_ERR_FORK,
                      "the node shows another final block %" PRIu64 "; both are signed by %s",
                      height, names);
}

/* Holds the page's first block to ours of the same height and takes it out. */
static enum tl_status compare_first(struct tl_feed *feed, uint64_t height)
{
    struct tl_block_item item;
    struct tl_block block;
    struct tl_header header;
    struct tl_hash shown;
    struct tl_hash ours;
    enum tl_status status = tl_feed_hash(feed->store, height, &ours);

    if (status != TL_OK)
        return tl_why_set(&feed->why, status, "the replica cannot read its own block %" PRIu64,
                          height);
    if (!tl_list_next(&feed->blocks, &tl_block_item_record, &item) ||
        header_of(item.block, &block, &header, &shown) != TL_OK || header.height != height)
        return tl_why_set(&feed->why, TL_ERR_ENCODING,
                          "the node does not show the block %" PRIu64 " it has", height);
    return tl_hash_eq(&shown, &ours) ? TL_OK : other_block(feed, height, &item, feed->blocks);
}

/* The node has less than was final.  It may be catching up after a crash, or be
 * on another line altogether. */
static enum tl_status behind(struct tl_feed *feed, uint64_t final_height)
{
    uint64_t now_ms = tl_monotonic_ms();
    uint64_t shown = feed->tip;
    enum tl_status status = TL_OK;

    if (feed->behind_ms == 0)
        feed->behind_ms = now_ms;
    if (shown > 0 && shown <= feed->report->tip.height) {
        status = ask(feed, shown, 1);
        if (status == TL_OK && feed->tip >= shown)
            status = compare_first(feed, shown);
    }
    if (status == TL_OK && now_ms - feed->behind_ms >= feed->patience_ms)
        status = tl_why_set(&feed->why, TL_ERR_ROLLBACK,
                            "the node ends at block %" PRIu64 ", and block %" PRIu64 " was final",
                            shown, final_height);
    return status;
}

/* One poll: from our tip on, which must still be the node's block too. */
static enum tl_status poll_node(struct tl_feed *feed)
{
    uint64_t ours = feed->report->tip.height;
    uint64_t final_height = ours > feed->floor ? ours : feed->floor;

    for (;;) {
        enum tl_status status;

        if (feed->polled)
            rest(feed);
        feed->polled = true;
        feed->next = ours + 1;
        feed->blocks = (struct tl_list){0};
        status = ask(feed, ours > 0 ? ours : 1, PAGE_BLOCKS);
        if (feed->stopped())
            return TL_OK;
        if (status == TL_OK && feed->tip < final_height) {
            status = behind(feed, final_height);
            if (status == TL_OK)
                continue;
        }
        if (status != TL_OK)
            return status;
        feed->behind_ms = 0;
        return ours > 0 ? compare_first(feed, ours) : TL_OK;
    }
}

/* ---- giving ---- */

static enum tl_status give_decision(struct tl_feed *feed, struct tl_audit_item *item)
{
    struct tl_bytes left = feed->decisions;
    size_t len = left.len < 4 ? 0 : tl_get_u32be(left.ptr);

    if (len == 0 || len > left.len - 4)
        return tl_why_set(&feed->why, TL_ERR_ENCODING, "the node's decisions are malformed");
    item->kind = TL_AUDIT_DECISION;
    item->index = UINT64_MAX;
    item->bytes = tl_bytes(left.ptr + 4, len);
    feed->decisions = tl_bytes(left.ptr + 4 + len, left.len - 4 - len);
    return TL_OK;
}

static enum tl_status give_block(struct tl_feed *feed, struct tl_audit_item *item)
{
    item->kind = TL_AUDIT_BLOCK;
    item->bytes = feed->item.block;
    feed->decisions = feed->item.decisions;
    feed->cert_due = feed->item.cert.len != 0;
    feed->next++;
    return TL_OK;
}

static enum tl_status give_cert(struct tl_feed *feed, struct tl_audit_item *item)
{
    item->kind = TL_AUDIT_CERT;
    item->bytes = feed->item.cert;
    feed->cert_due = false;
    return TL_OK;
}

/* The next block of this page or of the next one; with none, a pause. */
static enum tl_status advance(struct tl_feed *feed, struct tl_audit_item *item)
{
    enum tl_status status = TL_OK;

    if (feed->next == 0)
        status = poll_node(feed);
    if (status == TL_OK && feed->blocks.count == 0 && feed->next <= feed->tip && !feed->stopped()) {
        status = ask(feed, feed->next, PAGE_BLOCKS);
        if (status == TL_OK && feed->blocks.count == 0 && feed->next <= feed->tip)
            status = tl_why_set(&feed->why, TL_ERR_ENCODING, "the node has no block %" PRIu64,
                                feed->next);
    }
    if (status != TL_OK && !feed->stopped())
        return status;
    if (!feed->stopped() && tl_list_next(&feed->blocks, &tl_block_item_record, &feed->item))
        return give_block(feed, item);
    feed->next = 0;
    item->kind = TL_AUDIT_PAUSE;
    return TL_OK;
}

static enum tl_status feed_next(void *host, struct tl_audit_item *item, const char **why)
{
    struct tl_feed *feed = host;
    const struct tl_file_bytes *genesis = &tl_client_config(feed->client)->genesis->bytes;

    *why = feed->why.text;
    if (!feed->started) {
        feed->started = true;
        item->kind = TL_AUDIT_GENESIS;
        item->bytes = tl_bytes(genesis->text, genesis->len);
        return TL_OK;
    }
    if (feed->decisions.len != 0)
        return give_decision(feed, item);
    if (feed->cert_due)
        return give_cert(feed, item);
    return advance(feed, item);
}

struct tl_audit_source tl_feed_source(struct tl_feed *feed)
{
    TL_CHECK(feed->report != NULL && feed->store != NULL && feed->stopped != NULL);
    return (struct tl_audit_source){feed_next, feed};
}
