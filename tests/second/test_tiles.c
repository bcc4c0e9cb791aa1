/* A small published directory: no byte of any of its files changes without both
 * readers' noticing. */
int tally_verify_tiles_main(int argc, char **argv);
#define main tally_verify_tiles_main
#include "tally-verify-tiles.c" /* NOLINT(bugprone-suspicious-include): all else is static */
#undef main

#include "publish.h"

#include "tl/hash.h"
#include "tl/store_mem.h"
#include "tl/tiles.h"
#include "tl/tlog_policy.h"

#include "consortium.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define LEAVES   3u
#define FILES    6u
#define FILE_MAX 8192u
#define MEMORY   ((size_t)4 << 20)

static struct consortium four;
static struct tl_genesis_file genesis;
static char dir[256];

/* What was written, to be put back after a change. */
static struct {
    char name[64];
    uint8_t bytes[FILE_MAX];
    size_t len;
} kept[FILES + 1];
static size_t files;

static void put_file(const char *name, const uint8_t *bytes, size_t len)
{
    char path[512];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void write_file(const char *name, struct tl_bytes bytes)
{
    assert_true(bytes.len <= FILE_MAX && files <= FILES);
    (void)snprintf(kept[files].name, sizeof kept[files].name, "%s", name);
    memcpy(kept[files].bytes, bytes.ptr, bytes.len);
    kept[files].len = bytes.len;
    files++;
    put_file(name, bytes.ptr, bytes.len);
}

static void make_folders(void)
{
    static const char *const below[] = {"tile", "tile/0", "tile/0/000.p", "tile/entries",
                                        "tile/entries/000.p"};
    char path[512];

    for (size_t i = 0; i < sizeof below / sizeof below[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", dir, below[i]);
        assert_int_equal(mkdir(path, 0755), 0);
    }
}

static void write_log(struct tl_checkpoint *checkpoint)
{
    static uint8_t store[MEMORY];
    static uint8_t arena_bytes[MEMORY];
    struct tl_tile_walk walk = {.size = LEAVES};
    struct tl_log_writer writer;
    struct tl_frontier frontier;
    struct tl_overlay *state;
    struct tl_arena arena;
    struct tl_tile tile;

    tl_arena_init(&arena, arena_bytes, sizeof arena_bytes);
    state = tl_overlay_new(&arena, NULL, tl_store_mem_init(store, sizeof store));
    tl_frontier_init(&frontier);
    tl_log_writer_init(&writer, state, &arena, &frontier);
    for (uint32_t i = 0; i < LEAVES; i++) {
        struct tl_bytes leaf = tl_bytes(&"abc"[i], 1);
        struct tl_hash hash;

        tl_merkle_leaf(&hash, leaf);
        assert_int_equal(tl_log_writer_add(&writer, leaf, &hash), TL_OK);
    }
    assert_int_equal(tl_log_writer_done(&writer), TL_OK);
    while (tl_tile_next(&walk, &tile)) {
        uint8_t bytes[1024];
        char name[TL_TILE_PATH_MAX];
        struct tl_buf buf = tl_buf(bytes, sizeof bytes);

        assert_int_equal(tl_tile_read(state, &tile, &buf), TL_OK);
        tl_tile_path(name, &tile);
        write_file(name, tl_buf_bytes(&buf));
    }
    checkpoint->size = LEAVES;
    tl_frontier_root(&frontier, &checkpoint->root);
}

static void write_checkpoint(const struct tl_checkpoint *checkpoint)
{
    uint8_t text_bytes[TL_CHECKPOINT_TEXT_MAX];
    uint8_t note_bytes[FILE_MAX];
    struct tl_buf text = tl_buf(text_bytes, sizeof text_bytes);
    struct tl_buf note = tl_buf(note_bytes, sizeof note_bytes);

    tl_checkpoint_write(&text, checkpoint);
    tl_note_open(&note, tl_buf_bytes(&text));
    for (uint32_t i = 0; i < four.count; i++) {
        char name[TL_NOTE_NAME_MAX];
        struct tl_member m;
        struct tl_note_key key;

        assert_true(tl_genesis_member(&four.genesis, i, &m));
        (void)snprintf(name, sizeof name, "%.*s/%.*s", (int)four.genesis.name.len,
                       (const char *)four.genesis.name.ptr, (int)m.id.len, (const char *)m.id.ptr);
        assert_int_equal(tl_note_key_set(&key, four.genesis.name, TL_NOTE_ED25519, &m.log_key),
                         TL_OK);
        tl_note_sign(&note, tl_buf_bytes(&text), &key, &four.log[i]);
        assert_int_equal(
            tl_note_key_set(&key, tl_bytes_str(name), TL_NOTE_COSIGNATURE, &m.cosign_key), TL_OK);
        tl_note_cosign(&note, tl_buf_bytes(&text), &key, 1800000000, &four.cosign[i]);
    }
    assert_false(note.full);
    write_file("checkpoint", tl_buf_bytes(&note));
}

static void write_sums(void)
{
    uint8_t bytes[FILE_MAX];
    struct tl_buf sums = tl_buf(bytes, sizeof bytes);

    for (size_t i = 0; i < files; i++) {
        char hex[2 * TL_HASH_BYTES + 1];
        struct tl_hash sum;

        tl_hash_plain(&sum, tl_bytes(kept[i].bytes, kept[i].len));
        tl_hex(hex, tl_bytes(sum.b, sizeof sum.b));
        tl_buf_put(&sums, hex, strlen(hex));
        tl_buf_put(&sums, "  ", 2);
        tl_buf_put(&sums, kept[i].name, strlen(kept[i].name));
        tl_buf_put(&sums, "\n", 1);
    }
    write_file(TL_PUBLISHED_SUMS, tl_buf_bytes(&sums));
}

static int publish(void **state)
{
    static uint8_t policy_bytes[TL_TLOG_POLICY_MAX];
    struct tl_buf policy = tl_buf(policy_bytes, sizeof policy_bytes);
    struct tl_checkpoint checkpoint;

    assert_true(sodium_init() >= 0);
    if (scratch_setup(state) != 0)
        return 1;
    (void)snprintf(dir, sizeof dir, "%s", (const char *)*state);
    consortium_init(&four, 4);
    genesis = (struct tl_genesis_file){.genesis = four.genesis, .chain_id = four.chain_id};
    make_folders();
    checkpoint.origin = four.genesis.name;
    write_log(&checkpoint);
    write_file("genesis.tally", four.file);
    tl_tlog_policy_write(&policy, &four.genesis);
    write_file("policy", tl_buf_bytes(&policy));
    write_checkpoint(&checkpoint);
    write_sums();
    return 0;
}

static bool first_reader_accepts(void)
{
    struct tl_checkpoint checkpoint;
    struct tl_published found;
    struct tl_why why = {""};

    return tl_published_audit(dir, &genesis, &checkpoint, &found, &why) == TL_OK;
}

/* The program ends with its first finding, so each look is a process. */
static bool second_reader_accepts(void)
{
    char *argv[] = {(char[]){"tally-verify-tiles"}, dir, NULL};
    int status = 1;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        (void)!freopen("/dev/null", "w", stderr);
        (void)!freopen("/dev/null", "w", stdout);
        _exit(tally_verify_tiles_main(2, argv));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status) == 0;
}

static void both_readers_accept_it(void **state)
{
    (void)state;
    assert_true(first_reader_accepts());
    assert_true(second_reader_accepts());
}

static void no_byte_of_any_file_changes_unseen(void **state)
{
    (void)state;
    for (size_t i = 0; i < files; i++) {
        for (size_t at = 0; at < kept[i].len; at++) {
            kept[i].bytes[at] ^= (uint8_t)(1u << at % 8);
            put_file(kept[i].name, kept[i].bytes, kept[i].len);
            if (first_reader_accepts() || second_reader_accepts())
                fail_msg("byte %zu of '%s' may be changed", at, kept[i].name);
            kept[i].bytes[at] ^= (uint8_t)(1u << at % 8);
        }
        put_file(kept[i].name, kept[i].bytes, kept[i].len);
    }
    assert_true(first_reader_accepts() && second_reader_accepts());
}

/* A forger makes the sums right again: then the tree must tell. */
static void a_forged_leaf_is_not_in_the_tree(void **state)
{
    size_t sums = files - 1;

    (void)state;
    for (size_t i = 0; i < 2; i++) { /* the bundle and the tile */
        uint8_t before = kept[i].bytes[kept[i].len - 1];

        kept[i].bytes[kept[i].len - 1] ^= 1;
        put_file(kept[i].name, kept[i].bytes, kept[i].len);
        files = sums;
        write_sums();
        assert_false(first_reader_accepts());
        assert_false(second_reader_accepts());
        kept[i].bytes[kept[i].len - 1] = before;
        put_file(kept[i].name, kept[i].bytes, kept[i].len);
        files = sums;
        write_sums();
    }
    assert_true(first_reader_accepts() && second_reader_accepts());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_readers_accept_it),
        cmocka_unit_test(no_byte_of_any_file_changes_unseen),
        cmocka_unit_test(a_forged_leaf_is_not_in_the_tree),
    };

    return cmocka_run_group_tests(tests, publish, scratch_teardown);
}
