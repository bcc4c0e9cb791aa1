/* Taking a case out of the state and putting it back. */
#include "run.h"

#include "tl/check.h"

#include <string.h>

static void unpack_lists(struct work *w)
{
    struct tl_list list = w->c.disputes;
    struct tl_rule_use use;

    for (uint32_t i = 0; i < TL_CASE_DISPUTES_MAX; i++) {
        if (!tl_list_next(&list, &tl_open_dispute_record, &w->dispute[i]))
            break;
    }
    memset(w->use, 0, sizeof w->use);
    list = w->c.rules;
    while (tl_list_next(&list, &tl_rule_use_record, &use))
        w->use[use.rule] = use;
    tl_facets_read(&w->facets, w->c.facets);
}

void work_load(struct run *r, struct work *w, const struct tl_id *id, bool *found)
{
    struct tl_state_key key = tl_key_case(id);
    struct tl_bytes value;
    enum tl_status status = tl_overlay_get(r->state, tl_state_key_bytes(&key), &value);

    *found = false;
    if (status == TL_ERR_NOT_FOUND)
        return;
    if (status == TL_OK && value.len > sizeof w->bytes)
        status = TL_ERR_CORRUPT;
    if (status == TL_OK) {
        memcpy(w->bytes, value.ptr, value.len);
        status = tl_case_decode(&w->c, tl_bytes(w->bytes, value.len));
    }
    if (status != TL_OK) {
        fail(r, status == TL_ERR_STORE ? status : TL_ERR_CORRUPT);
        return;
    }
    unpack_lists(w);
    w->fresh = false;
    w->indexed_due = w->c.next_due;
    w->policy = policy_cached(r, &w->c.policy);
    *found = w->policy != NULL;
    TL_INVARIANT(!*found || work_ok(w));
}

/* A rule of the policy never fired more often than it may, by timer. */
static bool uses_ok(const struct work *w)
{
    for (uint32_t i = 0; i < w->policy->rule_count; i++) {
        const struct tl_rule *rule = &w->policy->rule[i];

        if (rule->times != 0 && w->use[i].fires > rule->times)
            return false;
    }
    return true;
}

bool work_ok(const struct work *w)
{
    uint32_t disputed = 0;

    if (w->c.disputes.count > TL_CASE_DISPUTES_MAX || w->policy == NULL || !uses_ok(w))
        return false;
    for (uint32_t i = 0; i < w->c.disputes.count; i++)
        disputed |= 1u << w->dispute[i].hold;
    return tl_case_fault_with(&w->c, disputed) == NULL;
}

static bool use_is_empty(const struct tl_rule_use *use)
{
    return use->reviews == 0 && use->fires == 0;
}

static void pack_lists(struct work *w)
{
    struct tl_buf buf = tl_buf(w->lists, sizeof w->lists);
    struct tl_buf half = tl_buf(w->facet, sizeof w->facet / 2);
    struct tl_buf rest = tl_buf(w->facet + half.cap, sizeof w->facet / 2);
    uint32_t open = w->c.disputes.count;

    w->c.disputes = (struct tl_list){TL_BYTES_NONE, 0};
    for (uint32_t i = 0; i < open; i++)
        tl_list_add(&w->c.disputes, &buf, &tl_open_dispute_record, &w->dispute[i]);
    w->c.rules = (struct tl_list){TL_BYTES_NONE, 0};
    for (uint32_t i = 0; i < TL_RULES_MAX; i++) {
        w->use[i].rule = (uint8_t)i;
        if (!use_is_empty(&w->use[i]))
            tl_list_add(&w->c.rules, &buf, &tl_rule_use_record, &w->use[i]);
    }
    w->c.facets = tl_facets_write(&w->facets, &half, &rest);
    TL_CHECK(!buf.full);
}

static void index_due(struct run *r, struct work *w)
{
    static const uint8_t mark = 1;
    struct tl_state_key key;

    if (w->c.next_due == w->indexed_due)
        return;
    if (w->indexed_due != TL_DATE_NONE) {
        key = tl_key_due(w->indexed_due, &w->c.id);
        fail(r, tl_overlay_put(r->state, tl_state_key_bytes(&key), TL_BYTES_NONE));
    }
    if (w->c.next_due != TL_DATE_NONE) {
        key = tl_key_due(w->c.next_due, &w->c.id);
        fail(r, tl_overlay_put(r->state, tl_state_key_bytes(&key), tl_bytes(&mark, 1)));
    }
    w->indexed_due = w->c.next_due;
}

void work_store(struct run *r, struct work *w)
{
    struct tl_buf out = tl_buf(w->out, sizeof w->out);
    struct tl_state_key key = tl_key_case(&w->c.id);

    w->c.next_due = timers_next(w);
    /* Nothing of a closed day is left: a slice never looks there again. */
    TL_CHECK(w->c.next_due == TL_DATE_NONE || w->c.next_due > r->clock.closed_on);
    pack_lists(w);
    TL_CHECK(tl_case_fault(&w->c) == NULL);
    tl_record_write(&tl_case_record, &w->c, &out);
    TL_CHECK(!out.full);
    index_due(r, w);
    fail(r, tl_overlay_put(r->state, tl_state_key_bytes(&key), tl_buf_bytes(&out)));
    w->fresh = false;
    if (r->k->watch != NULL && r->k->watch->stored != NULL)
        r->k->watch->stored(r->k->watch->host, &w->c);
}

/* When there is no more room the oldest reference makes place: a case with
 * thousands of entries is not one anybody imports twice. */
void work_add_ref(struct work *w, const uint8_t ref[TL_CASE_REF_BYTES])
{
    struct tl_bytes old = w->c.refs;
    size_t len;

    if (old.len == sizeof w->refs)
        old = tl_bytes(old.ptr + TL_CASE_REF_BYTES, old.len - TL_CASE_REF_BYTES);
    len = old.len;
    if (len != 0)
        memmove(w->refs, old.ptr, len);
    memcpy(w->refs + len, ref, TL_CASE_REF_BYTES);
    w->c.refs = tl_bytes(w->refs, len + TL_CASE_REF_BYTES);
}

/* A policy never changes under its hash, so what is cached stays true whatever
 * overlay is looked at. */
const struct tl_policy *policy_cached(struct run *r, const struct tl_hash *hash)
{
    struct policy_slot *oldest = &r->k->policy[0];
    enum tl_status status;

    for (uint32_t i = 0; i < POLICY_SLOTS; i++) {
        struct policy_slot *slot = &r->k->policy[i];

        if (slot->used != 0 && tl_hash_eq(&slot->hash, hash)) {
            slot->used = ++r->k->policy_clock;
            return &slot->policy;
        }
        if (slot->used < oldest->used)
            oldest = slot;
    }
    oldest->used = 0;
    status = tl_policy_load(&oldest->policy, r->state, hash);
    if (status != TL_OK) {
        fail(r, status == TL_ERR_STORE ? status : TL_ERR_CORRUPT);
        return NULL;
    }
    oldest->hash = *hash;
    oldest->used = ++r->k->policy_clock;
    return &oldest->policy;
}

void put_record(struct run *r, const struct tl_state_key *key, const struct tl_record *record,
                const void *value)
{
    struct tl_buf out = tl_buf(r->k->value, sizeof r->k->value);

    tl_record_write(record, value, &out);
    TL_CHECK(!out.full);
    if (r->status == TL_OK)
        fail(r, tl_overlay_put(r->state, tl_state_key_bytes(key), tl_buf_bytes(&out)));
}
