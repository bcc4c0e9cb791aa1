/* Blocks, their headers and what justifies them.  See block.h. */
#include "tl/block.h"

#include "tl/check.h"
#include "tl/hash.h"
#include "tl/merkle.h"

#include <string.h>

static const char header_domain[] = "tallystick/hdr/v1";
static const char proposal_domain[] = "tallystick/prop/v1";
static const char just_domain[] = "tallystick/just/v1";

static const char *const block_kind_words[] = {
    [TL_BLOCK_NORMAL] = "normal",
    [TL_BLOCK_REPROPOSE] = "repropose",
};
const struct tl_names tl_block_kind_names = {
    block_kind_words,
    sizeof block_kind_words / sizeof block_kind_words[0],
};

TL_DEFINE_RECORD(tl_header, TL_HEADER_FIELDS)
TL_DEFINE_RECORD(tl_justification, TL_JUSTIFICATION_FIELDS)
TL_DEFINE_RECORD(tl_envelope_bytes, TL_ENVELOPE_BYTES_FIELDS)
TL_DEFINE_RECORD(tl_block, TL_BLOCK_FIELDS)

void tl_header_hash(struct tl_hash *out, struct tl_bytes header)
{
    tl_hash_domain(out, header_domain, header);
}

void tl_header_encode(struct tl_buf *out, const struct tl_header *header)
{
    tl_record_write(&tl_header_record, header, out);
}

enum tl_status tl_header_decode(struct tl_header *header, struct tl_bytes bytes)
{
    return tl_record_decode(&tl_header_record, header, bytes);
}

#define PROPOSAL_BYTES (sizeof proposal_domain + TL_HASH_BYTES)

static void proposal_bytes(uint8_t out[PROPOSAL_BYTES], const struct tl_hash *block_hash)
{
    memcpy(out, proposal_domain, sizeof proposal_domain);
    memcpy(out + sizeof proposal_domain, block_hash->b, TL_HASH_BYTES);
}

void tl_proposal_sign(struct tl_sig *sig, const struct tl_hash *block_hash,
                      const struct tl_seckey *key)
{
    uint8_t bytes[PROPOSAL_BYTES];

    proposal_bytes(bytes, block_hash);
    tl_sign(sig, tl_bytes(bytes, sizeof bytes), key);
}

enum tl_status tl_proposal_verify(const struct tl_sig *sig, const struct tl_hash *block_hash,
                                  const struct tl_pubkey *leader)
{
    uint8_t bytes[PROPOSAL_BYTES];

    proposal_bytes(bytes, block_hash);
    return tl_sig_verify(sig, tl_bytes(bytes, sizeof bytes), leader);
}

void tl_just_root(struct tl_hash *out, struct tl_bytes justification)
{
    tl_hash_domain(out, just_domain, justification);
}

/* The root over the envelopes, and how many bytes they are together. */
static size_t body_root(struct tl_hash *out, const struct tl_list *envelopes)
{
    struct tl_frontier frontier;
    struct tl_list left = *envelopes;
    struct tl_envelope_bytes envelope;
    struct tl_hash leaf;
    size_t len = 0;

    tl_frontier_init(&frontier);
    while (tl_list_next(&left, &tl_envelope_bytes_record, &envelope)) {
        tl_merkle_leaf(&leaf, envelope.bytes);
        tl_frontier_add(&frontier, &leaf);
        len += envelope.bytes.len;
    }
    tl_frontier_root(&frontier, out);
    return len;
}

void tl_body_root(struct tl_hash *out, const struct tl_list *envelopes)
{
    (void)body_root(out, envelopes);
}

/* What a block carries must be what its header commits to. */
static enum tl_status check_roots(const struct tl_block_parts *parts)
{
    struct tl_hash root;

    tl_just_root(&root, parts->block.justification);
    if (!tl_hash_eq(&root, &parts->header.just_root))
        return TL_ERR_PROOF;
    /* A repetition carries nothing and names in body_root what it repeats. */
    if (parts->header.kind == TL_BLOCK_REPROPOSE)
        return parts->block.envelopes.count == 0 ? TL_OK : TL_ERR_PROOF;
    if (body_root(&root, &parts->block.envelopes) > TL_BLOCK_BYTES_MAX)
        return TL_ERR_RANGE;
    return tl_hash_eq(&root, &parts->header.body_root) ? TL_OK : TL_ERR_PROOF;
}

static enum tl_status decode_parts(struct tl_block_parts *parts, struct tl_bytes bytes)
{
    enum tl_status status;

    if (bytes.len > TL_FRAME_BYTES_MAX)
        return TL_ERR_RANGE;
    status = tl_record_decode(&tl_block_record, &parts->block, bytes);
    if (status != TL_OK)
        return status;
    status = tl_header_decode(&parts->header, parts->block.header);
    if (status != TL_OK)
        return status;
    status = tl_record_decode(&tl_justification_record, &parts->just, parts->block.justification);
    if (status != TL_OK)
        return status;
    return check_roots(parts);
}

enum tl_status tl_block_decode(struct tl_block_parts *parts, struct tl_bytes bytes)
{
    enum tl_status status = decode_parts(parts, bytes);

    if (status == TL_OK)
        tl_header_hash(&parts->hash, parts->block.header);
    else
        memset(parts, 0, sizeof *parts);
    return status;
}

/* The first block of an epoch has its genesis for a parent and needs no
 * certificate for it; any other parent was notarized or finalized. */
static enum tl_status parent_verify(struct tl_list parent, const struct tl_header *header,
                                    const struct tl_voters *voters)
{
    struct tl_cert cert;

    if (parent.count != (header->parent_view == 0 ? 0u : 1u))
        return TL_ERR_CERTIFICATE;
    if (!tl_list_next(&parent, &tl_cert_record, &cert))
        return TL_OK;
    if (cert.kind == TL_VOTE_NULLIFY || cert.view != header->parent_view ||
        !tl_hash_eq(&cert.hash, &header->parent_hash))
        return TL_ERR_CERTIFICATE;
    return tl_cert_verify(&cert, voters);
}

static enum tl_status skips_verify(struct tl_list skips, const struct tl_header *header,
                                   const struct tl_voters *voters)
{
    uint64_t view = header->parent_view;
    struct tl_cert cert;
    enum tl_status status;

    if (skips.count != header->view - header->parent_view - 1)
        return TL_ERR_CERTIFICATE;
    while (tl_list_next(&skips, &tl_cert_record, &cert)) {
        view++;
        if (cert.kind != TL_VOTE_NULLIFY || cert.view != view)
            return TL_ERR_CERTIFICATE;
        status = tl_cert_verify(&cert, voters);
        if (status != TL_OK)
            return status;
    }
    TL_CHECK(view + 1 == header->view);
    return TL_OK;
}

enum tl_status tl_just_verify(const struct tl_justification *just, const struct tl_header *header,
                              const struct tl_voters *voters)
{
    enum tl_status status;

    if (header->epoch != voters->epoch || !tl_hash_eq(&header->chain_id, &voters->chain_id))
        return TL_ERR_WRONG_CHAIN;
    if (header->parent_view >= header->view)
        return TL_ERR_RANGE;
    status = parent_verify(just->parent, header, voters);
    if (status != TL_OK)
        return status;
    return skips_verify(just->skips, header, voters);
}
