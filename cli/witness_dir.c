#include "witness_dir.h"

#include "mem.h"

#include "tl/check.h"
#include "tl/hash.h"

#include <stdio.h>
#include <string.h>

#define MACHINE_FAILED 500u

static enum tl_status path_of(const struct tl_witness_dir *dir, const char *name,
                              char out[TL_PATH_MAX], struct tl_why *why)
{
    if (tl_path_join(out, TL_PATH_MAX, dir->path, name))
        return TL_OK;
    return tl_why_set(why, TL_ERR_LIMIT, "the path is too long");
}

static enum tl_status log_path(const struct tl_witness_dir *dir, struct tl_bytes origin,
                               char out[TL_PATH_MAX], struct tl_why *why)
{
    char hex[2u * TL_HASH_BYTES + 1u];
    char name[sizeof hex + 16];
    struct tl_hash hash;

    tl_hash_plain(&hash, origin);
    tl_hex(hex, tl_bytes(hash.b, sizeof hash.b));
    (void)snprintf(name, sizeof name, "logs/%s.note", hex);
    return path_of(dir, name, out, why);
}

/* ---- opening ---- */

static enum tl_status load_name(struct tl_witness_dir *dir, const char *name, struct tl_why *why)
{
    char path[TL_PATH_MAX];
    char line[TL_NOTE_NAME_MAX + 2];
    struct tl_file_bytes kept;
    enum tl_status status = path_of(dir, "name", path, why);

    if (status != TL_OK)
        return status;
    if (!tl_file_exists(path)) {
        if (name == NULL || strlen(name) > TL_NOTE_NAME_MAX)
            return tl_why_set(why, TL_ERR_USAGE,
                              "a new witness needs a name of its own, like witness.example/w1");
        (void)snprintf(dir->name, sizeof dir->name, "%s", name);
        (void)snprintf(line, sizeof line, "%s\n", name);
        return tl_file_create(path, tl_bytes_str(line), TL_FILE_PUBLIC, why);
    }
    status = tl_file_read(path, TL_NOTE_NAME_MAX + 1, &kept, why);
    if (status != TL_OK)
        return status;
    kept.text[strcspn(kept.text, "\n")] = '\0';
    (void)snprintf(dir->name, sizeof dir->name, "%s", kept.text);
    tl_file_bytes_free(&kept);
    return name == NULL || strcmp(name, dir->name) == 0
               ? TL_OK
               : tl_why_set(why, TL_ERR_CONFLICT, "this witness is called \"%s\"", dir->name);
}

static enum tl_status load_key(struct tl_witness_dir *dir, struct tl_why *why)
{
    char path[TL_PATH_MAX];
    enum tl_status status = path_of(dir, "cosign.key", path, why);

    if (status == TL_OK && tl_file_exists(path)) {
        status = tl_keyfile_load(&dir->key, path, TL_KEY_COSIGN, why);
    } else if (status == TL_OK) {
        status = tl_keyfile_generate(&dir->key, TL_KEY_COSIGN, "witness", "main", why);
        if (status == TL_OK)
            status = tl_keyfile_save(&dir->key, path, why);
    }
    if (status != TL_OK)
        return status;
    status =
        tl_note_key_set(&dir->own, tl_bytes_str(dir->name), TL_NOTE_COSIGNATURE, &dir->key.pub);
    return status == TL_OK
               ? TL_OK
               : tl_why_set(why, TL_ERR_USAGE, "\"%s\" is no name for a witness: no blanks, no '+'",
                            dir->name);
}

enum tl_status tl_witness_dir_open(struct tl_witness_dir *dir, const char *path, const char *name,
                                   struct tl_why *why)
{
    char logs[TL_PATH_MAX];
    enum tl_status status;

    *dir = (struct tl_witness_dir){.path = path, .lock = {-1}};
    status = path_of(dir, "logs", logs, why);
    if (status == TL_OK)
        status = tl_dir_make(logs, TL_FILE_PUBLIC, why);
    if (status == TL_OK)
        status = tl_dir_lock(&dir->lock, path, why);
    if (status == TL_OK)
        status = load_name(dir, name, why);
    if (status == TL_OK)
        status = load_key(dir, why);
    if (status != TL_OK)
        tl_witness_dir_close(dir);
    return status;
}

void tl_witness_dir_close(struct tl_witness_dir *dir)
{
    for (uint32_t i = 0; i < dir->count; i++)
        tl_mem_free(dir->keys[i]);
    for (uint32_t i = 0; i < dir->policies; i++) {
        tl_file_bytes_free(&dir->text[i]);
        tl_mem_free(dir->policy[i]);
    }
    tl_keyfile_wipe(&dir->key);
    if (dir->lock.fd >= 0)
        tl_dir_unlock(&dir->lock);
    *dir = (struct tl_witness_dir){.lock = {-1}};
}

/* ---- logs ---- */

static enum tl_status recall(const struct tl_witness_dir *dir, struct tl_witness_log *log,
                             struct tl_bytes bytes, struct tl_why *why)
{
    struct tl_checkpoint checkpoint;
    struct tl_note note;
    uint64_t time_s;
    enum tl_status status = tl_note_parse(&note, bytes);

    if (status == TL_OK)
        status = tl_note_verify(&note, &dir->own, &time_s);
    if (status == TL_OK)
        status = tl_checkpoint_parse(&checkpoint, note.text);
    if (status == TL_OK && !tl_bytes_eq(checkpoint.origin, log->origin))
        status = TL_ERR_WRONG_CHAIN;
    if (status != TL_OK)
        return tl_why_set(why, TL_ERR_CORRUPT, "what it remembers of \"%.*s\" was not signed by it",
                          (int)log->origin.len, (const char *)log->origin.ptr);
    log->size = checkpoint.size;
    log->root = checkpoint.root;
    return TL_OK;
}

static enum tl_status remember(const struct tl_witness_dir *dir, struct tl_witness_log *log,
                               struct tl_why *why)
{
    char path[TL_PATH_MAX];
    struct tl_file_bytes bytes;
    enum tl_status status = log_path(dir, log->origin, path, why);

    if (status != TL_OK || !tl_file_exists(path))
        return status;
    status = tl_file_read(path, TL_NOTE_BYTES_MAX, &bytes, why);
    if (status != TL_OK)
        return status;
    status = recall(dir, log, tl_bytes(bytes.text, bytes.len), why);
    tl_file_bytes_free(&bytes);
    return status;
}

/* The log of that name, made when there is none yet. */
static enum tl_status log_named(struct tl_witness_dir *dir, struct tl_bytes origin, uint32_t *at,
                                struct tl_why *why)
{
    for (*at = 0; *at < dir->count; ++*at)
        if (tl_bytes_eq(dir->log[*at].origin, origin))
            return TL_OK;
    if (dir->count == TL_WITNESS_LOGS_MAX)
        return tl_why_set(why, TL_ERR_LIMIT, "a witness takes at most %u logs",
                          TL_WITNESS_LOGS_MAX);
    dir->count++;
    dir->keys[*at] = tl_mem_new(TL_TLOG_LOGS_MAX, sizeof *dir->keys[*at]);
    dir->log[*at] = (struct tl_witness_log){.origin = origin, .keys = dir->keys[*at]};
    return remember(dir, &dir->log[*at], why);
}

static enum tl_status add_key(struct tl_witness_dir *dir, const struct tl_note_key *key,
                              struct tl_why *why)
{
    struct tl_witness_log *log;
    struct tl_note_key *keys;
    uint32_t at;
    enum tl_status status = log_named(dir, key->name, &at, why);

    if (status != TL_OK)
        return status;
    log = &dir->log[at];
    keys = dir->keys[at];
    for (size_t i = 0; i < log->key_count; i++)
        if (memcmp(keys[i].key.b, key->key.b, sizeof key->key.b) == 0)
            return TL_OK;
    if (log->key_count == TL_TLOG_LOGS_MAX)
        return tl_why_set(why, TL_ERR_LIMIT, "a log has at most %u keys", TL_TLOG_LOGS_MAX);
    keys[log->key_count++] = *key;
    return TL_OK;
}

enum tl_status tl_witness_dir_add(struct tl_witness_dir *dir, const char *policy,
                                  struct tl_why *why)
{
    struct tl_file_bytes *text = &dir->text[dir->policies];
    struct tl_tlog_policy *parsed;
    const char *reason = "";
    uint32_t line = 0;
    enum tl_status status;

    if (dir->policies == TL_WITNESS_LOGS_MAX)
        return tl_why_set(why, TL_ERR_LIMIT, "too many policies");
    status = tl_file_read(policy, TL_TLOG_POLICY_MAX, text, why);
    if (status != TL_OK)
        return status;
    parsed = tl_mem_new(1, sizeof *parsed);
    dir->policy[dir->policies++] = parsed;
    status = tl_tlog_policy_parse(parsed, tl_bytes(text->text, text->len), &line, &reason);
    if (status != TL_OK)
        return tl_why_set(why, status, "policy '%s', line %u: %s", policy, (unsigned)line, reason);
    for (uint32_t i = 0; i < parsed->logs && status == TL_OK; i++)
        status = add_key(dir, &parsed->log[i], why);
    return status;
}

/* ---- answering ---- */

/* First the disk, then the signature's way out.  The note on disk is the log's own
 * text with our cosignature; what is sent is that line. */
static enum tl_status cosign(struct tl_witness_dir *dir, const struct tl_witness_answer *answer,
                             uint64_t time_s, struct tl_buf *body, struct tl_why *why)
{
    struct tl_witness_log *log = &dir->log[answer->log];
    uint8_t bytes[TL_NOTE_TEXT_MAX + 2u + TL_NOTE_LINE_BYTES_MAX];
    struct tl_buf note = tl_buf(bytes, sizeof bytes);
    char path[TL_PATH_MAX];
    size_t line;
    enum tl_status status = log_path(dir, log->origin, path, why);

    tl_note_open(&note, answer->text);
    line = note.len;
    tl_note_cosign(&note, answer->text, &dir->own, time_s, &dir->key.sec);
    TL_CHECK(!note.full && answer->checkpoint.size >= log->size);
    if (status == TL_OK)
        status = tl_file_write(path, tl_buf_bytes(&note), TL_FILE_PUBLIC, why);
    if (status != TL_OK)
        return status;
    log->size = answer->checkpoint.size;
    log->root = answer->checkpoint.root;
    tl_buf_put(body, note.ptr + line, note.len - line);
    return TL_OK;
}

uint16_t tl_witness_dir_answer(struct tl_witness_dir *dir, struct tl_bytes request, uint64_t time_s,
                               struct tl_buf *body, struct tl_why *why)
{
    struct tl_witness_answer answer;

    tl_witness_judge(&answer, dir->log, dir->count, request);
    if (answer.code != TL_WITNESS_OK) {
        tl_witness_refusal(body, &answer);
        return (uint16_t)answer.code;
    }
    return cosign(dir, &answer, time_s, body, why) == TL_OK ? (uint16_t)answer.code
                                                            : MACHINE_FAILED;
}
