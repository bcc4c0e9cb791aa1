/* tl/reg_f.h -- Regulation F's counts and calendars.
 *
 * Pure answers to four questions a debt collector must ask before an act:
 *   may I call?      tl_phone_permit, tl_phone_judge    12 CFR 1006.14(b)
 *   is it the hour?  tl_hours_ok, tl_hours_window       12 CFR 1006.6(b)(1)
 *   until when may it be disputed?  tl_validation_of    12 CFR 1006.34(b)(5)
 *   when may I furnish?  tl_furnish_earliest            12 CFR 1006.30(a)
 * No number of the law is in this code: each function takes a policy, which the
 * consortium signs and dates.  The comments name the rule a number comes from.
 *
 * Calls are counted per person and per debt.  A history holds one person's
 * events in the order they happened; each names the debts it counts for as
 * bits.  What was learned later (a number that was not the person's) is written
 * into the history, and the count is as if it had been known.
 *
 * Dates are the consumer's calendar days, as days since 1970-01-01.  Pure,
 * thread safe; arrays are the caller's.  Failures: TL_ERR_RANGE. */
#ifndef TL_REG_F_H
#define TL_REG_F_H

#include "tl/record.h"

/* ---- telephone calls --------------------------------------------------- */

enum tl_phone_kind {
    TL_PHONE_UNANSWERED = 0,   /* rang, voicemail, ringless voicemail, limited-content message */
    TL_PHONE_CONVERSATION = 1, /* placed, and they talked */
    TL_PHONE_INBOUND = 2,      /* the person called, and they talked */
    TL_PHONE_UNCONNECTED = 3,  /* busy, not in service: 1006.14(b)(3)(ii) */
    TL_PHONE_MISDIRECTED = 4,  /* not that person's number: comment 14(b)(2)(i)-3 */
    TL_PHONE_CONSENT = 5,      /* prior consent, given directly: 1006.14(b)(3)(i) */
    TL_PHONE_REVOKED = 6       /* that consent taken back */
};
extern const struct tl_names tl_phone_kind_names;

struct tl_phone_event {
    int32_t on;
    uint8_t kind;     /* enum tl_phone_kind */
    uint32_t debts;   /* bits: those it counts for, 1006.14(b)(4) */
    int32_t from_on;  /* CONSENT: to calls from this day; TL_DATE_NONE: at once */
    int32_t until_on; /* CONSENT: to calls up to this day; TL_DATE_NONE: the policy's */
};

struct tl_phone_policy {
    uint16_t calls_max;    /* 7: 1006.14(b)(2)(i)(A) */
    uint16_t window_days;  /* 7 consecutive days, the call's own the last */
    uint16_t quiet_days;   /* 7: no call after a conversation, its day the first; (B) */
    uint16_t consent_days; /* 7: consent lasts at most, its day the first */
};

enum tl_phone_verdict {
    TL_PHONE_OK = 0,       /* presumed to comply */
    TL_PHONE_EXCLUDED = 1, /* not counted */
    TL_PHONE_TOO_MANY = 2, /* presumed to violate (A) */
    TL_PHONE_TOO_SOON = 3  /* presumed to violate (B) */
};
extern const struct tl_names tl_phone_verdict_names;

struct tl_phone_finding {
    uint8_t verdict;  /* enum tl_phone_verdict */
    uint32_t counted; /* calls in the window, this one included if it counts */
    int32_t free_on;  /* first day from then on a call is presumed to comply */
};

/* tl_phone_permit judges a call planned for a day, after all events given. */
TL_MUST_USE enum tl_status tl_phone_permit(struct tl_phone_finding *out,
                                           const struct tl_phone_policy *policy,
                                           const struct tl_phone_event *event, uint32_t count,
                                           uint32_t debt, int32_t on);
/* tl_phone_judge judges the event at an index, by those before it.  Consent and
 * calls of the person's own are EXCLUDED.  TL_ERR_RANGE: no such event, events
 * out of order, a debt over 31, a day out of the ledger's range. */
TL_MUST_USE enum tl_status tl_phone_judge(struct tl_phone_finding *out,
                                          const struct tl_phone_policy *policy,
                                          const struct tl_phone_event *event, uint32_t count,
                                          uint32_t debt, uint32_t at);

/* ---- hours ------------------------------------------------------------- */

#define TL_ZONES_MAX 16u

/* Seconds of the local day, both convenient themselves: 8:00:00 and 21:00:00. */
struct tl_hours_policy {
    int32_t from_s;
    int32_t to_s;
};

/* tl_hours_ok: the moment is convenient in every zone the consumer may be in
 * (comment 6(b)(1)(i)-2).  Offsets are minutes east of UTC on that day.  No zone
 * known: not convenient.  TL_ERR_RANGE: policy or offset out of a day, too many. */
TL_MUST_USE enum tl_status tl_hours_ok(bool *out, const struct tl_hours_policy *policy,
                                       int64_t time_utc_s, const int16_t *offset_min,
                                       uint32_t count);
/* tl_hours_window gives the convenient hours of the first zone's day, both ends
 * included; empty when from > to.  Zones so far apart that a day has two such
 * windows are TL_ERR_RANGE: ask tl_hours_ok. */
TL_MUST_USE enum tl_status tl_hours_window(struct tl_hours_policy *out,
                                           const struct tl_hours_policy *policy,
                                           const int16_t *offset_min, uint32_t count);

/* ---- business days and the validation period --------------------------- */

/* A legal public holiday.  By day of the month, or by weekday: the nth, or the
 * last when nth is 5.  Weekdays: 0 Monday .. 6 Sunday. */
struct tl_holiday {
    uint8_t month;
    uint8_t day;     /* 1..31; 0: by weekday */
    uint8_t weekday; /* 0..6 */
    uint8_t nth;     /* 1..5 */
    int32_t since_year;
};

uint8_t tl_weekday(int32_t date); /* 0 Monday .. 6 Sunday */
/* tl_holiday_on: the date is a holiday of the list, or with `observed` the day
 * one is observed: the Friday before a Saturday, the Monday after a Sunday. */
bool tl_holiday_on(const struct tl_holiday *holiday, uint32_t count, int32_t date, bool observed);

/* tl_business_day_from is the date itself or the next day that is no Saturday,
 * Sunday or holiday: for deadlines that fall on a weekend.  tl_business_days_after
 * counts so many of them, the first one after the date.  TL_ERR_RANGE: a day out
 * of the ledger's calendar, or a list that leaves none in a year. */
struct tl_business_days {
    const struct tl_holiday *holiday;
    uint32_t holidays;
    bool observed; /* observed days are no business days either */
};
TL_MUST_USE enum tl_status tl_business_day_from(int32_t *out, const struct tl_business_days *list,
                                                int32_t date);
TL_MUST_USE enum tl_status tl_business_days_after(int32_t *out, const struct tl_business_days *list,
                                                  int32_t date, uint32_t days);

struct tl_validation_policy {
    uint16_t receipt_days;            /* 5, without Saturdays, Sundays and holidays */
    uint16_t period_days;             /* 30 */
    struct tl_business_days business; /* 5 USC 6103(a); observed: the cautious reading */
};

struct tl_validation {
    int32_t receipt_on; /* assumed */
    int32_t end_on;     /* last day of the period */
};

/* tl_validation_of counts from the day the notice was sent.  A notice that came
 * back is not sent: count from the next.  TL_ERR_RANGE: a day out of range, or
 * a list that leaves no business day in a year. */
TL_MUST_USE enum tl_status tl_validation_of(struct tl_validation *out,
                                            const struct tl_validation_policy *policy,
                                            int32_t sent_on);

/* ---- before furnishing ------------------------------------------------- */

struct tl_furnish_policy {
    uint16_t wait_days;  /* 14: comment 30(a)(1)-2 */
    uint16_t extra_days; /* 1: the cautious reading; 0: the comment's examples */
};

/* What was done about the debt.  Spoken to in person or by telephone, or a
 * letter or electronic message. */
struct tl_furnish_contact {
    int32_t on;
    bool spoken;
    int32_t returned_on; /* notice that it is undeliverable; TL_DATE_NONE: none */
};

/* tl_furnish_earliest is the first day a debt may be furnished: the day of a
 * talk, or the end of the wait after a letter that did not come back within it.
 * A letter that comes back later changes nothing (comment 30(a)(1)-3).
 * TL_ERR_NOT_FOUND: nothing done so far allows it. */
TL_MUST_USE enum tl_status tl_furnish_earliest(int32_t *out, const struct tl_furnish_policy *policy,
                                               const struct tl_furnish_contact *contact,
                                               uint32_t count);

#endif
