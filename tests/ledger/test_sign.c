/* The Ed25519 acceptance rule (docs/PROTOCOL.md, S-1 to S-3) on every edge case
 * C2SP/CCTV publishes: whatever has a small-order or mixed-order point, or is
 * spelled in a second way, is refused; what is left is accepted. */
#include "tl/sign.h"

#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static bool accepted(const json_t *vector)
{
    const char *message = vector_text(vector, "msg");
    struct tl_pubkey key;
    struct tl_sig sig;

    assert_true(tl_unhex(key.b, sizeof key.b, vector_text(vector, "key")));
    assert_true(tl_unhex(sig.b, sizeof sig.b, vector_text(vector, "sig")));
    return tl_pubkey_valid(&key) && tl_sig_verify(&sig, tl_bytes_str(message), &key) == TL_OK;
}

static void test_edge_vectors(void **state)
{
    json_t *all = vector_load("vectors/cctv-ed25519/ed25519vectors.json");
    size_t good = 0;
    size_t i;
    const json_t *vector;

    (void)state;
    if (all == NULL)
        skip();
    json_array_foreach(all, i, vector)
    {
        bool plain = json_array_size(json_object_get(vector, "flags")) == 0;

        if (accepted(vector) != plain)
            fail_msg("vector %zu: %s", i, plain ? "refused" : "accepted");
        good += plain ? 1 : 0;
    }
    assert_true(good > 0);
    print_message("%zu vectors, %zu of them ordinary\n", json_array_size(all), good);
    json_decref(all);
}

static void test_selftest(void **state)
{
    (void)state;
    assert_true(tl_sign_selftest());
}

static void test_any_changed_bit_is_refused(void **state)
{
    static const uint8_t seed[TL_SEED_BYTES] = {7};
    uint8_t message[] = "sixty days after notification";
    struct tl_bytes view = tl_bytes(message, sizeof message);
    struct tl_pubkey pub;
    struct tl_seckey sec;
    struct tl_sig sig;

    (void)state;
    tl_keypair(&pub, &sec, seed);
    assert_true(tl_pubkey_valid(&pub));
    tl_sign(&sig, view, &sec);
    assert_int_equal(tl_sig_verify(&sig, view, &pub), TL_OK);
    for (size_t bit = 0; bit < 8 * sizeof sig.b; bit++) {
        sig.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(tl_sig_verify(&sig, view, &pub), TL_ERR_SIGNATURE);
        sig.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * sizeof message; bit++) {
        message[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(tl_sig_verify(&sig, view, &pub), TL_ERR_SIGNATURE);
        message[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_edge_vectors),
        cmocka_unit_test(test_selftest),
        cmocka_unit_test(test_any_changed_bit_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
