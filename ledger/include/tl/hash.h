/* tl/hash.h -- SHA-256, always under a name for what is hashed.
 *
 * Two kinds of object never share a hash input: each hash of ours begins with
 * a domain string and its terminating zero byte, e.g. "tallystick/hdr/v1\0".
 * The exceptions are the RFC 6962 tree (merkle.h), which separates by its own
 * first byte, and formats of others (note.h).  Pure, thread safe, no failure.
 * FIPS 180-4. */
#ifndef TL_HASH_H
#define TL_HASH_H

#include "tl/bytes.h"

/* tl_hash_plain is SHA-256 of the bytes alone. */
void tl_hash_plain(struct tl_hash *out, struct tl_bytes bytes);

/* tl_hash_domain is SHA-256(domain ‖ 0x00 ‖ bytes). */
void tl_hash_domain(struct tl_hash *out, const char *domain, struct tl_bytes bytes);

/* An incremental hash.  Opaque; may live on the stack and be copied. */
struct tl_hasher {
    _Alignas(8) uint8_t opaque[128];
};
void tl_hasher_init(struct tl_hasher *hasher);
/* tl_hasher_domain starts a hash that begins with domain ‖ 0x00. */
void tl_hasher_domain(struct tl_hasher *hasher, const char *domain);
void tl_hasher_put(struct tl_hasher *hasher, struct tl_bytes bytes);
void tl_hasher_u64(struct tl_hasher *hasher, uint64_t value); /* big-endian */
void tl_hasher_done(struct tl_hasher *hasher, struct tl_hash *out);

#endif
