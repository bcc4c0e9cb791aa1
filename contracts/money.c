/* Money: charges, payments and their undoing, adjustments, charge-off.
 *
 * Three numbers per bucket move together: owed = charged + adjusted - paid.
 * Every function here that changes one of them posts the same amount. */
#include "run.h"

#include "tl/allocation.h"
#include "tl/chargeoff.h"
#include "tl/check.h"

#include <string.h>

static const struct {
    uint16_t owed, charged, paid, forgiven, credited;
    uint8_t income;
} buckets[TL_BUCKETS] = {
#define B(name, lower)                                                                             \
    [TL_BUCKET_##name] = {offsetof(struct tl_case, lower##_minor),                                 \
                          offsetof(struct tl_case, lower##_charged_minor),                         \
                          offsetof(struct tl_case, lower##_paid_minor),                            \
                          offsetof(struct tl_case, lower##_forgiven_minor),                        \
                          offsetof(struct tl_case, lower##_credited_minor),                        \
                          TL_ACCOUNT_##name}
    B(PRINCIPAL, principal), B(INTEREST, interest), B(FEE, fee), B(COST, cost), B(TAX, tax),
};

static int64_t *amount_at(struct tl_case *c, uint16_t offset)
{
    return (int64_t *)(void *)((uint8_t *)c + offset);
}

int64_t *owed_at(struct tl_case *c, enum tl_bucket bucket)
{
    return amount_at(c, buckets[bucket].owed);
}

/* No total of a case may come near the end of int64: beyond this, money is
 * recorded as evidence and not posted. */
#define CASE_AMOUNT_MAX INT64_C(100000000000000000)
_Static_assert(CASE_AMOUNT_MAX <= INT64_MAX / 16 - 4 * TL_AMOUNT_MAX,
               "sums of totals, and one entry more, are int64");

bool brimful(const struct tl_case *c)
{
    int64_t charged = c->principal_charged_minor + c->interest_charged_minor +
                      c->fee_charged_minor + c->cost_charged_minor + c->tax_charged_minor;

    return charged > CASE_AMOUNT_MAX || c->paid_minor > CASE_AMOUNT_MAX ||
           c->adjusted_minor > CASE_AMOUNT_MAX || c->adjusted_minor < -CASE_AMOUNT_MAX;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The owner's claim rises by `amount` (falls, if negative) against `against`.
 * After charge-off the claim is only remembered. */
static void claim(struct run *r, struct work *w, struct side against, int64_t amount)
{
    struct side receivable = {TL_ACCOUNT_RECEIVABLE, w->c.owner};
    struct side memo = {TL_ACCOUNT_MEMO, w->c.owner};
    struct side contra = {TL_ACCOUNT_MEMO_CONTRA, w->c.owner};

    if (w->c.charged_off)
        post(r, w->c.currency, memo, contra, amount);
    else
        post(r, w->c.currency, receivable, against, amount);
}

void charge(struct run *r, struct work *w, enum tl_bucket bucket, int64_t amount)
{
    TL_CHECK(amount >= 0 && amount <= TL_AMOUNT_MAX);
    *owed_at(&w->c, bucket) += amount;
    *amount_at(&w->c, buckets[bucket].charged) += amount;
    claim(r, w, (struct side){(enum tl_account_no)buckets[bucket].income, w->c.owner}, amount);
    if (bucket == TL_BUCKET_PRINCIPAL)
        interest_principal(w, amount);
}

/* Paid already: what comes back is money that is over. */
static int64_t unpay(struct run *r, struct work *w, enum tl_bucket bucket, int64_t amount)
{
    struct side unapplied = {TL_ACCOUNT_UNAPPLIED, w->c.owner};
    struct side against = {(enum tl_account_no)buckets[bucket].income, w->c.owner};
    int64_t part = least(amount, *amount_at(&w->c, buckets[bucket].paid));

    if (w->c.charged_off && w->c.recovered_minor >= part) {
        w->c.recovered_minor -= part;
        against.account = TL_ACCOUNT_RECOVERY;
    }
    *amount_at(&w->c, buckets[bucket].paid) -= part;
    w->c.unapplied_minor += part;
    post(r, w->c.currency, against, unapplied, part);
    return part;
}

int64_t uncharge(struct run *r, struct work *w, enum tl_bucket bucket, int64_t amount)
{
    struct side income = {(enum tl_account_no)buckets[bucket].income, w->c.owner};
    int64_t owed = least(amount, *owed_at(&w->c, bucket));
    int64_t paid = unpay(r, w, bucket, amount - owed);

    TL_CHECK(amount >= 0 && bucket != TL_BUCKET_PRINCIPAL);
    *owed_at(&w->c, bucket) -= owed;
    *amount_at(&w->c, buckets[bucket].charged) -= owed + paid;
    claim(r, w, income, -owed);
    return owed + paid;
}

/* What is owed rises or falls without money, against an account of the owner. */
static void change(struct run *r, struct work *w, enum tl_bucket bucket, int64_t amount,
                   enum tl_account_no against)
{
    *owed_at(&w->c, bucket) += amount;
    w->c.adjusted_minor += amount;
    TL_CHECK(*owed_at(&w->c, bucket) >= 0);
    claim(r, w, (struct side){against, w->c.owner}, amount);
    if (bucket == TL_BUCKET_PRINCIPAL)
        interest_principal(w, amount);
}

static void adjust(struct run *r, struct work *w, enum tl_bucket bucket, int64_t amount)
{
    change(r, w, bucket, amount, TL_ACCOUNT_ADJUSTMENT);
}

int64_t adjust_down(struct run *r, struct work *w, int64_t amount)
{
    int64_t left = amount;

    for (uint32_t i = 0; i < TL_BUCKETS; i++) {
        enum tl_bucket bucket = (enum tl_bucket)w->policy->allocation[i];
        int64_t part = least(left, *owed_at(&w->c, bucket));

        adjust(r, w, bucket, -part);
        left -= part;
    }
    return amount - left;
}

int64_t forgive(struct run *r, struct work *w)
{
    int64_t total = tl_case_balance(&w->c);

    for (uint32_t i = 0; i < TL_BUCKETS; i++) {
        int64_t left = *owed_at(&w->c, (enum tl_bucket)i);

        *amount_at(&w->c, buckets[i].forgiven) = left;
        adjust(r, w, (enum tl_bucket)i, -left);
    }
    w->c.forgiven_on = w->on;
    TL_CHECK(tl_case_balance(&w->c) == 0);
    return total;
}

void sell_off(struct run *r, struct work *w)
{
    for (uint32_t i = 0; i < TL_BUCKETS; i++)
        change(r, w, (enum tl_bucket)i, -*owed_at(&w->c, (enum tl_bucket)i), TL_ACCOUNT_SOLD);
    TL_CHECK(tl_case_balance(&w->c) == 0);
}

int64_t unforgive(struct run *r, struct work *w)
{
    int64_t total = 0;
    int32_t on = w->on;

    if (w->c.forgiven_on != TL_DATE_NONE)
        w->on = w->c.forgiven_on;
    for (uint32_t i = 0; i < TL_BUCKETS; i++) {
        int64_t *forgiven = amount_at(&w->c, buckets[i].forgiven);

        adjust(r, w, (enum tl_bucket)i, *forgiven);
        total += *forgiven;
        *forgiven = 0;
    }
    w->on = on;
    return total;
}

void restate(struct run *r, struct work *w, enum tl_bucket bucket, int64_t amount)
{
    int64_t rise = amount - *owed_at(&w->c, bucket);

    if (rise > 0)
        charge(r, w, bucket, rise);
    else
        adjust(r, w, bucket, rise);
    TL_CHECK(*owed_at(&w->c, bucket) == amount);
}

/* Money out of `from` settles what is owed in `bucket`. */
static void pay_bucket(struct run *r, struct work *w, enum tl_bucket bucket, int64_t amount,
                       struct side from)
{
    struct side receivable = {TL_ACCOUNT_RECEIVABLE, w->c.owner};
    struct side recovery = {TL_ACCOUNT_RECOVERY, w->c.owner};

    TL_CHECK(amount >= 0 && amount <= *owed_at(&w->c, bucket));
    *owed_at(&w->c, bucket) -= amount;
    *amount_at(&w->c, buckets[bucket].paid) += amount;
    if (w->c.charged_off) {
        w->c.recovered_minor += amount;
        post(r, w->c.currency, from, recovery, amount);
        claim(r, w, receivable, -amount);
    } else {
        post(r, w->c.currency, from, receivable, amount);
    }
    if (bucket == TL_BUCKET_PRINCIPAL)
        interest_principal(w, -amount);
}

/* Fills buckets in the policy's order; gives what is left. */
static int64_t allocate(struct run *r, struct work *w, int64_t amount, struct side from,
                        int64_t to[TL_PARTS_MAX])
{
    struct tl_part_order order = {.count = TL_BUCKETS};
    int64_t owed[TL_PARTS_MAX] = {0};
    int64_t left;
    enum tl_status status;

    memcpy(order.part, w->policy->allocation, TL_BUCKETS);
    for (uint32_t i = 0; i < TL_BUCKETS; i++)
        owed[i] = *owed_at(&w->c, (enum tl_bucket)i);
    status = tl_allocate_parts(&order, amount, owed, to, &left);
    TL_CHECK(status == TL_OK);
    for (uint32_t i = 0; i < TL_BUCKETS; i++)
        pay_bucket(r, w, (enum tl_bucket)i, to[i], from);
    return left;
}

/* Money in the hands of somebody else than the owner is held in trust for it. */
static struct side money_at(const struct work *w, uint8_t receiver)
{
    return receiver == w->c.owner ? (struct side){TL_ACCOUNT_CASH, receiver}
                                  : (struct side){TL_ACCOUNT_DUE_FROM, w->c.owner};
}

static void money_moves(struct run *r, const struct work *w, uint8_t receiver, int64_t amount)
{
    if (receiver != w->c.owner)
        post(r, w->c.currency, (struct side){TL_ACCOUNT_CASH, receiver},
             (struct side){TL_ACCOUNT_TRUST, receiver}, amount);
}

static struct tl_body_allocation allocation(const int64_t *to, int64_t unapplied, bool reversed)
{
    return (struct tl_body_allocation){to[TL_BUCKET_PRINCIPAL],
                                       to[TL_BUCKET_INTEREST],
                                       to[TL_BUCKET_FEE],
                                       to[TL_BUCKET_COST],
                                       to[TL_BUCKET_TAX],
                                       unapplied,
                                       reversed};
}

/* Money that was over pays what is owed now. */
void credit_apply(struct run *r, struct work *w, const struct why *why)
{
    struct side unapplied = {TL_ACCOUNT_UNAPPLIED, w->c.owner};
    int64_t to[TL_PARTS_MAX] = {0};
    int64_t before = w->c.unapplied_minor;
    struct tl_body_allocation body;
    struct why reason = *why;

    if (before == 0 || tl_case_balance(&w->c) == 0)
        return;
    w->c.unapplied_minor = allocate(r, w, before, unapplied, to);
    credit_note(w, to[TL_BUCKET_PRINCIPAL]);
    for (uint32_t i = 0; i < TL_BUCKETS; i++)
        *amount_at(&w->c, buckets[i].credited) += to[i];
    body = allocation(to, 0, false);
    reason.rule = "engine.credit";
    reason.citation = "money over pays what falls due";
    why_add(&reason, w->c.paid_leaf);
    decide(r, w, TL_DECISION_ALLOCATION, &reason, &body);
}

void reopen(struct run *r, struct work *w, const struct why *why)
{
    enum tl_stage back = (enum tl_stage)w->c.reopen_stage;

    TL_CHECK(tl_case_ended(&w->c));
    if (back == TL_STAGE_RESOLUTION && w->c.disputes.count == 0)
        back = (enum tl_stage)w->c.resume_stage;
    if (back == TL_STAGE_PLACED)
        back = TL_STAGE_INTERNAL;
    stage_set(r, w, back, why);
}

/* Nothing owed ends a case; something owed again takes the end back. */
void settle(struct run *r, struct work *w, const struct why *why)
{
    struct why reason = *why;
    bool owes;

    credit_apply(r, w, why);
    deals_settle(r, w, why);
    owes = tl_case_balance(&w->c) > 0;
    if (!owes && !tl_case_ended(&w->c)) {
        reason.rule = "engine.paid";
        reason.citation = "a balance of zero ends the case";
        w->c.reopen_stage = w->c.stage;
        stage_set(r, w, TL_STAGE_PAID, &reason);
    } else if (owes && w->c.stage == TL_STAGE_PAID) {
        reason.rule = "engine.reopened";
        reason.citation = "a debt that is owed again is where it was";
        reopen(r, w, &reason);
    }
    schedule_follow(r, w);
    TL_INVARIANT(work_ok(w));
}

void cancel(struct run *r, struct work *w, const struct why *why)
{
    (void)adjust_down(r, w, tl_case_balance(&w->c));
    stage_set(r, w, TL_STAGE_CANCELLED, why);
}

/* Against the allowance, and out of income what was never received. */
static void loss_post(struct run *r, const struct work *w)
{
    static const enum tl_account_no accounts[] = {[TL_LOSS_ALLOWANCE] = TL_ACCOUNT_LOSS,
                                                  [TL_LOSS_INTEREST_REVERSAL] = TL_ACCOUNT_INTEREST,
                                                  [TL_LOSS_FEE_REVERSAL] = TL_ACCOUNT_FEE};
    struct side receivable = {TL_ACCOUNT_RECEIVABLE, w->c.owner};
    struct tl_loss_journal journal;
    struct tl_loss_memo memo;
    enum tl_status status =
        tl_loss_charge_off(&journal, &memo, w->c.principal_minor + w->c.cost_minor + w->c.tax_minor,
                           w->c.interest_minor, w->c.fee_minor);

    TL_CHECK(status == TL_OK && memo.balance_minor == tl_case_balance(&w->c));
    for (uint32_t i = 0; i < journal.count; i++) {
        const struct tl_loss_line *line = &journal.line[i];

        if (!line->credit)
            post(r, w->c.currency, (struct side){accounts[line->account], w->c.owner}, receivable,
                 line->amount_minor);
    }
}

bool charge_off(struct run *r, struct work *w, const struct why *why)
{
    int64_t balance = tl_case_balance(&w->c);
    struct side loss = {TL_ACCOUNT_LOSS, w->c.owner};
    struct tl_body_charged body = {balance};

    if (w->c.charged_off || tl_case_ended(&w->c) || balance == 0)
        return false;
    loss_post(r, w);
    w->c.charged_off = true;
    claim(r, w, loss, balance);
    w->c.charged_off_on = why->date;
    w->c.charged_off_minor = balance;
    decide(r, w, TL_DECISION_CHARGED_OFF, why, &body);
    if (w->c.stage == TL_STAGE_RESOLUTION)
        w->c.resume_stage = TL_STAGE_CHARGED_OFF;
    else
        stage_set(r, w, TL_STAGE_CHARGED_OFF, why);
    return true;
}

/* ---- entries ----------------------------------------------------------- */

void apply_charge(struct run *r, struct work *w, const struct tl_entry *e,
                  const struct tl_body_charge *b)
{
    struct why why = why_entry(r, w->c.floor_on, "engine.charge", "");

    if ((b->bucket == TL_BUCKET_FEE || b->bucket == TL_BUCKET_INTEREST) && b->clause.len == 0)
        finding(r, w, TL_DECISION_VIOLATION, e->type,
                "a fee or interest names no clause that allows it (12 CFR 1006.22(b))");
    if (tl_case_ended(&w->c) && w->c.stage != TL_STAGE_PAID)
        finding(r, w, TL_DECISION_VIOLATION, e->type, "the debt has ended");
    if ((b->bucket == TL_BUCKET_FEE || b->bucket == TL_BUCKET_INTEREST) &&
        w->c.waived_on != TL_DATE_NONE && e->value_date >= w->c.waived_on)
        finding(r, w, TL_DECISION_VIOLATION, e->type,
                "interest and fees were waived for good (12 CFR 1026.5(b)(2)(i))");
    charge(r, w, (enum tl_bucket)b->bucket, b->amount_minor);
    if (b->bucket == TL_BUCKET_COST)
        commission_advance(r, w, b->amount_minor);
    if (w->c.due_on == TL_DATE_NONE || tl_case_balance(&w->c) == b->amount_minor)
        w->c.due_on = b->due_on;
    settle(r, w, &why);
}

void apply_adjustment(struct run *r, struct work *w, const struct tl_entry *e,
                      const struct tl_body_adjustment *b)
{
    struct why why = why_entry(r, w->c.floor_on, "engine.adjustment", "");
    int64_t amount = b->amount_minor;

    if (-amount > *owed_at(&w->c, (enum tl_bucket)b->bucket)) {
        finding(r, w, TL_DECISION_VIOLATION, e->type, "more is taken off than is owed");
        amount = -*owed_at(&w->c, (enum tl_bucket)b->bucket);
    }
    adjust(r, w, (enum tl_bucket)b->bucket, amount);
    settle(r, w, &why);
}

static struct tl_bytes payment_name(struct tl_bytes name, const struct tl_entry *e)
{
    return name.len != 0 ? name : e->ext_ref;
}

static enum tl_status paid_load(struct run *r, const struct tl_state_key *key, struct tl_paid *paid)
{
    struct tl_bytes value;
    enum tl_status status = tl_overlay_get(r->state, tl_state_key_bytes(key), &value);

    if (status == TL_OK && tl_record_decode(&tl_paid_record, paid, value) != TL_OK)
        status = TL_ERR_CORRUPT;
    if (status != TL_OK && status != TL_ERR_NOT_FOUND)
        fail(r, status);
    return status;
}

/* Received after charge-off: it goes back to the allowance. */
static void recovery_note(struct run *r, struct work *w, int64_t amount, const struct why *why)
{
    const struct tl_body_recovery body = {amount, w->c.recovered_minor};

    if (w->c.charged_off && amount != 0)
        decide(r, w, TL_DECISION_RECOVERY_POSTED, why, &body);
}

static void payment_book(struct run *r, struct work *w, struct tl_paid *paid, int64_t amount,
                         const struct why *why)
{
    struct side from = money_at(w, paid->receiver);
    int64_t to[TL_PARTS_MAX] = {0};
    struct tl_body_allocation body;

    money_moves(r, w, paid->receiver, amount);
    paid->unapplied_minor = allocate(r, w, amount, from, to);
    post(r, w->c.currency, from, (struct side){TL_ACCOUNT_UNAPPLIED, w->c.owner},
         paid->unapplied_minor);
    w->c.unapplied_minor += paid->unapplied_minor;
    w->c.paid_minor += amount;
    paid->principal_minor = to[TL_BUCKET_PRINCIPAL];
    paid->interest_minor = to[TL_BUCKET_INTEREST];
    paid->fee_minor = to[TL_BUCKET_FEE];
    paid->cost_minor = to[TL_BUCKET_COST];
    paid->tax_minor = to[TL_BUCKET_TAX];
    body = allocation(to, paid->unapplied_minor, false);
    decide(r, w, TL_DECISION_ALLOCATION, why, &body);
    recovery_note(r, w, amount - paid->unapplied_minor, why);
    commission_earn(r, w, paid, amount, why);
}

void apply_payment(struct run *r, struct work *w, const struct tl_entry *e,
                   const struct tl_body_payment *b)
{
    struct tl_bytes name = payment_name(b->payment, e);
    struct tl_state_key key = tl_key_payment(&w->c.id, name);
    struct why why =
        why_entry(r, w->c.floor_on, "engine.allocation", "the policy's order of allocation");
    struct tl_paid paid = {0};

    if (name.len != 0 && paid_load(r, &key, &paid) == TL_OK) {
        finding(r, w, TL_DECISION_DUPLICATE, e->type, "a payment of this name is recorded");
        return;
    }
    paid = (struct tl_paid){.receiver = (uint8_t)r->author.member,
                            .after_charge_off = w->c.charged_off,
                            .leaf = r->entry_leaf,
                            .paid_on = w->on};
    w->c.payments++;
    w->c.paid_on = e->value_date;
    w->c.paid_leaf = r->entry_leaf;
    payment_book(r, w, &paid, b->amount_minor, &why);
    if (name.len != 0)
        put_record(r, &key, &tl_paid_record, &paid);
    settle(r, w, &why);
}

/* Takes `amount` back out of a bucket: it is owed again. */
static void take_back(struct run *r, struct work *w, enum tl_bucket bucket, int64_t amount,
                      const struct tl_paid *paid)
{
    struct side cash = money_at(w, paid->receiver);
    struct side receivable = {TL_ACCOUNT_RECEIVABLE, w->c.owner};
    struct side gone = {paid->after_charge_off ? TL_ACCOUNT_RECOVERY : TL_ACCOUNT_LOSS, w->c.owner};

    TL_CHECK(amount >= 0 && amount <= *amount_at(&w->c, buckets[bucket].paid));
    *owed_at(&w->c, bucket) += amount;
    *amount_at(&w->c, buckets[bucket].paid) -= amount;
    if (bucket == TL_BUCKET_PRINCIPAL)
        interest_principal(w, amount);
    if (!w->c.charged_off) {
        post(r, w->c.currency, receivable, cash, amount);
        return;
    }
    if (paid->after_charge_off)
        w->c.recovered_minor -= least(amount, w->c.recovered_minor);
    post(r, w->c.currency, gone, cash, amount);
    claim(r, w, gone, amount);
}

static int64_t take_unapplied(struct run *r, struct work *w, int64_t wanted,
                              const struct tl_paid *paid)
{
    int64_t part = least(wanted, w->c.unapplied_minor);

    w->c.unapplied_minor -= part;
    post(r, w->c.currency, (struct side){TL_ACCOUNT_UNAPPLIED, w->c.owner},
         money_at(w, paid->receiver), part);
    return part;
}

static void take_from(struct run *r, struct work *w, enum tl_bucket bucket, int64_t part,
                      const struct tl_paid *paid, int64_t back[TL_BUCKETS])
{
    int64_t *credited = amount_at(&w->c, buckets[bucket].credited);

    take_back(r, w, bucket, part, paid);
    *credited -= least(part, *credited);
    back[bucket] += part;
}

/* What money that was over has paid, the last bucket first; gives what is still
 * to be found. */
static int64_t take_credited(struct run *r, struct work *w, const struct tl_paid *paid,
                             int64_t left, int64_t back[TL_BUCKETS])
{
    for (uint32_t i = TL_BUCKETS; i-- > 0;) {
        enum tl_bucket bucket = (enum tl_bucket)w->policy->allocation[i];
        int64_t limit = least(left, *amount_at(&w->c, buckets[bucket].credited));
        int64_t part = least(limit, *amount_at(&w->c, buckets[bucket].paid));

        left -= part;
        while (bucket == TL_BUCKET_PRINCIPAL && part > 0) {
            int64_t dated = credit_back(w, part, &w->on);

            if (dated == 0)
                break;
            take_from(r, w, bucket, dated, paid, back);
            part -= dated;
        }
        take_from(r, w, bucket, part, paid, back);
    }
    return left;
}

/* Out of any bucket, what was paid last first. */
static void take_any(struct run *r, struct work *w, const struct tl_paid *paid, int64_t left,
                     int64_t back[TL_BUCKETS])
{
    for (uint32_t i = TL_BUCKETS; i-- > 0;) {
        enum tl_bucket bucket = (enum tl_bucket)w->policy->allocation[i];
        int64_t part = least(left, *amount_at(&w->c, buckets[bucket].paid));

        take_from(r, w, bucket, part, paid, back);
        left -= part;
    }
    TL_CHECK(left == 0);
}

/* First exactly what the payment went to; what has moved on since (an excess
 * that has paid a later charge) from where it went. */
static void unwind(struct run *r, struct work *w, const struct tl_paid *paid,
                   int64_t back[TL_BUCKETS], int64_t *unapplied)
{
    const int64_t went[TL_BUCKETS] = {paid->principal_minor, paid->interest_minor, paid->fee_minor,
                                      paid->cost_minor, paid->tax_minor};
    int64_t left = paid->unapplied_minor;

    for (uint32_t i = 0; i < TL_BUCKETS; i++) {
        back[i] = least(went[i], *amount_at(&w->c, buckets[i].paid));
        take_back(r, w, (enum tl_bucket)i, back[i], paid);
        left += went[i] - back[i];
    }
    *unapplied = take_unapplied(r, w, left, paid);
    left -= *unapplied;
    left = take_credited(r, w, paid, left, back);
    w->on = paid->paid_on;
    take_any(r, w, paid, left, back);
}

static int64_t paid_total(const struct tl_paid *paid)
{
    return paid->principal_minor + paid->interest_minor + paid->fee_minor + paid->cost_minor +
           paid->tax_minor + paid->unapplied_minor;
}

void apply_reversal(struct run *r, struct work *w, const struct tl_entry *e,
                    const struct tl_body_reversal *b)
{
    struct tl_state_key key = tl_key_payment(&w->c.id, b->payment);
    struct why why =
        why_entry(r, w->c.floor_on, "engine.reversal", "a reversal undoes its payment exactly");
    int64_t back[TL_BUCKETS] = {0};
    struct tl_body_allocation body;
    struct tl_paid paid;
    int32_t on = w->on;
    int64_t unapplied;

    if (b->payment.len == 0 || paid_load(r, &key, &paid) != TL_OK) {
        finding(r, w, TL_DECISION_VIOLATION, e->type, "no payment of this name is recorded");
        return;
    }
    if (paid.reversed) {
        finding(r, w, TL_DECISION_VIOLATION, e->type, "the payment is reversed already");
        return;
    }
    why_add(&why, paid.leaf);
    w->on = paid.paid_on; /* as if it had never been paid */
    unwind(r, w, &paid, back, &unapplied);
    w->on = on;
    money_moves(r, w, paid.receiver, -paid_total(&paid));
    paid.reversed = true;
    put_record(r, &key, &tl_paid_record, &paid);
    w->c.paid_minor -= paid_total(&paid);
    w->c.reversals++;
    body = allocation(back, unapplied, true);
    decide(r, w, TL_DECISION_ALLOCATION, &why, &body);
    commission_back(r, w, &paid, paid_total(&paid), &why);
    charge(r, w, TL_BUCKET_FEE, b->fee_minor);
    settle(r, w, &why);
}

void apply_refund(struct run *r, struct work *w, const struct tl_entry *e,
                  const struct tl_body_refund *b)
{
    const struct side unapplied = {TL_ACCOUNT_UNAPPLIED, w->c.owner};
    uint8_t member = (uint8_t)r->author.member;
    struct tl_paid back = {.receiver = member, .earner = w->c.owner};
    struct why why = why_entry(r, w->c.floor_on, "engine.refund", "");
    int64_t amount = least(b->amount_minor, w->c.unapplied_minor);

    if (amount < b->amount_minor)
        finding(r, w, TL_DECISION_VIOLATION, e->type, "more is paid back than was over");
    w->c.unapplied_minor -= amount;
    w->c.paid_minor -= amount;
    post(r, w->c.currency, unapplied, money_at(w, member), amount);
    money_moves(r, w, member, -amount);
    commission_back(r, w, &back, amount, &why);
}
