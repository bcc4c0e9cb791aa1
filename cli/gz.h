/* gz.h -- files that may be gzip, read and written as if they were not.
 *
 * The only door to zlib.  Reading tells gzip from plain by its first bytes, not
 * by the name; writing goes by the name.  A file cut short is an error, never
 * an early end.  One thread per handle. */
#ifndef TL_GZ_H
#define TL_GZ_H

#include "tl/bytes.h"
#include "tl/status.h"

struct tl_gz;

/* TL_ERR_IO: cannot be opened (errno says why). */
TL_MUST_USE enum tl_status tl_gz_open(struct tl_gz **out, const char *path);
TL_MUST_USE enum tl_status tl_gz_create(struct tl_gz **out, const char *path);
/* tl_gz_read fills *len (its value on entry is the room); 0 is the end.
 * TL_ERR_CORRUPT: the compressed data is damaged or cut short. */
TL_MUST_USE enum tl_status tl_gz_read(struct tl_gz *gz, void *into, size_t *len);
TL_MUST_USE enum tl_status tl_gz_write(struct tl_gz *gz, struct tl_bytes bytes);
/* tl_gz_close ends the file; after writing, TL_OK means all of it was taken. */
enum tl_status tl_gz_close(struct tl_gz *gz);

/* tl_gz_slurp reads a whole file, at most `max` bytes; tl_mem_free(*data). */
TL_MUST_USE enum tl_status tl_gz_slurp(const char *path, size_t max, uint8_t **data, size_t *len);

#endif
