/* entry_text.h -- an entry out of words: "amount_minor" = "3500".
 *
 * Driven by the record tables, like the importer, but without a mapping: ids
 * and hashes are hex, dates YYYY-MM-DD, amounts whole minor units. */
#ifndef TL_ENTRY_TEXT_H
#define TL_ENTRY_TEXT_H

#include "tl/entry.h"
#include "tl/why.h"

struct tl_entry_text {
    const struct tl_type_info *type;
    struct tl_entry entry;
    union tl_body body;
    struct tl_arena arena; /* of hex that became bytes */
    uint8_t memory[65536];
};

/* tl_entry_text_init begins an entry of a type; dates are unset. */
TL_MUST_USE enum tl_status tl_entry_text_init(struct tl_entry_text *text, const char *type,
                                              struct tl_why *why);
/* tl_entry_text_set sets a field of the body.  `value` must live as long. */
TL_MUST_USE enum tl_status tl_entry_text_set(struct tl_entry_text *text, struct tl_bytes name,
                                             struct tl_bytes value, struct tl_why *why);
/* tl_entry_text_write encodes and checks the whole. */
TL_MUST_USE enum tl_status tl_entry_text_write(struct tl_entry_text *text, struct tl_buf *out,
                                               struct tl_why *why);

#endif
