/* listen.h -- the connections others make to us, each read by a thread of its own.
 *
 * Who calls is not known until the first frame says so and `hear` believes it.
 * Until then a caller has ten seconds and 512 bytes, and CALLERS_MAX may be at it
 * at the same time.  A caller that is refused, breaks the framing, or is silent
 * for ten seconds (who has nothing to say sends PING: dial.h) is hung up on. */
#ifndef TL_NODE_LISTEN_H
#define TL_NODE_LISTEN_H

#include "frames.h"
#include "stream.h"

/* Of all connections; a member needs one, and one more while it comes back. */
#define CALLERS_MAX 256u

struct listen;

/* A connection, as far as `hear` knows it; zeroed at its beginning. */
struct caller {
    bool named;
    uint32_t member;
};

struct listen_plan {
    const char *address; /* host:port */
    struct nng_tls_config *tls;
    /* Each from the caller's own thread.  False: hang up. */
    bool (*hear)(void *host, struct caller *caller, const struct tl_frame *frame);
    /* Once for every connection: it is over. */
    void (*gone)(void *host, const struct caller *caller);
    void *host;
};

TL_MUST_USE enum tl_status listen_new(struct listen **out, const struct listen_plan *plan,
                                      struct tl_why *why);
/* listen_pin: connections from now on are held to this configuration. */
bool listen_pin(struct listen *listen, struct nng_tls_config *tls);
/* listen_free hangs up on everybody and waits for their threads; NULL is fine. */
void listen_free(struct listen *listen);

#endif
