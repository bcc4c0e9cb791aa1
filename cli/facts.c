#include "facts.h"

#include "tl/check.h"
#include "tl/hash.h"

#include "mem.h"
#include "say.h"

#include <stdio.h>
#include <string.h>

void tl_facts_word(char *out, size_t cap, struct tl_bytes text)
{
    size_t len = text.len < cap ? text.len : cap - 1u;

    if (len > 0)
        memcpy(out, text.ptr, len);
    out[len] = '\0';
}

void tl_facts_member(const struct tl_facts *facts, uint32_t member, char out[TL_MEMBER_ID_MAX + 1])
{
    struct tl_member found;

    if (tl_genesis_member(&facts->genesis.genesis, member, &found))
        tl_facts_word(out, TL_MEMBER_ID_MAX + 1, found.id);
    else
        (void)snprintf(out, TL_MEMBER_ID_MAX + 1, "%u", member);
}

/* ---- events ------------------------------------------------------------ */

static uint64_t name_of(struct tl_bytes text)
{
    struct tl_hash hash;

    if (text.len == 0)
        return 0;
    tl_hash_plain(&hash, text);
    return tl_get_u64be(hash.b);
}

static uint32_t text_index(struct tl_facts *facts, const struct tl_decision *decision,
                           struct tl_bytes why)
{
    struct tl_fact_text text = {"", ""};

    tl_facts_word(text.rule, sizeof text.rule, decision->rule);
    tl_facts_word(text.why, sizeof text.why, why);
    for (size_t i = 0; i < facts->texts; i++)
        if (strcmp(facts->text[i].rule, text.rule) == 0 &&
            strcmp(facts->text[i].why, text.why) == 0)
            return (uint32_t)i;
    facts->text =
        tl_mem_grow(facts->text, &facts->text_cap, facts->texts + 1u, sizeof *facts->text);
    facts->text[facts->texts] = text;
    return (uint32_t)facts->texts++;
}

/* Money that came in earlier and pays what falls due now comes in only once. */
static void take_money(struct tl_fact *fact, const struct tl_past_leaf *leaf)
{
    const struct tl_body_allocation *a = &leaf->body.allocation;

    if (tl_bytes_eq(leaf->decision.rule, tl_bytes_str("engine.credit")))
        return;

    fact->amount_minor = a->principal_minor + a->interest_minor + a->fee_minor + a->cost_minor +
                         a->tax_minor + a->unapplied_minor;
    if (a->reversed)
        fact->amount_minor = -fact->amount_minor;
}

static void take_entry(struct tl_fact *fact, const struct tl_past_leaf *leaf)
{
    const union tl_body *b = &leaf->body;
    uint16_t type = leaf->entry.type;

    if (type == TL_ENTRY_AGREEMENT) {
        fact->due_on = b->agreement.due_on;
        fact->amount_minor = b->agreement.principal_minor;
    } else if (type == TL_ENTRY_CHARGE) {
        fact->due_on = b->charge.due_on;
        fact->amount_minor = b->charge.amount_minor;
    } else if (type == TL_ENTRY_PAYMENT) {
        fact->amount_minor = b->payment.amount_minor;
    } else if (type == TL_ENTRY_PROMISE_TO_PAY) {
        fact->amount_minor = b->promise.amount_minor;
        fact->due_on = b->promise.pay_by_on;
    } else if (type == TL_ENTRY_DISPUTE_OPENED) {
        fact->kind = b->dispute.regime;
        fact->outcome = b->dispute.reason;
        fact->name = name_of(b->dispute.dispute);
    } else if (type == TL_ENTRY_DISPUTE_RESOLVED) {
        fact->outcome = b->resolution.outcome;
        fact->name = name_of(b->resolution.dispute);
    } else if (type == TL_ENTRY_CONTACT_ATTEMPT || type == TL_ENTRY_CONTACT_INBOUND) {
        fact->kind = b->contact.channel;
        fact->about = b->contact.person;
        fact->outcome = b->contact.outcome;
    } else if (type == TL_ENTRY_SETTLEMENT_OFFER) {
        fact->amount_minor = b->settlement.amount_minor;
    } else if (type == TL_ENTRY_PLAN_OFFER) {
        fact->amount_minor = b->plan.amount_minor * b->plan.parts;
    }
}

static void take_decision(struct tl_facts *facts, struct tl_fact *fact,
                          const struct tl_past_leaf *leaf)
{
    const union tl_body *b = &leaf->body;

    if (leaf->decision.type == TL_DECISION_ALLOCATION) {
        take_money(fact, leaf);
    } else if (leaf->info->body == &tl_body_placement_record) {
        fact->kind = b->placement.agency;
        fact->amount_minor = b->placement.balance_minor;
    } else if (leaf->info->body == &tl_body_finding_record) {
        fact->about = b->finding.about;
        fact->text = text_index(facts, &leaf->decision, b->finding.why);
    } else if (leaf->info->body == &tl_body_deal_end_record) {
        fact->amount_minor = b->deal_end.amount_minor;
    } else if (leaf->decision.type == TL_DECISION_STAGE_CHANGED) {
        fact->kind = b->stage.to;
    } else if (leaf->decision.type == TL_DECISION_FEE_ASSESSED) {
        fact->amount_minor = b->fee.amount_minor;
    }
}

static void take_causes(struct tl_fact *fact, const struct tl_decision *decision)
{
    struct tl_list inputs = decision->inputs;
    struct tl_input input;

    if (tl_list_next(&inputs, &tl_input_record, &input))
        fact->cause = input.leaf;
    if (tl_list_next(&inputs, &tl_input_record, &input))
        fact->also = input.leaf;
}

/* A finding behind the entry it is about: the entry did nothing. */
static void mark_void(struct tl_facts *facts, const struct tl_fact *finding)
{
    if (finding->type != TL_DECISION_DUPLICATE && finding->type != TL_DECISION_DENIED &&
        finding->type != TL_DECISION_DEFERRED)
        return;
    if (finding->cause < facts->facts)
        facts->fact[finding->cause].is_void = true;
}

static enum tl_status see(void *host, const struct tl_past_leaf *leaf)
{
    struct tl_facts *facts = host;
    bool decided = leaf->leaf.kind == TL_LEAF_DECISION;
    struct tl_fact fact = {.leaf = leaf->index,
                           .cause = UINT64_MAX,
                           .also = UINT64_MAX,
                           .decided = decided,
                           .due_on = TL_DATE_NONE,
                           .text = UINT32_MAX};

    if (decided) {
        fact.case_id = leaf->decision.case_id;
        fact.type = leaf->decision.type;
        fact.date = leaf->decision.date;
        take_causes(&fact, &leaf->decision);
        fact.member = fact.cause == facts->last_entry ? facts->last_member : UINT8_MAX;
        take_decision(facts, &fact, leaf);
        mark_void(facts, &fact);
    } else {
        fact.case_id = leaf->entry.case_id;
        fact.type = leaf->entry.type;
        fact.date = leaf->entry.value_date;
        fact.member = (uint8_t)leaf->member;
        facts->last_entry = leaf->index;
        facts->last_member = fact.member;
        take_entry(&fact, leaf);
    }
    facts->fact =
        tl_mem_grow(facts->fact, &facts->fact_cap, facts->facts + 1u, sizeof *facts->fact);
    TL_CHECK(fact.leaf == facts->facts);
    facts->fact[facts->facts++] = fact;
    return TL_OK;
}

/* ---- the state --------------------------------------------------------- */

static bool take_case(void *context, struct tl_bytes key, struct tl_bytes value)
{
    struct tl_facts *facts = context;
    struct tl_fact_case *item;

    (void)key;
    facts->item =
        tl_mem_grow(facts->item, &facts->case_cap, facts->cases + 1u, sizeof *facts->item);
    facts->bytes = tl_mem_grow(facts->bytes, &facts->room, facts->used + value.len, 1);
    item = &facts->item[facts->cases++];
    *item = (struct tl_fact_case){.at = facts->used, .len = value.len};
    memcpy(facts->bytes + facts->used, value.ptr, value.len);
    memcpy(item->id.b, key.ptr + 1, TL_ID_BYTES);
    facts->used += value.len;
    return true;
}

static bool take_policy(void *context, struct tl_bytes key, struct tl_bytes value)
{
    struct tl_facts *facts = context;
    struct tl_policy *policy = tl_mem_new(1, sizeof *policy);

    (void)key;
    if (tl_policy_decode(policy, value) != TL_OK) {
        tl_mem_free(policy);
        return true;
    }
    facts->policy =
        tl_mem_grow(facts->policy, &facts->policy_cap, facts->policies + 1u, sizeof *facts->policy);
    facts->policy[facts->policies].policy = policy;
    tl_policy_hash(&facts->policy[facts->policies].hash, value);
    facts->policies++;
    return true;
}

static bool take_account(void *context, struct tl_bytes key, struct tl_bytes value)
{
    struct tl_facts *facts = context;

    (void)key;
    facts->account = tl_mem_grow(facts->account, &facts->account_cap, facts->accounts + 1u,
                                 sizeof *facts->account);
    if (tl_record_decode(&tl_account_record, &facts->account[facts->accounts], value) == TL_OK)
        facts->accounts++;
    return true;
}

static enum tl_status scan(struct tl_overlay *state, uint8_t prefix, tl_overlay_visit *visit,
                           struct tl_facts *facts)
{
    const uint8_t to = (uint8_t)(prefix + 1u);

    return tl_overlay_scan(state, tl_bytes(&prefix, 1), tl_bytes(&to, 1), visit, facts);
}

static enum tl_status genesis_copy(struct tl_facts *facts, const struct tl_genesis_file *genesis)
{
    struct tl_genesis_file *own = &facts->genesis;
    const char *rule = "";

    own->bytes.text = tl_mem_copy(genesis->bytes.text, genesis->bytes.len);
    own->bytes.len = genesis->bytes.len;
    own->chain_id = genesis->chain_id;
    return tl_genesis_decode(&own->genesis, tl_bytes(own->bytes.text, own->bytes.len), &rule);
}

static enum tl_status begin(void *host, const struct tl_genesis_file *genesis)
{
    enum tl_status status = genesis_copy(host, genesis);

    if (status != TL_OK)
        (void)tl_fail(status, NULL, "cannot use the genesis of the ledger");
    return status;
}

static enum tl_status arrive(void *host, const struct tl_past_point *point,
                             struct tl_overlay *state)
{
    struct tl_facts *facts = host;
    enum tl_status status = scan(state, TL_STATE_POLICY, take_policy, facts);

    facts->point = *point;
    facts->point.genesis = &facts->genesis.genesis;
    if (status == TL_OK)
        status = scan(state, TL_STATE_CASE, take_case, facts);
    if (status == TL_OK)
        status = scan(state, TL_STATE_LEDGER, take_account, facts);
    if (status != TL_OK)
        (void)tl_fail(status, NULL, "cannot read the cases: %s", tl_status_text(status));
    return status;
}

enum tl_status tl_facts_gather(struct tl_facts *facts, const struct tl_args *args)
{
    const struct tl_past_visitor visitor = {begin, see, arrive, facts, NULL};
    enum tl_status status;

    *facts = (struct tl_facts){.last_entry = UINT64_MAX - 1u};
    status = tl_past_walk(args, &visitor);
    for (size_t i = 0; i < facts->cases && status == TL_OK; i++) {
        struct tl_case c;

        status = tl_case_decode(&c, tl_bytes(facts->bytes + facts->item[i].at, facts->item[i].len));
        if (status != TL_OK)
            (void)tl_fail(status, NULL, "a case of this ledger cannot be read");
    }
    if (status != TL_OK)
        tl_facts_free(facts);
    return status;
}

void tl_facts_free(struct tl_facts *facts)
{
    for (size_t i = 0; i < facts->policies; i++)
        tl_mem_free(facts->policy[i].policy);
    tl_mem_free(facts->policy);
    tl_mem_free(facts->genesis.bytes.text);
    tl_mem_free(facts->fact);
    tl_mem_free(facts->text);
    tl_mem_free(facts->item);
    tl_mem_free(facts->account);
    tl_mem_free(facts->bytes);
    *facts = (struct tl_facts){0};
}

struct tl_case tl_facts_case(const struct tl_facts *facts, size_t index)
{
    const struct tl_fact_case *item = &facts->item[index];
    struct tl_case c = {0};

    /* It was read when it was gathered. */
    (void)!tl_case_decode(&c, tl_bytes(facts->bytes + item->at, item->len));
    return c;
}

size_t tl_facts_find(const struct tl_facts *facts, const struct tl_id *id)
{
    size_t low = 0;
    size_t high = facts->cases;

    while (low < high) {
        size_t mid = low + (high - low) / 2u;

        if (memcmp(facts->item[mid].id.b, id->b, TL_ID_BYTES) < 0)
            low = mid + 1u;
        else
            high = mid;
    }
    return low < facts->cases && memcmp(facts->item[low].id.b, id->b, TL_ID_BYTES) == 0 ? low
                                                                                        : SIZE_MAX;
}

const struct tl_policy *tl_facts_policy(const struct tl_facts *facts, const struct tl_hash *hash)
{
    for (size_t i = 0; i < facts->policies; i++)
        if (tl_hash_eq(&facts->policy[i].hash, hash))
            return facts->policy[i].policy;
    return NULL;
}
