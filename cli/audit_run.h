/* audit_run.h -- an audit of a file or of a stopped node's directory. */
#ifndef TL_AUDIT_RUN_H
#define TL_AUDIT_RUN_H

#include "tl/audit.h"
#include "tl/why.h"

#include "json.h"

struct tl_audit_outcome {
    struct tl_audit_report report;
    char name[65];
    uint32_t members;
    uint32_t quorum;
    uint64_t time_ms;
};

/* tl_audit_path audits `path`; `genesis` (or NULL) is the file the auditor
 * trusts.  On failure *why is the first thing wrong.  `memory` bytes hold the
 * state. */
TL_MUST_USE enum tl_status tl_audit_path(struct tl_audit_outcome *outcome, const char *path,
                                         const char *genesis, size_t memory, struct tl_why *why);
struct tl_json *tl_audit_json(const struct tl_audit_outcome *outcome);

#endif
