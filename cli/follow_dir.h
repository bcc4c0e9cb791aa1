/* follow_dir.h -- the directory of an auditor's replica: files, key, position. */
#ifndef TL_FOLLOW_DIR_H
#define TL_FOLLOW_DIR_H

#include "genesis_file.h"

#include "tl/keyfile.h"
#include "tl/position.h"
#include "tl/store_rocksdb.h"

struct tl_follow_dir {
    const char *path;
    const struct tl_genesis_file *genesis;
    struct tl_dirlock lock;
    struct tl_keyfile key;
    struct tl_store *store;
    struct tl_position position; /* height 0: none yet */
    uint8_t seen[TL_NOTE_BYTES_MAX];
};

/* tl_follow_dir_open makes the directory at the first start, and afterwards holds
 * it to the genesis and its position to the key. */
TL_MUST_USE enum tl_status tl_follow_dir_open(struct tl_follow_dir *dir, const char *path,
                                              const struct tl_genesis_file *genesis,
                                              struct tl_why *why);
void tl_follow_dir_close(struct tl_follow_dir *dir);
/* tl_follow_dir_seen remembers a checkpoint of the node in the position. */
void tl_follow_dir_seen(struct tl_follow_dir *dir, struct tl_bytes note, uint64_t time_s,
                        uint64_t size);
/* tl_follow_dir_save writes position and checkpoint; the store is synced first. */
TL_MUST_USE enum tl_status tl_follow_dir_save(struct tl_follow_dir *dir, struct tl_why *why);
/* tl_follow_dir_alarm writes a piece of evidence to alarms/NAME. */
TL_MUST_USE enum tl_status tl_follow_dir_alarm(const struct tl_follow_dir *dir, const char *name,
                                               struct tl_bytes bytes, struct tl_why *why);

#endif
