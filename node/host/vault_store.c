/* Blobs, their keys and the read log together.  See tl/vault_store.h. */
#include "tl/vault_store.h"

#include "tl/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TL_DEFINE_RECORD(tl_vault_blob, TL_VAULT_BLOB_FIELDS)
TL_DEFINE_RECORD(tl_vault_parcel, TL_VAULT_PARCEL_FIELDS)

#define UNSYNCED_MAX 64u
#define BOUND_BYTES  (24u + TL_ID_BYTES + 4u + TL_HASH_BYTES)

struct tl_vault_store {
    char blobs[TL_PATH_MAX];
    const struct tl_keyfile *key;
    struct tl_vault_keys *keys;
    struct tl_access_log *log;
    int unsynced[UNSYNCED_MAX]; /* blobs written, still open */
    uint32_t unsynced_count;
    bool dir_dirty[256];
    uint8_t plain[TL_VAULT_RECORD_BYTES];
    uint8_t blob[TL_VAULT_BLOB_BYTES];
};

/* ---- names ---- */

static bool dir_of(const struct tl_vault_store *s, uint8_t first, char *out, size_t cap)
{
    int len = snprintf(out, cap, "%s/%02x", s->blobs, first);

    return len > 0 && (size_t)len < cap;
}

static bool path_of(const struct tl_vault_store *s, const struct tl_id *id, const uint8_t *mark,
                    char *out, size_t cap)
{
    char name[2 * TL_ID_BYTES + 1];
    char tail[2 * TL_VAULT_MARK_BYTES + 1];
    int len;

    tl_hex(name, tl_bytes(id->b, sizeof id->b));
    tl_hex(tail, tl_bytes(mark, TL_VAULT_MARK_BYTES));
    len = snprintf(out, cap, "%s/%02x/%s-%s", s->blobs, id->b[0], name, tail);
    return len > 0 && (size_t)len < cap;
}

/* What a box is bound to beside its key. */
static struct tl_bytes bound(uint8_t out[BOUND_BYTES], const struct tl_vault_blob *blob)
{
    static const char domain[24] = "tallystick/vault-box/v1";

    memcpy(out, domain, sizeof domain);
    memcpy(out + 24, blob->case_id.b, TL_ID_BYTES);
    tl_put_u32be(out + 24 + TL_ID_BYTES, blob->version);
    memcpy(out + 28 + TL_ID_BYTES, blob->commitment.b, TL_HASH_BYTES);
    return tl_bytes(out, BOUND_BYTES);
}

/* ---- opening ---- */

static enum tl_status open_parts(struct tl_vault_store *s, const struct tl_vault_store_plan *plan,
                                 struct tl_why *why)
{
    char path[TL_PATH_MAX];
    enum tl_status st;

    if (!tl_path_join(s->blobs, sizeof s->blobs, plan->dir, "blobs") ||
        !tl_path_join(path, sizeof path, plan->dir, "reads.log"))
        return tl_why_set(why, TL_ERR_LIMIT, "path \"%s\" is too long", plan->dir);
    st = tl_dir_make(s->blobs, TL_FILE_SECRET, why);
    if (st == TL_OK)
        st = tl_access_log_open(&s->log, path, why);
    return st == TL_OK ? tl_vault_keys_open(&s->keys, plan->keys_a, plan->keys_b, why) : st;
}

enum tl_status tl_vault_store_open(struct tl_vault_store **out,
                                   const struct tl_vault_store_plan *plan, struct tl_why *why)
{
    struct tl_vault_store *s = calloc(1, sizeof *s);
    enum tl_status st;

    TL_CHECK(plan->key->role == TL_KEY_VAULT);
    if (s == NULL)
        return tl_why_set(why, TL_ERR_NO_MEMORY, "no memory for the vault");
    s->key = plan->key;
    st = open_parts(s, plan, why);
    if (st != TL_OK) {
        tl_vault_store_close(s);
        return st;
    }
    *out = s;
    return TL_OK;
}

void tl_vault_store_close(struct tl_vault_store *s)
{
    if (s == NULL)
        return;
    for (uint32_t i = 0; i < s->unsynced_count; i++)
        (void)close(s->unsynced[i]);
    tl_vault_keys_close(s->keys);
    tl_access_log_close(s->log);
    tl_wipe(s->plain, sizeof s->plain);
    free(s);
}

struct tl_vault_keys *tl_vault_store_keys(struct tl_vault_store *s)
{
    return s->keys;
}

struct tl_access_log *tl_vault_store_log(struct tl_vault_store *s)
{
    return s->log;
}

/* ---- blobs ---- */

static enum tl_status sync_blobs(struct tl_vault_store *s)
{
    enum tl_status st = TL_OK;

    for (uint32_t i = 0; i < s->unsynced_count; i++) {
        if (fdatasync(s->unsynced[i]) != 0)
            st = TL_ERR_IO;
        (void)close(s->unsynced[i]);
    }
    s->unsynced_count = 0;
    return st;
}

static enum tl_status sync_dirs(struct tl_vault_store *s)
{
    char path[TL_PATH_MAX];

    for (uint32_t i = 0; i < 256; i++) {
        if (!s->dir_dirty[i])
            continue;
        if (!dir_of(s, (uint8_t)i, path, sizeof path) || tl_dir_sync(path, NULL) != TL_OK)
            return TL_ERR_IO;
        s->dir_dirty[i] = false;
    }
    return TL_OK;
}

static int blob_create(struct tl_vault_store *s, const struct tl_vault_blob *blob)
{
    char dir[TL_PATH_MAX];
    char path[TL_PATH_MAX];

    if (!dir_of(s, blob->case_id.b[0], dir, sizeof dir) ||
        !path_of(s, &blob->case_id, blob->commitment.b, path, sizeof path) ||
        tl_dir_make(dir, TL_FILE_SECRET, NULL) != TL_OK)
        return -1;
    return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static enum tl_status blob_write(struct tl_vault_store *s, const struct tl_vault_blob *blob)
{
    struct tl_buf out = tl_buf(s->blob, sizeof s->blob);
    int fd;

    tl_record_write(&tl_vault_blob_record, blob, &out);
    TL_CHECK(!out.full);
    if (s->unsynced_count == UNSYNCED_MAX && sync_blobs(s) != TL_OK)
        return TL_ERR_IO;
    fd = blob_create(s, blob);
    if (fd < 0)
        return TL_ERR_IO;
    s->unsynced[s->unsynced_count++] = fd;
    s->dir_dirty[blob->case_id.b[0]] = true;
    return write(fd, out.ptr, out.len) == (ssize_t)out.len ? TL_OK : TL_ERR_IO;
}

/* The blob as it lies on the disk; it borrows *file. */
static enum tl_status blob_read(struct tl_vault_store *s, const struct tl_id *id,
                                const struct tl_hash *commitment, struct tl_file_bytes *file,
                                struct tl_vault_blob *blob)
{
    char path[TL_PATH_MAX];
    enum tl_status st;

    *file = (struct tl_file_bytes){NULL, 0};
    if (!path_of(s, id, commitment->b, path, sizeof path))
        return TL_ERR_LIMIT;
    st = tl_file_read(path, TL_VAULT_BLOB_BYTES, file, NULL);
    if (st != TL_OK)
        return st == TL_ERR_NOT_FOUND ? st : TL_ERR_IO;
    st = tl_record_decode(&tl_vault_blob_record, blob, tl_bytes(file->text, file->len));
    if (st == TL_OK && tl_hash_eq(&blob->commitment, commitment))
        return TL_OK;
    tl_file_bytes_free(file);
    return TL_ERR_NOT_FOUND; /* torn by a crash: it comes again */
}

/* ---- keys of blobs ---- */

static enum tl_status key_keep(struct tl_vault_store *s, const struct tl_vault_blob *blob,
                               const struct tl_vault_data_key *key)
{
    struct tl_vault_slot slot = {.case_id = blob->case_id};
    uint8_t sealed[TL_VAULT_SEALED_BYTES];
    enum tl_status st = tl_vault_seal(sealed, key, &s->key->pub);

    memcpy(slot.mark, blob->commitment.b, sizeof slot.mark);
    return st == TL_OK ? tl_vault_keys_put(s->keys, &slot, sealed) : st;
}

static enum tl_status key_of(struct tl_vault_store *s, const struct tl_id *id,
                             const struct tl_hash *commitment, struct tl_vault_data_key *key)
{
    uint8_t sealed[TL_VAULT_SEALED_BYTES];
    enum tl_status st = tl_vault_keys_get(s->keys, id, commitment->b, sealed);

    if (st != TL_OK)
        return st;
    st = tl_vault_unseal(key, tl_bytes(sealed, sizeof sealed), &s->key->pub, &s->key->sec);
    return st == TL_OK ? st : TL_ERR_CORRUPT;
}

/* Opens a box and holds what is in it to its commitment. */
static enum tl_status unbox(const struct tl_vault_blob *blob, const struct tl_vault_data_key *key,
                            struct tl_buf *out)
{
    size_t start = out->len;
    uint8_t room[BOUND_BYTES];
    struct tl_personal record;
    struct tl_hash commitment;
    enum tl_status st = tl_vault_decrypt(out, key, bound(room, blob), blob->box);

    if (st == TL_OK)
        st = tl_record_decode(&tl_personal_record, &record,
                              tl_bytes(out->ptr + start, out->len - start));
    if (st != TL_OK)
        return st;
    tl_vault_commit(&commitment, &record);
    if (!tl_hash_eq(&commitment, &blob->commitment) || record.version != blob->version ||
        memcmp(record.case_id.b, blob->case_id.b, TL_ID_BYTES) != 0)
        return TL_ERR_PROOF;
    return TL_OK;
}

/* ---- what the node asks ---- */

enum tl_status tl_vault_store_put(struct tl_vault_store *s, const struct tl_id *case_id,
                                  uint32_t version, struct tl_list fields,
                                  struct tl_hash *commitment)
{
    struct tl_vault_blob blob = {.case_id = *case_id, .version = version};
    static const size_t box_max = TL_VAULT_RECORD_BYTES + TL_VAULT_OVERHEAD;
    struct tl_buf plain = tl_buf(s->plain, sizeof s->plain);
    uint8_t *room = malloc(box_max);
    struct tl_buf box = tl_buf(room, box_max);
    struct tl_vault_data_key key;
    uint8_t ad[BOUND_BYTES];
    enum tl_status st = room == NULL ? TL_ERR_NO_MEMORY : TL_OK;

    if (st == TL_OK)
        st = tl_vault_record_make(&plain, &blob.commitment, case_id, version, fields);
    if (st == TL_OK) {
        tl_random(key.b, sizeof key.b);
        tl_vault_encrypt(&box, &key, bound(ad, &blob), tl_buf_bytes(&plain));
        blob.box = tl_buf_bytes(&box);
        st = blob_write(s, &blob);
        if (st == TL_OK)
            st = key_keep(s, &blob, &key);
        tl_wipe(&key, sizeof key);
        *commitment = blob.commitment;
    }
    tl_wipe(s->plain, plain.len);
    free(room);
    return st;
}

static enum tl_status take_blob(struct tl_vault_store *s, const struct tl_vault_blob *blob,
                                struct tl_bytes sealed)
{
    struct tl_buf plain = tl_buf(s->plain, sizeof s->plain);
    struct tl_vault_data_key key;
    enum tl_status st = tl_vault_unseal(&key, sealed, &s->key->pub, &s->key->sec);

    if (st == TL_OK)
        st = unbox(blob, &key, &plain);
    tl_wipe(s->plain, plain.len);
    if (st == TL_OK)
        st = blob_write(s, blob);
    if (st == TL_OK)
        st = key_keep(s, blob, &key);
    tl_wipe(&key, sizeof key);
    return st;
}

enum tl_status tl_vault_store_take(struct tl_vault_store *s, const struct tl_id *case_id,
                                   const struct tl_hash *commitment, struct tl_bytes bytes)
{
    struct tl_vault_parcel parcel;
    struct tl_vault_blob blob;
    enum tl_status st = tl_record_decode(&tl_vault_parcel_record, &parcel, bytes);

    if (st == TL_OK)
        st = tl_record_decode(&tl_vault_blob_record, &blob, parcel.blob);
    if (st != TL_OK)
        return st;
    if (!tl_hash_eq(&blob.commitment, commitment) ||
        memcmp(blob.case_id.b, case_id->b, TL_ID_BYTES) != 0)
        return TL_ERR_PROOF;
    return take_blob(s, &blob, parcel.sealed);
}

enum tl_status tl_vault_store_read(struct tl_vault_store *s, const struct tl_id *case_id,
                                   const struct tl_hash *commitment, struct tl_buf *out)
{
    struct tl_file_bytes file;
    struct tl_vault_data_key key;
    struct tl_vault_blob blob;
    enum tl_status st = key_of(s, case_id, commitment, &key);

    if (st != TL_OK)
        return st;
    st = blob_read(s, case_id, commitment, &file, &blob);
    if (st == TL_OK)
        st = unbox(&blob, &key, out);
    tl_wipe(&key, sizeof key);
    tl_file_bytes_free(&file);
    return st == TL_ERR_SIGNATURE || st == TL_ERR_PROOF ? TL_ERR_CORRUPT : st;
}

enum tl_status tl_vault_store_wrap(struct tl_vault_store *s, const struct tl_id *case_id,
                                   const struct tl_hash *commitment, const struct tl_pubkey *to,
                                   struct tl_buf *out)
{
    uint8_t sealed[TL_VAULT_SEALED_BYTES] = {0};
    struct tl_vault_parcel parcel = {.sealed = tl_bytes(sealed, sizeof sealed)};
    struct tl_file_bytes file;
    struct tl_vault_data_key key;
    struct tl_vault_blob blob;
    enum tl_status st = key_of(s, case_id, commitment, &key);

    if (st != TL_OK)
        return st;
    st = blob_read(s, case_id, commitment, &file, &blob);
    if (st == TL_OK)
        st = tl_vault_seal(sealed, &key, to);
    if (st == TL_OK) {
        parcel.blob = tl_bytes(file.text, file.len);
        tl_record_write(&tl_vault_parcel_record, &parcel, out);
    }
    tl_wipe(&key, sizeof key);
    tl_file_bytes_free(&file);
    return st == TL_OK && out->full ? TL_ERR_LIMIT : st;
}

/* First the key: a crash between the two leaves noise. */
static enum tl_status destroy_one(struct tl_vault_store *s, const struct tl_vault_slot *slot)
{
    char path[TL_PATH_MAX];
    enum tl_status st = tl_vault_keys_destroy(s->keys, &slot->case_id, slot->mark);

    if (st != TL_OK || !path_of(s, &slot->case_id, slot->mark, path, sizeof path))
        return st;
    if (unlink(path) != 0 && errno != ENOENT)
        return TL_ERR_IO;
    s->dir_dirty[slot->case_id.b[0]] = true;
    return TL_OK;
}

/* A blob that is kept beside the current one: it is newer. */
static bool is_spared(struct tl_vault_store *s, const struct tl_vault_slot *slot,
                      const struct tl_hash *keep, uint32_t version)
{
    char path[TL_PATH_MAX];
    struct tl_file_bytes file;
    struct tl_vault_blob blob;
    bool spared = false;

    if (keep == NULL)
        return false;
    if (memcmp(slot->mark, keep->b, sizeof slot->mark) == 0)
        return true;
    if (!path_of(s, &slot->case_id, slot->mark, path, sizeof path) ||
        tl_file_read(path, TL_VAULT_BLOB_BYTES, &file, NULL) != TL_OK)
        return false;
    if (tl_record_decode(&tl_vault_blob_record, &blob, tl_bytes(file.text, file.len)) == TL_OK)
        spared = blob.version > version;
    tl_file_bytes_free(&file);
    return spared;
}

enum tl_status tl_vault_store_destroy(struct tl_vault_store *s, const struct tl_id *case_id,
                                      const struct tl_hash *keep, uint32_t version, uint32_t *gone)
{
    struct tl_vault_slot slot;
    uint32_t nth = 0;

    *gone = 0;
    while (tl_vault_keys_find(s->keys, case_id, nth, &slot)) {
        enum tl_status st;

        if (is_spared(s, &slot, keep, version)) {
            nth++;
            continue;
        }
        st = destroy_one(s, &slot);
        if (st != TL_OK)
            return st;
        ++*gone;
    }
    return TL_OK;
}

static bool put_before(struct tl_vault_store *s, const struct tl_vault_slot *slot,
                       uint64_t before_s)
{
    char path[TL_PATH_MAX];
    struct stat info;

    if (!path_of(s, &slot->case_id, slot->mark, path, sizeof path) || stat(path, &info) != 0)
        return true; /* a key without its blob opens nothing */
    return (uint64_t)info.st_mtime < before_s;
}

enum tl_status tl_vault_store_expire(struct tl_vault_store *s, const struct tl_id *case_id,
                                     uint64_t before_s, uint32_t *gone)
{
    struct tl_vault_slot slot;
    enum tl_status st = TL_OK;
    uint32_t nth = 0;

    *gone = 0;
    while (st == TL_OK && tl_vault_keys_find(s->keys, case_id, nth, &slot)) {
        if (!put_before(s, &slot, before_s)) {
            nth++;
            continue;
        }
        st = destroy_one(s, &slot);
        *gone += st == TL_OK;
    }
    return st;
}

/* Blobs before keys: a key that is there has its blob. */
enum tl_status tl_vault_store_settle(struct tl_vault_store *s)
{
    enum tl_status st = sync_blobs(s);

    if (st == TL_OK)
        st = sync_dirs(s);
    if (st == TL_OK)
        st = tl_vault_keys_sync(s->keys);
    return st == TL_OK ? tl_access_log_sync(s->log) : st;
}
