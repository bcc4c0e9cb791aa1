/* A base segment out of what the ledger knows of a case. */
#include "codes.h"

#include "tl/check.h"

#include <string.h>

#define DOLLAR           840u /* ISO 4217 */
#define DOFD_DAYS        30
#define OBSOLETE_DAYS    180 /* 15 USC 1681c(c)(1): seven years run from here */
#define OBSOLETE_YEARS   7
#define MINOR_PER_DOLLAR 100

struct saying {
    const struct tl_case *c;
    const struct tl_metro2_profile *profile;
    const struct tl_metro2_summary *before;
    int32_t today;
    bool collector; /* not the original creditor */
    bool agency;    /* collects for another; a debt buyer owns what it collects */
    char status[3];
    char rating;  /* 0: none */
    bool settled; /* for less than was owed */
    bool sold;
};

static bool held(const struct tl_case *c, enum tl_hold hold)
{
    return (c->holds >> hold & 1u) != 0;
}

static void say(struct saying *s, const char *status)
{
    TL_CHECK(strlen(status) == 2);
    memcpy(s->status, status, sizeof s->status);
}

static bool says(const struct saying *s, const char *list)
{
    return tl_metro2_in(tl_bytes(s->status, 2), list);
}

/* ---- status (15 USC 1681s-2(a); the table in docs/METRO2.md) ----------- */

static bool in_collections(const struct tl_case *c)
{
    return c->placement == TL_PLACEMENT_PLACED ||
           (c->stage >= TL_STAGE_INTERNAL && c->stage < TL_STAGE_CHARGED_OFF) ||
           c->stage == TL_STAGE_UNCOLLECTIBLE;
}

/* How late it was when the money came; paid in time is current. */
static void say_paid(struct saying *s)
{
    const struct tl_case *c = s->c;
    bool collected = c->placements > 0 ||
                     (c->reopen_stage >= TL_STAGE_INTERNAL && c->reopen_stage < TL_STAGE_PAID);
    int64_t late = 0;

    if (c->due_on != TL_DATE_NONE && c->paid_on != TL_DATE_NONE)
        late = (int64_t)c->paid_on - c->due_on;
    s->settled = c->stage == TL_STAGE_SETTLED;
    if (s->collector || (collected && !c->charged_off))
        say(s, "62");
    else if (c->charged_off)
        say(s, "64");
    else {
        say(s, "13");
        s->rating = tl_metro2_lateness(late).code;
    }
}

static void say_owing(struct saying *s)
{
    struct tl_metro2_lateness lateness;
    int64_t late;

    if (!tl_case_feature(s->c, TL_FEATURE_DAYS_PAST_DUE, s->today, &late))
        late = 0;
    lateness = tl_metro2_lateness(late);
    if (s->collector)
        say(s, "93");
    else if (s->c->charged_off)
        say(s, "97");
    else if (in_collections(s->c))
        say(s, "93");
    else
        say(s, lateness.status);
}

/* A collector deletes what is no longer its to collect: taken back, or stayed
 * by bankruptcy or death. */
static bool collector_deletes(const struct saying *s)
{
    const struct tl_case *c = s->c;

    return s->collector && ((s->agency && c->placement != TL_PLACEMENT_PLACED) ||
                            held(c, TL_HOLD_BANKRUPTCY_STAY) || held(c, TL_HOLD_DISCHARGED) ||
                            held(c, TL_HOLD_DECEASED) || c->stage == TL_STAGE_SOLD);
}

static void say_status(struct saying *s)
{
    enum tl_stage stage = s->c->stage;

    if (stage == TL_STAGE_CANCELLED)
        say(s, "DA");
    else if (stage == TL_STAGE_PAID || stage == TL_STAGE_SETTLED)
        say_paid(s);
    else if (collector_deletes(s))
        say(s, "DA");
    else
        say_owing(s);
    s->sold = stage == TL_STAGE_SOLD;
}

/* ---- may it be said at all --------------------------------------------- */

static int32_t years_after(int32_t date, int32_t years)
{
    struct tl_civil civil = tl_date_to_civil(date);

    civil.year += years;
    return tl_date_from_civil(civil);
}

/* Counted from where delinquency commenced, not from the date reported. */
static bool obsolete(const struct tl_case *c, int32_t today)
{
    return held(c, TL_HOLD_OBSOLETE) ||
           (c->commenced_on != TL_DATE_NONE &&
            today > years_after(c->commenced_on + OBSOLETE_DAYS, OBSOLETE_YEARS));
}

static bool may_say(const struct saying *s)
{
    const struct tl_case *c = s->c;
    bool deleted = s->before != NULL && tl_metro2_in(tl_bytes(s->before->status, 2), "DA DF");

    if (c->currency != DOLLAR || c->debt_class != TL_DEBT_CONSUMER || deleted)
        return false;
    if (held(c, TL_HOLD_IDTHEFT_BLOCK) || held(c, TL_HOLD_TRAFFICKING_BLOCK))
        return false;
    /* what was never reported needs no deletion */
    if (s->before == NULL && says(s, "DA"))
        return false;
    if (s->agency && c->placed_on == TL_DATE_NONE)
        return false;
    return says(s, "DA") || !obsolete(c, s->today);
}

/* ---- dates ------------------------------------------------------------- */

int32_t tl_metro2_dofd(const struct tl_case *c, const struct tl_metro2_summary *before)
{
    bool same_run = before != NULL && before->dofd != TL_DATE_NONE &&
                    !tl_metro2_in(tl_bytes(before->status, 2), "11");
    bool was_current = before != NULL && tl_metro2_in(tl_bytes(before->status, 2), "11");
    int32_t dofd = c->commenced_on;

    /* cured and late again: a new run begins with the demand now unpaid */
    if (was_current && dofd != TL_DATE_NONE && c->due_on > dofd)
        dofd = c->due_on;
    if (dofd != TL_DATE_NONE)
        dofd += DOFD_DAYS;
    if (same_run && (dofd == TL_DATE_NONE || before->dofd < dofd))
        dofd = before->dofd;
    return dofd;
}

static bool put_dates(uint8_t *base, const struct saying *s)
{
    const struct tl_case *c = s->c;
    bool paid = says(s, "13 61 62 63 64 65");
    uint8_t rating = (uint8_t)s->rating;
    int32_t as_of = paid && c->paid_on != TL_DATE_NONE ? c->paid_on : s->today;
    int32_t dofd = TL_DATE_NONE;

    if (tl_metro2_needs_dofd((const uint8_t *)s->status, rating))
        dofd = tl_metro2_dofd(c, s->before);
    return tl_metro2_set_date(base, TL_METRO2_BASE_DATE_OPENED,
                              s->agency ? c->placed_on : c->opened_on) &&
           tl_metro2_set_date(base, TL_METRO2_BASE_DATE_ACCOUNT_INFORMATION, as_of) &&
           tl_metro2_set_date(base, TL_METRO2_BASE_DATE_FIRST_DELINQUENCY, dofd) &&
           tl_metro2_set_date(base, TL_METRO2_BASE_DATE_CLOSED, paid ? as_of : TL_DATE_NONE) &&
           tl_metro2_set_date(base, TL_METRO2_BASE_DATE_LAST_PAYMENT, c->paid_on);
}

/* ---- amounts ----------------------------------------------------------- */

/* Whole dollars; cents are cut, a credit balance is nothing owed. */
static bool put_dollars(uint8_t *base, enum tl_metro2_field field, int64_t minor)
{
    return tl_metro2_set_number(base, field, minor > 0 ? (uint64_t)(minor / MINOR_PER_DOLLAR) : 0);
}

static bool put_amounts(uint8_t *base, const struct saying *s)
{
    const struct tl_case *c = s->c;
    bool nothing = s->sold || says(s, "13 61 62 63 64 65 DA");
    int64_t owed = nothing ? 0 : tl_case_balance(c);
    int64_t late = says(s, "11") ? 0 : owed;

    return put_dollars(base, TL_METRO2_BASE_HIGHEST_CREDIT,
                       s->agency ? c->placed_minor : c->principal_charged_minor) &&
           put_dollars(base, TL_METRO2_BASE_CURRENT_BALANCE, owed) &&
           put_dollars(base, TL_METRO2_BASE_AMOUNT_PAST_DUE, late) &&
           put_dollars(base, TL_METRO2_BASE_ORIGINAL_CHARGE_OFF_AMOUNT,
                       says(s, "64 97") ? c->charged_off_minor : 0);
}

/* ---- codes ------------------------------------------------------------- */

/* An open dispute shows at once; one that has ended takes its flag back. */
static const char *condition(const struct saying *s)
{
    struct tl_list disputes = s->c->disputes;
    struct tl_open_dispute dispute;
    const char *code = "";

    while (tl_list_next(&disputes, &tl_open_dispute_record, &dispute)) {
        if (dispute.regime == TL_REGIME_FCRA_DIRECT || dispute.regime == TL_REGIME_FCRA_ACDV)
            return "XB";
        if (dispute.regime == TL_REGIME_FDCPA)
            code = "XB";
        if (dispute.regime == TL_REGIME_FCBA && !s->collector && code[0] == '\0')
            code = "XF";
    }
    if (code[0] == '\0' && s->before != NULL &&
        tl_metro2_in(tl_bytes(s->before->compliance, 2), "XB XF"))
        return "XH";
    return code;
}

static void put_history(uint8_t *base, const struct saying *s)
{
    uint8_t *php = base + tl_metro2_place(TL_METRO2_BASE_PAYMENT_HISTORY_PROFILE)->start - 1;
    char code;

    memset(php, s->collector && !s->profile->fill_history ? ' ' : 'B', TL_METRO2_PHP_MONTHS);
    if (s->collector || s->before == NULL)
        return;
    memcpy(php + 1, s->before->php, TL_METRO2_PHP_MONTHS - 1);
    code = tl_metro2_history_code(s->before);
    php[0] = code != 0 ? (uint8_t)code : 'D';
}

static bool put_codes(uint8_t *base, const struct saying *s)
{
    const struct tl_metro2_profile *p = s->profile;
    struct tl_bytes terms = p->terms.len > 0 ? p->terms : tl_bytes_str("001");
    const char *comment = s->sold ? "AH" : s->settled ? "AU" : "";
    const char *ecoa = held(s->c, TL_HOLD_DECEASED) ? "X" : "1";

    put_history(base, s);
    if (s->rating != 0 &&
        !tl_metro2_set_text(base, TL_METRO2_BASE_PAYMENT_RATING, tl_bytes(&s->rating, 1)))
        return false;
    return tl_metro2_set_text(base, TL_METRO2_BASE_IDENTIFICATION_NUMBER, p->identification) &&
           tl_metro2_set_text(base, TL_METRO2_BASE_CONSUMER_ACCOUNT_NUMBER, p->account) &&
           tl_metro2_set_text(base, TL_METRO2_BASE_PORTFOLIO_TYPE, p->portfolio) &&
           tl_metro2_set_text(base, TL_METRO2_BASE_ACCOUNT_TYPE, p->account_type) &&
           tl_metro2_set_text(base, TL_METRO2_BASE_TERMS_DURATION, terms) &&
           tl_metro2_set_text(base, TL_METRO2_BASE_ACCOUNT_STATUS, tl_bytes(s->status, 2)) &&
           tl_metro2_set_text(base, TL_METRO2_BASE_SPECIAL_COMMENT, tl_bytes_str(comment)) &&
           tl_metro2_set_text(base, TL_METRO2_BASE_COMPLIANCE_CONDITION_CODE,
                              tl_bytes_str(condition(s))) &&
           tl_metro2_set_text(base, TL_METRO2_BASE_ECOA_CODE, tl_bytes_str(ecoa));
}

enum tl_status tl_metro2_from_case(uint8_t base[TL_METRO2_MAIN_BYTES], const struct tl_case *c,
                                   const struct tl_metro2_profile *profile,
                                   const struct tl_metro2_summary *before, int32_t today)
{
    struct saying s = {.c = c, .profile = profile, .before = before, .today = today};

    if (profile->account_type.len != 2 || profile->identification.len < 5 ||
        profile->account.len == 0 || profile->portfolio.len != 1)
        return TL_ERR_RANGE;
    s.collector = tl_metro2_is_collector(profile->account_type.ptr);
    s.agency = s.collector && !tl_bytes_eq(profile->account_type, tl_bytes_str("0C"));
    say_status(&s);
    if (!may_say(&s))
        return TL_ERR_REFUSED;
    tl_metro2_blank(base, TL_METRO2_BASE);
    if (!put_codes(base, &s) || !put_dates(base, &s) || !put_amounts(base, &s))
        return TL_ERR_RANGE;
    return TL_OK;
}
