#include "dial.h"

#include "tl/check.h"
#include "tl/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define CONNECT_MS    5000u
#define STALL_MS      15000u
#define REDIAL_MIN_MS 50u
#define REDIAL_MAX_MS 2000u
#define PING_MS       2000u
#define LASTED_MS     5000u /* a connection that lived so long was a good one */

struct dial {
    struct dial_plan plan;
    struct stream_dialer *dialer;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t changed;
    bool closing;
    bool up;
    bool ended;            /* the other side hung up */
    bool woken;            /* it is there: no more rest */
    struct stream *stream; /* of the thread; others may hang it up */
    struct frames_out waiting;
    uint64_t sent;
    uint64_t dropped;
};

static bool is_closing(struct dial *d)
{
    bool closing;

    (void)pthread_mutex_lock(&d->lock);
    closing = d->closing;
    (void)pthread_mutex_unlock(&d->lock);
    return closing;
}

/* Where dial_free finds the stream to hang it up; false: it came before. */
static bool show(struct dial *d, struct stream *stream)
{
    bool closing;

    (void)pthread_mutex_lock(&d->lock);
    d->stream = stream;
    closing = d->closing;
    (void)pthread_mutex_unlock(&d->lock);
    return !closing;
}

static void on_ended(void *host)
{
    struct dial *d = host;

    (void)pthread_mutex_lock(&d->lock);
    d->ended = true;
    (void)pthread_mutex_unlock(&d->lock);
    (void)pthread_cond_signal(&d->changed);
}

static struct timespec after(uint64_t time_ms)
{
    uint64_t wake_ms = tl_clock_mono_ms() + time_ms;

    return (struct timespec){(time_t)(wake_ms / 1000), (long)(wake_ms % 1000) * 1000000};
}

/* What waits, taken out, or a PING; false: the connection is over. */
static bool take(struct dial *d, struct frames_out *out)
{
    struct timespec until = after(PING_MS);
    struct frames_out empty;
    bool on;

    (void)pthread_mutex_lock(&d->lock);
    d->sent += out->count;
    frames_clear(out);
    while (d->waiting.count == 0 && !d->ended && !d->closing) {
        if (pthread_cond_timedwait(&d->changed, &d->lock, &until) != 0)
            break;
    }
    on = !d->ended && !d->closing;
    if (d->waiting.count == 0)
        on = on && frames_put(&d->waiting, TL_MSG_PING, TL_BYTES_NONE);
    empty = *out;
    *out = d->waiting;
    d->waiting = empty;
    (void)pthread_mutex_unlock(&d->lock);
    return on;
}

/* Nothing is kept for the next connection: it would be out of date. */
static void turn(struct dial *d, bool up)
{
    (void)pthread_mutex_lock(&d->lock);
    d->up = up;
    d->dropped += d->waiting.count;
    frames_clear(&d->waiting);
    (void)pthread_mutex_unlock(&d->lock);
}

static void write_all(struct dial *d, struct stream *stream, struct frames_out *out)
{
    turn(d, true);
    d->plan.tell(d->plan.host, true);
    frames_clear(out);
    while (take(d, out)) {
        if (!stream_send(stream, tl_bytes(out->bytes, out->len), STALL_MS))
            break;
    }
    turn(d, false);
    d->plan.tell(d->plan.host, false);
}

/* One connection, from its beginning to its end. */
static void serve(struct dial *d)
{
    struct stream *stream = stream_dial(d->dialer, CONNECT_MS);
    struct frames_out out = {0};

    if (stream == NULL)
        return;
    d->ended = false; /* nobody else looks at it yet */
    stream_watch(stream, on_ended, d);
    if (show(d, stream) && d->plan.greet(d->plan.host, &out) &&
        stream_send(stream, tl_bytes(out.bytes, out.len), CONNECT_MS))
        write_all(d, stream, &out);
    (void)show(d, NULL);
    stream_free(stream);
    frames_out_free(&out);
}

static void rest(struct dial *d, uint64_t rest_ms)
{
    struct timespec until = after(rest_ms);

    (void)pthread_mutex_lock(&d->lock);
    while (!d->closing && !d->woken && pthread_cond_timedwait(&d->changed, &d->lock, &until) == 0)
        ;
    d->woken = false;
    (void)pthread_mutex_unlock(&d->lock);
}

void dial_wake(struct dial *dial)
{
    (void)pthread_mutex_lock(&dial->lock);
    dial->woken = !dial->up;
    (void)pthread_mutex_unlock(&dial->lock);
    (void)pthread_cond_signal(&dial->changed);
}

static void *run(void *arg)
{
    struct dial *d = arg;
    uint64_t rest_ms = REDIAL_MIN_MS;

    while (!is_closing(d)) {
        uint64_t began_ms = tl_clock_mono_ms();

        serve(d);
        if (tl_clock_mono_ms() - began_ms > LASTED_MS)
            rest_ms = REDIAL_MIN_MS;
        rest(d, rest_ms);
        rest_ms = rest_ms * 2 < REDIAL_MAX_MS ? rest_ms * 2 : REDIAL_MAX_MS;
    }
    return NULL;
}

static void init_locks(struct dial *d)
{
    pthread_condattr_t attr;

    TL_CHECK(pthread_mutex_init(&d->lock, NULL) == 0);
    TL_CHECK(pthread_condattr_init(&attr) == 0);
    TL_CHECK(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
    TL_CHECK(pthread_cond_init(&d->changed, &attr) == 0);
    (void)pthread_condattr_destroy(&attr);
}

enum tl_status dial_new(struct dial **out, const struct dial_plan *plan, struct tl_why *why)
{
    struct dial *d = calloc(1, sizeof *d);
    enum tl_status st;

    if (d == NULL)
        return tl_why_set(why, TL_ERR_NO_MEMORY, "no memory for a connection");
    d->plan = *plan;
    init_locks(d);
    st = stream_dialer_new(&d->dialer, plan->address, plan->tls, why);
    if (st == TL_OK) {
        d->started = pthread_create(&d->thread, NULL, run, d) == 0;
        if (!d->started)
            st = tl_why_set(why, TL_ERR_NO_MEMORY, "cannot start a connection's thread");
    }
    if (st != TL_OK)
        dial_free(d);
    else
        *out = d;
    return st;
}

static void stop(struct dial *d)
{
    (void)pthread_mutex_lock(&d->lock);
    d->closing = true;
    if (d->stream != NULL)
        stream_hang_up(d->stream);
    (void)pthread_mutex_unlock(&d->lock);
    (void)pthread_cond_signal(&d->changed);
    stream_dialer_close(d->dialer);
    (void)pthread_join(d->thread, NULL);
}

void dial_free(struct dial *dial)
{
    if (dial == NULL)
        return;
    if (dial->started)
        stop(dial);
    if (dial->dialer != NULL)
        stream_dialer_free(dial->dialer);
    frames_out_free(&dial->waiting);
    (void)pthread_cond_destroy(&dial->changed);
    (void)pthread_mutex_destroy(&dial->lock);
    free(dial);
}

void dial_send(struct dial *dial, enum tl_message number, struct tl_bytes body)
{
    bool first;

    (void)pthread_mutex_lock(&dial->lock);
    first = dial->waiting.count == 0;
    if (!dial->up || !tl_share_admits(dial->waiting.len, body.len, dial->plan.queue_bytes) ||
        !frames_put(&dial->waiting, number, body)) {
        dial->dropped++;
        first = false;
    }
    (void)pthread_mutex_unlock(&dial->lock);
    if (first)
        (void)pthread_cond_signal(&dial->changed);
}

void dial_seen(struct dial *dial, struct tl_net_peer *seen)
{
    (void)pthread_mutex_lock(&dial->lock);
    seen->out = dial->up;
    seen->sent = dial->sent;
    seen->dropped = dial->dropped;
    (void)pthread_mutex_unlock(&dial->lock);
}
