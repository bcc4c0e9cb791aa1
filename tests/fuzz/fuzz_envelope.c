/* Envelopes.  A fuzzer cannot guess a Merkle root, so a well-formed record with
 * a wrong one is tried again with the right one. */
#include "fuzz.h"

#include "tl/check.h"
#include "tl/envelope.h"

static uint8_t out_bytes[FUZZ_BYTES_MAX];
static const struct tl_hash chain_id = {{7}};

static void check_envelope(struct tl_bytes bytes)
{
    struct tl_buf out = tl_buf(out_bytes, sizeof out_bytes);
    struct tl_envelope env;
    struct tl_hash id;

    if (tl_envelope_decode(&env, bytes) != TL_OK) {
        TL_CHECK(env.entries.count == 0);
        return;
    }
    tl_envelope_id(&id, &env, &chain_id);
    TL_CHECK(tl_envelope_verify(&env, &chain_id) != TL_ERR_ENCODING);
    tl_record_write(&tl_envelope_record, &env, &out);
    fuzz_same(&out, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t mended[FUZZ_BYTES_MAX];
    struct tl_buf out = tl_buf(mended, sizeof mended);
    struct tl_envelope env;

    if (size > sizeof mended)
        return 0;
    check_envelope(tl_bytes(data, size));
    if (tl_record_decode(&tl_envelope_record, &env, tl_bytes(data, size)) != TL_OK)
        return 0;
    tl_envelope_root(&env.root, &env.entries);
    tl_record_write(&tl_envelope_record, &env, &out);
    check_envelope(tl_buf_bytes(&out));
    return 0;
}

size_t fuzz_seed(struct gen *gen, uint8_t *out, size_t cap)
{
    return fuzz_record(gen, &tl_envelope_record, out, cap);
}
