/* tl/entry_privacy.h -- entries and decisions about personal data and about keys.
 *
 * Personal data never lies on the ledger.  A member puts it into its vault and
 * states here that it did, under a salted commitment (host/vault_record.h); who
 * may have it follows from custody and is derived (VAULT_GRANTED,
 * VAULT_REVOKED); how it ends is asked for, ordered, attested by each holder and
 * found to be complete:
 *
 *   VAULT_PUT          owner or holder: version n of the case's data, commitment
 *   VAULT_GRANTED      derived: this member is entitled from now on
 *   VAULT_REVOKED      derived: it is no longer
 *   ERASURE_REQUEST    owner: the person asks, or time is up
 *   ERASURE_ORDERED    derived: no legal hold, retention is over; the holders
 *   ERASURE_ATTESTED   a holder: key and blob are destroyed, in every copy
 *   ERASED             derived: all holders have attested, and where
 *
 * A subject here is the person as one case knows it.  Two cases of one person
 * have two salts, so nobody without the vaults can tell that they are one.
 *
 * KEY_GRANT and KEY_REVOKE change which keys may act for the author's own
 * member; a key never gives more than it has.  Pure; included by tl/entry.h. */
#ifndef TL_ENTRY_PRIVACY_H
#define TL_ENTRY_PRIVACY_H

#include "tl/genesis_schema.h"

/* Why data is to go: the grounds of GDPR Art. 17(1), and time. */
enum tl_erasure_ground {
    TL_ERASURE_NOT_NEEDED = 0, /* (a) */
    TL_ERASURE_CONSENT = 1,    /* (b) withdrawn */
    TL_ERASURE_OBJECTION = 2,  /* (c) */
    TL_ERASURE_UNLAWFUL = 3,   /* (d) */
    TL_ERASURE_OBLIGATION = 4, /* (e) */
    TL_ERASURE_EXPIRED = 5     /* the consortium's own term of retention */
};
extern const struct tl_names tl_erasure_ground_names;

#define TL_BODY_VAULT_FIELDS(FIELD, T)                                                             \
    FIELD(T, U32, version, UINT32_MAX, NULL) /* counts from 1 */                                   \
    FIELD(T, HASH, commitment, 0, NULL)
#define TL_BODY_ERASURE_FIELDS(FIELD, T)                                                           \
    FIELD(T, ENUM, ground, TL_ERASURE_EXPIRED, &tl_erasure_ground_names)
/* `copies` copies of the key were overwritten, at destroyed_ms by the node's clock. */
#define TL_BODY_ATTESTATION_FIELDS(FIELD, T)                                                       \
    FIELD(T, HASH, commitment, 0, NULL)                                                            \
    FIELD(T, U64, destroyed_ms, UINT64_MAX, NULL)                                                  \
    FIELD(T, U8, copies, UINT8_MAX, NULL)
#define TL_BODY_KEY_GRANT_FIELDS(FIELD, T)                                                         \
    FIELD(T, STR, name, TL_MEMBER_ID_MAX, NULL)                                                    \
    FIELD(T, KEY, key, 0, NULL)                                                                    \
    FIELD(T, U16, rights, TL_RIGHT_ALL, NULL)                                                      \
    FIELD(T, U64, expires_ms, UINT64_MAX, NULL) /* Unix time; 0: never */
#define TL_BODY_KEY_REVOKE_FIELDS(FIELD, T) FIELD(T, KEY, key, 0, NULL)

#define TL_BODY_VAULT_ACCESS_FIELDS(FIELD, T)                                                      \
    FIELD(T, U8, member, TL_MEMBERS_MAX - 1u, NULL)                                                \
    FIELD(T, U32, version, UINT32_MAX, NULL)                                                       \
    FIELD(T, HASH, commitment, 0, NULL)
#define TL_VAULT_HOLDER_FIELDS(FIELD, T) FIELD(T, U8, member, TL_MEMBERS_MAX - 1u, NULL)
#define TL_BODY_ERASURE_ORDER_FIELDS(FIELD, T)                                                     \
    FIELD(T, U32, version, UINT32_MAX, NULL)                                                       \
    FIELD(T, HASH, commitment, 0, NULL)                                                            \
    FIELD(T, LIST, holders, TL_MEMBERS_MAX, &tl_vault_holder_record)
#define TL_VAULT_ATTESTED_FIELDS(FIELD, T)                                                         \
    FIELD(T, U8, member, TL_MEMBERS_MAX - 1u, NULL)                                                \
    FIELD(T, U64, leaf, UINT64_MAX, NULL) /* of its ERASURE_ATTESTED */
#define TL_BODY_ERASED_FIELDS(FIELD, T)                                                            \
    FIELD(T, U32, version, UINT32_MAX, NULL)                                                       \
    FIELD(T, HASH, commitment, 0, NULL)                                                            \
    FIELD(T, LIST, attested, TL_MEMBERS_MAX, &tl_vault_attested_record)

TL_DECLARE_RECORD(tl_body_vault, TL_BODY_VAULT_FIELDS)
TL_DECLARE_RECORD(tl_body_erasure, TL_BODY_ERASURE_FIELDS)
TL_DECLARE_RECORD(tl_body_attestation, TL_BODY_ATTESTATION_FIELDS)
TL_DECLARE_RECORD(tl_body_key_grant, TL_BODY_KEY_GRANT_FIELDS)
TL_DECLARE_RECORD(tl_body_key_revoke, TL_BODY_KEY_REVOKE_FIELDS)
TL_DECLARE_RECORD(tl_body_vault_access, TL_BODY_VAULT_ACCESS_FIELDS)
TL_DECLARE_RECORD(tl_vault_holder, TL_VAULT_HOLDER_FIELDS)
TL_DECLARE_RECORD(tl_body_erasure_order, TL_BODY_ERASURE_ORDER_FIELDS)
TL_DECLARE_RECORD(tl_vault_attested, TL_VAULT_ATTESTED_FIELDS)
TL_DECLARE_RECORD(tl_body_erased, TL_BODY_ERASED_FIELDS)

#endif
