/* TLS pinning, for the network and for clients. */
#include "tl/tls_pin.h"

#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>
#include <string.h>

static enum tl_status refused(struct tl_why *why, int error)
{
    return error == 0 ? TL_OK
                      : tl_why_set(why, TL_ERR_IO, "cannot set up TLS: %s", nng_strerror(error));
}

static enum tl_status accept(nng_tls_config *config, const struct tl_member *member,
                             struct tl_why *why)
{
    char pem[TL_TLS_PEM_MAX];

    if (tl_tls_cert_to_pem(member->tls_cert, pem, sizeof pem) != TL_OK)
        return tl_why_set(why, TL_ERR_ENCODING, "the genesis file's certificate of \"%.*s\" is bad",
                          (int)member->id.len, (const char *)member->id.ptr);
    return refused(why, nng_tls_config_ca_chain(config, pem, NULL));
}

static enum tl_status begin(nng_tls_config **out, nng_tls_mode mode,
                            const struct tl_tls_identity *own, struct tl_why *why)
{
    int error = nng_tls_config_alloc(out, mode);

    if (error == 0 && own != NULL)
        error = nng_tls_config_own_cert(*out, own->cert_pem, own->key_pem, NULL);
    if (error == 0)
        error = nng_tls_config_auth_mode(*out, NNG_TLS_AUTH_MODE_REQUIRED);
    return refused(why, error);
}

static enum tl_status end(nng_tls_config **out, enum tl_status status)
{
    if (status != TL_OK) {
        tl_tls_pin_free(*out);
        *out = NULL;
    }
    return status;
}

enum tl_status tl_tls_pin_dial(struct nng_tls_config **out, const struct tl_member *member,
                               const struct tl_tls_identity *own, struct tl_why *why)
{
    char name[TL_MEMBER_ID_MAX + 1] = {0};
    enum tl_status status;

    *out = NULL;
    status = begin(out, NNG_TLS_MODE_CLIENT, own, why);
    if (status == TL_OK)
        status = accept(*out, member, why);
    memcpy(name, member->id.ptr, member->id.len);
    if (status == TL_OK)
        status = refused(why, nng_tls_config_server_name(*out, name));
    return end(out, status);
}

enum tl_status tl_tls_pin_listen(struct nng_tls_config **out, const struct tl_genesis *genesis,
                                 uint32_t self, const struct tl_tls_identity *own,
                                 struct tl_why *why)
{
    struct tl_member member;
    enum tl_status status;

    *out = NULL;
    status = begin(out, NNG_TLS_MODE_SERVER, own, why);
    for (uint32_t m = 0; status == TL_OK && m < genesis->members.count; m++)
        if (m != self && tl_genesis_member(genesis, m, &member))
            status = accept(*out, &member, why);
    return end(out, status);
}

void tl_tls_pin_free(struct nng_tls_config *config)
{
    if (config != NULL)
        nng_tls_config_free(config);
}
