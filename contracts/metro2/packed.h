/* packed.h -- the packed form of a header, base or trailer (private).
 *
 * Numbers are binary, high byte first; dates and times too, with one byte more,
 * 's', after them; a descriptor word is two bytes and two zeros. */
#ifndef TL_METRO2_PACKED_H
#define TL_METRO2_PACKED_H

#include "tl/metro2.h"

/* False: the bytes are not the packed form of any character segment. */
TL_MUST_USE bool tl_metro2_unpack(uint8_t segment[TL_METRO2_MAIN_BYTES], enum tl_metro2_kind kind,
                                  const uint8_t packed[TL_METRO2_PACKED_BYTES]);
/* The way back; a number that is no number is written as zero. */
void tl_metro2_pack(uint8_t packed[TL_METRO2_PACKED_BYTES], enum tl_metro2_kind kind,
                    const uint8_t segment[TL_METRO2_MAIN_BYTES]);

#endif
