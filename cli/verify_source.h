/* verify_source.h -- the texts of the second readers, for archives to carry. */
#ifndef TL_VERIFY_SOURCE_H
#define TL_VERIFY_SOURCE_H

#include <stddef.h>

/* verify/tally-verify.c and verify/tally-verify-tiles.c */
extern const unsigned char tally_verify_source[];
extern const size_t tally_verify_source_len;
extern const unsigned char tally_verify_tiles_source[];
extern const size_t tally_verify_tiles_source_len;

#endif
