/* The second opinion: it agrees with the first on what is right, and no byte of a
 * receipt, a checkpoint or an export can be changed without its noticing. */
int tally_verify_main(int argc, char **argv);
#define main tally_verify_main
#include "tally-verify.c" /* NOLINT(bugprone-suspicious-include): its functions are all static */
#undef main

#include "case_world.h"
#include "chain_world.h"
#include "dossier.h"
#include "shared.h"

#include "tl/export.h"
#include "tl/hash.h"
#include "tl/receipt.h"
#include "tl/tlog_policy.h"

#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define EXPORT_CAP ((size_t)64 << 10)

static struct world world;
static struct node node;
static struct case_world cases; /* a ledger of its own, with the real contract */
static uint8_t export_bytes[EXPORT_CAP];
static size_t export_len;

/* ---- a small ledger ---- */

static enum tl_status append(void *host, struct tl_bytes bytes)
{
    (void)host;
    assert_true(export_len + bytes.len <= EXPORT_CAP);
    memcpy(export_bytes + export_len, bytes.ptr, bytes.len);
    export_len += bytes.len;
    return TL_OK;
}

/* Block 1 with its own certificate; 2 and 3, a view skipped, final through 3. */
static int make_ledger(void **state)
{
    const struct tl_export_sink sink = {append, NULL};
    size_t cap = (size_t)2 << 20;
    void *memory = malloc(cap);
    struct tl_buf scratch = tl_buf(memory, cap);
    uint8_t bytes[4096];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);
    struct tl_list envelopes = {0};
    struct tl_hash second;
    struct tl_hash third;

    (void)state;
    assert_true(sodium_init() >= 0);
    world_init(&world);
    node_init(&node, &world);
    (void)next_block(&node, 1, "aa Bb", &second);
    block_final(&node, &second);
    (void)next_block(&node, 2, "Cc", &second);
    envelope_add(&world, &envelopes, &buf, 2, 1, "Dd ee Ff");
    (void)block_make(&node, &second, 2, 4, envelopes, &third);
    block_final(&node, &third);
    tl_chain_durable(node.chain, 3);
    assert_int_equal(tl_export_write(node.chain, world.genesis_file, &sink, &scratch), TL_OK);
    free(memory);
    case_world_init(&cases, 8, (size_t)16 << 20);
    for (uint32_t i = 1; i <= 20; i++)
        case_world_life(&cases, i);
    return 0;
}

static int drop_ledger(void **state)
{
    (void)state;
    case_world_fini(&cases);
    node_fini(&node);
    return 0;
}

/* ---- asking for the second opinion ---- */

enum subject {
    A_RECEIPT,
    A_CASE_RECEIPT,
    A_DOSSIER,
    A_CHECKPOINT,
    A_STRICT_CHECKPOINT,
    AN_EXPORT,
    A_PINNED_EXPORT
};

static struct policy policy;

static void perform_on(enum subject subject, const void *at, size_t len)
{
    const struct view bytes = {at, len};
    static struct genesis genesis;
    struct view file = {world.genesis_file.ptr, world.genesis_file.len};

    if (subject == AN_EXPORT || subject == A_PINNED_EXPORT) {
        verify_export(bytes, subject == A_PINNED_EXPORT ? file : (struct view){NULL, 0});
    } else if (subject == A_RECEIPT) {
        read_genesis(&genesis, file, 0);
        verify_receipt(bytes, &genesis);
    } else if (subject == A_CASE_RECEIPT || subject == A_DOSSIER) {
        static struct genesis of_cases; /* read once: it is the same for each of many bytes */

        file = (struct view){cases.consortium.file.ptr, cases.consortium.file.len};
        if (of_cases.count == 0)
            read_genesis(&of_cases, file, 0);
        (subject == A_DOSSIER ? verify_dossier : verify_receipt)(bytes, &of_cases);
    } else {
        verify_checkpoint(bytes, &policy, subject == A_STRICT_CHECKPOINT);
    }
}

/* The program's exit code; the sentence is in run.text. */
static int opinion(enum subject subject, const void *bytes, size_t len)
{
    run.where[0] = '\0';
    if (setjmp(run.back) != 0)
        return run.code;
    perform_on(subject, bytes, len);
    return 0;
}

static void assert_valid(enum subject subject, const void *bytes, size_t len)
{
    int code = opinion(subject, bytes, len);

    if (code != 0)
        fail_msg("refused with %d: %s", code, run.text);
}

static void assert_refused(enum subject subject, const void *bytes, size_t len, const char *text)
{
    assert_int_equal(opinion(subject, bytes, len), EXIT_DOES_NOT_HOLD);
    assert_string_equal(run.text, text);
}

/* Every byte changed, every shorter and one longer file. */
static void assert_no_byte_is_free(enum subject subject, uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bytes[i] ^= (uint8_t)(1u << i % 8);
        if (opinion(subject, bytes, len) != EXIT_DOES_NOT_HOLD)
            fail_msg("byte %zu of %zu may be changed", i, len);
        assert_true(strlen(run.text) > 12);
        bytes[i] ^= (uint8_t)(1u << i % 8);
    }
    for (size_t cut = 0; cut < len; cut += 13)
        assert_int_equal(opinion(subject, bytes, cut), EXIT_DOES_NOT_HOLD);
}

/* ---- receipts ---- */

static void receipts_of_entries_and_decisions(void **state)
{
    static uint8_t bytes[TL_RECEIPT_BYTES_MAX + 1];

    (void)state;
    for (uint64_t leaf = 0; leaf < 10; leaf++) {
        struct tl_buf buf = tl_buf(bytes, TL_RECEIPT_BYTES_MAX);

        assert_int_equal(tl_receipt_make(node.chain, leaf, &buf), TL_OK);
        assert_valid(A_RECEIPT, bytes, buf.len);
        bytes[buf.len] = 0;
        assert_int_equal(opinion(A_RECEIPT, bytes, buf.len + 1), EXIT_DOES_NOT_HOLD);
    }
}

static void no_byte_of_a_receipt_is_free(void **state)
{
    static uint8_t bytes[TL_RECEIPT_BYTES_MAX];

    (void)state;
    for (uint64_t leaf = 1; leaf <= 2; leaf++) { /* an entry and its decision */
        struct tl_buf buf = tl_buf(bytes, sizeof bytes);

        assert_int_equal(tl_receipt_make(node.chain, leaf, &buf), TL_OK);
        assert_no_byte_is_free(A_RECEIPT, bytes, buf.len);
    }
}

/* Bytes that mean the same but are not the ones a writer makes. */
static void other_spellings_are_refused(void **state)
{
    static uint8_t bytes[TL_RECEIPT_BYTES_MAX];
    struct tl_buf buf = tl_buf(bytes + 1, sizeof bytes - 1);

    (void)state;
    assert_int_equal(tl_receipt_make(node.chain, 0, &buf), TL_OK);
    assert_int_equal(bytes[1], 0x97); /* seven fields, then format 1 */
    bytes[0] = 0x97;
    bytes[1] = 0xcc;
    assert_refused(A_RECEIPT, bytes, buf.len + 1, "the receipt is not in canonical form");
}

/* ---- about a case ---- */

#define ROOM ((size_t)2 << 20)

static struct tl_buf claim_made(enum tl_claim claim, uint16_t absent, uint32_t case_no)
{
    static uint8_t memory[2 * ROOM];
    struct tl_case_question question = {claim, absent, case_world_id(case_no), NULL};
    struct tl_buf scratch = tl_buf(memory, ROOM);
    struct tl_buf out = tl_buf(memory + ROOM, ROOM);

    assert_int_equal(tl_case_receipt_make(cases.chain, &question, &scratch, &out), TL_OK);
    return out;
}

static void no_byte_of_a_claim_is_free(void **state)
{
    static const struct {
        enum tl_claim claim;
        uint16_t absent;
        uint32_t case_no;
    } kinds[] = {{TL_CLAIM_STATE, 0, 7},   {TL_CLAIM_STATE, 0, 999},
                 {TL_CLAIM_CUSTODY, 0, 7}, {TL_CLAIM_ABSENCE, TL_ENTRY_FURNISHED, 7},
                 {TL_CLAIM_DOSSIER, 0, 7}, {TL_CLAIM_ABSENCE, TL_ENTRY_PAYMENT, 999}};

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct tl_buf made = claim_made(kinds[i].claim, kinds[i].absent, kinds[i].case_no);

        assert_valid(A_CASE_RECEIPT, made.ptr, made.len);
        assert_no_byte_is_free(A_CASE_RECEIPT, made.ptr, made.len);
    }
}

/* The same bytes with a check that matches: what is inside must still hold. */
static void a_resealed_claim_is_held_to_its_proofs(void **state)
{
    struct tl_buf made = claim_made(TL_CLAIM_DOSSIER, 0, 7);
    size_t end = made.len - 32;
    uint8_t *copy = malloc(made.len);

    (void)state;
    for (size_t i = 0; i < end; i++) {
        struct tl_hash check;

        memcpy(copy, made.ptr, made.len);
        copy[i] ^= 0x04;
        tl_hash_domain(&check, "tallystick/casereceipt/v1", tl_bytes(copy, end));
        memcpy(copy + end, check.b, 32);
        if (opinion(A_CASE_RECEIPT, copy, made.len) != EXIT_DOES_NOT_HOLD)
            fail_msg("byte %zu of %zu may be forged", i, made.len);
    }
    free(copy);
}

static void no_byte_of_a_dossier_is_free(void **state)
{
    struct tl_buf made = claim_made(TL_CLAIM_DOSSIER, 0, 7);
    struct tl_genesis_file file = {.genesis = cases.consortium.genesis,
                                   .chain_id = cases.consortium.chain_id};
    struct tl_dossier dossier;
    const char *why;

    (void)state;
    assert_int_equal(tl_dossier_make(&dossier, tl_buf_bytes(&made), &file, &why), TL_OK);
    assert_valid(A_DOSSIER, dossier.page.text, dossier.page.len);
    assert_no_byte_is_free(A_DOSSIER, (uint8_t *)dossier.page.text, dossier.page.len);
    tl_dossier_free(&dossier);
    made = claim_made(TL_CLAIM_STATE, 0, 7);
    assert_refused(A_DOSSIER, made.ptr, made.len, "the page is damaged: see its last line");
}

/* ---- checkpoints ---- */

static int policy_code(const char *text)
{
    run.where[0] = '\0';
    if (setjmp(run.back) != 0)
        return run.code;
    read_policy(&policy, view_of(text));
    return 0;
}

static void checkpoints_under_a_policy(void **state)
{
    size_t len;
    char *text = test_read_shared("vectors/ours/policy.txt", &len);
    char *note = test_read_shared("vectors/ours/checkpoint.txt", &len);

    (void)state;
    if (text == NULL || note == NULL)
        skip();
    assert_int_equal(policy_code(text), 0);
    assert_valid(A_STRICT_CHECKPOINT, note, len);
    assert_no_byte_is_free(A_STRICT_CHECKPOINT, (uint8_t *)note, len);
    /* It has no more cosignatures than it needs, so none can be lost unseen. */
    assert_no_byte_is_free(A_CHECKPOINT, (uint8_t *)note, len);
    free(text);
    free(note);
}

static void a_consortium_s_own_policy_is_read(void **state)
{
    static char text[TL_TLOG_POLICY_MAX + 1];
    struct tl_buf buf = tl_buf(text, TL_TLOG_POLICY_MAX);

    (void)state;
    tl_tlog_policy_write(&buf, &world.genesis);
    text[buf.len] = '\0';
    assert_int_equal(policy_code(text), 0);
    assert_int_equal(policy.names, 1 + MEMBERS + MEMBERS + 1);
    assert_int_equal(policy_code("quorum none\n"), 0);
    assert_int_equal(policy_code("quorum x\n"), EXIT_DOES_NOT_HOLD);
    assert_int_equal(policy_code("# nothing\n"), EXIT_DOES_NOT_HOLD);
    assert_int_equal(policy_code("quorum none"), EXIT_DOES_NOT_HOLD);
    assert_int_equal(policy_code("group g 1 g\nquorum g\n"), EXIT_DOES_NOT_HOLD);
    assert_int_equal(policy_code("group g 0\nquorum g\n"), EXIT_DOES_NOT_HOLD);
}

/* ---- exports ---- */

static void an_export_holds(void **state)
{
    (void)state;
    assert_valid(AN_EXPORT, export_bytes, export_len);
    assert_valid(A_PINNED_EXPORT, export_bytes, export_len);
}

static void no_byte_of_an_export_is_free(void **state)
{
    (void)state;
    assert_no_byte_is_free(AN_EXPORT, export_bytes, export_len);
    export_bytes[export_len] = 0;
    assert_refused(AN_EXPORT, export_bytes, export_len + 1, "bytes follow the closing frame");
}

/* Makes every check right again, as a forger would. */
static void reframe(uint8_t *bytes, size_t len)
{
    struct tl_hash check = {{0}};

    for (size_t at = 8; at + 37 <= len;) {
        size_t payload = tl_get_u32be(bytes + at + 1);
        struct tl_hasher hasher;

        if (payload > len - at - 37)
            return;
        tl_hasher_domain(&hasher, "tallystick/export/v1");
        tl_hasher_put(&hasher, tl_bytes(check.b, 32));
        tl_hasher_put(&hasher, tl_bytes(bytes + at, 5 + payload));
        tl_hasher_done(&hasher, &check);
        memcpy(bytes + at + 5 + payload, check.b, 32);
        at += 5 + payload + 32;
    }
}

/* Only the checks themselves, which are made again, may be changed. */
static void forged_frames_are_found(void **state)
{
    uint8_t *copy = malloc(EXPORT_CAP);
    size_t found = 0;

    (void)state;
    for (size_t i = 0; i < export_len; i += 2) {
        memcpy(copy, export_bytes, export_len);
        copy[i] ^= 0x10;
        reframe(copy, export_len);
        if (memcmp(copy, export_bytes, export_len) == 0)
            continue;
        if (opinion(A_PINNED_EXPORT, copy, export_len) != EXIT_DOES_NOT_HOLD)
            fail_msg("byte %zu of %zu may be forged", i, export_len);
        found++;
    }
    assert_true(found > export_len / 3);
    free(copy);
}

static void another_genesis_is_not_trusted(void **state)
{
    struct tl_bytes kept = world.genesis_file;

    (void)state;
    world.genesis_file.len--;
    assert_refused(A_PINNED_EXPORT, export_bytes, export_len,
                   "the export is of another ledger than the genesis file");
    world.genesis_file = kept;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(receipts_of_entries_and_decisions),
        cmocka_unit_test(no_byte_of_a_receipt_is_free),
        cmocka_unit_test(other_spellings_are_refused),
        cmocka_unit_test(no_byte_of_a_claim_is_free),
        cmocka_unit_test(a_resealed_claim_is_held_to_its_proofs),
        cmocka_unit_test(no_byte_of_a_dossier_is_free),
        cmocka_unit_test(checkpoints_under_a_policy),
        cmocka_unit_test(a_consortium_s_own_policy_is_read),
        cmocka_unit_test(an_export_holds),
        cmocka_unit_test(no_byte_of_an_export_is_free),
        cmocka_unit_test(forged_frames_are_found),
        cmocka_unit_test(another_genesis_is_not_trusted),
    };

    return cmocka_run_group_tests(tests, make_ledger, drop_ledger);
}
