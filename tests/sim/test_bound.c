/* Where safety ends: with twins up to the bound 2q - n - 1 a ledger never forks,
 * however the network is split; with one more it does, and then every fork names
 * at least 2q - n members by their own signatures, and nobody who is honest.
 *
 * The network is as bad as it gets: two halves that do not hear each other, with
 * a machine of every pair of twins in each, so each half can count the twins.
 *
 * Usage: test_bound [SEEDS [FROM]]   so many histories of each world (default 20) */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

static const struct bound_world {
    uint8_t members, quorum, twins;
} worlds[] = {{4, 3, 1}, {7, 5, 2}, {5, 4, 1}, {3, 2, 1}, {4, 3, 2}};

struct tally {
    uint32_t runs, forks, least_named;
    bool failed;
};

static void prepare(struct options *o, const struct bound_world *world, uint64_t seed)
{
    options_draw(o, seed);
    o->members = world->members;
    o->quorum = world->quorum;
    o->twins = (1u << world->twins) - 1u;
    o->liars = 0;
    o->lies = 0;
    o->partitions = 3;
    o->crashes = 0; /* who is down cannot make a quorum */
    o->disk_permille = 0;
    o->full_disk = 0;
    o->epochs = 0;
    o->loss_permille = 0;
    o->slow_ms = 0;
    o->chaos_ms = 20000;
}

static void run_one(struct tally *t, const struct bound_world *world, uint64_t seed)
{
    uint32_t must_name = 2u * world->quorum - world->members;
    struct options options;
    struct result r;
    uint32_t named;
    bool beyond;

    prepare(&options, world, seed);
    beyond = !within_safety(&options);
    r = sim_run(&options, false);
    named = (uint32_t)__builtin_popcount(r.culprits);
    t->runs++;
    t->forks += r.forked;
    if (r.forked && named < t->least_named)
        t->least_named = named;
    if (r.verdict == SIM_OK && (!r.forked || (beyond && named >= must_name)))
        return;
    t->failed = true;
    (void)printf("n=%u q=%u, %u twins, seed %llu: %s; %s, %u of %u named\n", world->members,
                 world->quorum, world->twins, (unsigned long long)seed,
                 r.verdict == SIM_OK ? "ended" : r.why, r.forked ? "forked" : "no fork", named,
                 must_name);
}

int main(int argc, char **argv)
{
    uint64_t seeds = argc > 1 ? strtoull(argv[1], NULL, 10) : 20;
    uint64_t from = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    bool failed = false;

    (void)printf("%-18s %10s %8s %8s %22s\n", "world", "histories", "forked", "bound",
                 "named at least");
    for (size_t w = 0; w < sizeof worlds / sizeof *worlds; w++) {
        struct tally t = {.least_named = UINT32_MAX};
        bool beyond = worlds[w].twins + worlds[w].members >= 2u * worlds[w].quorum;

        for (uint64_t seed = from; seed < from + seeds; seed++)
            run_one(&t, &worlds[w], seed);
        (void)printf("n=%u q=%u, %u twin%-2s %10u %8u %8s ", worlds[w].members, worlds[w].quorum,
                     worlds[w].twins, worlds[w].twins == 1 ? "" : "s", t.runs, t.forks,
                     beyond ? "beyond" : "within");
        if (t.forks > 0)
            (void)printf("%13u of 2q-n=%u\n", t.least_named,
                         2u * worlds[w].quorum - worlds[w].members);
        else
            (void)printf("%22s\n", "-");
        /* A split that comes when all is written tells nothing: most must. */
        failed |= t.failed || (beyond && 2 * t.forks < t.runs);
    }
    return failed;
}
