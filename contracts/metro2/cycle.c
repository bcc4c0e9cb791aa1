/* One account in two files that follow each other. */
#include "check.h"

#include <string.h>

static void take(uint8_t *to, const uint8_t *segment, enum tl_metro2_field field)
{
    struct tl_bytes text = tl_metro2_text(segment, field);

    memcpy(to, text.ptr, text.len);
}

#define ID_BYTES 20u

/* From the next cycle on the account has the numbers an L1 segment gives it. */
static void take_change(struct tl_metro2_summary *summary, const uint8_t *l1)
{
    uint8_t kind = tl_metro2_text(l1, TL_METRO2_L1_CHANGE_INDICATOR).ptr[0];

    if (kind == '1' || kind == '3')
        take(summary->next + ID_BYTES, l1, TL_METRO2_L1_NEW_CONSUMER_ACCOUNT_NUMBER);
    if (kind == '2' || kind == '3')
        take(summary->next, l1, TL_METRO2_L1_NEW_IDENTIFICATION_NUMBER);
}

static void take_keys(struct tl_metro2_summary *summary, const struct tl_metro2_record *record)
{
    take(summary->key, record->first, TL_METRO2_BASE_IDENTIFICATION_NUMBER);
    take(summary->key + ID_BYTES, record->first, TL_METRO2_BASE_CONSUMER_ACCOUNT_NUMBER);
    memcpy(summary->next, summary->key, sizeof summary->next);
    for (uint32_t i = 0; i < record->count; i++)
        if (record->behind[i].kind == TL_METRO2_L1)
            take_change(summary, record->behind[i].ptr);
}

bool tl_metro2_summarize(const struct tl_metro2_record *record, struct tl_metro2_summary *summary)
{
    const uint8_t *base = record->first;
    struct tl_metro2_summary made = {.number = record->number};
    uint64_t balance;

    if (record->kind != TL_METRO2_BASE ||
        !tl_metro2_number(base, TL_METRO2_BASE_CURRENT_BALANCE, &balance) ||
        !tl_metro2_date(base, TL_METRO2_BASE_DATE_FIRST_DELINQUENCY, &made.dofd) ||
        !tl_metro2_date(base, TL_METRO2_BASE_DATE_ACCOUNT_INFORMATION, &made.reported_on))
        return false;
    made.owes = balance > 0;
    take_keys(&made, record);
    take(made.status, base, TL_METRO2_BASE_ACCOUNT_STATUS);
    take(&made.rating, base, TL_METRO2_BASE_PAYMENT_RATING);
    take(&made.portfolio, base, TL_METRO2_BASE_PORTFOLIO_TYPE);
    take(made.account_type, base, TL_METRO2_BASE_ACCOUNT_TYPE);
    take(made.indicator, base, TL_METRO2_BASE_CONSUMER_INFORMATION_INDICATOR);
    take(made.compliance, base, TL_METRO2_BASE_COMPLIANCE_CONDITION_CODE);
    take(made.php, base, TL_METRO2_BASE_PAYMENT_HISTORY_PROFILE);
    *summary = made;
    return true;
}

static bool in(const uint8_t status[2], const char *list)
{
    return tl_metro2_in(tl_bytes(status, 2), list);
}

/* Becoming current ends a run of lateness; nothing else starts a new one.  A
 * collector's debt never becomes current. */
static void check_dofd(const struct tl_metro2_at *at, const struct tl_metro2_summary *before,
                       const struct tl_metro2_summary *now)
{
    if (before->dofd == TL_DATE_NONE || in(before->status, "11"))
        return;
    if (now->dofd == TL_DATE_NONE && tl_metro2_needs_dofd(now->status, now->rating))
        tl_metro2_find(at, TL_METRO2_BASE_DATE_FIRST_DELINQUENCY, TL_METRO2_RULE_DOFD_LOST);
    if (now->dofd != TL_DATE_NONE && now->dofd > before->dofd)
        tl_metro2_find(at, TL_METRO2_BASE_DATE_FIRST_DELINQUENCY, TL_METRO2_RULE_DOFD_LATER);
}

static int64_t month_of(int32_t date)
{
    struct tl_civil civil = tl_date_to_civil(date);

    return (int64_t)civil.year * 12 + civil.month;
}

/* With no date or with months between there is nothing to compare. */
static bool next_month(const struct tl_metro2_summary *before, const struct tl_metro2_summary *now)
{
    return before->reported_on != TL_DATE_NONE && now->reported_on != TL_DATE_NONE &&
           month_of(now->reported_on) == month_of(before->reported_on) + 1;
}

static void check_history(const struct tl_metro2_at *at, const struct tl_metro2_summary *before,
                          const struct tl_metro2_summary *now)
{
    static const uint8_t none[TL_METRO2_PHP_MONTHS + 1] = "                        ";
    char code = tl_metro2_history_code(before);
    bool shifted = memcmp(now->php + 1, before->php, TL_METRO2_PHP_MONTHS - 1) == 0;

    if (!next_month(before, now) || memcmp(now->php, none, TL_METRO2_PHP_MONTHS) == 0 ||
        in(now->status, "DA DF"))
        return;
    /* under a bankruptcy plan months are reported as D */
    if (code != 0 && now->php[0] != (uint8_t)code &&
        !(now->php[0] == 'D' && now->indicator[0] != ' '))
        shifted = false;
    if (!shifted)
        tl_metro2_find(at, TL_METRO2_BASE_PAYMENT_HISTORY_PROFILE, TL_METRO2_RULE_PHP_SHIFT);
}

/* What was charged off, collected, repossessed or surrendered is paid as that. */
static void check_status(const struct tl_metro2_at *at, const struct tl_metro2_summary *before,
                         const struct tl_metro2_summary *now)
{
    static const char paid_as[][6] = {"93 62", "95 61", "96 63", "97 64"};
    enum tl_metro2_field field = TL_METRO2_BASE_ACCOUNT_STATUS;

    if (in(before->status, "97 64") && in(now->status, "11 71 78 80 82 83 84"))
        tl_metro2_find(at, field, TL_METRO2_RULE_REVERTED);
    for (size_t i = 0; i < sizeof paid_as / sizeof paid_as[0]; i++)
        if (memcmp(paid_as[i], before->status, 2) == 0 && in(now->status, "13 61 62 63 64 65") &&
            memcmp(paid_as[i] + 3, now->status, 2) != 0)
            tl_metro2_find(at, field, TL_METRO2_RULE_PAID_AS);
    if (in(before->status, "DA DF"))
        tl_metro2_find(at, field, TL_METRO2_RULE_DELETED_AGAIN);
    if (in(before->status, "13 61 62 63 64 65") && in(now->status, "DA"))
        tl_metro2_find(at, field, TL_METRO2_RULE_DELETED_PAID);
}

void tl_metro2_check_cycle(struct tl_metro2_check *check, const struct tl_metro2_summary *before,
                           const struct tl_metro2_summary *now)
{
    struct tl_metro2_at at = {check, now->number, TL_METRO2_BASE, NULL};

    check_dofd(&at, before, now);
    check_history(&at, before, now);
    check_status(&at, before, now);
}

void tl_metro2_check_twice(struct tl_metro2_check *check, const struct tl_metro2_summary *now)
{
    struct tl_metro2_at at = {check, now->number, TL_METRO2_BASE, NULL};

    tl_metro2_find(&at, TL_METRO2_BASE_CONSUMER_ACCOUNT_NUMBER, TL_METRO2_RULE_TWICE);
}
