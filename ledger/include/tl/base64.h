/* tl/base64.h -- standard base64 (RFC 4648 section 4), one spelling per value.
 *
 * The formats of others (signed notes, checkpoints, proofs) carry hashes and
 * signatures in base64.  The reader takes only what the writer would have
 * written: padded, no line breaks, spare bits zero; so text that verifies
 * cannot be respelled.  Pure, thread safe. */
#ifndef TL_BASE64_H
#define TL_BASE64_H

#include "tl/bytes.h"

/* tl_base64_write appends the text for `bytes`. */
void tl_base64_write(struct tl_buf *out, struct tl_bytes bytes);

/* tl_base64_read decodes all of `text`.  The first `cap` bytes go to `out`
 * (NULL with cap 0: only check); *len is the whole decoded length, which may be
 * more.  False: not canonical base64; *len is 0 then. */
TL_MUST_USE bool tl_base64_read(uint8_t *out, size_t cap, struct tl_bytes text, size_t *len);

#endif
