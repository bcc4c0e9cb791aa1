/* Random histories: the books balance after every block, the same entries give
 * the same bits, and neither the cut of blocks nor the slicing of days changes
 * what happens to a case. */
#include "rig.h"

#include "tl/case.h"
#include "tl/hash.h"
#include "tl/store_mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CASES = 40, STEPS = 2500, FIRST = 10000 };

/* xorshift64: a history is its seed. */
static uint64_t roll(uint64_t *seed, uint64_t sides)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed % sides;
}

static void random_money(struct rig *rig, uint64_t *seed, uint32_t no, int32_t date, uint32_t step)
{
    char name[32];
    struct tl_body_charge charge = {(uint8_t)roll(seed, 5), (int64_t)roll(seed, 5000), date + 30,
                                    TL_AUTHORITY_CONTRACT, tl_bytes_str("art. 7")};
    struct tl_body_adjustment off = {0, (uint8_t)roll(seed, 5), (int64_t)roll(seed, 4000) - 3000,
                                     TL_BYTES_NONE};
    struct tl_body_reversal back = {TL_BYTES_NONE, TL_REVERSAL_BOUNCED, (int64_t)roll(seed, 2)};

    (void)snprintf(name, sizeof name, "p%u", (unsigned)roll(seed, step + 1));
    back.payment = tl_bytes_str(name);
    switch (roll(seed, 6)) {
    case 0:
        rig_send(rig, CITY, TL_ENTRY_CHARGE, no, date, NULL, &charge);
        break;
    case 1:
        rig_send(rig, CITY, TL_ENTRY_ADJUSTMENT, no, date, NULL, &off);
        break;
    case 2:
        rig_send(rig, CITY, TL_ENTRY_PAYMENT_REVERSAL, no, date, NULL, &back);
        break;
    default:
        (void)snprintf(name, sizeof name, "p%u", step);
        rig_pay(rig, no, date, name, (int64_t)roll(seed, 9000));
        break;
    }
}

static void random_fact(struct rig *rig, uint64_t *seed, uint32_t no, int32_t date)
{
    struct tl_body_dispute open = {tl_bytes_str("d"), (uint8_t)roll(seed, 7), 0, 0, false};
    struct tl_body_resolution closed = {tl_bytes_str("d"), (uint8_t)roll(seed, 4), 100};
    struct tl_body_hold hold = {(uint8_t)roll(seed, TL_HOLDS), TL_BYTES_NONE};
    struct tl_body_charge_off off = {0};

    switch (roll(seed, 7)) {
    case 0:
        rig_send(rig, CITY, TL_ENTRY_DISPUTE_OPENED, no, date, NULL, &open);
        break;
    case 1:
    case 2:
        rig_send(rig, CITY, TL_ENTRY_DISPUTE_RESOLVED, no, date, NULL, &closed);
        break;
    case 3:
        rig_send(rig, BUREAU, TL_ENTRY_HOLD_SET, no, date, NULL, &hold);
        break;
    case 4:
        rig_send(rig, CITY, TL_ENTRY_HOLD_RELEASE, no, date, NULL, &hold);
        break;
    case 5:
        rig_send(rig, CITY, TL_ENTRY_CHARGE_OFF, no, date, NULL, &off);
        break;
    default:
        rig_notice(rig, no, date, (enum tl_notice_kind)roll(seed, 7));
        break;
    }
}

static void random_placement(struct rig *rig, uint64_t *seed, uint32_t no, int32_t date)
{
    struct tl_body_offer offer = {tl_bytes_str(roll(seed, 2) != 0 ? "agency-a" : "agency-b"),
                                  TL_BYTES_NONE};
    struct tl_body_answer answer = {TL_BYTES_NONE};
    struct tl_body_return given_back = {0};
    struct tl_body_standing standing = {.accepts = roll(seed, 2) != 0, .from_on = date};
    uint32_t agency = NORTH + (uint32_t)roll(seed, 2);

    switch (roll(seed, 6)) {
    case 0:
        rig_send(rig, CITY, TL_ENTRY_PLACEMENT_OFFER, no, date, NULL, &offer);
        break;
    case 1:
        rig_send(rig, agency, TL_ENTRY_PLACEMENT_ACCEPT, no, date, NULL, &answer);
        break;
    case 2:
        rig_send(rig, CITY, TL_ENTRY_PLACEMENT_RECALL, no, date, NULL, &answer);
        break;
    case 3:
        rig_send(rig, agency, TL_ENTRY_PLACEMENT_RETURN, no, date, NULL, &given_back);
        break;
    default:
        rig_send(rig, agency, TL_ENTRY_PLACEMENT_STANDING, 0, date, NULL, &standing);
        break;
    }
}

static void random_deal(struct rig *rig, uint64_t *seed, uint32_t no, int32_t date)
{
    struct tl_body_settlement less = {(int64_t)roll(seed, 5000), date + (int32_t)roll(seed, 30),
                                      date + 5};
    struct tl_body_plan plan = {(int64_t)roll(seed, 3000),      (uint16_t)roll(seed, 5),
                                (uint8_t)roll(seed, 3),         (uint8_t)roll(seed, 4),
                                date + (int32_t)roll(seed, 20), TL_DATE_NONE};
    struct tl_body_promise promise = {(int64_t)roll(seed, 3000), date + (int32_t)roll(seed, 20)};
    struct tl_body_answer answer = {TL_BYTES_NONE};
    uint32_t who = (uint32_t)roll(seed, 3);

    switch (roll(seed, 5)) {
    case 0:
        rig_send(rig, who, TL_ENTRY_SETTLEMENT_OFFER, no, date, NULL, &less);
        break;
    case 1:
        rig_send(rig, who, TL_ENTRY_PLAN_OFFER, no, date, NULL, &plan);
        break;
    case 2:
        rig_send(rig, CITY, TL_ENTRY_PLAN_ACCEPT, no, date, NULL, &answer);
        break;
    case 3:
        rig_send(rig, CITY, TL_ENTRY_SETTLEMENT_ACCEPT, no, date, NULL, &answer);
        break;
    default:
        rig_send(rig, CITY, TL_ENTRY_PROMISE_TO_PAY, no, date, NULL, &promise);
        break;
    }
}

static void random_suit(struct rig *rig, uint64_t *seed, uint32_t no, int32_t date)
{
    struct tl_body_release release = {tl_bytes_str("J. Doe"), TL_BYTES_NONE, date + 400};
    struct tl_body_suit suit = {TL_BYTES_NONE, 100};
    struct tl_body_judgment judged = {
        (int64_t)roll(seed, 9000), (int64_t)roll(seed, 900), 0, (int64_t)roll(seed, 90), 0, 900};
    struct tl_body_dismissal over = {roll(seed, 4) == 0};
    struct tl_body_scra scra = {(uint8_t)roll(seed, 3)};

    switch (roll(seed, 5)) {
    case 0:
        rig_send(rig, CITY, TL_ENTRY_LEGAL_RELEASE, no, date, NULL, &release);
        break;
    case 1:
        rig_send(rig, CITY, TL_ENTRY_SUIT_FILED, no, date, NULL, &suit);
        break;
    case 2:
        rig_send(rig, CITY, TL_ENTRY_JUDGMENT, no, date, NULL, &judged);
        break;
    case 3:
        rig_send(rig, CITY, TL_ENTRY_DISMISSED, no, date, NULL, &over);
        break;
    default:
        rig_send(rig, CITY, TL_ENTRY_SCRA_CHECK, no, date, NULL, &scra);
        break;
    }
}

static void random_sale(struct rig *rig, uint64_t *seed, uint32_t no, int32_t date)
{
    struct tl_body_sale sale = {tl_bytes_str("buyer"), TL_BYTES_NONE, false};
    struct tl_body_contact contact = {
        0, (uint8_t)roll(seed, 4), (uint8_t)roll(seed, 4), (uint8_t)roll(seed, 8), 0, 0, 0};
    struct tl_body_answer answer = {TL_BYTES_NONE};
    uint64_t what = roll(seed, 8);

    if (what == 0)
        rig_send(rig, CITY, TL_ENTRY_DEBT_SALE, no, date, NULL, &sale);
    else if (what == 1)
        rig_send(rig, BUYER, TL_ENTRY_DEBT_SALE_ACCEPT, no, date, NULL, &answer);
    else
        rig_send(rig, CITY, TL_ENTRY_CONTACT_ATTEMPT, no, date, NULL, &contact);
}

static void random_law(struct rig *rig, uint64_t *seed, uint32_t no, int32_t date)
{
    static const enum tl_type plain[] = {
        TL_ENTRY_BANKRUPTCY_DISMISSED, TL_ENTRY_IDTHEFT_REPORT,  TL_ENTRY_IDTHEFT_BLOCK,
        TL_ENTRY_IDTHEFT_RESCIND,      TL_ENTRY_IDTHEFT_RESCIND,
    };
    struct tl_body_bankruptcy filed = {7, TL_BYTES_NONE, 0};
    struct tl_body_discharge discharge = {roll(seed, 6) == 0, 0};
    struct tl_body_person whom = {.debtor = 0};
    uint64_t what = roll(seed, 8);

    if (what == 0)
        rig_send(rig, BUREAU, TL_ENTRY_BANKRUPTCY_FILED, no, date, NULL, &filed);
    else if (what == 1)
        rig_send(rig, BUREAU, TL_ENTRY_BANKRUPTCY_DISCHARGED, no, date, NULL, &discharge);
    else if (what < 5)
        rig_send(rig, BUREAU, plain[roll(seed, 5)], no, date, NULL, &whom);
    else
        random_suit(rig, seed, no, date);
}

/* Leaf numbers aside, everything a case is. */
static struct tl_hash digest(struct rig *rig)
{
    static uint8_t bytes[TL_CASE_BYTES_MAX];
    struct tl_hasher hasher;
    struct tl_hash hash;

    tl_hasher_init(&hasher);
    for (uint32_t no = 0; no < CASES; no++) {
        struct tl_buf out = tl_buf(bytes, sizeof bytes);
        struct tl_case c = rig_case(rig, no);

        c.opened_leaf = c.notified_leaf = c.paid_leaf = c.disputed_leaf = 0;
        c.penalty_leaf = c.placed_leaf = c.last_leaf = 0;
        c.legal_leaf = c.deal_leaf = c.promise_leaf = 0;
        c.history = (struct tl_hash){{0}};
        tl_hasher_u64(&hasher, c.disputes.count);
        c.disputes = (struct tl_list){TL_BYTES_NONE, 0};
        tl_record_write(&tl_case_record, &c, &out);
        tl_hasher_put(&hasher, tl_buf_bytes(&out));
    }
    tl_hasher_done(&hasher, &hash);
    return hash;
}

static struct tl_clock clock_of(struct rig *rig)
{
    struct tl_clock clock;

    assert_int_equal(tl_clock_load(&clock, rig->state, &rig->genesis), TL_OK);
    return clock;
}

/* ---- what follows from the state: a member that joins by snapshot makes it anew ---- */

struct indexing {
    struct tl_store *store;
    struct tl_store_sink sink;
    uint32_t entries;
};

static bool index_pair(void *context, struct tl_bytes key, struct tl_bytes value)
{
    struct indexing *indexing = context;

    assert_int_equal(tl_contract_index(key, value, &indexing->sink), TL_OK);
    return true;
}

static bool is_made_anew(void *context, struct tl_bytes key, struct tl_bytes value)
{
    struct indexing *indexing = context;
    struct tl_bytes made;

    assert_int_equal(tl_store_get(indexing->store, key, &made), TL_OK);
    assert_true(tl_bytes_eq(made, value));
    indexing->entries++;
    return true;
}

static bool count_made(void *context, struct tl_bytes key, struct tl_bytes value)
{
    struct indexing *indexing = context;

    (void)key;
    (void)value;
    indexing->entries--;
    return true;
}

/* Every index execution reads, and no entry more; the history of a case is of the
 * leaves. */
static uint32_t check_indexes(struct rig *rig)
{
    static const uint8_t plain = 0x80;
    static const uint8_t history = TL_STATE_HISTORY;
    size_t bytes = (size_t)1 << 20;
    void *memory = malloc(bytes);
    struct indexing indexing = {tl_store_mem_init(memory, bytes), {0}, 0};
    uint32_t entries;

    indexing.sink = tl_store_sink(indexing.store);
    assert_int_equal(
        tl_overlay_scan(rig->state, TL_BYTES_NONE, tl_bytes(&plain, 1), index_pair, &indexing),
        TL_OK);
    assert_int_equal(tl_store_commit(indexing.store, false), TL_OK);
    assert_int_equal(tl_overlay_scan(rig->state, tl_bytes(&plain, 1), tl_bytes(&history, 1),
                                     is_made_anew, &indexing),
                     TL_OK);
    entries = indexing.entries;
    assert_int_equal(
        tl_store_scan(indexing.store, TL_BYTES_NONE, TL_BYTES_NONE, count_made, &indexing), TL_OK);
    assert_int_equal(indexing.entries, 0);
    free(memory);
    return entries;
}

/* Plays a history; *log gets the hash over all leaves. */
static struct tl_hash play(uint64_t seed, uint32_t slice, uint32_t per_block, struct tl_hash *log)
{
    struct rig rig;
    struct tl_hash result;
    int32_t date = FIRST;
    uint32_t indexed = 0;

    rig_open(&rig, slice, per_block);
    rig_fines(&rig, (seed & 1) != 0);
    for (uint32_t no = 0; no < CASES; no++)
        rig_agreement(&rig, no, date, (int64_t)(no * 100));
    for (uint32_t step = 0; step < STEPS; step++) {
        uint32_t no = (uint32_t)roll(&seed, CASES);
        uint64_t what = roll(&seed, 29);
        int32_t on = date + 1 - (int32_t)(roll(&seed, 8) == 0 ? roll(&seed, 40) : 0);

        if (what < 3)
            rig_day(&rig, date = date + (int32_t)roll(&seed, 12));
        else if (what < 11)
            random_money(&rig, &seed, no, on, step);
        else if (what < 17)
            random_fact(&rig, &seed, no, on);
        else if (what < 23)
            random_deal(&rig, &seed, no, on);
        else if (what < 25)
            random_law(&rig, &seed, no, on);
        else if (what < 26)
            random_sale(&rig, &seed, no, on);
        else
            random_placement(&rig, &seed, no, date + 1);
        if (step % 50 == 0 && rig.pending == 0)
            rig_books(&rig);
        if (step % 250 == 0 && rig.pending == 0)
            indexed += check_indexes(&rig);
    }
    assert_true(indexed > 0 || per_block > 1);
    rig.per_block = 1;
    do
        rig_day(&rig, date + 400);
    while (clock_of(&rig).work_left);
    rig_books(&rig);
    result = digest(&rig);
    *log = rig.log;
    rig_close(&rig);
    return result;
}

static void same_bits_again(void **state)
{
    struct tl_hash first;
    struct tl_hash again;

    (void)state;
    for (uint64_t seed = 11; seed < 15; seed++) {
        struct tl_hash a = play(seed, 0, 1, &first);
        struct tl_hash b = play(seed, 0, 1, &again);

        assert_memory_equal(&a, &b, sizeof a);
        assert_memory_equal(&first, &again, sizeof first);
    }
}

static void blocks_do_not_matter(void **state)
{
    struct tl_hash first;
    struct tl_hash again;

    (void)state;
    for (uint64_t seed = 21; seed < 24; seed++) {
        (void)play(seed, 7, 1, &first);
        (void)play(seed, 7, 13, &again);
        assert_memory_equal(&first, &again, sizeof first);
        (void)play(seed, 7, 400, &again);
        assert_memory_equal(&first, &again, sizeof first);
    }
}

static void slices_do_not_matter(void **state)
{
    struct tl_hash log;

    (void)state;
    for (uint64_t seed = 31; seed < 36; seed++) {
        struct tl_hash whole = play(seed, 4096, 1, &log);
        struct tl_hash seven = play(seed, 7, 5, &log);
        struct tl_hash one = play(seed, 1, 3, &log);

        assert_memory_equal(&whole, &seven, sizeof whole);
        assert_memory_equal(&whole, &one, sizeof whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bits_again),
        cmocka_unit_test(blocks_do_not_matter),
        cmocka_unit_test(slices_do_not_matter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
