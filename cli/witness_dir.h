/* witness_dir.h -- what a witness keeps, and how it judges with it.
 *
 *   DIR/name            what it cosigns under, one line
 *   DIR/cosign.key      its key
 *   DIR/logs/HASH.note  for each log the checkpoint it cosigned last, with its own
 *                       cosignature; HASH is SHA-256 of the origin, in hex
 *
 * A checkpoint is on disk, and its name too, before its cosignature leaves: after
 * any crash the witness knows everything it ever signed.  A file that its own key
 * did not sign stops it: a witness without its memory must not sign. */
#ifndef TL_WITNESS_DIR_H
#define TL_WITNESS_DIR_H

#include "tl/keyfile.h"
#include "tl/tlog_policy.h"
#include "tl/witness.h"

#define TL_WITNESS_LOGS_MAX 64u

struct tl_witness_dir {
    const char *path;
    struct tl_dirlock lock;
    struct tl_keyfile key;
    char name[TL_NOTE_NAME_MAX + 1];
    struct tl_note_key own;
    uint32_t count;
    struct tl_witness_log log[TL_WITNESS_LOGS_MAX];
    struct tl_note_key *keys[TL_WITNESS_LOGS_MAX]; /* owned; the same as log[i].keys */
    /* Owned: the policies that name logs and their keys. */
    uint32_t policies;
    struct tl_file_bytes text[TL_WITNESS_LOGS_MAX];
    struct tl_tlog_policy *policy[TL_WITNESS_LOGS_MAX];
};

/* tl_witness_dir_open makes the directory at the first start, when `name` must be
 * given; later it must be the same or NULL. */
TL_MUST_USE enum tl_status tl_witness_dir_open(struct tl_witness_dir *dir, const char *path,
                                               const char *name, struct tl_why *why);
void tl_witness_dir_close(struct tl_witness_dir *dir);
/* tl_witness_dir_add takes the `log` lines of a tlog-policy: keys of one name speak
 * for one log.  What was cosigned of it before is read. */
TL_MUST_USE enum tl_status tl_witness_dir_add(struct tl_witness_dir *dir, const char *policy,
                                              struct tl_why *why);
/* tl_witness_dir_answer answers an add-checkpoint: the code, and the body to send.
 * When the disk fails the answer is 500 and nothing was cosigned. */
uint16_t tl_witness_dir_answer(struct tl_witness_dir *dir, struct tl_bytes request, uint64_t time_s,
                               struct tl_buf *body, struct tl_why *why);

#endif
