/* tl/status.h -- one result type for every operation that can fail.
 *
 * A function that returns a tl_status sets its outputs on TL_OK only and
 * empties them otherwise, so a forgotten check reads nothing.  Pure, thread
 * safe. */
#ifndef TL_STATUS_H
#define TL_STATUS_H

#include "tl/attributes.h"
#include "tl/status.def"

enum tl_status {
#define X(name, fault, exit, text) TL_##name,
    TL_STATUS_TABLE(X)
#undef X
        TL_STATUS_COUNT
};

/* Who must act on a failure. */
enum tl_fault { TL_FAULT_NONE, TL_FAULT_CALLER, TL_FAULT_PEER, TL_FAULT_ENV };

/* tl_status_text is the sentence for a person: lower case, no full stop. */
const char *tl_status_text(enum tl_status status);

/* tl_status_name is the stable word for a program, e.g. "ERR_SIGNATURE". */
const char *tl_status_name(enum tl_status status);

enum tl_fault tl_status_fault(enum tl_status status);

/* tl_status_exit is the exit code of a command that ends with this status. */
int tl_status_exit(enum tl_status status);

#endif
