/* One history from its seed to its end. */
#include "sim.h"

#include "tl/check.h"
#include "tl/hash.h"

#include <stdlib.h>
#include <string.h>

static void open_consortium(struct sim *sim)
{
    static struct consortium_draft draft;
    struct consortium *c = &sim->consortium;
    const char *why = "";

    sim_draft(sim, &draft);
    c->count = sim->options.members;
    c->file = consortium_write(&draft, c->memory, sizeof c->memory);
    TL_CHECK(tl_genesis_decode(&c->genesis, c->file, &why) == TL_OK);
    tl_genesis_chain_id(&c->chain_id, c->file);
    tl_genesis_voters(&c->voters, &c->genesis, &c->chain_id);
}

static void open_world(struct sim *sim)
{
    sim->random = sim->options.seed ^ UINT64_C(0x5deece66d);
    tl_hasher_init(&sim->history);
    open_consortium(sim);
    hosts_open(sim);
    for (uint32_t i = 0; i < sim->options.members; i++)
        happen(sim, CLIENT, 100 + chance(sim, 500))->host = i;
    (void)happen(sim, CHAOS, 300 + chance(sim, 1000));
    (void)happen(sim, HEAL, sim->options.chaos_ms);
}

static void set_clocks(struct sim *sim)
{
    struct host *host = &sim->host[chance(sim, sim->hosts)];

    host->wall_jump_ms = (int64_t)chance(sim, 20000) - 10000;
}

static void fill_disks(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->hosts; i++)
        sim->host[i].disk.full = !sim->healed && chance(sim, 4) == 0;
}

static void chaos(struct sim *sim)
{
    const struct options *o = &sim->options;
    uint64_t victims = o->crashes == 2 ? chance(sim, sim->hosts + 1) : o->crashes;

    if (sim->healed)
        return;
    net_links(sim);
    if (o->jumps != 0)
        set_clocks(sim);
    if (o->full_disk != 0)
        fill_disks(sim);
    for (uint64_t i = 0; i < victims; i++)
        host_crash(&sim->host[chance(sim, sim->hosts)]);
    (void)happen(sim, CHAOS, 200 + chance(sim, 2000));
}

static void heal(struct sim *sim)
{
    sim->healed = true;
    net_links(sim);
    fill_disks(sim);
    for (uint32_t i = 0; i < sim->hosts; i++) {
        sim->host[i].wall_jump_ms = 0;
        sim->host[i].slow_ms = 0;
        if (sim->host[i].node == NULL)
            happen(sim, RESTART, chance(sim, 500))->host = i;
        else
            net_peers_up(&sim->host[i]);
    }
}

static void take_place(struct sim *sim, struct happening *h)
{
    struct host *host = &sim->host[h->host % HOSTS_MAX];

    switch (h->kind) {
    case TURN:
        if (h->life == host->life && h->seq == host->turn_seq && host->node != NULL)
            host_turn(host);
        return;
    case FRAME:
        net_arrive(sim, h);
        return;
    case JOB:
        if (h->life == host->life && host->node != NULL)
            host_job(host, h->workers, h->job);
        return;
    case RESTART:
        host_boot(host);
        return;
    case CHAOS:
        chaos(sim);
        return;
    case HEAL:
        heal(sim);
        return;
    case CLIENT:
        client_turn(sim, h->host);
        return;
    case ANSWER:
        client_hears(sim, h->host, tl_bytes(h->bytes, h->len));
        return;
    }
}

static void close_world(struct sim *sim)
{
    while (sim->heap_len > 0)
        happening_free(next_happening(sim));
    for (uint32_t i = 0; i < 64; i++) {
        if (sim->old[i] != NULL)
            happening_free(sim->old[i]);
    }
    for (size_t i = 0; i < sim->blocks; i++)
        free(sim->block[i].bytes);
    for (size_t i = 0; i < sim->certs; i++)
        free((void *)(uintptr_t)sim->cert[i].sigs.ptr);
    free(sim->heap);
    free(sim->ack);
    free(sim->final_hash);
    free(sim->final_root);
    free(sim->block);
    free(sim->said);
    free(sim->cert);
}

/* Beyond the bound of liveness there is nothing to wait for. */
static bool is_over(struct sim *sim)
{
    if (sim->result.verdict != SIM_OK)
        return true;
    if (!sim->healed)
        return false;
    if (!within_liveness(&sim->options))
        return sim->now_ms > sim->options.chaos_ms + 20000;
    return clients_done(sim) && check_all_equal(sim);
}

struct result sim_run(const struct options *options, bool verbose)
{
    struct sim *sim = grab(1, sizeof *sim);
    struct result result;

    sim->options = *options;
    sim->verbose = verbose;
    open_world(sim);
    while (sim->heap_len > 0 && !is_over(sim)) {
        struct happening *h = next_happening(sim);

        sim->now_ms = h->at_ms;
        if (sim->now_ms > options->chaos_ms + 1000 * (uint64_t)options->patience_s)
            fail_history(sim, SIM_STUCK, "not all is final %u s after all was healed",
                         options->patience_s);
        take_place(sim, h);
        happening_free(h);
        sim->result.events++;
    }
    check_end(sim);
    sim->result.end_ms = sim->now_ms;
    tl_hasher_done(&sim->history, &sim->result.digest);
    hosts_close(sim);
    result = sim->result;
    close_world(sim);
    free(sim);
    return result;
}
