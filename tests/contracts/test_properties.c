/* What holds of every history.
 *
 *   test_properties [CASES [SEED [PROPERTY]]]
 *
 * Random histories of at least CASES cases in each property (1,600 unless told;
 * `make properties` plays 100,000), from a seed that is printed and can be given
 * back. */
#include "naive_law.h"
#include "naive_money.h"
#include "script.h"

#include "tl/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BATCH = 400, OPS_PER_CASE = 12 };

static uint64_t cases_wanted = 1600;
static uint64_t first_seed = 1;

__extension__ typedef __int128 huge;

/* ---- what is compared -------------------------------------------------- */

struct evenness {
    huge currency[1000];
    huge member[TL_MEMBERS_MAX];
};

static bool weigh(void *context, struct tl_bytes key, struct tl_bytes value)
{
    struct evenness *even = context;
    struct tl_account account;
    huge net;

    (void)key;
    assert_int_equal(tl_record_decode(&tl_account_record, &account, value), TL_OK);
    assert_int_equal(account.debit_hi | account.credit_hi, 0);
    net = (huge)account.debit_lo - (huge)account.credit_lo;
    even->currency[account.currency] += net;
    even->member[account.member] += net;
    return true;
}

/* Debits equal credits: in each currency, and in the books of each member. */
static void assert_even(struct rig *rig)
{
    static const uint8_t from = TL_STATE_LEDGER;
    static const uint8_t to = TL_STATE_LEDGER + 1;
    static struct evenness even;

    memset(&even, 0, sizeof even);
    assert_int_equal(
        tl_overlay_scan(rig->state, tl_bytes(&from, 1), tl_bytes(&to, 1), weigh, &even), TL_OK);
    for (uint32_t i = 0; i < 1000; i++)
        assert_true(even.currency[i] == 0);
    for (uint32_t i = 0; i < TL_MEMBERS_MAX; i++)
        assert_true(even.member[i] == 0);
}

/* Leaf numbers and what hangs on them aside, everything a case is. */
static struct tl_hash digest_case(struct rig *rig, uint32_t no)
{
    static uint8_t bytes[TL_CASE_BYTES_MAX];
    struct tl_buf out = tl_buf(bytes, sizeof bytes);
    struct tl_case c = rig_case(rig, no);
    struct tl_hash hash;

    c.opened_leaf = c.notified_leaf = c.paid_leaf = c.disputed_leaf = 0;
    c.penalty_leaf = c.placed_leaf = c.last_leaf = c.legal_leaf = 0;
    c.deal_leaf = c.promise_leaf = c.terms_leaf = 0;
    c.leaves += c.disputes.count << 16;
    c.disputes = (struct tl_list){TL_BYTES_NONE, 0};
    c.history = (struct tl_hash){{0}};
    tl_record_write(&tl_case_record, &c, &out);
    assert_false(out.full);
    tl_hash_plain(&hash, tl_buf_bytes(&out));
    return hash;
}

static struct tl_hash digest(struct rig *rig, uint32_t cases)
{
    struct tl_hasher hasher;
    struct tl_hash hash;

    tl_hasher_init(&hasher);
    for (uint32_t no = 0; no < cases; no++) {
        hash = digest_case(rig, no);
        tl_hasher_put(&hasher, tl_bytes(hash.b, sizeof hash.b));
    }
    for (uint8_t account = TL_ACCOUNT_RECEIVABLE; account <= TL_ACCOUNT_ADVANCED; account++) {
        for (uint32_t member = 0; member < RIG_MEMBERS; member++)
            tl_hasher_u64(&hasher, (uint64_t)rig_account(rig, account, member));
    }
    tl_hasher_done(&hasher, &hash);
    return hash;
}

static struct tl_hash play(const struct script *script, uint32_t slice, uint32_t per_block,
                           bool shuffled, struct tl_hash *log)
{
    struct rig rig;
    struct tl_hash hash;

    rig_open(&rig, slice, per_block);
    script_play(script, &rig, shuffled, 0);
    rig_books(&rig);
    hash = digest(&rig, script->cases);
    *log = rig.log;
    rig_close(&rig);
    return hash;
}

/* ---- the properties ---------------------------------------------------- */

typedef void property(uint64_t seed);

/* Each batch of cases has a seed of its own, which is what a failure prints. */
static void for_all(property *holds)
{
    for (uint64_t done = 0; done < cases_wanted; done += BATCH) {
        print_message("           seed %llu\r", (unsigned long long)(first_seed + done / BATCH));
        holds(first_seed + done / BATCH);
    }
}

struct watcher {
    struct rig rig;
    struct naive_law *law;
};

static void see_entry(void *host, const struct tl_entry *entry, const union tl_body *body)
{
    struct watcher *watcher = host;

    naive_law_entry(watcher->law, entry, body);
}

static void see_decision(void *host, const struct tl_decision *decision, const union tl_body *body)
{
    struct watcher *watcher = host;

    naive_law_decision(watcher->law, decision, body);
}

static void see_block(void *host)
{
    struct watcher *watcher = host;

    assert_even(&watcher->rig);
}

/* Debits equal credits after every single entry, and nothing is decided that a
 * hold forbids, an end ends, or that leaves a case in two hands. */
static void lawful(uint64_t seed)
{
    struct watcher watcher = {.law = naive_law_new()};
    struct script script;

    script_init(&script, SCRIPT_LAW, seed, BATCH, BATCH * OPS_PER_CASE);
    rig_open(&watcher.rig, 0, 1);
    watcher.rig.watch = (struct rig_watch){see_entry, see_decision, see_block, &watcher};
    script_play(&script, &watcher.rig, false, 0);
    assert_true(naive_law_judged(watcher.law) > BATCH);
    rig_books(&watcher.rig);
    rig_close(&watcher.rig);
    script_fini(&script);
    naive_law_free(watcher.law);
}

static void even_and_lawful_at_every_step(void **state)
{
    (void)state;
    for_all(lawful);
}

/* The same entries give the same bits, however they are cut into blocks; how days
 * are sliced changes where leaves lie, not what becomes of a case. */
static void repeatable(uint64_t seed)
{
    struct script script;
    struct tl_hash first;
    struct tl_hash again;
    struct tl_hash sliced;
    struct tl_hash a;
    struct tl_hash b;

    script_init(&script, SCRIPT_LAW, seed, BATCH, BATCH * OPS_PER_CASE);
    a = play(&script, 64, 500, false, &first);
    b = play(&script, 64, 37, false, &again);
    assert_memory_equal(&first, &again, sizeof first);
    assert_memory_equal(&a, &b, sizeof a);
    b = play(&script, 3, 500, false, &sliced);
    assert_memory_equal(&a, &b, sizeof a);
    script_fini(&script);
}

static void the_same_entries_give_the_same_bits(void **state)
{
    (void)state;
    for_all(repeatable);
}

static void commuting(uint64_t seed)
{
    struct script script;
    struct tl_hash log;
    struct tl_hash a;
    struct tl_hash b;

    script_init(&script, SCRIPT_LAW, seed, BATCH, BATCH * OPS_PER_CASE);
    a = play(&script, 0, 500, false, &log);
    b = play(&script, 0, 500, true, &log);
    assert_memory_equal(&a, &b, sizeof a);
    script_fini(&script);
}

static void the_order_of_unrelated_cases_does_not_matter(void **state)
{
    (void)state;
    for_all(commuting);
}

/* Every balance is what working it out the long way gives. */
static void exact(uint64_t seed)
{
    struct script script;
    struct rig rig;

    script_init(&script, SCRIPT_MONEY, seed, BATCH, BATCH * OPS_PER_CASE);
    rig_open(&rig, 0, 500);
    script_play(&script, &rig, false, 0);
    rig_flush(&rig);
    for (uint32_t no = 0; no < BATCH; no++) {
        struct naive_owed want = naive_money(&script, no);
        struct tl_case c = rig_case(&rig, no);
        const int64_t have[TL_BUCKETS] = {c.principal_minor, c.interest_minor, c.fee_minor,
                                          c.cost_minor, c.tax_minor};

        if (memcmp(have, want.owed, sizeof have) != 0)
            script_tell(&script, no);
        for (uint32_t i = 0; i < TL_BUCKETS; i++) {
            if (have[i] != want.owed[i])
                fail_msg("case %u owes %lld in bucket %u, not %lld", (unsigned)no,
                         (long long)have[i], (unsigned)i, (long long)want.owed[i]);
        }
        assert_int_equal(c.unapplied_minor, want.unapplied);
        assert_int_equal(c.interest_booked_minor, want.interest_booked);
    }
    rig_close(&rig);
    script_fini(&script);
}

static void every_balance_is_exact(void **state)
{
    (void)state;
    for_all(exact);
}

/* ---- undoing ----------------------------------------------------------- */

/* What is left when all payments are taken back: as if there had been none. */
static void compare_unpaid(struct rig *paid, struct rig *never, uint32_t no)
{
    struct tl_case a = rig_case(paid, no);
    struct tl_case b = rig_case(never, no);

    assert_int_equal(a.principal_minor, b.principal_minor);
    assert_int_equal(a.interest_minor + tl_case_pending(&a, SCRIPT_START + SCRIPT_DAYS),
                     b.interest_minor + tl_case_pending(&b, SCRIPT_START + SCRIPT_DAYS));
    assert_int_equal(a.fee_minor, b.fee_minor);
    assert_int_equal(a.cost_minor, b.cost_minor);
    assert_int_equal(a.tax_minor, b.tax_minor);
    assert_int_equal(a.paid_minor, 0);
    assert_int_equal(a.unapplied_minor, 0);
    assert_int_equal(a.collected_minor, 0);
    assert_int_equal(a.principal_paid_minor + a.interest_paid_minor + a.fee_paid_minor, 0);
    assert_true(tl_case_ended(&a) == tl_case_ended(&b));
}

static void reverse_all(const struct script *script, struct rig *rig)
{
    for (uint32_t i = script->ops; i-- > 0;) {
        const struct script_op *op = &script->op[i];
        struct tl_body_reversal back = {tl_bytes_str(op->name), TL_REVERSAL_BOUNCED, 0};

        if (op->type == TL_ENTRY_PAYMENT)
            rig_send(rig, CITY, TL_ENTRY_PAYMENT_REVERSAL, op->case_no,
                     script->day[SCRIPT_ROUNDS] + 1, NULL, &back);
    }
    rig_flush(rig);
}

static void undoable(uint64_t seed)
{
    static const enum tl_account_no empty[] = {TL_ACCOUNT_CASH,
                                               TL_ACCOUNT_TRUST,
                                               TL_ACCOUNT_DUE_FROM,
                                               TL_ACCOUNT_UNAPPLIED,
                                               TL_ACCOUNT_PAYABLE,
                                               TL_ACCOUNT_AGENCY_DUE,
                                               TL_ACCOUNT_COMMISSION_EXPENSE,
                                               TL_ACCOUNT_RECOVERY};
    struct script script;
    struct rig paid;
    struct rig never;

    script_init(&script, SCRIPT_UNDOABLE, seed, BATCH, BATCH * OPS_PER_CASE);
    rig_open(&paid, 0, 500);
    script_play(&script, &paid, false, 0);
    reverse_all(&script, &paid);
    rig_open(&never, 0, 500);
    script_play(&script, &never, false, TL_ENTRY_PAYMENT);
    rig_flush(&never);
    for (uint32_t no = 0; no < BATCH; no++)
        compare_unpaid(&paid, &never, no);
    for (uint32_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        for (uint32_t member = 0; member < RIG_MEMBERS; member++)
            assert_int_equal(rig_account(&paid, empty[i], member), 0);
    }
    rig_books(&paid);
    rig_close(&paid);
    rig_close(&never);
    script_fini(&script);
}

static void undoing_everything_returns_to_the_start(void **state)
{
    (void)state;
    for_all(undoable);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(even_and_lawful_at_every_step),
        cmocka_unit_test(the_same_entries_give_the_same_bits),
        cmocka_unit_test(the_order_of_unrelated_cases_does_not_matter),
        cmocka_unit_test(every_balance_is_exact),
        cmocka_unit_test(undoing_everything_returns_to_the_start),
    };

    if (argc > 1)
        cases_wanted = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = strtoull(argv[2], NULL, 10);
    if (argc > 3)
        cmocka_set_test_filter(argv[3]);
    (void)printf("properties: %llu cases each, seeds from %llu\n", (unsigned long long)cases_wanted,
                 (unsigned long long)first_seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
