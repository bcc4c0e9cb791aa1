/* The n-th write, sync, open or rename fails, for every n until none does.
 *
 * Each time a process of its own does the same work on a disk of its own, says over
 * a pipe what it was promised, and goes on as if nothing were wrong as long as it is
 * let.  Then, on a sound disk: whatever was promised is there, nothing is there in
 * part, and nobody signs what contradicts a signature given before.
 *
 * The failing calls stand in this program in front of the C library's, for our own
 * code and for RocksDB's. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* syscall */
#endif
#include "scratch.h"

#include "tl/file.h"
#include "tl/keyfile.h"
#include "tl/memberdir.h"
#include "tl/signer.h"
#include "tl/store_rocksdb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- calls that fail ---- */

enum fault { WRITE, SHORT_WRITE, SYNC, OPEN, RENAME, FAULTS };
static const char *const fault_names[] = {"write", "short write", "sync", "open", "rename"};

static enum fault armed = FAULTS;
static _Atomic int countdown;
static _Atomic bool fired;
static int promises = -1; /* pipe; its writes never fail */

static bool fails(enum fault kind)
{
    if (kind != armed || atomic_fetch_sub(&countdown, 1) != 0)
        return false;
    atomic_store(&fired, true);
    errno = kind == WRITE || kind == SHORT_WRITE ? ENOSPC : EIO;
    return true;
}

#define IN_FRONT __attribute__((visibility("default")))

IN_FRONT ssize_t write(int fd, const void *bytes, size_t len)
{
    if (fd > 2 && fd != promises) {
        if (fails(WRITE))
            return -1;
        if (len > 1 && fails(SHORT_WRITE)) {
            (void)!syscall(SYS_write, fd, bytes, len / 2);
            errno = ENOSPC;
            return -1;
        }
    }
    return syscall(SYS_write, fd, bytes, len);
}

IN_FRONT ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    if (fails(WRITE))
        return -1;
    if (len > 1 && fails(SHORT_WRITE)) {
        (void)!syscall(SYS_pwrite64, fd, bytes, len / 2, at);
        errno = ENOSPC;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, bytes, len, at);
}

IN_FRONT int fsync(int fd)
{
    return fails(SYNC) ? -1 : (int)syscall(SYS_fsync, fd);
}

IN_FRONT int fdatasync(int fd)
{
    return fails(SYNC) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

IN_FRONT int open(const char *path, int flags, ...)
{
    va_list list;
    mode_t mode;

    va_start(list, flags);
    mode = (flags & O_CREAT) != 0 ? (mode_t)va_arg(list, int) : 0;
    va_end(list);
    if (strncmp(path, "/dev/", 5) != 0 && strncmp(path, "/proc/", 6) != 0 && fails(OPEN))
        return -1;
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

IN_FRONT int rename(const char *from, const char *to)
{
    return fails(RENAME) ? -1 : (int)syscall(SYS_rename, from, to);
}

/* ---- the loop ---- */

/* Does the work, promising; gives 0, or 1 when it was told that something failed. */
typedef int work_fn(void **state);
/* Holds a sound disk to what was promised. */
typedef void verify_fn(void **state, const char *promised, size_t count);

static void promise(char what)
{
    assert_int_equal(syscall(SYS_write, promises, &what, 1), 1);
}

/* In a process of its own: what it did, and whether the fault was met. */
static bool work_with_fault(void **state, enum fault kind, int n, work_fn *work, char *promised,
                            size_t *count)
{
    int ends[2];
    int how = 0;
    pid_t child;
    ssize_t got;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        int code;

        promises = ends[1];
        countdown = n;
        armed = kind;
        code = work(state);
        armed = FAULTS;
        _exit(atomic_load(&fired) ? 2 + code : code);
    }
    (void)close(ends[1]);
    *count = 0;
    while ((got = read(ends[0], promised + *count, 64 - *count)) > 0)
        *count += (size_t)got;
    (void)close(ends[0]);
    assert_int_equal(waitpid(child, &how, 0), child);
    if (!WIFEXITED(how))
        fail_msg("%s %d: ended by signal %d", fault_names[kind], n, WTERMSIG(how));
    if (WEXITSTATUS(how) == 1)
        fail_msg("%s %d: failed without a fault", fault_names[kind], n);
    return WEXITSTATUS(how) >= 2;
}

/* Verifying opens stores, whose threads a later fork would lose: apart too. */
static void verify_apart(void **state, verify_fn *verify, const char *promised, size_t count)
{
    int how = 0;
    pid_t child = fork();

    if (child == 0) {
        verify(state, promised, count);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
}

static void fail_each(work_fn *work, verify_fn *verify, int least)
{
    int met = 0;

    for (enum fault kind = WRITE; kind < FAULTS; kind++) {
        bool more = true;

        for (int n = 0; more; n++) {
            void *place = NULL;
            char promised[64];
            size_t count;

            assert_int_equal(scratch_setup(&place), 0);
            more = work_with_fault(&place, kind, n, work, promised, &count);
            verify_apart(&place, verify, promised, count);
            assert_int_equal(scratch_teardown(&place), 0);
            met += more;
        }
    }
    print_message("%d faults met\n", met);
    assert_true(met >= least);
}

/* A check in a child must end it with a code of its own. */
static void must(bool true_, const char *what)
{
    if (true_)
        return;
    fprintf(stderr, "broken: %s\n", what);
    _exit(9);
}

/* ---- the signer's journal ---- */

#define VOTES 10u

static const struct tl_hash chain = {{1}};
static const struct tl_hash block_a = {{0xaa}};
static const struct tl_hash block_b = {{0xbb}};

static enum tl_status open_signer(void **state, bool create, struct tl_signer **out)
{
    static const uint8_t seed[TL_SEED_BYTES] = {3};
    char a[512];
    char b[512];
    struct tl_seckey key;
    struct tl_pubkey pub;
    struct tl_signer_plan plan = {a, b, &chain, &key, 0};
    enum tl_status st = TL_OK;

    (void)snprintf(a, sizeof a, "%s", scratch_path(state, "a"));
    (void)snprintf(b, sizeof b, "%s", scratch_path(state, "b"));
    tl_keypair(&pub, &key, seed);
    if (create)
        st = tl_signer_create(a, b, &chain, NULL);
    return st == TL_OK ? tl_signer_open(out, &plan, NULL) : st;
}

/* Goes on after a failure: a signer that failed once must not sign again. */
static int sign_votes(void **state)
{
    struct tl_signer *signer;
    bool failed = false;

    if (open_signer(state, true, &signer) != TL_OK)
        return 1;
    for (uint32_t view = 1; view <= VOTES; view++) {
        struct tl_vote vote = {.kind = TL_VOTE_NOTARIZE, .view = view, .hash = block_a};

        if (tl_signer_stage(signer, &vote) != TL_OK || tl_signer_flush(signer) != TL_OK)
            failed = true;
        if (tl_signer_sign(signer, &vote) != TL_OK)
            continue;
        must(!failed, "signed after a failed write");
        promise((char)view);
    }
    tl_signer_close(signer);
    return failed;
}

static void nothing_signed_is_forgotten(void **state, const char *promised, size_t count)
{
    struct tl_signer *signer = NULL;
    enum tl_status st = open_signer(state, false, &signer);

    /* Not even the journal may be there; then nothing was ever signed. */
    must(st == TL_OK || count == 0, "the journal does not open");
    for (size_t i = 0; i < count; i++) {
        struct tl_vote same = {
            .kind = TL_VOTE_NOTARIZE, .view = (uint64_t)promised[i], .hash = block_a};
        struct tl_vote other = {
            .kind = TL_VOTE_NOTARIZE, .view = (uint64_t)promised[i], .hash = block_b};

        must(tl_signer_stage(signer, &other) == TL_ERR_WOULD_DOUBLE_SIGN, "signs twice");
        must(tl_signer_sign(signer, &same) == TL_OK, "forgot what it signed");
    }
    tl_signer_close(signer);
}

static void the_journal(void **state)
{
    (void)state;
    fail_each(sign_votes, nothing_signed_is_forgotten, 40);
}

/* ---- the store ---- */

#define BATCHES     5u
#define BATCH_PAIRS 20u

static struct tl_bytes batch_key(uint32_t batch, uint32_t i, uint8_t out[9])
{
    out[0] = 0x10;
    tl_put_u32be(out + 1, batch);
    tl_put_u32be(out + 5, i);
    return tl_bytes(out, 9);
}

static int commit_batches(void **state)
{
    struct tl_store *store;
    uint8_t value[3000];
    uint8_t key[9];
    bool failed = false;

    if (tl_store_rocksdb_open(&store, scratch_path(state, "db"), TL_STORE_CREATE, NULL) != TL_OK)
        return 1;
    memset(value, 7, sizeof value);
    for (uint32_t batch = 1; batch <= BATCHES && !failed; batch++) {
        for (uint32_t i = 0; i < BATCH_PAIRS; i++)
            must(tl_store_put(store, batch_key(batch, i, key), tl_bytes(value, sizeof value)) ==
                     TL_OK,
                 "gathering fails");
        failed =
            tl_store_commit(store, false) != TL_OK || tl_store_rocksdb_sync(store, NULL) != TL_OK;
        if (!failed)
            promise((char)batch);
    }
    tl_store_rocksdb_close(store);
    return failed;
}

static void batches_are_whole(void **state, const char *promised, size_t count)
{
    struct tl_store *store = NULL;
    struct tl_bytes value;
    uint8_t key[9];
    enum tl_status st =
        tl_store_rocksdb_open(&store, scratch_path(state, "db"), TL_STORE_CREATE, NULL);

    (void)promised;
    must(st == TL_OK, "the store does not open on a sound disk");
    for (uint32_t batch = 1; batch <= BATCHES; batch++) {
        uint32_t found = 0;

        for (uint32_t i = 0; i < BATCH_PAIRS; i++)
            found += tl_store_get(store, batch_key(batch, i, key), &value) == TL_OK;
        must(found == 0 || found == BATCH_PAIRS, "a part of a batch");
        must(found != 0 || batch > count, "a durable batch is gone");
    }
    tl_store_rocksdb_close(store);
}

static void the_store(void **state)
{
    (void)state;
    fail_each(commit_batches, batches_are_whole, 20);
}

/* ---- files and keys ---- */

static int replace_file(void **state)
{
    char path[512];

    (void)snprintf(path, sizeof path, "%s", scratch_path(state, "file"));
    if (tl_file_write(path, tl_bytes_str("old old old"), TL_FILE_SECRET, NULL) != TL_OK)
        return 1;
    promise(1);
    if (tl_file_write(path, tl_bytes_str("new"), TL_FILE_SECRET, NULL) != TL_OK)
        return 1;
    promise(2);
    return 0;
}

static void the_file_is_old_or_new(void **state, const char *promised, size_t count)
{
    struct tl_file_bytes file;
    enum tl_status st = tl_file_read(scratch_path(state, "file"), 100, &file, NULL);

    (void)promised;
    must(st == TL_OK || (st == TL_ERR_NOT_FOUND && count == 0), "the file is gone");
    if (st != TL_OK)
        return;
    must(strcmp(file.text, "new") == 0 || strcmp(file.text, "old old old") == 0, "a part of it");
    must(count < 2 || strcmp(file.text, "new") == 0, "not the new one");
    tl_file_bytes_free(&file);
}

static void a_file(void **state)
{
    (void)state;
    fail_each(replace_file, the_file_is_old_or_new, 8);
}

static int make_member(void **state)
{
    struct tl_memberdir_plan plan = {.dir = scratch_path(state, "member"),
                                     .member = "alpha",
                                     .address = "127.0.0.1:1",
                                     .author = "main"};

    if (tl_memberdir_create(&plan, NULL) != TL_OK)
        return 1;
    promise(1);
    return 0;
}

/* A key is there whole or not at all; of a directory that was promised, every one. */
static void keys_are_whole(void **state, const char *promised, size_t count)
{
    static const struct {
        const char *name;
        enum tl_key_role role;
    } keys[] = {{"member/keys/consensus.key", TL_KEY_CONSENSUS},
                {"member/keys/log.key", TL_KEY_LOG},
                {"member/keys/cosign.key", TL_KEY_COSIGN},
                {"member/keys/author-main.key", TL_KEY_AUTHOR}};

    (void)promised;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct tl_keyfile key;
        enum tl_status st =
            tl_keyfile_load(&key, scratch_path(state, keys[i].name), keys[i].role, NULL);

        must(st == TL_OK || st == TL_ERR_NOT_FOUND, "a part of a key");
        must(st == TL_OK || count == 0, "a key that was promised is gone");
    }
}

static void a_member_directory(void **state)
{
    (void)state;
    fail_each(make_member, keys_are_whole, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_journal),
        cmocka_unit_test(the_store),
        cmocka_unit_test(a_file),
        cmocka_unit_test(a_member_directory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
