/* Tiles, policies and witnesses against vectors of others and of our own script. */
#include "tl/hash.h"
#include "tl/store_mem.h"
#include "tl/tiles.h"
#include "tl/tlog_policy.h"
#include "tl/witness.h"

#include "consortium.h"
#include "shared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct tl_bytes text(const char *s)
{
    return tl_bytes_str(s);
}

/* ---- tiles ---- */

static void assert_path(uint32_t level, uint64_t number, uint32_t width, const char *want)
{
    const struct tl_tile tile = {level, number, width};
    char path[TL_TILE_PATH_MAX];

    tl_tile_path(path, &tile);
    assert_string_equal(path, want);
}

static void test_paths_of_tiles(void **state)
{
    (void)state;
    assert_path(0, 0, 256, "tile/0/000");
    assert_path(1, 999, 256, "tile/1/999");
    assert_path(0, 1000, 256, "tile/0/x001/000");
    assert_path(0, 1234067, 256, "tile/0/x001/x234/067");
    assert_path(0, 273, 112, "tile/0/273.p/112");
    assert_path(TL_TILE_ENTRIES, 1234067, 8, "tile/entries/x001/x234/067.p/8");
    assert_path(7, UINT64_MAX, 255, "tile/7/x018/x446/x744/x073/x709/x551/615.p/255");
}

/* Size 70,000: 273 full tiles and 112 hashes, 1 and 17, then 1. */
static void test_every_tile_of_a_log_is_named_once(void **state)
{
    struct tl_tile_walk walk = {.size = 70000};
    struct tl_tile tile;
    uint64_t full[3] = {0};
    uint64_t bundles = 0;

    (void)state;
    while (tl_tile_next(&walk, &tile)) {
        if (tile.level == TL_TILE_ENTRIES) {
            assert_int_equal(tile.width, bundles++ < 273 ? 256 : 112);
            continue;
        }
        assert_in_range(tile.level, 0, 2);
        assert_int_equal(tile.number, full[tile.level]);
        if (tile.width == 256)
            full[tile.level]++;
        else
            assert_int_equal(tile.width, tile.level == 0 ? 112 : tile.level == 1 ? 17 : 1);
    }
    assert_int_equal(bundles, 274);
    assert_int_equal(full[0], 273);
    assert_int_equal(full[1], 1);
    assert_int_equal(full[2], 0);
    walk = (struct tl_tile_walk){.size = 0};
    assert_false(tl_tile_next(&walk, &tile));
    walk = (struct tl_tile_walk){.size = 256};
    for (uint32_t i = 0; i < 3; i++)
        assert_true(tl_tile_next(&walk, &tile));
    assert_int_equal(tile.level, 1);
    assert_int_equal(tile.width, 1);
    assert_false(tl_tile_next(&walk, &tile));
}

struct small_log {
    void *memory;
    void *arena_memory;
    struct tl_arena arena;
    struct tl_overlay *state;
    struct tl_frontier frontier;
};

static void small_log_init(struct small_log *log, uint32_t leaves)
{
    size_t size = (size_t)4 << 20;
    struct tl_log_writer writer;

    log->memory = malloc(size);
    log->arena_memory = malloc(size);
    tl_arena_init(&log->arena, log->arena_memory, size);
    log->state = tl_overlay_new(&log->arena, NULL, tl_store_mem_init(log->memory, size));
    tl_frontier_init(&log->frontier);
    tl_log_writer_init(&writer, log->state, &log->arena, &log->frontier);
    for (uint32_t i = 0; i < leaves; i++) {
        char entry[32];
        struct tl_hash hash;

        (void)snprintf(entry, sizeof entry, "entry-%u", i);
        tl_merkle_leaf(&hash, text(entry));
        assert_int_equal(tl_log_writer_add(&writer, text(entry), &hash), TL_OK);
    }
    assert_int_equal(tl_log_writer_done(&writer), TL_OK);
}

static void small_log_fini(struct small_log *log)
{
    free(log->memory);
    free(log->arena_memory);
}

static void assert_tile_is(struct small_log *log, uint32_t level, const char *vector)
{
    const struct tl_tile tile = {level, 0, 7};
    uint8_t bytes[1024];
    char hex[2049];
    struct tl_buf out = tl_buf(bytes, sizeof bytes);
    size_t len;
    char *want = test_read_shared(vector, &len);

    if (want == NULL)
        skip();
    assert_int_equal(tl_tile_read(log->state, &tile, &out), TL_OK);
    tl_hex(hex, tl_buf_bytes(&out));
    want[strcspn(want, "\n")] = '\0';
    assert_string_equal(hex, want);
    free(want);
}

static void test_tile_and_bundle_are_the_script_s(void **state)
{
    struct small_log log;

    (void)state;
    small_log_init(&log, 7);
    assert_tile_is(&log, 0, "vectors/ours/tile_0_000.p_7.hex");
    assert_tile_is(&log, TL_TILE_ENTRIES, "vectors/ours/entries_000.p_7.hex");
    small_log_fini(&log);
}

static void test_tiles_of_an_older_size_are_prefixes(void **state)
{
    struct small_log log;
    struct tl_tile tile = {0, 1, 44};
    uint8_t bytes[TL_TILE_BYTES_MAX];
    struct tl_buf out = tl_buf(bytes, sizeof bytes);
    struct tl_hash hash;

    (void)state;
    small_log_init(&log, 300);
    assert_int_equal(tl_tile_read(log.state, &tile, &out), TL_OK);
    assert_int_equal(out.len, 44 * 32);
    tl_merkle_leaf(&hash, text("entry-299"));
    assert_memory_equal(bytes + 43 * 32, hash.b, 32);
    tile.width = 45;
    out.len = 0;
    assert_int_equal(tl_tile_read(log.state, &tile, &out), TL_ERR_NOT_FOUND);
    tile = (struct tl_tile){1, 0, 1};
    assert_int_equal(tl_tile_read(log.state, &tile, &out), TL_OK);
    tile.number = 1;
    assert_int_equal(tl_tile_read(log.state, &tile, &out), TL_ERR_NOT_FOUND);
    tile = (struct tl_tile){TL_TILE_ENTRIES, 0, 256};
    out = tl_buf(bytes, 100);
    assert_int_equal(tl_tile_read(log.state, &tile, &out), TL_ERR_NO_MEMORY);
    small_log_fini(&log);
}

static void test_bundles_come_apart_again(void **state)
{
    static const uint8_t bytes[] = {0, 2, 'a', 'b', 0, 0, 0, 1, 'c'};
    struct tl_bytes rest = tl_bytes(bytes, sizeof bytes);
    struct tl_bytes leaf;

    (void)state;
    assert_true(tl_bundle_next(&rest, &leaf));
    assert_true(tl_bytes_eq(leaf, text("ab")));
    assert_true(tl_bundle_next(&rest, &leaf));
    assert_int_equal(leaf.len, 0);
    assert_true(tl_bundle_next(&rest, &leaf));
    assert_false(tl_bundle_next(&rest, &leaf));
    assert_int_equal(rest.len, 0);
    for (size_t cut = 1; cut < 3; cut++) {
        rest = tl_bytes(bytes + 6, cut);
        assert_false(tl_bundle_next(&rest, &leaf));
        assert_int_not_equal(rest.len, 0);
    }
}

/* ---- policies ---- */

static struct tl_tlog_policy policy;

static enum tl_status parse(const char *s)
{
    const char *why;
    uint32_t line;
    enum tl_status status = tl_tlog_policy_parse(&policy, text(s), &line, &why);

    assert_true((status == TL_OK) == (why == NULL));
    return status;
}

static void test_the_script_s_policy_accepts_its_checkpoint(void **state)
{
    size_t len;
    char *file = test_read_shared("vectors/ours/policy.txt", &len);
    char *note = test_read_shared("vectors/ours/checkpoint.txt", &len);
    struct tl_tlog_verdict verdict;

    (void)state;
    if (file == NULL || note == NULL)
        skip();
    assert_int_equal(parse(file), TL_OK);
    assert_int_equal(tl_tlog_policy_check(&policy, text(note), &verdict), TL_OK);
    assert_int_equal(verdict.checkpoint.size, 7);
    assert_int_equal(verdict.logs, 1);
    assert_int_equal(verdict.names, 23); /* m0, m1, m2 and the group */
    assert_int_equal(verdict.unknown, 0);
    /* With every line lost but the log's and two witnesses', the quorum of three is not there. */
    *strstr(note, "\xe2\x80\x94 ledger.example/consortium-1/m2") = '\0';
    assert_int_equal(tl_tlog_policy_check(&policy, text(note), &verdict), TL_ERR_CERTIFICATE);
    free(file);
    free(note);
}

/* Lines by a key the policy does not name are counted; anything else fails. */
static void test_no_byte_of_a_checkpoint_changes_unseen(void **state)
{
    size_t len;
    char *file = test_read_shared("vectors/ours/policy.txt", &len);
    char *note = test_read_shared("vectors/ours/checkpoint.txt", &len);
    struct tl_tlog_verdict verdict;

    (void)state;
    if (file == NULL || note == NULL)
        skip();
    assert_int_equal(parse(file), TL_OK);
    for (size_t i = 0; i < 8 * len; i++) {
        note[i / 8] = (char)(note[i / 8] ^ 1 << i % 8);
        if (tl_tlog_policy_check(&policy, tl_bytes(note, len), &verdict) == TL_OK &&
            verdict.unknown == 0)
            fail_msg("bit %zu may be changed", i);
        note[i / 8] = (char)(note[i / 8] ^ 1 << i % 8);
    }
    free(file);
    free(note);
}

/* Signs the checkpoint of nothing by the log keys and cosign keys of some members. */
static size_t sign_note(const struct consortium *c, uint32_t logs, uint32_t witnesses,
                        uint8_t out[TL_NOTE_BYTES_MAX])
{
    struct tl_buf buf = tl_buf(out, TL_NOTE_BYTES_MAX);
    uint8_t bytes[TL_CHECKPOINT_TEXT_MAX];
    struct tl_buf head = tl_buf(bytes, sizeof bytes);
    struct tl_checkpoint checkpoint = {.origin = c->genesis.name};

    tl_merkle_empty(&checkpoint.root);
    tl_checkpoint_write(&head, &checkpoint);
    tl_note_open(&buf, tl_buf_bytes(&head));
    for (uint32_t i = 0; i < c->count; i++) {
        struct tl_member member;
        struct tl_note_key key;
        char name[TL_NOTE_NAME_MAX];

        assert_true(tl_genesis_member(&c->genesis, i, &member));
        (void)snprintf(name, sizeof name, "%.*s/%.*s", (int)c->genesis.name.len,
                       (const char *)c->genesis.name.ptr, (int)member.id.len,
                       (const char *)member.id.ptr);
        assert_int_equal(tl_note_key_set(&key, c->genesis.name, TL_NOTE_ED25519, &member.log_key),
                         TL_OK);
        if ((logs >> i & 1u) != 0)
            tl_note_sign(&buf, tl_buf_bytes(&head), &key, &c->log[i]);
        assert_int_equal(tl_note_key_set(&key, text(name), TL_NOTE_COSIGNATURE, &member.cosign_key),
                         TL_OK);
        if ((witnesses >> i & 1u) != 0)
            tl_note_cosign(&buf, tl_buf_bytes(&head), &key, 1700000000, &c->cosign[i]);
    }
    assert_false(buf.full);
    return buf.len;
}

static void test_a_consortium_s_policy_asks_for_its_quorum(void **state)
{
    static struct consortium c;
    static uint8_t bytes[TL_TLOG_POLICY_MAX];
    static uint8_t note[TL_NOTE_BYTES_MAX];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);
    struct tl_tlog_verdict verdict;
    const char *why;
    uint32_t line;

    (void)state;
    consortium_init(&c, 7);
    tl_tlog_policy_write(&buf, &c.genesis);
    assert_false(buf.full);
    assert_int_equal(tl_tlog_policy_parse(&policy, tl_buf_bytes(&buf), &line, &why), TL_OK);
    assert_int_equal(policy.logs, 7);
    assert_int_equal(policy.names, 8);
    assert_int_equal(policy.name[7].threshold, c.genesis.quorum);
    for (uint32_t witnesses = 0; witnesses < 128; witnesses++) {
        size_t len = sign_note(&c, 4, witnesses, note);
        bool enough = tl_popcount32(witnesses) >= c.genesis.quorum;

        assert_int_equal(tl_tlog_policy_check(&policy, tl_bytes(note, len), &verdict),
                         enough ? TL_OK : TL_ERR_CERTIFICATE);
        assert_int_equal(verdict.logs, enough ? 4 : 0);
    }
    assert_int_equal(
        tl_tlog_policy_check(&policy, tl_bytes(note, sign_note(&c, 0, 127, note)), &verdict),
        TL_ERR_CERTIFICATE);
}

static void test_a_full_consortium_s_policy_fits(void **state)
{
    static struct consortium c;
    static uint8_t bytes[TL_TLOG_POLICY_MAX];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);
    const char *why;
    uint32_t line;

    (void)state;
    consortium_init(&c, TL_MEMBERS_MAX);
    tl_tlog_policy_write(&buf, &c.genesis);
    assert_int_equal(tl_tlog_policy_parse(&policy, tl_buf_bytes(&buf), &line, &why), TL_OK);
    assert_int_equal(policy.names, TL_MEMBERS_MAX + 1);
}

#define LOG                                                                                        \
    "log ledger.example/consortium-1+02a715be+AcGS8j0snHK4xOMrJWBt3NjnX1HwG0pr2oxrvlqHzJP9\n"
#define M0                                                                                         \
    "witness m0 ledger.example/consortium-1/m0+6af0ab09+BM8ct2nsCfsCcLTAqtVpQcijjBLztjVBoU8+ox+"   \
    "y2fVT\n"
#define M1                                                                                         \
    "witness m1 ledger.example/consortium-1/m1+46f56a95+BHPJPcCpdAFkao4Z9ja859Mgznl9iJWoCjo+"      \
    "FfvMwE+3\n"

static void test_policies_that_are_none(void **state)
{
    static const char *const wrong[] = {
        "",
        LOG,
        LOG "quorum",
        LOG "quorum \n",
        LOG "quorum m0\n",
        LOG "quorum none\nquorum none\n",
        LOG "quorum none x\n",
        LOG LOG "quorum none\n",
        LOG M0 M0 "quorum m0\n",
        LOG M0 "group m0 any m0\nquorum m0\n",
        LOG M0 "group none any m0\nquorum none\n",
        LOG M0 "group g 2 m0\nquorum g\n",
        LOG M0 "group g 0 m0\nquorum g\n",
        LOG M0 "group g 01 m0\nquorum g\n",
        LOG M0 "group g any\nquorum g\n",
        LOG M0 "group g any m1\nquorum g\n" M1,
        LOG M0 M1 "group g any m0 m0\nquorum g\n",
        LOG M0 M1 "group g any m0\ngroup h any m0 m1\nquorum h\n",
        LOG M0 "group g any g\nquorum g\n",
        LOG M0 "group g some m0\nquorum g\n",
        "log x+00000000+AcGS\nquorum none\n",
        LOG "speak friend\nquorum none\n",
        LOG "quorum none\n\r\n",
        "witness" LOG "quorum none\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (parse(wrong[i]) == TL_OK)
            fail_msg("accepted \"%s\"", wrong[i]);
        assert_int_equal(policy.names, 0);
    }
}

static void test_policies_that_are_right(void **state)
{
    (void)state;
    assert_int_equal(parse("quorum none\n"), TL_OK);
    assert_int_equal(parse("\n# why\n  \t\n" LOG "\tquorum   none \n"), TL_OK);
    assert_int_equal(parse(LOG M0 M1 "group g all m0\ngroup h 2 m1 g\nquorum h\n"), TL_OK);
    assert_int_equal(policy.quorum, 3);
    assert_int_equal(parse(M0 "quorum m0\n" LOG), TL_OK);
}

/* ---- witnesses ---- */

#define SIGSUM_KEY "ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f"
#define SIGSUM_LOG                                                                                 \
    "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"

static struct tl_note_key sigsum_key(void)
{
    struct tl_note_key key;
    struct tl_pubkey pub;

    assert_true(tl_unhex(pub.b, sizeof pub.b, SIGSUM_KEY));
    assert_int_equal(tl_note_key_set(&key, text(SIGSUM_LOG), TL_NOTE_ED25519, &pub), TL_OK);
    return key;
}

/* The next exchange of the transcript: a request between two fences of three
 * backticks, then the status. */
static bool next_exchange(char **at, struct tl_bytes *body, int *status, bool *unknown)
{
    char *from = strstr(*at, "```\n");
    char *to = from == NULL ? NULL : strstr(from + 4, "```\n");

    if (to == NULL)
        return false;
    *body = tl_bytes(from + 4, (size_t)(to - from) - 4);
    *status = (int)strtol(strstr(to, "HTTP ") + 5, NULL, 10);
    *at = to + 4;
    to = strstr(*at, "POST ");
    from = strstr(*at, "unknown log");
    *unknown = from != NULL && (to == NULL || from < to);
    return true;
}

static void test_exchanges_of_another_witness(void **state)
{
    size_t len;
    char *script = test_read_shared("vectors/tlog-witness/litewitness.txt", &len);
    struct tl_note_key key = sigsum_key();
    struct tl_witness_log log = {text(SIGSUM_LOG), &key, 1, 0, {{0}}};
    char *at = script;
    struct tl_bytes body;
    bool unknown;
    int count = 0;

    (void)state;
    if (script == NULL)
        skip();
    for (int status; next_exchange(&at, &body, &status, &unknown); count++) {
        struct tl_witness_answer answer;
        struct tl_add_checkpoint request;
        uint8_t bytes[TL_WITNESS_BYTES_MAX];
        struct tl_buf out = tl_buf(bytes, sizeof bytes);

        tl_witness_judge(&answer, &log, 1, body);
        /* The transcript is older than the rule that an unknown log is 404. */
        assert_int_equal(answer.code, unknown ? TL_WITNESS_NOT_FOUND : status);
        if (status == 409) {
            tl_witness_refusal(&out, &answer);
            assert_true(tl_bytes_eq(tl_buf_bytes(&out), text(log.size == 3 ? "3\n" : "5\n")));
        }
        if (status == 200) {
            log.size = answer.checkpoint.size;
            log.root = answer.checkpoint.root;
        }
        out = tl_buf(bytes, sizeof bytes);
        assert_int_equal(tl_add_checkpoint_parse(&request, body), TL_OK);
        tl_add_checkpoint_write(&out, &request);
        assert_true(tl_bytes_eq(tl_buf_bytes(&out), body));
    }
    assert_int_equal(count, 9);
    assert_int_equal(log.size, 5);
    free(script);
}

static enum tl_witness_code judged(const struct tl_witness_log *log, const char *head,
                                   struct tl_bytes note)
{
    static uint8_t bytes[TL_WITNESS_BYTES_MAX];
    struct tl_buf out = tl_buf(bytes, sizeof bytes);
    struct tl_witness_answer answer;

    tl_buf_put(&out, head, strlen(head));
    tl_buf_put(&out, note.ptr, note.len);
    tl_witness_judge(&answer, log, 1, tl_buf_bytes(&out));
    return answer.code;
}

#define HASH "KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"

/* What the transcript leaves out, on a checkpoint of size 1 from it. */
static void test_a_witness_on_the_edges(void **state)
{
    static const char note[] =
        SIGSUM_LOG "\n1\nKgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\xe2\x80\x94 " SIGSUM_LOG
                   " UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnN"
                   "uWRTYrajXpNUbIQY=\n";
    struct tl_note_key key = sigsum_key();
    struct tl_witness_log log = {text(SIGSUM_LOG), &key, 1, 0, {{42}}};

    (void)state;
    assert_int_equal(judged(&log, "old 0\n\n", text(note)), 200);
    assert_int_equal(judged(&log, "old 0\n" HASH "\n", text(note)), 422);
    assert_int_equal(judged(&log, "old 2\n\n", text(note)), 400);
    assert_int_equal(judged(&log, "old 1\n\n", text(note)), 409);
    assert_int_equal(judged(&log, "old 00\n\n", text(note)), 400);
    assert_int_equal(judged(&log, "old 0\n", text(note)), 400);
    assert_int_equal(judged(&log, "old 0\n\n", text("")), 400);
    assert_int_equal(judged(&log, "old 0\n\n", text("x\n1\n\n\xe2\x80\x94 x AAAAAAA=\n")), 400);
    assert_int_equal(judged(&log, "old 0\n\n", text("x\n1\n")), 403);
    log.size = 1;
    assert_int_equal(judged(&log, "old 1\n\n", text(note)), 200);
    assert_int_equal(judged(&log, "old 1\n" HASH "\n", text(note)), 422);
    log.root.b[0] ^= 1;
    assert_int_equal(judged(&log, "old 1\n\n", text(note)), 409);
    log.key_count = 0;
    assert_int_equal(judged(&log, "old 1\n\n", text(note)), 403);
}

static void test_a_witness_takes_63_hashes(void **state)
{
    static char body[8192];
    struct tl_add_checkpoint request;
    size_t at = (size_t)snprintf(body, sizeof body, "old 1\n");

    (void)state;
    for (int i = 0; i < 63; i++)
        at += (size_t)snprintf(body + at, sizeof body - at, "%s", HASH);
    (void)snprintf(body + at, sizeof body - at, "\nx");
    assert_int_equal(tl_add_checkpoint_parse(&request, text(body)), TL_OK);
    assert_int_equal(request.proof.count, 63);
    (void)snprintf(body + at, sizeof body - at, "%s\nx", HASH);
    assert_int_equal(tl_add_checkpoint_parse(&request, text(body)), TL_ERR_ENCODING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths_of_tiles),
        cmocka_unit_test(test_every_tile_of_a_log_is_named_once),
        cmocka_unit_test(test_tile_and_bundle_are_the_script_s),
        cmocka_unit_test(test_tiles_of_an_older_size_are_prefixes),
        cmocka_unit_test(test_bundles_come_apart_again),
        cmocka_unit_test(test_the_script_s_policy_accepts_its_checkpoint),
        cmocka_unit_test(test_no_byte_of_a_checkpoint_changes_unseen),
        cmocka_unit_test(test_a_consortium_s_policy_asks_for_its_quorum),
        cmocka_unit_test(test_a_full_consortium_s_policy_fits),
        cmocka_unit_test(test_policies_that_are_none),
        cmocka_unit_test(test_policies_that_are_right),
        cmocka_unit_test(test_exchanges_of_another_witness),
        cmocka_unit_test(test_a_witness_on_the_edges),
        cmocka_unit_test(test_a_witness_takes_63_hashes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
