/* The accounting of shares. */
#include "tl/backpressure.h"

#include "tl/check.h"

#include <string.h>

bool tl_share_admits(size_t used, size_t bytes, size_t limit)
{
    return used == 0 || (used <= limit && bytes <= limit - used);
}

bool tl_shares_take(struct tl_shares *shares, uint32_t source, size_t bytes)
{
    TL_CHECK(source < TL_SHARES);
    if (!tl_share_admits(shares->used[source], bytes, shares->limit)) {
        shares->refused++;
        return false;
    }
    shares->used[source] += bytes;
    return true;
}

void tl_shares_empty(struct tl_shares *shares)
{
    memset(shares->used, 0, sizeof shares->used);
}
