/* hello.h -- the first message of a connection: which member speaks, on which
 * ledger, to whom; tl/net.h says why. */
#ifndef TL_NODE_HELLO_H
#define TL_NODE_HELLO_H

#include "tl/net.h"

#define TL_HELLO_BYTES 256u

/* tl_hello_write appends our signed hello to member `to`. */
enum tl_status tl_hello_write(const struct tl_net_plan *plan, uint32_t to, struct tl_buf *out);

/* tl_hello_read says which member a hello proves the sender to be; false: none. */
bool tl_hello_read(const struct tl_net_plan *plan, const struct tl_voters *voters,
                   struct tl_bytes body, uint32_t *member);

#endif
