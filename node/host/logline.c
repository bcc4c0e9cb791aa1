/* Log lines.  A line is put together in one buffer and written by one write, so
 * lines of different threads never mix. */
#include "tl/logline.h"

#include "tl/clock.h"
#include "tl/entry.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES  2048u
#define VALUE_MAX_BYTES 256u

static atomic_int lowest = TL_LOG_INFO;
static atomic_bool journald = false;
static char program[64];

/* syslog severities, as journald reads them: debug, debug, info, warning, err. */
static const char severity[] = {'7', '7', '6', '4', '3'};
static const char *const level_names[] = {"trace", "debug", "info", "odd", "broken"};

void tl_log_open(enum tl_log_level level, const char *name)
{
    atomic_store(&lowest, (int)level);
    atomic_store(&journald, getenv("JOURNAL_STREAM") != NULL);
    (void)snprintf(program, sizeof program, "%s", name == NULL ? "" : name);
}

bool tl_log_level_find(const char *word, enum tl_log_level *level)
{
    for (int i = TL_LOG_TRACE; i <= TL_LOG_BROKEN; i++) {
        if (strcmp(word, level_names[i]) == 0) {
            *level = (enum tl_log_level)i;
            return true;
        }
    }
    return false;
}

const char *tl_log_level_name(enum tl_log_level level)
{
    return level_names[level];
}

bool tl_log_on(enum tl_log_level level)
{
    return (int)level >= atomic_load(&lowest);
}

static void put_text(struct tl_buf *line, const char *text)
{
    tl_buf_put(line, text, strlen(text));
}

static bool is_plain(uint8_t c)
{
    return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
}

/* Escapes to visible ASCII: nothing in a value can end the line or the quotes. */
static void put_escaped(struct tl_buf *line, struct tl_bytes value)
{
    char code[8];

    tl_buf_byte(line, '"');
    for (size_t i = 0; i < value.len; i++) {
        const uint8_t c = value.ptr[i];
        if (c == '"' || c == '\\') {
            tl_buf_byte(line, '\\');
            tl_buf_byte(line, c);
        } else if (c >= ' ' && c < 0x7f) {
            tl_buf_byte(line, c);
        } else {
            (void)snprintf(code, sizeof code, "\\x%02x", c);
            put_text(line, code);
        }
    }
    tl_buf_byte(line, '"');
}

static void put_value(struct tl_buf *line, struct tl_bytes value)
{
    bool plain = value.len > 0;

    if (value.len > VALUE_MAX_BYTES)
        value.len = VALUE_MAX_BYTES;
    for (size_t i = 0; i < value.len; i++)
        plain = plain && is_plain(value.ptr[i]);
    if (plain)
        tl_buf_put(line, value.ptr, value.len);
    else
        put_escaped(line, value);
}

static void put_field(struct tl_buf *line, const struct tl_log_field *field)
{
    char text[40] = "";

    tl_buf_byte(line, ' ');
    put_text(line, field->key);
    tl_buf_byte(line, '=');
    switch (field->kind) {
    case TL_LOG_TEXT:
        put_value(line, field->text);
        return;
    case TL_LOG_UINT:
        (void)snprintf(text, sizeof text, "%" PRIu64, field->number);
        break;
    case TL_LOG_INT:
        (void)snprintf(text, sizeof text, "%" PRId64, (int64_t)field->number);
        break;
    case TL_LOGLINE_HEX:
        (void)snprintf(text, sizeof text, "%016" PRIx64, field->number);
        break;
    case TL_LOG_END:
        break;
    }
    put_text(line, text);
}

static void put_time(struct tl_buf *line)
{
    const uint64_t now_ms = tl_clock_wall_ms();
    const uint32_t in_day_ms = (uint32_t)(now_ms % 86400000u);
    char date[11];
    char text[64];

    tl_date_text(date, (int32_t)(now_ms / 86400000u));
    (void)snprintf(text, sizeof text, "%sT%02u:%02u:%02u.%03uZ ", date, in_day_ms / 3600000u,
                   in_day_ms / 60000u % 60u, in_day_ms / 1000u % 60u, in_day_ms % 1000u);
    put_text(line, text);
}

void tl_log_fields(enum tl_log_level level, const char *event, const struct tl_log_field *fields)
{
    char memory[LINE_MAX_BYTES];
    struct tl_buf line = tl_buf(memory, sizeof memory - 1); /* room for the newline */

    if (!tl_log_on(level))
        return;
    if (atomic_load(&journald)) {
        const char prefix[] = {'<', severity[level], '>', '\0'};
        put_text(&line, prefix);
    } else {
        put_time(&line);
    }
    put_text(&line, level_names[level]);
    tl_buf_byte(&line, ' ');
    put_text(&line, event);
    if (program[0] != '\0')
        put_field(&line, &(struct tl_log_field){TL_LOG_TEXT, "member", tl_bytes_str(program), 0});
    for (; fields->kind != TL_LOG_END; fields++)
        put_field(&line, fields);
    memory[line.len] = '\n';
    /* Nobody can be told when stderr is gone. */
    (void)!write(STDERR_FILENO, memory, line.len + 1);
}

struct tl_log_field tl_log_str(const char *key, const char *text)
{
    return (struct tl_log_field){TL_LOG_TEXT, key, tl_bytes_str(text), 0};
}

struct tl_log_field tl_log_text(const char *key, struct tl_bytes text)
{
    return (struct tl_log_field){TL_LOG_TEXT, key, text, 0};
}

struct tl_log_field tl_log_uint(const char *key, uint64_t number)
{
    return (struct tl_log_field){TL_LOG_UINT, key, TL_BYTES_NONE, number};
}

struct tl_log_field tl_log_int(const char *key, int64_t number)
{
    return (struct tl_log_field){TL_LOG_INT, key, TL_BYTES_NONE, (uint64_t)number};
}

struct tl_log_field tl_log_hash(const char *key, const struct tl_hash *hash)
{
    return (struct tl_log_field){TL_LOGLINE_HEX, key, TL_BYTES_NONE, tl_get_u64be(hash->b)};
}
