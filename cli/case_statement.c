#include "case_statement.h"

#include "mem.h"
#include "say.h"
#include "show.h"

#include <stdio.h>
#include <string.h>

static const char *const sum_keys[TL_STATEMENT_SUMS] = {
    "principal_minor", "interest_minor", "fee_minor", "cost_minor", "tax_minor", "unapplied_minor"};

/* ---- postings ---------------------------------------------------------- */

/* What a decision says it did; entries say nothing about buckets. */
static void explicit_change(struct tl_case_statement_line *line, const struct tl_past_leaf *leaf)
{
    const union tl_body *b = &leaf->body;

    if (leaf->decision.type == TL_DECISION_FEE_ASSESSED && b->fee.bucket < TL_BUCKETS) {
        line->change[b->fee.bucket] = b->fee.amount_minor;
    } else if (leaf->decision.type == TL_DECISION_INTEREST_ACCRUED) {
        line->change[TL_BUCKET_INTEREST] = b->accrual.amount_minor;
    } else if (leaf->decision.type == TL_DECISION_ALLOCATION) {
        const struct tl_body_allocation *a = &b->allocation;
        const int64_t to[TL_BUCKETS] = {a->principal_minor, a->interest_minor, a->fee_minor,
                                        a->cost_minor, a->tax_minor};
        int64_t credit = a->unapplied_minor;

        for (uint32_t i = 0; i < TL_BUCKETS; i++) {
            line->change[i] = a->reversed ? to[i] : -to[i];
            /* money that was over pays now: it is unapplied no longer */
            if (tl_bytes_eq(leaf->decision.rule, tl_bytes_str("engine.credit")))
                credit -= to[i];
        }
        line->change[TL_BUCKETS] = a->reversed ? -credit : credit;
    }
}

static enum tl_status on_leaf(void *host, const struct tl_past_leaf *leaf)
{
    struct tl_case_statement *statement = host;
    bool decided = leaf->leaf.kind == TL_LEAF_DECISION;
    const struct tl_id *id = decided ? &leaf->decision.case_id : &leaf->entry.case_id;
    struct tl_case_statement_line *line;

    if (memcmp(id->b, statement->id.b, TL_ID_BYTES) != 0)
        return TL_OK;
    statement->line = tl_mem_grow(statement->line, &statement->cap, statement->lines + 1u,
                                  sizeof *statement->line);
    line = &statement->line[statement->lines++];
    *line = (struct tl_case_statement_line){
        .leaf = leaf->index,
        .decided = decided,
        .date = decided ? leaf->decision.date : leaf->entry.value_date,
        .type = decided ? leaf->decision.type : leaf->entry.type,
        .member = leaf->member,
        .row = tl_show_leaf(statement->genesis, leaf->index, leaf->bytes)};
    if (decided)
        explicit_change(line, leaf);
    if (line->row != NULL)
        tl_show_summary(line->row);
    return TL_OK;
}

/* The entry of a batch of lines did what its decisions do not say; without an
 * entry, the last decision did. */
static struct tl_case_statement_line *residual_line(struct tl_case_statement *statement)
{
    for (size_t i = statement->lines; i-- > statement->settled;)
        if (!statement->line[i].decided)
            return &statement->line[i];
    return &statement->line[statement->lines - 1u];
}

static void on_stored(void *host, const struct tl_case *c)
{
    struct tl_case_statement *statement = host;
    const int64_t now[TL_STATEMENT_SUMS] = {c->principal_minor, c->interest_minor,
                                            c->fee_minor,       c->cost_minor,
                                            c->tax_minor,       c->unapplied_minor};
    struct tl_case_statement_line *line;

    /* No leaf, no change; and nothing above the height is told. */
    if (memcmp(c->id.b, statement->id.b, TL_ID_BYTES) != 0 ||
        statement->settled == statement->lines)
        return;
    line = residual_line(statement);
    for (uint32_t s = 0; s < TL_STATEMENT_SUMS; s++) {
        int64_t rest = now[s] - statement->sum[s];

        for (size_t i = statement->settled; i < statement->lines; i++)
            rest -= statement->line[i].change[s];
        line->change[s] += rest;
        statement->sum[s] = now[s];
    }
    statement->settled = statement->lines;
}

/* ---- the head ---------------------------------------------------------- */

static struct tl_json *interest_rows(const struct tl_case *c)
{
    struct tl_list segments = c->segments;
    struct tl_segment segment;
    struct tl_json *rows = tl_json_array();

    while (tl_list_next(&segments, &tl_segment_record, &segment))
        tl_json_add(rows, tl_show_record(&tl_segment_record, &segment));
    return rows;
}

static void head_case(struct tl_case_statement *statement, const struct tl_case *c)
{
    struct tl_json *head = statement->head;
    struct tl_json *shown = tl_show_record(&tl_case_record, c);
    static const char *const copied[] = {
        "debt_id",    "debt_class",     "product",       "jurisdiction",     "currency",
        "stage",      "policy_name",    "policy",        "opened_on",        "due_on",
        "waived_on",  "charged_off_on", "judged_on",     "judgment_rate_bp", "daycount",
        "accrued_on", "paid_minor",     "adjusted_minor"};

    tl_json_set(head, "case", tl_json_hex(tl_bytes(c->id.b, TL_ID_BYTES)));
    for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++) {
        const struct tl_json *value = tl_json_get(shown, copied[i]);

        if (value != NULL)
            tl_json_set(head, copied[i], tl_json_keep(value));
    }
    tl_json_set(head, "owner", tl_show_member(statement->genesis, c->owner));
    tl_json_set(head, "holder", tl_show_member(statement->genesis, c->holder));
    tl_json_set(head, "interest", interest_rows(c));
    tl_json_set_int(head, "owed_minor", tl_case_balance(c));
    tl_json_free(shown);
}

/* Who opened the case, and for whom: the AGREEMENT. */
static void head_agreement(struct tl_case_statement *statement)
{
    for (size_t i = 0; i < statement->lines; i++) {
        const struct tl_case_statement_line *line = &statement->line[i];
        const struct tl_json *subject = tl_json_get(tl_json_get(line->row, "body"), "subject");

        if (line->type != TL_ENTRY_AGREEMENT)
            continue;
        tl_json_set(statement->head, "opened_by", tl_show_member(statement->genesis, line->member));
        if (subject != NULL)
            tl_json_set(statement->head, "debtor", tl_json_keep(subject));
        return;
    }
}

static void head_point(struct tl_case_statement *statement, const struct tl_past_point *point)
{
    struct tl_json *head = statement->head;
    char date[11];

    tl_date_text(date, point->closed_on);
    tl_json_set(head, "ledger", tl_json_text(point->genesis->name));
    tl_json_set(head, "chain_id", tl_json_hex(tl_bytes(point->chain_id.b, TL_HASH_BYTES)));
    tl_json_set_str(head, "as_of", date);
    tl_json_set_int(head, "height", (int64_t)point->height);
    tl_json_set(head, "block", tl_json_hex(tl_bytes(point->block_hash.b, TL_HASH_BYTES)));
    tl_json_set_int(head, "log_size", (int64_t)point->log_size);
    tl_json_set(head, "log_root", tl_json_hex(tl_bytes(point->log_root.b, TL_HASH_BYTES)));
    tl_json_set(head, "state_root", tl_json_hex(tl_bytes(point->state_root.b, TL_HASH_BYTES)));
}

static enum tl_status on_begin(void *host, const struct tl_genesis_file *genesis)
{
    ((struct tl_case_statement *)host)->genesis = &genesis->genesis;
    return TL_OK;
}

static enum tl_status on_arrive(void *host, const struct tl_past_point *point,
                                struct tl_overlay *state)
{
    struct tl_case_statement *statement = host;
    struct tl_case c;
    enum tl_status status = tl_case_load(&c, state, &statement->id);

    if (status == TL_ERR_NOT_FOUND)
        return TL_OK;
    if (status != TL_OK) {
        (void)tl_fail(status, NULL, "cannot read the case: %s", tl_status_text(status));
        return status;
    }
    statement->found = true;
    statement->head = tl_json_object();
    head_point(statement, point);
    head_case(statement, &c);
    head_agreement(statement);
    statement->wrong = statement->sum[TL_BUCKET_PRINCIPAL] != c.principal_minor ||
                       statement->sum[TL_BUCKET_INTEREST] != c.interest_minor ||
                       statement->sum[TL_BUCKET_FEE] != c.fee_minor ||
                       statement->sum[TL_BUCKET_COST] != c.cost_minor ||
                       statement->sum[TL_BUCKET_TAX] != c.tax_minor ||
                       statement->sum[TL_BUCKETS] != c.unapplied_minor ||
                       statement->settled != statement->lines;
    for (size_t i = 0; i < statement->lines; i++)
        if (!statement->line[i].decided)
            tl_json_set(statement->line[i].row, "author",
                        tl_show_member(statement->genesis, statement->line[i].member));
    return TL_OK;
}

enum tl_status tl_case_statement_make(struct tl_case_statement *statement, const struct tl_id *id,
                                      const struct tl_args *args)
{
    const struct tl_contract_watch watch = {NULL, on_stored, statement};
    const struct tl_past_visitor visitor = {on_begin, on_leaf, on_arrive, statement, &watch};
    enum tl_status status;

    *statement = (struct tl_case_statement){.id = *id};
    status = tl_past_walk(args, &visitor);
    statement->genesis = NULL;
    if (status == TL_OK && !statement->found) {
        status = TL_ERR_NOT_FOUND;
        (void)tl_fail(status, NULL, "there is no such case on this ledger at that height");
    } else if (status == TL_OK && statement->wrong) {
        status = TL_ERR_DIVERGED;
        (void)tl_fail(status, NULL, "the postings do not add up to the balances of the case");
    }
    if (status != TL_OK)
        tl_case_statement_free(statement);
    return status;
}

void tl_case_statement_free(struct tl_case_statement *statement)
{
    for (size_t i = 0; i < statement->lines; i++)
        tl_json_free(statement->line[i].row);
    tl_mem_free(statement->line);
    tl_json_free(statement->head);
    *statement = (struct tl_case_statement){0};
}

/* ---- rows -------------------------------------------------------------- */

static bool moves(const struct tl_case_statement_line *line)
{
    for (uint32_t s = 0; s < TL_STATEMENT_SUMS; s++)
        if (line->change[s] != 0)
            return true;
    return false;
}

static int64_t owed(const int64_t sum[TL_STATEMENT_SUMS])
{
    int64_t total = 0;

    for (uint32_t s = 0; s < TL_BUCKETS; s++)
        total += sum[s];
    return total;
}

static void copy(struct tl_json *row, const char *key, const struct tl_json *from,
                 const char *from_key)
{
    const struct tl_json *value = tl_json_get(from, from_key);

    if (value != NULL)
        tl_json_set(row, key, tl_json_keep(value));
}

static struct tl_json *row_of(const struct tl_case_statement_line *line)
{
    struct tl_json *row = tl_json_object();
    char date[11];

    tl_date_text(date, line->date);
    tl_json_set_str(row, "date", date);
    tl_json_set_int(row, "leaf", (int64_t)line->leaf);
    copy(row, "type", line->row, "type");
    copy(row, "by", line->row, line->decided ? "rule" : "author");
    copy(row, "reference", line->row, "ref");
    copy(row, "what", line->row, "what");
    copy(row, "citation", line->row, "citation");
    return row;
}

static void forward(const int64_t sum[TL_STATEMENT_SUMS], int32_t since, struct tl_json *rows)
{
    struct tl_json *row = tl_json_object();
    char date[11];

    tl_date_text(date, since);
    tl_json_set_str(row, "date", date);
    tl_json_set_str(row, "type", "BALANCE BROUGHT FORWARD");
    for (uint32_t s = 0; s < TL_STATEMENT_SUMS; s++)
        tl_json_set_int(row, sum_keys[s], sum[s]);
    tl_json_set_int(row, "balance_minor", owed(sum));
    tl_json_add(rows, row);
}

void tl_case_statement_rows(const struct tl_case_statement *statement, int32_t since,
                            struct tl_json *rows)
{
    int64_t sum[TL_STATEMENT_SUMS] = {0};
    bool begun = false;

    for (size_t i = 0; i < statement->lines; i++) {
        const struct tl_case_statement_line *line = &statement->line[i];
        struct tl_json *row;

        /* In the order of the ledger: a late fact stands where it was recorded. */
        if (!begun && since != TL_DATE_MIN && line->date >= since)
            forward(sum, since, rows);
        begun = begun || line->date >= since;
        for (uint32_t s = 0; s < TL_STATEMENT_SUMS; s++)
            sum[s] += line->change[s];
        if (!begun || !moves(line))
            continue;
        row = row_of(line);
        for (uint32_t s = 0; s < TL_STATEMENT_SUMS; s++)
            tl_json_set_int(row, sum_keys[s], line->change[s]);
        tl_json_set_int(row, "balance_minor", owed(sum));
        tl_json_add(rows, row);
    }
    if (!begun)
        forward(sum, since, rows);
}

/* Steps nobody outside asks for in a statement. */
static bool inner(uint16_t type)
{
    return type == TL_DECISION_STAGE_CHANGED || type == TL_DECISION_ACTION_DUE ||
           type == TL_DECISION_ALERT || type == TL_DECISION_DUPLICATE;
}

void tl_case_statement_events(const struct tl_case_statement *statement, int32_t since,
                              struct tl_json *rows)
{
    for (size_t i = 0; i < statement->lines; i++) {
        const struct tl_case_statement_line *line = &statement->line[i];

        if (line->date >= since && !moves(line) && !inner(line->type))
            tl_json_add(rows, row_of(line));
    }
}
