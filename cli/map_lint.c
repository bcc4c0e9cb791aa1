#include "map_lint.h"

#include <string.h>

/* Words of column names, in the languages our sources speak.  A word stands
 * alone: "name" is in "last_name" and "lastName", not in "tournament". */
static const struct {
    const char *word;
    const char *what;
} words[] = {
    {"name", "a name"},
    {"firstname", "a name"},
    {"lastname", "a name"},
    {"surname", "a name"},
    {"forename", "a name"},
    {"fullname", "a name"},
    {"nome", "a name"},
    {"cognome", "a name"},
    {"nachname", "a name"},
    {"vorname", "a name"},
    {"debtor", "a name"},
    {"customer", "a name"},
    {"borrower", "a name"},
    {"consumer", "a name"},
    {"contact", "a name"},
    {"employer", "an employer"},
    {"ssn", "a social security number"},
    {"social", "a social security number"},
    {"tin", "a tax number"},
    {"taxid", "a tax number"},
    {"itin", "a tax number"},
    {"fiscale", "a tax number"},
    {"codicefiscale", "a tax number"},
    {"passport", "a passport number"},
    {"licence", "a licence number"},
    {"license", "a licence number"},
    {"plate", "a number plate"},
    {"iban", "a bank account"},
    {"account", "an account number"},
    {"pan", "a card number"},
    {"card", "a card number"},
    {"phone", "a phone number"},
    {"telephone", "a phone number"},
    {"mobile", "a phone number"},
    {"cell", "a phone number"},
    {"fax", "a phone number"},
    {"tel", "a phone number"},
    {"email", "an e-mail address"},
    {"mail", "an e-mail address"},
    {"address", "an address"},
    {"addr", "an address"},
    {"street", "an address"},
    {"indirizzo", "an address"},
    {"city", "an address"},
    {"zip", "an address"},
    {"zipcode", "an address"},
    {"postcode", "an address"},
    {"postal", "an address"},
    {"birth", "a date of birth"},
    {"birthdate", "a date of birth"},
    {"birthday", "a date of birth"},
    {"dob", "a date of birth"},
    {"gender", "a person's sex"},
    {"sex", "a person's sex"},
    {"ip", "a network address"},
    {"note", "free text"},
    {"notes", "free text"},
    {"comment", "free text"},
    {"comments", "free text"},
    {"remark", "free text"},
    {"remarks", "free text"},
    {"memo", "free text"},
    {"narrative", "free text"},
    {"transcript", "free text"},
};

static bool is_upper(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
    return is_upper(c) || is_lower(c) || c >= 0x80;
}

static bool is_one_of(uint8_t c, const char *set)
{
    while (*set != 0 && (uint8_t)*set != c)
        set++;
    return *set != 0;
}

static uint8_t lower(uint8_t c)
{
    return is_upper(c) ? (uint8_t)(c - 'A' + 'a') : c;
}

/* ---- columns ----------------------------------------------------------- */

static bool word_is(struct tl_bytes piece, const char *word)
{
    size_t len = strlen(word);

    if (piece.len != len)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (lower(piece.ptr[i]) != (uint8_t)word[i])
            return false;
    }
    return true;
}

/* The next word of a name: up to a separator, a digit, or a capital after a small
 * letter. */
static struct tl_bytes next_word(struct tl_bytes *rest)
{
    size_t start = 0;
    size_t end;

    while (start < rest->len && !is_letter(rest->ptr[start]))
        start++;
    end = start;
    while (end < rest->len && is_letter(rest->ptr[end]) &&
           (end == start || !is_upper(rest->ptr[end]) || is_upper(rest->ptr[end - 1])))
        end++;
    struct tl_bytes word = tl_bytes(rest->ptr + start, end - start);

    *rest = tl_bytes(rest->ptr + end, rest->len - end);
    return word;
}

static const char *word_find(struct tl_bytes piece)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (word_is(piece, words[i].word))
            return words[i].what;
    }
    return NULL;
}

const char *tl_lint_column(struct tl_bytes name)
{
    const char *what = NULL;
    struct tl_bytes word;

    while (what == NULL && (word = next_word(&name)).len > 0)
        what = word_find(word);
    return what;
}

/* ---- values ------------------------------------------------------------ */

static bool is_email(struct tl_bytes v)
{
    for (size_t i = 1; i + 3 < v.len; i++) {
        const uint8_t *dot;

        if (v.ptr[i] != '@' || (!is_letter(v.ptr[i - 1]) && !is_digit(v.ptr[i - 1])))
            continue;
        dot = memchr(v.ptr + i, '.', v.len - i);
        if (dot != NULL && dot > v.ptr + i + 1 && dot + 1 < v.ptr + v.len && is_letter(dot[1]))
            return true;
    }
    return false;
}

/* ddd-dd-dddd, or with blanks, not inside a longer number. */
static bool is_ssn_at(struct tl_bytes v, size_t at)
{
    static const char shape[] = "ddd-dd-dddd";

    if (at + sizeof shape - 1 > v.len || (at > 0 && is_digit(v.ptr[at - 1])))
        return false;
    for (size_t i = 0; i < sizeof shape - 1; i++) {
        uint8_t c = v.ptr[at + i];

        if (shape[i] == 'd' ? !is_digit(c) : c != '-' && c != ' ')
            return false;
    }
    return at + sizeof shape - 1 == v.len || !is_digit(v.ptr[at + sizeof shape - 1]);
}

static bool is_ssn(struct tl_bytes v)
{
    for (size_t i = 0; i < v.len; i++) {
        if (is_ssn_at(v, i))
            return true;
    }
    return false;
}

/* 7 to 15 digits in groups, or after a plus; bare digits are numbers of things. */
static bool is_phone(struct tl_bytes v)
{
    size_t digits = 0;
    size_t groups = 0;
    bool plus = false;

    for (size_t i = 0; i < v.len; i++) {
        uint8_t c = v.ptr[i];

        if (is_digit(c)) {
            groups += i == 0 || !is_digit(v.ptr[i - 1]);
            digits++;
        } else if (c == '+' && digits == 0) {
            plus = true;
        } else if (!is_one_of(c, " -.()")) {
            return false; /* letters, slashes: a reference of somebody's */
        }
    }
    /* Eight digits in three groups are a date. */
    return digits >= 7 && digits <= 15 && (plus || (groups >= 3 && digits != 8));
}

/* Two words or more that each begin with a capital: how people's names are
 * written, and streets. */
static bool is_name(struct tl_bytes v)
{
    size_t capital = 0;
    size_t other = 0;

    for (size_t i = 0; i < v.len; i++) {
        bool begins = is_letter(v.ptr[i]) && (i == 0 || is_one_of(v.ptr[i - 1], " ,."));

        if (!begins)
            continue;
        if (is_upper(v.ptr[i]) && i + 1 < v.len && is_letter(v.ptr[i + 1]))
            capital++;
        else
            other++;
    }
    return capital >= 2 && other <= 1;
}

const char *tl_lint_value(struct tl_bytes value)
{
    if (is_email(value))
        return "an e-mail address";
    if (is_ssn(value))
        return "a social security number";
    if (is_phone(value))
        return "a phone number";
    return is_name(value) ? "a name or an address" : NULL;
}

/* ---- fields ------------------------------------------------------------ */

bool tl_lint_free(const struct tl_field *field)
{
    static const char *const names[] = {"note", "reason", "terms", "approver", "act"};

    if (field->kind != TL_FIELD_STR)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(field->name, names[i]) == 0)
            return true;
    }
    return false;
}
