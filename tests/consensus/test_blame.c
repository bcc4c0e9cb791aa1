/* Naming culprits from certificates alone. */
#include "tl/blame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static uint8_t sigs[4 * TL_SIG_BYTES];

static struct tl_hash hash_of(char name)
{
    struct tl_hash hash;

    memset(hash.b, name, sizeof hash.b);
    return hash;
}

static struct tl_cert cert_of(enum tl_vote_kind kind, uint64_t view, char name, uint32_t signers)
{
    struct tl_cert cert = {.kind = (uint8_t)kind, .view = view, .signers = signers};

    if (kind != TL_VOTE_NULLIFY)
        cert.hash = hash_of(name);
    cert.sigs = tl_bytes(sigs, (size_t)__builtin_popcount(signers) * TL_SIG_BYTES);
    return cert;
}

static struct tl_blame_final final_of(uint64_t view, char name, uint32_t signers)
{
    return (struct tl_blame_final){view, hash_of(name),
                                   cert_of(TL_VOTE_FINALIZE, view, name, signers)};
}

static void one_view_two_blocks(void **state)
{
    const struct tl_blame_final a = final_of(5, 'A', 0x7);
    const struct tl_blame_final b = final_of(5, 'B', 0xe);
    const struct tl_cert *c1;
    const struct tl_cert *c2;
    struct tl_evidence evidence;
    uint32_t culprits;

    (void)state;
    assert_int_equal(tl_blame(&a, &b, NULL, 0, &culprits, &c1, &c2), TL_OK);
    assert_int_equal(culprits, 0x6);
    assert_int_equal(tl_blame_evidence(c1, c2, 1, &evidence), TL_OK);
    assert_int_equal(evidence.kind, TL_EVIDENCE_FINALIZE);
    assert_int_equal(tl_blame_evidence(c1, c2, 0, &evidence), TL_ERR_NOT_FOUND);
    assert_int_equal(tl_blame(&a, &a, NULL, 0, &culprits, &c1, &c2), TL_ERR_NOT_FOUND);
}

/* C of view 7 stands on P of view 3 and skips 4 to 6; A was final at 5. */
static void a_final_view_was_skipped(void **state)
{
    const struct tl_cert parent = cert_of(TL_VOTE_NOTARIZE, 3, 'P', 0x7);
    const struct tl_cert skips[3] = {cert_of(TL_VOTE_NULLIFY, 4, 0, 0x7),
                                     cert_of(TL_VOTE_NULLIFY, 5, 0, 0xd),
                                     cert_of(TL_VOTE_NULLIFY, 6, 0, 0x7)};
    const struct tl_ancestor chain[1] = {{7, hash_of('C'), 3, hash_of('P'), &parent, skips, 3}};
    const struct tl_blame_final a = final_of(5, 'A', 0x7);
    const struct tl_blame_final c = final_of(7, 'C', 0xf);
    const struct tl_cert *c1;
    const struct tl_cert *c2;
    struct tl_evidence evidence;
    uint32_t culprits;

    (void)state;
    assert_int_equal(tl_blame(&a, &c, chain, 1, &culprits, &c1, &c2), TL_OK);
    assert_int_equal(culprits, 0x5);
    assert_int_equal(tl_blame_evidence(c1, c2, 2, &evidence), TL_OK);
    assert_int_equal(evidence.kind, TL_EVIDENCE_NULLIFY_FINALIZE);
}

/* D of view 7 stands on B of view 5, where A was final. */
static void another_block_of_the_view_was_built_on(void **state)
{
    const struct tl_cert parent_d = cert_of(TL_VOTE_NOTARIZE, 6, 'C', 0x7);
    const struct tl_cert parent_c = cert_of(TL_VOTE_NOTARIZE, 5, 'B', 0xe);
    struct tl_ancestor chain[2] = {{7, hash_of('D'), 6, hash_of('C'), &parent_d, NULL, 0},
                                   {6, hash_of('C'), 5, hash_of('B'), &parent_c, NULL, 0}};
    const struct tl_blame_final a = final_of(5, 'A', 0x7);
    const struct tl_blame_final b = final_of(5, 'B', 0xe);
    const struct tl_blame_final d = final_of(7, 'D', 0xf);
    const struct tl_cert *c1;
    const struct tl_cert *c2;
    uint32_t culprits;

    (void)state;
    assert_int_equal(tl_blame(&a, &d, chain, 2, &culprits, &c1, &c2), TL_OK);
    assert_int_equal(culprits, 0x6);
    assert_int_equal(tl_blame(&b, &d, chain, 2, &culprits, &c1, &c2), TL_ERR_NOT_FOUND);
    assert_int_equal(tl_blame(&a, &d, chain, 1, &culprits, &c1, &c2), TL_ERR_BROKEN_LINK);
    chain[1].hash = hash_of('X');
    assert_int_equal(tl_blame(&a, &d, chain, 2, &culprits, &c1, &c2), TL_ERR_BROKEN_LINK);
    assert_int_equal(tl_blame(&d, &a, chain, 2, &culprits, &c1, &c2), TL_ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_view_two_blocks),
        cmocka_unit_test(a_final_view_was_skipped),
        cmocka_unit_test(another_block_of_the_view_was_built_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
