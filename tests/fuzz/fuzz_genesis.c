/* Genesis files. */
#include "fuzz.h"

#include "consortium.h"
#include "tl/check.h"

static uint8_t out_bytes[FUZZ_BYTES_MAX];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tl_buf out = tl_buf(out_bytes, sizeof out_bytes);
    struct tl_bytes bytes = tl_bytes(data, size);
    struct tl_genesis genesis;
    struct tl_voters voters;
    struct tl_hash chain_id;
    const char *why;

    if (size > sizeof out_bytes)
        return 0;
    if (tl_genesis_decode(&genesis, bytes, &why) != TL_OK) {
        TL_CHECK(why != NULL && genesis.members.count == 0);
        return 0;
    }
    TL_CHECK(why == NULL);
    tl_genesis_chain_id(&chain_id, bytes);
    tl_genesis_voters(&voters, &genesis, &chain_id);
    TL_CHECK(voters.quorum <= voters.count && 2 * voters.quorum > voters.count);
    tl_record_write(&tl_genesis_record, &genesis, &out);
    fuzz_same(&out, bytes);
    return 0;
}

size_t fuzz_seed(struct gen *gen, uint8_t *out, size_t cap)
{
    static struct consortium keys;
    static struct consortium_draft draft;

    consortium_draft(&draft, &keys, 1 + (uint32_t)gen_below(gen, 4));
    draft.genesis.created_ms = gen_u64(gen);
    draft.genesis.delta_ms = 1 + (uint32_t)gen_below(gen, 60000);
    return consortium_write(&draft, out, cap).len;
}
