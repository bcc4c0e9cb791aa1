/* The reader: where a record begins and ends, and what it divides into. */
#include "codes.h"
#include "packed.h"

#include "tl/check.h"

#include <string.h>

#define WORD_BYTES 4u
/* As much of a header or trailer as must be there; some writers cut the
 * reserved end off. */
#define HEADER_LEAST  270u
#define TRAILER_LEAST 407u
/* A packed length is small, so its first byte is below any digit. */
#define PACKED_BELOW 0x28u

static enum tl_status refuse(struct tl_metro2_reader *reader, enum tl_status status,
                             const char *why)
{
    reader->why = why;
    return status;
}

static bool word_of(const uint8_t *at, bool packed, uint32_t *word)
{
    uint32_t value = 0;

    if (packed) {
        *word = tl_get_u16be(at);
        return at[2] == 0 && at[3] == 0;
    }
    for (uint32_t i = 0; i < WORD_BYTES; i++) {
        if (at[i] < '0' || at[i] > '9')
            return false;
        value = value * 10u + (uint32_t)(at[i] - '0');
    }
    *word = value;
    return true;
}

static bool says(struct tl_bytes bytes, size_t at, const char *word)
{
    size_t len = strlen(word);

    return bytes.len >= at + len && memcmp(bytes.ptr + at, word, len) == 0;
}

/* Header and trailer name themselves behind one word or two. */
static bool named_at(struct tl_bytes bytes, size_t at, enum tl_metro2_kind *kind)
{
    *kind = says(bytes, at, "HEADER")    ? TL_METRO2_HEADER
            : says(bytes, at, "TRAILER") ? TL_METRO2_TRAILER
                                         : TL_METRO2_BASE;
    return *kind != TL_METRO2_BASE;
}

/* ---- one record -------------------------------------------------------- */

static bool all_blank(const uint8_t *at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (at[i] != ' ')
            return false;
    return true;
}

static bool behind_kind(const uint8_t *at, size_t len, enum tl_metro2_kind *kind)
{
    for (enum tl_metro2_kind k = TL_METRO2_J1; k <= TL_METRO2_N1; k++)
        if (len >= tl_metro2_length(k) &&
            memcmp(at, tl_name_of(&tl_metro2_kind_names, k), 2) == 0) {
            *kind = k;
            return true;
        }
    return false;
}

/* Segments until blanks alone are left. */
static const char *divide(struct tl_metro2_record *record, const uint8_t *at, size_t len)
{
    enum tl_metro2_kind kind;

    while (!all_blank(at, len)) {
        if (record->kind != TL_METRO2_BASE)
            return "something follows a header or trailer in its record";
        if (!behind_kind(at, len, &kind))
            return "what follows the last segment is none";
        if (!tl_metro2_append(record, kind, at))
            return "more segments than a record may have";
        at += tl_metro2_length(kind);
        len -= tl_metro2_length(kind);
    }
    return NULL;
}

static size_t least_bytes(enum tl_metro2_kind kind, bool packed)
{
    if (packed)
        return TL_METRO2_PACKED_BYTES;
    return kind == TL_METRO2_HEADER    ? HEADER_LEAST
           : kind == TL_METRO2_TRAILER ? TRAILER_LEAST
                                       : TL_METRO2_MAIN_BYTES;
}

static const char *take_first(struct tl_metro2_record *record, struct tl_bytes bytes, bool packed)
{
    size_t len = bytes.len < TL_METRO2_MAIN_BYTES ? bytes.len : TL_METRO2_MAIN_BYTES;

    if (bytes.len < least_bytes(record->kind, packed))
        return "the record is shorter than its first segment";
    if (packed)
        return tl_metro2_unpack(record->first, record->kind, bytes.ptr)
                   ? NULL
                   : "a packed field holds no number or date";
    memset(record->first, ' ', sizeof record->first);
    memcpy(record->first, bytes.ptr, len);
    return NULL;
}

/* `bytes` is one record from its descriptor word on.  NULL: read. */
static const char *parse(struct tl_metro2_record *record, struct tl_bytes bytes, bool packed)
{
    size_t first = packed ? TL_METRO2_PACKED_BYTES : TL_METRO2_MAIN_BYTES;
    const char *why;

    record->count = 0;
    record->length = (uint32_t)bytes.len;
    if (bytes.len < WORD_BYTES || !word_of(bytes.ptr, packed, &record->word))
        return "no record descriptor word";
    (void)named_at(bytes, WORD_BYTES, &record->kind);
    why = take_first(record, bytes, packed);
    if (why == NULL && bytes.len > first)
        why = divide(record, bytes.ptr + first, bytes.len - first);
    return why;
}

/* ---- lines ------------------------------------------------------------- */

/* A base record has its portfolio type at 73: that tells whether a block word
 * stands before it, whatever other lines do. */
static bool has_block(struct tl_bytes line)
{
    const char *portfolios = tl_metro2_codes(TL_METRO2_BASE_PORTFOLIO_TYPE);
    const size_t at = 72;
    enum tl_metro2_kind kind;
    uint32_t word;

    if (named_at(line, WORD_BYTES, &kind))
        return false;
    if (named_at(line, 2u * WORD_BYTES, &kind))
        return true;
    if (line.len < TL_METRO2_MAIN_BYTES + WORD_BYTES)
        return false;
    return word_of(line.ptr + WORD_BYTES, false, &word) &&
           tl_metro2_in(tl_bytes(line.ptr + at + WORD_BYTES, 1), portfolios) &&
           !tl_metro2_in(tl_bytes(line.ptr + at, 1), portfolios);
}

/* A number, or the dots a binary word becomes when a file is converted. */
static bool block_word_ok(const uint8_t *at)
{
    uint32_t word;

    return word_of(at, false, &word) || memcmp(at, "....", WORD_BYTES) == 0;
}

static enum tl_status parse_line(struct tl_metro2_reader *reader, struct tl_bytes line,
                                 struct tl_metro2_record *record)
{
    const char *why = NULL;

    record->has_block = has_block(line);
    if (record->has_block) {
        if (!block_word_ok(line.ptr))
            why = "no block descriptor word";
        memcpy(record->block, line.ptr, WORD_BYTES);
        line = tl_bytes(line.ptr + WORD_BYTES, line.len - WORD_BYTES);
    }
    if (why == NULL)
        why = parse(record, line, false);
    if (why == NULL)
        return TL_OK;
    return refuse(reader, reader->started ? TL_ERR_PARTIAL : TL_ERR_ENCODING, why);
}

/* Blank lines and the end mark of old systems are no records. */
static bool empty_line(struct tl_bytes line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.ptr[i] != ' ' && line.ptr[i] != '\r' && line.ptr[i] != 0x1a)
            return false;
    return true;
}

static enum tl_status read_line(struct tl_metro2_reader *reader, struct tl_bytes window, bool last,
                                size_t *used, struct tl_metro2_record *record)
{
    const uint8_t *end = (const uint8_t *)memchr(window.ptr, '\n', window.len);
    struct tl_bytes line = window;

    *used = 0;
    if (end == NULL && window.len > TL_METRO2_RECORD_MAX)
        return refuse(reader, TL_ERR_ENCODING, "a line is longer than any record");
    if (end == NULL && !last)
        return TL_ERR_EARLY;
    if (end != NULL)
        line.len = (size_t)(end - window.ptr);
    if (line.len > TL_METRO2_RECORD_MAX)
        return refuse(reader, TL_ERR_ENCODING, "a line is longer than any record");
    *used = line.len + (end != NULL);
    record->number = ++reader->number;
    record->ending = end != NULL ? TL_METRO2_END_LF : TL_METRO2_END_NONE;
    if (empty_line(line))
        return TL_ERR_STALE;
    if (line.ptr[line.len - 1] == '\r') {
        line.len--;
        record->ending = end != NULL ? TL_METRO2_END_CRLF : TL_METRO2_END_CR;
    }
    return parse_line(reader, line, record);
}

/* ---- records by their word --------------------------------------------- */

/* Of a base record at the front of a packed file, two words that agree tell. */
static bool begins_blocked(struct tl_bytes window, bool packed)
{
    enum tl_metro2_kind kind;
    uint32_t block;
    uint32_t word;

    if (!packed || named_at(window, 2u * WORD_BYTES, &kind))
        return has_block(window);
    return word_of(window.ptr, true, &block) && word_of(window.ptr + WORD_BYTES, true, &word) &&
           block >= word + WORD_BYTES && word > 0;
}

/* The block word, when one stands here; *at moves behind it. */
static enum tl_status read_block(struct tl_metro2_reader *reader, struct tl_bytes window,
                                 struct tl_metro2_record *record, size_t *at)
{
    bool packed = reader->form == TL_METRO2_PACKED;
    enum tl_metro2_kind kind;
    uint32_t block;

    record->has_block = false;
    if (!reader->started)
        reader->blocked = begins_blocked(window, packed);
    /* a trailer may stand outside of the blocks */
    if (!reader->blocked || reader->block_left > 0 || named_at(window, WORD_BYTES, &kind))
        return TL_OK;
    if (!word_of(window.ptr, packed, &block) || block <= WORD_BYTES)
        return refuse(reader, TL_ERR_ENCODING, "no block descriptor word");
    record->has_block = true;
    memcpy(record->block, window.ptr, WORD_BYTES);
    reader->block_left = block - WORD_BYTES;
    *at = WORD_BYTES;
    return TL_OK;
}

/* The record's bytes in the window; everything must agree, because nothing else
 * says where the next record begins. */
static enum tl_status frame(struct tl_metro2_reader *reader, struct tl_bytes window, bool last,
                            size_t at, size_t *len)
{
    uint32_t word;

    if (window.len < at + WORD_BYTES)
        return refuse(reader, TL_ERR_ENCODING, "the file ends inside a record");
    if (!word_of(window.ptr + at, reader->form == TL_METRO2_PACKED, &word) || word <= WORD_BYTES)
        return refuse(reader, TL_ERR_ENCODING, "no record descriptor word");
    if (word > TL_METRO2_RECORD_MAX)
        return refuse(reader, TL_ERR_ENCODING, "a record is longer than any may be");
    if (reader->block_left > 0 && word > reader->block_left)
        return refuse(reader, TL_ERR_ENCODING, "a record does not fit into its block");
    if (window.len - at < word)
        return last ? refuse(reader, TL_ERR_ENCODING, "the file ends inside a record")
                    : TL_ERR_EARLY;
    reader->block_left -= reader->block_left > 0 ? word : 0;
    *len = word;
    return TL_OK;
}

static enum tl_status read_framed(struct tl_metro2_reader *reader, struct tl_bytes window,
                                  bool last, size_t *used, struct tl_metro2_record *record)
{
    uint32_t block_left = reader->block_left;
    size_t at = 0;
    size_t len = 0;
    const char *why;
    enum tl_status status;

    *used = 0;
    if (!last && window.len < 4u * WORD_BYTES)
        return TL_ERR_EARLY;
    if (window.len < 2u * WORD_BYTES)
        return refuse(reader, TL_ERR_ENCODING, "the file ends inside a record");
    status = read_block(reader, window, record, &at);
    if (status == TL_OK)
        status = frame(reader, window, last, at, &len);
    if (status == TL_ERR_EARLY) {
        reader->block_left = block_left; /* the same bytes come again */
        return status;
    }
    record->number = ++reader->number;
    if (status != TL_OK)
        return status;
    record->ending = TL_METRO2_END_NONE;
    why = parse(record, tl_bytes(window.ptr + at, len), reader->form == TL_METRO2_PACKED);
    if (why != NULL)
        return refuse(reader, TL_ERR_ENCODING, why);
    *used = at + len;
    return TL_OK;
}

/* ---- the file ---------------------------------------------------------- */

/* Two records of words and digits hold no line end unless lines end there;
 * UNKNOWN: too little to tell. */
static enum tl_metro2_form form_of(struct tl_bytes window, bool last)
{
    bool whole = last || window.len >= TL_METRO2_RECORD_MAX;

    if (!whole && window.len < 2u * WORD_BYTES)
        return TL_METRO2_UNKNOWN;
    if (window.len > WORD_BYTES && window.ptr[0] < PACKED_BELOW && window.ptr[2] == 0 &&
        window.ptr[3] == 0)
        return TL_METRO2_PACKED;
    if (memchr(window.ptr, '\n', window.len) != NULL)
        return TL_METRO2_LINES;
    if (!whole)
        return TL_METRO2_UNKNOWN;
    return window.len < 2u * TL_METRO2_MAIN_BYTES ? TL_METRO2_LINES : TL_METRO2_BLOCKS;
}

enum tl_status tl_metro2_read(struct tl_metro2_reader *reader, struct tl_bytes window, bool last,
                              size_t *used, struct tl_metro2_record *record)
{
    enum tl_status status = TL_OK;
    size_t spent = 0;

    *used = 0;
    do {
        if (spent > 0)
            window = tl_bytes(window.ptr + spent, window.len - spent);
        if (window.len == 0 && !last)
            return TL_ERR_EARLY;
        if (window.len == 0)
            return reader->started ? TL_ERR_NOT_FOUND
                                   : refuse(reader, TL_ERR_ENCODING, "the file is empty");
        if (reader->form == TL_METRO2_UNKNOWN)
            reader->form = form_of(window, last);
        if (reader->form == TL_METRO2_UNKNOWN)
            return TL_ERR_EARLY;
        status = reader->form == TL_METRO2_LINES
                     ? read_line(reader, window, last, &spent, record)
                     : read_framed(reader, window, last, &spent, record);
        *used += spent;
    } while (status == TL_ERR_STALE);
    if (status == TL_OK)
        reader->started = true;
    TL_CHECK(status != TL_OK || spent > 0);
    return status;
}
