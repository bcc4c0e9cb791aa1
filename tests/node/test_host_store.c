/* The store door over RocksDB: batches, scans, crashes, locks. */
#include "scratch.h"

#include "tl/file.h"
#include "tl/store_rocksdb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct tl_store *open_store(void **state, enum tl_store_mode mode)
{
    struct tl_store *store;
    struct tl_why why = {""};

    if (tl_store_rocksdb_open(&store, scratch_path(state, "db"), mode, &why) != TL_OK)
        fail_msg("%s", why.text);
    return store;
}

static void put(struct tl_store *store, const char *key, const char *value)
{
    assert_int_equal(tl_store_put(store, tl_bytes_str(key), tl_bytes_str(value)), TL_OK);
}

static bool holds(struct tl_store *store, const char *key, const char *value)
{
    struct tl_bytes found;

    return tl_store_get(store, tl_bytes_str(key), &found) == TL_OK &&
           tl_bytes_eq(found, tl_bytes_str(value));
}

static void a_batch_is_seen_when_committed(void **state)
{
    struct tl_store *store = open_store(state, TL_STORE_CREATE);
    struct tl_bytes value;

    put(store, "a", "1");
    assert_int_equal(tl_store_get(store, tl_bytes_str("a"), &value), TL_ERR_NOT_FOUND);
    assert_int_equal(tl_store_commit(store, false), TL_OK);
    assert_true(holds(store, "a", "1"));
    put(store, "a", "2");
    tl_store_abandon(store);
    assert_int_equal(tl_store_commit(store, true), TL_OK);
    assert_true(holds(store, "a", "1"));
    assert_int_equal(tl_store_del(store, tl_bytes_str("a")), TL_OK);
    assert_int_equal(tl_store_commit(store, false), TL_OK);
    assert_int_equal(tl_store_get(store, tl_bytes_str("a"), &value), TL_ERR_NOT_FOUND);
    put(store, "empty", "");
    assert_int_equal(tl_store_commit(store, false), TL_OK);
    assert_int_equal(tl_store_get(store, tl_bytes_str("empty"), &value), TL_OK);
    assert_int_equal(value.len, 0);
    assert_int_equal(tl_store_rocksdb_sync(store, NULL), TL_OK);
    tl_store_rocksdb_close(store);
}

static bool gather(void *context, struct tl_bytes key, struct tl_bytes value)
{
    char *text = context;
    const size_t len = strlen(text);

    (void)value;
    assert_true(len < 8 && key.len == 1);
    text[len] = (char)key.ptr[0];
    text[len + 1] = '\0';
    return len + 1 < 3;
}

static void a_scan_is_ordered_and_bounded(void **state)
{
    struct tl_store *store = open_store(state, TL_STORE_CREATE);
    char text[16] = "";

    put(store, "d", "");
    put(store, "b", "");
    put(store, "a", "");
    put(store, "c", "");
    assert_int_equal(tl_store_commit(store, false), TL_OK);
    assert_int_equal(tl_store_scan(store, tl_bytes_str("b"), tl_bytes_str("d"), gather, text),
                     TL_OK);
    assert_string_equal(text, "bc");
    text[0] = '\0';
    assert_int_equal(tl_store_scan(store, TL_BYTES_NONE, TL_BYTES_NONE, gather, text), TL_OK);
    assert_string_equal(text, "abc"); /* the visitor had enough */
    tl_store_rocksdb_close(store);
}

/* Keys of every class, values of every size: what a get says is what was committed
 * last, whether it comes from memory or not, and so it is after opening again. */
#define MODEL_KEYS 400u

struct model {
    uint32_t version[MODEL_KEYS]; /* 0: none */
    uint32_t seed;
};

static uint32_t draw(struct model *model, uint32_t below)
{
    model->seed = model->seed * 1664525u + 1013904223u;
    return (model->seed >> 8) % below;
}

static struct tl_bytes model_key(uint32_t number, uint8_t out[5])
{
    static const uint8_t classes[] = {0x00, 0x7f, 0x80, 0xc2, 0xc4};

    out[0] = classes[number % sizeof classes];
    tl_put_u32be(out + 1, number);
    return tl_bytes(out, 5);
}

static struct tl_bytes model_value(uint32_t number, uint32_t version, uint8_t out[4096])
{
    size_t len = (size_t)(number * 131u + version * 977u) % 4096u;

    memset(out, (int)(version & 0xffu), len);
    return tl_bytes(out, len);
}

static void check_model(struct tl_store *store, const struct model *model)
{
    uint8_t bytes[4096];
    uint8_t key[5];

    for (uint32_t i = 0; i < MODEL_KEYS; i++) {
        struct tl_bytes found;
        enum tl_status st = tl_store_get(store, model_key(i, key), &found);

        assert_int_equal(st, model->version[i] == 0 ? TL_ERR_NOT_FOUND : TL_OK);
        if (st == TL_OK)
            assert_true(tl_bytes_eq(found, model_value(i, model->version[i], bytes)));
    }
}

static void change(struct tl_store *store, struct model *model, uint32_t version)
{
    uint8_t bytes[4096];
    uint8_t key[5];
    uint32_t number = draw(model, MODEL_KEYS);
    bool deletes = draw(model, 4) == 0;
    enum tl_status st;

    if (deletes)
        st = tl_store_del(store, model_key(number, key));
    else
        st = tl_store_put(store, model_key(number, key), model_value(number, version, bytes));
    assert_int_equal(st, TL_OK);
    model->version[number] = deletes ? 0 : version;
}

static void what_was_committed_last_is_read(void **state)
{
    struct tl_store *store = open_store(state, TL_STORE_CREATE);
    struct model model = {.seed = 11};

    for (uint32_t round = 1; round <= 60; round++) {
        for (uint32_t i = 0; i < 300; i++) /* several times the same key */
            change(store, &model, round * 300 + i);
        assert_int_equal(tl_store_commit(store, false), TL_OK);
        check_model(store, &model);
        check_model(store, &model);
    }
    tl_store_rocksdb_close(store);
    store = open_store(state, TL_STORE_OPEN);
    check_model(store, &model);
    tl_store_rocksdb_close(store);
}

/* 48 MiB of state: more than is held in memory. */
static void what_has_left_memory_is_read_from_disk(void **state)
{
    struct tl_store *store = open_store(state, TL_STORE_CREATE);
    uint8_t bytes[4096];
    uint8_t key[5] = {0x20};
    struct tl_bytes found;

    for (uint32_t i = 0; i < 12000; i++) {
        tl_put_u32be(key + 1, i);
        memset(bytes, (int)(i & 0xffu), sizeof bytes);
        assert_int_equal(tl_store_put(store, tl_bytes(key, 5), tl_bytes(bytes, sizeof bytes)),
                         TL_OK);
        if (i % 1000 == 999)
            assert_int_equal(tl_store_commit(store, false), TL_OK);
    }
    for (uint32_t i = 0; i < 12000; i++) {
        tl_put_u32be(key + 1, i);
        assert_int_equal(tl_store_get(store, tl_bytes(key, 5), &found), TL_OK);
        assert_true(found.len == sizeof bytes && found.ptr[0] == (i & 0xffu));
    }
    tl_store_rocksdb_close(store);
}

/* Work on a store in a process of its own: one that forks must not have opened any
 * itself, since RocksDB starts threads that a fork loses. */
static void in_a_child(void **state, bool (*work)(struct tl_store *store))
{
    const pid_t child = fork();
    int how;

    if (child == 0)
        _exit(work(open_store(state, TL_STORE_CREATE)) ? 7 : 1);
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 7);
}

static bool put_and_sync(struct tl_store *store)
{
    put(store, "k", "v");
    return tl_store_commit(store, false) == TL_OK && tl_store_rocksdb_sync(store, NULL) == TL_OK;
}

static bool has_it(struct tl_store *store)
{
    return holds(store, "k", "v");
}

/* A process that dies after sync has lost nothing, not even in the log ahead. */
static void what_was_synced_survives_a_kill(void **state)
{
    in_a_child(state, put_and_sync);
    in_a_child(state, has_it);
}

static void a_stopped_store_can_be_looked_at(void **state)
{
    struct tl_store *store = open_store(state, TL_STORE_CREATE);

    put(store, "k", "v");
    assert_int_equal(tl_store_commit(store, true), TL_OK);
    tl_store_rocksdb_close(store);
    store = open_store(state, TL_STORE_READ_ONLY);
    assert_true(holds(store, "k", "v"));
    assert_int_equal(tl_store_put(store, tl_bytes_str("x"), tl_bytes_str("y")), TL_ERR_STORE);
    assert_int_equal(tl_store_commit(store, true), TL_ERR_STORE);
    assert_non_null(strstr(tl_store_rocksdb_fault(store), "read only"));
    tl_store_rocksdb_close(store);
}

/* Another process has it: a second node, and an audit, are both refused. */
static void a_running_store_is_in_use(void **state)
{
    char ready;
    int to_child[2];
    int from_child[2];
    struct tl_store *store;
    struct tl_why why;
    pid_t child;

    assert_int_equal(pipe(to_child), 0);
    assert_int_equal(pipe(from_child), 0);
    child = fork();
    if (child == 0) {
        store = open_store(state, TL_STORE_CREATE);
        (void)!write(from_child[1], "x", 1);
        (void)!read(to_child[0], &ready, 1);
        _exit(0);
    }
    (void)close(from_child[1]); /* a child that ends early ends the wait */
    assert_int_equal(read(from_child[0], &ready, 1), 1);
    assert_int_equal(tl_store_rocksdb_open(&store, scratch_path(state, "db"), TL_STORE_OPEN, &why),
                     TL_ERR_CONFLICT);
    assert_non_null(strstr(why.text, "in use by a running node; stop it first"));
    assert_int_equal(
        tl_store_rocksdb_open(&store, scratch_path(state, "db"), TL_STORE_READ_ONLY, &why),
        TL_ERR_CONFLICT);
    assert_int_equal(write(to_child[1], "x", 1), 1);
    assert_int_equal(waitpid(child, NULL, 0), child);
    store = open_store(state, TL_STORE_READ_ONLY);
    tl_store_rocksdb_close(store);
}

static void no_store_is_said_to_be_none(void **state)
{
    struct tl_store *store;
    struct tl_why why;

    assert_int_equal(
        tl_store_rocksdb_open(&store, scratch_path(state, "none"), TL_STORE_READ_ONLY, &why),
        TL_ERR_NOT_FOUND);
    assert_null(store);
    assert_int_equal(
        tl_store_rocksdb_open(&store, scratch_path(state, "none"), TL_STORE_OPEN, &why),
        TL_ERR_NOT_FOUND);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    /* Those that fork come first: RocksDB starts threads that a fork loses. */
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(what_was_synced_survives_a_kill),
        IN_SCRATCH(a_running_store_is_in_use),
        IN_SCRATCH(a_batch_is_seen_when_committed),
        IN_SCRATCH(a_scan_is_ordered_and_bounded),
        IN_SCRATCH(a_stopped_store_can_be_looked_at),
        IN_SCRATCH(no_store_is_said_to_be_none),
        IN_SCRATCH(what_was_committed_last_is_read),
        IN_SCRATCH(what_has_left_memory_is_read_from_disk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
