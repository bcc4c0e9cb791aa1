/* hangup.h -- closing an nng socket without waiting for ever.
 *
 * nng 1.5 (Debian 12) loses the end of a TLS connection that comes between two
 * receives (stream.h), and then nng_close may never return.  Nothing is at stake by then: what
 * the node promised is on disk before its sockets are closed.  So the close gets
 * a thread of its own and a bound; what does not come back is left to the end of
 * the process. */
#ifndef TL_NODE_HANGUP_H
#define TL_NODE_HANGUP_H

#include <nng/nng.h>
#include <stdbool.h>

/* tl_hangup closes the socket.  False: it did not come back in five seconds, and
 * whatever its callbacks use must stay. */
bool tl_hangup(nng_socket socket);

#endif
