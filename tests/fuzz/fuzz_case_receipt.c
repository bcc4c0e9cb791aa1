/* Receipts about cases, which may come from anybody: none may do harm, and none
 * that is refused is refused without a reason.  Seeds are true receipts with a few
 * bytes changed, their check made right again, so that they get past it. */
#include "fuzz.h"

#include "case_world.h"
#include "tl/case_receipt.h"
#include "tl/check.h"
#include "tl/hash.h"

#include <string.h>

#define ROOM ((size_t)1 << 20)

static struct case_world *world(void)
{
    static struct case_world w;

    if (w.chain == NULL) {
        case_world_init(&w, 4, (size_t)16 << 20);
        for (uint32_t i = 1; i <= 5; i++)
            case_world_life(&w, i);
    }
    return &w;
}

static void verify(struct tl_bytes receipt)
{
    const struct consortium *c = &world()->consortium;
    static struct tl_case_facts facts;
    const char *why = NULL;
    enum tl_status status =
        tl_case_receipt_verify(&facts, receipt, &c->genesis, &c->chain_id, &why);

    TL_CHECK((status == TL_OK) == (why == NULL));
    TL_CHECK(status != TL_OK || facts.leaves.count <= TL_CASE_RECEIPT_LEAVES_MAX);
}

/* Makes the check right again. */
static void reseal(uint8_t *receipt, size_t len)
{
    struct tl_hash check;

    tl_hash_domain(&check, "tallystick/casereceipt/v1", tl_bytes(receipt, len - sizeof check.b));
    memcpy(receipt + len - sizeof check.b, check.b, sizeof check.b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t copy[FUZZ_BYTES_MAX];

    verify(tl_bytes(data, size));
    if (size <= TL_HASH_BYTES || size > sizeof copy)
        return 0;
    memcpy(copy, data, size);
    reseal(copy, size);
    verify(tl_bytes(copy, size));
    return 0;
}

size_t fuzz_seed(struct gen *gen, uint8_t *out, size_t cap)
{
    static uint8_t memory[2 * ROOM];
    struct tl_buf scratch = tl_buf(memory, ROOM);
    struct tl_buf made = tl_buf(memory + ROOM, ROOM);
    struct tl_case_question question = {.claim = (enum tl_claim)(1 + gen_below(gen, 4)),
                                        .case_id = case_world_id(1 + (uint32_t)gen_below(gen, 5))};

    if (question.claim == TL_CLAIM_ABSENCE)
        question.absent = TL_ENTRY_FURNISHED;
    TL_CHECK(tl_case_receipt_make(world()->chain, &question, &scratch, &made) == TL_OK);
    if (made.len > cap)
        return 0;
    for (uint64_t flips = gen_below(gen, 4); flips != 0; flips--)
        made.ptr[gen_below(gen, made.len - TL_HASH_BYTES)] ^= (uint8_t)(1u << gen_below(gen, 8));
    reseal(made.ptr, made.len);
    memcpy(out, made.ptr, made.len);
    return made.len;
}
