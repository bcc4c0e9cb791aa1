/* The audit of the books: per currency debits equal credits (double_entry.c keeps
 * it so), and every receivable is what some case owes. */
#include "tl/books.h"

#include "tl/check.h"

#include <string.h>

struct tl_u128 tl_u128_add(struct tl_u128 a, struct tl_u128 b)
{
    struct tl_u128 sum = {a.hi + b.hi, a.lo + b.lo};

    sum.hi += sum.lo < a.lo;
    return sum;
}

int tl_u128_cmp(struct tl_u128 a, struct tl_u128 b)
{
    if (a.hi != b.hi)
        return a.hi < b.hi ? -1 : 1;
    return a.lo < b.lo ? -1 : a.lo > b.lo;
}

void tl_books_init(struct tl_books *books)
{
    memset(books, 0, sizeof *books);
}

static void spoil(struct tl_books *books, enum tl_status status, const char *why)
{
    if (books->bad != TL_OK)
        return;
    books->bad = status;
    books->why = why;
}

static struct tl_books_currency *currency_at(struct tl_books *books, uint16_t currency)
{
    for (uint32_t i = 0; i < books->count; i++) {
        if (books->at[i].currency == currency)
            return &books->at[i];
    }
    if (books->count == TL_AUDIT_CURRENCIES_MAX) {
        spoil(books, TL_ERR_LIMIT, "more currencies than an audit can follow");
        return &books->at[0];
    }
    books->at[books->count].currency = currency;
    return &books->at[books->count++];
}

static void see_account(struct tl_books *books, struct tl_bytes value)
{
    struct tl_account account;
    struct tl_books_currency *at;
    struct tl_u128 dr;
    struct tl_u128 cr;

    if (tl_record_decode(&tl_account_record, &account, value) != TL_OK) {
        spoil(books, TL_ERR_CORRUPT, "an account total is not in canonical form");
        return;
    }
    at = currency_at(books, account.currency);
    dr = (struct tl_u128){account.debit_hi, account.debit_lo};
    cr = (struct tl_u128){account.credit_hi, account.credit_lo};
    at->debit = tl_u128_add(at->debit, dr);
    at->credit = tl_u128_add(at->credit, cr);
    if (account.account == TL_ACCOUNT_RECEIVABLE) {
        at->receivable_dr = tl_u128_add(at->receivable_dr, dr);
        at->receivable_cr = tl_u128_add(at->receivable_cr, cr);
    } else if (account.account == TL_ACCOUNT_MEMO) {
        at->memo_dr = tl_u128_add(at->memo_dr, dr);
        at->memo_cr = tl_u128_add(at->memo_cr, cr);
    } else if (account.account == TL_ACCOUNT_UNAPPLIED) {
        at->unapplied_dr = tl_u128_add(at->unapplied_dr, dr);
        at->unapplied_cr = tl_u128_add(at->unapplied_cr, cr);
    }
}

static void see_case(struct tl_books *books, struct tl_bytes value)
{
    struct tl_case c;
    struct tl_books_currency *at;
    struct tl_u128 owed;
    const char *fault;

    if (tl_case_decode(&c, value) != TL_OK) {
        spoil(books, TL_ERR_CORRUPT, "a case is not in canonical form");
        return;
    }
    fault = tl_case_fault(&c);
    if (fault != NULL)
        spoil(books, TL_ERR_CORRUPT, fault);
    books->cases++;
    at = currency_at(books, c.currency);
    owed = (struct tl_u128){0, (uint64_t)tl_case_balance(&c)};
    if (c.charged_off)
        at->owed_charged_off = tl_u128_add(at->owed_charged_off, owed);
    else
        at->owed = tl_u128_add(at->owed, owed);
    at->over = tl_u128_add(at->over, (struct tl_u128){0, (uint64_t)c.unapplied_minor});
}

void tl_books_see(struct tl_books *books, struct tl_bytes key, struct tl_bytes value)
{
    if (key.len == 0 || value.len == 0)
        return;
    if (key.ptr[0] == TL_STATE_LEDGER)
        see_account(books, value);
    else if (key.ptr[0] == TL_STATE_CASE)
        see_case(books, value);
}

/* plus - minus == expected, without going below zero. */
static bool net_is(struct tl_u128 plus, struct tl_u128 minus, struct tl_u128 expected)
{
    return tl_u128_cmp(plus, tl_u128_add(minus, expected)) == 0;
}

static const char *currency_fault(const struct tl_books_currency *at)
{
    if (tl_u128_cmp(at->debit, at->credit) != 0)
        return "debits and credits of a currency differ";
    if (!net_is(at->receivable_dr, at->receivable_cr, at->owed))
        return "receivables are not what the cases owe";
    if (!net_is(at->memo_dr, at->memo_cr, at->owed_charged_off))
        return "the memo account is not what charged-off cases owe";
    if (!net_is(at->unapplied_cr, at->unapplied_dr, at->over))
        return "unapplied money is not what the cases hold";
    return NULL;
}

enum tl_status tl_books_verdict(const struct tl_books *books, const char **why)
{
    *why = books->why;
    if (books->bad != TL_OK)
        return books->bad;
    for (uint32_t i = 0; i < books->count; i++) {
        *why = currency_fault(&books->at[i]);
        if (*why != NULL)
            return TL_ERR_CORRUPT;
    }
    return TL_OK;
}

static bool visit(void *context, struct tl_bytes key, struct tl_bytes value)
{
    tl_books_see(context, key, value);
    return true;
}

enum tl_status tl_books_check(void *host, struct tl_overlay *state, const char **why)
{
    static const uint8_t from = 0;
    static const uint8_t to = TL_STATE_KEY_PLAIN;
    enum tl_status status;

    tl_books_init(host);
    *why = NULL;
    status = tl_overlay_scan(state, tl_bytes(&from, 1), tl_bytes(&to, 1), visit, host);
    return status == TL_OK ? tl_books_verdict(host, why) : status;
}
