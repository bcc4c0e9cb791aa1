/* Which part, which instalment, which debt a payment goes to. */
#include "tl/allocation.h"

#include "wide.h"

#include <string.h>

static bool order_ok(const struct tl_part_order *order)
{
    uint32_t seen = 0;

    if (order->count > TL_PARTS_MAX)
        return false;
    for (uint32_t i = 0; i < order->count; i++) {
        uint32_t bit = order->part[i] < TL_PARTS_MAX ? 1u << order->part[i] : 0;

        if (bit == 0 || (seen & bit) != 0)
            return false;
        seen |= bit;
    }
    return true;
}

static bool none_negative(const int64_t amounts[TL_PARTS_MAX])
{
    for (uint32_t i = 0; i < TL_PARTS_MAX; i++) {
        if (amounts[i] < 0)
            return false;
    }
    return true;
}

/* Moves up to what is still owed and gives what is left. */
static int64_t pay(int64_t left, int64_t owed, int64_t *applied)
{
    int64_t part = lesser(left, owed - *applied);

    TL_CHECK(part >= 0);
    *applied += part;
    return left - part;
}

enum tl_status tl_allocate_parts(const struct tl_part_order *order, int64_t amount,
                                 const int64_t owed[TL_PARTS_MAX], int64_t applied[TL_PARTS_MAX],
                                 int64_t *unapplied)
{
    memset(applied, 0, TL_PARTS_MAX * sizeof applied[0]);
    *unapplied = 0;
    if (amount < 0 || !order_ok(order) || !none_negative(owed))
        return TL_ERR_RANGE;
    for (uint32_t i = 0; i < order->count; i++)
        amount = pay(amount, owed[order->part[i]], &applied[order->part[i]]);
    *unapplied = amount;
    return TL_OK;
}

enum tl_status tl_allocate_back(int64_t owed[TL_PARTS_MAX], const int64_t applied[TL_PARTS_MAX])
{
    int64_t sum[TL_PARTS_MAX];

    for (uint32_t i = 0; i < TL_PARTS_MAX; i++) {
        if (owed[i] < 0 || applied[i] < 0 || !sum_fits(owed[i], applied[i], &sum[i]))
            return TL_ERR_RANGE;
    }
    memcpy(owed, sum, sizeof sum);
    return TL_OK;
}

/* ---- instalments ------------------------------------------------------- */

enum tl_status tl_allocation_order_of(struct tl_allocation_order *out,
                                      const struct tl_part_order *parts)
{
    *out = (struct tl_allocation_order){0};
    if (!order_ok(parts))
        return TL_ERR_RANGE;
    for (uint8_t when = TL_DUE_PAST; when <= TL_DUE_ADVANCE; when++) {
        for (uint32_t i = 0; i < parts->count; i++)
            out->step[out->count++] = (struct tl_allocation_step){when, parts->part[i]};
    }
    return TL_OK;
}

static bool steps_ok(const struct tl_allocation_order *order)
{
    uint32_t seen[TL_DUE_ADVANCE + 1] = {0};

    if (order->count > TL_STEPS_MAX)
        return false;
    for (uint32_t i = 0; i < order->count; i++) {
        const struct tl_allocation_step *step = &order->step[i];

        if (step->when > TL_DUE_ADVANCE || step->part >= TL_PARTS_MAX ||
            (seen[step->when] & (1u << step->part)) != 0)
            return false;
        seen[step->when] |= 1u << step->part;
    }
    return true;
}

static enum tl_due_when when_of(const struct tl_instalment *instalment, int32_t today)
{
    if (instalment->due_on < today)
        return TL_DUE_PAST;
    return instalment->due_on == today ? TL_DUE_TODAY : TL_DUE_ADVANCE;
}

static bool before(const struct tl_instalment *list, uint32_t a, uint32_t b)
{
    return list[a].due_on != list[b].due_on ? list[a].due_on < list[b].due_on : a < b;
}

/* Sorts indices by due date; a schedule comes almost sorted, so insertion is
 * the quickest way and a stable one. */
static void sort_by_due(const struct tl_instalment *list, uint32_t count, uint16_t *at)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t to = i;

        for (; to > 0 && before(list, i, at[to - 1]); to--)
            at[to] = at[to - 1];
        at[to] = (uint16_t)i;
    }
}

static int64_t pay_step(const struct tl_allocation_step *step, int64_t left, int32_t today,
                        struct tl_instalment *instalment)
{
    if (when_of(instalment, today) != (enum tl_due_when)step->when)
        return left;
    return pay(left, instalment->owed[step->part], &instalment->applied[step->part]);
}

static int64_t pay_all(const struct tl_allocation_order *order, int64_t left, int32_t today,
                       struct tl_instalment *list, uint32_t count)
{
    uint16_t at[TL_INSTALMENTS_MAX];
    uint32_t outer = order->by_step ? order->count : count;
    uint32_t inner = order->by_step ? count : order->count;

    sort_by_due(list, count, at);
    for (uint32_t i = 0; i < outer && left > 0; i++) {
        for (uint32_t k = 0; k < inner; k++)
            left = pay_step(&order->step[order->by_step ? i : k], left, today,
                            &list[at[order->by_step ? k : i]]);
    }
    return left;
}

enum tl_status tl_allocate_instalments(const struct tl_allocation_order *order, int64_t amount,
                                       int32_t today, struct tl_instalment *list, uint32_t count,
                                       int64_t *unapplied)
{
    *unapplied = 0;
    if (count > TL_INSTALMENTS_MAX)
        return TL_ERR_LIMIT;
    for (uint32_t i = 0; i < count; i++) {
        memset(list[i].applied, 0, sizeof list[i].applied);
        if (!none_negative(list[i].owed))
            return TL_ERR_RANGE;
    }
    if (amount < 0 || !steps_ok(order))
        return TL_ERR_RANGE;
    *unapplied = pay_all(order, amount, today, list, count);
    return TL_OK;
}

/* ---- debts ------------------------------------------------------------- */

static bool named_before(const struct tl_direction *direction, uint32_t at)
{
    for (uint32_t i = 0; i < at; i++) {
        if (direction[i].debt == direction[at].debt)
            return true;
    }
    return false;
}

static bool debts_ok(struct tl_debt_share *debt, uint32_t debts,
                     const struct tl_direction *direction, uint32_t directions)
{
    for (uint32_t i = 0; i < debts; i++) {
        debt[i].applied_minor = 0;
        if (debt[i].balance_minor < 0)
            return false;
    }
    for (uint32_t i = 0; i < directions; i++) {
        if (direction[i].debt >= debts || direction[i].amount_minor < 0 ||
            named_before(direction, i))
            return false;
    }
    return true;
}

/* The oldest undisputed debt with something open; `debts`: none. */
static uint32_t oldest_open(const struct tl_debt_share *debt, uint32_t debts)
{
    uint32_t best = debts;

    for (uint32_t i = 0; i < debts; i++) {
        if (debt[i].disputed || debt[i].applied_minor == debt[i].balance_minor)
            continue;
        if (best == debts || debt[i].since_on < debt[best].since_on)
            best = i;
    }
    return best;
}

/* One direction: at most its amount, at most what is open in its debt. */
static int64_t follow(const struct tl_direction *direction, int64_t left,
                      struct tl_debt_share *debt, struct tl_debt_outcome *out)
{
    int64_t open = debt->balance_minor - debt->applied_minor;
    int64_t wanted = direction->amount_minor == 0 ? open : direction->amount_minor;

    if (debt->disputed) {
        int64_t held = lesser(left, wanted);

        out->refused = true;
        out->held_minor += held;
        return left - held;
    }
    wanted = lesser(lesser(wanted, open), left);
    debt->applied_minor += wanted;
    return left - wanted;
}

enum tl_status tl_allocate_debts(int64_t amount, struct tl_debt_share *debt, uint32_t debts,
                                 const struct tl_direction *direction, uint32_t directions,
                                 struct tl_debt_outcome *out)
{
    uint32_t next;

    *out = (struct tl_debt_outcome){0};
    if (debts > TL_SHARES_MAX || directions > TL_SHARES_MAX)
        return TL_ERR_LIMIT;
    if (amount < 0 || !debts_ok(debt, debts, direction, directions))
        return TL_ERR_RANGE;
    for (uint32_t i = 0; i < directions; i++)
        amount = follow(&direction[i], amount, &debt[direction[i].debt], out);
    while (amount > 0 && (next = oldest_open(debt, debts)) < debts)
        amount = pay(amount, debt[next].balance_minor, &debt[next].applied_minor);
    out->unapplied_minor = amount;
    return TL_OK;
}
