/* promises.h -- inclusion promises (inclusion.h) as files of a directory.
 *
 * DIR/KEY-SEQUENCE.promise is the last promise a member gave for that envelope;
 * KEY is the first eight bytes of its author's key in hex.  A promise is kept
 * only when it says what was asked for and its terms are worth having, so
 * whatever lies there can be turned into a breach once its deadline is past. */
#ifndef TL_PROMISES_H
#define TL_PROMISES_H

#include "genesis_file.h"

#include "tl/inclusion.h"
#include "tl/why.h"

/* What a promise must be about. */
struct tl_promise_wish {
    const struct tl_genesis_file *genesis;
    const char *member; /* who was asked; NULL: any */
    struct tl_pubkey author;
    uint64_t sequence;
    struct tl_hash envelope;
};
/* tl_promise_keep holds a promise to the wish and writes its file. */
TL_MUST_USE enum tl_status tl_promise_keep(const char *dir, const struct tl_promise_wish *wish,
                                           struct tl_bytes promise, struct tl_why *why);

/* A directory's promises in memory, in the order of their names. */
struct tl_promise_file {
    char name[80]; /* in the directory */
    uint8_t bytes[TL_PROMISE_BYTES_MAX];
    size_t len;
    struct tl_inclusion_promise promise;
    uint32_t member;
};
struct tl_promise_dir {
    struct tl_promise_file *file;
    size_t count;
    size_t cap;
};
/* tl_promise_dir_load reads and verifies every promise of `dir`; one that does
 * not verify fails it. */
TL_MUST_USE enum tl_status tl_promise_dir_load(struct tl_promise_dir *all, const char *dir,
                                               const struct tl_genesis_file *genesis,
                                               struct tl_why *why);
void tl_promise_dir_free(struct tl_promise_dir *all);

#endif
