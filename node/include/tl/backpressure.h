/* tl/backpressure.h -- who is told to wait, where, when more comes than goes.
 *
 * Nothing in a node grows with what others send.  Every place where work waits
 * has a bound and an answer for what does not fit:
 *
 *   where                      bound                      what does not fit
 *   mailbox (mailbox.c)        bytes per source: each     a frame is dropped and
 *                              member, and the clients    counted, a request told
 *                              together                   to retry
 *   mempool (mempool.c)        bytes, envelopes, per      TL_ERR_FULL: the client
 *                              member and author          sends it again
 *   peer queue (dial.c)        unsent bytes per member    the frame is dropped and
 *                                                         counted
 *   API (api_socket.c)         open conversations         the client waits in its
 *                                                         own socket
 *   core (bft.h)               effects of one step        the step stops and is
 *                                                         continued
 *   disk (durable.c)           one group of writes on     the next group gathers;
 *                              its way                    votes beyond it refused
 *
 * Dropping is safe because every protocol above sends again what still matters;
 * telling to retry is safe because an envelope's sequence makes recording it
 * twice impossible.  Work of our own threads is never refused: it is bounded by
 * what the loop gave them.
 *
 * The rule of a share, one for mailbox and peer queues: it admits what still
 * fits, and when it is empty it admits anything legal, so that a frame longer
 * than a share is slow and not impossible.  A flood from one source uses up its
 * own share and nobody else's.
 *
 * No locks of its own: whoever holds the queue holds its shares. */
#ifndef TL_BACKPRESSURE_H
#define TL_BACKPRESSURE_H

#include "tl/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* tl_share_admits says whether `bytes` more may wait where `used` do. */
bool tl_share_admits(size_t used, size_t bytes, size_t limit);

/* One more source than members: the clients share the last one. */
#define TL_SHARES (TL_MEMBERS_MAX + 1u)

/* What waits, by source; zero it and set the limit. */
struct tl_shares {
    size_t limit; /* bytes of each source */
    size_t used[TL_SHARES];
    uint64_t refused; /* so far */
};

/* tl_shares_take charges a source, or counts a refusal and says false. */
bool tl_shares_take(struct tl_shares *shares, uint32_t source, size_t bytes);
/* tl_shares_empty: everything that waited was taken out. */
void tl_shares_empty(struct tl_shares *shares);

#endif
