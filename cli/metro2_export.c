#include "metro2_export.h"

#include "tl/hash.h"
#include "tl/merkle.h"

#include "mem.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

/* ---- gathering --------------------------------------------------------- */

static int64_t received(const struct tl_past_leaf *leaf)
{
    const struct tl_body_allocation *b = &leaf->body.allocation;
    int64_t sum;

    if (leaf->leaf.kind != TL_LEAF_DECISION || leaf->decision.type != TL_DECISION_ALLOCATION ||
        tl_bytes_eq(leaf->decision.rule, tl_bytes_str("engine.credit")))
        return 0;
    sum = b->principal_minor + b->interest_minor + b->fee_minor + b->cost_minor + b->tax_minor +
          b->unapplied_minor;
    return b->reversed ? -sum : sum;
}

static enum tl_status see(void *host, const struct tl_past_leaf *leaf)
{
    struct tl_metro2_export *export = host;
    bool decided = leaf->leaf.kind == TL_LEAF_DECISION;
    const struct tl_id *id = decided ? &leaf->decision.case_id : &leaf->entry.case_id;
    struct tl_metro2_leaf *item;

    if (tl_id_is_zero(id))
        return TL_OK;
    export->leaf =
        tl_mem_grow(export->leaf, &export->leaf_cap, export->leaves + 1u, sizeof *export->leaf);
    item = &export->leaf[export->leaves++];
    *item = (struct tl_metro2_leaf){.case_id = *id,
                                    .index = leaf->index,
                                    .type = decided ? leaf->decision.type : leaf->entry.type,
                                    .decided = decided,
                                    .date = decided ? leaf->decision.date : leaf->entry.value_date,
                                    .received_minor = received(leaf)};
    tl_merkle_leaf(&item->hash, leaf->bytes);
    return TL_OK;
}

static int by_case(const void *a, const void *b)
{
    const struct tl_metro2_leaf *x = a;
    const struct tl_metro2_leaf *y = b;
    int order = memcmp(x->case_id.b, y->case_id.b, TL_ID_BYTES);

    if (order != 0)
        return order;
    return x->index < y->index ? -1 : x->index > y->index ? 1 : 0;
}

const struct tl_metro2_leaf *tl_metro2_export_leaves(const struct tl_metro2_export *export,
                                                     const struct tl_id *id, size_t *count)
{
    size_t low = 0;
    size_t high = export->leaves;

    *count = 0;
    while (low < high) {
        size_t mid = low + (high - low) / 2u;

        if (memcmp(export->leaf[mid].case_id.b, id->b, TL_ID_BYTES) < 0)
            low = mid + 1u;
        else
            high = mid;
    }
    while (low + *count < export->leaves &&
           memcmp(export->leaf[low + *count].case_id.b, id->b, TL_ID_BYTES) == 0)
        ++*count;
    return &export->leaf[low];
}

/* ---- a tradeline ------------------------------------------------------- */

/* Its number: the side file's, or the case's id as far as it fits. */
static void account_number(const struct tl_metro2_export *export, const struct tl_id *id,
                           char out[31])
{
    static const char digits[] = "0123456789ABCDEF";
    size_t count;
    const struct tl_metro2_side_row *row = tl_metro2_side_find(export->side, id, &count);

    for (size_t i = 0; i < 30; i++)
        out[i] = digits[((uint32_t)id->b[i / 2u] >> (i % 2u == 0 ? 4u : 0u)) & 15u];
    out[30] = '\0';
    for (size_t i = 0; row != NULL && i < row->pairs; i++) {
        const struct tl_metro2_pair *pair = &export->side->pair[row->first + i];

        if (row->kind == TL_METRO2_BASE && pair->field == TL_METRO2_BASE_CONSUMER_ACCOUNT_NUMBER)
            (void)snprintf(out, 31, "%.30s", (const char *)pair->text.ptr);
    }
}

static const struct tl_metro2_summary *before_of(const struct tl_metro2_export *export,
                                                 const char *account)
{
    uint8_t base[TL_METRO2_MAIN_BYTES];
    uint8_t key[TL_METRO2_KEY_BYTES];
    struct tl_bytes identification;
    struct tl_bytes number;

    tl_metro2_blank(base, TL_METRO2_BASE);
    if (!tl_metro2_set_words(base, TL_METRO2_BASE_IDENTIFICATION_NUMBER,
                             export->profile->account.identification) ||
        !tl_metro2_set_words(base, TL_METRO2_BASE_CONSUMER_ACCOUNT_NUMBER, tl_bytes_str(account)))
        return NULL;
    identification = tl_metro2_text(base, TL_METRO2_BASE_IDENTIFICATION_NUMBER);
    number = tl_metro2_text(base, TL_METRO2_BASE_CONSUMER_ACCOUNT_NUMBER);
    memcpy(key, identification.ptr, identification.len);
    memcpy(key + identification.len, number.ptr, number.len);
    return tl_metro2_index_find(export->before, key);
}

/* Whose is it to report: a collector's what was placed with it, anybody else's
 * what it owns. */
static bool is_reporters(const struct tl_metro2_export *export, const struct tl_case *c)
{
    struct tl_bytes type = export->profile->account.account_type;

    if (tl_metro2_is_collector(type.ptr) && !tl_bytes_eq(type, tl_bytes_str("0C")))
        return c->agency == export->member && c->placed_on != TL_DATE_NONE;
    return c->owner == export->member;
}

/* A comment of the ledger's (sold, settled) and a death stay, whoever says else. */
static void person_fields(const struct tl_metro2_export *export, struct tl_metro2_line *line)
{
    struct tl_bytes comment = tl_metro2_text(line->base, TL_METRO2_BASE_SPECIAL_COMMENT);
    const uint8_t said[2] = {comment.ptr[0], comment.ptr[1]};
    bool deceased = tl_metro2_text(line->base, TL_METRO2_BASE_ECOA_CODE).ptr[0] == 'X';
    struct tl_why why = {""};
    size_t count;
    const struct tl_metro2_side_row *row =
        tl_metro2_side_find(export->side, &line->case_id, &count);
    const char *field = "";

    if (tl_metro2_fill(line->base, TL_METRO2_BASE, &export->profile->doc, export->profile->base,
                       &why) != TL_OK)
        line->left_out = "the profile does not fit";
    else if (row == NULL || row->kind != TL_METRO2_BASE)
        line->left_out = "the side file has no base row for it";
    else if (!tl_metro2_side_set(line->base, export->side, row, &field))
        line->left_out = "its row in the side file does not fit";
    else if ((said[0] != ' ' &&
              !tl_metro2_set_text(line->base, TL_METRO2_BASE_SPECIAL_COMMENT, tl_bytes(said, 2))) ||
             (deceased &&
              !tl_metro2_set_text(line->base, TL_METRO2_BASE_ECOA_CODE, tl_bytes_str("X"))))
        line->left_out = "a code does not fit";
}

/* What a furnisher took back is deleted from the file it stood in. */
static bool put_deletion(uint8_t *base, bool fraud)
{
    return tl_metro2_set_text(base, TL_METRO2_BASE_ACCOUNT_STATUS,
                              tl_bytes_str(fraud ? "DF" : "DA")) &&
           tl_metro2_set_text(base, TL_METRO2_BASE_PAYMENT_RATING, tl_bytes_str(" ")) &&
           tl_metro2_set_number(base, TL_METRO2_BASE_CURRENT_BALANCE, 0) &&
           tl_metro2_set_number(base, TL_METRO2_BASE_AMOUNT_PAST_DUE, 0) &&
           tl_metro2_set_number(base, TL_METRO2_BASE_ORIGINAL_CHARGE_OFF_AMOUNT, 0) &&
           tl_metro2_set_date(base, TL_METRO2_BASE_DATE_FIRST_DELINQUENCY, TL_DATE_NONE);
}

static bool asked_for(const struct tl_metro2_export *export, const struct tl_id *id)
{
    for (size_t i = 0; i < export->only_count; i++)
        if (memcmp(export->only[i].b, id->b, TL_ID_BYTES) == 0)
            return true;
    return export->only == NULL;
}

static bool make_line(void *host, const struct tl_case *c)
{
    struct tl_metro2_export *export = host;
    struct tl_metro2_profile account = export->profile->account;
    struct tl_metro2_line line = {.case_id = c->id, .balance_minor = tl_case_balance(c)};
    const struct tl_metro2_summary *before;
    struct tl_member buyer;
    char number[31];
    enum tl_status status;

    if (!is_reporters(export, c) || !asked_for(export, &c->id))
        return true;
    account_number(export, &c->id, number);
    before = before_of(export, number);
    if (before == NULL && !export->profile->all && c->reporting == TL_REPORTING_NONE)
        return true;
    account.account = tl_bytes_str(number);
    if (c->stage == TL_STAGE_SOLD && tl_genesis_member(export->point.genesis, c->sale_to, &buyer))
        (void)snprintf(line.buyer, sizeof line.buyer, "%.*s", (int)buyer.id.len,
                       (const char *)buyer.id.ptr);
    status = tl_metro2_from_case(line.base, c, &account, before, export->point.closed_on);
    if (status == TL_ERR_REFUSED)
        line.left_out = "blocked, obsolete, deleted before, or no debt a bureau is told of";
    else if (status != TL_OK ||
             (before != NULL && c->reporting == TL_REPORTING_NONE && !export->profile->all &&
              !put_deletion(line.base, c->idtheft_on != TL_DATE_NONE)))
        line.left_out = "an amount or the profile does not fit";
    else
        person_fields(export, &line);
    export->line =
        tl_mem_grow(export->line, &export->line_cap, export->lines + 1u, sizeof *export->line);
    export->line[export->lines++] = line;
    return true;
}

/* What came in since the first of the month, whole dollars. */
static bool put_received(const struct tl_metro2_export *export, struct tl_metro2_line *line)
{
    struct tl_civil month = tl_date_to_civil(export->point.closed_on);
    const struct tl_metro2_leaf *leaf;
    size_t count;
    int64_t sum = 0;

    month.day = 1;
    leaf = tl_metro2_export_leaves(export, &line->case_id, &count);
    for (size_t i = 0; i < count; i++)
        if (leaf[i].date >= tl_date_from_civil(month) && leaf[i].date <= export->point.closed_on)
            sum += leaf[i].received_minor;
    return tl_metro2_set_number(line->base, TL_METRO2_BASE_ACTUAL_PAYMENT_AMOUNT,
                                sum > 0 ? (uint64_t)(sum / 100) : 0);
}

static bool put_stamp(const struct tl_metro2_export *export, struct tl_metro2_line *line)
{
    struct tl_civil day = tl_date_to_civil(export->point.closed_on);
    char stamp[32];

    (void)snprintf(stamp, sizeof stamp, "%02d%02d%04d235959", (int)day.month, (int)day.day,
                   (int)day.year);
    return tl_metro2_set_text(line->base, TL_METRO2_BASE_TIME_STAMP, tl_bytes(stamp, 14)) &&
           tl_metro2_set_number(line->base, TL_METRO2_BASE_PROCESSING_INDICATOR, 1) &&
           tl_metro2_set_number(line->base, TL_METRO2_BASE_CORRECTION_INDICATOR,
                                export->correction ? 1 : 0);
}

static enum tl_status arrive(void *host, const struct tl_past_point *point,
                             struct tl_overlay *state)
{
    struct tl_metro2_export *export = host;
    struct tl_bytes reporter = export->profile->reporter;
    struct tl_member found;
    int member = tl_genesis_find(point->genesis, reporter, &found);
    enum tl_status status;

    if (member < 0) {
        (void)tl_fail(TL_ERR_NOT_FOUND, "see: tally members",
                      "the profile's reporter '%.*s' is no member of this ledger",
                      (int)reporter.len, (const char *)reporter.ptr);
        return TL_ERR_NOT_FOUND;
    }
    export->point = *point;
    export->member = (uint32_t)member;
    if (export->leaves > 1)
        qsort(export->leaf, export->leaves, sizeof *export->leaf, by_case);
    status = tl_past_cases(state, make_line, export);
    for (size_t i = 0; i < export->lines && status == TL_OK; i++) {
        struct tl_metro2_line *line = &export->line[i];

        if (line->left_out == NULL && (!put_received(export, line) || !put_stamp(export, line)))
            line->left_out = "an amount does not fit";
    }
    export->point.genesis = NULL; /* ends with the walk */
    return status;
}

enum tl_status tl_metro2_export_walk(struct tl_metro2_export *export, const struct tl_args *args)
{
    const struct tl_past_visitor visitor = {NULL, see, arrive, export, NULL};

    return tl_past_walk(args, &visitor);
}

/* ---- the file ---------------------------------------------------------- */

struct writing {
    struct tl_metro2_export *export;
    struct tl_metro2_totals totals;
    struct tl_metro2_record record;
    uint64_t number;
    const struct tl_metro2_sink *sink;
    struct tl_why *why;
    uint8_t behind[TL_METRO2_SEGMENTS_MAX][256];
    uint8_t out[TL_METRO2_RECORD_MAX];
};

static enum tl_status put_record(struct writing *w, bool counted, struct tl_hash *salted)
{
    enum tl_metro2_form form = w->export->form;
    struct tl_buf out = tl_buf(w->out, sizeof w->out);
    struct tl_hasher hasher;

    tl_metro2_seal(&w->record, form);
    w->record.ending = form == TL_METRO2_LINES ? TL_METRO2_END_LF : TL_METRO2_END_NONE;
    if (counted)
        tl_metro2_count(&w->totals, &w->record);
    tl_metro2_write(&out, &w->record, form);
    if (out.full)
        return tl_why_set(w->why, TL_ERR_LIMIT, "a record is longer than %u bytes",
                          TL_METRO2_RECORD_MAX);
    w->number++;
    if (salted != NULL) {
        tl_hasher_init(&hasher);
        tl_hasher_put(&hasher, tl_bytes(w->export->salt, sizeof w->export->salt));
        tl_hasher_put(&hasher, tl_buf_bytes(&out));
        tl_hasher_done(&hasher, salted);
    }
    return w->sink->put(w->sink->host, tl_buf_bytes(&out));
}

static enum tl_status put_header(struct writing *w)
{
    const struct tl_metro2_export *export = w->export;
    uint8_t *header = w->record.first;
    int32_t created = export->has_created ? export->created_on : export->point.closed_on;
    enum tl_status status;

    tl_metro2_begin(&w->record, TL_METRO2_HEADER);
    status = tl_metro2_fill(header, TL_METRO2_HEADER, &export->profile->doc,
                            export->profile->header, w->why);
    if (status != TL_OK)
        return status;
    if (!tl_metro2_set_date(header, TL_METRO2_HEADER_ACTIVITY_DATE, export->point.closed_on) ||
        !tl_metro2_set_date(header, TL_METRO2_HEADER_DATE_CREATED, created))
        return tl_why_set(w->why, TL_ERR_RANGE, "a date does not fit the header");
    return put_record(w, true, NULL);
}

/* A segment behind a base: the profile's fields, then those of a side row. */
static enum tl_status add_segment(struct writing *w, enum tl_metro2_kind kind,
                                  const struct tl_yaml_node *node,
                                  const struct tl_metro2_side_row *row)
{
    const struct tl_metro2_export *export = w->export;
    uint8_t *segment = w->behind[w->record.count];
    const char *field = "";
    enum tl_status status = TL_OK;

    if (w->record.count + 2u > TL_METRO2_SEGMENTS_MAX)
        return tl_why_set(w->why, TL_ERR_LIMIT, "a case has more than %u segments",
                          TL_METRO2_SEGMENTS_MAX);
    tl_metro2_blank(segment, kind);
    if (node != NULL)
        status = tl_metro2_fill(segment, kind, &export->profile->doc, node, w->why);
    if (status == TL_OK && row != NULL && !tl_metro2_side_set(segment, export->side, row, &field))
        status = tl_why_set(w->why, TL_ERR_RANGE, "%s of a side row does not fit", field);
    if (status == TL_OK && !tl_metro2_append(&w->record, kind, segment))
        status = tl_why_set(w->why, TL_ERR_LIMIT, "a record has too many segments");
    return status;
}

/* Segments of one kind: those of the side file, else the profile's. */
static enum tl_status add_kind(struct writing *w, const struct tl_metro2_line *line,
                               enum tl_metro2_kind kind)
{
    const struct tl_metro2_export *export = w->export;
    const struct tl_yaml_node *node =
        export->profile->segments != NULL
            ? tl_yaml_get(export->profile->segments, tl_name_of(&tl_metro2_kind_names, kind))
            : NULL;
    uint32_t before = w->record.count;
    size_t count;
    const struct tl_metro2_side_row *row =
        tl_metro2_side_find(export->side, &line->case_id, &count);
    enum tl_status status = TL_OK;

    for (size_t i = 0; i < count && status == TL_OK; i++)
        if (row[i].kind == kind)
            status = add_segment(w, kind, node, &row[i]);
    if (status == TL_OK && w->record.count == before && node != NULL)
        status = add_segment(w, kind, node, NULL);
    return status;
}

static bool has_kind(const struct tl_metro2_record *record, enum tl_metro2_kind kind)
{
    for (uint32_t i = 0; i < record->count; i++)
        if (record->behind[i].kind == kind)
            return true;
    return false;
}

/* A debt that was sold names its buyer, whoever wrote the side file. */
static enum tl_status add_buyer(struct writing *w, const struct tl_metro2_line *line)
{
    const char *member = line->buyer;
    const struct tl_metro2_export *export = w->export;
    uint8_t *segment = w->behind[w->record.count];
    const struct tl_yaml_node *name =
        export->profile->names != NULL ? tl_yaml_get(export->profile->names, member) : NULL;
    struct tl_bytes said = name != NULL ? name->text : tl_bytes_str(member);

    if (member[0] == '\0' || has_kind(&w->record, TL_METRO2_K2))
        return TL_OK;
    tl_metro2_blank(segment, TL_METRO2_K2);
    if (!tl_metro2_set_number(segment, TL_METRO2_K2_PURCHASED_INDICATOR, 2) ||
        !tl_metro2_set_words(segment, TL_METRO2_K2_PURCHASED_NAME, said) ||
        !tl_metro2_append(&w->record, TL_METRO2_K2, segment))
        return tl_why_set(w->why, TL_ERR_RANGE, "the name of buyer '%s' does not fit", member);
    return TL_OK;
}

static enum tl_status put_line(struct writing *w, struct tl_metro2_line *line)
{
    enum tl_status status = TL_OK;

    tl_metro2_begin(&w->record, TL_METRO2_BASE);
    memcpy(w->record.first + 4, line->base + 4, TL_METRO2_MAIN_BYTES - 4u);
    for (uint32_t k = TL_METRO2_J1; k <= TL_METRO2_N1 && status == TL_OK; k++) {
        status = add_kind(w, line, (enum tl_metro2_kind)k);
        if (status == TL_OK && k == TL_METRO2_K2)
            status = add_buyer(w, line);
    }
    line->number = w->number + 1u;
    return status == TL_OK ? put_record(w, true, &line->record_hash) : status;
}

enum tl_status tl_metro2_export_write(struct tl_metro2_export *export,
                                      const struct tl_metro2_sink *sink, struct tl_why *why)
{
    struct writing *w = tl_mem_new(1, sizeof *w);
    enum tl_status status;

    w->export = export;
    w->sink = sink;
    w->why = why;
    status = put_header(w);
    for (size_t i = 0; i < export->lines && status == TL_OK; i++)
        if (export->line[i].left_out == NULL)
            status = put_line(w, &export->line[i]);
    if (status == TL_OK) {
        tl_metro2_trailer(&w->record, &w->totals, export->form);
        status = put_record(w, false, NULL);
    }
    tl_wipe(w, sizeof *w);
    tl_mem_free(w);
    return status;
}

void tl_metro2_export_free(struct tl_metro2_export *export)
{
    if (export->line != NULL)
        tl_wipe(export->line, export->lines * sizeof *export->line);
    tl_mem_free(export->line);
    tl_mem_free(export->leaf);
    export->line = NULL;
    export->leaf = NULL;
    export->lines = export->leaves = 0;
}
