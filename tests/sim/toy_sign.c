/* Signatures for a world in which nobody tries to forge them: SHA-256 over the
 * public key and the message.  Whoever lies here does so with keys it holds. */
#include "tl/sign.h"

#include "flaws.h"

#include "tl/hash.h"

#include <string.h>

bool tl_pubkey_valid(const struct tl_pubkey *key)
{
    (void)key;
    return true;
}

static void toy(struct tl_sig *sig, struct tl_bytes message, const uint8_t pub[TL_PUBKEY_BYTES])
{
    struct tl_hasher hasher;
    struct tl_hash hash;

    tl_hasher_init(&hasher);
    tl_hasher_put(&hasher, tl_bytes(pub, TL_PUBKEY_BYTES));
    tl_hasher_put(&hasher, message);
    tl_hasher_done(&hasher, &hash);
    memcpy(sig->b, hash.b, TL_HASH_BYTES);
    memcpy(sig->b + TL_HASH_BYTES, hash.b, TL_HASH_BYTES);
}

enum tl_status tl_sig_verify(const struct tl_sig *sig, struct tl_bytes message,
                             const struct tl_pubkey *key)
{
    struct tl_sig right;

    toy(&right, message, key->b);
    return memcmp(right.b, sig->b, sizeof right.b) == 0 || flaw == FLAW_SIGNATURE_UNCHECKED
               ? TL_OK
               : TL_ERR_SIGNATURE;
}

void tl_sign(struct tl_sig *sig, struct tl_bytes message, const struct tl_seckey *key)
{
    toy(sig, message, key->b + TL_SEED_BYTES);
}

void tl_keypair(struct tl_pubkey *pub, struct tl_seckey *sec, const uint8_t seed[TL_SEED_BYTES])
{
    struct tl_hash hash;

    tl_hash_plain(&hash, tl_bytes(seed, TL_SEED_BYTES));
    memcpy(pub->b, hash.b, sizeof pub->b);
    memcpy(sec->b, seed, TL_SEED_BYTES);
    memcpy(sec->b + TL_SEED_BYTES, pub->b, TL_PUBKEY_BYTES);
}
