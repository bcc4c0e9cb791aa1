#!/bin/sh
# Run the simulators: stored seeds first, then fresh ones.
#
# Usage: run_sim.sh BUILD_DIR [SEEDS]
set -eu

build=${1:?usage: run_sim.sh BUILD_DIR [SEEDS]}
seeds=${2:-}
simulators=$(find "$build/tests" -type f -name '*sim*' -perm -u+x ! -name '*.*' | sort)
[ -n "$simulators" ] || {
    echo "sim: '$build' holds no simulator" >&2
    exit 1
}
for simulator in $simulators; do
    printf '== %s\n' "$(basename "$simulator")"
    if [ -n "$seeds" ]; then
        TALLY_SIM_SEEDS=$seeds "$simulator"
    else
        "$simulator"
    fi
done
