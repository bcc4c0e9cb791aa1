/* Between members: what an agency earns, what it holds, how a month is settled.
 *
 * A payment is booked into the statement of the month in which it was recorded,
 * so a month that is over stays as it is; its reversal goes into the month of
 * the reversal, at the payment's own rate. */
#include "run.h"

#include "tl/check.h"
#include "tl/commission.h"

#include <string.h>

_Static_assert(TL_COMMISSION_STEPS_MAX <= TL_COMMISSION_ROWS_MAX, "terms are tables");

/* ---- terms ------------------------------------------------------------- */

static uint8_t terms_of_agency(const struct run *r, const struct work *w, uint32_t agency)
{
    for (uint32_t i = 0; i < w->policy->agency_count; i++) {
        if (tl_bytes_eq(tl_bytes_str(w->policy->agency[i].id), r->k->member[agency].id))
            return w->policy->agency[i].commission;
    }
    return 0;
}

uint8_t commission_terms(const struct run *r, const struct work *w, uint32_t agency,
                         struct tl_bytes name)
{
    for (uint32_t i = 0; name.len != 0 && i < w->policy->commission_count; i++) {
        if (tl_bytes_eq(tl_bytes_str(w->policy->commission[i].name), name))
            return (uint8_t)(i + 1);
    }
    return terms_of_agency(r, w, agency);
}

void commission_begin(struct work *w)
{
    w->c.commission = w->c.terms_offered;
    w->c.earner = w->c.agency;
    w->c.collected_minor = 0;
    w->c.advanced_minor = 0;
}

static const struct tl_commission_terms *terms_now(const struct work *w)
{
    if (w->c.commission == 0 || w->c.commission > w->policy->commission_count)
        return NULL;
    return &w->policy->commission[w->c.commission - 1u];
}

static bool earns_now(const struct work *w, int32_t paid_on)
{
    const struct tl_commission_terms *terms = terms_now(w);
    bool placed = w->c.placement == TL_PLACEMENT_PLACED;

    return terms != NULL &&
           tl_commission_earns(w->c.placed_on, placed ? TL_DATE_NONE : w->c.recalled_on,
                               terms->tail_days, paid_on);
}

/* Costs the agency of a placed case pays in advance. */
void commission_advance(const struct run *r, struct work *w, int64_t amount)
{
    const struct tl_commission_terms *terms = terms_now(w);

    if (terms != NULL && terms->costs_first && w->c.placement == TL_PLACEMENT_PLACED &&
        r->author.member == w->c.earner)
        w->c.advanced_minor += amount;
}

static int64_t brackets_step(const struct tl_commission_terms *terms, int64_t collected,
                             int64_t earning)
{
    struct tl_commission_bracket row[TL_COMMISSION_STEPS_MAX];
    int64_t amount;

    for (uint32_t i = 0; i < terms->steps; i++)
        row[i] = (struct tl_commission_bracket){terms->up_to[i], terms->rate_bp[i]};
    row[terms->steps - 1u].up_to_minor = INT64_MAX;
    return tl_commission_step(&amount, row, terms->steps, collected, earning) == TL_OK ? amount : 0;
}

static uint32_t tier_rate(const struct tl_commission_terms *terms, int32_t days)
{
    struct tl_commission_tier row[TL_COMMISSION_STEPS_MAX];
    uint32_t rate;

    for (uint32_t i = 0; i < terms->steps; i++)
        row[i] = (struct tl_commission_tier){(int32_t)terms->up_to[i], terms->rate_bp[i]};
    row[terms->steps - 1u].max_days = INT32_MAX;
    return tl_commission_tier_rate(&rate, row, terms->steps, days) == TL_OK ? rate : 0;
}

static int64_t commission_of(const struct tl_commission_terms *terms, const struct work *w,
                             int64_t earning)
{
    uint32_t rate = terms->rate_bp[0];
    int64_t amount;

    if (terms->kind == TL_COMMISSION_BRACKETS)
        return brackets_step(terms, w->c.collected_minor, earning);
    if (terms->kind == TL_COMMISSION_TIERS)
        rate = tier_rate(terms, w->on - w->c.placed_on);
    return tl_commission_of(&amount, earning, rate) == TL_OK ? amount : 0;
}

/* ---- statements -------------------------------------------------------- */

/* The month the ledger is in, yyyymm. */
static uint32_t period_now(const struct run *r)
{
    struct tl_civil today = tl_date_to_civil(r->clock.closed_on + 1);

    return (uint32_t)(today.year * 100 + today.month);
}

static bool statement_load(struct run *r, const struct tl_state_key *key, struct tl_statement *out)
{
    struct tl_bytes value;
    enum tl_status status = tl_overlay_get(r->state, tl_state_key_bytes(key), &value);

    *out = (struct tl_statement){0};
    if (status == TL_ERR_NOT_FOUND)
        return false;
    if (status == TL_OK && tl_record_decode(&tl_statement_record, out, value) != TL_OK)
        status = TL_ERR_CORRUPT;
    if (status != TL_OK)
        fail(r, status);
    return status == TL_OK;
}

static struct tl_remittance remittance_of(const struct tl_statement *s)
{
    return (struct tl_remittance){
        s->held_minor,  s->direct_minor, s->held_commission_minor, s->direct_commission_minor,
        s->costs_minor, s->payments};
}

/* A line of this month's statement; it cannot overflow: amounts of an entry are
 * at most 10^12 and a month has fewer than 2^22 of them, but what would is left
 * out rather than wrapped. */
static void statement_add(struct run *r, const struct work *w, const struct tl_paid *paid,
                          enum tl_collector collector, int64_t amount, int64_t sign)
{
    bool held = collector == TL_COLLECTED_BY_AGENCY;
    bool earner = !held || paid->receiver == paid->earner;
    uint8_t member = held ? paid->receiver : paid->earner;
    struct tl_state_key key =
        tl_key_statement(w->c.currency, member, w->c.owner,
                         earner ? (enum tl_remit_mode)paid->mode : TL_REMIT_NET, period_now(r));
    struct tl_statement statement;
    struct tl_remittance sums;

    (void)statement_load(r, &key, &statement);
    sums = remittance_of(&statement);
    if (tl_remittance_add(&sums, collector, sign * amount,
                          earner ? sign * paid->commission_minor : 0,
                          earner ? sign * paid->costs_minor : 0) != TL_OK)
        return;
    statement = (struct tl_statement){sums.held_minor,
                                      sums.direct_minor,
                                      sums.held_commission_minor,
                                      sums.direct_commission_minor,
                                      sums.costs_minor,
                                      sums.payments,
                                      false};
    put_record(r, &key, &tl_statement_record, &statement);
}

static void statement_lines(struct run *r, const struct work *w, const struct tl_paid *paid,
                            int64_t amount, int64_t sign)
{
    bool earned = paid->commission_minor != 0 || paid->costs_minor != 0;

    if (paid->receiver != w->c.owner)
        statement_add(r, w, paid, TL_COLLECTED_BY_AGENCY, amount, sign);
    if (earned && paid->receiver != paid->earner)
        statement_add(r, w, paid, TL_COLLECTED_BY_CREDITOR, amount, sign);
}

/* ---- earning ----------------------------------------------------------- */

static void commission_post(struct run *r, struct work *w, const struct tl_paid *paid,
                            const struct why *why, int64_t sign)
{
    const struct side expense = {TL_ACCOUNT_COMMISSION_EXPENSE, w->c.owner};
    const struct side costs = {TL_ACCOUNT_COST, w->c.owner};
    const struct side payable = {TL_ACCOUNT_PAYABLE, w->c.owner};
    const struct side due = {TL_ACCOUNT_AGENCY_DUE, paid->earner};
    struct tl_body_commission body = {paid->earner, paid->receiver != paid->earner,
                                      sign * paid->earning_minor, sign * paid->costs_minor,
                                      sign * paid->commission_minor};
    struct why reason = *why;

    if (paid->commission_minor == 0 && paid->costs_minor == 0)
        return;
    post(r, w->c.currency, expense, payable, body.commission_minor);
    post(r, w->c.currency, due, (struct side){TL_ACCOUNT_COMMISSION_INCOME, paid->earner},
         body.commission_minor);
    post(r, w->c.currency, costs, payable, body.costs_minor);
    post(r, w->c.currency, due, (struct side){TL_ACCOUNT_ADVANCED, paid->earner}, body.costs_minor);
    reason.rule = "engine.commission";
    reason.citation = "the terms of the placement";
    why_add(&reason, w->c.placed_leaf);
    decide(r, w, TL_DECISION_COMMISSION_DUE, &reason, &body);
}

void commission_earn(struct run *r, struct work *w, struct tl_paid *paid, int64_t amount,
                     const struct why *why)
{
    const struct tl_commission_terms *terms = terms_now(w);
    int64_t applied = amount - paid->unapplied_minor;

    paid->earner = w->c.owner;
    if (earns_now(w, w->on)) {
        paid->earner = w->c.earner;
        paid->mode = terms->mode;
        if (tl_commission_costs_first(applied, w->c.advanced_minor, &paid->costs_minor,
                                      &paid->earning_minor) == TL_OK)
            paid->commission_minor = commission_of(terms, w, paid->earning_minor);
        w->c.advanced_minor -= paid->costs_minor;
        w->c.collected_minor += paid->earning_minor;
    }
    statement_lines(r, w, paid, amount, 1);
    commission_post(r, w, paid, why, 1);
}

/* A placement that came after is none of this payment's: only its own counts. */
void commission_back(struct run *r, struct work *w, const struct tl_paid *paid, int64_t amount,
                     const struct why *why)
{
    if (w->c.commission != 0 && paid->earner == w->c.earner &&
        paid->earning_minor <= w->c.collected_minor) {
        w->c.collected_minor -= paid->earning_minor;
        w->c.advanced_minor += paid->costs_minor;
    }
    statement_lines(r, w, paid, amount, -1);
    commission_post(r, w, paid, why, -1);
}

/* ---- remittances ------------------------------------------------------- */

static const char *remittance_fault(const struct run *r, const struct tl_body_remittance *b,
                                    const struct tl_statement *statement,
                                    const struct tl_remittance_due *due)
{
    if (b->period >= period_now(r))
        return "the month is not over";
    if (statement->payments == 0 || statement->settled)
        return "there is no such statement, or it is settled";
    if (b->collected_minor != statement->held_minor ||
        b->commission_minor != due->commission_minor || b->costs_minor != statement->costs_minor ||
        b->remitted_minor != due->remit_minor)
        return "the sums are not those of the statement";
    return NULL;
}

/* What went over and what was kept clears trust and commission on both sides. */
static void remittance_post(struct run *r, uint16_t currency, uint8_t agency, uint8_t owner,
                            int64_t held, const struct tl_remittance_due *due)
{
    const struct side trust = {TL_ACCOUNT_TRUST, agency};
    const struct side due_from = {TL_ACCOUNT_DUE_FROM, owner};
    int64_t kept = held - due->remit_minor;

    post(r, currency, trust, (struct side){TL_ACCOUNT_CASH, agency}, due->remit_minor);
    post(r, currency, (struct side){TL_ACCOUNT_CASH, owner}, due_from, due->remit_minor);
    post(r, currency, trust, (struct side){TL_ACCOUNT_AGENCY_DUE, agency}, kept);
    post(r, currency, (struct side){TL_ACCOUNT_PAYABLE, owner}, due_from, kept);
}

void apply_remittance(struct run *r, const struct tl_entry *e, const struct tl_body_remittance *b)
{
    struct why why = why_entry(r, r->clock.closed_on + 1, "engine.remittance",
                               "a statement is settled as it stands on the ledger");
    uint8_t agency = (uint8_t)r->author.member;
    uint32_t owner = 0;
    bool known = member_find(r->k, b->creditor, &owner);
    struct tl_state_key key = tl_key_statement(b->currency, agency, (uint8_t)owner,
                                               (enum tl_remit_mode)b->mode, b->period);
    struct tl_statement statement = {0};
    struct tl_remittance sums;
    struct tl_remittance_due due = {0};
    const char *fault = known ? NULL : "no member of that name";
    struct tl_body_settled body;

    if (known)
        (void)statement_load(r, &key, &statement);
    sums = remittance_of(&statement);
    if (tl_remittance_close(&due, &sums, (enum tl_remit_mode)b->mode) != TL_OK)
        fault = "the statement's sums are out of range";
    if (fault == NULL)
        fault = remittance_fault(r, b, &statement, &due);
    if (fault != NULL) {
        finding(r, NULL, TL_DECISION_DENIED, e->type, fault);
        return;
    }
    remittance_post(r, b->currency, agency, (uint8_t)owner, statement.held_minor, &due);
    statement.settled = true;
    put_record(r, &key, &tl_statement_record, &statement);
    body =
        (struct tl_body_settled){agency,  (uint8_t)owner,       b->currency,     b->period,
                                 b->mode, due.commission_minor, due.remit_minor, due.invoice_minor};
    decide(r, NULL, TL_DECISION_REMITTANCE_SETTLED, &why, &body);
}
