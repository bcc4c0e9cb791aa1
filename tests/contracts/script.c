/* Random histories of many cases. */
#include "script.h"

#include "naive_law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

uint64_t script_roll(uint64_t *seed, uint64_t sides)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed % sides;
}

/* ---- one entry --------------------------------------------------------- */

#define ROLL(sides) script_roll(seed, sides)

static int64_t amount_roll(uint64_t *seed)
{
    return (int64_t)ROLL(ROLL(4) == 0 ? 90000 : 5000);
}

static void some_payment(struct script_op *op, uint64_t *seed, uint32_t number)
{
    (void)snprintf(op->name, sizeof op->name, "p%u", (unsigned)number);
    op->type = TL_ENTRY_PAYMENT;
    op->member = ROLL(3) == 0 ? NORTH : CITY;
    op->body.payment = (struct tl_body_payment){tl_bytes_str(op->name), amount_roll(seed), 0};
}

static void some_reversal(struct script_op *op, uint64_t *seed, uint32_t number)
{
    (void)snprintf(op->name, sizeof op->name, "p%u", (unsigned)ROLL(number + 1));
    op->type = TL_ENTRY_PAYMENT_REVERSAL;
    op->body.reversal =
        (struct tl_body_reversal){tl_bytes_str(op->name), TL_REVERSAL_BOUNCED, (int64_t)ROLL(2)};
}

static void some_charge(struct script_op *op, uint64_t *seed, bool principal)
{
    op->type = TL_ENTRY_CHARGE;
    op->body.charge =
        (struct tl_body_charge){(uint8_t)(principal ? ROLL(5) : 1 + ROLL(4)), (int64_t)ROLL(5000),
                                op->date + 30, TL_AUTHORITY_CONTRACT, tl_bytes_str("art. 7")};
}

static void some_terms(struct script_op *op, uint64_t *seed)
{
    static uint8_t notice[TL_HASH_BYTES];

    if (ROLL(3) != 0) {
        op->type = TL_ENTRY_RATE_CHANGE;
        op->body.rate =
            (struct tl_body_rate){(uint32_t)ROLL(6000), op->date, tl_bytes(notice, sizeof notice)};
    } else {
        op->type = TL_ENTRY_AGREEMENT_AMEND;
        op->body.terms = (struct tl_body_terms){(uint32_t)ROLL(6000), TL_DAYCOUNT_ACT_365F,
                                                op->date, TL_BYTES_NONE};
    }
}

static void some_money(struct script_op *op, uint64_t *seed, uint32_t number)
{
    static const enum tl_hold barring[] = {TL_HOLD_MORATORIUM_UK, TL_HOLD_BANKRUPTCY_STAY};

    switch (ROLL(10)) {
    case 0:
    case 1:
        some_charge(op, seed, true);
        break;
    case 2:
        op->type = TL_ENTRY_ADJUSTMENT;
        op->body.adjustment = (struct tl_body_adjustment){
            0, (uint8_t)ROLL(5), (int64_t)ROLL(4000) - 3000, TL_BYTES_NONE};
        break;
    case 3:
        some_reversal(op, seed, number);
        break;
    case 4:
        some_terms(op, seed);
        break;
    case 5:
        op->type = ROLL(2) == 0 ? TL_ENTRY_HOLD_SET : TL_ENTRY_HOLD_RELEASE;
        op->body.hold = (struct tl_body_hold){(uint8_t)barring[ROLL(2)], TL_BYTES_NONE};
        break;
    case 6:
        op->type = TL_ENTRY_REFUND_PAID;
        op->body.refund = (struct tl_body_refund){(int64_t)ROLL(3000)};
        break;
    default:
        some_payment(op, seed, number);
        break;
    }
}

/* What does not depend on what has been paid. */
static void some_undoable(struct script_op *op, uint64_t *seed, uint32_t number)
{
    switch (ROLL(6)) {
    case 0:
        some_charge(op, seed, false);
        break;
    case 1:
        op->type = ROLL(2) == 0 ? TL_ENTRY_HOLD_SET : TL_ENTRY_HOLD_RELEASE;
        op->body.hold = (struct tl_body_hold){TL_HOLD_MORATORIUM_UK, TL_BYTES_NONE};
        break;
    default:
        some_payment(op, seed, number);
        break;
    }
}

static void some_dispute(struct script_op *op, uint64_t *seed)
{
    if (ROLL(2) == 0) {
        op->type = TL_ENTRY_DISPUTE_OPENED;
        op->body.dispute =
            (struct tl_body_dispute){tl_bytes_str("d"), (uint8_t)ROLL(7), 0, 0, ROLL(2) == 0};
    } else {
        op->type = TL_ENTRY_DISPUTE_RESOLVED;
        op->body.resolution = (struct tl_body_resolution){tl_bytes_str("d"), (uint8_t)ROLL(4), 100};
    }
}

static void some_hold(struct script_op *op, uint64_t *seed)
{
    static const enum tl_type plain[] = {TL_ENTRY_ATTORNEY_REPRESENTED, TL_ENTRY_ATTORNEY_ENDED,
                                         TL_ENTRY_BANKRUPTCY_DISMISSED, TL_ENTRY_IDTHEFT_REPORT,
                                         TL_ENTRY_IDTHEFT_BLOCK,        TL_ENTRY_IDTHEFT_RESCIND};

    op->member = BUREAU;
    switch (ROLL(5)) {
    case 0:
        op->type = TL_ENTRY_BANKRUPTCY_FILED;
        op->body.bankruptcy = (struct tl_body_bankruptcy){.chapter = 7};
        break;
    case 1:
        op->type = plain[ROLL(6)];
        op->member =
            op->type == TL_ENTRY_ATTORNEY_REPRESENTED || op->type == TL_ENTRY_ATTORNEY_ENDED
                ? CITY
                : BUREAU;
        break;
    case 2:
        op->type = TL_ENTRY_CEASE_COMMUNICATION;
        op->member = CITY;
        op->body.cease = (struct tl_body_cease){.written = ROLL(3) != 0};
        break;
    default:
        op->type = ROLL(2) == 0 ? TL_ENTRY_HOLD_SET : TL_ENTRY_HOLD_RELEASE;
        op->member = CITY;
        op->body.hold = (struct tl_body_hold){(uint8_t)ROLL(TL_HOLDS), TL_BYTES_NONE};
        break;
    }
}

static void some_deal(struct script_op *op, uint64_t *seed)
{
    switch (ROLL(6)) {
    case 0:
        op->type = TL_ENTRY_SETTLEMENT_OFFER;
        op->body.settlement = (struct tl_body_settlement){
            (int64_t)ROLL(5000), op->date + (int32_t)ROLL(30), op->date + 5};
        break;
    case 1:
        op->type = TL_ENTRY_PLAN_OFFER;
        op->body.plan = (struct tl_body_plan){
            (int64_t)ROLL(3000),          (uint16_t)ROLL(5), (uint8_t)ROLL(3), (uint8_t)ROLL(4),
            op->date + (int32_t)ROLL(20), TL_DATE_NONE};
        break;
    case 2:
        op->type = TL_ENTRY_PROMISE_TO_PAY;
        op->body.promise =
            (struct tl_body_promise){(int64_t)ROLL(3000), op->date + (int32_t)ROLL(20)};
        break;
    case 3:
        op->type = TL_ENTRY_SETTLEMENT_WITHDRAW;
        break;
    default:
        op->type = ROLL(2) == 0 ? TL_ENTRY_PLAN_ACCEPT : TL_ENTRY_SETTLEMENT_ACCEPT;
        break;
    }
}

static void some_placement(struct script_op *op, uint64_t *seed)
{
    uint32_t agency = NORTH + (uint32_t)ROLL(2);

    switch (ROLL(4)) {
    case 0:
        op->type = TL_ENTRY_PLACEMENT_OFFER;
        op->body.offer = (struct tl_body_offer){
            tl_bytes_str(agency == NORTH ? "agency-a" : "agency-b"), TL_BYTES_NONE};
        break;
    case 1:
        op->type = TL_ENTRY_PLACEMENT_RECALL;
        break;
    case 2:
        op->type = TL_ENTRY_PLACEMENT_ACCEPT;
        op->member = agency;
        break;
    default:
        op->type = TL_ENTRY_PLACEMENT_RETURN;
        op->member = agency;
        break;
    }
}

static void some_suit(struct script_op *op, uint64_t *seed)
{
    switch (ROLL(4)) {
    case 0:
        op->type = TL_ENTRY_LEGAL_RELEASE;
        op->body.release =
            (struct tl_body_release){tl_bytes_str("J. Doe"), TL_BYTES_NONE, op->date + 400};
        break;
    case 1:
        op->type = TL_ENTRY_SUIT_FILED;
        op->body.suit = (struct tl_body_suit){TL_BYTES_NONE, 100};
        break;
    case 2:
        op->type = TL_ENTRY_JUDGMENT;
        op->body.judgment =
            (struct tl_body_judgment){(int64_t)ROLL(9000), (int64_t)ROLL(900), 0, 40, 0, 900};
        break;
    default:
        op->type = TL_ENTRY_DISMISSED;
        op->body.dismissal = (struct tl_body_dismissal){ROLL(4) == 0};
        break;
    }
}

static void some_end(struct script_op *op, uint64_t *seed)
{
    switch (ROLL(5)) {
    case 0:
        op->type = TL_ENTRY_CANCEL_DEBT;
        break;
    case 1:
        op->type = TL_ENTRY_BANKRUPTCY_DISCHARGED;
        op->member = BUREAU;
        op->body.discharge = (struct tl_body_discharge){.in_scope = ROLL(3) == 0};
        break;
    case 2:
        op->type = TL_ENTRY_DEBT_SALE;
        op->body.sale = (struct tl_body_sale){tl_bytes_str("buyer"), TL_BYTES_NONE, false};
        break;
    case 3:
        op->type = TL_ENTRY_DEBT_SALE_ACCEPT;
        op->member = BUYER;
        break;
    default:
        op->type = TL_ENTRY_CHARGE_OFF;
        break;
    }
}

static void some_law(struct script_op *op, uint64_t *seed, uint32_t number)
{
    uint64_t what = ROLL(20);

    if (what < 5)
        some_money(op, seed, number);
    else if (what < 7)
        some_dispute(op, seed);
    else if (what < 10)
        some_hold(op, seed);
    else if (what < 13)
        some_deal(op, seed);
    else if (what < 15)
        some_placement(op, seed);
    else if (what < 16)
        some_suit(op, seed);
    else if (what < 17)
        some_end(op, seed);
    else {
        op->type = TL_ENTRY_NOTICE;
        op->body.notice =
            (struct tl_body_notice){(uint8_t)ROLL(7), tl_bytes_str("post"), TL_BYTES_NONE};
    }
}

/* ---- the whole --------------------------------------------------------- */

void script_init(struct script *script, enum script_kind kind, uint64_t seed, uint32_t cases,
                 uint32_t ops)
{
    uint64_t state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;

    *script = (struct script){.kind = kind, .seed = seed, .cases = cases, .ops = ops};
    script->op = calloc(ops, sizeof *script->op);
    assert_non_null(script->op);
    script->day[0] = SCRIPT_START;
    for (uint32_t i = 1; i <= SCRIPT_ROUNDS; i++)
        script->day[i] = script->day[i - 1] + 1 + (int32_t)script_roll(&state, 45);
    for (uint32_t i = 0; i < ops; i++) {
        struct script_op *op = &script->op[i];

        op->round = (uint32_t)((uint64_t)i * SCRIPT_ROUNDS / ops);
        op->case_no = (uint32_t)script_roll(&state, cases);
        op->date = script->day[op->round] + 1;
        if (script_roll(&state, 6) == 0)
            op->date -= (int32_t)script_roll(&state, 30);
        if (op->date < SCRIPT_START)
            op->date = SCRIPT_START;
        if (kind == SCRIPT_LAW)
            some_law(op, &state, i);
        else if (kind == SCRIPT_MONEY)
            some_money(op, &state, i);
        else
            some_undoable(op, &state, i);
    }
}

void script_fini(struct script *script)
{
    free(script->op);
}

/* Escalation, contact, fees, placement, charge-off, furnishing: one rule each, so
 * that every kind of action is tried again and again. */
static void law_rules(struct tl_policy *policy)
{
    static const struct {
        const char *id;
        enum tl_action action;
        enum tl_feature anchor;
        int32_t days;
    } rules[] = {
        {"overdue", TL_ACTION_SET_STAGE, TL_FEATURE_DUE_ON, 1},
        {"remind", TL_ACTION_ACTION_DUE, TL_FEATURE_DUE_ON, 3},
        {"fee", TL_ACTION_ASSESS_FEE, TL_FEATURE_NOTIFIED_ON, 10},
        {"eligible", TL_ACTION_FURNISH_ELIGIBLE, TL_FEATURE_DUE_ON, 30},
        {"offer", TL_ACTION_OFFER_PLACEMENT, TL_FEATURE_DUE_ON, 40},
        {"loss", TL_ACTION_CHARGE_OFF, TL_FEATURE_DUE_ON, 120},
    };

    struct tl_rule *release;

    for (uint32_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        struct tl_rule *rule = rig_rule(policy, rules[i].id, rules[i].action);

        rule->anchor = (uint8_t)rules[i].anchor;
        rule->days = rules[i].days;
        rule->every_days = 20;
        rule->times = 3;
        if (rules[i].action == TL_ACTION_SET_STAGE) {
            rule->stage = TL_STAGE_OVERDUE;
            rule->from_stages = tl_stage_bit(TL_STAGE_CURRENT);
        }
        rule->amount_minor = rules[i].action == TL_ACTION_ASSESS_FEE ? 500 : 0;
        rule->bucket = rules[i].action == TL_ACTION_ASSESS_FEE ? TL_BUCKET_FEE : 0;
        rig_clause(rule, TL_FEATURE_BALANCE, TL_OP_GT, TL_FEATURE_NONE, 0);
    }
    release = rig_rule(policy, "release", TL_ACTION_PERMIT_SUIT);
    release->trigger = TL_TRIGGER_ASKED;
    release->from_stages = tl_stage_bit(TL_STAGE_INTERNAL) | tl_stage_bit(TL_STAGE_PLACED) |
                           tl_stage_bit(TL_STAGE_CHARGED_OFF);
    rig_rule(policy, "settle", TL_ACTION_PERMIT_SETTLEMENT)->trigger = TL_TRIGGER_ASKED;
    rig_rule(policy, "plan", TL_ACTION_PERMIT_PLAN)->trigger = TL_TRIGGER_ASKED;
}

void script_policy(struct tl_policy *policy, enum script_kind kind)
{
    struct tl_policy_fault fault;

    tl_policy_init(policy);
    (void)snprintf(policy->name, sizeof policy->name, "fines");
    (void)snprintf(policy->title, sizeof policy->title, "random histories");
    for (uint32_t i = 0; i < TL_HOLDS; i++)
        policy->hold_masks[i] = naive_mask((enum tl_hold)i);
    policy->commission_count = 1;
    policy->commission[0] = (struct tl_commission_terms){.name = "half",
                                                         .kind = TL_COMMISSION_BRACKETS,
                                                         .steps = 2,
                                                         .up_to = {3000, 0},
                                                         .rate_bp = {5000, 1234},
                                                         .costs_first = true,
                                                         .tail_days = 20};
    policy->agency_count = 2;
    policy->agency[0] = (struct tl_policy_agency){.id = "agency-a", .weight = 60, .commission = 1};
    policy->agency[1] = (struct tl_policy_agency){.id = "agency-b", .weight = 40};
    if (kind == SCRIPT_LAW)
        law_rules(policy);
    if (!tl_policy_check(policy, &fault))
        fail_msg("rule %u, %s: %s", (unsigned)fault.rule, fault.subject, fault.why);
}

static void open_cases(const struct script *script, struct rig *rig)
{
    struct tl_policy *policy = malloc(sizeof *policy);
    struct tl_body_standing standing = {.accepts = true, .from_on = SCRIPT_START};

    assert_non_null(policy);
    script_policy(policy, script->kind);
    rig_publish(rig, policy);
    free(policy);
    rig_send(rig, SOUTH, TL_ENTRY_PLACEMENT_STANDING, 0, SCRIPT_START, NULL, &standing);
    rig_day(rig, SCRIPT_START);
    for (uint32_t no = 0; no < script->cases; no++) {
        rig_agreement(rig, no, SCRIPT_START, 100 + (int64_t)no * 97);
        if (no % 3 != 0)
            rig_terms(rig, no, SCRIPT_START, 100 + no % 4000);
    }
}

/* A number of its own for each case, so that cases are played one after the other. */
static uint64_t case_key(const struct script *script, uint32_t case_no)
{
    uint64_t state = (script->seed + 1) * (case_no + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;

    (void)script_roll(&state, 2);
    return script_roll(&state, UINT64_MAX);
}

static void play_op(const struct script *script, struct rig *rig, uint32_t at, uint16_t without)
{
    const struct script_op *op = &script->op[at];

    if (op->type == (enum tl_type)without)
        return;
    rig_send(rig, op->member, op->type, op->case_no, op->date,
             op->type == TL_ENTRY_PAYMENT ? op->name : NULL, &op->body);
}

struct place {
    uint64_t key;
    uint32_t at;
};

static int by_case(const void *left, const void *right)
{
    const struct place *a = left;
    const struct place *b = right;

    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return a->at < b->at ? -1 : 1;
}

static void play_round(const struct script *script, struct rig *rig, uint32_t from, uint32_t to,
                       bool shuffled, uint16_t without)
{
    struct place *place = calloc(to - from + 1, sizeof *place);

    assert_non_null(place);
    for (uint32_t i = from; i < to; i++)
        place[i - from] = (struct place){shuffled ? case_key(script, script->op[i].case_no) : 0, i};
    qsort(place, to - from, sizeof *place, by_case);
    for (uint32_t i = from; i < to; i++)
        play_op(script, rig, place[i - from].at, without);
    free(place);
}

static bool work_left(struct rig *rig)
{
    struct tl_clock clock;

    assert_int_equal(tl_clock_load(&clock, rig->state, &rig->genesis), TL_OK);
    return clock.work_left;
}

void script_play(const struct script *script, struct rig *rig, bool shuffled, uint16_t without)
{
    uint32_t per_block = rig->per_block;
    uint32_t at = 0;

    open_cases(script, rig);
    for (uint32_t round = 0; round < SCRIPT_ROUNDS; round++) {
        uint32_t from = at;

        while (at < script->ops && script->op[at].round == round)
            at++;
        play_round(script, rig, from, at, shuffled, without);
        rig_day(rig, script->day[round + 1]);
    }
    rig->per_block = 1;
    do
        rig_day(rig, script->day[SCRIPT_ROUNDS]);
    while (work_left(rig));
    rig->per_block = per_block;
}

static int64_t op_number(const struct script_op *op)
{
    if (op->type == TL_ENTRY_CHARGE)
        return op->body.charge.amount_minor;
    if (op->type == TL_ENTRY_ADJUSTMENT)
        return op->body.adjustment.amount_minor;
    if (op->type == TL_ENTRY_PAYMENT)
        return op->body.payment.amount_minor;
    if (op->type == TL_ENTRY_REFUND_PAID)
        return op->body.refund.amount_minor;
    if (op->type == TL_ENTRY_RATE_CHANGE)
        return op->body.rate.rate_bp;
    if (op->type == TL_ENTRY_AGREEMENT_AMEND)
        return op->body.terms.rate_bp;
    return 0;
}

void script_tell(const struct script *script, uint32_t case_no)
{
    for (uint32_t i = 0; i < script->ops; i++) {
        const struct script_op *op = &script->op[i];

        if (op->case_no == case_no)
            print_message("%4d of %4d: %-20s %10lld %s\n", (int)op->date - SCRIPT_START,
                          (int)script->day[op->round] + 1 - SCRIPT_START,
                          tl_type_find((uint16_t)op->type)->name, (long long)op_number(op),
                          op->name);
    }
}
