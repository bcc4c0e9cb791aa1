/* dossier.h -- a case for a court or a debtor: what happened, what is owed, and
 * why that is so.
 *
 * A dossier is three things made of one: the evidence, a case receipt with every
 * leaf of the case (case_receipt.h); a model of it as JSON; a page of that model,
 * which carries the evidence inside.  Model and page are functions of evidence
 * and genesis alone, to the byte: who verifies a page makes it again and compares,
 * so nothing on it can say what the evidence does not.
 *
 * The page's last line has the SHA-256 of all before it, for readers that cannot
 * make it again (tally-verify).  Pure but for memory. */
#ifndef TL_DOSSIER_H
#define TL_DOSSIER_H

#include "tl/case_receipt.h"
#include "tl/why.h"

#include "genesis_file.h"
#include "json.h"

/* tl_dossier_model makes the model of verified evidence (TL_CLAIM_DOSSIER). */
struct tl_json *tl_dossier_model(const struct tl_case_facts *facts,
                                 const struct tl_genesis_file *genesis);

/* A page, to be freed with free(). */
struct tl_page {
    char *text;
    size_t len;
};
/* Where a page has its evidence, and its last line. */
#define TL_DOSSIER_EVIDENCE_MARK "data:application/octet-stream;base64,"
#define TL_DOSSIER_SEAL_BYTES    (sizeof "<!-- sha256  -->\n" - 1u + 2u * TL_HASH_BYTES)
void tl_dossier_seal(char out[TL_DOSSIER_SEAL_BYTES + 1u], const struct tl_hash *hash);
/* tl_dossier_page renders a model with the evidence it was made of. */
struct tl_page tl_dossier_page(const struct tl_json *model, struct tl_bytes evidence);

/* All that is made of one piece of evidence. */
struct tl_dossier {
    struct tl_json *model;
    struct tl_page page;
    struct tl_page json;
};
/* tl_dossier_make verifies evidence and makes a dossier of it; on failure *why
 * says what does not hold (static text) and there is nothing to free. */
TL_MUST_USE enum tl_status tl_dossier_make(struct tl_dossier *dossier, struct tl_bytes evidence,
                                           const struct tl_genesis_file *genesis, const char **why);
/* tl_dossier_check makes a dossier of the evidence that a page carries and holds
 * the page to it. */
TL_MUST_USE enum tl_status tl_dossier_check(struct tl_dossier *dossier, struct tl_bytes page,
                                            const struct tl_genesis_file *genesis,
                                            const char **why);
void tl_dossier_free(struct tl_dossier *dossier);

/* tl_dossier_postings adds the "statement" of the case to a model: its totals as
 * proven, and of "leaves" (tl_show_leaf, oldest first) what moved the balance. */
void tl_dossier_postings(struct tl_json *model, const struct tl_case *c,
                         const struct tl_json *leaves);

/* Words for people: of a type of leaf, of a field; an amount with its currency. */
const char *tl_dossier_title(const char *type);
void tl_dossier_label(char *out, size_t room, const char *field);
const char *tl_dossier_currency(int64_t number, uint32_t *decimals);
void tl_dossier_amount(char *out, size_t room, int64_t minor, uint32_t decimals);

#endif
