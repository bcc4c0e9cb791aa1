/* The rules of docs/PROTOCOL.md, one story each. */
#include "story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Member 3 of four: it leads views 3, 7, 11 ... */
static void open_four(struct story *s)
{
    story_open(s, 4, 3, 3);
    story_start(s);
}

static void a_block_becomes_final_and_the_chain_rests(void **state)
{
    struct story s;

    (void)state;
    open_four(&s);
    assert_int_equal(story_hear_block(&s, 'A', 1, 'G', 0, 1), TL_OK);
    story_expect(&s, "check A; timer 300");
    assert_int_equal(story_checked(&s, 'A', 1, true), TL_OK);
    story_expect(&s, "store A; sign N1 A");
    story_sign_all(&s);
    story_expect(&s, "vote N1 A");
    assert_int_equal(story_vote(&s, 0, "N1A"), TL_OK);
    story_expect(&s, "");
    assert_int_equal(story_vote(&s, 1, "N1A"), TL_OK);
    story_expect(&s, "store-cert N1 A; cert N1 A; enter v2; sign F1 A");
    story_sign_all(&s);
    story_expect(&s, "vote F1 A");
    (void)story_vote(&s, 0, "F1A");
    (void)story_vote(&s, 1, "F1A");
    story_expect(&s, "store-cert F1 A; cert F1 A; final A");
    story_wait(&s, 300);
    story_expect(&s, ""); /* the one timer left fires for nothing and is not set again */
    story_close(&s);
}

static void r2_a_leader_with_entries_proposes_at_once(void **state)
{
    struct story s;

    (void)state;
    story_open(&s, 4, 3, 1);
    story_start(&s);
    story_pending(&s, true);
    story_expect(&s, "build v1 on G; timer 100");
    assert_int_equal(story_built(&s, 'A', 1, 'G', 0, 1), TL_OK);
    story_expect(&s, "store A; sign N1 A; propose A");
    assert_int_equal(story_built(&s, 'B', 1, 'G', 0, 1), TL_ERR_STALE);
    story_close(&s);
}

static void r2_an_unfinished_block_is_carried_by_an_empty_one(void **state)
{
    struct story s;

    (void)state;
    story_open(&s, 4, 3, 2);
    story_start(&s);
    (void)story_hear_block(&s, 'A', 1, 'G', 0, 1);
    (void)story_checked(&s, 'A', 1, true);
    (void)story_cert(&s, 0xb, "N1A");
    assert_true(story_said(&s, "enter v2"));
    assert_false(story_said(&s, "build"));
    story_forget(&s);
    story_wait(&s, 100);
    assert_true(story_said(&s, "build even empty v2 on A"));
    story_close(&s);
}

static void r2_a_leader_waits_for_the_certificates_it_needs(void **state)
{
    struct story s;

    (void)state;
    open_four(&s);
    (void)story_cert(&s, 0x7, "X2"); /* view 1 is not accounted for */
    story_forget(&s);
    story_pending(&s, true);
    assert_true(story_said(&s, "fetch-cert v1"));
    assert_false(story_said(&s, "build"));
    story_forget(&s);
    (void)story_cert(&s, 0x7, "X1");
    assert_true(story_said(&s, "build v3 on G"));
    story_close(&s);
}

/* A slow disk: the view is final before our own vote in it is durable, and the
 * journal's floor has passed it. */
static void a_vote_refused_for_being_late_stops_nobody(void **state)
{
    struct tl_bft_status status;
    struct story s;
    struct tl_vote late;

    (void)state;
    open_four(&s);
    (void)story_hear_block(&s, 'A', 1, 'G', 0, 1);
    (void)story_checked(&s, 'A', 1, true);
    late = s.to_sign[0];
    (void)story_cert(&s, 0x7, "F1A");
    assert_true(story_said(&s, "final A"));
    story_forget(&s);
    assert_int_equal(story_tell(&s, (struct tl_bft_event){.kind = TL_BFT_REFUSED, .vote = &late}),
                     TL_OK);
    assert_false(story_said(&s, "alarm"));
    tl_bft_status(s.core, &status);
    assert_false(status.halted);
    late.view = 2;
    (void)story_tell(&s, (struct tl_bft_event){.kind = TL_BFT_REFUSED, .vote = &late});
    assert_true(story_said(&s, "alarm"));
    story_close(&s);
}

static void a8_a_signature_of_ours_that_we_never_made_stops_us(void **state)
{
    struct tl_bft_status status;
    struct story s;

    (void)state;
    open_four(&s); /* member 3 */
    (void)story_cert(&s, 0x7, "X1");
    assert_false(story_said(&s, "alarm"));
    story_forget(&s);
    (void)story_cert(&s, 0xb, "X2");
    assert_true(story_said(&s, "alarm 4"));
    tl_bft_status(s.core, &status);
    assert_true(status.halted);
    story_close(&s);
}

static void r3_only_the_leader_is_heard(void **state)
{
    struct tl_bft_block block;
    struct story s;

    (void)state;
    open_four(&s);
    block = story_block(&s, 'A', 1, 'G', 0, 1);
    block.leader = 2;
    assert_int_equal(
        story_tell(&s, (struct tl_bft_event){.kind = TL_BFT_PROPOSAL, .block = &block}),
        TL_ERR_RANGE);
    block = story_block(&s, 'A', 1, 'G', 0, 1);
    block.epoch = 1;
    assert_int_equal(
        story_tell(&s, (struct tl_bft_event){.kind = TL_BFT_PROPOSAL, .block = &block}),
        TL_ERR_WRONG_CHAIN);
    assert_int_equal(story_hear_block(&s, 'A', 1, 'B', 0, 1), TL_ERR_BROKEN_LINK);
    story_expect(&s, "");
    story_close(&s);
}

static void r4_time_and_height_must_follow(void **state)
{
    struct tl_bft_block block;
    struct story s;

    (void)state;
    open_four(&s);
    assert_int_equal(story_hear_block(&s, 'A', 1, 'G', 0, 2), TL_OK);
    assert_true(story_said(&s, "sign X1")); /* R7: the leader is wrong */
    story_close(&s);

    open_four(&s);
    block = story_block(&s, 'A', 1, 'G', 0, 1);
    block.time_ms += 5000; /* ahead of our clock: not yet */
    (void)story_tell(&s, (struct tl_bft_event){.kind = TL_BFT_PROPOSAL, .block = &block});
    (void)story_checked(&s, 'A', 1, true);
    assert_false(story_said(&s, "sign"));
    s.unix_ms += 5000;
    (void)story_tell(&s, (struct tl_bft_event){.kind = TL_BFT_CONTINUE});
    assert_true(story_said(&s, "sign N1 A"));
    story_close(&s);
}

static void r5_a_certified_block_that_is_missing_is_fetched(void **state)
{
    struct story s;

    (void)state;
    open_four(&s);
    (void)story_cert(&s, 0x7, "N1A");
    assert_false(story_said(&s, "fetch")); /* it is on its way, as a rule */
    story_forget(&s);
    story_wait(&s, 100);
    assert_true(story_said(&s, "fetch A"));
    story_forget(&s);
    story_wait(&s, 100);
    assert_false(story_said(&s, "fetch A"));
    story_wait(&s, 400);
    assert_true(story_said(&s, "fetch A"));
    story_forget(&s);
    (void)story_hear_block(&s, 'A', 1, 'G', 0, 1);
    (void)story_checked(&s, 'A', 1, true);
    assert_true(story_said(&s, "sign F1 A")); /* R6, later than in the view */
    story_close(&s);
}

static void r6_who_nullified_does_not_finalize(void **state)
{
    struct story s;

    (void)state;
    open_four(&s);
    (void)story_hear_block(&s, 'A', 1, 'G', 0, 1);
    story_forget(&s);
    story_wait(&s, 300);
    assert_true(story_said(&s, "timeout v1; sign X1"));
    story_sign_all(&s);
    (void)story_checked(&s, 'A', 1, true);
    story_forget(&s);
    (void)story_cert(&s, 0x7, "N1A");
    assert_true(story_said(&s, "enter v2"));
    assert_false(story_said(&s, "sign"));
    story_close(&s);
}

static void r6_who_notarized_another_does_not_finalize(void **state)
{
    struct story s;

    (void)state;
    open_four(&s);
    (void)story_hear_block(&s, 'A', 1, 'G', 0, 1);
    (void)story_checked(&s, 'A', 1, true);
    story_sign_all(&s);
    assert_int_equal(story_hear_block(&s, 'B', 1, 'G', 0, 1), TL_OK);
    assert_true(story_said(&s, "evidence 1 kind 5"));
    (void)story_checked(&s, 'B', 1, true);
    story_forget(&s);
    (void)story_cert(&s, 0x7, "N1B");
    assert_false(story_said(&s, "sign"));
    story_close(&s);
}

static void r7_others_and_the_leader_make_us_nullify(void **state)
{
    struct story s;

    (void)state;
    open_four(&s);
    (void)story_vote(&s, 0, "X1"); /* n-q+1 is 2 */
    assert_false(story_said(&s, "sign"));
    (void)story_vote(&s, 2, "X1");
    assert_true(story_said(&s, "sign X1"));
    story_forget(&s);
    story_sign_all(&s);
    assert_true(story_said(&s, "vote X1; store-cert X1; cert X1; enter v2"));
    story_forget(&s);
    (void)story_vote(&s, 2, "X2"); /* the leader of view 2 */
    assert_true(story_said(&s, "sign X2"));
    story_close(&s);
}

static void r9_ancestors_become_final_in_order(void **state)
{
    struct story s;

    (void)state;
    open_four(&s);
    (void)story_hear_block(&s, 'A', 1, 'G', 0, 1);
    (void)story_checked(&s, 'A', 1, true);
    (void)story_cert(&s, 0x7, "N1A");
    (void)story_hear_block(&s, 'B', 2, 'A', 1, 2);
    story_forget(&s);
    (void)story_cert(&s, 0x7, "F2B");
    assert_true(story_said(&s, "final A"));
    assert_false(story_said(&s, "final B")); /* not replayed yet */
    story_forget(&s);
    (void)story_checked(&s, 'B', 2, true);
    assert_true(story_said(&s, "final B"));
    story_close(&s);
}

static void r10_a_standstill_says_again(void **state)
{
    struct story s;

    (void)state;
    open_four(&s);
    (void)story_hear_block(&s, 'A', 1, 'G', 0, 1);
    (void)story_checked(&s, 'A', 1, true);
    story_sign_all(&s);
    story_forget(&s);
    story_wait(&s, 400);
    story_sign_all(&s);
    assert_true(story_said(&s, "standstill 1; ask-tip"));
    assert_true(story_said(&s, "vote N1 A"));
    assert_true(story_said(&s, "vote X1"));
    story_forget(&s);
    story_wait(&s, 400);
    assert_false(story_said(&s, "standstill")); /* each wait twice the one before */
    story_wait(&s, 400);
    assert_true(story_said(&s, "standstill 2"));
    story_close(&s);
}

static void r11_a_quorum_for_what_replay_refutes_stops_us(void **state)
{
    struct story s;

    (void)state;
    open_four(&s);
    (void)story_hear_block(&s, 'A', 1, 'G', 0, 1);
    (void)story_cert(&s, 0x7, "N1A");
    story_forget(&s);
    (void)story_checked(&s, 'A', 1, false);
    assert_true(story_said(&s, "alarm 1"));
    story_forget(&s);
    story_pending(&s, true);
    story_wait(&s, 300);
    assert_false(story_said(&s, "sign"));
    story_close(&s);
}

static void r11_certificates_that_exclude_each_other_stop_us(void **state)
{
    struct story s;

    (void)state;
    open_four(&s);
    (void)story_cert(&s, 0x7, "F1A");
    story_forget(&s);
    assert_int_equal(story_cert(&s, 0xe, "X1"), TL_OK);
    assert_true(story_said(&s, "store-cert X1; alarm 2"));
    assert_true(story_said(&s, "evidence 1 kind 4"));
    story_close(&s);
}

static void a5_the_window_and_the_caps(void **state)
{
    struct story s;

    (void)state;
    open_four(&s);
    assert_int_equal(story_vote(&s, 0, "N3A"), TL_ERR_EARLY);
    assert_int_equal(story_vote(&s, 0, "N2A"), TL_OK);
    assert_int_equal(story_vote(&s, 0, "N2A"), TL_ERR_DUPLICATE);
    assert_int_equal(story_vote(&s, 9, "N2A"), TL_ERR_RANGE);
    assert_int_equal(story_cert(&s, 0x3, "N2A"), TL_ERR_CERTIFICATE);
    assert_int_equal(story_cert(&s, 0x17, "N2A"), TL_ERR_RANGE);
    assert_int_equal(story_cert(&s, 0x7, "N500A"), TL_ERR_EARLY);
    story_forget(&s);
    assert_int_equal(story_cert(&s, 0x7, "F500A"), TL_OK);
    assert_true(story_said(&s, "catch-up v500"));
    story_close(&s);
}

static void a11_far_behind_means_catching_up_by_height(void **state)
{
    uint8_t sigs[3 * TL_SIG_BYTES] = {0};
    struct tl_cert cert = {
        .kind = TL_VOTE_FINALIZE, .view = 100, .signers = 0x7, .sigs = tl_bytes(sigs, sizeof sigs)};
    struct tl_bft_status status;
    struct tl_bft_block block;
    struct story s;

    (void)state;
    open_four(&s);
    assert_int_equal(story_cert(&s, 0x7, "F100A"), TL_OK);
    assert_true(story_said(&s, "catch-up v100"));
    assert_false(story_said(&s, "fetch"));
    story_forget(&s);
    story_wait(&s, 100);
    assert_false(story_said(&s, "catch-up"));
    story_wait(&s, 300);
    assert_true(story_said(&s, "catch-up v100"));
    story_forget(&s);
    block = story_block(&s, 'A', 100, 'Z', 99, 60);
    cert.hash = block.hash;
    assert_int_equal(
        story_tell(&s, (struct tl_bft_event){.kind = TL_BFT_TIP, .block = &block, .cert = &cert}),
        TL_OK);
    tl_bft_status(s.core, &status);
    assert_int_equal(status.final_height, 60);
    assert_int_equal(status.view, 101);
    assert_true(status.idle);
    (void)story_hear_block(&s, 'B', 101, 'A', 100, 61);
    assert_true(story_said(&s, "check B"));
    story_close(&s);
}

static void a_check_without_an_answer_is_asked_again(void **state)
{
    struct story s;

    (void)state;
    open_four(&s);
    assert_int_equal(story_hear_block(&s, 'B', 2, 'A', 1, 2), TL_ERR_EARLY); /* R3-4 */
    (void)story_hear_block(&s, 'A', 1, 'G', 0, 1);
    assert_true(story_said(&s, "check A"));
    story_forget(&s);
    story_wait(&s, 300);
    assert_false(story_said(&s, "check A"));
    story_wait(&s, 100);
    assert_true(story_said(&s, "check A"));
    story_close(&s);
}

static void a_tip_may_be_proven_by_a_descendant(void **state)
{
    uint8_t sigs[3 * TL_SIG_BYTES] = {0};
    struct tl_cert cert = {
        .kind = TL_VOTE_FINALIZE, .view = 3, .signers = 0x7, .sigs = tl_bytes(sigs, sizeof sigs)};
    struct tl_bft_event event = {.kind = TL_BFT_TIP, .cert = &cert};
    struct tl_bft_status status;
    struct tl_bft_block block;
    struct story s;

    (void)state;
    story_open(&s, 4, 3, 0);
    block = story_block(&s, 'A', 2, 'G', 0, 1);
    event.block = &block;
    memset(cert.hash.b, 'B', sizeof cert.hash.b);
    assert_int_equal(story_tell(&s, event), TL_OK);
    assert_int_equal(story_tell(&s, (struct tl_bft_event){.kind = TL_BFT_START}), TL_OK);
    tl_bft_status(s.core, &status);
    assert_int_equal(status.final_view, 2);
    assert_int_equal(status.certified_final_view, 3);
    assert_int_equal(status.view, 4);
    cert.view = 1;
    assert_int_equal(story_tell(&s, event), TL_ERR_USAGE);
    story_close(&s);
}

static void requests_are_answered_with_what_is_held(void **state)
{
    struct story s;

    (void)state;
    open_four(&s);
    (void)story_cert(&s, 0x7, "X1");
    (void)story_cert(&s, 0x7, "F2A");
    story_forget(&s);
    (void)story_tell(&s, (struct tl_bft_event){.kind = TL_BFT_ASKED_CERT, .from = 1, .view = 1});
    assert_true(story_said(&s, "send X1"));
    story_forget(&s);
    (void)story_tell(&s, (struct tl_bft_event){.kind = TL_BFT_ASKED_TIP, .from = 1, .view = 0});
    assert_true(story_said(&s, "send F2 A"));
    story_forget(&s);
    (void)story_tell(&s, (struct tl_bft_event){.kind = TL_BFT_ASKED_TIP, .from = 1, .view = 2});
    assert_false(story_said(&s, "send"));
    assert_int_equal(
        story_tell(&s, (struct tl_bft_event){.kind = TL_BFT_ASKED_TIP, .from = 4, .view = 0}),
        TL_ERR_RANGE);
    (void)story_tell(&s, (struct tl_bft_event){.kind = TL_BFT_MET, .from = 2});
    assert_true(story_said(&s, "ask-tip"));
    story_close(&s);
}

static void a9_two_words_in_one_view_are_evidence(void **state)
{
    struct story s;

    (void)state;
    open_four(&s);
    (void)story_vote(&s, 0, "N1A");
    (void)story_vote(&s, 0, "X1"); /* legal */
    assert_false(story_said(&s, "evidence"));
    assert_int_equal(story_vote(&s, 0, "N1B"), TL_OK);
    assert_true(story_said(&s, "evidence 0 kind 1"));
    assert_int_equal(story_vote(&s, 0, "N1B"), TL_ERR_DUPLICATE); /* once */
    (void)story_vote(&s, 0, "F1A");
    assert_true(story_said(&s, "evidence 0 kind 4"));
    story_close(&s);
}

static void a3_a_restart_passes_what_it_holds(void **state)
{
    struct tl_bft_block block;
    struct tl_vote vote = {.kind = TL_VOTE_NOTARIZE, .view = 2, .member = 3};
    struct story s;

    (void)state;
    story_open(&s, 4, 3, 3);
    block = story_block(&s, 'A', 1, 'G', 0, 1);
    (void)story_tell(&s, (struct tl_bft_event){.kind = TL_BFT_HELD, .block = &block});
    memset(vote.hash.b, 'B', sizeof vote.hash.b);
    assert_int_equal(story_tell(&s, (struct tl_bft_event){.kind = TL_BFT_SIGNED, .vote = &vote}),
                     TL_OK);
    assert_int_equal(story_cert(&s, 0x7, "N1A"), TL_OK);
    story_expect(&s, "");
    (void)story_tell(&s, (struct tl_bft_event){.kind = TL_BFT_START});
    assert_true(story_said(&s, "enter v2; ask-tip; check A"));
    story_forget(&s);
    (void)story_checked(&s, 'A', 1, true);
    assert_true(story_said(&s, "sign F1 A"));
    story_forget(&s);
    (void)story_hear_block(&s, 'C', 2, 'A', 1, 2); /* we said B in view 2 */
    (void)story_checked(&s, 'C', 2, true);
    assert_false(story_said(&s, "sign"));
    story_close(&s);
}

static void r1_timers_grow_and_only_finality_resets_them(void **state)
{
    struct story s;

    (void)state;
    story_open(&s, 4, 3, 0);
    story_start(&s);
    story_pending(&s, true);
    assert_true(story_said(&s, "timer 300"));
    story_forget(&s);
    (void)story_cert(&s, 0xe, "X1");
    (void)story_cert(&s, 0xe, "X2");
    story_forget(&s);
    story_wait(&s, 300); /* the old timer: nothing due, the next is set */
    assert_false(story_said(&s, "timeout"));
    story_wait(&s, 374);
    assert_false(story_said(&s, "timeout"));
    story_wait(&s, 1); /* 300 * 1.5 * 1.5 */
    assert_true(story_said(&s, "timeout v3"));
    story_close(&s);
}

static void a1_every_quorum_that_is_allowed_and_no_other(void **state)
{
    struct tl_bft_config config = {.window = TL_BFT_WINDOW_MIN, .delta_ms = 1};
    static _Alignas(16) uint8_t memory[1 << 20];

    (void)state;
    for (config.members = 1; config.members < 32; config.members++)
        for (config.quorum = 0; config.quorum < 34; config.quorum++) {
            bool good = 2 * config.quorum > config.members && config.quorum <= config.members;

            assert_true(tl_bft_bytes(config.members, config.window) <= sizeof memory);
            assert_int_equal(tl_bft_init(memory, &config) != NULL, good);
        }
}

static void a_learner_follows_and_signs_nothing(void **state)
{
    struct story s;

    (void)state;
    story_open(&s, 4, 3, 0);
    s.config.self = TL_BFT_NOBODY;
    story_restart(&s);
    story_start(&s);
    (void)story_hear_block(&s, 'A', 1, 'G', 0, 1);
    (void)story_checked(&s, 'A', 1, true);
    (void)story_cert(&s, 0x7, "N1A");
    (void)story_cert(&s, 0x7, "F1A");
    assert_true(story_said(&s, "final A"));
    assert_false(story_said(&s, "sign"));
    story_close(&s);
}

static void a_lone_member_agrees_with_itself(void **state)
{
    struct story s;

    (void)state;
    story_open(&s, 1, 1, 0);
    story_start(&s);
    story_pending(&s, true);
    (void)story_built(&s, 'A', 1, 'G', 0, 1);
    story_sign_all(&s);
    assert_true(story_said(&s, "final A"));
    story_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_becomes_final_and_the_chain_rests),
        cmocka_unit_test(r1_timers_grow_and_only_finality_resets_them),
        cmocka_unit_test(r2_a_leader_with_entries_proposes_at_once),
        cmocka_unit_test(r2_an_unfinished_block_is_carried_by_an_empty_one),
        cmocka_unit_test(r2_a_leader_waits_for_the_certificates_it_needs),
        cmocka_unit_test(a_vote_refused_for_being_late_stops_nobody),
        cmocka_unit_test(a8_a_signature_of_ours_that_we_never_made_stops_us),
        cmocka_unit_test(r3_only_the_leader_is_heard),
        cmocka_unit_test(r4_time_and_height_must_follow),
        cmocka_unit_test(r5_a_certified_block_that_is_missing_is_fetched),
        cmocka_unit_test(r6_who_nullified_does_not_finalize),
        cmocka_unit_test(r6_who_notarized_another_does_not_finalize),
        cmocka_unit_test(r7_others_and_the_leader_make_us_nullify),
        cmocka_unit_test(r9_ancestors_become_final_in_order),
        cmocka_unit_test(r10_a_standstill_says_again),
        cmocka_unit_test(r11_a_quorum_for_what_replay_refutes_stops_us),
        cmocka_unit_test(r11_certificates_that_exclude_each_other_stop_us),
        cmocka_unit_test(a1_every_quorum_that_is_allowed_and_no_other),
        cmocka_unit_test(a3_a_restart_passes_what_it_holds),
        cmocka_unit_test(a5_the_window_and_the_caps),
        cmocka_unit_test(a9_two_words_in_one_view_are_evidence),
        cmocka_unit_test(a11_far_behind_means_catching_up_by_height),
        cmocka_unit_test(a_check_without_an_answer_is_asked_again),
        cmocka_unit_test(a_tip_may_be_proven_by_a_descendant),
        cmocka_unit_test(requests_are_answered_with_what_is_held),
        cmocka_unit_test(a_learner_follows_and_signs_nothing),
        cmocka_unit_test(a_lone_member_agrees_with_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
