/* Changes of members by entries: proposed, approved by a quorum, in force after
 * the block that ends the epoch; refused whatever a plan may not say. */
#include "tl/contract.h"
#include "tl/epoch.h"
#include "tl/hash.h"

#include "consortium.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MEMBERS     4u
#define ARENA_BYTES ((size_t)32 << 20)

struct town {
    struct consortium c;
    struct consortium_draft next; /* the configuration the next plan carries */
    void *memory;
    struct tl_contract *contract;
    struct tl_arena arena;
    struct tl_overlay *state;
    uint64_t sequence[TL_MEMBERS_MAX];
    uint64_t height;
    uint64_t leaves;
    uint16_t last_decision; /* of the last block; 0: none */
    char why[161];
    uint32_t approvals;
    uint8_t plan[TL_EPOCH_PLAN_MAX];
    struct tl_bytes plan_bytes;
    struct tl_hash plan_hash;
};

static int open_town(void **state)
{
    struct town *t = calloc(1, sizeof *t);
    struct tl_contract_config config;
    uint8_t *base;

    assert_non_null(t);
    consortium_init(&t->c, MEMBERS);
    consortium_draft(&t->next, &t->c, MEMBERS);
    config = (struct tl_contract_config){.genesis = &t->c.genesis};
    t->memory = malloc(tl_contract_bytes() + ARENA_BYTES + 64);
    assert_non_null(t->memory);
    base = t->memory;
    t->contract = tl_contract_init(base, &config);
    tl_arena_init(&t->arena, base + tl_contract_bytes() / 64 * 64 + 64, ARENA_BYTES - 64);
    t->state = tl_overlay_new(&t->arena, NULL, NULL);
    *state = t;
    return 0;
}

static int close_town(void **state)
{
    struct town *t = *state;

    free(t->memory);
    free(t);
    return 0;
}

static enum tl_status hear(void *host, uint64_t index, struct tl_bytes bytes)
{
    struct town *t = host;
    struct tl_leaf leaf;
    struct tl_decision decision;
    union tl_body body;

    assert_int_equal(index, t->leaves++);
    assert_int_equal(tl_record_decode(&tl_leaf_record, &leaf, bytes), TL_OK);
    if (leaf.kind != TL_LEAF_DECISION)
        return TL_OK;
    assert_int_equal(tl_decision_decode(&decision, &body, NULL, leaf.bytes), TL_OK);
    t->last_decision = decision.type;
    if (decision.type == TL_DECISION_DENIED) {
        memcpy(t->why, body.finding.why.ptr, body.finding.why.len);
        t->why[body.finding.why.len] = '\0';
    } else if (decision.type == TL_DECISION_EPOCH_SCHEDULED) {
        t->approvals = body.scheduled.approvals;
    }
    return TL_OK;
}

/* One entry in a block of its own. */
static enum tl_status send(struct town *t, uint32_t member, enum tl_type type, const void *body)
{
    static uint8_t scratch[3][1u << 17];
    struct tl_executor executor = tl_contract_executor(t->contract);
    const struct tl_leaf_sink sink = {hear, t};
    struct tl_entry entry = {.type = (uint16_t)type, .value_date = 10958};
    struct tl_envelope env = {.author = t->c.author_key[member],
                              .sequence = t->sequence[member] + 1};
    struct tl_buf out = tl_buf(scratch[0], sizeof scratch[0]);
    struct tl_buf list = tl_buf(scratch[1], sizeof scratch[1]);
    struct tl_buf block_list = tl_buf(scratch[2], sizeof scratch[2]);
    struct tl_entry_bytes one;
    struct tl_envelope_bytes item;
    struct tl_exec_block block = {.genesis = &t->c.genesis,
                                  .chain_id = &t->c.chain_id,
                                  .height = ++t->height,
                                  .time_ms = t->c.genesis.created_ms + t->height,
                                  .first_leaf = t->leaves};
    enum tl_status status;

    assert_true(tl_entry_encode(&out, &entry, body));
    one.bytes = tl_buf_bytes(&out);
    tl_list_add(&env.entries, &list, &tl_entry_bytes_record, &one);
    tl_envelope_root(&env.root, &env.entries);
    out = tl_buf(scratch[0], sizeof scratch[0]);
    tl_record_write(&tl_envelope_record, &env, &out);
    item.bytes = tl_buf_bytes(&out);
    tl_list_add(&block.envelopes, &block_list, &tl_envelope_bytes_record, &item);
    assert_false(out.full || list.full || block_list.full);
    t->last_decision = 0;
    status = executor.run(executor.host, &block, t->state, &sink);
    t->sequence[member] += status == TL_OK;
    return status;
}

/* Writes the plan of an epoch with t->next's members. */
static void draw_up(struct town *t, struct tl_epoch_plan plan)
{
    static uint8_t config[TL_EPOCH_PLAN_MAX];
    struct tl_buf out = tl_buf(t->plan, sizeof t->plan);

    plan.config = consortium_write(&t->next, config, sizeof config);
    tl_record_write(&tl_epoch_plan_record, &plan, &out);
    assert_false(out.full);
    t->plan_bytes = tl_buf_bytes(&out);
    tl_epoch_plan_hash(&t->plan_hash, t->plan_bytes);
}

static void propose(struct town *t, uint32_t member)
{
    struct tl_body_propose body = {t->plan_bytes};

    assert_int_equal(send(t, member, TL_ENTRY_CHANGE_PROPOSE, &body), TL_OK);
}

static void approve(struct town *t, uint32_t member)
{
    struct tl_body_approve body = {t->plan_hash};

    assert_int_equal(send(t, member, TL_ENTRY_CHANGE_APPROVE, &body), TL_OK);
}

static uint64_t epoch_of(struct town *t)
{
    struct tl_epoch_mark mark;

    assert_int_equal(tl_epoch_mark_load(&mark, t->state), TL_OK);
    return mark.number;
}

static void denied(struct town *t, struct tl_epoch_plan plan, const char *why)
{
    draw_up(t, plan);
    propose(t, 0);
    assert_int_equal(t->last_decision, TL_DECISION_DENIED);
    assert_string_equal(t->why, why);
    assert_int_equal(epoch_of(t), 0);
}

static void test_quorum(void **state)
{
    struct town *t = *state;
    struct tl_epoch_mark mark;

    t->next.genesis.delta_ms = 77;
    draw_up(t, (struct tl_epoch_plan){.number = 1});
    propose(t, 0);
    assert_int_equal(t->last_decision, 0);
    approve(t, 0); /* nobody counts twice */
    assert_int_equal(t->last_decision, 0);
    approve(t, 2);
    assert_int_equal(t->last_decision, 0);
    assert_int_equal(epoch_of(t), 0);
    approve(t, 3);
    assert_int_equal(t->last_decision, TL_DECISION_EPOCH_SCHEDULED);
    assert_int_equal(t->approvals, 0xd);
    assert_int_equal(tl_epoch_mark_load(&mark, t->state), TL_OK);
    assert_int_equal(mark.number, 1);
    assert_int_equal(mark.first_height, t->height + 1);
    assert_true(tl_hash_eq(&mark.members_hash, &t->plan_hash));
    approve(t, 1); /* its motion is gone */
    assert_int_equal(t->last_decision, TL_DECISION_DENIED);
}

static void test_from_height(void **state)
{
    struct town *t = *state;

    t->next.genesis.delta_ms = 77;
    draw_up(t, (struct tl_epoch_plan){.number = 1, .from_height = 5});
    propose(t, 0);
    approve(t, 1);
    approve(t, 2);
    assert_int_equal(t->last_decision, TL_DECISION_EPOCH_SCHEDULED);
    assert_int_equal(epoch_of(t), 0);
    propose(t, 3);
    assert_string_equal(t->why,
                        "a change is agreed on already; propose again when its epoch has begun");
    assert_int_equal(epoch_of(t), 0);
    approve(t, 3);
    assert_int_equal(t->height, 5);
    assert_int_equal(epoch_of(t), 1);
}

/* A member's newer motion takes the place of its last. */
static void test_motion_replaced(void **state)
{
    struct town *t = *state;
    struct tl_hash first;

    t->next.genesis.delta_ms = 77;
    draw_up(t, (struct tl_epoch_plan){.number = 1});
    propose(t, 0);
    first = t->plan_hash;
    t->next.genesis.delta_ms = 78;
    draw_up(t, (struct tl_epoch_plan){.number = 1});
    propose(t, 0);
    t->plan_hash = first;
    approve(t, 1);
    assert_string_equal(t->why, "no change of that name is proposed");
}

/* Who is suspended or removed writes no more; a newcomer and a new key do. */
static void test_members(void **state)
{
    struct town *t = *state;
    struct consortium_draft *next = &t->next;
    struct tl_body_approve body = {{{1}}};

    consortium_draft(next, &t->c, MEMBERS + 1);
    next->genesis.quorum = 3; /* of four that vote */
    draw_up(t, (struct tl_epoch_plan){.number = 1, .suspended = 1u << 1});
    assert_int_equal(send(t, 4, TL_ENTRY_CHANGE_APPROVE, &body), TL_ERR_DENIED);
    propose(t, 1);
    approve(t, 2);
    approve(t, 3);
    assert_int_equal(epoch_of(t), 1);
    assert_int_equal(send(t, 1, TL_ENTRY_CHANGE_APPROVE, &body), TL_ERR_DENIED);
    assert_int_equal(send(t, 4, TL_ENTRY_CHANGE_APPROVE, &body), TL_OK);
    /* and back */
    next->genesis.quorum = 4;
    draw_up(t, (struct tl_epoch_plan){.number = 2, .removed = 1u << 2});
    propose(t, 0);
    assert_int_equal(t->last_decision, 0);
    approve(t, 3);
    approve(t, 4);
    assert_int_equal(epoch_of(t), 2);
    assert_int_equal(send(t, 1, TL_ENTRY_CHANGE_APPROVE, &body), TL_OK);
    assert_int_equal(send(t, 2, TL_ENTRY_CHANGE_APPROVE, &body), TL_ERR_DENIED);
    draw_up(t, (struct tl_epoch_plan){.number = 3});
    propose(t, 0);
    assert_string_equal(t->why, "a member that was removed never comes back");
}

static void test_refused(void **state)
{
    struct town *t = *state;
    struct tl_epoch_plan plan = {.number = 1};

    denied(t, (struct tl_epoch_plan){.number = 0}, "an epoch's number must not be 0");
    denied(t, (struct tl_epoch_plan){.number = 2}, "the plan is not for the next epoch");
    denied(t, (struct tl_epoch_plan){.number = 1, .suspended = 1, .removed = 1},
           "a member is suspended or removed, not both");
    denied(t, (struct tl_epoch_plan){.number = 1, .suspended = 1u << 9},
           "only members can be suspended or removed");
    denied(t, (struct tl_epoch_plan){.number = 1, .removed = 3},
           "quorum must not exceed the number of members");
    t->next.genesis.state_bits = 9;
    denied(t, plan, "the size of the state never changes");
    t->next.genesis.state_bits = 8;
    t->next.genesis.name = tl_bytes_str("ledger.example/other");
    denied(t, plan, "a ledger's name and creation never change");
    t->next.genesis.name = tl_bytes_str("ledger.example/test");
    t->next.genesis.time_source = TL_TIME_BLOCK;
    denied(t, plan, "a ledger's business calendar never changes");
    t->next.genesis.time_source = TL_TIME_CALENDAR;
    t->next.member[1].id = tl_bytes_str("else");
    denied(t, plan, "members keep their ids and places; new ones come last");
    t->next.member[1].consensus_key = t->next.member[0].consensus_key;
    denied(t, plan, "keys must differ, also between purposes");
}

/* ---- evidence ---- */

static struct tl_body_evidence pair_of(struct town *t, uint32_t member, uint64_t epoch)
{
    const struct tl_hash one = {{1}};
    const struct tl_hash two = {{2}};
    struct tl_vote a = consortium_vote(&t->c, member, TL_VOTE_FINALIZE, 7, &one);
    struct tl_vote b = consortium_vote(&t->c, member, TL_VOTE_FINALIZE, 7, &two);

    return (struct tl_body_evidence){.epoch = epoch,
                                     .view = 7,
                                     .member = (uint8_t)member,
                                     .kind_a = TL_VOTE_FINALIZE,
                                     .hash_a = one,
                                     .sig_a = a.sig,
                                     .kind_b = TL_VOTE_FINALIZE,
                                     .hash_b = two,
                                     .sig_b = b.sig};
}

static void evidence_denied(struct town *t, const struct tl_body_evidence *body, const char *why)
{
    assert_int_equal(send(t, 0, TL_ENTRY_EVIDENCE, body), TL_OK);
    assert_int_equal(t->last_decision, TL_DECISION_DENIED);
    assert_string_equal(t->why, why);
}

static void test_evidence(void **state)
{
    struct town *t = *state;
    struct tl_body_evidence body = pair_of(t, 2, 0);

    assert_int_equal(send(t, 1, TL_ENTRY_EVIDENCE, &body), TL_OK);
    assert_int_equal(t->last_decision, TL_DECISION_MEMBER_NAMED);
    evidence_denied(t, &body, "it is on record already");
    body.member = 1; /* framed: the signatures are another's */
    evidence_denied(t, &body, "the member did not sign both in that epoch and view");
    body = pair_of(t, 3, 1);
    evidence_denied(t, &body, "there is no such epoch yet");
    body = pair_of(t, 3, 0);
    body.hash_b = body.hash_a;
    evidence_denied(t, &body, "an honest member may have said both");
    body = pair_of(t, 3, 0);
    body.view = 8;
    evidence_denied(t, &body, "the member did not sign both in that epoch and view");
    body = pair_of(t, 3, 0);
    body.sig_b.b[5] ^= 1;
    evidence_denied(t, &body, "the member did not sign both in that epoch and view");
    /* What was signed in an epoch that is over counts still. */
    t->next.genesis.delta_ms = 77;
    draw_up(t, (struct tl_epoch_plan){.number = 1, .suspended = 1u << 2});
    t->next.genesis.quorum = 3;
    draw_up(t, (struct tl_epoch_plan){.number = 1, .suspended = 1u << 2});
    propose(t, 0);
    approve(t, 1);
    approve(t, 3);
    assert_int_equal(epoch_of(t), 1);
    body = pair_of(t, 3, 0);
    assert_int_equal(send(t, 1, TL_ENTRY_EVIDENCE, &body), TL_OK);
    assert_int_equal(t->last_decision, TL_DECISION_MEMBER_NAMED);
}

static void test_evidence_of_proposals(void **state)
{
    struct town *t = *state;
    struct tl_body_evidence body = {.view = 9, .member = 1};
    struct tl_header header = {.chain_id = t->c.chain_id, .view = 9, .height = 3, .leader = 1};
    uint8_t bytes[2][1024];
    struct tl_buf out[2] = {tl_buf(bytes[0], 1024), tl_buf(bytes[1], 1024)};

    tl_header_encode(&out[0], &header);
    header.time_ms = 1;
    tl_header_encode(&out[1], &header);
    body.header_a = tl_buf_bytes(&out[0]);
    body.header_b = tl_buf_bytes(&out[1]);
    tl_header_hash(&body.hash_a, body.header_a);
    tl_header_hash(&body.hash_b, body.header_b);
    tl_proposal_sign(&body.sig_a, &body.hash_a, &t->c.consensus[1]);
    tl_proposal_sign(&body.sig_b, &body.hash_b, &t->c.consensus[1]);
    body.view = 10;
    evidence_denied(t, &body, "the member did not sign both in that epoch and view");
    body.view = 9;
    assert_int_equal(send(t, 0, TL_ENTRY_EVIDENCE, &body), TL_OK);
    assert_int_equal(t->last_decision, TL_DECISION_MEMBER_NAMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_quorum, open_town, close_town),
        cmocka_unit_test_setup_teardown(test_from_height, open_town, close_town),
        cmocka_unit_test_setup_teardown(test_motion_replaced, open_town, close_town),
        cmocka_unit_test_setup_teardown(test_members, open_town, close_town),
        cmocka_unit_test_setup_teardown(test_refused, open_town, close_town),
        cmocka_unit_test_setup_teardown(test_evidence, open_town, close_town),
        cmocka_unit_test_setup_teardown(test_evidence_of_proposals, open_town, close_town),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
