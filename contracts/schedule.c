/* Instalments: a debt that falls due part by part.
 *
 * The principal is owed from the start; a part's interest and fee are charged on
 * its day.  What is past due is what is owed less the principal of the parts to
 * come, and the oldest part it reaches back to is the one the debtor is late
 * with: whoever pays ahead is not late, whoever pays late has paid the oldest. */
#include "run.h"

#include "tl/check.h"

#include <string.h>

int64_t tl_case_past_due(const struct tl_case *c)
{
    int64_t past = tl_case_balance(c) - c->advance_minor;

    return past < 0 ? 0 : past;
}

static int64_t row_total(const struct tl_schedule_row *row)
{
    return row->principal_minor + row->interest_minor + row->fee_minor;
}

/* The rows into the contract's scratch. */
static uint32_t rows_take(struct run *r, struct tl_list list)
{
    uint32_t count = 0;

    while (count < TL_SCHEDULE_ROWS_MAX &&
           tl_list_next(&list, &tl_schedule_row_record, &r->k->row[count]))
        count++;
    return count;
}

static bool rows_load(struct run *r, const struct work *w)
{
    struct tl_state_key key = tl_key_schedule(&w->c.id);
    struct tl_body_schedule schedule;
    struct tl_bytes value;
    enum tl_status status = tl_overlay_get(r->state, tl_state_key_bytes(&key), &value);

    if (status == TL_OK && (tl_record_decode(&tl_body_schedule_record, &schedule, value) != TL_OK ||
                            rows_take(r, schedule.rows) != w->c.instalments))
        status = TL_ERR_CORRUPT;
    if (status != TL_OK)
        fail(r, status == TL_ERR_NOT_FOUND ? TL_ERR_CORRUPT : status);
    return status == TL_OK;
}

/* ---- the oldest part that is not paid ---------------------------------- */

static int32_t late_since(const struct run *r, const struct work *w)
{
    int64_t left = tl_case_past_due(&w->c);
    uint32_t at = w->c.instalments_due;

    if (left == 0)
        return w->c.instalment_on == TL_DATE_NONE ? r->k->row[at - 1].due_on : w->c.instalment_on;
    while (at > 1 && left > row_total(&r->k->row[at - 1])) {
        left -= row_total(&r->k->row[at - 1]);
        at--;
    }
    return r->k->row[at == 0 ? 0 : at - 1].due_on;
}

void schedule_follow(struct run *r, struct work *w)
{
    if (w->c.instalments != 0 && rows_load(r, w))
        w->c.due_on = late_since(r, w);
}

/* ---- a part falls due -------------------------------------------------- */

static void part_charge(struct run *r, struct work *w, enum tl_bucket bucket, enum tl_class what,
                        int64_t *amount)
{
    if (brimful(&w->c) || tl_policy_blocked(w->policy, &w->c, what) ||
        (w->c.waived_on != TL_DATE_NONE && w->c.waived_on <= w->on))
        *amount = 0;
    charge(r, w, bucket, *amount);
}

void schedule_due(struct run *r, struct work *w, const struct why *why)
{
    struct tl_schedule_row row;
    struct tl_body_due body;

    if (!rows_load(r, w))
        return;
    TL_CHECK(w->c.instalments_due < w->c.instalments);
    row = r->k->row[w->c.instalments_due++];
    w->c.instalment_on = w->c.instalments_due < w->c.instalments
                             ? r->k->row[w->c.instalments_due].due_on
                             : TL_DATE_NONE;
    w->c.advance_minor -= row.principal_minor;
    part_charge(r, w, TL_BUCKET_INTEREST, TL_CLASS_INTEREST, &row.interest_minor);
    part_charge(r, w, TL_BUCKET_FEE, TL_CLASS_FEE, &row.fee_minor);
    body = (struct tl_body_due){w->c.instalments_due, row.due_on,    row.principal_minor,
                                row.interest_minor,   row.fee_minor, tl_case_past_due(&w->c)};
    decide(r, w, TL_DECISION_INSTALMENT_DUE, why, &body);
    settle(r, w, why);
}

/* ---- the entry --------------------------------------------------------- */

static const char *schedule_fault(const struct run *r, const struct work *w, uint32_t count)
{
    int64_t principal = 0;
    bool interest = false;

    if (tl_case_ended(&w->c))
        return "the debt has ended";
    for (uint32_t i = 0; i < count; i++) {
        principal += r->k->row[i].principal_minor;
        interest = interest || r->k->row[i].interest_minor != 0;
    }
    if (count == 0 || principal != w->c.principal_minor)
        return "the parts' principal is not what is owed";
    if (interest && w->c.segments.count != 0)
        return "interest runs by the agreement's terms";
    return NULL;
}

void apply_schedule(struct run *r, struct work *w, const struct tl_entry *e,
                    const struct tl_body_schedule *b)
{
    struct tl_state_key key = tl_key_schedule(&w->c.id);
    uint32_t count = rows_take(r, b->rows);
    const char *fault = schedule_fault(r, w, count);
    struct tl_buf out = tl_buf(r->k->schedule, sizeof r->k->schedule);

    if (fault != NULL) {
        finding(r, w, TL_DECISION_DENIED, e->type, fault);
        return;
    }
    tl_record_write(&tl_body_schedule_record, b, &out);
    TL_CHECK(!out.full);
    fail(r, tl_overlay_put(r->state, tl_state_key_bytes(&key), tl_buf_bytes(&out)));
    w->c.instalments = (uint16_t)count;
    w->c.instalments_due = 0;
    w->c.instalment_on = r->k->row[0].due_on;
    w->c.advance_minor = w->c.principal_minor;
    w->c.terms_leaf = r->entry_leaf;
    schedule_follow(r, w);
}
