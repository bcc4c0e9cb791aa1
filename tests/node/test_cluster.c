/* Four tallyd processes on loopback: entries become final, one member may be
 * killed and comes back to the same ledger. */
#include "scratch.h"

#include "client.h"
#include "genesis_make.h"
#include "tl/clock.h"
#include "tl/entry.h"
#include "tl/envelope.h"
#include "tl/memberdir.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define MEMBERS 4u

struct node {
    char dir[TL_PATH_MAX];
    char address[64];
    char api[TL_PATH_MAX + 32];
    struct tl_keyfile key;
    struct tl_client *client;
    struct tl_client_config config;
    pid_t pid;
    uint64_t sequence;
};

static struct node node[MEMBERS];
static struct tl_genesis_file genesis;

static void start(struct node *n)
{
    const char *build = getenv("TALLY_BUILD");
    char program[TL_PATH_MAX];

    (void)snprintf(program, sizeof program, "%s/node/tallyd", build == NULL ? "." : build);
    n->pid = fork();
    assert_true(n->pid >= 0);
    if (n->pid > 0)
        return;
    if (getenv("TALLY_KEEP") == NULL)
        (void)!freopen("/dev/null", "w", stderr);
    (void)execl(program, program, n->dir, (char *)NULL);
    _exit(127);
}

static void end(struct node *n, int signal_number, bool graceful)
{
    int how = 0;

    assert_int_equal(kill(n->pid, signal_number), 0);
    assert_int_equal(waitpid(n->pid, &how, 0), n->pid);
    if (graceful)
        assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
}

/* A node needs a moment until its socket is there. */
static void connect_to(struct node *n)
{
    struct timespec moment = {0, 50000000};
    enum tl_status st = TL_ERR_UNREACHABLE;

    tl_client_close(n->client);
    n->client = NULL;
    for (int tries = 0; tries < 400 && st != TL_OK; tries++) {
        (void)nanosleep(&moment, NULL);
        st = tl_client_open(&n->client, &n->config, NULL);
    }
    assert_int_equal(st, TL_OK);
}

static int make_cluster(void **state)
{
    static const char *const ids[] = {"creditor", "agency-a", "agency-b", "bureau"};
    const char *dirs[MEMBERS];
    const char *file;
    struct tl_genesis_plan plan;
    uint16_t port;

    if (scratch_setup(state) != 0)
        return -1;
    tl_random(&port, sizeof port);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        struct node *n = &node[i];
        struct tl_memberdir_plan member = {n->dir, ids[i],       n->address, TL_ROLE_ALL,
                                           "main", TL_RIGHT_ALL, 0};
        char path[TL_PATH_MAX];

        (void)snprintf(n->dir, sizeof n->dir, "%s", scratch_path(state, ids[i]));
        (void)snprintf(n->address, sizeof n->address, "127.0.0.1:%u", 20000u + port % 20000u + i);
        (void)snprintf(n->api, sizeof n->api, "ipc://%s/api.sock", scratch_path(state, ids[i]));
        assert_int_equal(tl_memberdir_create(&member, NULL), TL_OK);
        assert_true(tl_memberdir_author_path(path, sizeof path, n->dir, "main"));
        assert_int_equal(tl_keyfile_load(&n->key, path, TL_KEY_AUTHOR, NULL), TL_OK);
        dirs[i] = n->dir;
    }
    tl_genesis_plan_init(&plan);
    plan.name = "test";
    file = scratch_path(state, "genesis");
    assert_int_equal(tl_genesis_make(&plan, dirs, MEMBERS, file, NULL), TL_OK);
    assert_int_equal(tl_genesis_file_load(&genesis, file), TL_OK);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        char path[TL_PATH_MAX];

        assert_true(tl_memberdir_path(path, sizeof path, node[i].dir, TL_MEMBERDIR_GENESIS));
        assert_int_equal(tl_file_write(path, tl_bytes(genesis.bytes.text, genesis.bytes.len),
                                       TL_FILE_PUBLIC, NULL),
                         TL_OK);
        node[i].config = (struct tl_client_config){
            .address = node[i].api, .genesis = &genesis, .key = &node[i].key, .timeout_ms = 60000};
        start(&node[i]);
        connect_to(&node[i]);
    }
    return 0;
}

static int end_cluster(void **state)
{
    for (uint32_t i = 0; i < MEMBERS; i++) {
        tl_client_close(node[i].client);
        if (node[i].pid > 0)
            (void)kill(node[i].pid, SIGKILL);
    }
    while (waitpid(-1, NULL, 0) > 0)
        ;
    tl_genesis_file_free(&genesis);
    return scratch_teardown(state);
}

static struct tl_bytes agreement(uint8_t *out, size_t cap)
{
    uint8_t body_bytes[512];
    struct tl_buf body_buf = tl_buf(body_bytes, sizeof body_bytes);
    struct tl_buf buf = tl_buf(out, cap);
    struct tl_body_agreement body = {.product = tl_bytes_str("loan"),
                                     .jurisdiction = tl_bytes_str("US-NY"),
                                     .currency = 840,
                                     .policy = tl_bytes_str("none"),
                                     .opened_on = 10957,
                                     .due_on = 10987,
                                     .principal_minor = 12345};
    struct tl_entry entry = {.type = TL_ENTRY_AGREEMENT, .value_date = 10957};

    tl_random(entry.case_id.b, sizeof entry.case_id.b);
    tl_record_write(&tl_body_agreement_record, &body, &body_buf);
    entry.body = tl_buf_bytes(&body_buf);
    tl_record_write(&tl_entry_record, &entry, &buf);
    return tl_buf_bytes(&buf);
}

/* An envelope with one agreement in it; `room` holds its entries. */
static struct tl_envelope envelope_of(const struct node *author, uint64_t sequence,
                                      struct tl_buf *room)
{
    uint8_t entry[1024];
    struct tl_envelope envelope = {.author = author->key.pub, .sequence = sequence};
    struct tl_entry_bytes item = {agreement(entry, sizeof entry)};

    tl_list_add(&envelope.entries, room, &tl_entry_bytes_record, &item);
    tl_envelope_seal(&envelope, &genesis.chain_id, &author->key.sec);
    return envelope;
}

static enum tl_status hand_in(struct node *to, const struct tl_envelope *envelope,
                              struct tl_submitted *answer)
{
    uint8_t bytes[2048];
    struct tl_buf buf = tl_buf(bytes, sizeof bytes);
    struct tl_submit question = {.wait = TL_WAIT_FINAL, .timeout_ms = 30000};
    struct tl_exchange exchange = {TL_METHOD_SUBMIT, &tl_submit_record, &question,
                                   &tl_submitted_record, answer};

    tl_record_write(&tl_envelope_record, envelope, &buf);
    question.envelope = tl_buf_bytes(&buf);
    return tl_client_call(to->client, &exchange, NULL);
}

static enum tl_status submit(struct node *to, uint64_t sequence, struct tl_submitted *answer)
{
    uint8_t room[1024];
    struct tl_buf list = tl_buf(room, sizeof room);
    struct tl_envelope envelope = envelope_of(to, sequence, &list);

    return hand_in(to, &envelope, answer);
}

static void submit_many(struct node *to, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct tl_submitted answer;

        assert_int_equal(submit(to, ++to->sequence, &answer), TL_OK);
        assert_true(answer.final && answer.height > 0 && answer.leaves >= 1);
    }
}

static bool status_of(struct node *n, struct tl_node_status *status)
{
    struct tl_exchange exchange = {TL_METHOD_STATUS, NULL, NULL, &tl_node_status_record, status};

    return tl_client_call(n->client, &exchange, NULL) == TL_OK;
}

/* All stand at one height with one log and one state, within ten seconds. */
static bool all_agree(uint64_t height)
{
    for (int tries = 0; tries < 100; tries++) {
        struct timespec moment = {0, 100000000};
        struct tl_node_status first;
        uint32_t same = 0;

        for (uint32_t i = 0; i < MEMBERS; i++) {
            struct tl_node_status s;

            assert_true(status_of(&node[i], &s));
            if (i == 0)
                first = s;
            same += s.height >= height && s.height == first.height &&
                            tl_hash_eq(&s.log_root, &first.log_root) &&
                            tl_hash_eq(&s.state_root, &first.state_root)
                        ? 1u
                        : 0u;
        }
        if (same == MEMBERS)
            return true;
        (void)nanosleep(&moment, NULL);
    }
    return false;
}

static void test_what_any_member_writes_is_final_everywhere(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < MEMBERS; i++)
        submit_many(&node[i], 5);
    assert_true(all_agree(1));
}

static void test_a_sequence_is_recorded_once(void **state)
{
    struct tl_submitted answer;

    (void)state;
    assert_int_equal(submit(&node[0], node[0].sequence, &answer), TL_ERR_SEQUENCE);
    assert_int_equal(submit(&node[0], node[0].sequence + 100000, &answer), TL_ERR_SEQUENCE);
    submit_many(&node[0], 1);
}

/* An envelope's id is of what was signed, not of the signature: a node that has
 * verified the one must not take the same words under another. */
static void test_known_words_under_another_signature_are_refused(void **state)
{
    uint8_t room[1024];
    struct tl_buf list = tl_buf(room, sizeof room);
    struct tl_envelope envelope = envelope_of(&node[1], ++node[1].sequence, &list);
    struct tl_submitted answer;
    struct tl_submitted again;

    (void)state;
    assert_int_equal(hand_in(&node[1], &envelope, &answer), TL_OK);
    assert_int_equal(hand_in(&node[1], &envelope, &again), TL_OK);
    assert_int_equal(again.height, answer.height);
    envelope.sig.b[40] ^= 1;
    assert_int_equal(hand_in(&node[1], &envelope, &again), TL_ERR_SIGNATURE);
    submit_many(&node[1], 1);
}

static void test_a_killed_member_comes_back_to_the_same_ledger(void **state)
{
    (void)state;
    end(&node[3], SIGKILL, false);
    submit_many(&node[0], 8);
    start(&node[3]);
    connect_to(&node[3]);
    submit_many(&node[3], 1);
    assert_true(all_agree(1));
}

static void test_all_killed_come_back_with_what_was_final(void **state)
{
    struct tl_node_status before;

    (void)state;
    submit_many(&node[1], 3);
    assert_true(status_of(&node[1], &before));
    for (uint32_t i = 0; i < MEMBERS; i++)
        end(&node[i], SIGKILL, false);
    for (uint32_t i = 0; i < MEMBERS; i++)
        start(&node[i]);
    for (uint32_t i = 0; i < MEMBERS; i++)
        connect_to(&node[i]);
    assert_true(all_agree(before.height));
    submit_many(&node[1], 3);
}

static void test_a_stop_is_clean(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < MEMBERS; i++) {
        end(&node[i], SIGTERM, true);
        node[i].pid = 0;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_any_member_writes_is_final_everywhere),
        cmocka_unit_test(test_a_sequence_is_recorded_once),
        cmocka_unit_test(test_known_words_under_another_signature_are_refused),
        cmocka_unit_test(test_a_killed_member_comes_back_to_the_same_ledger),
        cmocka_unit_test(test_all_killed_come_back_with_what_was_final),
        cmocka_unit_test(test_a_stop_is_clean),
    };

    return cmocka_run_group_tests(tests, make_cluster, end_cluster);
}
