#!/bin/sh
# The pure rooms may not reach what they may not name: allocation, clocks, I/O,
# soft floating point, or state of their own.  The archives are the proof.
#
# Usage: check_pure.sh BUILD_DIR
# Fails when an archive wants a symbol outside pure-symbols.txt, or defines one
# in .bss or .data.
set -eu
export LC_ALL=C

build=${1:?usage: check_pure.sh BUILD_DIR}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
archives='ledger/libtl_ledger.a contracts/libtl_contracts.a node/consensus/libtl_bft.a'

# A shell pattern per line becomes one anchored expression for grep.
allowed=$(mktemp)
wanted=$(mktemp)
trap 'rm -f "$allowed" "$wanted"' EXIT
sed -e '/^#/d' -e '/^$/d' -e 's/\*/.*/' -e 's/.*/^&$/' "$here/pure-symbols.txt" >"$allowed"

seen=0
failed=0
for archive in $archives; do
    path=$build/$archive
    if [ ! -f "$path" ]; then
        echo "check_pure: no $archive yet"
        continue
    fi
    seen=$((seen + 1))
    # What an archive's own objects define is not wanted from outside.
    nm -g --defined-only "$path" | awk 'NF == 3 { print $3 }' | sort -u >"$wanted.own"
    nm -u "$path" | awk 'NF == 2 && $1 == "U" { print $2 }' | sort -u | comm -23 - "$wanted.own" >"$wanted"
    rm -f "$wanted.own"
    if grep -v -f "$allowed" "$wanted" >"$wanted.bad"; then
        failed=1
        echo "check_pure: $archive reaches outside the pure room:"
        while read -r symbol; do
            echo "  $symbol  (in $(nm -A -u "$path" | awk -v s="$symbol" '$NF == s { sub(/:$/, "", $1); print $1 }' | sed 's/.*libtl/libtl/' | tr '\n' ' '))"
        done <"$wanted.bad"
    fi
    rm -f "$wanted.bad"
    # Constant tables of pointers sit in .data.rel.ro: relocated once, then read-only.
    state=$(nm -f sysv -A "$path" | awk -F'|' '
        { kind = $3; section = $7; gsub(/ /, "", kind); gsub(/ /, "", section) }
        kind ~ /^[bBdDC]$/ && section !~ /^[.]data[.]rel[.]ro/ { print "  " $1 " in " section }')
    if [ -n "$state" ]; then
        failed=1
        echo "check_pure: $archive keeps state of its own:"
        echo "$state"
    fi
done

if [ "$seen" -eq 0 ]; then
    echo "check_pure: '$build' holds no pure archive: build first"
    exit 2
fi
[ "$failed" -eq 0 ] && echo "check_pure: $seen archives, nothing reached outside"
exit "$failed"
