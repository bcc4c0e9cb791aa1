/* Votes and certificates of a real consortium of four: random ones and, as
 * seeds, good ones, so that mutations come close to the signature checks. */
#include "fuzz.h"

#include "consortium.h"
#include "tl/check.h"

static uint8_t out_bytes[FUZZ_BYTES_MAX];

static const struct consortium *four(void)
{
    static struct consortium c;

    if (c.count == 0)
        consortium_init(&c, 4);
    return &c;
}

static void check_cert(struct tl_bytes bytes)
{
    struct tl_buf out = tl_buf(out_bytes, sizeof out_bytes);
    struct tl_cert cert;

    if (tl_record_decode(&tl_cert_record, &cert, bytes) != TL_OK)
        return;
    if (tl_cert_verify(&cert, &four()->voters) == TL_OK) {
        TL_CHECK(cert.signers < 16 && tl_popcount32(cert.signers) >= 3);
        TL_CHECK(cert.sigs.len == tl_popcount32(cert.signers) * TL_SIG_BYTES);
    }
    tl_record_write(&tl_cert_record, &cert, &out);
    fuzz_same(&out, bytes);
}

static void check_vote(struct tl_bytes bytes)
{
    struct tl_buf out = tl_buf(out_bytes, sizeof out_bytes);
    struct tl_vote vote;

    if (tl_record_decode(&tl_vote_record, &vote, bytes) != TL_OK)
        return;
    if (tl_vote_verify(&vote, &four()->voters) == TL_OK)
        TL_CHECK(vote.member < 4 && vote.epoch == 0);
    tl_record_write(&tl_vote_record, &vote, &out);
    fuzz_same(&out, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_cert(tl_bytes(data, size));
    check_vote(tl_bytes(data, size));
    return 0;
}

size_t fuzz_seed(struct gen *gen, uint8_t *out, size_t cap)
{
    static uint8_t sigs[TL_MEMBERS_MAX * TL_SIG_BYTES];
    struct tl_hash hash;
    struct tl_buf buf = tl_buf(out, cap);
    struct tl_cert cert;
    struct tl_vote vote;

    gen_bytes(gen, hash.b, sizeof hash.b);
    if (gen_below(gen, 3) == 0) {
        vote = consortium_vote(four(), (uint32_t)gen_below(gen, 4), TL_VOTE_FINALIZE,
                               gen_below(gen, 300), &hash);
        tl_record_write(&tl_vote_record, &vote, &buf);
    } else {
        cert = consortium_cert(four(), (uint32_t)gen_below(gen, 16), TL_VOTE_NOTARIZE,
                               gen_below(gen, 300), &hash, sigs);
        tl_record_write(&tl_cert_record, &cert, &buf);
    }
    return buf.len;
}
