/* Reading golden rows. */
#include "vector.h"

#include "shared.h"
#include "tl/entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *read_or_skip(const char *name)
{
    char path[256];
    char *text;
    size_t len;

    (void)snprintf(path, sizeof path, "%s%s", strchr(name, '/') == NULL ? "vectors/domain/" : "",
                   name);
    text = test_read_shared(path, &len);
    if (text == NULL) {
        print_message("skipped: no shared file '%s'; set TALLY_SHARED\n", path);
        skip();
    }
    return text;
}

static bool take_line(struct vector_csv *csv)
{
    char *at = csv->next;
    char *end;

    if (*at == '\0')
        return false;
    end = strpbrk(at, "\r\n");
    csv->next = end == NULL ? at + strlen(at) : end + strspn(end, "\r\n");
    if (end != NULL)
        *end = '\0';
    for (csv->columns = 0; at != NULL; csv->columns++) {
        assert_true(csv->columns < VECTOR_COLUMNS_MAX);
        csv->column[csv->columns] = at;
        at = strchr(at, ',');
        if (at != NULL)
            *at++ = '\0';
    }
    return true;
}

void vector_csv_open(struct vector_csv *csv, const char *name)
{
    memset(csv, 0, sizeof *csv);
    csv->text = read_or_skip(name);
    csv->next = csv->text;
    assert_true(take_line(csv));
}

void vector_csv_open_raw(struct vector_csv *csv, const char *name)
{
    memset(csv, 0, sizeof *csv);
    csv->text = read_or_skip(name);
    csv->next = csv->text + strcspn(csv->text, "\n");
    csv->next += strspn(csv->next, "\r\n");
}

bool vector_csv_next(struct vector_csv *csv)
{
    csv->row++;
    return take_line(csv);
}

void vector_csv_close(struct vector_csv *csv)
{
    assert_true(csv->row > 1);
    free(csv->text);
}

json_t *vector_json(const char *name)
{
    char *text = read_or_skip(name);
    json_error_t error;
    json_t *json = json_loads(text, 0, &error);

    if (json == NULL)
        fail_msg("'%s' line %d: %s", name, error.line, error.text);
    free(text);
    return json;
}

int64_t vector_int(const json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);

    if (!json_is_integer(value))
        fail_msg("no number '%s'", name);
    return json_integer_value(value);
}

const char *vector_str(const json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);

    if (!json_is_string(value))
        fail_msg("no text '%s'", name);
    return json_string_value(value);
}

int64_t vector_number(const char *text)
{
    char *end;
    long long value = strtoll(text, &end, 10);

    if (end == text || *end != '\0')
        fail_msg("'%s' is not a number", text);
    return value;
}

int32_t vector_date(const char *text)
{
    int32_t date;

    if (!tl_date_parse(tl_bytes_str(text), &date))
        fail_msg("'%s' is not a date", text);
    return date;
}

int vector_list(const char *text, int64_t *out, int cap)
{
    int count = 0;

    for (;;) {
        char *end;

        assert_true(count < cap);
        out[count++] = strtoll(text, &end, 10);
        assert_true(end != text);
        if (*end != '|')
            return count;
        text = end + 1;
    }
}
