/* A final header and why it is final: copied from a chain, held to a genesis. */
#include "receipt_private.h"

#include "tl/check.h"
#include "tl/keys.h"

#include <string.h>

TL_DEFINE_RECORD(tl_final, TL_FINAL_FIELDS)
TL_DEFINE_RECORD(tl_link, TL_LINK_FIELDS)

/* What the certificate at a height is for: the seal, where one repeats the block. */
static enum tl_status copy_header(struct tl_chain *chain, uint64_t height, bool own_cert,
                                  uint8_t to[TL_FINAL_HEADER_MAX], struct tl_final *final)
{
    struct tl_block block;
    struct tl_bytes bytes;
    struct tl_seal seal;
    enum tl_status status = own_cert ? tl_chain_seal_of(chain, height, &bytes) : TL_ERR_NOT_FOUND;

    if (status == TL_OK && tl_record_decode(&tl_seal_record, &seal, bytes) != TL_OK)
        return TL_ERR_CORRUPT;
    if (status == TL_ERR_NOT_FOUND) {
        status = tl_chain_block(chain, height, &bytes);
        if (status == TL_OK && tl_record_decode(&tl_block_record, &block, bytes) != TL_OK)
            return TL_ERR_CORRUPT;
        seal = (struct tl_seal){block.header, block.leader_sig};
    }
    if (status != TL_OK)
        return status;
    TL_CHECK(seal.header.len <= TL_FINAL_HEADER_MAX);
    memcpy(to, seal.header.ptr, seal.header.len);
    final->header = tl_bytes(to, seal.header.len);
    final->leader_sig = seal.leader_sig;
    return TL_OK;
}

/* The links that lead to the header's epoch. */
static enum tl_status add_epochs(struct tl_chain *chain, struct tl_final *final,
                                 struct tl_buf *list)
{
    struct tl_header header;

    if (tl_header_decode(&header, final->header) != TL_OK)
        return TL_ERR_CORRUPT;
    for (uint64_t number = 0; number < header.epoch; number++) {
        uint8_t bytes[TL_EPOCH_PLAN_MAX + TL_CERT_BYTES_MAX + 2048u];
        struct tl_buf one = tl_buf(bytes, sizeof bytes);
        struct tl_epoch_link link;
        enum tl_status status = tl_chain_epoch_link(chain, number, &one);

        if (status != TL_OK)
            return status;
        if (tl_record_decode(&tl_epoch_link_record, &link, tl_buf_bytes(&one)) != TL_OK)
            return TL_ERR_CORRUPT;
        tl_list_add(&final->epochs, list, &tl_epoch_link_record, &link);
    }
    return list->full || final->epochs.count > TL_RECEIPT_EPOCHS_MAX ? TL_ERR_LIMIT : TL_OK;
}

/* A store lends one value at a time, so the header is copied before the
 * certificate is asked for. */
enum tl_status tl_final_tip(struct tl_chain *chain, struct tl_bytes cert, struct tl_final_list *out)
{
    uint64_t height = tl_chain_tip(chain)->height;
    struct tl_key key = tl_key_number(TL_KEY_CERT, height);
    struct tl_buf buf = tl_buf(out->bytes, sizeof out->bytes);
    uint8_t header[TL_FINAL_HEADER_MAX];
    uint8_t links[TL_RECEIPT_EPOCHS_BYTES_MAX];
    struct tl_buf list = tl_buf(links, sizeof links);
    struct tl_final final = {.cert = cert};
    enum tl_status status = copy_header(chain, height, cert.len == 0, header, &final);

    if (status == TL_OK)
        status = add_epochs(chain, &final, &list);
    if (status != TL_OK)
        return status;
    if (cert.len == 0)
        status = tl_overlay_get(tl_chain_state(chain), tl_key_bytes(&key), &final.cert);
    if (status != TL_OK)
        return status;
    out->list = (struct tl_list){0};
    tl_list_add(&out->list, &buf, &tl_final_record, &final);
    return buf.full ? TL_ERR_CORRUPT : TL_OK;
}

/* ---- verifying ---- */

enum tl_status tl_verifier_refuse(const struct tl_verifier *v, enum tl_status status,
                                  const char *what)
{
    TL_CHECK(status != TL_OK);
    *v->why = what;
    memset(v->facts, 0, sizeof *v->facts);
    return status;
}

static enum tl_status verify_header(const struct tl_verifier *v, const struct tl_final *final,
                                    const struct tl_voters *voters)
{
    struct tl_receipt_facts *facts = v->facts;

    if (tl_header_decode(&facts->header, final->header) != TL_OK)
        return tl_verifier_refuse(v, TL_ERR_ENCODING, "the block header is malformed");
    tl_header_hash(&facts->header_hash, final->header);
    if (!tl_hash_eq(&facts->header.chain_id, v->chain_id))
        return tl_verifier_refuse(v, TL_ERR_WRONG_CHAIN,
                                  "the block header belongs to another ledger");
    if (facts->header.epoch != voters->epoch)
        return tl_verifier_refuse(v, TL_ERR_WRONG_CHAIN,
                                  "the epochs do not lead to that of the block header");
    if (facts->header.leader >= voters->count)
        return tl_verifier_refuse(v, TL_ERR_RANGE, "the leader is not a member");
    if (tl_proposal_verify(&final->leader_sig, &facts->header_hash,
                           &voters->key[facts->header.leader]) != TL_OK)
        return tl_verifier_refuse(v, TL_ERR_SIGNATURE, "the leader's signature does not verify");
    return TL_OK;
}

/* From *hash and *header down the line of its children; both move on. */
static enum tl_status follow_descent(const struct tl_verifier *v, struct tl_list descent,
                                     struct tl_header *header, struct tl_hash *hash)
{
    struct tl_link link;

    while (tl_list_next(&descent, &tl_link_record, &link)) {
        struct tl_header child;

        if (tl_header_decode(&child, link.header) != TL_OK)
            return tl_verifier_refuse(v, TL_ERR_ENCODING, "a later block header is malformed");
        if (!tl_hash_eq(&child.parent_hash, hash) || child.height != header->height + 1)
            return tl_verifier_refuse(v, TL_ERR_PROOF,
                                      "a later block does not descend from this one");
        *header = child;
        tl_header_hash(hash, link.header);
    }
    return TL_OK;
}

static enum tl_status verify_cert(const struct tl_verifier *v, struct tl_bytes bytes,
                                  const struct tl_header *header, const struct tl_hash *hash,
                                  const struct tl_voters *voters)
{
    struct tl_cert cert;

    if (tl_record_decode(&tl_cert_record, &cert, bytes) != TL_OK)
        return tl_verifier_refuse(v, TL_ERR_ENCODING, "the certificate is malformed");
    if (cert.kind != TL_VOTE_FINALIZE || cert.view != header->view || !tl_hash_eq(&cert.hash, hash))
        return tl_verifier_refuse(v, TL_ERR_CERTIFICATE, "the certificate is for something else");
    if (tl_cert_verify(&cert, voters) != TL_OK)
        return tl_verifier_refuse(v, TL_ERR_CERTIFICATE,
                                  "the certificate has no quorum of valid signatures");
    v->facts->signers = cert.signers;
    return TL_OK;
}

/* From the genesis file to the signers' keys. */
static enum tl_status walk_epochs(const struct tl_verifier *v, struct tl_list links,
                                  struct tl_epoch *epoch)
{
    struct tl_epoch_link link;
    const char *why = NULL;

    tl_epoch_first(epoch, v->genesis);
    while (tl_list_next(&links, &tl_epoch_link_record, &link)) {
        enum tl_status status = tl_epoch_step(epoch, &link, v->chain_id, &why);

        if (status != TL_OK)
            return tl_verifier_refuse(v, status, why);
    }
    return TL_OK;
}

enum tl_status tl_final_verify(const struct tl_verifier *v, struct tl_list list,
                               struct tl_list descent)
{
    struct tl_header last;
    struct tl_voters voters;
    struct tl_epoch epoch;
    struct tl_final final;
    struct tl_hash hash;
    enum tl_status status;

    if (!tl_list_next(&list, &tl_final_record, &final))
        return tl_verifier_refuse(v, TL_ERR_CERTIFICATE, "the receipt holds no block header");
    status = walk_epochs(v, final.epochs, &epoch);
    if (status != TL_OK)
        return status;
    tl_epoch_voters(&voters, &epoch, v->chain_id);
    if (v->epoch != NULL)
        *v->epoch = epoch;
    status = verify_header(v, &final, &voters);
    if (status != TL_OK)
        return status;
    last = v->facts->header;
    hash = v->facts->header_hash;
    status = follow_descent(v, descent, &last, &hash);
    return status == TL_OK ? verify_cert(v, final.cert, &last, &hash, &voters) : status;
}

enum tl_status tl_final_check(struct tl_receipt_facts *facts, struct tl_list final,
                              const struct tl_genesis *genesis, const struct tl_hash *chain_id,
                              const char **why)
{
    const struct tl_verifier v = {genesis, chain_id, facts, why, NULL};

    *why = NULL;
    memset(facts, 0, sizeof *facts);
    return tl_final_verify(&v, final, (struct tl_list){0});
}
