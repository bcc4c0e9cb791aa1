/* member.txt: what a member tells the others, as text. */
#include "tl/entry.h"
#include "tl/keyfile.h"
#include "tl/memberdir.h"
#include "tl/tlscert.h"

#include "text_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TITLE                "tallystick member v1"
#define MEMBERFILE_BYTES_MAX 65536u
#define SEPARATORS           ", "
#define MS_PER_DAY           UINT64_C(86400000)

static const char *const role_words[] = {"creditor",   "servicer", "agency",    "law_firm",
                                         "debt_buyer", "bureau",   "processor", "gateway",
                                         "auditor",    "admin"};
static const char *const right_words[] = {"read",   "submit", "calendar", "policy", "operate",
                                          "govern", "vault",  "audit",    "keys"};
const struct tl_names tl_role_words = {role_words, sizeof role_words / sizeof role_words[0]};
const struct tl_names tl_right_words = {right_words, sizeof right_words / sizeof right_words[0]};

_Static_assert((1u << sizeof role_words / sizeof role_words[0]) - 1u == TL_ROLE_ALL,
               "every role has a word");
_Static_assert((1u << sizeof right_words / sizeof right_words[0]) - 1u == TL_RIGHT_ALL,
               "every right has a word");

bool tl_words_parse(const struct tl_names *names, const char *text, uint16_t *bits)
{
    *bits = 0;
    for (text += strspn(text, SEPARATORS); *text != '\0'; text += strspn(text, SEPARATORS)) {
        const struct tl_bytes word = tl_bytes(text, strcspn(text, SEPARATORS));
        uint8_t index;
        if (tl_bytes_eq(word, tl_bytes_str("all")))
            *bits = (uint16_t)((1u << names->count) - 1u);
        else if (tl_name_find(names, word, &index))
            *bits = (uint16_t)(*bits | 1u << index);
        else
            return false;
        text += word.len;
    }
    return true;
}

void tl_words_print(const struct tl_names *names, uint16_t bits, char *out, size_t cap)
{
    size_t len = 0;

    if (cap > 0)
        out[0] = '\0';
    for (size_t i = 0; i < names->count; i++) {
        int wrote;
        if (((uint32_t)bits >> i & 1u) == 0 || len >= cap)
            continue;
        wrote = snprintf(out + len, cap - len, "%s%s", len == 0 ? "" : ",", names->at[i]);
        len += wrote < 0 ? 0 : (size_t)wrote;
    }
}

/* ---- writing ---- */

static void put(struct tl_buf *out, const char *text)
{
    tl_buf_put(out, text, strlen(text));
}

static void put_line(struct tl_buf *out, const char *word, struct tl_bytes text)
{
    put(out, word);
    tl_buf_byte(out, ' ');
    tl_buf_put(out, text.ptr, text.len);
    tl_buf_byte(out, '\n');
}

static void put_key(struct tl_buf *out, const char *word, const struct tl_pubkey *key)
{
    char hex[2 * TL_PUBKEY_BYTES + 1];

    tl_hex(hex, tl_bytes(key->b, sizeof key->b));
    put_line(out, word, tl_bytes_str(hex));
}

static void put_authors(struct tl_buf *out, struct tl_list keys)
{
    struct tl_member_key key;
    char rights[96];
    char until[16];

    while (tl_list_next(&keys, &tl_member_key_record, &key)) {
        tl_words_print(&tl_right_words, key.rights, rights, sizeof rights);
        put(out, "author ");
        tl_buf_put(out, key.name.ptr, key.name.len);
        tl_buf_byte(out, ' ');
        if (key.expires_ms == 0) {
            put_key(out, rights, &key.key);
            continue;
        }
        tl_date_text(until, (int32_t)(key.expires_ms / MS_PER_DAY));
        put_key(out, rights, &key.key);
        out->len--;
        put_line(out, "", tl_bytes_str(until));
    }
}

enum tl_status tl_memberfile_write(const struct tl_member *member, const char *path,
                                   struct tl_why *why)
{
    uint8_t memory[MEMBERFILE_BYTES_MAX];
    struct tl_buf out = tl_buf(memory, sizeof memory);
    char pem[TL_TLS_PEM_MAX];
    char roles[128];
    enum tl_status status = tl_tls_cert_to_pem(member->tls_cert, pem, sizeof pem);

    if (status != TL_OK)
        return tl_why_set(why, status, "the TLS certificate for \"%s\" cannot be written", path);
    tl_words_print(&tl_role_words, member->roles, roles, sizeof roles);
    put(&out, TITLE "\n");
    put_line(&out, "id", member->id);
    put_line(&out, "roles", tl_bytes_str(roles));
    put_line(&out, "address", member->address);
    put_key(&out, "consensus", &member->consensus_key);
    put_key(&out, "log", &member->log_key);
    put_key(&out, "cosign", &member->cosign_key);
    put_key(&out, "vault", &member->vault_key);
    put_authors(&out, member->keys);
    put(&out, pem);
    if (out.full)
        return tl_why_set(why, TL_ERR_LIMIT, "member file \"%s\" would be too long", path);
    return tl_file_write(path, tl_buf_bytes(&out), TL_FILE_PUBLIC, why);
}

/* ---- reading ---- */

struct reading {
    char *at;
    const char *path;
    struct tl_arena *arena;
    struct tl_why *why;
};

static enum tl_status wrong(const struct reading *in, const char *what)
{
    return tl_why_set(in->why, TL_ERR_ENCODING, "member file \"%s\": %s; ask for it again",
                      in->path, what);
}

static enum tl_status read_text(struct reading *in, const char *word, size_t max,
                                struct tl_bytes *out)
{
    const char *text = tl_text_field(&in->at, word);
    char what[64];

    (void)snprintf(what, sizeof what, "line \"%s\" is missing or wrong", word);
    if (text == NULL || strlen(text) == 0 || strlen(text) > max)
        return wrong(in, what);
    if (!tl_arena_copy(in->arena, tl_bytes_str(text), out))
        return wrong(in, "it is too long");
    return TL_OK;
}

static enum tl_status read_key(struct reading *in, const char *word, struct tl_pubkey *out)
{
    const char *hex = tl_text_field(&in->at, word);
    char what[64];

    (void)snprintf(what, sizeof what, "line \"%s\" holds no valid key", word);
    if (hex == NULL || !tl_unhex(out->b, sizeof out->b, hex) ||
        (strcmp(word, "vault") != 0 && !tl_pubkey_valid(out)))
        return wrong(in, what);
    return TL_OK;
}

bool tl_key_expiry_parse(const char *text, uint64_t *expires_ms)
{
    int32_t date;

    if (!tl_date_parse(tl_bytes_str(text), &date) || date <= 0)
        return false;
    *expires_ms = (uint64_t)date * MS_PER_DAY;
    return true;
}

static enum tl_status read_author(struct reading *in, char *line, struct tl_member_key *key)
{
    char *rights = strchr(line, ' ');
    char *hex = rights == NULL ? NULL : strchr(rights + 1, ' ');
    char *until;

    if (hex == NULL)
        return wrong(in, "an \"author\" line must be: author NAME RIGHTS KEY [UNTIL]");
    *rights++ = '\0';
    *hex++ = '\0';
    until = strchr(hex, ' ');
    if (until != NULL)
        *until++ = '\0';
    if (!tl_key_word_ok(line))
        return wrong(in, "an \"author\" line has no valid name");
    if (!tl_words_parse(&tl_right_words, rights, &key->rights))
        return wrong(in, "an \"author\" line has an unknown right");
    if (!tl_unhex(key->key.b, sizeof key->key.b, hex) || !tl_pubkey_valid(&key->key))
        return wrong(in, "an \"author\" line holds no valid key");
    key->expires_ms = 0;
    if (until != NULL && !tl_key_expiry_parse(until, &key->expires_ms))
        return wrong(in, "an \"author\" line has no valid day of expiry");
    key->name = tl_bytes_str(line);
    return TL_OK;
}

static enum tl_status read_authors(struct reading *in, struct tl_list *keys)
{
    const size_t cap = TL_MEMBER_KEYS_MAX * 96u;
    struct tl_buf buf = tl_buf(tl_arena_take(in->arena, cap), cap);
    char *line;

    if (buf.ptr == NULL)
        return wrong(in, "it is too long");
    *keys = (struct tl_list){0};
    while ((line = tl_text_field(&in->at, "author")) != NULL) {
        struct tl_member_key key;
        enum tl_status status = read_author(in, line, &key);
        if (status != TL_OK)
            return status;
        if (keys->count == TL_MEMBER_KEYS_MAX)
            return wrong(in, "it has too many \"author\" lines");
        tl_list_add(keys, &buf, &tl_member_key_record, &key);
    }
    return TL_OK;
}

/* The certificate must name the member: TLS checks that name. */
static enum tl_status read_cert(struct reading *in, const struct tl_bytes id, struct tl_bytes *out)
{
    char name[TL_MEMBER_ID_MAX + 1];
    uint8_t *der = tl_arena_take(in->arena, TL_TLS_CERT_MAX);
    size_t len;

    if (der == NULL || tl_tls_cert_from_pem(in->at, der, TL_TLS_CERT_MAX, &len) != TL_OK)
        return wrong(in, "it does not end with a certificate");
    *out = tl_bytes(der, len);
    if (tl_tls_cert_name(*out, name) != TL_OK || !tl_bytes_eq(tl_bytes_str(name), id))
        return wrong(in, "the certificate is for another member");
    return TL_OK;
}

static enum tl_status read_id(struct reading *in, struct tl_bytes *id)
{
    const enum tl_status status = read_text(in, "id", TL_MEMBER_ID_MAX, id);
    char word[TL_MEMBER_ID_MAX + 1];

    if (status != TL_OK)
        return status;
    (void)snprintf(word, sizeof word, "%.*s", (int)id->len, (const char *)id->ptr);
    return tl_key_word_ok(word) ? TL_OK : wrong(in, "line \"id\" is not a valid member id");
}

static enum tl_status read_head(struct reading *in, struct tl_member *member)
{
    const char *title = tl_text_line(&in->at);
    const char *roles;
    enum tl_status status;

    if (title == NULL || strcmp(title, TITLE) != 0)
        return wrong(in, "it does not begin with \"" TITLE "\"");
    status = read_id(in, &member->id);
    if (status != TL_OK)
        return status;
    roles = tl_text_field(&in->at, "roles");
    if (roles == NULL || !tl_words_parse(&tl_role_words, roles, &member->roles))
        return wrong(in, "line \"roles\" is missing or names an unknown role");
    return read_text(in, "address", TL_ADDRESS_MAX, &member->address);
}

static enum tl_status read_member(struct reading *in, struct tl_member *member)
{
    enum tl_status status = read_head(in, member);

    if (status == TL_OK)
        status = read_key(in, "consensus", &member->consensus_key);
    if (status == TL_OK)
        status = read_key(in, "log", &member->log_key);
    if (status == TL_OK)
        status = read_key(in, "cosign", &member->cosign_key);
    if (status == TL_OK)
        status = read_key(in, "vault", &member->vault_key);
    if (status == TL_OK)
        status = read_authors(in, &member->keys);
    if (status == TL_OK)
        status = read_cert(in, member->id, &member->tls_cert);
    return status;
}

enum tl_status tl_memberfile_read(struct tl_member *member, const char *path,
                                  struct tl_arena *arena, struct tl_why *why)
{
    struct reading in = {NULL, path, arena, why};
    struct tl_file_bytes file;
    enum tl_status status;

    *member = (struct tl_member){0};
    status = tl_file_read(path, MEMBERFILE_BYTES_MAX, &file, why);
    if (status != TL_OK)
        return status;
    in.at = file.text;
    status = read_member(&in, member);
    tl_file_bytes_free(&file);
    if (status != TL_OK)
        *member = (struct tl_member){0};
    return status;
}
