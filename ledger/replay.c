/* One way to apply a block, for whoever does it. */
#include "tl/replay.h"

#include "tl/check.h"
#include "tl/log.h"

#include <string.h>

static const char *const leaf_kinds[] = {NULL, "entry", "decision"};
const struct tl_names tl_leaf_kind_names = {leaf_kinds, sizeof leaf_kinds / sizeof leaf_kinds[0]};
TL_DEFINE_RECORD(tl_leaf, TL_LEAF_FIELDS)

struct run {
    const struct tl_apply *apply;
    struct tl_frontier *frontier;
    struct tl_log_writer log;
    uint32_t leaves;
};

/* Each leaf the executor gives: hashed once, for the tree and for the tiles. */
static enum tl_status take_leaf(void *host, uint64_t index, struct tl_bytes leaf)
{
    struct run *run = host;
    const struct tl_leaf_sink *watch = run->apply->watch;
    enum tl_status status = TL_OK;
    struct tl_hash hash;

    TL_CHECK(index == run->frontier->size);
    if (run->leaves == TL_BLOCK_LEAVES_MAX || leaf.len > TL_LEAF_BYTES_MAX)
        return TL_ERR_LIMIT;
    run->leaves++;
    tl_merkle_leaf(&hash, leaf);
    if (run->apply->keep_log)
        status = tl_log_writer_add(&run->log, leaf, &hash);
    else
        tl_frontier_add(run->frontier, &hash);
    if (status == TL_OK && watch != NULL)
        status = watch->leaf(watch->host, index, leaf);
    return status;
}

enum tl_status tl_block_apply(const struct tl_apply *apply, const struct tl_exec_block *block,
                              struct tl_applied *out)
{
    struct run run = {.apply = apply, .frontier = &out->frontier};
    const struct tl_leaf_sink sink = {take_leaf, &run};
    const struct tl_executor *executor = apply->executor;
    enum tl_status status;

    TL_CHECK(block->first_leaf == apply->parent->size);
    memset(out, 0, sizeof *out);
    out->frontier = *apply->parent;
    tl_log_writer_init(&run.log, apply->state, apply->arena, &out->frontier);
    status = executor->run(executor->host, block, apply->state, &sink);
    if (status == TL_OK && apply->keep_log)
        status = tl_log_writer_done(&run.log);
    if (status == TL_OK)
        status = tl_statemap_root(apply->map, apply->state, &out->state_root);
    if (status != TL_OK) {
        memset(out, 0, sizeof *out);
        return status;
    }
    tl_frontier_root(&out->frontier, &out->log_root);
    return TL_OK;
}
