#!/bin/sh
# Run the simulators: every seed that ever failed first, then fresh ones.
#
# Usage: run_sim.sh BUILD_DIR [SEEDS]
#   SEED=N   where the fresh seeds begin (printed when drawn)
#   JOBS=N   how many at once (default: one per processor)
set -eu

build=${1:?usage: run_sim.sh BUILD_DIR [SEEDS]}
seeds=${2:-200}
jobs=${JOBS:-$(nproc 2>/dev/null || echo 2)}
root=$(cd "$(dirname -- "$0")/../.." && pwd)
from=${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
TALLY_COMMIT=$(git -C "$root" describe --always --dirty 2>/dev/null || echo unknown)
export TALLY_COMMIT

for core in "$build"/tests/consensus/test_cluster_sim "$build"/tests/consensus/test_cluster_flaws; do
    printf '== %s\n' "$(basename "$core")"
    "$core"
done

printf '== tallysim: kept seeds\n'
"$build/tests/sim/tallysim" -f "$root/tests/sim/seeds.txt"

printf '== tallysim: %s fresh seeds from SEED=%s, %s at once, commit %s\n' \
    "$seeds" "$from" "$jobs" "$TALLY_COMMIT"
chunk=25
[ "$seeds" -ge $((chunk * jobs)) ] || chunk=$(((seeds + jobs - 1) / jobs))
log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0
at=0
while [ "$at" -lt "$seeds" ]; do
    left=$((seeds - at))
    echo "$((from + at)) $((left < chunk ? left : chunk))"
    at=$((at + chunk))
done | xargs -P "$jobs" -L 1 "$build/tests/sim/tallysim" >"$log" || failed=1
# What failed in full, the rest as sums.
grep -v '^sim: [0-9]* \(seeds\|starts\)' "$log" || true
awk '/^sim: [0-9]+ (seeds|starts)/ {
        for (i = 2; i < NF; i++)
            if ($i ~ /^[0-9]+$/) {
                name = ""
                for (j = i + 1; j <= NF && $j !~ /^[0-9]+$/; j++)
                    name = name " " $j
                sub(/,$/, "", name)
                if (!(name in sum)) order[++n] = name
                sum[name] += $i
            }
     }
     END { for (i = 1; i <= n; i++) printf "%12d%s\n", sum[order[i]], order[i] }' "$log"
exit "$failed"
