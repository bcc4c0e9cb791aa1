/* Nodes that all agree on results the rules do not give: with each author's
 * sequence they record one pair more than the contract does.  tallyd with one
 * function exchanged at link time (--wrap). */
#include "tl/overlay.h"

#include <string.h>

enum tl_status __real_tl_overlay_put(struct tl_overlay *overlay, struct tl_bytes key,
                                     struct tl_bytes value);
enum tl_status __wrap_tl_overlay_put(struct tl_overlay *overlay, struct tl_bytes key,
                                     struct tl_bytes value);

enum tl_status __wrap_tl_overlay_put(struct tl_overlay *overlay, struct tl_bytes key,
                                     struct tl_bytes value)
{
    static const uint8_t extra[] = {0x7e, 'x'};
    enum tl_status status = __real_tl_overlay_put(overlay, key, value);

    if (status == TL_OK && key.len == 33 && key.ptr[0] == 'a')
        status = __real_tl_overlay_put(overlay, tl_bytes(extra, sizeof extra), value);
    return status;
}
