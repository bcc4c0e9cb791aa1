/* tl/vault_record.h -- a person's data in the clear, and what commits to it.
 *
 *   field commitment  SHA-256("tallystick/vault-field/v1\0" ‖ salt ‖ name length
 *                     u64be ‖ name ‖ value)
 *   commitment        SHA-256("tallystick/vault/v1\0" ‖ case id ‖ version u64be ‖
 *                     count u64be ‖ field commitments)
 *
 * Each field has 32 random bytes of salt of its own: the ledger's commitment tells
 * nothing, also of values that could be guessed, and one field can be shown with
 * its salt without showing the others.  Salts lie in the record, hence under the
 * data key; when that is destroyed a commitment commits to nothing anybody can
 * find.
 *
 * Records borrow the bytes they came from; whoever has them in memory wipes them. */
#ifndef TL_VAULT_RECORD_H
#define TL_VAULT_RECORD_H

#include "tl/record.h"

#define TL_VAULT_FIELDS_MAX   64u
#define TL_VAULT_NAME_MAX     32u
#define TL_VAULT_VALUE_MAX    4096u
#define TL_VAULT_RECORD_BYTES (TL_VAULT_FIELDS_MAX * (TL_VAULT_VALUE_MAX + 128u))

/* A field as a person gives it, and as it is kept. */
#define TL_VAULT_TEXT_FIELDS(FIELD, T)                                                             \
    FIELD(T, STR, name, TL_VAULT_NAME_MAX, NULL)                                                   \
    FIELD(T, STR, value, TL_VAULT_VALUE_MAX, NULL)
#define TL_PERSONAL_FIELD_FIELDS(FIELD, T)                                                         \
    FIELD(T, STR, name, TL_VAULT_NAME_MAX, NULL)                                                   \
    FIELD(T, STR, value, TL_VAULT_VALUE_MAX, NULL)                                                 \
    FIELD(T, HASH, salt, 0, NULL)
#define TL_PERSONAL_FIELDS(FIELD, T)                                                               \
    FIELD(T, ID, case_id, 0, NULL)                                                                 \
    FIELD(T, U32, version, UINT32_MAX, NULL)                                                       \
    FIELD(T, LIST, fields, TL_VAULT_FIELDS_MAX, &tl_personal_field_record)
TL_DECLARE_RECORD(tl_vault_text, TL_VAULT_TEXT_FIELDS)
TL_DECLARE_RECORD(tl_personal_field, TL_PERSONAL_FIELD_FIELDS)
TL_DECLARE_RECORD(tl_personal, TL_PERSONAL_FIELDS)

/* tl_vault_record_make salts `fields` (tl_vault_text) and writes the record; the
 * commitment comes with it.  TL_ERR_LIMIT: `out` is too small.  TL_ERR_USAGE: no
 * field, an empty name, or two of one name. */
TL_MUST_USE enum tl_status tl_vault_record_make(struct tl_buf *out, struct tl_hash *commitment,
                                                const struct tl_id *case_id, uint32_t version,
                                                struct tl_list fields);
void tl_vault_commit(struct tl_hash *out, const struct tl_personal *record);

#endif
