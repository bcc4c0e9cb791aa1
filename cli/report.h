/* report.h -- what a portfolio did, counted from a certified ledger.
 *
 * Each report is a row in a table: name, what it says, columns, and a function
 * that makes rows of the facts (facts.h).  Two of them ask what stood at the end
 * of two days and play the history to see (shadow.h).  All figures are whole
 * numbers: amounts in minor units of the row's currency, rates in basis points
 * cut towards zero.  Reports of the same height say the same on every machine. */
#ifndef TL_REPORT_H
#define TL_REPORT_H

#include "facts.h"
#include "out.h"
#include "sheet.h"

/* The state of a debt on a day: late by so many days, or over. */
enum tl_band {
    TL_BAND_CURRENT,
    TL_BAND_1,
    TL_BAND_30,
    TL_BAND_60,
    TL_BAND_90,
    TL_BAND_120,
    TL_BAND_150,
    TL_BAND_180,
    TL_BAND_CHARGED_OFF,
    TL_BAND_PAID,
    TL_BAND_SETTLED,
    TL_BAND_ENDED
};
#define TL_BANDS 12u
extern const char *const tl_band_words[TL_BANDS];
enum tl_band tl_band_of(const struct tl_case *c, int32_t on);
/* tl_band_of for days past due alone. */
enum tl_band tl_band_late(int64_t days);

struct tl_report_call {
    const struct tl_args *args;
    const struct tl_facts *facts;
    const char *by;      /* what to count by, or NULL */
    int64_t within_days; /* timers */
    bool has_since;
    int32_t since;
    bool has_until;
    int32_t until;
    struct tl_json *rows; /* out */
};

struct tl_report {
    const char *name;
    const char *summary;
    const struct tl_column *columns;
    /* Says why on failure. */
    enum tl_status (*make)(struct tl_report_call *call);
};
extern const struct tl_report tl_report_ageing;
extern const struct tl_report tl_report_roll_rates;
extern const struct tl_report tl_report_cure;
extern const struct tl_report tl_report_vintage;
extern const struct tl_report tl_report_promises;
extern const struct tl_report tl_report_disputes;
extern const struct tl_report tl_report_violations;
extern const struct tl_report tl_report_timers;
extern const struct tl_report tl_report_productivity;
extern const struct tl_report tl_report_collection_time;
extern const struct tl_report tl_report_trial_balance;

/* A day is within --since and --until. */
bool tl_report_day(const struct tl_report_call *call, int32_t on);
/* tl_report_rows adds a row for each of the sheet's: its words and sums under
 * these names, NULL: left out.  The sheet is sorted by it. */
struct tl_report_names {
    const char *word[TL_SHEET_WORDS];
    const char *sum[TL_SHEET_SUMS];
};
void tl_report_rows(struct tl_json *rows, struct tl_sheet *sheet,
                    const struct tl_report_names *names);
void tl_report_date(struct tl_json *row, const char *key, int32_t on);

/* For each case of the facts: where it is placed as events go by.  Which row of
 * a sheet a payment counted for is kept, so that a reversal goes back there. */
struct tl_placed {
    bool is;
    uint8_t agency;
    int32_t on;
    int64_t placed_minor;
};

#endif
