/* What clients ask of a vault.  See vault.h. */
#include "vault.h"

#include "node.h"

#include "tl/clock.h"
#include "tl/logline.h"

#include <stdlib.h>
#include <string.h>

/* Jobs that may wait for the vault's thread: more is back-pressure. */
#define JOBS_MAX 4096u

static enum tl_status settle(void *host)
{
    return tl_vault_store_settle(host);
}

enum tl_status tl_vaults_open(struct tl_node *node, struct tl_why *why)
{
    struct tl_vault_store_plan plan = {node->config.vault.text, node->config.vault_keys_a.text,
                                       node->config.vault_keys_b.text, &node->vault_key};
    struct tl_workers_plan thread = {
        .threads = 1, .report_to = node->mailbox, .report_as = TL_MAIL_VAULT, .settle = settle};
    struct tl_vaults *v;
    enum tl_status st;

    if (plan.dir[0] == '\0')
        return TL_OK;
    v = calloc(1, sizeof *v);
    if (v == NULL)
        return tl_why_set(why, TL_ERR_NO_MEMORY, "no memory for the vault");
    node->vaults = v;
    st = tl_vault_store_open(&v->store, &plan, why);
    if (st != TL_OK)
        return st;
    thread.host = v->store;
    v->thread = tl_workers_new(&thread);
    if (v->thread == NULL)
        return tl_why_set(why, TL_ERR_NO_MEMORY, "no thread for the vault");
    v->sweeping = true;
    v->followed = tl_chain_tip(node->chain)->log_size;
    tl_log(TL_LOG_INFO, "vault-open",
           tl_log_uint("keys", tl_vault_keys_count(tl_vault_store_keys(v->store))));
    return TL_OK;
}

void tl_vaults_stop(struct tl_node *node)
{
    if (node->vaults != NULL && node->vaults->thread != NULL)
        tl_workers_stop(node->vaults->thread);
}

void tl_vaults_close(struct tl_node *node)
{
    struct tl_vaults *v = node->vaults;

    if (v == NULL)
        return;
    tl_workers_free(v->thread);
    tl_vaults_forget(v);
    tl_vault_store_close(v->store);
    free(v);
    node->vaults = NULL;
}

bool tl_vaults_give(struct tl_vaults *v, struct tl_vault_job *job)
{
    if (job != NULL && tl_workers_busy(v->thread) < JOBS_MAX &&
        tl_workers_give(v->thread, &job->job))
        return true;
    tl_vault_job_free(job);
    return false;
}

bool tl_vault_method(enum tl_method method)
{
    return method >= TL_METHOD_VAULT_PUT && method <= TL_METHOD_VAULT_DESTROYED;
}

/* ---- requests ---------------------------------------------------------- */

struct ask { /* one request, and where its answer goes */
    struct tl_node *node;
    const struct tl_request *request;
    const struct tl_author *author;
    uint64_t conversation;
};

static void refuse(const struct ask *a, enum tl_status st, const char *why)
{
    struct tl_reply reply = {.nonce = a->request->nonce,
                             .status = (uint8_t)st,
                             .reason = tl_bytes_str(why),
                             .retry_ms = st == TL_ERR_FULL ? TL_API_RETRY_MS : 0};

    tl_answer(a->node, a->conversation, &reply);
}

static void give(const struct ask *a, struct tl_vault_job *job)
{
    if (job != NULL) {
        job->conversation = a->conversation;
        job->nonce = a->request->nonce;
    }
    if (!tl_vaults_give(a->node->vaults, job))
        refuse(a, TL_ERR_FULL, "the vault is busy; try again shortly");
}

static struct tl_access access_of(const struct ask *a, const struct tl_id *case_id)
{
    return (struct tl_access){.time_ms = tl_clock_wall_ms(),
                              .key = a->request->key,
                              .member = (uint8_t)a->author->member,
                              .method = a->request->method,
                              .case_id = *case_id};
}

static bool is_entitled(const struct tl_vault *vault, uint32_t member)
{
    return vault->stage == TL_VAULT_OPEN && (vault->entitled >> member & 1u) != 0;
}

/* Versions follow from the state; a case that is not there yet begins with 1. */
static enum tl_status plan_versions(struct tl_node *node, struct tl_vault_job *job)
{
    struct tl_vault_put question;
    struct tl_vault_item item;
    struct tl_vault vault;
    enum tl_status st =
        tl_record_decode(&tl_vault_put_record, &question, tl_bytes(job->input, job->input_len));

    if (st != TL_OK)
        return st;
    job->versions = calloc(question.items.count + 1u, sizeof *job->versions);
    if (job->versions == NULL)
        return TL_ERR_NO_MEMORY;
    for (uint32_t i = 0; tl_list_next(&question.items, &tl_vault_item_record, &item); i++) {
        st = tl_vault_load(&vault, tl_chain_state(node->chain), &item.case_id);
        if (st != TL_OK && st != TL_ERR_NOT_FOUND)
            return st;
        if (st == TL_OK && !is_entitled(&vault, node->self))
            return TL_ERR_DENIED;
        job->versions[i] = st == TL_OK ? vault.version + 1u : 1u;
    }
    return TL_OK;
}

static void ask_put(const struct ask *a)
{
    struct tl_vault_job *job = tl_vault_job_new(a->node->vaults->store, TL_VAULT_TASK_PUT);
    enum tl_status st = TL_ERR_NO_MEMORY;

    if (job != NULL && tl_vault_job_input(job, a->request->body))
        st = plan_versions(a->node, job);
    if (st == TL_OK) {
        give(a, job);
        return;
    }
    tl_vault_job_free(job);
    refuse(a, st,
           st == TL_ERR_DENIED ? "this member is not entitled to the data of one of the cases"
                               : tl_status_text(st));
}

static void ask_get(const struct ask *a)
{
    struct tl_vault_query q;
    struct tl_vault vault;
    struct tl_vault_job *job;
    enum tl_status st = tl_record_decode(&tl_vault_query_record, &q, a->request->body);

    if (st != TL_OK || !tl_access_purpose_ok(q.purpose)) {
        refuse(a, TL_ERR_USAGE, "a read needs a case and a purpose: a word of a-z 0-9 - _");
        return;
    }
    job = tl_vault_job_new(a->node->vaults->store, TL_VAULT_TASK_READ);
    if (job == NULL) {
        refuse(a, TL_ERR_NO_MEMORY, tl_status_text(TL_ERR_NO_MEMORY));
        return;
    }
    st = tl_vault_load(&vault, tl_chain_state(a->node->chain), &q.case_id);
    if (st == TL_OK && !is_entitled(&vault, a->node->self))
        st = TL_ERR_DENIED;
    job->case_id = q.case_id;
    job->commitment = vault.commitment;
    job->verdict = st;
    job->access = access_of(a, &q.case_id);
    memcpy(job->purpose, q.purpose.ptr, q.purpose.len);
    job->access.purpose = tl_bytes(job->purpose, q.purpose.len);
    give(a, job);
}

static void ask_log(const struct ask *a)
{
    struct tl_vault_log_query q;
    struct tl_vault_job *job;

    if (tl_record_decode(&tl_vault_log_query_record, &q, a->request->body) != TL_OK) {
        refuse(a, TL_ERR_ENCODING, tl_status_text(TL_ERR_ENCODING));
        return;
    }
    job = tl_vault_job_new(a->node->vaults->store, TL_VAULT_TASK_LOG);
    if (job != NULL) {
        job->case_id = q.case_id;
        job->from = q.from;
        job->limit = q.limit == 0 ? 4096 : q.limit;
    }
    give(a, job);
}

static void ask_destroyed(const struct ask *a)
{
    struct tl_case_id q;
    struct tl_vault vault;
    struct tl_vault_job *job;
    enum tl_status st = tl_record_decode(&tl_case_id_record, &q, a->request->body);

    if (st == TL_OK)
        st = tl_vault_load(&vault, tl_chain_state(a->node->chain), &q.case_id);
    if (st == TL_OK && (tl_vault_missing(&vault) >> a->node->self & 1u) == 0)
        st = TL_ERR_REFUSED;
    if (st != TL_OK) {
        refuse(a, st,
               st == TL_ERR_REFUSED ? "no attestation of this member is wanting for the case"
                                    : tl_status_text(st));
        return;
    }
    job = tl_vault_job_new(a->node->vaults->store, TL_VAULT_TASK_DESTROYED);
    if (job != NULL) {
        job->case_id = q.case_id;
        job->commitment = vault.commitment;
    }
    give(a, job);
}

void tl_vaults_request(struct tl_node *node, const struct tl_verify_job *check,
                       const struct tl_author *author)
{
    struct ask a = {node, &check->request, author, check->mail->number};

    if (node->vaults == NULL)
        refuse(&a, TL_ERR_REFUSED, "this node keeps no vault");
    else if (check->request.method == TL_METHOD_VAULT_PUT)
        ask_put(&a);
    else if (check->request.method == TL_METHOD_VAULT_GET)
        ask_get(&a);
    else if (check->request.method == TL_METHOD_VAULT_LOG)
        ask_log(&a);
    else
        ask_destroyed(&a);
    /* The question may have held personal data. */
    tl_wipe(check->mail->bytes, check->mail->len);
}

void tl_vaults_note(struct tl_node *node, const struct tl_access *access)
{
    struct tl_vault_job *job;

    if (node->vaults == NULL)
        return;
    job = tl_vault_job_new(node->vaults->store, TL_VAULT_TASK_NOTE);
    if (job != NULL) {
        job->access = *access;
        if (access->purpose.len > 0)
            memcpy(job->purpose, access->purpose.ptr, access->purpose.len);
    }
    if (!tl_vaults_give(node->vaults, job))
        tl_log(TL_LOG_ODD, "read-not-logged", tl_log_uint("method", access->method),
               tl_log_uint("member", access->member));
}

/* ---- answers ----------------------------------------------------------- */

static const char *why_of(const struct tl_vault_job *job, enum tl_status st)
{
    if (st == TL_ERR_DENIED)
        return "this member has no custody of the case; the attempt is logged";
    if (st == TL_ERR_NOT_FOUND && job->verdict != TL_OK)
        return "the case has no personal data";
    if (st == TL_ERR_NOT_FOUND)
        return "the data has not been delivered to this member yet";
    if (st == TL_ERR_CONFLICT)
        return "a key of the case is still there; try again";
    return tl_status_text(st);
}

static void answer(struct tl_node *node, const struct tl_vault_job *job, enum tl_status st)
{
    struct tl_reply reply = {.nonce = job->nonce, .status = (uint8_t)st};

    if (st == TL_OK)
        reply.body = tl_buf_bytes(&job->result);
    else
        reply.reason = tl_bytes_str(why_of(job, st));
    tl_answer(node, job->conversation, &reply);
    if (job->task == TL_VAULT_TASK_READ)
        tl_wipe(node->scratch, job->result.len + 1024);
}

void tl_vaults_done(struct tl_node *node, struct tl_vault_job *job, enum tl_status status)
{
    struct tl_vault vault;

    if (tl_status_fault(status) == TL_FAULT_ENV && status != TL_ERR_FULL)
        tl_log(TL_LOG_BROKEN, "vault-failed", tl_log_uint("task", (uint64_t)job->task),
               tl_log_str("reason", tl_status_text(status)));
    /* Custody may have ended while the disk was asked. */
    if (job->task == TL_VAULT_TASK_READ && status == TL_OK &&
        (tl_vault_load(&vault, tl_chain_state(node->chain), &job->case_id) != TL_OK ||
         !is_entitled(&vault, node->self)))
        status = TL_ERR_DENIED;
    if (job->conversation != 0)
        answer(node, job, status);
    else
        tl_vaults_followed(node, job, status);
    tl_vault_job_free(job);
}
