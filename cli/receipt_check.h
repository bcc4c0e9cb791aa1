/* receipt_check.h -- any receipt, held to a genesis file or a policy, as a row to
 * print.
 *
 * Which kind of evidence a file is shows in its first bytes: a leaf receipt
 * (receipt.h), a case receipt (case_receipt.h) or a C2SP tlog-proof, which is
 * text.  A genesis file convinces of all of them but the last: its keys sign
 * blocks.  A policy file knows only who signs checkpoints, and convinces of a
 * tlog-proof alone. */
#ifndef TL_RECEIPT_CHECK_H
#define TL_RECEIPT_CHECK_H

#include "tl/why.h"

#include "genesis_file.h"
#include "out.h"

extern const struct tl_column tl_receipt_columns[];

enum tl_receipt_kind { TL_RECEIPT_OF_LEAF, TL_RECEIPT_OF_CASE, TL_RECEIPT_TLOG_PROOF };
enum tl_receipt_kind tl_receipt_kind_of(struct tl_bytes bytes);

/* tl_receipt_check_genesis verifies a leaf or case receipt; *row is new and says
 * what it proves. */
TL_MUST_USE enum tl_status tl_receipt_check_genesis(struct tl_json **row, struct tl_bytes bytes,
                                                    const struct tl_genesis_file *genesis,
                                                    struct tl_why *why);

/* tl_receipt_signers lists who signed a final block: ids, and "member N" for one
 * who came after the genesis. */
struct tl_json *tl_receipt_signers(uint32_t signers, const struct tl_genesis *genesis);

/* What a tlog-proof is held to.  `leaf` is empty when the proof carries its leaf
 * in its extra line; `strict` refuses signature lines by keys that the policy
 * does not name. */
struct tl_proof_trust {
    struct tl_bytes policy;
    struct tl_bytes leaf;
    bool strict;
};
TL_MUST_USE enum tl_status tl_receipt_check_policy(struct tl_json **row, struct tl_bytes bytes,
                                                   const struct tl_proof_trust *trust,
                                                   struct tl_why *why);

#endif
