/* blame.h -- two stories of one ledger that cannot both be true: who told both.
 *
 * A story is an export, or a receipt.  Nothing in either is believed before its
 * signatures verify under the genesis file and the epochs it leads to; then the
 * members are named by pairs of their own signatures (PROTOCOL A.9).  Two
 * receipts are enough when their certificates are of one view; otherwise the
 * ancestry of the later block is needed, which only an export has. */
#ifndef TL_CLI_BLAME_H
#define TL_CLI_BLAME_H

#include "genesis_file.h"

#include "tl/blame.h"
#include "tl/epoch.h"
#include "tl/why.h"

struct tl_blame_verdict {
    uint64_t height; /* of the first blocks that differ; of receipts: of the lower one */
    uint64_t epoch;
    uint32_t count; /* of evidence: one for each member that is named */
    struct tl_evidence evidence[TL_MEMBERS_MAX];
    char member[TL_MEMBERS_MAX][TL_MEMBER_ID_MAX + 1]; /* names, one for each evidence */
};

/* TL_ERR_NOT_FOUND: the two do not contradict each other.  Other statuses: one of
 * them is not what it claims, or not enough. */
TL_MUST_USE enum tl_status tl_blame_files(struct tl_blame_verdict *out,
                                          const struct tl_genesis_file *genesis, const char *a,
                                          const char *b, struct tl_why *why);

#endif
