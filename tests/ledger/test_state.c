/* The state map against a naive recomputation, and its proofs against liars. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tl/hash.h"
#include "tl/keys.h"
#include "tl/statemap.h"
#include "tl/store_mem.h"

#include <stdlib.h>
#include <string.h>

#define KEYS 400u
#define BITS 5u

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

struct pair {
    uint8_t b[64];
};

static int by_key(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

static struct tl_bytes key_of(uint32_t number, uint8_t out[5])
{
    out[0] = (uint8_t)(number % 3);
    tl_put_u32be(out + 1, number);
    return tl_bytes(out, 5);
}

static void hash_pair(struct pair *pair, uint32_t number, uint32_t value)
{
    struct tl_hash hash;
    uint8_t key[5];
    uint8_t bytes[4];

    tl_put_u32be(bytes, value);
    tl_hash_domain(&hash, "tallystick/skey/v1", key_of(number, key));
    memcpy(pair->b, hash.b, 32);
    tl_hash_domain(&hash, "tallystick/sval/v1", tl_bytes(bytes, 4));
    memcpy(pair->b + 32, hash.b, 32);
}

/* The definition of statemap.h, in the plainest way. */
static void naive_root(const uint32_t value[KEYS], struct tl_hash *root)
{
    struct pair pairs[KEYS];
    struct tl_hash node[1u << BITS];
    uint32_t count = 0;
    uint32_t at = 0;

    for (uint32_t i = 0; i < KEYS; i++) {
        if (value[i] != 0)
            hash_pair(&pairs[count++], i, value[i]);
    }
    qsort(pairs, count, sizeof pairs[0], by_key);
    for (uint32_t bucket = 0; bucket < 1u << BITS; bucket++) {
        uint32_t first = at;

        memset(&node[bucket], 0, sizeof node[0]);
        while (at < count && (uint32_t)(pairs[at].b[0] >> (8 - BITS)) == bucket)
            at++;
        if (at != first)
            tl_hash_domain(&node[bucket], "tallystick/bkt/v1",
                           tl_bytes(&pairs[first], (at - first) * sizeof pairs[0]));
    }
    for (uint32_t width = 1u << BITS; width > 1; width /= 2) {
        for (uint32_t i = 0; i < width / 2; i++) {
            if (tl_hash_is_zero(&node[2 * i]) && tl_hash_is_zero(&node[2 * i + 1]))
                memset(&node[i], 0, sizeof node[i]);
            else
                tl_hash_domain(&node[i], "tallystick/snode/v1", tl_bytes(&node[2 * i], 64));
        }
    }
    *root = node[0];
}

struct world {
    struct tl_store *store;
    struct tl_statemap *map;
    void *memory[4];
    struct tl_arena arena[2];
    uint32_t value[KEYS];
};

static void world_init(struct world *world)
{
    memset(world, 0, sizeof *world);
    for (uint32_t i = 0; i < 4; i++)
        world->memory[i] = malloc(4u << 20);
    world->store = tl_store_mem_init(world->memory[0], 4u << 20);
    world->map = tl_statemap_init(world->memory[1], BITS);
    tl_arena_init(&world->arena[0], world->memory[2], 4u << 20);
    tl_arena_init(&world->arena[1], world->memory[3], 4u << 20);
}

static void world_fini(struct world *world)
{
    for (uint32_t i = 0; i < 4; i++)
        free(world->memory[i]);
}

static void change_some(struct tl_overlay *overlay, uint32_t value[KEYS], uint32_t changes)
{
    for (uint32_t i = 0; i < changes; i++) {
        uint32_t number = draw(KEYS);
        uint8_t key[5];
        uint8_t bytes[4];
        uint8_t plain[5] = {0x90, 0, 0, 0, (uint8_t)number};

        value[number] = draw(3) == 0 ? 0 : 1 + draw(9);
        tl_put_u32be(bytes, value[number]);
        assert_int_equal(tl_overlay_put(overlay, key_of(number, key),
                                        tl_bytes(bytes, value[number] == 0 ? 0 : 4)),
                         TL_OK);
        assert_int_equal(tl_overlay_put(overlay, tl_bytes(plain, 5), tl_bytes(bytes, 4)), TL_OK);
    }
}

static void commit(struct world *world, struct tl_overlay *overlay)
{
    struct tl_store_sink sink = tl_store_sink(world->store);

    tl_statemap_commit(world->map, overlay);
    assert_int_equal(tl_overlay_flush(overlay, &sink), TL_OK);
    assert_int_equal(tl_store_commit(world->store, false), TL_OK);
}

/* Pairs of blocks, the second on the unfinalized first; a dropped sibling of
 * the second must leave no trace. */
static void roots_match_the_definition(void **state)
{
    struct world world;
    struct tl_hash want;
    struct tl_hash got;

    (void)state;
    seed = 99;
    world_init(&world);
    for (uint32_t round = 0; round < 120; round++) {
        struct tl_overlay *parent = tl_overlay_new(&world.arena[0], NULL, world.store);
        struct tl_overlay *child;
        uint32_t other[KEYS];

        change_some(parent, world.value, draw(30));
        assert_int_equal(tl_statemap_root(world.map, parent, &got), TL_OK);
        naive_root(world.value, &want);
        assert_memory_equal(got.b, want.b, 32);

        memcpy(other, world.value, sizeof other);
        child = tl_overlay_new(&world.arena[1], parent, world.store);
        change_some(child, other, draw(30));
        assert_int_equal(tl_statemap_root(world.map, child, &got), TL_OK);
        naive_root(other, &want);
        assert_memory_equal(got.b, want.b, 32);

        child = tl_overlay_new(&world.arena[1], parent, world.store);
        change_some(child, world.value, draw(30));
        assert_int_equal(tl_statemap_root(world.map, child, &got), TL_OK);
        naive_root(world.value, &want);
        assert_memory_equal(got.b, want.b, 32);

        commit(&world, parent);
        commit(&world, child);
        tl_statemap_committed_root(world.map, &got);
        assert_memory_equal(got.b, want.b, 32);
        tl_arena_reset(&world.arena[0]);
        tl_arena_reset(&world.arena[1]);
    }
    assert_int_equal(tl_statemap_load(world.map, world.store), TL_OK);
    tl_statemap_committed_root(world.map, &got);
    assert_memory_equal(got.b, want.b, 32);
    world_fini(&world);
}

/* Every byte of the proof, changed, must be noticed. */
static void tamper(const struct tl_state_proof *proof, struct tl_bytes key, struct tl_bytes value,
                   const struct tl_hash *root)
{
    struct tl_state_proof bad = *proof;
    uint8_t *copy = malloc(proof->bucket.len + 64);

    assert_non_null(copy);
    if (proof->bucket.len != 0)
        memcpy(copy, proof->bucket.ptr, proof->bucket.len);
    bad.bucket = tl_bytes(copy, proof->bucket.len);
    for (size_t i = 0; i < proof->bucket.len; i++) {
        copy[i] ^= 1;
        assert_int_equal(tl_statemap_verify(&bad, key, value, root), TL_ERR_PROOF);
        copy[i] ^= 1;
    }
    for (uint32_t i = 0; i < proof->bits; i++) {
        bad.path[i].b[i % 32] ^= 0x80;
        assert_int_equal(tl_statemap_verify(&bad, key, value, root), TL_ERR_PROOF);
        bad.path[i].b[i % 32] ^= 0x80;
    }
    for (size_t len = 0; len < proof->bucket.len; len++) {
        bad.bucket.len = len;
        assert_int_equal(tl_statemap_verify(&bad, key, value, root), TL_ERR_PROOF);
    }
    memset(copy + proof->bucket.len, 0, 64);
    bad.bucket.len = proof->bucket.len + 64;
    assert_int_equal(tl_statemap_verify(&bad, key, value, root), TL_ERR_PROOF);
    bad = *proof;
    bad.bits = 255;
    assert_int_equal(tl_statemap_verify(&bad, key, value, root), TL_ERR_PROOF);
    free(copy);
}

static void proofs_hold_and_lies_do_not(void **state)
{
    struct world world;
    struct tl_hash root;
    struct tl_overlay *overlay;
    uint32_t present = 0;

    (void)state;
    seed = 5;
    world_init(&world);
    overlay = tl_overlay_new(&world.arena[0], NULL, world.store);
    change_some(overlay, world.value, 150);
    assert_int_equal(tl_statemap_root(world.map, overlay, &root), TL_OK);
    commit(&world, overlay);
    overlay = tl_overlay_new(&world.arena[1], NULL, world.store);
    for (uint32_t i = 0; i < KEYS; i++) {
        struct tl_state_proof proof;
        uint8_t key_bytes[5];
        uint8_t bytes[4];
        struct tl_bytes key = key_of(i, key_bytes);
        struct tl_bytes value = tl_bytes(bytes, world.value[i] == 0 ? 0 : 4);
        struct tl_bytes lie = tl_bytes(bytes, world.value[i] == 0 ? 4 : 0);

        tl_put_u32be(bytes, world.value[i]);
        assert_int_equal(tl_statemap_prove(world.map, overlay, key, &proof), TL_OK);
        assert_int_equal(tl_statemap_verify(&proof, key, value, &root), TL_OK);
        assert_int_equal(tl_statemap_verify(&proof, key, lie, &root), TL_ERR_PROOF);
        bytes[3] ^= 1;
        if (value.len != 0)
            assert_int_equal(tl_statemap_verify(&proof, key, value, &root), TL_ERR_PROOF);
        bytes[3] ^= 1;
        if (i % 16 == 0)
            tamper(&proof, key, value, &root);
        present += value.len != 0;
    }
    assert_true(present > 50 && present < KEYS);
    world_fini(&world);
}

static void damaged_buckets_are_said(void **state)
{
    struct world world;
    struct tl_key key = tl_key_bucket(3);

    (void)state;
    world_init(&world);
    assert_int_equal(tl_store_put(world.store, tl_key_bytes(&key), tl_bytes_str("odd")), TL_OK);
    assert_int_equal(tl_store_commit(world.store, true), TL_OK);
    assert_int_equal(tl_statemap_load(world.map, world.store), TL_ERR_CORRUPT);
    world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_match_the_definition),
        cmocka_unit_test(proofs_hold_and_lies_do_not),
        cmocka_unit_test(damaged_buckets_are_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
