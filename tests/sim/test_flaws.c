/* Checkers that never fail prove nothing: each known-wrong variant of the node
 * must be caught, within a stated number of seeds.
 *
 * Usage: test_flaws [SEEDS [all|first [NAME]]]   at most SEEDS (default 60) for
 * each; with "all" every seed is run and those that caught it are counted */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const names[] = {
#define X(name, what, seen) #name,
    FLAWS(X)
#undef X
};
static const char *const whats[] = {
#define X(name, what, seen) what,
    FLAWS(X)
#undef X
};

static void traitor(struct options *o, uint32_t twins, uint32_t lies)
{
    o->members = 4;
    o->quorum = 3;
    o->twins = twins;
    o->liars = lies != 0;
    o->lies = lies;
}

/* The conditions under which the rule matters. */
static void prepare(struct options *o)
{
    if (flaw == FLAW_FINALIZE_OTHER || flaw == FLAW_QUORUM)
        traitor(o, 1, 0);
    else if (flaw == FLAW_SIGNATURE_UNCHECKED)
        traitor(o, 0, LIE_FORGE);
    else if (flaw == FLAW_LEADER_UNCHECKED)
        traitor(o, 0, LIE_USURP);
    else
        traitor(o, 0, 0);
    if (flaw == FLAW_QUORUM) {
        o->members = 5;
        o->partitions = 1;
    }
    o->lost_journal = flaw == FLAW_NO_FENCE;
    if (o->loss_permille < 50)
        o->loss_permille = 50;
    o->crashes = 2;
}

/* In a process of its own: a broken rule may well break a check. */
static bool caught_by(uint64_t seed)
{
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        struct options options;
        struct result result;

        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(1);
        options_draw(&options, seed);
        prepare(&options);
        result = sim_run(&options, false);
        _exit((int)result.verdict);
    }
    return child > 0 && waitpid(child, &status, 0) == child &&
           !(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static bool try_flaw(enum flaw which, uint64_t seeds, bool all)
{
    uint64_t first = 0;
    uint64_t count = 0;
    uint64_t seed;

    flaw = which;
    for (seed = 1; seed <= seeds && (all || count == 0); seed++) {
        if (!caught_by(seed))
            continue;
        first = first == 0 ? seed : first;
        count++;
    }
    (void)printf("%-20s %-45s first caught by seed %3llu; %llu of %llu\n", names[which],
                 whats[which], (unsigned long long)first, (unsigned long long)count,
                 (unsigned long long)(seed - 1));
    (void)fflush(stdout);
    return which == FLAW_NONE ? count == 0 : count > 0;
}

int main(int argc, char **argv)
{
    uint64_t seeds = argc > 1 ? strtoull(argv[1], NULL, 10) : 60;
    bool all = argc > 2 && strcmp(argv[2], "all") == 0;
    bool well = try_flaw(FLAW_NONE, all ? seeds : 10, all);

    for (uint32_t i = 1; i < FLAW_COUNT; i++)
        if (argc <= 3 || strcmp(argv[3], names[i]) == 0)
            well &= try_flaw((enum flaw)i, seeds, all);
    return well ? 0 : 1;
}
