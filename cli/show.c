#include "show.h"

#include "mem.h"

#include <stdio.h>
#include <string.h>

static struct tl_json *show_date(int32_t date)
{
    char text[11];

    if (date == TL_DATE_NONE)
        return NULL;
    tl_date_text(text, date);
    return tl_json_str(text);
}

static bool is_date(const char *name)
{
    size_t len = strlen(name);

    return (len >= 3 && strcmp(name + len - 3, "_on") == 0) ||
           (len >= 4 && strcmp(name + len - 4, "date") == 0) || strcmp(name, "anchor") == 0 ||
           strcmp(name, "next_due") == 0;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the field tables, which are fixed */
static struct tl_json *show_list(const struct tl_field *field, const struct tl_list *list)
{
    const struct tl_record *record = field->aux;
    struct tl_json *array = tl_json_array();
    struct tl_list rest = *list;
    void *element = tl_mem_new(1, record->size);

    while (tl_list_next(&rest, record, element))
        tl_json_add(array, tl_show_record(record, element));
    tl_mem_free(element);
    return array;
}

static struct tl_json *show_whole(const struct tl_field *field, const void *at)
{
    switch (field->kind) {
    case TL_FIELD_U8:
        return tl_json_int(*(const uint8_t *)at);
    case TL_FIELD_U16:
        return tl_json_int(*(const uint16_t *)at);
    case TL_FIELD_U32:
        return tl_json_int(*(const uint32_t *)at);
    case TL_FIELD_U64:
        return tl_json_int((int64_t) * (const uint64_t *)at);
    case TL_FIELD_I64:
        return tl_json_int(*(const int64_t *)at);
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
    return NULL;
}

static struct tl_json *show_word(const struct tl_field *field, uint8_t value)
{
    const char *word = tl_name_of(field->aux, value);

    return word != NULL ? tl_json_str(word) : tl_json_int(value);
}

/* NULL: nothing to show. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as the field tables, which are fixed */
static struct tl_json *show_field(const struct tl_field *field, const void *at)
{
    switch (field->kind) {
    case TL_FIELD_I32:
        return is_date(field->name) ? show_date(*(const int32_t *)at)
                                    : tl_json_int(*(const int32_t *)at);
    case TL_FIELD_ENUM:
        return show_word(field, *(const uint8_t *)at);
    case TL_FIELD_BOOL:
        return tl_json_bool(*(const bool *)at);
    case TL_FIELD_ID:
        return tl_id_is_zero(at) ? NULL : tl_json_hex(tl_bytes(at, TL_ID_BYTES));
    case TL_FIELD_HASH:
    case TL_FIELD_KEY:
        return tl_json_hex(tl_bytes(at, TL_HASH_BYTES));
    case TL_FIELD_SIG:
        return tl_json_hex(tl_bytes(at, TL_SIG_BYTES));
    case TL_FIELD_STR:
        return tl_json_text(*(const struct tl_bytes *)at);
    case TL_FIELD_BIN:
        return tl_json_hex(*(const struct tl_bytes *)at);
    case TL_FIELD_LIST:
        return show_list(field, at);
    case TL_FIELD_RAW:
        return NULL;
    case TL_FIELD_U8:
    case TL_FIELD_U16:
    case TL_FIELD_U32:
    case TL_FIELD_U64:
    case TL_FIELD_I64:
        return show_whole(field, at);
    }
    return NULL;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the field tables, which are fixed */
struct tl_json *tl_show_record(const struct tl_record *record, const void *data)
{
    struct tl_json *object = tl_json_object();

    for (size_t i = 0; i < record->count; i++) {
        const struct tl_field *field = &record->fields[i];
        struct tl_json *value = show_field(field, (const uint8_t *)data + field->offset);

        if (value != NULL)
            tl_json_set(object, field->name, value);
    }
    return object;
}

struct tl_json *tl_show_member(const struct tl_genesis *genesis, uint32_t index)
{
    struct tl_member member;

    if (genesis != NULL && tl_genesis_member(genesis, index, &member))
        return tl_json_text(member.id);
    return tl_json_int(index);
}

struct tl_json *tl_show_case(const struct tl_genesis *genesis, struct tl_bytes value, int32_t today)
{
    struct tl_json *object;
    struct tl_case c;
    int64_t days = 0;

    if (tl_case_decode(&c, value) != TL_OK)
        return NULL;
    object = tl_show_record(&tl_case_record, &c);
    tl_json_set(object, "case", tl_json_hex(tl_bytes(c.id.b, TL_ID_BYTES)));
    tl_json_set(object, "owner", tl_show_member(genesis, c.owner));
    tl_json_set(object, "holder", tl_show_member(genesis, c.holder));
    tl_json_set(object, "agency", tl_show_member(genesis, c.agency));
    tl_json_set_int(object, "owed_minor", tl_case_balance(&c));
    if (tl_case_feature(&c, TL_FEATURE_DAYS_PAST_DUE, today, &days))
        tl_json_set_int(object, "days_past_due", days);
    return object;
}

/* A body names members by their place in the genesis file; people by their id. */
static void show_members(const struct tl_genesis *genesis, struct tl_json *body)
{
    static const char *const names[] = {"agency", "buyer", "member"};
    int64_t index;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (tl_json_number(tl_json_get(body, names[i]), &index) && index >= 0 &&
            index < TL_MEMBERS_MAX)
            tl_json_set(body, names[i], tl_show_member(genesis, (uint32_t)index));
}

static void show_body(struct tl_json *object, const struct tl_genesis *genesis,
                      const struct tl_type_info *info, struct tl_bytes bytes)
{
    union tl_body body;
    struct tl_json *shown;

    if (info == NULL || tl_record_decode(info->body, &body, bytes) != TL_OK)
        return;
    shown = tl_show_record(info->body, &body);
    show_members(genesis, shown);
    tl_json_set(object, "body", shown);
}

static void show_entry(struct tl_json *object, const struct tl_genesis *genesis,
                       struct tl_bytes bytes)
{
    struct tl_entry entry;
    const struct tl_type_info *info;

    if (tl_record_decode(&tl_entry_record, &entry, bytes) != TL_OK)
        return;
    info = tl_type_find(entry.type);
    tl_json_set_str(object, "type", info != NULL ? info->name : "?");
    tl_json_set(object, "date", show_date(entry.value_date));
    if (!tl_id_is_zero(&entry.case_id))
        tl_json_set(object, "case", tl_json_hex(tl_bytes(entry.case_id.b, TL_ID_BYTES)));
    tl_json_set(object, "ref", tl_json_text(entry.ext_ref));
    show_body(object, genesis, info, entry.body);
}

static void show_decision(struct tl_json *object, const struct tl_genesis *genesis,
                          const struct tl_decision *decision)
{
    const struct tl_type_info *info = tl_type_find(decision->type);
    struct tl_list rest = decision->inputs;
    struct tl_input input;
    struct tl_json *inputs = tl_json_array();

    tl_json_set_str(object, "type", info != NULL ? info->name : "?");
    tl_json_set(object, "date", show_date(decision->date));
    if (!tl_id_is_zero(&decision->case_id))
        tl_json_set(object, "case", tl_json_hex(tl_bytes(decision->case_id.b, TL_ID_BYTES)));
    tl_json_set(object, "rule", tl_json_text(decision->rule));
    tl_json_set(object, "citation", tl_json_text(decision->citation));
    while (tl_list_next(&rest, &tl_input_record, &input))
        tl_json_add(inputs, tl_json_int((int64_t)input.leaf));
    tl_json_set(object, "inputs", inputs);
    show_body(object, genesis, info, decision->body);
}

/* A finding is about a type of entry. */
static const char *type_name(int64_t code)
{
    const struct tl_type_info *info =
        code > 0 && code <= UINT16_MAX ? tl_type_find((uint16_t)code) : NULL;

    return info != NULL ? info->name : "?";
}

/* A line about a leaf's body, for people: "amount_minor 3500, bucket cost". */
static void summary_part(void *context, const char *key, const struct tl_json *value)
{
    char *text = context;
    size_t at = strlen(text);
    int64_t number;
    const char *chars = tl_json_chars(value);

    if (at > 180 || (chars != NULL && chars[0] == '\0'))
        return;
    if (chars != NULL)
        (void)snprintf(text + at, 256 - at, "%s%s %s", at > 0 ? ", " : "", key, chars);
    else if (tl_json_number(value, &number) && strcmp(key, "about") == 0)
        (void)snprintf(text + at, 256 - at, "%sabout %s", at > 0 ? ", " : "", type_name(number));
    else if (tl_json_number(value, &number))
        (void)snprintf(text + at, 256 - at, "%s%s %lld", at > 0 ? ", " : "", key,
                       (long long)number);
}

void tl_show_summary(struct tl_json *row)
{
    char text[256] = "";
    const struct tl_json *body = tl_json_get(row, "body");
    const char *rule = tl_json_chars(tl_json_get(row, "rule"));
    char full[400];

    if (body != NULL)
        tl_json_each(body, summary_part, text);
    (void)snprintf(full, sizeof full, "%s%s%s%s", text, rule != NULL ? " (" : "",
                   rule != NULL ? rule : "", rule != NULL ? ")" : "");
    tl_json_set_str(row, "what", full);
}

struct tl_json *tl_show_decision(const struct tl_genesis *genesis, uint64_t height,
                                 const struct tl_decision *decision)
{
    struct tl_json *object = tl_json_object();

    tl_json_set_int(object, "height", (int64_t)height);
    show_decision(object, genesis, decision);
    tl_json_set(object, "cause", tl_json_keep(tl_json_at(tl_json_get(object, "inputs"), 0)));
    tl_show_summary(object);
    return object;
}

struct tl_json *tl_show_leaf(const struct tl_genesis *genesis, uint64_t index,
                             struct tl_bytes bytes)
{
    struct tl_leaf leaf;
    struct tl_decision decision;
    struct tl_json *object;

    if (tl_record_decode(&tl_leaf_record, &leaf, bytes) != TL_OK)
        return NULL;
    object = tl_json_object();
    tl_json_set_int(object, "leaf", (int64_t)index);
    tl_json_set_str(object, "kind", leaf.kind == TL_LEAF_ENTRY ? "entry" : "decision");
    if (leaf.kind == TL_LEAF_ENTRY) {
        show_entry(object, genesis, leaf.bytes);
        tl_json_set(object, "envelope", tl_json_hex(tl_bytes(leaf.envelope.b, TL_HASH_BYTES)));
    } else if (tl_record_decode(&tl_decision_record, &decision, leaf.bytes) == TL_OK) {
        show_decision(object, genesis, &decision);
    }
    return object;
}
