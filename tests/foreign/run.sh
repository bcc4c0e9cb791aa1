#!/bin/sh
# A verifier made of others' packages looks at evidence we wrote.
#
# Usage: run.sh DATA_PROGRAM WORK_DIR      77: it cannot be built here
set -eu

program=$1
work=$2
cd "$(dirname -- "$0")/go"
command -v go >/dev/null || { echo 'skipped: no go here'; exit 77; }
export GOTOOLCHAIN=local GOFLAGS=-mod=readonly
go mod download 2>/dev/null || { echo 'skipped: the Go packages cannot be had here'; exit 77; }
rm -rf "$work"
mkdir -p "$work"
"$program" "$work"
FOREIGN_DATA=$work go test -count=1 ./...
