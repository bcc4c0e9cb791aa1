/* Case receipts: true ones verify, complete ones are complete, no byte is free. */
#include "case_world.h"

#include "tl/case_receipt.h"
#include "tl/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MEMORY ((size_t)8 << 20)

static struct case_world world;
static struct tl_buf scratch, out;

static int open_world(void **state)
{
    (void)state;
    case_world_init(&world, 8, (size_t)32 << 20);
    scratch = tl_buf(malloc(MEMORY), MEMORY);
    out = tl_buf(malloc(MEMORY), MEMORY);
    for (uint32_t i = 1; i <= 40; i++)
        case_world_life(&world, i);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    free(scratch.ptr);
    free(out.ptr);
    case_world_fini(&world);
    return 0;
}

static enum tl_status ask(enum tl_claim claim, uint16_t absent, uint32_t case_no)
{
    struct tl_case_question question = {claim, absent, case_world_id(case_no), NULL};

    scratch = tl_buf(scratch.ptr, MEMORY);
    out = tl_buf(out.ptr, MEMORY);
    return tl_case_receipt_make(world.chain, &question, &scratch, &out);
}

static enum tl_status verify(struct tl_case_facts *facts, const char **why)
{
    return tl_case_receipt_verify(facts, tl_buf_bytes(&out), &world.consortium.genesis,
                                  &world.consortium.chain_id, why);
}

static struct tl_case_facts verified(void)
{
    struct tl_case_facts facts;
    const char *why;

    if (verify(&facts, &why) != TL_OK)
        fail_msg("refused: %s", why);
    return facts;
}

static void claims_verify(void **state)
{
    struct tl_case_facts facts;

    (void)state;
    assert_int_equal(ask(TL_CLAIM_STATE, 0, 7), TL_OK);
    facts = verified();
    assert_true(facts.found);
    assert_int_equal(tl_case_balance(&facts.c), 27300);
    assert_int_equal(facts.state.header.height, tl_chain_tip(world.chain)->height);
    assert_int_equal(facts.state.signers, 7);
    assert_true(out.len < 8192);

    assert_int_equal(ask(TL_CLAIM_CUSTODY, 0, 7), TL_OK);
    facts = verified();
    assert_int_equal(facts.c.holder, CW_AGENCY);

    assert_int_equal(ask(TL_CLAIM_ABSENCE, TL_ENTRY_FURNISHED, 7), TL_OK);
    facts = verified();
    assert_int_equal(facts.absent, TL_ENTRY_FURNISHED);
    assert_int_equal(facts.leaves.count, facts.c.leaves);
    assert_true(out.len < 8192);

    assert_int_equal(ask(TL_CLAIM_DOSSIER, 0, 7), TL_OK);
    facts = verified();
    assert_true(facts.leaves.count >= 8);
}

static void nothing_is_proven_of_no_case(void **state)
{
    struct tl_case_facts facts;

    (void)state;
    assert_int_equal(ask(TL_CLAIM_STATE, 0, 999), TL_OK);
    facts = verified();
    assert_false(facts.found);
    assert_int_equal(ask(TL_CLAIM_ABSENCE, TL_ENTRY_AGREEMENT, 999), TL_OK);
    facts = verified();
    assert_int_equal(facts.leaves.count, 0);
    assert_int_equal(ask(TL_CLAIM_CUSTODY, 0, 999), TL_ERR_NOT_FOUND);
    assert_int_equal(ask(TL_CLAIM_DOSSIER, 0, 999), TL_ERR_NOT_FOUND);
}

static void a_false_absence_is_not_made(void **state)
{
    (void)state;
    assert_int_equal(ask(TL_CLAIM_ABSENCE, TL_ENTRY_PAYMENT, 7), TL_ERR_CONFLICT);
    assert_int_equal(ask(TL_CLAIM_ABSENCE, TL_DECISION_ALLOCATION, 7), TL_ERR_USAGE);
    assert_int_equal(ask(TL_CLAIM_ABSENCE, TL_ENTRY_DAY_CLOSE, 7), TL_ERR_USAGE);
    assert_int_equal(ask(TL_CLAIM_STATE, TL_ENTRY_PAYMENT, 7), TL_ERR_USAGE);
    assert_int_equal(ask((enum tl_claim)0, 0, 7), TL_ERR_USAGE);
}

static void no_byte_is_free(void **state)
{
    static const struct {
        enum tl_claim claim;
        uint16_t absent;
        uint32_t case_no;
    } kinds[] = {{TL_CLAIM_STATE, 0, 7},
                 {TL_CLAIM_STATE, 0, 999},
                 {TL_CLAIM_CUSTODY, 0, 7},
                 {TL_CLAIM_ABSENCE, TL_ENTRY_FURNISHED, 7},
                 {TL_CLAIM_DOSSIER, 0, 7}};

    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        assert_int_equal(ask(kinds[k].claim, kinds[k].absent, kinds[k].case_no), TL_OK);
        for (size_t i = 0; i < out.len; i++) {
            struct tl_case_facts facts;
            const char *why = NULL;

            out.ptr[i] ^= (uint8_t)(1u << i % 8);
            if (verify(&facts, &why) == TL_OK)
                fail_msg("kind %zu: byte %zu of %zu may be changed", k, i, out.len);
            assert_non_null(why);
            out.ptr[i] ^= (uint8_t)(1u << i % 8);
        }
    }
}

/* Makes the check right again, as a forger would. */
static void reseal(void)
{
    struct tl_hash check;

    tl_hash_domain(&check, "tallystick/casereceipt/v1",
                   tl_bytes(out.ptr, out.len - sizeof check.b));
    memcpy(out.ptr + out.len - sizeof check.b, check.b, sizeof check.b);
}

static void write_again(const struct tl_case_receipt *receipt)
{
    static uint8_t bytes[1 << 20];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);

    tl_record_write(&tl_case_receipt_record, receipt, &buf);
    assert_false(buf.full);
    memcpy(out.ptr, bytes, buf.len);
    out.len = buf.len;
    reseal();
}

/* Without its n-th leaf, with its n-th leaf twice, with two of them swapped. */
static void forge_leaves(uint32_t n, unsigned how)
{
    static uint8_t bytes[1 << 20];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);
    struct tl_leaf_proof leaf[64];
    struct tl_case_receipt receipt;
    struct tl_list list;
    uint32_t count = 0;

    assert_int_equal(tl_record_decode(&tl_case_receipt_record, &receipt, tl_buf_bytes(&out)),
                     TL_OK);
    list = receipt.leaves;
    while (tl_list_next(&list, &tl_leaf_proof_record, &leaf[count]))
        count++;
    receipt.leaves = (struct tl_list){0};
    for (uint32_t i = 0; i < count; i++) {
        uint32_t from = how == 2 && i == n ? n + 1 : how == 2 && i == n + 1 ? n : i;

        if (how != 0 || i != n)
            tl_list_add(&receipt.leaves, &buf, &tl_leaf_proof_record, &leaf[from]);
        if (how == 1 && i == n)
            tl_list_add(&receipt.leaves, &buf, &tl_leaf_proof_record, &leaf[from]);
    }
    write_again(&receipt);
}

static void a_dossier_is_complete(void **state)
{
    struct tl_case_facts facts;
    const char *why;

    (void)state;
    for (uint32_t n = 0; n < 7; n++) {
        for (unsigned how = 0; how < 3; how++) {
            assert_int_equal(ask(TL_CLAIM_DOSSIER, 0, 7), TL_OK);
            forge_leaves(n, how);
            assert_int_equal(verify(&facts, &why), TL_ERR_PROOF);
        }
    }
    assert_string_equal(why, "the leaves do not lead to the history in the record");
}

/* What is resealed is still held to the proofs: another claim over the same
 * record may be true, a false one may not. */
static void a_resealed_claim_is_held_to_the_record(void **state)
{
    struct tl_case_facts facts;
    struct tl_case_receipt receipt;
    const char *why;

    (void)state;
    assert_int_equal(ask(TL_CLAIM_ABSENCE, TL_ENTRY_FURNISHED, 7), TL_OK);
    assert_int_equal(tl_record_decode(&tl_case_receipt_record, &receipt, tl_buf_bytes(&out)),
                     TL_OK);
    receipt.absent = TL_ENTRY_PAYMENT;
    write_again(&receipt);
    assert_int_equal(verify(&facts, &why), TL_ERR_PROOF);
    assert_string_equal(why, "an entry of the type said to be absent is there");
    assert_int_equal(ask(TL_CLAIM_STATE, 0, 7), TL_OK);
    assert_int_equal(tl_record_decode(&tl_case_receipt_record, &receipt, tl_buf_bytes(&out)),
                     TL_OK);
    receipt.case_id = case_world_id(8);
    write_again(&receipt);
    assert_int_equal(verify(&facts, &why), TL_ERR_PROOF);
    assert_string_equal(why, "the record proven is not this case's");
}

/* A replica that has replayed up to a height proves the state there, through the
 * certificate of a later block. */
static void the_past_is_proven_by_replay(void **state)
{
    static uint8_t memory[1 << 16];
    struct tl_buf links = tl_buf(memory, sizeof memory);
    struct tl_descent descent = {0};
    struct tl_case_question question = {TL_CLAIM_STATE, 0, case_world_id(1), &descent};
    struct case_world replica;
    struct tl_case_facts facts;
    uint64_t at;

    (void)state;
    case_world_replica(&replica, &world, (size_t)16 << 20);
    for (uint64_t height = 1; height <= 2; height++)
        case_world_feed(&replica, &world, height);
    for (uint64_t height = 3; height <= 6; height++) {
        struct tl_block block;
        struct tl_bytes bytes;

        assert_int_equal(tl_chain_block(world.chain, height, &bytes), TL_OK);
        assert_int_equal(tl_record_decode(&tl_block_record, &block, bytes), TL_OK);
        tl_list_add(&descent.headers, &links, &tl_link_record, &(struct tl_link){block.header});
    }
    assert_int_equal(tl_chain_cert(world.chain, 6, &at, &descent.cert), TL_OK);
    scratch = tl_buf(scratch.ptr, MEMORY);
    out = tl_buf(out.ptr, MEMORY);
    assert_int_equal(tl_case_receipt_make(replica.chain, &question, &scratch, &out), TL_OK);
    facts = verified();
    assert_int_equal(facts.state.header.height, 2);
    assert_int_equal(facts.c.holder, CW_CREDITOR);
    case_world_fini(&replica);
}

static void little_memory_is_an_error(void **state)
{
    struct tl_case_question question = {TL_CLAIM_DOSSIER, 0, case_world_id(7), NULL};

    (void)state;
    for (size_t room = 64; room < 16384; room += 256) {
        struct tl_buf less = tl_buf(scratch.ptr, room);
        struct tl_buf answer = tl_buf(out.ptr, room);
        enum tl_status status = tl_case_receipt_make(world.chain, &question, &less, &answer);

        assert_true(status == TL_OK || status == TL_ERR_NO_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(claims_verify),
        cmocka_unit_test(nothing_is_proven_of_no_case),
        cmocka_unit_test(a_false_absence_is_not_made),
        cmocka_unit_test(no_byte_is_free),
        cmocka_unit_test(a_dossier_is_complete),
        cmocka_unit_test(a_resealed_claim_is_held_to_the_record),
        cmocka_unit_test(the_past_is_proven_by_replay),
        cmocka_unit_test(little_memory_is_an_error),
    };

    return cmocka_run_group_tests(tests, open_world, close_world);
}
