#include "import.h"

#include "tl/case.h"

#include "mem.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

#define CASES_PER_QUESTION 512u

enum tl_status tl_business_date(struct tl_client *client, int32_t *closed_on, struct tl_why *why)
{
    struct tl_node_status status;
    struct tl_exchange exchange = {TL_METHOD_STATUS, NULL, NULL, &tl_node_status_record, &status};
    enum tl_status result = tl_client_call(client, &exchange, why);

    *closed_on = result == TL_OK ? status.business_date : TL_DATE_NONE;
    return result;
}

/* ---- what the ledger has already ---- */

struct by_case {
    const struct tl_batch *batch;
    uint32_t *index; /* of items, ordered by case */
};

static int compare_cases(const struct tl_batch *batch, uint32_t a, uint32_t b)
{
    return memcmp(batch->item[a].case_id.b, batch->item[b].case_id.b, TL_ID_BYTES);
}

/* Heap sort: the order needs the batch, which qsort has no place for. */
static void sift(const struct by_case *all, size_t root, size_t end)
{
    for (;;) {
        size_t child = 2u * root + 1u;
        uint32_t swap;

        if (child >= end)
            return;
        if (child + 1u < end &&
            compare_cases(all->batch, all->index[child], all->index[child + 1u]) < 0)
            child++;
        if (compare_cases(all->batch, all->index[root], all->index[child]) >= 0)
            return;
        swap = all->index[root];
        all->index[root] = all->index[child];
        all->index[child] = swap;
        root = child;
    }
}

static void sort_by_case(const struct by_case *all)
{
    size_t n = all->batch->count;

    for (size_t i = n / 2u; i-- > 0;)
        sift(all, i, n);
    for (size_t end = n; end > 1u; end--) {
        uint32_t last = all->index[end - 1u];

        all->index[end - 1u] = all->index[0];
        all->index[0] = last;
        sift(all, 0, end - 1u);
    }
}

static bool holds_ref(struct tl_bytes refs, const uint8_t ref[TL_CASE_REF_BYTES])
{
    for (size_t at = 0; at + TL_CASE_REF_BYTES <= refs.len; at += TL_CASE_REF_BYTES)
        if (memcmp(refs.ptr + at, ref, TL_CASE_REF_BYTES) == 0)
            return true;
    return false;
}

/* Marks the items [from, to) of one case that the case has seen. */
static void mark_known(struct tl_batch *batch, const struct by_case *all, size_t from, size_t to,
                       struct tl_bytes refs, uint32_t member)
{
    for (size_t i = from; i < to; i++) {
        struct tl_batch_item *item = &batch->item[all->index[i]];
        uint8_t ref[TL_CASE_REF_BYTES];
        struct tl_entry entry;

        if (item->known != 0 || tl_record_decode(&tl_entry_record, &entry,
                                                 tl_batch_entry(batch, all->index[i])) != TL_OK)
            continue;
        tl_case_ref(ref, member, entry.type, entry.ext_ref);
        if (holds_ref(refs, ref)) {
            item->known = 1;
            batch->known++;
        }
    }
}

static size_t case_end(const struct by_case *all, size_t from)
{
    size_t to = from + 1u;

    while (to < all->batch->count &&
           compare_cases(all->batch, all->index[from], all->index[to]) == 0)
        to++;
    return to;
}

/* Asks about up to CASES_PER_QUESTION cases from `from` on; gives where the
 * answered ones end. */
static enum tl_status ask_refs(struct tl_client *client, struct tl_batch *batch,
                               const struct by_case *all, size_t *from, struct tl_why *why)
{
    uint8_t memory[CASES_PER_QUESTION * (TL_ID_BYTES + 4u)];
    struct tl_buf buf = tl_buf(memory, sizeof memory);
    struct tl_refs_query query = {0};
    struct tl_refs_reply reply;
    struct tl_case_refs refs;
    struct tl_exchange exchange = {TL_METHOD_REFS, &tl_refs_query_record, &query,
                                   &tl_refs_reply_record, &reply};
    uint32_t place = 0;
    enum tl_status status = tl_client_place(client, &place, why);

    if (status != TL_OK)
        return status;
    for (size_t at = *from; at < batch->count && query.cases.count < CASES_PER_QUESTION;
         at = case_end(all, at)) {
        struct tl_case_id id = {batch->item[all->index[at]].case_id};

        tl_list_add(&query.cases, &buf, &tl_case_id_record, &id);
    }
    query.cases.raw = tl_buf_bytes(&buf);
    status = tl_client_call(client, &exchange, why);
    if (status == TL_OK && reply.cases.count == 0)
        status = tl_why_set(why, TL_ERR_ENCODING, "the node answered about no case");
    while (status == TL_OK && *from < batch->count &&
           tl_list_next(&reply.cases, &tl_case_refs_record, &refs)) {
        size_t to = case_end(all, *from);

        mark_known(batch, all, *from, to, refs.refs, place);
        *from = to;
    }
    return status;
}

static enum tl_status mark_all_known(struct tl_batch *batch, struct tl_client *client,
                                     struct tl_why *why)
{
    struct by_case all = {batch, tl_mem_new(batch->count, sizeof(uint32_t))};
    struct tl_progress progress;
    enum tl_status status = TL_OK;

    for (size_t i = 0; i < batch->count; i++)
        all.index[i] = (uint32_t)i;
    sort_by_case(&all);
    tl_progress_start(&progress, "asking what is recorded", batch->count);
    for (size_t from = 0; from < batch->count && status == TL_OK;) {
        status = ask_refs(client, batch, &all, &from, why);
        tl_progress_step(&progress, from);
    }
    tl_progress_end(&progress);
    tl_mem_free(all.index);
    return status;
}

/* ---- sending ---- */

static enum tl_status day_close(struct tl_submitter *s, int32_t date, struct tl_why *why)
{
    uint8_t memory[128];
    struct tl_buf buf = tl_buf(memory, sizeof memory);
    struct tl_body_day day = {date};
    struct tl_entry entry = {.type = TL_ENTRY_DAY_CLOSE, .value_date = date};

    if (!tl_entry_encode(&buf, &entry, &day))
        return tl_why_set(why, TL_ERR_RANGE, "the calendar ends here");
    return tl_submitter_add(s, tl_buf_bytes(&buf), why);
}

static enum tl_status days_until(struct tl_submitter *s, int32_t until,
                                 struct tl_import_result *result, struct tl_why *why)
{
    enum tl_status status = TL_OK;

    while (result->closed_on < until && status == TL_OK) {
        status = day_close(s, result->closed_on + 1, why);
        if (status == TL_OK) {
            result->closed_on++;
            result->days++;
        }
    }
    return status;
}

static enum tl_status send_all(struct tl_submitter *s, const struct tl_batch *batch,
                               const struct tl_import_plan *plan, struct tl_import_result *result,
                               struct tl_why *why)
{
    int32_t last = batch->count > 0 ? batch->item[batch->count - 1u].date : result->closed_on;
    struct tl_progress progress;
    enum tl_status status = TL_OK;

    tl_progress_start(&progress, "sending entries", batch->count);
    for (size_t i = 0; i < batch->count && status == TL_OK; i++) {
        if (batch->item[i].known != 0)
            continue;
        if (plan->close_days)
            status = days_until(s, batch->item[i].date - 1, result, why);
        if (status == TL_OK)
            status = tl_submitter_add(s, tl_batch_entry(batch, i), why);
        result->sent += status == TL_OK ? 1u : 0u;
        tl_progress_step(&progress, i);
    }
    if (status == TL_OK && plan->close_days)
        status = days_until(s, plan->has_until ? plan->until : last, result, why);
    if (status == TL_OK)
        status = tl_submitter_flush(s, why);
    tl_progress_end(&progress);
    return status;
}

/* One pass: what the ledger does not have yet.  *again: some of it was deferred. */
static enum tl_status pass(struct tl_submitter *s, struct tl_batch *batch,
                           const struct tl_import_plan *plan, struct tl_import_result *result,
                           bool *again, struct tl_why *why)
{
    uint64_t before = tl_submitter_counts(s)->deferred;
    uint64_t deferred;
    enum tl_status status = tl_business_date(plan->client, &result->closed_on, why);

    if (status == TL_OK)
        status = mark_all_known(batch, plan->client, why);
    if (status == TL_OK)
        status = send_all(s, batch, plan, result, why);
    deferred = tl_submitter_counts(s)->deferred - before;
    *again = status == TL_OK && deferred > 0;
    result->deferred += deferred;
    return status;
}

enum tl_status tl_import_run(struct tl_import_result *result, struct tl_batch *batch,
                             const struct tl_import_plan *plan, struct tl_why *why)
{
    struct tl_submitter *s = NULL;
    uint64_t start_ms = tl_monotonic_ms();
    uint64_t known = 0;
    bool again = true;
    enum tl_status status;

    *result = (struct tl_import_result){0};
    /* First the sequence: it waits for what an interrupted run left behind. */
    status = tl_submitter_open(&s, plan->client, plan->batch, why);
    if (status == TL_OK)
        tl_submitter_promises(s, plan->promises);
    for (uint32_t i = 0; again && status == TL_OK; i++) {
        status = pass(s, batch, plan, result, &again, why);
        /* A later pass also finds what an earlier one has sent. */
        known = i == 0 ? batch->known : known;
    }
    if (status == TL_OK)
        status = tl_people_send(&batch->people, plan->client, &result->people, why);
    batch->known = known;
    result->sent -= result->deferred < result->sent ? result->deferred : result->sent;
    if (s != NULL)
        result->submitted = *tl_submitter_counts(s);
    result->time_ms = tl_monotonic_ms() - start_ms;
    tl_submitter_close(s);
    return status;
}

enum tl_status tl_days_close(struct tl_client *client, int32_t until, uint64_t *days,
                             struct tl_why *why)
{
    struct tl_submitter *s = NULL;
    struct tl_import_result result = {0};
    enum tl_status status = tl_submitter_open(&s, client, 512, why);

    if (status == TL_OK)
        status = tl_business_date(client, &result.closed_on, why);
    if (status == TL_OK)
        status = days_until(s, until, &result, why);
    if (status == TL_OK)
        status = tl_submitter_flush(s, why);
    *days = result.days;
    tl_submitter_close(s);
    return status;
}
