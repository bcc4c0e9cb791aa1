/* fetch.h -- a node's whole ledger, fetched into a replica.
 *
 * Blocks come page by page and are executed again as they come, so what the
 * replica holds is what the rules say.  Shows progress. */
#ifndef TL_FETCH_H
#define TL_FETCH_H

#include "client.h"
#include "replica.h"

/* tl_fetch_all feeds every final block the node has to an open, empty replica. */
TL_MUST_USE enum tl_status tl_fetch_all(struct tl_replica *replica, struct tl_client *client,
                                        struct tl_why *why);

#endif
