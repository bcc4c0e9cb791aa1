/* Ed25519 from libsodium under rules S-1 to S-3 of docs/PROTOCOL.md. */
#include "tl/sign.h"

#include "tl/check.h"

#include <sodium/crypto_core_ed25519.h>
#include <sodium/crypto_sign_ed25519.h>

bool tl_pubkey_valid(const struct tl_pubkey *key)
{
    /* PROTOCOL S-1: A public key MUST be registered only if it is a canonical encoding of a point
     * of the prime-order subgroup other than the identity. */
    return crypto_core_ed25519_is_valid_point(key->b) == 1;
}

enum tl_status tl_sig_verify(const struct tl_sig *sig, struct tl_bytes message,
                             const struct tl_pubkey *key)
{
    /* PROTOCOL S-3: Such a signature MUST then satisfy RFC 8032 with S below the group order,
     * verified without the cofactor. */
    /* PROTOCOL S-2: A signature that consensus or evidence depends on MUST have an R that satisfies
     * S-1 too. */
    /* One comparison obeys both.  Verified without the cofactor, R is compared byte by byte with
     * the canonical encoding of S*B - h*A; B and, by S-1, A are of the prime-order subgroup, hence
     * so is that point, and R with it; an R of small order libsodium refuses by itself.  A library
     * that verifies with the cofactor fails tl_sign_selftest (R of mixed order). */
    if (crypto_sign_ed25519_verify_detached(sig->b, message.ptr, message.len, key->b) != 0)
        return TL_ERR_SIGNATURE;
    return TL_OK;
}

void tl_sign(struct tl_sig *sig, struct tl_bytes message, const struct tl_seckey *key)
{
    TL_CHECK(crypto_sign_ed25519_detached(sig->b, NULL, message.ptr, message.len, key->b) == 0);
}

void tl_keypair(struct tl_pubkey *pub, struct tl_seckey *sec, const uint8_t seed[TL_SEED_BYTES])
{
    TL_CHECK(crypto_sign_ed25519_seed_keypair(pub->b, sec->b, seed) == 0);
}
