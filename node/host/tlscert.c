/* The adapter to libcrypto: self-signed certificates and their text form. */
#include "tl/tlscert.h"

#include "tl/file.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

static enum tl_status refused(const char *what, struct tl_why *why)
{
    char text[160];

    ERR_error_string_n(ERR_get_error(), text, sizeof text);
    ERR_clear_error();
    return tl_why_set(why, TL_ERR_IO, "libcrypto cannot %s: %s", what, text);
}

/* ---- making one ---- */

static bool add_extension(X509 *cert, int nid, const char *value)
{
    X509_EXTENSION *ext;
    X509V3_CTX context;
    bool added;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, cert, cert, NULL, NULL, 0);
    ext = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (ext == NULL)
        return false;
    added = X509_add_ext(cert, ext, -1) == 1;
    X509_EXTENSION_free(ext);
    return added;
}

static bool set_serial(X509 *cert)
{
    uint8_t bytes[16];
    BIGNUM *number;
    bool set;

    tl_random(bytes, sizeof bytes);
    bytes[0] = (uint8_t)((bytes[0] & 0x7fu) | 0x40u); /* positive, of full length */
    number = BN_bin2bn(bytes, sizeof bytes, NULL);
    set = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL;
    BN_free(number);
    return set;
}

/* From the project's past to "no well-defined end" (RFC 5280, 4.1.2.5): whether
 * a certificate counts is for the genesis file to say, never for a clock. */
static bool set_validity(X509 *cert)
{
    return ASN1_TIME_set_string_X509(X509_getm_notBefore(cert), "20200101000000Z") == 1 &&
           ASN1_TIME_set_string_X509(X509_getm_notAfter(cert), "99991231235959Z") == 1;
}

static bool set_name(X509 *cert, const char *member)
{
    X509_NAME *name = X509_get_subject_name(cert);

    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)member, -1,
                                      -1, 0) == 1 &&
           X509_set_issuer_name(cert, name) == 1;
}

static bool fill_cert(X509 *cert, EVP_PKEY *key, const char *member)
{
    char alt_name[16 + TL_MEMBER_ID_MAX];

    (void)snprintf(alt_name, sizeof alt_name, "DNS:%s", member);
    return X509_set_version(cert, 2) == 1 && set_serial(cert) && set_validity(cert) &&
           set_name(cert, member) && X509_set_pubkey(cert, key) == 1 &&
           add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(cert, NID_key_usage, "critical,digitalSignature") &&
           add_extension(cert, NID_ext_key_usage, "serverAuth,clientAuth") &&
           add_extension(cert, NID_subject_alt_name, alt_name) &&
           X509_sign(cert, key, EVP_sha256()) != 0;
}

/* ---- text and bytes ---- */

/* Takes what a memory BIO holds, as a terminated text. */
static bool bio_text(BIO *bio, char *out, size_t cap)
{
    char *data = NULL;
    const long len = BIO_get_mem_data(bio, &data);

    if (len <= 0 || (size_t)len >= cap)
        return false;
    memcpy(out, data, (size_t)len);
    out[len] = '\0';
    return true;
}

static bool key_to_pem(EVP_PKEY *key, char *out, size_t cap)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    const bool good = bio != NULL &&
                      PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1 &&
                      bio_text(bio, out, cap);

    BIO_free(bio);
    return good;
}

static bool cert_to_pem(X509 *cert, char *out, size_t cap)
{
    BIO *bio = BIO_new(BIO_s_mem());
    const bool good = bio != NULL && PEM_write_bio_X509(bio, cert) == 1 && bio_text(bio, out, cap);

    BIO_free(bio);
    return good;
}

static bool cert_to_der(X509 *cert, uint8_t *out, size_t cap, size_t *len)
{
    unsigned char *at = out;
    const int need = i2d_X509(cert, NULL);

    if (need <= 0 || (size_t)need > cap)
        return false;
    *len = (size_t)i2d_X509(cert, &at);
    return true;
}

static X509 *cert_of_pem(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *cert = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);

    BIO_free(bio);
    ERR_clear_error();
    return cert;
}

/* Only the exact encoding: bytes behind the certificate would be pinned too. */
static X509 *cert_of_der(struct tl_bytes der)
{
    const unsigned char *at = der.ptr;
    X509 *cert;

    if (der.len == 0 || der.len > TL_TLS_CERT_MAX)
        return NULL;
    cert = d2i_X509(NULL, &at, (long)der.len);
    ERR_clear_error();
    if (cert != NULL && at != der.ptr + der.len) {
        X509_free(cert);
        return NULL;
    }
    return cert;
}

static EVP_PKEY *key_of_pem(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

    BIO_free(bio);
    ERR_clear_error();
    return key;
}

static bool fill_identity(struct tl_tls_identity *identity, EVP_PKEY *key, X509 *cert)
{
    return key_to_pem(key, identity->key_pem, sizeof identity->key_pem) &&
           cert_to_pem(cert, identity->cert_pem, sizeof identity->cert_pem) &&
           cert_to_der(cert, identity->cert_der, sizeof identity->cert_der,
                       &identity->cert_der_len);
}

/* ---- public ---- */

void tl_tls_identity_wipe(struct tl_tls_identity *identity)
{
    tl_wipe(identity, sizeof *identity);
}

enum tl_status tl_tls_identity_create(struct tl_tls_identity *identity, const char *member,
                                      struct tl_why *why)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    enum tl_status status = TL_OK;

    memset(identity, 0, sizeof *identity);
    if (key == NULL || cert == NULL || strlen(member) == 0 || strlen(member) > TL_MEMBER_ID_MAX ||
        !fill_cert(cert, key, member) || !fill_identity(identity, key, cert)) {
        tl_tls_identity_wipe(identity);
        status = refused("make a TLS certificate", why);
    }
    X509_free(cert);
    EVP_PKEY_free(key);
    return status;
}

enum tl_status tl_tls_identity_save(const struct tl_tls_identity *identity, const char *key_path,
                                    const char *cert_path, struct tl_why *why)
{
    const enum tl_status status =
        tl_file_create(key_path, tl_bytes_str(identity->key_pem), TL_FILE_SECRET, why);

    if (status != TL_OK)
        return status;
    return tl_file_write(cert_path, tl_bytes_str(identity->cert_pem), TL_FILE_PUBLIC, why);
}

static enum tl_status match(struct tl_tls_identity *identity, const char *key_pem,
                            const char *cert_pem)
{
    EVP_PKEY *key = key_of_pem(key_pem);
    X509 *cert = cert_of_pem(cert_pem);
    enum tl_status status = TL_OK;

    if (key == NULL || cert == NULL)
        status = TL_ERR_ENCODING;
    else if (X509_check_private_key(cert, key) != 1)
        status = TL_ERR_CONFLICT;
    else if (!fill_identity(identity, key, cert))
        status = TL_ERR_LIMIT;
    ERR_clear_error();
    X509_free(cert);
    EVP_PKEY_free(key);
    return status;
}

enum tl_status tl_tls_identity_load(struct tl_tls_identity *identity, const char *key_path,
                                    const char *cert_path, struct tl_why *why)
{
    struct tl_file_bytes key;
    struct tl_file_bytes cert;
    enum tl_status status = tl_file_read_secret(key_path, TL_TLS_PEM_MAX, &key, why);

    memset(identity, 0, sizeof *identity);
    if (status != TL_OK)
        return status;
    status = tl_file_read(cert_path, TL_TLS_PEM_MAX, &cert, why);
    if (status == TL_OK) {
        status = match(identity, key.text, cert.text);
        if (status != TL_OK)
            status = tl_why_set(why, status,
                                "\"%s\" and \"%s\" are not a TLS key and its "
                                "certificate in PEM; restore them from a copy",
                                key_path, cert_path);
    }
    tl_file_bytes_free(&cert);
    tl_file_bytes_free(&key);
    if (status != TL_OK)
        tl_tls_identity_wipe(identity);
    return status;
}

enum tl_status tl_tls_cert_to_pem(struct tl_bytes der, char *out, size_t cap)
{
    X509 *cert = cert_of_der(der);
    enum tl_status status = TL_ERR_ENCODING;

    out[0] = '\0';
    if (cert != NULL)
        status = cert_to_pem(cert, out, cap) ? TL_OK : TL_ERR_LIMIT;
    X509_free(cert);
    return status;
}

enum tl_status tl_tls_cert_from_pem(const char *pem, uint8_t *out, size_t cap, size_t *len)
{
    X509 *cert = cert_of_pem(pem);
    enum tl_status status = TL_ERR_ENCODING;

    *len = 0;
    if (cert != NULL)
        status = cert_to_der(cert, out, cap, len) ? TL_OK : TL_ERR_LIMIT;
    X509_free(cert);
    return status;
}

enum tl_status tl_tls_cert_name(struct tl_bytes der, char out[TL_MEMBER_ID_MAX + 1u])
{
    X509 *cert = cert_of_der(der);
    char name[TL_MEMBER_ID_MAX + 2];
    int len = -1;

    out[0] = '\0';
    if (cert != NULL)
        len = X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name,
                                        (int)sizeof name);
    X509_free(cert);
    if (len <= 0 || (size_t)len > TL_MEMBER_ID_MAX || strlen(name) != (size_t)len)
        return TL_ERR_ENCODING;
    memcpy(out, name, (size_t)len + 1);
    return TL_OK;
}
