/* Records put together, totals counted. */
#include "packed.h"

#include "tl/check.h"

#include <string.h>

void tl_metro2_begin(struct tl_metro2_record *record, enum tl_metro2_kind kind)
{
    TL_CHECK(kind == TL_METRO2_HEADER || kind == TL_METRO2_BASE || kind == TL_METRO2_TRAILER);
    memset(record, 0, sizeof *record);
    record->kind = kind;
    tl_metro2_blank(record->first, kind);
}

bool tl_metro2_append(struct tl_metro2_record *record, enum tl_metro2_kind kind,
                      const uint8_t *segment)
{
    TL_CHECK(kind >= TL_METRO2_J1 && kind <= TL_METRO2_N1);
    if (record->count == TL_METRO2_SEGMENTS_MAX)
        return false;
    record->behind[record->count++] = (struct tl_metro2_segment){kind, segment};
    return true;
}

void tl_metro2_seal(struct tl_metro2_record *record, enum tl_metro2_form form)
{
    record->length = form == TL_METRO2_PACKED ? TL_METRO2_PACKED_BYTES : TL_METRO2_MAIN_BYTES;
    for (uint32_t i = 0; i < record->count; i++)
        record->length += tl_metro2_length(record->behind[i].kind);
    record->word = record->length;
    record->ending = form == TL_METRO2_LINES ? TL_METRO2_END_LF : TL_METRO2_END_NONE;
}

static void put_word(struct tl_buf *out, uint32_t word, bool packed)
{
    uint8_t text[4] = {(uint8_t)(word >> 8), (uint8_t)word, 0, 0};

    if (!packed)
        for (size_t i = 4; i > 0; i--, word /= 10u)
            text[i - 1] = (uint8_t)('0' + word % 10u);
    tl_buf_put(out, text, sizeof text);
}

/* The first segment after its descriptor word, as long as it was. */
static void put_first(struct tl_buf *out, const struct tl_metro2_record *record, bool packed)
{
    uint8_t bytes[TL_METRO2_MAIN_BYTES];
    size_t len = packed ? TL_METRO2_PACKED_BYTES : TL_METRO2_MAIN_BYTES;

    memcpy(bytes, record->first, sizeof bytes);
    if (packed)
        tl_metro2_pack(bytes, record->kind, record->first);
    if (record->length < len)
        len = record->length;
    if (len > 4)
        tl_buf_put(out, bytes + 4, len - 4);
}

void tl_metro2_write(struct tl_buf *out, const struct tl_metro2_record *record,
                     enum tl_metro2_form form)
{
    bool packed = form == TL_METRO2_PACKED;
    size_t start;

    if (record->has_block)
        tl_buf_put(out, record->block, sizeof record->block);
    start = out->len;
    put_word(out, record->word, packed);
    put_first(out, record, packed);
    for (uint32_t i = 0; i < record->count; i++)
        tl_buf_put(out, record->behind[i].ptr, tl_metro2_length(record->behind[i].kind));
    while (!out->full && out->len - start < record->length)
        tl_buf_byte(out, ' ');
    if (record->ending == TL_METRO2_END_CRLF || record->ending == TL_METRO2_END_CR)
        tl_buf_byte(out, '\r');
    if (record->ending == TL_METRO2_END_CRLF || record->ending == TL_METRO2_END_LF)
        tl_buf_byte(out, '\n');
}

/* ---- totals ------------------------------------------------------------ */

static uint64_t *total(struct tl_metro2_totals *totals, enum tl_metro2_field field)
{
    TL_CHECK(field >= TL_METRO2_TRAILER_TOTAL_BASE_RECORDS && field < TL_METRO2_TRAILER_RESERVED2);
    return &totals->by_field[field - TL_METRO2_TRAILER_TOTAL_BASE_RECORDS];
}

/* The field's name ends in the status it counts. */
static void count_status(struct tl_metro2_totals *totals, const uint8_t *base)
{
    struct tl_bytes status = tl_metro2_text(base, TL_METRO2_BASE_ACCOUNT_STATUS);

    for (enum tl_metro2_field f = TL_METRO2_TRAILER_TOTAL_STATUS_CODE_DF;
         f <= TL_METRO2_TRAILER_TOTAL_STATUS_CODE97; f++) {
        const char *name = tl_metro2_place(f)->name;
        size_t len = strlen(name);

        if (strncmp(name, "TotalStatusCode", 15) == 0 && memcmp(name + len - 2, status.ptr, 2) == 0)
            (*total(totals, f))++;
    }
}

/* Filled with zeros or nines, or blank: not known. */
static bool known(const uint8_t *segment, enum tl_metro2_field field)
{
    struct tl_bytes text = tl_metro2_text(segment, field);

    for (size_t i = 1; i < text.len; i++)
        if (text.ptr[i] != text.ptr[0])
            return true;
    return text.ptr[0] != '0' && text.ptr[0] != '9' && text.ptr[0] != ' ';
}

struct person {
    enum tl_metro2_field ssn, birth, phone, ecoa;
    enum tl_metro2_field ssn_total, birth_total;
};

static void count_person(struct tl_metro2_totals *totals, const uint8_t *segment,
                         const struct person *person)
{
    if (known(segment, person->ssn)) {
        (*total(totals, TL_METRO2_TRAILER_TOTAL_SOCIAL_NUMBERS_ALL_SEGMENTS))++;
        (*total(totals, person->ssn_total))++;
    }
    if (known(segment, person->birth)) {
        (*total(totals, TL_METRO2_TRAILER_TOTAL_DATES_BIRTH_ALL_SEGMENTS))++;
        (*total(totals, person->birth_total))++;
    }
    if (known(segment, person->phone))
        (*total(totals, TL_METRO2_TRAILER_TOTAL_TELEPHONE_NUMBERS_ALL_SEGMENTS))++;
    if (tl_metro2_text(segment, person->ecoa).ptr[0] == 'Z')
        (*total(totals, TL_METRO2_TRAILER_TOTAL_ECOA_CODE_Z))++;
}

static const struct person persons[] = {
    {TL_METRO2_BASE_SOCIAL_SECURITY_NUMBER, TL_METRO2_BASE_DATE_BIRTH,
     TL_METRO2_BASE_TELEPHONE_NUMBER, TL_METRO2_BASE_ECOA_CODE,
     TL_METRO2_TRAILER_TOTAL_SOCIAL_NUMBERS_BASE_SEGMENTS,
     TL_METRO2_TRAILER_TOTAL_DATES_BIRTH_BASE_SEGMENTS},
    {TL_METRO2_J1_SOCIAL_SECURITY_NUMBER, TL_METRO2_J1_DATE_BIRTH, TL_METRO2_J1_TELEPHONE_NUMBER,
     TL_METRO2_J1_ECOA_CODE, TL_METRO2_TRAILER_TOTAL_SOCIAL_NUMBERS_J1_SEGMENTS,
     TL_METRO2_TRAILER_TOTAL_DATES_BIRTH_J1_SEGMENTS},
    {TL_METRO2_J2_SOCIAL_SECURITY_NUMBER, TL_METRO2_J2_DATE_BIRTH, TL_METRO2_J2_TELEPHONE_NUMBER,
     TL_METRO2_J2_ECOA_CODE, TL_METRO2_TRAILER_TOTAL_SOCIAL_NUMBERS_J2_SEGMENTS,
     TL_METRO2_TRAILER_TOTAL_DATES_BIRTH_J2_SEGMENTS},
};

static void count_segment(struct tl_metro2_totals *totals, const struct tl_metro2_segment *segment)
{
    static const enum tl_metro2_field of[TL_METRO2_KINDS] = {
        [TL_METRO2_J1] = TL_METRO2_TRAILER_TOTAL_CONSUMER_SEGMENTS_J1,
        [TL_METRO2_J2] = TL_METRO2_TRAILER_TOTAL_CONSUMER_SEGMENTS_J2,
        [TL_METRO2_K1] = TL_METRO2_TRAILER_TOTAL_ORIGINAL_CREDITOR_SEGMENTS,
        [TL_METRO2_K2] = TL_METRO2_TRAILER_TOTAL_PURCHASED_TO_SEGMENTS,
        [TL_METRO2_K3] = TL_METRO2_TRAILER_TOTAL_MORTGAGE_INFORMATION_SEGMENTS,
        [TL_METRO2_K4] = TL_METRO2_TRAILER_TOTAL_PAYMENT_INFORMATION_SEGMENTS,
        [TL_METRO2_L1] = TL_METRO2_TRAILER_TOTAL_CHANGE_SEGMENTS,
        [TL_METRO2_N1] = TL_METRO2_TRAILER_TOTAL_EMPLOYMENT_SEGMENTS,
    };

    (*total(totals, of[segment->kind]))++;
    if (segment->kind == TL_METRO2_J1 || segment->kind == TL_METRO2_J2)
        count_person(totals, segment->ptr, &persons[segment->kind - TL_METRO2_BASE]);
}

void tl_metro2_count(struct tl_metro2_totals *totals, const struct tl_metro2_record *record)
{
    (*total(totals, TL_METRO2_TRAILER_BLOCK_COUNT))++;
    if (record->kind != TL_METRO2_BASE)
        return;
    (*total(totals, TL_METRO2_TRAILER_TOTAL_BASE_RECORDS))++;
    count_status(totals, record->first);
    count_person(totals, record->first, &persons[0]);
    for (uint32_t i = 0; i < record->count; i++)
        count_segment(totals, &record->behind[i]);
}

void tl_metro2_trailer(struct tl_metro2_record *record, struct tl_metro2_totals *totals,
                       enum tl_metro2_form form)
{
    tl_metro2_begin(record, TL_METRO2_TRAILER);
    tl_metro2_count(totals, record);
    for (enum tl_metro2_field f = TL_METRO2_TRAILER_TOTAL_BASE_RECORDS;
         f < TL_METRO2_TRAILER_RESERVED2; f++) {
        /* a file of more records than nine digits count does not exist */
        bool fits = f == TL_METRO2_TRAILER_RESERVED1 ||
                    tl_metro2_set_number(record->first, f, *total(totals, f));

        TL_CHECK(fits);
    }
    tl_metro2_seal(record, form);
}
