/* Salts and commitments of a person's data.  See tl/vault_record.h. */
#include "tl/vault_record.h"

#include "tl/file.h"
#include "tl/hash.h"

TL_DEFINE_RECORD(tl_vault_text, TL_VAULT_TEXT_FIELDS)
TL_DEFINE_RECORD(tl_personal_field, TL_PERSONAL_FIELD_FIELDS)
TL_DEFINE_RECORD(tl_personal, TL_PERSONAL_FIELDS)

static void commit_field(struct tl_hash *out, const struct tl_personal_field *field)
{
    struct tl_hasher hasher;

    tl_hasher_domain(&hasher, "tallystick/vault-field/v1");
    tl_hasher_put(&hasher, tl_bytes(field->salt.b, sizeof field->salt.b));
    tl_hasher_u64(&hasher, field->name.len);
    tl_hasher_put(&hasher, field->name);
    tl_hasher_put(&hasher, field->value);
    tl_hasher_done(&hasher, out);
}

void tl_vault_commit(struct tl_hash *out, const struct tl_personal *record)
{
    struct tl_list fields = record->fields;
    struct tl_personal_field field;
    struct tl_hasher hasher;
    struct tl_hash one;

    tl_hasher_domain(&hasher, "tallystick/vault/v1");
    tl_hasher_put(&hasher, tl_bytes(record->case_id.b, sizeof record->case_id.b));
    tl_hasher_u64(&hasher, record->version);
    tl_hasher_u64(&hasher, fields.count);
    while (tl_list_next(&fields, &tl_personal_field_record, &field)) {
        commit_field(&one, &field);
        tl_hasher_put(&hasher, tl_bytes(one.b, sizeof one.b));
    }
    tl_hasher_done(&hasher, out);
}

static bool fields_ok(struct tl_list fields)
{
    struct tl_vault_text text;
    struct tl_vault_text other;

    if (fields.count == 0 || fields.count > TL_VAULT_FIELDS_MAX)
        return false;
    while (tl_list_next(&fields, &tl_vault_text_record, &text)) {
        struct tl_list rest = fields;

        if (text.name.len == 0)
            return false;
        while (tl_list_next(&rest, &tl_vault_text_record, &other)) {
            if (tl_bytes_eq(text.name, other.name))
                return false;
        }
    }
    return true;
}

enum tl_status tl_vault_record_make(struct tl_buf *out, struct tl_hash *commitment,
                                    const struct tl_id *case_id, uint32_t version,
                                    struct tl_list fields)
{
    size_t start = out->len;
    struct tl_personal record;
    struct tl_vault_text text;

    if (!fields_ok(fields))
        return TL_ERR_USAGE;
    tl_write_array(out, (uint32_t)tl_personal_record.count);
    tl_write_bin(out, tl_bytes(case_id->b, sizeof case_id->b));
    tl_write_uint(out, version);
    tl_write_array(out, fields.count);
    while (tl_list_next(&fields, &tl_vault_text_record, &text)) {
        struct tl_personal_field field = {.name = text.name, .value = text.value};

        tl_random(field.salt.b, sizeof field.salt.b);
        tl_record_write(&tl_personal_field_record, &field, out);
    }
    if (out->full || tl_record_decode(&tl_personal_record, &record,
                                      tl_bytes(out->ptr + start, out->len - start)) != TL_OK)
        return TL_ERR_LIMIT;
    tl_vault_commit(commitment, &record);
    return TL_OK;
}
