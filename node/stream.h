/* stream.h -- byte streams between two machines: TCP under TLS, by nng.
 *
 * The one file (stream.c) that knows nng's streams.  Calls wait until they are
 * done, so each connection is read and written by threads of its own and reads
 * as it runs, top to bottom.
 *
 * A connection that ends is told only to a call that is under way: nng's TLS up
 * to 1.5.2 (Debian 12) lets a call that begins later wait for ever, past its
 * timeout too.  A written stream therefore has a receive under way all the time
 * (stream_watch), and a read one is hung up on when it is silent for too long,
 * by whoever owns it: hanging up ends even a call that began too late.
 *
 * Both ends show certificates and accept what their configuration pins
 * (tl/tls_pin.h).  The handshake happens within the first send or receive: a
 * stream that was opened has proven nothing yet.
 *
 * Threads: one thread sends, one receives, any thread may hang up; whoever frees
 * a stream, dialer or listener has made sure that nobody is inside a call. */
#ifndef TL_NODE_STREAM_H
#define TL_NODE_STREAM_H

#include "tl/bytes.h"
#include "tl/why.h"

#include <stdbool.h>

struct nng_tls_config; /* of nng */
struct stream;
struct stream_dialer;
struct stream_listener;

/* stream_dialer_new dials "host:port"; the configuration may be freed after. */
TL_MUST_USE enum tl_status stream_dialer_new(struct stream_dialer **out, struct tl_bytes address,
                                             struct nng_tls_config *tls, struct tl_why *why);
/* stream_dial waits for a connection; NULL: none within the time. */
struct stream *stream_dial(struct stream_dialer *dialer, uint32_t timeout_ms);
/* stream_dialer_close ends a dial at hand, and all later ones. */
void stream_dialer_close(struct stream_dialer *dialer);
void stream_dialer_free(struct stream_dialer *dialer);

/* stream_listener_new listens at "host:port". */
TL_MUST_USE enum tl_status stream_listener_new(struct stream_listener **out, const char *address,
                                               struct nng_tls_config *tls, struct tl_why *why);
/* stream_listener_pin: later connections are held to this configuration. */
bool stream_listener_pin(struct stream_listener *listener, struct nng_tls_config *tls);
/* stream_accept waits for a connection; NULL: the listener is closed, or this one failed
 * (*closed says which). */
struct stream *stream_accept(struct stream_listener *listener, bool *closed);
void stream_listener_close(struct stream_listener *listener);
void stream_listener_free(struct stream_listener *listener);

/* stream_send sends all of `bytes`; false: the stream is of no more use.  The time is for each
 * piece the other side takes. */
bool stream_send(struct stream *stream, struct tl_bytes bytes, uint32_t timeout_ms);
/* stream_recv waits for bytes and says how many came, at most `room`; 0: the
 * stream ended. */
size_t stream_recv(struct stream *stream, uint8_t *into, size_t room);
/* stream_watch is for streams that are only written, before the first send: `ended`
 * is called once, from a thread of nng's, when the other side goes away or sends. */
void stream_watch(struct stream *stream, void (*ended)(void *host), void *host);
/* stream_hang_up ends every call at hand; the stream stays until it is freed.  A
 * receive that has not begun yet may need it again. */
void stream_hang_up(struct stream *stream);
void stream_free(struct stream *stream);

#endif
