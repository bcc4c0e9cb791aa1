/* genesis_decode.h -- reading a genesis file, for whoever has one that is
 * part of something else (private). */
#ifndef TL_GENESIS_DECODE_H
#define TL_GENESIS_DECODE_H

#include "tl/genesis.h"

/* tl_genesis_decode_with is tl_genesis_decode with some members silent (a
 * bitmap): the quorum is one of the others. */
TL_MUST_USE enum tl_status tl_genesis_decode_with(struct tl_genesis *genesis, struct tl_bytes bytes,
                                                  uint32_t silent, const char **why);

#endif
