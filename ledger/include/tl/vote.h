/* tl/vote.h -- votes and certificates: what members sign about blocks.
 *
 * Vote signing bytes are of fixed width (docs/PROTOCOL.md, A.2):
 *
 *   "tallystick/vote/v1\0" ‖ chain_id[32] ‖ kind u8 ‖ epoch u64be ‖ view u64be
 *                          ‖ hash[32]
 *
 * A certificate holds one signature per bit of its signer bitmap, in ascending
 * member order; a duplicate signer cannot be written down.  Pure. */
#ifndef TL_VOTE_H
#define TL_VOTE_H

#include "tl/record.h"
#include "tl/sign.h"

enum tl_vote_kind { TL_VOTE_NOTARIZE = 1, TL_VOTE_NULLIFY = 2, TL_VOTE_FINALIZE = 3 };
extern const struct tl_names tl_vote_kind_names;

#define TL_VOTE_FIELDS(FIELD, T)                                                                   \
    FIELD(T, ENUM, kind, TL_VOTE_FINALIZE, &tl_vote_kind_names)                                    \
    FIELD(T, U64, epoch, UINT64_MAX, NULL)                                                         \
    FIELD(T, U64, view, UINT64_MAX, NULL)                                                          \
    FIELD(T, HASH, hash, 0, NULL) /* zero for NULLIFY */                                           \
    FIELD(T, U8, member, TL_MEMBERS_MAX - 1u, NULL)                                                \
    FIELD(T, SIG, sig, 0, NULL)

#define TL_CERT_FIELDS(FIELD, T)                                                                   \
    FIELD(T, ENUM, kind, TL_VOTE_FINALIZE, &tl_vote_kind_names)                                    \
    FIELD(T, U64, epoch, UINT64_MAX, NULL)                                                         \
    FIELD(T, U64, view, UINT64_MAX, NULL)                                                          \
    FIELD(T, HASH, hash, 0, NULL)                                                                  \
    FIELD(T, U32, signers, UINT32_MAX, NULL)                                                       \
    FIELD(T, BIN, sigs, TL_MEMBERS_MAX *TL_SIG_BYTES, NULL) /* 64 bytes each */

TL_DECLARE_RECORD(tl_vote, TL_VOTE_FIELDS)
TL_DECLARE_RECORD(tl_cert, TL_CERT_FIELDS)

/* What remembers signatures that were verified, so that none is twice: a vote
 * comes alone first, then in a certificate, then in a justification.  A mark is a
 * hash over key, message and signature, so it stands for exactly these bytes.
 * Both functions are called from whatever thread verifies. */
struct tl_proven {
    void *host;
    bool (*has)(void *host, const struct tl_hash *mark);
    void (*add)(void *host, const struct tl_hash *mark);
};

/* A voting set: the consensus keys of one epoch and its quorum.  Members are
 * named by their place, which never changes; those in `silent` have no vote. */
struct tl_voters {
    struct tl_hash chain_id;
    uint64_t epoch;
    uint32_t count;  /* places */
    uint32_t silent; /* bitmap */
    uint32_t quorum;
    struct tl_pubkey key[TL_MEMBERS_MAX];
    const struct tl_proven *proven; /* NULL: verify every time */
};

#define TL_VOTE_SIGNING_BYTES (19u + 32u + 1u + 8u + 8u + 32u)
void tl_vote_signing_bytes(uint8_t out[TL_VOTE_SIGNING_BYTES], const struct tl_hash *chain_id,
                           const struct tl_vote *vote);
/* TL_OK, TL_ERR_RANGE (no such member, hash where none belongs or none where
 * one does), TL_ERR_WRONG_CHAIN (other epoch) or TL_ERR_SIGNATURE. */
TL_MUST_USE enum tl_status tl_vote_verify(const struct tl_vote *vote,
                                          const struct tl_voters *voters);
/* tl_vote_proven remembers a vote that its own member has just signed, here: its
 * signature needs no verification when it comes back in a certificate. */
void tl_vote_proven(const struct tl_vote *vote, const struct tl_voters *voters);
/* tl_cert_shape checks all but the signatures: the epoch (TL_ERR_WRONG_CHAIN), a
 * hash where one belongs (TL_ERR_RANGE), bits below the member count, at least a
 * quorum of them, one signature each (TL_ERR_CERTIFICATE).  tl_cert_verify also
 * verifies every signature. */
TL_MUST_USE enum tl_status tl_cert_shape(const struct tl_cert *cert,
                                         const struct tl_voters *voters);
TL_MUST_USE enum tl_status tl_cert_verify(const struct tl_cert *cert,
                                          const struct tl_voters *voters);
uint32_t tl_popcount32(uint32_t bits);
/* tl_nth_voter is the place of the nth member that votes, counted from 0; there
 * must be so many. */
uint32_t tl_nth_voter(uint32_t silent, uint32_t nth);

#endif
