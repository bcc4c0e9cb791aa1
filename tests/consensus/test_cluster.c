/* Many seeds of a faulty network; a failing one is printed.
 *
 *   TALLY_SEED=n        run that seed of every series, and no other
 *   TALLY_SIM_SEEDS=n   run n seeds of every series instead of its usual number */
#include "cluster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct series {
    const char *name;
    uint32_t runs;
    struct cluster_config config;
};

struct totals {
    uint32_t forks;
    uint32_t stuck;
    uint64_t heights;
    uint64_t events;
    uint32_t culprits_min;
    uint32_t evidence;
    uint32_t caught_up;
};

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static void count(struct totals *totals, const struct cluster_result *r)
{
    totals->forks += r->forked;
    totals->stuck += r->stuck;
    totals->heights += r->final_height;
    totals->events += r->events;
    totals->evidence += r->evidence;
    totals->caught_up += r->caught_up;
    if (r->forked && (totals->culprits_min == 0 || r->culprits_min < totals->culprits_min))
        totals->culprits_min = r->culprits_min;
}

/* Within the fault bound nothing may ever go wrong; beyond it a fork may, but
 * then blame names enough and nobody honest. */
static bool as_promised(const struct cluster_result *r, bool within)
{
    if (r->honest_conflict || r->framed || r->blame_failed || r->accused_honest)
        return false;
    return !within || (!r->forked && !r->stuck && !r->diverged);
}

static struct totals run_series(const struct series *series, bool within)
{
    uint64_t only = number_from("TALLY_SEED", UINT64_MAX);
    uint64_t runs = number_from("TALLY_SIM_SEEDS", series->runs);
    struct totals totals = {0};

    for (uint64_t seed = 0; seed < runs; seed++) {
        struct cluster_config config = series->config;
        struct cluster_result r;

        config.seed = only == UINT64_MAX ? seed : only;
        r = cluster_run(&config);
        count(&totals, &r);
        if (!as_promised(&r, within)) {
            print_message("%s: TALLY_SEED=%llu fails: forked %d, stuck %d, honest conflict %d, "
                          "alarm %d, blame failed %d, framed %d, accused honest %d; height %llu, "
                          "%llu ms\n",
                          series->name, (unsigned long long)config.seed, r.forked, r.stuck,
                          r.honest_conflict, r.diverged, r.blame_failed, r.framed, r.accused_honest,
                          (unsigned long long)r.final_height, (unsigned long long)r.silent_ms);
            fail();
        }
        if (only != UINT64_MAX)
            break;
    }
    print_message(
        "%-24s %3llu runs %6llu final blocks %8llu events %3u forks %u named %u reports\n",
        series->name, (unsigned long long)runs, (unsigned long long)totals.heights,
        (unsigned long long)totals.events, totals.forks, totals.culprits_min, totals.evidence);
    return totals;
}

static void crashes_never_fork_nor_stall(void **state)
{
    const struct series four = {
        "n=4 q=3 crashes", 120, {.members = 4, .quorum = 3, .crashes = true, .loss_permille = 250}};
    const struct series three = {
        "n=3 q=2 crashes", 40, {.members = 3, .quorum = 2, .crashes = true, .loss_permille = 250}};
    const struct series five = {
        "n=5 q=4 crashes", 20, {.members = 5, .quorum = 4, .crashes = true, .loss_permille = 250}};

    (void)state;
    (void)run_series(&four, true);
    (void)run_series(&three, true);
    (void)run_series(&five, true);
}

static void one_twin_is_outvoted_and_reported(void **state)
{
    const struct series four = {
        "n=4 q=3 one twin",
        60,
        {.members = 4, .quorum = 3, .twins = 1u, .crashes = true, .loss_permille = 200}};
    const struct series five = {
        "n=5 q=4 one twin",
        40,
        {.members = 5, .quorum = 4, .twins = 4u, .crashes = true, .loss_permille = 200}};

    (void)state;
    assert_true(run_series(&four, true).evidence > 0);
    assert_true(run_series(&five, true).evidence > 0);
}

static void a_member_that_was_away_catches_up(void **state)
{
    const struct series away = {
        "n=4 q=3 one away",
        30,
        {.members = 4, .quorum = 3, .away = true, .window = 32, .loss_permille = 20}};

    (void)state;
    assert_true(run_series(&away, true).caught_up > 0);
}

static void two_twins_of_seven_are_outvoted(void **state)
{
    const struct series seven = {
        "n=7 q=5 two twins",
        10,
        {.members = 7, .quorum = 5, .twins = 9u, .crashes = true, .loss_permille = 200}};

    (void)state;
    (void)run_series(&seven, true);
}

static void beyond_the_bound_the_guilty_are_named(void **state)
{
    const struct series three = {
        "n=3 q=2 one twin", 40, {.members = 3, .quorum = 2, .twins = 1u, .loss_permille = 100}};
    const struct series four = {
        "n=4 q=3 two twins", 30, {.members = 4, .quorum = 3, .twins = 3u, .loss_permille = 100}};
    struct totals totals;

    (void)state;
    totals = run_series(&three, false);
    assert_true(totals.forks == 0 || totals.culprits_min >= 1);
    if (getenv("TALLY_SEED") == NULL && getenv("TALLY_SIM_SEEDS") == NULL)
        assert_true(totals.forks > 0);
    totals = run_series(&four, false);
    assert_true(totals.forks == 0 || totals.culprits_min >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crashes_never_fork_nor_stall),
        cmocka_unit_test(one_twin_is_outvoted_and_reported),
        cmocka_unit_test(a_member_that_was_away_catches_up),
        cmocka_unit_test(two_twins_of_seven_are_outvoted),
        cmocka_unit_test(beyond_the_bound_the_guilty_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
