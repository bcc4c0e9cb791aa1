#include "decisions.h"

#include "say.h"

#include <inttypes.h>

#define BLOCKS_PER_PAGE 64u

struct walk {
    tl_decision_visit *visit;
    void *context;
    bool over;
};

/* One block's decisions, each behind its length. */
static enum tl_status block_walk(struct walk *walk, uint64_t height, struct tl_bytes rest)
{
    struct tl_leaf leaf;
    struct tl_decision decision;

    while (!walk->over && rest.len >= 4u) {
        uint32_t len = tl_get_u32be(rest.ptr);

        if (len > rest.len - 4u)
            return TL_ERR_ENCODING;
        if (tl_record_decode(&tl_leaf_record, &leaf, tl_bytes(rest.ptr + 4, len)) != TL_OK ||
            tl_record_decode(&tl_decision_record, &decision, leaf.bytes) != TL_OK)
            return TL_ERR_ENCODING;
        walk->over = !walk->visit(walk->context, height, &decision);
        rest = tl_bytes(rest.ptr + 4u + len, rest.len - 4u - len);
    }
    return rest.len > 0 && !walk->over ? TL_ERR_ENCODING : TL_OK;
}

static enum tl_status page_walk(struct walk *walk, struct tl_client *client, uint64_t *next,
                                uint64_t *tip, struct tl_why *why)
{
    struct tl_block_query query = {*next, BLOCKS_PER_PAGE};
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
    while (status == TL_OK && tl_list_next(&page.blocks, &tl_block_item_record, &item)) {
        status = block_walk(walk, item.height, item.decisions);
        *next = item.height + 1u;
    }
    return status == TL_OK ? TL_OK : tl_why_set(why, status, "the node's answer makes no sense");
}

enum tl_status tl_decisions_walk(struct tl_client *client, tl_decision_visit *visit, void *context,
                                 struct tl_why *why)
{
    struct walk walk = {visit, context, false};
    struct tl_progress progress;
    uint64_t next = 1;
    uint64_t tip = UINT64_MAX;
    enum tl_status status = TL_OK;

    tl_progress_start(&progress, "reading decisions", 0);
    while (status == TL_OK && !walk.over && next <= tip) {
        status = page_walk(&walk, client, &next, &tip, why);
        progress.total = tip;
        tl_progress_step(&progress, next);
    }
    tl_progress_end(&progress);
    return status;
}
