/* case_name.h -- which case a person means.
 *
 * The 32 hex digits of its id or, with a mapping, the number the source has for
 * it: the mapping says how ids are made of it. */
#ifndef TL_CASE_NAME_H
#define TL_CASE_NAME_H

#include "tl/bytes.h"
#include "tl/why.h"

/* `map`: a mapping's file, or NULL.  TL_ERR_USAGE and those of tl_map_load. */
TL_MUST_USE enum tl_status tl_case_named(struct tl_id *id, const char *word, const char *map,
                                         struct tl_why *why);

#endif
