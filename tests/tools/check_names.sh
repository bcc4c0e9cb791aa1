#!/bin/sh
# No two rooms define the same global name: a linker would silently take
# whichever archive comes first.
#
# Usage: check_names.sh BUILD_DIR
set -eu
export LC_ALL=C

build=${1:?usage: check_names.sh BUILD_DIR}
# Test support and the panic of the programs stand in for one another on purpose.
doubles=$(for archive in $(find "$build/ledger" "$build/contracts" "$build/node" "$build/cli" -name '*.a' | sort); do
    nm -g --defined-only "$archive" 2>/dev/null |
        awk -v a="$(basename "$archive")" 'NF == 3 && $3 != "tl_panic" { print $3, a }' | sort -u
done | sort | awk '$1 == last { print "  " $1 ": " where " and " $2; bad = 1 } { last = $1; where = $2 }')

if [ -n "$doubles" ]; then
    echo 'check_names: one name, two archives:'
    echo "$doubles"
    exit 1
fi
echo 'check_names: every global name has one home'
