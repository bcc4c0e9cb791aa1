/* tl/case_receipt.h -- what an outsider needs to believe something about a case.
 *
 * A case receipt is one small file with one claim, as of one final block:
 *
 *   STATE     the case's record: what was owed, the stage, every date and count
 *   CUSTODY   exactly this member held the case
 *   ABSENCE   no entry of one type was ever recorded about the case
 *   DOSSIER   every leaf of the case, each with its place in the log and, of an
 *             entry, its author's signature
 *
 * At its heart is a state receipt (receipt.h) for the case's record, or for there
 * being none.  The record chains the case's leaves (tl_case_history_add), so
 * ABSENCE and DOSSIER, which carry them all, are complete: not one can be left
 * out, put in or moved.  Of entries without effect because the case did not exist
 * yet, or DEFERRED by the engine, the chain knows nothing.
 *
 * The last field is a hash of all bytes before it.  It is no security, whoever
 * changes the file can compute it again; it makes damage show even where it would
 * turn one true claim into another.
 *
 * A node makes receipts as of its tip.  As of an earlier block they are made by
 * whoever has replayed up to there (docs/adr/0020).  Receipts may come from
 * anybody and are verified with the genesis alone.  Pure. */
#ifndef TL_CASE_RECEIPT_H
#define TL_CASE_RECEIPT_H

#include "tl/case.h"
#include "tl/receipt.h"

enum tl_claim {
    TL_CLAIM_STATE = 1,
    TL_CLAIM_CUSTODY = 2,
    TL_CLAIM_ABSENCE = 3,
    TL_CLAIM_DOSSIER = 4
};
extern const struct tl_names tl_claim_names;

#define TL_CASE_RECEIPT_FORMAT     2u
#define TL_CASE_RECEIPT_LEAVES_MAX 16384u
#define TL_CASE_RECEIPT_BYTES_MAX  (20u << 20)

/* absent: the type no entry of which is there; 0 in other claims. */
#define TL_CASE_RECEIPT_FIELDS(FIELD, T)                                                           \
    FIELD(T, U16, format, TL_CASE_RECEIPT_FORMAT, NULL)                                            \
    FIELD(T, ENUM, claim, TL_CLAIM_DOSSIER, &tl_claim_names)                                       \
    FIELD(T, ID, case_id, 0, NULL)                                                                 \
    FIELD(T, U16, absent, UINT16_MAX, NULL)                                                        \
    FIELD(T, RAW, state, TL_STATE_RECEIPT_BYTES_MAX, NULL) /* tl_state_receipt */                  \
    FIELD(T, LIST, leaves, TL_CASE_RECEIPT_LEAVES_MAX, &tl_leaf_proof_record)                      \
    FIELD(T, HASH, check, 0, NULL)
TL_DECLARE_RECORD(tl_case_receipt, TL_CASE_RECEIPT_FIELDS)

struct tl_case_question {
    enum tl_claim claim;
    uint16_t absent;
    struct tl_id case_id;
    const struct tl_descent *descent; /* as in tl_state_receipt_make */
};

/* tl_case_receipt_make answers a question as of the chain's tip.  `scratch` needs
 * twice the room of the answer's record and leaves; `out` the answer.
 *
 *   TL_ERR_USAGE      no such claim, or no type of entry
 *   TL_ERR_NOT_FOUND  a claim that needs a case, and there is none
 *   TL_ERR_CONFLICT   ABSENCE of what is there
 *   TL_ERR_LIMIT      more than TL_CASE_RECEIPT_LEAVES_MAX leaves
 *   TL_ERR_NO_MEMORY  scratch or out is too small; and the store's statuses */
TL_MUST_USE enum tl_status tl_case_receipt_make(struct tl_chain *chain,
                                                const struct tl_case_question *question,
                                                struct tl_buf *scratch, struct tl_buf *out);

/* What a verified case receipt says.  Everything borrows the receipt. */
struct tl_case_facts {
    enum tl_claim claim;
    uint16_t absent;
    struct tl_id case_id;
    bool found;                    /* there was such a case; else `c` is empty */
    struct tl_case c;              /* its record */
    struct tl_receipt_facts state; /* the block it is as of, and who signed it */
    struct tl_list leaves;         /* of tl_leaf_proof, all verified */
};

/* tl_case_receipt_verify holds a receipt to a genesis.  On failure *why names the
 * first thing that is wrong (static text). */
TL_MUST_USE enum tl_status tl_case_receipt_verify(struct tl_case_facts *facts,
                                                  struct tl_bytes receipt,
                                                  const struct tl_genesis *genesis,
                                                  const struct tl_hash *chain_id, const char **why);

#endif
