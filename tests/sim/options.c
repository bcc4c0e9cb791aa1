/* What a seed means. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

static uint32_t pick(struct sim *sim, uint32_t below)
{
    return (uint32_t)chance(sim, below);
}

static void draw_members(struct sim *sim, struct options *o)
{
    static const uint8_t shapes[][2] = {{4, 3}, {4, 3}, {4, 3}, {3, 2}, {5, 4}, {3, 3}, {7, 5}};
    uint32_t shape = pick(sim, sizeof shapes / sizeof shapes[0]);

    o->members = shapes[shape][0];
    o->quorum = shapes[shape][1];
}

/* Mostly as many traitors as the consortium bears, now and then one more. */
static void draw_traitors(struct sim *sim, struct options *o)
{
    uint32_t bound = 2 * o->quorum - o->members - 1;
    uint32_t count = pick(sim, 3) == 0 ? 0 : pick(sim, bound + 1);

    if (pick(sim, 10) == 0)
        count = bound + 1;
    for (uint32_t i = 0; i < count && i < o->members; i++) {
        if (pick(sim, 2) == 0)
            o->twins |= 1u << i;
        else
            o->liars |= 1u << i;
    }
    if (o->liars != 0)
        o->lies = 1 + pick(sim, (1u << LIES) - 1);
}

static void draw_network(struct sim *sim, struct options *o)
{
    static const uint16_t loss[] = {0, 0, 10, 50, 150, 300};

    o->loss_permille = loss[pick(sim, 6)];
    o->twice_permille = pick(sim, 2) * pick(sim, 100);
    o->replay_permille = pick(sim, 3) == 0 ? pick(sim, 20) : 0;
    o->delay_ms = 1 + pick(sim, 40);
    o->late_permille = pick(sim, 2) * pick(sim, 150);
    o->late_ms = 100 + pick(sim, 3000);
    o->partitions = pick(sim, 3);
}

static void draw_machines(struct sim *sim, struct options *o)
{
    o->crashes = pick(sim, 3);
    o->sync_ms = 1 + pick(sim, 20);
    o->disk_permille = pick(sim, 3) == 0 ? pick(sim, 20) : 0;
    o->full_disk = pick(sim, 6) == 0;
    o->torn_permille = pick(sim, 2) * (800 + pick(sim, 200));
    o->lost_journal = 0;
    o->drift_permille = pick(sim, 2) * pick(sim, 50);
    o->jumps = pick(sim, 3) == 0;
    o->slow_ms = pick(sim, 4) == 0 ? 10 + pick(sim, 200) : 0;
}

void options_draw(struct options *options, uint64_t seed)
{
    struct sim *sim = grab(1, sizeof *sim);

    *options = (struct options){.seed = seed};
    sim->random = seed;
    draw_members(sim, options);
    draw_traitors(sim, options);
    draw_network(sim, options);
    draw_machines(sim, options);
    options->delta_ms = 50 + 50 * pick(sim, 4);
    options->envelopes = 4 + pick(sim, 12);
    options->chaos_ms = 2000 + pick(sim, 10000);
    /* What came later is drawn later, so that old seeds mean what they meant. */
    options->patience_s = 400; /* view timers may have grown to a minute */
    options->calm_ms = options->delta_ms / 2;
    if (pick(sim, 5) == 0)
        options->calm_ms = options->delta_ms * (1 + pick(sim, 6));
    if (options->liars != 0 && pick(sim, 3) == 0)
        options->lies |= pick(sim, 2) == 0 ? LIE_FORGE : LIE_USURP;
    if (pick(sim, 3) == 0 && within_safety(options))
        options->epochs = 1 + pick(sim, 3);
    /* With more traitors than the bound the fence promises nothing. */
    options->lost_journal = options->crashes != 0 && options->quorum < options->members &&
                            within_safety(options) && pick(sim, 4) == 0;
    free(sim);
}

void options_print(const struct options *options)
{
    (void)printf("  seed %llu\n", (unsigned long long)options->seed);
#define X(name, what) (void)printf("  %-16s %6u  %s\n", #name, options->name, what);
    SIM_OPTIONS(X)
#undef X
}

uint32_t traitors(const struct options *options)
{
    return (uint32_t)__builtin_popcount(options->twins | options->liars);
}

bool within_safety(const struct options *options)
{
    return flaw == FLAW_QUORUM || traitors(options) + options->members < 2 * options->quorum;
}

bool within_liveness(const struct options *options)
{
    uint32_t gone = traitors(options) + (options->lost_journal != 0);

    return within_safety(options) && gone <= options->members - options->quorum;
}
