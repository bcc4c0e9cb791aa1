/* The signer and its journal: never two answers, whatever the disk does. */
#include "scratch.h"

#include "tl/file.h"
#include "tl/signer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct tl_hash chain = {{1, 2, 3}};
static const struct tl_hash block_a = {{0xaa}};
static const struct tl_hash block_b = {{0xbb}};

struct place {
    char a[512];
    char b[512];
    char file_a[600];
    char file_b[600];
    struct tl_seckey key;
    struct tl_pubkey pub;
};

static void place_init(struct place *p, void **state)
{
    static const uint8_t seed[TL_SEED_BYTES] = {7};

    (void)snprintf(p->a, sizeof p->a, "%s", scratch_path(state, "a"));
    (void)snprintf(p->b, sizeof p->b, "%s", scratch_path(state, "b"));
    (void)snprintf(p->file_a, sizeof p->file_a, "%s/votes.journal", p->a);
    (void)snprintf(p->file_b, sizeof p->file_b, "%s/votes.journal", p->b);
    tl_keypair(&p->pub, &p->key, seed);
}

static enum tl_status open_at(struct place *p, struct tl_signer **out)
{
    const struct tl_signer_plan plan = {p->a, p->b, &chain, &p->key, 2};

    return tl_signer_open(out, &plan, NULL);
}

static struct tl_signer *start(struct place *p)
{
    struct tl_signer *signer;

    assert_int_equal(tl_signer_create(p->a, p->b, &chain, NULL), TL_OK);
    assert_int_equal(open_at(p, &signer), TL_OK);
    return signer;
}

static struct tl_vote vote_of(enum tl_vote_kind kind, uint64_t view, const struct tl_hash *hash)
{
    struct tl_vote vote = {.kind = (uint8_t)kind, .view = view};

    if (hash != NULL)
        vote.hash = *hash;
    return vote;
}

static enum tl_status say(struct tl_signer *signer, enum tl_vote_kind kind, uint64_t view,
                          const struct tl_hash *hash)
{
    struct tl_vote vote = vote_of(kind, view, hash);
    enum tl_status status = tl_signer_stage(signer, &vote);

    if (status == TL_OK)
        status = tl_signer_flush(signer);
    return status == TL_OK ? tl_signer_sign(signer, &vote) : status;
}

static void nothing_is_signed_before_it_is_on_disk(void **state)
{
    struct tl_vote vote = vote_of(TL_VOTE_NOTARIZE, 5, &block_a);
    struct tl_voters voters = {.chain_id = chain, .count = 3, .quorum = 2};
    struct tl_signer_group group;
    struct tl_signer *signer;
    struct tl_sig sig;
    struct place p;

    place_init(&p, state);
    signer = start(&p);
    assert_int_equal(tl_signer_sign(signer, &vote), TL_ERR_EARLY);
    assert_int_equal(tl_signer_stage(signer, &vote), TL_OK);
    assert_int_equal(tl_signer_sign(signer, &vote), TL_ERR_EARLY);
    assert_true(tl_signer_cut(signer, &group));
    assert_false(tl_signer_cut(signer, &group));
    assert_int_equal(tl_signer_write(signer, &group), TL_OK);
    assert_int_equal(tl_signer_sign(signer, &vote), TL_ERR_EARLY);
    assert_int_equal(tl_signer_propose(signer, 0, 5, &block_a, &sig), TL_ERR_EARLY);
    tl_signer_written(signer, &group, TL_OK);
    assert_int_equal(tl_signer_sign(signer, &vote), TL_OK);
    voters.key[2] = p.pub;
    assert_int_equal(tl_vote_verify(&vote, &voters), TL_OK);
    assert_int_equal(tl_signer_propose(signer, 0, 5, &block_a, &sig), TL_OK);
    assert_int_equal(tl_signer_propose(signer, 0, 5, &block_b, &sig), TL_ERR_WOULD_DOUBLE_SIGN);
    assert_int_equal(tl_signer_hello(signer, tl_bytes_str("tallystick/vote/v1"), &sig),
                     TL_ERR_DENIED);
    assert_int_equal(tl_signer_hello(signer, tl_bytes(block_a.b, sizeof block_a.b), &sig), TL_OK);
    tl_signer_close(signer);
}

static void nothing_is_signed_twice(void **state)
{
    struct tl_signer *signer;
    struct place p;

    place_init(&p, state);
    signer = start(&p);
    assert_int_equal(say(signer, TL_VOTE_NOTARIZE, 1, &block_a), TL_OK);
    assert_int_equal(say(signer, TL_VOTE_NOTARIZE, 1, &block_a), TL_OK);
    assert_int_equal(say(signer, TL_VOTE_NOTARIZE, 1, &block_b), TL_ERR_WOULD_DOUBLE_SIGN);
    assert_int_equal(say(signer, TL_VOTE_FINALIZE, 1, &block_a), TL_OK);
    assert_int_equal(say(signer, TL_VOTE_NULLIFY, 1, NULL), TL_ERR_WOULD_DOUBLE_SIGN);
    assert_int_equal(say(signer, TL_VOTE_NULLIFY, 2, NULL), TL_OK);
    tl_signer_close(signer);
    assert_int_equal(open_at(&p, &signer), TL_OK);
    assert_int_equal(say(signer, TL_VOTE_NOTARIZE, 1, &block_b), TL_ERR_WOULD_DOUBLE_SIGN);
    assert_int_equal(say(signer, TL_VOTE_FINALIZE, 2, &block_a), TL_ERR_WOULD_DOUBLE_SIGN);
    assert_int_equal(say(signer, TL_VOTE_FINALIZE, 1, &block_a), TL_OK);
    tl_signer_close(signer);
}

static void count_votes(void *context, const struct tl_vote *vote)
{
    uint64_t *seen = context;

    assert_true(vote->view >= seen[1]);
    seen[0]++;
    seen[1] = vote->view;
}

static void a_pruned_view_is_never_signable(void **state)
{
    uint64_t seen[2] = {0, 0};
    struct tl_signer *signer;
    struct place p;

    place_init(&p, state);
    signer = start(&p);
    for (uint64_t view = 1; view <= 20; view++)
        assert_int_equal(say(signer, TL_VOTE_NOTARIZE, view, &block_a), TL_OK);
    tl_signer_raise_floor(signer, 0, 11);
    tl_signer_raise_floor(signer, 0, 4); /* never falls */
    assert_int_equal(say(signer, TL_VOTE_FINALIZE, 10, &block_a), TL_ERR_WOULD_DOUBLE_SIGN);
    assert_int_equal(say(signer, TL_VOTE_FINALIZE, 11, &block_a), TL_OK);
    tl_signer_close(signer);
    assert_int_equal(open_at(&p, &signer), TL_OK);
    assert_int_equal(tl_signer_floor(signer).view, 11);
    assert_int_equal(say(signer, TL_VOTE_NULLIFY, 10, NULL), TL_ERR_WOULD_DOUBLE_SIGN);
    tl_signer_votes(signer, count_votes, seen);
    assert_int_equal(seen[0], 11); /* ten notarized, one of them finalized */
    assert_int_equal(seen[1], 20);
    tl_signer_close(signer);
}

/* A long life: far more views than there are slots, the floor following. */
static void slots_are_used_again(void **state)
{
    struct tl_signer *signer;
    struct place p;
    uint64_t view;

    place_init(&p, state);
    signer = start(&p);
    for (view = 1; view <= 3 * TL_SIGNER_VIEWS_MAX; view++) {
        const struct tl_vote vote = vote_of(TL_VOTE_NOTARIZE, view, &block_a);
        if (tl_signer_stage(signer, &vote) == TL_ERR_FULL) {
            assert_int_equal(tl_signer_flush(signer), TL_OK);
            tl_signer_raise_floor(signer, 0, view - 10);
            assert_int_equal(tl_signer_stage(signer, &vote), TL_OK);
        }
    }
    assert_int_equal(tl_signer_flush(signer), TL_OK);
    tl_signer_close(signer);
    assert_int_equal(open_at(&p, &signer), TL_OK);
    assert_int_equal(say(signer, TL_VOTE_NOTARIZE, view - 1, &block_b), TL_ERR_WOULD_DOUBLE_SIGN);
    tl_signer_close(signer);
}

/* ---- damage ---- */

static struct tl_file_bytes slurp(const char *path)
{
    struct tl_file_bytes file;

    assert_int_equal(tl_file_read(path, 1 << 22, &file, NULL), TL_OK);
    return file;
}

static void spill(const char *path, const char *bytes, size_t len)
{
    assert_int_equal(tl_file_write(path, tl_bytes(bytes, len), TL_FILE_SECRET, NULL), TL_OK);
}

/* START and six votes, closed; returns the bytes up to the last record. */
static size_t six_votes(struct place *p)
{
    struct tl_signer *signer = start(p);

    for (uint64_t view = 1; view <= 6; view++)
        assert_int_equal(say(signer, TL_VOTE_NOTARIZE, view, &block_a), TL_OK);
    tl_signer_close(signer);
    return (size_t)7 * TL_SIGNER_RECORD_BYTES;
}

/* Whatever one copy was cut to, the other one remembers: no vote is lost. */
static void a_cut_copy_never_loses_a_vote(void **state)
{
    struct tl_file_bytes whole;
    struct tl_signer *signer;
    struct place p;
    size_t used;

    place_init(&p, state);
    used = six_votes(&p);
    whole = slurp(p.file_a);
    for (size_t len = 0; len <= used; len++) {
        spill(p.file_a, whole.text, len);
        spill(p.file_b, whole.text, used);
        assert_int_equal(open_at(&p, &signer), TL_OK);
        for (uint64_t view = 1; view <= 6; view++)
            assert_int_equal(say(signer, TL_VOTE_NOTARIZE, view, &block_b),
                             TL_ERR_WOULD_DOUBLE_SIGN);
        tl_signer_close(signer);
        { /* and the short copy was mended */
            struct tl_file_bytes mended = slurp(p.file_a);
            assert_true(mended.len >= used);
            assert_memory_equal(mended.text, whole.text, used);
            tl_file_bytes_free(&mended);
        }
    }
    tl_file_bytes_free(&whole);
}

/* A power cut in the middle of the newest record, in both copies: the record
 * was never signed, so it is dropped and those before it are kept. */
static void a_torn_last_record_is_dropped(void **state)
{
    struct tl_file_bytes whole;
    struct tl_signer *signer;
    struct place p;
    size_t used;

    place_init(&p, state);
    used = six_votes(&p);
    whole = slurp(p.file_a);
    for (size_t len = used - TL_SIGNER_RECORD_BYTES; len < used; len++) {
        spill(p.file_a, whole.text, len);
        spill(p.file_b, whole.text, used - TL_SIGNER_RECORD_BYTES + (used - len) / 2);
        assert_int_equal(open_at(&p, &signer), TL_OK);
        assert_int_equal(say(signer, TL_VOTE_NOTARIZE, 5, &block_b), TL_ERR_WOULD_DOUBLE_SIGN);
        assert_int_equal(say(signer, TL_VOTE_NOTARIZE, 6, &block_b), TL_OK);
        tl_signer_close(signer);
    }
    tl_file_bytes_free(&whole);
}

/* One flipped byte in one copy: in the last record it is as torn and the other
 * copy knows better; anywhere else it is corruption and nothing is signed. */
static void one_flipped_byte_is_never_believed(void **state)
{
    struct tl_file_bytes whole;
    struct tl_signer *signer;
    struct place p;
    size_t used;

    place_init(&p, state);
    used = six_votes(&p);
    whole = slurp(p.file_a);
    for (size_t at = 0; at < used; at++) {
        enum tl_status status;
        whole.text[at] ^= 0x40;
        spill(p.file_a, whole.text, used);
        whole.text[at] ^= 0x40;
        spill(p.file_b, whole.text, used);
        status = open_at(&p, &signer);
        if (at < used - TL_SIGNER_RECORD_BYTES) {
            assert_int_equal(status, TL_ERR_CORRUPT);
            assert_null(signer);
            continue;
        }
        assert_int_equal(status, TL_OK);
        assert_int_equal(say(signer, TL_VOTE_NOTARIZE, 6, &block_b), TL_ERR_WOULD_DOUBLE_SIGN);
        tl_signer_close(signer);
    }
    tl_file_bytes_free(&whole);
}

static void doubt_means_no_signature(void **state)
{
    const struct tl_hash other_chain = {{9}};
    struct tl_signer_plan plan;
    struct tl_file_bytes whole;
    struct tl_signer *signer;
    struct place p;
    size_t used;

    place_init(&p, state);
    used = six_votes(&p);
    whole = slurp(p.file_a);
    assert_int_equal(tl_signer_create(p.a, p.b, &chain, NULL), TL_ERR_CONFLICT);

    plan = (struct tl_signer_plan){p.a, p.b, &other_chain, &p.key, 2};
    assert_int_equal(tl_signer_open(&signer, &plan, NULL), TL_ERR_WRONG_CHAIN);
    plan = (struct tl_signer_plan){p.a, p.a, &chain, &p.key, 2};
    assert_int_equal(tl_signer_open(&signer, &plan, NULL), TL_ERR_USAGE);

    assert_int_equal(unlink(p.file_b), 0);
    assert_int_equal(open_at(&p, &signer), TL_ERR_CORRUPT);
    assert_int_equal(tl_signer_create(p.a, p.b, &chain, NULL), TL_ERR_CONFLICT);

    spill(p.file_a, whole.text, 0);
    spill(p.file_b, whole.text, 0);
    assert_int_equal(open_at(&p, &signer), TL_ERR_CORRUPT);
    tl_file_bytes_free(&whole);
    (void)used;
}

/* The one case in which a missing copy is made again: nothing was ever said. */
static void a_creation_cut_short_is_finished(void **state)
{
    const struct tl_hash other_chain = {{9}};
    struct tl_signer_plan plan;
    struct tl_signer *signer;
    struct place p;

    place_init(&p, state);
    assert_int_equal(tl_signer_create(p.a, p.b, &chain, NULL), TL_OK);
    assert_int_equal(unlink(p.file_b), 0);
    plan = (struct tl_signer_plan){p.a, p.b, &other_chain, &p.key, 2};
    assert_int_equal(tl_signer_open(&signer, &plan, NULL), TL_ERR_CORRUPT);
    assert_int_equal(open_at(&p, &signer), TL_OK);
    assert_int_equal(say(signer, TL_VOTE_NULLIFY, 1, NULL), TL_OK);
    tl_signer_close(signer);
    assert_int_equal(unlink(p.file_a), 0);
    assert_int_equal(open_at(&p, &signer), TL_ERR_CORRUPT);
}

/* One copy restored from an old backup is further behind than one write. */
static void an_old_backup_is_noticed(void **state)
{
    struct tl_file_bytes old;
    struct tl_signer *signer;
    struct place p;

    place_init(&p, state);
    (void)six_votes(&p);
    old = slurp(p.file_a);
    assert_int_equal(open_at(&p, &signer), TL_OK);
    for (uint64_t view = 7; view <= 7 + TL_SIGNER_GROUP_MAX; view++)
        assert_int_equal(say(signer, TL_VOTE_NOTARIZE, view, &block_a), TL_OK);
    tl_signer_close(signer);
    spill(p.file_a, old.text, old.len);
    assert_int_equal(open_at(&p, &signer), TL_ERR_CORRUPT);
    tl_file_bytes_free(&old);
}

static void a_failed_write_ends_signing(void **state)
{
    struct tl_vote vote = vote_of(TL_VOTE_NULLIFY, 1, NULL);
    struct tl_signer_group group;
    struct tl_signer *signer;
    struct place p;

    place_init(&p, state);
    signer = start(&p);
    assert_int_equal(tl_signer_stage(signer, &vote), TL_OK);
    assert_true(tl_signer_cut(signer, &group));
    tl_signer_written(signer, &group, TL_ERR_IO);
    assert_int_equal(tl_signer_sign(signer, &vote), TL_ERR_CORRUPT);
    assert_int_equal(tl_signer_stage(signer, &vote), TL_ERR_CORRUPT);
    assert_int_equal(tl_signer_flush(signer), TL_ERR_CORRUPT);
    tl_signer_close(signer);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

/* ---- rotation ---- */

#define LONG_VIEWS 12000u /* three records each: more than a journal may be long */
#define LIVE_VIEWS 50u

/* Votes in so many views, the floor following at a distance; returns the last view. */
static uint64_t grow_long(struct tl_signer *signer, uint64_t from)
{
    for (uint64_t view = from; view < from + LONG_VIEWS; view++) {
        struct tl_vote notarize = vote_of(TL_VOTE_NOTARIZE, view, &block_a);
        struct tl_vote second = view % 2 == 0 ? vote_of(TL_VOTE_FINALIZE, view, &block_a)
                                              : vote_of(TL_VOTE_NULLIFY, view, NULL);

        assert_int_equal(tl_signer_stage(signer, &notarize), TL_OK);
        assert_int_equal(tl_signer_stage(signer, &second), TL_OK);
        if (view > LIVE_VIEWS)
            tl_signer_raise_floor(signer, 0, view - LIVE_VIEWS);
        if (view % 60 == 0)
            assert_int_equal(tl_signer_flush(signer), TL_OK);
    }
    assert_int_equal(tl_signer_flush(signer), TL_OK);
    return from + LONG_VIEWS - 1;
}

/* What counted before counts still: the same is said again, nothing else. */
static void check_live(struct tl_signer *signer, uint64_t last)
{
    for (uint64_t view = last - LIVE_VIEWS + 1; view <= last; view++) {
        struct tl_vote same = vote_of(TL_VOTE_NOTARIZE, view, &block_a);
        struct tl_vote other = vote_of(TL_VOTE_NOTARIZE, view, &block_b);
        struct tl_vote excluded = view % 2 == 0 ? vote_of(TL_VOTE_NULLIFY, view, NULL)
                                                : vote_of(TL_VOTE_FINALIZE, view, &block_a);

        assert_int_equal(tl_signer_sign(signer, &same), TL_OK);
        assert_int_equal(tl_signer_stage(signer, &other), TL_ERR_WOULD_DOUBLE_SIGN);
        assert_int_equal(tl_signer_stage(signer, &excluded), TL_ERR_WOULD_DOUBLE_SIGN);
    }
    for (uint64_t view = 1; view < last - LIVE_VIEWS; view += 997) {
        struct tl_vote pruned = vote_of(TL_VOTE_NOTARIZE, view, &block_a);

        assert_int_equal(tl_signer_stage(signer, &pruned), TL_ERR_WOULD_DOUBLE_SIGN);
    }
}

static struct tl_file_bytes whole_file(const char *path)
{
    struct tl_file_bytes file;

    assert_int_equal(tl_file_read(path, (size_t)64 << 20, &file, NULL), TL_OK);
    return file;
}

static void a_long_journal_is_written_anew(void **state)
{
    struct place p;
    struct tl_signer *signer;
    struct tl_file_bytes file;
    uint64_t last = 0;

    place_init(&p, state);
    signer = start(&p);
    for (int round = 0; round < 3; round++) { /* a rotated journal grows and is rotated too */
        last = grow_long(signer, last + 1);
        tl_signer_close(signer);
        assert_int_equal(open_at(&p, &signer), TL_OK);
        check_live(signer, last);
        file = whole_file(p.file_a);
        assert_true(file.len < 200u * TL_SIGNER_RECORD_BYTES);
        tl_file_bytes_free(&file);
    }
    tl_signer_close(signer);
}

/* Killed between the two copies: one is new, one old. */
static void a_rotation_cut_short_is_finished(void **state)
{
    for (int which = 0; which < 2; which++) {
        struct place p;
        struct tl_signer *signer;
        struct tl_file_bytes old;
        uint64_t last;

        assert_int_equal(scratch_setup(state), 0);
        place_init(&p, state);
        signer = start(&p);
        last = grow_long(signer, 1);
        tl_signer_close(signer);
        old = whole_file(p.file_a);
        assert_int_equal(open_at(&p, &signer), TL_OK);
        tl_signer_close(signer);
        assert_int_equal(tl_file_write(which == 0 ? p.file_a : p.file_b,
                                       tl_bytes(old.text, old.len), TL_FILE_SECRET, NULL),
                         TL_OK);
        assert_int_equal(open_at(&p, &signer), TL_OK);
        check_live(signer, last);
        tl_signer_close(signer);
        /* But an old copy that lacks a vote is not the one it went on from. */
        assert_int_equal(tl_file_write(which == 0 ? p.file_a : p.file_b,
                                       tl_bytes(old.text, 300 * TL_SIGNER_RECORD_BYTES),
                                       TL_FILE_SECRET, NULL),
                         TL_OK);
        assert_int_equal(open_at(&p, &signer), TL_ERR_CORRUPT);
        tl_file_bytes_free(&old);
        assert_int_equal(scratch_teardown(state), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(nothing_is_signed_before_it_is_on_disk),
        IN_SCRATCH(nothing_is_signed_twice),
        IN_SCRATCH(a_pruned_view_is_never_signable),
        IN_SCRATCH(slots_are_used_again),
        IN_SCRATCH(a_cut_copy_never_loses_a_vote),
        IN_SCRATCH(a_torn_last_record_is_dropped),
        IN_SCRATCH(one_flipped_byte_is_never_believed),
        IN_SCRATCH(doubt_means_no_signature),
        IN_SCRATCH(a_creation_cut_short_is_finished),
        IN_SCRATCH(an_old_backup_is_noticed),
        IN_SCRATCH(a_failed_write_ends_signing),
        IN_SCRATCH(a_long_journal_is_written_anew),
        cmocka_unit_test(a_rotation_cut_short_is_finished),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
