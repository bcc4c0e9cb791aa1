/* Receipts: made from a chain, verified from nothing but the genesis. */
#include "receipt_private.h"

#include "tl/check.h"
#include "tl/keys.h"
#include "tl/log.h"

#include <string.h>

#define AUTHORSHIP_MAX (256u + TL_PROOF_HASHES_MAX * TL_HASH_BYTES)

TL_DEFINE_RECORD(tl_authorship, TL_AUTHORSHIP_FIELDS)
TL_DEFINE_RECORD(tl_receipt, TL_RECEIPT_FIELDS)
TL_DEFINE_RECORD(tl_leaf_proof, TL_LEAF_PROOF_FIELDS)

/* ---- making ---- */

/* One element in memory of its own, as the records nest it. */
struct authorship_list {
    uint8_t bytes[AUTHORSHIP_MAX];
    struct tl_list list;
};

/* The leaves of an envelope's tree, each hashed once: a path touches all of them. */
struct entry_hashes {
    uint32_t count;
    struct tl_hash hash[TL_ENVELOPE_ENTRIES_MAX];
};

static void hash_entries(struct entry_hashes *out, struct tl_list entries)
{
    struct tl_entry_bytes entry;

    TL_CHECK(entries.count <= TL_ENVELOPE_ENTRIES_MAX);
    out->count = 0;
    while (tl_list_next(&entries, &tl_entry_bytes_record, &entry))
        tl_merkle_leaf(&out->hash[out->count++], entry.bytes);
}

static enum tl_status entry_node(void *host, uint32_t level, uint64_t index, struct tl_hash *out)
{
    const struct entry_hashes *entries = host;
    uint64_t first = index << level;
    uint64_t end = first + ((uint64_t)1 << level);
    struct tl_frontier frontier;

    if (end > entries->count)
        return TL_ERR_NOT_FOUND;
    tl_frontier_init(&frontier);
    for (uint64_t i = first; i < end; i++)
        tl_frontier_add(&frontier, &entries->hash[i]);
    tl_frontier_root(&frontier, out);
    return TL_OK;
}

static enum tl_status envelope_authorship(const struct tl_envelope *envelope, uint32_t position,
                                          struct authorship_list *out)
{
    struct entry_hashes entries;
    struct tl_node_source source = {entry_node, &entries};
    struct tl_buf buf = tl_buf(out->bytes, sizeof out->bytes);
    struct tl_proof proof;
    struct tl_authorship authorship = {.author = envelope->author,
                                       .sequence = envelope->sequence,
                                       .count = envelope->entries.count,
                                       .root = envelope->root,
                                       .sig = envelope->sig};
    enum tl_status status;

    if (position >= envelope->entries.count)
        return TL_ERR_CORRUPT;
    hash_entries(&entries, envelope->entries);
    status = tl_inclusion_prove(&source, position, entries.count, &proof);
    if (status != TL_OK)
        return status;
    authorship.path = tl_bytes(proof.hash, proof.count * sizeof proof.hash[0]);
    out->list = (struct tl_list){0};
    tl_list_add(&out->list, &buf, &tl_authorship_record, &authorship);
    TL_CHECK(!buf.full);
    return TL_OK;
}

/* Finds the envelope of an entry leaf in the block that brought it. */
static enum tl_status find_authorship(struct tl_chain *chain, uint64_t index,
                                      const struct tl_leaf *leaf, struct authorship_list *out)
{
    struct tl_envelope_bytes element;
    struct tl_hash chain_id;
    struct tl_block block;
    struct tl_bytes bytes;
    uint64_t height;
    enum tl_status status = tl_chain_height_of_leaf(chain, index, &height);

    (void)tl_chain_genesis(chain, &chain_id);
    if (status == TL_OK)
        status = tl_chain_block(chain, height, &bytes);
    if (status != TL_OK)
        return status;
    if (tl_record_decode(&tl_block_record, &block, bytes) != TL_OK)
        return TL_ERR_CORRUPT;
    while (tl_list_next(&block.envelopes, &tl_envelope_bytes_record, &element)) {
        struct tl_envelope envelope;
        struct tl_hash id;

        if (tl_record_decode(&tl_envelope_record, &envelope, element.bytes) != TL_OK)
            return TL_ERR_CORRUPT;
        tl_envelope_id(&id, &envelope, &chain_id);
        if (tl_hash_eq(&id, &leaf->envelope))
            return envelope_authorship(&envelope, leaf->position, out);
    }
    return TL_ERR_CORRUPT;
}

static enum tl_status leaf_record(struct tl_chain *chain, uint64_t index, struct tl_bytes *bytes,
                                  struct tl_leaf *leaf)
{
    enum tl_status status = tl_log_leaf(tl_chain_state(chain), index, bytes);

    if (status == TL_OK && tl_record_decode(&tl_leaf_record, leaf, *bytes) != TL_OK)
        status = TL_ERR_CORRUPT;
    return status;
}

/* A leaf's proof against the tip, in memory of its own. */
struct leaf_parts {
    struct tl_proof path;
    struct authorship_list authorship;
    struct tl_leaf_proof proof;
};

static enum tl_status prove_leaf(struct tl_chain *chain, uint64_t index, struct leaf_parts *out)
{
    struct tl_leaf leaf;
    enum tl_status status;

    if (index >= tl_chain_tip(chain)->log_size)
        return TL_ERR_NOT_FOUND;
    out->authorship.list = (struct tl_list){0};
    out->proof = (struct tl_leaf_proof){.index = index};
    status = leaf_record(chain, index, &out->proof.leaf, &leaf);
    if (status == TL_OK && leaf.kind == TL_LEAF_ENTRY)
        status = find_authorship(chain, index, &leaf, &out->authorship);
    if (status == TL_OK)
        status = tl_chain_prove_leaf(chain, index, tl_chain_tip(chain)->log_size, &out->path);
    /* Asked for again: the store lent its bytes to others meanwhile. */
    if (status == TL_OK)
        status = leaf_record(chain, index, &out->proof.leaf, &leaf);
    out->proof.path = tl_bytes(out->path.hash, out->path.count * sizeof out->path.hash[0]);
    out->proof.authorship = out->authorship.list;
    return status;
}

enum tl_status tl_leaf_proof_add(struct tl_chain *chain, uint64_t index, struct tl_list *list,
                                 struct tl_buf *buf)
{
    struct leaf_parts parts;
    enum tl_status status = prove_leaf(chain, index, &parts);

    if (status != TL_OK)
        return status;
    tl_list_add(list, buf, &tl_leaf_proof_record, &parts.proof);
    return buf->full ? TL_ERR_NO_MEMORY : TL_OK;
}

enum tl_status tl_receipt_make(struct tl_chain *chain, uint64_t index, struct tl_buf *out)
{
    struct tl_receipt receipt = {.format = TL_RECEIPT_FORMAT, .index = index};
    struct tl_final_list final;
    struct leaf_parts parts;
    enum tl_status status = tl_final_tip(chain, TL_BYTES_NONE, &final);

    if (status == TL_OK)
        status = prove_leaf(chain, index, &parts);
    if (status != TL_OK)
        return status;
    (void)tl_chain_genesis(chain, &receipt.chain_id);
    receipt.leaf = parts.proof.leaf;
    receipt.path = parts.proof.path;
    receipt.final = final.list;
    receipt.authorship = parts.proof.authorship;
    tl_record_write(&tl_receipt_record, &receipt, out);
    return out->full ? TL_ERR_NO_MEMORY : TL_OK;
}

/* ---- verifying ---- */

static bool read_path(struct tl_bytes path, struct tl_proof *proof)
{
    memset(proof, 0, sizeof *proof);
    if (path.len % TL_HASH_BYTES != 0 || path.len > sizeof proof->hash)
        return false;
    proof->count = (uint32_t)(path.len / TL_HASH_BYTES);
    if (path.len != 0)
        memcpy(proof->hash, path.ptr, path.len);
    return true;
}

static enum tl_status verify_author(const struct tl_verifier *v, const struct tl_authorship *claim)
{
    struct tl_receipt_facts *facts = v->facts;
    struct tl_envelope envelope = {.author = claim->author,
                                   .sequence = claim->sequence,
                                   .root = claim->root,
                                   .sig = claim->sig,
                                   .entries = {TL_BYTES_NONE, claim->count}};
    struct tl_proof proof;
    struct tl_hash hash;

    tl_envelope_id(&hash, &envelope, v->chain_id);
    if (!tl_hash_eq(&hash, &facts->leaf.envelope))
        return tl_verifier_refuse(v, TL_ERR_PROOF, "the envelope is not the one the leaf names");
    /* A key that was granted by an entry is in neither; that its entry is in the log
     * is a quorum's word that it might write. */
    facts->author_known = (v->epoch != NULL && tl_genesis_author(&v->epoch->genesis, &claim->author,
                                                                 &facts->author_role)) ||
                          tl_genesis_author(v->genesis, &claim->author, &facts->author_role);
    if (tl_envelope_verify(&envelope, v->chain_id) != TL_OK)
        return tl_verifier_refuse(v, TL_ERR_SIGNATURE, "the author's signature does not verify");
    tl_merkle_leaf(&hash, facts->leaf.bytes);
    if (!read_path(claim->path, &proof) ||
        tl_inclusion_verify(&hash, facts->leaf.position, claim->count, &proof, &claim->root) !=
            TL_OK)
        return tl_verifier_refuse(v, TL_ERR_PROOF,
                                  "the entry is not in the envelope its author signed");
    facts->is_entry = true;
    facts->author = claim->author;
    facts->sequence = claim->sequence;
    return TL_OK;
}

static enum tl_status verify_authorship(const struct tl_verifier *v, struct tl_list list)
{
    struct tl_authorship claim;

    if (list.count != (v->facts->leaf.kind == TL_LEAF_ENTRY ? 1u : 0u))
        return tl_verifier_refuse(v, TL_ERR_PROOF,
                                  "an entry needs an author and a decision has none");
    if (!tl_list_next(&list, &tl_authorship_record, &claim))
        return TL_OK;
    return verify_author(v, &claim);
}

static enum tl_status verify_leaf(const struct tl_verifier *v, const struct tl_leaf_proof *claim)
{
    struct tl_receipt_facts *facts = v->facts;
    struct tl_proof proof;
    struct tl_hash hash;

    facts->index = claim->index;
    facts->is_entry = false;
    if (tl_record_decode(&tl_leaf_record, &facts->leaf, claim->leaf) != TL_OK)
        return tl_verifier_refuse(v, TL_ERR_ENCODING, "the leaf is malformed");
    tl_merkle_leaf(&hash, claim->leaf);
    if (!read_path(claim->path, &proof) ||
        tl_inclusion_verify(&hash, claim->index, facts->header.log_size, &proof,
                            &facts->header.log_root) != TL_OK)
        return tl_verifier_refuse(v, TL_ERR_PROOF, "the leaf is not in the log of that block");
    return verify_authorship(v, claim->authorship);
}

enum tl_status tl_leaf_proof_verify(struct tl_receipt_facts *facts,
                                    const struct tl_leaf_proof *claim,
                                    const struct tl_genesis *genesis,
                                    const struct tl_hash *chain_id, const char **why)
{
    const struct tl_verifier v = {genesis, chain_id, facts, why, NULL};

    *why = NULL;
    return verify_leaf(&v, claim);
}

enum tl_status tl_receipt_verify(struct tl_receipt_facts *facts, struct tl_bytes receipt,
                                 const struct tl_genesis *genesis, const struct tl_hash *chain_id,
                                 const char **why)
{
    struct tl_epoch epoch;
    const struct tl_verifier v = {genesis, chain_id, facts, why, &epoch};
    struct tl_leaf_proof proof;
    struct tl_receipt claim;
    enum tl_status status;

    *why = NULL;
    memset(facts, 0, sizeof *facts);
    if (tl_record_decode(&tl_receipt_record, &claim, receipt) != TL_OK ||
        claim.format != TL_RECEIPT_FORMAT)
        return tl_verifier_refuse(&v, TL_ERR_ENCODING, "the receipt is malformed");
    if (!tl_hash_eq(&claim.chain_id, chain_id))
        return tl_verifier_refuse(&v, TL_ERR_WRONG_CHAIN, "the receipt belongs to another ledger");
    status = tl_final_verify(&v, claim.final, (struct tl_list){0});
    proof = (struct tl_leaf_proof){claim.index, claim.leaf, claim.path, claim.authorship};
    return status == TL_OK ? verify_leaf(&v, &proof) : status;
}
