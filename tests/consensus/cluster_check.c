/* The checkers of the simulated network. */
#include "cluster_world.h"

#include <stdlib.h>

/* --- checkers ------------------------------------------------------------ */

bool honest(const struct world *w, uint32_t member)
{
    return (w->config.twins >> member & 1u) == 0;
}

/* Every vote an honest member lets out is held against all it said before. */
void oracle_hears(struct world *w, const struct tl_vote *vote)
{
    struct signed_by *s = &w->oracle[(size_t)vote->member * VIEWS_MAX + vote->view];
    bool bad = false;

    if (!honest(w, vote->member))
        return;
    if (vote->kind == TL_VOTE_NOTARIZE) {
        bad = (s->has_notarized && !tl_hash_eq(&s->notarized, &vote->hash)) ||
              (s->has_finalized && !tl_hash_eq(&s->finalized, &vote->hash));
        s->has_notarized = true;
        s->notarized = vote->hash;
    } else if (vote->kind == TL_VOTE_FINALIZE) {
        bad = s->nullified || (s->has_finalized && !tl_hash_eq(&s->finalized, &vote->hash)) ||
              (s->has_notarized && !tl_hash_eq(&s->notarized, &vote->hash));
        s->has_finalized = true;
        s->finalized = vote->hash;
    } else {
        bad = s->has_finalized;
        s->nullified = true;
    }
    w->result.honest_conflict |= bad;
}

void note_final_cert(struct world *w, const struct tl_cert *cert)
{
    for (uint32_t i = 0; i < w->final_count; i++)
        if (w->final_cert[i]->cert.view == cert->view &&
            tl_hash_eq(&w->final_cert[i]->cert.hash, &cert->hash))
            return;
    if (w->final_count == FINALS_MAX)
        return;
    w->final_cert[w->final_count] = grab(1, sizeof(struct sim_cert));
    cert_copy(w->final_cert[w->final_count++], cert);
}

/* An honest node calls a block final: all others must mean the same one. */
void note_final(struct world *w, const struct node *node, uint32_t block)
{
    const struct tl_bft_block *meta = &w->block[block].meta;
    struct tl_hash *at = &w->final_at[meta->height];

    if (node->twin)
        return;
    if (tl_hash_is_zero(at))
        *at = meta->hash;
    if (!tl_hash_eq(at, &meta->hash))
        w->result.forked = true;
    if (meta->height > w->result.final_height)
        w->result.final_height = meta->height;
}

static uint32_t ancestry(struct world *w, uint32_t block, struct tl_ancestor *chain)
{
    uint32_t count = 0;

    for (; block != 0; count++) {
        struct sim_block *b = &w->block[block];
        struct tl_cert *skips = grab(b->skip_count + 1, sizeof(struct tl_cert));

        for (uint32_t i = 0; i < b->skip_count; i++)
            skips[i] = *cert_of(&b->skips[i]);
        chain[count] =
            (struct tl_ancestor){.view = b->meta.view,
                                 .hash = b->meta.hash,
                                 .parent_view = b->meta.parent_view,
                                 .parent_hash = b->meta.parent_hash,
                                 .parent = b->meta.parent_view == 0 ? NULL : cert_of(&b->parent),
                                 .skips = skips,
                                 .skip_count = b->skip_count};
        block = b->meta.parent_view == 0 ? 0 : block_by_hash(w, &b->meta.parent_hash);
    }
    return count;
}

static void blame_pair(struct world *w, struct sim_cert *x, struct sim_cert *y)
{
    struct tl_ancestor *chain = grab(BLOCKS_MAX, sizeof *chain);
    struct tl_blame_final a = {x->cert.view, x->cert.hash, *cert_of(x)};
    struct tl_blame_final b = {y->cert.view, y->cert.hash, *cert_of(y)};
    uint32_t count = ancestry(w, block_by_hash(w, &b.hash), chain);
    uint32_t culprits = 0;
    const struct tl_cert *c1;
    const struct tl_cert *c2;
    enum tl_status status = tl_blame(&a, &b, chain, count, &culprits, &c1, &c2);

    if (status != TL_ERR_NOT_FOUND) {
        uint32_t named = (uint32_t)__builtin_popcount(culprits);

        w->result.forked = true;
        w->result.blame_failed |=
            status != TL_OK || named < 2 * w->config.quorum - w->config.members;
        if (w->result.culprits_min == 0 || named < w->result.culprits_min)
            w->result.culprits_min = named;
        for (uint32_t m = 0; m < w->config.members; m++) {
            struct tl_evidence evidence;

            if ((culprits >> m & 1u) == 0)
                continue;
            w->result.framed |= honest(w, m);
            w->result.blame_failed |= tl_blame_evidence(c1, c2, m, &evidence) != TL_OK;
        }
    }
    for (uint32_t i = 0; i < count; i++)
        free((void *)(uintptr_t)chain[i].skips);
    free(chain);
}

void check_finals(struct world *w)
{
    uint32_t pairs = 0;

    for (uint32_t i = 0; i < w->final_count && pairs < 400; i++)
        for (uint32_t j = 0; j < w->final_count && pairs < 400; j++) {
            struct sim_cert *a = w->final_cert[i];
            struct sim_cert *b = w->final_cert[j];

            if (i == j || a->cert.view > b->cert.view || b->cert.view - a->cert.view > 8)
                continue;
            blame_pair(w, a, b);
            pairs++;
        }
}

void judge_evidence(struct world *w, const struct node *node, const struct tl_evidence *evidence)
{
    if (node->twin)
        return;
    if (honest(w, evidence->member))
        w->result.accused_honest = true;
    else
        w->result.evidence++;
}
