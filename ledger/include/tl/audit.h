/* tl/audit.h -- is this ledger what it claims to be?
 *
 * An audit reads a ledger from its genesis on and believes nothing:
 *
 *   genesis         every rule of genesis.h
 *   blocks          canonical, linked, in height and time, leader of its view
 *   signatures      leader, justification, every certificate, every envelope
 *   leaves          each entry and decision computed again from the rules and
 *                   compared, byte for byte, with what is recorded
 *   roots           log root and state root after each block
 *   closing         totals, and a certificate that makes the last block final
 *   books           a check of the contract's own, such as debits = credits
 *
 * It stops at the first thing that is wrong and names it: which block, which
 * leaf, what.  Where the ledger comes from is a source: an export (export.h) or
 * a stopped node's store (tl_audit_store_source).
 *
 * The state is built up again in a store of the caller's (`scratch`), which must
 * be empty: store_mem.h for ledgers that fit into memory.  Only state, indexes
 * and buckets are kept there, no blocks and no leaves, unless the audit is live:
 * one that follows a ledger as it grows.  Memory: tl_audit_bytes.
 * One thread.  Pure. */
#ifndef TL_AUDIT_H
#define TL_AUDIT_H

#include "tl/chain.h"

enum tl_audit_kind {
    TL_AUDIT_GENESIS,
    TL_AUDIT_BLOCK,
    TL_AUDIT_DECISION, /* the next recorded decision leaf of the last block */
    TL_AUDIT_LEAF,     /* any recorded leaf of the last block, at `index` */
    TL_AUDIT_SEAL,     /* tl_seal: what the certificate is for, if not for the last block */
    TL_AUDIT_CERT,     /* FINALIZE certificate of the last block */
    TL_AUDIT_PAUSE,    /* of a live audit: there is no more for now */
    TL_AUDIT_END
};

/* What an END item claims. */
struct tl_audit_totals {
    uint64_t height;
    struct tl_hash hash;
    uint64_t log_size;
    struct tl_hash log_root;
    struct tl_hash state_root;
};

struct tl_audit_item {
    enum tl_audit_kind kind;
    struct tl_bytes bytes;
    uint64_t index;                /* LEAF, DECISION: its place in the log; UINT64_MAX: not told */
    uint64_t offset;               /* where in the source, for the report; also set on failure */
    struct tl_audit_totals totals; /* END only */
};

/* Gives the ledger piece by piece: GENESIS, then for each block BLOCK, its
 * DECISIONs (or all its LEAFs) in order, CERT where there is one (a SEAL before it
 * when it is of a repetition); END.  A live
 * source gives PAUSE when it has no more, goes on with the block after the tip of
 * the last report, and never ends.  Views live
 * until the next call.  A failure sets *why (static text). */
struct tl_audit_source {
    enum tl_status (*next)(void *host, struct tl_audit_item *item, const char **why);
    void *host;
};

struct tl_audit_counts {
    uint64_t blocks;
    uint64_t envelopes;
    uint64_t entries;
    uint64_t decisions;
    uint64_t leaves;
    uint64_t certificates; /* FINALIZE certificates beside blocks */
    uint64_t signatures;   /* all that were verified */
};

#define TL_AUDIT_TEXT_BYTES 192u

/* The result.  After a failure `text` is a sentence for a person, e.g.
 * block 12, leaf 345: the recorded leaf differs from the one derived */
struct tl_audit_report {
    enum tl_status status;
    uint64_t height; /* of the block it happened in; 0: genesis or before */
    uint64_t leaf;   /* UINT64_MAX: not about one leaf */
    uint64_t offset; /* of the piece of the source it was found in */
    const char *what;
    char text[TL_AUDIT_TEXT_BYTES];
    struct tl_audit_counts counts;
    struct tl_tip began; /* where the audit began: genesis unless it was resumed */
    struct tl_tip tip;   /* the last block found right */
    struct tl_hash chain_id;
    /* Where one leaf is wrong: what it is by the rules and what is recorded, empty
     * where there is none.  They live as long as the audit's memory and its source. */
    struct tl_bytes derived;
    struct tl_bytes recorded;
};

struct tl_audit_config {
    struct tl_executor executor;
    struct tl_store *scratch;
    /* NULL: any genesis will do; else the one the auditor trusts. */
    const struct tl_hash *chain_id;
    /* After each block, or NULL: false ends the audit as interrupted. */
    bool (*progress)(void *host, const struct tl_audit_report *so_far);
    /* The contract's own check of the books after the last block and, with
     * `books_each_block`, after each one.  NULL: none.  *why: static text. */
    enum tl_status (*books)(void *host, struct tl_overlay *state, const char **why);
    void *host;
    bool books_each_block;
    /* The scratch may hold a ledger already, whose state is believed: the audit goes
     * on after its tip.  What the source gives of blocks up to there is only held to
     * lead to that tip. */
    bool resume;
    /* A ledger that still grows: also resumed; `scratch` keeps blocks, leaves and
     * certificates too, so that it can stand for the ledger of a node; and no block
     * is believed final, or kept, before a certificate covers it.  The books are
     * checked at the end. */
    bool live;
    /* Of a live audit, at each PAUSE: *stop ends it well, a failure with *why. */
    enum tl_status (*paused)(void *host, struct tl_chain *chain,
                             const struct tl_audit_report *report, bool *stop, const char **why);
    size_t block_bytes; /* memory for one block's writes, as slot_bytes of chain.h */
};

size_t tl_audit_bytes(const struct tl_audit_config *config);
/* tl_audit_run audits all of `source`.  The status is also in the report. */
TL_MUST_USE enum tl_status tl_audit_run(const struct tl_audit_config *config,
                                        const struct tl_audit_source *source, void *memory,
                                        struct tl_audit_report *report);

/* A stopped node's ledger as a source: blocks, all leaves and certificates as
 * stored, up to the last certificate. */
struct tl_audit_store {
    struct tl_chain *chain;
    struct tl_bytes genesis;
    struct tl_header header; /* of the current block */
    struct tl_hash hash;
    uint64_t last; /* height to end at */
    uint64_t leaf; /* next leaf to give */
    bool started;
    bool sealed;    /* its seal has been given, where there is one */
    bool certified; /* the current block's certificate has been given */
};
/* TL_ERR_NOT_FOUND: nothing is certified yet. */
TL_MUST_USE enum tl_status tl_audit_store_init(struct tl_audit_store *store, struct tl_chain *chain,
                                               struct tl_bytes genesis);
struct tl_audit_source tl_audit_store_source(struct tl_audit_store *store);

/* tl_audit_compare holds what two stores keep between two keys against each
 * other: the state an audit built up against the state a node had stored.
 * TL_OK, TL_ERR_DIVERGED (*first is the first key that differs) or
 * TL_ERR_STORE. */
struct tl_audit_difference {
    uint8_t key[TL_STORE_KEY_MAX];
    size_t key_len;
};
TL_MUST_USE enum tl_status tl_audit_compare(struct tl_store *a, struct tl_store *b,
                                            struct tl_bytes from, struct tl_bytes to,
                                            struct tl_audit_difference *first);

#endif
