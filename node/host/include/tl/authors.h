/* tl/authors.h -- the writing keys of a genesis file, found at once.
 *
 * A genesis file may name 32 members with 128 keys each, and every request and
 * envelope asks whose key signed it; walking the encoded lists each time would
 * cost more than the rest of admission.  Built once for an epoch, constant after
 * that: any thread may ask. */
#ifndef TL_AUTHORS_H
#define TL_AUTHORS_H

#include "tl/epoch.h"

struct tl_authors;

/* tl_authors_new copies what it needs of an epoch.  NULL: out of memory. */
struct tl_authors *tl_authors_new(const struct tl_epoch *epoch);
void tl_authors_free(struct tl_authors *authors);
/* tl_authors_find answers as tl_genesis_author does; a suspended member's keys
 * have the right to read alone, a removed one's are unknown. */
TL_MUST_USE bool tl_authors_find(const struct tl_authors *authors, const struct tl_pubkey *key,
                                 struct tl_author *out);

#endif
