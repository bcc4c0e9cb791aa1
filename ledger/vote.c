/* Votes and certificates.  See vote.h. */
#include "tl/vote.h"

#include "tl/check.h"
#include "tl/hash.h"

#include <string.h>

static const char domain[] = "tallystick/vote/v1";

static const char *const vote_kind_words[] = {
    [TL_VOTE_NOTARIZE] = "notarize",
    [TL_VOTE_NULLIFY] = "nullify",
    [TL_VOTE_FINALIZE] = "finalize",
};
const struct tl_names tl_vote_kind_names = {
    vote_kind_words,
    sizeof vote_kind_words / sizeof vote_kind_words[0],
};

TL_DEFINE_RECORD(tl_vote, TL_VOTE_FIELDS)
TL_DEFINE_RECORD(tl_cert, TL_CERT_FIELDS)

uint32_t tl_popcount32(uint32_t bits)
{
    uint32_t count = 0;

    for (; bits != 0; bits &= bits - 1)
        count++;
    return count;
}

uint32_t tl_nth_voter(uint32_t silent, uint32_t nth)
{
    uint32_t place = 0;

    for (; place < TL_MEMBERS_MAX; place++) {
        if ((silent >> place & 1u) == 0 && nth-- == 0)
            break;
    }
    TL_CHECK(place < TL_MEMBERS_MAX);
    return place;
}

void tl_vote_signing_bytes(uint8_t out[TL_VOTE_SIGNING_BYTES], const struct tl_hash *chain_id,
                           const struct tl_vote *vote)
{
    struct tl_buf buf = tl_buf(out, TL_VOTE_SIGNING_BYTES);
    uint8_t epoch[8];
    uint8_t view[8];

    tl_put_u64be(epoch, vote->epoch);
    tl_put_u64be(view, vote->view);
    tl_buf_put(&buf, domain, sizeof domain);
    tl_buf_put(&buf, chain_id->b, sizeof chain_id->b);
    tl_buf_byte(&buf, vote->kind);
    tl_buf_put(&buf, epoch, sizeof epoch);
    tl_buf_put(&buf, view, sizeof view);
    tl_buf_put(&buf, vote->hash.b, sizeof vote->hash.b);
    TL_CHECK(!buf.full && buf.len == TL_VOTE_SIGNING_BYTES);
}

/* Only NULLIFY is about no block, and it always is. */
static bool subject_ok(uint8_t kind, const struct tl_hash *hash)
{
    if (kind < TL_VOTE_NOTARIZE || kind > TL_VOTE_FINALIZE)
        return false;
    return tl_hash_is_zero(hash) == (kind == TL_VOTE_NULLIFY);
}

/* Of exactly this signature by this key over these bytes. */
static void mark_of(struct tl_hash *mark, struct tl_bytes message, const struct tl_pubkey *key,
                    const struct tl_sig *sig)
{
    uint8_t bytes[TL_PUBKEY_BYTES + TL_SIG_BYTES + TL_VOTE_SIGNING_BYTES];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);

    tl_buf_put(&buf, key->b, sizeof key->b);
    tl_buf_put(&buf, sig->b, sizeof sig->b);
    tl_buf_put(&buf, message.ptr, message.len);
    TL_CHECK(!buf.full);
    tl_hash_domain(mark, "tallystick/proven/v1", tl_buf_bytes(&buf));
}

static enum tl_status verify_once(const struct tl_voters *voters, uint32_t member,
                                  struct tl_bytes message, const struct tl_sig *sig)
{
    const struct tl_proven *proven = voters->proven;
    struct tl_hash mark;
    enum tl_status status;

    TL_CHECK(member < voters->count);
    if (proven == NULL)
        return tl_sig_verify(sig, message, &voters->key[member]);
    mark_of(&mark, message, &voters->key[member], sig);
    if (proven->has(proven->host, &mark))
        return TL_OK;
    status = tl_sig_verify(sig, message, &voters->key[member]);
    if (status == TL_OK)
        proven->add(proven->host, &mark);
    return status;
}

void tl_vote_proven(const struct tl_vote *vote, const struct tl_voters *voters)
{
    uint8_t bytes[TL_VOTE_SIGNING_BYTES];
    struct tl_hash mark;

    TL_CHECK(vote->member < voters->count);
    if (voters->proven == NULL)
        return;
    tl_vote_signing_bytes(bytes, &voters->chain_id, vote);
    mark_of(&mark, tl_bytes(bytes, sizeof bytes), &voters->key[vote->member], &vote->sig);
    voters->proven->add(voters->proven->host, &mark);
}

enum tl_status tl_vote_verify(const struct tl_vote *vote, const struct tl_voters *voters)
{
    uint8_t bytes[TL_VOTE_SIGNING_BYTES];

    TL_CHECK(voters->count <= TL_MEMBERS_MAX);
    if (vote->epoch != voters->epoch)
        return TL_ERR_WRONG_CHAIN;
    if (vote->member >= voters->count || !subject_ok(vote->kind, &vote->hash) ||
        (voters->silent >> vote->member & 1u) != 0)
        return TL_ERR_RANGE;
    tl_vote_signing_bytes(bytes, &voters->chain_id, vote);
    return verify_once(voters, vote->member, tl_bytes(bytes, sizeof bytes), &vote->sig);
}

enum tl_status tl_cert_shape(const struct tl_cert *cert, const struct tl_voters *voters)
{
    uint32_t signers = tl_popcount32(cert->signers);

    TL_CHECK(voters->count >= 1 && voters->count <= TL_MEMBERS_MAX);
    TL_CHECK(voters->quorum >= 1 && voters->quorum <= voters->count);
    if (cert->epoch != voters->epoch)
        return TL_ERR_WRONG_CHAIN;
    if (!subject_ok(cert->kind, &cert->hash))
        return TL_ERR_RANGE;
    if ((uint64_t)cert->signers >> voters->count != 0 || (cert->signers & voters->silent) != 0)
        return TL_ERR_CERTIFICATE;
    if (signers < voters->quorum || cert->sigs.len != (size_t)signers * TL_SIG_BYTES)
        return TL_ERR_CERTIFICATE;
    return TL_OK;
}

enum tl_status tl_cert_verify(const struct tl_cert *cert, const struct tl_voters *voters)
{
    struct tl_vote vote = {
        .kind = cert->kind,
        .epoch = cert->epoch,
        .view = cert->view,
        .hash = cert->hash,
    };
    enum tl_status status = tl_cert_shape(cert, voters);
    const uint8_t *sig = cert->sigs.ptr;
    uint8_t bytes[TL_VOTE_SIGNING_BYTES];

    if (status != TL_OK)
        return status;
    tl_vote_signing_bytes(bytes, &voters->chain_id, &vote);
    for (uint32_t member = 0; member < voters->count; member++) {
        if ((cert->signers >> member & 1) == 0)
            continue;
        memcpy(vote.sig.b, sig, TL_SIG_BYTES);
        sig += TL_SIG_BYTES;
        if (verify_once(voters, member, tl_bytes(bytes, sizeof bytes), &vote.sig) != TL_OK)
            return TL_ERR_CERTIFICATE;
    }
    return TL_OK;
}
