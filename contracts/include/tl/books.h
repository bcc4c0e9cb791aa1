/* tl/books.h -- double entry: every change of a balance is posted twice.
 * Carried out in double_entry.c, audited in books_audit.c.
 *
 * Totals are kept in authenticated state per (currency, account, member).  A
 * charge debits the owner's receivable and credits what it is for; a payment
 * debits the receiver's cash and credits the receivable, what is left over goes
 * to unapplied; a reversal posts the same lines the other way round.  Charge-off
 * moves principal, costs and taxes against the allowance (LOSS), takes interest
 * and fees that were never received back out of income, and remembers the legal
 * balance in a memo account; money received later is recovery.
 *
 * Every line stays within one member's books, so those balance by themselves:
 * money somebody else receives for the owner is a TRUST of the receiver and
 * DUE_FROM it in the owner's books, until a remittance clears both.
 *
 * Totals are 128 bits wide, so that no number of legal entries overflows them.
 *
 * Pure. */
#ifndef TL_BOOKS_H
#define TL_BOOKS_H

#include "tl/case.h"
#include "tl/statemap.h"

enum tl_account_no {
    TL_ACCOUNT_RECEIVABLE = 1, /* asset of the owner: what debtors owe */
    TL_ACCOUNT_CASH = 2,       /* asset of whoever received the money */
    TL_ACCOUNT_UNAPPLIED = 3,  /* liability: received, owed back or to be applied */
    TL_ACCOUNT_PRINCIPAL = 4,  /* what charges are for */
    TL_ACCOUNT_INTEREST = 5,
    TL_ACCOUNT_FEE = 6,
    TL_ACCOUNT_COST = 7,
    TL_ACCOUNT_TAX = 8,
    TL_ACCOUNT_ADJUSTMENT = 9, /* credits to debtors, cancelled debts */
    TL_ACCOUNT_LOSS = 10,      /* charged off */
    TL_ACCOUNT_RECOVERY = 11,  /* received after charge-off */
    TL_ACCOUNT_MEMO = 12,      /* legal balance of charged-off debts */
    TL_ACCOUNT_MEMO_CONTRA = 13,
    TL_ACCOUNT_SOLD = 14, /* receivables handed to a buyer */
    /* between members */
    TL_ACCOUNT_DUE_FROM = 15, /* asset of the owner: money others hold for it */
    TL_ACCOUNT_TRUST = 16,    /* liability of whoever holds it */
    TL_ACCOUNT_COMMISSION_EXPENSE = 17,
    TL_ACCOUNT_PAYABLE = 18,    /* liability of the owner: commission, costs */
    TL_ACCOUNT_AGENCY_DUE = 19, /* asset of the agency: the same */
    TL_ACCOUNT_COMMISSION_INCOME = 20,
    TL_ACCOUNT_ADVANCED = 21 /* costs an agency got back */
};
extern const struct tl_names tl_account_names;

struct tl_u128 {
    uint64_t hi;
    uint64_t lo;
};
#define TL_ACCOUNT_FIELDS(FIELD, T)                                                                \
    FIELD(T, U16, currency, 999, NULL)                                                             \
    FIELD(T, ENUM, account, TL_ACCOUNT_ADVANCED, &tl_account_names)                                \
    FIELD(T, U8, member, TL_MEMBERS_MAX - 1u, NULL)                                                \
    FIELD(T, U64, debit_hi, UINT64_MAX, NULL)                                                      \
    FIELD(T, U64, debit_lo, UINT64_MAX, NULL)                                                      \
    FIELD(T, U64, credit_hi, UINT64_MAX, NULL)                                                     \
    FIELD(T, U64, credit_lo, UINT64_MAX, NULL)
TL_DECLARE_RECORD(tl_account, TL_ACCOUNT_FIELDS)

struct tl_u128 tl_u128_add(struct tl_u128 a, struct tl_u128 b);
int tl_u128_cmp(struct tl_u128 a, struct tl_u128 b);

/* An audit of the books: show it every authenticated pair of a state, in any
 * order, then ask.  TL_ERR_CORRUPT: a value does not decode, debits and credits
 * of a currency differ, cases and receivables disagree, or custody is not with
 * exactly one party; *why says which (static text).  TL_ERR_LIMIT: more than 64
 * currencies. */
#define TL_AUDIT_CURRENCIES_MAX 64u
struct tl_books_currency {
    uint16_t currency;
    struct tl_u128 debit, credit;                /* all accounts */
    struct tl_u128 receivable_dr, receivable_cr; /* RECEIVABLE */
    struct tl_u128 memo_dr, memo_cr;             /* MEMO */
    struct tl_u128 unapplied_dr, unapplied_cr;   /* UNAPPLIED */
    struct tl_u128 owed, owed_charged_off, over; /* from the cases */
};
struct tl_books {
    struct tl_books_currency at[TL_AUDIT_CURRENCIES_MAX];
    uint32_t count;
    uint64_t cases;
    enum tl_status bad;
    const char *why;
};
void tl_books_init(struct tl_books *books);
void tl_books_see(struct tl_books *books, struct tl_bytes key, struct tl_bytes value);
TL_MUST_USE enum tl_status tl_books_verdict(const struct tl_books *books, const char **why);

/* tl_books_check does all of that over a whole state: the hook for tl_audit
 * (audit.h).  `host` is a struct tl_books to work in. */
TL_MUST_USE enum tl_status tl_books_check(void *host, struct tl_overlay *state, const char **why);

#endif
