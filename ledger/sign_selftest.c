/* Does the library at hand follow rules S-1 to S-3?  A handful of signatures on
 * which implementations disagree; the whole set is in C2SP/CCTV (ed25519). */
#include "tl/sign.h"

#include "tl/check.h"

#include <string.h>

struct edge {
    const char *key;
    const char *sig;
    const char *message;
    bool accept;
};

static const struct edge edges[] = {
    /* key and R in the prime-order subgroup: an ordinary signature */
    {"ef75b20e7540e3dff77404193652ba2bd13df99c1508eee1515e27ae25f28076",
     "b62cf890de42c413b11b1411c9f01f1c4d77aa87ef182258d1251f69af2a3506"
     "40657f1cb030f12543549bbabd848dc6403d354e7c99c4d0dcee9f63c9033b00",
     "ed25519vectors 5", true},
    /* the same with one bit of S changed */
    {"ef75b20e7540e3dff77404193652ba2bd13df99c1508eee1515e27ae25f28076",
     "b62cf890de42c413b11b1411c9f01f1c4d77aa87ef182258d1251f69af2a3506"
     "41657f1cb030f12543549bbabd848dc6403d354e7c99c4d0dcee9f63c9033b00",
     "ed25519vectors 5", false},
    /* key of mixed order, passes with and without the cofactor */
    {"10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f",
     "b62cf890de42c413b11b1411c9f01f1c4d77aa87ef182258d1251f69af2a3506"
     "08f32d206a7c0b7efa9a59e66546e8f1f599ef843fb502c9cc3c4ae8b7c11e05",
     "ed25519vectors 5", false},
    /* R of mixed order, passes only with the cofactor */
    {"ef75b20e7540e3dff77404193652ba2bd13df99c1508eee1515e27ae25f28076",
     "36684ea91032ba5b1dbab2d02f4debc74c3327f2b3802e2e4d371aa42b12b56b"
     "2d471882773a677af1e3824e757a33f8ddf7bbeaf3d28a09595eb8daa0d74a03",
     "ed25519vectors 3", false},
    /* key and R of small order: a signature anyone can make */
    {"0000000000000000000000000000000000000000000000000000000000000000",
     "0000000000000000000000000000000000000000000000000000000000000000"
     "0000000000000000000000000000000000000000000000000000000000000000",
     "ed25519vectors 11", false},
    /* RFC 8032 section 7.1, test 2, and the same with S + L instead of S */
    {"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
     "r", true},
    {"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "f52db7415978abc61b2c2eb6aeebfca0387b2eaeb4302aeeb00d291612bb0c10",
     "r", false},
};

static bool edge_holds(const struct edge *edge)
{
    struct tl_pubkey key;
    struct tl_sig sig;
    bool accepted;

    if (!tl_unhex(key.b, sizeof key.b, edge->key) || !tl_unhex(sig.b, sizeof sig.b, edge->sig))
        return false;
    accepted =
        tl_pubkey_valid(&key) && tl_sig_verify(&sig, tl_bytes_str(edge->message), &key) == TL_OK;
    return accepted == edge->accept;
}

/* Signing is deterministic and gives the bytes of RFC 8032, test 2. */
static bool signing_holds(void)
{
    static const char seed_hex[] =
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
    static const char sig_hex[] =
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
    uint8_t seed[TL_SEED_BYTES];
    struct tl_pubkey pub;
    struct tl_seckey sec;
    struct tl_sig want;
    struct tl_sig sig;

    if (!tl_unhex(seed, sizeof seed, seed_hex) || !tl_unhex(want.b, sizeof want.b, sig_hex))
        return false;
    tl_keypair(&pub, &sec, seed);
    tl_sign(&sig, tl_bytes_str("r"), &sec);
    return memcmp(sig.b, want.b, sizeof sig.b) == 0;
}

bool tl_sign_selftest(void)
{
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        if (!edge_holds(&edges[i]))
            return false;
    }
    return signing_holds();
}
