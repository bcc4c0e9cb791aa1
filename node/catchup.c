/* Final blocks from another member, by height, after having been away.  The pool
 * has checked every signature; here links, execution and roots are held to the
 * certificates, block by block, before anything is applied. */
#include "node.h"

#include "tl/clock.h"
#include "tl/logline.h"

#include <string.h>

#define ANSWER_MS 3000u

static void ask(struct tl_node *node, uint32_t from)
{
    struct tl_ask_blocks question = {.height = tl_chain_tip(node->chain)->height + 1};
    uint8_t bytes[16];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);

    tl_record_write(&tl_ask_blocks_record, &question, &buf);
    node->catchup.active = true;
    node->catchup.from = from;
    node->catchup.asked_ms = tl_clock_mono_ms();
    tl_net_send(node->net, from, TL_MSG_ASK_BLOCKS, tl_buf_bytes(&buf));
}

static uint32_t next_member(const struct tl_node *node, uint32_t after)
{
    uint32_t next = after;

    for (uint32_t i = 0; i < node->voters.count; i++) {
        next = (next + 1) % node->voters.count;
        if (next != node->self && (node->epoch.removed >> next & 1u) == 0)
            break;
    }
    return next;
}

void tl_catchup_start(struct tl_node *node, uint32_t from)
{
    if (node->catchup.active || tl_join_begun(node))
        return;
    ask(node, from < node->net_genesis.members.count && from != node->self
                  ? from
                  : next_member(node, node->self));
}

/* A member came up: what was asked of it before may have gone nowhere. */
void tl_catchup_met(struct tl_node *node, uint32_t member)
{
    if (node->catchup.active && !node->catchup.checking && node->catchup.from == member)
        ask(node, member);
}

void tl_catchup_tick(struct tl_node *node, uint64_t now_ms)
{
    if (node->catchup.active && !node->catchup.checking &&
        now_ms > node->catchup.asked_ms + ANSWER_MS)
        ask(node, next_member(node, node->catchup.from));
}

/* ---- answering ---- */

/* The certificate of a height that has one, and what it is for: copied behind the
 * block, since each read ends the views of the last. */
static void add_cert(struct tl_node *node, uint64_t height, uint8_t *to,
                     struct tl_final_block *final)
{
    struct tl_bytes bytes;
    uint64_t at;

    if (tl_chain_cert(node->chain, height, &at, &bytes) != TL_OK || at != height)
        return;
    memcpy(to, bytes.ptr, bytes.len);
    final->cert = tl_bytes(to, bytes.len);
    if (tl_chain_seal_of(node->chain, height, &bytes) != TL_OK)
        return;
    memcpy(to + final->cert.len, bytes.ptr, bytes.len);
    final->seal = tl_bytes(to + final->cert.len, bytes.len);
}

/* Whoever asks cannot check what comes after the end of an epoch before it has
 * turned: a page ends there. */
static bool ends_epoch(struct tl_bytes bytes)
{
    struct tl_block block;
    struct tl_header header;

    return tl_record_decode(&tl_block_record, &block, bytes) == TL_OK &&
           tl_header_decode(&header, block.header) == TL_OK &&
           !tl_hash_eq(&header.members_hash, &header.next_members_hash);
}

/* False: the page is full, or ends with this block. */
static bool add_block(struct tl_node *node, uint64_t height, struct tl_blocks *page,
                      struct tl_buf *buf)
{
    struct tl_final_block final = {0};

    if (tl_chain_block(node->chain, height, &final.block) != TL_OK)
        return false;
    if (buf->len + final.block.len + TL_CERT_BYTES_MAX + 2048 > TL_PAGE_BYTES_MAX)
        return false;
    memcpy(node->scratch2, final.block.ptr, final.block.len);
    final.block = tl_bytes(node->scratch2, final.block.len);
    add_cert(node, height, node->scratch2 + final.block.len, &final);
    tl_list_add(&page->blocks, buf, &tl_final_block_record, &final);
    return !ends_epoch(final.block);
}

void tl_catchup_answer(struct tl_node *node, uint32_t to, struct tl_bytes body)
{
    /* Only what is on disk here: another's catching up must not outrun us. */
    struct tl_blocks page = {.tip = tl_chain_durable_height(node->chain)};
    struct tl_buf list = tl_buf(node->scratch, node->scratch_bytes / 2);
    struct tl_buf out = tl_buf(node->scratch + node->scratch_bytes / 2, node->scratch_bytes / 2);
    struct tl_ask_blocks question;

    if (tl_record_decode(&tl_ask_blocks_record, &question, body) != TL_OK || question.height == 0) {
        tl_net_fault(node->net, to, 25, "malformed question for blocks");
        return;
    }
    for (uint64_t h = question.height; h <= page.tip && page.blocks.count < TL_BLOCKS_PER_PAGE;
         h++) {
        if (!add_block(node, h, &page, &list))
            break;
    }
    tl_record_write(&tl_blocks_record, &page, &out);
    if (!out.full)
        tl_net_send(node->net, to, TL_MSG_BLOCKS, tl_buf_bytes(&out));
}

/* ---- applying ---- */

static enum tl_status finalize(struct tl_node *node, const struct tl_block_parts *parts,
                               struct tl_bytes cert_bytes, struct tl_bytes seal)
{
    struct tl_bft_event event = {.kind = TL_BFT_TIP, .from = TL_BFT_OURSELVES};
    struct tl_bft_block block;
    struct tl_cert cert;
    enum tl_status st = tl_record_decode(&tl_cert_record, &cert, cert_bytes);

    if (st != TL_OK)
        return st;
    tl_final_block(node, &parts->hash, &cert, seal);
    /* A node that catches up has nothing better to do than wait for its disk, and
     * the chain needs its slots back for the next block. */
    if (node->failed == TL_OK && tl_store_commit(node->store, true) != TL_OK)
        tl_node_fail(node, TL_ERR_STORE, "writing a block that was caught up");
    tl_chain_durable(node->chain, parts->header.height);
    tl_bft_block_of(&block, &parts->hash, &parts->header, &parts->block.leader_sig);
    event.block = &block;
    event.cert = &cert;
    if (node->failed == TL_OK)
        tl_agree(node, &event);
    return node->failed;
}

static enum tl_status apply_one(struct tl_node *node, const struct tl_final_block *final)
{
    struct tl_block_parts parts;
    const char *why = "";
    enum tl_status st = tl_block_decode(&parts, final->block);

    if (st != TL_OK)
        return st;
    if (parts.header.height <= tl_chain_tip(node->chain)->height)
        return TL_OK;
    st = tl_chain_check(node->chain, final->block, &why);
    if (st != TL_OK) {
        tl_log(TL_LOG_ODD, "block-not-caught-up", tl_log_uint("height", parts.header.height),
               tl_log_str("status", tl_status_name(st)), tl_log_str("reason", why));
        return st;
    }
    node->count.blocks_caught_up++;
    return final->cert.len == 0 ? TL_OK : finalize(node, &parts, final->cert, final->seal);
}

static enum tl_status apply(struct tl_node *node, struct tl_list blocks)
{
    struct tl_final_block final;

    while (tl_list_next(&blocks, &tl_final_block_record, &final)) {
        enum tl_status st = apply_one(node, &final);

        if (st != TL_OK)
            return st;
    }
    return TL_OK;
}

/* `from` is ahead and gave nothing that helps: it may have pruned the blocks. */
static void ask_elsewhere(struct tl_node *node, uint32_t from)
{
    if (++node->catchup.without + 1 < node->voters.count) {
        ask(node, next_member(node, from));
        return;
    }
    node->catchup.without = 0;
    tl_log(TL_LOG_INFO, "blocks-not-held",
           tl_log_uint("height", tl_chain_tip(node->chain)->height + 1));
    tl_join_start(node);
}

void tl_catchup_page(struct tl_node *node, const struct tl_verify_job *check, enum tl_status status)
{
    uint64_t before = tl_chain_tip(node->chain)->height;
    uint32_t from = check->mail->from;

    node->catchup.checking = false;
    if (!node->catchup.active)
        return;
    if (status == TL_OK && tl_join_wanted(node, check->page.tip)) {
        node->catchup.active = false;
        tl_join_start(node);
        return;
    }
    if (status == TL_OK)
        status = apply(node, check->page.blocks);
    if (tl_status_fault(status) == TL_FAULT_PEER)
        tl_net_fault(node->net, from, 50, tl_status_text(status));
    node->catchup.active = false;
    if (node->failed != TL_OK)
        return;
    tl_agree_recheck(node);
    if (status != TL_OK) {
        ask(node, next_member(node, from));
    } else if (!node->turn_due && tl_chain_tip(node->chain)->height > before &&
               check->page.tip > tl_chain_tip(node->chain)->height) {
        node->catchup.without = 0;
        ask(node, from);
    } else if (check->page.tip > tl_chain_tip(node->chain)->height) {
        ask_elsewhere(node, from);
    } else {
        node->catchup.without = 0;
        tl_log(TL_LOG_INFO, "caught-up", tl_log_uint("height", tl_chain_tip(node->chain)->height));
    }
}
