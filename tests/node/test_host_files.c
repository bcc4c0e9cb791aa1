/* Files, key files and member directories. */
#include "scratch.h"

#include "tl/keyfile.h"
#include "tl/logline.h"
#include "tl/memberdir.h"
#include "tl/tlscert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static unsigned mode_of(const char *path)
{
    struct stat info;

    assert_int_equal(stat(path, &info), 0);
    return info.st_mode & 0777u;
}

static void a_file_is_replaced_whole(void **state)
{
    const char *path = scratch_path(state, "f");
    struct tl_file_bytes file;
    struct tl_why why;

    assert_int_equal(tl_file_write(path, tl_bytes("one", 3), TL_FILE_PUBLIC, &why), TL_OK);
    assert_int_equal(tl_file_write(path, tl_bytes("two!", 4), TL_FILE_SECRET, &why), TL_OK);
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(tl_file_read(path, 4, &file, &why), TL_OK);
    assert_int_equal(file.len, 4);
    assert_string_equal(file.text, "two!");
    tl_file_bytes_free(&file);
    assert_int_equal(tl_file_read(path, 3, &file, &why), TL_ERR_LIMIT);
    assert_null(file.text);
    assert_int_equal(tl_file_create(path, tl_bytes("x", 1), TL_FILE_PUBLIC, &why), TL_ERR_CONFLICT);
    assert_int_equal(tl_file_read(scratch_path(state, "none"), 3, &file, &why), TL_ERR_NOT_FOUND);
}

static void a_long_file_is_read_whole(void **state)
{
    const char *path = scratch_path(state, "long");
    static uint8_t bytes[100000];
    struct tl_file_bytes file;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7);
    assert_int_equal(tl_file_write(path, tl_bytes(bytes, sizeof bytes), TL_FILE_PUBLIC, NULL),
                     TL_OK);
    assert_int_equal(tl_file_read(path, sizeof bytes, &file, NULL), TL_OK);
    assert_int_equal(file.len, sizeof bytes);
    assert_memory_equal(file.text, bytes, sizeof bytes);
    tl_file_bytes_free(&file);
    assert_int_equal(tl_file_read(path, sizeof bytes - 1, &file, NULL), TL_ERR_LIMIT);
}

static void directories_are_made_and_locked(void **state)
{
    const char *path = scratch_path(state, "a/b/c");
    struct tl_dirlock first;
    struct tl_dirlock second;
    struct tl_why why;

    assert_int_equal(tl_dir_make(path, TL_FILE_SECRET, &why), TL_OK);
    assert_int_equal(tl_dir_make(path, TL_FILE_SECRET, &why), TL_OK);
    assert_int_equal(mode_of(path), 0700);
    assert_int_equal(tl_dir_lock(&first, path, &why), TL_OK);
    assert_int_equal(tl_dir_lock(&second, path, &why), TL_ERR_CONFLICT);
    assert_non_null(strstr(why.text, "in use by process"));
    tl_dir_unlock(&first);
    assert_int_equal(tl_dir_lock(&second, path, &why), TL_OK);
    tl_dir_unlock(&second);
    assert_int_equal(
        tl_file_write(scratch_path(state, "plain"), tl_bytes("x", 1), TL_FILE_PUBLIC, &why), TL_OK);
    assert_int_equal(tl_dir_make(scratch_path(state, "plain/below"), TL_FILE_PUBLIC, &why),
                     TL_ERR_IO);
}

static void a_key_has_one_role(void **state)
{
    const char *path = scratch_path(state, "k");
    struct tl_keyfile made;
    struct tl_keyfile read;
    struct tl_why why;

    assert_int_equal(tl_keyfile_generate(&made, TL_KEY_LOG, "bureau", "main", &why), TL_OK);
    assert_int_equal(tl_keyfile_save(&made, path, &why), TL_OK);
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(tl_keyfile_save(&made, path, &why), TL_ERR_CONFLICT);
    assert_int_equal(tl_keyfile_load(&read, path, TL_KEY_LOG, &why), TL_OK);
    assert_memory_equal(&read.sec, &made.sec, sizeof read.sec);
    assert_string_equal(read.member, "bureau");
    assert_int_equal(tl_keyfile_load(&read, path, TL_KEY_CONSENSUS, &why), TL_ERR_DENIED);
    assert_non_null(strstr(why.text, "role log"));
    assert_int_equal(tl_keyfile_load_public(&read, scratch_path(state, "k.pub"), &why), TL_OK);
    assert_memory_equal(&read.pub, &made.pub, sizeof read.pub);
    assert_int_equal(tl_keyfile_load_public(&read, path, &why), TL_ERR_ENCODING);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(tl_keyfile_load(&read, path, TL_KEY_LOG, &why), TL_ERR_DENIED);
    assert_non_null(strstr(why.text, "chmod 600"));
}

static void a_key_with_a_bad_name_is_refused(void **state)
{
    struct tl_keyfile key;
    struct tl_why why;

    (void)state;
    assert_int_equal(tl_keyfile_generate(&key, TL_KEY_LOG, "../etc", "main", &why), TL_ERR_USAGE);
    assert_int_equal(tl_keyfile_generate(&key, TL_KEY_LOG, "a", "", &why), TL_ERR_USAGE);
    assert_true(tl_key_word_ok("agency-a.2_x"));
    assert_false(tl_key_word_ok("-a"));
    assert_false(tl_key_word_ok("abcdefghijklmnopqrstuvwxyz0123456"));
}

/* Any damaged byte of a key file is noticed: no key comes out of it but one
 * whose two halves belong together. */
static void every_damaged_byte_is_noticed(void **state)
{
    const char *path = scratch_path(state, "k");
    const char *hurt = scratch_path(state, "hurt");
    struct tl_file_bytes file;
    struct tl_keyfile made;
    struct tl_keyfile read;

    assert_int_equal(tl_keyfile_generate(&made, TL_KEY_LOG, "m", "n", NULL), TL_OK);
    assert_int_equal(tl_keyfile_save(&made, path, NULL), TL_OK);
    assert_int_equal(tl_file_read(path, 1024, &file, NULL), TL_OK);
    for (size_t i = 0; i < file.len; i++) {
        file.text[i] ^= 1;
        assert_int_equal(tl_file_write(hurt, tl_bytes(file.text, file.len), TL_FILE_SECRET, NULL),
                         TL_OK);
        if (tl_keyfile_load(&read, hurt, TL_KEY_LOG, NULL) == TL_OK)
            assert_memory_equal(&read.sec, &made.sec, sizeof read.sec);
        file.text[i] ^= 1;
    }
    tl_file_bytes_free(&file);
}

static void a_member_directory_is_made_once(void **state)
{
    const char *dir = scratch_path(state, "m");
    const struct tl_memberdir_plan plan = {
        dir, "creditor", "127.0.0.1:7001", TL_ROLE_CREDITOR, "alice", TL_RIGHT_ALL, 0};
    static uint8_t memory[1 << 16];
    struct tl_tls_identity identity;
    struct tl_member_key key;
    struct tl_member member;
    struct tl_arena arena;
    struct tl_why why = {""};

    assert_int_equal(tl_memberdir_create(&plan, &why), TL_OK);
    assert_int_equal(tl_memberdir_create(&plan, &why), TL_ERR_CONFLICT);
    assert_int_equal(
        tl_memberdir_add_author(dir, "bob", TL_RIGHT_READ, UINT64_C(1798761600000), &why), TL_OK);
    assert_int_equal(
        tl_memberdir_add_author(dir, "bob", TL_RIGHT_READ, UINT64_C(1798761600000), &why),
        TL_ERR_CONFLICT);
    tl_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(tl_memberfile_read(&member, scratch_path(state, "m/member.txt"), &arena, &why),
                     TL_OK);
    assert_true(tl_bytes_eq(member.id, tl_bytes_str("creditor")));
    assert_true(tl_bytes_eq(member.address, tl_bytes_str("127.0.0.1:7001")));
    assert_int_equal(member.roles, TL_ROLE_CREDITOR);
    assert_int_equal(member.keys.count, 2);
    assert_true(tl_list_next(&member.keys, &tl_member_key_record, &key));
    assert_int_equal(key.rights, TL_RIGHT_ALL);
    assert_true(tl_list_next(&member.keys, &tl_member_key_record, &key));
    assert_true(tl_bytes_eq(key.name, tl_bytes_str("bob")));
    assert_int_equal(key.rights, TL_RIGHT_READ);
    assert_int_equal(key.expires_ms, UINT64_C(1798761600000)); /* 2027-01-01 */
    assert_int_equal(tl_tls_identity_load(&identity, scratch_path(state, "m/keys/tls.key"),
                                          scratch_path(state, "m/tls.crt"), &why),
                     TL_OK);
    assert_true(tl_bytes_eq(member.tls_cert, tl_bytes(identity.cert_der, identity.cert_der_len)));
    assert_int_equal(mode_of(scratch_path(state, "m/keys/tls.key")), 0600);
    assert_int_equal(mode_of(scratch_path(state, "m/keys")), 0700);
}

/* What a member publishes comes from somebody else: any flipped byte is refused
 * or read, and what is read is well formed. */
static void a_damaged_member_file_is_refused_or_read(void **state)
{
    const char *dir = scratch_path(state, "m");
    const struct tl_memberdir_plan plan = {
        dir, "bureau", "127.0.0.1:7002", TL_ROLE_BUREAU, "alice", TL_RIGHT_READ, 0};
    static uint8_t memory[1 << 16];
    const char *hurt = scratch_path(state, "hurt");
    struct tl_file_bytes file;
    struct tl_arena arena;
    size_t refused = 0;

    assert_int_equal(tl_memberdir_create(&plan, NULL), TL_OK);
    assert_int_equal(tl_file_read(scratch_path(state, "m/member.txt"), 65536, &file, NULL), TL_OK);
    for (size_t i = 0; i < file.len; i++) {
        struct tl_member member;
        struct tl_why why = {""};
        file.text[i] ^= 1;
        assert_int_equal(tl_file_write(hurt, tl_bytes(file.text, file.len), TL_FILE_PUBLIC, NULL),
                         TL_OK);
        tl_arena_init(&arena, memory, sizeof memory);
        if (tl_memberfile_read(&member, hurt, &arena, &why) == TL_OK) {
            assert_true(tl_pubkey_valid(&member.consensus_key));
            assert_true(member.tls_cert.len > 0);
        } else {
            assert_non_null(strstr(why.text, "ask for it again"));
            assert_int_equal(member.id.len, 0);
            refused++;
        }
        file.text[i] ^= 1;
    }
    assert_true(refused > file.len / 4);
    tl_file_bytes_free(&file);
}

static void words_and_bits_agree(void **state)
{
    char text[128];
    uint16_t bits;

    (void)state;
    for (uint16_t set = 0; set <= TL_ROLE_ALL; set++) {
        tl_words_print(&tl_role_words, set, text, sizeof text);
        assert_true(tl_words_parse(&tl_role_words, text, &bits));
        assert_int_equal(bits, set);
    }
    assert_true(tl_words_parse(&tl_right_words, "read, submit", &bits));
    assert_int_equal(bits, TL_RIGHT_READ | TL_RIGHT_SUBMIT);
    assert_true(tl_words_parse(&tl_right_words, "all", &bits));
    assert_int_equal(bits, TL_RIGHT_ALL);
    assert_false(tl_words_parse(&tl_right_words, "rule", &bits));
}

/* A value from outside can neither end its line nor pass for another field. */
static void a_log_line_cannot_be_forged(void **state)
{
    const char *path = scratch_path(state, "log");
    struct tl_file_bytes file;
    const int saved = dup(STDERR_FILENO);

    assert_non_null(freopen(path, "w", stderr));
    tl_log_open(TL_LOG_INFO, "creditor");
    tl_log(TL_LOG_DEBUG, "quiet", tl_log_uint("n", 1));
    tl_log(TL_LOG_ODD, "refused", tl_log_str("why", "x\n<0>broken y=\"z\"\x1b[2J"),
           tl_log_int("n", -5));
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    (void)close(saved);
    assert_int_equal(tl_file_read(path, 4096, &file, NULL), TL_OK);
    assert_null(strstr(file.text, "quiet"));
    assert_ptr_equal(strchr(file.text, '\n'), file.text + file.len - 1);
    assert_non_null(
        strstr(file.text,
               "odd refused member=creditor why=\"x\\x0a<0>broken y=\\\"z\\\"\\x1b[2J\" n=-5\n"));
    tl_file_bytes_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_is_replaced_whole, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_long_file_is_read_whole, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(directories_are_made_and_locked, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(a_key_has_one_role, scratch_setup, scratch_teardown),
        cmocka_unit_test(a_key_with_a_bad_name_is_refused),
        cmocka_unit_test_setup_teardown(every_damaged_byte_is_noticed, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(a_member_directory_is_made_once, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(a_damaged_member_file_is_refused_or_read, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test(words_and_bits_agree),
        cmocka_unit_test_setup_teardown(a_log_line_cannot_be_forged, scratch_setup,
                                        scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
