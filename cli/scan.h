/* scan.h -- all cases that a filter takes, page by page. */
#ifndef TL_SCAN_H
#define TL_SCAN_H

#include "connect.h"
#include "json.h"

/* tl_scan_any makes a filter that takes every case. */
void tl_scan_any(struct tl_scan_query *filter);
/* tl_scan_cases shows every case to `visit` (show.h); says why on failure. */
typedef void tl_scan_visit(void *context, struct tl_json *take);
TL_MUST_USE enum tl_status tl_scan_cases(struct tl_connection *connection,
                                         struct tl_scan_query *filter, tl_scan_visit *visit,
                                         void *context);

#endif
