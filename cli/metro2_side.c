#include "metro2_side.h"

#include "tl/file.h"

#include "case_name.h"
#include "csv_rows.h"
#include "map.h"
#include "mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- fields by name ---------------------------------------------------- */

static enum tl_metro2_field field_named(enum tl_metro2_kind kind, struct tl_bytes name)
{
    for (uint32_t f = tl_metro2_first(kind); f < (uint32_t)tl_metro2_end(kind); f++) {
        const char *known = tl_metro2_place((enum tl_metro2_field)f)->name;

        if (strlen(known) == name.len && strncasecmp(known, (const char *)name.ptr, name.len) == 0)
            return (enum tl_metro2_field)f;
    }
    return TL_METRO2_FIELD_COUNT;
}

static bool kind_named(struct tl_bytes name, enum tl_metro2_kind *kind)
{
    for (uint32_t k = TL_METRO2_BASE; k <= TL_METRO2_N1; k++) {
        const char *known = tl_name_of(&tl_metro2_kind_names, k);

        if (strlen(known) == name.len &&
            strncasecmp(known, (const char *)name.ptr, name.len) == 0) {
            *kind = (enum tl_metro2_kind)k;
            return true;
        }
    }
    return false;
}

/* What the ledger says is not for anybody to say otherwise. */
static bool derived(enum tl_metro2_field field)
{
    static const enum tl_metro2_field fields[] = {
        TL_METRO2_BASE_RECORD_DESCRIPTOR_WORD,
        TL_METRO2_BASE_TIME_STAMP,
        TL_METRO2_BASE_DATE_OPENED,
        TL_METRO2_BASE_HIGHEST_CREDIT,
        TL_METRO2_BASE_ACTUAL_PAYMENT_AMOUNT,
        TL_METRO2_BASE_ACCOUNT_STATUS,
        TL_METRO2_BASE_PAYMENT_RATING,
        TL_METRO2_BASE_PAYMENT_HISTORY_PROFILE,
        TL_METRO2_BASE_COMPLIANCE_CONDITION_CODE,
        TL_METRO2_BASE_CURRENT_BALANCE,
        TL_METRO2_BASE_AMOUNT_PAST_DUE,
        TL_METRO2_BASE_ORIGINAL_CHARGE_OFF_AMOUNT,
        TL_METRO2_BASE_DATE_ACCOUNT_INFORMATION,
        TL_METRO2_BASE_DATE_FIRST_DELINQUENCY,
        TL_METRO2_BASE_DATE_CLOSED,
        TL_METRO2_BASE_DATE_LAST_PAYMENT,
    };

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (fields[i] == field)
            return true;
    return false;
}

static bool set_capitals(uint8_t *segment, enum tl_metro2_field field, struct tl_bytes text)
{
    char capitals[TL_METRO2_MAIN_BYTES];

    if (text.len > sizeof capitals)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];

        if (c < ' ' || c > '~')
            return false;
        capitals[i] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    return tl_metro2_set_text(segment, field, tl_bytes(capitals, text.len));
}

static bool set_digits(uint8_t *segment, enum tl_metro2_field field, struct tl_bytes text)
{
    uint64_t value = 0;

    if (text.len == 0 || text.len > 18)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        value = value * 10u + (uint64_t)(text.ptr[i] - '0');
    }
    return tl_metro2_set_number(segment, field, value);
}

bool tl_metro2_set_words(uint8_t *segment, enum tl_metro2_field field, struct tl_bytes text)
{
    int32_t date;

    switch (tl_metro2_place(field)->type) {
    case TL_METRO2_TEXT:
        return set_capitals(segment, field, text);
    case TL_METRO2_NUMBER:
        return set_digits(segment, field, text);
    case TL_METRO2_DATE:
        return tl_date_parse(text, &date) && tl_metro2_set_date(segment, field, date);
    case TL_METRO2_WORD:
    case TL_METRO2_TIME:
        break;
    }
    return false;
}

/* ---- the profile ------------------------------------------------------- */

enum tl_status tl_metro2_fill(uint8_t *segment, enum tl_metro2_kind kind, const struct tl_yaml *doc,
                              const struct tl_yaml_node *fields, struct tl_why *why)
{
    for (const struct tl_yaml_node *at = fields != NULL ? fields->first : NULL; at != NULL;
         at = at->next) {
        enum tl_metro2_field field = field_named(kind, at->key);

        if (field == TL_METRO2_FIELD_COUNT || derived(field))
            return tl_yaml_fail(doc, at, TL_ERR_ENCODING, why,
                                "%s has no field \"%.*s\" to be set here",
                                tl_name_of(&tl_metro2_kind_names, kind), (int)at->key.len,
                                (const char *)at->key.ptr);
        if (at->kind != TL_YAML_SCALAR || !tl_metro2_set_words(segment, field, at->text))
            return tl_yaml_fail(doc, at, TL_ERR_RANGE, why, "this does not fit %s",
                                tl_metro2_place(field)->name);
    }
    return TL_OK;
}

/* A text the account's profile needs by itself. */
static enum tl_status account_text(struct tl_metro2_profile_file *profile, const char *key,
                                   struct tl_bytes *out, struct tl_why *why)
{
    const struct tl_yaml_node *node;
    enum tl_status status = tl_yaml_need(&profile->doc, profile->base, key, &node, why);

    return status == TL_OK ? tl_yaml_str(&profile->doc, node, 30, out, why) : status;
}

static enum tl_status account_read(struct tl_metro2_profile_file *profile, struct tl_why *why)
{
    const struct tl_yaml_node *node;
    struct tl_metro2_profile *account = &profile->account;
    enum tl_status status =
        tl_yaml_need(&profile->doc, profile->doc.root, "account", &profile->base, why);

    if (status == TL_OK)
        status = tl_yaml_kind_is(&profile->doc, profile->base, TL_YAML_MAP, why);
    if (status == TL_OK)
        status = account_text(profile, "IdentificationNumber", &account->identification, why);
    if (status == TL_OK)
        status = account_text(profile, "AccountType", &account->account_type, why);
    if (status == TL_OK)
        status = account_text(profile, "PortfolioType", &account->portfolio, why);
    if (status == TL_OK && (node = tl_yaml_get(profile->base, "TermsDuration")) != NULL)
        status = tl_yaml_str(&profile->doc, node, 3, &account->terms, why);
    node = tl_yaml_get(profile->doc.root, "fill_history");
    if (status == TL_OK && node != NULL)
        status = tl_yaml_bool(&profile->doc, node, &account->fill_history, why);
    return status;
}

/* Everything is tried once, so that a wrong profile is told before any work. */
static enum tl_status segments_try(const struct tl_metro2_profile_file *profile, struct tl_why *why)
{
    uint8_t segment[TL_METRO2_MAIN_BYTES];
    const struct tl_yaml_node *at = profile->segments != NULL ? profile->segments->first : NULL;
    enum tl_metro2_kind kind;
    enum tl_status status;

    tl_metro2_blank(segment, TL_METRO2_HEADER);
    status = tl_metro2_fill(segment, TL_METRO2_HEADER, &profile->doc, profile->header, why);
    tl_metro2_blank(segment, TL_METRO2_BASE);
    if (status == TL_OK)
        status = tl_metro2_fill(segment, TL_METRO2_BASE, &profile->doc, profile->base, why);
    for (; at != NULL && status == TL_OK; at = at->next) {
        if (!kind_named(at->key, &kind) || kind == TL_METRO2_BASE || at->kind != TL_YAML_MAP)
            return tl_yaml_fail(&profile->doc, at, TL_ERR_ENCODING, why,
                                "segments are J1, J2, K1, K2, K3, K4, L1 and N1, each a map");
        tl_metro2_blank(segment, kind);
        status = tl_metro2_fill(segment, kind, &profile->doc, at, why);
    }
    return status;
}

static enum tl_status root_read(struct tl_metro2_profile_file *profile, struct tl_why *why)
{
    static const char *const keys[] = {"reporter", "report", "header",       "account",
                                       "segments", "names",  "fill_history", NULL};
    const struct tl_yaml *doc = &profile->doc;
    const struct tl_yaml_node *node;
    enum tl_status status = tl_yaml_only(doc, doc->root, keys, why);

    if (status == TL_OK && (status = tl_yaml_need(doc, doc->root, "reporter", &node, why)) == TL_OK)
        status = tl_yaml_str(doc, node, TL_MEMBER_ID_MAX, &profile->reporter, why);
    if (status == TL_OK)
        status = tl_yaml_need(doc, doc->root, "header", &profile->header, why);
    profile->segments = tl_yaml_get(doc->root, "segments");
    profile->names = tl_yaml_get(doc->root, "names");
    node = tl_yaml_get(doc->root, "report");
    if (status == TL_OK && node != NULL) {
        profile->all = tl_bytes_eq(node->text, tl_bytes_str("all"));
        if (!profile->all && !tl_bytes_eq(node->text, tl_bytes_str("eligible")))
            status = tl_yaml_fail(doc, node, TL_ERR_ENCODING, why, "report is all or eligible");
    }
    if (status == TL_OK)
        status = account_read(profile, why);
    return status == TL_OK ? segments_try(profile, why) : status;
}

enum tl_status tl_metro2_profile_load(struct tl_metro2_profile_file *profile, const char *path,
                                      struct tl_why *why)
{
    enum tl_status status;

    *profile = (struct tl_metro2_profile_file){0};
    status = tl_yaml_load(&profile->doc, path, why);
    if (status != TL_OK)
        return status;
    status = tl_yaml_kind_is(&profile->doc, profile->doc.root, TL_YAML_MAP, why);
    if (status == TL_OK)
        status = root_read(profile, why);
    if (status != TL_OK)
        tl_metro2_profile_free(profile);
    return status;
}

void tl_metro2_profile_free(struct tl_metro2_profile_file *profile)
{
    if (profile->doc.memory != NULL)
        tl_yaml_free(&profile->doc);
    *profile = (struct tl_metro2_profile_file){0};
}

/* ---- the side file ----------------------------------------------------- */

struct reading {
    struct tl_metro2_side *side;
    const struct tl_map *map; /* or NULL */
    char **column;            /* names, from the header row */
    size_t columns;
    size_t case_at;
    size_t segment_at;
    struct tl_why *why;
};

static enum tl_status header_read(struct reading *r, const struct tl_csv_row *row)
{
    r->case_at = r->segment_at = SIZE_MAX;
    r->column = tl_mem_new(row->count + 1u, sizeof *r->column);
    r->columns = row->count;
    for (size_t i = 0; i < row->count; i++) {
        r->column[i] = tl_mem_copy((const char *)row->field[i].ptr, row->field[i].len);
        if (strcmp(r->column[i], "case") == 0)
            r->case_at = i;
        if (strcmp(r->column[i], "segment") == 0)
            r->segment_at = i;
    }
    if (r->case_at == SIZE_MAX || r->segment_at == SIZE_MAX)
        return tl_why_set(r->why, TL_ERR_ENCODING,
                          "its first row does not name the columns case and segment");
    return TL_OK;
}

static enum tl_status cell_add(struct reading *r, const struct tl_csv_row *row, size_t index,
                               enum tl_metro2_kind kind)
{
    uint8_t trial[TL_METRO2_MAIN_BYTES];
    struct tl_metro2_side *side = r->side;
    enum tl_metro2_field field = field_named(kind, tl_bytes_str(r->column[index]));
    char *text;

    if (field == TL_METRO2_FIELD_COUNT || derived(field))
        return tl_why_set(r->why, TL_ERR_ENCODING,
                          "line %zu: segment %s has no field \"%.60s\" to be set", row->line,
                          tl_name_of(&tl_metro2_kind_names, kind), r->column[index]);
    tl_metro2_blank(trial, kind);
    if (!tl_metro2_set_words(trial, field, row->field[index]))
        return tl_why_set(r->why, TL_ERR_RANGE, "line %zu: what it says does not fit %s", row->line,
                          r->column[index]);
    text = tl_mem_copy((const char *)row->field[index].ptr, row->field[index].len);
    side->text = tl_mem_grow(side->text, &side->text_cap, side->texts + 1u, sizeof *side->text);
    side->text[side->texts++] = text;
    side->pair = tl_mem_grow(side->pair, &side->pair_cap, side->pairs + 1u, sizeof *side->pair);
    side->pair[side->pairs++] = (struct tl_metro2_pair){field, tl_bytes_str(text)};
    return TL_OK;
}

static enum tl_status case_read(const struct reading *r, struct tl_bytes text, struct tl_id *id)
{
    char *name;
    enum tl_status status = TL_OK;

    if (r->map != NULL) {
        tl_map_case_id(id, r->map, text);
        return TL_OK;
    }
    name = tl_mem_copy((const char *)text.ptr, text.len);
    status = tl_case_named(id, name, NULL, r->why);
    tl_mem_free(name);
    return status;
}

static enum tl_status row_add(struct reading *r, const struct tl_csv_row *row)
{
    struct tl_metro2_side *side = r->side;
    struct tl_metro2_side_row made = {.order = side->rows, .first = side->pairs};
    enum tl_status status;

    if (row->count != r->columns)
        return tl_why_set(r->why, TL_ERR_ENCODING, "line %zu has %zu cells, the first row %zu",
                          row->line, row->count, r->columns);
    if (!kind_named(row->field[r->segment_at], &made.kind))
        return tl_why_set(r->why, TL_ERR_ENCODING,
                          "line %zu: segments are base, J1, J2, K1, K2, K3, K4, L1, N1", row->line);
    status = case_read(r, row->field[r->case_at], &made.case_id);
    for (size_t i = 0; i < row->count && status == TL_OK; i++)
        if (i != r->case_at && i != r->segment_at && row->field[i].len > 0)
            status = cell_add(r, row, i, made.kind);
    if (status != TL_OK)
        return status;
    made.pairs = side->pairs - made.first;
    side->row = tl_mem_grow(side->row, &side->row_cap, side->rows + 1u, sizeof *side->row);
    side->row[side->rows++] = made;
    return TL_OK;
}

static enum tl_status on_row(void *context, const struct tl_csv_row *row)
{
    struct reading *r = context;

    return r->column == NULL ? header_read(r, row) : row_add(r, row);
}

static enum tl_status on_bad(void *context, const struct tl_csv_row *row, const char *reason)
{
    return tl_why_set(((struct reading *)context)->why, TL_ERR_ENCODING, "line %zu: %s", row->line,
                      reason);
}

static int by_case(const void *a, const void *b)
{
    const struct tl_metro2_side_row *x = a;
    const struct tl_metro2_side_row *y = b;
    int order = memcmp(x->case_id.b, y->case_id.b, TL_ID_BYTES);

    if (order != 0)
        return order;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order ? 1 : 0;
}

static enum tl_status file_read(struct reading *r, const char *path)
{
    const struct tl_csv_sink sink = {on_row, on_bad, r};
    struct tl_gz *gz;
    enum tl_status status = tl_gz_open(&gz, path);

    if (status != TL_OK)
        return tl_why_set(r->why, status, "%s", strerror(errno));
    status = tl_csv_read(gz, ',', &sink);
    (void)tl_gz_close(gz);
    if (status == TL_OK && r->column == NULL)
        status = tl_why_set(r->why, TL_ERR_ENCODING, "it is empty");
    for (size_t i = 0; r->column != NULL && i < r->columns; i++)
        tl_mem_free(r->column[i]);
    tl_mem_free(r->column);
    return status;
}

enum tl_status tl_metro2_side_load(struct tl_metro2_side *side, const char *path, const char *map,
                                   struct tl_why *why)
{
    struct reading r = {.side = side, .why = why};
    struct tl_map mapping;
    enum tl_status status = map != NULL ? tl_map_load(&mapping, map, why) : TL_OK;

    *side = (struct tl_metro2_side){0};
    if (status != TL_OK)
        return status;
    r.map = map != NULL ? &mapping : NULL;
    status = file_read(&r, path);
    if (map != NULL)
        tl_map_free(&mapping);
    if (status == TL_OK && side->rows > 1)
        qsort(side->row, side->rows, sizeof *side->row, by_case);
    if (status != TL_OK)
        tl_metro2_side_free(side);
    return status;
}

void tl_metro2_side_free(struct tl_metro2_side *side)
{
    for (size_t i = 0; i < side->texts; i++) {
        tl_wipe(side->text[i], strlen(side->text[i]));
        tl_mem_free(side->text[i]);
    }
    tl_mem_free(side->text);
    tl_mem_free(side->pair);
    tl_mem_free(side->row);
    *side = (struct tl_metro2_side){0};
}

const struct tl_metro2_side_row *tl_metro2_side_find(const struct tl_metro2_side *side,
                                                     const struct tl_id *id, size_t *count)
{
    size_t low = 0;
    size_t high = side->rows;

    *count = 0;
    while (low < high) {
        size_t mid = low + (high - low) / 2u;

        if (memcmp(side->row[mid].case_id.b, id->b, TL_ID_BYTES) < 0)
            low = mid + 1u;
        else
            high = mid;
    }
    while (low + *count < side->rows &&
           memcmp(side->row[low + *count].case_id.b, id->b, TL_ID_BYTES) == 0)
        ++*count;
    return *count > 0 ? &side->row[low] : NULL;
}

bool tl_metro2_side_set(uint8_t *segment, const struct tl_metro2_side *side,
                        const struct tl_metro2_side_row *row, const char **field)
{
    for (size_t i = 0; i < row->pairs; i++) {
        const struct tl_metro2_pair *pair = &side->pair[row->first + i];

        *field = tl_metro2_place(pair->field)->name;
        if (!tl_metro2_set_words(segment, pair->field, pair->text))
            return false;
    }
    return true;
}
