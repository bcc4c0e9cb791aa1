/* Payment plans: the level payment, exactly, and the schedule row by row. */
#include "tl/arrangement.h"

#include "big.h"
#include "tl/entry.h"
#include "wide.h"

_Static_assert(10000u * TL_PLAN_PERIODS_MAX + TL_PLAN_RATE_BP_MAX < (1u << 24),
               "a period's growth has 24 bits");
_Static_assert((TL_PLAN_PARTS_MAX * 24u + 63u + 24u) / 32u + 2u < BIG_WORDS_MAX,
               "the powers of the longest plan fit");

/* With i = b/d the level payment is the least L for which
 *     L * d * ((d+b)^n - d^n)  >=  P * b * (d+b)^n
 * Both sides are whole numbers; halving the interval finds L in 63 steps. */
static bool pays(int64_t level, const struct big *gain, const struct big *due)
{
    struct big side;

    big_mul63(&side, gain, level);
    return !big_less(&side, due);
}

static bool level_payment(int64_t principal, uint32_t b, uint32_t d, uint32_t n, int64_t *level)
{
    struct big due;
    struct big gain;
    struct big base;
    int64_t low = 0; /* pays too little, or nothing is owed */
    int64_t high = INT64_MAX;

    big_power(&base, d + b, n);
    gain = base;
    big_mul(&base, b);
    big_mul63(&due, &base, principal);
    big_power(&base, d, n);
    big_sub(&gain, &base);
    big_mul(&gain, d);
    if (!pays(high, &gain, &due))
        return false;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;

        if (pays(middle, &gain, &due))
            high = middle;
        else
            low = middle;
    }
    *level = high;
    return true;
}

/* Interest of one period, half away from zero. */
static bool period_interest(const struct tl_plan *plan, int64_t *out)
{
    int64_t d = (int64_t)plan->periods * 10000;

    return wide_div(wide_mul(plan->balance_minor, (int64_t)plan->rate_bp) * 2 + (wide)(uint64_t)d,
                    2 * d, out);
}

enum tl_status tl_plan_init(struct tl_plan *plan, int64_t principal_minor, uint32_t rate_bp,
                            uint32_t periods, uint32_t parts)
{
    int64_t level;

    *plan = (struct tl_plan){0};
    if (principal_minor < 0 || rate_bp > TL_PLAN_RATE_BP_MAX || periods == 0 ||
        periods > TL_PLAN_PERIODS_MAX || parts == 0 || parts > TL_PLAN_PARTS_MAX)
        return TL_ERR_RANGE;
    if (rate_bp == 0 || principal_minor == 0)
        level = principal_minor / parts + (principal_minor % parts != 0 ? 1 : 0);
    else if (!level_payment(principal_minor, rate_bp, periods * 10000, parts, &level))
        return TL_ERR_RANGE;
    /* All that is ever paid is under twice the level parts. */
    if (level > INT64_MAX / 2 / parts)
        return TL_ERR_RANGE;
    *plan = (struct tl_plan){
        .principal_minor = principal_minor,
        .level_minor = level,
        .balance_minor = principal_minor,
        .rate_bp = rate_bp,
        .periods = (uint16_t)periods,
        .parts = (uint16_t)parts,
    };
    return TL_OK;
}

bool tl_plan_next(struct tl_plan *plan, struct tl_plan_row *row)
{
    int64_t interest = 0;
    int64_t all = 0;
    bool fits;

    *row = (struct tl_plan_row){0};
    if (plan->given == plan->parts)
        return false;
    /* A level payment covers the first period's interest, so balances only fall
     * and no interest is over it; tl_plan_init left room for both. */
    fits = period_interest(plan, &interest) && sum_fits(plan->balance_minor, interest, &all);
    TL_CHECK(fits);
    plan->given++;
    row->number = plan->given;
    row->interest_minor = interest;
    row->payment_minor = plan->given == plan->parts ? all : lesser(plan->level_minor, all);
    row->principal_minor = row->payment_minor - interest;
    plan->balance_minor -= row->principal_minor;
    row->balance_minor = plan->balance_minor;
    return true;
}

int64_t tl_plan_interest(const struct tl_plan *plan)
{
    struct tl_plan walk = *plan;
    struct tl_plan_row row;
    int64_t sum = 0;

    walk.balance_minor = plan->principal_minor;
    walk.given = 0;
    while (tl_plan_next(&walk, &row))
        sum += row.interest_minor;
    return sum;
}

/* ---- due dates --------------------------------------------------------- */

/* Day 31 and the like mean the last day of a month that has fewer. */
static int32_t months_after(int32_t date, uint32_t months)
{
    struct tl_civil civil = tl_date_to_civil(date);
    uint32_t month = (uint32_t)(civil.month - 1) + months;
    struct tl_civil to = {civil.year + (int32_t)(month / 12), (int32_t)(month % 12) + 1, civil.day};
    int32_t day = tl_date_from_civil(to);

    /* A day the month does not have runs into the next one. */
    civil = tl_date_to_civil(day);
    return civil.month == to.month ? day : day - civil.day;
}

enum tl_status tl_plan_due_on(int32_t *out, int32_t first_on, uint32_t periods, uint32_t index)
{
    int32_t due_on;

    *out = TL_DATE_NONE;
    if (first_on < TL_DATE_MIN || first_on > TL_DATE_MAX || index >= TL_PLAN_PARTS_MAX)
        return TL_ERR_RANGE;
    if (periods == 52 || periods == 26)
        due_on = first_on + (int32_t)index * (periods == 52 ? 7 : 14);
    else if (periods != 0 && 12 % periods == 0)
        due_on = months_after(first_on, index * (12 / periods));
    else
        return TL_ERR_RANGE;
    if (due_on > TL_DATE_MAX)
        return TL_ERR_RANGE;
    *out = due_on;
    return TL_OK;
}
