/* The vault's thread.  A job touches its own fields and the store, nothing of the
 * loop's. */
#include "vault.h"

#include "tl/clock.h"

#include <stdlib.h>
#include <string.h>

/* Keys lie in two directories: vault_keys.h. */
#define KEY_COPIES 2u
/* How long data may wait for its VAULT_PUT to be sent. */
#define UNHEARD_S 86400u
#define LOG_PAGE  ((size_t)1 << 20)

struct tl_vault_job *tl_vault_job_new(struct tl_vault_store *store, enum tl_vault_task task)
{
    struct tl_vault_job *job = calloc(1, sizeof *job);

    if (job == NULL)
        return NULL;
    job->job.run = tl_vault_job_run;
    job->store = store;
    job->task = task;
    return job;
}

bool tl_vault_job_input(struct tl_vault_job *job, struct tl_bytes bytes)
{
    job->input = malloc(bytes.len + 1);
    if (job->input == NULL)
        return false;
    if (bytes.len > 0)
        memcpy(job->input, bytes.ptr, bytes.len);
    job->input_len = bytes.len;
    return true;
}

void tl_vault_job_free(struct tl_vault_job *job)
{
    if (job == NULL)
        return;
    if (job->input != NULL)
        tl_wipe(job->input, job->input_len);
    if (job->out != NULL)
        tl_wipe(job->out, job->result.len);
    free(job->input);
    free(job->out);
    free(job->versions);
    free(job);
}

static bool room(struct tl_vault_job *job, size_t bytes)
{
    job->out = malloc(bytes);
    job->result = tl_buf(job->out, bytes);
    return job->out != NULL;
}

static enum tl_status put(struct tl_vault_job *job)
{
    uint8_t *memory = malloc((size_t)TL_VAULT_ITEMS_MAX * 64u);
    struct tl_buf list = tl_buf(memory, (size_t)TL_VAULT_ITEMS_MAX * 64u);
    struct tl_vault_kept_list reply = {{TL_BYTES_NONE, 0}};
    struct tl_vault_put question;
    struct tl_vault_item item;
    enum tl_status st =
        memory == NULL || !room(job, (size_t)TL_VAULT_ITEMS_MAX * 64u) ? TL_ERR_NO_MEMORY : TL_OK;

    if (st == TL_OK)
        st =
            tl_record_decode(&tl_vault_put_record, &question, tl_bytes(job->input, job->input_len));
    for (uint32_t i = 0; st == TL_OK && tl_list_next(&question.items, &tl_vault_item_record, &item);
         i++) {
        struct tl_vault_kept kept = {.case_id = item.case_id, .version = job->versions[i]};

        st = tl_vault_store_put(job->store, &item.case_id, kept.version, item.fields,
                                &kept.commitment);
        if (st == TL_OK)
            tl_list_add(&reply.kept, &list, &tl_vault_kept_record, &kept);
    }
    if (st == TL_OK)
        tl_record_write(&tl_vault_kept_list_record, &reply, &job->result);
    free(memory);
    return st;
}

/* What the state forbids is not even looked for; every attempt is logged, and no
 * answer leaves before its record is durable. */
static enum tl_status read_one(struct tl_vault_job *job)
{
    enum tl_status st = job->verdict;
    enum tl_status logged;

    if (st == TL_OK && !room(job, TL_VAULT_RECORD_BYTES + TL_VAULT_OVERHEAD))
        st = TL_ERR_NO_MEMORY;
    if (st == TL_OK)
        st = tl_vault_store_read(job->store, &job->case_id, &job->commitment, &job->result);
    job->access.status = (uint8_t)st;
    job->access.purpose.ptr = (const uint8_t *)job->purpose;
    logged = tl_access_log_add(tl_vault_store_log(job->store), &job->access);
    return logged == TL_OK ? st : logged;
}

static bool selects(const struct tl_vault_job *job, const struct tl_access *access)
{
    return tl_id_is_zero(&job->case_id) ||
           memcmp(job->case_id.b, access->case_id.b, TL_ID_BYTES) == 0;
}

static enum tl_status log_page(struct tl_vault_job *job)
{
    uint8_t *memory = malloc(LOG_PAGE);
    struct tl_buf list = tl_buf(memory, LOG_PAGE);
    struct tl_vault_log_page page = {.next = job->from};
    uint8_t bytes[TL_ACCESS_BYTES_MAX];
    struct tl_access access;

    if (memory == NULL || !room(job, LOG_PAGE + 64)) {
        free(memory);
        return TL_ERR_NO_MEMORY;
    }
    while (tl_access_log_next(tl_vault_store_log(job->store), &page.next, bytes, &access)) {
        if (selects(job, &access))
            tl_list_add(&page.reads, &list, &tl_access_record, &access);
        page.more = page.reads.count >= job->limit;
        if (page.more)
            break;
    }
    tl_record_write(&tl_vault_log_page_record, &page, &job->result);
    free(memory);
    return job->result.full ? TL_ERR_LIMIT : TL_OK;
}

static enum tl_status destroyed(struct tl_vault_job *job)
{
    struct tl_vault_destroyed body = {job->commitment, tl_clock_wall_ms(), KEY_COPIES};
    struct tl_vault_slot slot;
    enum tl_status st = tl_vault_store_destroy(job->store, &job->case_id, NULL, 0, &job->gone);

    if (st == TL_OK && tl_vault_keys_find(tl_vault_store_keys(job->store), &job->case_id, 0, &slot))
        st = TL_ERR_CONFLICT;
    if (st == TL_OK && !room(job, 128))
        st = TL_ERR_NO_MEMORY;
    if (st == TL_OK)
        tl_record_write(&tl_vault_destroyed_record, &body, &job->result);
    return st;
}

static enum tl_status follow(struct tl_vault_job *job)
{
    struct tl_vault_keys *keys = tl_vault_store_keys(job->store);
    struct tl_vault_slot slot;

    if (job->unheard)
        return tl_vault_store_expire(job->store, &job->case_id,
                                     tl_clock_wall_ms() / 1000u - UNHEARD_S, &job->gone);
    if (!job->entitled)
        return tl_vault_store_destroy(job->store, &job->case_id, NULL, 0, &job->gone);
    for (uint32_t nth = 0; !job->held && tl_vault_keys_find(keys, &job->case_id, nth, &slot);
         nth++) {
        job->held = memcmp(slot.mark, job->commitment.b, sizeof slot.mark) == 0;
        job->acked = slot.acked;
    }
    /* Until the new version is here the old one is better than none. */
    if (!job->held)
        return TL_OK;
    return tl_vault_store_destroy(job->store, &job->case_id, &job->commitment, job->version,
                                  &job->gone);
}

static enum tl_status take(struct tl_vault_job *job)
{
    uint8_t sealed[TL_VAULT_SEALED_BYTES];

    if (tl_vault_keys_get(tl_vault_store_keys(job->store), &job->case_id, job->commitment.b,
                          sealed) == TL_OK)
        return TL_OK; /* said again: its acknowledgement was lost */
    return tl_vault_store_take(job->store, &job->case_id, &job->commitment,
                               tl_bytes(job->input, job->input_len));
}

static enum tl_status wrap(struct tl_vault_job *job)
{
    if (!room(job, TL_VAULT_BLOB_BYTES + 256))
        return TL_ERR_NO_MEMORY;
    return tl_vault_store_wrap(job->store, &job->case_id, &job->commitment, &job->to, &job->result);
}

enum tl_status tl_vault_job_run(struct tl_job *base)
{
    struct tl_vault_job *job = (struct tl_vault_job *)base;

    switch (job->task) {
    case TL_VAULT_TASK_PUT:
        return put(job);
    case TL_VAULT_TASK_READ:
        return read_one(job);
    case TL_VAULT_TASK_NOTE:
        job->access.purpose.ptr = (const uint8_t *)job->purpose;
        return tl_access_log_add(tl_vault_store_log(job->store), &job->access);
    case TL_VAULT_TASK_LOG:
        return log_page(job);
    case TL_VAULT_TASK_DESTROYED:
        return destroyed(job);
    case TL_VAULT_TASK_FOLLOW:
        return follow(job);
    case TL_VAULT_TASK_WRAP:
        return wrap(job);
    case TL_VAULT_TASK_TAKE:
        return take(job);
    case TL_VAULT_TASK_ACK:
        return tl_vault_keys_ack(tl_vault_store_keys(job->store), &job->case_id, job->commitment.b,
                                 job->member);
    }
    return TL_ERR_USAGE;
}
