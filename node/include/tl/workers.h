/* tl/workers.h -- threads that do one kind of work and say how it ended.
 *
 * Two uses: the signature pool (several threads; bytes in, yes or no out) and
 * the disk thread (one thread; writes in, durable out).  A job knows how to run
 * itself and touches nothing of the loop's: what it needs travels in it.  When
 * it has run, it comes back to the loop as a mail that carries it.
 *
 * Group commit: with a `settle` function a thread takes every job that waits,
 * runs them in order, calls settle once, and only then reports them all.  The
 * longer a sync takes, the more jobs the next one carries; nothing ever waits
 * on a timer.  When settle fails, every job of the group reports its status.
 *
 * Order: with one thread, jobs run and report in the order they were given.
 * Ownership: a job belongs to the workers until its mail is taken. */
#ifndef TL_WORKERS_H
#define TL_WORKERS_H

#include "tl/mailbox.h"

struct tl_job {
    struct tl_job *next;
    enum tl_status (*run)(struct tl_job *job);
    enum tl_status status;
    struct tl_mail *mail; /* made with the job, so that reporting cannot fail */
};

struct tl_workers;

struct tl_workers_plan {
    uint32_t threads;
    struct tl_mailbox *report_to;
    enum tl_mail_kind report_as;          /* TL_MAIL_CHECKED or TL_MAIL_DURABLE */
    enum tl_status (*settle)(void *host); /* may be NULL */
    void *host;
};

/* NULL: no memory or no thread. */
struct tl_workers *tl_workers_new(const struct tl_workers_plan *plan);
/* tl_workers_stop runs what was given and ends the threads; further mail of
 * theirs may still lie in the mailbox. */
void tl_workers_stop(struct tl_workers *workers);
void tl_workers_free(struct tl_workers *workers);

/* tl_workers_give takes `job`.  False: out of memory, the job is the caller's. */
TL_MUST_USE bool tl_workers_give(struct tl_workers *workers, struct tl_job *job);
/* Jobs given and not yet reported. */
size_t tl_workers_busy(struct tl_workers *workers);
/* tl_workers_drain waits until none is left: what jobs read may change then. */
void tl_workers_drain(struct tl_workers *workers);

#endif
