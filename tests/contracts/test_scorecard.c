/* Scorecards: the UCI card over all 30,000 clients, its bytes, its bounds. */
#include "tl/hash.h"
#include "tl/scorecard.h"
#include "vector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FEATURES 7

static void read_feature(struct tl_score_feature *to, const json_t *from)
{
    json_t *upper = json_object_get(from, "upper_inclusive");
    json_t *points = json_object_get(from, "points");

    (void)snprintf(to->name, sizeof to->name, "%s", vector_str(from, "name"));
    to->bins = (uint8_t)json_array_size(points);
    assert_int_equal(json_array_size(upper) + 1, to->bins);
    for (uint32_t i = 0; i < to->bins; i++) {
        to->points[i] = (int32_t)json_integer_value(json_array_get(points, i));
        to->upper[i] = i + 1 < to->bins ? json_integer_value(json_array_get(upper, i)) : INT64_MAX;
    }
}

/* The published card, with a band per quintile; its rate is the share of the
 * test clients in it that did not default. */
static struct tl_scorecard *read_card(json_t **json)
{
    struct tl_scorecard *card = calloc(1, sizeof *card);
    json_t *features;
    json_t *cuts;
    json_t *segments;

    *json = vector_json("scorecard_uci_default_v1.json");
    features = json_object_get(*json, "features");
    cuts = json_object_get(*json, "segment_cuts_quintile_train");
    segments = json_object_get(json_object_get(*json, "validation"),
                               "test_bad_rate_by_segment_low_to_high");
    (void)snprintf(card->name, sizeof card->name, "%s", vector_str(*json, "name"));
    card->version = 1;
    card->base = (int32_t)vector_int(*json, "base");
    card->features = (uint8_t)json_array_size(features);
    card->bands = (uint8_t)json_array_size(segments);
    for (uint32_t i = 0; i < card->features; i++)
        read_feature(&card->feature[i], json_array_get(features, i));
    for (uint32_t i = 0; i < card->bands; i++) {
        int64_t bad_bp = vector_int(json_array_get(segments, i), "bad_rate_bp");

        card->band[i].from = i == 0 ? 0 : (int32_t)json_integer_value(json_array_get(cuts, i - 1));
        card->band[i].rate_ppm = (uint32_t)(10000 - bad_bp) * 100;
    }
    assert_int_equal(card->features, FEATURES);
    assert_true(tl_scorecard_check(card));
    return card;
}

/* ---- features of a client ---------------------------------------------- */

enum { ID = 0, LIMIT = 1, PAY = 6, BILL = 12, PAID = 18 };

static int64_t permille(int64_t part, int64_t whole)
{
    return part * 1000 / whole;
}

/* As the card's proposal words them; every division rounds down. */
static void features_of(int64_t out[FEATURES], const int64_t col[24])
{
    int64_t bill = col[BILL] > 0 ? col[BILL] : 0;
    int64_t bill_3 = col[BILL + 2];

    out[0] = col[PAY];
    out[1] = col[PAY];
    out[2] = 0;
    for (int i = 0; i < 6; i++) {
        out[1] = col[PAY + i] > out[1] ? col[PAY + i] : out[1];
        out[2] += col[PAY + i] >= 2 ? 1 : 0;
    }
    out[3] = permille(bill, col[LIMIT]);
    out[4] = col[LIMIT] / 1000;
    /* What the second month's payment was of the bill before it. */
    out[5] = bill_3 <= 0 ? 1000 : permille(col[PAID + 1], bill_3);
    if (out[5] > 1000)
        out[5] = 1000;
    out[6] = col[PAID] / 1000;
}

/* The file has more columns than the tables of the domain. */
static bool next_client(char **at, int64_t col[24])
{
    for (int i = 0; i < 24; i++) {
        char *end;

        col[i] = strtoll(*at, &end, 10);
        if (end == *at || *end != ',')
            return false;
        *at = end + 1;
    }
    *at += strcspn(*at, "\n");
    *at += strspn(*at, "\r\n");
    return true;
}

struct tally {
    uint32_t clients, test[8], bad[8];
};

static void score_client(const struct tl_scorecard *card, const int64_t col[24],
                         struct vector_csv *expected, struct tl_hasher *hasher, struct tally *tally)
{
    int64_t value[FEATURES];
    char line[64];
    int len;
    int32_t score;
    uint32_t band;

    features_of(value, col);
    score = tl_scorecard_score(card, value);
    assert_true(vector_csv_next(expected));
    assert_int_equal(vector_number(expected->column[0]), col[ID]);
    for (int i = 0; i < FEATURES; i++)
        assert_int_equal(vector_number(expected->column[2 + i]), value[i]);
    assert_int_equal(vector_number(expected->column[9]), score);
    len = snprintf(line, sizeof line, "%d,%d\n", (int)col[ID], (int)score);
    tl_hasher_put(hasher, tl_bytes(line, (size_t)len));
    band = tl_scorecard_band(card, score);
    tally->clients++;
    if (strcmp(expected->column[1], "test") == 0) {
        tally->test[band]++;
        tally->bad[band] += expected->column[10][0] == '1' ? 1 : 0;
    }
}

/* domain.md 8: the hash over all 30,000 lines "ID,score". */
static void all_clients(void **state)
{
    json_t *json;
    struct tl_scorecard *card = read_card(&json);
    json_t *segments = json_object_get(json_object_get(json, "validation"),
                                       "test_bad_rate_by_segment_low_to_high");
    struct vector_csv expected;
    struct vector_csv clients;
    struct tl_hasher hasher;
    struct tl_hash hash;
    struct tally tally = {0};
    char hex[65];
    int64_t col[24];

    (void)state;
    vector_csv_open(&expected, "scorecard_uci_default_v1_scores.csv");
    vector_csv_open_raw(&clients, "data/uci-credit-default/UCI_Credit_Card.csv");
    tl_hasher_init(&hasher);
    while (next_client(&clients.next, col))
        score_client(card, col, &expected, &hasher, &tally);
    tl_hasher_done(&hasher, &hash);
    tl_hex(hex, tl_bytes(hash.b, sizeof hash.b));
    assert_int_equal(tally.clients, 30000);
    assert_string_equal(hex, "b6ee850a4e89f724e729430dae3c6c1d9d1c8a476b205ea96fae7c6679c2324b");
    assert_string_equal(hex, vector_str(json, "all_scores_sha256"));
    for (uint32_t i = 0; i < card->bands; i++) {
        assert_int_equal(tally.test[i], vector_int(json_array_get(segments, i), "n"));
        assert_int_equal(tally.bad[i], vector_int(json_array_get(segments, i), "bad"));
    }
    vector_csv_close(&expected);
    free(clients.text);
    free(card);
    json_decref(json);
}

/* ---- bytes and bounds -------------------------------------------------- */

static struct tl_scorecard *sample(void)
{
    struct tl_scorecard *card = calloc(1, sizeof *card);

    (void)snprintf(card->name, sizeof card->name, "sample");
    card->version = 3;
    card->base = 500;
    card->features = 2;
    card->feature[0] = (struct tl_score_feature){"days_late", 3, {0, 30, INT64_MAX}, {20, 0, -40}};
    card->feature[1] = (struct tl_score_feature){"alone", 1, {INT64_MAX}, {7}};
    card->bands = 3;
    card->band[0] = (struct tl_score_band){0, 100000};
    card->band[1] = (struct tl_score_band){480, 250000};
    card->band[2] = (struct tl_score_band){507, 999999};
    return card;
}

static void bins_and_bands(void **state)
{
    struct tl_scorecard *card = sample();
    const struct {
        int64_t late;
        int32_t score;
        uint32_t band;
    } rows[] = {{INT64_MIN, 527, 2}, {0, 527, 2},  {1, 507, 2},
                {30, 507, 2},        {31, 467, 0}, {INT64_MAX, 467, 0}};
    int64_t expected;

    (void)state;
    assert_true(tl_scorecard_check(card));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const int64_t value[2] = {rows[i].late, INT64_MAX};

        assert_int_equal(tl_scorecard_score(card, value), rows[i].score);
        assert_int_equal(tl_scorecard_band(card, rows[i].score), rows[i].band);
    }
    assert_int_equal(tl_scorecard_band(card, 480), 1);
    assert_int_equal(tl_scorecard_band(card, INT32_MIN), 0);
    assert_int_equal(tl_scorecard_expected(&expected, card, 490, 1000003), TL_OK);
    assert_int_equal(expected, 250000);
    assert_int_equal(tl_scorecard_expected(&expected, card, 600, INT64_MAX), TL_OK);
    assert_true(expected > INT64_MAX / 10 * 9);
    assert_int_equal(tl_scorecard_expected(&expected, card, 600, -1), TL_ERR_RANGE);
    card->base = TL_SCORE_POINTS_MAX;
    assert_true(tl_scorecard_check(card));
    card->base = -TL_SCORE_POINTS_MAX;
    assert_true(tl_scorecard_check(card));
    free(card);
}

static void one_encoding(void **state)
{
    static uint8_t bytes[TL_SCORE_BYTES_MAX];
    static uint8_t again[TL_SCORE_BYTES_MAX];
    struct tl_scorecard *card = sample();
    struct tl_scorecard *back = malloc(sizeof *back);
    struct tl_buf out = tl_buf(bytes, sizeof bytes);
    struct tl_buf twice = tl_buf(again, sizeof again);
    struct tl_buf small = tl_buf(again, 10);
    struct tl_hash a;
    struct tl_hash b;

    (void)state;
    assert_true(tl_scorecard_encode(card, &out));
    assert_int_equal(tl_scorecard_decode(back, tl_buf_bytes(&out)), TL_OK);
    assert_memory_equal(card, back, sizeof *card);
    assert_true(tl_scorecard_encode(back, &twice));
    assert_true(tl_bytes_eq(tl_buf_bytes(&out), tl_buf_bytes(&twice)));
    tl_scorecard_hash(&a, tl_buf_bytes(&out));
    tl_hash_plain(&b, tl_buf_bytes(&out));
    assert_false(tl_hash_eq(&a, &b));
    for (size_t cut = 0; cut < out.len; cut++) {
        assert_int_not_equal(tl_scorecard_decode(back, tl_bytes(bytes, cut)), TL_OK);
        assert_int_equal(back->features, 0);
    }
    assert_false(tl_scorecard_encode(card, &small));
    free(card);
    free(back);
}

/* The largest card there can be fits its bound. */
static void largest_card(void **state)
{
    static uint8_t bytes[TL_SCORE_BYTES_MAX];
    struct tl_scorecard *card = calloc(1, sizeof *card);
    struct tl_buf out = tl_buf(bytes, sizeof bytes);

    (void)state;
    memset(card->name, 'n', TL_SCORE_NAME_MAX);
    card->version = UINT32_MAX;
    card->base = -TL_SCORE_POINTS_MAX;
    card->features = TL_SCORE_FEATURES_MAX;
    card->bands = TL_SCORE_BANDS_MAX;
    for (uint32_t i = 0; i < TL_SCORE_FEATURES_MAX; i++) {
        struct tl_score_feature *feature = &card->feature[i];

        memset(feature->name, 'f', TL_SCORE_NAME_MAX);
        feature->name[0] = (char)('a' + i % 26);
        feature->name[1] = (char)('a' + i / 26);
        feature->bins = TL_SCORE_BINS_MAX;
        for (uint32_t k = 0; k < TL_SCORE_BINS_MAX; k++) {
            feature->upper[k] = INT64_MIN + (int64_t)k;
            feature->points[k] = -TL_SCORE_POINTS_MAX;
        }
    }
    for (uint32_t i = 1; i < TL_SCORE_BANDS_MAX; i++)
        card->band[i] = (struct tl_score_band){INT32_MIN + (int32_t)i, 1000000};
    assert_true(tl_scorecard_check(card));
    assert_true(tl_scorecard_encode(card, &out));
    free(card);
}

/* Each fault alone. */
static void faults(void **state)
{
    struct tl_scorecard *good = sample();
    struct tl_scorecard bad;

    (void)state;
#define REFUSES(change)                                                                            \
    do {                                                                                           \
        bad = *good;                                                                               \
        change;                                                                                    \
        assert_false(tl_scorecard_check(&bad));                                                    \
    } while (0)
    REFUSES(bad.name[0] = '\0');
    REFUSES(bad.name[0] = 'S');
    REFUSES(memset(bad.name, 'x', sizeof bad.name));
    REFUSES(bad.base = TL_SCORE_POINTS_MAX + 1);
    REFUSES(bad.features = 0);
    REFUSES(bad.features = TL_SCORE_FEATURES_MAX + 1);
    REFUSES(bad.feature[0].bins = 0);
    REFUSES(bad.feature[0].bins = TL_SCORE_BINS_MAX + 1);
    REFUSES(bad.feature[0].name[0] = ' ');
    REFUSES(bad.feature[0].points[2] = -TL_SCORE_POINTS_MAX - 1);
    REFUSES(bad.feature[0].upper[1] = 0);
    REFUSES(bad.feature[0].upper[1] = INT64_MAX);
    REFUSES(memcpy(bad.feature[1].name, bad.feature[0].name, sizeof bad.feature[1].name));
    REFUSES(bad.bands = 0);
    REFUSES(bad.bands = TL_SCORE_BANDS_MAX + 1);
    REFUSES(bad.band[0].from = 1);
    REFUSES(bad.band[2].from = 480);
    REFUSES(bad.band[1].rate_ppm = 1000001);
#undef REFUSES
    free(good);
}

/* Bytes of a card with one feature, one band, and what the caller says. */
static struct tl_bytes craft(struct tl_buf *out, uint64_t format, struct tl_bytes name,
                             uint32_t bins, int64_t upper)
{
    static const uint8_t zero[32];

    out->len = 0;
    tl_write_array(out, 7);
    tl_write_uint(out, format);
    tl_write_str(out, name);
    tl_write_uint(out, 1);
    tl_write_int(out, 0);
    tl_write_bin(out, tl_bytes(zero, sizeof zero));
    tl_write_array(out, 1);
    tl_write_array(out, 2);
    tl_write_str(out, tl_bytes_str("feature"));
    tl_write_array(out, bins);
    for (uint32_t i = 0; i < bins; i++) {
        tl_write_array(out, 2);
        tl_write_int(out, upper);
        tl_write_int(out, 1);
    }
    tl_write_array(out, 1);
    tl_write_array(out, 2);
    tl_write_int(out, 0);
    tl_write_uint(out, 0);
    return tl_buf_bytes(out);
}

static void bytes_refused(void **state)
{
    static uint8_t bytes[512];
    struct tl_buf out = tl_buf(bytes, sizeof bytes);
    struct tl_scorecard *card = malloc(sizeof *card);
    const struct tl_bytes name = tl_bytes_str("a09z");
    const struct tl_bytes inner_zero = tl_bytes("a\0z", 3);

    (void)state;
    assert_int_equal(tl_scorecard_decode(card, craft(&out, 1, name, 1, INT64_MAX)), TL_OK);
    assert_string_equal(card->name, "a09z");
    assert_int_equal(tl_scorecard_decode(card, craft(&out, 1, name, 0, INT64_MAX)), TL_ERR_RANGE);
    assert_int_equal(tl_scorecard_decode(card, craft(&out, 1, name, 1, INT64_MAX - 1)),
                     TL_ERR_RANGE);
    assert_int_equal(tl_scorecard_decode(card, craft(&out, 1, name, 2, INT64_MAX)), TL_ERR_RANGE);
    assert_int_equal(tl_scorecard_decode(card, craft(&out, 0, name, 1, INT64_MAX)), TL_ERR_RANGE);
    assert_int_not_equal(tl_scorecard_decode(card, craft(&out, 2, name, 1, INT64_MAX)), TL_OK);
    assert_int_not_equal(tl_scorecard_decode(card, craft(&out, 1, inner_zero, 1, INT64_MAX)),
                         TL_OK);
    assert_int_equal(tl_scorecard_decode(card, craft(&out, 1, TL_BYTES_NONE, 1, INT64_MAX)),
                     TL_ERR_RANGE);
    assert_int_not_equal(
        tl_scorecard_decode(card, craft(&out, 1, name, TL_SCORE_BINS_MAX + 1, INT64_MAX)), TL_OK);
    assert_int_equal(card->features, 0);
    free(card);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_clients),  cmocka_unit_test(bins_and_bands),
        cmocka_unit_test(one_encoding), cmocka_unit_test(largest_card),
        cmocka_unit_test(faults),       cmocka_unit_test(bytes_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
