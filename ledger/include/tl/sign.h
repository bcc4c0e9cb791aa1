/* tl/sign.h -- Ed25519 (RFC 8032) under one acceptance rule.
 *
 * Which odd signatures are valid is part of consensus: docs/PROTOCOL.md, rules
 * S-1 to S-3.  libsodium 1.0.18 to 1.0.22 verify without the cofactor, its
 * development branch with it; a crafted signature could pass one and fail the
 * other and split the network.  Both agree when the public key and R lie in the
 * prime-order subgroup, so we require that of both.
 * For R it follows from a valid key and a check without the cofactor; a library
 * that checks with it is found out by tl_sign_selftest.
 *
 * Pure, thread safe.  Secret keys are libsodium's 64 bytes (seed ‖ public). */
#ifndef TL_SIGN_H
#define TL_SIGN_H

#include "tl/bytes.h"
#include "tl/status.h"

#define TL_SEED_BYTES   32u
#define TL_SECKEY_BYTES 64u

struct tl_seckey {
    uint8_t b[TL_SECKEY_BYTES];
};

/* tl_pubkey_valid says whether the key may be registered: a canonical point,
 * not of small order, in the prime-order subgroup.  Checked once, when a key
 * enters a genesis file or the ledger. */
bool tl_pubkey_valid(const struct tl_pubkey *key);

/* tl_sig_verify checks a signature that consensus or evidence depends on.
 * `key` must have passed tl_pubkey_valid.  TL_OK or TL_ERR_SIGNATURE. */
TL_MUST_USE enum tl_status tl_sig_verify(const struct tl_sig *sig, struct tl_bytes message,
                                         const struct tl_pubkey *key);

/* tl_sign is deterministic: the same message gives the same bytes. */
void tl_sign(struct tl_sig *sig, struct tl_bytes message, const struct tl_seckey *key);

/* tl_keypair derives both keys from a seed. */
void tl_keypair(struct tl_pubkey *pub, struct tl_seckey *sec, const uint8_t seed[TL_SEED_BYTES]);

/* tl_sign_selftest runs a few edge vectors; false means the library at hand
 * does not follow the rule and the program must not start. */
bool tl_sign_selftest(void);

#endif
