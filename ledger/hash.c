/* SHA-256 from libsodium: the only file of the pure rooms that names it. */
#include "tl/hash.h"

#include "tl/check.h"

#include <sodium/crypto_hash_sha256.h>
#include <string.h>

_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(((struct tl_hasher *)0)->opaque),
               "the opaque hasher must hold libsodium's state");
_Static_assert(crypto_hash_sha256_BYTES == TL_HASH_BYTES, "SHA-256 is 32 bytes");

static crypto_hash_sha256_state *state_of(struct tl_hasher *hasher)
{
    return (crypto_hash_sha256_state *)(void *)hasher->opaque;
}

void tl_hash_plain(struct tl_hash *out, struct tl_bytes bytes)
{
    (void)crypto_hash_sha256(out->b, bytes.ptr, bytes.len);
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
    (void)crypto_hash_sha256_init(state_of(hasher));
}

void tl_hasher_domain(struct tl_hasher *hasher, const char *domain)
{
    tl_hasher_init(hasher);
    tl_hasher_put(hasher, tl_bytes(domain, strlen(domain) + 1));
}

void tl_hasher_put(struct tl_hasher *hasher, struct tl_bytes bytes)
{
    if (bytes.len != 0)
        (void)crypto_hash_sha256_update(state_of(hasher), bytes.ptr, bytes.len);
}

void tl_hasher_u64(struct tl_hasher *hasher, uint64_t value)
{
    uint8_t be[8];

    tl_put_u64be(be, value);
    tl_hasher_put(hasher, tl_bytes(be, sizeof be));
}

void tl_hasher_done(struct tl_hasher *hasher, struct tl_hash *out)
{
    (void)crypto_hash_sha256_final(state_of(hasher), out->b);
}
