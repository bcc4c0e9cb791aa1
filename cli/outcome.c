#include "outcome.h"

#include "tl/entry.h"
#include "tl/replay.h"

/* The type of the decision a leaf is, with its finding; 0: no such decision. */
static uint16_t finding_at(struct tl_client *client, uint64_t index,
                           struct tl_body_finding *finding)
{
    struct tl_leaf_query query = {index};
    struct tl_leaf_item item;
    struct tl_exchange exchange = {TL_METHOD_LEAF, &tl_leaf_query_record, &query,
                                   &tl_leaf_item_record, &item};
    struct tl_why why = {""};
    struct tl_leaf leaf;
    struct tl_decision decision;

    if (tl_client_call(client, &exchange, &why) != TL_OK ||
        tl_record_decode(&tl_leaf_record, &leaf, item.leaf) != TL_OK ||
        leaf.kind != TL_LEAF_DECISION ||
        tl_record_decode(&tl_decision_record, &decision, leaf.bytes) != TL_OK ||
        tl_record_decode(&tl_body_finding_record, finding, decision.body) != TL_OK)
        return 0;
    return decision.type;
}

enum tl_status tl_outcome_denied(struct tl_client *client, const struct tl_submitted_counts *done,
                                 struct tl_why *why)
{
    for (uint64_t i = 1; i < done->leaves; i++) {
        struct tl_body_finding finding;

        if (finding_at(client, done->first_leaf + i, &finding) == TL_DECISION_DENIED)
            return tl_why_set(why, TL_ERR_REFUSED, "%.*s", (int)finding.why.len,
                              (const char *)finding.why.ptr);
    }
    return TL_OK;
}

/* Deferred entries are the last of their envelope, each followed at once by its
 * decision, so how many there are is found by halving. */
uint64_t tl_outcome_deferred(struct tl_client *client, const struct tl_submitted *done,
                             uint32_t entries)
{
    uint64_t few = 0;
    uint64_t many = done->leaves / 2u < entries ? done->leaves / 2u : entries;
    uint64_t last = done->first_leaf + done->leaves - 1u;

    while (few < many) {
        uint64_t middle = few + (many - few + 1u) / 2u;
        struct tl_body_finding finding;

        if (finding_at(client, last - 2u * (middle - 1u), &finding) == TL_DECISION_DEFERRED)
            few = middle;
        else
            many = middle - 1u;
    }
    return few;
}
