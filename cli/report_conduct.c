/* Who did what: violations, contacts, money, by party, agency and strategy. */
#include "report.h"

#include "mem.h"
#include "say.h"

#include <stdio.h>
#include <string.h>

/* ---- violations -------------------------------------------------------- */

enum { VIOLATION_COUNT, VIOLATION_FIRST, VIOLATION_LAST };

static void contacts_count(const struct tl_facts *facts, int64_t contacts[TL_MEMBERS_MAX])
{
    for (size_t i = 0; i < facts->facts; i++) {
        const struct tl_fact *fact = &facts->fact[i];

        if (!fact->decided && !fact->is_void && fact->type == TL_ENTRY_CONTACT_ATTEMPT &&
            fact->member < TL_MEMBERS_MAX)
            contacts[fact->member]++;
    }
}

static void violation_see(struct tl_sheet *sheet, const struct tl_facts *facts,
                          const struct tl_fact *fact)
{
    const struct tl_fact_text *text = &facts->text[fact->text];
    const struct tl_type_info *about = tl_type_find(fact->about);
    char member[TL_MEMBER_ID_MAX + 1] = "";
    int64_t *sum;

    if (fact->member < TL_MEMBERS_MAX)
        tl_facts_member(facts, fact->member, member);
    sum = tl_sheet_at(sheet, (const char *const[TL_SHEET_WORDS]){
                                 text->rule, text->why, about != NULL ? about->name : "", member});
    sum[VIOLATION_FIRST] = sum[VIOLATION_COUNT] == 0 || fact->date < sum[VIOLATION_FIRST]
                               ? fact->date
                               : sum[VIOLATION_FIRST];
    sum[VIOLATION_LAST] = sum[VIOLATION_COUNT] == 0 || fact->date > sum[VIOLATION_LAST]
                              ? fact->date
                              : sum[VIOLATION_LAST];
    sum[VIOLATION_COUNT]++;
}

static int64_t contacts_of(const struct tl_facts *facts, const char *member,
                           const int64_t contacts[TL_MEMBERS_MAX])
{
    struct tl_member found;
    int index = tl_genesis_find(&facts->genesis.genesis, tl_bytes_str(member), &found);

    return index >= 0 ? contacts[index] : 0;
}

static enum tl_status violations(struct tl_report_call *call)
{
    static const struct tl_report_names names = {{"rule", "why", "about", "party"},
                                                 {"violations", NULL, NULL}};
    int64_t contacts[TL_MEMBERS_MAX] = {0};
    struct tl_sheet sheet = {0};

    contacts_count(call->facts, contacts);
    for (size_t i = 0; i < call->facts->facts; i++)
        if (call->facts->fact[i].type == TL_DECISION_VIOLATION &&
            tl_report_day(call, call->facts->fact[i].date))
            violation_see(&sheet, call->facts, &call->facts->fact[i]);
    tl_report_rows(call->rows, &sheet, &names);
    for (size_t i = 0; i < sheet.rows; i++) {
        const struct tl_sheet_row *at = &sheet.row[i];
        struct tl_json *row = tl_json_keep(tl_json_at(call->rows, i));
        int64_t tried = contacts_of(call->facts, at->word[3], contacts);

        tl_report_date(row, "first_on", (int32_t)at->sum[VIOLATION_FIRST]);
        tl_report_date(row, "last_on", (int32_t)at->sum[VIOLATION_LAST]);
        tl_json_set_int(row, "contacts", tried);
        tl_json_set_int(row, "per_10000_contacts",
                        tl_basis_points(at->sum[VIOLATION_COUNT], tried));
        tl_json_free(row);
    }
    tl_sheet_free(&sheet);
    return TL_OK;
}

static const struct tl_column violations_columns[] = {
    {"rule", "rule", TL_COLUMN_TEXT},
    {"party", "party", TL_COLUMN_TEXT},
    {"about", "by an entry", TL_COLUMN_TEXT},
    {"violations", "violations", TL_COLUMN_NUMBER},
    {"contacts", "its contacts", TL_COLUMN_NUMBER},
    {"per_10000_contacts", "per 10,000", TL_COLUMN_NUMBER},
    {"first_on", "first", TL_COLUMN_TEXT},
    {"last_on", "last", TL_COLUMN_TEXT},
    {"why", "why", TL_COLUMN_TEXT},
    TL_COLUMN_END};

const struct tl_report tl_report_violations = {"violations", "violations by rule and party",
                                               violations_columns, violations};

/* ---- productivity ------------------------------------------------------ */

enum {
    DONE_ENTRIES,
    DONE_CONTACTS,
    DONE_TALKS, /* the right person reached */
    DONE_INBOUND,
    DONE_PROMISES,
    DONE_PAYMENTS,
    DONE_RECEIVED,
    DONE_VIOLATIONS
};

/* What a fact adds to a row; false: nothing. */
static bool done_add(int64_t *sum, const struct tl_fact *fact)
{
    if (fact->decided) {
        sum[DONE_VIOLATIONS] += fact->type == TL_DECISION_VIOLATION;
        if (fact->type == TL_DECISION_ALLOCATION)
            sum[DONE_RECEIVED] += fact->amount_minor;
        return true;
    }
    sum[DONE_ENTRIES]++;
    if (fact->is_void)
        return true;
    sum[DONE_CONTACTS] += fact->type == TL_ENTRY_CONTACT_ATTEMPT;
    sum[DONE_TALKS] +=
        (fact->type == TL_ENTRY_CONTACT_ATTEMPT || fact->type == TL_ENTRY_CONTACT_INBOUND) &&
        fact->outcome == TL_CONTACT_CONVERSATION && fact->about == TL_PERSON_DEBTOR;
    sum[DONE_INBOUND] += fact->type == TL_ENTRY_CONTACT_INBOUND;
    sum[DONE_PROMISES] += fact->type == TL_ENTRY_PROMISE_TO_PAY;
    sum[DONE_PAYMENTS] += fact->type == TL_ENTRY_PAYMENT;
    return true;
}

static void done_rows(struct tl_report_call *call, struct tl_sheet *sheet, const char *what)
{
    const struct tl_report_names names = {{what, "currency", NULL, NULL},
                                          {"entries", "contacts", "conversations", "inbound",
                                           "promises", "payments", "received_minor", "violations"}};

    tl_report_rows(call->rows, sheet, &names);
}

/* Of each member: what it wrote, and what that did. */
static void by_actor(struct tl_report_call *call)
{
    const struct tl_facts *facts = call->facts;
    struct tl_sheet sheet = {0};

    for (size_t i = 0; i < facts->facts; i++) {
        const struct tl_fact *fact = &facts->fact[i];
        size_t at = tl_facts_find(facts, &fact->case_id);
        char member[TL_MEMBER_ID_MAX + 1];
        char currency[8] = "";

        if (at == SIZE_MAX || fact->member >= TL_MEMBERS_MAX || !tl_report_day(call, fact->date))
            continue;
        (void)snprintf(currency, sizeof currency, "%03u", tl_facts_case(facts, at).currency);
        tl_facts_member(facts, fact->member, member);
        (void)done_add(tl_sheet_at(&sheet, (const char *const[TL_SHEET_WORDS]){member, currency}),
                       fact);
    }
    done_rows(call, &sheet, "actor");
    tl_sheet_free(&sheet);
}

/* Of each agency: what happened on cases while it had custody. */
static void by_agency(struct tl_report_call *call)
{
    const struct tl_facts *facts = call->facts;
    struct tl_placed *placed = tl_mem_new(facts->cases + 1u, sizeof *placed);
    struct tl_sheet sheet = {0};

    for (size_t i = 0; i < facts->facts; i++) {
        const struct tl_fact *fact = &facts->fact[i];
        size_t at = tl_facts_find(facts, &fact->case_id);
        char member[TL_MEMBER_ID_MAX + 1];
        char currency[8];

        if (at == SIZE_MAX)
            continue;
        if (fact->type == TL_DECISION_PLACEMENT_ACCEPTED)
            placed[at] = (struct tl_placed){true, fact->kind, fact->date, fact->amount_minor};
        if (placed[at].is && tl_report_day(call, fact->date)) {
            (void)snprintf(currency, sizeof currency, "%03u", tl_facts_case(facts, at).currency);
            tl_facts_member(facts, placed[at].agency, member);
            (void)done_add(
                tl_sheet_at(&sheet, (const char *const[TL_SHEET_WORDS]){member, currency}), fact);
        }
        if (fact->type == TL_DECISION_PLACEMENT_RECALLED)
            placed[at].is = false;
    }
    done_rows(call, &sheet, "agency");
    tl_sheet_free(&sheet);
    tl_mem_free(placed);
}

enum {
    PLAN_CASES,
    PLAN_CHARGED,
    PLAN_PAID,
    PLAN_OWED,
    PLAN_PAID_CASES,
    PLAN_SETTLED,
    PLAN_CHARGED_OFF,
    PLAN_DISPUTED,
    PLAN_VIOLATIONS
};

static void strategy_name(const struct tl_facts *facts, const struct tl_case *c, char *out,
                          size_t cap)
{
    const struct tl_policy *policy = tl_facts_policy(facts, &c->policy);
    char name[TL_POLICY_NAME_MAX + 1];

    tl_facts_word(name, sizeof name, c->policy_name);
    (void)snprintf(out, cap, "%s@%u", name, policy != NULL ? policy->version : 0);
}

/* The band of a case's score, or that it has none. */
static void segment_name(const struct tl_case *c, char out[24])
{
    if (c->scored_on == TL_DATE_NONE)
        (void)snprintf(out, 24, "not scored");
    else
        (void)snprintf(out, 24, "band %u", c->band);
}

/* Of each strategy, a policy's version: how its cases stand; by segment too. */
static void by_strategy(struct tl_report_call *call, bool segmented)
{
    const struct tl_report_names names = {
        {"strategy", "currency", segmented ? "segment" : NULL, NULL},
        {"cases", "charged_minor", "paid_minor", "owed_minor", "paid_cases", "settled",
         "charged_off", "disputed", "violations"}};
    struct tl_sheet sheet = {0};

    for (size_t i = 0; i < call->facts->cases; i++) {
        struct tl_case c = tl_facts_case(call->facts, i);
        char name[TL_POLICY_NAME_MAX + 16];
        char currency[8];
        char segment[24] = "";
        int64_t charged = 0;
        int64_t *sum;

        if (!tl_report_day(call, c.opened_on))
            continue;
        strategy_name(call->facts, &c, name, sizeof name);
        (void)snprintf(currency, sizeof currency, "%03u", c.currency);
        (void)!tl_case_feature(&c, TL_FEATURE_CHARGED, 0, &charged);
        if (segmented)
            segment_name(&c, segment);
        sum = tl_sheet_at(&sheet, (const char *const[TL_SHEET_WORDS]){name, currency, segment});
        sum[PLAN_CASES]++;
        sum[PLAN_CHARGED] += charged;
        sum[PLAN_PAID] += c.paid_minor;
        sum[PLAN_OWED] += tl_case_balance(&c);
        sum[PLAN_PAID_CASES] += c.stage == TL_STAGE_PAID;
        sum[PLAN_SETTLED] += c.stage == TL_STAGE_SETTLED;
        sum[PLAN_CHARGED_OFF] += c.charged_off;
        sum[PLAN_DISPUTED] += c.disputes_opened > 0;
        sum[PLAN_VIOLATIONS] += c.violations;
    }
    tl_report_rows(call->rows, &sheet, &names);
    for (size_t i = 0; i < sheet.rows; i++) {
        const int64_t *sum = sheet.row[i].sum;
        struct tl_json *row = tl_json_keep(tl_json_at(call->rows, i));

        tl_json_set_int(row, "liquidation_bp", tl_basis_points(sum[PLAN_PAID], sum[PLAN_CHARGED]));
        tl_json_set_int(row, "disputed_bp", tl_basis_points(sum[PLAN_DISPUTED], sum[PLAN_CASES]));
        tl_json_free(row);
    }
    tl_sheet_free(&sheet);
}

static enum tl_status productivity(struct tl_report_call *call)
{
    const char *by = call->by != NULL ? call->by : "actor";

    if (strcmp(by, "actor") == 0)
        by_actor(call);
    else if (strcmp(by, "agency") == 0)
        by_agency(call);
    else if (strcmp(by, "strategy") == 0 || strcmp(by, "segment") == 0)
        by_strategy(call, strcmp(by, "segment") == 0);
    else
        return tl_fail(TL_ERR_USAGE, "actor, agency, strategy, segment", "cannot count by '%s'",
                       by) != 0
                   ? TL_ERR_USAGE
                   : TL_OK;
    return TL_OK;
}

static const struct tl_column productivity_columns[] = {
    {"actor", "actor", TL_COLUMN_TEXT},
    {"agency", "agency", TL_COLUMN_TEXT},
    {"strategy", "strategy", TL_COLUMN_TEXT},
    {"segment", "segment", TL_COLUMN_TEXT},
    {"currency", "currency", TL_COLUMN_TEXT},
    {"entries", "entries", TL_COLUMN_NUMBER},
    {"contacts", "contacts", TL_COLUMN_NUMBER},
    {"conversations", "right person", TL_COLUMN_NUMBER},
    {"inbound", "inbound", TL_COLUMN_NUMBER},
    {"promises", "promises", TL_COLUMN_NUMBER},
    {"payments", "payments", TL_COLUMN_NUMBER},
    {"received_minor", "received", TL_COLUMN_MONEY},
    {"cases", "cases", TL_COLUMN_NUMBER},
    {"charged_minor", "charged", TL_COLUMN_MONEY},
    {"paid_minor", "paid", TL_COLUMN_MONEY},
    {"liquidation_bp", "paid, bp", TL_COLUMN_NUMBER},
    {"owed_minor", "owed", TL_COLUMN_MONEY},
    {"paid_cases", "paid up", TL_COLUMN_NUMBER},
    {"settled", "settled", TL_COLUMN_NUMBER},
    {"charged_off", "charged off", TL_COLUMN_NUMBER},
    {"disputed_bp", "disputed, bp", TL_COLUMN_NUMBER},
    {"violations", "violations", TL_COLUMN_NUMBER},
    TL_COLUMN_END};

const struct tl_report tl_report_productivity = {
    "productivity", "what was done and what came in, --by actor, agency or strategy",
    productivity_columns, productivity};
