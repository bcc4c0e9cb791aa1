/* tl/block.h -- the unit of agreement: ordered envelopes and what they cause.
 *
 * A block on the wire and on disk is { header, leader signature, justification,
 * envelopes }.  The header chains to its parent and commits to everything:
 * body_root to the envelopes, just_root to the justification, log_root to all
 * leaves since genesis including the decisions this block caused, state_root to
 * every case and account after it.  Decisions are not carried: every voter
 * derives them, so what a quorum signs includes the consequences.
 *
 *   block hash = SHA-256("tallystick/hdr/v1\0"  ‖ header bytes)
 *   the leader signs   "tallystick/prop/v1\0" ‖ block hash
 *   body_root  = RFC 6962 tree over the envelopes' bytes
 *                (of a REPROPOSE, which has none: the hash of the block it repeats)
 *   just_root  = SHA-256("tallystick/just/v1\0" ‖ justification bytes)
 *
 * Pure.  Decoded blocks borrow their bytes. */
#ifndef TL_BLOCK_H
#define TL_BLOCK_H

#include "tl/envelope.h"
#include "tl/vote.h"

enum tl_block_kind { TL_BLOCK_NORMAL = 0, TL_BLOCK_REPROPOSE = 1 };
extern const struct tl_names tl_block_kind_names;

#define TL_HEADER_FIELDS(FIELD, T)                                                                 \
    FIELD(T, HASH, chain_id, 0, NULL)                                                              \
    FIELD(T, U64, epoch, UINT64_MAX, NULL)                                                         \
    FIELD(T, U64, view, UINT64_MAX, NULL)                                                          \
    FIELD(T, U64, height, UINT64_MAX, NULL)                                                        \
    FIELD(T, ENUM, kind, TL_BLOCK_REPROPOSE, &tl_block_kind_names)                                 \
    FIELD(T, U8, leader, TL_MEMBERS_MAX - 1u, NULL)                                                \
    FIELD(T, HASH, parent_hash, 0, NULL)                                                           \
    FIELD(T, U64, parent_view, UINT64_MAX, NULL)                                                   \
    FIELD(T, U64, time_ms, UINT64_MAX, NULL) /* Unix time of the proposal */                       \
    FIELD(T, U64, log_size, UINT64_MAX, NULL)                                                      \
    FIELD(T, HASH, log_root, 0, NULL)                                                              \
    FIELD(T, HASH, state_root, 0, NULL)                                                            \
    FIELD(T, HASH, body_root, 0, NULL)                                                             \
    FIELD(T, HASH, just_root, 0, NULL)                                                             \
    FIELD(T, HASH, members_hash, 0, NULL)                                                          \
    FIELD(T, HASH, next_members_hash, 0, NULL)                                                     \
    FIELD(T, HASH, contract_hash, 0, NULL)

/* parent: NOTARIZE or FINALIZE certificate of (parent_view, parent_hash), empty
 * when parent_view is 0; skips: NULLIFY certificates of every view between,
 * ascending. */
#define TL_JUSTIFICATION_FIELDS(FIELD, T)                                                          \
    FIELD(T, LIST, parent, 1, &tl_cert_record)                                                     \
    FIELD(T, LIST, skips, TL_SKIPS_MAX, &tl_cert_record)

#define TL_BLOCK_FIELDS(FIELD, T)                                                                  \
    FIELD(T, BIN, header, 1024, NULL) /* encoded tl_header */                                      \
    FIELD(T, SIG, leader_sig, 0, NULL)                                                             \
    FIELD(T, RAW, justification, TL_FRAME_BYTES_MAX, NULL)                                         \
    FIELD(T, LIST, envelopes, TL_BLOCK_ENVELOPES_MAX, &tl_envelope_bytes_record)

#define TL_ENVELOPE_BYTES_FIELDS(FIELD, T) FIELD(T, BIN, bytes, TL_ENVELOPE_BYTES_MAX, NULL)

TL_DECLARE_RECORD(tl_header, TL_HEADER_FIELDS)
TL_DECLARE_RECORD(tl_justification, TL_JUSTIFICATION_FIELDS)
TL_DECLARE_RECORD(tl_envelope_bytes, TL_ENVELOPE_BYTES_FIELDS)
TL_DECLARE_RECORD(tl_block, TL_BLOCK_FIELDS)

void tl_header_hash(struct tl_hash *out, struct tl_bytes header);
void tl_header_encode(struct tl_buf *out, const struct tl_header *header);
TL_MUST_USE enum tl_status tl_header_decode(struct tl_header *header, struct tl_bytes bytes);
void tl_proposal_sign(struct tl_sig *sig, const struct tl_hash *block_hash,
                      const struct tl_seckey *key);
TL_MUST_USE enum tl_status tl_proposal_verify(const struct tl_sig *sig,
                                              const struct tl_hash *block_hash,
                                              const struct tl_pubkey *leader);
void tl_body_root(struct tl_hash *out, const struct tl_list *envelopes);
void tl_just_root(struct tl_hash *out, struct tl_bytes justification);

/* tl_block_decode reads a block and checks what needs no context: sizes, and
 * that body_root and just_root are those of what it carries.  *hash, *header
 * and *just are set beside *block.  TL_ERR_ENCODING; TL_ERR_RANGE: too large;
 * TL_ERR_PROOF: the header commits to something else. */
struct tl_block_parts {
    struct tl_block block;
    struct tl_header header;
    struct tl_justification just;
    struct tl_hash hash;
};
TL_MUST_USE enum tl_status tl_block_decode(struct tl_block_parts *parts, struct tl_bytes bytes);

/* tl_just_verify checks that the justification proves (parent_view, parent_hash)
 * and the nullification of every view between it and header->view, with valid
 * certificates of this epoch.  TL_ERR_WRONG_CHAIN, TL_ERR_RANGE (a parent that is
 * not before the block), TL_ERR_CERTIFICATE. */
TL_MUST_USE enum tl_status tl_just_verify(const struct tl_justification *just,
                                          const struct tl_header *header,
                                          const struct tl_voters *voters);

#endif
