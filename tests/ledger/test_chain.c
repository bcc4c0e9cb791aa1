/* The chain: branches, finality, crashes, refused envelopes, receipts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chain_world.h"

#include "tl/keys.h"
#include "tl/log.h"
#include "tl/receipt.h"

#include <stdlib.h>
#include <string.h>

static struct world world;

static int make_world(void **state)
{
    (void)state;
    world_init(&world);
    return 0;
}

static uint32_t letters(struct tl_chain *chain, char letter)
{
    uint8_t key[2] = {0x02, (uint8_t)letter};
    struct tl_bytes value;

    if (tl_overlay_get(tl_chain_state(chain), tl_bytes(key, 2), &value) != TL_OK)
        return 0;
    return tl_get_u32be(value.ptr);
}

/* The peer checks what the leader built, both make it final, both agree. */
static void two_nodes_agree(void **state)
{
    struct node leader;
    struct node peer;

    (void)state;
    node_init(&leader, &world);
    node_init(&peer, &world);
    for (uint64_t i = 1; i <= 40; i++) {
        struct tl_hash hash;
        const char *why = NULL;
        struct tl_bytes block = next_block(&leader, i, "abc Big xray small", &hash);

        assert_int_equal(tl_chain_check(peer.chain, block, &why), TL_OK);
        assert_int_equal(tl_chain_check(peer.chain, block, &why), TL_OK);
        block_final(&leader, &hash);
        block_final(&peer, &hash);
        assert_int_equal(tl_chain_check(peer.chain, block, &why), TL_ERR_STALE);
        if (i % 3 == 0)
            tl_chain_durable(leader.chain, i);
        tl_chain_durable(peer.chain, i);
        if (i % 7 == 0)
            node_restart(&peer);
    }
    assert_memory_equal(tl_chain_tip(leader.chain), tl_chain_tip(peer.chain),
                        sizeof(struct tl_tip));
    assert_int_equal(tl_chain_tip(peer.chain)->log_size, 40 * 5);
    assert_int_equal(letters(leader.chain, 'a'), 40);
    assert_int_equal(letters(peer.chain, 'B'), 40);
    node_fini(&leader);
    node_fini(&peer);
}

/*  genesis - a - b - c     b and c final through c alone
 *             \- d         dropped                          */
static void a_branch_wins(void **state)
{
    struct node node;
    struct tl_hash a;
    struct tl_hash b;
    struct tl_hash c;
    struct tl_hash d;
    uint8_t bytes[8192];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);
    struct tl_list second = {0};
    struct tl_list third = {0};
    struct tl_list other = {0};
    const struct tl_header *header;
    struct tl_bytes view;
    uint64_t height;

    (void)state;
    node_init(&node, &world);
    envelope_add(&world, &second, &buf, 0, 2, "bb");
    envelope_add(&world, &third, &buf, 1, 1, "cc");
    envelope_add(&world, &other, &buf, 0, 2, "dd");
    (void)next_block(&node, 1, "aa", &a);
    (void)block_make(&node, &a, 1, 2, second, &b);
    (void)block_make(&node, &a, 1, 3, other, &d);
    (void)block_make(&node, &b, 2, 5, third, &c);
    assert_int_equal(letters(node.chain, 'a'), 0);
    block_final(&node, &c);
    assert_int_equal(tl_chain_tip(node.chain)->height, 3);
    assert_false(tl_chain_find(node.chain, &d, &header));
    assert_int_equal(letters(node.chain, 'b'), 1);
    assert_int_equal(letters(node.chain, 'd'), 0);
    assert_int_equal(tl_chain_cert(node.chain, 1, &height, &view), TL_OK);
    assert_int_equal(height, 3);
    assert_int_equal(tl_chain_last_cert(node.chain, &height), TL_OK);
    assert_int_equal(height, 3);
    assert_int_equal(tl_chain_height(node.chain, &b, &height), TL_OK);
    assert_int_equal(height, 2);
    for (height = 1; height <= 3; height++)
        assert_int_equal(tl_chain_block(node.chain, height, &view), TL_OK);
    tl_chain_durable(node.chain, 3);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(tl_chain_height_of_leaf(node.chain, i, &height), TL_OK);
        assert_int_equal(height, i + 1);
    }
    node_fini(&node);
}

/* A batch that never reached the disk is as if it had never been; one that did
 * is whole. */
static void a_crash_loses_whole_batches_only(void **state)
{
    struct node node;
    struct tl_hash hash;
    uint8_t cert[TL_CERT_BYTES_MAX];
    struct tl_buf buf = tl_buf(cert, sizeof cert);
    struct tl_store_sink to;

    (void)state;
    node_init(&node, &world);
    (void)next_block(&node, 1, "one Two", &hash);
    block_final(&node, &hash);
    tl_chain_durable(node.chain, 1);
    (void)next_block(&node, 2, "three", &hash);
    cert_make(&world, &buf, TL_VOTE_FINALIZE, 2, &hash);
    to = tl_store_sink(node.store);
    assert_int_equal(tl_chain_finalize(node.chain, &hash, tl_buf_bytes(&buf), &to), TL_OK);
    assert_int_equal(tl_chain_tip(node.chain)->height, 2);
    assert_int_equal(letters(node.chain, 't'), 1);
    node_restart(&node);
    assert_int_equal(tl_chain_tip(node.chain)->height, 1);
    assert_int_equal(tl_chain_tip(node.chain)->log_size, 3);
    assert_int_equal(letters(node.chain, 't'), 0);
    (void)next_block(&node, 2, "three", &hash);
    block_final(&node, &hash);
    node_restart(&node);
    assert_int_equal(tl_chain_tip(node.chain)->height, 2);
    assert_int_equal(letters(node.chain, 't'), 1);
    node_fini(&node);
}

/* The envelope that does not fit ends the block; the ones before it stay. */
static void a_refused_envelope_ends_the_block(void **state)
{
    struct node node;
    uint8_t bytes[8192];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);
    struct tl_proposal proposal = {.parent_hash = world.chain_id, .view = 1};
    struct tl_built built;
    const struct tl_header *header;

    (void)state;
    node_init(&node, &world);
    envelope_add(&world, &proposal.envelopes, &buf, 0, 1, "aa bb");
    envelope_add(&world, &proposal.envelopes, &buf, 1, 1, "cc");
    envelope_add(&world, &proposal.envelopes, &buf, 1, 3, "dd");
    envelope_add(&world, &proposal.envelopes, &buf, 2, 1, "ee");
    assert_int_equal(tl_chain_build(node.chain, &proposal, &built), TL_OK);
    assert_int_equal(built.taken, 2);
    assert_int_equal(built.refused, TL_ERR_SEQUENCE);
    assert_true(tl_chain_find(node.chain, &built.hash, &header));
    assert_int_equal(header->log_size, 3);
    assert_int_equal(header->time_ms, 1001);
    node_fini(&node);
}

/* What is too much together goes into several blocks; nothing is to be dropped.
 * What is too much alone is refused. */
static uint32_t envelopes_fit;

static enum tl_status run_few(void *host, const struct tl_exec_block *block,
                              struct tl_overlay *state, const struct tl_leaf_sink *sink)
{
    const struct tl_executor *inner = host;

    if (block->envelopes.count > envelopes_fit)
        return TL_ERR_LIMIT;
    return inner->run(inner->host, block, state, sink);
}

static void too_much_is_shared_out(void **state)
{
    struct world narrow = world;
    struct node node;
    uint8_t bytes[8192];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);
    struct tl_proposal proposal = {.parent_hash = world.chain_id, .view = 1};
    struct tl_built built;

    (void)state;
    narrow.executor.run = run_few;
    narrow.executor.host = &world.executor;
    node_init(&node, &narrow);
    for (uint64_t i = 1; i <= 5; i++)
        envelope_add(&world, &proposal.envelopes, &buf, 0, i, "aa");
    envelopes_fit = 2;
    assert_int_equal(tl_chain_build(node.chain, &proposal, &built), TL_OK);
    assert_int_equal(built.taken, 2);
    assert_int_equal(built.refused, TL_OK);
    tl_chain_drop(node.chain, &built.hash);
    envelopes_fit = 0;
    assert_int_equal(tl_chain_build(node.chain, &proposal, &built), TL_OK);
    assert_int_equal(built.taken, 0);
    assert_int_equal(built.refused, TL_ERR_LIMIT);
    node_fini(&node);
}

/* What a peer may get wrong about a block, each with the reason given. */
/* Whatever a slot holds, a block that is built in it can be sealed and held: were
 * its last bytes eaten by execution, every leader in turn would build it in vain. */
static void what_is_built_can_be_sealed(void **state)
{
    uint8_t bytes[8192];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);
    struct tl_list envelopes = {0};
    uint32_t sealed = 0;

    (void)state;
    for (uint64_t i = 1; i <= 6; i++)
        envelope_add(&world, &envelopes, &buf, 0, i, "abc Big xray small Tall deep wide Iron");
    for (size_t slot_bytes = 4096; slot_bytes < 40960; slot_bytes += 40) {
        uint8_t just[4096];
        struct tl_buf just_buf = tl_buf(just, sizeof just);
        struct node node;
        struct tl_proposal proposal;
        struct tl_built built;
        struct tl_sig sig;
        struct tl_bytes block;

        node_init_slots(&node, &world, slot_bytes);
        proposal =
            proposal_make(&world, &just_buf, &tl_chain_tip(node.chain)->hash, 0, 1, envelopes);
        if (tl_chain_build(node.chain, &proposal, &built) == TL_OK) {
            tl_proposal_sign(&sig, &built.hash, &world.consensus[proposal.leader]);
            if (tl_chain_seal(node.chain, &built.hash, &sig, &block) != TL_OK)
                fail_msg("built in %zu bytes with %u envelopes, but not sealed", slot_bytes,
                         built.taken);
            sealed += built.taken > 0 && built.taken < 6 ? 1u : 0u;
        }
        node_fini(&node);
    }
    assert_true(sealed > 10); /* and the sizes in between were among them */
}

static void a_wrong_block_is_refused(void **state)
{
    struct node honest;
    struct node liar;
    struct world other = world;
    struct tl_hash hash;
    struct tl_hash second;
    struct tl_bytes block;
    const char *why = NULL;
    uint8_t copy[8192];

    (void)state;
    other.executor.contract_hash.b[0] = 1;
    node_init(&honest, &world);
    node_init(&liar, &other);
    block = next_block(&liar, 1, "aa", &hash);
    assert_int_equal(tl_chain_check(honest.chain, block, &why), TL_ERR_BROKEN_LINK);
    assert_string_equal(why, "the contract is of another version");
    assert_true(block.len < sizeof copy);
    memcpy(copy, block.ptr, block.len);
    copy[block.len - 1] ^= 1;
    assert_int_equal(tl_chain_check(honest.chain, tl_bytes(copy, block.len), &why), TL_ERR_PROOF);
    node_fini(&liar);
    node_init(&liar, &world);
    (void)next_block(&liar, 1, "aa", &hash);
    block_final(&liar, &hash);
    block = next_block(&liar, 2, "bb", &second);
    assert_int_equal(tl_chain_check(honest.chain, block, &why), TL_ERR_NOT_FOUND);
    node_fini(&liar);
    node_fini(&honest);
}

/* A leader whose contract computes something else is not followed. */
static enum tl_status run_more(void *host, const struct tl_exec_block *block,
                               struct tl_overlay *state, const struct tl_leaf_sink *sink)
{
    const struct tl_executor *inner = host;
    uint8_t key[2] = {0x03, 0x01};

    if (tl_overlay_put(state, tl_bytes(key, 2), tl_bytes_str("extra")) != TL_OK)
        return TL_ERR_NO_MEMORY;
    return inner->run(inner->host, block, state, sink);
}

/* A block that writes without end is refused; it does not look like our trouble. */
static enum tl_status run_greedy(void *host, const struct tl_exec_block *block,
                                 struct tl_overlay *state, const struct tl_leaf_sink *sink)
{
    static const uint8_t big[65536];
    const struct tl_executor *inner = host;
    enum tl_status status = inner->run(inner->host, block, state, sink);

    for (uint8_t i = 0; i < 64 && status == TL_OK; i++)
        status = tl_overlay_put(state, tl_bytes(&i, 1), tl_bytes(big, sizeof big));
    return status;
}

static void a_greedy_block_is_invalid(void **state)
{
    struct world other = world;
    struct node honest;
    struct node small;
    struct tl_hash hash;
    const char *why = NULL;

    (void)state;
    other.executor.run = run_greedy;
    other.executor.host = &world.executor;
    node_init(&honest, &world);
    node_init(&small, &other);
    assert_int_equal(tl_chain_check(small.chain, next_block(&honest, 1, "aa", &hash), &why),
                     TL_ERR_LIMIT);
    assert_string_equal(why, "the block writes more than one block may");
    node_fini(&small);
    node_fini(&honest);
}

static void another_result_is_a_divergence(void **state)
{
    struct world other = world;
    struct node honest;
    struct node odd;
    struct tl_hash hash;
    const struct tl_header *header;
    const char *why = NULL;

    (void)state;
    other.executor.run = run_more;
    other.executor.host = &world.executor;
    node_init(&honest, &world);
    node_init(&odd, &other);
    assert_int_equal(tl_chain_check(honest.chain, next_block(&odd, 1, "aa", &hash), &why),
                     TL_ERR_DIVERGED);
    assert_string_equal(why, "the state root differs from that of the replayed state");
    assert_false(tl_chain_find(honest.chain, &hash, &header));
    node_fini(&odd);
    node_fini(&honest);
}

/* With all places taken by blocks nobody needs, the lowest view gives way; with
 * all taken by batches on their way to the disk, nothing does. */
static void places_are_bounded(void **state)
{
    struct node node;
    struct tl_hash hash;
    struct tl_built built;
    struct tl_proposal proposal = {.view = 7};
    uint8_t just[] = {0x92, 0x90, 0x90};

    (void)state;
    node_init(&node, &world);
    proposal.justification = tl_bytes(just, sizeof just);
    for (uint64_t view = 1; view <= 20; view++)
        (void)block_make(&node, &world.chain_id, 0, view, (struct tl_list){0}, &hash);
    block_final(&node, &hash);
    for (uint64_t i = 1; i <= 5; i++) {
        (void)next_block(&node, i, "aa", &hash);
        block_final(&node, &hash);
    }
    proposal.parent_hash = hash;
    assert_int_equal(tl_chain_build(node.chain, &proposal, &built), TL_ERR_FULL);
    assert_int_equal(letters(node.chain, 'a'), 5);
    tl_chain_durable(node.chain, 4);
    assert_int_equal(letters(node.chain, 'a'), 5);
    assert_int_equal(tl_chain_build(node.chain, &proposal, &built), TL_OK);
    node_fini(&node);
}

/* ---- receipts ---- */

static void receipts_verify(void **state)
{
    struct node node;
    struct tl_hash hash;
    uint8_t *bytes = malloc(TL_RECEIPT_BYTES_MAX);

    (void)state;
    node_init(&node, &world);
    for (uint64_t i = 1; i <= 5; i++) {
        (void)next_block(&node, i, "aa Bb cc Dd ee", &hash);
        block_final(&node, &hash);
        if (i < 4)
            tl_chain_durable(node.chain, i);
    }
    for (uint64_t i = 0; i < tl_chain_tip(node.chain)->log_size; i++) {
        struct tl_buf buf = tl_buf(bytes, TL_RECEIPT_BYTES_MAX);
        struct tl_receipt_facts facts;
        const char *why = NULL;

        assert_int_equal(tl_receipt_make(node.chain, i, &buf), TL_OK);
        assert_int_equal(
            tl_receipt_verify(&facts, tl_buf_bytes(&buf), &world.genesis, &world.chain_id, &why),
            TL_OK);
        assert_int_equal(facts.index, i);
        assert_int_equal(facts.is_entry, i % 7 != 2 && i % 7 != 5);
        if (facts.is_entry)
            assert_int_equal(facts.sequence, i / 7 + 1);
        if (i > 1)
            continue;
        for (size_t at = 0; at < buf.len; at++) {
            bytes[at] ^= 1;
            if (tl_receipt_verify(&facts, tl_buf_bytes(&buf), &world.genesis, &world.chain_id,
                                  &why) == TL_OK)
                fail_msg("byte %zu of %zu may be changed", at, buf.len);
            assert_non_null(why);
            bytes[at] ^= 1;
        }
    }
    free(bytes);
    node_fini(&node);
}

/* (A proof that one key is absent may also prove it of another: that is no lie.) */
static void state_receipts_verify(void **state)
{
    static const uint8_t present[2] = {0x02, 'a'};
    static const uint8_t absent[2] = {0x02, 'z'};
    struct node node;
    struct tl_hash hash;
    struct tl_receipt_facts facts;
    const char *why = NULL;
    uint8_t *bytes = malloc(TL_STATE_RECEIPT_BYTES_MAX);

    (void)state;
    node_init(&node, &world);
    (void)next_block(&node, 1, "aa Bb cc ee", &hash);
    block_final(&node, &hash);
    for (uint32_t i = 0; i < 2; i++) {
        struct tl_buf buf = tl_buf(bytes, TL_STATE_RECEIPT_BYTES_MAX);

        assert_int_equal(
            tl_state_receipt_make(node.chain, tl_bytes(i == 0 ? present : absent, 2), NULL, &buf),
            TL_OK);
        assert_int_equal(tl_state_receipt_verify(&facts, tl_buf_bytes(&buf), &world.genesis,
                                                 &world.chain_id, &why),
                         TL_OK);
        assert_int_equal(facts.value.len, i == 0 ? 4 : 0);
        for (size_t at = 0; at < buf.len; at++) {
            enum tl_status status;

            bytes[at] ^= 1;
            status = tl_state_receipt_verify(&facts, tl_buf_bytes(&buf), &world.genesis,
                                             &world.chain_id, &why);
            if (status == TL_OK && tl_bytes_eq(facts.key, tl_bytes(i == 0 ? present : absent, 2)))
                fail_msg("byte %zu of %zu may be changed", at, buf.len);
            bytes[at] ^= 1;
        }
    }
    free(bytes);
    node_fini(&node);
}

/* The state after block 2, which is final through block 3 alone. */
static void a_state_receipt_may_be_final_through_a_later_block(void **state)
{
    static const uint8_t key[2] = {0x02, 'b'};
    static uint8_t bytes[TL_STATE_RECEIPT_BYTES_MAX];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);
    uint8_t room[8192];
    struct tl_buf body = tl_buf(room, sizeof room);
    uint8_t cert[TL_CERT_BYTES_MAX];
    struct tl_buf cert_buf = tl_buf(cert, sizeof cert);
    uint8_t links[2048];
    struct tl_buf links_buf = tl_buf(links, sizeof links);
    struct tl_descent descent = {0};
    struct tl_receipt_facts facts;
    struct tl_list second = {0};
    struct tl_list third = {0};
    struct tl_block_parts parts;
    struct tl_block block;
    struct node leader;
    struct node replica;
    struct tl_hash a;
    struct tl_hash b;
    struct tl_hash c;
    const char *why;

    (void)state;
    node_init(&leader, &world);
    node_init(&replica, &world);
    envelope_add(&world, &second, &body, 0, 2, "bb");
    envelope_add(&world, &third, &body, 0, 3, "bb");
    assert_int_equal(tl_chain_check(replica.chain, next_block(&leader, 1, "aa", &a), &why), TL_OK);
    assert_int_equal(tl_chain_check(replica.chain, block_make(&leader, &a, 1, 2, second, &b), &why),
                     TL_OK);
    block_final(&replica, &b);
    assert_int_equal(tl_block_decode(&parts, block_make(&leader, &b, 2, 3, third, &c)), TL_OK);
    block = parts.block;
    tl_list_add(&descent.headers, &links_buf, &tl_link_record, &(struct tl_link){block.header});
    cert_make(&world, &cert_buf, TL_VOTE_FINALIZE, 3, &c);
    descent.cert = tl_buf_bytes(&cert_buf);
    assert_int_equal(tl_state_receipt_make(replica.chain, tl_bytes(key, 2), &descent, &buf), TL_OK);
    assert_int_equal(
        tl_state_receipt_verify(&facts, tl_buf_bytes(&buf), &world.genesis, &world.chain_id, &why),
        TL_OK);
    assert_int_equal(facts.header.height, 2);
    assert_int_equal(tl_get_u32be(facts.value.ptr), 1);
    for (size_t at = 0; at < buf.len; at++) {
        bytes[at] ^= 1;
        if (tl_state_receipt_verify(&facts, tl_buf_bytes(&buf), &world.genesis, &world.chain_id,
                                    &why) == TL_OK)
            fail_msg("byte %zu of %zu may be changed", at, buf.len);
        bytes[at] ^= 1;
    }
    descent.headers = (struct tl_list){0};
    buf.len = 0;
    assert_int_equal(tl_state_receipt_make(replica.chain, tl_bytes(key, 2), &descent, &buf), TL_OK);
    assert_int_equal(
        tl_state_receipt_verify(&facts, tl_buf_bytes(&buf), &world.genesis, &world.chain_id, &why),
        TL_ERR_CERTIFICATE);
    node_fini(&leader);
    node_fini(&replica);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_nodes_agree),
        cmocka_unit_test(a_branch_wins),
        cmocka_unit_test(a_crash_loses_whole_batches_only),
        cmocka_unit_test(a_refused_envelope_ends_the_block),
        cmocka_unit_test(too_much_is_shared_out),
        cmocka_unit_test(what_is_built_can_be_sealed),
        cmocka_unit_test(a_wrong_block_is_refused),
        cmocka_unit_test(a_greedy_block_is_invalid),
        cmocka_unit_test(another_result_is_a_divergence),
        cmocka_unit_test(places_are_bounded),
        cmocka_unit_test(receipts_verify),
        cmocka_unit_test(state_receipts_verify),
        cmocka_unit_test(a_state_receipt_may_be_final_through_a_later_block),
    };

    return cmocka_run_group_tests(tests, make_world, NULL);
}
