/* tl/known.h -- what has been verified already, so that nothing is twice.
 *
 * A set of hashes (of envelopes with their signature, of certificates, of votes with
 * key and signature) whose signatures were found good.
 * It is bounded: the oldest is forgotten, which costs one more verification and
 * nothing else.  Only hashes of bytes under a good signature are ever added, so
 * what a stranger sends cannot push the others out.
 *
 * Thread safe: the signature pool asks and adds. */
#ifndef TL_KNOWN_H
#define TL_KNOWN_H

#include "tl/bytes.h"

struct tl_known;

/* Room for `count` hashes, a power of two; NULL: out of memory. */
struct tl_known *tl_known_new(uint32_t count);
void tl_known_free(struct tl_known *known);
bool tl_known_has(struct tl_known *known, const struct tl_hash *hash);
void tl_known_add(struct tl_known *known, const struct tl_hash *hash);

#endif
