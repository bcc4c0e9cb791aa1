#include "say.h"

#include "json.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static struct {
    bool json;
    bool quiet;
} say;

void tl_say_json(bool on)
{
    say.json = on;
}

void tl_say_quiet(bool on)
{
    say.quiet = on;
}

static void fail_as_json(enum tl_status status, const char *text, const char *hint)
{
    struct tl_json *error = tl_json_object();
    struct tl_json *out = tl_json_object();

    tl_json_set_str(error, "code", tl_status_name(status));
    tl_json_set_str(error, "text", text);
    if (hint != NULL)
        tl_json_set_str(error, "hint", hint);
    tl_json_set(out, "error", error);
    tl_json_print(out, stdout);
    tl_json_free(out);
}

int tl_fail(enum tl_status status, const char *hint, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (say.json) {
        fail_as_json(status, text, hint);
        return tl_status_exit(status);
    }
    (void)fflush(stdout);
    (void)fprintf(stderr, "tally: %s\n", text);
    if (hint != NULL)
        (void)fprintf(stderr, "  %s\n", hint);
    return tl_status_exit(status);
}

void tl_note(const char *format, ...)
{
    va_list args;

    if (say.quiet || say.json)
        return;
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
}

static uint64_t clock_ms(clockid_t id)
{
    struct timespec now = {0};

    (void)clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

uint64_t tl_monotonic_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

uint64_t tl_unix_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

void tl_progress_start(struct tl_progress *progress, const char *label, uint64_t total)
{
    *progress = (struct tl_progress){label, total, tl_monotonic_ms(), 0};
}

void tl_progress_step(struct tl_progress *progress, uint64_t done)
{
    uint64_t now = tl_monotonic_ms();

    if (say.quiet || now - progress->start_ms < 1000u || now - progress->shown_ms < 200u ||
        isatty(STDERR_FILENO) == 0)
        return;
    progress->shown_ms = now;
    if (progress->total > 0)
        (void)fprintf(stderr, "\r%s: %" PRIu64 " of %" PRIu64 " (%" PRIu64 " %%)\x1b[K",
                      progress->label, done, progress->total, done * 100u / progress->total);
    else
        (void)fprintf(stderr, "\r%s: %" PRIu64 "\x1b[K", progress->label, done);
}

void tl_progress_end(struct tl_progress *progress)
{
    if (progress->shown_ms > 0)
        (void)fputs("\r\x1b[K", stderr);
    progress->shown_ms = 0;
}
