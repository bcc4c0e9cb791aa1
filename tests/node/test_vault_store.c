/* A vault on a disk: what is put comes back, what is destroyed never does. */
#include "scratch.h"

#include "tl/vault_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define PLANTED "Maria Rossi-Planted"

static struct tl_keyfile owner;
static struct tl_keyfile agency;
static uint8_t plain_room[TL_VAULT_RECORD_BYTES];
static uint8_t parcel_room[TL_VAULT_BLOB_BYTES + 256];

static struct tl_id id_of(uint8_t n)
{
    return (struct tl_id){{n, 1, 2, 3}};
}

static struct tl_vault_store *open_store(void **state, const char *name,
                                         const struct tl_keyfile *key)
{
    static char dir[3][TL_PATH_MAX];
    static const char *const parts[] = {"vault", "a", "b"};
    struct tl_vault_store *store = NULL;
    struct tl_why why = {""};
    struct tl_vault_store_plan plan = {dir[0], dir[1], dir[2], key};

    for (size_t i = 0; i < 3; i++) {
        char word[64];

        (void)snprintf(word, sizeof word, "%s-%s", name, parts[i]);
        (void)snprintf(dir[i], sizeof dir[i], "%s", scratch_path(state, word));
    }
    if (tl_vault_store_open(&store, &plan, &why) != TL_OK)
        fail_msg("%s", why.text);
    return store;
}

static void make_keys(void)
{
    assert_int_equal(tl_keyfile_generate(&owner, TL_KEY_VAULT, "owner", "main", NULL), TL_OK);
    assert_int_equal(tl_keyfile_generate(&agency, TL_KEY_VAULT, "agency", "main", NULL), TL_OK);
}

static struct tl_hash put(struct tl_vault_store *store, struct tl_id id, uint32_t version,
                          const char *name)
{
    uint8_t room[512];
    struct tl_buf buf = tl_buf(room, sizeof room);
    struct tl_list fields = {TL_BYTES_NONE, 0};
    struct tl_vault_text text = {tl_bytes_str("name"), tl_bytes_str(name)};
    struct tl_hash commitment;

    tl_list_add(&fields, &buf, &tl_vault_text_record, &text);
    text = (struct tl_vault_text){tl_bytes_str("phone"), tl_bytes_str("+1-202-555-0142")};
    tl_list_add(&fields, &buf, &tl_vault_text_record, &text);
    assert_int_equal(tl_vault_store_put(store, &id, version, fields, &commitment), TL_OK);
    assert_int_equal(tl_vault_store_settle(store), TL_OK);
    return commitment;
}

static enum tl_status read_back(struct tl_vault_store *store, struct tl_id id,
                                const struct tl_hash *commitment)
{
    struct tl_buf out = tl_buf(plain_room, sizeof plain_room);

    return tl_vault_store_read(store, &id, commitment, &out);
}

static bool plain_has(const char *word)
{
    size_t len = strlen(word);

    for (size_t i = 0; i + len <= sizeof plain_room; i++) {
        if (memcmp(plain_room + i, word, len) == 0)
            return true;
    }
    return false;
}

/* Whether any file below the directory holds the text. */
static bool found_below(const char *path, const char *word)
{
    struct tl_file_bytes file;
    struct stat info;
    bool found = false;

    if (stat(path, &info) != 0)
        return false;
    if (S_ISREG(info.st_mode)) {
        if (tl_file_read(path, (size_t)1 << 24, &file, NULL) != TL_OK)
            return false;
        for (size_t i = 0; !found && i + strlen(word) <= file.len; i++)
            found = memcmp(file.text + i, word, strlen(word)) == 0;
        tl_file_bytes_free(&file);
        return found;
    }
    DIR *dir = opendir(path);
    for (const struct dirent *e; !found && (e = readdir(dir)) != NULL;) {
        char below[TL_PATH_MAX];

        if (e->d_name[0] != '.' && tl_path_join(below, sizeof below, path, e->d_name))
            found = found_below(below, word);
    }
    (void)closedir(dir);
    return found;
}

static void what_is_put_comes_back_sealed(void **state)
{
    struct tl_vault_store *store = open_store(state, "o", &owner);
    struct tl_hash commitment = put(store, id_of(1), 1, PLANTED);
    struct tl_hash again = put(store, id_of(1), 1, PLANTED);

    assert_false(tl_hash_eq(&commitment, &again)); /* salted */
    assert_int_equal(read_back(store, id_of(1), &commitment), TL_OK);
    assert_true(plain_has(PLANTED));
    assert_int_equal(read_back(store, id_of(2), &commitment), TL_ERR_NOT_FOUND);
    assert_false(found_below(scratch_path(state, ""), PLANTED));
    tl_vault_store_close(store);
    store = open_store(state, "o", &owner);
    assert_int_equal(read_back(store, id_of(1), &commitment), TL_OK);
    tl_vault_store_close(store);
    store = open_store(state, "o", &agency); /* another's key opens nothing */
    assert_int_equal(read_back(store, id_of(1), &commitment), TL_ERR_CORRUPT);
    tl_vault_store_close(store);
}

static void a_parcel_is_held_to_its_commitment(void **state)
{
    struct tl_vault_store *from = open_store(state, "o", &owner);
    struct tl_vault_store *to = open_store(state, "g", &agency);
    struct tl_hash commitment = put(from, id_of(3), 1, PLANTED);
    struct tl_hash wrong = commitment;
    struct tl_buf out = tl_buf(parcel_room, sizeof parcel_room);
    struct tl_id id = id_of(3);
    struct tl_id other = id_of(4);

    wrong.b[0] ^= 1;
    assert_int_equal(tl_vault_store_wrap(from, &id, &commitment, &agency.pub, &out), TL_OK);
    assert_int_equal(tl_vault_store_take(to, &id, &wrong, tl_buf_bytes(&out)), TL_ERR_PROOF);
    assert_int_equal(tl_vault_store_take(to, &other, &commitment, tl_buf_bytes(&out)),
                     TL_ERR_PROOF);
    assert_int_equal(tl_vault_store_take(from, &id, &commitment, tl_buf_bytes(&out)),
                     TL_ERR_SIGNATURE); /* not sealed to it */
    for (size_t i = 0; i < out.len; i++) {
        out.ptr[i] ^= 0x10;
        assert_int_not_equal(tl_vault_store_take(to, &id, &commitment, tl_buf_bytes(&out)), TL_OK);
        out.ptr[i] ^= 0x10;
    }
    assert_int_equal(tl_vault_store_take(to, &id, &commitment, tl_buf_bytes(&out)), TL_OK);
    assert_int_equal(tl_vault_store_settle(to), TL_OK);
    assert_int_equal(read_back(to, id, &commitment), TL_OK);
    tl_vault_store_close(from);
    tl_vault_store_close(to);
}

static void the_destroyed_is_gone_from_both_copies(void **state)
{
    struct tl_vault_store *store = open_store(state, "o", &owner);
    struct tl_hash old = put(store, id_of(5), 1, "before");
    struct tl_hash now = put(store, id_of(5), 2, PLANTED);
    struct tl_hash next = put(store, id_of(6), 1, "another");
    struct tl_file_bytes backup;
    struct tl_id id = id_of(5);
    char path[TL_PATH_MAX];
    char hex[65];
    uint32_t gone;

    tl_hex(hex, tl_bytes(now.b, 16));
    (void)snprintf(path, sizeof path, "%s/blobs/05/05010203000000000000000000000000-%.32s",
                   scratch_path(state, "o-vault"), hex);
    assert_int_equal(tl_file_read(path, 1 << 20, &backup, NULL), TL_OK);
    assert_int_equal(tl_vault_store_destroy(store, &id, &now, 2, &gone), TL_OK);
    assert_int_equal(gone, 1);
    assert_int_equal(read_back(store, id, &old), TL_ERR_NOT_FOUND);
    assert_int_equal(read_back(store, id, &now), TL_OK);
    assert_int_equal(tl_vault_store_destroy(store, &id, NULL, 0, &gone), TL_OK);
    assert_int_equal(gone, 1);
    assert_int_equal(read_back(store, id, &now), TL_ERR_NOT_FOUND);
    assert_int_equal(read_back(store, id_of(6), &next), TL_OK);
    tl_vault_store_close(store);
    /* The blob comes back from a backup; its key does not. */
    assert_int_equal(tl_file_write(path, tl_bytes(backup.text, backup.len), TL_FILE_SECRET, NULL),
                     TL_OK);
    tl_file_bytes_free(&backup);
    store = open_store(state, "o", &owner);
    assert_int_equal(read_back(store, id, &now), TL_ERR_NOT_FOUND);
    assert_int_equal(read_back(store, id_of(6), &next), TL_OK);
    tl_vault_store_close(store);
}

/* Data whose commitment never reached the ledger does not stay for ever. */
static void what_the_ledger_never_heard_of_expires(void **state)
{
    struct tl_vault_store *store = open_store(state, "o", &owner);
    struct tl_hash now = put(store, id_of(9), 1, PLANTED);
    struct tl_id id = id_of(9);
    uint32_t gone;

    assert_int_equal(tl_vault_store_expire(store, &id, 1000, &gone), TL_OK);
    assert_int_equal(gone, 0);
    assert_int_equal(read_back(store, id, &now), TL_OK);
    assert_int_equal(tl_vault_store_expire(store, &id, UINT64_MAX, &gone), TL_OK);
    assert_int_equal(gone, 1);
    assert_int_equal(read_back(store, id, &now), TL_ERR_NOT_FOUND);
    tl_vault_store_close(store);
}

/* A copy of the keys from before the destruction does not bring them back. */
static void one_old_copy_of_the_keys_is_healed(void **state)
{
    char file[TL_PATH_MAX];
    struct tl_vault_store *store = open_store(state, "o", &owner);
    struct tl_hash now = put(store, id_of(7), 1, PLANTED);
    struct tl_file_bytes old;
    struct tl_id id = id_of(7);
    uint32_t gone;

    (void)snprintf(file, sizeof file, "%s", scratch_path(state, "o-b/vault-keys"));
    assert_int_equal(tl_file_read(file, 1 << 20, &old, NULL), TL_OK);
    assert_int_equal(tl_vault_store_destroy(store, &id, NULL, 0, &gone), TL_OK);
    tl_vault_store_close(store);
    assert_int_equal(tl_file_write(file, tl_bytes(old.text, old.len), TL_FILE_SECRET, NULL), TL_OK);
    tl_file_bytes_free(&old);
    store = open_store(state, "o", &owner);
    assert_int_equal(read_back(store, id, &now), TL_ERR_NOT_FOUND);
    tl_vault_store_close(store);
    /* And a lost copy is made again. */
    store = open_store(state, "o", &owner);
    now = put(store, id_of(8), 1, PLANTED);
    tl_vault_store_close(store);
    assert_int_equal(unlink(file), 0);
    store = open_store(state, "o", &owner);
    assert_int_equal(read_back(store, id_of(8), &now), TL_OK);
    tl_vault_store_close(store);
    assert_int_equal(unlink(scratch_path(state, "o-a/vault-keys")), 0);
    store = open_store(state, "o", &owner);
    assert_int_equal(read_back(store, id_of(8), &now), TL_OK);
    tl_vault_store_close(store);
}

static void many_keys_are_found_and_their_room_used_again(void **state)
{
    struct tl_vault_store *store = open_store(state, "o", &owner);
    struct tl_vault_keys *keys = tl_vault_store_keys(store);
    static struct tl_hash commitment[700];
    struct tl_vault_slot slot;
    struct stat info;
    uint32_t at = 0;
    uint32_t gone;
    uint32_t seen = 0;

    for (uint32_t i = 0; i < 700; i++) {
        struct tl_id id = {{(uint8_t)i, (uint8_t)(i >> 8), 9}};

        commitment[i] = put(store, id, 1, "one of many");
    }
    while (tl_vault_keys_at(keys, &at, &slot))
        seen++;
    assert_int_equal(seen, 700);
    for (uint32_t i = 0; i < 700; i += 2) {
        struct tl_id id = {{(uint8_t)i, (uint8_t)(i >> 8), 9}};

        assert_int_equal(tl_vault_store_destroy(store, &id, NULL, 0, &gone), TL_OK);
    }
    assert_int_equal(tl_vault_keys_count(keys), 350);
    for (uint32_t i = 0; i < 350; i++) {
        struct tl_id id = {{(uint8_t)i, (uint8_t)(i >> 8), 10}};

        (void)put(store, id, 1, "in their place");
    }
    tl_vault_store_close(store);
    assert_int_equal(stat(scratch_path(state, "o-a/vault-keys"), &info), 0);
    assert_int_equal(info.st_size, 700 * 128);
    store = open_store(state, "o", &owner);
    assert_int_equal(tl_vault_keys_count(tl_vault_store_keys(store)), 700);
    for (uint32_t i = 1; i < 700; i += 2) {
        struct tl_id id = {{(uint8_t)i, (uint8_t)(i >> 8), 9}};

        assert_int_equal(read_back(store, id, &commitment[i]), TL_OK);
    }
    tl_vault_store_close(store);
}

static void the_read_log_chains_and_survives_a_torn_end(void **state)
{
    const char *path = scratch_path(state, "reads.log");
    uint8_t room[TL_ACCESS_BYTES_MAX];
    struct tl_access_log *log;
    struct tl_access access = {.member = 1, .purpose = tl_bytes_str("call")};
    struct tl_file_bytes file;
    uint64_t at = 0;
    uint32_t count = 0;

    assert_int_equal(tl_access_log_open(&log, path, NULL), TL_OK);
    for (uint32_t i = 0; i < 3; i++) {
        access.time_ms = i;
        assert_int_equal(tl_access_log_add(log, &access), TL_OK);
    }
    assert_int_equal(tl_access_log_sync(log), TL_OK);
    tl_access_log_close(log);
    assert_int_equal(tl_file_read(path, 4096, &file, NULL), TL_OK);
    assert_int_equal(truncate(path, (off_t)file.len - 5), 0);
    assert_int_equal(tl_access_log_open(&log, path, NULL), TL_OK);
    assert_int_equal(tl_access_log_add(log, &access), TL_OK);
    while (tl_access_log_next(log, &at, room, &access))
        count++;
    assert_int_equal(count, 3);
    tl_access_log_close(log);
    file.text[10] ^= 1; /* one who was here is somebody else */
    assert_int_equal(tl_file_write(path, tl_bytes(file.text, file.len), TL_FILE_SECRET, NULL),
                     TL_OK);
    assert_int_equal(tl_access_log_open(&log, path, NULL), TL_ERR_CORRUPT);
    tl_file_bytes_free(&file);
    assert_true(tl_access_purpose_ok(tl_bytes_str("right-party_call")));
    assert_false(tl_access_purpose_ok(tl_bytes_str("Call Maria")));
    assert_false(tl_access_purpose_ok(TL_BYTES_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_put_comes_back_sealed, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(a_parcel_is_held_to_its_commitment, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(the_destroyed_is_gone_from_both_copies, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(what_the_ledger_never_heard_of_expires, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(one_old_copy_of_the_keys_is_healed, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(many_keys_are_found_and_their_room_used_again,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(the_read_log_chains_and_survives_a_torn_end, scratch_setup,
                                        scratch_teardown),
    };

    make_keys();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
