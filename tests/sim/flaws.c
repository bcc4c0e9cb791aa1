/* Rules broken on purpose, in front of the right ones (linker option --wrap), and
 * the two machines of a twin kept from finding each other out. */
#include "sim.h"

#include "core.h"

#include "tl/replay.h"

#include <string.h>

enum flaw flaw = FLAW_NONE;

/* The names are the linker's, so they break the rule for names. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
struct tl_bft *__real_tl_bft_init(void *memory, const struct tl_bft_config *config);
struct tl_bft *__wrap_tl_bft_init(void *memory, const struct tl_bft_config *config);
enum tl_status __real_tl_sign_guard(const struct tl_sign_record *record,
                                    const struct tl_sign_floor *floor, const struct tl_vote *vote,
                                    struct tl_sign_record *next);
enum tl_status __wrap_tl_sign_guard(const struct tl_sign_record *record,
                                    const struct tl_sign_floor *floor, const struct tl_vote *vote,
                                    struct tl_sign_record *next);
void __real_tl_core_standstill_go_on(struct tl_bft *core, struct tl_bft_effects *out);
void __wrap_tl_core_standstill_go_on(struct tl_bft *core, struct tl_bft_effects *out);
void __real_tl_core_fetch_missing(struct tl_bft *core, struct tl_bft_effects *out);
void __wrap_tl_core_fetch_missing(struct tl_bft *core, struct tl_bft_effects *out);
enum tl_status __real_tl_core_block_fit(const struct tl_bft *core,
                                        const struct tl_bft_block *block);
enum tl_status __wrap_tl_core_block_fit(const struct tl_bft *core,
                                        const struct tl_bft_block *block);
enum tl_status __real_tl_core_on_block(struct tl_bft *core, const struct tl_bft_event *event,
                                       struct tl_bft_effects *out);
enum tl_status __wrap_tl_core_on_block(struct tl_bft *core, const struct tl_bft_event *event,
                                       struct tl_bft_effects *out);
void __real_tl_signer_votes(struct tl_signer *signer, tl_signer_visit *visit, void *context);
void __wrap_tl_signer_votes(struct tl_signer *signer, tl_signer_visit *visit, void *context);
enum tl_status __real_tl_block_apply(const struct tl_apply *apply,
                                     const struct tl_exec_block *block, struct tl_applied *out);
enum tl_status __wrap_tl_block_apply(const struct tl_apply *apply,
                                     const struct tl_exec_block *block, struct tl_applied *out);

/* Two machines with one key must not find that out: they are the adversary. */
struct tl_bft *__wrap_tl_bft_init(void *memory, const struct tl_bft_config *config)
{
    struct tl_bft_config changed = *config;

    if (machine()->twin || machine()->liar)
        changed.journal_from = TL_BFT_NEVER;
    return __real_tl_bft_init(memory, &changed);
}

enum tl_status __wrap_tl_sign_guard(const struct tl_sign_record *record,
                                    const struct tl_sign_floor *floor, const struct tl_vote *vote,
                                    struct tl_sign_record *next)
{
    struct tl_sign_record known = *record;
    enum tl_status st;

    if (flaw == FLAW_FINALIZE_NULLIFIED && vote->kind == TL_VOTE_FINALIZE)
        known.nullified = false;
    if (flaw == FLAW_FINALIZE_OTHER && vote->kind == TL_VOTE_FINALIZE)
        known.has_notarized = false;
    st = __real_tl_sign_guard(&known, floor, vote, next);
    if (st == TL_OK)
        next->nullified |= record->nullified;
    return st;
}

void __wrap_tl_core_standstill_go_on(struct tl_bft *core, struct tl_bft_effects *out)
{
    if (flaw == FLAW_NO_STANDSTILL)
        core->standstill_next = 0;
    else
        __real_tl_core_standstill_go_on(core, out);
}

void __wrap_tl_core_fetch_missing(struct tl_bft *core, struct tl_bft_effects *out)
{
    if (flaw == FLAW_NO_FETCH)
        core->fetch_next_at = TL_BFT_NEVER;
    else
        __real_tl_core_fetch_missing(core, out);
}

enum tl_status __wrap_tl_core_block_fit(const struct tl_bft *core, const struct tl_bft_block *block)
{
    enum tl_status st = __real_tl_core_block_fit(core, block);

    return st == TL_ERR_RANGE && flaw == FLAW_LEADER_UNCHECKED ? TL_OK : st;
}

enum tl_status __wrap_tl_block_apply(const struct tl_apply *apply,
                                     const struct tl_exec_block *block, struct tl_applied *out)
{
    enum tl_status st = __real_tl_block_apply(apply, block, out);

    if (st == TL_OK && flaw == FLAW_OTHER_RESULT && machine()->index == 0 && block->height == 3)
        out->state_root.b[0] ^= 1;
    return st;
}

enum tl_status __wrap_tl_core_on_block(struct tl_bft *core, const struct tl_bft_event *event,
                                       struct tl_bft_effects *out)
{
    enum tl_status st = __real_tl_core_on_block(core, event, out);
    struct tl_bft_event as_leader = *event;
    struct tl_bft_block block = *event->block;

    if (st != TL_ERR_RANGE || flaw != FLAW_LEADER_UNCHECKED)
        return st;
    block.leader = (uint8_t)tl_bft_leader(core, block.view);
    as_leader.block = &block;
    return __real_tl_core_on_block(core, &as_leader, out);
}

void __wrap_tl_signer_votes(struct tl_signer *signer, tl_signer_visit *visit, void *context)
{
    if (flaw != FLAW_VOTES_FORGOTTEN)
        __real_tl_signer_votes(signer, visit, context);
}
/* NOLINTEND(bugprone-reserved-identifier) */
