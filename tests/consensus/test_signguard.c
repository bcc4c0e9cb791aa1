/* The double-sign gate, against every history of one view. */
#include "tl/signguard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct tl_vote vote_of(uint8_t kind, char name)
{
    struct tl_vote vote = {.kind = kind, .epoch = 1, .view = 7};

    if (kind != TL_VOTE_NULLIFY)
        memset(vote.hash.b, name, sizeof vote.hash.b);
    return vote;
}

/* The promise, said another way: no two of the votes signed may contradict. */
static bool contradict(const struct tl_vote *a, const struct tl_vote *b)
{
    bool null_a = a->kind == TL_VOTE_NULLIFY;
    bool null_b = b->kind == TL_VOTE_NULLIFY;

    if (null_a || null_b)
        return (null_a && b->kind == TL_VOTE_FINALIZE) || (null_b && a->kind == TL_VOTE_FINALIZE);
    return !tl_hash_eq(&a->hash, &b->hash);
}

static void no_history_leads_to_a_contradiction(void **state)
{
    const struct tl_vote words[5] = {vote_of(TL_VOTE_NOTARIZE, 'A'), vote_of(TL_VOTE_NOTARIZE, 'B'),
                                     vote_of(TL_VOTE_NULLIFY, 0), vote_of(TL_VOTE_FINALIZE, 'A'),
                                     vote_of(TL_VOTE_FINALIZE, 'B')};
    const struct tl_sign_floor floor = {1, 7};

    (void)state;
    for (uint32_t history = 0; history < 5u * 5u * 5u * 5u * 5u; history++) {
        struct tl_sign_record record = {0};
        const struct tl_vote *signed_words[5];
        uint32_t count = 0;

        for (uint32_t i = 0, h = history; i < 5; i++, h /= 5) {
            struct tl_sign_record next = record;

            if (tl_sign_guard(&record, &floor, &words[h % 5], &next) != TL_OK)
                continue;
            record = next;
            for (uint32_t j = 0; j < count; j++)
                assert_false(contradict(signed_words[j], &words[h % 5]));
            signed_words[count++] = &words[h % 5];
            /* Saying it again is always allowed and changes nothing. */
            assert_int_equal(tl_sign_guard(&record, &floor, &words[h % 5], &next), TL_OK);
            assert_memory_equal(&record, &next, sizeof record);
        }
        assert_true(count >= 1);
    }
}

static void below_the_floor_nothing_is_signed(void **state)
{
    const struct tl_vote vote = vote_of(TL_VOTE_NULLIFY, 0);
    const struct tl_sign_floor above = {1, 8};
    const struct tl_sign_floor later_epoch = {2, 0};
    const struct tl_sign_floor earlier_epoch = {0, 100};
    const struct tl_sign_record none = {0};
    struct tl_sign_record next;

    (void)state;
    assert_int_equal(tl_sign_guard(&none, &above, &vote, &next), TL_ERR_WOULD_DOUBLE_SIGN);
    assert_int_equal(tl_sign_guard(&none, &later_epoch, &vote, &next), TL_ERR_WOULD_DOUBLE_SIGN);
    assert_int_equal(tl_sign_guard(&none, &earlier_epoch, &vote, &next), TL_OK);
}

static void malformed_votes_and_foreign_records_are_refused(void **state)
{
    const struct tl_sign_floor floor = {0, 0};
    struct tl_sign_record record = {0};
    struct tl_sign_record next;
    struct tl_vote vote = vote_of(TL_VOTE_NOTARIZE, 'A');

    (void)state;
    assert_int_equal(tl_sign_guard(&record, &floor, &vote, &record), TL_OK);
    vote.view = 8;
    assert_int_equal(tl_sign_guard(&record, &floor, &vote, &next), TL_ERR_RANGE);
    vote = vote_of(9, 'A');
    assert_int_equal(tl_sign_guard(&record, &floor, &vote, &next), TL_ERR_RANGE);
    vote = vote_of(TL_VOTE_FINALIZE, 0);
    assert_int_equal(tl_sign_guard(&record, &floor, &vote, &next), TL_ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_history_leads_to_a_contradiction),
        cmocka_unit_test(below_the_floor_nothing_is_signed),
        cmocka_unit_test(malformed_votes_and_foreign_records_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
