/* tl/logline.h -- structured lines on stderr.
 *
 *   2026-11-22T08:30:00.123Z info peer-up peer=agency-a height=1180
 *   2026-11-22T08:30:02.007Z odd frame-refused peer=bureau reason="bad hello"
 *
 * The level says what the reader should do: trace and debug are for us, info is
 * news, odd was handled but look if it repeats, broken wakes someone.  Under
 * journald (JOURNAL_STREAM) the line begins with <N> instead of the time.
 *
 * Values are quoted and escaped when they hold anything but plain characters, so
 * bytes from outside can neither forge a line nor steer a terminal.  No secret
 * and no personal data is ever a value.
 *
 * Set up once at start, then safe from every thread: one line, one write. */
#ifndef TL_LOGLINE_H
#define TL_LOGLINE_H

#include "tl/bytes.h"

enum tl_log_level { TL_LOG_TRACE, TL_LOG_DEBUG, TL_LOG_INFO, TL_LOG_ODD, TL_LOG_BROKEN };

enum tl_log_kind { TL_LOG_END, TL_LOG_TEXT, TL_LOG_UINT, TL_LOG_INT, TL_LOGLINE_HEX };

struct tl_log_field {
    enum tl_log_kind kind;
    const char *key;
    struct tl_bytes text;
    uint64_t number;
};

/* tl_log_open chooses the lowest level written; `name` of the program or member
 * (may be NULL) is put on every line as member=. */
void tl_log_open(enum tl_log_level level, const char *name);
/* tl_log_level_find reads a word; false: not a level. */
TL_MUST_USE bool tl_log_level_find(const char *word, enum tl_log_level *level);
const char *tl_log_level_name(enum tl_log_level level);
bool tl_log_on(enum tl_log_level level);

/* tl_log_fields writes one line; `fields` ends with a TL_LOG_END. */
void tl_log_fields(enum tl_log_level level, const char *event, const struct tl_log_field *fields);

struct tl_log_field tl_log_str(const char *key, const char *text);
struct tl_log_field tl_log_text(const char *key, struct tl_bytes text);
struct tl_log_field tl_log_uint(const char *key, uint64_t number);
struct tl_log_field tl_log_int(const char *key, int64_t number);
/* tl_log_hash writes the first 8 bytes as hex: enough to find the thing by. */
struct tl_log_field tl_log_hash(const char *key, const struct tl_hash *hash);

/* tl_log(TL_LOG_INFO, "peer-up", tl_log_str("peer", id), tl_log_uint("height", h)) */
#define tl_log(level, event, ...)                                                                  \
    do {                                                                                           \
        if (tl_log_on(level))                                                                      \
            tl_log_fields((level), (event),                                                        \
                          (const struct tl_log_field[]){__VA_ARGS__, {.kind = TL_LOG_END}});       \
    } while (0)
/* tl_log_event is a line without values. */
#define tl_log_event(level, event)                                                                 \
    tl_log_fields((level), (event), (const struct tl_log_field[]){{.kind = TL_LOG_END}})

#endif
