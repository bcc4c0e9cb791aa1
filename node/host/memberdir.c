/* The directory of a member: where things lie, and making a new one. */
#include "tl/memberdir.h"

#include "tl/keyfile.h"
#include "tl/tlscert.h"

#include <stdio.h>
#include <string.h>

static const char *const item_names[TL_MEMBERDIR_ITEM_COUNT] = {
    [TL_MEMBERDIR_CONFIG] = "tallyd.conf",
    [TL_MEMBERDIR_GENESIS] = "genesis.tally",
    [TL_MEMBERDIR_PUBLIC] = "member.txt",
    [TL_MEMBERDIR_KEYS] = "keys",
    [TL_MEMBERDIR_KEY_CONSENSUS] = "keys/consensus.key",
    [TL_MEMBERDIR_KEY_LOG] = "keys/log.key",
    [TL_MEMBERDIR_KEY_COSIGN] = "keys/cosign.key",
    [TL_MEMBERDIR_KEY_VAULT] = "keys/vault.key",
    [TL_MEMBERDIR_KEY_TLS] = "keys/tls.key",
    [TL_MEMBERDIR_TLS_CERT] = "tls.crt",
    [TL_MEMBERDIR_DATA] = "data",
    [TL_MEMBERDIR_JOURNAL_A] = "journal-a",
    [TL_MEMBERDIR_JOURNAL_B] = "journal-b",
    [TL_MEMBERDIR_VAULT] = "vault",
    [TL_MEMBERDIR_VAULT_KEYS_A] = "vault-keys-a",
    [TL_MEMBERDIR_VAULT_KEYS_B] = "vault-keys-b",
    [TL_MEMBERDIR_SOCKET] = "api.sock",
    [TL_MEMBERDIR_NEVER_VOTED] = "never-voted",
    [TL_MEMBERDIR_REJOIN] = "rejoin",
    [TL_MEMBERDIR_FENCING] = "fencing",
};

bool tl_memberdir_path(char *out, size_t cap, const char *dir, enum tl_memberdir_item item)
{
    return tl_path_join(out, cap, dir, item_names[item]);
}

bool tl_memberdir_author_path(char *out, size_t cap, const char *dir, const char *name)
{
    const int len = snprintf(out, cap, "%s/keys/author-%s.key", dir, name);

    return len > 0 && (size_t)len < cap;
}

static enum tl_status too_long(const char *dir, struct tl_why *why)
{
    return tl_why_set(why, TL_ERR_LIMIT, "path \"%s\" is too long", dir);
}

/* ---- making one ---- */

static enum tl_status make_layout(const char *dir, struct tl_why *why)
{
    static const enum tl_memberdir_item folders[] = {
        TL_MEMBERDIR_KEYS,        TL_MEMBERDIR_DATA,  TL_MEMBERDIR_JOURNAL_A,
        TL_MEMBERDIR_JOURNAL_B,   TL_MEMBERDIR_VAULT, TL_MEMBERDIR_VAULT_KEYS_A,
        TL_MEMBERDIR_VAULT_KEYS_B};
    enum tl_status status = tl_dir_make(dir, TL_FILE_SECRET, why);
    char path[TL_PATH_MAX];

    for (size_t i = 0; status == TL_OK && i < sizeof folders / sizeof folders[0]; i++) {
        if (!tl_memberdir_path(path, sizeof path, dir, folders[i]))
            return too_long(dir, why);
        status = tl_dir_make(path, TL_FILE_SECRET, why);
    }
    return status;
}

static enum tl_status make_key(const char *path, enum tl_key_role role, const char *member,
                               const char *name, struct tl_pubkey *pub, struct tl_why *why)
{
    struct tl_keyfile key;
    enum tl_status status = tl_keyfile_generate(&key, role, member, name, why);

    if (status == TL_OK)
        status = tl_keyfile_save(&key, path, why);
    *pub = key.pub;
    tl_keyfile_wipe(&key);
    return status;
}

static enum tl_status make_role_key(const struct tl_memberdir_plan *plan,
                                    enum tl_memberdir_item item, enum tl_key_role role,
                                    struct tl_pubkey *pub, struct tl_why *why)
{
    char path[TL_PATH_MAX];

    if (!tl_memberdir_path(path, sizeof path, plan->dir, item))
        return too_long(plan->dir, why);
    return make_key(path, role, plan->member, "main", pub, why);
}

enum tl_status tl_memberdir_make_author(const char *dir, const char *member, const char *name,
                                        struct tl_pubkey *pub, struct tl_why *why)
{
    char path[TL_PATH_MAX];

    if (!tl_key_word_ok(name))
        return tl_why_set(why, TL_ERR_USAGE,
                          "key name \"%s\" must be 1 to %u of a-z 0-9 - . _ and begin with a "
                          "letter or digit",
                          name, TL_MEMBER_ID_MAX);
    if (!tl_memberdir_author_path(path, sizeof path, dir, name))
        return too_long(dir, why);
    return make_key(path, TL_KEY_AUTHOR, member, name, pub, why);
}

static enum tl_status make_tls(const struct tl_memberdir_plan *plan,
                               struct tl_tls_identity *identity, struct tl_why *why)
{
    char key[TL_PATH_MAX];
    char cert[TL_PATH_MAX];
    enum tl_status status;

    if (!tl_memberdir_path(key, sizeof key, plan->dir, TL_MEMBERDIR_KEY_TLS) ||
        !tl_memberdir_path(cert, sizeof cert, plan->dir, TL_MEMBERDIR_TLS_CERT))
        return too_long(plan->dir, why);
    status = tl_tls_identity_create(identity, plan->member, why);
    return status == TL_OK ? tl_tls_identity_save(identity, key, cert, why) : status;
}

static enum tl_status make_role_keys(const struct tl_memberdir_plan *plan, struct tl_member *member,
                                     struct tl_why *why)
{
    enum tl_status status = make_role_key(plan, TL_MEMBERDIR_KEY_CONSENSUS, TL_KEY_CONSENSUS,
                                          &member->consensus_key, why);

    if (status == TL_OK)
        status = make_role_key(plan, TL_MEMBERDIR_KEY_LOG, TL_KEY_LOG, &member->log_key, why);
    if (status == TL_OK)
        status =
            make_role_key(plan, TL_MEMBERDIR_KEY_COSIGN, TL_KEY_COSIGN, &member->cosign_key, why);
    if (status == TL_OK)
        status = make_role_key(plan, TL_MEMBERDIR_KEY_VAULT, TL_KEY_VAULT, &member->vault_key, why);
    return status;
}

static enum tl_status publish(const struct tl_memberdir_plan *plan, struct tl_member *member,
                              const struct tl_pubkey *author, struct tl_why *why)
{
    uint8_t memory[256];
    struct tl_buf buf = tl_buf(memory, sizeof memory);
    char path[TL_PATH_MAX];

    tl_list_add(&member->keys, &buf, &tl_member_key_record,
                &(struct tl_member_key){tl_bytes_str(plan->author), *author, plan->rights,
                                        plan->expires_ms});
    if (!tl_memberdir_path(path, sizeof path, plan->dir, TL_MEMBERDIR_PUBLIC))
        return too_long(plan->dir, why);
    return tl_memberfile_write(member, path, why);
}

/* Only who has this and no journal may begin one without asking anybody. */
static enum tl_status mark_never_voted(const char *dir, struct tl_why *why)
{
    char path[TL_PATH_MAX];

    if (!tl_memberdir_path(path, sizeof path, dir, TL_MEMBERDIR_NEVER_VOTED))
        return too_long(dir, why);
    return tl_file_write(path, tl_bytes_str("this member's key has never signed a vote\n"),
                         TL_FILE_SECRET, why);
}

static enum tl_status refuse_existing(const char *dir, struct tl_why *why)
{
    char path[TL_PATH_MAX];

    if (!tl_memberdir_path(path, sizeof path, dir, TL_MEMBERDIR_KEY_CONSENSUS))
        return too_long(dir, why);
    if (!tl_file_exists(path))
        return TL_OK;
    return tl_why_set(why, TL_ERR_CONFLICT,
                      "\"%s\" already holds a member's keys; choose another directory", dir);
}

enum tl_status tl_memberdir_create(const struct tl_memberdir_plan *plan, struct tl_why *why)
{
    struct tl_member member = {.id = tl_bytes_str(plan->member),
                               .roles = plan->roles,
                               .address = tl_bytes_str(plan->address)};
    struct tl_tls_identity identity = {0};
    struct tl_pubkey author = {0};
    enum tl_status status;

    if (!tl_key_word_ok(plan->member))
        return tl_why_set(why, TL_ERR_USAGE,
                          "member id \"%s\" must be 1 to %u of a-z 0-9 - . _ and begin with a "
                          "letter or digit",
                          plan->member, TL_MEMBER_ID_MAX);
    status = refuse_existing(plan->dir, why);
    if (status == TL_OK)
        status = make_layout(plan->dir, why);
    if (status == TL_OK)
        status = make_role_keys(plan, &member, why);
    if (status == TL_OK)
        status = tl_memberdir_make_author(plan->dir, plan->member, plan->author, &author, why);
    if (status == TL_OK)
        status = make_tls(plan, &identity, why);
    if (status == TL_OK) {
        member.tls_cert = tl_bytes(identity.cert_der, identity.cert_der_len);
        status = publish(plan, &member, &author, why);
    }
    if (status == TL_OK)
        status = mark_never_voted(plan->dir, why);
    tl_tls_identity_wipe(&identity);
    return status;
}

/* The list with one more key, its bytes in `buf`. */
static struct tl_list with_key(struct tl_list keys, const struct tl_member_key *more,
                               struct tl_buf *buf)
{
    struct tl_list out = {0};
    struct tl_member_key key;

    while (tl_list_next(&keys, &tl_member_key_record, &key))
        tl_list_add(&out, buf, &tl_member_key_record, &key);
    tl_list_add(&out, buf, &tl_member_key_record, more);
    return out;
}

static enum tl_status add_author(const char *dir, struct tl_member *member, const char *path,
                                 struct tl_member_key *key, struct tl_why *why)
{
    uint8_t bytes[TL_MEMBER_KEYS_MAX * 96u];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);
    const char *name = (const char *)key->name.ptr;
    char id[TL_MEMBER_ID_MAX + 1];
    enum tl_status status;

    if (member->keys.count >= TL_MEMBER_KEYS_MAX)
        return tl_why_set(why, TL_ERR_LIMIT, "member \"%s\" already has %u writing keys", dir,
                          TL_MEMBER_KEYS_MAX);
    (void)snprintf(id, sizeof id, "%.*s", (int)member->id.len, (const char *)member->id.ptr);
    status = tl_memberdir_make_author(dir, id, name, &key->key, why);
    if (status != TL_OK)
        return status;
    member->keys = with_key(member->keys, key, &buf);
    return tl_memberfile_write(member, path, why);
}

enum tl_status tl_memberdir_add_author(const char *dir, const char *name, uint16_t rights,
                                       uint64_t expires_ms, struct tl_why *why)
{
    struct tl_member_key key = {
        .name = tl_bytes_str(name), .rights = rights, .expires_ms = expires_ms};
    uint8_t memory[(size_t)64 << 10];
    struct tl_member member;
    struct tl_arena arena;
    char path[TL_PATH_MAX];
    enum tl_status status;

    tl_arena_init(&arena, memory, sizeof memory);
    if (!tl_memberdir_path(path, sizeof path, dir, TL_MEMBERDIR_PUBLIC))
        return too_long(dir, why);
    status = tl_memberfile_read(&member, path, &arena, why);
    return status == TL_OK ? add_author(dir, &member, path, &key, why) : status;
}
