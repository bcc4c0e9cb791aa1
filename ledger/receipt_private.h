/* receipt_private.h -- what leaf receipts and state receipts have in common: a
 * final header with its proof of finality, and the way a refusal is told. */
#ifndef TL_RECEIPT_PRIVATE_H
#define TL_RECEIPT_PRIVATE_H

#include "tl/receipt.h"

#define TL_FINAL_HEADER_MAX 1024u
#define TL_FINAL_BYTES_MAX                                                                         \
    (TL_FINAL_HEADER_MAX + TL_SIG_BYTES + TL_CERT_BYTES_MAX + TL_RECEIPT_EPOCHS_BYTES_MAX + 64u)

/* One element in memory of its own, as the records nest it. */
struct tl_final_list {
    uint8_t bytes[TL_FINAL_BYTES_MAX];
    struct tl_list list;
};

/* tl_final_tip gives the tip's header with the certificate that makes it final:
 * `cert`, or the chain's own for that height when it is empty. */
TL_MUST_USE enum tl_status tl_final_tip(struct tl_chain *chain, struct tl_bytes cert,
                                        struct tl_final_list *out);

/* What a verification has at hand. */
struct tl_verifier {
    const struct tl_genesis *genesis;
    const struct tl_hash *chain_id;
    struct tl_receipt_facts *facts;
    const char **why;
    struct tl_epoch *epoch; /* the header's, once tl_final_verify has walked to it; may be NULL */
};

/* Empties the facts, says why, gives `status` back. */
enum tl_status tl_verifier_refuse(const struct tl_verifier *v, enum tl_status status,
                                  const char *what);
/* tl_final_verify sets header, header_hash and signers of the facts.  `descent`
 * leads from that header to the one the certificate is for; empty: it is for
 * this one. */
TL_MUST_USE enum tl_status tl_final_verify(const struct tl_verifier *v, struct tl_list final,
                                           struct tl_list descent);

#endif
