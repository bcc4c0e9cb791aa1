/* The ledger's word carried out: data goes to who is entitled, and is destroyed
 * where nobody is any more.  See vault.h. */
#include "vault.h"

#include "node.h"

#include "tl/clock.h"
#include "tl/logline.h"

#include <stdlib.h>
#include <string.h>

#define EVENTS_A_TICK 256u
#define SWEEP_A_TICK  512u
#define BLOCKS_APART  256u
#define WRAPS_A_TICK  32u
#define WAIT_FIRST_MS 500u
#define WAIT_MOST_MS  60000u

/* ---- what the state says of a case ------------------------------------- */

static void follow(struct tl_node *node, const struct tl_id *id)
{
    struct tl_vaults *v = node->vaults;
    struct tl_vault vault;
    struct tl_vault_job *job;

    enum tl_status st = tl_vault_load(&vault, tl_chain_state(node->chain), id);

    if (st != TL_OK && st != TL_ERR_NOT_FOUND)
        return;
    job = tl_vault_job_new(v->store, TL_VAULT_TASK_FOLLOW);
    if (job == NULL)
        return;
    job->case_id = *id;
    job->unheard = st == TL_ERR_NOT_FOUND;
    if (job->unheard) {
        (void)tl_vaults_give(v, job);
        return;
    }
    job->commitment = vault.commitment;
    job->version = vault.version;
    job->entitled = vault.stage == TL_VAULT_OPEN && (vault.entitled >> node->self & 1u) != 0;
    (void)tl_vaults_give(v, job);
}

struct events {
    struct tl_id id[EVENTS_A_TICK];
    uint32_t count;
    uint64_t next;
};

static bool visit_event(void *context, struct tl_bytes key, struct tl_bytes value)
{
    struct events *e = context;

    if (e->count == EVENTS_A_TICK)
        return false;
    if (key.len != 9 || value.len != TL_ID_BYTES)
        return true;
    memcpy(e->id[e->count++].b, value.ptr, TL_ID_BYTES);
    e->next = tl_get_u64be(key.ptr + 1) + 1;
    return true;
}

static void follow_events(struct tl_node *node)
{
    struct tl_vaults *v = node->vaults;
    struct tl_state_key from = tl_key_vault_event(v->followed);
    uint8_t end = TL_STATE_VAULT_EVENT + 1;
    struct events e = {.next = v->followed};
    uint64_t height = tl_chain_tip(node->chain)->height;

    if (height == v->height)
        return;
    /* A ledger that came as a snapshot has no events of before. */
    if (height > v->height + BLOCKS_APART) {
        v->swept = 0;
        v->sweeping = true;
    }
    if (tl_overlay_scan(tl_chain_state(node->chain), tl_state_key_bytes(&from), tl_bytes(&end, 1),
                        visit_event, &e) != TL_OK)
        return;
    for (uint32_t i = 0; i < e.count; i++)
        follow(node, &e.id[i]);
    v->followed = e.next;
    if (e.count < EVENTS_A_TICK)
        v->height = height;
}

/* After a start every key here is held to the state once: what happened while the
 * node was away has no other way of being noticed. */
static void sweep(struct tl_node *node)
{
    struct tl_vaults *v = node->vaults;
    struct tl_vault_slot slot;

    for (uint32_t i = 0; v->sweeping && i < SWEEP_A_TICK; i++) {
        v->sweeping = tl_vault_keys_at(tl_vault_store_keys(v->store), &v->swept, &slot);
        if (v->sweeping)
            follow(node, &slot.case_id);
    }
}

/* ---- deliveries -------------------------------------------------------- */

void tl_vaults_forget(struct tl_vaults *v)
{
    struct tl_delivery *next;

    for (uint32_t i = 0; i < TL_DELIVERY_BUCKETS; i++) {
        for (struct tl_delivery *d = v->deliveries[i]; d != NULL; d = next) {
            next = d->next;
            free(d);
        }
        v->deliveries[i] = NULL;
    }
}

/* Case ids are random; their last bytes will do. */
static struct tl_delivery **bucket_of(struct tl_vaults *v, const struct tl_id *id)
{
    return &v->deliveries[tl_get_u32be(id->b + TL_ID_BYTES - 4) % TL_DELIVERY_BUCKETS];
}

static struct tl_delivery **delivery_find(struct tl_vaults *v, const struct tl_id *id,
                                          uint32_t member)
{
    struct tl_delivery **at = bucket_of(v, id);

    while (*at != NULL &&
           ((*at)->member != member || memcmp((*at)->case_id.b, id->b, TL_ID_BYTES) != 0))
        at = &(*at)->next;
    return at;
}

static void delivery_drop(struct tl_delivery **at)
{
    struct tl_delivery *gone = *at;

    *at = gone->next;
    free(gone);
}

static void delivery_add(struct tl_vaults *v, const struct tl_vault_job *job, uint32_t member)
{
    struct tl_delivery **at = delivery_find(v, &job->case_id, member);

    if (*at == NULL)
        *at = calloc(1, sizeof **at);
    if (*at == NULL)
        return; /* no memory: the next start sweeps again */
    (*at)->case_id = job->case_id;
    (*at)->commitment = job->commitment;
    (*at)->member = member;
    (*at)->due_ms = 0;
    (*at)->wait_ms = WAIT_FIRST_MS;
}

/* Who stated it sends it, and so does the owner: one of them may be away. */
static void deliver(struct tl_node *node, const struct tl_vault_job *job)
{
    struct tl_vault vault;

    if (!job->held || tl_vault_load(&vault, tl_chain_state(node->chain), &job->case_id) != TL_OK)
        return;
    if (vault.stage != TL_VAULT_OPEN || !tl_hash_eq(&vault.commitment, &job->commitment) ||
        (node->self != vault.put_by && node->self != vault.owner))
        return;
    for (uint32_t m = 0; m < node->epoch.genesis.members.count; m++) {
        if (m != node->self && m != vault.put_by && (vault.entitled >> m & 1u) != 0 &&
            (job->acked >> m & 1u) == 0)
            delivery_add(node->vaults, job, m);
    }
}

static bool still_wanted(struct tl_node *node, const struct tl_delivery *d)
{
    struct tl_vault vault;

    return tl_vault_load(&vault, tl_chain_state(node->chain), &d->case_id) == TL_OK &&
           vault.stage == TL_VAULT_OPEN && (vault.entitled >> d->member & 1u) != 0 &&
           (vault.entitled >> node->self & 1u) != 0 &&
           tl_hash_eq(&vault.commitment, &d->commitment);
}

static bool wrap(struct tl_node *node, struct tl_delivery *d)
{
    struct tl_vault_job *job = tl_vault_job_new(node->vaults->store, TL_VAULT_TASK_WRAP);
    struct tl_member member;

    if (job == NULL || !tl_genesis_member(&node->epoch.genesis, d->member, &member)) {
        tl_vault_job_free(job);
        return false;
    }
    job->case_id = d->case_id;
    job->commitment = d->commitment;
    job->member = d->member;
    job->to = member.vault_key;
    return tl_vaults_give(node->vaults, job);
}

/* One bucket's deliveries that are due; gives how many were set going. */
static uint32_t send_bucket(struct tl_node *node, struct tl_delivery **at, uint64_t now_ms)
{
    uint32_t wraps = 0;

    while (*at != NULL) {
        struct tl_delivery *d = *at;
        bool due = !d->wrapping && now_ms >= d->due_ms;

        if (due && !still_wanted(node, d)) {
            delivery_drop(at);
            continue;
        }
        if (due) {
            d->wrapping = wrap(node, d);
            d->due_ms = now_ms + d->wait_ms;
            d->wait_ms = d->wait_ms * 2 > WAIT_MOST_MS ? WAIT_MOST_MS : d->wait_ms * 2;
            wraps++;
        }
        at = &d->next;
    }
    return wraps;
}

static void send_due(struct tl_node *node, uint64_t now_ms)
{
    struct tl_vaults *v = node->vaults;
    uint32_t wraps = 0;

    for (uint32_t i = 0; i < TL_DELIVERY_BUCKETS && wraps < WRAPS_A_TICK; i++) {
        wraps += send_bucket(node, &v->deliveries[v->bucket], now_ms);
        v->bucket = (v->bucket + 1) % TL_DELIVERY_BUCKETS;
    }
}

static void send_parcel(struct tl_node *node, const struct tl_vault_job *job, enum tl_status status)
{
    struct tl_delivery **at = delivery_find(node->vaults, &job->case_id, job->member);
    struct tl_vault_delivery body = {job->case_id, job->commitment, tl_buf_bytes(&job->result)};
    struct tl_buf out = tl_buf(node->scratch, node->scratch_bytes);

    if (*at == NULL)
        return;
    (*at)->wrapping = false;
    if (status != TL_OK) {
        delivery_drop(at);
        return;
    }
    if (!still_wanted(node, *at))
        return;
    tl_record_write(&tl_vault_delivery_record, &body, &out);
    tl_net_send(node->net, job->member, TL_MSG_VAULT, tl_buf_bytes(&out));
}

void tl_vaults_peer_up(struct tl_node *node, uint32_t member)
{
    if (node->vaults == NULL)
        return;
    for (uint32_t i = 0; i < TL_DELIVERY_BUCKETS; i++) {
        for (struct tl_delivery *d = node->vaults->deliveries[i]; d != NULL; d = d->next) {
            if (d->member == member) {
                d->due_ms = 0;
                d->wait_ms = WAIT_FIRST_MS;
            }
        }
    }
}

/* ---- parcels of others ------------------------------------------------- */

/* Ours by our own state, under that commitment, from one who may have it. */
static bool is_for_us(struct tl_node *node, uint32_t from, const struct tl_vault_delivery *body)
{
    struct tl_vault vault;

    return tl_vault_load(&vault, tl_chain_state(node->chain), &body->case_id) == TL_OK &&
           vault.stage == TL_VAULT_OPEN && (vault.entitled >> node->self & 1u) != 0 &&
           (vault.reached >> from & 1u) != 0 && tl_hash_eq(&vault.commitment, &body->commitment);
}

void tl_vaults_parcel(struct tl_node *node, uint32_t from, struct tl_bytes bytes)
{
    struct tl_vault_delivery body;
    struct tl_vault_job *job;

    if (tl_record_decode(&tl_vault_delivery_record, &body, bytes) != TL_OK) {
        tl_net_fault(node->net, from, 25, "malformed parcel");
        return;
    }
    if (node->vaults == NULL || !is_for_us(node, from, &body))
        return; /* it may be ahead of us: it comes again */
    job = tl_vault_job_new(node->vaults->store, TL_VAULT_TASK_TAKE);
    if (job == NULL || !tl_vault_job_input(job, body.parcel)) {
        tl_vault_job_free(job);
        return;
    }
    job->case_id = body.case_id;
    job->commitment = body.commitment;
    job->member = from;
    (void)tl_vaults_give(node->vaults, job);
}

static void parcel_taken(struct tl_node *node, const struct tl_vault_job *job,
                         enum tl_status status)
{
    struct tl_vault_ack ack = {job->case_id, job->commitment};
    uint8_t room[128];
    struct tl_buf out = tl_buf(room, sizeof room);

    if (status == TL_OK) {
        tl_record_write(&tl_vault_ack_record, &ack, &out);
        tl_net_send(node->net, job->member, TL_MSG_VAULT_ACK, tl_buf_bytes(&out));
        /* It may have been revoked meanwhile, and it replaces an older one. */
        follow(node, &job->case_id);
    } else if (tl_status_fault(status) == TL_FAULT_PEER) {
        tl_net_fault(node->net, job->member, 25, "a parcel that is not what it says");
    }
}

void tl_vaults_acked(struct tl_node *node, uint32_t from, struct tl_bytes bytes)
{
    struct tl_vault_ack ack;
    struct tl_vault_job *job;
    struct tl_delivery **at;

    if (tl_record_decode(&tl_vault_ack_record, &ack, bytes) != TL_OK) {
        tl_net_fault(node->net, from, 25, "malformed acknowledgement");
        return;
    }
    if (node->vaults == NULL)
        return;
    at = delivery_find(node->vaults, &ack.case_id, from);
    if (*at == NULL || !tl_hash_eq(&(*at)->commitment, &ack.commitment))
        return;
    delivery_drop(at);
    job = tl_vault_job_new(node->vaults->store, TL_VAULT_TASK_ACK);
    if (job == NULL)
        return;
    job->case_id = ack.case_id;
    job->commitment = ack.commitment;
    job->member = from;
    (void)tl_vaults_give(node->vaults, job);
}

/* ---- after a job, and by the clock ------------------------------------- */

void tl_vaults_followed(struct tl_node *node, struct tl_vault_job *job, enum tl_status status)
{
    if (job->task == TL_VAULT_TASK_WRAP)
        send_parcel(node, job, status);
    else if (job->task == TL_VAULT_TASK_TAKE)
        parcel_taken(node, job, status);
    else if (job->task == TL_VAULT_TASK_FOLLOW && status == TL_OK)
        deliver(node, job);
    if (job->gone > 0)
        tl_log(TL_LOG_INFO, "vault-keys-destroyed", tl_log_uint("keys", job->gone));
}

void tl_vaults_tick(struct tl_node *node, uint64_t now_ms)
{
    if (node->vaults == NULL)
        return;
    sweep(node);
    follow_events(node);
    send_due(node, now_ms);
}
