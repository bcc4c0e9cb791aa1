/* Making a row's entries. */
#include "map.h"

#include "tl/hash.h"

#include "map_date.h"
#include "map_lint.h"

#include <stdio.h>
#include <string.h>

/* What one row is read with. */
struct work {
    const struct tl_map *map;
    const struct tl_csv_row *row;
    struct tl_map_result *result;
    struct tl_id case_id;
    bool constant; /* the last text stands in the mapping, not in the row */
};

static enum tl_status refuse(struct work *w, const struct tl_map_value *value,
                             enum tl_status status, const char *reason, struct tl_bytes text)
{
    static const char none[] = "";

    w->result->column = none;
    for (uint32_t i = 0; value != NULL && i < value->parts; i++)
        if (value->part[i].name.ptr != NULL) {
            w->result->column = (const char *)value->part[i].name.ptr;
            break;
        }
    return tl_why_set(&w->result->why, status, "%s: \"%.*s\"", reason,
                      (int)(text.len < 64 ? text.len : 64),
                      text.len > 0 ? (const char *)text.ptr : "");
}

static const struct tl_yaml_node *word_find(const struct tl_yaml_node *words, struct tl_bytes text)
{
    for (const struct tl_yaml_node *at = words->first; at != NULL; at = at->next)
        if (tl_bytes_eq(at->key, text))
            return at;
    return NULL;
}

/* The text of a value: columns filled in, empty and words applied. */
static enum tl_status text_of(struct work *w, const struct tl_map_value *value,
                              struct tl_bytes *out)
{
    struct tl_buf *buf = &w->result->text;
    size_t start = buf->len;
    const struct tl_yaml_node *word;

    w->constant = true;
    for (uint32_t i = 0; i < value->parts; i++) {
        const struct tl_map_part *part = &value->part[i];
        struct tl_bytes piece = part->column >= 0 ? w->row->field[part->column] : part->literal;

        w->constant = w->constant && part->column < 0;
        if (piece.len > 0)
            tl_buf_put(buf, piece.ptr, piece.len);
    }
    *out = tl_bytes(buf->ptr + start, buf->len - start);
    if (buf->full)
        return refuse(w, value, TL_ERR_LIMIT, "value is too long", TL_BYTES_NONE);
    if (out->len == 0 && value->has_empty) {
        *out = value->empty;
        w->constant = true;
        return TL_OK;
    }
    if (value->words == NULL)
        return TL_OK;
    word = word_find(value->words, *out);
    if (word == NULL && !value->has_otherwise)
        return refuse(w, value, TL_ERR_ENCODING, "no word of the mapping for", *out);
    *out = word != NULL ? word->text : value->otherwise;
    w->constant = true;
    return TL_OK;
}

static enum tl_status date_of(struct work *w, const struct tl_map_value *value, int32_t *out)
{
    struct tl_bytes text;
    const char *reason = NULL;
    enum tl_status status = text_of(w, value, &text);

    if (status == TL_OK && (status = tl_map_date(value, text, w->constant, out, &reason)) != TL_OK)
        status = refuse(w, value, status, reason, text);
    return status;
}

static enum tl_status number_of(struct work *w, const struct tl_map_value *value,
                                const struct tl_decimal_style *style, int64_t *out)
{
    struct tl_bytes text;
    enum tl_status status = text_of(w, value, &text);

    if (status == TL_OK && (status = tl_decimal_parse(text, style, out)) != TL_OK)
        status = refuse(w, value, status,
                        status == TL_ERR_RANGE ? "not a whole number of units, or too large"
                                               : "not a number",
                        text);
    return status;
}

/* A salted commitment: of a person, a debt, a document. */
static void commit(const struct tl_map *map, const char *what, struct tl_bytes text,
                   struct tl_hash *out)
{
    struct tl_hasher hasher;

    tl_hasher_domain(&hasher, "tallystick/import-commit/v1");
    tl_hasher_u64(&hasher, map->salt_len);
    tl_hasher_put(&hasher, tl_bytes(map->salt, map->salt_len));
    tl_hasher_put(&hasher, tl_bytes(what, strlen(what) + 1u));
    tl_hasher_put(&hasher, text);
    tl_hasher_done(&hasher, out);
}

void tl_map_case_id(struct tl_id *out, const struct tl_map *map, struct tl_bytes source)
{
    struct tl_hasher hasher;
    struct tl_hash hash;

    tl_hasher_domain(&hasher, "tallystick/import-case/v1");
    tl_hasher_u64(&hasher, map->salt_len);
    tl_hasher_put(&hasher, tl_bytes(map->salt, map->salt_len));
    tl_hasher_put(&hasher, source);
    tl_hasher_done(&hasher, &hash);
    (void)memcpy(out->b, hash.b, TL_ID_BYTES);
}

static enum tl_status set_number(struct work *w, const struct tl_map_field *f, void *at)
{
    static const struct tl_decimal_style whole = {'.', 0, 0};
    int64_t value = 0;
    bool money = f->field->kind == TL_FIELD_I64;
    enum tl_status status = number_of(w, &f->value, money ? &f->value.money : &whole, &value);

    if (status != TL_OK)
        return status;
    if (!money && (value < 0 || (uint64_t)value > f->field->max))
        return refuse(w, &f->value, TL_ERR_RANGE, "number is out of range for",
                      tl_bytes_str(f->field->name));
    switch (f->field->kind) {
    case TL_FIELD_U8:
        *(uint8_t *)at = (uint8_t)value;
        break;
    case TL_FIELD_U16:
        *(uint16_t *)at = (uint16_t)value;
        break;
    case TL_FIELD_U32:
        *(uint32_t *)at = (uint32_t)value;
        break;
    case TL_FIELD_U64:
        *(uint64_t *)at = (uint64_t)value;
        break;
    case TL_FIELD_I64:
        *(int64_t *)at = value;
        break;
    case TL_FIELD_I32:
    case TL_FIELD_ENUM:
    case TL_FIELD_BOOL:
    case TL_FIELD_ID:
    case TL_FIELD_HASH:
    case TL_FIELD_KEY:
    case TL_FIELD_SIG:
    case TL_FIELD_STR:
    case TL_FIELD_BIN:
    case TL_FIELD_RAW:
    case TL_FIELD_LIST:
        break;
    }
    return TL_OK;
}

/* A text of the row that would stay on the ledger for ever, in clear. */
static enum tl_status lint(struct work *w, const struct tl_map_value *value, struct tl_bytes text)
{
    const char *what = w->constant ? NULL : tl_lint_value(text);
    char reason[96];

    if (what == NULL)
        return TL_OK;
    (void)snprintf(reason, sizeof reason, "looks like %s; the ledger takes no personal data", what);
    return refuse(w, value, TL_ERR_REFUSED, reason, TL_BYTES_NONE);
}

/* Keeps a text for the vault. */
static enum tl_status keep_text(struct work *w, const struct tl_map_value *value,
                                struct tl_bytes name)
{
    struct tl_map_result *result = w->result;
    struct tl_bytes text;
    enum tl_status status = text_of(w, value, &text);

    if (status != TL_OK || text.len == 0)
        return status;
    if (text.len > TL_VAULT_VALUE_MAX || !tl_utf8_ok(text) || result->texts == TL_MAP_TEXTS_MAX)
        return refuse(w, value, TL_ERR_RANGE, "text is too long or has control characters",
                      TL_BYTES_NONE);
    result->text_of[result->texts++] = (struct tl_vault_text){name, text};
    return TL_OK;
}

static enum tl_status set_text(struct work *w, const struct tl_map_field *f, void *at)
{
    struct tl_bytes text;
    enum tl_status status = text_of(w, &f->value, &text);

    if (status != TL_OK)
        return status;
    if (text.len > f->field->max || !tl_utf8_ok(text))
        return refuse(w, &f->value, TL_ERR_RANGE, "text is too long or has control characters",
                      text);
    *(struct tl_bytes *)at = text;
    return lint(w, &f->value, text);
}

static enum tl_status set_word(struct work *w, const struct tl_map_field *f, void *at)
{
    struct tl_bytes text;
    enum tl_status status = text_of(w, &f->value, &text);

    if (status == TL_OK && !tl_name_find(f->field->aux, text, at))
        status = refuse(w, &f->value, TL_ERR_ENCODING, "no such word", text);
    return status;
}

static enum tl_status set_truth(struct work *w, const struct tl_map_field *f, void *at)
{
    struct tl_bytes text;
    enum tl_status status = text_of(w, &f->value, &text);
    bool yes = tl_bytes_eq(text, tl_bytes_str("true"));

    if (status == TL_OK && !yes && !tl_bytes_eq(text, tl_bytes_str("false")))
        status = refuse(w, &f->value, TL_ERR_ENCODING, "neither true nor false", text);
    *(bool *)at = yes;
    return status;
}

static enum tl_status set_commitment(struct work *w, const struct tl_map_field *f, void *at)
{
    struct tl_bytes text;
    struct tl_hash hash;
    enum tl_status status = text_of(w, &f->value, &text);

    if (status != TL_OK || text.len == 0)
        return status;
    commit(w->map, f->field->name, text, &hash);
    if (f->field->kind == TL_FIELD_ID) {
        (void)memcpy(at, hash.b, TL_ID_BYTES);
    } else if (f->field->kind == TL_FIELD_BIN) {
        struct tl_buf *buf = &w->result->text;

        tl_buf_put(buf, hash.b, TL_HASH_BYTES);
        *(struct tl_bytes *)at = tl_bytes(buf->ptr + buf->len - TL_HASH_BYTES, TL_HASH_BYTES);
    } else {
        (void)memcpy(at, hash.b, TL_HASH_BYTES);
    }
    return TL_OK;
}

static enum tl_status set_field(struct work *w, const struct tl_map_field *f, uint8_t *body)
{
    void *at = body + f->field->offset;

    if (f->vault[0] != '\0')
        return keep_text(w, &f->value, tl_bytes_str(f->vault));
    switch (f->field->kind) {
    case TL_FIELD_U8:
    case TL_FIELD_U16:
    case TL_FIELD_U32:
    case TL_FIELD_U64:
    case TL_FIELD_I64:
        return set_number(w, f, at);
    case TL_FIELD_I32:
        return date_of(w, &f->value, at);
    case TL_FIELD_ENUM:
        return set_word(w, f, at);
    case TL_FIELD_BOOL:
        return set_truth(w, f, at);
    case TL_FIELD_STR:
        return set_text(w, f, at);
    case TL_FIELD_ID:
    case TL_FIELD_HASH:
    case TL_FIELD_BIN:
        return set_commitment(w, f, at);
    case TL_FIELD_KEY:
    case TL_FIELD_SIG:
    case TL_FIELD_RAW:
    case TL_FIELD_LIST:
        break;
    }
    return refuse(w, &f->value, TL_ERR_USAGE, "this field cannot come from a file",
                  tl_bytes_str(f->field->name));
}

static bool in_words(const struct tl_yaml_node *words, struct tl_bytes text)
{
    if (words->kind == TL_YAML_SCALAR)
        return tl_bytes_eq(words->text, text);
    for (const struct tl_yaml_node *at = words->first; at != NULL; at = at->next)
        if (tl_bytes_eq(at->text, text))
            return true;
    return false;
}

static bool when_holds(const struct tl_map_when *when, const struct tl_csv_row *row)
{
    static const struct tl_decimal_style whole = {'.', 0, 0};
    struct tl_bytes text = row->field[when->column];
    int64_t value;

    switch (when->test) {
    case TL_MAP_IN:
        return in_words(when->words, text);
    case TL_MAP_NOT_IN:
        return !in_words(when->words, text);
    case TL_MAP_ABOVE:
        return tl_decimal_parse(text, &whole, &value) == TL_OK && value > when->above;
    }
    return false;
}

/* Dates a mapping does not set are "none", not 1970. */
static void body_init(void *body, const struct tl_record *record)
{
    (void)memset(body, 0, record->size);
    for (size_t i = 0; i < record->count; i++)
        if (record->fields[i].kind == TL_FIELD_I32)
            *(int32_t *)(void *)((uint8_t *)body + record->fields[i].offset) = TL_DATE_NONE;
}

static enum tl_status entry_make(struct work *w, const struct tl_map_entry *plan)
{
    union tl_body body;
    struct tl_map_result *result = w->result;
    struct tl_map_made *made = &result->made[result->count];
    struct tl_entry entry = {.type = plan->type->code};
    size_t start;
    enum tl_status status;

    body_init(&body, plan->type->body);
    if (plan->type->about_case)
        entry.case_id = w->case_id;
    status = date_of(w, &plan->date, &entry.value_date);
    if (status == TL_OK)
        status = text_of(w, &plan->ref, &entry.ext_ref);
    if (status == TL_OK && (entry.ext_ref.len == 0 || entry.ext_ref.len > TL_EXT_REF_MAX))
        status =
            refuse(w, &plan->ref, TL_ERR_RANGE, "reference is empty or too long", entry.ext_ref);
    if (status == TL_OK)
        status = lint(w, &plan->ref, entry.ext_ref);
    for (uint32_t i = 0; i < plan->fields && status == TL_OK; i++)
        status = set_field(w, &plan->field[i], (uint8_t *)&body);
    if (status != TL_OK)
        return status;
    start = result->text.len;
    if (!tl_entry_encode(&result->text, &entry, &body))
        return refuse(w, NULL, TL_ERR_LIMIT, "entry is too long", TL_BYTES_NONE);
    *made = (struct tl_map_made){plan->type, entry.case_id, entry.value_date, entry.ext_ref,
                                 tl_bytes(result->text.ptr + start, result->text.len - start)};
    /* What the ledger would refuse is refused here, with the row's number. */
    if (tl_entry_decode(&entry, NULL, NULL, made->bytes) != TL_OK)
        return refuse(w, NULL, TL_ERR_RANGE, "an amount, date or text is out of range for",
                      tl_bytes_str(plan->type->name));
    result->count++;
    return TL_OK;
}

static const struct tl_map_event *event_find(const struct tl_map *map, struct tl_bytes name)
{
    for (uint32_t i = 0; i < map->event_count; i++)
        if (tl_bytes_eq(map->events[i].name, name))
            return &map->events[i];
    return NULL;
}

static enum tl_status event_make(struct work *w, const struct tl_map_event *event)
{
    enum tl_status status = TL_OK;

    for (uint32_t i = 0; i < event->entries && status == TL_OK; i++) {
        bool wanted = true;

        for (uint32_t c = 0; c < event->entry[i].whens && wanted; c++)
            wanted = when_holds(&event->entry[i].when[c], w->row);
        if (wanted)
            status = entry_make(w, &event->entry[i]);
    }
    return status;
}

enum tl_status tl_map_row(const struct tl_map *map, const struct tl_csv_row *row,
                          struct tl_map_result *result)
{
    struct work w = {.map = map, .row = row, .result = result};
    const struct tl_map_event *event;
    struct tl_bytes text;
    enum tl_status status;

    result->count = 0;
    result->texts = 0;
    result->skipped = false;
    result->column = "";
    result->text.len = 0;
    result->text.full = false;
    if (row->count != map->column_count)
        return tl_why_set(&result->why, TL_ERR_ENCODING, "row has %zu fields instead of %zu",
                          row->count, map->column_count);
    status = text_of(&w, &map->case_from, &text);
    if (status == TL_OK && text.len == 0)
        status = refuse(&w, &map->case_from, TL_ERR_ENCODING, "there is no case in", text);
    if (status != TL_OK)
        return status;
    tl_map_case_id(&w.case_id, map, text);
    result->case_id = w.case_id;
    status = text_of(&w, &map->event, &text);
    if (status != TL_OK)
        return status;
    event = event_find(map, text);
    if (event == NULL)
        return refuse(&w, &map->event, TL_ERR_ENCODING, "no event of the mapping for", text);
    result->skipped = event->skip;
    status = event_make(&w, event);
    for (uint32_t i = 0; i < map->vaults && status == TL_OK && result->count > 0; i++)
        status = keep_text(&w, &map->vault[i].value, map->vault[i].name);
    if (status != TL_OK)
        result->count = 0;
    else if (result->count == 0)
        result->skipped = true;
    return status;
}
