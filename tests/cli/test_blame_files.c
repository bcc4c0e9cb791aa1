/* Two exports or receipts that contradict each other name who signed both;
 * two that do not name nobody; a forged signature is not believed. */
#include "blame.h"
#include "chain_world.h"

#include "tl/export.h"
#include "tl/receipt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SCRATCH (TL_EXPORT_FRAME_MAX)

static struct world world;
static struct node node[2];
static struct tl_genesis_file genesis;
static char path[2][64];
static struct tl_blame_verdict verdict;
static struct tl_why why;

static enum tl_status put(void *host, struct tl_bytes bytes)
{
    return fwrite(bytes.ptr, 1, bytes.len, host) == bytes.len ? TL_OK : TL_ERR_IO;
}

static void export_to(struct node *n, const char *file)
{
    uint8_t *memory = malloc(SCRATCH);
    struct tl_buf scratch = tl_buf(memory, SCRATCH);
    FILE *out = fopen(file, "wb");
    const struct tl_export_sink sink = {put, out};

    assert_non_null(memory);
    assert_non_null(out);
    assert_int_equal(tl_export_write(n->chain, world.genesis_file, &sink, &scratch), TL_OK);
    assert_int_equal(fclose(out), 0);
    free(memory);
}

static void receipt_to(struct node *n, const char *file)
{
    uint8_t *memory = malloc(TL_RECEIPT_BYTES_MAX);
    struct tl_buf buf = tl_buf(memory, TL_RECEIPT_BYTES_MAX);
    FILE *out = fopen(file, "wb");

    assert_non_null(memory);
    assert_non_null(out);
    assert_int_equal(tl_receipt_make(n->chain, 0, &buf), TL_OK);
    assert_int_equal(put(out, tl_buf_bytes(&buf)), TL_OK);
    assert_int_equal(fclose(out), 0);
    free(memory);
}

/* Both have the same first block. */
static int open_both(void **state)
{
    (void)state;
    world_init(&world);
    genesis = (struct tl_genesis_file){.genesis = world.genesis, .chain_id = world.chain_id};
    memset(&why, 0, sizeof why);
    for (uint32_t i = 0; i < 2; i++) {
        struct tl_hash hash;

        node_init(&node[i], &world);
        (void)next_block(&node[i], 1, "apple", &hash);
        block_final(&node[i], &hash);
        (void)snprintf(path[i], sizeof path[i], "/tmp/tally-blame-%d-%u", (int)getpid(), i);
    }
    return 0;
}

static int close_both(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        (void)unlink(path[i]);
        node_fini(&node[i]);
    }
    return 0;
}

static void grow(struct node *n, uint64_t view, const char *text)
{
    const struct tl_tip *tip = tl_chain_tip(n->chain);
    uint8_t bytes[8192];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);
    struct tl_list envelopes = {0};
    struct tl_hash hash;

    envelope_add(&world, &envelopes, &buf, 0, tip->height + 1, text);
    (void)block_make(n, &tip->hash, tip->view, view, envelopes, &hash);
    block_final(n, &hash);
}

static enum tl_status blame(void)
{
    return tl_blame_files(&verdict, &genesis, path[0], path[1], &why);
}

static void names_three(enum tl_evidence_kind kind, uint64_t view)
{
    assert_int_equal(verdict.count, QUORUM);
    for (uint32_t i = 0; i < QUORUM; i++) {
        assert_int_equal(verdict.evidence[i].kind, kind);
        assert_int_equal(verdict.evidence[i].view, view);
        assert_int_equal(verdict.evidence[i].member, i);
        assert_true(verdict.member[i][0] != '\0');
    }
}

static void test_one_view(void **state)
{
    (void)state;
    grow(&node[0], 2, "pear");
    grow(&node[1], 2, "plum");
    export_to(&node[0], path[0]);
    export_to(&node[1], path[1]);
    assert_int_equal(blame(), TL_OK);
    assert_int_equal(verdict.height, 2);
    names_three(TL_EVIDENCE_FINALIZE, 2);
}

static void test_skipped_view(void **state)
{
    (void)state;
    grow(&node[0], 2, "pear");
    grow(&node[1], 4, "plum");
    grow(&node[1], 5, "fig");
    export_to(&node[0], path[0]);
    export_to(&node[1], path[1]);
    assert_int_equal(blame(), TL_OK);
    names_three(TL_EVIDENCE_NULLIFY_FINALIZE, 2);
    assert_int_equal(tl_blame_files(&verdict, &genesis, path[1], path[0], &why), TL_OK);
    names_three(TL_EVIDENCE_NULLIFY_FINALIZE, 2);
}

static void test_no_contradiction(void **state)
{
    (void)state;
    grow(&node[0], 2, "pear");
    export_to(&node[0], path[0]);
    export_to(&node[1], path[1]); /* a beginning of the first */
    assert_int_equal(blame(), TL_ERR_NOT_FOUND);
    assert_int_equal(verdict.count, 0);
}

static void test_receipts(void **state)
{
    (void)state;
    grow(&node[0], 2, "pear");
    grow(&node[1], 2, "plum");
    receipt_to(&node[0], path[0]);
    receipt_to(&node[1], path[1]);
    assert_int_equal(blame(), TL_OK);
    names_three(TL_EVIDENCE_FINALIZE, 2);
}

static void test_receipts_of_two_views(void **state)
{
    (void)state;
    grow(&node[0], 2, "pear");
    grow(&node[1], 3, "plum");
    receipt_to(&node[0], path[0]);
    receipt_to(&node[1], path[1]);
    assert_int_equal(blame(), TL_ERR_PROOF);
    assert_non_null(strstr(why.text, "give the exports"));
}

/* Whoever makes up a second story cannot frame anybody with it: the certificate
 * of other keys is refused. */
static void test_framed(void **state)
{
    struct tl_seckey honest[MEMBERS];

    (void)state;
    grow(&node[0], 2, "pear");
    memcpy(honest, world.consensus, sizeof honest);
    for (uint32_t i = 0; i < MEMBERS; i++)
        world.consensus[i] = world.writer[i];
    grow(&node[1], 2, "plum");
    memcpy(world.consensus, honest, sizeof honest);
    export_to(&node[0], path[0]);
    export_to(&node[1], path[1]);
    assert_int_equal(blame(), TL_ERR_CERTIFICATE);
    assert_int_equal(verdict.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_view, open_both, close_both),
        cmocka_unit_test_setup_teardown(test_skipped_view, open_both, close_both),
        cmocka_unit_test_setup_teardown(test_no_contradiction, open_both, close_both),
        cmocka_unit_test_setup_teardown(test_receipts, open_both, close_both),
        cmocka_unit_test_setup_teardown(test_receipts_of_two_views, open_both, close_both),
        cmocka_unit_test_setup_teardown(test_framed, open_both, close_both),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
