#!/bin/sh
# Run the simulators: clusters of consensus cores, histories of cases.
#
# Usage: run_sim.sh BUILD_DIR [PERCENT]
#   PERCENT       of the usual number of seeds, e.g. 1000 for ten times as many
#   TALLY_SEED=N  only that seed, exactly as it ran before
set -eu

build=${1:?usage: run_sim.sh BUILD_DIR [PERCENT]}
TALLY_SEEDS=${2:-100}
export TALLY_SEEDS
simulators=$(find "$build/tests" -type f -perm -u+x \( -name 'test_cluster*' -o -name 'test_histories' \
    -o -name 'test_small_world*' \) | sort)
[ -n "$simulators" ] || {
    echo "sim: '$build' holds no simulator" >&2
    exit 1
}
for simulator in $simulators; do
    printf '== %s, %s %% of the usual seeds\n' "$(basename "$simulator")" "$TALLY_SEEDS"
    "$simulator"
done
