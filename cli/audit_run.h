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
    /* Of the first wrong leaf: as the rules give it and as it is recorded, NULL where
     * there is none; tl_audit_outcome_free. */
    struct tl_json *derived;
    struct tl_json *recorded;
    /* Of tiles and archives (publish.h), else 0. */
    uint64_t tiles;
    uint64_t files;
    bool only_tiles; /* no blocks were to be had: of the report only log root and leaves */
};

struct tl_audit_plan {
    const char *path;
    const char *genesis; /* the file the auditor trusts, or NULL */
    const char *from;    /* directory with the state to begin at (snapshot_load.h), or NULL */
    size_t memory;       /* bytes for the state */
};

/* tl_audit_path audits an export, a stopped node's directory, tiles or an archive.  On failure *why
 * is the first thing wrong. */
TL_MUST_USE enum tl_status tl_audit_path(struct tl_audit_outcome *outcome,
                                         const struct tl_audit_plan *plan, struct tl_why *why);
void tl_audit_outcome_free(struct tl_audit_outcome *outcome);
struct tl_json *tl_audit_json(const struct tl_audit_outcome *outcome);

#endif
