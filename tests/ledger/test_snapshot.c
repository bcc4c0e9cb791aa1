/* Snapshots: a ledger goes on from one as from its whole past, and no lie in one
 * gets through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chain_world.h"

#include "tl/keys.h"
#include "tl/snapshot.h"
#include "tl/store_mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS     23u
#define PAIRS_MAX  256u
#define CHUNKS     64u /* state_bits of the world are 6 */
#define HEAD_BYTES ((size_t)256 << 10)

static struct world world;

/* A ledger of BLOCKS blocks, and a snapshot of its tip, chunk by chunk. */
struct fixture {
    struct node node;
    uint8_t *head_bytes;
    struct tl_bytes head;
    uint8_t tree[CHUNKS * TL_HASH_BYTES];
    uint8_t edge[TL_LOG_EDGE_MAX];
    struct tl_snapshot_head parts;
    uint8_t block[16384];
    uint8_t cert[TL_CERT_BYTES_MAX];
    uint8_t bytes[CHUNKS][4096];
    struct tl_buf buf[CHUNKS];
    struct tl_list chunk[CHUNKS];
};

static struct fixture fix;
static struct tl_snapshot snapshot;

static bool add_pair(void *context, struct tl_bytes key, struct tl_bytes value)
{
    uint32_t chunk = tl_snapshot_chunk_of(key, 6);
    struct tl_state_pair pair = {key, value};

    (void)context;
    tl_list_add(&fix.chunk[chunk], &fix.buf[chunk], &tl_state_pair_record, &pair);
    assert_false(fix.buf[chunk].full);
    return true;
}

static struct tl_bytes keep(uint8_t *room, size_t cap, struct tl_bytes bytes)
{
    assert_true(bytes.len <= cap);
    memcpy(room, bytes.ptr, bytes.len);
    return tl_bytes(room, bytes.len);
}

static struct tl_bytes encode_head(const struct tl_snapshot_head *head)
{
    struct tl_buf buf = tl_buf(fix.head_bytes, HEAD_BYTES);

    tl_record_write(&tl_snapshot_head_record, head, &buf);
    assert_false(buf.full);
    return tl_buf_bytes(&buf);
}

static void take_parts(struct tl_chain *chain)
{
    struct tl_buf edge = tl_buf(fix.edge, sizeof fix.edge);
    struct tl_bytes bytes;
    uint64_t at;

    tl_statemap_level(tl_chain_map(chain), 6, (struct tl_hash *)(void *)fix.tree);
    assert_int_equal(tl_log_edge_read(tl_chain_state(chain), tl_chain_tip(chain)->log_size, &edge),
                     TL_OK);
    fix.parts.tree = tl_bytes(fix.tree, sizeof fix.tree);
    fix.parts.edge = tl_buf_bytes(&edge);
    assert_int_equal(tl_chain_block(chain, BLOCKS, &bytes), TL_OK);
    fix.parts.block = keep(fix.block, sizeof fix.block, bytes);
    assert_int_equal(tl_chain_cert(chain, BLOCKS, &at, &bytes), TL_OK);
    assert_int_equal(at, BLOCKS);
    fix.parts.cert = keep(fix.cert, sizeof fix.cert, bytes);
}

static void grow(struct node *node, uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i <= to; i++) {
        struct tl_hash hash;
        char text[64];

        (void)snprintf(text, sizeof text, "%c%c Big xray %c", (char)('a' + i % 26),
                       (char)('A' + i % 26), (char)(33 + i));
        (void)next_block(node, i, text, &hash);
        block_final(node, &hash);
        tl_chain_durable(node->chain, i);
    }
}

static int set_up(void **state)
{
    (void)state;
    world_init(&world);
    memset(&fix, 0, sizeof fix);
    fix.head_bytes = malloc(HEAD_BYTES);
    node_init(&fix.node, &world);
    for (uint32_t i = 0; i < CHUNKS; i++)
        fix.buf[i] = tl_buf(fix.bytes[i], sizeof fix.bytes[i]);
    grow(&fix.node, 1, BLOCKS);
    take_parts(fix.node.chain);
    assert_int_equal(
        tl_store_scan(fix.node.store, TL_BYTES_NONE, tl_bytes_str("\x80"), add_pair, NULL), TL_OK);
    fix.head = encode_head(&fix.parts);
    return tl_snapshot_open(&snapshot, fix.head, &world.genesis, &world.chain_id) == TL_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    node_fini(&fix.node);
    free(fix.head_bytes);
    return 0;
}

static enum tl_status take(struct tl_store *store, uint32_t number, struct tl_list pairs)
{
    static uint8_t memory[PAIRS_MAX * 512];
    struct tl_arena scratch;
    struct tl_store_sink sink = tl_store_sink(store);

    tl_arena_init(&scratch, memory, sizeof memory);
    return tl_snapshot_take(&snapshot, number, pairs, &scratch, &sink);
}

/* Chunks in any order, then the tip; the same blocks follow on both. */
static void a_ledger_goes_on_from_a_snapshot(void **state)
{
    struct node joined;
    struct tl_store_sink sink;
    const struct tl_kept *kept;
    struct tl_proof proof;
    struct tl_bytes leaf;
    uint64_t height;

    (void)state;
    node_init(&joined, &world);
    sink = tl_store_sink(joined.store);
    for (uint32_t i = 0; i < CHUNKS; i++)
        assert_int_equal(take(joined.store, i * 37 % CHUNKS, fix.chunk[i * 37 % CHUNKS]), TL_OK);
    assert_int_equal(tl_snapshot_settle(&snapshot, &sink), TL_OK);
    assert_int_equal(tl_store_commit(joined.store, true), TL_OK);
    node_restart(&joined); /* opening holds both roots against what is stored */
    assert_memory_equal(tl_chain_tip(joined.chain), tl_chain_tip(fix.node.chain),
                        sizeof(struct tl_tip));
    kept = tl_chain_kept(joined.chain);
    assert_true(kept->height == BLOCKS && kept->leaf == tl_chain_tip(joined.chain)->log_size);
    grow(&joined, BLOCKS + 1, BLOCKS + 300);
    grow(&fix.node, BLOCKS + 1, BLOCKS + 300);
    assert_memory_equal(tl_chain_tip(joined.chain), tl_chain_tip(fix.node.chain),
                        sizeof(struct tl_tip));
    /* New leaves are proven from it; old ones are not there, which is no damage. */
    assert_int_equal(
        tl_chain_prove_leaf(joined.chain, kept->leaf, tl_chain_tip(joined.chain)->log_size, &proof),
        TL_OK);
    assert_int_equal(tl_log_leaf(tl_chain_state(joined.chain), kept->leaf - 1, &leaf),
                     TL_ERR_NOT_FOUND);
    assert_int_equal(tl_chain_height_of_leaf(joined.chain, kept->leaf - 1, &height),
                     TL_ERR_NOT_FOUND);
    assert_int_equal(tl_chain_height_of_leaf(joined.chain, kept->leaf, &height), TL_OK);
    assert_int_equal(height, BLOCKS + 1);
    node_restart(&joined);
    node_fini(&joined);
}

/* The edge of every size gives the frontier of that size, and nothing else does. */
static void the_edge_is_the_frontier(void **state)
{
    struct tl_frontier plain;
    struct tl_frontier found;
    struct tl_store_sink sink;
    static uint8_t memory[(size_t)4 << 20];
    struct tl_store *store = tl_store_mem_init(memory, sizeof memory);
    uint64_t size = 0;

    (void)state;
    sink = tl_store_sink(store);
    tl_frontier_init(&plain);
    for (uint64_t target = 1; target < 1200; target += 1 + target / 5) {
        static uint8_t room[(size_t)2 << 20];
        uint8_t edge[TL_LOG_EDGE_MAX];
        struct tl_buf buf = tl_buf(edge, sizeof edge);
        struct tl_arena arena;
        struct tl_log_writer writer;
        struct tl_overlay *log;

        tl_arena_init(&arena, room, sizeof room);
        memset(room, 0, sizeof room);
        log = tl_overlay_new(&arena, NULL, store);
        tl_log_writer_init(&writer, log, &arena, &plain);
        for (; size < target; size++) {
            struct tl_hash hash = {{(uint8_t)size, (uint8_t)(size >> 8)}};

            assert_int_equal(tl_log_writer_add(&writer, tl_bytes(hash.b, 2), &hash), TL_OK);
        }
        assert_int_equal(tl_log_writer_done(&writer), TL_OK);
        assert_int_equal(tl_overlay_flush(log, &sink), TL_OK);
        assert_int_equal(tl_store_commit(store, false), TL_OK);
        assert_int_equal(tl_log_edge_read(log, size, &buf), TL_OK);
        assert_int_equal(tl_log_edge_frontier(tl_buf_bytes(&buf), size, &found), TL_OK);
        for (uint32_t i = 0; i < 64; i++) {
            if ((size >> i & 1u) != 0)
                assert_memory_equal(&found.peak[i], &plain.peak[i], sizeof found.peak[i]);
        }
        assert_int_equal(tl_log_edge_frontier(tl_buf_bytes(&buf), size + 1, &found), TL_ERR_PROOF);
    }
}

/* One byte anywhere in the head. */
static void a_changed_head_is_refused(void **state)
{
    (void)state;
    for (size_t at = 0; at < fix.head.len; at += at < 2048 ? 1 : 61) {
        struct tl_snapshot wrong;

        fix.head_bytes[at] ^= 0x01;
        assert_int_not_equal(tl_snapshot_open(&wrong, fix.head, &world.genesis, &world.chain_id),
                             TL_OK);
        fix.head_bytes[at] ^= 0x01;
    }
    for (size_t len = 0; len < fix.head.len; len += 97) {
        struct tl_snapshot wrong;

        assert_int_not_equal(
            tl_snapshot_open(&wrong, tl_bytes(fix.head.ptr, len), &world.genesis, &world.chain_id),
            TL_OK);
    }
}

/* A head whose certificate is of another block, of another kind, of too few. */
static void a_head_without_its_certificate_is_refused(void **state)
{
    struct tl_snapshot_head head = fix.parts;
    struct tl_snapshot wrong;
    uint8_t bytes[TL_CERT_BYTES_MAX];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);

    (void)state;
    cert_make(&world, &buf, TL_VOTE_NOTARIZE, snapshot.parts.header.view, &snapshot.parts.hash);
    head.cert = tl_buf_bytes(&buf);
    assert_int_equal(tl_snapshot_open(&wrong, encode_head(&head), &world.genesis, &world.chain_id),
                     TL_ERR_CERTIFICATE);
    buf.len = 0;
    cert_make(&world, &buf, TL_VOTE_FINALIZE, snapshot.parts.header.view, &world.chain_id);
    head.cert = tl_buf_bytes(&buf);
    assert_int_equal(tl_snapshot_open(&wrong, encode_head(&head), &world.genesis, &world.chain_id),
                     TL_ERR_CERTIFICATE);
    assert_memory_equal(encode_head(&fix.parts).ptr, fix.head.ptr, fix.head.len);
}

/* As it travels: decoded strictly before anything looks at it. */
#define PAIRS_FIELDS(FIELD, T) FIELD(T, LIST, pairs, PAIRS_MAX, &tl_state_pair_record)
TL_DECLARE_RECORD(test_pairs, PAIRS_FIELDS)
TL_DEFINE_RECORD(test_pairs, PAIRS_FIELDS)

static enum tl_status take_bytes(struct tl_store *store, uint32_t number, struct tl_bytes bytes)
{
    struct test_pairs pairs;
    enum tl_status status = tl_record_decode(&test_pairs_record, &pairs, bytes);

    return status == TL_OK ? take(store, number, pairs.pairs) : status;
}

/* Every single byte of every chunk, each first pair left out, each chunk elsewhere. */
static void a_changed_chunk_is_refused(void **state)
{
    static uint8_t memory[(size_t)1 << 20];
    struct tl_store *store = tl_store_mem_init(memory, sizeof memory);
    uint32_t changes = 0;

    (void)state;
    for (uint32_t i = 0; i < CHUNKS; i++) {
        struct test_pairs all = {fix.chunk[i]};
        struct tl_list fewer = fix.chunk[i];
        struct tl_state_pair first;
        uint8_t bytes[4096];
        struct tl_buf buf = tl_buf(bytes, sizeof bytes);

        if (fewer.count == 0)
            continue;
        tl_record_write(&test_pairs_record, &all, &buf);
        for (size_t at = 0; at < buf.len; at++, changes++) {
            bytes[at] ^= (uint8_t)(1u << at % 8);
            assert_int_not_equal(take_bytes(store, i, tl_buf_bytes(&buf)), TL_OK);
            bytes[at] ^= (uint8_t)(1u << at % 8);
        }
        assert_int_equal(take(store, (i + 1) % CHUNKS, fix.chunk[i]), TL_ERR_PROOF);
        assert_true(tl_list_next(&fewer, &tl_state_pair_record, &first));
        assert_int_equal(take(store, i, fewer), TL_ERR_PROOF);
        assert_int_equal(take_bytes(store, i, tl_buf_bytes(&buf)), TL_OK);
        tl_store_abandon(store);
    }
    assert_true(changes > 500);
    assert_int_equal(take(store, 0, (struct tl_list){TL_BYTES_NONE, 0}),
                     fix.chunk[0].count == 0 ? TL_OK : TL_ERR_PROOF);
}

/* The same pairs in another order, a pair twice, an index among them. */
static void chunks_are_canonical(void **state)
{
    static uint8_t memory[(size_t)1 << 20];
    struct tl_store *store = tl_store_mem_init(memory, sizeof memory);
    uint32_t swapped = 0;

    (void)state;
    for (uint32_t i = 0; i < CHUNKS; i++) {
        uint8_t bytes[4096];
        struct tl_buf buf = tl_buf(bytes, sizeof bytes);
        struct tl_list old = fix.chunk[i];
        struct tl_list list = {TL_BYTES_NONE, 0};
        struct tl_state_pair a;
        struct tl_state_pair b;
        struct tl_state_pair index = {tl_bytes_str("\x80zz"), tl_bytes_str("v")};

        if (old.count < 2)
            continue;
        assert_true(tl_list_next(&old, &tl_state_pair_record, &a));
        assert_true(tl_list_next(&old, &tl_state_pair_record, &b));
        tl_list_add(&list, &buf, &tl_state_pair_record, &b);
        tl_list_add(&list, &buf, &tl_state_pair_record, &a);
        assert_int_equal(take(store, i, list), TL_ERR_ENCODING);
        buf.len = 0;
        list = (struct tl_list){TL_BYTES_NONE, 0};
        tl_list_add(&list, &buf, &tl_state_pair_record, &a);
        tl_list_add(&list, &buf, &tl_state_pair_record, &a);
        assert_int_equal(take(store, i, list), TL_ERR_ENCODING);
        buf.len = 0;
        list = (struct tl_list){TL_BYTES_NONE, 0};
        tl_list_add(&list, &buf, &tl_state_pair_record, &index);
        assert_int_equal(take(store, i, list), TL_ERR_RANGE);
        swapped++;
    }
    assert_true(swapped > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_ledger_goes_on_from_a_snapshot, set_up, tear_down),
        cmocka_unit_test(the_edge_is_the_frontier),
        cmocka_unit_test_setup_teardown(a_changed_head_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_head_without_its_certificate_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_changed_chunk_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(chunks_are_canonical, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
