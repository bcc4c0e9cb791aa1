/* The rules of one account in one file. */
#include "check.h"

#define CLOSED "61 62 63 64 65" /* paid */

static struct tl_bytes trimmed(const struct tl_metro2_at *at, enum tl_metro2_field field)
{
    return tl_metro2_trimmed(at->segment, field);
}

static bool status_in(const struct tl_metro2_at *at, const char *list)
{
    return tl_metro2_in(trimmed(at, TL_METRO2_BASE_ACCOUNT_STATUS), list);
}

static bool type_in(const struct tl_metro2_at *at, const char *list)
{
    return tl_metro2_in(trimmed(at, TL_METRO2_BASE_ACCOUNT_TYPE), list);
}

static bool is_deletion(const struct tl_metro2_at *at)
{
    return status_in(at, "DA DF");
}

/* What is no number or date has its own finding and is judged no further. */
static uint64_t amount(const struct tl_metro2_at *at, enum tl_metro2_field field)
{
    uint64_t value = 0;

    return tl_metro2_number(at->segment, field, &value) ? value : 0;
}

static int32_t date(const struct tl_metro2_at *at, enum tl_metro2_field field)
{
    int32_t value = TL_DATE_NONE;

    return tl_metro2_date(at->segment, field, &value) ? value : TL_DATE_NONE;
}

static bool same_digit(struct tl_bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != text.ptr[0])
            return false;
    return text.len > 0 && (text.ptr[0] == '0' || text.ptr[0] == '9');
}

static void check_status(const struct tl_metro2_at *at)
{
    bool has_rating = trimmed(at, TL_METRO2_BASE_PAYMENT_RATING).len > 0;

    if (!status_in(at, "05 11 13 61 62 63 64 65 71 78 80 82 83 84 88 89 93 94 95 96 97 DA DF"))
        tl_metro2_find(at, TL_METRO2_BASE_ACCOUNT_STATUS, TL_METRO2_RULE_STATUS);
    if (has_rating != status_in(at, "05 13 65 88 89 94 95"))
        tl_metro2_find(at, TL_METRO2_BASE_PAYMENT_RATING, TL_METRO2_RULE_RATING);
}

/* `B` says that nothing is known from there back. */
static bool history_ok(struct tl_bytes php)
{
    bool before = false;

    for (size_t i = 0; i < php.len; i++) {
        if (!tl_metro2_in(tl_bytes(php.ptr + i, 1), "0 1 2 3 4 5 6 B D E G H J K L"))
            return false;
        if (before && php.ptr[i] != 'B')
            return false;
        before = php.ptr[i] == 'B';
    }
    return php.len == TL_METRO2_PHP_MONTHS;
}

static void check_history(const struct tl_metro2_at *at)
{
    struct tl_bytes php = trimmed(at, TL_METRO2_BASE_PAYMENT_HISTORY_PROFILE);

    if (php.len > 0 && !history_ok(php))
        tl_metro2_find(at, TL_METRO2_BASE_PAYMENT_HISTORY_PROFILE, TL_METRO2_RULE_PHP);
}

/* A petition puts its date there for a current account too. */
static void check_dofd(const struct tl_metro2_at *at)
{
    bool has = amount(at, TL_METRO2_BASE_DATE_FIRST_DELINQUENCY) != 0;
    bool petition = tl_metro2_in(trimmed(at, TL_METRO2_BASE_CONSUMER_INFORMATION_INDICATOR),
                                 "A B C D E F G H Z 1A");
    const uint8_t *rating = tl_metro2_text(at->segment, TL_METRO2_BASE_PAYMENT_RATING).ptr;
    const uint8_t *status = tl_metro2_text(at->segment, TL_METRO2_BASE_ACCOUNT_STATUS).ptr;

    if (!has && tl_metro2_needs_dofd(status, *rating))
        tl_metro2_find(at, TL_METRO2_BASE_DATE_FIRST_DELINQUENCY, TL_METRO2_RULE_DOFD_MISSING);
    if (has && status_in(at, "11") && !petition)
        tl_metro2_find(at, TL_METRO2_BASE_DATE_FIRST_DELINQUENCY, TL_METRO2_RULE_DOFD_CURRENT);
}

/* A status outside the list is judged for that alone; deletions for nothing. */
static void check_amounts(const struct tl_metro2_at *at)
{
    bool charge_off = amount(at, TL_METRO2_BASE_ORIGINAL_CHARGE_OFF_AMOUNT) > 0;
    bool closed_end = tl_metro2_in(trimmed(at, TL_METRO2_BASE_PORTFOLIO_TYPE), "I M");

    if (status_in(at, "11") && amount(at, TL_METRO2_BASE_AMOUNT_PAST_DUE) > 0)
        tl_metro2_find(at, TL_METRO2_BASE_AMOUNT_PAST_DUE, TL_METRO2_RULE_PAST_DUE);
    if (!is_deletion(at) && charge_off != status_in(at, "64 97"))
        tl_metro2_find(at, TL_METRO2_BASE_ORIGINAL_CHARGE_OFF_AMOUNT, TL_METRO2_RULE_CHARGE_OFF);
    if (amount(at, TL_METRO2_BASE_CURRENT_BALANCE) > 0 &&
        (status_in(at, CLOSED) || (closed_end && status_in(at, "13"))))
        tl_metro2_find(at, TL_METRO2_BASE_CURRENT_BALANCE, TL_METRO2_RULE_BALANCE);
}

/* A collector's account opens when it is placed, which is after the creditor's
 * date of first delinquency. */
static void check_dates(const struct tl_metro2_at *at)
{
    int32_t as_of = date(at, TL_METRO2_BASE_DATE_ACCOUNT_INFORMATION);
    int32_t opened = date(at, TL_METRO2_BASE_DATE_OPENED);
    int32_t dofd = date(at, TL_METRO2_BASE_DATE_FIRST_DELINQUENCY);
    bool collector = type_in(at, "48 0C");

    if (as_of != TL_DATE_NONE && at->check->created_on != TL_DATE_NONE &&
        as_of > at->check->created_on)
        tl_metro2_find(at, TL_METRO2_BASE_DATE_ACCOUNT_INFORMATION, TL_METRO2_RULE_FUTURE);
    if (opened != TL_DATE_NONE && dofd != TL_DATE_NONE &&
        (collector ? dofd > opened : opened > dofd))
        tl_metro2_find(at, TL_METRO2_BASE_DATE_OPENED, TL_METRO2_RULE_OPENED);
}

static void check_identity(const struct tl_metro2_at *at)
{
    struct tl_bytes id = trimmed(at, TL_METRO2_BASE_IDENTIFICATION_NUMBER);
    struct tl_bytes ssn = trimmed(at, TL_METRO2_BASE_SOCIAL_SECURITY_NUMBER);
    struct tl_bytes birth = trimmed(at, TL_METRO2_BASE_DATE_BIRTH);

    if (id.len > 0 && (id.len < 5 || same_digit(id)))
        tl_metro2_find(at, TL_METRO2_BASE_IDENTIFICATION_NUMBER, TL_METRO2_RULE_ACCOUNT);
    if ((ssn.len == 0 || same_digit(ssn)) && (birth.len == 0 || same_digit(birth)))
        tl_metro2_find(at, TL_METRO2_BASE_SOCIAL_SECURITY_NUMBER, TL_METRO2_RULE_IDENTITY);
}

static void check_type(const struct tl_metro2_at *at, const struct tl_metro2_record *record)
{
    bool has_k1 = false;

    for (uint32_t i = 0; i < record->count; i++)
        has_k1 = has_k1 || record->behind[i].kind == TL_METRO2_K1;
    if (!has_k1 && type_in(at, "48 0C 77"))
        tl_metro2_find(at, TL_METRO2_BASE_ACCOUNT_TYPE, TL_METRO2_RULE_K1);
    if (tl_metro2_in(trimmed(at, TL_METRO2_BASE_PORTFOLIO_TYPE), "C") &&
        !type_in(at, "15 43 47 89 7A 9B"))
        tl_metro2_find(at, TL_METRO2_BASE_ACCOUNT_TYPE, TL_METRO2_RULE_PORTFOLIO);
}

void tl_metro2_check_base(const struct tl_metro2_at *at, const struct tl_metro2_record *record)
{
    check_status(at);
    check_history(at);
    check_dofd(at);
    check_amounts(at);
    check_dates(at);
    check_identity(at);
    check_type(at, record);
}
