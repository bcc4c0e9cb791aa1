/* Who the members are to each other: names, scores, frames in and out.  How the
 * connections live is in dial.c and listen.c. */
#include "tl/net.h"
#include "dial.h"
#include "hello.h"
#include "listen.h"
#include "tl/check.h"
#include "tl/clock.h"
#include "tl/logline.h"
#include "tl/tls_pin.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define POINTS_MAX         100u
#define POINT_FORGOTTEN_MS 10000u
#define DEAF_MS            30000u

struct peer {
    struct tl_net *net;
    uint32_t member;
    struct nng_tls_config *tls;
    struct dial *dial; /* NULL: ourselves */
    /* Guarded by the network's lock: */
    struct tl_net_peer seen;
    uint32_t callers; /* connections that bear its name */
    uint32_t points;
    uint64_t points_ms;
    bool deaf; /* since its last fault, until a frame finds the time over */
    uint64_t deaf_until_ms;
};

struct tl_net {
    struct tl_net_plan plan;
    uint32_t members;
    struct tl_voters voters;
    struct nng_tls_config *tls;
    struct listen *listen;
    struct peer peer[TL_MEMBERS_MAX];
    pthread_mutex_t lock;
    uint64_t strangers;
};

static void tell(struct tl_net *net, uint32_t member, bool up)
{
    struct tl_mail *mail = tl_mail_new(TL_MAIL_PEER, TL_MAIL_OURS, TL_BYTES_NONE);

    if (mail == NULL)
        return;
    mail->from = member;
    mail->number = up ? 1 : 0;
    TL_CHECK(tl_mailbox_post(net->plan.mailbox, mail));
}

/* ---- sending ---- */

static bool greet(void *host, struct frames_out *out)
{
    struct peer *peer = host;
    uint8_t bytes[TL_HELLO_BYTES];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);

    return tl_hello_write(&peer->net->plan, peer->member, &buf) == TL_OK &&
           frames_put(out, TL_MSG_HELLO, tl_buf_bytes(&buf));
}

static void on_dialed(void *host, bool up)
{
    struct peer *peer = host;

    tell(peer->net, peer->member, up);
}

void tl_net_send(struct tl_net *net, uint32_t member, enum tl_message number, struct tl_bytes body)
{
    TL_CHECK(member < net->members && body.len <= TL_FRAME_BYTES_MAX);
    if (net->peer[member].dial != NULL)
        dial_send(net->peer[member].dial, number, body);
}

void tl_net_broadcast(struct tl_net *net, enum tl_message number, struct tl_bytes body)
{
    for (uint32_t m = 0; m < net->members; m++)
        tl_net_send(net, m, number, body);
}

/* ---- receiving ---- */

/* With the lock held.  A member that is ignored is heard again with the first
 * frame after its time, and what it missed is sent as to one that just came. */
static bool is_deaf(struct peer *peer, uint64_t now_ms, bool *again)
{
    *again = peer->deaf;
    peer->deaf = peer->deaf_until_ms > now_ms;
    return peer->deaf;
}

/* A frame of a member: counted, and true if it is to be acted on.  *greeted: as
 * if it had just said hello. */
static bool count_frame(struct tl_net *net, uint32_t member, bool *greeted)
{
    struct peer *peer = &net->peer[member];
    uint64_t now_ms = tl_clock_mono_ms();
    bool heard;
    bool again;

    (void)pthread_mutex_lock(&net->lock);
    heard = !is_deaf(peer, now_ms, &again);
    if (heard) {
        peer->seen.in = true;
        peer->seen.heard_ms = now_ms;
        peer->seen.received++;
    }
    (void)pthread_mutex_unlock(&net->lock);
    *greeted = *greeted || again;
    return heard;
}

static bool name_caller(struct tl_net *net, struct caller *caller, const struct tl_frame *frame)
{
    if (frame->number != TL_MSG_HELLO ||
        !tl_hello_read(&net->plan, &net->voters, frame->body, &caller->member))
        return false;
    caller->named = true;
    (void)pthread_mutex_lock(&net->lock);
    net->peer[caller->member].callers++;
    (void)pthread_mutex_unlock(&net->lock);
    return true;
}

static void post_frame(struct tl_net *net, uint32_t member, const struct tl_frame *frame)
{
    struct tl_mail *mail = tl_mail_new(TL_MAIL_FRAME, member, frame->body);

    if (mail == NULL)
        return;
    mail->from = member;
    mail->number = frame->number;
    if (!tl_mailbox_post(net->plan.mailbox, mail))
        tl_mail_free(mail);
}

static bool on_heard(void *host, struct caller *caller, const struct tl_frame *frame)
{
    struct tl_net *net = host;
    bool greeted = !caller->named;

    if (!caller->named && !name_caller(net, caller, frame))
        return false;
    if (!count_frame(net, caller->member, &greeted))
        return true;
    if (greeted) {
        /* Who was away is back: our own connection need not wait for its next try. */
        if (net->peer[caller->member].dial != NULL)
            dial_wake(net->peer[caller->member].dial);
        tell(net, caller->member, true);
    } else if (frame->number != TL_MSG_PING) {
        post_frame(net, caller->member, frame);
    }
    return true;
}

static void on_gone(void *host, const struct caller *caller)
{
    struct tl_net *net = host;
    bool last = false;

    (void)pthread_mutex_lock(&net->lock);
    if (caller->named) {
        last = --net->peer[caller->member].callers == 0;
        net->peer[caller->member].seen.in = !last && net->peer[caller->member].seen.in;
    } else {
        net->strangers++;
    }
    (void)pthread_mutex_unlock(&net->lock);
    if (last)
        tell(net, caller->member, false);
}

/* ---- faults ---- */

static void score(struct peer *peer, uint32_t points, uint64_t now_ms)
{
    uint64_t forgotten = (now_ms - peer->points_ms) / POINT_FORGOTTEN_MS;

    peer->points = forgotten >= peer->points ? 0 : peer->points - (uint32_t)forgotten;
    peer->points_ms = now_ms;
    peer->points += points;
    peer->seen.faults++;
}

/* With the lock held: nothing of this member is heard until its time is over. */
static void turn_deaf(struct peer *peer, uint64_t until_ms)
{
    peer->points = 0;
    peer->deaf = true;
    peer->deaf_until_ms = until_ms;
    peer->seen.in = false;
}

void tl_net_fault(struct tl_net *net, uint32_t member, uint32_t points, const char *reason)
{
    struct peer *peer = &net->peer[member];
    uint64_t now_ms = tl_clock_mono_ms();
    bool out;

    TL_CHECK(member < net->members);
    (void)pthread_mutex_lock(&net->lock);
    score(peer, points, now_ms);
    out = peer->points >= POINTS_MAX;
    if (out)
        turn_deaf(peer, now_ms + DEAF_MS);
    (void)pthread_mutex_unlock(&net->lock);
    if (!out)
        return;
    tl_log(TL_LOG_ODD, "member-ignored", tl_log_uint("member", member),
           tl_log_str("reason", reason), tl_log_uint("deaf_ms", DEAF_MS));
    tell(net, member, false);
}

/* ---- opening and closing ---- */

static enum tl_status listen_to_all(struct tl_net *net, struct tl_why *why)
{
    struct listen_plan plan = {
        .address = net->plan.listen, .hear = on_heard, .gone = on_gone, .host = net};
    enum tl_status st =
        tl_tls_pin_listen(&net->tls, net->plan.genesis, net->plan.self, net->plan.identity, why);

    plan.tls = net->tls;
    return st == TL_OK ? listen_new(&net->listen, &plan, why) : st;
}

static enum tl_status dial_one(struct tl_net *net, const struct tl_member *member,
                               struct peer *peer, struct tl_why *why)
{
    struct dial_plan plan = {.address = member->address,
                             .queue_bytes = net->plan.queue_bytes,
                             .greet = greet,
                             .tell = on_dialed,
                             .host = peer};
    enum tl_status st = tl_tls_pin_dial(&peer->tls, member, net->plan.identity, why);

    plan.tls = peer->tls;
    return st == TL_OK ? dial_new(&peer->dial, &plan, why) : st;
}

static enum tl_status dial_all(struct tl_net *net, struct tl_why *why)
{
    struct tl_member member;
    enum tl_status st = TL_OK;

    for (uint32_t m = 0; m < net->members && st == TL_OK; m++) {
        if (m != net->plan.self && tl_genesis_member(net->plan.genesis, m, &member))
            st = dial_one(net, &member, &net->peer[m], why);
    }
    return st;
}

enum tl_status tl_net_open(struct tl_net **out, const struct tl_net_plan *plan, struct tl_why *why)
{
    struct tl_net *net = calloc(1, sizeof *net);
    enum tl_status st;

    *out = NULL;
    if (net == NULL)
        return tl_why_set(why, TL_ERR_NO_MEMORY, "no memory for the network");
    net->plan = *plan;
    net->members = plan->genesis->members.count;
    TL_CHECK(net->members <= TL_MEMBERS_MAX && plan->self < net->members);
    tl_genesis_voters(&net->voters, plan->genesis, &plan->chain_id);
    TL_CHECK(pthread_mutex_init(&net->lock, NULL) == 0);
    for (uint32_t m = 0; m < net->members; m++)
        net->peer[m] = (struct peer){.net = net, .member = m};
    st = listen_to_all(net, why);
    if (st == TL_OK)
        st = dial_all(net, why);
    if (st != TL_OK)
        tl_net_close(net);
    else
        *out = net;
    return st;
}

void tl_net_close(struct tl_net *net)
{
    if (net == NULL)
        return;
    for (uint32_t m = 0; m < net->members; m++) {
        dial_free(net->peer[m].dial);
        tl_tls_pin_free(net->peer[m].tls);
    }
    listen_free(net->listen);
    tl_tls_pin_free(net->tls);
    (void)pthread_mutex_destroy(&net->lock);
    free(net);
}

void tl_net_peer(struct tl_net *net, uint32_t member, struct tl_net_peer *out)
{
    TL_CHECK(member < net->members);
    (void)pthread_mutex_lock(&net->lock);
    *out = net->peer[member].seen;
    (void)pthread_mutex_unlock(&net->lock);
    if (net->peer[member].dial != NULL)
        dial_seen(net->peer[member].dial, out);
}

uint64_t tl_net_strangers(struct tl_net *net)
{
    uint64_t strangers;

    (void)pthread_mutex_lock(&net->lock);
    strangers = net->strangers;
    (void)pthread_mutex_unlock(&net->lock);
    return strangers;
}
