/* Certificates that can wait.
 *
 * Votes go from all to all, so nearly always every member forms a certificate
 * by itself, and sending it round as well is half of all frames of a block.  So
 * a NOTARIZE or FINALIZE certificate waits a little (R5-1) and is not sent when
 * a later final one has made it needless.  Whoever missed votes gets the newest
 * a moment later, or with the next proposal's justification. */
#include "node.h"

#include "tl/check.h"
#include "tl/clock.h"

#include <string.h>

/* R5-1: a twentieth of the delay that view timers allow for. */
#define LATE_PARTS 20u

static void pop(struct tl_late *late)
{
    TL_CHECK(late->count > 0);
    late->first = (late->first + 1) % TL_NODE_LATE;
    late->count--;
}

/* PROTOCOL R5-1: A member MUST store a certificate before it acts on it, and broadcast it once: a
 * NULLIFY certificate at once, any other within a twentieth of the delta, unless a FINALIZE
 * certificate of a later view, or for NOTARIZE of the same view, has made it needless by then. */
static bool is_needless(const struct tl_late_cert *cert, const struct tl_bft_status *bft)
{
    if (cert->kind == TL_VOTE_NOTARIZE)
        return cert->view <= bft->certified_final_view;
    return cert->view < bft->certified_final_view;
}

static void send_first(struct tl_node *node)
{
    struct tl_late *late = &node->late;
    struct tl_late_cert *cert = &late->cert[late->first];
    struct tl_bft_status bft;

    tl_bft_status(node->core, &bft);
    if (!is_needless(cert, &bft))
        tl_out(node, TL_BFT_EVERYBODY, TL_MSG_CERT, tl_bytes(cert->bytes, cert->len));
    pop(late);
}

void tl_late_cert(struct tl_node *node, const struct tl_cert *cert, struct tl_bytes bytes)
{
    struct tl_late *late = &node->late;
    struct tl_late_cert *slot;

    TL_CHECK(cert->kind != TL_VOTE_NULLIFY && bytes.len <= TL_CERT_BYTES_MAX);
    if (late->count == TL_NODE_LATE)
        send_first(node);
    slot = &late->cert[(late->first + late->count) % TL_NODE_LATE];
    late->count++;
    slot->kind = (enum tl_vote_kind)cert->kind;
    slot->view = cert->view;
    slot->due_ms = tl_clock_mono_ms() + node->epoch.genesis.delta_ms / LATE_PARTS;
    slot->len = bytes.len;
    memcpy(slot->bytes, bytes.ptr, bytes.len);
}

uint64_t tl_late_due_ms(const struct tl_node *node)
{
    return node->late.count == 0 ? TL_BFT_NEVER : node->late.cert[node->late.first].due_ms;
}

void tl_late_tick(struct tl_node *node, uint64_t now_ms)
{
    while (tl_late_due_ms(node) <= now_ms)
        send_first(node);
}
