#!/bin/sh
# Every check that needs no running program, one line of verdict each.
#
# Usage: lint.sh [BUILD_DIR]      (default build/dev; it must be built)
#   BASE=REV   clang-tidy looks only at C files changed since REV
set -u

cd "$(dirname -- "$0")/../.." || exit 2
build=${1:-build/dev}
failed=''

run() {
    name=$1
    shift
    printf '== %s\n' "$name"
    "$@" || failed="$failed $name"
}

layout() {
    git ls-files -co --exclude-standard '*.c' '*.h' | xargs -r clang-format --dry-run --Werror
}

spelling() {
    git ls-files -co --exclude-standard '*.c' '*.h' '*.def' '*.md' '*.py' '*.sh' '*.yaml' |
        xargs -r codespell --ignore-words tests/tools/spelling.txt
}

scripts() {
    { git ls-files -co --exclude-standard '*.sh'; echo .ci/setup; echo .ci/run; } | xargs shellcheck
}

quotes() {
    # Numbered rules quoted in code against docs/PROTOCOL.md.
    [ ! -f tests/tools/check_quotes.py ] || python3 tests/tools/check_quotes.py
}

run house python3 tests/tools/check_house.py .
run purity tests/tools/check_pure.sh "$build"
run names tests/tools/check_names.sh "$build"
run quotes quotes
# Layout is a matter of the formatter's version: Debian 12's is the one we use.
case $(clang-format --version) in
*'version 14.'*) run layout layout ;;
*) echo "== layout: skipped, clang-format 14 decides and this is $(clang-format --version)" ;;
esac
run scripts scripts
run spelling spelling
run tidy tests/tools/run_tidy.sh "$build"

if [ -n "$failed" ]; then
    printf 'lint: failed:%s\n' "$failed"
    exit 1
fi
echo 'lint: clean'
