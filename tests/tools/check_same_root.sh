#!/bin/sh
# The same blocks give the same state root on every compiler and optimisation.
#
# Usage: check_same_root.sh [EXPORT]
#
# Builds the auditor with gcc and clang at -O0 and -O3, with signed and with
# unsigned char, replays one exported ledger with each and compares what they
# print: height, log root, state root.  Without EXPORT, a consortium is started
# and its ledger exported first (needs build/release).
set -eu

cd "$(dirname -- "$0")/../.."
work=build/same-root
mkdir -p "$work"
if [ $# -gt 0 ]; then
    export_file=$1
else
    export_file=$work/ledger.export
    [ -x build/release/node/tallyd ] || make build
    rm -f "$export_file"
    python3 tests/e2e/run.py --build build/release --make-export "$export_file"
fi

first=''
for compiler in gcc clang; do
    for flags in '-O0 -fsigned-char' '-O3 -funsigned-char'; do
        name=$compiler$(printf '%s' "$flags" | tr -d ' ')
        dir=$work/$name
        cmake -S . -B "$dir" -G Ninja -DCMAKE_C_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=None \
            -DCMAKE_C_FLAGS="$flags" -DBUILD_TESTING=OFF >"$dir.log" 2>&1 ||
            { cat "$dir.log"; exit 1; }
        cmake --build "$dir" --target tally >>"$dir.log" 2>&1 || { tail -n 40 "$dir.log"; exit 1; }
        root=$("$dir/cli/tally" audit "$export_file" --json | python3 -c '
import json, sys
found = json.load(sys.stdin)
print(found["height"], found["log_root"], found["state_root"])')
        printf '%-28s %s\n' "$name" "$root"
        if [ -z "$first" ]; then
            first=$root
        elif [ "$root" != "$first" ]; then
            echo "same-root: $name differs from the first"
            exit 1
        fi
    done
done
echo 'same-root: every build agrees'
