/* Overlays and the store in memory against a model: one array of values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tl/overlay.h"
#include "tl/store_mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS  300
#define DEPTH 4

/* value 0: none */
struct model {
    uint32_t value[KEYS];
};

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

/* Two classes of keys, of two lengths, in numeric order. */
static struct tl_bytes key_of(uint32_t number, uint8_t out[8])
{
    out[0] = number < KEYS / 2 ? 0x10 : 0x81;
    tl_put_u32be(out + 1, number);
    return tl_bytes(out, 5);
}

static void put(struct tl_overlay *overlay, struct model *model, uint32_t number, uint32_t value)
{
    uint8_t key[8];
    uint8_t bytes[4];

    tl_put_u32be(bytes, value);
    assert_int_equal(
        tl_overlay_put(overlay, key_of(number, key), tl_bytes(bytes, value == 0 ? 0 : 4)), TL_OK);
    model->value[number] = value;
}

struct seen {
    const struct model *model;
    uint32_t next;
    uint32_t left;
};

static bool expect(void *context, struct tl_bytes key, struct tl_bytes value)
{
    struct seen *seen = context;
    uint32_t number = tl_get_u32be(key.ptr + 1);

    while (seen->next < number)
        assert_int_equal(seen->model->value[seen->next++], 0);
    assert_int_equal(seen->next, number);
    assert_int_equal(value.len, 4);
    assert_int_equal(tl_get_u32be(value.ptr), seen->model->value[number]);
    seen->next++;
    return --seen->left != 0;
}

static void compare(struct tl_overlay *overlay, const struct model *model)
{
    uint32_t from = draw(KEYS);
    uint32_t to = from + draw(KEYS - from);
    uint8_t key[8];
    uint8_t end[8];
    struct seen seen = {model, from, UINT32_MAX};
    struct seen some = {model, from, 3};

    assert_int_equal(tl_overlay_scan(overlay, key_of(from, key), key_of(to, end), expect, &seen),
                     TL_OK);
    while (seen.next < to)
        assert_int_equal(model->value[seen.next++], 0);
    assert_int_equal(tl_overlay_scan(overlay, key_of(from, key), TL_BYTES_NONE, expect, &some),
                     TL_OK);
    for (uint32_t i = 0; i < KEYS; i++) {
        struct tl_bytes value;
        enum tl_status status = tl_overlay_get(overlay, key_of(i, key), &value);

        assert_int_equal(status, model->value[i] == 0 ? TL_ERR_NOT_FOUND : TL_OK);
        if (status == TL_OK)
            assert_int_equal(tl_get_u32be(value.ptr), model->value[i]);
    }
}

static void change_some(struct tl_overlay *overlay, struct model *model)
{
    size_t mark;
    struct model kept;

    for (uint32_t i = 0; i < 40; i++)
        put(overlay, model, draw(KEYS), draw(3) == 0 ? 0 : 1 + draw(1000));
    mark = tl_overlay_mark(overlay);
    kept = *model;
    for (uint32_t i = 0; i < 20; i++)
        put(overlay, model, draw(KEYS), draw(3) == 0 ? 0 : 1 + draw(1000));
    if (draw(2) == 0) {
        tl_overlay_rollback(overlay, mark);
        *model = kept;
    }
}

/* A stack of overlays grows by one a round and its oldest goes to the store. */
static void a_stack_reads_like_one_map(void **state)
{
    size_t size = (size_t)4 << 20;
    void *store_memory = malloc(size);
    struct tl_store *store = tl_store_mem_init(store_memory, size);
    struct tl_store_sink sink = tl_store_sink(store);
    struct tl_overlay *stack[DEPTH] = {0};
    struct tl_arena arena[DEPTH];
    struct model model = {{0}};

    (void)state;
    seed = 7;
    for (uint32_t i = 0; i < DEPTH; i++)
        tl_arena_init(&arena[i], malloc(1u << 20), 1u << 20);
    for (uint32_t round = 0; round < 300; round++) {
        uint32_t slot = round % DEPTH;

        if (stack[slot] != NULL) {
            assert_int_equal(tl_overlay_flush(stack[slot], &sink), TL_OK);
            assert_int_equal(tl_store_commit(store, false), TL_OK);
            tl_overlay_reparent(stack[(slot + 1) % DEPTH], NULL);
            tl_arena_reset(&arena[slot]);
        }
        stack[slot] = tl_overlay_new(&arena[slot],
                                     round == 0 ? NULL : stack[(slot + DEPTH - 1) % DEPTH], store);
        assert_non_null(stack[slot]);
        for (uint32_t i = 0; i < 3; i++) {
            change_some(stack[slot], &model);
            compare(stack[slot], &model);
        }
    }
    assert_true(tl_store_mem_used(store) < size / 8);
    for (uint32_t i = 0; i < DEPTH; i++)
        free(arena[i].base);
    free(store_memory);
}

static bool count_key(void *context, struct tl_bytes key, struct tl_bytes value)
{
    uint32_t *count = context;

    (void)key;
    (void)value;
    ++*count;
    return true;
}

/* Ranges that end at a class, are empty, or cover everything. */
static void ranges_end_where_they_say(void **state)
{
    static uint8_t memory[65536];
    static const struct {
        const char *from;
        const char *to;
        uint32_t count;
    } want[] = {{"", "", 4},   {"", "a", 0},  {"a", "b", 2},   {"a", "c", 3},  {"b", "a", 0},
                {"b", "b", 0}, {"a1", "", 4}, {"a1", "a2", 1}, {"a2", "c", 2}, {"c", "", 1}};
    static const char *const keys[] = {"c9", "a2", "b1", "a1"};
    struct tl_arena arena;
    struct tl_overlay *overlay;

    (void)state;
    tl_arena_init(&arena, memory, sizeof memory);
    overlay = tl_overlay_new(&arena, NULL, NULL);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(tl_overlay_put(overlay, tl_bytes_str(keys[i]), tl_bytes_str("v")), TL_OK);
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        uint32_t count = 0;

        assert_int_equal(tl_overlay_scan(overlay, tl_bytes_str(want[i].from),
                                         tl_bytes_str(want[i].to), count_key, &count),
                         TL_OK);
        assert_int_equal(count, want[i].count);
    }
}

static void an_abandoned_batch_leaves_nothing(void **state)
{
    uint8_t memory[8192];
    struct tl_store *store = tl_store_mem_init(memory, sizeof memory);
    struct tl_bytes value;

    (void)state;
    assert_int_equal(tl_store_put(store, tl_bytes_str("a"), tl_bytes_str("1")), TL_OK);
    assert_int_equal(tl_store_get(store, tl_bytes_str("a"), &value), TL_ERR_NOT_FOUND);
    tl_store_abandon(store);
    assert_int_equal(tl_store_commit(store, true), TL_OK);
    assert_int_equal(tl_store_get(store, tl_bytes_str("a"), &value), TL_ERR_NOT_FOUND);
    assert_int_equal(tl_store_put(store, tl_bytes_str("a"), tl_bytes_str("1")), TL_OK);
    assert_int_equal(tl_store_del(store, tl_bytes_str("a")), TL_OK);
    assert_int_equal(tl_store_put(store, tl_bytes_str("b"), TL_BYTES_NONE), TL_OK);
    assert_int_equal(tl_store_commit(store, true), TL_OK);
    assert_int_equal(tl_store_get(store, tl_bytes_str("a"), &value), TL_ERR_NOT_FOUND);
    assert_int_equal(tl_store_get(store, tl_bytes_str("b"), &value), TL_OK);
    assert_int_equal(value.len, 0);
}

static void a_full_arena_is_said(void **state)
{
    static uint8_t memory[16384];
    struct tl_arena arena;
    struct tl_overlay *overlay;
    enum tl_status status = TL_OK;
    uint32_t done = 0;
    uint8_t key[8];

    (void)state;
    tl_arena_init(&arena, memory, sizeof memory);
    overlay = tl_overlay_new(&arena, NULL, NULL);
    while (status == TL_OK)
        status = tl_overlay_put(overlay, key_of(done++, key), tl_bytes_str("value"));
    assert_int_equal(status, TL_ERR_NO_MEMORY);
    for (uint32_t i = 0; i + 1 < done; i++) {
        struct tl_bytes value;

        assert_int_equal(tl_overlay_get(overlay, key_of(i, key), &value), TL_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stack_reads_like_one_map),
        cmocka_unit_test(ranges_end_where_they_say),
        cmocka_unit_test(an_abandoned_batch_leaves_nothing),
        cmocka_unit_test(a_full_arena_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
