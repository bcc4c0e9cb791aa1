/* format_tables -- the tables of docs/FORMAT.md, made of the record tables.
 *
 *   format_tables              print them
 *   format_tables FILE         hold FILE's generated part to them; exit 1
 *   format_tables --write FILE replace it
 *
 * The generated part lies between two comment lines. */
#include "tl/entry.h"

#include "shared.h"
#include "wire.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEGIN "<!-- tables: begin; written by format_tables, do not edit -->\n"
#define END   "<!-- tables: end -->\n"

static char made[1u << 17];
static size_t made_len;

static void put(const char *format, ...) TL_PRINTF(1, 2);

static void put(const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(made + made_len, sizeof made - made_len, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof made - made_len) {
        (void)fputs("the tables do not fit\n", stderr);
        exit(2);
    }
    made_len += (size_t)len;
}

static const char *encoding_of(enum tl_field_kind kind)
{
    switch (kind) {
    case TL_FIELD_U8:
    case TL_FIELD_U16:
    case TL_FIELD_U32:
    case TL_FIELD_U64:
        return "unsigned";
    case TL_FIELD_I32:
        return "signed, 32 bits";
    case TL_FIELD_I64:
        return "signed, 64 bits";
    case TL_FIELD_ENUM:
        return "word";
    case TL_FIELD_BOOL:
        return "boolean";
    case TL_FIELD_ID:
        return "bin 16";
    case TL_FIELD_HASH:
        return "bin 32 (hash)";
    case TL_FIELD_KEY:
        return "bin 32 (Ed25519 key)";
    case TL_FIELD_SIG:
        return "bin 64 (signature)";
    case TL_FIELD_STR:
        return "text";
    case TL_FIELD_BIN:
        return "binary";
    case TL_FIELD_RAW:
        return "nested value";
    case TL_FIELD_LIST:
        return "array";
    }
    return "";
}

static uint64_t type_max(const struct tl_field *field)
{
    uint64_t max = field->max;

    if (field->kind == TL_FIELD_U8 && max > UINT8_MAX)
        max = UINT8_MAX;
    if (field->kind == TL_FIELD_U16 && max > UINT16_MAX)
        max = UINT16_MAX;
    if (field->kind == TL_FIELD_U32 && max > UINT32_MAX)
        max = UINT32_MAX;
    return max;
}

static void put_words(const struct tl_field *field)
{
    const char *comma = "";

    for (uint64_t value = 0; field->aux != NULL && value <= field->max; value++) {
        const char *word = tl_name_of(field->aux, value);

        if (word == NULL)
            continue;
        put("%s%" PRIu64 " %s", comma, value, word);
        comma = ", ";
    }
    if (field->aux == NULL)
        put("up to %" PRIu64, field->max);
}

static void put_limit(const struct tl_field *field)
{
    const struct tl_record *element = field->aux;

    switch (field->kind) {
    case TL_FIELD_U8:
    case TL_FIELD_U16:
    case TL_FIELD_U32:
    case TL_FIELD_U64:
        if (type_max(field) != UINT64_MAX)
            put("up to %" PRIu64, type_max(field));
        break;
    case TL_FIELD_ENUM:
        put_words(field);
        break;
    case TL_FIELD_STR:
    case TL_FIELD_BIN:
    case TL_FIELD_RAW:
        put("up to %" PRIu64 " bytes", field->max);
        break;
    case TL_FIELD_LIST:
        put("up to %" PRIu64 " of %s", field->max, element->name);
        break;
    case TL_FIELD_I32:
    case TL_FIELD_I64:
    case TL_FIELD_BOOL:
    case TL_FIELD_ID:
    case TL_FIELD_HASH:
    case TL_FIELD_KEY:
    case TL_FIELD_SIG:
        break;
    }
}

static void put_record(const struct tl_record *record)
{
    put("\n#### %s\n\n| # | field | encoding | limit |\n|---|---|---|---|\n", record->name);
    for (size_t i = 0; i < record->count; i++) {
        const struct tl_field *field = &record->fields[i];

        put("| %zu | %s | %s | ", i, field->name, encoding_of(field->kind));
        put_limit(field);
        put(" |\n");
    }
}

static void put_types(void)
{
    const struct tl_type_info *type;

    put("\n### Types of entries and decisions\n\n| code | word | body | kind "
        "|\n|---|---|---|---|\n");
    for (size_t i = 0; (type = tl_type_at(i)) != NULL; i++) {
        const char *kind = type->derived ? "decision" : type->act ? "act" : "fact";

        put("| %u | %s | %s | %s |\n", type->code, type->name, type->body->name, kind);
    }
}

static void make(void)
{
    put_types();
    for (size_t row = 0; row < wire_row_count; row++) {
        if (wire_rows[row].record == NULL)
            put("\n### %s\n", wire_rows[row].part);
        else
            put_record(wire_rows[row].record);
    }
    put("\n");
}

/* The generated part of `text`; NULL when the marks are missing. */
static char *generated_part(char *text, size_t *len)
{
    char *begin = strstr(text, BEGIN);
    char *end = begin == NULL ? NULL : strstr(begin, END);

    if (end == NULL)
        return NULL;
    begin += strlen(BEGIN);
    *len = (size_t)(end - begin);
    return begin;
}

static int write_file(const char *path, const char *text, const char *part, size_t part_len)
{
    FILE *file = fopen(path, "w");
    bool good = file != NULL;

    if (good) {
        good = fwrite(text, 1, (size_t)(part - text), file) == (size_t)(part - text) &&
               fwrite(made, 1, made_len, file) == made_len && fputs(part + part_len, file) >= 0;
        good = fclose(file) == 0 && good;
    }
    if (!good)
        (void)fprintf(stderr, "cannot write \"%s\"\n", path);
    return good ? 0 : 1;
}

static int hold_file(const char *path, bool write)
{
    size_t len;
    size_t part_len = 0;
    char *text = test_read_file(path, &len);
    char *part = text == NULL ? NULL : generated_part(text, &part_len);
    int result = 0;

    if (part == NULL) {
        (void)fprintf(stderr, "no generated part in \"%s\"\n", path);
        result = 1;
    } else if (write) {
        result = write_file(path, text, part, part_len);
    } else if (part_len != made_len || memcmp(part, made, made_len) != 0) {
        (void)fprintf(stderr,
                      "the tables in \"%s\" are not those of the code; "
                      "run format_tables --write on it\n",
                      path);
        result = 1;
    }
    free(text);
    return result;
}

int main(int argc, char **argv)
{
    make();
    if (argc == 3 && strcmp(argv[1], "--write") == 0)
        return hold_file(argv[2], true);
    if (argc == 2)
        return hold_file(argv[1], false);
    return fputs(made, stdout) < 0 ? 1 : 0;
}
