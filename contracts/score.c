/* Scores: cards adopted for a policy's cases, features out of the ledger's facts.
 *
 * A card is published for the cases of one policy, by its name, and takes the
 * place of the card before it; a card in shadow is scored beside it and changes
 * nothing but the record.  When to score is a rule of the policy's (do: score), and
 * what follows from a score is too: guards compare score, band, arm and response
 * like any other feature. */
#include "run.h"

#include "tl/check.h"
#include "tl/scorecard.h"

#include <string.h>

/* The feature a card's column is about.  Dates are no quantity, and a score is
 * not made of scores. */
static bool feature_of(const struct tl_score_feature *column, enum tl_feature *feature)
{
    uint8_t value;

    if (!tl_name_find(&tl_feature_names, tl_bytes_str(column->name), &value))
        return false;
    *feature = (enum tl_feature)value;
    return *feature != TL_FEATURE_NONE && *feature != TL_FEATURE_SCORE &&
           *feature != TL_FEATURE_BAND && tl_feature_kind(*feature) != TL_FEATURE_IS_DATE;
}

static bool card_load(struct run *r, struct tl_bytes policy, bool shadow)
{
    struct tl_state_key key = tl_key_card(policy, shadow);
    struct tl_bytes value;
    enum tl_status status = tl_overlay_get(r->state, tl_state_key_bytes(&key), &value);

    if (status == TL_ERR_NOT_FOUND)
        return false;
    if (status == TL_OK && tl_scorecard_decode(&r->k->card, value) != TL_OK)
        status = TL_ERR_CORRUPT;
    if (status != TL_OK) {
        fail(r, status);
        return false;
    }
    tl_scorecard_hash(&r->k->card_hash, value);
    return true;
}

/* ---- publication ------------------------------------------------------- */

static const char *card_fault(struct run *r, const struct tl_body_scorecard *b)
{
    struct tl_state_key name = tl_key_policy_name(b->policy);
    struct tl_scorecard *card = &r->k->card;
    enum tl_feature feature;
    struct tl_bytes value;
    uint32_t version;

    if (tl_overlay_get(r->state, tl_state_key_bytes(&name), &value) != TL_OK)
        return "no policy of that name is published";
    if (tl_scorecard_decode(card, b->card) != TL_OK)
        return "the scorecard is malformed";
    for (uint32_t i = 0; i < card->features; i++)
        if (!feature_of(&card->feature[i], &feature))
            return "the scorecard names a feature that is none of a case's numbers";
    version = card->version;
    if (card_load(r, b->policy, b->shadow) && r->k->card.version >= version)
        return "a version as new is published";
    return NULL;
}

void apply_scorecard(struct run *r, const struct tl_entry *e, const struct tl_body_scorecard *b)
{
    struct tl_state_key key = tl_key_card(b->policy, b->shadow);
    const char *fault = card_fault(r, b);

    if (fault != NULL)
        finding(r, NULL, TL_DECISION_DENIED, e->type, fault);
    else
        fail(r, tl_overlay_put(r->state, tl_state_key_bytes(&key), b->card));
}

/* ---- scoring ----------------------------------------------------------- */

static struct tl_body_scored scored(struct run *r, const struct work *w, int32_t on, bool shadow)
{
    const struct tl_scorecard *card = &r->k->card;
    int64_t value[TL_SCORE_FEATURES_MAX] = {0};
    int64_t balance = tl_case_balance(&w->c);
    struct tl_body_scored body = {.card = r->k->card_hash, .shadow = shadow};

    for (uint32_t i = 0; i < card->features; i++) {
        enum tl_feature feature = TL_FEATURE_NONE;
        bool known = feature_of(&card->feature[i], &feature) &&
                     tl_case_feature(&w->c, feature, on, &value[i]);

        TL_CHECK(known); /* only such cards are published */
    }
    body.score = tl_scorecard_score(card, value);
    body.band = (uint8_t)tl_scorecard_band(card, body.score);
    if (tl_scorecard_expected(&body.expected_minor, card, body.score, balance > 0 ? balance : 0) !=
        TL_OK)
        body.expected_minor = 0;
    return body;
}

bool act_score(struct run *r, struct work *w, const struct why *why)
{
    struct tl_body_scored body;
    bool done = false;

    if (card_load(r, w->c.policy_name, true)) {
        body = scored(r, w, why->date, true);
        decide(r, w, TL_DECISION_SCORED, why, &body);
        done = true;
    }
    if (card_load(r, w->c.policy_name, false)) {
        body = scored(r, w, why->date, false);
        w->c.score = body.score;
        w->c.band = body.band;
        w->c.scored_on = why->date;
        decide(r, w, TL_DECISION_SCORED, why, &body);
        done = true;
    }
    return done;
}
