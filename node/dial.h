/* dial.h -- our connection to one member: dialed, greeted, written, dialed again.
 *
 * One thread of its own does it all and waits where it has to; the loop only
 * lays frames down.  What gathers while a write is under way leaves in the next
 * one together.  Nothing is promised: a frame that finds the queue full or
 * nobody connected is dropped and counted.
 *
 * When there is nothing to say for two seconds a PING is said: the other side
 * takes silence for the end (listen.h).
 *
 * A member that hangs up at once is dialed again after 50 ms, then ever later,
 * at most every two seconds, or as soon as it is heard of (dial_wake).  One that takes nothing for
 * fifteen seconds is given up and dialed anew.
 *
 * Bounds: queue_bytes wait, and as much may be on its way. */
#ifndef TL_NODE_DIAL_H
#define TL_NODE_DIAL_H

#include "frames.h"
#include "stream.h"

struct dial;

struct dial_plan {
    struct tl_bytes address; /* host:port */
    struct nng_tls_config *tls;
    size_t queue_bytes;
    /* Both from the connection's own thread: what to say first; false: nothing
     * can be said, and that the connection is up or down. */
    bool (*greet)(void *host, struct frames_out *out);
    void (*tell)(void *host, bool up);
    void *host;
};

TL_MUST_USE enum tl_status dial_new(struct dial **out, const struct dial_plan *plan,
                                    struct tl_why *why);
/* dial_free ends the thread; NULL is fine. */
void dial_free(struct dial *dial);
/* dial_send copies a frame into the queue or drops it.  Any thread. */
void dial_send(struct dial *dial, enum tl_message number, struct tl_bytes body);
/* dial_wake ends the rest before the next try.  Any thread. */
void dial_wake(struct dial *dial);
/* dial_seen fills in out, sent and dropped. */
void dial_seen(struct dial *dial, struct tl_net_peer *seen);

#endif
