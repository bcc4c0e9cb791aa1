/* C2SP signed notes and verifier keys.  See note.h. */
#include "tl/note.h"

#include "lines.h"
#include "tl/base64.h"
#include "tl/check.h"
#include "tl/codec.h"
#include "tl/hash.h"

#include <string.h>

#define DASH "\xe2\x80\x94 " /* U+2014 and a space */

#define SIG_PAYLOAD_BYTES   (TL_NOTE_KEY_ID_BYTES + TL_SIG_BYTES)
#define COSIG_PAYLOAD_BYTES (TL_NOTE_KEY_ID_BYTES + 8u + TL_SIG_BYTES)

/* "cosignature/v1\ntime " ‖ 20 digits ‖ "\n" ‖ text */
#define COSIG_MESSAGE_MAX (64u + TL_NOTE_TEXT_MAX)

/* The characters of Unicode's White_Space above ASCII, in UTF-8. */
static bool is_wide_space(const uint8_t *at, size_t left)
{
    static const char *const spaces[] = {
        "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\xa8",
        "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
    };

    /* U+2000 to U+200A */
    if (left >= 3 && at[0] == 0xe2 && at[1] == 0x80 && at[2] >= 0x80 && at[2] <= 0x8a)
        return true;
    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++) {
        size_t len = strlen(spaces[i]);

        if (left >= len && memcmp(at, spaces[i], len) == 0)
            return true;
    }
    return false;
}

static bool is_name(struct tl_bytes name)
{
    if (name.len == 0 || name.len > TL_NOTE_NAME_MAX || !tl_utf8_ok(name))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == ' ' || name.ptr[i] == '+')
            return false;
        if (name.ptr[i] >= 0x80 && is_wide_space(name.ptr + i, name.len - i))
            return false;
    }
    return true;
}

static void key_id(struct tl_note_key *key)
{
    const uint8_t separator = '\n';
    const uint8_t type = (uint8_t)key->type;
    struct tl_hasher hasher;
    struct tl_hash hash;

    tl_hasher_init(&hasher);
    tl_hasher_put(&hasher, key->name);
    tl_hasher_put(&hasher, tl_bytes(&separator, 1));
    tl_hasher_put(&hasher, tl_bytes(&type, 1));
    tl_hasher_put(&hasher, tl_bytes(key->key.b, sizeof key->key.b));
    tl_hasher_done(&hasher, &hash);
    memcpy(key->id, hash.b, sizeof key->id);
}

enum tl_status tl_note_key_set(struct tl_note_key *out, struct tl_bytes name,
                               enum tl_note_type type, const struct tl_pubkey *key)
{
    bool known = type == TL_NOTE_ED25519 || type == TL_NOTE_COSIGNATURE;

    *out = (struct tl_note_key){.name = name, .type = type, .key = *key};
    if (!known || !is_name(name) || !tl_pubkey_valid(key)) {
        *out = (struct tl_note_key){.type = TL_NOTE_ED25519};
        return TL_ERR_RANGE;
    }
    key_id(out);
    return TL_OK;
}

/* Takes what stands before the next `mark` off the front, and the mark. */
static bool part_take(struct tl_bytes *rest, uint8_t mark, struct tl_bytes *part)
{
    const uint8_t *at = rest->len == 0 ? NULL : memchr(rest->ptr, mark, rest->len);

    if (at == NULL)
        return false;
    *part = tl_bytes(rest->ptr, (size_t)(at - rest->ptr));
    *rest = tl_bytes(at + 1, rest->len - part->len - 1);
    return true;
}

static bool lower_hex(struct tl_bytes text, uint8_t id[TL_NOTE_KEY_ID_BYTES])
{
    char digits[2 * TL_NOTE_KEY_ID_BYTES + 1];

    if (text.len != sizeof digits - 1)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] >= 'A' && text.ptr[i] <= 'F')
            return false;
    }
    memcpy(digits, text.ptr, text.len);
    digits[text.len] = '\0';
    return tl_unhex(id, TL_NOTE_KEY_ID_BYTES, digits);
}

enum tl_status tl_vkey_parse(struct tl_note_key *out, struct tl_bytes text)
{
    struct tl_bytes name;
    struct tl_bytes hex;
    uint8_t id[TL_NOTE_KEY_ID_BYTES];
    uint8_t blob[1 + TL_PUBKEY_BYTES];
    struct tl_pubkey key;
    size_t len;
    enum tl_status status;

    *out = (struct tl_note_key){.type = TL_NOTE_ED25519};
    if (!part_take(&text, '+', &name) || !part_take(&text, '+', &hex) || !lower_hex(hex, id))
        return TL_ERR_ENCODING;
    if (!tl_base64_read(blob, sizeof blob, text, &len))
        return TL_ERR_ENCODING;
    if (len != sizeof blob)
        return TL_ERR_RANGE;
    memcpy(key.b, blob + 1, sizeof key.b);
    status = tl_note_key_set(out, name, (enum tl_note_type)blob[0], &key);
    if (status != TL_OK || memcmp(out->id, id, sizeof id) == 0)
        return status;
    *out = (struct tl_note_key){.type = TL_NOTE_ED25519};
    return TL_ERR_PROOF;
}

void tl_vkey_write(struct tl_buf *out, const struct tl_note_key *key)
{
    char hex[2 * TL_NOTE_KEY_ID_BYTES + 1];
    uint8_t blob[1 + TL_PUBKEY_BYTES];

    tl_hex(hex, tl_bytes(key->id, sizeof key->id));
    blob[0] = (uint8_t)key->type;
    memcpy(blob + 1, key->key.b, sizeof key->key.b);
    tl_buf_put(out, key->name.ptr, key->name.len);
    tl_put_text(out, "+");
    tl_put_text(out, hex);
    tl_put_text(out, "+");
    tl_base64_write(out, tl_bytes(blob, sizeof blob));
}

/* One signature line; of long payloads only the beginning is kept. */
struct sig_line {
    struct tl_bytes name;
    uint8_t payload[COSIG_PAYLOAD_BYTES];
    size_t len;
};

static bool line_parse(struct tl_bytes line, struct sig_line *out)
{
    if (!tl_word_take(&line, DASH) || !part_take(&line, ' ', &out->name) || !is_name(out->name))
        return false;
    return tl_base64_read(out->payload, sizeof out->payload, line, &out->len) &&
           out->len > TL_NOTE_KEY_ID_BYTES;
}

static bool is_text(struct tl_bytes text)
{
    struct tl_bytes line;

    if (text.len == 0)
        return false;
    while (tl_line_take(&text, &line)) {
        if (!tl_utf8_ok(line))
            return false;
    }
    return text.len == 0;
}

/* Where the signature lines begin: behind the last empty line.  0: nowhere. */
static size_t lines_start(struct tl_bytes bytes)
{
    size_t at = bytes.len;

    while (at >= 2 && !(bytes.ptr[at - 1] == '\n' && bytes.ptr[at - 2] == '\n'))
        at--;
    return at >= 2 ? at : 0;
}

static enum tl_status lines_check(struct tl_bytes lines, uint32_t *count)
{
    struct tl_bytes line;
    struct sig_line parsed;

    *count = 0;
    while (tl_line_take(&lines, &line)) {
        if (!line_parse(line, &parsed))
            return TL_ERR_ENCODING;
        if (++*count > TL_NOTE_LINES_MAX)
            return TL_ERR_RANGE;
    }
    return lines.len == 0 && *count != 0 ? TL_OK : TL_ERR_ENCODING;
}

enum tl_status tl_note_parse(struct tl_note *note, struct tl_bytes bytes)
{
    size_t start = lines_start(bytes);
    enum tl_status status = TL_ERR_ENCODING;

    *note = (struct tl_note){0};
    if (bytes.len > TL_NOTE_BYTES_MAX)
        return TL_ERR_RANGE;
    if (start == 0)
        return TL_ERR_ENCODING;
    note->text = tl_bytes(bytes.ptr, start - 1);
    note->lines = tl_bytes(bytes.ptr + start, bytes.len - start);
    if (note->text.len > TL_NOTE_TEXT_MAX)
        status = TL_ERR_RANGE;
    else if (is_text(note->text))
        status = lines_check(note->lines, &note->count);
    if (status != TL_OK)
        *note = (struct tl_note){0};
    return status;
}

/* What a cosigner signs: a time, then the whole text. */
static void cosig_message(struct tl_buf *out, struct tl_bytes text, uint64_t time_s)
{
    tl_put_text(out, "cosignature/v1\ntime ");
    tl_put_decimal(out, time_s);
    tl_put_text(out, "\n");
    tl_buf_put(out, text.ptr, text.len);
}

static enum tl_status cosig_verify(const struct sig_line *line, struct tl_bytes text,
                                   const struct tl_note_key *key, uint64_t *time_s)
{
    uint8_t message[COSIG_MESSAGE_MAX];
    struct tl_buf buf = tl_buf(message, sizeof message);
    struct tl_sig sig;

    if (line->len != COSIG_PAYLOAD_BYTES)
        return TL_ERR_SIGNATURE;
    *time_s = tl_get_u64be(line->payload + TL_NOTE_KEY_ID_BYTES);
    memcpy(sig.b, line->payload + TL_NOTE_KEY_ID_BYTES + 8, sizeof sig.b);
    cosig_message(&buf, text, *time_s);
    TL_CHECK(!buf.full);
    return tl_sig_verify(&sig, tl_buf_bytes(&buf), &key->key);
}

static enum tl_status line_verify(const struct sig_line *line, struct tl_bytes text,
                                  const struct tl_note_key *key, uint64_t *time_s)
{
    struct tl_sig sig;

    *time_s = 0;
    if (key->type == TL_NOTE_COSIGNATURE)
        return cosig_verify(line, text, key, time_s);
    if (line->len != SIG_PAYLOAD_BYTES)
        return TL_ERR_SIGNATURE;
    memcpy(sig.b, line->payload + TL_NOTE_KEY_ID_BYTES, sizeof sig.b);
    return tl_sig_verify(&sig, text, &key->key);
}

enum tl_status tl_note_verify(const struct tl_note *note, const struct tl_note_key *key,
                              uint64_t *time_s)
{
    struct tl_bytes rest = note->lines;
    struct tl_bytes text;
    enum tl_status result = TL_ERR_NOT_FOUND;

    TL_CHECK(note->text.len <= TL_NOTE_TEXT_MAX);
    *time_s = 0;
    while (tl_line_take(&rest, &text)) {
        struct sig_line line;
        uint64_t line_time_s;

        if (!line_parse(text, &line) || !tl_bytes_eq(line.name, key->name) ||
            memcmp(line.payload, key->id, sizeof key->id) != 0)
            continue;
        if (line_verify(&line, note->text, key, &line_time_s) != TL_OK) {
            *time_s = 0;
            return TL_ERR_SIGNATURE;
        }
        if (result == TL_ERR_NOT_FOUND)
            *time_s = line_time_s;
        result = TL_OK;
    }
    return result;
}

void tl_note_open(struct tl_buf *out, struct tl_bytes text)
{
    TL_CHECK(is_text(text) && text.len <= TL_NOTE_TEXT_MAX);
    tl_buf_put(out, text.ptr, text.len);
    tl_put_text(out, "\n");
}

void tl_note_add(struct tl_buf *out, struct tl_bytes name, struct tl_bytes payload)
{
    TL_CHECK(is_name(name) && payload.len > TL_NOTE_KEY_ID_BYTES);
    tl_put_text(out, DASH);
    tl_buf_put(out, name.ptr, name.len);
    tl_put_text(out, " ");
    tl_base64_write(out, payload);
    tl_put_text(out, "\n");
}

void tl_note_sign(struct tl_buf *out, struct tl_bytes text, const struct tl_note_key *key,
                  const struct tl_seckey *secret)
{
    uint8_t payload[SIG_PAYLOAD_BYTES];
    struct tl_sig sig;

    TL_CHECK(key->type == TL_NOTE_ED25519);
    tl_sign(&sig, text, secret);
    memcpy(payload, key->id, sizeof key->id);
    memcpy(payload + sizeof key->id, sig.b, sizeof sig.b);
    tl_note_add(out, key->name, tl_bytes(payload, sizeof payload));
}

void tl_note_cosign(struct tl_buf *out, struct tl_bytes text, const struct tl_note_key *key,
                    uint64_t time_s, const struct tl_seckey *secret)
{
    uint8_t message[COSIG_MESSAGE_MAX];
    struct tl_buf buf = tl_buf(message, sizeof message);
    uint8_t payload[COSIG_PAYLOAD_BYTES];
    struct tl_sig sig;

    TL_CHECK(key->type == TL_NOTE_COSIGNATURE && text.len <= TL_NOTE_TEXT_MAX);
    cosig_message(&buf, text, time_s);
    TL_CHECK(!buf.full);
    tl_sign(&sig, tl_buf_bytes(&buf), secret);
    memcpy(payload, key->id, sizeof key->id);
    tl_put_u64be(payload + sizeof key->id, time_s);
    memcpy(payload + sizeof key->id + 8, sig.b, sizeof sig.b);
    tl_note_add(out, key->name, tl_bytes(payload, sizeof payload));
}
