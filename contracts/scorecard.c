/* Integer scorecards: points by bin, and their canonical bytes. */
#include "tl/scorecard.h"

#include "tl/check.h"
#include "tl/hash.h"

#include <string.h>

#define BIN_FIELDS(FIELD, T)                                                                       \
    FIELD(T, I64, upper, 0, NULL) /* the last bin has none: INT64_MAX */                           \
    FIELD(T, I32, points, 0, NULL)
#define FEATURE_FIELDS(FIELD, T)                                                                   \
    FIELD(T, STR, name, TL_SCORE_NAME_MAX, NULL)                                                   \
    FIELD(T, LIST, bins, TL_SCORE_BINS_MAX, &wire_score_bin_record)
#define BAND_FIELDS(FIELD, T)                                                                      \
    FIELD(T, I32, from, 0, NULL)                                                                   \
    FIELD(T, U32, rate_ppm, PPM, NULL)
#define CARD_FIELDS(FIELD, T)                                                                      \
    FIELD(T, U16, format, 1, NULL)                                                                 \
    FIELD(T, STR, name, TL_SCORE_NAME_MAX, NULL)                                                   \
    FIELD(T, U32, version, UINT32_MAX, NULL)                                                       \
    FIELD(T, I32, base, 0, NULL)                                                                   \
    FIELD(T, HASH, validation, 0, NULL)                                                            \
    FIELD(T, LIST, features, TL_SCORE_FEATURES_MAX, &wire_score_feature_record)                    \
    FIELD(T, LIST, bands, TL_SCORE_BANDS_MAX, &wire_score_band_record)

#define PPM 1000000u

TL_DECLARE_RECORD(wire_score_bin, BIN_FIELDS)
TL_DECLARE_RECORD(wire_score_feature, FEATURE_FIELDS)
TL_DECLARE_RECORD(wire_score_band, BAND_FIELDS)
TL_DECLARE_RECORD(wire_scorecard, CARD_FIELDS)
TL_DEFINE_RECORD(wire_score_bin, BIN_FIELDS)
TL_DEFINE_RECORD(wire_score_feature, FEATURE_FIELDS)
TL_DEFINE_RECORD(wire_score_band, BAND_FIELDS)
TL_DEFINE_RECORD(wire_scorecard, CARD_FIELDS)

/* ---- scoring ----------------------------------------------------------- */

/* 33 addends of at most a million each stay far inside 32 bits. */
_Static_assert((TL_SCORE_FEATURES_MAX + 1) * (int64_t)TL_SCORE_POINTS_MAX < INT32_MAX,
               "a score fits 32 bits");

int32_t tl_scorecard_points(const struct tl_scorecard *card, uint32_t feature, int64_t value)
{
    const struct tl_score_feature *f = &card->feature[feature];
    uint32_t bin = 0;

    TL_CHECK(feature < card->features && f->bins > 0);
    while (bin + 1 < f->bins && value > f->upper[bin])
        bin++;
    return f->points[bin];
}

int32_t tl_scorecard_score(const struct tl_scorecard *card, const int64_t *value)
{
    int32_t score = card->base;

    for (uint32_t i = 0; i < card->features; i++)
        score += tl_scorecard_points(card, i, value[i]);
    return score;
}

uint32_t tl_scorecard_band(const struct tl_scorecard *card, int32_t score)
{
    uint32_t band = 0;

    TL_CHECK(card->bands > 0);
    while (band + 1 < card->bands && score >= card->band[band + 1].from)
        band++;
    return band;
}

enum tl_status tl_scorecard_expected(int64_t *out, const struct tl_scorecard *card, int32_t score,
                                     int64_t balance_minor)
{
    int64_t rate = card->band[tl_scorecard_band(card, score)].rate_ppm;

    *out = 0;
    if (balance_minor < 0)
        return TL_ERR_RANGE;
    /* Whole millions and the rest apart: neither product leaves 64 bits. */
    *out = balance_minor / PPM * rate + balance_minor % PPM * rate / PPM;
    return TL_OK;
}

/* ---- soundness --------------------------------------------------------- */

static bool name_ok(const char *name)
{
    size_t len = 0;

    for (; len <= TL_SCORE_NAME_MAX && name[len] != '\0'; len++) {
        char c = name[len];

        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-')
            return false;
    }
    return len > 0 && len <= TL_SCORE_NAME_MAX;
}

static bool points_ok(int32_t points)
{
    return points >= -TL_SCORE_POINTS_MAX && points <= TL_SCORE_POINTS_MAX;
}

static bool feature_ok(const struct tl_score_feature *feature)
{
    if (!name_ok(feature->name) || feature->bins == 0 || feature->bins > TL_SCORE_BINS_MAX)
        return false;
    for (uint32_t i = 0; i < feature->bins; i++) {
        if (!points_ok(feature->points[i]))
            return false;
        /* The last bin's bound is no bound; INT64_MAX is kept for it. */
        if (i + 1 < feature->bins && feature->upper[i] == INT64_MAX)
            return false;
        if (i > 0 && i + 1 < feature->bins && feature->upper[i] <= feature->upper[i - 1])
            return false;
    }
    return true;
}

static bool name_is_new(const struct tl_scorecard *card, uint32_t feature)
{
    for (uint32_t i = 0; i < feature; i++) {
        if (strcmp(card->feature[i].name, card->feature[feature].name) == 0)
            return false;
    }
    return true;
}

static bool bands_ok(const struct tl_scorecard *card)
{
    if (card->bands == 0 || card->bands > TL_SCORE_BANDS_MAX)
        return false;
    for (uint32_t i = 0; i < card->bands; i++) {
        if (card->band[i].rate_ppm > PPM || (i > 1 && card->band[i].from <= card->band[i - 1].from))
            return false;
    }
    /* One card, one encoding: what is ignored is zero. */
    return card->band[0].from == 0;
}

bool tl_scorecard_check(const struct tl_scorecard *card)
{
    if (!name_ok(card->name) || !points_ok(card->base) || card->features == 0 ||
        card->features > TL_SCORE_FEATURES_MAX)
        return false;
    for (uint32_t i = 0; i < card->features; i++) {
        if (!feature_ok(&card->feature[i]) || !name_is_new(card, i))
            return false;
    }
    return bands_ok(card);
}

/* ---- bytes ------------------------------------------------------------- */

static void put_feature(const struct tl_score_feature *feature, struct tl_buf *out)
{
    tl_write_array(out, (uint32_t)wire_score_feature_record.count);
    tl_write_str(out, tl_bytes_str(feature->name));
    tl_write_array(out, feature->bins);
    for (uint32_t i = 0; i < feature->bins; i++) {
        const struct wire_score_bin bin = {i + 1 < feature->bins ? feature->upper[i] : INT64_MAX,
                                           feature->points[i]};

        tl_record_write(&wire_score_bin_record, &bin, out);
    }
}

bool tl_scorecard_encode(const struct tl_scorecard *card, struct tl_buf *out)
{
    TL_INVARIANT(tl_scorecard_check(card));
    tl_write_array(out, (uint32_t)wire_scorecard_record.count);
    tl_write_uint(out, 1);
    tl_write_str(out, tl_bytes_str(card->name));
    tl_write_uint(out, card->version);
    tl_write_int(out, card->base);
    tl_write_bin(out, tl_bytes(card->validation.b, sizeof card->validation.b));
    tl_write_array(out, card->features);
    for (uint32_t i = 0; i < card->features; i++)
        put_feature(&card->feature[i], out);
    tl_write_array(out, card->bands);
    for (uint32_t i = 0; i < card->bands; i++) {
        const struct wire_score_band band = {card->band[i].from, card->band[i].rate_ppm};

        tl_record_write(&wire_score_band_record, &band, out);
    }
    return !out->full;
}

/* The record bounds the name; a zero inside it would end it early. */
static bool take_name(char out[TL_SCORE_NAME_MAX + 1], struct tl_bytes name)
{
    TL_CHECK(name.len <= TL_SCORE_NAME_MAX);
    if (name.len == 0 || memchr(name.ptr, 0, name.len) != NULL)
        return false;
    memcpy(out, name.ptr, name.len);
    out[name.len] = '\0';
    return true;
}

static bool take_feature(struct tl_score_feature *to, const struct wire_score_feature *wire)
{
    struct tl_list bins = wire->bins;
    struct wire_score_bin bin = {INT64_MAX, 0};

    while (tl_list_next(&bins, &wire_score_bin_record, &bin)) {
        to->upper[to->bins] = bin.upper;
        to->points[to->bins++] = bin.points;
    }
    return take_name(to->name, wire->name) && to->bins > 0 && to->upper[to->bins - 1] == INT64_MAX;
}

static bool take_card(struct tl_scorecard *card, const struct wire_scorecard *wire)
{
    struct tl_list list = wire->features;
    struct wire_score_feature feature;
    struct wire_score_band band;

    if (wire->format != 1 || !take_name(card->name, wire->name))
        return false;
    card->version = wire->version;
    card->base = wire->base;
    card->validation = wire->validation;
    while (tl_list_next(&list, &wire_score_feature_record, &feature)) {
        if (!take_feature(&card->feature[card->features++], &feature))
            return false;
    }
    list = wire->bands;
    while (tl_list_next(&list, &wire_score_band_record, &band))
        card->band[card->bands++] = (struct tl_score_band){band.from, band.rate_ppm};
    return tl_scorecard_check(card);
}

enum tl_status tl_scorecard_decode(struct tl_scorecard *card, struct tl_bytes bytes)
{
    struct wire_scorecard wire;
    enum tl_status status = tl_record_decode(&wire_scorecard_record, &wire, bytes);

    memset(card, 0, sizeof *card);
    if (status == TL_OK && !take_card(card, &wire))
        status = TL_ERR_RANGE;
    if (status != TL_OK)
        memset(card, 0, sizeof *card);
    return status;
}

void tl_scorecard_hash(struct tl_hash *out, struct tl_bytes bytes)
{
    tl_hash_domain(out, "tallystick/scorecard/v1", bytes);
}
