/* A file's shape: framing, order, fields, totals.  What an account says is in
 * check_base.c. */
#include "check.h"

#include "tl/check.h"

#include <string.h>

static const struct {
    const char *id;
    const char *text;
} rules[TL_METRO2_RULE_COUNT] = {
#define X(rule, id, text) {id, text},
    TL_METRO2_RULE_TABLE(X)
#undef X
};

const char *tl_metro2_rule_id(enum tl_metro2_rule rule)
{
    TL_CHECK(rule < TL_METRO2_RULE_COUNT);
    return rules[rule].id;
}

const char *tl_metro2_rule_text(enum tl_metro2_rule rule)
{
    TL_CHECK(rule < TL_METRO2_RULE_COUNT);
    return rules[rule].text;
}

/* Names, numbers, dates of birth and addresses never reach a report. */
static bool personal(enum tl_metro2_field field)
{
    return (field >= TL_METRO2_BASE_SURNAME && field <= TL_METRO2_BASE_TELEPHONE_NUMBER) ||
           (field >= TL_METRO2_BASE_FIRST_LINE_ADDRESS && field <= TL_METRO2_BASE_ZIP_CODE) ||
           (field >= TL_METRO2_J1_SURNAME && field <= TL_METRO2_J1_TELEPHONE_NUMBER) ||
           (field >= TL_METRO2_J2_SURNAME && field <= TL_METRO2_J2_TELEPHONE_NUMBER) ||
           (field >= TL_METRO2_J2_FIRST_LINE_ADDRESS && field <= TL_METRO2_J2_ZIP_CODE) ||
           (field >= TL_METRO2_N1_EMPLOYER_NAME && field <= TL_METRO2_N1_OCCUPATION);
}

void tl_metro2_find(const struct tl_metro2_at *at, enum tl_metro2_field field,
                    enum tl_metro2_rule rule)
{
    struct tl_metro2_finding finding = {at->number, at->kind, field, rule, TL_BYTES_NONE};

    TL_CHECK(rule < TL_METRO2_RULE_COUNT);
    if (field != TL_METRO2_FIELD_COUNT && at->segment != NULL && !personal(field))
        finding.found = tl_metro2_text(at->segment, field);
    at->check->findings++;
    if (at->check->report != NULL)
        at->check->report(at->check->context, &finding);
}

void tl_metro2_check_init(struct tl_metro2_check *check, tl_metro2_report *report, void *context)
{
    *check =
        (struct tl_metro2_check){.report = report, .context = context, .created_on = TL_DATE_NONE};
}

/* ---- fields ------------------------------------------------------------ */

/* A collector keeps no payment history: blank there is right. */
static bool may_be_blank(const struct tl_metro2_at *at, enum tl_metro2_field field)
{
    return field == TL_METRO2_BASE_PAYMENT_HISTORY_PROFILE &&
           tl_metro2_is_collector(tl_metro2_text(at->segment, TL_METRO2_BASE_ACCOUNT_TYPE).ptr);
}

static void check_field(const struct tl_metro2_at *at, enum tl_metro2_field field)
{
    const struct tl_metro2_place *place = tl_metro2_place(field);
    const char *codes = tl_metro2_codes(field);
    struct tl_bytes text = tl_metro2_trimmed(at->segment, field);
    uint64_t number;
    int32_t date;

    if (text.len == 0) {
        if (place->required && !may_be_blank(at, field))
            tl_metro2_find(at, field, TL_METRO2_RULE_REQUIRED);
        return;
    }
    if (place->type == TL_METRO2_NUMBER && !tl_metro2_number(at->segment, field, &number))
        tl_metro2_find(at, field, TL_METRO2_RULE_NUMBER);
    if ((place->type == TL_METRO2_DATE || place->type == TL_METRO2_TIME) &&
        !tl_metro2_date(at->segment, field, &date))
        tl_metro2_find(at, field, TL_METRO2_RULE_DATE);
    if (codes != NULL && !tl_metro2_in(text, codes))
        tl_metro2_find(at, field, TL_METRO2_RULE_CODE);
}

static void check_fields(const struct tl_metro2_at *at)
{
    for (enum tl_metro2_field f = tl_metro2_first(at->kind); f < tl_metro2_end(at->kind); f++)
        check_field(at, f);
}

/* ---- records ----------------------------------------------------------- */

/* J1 and J2 repeat; every other segment stands once. */
static void check_order(struct tl_metro2_at at, const struct tl_metro2_record *record)
{
    enum tl_metro2_kind before = TL_METRO2_BASE;

    for (uint32_t i = 0; i < record->count; i++) {
        enum tl_metro2_kind kind = record->behind[i].kind;

        if (kind < before || (kind == before && kind > TL_METRO2_J2)) {
            at.kind = kind;
            tl_metro2_find(&at, TL_METRO2_FIELD_COUNT, TL_METRO2_RULE_ORDER);
        }
        before = kind;
    }
}

static void check_header(const struct tl_metro2_at *at)
{
    int32_t date;

    if (at->check->records > 1)
        tl_metro2_find(at, TL_METRO2_FIELD_COUNT, TL_METRO2_RULE_HEADER);
    else if (tl_metro2_date(at->segment, TL_METRO2_HEADER_DATE_CREATED, &date))
        at->check->created_on = date;
}

/* No blocks counted is a file without blocks, as the CFPB's samples have it. */
static bool total_agrees(const struct tl_metro2_at *at, enum tl_metro2_field field)
{
    uint64_t says;
    uint64_t counted = at->check->totals.by_field[field - TL_METRO2_TRAILER_TOTAL_BASE_RECORDS];

    if (!tl_metro2_number(at->segment, field, &says))
        return true; /* reported as a number already */
    return says == counted || (says == 0 && field == TL_METRO2_TRAILER_BLOCK_COUNT);
}

static void check_trailer(const struct tl_metro2_at *at)
{
    for (enum tl_metro2_field f = TL_METRO2_TRAILER_TOTAL_BASE_RECORDS;
         f < TL_METRO2_TRAILER_RESERVED2; f++)
        if (f != TL_METRO2_TRAILER_RESERVED1 && !total_agrees(at, f))
            tl_metro2_find(at, f, TL_METRO2_RULE_TOTALS);
}

static void check_behind(struct tl_metro2_at at, const struct tl_metro2_record *record)
{
    check_order(at, record);
    for (uint32_t i = 0; i < record->count; i++) {
        at.kind = record->behind[i].kind;
        at.segment = record->behind[i].ptr;
        check_fields(&at);
    }
}

static void check_place(const struct tl_metro2_at *at)
{
    if (at->check->records == 1 && at->kind != TL_METRO2_HEADER)
        tl_metro2_find(at, TL_METRO2_FIELD_COUNT, TL_METRO2_RULE_HEADER);
    if (at->check->ended)
        tl_metro2_find(at, TL_METRO2_FIELD_COUNT, TL_METRO2_RULE_TRAILER);
}

void tl_metro2_check_record(struct tl_metro2_check *check, const struct tl_metro2_record *record)
{
    struct tl_metro2_at at = {check, record->number, record->kind, record->first};

    check->records++;
    check->last_number = record->number;
    check_place(&at);
    if (record->word != record->length)
        tl_metro2_find(&at, tl_metro2_first(record->kind), TL_METRO2_RULE_LENGTH);
    check_fields(&at);
    tl_metro2_count(&check->totals, record);
    if (record->kind == TL_METRO2_HEADER)
        check_header(&at);
    else if (record->kind == TL_METRO2_TRAILER)
        check_trailer(&at);
    else {
        check_behind(at, record);
        tl_metro2_check_base(&at, record);
    }
    check->ended = check->ended || record->kind == TL_METRO2_TRAILER;
}

void tl_metro2_check_unreadable(struct tl_metro2_check *check, uint64_t number)
{
    struct tl_metro2_at at = {check, number, TL_METRO2_BASE, NULL};

    check->records++;
    check->last_number = number;
    tl_metro2_find(&at, TL_METRO2_FIELD_COUNT, TL_METRO2_RULE_UNREADABLE);
}

void tl_metro2_check_end(struct tl_metro2_check *check)
{
    struct tl_metro2_at at = {check, check->last_number, TL_METRO2_TRAILER, NULL};

    if (!check->ended)
        tl_metro2_find(&at, TL_METRO2_FIELD_COUNT, TL_METRO2_RULE_TRAILER);
}
