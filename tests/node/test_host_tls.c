/* Our certificates under nng's TLS, over loopback: pinned both ways. */
#include "scratch.h"

#include "tl/file.h"
#include "tl/tlscert.h"

#include <nng/nng.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>
#include <nng/supplemental/tls/tls.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct tl_tls_identity creditor;
static struct tl_tls_identity agency;
static struct tl_tls_identity stranger;

static int make_identities(void **state)
{
    (void)state;
    return tl_tls_identity_create(&creditor, "creditor", NULL) == TL_OK &&
                   tl_tls_identity_create(&agency, "agency-a", NULL) == TL_OK &&
                   tl_tls_identity_create(&stranger, "agency-a", NULL) == TL_OK
               ? 0
               : -1;
}

/* `pins`: the certificates accepted, in PEM, one after the other. */
static nng_tls_config *config_of(nng_tls_mode mode, const struct tl_tls_identity *own,
                                 const char *pins, const char *server)
{
    nng_tls_config *config;

    assert_int_equal(nng_tls_config_alloc(&config, mode), 0);
    if (own != NULL)
        assert_int_equal(nng_tls_config_own_cert(config, own->cert_pem, own->key_pem, NULL), 0);
    assert_int_equal(nng_tls_config_ca_chain(config, pins, NULL), 0);
    assert_int_equal(nng_tls_config_auth_mode(config, NNG_TLS_AUTH_MODE_REQUIRED), 0);
    if (server != NULL)
        assert_int_equal(nng_tls_config_server_name(config, server), 0);
    return config;
}

static int free_port_guess(void)
{
    uint16_t number;

    tl_random(&number, sizeof number);
    return 20000 + number % 20000;
}

/* The creditor listens and pins the agency; does this dialer get through? */
static bool gets_through(const struct tl_tls_identity *own, const char *pins, const char *server)
{
    static int port = 0;
    nng_tls_config *listen = config_of(NNG_TLS_MODE_SERVER, &creditor, agency.cert_pem, NULL);
    nng_tls_config *dial = config_of(NNG_TLS_MODE_CLIENT, own, pins, server);
    nng_listener listener;
    nng_dialer dialer;
    nng_socket pull;
    nng_socket push;
    char hello[] = "hello";
    char address[64];
    char *text = NULL;
    size_t len = 0;
    bool through;

    assert_int_equal(nng_pull0_open(&pull), 0);
    assert_int_equal(nng_push0_open(&push), 0);
    do { /* some port that is free */
        port = port == 0 ? free_port_guess() : port + 1;
        (void)snprintf(address, sizeof address, "tls+tcp://127.0.0.1:%d", port);
        assert_int_equal(nng_listener_create(&listener, pull, address), 0);
        assert_int_equal(nng_listener_set_ptr(listener, NNG_OPT_TLS_CONFIG, listen), 0);
    } while (nng_listener_start(listener, 0) == NNG_EADDRINUSE);
    assert_int_equal(nng_dialer_create(&dialer, push, address), 0);
    assert_int_equal(nng_dialer_set_ptr(dialer, NNG_OPT_TLS_CONFIG, dial), 0);
    assert_int_equal(nng_dialer_start(dialer, NNG_FLAG_NONBLOCK), 0);
    assert_int_equal(nng_socket_set_ms(push, NNG_OPT_SENDTIMEO, 1000), 0);
    assert_int_equal(nng_socket_set_ms(pull, NNG_OPT_RECVTIMEO, 1000), 0);
    (void)nng_send(push, hello, 5, 0);
    through = nng_recv(pull, &text, &len, NNG_FLAG_ALLOC) == 0;
    if (through) {
        assert_int_equal(len, 5);
        nng_free(text, len);
    }
    (void)nng_close(push);
    (void)nng_close(pull);
    nng_tls_config_free(dial);
    nng_tls_config_free(listen);
    return through;
}

static void pinned_members_reach_each_other(void **state)
{
    (void)state;
    assert_true(gets_through(&agency, creditor.cert_pem, "creditor"));
}

static void an_unknown_client_is_refused(void **state)
{
    (void)state;
    assert_false(gets_through(&stranger, creditor.cert_pem, "creditor"));
    assert_false(gets_through(NULL, creditor.cert_pem, "creditor"));
}

static void a_wrong_server_is_refused(void **state)
{
    (void)state;
    assert_false(gets_through(&agency, stranger.cert_pem, "creditor"));
    assert_false(gets_through(&agency, creditor.cert_pem, "bureau"));
}

static void pem_and_der_are_the_same_certificate(void **state)
{
    static char pem[TL_TLS_PEM_MAX];
    static uint8_t der[TL_TLS_CERT_MAX + 1];
    char name[TL_MEMBER_ID_MAX + 1];
    size_t len;

    (void)state;
    assert_int_equal(tl_tls_cert_from_pem(agency.cert_pem, der, TL_TLS_CERT_MAX, &len), TL_OK);
    assert_int_equal(len, agency.cert_der_len);
    assert_memory_equal(der, agency.cert_der, len);
    assert_int_equal(tl_tls_cert_to_pem(tl_bytes(der, len), pem, sizeof pem), TL_OK);
    assert_string_equal(pem, agency.cert_pem);
    assert_int_equal(tl_tls_cert_name(tl_bytes(der, len), name), TL_OK);
    assert_string_equal(name, "agency-a");
    assert_true(len < 700);
    /* Nothing may hide behind a pinned certificate. */
    assert_int_equal(tl_tls_cert_to_pem(tl_bytes(der, len + 1), pem, sizeof pem), TL_ERR_ENCODING);
    assert_int_equal(tl_tls_cert_to_pem(tl_bytes(der, len - 1), pem, sizeof pem), TL_ERR_ENCODING);
    assert_int_equal(tl_tls_cert_to_pem(TL_BYTES_NONE, pem, sizeof pem), TL_ERR_ENCODING);
    assert_int_equal(tl_tls_cert_from_pem("nonsense", der, sizeof der, &len), TL_ERR_ENCODING);
}

static void a_key_of_another_certificate_is_refused(void **state)
{
    const char *key = scratch_path(state, "key");
    const char *cert = scratch_path(state, "cert");
    static struct tl_tls_identity mixed;
    static struct tl_tls_identity read;
    struct tl_why why;

    mixed = agency;
    memcpy(mixed.cert_pem, stranger.cert_pem, sizeof mixed.cert_pem);
    assert_int_equal(tl_tls_identity_save(&mixed, key, cert, &why), TL_OK);
    assert_int_equal(tl_tls_identity_load(&read, key, cert, &why), TL_ERR_CONFLICT);
    assert_int_equal(tl_tls_identity_save(&agency, key, cert, &why), TL_ERR_CONFLICT);
    assert_int_equal(read.cert_der_len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pinned_members_reach_each_other),
        cmocka_unit_test(an_unknown_client_is_refused),
        cmocka_unit_test(a_wrong_server_is_refused),
        cmocka_unit_test(pem_and_der_are_the_same_certificate),
        cmocka_unit_test_setup_teardown(a_key_of_another_certificate_is_refused, scratch_setup,
                                        scratch_teardown),
    };

    return cmocka_run_group_tests(tests, make_identities, NULL);
}
