#include "fetch.h"

#include "say.h"

#include <inttypes.h>

/* Feeds one page of blocks; *next is the height after it. */
static enum tl_status feed_page(struct tl_replica *replica, struct tl_client *client,
                                uint64_t *next, uint64_t *tip, struct tl_why *why)
{
    struct tl_block_query query = {*next, 256};
    struct tl_block_page page;
    struct tl_block_item item;
    struct tl_exchange exchange = {TL_METHOD_BLOCK, &tl_block_query_record, &query,
                                   &tl_block_page_record, &page};
    enum tl_status status = tl_client_call(client, &exchange, why);

    if (status == TL_OK && page.blocks.count == 0 && *next <= page.tip)
        return tl_why_set(why, TL_ERR_ENCODING, "the node has no block %" PRIu64, *next);
    *tip = page.tip;
    while (status == TL_OK && tl_list_next(&page.blocks, &tl_block_item_record, &item)) {
        status = tl_replica_feed(replica, item.block, item.cert, why);
        *next += 1;
    }
    return status;
}

enum tl_status tl_fetch_all(struct tl_replica *replica, struct tl_client *client,
                            struct tl_why *why)
{
    struct tl_progress progress;
    uint64_t next = 1;
    uint64_t tip = UINT64_MAX;
    enum tl_status status = TL_OK;

    tl_progress_start(&progress, "fetching blocks", 0);
    while (status == TL_OK && next <= tip) {
        status = feed_page(replica, client, &next, &tip, why);
        progress.total = tip;
        tl_progress_step(&progress, next);
    }
    tl_progress_end(&progress);
    return status;
}
