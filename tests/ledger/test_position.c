/* What an auditor remembers of a ledger: signed whole, cosigned as a checkpoint. */
#include "tl/position.h"

#include "consortium.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct consortium four;

static struct tl_position some_position(struct tl_bytes seen)
{
    return (struct tl_position){.chain_id = four.chain_id,
                                .height = 7,
                                .hash = {{1}},
                                .log_size = 12,
                                .log_root = {{2}},
                                .state_root = {{3}},
                                .time_s = 1800000000,
                                .seen = seen,
                                .seen_time_s = 1800000001,
                                .seen_size = 12};
}

static size_t written(uint8_t out[TL_POSITION_BYTES_MAX], struct tl_bytes seen)
{
    struct tl_position position = some_position(seen);
    struct tl_buf buf = tl_buf(out, TL_POSITION_BYTES_MAX);

    tl_position_write(&buf, &position, &four.author[2]);
    assert_false(buf.full);
    return buf.len;
}

static enum tl_status read_back(struct tl_position *out, const uint8_t *bytes, size_t len)
{
    return tl_position_read(out, tl_bytes(bytes, len), &four.chain_id, &four.author_key[2]);
}

static void test_a_position_comes_back(void **state)
{
    static uint8_t bytes[TL_POSITION_BYTES_MAX];
    struct tl_position read;
    size_t len = written(bytes, tl_bytes_str("a note"));

    (void)state;
    assert_int_equal(read_back(&read, bytes, len), TL_OK);
    assert_int_equal(read.height, 7);
    assert_true(tl_bytes_eq(read.seen, tl_bytes_str("a note")));
    assert_int_equal(
        tl_position_read(&read, tl_bytes(bytes, len), &four.chain_id, &four.author_key[1]),
        TL_ERR_SIGNATURE);
    assert_int_equal(tl_position_read(&read, tl_bytes(bytes, len), &read.hash, &four.author_key[2]),
                     TL_ERR_WRONG_CHAIN);
    assert_int_equal(read.height, 0);
}

static void test_no_bit_of_a_position_changes_unseen(void **state)
{
    static uint8_t bytes[TL_POSITION_BYTES_MAX];
    struct tl_position read;
    size_t len = written(bytes, tl_bytes_str("a note"));

    (void)state;
    for (size_t i = 0; i < 8 * len; i++) {
        bytes[i / 8] = (uint8_t)(bytes[i / 8] ^ 1u << i % 8);
        assert_int_not_equal(read_back(&read, bytes, len), TL_OK);
        bytes[i / 8] = (uint8_t)(bytes[i / 8] ^ 1u << i % 8);
    }
}

/* The node's lines stand before the auditor's when they are of the same log. */
static void test_a_position_is_a_checkpoint(void **state)
{
    static uint8_t bytes[TL_NOTE_BYTES_MAX];
    static uint8_t seen[TL_NOTE_BYTES_MAX];
    struct tl_bytes origin = four.genesis.name;
    struct tl_position position = some_position(TL_BYTES_NONE);
    struct tl_buf out = tl_buf(bytes, sizeof bytes);
    struct tl_note_key witness;
    struct tl_note note;
    uint64_t time_s;
    char name[TL_NOTE_NAME_MAX];

    (void)state;
    (void)snprintf(name, sizeof name, "%.*s" TL_POSITION_WITNESS, (int)origin.len,
                   (const char *)origin.ptr);
    assert_int_equal(
        tl_note_key_set(&witness, tl_bytes_str(name), TL_NOTE_COSIGNATURE, &four.author_key[2]),
        TL_OK);
    for (uint32_t lines = 1; lines <= 3; lines++) {
        tl_position_note(&out, &position, origin, &witness, &four.author[2]);
        assert_false(out.full);
        assert_int_equal(tl_note_parse(&note, tl_buf_bytes(&out)), TL_OK);
        assert_int_equal(note.count, lines);
        assert_int_equal(tl_note_verify(&note, &witness, &time_s), TL_OK);
        assert_int_equal(time_s, 1800000000);
        memcpy(seen, out.ptr, out.len);
        position.seen = tl_bytes(seen, out.len);
        out.len = 0;
    }
    position.log_size++;
    tl_position_note(&out, &position, origin, &witness, &four.author[2]);
    assert_int_equal(tl_note_parse(&note, tl_buf_bytes(&out)), TL_OK);
    assert_int_equal(note.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_position_comes_back),
        cmocka_unit_test(test_no_bit_of_a_position_changes_unseen),
        cmocka_unit_test(test_a_position_is_a_checkpoint),
    };

    consortium_init(&four, 4);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
