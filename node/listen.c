#include "listen.h"

#include "tl/check.h"
#include "tl/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define SILENCE_MS  10000u
#define SWEEP_MS    500u
#define NAME_BYTES  512u
#define STACK_BYTES (512u << 10)

struct line {
    struct line *next;
    struct listen *listen;
    struct stream *stream;
    struct caller caller;
    struct frames_in in;
    _Atomic uint64_t quiet_since_ms; /* since its last frame, or its beginning */
};

struct listen {
    struct listen_plan plan;
    struct stream_listener *listener;
    pthread_t acceptor;
    pthread_t sweeper;
    bool accepting;
    bool sweeping;
    pthread_mutex_t lock;   /* guards the lines */
    pthread_cond_t changed; /* a line ended, or all are to */
    struct line *lines;
    size_t count;
    bool closing;
};

static size_t frame_limit(const struct line *line)
{
    return line->caller.named ? FRAME_BYTES_MAX : NAME_BYTES;
}

/* Every whole frame that came; false: hang up. */
static bool hear_all(struct line *line)
{
    const struct listen_plan *plan = &line->listen->plan;
    struct tl_frame frame;
    enum frames_next next;

    while ((next = frames_next(&line->in, frame_limit(line), &frame)) == FRAMES_ONE) {
        if (!plan->hear(plan->host, &line->caller, &frame))
            return false;
        atomic_store(&line->quiet_since_ms, tl_clock_mono_ms());
    }
    return next == FRAMES_NONE;
}

static void read_all(struct line *line)
{
    size_t got;

    do {
        size_t space;
        uint8_t *into = frames_space(&line->in, &space);

        if (into == NULL)
            return;
        got = stream_recv(line->stream, into, space);
        frames_came(&line->in, got);
    } while (got > 0 && hear_all(line));
}

/* The last thing a line does: when none is left, the listener may be freed. */
static void take_out(struct line *line)
{
    struct listen *l = line->listen;
    struct line **at = &l->lines;

    (void)pthread_mutex_lock(&l->lock);
    while (*at != line)
        at = &(*at)->next;
    *at = line->next;
    l->count--;
    stream_free(line->stream);
    frames_in_free(&line->in);
    free(line);
    (void)pthread_cond_signal(&l->changed);
    (void)pthread_mutex_unlock(&l->lock);
}

static void *serve(void *arg)
{
    struct line *line = arg;
    const struct listen_plan *plan = &line->listen->plan;

    read_all(line);
    stream_hang_up(line->stream);
    plan->gone(plan->host, &line->caller);
    take_out(line);
    return NULL;
}

static bool start_thread(struct line *line)
{
    pthread_attr_t attr;
    pthread_t thread;
    bool started;

    if (pthread_attr_init(&attr) != 0)
        return false;
    (void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    (void)pthread_attr_setstacksize(&attr, STACK_BYTES);
    started = pthread_create(&thread, &attr, serve, line) == 0;
    (void)pthread_attr_destroy(&attr);
    return started;
}

/* With the lock held; false: there is no room for one more. */
static bool put_in(struct listen *l, struct line *line)
{
    if (l->closing || l->count >= CALLERS_MAX)
        return false;
    line->next = l->lines;
    l->lines = line;
    l->count++;
    if (start_thread(line))
        return true;
    l->lines = line->next;
    l->count--;
    return false;
}

static void answer(struct listen *l, struct stream *stream)
{
    struct line *line = calloc(1, sizeof *line);
    bool in = false;

    if (line != NULL) {
        line->listen = l;
        line->stream = stream;
        atomic_init(&line->quiet_since_ms, tl_clock_mono_ms());
        (void)pthread_mutex_lock(&l->lock);
        in = put_in(l, line);
        (void)pthread_mutex_unlock(&l->lock);
    }
    if (!in) {
        stream_free(stream);
        free(line);
    }
}

static void *accept_all(void *arg)
{
    struct listen *l = arg;
    bool closed = false;

    while (!closed) {
        struct stream *stream = stream_accept(l->listener, &closed);

        if (stream != NULL)
            answer(l, stream);
        else if (!closed)
            tl_clock_sleep_ms(50); /* out of files or memory: others may give some back */
    }
    return NULL;
}

/* With the lock held: gives it up for some time. */
static void wait_a_little(struct listen *l)
{
    uint64_t wake_ms = tl_clock_mono_ms() + SWEEP_MS;
    struct timespec until = {(time_t)(wake_ms / 1000), (long)(wake_ms % 1000) * 1000000};

    (void)pthread_cond_timedwait(&l->changed, &l->lock, &until);
}

/* Hangs up on who was silent for too long, and in the end on everybody: again and
 * again, because a receive that had not begun does not notice (stream.h). */
static void *sweep(void *arg)
{
    struct listen *l = arg;

    (void)pthread_mutex_lock(&l->lock);
    while (!l->closing || l->count > 0) {
        uint64_t now_ms = tl_clock_mono_ms();

        for (struct line *line = l->lines; line != NULL; line = line->next) {
            if (l->closing || now_ms - atomic_load(&line->quiet_since_ms) > SILENCE_MS)
                stream_hang_up(line->stream);
        }
        wait_a_little(l);
    }
    (void)pthread_mutex_unlock(&l->lock);
    return NULL;
}

static void init_locks(struct listen *l)
{
    pthread_condattr_t attr;

    TL_CHECK(pthread_mutex_init(&l->lock, NULL) == 0);
    TL_CHECK(pthread_condattr_init(&attr) == 0);
    TL_CHECK(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
    TL_CHECK(pthread_cond_init(&l->changed, &attr) == 0);
    (void)pthread_condattr_destroy(&attr);
}

static enum tl_status start_threads(struct listen *l, struct tl_why *why)
{
    l->sweeping = pthread_create(&l->sweeper, NULL, sweep, l) == 0;
    l->accepting = l->sweeping && pthread_create(&l->acceptor, NULL, accept_all, l) == 0;
    return l->accepting ? TL_OK
                        : tl_why_set(why, TL_ERR_NO_MEMORY, "cannot start the listening threads");
}

enum tl_status listen_new(struct listen **out, const struct listen_plan *plan, struct tl_why *why)
{
    struct listen *l = calloc(1, sizeof *l);
    enum tl_status st;

    if (l == NULL)
        return tl_why_set(why, TL_ERR_NO_MEMORY, "no memory for a listener");
    l->plan = *plan;
    init_locks(l);
    st = stream_listener_new(&l->listener, plan->address, plan->tls, why);
    if (st == TL_OK)
        st = start_threads(l, why);
    if (st != TL_OK)
        listen_free(l);
    else
        *out = l;
    return st;
}

bool listen_pin(struct listen *listen, struct nng_tls_config *tls)
{
    return stream_listener_pin(listen->listener, tls);
}

static void hang_up_all(struct listen *l)
{
    (void)pthread_mutex_lock(&l->lock);
    l->closing = true;
    (void)pthread_cond_signal(&l->changed);
    (void)pthread_mutex_unlock(&l->lock);
    (void)pthread_join(l->sweeper, NULL);
}

void listen_free(struct listen *listen)
{
    if (listen == NULL)
        return;
    if (listen->listener != NULL)
        stream_listener_close(listen->listener);
    if (listen->accepting)
        (void)pthread_join(listen->acceptor, NULL);
    if (listen->sweeping)
        hang_up_all(listen);
    if (listen->listener != NULL)
        stream_listener_free(listen->listener);
    (void)pthread_cond_destroy(&listen->changed);
    (void)pthread_mutex_destroy(&listen->lock);
    free(listen);
}
