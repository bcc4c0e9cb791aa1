/* Every rule of a genesis file, broken once; the sentence must name it. */
#include "tl/entry.h"
#include "tl/genesis.h"

#include "consortium.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct consortium keys;
static struct consortium_draft draft;
static uint8_t file[1u << 18];

typedef void breaker(struct consortium_draft *d);

#define BREAK(name, change)                                                                        \
    static void name(struct consortium_draft *d)                                                   \
    {                                                                                              \
        change;                                                                                    \
    }

BREAK(break_format, d->genesis.format = 0)
BREAK(break_name_empty, d->genesis.name = TL_BYTES_NONE)
BREAK(break_name_space, d->genesis.name = tl_bytes_str("our ledger"))
BREAK(break_name_plus, d->genesis.name = tl_bytes_str("a+b"))
BREAK(break_name_wide, d->genesis.name = tl_bytes_str("gl\xc3\xa4ubiger"))
BREAK(break_bits, d->genesis.state_bits = TL_STATE_BITS_MIN - 1)
BREAK(break_block_bytes, d->genesis.block_bytes = 131071)
BREAK(break_delta, d->genesis.delta_ms = 0)
BREAK(break_drift, d->genesis.drift_ms = 0)
BREAK(break_early_date, d->genesis.first_date = TL_DATE_MIN - 1)
BREAK(break_late_date, d->genesis.first_date = TL_DATE_MAX + 1)
BREAK(break_members, d->count = 0)
BREAK(break_quorum_high, d->genesis.quorum = 5)
BREAK(break_quorum_half, (d->genesis.quorum = 2, d->genesis.accept_weak_quorum = true))
BREAK(break_quorum_weak, (d->count = 7, d->genesis.quorum = 4))
BREAK(break_id_empty, d->member[1].id = TL_BYTES_NONE)
BREAK(break_id_capital, d->member[1].id = tl_bytes_str("Member"))
BREAK(break_id_dash, d->member[1].id = tl_bytes_str("-member"))
BREAK(break_id_tail, d->member[1].id = tl_bytes_str("member-"))
BREAK(break_id_twice, d->member[1].id = d->member[2].id)
BREAK(break_roles, d->member[3].roles = 0)
BREAK(break_address_port, d->member[3].address = tl_bytes_str("host"))
BREAK(break_address_zero, d->member[3].address = tl_bytes_str("host:0"))
BREAK(break_address_big, d->member[3].address = tl_bytes_str("host:65536"))
BREAK(break_address_host, d->member[3].address = tl_bytes_str(":7000"))
BREAK(break_address_word, d->member[3].address = tl_bytes_str("host:http"))
BREAK(break_address_twice, d->member[3].address = d->member[0].address)
BREAK(break_cert, d->member[2].tls_cert = TL_BYTES_NONE)
BREAK(break_cert_twice, d->member[2].tls_cert = d->member[0].tls_cert)
BREAK(break_key_zero, memset(d->member[0].log_key.b, 0, 32))
BREAK(break_key_reused, d->member[0].log_key = d->member[0].consensus_key)
BREAK(break_key_shared, d->member[2].cosign_key = d->member[0].log_key)
BREAK(break_vault_none, memset(d->member[0].vault_key.b, 0, 32))
BREAK(break_vault_shared, d->member[2].vault_key = d->member[0].vault_key)
BREAK(break_author_reused, d->key[2].key = d->member[3].consensus_key)
BREAK(break_author_shared, d->key[2].key = d->key[3].key)
BREAK(break_author_point, d->key[2].key.b[0] ^= 1)
BREAK(break_rights, d->key[0].rights = 0)
BREAK(break_key_name, d->key[0].name = tl_bytes_str("the boss"))

static const struct {
    breaker *change;
    const char *why;
} rules[] = {
    {break_format, "format must be 1"},
    {break_name_empty, "name must be visible ASCII without spaces and '+'"},
    {break_name_space, "name must be visible ASCII without spaces and '+'"},
    {break_name_plus, "name must be visible ASCII without spaces and '+'"},
    {break_name_wide, "name must be visible ASCII without spaces and '+'"},
    {break_bits, "state_bits must be at least 4"},
    {break_block_bytes, "block_bytes must be at least 131072"},
    {break_delta, "delta_ms must not be zero"},
    {break_drift, "drift_ms must not be zero"},
    {break_early_date, "first_date must lie between 1900-01-01 and 2199-12-31"},
    {break_late_date, "first_date must lie between 1900-01-01 and 2199-12-31"},
    {break_members, "members must not be empty"},
    {break_quorum_high, "quorum must not exceed the number of members"},
    {break_quorum_half, "quorum must be more than half of the members"},
    {break_quorum_weak, "quorum below two thirds of the members needs accept_weak_quorum"},
    {break_id_empty, "member id must be lower-case letters, digits and inner '-'"},
    {break_id_capital, "member id must be lower-case letters, digits and inner '-'"},
    {break_id_dash, "member id must be lower-case letters, digits and inner '-'"},
    {break_id_tail, "member id must be lower-case letters, digits and inner '-'"},
    {break_id_twice, "member ids must differ"},
    {break_roles, "member must have a role"},
    {break_address_port, "member address must be host:port"},
    {break_address_zero, "member address must be host:port"},
    {break_address_big, "member address must be host:port"},
    {break_address_host, "member address must be host:port"},
    {break_address_word, "member address must be host:port"},
    {break_address_twice, "member addresses must differ"},
    {break_cert, "member must have a TLS certificate"},
    {break_cert_twice, "TLS certificates must differ"},
    {break_key_zero, "key is not a valid Ed25519 public key"},
    {break_key_reused, "keys must differ, also between purposes"},
    {break_key_shared, "keys must differ, also between purposes"},
    {break_vault_none, "member must have a vault key"},
    {break_vault_shared, "keys must differ, also between purposes"},
    {break_author_reused, "keys must differ, also between purposes"},
    {break_author_shared, "keys must differ, also between purposes"},
    {break_author_point, "key is not a valid Ed25519 public key"},
    {break_rights, "key must have a right"},
    {break_key_name, "key name must be lower-case letters, digits and inner '-'"},
};

static void test_every_rule_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        struct tl_genesis genesis;
        const char *why;
        enum tl_status status;

        consortium_draft(&draft, &keys, i == 14 ? 7 : 4);
        rules[i].change(&draft);
        status = tl_genesis_decode(&genesis, consortium_write(&draft, file, sizeof file), &why);
        if (status != TL_ERR_RANGE)
            fail_msg("rule %zu (%s): %s", i, rules[i].why, tl_status_text(status));
        assert_string_equal(why, rules[i].why);
        assert_int_equal(genesis.members.count, 0);
    }
}

static void test_two_keys_of_one_name(void **state)
{
    uint8_t list[256];
    struct tl_buf buf = tl_buf(list, sizeof list);
    struct tl_genesis genesis;
    const char *why;

    (void)state;
    consortium_draft(&draft, &keys, 4);
    tl_list_add(&draft.member[0].keys, &buf, &tl_member_key_record, &draft.key[0]);
    tl_list_add(&draft.member[0].keys, &buf, &tl_member_key_record, &draft.key[0]);
    assert_int_equal(tl_genesis_decode(&genesis, consortium_write(&draft, file, sizeof file), &why),
                     TL_ERR_RANGE);
    assert_string_equal(why, "key names of one member must differ");
}

static void test_other_bytes_are_no_genesis(void **state)
{
    struct tl_genesis genesis;
    struct tl_bytes bytes;
    const char *why;

    (void)state;
    consortium_draft(&draft, &keys, 4);
    bytes = consortium_write(&draft, file, sizeof file);
    for (size_t len = 0; len < bytes.len; len += 7) {
        assert_int_equal(tl_genesis_decode(&genesis, tl_bytes(file, len), &why), TL_ERR_ENCODING);
        assert_string_equal(why, "file is not one canonical genesis record");
    }
}

/* Every quorum of every size: n/2 < q <= n, and the weak ones only on demand. */
static void test_all_quorums(void **state)
{
    (void)state;
    for (uint32_t n = 1; n <= TL_MEMBERS_MAX; n += n < 8 ? 1 : 8) {
        consortium_draft(&draft, &keys, n);
        for (uint32_t q = 0; q <= TL_MEMBERS_MAX; q++) {
            struct tl_genesis genesis;
            const char *why;
            bool legal = 2 * q > n && q <= n;
            bool strong = 3 * q > 2 * n;
            struct tl_bytes bytes;

            draft.genesis.quorum = (uint8_t)q;
            draft.genesis.accept_weak_quorum = false;
            bytes = consortium_write(&draft, file, sizeof file);
            assert_int_equal(tl_genesis_decode(&genesis, bytes, &why) == TL_OK, legal && strong);
            draft.genesis.accept_weak_quorum = true;
            bytes = consortium_write(&draft, file, sizeof file);
            assert_int_equal(tl_genesis_decode(&genesis, bytes, &why) == TL_OK, legal);
        }
    }
}

static void test_who_is_who(void **state)
{
    struct consortium *c = malloc(sizeof *c);
    struct tl_member member;
    struct tl_author author;
    struct tl_pubkey stranger = {{1}};

    (void)state;
    assert_non_null(c);
    consortium_init(c, 5);
    assert_int_equal(c->voters.count, 5);
    assert_int_equal(c->voters.quorum, 4);
    for (uint32_t i = 0; i < 5; i++) {
        assert_true(tl_genesis_member(&c->genesis, i, &member));
        assert_memory_equal(member.consensus_key.b, c->voters.key[i].b, 32);
        assert_true(tl_genesis_author(&c->genesis, &c->author_key[i], &author));
        assert_int_equal(author.member, i);
        assert_int_equal(author.rights, TL_RIGHT_ALL);
        assert_int_equal(author.roles, TL_ROLE_ALL);
        /* a consensus key writes no entries */
        assert_false(tl_genesis_author(&c->genesis, &member.consensus_key, &author));
    }
    assert_false(tl_genesis_member(&c->genesis, 5, &member));
    assert_false(tl_genesis_author(&c->genesis, &stranger, &author));
    free(c);
}

/* Any other member, key or quorum gives another members hash. */
static void test_members_hash(void **state)
{
    struct tl_hash one;
    struct tl_hash two;
    struct tl_genesis genesis;
    const char *why;

    (void)state;
    consortium_draft(&draft, &keys, 4);
    assert_int_equal(tl_genesis_decode(&genesis, consortium_write(&draft, file, sizeof file), &why),
                     TL_OK);
    tl_genesis_members_hash(&one, &genesis);
    genesis.quorum = 4;
    tl_genesis_members_hash(&two, &genesis);
    assert_false(tl_hash_eq(&one, &two));
    draft.member[0].roles = TL_ROLE_AGENCY;
    assert_int_equal(tl_genesis_decode(&genesis, consortium_write(&draft, file, sizeof file), &why),
                     TL_OK);
    tl_genesis_members_hash(&two, &genesis);
    assert_false(tl_hash_eq(&one, &two));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_rule_is_named),
        cmocka_unit_test(test_two_keys_of_one_name),
        cmocka_unit_test(test_other_bytes_are_no_genesis),
        cmocka_unit_test(test_all_quorums),
        cmocka_unit_test(test_who_is_who),
        cmocka_unit_test(test_members_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
