/* Evidence on record: a pair of messages that no honest member signs both of.
 *
 * Anybody may bring it; nobody is believed.  Both signatures are held to the key
 * that the member had in that epoch, and the pair to the rule (blame.h).  What
 * is proven once is not proven again.  It names a member and nothing more: an
 * operator's error can cause it too, so what follows is for the members to decide
 * (governance.c). */
#include "run.h"

#include "tl/blame.h"
#include "tl/check.h"

#include <string.h>

struct message {
    uint8_t kind; /* of a vote; 0: a proposal */
    const struct tl_hash *hash;
    const struct tl_sig *sig;
    struct tl_bytes header;
};

/* The voting set of an epoch that has begun. */
static bool voters_of(struct run *r, uint64_t number, struct tl_voters *voters)
{
    struct tl_contract *k = r->k;
    struct tl_bytes plan;
    const char *why;
    enum tl_status status = TL_OK;

    if (number > r->mark.number)
        return false;
    if (number == r->mark.number) {
        tl_epoch_voters(voters, &k->epoch, r->block->chain_id);
        return true;
    }
    if (number == 0) {
        tl_epoch_first(&k->proposed, k->genesis);
    } else {
        status = tl_epoch_plan_load(r->state, number, &plan);
        if (status == TL_OK)
            status = tl_epoch_decode(&k->proposed, plan, &why);
        fail(r, status);
    }
    if (status == TL_OK)
        tl_epoch_voters(voters, &k->proposed, r->block->chain_id);
    return status == TL_OK;
}

/* A proposal is of the view, epoch and leader its header says. */
static bool proposed(const struct tl_body_evidence *b, const struct message *m,
                     const struct tl_voters *voters)
{
    struct tl_header header;
    struct tl_hash hash;

    if (tl_header_decode(&header, m->header) != TL_OK)
        return false;
    tl_header_hash(&hash, m->header);
    return tl_hash_eq(&hash, m->hash) && tl_hash_eq(&header.chain_id, &voters->chain_id) &&
           header.epoch == b->epoch && header.view == b->view && header.leader == b->member &&
           tl_proposal_verify(m->sig, m->hash, &voters->key[b->member]) == TL_OK;
}

static bool said(const struct tl_body_evidence *b, const struct message *m,
                 const struct tl_voters *voters)
{
    const struct tl_vote vote = {.kind = m->kind,
                                 .epoch = b->epoch,
                                 .view = b->view,
                                 .hash = *m->hash,
                                 .member = b->member,
                                 .sig = *m->sig};

    if (b->member >= voters->count)
        return false;
    if (m->kind == 0)
        return proposed(b, m, voters);
    return m->header.len == 0 && tl_vote_verify(&vote, voters) == TL_OK;
}

static const char *evidence_fault(struct run *r, const struct tl_body_evidence *b, uint32_t kind)
{
    const struct message one = {b->kind_a, &b->hash_a, &b->sig_a, b->header_a};
    const struct message two = {b->kind_b, &b->hash_b, &b->sig_b, b->header_b};
    struct tl_voters voters;

    if (kind == 0)
        return "an honest member may have said both";
    if (!voters_of(r, b->epoch, &voters))
        return "there is no such epoch yet";
    return said(b, &one, &voters) && said(b, &two, &voters)
               ? NULL
               : "the member did not sign both in that epoch and view";
}

void evidence_take(struct run *r, const struct tl_body_evidence *b)
{
    uint32_t kind = tl_votes_conflict(b->kind_a, &b->hash_a, b->kind_b, &b->hash_b);
    struct tl_state_key key = tl_key_guilt((uint8_t)kind, b->epoch, b->view, b->member);
    struct tl_body_named named = {b->member, (uint8_t)kind, b->epoch, b->view};
    struct why why = why_entry(r, r->clock.closed_on + 1, "engine.evidence", "");
    const char *fault = evidence_fault(r, b, kind);
    struct tl_bytes value;
    uint8_t leaf[8];
    enum tl_status status = tl_overlay_get(r->state, tl_state_key_bytes(&key), &value);

    if (status == TL_OK && fault == NULL)
        fault = "it is on record already";
    if (fault != NULL) {
        finding(r, NULL, TL_DECISION_DENIED, TL_ENTRY_EVIDENCE, fault);
        return;
    }
    if (status != TL_ERR_NOT_FOUND)
        fail(r, status);
    tl_put_u64be(leaf, r->entry_leaf);
    fail(r, tl_overlay_put(r->state, tl_state_key_bytes(&key), tl_bytes(leaf, sizeof leaf)));
    decide(r, NULL, TL_DECISION_MEMBER_NAMED, &why, &named);
}
