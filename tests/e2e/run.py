#!/usr/bin/env python3
"""Runs end-to-end tests: real processes, sockets, disks and signals.

Usage: run.py --build DIR NAME...       one or more tests, by name
       run.py --build DIR --list
       run.py --build DIR --make-export FILE
Ends with 0 when every promise was kept, 1 when not, 77 when a test cannot run here.
TALLY_KEEP=1 keeps the directory of a failure; TALLY_E2E_SEED=N repeats what was random.
"""
import argparse
import importlib
import os
import random
import sys
import time

from consortium import Failure, Skip

TESTS = {
    "demo": "tour",
    "fines": "fines",
    "policydiff": "fines",
    "metro2": "bureau",
    "reports": "figures",
    "accounts": "account",
    "acdv": "bureau",
    "reimport": "fines",
    "crash": "crash",
    "minority": "crash",
    "strangers": "strangers",
    "flip": "evidence",
    "replay": "evidence",
    "archive": "evidence",
    "censor": "censor",
    "join": "join",
    "liars": "join",
    "newcomer": "join",
    "damaged": "join",
    "rejoin": "join",
    "restore": "join",
    "follow": "follow",
    "access": "privacy",
    "vault": "privacy",
    "privacy": "privacy",
    "chaos": "chaos",
    "governance": "governance",
    "witness": "witness",
    "auditor": "auditor",
    "deferred": "deferred",
}


def missing_programs(build):
    return [p for p in ("cli/tally", "node/tallyd") if not os.path.exists(os.path.join(build, p))]


def run(name, build, seed):
    started = time.monotonic()
    test = getattr(importlib.import_module(TESTS[name]), name)
    try:
        test(build, random.Random(seed))
    except Skip as reason:
        print(f"{name}: skipped: {reason}")
        return 77
    except Failure as failure:
        print(f"{name}: FAILED: {failure} (seed {seed})")
        return 1
    print(f"{name}: kept, {time.monotonic() - started:.1f} s (seed {seed})")
    return 0


def main():
    parser = argparse.ArgumentParser(description="end-to-end tests")
    parser.add_argument("--build", required=True)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--make-export", metavar="FILE")
    parser.add_argument("name", nargs="*")
    args = parser.parse_args()
    if args.list:
        print("\n".join(TESTS))
        return 0
    missing = missing_programs(args.build)
    if missing:
        print(f"skipped: {' and '.join(missing)} not built in {args.build}")
        return 77
    if args.make_export:
        importlib.import_module("evidence").make_export(args.build, args.make_export)
        return 0
    seed = int(os.environ.get("TALLY_E2E_SEED") or random.randrange(1 << 24))
    return max((run(name, args.build, seed) for name in args.name), default=0)


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    sys.exit(main())
