/* Envelopes, votes, certificates, blocks and their justification. */
#include "tl/block.h"
#include "tl/hash.h"
#include "tl/merkle.h"

#include "consortium.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct consortium four;
static struct consortium one;
static uint8_t memory[TL_BLOCK_BYTES_MAX * 3];
static struct tl_arena arena;

static struct tl_buf room(size_t len)
{
    void *at = tl_arena_take(&arena, len);

    assert_non_null(at);
    return tl_buf(at, len);
}

static int setup(void **state)
{
    (void)state;
    tl_arena_init(&arena, memory, sizeof memory);
    if (four.count == 0)
        consortium_init(&four, 4);
    if (one.count == 0)
        consortium_init(&one, 1);
    return 0;
}

/* ---- envelopes ---- */

static struct tl_envelope seal(uint32_t count, uint64_t sequence)
{
    struct tl_envelope env = {.author = four.author_key[0], .sequence = sequence};
    struct tl_buf buf = room(32u + 16u * count);

    for (uint32_t i = 0; i < count; i++) {
        struct tl_entry_bytes entry;
        uint8_t number[4];

        tl_put_u32be(number, i);
        entry.bytes = tl_bytes(number, sizeof number);
        tl_list_add(&env.entries, &buf, &tl_entry_bytes_record, &entry);
    }
    assert_false(buf.full);
    tl_envelope_seal(&env, &four.chain_id, &four.author[0]);
    return env;
}

static struct tl_bytes write_envelope(const struct tl_envelope *env)
{
    struct tl_buf buf = room(env->entries.raw.len + 512);

    tl_record_write(&tl_envelope_record, env, &buf);
    assert_false(buf.full);
    return tl_buf_bytes(&buf);
}

static void test_envelope_seals_and_opens(void **state)
{
    static const uint32_t counts[] = {1, 2, 3, 100, TL_ENVELOPE_ENTRIES_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct tl_envelope env = seal(counts[i], 1);
        struct tl_bytes bytes = write_envelope(&env);
        struct tl_envelope back;

        assert_int_equal(tl_envelope_decode(&back, bytes), TL_OK);
        assert_int_equal(back.entries.count, counts[i]);
        assert_int_equal(tl_envelope_verify(&back, &four.chain_id), TL_OK);
        assert_int_equal(tl_envelope_verify(&back, &one.chain_id), TL_ERR_SIGNATURE);
    }
}

static void test_envelope_without_content(void **state)
{
    struct tl_envelope env = seal(1, 1);
    struct tl_envelope back;

    (void)state;
    env.entries = (struct tl_list){0};
    assert_int_equal(tl_envelope_decode(&back, write_envelope(&env)), TL_ERR_RANGE);
    env = seal(1, 0);
    assert_int_equal(tl_envelope_decode(&back, write_envelope(&env)), TL_ERR_RANGE);
}

/* Every byte of an envelope is covered: by its form, its root, its signature. */
static void test_envelope_flipped(void **state)
{
    struct tl_envelope env = seal(5, 77);
    struct tl_bytes bytes = write_envelope(&env);
    uint8_t *at = memory + (bytes.ptr - memory);

    (void)state;
    for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
        struct tl_envelope back;

        at[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (tl_envelope_decode(&back, bytes) == TL_OK && tl_pubkey_valid(&back.author))
            assert_int_equal(tl_envelope_verify(&back, &four.chain_id), TL_ERR_SIGNATURE);
        at[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

/* An envelope's name does not depend on its signature, but on all it signs. */
static void test_envelope_id(void **state)
{
    struct tl_envelope env = seal(2, 5);
    struct tl_hash id;
    struct tl_hash other;

    (void)state;
    tl_envelope_id(&id, &env, &four.chain_id);
    env.sig.b[0] ^= 1;
    tl_envelope_id(&other, &env, &four.chain_id);
    assert_true(tl_hash_eq(&id, &other));
    tl_envelope_id(&other, &env, &one.chain_id);
    assert_false(tl_hash_eq(&id, &other));
    env.sequence++;
    tl_envelope_id(&other, &env, &four.chain_id);
    assert_false(tl_hash_eq(&id, &other));
}

/* ---- votes and certificates ---- */

static const struct tl_hash subject = {{1, 2, 3}};
static uint8_t sigs[TL_MEMBERS_MAX * TL_SIG_BYTES];

static void test_vote(void **state)
{
    struct tl_vote vote = consortium_vote(&four, 2, TL_VOTE_NOTARIZE, 9, &subject);
    struct tl_vote bad;

    (void)state;
    assert_int_equal(tl_vote_verify(&vote, &four.voters), TL_OK);
    bad = vote, bad.member = 1;
    assert_int_equal(tl_vote_verify(&bad, &four.voters), TL_ERR_SIGNATURE);
    bad = vote, bad.view = 8;
    assert_int_equal(tl_vote_verify(&bad, &four.voters), TL_ERR_SIGNATURE);
    bad = vote, bad.kind = TL_VOTE_FINALIZE;
    assert_int_equal(tl_vote_verify(&bad, &four.voters), TL_ERR_SIGNATURE);
    bad = vote, bad.kind = TL_VOTE_NULLIFY;
    assert_int_equal(tl_vote_verify(&bad, &four.voters), TL_ERR_RANGE);
    bad = vote, bad.kind = 0;
    assert_int_equal(tl_vote_verify(&bad, &four.voters), TL_ERR_RANGE);
    bad = vote, bad.member = 4;
    assert_int_equal(tl_vote_verify(&bad, &four.voters), TL_ERR_RANGE);
    bad = vote, bad.epoch = 1;
    assert_int_equal(tl_vote_verify(&bad, &four.voters), TL_ERR_WRONG_CHAIN);
    vote = consortium_vote(&four, 2, TL_VOTE_NULLIFY, 9, NULL);
    assert_int_equal(tl_vote_verify(&vote, &four.voters), TL_OK);
    vote = consortium_vote(&four, 2, TL_VOTE_FINALIZE, 9, NULL);
    assert_int_equal(tl_vote_verify(&vote, &four.voters), TL_ERR_RANGE);
}

/* A vote for one ledger is worth nothing on another. */
static void test_vote_of_another_ledger(void **state)
{
    struct tl_vote vote = consortium_vote(&one, 0, TL_VOTE_NOTARIZE, 1, &subject);

    (void)state;
    assert_int_equal(tl_vote_verify(&vote, &one.voters), TL_OK);
    assert_int_equal(tl_vote_verify(&vote, &four.voters), TL_ERR_SIGNATURE);
}

/* Of all sets of signers exactly those with a quorum of members pass. */
static void test_cert_signers(void **state)
{
    (void)state;
    for (uint32_t signers = 0; signers < 64; signers++) {
        struct tl_cert cert = consortium_cert(&four, signers, TL_VOTE_FINALIZE, 3, &subject, sigs);
        bool good = signers < 16 && tl_popcount32(signers) >= 3;

        assert_int_equal(tl_cert_verify(&cert, &four.voters), good ? TL_OK : TL_ERR_CERTIFICATE);
        assert_int_equal(tl_cert_shape(&cert, &four.voters), good ? TL_OK : TL_ERR_CERTIFICATE);
    }
}

static void test_cert_form(void **state)
{
    struct tl_cert cert = consortium_cert(&four, 7, TL_VOTE_NOTARIZE, 3, &subject, sigs);
    struct tl_cert bad;

    (void)state;
    assert_int_equal(tl_cert_verify(&cert, &four.voters), TL_OK);
    bad = cert, bad.epoch = 1;
    assert_int_equal(tl_cert_verify(&bad, &four.voters), TL_ERR_WRONG_CHAIN);
    bad = cert, bad.sigs.len -= 1;
    assert_int_equal(tl_cert_verify(&bad, &four.voters), TL_ERR_CERTIFICATE);
    bad = cert, bad.sigs.len -= TL_SIG_BYTES;
    assert_int_equal(tl_cert_verify(&bad, &four.voters), TL_ERR_CERTIFICATE);
    bad = cert, bad.signers = 15;
    assert_int_equal(tl_cert_verify(&bad, &four.voters), TL_ERR_CERTIFICATE);
    bad = cert, bad.signers = 14; /* the right number, the wrong members */
    assert_int_equal(tl_cert_verify(&bad, &four.voters), TL_ERR_CERTIFICATE);
    bad = cert, bad.kind = TL_VOTE_NULLIFY;
    assert_int_equal(tl_cert_verify(&bad, &four.voters), TL_ERR_RANGE);
    bad = cert, bad.signers = 7u | 1u << 31;
    assert_int_equal(tl_cert_verify(&bad, &four.voters), TL_ERR_CERTIFICATE);
    for (size_t i = 0; i < cert.sigs.len; i += 5) {
        sigs[i] ^= 1;
        assert_int_equal(tl_cert_verify(&cert, &four.voters), TL_ERR_CERTIFICATE);
        sigs[i] ^= 1;
    }
}

static void test_cert_of_one(void **state)
{
    struct tl_cert cert = consortium_cert(&one, 1, TL_VOTE_FINALIZE, 3, &subject, sigs);

    (void)state;
    assert_int_equal(tl_cert_verify(&cert, &one.voters), TL_OK);
    cert.signers = 2;
    assert_int_equal(tl_cert_verify(&cert, &one.voters), TL_ERR_CERTIFICATE);
}

/* ---- justification ---- */

struct story {
    struct tl_header header;
    struct tl_justification just;
};

static void add_cert(struct tl_list *list, struct tl_buf *buf, enum tl_vote_kind kind,
                     uint64_t view)
{
    const struct tl_hash *hash = kind == TL_VOTE_NULLIFY ? NULL : &subject;
    struct tl_cert cert = consortium_cert(&four, 7, kind, view, hash, sigs);

    tl_list_add(list, buf, &tl_cert_record, &cert);
    assert_false(buf->full);
}

/* A block of `view` on a parent of `parent_view`, every view between skipped. */
static struct story tell(uint64_t parent_view, uint64_t view)
{
    struct story s = {{.view = view, .parent_view = parent_view}, {{{0}, 0}, {{0}, 0}}};
    struct tl_buf parent = room(1024);
    struct tl_buf skips = room(8192);

    s.header.chain_id = four.chain_id;
    s.header.parent_hash = subject;
    if (parent_view != 0)
        add_cert(&s.just.parent, &parent, TL_VOTE_NOTARIZE, parent_view);
    for (uint64_t skipped = parent_view + 1; skipped < view; skipped++)
        add_cert(&s.just.skips, &skips, TL_VOTE_NULLIFY, skipped);
    return s;
}

static enum tl_status judge(const struct story *s)
{
    return tl_just_verify(&s->just, &s->header, &four.voters);
}

static void test_justified(void **state)
{
    (void)state;
    for (uint64_t parent = 0; parent < 4; parent++) {
        for (uint64_t view = parent + 1; view < parent + 5; view++) {
            struct story s = tell(parent, view);

            assert_int_equal(judge(&s), TL_OK);
            s.header.view++; /* one skip is not proven */
            assert_int_equal(judge(&s), TL_ERR_CERTIFICATE);
        }
    }
}

static void test_unjustified(void **state)
{
    struct story s = tell(2, 6);
    struct story bad = s;

    (void)state;
    bad.header.epoch = 1;
    assert_int_equal(judge(&bad), TL_ERR_WRONG_CHAIN);
    bad = s, bad.header.chain_id.b[0] ^= 1;
    assert_int_equal(judge(&bad), TL_ERR_WRONG_CHAIN);
    bad = s, bad.header.view = 2;
    assert_int_equal(judge(&bad), TL_ERR_RANGE);
    bad = s, bad.header.parent_hash.b[0] ^= 1;
    assert_int_equal(judge(&bad), TL_ERR_CERTIFICATE);
    bad = s, bad.just.parent = (struct tl_list){0};
    assert_int_equal(judge(&bad), TL_ERR_CERTIFICATE);
    bad = s, bad.just.skips = (struct tl_list){0};
    assert_int_equal(judge(&bad), TL_ERR_CERTIFICATE);
    /* a NULLIFY certificate names no parent */
    bad = s, bad.just.parent = tell(2, 4).just.skips;
    bad.header.parent_view = 3;
    assert_int_equal(judge(&bad), TL_ERR_CERTIFICATE);
    /* the views before the parent are not the views between */
    bad = s, bad.just.skips = tell(1, 5).just.skips;
    assert_int_equal(judge(&bad), TL_ERR_CERTIFICATE);
}

/* ---- blocks ---- */

static struct tl_bytes write_block(struct story *s, uint32_t envelopes)
{
    struct tl_block block = {0};
    struct tl_buf list = room(8192);
    struct tl_buf just = room(8192);
    struct tl_buf header = room(1024);
    struct tl_buf out = room(32768);
    struct tl_hash hash;

    for (uint32_t i = 0; i < envelopes; i++) {
        struct tl_envelope env = seal(2, i + 1);
        struct tl_envelope_bytes element = {write_envelope(&env)};

        tl_list_add(&block.envelopes, &list, &tl_envelope_bytes_record, &element);
    }
    tl_record_write(&tl_justification_record, &s->just, &just);
    block.justification = tl_buf_bytes(&just);
    tl_body_root(&s->header.body_root, &block.envelopes);
    tl_just_root(&s->header.just_root, block.justification);
    tl_header_encode(&header, &s->header);
    block.header = tl_buf_bytes(&header);
    tl_header_hash(&hash, block.header);
    tl_proposal_sign(&block.leader_sig, &hash, &four.consensus[0]);
    tl_record_write(&tl_block_record, &block, &out);
    assert_false(list.full || just.full || header.full || out.full);
    return tl_buf_bytes(&out);
}

static void test_block_round_trip(void **state)
{
    (void)state;
    for (uint32_t envelopes = 0; envelopes < 6; envelopes++) {
        struct story s = tell(2, 4);
        struct tl_bytes bytes = write_block(&s, envelopes);
        struct tl_block_parts parts;

        assert_int_equal(tl_block_decode(&parts, bytes), TL_OK);
        assert_int_equal(parts.block.envelopes.count, envelopes);
        assert_int_equal(parts.header.view, 4);
        assert_int_equal(tl_just_verify(&parts.just, &parts.header, &four.voters), TL_OK);
        assert_int_equal(
            tl_proposal_verify(&parts.block.leader_sig, &parts.hash, &four.voters.key[0]), TL_OK);
        assert_int_equal(
            tl_proposal_verify(&parts.block.leader_sig, &parts.hash, &four.voters.key[1]),
            TL_ERR_SIGNATURE);
    }
}

/* Whatever bit changes: it does not decode, or the leader did not sign it. */
static void test_block_flipped(void **state)
{
    struct story s = tell(1, 3);
    struct tl_bytes bytes = write_block(&s, 2);
    uint8_t *at = memory + (bytes.ptr - memory);

    (void)state;
    for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
        struct tl_block_parts parts;

        at[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (tl_block_decode(&parts, bytes) == TL_OK)
            assert_int_equal(
                tl_proposal_verify(&parts.block.leader_sig, &parts.hash, &four.voters.key[0]),
                TL_ERR_SIGNATURE);
        at[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_envelope_seals_and_opens, setup),
        cmocka_unit_test_setup(test_envelope_without_content, setup),
        cmocka_unit_test_setup(test_envelope_flipped, setup),
        cmocka_unit_test_setup(test_envelope_id, setup),
        cmocka_unit_test_setup(test_vote, setup),
        cmocka_unit_test_setup(test_vote_of_another_ledger, setup),
        cmocka_unit_test_setup(test_cert_signers, setup),
        cmocka_unit_test_setup(test_cert_form, setup),
        cmocka_unit_test_setup(test_cert_of_one, setup),
        cmocka_unit_test_setup(test_justified, setup),
        cmocka_unit_test_setup(test_unjustified, setup),
        cmocka_unit_test_setup(test_block_round_trip, setup),
        cmocka_unit_test_setup(test_block_flipped, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
