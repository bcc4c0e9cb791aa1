/* A node that lies to one author: it takes that author's envelopes over, promises
 * to have them recorded, and forgets them.
 *
 * It is tallyd with three functions exchanged at link time (--wrap), so the product
 * holds no such switch.  The author is named by the environment: TALLY_CENSOR, the
 * hex of its key. */
#include "tl/mempool.h"
#include "tl/net.h"

#include <stdlib.h>
#include <string.h>

enum tl_status __real_tl_mempool_put(struct tl_mempool *pool, const struct tl_waiting *envelope,
                                     uint64_t recorded);
uint64_t __real_tl_mempool_pending(struct tl_mempool *pool, const struct tl_pubkey *author,
                                   uint64_t recorded);
void __real_tl_net_broadcast(struct tl_net *net, enum tl_message number, struct tl_bytes body);
enum tl_status __wrap_tl_mempool_put(struct tl_mempool *pool, const struct tl_waiting *envelope,
                                     uint64_t recorded);
uint64_t __wrap_tl_mempool_pending(struct tl_mempool *pool, const struct tl_pubkey *author,
                                   uint64_t recorded);
void __wrap_tl_net_broadcast(struct tl_net *net, enum tl_message number, struct tl_bytes body);

static uint64_t swallowed; /* the highest sequence; used by the node's loop alone */

static bool is_censored(const struct tl_pubkey *author)
{
    const char *hex = getenv("TALLY_CENSOR");
    struct tl_pubkey key;

    return hex != NULL && tl_unhex(key.b, sizeof key.b, hex) &&
           memcmp(key.b, author->b, sizeof key.b) == 0;
}

enum tl_status __wrap_tl_mempool_put(struct tl_mempool *pool, const struct tl_waiting *envelope,
                                     uint64_t recorded)
{
    if (is_censored(&envelope->author)) {
        swallowed = envelope->sequence;
        return TL_OK;
    }
    return __real_tl_mempool_put(pool, envelope, recorded);
}

uint64_t __wrap_tl_mempool_pending(struct tl_mempool *pool, const struct tl_pubkey *author,
                                   uint64_t recorded)
{
    uint64_t pending = __real_tl_mempool_pending(pool, author, recorded);

    return is_censored(author) && swallowed > pending ? swallowed : pending;
}

void __wrap_tl_net_broadcast(struct tl_net *net, enum tl_message number, struct tl_bytes body)
{
    struct tl_envelope envelope;

    if (number == TL_MSG_ENVELOPE &&
        tl_record_decode(&tl_envelope_record, &envelope, body) == TL_OK &&
        is_censored(&envelope.author))
        return;
    __real_tl_net_broadcast(net, number, body);
}
