/* Reading a mapping file. */
#include "map.h"

#include "tl/check.h"
#include "tl/file.h"

#include "map_lint.h"
#include "mem.h"

#include <stdio.h>
#include <string.h>

static bool text_is(const struct tl_yaml_node *node, const char *word)
{
    return node != NULL && node->kind == TL_YAML_SCALAR &&
           tl_bytes_eq(node->text, tl_bytes_str(word));
}

/* Splits "a {column} b" into its parts. */
static enum tl_status parts_read(struct tl_map *map, const struct tl_yaml_node *node,
                                 struct tl_map_value *value, struct tl_why *why)
{
    struct tl_bytes rest = node->text;

    while (rest.len > 0) {
        struct tl_map_part *part = &value->part[value->parts];
        const uint8_t *open = memchr(rest.ptr, '{', rest.len);
        size_t before = open != NULL ? (size_t)(open - rest.ptr) : rest.len;

        if (value->parts + 2u > TL_MAP_PARTS_MAX)
            return tl_yaml_fail(&map->doc, node, TL_ERR_LIMIT, why, "text has too many {columns}");
        if (before > 0) {
            *part = (struct tl_map_part){.literal = tl_bytes(rest.ptr, before), .column = -1};
            value->parts++;
            part++;
        }
        rest = tl_bytes(rest.ptr + before, rest.len - before);
        if (open == NULL)
            break;
        const uint8_t *close = memchr(rest.ptr, '}', rest.len);

        if (close == NULL)
            return tl_yaml_fail(&map->doc, node, TL_ERR_ENCODING, why, "\"{\" without \"}\"");
        *part = (struct tl_map_part){
            .name = tl_bytes(rest.ptr + 1, (size_t)(close - rest.ptr) - 1u), .column = -1};
        value->parts++;
        rest = tl_bytes(close + 1, rest.len - (size_t)(close - rest.ptr) - 1u);
    }
    return TL_OK;
}

static enum tl_status style_read(const struct tl_map *map, const struct tl_yaml_node *node,
                                 struct tl_decimal_style *style, struct tl_why *why)
{
    static const char *const keys[] = {"unit", "decimals", "point", "group", NULL};
    const struct tl_yaml_node *unit = node;
    const struct tl_yaml_node *more;
    int64_t decimals = 2;

    if (node->kind == TL_YAML_MAP) {
        if (tl_yaml_only(&map->doc, node, keys, why) != TL_OK)
            return TL_ERR_ENCODING;
        unit = tl_yaml_get(node, "unit");
        more = tl_yaml_get(node, "decimals");
        if (more != NULL && tl_yaml_int(&map->doc, more, 0, 4, &decimals, why) != TL_OK)
            return TL_ERR_ENCODING;
        more = tl_yaml_get(node, "point");
        if (more != NULL && more->text.len == 1)
            style->point = (char)more->text.ptr[0];
        more = tl_yaml_get(node, "group");
        if (more != NULL && more->text.len == 1)
            style->group = (char)more->text.ptr[0];
    }
    if (!text_is(unit, "minor") && !text_is(unit, "major"))
        return tl_yaml_fail(&map->doc, node, TL_ERR_ENCODING, why,
                            "money is in \"minor\" or in \"major\" units");
    style->exponent = text_is(unit, "minor") ? 0 : (uint32_t)decimals;
    return TL_OK;
}

static enum tl_status words_find(const struct tl_map *map, const struct tl_yaml_node *node,
                                 const struct tl_yaml_node **out, struct tl_why *why)
{
    const struct tl_yaml_node *lists = tl_yaml_get(map->doc.root, "words");

    *out = node;
    if (node->kind == TL_YAML_SCALAR && lists != NULL)
        *out = tl_yaml_get(lists, (const char *)node->text.ptr);
    if (*out == NULL || (*out)->kind != TL_YAML_MAP)
        return tl_yaml_fail(&map->doc, node, TL_ERR_ENCODING, why,
                            "\"map\" is a list of words here or the name of one under \"words\"");
    return TL_OK;
}

/* The long form of a value: where from, and how it is to be read. */
static enum tl_status value_read_map(struct tl_map *map, const struct tl_yaml_node *node,
                                     struct tl_map_value *value, struct tl_why *why)
{
    static const char *const keys[] = {"column", "text", "empty",  "map",       "otherwise",
                                       "money",  "date", "format", "plus_days", NULL};
    const struct tl_yaml_node *column = tl_yaml_get(node, "column");
    const struct tl_yaml_node *text = tl_yaml_get(node, "text");
    const struct tl_yaml_node *more;
    int64_t days = 0;

    if (tl_yaml_only(&map->doc, node, keys, why) != TL_OK)
        return TL_ERR_ENCODING;
    if ((column == NULL) == (text == NULL))
        return tl_yaml_fail(&map->doc, node, TL_ERR_ENCODING, why,
                            "a value has either \"column\" or \"text\"");
    if (column != NULL) {
        if (column->kind != TL_YAML_SCALAR)
            return tl_yaml_kind_is(&map->doc, column, TL_YAML_SCALAR, why);
        value->part[value->parts++] = (struct tl_map_part){.name = column->text, .column = -1};
    } else if (parts_read(map, text, value, why) != TL_OK) {
        return TL_ERR_ENCODING;
    }
    more = tl_yaml_get(node, "empty");
    value->has_empty = more != NULL;
    value->empty = more != NULL ? more->text : TL_BYTES_NONE;
    more = tl_yaml_get(node, "otherwise");
    value->has_otherwise = more != NULL;
    value->otherwise = more != NULL ? more->text : TL_BYTES_NONE;
    more = tl_yaml_get(node, "map");
    if (more != NULL && words_find(map, more, &value->words, why) != TL_OK)
        return TL_ERR_ENCODING;
    more =
        tl_yaml_get(node, "date") != NULL ? tl_yaml_get(node, "date") : tl_yaml_get(node, "format");
    if (more != NULL && more->kind == TL_YAML_SCALAR)
        value->date = (const char *)more->text.ptr;
    more = tl_yaml_get(node, "plus_days");
    if (more != NULL && tl_yaml_int(&map->doc, more, -36500, 36500, &days, why) != TL_OK)
        return TL_ERR_ENCODING;
    value->plus_days = (int32_t)days;
    more = tl_yaml_get(node, "money");
    return more != NULL ? style_read(map, more, &value->money, why) : TL_OK;
}

static enum tl_status value_read(struct tl_map *map, const struct tl_yaml_node *node,
                                 struct tl_map_value *value, struct tl_why *why)
{
    *value =
        (struct tl_map_value){.money = map->money, .date = map->date_format, .line = node->line};
    if (node->kind == TL_YAML_SCALAR)
        return parts_read(map, node, value, why);
    if (node->kind == TL_YAML_MAP)
        return value_read_map(map, node, value, why);
    return tl_yaml_fail(&map->doc, node, TL_ERR_ENCODING, why, "a list is no value");
}

static enum tl_status when_read(struct tl_map *map, const struct tl_yaml_node *node,
                                struct tl_map_entry *entry, struct tl_why *why)
{
    for (const struct tl_yaml_node *at = node->first; at != NULL; at = at->next) {
        struct tl_map_when *when = &entry->when[entry->whens];
        const struct tl_yaml_node *not = NULL;
        const struct tl_yaml_node *above = NULL;

        if (entry->whens == TL_MAP_WHEN_MAX)
            return tl_yaml_fail(&map->doc, at, TL_ERR_LIMIT, why, "at most %u conditions",
                                TL_MAP_WHEN_MAX);
        *when = (struct tl_map_when){.test = TL_MAP_IN, .words = at};
        if (at->kind == TL_YAML_MAP) {
            static const char *const keys[] = {"not", "above", NULL};

            if (tl_yaml_only(&map->doc, at, keys, why) != TL_OK)
                return TL_ERR_ENCODING;
            not = tl_yaml_get(at, "not");
            above = tl_yaml_get(at, "above");
            if ((not == NULL) == (above == NULL))
                return tl_yaml_fail(&map->doc, at, TL_ERR_ENCODING, why,
                                    "a condition is a word, a list, {not: ...} or {above: ...}");
        }
        if (not != NULL) {
            when->test = TL_MAP_NOT_IN;
            when->words = not ;
        }
        if (above != NULL) {
            when->test = TL_MAP_ABOVE;
            if (tl_yaml_int(&map->doc, above, INT64_MIN, INT64_MAX, &when->above, why) != TL_OK)
                return TL_ERR_ENCODING;
        }
        entry->whens++;
    }
    return TL_OK;
}

/* ---- what must not go onto the ledger ---- */

static bool not_personal(const struct tl_map *map, struct tl_bytes column)
{
    if (map->not_personal == NULL)
        return false;
    for (const struct tl_yaml_node *at = map->not_personal->first; at != NULL; at = at->next) {
        if (tl_bytes_eq(at->text, column))
            return true;
    }
    return false;
}

/* A value the ledger would keep for ever in clear. */
static enum tl_status value_lint(const struct tl_map *map, const struct tl_yaml_node *node,
                                 const struct tl_map_value *value, struct tl_why *why)
{
    for (uint32_t i = 0; i < value->parts; i++) {
        struct tl_bytes name = value->part[i].name;
        const char *what = name.ptr == NULL ? NULL : tl_lint_column(name);

        if (what != NULL && !not_personal(map, name))
            return tl_yaml_fail(&map->doc, node, TL_ERR_ENCODING, why,
                                "column \"%.*s\" sounds like %s, and the ledger takes no personal "
                                "data; map it under \"vault\", or list it under \"not_personal\"",
                                (int)name.len, (const char *)name.ptr, what);
    }
    return TL_OK;
}

static bool from_column(const struct tl_map_value *value)
{
    for (uint32_t i = 0; i < value->parts; i++) {
        if (value->part[i].name.ptr != NULL)
            return value->words == NULL;
    }
    return false;
}

/* Commitments are salted hashes.  Free text goes to the vault, unless its columns
 * are known to hold none. */
static enum tl_status field_lint(const struct tl_map *map, const struct tl_yaml_node *node,
                                 const struct tl_map_entry *entry, struct tl_map_field *field,
                                 struct tl_why *why)
{
    enum tl_field_kind kind = field->field->kind;

    if (kind == TL_FIELD_ID || kind == TL_FIELD_HASH || kind == TL_FIELD_BIN)
        return TL_OK;
    if (!tl_lint_free(field->field) || !from_column(&field->value))
        return value_lint(map, node, &field->value, why);
    for (uint32_t i = 0; i < field->value.parts; i++) {
        if (field->value.part[i].name.ptr != NULL && !not_personal(map, field->value.part[i].name))
            (void)snprintf(field->vault, sizeof field->vault, "%.20s.%s", entry->type->name,
                           field->field->name);
    }
    return TL_OK;
}

static enum tl_status vault_read(struct tl_map *map, struct tl_why *why)
{
    const struct tl_yaml_node *vault = tl_yaml_get(map->doc.root, "vault");
    enum tl_status status =
        vault == NULL ? TL_OK : tl_yaml_kind_is(&map->doc, vault, TL_YAML_MAP, why);

    if (vault == NULL || status != TL_OK)
        return status;
    for (const struct tl_yaml_node *at = vault->first; at != NULL; at = at->next) {
        struct tl_map_vault *one = &map->vault[map->vaults];

        if (map->vaults == TL_MAP_VAULT_MAX || at->key.len > TL_VAULT_NAME_MAX)
            return tl_yaml_fail(&map->doc, at, TL_ERR_LIMIT, why,
                                "at most %u fields with names of %u bytes", TL_MAP_VAULT_MAX,
                                TL_VAULT_NAME_MAX);
        one->name = at->key;
        if (value_read(map, at, &one->value, why) != TL_OK)
            return TL_ERR_ENCODING;
        map->vaults++;
    }
    return TL_OK;
}

static enum tl_status personal_read(struct tl_map *map, struct tl_why *why)
{
    const struct tl_yaml_node *list = tl_yaml_get(map->doc.root, "not_personal");
    const struct tl_yaml_node *ref = tl_yaml_get(map->doc.root, "ref");
    enum tl_status status =
        list == NULL ? TL_OK : tl_yaml_kind_is(&map->doc, list, TL_YAML_LIST, why);

    if (status != TL_OK)
        return status;
    map->not_personal = list;
    if (ref != NULL)
        status = value_lint(map, ref, &map->ref, why);
    return status == TL_OK ? vault_read(map, why) : status;
}

static enum tl_status body_read(struct tl_map *map, const struct tl_yaml_node *node,
                                struct tl_map_entry *entry, struct tl_why *why)
{
    for (const struct tl_yaml_node *at = node->first; at != NULL; at = at->next) {
        struct tl_map_field *field = &entry->field[entry->fields];

        if (entry->fields == TL_MAP_FIELDS_MAX)
            return tl_yaml_fail(&map->doc, at, TL_ERR_LIMIT, why, "at most %u fields",
                                TL_MAP_FIELDS_MAX);
        field->field = tl_record_field(entry->type->body, at->key);
        if (field->field == NULL)
            return tl_yaml_fail(&map->doc, at, TL_ERR_ENCODING, why, "%s has no field \"%.*s\"",
                                entry->type->name, (int)at->key.len, (const char *)at->key.ptr);
        if (value_read(map, at, &field->value, why) != TL_OK ||
            field_lint(map, at, entry, field, why) != TL_OK)
            return TL_ERR_ENCODING;
        entry->fields++;
    }
    return TL_OK;
}

static enum tl_status entry_read(struct tl_map *map, const struct tl_yaml_node *node,
                                 struct tl_map_entry *entry, struct tl_why *why)
{
    static const char *const keys[] = {"entry", "when", "ref", "date", "body", NULL};
    const struct tl_yaml_node *type;
    const struct tl_yaml_node *more;
    enum tl_status status = tl_yaml_kind_is(&map->doc, node, TL_YAML_MAP, why);

    if (status == TL_OK)
        status = tl_yaml_only(&map->doc, node, keys, why);
    if (status == TL_OK)
        status = tl_yaml_need(&map->doc, node, "entry", &type, why);
    if (status != TL_OK)
        return status;
    entry->type = tl_type_named(type->text);
    if (entry->type == NULL || entry->type->derived)
        return tl_yaml_fail(&map->doc, type, TL_ERR_ENCODING, why,
                            "there is no entry type \"%.*s\"", (int)type->text.len,
                            (const char *)type->text.ptr);
    entry->ref = map->ref;
    entry->date = map->date;
    if ((more = tl_yaml_get(node, "ref")) != NULL)
        status = value_read(map, more, &entry->ref, why);
    if (status == TL_OK && more != NULL)
        status = value_lint(map, more, &entry->ref, why);
    if (status == TL_OK && (more = tl_yaml_get(node, "date")) != NULL)
        status = value_read(map, more, &entry->date, why);
    if (status == TL_OK && (more = tl_yaml_get(node, "when")) != NULL)
        status = when_read(map, more, entry, why);
    if (status == TL_OK && (more = tl_yaml_get(node, "body")) != NULL)
        status = body_read(map, more, entry, why);
    if (status == TL_OK && entry->ref.parts == 0)
        status = tl_yaml_fail(&map->doc, node, TL_ERR_ENCODING, why,
                              "no \"ref\": without one a second import could not tell");
    return status;
}

static enum tl_status event_read(struct tl_map *map, const struct tl_yaml_node *node,
                                 struct tl_map_event *event, struct tl_why *why)
{
    event->name = node->key;
    if (text_is(node, "skip")) {
        event->skip = true;
        return TL_OK;
    }
    if (node->kind != TL_YAML_LIST || node->count == 0 || node->count > TL_MAP_MADE_MAX)
        return tl_yaml_fail(&map->doc, node, TL_ERR_ENCODING, why,
                            "an event is a list of 1 to %u entries, or \"skip\"", TL_MAP_MADE_MAX);
    event->entry = tl_mem_new(node->count, sizeof *event->entry);
    for (const struct tl_yaml_node *at = node->first; at != NULL; at = at->next) {
        enum tl_status status = entry_read(map, at, &event->entry[event->entries], why);

        if (status != TL_OK)
            return status;
        event->entries++;
    }
    return TL_OK;
}

static enum tl_status events_read(struct tl_map *map, struct tl_why *why)
{
    const struct tl_yaml_node *events;
    enum tl_status status = tl_yaml_need(&map->doc, map->doc.root, "events", &events, why);

    if (status == TL_OK)
        status = tl_yaml_kind_is(&map->doc, events, TL_YAML_MAP, why);
    if (status != TL_OK)
        return status;
    map->events = tl_mem_new(events->count, sizeof *map->events);
    for (const struct tl_yaml_node *at = events->first; at != NULL && status == TL_OK;
         at = at->next)
        status = event_read(map, at, &map->events[map->event_count++], why);
    return status;
}

/* The salt keeps case ids from being guessed out of the source's numbers. */
static enum tl_status salt_read(struct tl_map *map, const struct tl_yaml_node *node,
                                struct tl_why *why)
{
    const struct tl_yaml_node *text = tl_yaml_get(node, "salt");
    const struct tl_yaml_node *file = tl_yaml_get(node, "salt_file");
    struct tl_file_bytes bytes;
    enum tl_status status;

    if ((text == NULL) == (file == NULL))
        return tl_yaml_fail(&map->doc, node, TL_ERR_ENCODING, why,
                            "case ids need either \"salt\" or \"salt_file\"");
    if (text != NULL) {
        map->salt = (uint8_t *)tl_mem_copy((const char *)text->text.ptr, text->text.len);
        map->salt_len = text->text.len;
        return TL_OK;
    }
    status = tl_file_read_secret((const char *)file->text.ptr, 4096, &bytes, why);
    if (status != TL_OK)
        return status;
    map->salt = (uint8_t *)tl_mem_copy(bytes.text, bytes.len);
    map->salt_len = bytes.len;
    tl_file_bytes_free(&bytes);
    return TL_OK;
}

static enum tl_status case_read(struct tl_map *map, struct tl_why *why)
{
    static const char *const keys[] = {"column", "salt", "salt_file", NULL};
    const struct tl_yaml_node *node;
    const struct tl_yaml_node *column;
    enum tl_status status = tl_yaml_need(&map->doc, map->doc.root, "case", &node, why);

    if (status == TL_OK)
        status = tl_yaml_kind_is(&map->doc, node, TL_YAML_MAP, why);
    if (status == TL_OK)
        status = tl_yaml_only(&map->doc, node, keys, why);
    if (status == TL_OK)
        status = tl_yaml_need(&map->doc, node, "column", &column, why);
    if (status != TL_OK)
        return status;
    map->case_from.part[map->case_from.parts++] =
        (struct tl_map_part){.name = column->text, .column = -1};
    return salt_read(map, node, why);
}

static enum tl_status csv_read(struct tl_map *map, struct tl_why *why)
{
    static const char *const keys[] = {"delimiter", "header", "columns", NULL};
    const struct tl_yaml_node *csv = tl_yaml_get(map->doc.root, "csv");
    const struct tl_yaml_node *more;

    if (csv == NULL)
        return TL_OK;
    if (tl_yaml_only(&map->doc, csv, keys, why) != TL_OK)
        return TL_ERR_ENCODING;
    more = tl_yaml_get(csv, "delimiter");
    if (more != NULL && text_is(more, "tab"))
        map->delimiter = '\t';
    else if (more != NULL && more->text.len != 1)
        return tl_yaml_fail(&map->doc, more, TL_ERR_ENCODING, why,
                            "the delimiter is one character, or \"tab\"");
    else if (more != NULL)
        map->delimiter = (char)more->text.ptr[0];
    map->columns = tl_yaml_get(csv, "columns");
    more = tl_yaml_get(csv, "header");
    if (more != NULL && tl_yaml_bool(&map->doc, more, &map->header, why) != TL_OK)
        return TL_ERR_ENCODING;
    if (!map->header && map->columns == NULL)
        return tl_yaml_fail(&map->doc, csv, TL_ERR_ENCODING, why,
                            "without a header the mapping must name the columns");
    return TL_OK;
}

static enum tl_status calendar_read(struct tl_map *map, struct tl_why *why)
{
    const struct tl_yaml_node *calendar = tl_yaml_get(map->doc.root, "calendar");
    const struct tl_yaml_node *until = tl_yaml_get(map->doc.root, "until");

    map->close_days = text_is(calendar, "close");
    if (calendar != NULL && !map->close_days && !text_is(calendar, "none"))
        return tl_yaml_fail(&map->doc, calendar, TL_ERR_ENCODING, why,
                            "calendar is \"close\" or \"none\"");
    map->has_until = until != NULL;
    if (until != NULL && !tl_date_parse(until->text, &map->until))
        return tl_yaml_fail(&map->doc, until, TL_ERR_ENCODING, why,
                            "until is a date like 2013-12-31");
    return TL_OK;
}

static enum tl_status defaults_read(struct tl_map *map, struct tl_why *why)
{
    static const char *const keys[] = {"format", "name",   "csv",   "case",         "ref",
                                       "date",   "event",  "money", "words",        "calendar",
                                       "until",  "events", "vault", "not_personal", NULL};
    const struct tl_yaml_node *node;
    enum tl_status status = tl_yaml_kind_is(&map->doc, map->doc.root, TL_YAML_MAP, why);

    if (status == TL_OK)
        status = tl_yaml_only(&map->doc, map->doc.root, keys, why);
    if (status == TL_OK && (node = tl_yaml_get(map->doc.root, "money")) != NULL)
        status = style_read(map, node, &map->money, why);
    if (status == TL_OK)
        status = tl_yaml_need(&map->doc, map->doc.root, "date", &node, why);
    if (status == TL_OK)
        status = value_read(map, node, &map->date, why);
    if (status == TL_OK)
        map->date_format = map->date.date;
    if (status == TL_OK && (node = tl_yaml_get(map->doc.root, "ref")) != NULL)
        status = value_read(map, node, &map->ref, why);
    if (status == TL_OK)
        status = tl_yaml_need(&map->doc, map->doc.root, "event", &node, why);
    if (status == TL_OK)
        status = value_read(map, node, &map->event, why);
    return status;
}

enum tl_status tl_map_load(struct tl_map *map, const char *path, struct tl_why *why)
{
    enum tl_status status;

    *map = (struct tl_map){
        .delimiter = ',', .header = true, .money = {'.', 0, 0}, .date_format = "%Y-%m-%d"};
    status = tl_yaml_load(&map->doc, path, why);
    if (status != TL_OK)
        return status;
    status = defaults_read(map, why);
    if (status == TL_OK)
        status = csv_read(map, why);
    if (status == TL_OK)
        status = case_read(map, why);
    if (status == TL_OK)
        status = calendar_read(map, why);
    if (status == TL_OK)
        status = personal_read(map, why);
    if (status == TL_OK)
        status = events_read(map, why);
    if (status != TL_OK)
        tl_map_free(map);
    return status;
}

void tl_map_free(struct tl_map *map)
{
    for (uint32_t i = 0; i < map->event_count; i++)
        tl_mem_free(map->events[i].entry);
    tl_mem_free(map->events);
    tl_mem_free(map->salt);
    tl_yaml_free(&map->doc);
    *map = (struct tl_map){0};
}

/* ---- binding to the columns of a file ---- */

struct columns {
    const struct tl_csv_row *header;
    const struct tl_yaml_node *list;
};

static int column_find(const struct columns *columns, struct tl_bytes name)
{
    int i = 0;

    if (columns->header != NULL) {
        for (size_t c = 0; c < columns->header->count; c++)
            if (tl_bytes_eq(columns->header->field[c], name))
                return (int)c;
        return -1;
    }
    for (const struct tl_yaml_node *at = columns->list->first; at != NULL; at = at->next, i++)
        if (tl_bytes_eq(at->text, name))
            return i;
    return -1;
}

static enum tl_status no_column(const struct tl_map *map, uint32_t line, struct tl_bytes name,
                                struct tl_why *why)
{
    return tl_why_set(why, TL_ERR_NOT_FOUND, "%s:%u: the file has no column \"%.*s\"",
                      map->doc.name, line, (int)name.len, (const char *)name.ptr);
}

static enum tl_status value_bind(const struct tl_map *map, struct tl_map_value *value,
                                 const struct columns *columns, struct tl_why *why)
{
    for (uint32_t i = 0; i < value->parts; i++) {
        struct tl_map_part *part = &value->part[i];

        if (part->name.ptr == NULL)
            continue;
        part->column = column_find(columns, part->name);
        if (part->column < 0)
            return no_column(map, value->line, part->name, why);
    }
    return TL_OK;
}

/* The condition's column is the key of its node. */
static enum tl_status when_bind(const struct tl_map *map, struct tl_map_when *when,
                                const struct tl_yaml_node *at, const struct columns *columns,
                                struct tl_why *why)
{
    TL_CHECK(at != NULL);
    when->column = column_find(columns, at->key);
    return when->column >= 0 ? TL_OK : no_column(map, at->key_line, at->key, why);
}

static enum tl_status entry_bind(const struct tl_map *map, struct tl_map_entry *entry,
                                 const struct tl_yaml_node *node, const struct columns *columns,
                                 struct tl_why *why)
{
    const struct tl_yaml_node *when = tl_yaml_get(node, "when");
    const struct tl_yaml_node *at = when != NULL ? when->first : NULL;
    enum tl_status status = value_bind(map, &entry->ref, columns, why);

    if (status == TL_OK)
        status = value_bind(map, &entry->date, columns, why);
    for (uint32_t i = 0; i < entry->whens && status == TL_OK; i++, at = at->next)
        status = when_bind(map, &entry->when[i], at, columns, why);
    for (uint32_t i = 0; i < entry->fields && status == TL_OK; i++)
        status = value_bind(map, &entry->field[i].value, columns, why);
    return status;
}

static enum tl_status events_bind(struct tl_map *map, const struct columns *columns,
                                  struct tl_why *why)
{
    const struct tl_yaml_node *node = tl_yaml_get(map->doc.root, "events")->first;
    enum tl_status status = TL_OK;

    for (uint32_t i = 0; i < map->event_count; i++, node = node->next) {
        const struct tl_yaml_node *at = node->first;

        for (uint32_t e = 0; e < map->events[i].entries && status == TL_OK; e++, at = at->next)
            status = entry_bind(map, &map->events[i].entry[e], at, columns, why);
    }
    return status;
}

enum tl_status tl_map_bind(struct tl_map *map, const struct tl_csv_row *header, struct tl_why *why)
{
    struct columns columns = {header, map->columns};
    enum tl_status status;

    map->column_count = header != NULL ? header->count : map->columns->count;
    status = value_bind(map, &map->event, &columns, why);
    if (status == TL_OK)
        status = value_bind(map, &map->case_from, &columns, why);
    if (status == TL_OK)
        status = value_bind(map, &map->date, &columns, why);
    if (status == TL_OK)
        status = value_bind(map, &map->ref, &columns, why);
    for (uint32_t i = 0; i < map->vaults && status == TL_OK; i++)
        status = value_bind(map, &map->vault[i].value, &columns, why);
    return status == TL_OK ? events_bind(map, &columns, why) : status;
}
