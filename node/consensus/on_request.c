/* What peers ask of us, and a peer that came back. */
#include "core.h"

static void send_tip(const struct tl_bft *core, uint32_t to, uint64_t above,
                     struct tl_bft_effects *out)
{
    const struct tl_cert *cert = tl_bft_cert(core, TL_VOTE_FINALIZE, core->certified_final);

    if (cert != NULL && cert->view > above)
        tl_core_effect_cert(out, TL_BFT_SEND_CERT, cert, to);
}

static void send_certs(const struct tl_bft *core, uint32_t to, uint64_t view,
                       struct tl_bft_effects *out)
{
    const struct slot *slot = tl_core_slot_find(core, view);

    for (size_t i = 0; slot != NULL && i < VOTE_KINDS; i++)
        if (slot->cert[i].kind != 0)
            tl_core_effect_cert(out, TL_BFT_SEND_CERT, &slot->cert[i], to);
    if (view <= core->final_view)
        send_tip(core, to, view, out);
}

enum tl_status tl_core_on_request(struct tl_bft *core, const struct tl_bft_event *event,
                                  struct tl_bft_effects *out)
{
    if (event->from >= core->config.members)
        return TL_ERR_RANGE;
    if (event->kind == TL_BFT_MET)
        tl_core_effect_ask_tip(core, out, event->from);
    else if (event->kind == TL_BFT_ASKED_TIP)
        send_tip(core, event->from, event->view, out);
    else
        send_certs(core, event->from, event->view, out);
    return TL_OK;
}
