/* frames.h -- frames in a stream of bytes.
 *
 *   on the wire: length u32be, then so many bytes of a tl_frame (tl/net.h)
 *
 * Memory grows with the bytes that came, never with the length that was
 * announced.  No threads, no I/O. */
#ifndef TL_NODE_FRAMES_H
#define TL_NODE_FRAMES_H

#include "tl/net.h"

#define FRAME_OVERHEAD  16u
#define FRAME_BYTES_MAX (TL_FRAME_BYTES_MAX + FRAME_OVERHEAD)

/* Frames that wait to be sent, one behind the other; zeroed: none. */
struct frames_out {
    uint8_t *bytes;
    size_t len;
    size_t room;
    uint64_t count;
};

/* frames_put appends a frame; false: no memory. */
bool frames_put(struct frames_out *out, enum tl_message number, struct tl_bytes body);
/* frames_clear forgets what was there, and gives unusual amounts of memory back. */
void frames_clear(struct frames_out *out);
void frames_out_free(struct frames_out *out);

/* What came so far; zeroed: nothing. */
struct frames_in {
    uint8_t *bytes;
    size_t from; /* read so far */
    size_t len;
    size_t room;
};

/* frames_space is where the next bytes go, at least some thousands; NULL: no
 * memory.  What is put there is told by frames_came. */
uint8_t *frames_space(struct frames_in *in, size_t *space);
void frames_came(struct frames_in *in, size_t bytes);

enum frames_next { FRAMES_ONE, FRAMES_NONE, FRAMES_BROKEN };
/* frames_next gives the next whole frame, valid until frames_space.  BROKEN: it is longer than
 * `limit` or is none; the stream is of no more use. */
enum frames_next frames_next(struct frames_in *in, size_t limit, struct tl_frame *frame);
void frames_in_free(struct frames_in *in);

#endif
