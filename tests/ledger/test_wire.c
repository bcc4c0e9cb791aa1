/* Every record of the wire: what is written reads back, as we and as msgpack-c
 * see it; what is read could only have been written one way; and the bytes are
 * the bytes they were yesterday (wire.lock). */
#include "tl/hash.h"

#include "gen.h"
#include "shared.h"
#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <msgpack.h>

#define ROUNDS      300u
#define LOCK_ROUNDS 1000u
#define STRUCT_MAX  4096u

static uint8_t arena_memory[1u << 23];
static uint8_t encoded[1u << 18];
static uint8_t again[1u << 18];
static _Alignas(16) uint8_t value[STRUCT_MAX];

static struct tl_bytes encode(const struct tl_record *record, const void *in, uint8_t *out)
{
    struct tl_buf buf = tl_buf(out, sizeof encoded);

    tl_record_write(record, in, &buf);
    assert_false(buf.full);
    return tl_buf_bytes(&buf);
}

static struct tl_bytes random_record(struct gen *gen, const struct tl_record *record)
{
    struct tl_arena arena;

    assert_true(record->size <= sizeof value);
    tl_arena_init(&arena, arena_memory, sizeof arena_memory);
    gen_record(gen, record, value, &arena);
    return encode(record, value, encoded);
}

static void assert_reads_back(const struct tl_record *record, struct tl_bytes bytes)
{
    enum tl_status status = tl_record_decode(record, value, bytes);

    if (status != TL_OK)
        fail_msg("%s: %s", record->name, tl_status_text(status));
    if (!tl_bytes_eq(encode(record, value, again), bytes))
        fail_msg("%s: reads back as something else", record->name);
}

/* msgpack-c understands our bytes and, packing them again, writes the same. */
static void assert_oracle_agrees(const struct tl_record *record, struct tl_bytes bytes)
{
    msgpack_unpacked unpacked;
    msgpack_sbuffer packed;
    msgpack_packer packer;
    size_t off = 0;

    msgpack_unpacked_init(&unpacked);
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer, &packed, msgpack_sbuffer_write);
    if (msgpack_unpack_next(&unpacked, (const char *)bytes.ptr, bytes.len, &off) !=
            MSGPACK_UNPACK_SUCCESS ||
        off != bytes.len)
        fail_msg("%s: msgpack-c does not understand it", record->name);
    assert_int_equal(msgpack_pack_object(&packer, unpacked.data), 0);
    if (!tl_bytes_eq(tl_bytes(packed.data, packed.size), bytes))
        fail_msg("%s: msgpack-c writes it in another way", record->name);
    msgpack_sbuffer_destroy(&packed);
    msgpack_unpacked_destroy(&unpacked);
}

static void assert_no_prefix_reads(const struct tl_record *record, struct tl_bytes bytes)
{
    size_t step = bytes.len / 64 + 1;

    for (size_t len = 0; len < bytes.len; len += step)
        assert_int_equal(tl_record_decode(record, value, tl_bytes(bytes.ptr, len)),
                         TL_ERR_ENCODING);
    encoded[bytes.len] = 0;
    assert_int_equal(tl_record_decode(record, value, tl_bytes(bytes.ptr, bytes.len + 1)),
                     TL_ERR_ENCODING);
}

/* Damaged bytes are refused, or are the one spelling of another value. */
static void assert_damage_is_canonical(struct gen *gen, const struct tl_record *record,
                                       struct tl_bytes bytes)
{
    for (int i = 0; i < 20; i++) {
        size_t at = (size_t)gen_below(gen, bytes.len);
        uint8_t old = encoded[at];

        encoded[at] = (uint8_t)gen_u64(gen);
        if (tl_record_decode(record, value, bytes) == TL_OK &&
            !tl_bytes_eq(encode(record, value, again), bytes))
            fail_msg("%s: two spellings of one value", record->name);
        encoded[at] = old;
    }
}

static void test_round_trips(void **state)
{
    (void)state;
    for (size_t row = 0; row < wire_row_count; row++) {
        const struct tl_record *record = wire_rows[row].record;
        struct gen gen = gen_seed(row);

        for (uint32_t i = 0; record != NULL && i < ROUNDS; i++) {
            struct tl_bytes bytes = random_record(&gen, record);

            assert_reads_back(record, bytes);
            assert_oracle_agrees(record, bytes);
            assert_no_prefix_reads(record, bytes);
            assert_damage_is_canonical(&gen, record, bytes);
        }
    }
}

/* ---- wire.lock ---- */

static uint64_t name_seed(const char *name)
{
    struct tl_hash hash;

    tl_hash_plain(&hash, tl_bytes_str(name));
    return tl_get_u64be(hash.b);
}

static void digest(const struct tl_record *record, char hex[2 * TL_HASH_BYTES + 1])
{
    struct gen gen = gen_seed(name_seed(record->name));
    struct tl_hasher hasher;
    struct tl_hash hash;

    tl_hasher_init(&hasher);
    for (uint32_t i = 0; i < LOCK_ROUNDS; i++) {
        struct tl_bytes bytes = random_record(&gen, record);

        tl_hasher_u64(&hasher, bytes.len);
        tl_hasher_put(&hasher, bytes);
    }
    tl_hasher_done(&hasher, &hash);
    tl_hex(hex, tl_bytes(hash.b, sizeof hash.b));
}

static void lock_path(char *out, size_t cap)
{
    const char *source = getenv("TALLY_SOURCE");
    int len = snprintf(out, cap, "%s/tests/ledger/wire.lock", source == NULL ? "." : source);

    assert_true(len > 0 && (size_t)len < cap);
}

/* What the lock must say today. */
static size_t lock_text(char *out, size_t cap)
{
    size_t len = 0;

    for (size_t row = 0; row < wire_row_count; row++) {
        const struct tl_record *record = wire_rows[row].record;
        char hex[2 * TL_HASH_BYTES + 1];
        int added;

        if (record == NULL)
            continue;
        digest(record, hex);
        added = snprintf(out + len, cap - len, "%s %s\n", hex, record->name);
        assert_true(added > 0 && (size_t)added < cap - len);
        len += (size_t)added;
    }
    return len;
}

static void bless(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Prints the records whose line is not in the lock. */
static void print_changes(char *now, const char *locked)
{
    for (char *line = strtok(now, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        if (strstr(locked, line) == NULL)
            print_error("changed on the wire: %s\n", strchr(line, ' ') + 1);
    }
}

static void test_wire_lock(void **state)
{
    static char now[32768];
    char path[4096];
    size_t len;
    char *locked;

    (void)state;
    lock_path(path, sizeof path);
    (void)lock_text(now, sizeof now);
    if (getenv("TALLY_BLESS") != NULL)
        bless(path, now);
    locked = test_read_file(path, &len);
    assert_non_null(locked);
    if (strcmp(now, locked) != 0) {
        print_changes(now, locked);
        fail_msg("the wire is not what tests/ledger/wire.lock says; if that is meant, run the "
                 "same test with TALLY_BLESS=1 and commit the new lock by itself");
    }
    free(locked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_wire_lock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
