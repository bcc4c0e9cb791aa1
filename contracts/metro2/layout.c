/* The field table, and fields in and out of a segment's bytes. */
#include "tl/metro2.h"

#include "tl/check.h"

#include <string.h>

static const char *const kind_words[] = {"header", "base", "J1", "J2", "K1",     "K2",
                                         "K3",     "K4",   "L1", "N1", "trailer"};
const struct tl_names tl_metro2_kind_names = {kind_words, TL_METRO2_KINDS};

static const struct tl_metro2_place places[TL_METRO2_FIELD_COUNT] = {
#define X(segment, field, name, start, length, packed, type, required)                             \
    {name, TL_METRO2_##segment, TL_METRO2_##type, start, length, packed, required},
    TL_METRO2_FIELD_TABLE(X)
#undef X
};

/* One past the last field of each segment: segments are listed in order. */
static const enum tl_metro2_field ends[TL_METRO2_KINDS] = {
    TL_METRO2_HEADER_RESERVED + 1,
    TL_METRO2_BASE_RESIDENCE_CODE + 1,
    TL_METRO2_J1_RESERVED2 + 1,
    TL_METRO2_J2_RESERVED2 + 1,
    TL_METRO2_K1_CREDITOR_CLASSIFICATION + 1,
    TL_METRO2_K2_RESERVED + 1,
    TL_METRO2_K3_MORTGAGE_IDENTIFICATION_NUMBER + 1,
    TL_METRO2_K4_RESERVED + 1,
    TL_METRO2_L1_RESERVED + 1,
    TL_METRO2_N1_RESERVED + 1,
    TL_METRO2_TRAILER_RESERVED2 + 1};

const struct tl_metro2_place *tl_metro2_place(enum tl_metro2_field field)
{
    TL_CHECK(field < TL_METRO2_FIELD_COUNT);
    return &places[field];
}

enum tl_metro2_field tl_metro2_first(enum tl_metro2_kind kind)
{
    return kind == TL_METRO2_HEADER ? (enum tl_metro2_field)0 : ends[kind - 1];
}

enum tl_metro2_field tl_metro2_end(enum tl_metro2_kind kind)
{
    TL_CHECK(kind < TL_METRO2_KINDS);
    return ends[kind];
}

uint32_t tl_metro2_length(enum tl_metro2_kind kind)
{
    const struct tl_metro2_place *last = &places[tl_metro2_end(kind) - 1];

    TL_INVARIANT(last->kind == kind);
    return last->start + last->length - 1u;
}

struct tl_bytes tl_metro2_text(const uint8_t *segment, enum tl_metro2_field field)
{
    const struct tl_metro2_place *place = tl_metro2_place(field);

    return tl_bytes(segment + place->start - 1, place->length);
}

struct tl_bytes tl_metro2_trimmed(const uint8_t *segment, enum tl_metro2_field field)
{
    struct tl_bytes text = tl_metro2_text(segment, field);

    while (text.len > 0 && text.ptr[text.len - 1] == ' ')
        text.len--;
    return text;
}

/* Digits alone; blanks only are nothing, which is zero. */
static bool digits(struct tl_bytes text, uint64_t *value)
{
    uint64_t sum = 0;
    size_t blanks = 0;

    TL_CHECK(text.len <= 19);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == ' ')
            blanks++;
        else if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        else
            sum = sum * 10u + (uint64_t)(text.ptr[i] - '0');
    }
    if (blanks != 0 && blanks != text.len)
        return false;
    *value = sum;
    return true;
}

bool tl_metro2_number(const uint8_t *segment, enum tl_metro2_field field, uint64_t *value)
{
    return digits(tl_metro2_text(segment, field), value);
}

bool tl_metro2_date(const uint8_t *segment, enum tl_metro2_field field, int32_t *date)
{
    struct tl_civil civil;
    struct tl_civil back;
    uint64_t value;
    int32_t day;

    TL_CHECK(tl_metro2_place(field)->length >= 8);
    if (!digits(tl_bytes(segment + tl_metro2_place(field)->start - 1, 8), &value))
        return false;
    if (value == 0) {
        *date = TL_DATE_NONE;
        return true;
    }
    civil.month = (int32_t)(value / 1000000u);
    civil.day = (int32_t)(value / 10000u % 100u);
    civil.year = (int32_t)(value % 10000u);
    if (civil.month < 1 || civil.month > 12 || civil.day < 1 || civil.day > 31)
        return false;
    day = tl_date_from_civil(civil);
    back = tl_date_to_civil(day);
    /* 30 February comes back as a day of March */
    if (back.month != civil.month || back.day != civil.day || day < TL_DATE_MIN ||
        day > TL_DATE_MAX)
        return false;
    *date = day;
    return true;
}

static const char *identifier(enum tl_metro2_kind kind)
{
    static const char *const words[TL_METRO2_KINDS] = {"HEADER", "",   "J1", "J2", "K1",     "K2",
                                                       "K3",     "K4", "L1", "N1", "TRAILER"};

    TL_CHECK(kind < TL_METRO2_KINDS);
    return words[kind];
}

void tl_metro2_blank(uint8_t *segment, enum tl_metro2_kind kind)
{
    const char *word = identifier(kind);
    bool main_segment =
        kind == TL_METRO2_HEADER || kind == TL_METRO2_BASE || kind == TL_METRO2_TRAILER;

    memset(segment, ' ', tl_metro2_length(kind));
    for (enum tl_metro2_field f = tl_metro2_first(kind); f < tl_metro2_end(kind); f++)
        if (places[f].type != TL_METRO2_TEXT)
            memset(segment + places[f].start - 1, '0', places[f].length);
    for (uint8_t *at = segment + (main_segment ? 4 : 0); *word != '\0'; word++)
        *at++ = (uint8_t)*word;
    if (kind == TL_METRO2_BASE)
        segment[4] = '1'; /* processing indicator: always */
}

bool tl_metro2_set_text(uint8_t *segment, enum tl_metro2_field field, struct tl_bytes text)
{
    const struct tl_metro2_place *place = tl_metro2_place(field);

    if (text.len > place->length)
        return false;
    memset(segment + place->start - 1, ' ', place->length);
    if (text.len > 0)
        memcpy(segment + place->start - 1, text.ptr, text.len);
    return true;
}

bool tl_metro2_set_number(uint8_t *segment, enum tl_metro2_field field, uint64_t value)
{
    const struct tl_metro2_place *place = tl_metro2_place(field);
    uint8_t text[20];

    TL_CHECK(place->length <= sizeof text);
    for (uint32_t i = place->length; i > 0; i--) {
        text[i - 1] = (uint8_t)('0' + value % 10u);
        value /= 10u;
    }
    if (value != 0)
        return false;
    memcpy(segment + place->start - 1, text, place->length);
    return true;
}

bool tl_metro2_set_date(uint8_t *segment, enum tl_metro2_field field, int32_t date)
{
    struct tl_civil civil = {0};

    if (date != TL_DATE_NONE) {
        if (date < TL_DATE_MIN || date > TL_DATE_MAX)
            return false;
        civil = tl_date_to_civil(date);
    }
    TL_CHECK(tl_metro2_place(field)->length == 8);
    return tl_metro2_set_number(segment, field,
                                (uint64_t)civil.month * 1000000u + (uint64_t)civil.day * 10000u +
                                    (uint64_t)civil.year);
}
