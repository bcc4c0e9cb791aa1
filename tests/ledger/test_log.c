/* Tiles of the log: proofs at every size agree with the roots of the tree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tl/keys.h"
#include "tl/log.h"
#include "tl/store_mem.h"

#include <stdlib.h>
#include <string.h>

#define LEAVES 70000u

struct world {
    struct tl_store *store;
    void *store_memory;
    void *arena_memory;
    struct tl_arena arena;
    struct tl_overlay *state;
    struct tl_frontier frontier;
    struct tl_hash *roots; /* root at each size */
};

static struct world world;

static void leaf_of(uint64_t index, uint8_t out[8])
{
    tl_put_u64be(out, index * 77);
}

/* Appends in blocks of changing size, each through its own overlay. */
static int build(void **state)
{
    size_t size = (size_t)64 << 20;
    uint64_t step = 1;
    struct tl_frontier plain; /* the tree without tiles */

    (void)state;
    world.store_memory = malloc(size);
    world.arena_memory = malloc(size);
    world.roots = malloc((LEAVES + 1) * sizeof world.roots[0]);
    world.store = tl_store_mem_init(world.store_memory, size);
    tl_frontier_init(&world.frontier);
    tl_frontier_init(&plain);
    while (world.frontier.size < LEAVES) {
        struct tl_store_sink sink = tl_store_sink(world.store);
        struct tl_log_writer writer;
        uint64_t end = world.frontier.size + step < LEAVES ? world.frontier.size + step : LEAVES;

        tl_arena_init(&world.arena, world.arena_memory, size);
        world.state = tl_overlay_new(&world.arena, NULL, world.store);
        tl_log_writer_init(&writer, world.state, &world.arena, &world.frontier);
        for (uint64_t i = world.frontier.size; i < end; i++) {
            struct tl_hash hash;
            uint8_t leaf[8];

            leaf_of(i, leaf);
            tl_merkle_leaf(&hash, tl_bytes(leaf, 8));
            assert_int_equal(tl_log_writer_add(&writer, tl_bytes(leaf, 8), &hash), TL_OK);
            tl_frontier_add(&plain, &hash);
            tl_frontier_root(&plain, &world.roots[i + 1]);
        }
        assert_int_equal(tl_log_writer_done(&writer), TL_OK);
        assert_int_equal(tl_overlay_flush(world.state, &sink), TL_OK);
        assert_int_equal(tl_store_commit(world.store, false), TL_OK);
        assert_memory_equal(&world.frontier, &plain, sizeof plain);
        step = step * 3 % 1021 + 1;
    }
    tl_arena_init(&world.arena, world.arena_memory, size);
    world.state = tl_overlay_new(&world.arena, NULL, world.store);
    return 0;
}

static int wreck(void **state)
{
    (void)state;
    free(world.store_memory);
    free(world.arena_memory);
    free(world.roots);
    return 0;
}

static void leaves_are_included(void **state)
{
    struct tl_node_source nodes = tl_log_nodes(world.state);
    uint64_t size = 1;

    (void)state;
    while (size <= LEAVES) {
        uint64_t index = (size * 7919) % size;
        struct tl_proof proof;
        struct tl_hash hash;
        struct tl_bytes leaf;

        assert_int_equal(tl_log_leaf(world.state, index, &leaf), TL_OK);
        tl_merkle_leaf(&hash, leaf);
        for (uint32_t i = 0; i < 2; i++) {
            assert_int_equal(tl_inclusion_prove(&nodes, index, size, &proof), TL_OK);
            assert_int_equal(tl_inclusion_verify(&hash, index, size, &proof, &world.roots[size]),
                             TL_OK);
            index = size - 1;
            assert_int_equal(tl_log_leaf(world.state, index, &leaf), TL_OK);
            tl_merkle_leaf(&hash, leaf);
        }
        size += size < 600 ? 1 : 977;
    }
    assert_int_equal(tl_log_leaf(world.state, LEAVES, &(struct tl_bytes){0}), TL_ERR_NOT_FOUND);
}

static void sizes_are_consistent(void **state)
{
    struct tl_node_source nodes = tl_log_nodes(world.state);

    (void)state;
    for (uint64_t old = 1; old < LEAVES; old += old < 300 ? 13 : 3331) {
        for (uint64_t now = old; now <= LEAVES; now += 4999) {
            struct tl_proof proof;

            assert_int_equal(tl_consistency_prove(&nodes, old, now, &proof), TL_OK);
            assert_int_equal(
                tl_consistency_verify(old, now, &proof, &world.roots[old], &world.roots[now]),
                TL_OK);
        }
    }
}

/* C2SP tlog-tiles: 70,000 leaves are 273 full tiles and one of 112 at level 0,
 * one full and one of 17 at level 1, one of 1 at level 2. */
static void tiles_have_the_widths_of_the_format(void **state)
{
    static const struct {
        uint32_t level;
        uint64_t number;
        size_t width;
    } want[] = {{0, 0, 256}, {0, 272, 256}, {0, 273, 112}, {0, 274, 0}, {1, 0, 256},
                {1, 1, 17},  {1, 2, 0},     {2, 0, 1},     {2, 1, 0},   {3, 0, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        struct tl_bytes tile;
        enum tl_status status = tl_log_tile(world.state, want[i].level, want[i].number, &tile);

        assert_int_equal(status, want[i].width == 0 ? TL_ERR_NOT_FOUND : TL_OK);
        assert_int_equal(tile.len, want[i].width * 32);
    }
}

static void a_missing_tile_is_damage(void **state)
{
    struct tl_key key = tl_key_tile(0, 273);
    struct tl_log_writer writer;
    struct tl_hash hash = {{1}};

    (void)state;
    assert_int_equal(tl_overlay_put(world.state, tl_key_bytes(&key), TL_BYTES_NONE), TL_OK);
    tl_log_writer_init(&writer, world.state, &world.arena, &world.frontier);
    assert_int_equal(tl_log_writer_add(&writer, tl_bytes_str("leaf"), &hash), TL_ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_are_included),
        cmocka_unit_test(sizes_are_consistent),
        cmocka_unit_test(tiles_have_the_widths_of_the_format),
        cmocka_unit_test(a_missing_tile_is_damage),
    };

    return cmocka_run_group_tests(tests, build, wreck);
}
