/* Signed requests: what opens, what is admitted, who may call which method. */
#include "tl/api.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint8_t scratch_bytes[4096];
static uint8_t frame_bytes[4096];

static struct tl_bytes seal(struct tl_request *request, uint8_t who)
{
    uint8_t seed[TL_SEED_BYTES] = {who};
    struct tl_seckey sec;
    struct tl_buf scratch = tl_buf(scratch_bytes, sizeof scratch_bytes);
    struct tl_buf out = tl_buf(frame_bytes, sizeof frame_bytes);

    tl_keypair(&request->key, &sec, seed);
    assert_int_equal(tl_request_seal(&out, &scratch, request, &sec), TL_OK);
    return tl_buf_bytes(&out);
}

static struct tl_request sample(void)
{
    return (struct tl_request){.to = tl_bytes_str("acme"),
                               .time_ms = 1000000,
                               .nonce = 7,
                               .method = TL_METHOD_CASE,
                               .body = tl_bytes_str("question")};
}

static void test_opens_what_was_sealed(void **state)
{
    struct tl_request in = sample();
    struct tl_request out;
    struct tl_bytes frame = seal(&in, 1);

    (void)state;
    assert_int_equal(tl_request_open(&out, frame), TL_OK);
    assert_int_equal(out.nonce, 7);
    assert_true(tl_bytes_eq(out.body, in.body));
}

static void test_refuses_every_flipped_byte(void **state)
{
    struct tl_request in = sample();
    struct tl_request out;
    struct tl_bytes frame = seal(&in, 1);

    (void)state;
    for (size_t i = 0; i < frame.len; i++) {
        frame_bytes[i] ^= 1;
        assert_int_not_equal(tl_request_open(&out, frame), TL_OK);
        frame_bytes[i] ^= 1;
    }
}

/* ---- who may ask what ---- */

static struct tl_genesis genesis;
static struct tl_epoch epoch;
static struct tl_hash chain_id;

static enum tl_status ask(uint16_t rights, enum tl_method method, uint64_t time_ms, const char *to)
{
    struct tl_member_key key = {.name = tl_bytes_str("main"), .rights = rights};
    struct tl_member member = {.id = tl_bytes_str("acme"), .address = tl_bytes_str("a:1")};
    static uint8_t room[8192];
    struct tl_buf keys = tl_buf(room, 1024);
    struct tl_buf members = tl_buf(room + 1024, sizeof room - 1024);
    struct tl_asked asked = {NULL, &chain_id, tl_bytes_str("acme"), 1000000, NULL, NULL};
    struct tl_request request = sample();
    struct tl_author author;
    struct tl_authors *authors;
    enum tl_status st;
    const char *why;

    request.method = (uint8_t)method;
    request.time_ms = time_ms;
    request.to = tl_bytes_str(to);
    (void)seal(&request, 1);
    key.key = request.key;
    tl_list_add(&member.keys, &keys, &tl_member_key_record, &key);
    memset(&genesis, 0, sizeof genesis);
    tl_list_add(&genesis.members, &members, &tl_member_record, &member);
    tl_epoch_first(&epoch, &genesis);
    asked.authors = authors = tl_authors_new(&epoch);
    assert_non_null(authors);
    st = tl_request_admit(&request, &asked, &author, &why);
    tl_authors_free(authors);
    return st;
}

/* Every call and every right that is enough for it, written down once more. */
#define READS (TL_RIGHT_READ | TL_RIGHT_AUDIT)
#define WRITES                                                                                     \
    (TL_RIGHT_SUBMIT | TL_RIGHT_CALENDAR | TL_RIGHT_POLICY | TL_RIGHT_GOVERN | TL_RIGHT_KEYS)
static const uint16_t open_to[] = {
    [TL_METHOD_STATUS] = READS | TL_RIGHT_OPERATE,
    [TL_METHOD_GENESIS] = TL_RIGHT_ALL,
    [TL_METHOD_MEMBERS] = TL_RIGHT_ALL,
    [TL_METHOD_SEQUENCE] = TL_RIGHT_ALL,
    [TL_METHOD_SUBMIT] = WRITES,
    [TL_METHOD_CASE] = READS,
    [TL_METHOD_HISTORY] = READS,
    [TL_METHOD_SCAN] = READS,
    [TL_METHOD_REFS] = READS,
    [TL_METHOD_LEAF] = READS,
    [TL_METHOD_RECEIPT] = READS,
    [TL_METHOD_CHECKPOINT] = READS,
    [TL_METHOD_BLOCK] = TL_RIGHT_AUDIT,
    [TL_METHOD_TOTALS] = READS,
    [TL_METHOD_POLICIES] = READS,
    [TL_METHOD_STOP] = TL_RIGHT_OPERATE,
    [TL_METHOD_CASE_RECEIPT] = READS,
    [TL_METHOD_PERMIT] = READS,
    [TL_METHOD_VAULT_PUT] = TL_RIGHT_VAULT,
    [TL_METHOD_VAULT_GET] = TL_RIGHT_VAULT,
    [TL_METHOD_VAULT_LOG] = TL_RIGHT_AUDIT,
    [TL_METHOD_VAULT_DESTROYED] = TL_RIGHT_VAULT,
    [TL_METHOD_ERASURES] = READS,
    [TL_METHOD_EPOCHS] = TL_RIGHT_ALL,
    [TL_METHOD_MOTIONS] = TL_RIGHT_ALL,
};
_Static_assert(sizeof open_to / sizeof *open_to == TL_METHOD_MAX + 1u, "every call has a row");

static enum tl_status standing_now; /* of the key that asks */

static enum tl_status standing(void *host, const struct tl_pubkey *key, struct tl_author *author)
{
    (void)key;
    *author = (struct tl_author){0, TL_ROLE_AGENCY, *(const uint16_t *)host, 0};
    return standing_now;
}

static enum tl_status ask_standing(uint16_t rights, enum tl_method method, const char **why)
{
    struct tl_asked asked = {NULL, &chain_id, tl_bytes_str("acme"), 1000000, standing, &rights};
    struct tl_request request = sample();
    struct tl_author author;
    enum tl_status st;

    request.method = (uint8_t)method;
    request.time_ms = 1000000;
    request.to = tl_bytes_str("acme");
    st = tl_request_admit(&request, &asked, &author, why);
    assert_true(st == TL_OK || author.rights == 0); /* nothing is left to act on */
    return st;
}

static void test_every_call_by_every_right(void **state)
{
    (void)state;
    for (int m = TL_METHOD_STATUS; m <= TL_METHOD_MAX; m++) {
        assert_int_not_equal(open_to[m], 0);
        assert_int_equal(tl_method_rights((enum tl_method)m), open_to[m]);
        for (uint16_t right = 1; right < TL_RIGHT_ALL; right = (uint16_t)(right << 1)) {
            assert_int_equal(ask(right, (enum tl_method)m, 1000000, "acme"),
                             (open_to[m] & right) != 0 ? TL_OK : TL_ERR_DENIED);
        }
        assert_int_equal(ask(0, (enum tl_method)m, 1000000, "acme"), TL_ERR_DENIED);
        assert_int_equal(
            ask((uint16_t)(TL_RIGHT_ALL & ~open_to[m]), (enum tl_method)m, 1000000, "acme"),
            TL_ERR_DENIED);
    }
}

/* Whatever rights a key had: once it is gone every call is refused, and says why. */
static void test_every_call_by_a_key_that_is_gone(void **state)
{
    static const struct {
        enum tl_status st;
        const char *word;
    } gone[] = {
        {TL_ERR_REVOKED, "revoked"}, {TL_ERR_EXPIRED, "expired"}, {TL_ERR_DENIED, "not in"}};
    const char *why;

    (void)state;
    for (int m = TL_METHOD_STATUS; m <= TL_METHOD_MAX; m++) {
        for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++) {
            standing_now = gone[i].st;
            assert_int_equal(ask_standing(TL_RIGHT_ALL, (enum tl_method)m, &why), gone[i].st);
            assert_non_null(strstr(why, gone[i].word));
        }
        standing_now = TL_OK;
        assert_int_equal(ask_standing(TL_RIGHT_ALL, (enum tl_method)m, &why), TL_OK);
    }
}

static void test_a_request_has_its_time_and_its_member(void **state)
{
    (void)state;
    assert_int_equal(ask(TL_RIGHT_ALL, TL_METHOD_CASE, 1000000 - TL_API_WINDOW_MS, "acme"), TL_OK);
    assert_int_equal(ask(TL_RIGHT_ALL, TL_METHOD_CASE, 999999 - TL_API_WINDOW_MS, "acme"),
                     TL_ERR_STALE);
    assert_int_equal(ask(TL_RIGHT_ALL, TL_METHOD_CASE, 1000001 + TL_API_WINDOW_MS, "acme"),
                     TL_ERR_EARLY);
    assert_int_equal(ask(TL_RIGHT_ALL, TL_METHOD_CASE, UINT64_MAX, "acme"), TL_ERR_EARLY);
    assert_int_equal(ask(TL_RIGHT_ALL, TL_METHOD_CASE, 1000000, "other"), TL_ERR_USAGE);
    chain_id.b[0] = 1;
    assert_int_equal(ask(TL_RIGHT_ALL, TL_METHOD_CASE, 1000000, "acme"), TL_ERR_WRONG_CHAIN);
    chain_id.b[0] = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opens_what_was_sealed),
        cmocka_unit_test(test_refuses_every_flipped_byte),
        cmocka_unit_test(test_every_call_by_every_right),
        cmocka_unit_test(test_every_call_by_a_key_that_is_gone),
        cmocka_unit_test(test_a_request_has_its_time_and_its_member),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
