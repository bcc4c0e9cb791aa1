/* The table of rules, and judging an act by it. */
#include "judge.h"

#include "tl/check.h"
#include "tl/genesis_schema.h"
#include "tl/hash.h"

#include <string.h>

/* ---- the table ---------------------------------------------------------- */

#define DENY       TL_LAW_DENY
#define FLAG       TL_LAW_FLAG
#define TERM       TL_LAW_TERM
#define HOLD_      TL_LAW_HOLD
#define SETS       TL_LAW_SETS
#define REVIEW     TL_LAW_REVIEW
#define STATE      TL_LAW_STATE
#define CHOICE     TL_LAW_CHOICE
#define OWN        TL_LAW_OWN
#define A(kind)    (1u << TL_ACT_##kind)
#define EVERY_ACT  ((1u << TL_ACTS) - 1u)
#define COLLECTOR  (TL_ROLE_AGENCY | TL_ROLE_LAW_FIRM | TL_ROLE_DEBT_BUYER)
#define LENDER     TL_ROLE_CREDITOR
#define OWNER      (TL_ROLE_CREDITOR | TL_ROLE_SERVICER)
#define ANYBODY    TL_ROLE_ALL
#define CONSUMER   (1u << TL_DEBT_CONSUMER)
#define COMMERCIAL (1u << TL_DEBT_COMMERCIAL)
#define EVERY_DEBT ((1u << (TL_DEBT_PUBLIC + 1)) - 1u)

static const struct tl_law_rule rules[TL_LAW_COUNT] = {
#define X(code, id, cite, says, modes, acts, who, classes, area, n0, n1, n2, n3, facts, judge)     \
    [TL_LAW_##code] = {id,    cite,      says, (modes),          (acts),                           \
                       (who), (classes), area, {n0, n1, n2, n3}, facts},
#include "tl/law_rules.def"
#undef X
};

static bool law_never(const struct law_view *v)
{
    (void)v;
    return false;
}

static bool (*const judges[TL_LAW_COUNT])(const struct law_view *v) = {
#define X(code, id, cite, says, modes, acts, who, classes, area, n0, n1, n2, n3, facts, judge)     \
    [TL_LAW_##code] = law_##judge,
#include "tl/law_rules.def"
#undef X
};

_Static_assert(TL_LAW_COUNT <= 128, "a rule's number is a small one");

static const char *const broken_words[] = {"broken", "missing", "unreviewed"};
const struct tl_names tl_broken_names = {broken_words,
                                         sizeof broken_words / sizeof broken_words[0]};

const struct tl_law_rule *tl_law_rule(enum tl_law rule)
{
    TL_CHECK((uint32_t)rule < TL_LAW_COUNT);
    return &rules[rule];
}

bool tl_law_find(struct tl_bytes id, uint8_t *rule)
{
    for (uint32_t i = 0; i < TL_LAW_COUNT; i++) {
        if (tl_bytes_eq(tl_bytes_str(rules[i].id), id)) {
            *rule = (uint8_t)i;
            return true;
        }
    }
    return false;
}

/* ---- places and rows ---------------------------------------------------- */

/* "US" has "US" and "US-NY" in it, not "USX". */
static bool lies_in(struct tl_bytes place, const char *area)
{
    struct tl_bytes in = tl_bytes_str(area);

    if (in.len == 0)
        return true;
    return place.len >= in.len && memcmp(place.ptr, in.ptr, in.len) == 0 &&
           (place.len == in.len || place.ptr[in.len] == '-');
}

static bool row_about(const struct tl_law_row *row, const struct tl_case *c, enum tl_law rule)
{
    if (row->rule != (uint8_t)rule || !lies_in(c->jurisdiction, row->area))
        return false;
    return (rules[rule].modes & TL_LAW_STATE) == 0 ||
           tl_bytes_eq(c->jurisdiction, tl_bytes_str(row->area));
}

static bool row_in_force(const struct tl_law_row *row, int32_t on)
{
    return on >= row->from_on && (row->until_on == TL_DATE_NONE || on <= row->until_on);
}

bool tl_law_binds(enum tl_law rule, const struct tl_case *c, uint16_t roles)
{
    const struct tl_law_rule *r = tl_law_rule(rule);

    return (r->who & roles) != 0 && (r->classes >> c->debt_class & 1u) != 0 &&
           lies_in(c->jurisdiction, r->area);
}

/* The reviewed row in force that was written for the nearest place. */
static const struct tl_law_row *row_of(const struct tl_policy *policy, const struct tl_case *c,
                                       enum tl_law rule, int32_t on)
{
    const struct tl_law_row *best = NULL;

    for (uint32_t i = 0; i < policy->law_count; i++) {
        const struct tl_law_row *row = &policy->law[i];

        if (row_about(row, c, rule) && row_in_force(row, on) && row->reviewed[0] != '\0' &&
            (best == NULL || strlen(row->area) >= strlen(best->area)))
            best = row;
    }
    return best;
}

int64_t tl_law_number(const struct tl_policy *policy, const struct tl_case *c, enum tl_law rule,
                      uint32_t at, int32_t on)
{
    const struct tl_law_row *row = row_of(policy, c, rule, on);

    TL_CHECK(at < TL_LAW_NUMBERS_MAX);
    return row == NULL ? 0 : row->number[at];
}

bool tl_law_in_force(const struct tl_policy *policy, const struct tl_case *c, enum tl_law rule,
                     int32_t on)
{
    return row_of(policy, c, rule, on) != NULL;
}

struct tl_business_days tl_law_business(const struct tl_policy *policy, bool observed)
{
    return (struct tl_business_days){policy->holiday, policy->holiday_count, observed};
}

uint32_t tl_law_holds(const struct tl_case *c, const struct tl_facets *facets, uint32_t debtor)
{
    uint32_t of_case = c->holds & ~TL_PERSONAL_HOLDS;

    TL_CHECK(debtor < TL_DEBTORS_MAX);
    return of_case | ((c->manual_holds | facets->debtor[debtor].d.holds) & TL_PERSONAL_HOLDS);
}

/* ---- judging ------------------------------------------------------------ */

/* A threat of suit needs what a suit needs. */
static uint32_t acts_of(const struct tl_act *act)
{
    uint32_t acts = 1u << act->kind;

    if (act->kind == TL_ACT_CONTACT && (act->plan.marks & TL_MARK_THREATENS) != 0)
        acts |= 1u << TL_ACT_SUE;
    return acts;
}

static bool asked(const struct law_view *v)
{
    const struct tl_law_rule *r = &rules[v->rule];
    uint16_t modes = TL_LAW_DENY;

    if (v->act->done)
        modes |= TL_LAW_FLAG;
    return (r->modes & modes) != 0 && (r->acts & acts_of(v->act)) != 0 &&
           tl_law_binds(v->rule, v->c, v->act->roles);
}

/* The worst its rows say; -1: nothing is wrong. */
static int judge_by_rows(struct law_view *v)
{
    bool known = false;
    int worst = -1;

    for (uint32_t i = 0; i < v->policy->law_count; i++) {
        v->row = &v->policy->law[i];
        if (!row_about(v->row, v->c, v->rule))
            continue;
        known = true;
        if (!row_in_force(v->row, v->act->on))
            continue;
        if (v->row->reviewed[0] == '\0')
            worst = worst == TL_BROKEN ? worst : TL_BROKEN_UNREVIEWED;
        else if (judges[v->rule](v))
            worst = TL_BROKEN;
    }
    v->row = NULL;
    if (!known && (rules[v->rule].modes & TL_LAW_CHOICE) == 0)
        return TL_BROKEN_MISSING;
    return worst;
}

static int judge_one(struct law_view *v)
{
    if ((rules[v->rule].modes & TL_LAW_OWN) != 0)
        return judges[v->rule](v) ? TL_BROKEN : -1;
    return judge_by_rows(v);
}

void tl_law_judge(struct tl_judgment *out, const struct tl_policy *policy, const struct tl_case *c,
                  const struct tl_facets *facets, const struct tl_act *act)
{
    uint32_t who = act->plan.debtor < tl_facets_debtors(facets) ? act->plan.debtor : 0;
    struct law_view v = {.policy = policy,
                         .c = c,
                         .facets = facets,
                         .f = &facets->f,
                         .debtor = &facets->debtor[who],
                         .d = &facets->debtor[who].d,
                         .act = act,
                         .holds =
                             act->kind == TL_ACT_CONTACT ? tl_law_holds(c, facets, who) : c->holds};

    TL_CHECK(act->kind < TL_ACTS);
    *out = (struct tl_judgment){.allowed = true};
    for (uint32_t i = 0; i < TL_LAW_COUNT; i++) {
        int why;

        v.rule = (enum tl_law)i;
        why = asked(&v) ? judge_one(&v) : -1;
        if (why < 0)
            continue;
        out->allowed = false;
        if (out->count == TL_JUDGMENT_MAX)
            continue;
        out->broken[out->count].rule = (uint8_t)i;
        out->broken[out->count++].why = (uint8_t)why;
    }
}

/* ---- proof -------------------------------------------------------------- */

static void put_act(struct tl_hasher *hasher, const struct tl_act *act)
{
    uint8_t scratch[256];
    struct tl_buf out = tl_buf(scratch, sizeof scratch);

    tl_record_write(&tl_body_act_record, &act->plan, &out);
    TL_CHECK(!out.full);
    tl_hasher_u64(hasher, act->member);
    tl_hasher_u64(hasher, (uint64_t)(int64_t)act->on);
    tl_hasher_u64(hasher, (uint64_t)act->time_s);
    tl_hasher_put(hasher, tl_buf_bytes(&out));
}

void tl_permit_proof(struct tl_hash *out, const struct tl_permit_at *at,
                     const struct tl_id *case_id, const struct tl_act *act,
                     const struct tl_judgment *judgment)
{
    struct tl_hasher hasher;

    tl_hasher_domain(&hasher, "tallystick/permit/v1");
    tl_hasher_put(&hasher, tl_bytes(at->chain_id.b, TL_HASH_BYTES));
    tl_hasher_u64(&hasher, at->height);
    tl_hasher_put(&hasher, tl_bytes(at->state_root.b, TL_HASH_BYTES));
    tl_hasher_put(&hasher, tl_bytes(case_id->b, TL_ID_BYTES));
    put_act(&hasher, act);
    tl_hasher_u64(&hasher, judgment->allowed);
    for (uint32_t i = 0; i < judgment->count; i++) {
        const char *id = rules[judgment->broken[i].rule].id;

        tl_hasher_put(&hasher, tl_bytes((const uint8_t *)id, strlen(id) + 1));
    }
    tl_hasher_done(&hasher, out);
}
