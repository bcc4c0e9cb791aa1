#!/bin/sh
# clang-tidy over the product's C files, in parallel, remembering what passed.
#
# Usage: run_tidy.sh BUILD_DIR
#   BASE=REV   only files changed since REV
#   JOBS=N     at once (default: number of processors)
#
# A file that passed is not looked at again until it, any header of ours or a
# .clang-tidy changes; marks lie in BUILD_DIR/tidy.
set -eu

build=${1:?usage: run_tidy.sh BUILD_DIR}
cd "$(dirname -- "$0")/../.."
marks=$build/tidy
mkdir -p "$marks"

shared=$(git ls-files -co --exclude-standard '*.h' '*.def' '*.clang-tidy' '.clang-tidy' | sort | xargs cat | sha256sum)
if [ -n "${BASE:-}" ]; then
    files=$(git diff --name-only --diff-filter=d "$BASE" -- '*.c')
else
    files=$(git ls-files -co --exclude-standard '*.c')
fi

todo=$(for file in $files; do
    case $file in tests/*) continue ;; esac
    # Only what this build compiles can be checked with the right flags.
    grep -q "\"file\": \"$PWD/$file\"" "$build/compile_commands.json" || continue
    mark=$marks/$(printf '%s' "$shared" | cat - "$file" | sha256sum | cut -c 1-32)
    [ -f "$mark" ] || printf '%s %s\n' "$file" "$mark"
done)
[ -n "$todo" ] || {
    echo 'tidy: nothing changed since it last passed'
    exit 0
}
echo "tidy: $(printf '%s\n' "$todo" | wc -l) files"
# shellcheck disable=SC2016  # expanded by the inner shell
printf '%s\n' "$todo" | xargs -P "${JOBS:-$(nproc)}" -n 2 sh -c '
    out=$(clang-tidy --quiet -p "$0" "$1" 2>/dev/null) && : >"$2" || { printf "%s\n" "$out"; exit 1; }' "$build"
