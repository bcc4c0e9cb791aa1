/* What the rules did, to all cases: a list, or counts. */
#include "commands.h"
#include "connect.h"
#include "decision_counts.h"
#include "decisions.h"
#include "show.h"

#include "tl/entry.h"

static const struct tl_opt options[] = {
    {"type", "TYPE", "decisions of this type, e.g. VIOLATION, DENIED, CHARGED_OFF"},
    {"rule", "RULE", "decisions of this rule"},
    {"from", "DATE", "that take effect on this day or later"},
    {"until", "DATE", "that take effect on this day or earlier"},
    {"limit", "N", "at most so many, the first ones"},
    {"count", NULL, "count them by type, rule and reason instead of listing them"},
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"},
    TL_OPT_END};

struct listing {
    uint16_t type; /* 0: any */
    const char *rule;
    bool has_from;
    bool has_to;
    int32_t from;
    int32_t to;
    int64_t limit;
    struct tl_json *rows;
    const struct tl_genesis *genesis;
    struct tl_decision_counts *counts; /* NULL: a list */
};

static bool wanted(const struct listing *list, const struct tl_decision *decision)
{
    return (list->type == 0 || decision->type == list->type) &&
           (list->rule == NULL || tl_bytes_eq(decision->rule, tl_bytes_str(list->rule))) &&
           (!list->has_from || decision->date >= list->from) &&
           (!list->has_to || decision->date <= list->to);
}

static bool see(void *context, uint64_t height, const struct tl_decision *decision)
{
    struct listing *list = context;

    if (!wanted(list, decision))
        return true;
    if (list->counts != NULL) {
        tl_decision_counts_add(list->counts, decision);
        return true;
    }
    if (list->limit <= 0)
        return false;
    list->limit--;
    tl_json_add(list->rows, tl_show_decision(list->genesis, height, decision));
    return true;
}

static enum tl_status options_read(struct listing *list, const struct tl_args *args)
{
    const char *type = tl_opt_value(args, "type");
    const struct tl_type_info *info = type != NULL ? tl_type_named(tl_bytes_str(type)) : NULL;
    enum tl_status status = tl_opt_date(args, "from", &list->has_from, &list->from);

    list->rule = tl_opt_value(args, "rule");
    if (status == TL_OK)
        status = tl_opt_date(args, "until", &list->has_to, &list->to);
    if (status == TL_OK)
        status = tl_opt_between(args, "limit", (struct tl_bounds){0, INT64_MAX}, INT64_MAX,
                                &list->limit);
    if (status != TL_OK)
        return status;
    if (type != NULL && (info == NULL || !info->derived)) {
        (void)tl_fail(TL_ERR_USAGE,
                      "e.g. VIOLATION, DENIED, STAGE_CHANGED, FEE_ASSESSED, PLACEMENT_OFFERED, "
                      "FURNISH_ELIGIBLE, CHARGED_OFF",
                      "'%s' is no type of decision", type);
        return TL_ERR_USAGE;
    }
    list->type = info != NULL ? info->code : 0;
    return TL_OK;
}

static void print(const struct tl_call *call, struct listing *list)
{
    static const struct tl_column each[] = {{"date", "date", TL_COLUMN_TEXT},
                                            {"type", "type", TL_COLUMN_TEXT},
                                            {"case", "case", TL_COLUMN_TEXT},
                                            {"what", "what", TL_COLUMN_TEXT},
                                            {"citation", "because of", TL_COLUMN_TEXT},
                                            {"cause", "leaf", TL_COLUMN_NUMBER},
                                            TL_COLUMN_END};
    static const struct tl_column counted[] = {
        {"type", "type", TL_COLUMN_TEXT},         {"rule", "rule", TL_COLUMN_TEXT},
        {"about", "about", TL_COLUMN_TEXT},       {"why", "reason", TL_COLUMN_TEXT},
        {"count", "decisions", TL_COLUMN_NUMBER}, TL_COLUMN_END};

    tl_out_rows(&call->out, list->counts != NULL ? counted : each, list->rows);
}

static int run(struct tl_call *call)
{
    struct tl_connection connection;
    struct tl_decision_counts counts = {0};
    struct listing list = {.counts = tl_opt_given(&call->args, "count") ? &counts : NULL};
    struct tl_why why = {""};
    enum tl_status status = tl_cmd_words(call, 0, 0, "");

    if (status == TL_OK)
        status = options_read(&list, &call->args);
    if (status == TL_OK)
        status = tl_connect(&connection, &call->args);
    if (status != TL_OK)
        return tl_status_exit(status);
    list.rows = tl_json_array();
    list.genesis = &connection.genesis.genesis;
    status = tl_decisions_walk(connection.client, see, &list, &why);
    tl_disconnect(&connection);
    if (status != TL_OK) {
        (void)tl_fail(status, NULL, "cannot ask for decisions: %s", why.text);
    } else {
        if (list.counts != NULL)
            tl_decision_counts_rows(&counts, list.rows);
        print(call, &list);
    }
    tl_json_free(list.rows);
    tl_decision_counts_free(&counts);
    return tl_status_exit(status);
}

const struct tl_cmd tl_cmd_decisions = {
    .name = "decisions",
    .usage = "[--type TYPE] [--rule RULE] [--count]",
    .summary = "list what the rules did, to all cases",
    .more = "The leaf is the first the decision follows from; `tally case history` shows both in\n"
            "their place.  --json has every field of a decision.",
    .options = options,
    .run = run};
