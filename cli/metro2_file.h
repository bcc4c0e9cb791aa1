/* metro2_file.h -- a Metro 2 file on disk, record by record.
 *
 * Memory is one window, whatever the size of the file; gzip is read as if it
 * were not.  One thread per file. */
#ifndef TL_METRO2_FILE_H
#define TL_METRO2_FILE_H

#include "gz.h"

#include "tl/metro2.h"

#define TL_METRO2_WINDOW (1u << 18)

struct tl_metro2_file {
    const char *path; /* borrowed */
    struct tl_gz *gz;
    struct tl_metro2_reader reader;
    size_t at;
    size_t len;
    bool ended;
    uint8_t *window;
};

/* tl_metro2_file_open says why it failed. */
TL_MUST_USE enum tl_status tl_metro2_file_open(struct tl_metro2_file *file, const char *path);
/* tl_metro2_file_next reads a record, valid until the next call.  Statuses are
 * those of tl_metro2_read but never TL_ERR_EARLY; what cannot be gone on from
 * has been said. */
TL_MUST_USE enum tl_status tl_metro2_file_next(struct tl_metro2_file *file,
                                               struct tl_metro2_record *record);
void tl_metro2_file_close(struct tl_metro2_file *file);

/* Accounts by number, to find an account's last cycle. */
struct tl_metro2_index {
    bool by_next; /* under the numbers that follow an L1 change */
    struct tl_metro2_summary *item;
    size_t count;
    size_t cap;
    uint32_t *slot; /* item number + 1 */
    size_t slots;
};
/* An index starts as all zero but for by_next.  tl_metro2_index_add keeps a
 * copy; false: the account is there already, and stays as it is. */
bool tl_metro2_index_add(struct tl_metro2_index *index, const struct tl_metro2_summary *summary);
const struct tl_metro2_summary *tl_metro2_index_find(const struct tl_metro2_index *index,
                                                     const uint8_t key[TL_METRO2_KEY_BYTES]);
void tl_metro2_index_free(struct tl_metro2_index *index);

#endif
