/* vault.h -- a node's vault: who may have personal data, by its own state.
 *
 *   vault.c         opening; what clients ask (VAULT_PUT, VAULT_GET, ...)
 *   vault_jobs.c    the vault's thread: everything that touches its disk
 *   vault_follow.c  the ledger's word carried out: delivered, destroyed
 *
 * The loop decides, by the final state and nothing else; the vault's one thread
 * does, in the order it was told; what was logged or stored is durable before
 * anybody hears of it.  A node without a vault (no directory configured) answers
 * TL_ERR_REFUSED and takes no parcels.
 *
 * Delivery.  Who stated the data (or owns the case) sends it to every entitled
 * member that has not acknowledged it, again and again, a minute apart at most;
 * the receiver holds it to its own state before it keeps it. */
#ifndef TL_NODE_VAULT_H
#define TL_NODE_VAULT_H

#include "tl/api.h"
#include "tl/vault.h"
#include "tl/vault_store.h"
#include "tl/workers.h"

struct tl_node;
struct tl_verify_job;

enum tl_vault_task {
    TL_VAULT_TASK_PUT,       /* input: tl_vault_put, with versions beside it */
    TL_VAULT_TASK_READ,      /* log, then out: tl_personal */
    TL_VAULT_TASK_NOTE,      /* log only; nobody waits */
    TL_VAULT_TASK_LOG,       /* out: tl_vault_log_page */
    TL_VAULT_TASK_DESTROYED, /* is everything of the case gone? */
    TL_VAULT_TASK_FOLLOW,    /* destroy what the state no longer allows */
    TL_VAULT_TASK_WRAP,      /* out: a parcel for `member` */
    TL_VAULT_TASK_TAKE,      /* input: a parcel of `member` */
    TL_VAULT_TASK_ACK        /* `member` has the blob */
};

struct tl_vault_job {
    struct tl_job job;
    struct tl_vault_store *store;
    enum tl_vault_task task;
    uint64_t conversation; /* of the client that waits; 0: none */
    uint64_t nonce;
    struct tl_access access;
    char purpose[TL_ACCESS_PURPOSE_MAX];
    struct tl_id case_id;
    struct tl_hash commitment;
    uint32_t version;
    bool entitled; /* FOLLOW: this member is */
    bool unheard;  /* FOLLOW: the ledger knows of no data */
    bool held;     /* FOLLOW, answer: the current version is here */
    uint32_t acked;
    uint32_t gone;
    uint32_t member;
    struct tl_pubkey to;
    enum tl_status verdict; /* READ: what the state says; DESTROYED: what was found */
    uint64_t from;          /* LOG */
    uint16_t limit;
    uint32_t *versions; /* PUT: one for each item; owned */
    uint8_t *input;     /* owned; wiped when freed */
    size_t input_len;
    uint8_t *out; /* owned; wiped when freed */
    struct tl_buf result;
};

/* A parcel on its way: sent again from due_ms on, until acknowledged. */
struct tl_delivery {
    struct tl_delivery *next;
    struct tl_id case_id;
    struct tl_hash commitment;
    uint32_t member;
    uint64_t due_ms;
    uint64_t wait_ms;
    bool wrapping;
};

#define TL_DELIVERY_BUCKETS 4096u
struct tl_vaults {
    struct tl_vault_store *store;
    struct tl_workers *thread;
    struct tl_delivery *deliveries[TL_DELIVERY_BUCKETS]; /* by case */
    uint32_t bucket;                                     /* looked at next */
    uint64_t followed; /* leaves up to here have been carried out */
    uint32_t swept;    /* keys looked at since start */
    bool sweeping;
    uint64_t height;
};

/* vault.c */
enum tl_status tl_vaults_open(struct tl_node *node, struct tl_why *why);
/* tl_vaults_stop ends the thread; its mail may still lie in the mailbox. */
void tl_vaults_stop(struct tl_node *node);
void tl_vaults_close(struct tl_node *node);
bool tl_vault_method(enum tl_method method);
/* tl_vaults_request answers a request of a vault method, at once or later. */
void tl_vaults_request(struct tl_node *node, const struct tl_verify_job *check,
                       const struct tl_author *author);
/* tl_vaults_note logs an attempt to read what is restricted; a node without a vault
 * keeps no log. */
void tl_vaults_note(struct tl_node *node, const struct tl_access *access);
/* A job is done; takes it. */
void tl_vaults_done(struct tl_node *node, struct tl_vault_job *job, enum tl_status status);

/* vault_jobs.c */
struct tl_vault_job *tl_vault_job_new(struct tl_vault_store *store, enum tl_vault_task task);
/* tl_vault_job_input copies; false: no memory. */
bool tl_vault_job_input(struct tl_vault_job *job, struct tl_bytes bytes);
void tl_vault_job_free(struct tl_vault_job *job);
enum tl_status tl_vault_job_run(struct tl_job *job);

/* vault_follow.c */
void tl_vaults_tick(struct tl_node *node, uint64_t now_ms);
void tl_vaults_peer_up(struct tl_node *node, uint32_t member);
void tl_vaults_parcel(struct tl_node *node, uint32_t from, struct tl_bytes body);
void tl_vaults_acked(struct tl_node *node, uint32_t from, struct tl_bytes body);
/* What follows from a job of FOLLOW, WRAP or TAKE. */
void tl_vaults_followed(struct tl_node *node, struct tl_vault_job *job, enum tl_status status);
void tl_vaults_forget(struct tl_vaults *vaults);
/* Gives a job to the thread, or frees it; false: no memory, or too many wait. */
bool tl_vaults_give(struct tl_vaults *vaults, struct tl_vault_job *job);

#endif
