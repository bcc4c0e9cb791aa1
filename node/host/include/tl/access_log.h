/* tl/access_log.h -- who read what, and who was turned away.
 *
 * One record for every time a client asked for a person's data or for what of a
 * case is not everybody's, whatever became of it.  Each record holds the hash of
 * the one before, so that nothing can be taken out of the middle unnoticed.  It
 * says which key of which member asked, what for (a word, never text) and how it
 * ended; never a value that was read.
 *
 *   file = ( length u32be ‖ tl_access )*
 *
 * A record that a crash cut short is cut off at the next start; a chain that does
 * not hold is not: TL_ERR_CORRUPT, and a person must look.  One thread. */
#ifndef TL_ACCESS_LOG_H
#define TL_ACCESS_LOG_H

#include "tl/file.h"
#include "tl/record.h"

#define TL_ACCESS_PURPOSE_MAX 32u
#define TL_ACCESS_NOBODY      UINT8_MAX

#define TL_ACCESS_FIELDS(FIELD, T)                                                                 \
    FIELD(T, U64, time_ms, UINT64_MAX, NULL) /* Unix time, the node's */                           \
    FIELD(T, KEY, key, 0, NULL)                                                                    \
    FIELD(T, U8, member, UINT8_MAX, NULL) /* whose key; 255: nobody's */                           \
    FIELD(T, U8, method, UINT8_MAX, NULL) /* enum tl_method */                                     \
    FIELD(T, ID, case_id, 0, NULL)        /* zero: not about one case */                           \
    FIELD(T, STR, purpose, TL_ACCESS_PURPOSE_MAX, NULL)                                            \
    FIELD(T, U8, status, UINT8_MAX, NULL) /* enum tl_status */                                     \
    FIELD(T, HASH, before, 0, NULL)       /* SHA-256("tallystick/access/v1\0" ‖ record before) */
TL_DECLARE_RECORD(tl_access, TL_ACCESS_FIELDS)

struct tl_access_log;

TL_MUST_USE enum tl_status tl_access_log_open(struct tl_access_log **out, const char *path,
                                              struct tl_why *why);
void tl_access_log_close(struct tl_access_log *log);
/* tl_access_log_add fills in `before`.  Durable after tl_access_log_sync. */
TL_MUST_USE enum tl_status tl_access_log_add(struct tl_access_log *log, struct tl_access *access);
TL_MUST_USE enum tl_status tl_access_log_sync(struct tl_access_log *log);
/* tl_access_log_next reads the record at *at, which moves behind it.  False: that
 * was the last.  `room` holds its bytes. */
#define TL_ACCESS_BYTES_MAX 256u
TL_MUST_USE bool tl_access_log_next(struct tl_access_log *log, uint64_t *at,
                                    uint8_t room[TL_ACCESS_BYTES_MAX], struct tl_access *out);
/* A purpose is a word: 1 to 32 of a-z 0-9 - _, so that it cannot hold a name. */
bool tl_access_purpose_ok(struct tl_bytes purpose);

#endif
