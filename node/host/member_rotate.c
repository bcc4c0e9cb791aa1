/* New keys beside those in use, for the next epoch to name (memberdir.h). */
#include "tl/keyfile.h"
#include "tl/memberdir.h"
#include "tl/tlscert.h"

#include <stdio.h>
#include <string.h>

struct rotation {
    const char *dir;
    struct tl_member member;
    char id[TL_MEMBER_ID_MAX + 1];
    struct tl_tls_identity identity;
    uint8_t keys[TL_MEMBER_KEYS_MAX * 96u];
};

static const struct {
    uint16_t bit;
    const char *name;
    enum tl_key_role role;
    size_t offset;
} roles[] = {
    {TL_ROTATE_CONSENSUS, "consensus", TL_KEY_CONSENSUS, offsetof(struct tl_member, consensus_key)},
    {TL_ROTATE_LOG, "log", TL_KEY_LOG, offsetof(struct tl_member, log_key)},
    {TL_ROTATE_COSIGN, "cosign", TL_KEY_COSIGN, offsetof(struct tl_member, cosign_key)},
    {TL_ROTATE_VAULT, "vault", TL_KEY_VAULT, offsetof(struct tl_member, vault_key)},
};

static const char *const words[] = {"consensus", "log", "cosign", "vault", "tls", "author"};
const struct tl_names tl_rotate_words = {words, sizeof words / sizeof words[0]};

static enum tl_status make_key(struct rotation *r, const char *file, enum tl_key_role role,
                               const char *name, struct tl_pubkey *pub, struct tl_why *why)
{
    char path[TL_PATH_MAX];
    struct tl_keyfile key;
    enum tl_status status = tl_keyfile_generate(&key, role, r->id, name, why);
    int len = snprintf(path, sizeof path, "%s/keys/%s.next.key", r->dir, file);

    if (status == TL_OK && (len < 0 || (size_t)len >= sizeof path))
        status = tl_why_set(why, TL_ERR_LIMIT, "path \"%s\" is too long", r->dir);
    if (status == TL_OK)
        status = tl_keyfile_save(&key, path, why);
    *pub = key.pub;
    tl_keyfile_wipe(&key);
    return status;
}

static enum tl_status make_tls(struct rotation *r, struct tl_why *why)
{
    char key[TL_PATH_MAX];
    char cert[TL_PATH_MAX];
    enum tl_status status = TL_ERR_LIMIT;

    if (snprintf(key, sizeof key, "%s/keys/tls.next.key", r->dir) < (int)sizeof key &&
        snprintf(cert, sizeof cert, "%s/tls.next.crt", r->dir) < (int)sizeof cert)
        status = tl_tls_identity_create(&r->identity, r->id, why);
    if (status == TL_OK)
        status = tl_tls_identity_save(&r->identity, key, cert, why);
    r->member.tls_cert = tl_bytes(r->identity.cert_der, r->identity.cert_der_len);
    return status;
}

/* Each writing key gets a successor of the same name and rights. */
static enum tl_status make_authors(struct rotation *r, struct tl_why *why)
{
    struct tl_list old = r->member.keys;
    struct tl_buf buf = tl_buf(r->keys, sizeof r->keys);
    struct tl_member_key key;
    enum tl_status status = TL_OK;

    r->member.keys = (struct tl_list){0};
    while (status == TL_OK && tl_list_next(&old, &tl_member_key_record, &key)) {
        char name[TL_MEMBER_ID_MAX + 1];
        char file[TL_MEMBER_ID_MAX + 16];

        (void)snprintf(name, sizeof name, "%.*s", (int)key.name.len, (const char *)key.name.ptr);
        (void)snprintf(file, sizeof file, "author-%s", name);
        status = make_key(r, file, TL_KEY_AUTHOR, name, &key.key, why);
        tl_list_add(&r->member.keys, &buf, &tl_member_key_record, &key);
    }
    return status == TL_OK && buf.full ? TL_ERR_LIMIT : status;
}

static enum tl_status make_all(struct rotation *r, uint16_t what, struct tl_why *why)
{
    enum tl_status status = TL_OK;

    for (size_t i = 0; status == TL_OK && i < sizeof roles / sizeof roles[0]; i++) {
        if ((what & roles[i].bit) != 0)
            status = make_key(r, roles[i].name, roles[i].role, "main",
                              (struct tl_pubkey *)(void *)((uint8_t *)&r->member + roles[i].offset),
                              why);
    }
    if (status == TL_OK && (what & TL_ROTATE_TLS) != 0)
        status = make_tls(r, why);
    return status == TL_OK && (what & TL_ROTATE_AUTHOR) != 0 ? make_authors(r, why) : status;
}

enum tl_status tl_memberdir_rotate(const char *dir, uint16_t what, struct tl_why *why)
{
    uint8_t memory[(size_t)64 << 10];
    struct rotation r = {.dir = dir};
    struct tl_arena arena;
    char path[TL_PATH_MAX];
    enum tl_status status;

    tl_arena_init(&arena, memory, sizeof memory);
    if (!tl_memberdir_path(path, sizeof path, dir, TL_MEMBERDIR_PUBLIC))
        return tl_why_set(why, TL_ERR_LIMIT, "path \"%s\" is too long", dir);
    status = tl_memberfile_read(&r.member, path, &arena, why);
    if (status == TL_OK) {
        (void)snprintf(r.id, sizeof r.id, "%.*s", (int)r.member.id.len,
                       (const char *)r.member.id.ptr);
        status = make_all(&r, what, why);
    }
    /* The public file is that of the keys to come: the old one is in the ledger. */
    if (status == TL_OK)
        status = tl_memberfile_write(&r.member, path, why);
    tl_tls_identity_wipe(&r.identity);
    return status;
}
