/* tl/vault_box.h -- the cryptography of vaults, behind one door.
 *
 * Personal data of a person lies in a blob under a key of its own; that key lies
 * sealed to the vault keys of the members entitled to it.  Destroying the key
 * destroys the blob wherever copies of it are.
 *
 *   blob        XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), 24 random bytes
 *               of nonce, associated data that binds it to case and version
 *   sealed key  crypto_box_seal: X25519 with an ephemeral key, XSalsa20-Poly1305
 *   vault key   X25519, of a seed of its own: never a signing key turned into
 *               another, so neither can be used against the other
 *
 * No state, thread safe.  Failure: TL_ERR_SIGNATURE says that what should open
 * does not; TL_ERR_RANGE that a public key is one nobody can have. */
#ifndef TL_VAULT_BOX_H
#define TL_VAULT_BOX_H

#include "tl/sign.h"

#define TL_VAULT_KEY_BYTES    32u
#define TL_VAULT_NONCE_BYTES  24u
#define TL_VAULT_TAG_BYTES    16u
#define TL_VAULT_SEALED_BYTES 80u /* a key, sealed */

/* A data key: wipe it (tl_wipe) when done. */
struct tl_vault_data_key {
    uint8_t b[TL_VAULT_KEY_BYTES];
};

/* tl_vault_keypair derives a member's vault key: `sec` is seed ‖ X25519 secret. */
void tl_vault_keypair(struct tl_pubkey *pub, struct tl_seckey *sec,
                      const uint8_t seed[TL_SEED_BYTES]);

TL_MUST_USE enum tl_status tl_vault_seal(uint8_t out[TL_VAULT_SEALED_BYTES],
                                         const struct tl_vault_data_key *key,
                                         const struct tl_pubkey *to);
TL_MUST_USE enum tl_status tl_vault_unseal(struct tl_vault_data_key *key, struct tl_bytes sealed,
                                           const struct tl_pubkey *pub,
                                           const struct tl_seckey *sec);

/* tl_vault_encrypt writes nonce ‖ ciphertext ‖ tag: plain.len + 40 bytes, for
 * which `out` has room.  The nonce is random, so a key may be used again. */
void tl_vault_encrypt(struct tl_buf *out, const struct tl_vault_data_key *key,
                      struct tl_bytes bound, struct tl_bytes plain);
/* tl_vault_decrypt writes blob.len - 40 bytes to `out`. */
TL_MUST_USE enum tl_status tl_vault_decrypt(struct tl_buf *out, const struct tl_vault_data_key *key,
                                            struct tl_bytes bound, struct tl_bytes blob);
#define TL_VAULT_OVERHEAD (TL_VAULT_NONCE_BYTES + TL_VAULT_TAG_BYTES)

#endif
