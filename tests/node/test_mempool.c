/* The mempool: order per author, fairness between members, bounds, each envelope
 * once. */
#include "tl/mempool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t hundred[100];

static struct tl_mempool *pool_of(size_t bytes, uint32_t envelopes)
{
    struct tl_mempool_limits limits = {bytes, envelopes, 2, 8};

    return tl_mempool_new(&limits);
}

static struct tl_waiting envelope(uint8_t author, uint64_t sequence)
{
    struct tl_waiting w = {.member = author % 2u,
                           .sequence = sequence,
                           .entries = 1,
                           .bytes = tl_bytes(hundred, sizeof hundred)};

    w.author.b[0] = author;
    w.id.b[0] = author;
    tl_put_u64be(w.id.b + 8, sequence);
    return w;
}

static const struct tl_pubkey *author_of(uint8_t author)
{
    static struct tl_waiting w;

    w = envelope(author, 1);
    return &w.author;
}

static const struct tl_hash *id_of(uint8_t author, uint64_t sequence)
{
    static struct tl_waiting w;

    w = envelope(author, sequence);
    return &w.id;
}

static enum tl_status put(struct tl_mempool *pool, uint8_t author, uint64_t sequence,
                          uint64_t recorded)
{
    struct tl_waiting w = envelope(author, sequence);

    return tl_mempool_put(pool, &w, recorded);
}

struct seen {
    size_t count;
    size_t limit;
    uint64_t next;
    uint8_t author[64];
    uint64_t sequence[64];
};

static uint64_t next_of(void *host, const struct tl_pubkey *author)
{
    const struct seen *seen = host;

    (void)author;
    return seen->next;
}

static bool take(void *host, const struct tl_waiting *w)
{
    struct seen *seen = host;

    if (seen->count == seen->limit)
        return false;
    seen->author[seen->count] = w->author.b[0];
    seen->sequence[seen->count++] = w->sequence;
    return true;
}

static struct seen choose(struct tl_mempool *pool, uint64_t next, size_t limit)
{
    struct seen seen = {.next = next, .limit = limit};
    struct tl_mempool_choice choice = {next_of, take, &seen};

    tl_mempool_select(pool, &choice);
    return seen;
}

static void test_takes_an_author_in_order_and_stops_at_a_gap(void **state)
{
    struct tl_mempool *pool = pool_of(100000, 100);
    struct seen seen;

    (void)state;
    assert_int_equal(put(pool, 1, 3, 0), TL_OK);
    assert_int_equal(put(pool, 1, 1, 0), TL_OK);
    assert_int_equal(put(pool, 1, 2, 0), TL_OK);
    assert_int_equal(put(pool, 1, 5, 0), TL_OK);
    seen = choose(pool, 1, 64);
    assert_int_equal(seen.count, 3);
    for (uint64_t i = 0; i < 3; i++)
        assert_int_equal(seen.sequence[i], i + 1);
    assert_int_equal(tl_mempool_pending(pool, author_of(1), 0), 3);
    /* On a parent that has the first already. */
    assert_int_equal(choose(pool, 2, 64).count, 2);
    assert_int_equal(choose(pool, 4, 64).count, 0);
    tl_mempool_free(pool);
}

static void test_members_take_turns(void **state)
{
    struct tl_mempool *pool = pool_of(100000, 100);
    struct seen seen;

    (void)state;
    for (uint64_t s = 1; s <= 6; s++)
        assert_int_equal(put(pool, 1, s, 0), TL_OK);
    for (uint64_t s = 1; s <= 3; s++)
        assert_int_equal(put(pool, 2, s, 0), TL_OK);
    seen = choose(pool, 1, 6);
    assert_int_equal(seen.count, 6);
    for (size_t i = 1; i < 6; i++)
        assert_int_not_equal(seen.author[i], seen.author[i - 1]);
    tl_mempool_free(pool);
}

static void test_knows_each_envelope_once(void **state)
{
    struct tl_mempool *pool = pool_of(100000, 100);
    struct tl_waiting other = envelope(1, 1);

    (void)state;
    assert_int_equal(put(pool, 1, 1, 0), TL_OK);
    assert_int_equal(put(pool, 1, 1, 0), TL_ERR_DUPLICATE);
    other.id.b[31] = 9;
    assert_int_equal(tl_mempool_put(pool, &other, 0), TL_ERR_CONFLICT);
    assert_int_equal(put(pool, 3, 4, 4), TL_ERR_SEQUENCE);
    assert_int_equal(put(pool, 3, 13, 4), TL_ERR_SEQUENCE);
    assert_int_equal(put(pool, 3, 12, 4), TL_OK);
    tl_mempool_free(pool);
}

static void test_a_full_member_does_not_fill_the_other(void **state)
{
    struct tl_mempool *pool = pool_of(800, 100);

    (void)state;
    for (uint64_t s = 1; s <= 4; s++)
        assert_int_equal(put(pool, 1, s, 0), TL_OK);
    assert_int_equal(put(pool, 1, 5, 0), TL_ERR_FULL);
    assert_int_equal(put(pool, 2, 1, 0), TL_OK);
    tl_mempool_final(pool, author_of(1), 2);
    assert_int_equal(put(pool, 1, 5, 2), TL_OK);
    tl_mempool_free(pool);
}

static void test_final_and_dropped_envelopes_are_gone(void **state)
{
    struct tl_mempool *pool = pool_of(100000, 100);
    struct tl_waiting found;

    (void)state;
    for (uint64_t s = 1; s <= 5; s++)
        assert_int_equal(put(pool, 1, s, 0), TL_OK);
    tl_mempool_final(pool, author_of(1), 2);
    assert_int_equal(tl_mempool_count(pool), 3);
    assert_false(tl_mempool_find(pool, id_of(1, 2), &found));
    assert_true(tl_mempool_find(pool, id_of(1, 4), &found));
    tl_mempool_drop(pool, id_of(1, 4));
    assert_int_equal(tl_mempool_count(pool), 1);
    assert_int_equal(tl_mempool_bytes(pool), 100);
    tl_mempool_final(pool, author_of(1), 3);
    assert_int_equal(tl_mempool_bytes(pool), 0);
    tl_mempool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes_an_author_in_order_and_stops_at_a_gap),
        cmocka_unit_test(test_members_take_turns),
        cmocka_unit_test(test_knows_each_envelope_once),
        cmocka_unit_test(test_a_full_member_does_not_fill_the_other),
        cmocka_unit_test(test_final_and_dropped_envelopes_are_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
