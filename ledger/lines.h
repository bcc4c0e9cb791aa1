/* lines.h -- reading line-based formats; private to the ledger room. */
#ifndef TL_LINES_H
#define TL_LINES_H

#include "tl/bytes.h"
#include "tl/hash.h"

/* tl_line_take takes one line off the front, without its newline.  False: no
 * newline left; nothing is taken. */
TL_MUST_USE bool tl_line_take(struct tl_bytes *rest, struct tl_bytes *line);
/* tl_word_take takes `word` off the front of a line, or nothing. */
TL_MUST_USE bool tl_word_take(struct tl_bytes *line, const char *word);
/* The whole line is a decimal number without leading zeros. */
TL_MUST_USE bool tl_line_u64(struct tl_bytes line, uint64_t *value);
/* The whole line is a hash in base64. */
TL_MUST_USE bool tl_line_hash(struct tl_bytes line, struct tl_hash *hash);
void tl_put_text(struct tl_buf *out, const char *text);
void tl_put_decimal(struct tl_buf *out, uint64_t value);

#endif
