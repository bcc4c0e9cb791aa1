/* A small consortium without a network. */
#include "rig.h"

#include "tl/hash.h"
#include "tl/law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARENA_BYTES     ((size_t)512 << 20)
#define DECISIONS_MAX   200000u
#define RIG_BLOCK_BYTES ((size_t)1 << 20)

static void add_member(struct rig *rig, uint32_t i, const char *id, uint16_t roles,
                       struct tl_buf *buf)
{
    uint8_t seed[TL_SEED_BYTES] = {(uint8_t)(i + 1)};
    uint8_t scratch[256];
    struct tl_buf keys = tl_buf(scratch, sizeof scratch);
    struct tl_member member = {.id = tl_bytes_str(id), .roles = roles};
    struct tl_member_key key = {.name = tl_bytes_str("main"), .rights = TL_RIGHT_ALL};

    tl_keypair(&rig->pub[i], &rig->sec[i], seed);
    member.address = tl_bytes_str("localhost:1");
    key.key = rig->pub[i];
    tl_list_add(&member.keys, &keys, &tl_member_key_record, &key);
    tl_list_add(&rig->genesis.members, buf, &tl_member_record, &member);
}

void rig_open(struct rig *rig, uint32_t slice_steps, uint32_t per_block)
{
    struct tl_contract_config config = {.genesis = &rig->genesis, .slice_steps = slice_steps};
    struct tl_buf buf;
    uint8_t *base;

    memset(rig, 0, sizeof *rig);
    rig->genesis_bytes = calloc(1, 8192);
    buf = tl_buf(rig->genesis_bytes, 8192);
    rig->genesis.time_source = TL_TIME_CALENDAR;
    rig->genesis.first_date = 9999;
    add_member(rig, CITY, "city", TL_ROLE_CREDITOR, &buf);
    add_member(rig, NORTH, "agency-a", TL_ROLE_AGENCY | TL_ROLE_LAW_FIRM, &buf);
    add_member(rig, SOUTH, "agency-b", TL_ROLE_AGENCY, &buf);
    add_member(rig, BUREAU, "bureau", TL_ROLE_BUREAU, &buf);
    add_member(rig, BUYER, "buyer", TL_ROLE_DEBT_BUYER, &buf);
    rig->memory = malloc(tl_contract_bytes() + ARENA_BYTES + RIG_BLOCK_BYTES);
    assert_non_null(rig->memory);
    base = rig->memory;
    rig->contract = tl_contract_init(base, &config);
    tl_arena_init(&rig->arena, base + tl_contract_bytes() / 64 * 64 + 64, ARENA_BYTES - 64);
    rig->body = tl_buf(base + tl_contract_bytes() + ARENA_BYTES, RIG_BLOCK_BYTES);
    rig->state = tl_overlay_new(&rig->arena, NULL, NULL);
    assert_non_null(rig->state);
    rig->decision = calloc(DECISIONS_MAX, sizeof *rig->decision);
    rig->per_block = per_block;
}

void rig_close(struct rig *rig)
{
    free(rig->decision);
    free(rig->genesis_bytes);
    free(rig->memory);
}

static void keep_decision(struct rig *rig, struct tl_bytes bytes)
{
    struct rig_decision *to = &rig->decision[rig->decisions++];
    struct tl_decision decision;
    union tl_body body;

    assert_true(rig->decisions < DECISIONS_MAX);
    assert_int_equal(tl_decision_decode(&decision, &body, NULL, bytes), TL_OK);
    if (rig->watch.decision != NULL)
        rig->watch.decision(rig->watch.host, &decision, &body);
    to->type = decision.type;
    to->date = decision.date;
    to->case_id = decision.case_id;
    to->inputs = decision.inputs.count;
    memcpy(to->rule, decision.rule.ptr, decision.rule.len);
    if (decision.type == TL_DECISION_FEE_ASSESSED)
        to->amount_minor = body.fee.amount_minor;
    if (decision.type == TL_DECISION_INTEREST_ACCRUED)
        to->amount_minor = body.accrual.amount_minor;
    if (decision.type == TL_DECISION_COMMISSION_DUE)
        to->amount_minor = body.commission.commission_minor;
    if (decision.type == TL_DECISION_RECOVERY_POSTED)
        to->amount_minor = body.recovery.amount_minor;
    if (decision.type == TL_DECISION_CHARGED_OFF)
        to->amount_minor = body.charged.balance_minor;
    if (decision.type == TL_DECISION_RESTATEMENT) {
        to->changes = body.restatement.changes.count;
        to->unaware = body.restatement.unaware_count;
    }
}

/* Which case a leaf names; all zero: none. */
static struct tl_id case_of(const struct tl_leaf *leaf)
{
    struct tl_decision decision;
    struct tl_entry entry;

    if (leaf->kind == TL_LEAF_DECISION) {
        assert_int_equal(tl_record_decode(&tl_decision_record, &decision, leaf->bytes), TL_OK);
        return decision.case_id;
    }
    assert_int_equal(tl_record_decode(&tl_entry_record, &entry, leaf->bytes), TL_OK);
    return entry.case_id;
}

static void watch_leaf(struct rig *rig, uint64_t index, const struct tl_leaf *leaf,
                       struct tl_bytes bytes)
{
    struct tl_id about = case_of(leaf);
    struct tl_hash hash;

    if (tl_id_is_zero(&rig->watched) || memcmp(about.b, rig->watched.b, sizeof about.b) != 0)
        return;
    tl_merkle_leaf(&hash, bytes);
    tl_case_history_add(&rig->watched_hash, index, &hash);
    rig->watched_leaves++;
}

static void show_entry(struct rig *rig, struct tl_bytes bytes)
{
    struct tl_entry entry;
    union tl_body body;

    assert_int_equal(tl_entry_decode(&entry, &body, NULL, bytes), TL_OK);
    rig->watch.entry(rig->watch.host, &entry, &body);
}

static enum tl_status keep_leaf(void *host, uint64_t index, struct tl_bytes bytes)
{
    struct rig *rig = host;
    struct tl_hasher hasher;
    struct tl_leaf leaf;

    assert_int_equal(index, rig->leaves);
    rig->leaves++;
    assert_int_equal(tl_record_decode(&tl_leaf_record, &leaf, bytes), TL_OK);
    if (leaf.kind == TL_LEAF_DECISION)
        keep_decision(rig, leaf.bytes);
    else if (rig->watch.entry != NULL)
        show_entry(rig, leaf.bytes);
    watch_leaf(rig, index, &leaf, bytes);
    tl_hasher_init(&hasher);
    tl_hasher_put(&hasher, tl_bytes(rig->log.b, sizeof rig->log.b));
    tl_hasher_put(&hasher, bytes);
    tl_hasher_done(&hasher, &rig->log);
    return TL_OK;
}

void rig_flush(struct rig *rig)
{
    struct tl_executor executor = tl_contract_executor(rig->contract);
    struct tl_leaf_sink sink = {keep_leaf, rig};
    struct tl_exec_block block = {.genesis = &rig->genesis,
                                  .chain_id = &rig->chain_id,
                                  .height = ++rig->height,
                                  .time_ms = rig->time_ms,
                                  .first_leaf = rig->leaves,
                                  .envelopes = rig->envelopes};

    rig->last = executor.run(executor.host, &block, rig->state, &sink);
    rig->body.len = 0;
    rig->envelopes = (struct tl_list){TL_BYTES_NONE, 0};
    rig->pending = 0;
    if (rig->watch.block != NULL)
        rig->watch.block(rig->watch.host);
}

static void send_envelope(struct rig *rig, uint32_t member, const struct tl_list *entries)
{
    static uint8_t scratch[TL_ENVELOPE_BYTES_MAX];
    struct tl_buf out = tl_buf(scratch, sizeof scratch);
    struct tl_envelope env = {.author = rig->pub[member], .sequence = ++rig->sequence[member]};
    struct tl_envelope_bytes bytes;

    env.entries = *entries;
    tl_envelope_root(&env.root, &env.entries);
    tl_record_write(&tl_envelope_record, &env, &out);
    bytes.bytes = tl_buf_bytes(&out);
    tl_list_add(&rig->envelopes, &rig->body, &tl_envelope_bytes_record, &bytes);
    assert_false(rig->body.full);
    if (++rig->pending >= rig->per_block) {
        rig_flush(rig);
        assert_int_equal(rig->last, TL_OK);
    }
}

void rig_bundle(struct rig *rig)
{
    static uint8_t scratch[TL_ENVELOPE_BYTES_MAX];

    rig->bundling = true;
    rig->bundle = (struct tl_list){TL_BYTES_NONE, 0};
    rig->bundle_bytes = tl_buf(scratch, sizeof scratch);
}

void rig_seal(struct rig *rig, uint32_t member)
{
    rig->bundling = false;
    assert_false(rig->bundle_bytes.full);
    send_envelope(rig, member, &rig->bundle);
}

void rig_put(struct rig *rig, uint32_t member, const struct tl_entry *entry, const void *body)
{
    static uint8_t scratch[2][70000];
    struct tl_buf one = tl_buf(scratch[0], sizeof scratch[0]);
    struct tl_buf list = tl_buf(scratch[1], sizeof scratch[1]);
    struct tl_list entries = {TL_BYTES_NONE, 0};
    struct tl_entry_bytes bytes;

    assert_true(tl_entry_encode(&one, entry, body));
    bytes.bytes = tl_buf_bytes(&one);
    if (rig->bundling) {
        tl_list_add(&rig->bundle, &rig->bundle_bytes, &tl_entry_bytes_record, &bytes);
        return;
    }
    tl_list_add(&entries, &list, &tl_entry_bytes_record, &bytes);
    send_envelope(rig, member, &entries);
}

void rig_send(struct rig *rig, uint32_t member, enum tl_type type, uint32_t case_no, int32_t date,
              const char *ref, const void *body)
{
    struct tl_entry entry = {.type = (uint16_t)type, .value_date = date};

    if (tl_type_find((uint16_t)type)->about_case)
        entry.case_id = rig_id(case_no);
    if (ref != NULL)
        entry.ext_ref = tl_bytes_str(ref);
    rig_put(rig, member, &entry, body);
}

void rig_day(struct rig *rig, int32_t date)
{
    struct tl_body_day body = {date};

    rig_send(rig, CITY, TL_ENTRY_DAY_CLOSE, 0, date, NULL, &body);
}

void rig_publish(struct rig *rig, const struct tl_policy *policy)
{
    static uint8_t bytes[TL_POLICY_BYTES_MAX];
    static struct tl_policy known;
    struct tl_buf out = tl_buf(bytes, sizeof bytes);
    struct tl_body_policy body;

    known = *policy;
    if (known.law_count == 0) { /* tests that are not about the law: Italy was looked up */
        known.law[0] =
            (struct tl_law_row){TL_LAW_JU_01, "IT", 0, TL_DATE_NONE, "for the test", {0}};
        known.law_count = 1;
    }
    assert_true(tl_policy_encode(&known, &out));
    body.policy = tl_buf_bytes(&out);
    rig_send(rig, CITY, TL_ENTRY_POLICY_PUBLISH, 0, 10000, NULL, &body);
}

struct tl_rule *rig_rule(struct tl_policy *policy, const char *id, enum tl_action action)
{
    struct tl_rule *rule = &policy->rule[policy->rule_count++];

    tl_rule_init(rule, action);
    (void)snprintf(rule->id, sizeof rule->id, "%s", id);
    (void)snprintf(rule->citation, sizeof rule->citation, "test order, section %s", id);
    return rule;
}

void rig_clause(struct tl_rule *rule, enum tl_feature left, enum tl_op op, enum tl_feature right,
                int64_t constant)
{
    struct tl_clause *clause = &rule->guard[rule->guard_count++];

    clause->left[0] = (uint8_t)left;
    clause->left_count = left != TL_FEATURE_NONE;
    clause->op = (uint8_t)op;
    clause->right[0] = (uint8_t)right;
    clause->right_count = right != TL_FEATURE_NONE;
    clause->constant = constant;
}

static void add_fines_rules(struct tl_policy *policy, bool strict)
{
    struct tl_rule *rule = rig_rule(policy, "overdue", TL_ACTION_SET_STAGE);

    rule->anchor = TL_FEATURE_DUE_ON;
    rule->days = 1;
    rule->from_stages = tl_stage_bit(TL_STAGE_CURRENT);
    rule->stage = TL_STAGE_OVERDUE;
    rig_clause(rule, TL_FEATURE_BALANCE, TL_OP_GT, TL_FEATURE_NONE, 0);
    rule = rig_rule(policy, "penalty", TL_ACTION_ASSESS_FEE);
    rule->anchor = TL_FEATURE_NOTIFIED_ON;
    rule->days = 60;
    rule->from_stages = TL_STAGES_ALL;
    rule->fee = TL_FEE_TARIFF;
    rule->basis = TL_FEATURE_PRINCIPAL_CHARGED;
    if (strict) {
        rule->trigger = TL_TRIGGER_BOTH;
        rig_clause(rule, TL_FEATURE_BALANCE, TL_OP_GT, TL_FEATURE_NONE, 0);
    }
    rule = rig_rule(policy, "hand_off", TL_ACTION_OFFER_PLACEMENT);
    rule->anchor = TL_FEATURE_PENALTY_ON;
    rule->days = 210;
    rig_clause(rule, TL_FEATURE_BALANCE, TL_OP_GT, TL_FEATURE_NONE, 0);
    rig_clause(rule, TL_FEATURE_PAID, TL_OP_LT, TL_FEATURE_PRINCIPAL_CHARGED, 0);
    rule = rig_rule(policy, "recall_paid", TL_ACTION_RECALL_PLACEMENT);
    rule->trigger = TL_TRIGGER_FACTS;
    rig_clause(rule, TL_FEATURE_IS_PLACED, TL_OP_EQ, TL_FEATURE_NONE, 1);
    rig_clause(rule, TL_FEATURE_PAID, TL_OP_GE, TL_FEATURE_PRINCIPAL_CHARGED, 0);
}

/* Gates without conditions. */
static void add_gates(struct tl_policy *policy)
{
    struct tl_rule *rule = rig_rule(policy, "release", TL_ACTION_PERMIT_SUIT);

    rule->trigger = TL_TRIGGER_ASKED;
    rule->from_stages = tl_stage_bit(TL_STAGE_INTERNAL) | tl_stage_bit(TL_STAGE_PLACED) |
                        tl_stage_bit(TL_STAGE_CHARGED_OFF);
    rule = rig_rule(policy, "settle", TL_ACTION_PERMIT_SETTLEMENT);
    rule->trigger = TL_TRIGGER_ASKED;
    rule = rig_rule(policy, "plan", TL_ACTION_PERMIT_PLAN);
    rule->trigger = TL_TRIGGER_ASKED;
}

void rig_fines(struct rig *rig, bool strict)
{
    struct tl_policy *policy = malloc(sizeof *policy);
    struct tl_body_standing standing = {.accepts = true, .from_on = 10000};

    tl_policy_init(policy);
    (void)snprintf(policy->name, sizeof policy->name, "fines");
    (void)snprintf(policy->title, sizeof policy->title, "road traffic fines");
    policy->agency_count = 2;
    policy->agency[0] = (struct tl_policy_agency){.id = "agency-a", .weight = 60};
    policy->agency[1] = (struct tl_policy_agency){.id = "agency-b", .weight = 40};
    policy->tariff_count = 1;
    policy->tariff[0] = (struct tl_tariff){.name = "penalty", .default_bp = 20000, .rows = 1};
    policy->tariff[0].row[0] = (struct tl_tariff_row){3600, 7400};
    add_fines_rules(policy, strict);
    add_gates(policy);
    rig_publish(rig, policy);
    free(policy);
    rig_send(rig, NORTH, TL_ENTRY_PLACEMENT_STANDING, 0, 10000, NULL, &standing);
    rig_send(rig, SOUTH, TL_ENTRY_PLACEMENT_STANDING, 0, 10000, NULL, &standing);
}

void rig_agreement(struct rig *rig, uint32_t case_no, int32_t date, int64_t principal_minor)
{
    struct tl_body_agreement body = {.debt_class = TL_DEBT_PUBLIC,
                                     .product = tl_bytes_str("fine"),
                                     .jurisdiction = tl_bytes_str("IT"),
                                     .currency = 978,
                                     .policy = tl_bytes_str("fines"),
                                     .opened_on = date,
                                     .due_on = date + 60,
                                     .principal_minor = principal_minor};

    rig_send(rig, CITY, TL_ENTRY_AGREEMENT, case_no, date, "agreement", &body);
}

void rig_pay(struct rig *rig, uint32_t case_no, int32_t date, const char *name, int64_t minor)
{
    struct tl_body_payment body = {tl_bytes_str(name), minor, TL_PAY_TRANSFER};

    rig_send(rig, CITY, TL_ENTRY_PAYMENT, case_no, date, name, &body);
}

void rig_terms(struct rig *rig, uint32_t case_no, int32_t from_on, uint32_t rate_bp)
{
    struct tl_body_terms body = {rate_bp, TL_DAYCOUNT_ACT_365F, from_on, TL_BYTES_NONE};

    rig_send(rig, CITY, TL_ENTRY_AGREEMENT_AMEND, case_no, from_on, NULL, &body);
}

int64_t rig_account(struct rig *rig, enum tl_account_no account, uint32_t member)
{
    struct tl_state_key key = tl_key_account(978, (uint8_t)account, (uint8_t)member);
    struct tl_bytes value;
    struct tl_account at;
    enum tl_status status = tl_overlay_get(rig->state, tl_state_key_bytes(&key), &value);

    if (status == TL_ERR_NOT_FOUND)
        return 0;
    assert_int_equal(status, TL_OK);
    assert_int_equal(tl_record_decode(&tl_account_record, &at, value), TL_OK);
    assert_int_equal(at.debit_hi, 0);
    assert_int_equal(at.credit_hi, 0);
    return (int64_t)at.debit_lo - (int64_t)at.credit_lo;
}

void rig_notice(struct rig *rig, uint32_t case_no, int32_t date, enum tl_notice_kind kind)
{
    struct tl_body_notice body = {.kind = (uint8_t)kind, .channel = tl_bytes_str("post")};

    rig_send(rig, CITY, TL_ENTRY_NOTICE, case_no, date, NULL, &body);
}

struct tl_id rig_id(uint32_t case_no)
{
    struct tl_id id = {{0}};
    struct tl_hash hash;
    uint8_t number[4];

    tl_put_u32be(number, case_no);
    tl_hash_plain(&hash, tl_bytes(number, sizeof number));
    memcpy(id.b, hash.b, sizeof id.b);
    return id;
}

struct tl_case rig_case(struct rig *rig, uint32_t case_no)
{
    struct tl_id id = rig_id(case_no);
    struct tl_case c;

    assert_int_equal(tl_case_load(&c, rig->state, &id), TL_OK);
    return c;
}

uint32_t rig_count(const struct rig *rig, enum tl_type type, uint32_t case_no)
{
    struct tl_id id = rig_id(case_no);
    uint32_t count = 0;

    for (uint32_t i = 0; i < rig->decisions; i++)
        count += rig->decision[i].type == (uint16_t)type &&
                 memcmp(rig->decision[i].case_id.b, id.b, sizeof id.b) == 0;
    return count;
}

const struct rig_decision *rig_find(const struct rig *rig, enum tl_type type, uint32_t case_no)
{
    struct tl_id id = rig_id(case_no);

    for (uint32_t i = rig->decisions; i-- > 0;) {
        if (rig->decision[i].type == (uint16_t)type &&
            memcmp(rig->decision[i].case_id.b, id.b, sizeof id.b) == 0)
            return &rig->decision[i];
    }
    return NULL;
}

void rig_books(struct rig *rig)
{
    static struct tl_books books;
    const char *why;
    enum tl_status status = tl_books_check(&books, rig->state, &why);

    if (status != TL_OK)
        (void)fprintf(stderr, "books: %s\n", why == NULL ? tl_status_text(status) : why);
    assert_int_equal(status, TL_OK);
}
