/* tl/inclusion.h -- a member's word that an envelope will be on the ledger.
 *
 * A member that takes an envelope over answers with a promise, signed with its
 * log key: this envelope, the next ones of its author being there, will be
 * recorded before a deadline.  The deadline is a moment and a number of blocks,
 *
 *   once a final block's time is `by_ms` or later, and `blocks` more blocks are
 *   final above it, the author's sequence on the ledger is not `sequence` - 1
 *
 * and every part of it is what a quorum certifies.  So the one who promised can
 * bend none of it: neither clock nor height are its own word, the block times of
 * a faulty leader are bounded by the drift rule (PROTOCOL R4-3), and a ledger that
 * stood still is nobody's breach, because blocks must have gone on without the
 * envelope.  The envelope before it may be missing for reasons of its author;
 * then this promise says nothing and the one for that envelope does.
 *
 * A breach is the promise, a final header at or after `by_ms`, and a state receipt
 * (receipt.h) of a final block at least `blocks` higher that shows the author's
 * sequence: three things that verify offline with nothing but the genesis file.
 * It proves that a member broke its word, not why: whoever promises for others
 * must be heard by them.
 *
 *   the member signs "tallystick/promise/v1\0" ‖ chain_id ‖ member ‖ author
 *                    ‖ sequence u64be ‖ envelope ‖ made_ms u64be ‖ by_ms u64be
 *                    ‖ blocks u32be
 *
 * The zero byte keeps these bytes apart from every text a log key signs (note.h).
 * The idea is that of the signed certificate timestamp (RFC 6962, 3.2), with
 * blocks in place of a log's own clock.  Pure; what is decoded borrows. */
#ifndef TL_INCLUSION_H
#define TL_INCLUSION_H

#include "tl/receipt.h"

#define TL_PROMISE_FORMAT 1u
/* A final header with the chain of epochs before it. */
#define TL_BREACH_FINAL_MAX (TL_RECEIPT_EPOCHS_BYTES_MAX + 8192u)
#define TL_BREACH_BYTES_MAX (TL_STATE_RECEIPT_BYTES_MAX + 2u * TL_BREACH_FINAL_MAX)
/* The longest terms a client should take for a promise at all. */
#define TL_PROMISE_MS_MAX     3600000u
#define TL_PROMISE_BLOCKS_MAX 1024u

#define TL_INCLUSION_PROMISE_FIELDS(FIELD, T)                                                      \
    FIELD(T, U16, format, TL_PROMISE_FORMAT, NULL)                                                 \
    FIELD(T, HASH, chain_id, 0, NULL)                                                              \
    FIELD(T, KEY, member, 0, NULL) /* log key of who promises */                                   \
    FIELD(T, KEY, author, 0, NULL)                                                                 \
    FIELD(T, U64, sequence, UINT64_MAX, NULL)                                                      \
    FIELD(T, HASH, envelope, 0, NULL)        /* its id */                                          \
    FIELD(T, U64, made_ms, UINT64_MAX, NULL) /* Unix time, the member's */                         \
    FIELD(T, U64, by_ms, UINT64_MAX, NULL)                                                         \
    FIELD(T, U32, blocks, TL_PROMISE_BLOCKS_MAX, NULL)                                             \
    FIELD(T, SIG, sig, 0, NULL)

#define TL_INCLUSION_BREACH_FIELDS(FIELD, T)                                                       \
    FIELD(T, U16, format, TL_PROMISE_FORMAT, NULL)                                                 \
    FIELD(T, BIN, promise, TL_PROMISE_BYTES_MAX, NULL)                                             \
    FIELD(T, LIST, late, 1, &tl_final_record)                                                      \
    FIELD(T, BIN, state, TL_STATE_RECEIPT_BYTES_MAX, NULL)

TL_DECLARE_RECORD(tl_inclusion_promise, TL_INCLUSION_PROMISE_FIELDS)
TL_DECLARE_RECORD(tl_inclusion_breach, TL_INCLUSION_BREACH_FIELDS)

/* tl_promise_seal signs what is filled in. */
void tl_promise_seal(struct tl_inclusion_promise *promise, const struct tl_seckey *log_key);

/* tl_promise_verify reads a promise and finds the member that made it.  On
 * failure *why says what is wrong (static text): TL_ERR_ENCODING,
 * TL_ERR_WRONG_CHAIN, TL_ERR_RANGE, TL_ERR_SIGNATURE (also: by no member's log
 * key). */
TL_MUST_USE enum tl_status tl_promise_verify(struct tl_inclusion_promise *promise, uint32_t *member,
                                             struct tl_bytes bytes,
                                             const struct tl_genesis *genesis,
                                             const struct tl_hash *chain_id, const char **why);
/* tl_promise_fair says whether the terms are worth taking by a client whose
 * clock shows `now_ms`: made about now, due within TL_PROMISE_MS_MAX. */
TL_MUST_USE bool tl_promise_fair(const struct tl_inclusion_promise *promise, uint64_t now_ms);

/* How a promise stands, by what is final. */
enum tl_promise_state {
    TL_PROMISE_KEPT,    /* the author's sequence has come to it */
    TL_PROMISE_WAITING, /* an envelope before it is missing */
    TL_PROMISE_OPEN,    /* it is next, and the deadline has not passed */
    TL_PROMISE_BROKEN
};
extern const struct tl_names tl_promise_state_names;
/* `recorded` is the author's sequence after the final block `height`; `late` the
 * height of a final block of time by_ms or later, UINT64_MAX when there is none. */
enum tl_promise_state tl_promise_judge(const struct tl_inclusion_promise *promise,
                                       uint64_t recorded, uint64_t height, uint64_t late);

/* tl_breach_write puts a breach together in an empty `out`, whose end is used
 * meanwhile (TL_BREACH_BYTES_MAX always suffices): `late` is a final header at or
 * after the deadline, `state` the state receipt of the author's sequence. */
void tl_breach_write(struct tl_buf *out, struct tl_bytes promise, const struct tl_final *late,
                     struct tl_bytes state);
/* What a breach proves. */
struct tl_breach_facts {
    struct tl_inclusion_promise promise;
    uint32_t member; /* who broke it */
    uint64_t recorded;
    struct tl_header late;
    struct tl_hash late_hash;
    struct tl_header header; /* of the state */
    struct tl_hash header_hash;
    uint32_t signers; /* of that header */
};
/* tl_breach_verify: beside the failures of tl_promise_verify and
 * tl_state_receipt_verify, TL_ERR_PROOF: what it shows is no breach. */
TL_MUST_USE enum tl_status tl_breach_verify(struct tl_breach_facts *facts, struct tl_bytes bytes,
                                            const struct tl_genesis *genesis,
                                            const struct tl_hash *chain_id, const char **why);

#endif
