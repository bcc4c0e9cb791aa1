/* nng's streams, waited for. */
#include "stream.h"

#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define ADDRESS_BYTES 300u

struct stream {
    nng_stream *nng;
    nng_aio *sending;
    nng_aio *receiving;
    nng_aio *watching; /* NULL: the stream is read */
    void (*ended)(void *host);
    void *host;
    atomic_bool over; /* watched, and ended */
    uint8_t unasked;  /* what a watched stream sends goes here */
};

struct stream_dialer {
    nng_stream_dialer *nng;
    nng_aio *dialing;
};

struct stream_listener {
    nng_stream_listener *nng;
    nng_aio *accepting;
};

static enum tl_status refuse(struct tl_why *why, const char *what, const char *url, int rv)
{
    return tl_why_set(why, TL_ERR_IO, "cannot %s \"%s\": %s", what, url, nng_strerror(rv));
}

static void free_parts(struct stream *s)
{
    nng_aio *parts[] = {s->watching, s->sending, s->receiving};

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i] != NULL)
            nng_aio_free(parts[i]); /* waits for its callback */
    }
    nng_stream_free(s->nng);
    free(s);
}

/* Takes the connection; NULL: no memory. */
static struct stream *stream_of(nng_stream *nng)
{
    struct stream *s = calloc(1, sizeof *s);

    if (s == NULL) {
        nng_stream_free(nng);
        return NULL;
    }
    s->nng = nng;
    if (nng_aio_alloc(&s->sending, NULL, NULL) == 0 &&
        nng_aio_alloc(&s->receiving, NULL, NULL) == 0)
        return s;
    free_parts(s);
    return NULL;
}

/* ---- dialing ---- */

static int set_up_dialer(struct stream_dialer *d, const char *url, struct nng_tls_config *tls)
{
    int rv = nng_stream_dialer_alloc(&d->nng, url);

    if (rv == 0)
        rv = nng_stream_dialer_set_ptr(d->nng, NNG_OPT_TLS_CONFIG, tls);
    if (rv == 0)
        rv = nng_stream_dialer_set_bool(d->nng, NNG_OPT_TCP_NODELAY, true);
    if (rv == 0)
        rv = nng_stream_dialer_set_bool(d->nng, NNG_OPT_TCP_KEEPALIVE, true);
    return rv == 0 ? nng_aio_alloc(&d->dialing, NULL, NULL) : rv;
}

enum tl_status stream_dialer_new(struct stream_dialer **out, struct tl_bytes address,
                                 struct nng_tls_config *tls, struct tl_why *why)
{
    struct stream_dialer *d = calloc(1, sizeof *d);
    char url[ADDRESS_BYTES];
    int rv;

    if (d == NULL)
        return tl_why_set(why, TL_ERR_NO_MEMORY, "no memory for a connection");
    (void)snprintf(url, sizeof url, "tls+tcp://%.*s", (int)address.len, (const char *)address.ptr);
    rv = set_up_dialer(d, url, tls);
    if (rv != 0) {
        stream_dialer_free(d);
        return refuse(why, "set up the connection to", url, rv);
    }
    *out = d;
    return TL_OK;
}

struct stream *stream_dial(struct stream_dialer *dialer, uint32_t timeout_ms)
{
    nng_aio_set_timeout(dialer->dialing, (nng_duration)timeout_ms);
    nng_stream_dialer_dial(dialer->nng, dialer->dialing);
    nng_aio_wait(dialer->dialing);
    if (nng_aio_result(dialer->dialing) != 0)
        return NULL;
    return stream_of(nng_aio_get_output(dialer->dialing, 0));
}

void stream_dialer_close(struct stream_dialer *dialer)
{
    nng_stream_dialer_close(dialer->nng);
    nng_aio_abort(dialer->dialing, NNG_ECLOSED);
}

void stream_dialer_free(struct stream_dialer *dialer)
{
    if (dialer->nng != NULL)
        nng_stream_dialer_free(dialer->nng);
    if (dialer->dialing != NULL)
        nng_aio_free(dialer->dialing);
    free(dialer);
}

/* ---- listening ---- */

static int set_up_listener(struct stream_listener *l, const char *url, struct nng_tls_config *tls)
{
    int rv = nng_stream_listener_alloc(&l->nng, url);

    if (rv == 0)
        rv = nng_stream_listener_set_ptr(l->nng, NNG_OPT_TLS_CONFIG, tls);
    if (rv == 0)
        rv = nng_stream_listener_set_bool(l->nng, NNG_OPT_TCP_NODELAY, true);
    if (rv == 0)
        rv = nng_stream_listener_set_bool(l->nng, NNG_OPT_TCP_KEEPALIVE, true);
    if (rv == 0)
        rv = nng_aio_alloc(&l->accepting, NULL, NULL);
    return rv == 0 ? nng_stream_listener_listen(l->nng) : rv;
}

enum tl_status stream_listener_new(struct stream_listener **out, const char *address,
                                   struct nng_tls_config *tls, struct tl_why *why)
{
    struct stream_listener *l = calloc(1, sizeof *l);
    char url[ADDRESS_BYTES];
    int rv;

    if (l == NULL)
        return tl_why_set(why, TL_ERR_NO_MEMORY, "no memory for a listener");
    (void)snprintf(url, sizeof url, "tls+tcp://%s", address);
    rv = set_up_listener(l, url, tls);
    if (rv != 0) {
        stream_listener_free(l);
        return refuse(why, "listen at", url, rv);
    }
    *out = l;
    return TL_OK;
}

bool stream_listener_pin(struct stream_listener *listener, struct nng_tls_config *tls)
{
    return nng_stream_listener_set_ptr(listener->nng, NNG_OPT_TLS_CONFIG, tls) == 0;
}

struct stream *stream_accept(struct stream_listener *listener, bool *closed)
{
    int rv;

    nng_stream_listener_accept(listener->nng, listener->accepting);
    nng_aio_wait(listener->accepting);
    rv = nng_aio_result(listener->accepting);
    *closed = rv == NNG_ECLOSED;
    return rv == 0 ? stream_of(nng_aio_get_output(listener->accepting, 0)) : NULL;
}

void stream_listener_close(struct stream_listener *listener)
{
    nng_stream_listener_close(listener->nng);
}

void stream_listener_free(struct stream_listener *listener)
{
    if (listener->nng != NULL)
        nng_stream_listener_free(listener->nng);
    if (listener->accepting != NULL)
        nng_aio_free(listener->accepting);
    free(listener);
}

/* ---- bytes ---- */

bool stream_send(struct stream *stream, struct tl_bytes bytes, uint32_t timeout_ms)
{
    nng_aio_set_timeout(stream->sending, (nng_duration)timeout_ms);
    while (bytes.len > 0) {
        nng_iov piece = {(void *)(uintptr_t)bytes.ptr, bytes.len};
        size_t took;

        if (nng_aio_set_iov(stream->sending, 1, &piece) != 0)
            return false;
        nng_stream_send(stream->nng, stream->sending);
        /* It may have ended before this send began: on_watched has closed too early. */
        if (atomic_load(&stream->over))
            nng_stream_close(stream->nng);
        nng_aio_wait(stream->sending);
        took = nng_aio_count(stream->sending);
        if (nng_aio_result(stream->sending) != 0 || took == 0)
            return false;
        bytes = tl_bytes(bytes.ptr + took, bytes.len - took);
    }
    return true;
}

size_t stream_recv(struct stream *stream, uint8_t *into, size_t room)
{
    nng_iov piece = {into, room};

    nng_aio_set_timeout(stream->receiving, NNG_DURATION_INFINITE);
    if (nng_aio_set_iov(stream->receiving, 1, &piece) != 0)
        return 0;
    nng_stream_recv(stream->nng, stream->receiving);
    nng_aio_wait(stream->receiving);
    return nng_aio_result(stream->receiving) == 0 ? nng_aio_count(stream->receiving) : 0;
}

static void on_watched(void *arg)
{
    struct stream *s = arg;

    atomic_store(&s->over, true);
    nng_stream_close(s->nng);
    s->ended(s->host);
}

void stream_watch(struct stream *stream, void (*ended)(void *host), void *host)
{
    nng_iov piece = {&stream->unasked, sizeof stream->unasked};

    stream->ended = ended;
    stream->host = host;
    if (nng_aio_alloc(&stream->watching, on_watched, stream) != 0)
        return; /* what is sent will fail one day */
    nng_aio_set_timeout(stream->watching, NNG_DURATION_INFINITE);
    (void)nng_aio_set_iov(stream->watching, 1, &piece);
    nng_stream_recv(stream->nng, stream->watching);
}

void stream_hang_up(struct stream *stream)
{
    nng_stream_close(stream->nng);
}

void stream_free(struct stream *stream)
{
    nng_stream_close(stream->nng);
    free_parts(stream);
}
