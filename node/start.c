/* Opening a node in the order things depend on each other, and closing it in the
 * other. */
#include "node.h"

#include "tl/check.h"
#include "tl/clock.h"
#include "tl/logline.h"
#include "tl/memberdir.h"
#include "tl/store_rocksdb.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHAIN_SLOTS       10u
#define CHAIN_SLOT_BYTES  (24u << 20)
#define MAIL_SHARE_BYTES  (8u << 20)
#define SCRATCH_BYTES     (32u << 20)
#define KNOWN_HASHES      65536u
#define MEMPOOL_ENVELOPES 65536u
#define MEMPOOL_AHEAD     4096u
/* What RocksDB keeps (store_rocksdb.h). */
#define STORE_BYTES (180u << 20)

static enum tl_status open_genesis(struct tl_node *node, struct tl_why *why)
{
    const char *rule = "";
    struct tl_bytes bytes;
    enum tl_status st =
        tl_file_read(node->config.genesis.text, TL_GENESIS_BYTES_MAX, &node->genesis_file, why);

    if (st != TL_OK)
        return st;
    bytes = tl_bytes(node->genesis_file.text, node->genesis_file.len);
    st = tl_genesis_decode(&node->genesis, bytes, &rule);
    if (st != TL_OK)
        return tl_why_set(why, st, "genesis file \"%s\" is not usable: %s",
                          node->config.genesis.text, rule);
    tl_genesis_chain_id(&node->chain_id, bytes);
    return TL_OK;
}

static void *take_memory(size_t bytes, enum tl_status *st)
{
    void *memory = *st == TL_OK ? malloc(bytes) : NULL;

    if (memory == NULL)
        *st = TL_ERR_NO_MEMORY;
    return memory;
}

static bool is_proven(void *host, const struct tl_hash *mark)
{
    return tl_known_has(host, mark);
}

static void add_proven(void *host, const struct tl_hash *mark)
{
    tl_known_add(host, mark);
}

static enum tl_status open_memory(struct tl_node *node, struct tl_why *why)
{
    struct tl_mempool_limits limits = {node->config.mempool_bytes, MEMPOOL_ENVELOPES,
                                       node->genesis.members.count, MEMPOOL_AHEAD};
    enum tl_status st = TL_OK;

    node->scratch_bytes = SCRATCH_BYTES;
    node->scratch = take_memory(SCRATCH_BYTES, &st);
    node->scratch2 = take_memory(SCRATCH_BYTES, &st);
    node->answer = take_memory(TL_API_BYTES_MAX, &st);
    node->chosen_ids = take_memory(TL_BLOCK_ENVELOPES_MAX * sizeof *node->chosen_ids, &st);
    node->place = take_memory(TL_NODE_PLACES * sizeof *node->place, &st);
    node->place_head = take_memory(TL_NODE_PLACES * sizeof *node->place_head, &st);
    if (node->place_head != NULL)
        memset(node->place_head, 0, TL_NODE_PLACES * sizeof *node->place_head);
    node->contract_memory = take_memory(tl_contract_bytes(), &st);
    node->mailbox = tl_mailbox_new(MAIL_SHARE_BYTES);
    node->known = tl_known_new(KNOWN_HASHES);
    node->proven = (struct tl_proven){node->known, is_proven, add_proven};
    node->mempool = tl_mempool_new(&limits);
    if (st != TL_OK || node->mailbox == NULL || node->known == NULL || node->mempool == NULL)
        return tl_why_set(why, TL_ERR_NO_MEMORY, "no memory to start with");
    return TL_OK;
}

static enum tl_status open_chain(struct tl_node *node, struct tl_why *why)
{
    struct tl_contract_config contract = {.genesis = &node->genesis};
    struct tl_chain_config chain = {.genesis = &node->genesis,
                                    .chain_id = node->chain_id,
                                    .store = node->store,
                                    .slots = CHAIN_SLOTS,
                                    .slot_bytes = CHAIN_SLOT_BYTES};
    enum tl_status st = TL_OK;

    node->contract = tl_contract_init(node->contract_memory, &contract);
    chain.executor = tl_contract_executor(node->contract);
    node->chain_memory = take_memory(tl_chain_bytes(&chain), &st);
    if (st == TL_OK)
        st = tl_chain_open(&node->chain, node->chain_memory, &chain);
    if (st != TL_OK)
        return tl_why_set(why, st, "cannot open the ledger in \"%s\": %s", node->config.data.text,
                          tl_status_text(st));
    node->log_size = tl_chain_tip(node->chain)->log_size;
    tl_log(TL_LOG_INFO, "ledger-open", tl_log_uint("height", tl_chain_tip(node->chain)->height),
           tl_log_uint("leaves", node->log_size),
           tl_log_uint("memory_bound_mib",
                       (STORE_BYTES + tl_chain_bytes(&chain) + node->config.mempool_bytes +
                        (node->genesis.members.count + 1u) * MAIL_SHARE_BYTES) >>
                           20));
    return TL_OK;
}

static enum tl_status open_store(struct tl_node *node, struct tl_why *why)
{
    enum tl_status st = tl_dir_make(node->config.data.text, TL_FILE_SECRET, why);

    if (st == TL_OK)
        st = tl_replace_settle(node, why);
    if (st == TL_OK)
        st = tl_dir_lock(&node->lock, node->config.data.text, why);
    if (st == TL_OK)
        st = tl_store_rocksdb_open(&node->store, node->config.data.text, TL_STORE_CREATE, why);
    return st == TL_OK ? open_chain(node, why) : st;
}

enum tl_status tl_core_open(struct tl_node *node, struct tl_why *why)
{
    struct tl_sign_floor floor = tl_signer_floor(node->signer);
    uint64_t from = floor.epoch == node->voters.epoch ? floor.view : 0;
    struct tl_bft_config config = {
        .members = node->voters.count,
        .silent = node->voters.silent,
        .quorum = node->voters.quorum,
        .self = tl_identity_votes(node) && !node->rejoining.due ? node->self : TL_BFT_NOBODY,
        .window = TL_BFT_WINDOW,
        .epoch = node->voters.epoch,
        .epoch_genesis = node->era.genesis,
        .genesis_height = node->era.genesis_height,
        .genesis_time_ms = node->era.genesis_time_ms,
        .floor = from,
        .journal_from = from,
        .delta_ms = node->epoch.genesis.delta_ms,
        .heartbeat_ms = node->epoch.genesis.heartbeat_ms,
        .drift_ms = node->epoch.genesis.drift_ms};
    enum tl_status st = TL_OK;

    /* After a crash at the very turn the journal may not say so yet. */
    if (floor.epoch < node->voters.epoch)
        tl_signer_raise_floor(node->signer, node->voters.epoch, 1);
    node->core_memory = take_memory(tl_bft_bytes(config.members, config.window), &st);
    if (st == TL_OK)
        node->core = tl_bft_init(node->core_memory, &config);
    if (node->core == NULL)
        return tl_why_set(why, TL_ERR_NO_MEMORY, "no memory for consensus");
    return TL_OK;
}

enum tl_status tl_identity_hello(void *host, struct tl_bytes message, struct tl_sig *sig)
{
    struct tl_node *node = host;

    return tl_signer_hello(node->signer, message, sig);
}

static enum tl_status open_sockets(struct tl_node *node, struct tl_why *why)
{
    const char *remote = node->config.api_listen.text;
    struct tl_api_socket_plan api = {node->config.api_socket.text,
                                     remote[0] == '\0' ? NULL : remote, &node->identity,
                                     node->mailbox};
    enum tl_status st = tl_era_connect(node, why);

    return st == TL_OK ? tl_api_socket_open(&node->api, &api, why) : st;
}

static enum tl_status open_threads(struct tl_node *node, struct tl_why *why)
{
    struct tl_workers_plan pool = {node->config.threads, node->mailbox, TL_MAIL_CHECKED, NULL,
                                   NULL};
    struct tl_workers_plan disk = {1, node->mailbox, TL_MAIL_DURABLE, NULL, NULL};
    struct tl_workers_plan tasks = {1, node->mailbox, TL_MAIL_TASK, NULL, NULL};

    node->pool = tl_workers_new(&pool);
    node->disk = tl_workers_new(&disk);
    node->tasks = tl_workers_new(&tasks);
    node->together = tl_together_new(3);
    if (node->pool == NULL || node->disk == NULL || node->tasks == NULL || node->together == NULL)
        return tl_why_set(why, TL_ERR_NO_MEMORY, "cannot start threads");
    return TL_OK;
}

enum tl_status tl_node_open(struct tl_node *node, struct tl_why *why)
{
    struct tl_keyfile consensus;
    enum tl_status st;

    node->own_last = &node->own_first;
    node->out_last = &node->out_first;
    node->lock.fd = -1;
    node->timer_ms = TL_BFT_NEVER;
    node->started_ms = node->final_ms = tl_clock_mono_ms();
    memset(&consensus, 0, sizeof consensus);
    st = open_genesis(node, why);
    if (st == TL_OK)
        st = open_memory(node, why);
    if (st == TL_OK)
        st = open_store(node, why);
    if (st == TL_OK)
        st = tl_era_open(node, why);
    if (st == TL_OK)
        st = tl_identity_open(node, &consensus, why);
    if (st == TL_OK)
        st = tl_rejoin_open(node, &consensus.sec, why);
    tl_keyfile_wipe(&consensus);
    if (st == TL_OK)
        st = tl_core_open(node, why);
    if (st == TL_OK)
        st = open_threads(node, why);
    if (st == TL_OK)
        st = tl_vaults_open(node, why);
    /* The core speaks as soon as it is restored, so the network comes first; what
     * arrives meanwhile waits in the mailbox. */
    if (st == TL_OK)
        st = open_sockets(node, why);
    return st == TL_OK ? tl_agree_restore(node, why) : st;
}

/* What is gathered still goes to disk: a clean stop loses nothing. */
static void finish_writes(struct tl_node *node)
{
    if (node->disk != NULL)
        tl_workers_stop(node->disk);
    if (node->failed == TL_OK && node->chain != NULL && tl_store_commit(node->store, true) != TL_OK)
        tl_log_event(TL_LOG_BROKEN, "last-batch-not-written");
}

static void free_mail(struct tl_mailbox *box)
{
    struct tl_mail *next;

    for (struct tl_mail *mail = tl_mailbox_take(box, 0); mail != NULL; mail = next) {
        next = mail->next;
        if (mail->kind == TL_MAIL_CHECKED)
            tl_verify_free(mail->work);
        else if (mail->kind == TL_MAIL_DURABLE)
            free(mail->work);
        else if (mail->kind == TL_MAIL_TASK)
            ((struct tl_task *)mail->work)->drop(mail->work);
        else if (mail->kind == TL_MAIL_VAULT)
            tl_vault_job_free(mail->work);
        tl_mail_free(mail);
    }
}

void tl_node_close(struct tl_node *node)
{
    struct timespec moment = {0, 50000000};

    finish_writes(node);
    tl_vaults_stop(node);
    /* Gives the answer to STOP its way out. */
    if (node->api != NULL)
        (void)nanosleep(&moment, NULL);
    tl_api_socket_close(node->api);
    tl_net_close(node->net);
    tl_workers_free(node->pool);
    tl_workers_free(node->disk);
    tl_workers_free(node->tasks);
    tl_together_free(node->together);
    if (node->mailbox != NULL)
        free_mail(node->mailbox);
    tl_vaults_close(node);
    tl_outbox_free(node);
    tl_bodies_free(node);
    tl_join_free(node);
    tl_serve_free(node);
    tl_signer_close(node->signer);
    tl_store_rocksdb_close(node->store);
    tl_dir_unlock(&node->lock);
    tl_mempool_free(node->mempool);
    tl_authors_free(node->authors);
    tl_known_free(node->known);
    tl_mailbox_free(node->mailbox);
    tl_keyfile_wipe(&node->log_key);
    tl_keyfile_wipe(&node->cosign_key);
    tl_keyfile_wipe(&node->vault_key);
    tl_tls_identity_wipe(&node->identity);
    tl_file_bytes_free(&node->peers_file);
    tl_file_bytes_free(&node->genesis_file);
    free(node->core_memory);
    free(node->chain_memory);
    free(node->contract_memory);
    free(node->place_head);
    free(node->place);
    free(node->chosen_ids);
    free(node->answer);
    free(node->scratch2);
    free(node->scratch);
}
