#include "scorecard_file.h"

#include "tl/case.h"
#include "tl/yaml.h"

#include <string.h>

struct loading {
    struct tl_yaml doc;
    struct tl_scorecard *card;
    struct tl_why *why;
};

static enum tl_status whole(const struct loading *l, const struct tl_yaml_node *map,
                            const char *key, int64_t limit, int64_t *out)
{
    const struct tl_yaml_node *node;
    enum tl_status status = tl_yaml_need(&l->doc, map, key, &node, l->why);

    return status == TL_OK ? tl_yaml_int(&l->doc, node, -limit, limit, out, l->why) : status;
}

static enum tl_status word(const struct loading *l, const struct tl_yaml_node *map, const char *key,
                           char out[TL_SCORE_NAME_MAX + 1])
{
    const struct tl_yaml_node *node;
    struct tl_bytes text;
    enum tl_status status = tl_yaml_need(&l->doc, map, key, &node, l->why);

    if (status == TL_OK)
        status = tl_yaml_str(&l->doc, node, TL_SCORE_NAME_MAX, &text, l->why);
    if (status == TL_OK)
        memcpy(out, text.ptr, text.len);
    return status;
}

static enum tl_status bin_read(const struct loading *l, const struct tl_yaml_node *node,
                               struct tl_score_feature *feature)
{
    static const char *const keys[] = {"up_to", "points", NULL};
    uint8_t at = feature->bins;
    int64_t points = 0;
    enum tl_status status = tl_yaml_only(&l->doc, node, keys, l->why);

    if (at == TL_SCORE_BINS_MAX)
        return tl_yaml_fail(&l->doc, node, TL_ERR_LIMIT, l->why, "at most %u bins",
                            TL_SCORE_BINS_MAX);
    if (status == TL_OK)
        status = whole(l, node, "points", TL_SCORE_POINTS_MAX, &points);
    if (status == TL_OK && node->next != NULL)
        status = whole(l, node, "up_to", INT64_MAX, &feature->upper[at]);
    else if (status == TL_OK && tl_yaml_get(node, "up_to") != NULL)
        return tl_yaml_fail(&l->doc, node, TL_ERR_ENCODING, l->why,
                            "the last bin takes all that is left: it has no up_to");
    feature->points[at] = (int32_t)points;
    feature->bins++;
    return status;
}

static enum tl_status feature_read(const struct loading *l, const struct tl_yaml_node *node)
{
    static const char *const keys[] = {"name", "bins", NULL};
    const struct tl_yaml_node *bins;
    struct tl_score_feature *feature = &l->card->feature[l->card->features];
    enum tl_status status = tl_yaml_only(&l->doc, node, keys, l->why);

    if (l->card->features == TL_SCORE_FEATURES_MAX)
        return tl_yaml_fail(&l->doc, node, TL_ERR_LIMIT, l->why, "at most %u features",
                            TL_SCORE_FEATURES_MAX);
    l->card->features++;
    if (status == TL_OK)
        status = word(l, node, "name", feature->name);
    if (status == TL_OK)
        status = tl_yaml_need(&l->doc, node, "bins", &bins, l->why);
    if (status == TL_OK)
        status = tl_yaml_kind_is(&l->doc, bins, TL_YAML_LIST, l->why);
    for (const struct tl_yaml_node *at = status == TL_OK ? bins->first : NULL;
         at != NULL && status == TL_OK; at = at->next)
        status = bin_read(l, at, feature);
    return status;
}

static enum tl_status band_read(const struct loading *l, const struct tl_yaml_node *node)
{
    static const char *const keys[] = {"from", "rate_ppm", NULL};
    uint8_t at = l->card->bands;
    int64_t from = 0;
    int64_t rate = 0;
    enum tl_status status = tl_yaml_only(&l->doc, node, keys, l->why);

    if (at == TL_SCORE_BANDS_MAX)
        return tl_yaml_fail(&l->doc, node, TL_ERR_LIMIT, l->why, "at most %u bands",
                            TL_SCORE_BANDS_MAX);
    if (status == TL_OK)
        status = whole(l, node, "rate_ppm", 1000000, &rate);
    if (status == TL_OK && at > 0)
        status = whole(l, node, "from", INT32_MAX, &from);
    if (status == TL_OK && rate < 0)
        return tl_yaml_fail(&l->doc, node, TL_ERR_RANGE, l->why, "a rate is not below 0");
    l->card->band[at] = (struct tl_score_band){(int32_t)from, (uint32_t)rate};
    l->card->bands++;
    return status;
}

static enum tl_status list_read(const struct loading *l, const char *key,
                                enum tl_status (*read)(const struct loading *,
                                                       const struct tl_yaml_node *))
{
    const struct tl_yaml_node *list;
    enum tl_status status = tl_yaml_need(&l->doc, l->doc.root, key, &list, l->why);

    if (status == TL_OK)
        status = tl_yaml_kind_is(&l->doc, list, TL_YAML_LIST, l->why);
    for (const struct tl_yaml_node *at = status == TL_OK ? list->first : NULL;
         at != NULL && status == TL_OK; at = at->next) {
        status = tl_yaml_kind_is(&l->doc, at, TL_YAML_MAP, l->why);
        if (status == TL_OK)
            status = read(l, at);
    }
    return status;
}

static int nibble(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum tl_status validation_read(const struct loading *l)
{
    const struct tl_yaml_node *node = tl_yaml_get(l->doc.root, "validation");

    if (node == NULL)
        return TL_OK;
    for (size_t i = 0; i < TL_HASH_BYTES; i++) {
        int high = node->text.len == 2u * TL_HASH_BYTES ? nibble(node->text.ptr[2u * i]) : -1;
        int low = high >= 0 ? nibble(node->text.ptr[2u * i + 1u]) : -1;

        if (low < 0)
            return tl_yaml_fail(&l->doc, node, TL_ERR_ENCODING, l->why,
                                "a hash is 64 hex digits in lower case");
        l->card->validation.b[i] = (uint8_t)(high << 4 | low);
    }
    return TL_OK;
}

static enum tl_status features_known(const struct loading *l)
{
    for (uint32_t i = 0; i < l->card->features; i++) {
        uint8_t feature;

        if (!tl_name_find(&tl_feature_names, tl_bytes_str(l->card->feature[i].name), &feature) ||
            tl_feature_kind((enum tl_feature)feature) == TL_FEATURE_IS_DATE)
            return tl_why_set(l->why, TL_ERR_ENCODING,
                              "%s: \"%s\" is no number of a case (docs/POLICY.md lists them)",
                              l->doc.name, l->card->feature[i].name);
    }
    return TL_OK;
}

static enum tl_status card_read(const struct loading *l)
{
    static const char *const keys[] = {"scorecard", "version", "base", "validation",
                                       "features",  "bands",   NULL};
    int64_t version = 0;
    int64_t base = 0;
    enum tl_status status = tl_yaml_only(&l->doc, l->doc.root, keys, l->why);

    if (status == TL_OK)
        status = word(l, l->doc.root, "scorecard", l->card->name);
    if (status == TL_OK)
        status = whole(l, l->doc.root, "version", INT32_MAX, &version);
    if (status == TL_OK)
        status = whole(l, l->doc.root, "base", TL_SCORE_POINTS_MAX, &base);
    l->card->version = version > 0 ? (uint32_t)version : 0;
    l->card->base = (int32_t)base;
    if (status == TL_OK)
        status = validation_read(l);
    if (status == TL_OK)
        status = list_read(l, "features", feature_read);
    if (status == TL_OK)
        status = list_read(l, "bands", band_read);
    if (status == TL_OK)
        status = features_known(l);
    if (status == TL_OK && (version < 1 || !tl_scorecard_check(l->card)))
        return tl_why_set(l->why, TL_ERR_RANGE,
                          "%s: this is no scorecard: versions count from 1, bounds and bands "
                          "ascend, names are unique words",
                          l->doc.name);
    return status;
}

enum tl_status tl_scorecard_load(struct tl_scorecard *card, const char *path, struct tl_why *why)
{
    struct loading l = {.card = card, .why = why};
    enum tl_status status = tl_yaml_load(&l.doc, path, why);

    memset(card, 0, sizeof *card);
    if (status != TL_OK)
        return status;
    status = tl_yaml_kind_is(&l.doc, l.doc.root, TL_YAML_MAP, why);
    if (status == TL_OK)
        status = card_read(&l);
    tl_yaml_free(&l.doc);
    return status;
}
