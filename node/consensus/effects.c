/* Writing effects down. */
#include "core.h"

#include <string.h>

struct tl_bft_effect *tl_core_effect_add(struct tl_bft_effects *out, enum tl_bft_effect_kind kind)
{
    struct tl_bft_effect *effect;

    TL_CHECK(out->count < TL_BFT_EFFECTS_MAX);
    effect = &out->at[out->count++];
    memset(effect, 0, sizeof *effect);
    effect->kind = kind;
    effect->to = TL_BFT_EVERYBODY;
    return effect;
}

bool tl_core_effects_have_room(struct tl_bft *core, const struct tl_bft_effects *out)
{
    if (out->count < EFFECTS_SOFT)
        return true;
    core->more = true;
    return false;
}

void tl_core_effect_cert(struct tl_bft_effects *out, enum tl_bft_effect_kind kind,
                         const struct tl_cert *cert, uint32_t to)
{
    struct tl_bft_effect *effect = tl_core_effect_add(out, kind);

    effect->cert = cert;
    effect->view = cert->view;
    effect->hash = cert->hash;
    effect->vote_kind = (enum tl_vote_kind)cert->kind;
    effect->to = to;
}

void tl_core_effect_alarm(struct tl_bft *core, struct tl_bft_effects *out, enum tl_bft_alarm alarm,
                          uint64_t view)
{
    struct tl_bft_effect *effect = tl_core_effect_add(out, TL_BFT_ALARM);

    effect->alarm = alarm;
    effect->view = view;
    /* PROTOCOL R11-4: A member MUST NOT finalize anything more once it saw certificates that
     * exclude each other; a lack of finality alone stops nobody. */
    core->forked |= alarm == TL_BFT_ALARM_FORK;
    core->halted |= alarm != TL_BFT_ALARM_WINDOW;
}

void tl_core_effect_trace(struct tl_bft_effects *out, enum tl_bft_trace trace, uint64_t a,
                          uint64_t b, uint64_t c)
{
    struct tl_bft_effect *effect = tl_core_effect_add(out, TL_BFT_TRACE);

    effect->trace = trace;
    effect->n[0] = a;
    effect->n[1] = b;
    effect->n[2] = c;
}

void tl_core_effect_ask_tip(const struct tl_bft *core, struct tl_bft_effects *out, uint32_t to)
{
    struct tl_bft_effect *effect = tl_core_effect_add(out, TL_BFT_ASK_TIP);

    effect->view = core->final_view;
    effect->to = to;
}
