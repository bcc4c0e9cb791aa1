/* Acts before the rules: what an entry did, or asks leave for. */
#include "law_run.h"

#include "tl/check.h"
#include "tl/genesis_schema.h"

#include <string.h>

#define LENDERS (TL_ROLE_CREDITOR | TL_ROLE_SERVICER)

/* ---- licences ----------------------------------------------------------- */

static bool licences_load(struct run *r, uint8_t member, struct tl_licences *licences)
{
    struct tl_state_key key = tl_key_licence(member);
    struct tl_bytes value;
    enum tl_status status = tl_overlay_get(r->state, tl_state_key_bytes(&key), &value);

    *licences = (struct tl_licences){{TL_BYTES_NONE, 0}};
    if (status == TL_ERR_NOT_FOUND)
        return false;
    if (status == TL_OK && tl_record_decode(&tl_licences_record, licences, value) != TL_OK)
        status = TL_ERR_CORRUPT;
    if (status != TL_OK)
        fail(r, status);
    return status == TL_OK;
}

/* Who collects its own debts needs none. */
bool licensed(struct run *r, const struct tl_case *c, uint8_t member, int32_t on)
{
    struct tl_licences licences;
    struct tl_licence one;
    bool found = (r->k->member[member].roles & LENDERS) != 0;

    if (found || !licences_load(r, member, &licences))
        return found;
    while (tl_list_next(&licences.licences, &tl_licence_record, &one))
        found = found || (tl_bytes_eq(one.area, c->jurisdiction) && on >= one.from_on &&
                          (one.until_on == TL_DATE_NONE || on <= one.until_on));
    return found;
}

static const char *licence_fault(const struct run *r, const struct tl_body_licence *b,
                                 uint32_t *member)
{
    bool admin = (r->author.roles & TL_ROLE_ADMIN) != 0;

    if (!member_find(r->k, b->member, member))
        return "no member of that name";
    if (*member != r->author.member && !admin)
        return "a member states its own licences";
    if (b->area.len == 0 || b->from_on == TL_DATE_NONE)
        return "a licence has a place and a first day";
    return NULL;
}

/* The place's licence takes the place of the one before. */
void apply_licence(struct run *r, const struct tl_entry *e, const struct tl_body_licence *b)
{
    struct tl_buf buf = tl_buf(r->k->decision, sizeof r->k->decision);
    struct tl_licences licences;
    struct tl_licences next = {{TL_BYTES_NONE, 0}};
    struct tl_licence one;
    struct tl_state_key key;
    uint32_t member = 0;
    const char *fault = licence_fault(r, b, &member);

    if (fault == NULL)
        (void)licences_load(r, (uint8_t)member, &licences);
    while (fault == NULL && tl_list_next(&licences.licences, &tl_licence_record, &one)) {
        if (!tl_bytes_eq(one.area, b->area))
            tl_list_add(&next.licences, &buf, &tl_licence_record, &one);
    }
    if (fault == NULL && next.licences.count == TL_LICENCES_MAX)
        fault = "a member has licences for 64 places at most";
    if (fault != NULL) {
        finding(r, NULL, TL_DECISION_DENIED, e->type, fault);
        return;
    }
    one = (struct tl_licence){b->area, b->from_on, b->until_on, r->entry_leaf};
    tl_list_add(&next.licences, &buf, &tl_licence_record, &one);
    TL_CHECK(!buf.full);
    key = tl_key_licence(member);
    put_record(r, &key, &tl_licences_record, &next);
}

/* ---- what an entry is --------------------------------------------------- */

static void of_contact(struct tl_act *act, const struct tl_body_contact *b)
{
    act->kind = TL_ACT_CONTACT;
    act->outcome = b->outcome;
    act->plan.debtor = b->debtor;
    act->plan.channel = b->channel;
    act->plan.person = b->person;
    act->plan.purpose = b->purpose;
    act->plan.place = b->place;
    act->plan.marks = b->marks;
}

/* A notice names its way in words of its own. */
static bool of_notice(struct tl_act *act, const struct tl_body_notice *b)
{
    if (b->kind == TL_NOTICE_SERVED || b->kind >= TL_NOTICE_UNDELIVERABLE)
        return false;
    act->kind = TL_ACT_CONTACT;
    act->done = false; /* what it carried is not stated: rules of form are not judged */
    act->plan.channel = TL_CHANNEL_LETTER;
    if (tl_bytes_eq(b->channel, tl_bytes_str("email")))
        act->plan.channel = TL_CHANNEL_EMAIL;
    else if (tl_bytes_eq(b->channel, tl_bytes_str("sms")))
        act->plan.channel = TL_CHANNEL_SMS;
    if (b->kind == TL_NOTICE_LEGAL)
        act->plan.marks |= TL_MARK_THREATENS;
    return true;
}

static void of_validation(struct tl_act *act, const struct tl_body_validation *b)
{
    act->kind = TL_ACT_NOTICE;
    act->plan.debtor = b->debtor;
    act->plan.channel = b->channel;
    act->plan.marks = b->marks;
    act->validation = b;
}

static void of_furnished(struct tl_act *act, const struct tl_body_furnished *b)
{
    act->kind = TL_ACT_FURNISH;
    act->plan.amount_minor = b->balance_minor;
    act->flagged_disputed = b->flagged_disputed;
    act->flagged_closed = b->flagged_closed;
}

static void of_charge(struct tl_act *act, const struct tl_body_charge *b)
{
    act->kind = TL_ACT_CHARGE;
    act->plan.amount_minor = b->amount_minor;
    act->plan.bucket = b->bucket;
    act->plan.clause = b->clause;
}

/* Money taken, not money brought. */
static bool of_payment(const struct work *w, struct tl_act *act, const struct tl_body_payment *b)
{
    const struct tl_facet *f = &w->facets.f;
    bool postdated = f->postdated_on != TL_DATE_NONE && f->postdated_item == item_hash(b->payment);

    act->kind = TL_ACT_DEBIT;
    act->plan.amount_minor = b->amount_minor;
    return b->method == TL_PAY_DIRECT_DEBIT || postdated;
}

static void of_demand(struct tl_act *act)
{
    act->kind = TL_ACT_CONTACT;
    act->done = false;
    act->plan.channel = TL_CHANNEL_LETTER;
    act->plan.marks = TL_MARK_DEADLINE;
}

static bool of_suit(struct tl_act *act, struct tl_bytes venue)
{
    act->kind = TL_ACT_SUE;
    act->plan.venue = venue;
    return true;
}

/* Placing is judged by whom it is placed with. */
static bool of_offer(struct run *r, const struct work *w, struct tl_act *act,
                     struct tl_bytes agency)
{
    uint32_t member;

    act->kind = TL_ACT_PLACE;
    if (!member_find(r->k, agency, &member))
        return false;
    act->licensed = licensed(r, &w->c, (uint8_t)member, act->on);
    return true;
}

static bool is(struct tl_act *act, enum tl_act_kind kind)
{
    act->kind = (uint8_t)kind;
    return true;
}

/* False: the entry is nothing the rules are about. */
static bool act_of(struct run *r, const struct work *w, const struct tl_entry *e,
                   const union tl_body *b, struct tl_act *act)
{
    if (e->type == TL_ENTRY_CONTACT_ATTEMPT)
        return of_contact(act, &b->contact), true;
    if (e->type == TL_ENTRY_NOTICE)
        return of_notice(act, &b->notice);
    if (e->type == TL_ENTRY_DEMAND_LETTER)
        return of_demand(act), true;
    if (e->type == TL_ENTRY_VALIDATION_NOTICE)
        return of_validation(act, &b->validation), true;
    if (e->type == TL_ENTRY_FURNISHED || e->type == TL_ENTRY_FURNISH_CORRECT)
        return of_furnished(act, &b->furnished), true;
    if (e->type == TL_ENTRY_CHARGE)
        return of_charge(act, &b->charge), true;
    if (e->type == TL_ENTRY_PAYMENT)
        return of_payment(w, act, &b->payment);
    if (e->type == TL_ENTRY_LEGAL_RELEASE)
        return of_suit(act, b->release.venue);
    if (e->type == TL_ENTRY_SUIT_FILED)
        return of_suit(act, b->suit.court);
    if (e->type == TL_ENTRY_PLACEMENT_OFFER)
        return of_offer(r, w, act, b->offer.agency);
    if (e->type == TL_ENTRY_PLACEMENT_ACCEPT)
        return is(act, TL_ACT_PLACE);
    if (e->type == TL_ENTRY_DEBT_SALE)
        return is(act, TL_ACT_SELL);
    return e->type == TL_ENTRY_REAGE && is(act, TL_ACT_REAGE);
}

static struct tl_act act_by(struct run *r, const struct work *w, const struct tl_entry *e)
{
    uint8_t member = (uint8_t)r->author.member;

    return (struct tl_act){.member = member,
                           .roles = r->author.roles,
                           .on = e->value_date,
                           .time_s = e->event_time_s,
                           .done = !tl_type_find(e->type)->act,
                           .licensed = licensed(r, &w->c, member, e->value_date)};
}

/* ---- what comes of it --------------------------------------------------- */

static const char *says(const struct tl_judgment *judgment, uint32_t at)
{
    const struct tl_law_rule *rule = tl_law_rule((enum tl_law)judgment->broken[at].rule);

    if (judgment->broken[at].why == TL_BROKEN_MISSING)
        return "no row of this rule for the debt's place: not looked up, not allowed";
    if (judgment->broken[at].why == TL_BROKEN_UNREVIEWED)
        return "nobody reviewed this rule's row for the debt's place";
    return rule->says;
}

static void rule_finding(struct run *r, struct work *w, enum tl_type type, const struct tl_entry *e,
                         const struct tl_judgment *judgment, uint32_t at)
{
    const struct tl_law_rule *rule = tl_law_rule((enum tl_law)judgment->broken[at].rule);
    struct why why = why_entry(r, w->c.floor_on, rule->id, rule->citation);
    struct tl_body_finding body = {e->type, tl_bytes_str(says(judgment, at))};

    decide(r, w, type, &why, &body);
}

bool law_admits(struct run *r, struct work *w, const struct tl_entry *e, const union tl_body *b)
{
    bool act_only = tl_type_find(e->type)->act;
    struct tl_judgment judgment;
    struct tl_act act = act_by(r, w, e);

    if (!act_of(r, w, e, b, &act))
        return true;
    tl_law_judge(&judgment, w->policy, &w->c, &w->facets, &act);
    if (judgment.allowed)
        return true;
    if (act_only) {
        rule_finding(r, w, TL_DECISION_DENIED, e, &judgment, 0);
        w->c.denials++;
        return false;
    }
    for (uint32_t i = 0; i < judgment.count; i++)
        rule_finding(r, w, TL_DECISION_VIOLATION, e, &judgment, i);
    w->c.violations += judgment.count;
    return true;
}

bool law_lets(struct run *r, const struct work *w, enum tl_act_kind kind, uint8_t about)
{
    struct tl_judgment judgment;
    struct tl_act act = {.kind = (uint8_t)kind,
                         .member = w->c.holder,
                         .roles = r->k->member[w->c.holder].roles,
                         .on = r->clock.closed_on + 1};

    act.licensed = licensed(r, &w->c, about, act.on);
    if (kind == TL_ACT_FURNISH)
        act.plan.amount_minor = tl_case_balance(&w->c);
    tl_law_judge(&judgment, w->policy, &w->c, &w->facets, &act);
    return judgment.allowed;
}

/* ---- leave on the record ------------------------------------------------ */

static void put_rules(struct tl_buf *out, const struct tl_judgment *judgment)
{
    for (uint32_t i = 0; i < judgment->count; i++) {
        struct tl_bytes id = tl_bytes_str(tl_law_rule((enum tl_law)judgment->broken[i].rule)->id);

        if (i > 0)
            tl_buf_put(out, ",", 1);
        tl_buf_put(out, id.ptr, id.len);
    }
}

static void keep_leave(struct work *w, const struct tl_leave *leave)
{
    struct tl_facets *facets = facets_of(w);
    uint32_t at = 0;

    while (at < facets->f.leaves.count &&
           (facets->leave[at].act != leave->act || facets->leave[at].debtor != leave->debtor ||
            facets->leave[at].member != leave->member))
        at++;
    if (at == TL_PERMITS_MAX) { /* the oldest gives way: its day is over first */
        memmove(&facets->leave[0], &facets->leave[1],
                (TL_PERMITS_MAX - 1u) * sizeof facets->leave[0]);
        at--;
    }
    facets->leave[at] = *leave;
    if (at >= facets->f.leaves.count)
        facets->f.leaves.count = at + 1;
}

/* An answer holds for the day it was asked for and as long after as the policy
 * says, at least that day. */
void permit_request(struct run *r, struct work *w, const struct tl_entry *e,
                    const struct tl_body_act *b)
{
    struct why why =
        why_entry(r, w->c.floor_on, "engine.permit", "leave is asked for before an act");
    struct tl_act act = act_by(r, w, e);
    uint8_t text[TL_JUDGMENT_MAX * 6u]; /* "RF-01," */
    struct tl_buf rules = tl_buf(text, sizeof text);
    struct tl_judgment judgment;
    struct tl_body_permitted body = {.act = b->act};
    int64_t days = tl_law_number(w->policy, &w->c, TL_LAW_PM_01, 0, e->value_date);

    act.kind = b->act;
    act.plan = *b;
    act.done = false;
    tl_law_judge(&judgment, w->policy, &w->c, &w->facets, &act);
    put_rules(&rules, &judgment);
    body.allowed = judgment.allowed;
    TL_CHECK(!rules.full);
    body.rules = tl_buf_bytes(&rules);
    body.expires_on = e->value_date + (days > 0 && days < 366 ? (int32_t)days - 1 : 0);
    keep_leave(w, &(struct tl_leave){b->act, b->debtor, (uint8_t)r->author.member, body.allowed,
                                     body.expires_on});
    decide(r, w, TL_DECISION_PERMIT_RESULT, &why, &body);
}

enum tl_status tl_contract_permit(struct tl_contract *contract, struct tl_overlay *state,
                                  const struct tl_permit_plan *asked, struct tl_act *act,
                                  struct tl_judgment *judgment)
{
    struct run r = {.k = contract, .state = state};
    struct work *w = &contract->work;
    bool found = false;

    *judgment = (struct tl_judgment){0};
    if (asked->member >= contract->member_count)
        return TL_ERR_DENIED;
    r.author.member = asked->member;
    r.author.roles = contract->member[asked->member].roles;
    work_load(&r, w, &asked->entry->case_id, &found);
    if (r.status == TL_OK && found) {
        *act = act_by(&r, w, asked->entry);
        act->kind = asked->plan->act;
        act->plan = *asked->plan;
        act->done = false;
        tl_law_judge(judgment, w->policy, &w->c, &w->facets, act);
    }
    return r.status != TL_OK ? r.status : found ? TL_OK : TL_ERR_NOT_FOUND;
}
