/* The life of a case: stages, holds, disputes, notices, what bureaus are told. */
#include "law_run.h"

#include "tl/check.h"
#include "tl/hash.h"

#include <string.h>

void stage_set(struct run *r, struct work *w, enum tl_stage to, const struct why *why)
{
    struct tl_body_stage body = {w->c.stage, (uint8_t)to};
    bool late = to >= TL_STAGE_OVERDUE && to < TL_STAGE_PAID;

    TL_CHECK(tl_stage_bit(to) != 0);
    if (w->c.stage == (uint8_t)to)
        return;
    w->c.stage = (uint8_t)to;
    w->c.stage_on = why->date;
    /* FCRA 623(a)(5): the first missed payment; once set it stays. */
    if (late && w->c.commenced_on == TL_DATE_NONE)
        w->c.commenced_on = w->c.due_on;
    decide(r, w, TL_DECISION_STAGE_CHANGED, why, &body);
    if (tl_case_ended(&w->c))
        deals_clear(w);
    if (tl_case_ended(&w->c) && w->c.placement != TL_PLACEMENT_NONE) {
        struct why reason = *why;

        reason.rule = "engine.recall_ended";
        reason.citation = "nobody collects a debt that has ended";
        placement_end(r, w, &reason);
    }
    TL_INVARIANT(work_ok(w));
}

/* ---- holds ------------------------------------------------------------- */

void holds_gather(struct work *w)
{
    struct tl_buf buf = tl_buf(w->disputed, sizeof w->disputed);
    struct tl_list open = {TL_BYTES_NONE, 0};

    w->c.holds = w->c.manual_holds | w->c.fact_holds;
    for (uint32_t i = 0; i < w->c.disputes.count; i++) {
        w->c.holds |= 1u << w->dispute[i].hold;
        tl_list_add(&open, &buf, &tl_open_dispute_record, &w->dispute[i]);
    }
    TL_CHECK(!buf.full);
    w->c.disputes = open; /* the rules of law read the record */
}

void hold_change(struct run *r, struct work *w, const struct tl_body_hold *b, bool set)
{
    uint32_t bit = 1u << b->hold;

    TL_CHECK(b->hold < TL_HOLDS);
    if (!set && (w->c.manual_holds & bit) == 0)
        finding(r, w, TL_DECISION_ALERT, TL_ENTRY_HOLD_RELEASE, "no such hold was set");
    if (set)
        w->c.manual_holds |= bit;
    else
        w->c.manual_holds &= ~bit;
    holds_gather(w);
}

/* ---- disputes ---------------------------------------------------------- */

static uint64_t dispute_name(struct tl_bytes name)
{
    struct tl_hash hash;

    tl_hash_domain(&hash, "tallystick/dispute/v1", name);
    return tl_get_u64be(hash.b);
}

const struct tl_open_dispute *dispute_find(const struct work *w, struct tl_bytes name)
{
    uint64_t hash = dispute_name(name);

    for (uint32_t i = 0; i < w->c.disputes.count; i++) {
        if (w->dispute[i].name == hash)
            return &w->dispute[i];
    }
    return NULL;
}

/* 12 CFR 1006.38(d): only what comes in writing and in time stops collection until
 * it is verified; any other dispute is one all the same. */
static uint8_t hold_of(const struct work *w, const struct tl_entry *e,
                       const struct tl_body_dispute *b)
{
    bool in_time =
        w->c.validation_until_on == TL_DATE_NONE || e->value_date <= w->c.validation_until_on;

    if (b->regime == TL_REGIME_FDCPA &&
        tl_law_in_force(w->policy, &w->c, TL_LAW_RF_28, e->value_date) && !(b->written && in_time))
        return TL_HOLD_DISPUTE;
    return w->policy->regime_holds[b->regime];
}

void dispute_open(struct run *r, struct work *w, const struct tl_entry *e,
                  const struct tl_body_dispute *b)
{
    struct why why = why_entry(r, w->c.floor_on, "engine.dispute",
                               "a disputed debt is settled before it is collected");
    uint32_t at = w->c.disputes.count;

    w->c.disputes_opened++;
    w->c.disputed_on = e->value_date;
    w->c.disputed_leaf = r->entry_leaf;
    if (at == TL_CASE_DISPUTES_MAX) {
        finding(r, w, TL_DECISION_ALERT, e->type, "too many open disputes to follow each one");
        return;
    }
    w->dispute[at] =
        (struct tl_open_dispute){dispute_name(b->dispute), b->regime,     b->reason,
                                 hold_of(w, e, b),         e->value_date, r->entry_leaf};
    w->c.disputes.count++;
    holds_gather(w);
    if (w->c.stage >= TL_STAGE_OVERDUE && w->c.stage <= TL_STAGE_LEGAL &&
        w->c.stage != TL_STAGE_RESOLUTION) {
        w->c.resume_stage = w->c.stage;
        stage_set(r, w, TL_STAGE_RESOLUTION, &why);
    }
}

/* The open dispute of that name, or the oldest; false: none is open. */
static bool dispute_close(struct work *w, struct tl_bytes name, uint64_t *leaf)
{
    uint64_t hash = dispute_name(name);
    uint32_t at = 0;

    if (w->c.disputes.count == 0)
        return false;
    for (uint32_t i = 0; i < w->c.disputes.count; i++) {
        if (w->dispute[i].name == hash) {
            at = i;
            break;
        }
    }
    *leaf = w->dispute[at].leaf;
    w->c.disputes.count--;
    memmove(&w->dispute[at], &w->dispute[at + 1],
            (w->c.disputes.count - at) * sizeof w->dispute[0]);
    holds_gather(w);
    return true;
}

/* Back to where collection was, once nothing is left to resolve. */
void resume(struct run *r, struct work *w, const struct why *why)
{
    if (w->c.disputes.count == 0 && w->c.deal < TL_DEAL_SETTLEMENT &&
        w->c.stage == TL_STAGE_RESOLUTION)
        stage_set(r, w, (enum tl_stage)w->c.resume_stage, why);
}

void dispute_resolve(struct run *r, struct work *w, const struct tl_entry *e,
                     const struct tl_body_resolution *b)
{
    struct why why =
        why_entry(r, w->c.floor_on, "engine.resolution", "an answered dispute lifts its hold");
    uint64_t leaf;

    w->c.resolved_on = e->value_date;
    if (dispute_close(w, b->dispute, &leaf))
        why_add(&why, leaf);
    else
        finding(r, w, TL_DECISION_ALERT, e->type, "no dispute was open");
    if (b->outcome == TL_OUTCOME_UPHELD_FULL) {
        w->c.disputes_upheld++;
        cancel(r, w, &why);
        return;
    }
    if (b->outcome == TL_OUTCOME_UPHELD_PART) {
        w->c.disputes_upheld++;
        if (adjust_down(r, w, b->corrected_minor) < b->corrected_minor)
            finding(r, w, TL_DECISION_VIOLATION, e->type, "more is taken off than is owed");
    }
    resume(r, w, &why);
    if (b->corrected_minor != 0)
        settle(r, w, &why);
}

/* ---- notices and reporting --------------------------------------------- */

void notice(struct run *r, struct work *w, const struct tl_entry *e, const struct tl_body_notice *b)
{
    w->c.notices++;
    if (b->kind == TL_NOTICE_SENT)
        w->c.sent_on = e->value_date;
    else if (b->kind == TL_NOTICE_REMINDER)
        w->c.reminded_on = e->value_date;
    else if (b->kind == TL_NOTICE_DEMAND)
        w->c.demanded_on = e->value_date;
    if ((b->kind == TL_NOTICE_SERVED || b->kind == TL_NOTICE_VALIDATION) &&
        w->c.notified_on == TL_DATE_NONE) {
        w->c.notified_on = e->value_date;
        w->c.notified_leaf = r->entry_leaf;
    }
    if (b->kind == TL_NOTICE_DEPOSIT)
        facets_of(w)->f.deposit_notice_on = e->value_date;
    else if (b->kind == TL_NOTICE_NEGATIVE)
        facets_of(w)->f.negative_notice_on = e->value_date;
    else if (is_collector(r) && b->kind != TL_NOTICE_UNDELIVERABLE)
        letter_add(w, e, false, false);
}

void furnished(struct run *r, struct work *w, const struct tl_entry *e,
               const struct tl_body_furnished *b)
{
    if (w->c.reporting == TL_REPORTING_NONE)
        finding(r, w, TL_DECISION_VIOLATION, e->type, "furnished before it was eligible");
    if (w->facets.f.furnisher != UINT8_MAX && w->facets.f.furnisher != (uint8_t)r->author.member)
        finding(r, w, TL_DECISION_VIOLATION, e->type,
                "another member furnishes this balance and has not deleted it");
    facets_of(w)->f.furnisher = (uint8_t)r->author.member;
    if (w->facets.f.first_furnished_on == TL_DATE_NONE)
        w->facets.f.first_furnished_on = e->value_date;
    w->c.reporting = TL_REPORTING_FURNISHED;
    w->c.furnished_on = e->value_date;
    w->c.furnished_minor = b->balance_minor;
    w->c.account_status = b->account_status;
    vault_furnished(r, w);
}
