/* tl/witness.h -- asking a witness for its cosignature, and being one.
 *
 * C2SP tlog-witness v1, without the HTTP around it.  A log sends
 *
 *   old <size>\n  (base64 hash\n){0..63}  \n  checkpoint
 *
 * where the hashes prove that the checkpoint's tree continues the one of `size`
 * leaves the witness cosigned last.  The witness answers with its cosignature
 * lines, or with
 *
 *   400  the request is malformed, or old is beyond the checkpoint
 *   403  it is no signed note of the one spelling note.h reads, none of the log's
 *        known keys signed it, or one did and wrongly
 *   404  it does not know the log
 *   409  it cosigned another size last: that size is the answer's body, as
 *        text/x.tlog.size; or the same size with another root
 *   422  the proof does not show that the tree continues
 *
 * tl_witness_judge is a function of what the witness remembers and the request,
 * and changes nothing.  Its 200 is a duty: the caller makes the new size and
 * root durable, atomically with the judgement, before a cosignature leaves.
 * Pure; what is parsed borrows the request. */
#ifndef TL_WITNESS_H
#define TL_WITNESS_H

#include "tl/note.h"

#define TL_WITNESS_HASHES_MAX 63u
#define TL_WITNESS_BYTES_MAX  (TL_NOTE_BYTES_MAX + 4096u)

struct tl_add_checkpoint {
    uint64_t old_size;
    struct tl_proof proof;
    struct tl_bytes checkpoint; /* a signed note */
};
void tl_add_checkpoint_write(struct tl_buf *out, const struct tl_add_checkpoint *request);
TL_MUST_USE enum tl_status tl_add_checkpoint_parse(struct tl_add_checkpoint *out,
                                                   struct tl_bytes body);

/* What a witness remembers of a log.  Size 0: it never cosigned it. */
struct tl_witness_log {
    struct tl_bytes origin;
    const struct tl_note_key *keys; /* any of them speaks for the log */
    size_t key_count;
    uint64_t size;
    struct tl_hash root; /* of that size */
};

enum tl_witness_code {
    TL_WITNESS_OK = 200,
    TL_WITNESS_BAD_REQUEST = 400,
    TL_WITNESS_FORBIDDEN = 403,
    TL_WITNESS_NOT_FOUND = 404,
    TL_WITNESS_CONFLICT = 409,
    TL_WITNESS_UNPROCESSABLE = 422
};

struct tl_witness_answer {
    enum tl_witness_code code;
    size_t log;                      /* which of the logs; with 404 and 400: none */
    uint64_t size;                   /* 409: what was cosigned last */
    struct tl_checkpoint checkpoint; /* 200: to be remembered, then cosigned */
    struct tl_bytes text;            /* 200: what to cosign */
};
void tl_witness_judge(struct tl_witness_answer *answer, const struct tl_witness_log *logs,
                      size_t count, struct tl_bytes body);
/* tl_witness_refusal writes the body of an answer that is not 200. */
void tl_witness_refusal(struct tl_buf *out, const struct tl_witness_answer *answer);

#endif
