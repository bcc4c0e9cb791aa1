/* XChaCha20-Poly1305 and sealed boxes from libsodium.  See tl/vault_box.h. */
#include "tl/vault_box.h"

#include "tl/check.h"
#include "tl/file.h"

#include <sodium/crypto_aead_xchacha20poly1305.h>
#include <sodium/crypto_box.h>
#include <string.h>

_Static_assert(TL_VAULT_SEALED_BYTES == TL_VAULT_KEY_BYTES + crypto_box_SEALBYTES, "a sealed key");
_Static_assert(TL_VAULT_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "a data key");
_Static_assert(TL_VAULT_NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "a nonce");
_Static_assert(TL_VAULT_TAG_BYTES == crypto_aead_xchacha20poly1305_ietf_ABYTES, "a tag");
_Static_assert(TL_SECKEY_BYTES == TL_SEED_BYTES + crypto_box_SECRETKEYBYTES, "seed and secret");
_Static_assert(TL_SEED_BYTES == crypto_box_SEEDBYTES, "a seed makes a key");

void tl_vault_keypair(struct tl_pubkey *pub, struct tl_seckey *sec,
                      const uint8_t seed[TL_SEED_BYTES])
{
    memcpy(sec->b, seed, TL_SEED_BYTES);
    TL_CHECK(crypto_box_seed_keypair(pub->b, sec->b + TL_SEED_BYTES, seed) == 0);
}

enum tl_status tl_vault_seal(uint8_t out[TL_VAULT_SEALED_BYTES],
                             const struct tl_vault_data_key *key, const struct tl_pubkey *to)
{
    return crypto_box_seal(out, key->b, sizeof key->b, to->b) == 0 ? TL_OK : TL_ERR_RANGE;
}

enum tl_status tl_vault_unseal(struct tl_vault_data_key *key, struct tl_bytes sealed,
                               const struct tl_pubkey *pub, const struct tl_seckey *sec)
{
    if (sealed.len == TL_VAULT_SEALED_BYTES &&
        crypto_box_seal_open(key->b, sealed.ptr, sealed.len, pub->b, sec->b + TL_SEED_BYTES) == 0)
        return TL_OK;
    tl_wipe(key, sizeof *key);
    return TL_ERR_SIGNATURE;
}

void tl_vault_encrypt(struct tl_buf *out, const struct tl_vault_data_key *key,
                      struct tl_bytes bound, struct tl_bytes plain)
{
    uint8_t *to = out->ptr + out->len;

    TL_CHECK(out->cap - out->len >= plain.len + TL_VAULT_OVERHEAD);
    tl_random(to, TL_VAULT_NONCE_BYTES);
    TL_CHECK(crypto_aead_xchacha20poly1305_ietf_encrypt(to + TL_VAULT_NONCE_BYTES, NULL, plain.ptr,
                                                        plain.len, bound.ptr, bound.len, NULL, to,
                                                        key->b) == 0);
    out->len += plain.len + TL_VAULT_OVERHEAD;
}

enum tl_status tl_vault_decrypt(struct tl_buf *out, const struct tl_vault_data_key *key,
                                struct tl_bytes bound, struct tl_bytes blob)
{
    if (blob.len < TL_VAULT_OVERHEAD || out->cap - out->len < blob.len - TL_VAULT_OVERHEAD)
        return TL_ERR_SIGNATURE;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            out->ptr + out->len, NULL, NULL, blob.ptr + TL_VAULT_NONCE_BYTES,
            blob.len - TL_VAULT_NONCE_BYTES, bound.ptr, bound.len, blob.ptr, key->b) != 0)
        return TL_ERR_SIGNATURE;
    out->len += blob.len - TL_VAULT_OVERHEAD;
    return TL_OK;
}
