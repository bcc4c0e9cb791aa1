/* The double-entry rule: whatever changes a balance is one debit and one credit
 * of the same amount and currency, so debits equal credits at every height.
 * post() is the only way to an account.  Totals only grow, are gathered over a
 * block and written once at its end. */
#include "run.h"

#include "tl/check.h"

static struct tl_u128 debit_of(const struct tl_account *account)
{
    return (struct tl_u128){account->debit_hi, account->debit_lo};
}

static struct tl_u128 credit_of(const struct tl_account *account)
{
    return (struct tl_u128){account->credit_hi, account->credit_lo};
}

static void account_read(struct run *r, struct tl_account *account)
{
    struct tl_state_key key = tl_key_account(account->currency, account->account, account->member);
    struct tl_bytes value;
    enum tl_status status = tl_overlay_get(r->state, tl_state_key_bytes(&key), &value);

    if (status == TL_ERR_NOT_FOUND)
        return;
    if (status == TL_OK && tl_record_decode(&tl_account_record, account, value) != TL_OK)
        status = TL_ERR_CORRUPT;
    fail(r, status);
}

static struct tl_account *account_at(struct run *r, uint16_t currency, struct side side)
{
    struct tl_account *account;

    for (uint32_t i = 0; i < r->accounts; i++) {
        account = &r->k->account[i];
        if (account->currency == currency && account->account == (uint8_t)side.account &&
            account->member == side.member)
            return account;
    }
    if (r->accounts == RUN_ACCOUNTS_MAX)
        accounts_flush(r);
    account = &r->k->account[r->accounts++];
    *account = (struct tl_account){
        .currency = currency, .account = (uint8_t)side.account, .member = side.member};
    account_read(r, account);
    return account;
}

static void post_debit(struct run *r, uint16_t currency, struct side side, struct tl_u128 amount)
{
    struct tl_account *account = account_at(r, currency, side);
    struct tl_u128 total = tl_u128_add(debit_of(account), amount);

    account->debit_hi = total.hi;
    account->debit_lo = total.lo;
}

static void post_credit(struct run *r, uint16_t currency, struct side side, struct tl_u128 amount)
{
    struct tl_account *account = account_at(r, currency, side);
    struct tl_u128 total = tl_u128_add(credit_of(account), amount);

    account->credit_hi = total.hi;
    account->credit_lo = total.lo;
}

/* A negative amount is posted the other way round: totals only grow. */
void post(struct run *r, uint16_t currency, struct side debit, struct side credit, int64_t amount)
{
    struct tl_u128 size = {0, (uint64_t)(amount < 0 ? -amount : amount)};

    TL_CHECK(amount != INT64_MIN);
    if (amount == 0)
        return;
    post_debit(r, currency, amount > 0 ? debit : credit, size);
    post_credit(r, currency, amount > 0 ? credit : debit, size);
}

void accounts_flush(struct run *r)
{
    for (uint32_t i = 0; i < r->accounts; i++) {
        const struct tl_account *account = &r->k->account[i];
        struct tl_state_key key =
            tl_key_account(account->currency, account->account, account->member);

        put_record(r, &key, &tl_account_record, account);
    }
    r->accounts = 0;
}
