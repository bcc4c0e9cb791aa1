/* tl/codec.h -- the canonical MessagePack profile.
 *
 * One value has one encoding, because the identity of a thing is the hash of
 * its bytes.  The profile (docs/FORMAT.md) is a subset of MessagePack:
 *   integers   in the shortest form; >= 0 as fixint/uint, < 0 as fixint/int
 *   booleans   c2, c3
 *   strings    valid UTF-8 without control characters, shortest length form
 *   binary     shortest length form
 *   arrays     shortest length form, at most TL_DEPTH_MAX deep
 * and nothing else: no maps, no floats, no ext, no nil.
 *
 * Writing goes through msgpack-c; reading does not, because a reader of a
 * peer's bytes must neither allocate by their word nor accept two spellings.
 * Pure.  Readers borrow the bytes they read; views they give live as long. */
#ifndef TL_CODEC_H
#define TL_CODEC_H

#include "tl/bytes.h"

/* A reader that failed stays failed and reads zero: decode in a straight line
 * and ask tl_read_done once. */
struct tl_reader {
    const uint8_t *at;
    const uint8_t *end;
    bool bad;
};

struct tl_reader tl_reader(struct tl_bytes bytes);
uint64_t tl_read_uint(struct tl_reader *r, uint64_t max);
int64_t tl_read_int(struct tl_reader *r, int64_t min, int64_t max);
bool tl_read_bool(struct tl_reader *r);
/* tl_read_array gives the element count, at most `max`. */
uint32_t tl_read_array(struct tl_reader *r, uint32_t max);
struct tl_bytes tl_read_str(struct tl_reader *r, size_t max);
struct tl_bytes tl_read_bin(struct tl_reader *r, size_t max);
void tl_read_fixed(struct tl_reader *r, void *out, size_t len); /* bin of exactly len */
/* tl_read_value steps over one whole value of the profile, checking all of it,
 * and gives its bytes, at most `max`. */
struct tl_bytes tl_read_value(struct tl_reader *r, size_t max);
/* Not failed and nothing left over. */
bool tl_read_done(const struct tl_reader *r);
void tl_read_fail(struct tl_reader *r);

/* What kind of value comes next, for printers. */
enum tl_kind { TL_KIND_NONE, TL_KIND_INT, TL_KIND_BOOL, TL_KIND_STR, TL_KIND_BIN, TL_KIND_ARRAY };
enum tl_kind tl_read_peek(const struct tl_reader *r);

void tl_write_uint(struct tl_buf *out, uint64_t value);
void tl_write_int(struct tl_buf *out, int64_t value);
void tl_write_bool(struct tl_buf *out, bool value);
void tl_write_array(struct tl_buf *out, uint32_t count);
void tl_write_str(struct tl_buf *out, struct tl_bytes text);
void tl_write_bin(struct tl_buf *out, struct tl_bytes bytes);

/* tl_utf8_ok: valid UTF-8 (RFC 3629: no overlong forms, no surrogates) and no
 * character below U+0020, no U+007F. */
bool tl_utf8_ok(struct tl_bytes text);

#endif
