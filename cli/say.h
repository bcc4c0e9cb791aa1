/* say.h -- what a person is told: errors, hints, progress.
 *
 * stdout is data, stderr is talk.  An error names first what failed, then on
 * what (in quotes), then why; a hint says what to type next.  Under --json the
 * error is an object on stdout, so a program finds the same shape on failure.
 * Progress is drawn only on a terminal and only after a second of work. */
#ifndef TL_SAY_H
#define TL_SAY_H

#include "tl/status.h"

#include <stdbool.h>
#include <stdint.h>

/* tl_say_json makes every later error an object on stdout. */
void tl_say_json(bool on);
/* tl_say_quiet keeps notes and progress back. */
void tl_say_quiet(bool on);

/* tl_fail reports an error and gives the exit code of `status`.  `hint` is the
 * next thing to try, or NULL. */
int tl_fail(enum tl_status status, const char *hint, const char *format, ...) TL_PRINTF(3, 4);
/* tl_note prints one line of talk. */
void tl_note(const char *format, ...) TL_PRINTF(1, 2);

struct tl_progress {
    const char *label;
    uint64_t total; /* 0: not known */
    uint64_t start_ms;
    uint64_t shown_ms;
};
void tl_progress_start(struct tl_progress *progress, const char *label, uint64_t total);
void tl_progress_step(struct tl_progress *progress, uint64_t done);
/* tl_progress_end wipes the line. */
void tl_progress_end(struct tl_progress *progress);

/* Milliseconds of a clock that only moves forward, and Unix time. */
uint64_t tl_monotonic_ms(void);
uint64_t tl_unix_ms(void);

#endif
