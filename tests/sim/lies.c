/* What a liar's machine lets out instead of what its node said.  It has its own
 * keys and nobody else's. */
#include "sim.h"

#include "tl/check.h"

#include <stdlib.h>
#include <string.h>

static bool tells(const struct host *host, enum lie lie)
{
    return (host->sim->options.lies & (uint32_t)lie) != 0;
}

/* The same block with one header field changed, and signed again. */
static struct tl_bytes other_block(struct host *host, struct tl_bytes body, bool invalid,
                                   struct tl_hash *hash)
{
    const struct tl_seckey *key = &host->sim->consortium.consensus[host->member];
    static uint8_t header_bytes[2048];
    static uint8_t block_bytes[TL_FRAME_BYTES_MAX];
    struct tl_buf header = tl_buf(header_bytes, sizeof header_bytes);
    struct tl_buf out = tl_buf(block_bytes, sizeof block_bytes);
    struct tl_block_parts parts;

    if (tl_block_decode(&parts, body) != TL_OK || parts.header.leader != host->member)
        return TL_BYTES_NONE;
    if (invalid)
        parts.header.state_root.b[7] ^= 1;
    else
        parts.header.time_ms += 1 + chance(host->sim, 3);
    tl_header_encode(&header, &parts.header);
    parts.block.header = tl_buf_bytes(&header);
    tl_header_hash(hash, parts.block.header);
    tl_proposal_sign(&parts.block.leader_sig, hash, key);
    tl_record_write(&tl_block_record, &parts.block, &out);
    TL_CHECK(!out.full);
    return tl_buf_bytes(&out);
}

static void send_vote(struct host *host, uint32_t to, enum tl_vote_kind kind, uint64_t view,
                      const struct tl_hash *hash)
{
    struct tl_vote vote = consortium_vote(&host->sim->consortium, host->member, kind, view, hash);
    uint8_t bytes[256];
    struct tl_buf out = tl_buf(bytes, sizeof bytes);

    tl_record_write(&tl_vote_record, &vote, &out);
    net_carry(host, to, TL_MSG_VOTE, tl_buf_bytes(&out));
}

static bool lie_about_block(struct host *from, uint32_t to, struct tl_bytes body)
{
    struct sim *sim = from->sim;
    struct tl_block_parts parts;
    struct tl_hash hash;
    struct tl_bytes other = TL_BYTES_NONE;

    if (tl_block_decode(&parts, body) != TL_OK || parts.header.leader != from->member)
        return false;
    if (tells(from, LIE_SILENT) && chance(sim, 3) != 0)
        return true;
    if (tells(from, LIE_WITHHOLD) && (to + parts.header.view) % 2 == 0)
        return true;
    if (tells(from, LIE_INVALID) && chance(sim, 3) == 0)
        other = other_block(from, body, true, &hash);
    else if (tells(from, LIE_EQUIVOCATE) && (to + parts.header.view) % 2 == 0)
        other = other_block(from, body, false, &hash);
    if (other.len == 0)
        return false;
    net_carry(from, to, TL_MSG_BLOCK, other);
    send_vote(from, to, TL_VOTE_NOTARIZE, parts.header.view, &hash);
    if (chance(sim, 2) == 0)
        send_vote(from, to, TL_VOTE_FINALIZE, parts.header.view, &hash);
    return true;
}

/* Says the opposite as well, to half of the others. */
static void double_vote(struct host *from, uint32_t to, struct tl_bytes body)
{
    struct tl_vote vote;

    if (tl_record_decode(&tl_vote_record, &vote, body) != TL_OK || chance(from->sim, 2) == 0)
        return;
    if (vote.kind == TL_VOTE_FINALIZE || vote.kind == TL_VOTE_NOTARIZE)
        send_vote(from, to, TL_VOTE_NULLIFY, vote.view, NULL);
    if (vote.kind == TL_VOTE_NOTARIZE)
        send_vote(from, to, TL_VOTE_FINALIZE, vote.view, &vote.hash);
}

static void mutate(struct host *from, uint32_t to, uint32_t number, struct tl_bytes body)
{
    struct sim *sim = from->sim;
    uint8_t *bytes = grab(body.len, 1);
    uint64_t flips = 1 + chance(sim, 4);

    memcpy(bytes, body.ptr, body.len);
    for (uint64_t i = 0; i < flips; i++)
        bytes[chance(sim, body.len)] ^= (uint8_t)(1u << chance(sim, 8));
    net_carry(from, to, number, tl_bytes(bytes, body.len - (size_t)chance(sim, 2)));
    free(bytes);
}

/* A certificate by everybody, as far as it says. */
static void forge(struct host *from, uint32_t to, uint64_t view)
{
    struct sim *sim = from->sim;
    struct tl_hash hash = {{0}};
    uint8_t sigs[TL_MEMBERS_MAX * TL_SIG_BYTES];
    uint8_t bytes[TL_CERT_BYTES_MAX];
    struct tl_buf out = tl_buf(bytes, sizeof bytes);
    struct tl_cert cert = {.kind = (uint8_t)(1 + chance(sim, 3)),
                           .view = view + chance(sim, 2),
                           .signers = (1u << sim->options.members) - 1u};

    memset(sigs, 0x5a, sizeof sigs);
    memset(hash.b, (int)chance(sim, 250) + 1, sizeof hash.b);
    if (sim->blocks > 0 && chance(sim, 2) == 0)
        hash = sim->block[chance(sim, sim->blocks)].hash;
    if (cert.kind != TL_VOTE_NULLIFY)
        cert.hash = hash;
    cert.sigs = tl_bytes(sigs, (size_t)sim->options.members * TL_SIG_BYTES);
    tl_record_write(&tl_cert_record, &cert, &out);
    net_carry(from, to, TL_MSG_CERT, tl_buf_bytes(&out));
}

/* Another leader's latest block, as if this member led its view. */
static void usurp(struct host *from, uint32_t to)
{
    static uint8_t header_bytes[2048];
    static uint8_t block_bytes[TL_FRAME_BYTES_MAX];
    struct sim *sim = from->sim;
    struct tl_buf header = tl_buf(header_bytes, sizeof header_bytes);
    struct tl_buf out = tl_buf(block_bytes, sizeof block_bytes);
    const struct seen_block *seen = sim->blocks == 0 ? NULL : &sim->block[sim->blocks - 1];
    struct tl_block_parts parts;
    struct tl_hash hash;

    if (seen == NULL || tl_block_decode(&parts, tl_bytes(seen->bytes, seen->len)) != TL_OK)
        return;
    parts.header.leader = (uint8_t)from->member;
    parts.header.time_ms++;
    tl_header_encode(&header, &parts.header);
    parts.block.header = tl_buf_bytes(&header);
    tl_header_hash(&hash, parts.block.header);
    tl_proposal_sign(&parts.block.leader_sig, &hash, &sim->consortium.consensus[from->member]);
    tl_record_write(&tl_block_record, &parts.block, &out);
    net_carry(from, to, TL_MSG_BLOCK, tl_buf_bytes(&out));
}

/* Votes come once or twice a view: a good moment for more. */
static void lie_beside_vote(struct host *from, uint32_t to, struct tl_bytes body)
{
    struct tl_vote vote;

    if (tl_record_decode(&tl_vote_record, &vote, body) != TL_OK)
        return;
    if (tells(from, LIE_FORGE) && chance(from->sim, 4) == 0)
        forge(from, to, vote.view);
    if (tells(from, LIE_USURP) && chance(from->sim, 4) == 0)
        usurp(from, to);
}

bool lie_about(struct host *from, uint32_t to, uint32_t number, struct tl_bytes body)
{
    struct sim *sim = from->sim;

    if (tells(from, LIE_MUTATE) && body.len > 0 && chance(sim, 10) == 0)
        mutate(from, to, number, body);
    if (tells(from, LIE_REPLAY) && chance(sim, 10) == 0) {
        struct happening *old = sim->old[chance(sim, 64)];

        if (old != NULL)
            net_carry(from, to, old->number, tl_bytes(old->bytes, old->len));
    }
    if (number == TL_MSG_VOTE)
        lie_beside_vote(from, to, body);
    if (number == TL_MSG_VOTE && tells(from, LIE_DOUBLE))
        double_vote(from, to, body);
    return number == TL_MSG_BLOCK && lie_about_block(from, to, body);
}
