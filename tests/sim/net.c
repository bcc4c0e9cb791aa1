/* The network: frames that get lost, late, doubled and repeated, and links that
 * break in one direction or both. */
#include "sim.h"

#include "tl/check.h"

#include <stdlib.h>
#include <string.h>

static bool linked(const struct host *from, const struct host *to)
{
    const struct sim *sim = from->sim;

    if (sim->healed || from->group == to->group)
        return true;
    /* In one direction only: the higher group hears the lower one. */
    return sim->options.partitions == 2 && from->group < to->group;
}

static struct happening *frame_new(struct host *from, uint32_t to, uint32_t number,
                                   struct tl_bytes body, uint64_t in_ms)
{
    struct happening *h = happen(from->sim, FRAME, in_ms);

    h->host = to;
    h->from = from->member;
    h->number = number;
    h->len = body.len;
    h->bytes = grab(body.len, 1);
    if (body.len > 0)
        memcpy(h->bytes, body.ptr, body.len);
    return h;
}

static void keep_old(struct sim *sim, const struct happening *frame)
{
    struct happening **slot = &sim->old[chance(sim, 64)];

    if (*slot != NULL)
        happening_free(*slot);
    *slot = grab(1, sizeof **slot);
    **slot = *frame;
    (*slot)->bytes = grab(frame->len, 1);
    if (frame->len > 0)
        memcpy((*slot)->bytes, frame->bytes, frame->len);
}

static void say_old(struct sim *sim)
{
    struct happening *old = sim->old[chance(sim, 64)];
    struct happening *h;

    if (old == NULL)
        return;
    h = happen(sim, FRAME, 1 + chance(sim, 100));
    h->host = old->host;
    h->from = old->from;
    h->number = old->number;
    h->len = old->len;
    h->bytes = grab(old->len, 1);
    if (old->len > 0)
        memcpy(h->bytes, old->bytes, old->len);
}

static uint64_t delay(struct sim *sim)
{
    const struct options *o = &sim->options;
    uint64_t ms = 1 + chance(sim, o->delay_ms + 1);

    if (!sim->healed && permille(sim, o->late_permille))
        ms += chance(sim, o->late_ms + 1);
    return sim->healed ? 1 + chance(sim, o->calm_ms + 1) : ms;
}

static void carry_to(struct host *from, struct host *to, uint32_t number, struct tl_bytes body)
{
    struct sim *sim = from->sim;
    const struct options *o = &sim->options;

    if (!linked(from, to) || (!sim->healed && permille(sim, o->loss_permille))) {
        sim->result.lost_frames++;
        return;
    }
    (void)frame_new(from, to->index, number, body, delay(sim));
    if (!sim->healed && permille(sim, o->twice_permille))
        (void)frame_new(from, to->index, number, body, delay(sim));
    if (!sim->healed && o->replay_permille > 0) {
        struct happening *h = frame_new(from, to->index, number, body, delay(sim) + 1000);

        keep_old(sim, h);
        if (permille(sim, o->replay_permille))
            say_old(sim);
    }
}

/* To each machine of the member. */
void net_carry(struct host *from, uint32_t to, uint32_t number, struct tl_bytes body)
{
    struct sim *sim = from->sim;

    for (uint32_t i = 0; i < sim->hosts; i++) {
        if (sim->host[i].member == to)
            carry_to(from, &sim->host[i], number, body);
    }
}

void net_send(struct host *from, uint32_t to, uint32_t number, struct tl_bytes body)
{
    check_frame(from, number, body);
    if (from->liar && lie_about(from, to, number, body))
        return;
    net_carry(from, to, number, body);
}

void net_arrive(struct sim *sim, struct happening *frame)
{
    struct host *host = &sim->host[frame->host];
    struct tl_mail *mail;

    if (host->node == NULL)
        return;
    record(sim, "frame", frame->host << 8 | frame->from, frame->number,
           tl_bytes(frame->bytes, frame->len));
    mail = tl_mail_new(TL_MAIL_FRAME, frame->from, tl_bytes(frame->bytes, frame->len));
    mail->from = frame->from;
    mail->number = frame->number;
    TL_CHECK(tl_mailbox_post(&host->mailbox, mail));
}

static void tell_peer(struct host *host, uint32_t member)
{
    struct tl_mail *mail;

    if (host->node == NULL || host->member == member)
        return;
    mail = tl_mail_new(TL_MAIL_PEER, TL_MAIL_OURS, TL_BYTES_NONE);
    mail->from = member;
    mail->number = 1;
    TL_CHECK(tl_mailbox_post(&host->mailbox, mail));
}

/* A machine has started: it meets the others, and they it. */
void net_peers_up(struct host *host)
{
    struct sim *sim = host->sim;

    for (uint32_t i = 0; i < sim->hosts; i++) {
        struct host *other = &sim->host[i];

        if (other == host || other->node == NULL || !linked(host, other) || !linked(other, host))
            continue;
        tell_peer(host, other->member);
        tell_peer(other, host->member);
    }
}

/* Two halves, a machine of every pair of twins in each.  Beyond the bound the
 * honest are dealt out evenly, so that each half is a quorum; else at random. */
static uint32_t half_of(struct sim *sim, const struct host *host)
{
    uint32_t honest = 0;

    if (host->twin)
        return host->index > 0 && (host - 1)->member == host->member;
    for (uint32_t i = 0; i < host->index; i++)
        honest += !sim->host[i].twin;
    return within_safety(&sim->options) ? (uint32_t)chance(sim, 2) : honest % 2;
}

static uint32_t group_of(struct sim *sim, const struct host *host)
{
    if (sim->healed || sim->options.partitions == 0)
        return 0;
    if (sim->options.partitions == 3)
        return half_of(sim, host);
    return chance(sim, 2) == 0 ? (uint32_t)chance(sim, 3) : 0;
}

void net_links(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->hosts; i++) {
        struct host *host = &sim->host[i];
        uint32_t group = group_of(sim, host);

        if (group == host->group)
            continue;
        host->group = group;
        if (host->node != NULL)
            net_peers_up(host);
    }
}
