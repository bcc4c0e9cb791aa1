/* tl/envelope.h -- what a member submits: entries under one signature.
 *
 * An envelope is { author key, sequence, count, root, signature, entries }.
 * The signature covers
 *
 *   "tallystick/env/v1\0" ‖ chain_id[32] ‖ author[32] ‖ sequence u64be
 *                         ‖ count u32be ‖ root[32]
 *
 * where root is the RFC 6962 tree over the entries' bytes: one signature covers
 * up to 4,096 entries, and one entry can be proven to be the author's without
 * showing its neighbours.  An envelope's id is the domain-separated hash of
 * those same bytes, so a second signature over them is not a second envelope.
 *
 * An author's sequence starts at 1 and rises by one: the order an author signed
 * is the order the ledger keeps, and an envelope sent twice is recorded once.
 *
 * Pure.  A decoded envelope borrows the bytes it came from. */
#ifndef TL_ENVELOPE_H
#define TL_ENVELOPE_H

#include "tl/record.h"
#include "tl/sign.h"

#define TL_ENVELOPE_FIELDS(FIELD, T)                                                               \
    FIELD(T, KEY, author, 0, NULL)                                                                 \
    FIELD(T, U64, sequence, UINT64_MAX, NULL)                                                      \
    FIELD(T, HASH, root, 0, NULL)                                                                  \
    FIELD(T, SIG, sig, 0, NULL)                                                                    \
    FIELD(T, LIST, entries, TL_ENVELOPE_ENTRIES_MAX, &tl_entry_bytes_record)

/* One element of the list: an entry's bytes (entry.h). */
#define TL_ENTRY_BYTES_FIELDS(FIELD, T) FIELD(T, BIN, bytes, TL_ENTRY_BYTES_MAX, NULL)

TL_DECLARE_RECORD(tl_entry_bytes, TL_ENTRY_BYTES_FIELDS)
TL_DECLARE_RECORD(tl_envelope, TL_ENVELOPE_FIELDS)

/* tl_envelope_decode reads one envelope and checks that it has entries, a
 * sequence from 1, and that root is the root of its entries: TL_ERR_ENCODING,
 * TL_ERR_RANGE, TL_ERR_PROOF.  Signature and authority are the caller's to
 * check. */
TL_MUST_USE enum tl_status tl_envelope_decode(struct tl_envelope *env, struct tl_bytes bytes);

/* tl_envelope_id hashes the signing bytes. */
void tl_envelope_id(struct tl_hash *id, const struct tl_envelope *env,
                    const struct tl_hash *chain_id);
/* tl_envelope_verify: `author` must be a key tl_pubkey_valid accepted, as every
 * key of a genesis file is; look it up there first.  TL_ERR_SIGNATURE. */
TL_MUST_USE enum tl_status tl_envelope_verify(const struct tl_envelope *env,
                                              const struct tl_hash *chain_id);
/* tl_envelope_seal computes root and signature for the entries in place. */
void tl_envelope_seal(struct tl_envelope *env, const struct tl_hash *chain_id,
                      const struct tl_seckey *key);
/* tl_envelope_root is the RFC 6962 root over the entries of a valid list. */
void tl_envelope_root(struct tl_hash *root, const struct tl_list *entries);

#endif
