/* case_statement.h -- an account, posting by posting, as a court could read it.
 *
 * The ledger is walked and audited (past.h) and each change of the case's balances
 * written down where it happened: what was charged, accrued, paid, taken back,
 * forgiven, by bucket, with the leaf that proves it.  Where a decision says its
 * figures (a fee, interest, an allocation) they are taken from it; whatever else an
 * entry did to the balances is the difference between the case before and after it.
 * So the postings add up to the balances the members agreed on, to the cent, or
 * there is no statement.  Ownership: tl_case_statement_free. */
#ifndef TL_CASE_STATEMENT_H
#define TL_CASE_STATEMENT_H

#include "json.h"
#include "past.h"

#define TL_STATEMENT_SUMS 6u /* the five buckets, then what is unapplied */

struct tl_case_statement_line {
    uint64_t leaf;
    int32_t date;
    bool decided;
    uint16_t type;
    uint32_t member; /* of an entry's author */
    int64_t change[TL_STATEMENT_SUMS];
    struct tl_json *row; /* the leaf, shown */
};

struct tl_case_statement {
    struct tl_id id;
    struct tl_case_statement_line *line;
    size_t lines;
    size_t cap;
    size_t settled; /* lines whose balances have been compared */
    int64_t sum[TL_STATEMENT_SUMS];
    bool wrong; /* postings and balances differ */
    struct tl_past_point point;
    const struct tl_genesis *genesis;
    bool found;
    struct tl_json *head; /* who, what, as of when */
};

/* tl_case_statement_make walks the ledger the options name; says why on failure. */
TL_MUST_USE enum tl_status tl_case_statement_make(struct tl_case_statement *statement,
                                                  const struct tl_id *id,
                                                  const struct tl_args *args);
void tl_case_statement_free(struct tl_case_statement *statement);

/* tl_case_statement_rows adds the postings from a day on (TL_DATE_MIN: all), first the
 * balance brought forward, each with the balance after it; tl_case_statement_events adds
 * what happened without moving money. */
void tl_case_statement_rows(const struct tl_case_statement *statement, int32_t since,
                            struct tl_json *rows);
void tl_case_statement_events(const struct tl_case_statement *statement, int32_t since,
                              struct tl_json *rows);

#endif
