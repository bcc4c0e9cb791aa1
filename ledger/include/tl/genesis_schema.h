/* tl/genesis_schema.h -- the fields of a genesis file, its members and their keys.
 *
 * The tables are the format: reader, writer and checks follow from them
 * (record.h), docs/FORMAT.md prints them.  What the fields must satisfy together
 * (quorum, distinct ids and keys) is genesis.c's, and why is told in genesis.h.
 *
 * Pure.  Decoded views borrow the file's bytes. */
#ifndef TL_GENESIS_SCHEMA_H
#define TL_GENESIS_SCHEMA_H

#include "tl/record.h"

/* What a member does in the consortium; several may be set (domain.md 2.4). */
enum tl_role {
    TL_ROLE_CREDITOR = 1u << 0,
    TL_ROLE_SERVICER = 1u << 1,
    TL_ROLE_AGENCY = 1u << 2,
    TL_ROLE_LAW_FIRM = 1u << 3,
    TL_ROLE_DEBT_BUYER = 1u << 4,
    TL_ROLE_BUREAU = 1u << 5,
    TL_ROLE_PROCESSOR = 1u << 6,
    TL_ROLE_GATEWAY = 1u << 7,
    TL_ROLE_AUDITOR = 1u << 8,
    TL_ROLE_ADMIN = 1u << 9,
    TL_ROLE_ALL = (1u << 10) - 1u
};

/* What one key may do on its member's behalf. */
enum tl_right {
    TL_RIGHT_READ = 1u << 0,     /* query cases, receipts, checkpoints */
    TL_RIGHT_SUBMIT = 1u << 1,   /* write entries the member's roles allow */
    TL_RIGHT_CALENDAR = 1u << 2, /* close business days */
    TL_RIGHT_POLICY = 1u << 3,   /* publish policies */
    TL_RIGHT_OPERATE = 1u << 4,  /* node status and stop */
    TL_RIGHT_GOVERN = 1u << 5,   /* propose and approve changes of members, keys and limits */
    TL_RIGHT_VAULT = 1u << 6,    /* personal data of cases its member is entitled to */
    TL_RIGHT_AUDIT = 1u << 7,    /* the whole ledger, not only its member's cases */
    TL_RIGHT_KEYS = 1u << 8,     /* grant and revoke keys of its own member */
    TL_RIGHT_ALL = (1u << 9) - 1u,
    /* Of keys that write nothing: what KEY_GRANT may give. */
    TL_RIGHTS_ASKING = TL_RIGHT_READ | TL_RIGHT_OPERATE | TL_RIGHT_VAULT | TL_RIGHT_AUDIT
};

/* Where the business date comes from. */
enum tl_time_source { TL_TIME_BLOCK = 0, TL_TIME_CALENDAR = 1 };
extern const struct tl_names tl_time_source_names;

#define TL_MEMBER_KEY_FIELDS(FIELD, T)                                                             \
    FIELD(T, STR, name, TL_MEMBER_ID_MAX, NULL)                                                    \
    FIELD(T, KEY, key, 0, NULL)                                                                    \
    FIELD(T, U16, rights, TL_RIGHT_ALL, NULL)                                                      \
    FIELD(T, U64, expires_ms, UINT64_MAX, NULL) /* Unix time from which it is none; 0: never */

#define TL_MEMBER_FIELDS(FIELD, T)                                                                 \
    FIELD(T, STR, id, TL_MEMBER_ID_MAX, NULL)                                                      \
    FIELD(T, U16, roles, TL_ROLE_ALL, NULL)                                                        \
    FIELD(T, STR, address, TL_ADDRESS_MAX, NULL) /* host:port its peers dial */                    \
    FIELD(T, KEY, consensus_key, 0, NULL)                                                          \
    FIELD(T, KEY, log_key, 0, NULL)                                                                \
    FIELD(T, KEY, cosign_key, 0, NULL)                                                             \
    FIELD(T, KEY, vault_key, 0, NULL)              /* X25519: what personal data is sealed to */   \
    FIELD(T, BIN, tls_cert, TL_TLS_CERT_MAX, NULL) /* self-signed, DER; pinned */                  \
    FIELD(T, LIST, keys, TL_MEMBER_KEYS_MAX, &tl_member_key_record)

#define TL_GENESIS_FIELDS(FIELD, T)                                                                \
    FIELD(T, U16, format, 1, NULL)                                                                 \
    FIELD(T, STR, name, 64, NULL) /* also the origin of checkpoints */                             \
    FIELD(T, U64, created_ms, UINT64_MAX, NULL)                                                    \
    FIELD(T, U8, quorum, TL_MEMBERS_MAX, NULL)                                                     \
    FIELD(T, BOOL, accept_weak_quorum, 0, NULL)                                                    \
    FIELD(T, ENUM, time_source, TL_TIME_CALENDAR, &tl_time_source_names)                           \
    FIELD(T, I32, first_date, 0, NULL) /* business date before the first close, days */            \
    FIELD(T, U8, state_bits, TL_STATE_BITS_MAX, NULL)                                              \
    FIELD(T, U32, block_bytes, TL_BLOCK_BYTES_MAX, NULL)                                           \
    FIELD(T, U32, delta_ms, 60000, NULL) /* the network delay timers assume */                     \
    FIELD(T, U32, heartbeat_ms, 3600000, NULL)                                                     \
    FIELD(T, U32, drift_ms, 600000, NULL) /* how far a block's time may run ahead */               \
    FIELD(T, LIST, members, TL_MEMBERS_MAX, &tl_member_record)

TL_DECLARE_RECORD(tl_member_key, TL_MEMBER_KEY_FIELDS)
TL_DECLARE_RECORD(tl_member, TL_MEMBER_FIELDS)
TL_DECLARE_RECORD(tl_genesis, TL_GENESIS_FIELDS)

#endif
