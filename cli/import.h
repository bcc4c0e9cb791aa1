/* import.h -- a batch onto the ledger: what is there already is left out, days
 * are closed in between.
 *
 * The node is asked for the references each case has seen (api.h, REFS), so a
 * second import of a file sends nothing.  With `close_days`, before the first
 * entry of a date every earlier day that is still open is closed, and at the end
 * all days up to `until`.  Entries dated before the ledger's business date are
 * recorded in their order: facts are never refused for being late.
 *
 * An envelope that causes too much has its last entries DEFERRED, which is no
 * effect: they are sent again, until none is left. */
#ifndef TL_IMPORT_H
#define TL_IMPORT_H

#include "batch.h"
#include "submit.h"

struct tl_import_plan {
    struct tl_client *client;
    uint32_t batch; /* entries per envelope */
    bool close_days;
    bool has_until;
    const char *promises; /* directory for inclusion promises, or NULL */
    int32_t until;        /* last day to close; without it the last date of the batch */
};

struct tl_import_result {
    uint64_t sent;     /* entries that took effect, days not counted */
    uint64_t deferred; /* had no effect in their first envelope and were sent again */
    uint64_t days;     /* closed now */
    uint64_t people;   /* cases whose personal data was put */
    uint64_t time_ms;
    int32_t closed_on; /* last day that is over */
    struct tl_submitted_counts submitted;
};

TL_MUST_USE enum tl_status tl_import_run(struct tl_import_result *result, struct tl_batch *batch,
                                         const struct tl_import_plan *plan, struct tl_why *why);

/* tl_business_date asks for the last day that is over. */
TL_MUST_USE enum tl_status tl_business_date(struct tl_client *client, int32_t *closed_on,
                                            struct tl_why *why);
/* tl_days_close closes every open day up to `until`; *days counts them. */
TL_MUST_USE enum tl_status tl_days_close(struct tl_client *client, int32_t until, uint64_t *days,
                                         struct tl_why *why);

#endif
