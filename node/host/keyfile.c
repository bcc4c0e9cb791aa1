/* Key files: text in, keys out. */
#include "tl/keyfile.h"

#include "tl/vault_box.h"

#include "text_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECRET_TITLE      "tallystick secret key v1"
#define PUBLIC_TITLE      "tallystick public key v1"
#define KEYFILE_BYTES_MAX 1024u

static const char *const role_words[] = {"author", "consensus", "log", "cosign", "vault"};
const struct tl_names tl_key_role_names = {role_words, TL_KEY_ROLE_COUNT};

bool tl_key_word_ok(const char *word)
{
    const size_t len = strlen(word);

    if (len == 0 || len > TL_MEMBER_ID_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        const char c = word[i];
        const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!plain && (i == 0 || (c != '-' && c != '.' && c != '_')))
            return false;
    }
    return true;
}

/* What the role's key is made of its seed. */
static void derive(enum tl_key_role role, struct tl_pubkey *pub, struct tl_seckey *sec,
                   const uint8_t seed[TL_SEED_BYTES])
{
    if (role == TL_KEY_VAULT)
        tl_vault_keypair(pub, sec, seed);
    else
        tl_keypair(pub, sec, seed);
}

void tl_keyfile_wipe(struct tl_keyfile *key)
{
    tl_wipe(&key->sec, sizeof key->sec);
}

static enum tl_status check_word(const char *what, const char *word, struct tl_why *why)
{
    if (tl_key_word_ok(word))
        return TL_OK;
    return tl_why_set(why, TL_ERR_USAGE,
                      "%s \"%s\" must be 1 to %u of a-z 0-9 - . _ and begin with a letter or digit",
                      what, word, TL_MEMBER_ID_MAX);
}

enum tl_status tl_keyfile_generate(struct tl_keyfile *key, enum tl_key_role role,
                                   const char *member, const char *name, struct tl_why *why)
{
    uint8_t seed[TL_SEED_BYTES];
    enum tl_status status = check_word("member id", member, why);

    *key = (struct tl_keyfile){.role = role};
    if (status == TL_OK)
        status = check_word("key name", name, why);
    if (status != TL_OK)
        return status;
    (void)snprintf(key->member, sizeof key->member, "%s", member);
    (void)snprintf(key->name, sizeof key->name, "%s", name);
    tl_random(seed, sizeof seed);
    derive(role, &key->pub, &key->sec, seed);
    tl_wipe(seed, sizeof seed);
    return TL_OK;
}

/* ---- writing ---- */

static size_t print_key(const struct tl_keyfile *key, bool secret, char *out, size_t cap)
{
    char pub[2 * TL_PUBKEY_BYTES + 1];
    char seed[2 * TL_SEED_BYTES + 1];
    int len;

    tl_hex(pub, tl_bytes(key->pub.b, sizeof key->pub.b));
    tl_hex(seed, tl_bytes(key->sec.b, TL_SEED_BYTES)); /* seed ‖ the rest */
    len = snprintf(out, cap, "%s\nrole %s\nmember %s\nname %s\npublic %s\n%s%s%s",
                   secret ? SECRET_TITLE : PUBLIC_TITLE, role_words[key->role], key->member,
                   key->name, pub, secret ? "seed " : "", secret ? seed : "", secret ? "\n" : "");
    tl_wipe(seed, sizeof seed);
    return (size_t)len;
}

enum tl_status tl_keyfile_save(const struct tl_keyfile *key, const char *path, struct tl_why *why)
{
    char public_path[TL_PATH_MAX];
    char text[KEYFILE_BYTES_MAX];
    enum tl_status status;
    size_t len;

    if (snprintf(public_path, sizeof public_path, "%s.pub", path) >= (int)sizeof public_path)
        return tl_why_set(why, TL_ERR_LIMIT, "path \"%s\" is too long", path);
    len = print_key(key, true, text, sizeof text);
    status = tl_file_create(path, tl_bytes(text, len), TL_FILE_SECRET, why);
    tl_wipe(text, sizeof text);
    if (status != TL_OK)
        return status;
    len = print_key(key, false, text, sizeof text);
    return tl_file_write(public_path, tl_bytes(text, len), TL_FILE_PUBLIC, why);
}

/* ---- reading ---- */

static enum tl_status damaged(const char *path, const char *what, struct tl_why *why)
{
    return tl_why_set(why, TL_ERR_CORRUPT, "key file \"%s\" is damaged: %s; restore it from a copy",
                      path, what);
}

/* Fields in their fixed order; one that is absent or wrong fails the file. */
static enum tl_status parse_key(struct tl_keyfile *key, bool secret, char *text, const char *path,
                                struct tl_why *why)
{
    uint8_t seed[TL_SEED_BYTES];
    struct tl_pubkey derived;
    const char *title = tl_text_line(&text);
    const char *role = tl_text_field(&text, "role");
    const char *member = tl_text_field(&text, "member");
    const char *name = tl_text_field(&text, "name");
    const char *pub = tl_text_field(&text, "public");
    uint8_t index;

    if (title == NULL || strcmp(title, secret ? SECRET_TITLE : PUBLIC_TITLE) != 0)
        return tl_why_set(why, TL_ERR_ENCODING, "\"%s\" is not a %s key file", path,
                          secret ? "secret" : "public");
    if (role == NULL || !tl_name_find(&tl_key_role_names, tl_bytes_str(role), &index))
        return damaged(path, "no known role", why);
    if (member == NULL || name == NULL || !tl_key_word_ok(member) || !tl_key_word_ok(name))
        return damaged(path, "no member or name", why);
    key->role = (enum tl_key_role)index;
    if (pub == NULL || !tl_unhex(key->pub.b, TL_PUBKEY_BYTES, pub) ||
        (key->role != TL_KEY_VAULT && !tl_pubkey_valid(&key->pub)))
        return damaged(path, "no valid public key", why);
    (void)snprintf(key->member, sizeof key->member, "%s", member);
    (void)snprintf(key->name, sizeof key->name, "%s", name);
    if (secret) {
        const char *hex = tl_text_field(&text, "seed");
        if (hex == NULL || !tl_unhex(seed, sizeof seed, hex))
            return damaged(path, "no seed", why);
        derive(key->role, &derived, &key->sec, seed);
        tl_wipe(seed, sizeof seed);
        if (memcmp(derived.b, key->pub.b, sizeof derived.b) != 0)
            return damaged(path, "seed and public key do not belong together", why);
    }
    return *text == '\0' ? TL_OK : damaged(path, "something follows the last line", why);
}

static enum tl_status load(struct tl_keyfile *key, const char *path, bool secret,
                           struct tl_why *why)
{
    struct tl_file_bytes file;
    enum tl_status status;

    *key = (struct tl_keyfile){.role = TL_KEY_AUTHOR};
    status = secret ? tl_file_read_secret(path, KEYFILE_BYTES_MAX, &file, why)
                    : tl_file_read(path, KEYFILE_BYTES_MAX, &file, why);
    if (status != TL_OK)
        return status;
    status = parse_key(key, secret, file.text, path, why);
    tl_file_bytes_free(&file);
    if (status != TL_OK) {
        tl_keyfile_wipe(key);
        *key = (struct tl_keyfile){.role = TL_KEY_AUTHOR};
    }
    return status;
}

enum tl_status tl_keyfile_load(struct tl_keyfile *key, const char *path, enum tl_key_role role,
                               struct tl_why *why)
{
    const enum tl_status status = load(key, path, true, why);

    if (status != TL_OK || key->role == role)
        return status;
    tl_keyfile_wipe(key);
    return tl_why_set(why, TL_ERR_DENIED,
                      "key file \"%s\" has the role %s and cannot be used as a %s key", path,
                      role_words[key->role], role_words[role]);
}

enum tl_status tl_keyfile_load_public(struct tl_keyfile *key, const char *path, struct tl_why *why)
{
    return load(key, path, false, why);
}
