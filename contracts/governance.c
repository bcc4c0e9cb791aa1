/* Changes of members, keys and limits: proposed by one member, approved by a
 * quorum, and in force from the block after the one that ends the epoch.
 *
 * What the members agree on is a plan (epoch.h), named by its hash, so that nobody
 * approves what he has not seen.  Each member has one motion open at a time; a
 * new one takes the place of its last.  Once a plan has a quorum no other is
 * heard in this epoch: one change set per epoch. */
#include "run.h"

#include "tl/check.h"
#include "tl/hash.h"

#include <string.h>

TL_DEFINE_RECORD(tl_motion, TL_MOTION_FIELDS)

/* ---- the epoch of a block ---- */

void members_load(struct tl_contract *k)
{
    struct tl_member member;

    k->member_count = 0;
    for (uint32_t i = 0; tl_genesis_member(&k->epoch.genesis, i, &member); i++) {
        bool silent = (tl_epoch_silent(&k->epoch) >> i & 1u) != 0;

        k->member[i] = (struct member){member.id, silent ? 0 : member.roles};
        k->member_count = i + 1;
    }
    authors_load(k->author, &k->epoch);
}

/* What was agreed on was checked when it was proposed. */
static void plan_adopt(struct run *r, struct tl_bytes plan)
{
    struct tl_contract *k = r->k;
    const char *why;

    if (plan.len > sizeof k->epoch_plan) {
        fail(r, TL_ERR_CORRUPT);
        return;
    }
    memcpy(k->epoch_plan, plan.ptr, plan.len);
    if (tl_epoch_decode(&k->epoch, tl_bytes(k->epoch_plan, plan.len), &why) != TL_OK)
        fail(r, TL_ERR_CORRUPT);
}

void epoch_start(struct run *r)
{
    struct tl_contract *k = r->k;
    struct tl_bytes plan;
    enum tl_status status = tl_epoch_mark_load(&r->mark, r->state);

    fail(r, status);
    /* Everything that consensus reads is in the state: also what it stands on. */
    if (status == TL_OK && r->mark.number != 0 && r->block->height == r->mark.first_height) {
        r->mark.genesis = r->block->parent_hash;
        r->mark.genesis_time_ms = r->block->parent_time_ms;
        r->mark_dirty = true;
    }
    if (status != TL_OK || tl_hash_eq(&r->mark.members_hash, &k->epoch_hash))
        return;
    /* Until it is whole nothing is loaded: the next block tries again. */
    k->epoch_hash = (struct tl_hash){{0xff}};
    if (r->mark.number == 0) {
        tl_epoch_first(&k->epoch, k->genesis);
    } else {
        status = tl_epoch_plan_load(r->state, r->mark.number, &plan);
        fail(r, status == TL_ERR_NOT_FOUND ? TL_ERR_CORRUPT : status);
        if (status == TL_OK)
            plan_adopt(r, plan);
    }
    if (r->status != TL_OK)
        return;
    members_load(k);
    k->epoch_hash = r->mark.members_hash;
}

static void motions_drop(struct run *r)
{
    for (uint32_t i = 0; i < r->k->member_count; i++) {
        struct tl_state_key key = tl_key_motion(i);

        fail(r, tl_overlay_put(r->state, tl_state_key_bytes(&key), TL_BYTES_NONE));
    }
}

/* PROTOCOL A.10-3: A plan that a quorum of the epoch's members approved MUST end the epoch with the
 * first block at or above its from_height that also holds or follows the last approval. */
void epoch_finish(struct run *r)
{
    struct tl_bytes plan;
    const char *why;

    if (r->mark.scheduled && r->block->height >= r->mark.scheduled_from) {
        fail(r, tl_epoch_plan_load(r->state, r->mark.number + 1, &plan));
        if (r->status == TL_OK)
            fail(r, tl_epoch_decode(&r->k->proposed, plan, &why));
        if (r->status != TL_OK)
            return;
        r->mark = (struct tl_epoch_mark){.number = r->mark.number + 1,
                                         .first_height = r->block->height + 1,
                                         .members_hash = r->k->proposed.members_hash,
                                         .block_bytes = r->k->proposed.genesis.block_bytes};
        r->mark_dirty = true;
        motions_drop(r);
    }
    if (r->mark_dirty && r->status == TL_OK)
        fail(r, tl_epoch_mark_put(r->state, &r->mark));
}

/* ---- motions ---- */

/* The views in *motion borrow k->motion. */
static bool motion_load(struct run *r, uint32_t member, struct tl_motion *motion)
{
    struct tl_contract *k = r->k;
    struct tl_state_key key = tl_key_motion(member);
    struct tl_bytes value;
    enum tl_status status = tl_overlay_get(r->state, tl_state_key_bytes(&key), &value);

    if (status == TL_ERR_NOT_FOUND)
        return false;
    if (status == TL_OK && value.len > sizeof k->motion)
        status = TL_ERR_CORRUPT;
    if (status == TL_OK) {
        memcpy(k->motion, value.ptr, value.len);
        if (tl_record_decode(&tl_motion_record, motion, tl_bytes(k->motion, value.len)) != TL_OK)
            status = TL_ERR_CORRUPT;
    }
    fail(r, status);
    return status == TL_OK;
}

static void motion_store(struct run *r, uint32_t member, struct tl_motion *motion)
{
    struct tl_contract *k = r->k;
    struct tl_state_key key = tl_key_motion(member);
    struct tl_buf out = tl_buf(k->motion, sizeof k->motion);

    TL_CHECK(motion->plan.len <= sizeof k->plan);
    memmove(k->plan, motion->plan.ptr, motion->plan.len);
    motion->plan.ptr = k->plan;
    tl_record_write(&tl_motion_record, motion, &out);
    TL_CHECK(!out.full);
    fail(r, tl_overlay_put(r->state, tl_state_key_bytes(&key), tl_buf_bytes(&out)));
}

/* PROTOCOL A.10-4: A plan is agreed on when members with a vote, at least q of its epoch's, have
 * approved it by its hash; to propose it is to approve it. */
static void motion_count(struct run *r, const struct tl_motion *motion)
{
    const struct tl_epoch *epoch = &r->k->epoch;
    uint32_t approvals = motion->approvals & ~tl_epoch_silent(epoch);
    struct why why = why_entry(r, r->clock.closed_on + 1, "engine.epoch", "");
    struct tl_body_scheduled body = {
        .epoch = r->mark.number + 1, .plan = motion->hash, .approvals = approvals};
    const char *fault;

    if (r->status != TL_OK || tl_popcount32(approvals) < epoch->genesis.quorum)
        return;
    fail(r, tl_epoch_decode(&r->k->proposed, motion->plan, &fault));
    fail(r, tl_epoch_plan_put(r->state, r->mark.number + 1, motion->plan));
    if (r->status != TL_OK)
        return;
    body.from_height = r->k->proposed.from_height > r->block->height ? r->k->proposed.from_height
                                                                     : r->block->height;
    r->mark.scheduled = true;
    r->mark.scheduled_from = body.from_height;
    r->mark_dirty = true;
    why_add(&why, motion->leaf);
    decide(r, NULL, TL_DECISION_EPOCH_SCHEDULED, &why, &body);
}

/* PROTOCOL A.10-5: An epoch has at most one plan agreed on; no other is heard before the next. */
static const char *plan_fault(struct run *r, struct tl_bytes plan)
{
    const char *why;

    if (r->mark.scheduled)
        return "a change is agreed on already; propose again when its epoch has begun";
    if (tl_epoch_decode(&r->k->proposed, plan, &why) != TL_OK)
        return why;
    return tl_epoch_follows(&r->k->proposed, &r->k->epoch);
}

void change_propose(struct run *r, const struct tl_body_propose *body)
{
    const char *fault = plan_fault(r, body->plan);
    struct tl_motion motion = {
        .leaf = r->entry_leaf, .approvals = 1u << r->author.member, .plan = body->plan};

    if (fault != NULL) {
        finding(r, NULL, TL_DECISION_DENIED, TL_ENTRY_CHANGE_PROPOSE, fault);
        return;
    }
    motion.hash = r->k->proposed.members_hash;
    motion_store(r, r->author.member, &motion);
    motion_count(r, &motion);
}

static bool motion_find(struct run *r, const struct tl_hash *hash, struct tl_motion *motion,
                        uint32_t *member)
{
    for (*member = 0; *member < r->k->member_count; ++*member) {
        if (motion_load(r, *member, motion) && tl_hash_eq(&motion->hash, hash))
            return true;
    }
    return false;
}

void change_approve(struct run *r, const struct tl_body_approve *body)
{
    struct tl_motion motion;
    uint32_t member;

    if (r->mark.scheduled || !motion_find(r, &body->plan, &motion, &member)) {
        finding(r, NULL, TL_DECISION_DENIED, TL_ENTRY_CHANGE_APPROVE,
                r->mark.scheduled ? "a change is agreed on already"
                                  : "no change of that name is proposed");
        return;
    }
    motion.approvals |= 1u << r->author.member;
    motion_store(r, member, &motion);
    motion_count(r, &motion);
}
