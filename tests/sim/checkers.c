/* The checkers: what the wire, the answers and the final ledgers must agree on.
 * They know which members lie, and nothing of what a node thinks. */
#include "sim.h"

#include "tl/books.h"
#include "tl/check.h"
#include "tl/log.h"

#include <stdlib.h>
#include <string.h>

static bool honest_member(const struct sim *sim, uint32_t member)
{
    return ((sim->options.twins | sim->options.liars) >> member & 1u) == 0;
}

/* ---- what honest members sign ---- */

static struct said *said_by(struct sim *sim, uint32_t member, uint64_t epoch, uint64_t view)
{
    for (size_t i = sim->saids; i-- > 0;) {
        if (sim->said[i].epoch == epoch && sim->said[i].view == view &&
            sim->said[i].member == member)
            return &sim->said[i];
    }
    sim->said = grow(sim->said, sim->saids, sizeof *sim->said);
    sim->said[sim->saids] = (struct said){.epoch = epoch, .view = view, .member = member};
    return &sim->said[sim->saids++];
}

static bool other(bool has, const struct tl_hash *held, const struct tl_hash *hash)
{
    return has && !tl_hash_eq(held, hash);
}

/* Held against all it said before: an honest member never contradicts itself. */
static void hear_vote(struct host *from, const struct tl_vote *vote)
{
    struct sim *sim = from->sim;
    struct said *s = said_by(sim, vote->member, vote->epoch, vote->view);
    bool bad;

    if (vote->kind == TL_VOTE_NULLIFY) {
        bad = s->has_finalized;
        s->nullified = true;
    } else {
        bad = other(s->has_notarized, &s->notarized, &vote->hash) ||
              other(s->has_finalized, &s->finalized, &vote->hash) ||
              (vote->kind == TL_VOTE_FINALIZE && s->nullified);
        s->has_finalized |= vote->kind == TL_VOTE_FINALIZE;
        s->has_notarized |= vote->kind == TL_VOTE_NOTARIZE;
        if (vote->kind == TL_VOTE_FINALIZE)
            s->finalized = vote->hash;
        else
            s->notarized = vote->hash;
    }
    if (bad)
        fail_history(sim, SIM_DISAGREEMENT, "honest member %u contradicts itself in view %llu",
                     vote->member, (unsigned long long)vote->view);
}

/* ---- what passes over the wire ---- */

static struct seen_block *block_seen(struct sim *sim, const struct tl_hash *hash)
{
    for (size_t i = sim->blocks; i-- > 0;) {
        if (tl_hash_eq(&sim->block[i].hash, hash))
            return &sim->block[i];
    }
    return NULL;
}

static void see_block(struct sim *sim, struct tl_bytes body)
{
    struct tl_block_parts parts;
    struct seen_block *block;

    if (tl_block_decode(&parts, body) != TL_OK || block_seen(sim, &parts.hash) != NULL)
        return;
    sim->block = grow(sim->block, sim->blocks, sizeof *sim->block);
    block = &sim->block[sim->blocks++];
    *block = (struct seen_block){parts.hash, parts.header.view, grab(body.len, 1), body.len};
    memcpy(block->bytes, body.ptr, body.len);
}

static void see_cert(struct sim *sim, struct tl_bytes body)
{
    struct tl_cert cert;
    uint8_t *sigs;

    if (tl_record_decode(&tl_cert_record, &cert, body) != TL_OK || cert.kind != TL_VOTE_FINALIZE)
        return;
    for (size_t i = sim->certs; i-- > 0;) {
        if (tl_hash_eq(&sim->cert[i].hash, &cert.hash))
            return;
    }
    sigs = grab(cert.sigs.len, 1);
    memcpy(sigs, cert.sigs.ptr, cert.sigs.len);
    cert.sigs.ptr = sigs;
    sim->cert = grow(sim->cert, sim->certs, sizeof *sim->cert);
    sim->cert[sim->certs++] = cert;
}

void check_frame(struct host *from, uint32_t number, struct tl_bytes body)
{
    struct tl_vote vote;

    if (number == TL_MSG_BLOCK)
        see_block(from->sim, body);
    if (number == TL_MSG_CERT)
        see_cert(from->sim, body);
    if (number == TL_MSG_VOTE && host_is_honest(from) &&
        tl_record_decode(&tl_vote_record, &vote, body) == TL_OK)
        hear_vote(from, &vote);
}

/* ---- what is final ---- */

/* Rule A.3-2, worked out anew. */
static uint32_t leader_of(struct sim *sim, const struct tl_header *header)
{
    struct tl_hash *genesis = &sim->epoch_genesis[header->epoch];
    struct tl_hash seed;

    TL_CHECK(header->epoch <= sim->options.epochs);
    if (tl_hash_is_zero(genesis)) /* the first final block of an epoch: what it stands on */
        *genesis = header->parent_hash;
    tl_hash_plain(&seed, tl_bytes(genesis->b, TL_HASH_BYTES));
    return (uint32_t)((header->view + tl_get_u64be(seed.b)) % sim->options.members);
}

static void check_height(struct host *host, uint64_t height)
{
    struct sim *sim = host->sim;
    struct tl_block_parts parts;
    struct tl_bytes bytes;

    if (tl_chain_block(host->node->chain, height, &bytes) != TL_OK ||
        tl_block_decode(&parts, bytes) != TL_OK) {
        /* A read that fails is the disk's fault while disks fail. */
        if (sim->healed || sim->options.disk_permille == 0)
            fail_history(sim, SIM_CRASHED, "machine %u cannot read its final block %llu",
                         host->index, (unsigned long long)height);
        return;
    }
    see_block(sim, bytes);
    if (parts.header.leader != leader_of(sim, &parts.header))
        fail_history(sim, SIM_DISAGREEMENT, "final block %llu is not by the leader of its view",
                     (unsigned long long)height);
    while (sim->finals <= height) {
        sim->final_hash = grow(sim->final_hash, sim->finals, sizeof *sim->final_hash);
        sim->final_root = grow(sim->final_root, sim->finals, sizeof *sim->final_root);
        memset(&sim->final_hash[sim->finals], 0, sizeof *sim->final_hash);
        sim->finals++;
    }
    if (tl_hash_is_zero(&sim->final_hash[height])) {
        sim->final_hash[height] = parts.hash;
        sim->final_root[height] = parts.header.state_root;
        record(sim, "final", height, parts.header.view, tl_bytes(parts.hash.b, TL_HASH_BYTES));
    }
    if (tl_hash_eq(&sim->final_hash[height], &parts.hash))
        return;
    sim->result.forked = true;
    if (within_safety(&sim->options))
        fail_history(sim, SIM_DISAGREEMENT, "machine %u has another final block at height %llu",
                     host->index, (unsigned long long)height);
}

void check_host(struct host *host)
{
    struct sim *sim = host->sim;
    const struct tl_tip *tip = tl_chain_tip(host->node->chain);
    struct tl_bft_status bft;

    if (!host_is_honest(host))
        return;
    if (tip->height < host->seen_height && tip->height < tl_chain_durable_height(host->node->chain))
        fail_history(sim, SIM_DISAGREEMENT, "machine %u is below its disk", host->index);
    for (uint64_t h = host->seen_height + 1; h <= tip->height; h++)
        check_height(host, h);
    host->seen_height = tip->height;
    if (tip->height > sim->result.height)
        sim->result.height = tip->height;
    tl_bft_status(host->node->core, &bft);
    if (bft.halted && within_safety(&sim->options))
        fail_history(sim, SIM_DISAGREEMENT, "machine %u has stopped voting", host->index);
}

/* ---- what is logged: evidence and alarms ---- */

void check_log(struct host *host, const char *event, const struct tl_log_field *fields)
{
    struct sim *sim = host->sim;

    if (!host_is_honest(host))
        return;
    if (strcmp(event, "double-vote") == 0) {
        sim->result.evidence++;
        if (honest_member(sim, (uint32_t)fields[0].number))
            fail_history(sim, SIM_DISAGREEMENT, "machine %u accuses honest member %llu",
                         host->index, (unsigned long long)fields[0].number);
    }
    if (strcmp(event, "vote-refused") == 0)
        fail_history(sim, SIM_DISAGREEMENT, "machine %u: the journal refuses what the core asks",
                     host->index);
}

/* ---- what clients were told ---- */

void check_ack(struct sim *sim, const struct host *host, const struct tl_submitted *submitted)
{
    if (!submitted->final || !host_is_honest(host))
        return;
    for (size_t i = 0; i < sim->acks; i++) {
        if (!tl_hash_eq(&sim->ack[i].id, &submitted->envelope))
            continue;
        if (sim->ack[i].height != submitted->height ||
            sim->ack[i].first_leaf != submitted->first_leaf)
            fail_history(sim, SIM_DISAGREEMENT, "an envelope was acknowledged at two places");
        return;
    }
    sim->ack = grow(sim->ack, sim->acks, sizeof *sim->ack);
    sim->ack[sim->acks++] = (struct ack){submitted->envelope, submitted->height,
                                         submitted->first_leaf, submitted->leaves};
    sim->result.acked = sim->acks;
}

static bool ack_holds(struct host *host, const struct ack *ack)
{
    struct tl_overlay *state = tl_chain_state(host->node->chain);
    struct tl_bytes bytes;
    struct tl_leaf leaf;
    uint64_t height;

    return tl_log_leaf(state, ack->first_leaf, &bytes) == TL_OK &&
           tl_record_decode(&tl_leaf_record, &leaf, bytes) == TL_OK && leaf.kind == TL_LEAF_ENTRY &&
           leaf.position == 0 && tl_hash_eq(&leaf.envelope, &ack->id) &&
           tl_chain_height_of_leaf(host->node->chain, ack->first_leaf, &height) == TL_OK &&
           height == ack->height;
}

/* Each envelope of the chain once. */
static void check_once(struct host *host)
{
    struct sim *sim = host->sim;
    uint64_t last[TL_MEMBERS_MAX] = {0};

    for (uint64_t h = 1; h <= tl_chain_tip(host->node->chain)->height; h++) {
        struct tl_block_parts parts;
        struct tl_envelope_bytes item;
        struct tl_envelope envelope;
        struct tl_author author;
        struct tl_bytes bytes;

        TL_CHECK(tl_chain_block(host->node->chain, h, &bytes) == TL_OK);
        TL_CHECK(tl_block_decode(&parts, bytes) == TL_OK);
        while (tl_list_next(&parts.block.envelopes, &tl_envelope_bytes_record, &item)) {
            TL_CHECK(tl_record_decode(&tl_envelope_record, &envelope, item.bytes) == TL_OK);
            TL_CHECK(tl_genesis_author(&sim->consortium.genesis, &envelope.author, &author));
            if (envelope.sequence != ++last[author.member])
                fail_history(sim, SIM_DISAGREEMENT,
                             "machine %u has an envelope of client %u twice or not at all",
                             host->index, author.member);
        }
    }
}

/* ---- forks ---- */

#define CHAIN_MAX 4096u

static uint32_t ancestry(struct sim *sim, const struct tl_hash *hash, struct tl_ancestor *chain,
                         struct tl_cert *parents, uint64_t down_to)
{
    struct tl_hash at = *hash;
    uint32_t count = 0;

    while (count < CHAIN_MAX) {
        struct seen_block *seen = block_seen(sim, &at);
        struct tl_ancestor *a = &chain[count];
        struct tl_block_parts parts;
        struct tl_cert *skips;

        if (seen == NULL || tl_block_decode(&parts, tl_bytes(seen->bytes, seen->len)) != TL_OK)
            return count;
        skips = grab(parts.just.skips.count, sizeof *skips);
        *a = (struct tl_ancestor){.view = parts.header.view,
                                  .hash = parts.hash,
                                  .parent_view = parts.header.parent_view,
                                  .parent_hash = parts.header.parent_hash,
                                  .skips = skips,
                                  .skip_count = parts.just.skips.count};
        for (uint32_t i = 0; i < a->skip_count; i++)
            TL_CHECK(tl_list_next(&parts.just.skips, &tl_cert_record, &skips[i]));
        if (tl_list_next(&parts.just.parent, &tl_cert_record, &parents[count]))
            a->parent = &parents[count];
        count++;
        if (parts.header.parent_view == 0 || parts.header.view < down_to)
            return count;
        at = parts.header.parent_hash;
    }
    return count;
}

static void judge_pair(struct sim *sim, const struct tl_cert *x, const struct tl_cert *y)
{
    struct tl_ancestor *chain = grab(CHAIN_MAX, sizeof *chain);
    struct tl_cert *parents = grab(CHAIN_MAX, sizeof *parents);
    struct tl_blame_final a = {x->view, x->hash, *x};
    struct tl_blame_final b = {y->view, y->hash, *y};
    uint32_t count = ancestry(sim, &y->hash, chain, parents, x->view);
    uint32_t culprits = 0;
    const struct tl_cert *c1;
    const struct tl_cert *c2;
    enum tl_status st = tl_blame(&a, &b, chain, count, &culprits, &c1, &c2);
    uint32_t named = (uint32_t)__builtin_popcount(culprits);

    if (st == TL_OK) {
        sim->result.forked = true;
        sim->result.culprits |= culprits;
        if (named < 2 * sim->options.quorum - sim->options.members)
            fail_history(sim, SIM_DISAGREEMENT, "a fork names only %u members", named);
        if ((culprits & ~(sim->options.twins | sim->options.liars)) != 0)
            fail_history(sim, SIM_DISAGREEMENT, "a fork names honest members: %x", culprits);
        if (within_safety(&sim->options))
            fail_history(sim, SIM_DISAGREEMENT, "two certificates contradict each other");
    } else if (st == TL_ERR_BROKEN_LINK && count > 0 && chain[count - 1].view <= x->view) {
        fail_history(sim, SIM_DISAGREEMENT, "no ancestry between two final blocks");
    }
    for (uint32_t i = 0; i < count; i++)
        free((void *)(uintptr_t)chain[i].skips);
    free(parents);
    free(chain);
}

static void check_certs(struct sim *sim)
{
    for (size_t i = 0; i < sim->certs; i++) {
        for (size_t j = 0; j < sim->certs; j++) {
            const struct tl_cert *x = &sim->cert[i];
            const struct tl_cert *y = &sim->cert[j];

            if (i != j && x->epoch == y->epoch && x->view <= y->view && y->view - x->view <= 4)
                judge_pair(sim, x, y);
        }
    }
}

/* ---- the end ---- */

/* Whether all honest machines that are to come back stand at one place. */
bool check_all_equal(struct sim *sim)
{
    const struct tl_tip *first = NULL;

    for (uint32_t i = 0; i < sim->hosts; i++) {
        const struct host *host = &sim->host[i];
        const struct tl_tip *tip;

        if (!host_is_honest(host))
            continue;
        if (host->node == NULL || host->node->rejoining.due)
            return false;
        tip = tl_chain_tip(host->node->chain);
        if (tl_chain_durable_height(host->node->chain) != tip->height)
            return false;
        first = first == NULL ? tip : first;
        if (!tl_hash_eq(&tip->hash, &first->hash))
            return false;
        if (!tl_hash_eq(&tip->state_root, &first->state_root) ||
            !tl_hash_eq(&tip->log_root, &first->log_root))
            fail_history(sim, SIM_DISAGREEMENT, "machine %u has other roots for one block", i);
    }
    return true;
}

static void check_ledger(struct host *host)
{
    static struct tl_books books;
    struct sim *sim = host->sim;
    const char *why = "";

    for (size_t i = 0; i < sim->acks; i++) {
        /* Where nothing need go on, the end may come before a machine has all. */
        if (!within_liveness(&sim->options) &&
            sim->ack[i].height > tl_chain_tip(host->node->chain)->height)
            continue;
        if (!ack_holds(host, &sim->ack[i]))
            fail_history(sim, SIM_DISAGREEMENT, "machine %u lacks an acknowledged envelope",
                         host->index);
    }
    check_once(host);
    if (tl_books_check(&books, tl_chain_state(host->node->chain), &why) != TL_OK)
        fail_history(sim, SIM_DISAGREEMENT, "machine %u: the books: %.100s", host->index, why);
    sim->result.leaves = tl_chain_tip(host->node->chain)->log_size;
}

void check_end(struct sim *sim)
{
    check_certs(sim);
    for (uint32_t i = 0; i < sim->hosts; i++) {
        struct host *host = &sim->host[i];

        machine_is(host);
        if (host->node != NULL && host_is_honest(host) && within_safety(&sim->options) &&
            sim->result.verdict == SIM_OK)
            check_ledger(host);
    }
}
