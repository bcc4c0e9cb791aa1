/* The simulator's program.
 *
 *   tallysim FROM [COUNT]      run seeds FROM .. FROM+COUNT-1
 *   tallysim -r FROM [COUNT]   each of them twice: both histories must be the same
 *   tallysim -f FILE           the seeds at the beginning of the lines of FILE
 *   tallysim -v SEED           one seed, with everything the machines log
 *   tallysim -o SEED           print what the seed draws, run nothing
 *
 * Ends at the first seed that fails, with its options, and says how:
 * 0 all well, 3 disagreement (safety), 4 stuck (liveness), 5 a machine stopped. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct totals {
    uint64_t runs, height, leaves, events, sim_ms, acked;
    uint64_t restarts, torn, disk_faults, lost_frames, evidence, caught_up, forks;
    uint64_t journals_lost, rejoined;
};

static void add(struct totals *t, const struct result *r)
{
    t->runs++;
    t->height += r->height;
    t->leaves += r->leaves;
    t->events += r->events;
    t->sim_ms += r->end_ms;
    t->acked += r->acked;
    t->restarts += r->restarts;
    t->torn += r->torn;
    t->disk_faults += r->disk_faults;
    t->lost_frames += r->lost_frames;
    t->evidence += r->evidence;
    t->caught_up += r->caught_up;
    t->forks += r->forked;
    t->journals_lost += r->journals_lost;
    t->rejoined += r->rejoined;
}

static void print_digest(const struct result *r)
{
    char hex[2 * TL_HASH_BYTES + 1];

    tl_hex(hex, tl_bytes(r->digest.b, TL_HASH_BYTES));
    (void)printf("  digest %s\n", hex);
}

static void print_failure(const struct options *options, const struct result *r)
{
    static const char *const words[] = {"ok", "", "usage", "disagreement", "stuck", "crashed"};
    const char *commit = getenv("TALLY_COMMIT");

    (void)printf("sim: seed %llu: %s: %s (after %llu ms, height %llu)\n",
                 (unsigned long long)options->seed, words[r->verdict], r->why,
                 (unsigned long long)r->end_ms, (unsigned long long)r->height);
    (void)printf("  commit %s\n", commit == NULL ? "unknown" : commit);
    options_print(options);
    print_digest(r);
}

static void print_totals(const struct totals *t)
{
    (void)printf("sim: %llu seeds, %llu simulated s, %llu blocks, %llu leaves, %llu acknowledged, "
                 "%llu happenings\n",
                 (unsigned long long)t->runs, (unsigned long long)(t->sim_ms / 1000),
                 (unsigned long long)t->height, (unsigned long long)t->leaves,
                 (unsigned long long)t->acked, (unsigned long long)t->events);
    (void)printf("sim: %llu starts, %llu torn writes, %llu disk faults, %llu frames lost, %llu "
                 "caught up, %llu reports of traitors, %llu forks beyond the bound\n",
                 (unsigned long long)t->restarts, (unsigned long long)t->torn,
                 (unsigned long long)t->disk_faults, (unsigned long long)t->lost_frames,
                 (unsigned long long)t->caught_up, (unsigned long long)t->evidence,
                 (unsigned long long)t->forks);
    (void)printf("sim: %llu journals lost, %llu fenced rejoins\n",
                 (unsigned long long)t->journals_lost, (unsigned long long)t->rejoined);
}

enum mode { MODE_RUN, MODE_REPEAT, MODE_FILE, MODE_VERBOSE, MODE_OPTIONS };

static enum verdict run_one(uint64_t seed, enum mode mode, struct totals *totals)
{
    struct options options;
    struct result r;

    options_draw(&options, seed);
    r = sim_run(&options, mode == MODE_VERBOSE);
    add(totals, &r);
    if (mode == MODE_REPEAT && r.verdict == SIM_OK) {
        struct result again = sim_run(&options, false);

        if (!tl_hash_eq(&again.digest, &r.digest)) {
            (void)printf("sim: seed %llu is not the same history twice\n",
                         (unsigned long long)seed);
            return SIM_DISAGREEMENT;
        }
    }
    if (r.verdict != SIM_OK)
        print_failure(&options, &r);
    else if (mode == MODE_VERBOSE)
        print_digest(&r);
    return r.verdict;
}

static int run_seeds(uint64_t from, uint64_t count, enum mode mode)
{
    struct totals totals = {0};
    enum verdict verdict = SIM_OK;

    for (uint64_t seed = from; seed < from + count && verdict == SIM_OK; seed++)
        verdict = run_one(seed, mode, &totals);
    print_totals(&totals);
    return (int)verdict;
}

static int run_file(const char *path)
{
    struct totals totals = {0};
    enum verdict verdict = SIM_OK;
    FILE *file = fopen(path, "r");
    char line[512];

    if (file == NULL) {
        (void)fprintf(stderr, "tallysim: cannot open \"%s\"\n", path);
        return SIM_USAGE;
    }
    while (verdict == SIM_OK && fgets(line, sizeof line, file) != NULL) {
        if (line[0] >= '0' && line[0] <= '9')
            verdict = run_one(strtoull(line, NULL, 10), MODE_RUN, &totals);
    }
    (void)fclose(file);
    print_totals(&totals);
    return (int)verdict;
}

static enum mode mode_of(const char *word)
{
    static const char letters[] = " rfvo";
    const char *at = word[0] == '-' && word[1] != '\0' ? strchr(letters, word[1]) : NULL;

    return at == NULL ? MODE_RUN : (enum mode)(at - letters);
}

int main(int argc, char **argv)
{
    enum mode mode = argc > 1 ? mode_of(argv[1]) : MODE_RUN;
    int first = mode == MODE_RUN ? 1 : 2;
    struct options options;
    uint64_t count;

    if (argc <= first) {
        (void)fprintf(stderr, "usage: tallysim [-r | -v | -o] SEED [COUNT], or tallysim -f FILE\n");
        return SIM_USAGE;
    }
    if (mode == MODE_FILE)
        return run_file(argv[first]);
    if (mode == MODE_OPTIONS) {
        options_draw(&options, strtoull(argv[first], NULL, 10));
        options_print(&options);
        return 0;
    }
    count = argc > first + 1 ? strtoull(argv[first + 1], NULL, 10) : 1;
    return run_seeds(strtoull(argv[first], NULL, 10), count, mode);
}
