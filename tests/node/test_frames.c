/* Frames in a stream: whatever the pieces they come in, the same frames; and what
 * is none ends the stream. */
#include "frames.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BIG 100000u

static void fill(struct frames_out *out, uint8_t *big)
{
    memset(big, 0x5a, BIG);
    assert_true(frames_put(out, TL_MSG_PING, TL_BYTES_NONE));
    assert_true(frames_put(out, TL_MSG_VOTE, tl_bytes_str("a vote")));
    assert_true(frames_put(out, TL_MSG_BLOCK, tl_bytes(big, BIG)));
    assert_true(frames_put(out, TL_MSG_CERT, tl_bytes_str("a certificate")));
    assert_int_equal(out->count, 4);
}

static void give(struct frames_in *in, struct tl_bytes piece)
{
    while (piece.len > 0) {
        size_t space;
        uint8_t *into = frames_space(in, &space);
        size_t some = piece.len < space ? piece.len : space;

        assert_non_null(into);
        memcpy(into, piece.ptr, some);
        frames_came(in, some);
        piece = tl_bytes(piece.ptr + some, piece.len - some);
    }
}

/* How many frames came, each checked against what was put. */
static unsigned take(struct frames_in *in, unsigned seen, size_t limit)
{
    static const uint8_t number[] = {TL_MSG_PING, TL_MSG_VOTE, TL_MSG_BLOCK, TL_MSG_CERT};
    static const size_t length[] = {0, 6, BIG, 13};
    struct tl_frame frame;

    while (frames_next(in, limit, &frame) == FRAMES_ONE) {
        assert_int_equal(frame.number, number[seen]);
        assert_int_equal(frame.body.len, length[seen]);
        seen++;
    }
    return seen;
}

static void test_pieces_do_not_matter(void **state)
{
    static uint8_t big[BIG];
    static const size_t pieces[] = {1, 3, 5, 4096, 1u << 20};
    struct frames_out out = {0};

    (void)state;
    fill(&out, big);
    for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
        struct frames_in in = {0};
        unsigned seen = 0;

        for (size_t at = 0; at < out.len; at += pieces[p]) {
            size_t some = out.len - at < pieces[p] ? out.len - at : pieces[p];

            give(&in, tl_bytes(out.bytes + at, some));
            seen = take(&in, seen, FRAME_BYTES_MAX);
        }
        assert_int_equal(seen, 4);
        frames_in_free(&in);
    }
    frames_clear(&out);
    assert_int_equal(out.len, 0);
    frames_out_free(&out);
}

static void test_memory_follows_what_came(void **state)
{
    static const uint8_t announced[] = {0x00, 0x80, 0x00, 0x00, 0x92};
    struct frames_in in = {0};
    struct tl_frame frame;

    (void)state;
    give(&in, tl_bytes(announced, sizeof announced));
    assert_int_equal(frames_next(&in, FRAME_BYTES_MAX, &frame), FRAMES_NONE);
    assert_true(in.room < 1u << 16);
    frames_in_free(&in);
}

static void test_what_is_no_frame_ends_the_stream(void **state)
{
    static const uint8_t noise[] = {0x00, 0x00, 0x00, 0x03, 0xff, 0xff, 0xff};
    static const uint8_t empty[] = {0x00, 0x00, 0x00, 0x00};
    static const uint8_t too_long[] = {0x00, 0x00, 0x02, 0x01};
    const struct tl_bytes bad[] = {tl_bytes(noise, sizeof noise), tl_bytes(empty, sizeof empty),
                                   tl_bytes(too_long, sizeof too_long)};
    struct tl_frame frame;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct frames_in in = {0};

        give(&in, bad[i]);
        assert_int_equal(frames_next(&in, 512, &frame), FRAMES_BROKEN);
        frames_in_free(&in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_do_not_matter),
        cmocka_unit_test(test_memory_follows_what_came),
        cmocka_unit_test(test_what_is_no_frame_ends_the_stream),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
