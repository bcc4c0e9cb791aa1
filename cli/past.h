/* past.h -- a ledger's past: every leaf in order, then the state at a height.
 *
 * Reports, statements, exports to bureaus and shadow runs of a policy all ask
 * the same: what happened up to a height, and what stood then?  A walk answers
 * from one of three sources: a node (its blocks are fetched first), an export
 * file, or a stopped node's directory.  Whatever the source, the ledger is
 * audited while it is walked (audit.h): each signature, root and decision is
 * checked to the ledger's end, so what a visitor has seen is certified once the
 * walk has ended with TL_OK, and worth nothing before.
 *
 * Leaves come decoded, with the author that an entry's envelope names; all views
 * live until the visitor returns.  One thread.  A failed walk has said why. */
#ifndef TL_PAST_H
#define TL_PAST_H

#include "tl/contract.h"

#include "genesis_file.h"
#include "opt.h"

/* The options of a command that walks: --ledger, --height, --memory, --to. */
#define TL_PAST_OPTIONS                                                                            \
    {"ledger", "PATH", "an export or a stopped node's directory, instead of asking a node"},       \
        {"height", "N", "as of this block (default: the last one)"},                               \
        {"memory", "MIB", "room for the ledger while it is read (default: 2048)"},                 \
    {                                                                                              \
        "to", "MEMBER", "the member whose node is asked (default: the key's own)"                  \
    }

struct tl_past_leaf {
    uint64_t height;
    uint64_t time_ms; /* of the block */
    uint64_t index;
    struct tl_bytes bytes; /* the leaf as it is in the log */
    struct tl_leaf leaf;
    const struct tl_type_info *info;
    union tl_body body;
    struct tl_decision decision; /* a DECISION */
    struct tl_entry entry;       /* an ENTRY, and whose it is */
    struct tl_pubkey author;
    uint32_t member; /* TL_MEMBERS_MAX: not one of the genesis file's */
};

/* Where the walk arrived: what a checkpoint of that height commits to. */
struct tl_past_point {
    const struct tl_genesis *genesis;
    struct tl_hash chain_id;
    uint64_t height;
    uint64_t time_ms;
    int32_t closed_on; /* the last day that was over */
    uint64_t log_size;
    struct tl_hash block_hash;
    struct tl_hash log_root;
    struct tl_hash state_root;
};

/* Each may be NULL.  Anything but TL_OK ends the walk; a visitor that fails has
 * said why.  The genesis given to `begin` lives until the walk returns. */
struct tl_past_visitor {
    enum tl_status (*begin)(void *host, const struct tl_genesis_file *genesis);
    enum tl_status (*leaf)(void *host, const struct tl_past_leaf *leaf);
    enum tl_status (*arrive)(void *host, const struct tl_past_point *point,
                             struct tl_overlay *state);
    void *host;
    const struct tl_contract_watch *watch; /* sees the rules at work, or NULL */
};

/* tl_past_walk walks the ledger that the options name. */
TL_MUST_USE enum tl_status tl_past_walk(const struct tl_args *args,
                                        const struct tl_past_visitor *visitor);

/* tl_past_cases shows every case of a state, in order of id, to `visit`; it says
 * why on failure.  A case lives until `visit` returns; false ends the scan. */
typedef bool tl_past_case_visit(void *host, const struct tl_case *c);
TL_MUST_USE enum tl_status tl_past_cases(struct tl_overlay *state, tl_past_case_visit *visit,
                                         void *host);

#endif
