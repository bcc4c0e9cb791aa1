/* tl/scorecard.h -- integer scorecards as published objects.
 *
 * A score is a base and, for each feature, the points of the bin its value falls
 * in: bins have inclusive upper bounds, ascending, and the last bin has none.
 * Features are integers that come from facts on the ledger; how a feature is
 * worked out is written in the document that proposes the card.  No logarithm,
 * no division, no floating point at run time, so every member computes the same
 * score to the point.
 *
 * Segments are cut by scores: a segment begins at its cut.  Each band tells what
 * share of such balances is expected to be paid, in parts per million.
 *
 * A card is published as the canonical record below; its domain-separated hash
 * names it, and the consortium adopts that hash.  What a card may look at is the
 * law's business (Regulation B, 12 CFR 1002: no prohibited basis; empirically
 * derived, demonstrably and statistically sound), and the published validation
 * is off the ledger under its own hash.
 *
 * struct tl_scorecard is a plain value without pointers.  Pure, thread safe.
 * Failures: TL_ERR_ENCODING, TL_ERR_RANGE. */
#ifndef TL_SCORECARD_H
#define TL_SCORECARD_H

#include "tl/record.h"

#define TL_SCORE_NAME_MAX     32u
#define TL_SCORE_FEATURES_MAX 32u
#define TL_SCORE_BINS_MAX     16u
#define TL_SCORE_BANDS_MAX    16u
#define TL_SCORE_POINTS_MAX   1000000 /* either side of zero */
#define TL_SCORE_BYTES_MAX    16384u

struct tl_score_feature {
    char name[TL_SCORE_NAME_MAX + 1];
    uint8_t bins;                      /* at least 1 */
    int64_t upper[TL_SCORE_BINS_MAX];  /* inclusive, ascending; bins - 1 of them */
    int32_t points[TL_SCORE_BINS_MAX]; /* bins of them */
};

/* Scores from here on, up to the next band. */
struct tl_score_band {
    int32_t from;      /* ascending; ignored in the first, which begins anywhere */
    uint32_t rate_ppm; /* expected to be paid, of a million */
};

struct tl_scorecard {
    char name[TL_SCORE_NAME_MAX + 1];
    uint32_t version;
    int32_t base;
    struct tl_hash validation; /* of the document that justifies it; zero: none */
    uint8_t features;
    uint8_t bands;
    struct tl_score_feature feature[TL_SCORE_FEATURES_MAX];
    struct tl_score_band band[TL_SCORE_BANDS_MAX];
};

/* tl_scorecard_check: names are unique words of [a-z0-9_-], bounds ascend, points
 * and rates are in range, there is a feature and a band. */
TL_MUST_USE bool tl_scorecard_check(const struct tl_scorecard *card);
/* tl_scorecard_encode writes the canonical bytes of a card that was checked;
 * false: `out` overflowed. */
TL_MUST_USE bool tl_scorecard_encode(const struct tl_scorecard *card, struct tl_buf *out);
/* tl_scorecard_decode reads and checks; on failure the card is all zero. */
TL_MUST_USE enum tl_status tl_scorecard_decode(struct tl_scorecard *card, struct tl_bytes bytes);
/* SHA-256("tallystick/scorecard/v1\0" ‖ bytes). */
void tl_scorecard_hash(struct tl_hash *out, struct tl_bytes bytes);

/* tl_scorecard_score: `value` holds one number per feature, in the card's order. */
int32_t tl_scorecard_score(const struct tl_scorecard *card, const int64_t *value);
/* tl_scorecard_points are those of one feature: the reasons of a score. */
int32_t tl_scorecard_points(const struct tl_scorecard *card, uint32_t feature, int64_t value);
/* tl_scorecard_band is the index of the score's band, its segment. */
uint32_t tl_scorecard_band(const struct tl_scorecard *card, int32_t score);
/* tl_scorecard_expected: balance * rate / 1000000, rounded down.  TL_ERR_RANGE: a
 * negative balance. */
TL_MUST_USE enum tl_status tl_scorecard_expected(int64_t *out, const struct tl_scorecard *card,
                                                 int32_t score, int64_t balance_minor);

#endif
