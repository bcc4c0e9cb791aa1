/* tl/overlay.h -- writes on top of a store, not yet on it.
 *
 * While a block is executed, and until it is final, what it changes lives in an
 * overlay.  Overlays stack: the block after an unfinalized one reads through
 * its parent's.  A final overlay is written to the store and its child then
 * reads the store in its place.
 *
 * Keys are state keys (at most TL_STATE_KEY_MAX bytes).  An empty value is not
 * a value: putting one deletes.  Memory: a caller's arena; an overlay that runs
 * out says TL_ERR_NO_MEMORY and stays consistent.  Pure. */
#ifndef TL_OVERLAY_H
#define TL_OVERLAY_H

#include "tl/bytes.h"
#include "tl/status.h"

struct tl_store;
struct tl_store_sink;
struct tl_overlay;

/* tl_overlay_new makes an empty overlay in `arena`.  Reads that miss go to
 * `parent`, or to `base` when there is none. */
TL_MUST_USE struct tl_overlay *tl_overlay_new(struct tl_arena *arena, struct tl_overlay *parent,
                                              struct tl_store *base);
/* tl_overlay_reparent: the parent became final and is in the base store now. */
void tl_overlay_reparent(struct tl_overlay *overlay, struct tl_overlay *parent);

/* TL_OK, TL_ERR_NOT_FOUND, TL_ERR_STORE.  The view lives until the next call
 * on the overlay or the store. */
TL_MUST_USE enum tl_status tl_overlay_get(struct tl_overlay *overlay, struct tl_bytes key,
                                          struct tl_bytes *value);
TL_MUST_USE enum tl_status tl_overlay_put(struct tl_overlay *overlay, struct tl_bytes key,
                                          struct tl_bytes value);
/* tl_overlay_mark and _rollback undo the puts since a mark: one entry's effects
 * are all applied or none. */
size_t tl_overlay_mark(const struct tl_overlay *overlay);
void tl_overlay_rollback(struct tl_overlay *overlay, size_t mark);

/* tl_overlay_scan visits from <= key < to in ascending order, merged over the
 * whole stack and the base; false ends it.  An empty `to` means to the end.  The
 * visitor must not write to the overlay.  Cost: what is visited, and once per
 * key the overlay gained since the last scan of its class (first byte). */
typedef bool tl_overlay_visit(void *context, struct tl_bytes key, struct tl_bytes value);
TL_MUST_USE enum tl_status tl_overlay_scan(struct tl_overlay *overlay, struct tl_bytes from,
                                           struct tl_bytes to, tl_overlay_visit *visit,
                                           void *context);

/* tl_overlay_flush gives each own final write to a batch: a put or a delete. */
TL_MUST_USE enum tl_status tl_overlay_flush(struct tl_overlay *overlay,
                                            const struct tl_store_sink *sink);

/* tl_overlay_each visits this overlay's own final writes once each, in no
 * stated order; a deleted key has an empty value. */
void tl_overlay_each(struct tl_overlay *overlay, tl_overlay_visit *visit, void *context);

#endif
