/* Who is entitled to personal data, how it ends, and whose keys may say so. */
#include "rig.h"

#include "tl/vault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RETENTION 1095

/* The fines policy with a term of retention, and no placement of its own. */
static void open_rig(struct rig *rig)
{
    struct tl_policy *policy = malloc(sizeof *policy);
    struct tl_rule *rule;

    rig_open(rig, 0, 1);
    tl_policy_init(policy);
    memcpy(policy->name, "fines", sizeof "fines");
    memcpy(policy->title, "retention", sizeof "retention");
    rule = rig_rule(policy, "erase", TL_ACTION_PERMIT_ERASURE);
    rule->trigger = TL_TRIGGER_ASKED;
    rule->from_stages = TL_STAGES_ALL & ~TL_STAGES_OPEN;
    rig_clause(rule, TL_FEATURE_TODAY, TL_OP_GE, TL_FEATURE_ACTIVITY_ON, RETENTION);
    rig_publish(rig, policy);
    free(policy);
    rig_agreement(rig, 1, 10000, 5000);
}

static struct tl_vault vault_of(struct rig *rig, uint32_t case_no)
{
    static uint8_t kept[1024];
    struct tl_id id = rig_id(case_no);
    struct tl_vault vault;

    assert_int_equal(tl_vault_load(&vault, rig->state, &id), TL_OK);
    assert_true(vault.attested.raw.len <= sizeof kept);
    if (vault.attested.raw.len > 0)
        memcpy(kept, vault.attested.raw.ptr, vault.attested.raw.len);
    vault.attested.raw = tl_bytes(kept, vault.attested.raw.len);
    return vault;
}

static void put(struct rig *rig, uint32_t member, uint32_t version)
{
    const struct tl_body_vault body = {version, {{(uint8_t)version, 7}}};

    rig_send(rig, member, TL_ENTRY_VAULT_PUT, 1, 10001, NULL, &body);
}

static void attest(struct rig *rig, uint32_t member, uint32_t version, uint8_t copies)
{
    const struct tl_body_attestation body = {{{(uint8_t)version, 7}}, 1, copies};

    rig_send(rig, member, TL_ENTRY_ERASURE_ATTESTED, 1, 10001, NULL, &body);
}

static void ask(struct rig *rig, uint32_t member)
{
    const struct tl_body_erasure body = {TL_ERASURE_NOT_NEEDED};

    rig_send(rig, member, TL_ENTRY_ERASURE_REQUEST, 1, 10001, NULL, &body);
}

static void place(struct rig *rig, uint32_t agency, const char *name)
{
    const struct tl_body_offer offer = {tl_bytes_str(name), TL_BYTES_NONE};
    const struct tl_body_answer yes = {TL_BYTES_NONE};

    rig_send(rig, CITY, TL_ENTRY_PLACEMENT_OFFER, 1, 10002, NULL, &offer);
    rig_send(rig, agency, TL_ENTRY_PLACEMENT_ACCEPT, 1, 10002, NULL, &yes);
}

static void recall(struct rig *rig)
{
    const struct tl_body_answer why = {TL_BYTES_NONE};

    rig_send(rig, CITY, TL_ENTRY_PLACEMENT_RECALL, 1, 10003, NULL, &why);
}

static void entitlement_follows_custody(void **state)
{
    const struct tl_body_furnished told = {.cycle = 199705, .account_status = 71};
    struct rig rig;

    (void)state;
    open_rig(&rig);
    put(&rig, NORTH, 1); /* not its case */
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 1);
    put(&rig, CITY, 1);
    assert_int_equal(vault_of(&rig, 1).entitled, 1u << CITY);
    place(&rig, NORTH, "agency-a");
    assert_int_equal(vault_of(&rig, 1).entitled, 1u << CITY | 1u << NORTH);
    put(&rig, NORTH, 2); /* a new number was found */
    assert_int_equal(vault_of(&rig, 1).version, 2);
    assert_int_equal(vault_of(&rig, 1).put_by, NORTH);
    put(&rig, CITY, 2); /* not the next one */
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 2);
    recall(&rig);
    assert_int_equal(vault_of(&rig, 1).entitled, 1u << CITY);
    assert_int_equal(rig_count(&rig, TL_DECISION_VAULT_REVOKED, 1), 1);
    place(&rig, SOUTH, "agency-b");
    rig_send(&rig, CITY, TL_ENTRY_FURNISHED, 1, 10004, NULL, &told);
    assert_int_equal(vault_of(&rig, 1).entitled, 1u << CITY | 1u << SOUTH | 1u << BUREAU);
    assert_int_equal(vault_of(&rig, 1).reached,
                     1u << CITY | 1u << NORTH | 1u << SOUTH | 1u << BUREAU);
    rig_close(&rig);
}

static void a_case_without_data_has_no_record(void **state)
{
    struct tl_id id = rig_id(1);
    struct tl_vault vault;
    struct rig rig;

    (void)state;
    open_rig(&rig);
    place(&rig, NORTH, "agency-a");
    recall(&rig);
    assert_int_equal(tl_vault_load(&vault, rig.state, &id), TL_ERR_NOT_FOUND);
    assert_int_equal(rig_count(&rig, TL_DECISION_VAULT_GRANTED, 1), 0);
    ask(&rig, CITY);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 1);
    rig_close(&rig);
}

static void erasure_waits_for_hold_and_retention(void **state)
{
    const struct tl_body_hold hold = {TL_HOLD_LITIGATION, TL_BYTES_NONE};
    struct rig rig;

    (void)state;
    open_rig(&rig);
    put(&rig, CITY, 1);
    ask(&rig, CITY); /* still open */
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 1);
    rig_day(&rig, 10005);
    rig_pay(&rig, 1, 10005, "all", 5000);
    ask(&rig, CITY); /* paid, but too early */
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 2);
    /* The last act was on 10005: on that day plus 1095 the term is over. */
    rig_day(&rig, 10005 + RETENTION - 2);
    ask(&rig, CITY);
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 3);
    rig_send(&rig, CITY, TL_ENTRY_HOLD_SET, 1, 10001, NULL, &hold);
    rig_day(&rig, 10005 + RETENTION - 1);
    ask(&rig, CITY); /* a court has it */
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 4);
    assert_int_equal(rig_count(&rig, TL_DECISION_ERASURE_ORDERED, 1), 0);
    rig_send(&rig, CITY, TL_ENTRY_HOLD_RELEASE, 1, 10001, NULL, &hold);
    ask(&rig, BUYER); /* not its case */
    assert_int_equal(rig_count(&rig, TL_DECISION_DENIED, 1), 5);
    rig_close(&rig);
}

static void every_holder_attests(void **state)
{
    struct tl_vault vault;
    struct rig rig;

    (void)state;
    open_rig(&rig);
    put(&rig, CITY, 1);
    place(&rig, NORTH, "agency-a");
    recall(&rig);
    rig_pay(&rig, 1, 10005, "all", 5000);
    attest(&rig, CITY, 1, 2); /* nobody ordered it */
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 1);
    rig_day(&rig, 10005 + RETENTION);
    ask(&rig, CITY);
    assert_int_equal(rig_count(&rig, TL_DECISION_ERASURE_ORDERED, 1), 1);
    assert_string_equal(rig_find(&rig, TL_DECISION_ERASURE_ORDERED, 1)->rule, "erase");
    vault = vault_of(&rig, 1);
    assert_int_equal(vault.stage, TL_VAULT_ORDERED);
    assert_int_equal(vault.entitled, 0);
    assert_int_equal(tl_vault_missing(&vault), 1u << CITY | 1u << NORTH);
    put(&rig, CITY, 2); /* what is ordered to go does not grow */
    assert_int_equal(vault_of(&rig, 1).version, 1);
    attest(&rig, SOUTH, 1, 2); /* never had it */
    attest(&rig, CITY, 9, 2);  /* another version */
    attest(&rig, CITY, 1, 0);  /* nothing overwritten */
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 4);
    attest(&rig, CITY, 1, 2);
    attest(&rig, CITY, 1, 2); /* once is enough */
    assert_int_equal(rig_count(&rig, TL_DECISION_VIOLATION, 1), 5);
    assert_int_equal(rig_count(&rig, TL_DECISION_ERASED, 1), 0);
    vault = vault_of(&rig, 1);
    assert_int_equal(tl_vault_missing(&vault), 1u << NORTH);
    attest(&rig, NORTH, 1, 2);
    assert_int_equal(rig_count(&rig, TL_DECISION_ERASED, 1), 1);
    assert_int_equal(vault_of(&rig, 1).stage, TL_VAULT_ERASED);
    assert_int_equal(vault_of(&rig, 1).attested.count, 2);
    rig_close(&rig);
}

/* ---- keys -------------------------------------------------------------- */

/* Makes member's main key be `from`'s for a while: rig_send signs nothing, the
 * author is all that counts. */
static struct tl_pubkey speak_as(struct rig *rig, uint32_t member, const struct tl_pubkey *key)
{
    struct tl_pubkey before = rig->pub[member];

    rig->pub[member] = *key;
    return before;
}

static struct tl_pubkey fresh_key(uint8_t number)
{
    uint8_t seed[TL_SEED_BYTES] = {number, 0x55};
    struct tl_seckey sec;
    struct tl_pubkey pub;

    tl_keypair(&pub, &sec, seed);
    return pub;
}

static uint32_t denied(const struct rig *rig)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < rig->decisions; i++)
        count += rig->decision[i].type == TL_DECISION_DENIED;
    return count;
}

static void send_with(struct rig *rig, const struct tl_pubkey *key, uint64_t sequence)
{
    struct tl_pubkey main_key = speak_as(rig, CITY, key);
    uint64_t main_sequence = rig->sequence[CITY];

    rig->sequence[CITY] = sequence - 1;
    rig_pay(rig, 1, 10001, sequence == 1 ? "first" : "second", 1);
    rig->sequence[CITY] = main_sequence;
    (void)speak_as(rig, CITY, &main_key);
}

static enum tl_status standing(struct rig *rig, const struct tl_pubkey *key, uint64_t now_ms,
                               uint16_t *rights)
{
    struct tl_author author = {0};
    enum tl_status st = tl_author_standing(&author, rig->state, &rig->genesis, key, now_ms);

    *rights = author.rights;
    return st;
}

static void a_member_gives_and_takes_keys_that_ask(void **state)
{
    struct tl_pubkey key = fresh_key(1);
    struct tl_body_key_grant grant = {tl_bytes_str("clerk"), key, TL_RIGHT_READ | TL_RIGHT_VAULT,
                                      5000};
    struct tl_body_key_revoke revoke = {key};
    uint16_t rights;
    struct rig rig;

    (void)state;
    open_rig(&rig);
    assert_int_equal(standing(&rig, &key, 1, &rights), TL_ERR_DENIED);
    rig_send(&rig, CITY, TL_ENTRY_KEY_GRANT, 0, 10001, NULL, &grant);
    assert_int_equal(standing(&rig, &key, 4999, &rights), TL_OK);
    assert_int_equal(rights, TL_RIGHT_READ | TL_RIGHT_VAULT);
    assert_int_equal(standing(&rig, &key, 5000, &rights), TL_ERR_EXPIRED);
    grant.rights = TL_RIGHT_SUBMIT; /* who writes stands in an epoch */
    rig_send(&rig, CITY, TL_ENTRY_KEY_GRANT, 0, 10001, NULL, &grant);
    grant.rights = TL_RIGHT_AUDIT; /* another's key */
    rig_send(&rig, NORTH, TL_ENTRY_KEY_GRANT, 0, 10001, NULL, &grant);
    rig_send(&rig, NORTH, TL_ENTRY_KEY_REVOKE, 0, 10001, NULL, &revoke);
    grant.key = rig.pub[CITY]; /* one that writes keeps its rights or loses all */
    rig_send(&rig, CITY, TL_ENTRY_KEY_GRANT, 0, 10001, NULL, &grant);
    assert_int_equal(denied(&rig), 4);
    rig_send(&rig, CITY, TL_ENTRY_KEY_REVOKE, 0, 10001, NULL, &revoke);
    assert_int_equal(standing(&rig, &key, 1, &rights), TL_ERR_REVOKED);
    assert_int_equal(denied(&rig), 4);
    rig_close(&rig);
}

static void a_revoked_key_is_heard_and_has_no_say(void **state)
{
    struct tl_body_key_revoke revoke = {{{0}}};
    struct rig rig;

    (void)state;
    open_rig(&rig);
    revoke.key = rig.pub[CITY];
    rig_pay(&rig, 1, 10001, "before", 1);
    rig_send(&rig, CITY, TL_ENTRY_KEY_REVOKE, 0, 10001, NULL, &revoke);
    rig_pay(&rig, 1, 10001, "after", 1);
    assert_int_equal(rig_case(&rig, 1).payments, 1);
    assert_int_equal(denied(&rig), 1);
    rig_close(&rig);
}

static void a_granted_key_writes_nothing(void **state)
{
    struct tl_pubkey key = fresh_key(2);
    struct tl_body_key_grant grant = {tl_bytes_str("clerk"), key, TL_RIGHT_READ, 0};
    struct rig rig;

    (void)state;
    open_rig(&rig);
    rig_send(&rig, CITY, TL_ENTRY_KEY_GRANT, 0, 10001, NULL, &grant);
    rig.per_block = 100;
    send_with(&rig, &key, 1);
    rig_flush(&rig);
    assert_int_equal(rig.last, TL_ERR_DENIED);
    rig_close(&rig);
}

static void a_stranger_makes_a_block_invalid(void **state)
{
    struct tl_pubkey key = fresh_key(4);
    struct rig rig;

    (void)state;
    open_rig(&rig);
    rig.per_block = 100;
    send_with(&rig, &key, 1);
    rig_flush(&rig);
    assert_int_equal(rig.last, TL_ERR_DENIED);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entitlement_follows_custody),
        cmocka_unit_test(a_case_without_data_has_no_record),
        cmocka_unit_test(erasure_waits_for_hold_and_retention),
        cmocka_unit_test(every_holder_attests),
        cmocka_unit_test(a_member_gives_and_takes_keys_that_ask),
        cmocka_unit_test(a_revoked_key_is_heard_and_has_no_say),
        cmocka_unit_test(a_granted_key_writes_nothing),
        cmocka_unit_test(a_stranger_makes_a_block_invalid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
