/* tl/genesis.h -- what all members must share, fixed before the first block.
 *
 * A genesis file is one canonical tl_genesis record.  Its hash
 *
 *   chain_id = SHA-256("tallystick/genesis/v1\0" ‖ file bytes)
 *
 * (genesis_schema.h lists its fields) names the ledger and is mixed into every signature, so
 * nothing signed for one ledger means anything on another.  What may differ between members (paths,
 * ports, log level) is in tallyd's own configuration.
 *
 * Quorum q of n voters tolerates t_s = 2q-n-1 traitors for safety and t_l = n-q
 * silent ones for progress.  q must satisfy n/2 < q <= n; below floor(2n/3)+1 a
 * single traitor is detected but not stopped, and the file must say so by
 * `accept_weak_quorum`.
 *
 * Pure.  Decoded views borrow the file's bytes. */
#ifndef TL_GENESIS_H
#define TL_GENESIS_H

#include "tl/genesis_schema.h"
#include "tl/vote.h"

/* tl_genesis_decode reads a genesis file and holds it to every rule of
 * docs/FORMAT.md: quorum, distinct ids, addresses, keys and certificates, valid
 * points, ranges.  TL_ERR_ENCODING, TL_ERR_RANGE; then *why names the first rule
 * broken (static text), else it is NULL.  Uses some 140 KiB of stack. */
TL_MUST_USE enum tl_status tl_genesis_decode(struct tl_genesis *genesis, struct tl_bytes bytes,
                                             const char **why);
void tl_genesis_chain_id(struct tl_hash *out, struct tl_bytes bytes);
/* tl_genesis_members_hash commits to the member list (headers carry it). */
void tl_genesis_members_hash(struct tl_hash *out, const struct tl_genesis *genesis);
/* tl_genesis_voters fills the voting set of epoch 0. */
void tl_genesis_voters(struct tl_voters *out, const struct tl_genesis *genesis,
                       const struct tl_hash *chain_id);
TL_MUST_USE bool tl_genesis_member(const struct tl_genesis *genesis, uint32_t index,
                                   struct tl_member *out);
/* tl_genesis_author finds who a writing key belongs to and what it may do. */
struct tl_author {
    uint32_t member; /* index in the genesis file */
    uint16_t roles;
    uint16_t rights;
    uint64_t expires_ms; /* Unix time; 0: never */
};
TL_MUST_USE bool tl_genesis_author(const struct tl_genesis *genesis, const struct tl_pubkey *key,
                                   struct tl_author *out);

#endif
