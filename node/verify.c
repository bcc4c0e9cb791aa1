/* What is checked before the loop believes it: decoding and signatures, on the
 * threads of the pool, or on the loop's when that is shorter.  A job reads what node.h marks as
 * shared and writes nothing but itself. */
#include "node.h"

#include "tl/check.h"
#include "tl/hash.h"

#include <stdlib.h>
#include <string.h>

#define SHORT_BYTES 4096u

static struct tl_bytes mail_bytes(const struct tl_verify_job *check)
{
    return tl_bytes(check->mail->bytes, check->mail->len);
}

/* An id is of what was signed, not of the signature: what is known must be both,
 * or good words could come back under a signature nobody verified. */
static void mark_of(struct tl_hash *mark, const struct tl_hash *id, const struct tl_sig *sig)
{
    uint8_t bytes[TL_HASH_BYTES + TL_SIG_BYTES];

    memcpy(bytes, id->b, TL_HASH_BYTES);
    memcpy(bytes + TL_HASH_BYTES, sig->b, TL_SIG_BYTES);
    tl_hash_domain(mark, "tallystick/known-envelope/v1", tl_bytes(bytes, sizeof bytes));
}

/* An envelope whose author is of this ledger, whose entries it may write and
 * whose signature is good.  The id is set whenever it decodes. */
static enum tl_status check_envelope(struct tl_verify_job *check, struct tl_bytes bytes)
{
    const struct tl_node *node = check->node;
    struct tl_author author;
    struct tl_hash mark;
    enum tl_status st = tl_envelope_decode(&check->envelope, bytes);

    if (st != TL_OK)
        return st;
    check->envelope_bytes = bytes;
    tl_envelope_id(&check->id, &check->envelope, &node->chain_id);
    mark_of(&mark, &check->id, &check->envelope.sig);
    if (tl_known_has(node->known, &mark))
        return TL_OK;
    /* Also holds the key to be a valid point: genesis checked it. */
    if (!tl_authors_find(node->authors, &check->envelope.author, &author))
        return TL_ERR_DENIED;
    st = tl_envelope_verify(&check->envelope, &node->chain_id);
    if (st == TL_OK)
        st = tl_contract_admit(node->contract, &check->envelope, &check->position);
    if (st == TL_OK)
        tl_known_add(node->known, &mark);
    return st;
}

static enum tl_status check_request(struct tl_verify_job *check)
{
    enum tl_status st = tl_request_open(&check->request, mail_bytes(check));

    if (st != TL_OK || check->request.method != TL_METHOD_SUBMIT)
        return st;
    /* A bad envelope is told to who sent it, under the request's own nonce. */
    st = tl_record_decode(&tl_submit_record, &check->submit, check->request.body);
    check->envelope_status = st == TL_OK ? check_envelope(check, check->submit.envelope) : st;
    return TL_OK;
}

static enum tl_status check_vote(struct tl_verify_job *check)
{
    enum tl_status st = tl_vote_verify(&check->vote, &check->node->voters);

    if (st == TL_OK && check->vote.member != check->mail->from)
        return TL_ERR_SIGNATURE;
    return st;
}

static enum tl_status check_cert(const struct tl_node *node, const struct tl_cert *cert,
                                 const struct tl_hash *hash)
{
    enum tl_status st;

    if (tl_known_has(node->known, hash))
        return TL_OK;
    st = tl_cert_verify(cert, &node->voters);
    if (st == TL_OK)
        tl_known_add(node->known, hash);
    return st;
}

static enum tl_status check_envelopes(struct tl_verify_job *check, struct tl_list envelopes)
{
    struct tl_envelope_bytes item;

    while (tl_list_next(&envelopes, &tl_envelope_bytes_record, &item)) {
        enum tl_status st = check_envelope(check, item.bytes);

        if (st != TL_OK)
            return st;
    }
    return TL_OK;
}

static enum tl_status check_leader(const struct tl_node *node, const struct tl_block_parts *parts)
{
    if (!tl_hash_eq(&parts->header.chain_id, &node->chain_id))
        return TL_ERR_WRONG_CHAIN;
    if (parts->header.leader >= node->voters.count)
        return TL_ERR_RANGE;
    return tl_proposal_verify(&parts->block.leader_sig, &parts->hash,
                              &node->voters.key[parts->header.leader]);
}

static enum tl_status check_block(struct tl_verify_job *check)
{
    const struct tl_node *node = check->node;
    enum tl_status st = tl_block_decode(&check->parts, mail_bytes(check));

    /* Its members' keys are others: no fault of the sender's, and no use to us. */
    if (st == TL_OK && check->parts.header.epoch != node->voters.epoch)
        return check->parts.header.epoch > node->voters.epoch ? TL_ERR_EARLY : TL_ERR_STALE;
    if (st == TL_OK)
        st = check_leader(node, &check->parts);
    if (st == TL_OK)
        st = tl_just_verify(&check->parts.just, &check->parts.header, &node->voters);
    return st == TL_OK ? check_envelopes(check, check->parts.block.envelopes) : st;
}

/* Final blocks from another member: links and roots are held to the certificates
 * when they are applied; here every signature. */
static enum tl_status check_final(struct tl_verify_job *check, const struct tl_final_block *final)
{
    struct tl_cert cert;
    enum tl_status st = tl_block_decode(&check->parts, final->block);

    /* A page ends where its epoch ends; one of another epoch was asked for before
     * we turned. */
    if (st == TL_OK && check->parts.header.epoch != check->node->voters.epoch)
        return TL_ERR_STALE;
    if (st == TL_OK)
        st = check_leader(check->node, &check->parts);
    if (st == TL_OK)
        st = check_envelopes(check, check->parts.block.envelopes);
    if (st != TL_OK || final->cert.len == 0)
        return st;
    st = tl_record_decode(&tl_cert_record, &cert, final->cert);
    if (st == TL_OK && final->seal.len != 0)
        st = tl_seal_check(final->seal, &cert, &check->parts.header, &check->parts.hash);
    else if (st == TL_OK && !tl_hash_eq(&cert.hash, &check->parts.hash))
        return TL_ERR_CERTIFICATE;
    if (st == TL_OK && cert.kind != TL_VOTE_FINALIZE)
        return TL_ERR_CERTIFICATE;
    return st == TL_OK ? tl_cert_verify(&cert, &check->node->voters) : st;
}

static enum tl_status check_page(struct tl_verify_job *check)
{
    struct tl_final_block final;
    struct tl_list blocks = check->page.blocks;

    while (tl_list_next(&blocks, &tl_final_block_record, &final)) {
        enum tl_status st = check_final(check, &final);

        if (st != TL_OK)
            return st;
    }
    return TL_OK;
}

static enum tl_status run(struct tl_job *job)
{
    struct tl_verify_job *check = (struct tl_verify_job *)job;

    switch (check->kind) {
    case TL_VERIFY_REQUEST:
        return check_request(check);
    case TL_VERIFY_ENVELOPE:
        return check_envelope(check, mail_bytes(check));
    case TL_VERIFY_VOTE:
        return check_vote(check);
    case TL_VERIFY_CERT:
        return check_cert(check->node, &check->cert, &check->cert_hash);
    case TL_VERIFY_BLOCK:
        return check_block(check);
    case TL_VERIFY_PAGE:
        return check_page(check);
    }
    TL_UNREACHABLE();
}

/* Decodes what is small and asks the core whether it could still matter. */
static enum tl_status prepare(struct tl_verify_job *check)
{
    const struct tl_node *node = check->node;
    enum tl_status st = TL_OK;

    if (check->kind == TL_VERIFY_VOTE) {
        st = tl_record_decode(&tl_vote_record, &check->vote, mail_bytes(check));
        if (st == TL_OK && check->vote.epoch > node->voters.epoch)
            st = TL_ERR_EARLY;
        if (st == TL_OK && !tl_bft_wants_vote(node->core, &check->vote))
            st = TL_ERR_STALE;
    } else if (check->kind == TL_VERIFY_CERT) {
        st = tl_record_decode(&tl_cert_record, &check->cert, mail_bytes(check));
        if (st == TL_OK && check->cert.epoch > node->voters.epoch)
            st = TL_ERR_EARLY;
        if (st == TL_OK && !tl_bft_wants_cert(node->core, &check->cert))
            st = TL_ERR_STALE;
        tl_hash_domain(&check->cert_hash, "tallystick/known-cert/v1", mail_bytes(check));
    } else if (check->kind == TL_VERIFY_PAGE) {
        st = tl_record_decode(&tl_blocks_record, &check->page, mail_bytes(check));
    }
    return st;
}

/* A short piece of mail with nothing behind it and nothing under way: handing it
 * to another thread and back would cost more than the signature. */
static bool is_worth_no_thread(const struct tl_verify_job *check)
{
    const struct tl_node *node = check->node;

    return node->mail_is_last && check->kind != TL_VERIFY_PAGE && check->mail->len <= SHORT_BYTES &&
           tl_workers_busy(node->pool) == 0;
}

void tl_verify_give(struct tl_node *node, enum tl_verify_kind kind, struct tl_mail *mail)
{
    struct tl_verify_job *check = calloc(1, sizeof *check);
    enum tl_status st;

    if (check == NULL) {
        tl_node_fail(node, TL_ERR_NO_MEMORY, "checking signatures");
        tl_mail_free(mail);
        return;
    }
    *check = (struct tl_verify_job){
        .job = {.run = run}, .node = node, .kind = kind, .epoch = node->voters.epoch, .mail = mail};
    st = prepare(check);
    if (st == TL_OK && is_worth_no_thread(check)) {
        tl_checked(node, check, run(&check->job));
        return;
    }
    if (st == TL_OK && tl_workers_give(node->pool, &check->job))
        return;
    if (tl_status_fault(st) == TL_FAULT_PEER) {
        node->count.frames_refused++;
        tl_net_fault(node->net, mail->from, 25, tl_status_text(st));
    }
    /* Others are in a later epoch: its keys come with the blocks before it. */
    if (st == TL_ERR_EARLY)
        tl_catchup_start(node, mail->from);
    tl_verify_free(check);
}

void tl_verify_free(struct tl_verify_job *check)
{
    tl_mail_free(check->mail);
    free(check);
}
