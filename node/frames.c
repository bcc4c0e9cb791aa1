#include "frames.h"

#include "tl/check.h"

#include <stdlib.h>
#include <string.h>

#define PREFIX     4u
#define SPACE_MIN  (16u << 10)
#define ROOM_USUAL (1u << 20)

TL_DEFINE_RECORD(tl_frame, TL_FRAME_FIELDS)

/* At least `need` bytes of room, doubling. */
static bool grow(uint8_t **bytes, size_t *room, size_t need)
{
    size_t more = *room > SPACE_MIN ? *room : SPACE_MIN;
    uint8_t *moved;

    if (need <= *room)
        return true;
    while (more < need)
        more *= 2;
    moved = realloc(*bytes, more);
    if (moved == NULL)
        return false;
    *bytes = moved;
    *room = more;
    return true;
}

bool frames_put(struct frames_out *out, enum tl_message number, struct tl_bytes body)
{
    struct tl_frame frame = {.number = (uint8_t)number, .body = body};
    struct tl_buf buf;

    TL_CHECK(body.len <= TL_FRAME_BYTES_MAX);
    if (!grow(&out->bytes, &out->room, out->len + PREFIX + FRAME_OVERHEAD + body.len))
        return false;
    buf = tl_buf(out->bytes + out->len + PREFIX, FRAME_OVERHEAD + body.len);
    tl_record_write(&tl_frame_record, &frame, &buf);
    TL_CHECK(!buf.full);
    tl_put_u32be(out->bytes + out->len, (uint32_t)buf.len);
    out->len += PREFIX + buf.len;
    out->count++;
    return true;
}

void frames_clear(struct frames_out *out)
{
    out->len = 0;
    out->count = 0;
    if (out->room > ROOM_USUAL)
        frames_out_free(out);
}

void frames_out_free(struct frames_out *out)
{
    free(out->bytes);
    *out = (struct frames_out){0};
}

uint8_t *frames_space(struct frames_in *in, size_t *space)
{
    size_t left = in->len - in->from;

    if (left == 0 && in->room > ROOM_USUAL)
        frames_in_free(in);
    if (in->from > 0 && left > 0)
        memmove(in->bytes, in->bytes + in->from, left);
    in->from = 0;
    in->len = left;
    if (!grow(&in->bytes, &in->room, left + SPACE_MIN))
        return NULL;
    *space = in->room - in->len;
    return in->bytes + in->len;
}

void frames_came(struct frames_in *in, size_t bytes)
{
    TL_CHECK(bytes <= in->room - in->len);
    in->len += bytes;
}

enum frames_next frames_next(struct frames_in *in, size_t limit, struct tl_frame *frame)
{
    size_t have = in->len - in->from;
    const uint8_t *at = in->bytes + in->from;
    size_t len;

    if (have < PREFIX)
        return FRAMES_NONE;
    len = tl_get_u32be(at);
    if (len > limit)
        return FRAMES_BROKEN;
    if (have - PREFIX < len)
        return FRAMES_NONE;
    in->from += PREFIX + len;
    return tl_record_decode(&tl_frame_record, frame, tl_bytes(at + PREFIX, len)) == TL_OK
               ? FRAMES_ONE
               : FRAMES_BROKEN;
}

void frames_in_free(struct frames_in *in)
{
    free(in->bytes);
    *in = (struct frames_in){0};
}
