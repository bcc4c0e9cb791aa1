/* nng push and pull sockets over TLS, one connection each way per pair. */
#include "tl/net.h"
#include "hangup.h"
#include "hello.h"
#include "tl/check.h"
#include "tl/clock.h"
#include "tl/logline.h"
#include "tl/tls_pin.h"

#include <nng/nng.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

TL_DEFINE_RECORD(tl_frame, TL_FRAME_FIELDS)

#define POINTS_MAX         100u
#define POINT_FORGOTTEN_MS 10000u
#define DEAF_MS            30000u
#define PIPES_MAX          256u
#define FRAME_OVERHEAD     16u
#define REDIAL_MS          500u

/* A frame that waits for its turn on the wire. */
struct queued {
    struct queued *next;
    nng_msg *msg;
};

/* A push socket serves one connection and is made anew for the next: nng 1.5 can
 * keep a connection that ended in the socket's list, and send into it. */
struct peer {
    struct tl_net *net;
    uint32_t member;
    nng_socket push;
    uint32_t pipe; /* the one connection; 0 none so far */
    uint64_t opened_ms;
    nng_aio *aio;
    bool open;    /* the socket exists */
    bool spent;   /* its connection ended */
    bool out;     /* connected */
    bool sending; /* the aio has a frame */
    struct queued *first;
    struct queued **last;
    size_t queued_bytes;
    struct tl_net_peer seen;
    uint32_t points;
    uint64_t points_ms;
    uint64_t deaf_until_ms;
};

/* A connection to our listener; without a name until its hello.  What is not to
 * be heard is ignored, never hung up on: nng 1.5 can lose the end of a connection
 * that is closed here while a frame arrives, and then forgets every later one. */
struct pipe {
    uint32_t id;
    bool used;
    bool named;
    bool refused; /* its first frame was no hello */
    bool deaf;    /* its member was at fault lately */
    uint32_t member;
};

struct tl_net {
    struct tl_net_plan plan;
    uint32_t members;
    pthread_mutex_t lock; /* guards peers, pipes and strangers */
    nng_socket pull;
    bool pull_open;
    bool receiving;
    pthread_t receiver;
    bool redialing;
    bool closing;
    pthread_t redialer;
    pthread_cond_t changed; /* a push socket is spent, or all are closing */
    struct nng_tls_config *tls_listen;
    struct nng_tls_config *tls_dial[TL_MEMBERS_MAX];
    struct tl_voters voters;
    struct peer peer[TL_MEMBERS_MAX];
    struct pipe pipe[PIPES_MAX];
    uint64_t strangers;
};

static enum tl_status fail(struct tl_why *why, const char *what, const char *subject, int rv)
{
    return tl_why_set(why, TL_ERR_IO, "cannot %s \"%s\": %s", what, subject, nng_strerror(rv));
}

static nng_msg *frame_msg(enum tl_message number, struct tl_bytes body)
{
    struct tl_frame frame = {.number = (uint8_t)number, .body = body};
    struct tl_buf buf;
    nng_msg *msg;

    if (nng_msg_alloc(&msg, body.len + FRAME_OVERHEAD) != 0)
        return NULL;
    buf = tl_buf(nng_msg_body(msg), nng_msg_len(msg));
    tl_record_write(&tl_frame_record, &frame, &buf);
    TL_CHECK(!buf.full);
    (void)nng_msg_chop(msg, nng_msg_len(msg) - buf.len);
    return msg;
}

static nng_msg *hello_msg(struct peer *peer)
{
    uint8_t bytes[TL_HELLO_BYTES];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);

    if (tl_hello_write(&peer->net->plan, peer->member, &buf) != TL_OK)
        return NULL;
    return frame_msg(TL_MSG_HELLO, tl_buf_bytes(&buf));
}

/* ---- sending ---- */

static void drop_queue(struct peer *peer)
{
    struct queued *next;

    for (struct queued *q = peer->first; q != NULL; q = next) {
        next = q->next;
        nng_msg_free(q->msg);
        free(q);
        peer->seen.dropped++;
    }
    peer->first = NULL;
    peer->last = &peer->first;
    peer->queued_bytes = 0;
}

/* With the lock held: hands the next frame to nng when it has none. */
static void send_next(struct peer *peer)
{
    struct queued *q = peer->first;

    if (q == NULL || peer->sending || !peer->out)
        return;
    peer->first = q->next;
    if (peer->first == NULL)
        peer->last = &peer->first;
    peer->queued_bytes -= nng_msg_len(q->msg);
    peer->sending = true;
    nng_aio_set_msg(peer->aio, q->msg);
    free(q);
    nng_send_aio(peer->push, peer->aio);
}

static void sent(void *arg)
{
    struct peer *peer = arg;

    (void)pthread_mutex_lock(&peer->net->lock);
    if (nng_aio_result(peer->aio) == 0) {
        peer->seen.sent++;
    } else {
        nng_msg *msg = nng_aio_get_msg(peer->aio);

        peer->seen.dropped++;
        if (msg != NULL)
            nng_msg_free(msg);
        nng_aio_set_msg(peer->aio, NULL);
    }
    peer->sending = false;
    send_next(peer);
    (void)pthread_mutex_unlock(&peer->net->lock);
}

/* With the lock held.  Takes the message. */
static void enqueue(struct peer *peer, nng_msg *msg, size_t limit)
{
    struct queued *q = msg == NULL ? NULL : malloc(sizeof *q);

    if (q == NULL || !tl_share_admits(peer->queued_bytes, nng_msg_len(msg), limit)) {
        peer->seen.dropped++;
        free(q);
        if (msg != NULL)
            nng_msg_free(msg);
        return;
    }
    *q = (struct queued){NULL, msg};
    *peer->last = q;
    peer->last = &q->next;
    peer->queued_bytes += nng_msg_len(msg);
    send_next(peer);
}

void tl_net_send(struct tl_net *net, uint32_t member, enum tl_message number, struct tl_bytes body)
{
    struct peer *peer = &net->peer[member];
    nng_msg *msg;

    TL_CHECK(member < net->members && body.len <= TL_FRAME_BYTES_MAX);
    if (member == net->plan.self)
        return;
    msg = frame_msg(number, body);
    (void)pthread_mutex_lock(&net->lock);
    if (peer->out) {
        enqueue(peer, msg, net->plan.queue_bytes);
    } else {
        peer->seen.dropped++;
        if (msg != NULL)
            nng_msg_free(msg);
    }
    (void)pthread_mutex_unlock(&net->lock);
}

void tl_net_broadcast(struct tl_net *net, enum tl_message number, struct tl_bytes body)
{
    for (uint32_t m = 0; m < net->members; m++)
        tl_net_send(net, m, number, body);
}

/* ---- connections ---- */

static void tell(struct tl_net *net, uint32_t member, bool up)
{
    struct tl_mail *mail = tl_mail_new(TL_MAIL_PEER, TL_MAIL_OURS, TL_BYTES_NONE);

    if (mail == NULL)
        return;
    mail->from = member;
    mail->number = up ? 1 : 0;
    TL_CHECK(tl_mailbox_post(net->plan.mailbox, mail));
}

/* Before nng starts a connection of ours: the first of a socket, and no other. */
static void on_dialing(nng_pipe pipe, nng_pipe_ev event, void *arg)
{
    struct peer *peer = arg;
    bool first;

    (void)event;
    (void)pthread_mutex_lock(&peer->net->lock);
    first = peer->pipe == 0;
    if (first)
        peer->pipe = (uint32_t)nng_pipe_id(pipe);
    (void)pthread_mutex_unlock(&peer->net->lock);
    if (!first)
        (void)nng_pipe_close(pipe);
}

/* With the lock held: what waited for the old connection is out of date.  The end
 * can be told before the beginning. */
static void turn(struct peer *peer, bool up)
{
    drop_queue(peer);
    peer->out = up && !peer->spent;
    if (peer->out) {
        enqueue(peer, hello_msg(peer), SIZE_MAX);
        return;
    }
    peer->spent = true;
    if (peer->sending)
        nng_aio_abort(peer->aio, NNG_ECLOSED);
    (void)pthread_cond_signal(&peer->net->changed);
}

/* Our connection to a member came up or went down. */
static void on_dialed(nng_pipe pipe, nng_pipe_ev event, void *arg)
{
    struct peer *peer = arg;
    bool ours;
    bool up;

    (void)pthread_mutex_lock(&peer->net->lock);
    ours = peer->pipe == (uint32_t)nng_pipe_id(pipe);
    if (ours)
        turn(peer, event == NNG_PIPE_EV_ADD_POST);
    up = peer->out;
    (void)pthread_mutex_unlock(&peer->net->lock);
    if (ours)
        tell(peer->net, peer->member, up);
}

/* With the lock held. */
static struct pipe *find_pipe(struct tl_net *net, uint32_t id)
{
    for (size_t i = 0; i < PIPES_MAX; i++) {
        if (net->pipe[i].used && net->pipe[i].id == id)
            return &net->pipe[i];
    }
    return NULL;
}

static bool any_pipe_of(const struct tl_net *net, uint32_t member)
{
    for (size_t i = 0; i < PIPES_MAX; i++) {
        if (net->pipe[i].used && net->pipe[i].named && net->pipe[i].member == member)
            return true;
    }
    return false;
}

static void on_accepting(nng_pipe pipe, nng_pipe_ev event, void *arg)
{
    struct tl_net *net = arg;
    bool kept = false;

    (void)event;
    (void)pthread_mutex_lock(&net->lock);
    for (size_t i = 0; i < PIPES_MAX && !kept; i++) {
        if (!net->pipe[i].used) {
            net->pipe[i] = (struct pipe){.id = (uint32_t)nng_pipe_id(pipe), .used = true};
            kept = true;
        }
    }
    if (!kept)
        net->strangers++;
    (void)pthread_mutex_unlock(&net->lock);
    if (!kept)
        (void)nng_pipe_close(pipe);
}

static void on_hung_up(nng_pipe id, nng_pipe_ev event, void *arg)
{
    struct tl_net *net = arg;
    struct pipe *pipe;
    uint32_t member = net->plan.self;

    (void)event;
    (void)pthread_mutex_lock(&net->lock);
    pipe = find_pipe(net, (uint32_t)nng_pipe_id(id));
    if (pipe != NULL) {
        pipe->used = false;
        if (pipe->named && !any_pipe_of(net, pipe->member)) {
            member = pipe->member;
            net->peer[member].seen.in = false;
        }
    }
    (void)pthread_mutex_unlock(&net->lock);
    if (member != net->plan.self)
        tell(net, member, false);
}

/* ---- receiving ---- */

/* With the lock held: the first frame of a connection must name it. */
static bool name_pipe(struct tl_net *net, struct pipe *pipe, const struct tl_frame *frame)
{
    uint32_t member;

    if (pipe->refused || frame->number != TL_MSG_HELLO ||
        !tl_hello_read(&net->plan, &net->voters, frame->body, &member)) {
        pipe->refused = true;
        return false;
    }
    pipe->named = true;
    pipe->deaf = net->peer[member].deaf_until_ms > tl_clock_mono_ms();
    pipe->member = member;
    return true;
}

enum heard { HEARD_NOTHING, HEARD_HELLO, HEARD_FRAME };

/* With the lock held: what a frame of a member means to us. */
static enum heard hear_member(struct tl_net *net, struct pipe *pipe, bool hello)
{
    struct peer *peer = &net->peer[pipe->member];
    uint64_t now_ms = tl_clock_mono_ms();
    bool again = pipe->deaf;

    pipe->deaf = peer->deaf_until_ms > now_ms;
    if (pipe->deaf)
        return HEARD_NOTHING;
    peer->seen.in = true;
    peer->seen.heard_ms = now_ms;
    peer->seen.received++;
    return hello || again ? HEARD_HELLO : HEARD_FRAME;
}

/* Who sent the frame and what to do with it. */
static enum heard hear(struct tl_net *net, nng_msg *msg, struct tl_frame *frame, uint32_t *member)
{
    enum tl_status st =
        tl_record_decode(&tl_frame_record, frame, tl_bytes(nng_msg_body(msg), nng_msg_len(msg)));
    enum heard heard = HEARD_NOTHING;
    struct pipe *pipe;
    bool was_named;

    (void)pthread_mutex_lock(&net->lock);
    pipe = find_pipe(net, (uint32_t)nng_pipe_id(nng_msg_get_pipe(msg)));
    was_named = pipe != NULL && pipe->named;
    if (pipe != NULL && st == TL_OK && (was_named || name_pipe(net, pipe, frame))) {
        heard = hear_member(net, pipe, !was_named);
        *member = pipe->member;
    } else {
        net->strangers++;
    }
    (void)pthread_mutex_unlock(&net->lock);
    return heard;
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

static void receive(struct tl_net *net, nng_msg *msg)
{
    struct tl_frame frame;
    uint32_t member = 0;

    switch (hear(net, msg, &frame, &member)) {
    case HEARD_NOTHING:
        break;
    case HEARD_HELLO:
        tell(net, member, true);
        break;
    case HEARD_FRAME:
        post_frame(net, member, &frame);
        break;
    }
    nng_msg_free(msg);
}

static void *receive_all(void *arg)
{
    struct tl_net *net = arg;
    nng_msg *msg;
    int rv;

    while ((rv = nng_recvmsg(net->pull, &msg, 0)) != NNG_ECLOSED) {
        if (rv == 0)
            receive(net, msg);
    }
    return NULL;
}

/* ---- faults ---- */

/* With the lock held: nothing of this member is heard until its time is over. */
static void turn_deaf(struct tl_net *net, uint32_t member, uint64_t until_ms)
{
    net->peer[member].points = 0;
    net->peer[member].deaf_until_ms = until_ms;
    net->peer[member].seen.in = false;
    for (size_t i = 0; i < PIPES_MAX; i++) {
        if (net->pipe[i].named && net->pipe[i].member == member)
            net->pipe[i].deaf = true;
    }
}

static void score(struct peer *peer, uint32_t points, uint64_t now_ms)
{
    uint64_t forgotten = (now_ms - peer->points_ms) / POINT_FORGOTTEN_MS;

    peer->points = forgotten >= peer->points ? 0 : peer->points - (uint32_t)forgotten;
    peer->points_ms = now_ms;
    peer->points += points;
    peer->seen.faults++;
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
        turn_deaf(net, member, now_ms + DEAF_MS);
    (void)pthread_mutex_unlock(&net->lock);
    if (!out)
        return;
    tl_log(TL_LOG_ODD, "member-ignored", tl_log_uint("member", member),
           tl_log_str("reason", reason), tl_log_uint("deaf_ms", DEAF_MS));
    tell(net, member, false);
}

/* ---- opening ---- */

static int open_pull(struct tl_net *net)
{
    nng_listener listener;
    char url[TL_ADDRESS_MAX + 16];
    int rv = nng_pull0_open(&net->pull);

    if (rv != 0)
        return rv;
    net->pull_open = true;
    (void)snprintf(url, sizeof url, "tls+tcp://%s", net->plan.listen);
    (void)nng_pipe_notify(net->pull, NNG_PIPE_EV_ADD_PRE, on_accepting, net);
    (void)nng_pipe_notify(net->pull, NNG_PIPE_EV_REM_POST, on_hung_up, net);
    rv = nng_listener_create(&listener, net->pull, url);
    if (rv == 0)
        rv = nng_listener_set_ptr(listener, NNG_OPT_TLS_CONFIG, net->tls_listen);
    if (rv == 0)
        rv =
            nng_listener_set_size(listener, NNG_OPT_RECVMAXSZ, TL_FRAME_BYTES_MAX + FRAME_OVERHEAD);
    return rv == 0 ? nng_listener_start(listener, 0) : rv;
}

static int open_push(struct tl_net *net, const struct tl_member *member, struct peer *peer)
{
    nng_dialer dialer;
    char url[TL_ADDRESS_MAX + 16];
    int rv = nng_push0_open(&peer->push);

    if (rv != 0)
        return rv;
    peer->open = true;
    peer->opened_ms = tl_clock_mono_ms();
    (void)snprintf(url, sizeof url, "tls+tcp://%.*s", (int)member->address.len,
                   (const char *)member->address.ptr);
    (void)nng_pipe_notify(peer->push, NNG_PIPE_EV_ADD_PRE, on_dialing, peer);
    (void)nng_pipe_notify(peer->push, NNG_PIPE_EV_ADD_POST, on_dialed, peer);
    (void)nng_pipe_notify(peer->push, NNG_PIPE_EV_REM_POST, on_dialed, peer);
    rv = nng_dialer_create(&dialer, peer->push, url);
    if (rv == 0)
        rv = nng_dialer_set_ptr(dialer, NNG_OPT_TLS_CONFIG, net->tls_dial[peer->member]);
    if (rv == 0)
        rv = nng_dialer_set_ms(dialer, NNG_OPT_RECONNMINT, 50);
    if (rv == 0)
        rv = nng_dialer_set_ms(dialer, NNG_OPT_RECONNMAXT, 2000);
    return rv == 0 ? nng_dialer_start(dialer, NNG_FLAG_NONBLOCK) : rv;
}

static enum tl_status dial_all(struct tl_net *net, struct tl_why *why)
{
    struct tl_member member;

    for (uint32_t m = 0; m < net->members; m++) {
        struct peer *peer = &net->peer[m];
        char id[TL_MEMBER_ID_MAX + 1] = {0};
        enum tl_status st;
        int rv;

        if (m == net->plan.self || !tl_genesis_member(net->plan.genesis, m, &member))
            continue;
        memcpy(id, member.id.ptr, member.id.len);
        st = tl_tls_pin_dial(&net->tls_dial[m], &member, net->plan.identity, why);
        if (st != TL_OK)
            return st;
        rv = nng_aio_alloc(&peer->aio, sent, peer);
        if (rv == 0)
            rv = open_push(net, &member, peer);
        if (rv != 0)
            return fail(why, "set up the connection to member", id, rv);
    }
    return TL_OK;
}

/* ---- dialing again ---- */

/* With the lock held: a peer whose socket is spent, NULL for none.  One opened
 * just now waits, so that a member who hangs up at once costs little. */
static struct peer *spent_peer(struct tl_net *net, uint64_t *wake_ms)
{
    uint64_t now_ms = tl_clock_mono_ms();

    *wake_ms = UINT64_MAX;
    for (uint32_t m = 0; m < net->members; m++) {
        struct peer *peer = &net->peer[m];
        uint64_t due_ms = peer->opened_ms + REDIAL_MS;

        if (!peer->spent)
            continue;
        if (due_ms <= now_ms)
            return peer;
        if (due_ms < *wake_ms)
            *wake_ms = due_ms;
    }
    return NULL;
}

/* With the lock held. */
static void wait_changed(struct tl_net *net, uint64_t wake_ms)
{
    struct timespec until = {(time_t)(wake_ms / 1000), (long)(wake_ms % 1000) * 1000000};

    if (wake_ms == UINT64_MAX)
        (void)pthread_cond_wait(&net->changed, &net->lock);
    else
        (void)pthread_cond_timedwait(&net->changed, &net->lock, &until);
}

static void redial(struct tl_net *net, struct peer *peer)
{
    struct tl_member member;

    if (!tl_hangup(peer->push))
        tl_log(TL_LOG_ODD, "connection-not-closed", tl_log_uint("member", peer->member));
    (void)pthread_mutex_lock(&net->lock);
    peer->open = false;
    peer->spent = false;
    peer->pipe = 0;
    (void)pthread_mutex_unlock(&net->lock);
    if (tl_genesis_member(net->plan.genesis, peer->member, &member) &&
        open_push(net, &member, peer) != 0)
        tl_log(TL_LOG_BROKEN, "member-not-dialed", tl_log_uint("member", peer->member));
}

static void *redial_all(void *arg)
{
    struct tl_net *net = arg;
    uint64_t wake_ms;

    (void)pthread_mutex_lock(&net->lock);
    while (!net->closing) {
        struct peer *peer = spent_peer(net, &wake_ms);

        if (peer == NULL) {
            wait_changed(net, wake_ms);
            continue;
        }
        (void)pthread_mutex_unlock(&net->lock);
        redial(net, peer);
        (void)pthread_mutex_lock(&net->lock);
    }
    (void)pthread_mutex_unlock(&net->lock);
    return NULL;
}

static enum tl_status open_all(struct tl_net *net, struct tl_why *why)
{
    int rv;
    enum tl_status st = tl_tls_pin_listen(&net->tls_listen, net->plan.genesis, net->plan.self,
                                          net->plan.identity, why);

    if (st != TL_OK)
        return st;
    rv = open_pull(net);
    if (rv != 0)
        return fail(why, "listen for members on", net->plan.listen, rv);
    if (pthread_create(&net->receiver, NULL, receive_all, net) != 0)
        return tl_why_set(why, TL_ERR_NO_MEMORY, "cannot start the receiving thread");
    net->receiving = true;
    st = dial_all(net, why);
    if (st == TL_OK && pthread_create(&net->redialer, NULL, redial_all, net) != 0)
        return tl_why_set(why, TL_ERR_NO_MEMORY, "cannot start the dialing thread");
    net->redialing = st == TL_OK;
    return st;
}

static void init_locks(struct tl_net *net)
{
    pthread_condattr_t attr;

    TL_CHECK(pthread_mutex_init(&net->lock, NULL) == 0);
    TL_CHECK(pthread_condattr_init(&attr) == 0);
    TL_CHECK(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
    TL_CHECK(pthread_cond_init(&net->changed, &attr) == 0);
    (void)pthread_condattr_destroy(&attr);
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
    init_locks(net);
    for (uint32_t m = 0; m < net->members; m++) {
        net->peer[m].net = net;
        net->peer[m].member = m;
        net->peer[m].last = &net->peer[m].first;
    }
    st = open_all(net, why);
    if (st != TL_OK)
        tl_net_close(net);
    else
        *out = net;
    return st;
}

static void stop_redialing(struct tl_net *net)
{
    (void)pthread_mutex_lock(&net->lock);
    net->closing = true;
    (void)pthread_cond_signal(&net->changed);
    (void)pthread_mutex_unlock(&net->lock);
    if (net->redialing)
        (void)pthread_join(net->redialer, NULL);
}

/* False: nng does not let go of a socket, so nothing it may call can be freed. */
static bool close_sockets(struct tl_net *net)
{
    bool all = !net->pull_open || tl_hangup(net->pull);

    for (uint32_t m = 0; m < net->members; m++) {
        if (net->peer[m].open)
            all = tl_hangup(net->peer[m].push) && all;
    }
    return all;
}

static void free_peer(struct peer *peer)
{
    if (peer->aio != NULL) {
        nng_aio_stop(peer->aio);
        nng_aio_free(peer->aio);
    }
    drop_queue(peer);
}

void tl_net_close(struct tl_net *net)
{
    if (net == NULL)
        return;
    stop_redialing(net);
    if (!close_sockets(net)) {
        tl_log_event(TL_LOG_ODD, "network-not-closed");
        return;
    }
    if (net->receiving)
        (void)pthread_join(net->receiver, NULL);
    for (uint32_t m = 0; m < net->members; m++) {
        free_peer(&net->peer[m]);
        tl_tls_pin_free(net->tls_dial[m]);
    }
    tl_tls_pin_free(net->tls_listen);
    (void)pthread_cond_destroy(&net->changed);
    (void)pthread_mutex_destroy(&net->lock);
    free(net);
}

void tl_net_peer(struct tl_net *net, uint32_t member, struct tl_net_peer *out)
{
    TL_CHECK(member < net->members);
    (void)pthread_mutex_lock(&net->lock);
    *out = net->peer[member].seen;
    out->out = net->peer[member].out;
    (void)pthread_mutex_unlock(&net->lock);
}

uint64_t tl_net_strangers(struct tl_net *net)
{
    uint64_t strangers;

    (void)pthread_mutex_lock(&net->lock);
    strangers = net->strangers;
    (void)pthread_mutex_unlock(&net->lock);
    return strangers;
}
