/* Frames between members over loopback TLS: who gets through and who gets
 * nothing. */
#include "scratch.h"

#include "genesis_file.h"
#include "genesis_make.h"
#include "tl/keyfile.h"
#include "tl/memberdir.h"
#include "tl/net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define MEMBERS 3u

struct party {
    char address[64];
    char dir[TL_PATH_MAX];
    struct tl_keyfile key;
    struct tl_tls_identity identity;
    struct tl_mailbox *mailbox;
    struct tl_net *net;
};

static struct tl_genesis_file genesis;
static struct party party[MEMBERS + 1]; /* the last is in no genesis */

static enum tl_status sign(void *host, struct tl_bytes message, struct tl_sig *sig)
{
    struct party *p = host;

    tl_sign(sig, message, &p->key.sec);
    return TL_OK;
}

static void load(struct party *p)
{
    char path[TL_PATH_MAX];
    char cert[TL_PATH_MAX];

    assert_true(tl_memberdir_path(path, sizeof path, p->dir, TL_MEMBERDIR_KEY_CONSENSUS));
    assert_int_equal(tl_keyfile_load(&p->key, path, TL_KEY_CONSENSUS, NULL), TL_OK);
    assert_true(tl_memberdir_path(path, sizeof path, p->dir, TL_MEMBERDIR_KEY_TLS));
    assert_true(tl_memberdir_path(cert, sizeof cert, p->dir, TL_MEMBERDIR_TLS_CERT));
    assert_int_equal(tl_tls_identity_load(&p->identity, path, cert, NULL), TL_OK);
}

static int make_members(void **state)
{
    static const char *const ids[] = {"creditor", "agency-a", "bureau", "stranger"};
    const char *dirs[MEMBERS];
    struct tl_genesis_plan plan;
    uint16_t port;

    if (scratch_setup(state) != 0)
        return -1;
    tl_random(&port, sizeof port);
    for (uint32_t i = 0; i <= MEMBERS; i++) {
        struct tl_memberdir_plan member = {
            party[i].dir, ids[i], party[i].address, TL_ROLE_ALL, "main", TL_RIGHT_ALL, 0};

        (void)snprintf(party[i].dir, sizeof party[i].dir, "%s", scratch_path(state, ids[i]));
        (void)snprintf(party[i].address, sizeof party[i].address, "127.0.0.1:%u",
                       20000u + port % 20000u + i);
        assert_int_equal(tl_memberdir_create(&member, NULL), TL_OK);
        load(&party[i]);
        if (i < MEMBERS)
            dirs[i] = party[i].dir;
    }
    tl_genesis_plan_init(&plan);
    plan.name = "test";
    assert_int_equal(tl_genesis_make(&plan, dirs, MEMBERS, scratch_path(state, "genesis"), NULL),
                     TL_OK);
    return tl_genesis_file_load(&genesis, scratch_path(state, "genesis")) == TL_OK ? 0 : -1;
}

static int free_members(void **state)
{
    tl_genesis_file_free(&genesis);
    return scratch_teardown(state);
}

/* Member `self` as it should be; a test bends one thing. */
static struct tl_net_plan plan_of(struct party *p, uint32_t self)
{
    p->mailbox = tl_mailbox_new(1u << 20);
    assert_non_null(p->mailbox);
    return (struct tl_net_plan){.genesis = &genesis.genesis,
                                .chain_id = genesis.chain_id,
                                .self = self,
                                .listen = p->address,
                                .identity = &p->identity,
                                .sign = sign,
                                .host = p,
                                .mailbox = p->mailbox,
                                .queue_bytes = 1u << 20};
}

static void start(struct party *p, const struct tl_net_plan *plan)
{
    struct tl_why why = {""};

    if (tl_net_open(&p->net, plan, &why) != TL_OK)
        fail_msg("%s", why.text);
}

static void start_honest(uint32_t self)
{
    struct tl_net_plan plan = plan_of(&party[self], self);

    start(&party[self], &plan);
}

static void stop(struct party *p)
{
    tl_net_close(p->net);
    tl_mailbox_free(p->mailbox);
}

/* Sends `text` from one to the other until it arrives or `tries` of 50 ms. */
static bool arrives(struct party *from, uint32_t to, const char *text, int tries)
{
    for (; tries > 0; tries--) {
        struct tl_mail *mail;

        tl_net_send(from->net, to, TL_MSG_ENVELOPE, tl_bytes_str(text));
        mail = tl_mailbox_take(party[to].mailbox, 50);
        for (struct tl_mail *next; mail != NULL; mail = next) {
            bool hit = mail->kind == TL_MAIL_FRAME &&
                       tl_bytes_eq(tl_bytes(mail->bytes, mail->len), tl_bytes_str(text));

            next = mail->next;
            tl_mail_free(mail);
            if (hit)
                tries = -1;
        }
    }
    return tries < 0;
}

static void test_members_hear_each_other(void **state)
{
    struct tl_net_peer peer;

    (void)state;
    start_honest(0);
    start_honest(1);
    assert_true(arrives(&party[0], 1, "from creditor", 600));
    assert_true(arrives(&party[1], 0, "from agency", 600));
    tl_net_peer(party[0].net, 1, &peer);
    assert_true(peer.in && peer.out);
    tl_net_peer(party[0].net, 2, &peer);
    assert_false(peer.in || peer.out);
    /* One goes away and comes back. */
    stop(&party[1]);
    start_honest(1);
    assert_true(arrives(&party[0], 1, "again", 600));
    stop(&party[1]);
    stop(&party[0]);
}

static void test_another_ledger_gets_nothing(void **state)
{
    struct tl_net_plan plan;

    (void)state;
    start_honest(0);
    plan = plan_of(&party[1], 1);
    plan.chain_id.b[0] ^= 1;
    start(&party[1], &plan);
    assert_false(arrives(&party[1], 0, "wrong genesis", 20));
    assert_true(tl_net_strangers(party[0].net) > 0);
    stop(&party[1]);
    stop(&party[0]);
}

static void test_an_unknown_certificate_gets_nothing(void **state)
{
    struct tl_net_plan plan;

    (void)state;
    start_honest(0);
    plan = plan_of(&party[1], 1);
    plan.identity = &party[MEMBERS].identity;
    start(&party[1], &plan);
    assert_false(arrives(&party[1], 0, "unknown certificate", 20));
    stop(&party[1]);
    stop(&party[0]);
}

static void test_an_unknown_key_gets_nothing(void **state)
{
    struct tl_net_plan plan;

    (void)state;
    start_honest(0);
    plan = plan_of(&party[1], 1);
    plan.host = &party[MEMBERS];
    start(&party[1], &plan);
    assert_false(arrives(&party[1], 0, "unknown key", 20));
    assert_true(tl_net_strangers(party[0].net) > 0);
    stop(&party[1]);
    stop(&party[0]);
}

static void test_a_member_cannot_pass_for_another(void **state)
{
    struct tl_net_plan plan;
    struct tl_net_peer peer;

    (void)state;
    start_honest(0);
    plan = plan_of(&party[1], 1);
    plan.self = 2;
    start(&party[1], &plan);
    assert_false(arrives(&party[1], 0, "not the bureau", 20));
    tl_net_peer(party[0].net, 2, &peer);
    assert_false(peer.in);
    stop(&party[1]);
    stop(&party[0]);
}

static void throw_noise(const char *address)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    uint8_t noise[4096];
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons((uint16_t)strtoul(strchr(address, ':') + 1, NULL, 10));
    tl_random(noise, sizeof noise);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    (void)!send(fd, noise, sizeof noise, MSG_NOSIGNAL);
    (void)close(fd);
}

static void test_noise_does_no_harm(void **state)
{
    (void)state;
    start_honest(0);
    start_honest(1);
    for (int i = 0; i < 50; i++)
        throw_noise(party[0].address);
    assert_true(arrives(&party[1], 0, "after the noise", 600));
    stop(&party[1]);
    stop(&party[0]);
}

static void test_a_liar_is_disconnected(void **state)
{
    struct tl_net_peer peer;

    (void)state;
    start_honest(0);
    start_honest(1);
    assert_true(arrives(&party[1], 0, "honest so far", 600));
    for (int i = 0; i < 4; i++)
        tl_net_fault(party[0].net, 1, 25, "test");
    assert_false(arrives(&party[1], 0, "nobody listens", 20));
    tl_net_peer(party[0].net, 1, &peer);
    assert_int_equal(peer.faults, 4);
    stop(&party[1]);
    stop(&party[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_hear_each_other),
        cmocka_unit_test(test_another_ledger_gets_nothing),
        cmocka_unit_test(test_an_unknown_certificate_gets_nothing),
        cmocka_unit_test(test_an_unknown_key_gets_nothing),
        cmocka_unit_test(test_a_member_cannot_pass_for_another),
        cmocka_unit_test(test_noise_does_no_harm),
        cmocka_unit_test(test_a_liar_is_disconnected),
    };

    /* As tallyd does: nng writes to connections the other side has closed. */
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, make_members, free_members);
}
