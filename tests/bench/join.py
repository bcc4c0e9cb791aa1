#!/usr/bin/env python3
"""How long it takes to join a large ledger: by executing its past, and by taking a snapshot.

Usage: join.py --build DIR [--leaves N] [--json]

Three of four members fill a ledger with N leaves (1,000,000): attempts to reach debtors and, one entry in
twenty, payments, with everything on.  Then, while
commits go on, the fourth joins twice from nothing: block by block, and by snapshot.  Each time counts from
starting its process until it stands where the others stand.  Ends with 1 when the snapshot takes a tenth
of the replay or more.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))

import small  # noqa: E402  (the path is set just above)
from consortium import Consortium, expect, tail, wait_until  # noqa: E402

CLIENTS = 4
POLICY = "fines"
JOINER = "bureau"
POLL_SECONDS = 0.05
SNAPSHOT_AFTER = 200  # blocks; a snapshot itself is up to 128 old
JOIN_SECONDS = 1800


def with_keys(consortium):
    for i in range(CLIENTS + 1):
        consortium.tool("keygen", consortium["creditor"].dir, "--add-author", "--author", f"load{i}",
                        "--rights", "submit,read")


def load_command(consortium, clients, per_envelope, seconds, prefix="author-load"):
    creditor = consortium["creditor"]
    return [os.path.join(consortium.build, "tests", "bench", "bench_load"), "ipc://" + creditor.socket,
            consortium.genesis, os.path.join(creditor.dir, "keys", prefix), str(clients), str(per_envelope),
            str(seconds), POLICY, "contacts"]


def fill(consortium, leaves):
    """Payments until the log is that long."""
    began = time.monotonic()
    while True:
        size = consortium["creditor"].status()["log_size"]
        if size >= leaves:
            return size, time.monotonic() - began
        subprocess.run(load_command(consortium, CLIENTS, 2500, 10), check=True, stdout=subprocess.DEVNULL)


def stands_with(joiner, other):
    theirs = other.status()
    ours = joiner.status()
    expect(joiner.running(), f"{joiner.member} ended: {tail(joiner.log)}")
    return ours is not None and theirs is not None and ours["height"] >= theirs["height"] and ours


def join(consortium, snapshot_after):
    """Seconds from the start of the process on an empty ledger until it stands with the others."""
    joiner, other = consortium[JOINER], consortium["creditor"]
    shutil.rmtree(os.path.join(joiner.dir, "data"), ignore_errors=True)
    with open(os.path.join(joiner.dir, "tallyd.conf"), "w") as f:
        f.write(f"snapshot-after: {snapshot_after}\n")
    size = other.status()["log_size"]
    began = time.monotonic()
    joiner.start()
    while True:
        ours = stands_with(joiner, other)
        if ours:
            seconds = time.monotonic() - began
            break
        expect(time.monotonic() < began + JOIN_SECONDS, f"{joiner.member} does not catch up")
        time.sleep(POLL_SECONDS)
    joiner.stop()
    grown = other.status()["log_size"] - size
    expect(grown > 0, "no commits went on meanwhile")
    return {"seconds": seconds, "leaves": ours["log_size"], "new_leaves": grown,
            "blocks_executed": ours["counters"]["blocks_caught_up"]}


def measure(build, leaves):
    with Consortium(build, after_keys=with_keys) as consortium:
        consortium.start(*[n.member for n in consortium.nodes if n.member != JOINER])
        small.prepare(consortium)
        size, seconds = fill(consortium, leaves)
        status = consortium["creditor"].status()
        # One client that never stops.
        background = subprocess.Popen(load_command(consortium, 1, 10, 24 * 3600), stdout=subprocess.DEVNULL)
        try:
            wait_until(lambda: consortium["creditor"].height() > 2 * SNAPSHOT_AFTER, 600, "enough blocks")
            replay = join(consortium, "never")
            snapshot = join(consortium, SNAPSHOT_AFTER)
        finally:
            background.kill()
            background.wait()
    return {"leaves": size, "blocks": status["height"], "fill_seconds": seconds, "replay": replay,
            "snapshot": snapshot, "ratio": snapshot["seconds"] / replay["seconds"]}


def main():
    parser = argparse.ArgumentParser(description="joining a large ledger")
    parser.add_argument("--build", required=True)
    parser.add_argument("--leaves", type=int, default=1000000)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found = measure(args.build, args.leaves)
    if args.json:
        json.dump(found, sys.stdout, indent=1)
        print()
    else:
        print(f"{found['leaves']} leaves in {found['blocks']} blocks, made in {found['fill_seconds']:.1f} s")
        for name in ("replay", "snapshot"):
            one = found[name]
            print(f"{name:9} {one['seconds']:8.2f} s to stand at {one['leaves']} leaves, {one['new_leaves']} of them "
                  f"new meanwhile; {one['blocks_executed']} blocks caught up")
        print(f"ratio {found['ratio']:.3f}; the goal is below 0.1")
    return 0 if found["ratio"] < 0.1 else 1


sys.exit(main())
