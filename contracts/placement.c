/* Placement: who has custody of a case.
 *
 *   NONE --offer--> OFFERED --accept--> PLACED --recall, return--> NONE
 *                      \--reject, recall--> NONE
 *
 * The owner has custody except while PLACED; there is no state with two. */
#include "law_run.h"

#include "tl/check.h"
#include "tl/hash.h"

#include <string.h>

bool member_find(const struct tl_contract *k, struct tl_bytes id, uint32_t *index)
{
    for (uint32_t i = 0; i < k->member_count; i++) {
        if (tl_bytes_eq(k->member[i].id, id)) {
            *index = i;
            return true;
        }
    }
    return false;
}

bool placement_possible(const struct work *w)
{
    return w->c.placement == TL_PLACEMENT_NONE && !tl_case_ended(&w->c) &&
           tl_case_balance(&w->c) > 0 && !tl_policy_blocked(w->policy, &w->c, TL_CLASS_PLACE);
}

/* A share of the cases for each agency, by weight; which case goes where is
 * settled by its random id, so nobody can pick. */
bool placement_choose(const struct run *r, const struct work *w, uint32_t *agency)
{
    struct tl_hasher hasher;
    struct tl_hash hash;
    uint64_t total = 0;
    uint64_t at;

    for (uint32_t i = 0; i < w->policy->agency_count; i++)
        total += w->policy->agency[i].weight;
    if (total == 0)
        return false;
    tl_hasher_domain(&hasher, "tallystick/assign/v1");
    tl_hasher_put(&hasher, tl_bytes(w->c.id.b, TL_ID_BYTES));
    tl_hasher_u64(&hasher, w->c.tier);
    tl_hasher_done(&hasher, &hash);
    at = tl_get_u64be(hash.b) % total;
    for (uint32_t i = 0; i < w->policy->agency_count; i++) {
        if (at < w->policy->agency[i].weight)
            return member_find(r->k, tl_bytes_str(w->policy->agency[i].id), agency);
        at -= w->policy->agency[i].weight;
    }
    return false;
}

static bool standing_load(struct run *r, uint32_t member, struct tl_standing *standing)
{
    struct tl_state_key key = tl_key_standing(member);
    struct tl_bytes value;
    enum tl_status status = tl_overlay_get(r->state, tl_state_key_bytes(&key), &value);

    *standing = (struct tl_standing){{TL_BYTES_NONE, 0}};
    if (status == TL_ERR_NOT_FOUND)
        return false;
    if (status == TL_OK && tl_record_decode(&tl_standing_record, standing, value) != TL_OK)
        status = TL_ERR_CORRUPT;
    if (status != TL_OK)
        fail(r, status);
    return status == TL_OK;
}

/* The leaf by which the agency accepts whatever it is offered on that day. */
static bool standing_on(struct run *r, uint32_t member, int32_t date, uint64_t *leaf)
{
    struct tl_standing standing;
    struct tl_span span;
    bool stands = false;

    if (!standing_load(r, member, &standing))
        return false;
    while (tl_list_next(&standing.spans, &tl_span_record, &span)) {
        if (date >= span.from_on && date <= span.until_on) {
            *leaf = span.leaf;
            stands = true;
        }
    }
    return stands;
}

static struct tl_body_placement body_of(const struct work *w)
{
    return (struct tl_body_placement){w->c.agency, w->c.tier, tl_case_balance(&w->c)};
}

static void placement_begin(struct run *r, struct work *w, const struct why *why)
{
    struct tl_body_placement body = body_of(w);

    TL_CHECK(w->c.placement == TL_PLACEMENT_OFFERED && w->c.agency != w->c.owner);
    w->c.placement = TL_PLACEMENT_PLACED;
    w->c.holder = w->c.agency;
    w->c.recall_notice_on = TL_DATE_NONE;
    collector_changes(w);
    w->c.placements++;
    w->c.placed_on = why->date;
    w->c.placed_minor = tl_case_balance(&w->c);
    w->c.placed_leaf = decide(r, w, TL_DECISION_PLACEMENT_ACCEPTED, why, &body);
    vault_grant(r, w, w->c.agency, why);
    commission_begin(w);
    if (w->c.stage == TL_STAGE_RESOLUTION)
        w->c.resume_stage = TL_STAGE_PLACED;
    else if (w->c.stage != TL_STAGE_LEGAL) /* a suit goes on with whoever has custody */
        stage_set(r, w, TL_STAGE_PLACED, why);
}

bool placement_offer(struct run *r, struct work *w, uint32_t agency, struct tl_bytes terms,
                     struct why *why)
{
    struct tl_body_placement body;
    uint64_t leaf;

    TL_CHECK(w->c.placement == TL_PLACEMENT_NONE && agency < r->k->member_count);
    if (agency == w->c.owner ||
        (r->k->member[agency].roles & (TL_ROLE_AGENCY | TL_ROLE_LAW_FIRM)) == 0)
        return false;
    w->c.placement = TL_PLACEMENT_OFFERED;
    w->c.agency = (uint8_t)agency;
    w->c.tier = (uint8_t)(w->c.tier + (w->c.tier < UINT8_MAX));
    w->c.offered_on = why->date;
    w->c.terms_offered = commission_terms(r, w, agency, terms);
    body = body_of(w);
    why_add(why, decide(r, w, TL_DECISION_PLACEMENT_OFFERED, why, &body));
    if (standing_on(r, agency, why->date, &leaf)) {
        struct why accept = *why;

        accept.rule = "engine.standing";
        accept.citation = "the agency's standing acceptance";
        why_add(&accept, leaf);
        placement_begin(r, w, &accept);
    }
    return true;
}

/* Back to the owner, whatever it was. */
void placement_end(struct run *r, struct work *w, const struct why *why)
{
    struct tl_body_placement body = body_of(w);
    bool placed = w->c.placement == TL_PLACEMENT_PLACED;
    enum tl_stage back = w->c.charged_off ? TL_STAGE_CHARGED_OFF : TL_STAGE_INTERNAL;

    TL_CHECK(w->c.placement != TL_PLACEMENT_NONE);
    w->c.placement = TL_PLACEMENT_NONE;
    w->c.holder = w->c.owner;
    w->c.recalls += placed;
    w->c.recalled_on = why->date;
    w->c.recall_notice_on = TL_DATE_NONE;
    decide(r, w, TL_DECISION_PLACEMENT_RECALLED, why, &body);
    if (placed && w->facets.f.furnisher == w->c.agency)
        finding(r, w, TL_DECISION_ALERT, 0,
                "the agency furnished this debt: it deletes what it did");
    if (placed)
        vault_revoke(r, w, w->c.agency, why);
    if (w->c.stage == TL_STAGE_RESOLUTION && w->c.resume_stage == TL_STAGE_PLACED)
        w->c.resume_stage = (uint8_t)back;
    if (w->c.stage == TL_STAGE_PLACED)
        stage_set(r, w, back, why);
}

/* ---- entries ----------------------------------------------------------- */

static void offer(struct run *r, struct work *w, const struct tl_entry *e,
                  const struct tl_body_offer *b)
{
    struct why why = why_entry(r, w->c.floor_on, "engine.offer", "the owner's offer");
    uint32_t agency;

    if (!member_find(r->k, b->agency, &agency))
        finding(r, w, TL_DECISION_DENIED, e->type, "no member of that name");
    else if (!placement_possible(w))
        finding(r, w, TL_DECISION_DENIED, e->type,
                "placed or offered already, ended, nothing owed, or held");
    else if (!placement_offer(r, w, agency, b->terms, &why))
        finding(r, w, TL_DECISION_DENIED, e->type, "that member is not an agency");
}

static void answer(struct run *r, struct work *w, const struct tl_entry *e)
{
    struct why why = why_entry(r, w->c.floor_on, "engine.answer", "the agency's answer");
    enum tl_placement needed =
        e->type == TL_ENTRY_PLACEMENT_RETURN ? TL_PLACEMENT_PLACED : TL_PLACEMENT_OFFERED;

    if (w->c.placement != (uint8_t)needed)
        finding(r, w, TL_DECISION_DENIED, e->type, "the case is not in this agency's hands");
    else if (e->type != TL_ENTRY_PLACEMENT_ACCEPT)
        placement_end(r, w, &why);
    else if (tl_policy_blocked(w->policy, &w->c, TL_CLASS_PLACE))
        finding(r, w, TL_DECISION_DENIED, e->type, "a hold forbids placement");
    else
        placement_begin(r, w, &why);
}

void apply_placement(struct run *r, struct work *w, const struct tl_entry *e,
                     const union tl_body *b)
{
    struct why why = why_entry(r, w->c.floor_on, "engine.recall", "the owner's recall");

    if (e->type == TL_ENTRY_PLACEMENT_OFFER)
        offer(r, w, e, &b->offer);
    else if (e->type != TL_ENTRY_PLACEMENT_RECALL)
        answer(r, w, e);
    else if (w->c.placement == TL_PLACEMENT_NONE)
        finding(r, w, TL_DECISION_DENIED, e->type, "the case is not placed");
    else
        placement_end(r, w, &why);
}

/* A standing acceptance binds from tomorrow: what timers of days that are over
 * still decide must not depend on when they get to run. */
void apply_standing(struct run *r, const struct tl_entry *e, const struct tl_body_standing *b)
{
    struct tl_state_key key = tl_key_standing(r->author.member);
    struct tl_standing standing;
    struct tl_standing next = {{TL_BYTES_NONE, 0}};
    struct tl_buf buf = tl_buf(r->k->decision, sizeof r->k->decision);
    struct tl_span span;
    int32_t from = r->clock.closed_on + 1;
    bool refused = b->accepts;
    bool open = false;

    (void)standing_load(r, r->author.member, &standing);
    while (tl_list_next(&standing.spans, &tl_span_record, &span)) {
        if (span.until_on == TL_DATE_MAX && !b->accepts)
            span.until_on = r->clock.closed_on;
        open = open || span.until_on == TL_DATE_MAX;
        tl_list_add(&next.spans, &buf, &tl_span_record, &span);
    }
    if (b->accepts && !open && next.spans.count < 32) {
        span = (struct tl_span){b->from_on > from ? b->from_on : from, TL_DATE_MAX, r->entry_leaf};
        tl_list_add(&next.spans, &buf, &tl_span_record, &span);
        refused = false;
    }
    TL_CHECK(!buf.full);
    put_record(r, &key, &tl_standing_record, &next);
    if (refused)
        finding(r, NULL, TL_DECISION_DENIED, e->type, "an acceptance stands already");
}
