/* Checkers that never fail prove nothing: known-wrong rules must be caught.
 *
 * This program links its own double-sign gate in place of the real one, so that
 * core and signer follow a rule that is wrong in one place. */
#include "cluster.h"

#include "tl/signguard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum gate_flaw {
    GATE_SOUND,
    GATE_FINALIZES_NULLIFIED, /* ava-labs/Simplex #280 */
    GATE_FORGETS_NOTARIZED    /* FINALIZE of another hash than was notarized */
};

static enum gate_flaw gate_flaw;

static bool other(bool has, const struct tl_hash *held, const struct tl_hash *hash)
{
    return has && !tl_hash_eq(held, hash);
}

static bool gate_allows(const struct tl_sign_record *r, const struct tl_vote *vote)
{
    bool forgets = gate_flaw == GATE_FORGETS_NOTARIZED;

    if (vote->kind == TL_VOTE_NULLIFY)
        return !r->has_finalized;
    if (r->nullified && !(vote->kind == TL_VOTE_FINALIZE && gate_flaw == GATE_FINALIZES_NULLIFIED))
        return false;
    if (other(r->has_finalized, &r->finalized, &vote->hash))
        return false;
    return !other(r->has_notarized, &r->notarized, &vote->hash) || forgets;
}

enum tl_status tl_sign_guard(const struct tl_sign_record *record, const struct tl_sign_floor *floor,
                             const struct tl_vote *vote, struct tl_sign_record *next)
{
    struct tl_sign_record r = *record;

    if (vote->view < floor->view || !gate_allows(record, vote))
        return TL_ERR_WOULD_DOUBLE_SIGN;
    r.epoch = vote->epoch;
    r.view = vote->view;
    r.nullified |= vote->kind == TL_VOTE_NULLIFY;
    if (vote->kind != TL_VOTE_NULLIFY) {
        r.has_notarized = true;
        r.notarized = vote->hash;
    }
    if (vote->kind == TL_VOTE_FINALIZE) {
        r.has_finalized = true;
        r.finalized = vote->hash;
    }
    *next = r;
    return TL_OK;
}

static uint32_t caught(struct cluster_config config, enum gate_flaw flaw)
{
    uint32_t count = 0;

    gate_flaw = flaw;
    for (config.seed = 0; config.seed < 40; config.seed++) {
        struct cluster_result r = cluster_run(&config);

        count += r.forked || r.honest_conflict || r.stuck;
    }
    print_message("caught in %u of 40 runs\n", count);
    return count;
}

static const struct cluster_config four = {
    .members = 4, .quorum = 3, .crashes = true, .loss_permille = 250};

static void the_sound_gate_passes(void **state)
{
    (void)state;
    assert_int_equal(caught(four, GATE_SOUND), 0);
}

static void finalize_after_nullify_is_caught(void **state)
{
    (void)state;
    assert_true(caught(four, GATE_FINALIZES_NULLIFIED) > 0);
}

static void finalize_of_another_hash_is_caught(void **state)
{
    struct cluster_config config = four;

    (void)state;
    config.twins = 1u; /* it takes a leader that says two things */
    assert_true(caught(config, GATE_FORGETS_NOTARIZED) > 0);
}

static void too_small_a_quorum_is_caught(void **state)
{
    const struct cluster_config config = {
        .members = 5, .quorum = 3, .twins = 1u, .loss_permille = 100};

    (void)state;
    assert_true(caught(config, GATE_SOUND) > 0);
}

static void a_vote_sent_before_it_is_durable_is_caught(void **state)
{
    struct cluster_config config = four;

    (void)state;
    config.flaw = FLAW_SIGN_BEFORE_PERSIST;
    assert_true(caught(config, GATE_SOUND) > 0);
}

static void a_forgotten_journal_is_caught(void **state)
{
    struct cluster_config config = four;

    (void)state;
    config.flaw = FLAW_FORGET_JOURNAL;
    assert_true(caught(config, GATE_SOUND) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sound_gate_passes),
        cmocka_unit_test(finalize_after_nullify_is_caught),
        cmocka_unit_test(finalize_of_another_hash_is_caught),
        cmocka_unit_test(too_small_a_quorum_is_caught),
        cmocka_unit_test(a_vote_sent_before_it_is_durable_is_caught),
        cmocka_unit_test(a_forgotten_journal_is_caught),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
