/* Reading a case: its record, its references, its features. */
#include "rules.h"

#include "tl/check.h"
#include "tl/hash.h"

#include <string.h>

enum tl_status tl_case_decode(struct tl_case *c, struct tl_bytes bytes)
{
    return tl_record_decode(&tl_case_record, c, bytes);
}

enum tl_status tl_case_load(struct tl_case *c, struct tl_overlay *state, const struct tl_id *id)
{
    struct tl_state_key key = tl_key_case(id);
    struct tl_bytes value;
    enum tl_status status = tl_overlay_get(state, tl_state_key_bytes(&key), &value);

    if (status != TL_OK)
        return status;
    return tl_case_decode(c, value) == TL_OK ? TL_OK : TL_ERR_CORRUPT;
}

int64_t tl_case_balance(const struct tl_case *c)
{
    return c->principal_minor + c->interest_minor + c->fee_minor + c->cost_minor + c->tax_minor;
}

void tl_case_history_add(struct tl_hash *history, uint64_t index, const struct tl_hash *leaf)
{
    struct tl_hasher hasher;

    tl_hasher_domain(&hasher, "tallystick/history/v1");
    tl_hasher_put(&hasher, tl_bytes(history->b, sizeof history->b));
    tl_hasher_u64(&hasher, index);
    tl_hasher_put(&hasher, tl_bytes(leaf->b, sizeof leaf->b));
    tl_hasher_done(&hasher, history);
}

static bool sums_ok(const struct tl_case *c)
{
    int64_t charged = c->principal_charged_minor + c->interest_charged_minor +
                      c->fee_charged_minor + c->cost_charged_minor + c->tax_charged_minor;
    int64_t applied = c->principal_paid_minor + c->interest_paid_minor + c->fee_paid_minor +
                      c->cost_paid_minor + c->tax_paid_minor;

    return tl_case_balance(c) == charged + c->adjusted_minor - applied &&
           c->paid_minor == applied + c->unapplied_minor;
}

static bool amounts_ok(const struct tl_case *c)
{
    return c->principal_minor >= 0 && c->interest_minor >= 0 && c->fee_minor >= 0 &&
           c->cost_minor >= 0 && c->tax_minor >= 0 && c->unapplied_minor >= 0;
}

static bool terms_ok(const struct tl_case *c)
{
    return c->instalments_due <= c->instalments &&
           (c->instalment_on == TL_DATE_NONE) == (c->instalments_due == c->instalments) &&
           (c->segments.count == 0 || c->accrued_on != TL_DATE_NONE) && c->advance_minor >= 0 &&
           c->collected_minor >= 0 && c->advanced_minor >= 0;
}

static uint32_t dispute_holds(const struct tl_case *c)
{
    struct tl_list list = c->disputes;
    struct tl_open_dispute dispute;
    uint32_t holds = 0;

    while (tl_list_next(&list, &tl_open_dispute_record, &dispute))
        holds |= 1u << dispute.hold;
    return holds;
}

const char *tl_case_fault(const struct tl_case *c)
{
    return tl_case_fault_with(c, dispute_holds(c));
}

const char *tl_case_fault_with(const struct tl_case *c, uint32_t disputed)
{
    bool placed = c->placement == TL_PLACEMENT_PLACED;

    if (c->holder != (placed ? c->agency : c->owner) || (placed && c->agency == c->owner))
        return "custody of a case is not with exactly one party";
    if (!amounts_ok(c) || !sums_ok(c))
        return "a case's balance is not what was charged less what was paid";
    if (!terms_ok(c))
        return "a case's instalments, interest or commission contradict themselves";
    if (c->holds != (c->manual_holds | c->fact_holds | disputed))
        return "the holds of a case are not the union of their causes";
    if (tl_case_ended(c) && (c->placement != TL_PLACEMENT_NONE || c->deal != TL_DEAL_NONE))
        return "a case that has ended is still placed or in a deal";
    if (c->stage == TL_STAGE_RESOLUTION && c->disputes.count == 0 && c->deal < TL_DEAL_SETTLEMENT)
        return "a case is in resolution with nothing to resolve";
    if (c->stage == TL_STAGE_PAID && tl_case_balance(c) != 0)
        return "a paid case owes something";
    return NULL;
}

bool tl_case_ended(const struct tl_case *c)
{
    return c->stage >= TL_STAGE_PAID;
}

void tl_case_ref(uint8_t out[TL_CASE_REF_BYTES], uint32_t member, uint16_t type,
                 struct tl_bytes ext_ref)
{
    uint8_t head[3] = {(uint8_t)member, (uint8_t)(type >> 8), (uint8_t)type};
    struct tl_hasher hasher;
    struct tl_hash hash;

    TL_CHECK(member < TL_MEMBERS_MAX);
    tl_hasher_domain(&hasher, "tallystick/ref/v1");
    tl_hasher_put(&hasher, tl_bytes(head, sizeof head));
    tl_hasher_put(&hasher, ext_ref);
    tl_hasher_done(&hasher, &hash);
    memcpy(out, hash.b, TL_CASE_REF_BYTES);
}

bool tl_case_has_ref(const struct tl_case *c, const uint8_t ref[TL_CASE_REF_BYTES])
{
    for (size_t at = 0; at + TL_CASE_REF_BYTES <= c->refs.len; at += TL_CASE_REF_BYTES) {
        if (memcmp(c->refs.ptr + at, ref, TL_CASE_REF_BYTES) == 0)
            return true;
    }
    return false;
}

/* ---- features ---------------------------------------------------------- */

#define X(code, word, kind) TL_FEATURE_IS_##kind,
static const enum tl_feature_kind kinds[TL_FEATURE_COUNT] = {TL_FEATURE_TABLE(X)};
#undef X

enum tl_feature_kind tl_feature_kind(enum tl_feature feature)
{
    TL_CHECK((uint32_t)feature < TL_FEATURE_COUNT);
    return kinds[feature];
}

/* The features that are a field as it stands. */
static const struct {
    uint16_t offset;
    uint8_t kind; /* enum tl_field_kind */
} plain[TL_FEATURE_COUNT] = {
#define I64(code, field) [TL_FEATURE_##code] = {offsetof(struct tl_case, field), TL_FIELD_I64}
#define I32(code, field) [TL_FEATURE_##code] = {offsetof(struct tl_case, field), TL_FIELD_I32}
#define U32(code, field) [TL_FEATURE_##code] = {offsetof(struct tl_case, field), TL_FIELD_U32}
    I64(PRINCIPAL, principal_minor),
    I64(FEE, fee_minor),
    I64(COST, cost_minor),
    I64(TAX, tax_minor),
    I64(PRINCIPAL_CHARGED, principal_charged_minor),
    I64(FEE_CHARGED, fee_charged_minor),
    I64(COST_CHARGED, cost_charged_minor),
    I64(TAX_CHARGED, tax_charged_minor),
    I64(PRINCIPAL_PAID, principal_paid_minor),
    I64(INTEREST_PAID, interest_paid_minor),
    I64(FEE_PAID, fee_paid_minor),
    I64(COST_PAID, cost_paid_minor),
    I64(TAX_PAID, tax_paid_minor),
    I64(PAID, paid_minor),
    I64(UNAPPLIED, unapplied_minor),
    I64(ADJUSTED, adjusted_minor),
    I64(RECOVERED, recovered_minor),
    I64(PLACED_AMOUNT, placed_minor),
    U32(PAYMENTS, payments),
    U32(REVERSALS, reversals),
    U32(NOTICES, notices),
    U32(FEES, fees),
    U32(DISPUTES_OPENED, disputes_opened),
    U32(DISPUTES_UPHELD, disputes_upheld),
    U32(PLACEMENTS, placements),
    U32(RECALLS, recalls),
    U32(VIOLATIONS, violations),
    U32(RECORDS, records),
    U32(HOLDS, holds),
    I32(OPENED_ON, opened_on),
    I32(DUE_ON, due_on),
    I32(SENT_ON, sent_on),
    I32(NOTIFIED_ON, notified_on),
    I32(REMINDED_ON, reminded_on),
    I32(DEMANDED_ON, demanded_on),
    I32(STAGE_ON, stage_on),
    I32(PENALTY_ON, penalty_on),
    I32(PAID_ON, paid_on),
    I32(DISPUTED_ON, disputed_on),
    I32(RESOLVED_ON, resolved_on),
    I32(OFFERED_ON, offered_on),
    I32(PLACED_ON, placed_on),
    I32(RECALLED_ON, recalled_on),
    I32(COMMENCED_ON, commenced_on),
    I32(FURNISHED_ON, furnished_on),
    I32(CHARGED_OFF_ON, charged_off_on),
    U32(CONTACTS, contacts),
    U32(CONVERSATIONS, conversations),
    U32(INBOUND, inbound),
    I32(CONTACTED_ON, contacted_on),
    I32(TALKED_ON, talked_on),
    I32(DEMAND_UNTIL_ON, demand_until_on),
    I32(RECALL_NOTICE_ON, recall_notice_on),
    I32(VALIDATION_UNTIL_ON, validation_until_on),
    I32(SCORED_ON, scored_on),
    I64(DEAL_AMOUNT, deal_minor),
    U32(PROMISES, promises),
    U32(PROMISES_KEPT, promises_kept),
    U32(PROMISES_BROKEN, promises_broken),
    U32(DEALS_BROKEN, deals_broken),
    I32(BANKRUPTCY_ON, bankruptcy_on),
    I32(DECEASED_ON, deceased_on),
    I32(IDTHEFT_ON, idtheft_on),
    I32(CEASED_ON, ceased_on),
    I32(DEAL_DUE_ON, deal_due_on),
    I32(PROMISE_ON, promise_on),
    I32(RELEASED_ON, released_on),
    I32(FILED_ON, filed_on),
    I32(JUDGED_ON, judged_on),
    I32(SCRA_CHECKED_ON, scra_checked_on),
    I32(SUE_UNTIL_ON, sue_until_on),
    I32(ACTIVITY_ON, floor_on),
    I64(CHARGED_OFF_AMOUNT, charged_off_minor),
};

static int64_t rate_now(const struct tl_case *c)
{
    struct tl_list list = c->segments;
    struct tl_segment segment = {0};

    while (tl_list_next(&list, &tl_segment_record, &segment))
        ;
    return segment.rate_bp < segment.cap_bp ? segment.rate_bp : segment.cap_bp;
}

/* The features of money that have to be worked out; what interest comes to by
 * today counts, booked or not. */
static bool derived_money(const struct tl_case *c, enum tl_feature feature, int32_t today,
                          int64_t *value)
{
    int64_t pending = tl_case_pending(c, today);

    if (feature == TL_FEATURE_BALANCE)
        *value = tl_case_balance(c) + pending;
    else if (feature == TL_FEATURE_INTEREST)
        *value = c->interest_minor + pending;
    else if (feature == TL_FEATURE_INTEREST_CHARGED)
        *value = c->interest_charged_minor + pending;
    else if (feature == TL_FEATURE_CHARGED)
        *value = c->principal_charged_minor + c->interest_charged_minor + c->fee_charged_minor +
                 c->cost_charged_minor + c->tax_charged_minor + pending;
    else if (feature == TL_FEATURE_PAST_DUE)
        *value = tl_case_past_due(c) + pending;
    else if (feature == TL_FEATURE_FORGIVEN)
        *value = c->principal_forgiven_minor + c->interest_forgiven_minor + c->fee_forgiven_minor +
                 c->cost_forgiven_minor + c->tax_forgiven_minor;
    else
        return false;
    return true;
}

/* ---- what a strategy goes by ------------------------------------------- */

#define RESPONSE_DAYS 60 /* how far back response looks; a policy compares the outcome */

static bool lately(int32_t on, int32_t today)
{
    return on != TL_DATE_NONE && today - on <= RESPONSE_DAYS;
}

/* A share of cases that nobody can pick: by their random id, but not by the hash
 * that chooses among agencies. */
static int64_t arm_of(const struct tl_case *c)
{
    struct tl_hash hash;

    tl_hash_domain(&hash, "tallystick/arm/v1", tl_bytes(c->id.b, TL_ID_BYTES));
    return (int64_t)(tl_get_u64be(hash.b) % 100u);
}

static int64_t paid_permille(const struct tl_case *c)
{
    int64_t charged = c->principal_charged_minor + c->interest_charged_minor +
                      c->fee_charged_minor + c->cost_charged_minor + c->tax_charged_minor;

    if (charged <= 0 || c->paid_minor <= 0)
        return 0;
    if (c->paid_minor <= INT64_MAX / 1000)
        return c->paid_minor * 1000 / charged;
    return c->paid_minor / (charged / 1000 + (charged < 1000));
}

static bool derived_strategy(const struct tl_case *c, enum tl_feature feature, int32_t today,
                             int64_t *value)
{
    if (feature == TL_FEATURE_SCORE)
        *value = c->score;
    else if (feature == TL_FEATURE_BAND)
        *value = c->band;
    else if (feature == TL_FEATURE_ARM)
        *value = arm_of(c);
    else if (feature == TL_FEATURE_RESPONSE)
        *value = lately(c->talked_on, today) ? 2 : lately(c->paid_on, today) ? 1 : 0;
    else if (feature == TL_FEATURE_DAYS_SINCE_PAID)
        *value = (int64_t)today - (c->paid_on != TL_DATE_NONE ? c->paid_on : c->opened_on);
    else if (feature == TL_FEATURE_PAID_PERMILLE)
        *value = paid_permille(c);
    else
        return false;
    return true;
}

/* The features that have to be worked out. */
/* NOLINTNEXTLINE(readability-function-cognitive-complexity): one flat table of cases */
static int64_t derived(const struct tl_case *c, enum tl_feature feature, int32_t today)
{
    bool late = c->due_on != TL_DATE_NONE && today > c->due_on && tl_case_balance(c) > 0;
    int64_t money;

    if (derived_money(c, feature, today, &money) || derived_strategy(c, feature, today, &money))
        return money;
    if (feature == TL_FEATURE_RATE)
        return rate_now(c);
    if (feature == TL_FEATURE_INSTALMENTS_LEFT)
        return c->instalments - c->instalments_due;
    if (feature == TL_FEATURE_DISPUTES_OPEN)
        return c->disputes.count;
    if (feature == TL_FEATURE_STAGE)
        return c->stage;
    if (feature == TL_FEATURE_DEBT_CLASS)
        return c->debt_class;
    if (feature == TL_FEATURE_CANCELLED)
        return c->stage == TL_STAGE_CANCELLED;
    if (feature == TL_FEATURE_IS_PLACED)
        return c->placement == TL_PLACEMENT_PLACED;
    if (feature == TL_FEATURE_IS_OFFERED)
        return c->placement == TL_PLACEMENT_OFFERED;
    if (feature == TL_FEATURE_IS_FURNISHED)
        return c->reporting == TL_REPORTING_FURNISHED;
    if (feature == TL_FEATURE_IS_CHARGED_OFF)
        return c->charged_off;
    if (feature == TL_FEATURE_IN_DEAL)
        return c->deal >= TL_DEAL_SETTLEMENT;
    if (feature == TL_FEATURE_IS_RELEASED)
        return c->legal == TL_LEGAL_RELEASED;
    if (feature == TL_FEATURE_IS_SUED)
        return c->legal == TL_LEGAL_FILED || c->legal == TL_LEGAL_JUDGED;
    if (feature == TL_FEATURE_IS_JUDGED)
        return c->legal == TL_LEGAL_JUDGED;
    if (feature == TL_FEATURE_TODAY)
        return today;
    if (feature == TL_FEATURE_DAYS_PAST_DUE)
        return late ? (int64_t)today - c->due_on : 0;
    if (feature == TL_FEATURE_DAYS_IN_STAGE)
        return c->stage_on == TL_DATE_NONE ? 0 : (int64_t)today - c->stage_on;
    return 0; /* NONE */
}

static int64_t field_value(const struct tl_case *c, enum tl_feature feature)
{
    const uint8_t *at = (const uint8_t *)c + plain[feature].offset;
    int64_t wide;
    int32_t date;
    uint32_t count;

    if (plain[feature].kind == TL_FIELD_I64)
        return memcpy(&wide, at, sizeof wide), wide;
    if (plain[feature].kind == TL_FIELD_I32)
        return memcpy(&date, at, sizeof date), date;
    return memcpy(&count, at, sizeof count), count;
}

bool tl_case_feature(const struct tl_case *c, enum tl_feature feature, int32_t today,
                     int64_t *value)
{
    TL_CHECK((uint32_t)feature < TL_FEATURE_COUNT);
    if (plain[feature].offset == 0)
        *value = derived(c, feature, today);
    else
        *value = field_value(c, feature);
    return kinds[feature] != TL_FEATURE_IS_DATE || *value != TL_DATE_NONE;
}
