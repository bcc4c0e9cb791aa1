/* Machines: starting them, letting them run, taking their power away. */
#include "sim.h"

#include "tl/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS UINT64_C(86400000)

uint64_t host_mono_ms(const struct host *host)
{
    return (uint64_t)((int64_t)(DAY_MS + host->sim->now_ms) * (1000 + host->drift_permille) / 1000);
}

/* A clock that is wrong before the world heals, and right after. */
uint64_t host_wall_ms(const struct host *host)
{
    int64_t off = (int64_t)host->sim->now_ms * host->drift_permille / 1000 + host->wall_jump_ms;

    return EPOCH_MS + 60000 + host->sim->now_ms + (uint64_t)(host->sim->healed ? 0 : off);
}

bool host_is_honest(const struct host *host)
{
    return !host->twin && !host->liar;
}

void host_plan(struct host *host, uint64_t at_ms)
{
    struct sim *sim = host->sim;
    struct happening *h;

    if (host->node == NULL || (host->turn_at_ms != NOT_PLANNED && host->turn_at_ms <= at_ms))
        return;
    host->turn_at_ms = at_ms;
    h = happen(sim, TURN, at_ms > sim->now_ms ? at_ms - sim->now_ms : 0);
    h->host = host->index;
    h->life = host->life;
    host->turn_seq = h->seq;
}

static void set_paths(struct tl_config *config)
{
    (void)snprintf(config->genesis.text, sizeof config->genesis.text, "genesis.tally");
    (void)snprintf(config->keys.text, sizeof config->keys.text, "keys");
    (void)snprintf(config->tls_cert.text, sizeof config->tls_cert.text, "tls.crt");
    (void)snprintf(config->data.text, sizeof config->data.text, "data");
    (void)snprintf(config->journal_a.text, sizeof config->journal_a.text, "journal-a");
    (void)snprintf(config->journal_b.text, sizeof config->journal_b.text, "journal-b");
    (void)snprintf(config->listen.text, sizeof config->listen.text, "here");
    config->mempool_bytes = 16u << 20;
    config->threads = 2;
}

static void come_back(struct host *host, uint64_t in_ms)
{
    happen(host->sim, RESTART, in_ms)->host = host->index;
}

/* Ends the process; the disk is for the caller to deal with. */
static void end_process(struct host *host)
{
    struct tl_node *node = host->node;

    machine_is(host);
    host->sim->result.caught_up += (uint32_t)node->count.blocks_caught_up;
    host->disk.off = true;
    tl_node_close(node);
    free(node);
    host->node = NULL;
    host->life++;
    host->turn_at_ms = NOT_PLANNED;
    host->workers_open = 0;
    disk_power(&host->disk);
}

static void start_failed(struct host *host, const struct tl_why *why)
{
    struct sim *sim = host->sim;
    bool sick = sim->options.disk_permille > 0 || sim->options.full_disk != 0;

    if (sim->verbose)
        (void)printf("%8llu machine %u does not start: %s\n", (unsigned long long)sim->now_ms,
                     host->index, why->text);
    if (sick && !sim->healed) {
        come_back(host, 200 + chance(sim, 1000));
        return;
    }
    if (!host_is_honest(host))
        return;
    fail_history(sim, SIM_CRASHED, "machine %u does not start: %.160s", host->index, why->text);
}

void host_boot(struct host *host)
{
    struct tl_why why = {""};
    enum tl_status st;

    if (host->node != NULL)
        return;
    machine_is(host);
    host->life++;
    host->turn_at_ms = NOT_PLANNED;
    host->workers_open = 0;
    host->node = grab(1, sizeof *host->node);
    set_paths(&host->node->config);
    st = tl_node_open(host->node, &why);
    record(host->sim, "boot", host->index, (uint64_t)st, TL_BYTES_NONE);
    if (st != TL_OK) {
        end_process(host);
        start_failed(host, &why);
        return;
    }
    host->sim->result.restarts++;
    net_peers_up(host);
    host_plan(host, host->sim->now_ms);
}

/* Both copies are gone.  Somebody has looked and said so (tally rejoin); the known-wrong
 * variant is one that begins a new journal as if nothing had been signed. */
static void lose_journal(struct host *host)
{
    struct sim *sim = host->sim;

    if (sim->options.lost_journal == 0 || sim->result.journals_lost != 0 || !host_is_honest(host) ||
        !host->voted || chance(sim, 2) == 0)
        return;
    sim->result.journals_lost++;
    disk_lose_journal(&host->disk);
    host->rejoins = flaw != FLAW_NO_FENCE;
    host->voted = flaw != FLAW_NO_FENCE;
    record(sim, "journal-lost", host->index, 0, TL_BYTES_NONE);
}

/* kill -9 or a power cut, at once or in the middle of a write. */
void host_crash(struct host *host)
{
    struct sim *sim = host->sim;
    bool power = chance(sim, 4) != 0;
    struct tl_workers *disk = NULL;

    if (host->node == NULL)
        return;
    for (uint32_t i = 0; i < 3; i++)
        disk = host->workers[i].is_disk ? &host->workers[i] : disk;
    machine_is(host);
    if (disk != NULL && disk->first != NULL && permille(sim, sim->options.torn_permille)) {
        host->disk.left = (uint32_t)chance(sim, 6);
        tl_workers_stop(disk);
    }
    end_process(host);
    if (power)
        disk_crash(&host->disk);
    disk_power(&host->disk);
    record(sim, "crash", host->index, power, TL_BYTES_NONE);
    lose_journal(host);
    come_back(host, 1 + chance(sim, 2000));
}

/* The node found its machine failing and stopped by itself. */
static void stopped(struct host *host)
{
    struct sim *sim = host->sim;
    enum tl_status st = host->node->failed;
    bool sick = sim->options.disk_permille > 0 || sim->options.full_disk != 0;

    end_process(host);
    if (!sick && host_is_honest(host))
        fail_history(sim, SIM_CRASHED, "machine %u stopped by itself: %s", host->index,
                     tl_status_text(st));
    /* After a sync that failed nobody knows what is on the disk. */
    if (chance(sim, 2) == 0)
        disk_crash(&host->disk);
    disk_power(&host->disk);
    come_back(host, 100 + chance(sim, 1000));
}

static uint64_t next_wake_ms(const struct host *host)
{
    const struct tl_node *node = host->node;
    uint64_t wake = node->timer_ms < node->tick_ms ? node->timer_ms : node->tick_ms;
    uint64_t now = host_mono_ms(host);

    return host->sim->now_ms + (wake > now ? wake - now : 1) + host->slow_ms;
}

void host_turn(struct host *host)
{
    struct tl_node *node = host->node;

    machine_is(host);
    host->turn_at_ms = NOT_PLANNED;
    host->turns++;
    node->stopping = false;
    (void)tl_node_run(node);
    if (node->failed != TL_OK) {
        stopped(host);
        return;
    }
    if (node->again) {
        host->sim->result.rejoined++;
        end_process(host);
        come_back(host, 1 + chance(host->sim, 100));
        return;
    }
    check_host(host);
    host_plan(host, next_wake_ms(host));
}

static void host_open(struct sim *sim, uint32_t member, bool twin)
{
    struct host *host = &sim->host[sim->hosts];
    int32_t drift = (int32_t)sim->options.drift_permille;

    TL_CHECK(sim->hosts < HOSTS_MAX);
    host->sim = sim;
    host->index = sim->hosts++;
    host->member = member;
    host->twin = twin;
    host->liar = (sim->options.liars >> member & 1u) != 0;
    host->turn_at_ms = NOT_PLANNED;
    host->drift_permille = drift == 0 ? 0 : (int32_t)chance(sim, (uint64_t)(2 * drift + 1)) - drift;
    disk_init(&host->disk, host);
}

void hosts_open(struct sim *sim)
{
    for (uint32_t m = 0; m < sim->options.members; m++) {
        bool twins = (sim->options.twins >> m & 1u) != 0;

        host_open(sim, m, twins);
        if (twins)
            host_open(sim, m, true);
    }
    sim->host[chance(sim, sim->hosts)].slow_ms = sim->options.slow_ms;
    for (uint32_t i = 0; i < sim->hosts; i++)
        happen(sim, RESTART, chance(sim, 50))->host = i;
}

void hosts_close(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->hosts; i++) {
        if (sim->host[i].node != NULL)
            end_process(&sim->host[i]);
        disk_fini(&sim->host[i].disk);
    }
}
