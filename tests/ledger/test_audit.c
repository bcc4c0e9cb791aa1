/* Audits of exports and stores: what is right passes, what is wrong is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chain_world.h"

#include "tl/audit.h"
#include "tl/export.h"
#include "tl/hash.h"
#include "tl/keys.h"
#include "tl/log.h"
#include "tl/store_mem.h"

#include <stdlib.h>
#include <string.h>

#define SCRATCH_BYTES ((size_t)1 << 20)
#define BLOCK_BYTES   ((size_t)1 << 18)
#define EXPORT_MAX    ((size_t)64 << 10)
#define BLOCKS        3u

static struct world world;
static struct node node;
static uint8_t export_bytes[EXPORT_MAX];
static size_t export_len;

static enum tl_status append(void *host, struct tl_bytes bytes)
{
    (void)host;
    assert_true(export_len + bytes.len <= EXPORT_MAX);
    memcpy(export_bytes + export_len, bytes.ptr, bytes.len);
    export_len += bytes.len;
    return TL_OK;
}

static void write_export(void)
{
    const struct tl_export_sink sink = {append, NULL};
    size_t cap = (size_t)2 << 20;
    void *memory = malloc(cap);
    struct tl_buf scratch = tl_buf(memory, cap);

    export_len = 0;
    assert_int_equal(tl_export_write(node.chain, world.genesis_file, &sink, &scratch), TL_OK);
    free(memory);
}

/* Block 1 with its own certificate; 2 and 3 final through 3. */
static int make_ledger(void **state)
{
    uint8_t bytes[4096];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);
    struct tl_list envelopes = {0};
    struct tl_hash second;
    struct tl_hash third;

    (void)state;
    world_init(&world);
    node_init(&node, &world);
    (void)next_block(&node, 1, "aa Bb", &second);
    block_final(&node, &second);
    (void)next_block(&node, 2, "Cc", &second);
    envelope_add(&world, &envelopes, &buf, 2, 1, "Dd ee Ff");
    (void)block_make(&node, &second, 2, 4, envelopes, &third);
    block_final(&node, &third);
    tl_chain_durable(node.chain, BLOCKS);
    write_export();
    return 0;
}

static int drop_ledger(void **state)
{
    (void)state;
    node_fini(&node);
    return 0;
}

/* ---- running audits ---- */

struct stream {
    const uint8_t *at;
    size_t left;
};

static enum tl_status read_stream(void *host, void *out, size_t cap, size_t *len)
{
    struct stream *stream = host;

    *len = cap < stream->left ? cap : stream->left;
    if (*len > 7)
        *len -= *len / 3; /* short reads are a reader's daily bread */
    memcpy(out, stream->at, *len);
    stream->at += *len;
    stream->left -= *len;
    return TL_OK;
}

struct bench {
    void *scratch_memory;
    void *frame_memory;
    void *memory;
    struct tl_store *scratch;
    struct tl_audit_config config;
};

static void bench_init(struct bench *bench)
{
    memset(bench, 0, sizeof *bench);
    bench->config.executor = world.executor;
    bench->config.block_bytes = BLOCK_BYTES;
    bench->scratch_memory = malloc(SCRATCH_BYTES);
    bench->frame_memory = malloc(EXPORT_MAX);
    bench->memory = malloc(tl_audit_bytes(&bench->config));
}

static void bench_fini(struct bench *bench)
{
    free(bench->scratch_memory);
    free(bench->frame_memory);
    free(bench->memory);
}

static enum tl_status audit_bytes(struct bench *bench, const uint8_t *bytes, size_t len,
                                  struct tl_audit_report *report)
{
    struct stream stream = {bytes, len};
    const struct tl_export_source from = {read_stream, &stream};
    struct tl_export_reader reader;
    struct tl_audit_source source;

    bench->scratch = tl_store_mem_init(bench->scratch_memory, SCRATCH_BYTES);
    bench->config.scratch = bench->scratch;
    tl_export_reader_init(&reader, &from, bench->frame_memory, EXPORT_MAX);
    source = tl_export_audit_source(&reader);
    return tl_audit_run(&bench->config, &source, bench->memory, report);
}

static uint32_t progress_calls;

static bool count_progress(void *host, const struct tl_audit_report *so_far)
{
    (void)host;
    assert_int_equal(so_far->counts.blocks, ++progress_calls);
    return true;
}

static void an_export_passes(void **state)
{
    struct bench bench;
    struct tl_audit_report report;

    (void)state;
    bench_init(&bench);
    bench.config.progress = count_progress;
    progress_calls = 0;
    if (audit_bytes(&bench, export_bytes, export_len, &report) != TL_OK)
        fail_msg("%s", report.text);
    assert_int_equal(progress_calls, BLOCKS);
    assert_int_equal(report.counts.blocks, BLOCKS);
    assert_int_equal(report.counts.envelopes, 3);
    assert_int_equal(report.counts.entries, 6);
    assert_int_equal(report.counts.decisions, 4);
    assert_int_equal(report.counts.leaves, 10);
    assert_int_equal(report.counts.certificates, 2);
    assert_memory_equal(&report.tip, tl_chain_tip(node.chain), sizeof report.tip);
    assert_memory_equal(report.chain_id.b, world.chain_id.b, 32);
    bench_fini(&bench);
}

static void every_flipped_byte_is_found(void **state)
{
    struct bench bench;
    struct tl_audit_report report;

    (void)state;
    bench_init(&bench);
    for (size_t i = 0; i < export_len; i++) {
        uint8_t kept = export_bytes[i];

        export_bytes[i] ^= (uint8_t)(1u << i % 8);
        if (audit_bytes(&bench, export_bytes, export_len, &report) == TL_OK)
            fail_msg("byte %zu of %zu may be changed", i, export_len);
        assert_int_not_equal(report.status, TL_OK);
        assert_true(strlen(report.text) > 20);
        export_bytes[i] = kept;
    }
    for (size_t len = 0; len < export_len; len += 97)
        assert_int_not_equal(audit_bytes(&bench, export_bytes, len, &report), TL_OK);
    bench_fini(&bench);
}

/* ---- a forger who computes the checks again ---- */

/* Makes every check right again; gives where frame `number`'s payload lies. */
static size_t reframe(uint8_t *bytes, size_t len, uint32_t number, size_t *payload_len)
{
    struct tl_hash check = {{0}};
    size_t found = 0;
    size_t at = TL_EXPORT_MAGIC_BYTES;

    *payload_len = 0;
    for (uint32_t i = 0; at < len; i++) {
        size_t payload = tl_get_u32be(bytes + at + 1);
        struct tl_hasher hasher;

        tl_hasher_domain(&hasher, "tallystick/export/v1");
        tl_hasher_put(&hasher, tl_bytes(check.b, 32));
        tl_hasher_put(&hasher, tl_bytes(bytes + at, 5 + payload));
        tl_hasher_done(&hasher, &check);
        memcpy(bytes + at + 5 + payload, check.b, 32);
        if (i == number) {
            found = at + 5;
            *payload_len = payload;
        }
        at += 5 + payload + 32;
    }
    return found;
}

/* Frames: genesis 0; block 1, leaves 2, certificate 3; block 4, leaves 5;
 * block 6, leaves 7, certificate 8; end 9. */
static void forged_frames_are_found(void **state)
{
    uint8_t *copy = malloc(EXPORT_MAX);
    struct bench bench;
    struct tl_audit_report report;

    (void)state;
    bench_init(&bench);
    for (uint32_t number = 0; number < 10; number++) {
        size_t payload_len;
        size_t payload = reframe(export_bytes, export_len, number, &payload_len);

        assert_true(payload_len != 0);
        for (size_t i = 0; i < payload_len; i += 5) {
            size_t unused;

            memcpy(copy, export_bytes, export_len);
            copy[payload + i] ^= 0x10;
            (void)reframe(copy, export_len, 0, &unused);
            if (audit_bytes(&bench, copy, export_len, &report) == TL_OK)
                fail_msg("byte %zu of frame %u may be forged", i, number);
            if (number == 5 && i >= 50)
                assert_string_equal(report.what,
                                    "the recorded decision differs from the one derived");
        }
    }
    bench_fini(&bench);
    free(copy);
}

struct want {
    uint32_t frame;
    size_t at; /* from the end of the payload */
    const char *text;
};

static void what_is_wrong_is_named(void **state)
{
    static const struct want wants[] = {
        {2, 2, "block 1, leaf 2, byte "}, {5, 2, "block 2, leaf 4, byte "},
        {7, 2, "block 3, leaf 9, byte "}, {3, 2, "block 1, byte "},
        {1, 2, "block 1, byte "},         {6, 2, "block 3, byte "},
    };
    uint8_t *copy = malloc(EXPORT_MAX);
    struct bench bench;
    struct tl_audit_report report;

    (void)state;
    bench_init(&bench);
    for (size_t i = 0; i < sizeof wants / sizeof wants[0]; i++) {
        size_t len;
        size_t payload = reframe(export_bytes, export_len, wants[i].frame, &len);

        memcpy(copy, export_bytes, export_len);
        copy[payload + len - wants[i].at] ^= 1;
        (void)reframe(copy, export_len, 0, &len);
        assert_int_not_equal(audit_bytes(&bench, copy, export_len, &report), TL_OK);
        if (strncmp(report.text, wants[i].text, strlen(wants[i].text)) != 0)
            fail_msg("'%s' does not begin with '%s'", report.text, wants[i].text);
    }
    bench_fini(&bench);
    free(copy);
}

/* The same ledger under other rules, or held to another genesis. */
static enum tl_status run_nothing(void *host, const struct tl_exec_block *block,
                                  struct tl_overlay *state, const struct tl_leaf_sink *sink)
{
    (void)host;
    (void)block;
    (void)state;
    (void)sink;
    return TL_OK;
}

static enum tl_status bad_books(void *host, struct tl_overlay *state, const char **why)
{
    (void)host;
    (void)state;
    *why = "debits and credits of EUR differ";
    return TL_ERR_DIVERGED;
}

static void other_rules_are_noticed(void **state)
{
    struct bench bench;
    struct tl_audit_report report;
    struct tl_hash trusted = {{1}};

    (void)state;
    bench_init(&bench);
    bench.config.executor.run = run_nothing;
    assert_int_equal(audit_bytes(&bench, export_bytes, export_len, &report), TL_ERR_DIVERGED);
    bench.config.executor = world.executor;
    bench.config.chain_id = &trusted;
    assert_int_equal(audit_bytes(&bench, export_bytes, export_len, &report), TL_ERR_WRONG_CHAIN);
    bench.config.chain_id = &world.chain_id;
    bench.config.books = bad_books;
    assert_int_equal(audit_bytes(&bench, export_bytes, export_len, &report), TL_ERR_DIVERGED);
    assert_string_equal(report.what, "debits and credits of EUR differ");
    assert_int_equal(report.height, BLOCKS);
    bench_fini(&bench);
}

/* ---- a stopped node's directory ---- */

static enum tl_status audit_store(struct bench *bench, struct tl_audit_report *report)
{
    struct tl_audit_store store;
    struct tl_audit_source source;

    bench->scratch = tl_store_mem_init(bench->scratch_memory, SCRATCH_BYTES);
    bench->config.scratch = bench->scratch;
    assert_int_equal(tl_audit_store_init(&store, node.chain, world.genesis_file), TL_OK);
    source = tl_audit_store_source(&store);
    return tl_audit_run(&bench->config, &source, bench->memory, report);
}

static void overwrite(struct tl_key key, struct tl_bytes value)
{
    assert_int_equal(tl_store_put(node.store, tl_key_bytes(&key), value), TL_OK);
    assert_int_equal(tl_store_commit(node.store, true), TL_OK);
}

static void a_store_is_audited_too(void **state)
{
    static const uint8_t end = 0xc0;
    struct tl_key leaf = tl_key_number(TL_KEY_LEAF, 3);
    struct tl_audit_difference first;
    struct tl_audit_report report;
    struct bench bench;
    struct tl_bytes stored;
    uint8_t kept[512];

    (void)state;
    bench_init(&bench);
    if (audit_store(&bench, &report) != TL_OK)
        fail_msg("%s", report.text);
    assert_int_equal(
        tl_audit_compare(node.store, bench.scratch, TL_BYTES_NONE, tl_bytes(&end, 1), &first),
        TL_OK);
    assert_int_equal(tl_store_get(node.store, tl_key_bytes(&leaf), &stored), TL_OK);
    memcpy(kept, stored.ptr, stored.len);
    kept[stored.len - 1] ^= 1;
    overwrite(leaf, tl_bytes(kept, stored.len));
    assert_int_equal(audit_store(&bench, &report), TL_ERR_DIVERGED);
    assert_string_equal(report.text,
                        "block 2, leaf 3: the recorded entry differs from the one in its envelope");
    overwrite((struct tl_key){{0x02, 'q'}, 2}, tl_bytes_str("more"));
    assert_int_equal(
        tl_audit_compare(node.store, bench.scratch, TL_BYTES_NONE, tl_bytes(&end, 1), &first),
        TL_ERR_DIVERGED);
    bench_fini(&bench);
}

/* ---- a ledger that grows ---- */

/* What a live source gives, in order: a height is its block with its decisions and
 * without its certificate, CERT the certificate of the last one. */
enum { CERT = 100, PAUSE = 101 };

struct script {
    const int *step;
    struct tl_audit_item queue[8];
    size_t queued;
    size_t given;
    uint8_t bytes[3][16384];
    int last;
    uint64_t pauses;
    uint64_t heights[4]; /* of the tip at each pause */
    uint64_t stop_at;
};

static void queue(struct script *script, enum tl_audit_kind kind, struct tl_bytes bytes)
{
    script->queue[script->queued++] =
        (struct tl_audit_item){.kind = kind, .bytes = bytes, .index = UINT64_MAX};
}

static struct tl_bytes copied(uint8_t *out, struct tl_bytes bytes)
{
    assert_true(bytes.len <= 16384);
    memcpy(out, bytes.ptr, bytes.len);
    return tl_bytes(out, bytes.len);
}

static void queue_block(struct script *script, uint64_t height)
{
    struct tl_block_parts parts;
    struct tl_bytes bytes;
    uint64_t first = 0;
    uint8_t *room = script->bytes[1];

    for (uint64_t at = 1; at <= height; at++) {
        if (at > 1)
            first = parts.header.log_size;
        assert_int_equal(tl_chain_block(node.chain, at, &bytes), TL_OK);
        bytes = copied(script->bytes[0], bytes);
        assert_int_equal(tl_block_decode(&parts, bytes), TL_OK);
    }
    queue(script, TL_AUDIT_BLOCK, bytes);
    for (uint64_t index = first; index < parts.header.log_size; index++) {
        struct tl_leaf leaf;

        assert_int_equal(tl_log_leaf(tl_chain_state(node.chain), index, &bytes), TL_OK);
        assert_int_equal(tl_record_decode(&tl_leaf_record, &leaf, bytes), TL_OK);
        if (leaf.kind == TL_LEAF_DECISION)
            queue(script, TL_AUDIT_DECISION, copied(room, bytes));
        room += bytes.len;
    }
}

static void queue_cert(struct script *script, uint64_t height)
{
    struct tl_key key = tl_key_number(TL_KEY_CERT, height);
    struct tl_bytes bytes;

    assert_int_equal(tl_overlay_get(tl_chain_state(node.chain), tl_key_bytes(&key), &bytes), TL_OK);
    queue(script, TL_AUDIT_CERT, copied(script->bytes[2], bytes));
}

static enum tl_status next_step(void *host, struct tl_audit_item *item, const char **why)
{
    struct script *script = host;

    *why = "the script is over";
    if (script->given == script->queued) {
        script->given = script->queued = 0;
        if (*script->step == 0)
            queue(script, TL_AUDIT_GENESIS, world.genesis_file);
        else if (*script->step == PAUSE)
            queue(script, TL_AUDIT_PAUSE, TL_BYTES_NONE);
        else if (*script->step == CERT)
            queue_cert(script, (uint64_t)script->last);
        else
            queue_block(script, (uint64_t)*script->step);
        script->last = *script->step;
        script->step++;
    }
    *item = script->queue[script->given++];
    return TL_OK;
}

static enum tl_status on_pause(void *host, struct tl_chain *chain,
                               const struct tl_audit_report *report, bool *stop, const char **why)
{
    struct script *script = host;

    *why = NULL;
    assert_int_equal(tl_chain_tip(chain)->height, report->tip.height);
    script->heights[script->pauses++] = report->tip.height;
    *stop = script->pauses == script->stop_at;
    return TL_OK;
}

static enum tl_status run_live(struct bench *bench, struct script *script,
                               struct tl_audit_report *report)
{
    const struct tl_audit_source source = {next_step, script};

    bench->config.live = true;
    bench->config.paused = on_pause;
    bench->config.host = script;
    free(bench->memory);
    bench->memory = calloc(1, tl_audit_bytes(&bench->config));
    return tl_audit_run(&bench->config, &source, bench->memory, report);
}

/* Block 2 is without a certificate at the first pause: it is dropped, comes again,
 * and is final through block 3. */
static void a_live_audit_waits_for_certificates(void **state)
{
    static const int steps[] = {0, 1, CERT, 2, PAUSE, 2, 3, CERT, PAUSE};
    static struct script script;
    struct tl_audit_report report;
    struct bench bench;

    (void)state;
    bench_init(&bench);
    bench.config.scratch = tl_store_mem_init(bench.scratch_memory, SCRATCH_BYTES);
    script = (struct script){.step = steps, .stop_at = 2};
    if (run_live(&bench, &script, &report) != TL_OK)
        fail_msg("%s", report.text);
    assert_int_equal(script.heights[0], 1);
    assert_int_equal(script.heights[1], BLOCKS);
    assert_memory_equal(&report.tip, tl_chain_tip(node.chain), sizeof report.tip);
    bench_fini(&bench);
}

/* The same store goes on where the first run ended, and is a whole ledger then. */
static void a_live_audit_goes_on_where_it_stood(void **state)
{
    static const int before[] = {0, 1, CERT, PAUSE};
    static const int after[] = {0, 2, 3, CERT, PAUSE};
    static struct script script;
    struct tl_key block = tl_key_number(TL_KEY_BLOCK, 2);
    struct tl_audit_report report;
    struct tl_bytes bytes;
    struct bench bench;

    (void)state;
    bench_init(&bench);
    bench.config.scratch = tl_store_mem_init(bench.scratch_memory, SCRATCH_BYTES);
    script = (struct script){.step = before, .stop_at = 1};
    assert_int_equal(run_live(&bench, &script, &report), TL_OK);
    script = (struct script){.step = after, .stop_at = 1};
    if (run_live(&bench, &script, &report) != TL_OK)
        fail_msg("%s", report.text);
    assert_int_equal(report.began.height, 1);
    assert_int_equal(report.counts.blocks, 2);
    assert_memory_equal(&report.tip, tl_chain_tip(node.chain), sizeof report.tip);
    assert_int_equal(tl_store_get(bench.config.scratch, tl_key_bytes(&block), &bytes), TL_OK);
    bench_fini(&bench);
}

/* A state that is believed: what comes before it is not executed again. */
static void an_audit_begins_after_a_snapshot(void **state)
{
    static const int before[] = {0, 1, CERT, PAUSE};
    static struct script script;
    struct tl_audit_report report;
    struct stream stream = {export_bytes, export_len};
    const struct tl_export_source from = {read_stream, &stream};
    struct tl_export_reader reader;
    struct tl_audit_source source;
    struct bench bench;

    (void)state;
    bench_init(&bench);
    bench.config.scratch = tl_store_mem_init(bench.scratch_memory, SCRATCH_BYTES);
    script = (struct script){.step = before, .stop_at = 1};
    assert_int_equal(run_live(&bench, &script, &report), TL_OK);
    bench.config.live = false;
    bench.config.resume = true;
    tl_export_reader_init(&reader, &from, bench.frame_memory, EXPORT_MAX);
    source = tl_export_audit_source(&reader);
    if (tl_audit_run(&bench.config, &source, bench.memory, &report) != TL_OK)
        fail_msg("%s", report.text);
    assert_int_equal(report.counts.blocks, 2);
    assert_int_equal(report.counts.decisions, 3);
    assert_memory_equal(&report.tip, tl_chain_tip(node.chain), sizeof report.tip);
    bench_fini(&bench);
}

/* Both versions of the first wrong leaf are shown. */
static void a_wrong_decision_is_shown_as_it_should_be(void **state)
{
    uint8_t *copy = malloc(EXPORT_MAX);
    struct tl_audit_report report;
    struct bench bench;
    size_t len;
    size_t payload = reframe(export_bytes, export_len, 5, &len);

    (void)state;
    bench_init(&bench);
    memcpy(copy, export_bytes, export_len);
    copy[payload + len - 1] ^= 1;
    (void)reframe(copy, export_len, 0, &len);
    assert_int_equal(audit_bytes(&bench, copy, export_len, &report), TL_ERR_DIVERGED);
    assert_int_equal(report.leaf, 4);
    assert_int_equal(report.derived.len, report.recorded.len);
    assert_memory_equal(report.derived.ptr, report.recorded.ptr, report.derived.len - 1);
    assert_int_equal(report.derived.ptr[report.derived.len - 1] ^ 1,
                     report.recorded.ptr[report.recorded.len - 1]);
    bench_fini(&bench);
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_export_passes),
        cmocka_unit_test(every_flipped_byte_is_found),
        cmocka_unit_test(forged_frames_are_found),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(a_live_audit_waits_for_certificates),
        cmocka_unit_test(a_live_audit_goes_on_where_it_stood),
        cmocka_unit_test(an_audit_begins_after_a_snapshot),
        cmocka_unit_test(a_wrong_decision_is_shown_as_it_should_be),
        cmocka_unit_test(other_rules_are_noticed),
        cmocka_unit_test(a_store_is_audited_too),
    };

    return cmocka_run_group_tests(tests, make_ledger, drop_ledger);
}
