/* One line: fields at fixed places, written and read by the record's table. */
#include "tl/check.h"
#include "tl/interchange.h"

#include <string.h>

/* 1900-01-01 stands for no date. */
#define NO_DATE TL_DATE_MIN

static size_t width_of(const struct tl_interchange_field *field)
{
    TL_CHECK(field->start >= 1 && field->end >= field->start);
    return (size_t)(field->end - field->start) + 1u;
}

/* ---- writing ----------------------------------------------------------- */

/* Right justified with zeros; false: it does not fit. */
static bool put_digits(uint8_t *out, size_t width, uint64_t number)
{
    for (size_t i = width; i-- > 0;) {
        out[i] = (uint8_t)('0' + number % 10);
        number /= 10;
    }
    return number == 0;
}

static bool put_money(uint8_t *out, size_t width, int64_t minor)
{
    uint64_t size = minor < 0 ? 0u - (uint64_t)minor : (uint64_t)minor;
    size_t sign = minor < 0;

    TL_CHECK(width >= 4 + sign);
    if (sign != 0)
        out[0] = '-';
    out[width - 3] = '.';
    return put_digits(out + width - 2, 2, size % 100) &&
           put_digits(out + sign, width - 3 - sign, size / 100);
}

static bool put_date(uint8_t *out, size_t width, int64_t date)
{
    struct tl_civil civil;

    TL_CHECK(width == 8);
    if (date == TL_DATE_NONE)
        date = NO_DATE;
    if (date < TL_DATE_MIN || date > TL_DATE_MAX)
        return false;
    civil = tl_date_to_civil((int32_t)date);
    return put_digits(out, 4, (uint64_t)civil.year) &&
           put_digits(out + 4, 2, (uint64_t)civil.month) &&
           put_digits(out + 6, 2, (uint64_t)civil.day);
}

static bool put_text(uint8_t *out, size_t width, struct tl_bytes text)
{
    if (text.len > width)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < ' ' || text.ptr[i] > '~')
            return false;
    }
    if (text.len != 0)
        memcpy(out, text.ptr, text.len);
    return true;
}

static bool put_field(uint8_t *line, const struct tl_interchange_field *field,
                      const struct tl_interchange_value *value)
{
    uint8_t *out = line + field->start - 1;
    size_t width = width_of(field);

    switch ((enum tl_interchange_kind)field->kind) {
    case TL_INTERCHANGE_TEXT:
        return put_text(out, width, value->text);
    case TL_INTERCHANGE_NUMBER:
        return value->number >= 0 && put_digits(out, width, (uint64_t)value->number);
    case TL_INTERCHANGE_MONEY:
        return put_money(out, width, value->number);
    case TL_INTERCHANGE_DATE:
        return put_date(out, width, value->number);
    }
    TL_UNREACHABLE();
}

enum tl_status tl_interchange_write(struct tl_buf *out, const struct tl_interchange_record *record,
                                    const struct tl_interchange_value *value, uint32_t *wrong)
{
    uint8_t *line = out->ptr + out->len;

    *wrong = 0;
    if (out->full || out->cap - out->len < record->length)
        return TL_ERR_RANGE;
    memset(line, ' ', record->length);
    for (uint32_t i = 1; i < record->fields; i++) {
        if (!put_field(line, &record->field[i], &value[i])) {
            *wrong = i;
            return TL_ERR_RANGE;
        }
    }
    memcpy(line, record->code, tl_bytes_str(record->code).len);
    out->len += record->length;
    return TL_OK;
}

/* ---- reading ----------------------------------------------------------- */

static bool take_digits(struct tl_bytes text, int64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || *number > (INT64_MAX - 9) / 10)
            return false;
        *number = *number * 10 + (text.ptr[i] - '0');
    }
    return text.len != 0;
}

static struct tl_bytes trim(struct tl_bytes text)
{
    while (text.len > 0 && text.ptr[text.len - 1] == ' ')
        text.len--;
    while (text.len > 0 && text.ptr[0] == ' ')
        text = tl_bytes(text.ptr + 1, text.len - 1);
    return text;
}

static bool take_money(struct tl_bytes text, int64_t *minor)
{
    bool negative = text.len > 0 && text.ptr[0] == '-';
    struct tl_bytes whole;
    int64_t units;
    int64_t cents;

    if (negative)
        text = tl_bytes(text.ptr + 1, text.len - 1);
    if (text.len < 4 || text.ptr[text.len - 3] != '.')
        return false;
    whole = tl_bytes(text.ptr, text.len - 3);
    if (!take_digits(whole, &units) || !take_digits(tl_bytes(text.ptr + text.len - 2, 2), &cents) ||
        units > TL_AMOUNT_MAX)
        return false;
    *minor = units * 100 + cents;
    if (negative)
        *minor = -*minor;
    return true;
}

static bool take_date(struct tl_bytes text, int64_t *date)
{
    uint8_t iso[10];
    int32_t day;

    if (text.len != 8)
        return false;
    memcpy(iso, text.ptr, 4);
    iso[4] = iso[7] = '-';
    memcpy(iso + 5, text.ptr + 4, 2);
    memcpy(iso + 8, text.ptr + 6, 2);
    if (!tl_date_parse(tl_bytes(iso, sizeof iso), &day))
        return false;
    *date = day == NO_DATE ? TL_DATE_NONE : day;
    return true;
}

/* A field past the line's end, or of blanks, is empty: nothing, or no date. */
static bool take_field(struct tl_bytes line, const struct tl_interchange_field *field,
                       struct tl_interchange_value *value)
{
    size_t from = (size_t)field->start - 1u;
    size_t width = width_of(field);
    bool dated = field->kind == TL_INTERCHANGE_DATE;

    *value = (struct tl_interchange_value){TL_BYTES_NONE, dated ? TL_DATE_NONE : 0};
    if (from >= line.len)
        return true;
    if (width > line.len - from)
        width = line.len - from;
    value->text = trim(tl_bytes(line.ptr + from, width));
    if (value->text.len == 0 || field->kind == TL_INTERCHANGE_TEXT)
        return true;
    if (dated)
        return take_date(value->text, &value->number);
    if (field->kind == TL_INTERCHANGE_MONEY)
        return take_money(value->text, &value->number);
    return take_digits(value->text, &value->number);
}

enum tl_status tl_interchange_read(const struct tl_interchange_record *record, struct tl_bytes line,
                                   struct tl_interchange_value *value, uint32_t *wrong)
{
    struct tl_bytes code = tl_bytes_str(record->code);

    *wrong = 0;
    if (line.len < code.len || memcmp(line.ptr, code.ptr, code.len) != 0)
        return TL_ERR_ENCODING;
    for (uint32_t i = 0; i < record->fields; i++) {
        if (!take_field(line, &record->field[i], &value[i])) {
            *wrong = i;
            return TL_ERR_ENCODING;
        }
    }
    return TL_OK;
}

uint32_t tl_interchange_pair(const struct tl_interchange_payment *payment, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; payment[i].reversal && j < count; j++) {
            if (!payment[j].reversal && tl_bytes_eq(payment[j].name, payment[i].name))
                return i;
        }
    }
    return count;
}
