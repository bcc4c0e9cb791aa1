/* tl/vault_store.h -- a member's vault on its disk.
 *
 *   DIR/blobs/HH/CASE-MARK    one version of one person's data, encrypted
 *   DIR/reads.log             access_log.h
 *   KEYS-A/, KEYS-B/          vault_keys.h
 *
 * A blob is written once under a name of its own and never changed.  Without its
 * key it is noise: copies and backups of DIR may be made freely, and erasing a
 * person needs none of them.  A blob whose key is gone, or a key whose blob a
 * crash has torn, counts as not there and is delivered again by who has it.
 *
 * What is put, taken or destroyed is durable after tl_vault_store_settle; a
 * destroyed key is at once.  One thread; only tl_vault_keys_at may be asked from
 * another.  Memory that held personal data is wiped. */
#ifndef TL_VAULT_STORE_H
#define TL_VAULT_STORE_H

#include "tl/access_log.h"
#include "tl/keyfile.h"
#include "tl/vault_keys.h"
#include "tl/vault_record.h"

#define TL_VAULT_BLOB_BYTES (TL_VAULT_RECORD_BYTES + 256u)

/* What lies in a blob's file, and what is sent: `box` is the encrypted record. */
#define TL_VAULT_BLOB_FIELDS(FIELD, T)                                                             \
    FIELD(T, ID, case_id, 0, NULL)                                                                 \
    FIELD(T, U32, version, UINT32_MAX, NULL)                                                       \
    FIELD(T, HASH, commitment, 0, NULL)                                                            \
    FIELD(T, BIN, box, TL_VAULT_RECORD_BYTES + 64u, NULL)
#define TL_VAULT_PARCEL_FIELDS(FIELD, T)                                                           \
    FIELD(T, BIN, sealed, TL_VAULT_SEALED_BYTES, NULL) /* the data key, to the receiver */         \
    FIELD(T, BIN, blob, TL_VAULT_BLOB_BYTES, NULL)     /* tl_vault_blob */
TL_DECLARE_RECORD(tl_vault_blob, TL_VAULT_BLOB_FIELDS)
TL_DECLARE_RECORD(tl_vault_parcel, TL_VAULT_PARCEL_FIELDS)

struct tl_vault_store;

struct tl_vault_store_plan {
    const char *dir;
    const char *keys_a;
    const char *keys_b;
    const struct tl_keyfile *key; /* role vault; outlives the store */
};

TL_MUST_USE enum tl_status tl_vault_store_open(struct tl_vault_store **out,
                                               const struct tl_vault_store_plan *plan,
                                               struct tl_why *why);
void tl_vault_store_close(struct tl_vault_store *store);
struct tl_vault_keys *tl_vault_store_keys(struct tl_vault_store *store);
struct tl_access_log *tl_vault_store_log(struct tl_vault_store *store);

/* tl_vault_store_put salts, encrypts and keeps `fields` (tl_vault_text). */
TL_MUST_USE enum tl_status tl_vault_store_put(struct tl_vault_store *store,
                                              const struct tl_id *case_id, uint32_t version,
                                              struct tl_list fields, struct tl_hash *commitment);
/* tl_vault_store_take opens a parcel, holds it to `commitment` and keeps it.
 * TL_ERR_ENCODING, TL_ERR_SIGNATURE, TL_ERR_PROOF: it is not what was promised. */
TL_MUST_USE enum tl_status tl_vault_store_take(struct tl_vault_store *store,
                                               const struct tl_id *case_id,
                                               const struct tl_hash *commitment,
                                               struct tl_bytes parcel);
/* tl_vault_store_read writes the record (tl_personal) in the clear. */
TL_MUST_USE enum tl_status tl_vault_store_read(struct tl_vault_store *store,
                                               const struct tl_id *case_id,
                                               const struct tl_hash *commitment,
                                               struct tl_buf *out);
/* tl_vault_store_wrap writes a parcel for another member. */
TL_MUST_USE enum tl_status tl_vault_store_wrap(struct tl_vault_store *store,
                                               const struct tl_id *case_id,
                                               const struct tl_hash *commitment,
                                               const struct tl_pubkey *to, struct tl_buf *out);
/* tl_vault_store_destroy destroys keys and blobs of a case.  With `version` and
 * `keep` it spares that one and what is newer (it may be on its way to the ledger);
 * with NULL nothing.  *gone counts the keys. */
TL_MUST_USE enum tl_status tl_vault_store_destroy(struct tl_vault_store *store,
                                                  const struct tl_id *case_id,
                                                  const struct tl_hash *keep, uint32_t version,
                                                  uint32_t *gone);
/* tl_vault_store_expire destroys what lies here of a case the ledger never heard of,
 * if it was put before `before_s` (Unix time): its VAULT_PUT was never sent. */
TL_MUST_USE enum tl_status tl_vault_store_expire(struct tl_vault_store *store,
                                                 const struct tl_id *case_id, uint64_t before_s,
                                                 uint32_t *gone);
TL_MUST_USE enum tl_status tl_vault_store_settle(struct tl_vault_store *store);

#endif
