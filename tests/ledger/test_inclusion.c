/* Inclusion promises on a consortium in memory: what is a breach and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chain_world.h"

#include "tl/case.h"
#include "tl/inclusion.h"
#include "tl/keys.h"

#include <stdlib.h>
#include <string.h>

#define MADE_MS 1005u
#define BY_MS   1025u /* block h of this world is made at 1000 + 10 h */

static struct world world;
static struct node node;
static struct tl_seckey log_key;
static struct tl_pubkey log_pub;
static uint8_t *memory;

/* Blocks of member 0 alone, each with its certificate, up to this height. */
static void grow_to(uint64_t height)
{
    while (tl_chain_tip(node.chain)->height < height) {
        struct tl_hash hash;

        (void)next_block(&node, tl_chain_tip(node.chain)->height + 1, "aa", &hash);
        block_final(&node, &hash);
        tl_chain_durable(node.chain, tl_chain_tip(node.chain)->height);
    }
}

static int begin(void **state)
{
    uint8_t seed[TL_SEED_BYTES] = {2, 1}; /* as chain_world.c makes log keys: member 1 */

    (void)state;
    world_init(&world);
    node_init(&node, &world);
    tl_keypair(&log_pub, &log_key, seed);
    memory = malloc(TL_BREACH_BYTES_MAX + TL_STATE_RECEIPT_BYTES_MAX);
    return memory == NULL;
}

static int end(void **state)
{
    (void)state;
    node_fini(&node);
    free(memory);
    return 0;
}

/* Member 1 promises an envelope of author `by`. */
static struct tl_inclusion_promise promise_of(uint32_t by, uint64_t sequence)
{
    struct tl_inclusion_promise promise = {.format = TL_PROMISE_FORMAT,
                                           .chain_id = world.chain_id,
                                           .member = log_pub,
                                           .author = world.writer_pub[by],
                                           .sequence = sequence,
                                           .envelope = {{7}},
                                           .made_ms = MADE_MS,
                                           .by_ms = BY_MS,
                                           .blocks = 2};

    tl_promise_seal(&promise, &log_key);
    return promise;
}

static struct tl_bytes encoded(const struct tl_inclusion_promise *promise,
                               uint8_t bytes[TL_PROMISE_BYTES_MAX])
{
    struct tl_buf buf = tl_buf(bytes, TL_PROMISE_BYTES_MAX);

    tl_record_write(&tl_inclusion_promise_record, promise, &buf);
    assert_false(buf.full);
    return tl_buf_bytes(&buf);
}

/* The final header of a height, which must have its own certificate. */
static struct tl_final final_of(uint64_t height, uint8_t bytes[4096])
{
    struct tl_key key = tl_key_number(TL_KEY_CERT, height);
    struct tl_buf buf = tl_buf(bytes, 4096);
    struct tl_block block;
    struct tl_bytes view;
    struct tl_final final = {.leader_sig = {{0}}};
    size_t header_len;

    assert_int_equal(tl_chain_block(node.chain, height, &view), TL_OK);
    assert_int_equal(tl_record_decode(&tl_block_record, &block, view), TL_OK);
    tl_buf_put(&buf, block.header.ptr, block.header.len);
    header_len = buf.len;
    final.leader_sig = block.leader_sig;
    assert_int_equal(tl_overlay_get(tl_chain_state(node.chain), tl_key_bytes(&key), &view), TL_OK);
    tl_buf_put(&buf, view.ptr, view.len);
    assert_false(buf.full);
    final.header = tl_bytes(bytes, header_len);
    final.cert = tl_bytes(bytes + header_len, buf.len - header_len);
    return final;
}

/* A breach out of a promise, a late height and the tip's state of an author. */
static struct tl_bytes breach_of(const struct tl_inclusion_promise *promise, uint64_t late,
                                 const struct tl_pubkey *author)
{
    struct tl_buf out = tl_buf(memory, TL_BREACH_BYTES_MAX);
    struct tl_buf receipt = tl_buf(memory + TL_BREACH_BYTES_MAX, TL_STATE_RECEIPT_BYTES_MAX);
    const struct tl_state_key key = tl_key_author(author);
    uint8_t promise_bytes[TL_PROMISE_BYTES_MAX];
    uint8_t late_bytes[4096];
    struct tl_final final = final_of(late, late_bytes);

    assert_int_equal(tl_state_receipt_make(node.chain, tl_state_key_bytes(&key), NULL, &receipt),
                     TL_OK);
    tl_breach_write(&out, encoded(promise, promise_bytes), &final, tl_buf_bytes(&receipt));
    assert_false(out.full);
    return tl_buf_bytes(&out);
}

static enum tl_status judged(struct tl_breach_facts *facts, struct tl_bytes breach)
{
    const char *why = NULL;
    enum tl_status status = tl_breach_verify(facts, breach, &world.genesis, &world.chain_id, &why);

    assert_true(status == TL_OK || why != NULL);
    return status;
}

static void test_a_promise_says_who_made_it(void **state)
{
    struct tl_inclusion_promise promise = promise_of(2, 1);
    struct tl_inclusion_promise read;
    uint8_t bytes[TL_PROMISE_BYTES_MAX];
    struct tl_bytes view = encoded(&promise, bytes);
    const char *why = NULL;
    uint32_t member = 9;

    (void)state;
    assert_int_equal(tl_promise_verify(&read, &member, view, &world.genesis, &world.chain_id, &why),
                     TL_OK);
    assert_int_equal(member, 1);
    assert_int_equal(read.by_ms, BY_MS);
    assert_true(tl_promise_fair(&read, MADE_MS));
    assert_false(tl_promise_fair(&read, MADE_MS + 60001));
}

static void test_no_bit_of_a_promise_changes_unseen(void **state)
{
    struct tl_inclusion_promise promise = promise_of(2, 1);
    struct tl_inclusion_promise read;
    uint8_t bytes[TL_PROMISE_BYTES_MAX];
    struct tl_bytes view = encoded(&promise, bytes);
    const char *why = NULL;
    uint32_t member;

    (void)state;
    for (size_t i = 0; i < 8 * view.len; i++) {
        bytes[i / 8] = (uint8_t)(bytes[i / 8] ^ 1u << i % 8);
        assert_int_not_equal(
            tl_promise_verify(&read, &member, view, &world.genesis, &world.chain_id, &why), TL_OK);
        assert_non_null(why);
        bytes[i / 8] = (uint8_t)(bytes[i / 8] ^ 1u << i % 8);
    }
}

static void test_a_stranger_s_promise_is_none(void **state)
{
    struct tl_inclusion_promise promise = promise_of(2, 1);
    struct tl_inclusion_promise read;
    uint8_t bytes[TL_PROMISE_BYTES_MAX];
    const char *why = NULL;
    uint32_t member;

    (void)state;
    promise.member = world.writer_pub[1];
    tl_promise_seal(&promise, &world.writer[1]);
    assert_int_equal(tl_promise_verify(&read, &member, encoded(&promise, bytes), &world.genesis,
                                       &world.chain_id, &why),
                     TL_ERR_SIGNATURE);
}

/* Absent after the deadline and two blocks more: heights 3 (1030 ms) and 5. */
static void test_an_envelope_that_never_came_is_a_breach(void **state)
{
    struct tl_inclusion_promise promise = promise_of(2, 1);
    struct tl_breach_facts facts;

    (void)state;
    grow_to(5);
    assert_int_equal(judged(&facts, breach_of(&promise, 3, &promise.author)), TL_OK);
    assert_int_equal(facts.member, 1);
    assert_int_equal(facts.recorded, 0);
    assert_int_equal(facts.late.height, 3);
    assert_int_equal(facts.header.height, 5);
}

static void test_too_early_is_no_breach(void **state)
{
    struct tl_inclusion_promise promise = promise_of(2, 1);
    struct tl_breach_facts facts;

    (void)state;
    grow_to(4); /* one block too few above height 3; height 2 is before the deadline */
    assert_int_equal(judged(&facts, breach_of(&promise, 3, &promise.author)), TL_ERR_PROOF);
    assert_int_equal(judged(&facts, breach_of(&promise, 2, &promise.author)), TL_ERR_PROOF);
    assert_int_equal(facts.promise.sequence, 0);
}

static void test_a_kept_promise_is_no_breach(void **state)
{
    struct tl_inclusion_promise promise = promise_of(0, 4);
    struct tl_breach_facts facts;

    (void)state;
    grow_to(6);
    assert_int_equal(judged(&facts, breach_of(&promise, 3, &promise.author)), TL_ERR_PROOF);
}

/* Its author's envelope before it never came either: that one's promise decides. */
static void test_a_gap_before_it_is_no_breach(void **state)
{
    struct tl_inclusion_promise promise = promise_of(2, 2);
    struct tl_breach_facts facts;

    (void)state;
    grow_to(5);
    assert_int_equal(judged(&facts, breach_of(&promise, 3, &promise.author)), TL_ERR_PROOF);
}

static void test_another_author_s_state_is_no_breach(void **state)
{
    struct tl_inclusion_promise promise = promise_of(2, 1);
    struct tl_breach_facts facts;

    (void)state;
    grow_to(5);
    assert_int_equal(judged(&facts, breach_of(&promise, 3, &world.writer_pub[3])), TL_ERR_PROOF);
}

static void test_no_byte_of_a_breach_changes_unseen(void **state)
{
    struct tl_inclusion_promise promise = promise_of(2, 1);
    struct tl_breach_facts facts;
    struct tl_bytes breach;

    (void)state;
    grow_to(5);
    breach = breach_of(&promise, 3, &promise.author);
    for (size_t i = 0; i < breach.len; i++) {
        memory[i] ^= (uint8_t)(1u << i % 8);
        assert_int_not_equal(judged(&facts, breach), TL_OK);
        memory[i] ^= (uint8_t)(1u << i % 8);
    }
    assert_int_equal(judged(&facts, breach), TL_OK);
}

static void test_judging(void **state)
{
    struct tl_inclusion_promise promise = promise_of(2, 5);

    (void)state;
    assert_int_equal(tl_promise_judge(&promise, 5, 9, UINT64_MAX), TL_PROMISE_KEPT);
    assert_int_equal(tl_promise_judge(&promise, 3, 9, 1), TL_PROMISE_WAITING);
    assert_int_equal(tl_promise_judge(&promise, 4, 9, UINT64_MAX), TL_PROMISE_OPEN);
    assert_int_equal(tl_promise_judge(&promise, 4, 9, 8), TL_PROMISE_OPEN);
    assert_int_equal(tl_promise_judge(&promise, 4, 9, 7), TL_PROMISE_BROKEN);
    assert_int_equal(tl_promise_judge(&promise, 4, 6, 7), TL_PROMISE_OPEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_promise_says_who_made_it, begin, end),
        cmocka_unit_test_setup_teardown(test_no_bit_of_a_promise_changes_unseen, begin, end),
        cmocka_unit_test_setup_teardown(test_a_stranger_s_promise_is_none, begin, end),
        cmocka_unit_test_setup_teardown(test_an_envelope_that_never_came_is_a_breach, begin, end),
        cmocka_unit_test_setup_teardown(test_too_early_is_no_breach, begin, end),
        cmocka_unit_test_setup_teardown(test_a_kept_promise_is_no_breach, begin, end),
        cmocka_unit_test_setup_teardown(test_a_gap_before_it_is_no_breach, begin, end),
        cmocka_unit_test_setup_teardown(test_another_author_s_state_is_no_breach, begin, end),
        cmocka_unit_test_setup_teardown(test_no_byte_of_a_breach_changes_unseen, begin, end),
        cmocka_unit_test_setup_teardown(test_judging, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
