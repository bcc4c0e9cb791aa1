/* publish.h -- a ledger as files that need no node and no program of ours.
 *
 * Tiles: checkpoint, tile/, policy and genesis.tally, which any web server can serve
 * (tlog-tiles).  An archive has also
 *
 *   ledger.export    every block, certificate and decision, genesis first
 *   tally-verify.c, tally-verify-tiles.c
 *                    the second readers, each to be compiled from one file
 *   README.txt       for somebody who has never heard of this
 *
 * Both end with SHA256SUMS over every file, which `sha256sum -c` reads; it is
 * written last.  What is published is held to itself first: the checkpoint to the
 * consortium's policy, the leaves' tree to the checkpoint.  tl_published_audit reads
 * it all back. */
#ifndef TL_PUBLISH_H
#define TL_PUBLISH_H

#include "cmd.h"
#include "genesis_file.h"

#include "tl/note.h"
#include "tl/why.h"

#define TL_PUBLISHED_SUMS   "SHA256SUMS"
#define TL_PUBLISHED_EXPORT "ledger.export"

struct tl_publish_plan {
    const char *out;
    const char *dir;        /* a stopped node's directory, or NULL: ask a node */
    const char *checkpoint; /* a signed checkpoint's file, or NULL: the node's */
    size_t memory;          /* bytes for the ledger while it is put together */
    bool archive;
};

struct tl_published {
    uint64_t leaves;
    uint64_t tiles;
    uint64_t files;
};

/* tl_publish writes to plan->out; the connection is that of the call's options.
 * An archive is never written over another. */
TL_MUST_USE enum tl_status tl_publish(const struct tl_call *call,
                                      const struct tl_publish_plan *plan, struct tl_published *done,
                                      struct tl_why *why);

/* tl_publish_command is that as a command with the options --dir, --checkpoint and
 * --memory; gives its exit code. */
int tl_publish_command(const struct tl_call *call, const char *out, bool archive);

/* tl_published_is says whether a directory is one of these. */
bool tl_published_is(const char *dir);
/* tl_published_audit holds every file of a directory to SHA256SUMS, the policy to
 * the genesis, the checkpoint to the policy, strictly, and the tiles to the
 * checkpoint.  The export is an audit's to read, which *checkpoint is for. */
TL_MUST_USE enum tl_status tl_published_audit(const char *dir,
                                              const struct tl_genesis_file *genesis,
                                              struct tl_checkpoint *checkpoint,
                                              struct tl_published *found, struct tl_why *why);

#endif
