/* codes.h -- lists of codes and questions about them (private). */
#ifndef TL_METRO2_CODES_H
#define TL_METRO2_CODES_H

#include "tl/metro2.h"

/* tl_metro2_in says whether a code stands in a list of codes with blanks between. */
bool tl_metro2_in(struct tl_bytes code, const char *list);
/* The published codes of a field, or NULL: any text. */
const char *tl_metro2_codes(enum tl_metro2_field field);

#endif
