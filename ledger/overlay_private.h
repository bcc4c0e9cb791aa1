/* overlay_private.h -- what the state map keeps beside an overlay's writes. */
#ifndef TL_OVERLAY_PRIVATE_H
#define TL_OVERLAY_PRIVATE_H

#include "tl/overlay.h"

/* Upper nodes of the state tree that a block changed (statemap.c). */
struct tl_state_nodes;

struct tl_overlay *tl_overlay_parent(const struct tl_overlay *overlay);
struct tl_arena *tl_overlay_arena(const struct tl_overlay *overlay);
struct tl_state_nodes *tl_overlay_nodes(const struct tl_overlay *overlay);
void tl_overlay_set_nodes(struct tl_overlay *overlay, struct tl_state_nodes *nodes);
/* How many keys the overlay has seen, an upper bound for tl_overlay_each. */
size_t tl_overlay_keys(const struct tl_overlay *overlay);

/* tl_overlay_put_room is a put whose value is filled in afterwards, by the
 * caller, at the address given: at most `len` bytes, then cut to what was used
 * by tl_overlay_trim before any other call.  NULL: out of memory. */
TL_MUST_USE uint8_t *tl_overlay_put_room(struct tl_overlay *overlay, struct tl_bytes key,
                                         size_t len);
void tl_overlay_trim(struct tl_overlay *overlay, size_t len);

#endif
