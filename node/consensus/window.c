/* The window of views: finding and recycling slots, blocks and seats. */
#include "core.h"

#include <string.h>

uint64_t tl_core_min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t tl_core_max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

uint64_t tl_core_window_low(const struct tl_bft *core)
{
    return core->final_view > TL_BFT_PAST ? core->final_view - TL_BFT_PAST : 1;
}

/* The last view of the window is never entered or certified: whoever gets there
 * still needs a slot for the view after it. */
bool tl_core_window_has(const struct tl_bft *core, uint64_t view)
{
    uint64_t low = tl_core_window_low(core);

    return view >= low && view - low < core->config.window - 1u;
}

static struct slot *slot_at(const struct tl_bft *core, uint64_t view)
{
    return &core->slots[view % core->config.window];
}

struct slot *tl_core_slot_find(const struct tl_bft *core, uint64_t view)
{
    struct slot *slot = slot_at(core, view);

    return view != 0 && slot->view == view ? slot : NULL;
}

struct slot *tl_core_slot_open(struct tl_bft *core, uint64_t view)
{
    struct slot *slot = slot_at(core, view);
    struct seat *seat = slot->seat;
    uint8_t *sigs = slot->sigs;

    TL_CHECK(view >= tl_core_window_low(core) &&
             view - tl_core_window_low(core) < core->config.window);
    if (slot->view == view)
        return slot;
    TL_CHECK(slot->view < tl_core_window_low(core));
    memset(slot, 0, sizeof *slot);
    slot->seat = seat;
    slot->sigs = sigs;
    slot->view = view;
    slot->record.epoch = core->config.epoch;
    slot->record.view = view;
    return slot;
}

struct held_block *tl_core_block_find(const struct tl_bft *core, const struct tl_hash *hash,
                                      uint64_t view)
{
    struct slot *slot = tl_core_slot_find(core, view);

    if (slot == NULL)
        return NULL;
    for (size_t i = 0; i < TL_BFT_BLOCKS_PER_VIEW; i++)
        if (slot->block[i].state != BLOCK_NONE && tl_hash_eq(&slot->block[i].meta.hash, hash))
            return &slot->block[i];
    return NULL;
}

const struct tl_cert *tl_core_slot_cert(const struct slot *slot, enum tl_vote_kind kind)
{
    const struct tl_cert *cert = &slot->cert[kind - 1];

    return cert->kind == kind ? cert : NULL;
}

bool tl_core_block_is_certified(const struct slot *slot, const struct tl_hash *hash)
{
    const struct tl_cert *notarized = tl_core_slot_cert(slot, TL_VOTE_NOTARIZE);
    const struct tl_cert *finalized = tl_core_slot_cert(slot, TL_VOTE_FINALIZE);

    return (notarized != NULL && tl_hash_eq(&notarized->hash, hash)) ||
           (finalized != NULL && tl_hash_eq(&finalized->hash, hash));
}

struct held_block *tl_core_block_certified(struct slot *slot)
{
    for (size_t i = 0; i < TL_BFT_BLOCKS_PER_VIEW; i++)
        if (slot->block[i].state != BLOCK_NONE &&
            tl_core_block_is_certified(slot, &slot->block[i].meta.hash))
            return &slot->block[i];
    return NULL;
}

struct seat *tl_core_slot_seat(const struct tl_bft *core, const struct slot *slot,
                               enum tl_vote_kind kind, uint32_t member)
{
    TL_CHECK(member < core->config.members);
    return &slot->seat[((size_t)kind - 1u) * core->config.members + member];
}

bool tl_core_slot_voted(const struct slot *slot, enum tl_vote_kind kind, uint32_t member)
{
    return (slot->voted[kind - 1] >> member & 1u) != 0;
}

bool tl_core_parent_is_tip(const struct tl_bft *core, const struct tl_bft_block *block)
{
    return block->parent_view == core->final_view &&
           tl_hash_eq(&block->parent_hash, &core->final_hash);
}

bool tl_core_block_extends_tip(const struct tl_bft *core, const struct tl_bft_block *block)
{
    const struct tl_bft_block *at = block;

    while (!tl_core_parent_is_tip(core, at)) {
        const struct held_block *parent;

        if (at->parent_view <= core->final_view)
            return false;
        parent = tl_core_block_find(core, &at->parent_hash, at->parent_view);
        if (parent == NULL || parent->state != BLOCK_VALID)
            return false;
        at = &parent->meta;
    }
    return true;
}
