/* tl/tlscert.h -- a member's TLS identity: one key, one self-signed certificate.
 *
 * No certificate authority: the genesis file holds each member's certificate
 * (DER) and a peer accepts exactly that one.  What a certificate says beside its
 * key is therefore little: the member id as common name and DNS name, so that
 * the server name check of TLS binds the connection to the member, and a
 * validity that never decides (the genesis file does).  ECDSA P-256, since that
 * is what mbedTLS and OpenSSL both speak everywhere; RFC 5280 for the fields.
 *
 * The certificates say CA:FALSE: a pinned certificate is its own trust anchor
 * (mbedTLS compares it byte for byte), and one that could sign others would let
 * a member mint a certificate in another member's name.
 *
 * No state, thread safe.  Failure is TL_ERR_IO (the library refused),
 * TL_ERR_ENCODING (not a certificate) or TL_ERR_LIMIT. */
#ifndef TL_TLSCERT_H
#define TL_TLSCERT_H

#include "tl/bytes.h"
#include "tl/why.h"

#define TL_TLS_PEM_MAX 4096u

struct tl_tls_identity {
    char key_pem[TL_TLS_PEM_MAX]; /* secret; wipe with tl_tls_identity_wipe */
    char cert_pem[TL_TLS_PEM_MAX];
    uint8_t cert_der[TL_TLS_CERT_MAX];
    size_t cert_der_len;
};

/* tl_tls_identity_create makes a new key and certificate for a member id. */
TL_MUST_USE enum tl_status tl_tls_identity_create(struct tl_tls_identity *identity,
                                                  const char *member, struct tl_why *why);
/* tl_tls_identity_load reads both files and checks that they belong together.
 * The key file must be 0600. */
TL_MUST_USE enum tl_status tl_tls_identity_load(struct tl_tls_identity *identity,
                                                const char *key_path, const char *cert_path,
                                                struct tl_why *why);
TL_MUST_USE enum tl_status tl_tls_identity_save(const struct tl_tls_identity *identity,
                                                const char *key_path, const char *cert_path,
                                                struct tl_why *why);
void tl_tls_identity_wipe(struct tl_tls_identity *identity);

/* tl_tls_cert_to_pem writes a terminated PEM text of at most TL_TLS_PEM_MAX. */
TL_MUST_USE enum tl_status tl_tls_cert_to_pem(struct tl_bytes der, char *out, size_t cap);
/* tl_tls_cert_from_pem takes the first certificate of a PEM text. */
TL_MUST_USE enum tl_status tl_tls_cert_from_pem(const char *pem, uint8_t *out, size_t cap,
                                                size_t *len);
/* tl_tls_cert_name gives the common name of a certificate: the member id. */
TL_MUST_USE enum tl_status tl_tls_cert_name(struct tl_bytes der, char out[TL_MEMBER_ID_MAX + 1u]);

#endif
