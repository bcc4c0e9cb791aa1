#include "follow_dir.h"

#include "mem.h"
#include "say.h"

#include "tl/check.h"
#include "tl/memberdir.h"

#include <stdio.h>
#include <string.h>

#define AUDITOR "auditor"

static enum tl_status path_of(const struct tl_follow_dir *dir, const char *name,
                              char out[TL_PATH_MAX], struct tl_why *why)
{
    if (tl_path_join(out, TL_PATH_MAX, dir->path, name))
        return TL_OK;
    return tl_why_set(why, TL_ERR_LIMIT, "the path is too long");
}

/* ---- opening ---- */

static enum tl_status hold_genesis(const struct tl_follow_dir *dir, struct tl_why *why)
{
    const struct tl_file_bytes *genesis = &dir->genesis->bytes;
    struct tl_file_bytes kept;
    char path[TL_PATH_MAX];
    enum tl_status status = path_of(dir, "genesis.tally", path, why);

    if (status != TL_OK)
        return status;
    if (!tl_file_exists(path))
        return tl_file_write(path, tl_bytes(genesis->text, genesis->len), TL_FILE_PUBLIC, why);
    status = tl_file_read(path, TL_GENESIS_BYTES_MAX, &kept, why);
    if (status != TL_OK)
        return status;
    if (kept.len != genesis->len || memcmp(kept.text, genesis->text, kept.len) != 0)
        status = tl_why_set(why, TL_ERR_WRONG_CHAIN, "the directory follows another ledger");
    tl_file_bytes_free(&kept);
    return status;
}

static enum tl_status load_key(struct tl_follow_dir *dir, struct tl_why *why)
{
    char path[TL_PATH_MAX];
    enum tl_status status = path_of(dir, "cosign.key", path, why);

    if (status != TL_OK)
        return status;
    if (tl_file_exists(path))
        return tl_keyfile_load(&dir->key, path, TL_KEY_COSIGN, why);
    status = tl_keyfile_generate(&dir->key, TL_KEY_COSIGN, AUDITOR, "main", why);
    return status == TL_OK ? tl_keyfile_save(&dir->key, path, why) : status;
}

static enum tl_status load_position(struct tl_follow_dir *dir, struct tl_why *why)
{
    char path[TL_PATH_MAX];
    struct tl_file_bytes bytes;
    enum tl_status status = path_of(dir, "position", path, why);

    if (status != TL_OK || !tl_file_exists(path))
        return status;
    status = tl_file_read(path, TL_POSITION_BYTES_MAX, &bytes, why);
    if (status != TL_OK)
        return status;
    status = tl_position_read(&dir->position, tl_bytes(bytes.text, bytes.len),
                              &dir->genesis->chain_id, &dir->key.pub);
    if (status != TL_OK)
        (void)tl_why_set(why, status, "its position is not what this auditor signed: %s",
                         tl_status_text(status));
    else
        tl_follow_dir_seen(dir, dir->position.seen, dir->position.seen_time_s,
                           dir->position.seen_size);
    tl_file_bytes_free(&bytes);
    return status;
}

static enum tl_status open_store(struct tl_follow_dir *dir, struct tl_why *why)
{
    char path[TL_PATH_MAX];
    enum tl_status status = path_of(dir, "data", path, why);

    return status == TL_OK ? tl_store_rocksdb_open(&dir->store, path, TL_STORE_CREATE, why)
                           : status;
}

enum tl_status tl_follow_dir_open(struct tl_follow_dir *dir, const char *path,
                                  const struct tl_genesis_file *genesis, struct tl_why *why)
{
    enum tl_status status;

    *dir = (struct tl_follow_dir){.path = path, .genesis = genesis, .lock = {-1}};
    status = tl_dir_make(path, TL_FILE_PUBLIC, why);
    if (status == TL_OK)
        status = tl_dir_lock(&dir->lock, path, why);
    if (status == TL_OK)
        status = hold_genesis(dir, why);
    if (status == TL_OK)
        status = load_key(dir, why);
    if (status == TL_OK)
        status = load_position(dir, why);
    if (status == TL_OK)
        status = open_store(dir, why);
    if (status != TL_OK)
        tl_follow_dir_close(dir);
    return status;
}

void tl_follow_dir_close(struct tl_follow_dir *dir)
{
    tl_store_rocksdb_close(dir->store);
    dir->store = NULL;
    tl_keyfile_wipe(&dir->key);
    if (dir->lock.fd >= 0)
        tl_dir_unlock(&dir->lock);
    dir->lock.fd = -1;
}

/* ---- writing ---- */

void tl_follow_dir_seen(struct tl_follow_dir *dir, struct tl_bytes note, uint64_t time_s,
                        uint64_t size)
{
    TL_CHECK(note.len <= sizeof dir->seen);
    if (note.len != 0)
        memmove(dir->seen, note.ptr, note.len);
    dir->position.seen = tl_bytes(dir->seen, note.len);
    dir->position.seen_time_s = time_s;
    dir->position.seen_size = size;
}

static enum tl_status write_checkpoint(struct tl_follow_dir *dir, struct tl_buf *room,
                                       struct tl_why *why)
{
    struct tl_bytes origin = dir->genesis->genesis.name;
    char name[TL_NOTE_NAME_MAX + 1];
    char path[TL_PATH_MAX];
    struct tl_note_key witness;
    int len = snprintf(name, sizeof name, "%.*s" TL_POSITION_WITNESS, (int)origin.len,
                       (const char *)origin.ptr);
    enum tl_status status = path_of(dir, "checkpoint", path, why);

    if (status == TL_OK)
        status = tl_note_key_set(&witness, tl_bytes(name, (size_t)len), TL_NOTE_COSIGNATURE,
                                 &dir->key.pub);
    if (status != TL_OK)
        return status;
    tl_position_note(room, &dir->position, origin, &witness, &dir->key.sec);
    if (room->full)
        return tl_why_set(why, TL_ERR_LIMIT, "the checkpoint is too long");
    return tl_file_write(path, tl_buf_bytes(room), TL_FILE_PUBLIC, why);
}

enum tl_status tl_follow_dir_save(struct tl_follow_dir *dir, struct tl_why *why)
{
    size_t cap = TL_POSITION_BYTES_MAX + TL_NOTE_LINE_BYTES_MAX;
    struct tl_buf room = tl_buf(tl_mem_new(cap, 1), cap);
    char path[TL_PATH_MAX];
    enum tl_status status = tl_store_rocksdb_sync(dir->store, why);

    if (status == TL_OK)
        status = path_of(dir, "position", path, why);
    dir->position.chain_id = dir->genesis->chain_id;
    dir->position.time_s = tl_unix_ms() / 1000;
    tl_position_write(&room, &dir->position, &dir->key.sec);
    if (status == TL_OK && room.full)
        status = tl_why_set(why, TL_ERR_LIMIT, "the position is too long");
    if (status == TL_OK)
        status = tl_file_write(path, tl_buf_bytes(&room), TL_FILE_PUBLIC, why);
    room.len = 0;
    if (status == TL_OK)
        status = write_checkpoint(dir, &room, why);
    tl_mem_free(room.ptr);
    return status;
}

enum tl_status tl_follow_dir_alarm(const struct tl_follow_dir *dir, const char *name,
                                   struct tl_bytes bytes, struct tl_why *why)
{
    char alarms[TL_PATH_MAX];
    char path[TL_PATH_MAX];
    enum tl_status status = path_of(dir, "alarms", alarms, why);

    if (status == TL_OK && !tl_path_join(path, sizeof path, alarms, name))
        status = tl_why_set(why, TL_ERR_LIMIT, "the path is too long");
    if (status == TL_OK)
        status = tl_dir_make(alarms, TL_FILE_PUBLIC, why);
    return status == TL_OK ? tl_file_write(path, bytes, TL_FILE_PUBLIC, why) : status;
}
