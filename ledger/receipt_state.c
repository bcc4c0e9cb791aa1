/* State receipts: what a key's value was after a final block. */
#include "receipt_private.h"

#include <string.h>

TL_DEFINE_RECORD(tl_state_receipt, TL_STATE_RECEIPT_FIELDS)

static const struct tl_descent no_descent;

/* The value is written before the bucket is asked for, because a store lends one
 * value at a time. */
enum tl_status tl_state_receipt_make(struct tl_chain *chain, struct tl_bytes key,
                                     const struct tl_descent *descent, struct tl_buf *out)
{
    struct tl_state_receipt receipt = {.format = TL_RECEIPT_FORMAT, .key = key};
    struct tl_buf tail = tl_buf(out->ptr + out->cap / 2, out->cap - out->cap / 2);
    struct tl_state_proof proof;
    struct tl_final_list final;
    enum tl_status status;

    if (key.len == 0 || key.len > TL_STATE_KEY_MAX || key.ptr[0] >= TL_STATE_KEY_PLAIN)
        return TL_ERR_USAGE;
    if (descent == NULL)
        descent = &no_descent;
    status = tl_final_tip(chain, descent->cert, &final);
    if (status != TL_OK)
        return status;
    status = tl_overlay_get(tl_chain_state(chain), key, &receipt.value);
    if (status != TL_OK && status != TL_ERR_NOT_FOUND)
        return status;
    tl_buf_put(&tail, receipt.value.ptr, receipt.value.len);
    receipt.value = tl_buf_bytes(&tail);
    status = tl_chain_prove_state(chain, key, &proof);
    if (status != TL_OK)
        return status;
    (void)tl_chain_genesis(chain, &receipt.chain_id);
    receipt.bits = (uint8_t)proof.bits;
    receipt.bucket = proof.bucket;
    receipt.path = tl_bytes(proof.path, proof.bits * sizeof proof.path[0]);
    receipt.final = final.list;
    receipt.descent = descent->headers;
    tl_record_write(&tl_state_receipt_record, &receipt, out);
    return out->full || tail.full || out->len > out->cap / 2 ? TL_ERR_NO_MEMORY : TL_OK;
}

static bool read_state_proof(const struct tl_state_receipt *claim, struct tl_state_proof *proof)
{
    memset(proof, 0, sizeof *proof);
    if (claim->bits > TL_STATE_BITS_MAX || claim->path.len != claim->bits * sizeof proof->path[0])
        return false;
    proof->bits = claim->bits;
    proof->bucket = claim->bucket;
    if (claim->path.len != 0)
        memcpy(proof->path, claim->path.ptr, claim->path.len);
    return true;
}

enum tl_status tl_state_receipt_verify(struct tl_receipt_facts *facts, struct tl_bytes receipt,
                                       const struct tl_genesis *genesis,
                                       const struct tl_hash *chain_id, const char **why)
{
    const struct tl_verifier v = {genesis, chain_id, facts, why, NULL};
    struct tl_state_receipt claim;
    struct tl_state_proof proof;
    enum tl_status status;

    *why = NULL;
    memset(facts, 0, sizeof *facts);
    if (tl_record_decode(&tl_state_receipt_record, &claim, receipt) != TL_OK ||
        claim.format != TL_RECEIPT_FORMAT)
        return tl_verifier_refuse(&v, TL_ERR_ENCODING, "the receipt is malformed");
    if (!tl_hash_eq(&claim.chain_id, chain_id))
        return tl_verifier_refuse(&v, TL_ERR_WRONG_CHAIN, "the receipt belongs to another ledger");
    status = tl_final_verify(&v, claim.final, claim.descent);
    if (status != TL_OK)
        return status;
    if (claim.bits != genesis->state_bits || !read_state_proof(&claim, &proof) ||
        tl_statemap_verify(&proof, claim.key, claim.value, &facts->header.state_root) != TL_OK)
        return tl_verifier_refuse(&v, TL_ERR_PROOF,
                                  "the value is not in the state after that block");
    facts->key = claim.key;
    facts->value = claim.value;
    return TL_OK;
}
