/* Executing blocks on the chain: one's own proposals and those of peers. */
#include "chain_private.h"
#include "tl/check.h"
#include "tl/hash.h"

#include <string.h>

#define HEADER_BYTES_MAX 1024u
/* What a block's encoding adds to its justification and envelopes. */
#define BLOCK_OVERHEAD (HEADER_BYTES_MAX + TL_SIG_BYTES + 32u)

/* A parent as its children see it. */
struct base {
    struct tl_chain_slot *slot; /* NULL: the tip as it is in the store */
    struct tl_hash hash;
    uint64_t height;
    uint64_t view;
    uint64_t time_ms;
    const struct tl_frontier *frontier;
    bool final;                /* it is the final tip */
    bool ends;                 /* the parent ends its epoch, so `mark` is of the next */
    struct tl_epoch_mark mark; /* of the state after the parent */
};

/* Where a parent stands among the epochs; block_bytes and hash of epoch 0 are filled in. */
static enum tl_status find_epoch(struct tl_chain *chain, struct base *base)
{
    struct tl_overlay *state = base->slot == NULL ? chain->view : base->slot->state;
    enum tl_status status = tl_epoch_mark_load(&base->mark, state);

    if (base->mark.number == 0) {
        base->mark.members_hash = chain->members_hash;
        base->mark.block_bytes = chain->config.genesis->block_bytes;
    }
    base->ends = tl_chain_ends(&base->mark, base->height);
    if (base->ends && base->final)
        base->view = 0;
    return status;
}

static enum tl_status find_base(struct tl_chain *chain, const struct tl_hash *hash,
                                struct base *base)
{
    struct tl_chain_slot *slot = tl_chain_slot_find(chain, hash);

    memset(base, 0, sizeof *base);
    base->hash = *hash;
    if (slot != NULL) {
        base->slot = slot;
        base->height = slot->header.height;
        base->view = slot->header.view;
        base->time_ms = slot->header.time_ms;
        base->frontier = &slot->frontier;
    } else if (tl_hash_eq(hash, &chain->tip.hash)) {
        base->slot = chain->last;
        base->height = chain->tip.height;
        base->view = chain->tip.view;
        base->time_ms = chain->tip.time_ms;
        base->frontier = &chain->frontier;
        base->final = true;
    } else {
        return TL_ERR_NOT_FOUND;
    }
    return find_epoch(chain, base);
}

static struct tl_overlay *fresh_state(struct tl_chain *chain, struct tl_chain_slot *slot,
                                      const struct base *base)
{
    return tl_overlay_new(&slot->arena, base->slot == NULL ? NULL : base->slot->state,
                          chain->config.store);
}

static struct tl_exec_block exec_block(const struct tl_chain *chain, const struct base *base,
                                       uint64_t time_ms, struct tl_list envelopes)
{
    return (struct tl_exec_block){.genesis = chain->config.genesis,
                                  .chain_id = &chain->config.chain_id,
                                  .height = base->height + 1,
                                  .time_ms = time_ms,
                                  .parent_hash = base->hash,
                                  .parent_time_ms = base->time_ms,
                                  .first_leaf = base->frontier->size,
                                  .envelopes = envelopes};
}

/* An executor's refusal must not read like an answer of the chain itself. */
static enum tl_status own_words(enum tl_status status)
{
    bool taken = status == TL_ERR_NOT_FOUND || status == TL_ERR_STALE || status == TL_ERR_EARLY ||
                 status == TL_ERR_DIVERGED;

    return taken ? TL_ERR_REFUSED : status;
}

static enum tl_status apply(struct tl_chain *chain, struct tl_chain_slot *slot,
                            const struct base *base, const struct tl_exec_block *block,
                            struct tl_applied *applied)
{
    struct tl_apply how = {.executor = &chain->config.executor,
                           .map = chain->map,
                           .parent = base->frontier,
                           .arena = &slot->arena,
                           .keep_log = true};

    slot->state = how.state = fresh_state(chain, slot, base);
    if (slot->state == NULL)
        return TL_ERR_NO_MEMORY;
    return own_words(tl_block_apply(&how, block, applied));
}

static void hold(struct tl_chain_slot *slot, const struct base *base, const struct tl_hash *hash,
                 const struct tl_header *header, const struct tl_applied *applied)
{
    slot->stage = TL_SLOT_PENDING;
    slot->hash = *hash;
    slot->header = *header;
    slot->parent = base->slot;
    slot->frontier = applied->frontier;
}

static uint64_t envelopes_bytes(struct tl_list envelopes)
{
    struct tl_envelope_bytes envelope;
    uint64_t len = 0;

    while (tl_list_next(&envelopes, &tl_envelope_bytes_record, &envelope))
        len += envelope.bytes.len;
    return len;
}

/* ---- building ---- */

/* The first `count` elements of a list. */
static struct tl_list list_head(struct tl_list list, uint32_t count)
{
    struct tl_list rest = list;
    struct tl_envelope_bytes envelope;

    TL_CHECK(count <= list.count);
    for (uint32_t i = 0; i < count; i++)
        TL_CHECK(tl_list_next(&rest, &tl_envelope_bytes_record, &envelope));
    return (struct tl_list){tl_bytes(list.raw.ptr, list.raw.len - rest.raw.len), count};
}

static enum tl_status count_leaf(void *host, uint64_t index, struct tl_bytes leaf)
{
    uint64_t *next = host;

    (void)leaf;
    TL_CHECK(index == *next);
    ++*next;
    return TL_OK;
}

/* Runs envelopes one at a time to find the first that is refused. */
static enum tl_status find_refused(struct tl_chain *chain, struct tl_chain_slot *slot,
                                   const struct base *base, struct tl_exec_block block,
                                   uint32_t *good)
{
    const struct tl_executor *executor = &chain->config.executor;
    const struct tl_leaf_sink sink = {count_leaf, &block.first_leaf};
    struct tl_overlay *state = fresh_state(chain, slot, base);
    struct tl_list left = block.envelopes;
    enum tl_status status = state == NULL ? TL_ERR_NO_MEMORY : TL_OK;

    *good = 0;
    block.partial = true;
    while (status == TL_OK && left.count != 0) {
        struct tl_list rest = left;
        struct tl_envelope_bytes skipped;

        block.envelopes = list_head(left, 1);
        TL_CHECK(tl_list_next(&rest, &tl_envelope_bytes_record, &skipped));
        status = executor->run(executor->host, &block, state, &sink);
        *good += status == TL_OK;
        left = rest;
    }
    return own_words(status);
}

static bool is_too_much(enum tl_status status)
{
    return status == TL_ERR_LIMIT || status == TL_ERR_NO_MEMORY;
}

/* Executes, and sees to it that the block still fits behind what it wrote: its
 * parts now and its bytes once it is signed.  A block that could be built but not
 * sealed would be built again by every leader in turn. */
static enum tl_status apply_with_room(struct tl_chain *chain, struct tl_chain_slot *slot,
                                      const struct base *base, struct tl_exec_block *block,
                                      struct tl_applied *applied)
{
    enum tl_status status = apply(chain, slot, base, block, applied);
    size_t parts = slot->unsealed.justification.len + block->envelopes.raw.len + BLOCK_OVERHEAD;

    if (status == TL_OK && slot->arena.size - slot->arena.used < 2u * parts)
        return TL_ERR_NO_MEMORY;
    return status;
}

/* Executes as many of a proposal's envelopes as go: all, or those before one
 * that is refused, or half as often as they prove too much for one block. */
static enum tl_status apply_most(struct tl_chain *chain, struct tl_chain_slot *slot,
                                 const struct base *base, struct tl_exec_block *block,
                                 struct tl_applied *applied, struct tl_built *built)
{
    enum tl_status status = apply_with_room(chain, slot, base, block, applied);

    while (status != TL_OK && block->envelopes.count != 0) {
        uint32_t keep = block->envelopes.count / 2;

        tl_arena_reset(&slot->arena);
        built->refused = status;
        if (status == TL_ERR_STORE || status == TL_ERR_CORRUPT)
            return status;
        if (!is_too_much(status)) {
            built->refused = find_refused(chain, slot, base, *block, &keep);
            tl_arena_reset(&slot->arena);
            if (built->refused == TL_OK)
                return status;
        }
        block->envelopes = list_head(block->envelopes, keep);
        status = apply_with_room(chain, slot, base, block, applied);
    }
    built->taken = block->envelopes.count;
    /* Too much together is nobody's fault; too much alone is. */
    if (built->taken != 0 && is_too_much(built->refused))
        built->refused = TL_OK;
    return status;
}

/* The members hash of the epoch after a block that was executed in a slot. */
static enum tl_status next_members_of(const struct tl_chain_slot *slot, const struct base *base,
                                      struct tl_hash *hash)
{
    struct tl_epoch_mark mark;
    enum tl_status status = tl_epoch_mark_load(&mark, slot->state);

    *hash = mark.number == base->mark.number ? base->mark.members_hash : mark.members_hash;
    return status;
}

static struct tl_header header_of(const struct tl_chain *chain, const struct base *base,
                                  const struct tl_proposal *proposal,
                                  const struct tl_exec_block *block,
                                  const struct tl_applied *applied,
                                  const struct tl_hash *next_members)
{
    struct tl_header header = {.chain_id = chain->config.chain_id,
                               .epoch = proposal->epoch,
                               .view = proposal->view,
                               .height = block->height,
                               .kind = TL_BLOCK_NORMAL,
                               .leader = proposal->leader,
                               .parent_hash = base->hash,
                               .parent_view = base->view,
                               .time_ms = block->time_ms,
                               .log_size = applied->frontier.size,
                               .log_root = applied->log_root,
                               .state_root = applied->state_root,
                               .members_hash = base->mark.members_hash,
                               .next_members_hash = *next_members,
                               .contract_hash = chain->config.executor.contract_hash};

    tl_body_root(&header.body_root, &block->envelopes);
    tl_just_root(&header.just_root, proposal->justification);
    return header;
}

/* Keeps the parts of a block until its leader has signed. */
static enum tl_status keep_parts(struct tl_chain_slot *slot, const struct tl_header *header,
                                 struct tl_bytes justification, struct tl_list envelopes,
                                 struct tl_hash *hash)
{
    uint8_t bytes[HEADER_BYTES_MAX];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);
    struct tl_block *block = &slot->unsealed;

    tl_header_encode(&buf, header);
    TL_CHECK(!buf.full);
    tl_header_hash(hash, tl_buf_bytes(&buf));
    block->envelopes.count = envelopes.count;
    if (!tl_arena_copy(&slot->arena, tl_buf_bytes(&buf), &block->header) ||
        !tl_arena_copy(&slot->arena, justification, &block->justification) ||
        !tl_arena_copy(&slot->arena, envelopes.raw, &block->envelopes.raw))
        return TL_ERR_NO_MEMORY;
    return TL_OK;
}

static enum tl_status build_normal(struct tl_chain *chain, struct tl_chain_slot *slot,
                                   const struct base *base, const struct tl_proposal *proposal,
                                   struct tl_built *built)
{
    struct tl_exec_block block = exec_block(chain, base, proposal->time_ms, proposal->envelopes);
    struct tl_applied applied;
    struct tl_header header;
    struct tl_hash next;
    enum tl_status status;

    if (block.time_ms <= base->time_ms)
        block.time_ms = base->time_ms + 1;
    slot->unsealed.justification = proposal->justification;
    status = apply_most(chain, slot, base, &block, &applied, built);
    if (status == TL_OK)
        status = next_members_of(slot, base, &next);
    if (status != TL_OK)
        return status;
    header = header_of(chain, base, proposal, &block, &applied, &next);
    status = keep_parts(slot, &header, proposal->justification, block.envelopes, &built->hash);
    if (status == TL_OK)
        hold(slot, base, &built->hash, &header, &applied);
    return status;
}

/* What a REPROPOSE leads to is what the block below it leads to. */
static struct tl_applied repeat_applied(const struct base *base)
{
    return (struct tl_applied){.frontier = *base->frontier,
                               .log_root = base->slot->header.log_root,
                               .state_root = base->slot->header.state_root};
}

/* The block that a REPROPOSE on this parent repeats. */
static struct tl_hash repeat_target(const struct base *base)
{
    bool again = base->slot->header.kind == TL_BLOCK_REPROPOSE;

    return again ? base->slot->header.body_root : base->hash;
}

/* A repetition of the block that ends the epoch: see A.10-1 of docs/PROTOCOL.md. */
static enum tl_status build_repeat(struct tl_chain *chain, struct tl_chain_slot *slot,
                                   const struct base *base, const struct tl_proposal *proposal,
                                   struct tl_built *built)
{
    struct tl_header header = base->slot->header;
    struct tl_applied applied = repeat_applied(base);
    enum tl_status status;

    if (proposal->epoch != header.epoch)
        return TL_ERR_WRONG_CHAIN;
    slot->state = fresh_state(chain, slot, base);
    if (slot->state == NULL)
        return TL_ERR_NO_MEMORY;
    header.kind = TL_BLOCK_REPROPOSE;
    header.view = proposal->view;
    header.leader = proposal->leader;
    header.parent_hash = base->hash;
    header.parent_view = base->view;
    header.time_ms = proposal->time_ms > base->time_ms ? proposal->time_ms : base->time_ms + 1;
    header.body_root = repeat_target(base);
    tl_just_root(&header.just_root, proposal->justification);
    status = keep_parts(slot, &header, proposal->justification, (struct tl_list){0}, &built->hash);
    if (status == TL_OK)
        hold(slot, base, &built->hash, &header, &applied);
    return status;
}

enum tl_status tl_chain_build(struct tl_chain *chain, const struct tl_proposal *proposal,
                              struct tl_built *built)
{
    struct base base;
    struct tl_chain_slot *slot;
    enum tl_status status;

    memset(built, 0, sizeof *built);
    status = find_base(chain, &proposal->parent_hash, &base);
    if (status != TL_OK)
        return status;
    if (envelopes_bytes(proposal->envelopes) > base.mark.block_bytes)
        return TL_ERR_LIMIT;
    slot = tl_chain_slot_take(chain, base.slot, true);
    if (slot == NULL)
        return TL_ERR_FULL;
    if (base.ends && !base.final)
        status = build_repeat(chain, slot, &base, proposal, built);
    else if (proposal->epoch != base.mark.number)
        status = TL_ERR_WRONG_CHAIN;
    else
        status = build_normal(chain, slot, &base, proposal, built);
    if (status != TL_OK) {
        memset(built, 0, sizeof *built);
        tl_chain_slot_free(slot);
    }
    return status;
}

enum tl_status tl_chain_seal(struct tl_chain *chain, const struct tl_hash *hash,
                             const struct tl_sig *sig, struct tl_bytes *block)
{
    struct tl_chain_slot *slot = tl_chain_slot_find(chain, hash);
    struct tl_buf buf;
    size_t cap;
    void *room;

    *block = TL_BYTES_NONE;
    if (slot == NULL)
        return TL_ERR_NOT_FOUND;
    if (slot->block.len == 0) {
        cap = slot->unsealed.justification.len + slot->unsealed.envelopes.raw.len + BLOCK_OVERHEAD;
        room = tl_arena_take(&slot->arena, cap);
        if (room == NULL)
            return TL_ERR_NO_MEMORY;
        buf = tl_buf(room, cap);
        slot->unsealed.leader_sig = *sig;
        tl_record_write(&tl_block_record, &slot->unsealed, &buf);
        TL_CHECK(!buf.full);
        slot->block = tl_buf_bytes(&buf);
    }
    *block = slot->block;
    return TL_OK;
}

/* ---- checking ---- */

/* Everything a header must say beside what execution gives. */
static const char *header_fault(const struct tl_chain *chain, const struct tl_header *header,
                                const struct base *base)
{
    bool repeats = header->kind == TL_BLOCK_REPROPOSE;

    if (!tl_hash_eq(&header->chain_id, &chain->config.chain_id) ||
        header->epoch != base->mark.number - repeats)
        return "the block belongs to another ledger or epoch";
    if (repeats != (base->ends && !base->final))
        return "only the block that ends an epoch is proposed again";
    if (header->height != base->height + !repeats)
        return "the height does not follow the parent's";
    if (header->parent_view != base->view || header->view <= base->view)
        return "the views do not follow the parent's";
    if (header->time_ms <= base->time_ms)
        return "the time is not after the parent's";
    if (!repeats && !tl_hash_eq(&header->members_hash, &base->mark.members_hash))
        return "the members are not those of this epoch";
    if (!tl_hash_eq(&header->contract_hash, &chain->config.executor.contract_hash))
        return "the contract is of another version";
    return NULL;
}

const char *tl_chain_result_fault(const struct tl_header *header, const struct tl_applied *applied)
{
    if (header->log_size != applied->frontier.size)
        return "the number of leaves differs from what the block causes";
    if (!tl_hash_eq(&header->log_root, &applied->log_root))
        return "the log root differs from that of the leaves";
    if (!tl_hash_eq(&header->state_root, &applied->state_root))
        return "the state root differs from that of the replayed state";
    return NULL;
}

static enum tl_status check_in_slot(struct tl_chain *chain, struct tl_chain_slot *slot,
                                    const struct base *base, const struct tl_block_parts *parts,
                                    const char **why)
{
    struct tl_exec_block block =
        exec_block(chain, base, parts->header.time_ms, parts->block.envelopes);
    struct tl_applied applied;
    struct tl_hash next;
    enum tl_status status = apply(chain, slot, base, &block, &applied);

    if (status == TL_ERR_NO_MEMORY) {
        /* Else a leader could stop every node with one greedy block. */
        *why = "the block writes more than one block may";
        return TL_ERR_LIMIT;
    }
    if (status != TL_OK) {
        *why = "an envelope cannot be executed here";
        return status;
    }
    status = next_members_of(slot, base, &next);
    if (status != TL_OK)
        return status;
    *why = tl_chain_result_fault(&parts->header, &applied);
    if (*why == NULL && !tl_hash_eq(&next, &parts->header.next_members_hash))
        *why = "the next epoch's members differ from those agreed on";
    if (*why != NULL)
        return TL_ERR_DIVERGED;
    hold(slot, base, &parts->hash, &parts->header, &applied);
    return TL_OK;
}

/* A repetition says what the block below it says, and nothing else. */
static enum tl_status check_repeat(struct tl_chain *chain, struct tl_chain_slot *slot,
                                   const struct base *base, const struct tl_block_parts *parts,
                                   const char **why)
{
    const struct tl_header *below = &base->slot->header;
    struct tl_applied applied = repeat_applied(base);
    struct tl_hash target = repeat_target(base);

    *why = tl_chain_result_fault(&parts->header, &applied);
    if (*why == NULL && !tl_hash_eq(&parts->header.body_root, &target))
        *why = "the proposal repeats another block than the one below it";
    if (*why == NULL && (!tl_hash_eq(&parts->header.members_hash, &below->members_hash) ||
                         !tl_hash_eq(&parts->header.next_members_hash, &below->next_members_hash)))
        *why = "the proposal repeats the block below it with other members";
    if (*why != NULL)
        return TL_ERR_DIVERGED;
    slot->state = fresh_state(chain, slot, base);
    if (slot->state == NULL)
        return TL_ERR_NO_MEMORY;
    hold(slot, base, &parts->hash, &parts->header, &applied);
    return TL_OK;
}

static enum tl_status check_on_base(struct tl_chain *chain, const struct base *base,
                                    const struct tl_block_parts *parts, struct tl_bytes bytes,
                                    const char **why)
{
    struct tl_chain_slot *slot;
    enum tl_status status = TL_ERR_LIMIT;

    *why = header_fault(chain, &parts->header, base);
    if (*why != NULL)
        return TL_ERR_BROKEN_LINK;
    if (envelopes_bytes(parts->block.envelopes) > base->mark.block_bytes) {
        *why = "the block is larger than genesis allows";
        return TL_ERR_LIMIT;
    }
    *why = "all places for blocks are in use";
    slot = tl_chain_slot_take(chain, base->slot, true);
    if (slot == NULL)
        return TL_ERR_FULL;
    *why = "the block does not fit its place";
    if (tl_arena_copy(&slot->arena, bytes, &slot->block))
        status = parts->header.kind == TL_BLOCK_REPROPOSE
                     ? check_repeat(chain, slot, base, parts, why)
                     : check_in_slot(chain, slot, base, parts, why);
    if (status != TL_OK)
        tl_chain_slot_free(slot);
    return status;
}

enum tl_status tl_chain_check(struct tl_chain *chain, struct tl_bytes bytes, const char **why)
{
    struct tl_block_parts parts;
    struct base base;
    enum tl_status status;

    *why = "the block is not in canonical form";
    status = tl_block_decode(&parts, bytes);
    if (status != TL_OK)
        return status;
    *why = NULL;
    if (tl_chain_slot_find(chain, &parts.hash) != NULL)
        return TL_OK;
    if (parts.header.height <= chain->tip.height) {
        *why = "the block is not above the final height";
        return TL_ERR_STALE;
    }
    status = find_base(chain, &parts.header.parent_hash, &base);
    *why = "the parent is not held";
    if (status != TL_OK)
        return status;
    *why = "the epoch before is not known to have ended";
    if (base.ends && !base.final && parts.header.kind == TL_BLOCK_NORMAL &&
        parts.header.epoch == base.mark.number)
        return TL_ERR_NOT_FOUND;
    return check_on_base(chain, &base, &parts, bytes, why);
}
