/* Which epoch is in force here, and turning to the next when its last block is
 * final (PROTOCOL A.10).
 *
 * A turn happens between two pieces of mail.  Everything that knows members is
 * told anew: the voting set, who may write and ask, the signer, the consensus
 * core, the network.  Nothing of the old epoch is signed afterwards: its core is
 * gone and the journal's floor stands above it. */
#include "node.h"

#include "tl/check.h"
#include "tl/clock.h"
#include "tl/logline.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REOPEN_TRIES 50u

/* ---- opening ---- */

static enum tl_status load(struct tl_node *node, const char **why)
{
    struct tl_bytes plan;
    enum tl_status st = tl_chain_epoch(node->chain, &node->era);

    *why = "the ledger's epoch cannot be read";
    if (st == TL_OK && node->era.number == 0) {
        tl_epoch_first(&node->epoch, &node->genesis);
    } else if (st == TL_OK) {
        st = tl_chain_plan(node->chain, node->era.number, &plan);
        if (st == TL_OK) {
            memcpy(node->epoch_plan, plan.ptr, plan.len);
            st = tl_epoch_decode(&node->epoch, tl_bytes(node->epoch_plan, plan.len), why);
        }
    }
    if (st != TL_OK)
        return st;
    tl_epoch_voters(&node->voters, &node->epoch, &node->chain_id);
    node->voters.proven = &node->proven;
    return TL_OK;
}

/* A plan file of a later epoch: where the others are now.  It is believed for
 * connections only; what is in it is proven when the ledger gets there. */
static enum tl_status load_peers(struct tl_node *node, struct tl_why *why)
{
    const char *path = node->config.peers.text;
    const char *rule = "";
    enum tl_status st;

    if (path[0] == '\0')
        return TL_OK;
    st = tl_file_read(path, TL_EPOCH_PLAN_MAX, &node->peers_file, why);
    if (st != TL_OK)
        return st;
    st =
        tl_epoch_decode(&node->peers, tl_bytes(node->peers_file.text, node->peers_file.len), &rule);
    if (st == TL_OK && !tl_bytes_eq(node->peers.genesis.name, node->genesis.name)) {
        st = TL_ERR_WRONG_CHAIN;
        rule = "it is of another ledger";
    }
    if (st != TL_OK)
        return tl_why_set(why, st, "peers file \"%s\" is not usable: %s", path, rule);
    return TL_OK;
}

static enum tl_status know_authors(struct tl_node *node)
{
    struct tl_authors *authors = tl_authors_new(&node->epoch);

    if (authors == NULL)
        return TL_ERR_NO_MEMORY;
    tl_authors_free(node->authors);
    node->authors = authors;
    tl_contract_turn(node->contract, &node->epoch);
    tl_mempool_members(node->mempool, node->voters.count);
    return TL_OK;
}

enum tl_status tl_era_open(struct tl_node *node, struct tl_why *why)
{
    const char *rule = "";
    enum tl_status st = load(node, &rule);

    if (st != TL_OK)
        return tl_why_set(why, st, "cannot read the epoch of \"%s\": %s", node->config.data.text,
                          rule);
    st = know_authors(node);
    if (st != TL_OK)
        return tl_why_set(why, st, "no memory for the members' keys");
    return load_peers(node, why);
}

/* ---- the network ---- */

/* Those of the newest epoch we know of. */
static const struct tl_epoch *neighbours(const struct tl_node *node)
{
    return node->peers.number > node->epoch.number ? &node->peers : &node->epoch;
}

enum tl_status tl_era_connect(struct tl_node *node, struct tl_why *why)
{
    const struct tl_epoch *epoch = neighbours(node);
    char address[TL_ADDRESS_MAX + 1] = {0};
    struct tl_member member;
    struct tl_net_plan net = {.genesis = &node->net_genesis,
                              .chain_id = node->chain_id,
                              .self = node->self,
                              .listen = node->config.listen.text,
                              .identity = &node->identity,
                              .sign = tl_identity_hello,
                              .host = node,
                              .mailbox = node->mailbox,
                              .queue_bytes = TL_NODE_QUEUE_BYTES};

    /* The network keeps what it was opened with while the next epoch is read. */
    TL_CHECK(epoch->genesis.members.raw.len <= sizeof node->net_members);
    node->net_genesis = epoch->genesis;
    memcpy(node->net_members, epoch->genesis.members.raw.ptr, epoch->genesis.members.raw.len);
    node->net_genesis.members.raw.ptr = node->net_members;
    node->net_genesis.name = node->genesis.name;
    TL_CHECK(tl_genesis_member(&node->net_genesis, node->self, &member));
    memcpy(address, member.address.ptr, member.address.len);
    if (net.listen[0] == '\0')
        net.listen = address;
    return tl_net_open(&node->net, &net, why);
}

static bool neighbours_changed(const struct tl_node *node)
{
    return !tl_bytes_eq(neighbours(node)->genesis.members.raw, node->net_genesis.members.raw);
}

/* The port may take a moment to come free. */
static void reconnect(struct tl_node *node)
{
    const struct timespec moment = {0, 100000000};
    struct tl_why why;
    enum tl_status st = TL_ERR_STORE;

    for (uint32_t i = 0; i < REOPEN_TRIES && st != TL_OK; i++) {
        st = tl_era_connect(node, &why);
        if (st != TL_OK)
            (void)nanosleep(&moment, NULL);
    }
    if (st != TL_OK) {
        tl_log(TL_LOG_BROKEN, "not-reconnected", tl_log_str("reason", why.text));
        tl_node_fail(node, st, "connecting to the members of a new epoch");
    }
}

/* ---- turning ---- */

static bool forget_one(void *context, struct tl_bytes key, struct tl_bytes value)
{
    struct tl_buf *first = context;

    (void)value;
    tl_buf_put(first, key.ptr, key.len);
    return false;
}

/* Deletes what was kept for a core that is gone. */
static void forget_class(struct tl_node *node, uint8_t class_byte)
{
    uint8_t to = (uint8_t)(class_byte + 1u);
    uint8_t key[TL_STORE_KEY_MAX];
    enum tl_status st = TL_OK;
    struct tl_buf first;

    do {
        first = tl_buf(key, sizeof key);
        st = tl_store_scan(node->store, tl_bytes(&class_byte, 1), tl_bytes(&to, 1), forget_one,
                           &first);
        if (st == TL_OK && first.len != 0)
            st = tl_store_del(node->store, tl_buf_bytes(&first));
        if (st == TL_OK && first.len != 0)
            st = tl_store_commit(node->store, false);
    } while (st == TL_OK && first.len != 0);
    if (st != TL_OK)
        tl_node_fail(node, st, "deleting what the last epoch kept");
}

/* Everybody may need the certificate that ended the epoch before this one. */
void tl_era_tell_end(struct tl_node *node, uint32_t to, uint64_t number)
{
    struct tl_buf buf = tl_buf(node->scratch, node->scratch_bytes);
    struct tl_epoch_link link;

    if (tl_chain_epoch_link(node->chain, number, &buf) == TL_OK &&
        tl_record_decode(&tl_epoch_link_record, &link, tl_buf_bytes(&buf)) == TL_OK)
        tl_out(node, to, TL_MSG_CERT, link.cert);
}

/* The block is on our disk before anything stands on it. */
static void settle_old(struct tl_node *node)
{
    if (tl_store_commit(node->store, true) != TL_OK)
        tl_node_fail(node, TL_ERR_STORE, "writing the last block of an epoch");
    if (node->failed != TL_OK)
        return;
    tl_chain_durable(node->chain, tl_chain_tip(node->chain)->height);
    tl_workers_drain(node->pool);
    tl_outbox_drop_proposals(node);
    tl_bodies_free(node);
    memset(&node->late, 0, sizeof node->late);
    memset(&node->catchup, 0, sizeof node->catchup);
    memset(&node->cosigns, 0, sizeof node->cosigns);
    node->certs_from_view = 0;
    node->timer_ms = TL_BFT_NEVER;
    node->prune_due = false;
    forget_class(node, TL_KEY_HELD_BLOCK);
    forget_class(node, TL_KEY_HELD_CERT);
}

static void take_keys(struct tl_node *node)
{
    struct tl_keyfile consensus;

    memset(&consensus, 0, sizeof consensus);
    tl_identity_turn(node, &consensus);
    /* Nothing of the old epoch under the new key. */
    tl_signer_raise_floor(node->signer, node->epoch.number, 1);
    if (node->holds_key)
        tl_signer_turn(node->signer, &consensus.sec, (uint8_t)node->self);
    tl_keyfile_wipe(&consensus);
}

static void begin(struct tl_node *node)
{
    const char *rule = "";
    struct tl_why why;
    bool moved;

    if (load(node, &rule) != TL_OK || know_authors(node) != TL_OK) {
        tl_node_fail(node, TL_ERR_CORRUPT, "reading the plan of a new epoch");
        return;
    }
    /* Threads of the network sign hellos, so it is closed before keys change. */
    moved = neighbours_changed(node);
    if (moved) {
        tl_net_close(node->net);
        node->net = NULL;
    }
    take_keys(node);
    if (moved)
        reconnect(node);
    if (node->failed != TL_OK)
        return;
    free(node->core_memory);
    node->core = NULL;
    if (tl_core_open(node, &why) != TL_OK || tl_agree_restore(node, &why) != TL_OK)
        tl_node_fail(node, TL_ERR_NO_MEMORY, "beginning a new epoch");
}

void tl_era_turn(struct tl_node *node)
{
    struct tl_chain_epoch era;
    uint64_t number = node->epoch.number;

    node->turn_due = false;
    if (tl_chain_epoch(node->chain, &era) != TL_OK) {
        tl_node_fail(node, TL_ERR_CORRUPT, "reading the epoch");
        return;
    }
    if (era.number == number)
        return; /* its last block is not applied yet */
    settle_old(node);
    if (node->failed == TL_OK)
        begin(node);
    if (node->failed != TL_OK)
        return;
    tl_log(TL_LOG_INFO, "epoch-begun", tl_log_uint("epoch", node->epoch.number),
           tl_log_uint("height", era.genesis_height),
           tl_log_uint("votes", tl_identity_votes(node)));
    tl_era_tell_end(node, TL_BFT_EVERYBODY, number);
    tl_agree_pending(node);
}
