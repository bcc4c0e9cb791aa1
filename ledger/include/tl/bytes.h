/* tl/bytes.h -- views of bytes, fixed-size values and arenas.
 *
 * Ownership, once for the whole code base: what you pass in is borrowed for
 * the call; what is handed out is borrowed until the next call on the same
 * object.  The words `take` and `own` in a name are the only exceptions.
 * Pure; no function here allocates. */
#ifndef TL_BYTES_H
#define TL_BYTES_H

#include "tl/attributes.h"
#include "tl/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A borrowed view.  Empty is { NULL, 0 }. */
struct tl_bytes {
    const uint8_t *ptr;
    size_t len;
};

struct tl_hash {
    uint8_t b[TL_HASH_BYTES];
};
struct tl_pubkey {
    uint8_t b[TL_PUBKEY_BYTES];
};
struct tl_sig {
    uint8_t b[TL_SIG_BYTES];
};
/* A random identifier: of a case or a debt.  All zero means "none". */
struct tl_id {
    uint8_t b[TL_ID_BYTES];
};

#define TL_BYTES_NONE ((struct tl_bytes){0})

static inline struct tl_bytes tl_bytes(const void *ptr, size_t len)
{
    return (struct tl_bytes){(const uint8_t *)ptr, len};
}

/* tl_bytes_str views a C string without its terminator. */
struct tl_bytes tl_bytes_str(const char *text);
bool tl_bytes_eq(struct tl_bytes a, struct tl_bytes b);
/* tl_bytes_cmp orders like memcmp, a prefix before what it begins. */
int tl_bytes_cmp(struct tl_bytes a, struct tl_bytes b);
bool tl_hash_eq(const struct tl_hash *a, const struct tl_hash *b);
bool tl_hash_is_zero(const struct tl_hash *hash);
bool tl_id_is_zero(const struct tl_id *id);

/* Big-endian fixed width, for signing input and ordered store keys. */
void tl_put_u16be(uint8_t out[2], uint16_t value);
void tl_put_u32be(uint8_t out[4], uint32_t value);
void tl_put_u64be(uint8_t out[8], uint64_t value);
uint16_t tl_get_u16be(const uint8_t in[2]);
uint32_t tl_get_u32be(const uint8_t in[4]);
uint64_t tl_get_u64be(const uint8_t in[8]);

/* tl_hex writes 2*len lower-case digits and a terminator; `out` holds them. */
void tl_hex(char *out, struct tl_bytes bytes);
/* tl_unhex reads exactly 2*len digits of either case.  False: not that. */
TL_MUST_USE bool tl_unhex(uint8_t *out, size_t len, const char *text);

/* An arena: a caller's block of memory, handed out from the front and taken
 * back all at once.  Nothing in it is ever freed alone. */
struct tl_arena {
    uint8_t *base;
    size_t size;
    size_t used;
};

void tl_arena_init(struct tl_arena *arena, void *memory, size_t size);
/* tl_arena_take gives `len` zeroed bytes aligned for any object, or NULL when
 * the arena is used up. */
TL_MUST_USE void *tl_arena_take(struct tl_arena *arena, size_t len);
/* tl_arena_copy takes room for the bytes and copies them there. */
TL_MUST_USE bool tl_arena_copy(struct tl_arena *arena, struct tl_bytes in, struct tl_bytes *out);
void tl_arena_reset(struct tl_arena *arena);

/* A writer into a caller's buffer.  One that overflowed stays so and writes
 * nothing more: fill in a straight line and ask once, at the end. */
struct tl_buf {
    uint8_t *ptr;
    size_t cap;
    size_t len;
    bool full;
};

static inline struct tl_buf tl_buf(void *ptr, size_t cap)
{
    return (struct tl_buf){(uint8_t *)ptr, cap, 0, false};
}
void tl_buf_put(struct tl_buf *buf, const void *bytes, size_t len);
void tl_buf_byte(struct tl_buf *buf, uint8_t byte);
static inline struct tl_bytes tl_buf_bytes(const struct tl_buf *buf)
{
    return tl_bytes(buf->ptr, buf->len);
}

#endif
