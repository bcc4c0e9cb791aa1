/* STATUS: where the node stands, and in words why it does not move. */
#include "node.h"

#include "tl/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEARD_MS 5000u

/* The second number of statm is the resident pages. */
uint64_t tl_report_memory(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    char line[128] = "";
    char *end = line;
    uint64_t pages;

    if (file == NULL)
        return 0;
    if (fgets(line, sizeof line, file) == NULL)
        line[0] = '\0';
    (void)fclose(file);
    (void)strtoull(line, &end, 10);
    pages = strtoull(end, NULL, 10);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static bool is_up(const struct tl_net_peer *peer)
{
    return peer->in && peer->out;
}

static void add_members(struct tl_node *node, struct tl_list *list, struct tl_buf *buf)
{
    for (uint32_t m = 0; m < node->voters.count; m++) {
        struct tl_net_peer peer;
        struct tl_member member;
        struct tl_peer item;

        if (!tl_genesis_member(&node->epoch.genesis, m, &member))
            continue;
        tl_net_peer(node->net, m, &peer);
        item = (struct tl_peer){.id = member.id,
                                .address = member.address,
                                .roles = member.roles,
                                .self = m == node->self,
                                .up = m == node->self || is_up(&peer),
                                .height = node->peer_height[m],
                                .dropped = peer.dropped,
                                .faults = peer.faults};
        if (item.self)
            item.height = tl_chain_durable_height(node->chain);
        tl_list_add(list, buf, &tl_peer_record, &item);
    }
}

static void add_counter(struct tl_list *list, struct tl_buf *buf, const char *name, uint64_t value)
{
    struct tl_counter counter = {tl_bytes_str(name), value};

    tl_list_add(list, buf, &tl_counter_record, &counter);
}

static void add_counters(struct tl_node *node, struct tl_list *list, struct tl_buf *buf)
{
#define X(name) add_counter(list, buf, #name, node->count.name);
    TL_NODE_COUNTERS(X)
#undef X
    add_counter(list, buf, "mempool_envelopes", tl_mempool_count(node->mempool));
    add_counter(list, buf, "mempool_bytes", tl_mempool_bytes(node->mempool));
    add_counter(list, buf, "mailbox_refused", tl_mailbox_refused(node->mailbox));
    add_counter(list, buf, "signature_jobs", tl_workers_busy(node->pool));
    add_counter(list, buf, "strangers", tl_net_strangers(node->net));
    add_counter(list, buf, "memory_bytes", tl_report_memory());
}

/* The members one can count on: this one and those connected both ways. */
static uint32_t reachable(struct tl_node *node)
{
    uint32_t count = 0;

    for (uint32_t m = 0; m < node->voters.count; m++) {
        struct tl_net_peer peer;

        tl_net_peer(node->net, m, &peer);
        count += m == node->self || is_up(&peer) ? 1 : 0;
    }
    return count;
}

static void waiting_for(struct tl_node *node, const struct tl_bft_status *bft, char *text,
                        size_t cap)
{
    uint32_t here = reachable(node);

    text[0] = '\0';
    if (bft->halted)
        (void)snprintf(text, cap, "an alarm stopped this member's voting; read its log");
    else if (here < node->voters.quorum)
        (void)snprintf(text, cap, "%u of %u needed members reachable", (unsigned)here,
                       (unsigned)node->voters.quorum);
    else if (node->catchup.active)
        (void)snprintf(text, cap, "catching up with the other members");
    else if (tl_mempool_count(node->mempool) > 0 && tl_clock_mono_ms() - node->final_ms > HEARD_MS)
        (void)snprintf(text, cap, "%u envelopes wait; the leader of view %llu is member %u",
                       (unsigned)tl_mempool_count(node->mempool), (unsigned long long)bft->view,
                       (unsigned)bft->leader);
}

void tl_report_status(struct tl_node *node, struct tl_buf *out)
{
    struct tl_buf buf = tl_buf(node->scratch2, node->scratch_bytes);
    const struct tl_tip *tip = tl_chain_tip(node->chain);
    uint64_t now_ms = tl_clock_mono_ms();
    struct tl_bft_status bft;
    struct tl_clock clock;
    char why[TL_API_REASON_MAX];
    struct tl_node_status s = {.version = tl_bytes_str(TL_VERSION),
                               .ledger = node->genesis.name,
                               .member = tl_bytes_str(node->id),
                               .chain_id = node->chain_id,
                               .height = tip->height,
                               .block_hash = tip->hash,
                               .log_size = tip->log_size,
                               .log_root = tip->log_root,
                               .state_root = tip->state_root,
                               .final_age_ms = now_ms - node->final_ms,
                               .uptime_ms = now_ms - node->started_ms};

    tl_bft_status(node->core, &bft);
    s.view = bft.view;
    if (tl_clock_load(&clock, tl_chain_state(node->chain), &node->genesis) == TL_OK)
        s.business_date = clock.closed_on;
    waiting_for(node, &bft, why, sizeof why);
    s.waiting_for = tl_bytes_str(why);
    add_members(node, &s.members, &buf);
    add_counters(node, &s.counters, &buf);
    tl_record_write(&tl_node_status_record, &s, out);
}

void tl_report_members(struct tl_node *node, struct tl_buf *out)
{
    struct tl_buf buf = tl_buf(node->scratch2, node->scratch_bytes);
    struct tl_member_list list = {0};

    add_members(node, &list.members, &buf);
    tl_record_write(&tl_member_list_record, &list, out);
}
