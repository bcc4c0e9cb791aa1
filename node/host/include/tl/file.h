/* tl/file.h -- files that survive a crash, and directories with one owner.
 *
 * Writing a file is four steps: a temporary file beside it, fsync of that file,
 * rename over the name, fsync of the DIRECTORY.  Leave out the last and the new
 * name may be gone after a power cut although the bytes are on the disk
 * (cometbft #6031).  After a crash a reader sees the old file or the new one.
 *
 * Reading has a bound: a file that is longer is refused, not cut.
 *
 * Ownership: a tl_file_bytes owns its memory until tl_file_bytes_free.  Threads:
 * every function stands alone; none keeps state.  Failure: TL_ERR_NOT_FOUND,
 * TL_ERR_LIMIT, TL_ERR_CONFLICT, TL_ERR_NO_MEMORY, TL_ERR_IO, each with its
 * sentence in *why. */
#ifndef TL_FILE_H
#define TL_FILE_H

#include "tl/bytes.h"
#include "tl/why.h"

#define TL_PATH_MAX 1024u

/* Who may read a file: everybody (mode 0644) or its owner alone (0600). */
enum tl_file_privacy { TL_FILE_PUBLIC, TL_FILE_SECRET };

/* A whole file in memory, with a terminating zero behind its last byte. */
struct tl_file_bytes {
    char *text;
    size_t len;
};

/* tl_file_read takes the whole file, at most `max` bytes, into memory *out owns. */
TL_MUST_USE enum tl_status tl_file_read(const char *path, size_t max, struct tl_file_bytes *out,
                                        struct tl_why *why);
/* tl_file_read_secret is tl_file_read for keys: it refuses a file that group or
 * others can read (TL_ERR_DENIED), saying which command mends it.  The memory is
 * wiped when it is freed. */
TL_MUST_USE enum tl_status tl_file_read_secret(const char *path, size_t max,
                                               struct tl_file_bytes *out, struct tl_why *why);
/* tl_file_bytes_free wipes and frees; an empty one is fine. */
void tl_file_bytes_free(struct tl_file_bytes *bytes);

/* tl_file_write replaces or creates `path` in one durable step. */
TL_MUST_USE enum tl_status tl_file_write(const char *path, struct tl_bytes bytes,
                                         enum tl_file_privacy privacy, struct tl_why *why);
/* tl_file_create is tl_file_write that never replaces: TL_ERR_CONFLICT when the
 * name is taken.  Keys are written with it. */
TL_MUST_USE enum tl_status tl_file_create(const char *path, struct tl_bytes bytes,
                                          enum tl_file_privacy privacy, struct tl_why *why);
bool tl_file_exists(const char *path);
/* tl_file_remove takes the name away for good; one that is not there is fine. */
TL_MUST_USE enum tl_status tl_file_remove(const char *path, struct tl_why *why);

/* tl_dir_make creates the directory and the ones above it; one that is there
 * already is fine.  TL_FILE_SECRET gives new directories mode 0700. */
TL_MUST_USE enum tl_status tl_dir_make(const char *path, enum tl_file_privacy privacy,
                                       struct tl_why *why);
/* tl_dir_sync makes the names in a directory durable. */
TL_MUST_USE enum tl_status tl_dir_sync(const char *path, struct tl_why *why);

/* One process at a time works in a data directory.  The lock is the kernel's
 * (flock), so a crash leaves none behind.  Held until tl_dir_unlock. */
struct tl_dirlock {
    int fd; /* -1: not held */
};
/* tl_dir_lock takes the lock on `dir`/LOCK.tally or says at once which process holds
 * it: TL_ERR_CONFLICT. */
TL_MUST_USE enum tl_status tl_dir_lock(struct tl_dirlock *lock, const char *dir,
                                       struct tl_why *why);
void tl_dir_unlock(struct tl_dirlock *lock);

/* tl_path_join writes dir/name into `out`; false when it does not fit. */
TL_MUST_USE bool tl_path_join(char *out, size_t cap, const char *dir, const char *name);

/* tl_random fills `out` from the kernel's generator; a machine that has none
 * ends the program, because every key would be guessable. */
void tl_random(void *out, size_t len);
/* tl_wipe overwrites a secret in a way the compiler does not leave out. */
void tl_wipe(void *memory, size_t len);

#endif
