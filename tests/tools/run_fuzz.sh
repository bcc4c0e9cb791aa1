#!/bin/sh
# Run every fuzzer of a fuzz build for a while each.
#
# Usage: run_fuzz.sh BUILD_DIR SECONDS
#   SEED=N     libFuzzer seed; printed, so that a finding can be had again
#
# Stored inputs in tests/fuzz/corpus/NAME/ go first.  A finding stays as a file
# BUILD_DIR/findings/NAME-*.
set -eu

build=${1:?usage: run_fuzz.sh BUILD_DIR SECONDS}
seconds=${2:?usage: run_fuzz.sh BUILD_DIR SECONDS}
seed=${SEED:-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}
cd "$(dirname -- "$0")/../.."

fuzzers=$(find "$build" -type f -name 'fuzz_*' -perm -u+x | sort)
[ -n "$fuzzers" ] || {
    echo "fuzz: '$build' holds no fuzzers" >&2
    exit 1
}
mkdir -p "$build/findings"
failed=''
for fuzzer in $fuzzers; do
    name=$(basename "$fuzzer")
    fresh=$build/corpus/$name
    mkdir -p "$fresh"
    stored=tests/fuzz/corpus/$name
    [ -d "$stored" ] || stored=''
    printf '== %s, %s s, seed %s\n' "$name" "$seconds" "$seed"
    # shellcheck disable=SC2086  # no stored corpus means no word at all
    if ! "$fuzzer" -seed="$seed" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
        -print_final_stats=0 -verbosity=0 -artifact_prefix="$build/findings/$name-" "$fresh" $stored; then
        failed="$failed $name"
    fi
done
if [ -n "$failed" ]; then
    printf 'fuzz: findings in:%s (seed %s)\n' "$failed" "$seed"
    exit 1
fi
echo "fuzz: $(printf '%s\n' "$fuzzers" | wc -l) fuzzers, no findings (seed $seed)"
