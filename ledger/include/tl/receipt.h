/* tl/receipt.h -- what an outsider needs to believe one thing, in one file.
 *
 * A leaf receipt shows that a leaf is in the ledger: the leaf, its place, the
 * path to the log root of a final header, that header, its leader's signature
 * and a FINALIZE certificate.  Any later final header commits to the whole log,
 * so a leaf whose own block was made final through a descendant is proven just
 * as well.  A receipt of an entry also carries its envelope's head and the path
 * of the entry below the envelope's root: it proves who wrote it, without
 * showing what else was in the envelope.  A decision has no author.
 *
 * A state receipt shows what a key's value was, or that it had none, after a
 * final block.  A leaf proof is a leaf receipt without the header: whoever holds
 * many of them (tl/case_receipt.h) proves one header for all.
 *
 * Both are verified with nothing but the genesis file.  Receipts may come from
 * anybody.  Pure. */
#ifndef TL_RECEIPT_H
#define TL_RECEIPT_H

#include "tl/chain.h"

#define TL_RECEIPT_FORMAT 1u
/* The links of all epochs before a receipt's: some 800 bytes a member and epoch. */
#define TL_RECEIPT_EPOCHS_BYTES_MAX (1u << 18)
#define TL_RECEIPT_EPOCHS_MAX       1024u
#define TL_RECEIPT_BYTES_MAX                                                                       \
    (TL_LEAF_BYTES_MAX + 3u * TL_CERT_BYTES_MAX + 8192u + TL_RECEIPT_EPOCHS_BYTES_MAX)
#define TL_STATE_RECEIPT_BYTES_MAX (4u << 20)
#define TL_RECEIPT_BUCKET_MAX      (2u << 20)

/* A final header and why it is final; and the chain of epochs (epoch.h) from the
 * genesis file to the members that signed it. */
#define TL_FINAL_FIELDS(FIELD, T)                                                                  \
    FIELD(T, BIN, header, 1024, NULL)                                                              \
    FIELD(T, SIG, leader_sig, 0, NULL)                                                             \
    FIELD(T, RAW, cert, TL_CERT_BYTES_MAX, NULL) /* tl_cert */                                     \
    FIELD(T, LIST, epochs, TL_RECEIPT_EPOCHS_MAX, &tl_epoch_link_record)

/* A later header, on the way to one that has a certificate. */
#define TL_DESCENT_MAX           4096u
#define TL_LINK_FIELDS(FIELD, T) FIELD(T, BIN, header, 1024, NULL)

/* The head of an envelope; path leads from the entry to root. */
#define TL_AUTHORSHIP_FIELDS(FIELD, T)                                                             \
    FIELD(T, KEY, author, 0, NULL)                                                                 \
    FIELD(T, U64, sequence, UINT64_MAX, NULL)                                                      \
    FIELD(T, U32, count, TL_ENVELOPE_ENTRIES_MAX, NULL)                                            \
    FIELD(T, HASH, root, 0, NULL)                                                                  \
    FIELD(T, SIG, sig, 0, NULL)                                                                    \
    FIELD(T, BIN, path, TL_PROOF_HASHES_MAX *TL_HASH_BYTES, NULL)

/* authorship: one element for an entry, none for a decision. */
#define TL_RECEIPT_FIELDS(FIELD, T)                                                                \
    FIELD(T, U16, format, TL_RECEIPT_FORMAT, NULL)                                                 \
    FIELD(T, HASH, chain_id, 0, NULL)                                                              \
    FIELD(T, U64, index, UINT64_MAX, NULL)                                                         \
    FIELD(T, BIN, leaf, TL_LEAF_BYTES_MAX, NULL)                                                   \
    FIELD(T, BIN, path, TL_PROOF_HASHES_MAX *TL_HASH_BYTES, NULL)                                  \
    FIELD(T, LIST, final, 1, &tl_final_record)                                                     \
    FIELD(T, LIST, authorship, 1, &tl_authorship_record)

#define TL_LEAF_PROOF_FIELDS(FIELD, T)                                                             \
    FIELD(T, U64, index, UINT64_MAX, NULL)                                                         \
    FIELD(T, BIN, leaf, TL_LEAF_BYTES_MAX, NULL)                                                   \
    FIELD(T, BIN, path, TL_PROOF_HASHES_MAX *TL_HASH_BYTES, NULL)                                  \
    FIELD(T, LIST, authorship, 1, &tl_authorship_record)

#define TL_STATE_RECEIPT_FIELDS(FIELD, T)                                                          \
    FIELD(T, U16, format, TL_RECEIPT_FORMAT, NULL)                                                 \
    FIELD(T, HASH, chain_id, 0, NULL)                                                              \
    FIELD(T, BIN, key, TL_STATE_KEY_MAX, NULL)                                                     \
    FIELD(T, BIN, value, TL_STATE_VALUE_MAX, NULL) /* empty: has none */                           \
    FIELD(T, U8, bits, TL_STATE_BITS_MAX, NULL)                                                    \
    FIELD(T, BIN, bucket, TL_RECEIPT_BUCKET_MAX, NULL)                                             \
    FIELD(T, BIN, path, TL_STATE_BITS_MAX *TL_HASH_BYTES, NULL)                                    \
    FIELD(T, LIST, final, 1, &tl_final_record)                                                     \
    FIELD(T, LIST, descent, TL_DESCENT_MAX, &tl_link_record) /* from it to the certificate's */

TL_DECLARE_RECORD(tl_final, TL_FINAL_FIELDS)
TL_DECLARE_RECORD(tl_link, TL_LINK_FIELDS)
TL_DECLARE_RECORD(tl_authorship, TL_AUTHORSHIP_FIELDS)
TL_DECLARE_RECORD(tl_receipt, TL_RECEIPT_FIELDS)
TL_DECLARE_RECORD(tl_leaf_proof, TL_LEAF_PROOF_FIELDS)
TL_DECLARE_RECORD(tl_state_receipt, TL_STATE_RECEIPT_FIELDS)

/* tl_receipt_make encodes the receipt of a final leaf into `out`
 * (TL_RECEIPT_BYTES_MAX always suffices).  TL_ERR_NOT_FOUND: no such leaf, or no
 * certificate speaks for it yet. */
TL_MUST_USE enum tl_status tl_receipt_make(struct tl_chain *chain, uint64_t index,
                                           struct tl_buf *out);
/* tl_leaf_proof_add appends the proof of a leaf against the tip's log to a list
 * that is built in `buf`.  TL_ERR_NOT_FOUND: no such leaf.  TL_ERR_NO_MEMORY:
 * `buf` is full. */
TL_MUST_USE enum tl_status tl_leaf_proof_add(struct tl_chain *chain, uint64_t index,
                                             struct tl_list *list, struct tl_buf *buf);
/* Why the tip is final when it has no certificate of its own: the headers of its
 * descendants, in order, and the certificate of the last of them. */
struct tl_descent {
    struct tl_list headers; /* of tl_link */
    struct tl_bytes cert;
};

/* tl_state_receipt_make encodes the receipt of a key at the final tip into the
 * first half of `out`; the second half is used meanwhile.  `descent` NULL: the tip
 * has a certificate of its own, as a node's always has. */
TL_MUST_USE enum tl_status tl_state_receipt_make(struct tl_chain *chain, struct tl_bytes key,
                                                 const struct tl_descent *descent,
                                                 struct tl_buf *out);

/* What a verified receipt says.  Views borrow the receipt. */
struct tl_receipt_facts {
    uint64_t index; /* of the leaf; 0 in a state receipt */
    struct tl_leaf leaf;
    struct tl_header header; /* the final header it is proven against */
    struct tl_hash header_hash;
    uint32_t signers; /* bitmap of members whose FINALIZE votes it holds */
    bool is_entry;    /* author and sequence are set */
    struct tl_pubkey author;
    bool author_known;            /* the key is in the genesis file or its epoch's plan */
    struct tl_author author_role; /* then: member, roles and rights of that key */
    uint64_t sequence;
    struct tl_bytes key;   /* state receipt: the key and */
    struct tl_bytes value; /* its value, empty when it had none */
};

/* tl_receipt_verify holds a receipt against a genesis.  On failure *why names
 * the first thing that is wrong (static text). */
TL_MUST_USE enum tl_status tl_receipt_verify(struct tl_receipt_facts *facts,
                                             struct tl_bytes receipt,
                                             const struct tl_genesis *genesis,
                                             const struct tl_hash *chain_id, const char **why);
/* tl_leaf_proof_verify holds a leaf to the log of facts->header, which has been
 * verified before, and sets index, leaf, is_entry and the author's fields. */
TL_MUST_USE enum tl_status tl_leaf_proof_verify(struct tl_receipt_facts *facts,
                                                const struct tl_leaf_proof *claim,
                                                const struct tl_genesis *genesis,
                                                const struct tl_hash *chain_id, const char **why);
TL_MUST_USE enum tl_status tl_state_receipt_verify(struct tl_receipt_facts *facts,
                                                   struct tl_bytes receipt,
                                                   const struct tl_genesis *genesis,
                                                   const struct tl_hash *chain_id,
                                                   const char **why);
/* tl_final_check holds a list of one final header to a genesis: of *facts the
 * header, its hash and the signers are set. */
TL_MUST_USE enum tl_status tl_final_check(struct tl_receipt_facts *facts, struct tl_list final,
                                          const struct tl_genesis *genesis,
                                          const struct tl_hash *chain_id, const char **why);

#endif
