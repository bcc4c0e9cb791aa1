/* SHA-256 from libcrypto: the only file of the pure rooms that names it.
 *
 * Not from libsodium, whose portable code takes three to four times as long: it
 * does not use the processor's SHA instructions, and hashing is most of what a
 * node computes.  Not through EVP, which allocates and looks algorithms up; the
 * low-level calls are marked deprecated for new programs that want providers,
 * but they are what neither allocates nor keeps state (docs/adr). */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "tl/hash.h"

#include "tl/check.h"

#include <openssl/sha.h>
#include <string.h>

_Static_assert(sizeof(SHA256_CTX) <= sizeof(((struct tl_hasher *)0)->opaque),
               "the opaque hasher must hold libcrypto's state");
_Static_assert(SHA256_DIGEST_LENGTH == TL_HASH_BYTES, "SHA-256 is 32 bytes");

static SHA256_CTX *state_of(struct tl_hasher *hasher)
{
    return (SHA256_CTX *)(void *)hasher->opaque;
}

void tl_hash_plain(struct tl_hash *out, struct tl_bytes bytes)
{
    struct tl_hasher hasher;

    tl_hasher_init(&hasher);
    tl_hasher_put(&hasher, bytes);
    tl_hasher_done(&hasher, out);
}

void tl_hash_domain(struct tl_hash *out, const char *domain, struct tl_bytes bytes)
{
    struct tl_hasher hasher;

    tl_hasher_domain(&hasher, domain);
    tl_hasher_put(&hasher, bytes);
    tl_hasher_done(&hasher, out);
}

void tl_hasher_init(struct tl_hasher *hasher)
{
    TL_CHECK(SHA256_Init(state_of(hasher)) == 1);
}

void tl_hasher_domain(struct tl_hasher *hasher, const char *domain)
{
    tl_hasher_init(hasher);
    tl_hasher_put(hasher, tl_bytes(domain, strlen(domain) + 1));
}

void tl_hasher_put(struct tl_hasher *hasher, struct tl_bytes bytes)
{
    if (bytes.len != 0)
        TL_CHECK(SHA256_Update(state_of(hasher), bytes.ptr, bytes.len) == 1);
}

void tl_hasher_u64(struct tl_hasher *hasher, uint64_t value)
{
    uint8_t be[8];

    tl_put_u64be(be, value);
    tl_hasher_put(hasher, tl_bytes(be, sizeof be));
}

void tl_hasher_done(struct tl_hasher *hasher, struct tl_hash *out)
{
    TL_CHECK(SHA256_Final(out->b, state_of(hasher)) == 1);
}
