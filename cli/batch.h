/* batch.h -- the entries of a whole file, in the order they go onto the ledger.
 *
 * Entries are held encoded in one block of memory (about 100 bytes each) and
 * sorted by (date, place in the file).  Rows that cannot be read are written to
 * a quarantine file with their line, the column, the reason and the row as it
 * stood; the counts add up: rows = mapped + skipped + rejected. */
#ifndef TL_BATCH_H
#define TL_BATCH_H

#include "batch_people.h"
#include "map.h"

#include <stdio.h>

struct tl_batch_item {
    struct tl_id case_id;
    int32_t date;
    uint16_t type;
    uint8_t known; /* on the ledger already, or earlier in the file */
    uint32_t order;
    uint32_t len;
    size_t at;
    struct tl_hash ref; /* of (type, case, reference) */
};

struct tl_batch {
    struct tl_batch_item *item;
    size_t count;
    size_t cap;
    uint8_t *bytes;
    size_t used;
    size_t room;
    uint64_t rows;
    uint64_t mapped;
    uint64_t skipped;
    uint64_t rejected;
    uint64_t repeated;       /* entries whose reference stood earlier in the file */
    uint64_t known;          /* entries the ledger has already */
    struct tl_people people; /* for the vault */
    FILE *quarantine;
    const char *quarantine_path;
};

/* tl_batch_read maps a file.  A row's troubles go to the quarantine; an error
 * is one of the file or the mapping as a whole. */
TL_MUST_USE enum tl_status tl_batch_read(struct tl_batch *batch, struct tl_map *map,
                                         const char *path, const char *quarantine,
                                         struct tl_why *why);
void tl_batch_free(struct tl_batch *batch);

static inline struct tl_bytes tl_batch_entry(const struct tl_batch *batch, size_t index)
{
    return tl_bytes(batch->bytes + batch->item[index].at, batch->item[index].len);
}

#endif
