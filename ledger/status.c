/* The status table, expanded. */
#include "tl/status.h"

#include <stddef.h>

struct row {
    const char *name;
    const char *text;
    enum tl_fault fault;
    int exit;
};

static const struct row rows[] = {
#define X(name, fault, exit, text) {#name, text, TL_FAULT_##fault, exit},
    TL_STATUS_TABLE(X)
#undef X
};

static const struct row *row_of(enum tl_status status)
{
    size_t index = (size_t)status;

    return index < TL_STATUS_COUNT ? &rows[index] : &rows[TL_ERR_USAGE];
}

const char *tl_status_text(enum tl_status status)
{
    return row_of(status)->text;
}

const char *tl_status_name(enum tl_status status)
{
    return row_of(status)->name;
}

enum tl_fault tl_status_fault(enum tl_status status)
{
    return row_of(status)->fault;
}

int tl_status_exit(enum tl_status status)
{
    return row_of(status)->exit;
}
