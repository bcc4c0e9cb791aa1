/* A policy's canonical bytes: what is published, hashed and cited. */
#include "rules.h"

#include "tl/check.h"
#include "tl/hash.h"
#include "tl/law.h"

#include <string.h>

#define CLAUSE_FIELDS(FIELD, T)                                                                    \
    FIELD(T, BIN, left, TL_TERMS_MAX, NULL) /* one feature a byte */                               \
    FIELD(T, ENUM, op, TL_OP_GT, &tl_op_names)                                                     \
    FIELD(T, BIN, right, TL_TERMS_MAX, NULL)                                                       \
    FIELD(T, I64, constant, 0, NULL)
#define RULE_FIELDS(FIELD, T)                                                                      \
    FIELD(T, STR, id, TL_RULE_ID_MAX, NULL)                                                        \
    FIELD(T, STR, citation, TL_CITATION_MAX, NULL)                                                 \
    FIELD(T, U32, from_stages, TL_STAGES_ALL, NULL)                                                \
    FIELD(T, ENUM, trigger, TL_TRIGGER_ASKED, &tl_trigger_names)                                   \
    FIELD(T, ENUM, anchor, TL_FEATURE_COUNT - 1u, &tl_feature_names)                               \
    FIELD(T, I32, days, 0, NULL)                                                                   \
    FIELD(T, U16, every_days, UINT16_MAX, NULL)                                                    \
    FIELD(T, U16, times, UINT16_MAX, NULL)                                                         \
    FIELD(T, ENUM, action_class, TL_CLASS_ERASE, &tl_class_names)                                  \
    FIELD(T, LIST, guard, TL_CLAUSES_MAX, &wire_clause_record)                                     \
    FIELD(T, ENUM, action, TL_ACTION_SCORE, &tl_action_names)                                      \
    FIELD(T, ENUM, stage, TL_STAGE_UNCOLLECTIBLE, &tl_stage_names)                                 \
    FIELD(T, ENUM, kind, TL_DUE_DISPUTE_ANSWER, &tl_action_kind_names)                             \
    FIELD(T, ENUM, bucket, TL_BUCKET_TAX, &tl_bucket_names)                                        \
    FIELD(T, ENUM, fee, TL_FEE_TARIFF, &tl_fee_names)                                              \
    FIELD(T, ENUM, basis, TL_FEATURE_COUNT - 1u, &tl_feature_names)                                \
    FIELD(T, U8, tariff, TL_TARIFFS_MAX - 1u, NULL)                                                \
    FIELD(T, U32, rate_bp, UINT32_MAX, NULL)                                                       \
    FIELD(T, I64, amount_minor, 0, NULL)                                                           \
    FIELD(T, I64, cap_minor, 0, NULL)
#define ROW_FIELDS(FIELD, T)                                                                       \
    FIELD(T, I64, basis_minor, 0, NULL)                                                            \
    FIELD(T, I64, total_minor, 0, NULL)
#define TARIFF_FIELDS(FIELD, T)                                                                    \
    FIELD(T, STR, name, 32, NULL)                                                                  \
    FIELD(T, U32, default_bp, UINT32_MAX, NULL)                                                    \
    FIELD(T, LIST, rows, TL_TARIFF_ROWS_MAX, &wire_row_record)
#define AGENCY_FIELDS(FIELD, T)                                                                    \
    FIELD(T, STR, id, TL_MEMBER_ID_MAX, NULL)                                                      \
    FIELD(T, U32, weight, 10000, NULL)                                                             \
    FIELD(T, U8, commission, TL_COMMISSIONS_MAX, NULL)
#define STEP_FIELDS(FIELD, T)                                                                      \
    FIELD(T, I64, up_to, 0, NULL)                                                                  \
    FIELD(T, U32, rate_bp, 10000, NULL)
#define COMMISSION_FIELDS(FIELD, T)                                                                \
    FIELD(T, STR, name, 32, NULL)                                                                  \
    FIELD(T, ENUM, kind, TL_COMMISSION_BRACKETS, &tl_commission_kind_names)                        \
    FIELD(T, ENUM, mode, TL_REMIT_COMBINED, &tl_remit_mode_names)                                  \
    FIELD(T, U16, tail_days, UINT16_MAX, NULL)                                                     \
    FIELD(T, BOOL, costs_first, 0, NULL)                                                           \
    FIELD(T, LIST, steps, TL_COMMISSION_STEPS_MAX, &wire_step_record)
#define MASK_FIELDS(FIELD, T)   FIELD(T, U16, mask, (1u << TL_CLASSES) - 1u, NULL)
#define NUMBER_FIELDS(FIELD, T) FIELD(T, I64, value, 0, NULL)
#define LAW_FIELDS(FIELD, T)                                                                       \
    FIELD(T, STR, rule, 8, NULL) /* its id */                                                      \
    FIELD(T, STR, area, 8, NULL)                                                                   \
    FIELD(T, I32, from_on, 0, NULL)                                                                \
    FIELD(T, I32, until_on, 0, NULL)                                                               \
    FIELD(T, STR, reviewed, 96, NULL)                                                              \
    FIELD(T, LIST, numbers, TL_LAW_NUMBERS_MAX, &wire_number_record)
/* By day of the month, or (day 0) by the nth weekday, 5 the last. */
#define HOLIDAY_FIELDS(FIELD, T)                                                                   \
    FIELD(T, U8, month, 12, NULL)                                                                  \
    FIELD(T, U8, day, 31, NULL)                                                                    \
    FIELD(T, U8, weekday, 6, NULL)                                                                 \
    FIELD(T, U8, nth, 5, NULL)                                                                     \
    FIELD(T, U16, since_year, 9999, NULL)
#define POLICY_FIELDS(FIELD, T)                                                                    \
    FIELD(T, U16, format, 1, NULL)                                                                 \
    FIELD(T, STR, name, TL_POLICY_NAME_MAX, NULL)                                                  \
    FIELD(T, STR, title, 128, NULL)                                                                \
    FIELD(T, U32, version, UINT32_MAX, NULL)                                                       \
    FIELD(T, BIN, allocation, TL_BUCKETS, NULL)                                                    \
    FIELD(T, LIST, hold_masks, TL_HOLDS, &wire_mask_record)                                        \
    FIELD(T, BIN, regime_holds, TL_REGIME_APPEAL + 1u, NULL)                                       \
    FIELD(T, LIST, agencies, TL_POLICY_AGENCIES_MAX, &wire_agency_record)                          \
    FIELD(T, LIST, tariffs, TL_TARIFFS_MAX, &wire_tariff_record)                                   \
    FIELD(T, LIST, rules, TL_RULES_MAX, &wire_rule_record)                                         \
    FIELD(T, U32, scra_cap_bp, TL_CAP_NONE, NULL)                                                  \
    FIELD(T, LIST, commissions, TL_COMMISSIONS_MAX, &wire_commission_record)                       \
    FIELD(T, LIST, law, TL_LAW_ROWS_MAX, &wire_law_record)                                         \
    FIELD(T, LIST, holidays, TL_HOLIDAYS_MAX, &wire_holiday_record)

TL_DECLARE_RECORD(wire_clause, CLAUSE_FIELDS)
TL_DECLARE_RECORD(wire_rule, RULE_FIELDS)
TL_DECLARE_RECORD(wire_row, ROW_FIELDS)
TL_DECLARE_RECORD(wire_tariff, TARIFF_FIELDS)
TL_DECLARE_RECORD(wire_agency, AGENCY_FIELDS)
TL_DECLARE_RECORD(wire_step, STEP_FIELDS)
TL_DECLARE_RECORD(wire_commission, COMMISSION_FIELDS)
TL_DECLARE_RECORD(wire_mask, MASK_FIELDS)
TL_DECLARE_RECORD(wire_number, NUMBER_FIELDS)
TL_DECLARE_RECORD(wire_law, LAW_FIELDS)
TL_DECLARE_RECORD(wire_holiday, HOLIDAY_FIELDS)
TL_DECLARE_RECORD(wire_policy, POLICY_FIELDS)
TL_DEFINE_RECORD(wire_clause, CLAUSE_FIELDS)
TL_DEFINE_RECORD(wire_rule, RULE_FIELDS)
TL_DEFINE_RECORD(wire_row, ROW_FIELDS)
TL_DEFINE_RECORD(wire_tariff, TARIFF_FIELDS)
TL_DEFINE_RECORD(wire_agency, AGENCY_FIELDS)
TL_DEFINE_RECORD(wire_step, STEP_FIELDS)
TL_DEFINE_RECORD(wire_commission, COMMISSION_FIELDS)
TL_DEFINE_RECORD(wire_mask, MASK_FIELDS)
TL_DEFINE_RECORD(wire_number, NUMBER_FIELDS)
TL_DEFINE_RECORD(wire_law, LAW_FIELDS)
TL_DEFINE_RECORD(wire_holiday, HOLIDAY_FIELDS)
TL_DEFINE_RECORD(wire_policy, POLICY_FIELDS)

/* ---- writing ----------------------------------------------------------- */

/* A list is written in place, count first, so records that hold one are
 * written field by field; decoding them back checks the order. */
static void put_clause(const struct tl_clause *clause, struct tl_buf *out)
{
    const struct wire_clause wire = {
        .left = tl_bytes(clause->left, clause->left_count),
        .op = clause->op,
        .right = tl_bytes(clause->right, clause->right_count),
        .constant = clause->constant,
    };

    tl_record_write(&wire_clause_record, &wire, out);
}

static void put_rule(const struct tl_rule *rule, struct tl_buf *out)
{
    tl_write_array(out, (uint32_t)wire_rule_record.count);
    tl_write_str(out, tl_bytes_str(rule->id));
    tl_write_str(out, tl_bytes_str(rule->citation));
    tl_write_uint(out, rule->from_stages);
    tl_write_uint(out, rule->trigger);
    tl_write_uint(out, rule->anchor);
    tl_write_int(out, rule->days);
    tl_write_uint(out, rule->every_days);
    tl_write_uint(out, rule->times);
    tl_write_uint(out, rule->action_class);
    tl_write_array(out, rule->guard_count);
    for (uint32_t i = 0; i < rule->guard_count; i++)
        put_clause(&rule->guard[i], out);
    tl_write_uint(out, rule->action);
    tl_write_uint(out, rule->stage);
    tl_write_uint(out, rule->kind);
    tl_write_uint(out, rule->bucket);
    tl_write_uint(out, rule->fee);
    tl_write_uint(out, rule->basis);
    tl_write_uint(out, rule->tariff);
    tl_write_uint(out, rule->rate_bp);
    tl_write_int(out, rule->amount_minor);
    tl_write_int(out, rule->cap_minor);
}

static void put_tariff(const struct tl_tariff *tariff, struct tl_buf *out)
{
    tl_write_array(out, (uint32_t)wire_tariff_record.count);
    tl_write_str(out, tl_bytes_str(tariff->name));
    tl_write_uint(out, tariff->default_bp);
    tl_write_array(out, tariff->rows);
    for (uint32_t i = 0; i < tariff->rows; i++) {
        const struct wire_row row = {tariff->row[i].basis_minor, tariff->row[i].total_minor};

        tl_record_write(&wire_row_record, &row, out);
    }
}

static void put_commission(const struct tl_commission_terms *terms, struct tl_buf *out)
{
    tl_write_array(out, (uint32_t)wire_commission_record.count);
    tl_write_str(out, tl_bytes_str(terms->name));
    tl_write_uint(out, terms->kind);
    tl_write_uint(out, terms->mode);
    tl_write_uint(out, terms->tail_days);
    tl_write_bool(out, terms->costs_first);
    tl_write_array(out, terms->steps);
    for (uint32_t i = 0; i < terms->steps; i++) {
        const struct wire_step step = {terms->up_to[i], terms->rate_bp[i]};

        tl_record_write(&wire_step_record, &step, out);
    }
}

static void put_law_row(const struct tl_law_row *row, struct tl_buf *out)
{
    tl_write_array(out, (uint32_t)wire_law_record.count);
    tl_write_str(out, tl_bytes_str(tl_law_rule((enum tl_law)row->rule)->id));
    tl_write_str(out, tl_bytes_str(row->area));
    tl_write_int(out, row->from_on);
    tl_write_int(out, row->until_on);
    tl_write_str(out, tl_bytes_str(row->reviewed));
    tl_write_array(out, TL_LAW_NUMBERS_MAX);
    for (uint32_t i = 0; i < TL_LAW_NUMBERS_MAX; i++) {
        const struct wire_number number = {row->number[i]};

        tl_record_write(&wire_number_record, &number, out);
    }
}

static void put_law(const struct tl_policy *policy, struct tl_buf *out)
{
    tl_write_array(out, policy->law_count);
    for (uint32_t i = 0; i < policy->law_count; i++)
        put_law_row(&policy->law[i], out);
    tl_write_array(out, policy->holiday_count);
    for (uint32_t i = 0; i < policy->holiday_count; i++) {
        const struct tl_holiday *day = &policy->holiday[i];
        const struct wire_holiday wire = {day->month, day->day, day->weekday, day->nth,
                                          (uint16_t)day->since_year};

        tl_record_write(&wire_holiday_record, &wire, out);
    }
}

static void put_lists(const struct tl_policy *policy, struct tl_buf *out)
{
    tl_write_array(out, policy->agency_count);
    for (uint32_t i = 0; i < policy->agency_count; i++) {
        const struct wire_agency agency = {tl_bytes_str(policy->agency[i].id),
                                           policy->agency[i].weight, policy->agency[i].commission};

        tl_record_write(&wire_agency_record, &agency, out);
    }
    tl_write_array(out, policy->tariff_count);
    for (uint32_t i = 0; i < policy->tariff_count; i++)
        put_tariff(&policy->tariff[i], out);
    tl_write_array(out, policy->rule_count);
    for (uint32_t i = 0; i < policy->rule_count; i++)
        put_rule(&policy->rule[i], out);
    tl_write_uint(out, policy->scra_cap_bp);
    tl_write_array(out, policy->commission_count);
    for (uint32_t i = 0; i < policy->commission_count; i++)
        put_commission(&policy->commission[i], out);
    put_law(policy, out);
}

bool tl_policy_encode(const struct tl_policy *policy, struct tl_buf *out)
{
    tl_write_array(out, (uint32_t)wire_policy_record.count);
    tl_write_uint(out, 1);
    tl_write_str(out, tl_bytes_str(policy->name));
    tl_write_str(out, tl_bytes_str(policy->title));
    tl_write_uint(out, policy->version);
    tl_write_bin(out, tl_bytes(policy->allocation, TL_BUCKETS));
    tl_write_array(out, TL_HOLDS);
    for (uint32_t i = 0; i < TL_HOLDS; i++) {
        const struct wire_mask mask = {policy->hold_masks[i]};

        tl_record_write(&wire_mask_record, &mask, out);
    }
    tl_write_bin(out, tl_bytes(policy->regime_holds, sizeof policy->regime_holds));
    put_lists(policy, out);
    return !out->full;
}

/* ---- reading ----------------------------------------------------------- */

/* The records bound every view, so it fits with its terminator. */
static void take_text(char *out, size_t size, struct tl_bytes text)
{
    TL_CHECK(text.len < size);
    if (text.len != 0)
        memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
}

static uint8_t take_terms(uint8_t out[TL_TERMS_MAX], struct tl_bytes terms)
{
    TL_CHECK(terms.len <= TL_TERMS_MAX);
    if (terms.len != 0)
        memcpy(out, terms.ptr, terms.len);
    return (uint8_t)terms.len;
}

static void take_rule(struct tl_rule *rule, const struct wire_rule *wire)
{
    struct tl_list guard = wire->guard;
    struct wire_clause clause;

    take_text(rule->id, sizeof rule->id, wire->id);
    take_text(rule->citation, sizeof rule->citation, wire->citation);
    rule->from_stages = wire->from_stages;
    rule->trigger = wire->trigger;
    rule->anchor = wire->anchor;
    rule->days = wire->days;
    rule->every_days = wire->every_days;
    rule->times = wire->times;
    rule->action_class = wire->action_class;
    while (tl_list_next(&guard, &wire_clause_record, &clause)) {
        struct tl_clause *to = &rule->guard[rule->guard_count++];

        to->left_count = take_terms(to->left, clause.left);
        to->right_count = take_terms(to->right, clause.right);
        to->op = clause.op;
        to->constant = clause.constant;
    }
    rule->action = wire->action;
    rule->stage = wire->stage;
    rule->kind = wire->kind;
    rule->bucket = wire->bucket;
    rule->fee = wire->fee;
    rule->basis = wire->basis;
    rule->tariff = wire->tariff;
    rule->rate_bp = wire->rate_bp;
    rule->amount_minor = wire->amount_minor;
    rule->cap_minor = wire->cap_minor;
}

static void take_tariffs(struct tl_policy *policy, struct tl_list list)
{
    struct wire_tariff wire;
    struct wire_row row;

    while (tl_list_next(&list, &wire_tariff_record, &wire)) {
        struct tl_tariff *tariff = &policy->tariff[policy->tariff_count++];

        take_text(tariff->name, sizeof tariff->name, wire.name);
        tariff->default_bp = wire.default_bp;
        while (tl_list_next(&wire.rows, &wire_row_record, &row))
            tariff->row[tariff->rows++] = (struct tl_tariff_row){row.basis_minor, row.total_minor};
    }
}

static void take_commissions(struct tl_policy *policy, struct tl_list list)
{
    struct wire_commission wire;
    struct wire_step step;

    while (tl_list_next(&list, &wire_commission_record, &wire)) {
        struct tl_commission_terms *terms = &policy->commission[policy->commission_count++];

        take_text(terms->name, sizeof terms->name, wire.name);
        terms->kind = wire.kind;
        terms->mode = wire.mode;
        terms->tail_days = wire.tail_days;
        terms->costs_first = wire.costs_first;
        while (tl_list_next(&wire.steps, &wire_step_record, &step)) {
            terms->up_to[terms->steps] = step.up_to;
            terms->rate_bp[terms->steps++] = step.rate_bp;
        }
    }
}

static void take_lists(struct tl_policy *policy, const struct wire_policy *wire)
{
    struct tl_list list = wire->agencies;
    struct wire_agency agency;
    struct wire_rule rule;

    while (tl_list_next(&list, &wire_agency_record, &agency)) {
        struct tl_policy_agency *to = &policy->agency[policy->agency_count++];

        take_text(to->id, sizeof to->id, agency.id);
        to->weight = agency.weight;
        to->commission = agency.commission;
    }
    take_tariffs(policy, wire->tariffs);
    policy->scra_cap_bp = wire->scra_cap_bp;
    take_commissions(policy, wire->commissions);
    list = wire->rules;
    while (tl_list_next(&list, &wire_rule_record, &rule))
        take_rule(&policy->rule[policy->rule_count++], &rule);
}

static enum tl_status take_law_row(struct tl_law_row *row, const struct wire_law *wire)
{
    struct tl_list numbers = wire->numbers;
    struct wire_number number;
    uint32_t at = 0;

    if (!tl_law_find(wire->rule, &row->rule) || numbers.count != TL_LAW_NUMBERS_MAX)
        return TL_ERR_RANGE;
    take_text(row->area, sizeof row->area, wire->area);
    take_text(row->reviewed, sizeof row->reviewed, wire->reviewed);
    row->from_on = wire->from_on;
    row->until_on = wire->until_on;
    while (tl_list_next(&numbers, &wire_number_record, &number))
        row->number[at++] = number.value;
    return TL_OK;
}

static enum tl_status take_law(struct tl_policy *policy, const struct wire_policy *wire)
{
    struct tl_list list = wire->law;
    struct wire_law row;
    struct wire_holiday day;
    enum tl_status status = TL_OK;

    while (status == TL_OK && tl_list_next(&list, &wire_law_record, &row))
        status = take_law_row(&policy->law[policy->law_count++], &row);
    list = wire->holidays;
    while (tl_list_next(&list, &wire_holiday_record, &day))
        policy->holiday[policy->holiday_count++] =
            (struct tl_holiday){day.month, day.day, day.weekday, day.nth, day.since_year};
    return status;
}

static enum tl_status take_head(struct tl_policy *policy, const struct wire_policy *wire)
{
    struct tl_list masks = wire->hold_masks;
    struct wire_mask mask;
    size_t at = 0;

    if (wire->format != 1 || wire->allocation.len != TL_BUCKETS || masks.count != TL_HOLDS ||
        wire->regime_holds.len != sizeof policy->regime_holds)
        return TL_ERR_RANGE;
    take_text(policy->name, sizeof policy->name, wire->name);
    take_text(policy->title, sizeof policy->title, wire->title);
    policy->version = wire->version;
    memcpy(policy->allocation, wire->allocation.ptr, TL_BUCKETS);
    memcpy(policy->regime_holds, wire->regime_holds.ptr, sizeof policy->regime_holds);
    while (tl_list_next(&masks, &wire_mask_record, &mask))
        policy->hold_masks[at++] = mask.mask;
    return TL_OK;
}

enum tl_status tl_policy_decode(struct tl_policy *policy, struct tl_bytes bytes)
{
    struct wire_policy wire;
    struct tl_policy_fault fault;
    enum tl_status status = tl_record_decode(&wire_policy_record, &wire, bytes);

    memset(policy, 0, sizeof *policy);
    if (status == TL_OK)
        status = take_head(policy, &wire);
    if (status == TL_OK) {
        take_lists(policy, &wire);
        status = take_law(policy, &wire);
    }
    if (status == TL_OK) {
        status = tl_policy_check(policy, &fault) ? TL_OK : TL_ERR_RANGE;
    }
    if (status != TL_OK)
        memset(policy, 0, sizeof *policy);
    return status;
}

void tl_policy_hash(struct tl_hash *out, struct tl_bytes bytes)
{
    tl_hash_domain(out, "tallystick/policy/v1", bytes);
}
