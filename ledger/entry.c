/* Entries and decisions: strict reading, canonical writing. */
#include "tl/entry.h"
#include "tl/check.h"

#include <string.h>

static bool date_ok(int32_t date, bool optional)
{
    return (optional && date == TL_DATE_NONE) || (date >= TL_DATE_MIN && date <= TL_DATE_MAX);
}

/* Amounts are not negative; an adjustment goes both ways, and so does a month
 * in which more was taken back than collected. */
static bool signed_body(const struct tl_type_info *info)
{
    return info->code == TL_ENTRY_ADJUSTMENT || info->code == TL_ENTRY_REMITTANCE;
}

static bool amount_ok(int64_t amount, bool is_signed)
{
    return amount <= TL_AMOUNT_MAX && amount >= (is_signed ? -TL_AMOUNT_MAX : 0);
}

/* In a body every I32 is a date and every I64 an amount; so one loop bounds
 * them all, and a field added later is bounded without a thought. */
static bool body_in_range(const struct tl_record *record, const void *body, bool is_signed)
{
    for (size_t i = 0; i < record->count; i++) {
        const struct tl_field *field = &record->fields[i];
        const uint8_t *at = (const uint8_t *)body + field->offset;
        int32_t date = 0;
        int64_t amount = 0;

        if (field->kind == TL_FIELD_I32)
            memcpy(&date, at, sizeof date);
        else if (field->kind == TL_FIELD_I64)
            memcpy(&amount, at, sizeof amount);
        if (!date_ok(date, true) || !amount_ok(amount, is_signed))
            return false;
    }
    return true;
}

static bool head_in_range(const struct tl_entry *entry, const struct tl_type_info *info)
{
    if (info == NULL || info->derived)
        return false;
    if (tl_id_is_zero(&entry->case_id) == info->about_case)
        return false;
    if (entry->doc_hash.len != 0 && entry->doc_hash.len != TL_HASH_BYTES)
        return false;
    return date_ok(entry->value_date, false) && entry->tz_offset_min >= -1440 &&
           entry->tz_offset_min <= 1440;
}

static bool hash_or_none(struct tl_bytes hash)
{
    return hash.len == 0 || hash.len == TL_HASH_BYTES;
}

/* Instalments have days, each later than the one before. */
static bool rows_ok(const struct tl_body_schedule *schedule)
{
    struct tl_list list = schedule->rows;
    struct tl_schedule_row row;
    int32_t before = TL_DATE_NONE;

    while (tl_list_next(&list, &tl_schedule_row_record, &row)) {
        if (!date_ok(row.due_on, false) || row.due_on <= before ||
            !body_in_range(&tl_schedule_row_record, &row, false))
            return false;
        before = row.due_on;
    }
    return true;
}

/* A commitment is a hash or absent; a calendar day must be one. */
static bool body_shape_ok(const struct tl_type_info *info, const union tl_body *body)
{
    if (info->code == TL_ENTRY_AGREEMENT)
        return hash_or_none(body->agreement.subject);
    if (info->code == TL_ENTRY_DAY_CLOSE)
        return date_ok(body->day.date, false);
    if (info->code == TL_ENTRY_POLICY_PUBLISH)
        return body->policy.policy.len != 0;
    if (info->code == TL_ENTRY_SCORECARD_PUBLISH)
        return body->scorecard.card.len != 0;
    if (info->code == TL_ENTRY_SCHEDULE)
        return rows_ok(&body->schedule);
    if (info->code == TL_ENTRY_AGREEMENT_AMEND)
        return hash_or_none(body->terms.consent);
    if (info->code == TL_ENTRY_RATE_CHANGE)
        return hash_or_none(body->rate.notice);
    return true;
}

static enum tl_status decode_body(const struct tl_type_info *info, union tl_body *body,
                                  struct tl_bytes bytes)
{
    enum tl_status status;

    TL_CHECK(info->body->size <= sizeof *body);
    status = tl_record_decode(info->body, body, bytes);
    if (status != TL_OK)
        return status;
    if (!info->derived &&
        (!body_in_range(info->body, body, signed_body(info)) || !body_shape_ok(info, body)))
        return TL_ERR_RANGE;
    return TL_OK;
}

enum tl_status tl_entry_decode(struct tl_entry *entry, union tl_body *body,
                               const struct tl_type_info **info, struct tl_bytes bytes)
{
    union tl_body unwanted;
    const struct tl_type_info *type;
    enum tl_status status = tl_record_decode(&tl_entry_record, entry, bytes);

    if (status != TL_OK)
        return status;
    type = tl_type_find(entry->type);
    status = head_in_range(entry, type) ? TL_OK : TL_ERR_RANGE;
    if (status == TL_OK)
        status = decode_body(type, body == NULL ? &unwanted : body, entry->body);
    if (status != TL_OK) {
        memset(entry, 0, sizeof *entry);
        return status;
    }
    if (info != NULL)
        *info = type;
    return TL_OK;
}

bool tl_entry_encode(struct tl_buf *out, const struct tl_entry *entry, const void *body)
{
    const struct tl_type_info *info = tl_type_find(entry->type);

    if (info == NULL)
        return false;
    tl_write_array(out, (uint32_t)tl_entry_record.count);
    tl_write_uint(out, entry->type);
    tl_write_bin(out, tl_bytes(entry->case_id.b, TL_ID_BYTES));
    tl_write_int(out, entry->value_date);
    tl_write_int(out, entry->event_time_s);
    tl_write_int(out, entry->tz_offset_min);
    tl_write_str(out, entry->ext_ref);
    tl_write_bin(out, entry->doc_hash);
    tl_record_write(info->body, body, out);
    return !out->full;
}

enum tl_status tl_decision_decode(struct tl_decision *decision, union tl_body *body,
                                  const struct tl_type_info **info, struct tl_bytes bytes)
{
    union tl_body unwanted;
    const struct tl_type_info *type;
    enum tl_status status = tl_record_decode(&tl_decision_record, decision, bytes);

    if (status != TL_OK)
        return status;
    type = tl_type_find(decision->type);
    status = type != NULL && type->derived ? TL_OK : TL_ERR_RANGE;
    if (status == TL_OK)
        status = decode_body(type, body == NULL ? &unwanted : body, decision->body);
    if (status != TL_OK) {
        memset(decision, 0, sizeof *decision);
        return status;
    }
    if (info != NULL)
        *info = type;
    return TL_OK;
}
