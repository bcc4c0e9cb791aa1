/* tl/together.h -- a few calls that wait for a disk, made at the same time.
 *
 * What one step must make durable lies in three files: two copies of the
 * signer's journal and the store's log.  Synced one after another they cost the
 * sum of three waits, at the same time the longest of them.
 *
 * One caller at a time; it runs one of the calls itself and returns when all
 * have ended.  The helper threads live as long as the object. */
#ifndef TL_TOGETHER_H
#define TL_TOGETHER_H

#include "tl/status.h"

#include <stddef.h>
#include <stdint.h>

/* Calls at the same time, the caller's own included. */
#define TL_TOGETHER_MAX 4u

struct tl_call {
    enum tl_status (*run)(void *arg);
    void *arg;
    enum tl_status status; /* how it ended */
};

struct tl_together;

/* Room for `calls` at the same time.  NULL: no memory or no thread. */
struct tl_together *tl_together_new(uint32_t calls);
void tl_together_free(struct tl_together *together);
/* tl_together_run makes all calls; the status of each is in it. */
void tl_together_run(struct tl_together *together, struct tl_call *calls, size_t count);

#endif
