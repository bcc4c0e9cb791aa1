/* What a case must owe, worked out the long way. */
#include "naive_money.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PAYMENTS_MAX = 512, NEVER = -1 };

__extension__ typedef __int128 huge;

struct paid {
    const char *name;
    int64_t to[TL_BUCKETS];
    int64_t over;
    int32_t day;
    bool reversed;
};

struct life {
    struct naive_owed now;
    int64_t has_paid[TL_BUCKETS];
    int64_t from_credit[TL_BUCKETS]; /* of that, out of money that was over */
    /* by day since SCRIPT_START */
    int64_t principal[SCRIPT_DAYS];
    int64_t rate[SCRIPT_DAYS];
    bool barred[SCRIPT_DAYS];
    bool terms;
    bool moratorium;
    bool stay;
    int32_t through; /* booked up to this day */
    struct {
        int32_t day;
        int64_t principal;
    } credit[PAYMENTS_MAX]; /* money that was over and paid principal */
    uint32_t credits;
    int32_t last_paid;
    int32_t begun; /* the first day of terms */
    struct paid paid[PAYMENTS_MAX];
    uint32_t payments;
};

static const uint8_t order[TL_BUCKETS] = {TL_BUCKET_COST, TL_BUCKET_FEE, TL_BUCKET_TAX,
                                          TL_BUCKET_INTEREST, TL_BUCKET_PRINCIPAL};

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t total(const struct life *life)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < TL_BUCKETS; i++)
        sum += life->now.owed[i];
    return sum;
}

/* ---- interest ---------------------------------------------------------- */

static int64_t interest_to(const struct life *life, int32_t day)
{
    huge parts = 0;

    for (int32_t d = life->begun; d < day; d++) {
        if (!life->barred[d] && life->principal[d] > 0)
            parts += (huge)life->principal[d] * life->rate[d];
    }
    return (int64_t)(parts / 3650000);
}

static void principal_changes(struct life *life, int32_t day, int64_t by)
{
    for (int32_t d = day; d < SCRIPT_DAYS; d++)
        life->principal[d] += by;
}

static void owe(struct life *life, uint32_t bucket, int32_t day, int64_t by)
{
    life->now.owed[bucket] += by;
    if (bucket == TL_BUCKET_PRINCIPAL)
        principal_changes(life, day, by);
}

/* Money that is over pays what is owed. */
static void use_credit(struct life *life, int32_t day)
{
    if (life->now.unapplied == 0 || total(life) == 0)
        return;
    for (uint32_t i = 0; i < TL_BUCKETS; i++) {
        int64_t part = smaller(life->now.unapplied, life->now.owed[order[i]]);

        owe(life, order[i], day, -part);
        if (order[i] == TL_BUCKET_PRINCIPAL && part != 0) {
            assert_true(life->credits < PAYMENTS_MAX);
            life->credit[life->credits].day = day;
            life->credit[life->credits++].principal = part;
        }
        life->has_paid[order[i]] += part;
        life->from_credit[order[i]] += part;
        life->now.unapplied -= part;
    }
}

static void book(struct life *life, int32_t day)
{
    int64_t more;
    int64_t owed;
    int64_t was_paid;

    if (!life->terms)
        return;
    if (day > life->through)
        life->through = day;
    more = interest_to(life, life->through) - life->now.interest_booked;
    if (more >= 0) {
        life->now.owed[TL_BUCKET_INTEREST] += more;
        life->now.interest_booked += more;
        return;
    }
    owed = smaller(-more, life->now.owed[TL_BUCKET_INTEREST]);
    was_paid = smaller(-more - owed, life->has_paid[TL_BUCKET_INTEREST]);
    life->now.owed[TL_BUCKET_INTEREST] -= owed;
    life->has_paid[TL_BUCKET_INTEREST] -= was_paid;
    life->now.unapplied += was_paid;
    life->now.interest_booked -= owed + was_paid;
}

static int32_t rate_since(const struct life *life)
{
    int32_t day = SCRIPT_DAYS - 1;

    while (day > life->begun && life->rate[day] == life->rate[day - 1])
        day--;
    return day;
}

static void set_rate(struct life *life, int32_t day, int64_t rate)
{
    if (total(life) == 0 || !life->terms || day < rate_since(life))
        return;
    for (int32_t d = day; d < SCRIPT_DAYS; d++)
        life->rate[d] = rate;
}

/* Terms that begin: what is owed now, from that day on. */
static void set_terms(struct life *life, const struct tl_body_terms *b)
{
    int32_t from = b->from_on - SCRIPT_START;

    if (life->terms) {
        set_rate(life, from, b->rate_bp);
        return;
    }
    if (total(life) == 0 || from < life->last_paid)
        return;
    life->terms = true;
    life->through = life->begun = from;
    life->now.interest_booked = 0;
    for (int32_t d = from; d < SCRIPT_DAYS; d++) {
        life->principal[d] = life->now.owed[TL_BUCKET_PRINCIPAL];
        life->rate[d] = b->rate_bp;
        life->barred[d] = life->moratorium || life->stay;
    }
}

static void set_hold(struct life *life, int32_t day, const struct script_op *op)
{
    bool set = op->type == TL_ENTRY_HOLD_SET;
    bool before = life->barred[SCRIPT_DAYS - 1];

    if (op->body.hold.hold == TL_HOLD_MORATORIUM_UK)
        life->moratorium = set;
    else
        life->stay = set;
    if ((life->moratorium || life->stay) == before)
        return;
    for (int32_t d = day; d < SCRIPT_DAYS; d++)
        life->barred[d] = !before;
}

/* ---- payments ---------------------------------------------------------- */

static void pay(struct life *life, int32_t day, const struct script_op *op)
{
    struct paid *paid = &life->paid[life->payments++];
    int64_t left = op->body.payment.amount_minor;

    assert_true(life->payments < PAYMENTS_MAX);
    *paid = (struct paid){.name = op->name, .day = day};
    for (uint32_t i = 0; i < TL_BUCKETS; i++) {
        int64_t part = smaller(left, life->now.owed[order[i]]);

        owe(life, order[i], day, -part);
        life->has_paid[order[i]] += part;
        paid->to[order[i]] = part;
        left -= part;
    }
    paid->over = left;
    life->now.unapplied += left;
    life->last_paid = op->date - SCRIPT_START;
}

static void give_back(struct life *life, uint32_t bucket, int32_t day, int64_t part)
{
    owe(life, bucket, day, part);
    life->has_paid[bucket] -= part;
}

static void take_back(struct life *life, struct paid *paid)
{
    int64_t left = paid->over;
    int64_t part;

    for (uint32_t i = 0; i < TL_BUCKETS; i++) {
        part = smaller(paid->to[i], life->has_paid[i]);
        give_back(life, i, paid->day, part);
        left += paid->to[i] - part;
    }
    part = smaller(left, life->now.unapplied);
    life->now.unapplied -= part;
    left -= part;
    /* What was over and has paid something since: from there. */
    for (uint32_t i = TL_BUCKETS; i-- > 0;) {
        part = smaller(smaller(left, life->has_paid[order[i]]), life->from_credit[order[i]]);
        left -= part;
        life->from_credit[order[i]] -= part;
        while (order[i] == TL_BUCKET_PRINCIPAL && part > 0 && life->credits > 0) {
            int64_t *last = &life->credit[life->credits - 1].principal;
            int64_t some = smaller(part, *last);

            give_back(life, order[i], life->credit[life->credits - 1].day, some);
            part -= some;
            *last -= some;
            life->credits -= *last == 0;
        }
        give_back(life, order[i], paid->day, part);
    }
    for (uint32_t i = TL_BUCKETS; i-- > 0;) {
        part = smaller(left, life->has_paid[order[i]]);
        give_back(life, order[i], paid->day, part);
        life->from_credit[order[i]] -= smaller(part, life->from_credit[order[i]]);
        left -= part;
    }
    paid->reversed = true;
}

static void reverse(struct life *life, int32_t day, const struct script_op *op)
{
    for (uint32_t i = 0; i < life->payments; i++) {
        if (strcmp(life->paid[i].name, op->name) != 0 || life->paid[i].reversed)
            continue;
        take_back(life, &life->paid[i]);
        owe(life, TL_BUCKET_FEE, day, op->body.reversal.fee_minor);
        return;
    }
}

/* ---- a life ------------------------------------------------------------ */

static void adjust(struct life *life, int32_t day, const struct tl_body_adjustment *b)
{
    int64_t by = b->amount_minor;

    if (-by > life->now.owed[b->bucket])
        by = -life->now.owed[b->bucket];
    owe(life, b->bucket, day, by);
}

static void follow(struct life *life, int32_t day, const struct script_op *op)
{
    bool hold = op->type == TL_ENTRY_HOLD_SET || op->type == TL_ENTRY_HOLD_RELEASE;

    if (!hold)
        book(life, day);
    if (op->type == TL_ENTRY_CHARGE)
        owe(life, op->body.charge.bucket, day, op->body.charge.amount_minor);
    else if (op->type == TL_ENTRY_ADJUSTMENT)
        adjust(life, day, &op->body.adjustment);
    else if (op->type == TL_ENTRY_PAYMENT)
        pay(life, day, op);
    else if (op->type == TL_ENTRY_PAYMENT_REVERSAL)
        reverse(life, day, op);
    else if (op->type == TL_ENTRY_RATE_CHANGE)
        set_rate(life, op->body.rate.from_on - SCRIPT_START, op->body.rate.rate_bp);
    else if (op->type == TL_ENTRY_AGREEMENT_AMEND)
        set_terms(life, &op->body.terms);
    else if (op->type == TL_ENTRY_REFUND_PAID)
        life->now.unapplied -= smaller(op->body.refund.amount_minor, life->now.unapplied);
    else
        set_hold(life, day, op);
    use_credit(life, day);
    /* What is corrected changes what has to be corrected, less each time. */
    for (int round = 0; round < 8; round++) {
        book(life, life->through);
        use_credit(life, day);
    }
}

struct naive_owed naive_money(const struct script *script, uint32_t case_no)
{
    struct life *life = calloc(1, sizeof *life);
    int64_t rate = case_no % 3 != 0 ? 100 + case_no % 4000 : 0;
    struct naive_owed result;

    assert_non_null(life);
    life->terms = rate != 0;
    life->last_paid = NEVER;
    for (int32_t d = 0; d < SCRIPT_DAYS; d++)
        life->rate[d] = rate;
    owe(life, TL_BUCKET_PRINCIPAL, 0, 100 + (int64_t)case_no * 97);
    for (uint32_t i = 0; i < script->ops; i++) {
        const struct script_op *op = &script->op[i];
        int32_t today = script->day[op->round] + 1;

        if (op->case_no == case_no)
            follow(life, (op->date < today ? op->date : today) - SCRIPT_START, op);
    }
    result = life->now;
    free(life);
    return result;
}
