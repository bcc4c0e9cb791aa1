/* tl/vault.h -- what the ledger's state knows of a case's personal data.
 *
 * One record per case that has any: which version is the last, under which
 * commitment, who is entitled to it now, whom it ever reached, and how far an
 * erasure has come.  No personal data, and nothing it could be guessed from: the
 * commitment is over 32 random bytes for each field.
 *
 * Entitled are the owner, the agency while it has custody, the buyer from the
 * sale on, and the bureaus once the case was furnished.  All whom the data ever
 * reached must attest an erasure, also those whose custody ended long before.
 *
 * Beside it stands what KEY_GRANT and KEY_REVOKE said of a key.
 *
 * Two indexes, derivable and not authenticated: every leaf that changed a vault,
 * in order (nodes follow it to deliver and to destroy), and the erasures that are
 * ordered and not complete.  Pure. */
#ifndef TL_VAULT_H
#define TL_VAULT_H

#include "tl/case.h"
#include "tl/genesis.h"

enum tl_vault_stage { TL_VAULT_OPEN = 0, TL_VAULT_ORDERED = 1, TL_VAULT_ERASED = 2 };
extern const struct tl_names tl_vault_stage_names;

#define TL_VAULT_FIELDS(FIELD, T)                                                                  \
    FIELD(T, ID, case_id, 0, NULL)                                                                 \
    FIELD(T, U32, version, UINT32_MAX, NULL)                                                       \
    FIELD(T, HASH, commitment, 0, NULL)                                                            \
    FIELD(T, U64, put_leaf, UINT64_MAX, NULL)                                                      \
    FIELD(T, U8, put_by, TL_MEMBERS_MAX - 1u, NULL)                                                \
    FIELD(T, U8, owner, TL_MEMBERS_MAX - 1u, NULL)                                                 \
    FIELD(T, U32, entitled, UINT32_MAX, NULL) /* bit per member: now */                            \
    FIELD(T, U32, reached, UINT32_MAX, NULL)  /* bit per member: ever */                           \
    FIELD(T, ENUM, stage, TL_VAULT_ERASED, &tl_vault_stage_names)                                  \
    FIELD(T, I32, ordered_on, 0, NULL)                                                             \
    FIELD(T, U64, ordered_leaf, UINT64_MAX, NULL) /* TL_LEAF_NONE: not */                          \
    FIELD(T, U64, erased_leaf, UINT64_MAX, NULL)                                                   \
    FIELD(T, LIST, attested, TL_MEMBERS_MAX, &tl_vault_attested_record)
TL_DECLARE_RECORD(tl_vault, TL_VAULT_FIELDS)

/* tl_vault_load reads a case's record; it borrows the overlay's bytes.
 * TL_ERR_NOT_FOUND: the case has no personal data. */
TL_MUST_USE enum tl_status tl_vault_load(struct tl_vault *vault, struct tl_overlay *state,
                                         const struct tl_id *id);
/* tl_vault_missing gives the members, as bits, that have yet to attest. */
uint32_t tl_vault_missing(const struct tl_vault *vault);

/* What entries said of a key: granted to ask, or revoked; the last word counts. */
#define TL_KEY_WORD_FIELDS(FIELD, T)                                                               \
    FIELD(T, U8, member, TL_MEMBERS_MAX - 1u, NULL)                                                \
    FIELD(T, U16, rights, TL_RIGHT_ALL, NULL) /* 0: revoked */                                     \
    FIELD(T, U64, expires_ms, UINT64_MAX, NULL)                                                    \
    FIELD(T, U64, leaf, UINT64_MAX, NULL)
TL_DECLARE_RECORD(tl_key_word, TL_KEY_WORD_FIELDS)

/* tl_author_standing finds what a key may do: *author comes in as what genesis or
 * epoch says of it, all zero if nothing.  TL_OK: *author holds.  TL_ERR_DENIED: no
 * such key; TL_ERR_REVOKED: it was revoked; TL_ERR_EXPIRED at now_ms. */
TL_MUST_USE enum tl_status tl_author_standing(struct tl_author *author, struct tl_overlay *state,
                                              const struct tl_genesis *genesis,
                                              const struct tl_pubkey *key, uint64_t now_ms);

struct tl_state_key tl_key_vault(const struct tl_id *id);
struct tl_state_key tl_key_of_key(const struct tl_pubkey *key);
struct tl_state_key tl_key_vault_event(uint64_t leaf);
struct tl_state_key tl_key_erasure(uint64_t leaf);

#endif
