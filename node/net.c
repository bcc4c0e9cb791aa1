/* nng push and pull sockets over TLS, one connection each way per pair. */
#include "tl/net.h"

#include "tl/check.h"
#include "tl/clock.h"
#include "tl/hash.h"

#include <nng/nng.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>
#include <nng/supplemental/tls/tls.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TL_DEFINE_RECORD(tl_hello, TL_HELLO_FIELDS)
TL_DEFINE_RECORD(tl_frame, TL_FRAME_FIELDS)

#define HELLO_DOMAIN   "tallystick/hello/v1"
#define HELLO_BYTES    256u
#define FAULTS_MAX     100u
#define FAULT_MS       10000u
#define PENALTY_MS     30000u
#define PIPES_MAX      256u
#define FRAME_OVERHEAD 16u

/* A frame that waits for its turn on the wire. */
struct queued {
    struct queued *next;
    nng_msg *msg;
};

struct peer {
    struct tl_net *net;
    uint32_t member;
    nng_socket push;
    nng_aio *aio;
    bool open;    /* the socket exists */
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

/* A connection to our listener; without a name until its hello. */
struct pipe {
    uint32_t id;
    bool used;
    bool named;
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
    nng_tls_config *tls_listen;
    nng_tls_config *tls_dial[TL_MEMBERS_MAX];
    struct tl_voters voters;
    struct peer peer[TL_MEMBERS_MAX];
    struct pipe pipe[PIPES_MAX];
    uint64_t strangers;
};

static enum tl_status fail(struct tl_why *why, const char *what, const char *subject, int rv)
{
    return tl_why_set(why, TL_ERR_IO, "cannot %s \"%s\": %s", what, subject, nng_strerror(rv));
}

/* ---- hello ---- */

static void hello_message(struct tl_hash *out, const struct tl_hello *hello)
{
    struct tl_hello unsigned_hello = *hello;
    uint8_t bytes[HELLO_BYTES];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);

    memset(&unsigned_hello.sig, 0, sizeof unsigned_hello.sig);
    tl_record_write(&tl_hello_record, &unsigned_hello, &buf);
    TL_CHECK(!buf.full);
    tl_hash_domain(out, HELLO_DOMAIN, tl_buf_bytes(&buf));
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
    struct tl_net *net = peer->net;
    struct tl_hello hello = {.chain_id = net->plan.chain_id,
                             .version = TL_WIRE_VERSION,
                             .from = (uint8_t)net->plan.self,
                             .to = (uint8_t)peer->member,
                             .time_ms = tl_clock_wall_ms()};
    uint8_t bytes[HELLO_BYTES];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);
    struct tl_hash message;

    hello_message(&message, &hello);
    if (net->plan.sign(net->plan.host, tl_bytes(message.b, sizeof message.b), &hello.sig) != TL_OK)
        return NULL;
    tl_record_write(&tl_hello_record, &hello, &buf);
    return frame_msg(TL_MSG_HELLO, tl_buf_bytes(&buf));
}

/* Which member a hello proves the sender to be; false: none. */
static bool read_hello(const struct tl_net *net, struct tl_bytes body, uint32_t *member)
{
    struct tl_hello hello;
    struct tl_hash message;

    if (tl_record_decode(&tl_hello_record, &hello, body) != TL_OK)
        return false;
    if (!tl_hash_eq(&hello.chain_id, &net->plan.chain_id) || hello.version != TL_WIRE_VERSION)
        return false;
    if (hello.to != net->plan.self || hello.from == hello.to || hello.from >= net->members)
        return false;
    hello_message(&message, &hello);
    if (tl_sig_verify(&hello.sig, tl_bytes(message.b, sizeof message.b),
                      &net->voters.key[hello.from]) != TL_OK)
        return false;
    *member = hello.from;
    return true;
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

    /* An empty queue takes any frame: a legal one may be longer than the limit. */
    if (q == NULL || (peer->queued_bytes > 0 && peer->queued_bytes + nng_msg_len(msg) > limit)) {
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

/* Our connection to a member came up or went down.  What waited for the old one
 * is out of date. */
static void on_dialed(nng_pipe pipe, nng_pipe_ev event, void *arg)
{
    struct peer *peer = arg;

    (void)pipe;
    (void)pthread_mutex_lock(&peer->net->lock);
    drop_queue(peer);
    peer->out = event == NNG_PIPE_EV_ADD_POST;
    if (peer->out)
        enqueue(peer, hello_msg(peer), SIZE_MAX);
    else if (peer->sending)
        nng_aio_abort(peer->aio, NNG_ECLOSED);
    (void)pthread_mutex_unlock(&peer->net->lock);
    tell(peer->net, peer->member, event == NNG_PIPE_EV_ADD_POST);
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

    if (frame->number != TL_MSG_HELLO || !read_hello(net, frame->body, &member))
        return false;
    if (net->peer[member].deaf_until_ms > tl_clock_mono_ms())
        return false;
    pipe->named = true;
    pipe->member = member;
    net->peer[member].seen.in = true;
    return true;
}

enum heard { HEARD_NOTHING, HEARD_HELLO, HEARD_FRAME };

/* Who sent the frame and what to do with it; NOTHING: hang up. */
static enum heard hear(struct tl_net *net, nng_msg *msg, struct tl_frame *frame, uint32_t *member)
{
    enum tl_status st =
        tl_record_decode(&tl_frame_record, frame, tl_bytes(nng_msg_body(msg), nng_msg_len(msg)));
    enum heard heard = HEARD_NOTHING;
    struct pipe *pipe;

    (void)pthread_mutex_lock(&net->lock);
    pipe = find_pipe(net, (uint32_t)nng_pipe_id(nng_msg_get_pipe(msg)));
    if (pipe != NULL && st == TL_OK && pipe->named)
        heard = HEARD_FRAME;
    else if (pipe != NULL && st == TL_OK && name_pipe(net, pipe, frame))
        heard = HEARD_HELLO;
    if (heard == HEARD_NOTHING) {
        net->strangers++;
    } else {
        *member = pipe->member;
        net->peer[*member].seen.heard_ms = tl_clock_mono_ms();
        net->peer[*member].seen.received++;
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
        (void)nng_pipe_close(nng_msg_get_pipe(msg));
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

static void close_pipes_of(struct tl_net *net, uint32_t member)
{
    nng_pipe closing[PIPES_MAX];
    size_t count = 0;

    (void)pthread_mutex_lock(&net->lock);
    for (size_t i = 0; i < PIPES_MAX; i++) {
        if (net->pipe[i].used && net->pipe[i].named && net->pipe[i].member == member)
            closing[count++].id = net->pipe[i].id;
    }
    (void)pthread_mutex_unlock(&net->lock);
    for (size_t i = 0; i < count; i++)
        (void)nng_pipe_close(closing[i]);
}

static void score(struct peer *peer, uint32_t points, uint64_t now_ms)
{
    uint64_t forgotten = (now_ms - peer->points_ms) / FAULT_MS;

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

    (void)reason;
    TL_CHECK(member < net->members);
    (void)pthread_mutex_lock(&net->lock);
    score(peer, points, now_ms);
    out = peer->points >= FAULTS_MAX;
    if (out) {
        peer->points = 0;
        peer->deaf_until_ms = now_ms + PENALTY_MS;
    }
    (void)pthread_mutex_unlock(&net->lock);
    if (out)
        close_pipes_of(net, member);
}

/* ---- opening ---- */

static bool member_at(const struct tl_net *net, uint32_t index, struct tl_member *out)
{
    return tl_genesis_member(net->plan.genesis, index, out);
}

static int pin(nng_tls_config *config, const struct tl_member *member)
{
    char pem[TL_TLS_PEM_MAX];

    if (tl_tls_cert_to_pem(member->tls_cert, pem, sizeof pem) != TL_OK)
        return NNG_ECRYPTO;
    return nng_tls_config_ca_chain(config, pem, NULL);
}

static int make_tls(struct tl_net *net, nng_tls_config **config, nng_tls_mode mode)
{
    int rv = nng_tls_config_alloc(config, mode);

    if (rv == 0)
        rv = nng_tls_config_own_cert(*config, net->plan.identity->cert_pem,
                                     net->plan.identity->key_pem, NULL);
    if (rv == 0)
        rv = nng_tls_config_auth_mode(*config, NNG_TLS_AUTH_MODE_REQUIRED);
    return rv;
}

static int listen_tls(struct tl_net *net)
{
    struct tl_member member;
    int rv = make_tls(net, &net->tls_listen, NNG_TLS_MODE_SERVER);

    for (uint32_t m = 0; rv == 0 && m < net->members; m++) {
        if (m != net->plan.self && member_at(net, m, &member))
            rv = pin(net->tls_listen, &member);
    }
    return rv;
}

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

static int dial_tls(struct tl_net *net, const struct tl_member *member, nng_tls_config **config)
{
    char name[TL_MEMBER_ID_MAX + 1] = {0};
    int rv = make_tls(net, config, NNG_TLS_MODE_CLIENT);

    memcpy(name, member->id.ptr, member->id.len);
    if (rv == 0)
        rv = pin(*config, member);
    if (rv == 0)
        rv = nng_tls_config_server_name(*config, name);
    return rv;
}

static int open_push(struct tl_net *net, const struct tl_member *member, struct peer *peer)
{
    nng_dialer dialer;
    char url[TL_ADDRESS_MAX + 16];
    int rv = nng_push0_open(&peer->push);

    if (rv != 0)
        return rv;
    peer->open = true;
    (void)snprintf(url, sizeof url, "tls+tcp://%.*s", (int)member->address.len,
                   (const char *)member->address.ptr);
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
        int rv;

        if (m == net->plan.self || !member_at(net, m, &member))
            continue;
        memcpy(id, member.id.ptr, member.id.len);
        rv = nng_aio_alloc(&peer->aio, sent, peer);
        if (rv == 0)
            rv = dial_tls(net, &member, &net->tls_dial[m]);
        if (rv == 0)
            rv = open_push(net, &member, peer);
        if (rv != 0)
            return fail(why, "set up the connection to member", id, rv);
    }
    return TL_OK;
}

static enum tl_status open_all(struct tl_net *net, struct tl_why *why)
{
    int rv = listen_tls(net);

    if (rv != 0)
        return fail(why, "use the TLS identity for", net->plan.listen, rv);
    rv = open_pull(net);
    if (rv != 0)
        return fail(why, "listen for members on", net->plan.listen, rv);
    if (pthread_create(&net->receiver, NULL, receive_all, net) != 0)
        return tl_why_set(why, TL_ERR_NO_MEMORY, "cannot start the receiving thread");
    net->receiving = true;
    return dial_all(net, why);
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

static void close_peer(struct peer *peer)
{
    if (peer->open)
        (void)nng_close(peer->push);
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
    if (net->pull_open)
        (void)nng_close(net->pull);
    if (net->receiving)
        (void)pthread_join(net->receiver, NULL);
    for (uint32_t m = 0; m < net->members; m++)
        close_peer(&net->peer[m]);
    for (uint32_t m = 0; m < net->members; m++) {
        if (net->tls_dial[m] != NULL)
            nng_tls_config_free(net->tls_dial[m]);
    }
    if (net->tls_listen != NULL)
        nng_tls_config_free(net->tls_listen);
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
