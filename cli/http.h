/* http.h -- as much HTTP as a witness needs: one POST answered, one POST asked.
 *
 * Sizes are bounded on both sides before anything is read into memory; there are
 * no redirects, no cookies and no chunks.  https:// asks with the certificate
 * authorities of a file, and never without.  A server that strangers reach belongs
 * behind one that limits how long and how often they may talk.
 *
 * The only file behind this header is http_nng.c.  The handler of a server is
 * called by one thread at a time, not the caller's.  RFC 9112. */
#ifndef TL_HTTP_H
#define TL_HTTP_H

#include "tl/bytes.h"
#include "tl/status.h"
#include "tl/why.h"

/* An answer; `type` is its media type, a static text. */
struct tl_http_answer {
    uint16_t code;
    const char *type;
    struct tl_buf body; /* room is given */
};

struct tl_http_server;

struct tl_http_service {
    const char *url;  /* http://host:port */
    const char *path; /* the one that is answered; all others are 404 */
    size_t body_max;  /* longer requests are refused with 413 */
    size_t answer_max;
    void (*post)(void *host, struct tl_bytes body, struct tl_http_answer *answer);
    void *host;
};
/* tl_http_serve starts to answer; `service` is copied, what it names outlives the
 * server.  TL_ERR_USAGE: not such a URL; TL_ERR_IO. */
TL_MUST_USE enum tl_status tl_http_serve(struct tl_http_server **out,
                                         const struct tl_http_service *service, struct tl_why *why);
/* tl_http_stop waits for the request at hand. */
void tl_http_stop(struct tl_http_server *server);

struct tl_http_question {
    const char *url; /* http:// or https:// */
    const char *ca;  /* file of authorities for https */
    struct tl_bytes body;
    uint32_t timeout_ms;
};
/* tl_http_post sends a body; answer->body has room for what may come back.
 * TL_ERR_UNREACHABLE, TL_ERR_TIMEOUT, TL_ERR_LIMIT (it is longer), TL_ERR_ENCODING
 * (no such answer), TL_ERR_USAGE. */
TL_MUST_USE enum tl_status tl_http_post(const struct tl_http_question *question,
                                        struct tl_http_answer *answer, struct tl_why *why);

#endif
