/* Reports, counted from a ledger at any height. */
#include "commands.h"
#include "report.h"

#include <inttypes.h>
#include <string.h>

static const struct tl_opt options[] = {
    {"by", "WHAT", "productivity: actor (default), agency, strategy or segment"},
    {"since", "DATE", "from this day on; roll-rates and cure: the first of the two days"},
    {"until", "DATE", "up to this day; roll-rates and cure: the second of the two days"},
    {"within", "DAYS", "timers: that fall due in so many days (default: 30)"},
    TL_PAST_OPTIONS,
    TL_OPT_END};

static const struct tl_report *const reports[] = {
    &tl_report_ageing,          &tl_report_roll_rates,   &tl_report_cure,
    &tl_report_vintage,         &tl_report_promises,     &tl_report_disputes,
    &tl_report_violations,      &tl_report_timers,       &tl_report_productivity,
    &tl_report_collection_time, &tl_report_trial_balance};
#define REPORTS (sizeof reports / sizeof reports[0])

static const struct tl_report *report_named(const char *name)
{
    for (size_t i = 0; i < REPORTS; i++)
        if (strcmp(reports[i]->name, name) == 0)
            return reports[i];
    (void)tl_fail(TL_ERR_USAGE,
                  "ageing, roll-rates, cure, vintage, promises, disputes, violations, timers, "
                  "productivity, collection-time, trial-balance",
                  "there is no report '%s'", name);
    return NULL;
}

static enum tl_status options_read(struct tl_report_call *call, const struct tl_args *args)
{
    enum tl_status status =
        tl_opt_between(args, "within", (struct tl_bounds){0, 100000}, 30, &call->within_days);

    call->args = args;
    call->by = tl_opt_value(args, "by");
    if (status == TL_OK)
        status = tl_opt_date(args, "since", &call->has_since, &call->since);
    if (status == TL_OK)
        status = tl_opt_date(args, "until", &call->has_until, &call->until);
    return status;
}

/* Only the columns the rows have: a report may count by several things. */
static void print(const struct tl_call *call, const struct tl_report *report,
                  const struct tl_json *rows)
{
    struct tl_column shown[32];
    size_t count = 0;

    for (const struct tl_column *column = report->columns; column->key != NULL; column++)
        if (tl_json_count(rows) == 0 || tl_json_get(tl_json_at(rows, 0), column->key) != NULL)
            shown[count++] = *column;
    shown[count] = (struct tl_column)TL_COLUMN_END;
    tl_out_rows(&call->out, shown, rows);
}

static int run(struct tl_call *call)
{
    struct tl_report_call asked = {0};
    struct tl_facts facts;
    const struct tl_report *report;
    char date[11];
    enum tl_status status = tl_cmd_words(call, 1, 1, "the report's name");

    if (status == TL_OK)
        status = options_read(&asked, &call->args);
    if (status != TL_OK)
        return tl_status_exit(status);
    report = report_named(call->args.word[0]);
    if (report == NULL)
        return tl_status_exit(TL_ERR_USAGE);
    status = tl_facts_gather(&facts, &call->args);
    if (status != TL_OK)
        return tl_status_exit(status);
    asked.facts = &facts;
    asked.rows = tl_json_array();
    status = report->make(&asked);
    if (status == TL_OK) {
        print(call, report, asked.rows);
        tl_date_text(date, facts.point.closed_on);
        tl_note("as of height %" PRIu64 ", days closed until %s", facts.point.height, date);
    }
    tl_json_free(asked.rows);
    tl_facts_free(&facts);
    return tl_status_exit(status);
}

const struct tl_cmd tl_cmd_report = {
    .name = "report",
    .usage = "NAME [--ledger PATH] [--height N] [--since DATE] [--until DATE]",
    .summary = "count what a portfolio did, from the certified ledger at any height",
    .more = "NAME is one of\n"
            "  ageing           what is owed, by days past due\n"
            "  roll-rates       from which band into which cases moved between two days\n"
            "  cure             late cases of one day that are current or paid on another\n"
            "  vintage          what agencies recovered, by month of placement\n"
            "  promises         promises, settlements and plans: made, kept, broken\n"
            "  disputes         disputes open, by age, and how they were answered\n"
            "  violations       violations by rule and party\n"
            "  timers           what falls due in the next days, case by case\n"
            "  productivity     what was done and came in, --by actor, agency, strategy\n"
            "  collection-time  days from due to paid, weighted by amount\n"
            "  trial-balance    debits and credits of every account and member\n"
            "The ledger is audited up to its end first.  docs/REPORTS.md says how each figure is\n"
            "made; amounts are minor units in --csv and --json, rates are basis points.",
    .options = options,
    .run = run};
