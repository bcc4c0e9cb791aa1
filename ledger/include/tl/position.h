/* tl/position.h -- how far an auditor has seen a ledger, and vouches for it.
 *
 * A position is the last certified block an auditor has replayed.  It is cosigned
 * in two ways with the auditor's own key: as `cosignature/v1` over the checkpoint
 * of that log (note.h), which anybody's tools can read and which makes the auditor
 * a witness, and as a whole, so that nobody can move the auditor's memory back
 * unseen.  The second signature is over
 *
 *   "tallystick/position/v1\0" ‖ SHA-256(the record's bytes, with SHA-256(seen) for
 *                                        `seen` and zero for `sig`)
 *
 * The rule of every cosigner binds it too: never a smaller tree, never another of
 * the same size.  Whoever keeps a position replaces it whole and durably.  Pure. */
#ifndef TL_POSITION_H
#define TL_POSITION_H

#include "tl/chain.h"
#include "tl/note.h"

#define TL_POSITION_FORMAT    1u
#define TL_POSITION_BYTES_MAX (TL_NOTE_BYTES_MAX + 1024u)
/* What comes behind the origin in the name an auditor cosigns under. */
#define TL_POSITION_WITNESS "/auditor"

#define TL_POSITION_FIELDS(FIELD, T)                                                               \
    FIELD(T, U16, format, TL_POSITION_FORMAT, NULL)                                                \
    FIELD(T, HASH, chain_id, 0, NULL)                                                              \
    FIELD(T, U64, height, UINT64_MAX, NULL)                                                        \
    FIELD(T, HASH, hash, 0, NULL) /* of that block */                                              \
    FIELD(T, U64, log_size, UINT64_MAX, NULL)                                                      \
    FIELD(T, HASH, log_root, 0, NULL)                                                              \
    FIELD(T, HASH, state_root, 0, NULL)                                                            \
    FIELD(T, U64, time_s, UINT64_MAX, NULL)      /* Unix time it was taken at */                   \
    FIELD(T, BIN, seen, TL_NOTE_BYTES_MAX, NULL) /* the node's checkpoint seen last */             \
    FIELD(T, U64, seen_time_s, UINT64_MAX, NULL) /* of its cosignature; 0: none yet */             \
    FIELD(T, U64, seen_size, UINT64_MAX, NULL)                                                     \
    FIELD(T, SIG, sig, 0, NULL)
TL_DECLARE_RECORD(tl_position, TL_POSITION_FIELDS)

/* tl_position_write signs a position and encodes it (TL_POSITION_BYTES_MAX). */
void tl_position_write(struct tl_buf *out, struct tl_position *position,
                       const struct tl_seckey *key);
/* tl_position_read decodes what one's own key signed for this ledger; *out borrows.
 * TL_ERR_ENCODING, TL_ERR_WRONG_CHAIN, TL_ERR_SIGNATURE. */
TL_MUST_USE enum tl_status tl_position_read(struct tl_position *out, struct tl_bytes bytes,
                                            const struct tl_hash *chain_id,
                                            const struct tl_pubkey *key);

/* tl_position_note writes the checkpoint of a position as a signed note: the lines
 * of `seen` when that is of the same log, then the auditor's cosignature
 * (TL_NOTE_BYTES_MAX). */
void tl_position_note(struct tl_buf *out, const struct tl_position *position,
                      struct tl_bytes origin, const struct tl_note_key *witness,
                      const struct tl_seckey *key);

#endif
